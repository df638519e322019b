"""test_output_wire - compression, Etags, JSON and event streams as they go over the wire."""
# SPDX-License-Identifier: MIT
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402


def words(size):
    return b''.join(b'%09d\n' % i for i in range(0, size, 10))


def decode(coding, body):
    """What a decoder that is not ours makes of it."""
    if coding == 'gzip':
        d = zlib.decompressobj(31)
        data = d.decompress(body)
        assert d.eof and not d.unused_data
        return data
    tool = {'br': ['brotli', '-dc'], 'zstd': ['zstd', '-dcq']}[coding]
    return subprocess.run(tool, input=body, stdout=subprocess.PIPE, check=True).stdout


class OutputCase(gale_wire.TestCase):
    program = 'output_server'
    args = ('--port=0', '--address=127.0.0.1')

    def ask(self, path, accept=None, method='GET', **headers):
        """Arguments of the query come after _: header fields with _ for -."""
        fields = ''.join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        if accept is not None:
            fields += f'Accept-Encoding: {accept}\r\n'
        with self.server.connect() as c:
            c.send(f'{method} {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n')
            return c.response(head_only=method == 'HEAD')

    def text(self, accept=None, method='GET', headers=None, **arguments):
        return self.ask('/text?' + urllib.parse.urlencode(arguments), accept, method,
                        **(headers or {}))


