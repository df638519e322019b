"""examples/login over a port: logging in with the provider that is a part of it, refreshing, logging out here and there,
what goes wrong, and what it refuses; as a browser would."""
# SPDX-License-Identifier: MIT
import html
import http.client
import os
import re
import subprocess
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402


class Page:
    def __init__(self, url, answer, text):
        self.url, self.status, self.headers, self.text = url, answer.status, answer.headers, text

    def by_id(self, name):
        """The text of the element, None without it."""
        found = re.search(r'<(\w+)[^>]*\bid="?%s"?[ >](?:[^<]*>)?(.*?)</\1>' % name, self.text, re.S)
        return found and html.unescape(re.sub('<[^>]*>', '', found[2])).strip()

    def claims(self):
        return dict(re.findall(r'<tr data-claim="(\w+)"><th>.*?</th><td>(.*?)</td>', self.text))

    def fields(self):
        return {name: html.unescape(value) for name, value in
                re.findall(r'<input type="?hidden"? name="?(\w+)"? value="([^"]*)"', self.text)}


class Browser:
    """Keeps cookies with their paths, follows redirects within the machine."""

    def __init__(self, port, host='localhost'):
        self.cookies, self.site, self.seen = {}, f'http://{host}:{port}', []

    def ask(self, method, url, form=None, follow=True, headers=()):
        url = urllib.parse.urljoin(self.site, url)
        for _ in range(9):
            page = self.once(method, url, form, headers)
            self.seen.append(url)
            if not follow or page.status not in (302, 303):
                return page
            url, method, form = urllib.parse.urljoin(url, page.headers['Location']), 'GET', None
        raise AssertionError(f'too many redirects: {self.seen}')

    def once(self, method, url, form, headers):
        parts = urllib.parse.urlsplit(url)
        sent = {'Host': parts.netloc, 'Cookie': '; '.join(
            f'{name}={value}' for (name, path), value in self.cookies.items() if parts.path.startswith(path)), **dict(headers)}
        if form is not None:
            sent['Content-Type'] = 'application/x-www-form-urlencoded'
        connection = http.client.HTTPConnection('127.0.0.1', parts.port, timeout=gale_wire.TIMEOUT)
        connection.request(method, parts._replace(scheme='', netloc='').geturl(),
                           form and urllib.parse.urlencode(form), sent)
        answer = connection.getresponse()
        page = Page(url, answer, answer.read().decode())
        connection.close()
        for line in answer.headers.get_all('Set-Cookie') or ():
            name, value = line.split(';')[0].split('=', 1)
            path = (re.findall(r'; Path=([^;]+)', line) or ['/'])[0]
            if value and 'Max-Age=0' not in line and '1970' not in line:
                self.cookies[name, path] = value
            else:
                self.cookies.pop((name, path), None)
        return page

    def get(self, url, **how):
        return self.ask('GET', url, **how)

    def push(self, page, action, follow=True, **fields):
        """A button of a form of the page."""
        return self.ask('POST', urllib.parse.urljoin(page.url, action), {**page.fields(), **fields}, follow)

    def log_in(self, person='ada', next='/'):
        page = self.get('/login/local?next=' + urllib.parse.quote(next, ''))
        assert page.by_id('person-' + person), page.text
        return self.push(page, page.url.split('?')[0], person=person)


