"""Applications over FastCGI, by records that are made here: requests, streams, management, ends."""
# SPDX-License-Identifier: MIT
import fcntl
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_fastcgi as fcgi  # noqa: E402
import gale_wire  # noqa: E402


class Program(gale_wire.Program):
    """One that serves FastCGI alone: .where is its address."""

    def __init__(self, *args, env=None, run=(), **popen):
        environ = dict(os.environ, **(env or {}))
        if gale_wire.BACKEND:
            environ['GALE_IOLOOP'] = gale_wire.BACKEND
        popen.setdefault('stdin', subprocess.DEVNULL)
        self.process = subprocess.Popen([*run, gale_wire.PROGRAMS['fastcgi_server'], *args], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=environ, **popen)
        self.output = b''
        self.where = self.read_until(rb'(?m)listening on (\S+) \(FastCGI\)$')[1].decode()

    def connect(self):
        return fcgi.Connection(self.where)

    def ask(self, *args, **more):
        with self.connect() as c:
            return c.ask(*args, **more)

    def until(self, pattern):
        """Asks for what was seen until that is so."""
        end = time.monotonic() + gale_wire.TIMEOUT
        while True:
            text = self.ask('/seen').body.decode()
            match = re.search(pattern, text)
            if match:
                return match
            if time.monotonic() > end:
                raise AssertionError(f'no {pattern!r}: {text}')
            time.sleep(0.005)


def clean(case, program, how=signal.SIGTERM):
    status, output = program.stop(how)
    case.assertNotIn('AddressSanitizer', output)
    case.assertNotIn('runtime error:', output)
    case.assertIn(status, (0, -how))
    return output


class TestCase(gale_wire.unittest.TestCase):
    args = ('--fastcgi=0', '--drain-timeout=5')
    env = {}

    @classmethod
    def setUpClass(cls):
        cls.server = Program(*cls.args, env=cls.env)

    @classmethod
    def tearDownClass(cls):
        status, output = cls.server.stop()
        assert 'AddressSanitizer' not in output and 'runtime error:' not in output, output[-6000:]
        assert 'LeakSanitizer' not in output and 'assertion failed' not in output, output[-6000:]
        assert status in (0, -signal.SIGTERM), (status, output[-2000:])


