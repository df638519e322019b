"""gale_fetch against servers that nobody here wrote, and against some that misbehave."""
# SPDX-License-Identifier: MIT
import contextlib
import http.server
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

TORNADO = '''
import asyncio, sys
import tornado.web, tornado.netutil, tornado.httpserver

class Echo(tornado.web.RequestHandler):
    def get(self):
        self.set_header('X-Method', self.request.method)
        self.write(self.request.headers.get('Host') + ' ' + self.request.uri)
    head = get
    def post(self):
        self.set_header('X-Type', self.request.headers.get('Content-Type', 'none'))
        self.write(self.request.body)
    put = post
    def delete(self):
        self.set_status(204)

class Pieces(tornado.web.RequestHandler):
    async def get(self):
        for i in range(20):
            self.write('piece %d;' % i)
            await self.flush()

class Redirect(tornado.web.RequestHandler):
    def get(self, count):
        self.redirect('/redirect/%d' % (int(count) - 1) if int(count) > 1 else '/echo?end')
    post = get

async def main():
    app = tornado.web.Application([('/echo', Echo), ('/pieces', Pieces),
                                   ('/redirect/([0-9]+)', Redirect)], compress_response=False)
    sockets = tornado.netutil.bind_sockets(0, '127.0.0.1')
    tornado.httpserver.HTTPServer(app).add_sockets(sockets)
    print('port', sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
asyncio.run(main())
'''


class Answer:
    """What the client printed."""

    def __init__(self, output):
        self.output = output
        head, _, self.body = output.partition(b'\n\n')
        self.lines = head.decode('latin-1').split('\n')
        self.status = int(self.one('status') or 0)
        self.headers = [tuple(text.split(': ', 1)) for text in self.all('header')]
        self.trailers = [tuple(text.split(': ', 1)) for text in self.all('trailer')]
        self.url, self.error = self.one('url'), self.one('error')

    def all(self, word):
        return [line[len(word) + 1:] for line in self.lines if line.startswith(word + ' ')]

    def one(self, word):
        return (self.all(word) or [''])[0]


def fetch(url, *headers, **options):
    """Runs the client: options are its name=value words."""
    args = [f'{name}={value}' for name, value in options.items()]
    args += [f'header={header}' for header in headers]
    environ = dict(os.environ, GALE_IOLOOP=gale_wire.BACKEND)
    done = subprocess.run([gale_wire.PROGRAMS['http_client'], url, *args], env=environ,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=gale_wire.TIMEOUT * 2, check=False)
    assert done.returncode == 0 and b'Sanitizer' not in done.stderr, done.stderr.decode()
    return Answer(done.stdout)


class Raw:
    """A server on a thread: calls script(connection) for each connection, in turn."""

    def __init__(self, *scripts, family=socket.AF_INET, path=None):
        self.listener = socket.socket(family if not path else socket.AF_UNIX)
        self.listener.bind(path or (('::1' if family == socket.AF_INET6 else '127.0.0.1'), 0))
        self.listener.listen(8)
        self.listener.settimeout(gale_wire.TIMEOUT)
        self.scripts, self.requests, self.failures = scripts, [], []
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.thread.join(gale_wire.TIMEOUT)
        assert not self.thread.is_alive()

    @property
    def port(self):
        return self.listener.getsockname()[1]

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}'

    def run(self):
        for script in self.scripts:
            with contextlib.suppress(OSError):
                sock, _ = self.listener.accept()
                sock.settimeout(gale_wire.TIMEOUT)
                with gale_wire.Connection(sock) as c:
                    if callable(script):
                        script(c)
                        continue
                    self.requests.append(c.read_until(b'\r\n\r\n').decode('latin-1'))
                    c.send(script)


def answer(bytes_):
    """What the client makes of these bytes from a server that then closes."""
    with Raw(bytes_) as server:
        return fetch(server.url + '/')