class Compression(OutputCase):
    def test_a1_11_each_coding_is_decoded_by_others(self):
        for coding in 'gzip', 'br', 'zstd':
            r = self.text(coding, size=50000)
            self.assertEqual(r['Content-Encoding'], coding)
            self.assertLess(len(r.body), 25000)
            self.assertEqual(int(r['Content-Length']), len(r.body))
            self.assertEqual(decode(coding, r.body), words(50000))
            self.assertEqual(r['Vary'], 'Accept-Encoding')

    def test_a1_11_the_client_chooses(self):
        for accept, expected in [
                (None, None), ('', None), ('gzip', 'gzip'), ('GZIP', 'gzip'),
                ('deflate', None), ('identity', None), ('gzip;q=0', None), ('gzip; q=0.000', None),
                ('gzip;q=0, br', 'br'), ('gzip;q=0.5, br;q=0.9, zstd;q=0.1', 'br'),
                ('zstd;q=0, br;q=0, *', 'gzip'), ('*', 'zstd'), ('*;q=0', None),
                ('identity;q=0, gzip', 'gzip'), ('identity;q=0.5, gzip;q=0.4', None),
                ('identity;q=0.5, gzip;q=0.5', 'gzip'), ('identity;q=0', None),
                ('gzip;q=wrong', None), ('gzip;q=2', None), ('gzip;q=', None),
                ('br;q=0.001', 'br'), ('gzip, deflate, br, zstd', 'zstd'), ('xgzip', None),
                ('gzip-not', None)]:
            r = self.text(accept)
            self.assertEqual(r['Content-Encoding'], expected, accept)
            self.assertEqual(r['Vary'], 'Accept-Encoding', accept)
            self.assertEqual(decode(expected, r.body) if expected else r.body, words(5000))

    def test_a1_11_what_is_left_alone(self):
        """... does not vary by it either."""
        for arguments in [
                {'status': 206, 'range': 'bytes 0-4999/9999'}, {'size': 1000}, {'type': 'image/png'},
                {'type': 'text/event-stream'}, {'coding': 'x-own'}, {'type': 'application/zip'},
                {'cache': 'private, no-transform'}]:
            r = self.text('gzip', **arguments)
            self.assertEqual(r['Content-Encoding'], arguments.get('coding'), arguments)
            self.assertEqual(r.body, words(arguments.get('size', 5000)))
            self.assertIsNone(r['Vary'], arguments)
        for arguments in {'status': 204, 'size': 0}, {'status': 205, 'size': 0}:
            r = self.text('gzip', **arguments)
            self.assertEqual((r['Content-Encoding'], r['Vary'], r.body), (None, None, b''))

    def test_a1_11_types_that_are_worth_it(self):
        for kind in ('text/plain', 'TEXT/HTML; charset=UTF-8', 'application/json', 'image/svg+xml',
                     'application/problem+json', 'application/javascript', 'application/xhtml+xml',
                     'application/atom+xml', 'application/xml'):
            self.assertEqual(self.text('gzip', type=kind)['Content-Encoding'], 'gzip', kind)

    def test_a_class_may_do_without(self):
        r = self.ask('/uncompressed?size=5000', 'gzip')
        self.assertEqual((r['Content-Encoding'], r['Vary'], r.body), (None, None, words(5000)))

    def test_vary_is_one_field(self):
        r = self.text('gzip', vary='Origin')
        self.assertEqual(r.all('Vary'), ['Origin, Cookie, Accept-Encoding'])
        r = self.text(vary='accept-encoding')
        self.assertEqual(r.all('Vary'), ['accept-encoding', 'Cookie'])
        self.assertEqual(self.text('gzip', vary='*').all('Vary'), ['*', 'Cookie'])

    def test_c6_etags_differ_by_coding(self):
        plain = self.text()
        self.assertRegex(plain['Etag'], r'^"[0-9a-f]{16}"$')
        for coding in 'gzip', 'br', 'zstd':
            packed = self.text(coding)
            self.assertEqual(packed['Etag'], 'W/' + plain['Etag'])
            self.assertEqual(len(packed.all('Etag')), 1)
        self.assertEqual(self.text('gzip', etag='"own"')['Etag'], 'W/"own"')
        self.assertEqual(self.text('gzip', etag='W/"own"')['Etag'], 'W/"own"')
        self.assertEqual(self.text(etag='"own"')['Etag'], '"own"')

    def test_c6_no_compression_of_ranges_and_q_0(self):
        r = self.text('gzip', status=206, range='bytes 0-4999/9999')
        self.assertEqual((r.status, r['Content-Encoding'], r.body), (206, None, words(5000)))
        self.assertIsNone(self.text('gzip;q=0')['Content-Encoding'])

    def test_a1_11_validation_of_encoded_variants(self):
        """A 304 has the Etag and Vary of the answer that it stands for."""
        plain, packed = self.text(), self.text('gzip')
        for tag in plain['Etag'], packed['Etag']:
            for accept, expected in (None, plain), ('gzip', packed):
                r = self.text(accept, headers={'If_None_Match': tag})
                self.assertEqual(r.status, 304)
                self.assertEqual((r['Etag'], r['Vary']), (expected['Etag'], expected['Vary']))
                self.assertEqual((r['Content-Encoding'], r['Content-Length'], r['Content-Type']),
                                 (None, None, None))
        small = self.text('gzip', size=10)
        r = self.text('gzip', size=10, headers={'If_None_Match': small['Etag']})
        self.assertEqual((r.status, r['Etag'], r['Vary']), (304, small['Etag'], None))

    def test_if_match(self):
        tag = self.text()['Etag']
        for condition, status in [(tag, 200), (f'"x", {tag}', 200), ('*', 200), ('"x"', 412),
                                  ('W/' + tag, 412), ('', 412)]:
            self.assertEqual(self.text(headers={'If_Match': condition}).status, status, condition)
        # It counts before If-None-Match.
        r = self.text(headers={'If_Match': '"x"', 'If_None_Match': tag})
        self.assertEqual(r.status, 412)

    def test_flushed_pieces_can_be_read_at_once(self):
        with self.server.connect() as c:
            c.send('GET /pieces HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n')
            head = c.read_until(b'\r\n\r\n')
            self.assertIn(b'\r\nContent-Encoding: gzip\r\n', head)
            self.assertIn(b'\r\nTransfer-Encoding: chunked\r\n', head)
            self.assertNotIn(b'Content-Length', head)
            self.assertIn(b'\r\nVary: Accept-Encoding\r\n', head)
            d, seen = zlib.decompressobj(31), []
            while True:
                size = int(c.read_until(b'\r\n')[:-2], 16)
                if not size:
                    break
                seen.append(d.decompress(c.read(size)))
                c.read(2)
            self.assertEqual(seen, [b'ab', b'cd', b''])
            self.assertTrue(d.eof)

    def test_head_is_as_get(self):
        for accept in None, 'gzip', 'br':
            get, head = self.text(accept), self.text(accept, method='HEAD')
            for name in 'Content-Encoding', 'Content-Length', 'Etag', 'Vary', 'Content-Type':
                self.assertEqual(get[name], head[name], name)

    def test_a_head_of_its_own_is_as_get(self):
        get = self.ask('/declared', 'gzip')
        self.assertEqual(decode('gzip', get.body), words(5000))
        self.assertEqual(int(get['Content-Length']), len(get.body))
        head = self.ask('/declared', 'gzip', 'HEAD')
        self.assertEqual((head['Content-Encoding'], head['Vary']), ('gzip', 'Accept-Encoding'))
        self.assertIsNone(head['Content-Length'])
        self.assertEqual(self.ask('/declared', None, 'HEAD')['Content-Length'], '5000')

    def test_error_pages_are_compressed_too(self):
        r = self.ask('/fail', 'gzip')
        self.assertEqual((r.status, r['Content-Encoding'], r['Etag']), (500, 'gzip', None))
        self.assertEqual(decode('gzip', r.body), b'error 500\n' + words(4000))

    def test_curl(self):
        url = f'http://127.0.0.1:{self.server.port}/text?size=100000'
        out = subprocess.run(['curl', '-sS', '--compressed', url], stdout=subprocess.PIPE, check=True)
        self.assertEqual(out.stdout, words(100000))
        codings = subprocess.run(['curl', '-sS', '--compressed', '-o', os.devnull, '-w',
                                  '%{size_download}', url], stdout=subprocess.PIPE, check=True)
        self.assertLess(int(codings.stdout), 50000)