class Requests(TestCase):
    def test_an_answer(self):
        with self.server.connect() as c:
            a = c.ask('/hello')
            self.assertEqual((a.status, a.body, a['Content-Length']), (200, b'hello', '5'))
            self.assertEqual((a.app_status, a.protocol_status, a.stdout_ended), (0, fcgi.COMPLETE, True))
            self.assertTrue(a['Server'].startswith('gale/'))
            self.assertIsNone(a['Connection'])
            self.assertEqual(c.ask('/hello').body, b'hello')  # it was kept

    def test_the_request_is_what_the_client_sent(self):
        with self.server.connect() as c:
            text = c.ask('/show?a=1', HTTP_USER_AGENT='me', HTTPS='on', HTTP_CONNECTION='close').body.decode()
            self.assertIn('GET /show?a=1 HTTP/1.1\n', text)
            self.assertIn('host=example.org\nremote=192.0.2.7\nurl=https://example.org/show?a=1\nagent=me\n', text)
            self.assertIn('tls=1 gale_request_tls_info: over FastCGI', text)
            for name in ('HTTP_TRANSFER_ENCODING', 'HTTP_TRANSFER-ENCODING', 'HTTP_Transfer_Encoding'):
                self.assertIn('\ncoding=-\n', c.ask('/show', **{name: 'chunked'}).body.decode())
            text = c.ask('/show', REMOTE_ADDR='2001:db8::1', REQUEST_SCHEME='https', HTTPS=None).body.decode()
            self.assertIn('remote=2001:db8::1\nurl=https://', text)
            text = c.ask('/show', REMOTE_ADDR='unix:', HTTPS='off', SERVER_PROTOCOL='HTTP/1.0').body.decode()
            self.assertIn('GET /show HTTP/1.0\n', text)
            self.assertIn('remote=\nurl=http://', text)

    def test_without_request_uri_and_host(self):
        with self.server.connect() as c:
            text = c.ask(None, SCRIPT_NAME='/show', PATH_INFO='/a b\xff%', QUERY_STRING='c=d', HTTP_HOST=None,
                         SERVER_NAME='s.example', SERVER_PORT='8080').body.decode()
            self.assertIn('GET /show/a%20b%FF%25?c=d HTTP/1.1\nhost=s.example:8080\n', text)
            text = c.ask('/show', HTTP_HOST=None, SERVER_NAME='::1', SERVER_PORT='80').body.decode()
            self.assertIn('host=[::1]\n', text)
            for name in ('~^(www\\.)?shop', ''):    # a pattern of the web server's configuration
                text = c.ask('/show', HTTP_HOST=None, SERVER_NAME=name, SERVER_PORT='80').body.decode()
                self.assertIn('host=localhost\n', text)

    def test_what_is_malformed_is_400(self):
        bad = [{'REQUEST_METHOD': None}, {'REQUEST_METHOD': 'G T'}, {'HTTP_X': 'a\r\nY: b'}, {'HTTP_A B': 'c'},
               {'CONTENT_LENGTH': '-1'}, {'CONTENT_LENGTH': '1x'}, {'CONTENT_TYPE': 'a\nb'}, {'SERVER_PORT': 'x',
               'HTTP_HOST': None}, {'QUERY_STRING': 'a b', 'REQUEST_URI': None}, {'HTTP_HOST': 'a b'},
               {'HTTP_HOST': 'a\0'}]
        with self.server.connect() as c:
            for values in bad:
                given = {'REQUEST_METHOD': 'GET', 'REQUEST_URI': '/hello', 'HTTP_HOST': 'h', **values}
                text = b''.join(fcgi.pair(n, v) for n, v in given.items() if v is not None)
                c.send(fcgi.begin(1) + fcgi.stream(fcgi.PARAMS, 1, text) + fcgi.record(fcgi.STDIN, 1))
                self.assertEqual(c.answer(1).status, 400, values)
            for uri in ('/a b', '/\n', 'x', '/\x01'):
                self.assertEqual(c.ask(uri).status, 400, uri)
            c.send(fcgi.begin(1) + fcgi.stream(fcgi.PARAMS, 1, b'\x05\x05abc') + fcgi.record(fcgi.STDIN, 1))
            self.assertEqual(c.answer(1).status, 400)
            self.assertEqual(c.ask('/hello').status, 200)

    def test_limits_of_the_head(self):
        with self.server.connect() as c:
            self.assertEqual(c.ask('/' + 'a' * 9000).status, 414)
            self.assertEqual(c.ask('/hello', **{f'HTTP_X{i}': 'y' for i in range(200)}).status, 431)
            self.assertEqual(c.ask('/hello', HTTP_X='y' * 70000).status, 431)
            self.assertEqual(c.ask('/hello', HTTP_X='y' * 60000).status, 200)

    def test_head_and_statuses_without_a_body(self):
        with self.server.connect() as c:
            a = c.ask('/hello', 'HEAD')
            self.assertEqual((a.status, a.body, a['Content-Length']), (200, b'', '5'))
            a = c.ask('/nowhere', 'HEAD')
            self.assertEqual((a.status, a.body), (404, b''))

    def test_byte_by_byte_and_in_odd_pieces(self):
        whole = fcgi.request(1, '/show', 'POST', b'abcdef', piece=5, padding=3, HTTP_LONG='z' * 300)
        with self.server.connect() as c:
            for size in (1, 7, 13):
                for i in range(0, len(whole), size):
                    c.send(whole[i:i + size])
                self.assertIn(b'body=6 abcdef', c.answer(1).body)

    def test_a_websocket_is_501(self):
        a = self.server.ask('/socket', HTTP_UPGRADE='websocket', HTTP_CONNECTION='Upgrade',
                            HTTP_SEC_WEBSOCKET_VERSION='13', HTTP_SEC_WEBSOCKET_KEY='dGhlIHNhbXBsZSBub25jZQ==')
        self.assertEqual(a.status, 501)
        self.assertIn(b'FastCGI', a.body)

    def test_without_keep_conn_it_is_closed(self):
        with self.server.connect() as c:
            self.assertEqual(c.ask('/hello', keep=False).body, b'hello')
            self.assertTrue(c.is_closed())

    def test_a_big_answer_is_whole(self):
        with self.server.connect() as c:
            a = c.ask('/bytes?n=5000000&length=5000000')
            self.assertEqual((len(a.body), set(a.body)), (5000000, {ord('b')}))
            self.assertEqual(len(c.ask('/bytes?n=3000000').body), 3000000)


