"""test_routing_wire - methods, error pages, headers and routes of an application, over the wire."""
# SPDX-License-Identifier: MIT
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire


def quote(text):
    """As the server reads it: hexadecimal."""
    return (text.encode() if isinstance(text, str) else text).hex()


def ask(program, line, headers='', body=b''):
    with program.connect() as c:
        c.send(f'{line} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n'.encode() + body)
        return c.response(head_only=line.startswith('HEAD'))


class Routing(gale_wire.TestCase):
    program = 'routing_server'
    args = ('--port=0', '--logging=none')

    # --- methods

    def test_a1_3_a_405_names_what_is_allowed(self):
        r = ask(self.server, 'DELETE /')
        self.assertEqual((r.status, r['Allow']), (405, 'GET, HEAD, OPTIONS'))
        r = ask(self.server, 'PUT /user/1')
        self.assertEqual((r.status, r['Allow']), (405, 'GET, HEAD, POST, OPTIONS'))
        r = ask(self.server, 'PROPFIND /')
        self.assertEqual((r.status, r['Allow']), (405, 'GET, HEAD, OPTIONS'))

    def test_a1_3_options_is_answered_for_every_class(self):
        r = ask(self.server, 'OPTIONS /')
        self.assertEqual((r.status, r['Allow'], r.body), (204, 'GET, HEAD, OPTIONS', b''))
        self.assertIsNone(r['Content-Length'])
        r = ask(self.server, 'OPTIONS /see/x')
        self.assertEqual((r.status, r['Allow']), (204, 'GET, HEAD, OPTIONS'))
        r = ask(self.server, 'OPTIONS /optional')
        self.assertEqual((r.status, r.body), (200, b'my own options'))
        self.assertEqual(ask(self.server, 'OPTIONS /none').status, 404)
        r = ask(self.server, 'OPTIONS *')
        self.assertEqual((r.status, r['Allow']),
                         (204, 'GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS'))

    def test_a1_4_head_is_get_without_its_body(self):
        get = self.server.get('/')
        with self.server.connect() as c:
            c.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
            head = c.response(head_only=True)
            self.assertEqual(head.status, 200)
            for name in ('Content-Length', 'Content-Type', 'Etag', 'X-Kind'):
                self.assertEqual(head[name], get[name], name)
            self.assertEqual(head['Content-Length'], str(len(get.body)))
            # The connection is usable: nothing but the head came.
            c.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
            self.assertEqual(c.response().body, get.body)

    def test_a1_4_head_of_a_streamed_answer(self):
        with self.server.connect() as c:
            c.send('HEAD /streamed HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n')
            self.assertEqual(c.response(head_only=True).status, 200)
            self.assertEqual(c.response()['X-Kind'], 'page')

    # --- what clients must not see or inject

    def test_b4_no_internals_without_serve_traceback(self):
        for path in ('/boom', '/json', '/reason?fail=1'):
            r = self.server.get(path)
            self.assertIn(r.status, (500, 400), path)
            self.assertTrue(r.body.startswith(b'<html><title>'), path)
            for word in (b'secret', b'.c', b'GALE_', b'half', b'0x'):
                self.assertNotIn(word, r.body, path)
            self.assertNotIn('secret', repr(r.headers))
        self.assertEqual(self.server.get('/boom').body,
                         b'<html><title>500: Internal Server Error</title>'
                         b'<body>500: Internal Server Error</body></html>')

    def test_b4_with_serve_traceback_the_page_is_text(self):
        r = self.server.get('/inner/boom')
        self.assertEqual((r.status, r['Content-Type']), (500, 'text/plain; charset=UTF-8'))
        self.assertIn(b'GALE_EPROTO: secret of ', r.body)

    def listens_on(self, address, *args, **env):
        """Whether a program answers there (127.0.0.2 stands for this machine's other addresses);
        what it says of where it listens."""
        program = gale_wire.Program('routing_server', '--port=0', '--logging=none', *args, env=env)
        try:
            line = program.read_until(rb'(?m)^listening on .*$')[0].decode()
            try:
                with program.connect(address) as c:
                    c.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
                    return c.response().status == 200, line
            except ConnectionRefusedError:
                return False, line
        finally:
            program.stop()

    def test_b4_debug_programs_listen_on_loopback_by_default(self):
        for env in ({'DEBUG': '1'}, {'TRACEBACK': '1'}):
            there, line = self.listens_on('127.0.0.2', **env)
            self.assertFalse(there)
            self.assertRegex(line, r'^listening on http://localhost:\d+/ \(this machine only, .*'
                                   r'--address= is for all\)$')
            self.assertTrue(self.listens_on('127.0.0.1', **env)[0])
            there, line = self.listens_on('127.0.0.2', '--address=', **env)
            self.assertTrue(there)
            self.assertRegex(line, r'^listening on http://localhost:\d+/$')
            self.assertTrue(self.listens_on('127.0.0.2', '--address=127.0.0.2', **env)[0])
        if os.path.exists('/proc/net/if_inet6'):
            with open('/proc/net/if_inet6') as f:
                has_ipv6 = '00000000000000000000000000000001 ' in f.read()
            self.assertTrue(not has_ipv6 or self.listens_on('::1', DEBUG='1')[0])

    def test_b4_others_listen_on_all_addresses(self):
        there, line = self.listens_on('127.0.0.2')
        self.assertTrue(there)
        self.assertRegex(line, r'^listening on http://localhost:\d+/$')

    def test_b6_headers_take_no_control_characters(self):
        bad = [b'\r\nX-Evil: 1', b'\n', b'\r', b'\x01', b'\x0b', b'\x1f', b'\x7f', b'a\r\n\r\n<p>']
        for data in bad:
            for query in ('value=' + quote(data), 'add=1&value=' + quote(data),
                          'name=' + quote(b'X' + data), 'name=Content-Type&value=' + quote(data)):
                r = self.server.get('/header?' + query)
                self.assertEqual(r.status, 500, query)
                self.assertIsNone(r['X-Evil'], query)
                self.assertNotIn(b'<p>', r.body)
                for name, value in r.headers:
                    for c in '\r\n\x00\x01\x0b\x1f\x7f':
                        self.assertNotIn(c, name + value)
        for name in ('', 'a b', 'a:', 'ä', 'a('):
            self.assertEqual(self.server.get('/header?name=' + quote(name)).status, 500, name)
        r = self.server.get('/header?value=' + quote('a\tb'))
        self.assertEqual((r.status, r['X-Value']), (200, 'a\tb'))

    def test_b6_redirect_targets_are_encoded(self):
        r = self.server.get('/redirect?to=' + quote('/x\r\nSet-Cookie: a=b'))
        self.assertEqual(r.status, 302)
        self.assertEqual(r['Location'], '/x%0D%0ASet-Cookie:%20a=b')
        self.assertIsNone(r['Set-Cookie'])
        r = self.server.get('/redirect?to=' + quote('/ä"<>'))
        self.assertEqual(r['Location'], '/%C3%A4%22%3C%3E')

    def test_b26_reasons_are_harmless(self):
        for reason in ('a\r\nX-Evil: 1', 'a\nb', '<script>', 'x\x7f', ''):
            for how in ('', '&fail=1', '&send=1'):
                r = self.server.get('/reason?reason=' + quote(reason) + how)
                self.assertEqual((r.status, r.reason), (400, 'Unknown'), (reason, how))
                self.assertIsNone(r['X-Evil'])
                self.assertNotIn(b'<script', r.body)
        for how in ('&fail=1', '&send=1'):
            r = self.server.get('/reason?reason=' + quote("it's & more") + how)
            self.assertEqual(r.reason, "it's & more")
            self.assertEqual(r.body, b'<html><title>400: it&#x27;s &amp; more</title>'
                                     b'<body>400: it&#x27;s &amp; more</body></html>')

    # --- routes

    def test_c10_encoded_slashes(self):
        self.assertEqual(self.server.get('/user/a%20b').body, b'[a b]')
        for path in ('/user/a%2Fb', '/user/a%2fb', '/user/%2F..%2Fadmin', '/inner%2Fstory/1'):
            self.assertEqual(self.server.get(path).status, 404, path)
        self.assertEqual(self.server.get('/user/a%252Fb').body, b'[a%2Fb]')
        self.assertEqual(self.server.get('/raw/a%2Fb').body, b'[a/b]')

    def test_mounted_applications(self):
        r = self.server.get('/inner/story/42')
        self.assertEqual((r.body, r['X-Mark']), (b'[42]', 'seen'))
        self.assertEqual(self.server.get('/inner/story/x').status, 404)

    def test_middleware_sees_every_answer(self):
        for path, status in (('/', 200), ('/none', 404), ('/boom', 500), ('/redirect', 302),
                             ('/?early=1', 401), ('/inner/none', 404)):
            r = self.server.get(path)
            self.assertEqual((r.status, r.all('X-Mark')), (status, ['seen']), path)

    def test_slashes(self):
        r = self.server.get('/slash?a=b')
        self.assertEqual((r.status, r['Location']), (301, '/slash/?a=b'))
        self.assertEqual(self.server.get('/slash/').status, 200)
        self.assertEqual(ask(self.server, 'POST /slash', 'Content-Length: 0\r\n').status, 404)
        r = self.server.get('/noslash/?a=b')
        self.assertEqual((r.status, r['Location']), (301, '/noslash?a=b'))
        self.assertEqual(self.server.get('/noslash').status, 200)
        r = self.server.get('//evil.example/noslash/')
        self.assertEqual((r.status, r['Location']), (301, '/evil.example/noslash'))

    def test_redirect_handler_with_a_status(self):
        r = self.server.get('/see/a%20b?x=1')
        self.assertEqual((r.status, r['Location']), (307, '/user/a%20b?x=1'))

    def test_fallback_to_a_function(self):
        r = self.server.get('/plain/x')
        self.assertEqual((r.status, r.body), (203, b'GET by a function, hello'))
        r = ask(self.server, 'POST /plain/x', 'Content-Length: 2\r\n', b'ab')
        self.assertEqual((r.status, r.body), (203, b'POST by a function, hello'))
        self.assertEqual(ask(self.server, 'DELETE /plain/x').status, 409)

    def test_limits_of_a_route(self):
        r = ask(self.server, 'POST /small', 'Content-Length: 100\r\n', b'x' * 100)
        self.assertEqual(r.body, b'100 bytes')
        r = ask(self.server, 'POST /small', 'Content-Length: 101\r\n')
        self.assertEqual(r.status, 413)

    def test_bodies_in_pieces(self):
        r = ask(self.server, 'POST /pieces', 'Content-Length: 300000\r\n', b'x' * 300000)
        self.assertEqual(r.body, b'300000 bytes in pieces')
        r = ask(self.server, 'POST /pieces', 'Transfer-Encoding: chunked\r\n',
                b'5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n')
        self.assertEqual(r.body, b'6 bytes in pieces')
        self.assertEqual(ask(self.server, 'POST /pieces', 'Content-Length: 0\r\n').body,
                         b'0 bytes in pieces')

    def test_xsrf_leaves_options_and_errors_alone(self):
        program = gale_wire.Program('routing_server', '--port=0', '--logging=none',
                                    env={'XSRF': '1'})
        try:
            self.assertEqual(ask(program, 'OPTIONS /').status, 204)
            self.assertEqual(ask(program, 'POST /gone', 'Content-Length: 0\r\n').status, 410)
            self.assertEqual(ask(program, 'POST /none', 'Content-Length: 0\r\n').status, 404)
            self.assertEqual(ask(program, 'POST /user/1', 'Content-Length: 0\r\n').status, 403)
        finally:
            program.stop()


if __name__ == '__main__':
    gale_wire.main()
