"""test_login_browser - headless Chromium logs in to examples/login by npm's oidc-provider, and out again.

The site is localhost and the provider 127.0.0.1: for the browser they are two sites.
"""
# SPDX-License-Identifier: MIT
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'support'))
import gale_oidc  # noqa: E402
import gale_wire  # noqa: E402
import webdriver  # noqa: E402

SECRET = 'a-secret-of-more-than-thirty-two-bytes'


@unittest.skipUnless(webdriver.is_there(), 'no chromium and chromedriver here')
@unittest.skipUnless(gale_oidc.is_there(), 'no node, or no oidc-provider: scripts/deps-npm')
class LoginInABrowser(gale_wire.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.provider = gale_oidc.Provider()
        cls.addClassCleanup(cls.provider.close)
        cls.browser = webdriver.Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        # A site of its own for each: what it knows of the provider's keys is what it asked itself.
        self.server = gale_wire.Program('login_site', f'--issuer={self.provider.issuer}', '--client-id=site',
                                        f'--client-secret={SECRET}', '--port=0')
        self.addCleanup(self.stop)
        self.site = f'http://localhost:{self.server.port}'
        self.register('RS256')
        self.browser.forget_cookies()

    def stop(self):
        status, log = self.server.stop()
        self.assertEqual(status, 0, log)

    def register(self, algorithm):
        self.provider.tell(clients=[{
            'client_id': 'site', 'client_secret': SECRET, 'id_token_signed_response_alg': algorithm,
            'grant_types': ['authorization_code', 'refresh_token'],
            'redirect_uris': [f'{self.site}/login/openid/done'],
            'post_logout_redirect_uris': [f'{self.site}/'],
        }])

    def press(self, css, then):
        """Clicks, and waits for an element of the page that follows."""
        self.browser.click(css)
        self.browser.wait(f'return document.querySelector("{then}")', f'{then} after {css}')

    def begin(self):
        self.browser.open(self.site + '/')
        self.press('#login-openid', '#login #name')

    def go_on(self, last='#yes', then='#user-name'):
        self.browser.type('#name', 'ada')
        self.press('#yes', '#consent')
        self.press(last, then)

    def test_in_refreshed_out_in_with_other_keys_and_out_there_too(self):
        self.begin()
        self.assertTrue(self.browser.url.startswith(self.provider.issuer + '/'))
        self.go_on()
        browser = self.browser
        self.assertEqual(browser.url, self.site + '/')
        self.assertEqual([browser.text(f'#user-{name}') for name in ('name', 'id', 'email', 'issuer')],
                         ['ada Lovelace', 'ada', 'ada@example.org', self.provider.issuer])
        cookie = browser.cookies()['session']
        self.assertEqual((cookie['httpOnly'], cookie['sameSite'], cookie['path']), (True, 'Lax', '/'))
        self.assertNotIn('ada', cookie['value'])
        self.assertEqual(browser.run('return document.cookie.includes("session")'), False)
        self.assertEqual(browser.text('#refreshed'), '0')
        browser.click('#refresh')
        browser.wait('const n = document.querySelector("#refreshed"); return n && n.innerText === "1"', 'refreshed')
        self.press('#logout', '#login-openid')
        # Logged in there still: nothing is asked. The provider's keys are others now.
        self.provider.rotate()
        self.press('#login-openid', '#user-name')
        self.press('#logout-provider', '#confirm')
        self.press('#confirm', '#login-openid')
        self.assertEqual(browser.url.partition('?')[0], self.site + '/')
        self.assertNotIn('session', browser.cookies())
        self.press('#login-openid', '#login #name')

    def test_denied(self):
        self.begin()
        self.go_on('#deny', '#reason')
        self.assertEqual((self.browser.text('#reason'), self.browser.text('#error')), ('denied', 'access_denied'))
        self.browser.open(self.site + '/')
        self.browser.find('#login-openid')

    def test_each_algorithm_and_keys_that_change_under_way(self):
        for algorithm in ('ES256', 'EdDSA', 'RS256'):
            with self.subTest(algorithm):
                self.register(algorithm)
                self.browser.forget_cookies()
                self.begin()
                if algorithm == 'RS256':    # while the user is at the provider
                    self.provider.rotate()
                    self.provider.drop_old_keys()
                self.go_on()


if __name__ == '__main__':
    gale_wire.main()
