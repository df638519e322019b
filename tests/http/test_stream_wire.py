"""Bodies that handlers read as they come: pieces, back-pressure, limits, times, early answers, gzip."""
# SPDX-License-Identifier: MIT
import gzip
import os
import re
import select
import socket
import sys
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

MIB = 1 << 20


def head(path, *fields, version='1.1', method='POST'):
    lines = [f'{method} {path} HTTP/{version}', 'Host: localhost', *fields]
    return ('\r\n'.join(lines) + '\r\n\r\n').encode()


def with_length(path, body, *fields):
    return head(path, f'Content-Length: {len(body)}', *fields) + body


def chunks(*pieces, trailers=''):
    framed = b''.join(b'%x\r\n%s\r\n' % (len(p), p) for p in pieces)
    return framed + b'0\r\n' + trailers.encode() + b'\r\n'


def chunked(path, *pieces, fields=(), trailers=''):
    return head(path, 'Transfer-Encoding: chunked', *fields) + chunks(*pieces, trailers=trailers)


def gzipped(path, data, *fields):
    return with_length(path, gzip.compress(data), 'Content-Encoding: gzip', *fields)


def bomb(size):
    """size zero bytes, a thousand times smaller."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(MIB)
    return b''.join(packer.compress(block) for _ in range(size // MIB)) + packer.flush()


class Streams(gale_wire.TestCase):
    program = 'stream_server'

    def counted(self, r):
        self.assertEqual(r.status, 200, r)
        return dict(pair.split('=', 1) for pair in r.body.decode().split())

    def assert_bytes(self, connection, n):
        self.assertEqual(self.counted(connection.response())['bytes'], str(n))

    def stats(self):
        return self.server.get('/stats').body.decode()

    def wait_for_stats(self, pattern):
        end = time.monotonic() + gale_wire.TIMEOUT
        while not re.search(pattern, self.stats()):
            self.assertLess(time.monotonic(), end, self.stats())
            time.sleep(0.01)


class Pieces(Streams):
    def test_whole(self):
        with self.server.connect() as c:
            for n in (1, 2, 4095, 65535, 65536, 65537, 200000):
                c.send(with_length('/count', b'x' * n))
                self.assert_bytes(c, n)
                c.send(chunked('/count', b'x' * n))
                self.assert_bytes(c, n)

    def test_byte_by_byte(self):
        with self.server.connect() as c:
            c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in (with_length('/count', b'ab' * 10), chunked('/count', b'abc', b'd' * 17)):
                for i in range(len(request)):
                    c.send(request[i:i + 1])
                self.assert_bytes(c, 20)

    def test_at_every_split(self):
        with self.server.connect() as c:
            c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request = chunked('/count', b'abc', b'0123456789abcdef0', trailers='X-Checksum: 77\r\n')
            for i in range(1, len(request)):
                c.send(request[:i])
                time.sleep(0.0005)
                c.send(request[i:])
                r = self.counted(c.response())
                self.assertEqual((r['bytes'], r['trailer']), ('20', '77'))

    def test_requests_behind_a_body_wait_for_their_turn(self):
        with self.server.connect() as c:
            c.send((with_length('/count', b'a' * 10) + chunked('/count', b'b' * 11)) * 20 + head('/stats', method='GET'))
            for _ in range(20):
                self.assert_bytes(c, 10)
                self.assert_bytes(c, 11)
            self.assertEqual(c.response().status, 200)

    def test_no_body_is_read_as_its_end(self):
        with self.server.connect() as c:
            c.send(head('/count', 'Content-Length: 0') + head('/count', method='GET'))
            self.assert_bytes(c, 0)
            self.assert_bytes(c, 0)
            c.send(chunked('/count'))
            self.assert_bytes(c, 0)

    def test_an_answer_goes_out_while_the_body_comes_in(self):
        with self.server.connect() as c:
            c.send(head('/echo', 'Transfer-Encoding: chunked'))
            self.assertIn(b'chunked', c.read_until(b'\r\n\r\n'))
            for i in range(20):
                c.send(b'5\r\npart%c\r\n' % (97 + i))
                self.assertEqual(c.read_until(b'%c\r\n' % (97 + i)), b'5\r\npart%c\r\n' % (97 + i))
            c.send('0\r\n\r\n')
            self.assertEqual(c.read_until(b'0\r\n\r\n'), b'0\r\n\r\n')
            c.send(with_length('/count', b'next'))
            self.assert_bytes(c, 4)

    def test_two_readers(self):
        with self.server.connect() as c:
            c.send(head('/race', 'Content-Length: 10'))
            self.assertEqual(c.response().body, b'GALE_ESTATE')
            c.send('0123456789' + head('/stats', method='GET').decode())
            self.assertIn('last=other: ', c.response().body.decode())

    def test_a_handler_that_never_answers(self):
        with self.server.connect() as c:
            c.send(with_length('/nothing', b'x' * 100000))
            self.assertTrue(c.is_closed())


class Trailers(Streams):
    def test_they_are_there_when_the_body_is_complete(self):
        with self.server.connect() as c:
            for query in ('', '?stream=0'):
                c.send(chunked('/count' + query, b'data', trailers='X-Checksum: \t77 \r\nOther: x\r\nx-checksum:78\r\n'))
                self.assertEqual(c.response().body.decode(),
                                 'bytes=4 trailer=77, 78 header=- consumed=- encoding=-')

    def test_none(self):
        with self.server.connect() as c:
            for query in ('', '?stream=0'):
                c.send(chunked('/count' + query, b'data', trailers='X-Checksum-2: 77\r\nX-Check: 1\r\n'))
                self.assertEqual(self.counted(c.response())['trailer'], '-')

    def test_as_many_as_are_allowed(self):
        line = 'X-Checksum: ' + 'a' * 50 + '\r\n'
        for n, status in ((8192 // len(line), 200), (8192 // len(line) + 1, 431)):
            for query in ('', '?stream=0'):
                with self.server.connect() as c:
                    c.send(chunked('/count' + query, b'data', trailers=line * n))
                    r = c.response()
                    self.assertEqual((r.status, r['Connection']), (status, 'close' if status == 431 else None))


class Continue(Streams):
    def test_it_leaves_at_the_first_read(self):
        with self.server.connect() as c:
            c.send(head('/count', 'Content-Length: 4', 'Expect: 100-continue'))
            self.assertEqual(c.read_until(b'\r\n\r\n'), b'HTTP/1.1 100 Continue\r\n\r\n')
            c.send('body')
            self.assert_bytes(c, 4)
            c.send(with_length('/count', b'again'))
            self.assert_bytes(c, 5)

    def test_not_before_it(self):
        with self.server.connect() as c:
            c.send(head('/sleep?seconds=0.3', 'Content-Length: 4', 'Expect: 100-continue'))
            self.assertEqual(select.select([c.sock], [], [], 0.1)[0], [])
            self.assertEqual(c.read_until(b'\r\n\r\n'), b'HTTP/1.1 100 Continue\r\n\r\n')
            c.send('body')
            self.assert_bytes(c, 4)

    def test_not_for_an_answer(self):
        with self.server.connect() as c:
            c.send(head('/early', 'Content-Length: 4', 'Expect: 100-continue'))
            r = c.response()
            self.assertEqual((r.status, r['Connection']), (403, 'close'))
            self.assertTrue(c.is_closed())

    def test_not_for_a_body_that_is_too_large(self):
        for query in ('max=3', 'stream=0&max=3'):
            with self.server.connect() as c:
                c.send(head('/count?' + query, 'Content-Length: 4', 'Expect: 100-continue'))
                r = c.response()
                self.assertEqual((r.status, r['Connection']), (413, 'close'))
                self.assertTrue(c.is_closed())


class EarlyAnswers(Streams):
    args = ('max_body_size=-1', 'linger_timeout=20')

    def test_a_small_rest_is_thrown_away(self):
        with self.server.connect() as c:
            for request in (with_length('/early', b'x' * 65536), chunked('/early', b'x' * 5000, b'y' * 5000)):
                c.send(request)
                r = c.response()
                self.assertEqual((r.status, r['Connection']), (403, None))
                c.send(request[:100])
                self.assertEqual(c.response().status, 403)
                c.send(request[100:] + with_length('/count', b'next'))
                self.assert_bytes(c, 4)

    def test_the_rest_of_what_was_read_in_part(self):
        with self.server.connect() as c:
            c.send(head('/count?pieces=1', 'Content-Length: 3000') + b'x' * 1000)
            self.assertGreater(int(self.counted(c.response())['bytes']), 0)
            c.send(b'x' * 2000 + with_length('/count', b'next'))
            self.assert_bytes(c, 4)

    def test_with_a_large_rest_the_connection_ends_and_the_answer_is_read(self):
        for path in ('/early', '/count?pieces=1'):
            with self.server.connect() as c:
                c.send(head(path, f'Content-Length: {10 * MIB}'))
                for _ in range(10):
                    c.send(bytes(MIB))
                r = c.response()
                self.assertEqual((r.status, r['Connection']), (403 if path == '/early' else 200, 'close'))
                self.assertTrue(c.is_closed())

    def test_with_chunks_without_end(self):
        with self.server.connect() as c:
            c.send(head('/early', 'Transfer-Encoding: chunked'))
            self.assertEqual(c.response().status, 403)
            c.send((b'fff0\r\n' + bytes(0xfff0) + b'\r\n') * 20)
            self.assertTrue(c.is_closed())

    def test_malformed_rest(self):
        with self.server.connect() as c:
            c.send(head('/early', 'Transfer-Encoding: chunked') + b'zz\r\n' + head('/stats'))
            self.assertEqual(c.response().status, 403)
            self.assertTrue(c.is_closed())

    def test_a_rest_that_does_not_come(self):
        server = gale_wire.Program('stream_server', 'linger_timeout=0.2')
        try:
            with server.connect() as c:
                c.send(head('/early', 'Content-Length: 1000'))
                self.assertEqual(c.response().status, 403)
                self.assertTrue(c.is_closed())
        finally:
            server.stop()


class HalfClosedInsideOfABody(Streams):
    """What was answered before still comes, also to a slow reader."""

    def assert_all_comes(self, request):
        with self.server.connect() as c:
            c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            c.send(request)
            time.sleep(0.1)
            c.end()
            time.sleep(0.1)
            self.assertEqual(len(c.response().body), 8000000)
            return c.read_all()

    def test_of_a_body_that_is_thrown_away(self):
        self.assert_all_comes(head('/much?bytes=8000000', 'Content-Length: 60000') + b'x')
        self.assert_all_comes(head('/much?bytes=8000000', 'Content-Length: 1000000') + b'x')
        self.assert_all_comes(head('/much?bytes=8000000', 'Transfer-Encoding: chunked') + b'10\r\nx')

    def test_of_a_body_that_is_gathered(self):
        first = head('/much?bytes=8000000', method='GET')
        self.assertEqual(self.assert_all_comes(first + head('/count?stream=0', 'Content-Length: 9') + b'x'), b'')
        rest = self.assert_all_comes(first + head('/count', 'Content-Length: 9') + b'x')
        self.assertIn(b'ended before', rest)

    def test_behind_it_something_malformed(self):
        rest = self.assert_all_comes(head('/much?bytes=8000000', method='GET') + b'BAD\r\n\r\n')
        self.assertTrue(rest.startswith(b'HTTP/1.1 400 '), rest)


class Failures(Streams):
    def assert_fails(self, request, status, text, end=False):
        with self.server.connect() as c:
            c.send(request)
            if end:
                c.end()
            r = c.response()
            self.assertEqual((r.status, r['Connection']), (status, 'close'))
            self.assertIn(text, r.body.decode())
            self.assertTrue(c.is_closed())

    def test_malformed_chunks(self):
        start = head('/count', 'Transfer-Encoding: chunked')
        self.assert_fails(start + b'zz\r\n', 400, 'chunk size is malformed')
        self.assert_fails(start + b'3\r\nabcd\r\n', 400, 'not followed by CRLF')
        self.assert_fails(start + b'3;=\r\nabc\r\n', 400, 'extension')
        self.assert_fails(start + b'3\r\nabc\r\n0\r\nX Y: 1\r\n\r\n', 400, 'trailer')

    def test_failures_are_counted_once(self):
        before = int(re.search(r'errors=(\d+)', self.stats())[1])
        self.assert_fails(head('/count', 'Transfer-Encoding: chunked') + b'zz\r\n', 400, 'chunk size')
        self.assertIn(f'errors={before + 1} ', self.stats())

    def test_a_body_that_ends_early(self):
        self.assert_fails(head('/count', 'Content-Length: 100') + b'part', 400, 'ended before', end=True)
        self.assert_fails(head('/count', 'Transfer-Encoding: chunked') + b'5\r\npart', 400, 'ended before', end=True)

    def test_half_closed_behind_the_body(self):
        with self.server.connect() as c:
            c.send(with_length('/sleep?seconds=0.1', b'x' * 1000))
            c.end()
            self.assert_bytes(c, 1000)
            self.assertTrue(c.is_closed())

    def test_a_client_that_resets(self):
        c = self.server.connect()
        c.send(head('/count', 'Content-Length: 100') + b'part')
        self.wait_for_stats('active=2')
        c.reset()
        self.wait_for_stats(r'active=1 .* last=-104 ')

    def test_what_was_lent_stays(self):
        c = self.server.connect()
        c.send(head('/keep', 'Content-Length: 1000000') + b'x' * 70000)
        self.wait_for_stats('active=2')
        c.send(b'y' * 500000)
        c.reset()
        self.wait_for_stats('active=[12] ')
        self.server.get('/release')
        self.wait_for_stats('active=1 ')


class Limits(Streams):
    args = ('max_body_size=1000',)

    def status(self, request, kept=True):
        with self.server.connect() as c:
            c.send(request)
            r = c.response()
            self.assertEqual(r['Connection'], None if r.status == 200 else 'close')
            if r.status == 200:
                c.send(with_length('/count', b'x' * 1000))
                self.assert_bytes(c, 1000)
            return r.status

    def test_the_servers(self):
        for query in ('?', '?stream=0'):
            for n, status in ((1000, 200), (1001, 413)):
                self.assertEqual(self.status(with_length('/count' + query, b'x' * n)), status)
                self.assertEqual(self.status(chunked('/count' + query, b'x' * 500, b'x' * (n - 500))), status)

    def test_the_plans(self):
        for query in ('?', '?stream=0&'):
            for n, limit, status in ((10, 10, 200), (11, 10, 413), (5000, 5000, 200), (5001, 5000, 413), (200000, -1, 200)):
                path = f'/count{query}max={limit}'
                self.assertEqual(self.status(with_length(path, b'x' * n)), status, path)
                self.assertEqual(self.status(chunked(path, b'x' * 5, b'x' * (n - 5))), status, path)

    def test_the_handlers(self):
        for n, limit, status in ((10, 10, 200), (11, 10, 413), (5000, 5000, 200), (5001, 5000, 413), (200000, -1, 200)):
            path = f'/count?late_max={limit}'
            self.assertEqual(self.status(with_length(path, b'x' * n)), status)
            self.assertEqual(self.status(chunked(path, b'x' * 5, b'x' * (n - 5))), status)

    def test_too_late(self):
        with self.server.connect() as c:
            c.send(with_length('/late_limit', b'x' * 10))
            self.assertEqual(c.response().body, b'GALE_ESTATE')

    def test_a_chunk_is_refused_by_its_size(self):
        for query in ('?', '?stream=0'):
            with self.server.connect() as c:
                c.send(head('/count' + query, 'Transfer-Encoding: chunked') + b'3e9\r\n')
                self.assertEqual(c.response().status, 413)

    def test_a_client_that_goes_on_sending_reads_413(self):
        for path in ('/count', '/count?stream=0'):
            with self.server.connect() as c:
                c.send(head(path, f'Content-Length: {10 * MIB}'))
                for _ in range(10):
                    c.send(bytes(MIB))
                self.assertEqual(c.response().status, 413)
                self.assertTrue(c.is_closed())


class Times(Streams):
    args = ('body_timeout=0.4',)

    def test_a_reader_that_waits_in_vain(self):
        for query in ('?', '?stream=0'):
            with self.server.connect() as c:
                c.send(head('/count' + query, 'Content-Length: 10') + b'x')
                r = c.response()
                self.assertEqual((r.status, r['Connection']), (408, 'close'))
                self.assertTrue(c.is_closed())

    def test_bytes_that_drip(self):
        start = time.monotonic()
        with self.server.connect() as c:
            c.send(head('/count', 'Content-Length: 1000'))
            while not select.select([c.sock], [], [], 0.05)[0]:
                c.send('x')
            self.assertEqual(c.response().status, 408)
        self.assertLess(time.monotonic() - start, 10)

    def test_the_readers_own_time_does_not_count(self):
        with self.server.connect() as c:
            c.send(head('/sleep?seconds=1', 'Content-Length: 2') + b'x')
            time.sleep(1.1)
            c.send('y')
            self.assert_bytes(c, 2)

    def test_fast_ones_may_not_rest_on_it(self):
        start = time.monotonic()
        with self.server.connect() as c:
            c.send(head('/count', 'Content-Length: 2000000') + b'x' * 1000000)
            self.assertEqual(c.response().status, 408)
        self.assertLess(time.monotonic() - start, 10)

    def test_other_limits_for_a_request(self):
        for query in ('timeout=9', 'timeout=-1', 'late_timeout=9', 'late_timeout=-1', 'stream=0&timeout=9',
                      'stream=0&timeout=-1'):
            with self.server.connect() as c:
                c.send(head('/count?' + query, 'Content-Length: 2') + b'x')
                self.assertEqual(select.select([c.sock], [], [], 0.9)[0], [], query)
                c.send('y')
                self.assert_bytes(c, 2)
                c.send(head('/count', 'Content-Length: 2') + b'x')
                self.assertEqual(c.response().status, 408)


class BackPressure(Streams):
    @classmethod
    def setUpClass(cls):
        # A sanitizer would keep what was freed.
        asan = os.environ.get('ASAN_OPTIONS', '') + ':quarantine_size_mb=1:thread_local_quarantine_size_kb=64'
        cls.server = gale_wire.Program(cls.program, 'max_body_size=-1', env={'ASAN_OPTIONS': asan})

    def test_a_gibibyte_in_constant_memory(self):
        block = bytes(4 * MIB)
        with self.server.connect() as c:
            c.send(with_length('/count', bytes(MIB)))
            self.assert_bytes(c, MIB)
            before = highest = self.server.memory()
            c.send(head('/count', f'Content-Length: {1 << 30}'))
            for _ in range((1 << 30) // len(block)):
                c.send(block)
                highest = max(highest, self.server.memory())
            self.assert_bytes(c, 1 << 30)
        self.assertLess(highest - before, 8 * MIB)

    def test_nobody_reads(self):
        with self.server.connect() as c:
            before = self.server.memory()
            c.send(head('/hold', f'Content-Length: {64 * MIB}'))
            c.sock.setblocking(False)
            sent = 0
            while sent < 64 * MIB:
                try:
                    sent += c.sock.send(bytes(MIB))
                except BlockingIOError:
                    if not select.select([], [c.sock], [], 0.3)[1]:
                        break
            self.assertLess(sent, 32 * MIB)  # what the kernel's two buffers hold
            self.assertLess(self.server.memory() - before, 6 * MIB)  # io_uring may have filled its ring
            c.sock.settimeout(gale_wire.TIMEOUT)
            self.server.get('/release')
            while sent < 64 * MIB:
                n = min(MIB, 64 * MIB - sent)
                c.send(bytes(n))
                sent += n
            self.assert_bytes(c, 64 * MIB)


class Gzip(Streams):
    args = ('max_body_size=100000', 'decompress_request=1')
    ways = ('/count', '/count?stream=0')

    def test_bodies_are_decoded(self):
        data = os.urandom(30000) + b'x' * 70000
        for path in self.ways:
            with self.server.connect() as c:
                for request in (gzipped(path, data),
                                chunked(path, gzip.compress(data), fields=['Content-Encoding: GZIP'])):
                    c.send(request)
                    self.assertEqual(c.response().body.decode(),
                                     f'bytes={len(data)} trailer=- header=- '
                                     f'consumed={"GZIP" if b"GZIP" in request else "gzip"} encoding=-')

    def test_in_pieces(self):
        packed = gzip.compress(b'0123456789' * 100)
        for path in self.ways:
            with self.server.connect() as c:
                c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for request in (gzipped(path, b'0123456789' * 100),
                                chunked(path, *[packed[i:i + 1] for i in range(len(packed))],
                                        fields=['Content-Encoding: gzip'], trailers='X-Checksum: 1\r\n')):
                    for i in range(len(request)):
                        c.send(request[i:i + 1])
                    self.assert_bytes(c, 1000)
                c.send(with_length(path, packed[:20] + packed[20:], 'Content-Encoding: gzip') * 3)
                for _ in range(3):
                    self.assert_bytes(c, 1000)

    def test_members_count_as_one(self):
        for path in self.ways:
            with self.server.connect() as c:
                c.send(with_length(path, gzip.compress(b'a' * 10) + gzip.compress(b'b' * 20), 'Content-Encoding: gzip'))
                self.assert_bytes(c, 30)

    def test_what_is_not_gzip(self):
        packed = gzip.compress(os.urandom(1000))
        for body in (b'no gzip at all', packed[:-1], packed[:-9], packed + b'more', packed[:500] + b'x' + packed[501:]):
            for path in self.ways:
                with self.server.connect() as c:
                    c.send(with_length(path, body, 'Content-Encoding: gzip'))
                    r = c.response()
                    self.assertEqual((r.status, r['Connection']), (400, 'close'), body)

    def test_other_codings_come_as_sent(self):
        for fields in (['Content-Encoding: br'], ['Content-Encoding: identity'],
                       ['Content-Encoding: gzip', 'Content-Encoding: gzip'], ['Content-Encoding: gzip, gzip']):
            for path in self.ways:
                with self.server.connect() as c:
                    c.send(with_length(path, b'abc', *fields))
                    r = self.counted(c.response())
                    self.assertEqual((r['bytes'], r['consumed'], r['encoding']), ('3', '-', 'there'))

    def test_b32_limit_is_for_decoded_bytes(self):
        for path in self.ways:
            for n, status in ((100000, 200), (100001, 413)):
                for request in (gzipped(path, b'x' * n), chunked(path, gzip.compress(b'x' * n),
                                                                 fields=['Content-Encoding: gzip'])):
                    with self.server.connect() as c:
                        c.send(request)
                        self.assertEqual(c.response().status, status)

    def test_b32_gzip_bomb(self):
        packed = bomb(90 * MIB)
        self.assertLess(len(packed), 100000)
        before = self.server.memory()
        for path in self.ways:
            with self.server.connect() as c:
                c.send(with_length(path, packed, 'Content-Encoding: gzip'))
                r = c.response()
                self.assertEqual((r.status, r['Connection']), (413, 'close'))
                self.assertTrue(c.is_closed())
        self.assertLess(self.server.memory() - before, 4 * MIB)

    def test_b32_stops_before_the_whole_has_come(self):
        packed = bomb(90 * MIB)
        for path in self.ways:
            with self.server.connect() as c:
                c.send(head(path, f'Content-Length: {len(packed)}', 'Content-Encoding: gzip') + packed[:20000])
                self.assertEqual(c.response().status, 413)


class GzipOff(Streams):
    def test_bodies_come_as_sent(self):
        packed = gzip.compress(b'x' * 1000)
        for path in ('/count', '/count?stream=0'):
            with self.server.connect() as c:
                c.send(with_length(path, packed, 'Content-Encoding: gzip'))
                r = self.counted(c.response())
                self.assertEqual((r['bytes'], r['consumed'], r['encoding']), (str(len(packed)), '-', 'there'))


if __name__ == '__main__':
    gale_wire.main()
