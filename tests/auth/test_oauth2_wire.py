"""OAuth 2.0 over the wire, with a provider of the test's own that also misbehaves."""
# SPDX-License-Identifier: MIT
import json

from login_case import LoginCase, gale_provider, gale_wire
from gale_browser import param, with_params
from gale_provider import Answer

FORM = {'Content-Type': 'application/x-www-form-urlencoded'}


def oauth2(host, name, options=None, **how):
    return {name: host.add(gale_provider.Provider, name, **how).options(**{'scope': 'read', **(options or {})})}


class Login(LoginCase):
    @classmethod
    def configure(cls, host):
        gone = {'token_url': host.gone_url + '/token'}
        return {
            **oauth2(host, 'op'), **oauth2(host, 'other'), **oauth2(host, 'plain', pkce=False),
            **oauth2(host, 'public', public=True), **oauth2(host, 'post', {'client_auth': 2}),
            **oauth2(host, 'slow', {'request_timeout': 0.2}), **oauth2(host, 'gone', gone),
            **oauth2(host, 'silent'), **oauth2(host, 'no_end_points', {'userinfo_url': None, 'revoke_url': None}),
        }

    def call(self, what, name='op', **form):
        return json.loads(self.browser.post(f'/{what}/{name}', **form).body)

    def test_user(self):
        op = self.provider('op')
        user = self.browser.user('op', 'next=/here')
        self.assertEqual((user['provider'], user['issuer'], user['id'], user['name'], user['email'], user['next']),
                         ('op', 'op', '1001', 'Ann Example', 'ann@example.org', '/here'))
        self.assertFalse(user['email_verified'])
        self.assertIsNone(user['tokens']['id_token'])
        self.assertEqual([r.endpoint for r in op.requests], ['authorize', 'token', 'userinfo'])
        self.assertEqual(op.requests[0].params['scope'], 'read')
        self.assertNotIn('nonce', op.requests[0].params)

    def test_client_authentication(self):
        for name, how in (('op', 'basic'), ('post', 'post'), ('public', 'none'), ('plain', 'basic')):
            with self.subTest(name):
                self.browser.user(name)
                request, = self.provider(name).asked('token')
                found = 'basic' if 'Authorization' in request.headers else (
                    'post' if 'client_secret' in request.form else 'none')
                self.assertEqual(found, how)

    def test_forgery(self):
        """The same as with OpenID Connect: another browser's answer, replay, another provider's."""
        attacker = self.new_browser()
        stolen = attacker.visit(attacker.begin('op'))
        own = self.browser.visit(self.browser.begin('op'))
        jar = dict(self.browser.jar)
        self.fails(self.browser.finish(stolen), 403, 'bad_state')
        self.fails(self.browser.finish(with_params(own, state=None)), 403, 'bad_request')
        self.fails(self.browser.finish(with_params(own, ('state', param(own, 'state')))), 403, 'bad_request')
        self.assertEqual(self.provider('op').asked('token'), [])
        self.assertEqual(self.browser.finish(own).status, 200)
        self.provider('op').is_forgetful = True
        self.browser.jar = jar
        self.fails(self.browser.finish(own), 403, 'bad_state')
        self.assertEqual(len(self.provider('op').asked('token')), 1)

    def test_user_ids(self):
        op = self.provider('op')
        for wanted, user in (('0', {'id': 0}), ('9007199254740993', {'id': 9007199254740993}), ('a b', {'id': 'a b'}),
                             ('x', {'sub': 'x'})):
            with self.subTest(wanted):
                op.edit_user = lambda _: user
                self.assertEqual(self.browser.user('op')['id'], wanted)
        for user in ({}, {'id': ''}, {'id': None}, {'id': True}, {'id': 1.5}, {'id': ['1']}, {'id': {}},
                     {'id': 'a\0b'}):
            with self.subTest(user):
                op.edit_user = lambda _: user
                self.fails(self.browser.login('op'), 502, 'bad_answer')
        with self.subTest('a number too large'):
            op.edit_user = lambda _: Answer(200, '{"id": 123456789012345678901234567890}')
            self.fails(self.browser.login('op'), 502, 'bad_answer')

    def test_token_answers(self):
        op = self.provider('op')
        elsewhere = {'Location': op.url + '/elsewhere'}
        wrong = {
            'no access token': lambda t: {'token_type': 'Bearer'}, 'empty': lambda t: {**t, 'access_token': ''},
            'no text': lambda t: {**t, 'access_token': 7}, 'other type': lambda t: {**t, 'token_type': 'mac'},
            'line break': lambda t: {**t, 'access_token': 'a\r\nX-Evil: 1'},
            'NUL': lambda t: {**t, 'access_token': t['access_token'] + '\0x'},
            'a list': lambda t: Answer(200, [t]), 'broken': lambda t: Answer(200, '{"access_token": "x"'),
            'a page': lambda t: Answer(200, '<p>hello</p>', {'Content-Type': 'text/html'}),
            'no body': lambda t: Answer(200), 'huge': lambda t: Answer(200, {**t, 'x': 'x' * (3 << 20)}),
            'endless': lambda t: Answer(200, how='endless'), 'cut': lambda t: Answer(200, t, how='cut'),
            'redirect': lambda t: Answer(302, headers=elsewhere), 'redirect of POST': lambda t: Answer(307, headers=elsewhere),
            'server error': lambda t: Answer(500, '<p>oops'), 'no such place': lambda t: Answer(404, 'no'),
            'deep': lambda t: Answer(200, '[' * 100000),
        }
        for name, edit in wrong.items():
            with self.case(name):
                op.edit_tokens = edit
                self.fails(self.browser.login('op'), 502, 'bad_answer')
                self.assertEqual(op.asked('userinfo'), [])
                op.behave()
                self.browser.user('op')
        self.assertLess(self.host.endless_bytes, 16 << 20)

    def test_token_answers_that_will_do(self):
        op = self.provider('op')
        for name, edit in {
                'type in other letters': lambda t: {**t, 'token_type': 'bEARER'},
                'expires_in as text': lambda t: {**t, 'expires_in': '3600'},
                'no expires_in': lambda t: {n: v for n, v in t.items() if n != 'expires_in'},
                'as plain text': lambda t: Answer(200, json.dumps(t), {'Content-Type': 'text/plain'}),
                'as a form': lambda t: Answer(200, f'access_token={t["access_token"]}&token_type=bearer'
                                                   '&expires=3600', FORM)}.items():
            with self.case(name):
                op.edit_tokens = edit
                self.assertEqual(self.browser.user('op')['id'], '1001')

    def test_token_errors(self):
        op = self.provider('op')
        for error, status in (('invalid_request', 400), ('invalid_client', 401), ('invalid_grant', 400),
                              ('unauthorized_client', 400), ('unsupported_grant_type', 400), ('invalid_scope', 400),
                              ('invalid_grant', 200)):
            with self.case(f'{error} {status}'):
                op.edit_tokens = lambda t: Answer(status, {'error': error, 'error_description': 'Not so.'})
                told = self.fails(self.browser.login('op'), 502, 'refused', error)
                self.assertEqual(told['description'], 'Not so.')
                op.behave()
                self.browser.user('op')
        with self.case('what a text may not be'):
            op.edit_tokens = lambda t: Answer(400, {'error': 'x\r\nFORGED 3 \x1b[31m' * 99,
                                                    'error_description': 'y\r\nFORGED 4' * 999})
            self.assertEqual(self.browser.login('op').status, 502)
            self.server.take_output()
            self.assertNotIn(b'\nFORGED', self.server.output)

    def test_wrong_secret(self):
        op = self.provider('op')
        right, op.client_secret = op.client_secret, 'another'
        self.fails(self.browser.login('op'), 502, 'refused', 'invalid_client')
        self.assertIn('invalid_client', op.complaints.pop())
        op.client_secret = right
        self.browser.user('op')

    def test_denied(self):
        op = self.provider('op')
        op.denial = [('error', 'access_denied')]
        self.fails(self.browser.login('op'), 403, 'denied', 'access_denied')
        self.assertEqual(op.asked('token'), [])

    def test_userinfo(self):
        op = self.provider('op')
        for name, edit in {
                'no JSON': lambda u: Answer(200, 'id=1'), 'a list': lambda u: Answer(200, [u]),
                'server error': lambda u: Answer(503, 'no'), 'endless': lambda u: Answer(200, how='endless'),
                'redirect': lambda u: Answer(301, headers={'Location': op.url + '/elsewhere'})}.items():
            with self.case(name):
                op.edit_user = edit
                self.fails(self.browser.login('op'), 502, 'bad_answer')
                op.behave()
                self.browser.user('op')

    def test_slow_and_gone(self):
        for end_point in ('token', 'userinfo'):
            with self.subTest(end_point):
                slow = self.provider('slow')
                slow.behave()
                slow.instead[end_point] = Answer(how='hang')
                self.fails(self.browser.login('slow'), 504, 'timed_out')
        self.fails(self.browser.login('gone'), 503, 'unreachable')
        self.provider('silent').instead['token'] = Answer(how='silent')
        self.assertIn(self.browser.login('silent').status, (502, 503))
        self.browser.user('op')

    def test_refresh(self):
        op = self.provider('op')
        token = self.browser.user('op')['tokens']['refresh_token']
        new = self.call('refresh', token=token)
        self.assertIn(new['access_token'], op.access)
        self.assertIn(new['refresh_token'], op.refresh)
        self.assertEqual(self.call('refresh', token=token)['code'], 'GALE_EAUTH')
        op.edit_tokens = lambda t: Answer(200, '{')
        self.assertEqual(self.call('refresh', token=new['refresh_token'])['code'], 'GALE_EPROTO')
        self.assertEqual(self.call('refresh', 'gone', token='x')['code'], 'ECONNREFUSED')
        slow = self.provider('slow')
        slow.instead['token'] = Answer(how='hang')
        self.assertEqual(self.call('refresh', 'slow', token='x')['code'], 'GALE_ETIMEDOUT')

    def test_client_credentials(self):
        tokens = self.call('grant', grant_type='client_credentials', x_scope='read write')
        self.assertIn(tokens['access_token'], self.provider('op').access)
        self.assertEqual(tokens['scope'], 'read write')
        self.assertIsNone(tokens['refresh_token'])

    def test_revoke(self):
        op = self.provider('op')
        token = self.browser.user('op')['tokens']['access_token']
        self.assertEqual(self.call('revoke', token=token)['code'], '0')
        self.assertNotIn(token, op.access)
        self.assertEqual(self.call('revoke', 'no_end_points', token='x')['code'], 'GALE_ENOTFOUND')

    def test_logout_where_there_is_none(self):
        answer = self.browser.post('/logout/op', next='/bye')
        self.assertIn(answer.status, (302, 303))
        self.assertEqual(answer['Location'], '/bye')
        answer = self.browser.post('/logout/op', next='//evil.example')
        self.assertNotIn('evil', answer['Location'] or '')


if __name__ == '__main__':
    gale_wire.main()
