"""Applications over FastCGI behind nginx: TCP and Unix sockets, kept connections or not."""
# SPDX-License-Identifier: MIT
import http.client
import os
import signal
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_nginx  # noqa: E402
import gale_wire  # noqa: E402
from test_fastcgi_wire import Program, clean  # noqa: E402

WAYS = ('tcp', 'unix', 'kept', 'keptunix')
MIB = 1 << 20


class Behind(gale_wire.unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.programs = [Program('--fastcgi=0', '--drain-timeout=5'),
                        Program(f'--fastcgi=unix:{cls.folder.name}/s', '--drain-timeout=5')]
        tcp, unix = (p.where for p in cls.programs)
        kept = 'fastcgi_keep_conn on;'
        cls.nginx = gale_nginx.Nginx(
            {'tcp': f'fastcgi_pass {tcp};', 'unix': f'fastcgi_pass {unix};', 'kept': f'fastcgi_pass kept; {kept}',
             'keptunix': f'fastcgi_pass keptunix; {kept} fastcgi_request_buffering off;'},
            f'upstream kept {{ server {tcp}; keepalive 4; }} upstream keptunix {{ server {unix}; keepalive 4; }}')

    @classmethod
    def tearDownClass(cls):
        cls.nginx.stop()
        for program in cls.programs:
            clean(cls('test_big_answers'), program)
        cls.folder.cleanup()

    def ask(self, way, path, method='GET', body=None, headers={}):
        c = http.client.HTTPConnection('127.0.0.1', self.nginx.ports[way], timeout=gale_wire.TIMEOUT)
        c.request(method, path, body, headers, encode_chunked=body is not None and not isinstance(body, bytes))
        response = c.getresponse()
        try:
            return response.status, response.read()
        finally:
            c.close()

    def test_requests_and_answers(self):
        for way in WAYS:
            for _ in range(3):
                self.assertEqual(self.ask(way, '/hello'), (200, b'hello'))
            self.assertEqual(self.ask(way, '/hello', 'HEAD'), (200, b''))
            self.assertEqual(self.ask(way, '/nowhere')[0], 404)
            text = self.ask(way, '/show/a%20b?c=%C3%A4&d', headers={'User-Agent': 'x'})[1].decode()
            self.assertIn('GET /show/a%20b?c=%C3%A4&d HTTP/1.1\n', text)
            self.assertIn(f'remote=127.0.0.1\nurl=http://127.0.0.1:{self.nginx.ports[way]}/show', text)
            self.assertIn('agent=x\n', text)
            self.assertIn(b'body=300000 q', self.ask(way, '/show', 'POST', b'q' * 300000)[1])

    def test_100_mib_are_streamed(self):
        body = bytes(100 * MIB)
        for way in ('tcp', 'keptunix'):
            self.assertEqual(self.ask(way, '/upload', 'POST', body), (200, b'104857600 0'))
        for program in self.programs:
            self.assertLess(gale_wire.Program.memory(program), 400 * MIB)

    def test_chunked_uploads(self):
        for way in WAYS:
            status, text = self.ask(way, '/upload', 'POST', (b'\0' * 10000 for _ in range(50)),
                                    {'Transfer-Encoding': 'chunked'})
            self.assertEqual((status, text), (200, b'500000 0'))

    def test_big_answers(self):
        for way in WAYS:
            self.assertEqual(len(self.ask(way, '/bytes?n=9000000')[1]), 9000000)
            self.assertEqual(len(self.ask(way, '/bytes?n=9000000&length=9000000')[1]), 9000000)

    def test_an_answer_that_breaks_off_does_for_the_client(self):
        for way in WAYS:
            for query in ('n=100000&fail=1', 'n=100000&fail=1&length=200000', 'n=10&fail=1'):
                with self.assertRaises((http.client.IncompleteRead, http.client.RemoteDisconnected), msg=query):
                    self.ask(way, f'/bytes?{query}')

    def test_early_answers(self):
        for way in WAYS:
            self.assertEqual(self.ask(way, '/show', 'POST', bytes(20 * MIB))[0], 413)
            self.assertEqual(self.ask(way, '/upload?stop=1', 'POST', bytes(5 * MIB))[0], 200)
            self.assertEqual(self.ask(way, '/hello'), (200, b'hello'))

    def test_websockets_say_why_not(self):
        for way in WAYS:
            status, text = self.ask(way, '/socket', headers={'Upgrade': 'websocket', 'Connection': 'Upgrade'})
            self.assertEqual(status, 501)
            self.assertIn(b'FastCGI', text)

    def test_many_at_once(self):
        results = []

        def ask(way):
            results.append(self.ask(way, '/bytes?n=300000&length=300000')[1])
        threads = [threading.Thread(target=ask, args=(way,)) for way in WAYS * 5]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(gale_wire.TIMEOUT)
        self.assertEqual([len(r) for r in results], [300000] * 20)

    def test_a_client_that_goes_is_told(self):
        with gale_wire.Connection(socket.create_connection(('127.0.0.1', self.nginx.ports['unix']))) as c:
            c.send('GET /hold HTTP/1.1\r\nHost: h\r\n\r\n')
            self.programs[1].until('coroutines=2$')
            before = int(self.programs[1].until(r'gone=(\d+)')[1])
        self.programs[1].until(f'gone={before + 1}')
        self.assertEqual(self.ask('unix', '/go')[0], 200)


class Restarts(gale_wire.unittest.TestCase):
    """Workers are replaced while requests come. nginx repeats a GET on a kept connection that ends."""

    def workers(self, program):
        with open(f'/proc/{program.pid}/task/{program.pid}/children') as f:
            return set(f.read().split())

    def test_nothing_is_lost(self):
        program = Program('--fastcgi=0', '--workers=2', '--access-log=off', '--drain-timeout=20')
        kept = 'fastcgi_pass kept; fastcgi_keep_conn on;'
        nginx = gale_nginx.Nginx({'new': f'fastcgi_pass {program.where};', 'kept': kept},
                                 f'upstream kept {{ server {program.where}; keepalive 4; }}')
        failed, done = [], threading.Event()

        def ask(way, method, body):
            c = http.client.HTTPConnection('127.0.0.1', nginx.ports[way], timeout=gale_wire.TIMEOUT)
            while not done.is_set():
                c.request(method, '/show', body)
                response = c.getresponse()
                if response.status != 200 or not response.read().startswith(method.encode()):
                    failed.append((way, method, response.status))
                    return
            c.close()
        threads = [threading.Thread(target=ask, args=args)
                   for args in (('new', 'POST', b'x'), ('new', 'GET', None), ('kept', 'GET', None)) * 2]
        for thread in threads:
            thread.start()
        try:
            for _ in range(4):
                old = self.workers(program)
                self.assertEqual(len(old), 2)
                program.process.send_signal(signal.SIGHUP)
                end = time.monotonic() + gale_wire.TIMEOUT
                while self.workers(program) & old:
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.01)
        finally:
            done.set()
            for thread in threads:
                thread.join(gale_wire.TIMEOUT)
            nginx.stop()
        self.assertEqual(failed, [])
        clean(self, program)


if __name__ == '__main__':
    gale_wire.main()