class Good(unittest.TestCase):
    def test_length_and_headers(self):
        a = answer('HTTP/1.1 200 All right\r\nContent-Length: 5\r\nX-A: 1\r\nX-A: \xe9 2 \r\n\r\nhello+')
        self.assertEqual((a.status, a.one('reason'), a.body), (200, 'All right', b'hello'))
        self.assertEqual(a.headers, [('Content-Length', '5'), ('X-A', '1'), ('X-A', '\xe9 2')])

    def test_until_close_and_old_version(self):
        a = answer('HTTP/1.0 200 \r\n\r\nall of it')
        self.assertEqual((a.status, a.one('reason'), a.body), (200, '', b'all of it'))

    def test_chunked_at_every_split(self):
        text = (b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
                b'3\r\nabc\r\n10;x=y\r\n0123456789abcdef\r\n0\r\n\r\n')
        scripts = []
        for i in range(1, len(text), 3):
            def script(c, i=i):
                c.read_until(b'\r\n\r\n')
                c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                c.send(text[:i])
                c.send(text[i:])
            scripts.append(script)
        with Raw(*scripts) as server:
            for _ in scripts:
                self.assertEqual(fetch(server.url).body, b'abc0123456789abcdef')

    def test_trailers(self):
        a = answer('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n'
                   'X-Sum: 1 2 \r\nEmpty:\r\n\r\n')
        self.assertEqual((a.body, a.trailers), (b'x', [('X-Sum', '1 2'), ('Empty', '')]))

    def test_byte_by_byte(self):
        def script(c):
            c.read_until(b'\r\n\r\n')
            c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n':
                c.send(bytes([byte]))
        with Raw(script) as server:
            self.assertEqual(fetch(server.url).body, b'x')

    def test_interim_answers_are_passed_over(self):
        a = answer('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n'
                   'HTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok')
        self.assertEqual((a.status, a.body, a.headers), (201, b'ok', [('Content-Length', '2')]))

    def test_b13_answers_without_a_body_end_at_once(self):
        def stays_open(text):
            def script(c):
                c.read_until(b'\r\n\r\n')
                c.send(text)
                c.read_all()
            return script
        cases = ['HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n',
                 'HTTP/1.1 204 No Content\r\n\r\n']
        with Raw(*[stays_open(text) for text in cases]) as server:
            self.assertEqual([fetch(server.url).status for _ in cases], [304, 204])
        with Raw(stays_open('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n')) as server:
            a = fetch(server.url, method='HEAD')
            self.assertEqual((a.status, a.body, a.headers), (200, b'', [('Content-Length', '7')]))

    def test_what_is_sent(self):
        with Raw('HTTP/1.1 204 No\r\n\r\n', 'HTTP/1.1 204 No\r\n\r\n') as server:
            fetch(server.url + '?q=\xe9#part', 'X-One: 1', agent='me')
            fetch(server.url + '/a', 'Host: other', 'Connection: keep-alive', agent='')
            self.assertEqual(server.requests, [
                f'GET /?q=%C3%A9 HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nX-One:  1\r\n'
                'User-Agent: me\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n',
                'GET /a HTTP/1.1\r\nHost:  other\r\nConnection:  keep-alive\r\n'
                'Accept-Encoding: gzip, deflate, br, zstd\r\n\r\n'])

    def test_lengths_of_requests(self):
        with Raw(*['HTTP/1.1 204 No\r\n\r\n'] * 3) as server:
            fetch(server.url, method='POST')
            fetch(server.url, body='a=b')
            fetch(server.url, 'Content-Type: text/plain', method='PATCH', body='')
            heads = [re.findall(r'(?:Content-\S+|Transfer-\S+):.*', r) for r in server.requests]
            self.assertEqual(heads, [
                ['Content-Length: 0\r'],
                ['Content-Type: application/x-www-form-urlencoded\r', 'Content-Length: 3\r'],
                ['Content-Type:  text/plain\r', 'Content-Length: 0\r']])

    def test_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 's')
            with Raw('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nu', path=path) as server:
                a = fetch('http://name/x', unix=path)
                self.assertEqual(a.body, b'u')
                self.assertIn('Host: name\r\n', server.requests[0])

    def test_ipv6_and_localhost(self):
        try:
            server = Raw(*['HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n6'] * 2,
                         family=socket.AF_INET6)
        except OSError:
            self.skipTest('no IPv6 here')
        with server:
            self.assertEqual(fetch(f'http://[::1]:{server.port}/').body, b'6')
            self.assertEqual(fetch(f'http://localhost:{server.port}/').body, b'6')

    def test_names_are_looked_up(self):
        name = socket.gethostname()
        try:
            address = socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)[0][4][0]
            listener = socket.create_server((address, 0),
                                            family=socket.AF_INET6 if ':' in address else socket.AF_INET)
        except OSError:
            self.skipTest('this machine does not know itself')
        port = listener.getsockname()[1]
        listener.close()
        self.assertRegex(fetch(f'http://{name}:{port}/').error, rf'{name}:{port}: connecting: .*refused')

    def test_http_server_of_python(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body[::-1])

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            a = fetch(f'http://127.0.0.1:{server.server_port}/', body='abc')
            thread.join()
            self.assertEqual((a.status, a.body), (200, b'cba'))