class Json(OutputCase):
    def test_lists_and_objects(self):
        r = self.ask('/json')
        self.assertEqual(r['Content-Type'], 'application/json; charset=UTF-8')
        self.assertEqual(r.body, rb'[{"name": "<\/script>", "n": 42}, "x"]')
        self.assertEqual(json.loads(r.body)[0]['name'], '</script>')

    def test_a_null_argument_is_a_500_that_names_the_call(self):
        r = self.ask('/bad_json')
        self.assertEqual(r.status, 500)
        self.assertNotIn(b'output_server.c', r.body)
        self.server.read_until(rb'output_server\.c:\d+: gale_json: NULL string at byte \d+')


class Events(OutputCase):
    def counts(self):
        return {name: int(n) for name, n in
                re.findall(r'(\w+)=(\d+)', self.ask('/counts').body.decode())}

    def open(self, path, fields=''):
        c = self.server.connect()
        c.send(f'GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n{fields}\r\n')
        return c, c.read_until(b'\r\n\r\n').decode('latin-1')

    def chunks(self, c, n):
        data = b''
        for _ in range(n):
            size = int(c.read_until(b'\r\n')[:-2], 16)
            data += c.read(size)
            c.read(2)
        return data

    def test_a1_12_format(self):
        c, head = self.open('/events?retry=1500', 'Last-Event-ID: 41\r\n')
        with c:
            for field in ('Content-Type: text/event-stream', 'Cache-Control: no-store, no-transform',
                          'X-Accel-Buffering: no'):
                self.assertIn(f'\r\n{field}\r\n', head)
            for name in 'Content-Encoding', 'Content-Length', 'Etag', 'Vary':
                self.assertNotIn(name, head)
            data = self.chunks(c, 6).decode()
        self.assertEqual(data, 'retry: 1500\n\n'
                               'data: one\n\n'
                               'event: lines\nid: 7\ndata: a\ndata: b\ndata: c\ndata: d\n\n'
                               'retry: 250\ndata: \n\n'
                               'id: 41\n\n'
                               'data: last\ndata: \n\n')

    def test_a1_12_a_gone_client_is_noticed_without_writing(self):
        for path in '/events', '/events/busy', '/events/busy?sleep=1':
            for how in 'close', 'reset', 'end':
                before = self.counts()
                c, _ = self.open(path)
                while self.counts()['opened'] == before['opened']:
                    pass
                getattr(c, how)()
                self.counts()  # a turn
                after = self.counts()
                self.assertEqual(after['gone'], before['gone'] + 1, (path, how))
                if path == '/events':
                    self.assertEqual(after['told'], before['told'] + 1)
                c.close()

    def test_a1_12_heartbeat(self):
        start = time.monotonic()
        c, _ = self.open('/events/busy?heartbeat=0.05')
        with c:
            self.assertEqual(self.chunks(c, 3), b':\n\n' * 3)
        self.assertGreater(time.monotonic() - start, 0.14)

    def test_a1_12_a_slow_reader_holds_the_writer(self):
        before = self.counts()
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sock.connect(('127.0.0.1', self.server.port))
        sock.sendall(b'GET /events/flood HTTP/1.1\r\nHost: x\r\n\r\n')
        same, sent = 0, -1
        while same < 20:
            now = self.counts()['sent']
            same, sent = (same + 1 if now == sent and now else 0), now
        self.assertLess(sent, 512)  # of 1024
        self.assertLess(self.server.memory(), 256 << 20)
        sock.close()
        self.counts()
        self.assertEqual(self.counts()['gone'], before['gone'] + 1)

    def test_futures_bring_events(self):
        r = self.ask('/events/short')
        self.assertEqual(r.body, b'data: three\n\n' * 3)

    def test_head(self):
        r = self.ask('/events', None, 'HEAD')
        self.assertEqual((r.status, r['Content-Type']), (200, 'text/event-stream'))

    def test_http_1_0(self):
        with self.server.connect() as c:
            c.send('GET /events/short HTTP/1.0\r\n\r\n')
            self.assertTrue(c.read_all().endswith(b'\r\n\r\n' + b'data: three\n\n' * 3))

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        assert b'GALE_E' not in cls.server.output, cls.server.output[-2000:]


class Example(gale_wire.TestCase):
    program = 'events'
    args = ('--port=0', '--address=127.0.0.1')

    def test_page(self):
        r = self.server.get('/')
        self.assertIn(b"new EventSource('/events')", r.body)

    def test_events(self):
        for last, first in ('', 1), ('Last-Event-ID: 41\r\n', 42):
            with self.server.connect() as c:
                c.send(f'GET /events?pause=0.001 HTTP/1.1\r\nHost: x\r\n{last}\r\n')
                for n in range(first, first + 3):
                    c.read_until(f'id: {n}\ndata: {n}\n\n'.encode())
                    self.assertRegex(c.read_until(b' GMT\n\n'), rb'event: time\ndata: \w{3}, \d\d ')


gale_wire.main()
