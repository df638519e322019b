"""Rows of tests/rows.txt about HTTP/1.1 on the wire: what users miss elsewhere, and past attacks."""
# SPDX-License-Identifier: MIT
import os
import re
import select
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

HOST = 'Host: localhost\r\n'
POST = f'POST /echo HTTP/1.1\r\n{HOST}'
CHUNKED = f'{POST}Transfer-Encoding: chunked\r\n\r\n'
MIB = 1 << 20


def get(path='/', fields='', version='1.1'):
    return f'GET {path} HTTP/{version}\r\n{HOST}{fields}\r\n'


class Rows(gale_wire.TestCase):
    program = 'http_server'

    def send(self, request, server=None):
        """The one answer to a request on a connection of its own, and whether that was closed."""
        with (server or self.server).connect() as c:
            c.send(request)
            r = c.response()
            closed = r['Connection'] == 'close'
            if closed:
                self.assertTrue(c.is_closed())
            return r, closed

    def assert_refused(self, request, *statuses):
        r, closed = self.send(request)
        self.assertIn(r.status, statuses or (400,), request)
        self.assertTrue(closed, request)

    def assert_accepted(self, request, body=None):
        with self.server.connect() as c:
            c.send(request)
            r = c.response()
            self.assertEqual((r.status, r['Connection']), (200, None), request)
            if body is not None:
                self.assertEqual(r.body, body, request)
            c.send(get())
            self.assertEqual(c.response().body, b'hello')
            return r


