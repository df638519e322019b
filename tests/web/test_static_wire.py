"""Static files over real sockets: headers, conditional requests, ranges, containment; beside Tornado."""
# SPDX-License-Identifier: MIT
import gzip
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

HOST = 'Host: localhost\r\n'
OLD = 1_000_000_000  # Sun, 09 Sep 2001 01:46:40 GMT
OLD_DATE = 'Sun, 09 Sep 2001 01:46:40 GMT'
TEXT = b''.join(b'%06d\n' % i for i in range(150))  # 1050 bytes
BIG = os.urandom(300_000)
LINES = b'a line of text that packs well\n' * 10_000

TORNADO = '''
import sys, tornado.ioloop, tornado.web, tornado.httpserver, tornado.netutil
root = sys.argv[1]
s = tornado.web.StaticFileHandler
app = tornado.web.Application([(r"/files/(.*)", s, {"path": root}),
    (r"/index/(.*)", s, {"path": root, "default_filename": "index.html"})])
sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
tornado.httpserver.HTTPServer(app).add_sockets(sockets)
print("port", sockets[0].getsockname()[1], flush=True)
tornado.ioloop.IOLoop.current().start()
'''


def put(path, data, when=OLD):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + '.new', 'wb') as f:
        f.write(data)
    os.utime(path + '.new', (when, when))
    os.rename(path + '.new', path)


class Files(gale_wire.TestCase):
    """A server over a folder of its own, with another beside it whose name begins alike."""
    program = 'static_server'
    env = {}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.root = os.path.join(cls.folder, 'static')
        for name, data in [('small.txt', TEXT), ('empty.txt', b''), ('big.bin', BIG), ('lines.txt', LINES),
                           ('dir/index.html', b'<p>index</p>'), ('dir/a b.txt', b'spaced'), ('page.html', b'<p>x</p>'),
                           ('favicon.ico', b'icon'), ('robots.txt', b'User-agent: *\n'), ('bare/x', b'x')]:
            put(os.path.join(cls.root, name), data)
        put(os.path.join(cls.folder, 'static_secret', 'x'), b'secret')
        os.symlink('small.txt', os.path.join(cls.root, 'inside'))
        os.symlink('../static_secret/x', os.path.join(cls.root, 'outside'))
        os.symlink('../static_secret', os.path.join(cls.root, 'outdir'))
        os.mkfifo(os.path.join(cls.root, 'pipe'))
        cls.server = gale_wire.Program(cls.program, '--port=0', '--logging=error', env={'ROOT': cls.root, **cls.env})
        time.sleep(0.1)  # what is younger than a tick of the kernel's clock is kept for one use only

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        shutil.rmtree(cls.folder)

    def head(self, path, headers=''):
        with self.server.connect() as c:
            c.send(f'HEAD {path} HTTP/1.1\r\n{HOST}{headers}\r\n')
            return c.response(head_only=True)

    def get(self, path='/files/small.txt', headers=''):
        return self.server.get(path, headers)

    def others_meanwhile(self, path, headers='', watch=lambda: None):
        """Downloads with a client that takes all at once: bytes of the body that came, and the waits of others, who
        ask one request after the other until it has ended."""
        waits, got, buffer = [], [0], bytearray(1 << 20)
        with self.server.connect() as c, self.server.connect() as other:
            def read():
                c.read_until(b'\r\n\r\n')
                got[0] = len(c.kept)
                while n := c.sock.recv_into(buffer, 0, socket.MSG_TRUNC):
                    got[0] += n

            c.send(f'GET {path} HTTP/1.1\r\n{HOST}Connection: close\r\n{headers}\r\n')
            reader = threading.Thread(target=read)
            reader.start()
            while reader.is_alive():
                start = time.monotonic()
                other.send(f'GET /ping HTTP/1.1\r\n{HOST}\r\n')
                self.assertEqual(other.response().body, b'pong')
                waits.append(time.monotonic() - start)
                watch()
            reader.join()
        return got[0], waits

    def wait_for(self, path, condition):
        """The answer once it is so."""
        end = time.monotonic() + gale_wire.TIMEOUT
        while time.monotonic() < end:
            r = self.get(path)
            if condition(r):
                return r
            time.sleep(0.02)
        self.fail(f'{path} stays {r!r}')


