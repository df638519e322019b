"""test_templates_wire - pages out of templates over the wire: whole, failed, reloaded, cut short."""
# SPDX-License-Identifier: MIT
import gzip
import os
import re
import select
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire

FILES = {
    'base.html': '<html><head><title>{% block title %}-{% end %}</title></head>\n'
                 '<body>{% block body %}{% end %}</body></html>\n',
    'page.html': '{% extends "base.html" %}{% block title %}{{ handler.get_argument("t", "none") }}'
                 '{% end %}{% block body %}{% module Entry() %}{% end %}',
    'entry.html': '<b>{{ request.path }}</b>',
    'entry.js': 'go();\n',
    'story.html': '{% set s = story(handler.get_argument("id")) %}<h1>{{ s.title }}</h1>',
    'bad.html': 'half a page\n<p>{{ titel }}</p>\n',
    'loop.html': 'x{% while True %}{% end %}',
    'rest.html': 'before {{ rest(float(handler.get_argument("s"))) }} after',
    'form.html': '<form>{% module xsrf_form_html() %}</form>',
    'large.html': '{% for i in range(50000) %}{{ "%099d" % i }}\n{% end %}',
    'deep.html': '{% module Template("deep.html") %}',
    'plain.txt': 'plain',
}


class Pages(gale_wire.TestCase):
    env = {}

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        for name, text in FILES.items():
            cls.put(name, text)
        cls.server = gale_wire.Program('templates_server', '--port=0',
                                       env={'TEMPLATES': cls.directory.name, **cls.env})
        cls.program = 'templates_server'

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.directory.cleanup()

    @classmethod
    def put(cls, name, text):
        with open(os.path.join(cls.directory.name, name), 'w') as f:
            f.write(text)