class Refusals(Rows):
    args = ('max_request_line=2000', 'max_header_size=4000', 'max_body_size=100000', 'header_timeout=0.4',
            'body_timeout=0.4')
    malformed = [
        ('GET / HTTP/1.1\r\n' + HOST + 'no colon\r\n\r\n', 400),
        ('GET / HTTP/1.1\r\n' + HOST, 408),
        (POST + 'Content-Length: 10\r\n\r\nabc', 408),
        (POST + 'Content-Length: 100001\r\n\r\n', 413),
        (CHUNKED + '186a1\r\n', 413),
        (f'GET /{"a" * 3000} HTTP/1.1\r\n{HOST}\r\n', 414),
        (get(fields=f'X: {"a" * 5000}\r\n'), 431),
        (POST + 'Transfer-Encoding: gzip, chunked\r\n\r\n', 501),
        (get(version='3.0'), 505),
    ]

    def test_a1_2_each_refusal_is_a_whole_answer(self):
        for request, status in self.malformed:
            with self.subTest(status=status):
                r, closed = self.send(request)
                self.assertEqual((r.status, closed), (status, True))
                self.assertEqual(r['Content-Length'], str(len(r.body)))
                self.assertEqual(r['Content-Type'], 'text/html; charset=UTF-8')
                self.assertIn(f'{status}: {r.reason}'.encode(), r.body)

    def test_a1_2_each_refusal_is_logged(self):
        for request, status in self.malformed:
            self.server.output = b''
            self.send(request)
            self.server.read_until(rb'refused .*%d ' % status)

    def test_a1_2_who_goes_on_sending_reads_the_answer(self):
        for start in (f'{POST}Content-Length: {10 * MIB}\r\n\r\n', 'bad\r\n\r\n', CHUNKED + 'a00000\r\n'):
            with self.server.connect() as c:
                c.send(start)
                for _ in range(10):
                    c.send(bytes(MIB))
                self.assertIn(c.response().status, (400, 413))
                self.assertTrue(c.is_closed())  # and not reset

    def test_b17_lengths_are_digits_and_nothing_else(self):
        for length in ('+1', '-1', '1_0', '0x1', '', ' ', '1 0', '1,', ',1', '1;', '1.0', '1e1', '\xb2', '\u0661'.encode().decode('latin-1'),
                       str(1 << 63), str((1 << 64) + 1), '9' * 40, '5, 6', '0b1', "'5'"):
            self.assert_refused(f'{POST}Content-Length: {length}\r\n\r\nabcde')
        self.assert_refused(f'{POST}Content-Length: {(1 << 63) - 1}\r\n\r\n', 413)
        self.assert_refused(f'{POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde')
        self.assert_accepted(f'{POST}Content-Length: 005\r\n\r\nabcde', b'abcde')

    def test_b17_equal_lengths_are_refused_or_taken_alike(self):
        answers = {self.send(f'{POST}{fields}\r\nabcde')[0].status
                   for fields in ('Content-Length: 5\r\nContent-Length: 5\r\n', 'Content-Length: 5, 5\r\n')}
        self.assertEqual(len(answers), 1)
        self.assertIn(answers.pop(), (200, 400))

    def test_b17_chunk_sizes_are_hexadecimal_digits_and_nothing_else(self):
        for size in ('+1', '-1', '1_0', '0x1', '', ' 1', 'g', '\xb2', '\u0661'.encode().decode('latin-1'), '1 0',
                     'f' * 16 + '0', 'f' * 40, '8000000000000000', '10000000000000001'):
            self.assert_refused(f'{CHUNKED}{size}\r\na\r\n0\r\n\r\n')
        self.assert_accepted(CHUNKED + '0000000000000001\r\na\r\n000\r\n\r\n', b'a')

    def test_b18_unknown_and_repeated_codings(self):
        for field in ('xchunked', 'chunked, identity', 'identity', 'chunked, chunked', 'chunked\r\nTransfer-Encoding: chunked',
                      'chunked\r\nTransfer-Encoding: identity', 'identity\r\nTransfer-Encoding: chunked', 'chunked;q=1',
                      '"chunked"', 'chunked,', ',chunked', '', 'gzip', 'gzip, chunked', 'chunke', 'chunkedd', 'ch unked'):
            self.assert_refused(f'{POST}Transfer-Encoding: {field}\r\n\r\n3\r\nabc\r\n0\r\n\r\n', 400, 501)
        for fields in ('Content-Length: 3\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nContent-Length: 3'):
            self.assert_refused(f'{POST}{fields}\r\n\r\n3\r\nabc\r\n0\r\n\r\n')
        self.assert_refused('POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n', 400, 501)
        self.assert_accepted(f'{POST}Transfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n', b'abc')

    def test_b19_only_blanks_and_tabs_are_stripped(self):
        for space in ('\x85', '\xa0', '\x0b', '\x0c', '\x1c', '\x1f', '\xe2\x80\x83'):
            for field in (f'{space}chunked', f'chunked{space}'):
                self.assert_refused(f'{POST}Transfer-Encoding: {field}\r\n\r\n3\r\nabc\r\n0\r\n\r\n', 400, 501)
            self.assert_refused(f'{POST}Content-Length: {space}3\r\n\r\nabc')
        r = self.assert_accepted(get('/headers', 'X: \x85\xa0y\xa0\r\nZ: \t w \t\r\n'))
        self.assertIn(b'X=\x85\xa0y\xa0\nZ=w\n', r.body)
        self.assert_accepted(f'{POST}Transfer-Encoding: \t chunked \t\r\n\r\n3\r\nabc\r\n0\r\n\r\n', b'abc')

    def test_b23_request_lines(self):
        for line in ('GET /a\x01b HTTP/1.1', 'GET /a\x7fb HTTP/1.1', 'GET /a\tb HTTP/1.1', 'GET\t/ HTTP/1.1', 'GET /a b HTTP/1.1',
                     'GET / HTTP/1.1 ', ' GET / HTTP/1.1', 'GET / http/1.1', 'GET / HTTP/1', 'GET / HTTP/1.11', 'GET / HTTP/11.1',
                     'GET /', 'GET', 'GET / HTTP/1.1\x00', 'G(T / HTTP/1.1', 'G\xc9T / HTTP/1.1', 'GET: / HTTP/1.1',
                     '"GET" / HTTP/1.1', 'G/T / HTTP/1.1', 'GET  HTTP/1.1'):
            self.assert_refused(f'{line}\r\n{HOST}\r\n')

    def test_b23_header_names(self):
        for field in ('A B: c', 'A : c', ': c', ' A: c', 'A\t: c', 'A\xe9: c', 'A\x01: c', 'A(: c', 'A/b: c', 'A"b": c', 'A@: c',
                      'A', 'A\x00: c', 'A: b\x00', 'A: b\x01', 'A: b\x7f'):
            self.assert_refused(get(fields=field + '\r\n'))

    def test_b23_hosts(self):
        for host in ('', 'Host: a\r\nHost: a\r\n', 'Host: a\r\nHost: b\r\n', 'Host: a/b\r\n', 'Host: u@a\r\n', 'Host: a b\r\n',
                     'Host: a,b\r\n', 'Host: a\\b\r\n', 'Host: a?b\r\n', 'Host: a#b\r\n', 'Host: a:x\r\n', 'Host: [::1\r\n',
                     'Host: a"b\r\n', 'Host: <a>\r\n'):
            self.assert_refused(f'GET / HTTP/1.1\r\n{host}\r\n')
        for host in ('a', 'a:80', '127.0.0.1', '[::1]', '[::1]:80', 'a-b.c_d', 'A.'):
            self.assert_accepted(f'GET / HTTP/1.1\r\nHost: {host}\r\n\r\n')

    def test_c18_folded_lines_and_bare_line_feeds(self):
        for request in (get(fields='A: b\r\n c\r\n'), get(fields='A: b\r\n\tc\r\n'), f'GET / HTTP/1.1\r\n A: b\r\n{HOST}\r\n',
                        f'GET / HTTP/1.1\n{HOST}\r\n', 'GET / HTTP/1.1\r\nHost: a\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\n\n',
                        'GET / HTTP/1.1\r\nHost: a\r\nA: b\nC: d\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nA: b\rC: d\r\n\r\n',
                        'GET / HTTP/1.1\rHost: a\r\r', 'GET / HTTP/1.1\r\r\nHost: a\r\n\r\n',
                        'GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n'):
            self.assert_refused(request)


