"""examples/blog over a port: registering, logging in, writing, the pages and the feed, as a browser would; on SQLite, and
on a PostgreSQL started here."""
# SPDX-License-Identifier: MIT
import http.client
import os
import re
import signal
import sys
import tempfile
import unittest
import urllib.parse
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_postgres  # noqa: E402
import gale_wire  # noqa: E402

ATOM = '{http://www.w3.org/2005/Atom}'


class Browser:
    """Keeps cookies and sends the token of the forms it has seen."""

    def __init__(self, port):
        self.port, self.cookies, self.token = port, {}, ''

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=gale_wire.TIMEOUT)
        cookies = '; '.join(f'{name}={value}' for name, value in self.cookies.items())
        connection.request(method, path, body, {'Cookie': cookies, **headers})
        answer = connection.getresponse()
        page = answer.read().decode()
        connection.close()
        for line in answer.headers.get_all('Set-Cookie') or ():
            name, value = line.split(';')[0].split('=', 1)
            self.cookies[name] = value
        self.token = (re.findall(r'name="_xsrf" value="([^"]+)"', page) or [self.token])[0]
        return answer, page

    def get(self, path):
        answer, page = self.ask('GET', path)
        assert answer.status == 200, (path, answer.status, page)
        return page

    def post(self, path, **form):
        form.setdefault('_xsrf', self.token)
        return self.ask('POST', path, urllib.parse.urlencode(form),
                        **{'Content-Type': 'application/x-www-form-urlencoded'})

    def register(self, name, path='/register'):
        self.get(path)
        return self.post(path, name=name, email=name + '@example.com', password='long enough')

    def write(self, title, text, **form):
        self.get('/compose')
        return self.post('/compose', title=title, markdown=text, **form)[0]


class Blog(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='gale-blog-')
        self.addCleanup(self.folder.cleanup)
        self.file = os.path.join(self.folder.name, 'blog.db')
        self.start()

    def start(self, *args):
        self.server = gale_wire.Program('blog_site', '--port=0', self.database(), *args,
                                        env={'BLOG_SECRET': 'of the test'})
        self.addCleanup(self.server.stop)
        self.ann = Browser(self.server.port)

    def database(self):
        return '--database=' + self.file

    def test_a_visit(self):
        ann, bob = self.ann, Browser(self.server.port)
        self.assertIn('Nothing has been written yet', ann.get('/'))
        answer, _ = ann.ask('GET', '/compose')
        self.assertEqual(answer.status, 302)
        self.assertEqual(answer.headers['Location'], '/login?next=%2Fcompose')
        answer, _ = ann.register('Ann', '/register?next=/compose')
        self.assertEqual((answer.status, answer.headers['Location']), (303, '/compose'))
        first = ann.write('Hello, World!', 'It *works*.')
        self.assertEqual((first.status, first.headers['Location']), (303, '/entry/hello-world'))
        self.assertEqual(ann.write('Hello world', 'again').headers['Location'], '/entry/hello-world-2')
        page = bob.get('/entry/hello-world')
        self.assertIn('<p>It <em>works</em>.</p>', page)
        self.assertIn('by Ann', page)
        self.assertNotIn('Edit', page)
        self.assertIn('entry.css', page)
        self.assertIn('Edit', ann.get('/entry/hello-world'))
        self.assertEqual(bob.get('/archive').count('<time>'), 2)
        self.assertEqual(bob.ask('GET', '/entry/nowhere')[0].status, 404)
        # Edited, by the one who wrote it alone.
        ann.get('/compose?id=1')
        self.assertEqual(ann.post('/compose', id='1', title='New', markdown='mended')[0].status, 303)
        self.assertIn('mended', bob.get('/entry/hello-world'))
        bob.register('Bob')
        self.assertEqual(bob.post('/compose', id='1', title='Mine', markdown='mine')[0].status, 404)
        self.assertEqual(bob.ask('GET', '/compose?id=1')[0].status, 404)
        feed = xml.etree.ElementTree.fromstring(bob.get('/feed'))
        self.assertEqual([e.find(ATOM + 'title').text for e in feed.iter(ATOM + 'entry')],
                         ['Hello world', 'New'])
        self.assertIn('<p>mended</p>', [e.find(ATOM + 'content').text.strip()
                                        for e in feed.iter(ATOM + 'entry')])

    def test_logging_in_and_out(self):
        ann = self.ann
        ann.register('Ann')
        self.assertEqual(ann.post('/logout')[0].status, 303)
        self.assertIn('Log in', ann.get('/'))
        ann.get('/login')
        for email, password in (('ann@example.com', 'wrong'), ('nobody@example.com', 'long enough'),
                                ("' OR 1=1 --", 'x'), ('', '')):
            answer, page = ann.post('/login', email=email, password=password)
            self.assertEqual(answer.status, 422)
            self.assertIn('is wrong', page)
        for path, location in (('/archive', '/archive'), ('//evil.example/', '/'),
                               ('https://evil.example/', '/')):
            answer, _ = ann.post('/login', email='Ann@Example.com', password='long enough', next=path)
            self.assertEqual((answer.status, answer.headers['Location']), (303, location))
        self.assertIn('Log out Ann', ann.get('/'))
        self.assertEqual(Browser(self.server.port).post('/login', email='ann@example.com',
                                                        password='long enough')[0].status, 403)

    def test_what_is_written_is_harmless(self):
        self.ann.register('<b>Ann')
        self.ann.write('<script>alert(1)</script>',
                       '<script>alert(2)</script>\n\n[x](javascript:alert(3)) **bold** <b onclick=x>')
        page = self.ann.get('/')
        self.assertNotIn('<script', page)
        self.assertNotIn('javascript:', page)
        self.assertNotIn('onclick', page)
        self.assertNotIn('<b>Ann', page)
        self.assertIn('<strong>bold</strong>', page)
        xml.etree.ElementTree.fromstring(self.ann.get('/feed'))
        answer, _ = self.ann.post('/compose', _xsrf='forged', title='x', markdown='y')
        self.assertEqual(answer.status, 403)
        self.assertEqual(self.ann.write('', 'x').status, 422)

    def test_it_is_there_after_a_restart_and_in_workers(self):
        self.ann.register('Ann')
        self.ann.write('Kept', 'text')
        cookies = self.ann.cookies
        self.server.stop(signal.SIGTERM)
        self.start('--workers=2')
        self.ann.cookies = cookies
        for _ in range(4):
            self.assertIn('Log out Ann', self.ann.get('/entry/kept'))

    def test_who_registers(self):
        self.ann.get('/register')
        for form in ({'email': 'x', 'name': 'x', 'password': 'long enough'},
                     {'email': 'x@y', 'name': '', 'password': 'long enough'},
                     {'email': 'x@y', 'name': 'x', 'password': 'short'}):
            self.assertEqual(self.ann.post('/register', **form)[0].status, 422)
        self.assertEqual(self.ann.register('Ann')[0].status, 303)
        answer, page = self.ann.register('ann')
        self.assertEqual(answer.status, 422)
        self.assertIn('has that address already', page)


@unittest.skipIf(gale_postgres.MISSING, gale_postgres.MISSING)
class BlogOnPostgres(Blog):
    """The same, each test in a database of its own."""

    @classmethod
    def setUpClass(cls):
        cls.postgres = gale_postgres.Postgres()
        cls.addClassCleanup(cls.postgres.stop)

    def database(self):
        name = self.id().split('.')[-1]
        self.postgres.create(name)
        return '--postgres=' + self.postgres.conninfo.replace('dbname=postgres', 'dbname=' + name)


if __name__ == '__main__':
    gale_wire.main()
