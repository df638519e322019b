"""test_oidc_provider_wire - logins with oidc-provider from npm, a provider gale's authors did not write."""
# SPDX-License-Identifier: MIT
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_browser  # noqa: E402
import gale_oidc  # noqa: E402
import gale_wire  # noqa: E402

ALGORITHMS = {'rs256': 'RS256', 'ps256': 'PS256', 'es256': 'ES256', 'eddsa': 'EdDSA'}
SECRET = 'a-secret-of-more-than-thirty-two-bytes'


@unittest.skipUnless(gale_oidc.is_there(), 'no node, or no oidc-provider: scripts/deps-npm')
class OidcProviderWire(gale_wire.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.provider = gale_oidc.Provider()
        cls.addClassCleanup(cls.provider.close)
        common = {'issuer': cls.provider.issuer, 'scope': 'openid profile email'}
        sites = {name: dict(common, client_id=name, client_secret=SECRET) for name in ALGORITHMS}
        sites['post'] = dict(common, client_id='post', client_secret=SECRET, client_auth=2)
        # A provider that lacks a key is asked for it once in ten seconds: each has a change of its own.
        for name in ('between', 'under_way'):
            sites[name] = dict(common, client_id=name, client_secret=SECRET)
        sites['public'] = dict(common, client_id='public')
        for name, site in sites.items():
            site['redirect_uri'] = f'/done/{name}'
            if name == 'ps256':    # none of those taken unless they are asked for
                site['algorithms'] = ['PS256']
        cls.program = 'auth_server'
        cls.server = gale_wire.Program('auth_server', json.dumps(sites), '--port=0')
        cls.provider.tell(clients=[cls.client(name) for name in sites])

    @classmethod
    def client(cls, name):
        origin = f'http://127.0.0.1:{cls.server.port}'
        how = {'public': 'none', 'post': 'client_secret_post'}.get(name, 'client_secret_basic')
        client = {
            'client_id': name,
            'token_endpoint_auth_method': how,
            'id_token_signed_response_alg': ALGORITHMS.get(name, 'RS256'),
            'grant_types': ['authorization_code', 'refresh_token'],
            'redirect_uris': [f'{origin}/done/{name}'],
            'post_logout_redirect_uris': [f'{origin}/bye'],
        }
        if name != 'public':
            client['client_secret'] = SECRET
        return client

    def setUp(self):
        self.server.take_output()
        self.browser = gale_browser.Browser(self.server)
        self.user = gale_oidc.User(self.provider, 'ada')

    def log_in(self, name, says='yes', between=None):
        there = self.browser.begin(name)
        if between:
            between()
        return self.browser.finish(self.browser.target(self.user.visit(there, says)))

    def told(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def post(self, what, name, **form):
        return json.loads(self.browser.post(f'/{what}/{name}', **form).body)

    def test_each_algorithm(self):
        for name in [*ALGORITHMS, 'post', 'public']:
            with self.subTest(name):
                user = self.told(self.log_in(name))
                self.assertEqual((user['issuer'], user['id'], user['name'], user['email'],
                                  user['email_verified'], user['locale']),
                                 (self.provider.issuer, 'ada', 'ada Lovelace', 'ada@example.org', True, 'en-GB'))

    def test_the_session_at_the_provider_asks_no_more(self):
        self.told(self.log_in('rs256'))
        asked = list(self.user.pages)
        self.assertEqual(asked, ['login', 'consent'])
        self.told(self.log_in('rs256'))
        self.assertEqual(self.user.pages, asked)

    def test_denied(self):
        answer = self.log_in('rs256', says='deny')
        self.assertEqual(answer.status, 403)
        told = json.loads(answer.body)
        self.assertEqual((told['reason'], told['error'], told['description']),
                         ('denied', 'access_denied', 'the user said no'))

    def test_keys_change_between_two_logins(self):
        self.told(self.log_in('between'))
        before = self.provider.tell()['kids']
        self.assertNotEqual(self.provider.rotate()[0], before[0])
        self.told(self.log_in('between'))
        self.assertNotIn(before[0], self.provider.drop_old_keys())
        self.told(self.log_in('between'))

    def test_keys_change_while_a_user_is_away(self):
        self.told(self.log_in('under_way'))
        self.told(self.log_in('under_way', between=self.provider.rotate))

    def test_refresh_and_revoke(self):
        tokens = self.told(self.log_in('rs256'))['tokens']
        fresh = self.post('refresh', 'rs256', token=tokens['refresh_token'], subject='ada')
        self.assertNotIn('code', fresh)
        self.assertNotIn(fresh['access_token'], (None, tokens['access_token']))
        self.assertNotEqual(fresh['refresh_token'], tokens['refresh_token'])
        url = self.provider.issuer + '/me'
        self.assertIn('ada@example.org', json.dumps(self.post('fetch', 'rs256', token=fresh['access_token'],
                                                              url=url)))
        revoked = self.post('revoke', 'rs256', token=fresh['refresh_token'])
        self.assertEqual(revoked['code'], '0', revoked)
        refused = self.post('refresh', 'rs256', token=fresh['refresh_token'], subject='ada')
        self.assertEqual(refused['code'], 'GALE_EAUTH')

    def test_a_refresh_token_used_twice_is_refused(self):
        tokens = self.told(self.log_in('rs256'))['tokens']
        self.assertNotIn('code', self.post('refresh', 'rs256', token=tokens['refresh_token'], subject='ada'))
        again = self.post('refresh', 'rs256', token=tokens['refresh_token'], subject='ada')
        self.assertEqual(again['code'], 'GALE_EAUTH')

    def test_log_out_there_too(self):
        tokens = self.told(self.log_in('rs256'))['tokens']
        answer = self.browser.get('/logout/rs256?to=/bye&next=/bye&id_token=' + tokens['id_token'])
        self.assertEqual(answer.status, 302, answer.body)
        back = self.user.visit(answer['Location'])
        self.assertEqual(self.browser.target(back).partition('?')[0], '/bye')
        self.user.pages.clear()
        self.told(self.log_in('rs256'))
        self.assertEqual(self.user.pages, ['login', 'consent'])


if __name__ == '__main__':
    gale_wire.main()