class Chunks(Rows):
    def test_a1_5_extensions_are_accepted(self):
        for line in ('5;a=b', '5;a', '5;a=b;c=d', '5 ; a = b', '5;a="b c"', '5;a="\\""', '5;' + 'a' * 250):
            self.assert_accepted(f'{CHUNKED}{line}\r\nabcde\r\n0;last=yes\r\n\r\n', b'abcde')

    def test_a1_5_malformed_extensions(self):
        for line in ('5;\n', '5;a=b\n', '5;a\rb\r\n', '5;a=\r\n', '5;=b\r\n', ';x=y\r\n', '5;a="b\r\n', '5;a="\n"\r\n', '5;a b\r\n',
                     '5;;\r\n', '5;a=b c\r\n', '5;a\x00\r\n', '5\n', '5;\r\n', '5;a=b\r\r\n'):
            self.assert_refused(f'{CHUNKED}{line}abcde\r\n0\r\n\r\n')

    def test_a1_5_extensions_have_caps(self):
        self.assert_refused(f'{CHUNKED}5;{"a" * 260}\r\nabcde\r\n0\r\n\r\n')
        self.assert_refused(CHUNKED + f'1;{"a" * 249}\r\nx\r\n' * 4200 + '0\r\n\r\n')
        self.assert_refused(CHUNKED + f'5;{"a" * MIB}\r\n')
        self.assert_accepted(CHUNKED + f'1;{"a" * 99}\r\nx\r\n' * 160 + '0\r\n\r\n', b'x' * 160)
        self.assert_refused(CHUNKED + f'1;{"a" * 99}\r\nx\r\n' * 170 + '0\r\n\r\n')

    def test_a1_5_trailers_are_taken_and_have_a_cap(self):
        self.assert_accepted(CHUNKED + '3\r\nabc\r\n0\r\nA: b\r\nC:d\r\n\r\n', b'abc')
        self.assert_accepted(f'{CHUNKED}0\r\nA: {"b" * 8000}\r\n\r\n', b'')
        self.assert_refused(f'{CHUNKED}0\r\nA: {"b" * 8200}\r\n\r\n', 431)
        for trailer in ('A\r\n', 'A : b\r\n', ' A: b\r\n', 'A: b\nC: d\r\n', 'A: b\x00\r\n', ': b\r\n', 'A: b\r\n c\r\n'):
            self.assert_refused(f'{CHUNKED}0\r\n{trailer}\r\n')

    def test_a1_5_trailers_change_nothing(self):
        trailers = ('Content-Length: 99\r\nTransfer-Encoding: chunked\r\nHost: evil\r\nConnection: close\r\n'
                    'Authorization: Basic x\r\nCookie: a=b\r\nX-Joined: trailer\r\n')
        with self.server.connect() as c:
            for path in ('/about', '/headers', '/joined'):
                c.send(f'POST {path} HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n{trailers}\r\n')
                r = c.response()
                self.assertEqual((r.status, r['Connection']), (200, None))
                self.assertNotRegex(r.body, rb'evil|Basic|trailer|99|a=b')

    def test_b13_what_has_no_body_has_no_framing(self):
        with self.server.connect() as c:
            for status in (204, 304):
                c.send(get(f'/respond?{status}') + get())
                r = c.response()
                self.assertEqual((r.status, r['Content-Length'], r['Transfer-Encoding']), (status, None, None))
                self.assertEqual(c.response().body, b'hello')  # nothing was between the two
            c.send(f'{POST}Content-Length: 1\r\nExpect: 100-continue\r\n\r\n')
            self.assertEqual(c.read_until(b'\r\n\r\n'), b'HTTP/1.1 100 Continue\r\n\r\n')
            c.send('x')
            self.assertEqual(c.response().body, b'x')

    def test_b13_requests_behind_a_chunked_body(self):
        bodies = ['0\r\n\r\n', '3\r\nabc\r\n0\r\n\r\n', '1\r\na\r\n2;x=y\r\nbc\r\n0\r\nA: b\r\n\r\n']
        with self.server.connect() as c:
            for body in bodies:
                c.send(CHUNKED + body + get() + CHUNKED + body + get('/about'))
                expected = b'' if body == bodies[0] else b'abc'
                self.assertEqual([c.response().body for _ in range(3)], [expected, b'hello', expected])
                self.assertTrue(c.response().body.startswith(b'GET|/about|'))


