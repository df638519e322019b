"""Files as answers over real sockets: whole, in parts, to slow clients, from files that shrink."""
# SPDX-License-Identifier: MIT
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

HOST = 'Host: localhost\r\n'
SIZE = 12 << 20
WAYS = ('file', 'copy', 'now')


def request(path, headers=''):
    return f'GET {path} HTTP/1.1\r\n{HOST}{headers}\r\n'


class FileCase(gale_wire.TestCase):
    program = 'file_server'
    options = ()

    @classmethod
    def setUpClass(cls):
        # Pages that all differ, so that a part in the wrong place shows.
        cls.data = b''.join(hashlib.sha256(b'%d' % (i // 64)).digest() for i in range(SIZE // 32))
        with tempfile.NamedTemporaryFile(delete=False) as f:
            f.write(cls.data)
        cls.path = f.name
        cls.args = (cls.path, *cls.options)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        os.unlink(cls.path)


class Files(FileCase):
    def check(self, way, offset, size, got):
        self.assertEqual(len(got), size, (way, offset))
        self.assertTrue(got == self.data[offset:offset + size], (way, offset, size))

    def test_backend_is_the_one_asked_for(self):
        if gale_wire.BACKEND:
            self.assertEqual(self.server.get('/').body.decode(), gale_wire.BACKEND)

    def test_parts_of_all_sizes_on_one_connection(self):
        with self.server.connect() as c:
            for way in WAYS:
                for offset, size in ((0, 0), (0, 1), (5, 4095), (1, 65536), (4096, 1 << 20),
                                     (12345, 5 << 20), (SIZE - 10, 10), (0, SIZE)):
                    c.send(request(f'/{way}/{offset}/{size}'))
                    r = c.response()
                    self.assertEqual((r.status, r['Content-Length']), (200, str(size)))
                    self.check(way, offset, size, r.body)

    def test_pipelined_behind_other_answers(self):
        parts = [(i * 1000, 300000 + i) for i in range(12)]
        with self.server.connect() as c:
            c.send(request('/') + ''.join(request(f'/{WAYS[o % 3]}/{o}/{n}') for o, n in parts))
            c.response()
            for offset, size in parts:
                self.check('pipelined', offset, size, c.response().body)

    def test_text_before_and_after_the_file(self):
        with self.server.connect() as c:
            for size in (0, 10, 3 << 20):
                c.send(request(f'/framed/7/{size}'))
                r = c.response()
                self.assertTrue(r.body == b'before:' + self.data[7:7 + size] + b':after', size)

    def test_head_and_the_file_come_in_one_packet(self):
        with self.server.connect() as c:
            for way in ('file', 'framed'):
                c.send(request(f'/{way}/0/1000'))
                first = c.sock.recv(65536)
                self.assertIn(self.data[:1000], first)
                c.kept = first
                c.response()

    def test_head_sends_no_file(self):
        with self.server.connect() as c:
            for way in (*WAYS, 'framed'):
                c.send(f'HEAD /{way}/0/5000 HTTP/1.1\r\n{HOST}\r\n')
                r = c.response(head_only=True)
                self.assertEqual(r['Content-Length'], '5013' if way == 'framed' else '5000')
            c.send(request('/'))
            self.assertEqual(c.response().status, 200)

    def test_http10_and_connection_close_end_behind_the_file(self):
        for way in WAYS:
            for line in (f'GET /{way}/0/3000000 HTTP/1.0\r\n\r\n',
                         request(f'/{way}/0/3000000', 'Connection: close\r\n')):
                got = self.server.exchange(line)
                self.assertTrue(got.endswith(b'\r\n\r\n' + self.data[:3000000]))

    def test_a_slow_reader_gets_all_and_others_are_served(self):
        for way in WAYS:
            with self.server.connect() as slow:
                slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
                slow.send(request(f'/{way}/0/{SIZE}'))
                for _ in range(3):
                    self.assertEqual(self.server.get('/').status, 200)
                    self.check(way, 3, 100000, self.server.get(f'/{way}/3/100000').body)
                self.check(way, 0, SIZE, slow.response().body)

    def test_memory_stays_small(self):
        self.server.get(f'/file/0/{SIZE}')
        before = self.server.memory()
        slow = [self.server.connect() for _ in range(10)]
        for c in slow:
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            c.send(request(f'/file/0/{SIZE}'))
        self.server.get('/')
        self.assertLess(self.server.memory() - before, 4 << 20)
        for c in slow:
            c.close()

    def test_a_file_that_shrank_breaks_the_connection(self):
        for way in (*WAYS, 'framed'):
            for offset, size in ((SIZE - 10, 11), (SIZE, 1), (SIZE + 5, 100), (SIZE - (3 << 20), 4 << 20)):
                with self.server.connect() as c:
                    c.send(request(f'/{way}/{offset}/{size}') + request('/'))
                    c.read_until(b'\r\n\r\n')
                    try:
                        got = c.read_all()
                    except ConnectionResetError:
                        got = b''
                    self.assertLess(len(got), size + 13, (way, offset, size))
                    self.assertNotIn(b'HTTP/1.1', got)
                    self.assertTrue(self.data[offset:].startswith(got.removeprefix(b'before:')),
                                    (way, offset, size, got[:100]))
            self.server.read_until(rb'GET /%b/\d+/\d+: the file ended \d+ bytes early' % way.encode())
        self.assertEqual(self.server.get('/').status, 200)

    def test_a_client_that_leaves_is_noticed(self):
        for way in WAYS:
            for how in ('close', 'reset'):
                for _ in range(5):
                    c = self.server.connect()
                    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
                    c.send(request(f'/{way}/0/{SIZE}'))
                    c.read(100000)
                    getattr(c, how)()
        self.assertEqual(self.server.get('/').status, 200)

    def test_half_closed_clients_get_the_file(self):
        for way in WAYS:
            with self.server.connect() as c:
                c.send(request(f'/{way}/0/{SIZE}'))
                c.end()
                self.check(way, 0, SIZE, c.response().body)

    def test_not_in_a_chunked_answer(self):
        with self.server.connect() as c:
            c.send(request('/chunked/0/100'))
            self.assertNotIn(b'\r\n\r\n' + self.data[:10], c.read_all())
        self.server.read_until(rb'a file in a chunked answer')

    def test_curl_downloads_and_resumes(self):
        got = subprocess.run(['curl', '-sS', '--max-time', '20',
                              f'http://127.0.0.1:{self.server.port}/file/10/5000000'],
                             stdout=subprocess.PIPE, check=True).stdout
        self.check('file', 10, 5000000, got)


class WriteTime(FileCase):
    options = ('write_timeout=0.5',)

    def test_a_client_that_does_not_read_is_cut_off(self):
        for way in WAYS:
            with self.server.connect() as c:
                c.send(request(f'/{way}/0/{SIZE}'))
                self.server.read_until(rb'its peer does not read')
                self.server.output = b''
                try:
                    self.assertLess(len(c.read_all()), SIZE)
                except ConnectionResetError:
                    pass
        self.assertEqual(self.server.get('/').status, 200)

    def test_a_client_that_reads_slowly_is_served(self):
        with self.server.connect() as c:
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            c.send(request(f'/file/0/{SIZE}'))
            c.read_until(b'\r\n\r\n')
            got, c.kept = len(c.kept), b''
            until = time.monotonic() + 1.5  # three times the time, less than a third of what is kept
            while time.monotonic() < until:
                got += len(c.sock.recv(10000))
                time.sleep(0.02)
            self.assertLess(got, 1000000)
            c.read(SIZE - got)  # all of it comes

    def test_the_time_does_not_count_after_the_file(self):
        with self.server.connect() as c:
            for way in WAYS:
                c.send(request(f'/{way}/0/{SIZE}'))
                self.assertTrue(c.response().body == self.data)
            c.sock.settimeout(1.2)  # longer than write_timeout: nothing comes, nothing ends
            self.assertRaises(TimeoutError, c.sock.recv, 1)
            c.sock.settimeout(gale_wire.TIMEOUT)
            c.send(request('/'))
            self.assertEqual(c.response().status, 200)


if __name__ == '__main__':
    gale_wire.main()