class Headers(Files):
    def test_transcript(self):
        data = self.server.exchange(f'GET /files/small.txt HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n').decode()
        head = re.sub(r'Date: .*GMT', 'Date: *', data.split('\r\n\r\n')[0])
        head = re.sub(r'Server: gale/[\d.]+', 'Server: *', re.sub(r'"[0-9a-f]{16}-41a"', '*', head))
        self.assertEqual(head, 'HTTP/1.1 200 OK\r\nServer: *\r\nContent-Type: text/plain; charset=UTF-8\r\nDate: *\r\n'
                         f'Accept-Ranges: bytes\r\nEtag: *\r\nLast-Modified: {OLD_DATE}\r\n'
                         'Content-Length: 1050\r\nConnection: close')
        self.assertTrue(data.endswith(TEXT.decode()))

    def test_order_with_caching_and_range(self):
        tag = self.get()['Etag'].strip('"')
        r = self.get(f'/files/small.txt?v={tag}', 'Range: bytes=1-2\r\n')
        self.assertEqual([name for name, _ in r.headers],
                         ['Server', 'Content-Type', 'Date', 'Accept-Ranges', 'Etag', 'Last-Modified', 'Expires',
                          'Cache-Control', 'Content-Range', 'Content-Length'])

    def test_large_and_empty(self):
        self.assertEqual(self.get('/files/big.bin').body, BIG)
        self.assertEqual(self.get('/files/empty.txt').body, b'')
        self.assertEqual(self.get('/files/empty.txt')['Content-Length'], '0')
        self.assertEqual(self.get('/files/dir/a%20b.txt').body, b'spaced')

    def test_head_is_as_get(self):
        for path in ['small.txt', 'big.bin', 'empty.txt']:
            for more in ['', 'Range: bytes=1-2\r\n', 'Range: bytes=5000000-\r\n', 'Range: bytes=0-0,-1\r\n']:
                get, head = self.get('/files/' + path, more), self.head('/files/' + path, more)
                self.assertEqual(get.status, head.status)
                boundary = re.compile('boundary=.*')
                self.assertEqual([(n, boundary.sub('', v)) for n, v in get.headers if n.startswith('Content-')],
                                 [(n, boundary.sub('', v)) for n, v in head.headers if n.startswith('Content-')])

    def test_other_methods(self):
        for method in ['POST', 'PUT', 'DELETE']:
            with self.server.connect() as c:
                c.send(f'{method} /files/small.txt HTTP/1.1\r\n{HOST}Content-Length: 0\r\n\r\n')
                r = c.response()
            self.assertEqual((r.status, r['Allow']), (405, 'GET, HEAD, OPTIONS'))

    def test_keep_alive_and_pipelining(self):
        with self.server.connect() as c:
            c.send(f'GET /files/small.txt HTTP/1.1\r\n{HOST}\r\nGET /files/big.bin HTTP/1.1\r\n{HOST}\r\n' * 20)
            for _ in range(20):
                self.assertEqual(c.response().body, TEXT)
                self.assertEqual(c.response().body, BIG)

    def test_http10(self):
        data = self.server.exchange('GET /files/big.bin HTTP/1.0\r\n\r\n')
        self.assertEqual(data.split(b'\r\n\r\n', 1)[1], BIG)

    def test_types(self):
        self.assertEqual(self.get('/files/page.html')['Content-Type'], 'text/html; charset=UTF-8')
        self.assertEqual(self.get('/files/big.bin')['Content-Type'], 'application/octet-stream')
        self.assertEqual(self.get('/files/bare/x')['Content-Type'], 'application/octet-stream')

    def test_settings_routes(self):
        self.assertEqual(self.get('/static/small.txt').body, TEXT)
        self.assertEqual(self.get('/favicon.ico').body, b'icon')
        self.assertEqual(self.get('/robots.txt').body, b'User-agent: *\n')

    def test_max_age(self):
        self.assertEqual(self.get('/bare/small.txt')['Cache-Control'], 'max-age=60')
        self.assertIsNotNone(self.get('/bare/small.txt')['Expires'])
        self.assertIsNone(self.get()['Cache-Control'])


class Conditions(Files):
    def status(self, headers, path='/files/small.txt'):
        r = self.get(path, headers)
        if r.status in (304, 412):
            self.assertEqual(r.body, b'')
        return r.status

    def test_not_modified(self):
        tag = self.get()['Etag']
        r = self.get(headers=f'If-None-Match: {tag}\r\n')
        self.assertEqual((r.status, [n for n, _ in r.headers]),
                         (304, ['Server', 'Date', 'Accept-Ranges', 'Etag', 'Last-Modified']))
        for headers, status in [
                (f'If-None-Match: "x", W/{tag}\r\n', 304), ('If-None-Match: *\r\n', 304), ('If-None-Match: "x"\r\n', 200),
                (f'If-Modified-Since: {OLD_DATE}\r\n', 304),
                ('If-Modified-Since: Sun, 09 Sep 2001 01:46:39 GMT\r\n', 200),
                ('If-Modified-Since: Sunday, 09-Sep-01 01:46:40 GMT\r\n', 304),
                ('If-Modified-Since: Sun Sep  9 01:46:40 2001\r\n', 304),
                ('If-Modified-Since: Thu, 01 Jan 1960 00:00:00 GMT\r\n', 200),
                ('If-Modified-Since: yesterday\r\n', 200),
                (f'If-None-Match: "x"\r\nIf-Modified-Since: {OLD_DATE}\r\n', 200),
                (f'If-None-Match: {tag}\r\nRange: bytes=0-0\r\n', 304)]:
            self.assertEqual(self.status(headers), status, headers)

    def test_preconditions(self):
        tag = self.get()['Etag']
        for headers, status in [
                (f'If-Match: {tag}\r\n', 200), ('If-Match: *\r\n', 200), (f'If-Match: "x", {tag}\r\n', 200),
                (f'If-Match: W/{tag}\r\n', 412), ('If-Match: "x"\r\n', 412), ('If-Match: x\r\n', 412),
                (f'If-Unmodified-Since: {OLD_DATE}\r\n', 200),
                ('If-Unmodified-Since: Sun, 09 Sep 2001 01:46:39 GMT\r\n', 412),
                ('If-Unmodified-Since: x\r\n', 200),
                (f'If-Match: {tag}\r\nIf-Unmodified-Since: Sun, 09 Sep 2001 01:46:39 GMT\r\n', 200),
                (f'If-Match: "x"\r\nIf-None-Match: {tag}\r\n', 412),
                (f'If-Match: {tag}\r\nIf-None-Match: {tag}\r\n', 304)]:
            self.assertEqual(self.status(headers), status, headers)

    def test_large(self):
        r = self.wait_for('/files/big.bin', lambda r: not r['Etag'].startswith('"m'))
        tag = r['Etag']
        self.assertRegex(tag, r'^"[0-9a-f]{16}-493e0"$')
        self.assertEqual(self.status(f'If-None-Match: {tag}\r\n', '/files/big.bin'), 304)
        self.assertEqual(self.status('If-None-Match: "x"\r\n', '/files/big.bin'), 200)
        self.assertEqual(self.status(f'If-Match: {tag}\r\n', '/files/big.bin'), 200)