class Persistence(Rows):
    def is_kept(self, request):
        with self.server.connect() as c:
            c.send(request)
            r = c.response()
            if r['Connection'] in (None, 'Keep-Alive') and (r['Connection'] or ' HTTP/1.1' in request):
                c.send(request)
                self.assertEqual(c.response().status, 200)
                return True
            self.assertTrue(c.is_closed())
            return False

    def test_a1_6_connection_is_a_list_of_tokens(self):
        for value in ('close', 'Close', 'CLOSE', 'keep-alive, close', 'close, keep-alive', 'Keep-Alive,Close', 'x, close, y', ',close',
                      'close ,', ' close', 'keep-alive\r\nConnection: close', 'close\r\nConnection: keep-alive',
                      'x\r\nConnection: y\r\nCONNECTION: Close'):
            self.assertFalse(self.is_kept(get(fields=f'Connection: {value}\r\n')), value)
        for value in ('keep-alive', 'closed', 'not-close', 'x, y', 'clos', '"close"', 'keep-alive, x', ''):
            self.assertTrue(self.is_kept(get(fields=f'Connection: {value}\r\n')), value)

    def test_a1_6_http10_asks_for_it(self):
        for value in ('keep-alive', 'Keep-Alive', 'x, KEEP-ALIVE', 'x\r\nConnection: keep-alive'):
            self.assertTrue(self.is_kept(get(version='1.0', fields=f'Connection: {value}\r\n')), value)
        for value in ('x', 'close', 'keep-alive, close', 'close\r\nConnection: keep-alive'):
            self.assertFalse(self.is_kept(get(version='1.0', fields=f'Connection: {value}\r\n')), value)

    def test_a1_6_close_is_said_when_it_will_be_done(self):
        r, closed = self.send(get(fields='Connection: close\r\n'))
        self.assertEqual((r['Connection'], closed), ('close', True))
        server = gale_wire.Program('http_server', 'no_keep_alive=1')
        try:
            self.assertEqual(self.send(get(), server)[1], True)
        finally:
            server.stop()

    def test_a1_10_get_may_have_a_body(self):
        for method in ('GET', 'DELETE', 'OPTIONS', 'PROPFIND'):
            for framed in ('Content-Length: 7\r\n\r\na=b&c=d', 'Transfer-Encoding: chunked\r\n\r\n7\r\na=b&c=d\r\n0\r\n\r\n'):
                self.assert_accepted(f'{method} /echo?q=1 HTTP/1.1\r\n{HOST}{framed}', b'a=b&c=d')
        self.assertIn(b'/about?q=1|/about|q=1|', self.send(f'GET /about?q=1 HTTP/1.1\r\n{HOST}Content-Length: 3\r\n\r\nc=d')[0].body)


