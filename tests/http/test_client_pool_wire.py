"""The client's connections: kept, limited, queued, dead; phases and time-outs; decoding."""
# SPDX-License-Identifier: MIT
import contextlib
import gzip
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402


def answer(body=b'', *fields, status='200 OK', length=None):
    """An answer with its length."""
    if isinstance(body, str):
        body = body.encode()
    head = [f'HTTP/1.1 {status}', *fields]
    head.append(f'Content-Length: {len(body) if length is None else length}')
    return '\r\n'.join(head).encode() + b'\r\n\r\n' + body


class Server:
    """Answers by path, on a thread for each connection, and remembers what it was asked.

    A path's script takes (connection's number, request's number on it, request) and gives bytes to
    send; None afterwards ends the connection, 'hang' keeps it silent until the end.
    """

    def __init__(self, scripts=None, path=None):
        self.listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.listener.bind(path or ('127.0.0.1', 0))
        self.listener.listen(64)
        self.port = None if path else self.listener.getsockname()[1]
        self.scripts = scripts or {}
        self.requests, self.sockets, self.threads = [], [], []
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.most = self.busy = 0

    def url(self, path='/'):
        return f'http://127.0.0.1:{self.port}{path}'

    def __enter__(self):
        self.thread = threading.Thread(target=self.accept)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(gale_wire.TIMEOUT)
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(gale_wire.TIMEOUT)
            assert not thread.is_alive()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(gale_wire.TIMEOUT)
            self.sockets.append(sock)
            thread = threading.Thread(target=self.serve, args=(sock, len(self.threads) + 1))
            self.threads.append(thread)
            thread.start()

    def serve(self, sock, number):
        with contextlib.suppress(OSError), sock:
            n = 0
            data = b''
            while True:
                while b'\r\n\r\n' not in data:
                    more = sock.recv(65536)
                    if not more:
                        return
                    data += more
                head, data = data.split(b'\r\n\r\n', 1)
                head = head.decode('latin-1') + '\r\n'
                n += 1
                with self.lock:
                    self.requests.append((number, n, head))
                    self.busy += 1
                    self.most = max(self.most, self.busy)
                data = self.take_body(sock, head, data)
                if not self.reply(sock, number, n, head):
                    return

    def take_body(self, sock, head, data):
        length = 0
        for line in head.split('\r\n'):
            if line.lower().startswith('content-length:'):
                length = int(line.split(':')[1])
        while len(data) < length:
            more = sock.recv(65536)
            if not more:
                break
            data += more
        return data[length:]

    def reply(self, sock, number, n, head):
        path = head.split(' ')[1]
        script = self.scripts.get(path.split('?')[0])
        try:
            if not script:
                with self.lock:
                    self.busy -= 1
                sock.sendall(answer(f'c{number} r{n}'))
                return True
            for piece in script(number, n, head):
                if piece is None:
                    return False
                if piece == 'hang':
                    self.closing.wait(gale_wire.TIMEOUT)
                    return False
                sock.sendall(piece)
            return True
        finally:
            if script:
                with self.lock:
                    self.busy -= 1


