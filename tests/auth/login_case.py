"""login_case - what the wire tests of logins share: a site, its providers, and what must hold always.

After each test no provider may have a complaint about the site but those the test expects; at the
end nothing secret may stand in the site's log.
"""
# SPDX-License-Identifier: MIT
import contextlib
import functools
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_browser  # noqa: E402
import gale_provider  # noqa: E402
import gale_tokens  # noqa: E402
import gale_wire  # noqa: E402


@functools.cache
def key(alg, number=1):
    """A key for the whole run: RSA ones take a while to make."""
    return gale_tokens.Key(alg, f'{alg}-{number}')


def openid(host, name, alg='RS256', options=None, **how):
    """An OpenID provider, and the configuration of a site that knows it."""
    keys = how.pop('keys', None) or [key(alg)]
    return {name: host.add(gale_provider.OpenID, name, keys=keys, **how).options(**options or {})}


class LoginCase(gale_wire.TestCase):
    args = ()
    tls = False  # of the providers
    longest_line = 2000  # of the log

    @classmethod
    def configure(cls, host):
        """Adds providers to the host and gives the site's configuration, by name."""
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.host = gale_provider.Host(cls.tls)
        cls.addClassCleanup(cls.host.close)
        cls.program = 'auth_server'
        cls.server = gale_wire.Program('auth_server', json.dumps(cls.configure(cls.host)), '--port=0', *cls.args,
                                        env={'SSL_CERT_FILE': cls.host.certificate.name} if cls.tls else None)
        for name, p in cls.host.providers.items():
            for origin in (f'http://127.0.0.1:{cls.server.port}', f'https://127.0.0.1:{cls.server.port}'):
                p.redirect_uris.append(f'{origin}/done/{name}')
                p.logout_uris.append(f'{origin}/bye')

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        log = cls.server.output.decode('utf-8', 'replace')
        for secret in cls.host.secrets():
            assert secret not in log, f'{secret!r} in the log: ' + next(x for x in log.splitlines() if secret in x)
        for line in log.splitlines():
            assert len(line) < cls.longest_line and '\x1b' not in line, line[:3000]

    def setUp(self):
        self.server.take_output()
        for p in self.host.providers.values():
            p.reset()
        self.browser = self.new_browser()

    def tearDown(self):
        self.assertEqual(self.host.complaints(), [])
        self.assertEqual(self.host.strays, [])

    def new_browser(self, **how):
        return gale_browser.Browser(self.server, **how)

    def provider(self, name):
        return self.host.providers[name]

    def fails(self, answer, status, reason, error=None, text='.'):
        """The answer of a login that failed so, with nothing secret in it. Gives what it tells."""
        told = json.loads(answer.body) if answer['Content-Type'].startswith('application/json') else answer
        self.assertIsInstance(told, dict, (answer, answer.body))
        self.assertEqual((answer.status, told.get('status'), told.get('reason')), (status, status, reason), told)
        self.assertEqual(told['error'], error, told)
        self.assertTrue(told['text'], told)
        self.assertRegex(told['text'], text)
        for secret in self.host.secrets():
            self.assertNotIn(secret, told['text'])
        return told

    @contextlib.contextmanager
    def case(self, name):
        """One of a table: a subTest with all providers good again, and a new browser."""
        with self.subTest(name):
            self.setUp()
            yield
            self.tearDown()