class Unframed(gale_wire.TestCase):
    """Answers whose length is not known when they begin."""
    program = 'stream_server'

    def exchange(self, version, fields):
        with self.server.connect() as c:
            c.send(f'POST /echo HTTP/{version}\r\n{HOST}Content-Length: 3\r\n{fields}\r\nabc')
            head = c.read_until(b'\r\n\r\n').decode()
            return head, c.read_all() if 'chunked' not in head else None

    def test_a1_6_no_persistence_for_what_only_the_end_ends(self):
        for fields in ('', 'Connection: keep-alive\r\n', 'Connection: Keep-Alive, x\r\n'):
            head, body = self.exchange('1.0', fields)
            self.assertNotIn('keep-alive', head.lower())
            self.assertEqual(body, b'abc')

    def test_c17_http10_without_a_length_ends(self):
        head, body = self.exchange('1.0', 'Connection: keep-alive\r\n')
        self.assertNotIn('Transfer-Encoding', head)
        self.assertNotIn('Content-Length', head)
        self.assertEqual(body, b'abc')
        head, body = self.exchange('1.1', '')
        self.assertIn('Transfer-Encoding: chunked', head)
        self.assertIsNone(body)


class Times(Rows):
    args = ('header_timeout=0.4', 'body_timeout=0.4', 'idle_timeout=0.6', 'write_timeout=0.6', 'linger_timeout=0.4')

    def drip(self, first, byte, status):
        started = time.monotonic()
        with self.server.connect() as c:
            c.send(first)
            while not select.select([c.sock], [], [], 0.02)[0]:
                self.assertLess(time.monotonic() - started, 10)
                c.send(byte)
            self.assertEqual(c.response().status, status)

    def test_a1_7_idle_sockets_are_reaped(self):
        with self.server.connect() as unused, self.server.connect() as used:
            used.send(get())
            self.assertEqual(used.response().status, 200)
            self.assertTrue(unused.is_closed())
            self.assertTrue(used.is_closed())

    def test_a1_7_dripping_clients_are_cut_off(self):
        self.drip(f'GET / HTTP/1.1\r\n{HOST}X: ', 'a', 408)
        self.drip(f'{POST}Content-Length: 1000000\r\n\r\n', 'a', 408)
        self.drip(CHUNKED, '1\r\na\r\n', 408)

    def test_a1_7_clients_that_never_read_are_cut_off(self):
        with self.server.connect() as c:
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.server.output = b''
            c.send(get('/big?30000000'))
            self.server.read_until(rb'its peer does not read')

    def test_c1_heads_and_bodies_have_a_minimum_rate(self):
        connections = []
        for i in range(30):
            c = self.server.connect()
            c.send(f'GET / HTTP/1.1\r\n{HOST}X: ' if i % 2 else f'{POST}Content-Length: 100000\r\n\r\n')
            connections.append(c)
        end = time.monotonic() + 10
        while connections and time.monotonic() < end:
            for c in list(connections):
                if select.select([c.sock], [], [], 0)[0]:
                    self.assertEqual(c.response().status, 408)
                    connections.remove(c)
                    c.close()
                else:
                    c.send('a')
            time.sleep(0.02)
        self.assertEqual(connections, [])
        self.assertEqual(self.send(get())[0].status, 200)