class Ranges(Files):
    def range(self, field, path='/files/small.txt', more=''):
        return self.get(path, f'Range: {field}\r\n{more}')

    def check(self, field, content=TEXT, path='/files/small.txt'):
        """A single range that Python's slices understand."""
        r = self.range(field, path)
        start, end = re.fullmatch(r'bytes=(\d*)-(\d*)', field).groups()
        first = int(start) if start else max(0, len(content) - int(end))
        last = min(int(end), len(content) - 1) if start and end else len(content) - 1
        self.assertEqual((r.status, r['Content-Range']), (206, f'bytes {first}-{last}/{len(content)}'))
        self.assertEqual(r.body, content[first:last + 1])
        self.assertEqual(r['Content-Length'], str(last + 1 - first))

    def test_single(self):
        for field in ['bytes=0-0', 'bytes=1-9', 'bytes=1049-', 'bytes=-1', 'bytes=-1049', 'bytes=5-99999']:
            self.check(field)
        for field in ['bytes=0-0', 'bytes=65530-65545', 'bytes=-100000', 'bytes=299999-299999', 'bytes=1-']:
            self.check(field, BIG, '/files/big.bin')

    def test_whole_or_ignored(self):
        for field in ['bytes=0-', 'bytes=-1050', 'bytes=0-1049', 'bytes=0-5000', 'bytes=', 'items=0-1', 'bytes=a-b',
                      'bytes=+1-2', 'bytes=1_0-20', 'bytes=--5', 'bytes 1-2']:
            r = self.range(field)
            self.assertEqual((r.status, r['Content-Range'], r.body), (200, None, TEXT), field)

    def test_not_satisfiable(self):
        for field in ['bytes=1050-', 'bytes=5000-6000', 'bytes=-0', 'bytes=3-1']:
            r = self.range(field)
            self.assertEqual((r.status, r['Content-Range'], r['Content-Type'], r.body, r['Content-Length']),
                             (416, 'bytes */1050', 'text/plain', b'', '0'), field)
            self.assertIsNotNone(r['Etag'])
        self.assertEqual(self.range('bytes=0-', '/files/empty.txt').status, 416)

    def parts(self, r):
        """Content ranges and bodies of a multipart/byteranges."""
        self.assertEqual(r.status, 206)
        boundary = re.fullmatch(r'multipart/byteranges; boundary=(\S+)', r['Content-Type'])[1].encode()
        self.assertIsNone(r['Content-Range'])
        self.assertTrue(r.body.startswith(b'--' + boundary + b'\r\n'))
        self.assertTrue(r.body.endswith(b'\r\n--' + boundary + b'--\r\n'))
        found = []
        for part in (b'\r\n' + r.body).split(b'\r\n--' + boundary)[1:-1]:
            head, body = part[2:].split(b'\r\n\r\n', 1)
            fields = dict(line.split(': ', 1) for line in head.decode().split('\r\n'))
            found.append((fields['Content-Type'], fields['Content-Range'], body))
        return found

    def test_a4_2_several_ranges(self):
        r = self.range('bytes=0-0,-1')
        kind = 'text/plain; charset=UTF-8'
        self.assertEqual(self.parts(r), [(kind, 'bytes 0-0/1050', TEXT[:1]), (kind, 'bytes 1049-1049/1050', TEXT[-1:])])
        kind = 'application/octet-stream'
        self.assertEqual(self.parts(self.range('bytes=299990-,0-99999,5000-5000', '/files/big.bin')),
                         [(kind, 'bytes 299990-299999/300000', BIG[299990:]),
                          (kind, 'bytes 0-99999/300000', BIG[:100000])])

    def test_a4_2_suffix_longer_than_the_file(self):
        r = self.range('bytes=-5000')
        self.assertEqual((r.status, r.body), (200, TEXT))

    def test_a4_2_overlapping_flood(self):
        r = self.range('bytes=' + ','.join(['0-'] * 30), '/files/big.bin')
        self.assertEqual((r.status, len(r.body)), (200, len(BIG)))
        r = self.range('bytes=' + ','.join(f'{i}-{i + 100}' for i in range(30)))
        self.assertEqual((r.status, r.body), (206, TEXT[:130]))
        r = self.range('bytes=' + ','.join(['0-'] * 1000), '/files/big.bin')
        self.assertEqual((r.status, len(r.body)), (200, len(BIG)))
        r = self.range('bytes=' + ','.join(f'{i}-{i}' for i in range(0, 1000, 2)))
        self.assertEqual((r.status, r.body), (200, TEXT))

    def if_range(self, value):
        return self.range('bytes=1-2', more=f'If-Range: {value}\r\n')

    def test_a4_2_if_range(self):
        tag = self.get()['Etag']
        for value in [tag, OLD_DATE]:
            self.assertEqual(self.if_range(value).status, 206, value)
        for value in ['"x"', 'W/' + tag, 'Sun, 09 Sep 2001 01:46:39 GMT', 'Sun, 09 Sep 2001 01:46:41 GMT', 'x', tag[:-1]]:
            r = self.if_range(value)
            self.assertEqual((r.status, r.body, r['Content-Range']), (200, TEXT, None), value)

    def test_c7_a_changed_file_is_not_spliced(self):
        path = os.path.join(self.root, 'changing.bin')
        put(path, b'a' * 200_000)
        with self.server.connect() as c:
            c.send(f'GET /files/changing.bin HTTP/1.1\r\n{HOST}Range: bytes=0-99999\r\n\r\n')
            first = c.response()
        put(path, b'b' * 200_000, OLD + 1)
        r = self.wait_for('/files/changing.bin', lambda r: r.body[:1] == b'b')
        self.assertNotEqual(r['Etag'], first['Etag'])
        for validator in [first['Etag'], first['Last-Modified']]:
            r = self.get('/files/changing.bin', f'Range: bytes=100000-\r\nIf-Range: {validator}\r\n')
            self.assertEqual((r.status, r.body), (200, b'b' * 200_000))

    def test_curl(self):
        url = f'http://127.0.0.1:{self.server.port}/files/big.bin'
        for what, expected in [('0-99', BIG[:100]), ('250000-', BIG[250000:]), ('-70000', BIG[-70000:])]:
            self.assertEqual(subprocess.run(['curl', '-s', '-r', what, url], capture_output=True).stdout, expected)