class Bodies(unittest.TestCase):
    def test_large_body_is_read_and_echoed_at_once(self):
        """The server sends back what it gets while more is coming: nobody may wait for the end."""
        def echo(c):
            c.read_until(b'\r\n\r\n')
            c.send('HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n')
            left = 8000000 - len(c.kept)
            c.send(c.kept)
            while left:
                data = c.sock.recv(65536)
                c.sock.sendall(data)
                left -= len(data)
        with Raw(echo) as server:
            a = fetch(server.url, body_size=8000000, echo=1)
            self.assertEqual((a.status, a.one('length')), (200, '8000000'), a.output)

    def test_early_answer_is_heard(self):
        def early(c):
            c.read_until(b'\r\n\r\n')
            c.send('HTTP/1.1 413 Too Much\r\nContent-Length: 2\r\n\r\nno')
            c.sock.shutdown(socket.SHUT_WR)
            c.sock.settimeout(gale_wire.TIMEOUT)
            with contextlib.suppress(OSError):
                c.read_all()
        with Raw(early) as server:
            a = fetch(server.url, body_size=30000000)
            self.assertEqual((a.status, a.body), (413, b'no'), a.output)

    def early(self, text, end=lambda c: None, **options):
        """What becomes of a body that is being made while this comes."""
        def script(c):
            c.read_until(b'\r\n\r\n')
            c.sock.recv(10)
            c.send(text)
            end(c)
            with contextlib.suppress(OSError):
                c.read_all()
        with Raw(script) as server:
            return fetch(server.url, pieces=100, pause=5, **options)

    def test_early_answer_ends_the_producer(self):
        for status in (413, 401, 303):
            a = self.early(f'HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\nno')
            self.assertEqual((a.status, a.body), (status, b'no'), a.output)

    def test_early_answer_that_is_too_large(self):
        a = self.early('HTTP/1.1 413 No\r\nContent-Length: 2000\r\n\r\n', max_body=1000)
        self.assertRegex(a.error, 'GALE_ETOOBIG .*: reading the answer: .* max_body_size, 1000 ')
        self.assertEqual(a.one('phase'), 'reading the answer')

    def test_early_redirect_is_followed(self):
        def redirect(c):
            c.read_until(b'\r\n\r\n')
            c.sock.recv(10)
            c.send('HTTP/1.1 303 There\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n')
            with contextlib.suppress(OSError):
                c.read_all()
        with Raw(redirect, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsent') as server:
            a = fetch(server.url, pieces=100, pause=5, method='POST')
        self.assertIn('303' if a.status == 303 else 'sent', a.output.decode())
        self.assertNotIn('ECANCELED', a.output.decode())

    def test_end_while_the_producer_waits(self):
        a = self.early('', lambda c: c.sock.shutdown(socket.SHUT_RDWR))
        self.assertRegex(a.error, 'GALE_EEOF .*closed without an answer|ECONNRESET|EPIPE')
        a = self.early('', lambda c: c.reset())
        self.assertRegex(a.error, 'ECONNRESET|EPIPE')

    def test_time_is_up_while_the_producer_waits(self):
        a = self.early('', timeout=0.2)
        self.assertRegex(a.error, 'GALE_ETIMEDOUT 127.0.0.1:[0-9]+: timed out while sending the req')

    def test_cancelled_while_the_producer_waits(self):
        self.assertRegex(self.early('', cancel_after=0.2).error, '^GALE_ECANCELED')

    def test_produced_body_is_chunked(self):
        bodies = []

        def script(c):
            self.assertIn(b'Transfer-Encoding: chunked\r\n', c.read_until(b'\r\n\r\n'))
            bodies.append(c._chunks())
            c.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
        with Raw(script) as server:
            self.assertEqual(fetch(server.url, pieces=300, piece_size=10000).status, 200)
        self.assertEqual(bodies, [b'p' * 3000000])

    def test_failing_producer_ends_the_fetch(self):
        def script(c):
            c.read_all()
        with Raw(script) as server:
            a = fetch(server.url, pieces=30, fail_at=10)
            self.assertRegex(a.error, f'GALE_ESTATE 127.0.0.1:{server.port}: '
                             'sending the request: the producer is tired')

    def test_streaming_callback_holds_the_server_up(self):
        sent = []

        def script(c):
            c.read_until(b'\r\n\r\n')
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
            c.send('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n')
            c.sock.settimeout(0.4)
            with contextlib.suppress(OSError):
                while True:
                    sent.append(c.sock.send(b'x' * 65536))
        with Raw(script) as server:
            a = fetch(server.url, stream=1, timeout=2)
            self.assertIn('timed out while reading the answer', a.error)
        self.assertLess(sum(sent), 20000000)

    def test_streaming_callback_gets_all(self):
        with Raw('HTTP/1.1 200 OK\r\n\r\n' + 'x' * 1000000) as server:
            a = fetch(server.url, stream=0)
            self.assertRegex(a.one('streamed'), '1000000 in')
            self.assertEqual(a.body, b'')

    def test_size_limits(self):
        for text in ('Content-Length: 1001\r\n\r\n', '\r\n' + 'y' * 1001,
                     'Transfer-Encoding: chunked\r\n\r\n3e9\r\n' + 'y' * 1001):
            with Raw('HTTP/1.1 200 OK\r\n' + text) as server:
                a = fetch(server.url, max_body=1000)
                self.assertEqual(a.error, f'GALE_ETOOBIG 127.0.0.1:{server.port}: reading the answer: '
                                 "the answer's body is larger than max_body_size, 1000 bytes")
        with Raw('HTTP/1.1 200 OK\r\n\r\n' + 'y' * 1000) as server:
            self.assertEqual(len(fetch(server.url, max_body=1000).body), 1000)


class Redirects(unittest.TestCase):
    @staticmethod
    def to(url, status=302):
        return (f'HTTP/1.1 {status} Moved\r\nLocation: {url}\r\nConnection: close\r\n'
                'Content-Length: 4\r\n\r\nbody')

    OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

    def test_relative_targets(self):
        with Raw(self.to('../d?x=1#f'), self.to('?y z'), self.OK) as server:
            a = fetch(server.url + '/a/b/c')
            self.assertEqual(a.status, 200)
            self.assertEqual([r.split(' ')[1] for r in server.requests],
                             ['/a/b/c', '/a/d?x=1', '/a/d?y%20z'])
            self.assertEqual(a.url, server.url + '/a/d?y%20z')

    def test_methods(self):
        cases = [(301, 'POST', 'GET'), (302, 'POST', 'GET'), (303, 'POST', 'GET'),
                 (303, 'PUT', 'GET'), (303, 'HEAD', 'HEAD'), (302, 'PUT', 'PUT'),
                 (307, 'POST', 'POST'), (308, 'POST', 'POST')]
        for status, before, after in cases:
            with Raw(self.to('/x', status), self.OK) as server:
                fetch(server.url, 'Content-Type: a/b', method=before, body='data')
                head = server.requests[1]
                self.assertEqual(head.split(' ')[0], after, (status, before))
                kept = before == after
                self.assertEqual('Content-Type' in head, kept, (status, before))
                self.assertEqual('Content-Length: 4' in head, kept, (status, before))

    def test_b31_credentials_stay_at_home(self):
        secrets = ['Authorization: Basic eDp5', 'Cookie: a=b', 'X-Own: 1']
        with Raw(self.OK) as other, Raw(self.to('/there'), self.to(other.url)) as server:
            fetch(server.url, *secrets)
            for name in ('Authorization', 'Cookie', 'X-Own'):
                self.assertIn(f'\r\n{name}:', server.requests[1])
            self.assertNotRegex(other.requests[0], 'uthorization|Cookie')
            self.assertIn('X-Own', other.requests[0])
            self.assertIn(f'Host: 127.0.0.1:{other.port}\r\n', other.requests[0])

    def test_b31_nor_do_they_come_back(self):
        port = []
        with Raw(lambda c: (c.read_until(b'\r\n\r\n'), c.send(self.to(port[0])))) as other:
            with Raw(self.to(other.url), self.OK) as server:
                port.append(server.url)
                self.assertEqual(fetch(server.url, 'Cookie: a=b').status, 200)
                self.assertNotIn('Cookie', server.requests[1])

    def test_not_followed(self):
        with Raw(self.to('/x')) as server:
            a = fetch(server.url, follow=-1)
            self.assertEqual((a.status, a.body), (302, b'body'))
        with Raw('HTTP/1.1 302 Found\r\nContent-Length: 1\r\n\r\nx') as server:
            self.assertEqual(fetch(server.url).status, 302)

    def test_endless(self):
        with Raw(*[self.to('/again')] * 6) as server:
            self.assertEqual(fetch(server.url).status, 302)
            self.assertEqual(len(server.requests), 6)

    def test_bad_targets(self):
        for target in ('ftp://x/', 'http://', 'javascript:x', 'http://a\x01b/'):
            with Raw(self.to(target)) as server:
                self.assertRegex(fetch(server.url).error, 'GALE_EPROTO ', target)
        with Raw(self.to('ftp://x/y')) as server:
            self.assertIn('a redirect to ftp://x/y: the URL does not begin with http:// or https://',
                          fetch(server.url).error)


class Bad(unittest.TestCase):
    def test_malformed_answers(self):
        ok = 'HTTP/1.1 200 OK\r\n'
        cases = ['HTTP/1.1 20 OK\r\n\r\n', 'HTTP/2.0 200 OK\r\n\r\n',
                 'SSH-2.0-x\r\n', 'HTTP/1.1 200 OK\n\n', ok + 'A b: c\r\n\r\n',
                 ok + 'A : c\r\n\r\n', ok + ' A: b\r\n\r\n', ok + 'A: \x00\r\n\r\n',
                 ok + 'Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
                 ok + 'Content-Length: -1\r\n\r\n', ok + 'Content-Length: 1, 2\r\n\r\n',
                 ok + 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
                 ok + 'Transfer-Encoding: gzip, chunked\r\n\r\n',
                 ok + 'Transfer-Encoding: chunked\r\n\r\nzz\r\n',
                 'HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello', ok,
                 'HTTP/1.1 100 Go\r\n\r\n' * 40]
        with Raw(*cases) as server:
            for text in cases:
                a = fetch(server.url)
                self.assertRegex(a.error, f'^GALE_EPROTO 127.0.0.1:{server.port}: ', text)

    def test_equal_lengths_are_one(self):
        self.assertEqual(answer('HTTP/1.1 200 OK\r\nContent-Length: 2, 2,2\r\n\r\nabc').body, b'ab')

    def test_cut_off(self):
        ok = 'HTTP/1.1 200 OK\r\n'
        self.assertIn('ended 3 bytes before', answer(ok + 'Content-Length: 5\r\n\r\nab').error)
        self.assertIn('inside of a chunked',
                      answer(ok + 'Transfer-Encoding: chunked\r\n\r\n5\r\nab').error)
        self.assertIn('inside of a head', answer('HTTP/1.1 20').error)
        self.assertRegex(answer('').error, 'GALE_EEOF .*closed without an answer')

    def test_huge_heads(self):
        for text in ('X: ' + 'y' * 70000, 'X: y\r\n' * 300, 'HTTP/1.1 200 ' + 'z' * 70000):
            a = answer('HTTP/1.1 200 OK\r\n' * (not text.startswith('H')) + text + '\r\n\r\n')
            self.assertRegex(a.error, 'GALE_ETOOBIG .*waiting for the answer: .*larger than '
                             'max_header_size, 65536 bytes|may have 256')

    def test_upgrade_that_nobody_asked_for(self):
        for tail in ('', 'Upgrade: x\r\nConnection: upgrade\r\n', 'Content-Length: 2\r\n'):
            a = answer(f'HTTP/1.1 101 Switching Protocols\r\n{tail}\r\n')
            self.assertRegex(a.error, 'GALE_EPROTO .*101 Switching Protocols, which was not asked')

    FOLDED = ('HTTP/1.1 200\r\nX-One: a \r\n\t  b\r\n \r\n c\r\nX-Two:\r\n d\r\n'
              'Content-Length: 2\r\n \r\n\r\nok')

    def folded(self, a):
        self.assertEqual((a.status, a.body, a.headers), (
            200, b'ok', [('X-One', 'a b c'), ('X-Two', 'd'), ('Content-Length', '2')]), a.output)

    def test_folded_fields_are_joined(self):
        self.folded(answer(self.FOLDED))
        self.folded(answer('HTTP/1.1 103 Soon\r\nLink: a,\r\n b\r\n\r\n' + self.FOLDED))

    def test_folded_fields_byte_by_byte_and_at_every_split(self):
        text = self.FOLDED.encode()

        def script(*pieces):
            def send(c):
                c.read_until(b'\r\n\r\n')
                c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for piece in pieces:
                    c.send(piece)
            return send
        scripts = [script(text[:i], text[i:]) for i in range(1, len(text))]
        scripts.append(script(*(bytes([byte]) for byte in text)))
        with Raw(*scripts) as server:
            for _ in scripts:
                self.folded(fetch(server.url))

    def test_folded_heads_are_limited(self):
        for line in (' y\r\n', ' \r\n'):
            a = answer('HTTP/1.1 200 OK\r\nX: y\r\n' + line * 30000)
            self.assertRegex(a.error, 'GALE_ETOOBIG .*max_header_size, 65536 bytes')

    def test_reset(self):
        with Raw(lambda c: (c.read_until(b'\r\n\r\n'), c.send('HTTP/1.1 2'), c.reset())) as server:
            self.assertRegex(fetch(server.url).error, 'ECONNRESET|inside of a head')

    def test_nobody_listens(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
        self.assertEqual(fetch(f'http://127.0.0.1:{port}').error,
                         f'ECONNREFUSED 127.0.0.1:{port}: connecting: '
                         'Connection refused')
        self.assertEqual(fetch('http://x/', unix='/nonexistent/socket').error,
                         'ENOENT unix:/nonexistent/socket: connecting: No such file or directory')
        self.assertRegex(fetch('http://name.invalid:81/').error,
                         'GALE_ENOTFOUND name.invalid:81: resolving the host: (?!.*name.invalid)')
        a = fetch('nonsense')
        self.assertRegex(a.error, 'GALE_EINVAL nonsense: ')
        self.assertEqual(a.one('phase'), 'fetching')

    def test_timeouts(self):
        with Raw(lambda c: c.read_all()) as server:
            self.assertEqual(fetch(server.url, timeout=0.2).error,
                             f'GALE_ETIMEDOUT 127.0.0.1:{server.port}: '
                             'timed out while waiting for the answer')
        with Raw(lambda c: (c.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1'),
                            c.read_all())) as server:
            self.assertIn('timed out while reading', fetch(server.url, timeout=0.3).error)

    def test_connect_timeout(self):
        with socket.socket() as listener:
            listener.bind(('127.0.0.1', 0))
            listener.listen(0)
            port = listener.getsockname()[1]
            crowd = [socket.socket() for _ in range(4)]
            for sock in crowd:
                sock.setblocking(False)
                sock.connect_ex(('127.0.0.1', port))
            a = fetch(f'http://127.0.0.1:{port}', connect_timeout=0.3)
            for sock in crowd:
                sock.close()
            self.assertEqual(a.error, f'GALE_ETIMEDOUT 127.0.0.1:{port}: timed out while connecting')

    def test_cancelled(self):
        with Raw(lambda c: c.read_all()) as server:
            a = fetch(server.url, cancel_after=0.1, body_size=20000000)
            self.assertRegex(a.error, '^GALE_ECANCELED')


class Refused(unittest.TestCase):
    """B20: what may not be sent is refused before anything is connected."""

    def refused(self, url, *headers, **options):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
            a = fetch(url.replace('PORT', str(port)), *headers, **options)
            listener.settimeout(0.05)
            self.assertRegex(a.error, '^GALE_EINVAL ', (url, headers, options))
            self.assertRaises(OSError, listener.accept)

    def test_b20_control_characters_in_headers(self):
        url = 'http://127.0.0.1:PORT/'
        for value in ('a\r\nB: c', 'a\nB: c', 'a\rB: c', 'a\x01', 'a\x7f'):
            self.refused(url, f'X: {value}')
            self.refused(url, f'X{value}: 1')
            self.refused(url, agent=value)
        for name in ('', 'a b', 'a(b', 'Content-Length', 'transfer-encoding'):
            self.refused(url, f'{name}: 1')

    def test_b20_control_characters_in_method_and_url(self):
        for method in ('GET\r\nX: y', 'GET /x', 'G\rT', '', 'CONNECT'):
            self.refused('http://127.0.0.1:PORT/', method=method)
        for url in ('http://127.0.0.1:PORT/a\r\nX: y', 'http://127.0.0.1:PORT/a b',
                    'http://127.0.0.1\r\nX: y:PORT/', 'http://127.0.0.1:PORT/\x7f',
                    'http://127.0.0.1:PORTx/', 'http://',
                    '127.0.0.1:PORT', 'file:///etc/passwd',
                    'http://127.0.0.1:0/', 'http://127.0.0.1:65536/', 'http://[::1/'):
            self.refused(url)


class OurOwn(gale_wire.TestCase):
    program = 'http_server'

    def test_exchange(self):
        base = f'http://127.0.0.1:{self.server.port}'
        a = fetch(base + '/big')
        self.assertEqual((a.status, len(a.body)), (200, int(dict(a.headers)['Content-Length'])))
        a = fetch(base + '/echo', pieces=10, piece_size=5000)
        self.assertEqual((a.status, a.body.count(b'p') >= 50000), (200, True))
        self.assertEqual(fetch(base + '/204').status, 204)


class Tornado(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            import tornado  # noqa: F401
        except ImportError:
            raise unittest.SkipTest('no python3-tornado') from None
        gale_wire.PROGRAMS['tornado'] = sys.executable
        cls.server = gale_wire.Program('tornado', '-c', TORNADO)
        cls.base = f'http://127.0.0.1:{cls.server.port}'

    @classmethod
    def tearDownClass(cls):
        cls.server.process.stdin.close()
        cls.server.process.stdin = None
        cls.server.stop()

    def test_verbs(self):
        host = self.base[7:]
        self.assertEqual(fetch(self.base + '/echo?a=b').body.decode(), host + ' /echo?a=b')
        head = fetch(self.base + '/echo', method='HEAD')
        self.assertEqual((head.status, head.body), (200, b''))
        a = fetch(self.base + '/echo', body='a=b')
        self.assertEqual((a.body, dict(a.headers)['X-Type']),
                         (b'a=b', 'application/x-www-form-urlencoded'))
        a = fetch(self.base + '/echo', method='PUT', pieces=50, piece_size=20000)
        self.assertEqual(len(a.body), 1000000)
        self.assertEqual(fetch(self.base + '/echo', method='DELETE').status, 204)

    def test_chunked_and_redirects(self):
        a = fetch(self.base + '/pieces')
        self.assertEqual(a.body, b''.join(b'piece %d;' % i for i in range(20)))
        a = fetch(self.base + '/redirect/3')
        self.assertEqual((a.status, a.url), (200, self.base + '/echo?end'))
        self.assertEqual(fetch(self.base + '/redirect/3', max_redirects=2).status, 302)
        self.assertEqual(fetch(self.base + '/redirect/1', body='x').status, 200)


if __name__ == '__main__':
    gale_wire.main()