class Caps(Rows):
    args = ('max_connections=4',)

    def test_c1_connections_have_a_cap(self):
        kept = [self.server.connect() for _ in range(4)]
        for c in kept:
            c.send(get())
            self.assertEqual(c.response().status, 200)
        with self.server.connect() as c:
            self.assertEqual(c.response().status, 503)
            self.assertTrue(c.is_closed())
        for c in kept:
            c.close()


class Memory(Rows):
    args = ('max_headers=1000',)

    def high_water(self):
        with open(f'/proc/{self.server.pid}/status') as f:
            return int(re.search(r'VmHWM:\s+(\d+) kB', f.read())[1]) * 1024

    def test_b25_repeated_headers_are_joined_once(self):
        lines = 'x-joined: ' + 'b' * 50 + '\r\n'
        self.assertEqual(self.server.get('/joined', lines * 20).status, 200)
        before = self.high_water()
        r = self.server.get('/joined', lines * 990)
        self.assertEqual(r.body, ', '.join(['b' * 50] * 990).encode())
        # Joining each to those before it would have taken 25 MiB of the request's memory.
        self.assertLess(self.high_water() - before, 4 * MIB)

    def test_b25_many_small_headers(self):
        with self.server.connect() as c:
            c.send('GET /headers HTTP/1.1\r\n' + HOST + 'a:b\r\n' * 990 + '\r\n')
            self.assertEqual(c.response().body.count(b'a=b\n'), 990)
            c.send('GET / HTTP/1.1\r\n' + HOST + 'a:b\r\n' * 13000)
            self.assertEqual(c.response().status, 431)

    def test_c2_bodies_are_limited_by_default(self):
        limit = 10 * MIB
        self.assert_refused(f'{POST}Content-Length: {limit + 1}\r\n\r\n', 413)
        self.assert_refused(f'{CHUNKED}{limit + 1:x}\r\n', 413)
        with self.server.connect() as c:
            c.send(f'{POST}Content-Length: {limit}\r\n\r\n')
            c.send(bytes(limit))
            self.assertEqual(len(c.response().body), limit)

    def test_c2_memory_is_for_what_has_come(self):
        self.assertEqual(self.server.get('/').status, 200)
        before = self.server.memory()
        connections = [self.server.connect() for _ in range(200)]
        for i, c in enumerate(connections):
            c.send(f'{CHUNKED}9fffff\r\nx' if i % 2 else f'{POST}Content-Length: {10 * MIB}\r\n\r\nx')
        self.assertEqual(self.server.get('/').status, 200)
        grown = self.server.memory() - before
        for c in connections:
            c.close()
        self.assertLess(grown, 32 * MIB)  # 2000 were announced


class OutOfDescriptors(gale_wire.unittest.TestCase):
    """Sixty clients of a server that may have forty descriptors."""

    def run_out(self, work):
        program = gale_wire.Program('limited', gale_wire.PROGRAMS['http_server'], 'max_connections=-1')
        try:
            connections = [program.connect() for _ in range(200)]
            first = connections[0]
            first.send(get())
            self.assertEqual(first.response().status, 200)
            program.read_until(rb'descriptors|open files')
            work(program, first)
            for c in connections:
                c.close()
            self.assertEqual(program.get('/').status, 200)
        finally:
            status, output = program.stop()
        self.assertNotIn('Sanitizer', output)
        return output

    def test_a1_7_those_who_are_in_are_served(self):
        def work(program, first):
            for _ in range(20):
                first.send(get())
                self.assertEqual(first.response().body, b'hello')
        self.run_out(work)

    def test_c3_it_rests_and_says_so_once_in_a_while(self):
        def work(program, first):
            before = program.cpu_seconds()
            for _ in range(10):
                select.select([], [], [], 0.1)
                first.send(get())
                self.assertEqual(first.response().status, 200)
            self.assertLess(program.cpu_seconds() - before, 0.4)
        output = self.run_out(work)
        self.assertLess(len(re.findall(r'descriptors|open files', output)), 20)


if __name__ == '__main__':
    gale_wire.main()