class Versions(Files):
    def test_a4_3_c8_only_the_true_version_is_kept_for_long(self):
        url = self.get('/url?path=small.txt').body.decode()
        self.assertRegex(url, r'^/static/small\.txt\?v=[0-9a-f]{16}-41a$')
        r = self.get(url)
        self.assertEqual((r.status, r['Cache-Control']), (200, 'max-age=315360000, immutable'))
        self.assertRegex(r['Expires'], r' 203\d ')
        for wrong in ['?v=1', '?v=', '?v', '?x=1', '?v=' + 'f' * 16 + '-41a', '?v=' + url.split('=')[1] + '0']:
            r = self.get('/static/small.txt' + wrong)
            self.assertEqual((r.status, r['Cache-Control'], r['Expires']), (200, None, None), wrong)

    def test_a_refusal_is_not_kept_for_long(self):
        """Nor does it speak of the file as if it were in it."""
        gz = os.path.join(self.root, 'packed.txt.gz')
        put(os.path.join(self.root, 'packed.txt'), TEXT)
        put(gz, gzip.compress(TEXT))
        for name in ['small.txt', 'packed.txt']:
            url = self.get(f'/url?path={name}').body.decode()
            for more, status in [('If-Match: "x"\r\n', 412), ('If-Match: "x"\r\nAccept-Encoding: gzip\r\n', 412),
                                 ('If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n', 412),
                                 ('Range: bytes=999999-\r\n', 416)]:
                r = self.get(url, more)
                self.assertEqual((r.status, r['Cache-Control'], r['Expires'], r['Content-Encoding'], r.body),
                                 (status, None, None, None, b''), more)
                self.assertEqual(r['Content-Type'], None if status == 412 else 'text/plain')
            r = self.get(url, 'If-None-Match: *\r\n')
            self.assertEqual((r.status, r['Cache-Control']), (304, 'max-age=315360000, immutable'))
        os.unlink(gz)

    def test_c8_an_old_version_after_a_change(self):
        path = os.path.join(self.root, 'app.js')
        put(path, b'one')
        old = self.get('/url?path=app.js').body.decode()
        self.assertIsNotNone(self.get(old)['Cache-Control'])
        put(path, b'two', OLD + 1)
        r = self.wait_for(old, lambda r: r.body == b'two')
        self.assertIsNone(r['Cache-Control'])
        self.assertNotEqual(self.get('/url?path=app.js').body.decode(), old)

    def test_urls(self):
        version = self.get()['Etag'].strip('"')
        for query, url in [('small.txt', f'/static/small.txt?v={version}'), ('/small.txt', f'/static/small.txt?v={version}'),
                           ('none.txt', '/static/none.txt'), ('../static_secret/x', '/static/../static_secret/x'),
                           ('dir', '/static/dir'), ('outside', '/static/outside')]:
            self.assertEqual(self.get('/url?path=' + query).body.decode(), url)
        self.assertRegex(self.get('/url?path=dir/a+b.txt').body.decode(), r'^/static/dir/a%20b\.txt\?v=')
        self.assertEqual(self.get('/url?path=small.txt&full=1').body.decode(),
                         f'http://localhost/static/small.txt?v={version}')

    def test_c9_a_large_file_is_hashed_off_the_loop(self):
        """Until then its URL has no version, and others are served."""
        path = os.path.join(self.root, 'vast')
        with open(path, 'wb') as f:
            f.truncate(1 << 30)
        time.sleep(0.1)
        served, end = 0, time.monotonic() + 3 * gale_wire.TIMEOUT
        while b'?v=' not in self.get('/url?path=vast').body:
            self.assertEqual(self.get('/ping').body, b'pong')
            served += 1
            self.assertLess(time.monotonic(), end)
        self.assertGreater(served, 5)  # one or two, if the loop hashed
        os.unlink(path)

    def test_a_changed_file_is_renewed(self):
        path = os.path.join(self.root, 'page.css')
        put(path, b'one')
        first = self.get('/files/page.css')
        put(path, b'two', OLD + 5)
        second = self.wait_for('/files/page.css', lambda r: r.body == b'two')
        self.assertNotEqual(first['Etag'], second['Etag'])
        self.assertEqual(second['Last-Modified'], 'Sun, 09 Sep 2001 01:46:45 GMT')
        os.unlink(path)
        self.wait_for('/files/page.css', lambda r: r.status == 404)


