"""test_flask - a blog of Flask's tutorial, unmodified, under a prefix of a gale application."""
# SPDX-License-Identifier: MIT
import importlib.util
import json
import sys
import threading

import python_site
import gale_wire

if not importlib.util.find_spec('flask'):
    print('skipped: no Flask here')
    sys.exit(77)


class Flask(python_site.Site):
    path = python_site.HERE
    modules = ('flask_site:create_app()', 'validated')

    @classmethod
    def environment(cls, place):
        return {'FLASK_SITE_DB': f'{place}/blog.db', 'FLASK_SITE_FILE': str(cls.big)}

    def check_blog(self, prefix, name):
        browser = self.browser(prefix)
        self.assertIn('href="%s/static/style.css"' % prefix, browser.open('/')[2])
        self.assertIn('#123456', browser.open('/static/style.css')[2])
        self.assertEqual(browser.open('/create')[1], '/login?next=%2Fcreate')
        self.assertEqual(browser.post('/register', name=name, password='pw')[1], '/login')
        self.assertIn(f'{name} is there already.', browser.post('/register', name=name, password='x')[2])
        self.assertIn('Wrong name or password.', browser.post('/login', name=name, password='no')[2])
        status, at, page = browser.post('/login', name=name, password='pw')
        self.assertEqual((status, at), (200, '/'))
        self.assertIn(f'<nav>{name}', page)
        page = browser.post('/create', title='\u6807\u9898 & <b>', body='x' * 100000)[2]
        self.assertIn('<h2>\u6807\u9898 &amp; &lt;b&gt;</h2><p>' + 'x' * 100000 + f'</p>by {name}', page)
        self.assertNotIn('<nav>' + name, self.browser(prefix).open('/')[2])    # the session is a cookie's
        self.assertNotIn(f'<nav>{name}', browser.open('/logout')[2])

    def test_forms_sessions_static_files(self):
        self.check_blog('/app', 'ada')

    def test_the_same_between_validators(self):
        self.check_blog('', 'grace')
        self.program.take_output()

    def test_uploads(self):
        for prefix in ('/app', ''):
            seen = json.loads(self.upload_big(prefix + '/upload'))
            self.assertEqual((seen['name'], seen['size'], seen['sha256'], seen['note']),
                             ('big file.bin', python_site.BIG, self.sha256, 'caf\xe9'))
        self.assertEqual(self.curl('-T', str(self.big), self.base + '/app/raw').decode(), self.sha256)
        chunked = self.curl('-T', str(self.big), '-H', 'Transfer-Encoding: chunked', self.base + '/app/raw').decode()
        self.assertEqual(chunked, self.sha256)

    def test_downloads(self):
        self.check_download('/app/download')
        self.check_download('/download')
        head = self.curl('-I', self.base + '/app/download').decode()
        self.assertIn(f'Content-Length: {python_site.BIG}', head)
        part = self.curl('-r', '100-199', self.base + '/app/download')
        self.assertEqual(part, self.big.open('rb').read(200)[100:])

    def test_streams(self):
        for prefix in ('/app', ''):
            page = self.browser(prefix).open('/stream?n=2000')[2]
            self.assertEqual(page, ''.join(f'line {n} of /stream\n' for n in range(2000)))

    def test_json_and_errors(self):
        browser = self.browser()
        body = json.dumps({'a': ['\u00e9', 1]}).encode()
        self.assertEqual(json.loads(browser.open('/json', body, **{'Content-Type': 'application/json'})[2]),
                         {'a': ['\u00e9', 1]})
        self.assertEqual(browser.open('/json', b'{', **{'Content-Type': 'application/json'})[0], 400)
        self.assertEqual(browser.open('/teapot')[0], 418)
        self.assertEqual(browser.open('/nowhere')[0], 404)
        self.assertEqual(browser.open('/json', method='DELETE')[0], 405)
        self.assertEqual(browser.open('/broken')[0], 500)
        self.program.read_until(rb'RuntimeError: a view that fails')    # Flask logs it to wsgi.errors

    def test_many_at_once(self):
        seen = []

        def ask():
            seen.append(self.browser().open('/sleep')[2])
        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(seen, ['slept'] * 20)

    def test_c_beside_it(self):
        self.assertEqual(self.browser('').open('/c/hello')[2], 'Hello from C')


if __name__ == '__main__':
    gale_wire.main()
