"""The HTTP/1.1 server over real sockets: framing, keep-alive, pipelining, errors, limits, times."""
# SPDX-License-Identifier: MIT
import os
import re
import select
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

HOST = 'Host: localhost\r\n'


class Basics(gale_wire.TestCase):
    program = 'http_server'

    def test_backend_is_the_one_asked_for(self):
        if gale_wire.BACKEND:
            self.assertIn(f'backend={gale_wire.BACKEND}', self.server.get('/stats').body.decode())

    def test_hello_has_the_usual_head(self):
        r = self.server.get('/')
        self.assertEqual((r.status, r.reason, r.body), (200, 'OK', b'hello'))
        self.assertEqual([n for n, _ in r.headers], ['Server', 'Content-Type', 'Date', 'Content-Length'])
        self.assertRegex(r['Date'], r'^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$')

    def test_statuses_that_are_no_answer(self):
        for status in (-1, 0, 42, 100, 199, 1000, 99999):
            r = self.server.get(f'/respond?{status}')
            self.assertEqual((r.status, r.body), (500, b''))
            self.server.read_until(rb'GALE_EINVAL: gale_http_respond: unusable status %d' % status)
        for status in (200, 999):
            r = self.server.get(f'/respond?{status}')
            self.assertEqual((r.status, r.body), (status, b'body'))

    def test_205_says_that_it_has_no_body(self):
        with self.server.connect() as c:
            for _ in range(2):
                c.send(f'GET /respond?205 HTTP/1.1\r\n{HOST}\r\n')
                r = c.response()
                self.assertEqual((r.status, r['Content-Length'], r.body), (205, '0', b''))

    def test_keep_alive_serves_many_on_one_connection(self):
        with self.server.connect() as c:
            for _ in range(50):
                c.send(f'GET / HTTP/1.1\r\n{HOST}\r\n')
                r = c.response()
                self.assertEqual((r.status, r['Connection']), (200, None))

    def test_connection_close_is_honoured_in_any_token_list(self):
        for value in ('close', 'Close', 'keep-alive, close', 'foo,close', 'close , x'):
            with self.server.connect() as c:
                c.send(f'GET / HTTP/1.1\r\n{HOST}Connection: {value}\r\n\r\n')
                self.assertEqual(c.response()['Connection'], 'close')
                self.assertTrue(c.is_closed())

    def test_http10_closes_unless_asked(self):
        with self.server.connect() as c:
            c.send('GET / HTTP/1.0\r\n\r\n')
            r = c.response()
            self.assertEqual((r.body, r['Connection']), (b'hello', None))
            self.assertTrue(c.is_closed())
        with self.server.connect() as c:
            for _ in range(2):
                c.send('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n')
                self.assertEqual(c.response()['Connection'], 'Keep-Alive')

    def test_pipelined_answers_come_in_order(self):
        with self.server.connect() as c:
            c.send(''.join(f'GET /yield?{i} HTTP/1.1\r\n{HOST}\r\n' for i in range(40)))
            self.assertEqual([c.response().body for _ in range(40)], [b'%d' % i for i in range(40)])

    def test_pipelined_answers_leave_in_one_write(self):
        n, pid = 16, self.server.pid
        with self.server.connect() as c:
            c.send(f'GET / HTTP/1.1\r\n{HOST}\r\n')
            c.response()
            before = syscalls(pid)
            c.send(f'GET / HTTP/1.1\r\n{HOST}\r\n' * n)
            for _ in range(n):
                c.response()
            if before is not None:
                self.assertLessEqual(syscalls(pid) - before, 3)

    def test_head_has_the_headers_of_get_and_no_body(self):
        with self.server.connect() as c:
            c.send(f'HEAD / HTTP/1.1\r\n{HOST}\r\nGET / HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual(c.response(head_only=True)['Content-Length'], '5')
            self.assertEqual(c.response().body, b'hello')

    def test_204_has_no_framing(self):
        with self.server.connect() as c:
            c.send(f'GET /204 HTTP/1.1\r\n{HOST}\r\nGET / HTTP/1.1\r\n{HOST}\r\n')
            r = c.response()
            self.assertEqual((r.status, r['Content-Length'], r['Content-Type']), (204, None, None))
            self.assertEqual(c.response().body, b'hello')

    def test_one_byte_at_a_time(self):
        request = f'POST /echo HTTP/1.1\r\n{HOST}Content-Length: 5\r\n\r\nabcde'
        with self.server.connect() as c:
            c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in request:
                c.send(byte)
            self.assertEqual(c.response().body, b'abcde')

    def test_bodies_by_length_and_in_chunks(self):
        for size in (0, 1, 100, 16383, 16384, 16385, 300000, 3000000):
            data = os.urandom(size)
            with self.server.connect() as c:
                c.send(f'POST /echo HTTP/1.1\r\n{HOST}Content-Length: {size}\r\n\r\n'.encode() + data)
                self.assertEqual(c.response().body, data)
                chunks = b''.join(b'%x\r\n%b\r\n' % (len(data[i:i + 7777]), data[i:i + 7777])
                                  for i in range(0, size, 7777))
                c.send(f'POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n'.encode() +
                       chunks + b'0\r\n\r\n')
                self.assertEqual(c.response().body, data)

    def test_chunk_extensions_and_trailers_are_dropped(self):
        with self.server.connect() as c:
            c.send(f'POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: Chunked\r\n\r\n'
                   '3;a=b;c="d e"\r\nabc\r\n0\r\nX-Trailer: y\r\n\r\n'
                   f'GET /headers HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual(c.response().body, b'abc')
            self.assertNotIn(b'Trailer', c.response().body)

    def test_big_answers_arrive_whole(self):
        for size in (8000, 16384, 70000, 5000000):
            self.assertEqual(len(self.server.get(f'/big?{size}').body), size)

    def test_expect_100_continue(self):
        for value in ('100-continue', '100-Continue'):
            with self.server.connect() as c:
                c.send(f'POST /echo HTTP/1.1\r\n{HOST}Content-Length: 3\r\nExpect: {value}\r\n\r\n')
                self.assertEqual(c.read_until(b'\r\n\r\n'), b'HTTP/1.1 100 Continue\r\n\r\n')
                c.send('xyz')
                self.assertEqual(c.response().body, b'xyz')

    def test_unknown_expectation_is_417(self):
        self.assert_refused(f'POST /echo HTTP/1.1\r\n{HOST}Content-Length: 3\r\nExpect: more\r\n\r\n', 417)

    def test_a_refused_head_has_no_body(self):
        with self.server.connect() as c:
            c.send(f'HEAD / HTTP/1.1\r\n{HOST}Expect: more\r\n\r\n')
            head = c.read_until(b'\r\n\r\n')
            self.assertTrue(head.startswith(b'HTTP/1.1 417 '), head)
            self.assertTrue(c.is_closed())

    def test_a_body_without_a_length_is_411(self):
        self.assert_refused(f'POST /echo HTTP/1.1\r\n{HOST}Content-Type: text/plain\r\n\r\n', 411)
        with self.server.connect() as c:
            c.send(f'POST /echo HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual(c.response().body, b'')

    def assert_refused(self, request, status):
        with self.server.connect() as c:
            c.send(request)
            r = c.response()
            self.assertEqual((r.status, r['Connection']), (status, 'close'), r)
            self.assertIn(f'{status}: {r.reason}'.encode(), r.body)
            self.assertTrue(c.is_closed())

    def test_ambiguous_and_malformed_requests_are_refused(self):
        rows = [
            ('GET  / HTTP/1.1\r\n' + HOST + '\r\n', 400),
            ('GET / HTTP/1.1\r\n\r\n', 400),
            ('GET / HTTP/1.1\nHost: x\n\n', 400),
            ('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400),
            ('GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400),
            ('GET / HTTP/1.1\r\n' + HOST + 'A: b\r\n c\r\n\r\n', 400),
            ('GET / HTTP/1.1\r\n' + HOST + 'A: b\0c\r\n\r\n', 400),
            ('GET / HTTP/1.1\r\n' + HOST + 'A: b\rc\r\n\r\n', 400),
            ('POST / HTTP/1.1\r\n' + HOST + 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', 400),
            ('POST / HTTP/1.1\r\n' + HOST + 'Content-Length: 5\r\nContent-Length: 6\r\n\r\n', 400),
            ('POST / HTTP/1.1\r\n' + HOST + 'Content-Length: +5\r\n\r\n', 400),
            ('POST / HTTP/1.1\r\n' + HOST + 'Content-Length: -5\r\n\r\n', 400),
            ('POST / HTTP/1.1\r\n' + HOST + 'Content-Length: 0x5\r\n\r\n', 400),
            ('POST / HTTP/1.1\r\n' + HOST + 'Content-Length: 99999999999999999999\r\n\r\n', 400),
            ('POST / HTTP/1.1\r\n' + HOST + 'Transfer-Encoding: gzip, chunked\r\n\r\n', 501),
            ('POST / HTTP/1.1\r\n' + HOST + 'Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n', 400),
            ('POST / HTTP/1.1\r\n' + HOST + 'Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n', 400),
            ('POST / HTTP/1.1\r\n' + HOST +
             'Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabcd\r\n0\r\n\r\n', 400),
            ('GET / HTTP/2.0\r\n' + HOST + '\r\n', 505),
            ('GET / FTP/1.1\r\n' + HOST + '\r\n', 400),
            ('GET noslash HTTP/1.1\r\n' + HOST + '\r\n', 400),
            ('G@T / HTTP/1.1\r\n' + HOST + '\r\n', 400),
        ]
        for request, status in rows:
            with self.subTest(request=request):
                self.assert_refused(request, status)

    def test_a_refusal_answers_nothing_that_follows_it(self):
        out = self.server.exchange(f'GET / HTTP/1.1\r\n{HOST}\r\nBAD\r\n\r\nGET / HTTP/1.1\r\n{HOST}\r\n')
        self.assertEqual(re.findall(rb'HTTP/1.1 (\d+)', out), [b'200', b'400'])

    def test_leading_empty_lines_are_skipped(self):
        with self.server.connect() as c:
            c.send(f'\r\n\r\nGET / HTTP/1.1\r\n{HOST}\r\n\r\nGET / HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual([c.response().status, c.response().status], [200, 200])

    def test_absolute_form_replaces_host(self):
        r = self.server.exchange('GET http://other.example:81/about?q=1 HTTP/1.1\r\nHost: localhost\r\n'
                                 'Connection: close\r\n\r\n')
        self.assertTrue(r.endswith(b'GET|http://other.example:81/about?q=1|/about|q=1|HTTP/1.1|'
                                   b'other.example:81|other.example|127.0.0.1|http|'
                                   b'http://other.example:81/about?q=1'), r)

    def test_about_tells_the_parts(self):
        r = self.server.exchange('GET /about?a=b?c HTTP/1.1\r\nHost: LOCALhost:99\r\nConnection: close\r\n\r\n')
        self.assertTrue(r.endswith(b'GET|/about?a=b?c|/about|a=b?c|HTTP/1.1|LOCALhost:99|localhost|'
                                   b'127.0.0.1|http|http://LOCALhost:99/about?a=b?c'), r)

    def test_repeated_headers_are_joined(self):
        r = self.server.get('/joined', 'X-Joined: a\r\nx-joined: b\r\nX-JOINED:c\r\n')
        self.assertEqual(r.body, b'a, b, c')

    def test_forwarding_headers_are_not_believed_without_xheaders(self):
        r = self.server.get('/about', 'X-Real-Ip: 9.9.9.9\r\nX-Scheme: https\r\n')
        self.assertIn(b'|127.0.0.1|http|', r.body)

    def test_a_failing_callback_is_a_500_with_a_log_line(self):
        for status in (400, 404, 503, 599):
            self.assertEqual(self.server.get(f'/code?{status}').status, status)
        for status in (100, 200, 304, 399, 600, 999):
            self.assertEqual(self.server.get(f'/code?{status}').status, 500)
        self.assertEqual(self.server.get('/fail').status, 500)
        self.server.read_until(rb'Uncaught failure GET /fail \(127.0.0.1\): GALE_EPROTO: the handler gave up')

    def test_no_answer_is_an_empty_200(self):
        self.assertEqual((self.server.get('/nothing').status, self.server.get('/nothing').body), (200, b''))

    def test_half_close_still_gets_every_answer(self):
        with self.server.connect() as c:
            c.send(''.join(f'GET /yield?{i} HTTP/1.1\r\n{HOST}\r\n' for i in range(10)))
            c.end()
            out = c.read_all()
            self.assertEqual(len(re.findall(rb'HTTP/1.1 200', out)), 10)

    def test_others_are_served_while_one_waits(self):
        with self.server.connect() as c:
            c.send(f'GET /wait HTTP/1.1\r\n{HOST}\r\nGET / HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual(self.server.get('/').body, b'hello')
            self.assertEqual(self.server.get('/release').body, b'ok')
            self.assertEqual([c.response().body, c.response().body], [b'released', b'hello'])

    def test_curl_agrees(self):
        base = f'http://127.0.0.1:{self.server.port}'
        run = lambda *a, **k: subprocess.run(['curl', '-sS', '--max-time', '20', *a],  # noqa: E731
                                             check=True, capture_output=True, **k).stdout
        self.assertEqual(run(f'{base}/', f'{base}/'), b'hellohello')
        data = os.urandom(2000000)
        self.assertEqual(run('--data-binary', '@-', f'{base}/echo', input=data), data)
        self.assertEqual(run('-H', 'Transfer-Encoding: chunked', '--data-binary', '@-', f'{base}/echo',
                             input=data), data)
        self.assertEqual(run('-0', f'{base}/'), b'hello')
        self.assertIn(b'Content-Length: 5', run('-I', f'{base}/'))


class Vanishing(gale_wire.TestCase):
    program = 'http_server'

    def stats(self):
        return dict(p.split('=') for p in self.server.get('/stats').body.decode().split())

    def wait_for_quiet(self):
        """Until only the connection that asks is left."""
        for _ in range(2000):
            s = self.stats()
            if s['connections'] == '1' and s['active'] == '1':
                return s
        self.fail(f'connections stay: {s}')

    def test_clients_that_vanish_leave_nothing_behind(self):
        for data in ('', 'GET', f'GET / HTTP/1.1\r\n{HOST}', f'POST / HTTP/1.1\r\n{HOST}Content-Length: 9\r\n\r\nab',
                     f'POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nab',
                     f'GET /big?60000000 HTTP/1.1\r\n{HOST}\r\n'):
            for how in ('close', 'reset'):
                with self.subTest(data=data, how=how):
                    c = self.server.connect()
                    c.send(data)
                    getattr(c, how)()
                    self.wait_for_quiet()

    def test_a_client_that_vanishes_while_its_handler_waits(self):
        for _ in range(20):
            c = self.server.connect()
            c.send(f'GET /wait HTTP/1.1\r\n{HOST}\r\n')
            c.reset()
        self.server.get('/release')
        self.assertEqual(self.wait_for_quiet()['coroutines'], '1')

    def test_a_slow_reader_gets_everything_and_others_are_served(self):
        with self.server.connect() as slow:
            slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            slow.send(f'GET /big?20000000 HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual(self.server.get('/').body, b'hello')
            self.assertEqual(len(slow.response().body), 20000000)
        self.assertNotIn(b'Uncaught', self.server.output)


class Flood(gale_wire.TestCase):
    """Peers that send requests and leave the answers unread."""
    program = 'http_server'
    args = ('write_timeout=1',)
    request = f'GET /big?20000 HTTP/1.1\r\n{HOST}\r\n'

    def push(self, c, most):
        """Sends requests until nothing more is taken for a while; gives how many bytes were."""
        piece, sent = self.request.encode() * 200, 0
        c.sock.setblocking(False)
        while sent < most and select.select([], [c.sock], [], 0.3)[1]:
            sent += c.sock.send(piece)
        c.sock.setblocking(True)
        return sent

    def test_memory_is_bounded_and_the_peer_is_closed(self):
        self.server.get('/')
        before = self.server.memory()
        with self.server.connect() as c:
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.assertLess(self.push(c, 100 << 20), 100 << 20)
            self.assertLess(self.server.memory() - before, Limits.allowance(self))
            self.server.read_until(rb'its peer does not read')

    def test_a_peer_that_reads_late_gets_every_answer(self):
        n = 500
        with self.server.connect() as c:
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            c.send(self.request * n)
            c.end()
            out = c.read_all()
            self.assertEqual(len(re.findall(rb'HTTP/1.1 200', out)), n)

    def test_the_write_time_holds_behind_a_second_request(self):
        with self.server.connect() as c:
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.server.output = b''
            c.send(f'GET /big?30000000 HTTP/1.1\r\n{HOST}\r\nGET / HTTP/1.1\r\n{HOST}\r\nGET / HT')
            self.server.read_until(rb'its peer does not read')


class Limits(gale_wire.TestCase):
    program = 'http_server'
    args = ('max_request_line=200', 'max_header_size=1000', 'max_headers=5', 'max_body_size=4096')

    def assert_status(self, request, status):
        with self.server.connect() as c:
            c.send(request)
            r = c.response()
            self.assertEqual((r.status, r['Connection']), (status, 'close' if status > 399 else None), r)

    def test_request_line(self):
        self.assert_status(f'GET /{"a" * 180} HTTP/1.1\r\n{HOST}\r\n', 200)
        self.assert_status(f'GET /{"a" * 190} HTTP/1.1\r\n{HOST}\r\n', 414)
        self.assert_status(f'GET /{"a" * 400}', 414)

    def test_header_size(self):
        self.assert_status(f'GET / HTTP/1.1\r\n{HOST}X: {"a" * 900}\r\n\r\n', 200)
        self.assert_status(f'GET / HTTP/1.1\r\n{HOST}X: {"a" * 1000}\r\n\r\n', 431)
        self.assert_status(f'GET / HTTP/1.1\r\n{HOST}X: {"a" * 2000}', 431)

    def test_header_count(self):
        self.assert_status(f'GET / HTTP/1.1\r\n{HOST}' + 'A: b\r\n' * 4 + '\r\n', 200)
        self.assert_status(f'GET / HTTP/1.1\r\n{HOST}' + 'A: b\r\n' * 5 + '\r\n', 431)

    def test_body_size(self):
        ok, big = 'x' * 4096, 'x' * 4097
        self.assert_status(f'POST /echo HTTP/1.1\r\n{HOST}Content-Length: 4096\r\n\r\n{ok}', 200)
        self.assert_status(f'POST /echo HTTP/1.1\r\n{HOST}Content-Length: 4097\r\n\r\n', 413)
        head = f'POST /echo HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n'
        self.assert_status(f'{head}1000\r\n{ok}\r\n0\r\n\r\n', 200)
        self.assert_status(f'{head}1001\r\n{big}\r\n0\r\n\r\n', 413)
        self.assert_status(head + '1\r\nx\r\n' * 4097, 413)
        self.assert_status(f'{head}7fffffffffffffff\r\n', 413)

    def test_too_big_is_said_before_100_continue(self):
        self.assert_status(f'POST / HTTP/1.1\r\n{HOST}Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n', 413)

    def test_the_answer_reaches_a_peer_that_is_still_sending(self):
        with self.server.connect() as c:
            c.send(f'POST /echo HTTP/1.1\r\n{HOST}Content-Length: 50000000\r\n\r\n')
            sent = 0
            try:
                while sent < 20000000:
                    sent += c.sock.send(b'x' * 65536)
            except OSError:
                pass
            self.assertEqual(c.response().status, 413)

    def allowance(self):
        """Some buffers of the loop's and what 20 connections may keep; a sanitizer's allocator
        keeps what was freed."""
        with open(f'/proc/{self.server.pid}/maps') as f:
            return (96 if 'asan' in f.read() else 24) << 20

    def push(self, first, piece, rounds):
        """Pushes against a limit on many connections; gives how the server's memory grew."""
        self.server.get('/')
        before = self.server.memory()
        connections = [self.server.connect() for _ in range(20)]
        for c in connections:
            try:
                c.send(first)
                for _ in range(rounds):
                    c.send(piece)
            except OSError:
                pass
        grown = self.server.memory() - before
        for c in connections:
            c.close()
        return grown

    def test_memory_stays_bounded_at_each_limit(self):
        body = f'POST /echo HTTP/1.1\r\n{HOST}'
        pushes = {
            'request line': ('GET /', 'a' * 65536, 20),
            'header size': (f'GET / HTTP/1.1\r\n{HOST}X: ', 'a' * 65536, 20),
            'header count': (f'GET / HTTP/1.1\r\n{HOST}', 'A: b\r\n' * 8000, 20),
            'body': (f'{body}Content-Length: 4000000\r\n\r\n', 'x' * 65536, 20),
            'chunked body': (f'{body}Transfer-Encoding: chunked\r\n\r\nffffff\r\n', 'x' * 65536, 20),
            'chunk extensions': (f'{body}Transfer-Encoding: chunked\r\n\r\n1;', 'x' * 65536, 20),
            'trailers': (f'{body}Transfer-Encoding: chunked\r\n\r\n0\r\n', 'A: b\r\n' * 8000, 20),
            'small chunks': (f'{body}Transfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n' * 9000, 20),
            'pipeline': ('', f'GET /wait HTTP/1.1\r\n{HOST}\r\n' * 1000, 40),
        }
        for name, (first, piece, rounds) in pushes.items():
            with self.subTest(limit=name):
                if name == 'pipeline':
                    grown = self.push_pipeline(first, piece, rounds)
                else:
                    grown = self.push(first, piece, rounds)
                self.assertLess(grown, self.allowance())
        self.server.get('/release')

    def push_pipeline(self, first, piece, rounds):
        """Requests behind one that waits: the server stops reading, so sends must not block."""
        before = self.server.memory()
        connections = [self.server.connect() for _ in range(20)]
        for c in connections:
            c.sock.setblocking(False)
            try:
                for _ in range(rounds):
                    c.sock.send(piece.encode())
            except OSError:
                pass
        self.server.get('/')
        grown = self.server.memory() - before
        for c in connections:
            c.close()
        return grown


class Times(gale_wire.TestCase):
    program = 'http_server'
    args = ('header_timeout=0.4', 'body_timeout=0.4', 'write_timeout=0.4', 'idle_timeout=0.6',
            'linger_timeout=0.4')

    def test_idle_connections_are_closed_silently(self):
        with self.server.connect() as unused, self.server.connect() as used:
            used.send(f'GET / HTTP/1.1\r\n{HOST}\r\n')
            used.response()
            self.assertTrue(unused.is_closed())
            self.assertTrue(used.is_closed())

    def test_a_head_that_does_not_end_is_408(self):
        with self.server.connect() as c:
            c.send('GET / HTTP/1.1\r\n')
            self.assertEqual(c.response().status, 408)
            self.assertTrue(c.is_closed())

    def drip(self, first, byte):
        """Sends a byte at a time until the server answers."""
        with self.server.connect() as c:
            c.send(first)
            started = time.monotonic()
            while not select.select([c.sock], [], [], 0.05)[0]:
                self.assertLess(time.monotonic() - started, 10)
                c.send(byte)
            self.assertEqual(c.response().status, 408)

    def test_header_time_holds_against_a_byte_at_a_time(self):
        self.drip(f'GET / HTTP/1.1\r\n{HOST}X: ', 'a')

    def test_body_time_holds_against_a_byte_at_a_time(self):
        self.drip(f'POST / HTTP/1.1\r\n{HOST}Content-Length: 100000\r\n\r\n', 'a')

    def test_a_body_that_does_not_come_is_408(self):
        with self.server.connect() as c:
            c.send(f'POST / HTTP/1.1\r\n{HOST}Content-Length: 10\r\n\r\nabc')
            self.assertEqual(c.response().status, 408)

    def test_a_peer_that_does_not_read_is_closed(self):
        with self.server.connect() as c:
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            c.send(f'GET /big?30000000 HTTP/1.1\r\n{HOST}\r\n')
            self.server.read_until(rb'its peer does not read')

    def test_a_waiting_handler_has_no_deadline(self):
        with self.server.connect() as c, self.server.connect() as idle:
            c.send(f'GET /wait HTTP/1.1\r\n{HOST}\r\n')
            self.assertTrue(idle.is_closed())  # idle_timeout has passed by then
            self.server.get('/release')
            self.assertEqual(c.response().body, b'released')


class Connections(gale_wire.TestCase):
    program = 'http_server'
    args = ('max_connections=3',)

    def test_one_too_many_is_told_503(self):
        kept = [self.server.connect() for _ in range(3)]
        for c in kept:
            c.send(f'GET / HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual(c.response().status, 200)
        for early in ('', f'POST / HTTP/1.1\r\n{HOST}Content-Length: 100000\r\n\r\n' + 'x' * 50000):
            with self.server.connect() as c:
                c.send(early)
                self.assertEqual(c.response().status, 503)
                self.assertTrue(c.is_closed())
        for c in kept:
            c.close()


class Forwarded(gale_wire.TestCase):
    program = 'http_server'
    args = ('xheaders=1',)

    def test_a_trusted_proxy_is_believed(self):
        rows = [
            ('X-Real-Ip: 4.4.4.4\r\n', b'|4.4.4.4|http|'),
            ('X-Real-Ip: 2620:0:1cfe:face:b00c::3\r\n', b'|2620:0:1cfe:face:b00c::3|http|'),
            ('X-Real-Ip: nonsense\r\n', b'|127.0.0.1|http|'),
            ('X-Real-Ip: 4.4.4.4<script>\r\n', b'|127.0.0.1|http|'),
            ('X-Forwarded-For: 127.0.0.1, 4.4.4.4\r\n', b'|4.4.4.4|http|'),
            ('X-Forwarded-For: 4.4.4.4, 5.5.5.5, 127.0.0.9\r\n', b'|5.5.5.5|http|'),
            ('X-Forwarded-For: 127.0.0.1, 127.0.0.9\r\n', b'|127.0.0.1|http|'),
            ('X-Forwarded-For: 4.4.4.4\r\nX-Real-Ip: 6.6.6.6\r\n', b'|6.6.6.6|http|'),
            ('X-Scheme: https\r\n', b'|127.0.0.1|https|'),
            ('X-Forwarded-Proto: http, https\r\n', b'|127.0.0.1|https|'),
            ('X-Forwarded-Proto: https , http\r\n', b'|127.0.0.1|http|'),
            ('X-Scheme: gopher\r\n', b'|127.0.0.1|http|'),
        ]
        for headers, expected in rows:
            with self.subTest(headers=headers):
                self.assertIn(expected, self.server.get('/about', headers).body)


class Untrusted(gale_wire.TestCase):
    program = 'http_server'
    args = ('xheaders=1', 'trusted=10.0.0.0/8')

    def test_a_peer_outside_the_networks_is_not_believed(self):
        self.assertIn(b'|127.0.0.1|http|', self.server.get('/about', 'X-Real-Ip: 4.4.4.4\r\n').body)


class Many(gale_wire.TestCase):
    program = 'http_server'

    def test_ten_thousand_idle_connections_and_then_work(self):
        count = min(10000, (gale_wire_limit() - 100) // 1)
        connections = [self.server.connect() for _ in range(count)]
        for c in connections:
            c.send(f'GET / HTTP/1.1\r\n{HOST}\r\n')
        for c in connections:
            self.assertEqual(c.response().status, 200)
        self.assertIn(f'connections={count + 1} ', self.server.get('/stats').body.decode())
        for c in connections[::7]:
            c.send(f'GET / HTTP/1.1\r\n{HOST}\r\n')
        for c in connections[::7]:
            self.assertEqual(c.response().body, b'hello')
        for c in connections:
            c.close()


def gale_wire_limit():
    import resource
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class OutOfDescriptors(unittest.TestCase):
    def test_it_rests_and_recovers(self):
        program = gale_wire.Program('limited', gale_wire.PROGRAMS['http_server'], 'max_connections=-1')
        try:
            connections = [program.connect() for _ in range(60)]
            first = connections[0]
            first.send(f'GET / HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual(first.response().status, 200)
            program.read_until(rb'descriptors|open files')
            before = program.cpu_seconds()
            for _ in range(10):  # time passes with the limit hit: ten answers, 0.1 s apart
                select.select([], [], [], 0.1)
                first.send(f'GET / HTTP/1.1\r\n{HOST}\r\n')
                self.assertEqual(first.response().status, 200)
            self.assertLess(program.cpu_seconds() - before, 0.3)
            for c in connections:
                c.close()
            self.assertEqual(program.get('/').status, 200)
        finally:
            status, output = program.stop()
        self.assertNotIn('Sanitizer', output)


def syscalls(pid):
    """How often the process has written to sockets; None where the kernel does not tell."""
    try:
        with open(f'/proc/{pid}/io') as f:
            return int(re.search(r'syscw: (\d+)', f.read())[1])
    except OSError:
        return None


if __name__ == '__main__':
    gale_wire.main()
