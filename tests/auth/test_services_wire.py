"""The ready configurations, with providers that answer as the services' documents say."""
# SPDX-License-Identifier: MIT
import json

from login_case import LoginCase, gale_provider, gale_wire, key
from gale_provider import Answer


class Google(LoginCase):
    @classmethod
    def configure(cls, host):
        google = host.add(gale_provider.Google, 'google', keys=[key('RS256'), key('RS256', 2)])
        return {'google': google.options(service='google', name=None)}

    def test_user(self):
        google = self.provider('google')
        user = self.browser.user('google', 'next=/home')
        self.assertEqual((user['provider'], user['issuer'], user['id']), ('google', google.url, '110169484474386276334'))
        self.assertEqual((user['name'], user['first_name'], user['last_name'], user['email'], user['email_verified']),
                         ('Ann Example', 'Ann', 'Example', 'ann@example.org', True))
        self.assertEqual(user['picture'], 'https://lh3.googleusercontent.com/a/ann=s96-c')
        self.assertEqual(user['claims']['hd'], 'example.org')
        self.assertIsNone(user['tokens']['refresh_token'])
        sent = google.asked('authorize')[0].params
        self.assertEqual(sent['scope'], 'openid profile email')

    def test_refresh_token_on_wish(self):
        user = self.browser.user('google', 'x_access_type=offline&prompt=consent')
        self.assertTrue(user['tokens']['refresh_token'])

    def test_other_audience(self):
        google = self.provider('google')
        google.edit_claims = lambda c: {**c, 'aud': 'another.apps.googleusercontent.com'}
        self.fails(self.browser.login('google'), 502, 'bad_token')
        google.edit_claims = lambda c: {**c, 'azp': 'another.apps.googleusercontent.com'}
        self.fails(self.browser.login('google'), 502, 'bad_token')

    def test_logout(self):
        """Google has no end_session_endpoint: straight to where the site says."""
        token = self.browser.user('google')['tokens']['id_token']
        self.assertEqual(self.browser.post('/logout/google', id_token=token, next='/bye')['Location'], '/bye')


class GitHub(LoginCase):
    @classmethod
    def configure(cls, host):
        return {'github': host.add(gale_provider.GitHub, 'github').options()}

    def test_user(self):
        """The address is hidden from /user; the primary one of /user/emails is taken."""
        github = self.provider('github')
        user = self.browser.user('github')
        self.assertEqual((user['provider'], user['issuer'], user['id'], user['username'], user['name']),
                         ('github', 'github', '583231', 'octocat', 'monalisa octocat'))
        self.assertEqual((user['email'], user['email_verified']), ('octocat@github.com', True))
        self.assertEqual(user['picture'], 'https://github.com/images/error/octocat_happy.gif')
        self.assertEqual([r.endpoint for r in github.requests], ['authorize', 'token', 'userinfo', 'emails'])

    def test_addresses(self):
        github = self.provider('github')
        for name, emails, wanted, is_verified in (
                ('none', [], None, False),
                ('not verified', [{'email': 'a@b.c', 'verified': False, 'primary': True}], 'a@b.c', False)):
            with self.case(name):
                kept, github.emails = github.emails, emails
                user = self.browser.user('github')
                github.emails = kept
                self.assertIn(user['email'], (wanted, None))
                self.assertFalse(user['email_verified'])
        with self.case('in the profile'):
            github.edit_user = lambda u: {**u, 'email': 'public@example.org'}
            user = self.browser.user('github')
            self.assertEqual((user['email'], user['email_verified']), ('public@example.org', False))

    def test_addresses_that_may_not_be_seen(self):
        """Without the scope for them there is a user all the same, and no address."""
        user = self.browser.user('github', 'scope=read%3Auser')
        self.assertEqual((user['id'], user['email'], user['email_verified']), ('583231', None, False))

    def test_error_with_status_200(self):
        github = self.provider('github')
        github.edit_tokens = lambda t: {'error': 'bad_verification_code', 'error_uri': 'https://docs.github.com/',
                                        'error_description': 'The code passed is incorrect or expired.'}
        told = self.fails(self.browser.login('github'), 502, 'refused', 'bad_verification_code')
        self.assertEqual(told['description'], 'The code passed is incorrect or expired.')
        self.assertEqual(github.asked('userinfo'), [])

    def test_form_encoded(self):
        """What it answers to those that do not ask for JSON, and older installations always."""
        def as_form(tokens):
            return Answer(200, f'access_token={tokens["access_token"]}&scope=user%2Crepo&token_type=bearer',
                          {'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8'})
        self.provider('github').edit_tokens = as_form
        self.assertEqual(self.browser.user('github')['id'], '583231')
        self.provider('github').edit_tokens = lambda t: Answer(
            200, 'error=bad_verification_code&error_description=The+code+passed+is+incorrect+or+expired.',
            {'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8'})
        self.fails(self.browser.login('github'), 502, 'refused', 'bad_verification_code')

    def test_denied(self):
        self.provider('github').denial = [
            ('error', 'access_denied'), ('error_description', 'The user has denied your application access.'),
            ('error_uri', 'https://docs.github.com/apps/troubleshooting-authorization-request-errors')]
        self.fails(self.browser.login('github'), 403, 'denied', 'access_denied')

    def test_bad_credentials(self):
        self.provider('github').instead['userinfo'] = Answer(401, {'message': 'Bad credentials'})
        self.assertEqual(self.browser.login('github').status, 502)


