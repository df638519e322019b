"""What requests bring, over real sockets: forms of curl, of Tornado's making and of none, uploads."""
# SPDX-License-Identifier: MIT
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

HOST = 'Host: localhost\r\n'
URLENCODED = 'Content-Type: application/x-www-form-urlencoded\r\n'
MULTIPART = 'Content-Type: multipart/form-data; boundary=B\r\n'


def checksum(data):
    sum = 2166136261
    for byte in data:
        sum = (sum ^ byte) * 16777619 & 0xffffffff
    return sum ^ 2166136261


def part(name, content, filename=None):
    head = f'--B\r\nContent-Disposition: form-data; name="{name}"'
    if filename is not None:
        head += f'; filename="{filename}"\r\nContent-Type: text/x'
    return head.encode() + b'\r\n\r\n' + content + b'\r\n'


class Input(gale_wire.TestCase):
    program = 'input_server'
    args = ('--port=0',)

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        asan = os.environ.get('ASAN_OPTIONS', '') + ':quarantine_size_mb=1:thread_local_quarantine_size_kb=64'
        cls.server = gale_wire.Program(cls.program, *cls.args,
                                       env={'FOLDER': cls.folder, 'ASAN_OPTIONS': asan})

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        shutil.rmtree(cls.folder)

    def send(self, path, body=b'', headers='', method='POST'):
        with self.server.connect() as c:
            c.send(f'{method} {path} HTTP/1.1\r\n{HOST}{headers}Content-Length: {len(body)}\r\n\r\n')
            c.send(body)
            return c.response()

    def form(self, path, body, headers=MULTIPART):
        r = self.send(path, body, headers)
        self.assertEqual(r.status, 200, r)
        return json.loads(r.body)

    def log_since(self, mark, path):
        """What the server logged about a request since then: asks for another and waits for its line."""
        self.server.get(f'/nowhere{mark}')
        self.server.read_until(rb'404 GET /nowhere%d .*\n' % mark)
        return [line for line in self.server.output[mark:].decode('utf-8', 'replace').splitlines()
                if f' {path} ' in line]

    def spools(self):
        """Temporary files that the server has open."""
        folder = f'/proc/{self.server.pid}/fd'
        n = 0
        for fd in os.listdir(folder):
            try:
                n += re.search(r'/(#\d+|gale-\w+) \(deleted\)$', os.readlink(f'{folder}/{fd}')) is not None
            except OSError:
                pass
        return n

    def wait_for(self, what, value):
        end = time.monotonic() + gale_wire.TIMEOUT
        while what() != value:
            self.assertLess(time.monotonic(), end, what())
            time.sleep(0.01)

    def test_a_form_needs_one_descriptor(self):
        parts = b''.join(part('f', b'%d' % i * 70000, f'{i}') for i in range(10))
        with self.server.connect() as c:
            c.send(f'POST /form HTTP/1.1\r\n{HOST}{MULTIPART}Content-Length: {len(parts) + 5}\r\n\r\n')
            c.send(parts)
            time.sleep(0.2)
            self.wait_for(self.spools, 1)
            c.send('--B--')
            files = json.loads(c.response().body)['files']
        self.assertEqual([f['sum'] for f in files], [checksum(b'%d' % i * 70000) for i in range(10)])
        self.assertEqual(sum(f['in_memory'] for f in files), 0)
        self.log_since(0, '/form')

    def test_forms_that_nobody_takes(self):
        """No descriptor, no 100 Continue, no waiting for the rest."""
        for method, path, status in (('POST', '/nowhere', 404), ('PUT', '/form', 405), ('POST', '/put', 405),
                                     ('DELETE', '/n', 405)):
            for expect in ('', 'Expect: 100-continue\r\n'):
                with self.server.connect() as c:
                    c.send(f'{method} {path} HTTP/1.1\r\n{HOST}{MULTIPART}{expect}Content-Length: 1000000\r\n\r\n')
                    if not expect:
                        c.send(part('f', b'x' * 100000, 'x'))
                    r = c.response()
                    self.assertEqual((r.status, r['Connection']), (status, 'close'), (method, path))
                    self.assertEqual(self.spools(), 0)
        with self.server.connect() as c:  # one that has come is skipped
            for _ in range(3):
                c.send(f'POST /nowhere HTTP/1.1\r\n{HOST}{MULTIPART}Content-Length: 50000\r\n\r\n' + 'x' * 50000)
                r = c.response()
                self.assertEqual((r.status, r['Connection']), (404, None))

    def test_a1_2_the_application_answers_refused_bodies(self):
        requests = (
            (413, f'{URLENCODED}Content-Length: 1001\r\n\r\n' + 'x' * 1001),
            (413, f'{MULTIPART}Content-Length: 1001\r\n\r\n' + 'x' * 1001),
            (413, 'Transfer-Encoding: chunked\r\n\r\n1f0\r\n' + 'x' * 0x1f0 + '\r\nfff\r\n' + 'x' * 0xfff),
            (413, 'Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n'),
            (400, 'Transfer-Encoding: chunked\r\n\r\nzz\r\n'),
            (411, f'{URLENCODED}\r\na=1'),
            (408, f'{URLENCODED}Content-Length: 100\r\n\r\na=1'),
        )
        for method in ('POST', 'PUT'):
            for status, rest in requests:
                mark = len(self.server.output)
                with self.server.connect() as c:
                    c.send(f'{method} /limited HTTP/1.1\r\n{HOST}{rest}')
                    r = c.response()
                    self.assertEqual((r.status, r.body), (status, b'own page of %d' % status), rest[:80])
                    self.assertEqual((r['X-After'], r['Connection']), ('ran', 'close'))
                    self.assertTrue(c.is_closed())
                lines = self.log_since(mark, '/limited')
                self.assertEqual(len(lines), 2, lines)  # the reason, and the access line
                self.assertIn(f' {status} {method} /limited ', lines[1])

    # --- arguments

    def test_a1_10_body_of_a_get(self):
        r = self.send('/parts?a=1', b'a=2', URLENCODED, 'GET')
        self.assertEqual(r.body, b'2 1 2')
        self.assertEqual(self.send('/parts', b'a=2', URLENCODED, 'GET').body, b'2 - 2')

    def test_a3_2_not_a_number_names_the_field(self):
        mark = len(self.server.output)
        r = self.server.get('/n?n=12abc')
        self.assertEqual(r.status, 400)
        self.assertIn(b'Argument n is not an integer', r.body)
        self.assertNotIn(b'12abc', r.body)
        lines = self.log_since(mark, '/n?n=12abc')
        self.assertEqual(len(lines), 2, lines)
        self.assertIn('Argument n is not an integer: "12abc"', lines[0])

    def test_a3_2_json(self):
        kind = 'Content-Type: application/json\r\n'
        self.assertEqual(self.send('/json', b'{"a": [1]}', kind).body, b'{"a": [1]}')
        deep = self.send('/json', b'[' * 10000 + b']' * 10000, kind)
        self.assertEqual(deep.status, 400)
        self.assertIn(b'deeper than 128', deep.body)
        twice = self.send('/json', b'{"a": 1, "a": 2}', kind)
        self.assertEqual(twice.status, 400)
        self.assertIn(b'&quot;a&quot; twice', twice.body)
        self.assertEqual(self.send('/json', b'{}', 'Content-Type: text/json\r\n').status, 415)

    def test_c4_urlencoded_fields_are_counted(self):
        r = self.form('/form', b'&'.join([b'a'] * 1000), URLENCODED)
        self.assertEqual(len(r['arguments']), 1000)
        self.assertEqual(self.send('/form', b'&'.join([b'a'] * 1001), URLENCODED).status, 400)
        self.assertEqual(self.send('/form', b'a&' * 5000000, URLENCODED).status, 400)

    def test_c19_form_types(self):
        for kind, n in (('Application/X-WWW-Form-Urlencoded;charset=UTF-8', 1),
                        ('application/x-www-form-urlencoded-not', 0),
                        ('MULTIPART/FORM-DATA; BOUNDARY=B', 0),
                        ('text/plain', 0)):
            r = self.send('/form', b'a=1', f'Content-Type: {kind}\r\n')
            if kind.startswith('M'):
                self.assertEqual(r.status, 400)
            else:
                self.assertEqual(len(json.loads(r.body)['arguments']), n, kind)
        self.assertEqual(self.send('/form', b'a=1', URLENCODED + 'Content-Encoding: gzip\r\n').status, 400)

    # --- forms

    def test_form_in_memory(self):
        r = self.form('/form', part('a', b'1') + part('f', b'\0\xff\r\n', 'x y.bin') + b'--B--\r\n')
        self.assertEqual(r['arguments'], [['a', '1']])
        self.assertEqual(r['files'], [{'name': 'f', 'filename': 'x y.bin', 'type': 'text/x', 'size': 4,
                                       'in_memory': True, 'sum': checksum(b'\0\xff\r\n')}])

    def test_large_file_is_not_kept_in_memory(self):
        content = os.urandom(300000)
        body = part('a', b'1') + part('f', content, 'x') + part('g', b'small', 'y') + b'--B--\r\n'
        r = self.form('/form', body)
        self.assertEqual(r['arguments'], [['a', '1']])
        self.assertEqual([(f['size'], f['in_memory']) for f in r['files']], [(300000, False), (5, True)])
        self.assertEqual(r['files'][0]['sum'], checksum(content))
        self.wait_for(self.spools, 0)

    def test_a3_1_boundary_split_at_every_byte(self):
        content = b'\r\n--\r\n-B\r' * 3
        body = part('f', content, 'x') + part('a', b'\r\n--A--') + b'--B--\r\n'
        head = f'POST /stream HTTP/1.1\r\n{HOST}{MULTIPART}Content-Length: {len(body)}\r\n\r\n'.encode()
        with self.server.connect() as c:
            c.sock.setsockopt(6, 1, 1)  # TCP_NODELAY
            for cut in range(len(body) + 1):
                c.send(head + body[:cut])
                c.send(body[cut:])
                seen = json.loads(c.response().body)
                self.assertEqual([(p['name'], p['size'], p['sum']) for p in seen],
                                 [('f', len(content), checksum(content)),
                                  ('a', 7, checksum(b'\r\n--A--'))], cut)

    def test_form_in_chunks(self):
        body = part('a', b'1') + part('f', b'x' * 2000, 'x') + b'--B--\r\n'
        with self.server.connect() as c:
            c.send(f'POST /form/small HTTP/1.1\r\n{HOST}{MULTIPART}Transfer-Encoding: chunked\r\n\r\n')
            for i in range(0, len(body), 7):
                piece = body[i:i + 7]
                c.send(b'%x\r\n%s\r\n' % (len(piece), piece))
            c.send('0\r\n\r\n')
            r = json.loads(c.response().body)
        self.assertEqual(r['arguments'], [['a', '1']])
        self.assertEqual(r['files'][0]['sum'], checksum(b'x' * 2000))

    def test_b22_many_bad_parts_are_one_line(self):
        mark = len(self.server.output)
        r = self.send('/form', b'--B\r\nbad\r\n\r\n\r\n' * 50000 + b'--B--', MULTIPART)
        self.assertEqual(r.status, 400)
        lines = self.log_since(mark, '/form')
        self.assertEqual(len(lines), 2, lines)  # the reason, and the access line
        self.assertIn('multipart form:', lines[0])
        mark = len(self.server.output)
        self.assertEqual(self.send('/form', b'--B\r\n\r\n\r\n' * 1000 + b'--B--', MULTIPART).status, 400)
        self.assertEqual(len(self.log_since(mark, '/form')), 2)

    def test_b24_semicolons_in_quotes_are_linear(self):
        r = self.send('/form', part('f', b'1', ';' * 10240) + b'--B--', MULTIPART)
        self.assertEqual(r.status, 400)  # a head has at most 10 KiB
        self.assertIn(b'head of a part is too long', r.body)
        before = self.server.cpu_seconds()
        r = self.form('/form', part('f', b'1', ';' * 10000) * 100 + b'--B--')
        self.assertEqual(r['files'][99]['filename'], ';' * 10000)
        self.assertLess(self.server.cpu_seconds() - before, 2)

    def test_b28_number_of_parts_is_exact(self):
        self.assertEqual(len(self.form('/form', part('a', b'') * 100 + b'--B--')['arguments']), 100)
        r = self.send('/form', part('a', b'') * 101 + b'--B--', MULTIPART)
        self.assertEqual(r.status, 400)
        self.assertIn(b'more parts than allowed', r.body)

    def test_b30_bare_cr_in_a_part_head(self):
        for body in (part('a\rb', b''), part('f', b'', 'x\r.txt'), part('f', b'', 'x\0.txt'),
                     b'--B\r\nContent-Disposition: form-data; name=a\r\rX: y\r\n\r\n1\r\n'):
            for path in ('/form', '/form/small', '/stream'):
                self.assertEqual(self.send(path, body + b'--B--', MULTIPART).status, 400, body)

    def test_curl(self):
        content = os.urandom(200000)
        name = 'a "b";\\ \u00e9.bin'
        with open(f'{self.folder}/{name}', 'wb') as f:
            f.write(content)
        for path in ('form', 'stream'):
            out = subprocess.run(['curl', '-sS', '--max-time', '20', '-F', 'text= hello \u00e9 ', '-F',
                                  'f=@"' + f'{self.folder}/{name}'.replace('\\', '\\\\').replace('"', '\\"')
                                  + '";type=image/x', f'http://127.0.0.1:{self.server.port}/{path}'],
                                 capture_output=True, check=True).stdout
            r = json.loads(out)
            file = r['files'][0] if path == 'form' else r[1]
            # curl sends a quote as \" or as %22, as its version goes
            self.assertEqual(file['filename'].replace('%22', '"'), name)
            self.assertEqual((file['type'], file['size'], file['sum']),
                             ('image/x', len(content), checksum(content)))
        self.assertEqual(json.loads(subprocess.run(
            ['curl', '-sS', '-F', 'text= hello \u00e9 ', f'http://127.0.0.1:{self.server.port}/form'],
            capture_output=True, check=True).stdout)['arguments'], [['text', 'hello \u00e9']])
        os.unlink(f'{self.folder}/{name}')

    def test_forms_are_read_as_tornado_reads_them(self):
        try:
            from tornado.escape import url_escape
            from tornado.httputil import parse_body_arguments
        except ImportError:
            self.skipTest('no python3-tornado')

        def tornado(kind, body):
            arguments, files = {}, {}
            parse_body_arguments(kind, body, arguments, files)
            return ({k: [v.decode().strip() for v in vs] for k, vs in arguments.items()},
                    {k: [(f['filename'], f['content_type'], checksum(f['body'])) for f in fs]
                     for k, fs in files.items()})

        def gale(kind, body):
            r = self.form('/form', body, f'Content-Type: {kind}\r\n')
            arguments, files = {}, {}
            for name, value in r['arguments']:
                arguments.setdefault(name, []).append(value)
            for f in r['files']:
                files.setdefault(f['name'], []).append((f['filename'], f['type'], f['sum']))
            return arguments, files

        query = '&'.join(f'{url_escape(k)}={url_escape(v)}' for k, v in
                         (('a b', ' 1&2=3'), ('e', '+;%\u00e9'), ('e', ''), ('', 'x')))
        kind = 'application/x-www-form-urlencoded'
        self.assertEqual(gale(kind, query.encode()), tornado(kind, query.encode()))
        self.assertEqual(gale(kind, query.encode())[0]['e'], ['+;%\u00e9', ''])
        bodies = [
            part('a', b' 1%41+ ') + part('a', b'') + part('f', b'\0\r\n--b', 'x') + part('f', b'', 'y;z'),
            part('f', b'1', 'a\tb "c'.replace('"', '\\"')) + part('g', b'2', 'C:\\\\x\\y'),
            part('f', b'1', '\u00e1.txt') + part('f', b'2', ''),
            b'--B\r\nContent-Disposition: form-data; name=f; filename*=UTF-8\'\'%C3%A1b.txt\r\n\r\n1\r\n',
        ]
        for kind in ('multipart/form-data; boundary=B', 'multipart/form-data; boundary="B"'):
            for body in bodies:
                body += b'--B--\r\n'
                self.assertEqual(gale(kind, body), tornado(kind, body), body)

    # --- limits, and clients that go

    def test_a3_1_limits_abort_midway_with_413(self):
        for path in ('/form/small', '/stream/small'):
            r = self.send(path, part('f', b'x' * 200000, 'x') + b'--B--', MULTIPART)
            self.assertEqual(r.status, 413, path)
            with self.server.connect() as c:  # in chunks nobody knows before
                c.send(f'POST {path} HTTP/1.1\r\n{HOST}{MULTIPART}Transfer-Encoding: chunked\r\n\r\n')
                c.send(b'%x\r\n' % 99000 + (part('f', b'x' * 99000, 'x'))[:99000] + b'\r\n')
                if path == '/form/small':
                    self.wait_for(self.spools, 1)
                c.send(b'800\r\n' + b'x' * 2048 + b'\r\n')
                self.assertEqual(c.response().status, 413)
            self.wait_for(self.spools, 0)
        r = self.send('/put?max=1000', b'x' * 1001, method='PUT')
        self.assertEqual(r.status, 413)
        self.assertEqual(self.send('/put?max=1000', b'x' * 1000, method='PUT').body, b'1000')

    def test_a3_1_temporary_files_go_with_the_client(self):
        for reset in (False, True):
            c = self.server.connect()
            c.send(f'POST /form HTTP/1.1\r\n{HOST}{MULTIPART}Content-Length: 5000000\r\n\r\n')
            c.send(part('f', b'x' * 1000000, 'x')[:1000000])
            self.wait_for(self.spools, 1)
            c.reset() if reset else c.close()
            self.wait_for(self.spools, 0)

    def test_a3_1_saved_parts_go_with_the_client(self):
        c = self.server.connect()
        c.send(f'POST /save HTTP/1.1\r\n{HOST}{MULTIPART}Content-Length: 5000000\r\n\r\n')
        c.send(part('saved', b'x' * 1000000, 'x')[:1000000])
        self.wait_for(lambda: any(n.startswith('saved.gale-') for n in os.listdir(self.folder)), True)
        self.assertNotIn('saved', os.listdir(self.folder))
        c.close()
        self.wait_for(lambda: os.listdir(self.folder), [])

    def test_saved_files(self):
        content = os.urandom(700000)
        r = self.send('/save', part('one', content, 'x') + part('two', b'2') + b'--B--', MULTIPART)
        self.assertEqual(r.body, b'one 700000\ntwo 1\n')
        r = self.send('/keep', part('f', content, '../../three') + b'--B--', MULTIPART)
        self.assertEqual(r.status, 200)
        for name, want in (('one', content), ('two', b'2'), ('three', content)):
            with open(f'{self.folder}/{name}', 'rb') as f:
                self.assertEqual(f.read(), want)
            os.unlink(f'{self.folder}/{name}')
        self.assertEqual(os.listdir(self.folder), [])

    def test_the_connection_goes_on_after_a_form(self):
        body = part('f', b'x' * 200000, 'x') + b'--B--\r\nepilogue'
        request = f'POST %s HTTP/1.1\r\n{HOST}{MULTIPART}Content-Length: {len(body)}\r\n\r\n'
        with self.server.connect() as c:
            for path in ('/form', '/stream', '/form'):
                c.send((request % path).encode() + body)
                self.assertEqual(c.response().status, 200)

    def upload(self, path, size):
        """A form with one file of that many bytes, most of them zero."""
        body = part('f', b'', 'x')[:-2], b'\r\n--B--\r\n'
        block = bytes(1 << 20)
        with self.server.connect() as c:
            c.sock.settimeout(60)
            c.send(f'POST {path} HTTP/1.1\r\n{HOST}{MULTIPART}Content-Length: '
                   f'{len(body[0]) + size + len(body[1])}\r\n\r\n'.encode() + body[0])
            before = self.server.memory()
            most = before
            for i in range(size // len(block)):
                c.send(block)
                if i % 32 == 0:
                    most = max(most, self.server.memory())
            c.send(body[1])
            r = json.loads(c.response().body)
            return r, max(most, self.server.memory()) - before

    def test_a3_1_two_gibibytes_in_constant_memory(self):
        self.upload('/stream/big?fast=1', 8 << 20)  # what is allocated once
        r, growth = self.upload('/stream/big?fast=1', 2 << 30)
        self.assertEqual(r[0]['size'], 2 << 30)
        self.assertLess(growth, 8 << 20)

    def test_a3_1_spilled_file_in_constant_memory(self):
        # io_uring may fill its ring of 4 MiB, and keep as much, before receiving rests.
        bound = (24 if gale_wire.BACKEND == 'io_uring' else 8) << 20
        self.upload('/form/big', 16 << 20)
        r, growth = self.upload('/form/big', 64 << 20)
        self.assertEqual((r['files'][0]['size'], r['files'][0]['in_memory']), (64 << 20, False))
        self.assertLess(growth, bound)
        self.wait_for(self.spools, 0)


class Decoded(unittest.TestCase):
    def test_a_form_is_not_measured_by_what_it_was_coded_to(self):
        server = gale_wire.Program('input_server', '--port=0', env={'DECOMPRESS': '1'})
        try:
            body = gzip.compress(part('f', bytes(200000), 'x') + b'--B--')
            with server.connect() as c:
                c.send(f'POST /form HTTP/1.1\r\n{HOST}{MULTIPART}Content-Encoding: gzip\r\n'
                       f'Content-Length: {len(body)}\r\n\r\n')
                c.send(body)
                found = json.loads(c.response().body)['files'][0]
            self.assertEqual((found['size'], found['in_memory']), (200000, False))
        finally:
            status, output = server.stop()
        self.assertNotIn('Sanitizer', output)


class FewDescriptors(unittest.TestCase):
    def test_uploads_that_stall_leave_some_for_others(self):
        gale_wire.PROGRAMS['sh'] = '/bin/sh'
        server = gale_wire.Program('sh', '-c', 'ulimit -n 256; exec "$0" --port=0',
                                   gale_wire.PROGRAMS['input_server'])
        stalling = [server.connect() for _ in range(8)]
        try:
            for c in stalling:
                c.send(f'POST /form HTTP/1.1\r\n{HOST}{MULTIPART}Content-Length: 9000000\r\n\r\n')
                c.send(part('f', b'x' * 70000, 'x') * 40)
            for i in range(10):
                with server.connect() as c:
                    body = part('f', b'x' * 100000, 'x') + b'--B--'
                    c.send(f'POST /form HTTP/1.1\r\n{HOST}{MULTIPART}Content-Length: {len(body)}\r\n\r\n')
                    c.send(body)
                    self.assertEqual(c.response().status, 200)
            self.assertLess(len(os.listdir(f'/proc/{server.pid}/fd')), 60)
        finally:
            for c in stalling:
                c.close()
            status, output = server.stop()
        self.assertNotIn('Sanitizer', output)


class Upload(gale_wire.TestCase):
    """examples/upload.c"""
    program = 'upload'
    args = ('--port=0',)

    def curl(self, *args):
        url = f'http://127.0.0.1:{self.server.port}'
        return subprocess.run(['curl', '-sS', '--max-time', '20', *(a.replace('URL', url) for a in args)],
                              capture_output=True, check=True).stdout.decode()

    def test_form(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, size in (('small.txt', 10), ('large.bin', 1000000)):
                with open(f'{folder}/{name}', 'wb') as f:
                    f.write(bytes(size))
            self.assertEqual(self.curl('-F', f'file=@{folder}/small.txt', '-F', f'file=@{folder}/large.bin',
                                       '-F', 'note= two files', 'URL/post'),
                             'small.txt (text/plain): 10 bytes, in memory\n'
                             'large.bin (application/octet-stream): 1000000 bytes, in a file\n'
                             'note: two files\n')
            self.assertEqual(self.curl('-T', f'{folder}/large.bin', 'URL/x/large.bin'),
                             'x/large.bin: 1000000 bytes\n')
            self.assertEqual(self.curl('-F', f'file=@{folder}/large.bin', '-F', 'note=both', 'URL/parts'),
                             'file: 1000000 bytes\nnote: 4 bytes\n')
            with open(f'{folder}/large.bin', 'wb') as f:
                f.truncate(200 << 20)
            self.assertEqual(self.curl('-T', f'{folder}/large.bin', 'URL/more'), 'more: 209715200 bytes\n')
            self.assertIn('413', self.curl('-F', f'file=@{folder}/large.bin', 'URL/post'))

    def test_page(self):
        self.assertIn('enctype=multipart/form-data', self.curl('URL/'))
        self.assertIn('note: none', self.curl('-X', 'POST', 'URL/post'))


gale_wire.main()