class Uncached(Files):
    env = {'HASH_CACHE': 'off'}

    def test_each_change_counts_at_once(self):
        path = os.path.join(self.root, 'page.css')
        tags = set()
        for i in range(20):
            put(path, b'%05d' % i, OLD + i)
            r = self.get('/files/page.css')
            self.assertEqual(r.body, b'%05d' % i)
            tags.add(r['Etag'])
            self.assertIn(r['Etag'].strip('"'), self.get('/url?path=page.css').body.decode())
        self.assertEqual(len(tags), 20)


class Containment(Files):
    def test_b11_a_sibling_with_the_same_prefix(self):
        for path in ['/files/../static_secret/x', '/files/%2e%2e/static_secret/x', '/files/..%2fstatic_secret/x',
                     '/files/%2e%2e%2fstatic_secret%2fx', '/files/..%5cstatic_secret%5cx', '/files/..\\static_secret\\x',
                     '/files/dir/../../static_secret/x', '/files/.../../../static_secret/x', '/files/_secret/x',
                     '/files/..%252fstatic_secret/x', '/static/..%2fstatic_secret/x', '/own/..%2fstatic_secret/x',
                     '/files//' + self.folder + '/static_secret/x', '/links/..%2fstatic_secret/x']:
            r = self.get(path)
            self.assertIn(r.status, (403, 404), path)
            self.assertNotIn(b'secret', r.body)

    def test_dots_inside(self):
        for path in ['/files/dir/../small.txt', '/files/./small.txt', '/files//small.txt', '/files/dir%2f..%2fsmall.txt']:
            self.assertEqual(self.get(path).body, TEXT, path)

    def test_nul_and_bytes(self):
        for path in ['/files/small.txt%00', '/files/%00', '/files/small.txt%00.png', '/files/%ff%fe']:
            self.assertIn(self.get(path).status, (400, 404), path)
        self.assertEqual(self.get('/files/' + 'a' * 300).status, 404)
        self.assertEqual(self.get('/files/' + 'a/' * 2500).status, 404)
        self.assertEqual(self.get('/files/small.txt/').status, 404)
        self.assertEqual(self.get('/files/small.txt/x').status, 404)

    def test_not_regular(self):
        self.assertEqual(self.get('/files/pipe').status, 403)
        self.assertEqual(self.get('/files/dir').status, 403)
        self.assertEqual(self.get('/files/dir/').status, 403)
        self.assertEqual(self.get('/files/').status, 403)
        with self.assertRaises(OSError):  # nobody has it open for reading
            os.open(os.path.join(self.root, 'pipe'), os.O_WRONLY | os.O_NONBLOCK)

    def test_c9_symbolic_links(self):
        for name in ['inside', 'outside', 'outdir/x']:
            self.assertEqual(self.get('/files/' + name).status, 403, name)
        self.assertEqual(self.get('/links/inside').body, TEXT)
        self.assertEqual(self.get('/links/outside').body, b'secret')
        self.assertEqual(self.get('/links/outdir/x').body, b'secret')

    def test_c9_no_race_leads_out(self):
        """A folder becomes a link and a folder again, as fast as can be."""
        flip, real = os.path.join(self.root, 'flip'), os.path.join(self.root, 'real')
        put(os.path.join(real, 'x'), b'public')
        os.symlink('../static_secret', flip + '.link')
        os.rename(real, flip)
        done = threading.Event()

        def swap():
            libc = __import__('ctypes').CDLL(None)
            while not done.is_set():
                libc.renameat2(-100, flip.encode(), -100, (flip + '.link').encode(), 2)

        thread = threading.Thread(target=swap)
        thread.start()
        try:
            seen = {}
            with self.server.connect() as c:
                for _ in range(3000):
                    c.send(f'GET /files/flip/x HTTP/1.1\r\n{HOST}\r\n')
                    r = c.response()
                    seen[r.status] = seen.get(r.status, 0) + 1
                    self.assertNotIn(b'secret', r.body)
                    self.assertIn(r.status, (200, 403, 404))
        finally:
            done.set()
            thread.join()

    def test_default_file(self):
        self.assertEqual(self.get('/index/dir/').body, b'<p>index</p>')
        r = self.get('/index/dir')
        self.assertEqual((r.status, r['Location']), (301, '/index/dir/'))
        self.assertEqual(self.get('/index/dir?a=b')['Location'], '/index/dir/?a=b')
        self.assertEqual(self.get('/index/bare/').status, 404)

    def test_b16_no_redirect_to_another_host(self):
        for path in ['//evil.example/%2e%2e/dir', '//evil.example/../dir', '/\\evil.example/../dir',
                     '//dir', '/\\dir', '///dir', '//evil.example/%2e%2e', '/%5cevil.example/../dir',
                     '//evil.example%2f..%2fdir', 'http://evil.example//dir', 'http://evil.example/dir']:
            with self.server.connect() as c:
                c.send(f'GET {path} HTTP/1.1\r\n{HOST}\r\n'.encode('latin-1'))
                r = c.response()
            location = r['Location'] or '/'
            self.assertTrue(re.match(r'/(?![/\\])', location), (path, r))

    def test_root_is_replaced(self):
        """A deployment: another folder comes into the root's place."""
        self.assertEqual(self.get('/files/small.txt').body, TEXT)
        os.rename(self.root, self.root + '.old')
        try:
            put(os.path.join(self.root, 'small.txt'), b'new')
            self.wait_for('/files/small.txt', lambda r: r.body == b'new')
        finally:
            shutil.rmtree(self.root)
            os.rename(self.root + '.old', self.root)
        self.wait_for('/files/small.txt', lambda r: r.body == TEXT)