class Cached(Pages):
    def counts(self):
        return [int(n) for n in self.server.get('/counts').body.split()]

    def test_a3_8_templates_modules_and_static_urls(self):
        r = self.server.get('/page.html?t=%3Ci%3E')
        self.assertEqual(r.status, 200)
        self.assertEqual(r['Content-Type'], 'text/html; charset=UTF-8')
        version = re.search(rb'\?v=([\w-]+)', r.body)[1].decode()
        self.assertEqual(
            r.body.decode(),
            '<html><head><title>&lt;i&gt;</title><style type="text/css">\n.entry {}\n</style>\n</head>\n'
            f'<body><b>/page.html</b><script src="/static/entry.js?v={version}" type="text/javascript">'
            '</script><script src="/own.js" type="text/javascript"></script>\n</body></html>\n')
        script = self.server.get(f'/static/entry.js?v={version}')
        self.assertEqual((script.status, script.body), (200, b'go();\n'))

    def test_head_etag_and_compression(self):
        page = self.server.get('/page.html')
        with self.server.connect() as c:
            c.send('HEAD /page.html HTTP/1.1\r\nHost: a\r\n\r\n')
            r = c.response(head_only=True)
            self.assertEqual((r.status, r['Content-Length'], r['Etag']),
                             (200, str(len(page.body)), page['Etag']))
            c.send(f'GET /page.html HTTP/1.1\r\nHost: a\r\nIf-None-Match: {page["Etag"]}\r\n\r\n')
            self.assertEqual(c.response().status, 304)
            c.send('GET /large.html HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n')
            r = c.response()
        large = self.server.get('/large.html').body
        self.assertEqual(r['Content-Encoding'], 'gzip')
        self.assertEqual(gzip.decompress(r.body), large)
        self.assertEqual(large, b''.join(b'%099d\n' % i for i in range(50000)))

    def test_a_failed_page_sends_nothing_of_itself(self):
        with self.server.connect() as c:
            for _ in range(2):
                c.send('GET /bad.html HTTP/1.1\r\nHost: a\r\n\r\n')
                r = c.response()
                self.assertEqual(r.status, 500)
                self.assertNotIn(b'half', r.body)
                self.assertNotIn(b'titel', r.body)
            c.send('GET /page.html HTTP/1.1\r\nHost: a\r\n\r\n')
            self.assertEqual(c.response().status, 200)
        log = self.server.read_until(rb"NameError: name 'titel' is not defined at bad.html:2\n"
                                     rb' +<p>\{\{ titel \}\}</p>\n +\^')
        self.assertTrue(log)

    def test_limits_depth_and_missing_files_are_500s(self):
        for path, says in (('loop.html', b'100000 steps'), ('nope.html', b'nope.html'),
                           ('deep.html', b'templates render templates more than'),
                           ('..%2fpasswd', b'passwd')):
            r = self.server.get(f'/{path}')
            self.assertEqual((path, r.status), (path, 500))
            self.server.read_until(re.escape(says))

    def test_a_function_answers_with_its_status(self):
        self.assertEqual(self.server.get('/story.html?id=1').body, b'<h1>&lt;One&gt;</h1>')
        self.assertEqual(self.server.get('/story.html?id=2').status, 404)
        self.assertEqual(self.server.get('/story.html').status, 400)

    def test_a_form_brings_its_token_back(self):
        page = self.server.get('/form.html')
        token = re.search(rb'name="_xsrf" value="([^"]+)"', page.body)[1].decode()
        cookie = page['Set-Cookie'].split(';')[0]
        for sent, status in ((token, 200), ('2|0|0|0', 403)):
            body = f'_xsrf={sent}'.replace('|', '%7C')
            with self.server.connect() as c:
                c.send(f'POST /form.html HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n'
                       'Content-Type: application/x-www-form-urlencoded\r\n'
                       f'Content-Length: {len(body)}\r\n\r\n{body}')
                self.assertEqual(c.response().status, status)

    def test_a_page_after_a_flush_is_the_rest(self):
        r = self.server.get('/flushed/plain.txt')
        self.assertEqual((r.status, r['Transfer-Encoding'], r.body), (200, 'chunked', b'first,plain'))
        data = self.server.exchange('GET /flushed/bad.html HTTP/1.1\r\nHost: a\r\n\r\n')
        self.assertTrue(data.endswith(b'\r\n6\r\nfirst,\r\n'), data)

    def test_requests_go_on_while_a_page_waits(self):
        with self.server.connect() as slow:
            slow.send('GET /rest.html?s=1 HTTP/1.1\r\nHost: a\r\n\r\n')
            self.assertEqual(self.server.get('/plain.txt').body, b'plain')
            self.assertEqual(select.select([slow.sock], [], [], 0)[0], [])
            self.assertEqual(slow.response().body, b'before rested after')

    def test_a_client_that_goes_while_its_page_waits(self):
        rested, cancelled, finished = self.counts()
        with self.server.connect() as c:
            c.send('GET /cancelled/rest.html?s=3600 HTTP/1.1\r\nHost: a\r\n\r\n')
            self.server.get('/plain.txt')
            c.reset()
        self.wait_for(lambda n: n[1] == cancelled + 1 and n[2] >= finished + 2)
        self.server.read_until(rb'\D499 GET /cancelled/rest\.html')
        rested, cancelled, finished = self.counts()
        with self.server.connect() as c:
            c.send('GET /rest.html?s=0.05 HTTP/1.1\r\nHost: a\r\n\r\n')
            self.server.get('/plain.txt')
            c.reset()
        self.wait_for(lambda n: n[0] == rested + 1 and n[2] >= finished + 2)

    def wait_for(self, is_so):
        end = time.monotonic() + gale_wire.TIMEOUT
        while not is_so(self.counts()):
            self.assertLess(time.monotonic(), end, self.counts())
            time.sleep(0.01)


class Reloaded(Pages):
    env = {'NO_CACHE': '1'}

    def test_a_changed_file_counts_at_once(self):
        self.put('now.html', 'one {% include "part.html" %}')
        self.put('part.html', '1')
        self.assertEqual(self.server.get('/now.html').body, b'one 1')
        self.put('part.html', '2 and more')
        self.assertEqual(self.server.get('/now.html').body, b'one 2 and more')
        self.put('now.html', 'two')
        self.assertEqual(self.server.get('/now.html').body, b'two')
        self.put('now.html', '{% if %}')
        self.assertEqual(self.server.get('/now.html').status, 500)
        self.put('now.html', 'three')
        self.assertEqual(self.server.get('/now.html').body, b'three')


class Debug(Pages):
    env = {'DEBUG': '1'}

    def test_the_report_is_on_the_page(self):
        r = self.server.get('/bad.html?<x>', 'Accept: text/html\r\n')
        self.assertEqual((r.status, r['Content-Type']), (500, 'text/html; charset=UTF-8'))
        text = r.body.decode()
        self.assertIn('NameError: name &#x27;titel&#x27; is not defined at bad.html:2', text)
        self.assertIn('&lt;p&gt;{{ titel }}&lt;/p&gt;', text)
        self.assertNotIn('<x>', text)
        self.put('bad.html', 'mended')
        self.assertEqual(self.server.get('/bad.html').body, b'mended')


if __name__ == '__main__':
    gale_wire.main()
