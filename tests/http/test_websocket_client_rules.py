"""What RFC 6455 and RFC 7692 demand of a client: a server of raw sockets says what it likes and looks at what comes.
docs/websocket-conformance.md has the numbers. Then real servers: python3-websockets and Tornado."""
# SPDX-License-Identifier: MIT
import asyncio
import base64
import hashlib
import os
import re
import select
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402
from gale_websocket import BINARY, CLOSE, PING, PONG, TEXT, close_payload, frame as any_frame  # noqa: E402

DEFLATE = 'permessage-deflate'
GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'


def frame(*args, **options):
    return any_frame(*args, **{'masked': False, **options})


def deflated(data, z=None):
    z = z or zlib.compressobj(wbits=-15)
    return (z.compress(data) + z.flush(zlib.Z_SYNC_FLUSH))[:-4]


def tls_context(folder):
    """For a server of this machine, with a new certificate: and the path of that."""
    cert, key = os.path.join(folder, 'cert.pem'), os.path.join(folder, 'key.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                    '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost', '-addext',
                    'subjectAltName=DNS:localhost,IP:127.0.0.1'], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert


class Client:
    """The program, with what it prints."""

    def __init__(self, url, *args):
        env = dict(os.environ)
        if gale_wire.BACKEND:
            env['GALE_IOLOOP'] = gale_wire.BACKEND
        self.process = subprocess.Popen([gale_wire.PROGRAMS['websocket_client'], url, *args], env=env,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def end(self):
        try:
            output = self.process.communicate(timeout=gale_wire.TIMEOUT)[0].decode()
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError('the client did not end: ' + self.process.communicate()[0].decode()) from None
        assert 'Sanitizer' not in output and 'runtime error' not in output, output
        return output

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Case(gale_wire.TestCase):
    def setUp(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.listener.settimeout(gale_wire.TIMEOUT)
        self.port = self.listener.getsockname()[1]
        self.addCleanup(self.listener.close)

    def client(self, *args, path='/', url=None):
        client = Client(url or f'ws://127.0.0.1:{self.port}{path}', *args)
        self.addCleanup(client.kill)
        return client

    def accept(self, context=None):
        sock, _ = self.listener.accept()
        sock.settimeout(gale_wire.TIMEOUT)
        if context:
            sock = context.wrap_socket(sock, server_side=True)
        c = gale_wire.Connection(sock)
        self.addCleanup(c.close)
        c.request = c.read_until(b'\r\n\r\n').decode()
        return c

    @staticmethod
    def field(c, name):
        return re.findall(rf'(?im)^{name}: (.*)\r$', c.request)

    def answer(self, c, status='101 Switching Protocols', behind=b'', fields='', **changed):
        key = self.field(c, 'Sec-WebSocket-Key')[0]
        lines = {'Upgrade': 'websocket', 'Connection': 'Upgrade', 'Sec-WebSocket-Accept':
                 base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()}
        lines.update({name.replace('_', '-'): value for name, value in changed.items()})
        text = ''.join(f'{name}: {value}\r\n' for name, value in lines.items() if value is not None)
        c.send(f'HTTP/1.1 {status}\r\n{text}{fields}\r\n'.encode() + behind)

    def open(self, *args, **changed):
        self.running = self.client(*args)
        c = self.accept()
        self.answer(c, **changed)
        return c

    @staticmethod
    def frame(c):
        """First byte, mask, payload as sent, payload."""
        first, size = c.read(2)
        assert size & 0x80, 'a client masks'
        size &= 0x7f
        if size == 126:
            size = struct.unpack('>H', c.read(2))[0]
        elif size == 127:
            size = struct.unpack('>Q', c.read(8))[0]
        key = c.read(4)
        raw = c.read(size)
        return first, key, raw, bytes(b ^ key[i % 4] for i, b in enumerate(raw))

    def read(self, c):
        first, _, _, data = self.frame(c)
        return first, data

    def read_close(self, c):
        first, data = self.read(c)
        self.assertEqual(first, 0x88, data)
        return struct.unpack('>H', data[:2])[0] if data else None

    def refused(self, *args, **changed):
        c = self.open(*args, **changed)
        output = self.running.end()
        self.assertIn('failed', output, changed)
        self.assertTrue(c.is_closed())
        return output

    def fails(self, code, *pieces, args=(), **changed):
        c = self.open(*args, **changed)
        for piece in pieces:
            c.send(piece)
        self.assertEqual(self.read_close(c), code, pieces)
        c.close()
        self.running.end()

    def close(self, c, code=1000):
        c.send(frame(CLOSE, close_payload(code)))
        self.assertEqual(self.read_close(c), code)
        c.close()
        return self.running.end()


class Opening(Case):
    def test_k01_the_request(self):
        self.client('origin=http://a.example', 'header=there', path='/a/b?c=d')
        c = self.accept()
        self.assertEqual(c.request.split('\r\n')[0], 'GET /a/b?c=d HTTP/1.1')
        self.assertEqual(self.field(c, 'Host'), [f'127.0.0.1:{self.port}'])
        self.assertEqual(self.field(c, 'Upgrade'), ['websocket'])
        self.assertEqual(self.field(c, 'Connection'), ['Upgrade'])
        self.assertEqual(self.field(c, 'Sec-WebSocket-Version'), ['13'])
        self.assertEqual(self.field(c, 'Origin'), ['http://a.example'])
        self.assertEqual(self.field(c, 'X-Test'), ['there'])
        self.assertEqual(self.field(c, 'Sec-WebSocket-Extensions'), [])
        self.assertEqual(self.field(c, 'Sec-WebSocket-Protocol'), [])

    def test_k02_the_key_is_16_random_bytes(self):
        keys = set()
        for _ in range(3):
            self.client()
            key = self.field(self.accept(), 'Sec-WebSocket-Key')
            self.assertEqual(len(key), 1)
            self.assertEqual(len(base64.b64decode(key[0], validate=True)), 16)
            keys.add(key[0])
        self.assertEqual(len(keys), 3)

    def test_k03_subprotocols_are_tokens_and_differ(self):
        self.client('subprotocol=a', 'subprotocol=b')
        self.assertEqual(self.field(self.accept(), 'Sec-WebSocket-Protocol'), ['a, b'])
        for args in (('subprotocol=a', 'subprotocol=a'), ('subprotocol=a b',), ('subprotocol=',)):
            self.assertIn('failed', self.client(*args).end())

    def test_k04_nothing_but_ws_and_wss(self):
        for url in (f'ws://127.0.0.1:{self.port}/#a', 'http://127.0.0.1/', 'ftp://x/', 'ws:', 'x'):
            self.assertIn('failed', self.client(url=url).end(), url)

    def test_k05_nothing_is_sent_before_the_answer(self):
        self.client()
        c = self.accept()
        self.assertEqual(select.select([c.sock], [], [], 0.1)[0], [])

    def test_k06_another_status_is_a_failure_with_it(self):
        for status in ('200 OK', '400 Bad Request', '426 Upgrade Required', '503 No'):
            c = self.open(status=status, fields='Content-Length: 0\r\n')
            self.assertIn(f'HTTP {status[:3]}', self.running.end())
            c.close()

    def test_k07_upgrade_must_be_websocket(self):
        for value in (None, 'h2c', 'websocket, h2c'):
            self.refused(Upgrade=value)
        self.assertIn('open', self.close(self.open(Upgrade='WebSocket')))

    def test_k08_connection_must_say_upgrade(self):
        for value in (None, 'close', 'upgraded'):
            self.refused(Connection=value)
        self.assertIn('open', self.close(self.open(Connection='x, UPGRADE')))

    def test_k09_accept_must_be_that_of_the_key(self):
        for value in (None, '', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'x'):
            self.refused(Sec_WebSocket_Accept=value)
        self.refused(fields='Sec-WebSocket-Accept: x\r\n')

    def test_k10_a_subprotocol_must_have_been_offered(self):
        self.refused(Sec_WebSocket_Protocol='a')
        self.refused('subprotocol=a', Sec_WebSocket_Protocol='b')
        self.refused('subprotocol=a', Sec_WebSocket_Protocol='A')
        self.refused('subprotocol=a', Sec_WebSocket_Protocol='a', fields='Sec-WebSocket-Protocol: a\r\n')
        self.assertIn('open b|', self.close(self.open('subprotocol=a', 'subprotocol=b', Sec_WebSocket_Protocol='b')))

    def test_k11_an_extension_must_have_been_offered(self):
        self.refused(Sec_WebSocket_Extensions=DEFLATE)
        self.refused('deflate=1', Sec_WebSocket_Extensions='x-other')
        self.refused('deflate=1', Sec_WebSocket_Extensions=f'{DEFLATE}, {DEFLATE}')
        self.refused('deflate=1', Sec_WebSocket_Extensions=f'{DEFLATE}; =')

    def test_k12_frames_may_come_with_the_answer(self):
        c = self.open(behind=frame(TEXT, 'early'))
        self.assertEqual(self.read(c), (0x81, b'early'))
        self.close(c)

    def test_k13_redirects_when_wanted(self):
        self.running = self.client('redirects=1')
        c = self.accept()
        c.send(f'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{self.port}/new\r\n'
               'Connection: close\r\nContent-Length: 0\r\n\r\n')
        c = self.accept()
        self.assertTrue(c.request.startswith('GET /new HTTP/1.1'))
        self.answer(c)
        self.assertIn('open', self.close(c))
        for location in (f'ws://127.0.0.1:{self.port}/b?c', f'WS://127.0.0.1:{self.port}/b?c', '//127.0.0.1:%d/b?c#d'
                         % self.port, 'b?c'):
            running = self.client('redirects=1')
            c = self.accept()
            c.send(f'HTTP/1.1 302 Found\r\nLocation: {location}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
            c = self.accept()
            self.assertTrue(c.request.startswith('GET /b?c HTTP/1.1\r\n'), c.request)
            self.answer(c)
            c.send(frame(CLOSE, close_payload(1000)))
            self.assertEqual(self.read_close(c), 1000)
            c.close()
            self.assertIn('fine', running.end())
        self.running = self.client('redirects=1')
        c = self.accept()
        c.send('HTTP/1.1 302 Found\r\nLocation: wsx://a/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
        self.assertRegex(self.running.end(), r'failed -\d+ .*a redirect to wsx://a/: ')
        self.running = self.client()
        c = self.accept()
        c.send('HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n')
        self.assertIn('HTTP 302', self.running.end())


    def test_k14_wss_names_the_host_by_sni(self):
        with tempfile.TemporaryDirectory() as folder:
            context, cert = tls_context(folder)
            names = []
            context.sni_callback = lambda sock, name, ctx: names.append(name)
            self.running = self.client(f'ca={cert}', 'redirects=1', url=f'wss://localhost:{self.port}/')
            c = self.accept(context)
            c.send(f'HTTP/1.1 302 Found\r\nLocation: wss://localhost.:{self.port}/new\r\n'
                   'Connection: close\r\nContent-Length: 0\r\n\r\n')
            c.close()
            c = self.accept(context)
            self.assertTrue(c.request.startswith('GET /new HTTP/1.1\r\n'), c.request)
            self.answer(c)
            self.assertIn('fine', self.close(c))
            self.assertEqual(names, ['localhost', 'localhost'])


class Frames(Case):
    def test_k20_every_frame_is_masked_with_a_key_of_its_own(self):
        c = self.open()
        keys = set()
        for _ in range(4):
            c.send(frame(TEXT, 'x'))
            first, key, _, data = self.frame(c)
            self.assertEqual((first, data), (0x81, b'x'))
            keys.add(key)
        self.assertEqual(len(keys), 4)
        self.close(c)

    def test_k21_a_masked_frame_is_1002(self):
        self.fails(1002, frame(TEXT, 'x', masked=True))

    def test_k22_reserved_bits_are_1002(self):
        for rsv in (1, 2, 4):
            self.fails(1002, frame(TEXT, 'x', rsv=rsv))

    def test_k23_reserved_opcodes_are_1002(self):
        for opcode in (3, 7, 11, 15):
            self.fails(1002, frame(opcode, 'x'))

    def test_k24_lengths_are_in_their_shortest_form(self):
        self.fails(1002, b'\x82\x7e\x00\x7d')
        self.fails(1002, b'\x82\x7f' + struct.pack('>Q', 65535))
        self.fails(1002, b'\x82\x7f' + struct.pack('>Q', 1 << 63))

    def test_k25_lengths_of_all_forms(self):
        c = self.open()
        for n in (0, 125, 126, 65535, 65536, 200000):
            c.send(frame(BINARY, b'x' * n))
            first, data = self.read(c)
            self.assertEqual((first, len(data)), (0x82, n))
        self.close(c)

    def test_k26_control_frames_are_short_and_whole(self):
        self.fails(1002, frame(PING, 'x' * 126))
        self.fails(1002, frame(PING, 'x', fin=False))

    def test_k27_fragments_are_in_order(self):
        self.fails(1002, frame(0, 'x'))
        self.fails(1002, frame(TEXT, 'x', fin=False), frame(TEXT, 'x'))
        c = self.open()
        c.send(frame(TEXT, 'he', fin=False) + frame(PING, 'p') + frame(0, 'llo'))
        self.assertEqual(self.read(c), (0x8a, b'p'))
        self.assertEqual(self.read(c), (0x81, b'hello'))
        self.close(c)

    def test_k28_text_is_utf8(self):
        self.fails(1007, frame(TEXT, b'\xff'))
        self.fails(1007, frame(TEXT, b'\xce', fin=False), frame(0, b'x', fin=False))

    def test_k29_too_long_is_1009(self):
        self.fails(1009, frame(BINARY, b'x' * 101), args=('max=100',))

    def test_who_reads_is_told_what_was_refused(self):
        for code, name, why, piece in (
                (1009, 'GALE_ETOOBIG', 'message too big', frame(BINARY, b'x' * 101)),
                (1007, 'GALE_EPROTO', 'text that is not UTF-8', frame(TEXT, b'\xff')),
                (1007, 'GALE_EPROTO', 'a bad close frame', frame(CLOSE, b'\x03\xe8\xff')),
                (1002, 'GALE_EPROTO', 'a continuation of nothing', frame(0, 'x'))):
            with self.subTest(why):
                c = self.open('max=100')
                c.send(frame(TEXT, 'first'))
                self.assertEqual(self.read(c), (0x81, b'first'))
                c.send(piece)
                self.assertEqual(self.read_close(c), code)
                c.close()
                self.assertIn(f"closed 1006 '' broken {name}: the WebSocket was closed ({code}): {why}, "
                              'then GALE_ECLOSED\n', self.running.end())

    def test_k30_a_ping_is_answered_with_the_same(self):
        c = self.open()
        c.send(frame(PING, b'data'))
        self.assertEqual(self.read(c), (0x8a, b'data'))
        self.close(c)

    def test_k31_a_client_pings_when_asked_to(self):
        c = self.open('ping=0.05')
        first, data = self.read(c)
        self.assertEqual(first, 0x89)
        c.send(frame(PONG, data))
        self.assertEqual(self.read(c)[0], 0x89)


class Closing(Case):
    def test_k40_a_close_is_answered_with_its_code(self):
        for code in (1000, 1001, 3000, 4999):
            c = self.open()
            self.assertIn(f"closed {code} '' fine", self.close(c, code))

    def test_k41_the_server_closes_the_connection_first(self):
        c = self.open()
        c.send(frame(CLOSE, close_payload(1000)))
        self.assertEqual(self.read_close(c), 1000)
        self.assertEqual(select.select([c.sock], [], [], 0.1)[0], [])
        c.close()
        self.assertIn('fine', self.running.end())

    def test_k42_but_not_for_ever(self):
        c = self.open('close_timeout=0.1')
        c.send(frame(CLOSE, close_payload(1000)))
        self.assertEqual(self.read_close(c), 1000)
        self.assertTrue(c.is_closed())
        self.running.end()

    def test_k43_the_client_closes(self):
        c = self.open()
        c.send(frame(TEXT, 'close'))
        first, data = self.read(c)
        self.assertEqual((first, data), (0x88, close_payload(3000, 'told to')))
        c.send(frame(TEXT, 'late') + frame(CLOSE, close_payload(3000, 'told to')))
        c.close()
        self.assertIn("closed 3000 'told to'", self.running.end())

    def test_k44_codes_that_may_not_be_sent_are_1002(self):
        for code in (0, 1004, 1005, 1006, 1015, 2999, 5000):
            self.fails(1002, frame(CLOSE, struct.pack('>H', code)))
        self.fails(1002, frame(CLOSE, b'x'))
        self.fails(1007, frame(CLOSE, b'\x03\xe8\xff'))

    def test_k45_the_end_without_a_close_is_1006(self):
        c = self.open()
        c.close()
        self.assertIn("closed 1006 '' broken", self.running.end())

    def test_k46_freed_without_reading_on(self):
        c = self.open()
        c.send(frame(TEXT, 'free') + frame(TEXT, 'more') * 3)
        self.assertEqual(self.read_close(c), 1000)
        c.send(frame(CLOSE, close_payload(1000)))
        c.close()
        self.assertIn('freed', self.running.end())


class Deflate(Case):
    def test_k50_what_is_offered(self):
        for args, offer in ((('deflate=1',), DEFLATE + '; client_max_window_bits'),
                            (('deflate=1', 'forget=1', 'server_bits=10', 'client_bits=11'),
                             DEFLATE + '; server_no_context_takeover; server_max_window_bits=10; '
                             'client_max_window_bits=11')):
            self.client(*args)
            self.assertEqual(self.field(self.accept(), 'Sec-WebSocket-Extensions'), [offer])

    def test_k51_answers_that_break_the_rules(self):
        for bad in ('unknown', 'server_max_window_bits', 'server_max_window_bits=7', 'client_max_window_bits',
                    'client_max_window_bits=16', 'client_no_context_takeover=1', 'server_no_context_takeover=1',
                    'server_no_context_takeover; server_no_context_takeover'):
            self.refused('deflate=1', Sec_WebSocket_Extensions=f'{DEFLATE}; {bad}')

    def test_k52_what_was_asked_for_must_be_granted(self):
        self.refused('deflate=1', 'forget=1', Sec_WebSocket_Extensions=DEFLATE)
        self.refused('deflate=1', 'server_bits=10', Sec_WebSocket_Extensions=DEFLATE)
        self.refused('deflate=1', 'server_bits=10', Sec_WebSocket_Extensions=f'{DEFLATE}; server_max_window_bits=11')
        self.refused('deflate=1', 'client_bits=10', Sec_WebSocket_Extensions=f'{DEFLATE}; client_max_window_bits=11')

    def test_k53_messages_both_ways(self):
        for answer in ('', '; server_no_context_takeover', '; client_no_context_takeover',
                       '; server_max_window_bits=9; client_max_window_bits=9'):
            bits = -9 if 'bits' in answer else -15
            c = self.open('deflate=1', Sec_WebSocket_Extensions=DEFLATE + answer)
            z, d = zlib.compressobj(wbits=bits), zlib.decompressobj(bits)
            for i in range(3):
                text = f'message {i % 2} '.encode() * 100
                z = zlib.compressobj(wbits=bits) if 'server_no' in answer else z
                d = zlib.decompressobj(bits) if 'client_no' in answer else d
                c.send(frame(TEXT, deflated(text, z), rsv=4))
                first, data = self.read(c)
                self.assertEqual((first, d.decompress(data + b'\0\0\xff\xff')), (0xc1, text), answer)
            self.assertIn(f'|{DEFLATE}{answer}', self.close(c))

    def test_k54_a_window_of_8_bits_is_never_used(self):
        c = self.open('deflate=1', Sec_WebSocket_Extensions=f'{DEFLATE}; client_max_window_bits=8')
        c.send(frame(TEXT, deflated(b'x' * 200), rsv=4))
        self.assertEqual(self.read(c), (0x81, b'x' * 200))
        self.close(c)

    def test_k55_bad_compressed_data(self):
        self.fails(1002, frame(TEXT, b'\xff\xff\xff', rsv=4), args=('deflate=1',), Sec_WebSocket_Extensions=DEFLATE)
        self.fails(1002, frame(PING, b'x', rsv=4), args=('deflate=1',), Sec_WebSocket_Extensions=DEFLATE)
        self.fails(1009, frame(TEXT, deflated(b'x' * 5000), rsv=4), args=('deflate=1', 'max=1000'),
                   Sec_WebSocket_Extensions=DEFLATE)


class Calls(Case):
    def test_messages_by_callback(self):
        c = self.open('callback=1')
        c.send(frame(TEXT, 'wait') + frame(TEXT, 'next'))
        self.assertEqual(self.read(c), (0x81, b'waited'))
        self.assertEqual(self.read(c), (0x81, b'next'))
        self.assertIn('end 1000', self.close(c))

    def test_freed_by_its_own_callback(self):
        c = self.open('callback=1', 'close_timeout=60')
        c.send(frame(TEXT, 'free here'))
        self.assertEqual(self.read_close(c), 1000)
        c.send(frame(CLOSE, close_payload(1000)))
        c.close()
        output = self.running.process.stdout.readline() + self.running.process.stdout.readline()
        self.assertIn(b'freed here', output)

    def test_freed_while_another_coroutine_reads(self):
        c = self.open()
        c.send(frame(TEXT, 'cut'))
        self.assertIn('read GALE_ECLOSED', self.running.end())

    def test_a_callback_that_fails(self):
        c = self.open('callback=1')
        c.send(frame(TEXT, 'fail'))
        self.assertEqual(self.read_close(c), 1011)
        c.send(frame(CLOSE, close_payload(1011)))
        c.close()
        self.assertIn('end 1011', self.running.end())

    def test_a_server_that_sends_more_than_is_read(self):
        c = self.open()
        c.send(frame(TEXT, 'wait'))
        for i in range(20):
            c.send(frame(BINARY, bytes([i]) * 50000))
        self.assertEqual(self.read(c), (0x81, b'waited'))
        for i in range(20):
            self.assertEqual(self.read(c), (0x82, bytes([i]) * 50000))
        self.close(c)

    def test_a5_5_a_server_that_answers_no_ping(self):
        c = self.open('ping=0.05')
        self.assertEqual(self.read(c)[0], 0x89)
        first, data = self.read(c)
        while first == 0x89:
            first, data = self.read(c)
        self.assertEqual((first, data[2:]), (0x88, b'ping timed out'))
        self.assertIn("closed 1006 '' broken GALE_ECLOSED: the WebSocket was closed (1000): ping timed out",
                      self.running.end())

    def test_a5_7_a_connection_that_is_kept(self):
        self.running = self.client('keep=1')
        for _ in range(3):
            c = self.accept()
            self.answer(c)
            c.send(frame(TEXT, 'x'))
            self.assertEqual(self.read(c), (0x81, b'x'))
            c.close()
        c = self.accept()
        c.send('HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
        c = self.accept()
        self.answer(c, behind=frame(TEXT, 'free'))
        self.assertEqual(self.read_close(c), 1000)
        c.close()
        self.assertIn('ended', self.running.end())

    def test_a5_7_through_a_proxy_with_credentials(self):
        self.running = self.client(f'proxy_port={self.port}', 'proxy_user=me', url='ws://name.example:8080/x')
        c = self.accept()
        self.assertTrue(c.request.startswith('CONNECT name.example:8080 HTTP/1.1\r\n'), c.request)
        self.assertEqual(self.field(c, 'Proxy-Authorization'),
                         ['Basic ' + base64.b64encode(b'me:secret').decode()])
        c.send('HTTP/1.1 200 Go on\r\n\r\n')
        c.request = c.read_until(b'\r\n\r\n').decode()
        self.assertTrue(c.request.startswith('GET /x HTTP/1.1\r\n'), c.request)
        self.assertEqual(self.field(c, 'Proxy-Authorization'), [])
        self.answer(c)
        c.send(frame(TEXT, 'through'))
        self.assertEqual(self.read(c), (0x81, b'through'))
        self.assertIn('open', self.close(c))

    def test_a5_7_headers_and_a_user(self):
        self.running = self.client('header=there', 'user=me')
        c = self.accept()
        self.assertEqual(self.field(c, 'X-Test'), ['there'])
        self.assertEqual(self.field(c, 'Authorization'), ['Basic ' + base64.b64encode(b'me:secret').decode()])
        self.answer(c)
        self.close(c)

    def test_a5_7_over_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            context, cert = tls_context(folder)
            self.running = self.client(f'ca={cert}', url=f'wss://127.0.0.1:{self.port}/')
            c = self.accept(context)
            self.answer(c, behind=frame(TEXT, 'early'))
            self.assertEqual(self.read(c), (0x81, b'early'))
            c.send(frame(BINARY, b'x' * 100000))
            first, data = self.read(c)
            self.assertEqual((first, len(data)), (0x82, 100000))
            self.assertIn('fine', self.close(c))

    def test_a5_7_by_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 's')
            listener = socket.socket(socket.AF_UNIX)
            self.addCleanup(listener.close)
            listener.bind(path)
            listener.listen()
            self.listener.close()
            self.listener = listener
            listener.settimeout(gale_wire.TIMEOUT)
            self.running = self.client(f'unix={path}', url='ws://name.example/x')
            c = self.accept()
            self.assertEqual(self.field(c, 'Host'), ['name.example'])
            self.answer(c)
            self.assertIn('open', self.close(c))


class Servers(Case):
    """Programs that nobody here wrote."""

    def talk(self, port, *args):
        client = self.client(*args, url=f'ws://127.0.0.1:{port}/')
        return client.end()

    def test_python_websockets(self):
        import websockets
        got = []

        async def handler(ws, path=None):
            for message in ('text', 'κόσμε' * 1000, b'\0\xff' * 40000, ''):
                await ws.send(message)
                got.append(await ws.recv() == message)
            await (await ws.ping())
            await ws.send(['frag', 'ments'])
            got.append(await ws.recv() == 'fragments')
            await ws.close(3001, 'done')

        for args, compression in (((), None), (('deflate=1',), 'deflate'), (('deflate=1', 'forget=1'), 'deflate')):
            got.clear()
            output = run_server(lambda: websockets.serve(handler, '127.0.0.1', 0, compression=compression),
                                lambda server: self.talk(server.sockets[0].getsockname()[1], *args))
            self.assertEqual(got, [True] * 5, output)
            self.assertIn("closed 3001 'done' fine", output)
            self.assertEqual(DEFLATE in output, compression is not None)

    def test_tornado(self):
        import tornado.httpserver
        import tornado.netutil
        import tornado.web
        import tornado.websocket
        got = []

        class Handler(tornado.websocket.WebSocketHandler):
            steps = ['text', 'κόσμε' * 1000, b'\0\xff' * 40000, '']

            def get_compression_options(self):
                return self.application.settings['compression']

            def open(self):
                self.write_message(self.steps[0])
                self.at = 0

            def on_message(self, message):
                got.append(message == self.steps[self.at])
                self.at += 1
                if self.at == len(self.steps):
                    self.close(3001, 'done')
                else:
                    self.write_message(self.steps[self.at], binary=isinstance(self.steps[self.at], bytes))

        class Listening:
            def __init__(self, compression):
                self.sockets = tornado.netutil.bind_sockets(0, '127.0.0.1')
                self.server = tornado.httpserver.HTTPServer(
                    tornado.web.Application([('/', Handler)], compression=compression))

            async def __aenter__(self):
                self.server.add_sockets(self.sockets)
                return self

            async def __aexit__(self, *_):
                self.server.stop()

        for args, compression in (((), None), (('deflate=1',), {})):
            got.clear()
            output = run_server(lambda: Listening(compression),
                                lambda server: self.talk(server.sockets[0].getsockname()[1], *args))
            self.assertEqual(got, [True] * 4, output)
            self.assertIn("closed 3001 'done' fine", output)


def run_server(make, use):
    """Runs an asyncio server for as long as use(server) takes, on a thread of its own."""
    async def run():
        async with make() as server:
            return await asyncio.get_running_loop().run_in_executor(None, use, server)

    result = []
    thread = threading.Thread(target=lambda: result.append(asyncio.run(run())))
    thread.start()
    thread.join()
    return result[0]


if __name__ == '__main__':
    gale_wire.main()