class Gate:
    """Keeps a client's loop blocked ("gate PORT") while `entered` is set, until `open()`."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.step = f'gate {self.listener.getsockname()[1]}'
        self.entered, self.opened = threading.Event(), threading.Event()
        self.open = self.opened.set

    def __enter__(self):
        self.thread = threading.Thread(target=self.keep)
        self.thread.start()
        return self

    def keep(self):
        self.listener.settimeout(gale_wire.TIMEOUT)
        with contextlib.suppress(OSError):
            sock, _ = self.listener.accept()
            self.entered.set()
            self.opened.wait(gale_wire.TIMEOUT)
            sock.close()

    def wait(self):
        assert self.entered.wait(gale_wire.TIMEOUT)

    def __exit__(self, *_):
        self.open()
        self.thread.join(gale_wire.TIMEOUT)
        self.listener.close()


def run(*steps):
    """Runs the client: the lines it printed."""
    environ = dict(os.environ, GALE_IOLOOP=gale_wire.BACKEND)
    done = subprocess.run([gale_wire.PROGRAMS['client_steps'], *steps], env=environ,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=gale_wire.TIMEOUT * 2, check=False)
    assert done.returncode == 0 and b'Sanitizer' not in done.stderr, done.stderr.decode()
    return done.stdout.decode('latin-1').splitlines()


def bodies(lines):
    return [line.split(' body ')[1] for line in lines if ' body ' in line]


class Kept(unittest.TestCase):
    def test_a6_1_requests_one_after_the_other_use_one_connection(self):
        with Server() as s:
            lines = run(*[f'GET {s.url()}'] * 5, 'stats')
            self.assertEqual(bodies(lines), [f'c1 r{i}' for i in range(1, 6)])
            self.assertIn('reused 0', lines[0])
            self.assertIn('reused 1', lines[1])
            self.assertEqual(lines[-1],
                             'stats active 0 queued 0 idle 1 connects 1 reused 4 retries 0')

    def test_a6_1_kinds_of_bodies_leave_the_connection_usable(self):
        scripts = {
            '/chunked': lambda *_: [b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
                                    b'2\r\nab\r\n0\r\nX: y\r\n\r\n'],
            '/204': lambda *_: [b'HTTP/1.1 204 No Content\r\n\r\n'],
            '/304': lambda *_: [b'HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n'],
            '/interim': lambda *_: [b'HTTP/1.1 103 Early Hints\r\n\r\n' + answer('x')],
            '/moved': lambda *_: [answer('gone', 'Location: /end', status='302 Found')],
        }
        with Server(scripts) as s:
            run(*[f'GET {s.url(path)}' for path in scripts], f'HEAD {s.url("/204")}',
                f'POST {s.url("/")}', f'GET {s.url("/")}')
            self.assertEqual({number for number, _, _ in s.requests}, {1})
            self.assertEqual(len(s.requests), 9)

    def test_a6_1_connections_that_may_not_be_kept(self):
        scripts = {
            '/close': lambda *_: [answer('x', 'Connection: close')],
            '/old': lambda *_: [b'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx'],
            '/end': lambda *_: [b'HTTP/1.1 200 OK\r\n\r\nx', None],
        }
        with Server(scripts) as s:
            lines = run(*[f'GET {s.url(path)}' for path in scripts],
                        f'GET {s.url()} no_keep_alive=1', 'stats')
            self.assertEqual([number for number, _, _ in s.requests], [1, 2, 3, 4])
            self.assertIn('idle 0 connects 4', lines[-1])
            self.assertIn('Connection: close\r\n', s.requests[3][2])

    def test_a6_1_leftover_bytes_poison_the_connection(self):
        scripts = {'/more': lambda *_: [answer('x') + b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n']}
        with Server(scripts) as s:
            lines = run(f'GET {s.url("/more")}', 'idle 0', f'GET {s.url()}')
            self.assertEqual(bodies(lines), ['x', 'c2 r1'])

    def test_a6_1_bytes_on_an_idle_connection_close_it(self):
        late = threading.Event()

        def script(number, n, head):
            yield answer('x')
            late.wait(gale_wire.TIMEOUT)
            yield b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged'

        def release(number, n, head):
            late.set()
            yield answer('released')

        with Server({'/late': script, '/release': release}) as s:
            lines = run(f'GET {s.url("/late")}', 'idle 1', f'GET http://localhost:{s.port}/release',
                        'idle 1', f'GET {s.url()}')
            self.assertEqual(bodies(lines), ['x', 'released', 'c3 r1'])

    def test_a6_1_server_closes_an_idle_connection(self):
        with Server({'/bye': lambda *_: [answer('x'), None]}) as s:
            lines = run(f'GET {s.url("/bye")}', 'idle 0', f'POST {s.url()}')
            self.assertEqual(bodies(lines), ['x', 'c2 r1'])

    def test_a6_1_a_look_at_a_kept_connection_before_it_is_used(self):
        """The loop was busy: what came meanwhile nobody has seen yet."""
        def forge(number):
            yield b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged'

        def leave(number):
            s.sockets[number - 1].shutdown(socket.SHUT_RDWR)
            return ()

        for meanwhile in (forge, leave):
            def script(number, n, head):
                yield answer('x')
                gate.wait()
                yield from meanwhile(number)
                gate.open()
            with Gate() as gate, Server({'/late': script}) as s:
                lines = run(f'GET {s.url("/late")}', gate.step, f'POST {s.url()}', 'stats')
                self.assertEqual(bodies(lines), ['x', 'c2 r1'])
                self.assertIn('idle 1 connects 2 reused 0 retries 0', lines[-1])

    def test_a6_1_kept_too_long_by_a_busy_loop(self):
        with Server() as s:
            lines = run('--idle_timeout=0.05', f'GET {s.url()}', 'busy 0.1', f'POST {s.url()}')
            self.assertEqual(bodies(lines), ['c1 r1', 'c2 r1'])

    @staticmethod
    def dies(number, n, head):
        if number == 1 and n == 2:
            return [None]
        return [answer(f'c{number}')]

    def test_a6_1_dead_connection_is_retried_once_but_never_for_post(self):
        with Server({'/die': self.dies}) as s:
            lines = run(f'GET {s.url("/die")}', f'GET {s.url("/die")}', 'stats')
            self.assertEqual(bodies(lines), ['c1', 'c2'])
            self.assertIn('retries 1', lines[-1])
        for how in ('POST URL', 'PATCH URL', 'GET URL no_retry=1', 'PUT URL pieces=2'):
            with Server({'/die': self.dies}) as s:
                lines = run(f'GET {s.url("/die")}', how.replace('URL', s.url('/die')))
                self.assertRegex(lines[1], 'error (GALE_EEOF|ECONNRESET|EPIPE) waiting for the answer; '
                                 r'127\.0\.0\.1:\d+: ', how)
        with Server({'/die': lambda number, n, head: [None] if number > 1 or n > 1
                     else [answer('x')]}) as s:
            lines = run(f'GET {s.url("/die")}', f'GET {s.url("/die")}', 'stats')
            self.assertRegex(lines[1], 'error (GALE_EEOF|ECONNRESET)')
            self.assertEqual(len(s.requests), 3)

    def test_a6_1_identities_do_not_share(self):
        with Server() as s:
            lines = run(f'GET {s.url()}', f'GET {s.url()} ipv4=1', f'GET {s.url()} from=127.0.0.1',
                        f'GET http://mapped.test:{s.port}/', f'GET {s.url()}')
            self.assertEqual(bodies(lines), ['c1 r1', 'c2 r1', 'c3 r1', 'c4 r1', 'c1 r2'])
            self.assertIn(f'Host: mapped.test:{s.port}\r\n', s.requests[3][2])
            self.assertIn('X-Default: 1\r\n', s.requests[0][2])

    def test_a6_3_two_unix_sockets_with_one_host_do_not_mix(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in 'ab']
            scripts = [{'/': lambda *_, name=name: [answer(name)]} for name in 'ab']
            with Server(scripts[0], path=paths[0]), Server(scripts[1], path=paths[1]):
                lines = run(*[f'GET http://same/ unix={paths[i % 2]}' for i in range(6)], 'stats')
                self.assertEqual(bodies(lines), ['a', 'b'] * 3)
                self.assertIn('connects 2 reused 4', lines[-1])

    def test_limits_of_what_is_kept(self):
        with Server() as s:
            self.assertIn('idle 0 connects 2', run('--max_idle=-1', f'GET {s.url()}',
                                                   f'GET {s.url()}', 'stats')[-1])
        with Server() as s:
            lines = run('--max_idle=1', f'GET {s.url()}', f'GET http://localhost:{s.port}/',
                        'stats', f'GET {s.url()}')
            self.assertIn('idle 1', lines[2])
            self.assertEqual(bodies(lines)[-1], 'c3 r1')
        with Server() as s:
            lines = run('--idle_timeout=0.05', f'GET {s.url()}', 'idle 0', f'GET {s.url()}')
            self.assertEqual(bodies(lines), ['c1 r1', 'c2 r1'])


class Queue(unittest.TestCase):
    def test_max_clients_and_first_in_first_out(self):
        with Server() as s:
            lines = run('--max_clients=2', f'many 20 GET {s.url("/")}', 'stats')
            self.assertEqual(len(bodies(lines)), 20)
            self.assertLessEqual(s.most, 2)
            self.assertIn('active 0 queued 0', lines[-1])
            self.assertIn('connects 2 reused 18', lines[-1])

    def test_max_per_host(self):
        with Server() as s:
            lines = run('--max_per_host=1', f'many 10 GET {s.url("/")}', 'stats')
            self.assertEqual(s.most, 1)
            self.assertIn('connects 1 reused 9', lines[-1])

    def test_a6_4_time_out_in_the_queue_has_its_own_text(self):
        with Server({'/hang': lambda *_: ['hang']}) as s:
            lines = run('--max_clients=1', f'many 2 GET {s.url("/hang")} connect_timeout=0.1 '
                        'timeout=0.5', 'stats')
            self.assertRegex('\n'.join(lines), r'error GALE_ETIMEDOUT queueing; 127\.0\.0\.1:\d+: '
                             'timed out in the request queue')
            self.assertIn('active 0 queued 0 idle 0', lines[-1])

    def test_full_queue(self):
        with Server({'/hang': lambda *_: ['hang']}) as s:
            lines = run('--max_clients=1', '--max_queue=1',
                        f'many 3 GET {s.url("/hang")} timeout=0.2')
            self.assertRegex(lines[0], 'error GALE_ETOOBIG queueing; .*1 fetches are queued')

    def test_redirects_with_one_place(self):
        with Server({'/a': lambda *_: [answer('', 'Location: /b', status='302 Found')],
                     '/other': lambda *_: [answer('', f'Location: http://localhost:{s.port}/b',
                                                  status='302 Found')]}) as s:
            lines = run('--max_clients=1', f'many 4 GET {s.url("/a")}',
                        f'many 4 GET {s.url("/other")}', 'stats')
            self.assertEqual(len(bodies(lines)), 8)
            self.assertIn('active 0 queued 0', lines[-1])


class Phases(unittest.TestCase):
    def fails(self, pattern, script, options='timeout=0.2', method='GET'):
        with Server({'/x': script}) as s:
            lines = run(f'{method} {s.url("/x")} {options}', 'stats')
            self.assertRegex(lines[0], pattern)
            self.assertRegex(lines[0], r'127\.0\.0\.1:%d: ' % s.port)
            self.assertIn('active 0 queued 0 idle 0', lines[1])

    def test_a6_4_each_phase_says_which_it_was(self):
        self.fails('error GALE_ETIMEDOUT waiting for the answer; .* timed out while waiting',
                   lambda *_: ['hang'])
        self.fails('error GALE_ETIMEDOUT waiting for the answer', lambda *_: [b'HTTP/1.1 2', 'hang'])
        self.fails('error GALE_ETIMEDOUT reading the answer', lambda *_: [answer('ab', length=9),
                                                                          'hang'])
        self.fails('error GALE_EPROTO reading the answer; .* 7 bytes before the end',
                   lambda *_: [answer('ab', length=9), None])
        self.fails('error GALE_EPROTO waiting for the answer', lambda *_: [b'nonsense\r\n\r\n'])
        self.fails('error GALE_EEOF waiting for the answer', lambda *_: [None])

    def test_a6_4_resolving_and_connecting(self):
        line, = run('GET http://name.invalid/')
        self.assertRegex(line, 'error GALE_ENOTFOUND resolving the host; name.invalid:80: ')
        with socket.socket() as sock:
            sock.bind(('127.0.0.1', 0))
            line, = run(f'GET http://127.0.0.1:{sock.getsockname()[1]}/')
        self.assertRegex(line, 'error ECONNREFUSED connecting; 127.0.0.1:')

    def test_a6_4_connecting_takes_too_long(self):
        with socket.socket() as sock:
            sock.bind(('127.0.0.1', 0))
            sock.listen(0)
            full = [socket.socket() for _ in range(4)]
            for one in full:
                one.setblocking(False)
                one.connect_ex(sock.getsockname())
            url = f'http://127.0.0.1:{sock.getsockname()[1]}/'
            line, = run(f'GET {url} connect_timeout=0.2')
            for one in full:
                one.close()
        self.assertRegex(line, 'error GALE_ETIMEDOUT connecting; 127.0.0.1:.* timed out while conn')

    def test_a6_4_times_add_up(self):
        with Server({'/a': lambda *_: [answer('', 'Location: /b', status='302 Found')]}) as s:
            for line in run(f'GET {s.url("/a")}', f'POST {s.url("/b")}', f'GET {s.url("/a")}'):
                self.assertIn('times add up', line)

    def test_cancelled_everywhere(self):
        scripts = {'/wait': lambda *_: ['hang'], '/body': lambda *_: [answer('a', length=2), 'hang']}
        with Server(scripts) as s:
            lines = run('--max_clients=1', f'cancel 0.05 GET {s.url("/wait")}',
                        f'cancel 0.05 GET {s.url("/body")}',
                        f'cancel 0.05 GET {s.url("/wait")} no_keep_alive=1', f'GET {s.url()}', 'stats')
            for line in lines[:3]:
                self.assertIn('error GALE_ECANCELED', line)
            self.assertIn('c4 r1', lines[3])
            self.assertIn('active 0 queued 0 idle 1', lines[4])

    def test_a_freed_client_ends_its_fetches(self):
        with Server({'/wait': lambda *_: ['hang']}) as s:
            line, = run(f'free 0.05 GET {s.url("/wait")}')
            self.assertRegex(line, 'error GALE_ECLOSED waiting for the answer; .*client was closed')

    def test_a_freed_client_ends_a_fetch_that_has_not_begun(self):
        with Server() as s:
            line, = run(f'orphan GET {s.url()}')
            self.assertRegex(line, 'error GALE_ECLOSED queueing; .*the client was closed')
            self.assertEqual(s.requests, [])


class Options(unittest.TestCase):
    def test_callbacks_and_copies(self):
        with Server({'/echo': lambda *_: [answer('x')]}) as s:
            lines = run(f'callback POST {s.url("/echo")} body=abc', f'GET {s.url("/echo")} lines=1',
                        'callback GET http://127.0.0.1:1/')
            self.assertIn('body x', lines[0])
            self.assertIn('lines 3', lines[1])
            self.assertIn('error ECONNREFUSED', lines[2])
            self.assertIn('Content-Length: 3\r\n', s.requests[0][2])

    def test_raise_error(self):
        with Server({'/404': lambda *_: [answer('no', status='404 Not Found')]}) as s:
            lines = run(f'GET {s.url("/404")} raise=1', f'GET {s.url()} raise=1')
            self.assertIn('status 404', lines[0])
            self.assertIn('raised', lines[0])
            self.assertNotIn('raised', lines[1])
            line, = run(f'callback GET {s.url("/404")} raise=1')
            self.assertIn('status 404', line)
            self.assertIn('body no raised', line)

    def test_what_options_send(self):
        with Server() as s:
            run(f'GET {s.url()} since=784111777 plain=1', f'POST {s.url()} pieces=3 length=18')
            self.assertIn('If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n', s.requests[0][2])
            self.assertNotIn('Accept-Encoding', s.requests[0][2])
            self.assertIn('Content-Length: 18\r\n', s.requests[1][2])
            self.assertNotIn('Transfer-Encoding', s.requests[1][2])
        with Server() as s:
            lines = run(f'POST {s.url()} pieces=3 length=10')
            self.assertRegex(lines[0], 'error GALE_EINVAL .*more than body_length')

    def test_methods_and_bodies(self):
        with Server() as s:
            for step in ('BREW URL', 'GET URL body=x'):
                self.assertIn('error GALE_EINVAL', run(step.replace('URL', s.url()))[0])

    def test_head_limit(self):
        with Server({'/big': lambda *_: [answer('x', 'X: ' + 'y' * 2000)]}) as s:
            lines = run(f'GET {s.url("/big")} max_head=1000', f'GET {s.url("/big")} max_head=4000')
            self.assertIn('error GALE_ETOOBIG', lines[0])
            self.assertIn('status 200', lines[1])


class Decoding(unittest.TestCase):
    TEXT = b'the same again and again, ' * 400

    def fetch(self, body, coding, options='', cut=None):
        if cut:
            body = body[:cut]
        with Server({'/x': lambda *_: [answer(body, f'Content-Encoding: {coding}')]}) as s:
            return run(f'GET {s.url("/x")} {options}')[0]

    def test_codings(self):
        packed = {'gzip': gzip.compress(self.TEXT), 'x-gzip': gzip.compress(self.TEXT),
                  'GZIP': gzip.compress(self.TEXT[:100]) + gzip.compress(self.TEXT[100:]),
                  'deflate': zlib.compress(self.TEXT)}
        for coding, body in packed.items():
            line = self.fetch(body, coding, 'stream=1')
            self.assertIn(f'streamed {len(self.TEXT)} length 0', line, coding)
            self.assertIn(f'length {len(self.TEXT)}', self.fetch(body, coding))
        self.assertIn(f'length {len(packed["gzip"])}' if len(packed['gzip']) > 199 else 'body',
                      self.fetch(packed['gzip'], 'gzip', 'plain=1'))
        self.assertIn('body abc', self.fetch(b'abc', 'unknown'))
        self.assertIn('status 200', self.fetch(b'', 'gzip'))

    def test_b32_bomb_is_stopped_at_the_limit_of_decoded_bytes(self):
        bomb = gzip.compress(bytes(50_000_000))
        for options in ('max_body=100000', 'max_body=100000 stream=1'):
            self.assertRegex(self.fetch(bomb, 'gzip', options),
                             'error GALE_ETOOBIG reading the answer; .*max_body_size, 100000 bytes')

    def test_malformed(self):
        body = gzip.compress(self.TEXT)
        for bad in (body[:-3], body + b'garbage', b'no gzip at all', body[:1], body + body[:15],
                    body[:40] + b'\0\1\2' + body[43:]):
            self.assertIn('error GALE_EPROTO reading the answer', self.fetch(bad, 'gzip'), bad[:8])


class Large(unittest.TestCase):
    def test_a6_5_a_gibibyte_is_streamed_within_an_explicit_limit(self):
        size, block = 1 << 30, bytes(1 << 20)

        def script(*_):
            yield answer(b'', length=size)
            for _ in range(size // len(block)):
                yield block
        with Server({'/x': script}) as s:
            lines = run(f'GET {s.url("/x")} stream=1 max_body={size} timeout=100',
                        f'GET {s.url("/x")} stream=1', f'GET {s.url("/x")} max_body=1000')
            self.assertIn(f'streamed {size}', lines[0])
            self.assertIn('error GALE_ETOOBIG', lines[1])
            self.assertIn('max_body_size, 104857600 bytes', lines[1])
            self.assertIn('max_body_size, 1000 bytes', lines[2])


class Tls(unittest.TestCase):
    """https:// against Python's ssl."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        for name, cn, san in (('server', 'localhost', 'IP:127.0.0.1,DNS:localhost'),
                              ('client', 'somebody', 'DNS:somebody')):
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                            'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
                            f'/CN={cn}', '-addext', f'subjectAltName={san}', '-keyout',
                            cls.file(name + '.key'), '-out', cls.file(name + '.pem')],
                           check=True, stderr=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def file(cls, name):
        return os.path.join(cls.folder.name, name)

    def server(self, handshake=True, script=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file('server.pem'), self.file('server.key'))
        context.load_verify_locations(self.file('client.pem'))
        context.verify_mode = ssl.CERT_OPTIONAL

        class TlsServer(Server):
            def serve(self, sock, number):
                try:
                    if handshake:
                        sock = context.wrap_socket(sock, server_side=True)
                    else:
                        self.closing.wait(gale_wire.TIMEOUT)
                except OSError:
                    return
                super().serve(sock, number)

            def reply(self, sock, number, n, head):
                cert = sock.getpeercert()
                name = dict(field[0] for field in cert['subject'])['commonName'] if cert else '-'
                sock.sendall(answer(f'c{number} r{n} {name}'))
                if script and number == 1:
                    script(sock)
                return True

            def url(self, path='/'):
                return f'https://127.0.0.1:{self.port}{path}'
        return TlsServer()

    def test_a6_1_tls_options_do_not_share(self):
        ca = self.file('server.pem')
        with self.server() as s:
            lines = run(f'GET {s.url()} ca={ca}', f'GET {s.url()} insecure=1',
                        f'GET {s.url()} ca={ca}', f'GET {s.url()} insecure=1', f'GET {s.url()}',
                        'stats')
            self.assertEqual(bodies(lines), ['c1 r1 -', 'c2 r1 -', 'c1 r2 -', 'c2 r2 -'])
            self.assertRegex(lines[4], r'error GALE_ETLS the TLS handshake; 127\.0\.0\.1:\d+: .*cert')
            self.assertIn('times add up', lines[0])

    def test_a6_1_a_look_at_a_kept_tls_connection_before_it_is_used(self):
        def forge(sock):
            sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged')

        def leave(sock):
            sock.shutdown(socket.SHUT_RDWR)

        def notify(sock):
            sock.setblocking(False)
            with contextlib.suppress(ssl.SSLWantReadError):
                sock.unwrap()

        def garble(sock):
            socket.socket.sendall(sock, b'no record at all')

        for meanwhile in (forge, leave, notify, garble):
            def script(sock):
                gate.wait()
                meanwhile(sock)
                gate.open()
            with Gate() as gate, self.server(script=script) as s:
                lines = run(f'GET {s.url()} insecure=1', gate.step, f'POST {s.url()} insecure=1',
                            'stats')
                self.assertEqual(bodies(lines), ['c1 r1 -', 'c2 r1 -'])
                self.assertIn('connects 2 reused 0 retries 0', lines[-1])

    def test_a6_1_tls_messages_between_answers_leave_the_connection_kept(self):
        """Keys are updated and tickets come while nobody reads: openssl's server, by hand."""
        command = ['stdbuf', '-o0', 'openssl', 's_server', '-accept', '127.0.0.1:0',
                   '-cert', self.file('server.pem'), '-key', self.file('server.key'), '-tls1_3']
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        with server, Gate() as gate:
            def wait_for(pattern):
                seen = b''
                while not (match := re.search(pattern, seen)):
                    data = os.read(server.stdout.fileno(), 65536)
                    assert data, seen
                    seen += data
                return match

            def say(text):
                os.write(server.stdin.fileno(), text)

            def serve():
                wait_for(b'GET /')
                say(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst')
                gate.wait()
                say(b'K\n')
                wait_for(b'SSL_do_handshake -> 1')
                gate.open()
                wait_for(b'POST /')
                say(b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond')
            port = int(wait_for(rb'ACCEPT .*:(\d+)\n')[1])
            thread = threading.Thread(target=serve)
            thread.start()
            url = f'https://127.0.0.1:{port}/'
            try:
                lines = run(f'GET {url} insecure=1', gate.step, f'POST {url} insecure=1', 'stats')
            finally:
                server.kill()
                thread.join(gale_wire.TIMEOUT)
            self.assertEqual(bodies(lines), ['first', 'second'])
            self.assertIn('connects 1 reused 1 retries 0', lines[-1])

    def test_b35_client_certificate_is_not_for_others(self):
        mine = f'cert={self.file("client.pem")} key={self.file("client.key")} insecure=1'
        with self.server() as s:
            lines = run(f'GET {s.url()} {mine}', f'GET {s.url()} insecure=1',
                        f'GET {s.url()} {mine}', f'GET {s.url()} insecure=1')
            self.assertEqual(bodies(lines), ['c1 r1 somebody', 'c2 r1 -', 'c1 r2 somebody',
                                             'c2 r2 -'])

    def test_a6_4_the_handshake_takes_too_long(self):
        with self.server(handshake=False) as s:
            line, = run(f'GET {s.url()} connect_timeout=0.2 insecure=1')
            self.assertRegex(line, 'error GALE_ETIMEDOUT the TLS handshake; .*timed out (while|in) the TLS h')

    def test_a6_1_end_without_close_notify_is_retried(self):
        def end(sock):
            sock.recv(65536)
            sock.shutdown(socket.SHUT_RDWR)  # of TCP alone
        for method, expected in (('GET', 'c2 r1 -'), ('POST', 'error GALE_ETLS waiting')):
            with self.server(script=end) as s:
                step = f'{method} {s.url().replace("http:", "https:")} ca={self.file("server.pem")}'
                lines = run(step, step)
                self.assertIn('c1 r1 -', lines[0])
                self.assertIn(expected, lines[1])

    def test_missing_file(self):
        line, = run('GET https://127.0.0.1:1/ ca=/nonexistent/ca.pem')
        self.assertRegex(line, 'error .*/nonexistent/ca.pem')


class Continue(unittest.TestCase):
    def test_expect_100(self):
        with Server() as s:
            lines = run(f'POST {s.url()} expect=1')   # it never says 100: after a second it comes
            self.assertIn('status 200', lines[0])
            self.assertIn('Expect: 100-continue\r\n', s.requests[0][2])

    def test_final_answer_instead(self):
        listener = socket.create_server(('127.0.0.1', 0))
        got = []

        def serve(say, body):
            sock, _ = listener.accept()
            with gale_wire.Connection(sock) as c:
                c.read_until(b'\r\n\r\n')
                c.send(say)
                if body:
                    got.append(c.read_until(b'xyz'))
                    c.send(answer('done'))
                got.append(sock.recv(100))
        for say, body, expected in ((answer('no', status='417 Expectation Failed'), False, '417'),
                                    (b'HTTP/1.1 100 Continue\r\n\r\n', True, '200')):
            got.clear()
            thread = threading.Thread(target=serve, args=(say, body))
            thread.start()
            line, = run(f'POST http://127.0.0.1:{listener.getsockname()[1]}/ expect=1 body=xyz')
            thread.join(gale_wire.TIMEOUT)
            self.assertIn(f'status {expected}', line)
            self.assertEqual(got, [b'xyz', b''] if body else [b''])
        listener.close()


if __name__ == '__main__':
    gale_wire.main()