class Facebook(LoginCase):
    @classmethod
    def configure(cls, host):
        facebook = host.add(gale_provider.Facebook, 'facebook')
        few = host.add(gale_provider.Facebook, 'few')
        return {'facebook': facebook.options(), 'few': few.options(name='few', user_fields='id,name')}

    def test_user(self):
        facebook = self.provider('facebook')
        user = self.browser.user('facebook')
        self.assertEqual((user['provider'], user['issuer'], user['id'], user['name'], user['first_name'],
                          user['last_name'], user['email']),
                         ('facebook', 'facebook', '10158000000000001', 'Ann Example', 'Ann', 'Example',
                          'ann@example.org'))
        self.assertEqual(user['picture'], 'https://platform-lookaside.fbsbx.com/ann')
        self.assertFalse(user['email_verified'])
        self.assertEqual(facebook.asked('userinfo')[0].params['fields'],
                         'id,name,first_name,last_name,email,locale,picture,link')
        self.assertGreater(user['tokens']['expires'], 5000000)

    def test_fields(self):
        user = self.browser.user('few')
        self.assertEqual((user['id'], user['email']), ('10158000000000001', None))
        self.assertEqual(self.provider('few').asked('userinfo')[0].params['fields'], 'id,name')

    def test_resource(self):
        """appsecret_proof goes with whatever is asked there."""
        facebook = self.provider('facebook')
        token = self.browser.user('facebook')['tokens']['access_token']
        for url in ('/v19.0/me', '/v19.0/me?fields=id,name'):
            answer = json.loads(self.browser.post('/fetch/facebook', token=token, url=facebook.url + url).body)
            self.assertEqual(answer['status'], 200, answer)

    def test_error(self):
        """Its errors are objects."""
        facebook = self.provider('facebook')
        facebook.instead['token'] = Answer(400, {'error': {
            'message': 'This authorization code has been used.', 'type': 'OAuthException', 'code': 100}})
        told = json.loads(self.browser.login('facebook').body)
        self.assertEqual((told['status'], told['reason']), (502, 'refused'), told)
        facebook.behave()
        self.browser.user('facebook')

    def test_denied(self):
        self.provider('facebook').denial = [('error_reason', 'user_denied'), ('error', 'access_denied'),
                                            ('error_description', 'Permissions error.')]
        self.fails(self.browser.login('facebook'), 403, 'denied', 'access_denied')


if __name__ == '__main__':
    gale_wire.main()