class Precompressed(Files):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, data in [('app.js', b'identity'), ('app.js.gz', b'gzipped'), ('app.js.br', b'brotli'),
                           ('app.js.zst', b'zstandard'), ('big.txt', LINES), ('big.txt.gz', gzip.compress(BIG))]:
            put(os.path.join(cls.root, name), data)
        put(os.path.join(cls.root, 'stale.js'), b'newer', OLD + 10)
        put(os.path.join(cls.root, 'stale.js.gz'), b'older')

    def coded(self, accept, path='/files/app.js', more=''):
        return self.get(path, f'Accept-Encoding: {accept}\r\n{more}')

    def test_a1_11_negotiation(self):
        for accept, coding, body in [
                ('gzip', 'gzip', b'gzipped'), ('br', 'br', b'brotli'), ('zstd', 'zstd', b'zstandard'),
                ('gzip, deflate, br, zstd', 'br', b'brotli'), ('gzip;q=1, br;q=0.5', 'gzip', b'gzipped'),
                ('gzip;q=0, br;q=0', None, b'identity'), ('deflate', None, b'identity'), ('*', 'br', b'brotli'),
                ('gzip;q=0.5, identity;q=1', None, b'identity'), ('identity', None, b'identity'),
                ('gzip;q=0.001', 'gzip', b'gzipped'), ('*;q=0, gzip', 'gzip', b'gzipped')]:
            r = self.coded(accept)
            self.assertEqual((r.status, r['Content-Encoding'], r.body), (200, coding, body), accept)
            self.assertEqual((r['Content-Type'], r.all('Vary')), ('text/javascript; charset=UTF-8', ['Accept-Encoding']))

    def test_a1_11_each_form_has_its_tag(self):
        tags = {self.coded(a)['Etag'] for a in ['identity', 'gzip', 'br', 'zstd']}
        self.assertEqual(len(tags), 4)
        tag = self.coded('gzip')['Etag']
        r = self.coded('gzip', more=f'If-None-Match: {tag}\r\n')
        self.assertEqual((r.status, r['Etag'], r['Vary']), (304, tag, 'Accept-Encoding'))
        self.assertEqual(self.coded('br', more=f'If-None-Match: {tag}\r\n').status, 200)

    def test_a1_11_ranges_are_of_the_file_itself(self):
        r = self.coded('gzip', more='Range: bytes=0-2\r\n')
        self.assertEqual((r.status, r.body, r['Content-Encoding'], r['Vary']), (206, b'ide', None, 'Accept-Encoding'))
        tag = self.coded('gzip')['Etag']
        r = self.coded('gzip', more=f'Range: bytes=0-2\r\nIf-Range: {tag}\r\n')
        self.assertEqual((r.status, r['Content-Encoding'], r.body), (200, None, b'identity'))

    def test_large_stale_and_switched_off(self):
        r = self.coded('gzip', '/files/big.txt')
        self.assertEqual((r['Content-Encoding'], gzip.decompress(r.body)), ('gzip', BIG))
        self.assertEqual(self.coded('gzip', '/files/stale.js').body, b'newer')
        r = self.coded('gzip', '/bare/app.js')
        self.assertEqual((r.body, r['Vary']), (b'identity', None))
        r = self.coded('gzip', '/files/app.js.gz')
        self.assertEqual((r.body, r['Content-Encoding'], r['Content-Type']), (b'gzipped', None, 'application/gzip'))
        self.assertIsNone(self.coded('gzip', '/files/small.txt')['Vary'])


class Compressed(Files):
    env = {'COMPRESS': '1'}

    def test_compressed_on_the_way(self):
        for path, content in [('/files/small.txt', TEXT), ('/files/lines.txt', LINES)]:
            plain = self.get(path)
            self.assertEqual((plain.body, plain['Vary']), (content, 'Accept-Encoding'))
            r = self.get(path, 'Accept-Encoding: gzip\r\n')
            self.assertEqual((r['Content-Encoding'], gzip.decompress(r.body)), ('gzip', content))
            self.assertTrue(r['Etag'].startswith('W/'))
            r = self.get(path, f'Accept-Encoding: gzip\r\nIf-None-Match: {r["Etag"]}\r\n')
            self.assertEqual((r.status, r['Vary']), (304, 'Accept-Encoding'))

    def test_others_are_served_while_a_large_file_is_packed(self):
        """Little comes of it, so the client never holds the server back."""
        put(os.path.join(self.root, 'long.txt'), LINES * 200)
        got, waits = self.others_meanwhile('/files/long.txt', 'Accept-Encoding: gzip\r\n')
        print(f'{got} bytes packed: {len(waits)} requests of others waited at most {max(waits) * 1000:.1f} ms')
        self.assertGreater(got, 10_000)
        self.assertGreater(len(waits), 10)
        self.assertLess(max(waits), max(2, sum(waits) / 4))  # nearly all of it, if the loop waited
        os.unlink(os.path.join(self.root, 'long.txt'))

    def test_a_file_that_shrinks_is_logged_once(self):
        """As a warning, whichever way it is sent."""
        path, noise = os.path.join(self.root, 'shrinks.txt'), os.urandom(24 << 20)
        for accept in ['', 'Accept-Encoding: gzip\r\n']:
            put(path, noise)
            server = gale_wire.Program(self.program, '--port=0', '--logging=warning', env={'ROOT': self.root, **self.env})
            with server.connect() as c:
                c.send(f'GET /files/shrinks.txt HTTP/1.1\r\n{HOST}{accept}\r\n')
                c.read_until(b'\r\n\r\n')
                os.truncate(path, 1000)
                try:
                    c.read_all()
                except ConnectionResetError:
                    pass
            said = server.stop()[1]
            self.assertEqual((said.count('early'), said.count('[E')), (1, 0), said)
        os.unlink(path)

    def test_c6_ranges_are_not_compressed(self):
        for path, content in [('/files/small.txt', TEXT), ('/files/lines.txt', LINES)]:
            r = self.get(path, 'Accept-Encoding: gzip\r\nRange: bytes=5-999\r\n')
            self.assertEqual((r.status, r['Content-Encoding'], r.body), (206, None, content[5:1000]))
            weak = self.get(path, 'Accept-Encoding: gzip\r\n')['Etag']
            r = self.get(path, f'Accept-Encoding: gzip\r\nRange: bytes=5-999\r\nIf-Range: {weak}\r\n')
            self.assertEqual((r.status, gzip.decompress(r.body)), (200, content))