class LoginSite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = gale_wire.Program('login_site', '--port=0')
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        self.server.take_output()
        self.browser = Browser(self.server.port)

    def test_a_login_and_what_the_site_knows_then(self):
        browser = self.browser
        home = browser.get('/')
        self.assertEqual(home.by_id('login-local'), 'Log in with the provider on this machine')
        self.assertIsNone(home.by_id('user-name'))
        page = browser.log_in()
        self.assertEqual(page.url, browser.site + '/')
        self.assertEqual(page.by_id('user-name'), 'Ada Lovelace')
        self.assertEqual(page.by_id('user-email'), 'ada@example.org')
        self.assertEqual(page.by_id('user-issuer'), browser.site + '/provider')
        self.assertEqual(page.by_id('user-id'), '1815-12-10')
        claims = page.claims()
        self.assertEqual((claims['sub'], claims['given_name'], claims['email_verified']), ('1815-12-10', 'Ada', 'true'))
        picture = re.search(r'id="user-picture" src="([^"]+)"', page.text)[1]
        self.assertEqual(browser.get(picture).headers['Content-Type'], 'image/svg+xml')
        self.assertNotIn('code=', ''.join(v for v in browser.cookies.values()))
        # Another person, in another browser.
        other = Browser(self.server.port, '127.0.0.1')
        self.assertEqual(other.log_in('grace').by_id('user-issuer'), other.site + '/provider')
        self.assertEqual(other.get('/').by_id('user-name'), 'Grace Hopper')
        self.assertEqual(browser.get('/').by_id('user-name'), 'Ada Lovelace')

    def test_it_leads_back_to_where_the_user_was_going(self):
        page = self.browser.get('/secret')
        self.assertEqual(page.url, self.browser.site + '/?next=%2Fsecret')
        link = re.search(r'id="login-local" href="([^"]+)"', page.text)[1]
        page = self.browser.get(html.unescape(link))
        page = self.browser.push(page, page.url.split('?')[0], person='alan')
        self.assertEqual(page.url, self.browser.site + '/secret')
        self.assertIn('Alan Turing', page.by_id('secret-for'))
        for elsewhere in ('https://evil.example/', '//evil.example/'):
            self.assertEqual(Browser(self.server.port).log_in(next=elsewhere).url, self.browser.site + '/')

    def test_refreshing(self):
        page = self.browser.log_in()
        self.assertEqual(page.by_id('refreshed'), '0')
        before = dict(self.browser.cookies)
        page = self.browser.push(page, '/refresh')
        self.assertEqual((page.by_id('refreshed'), page.by_id('user-name')), ('1', 'Ada Lovelace'))
        self.assertEqual(self.browser.push(page, '/refresh').by_id('refreshed'), '2')
        self.assertNotEqual(before['tokens', '/'], self.browser.cookies['tokens', '/'])
        self.assertEqual(self.browser.ask('POST', '/refresh', {}).status, 403)   # no token of the form

    def test_logging_out_here_and_at_the_provider(self):
        browser = self.browser
        page = browser.push(browser.log_in(), '/logout')
        self.assertEqual(page.by_id('login-local'), 'Log in with the provider on this machine')
        page = browser.get('/login/local')   # the provider still knows who that is, and does not ask
        self.assertEqual(page.by_id('user-name'), 'Ada Lovelace')
        browser.seen.clear()
        page = browser.push(page, '/logout/provider')
        self.assertIn('/provider/end-session?', browser.seen[1])
        self.assertEqual(page.url.split('?')[0], browser.site + '/')
        self.assertTrue(page.by_id('login-local'))
        self.assertTrue(browser.get('/login/local').by_id('person-ada'))
        self.assertEqual(browser.ask('POST', '/logout', {}).status, 403)

    def failed(self, page, status, reason):
        self.assertEqual((page.status, page.by_id('reason')), (status, reason), page.text)
        self.assertTrue(page.by_id('again'))
        self.assertIsNone(self.browser.get('/').by_id('user-name'))

    def test_what_goes_wrong_is_told(self):
        browser = self.browser
        page = browser.get('/login/local')
        self.failed(browser.push(page, page.url.split('?')[0], person=''), 403, 'denied')
        self.failed(browser.get('/login/local/done?code=stolen&state=guessed'), 403, 'bad_state')
        self.failed(browser.get('/login/local/done'), 403, 'bad_request')
        self.assertEqual(browser.get('/login/nobody').status, 404)
        # One browser's answer is of no use in another, and an answer counts once.
        page = browser.get('/login/local')
        done = browser.push(page, page.url.split('?')[0], follow=False, person='ada').headers['Location']
        self.failed(Browser(self.server.port).get(done), 403, 'bad_state')
        kept = dict(browser.cookies)
        self.assertEqual(browser.get(done).by_id('user-name'), 'Ada Lovelace')
        browser.cookies = kept
        self.failed(browser.get(done), 403, 'bad_state')

    def test_the_provider_gives_nothing_to_others(self):
        browser = self.browser
        page = browser.get('/login/local')
        done = browser.push(page, page.url.split('?')[0], follow=False, person='ada').headers['Location']
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(done).query)['code'][0]
        self.assertEqual(asked['code_challenge_method'], ['S256'])
        form = {'grant_type': 'authorization_code', 'code': code, 'redirect_uri': asked['redirect_uri'][0],
                'client_id': asked['client_id'][0], 'code_verifier': 'x' * 43}
        self.assertEqual(browser.ask('POST', '/provider/token', form).status, 401)
        self.assertEqual(browser.get('/provider/userinfo').status, 401)
        elsewhere = page.url.replace(urllib.parse.quote(browser.site, ''), 'https%3A%2F%2Fevil.example')
        self.assertEqual(browser.get(elsewhere, follow=False).status, 400)
        without = re.sub('&code_challenge=[^&]+', '', page.url)
        self.assertIn('error=invalid_request', browser.get(without, follow=False).headers['Location'])
        self.assertEqual(browser.get('/provider/jwks', headers={'Host': 'example.org'}.items()).status, 404)
        self.assertEqual(browser.get('/login/local', headers={'Host': 'example.org'}.items()).status, 404)

    def test_workers(self):
        server = gale_wire.Program('login_site', '--port=0', '--workers=2')
        self.addCleanup(server.stop)
        for person in ('ada', 'grace', 'alan'):
            browser = Browser(server.port)
            page = browser.log_in(person)
            self.assertEqual(page.by_id('user-email'), person + '@example.org')
            self.assertEqual(browser.push(page, '/refresh').by_id('refreshed'), '1')

    def start(self, *options):
        server = gale_wire.Program('login_site', '--port=0', *options)
        self.addCleanup(server.stop)
        return Browser(server.port)

    def test_services_by_options(self):
        browser = self.start('--service=github', '--client-id=me', '--client-secret=x', '--google-client-id=you',
                             '--site=https://www.example.org')
        home = browser.get('/')
        self.assertEqual((home.by_id('login-google'), home.by_id('login-github'), home.by_id('login-local')),
                         ('Log in with Google', 'Log in with GitHub', None))
        target = urllib.parse.urlsplit(browser.get('/login/github', follow=False).headers['Location'])
        query = dict(urllib.parse.parse_qsl(target.query))
        self.assertEqual((target.netloc, query['client_id']), ('github.com', 'me'))
        self.assertEqual(query['redirect_uri'], 'https://www.example.org/login/github/done')
        self.assertEqual(browser.get('/provider/jwks').status, 404)

    def test_options_that_do_not_hold(self):
        for options, text in ((['--service=myspace'], "no service 'myspace'"), (['--issuer=http://id.example.org'], 'issuer'),
                              (['--service=github'], 'client_id'),
                              (['--service=github', '--client-secret-file=/nowhere'], '/nowhere')):
            done = subprocess.run([gale_wire.PROGRAMS['login_site'], '--port=0', *options], capture_output=True,
                                  text=True, timeout=gale_wire.TIMEOUT)
            self.assertEqual(done.returncode, 1, options)
            self.assertIn(text, done.stderr, options)


if __name__ == '__main__':
    gale_wire.main()