class Bodies(TestCase):
    def test_gathered(self):
        with self.server.connect() as c:
            self.assertIn(b'body=200000 xxx', c.ask('/show', 'POST', b'x' * 200000, piece=777).body)
            self.assertIn(b'body=3 abc', c.ask('/show', 'POST', b'abc', CONTENT_LENGTH=None).body)
            self.assertIn(b'body=0 ', c.ask('/show', 'POST').body)

    def test_of_another_length_than_announced(self):
        with self.server.connect() as c:
            for uri in ('/show', '/upload'):
                for length in ('2', '5'):
                    self.assertEqual(c.ask(uri, 'POST', b'abc', CONTENT_LENGTH=length).status, 400, (uri, length))
            self.assertEqual(c.ask('/show', 'POST', b'abc', CONTENT_LENGTH='0').status, 400)
            for length, status in ((2 ** 63 - 2, 413), (2 ** 63 - 1, 413), (2 ** 64 + 3, 400)):
                self.assertEqual(c.ask('/upload', 'POST', b'abc', CONTENT_LENGTH=str(length)).status, status)
            self.assertEqual(c.ask('/hello').status, 200)

    def test_too_large(self):
        with self.server.connect() as c:
            c.send(fcgi.begin(1) + fcgi.stream(fcgi.PARAMS, 1, fcgi.params('POST', '/show', CONTENT_LENGTH='20000000')))
            self.assertEqual(c.answer(1).status, 413)
            c.send(fcgi.record(fcgi.STDIN, 1, b'late'))  # for nobody
            self.assertEqual(c.ask('/show', 'POST', b'x' * 11000000, CONTENT_LENGTH=None).status, 413)
            self.assertEqual(c.ask('/hello').status, 200)

    def test_streamed(self):
        body = os.urandom(1000) * 3000
        total = 0
        for byte in body[:1000]:
            total = (total * 31 + byte) & 0xffffffff
        with self.server.connect() as c:
            self.assertEqual(c.ask('/upload', 'POST', body[:1000]).body.decode(), f'1000 {total}')
            self.assertEqual(c.ask('/upload', 'POST', body).body.split()[0], b'3000000')
            self.assertEqual(c.ask('/upload', 'POST', body, CONTENT_LENGTH=None, piece=9999).body.split()[0],
                             b'3000000')
            self.assertEqual(c.ask('/upload?stop=10', 'POST', body).status, 200)
            self.assertEqual(c.ask('/hello').body, b'hello')

    def test_who_does_not_read_holds_the_connection_back(self):
        """What of it lies in memory is bounded: the web server's sending stops."""
        with self.server.connect() as c:
            c.send(fcgi.begin(1) + fcgi.stream(fcgi.PARAMS, 1, fcgi.params('POST', '/upload?hold=1')))
            c.sock.setblocking(False)
            sent, piece = 0, fcgi.record(fcgi.STDIN, 1, b'x' * 65000)
            rest, idle = b'', 0
            while idle < 20:
                rest = rest or piece
                try:
                    n = c.sock.send(rest)
                    rest, sent, idle = rest[n:], sent + n, 0
                except BlockingIOError:
                    idle += 1
                    time.sleep(0.005)
            self.assertLess(sent, 30 << 20)
            c.sock.settimeout(gale_wire.TIMEOUT)
            self.assertEqual(self.server.ask('/go').status, 200)
            c.send(rest + fcgi.record(fcgi.STDIN, 1))
            got = int(c.answer(1).body.split()[0])
            self.assertGreaterEqual(got, sent // 65008 * 65000)


class Several(TestCase):
    def test_answers_come_as_they_are_ready(self):
        with self.server.connect() as c:
            c.send(fcgi.request(1, '/hold') + fcgi.request(2, '/hello') + fcgi.request(0xffff, '/hello'))
            self.assertEqual(c.answer(2).body, b'hello')
            self.assertEqual(c.answer(0xffff).body, b'hello')
            c.send(fcgi.request(2, '/go'))
            self.assertEqual(c.answer(1).body, b'held')
            self.assertEqual(c.answer(2).body, b'gone on')

    def test_streams_of_several_requests_interleaved(self):
        with self.server.connect() as c:
            for number in (1, 2, 3):
                c.send(fcgi.begin(number) +
                       fcgi.stream(fcgi.PARAMS, number, fcgi.params('POST', '/upload' if number != 2 else '/show')))
            for _ in range(50):
                for number in (3, 1, 2):
                    c.send(fcgi.record(fcgi.STDIN, number, bytes([64 + number]) * 1000, 5))
            for number in (2, 3, 1):
                c.send(fcgi.record(fcgi.STDIN, number))
            self.assertIn(b'body=50000 BBB', c.answer(2).body)
            self.assertEqual(c.answer(1).body.split()[0], b'50000')
            self.assertEqual(c.answer(3).body.split()[0], b'50000')

    def test_big_answers_take_turns(self):
        size = 8 << 20
        with self.server.connect() as c:
            c.send(b''.join(fcgi.request(i, f'/bytes?n={size}&piece=200000') for i in (1, 2, 3)))
            time.sleep(0.05)  # nobody reads: what the kernel holds is full
            c.send(fcgi.request(4, '/hello'))
            self.assertEqual(c.answer(4).body, b'hello')
            before = sum(n for i, n in c.order if i != 4)
            self.assertLess(before, 3 * size)
            for i in (1, 2, 3):
                self.assertEqual(len(c.answer(i).body), size)
            self.assertLessEqual(max(n for _, n in c.order), 32768)
            order = [i for i, n in c.order if n and i != 4]
            middle = order[len(order) // 3:len(order) // 2]
            self.assertEqual(set(middle), {1, 2, 3})

    def test_more_than_it_takes(self):
        with self.server.connect() as c:
            c.send(b''.join(fcgi.request(i, '/hold') for i in range(1, 102)))
            a = c.answer(101)
            self.assertEqual((a.data, a.protocol_status), (b'', fcgi.OVERLOADED))
            self.assertEqual(self.server.ask('/go').status, 200)
            for i in range(1, 101):
                self.assertEqual(c.answer(i).body, b'held')

    def test_one_is_over_with_the_first_bytes_of_its_body(self):
        """Beside others: its memory is free, not kept for the next one."""
        with self.server.connect() as c:
            for uri, status in ((None, 400), ('/nowhere', 404), ('/hello', 405), ('/upload?stop=1', 200)):
                c.send(b''.join(fcgi.begin(n) for n in (1, 2, 3)) + fcgi.record(fcgi.ABORT_REQUEST, 1) +
                       fcgi.record(fcgi.ABORT_REQUEST, 3))
                c.answer(1)
                c.answer(3)
                c.send((fcgi.stream(fcgi.PARAMS, 2, fcgi.params('POST', uri)) if uri else b'') +
                       fcgi.record(fcgi.STDIN, 2, b'abc') + fcgi.record(fcgi.STDIN, 2))
                self.assertEqual(c.answer(2).status, status, uri)
                self.assertEqual(c.ask('/hello').body, b'hello')

    def test_closed_when_the_last_one_is_answered(self):
        with self.server.connect() as c:
            c.send(fcgi.request(1, '/hold') + fcgi.request(2, '/hello', keep=False))
            self.assertEqual(c.answer(2).body, b'hello')
            self.assertEqual(self.server.ask('/go').status, 200)
            self.assertEqual(c.answer(1).body, b'held')
            self.assertTrue(c.is_closed())


class Ends(TestCase):
    def gone(self):
        return int(re.search(r'gone=(\d+)', self.server.ask('/seen').body.decode())[1])

    def test_abort(self):
        before = self.gone()
        with self.server.connect() as c:
            c.send(fcgi.request(1, '/hold') + fcgi.record(fcgi.ABORT_REQUEST, 1))
            a = c.answer(1)
            self.assertEqual((a.app_status, a.protocol_status, a.data), (1, fcgi.COMPLETE, b''))
            self.server.until(f'gone={before + 1}')
            c.send(fcgi.request(1, '/hello'))
            self.assertEqual(c.answer(1).body, b'hello')
            # before it was begun, in the middle of parameters and of bodies, of an answer
            c.send(fcgi.record(fcgi.ABORT_REQUEST, 9) + fcgi.begin(1) + fcgi.record(fcgi.ABORT_REQUEST, 1))
            self.assertEqual(c.answer(1).app_status, 1)
            for uri in ('/show', '/upload'):
                c.send(fcgi.begin(1) + fcgi.stream(fcgi.PARAMS, 1, fcgi.params('POST', uri, CONTENT_LENGTH='9')) +
                       fcgi.record(fcgi.STDIN, 1, b'abc') + fcgi.record(fcgi.ABORT_REQUEST, 1))
                self.assertEqual(c.answer(1).app_status, 1)
            c.send(fcgi.request(1, '/bytes?n=50000000'))
            c.take()
            c.send(fcgi.record(fcgi.ABORT_REQUEST, 1))
            self.assertEqual(c.answer(1).app_status, 1)
            self.assertEqual(c.ask('/hello').body, b'hello')
        self.server.ask('/go')

    def test_a_web_server_that_goes(self):
        before = self.gone()
        with self.server.connect() as c:
            c.send(fcgi.request(1, '/hold') + fcgi.request(2, '/hello'))
            c.answer(2)
        self.server.until(f'gone={before + 1}')
        self.server.ask('/go')
        with self.server.connect() as c:  # in the middle of everything
            c.send(fcgi.request(1, '/upload', 'POST', b'x' * 100000)[:-20] + fcgi.begin(2))
        self.server.until('coroutines=1$')

    def test_a_half_closed_connection_is_answered(self):
        with self.server.connect() as c:
            c.send(fcgi.request(1, '/hold') + fcgi.request(2, '/hello') + fcgi.begin(3))
            c.sock.shutdown(socket.SHUT_WR)
            self.assertEqual(c.answer(2).body, b'hello')
            self.assertEqual(c.answer(3).app_status, 1)
            self.server.ask('/go')
            self.assertEqual(c.answer(1).body, b'held')
            self.assertTrue(c.is_closed())

    def test_an_answer_that_breaks_off(self):
        with self.server.connect() as c:
            c.send(fcgi.request(1, '/bytes?n=100&fail=1'))
            with self.assertRaises(fcgi.Broken):
                c.answer(1)
            self.assertTrue(c.data[1].endswith(b'\r\n\r\n' + b'b' * 100))
            self.assertEqual(c.sock.recv(1), b'')
        with self.server.connect() as c:  # others go on
            c.send(fcgi.request(2, '/hold') + fcgi.request(1, '/bytes?n=100&fail=1'))
            a = c.answer(1)
            self.assertEqual((a.app_status, a.stdout_ended), (1, False))
            self.server.ask('/go')
            self.assertEqual(c.answer(2).body, b'held')

    def test_what_is_no_fastcgi_is_closed(self):
        for data in (b'GET / HTTP/1.1\r\n\r\n', fcgi.record(1, 1, b'\0' * 8, version=2),
                     fcgi.record(fcgi.BEGIN_REQUEST, 1, b'abc'), fcgi.begin(1) + fcgi.begin(1),
                     fcgi.record(fcgi.GET_VALUES, 0, b'x' * 5000)):
            with self.server.connect() as c:
                c.send(data)
                self.assertTrue(c.is_closed(), data[:20])

    def test_records_of_nobody_are_dropped(self):
        with self.server.connect() as c:
            c.send(fcgi.record(fcgi.STDIN, 7, b'abc') + fcgi.record(fcgi.PARAMS, 7) + fcgi.record(fcgi.DATA, 7, b'x') +
                   fcgi.record(99, 7, b'y'))
            self.assertEqual(c.ask('/hello').body, b'hello')
            c.send(fcgi.begin(1) + fcgi.record(fcgi.STDIN, 1, b'abc'))
            self.assertEqual(c.answer(1).status, 400)


class Management(TestCase):
    def test_values(self):
        with self.server.connect() as c:
            asked = b''.join(fcgi.pair(n, '') for n in ('FCGI_MPXS_CONNS', 'OTHER', 'FCGI_MAX_CONNS', 'FCGI_MAX_REQS'))
            c.send(fcgi.record(fcgi.GET_VALUES, 0, asked[:5]))  # cut short: what is whole of it
            self.assertEqual(c.record(), (fcgi.GET_VALUES_RESULT, 0, b''))
            c.send(fcgi.record(fcgi.GET_VALUES, 0, asked))
            kind, number, content = c.record()
            self.assertEqual((kind, number), (fcgi.GET_VALUES_RESULT, 0))
            self.assertIn(fcgi.pair('FCGI_MPXS_CONNS', '1'), content)
            self.assertRegex(content, rb'FCGI_MAX_CONNS\d+.*FCGI_MAX_REQS\d+')
            self.assertNotIn(b'OTHER', content)

    def test_unknown_types_and_roles(self):
        with self.server.connect() as c:
            c.send(fcgi.record(200, 0, b'what'))
            self.assertEqual(c.record(), (fcgi.UNKNOWN_TYPE, 0, b'\xc8' + b'\0' * 7))
            for role in (0, 2, 3):
                c.send(fcgi.begin(5, role=role))
                self.assertEqual(c.answer(5).protocol_status, fcgi.UNKNOWN_ROLE)
            self.assertEqual(c.ask('/hello').body, b'hello')
            c.send(fcgi.begin(5, role=2, keep=False))
            self.assertEqual(c.answer(5).protocol_status, fcgi.UNKNOWN_ROLE)


class Times(TestCase):
    env = {'SHORT_TIMES': '1'}

    def test_the_head_and_the_body(self):
        with self.server.connect() as c:
            c.send(fcgi.begin(1) + fcgi.record(fcgi.PARAMS, 1, fcgi.params()[:10]))
            self.assertEqual(c.answer(1).status, 408)
            for uri in ('/show', '/upload'):
                c.send(fcgi.begin(1) + fcgi.stream(fcgi.PARAMS, 1, fcgi.params('POST', uri, CONTENT_LENGTH='5')) +
                       fcgi.record(fcgi.STDIN, 1, b'ab'))
                self.assertEqual(c.answer(1).status, 408, uri)

    def test_idle_and_unread(self):
        with self.server.connect() as c:
            self.assertTrue(c.is_closed())
        with self.server.connect() as c:  # who waits for an answer of ours is not idle
            c.send(fcgi.request(1, '/hold'))
            time.sleep(0.6)
            self.server.ask('/go')
            self.assertEqual(c.answer(1).body, b'held')
        with self.server.connect() as c:
            before = int(self.server.until(r'gone=(\d+)')[1])
            c.send(fcgi.request(1, '/bytes?n=100000000'))
            self.server.until(f'gone={before + 1}')


class Limited(TestCase):
    env = {'MAX_CONNECTIONS': '2'}

    def test_too_many_connections(self):
        with self.server.connect() as a, self.server.connect() as b:
            self.assertEqual(a.ask('/hello').body + b.ask('/hello').body, b'hellohello')
            with self.server.connect() as c:
                c.send(fcgi.request(1, '/hello'))
                self.assertEqual(c.answer(1).protocol_status, fcgi.OVERLOADED)
                self.assertTrue(c.is_closed())


class Serving(gale_wire.unittest.TestCase):
    """What gale_main makes of it."""

    def test_descriptor_0(self):
        with socket.create_server(('127.0.0.1', 0)) as listening:
            program = Program('--fastcgi=fd', stdin=listening)
        self.assertEqual(program.ask('/hello').body, b'hello')
        clean(self, program)

    def test_sockets_of_a_service_manager(self):
        """By their names: HTTP, too, when there is another one."""
        web, listening = socket.create_server(('127.0.0.1', 0)), socket.create_server(('127.0.0.1', 0))
        with web, listening:
            fds = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 20) for s in (listening, web)]
            for n, names in ((1, 'fastcgi'), (2, 'fastcgi:web')):
                command = ('exec 3<&%d 4<&%d; export LISTEN_PID=$$ LISTEN_FDS=%d LISTEN_FDNAMES=%s; exec "$0" "$@"' %
                           (*fds, n, names))
                program = Program(run=('bash', '-c', command), pass_fds=fds)
                self.assertEqual(program.ask('/hello').body, b'hello')
                if n == 2:
                    port = web.getsockname()[1]
                    self.assertEqual(gale_wire.Program.get(Http(port), '/hello').body, b'hello')
                self.assertEqual(b'http://' in program.output, n == 2)
                clean(self, program)
            for fd in fds:
                os.close(fd)

    def test_unix_socket_and_http_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            program = Program(f'--fastcgi=unix:{folder}/s', '--port=0')
            self.assertEqual(program.where, f'unix:{folder}/s')
            program.port = int(program.read_until(rb'http://\S+:(\d+)/')[1])
            self.assertEqual(program.ask('/hello').body, b'hello')
            self.assertEqual(gale_wire.Program.get(Http(program.port), '/hello').body, b'hello')
            clean(self, program)

    def test_what_cannot_be(self):
        for value in ('x', '99999', ':1', 'host:', 'fd', '-1'):
            done = subprocess.run([gale_wire.PROGRAMS['fastcgi_server'], f'--fastcgi={value}'],
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 1, value)
            self.assertIn(b'--fastcgi', done.stderr, value)

    def test_workers_and_threads(self):
        for args in (('--workers=2',), ('--threads=2',)):
            program = Program('--fastcgi=0', *args)
            with program.connect() as a, program.connect() as b:
                for _ in range(5):
                    self.assertEqual(a.ask('/hello').body + b.ask('/hello').body, b'hellohello')
            self.assertEqual(program.ask('/hello').status, 200)
            clean(self, program)

    def test_workers_are_replaced(self):
        program = Program('--fastcgi=0', '--workers=1', '--drain-timeout=20')
        with program.connect() as c:
            old = c.ask('/seen').body.split()[0]
            c.send(fcgi.request(1, '/hold') + fcgi.request(2, '/hello'))
            c.answer(2)
            program.process.send_signal(signal.SIGHUP)
            new = program.until(r'pid=(?!%s )\d+' % old.decode()[4:])[0]
            self.assertEqual(program.ask('/hello').body, b'hello')
            c.send(fcgi.request(3, '/go'))
            self.assertEqual((c.answer(1).body, c.answer(3).body), (b'held', b'gone on'))
            self.assertTrue(c.is_closed())
        self.assertNotEqual(new.encode(), old)
        clean(self, program)

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            data = os.urandom(3000000)
            with open(f'{folder}/f.bin', 'wb') as f:
                f.write(data)
            program = Program('--fastcgi=0', env={'STATIC_PATH': folder})
            with program.connect() as c:
                a = c.ask('/static/f.bin')
                self.assertEqual((a.status, a['Content-Length'], a.body == data), (200, '3000000', True))
                a = c.ask('/static/f.bin', HTTP_RANGE='bytes=100000-299999')
                self.assertEqual((a.status, a.body == data[100000:300000]), (206, True))
                a = c.ask('/static/f.bin', 'HEAD')
                self.assertEqual((a.status, a['Content-Length'], a.body), (200, '3000000', b''))
                a = c.ask('/static/f.bin', HTTP_IF_NONE_MATCH=a['Etag'])
                self.assertEqual((a.status, a.body, a['Content-Length']), (304, b'', None))
            clean(self, program)

    def test_a_worker_that_crashes(self):
        program = Program('--fastcgi=0', '--workers=1')
        with program.connect() as c:
            c.send(fcgi.request(1, '/crash'))
            with self.assertRaises((EOFError, ConnectionResetError)):
                c.answer(1)
        self.assertEqual(program.ask('/hello').body, b'hello')
        program.stop()

    def test_the_end_waits_for_answers(self):
        program = Program('--fastcgi=0', '--drain-timeout=20')
        with program.connect() as c, program.connect() as idle:
            idle.ask('/hello')
            c.send(fcgi.request(1, '/hold') + fcgi.request(2, '/hello'))
            c.answer(2)
            program.process.send_signal(signal.SIGTERM)
            self.assertTrue(idle.is_closed())
            c.send(fcgi.request(3, '/go'))
            self.assertEqual(c.answer(1).body, b'held')
            self.assertEqual(c.answer(3).body, b'gone on')
            self.assertTrue(c.is_closed())
        clean(self, program)

    def test_the_last_answer_and_the_end_come_together(self):
        """So that no web server uses a connection that it keeps once more in between."""
        program = Program('--fastcgi=0', '--drain-timeout=20')
        with program.connect() as c, program.connect() as other, program.connect() as idle:
            idle.ask('/hello')
            other.send(fcgi.request(1, '/hold') + fcgi.request(2, '/hello'))
            other.answer(2)
            c.send(fcgi.request(1, '/hold') + fcgi.request(2, '/hello'))
            c.answer(2)
            program.process.send_signal(signal.SIGTERM)
            self.assertTrue(idle.is_closed())
            other.send(fcgi.request(3, '/go'))
            self.assertEqual(c.answer(1).body, b'held')
            poll = select.poll()
            poll.register(c.sock, select.POLLRDHUP)
            self.assertTrue(poll.poll(0))
        clean(self, program)

    def test_a_new_program_takes_over(self):
        program = Program('--fastcgi=0', '--drain-timeout=20')
        with program.connect() as c:
            c.send(fcgi.request(1, '/hold') + fcgi.request(2, '/hello'))
            c.answer(2)
            program.process.send_signal(signal.SIGUSR2)
            new = int(program.read_until(rb'the new program \(pid (\d+)\) has taken over')[1])
            self.assertEqual(program.ask('/hello').body, b'hello')  # of the new one
            c.send(fcgi.request(3, '/go'))
            self.assertEqual(c.answer(1).body, b'held')
        self.assertEqual(program.process.wait(gale_wire.TIMEOUT), 0)
        self.assertEqual(program.ask('/hello').body, b'hello')
        os.kill(new, signal.SIGTERM)
        program.process.stdout.close()


class Http:
    """For gale_wire's get()."""

    def __init__(self, port):
        self.port = port

    def connect(self):
        return gale_wire.Connection(socket.create_connection(('127.0.0.1', self.port), timeout=gale_wire.TIMEOUT))


if __name__ == '__main__':
    gale_wire.main()