class Hooks(Files):
    def test_each_part(self):
        r = self.get('/own/alias')
        self.assertEqual((r.body, r['Content-Type'], r['Cache-Control'], r['X-Name']),
                         (TEXT, 'text/x-own', 'max-age=10', 'small.txt'))
        version = r['Etag'].strip('"')
        self.assertEqual(self.get('/own/alias?v=' + version)['Cache-Control'], 'max-age=1000')
        self.assertEqual(self.get('/own/nothing').status, 404)
        put(os.path.join(self.root, '.hidden'), b'x')
        self.assertEqual(self.get('/own/.hidden').status, 403)
        self.assertEqual(self.get('/files/.hidden').status, 200)
        self.assertEqual(self.get('/own/broken').status, 410)

    def test_a_tag_of_its_own_is_of_content_in_memory(self):
        """A large file's content is not in memory: it keeps the Etag that it has."""
        for path in ['/tagged/small.txt', '/tagged/empty.txt']:
            r = self.get(path)
            self.assertRegex(r['Etag'], '^"own-[0-9a-f]+"$')
            self.assertEqual(self.get(path, f'If-None-Match: {r["Etag"]}\r\n').status, 304)
        r = self.get('/tagged/big.bin')
        self.assertEqual((r.status, r.body), (200, BIG))
        self.assertRegex(r['Etag'], '^"(?!own)')
        self.assertEqual(self.get('/badly_tagged/big.bin').status, 200)
        r = self.get('/badly_tagged/dir/a%20b.txt')
        self.assertEqual((r.status, r['Etag'], r.body), (200, None, b'spaced'))
        self.assertEqual(self.get('/badly_tagged/small.txt').status, 500)

    def test_an_error_page_is_sent_whole(self):
        """Conditions and ranges are about a 200."""
        for path, status in [('/missing', 404), ('/failing', 500)]:
            for name, body in [('small.txt', TEXT), ('big.bin', BIG)]:
                for more in ['', 'If-None-Match: *\r\n', 'If-Match: "x"\r\n', 'Range: bytes=0-1\r\n',
                             'Range: bytes=900000-\r\n', 'Range: bytes=0-1,5-6\r\n',
                             'If-Modified-Since: Sun, 06 Nov 2044 08:49:37 GMT\r\n',
                             'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n']:
                    r = self.get(f'{path}?file={name}', more)
                    self.assertEqual((r.status, r.body), (status, body), (path, name, more))
                    for field in ['Etag', 'Last-Modified', 'Accept-Ranges', 'Content-Range', 'Expires']:
                        self.assertIsNone(r[field], (path, name, more, field))

    def test_virtual_content(self):
        r = self.get('/own/virtual.txt')
        self.assertEqual((r.body, r['Last-Modified'], r['X-Name']), (b'0123456789', OLD_DATE, 'virtual.txt'))
        self.assertEqual(self.get('/own/virtual.txt', f'If-None-Match: {r["Etag"]}\r\n').status, 304)
        r = self.get('/own/virtual.txt', 'Range: bytes=2-3\r\n')
        self.assertEqual((r.status, r.body, r['Content-Range']), (206, b'23', 'bytes 2-3/10'))
        r = self.head('/own/virtual.txt')
        self.assertEqual(r['Content-Length'], '10')

    def test_send_file(self):
        r = self.get('/send?file=small.txt')
        self.assertEqual((r.body, r['Content-Type'], r['Accept-Ranges']), (TEXT, 'text/plain; charset=UTF-8', 'bytes'))
        self.assertEqual(self.get('/send?file=big.bin').body, BIG)
        self.assertEqual(self.get('/send?file=small.txt&type=text/html;+charset=UTF-8')['Content-Type'],
                         'text/html; charset=UTF-8')
        self.assertEqual(self.get('/send?file=big.bin', 'Range: bytes=5-9\r\n').body, BIG[5:10])
        self.assertEqual(self.get('/send?file=small.txt', f'If-Modified-Since: {OLD_DATE}\r\n').status, 304)
        self.assertEqual(self.get('/send?file=none').status, 404)
        self.assertEqual(self.get('/send?file=outside').body, b'secret')
        self.assertEqual(self.head('/send?file=big.bin')['Content-Length'], '300000')
        with self.server.connect() as c:
            c.send(f'POST /send?file=small.txt HTTP/1.1\r\n{HOST}Range: bytes=0-0\r\nContent-Length: 0\r\n\r\n')
            r = c.response()
        self.assertEqual((r.status, r.body), (200, TEXT))


class Huge(Files):
    SIZE = 1 << 30

    def test_a4_1_a_gigabyte_in_constant_memory_while_others_are_served(self):
        """The file is not in the kernel's memory: a thread reads it, and the loop goes on."""
        path = os.path.join(self.root, 'huge')
        with open(path, 'wb') as f:
            f.truncate(self.SIZE)
            os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        for _ in range(3):
            self.assertEqual(self.get('/files/big.bin').body, BIG)
            self.assertEqual(self.get('/ping').body, b'pong')
        before = self.server.memory()
        for what in ['from the disk', 'from memory']:
            most = []
            got, waits = self.others_meanwhile('/files/huge', watch=lambda: most.append(self.server.memory()))
            self.assertEqual(got, self.SIZE)
            print(f'1 GiB {what}: {(max(most) - before) >> 10} KiB more, {len(waits)} requests of others waited '
                  f'at most {max(waits) * 1000:.1f} ms')
            self.assertLess(max(most) - before, 16 << 20)
            self.assertGreater(len(waits), 20)
            self.assertLess(max(waits), max(2, sum(waits) / 4))  # nearly all of it, if the loop waited

    def test_a4_1_slow_reader(self):
        """A client that does not read holds nobody and no memory."""
        path = os.path.join(self.root, 'slow')
        with open(path, 'wb') as f:
            f.truncate(256 << 20)
        before = self.server.memory()
        readers = []
        for _ in range(10):
            c = self.server.connect()
            c.send(f'GET /files/slow HTTP/1.1\r\n{HOST}\r\n')
            readers.append(c)
        for c in readers:
            c.read_until(b'\r\n\r\n')
        for _ in range(50):
            self.assertEqual(self.get('/ping').body, b'pong')
        self.assertLess(self.server.memory() - before, 4 << 20)
        for c in readers:
            c.reset()

    def test_a_file_that_shrinks_breaks_the_answer(self):
        path = os.path.join(self.root, 'shrinks')
        with open(path, 'wb') as f:
            f.truncate(64 << 20)
        with self.server.connect() as c:
            c.send(f'GET /files/shrinks HTTP/1.1\r\n{HOST}\r\n')
            c.read_until(b'\r\n\r\n')
            os.truncate(path, 1 << 20)
            try:
                rest = c.read_all()
            except ConnectionResetError:
                rest = b''
        self.assertLess(len(rest), 64 << 20)
        self.assertEqual(self.get('/ping').body, b'pong')


class BesideTornado(Files):
    """The same requests to Tornado's StaticFileHandler over the same folder."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tornado = subprocess.Popen(['/usr/bin/python3', '-c', TORNADO, cls.root], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)
        line = cls.tornado.stdout.readline().split()
        if not line:
            cls.tornado.wait()
            cls.tearDownClass()
            raise unittest.SkipTest('no python3-tornado')
        cls.port = int(line[1])

    @classmethod
    def tearDownClass(cls):
        cls.tornado.kill()
        cls.tornado.communicate()
        super().tearDownClass()

    def ask(self, port, method, path, headers):
        with gale_wire.Connection(socket.create_connection(('127.0.0.1', port), timeout=gale_wire.TIMEOUT)) as c:
            c.send(f'{method} {path} HTTP/1.1\r\n{HOST}{headers}\r\n')
            return c.response(head_only=method == 'HEAD')

    def test_same_answers(self):
        n = 0
        for method in ['GET', 'HEAD']:
            for path in ['/files/small.txt', '/files/big.bin', '/files/empty.txt', '/files/none', '/files/dir', '/files/pipe',
                         '/files/..%2fstatic_secret/x', '/index/dir', '/index/dir/', '/index/bare/', '/files/dir/a%20b.txt']:
                for headers in ['', 'Range: bytes=0-0\r\n', 'Range: bytes=5-\r\n', 'Range: bytes=-5\r\n',
                                'Range: bytes=-0\r\n', 'Range: bytes=\r\n', 'Range: bytes=a-b\r\n', 'Range: items=1-2\r\n',
                                'Range: bytes=3-1\r\n', 'Range: bytes=999999-\r\n', 'Range: bytes=-9999999\r\n',
                                'Range: bytes=0-9999999\r\n', 'Range: bytes=7\r\n', 'Range: bytes= 1 - 4\r\n',
                                f'If-Modified-Since: {OLD_DATE}\r\n', 'If-Modified-Since: x\r\n', 'If-None-Match: *\r\n',
                                'If-None-Match: "x"\r\n', f'If-None-Match: "x"\r\nIf-Modified-Since: {OLD_DATE}\r\n']:
                    theirs = self.ask(self.port, method, path, headers)
                    ours = self.ask(self.server.port, method, path, headers)
                    for name in ['Content-Range', 'Content-Length', 'Location', 'Last-Modified', 'Accept-Ranges',
                                 'Cache-Control']:
                        self.assertEqual(ours[name], theirs[name], (method, path, headers, name))
                    self.assertEqual((ours.status, ours.body), (theirs.status, theirs.body), (method, path, headers))
                    n += 1
        print(f'{n} requests answered as by Tornado')


if __name__ == '__main__':
    gale_wire.main()
