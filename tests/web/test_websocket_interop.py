"""WebSocket handlers and programs nobody here wrote: the clients of python3-websockets and Tornado;
then many connections: ten thousand that idle and a broadcast to them, one that does not read."""
# SPDX-License-Identifier: MIT
import asyncio
import os
import resource
import socket
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402
from gale_websocket import WebSocket, head  # noqa: E402

try:
    import websockets
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
except ImportError:
    websockets = None
try:
    import tornado.httpclient
    import tornado.websocket
except ImportError:
    tornado = None


class Case(gale_wire.TestCase):
    program = 'websocket_server'
    args = ('--port=0', '--address=127.0.0.1', '--logging=warning')

    def url(self, path):
        return f'ws://127.0.0.1:{self.server.port}{path}'

    def run_async(self, coroutine):
        return asyncio.run(asyncio.wait_for(coroutine, gale_wire.TIMEOUT))


MESSAGES = ['', 'a', 'h\u00e9llo \U0001f600', 'x' * 125, 'x' * 126, 'x' * 65535, 'x' * 65536, 'ab' * 200000,
            b'', b'\0\xff' * 70000]


@unittest.skipUnless(websockets, 'no python3-websockets here')
class Websockets(Case):
    def test_echo(self):
        async def talk():
            async with websockets.connect(self.url('/echo'), compression=None, max_size=None) as ws:
                for message in MESSAGES:
                    await ws.send(message)
                    self.assertEqual(await ws.recv(), message)
        self.run_async(talk())

    def test_fragments(self):
        async def talk():
            async with websockets.connect(self.url('/echo'), compression=None) as ws:
                await ws.send(['one ', 'two ', 'three'])
                self.assertEqual(await ws.recv(), 'one two three')
        self.run_async(talk())

    def test_compression_in_its_parameters(self):
        async def talk(**parameters):
            extensions = [ClientPerMessageDeflateFactory(**parameters)]
            async with websockets.connect(self.url('/deflate'), compression=None, extensions=extensions,
                                          max_size=None) as ws:
                self.assertIn('permessage-deflate', ws.response_headers['Sec-WebSocket-Extensions'])
                for message in MESSAGES + ['again ' * 1000] * 3:
                    await ws.send(message)
                    self.assertEqual(await ws.recv(), message)
        for parameters in ({}, {'client_max_window_bits': True}, {'server_no_context_takeover': True},
                           {'client_no_context_takeover': True}, {'client_max_window_bits': 9},
                           {'server_max_window_bits': 9, 'client_max_window_bits': 10},
                           {'server_no_context_takeover': True, 'client_no_context_takeover': True}):
            with self.subTest(parameters):
                self.run_async(talk(**parameters))

    def test_pings_and_subprotocols(self):
        async def talk():
            async with websockets.connect(self.url('/subprotocol'), subprotocols=['a', 'b']) as ws:
                self.assertEqual((ws.subprotocol, await ws.recv()), ('b', 'b'))
                await (await ws.ping(b'data'))
        self.run_async(talk())

    def test_close_both_ways(self):
        async def talk():
            ws = await websockets.connect(self.url('/command'))
            await ws.send('close 1001')
            with self.assertRaises(websockets.ConnectionClosed) as caught:
                await ws.recv()
            self.assertEqual((caught.exception.rcvd.code, caught.exception.rcvd.reason), (1001, 'goodbye'))
            ws = await websockets.connect(self.url('/echo'))
            await ws.close(4321, 'bye')
            self.assertEqual((ws.close_code, ws.close_reason), (4321, ''))
        self.run_async(talk())

    def test_a_page_of_another_site(self):
        async def talk():
            async with websockets.connect(self.url('/echo'), origin='http://evil.example'):
                pass
        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            self.run_async(talk())
        self.assertEqual(caught.exception.status_code, 403)


@unittest.skipUnless(tornado, 'no python3-tornado here')
class Tornado(Case):
    def test_echo(self):
        async def talk(path, **options):
            ws = await tornado.websocket.websocket_connect(self.url(path), **options)
            for message in MESSAGES:
                await ws.write_message(message, binary=isinstance(message, bytes))
                self.assertEqual(await ws.read_message(), message)
            ws.close(3001, 'enough')
            self.assertIsNone(await ws.read_message())
            self.assertEqual(ws.close_code, 3001)
        self.run_async(talk('/echo'))
        self.run_async(talk('/deflate', compression_options={}))

    def test_run(self):
        async def talk():
            ws = await tornado.websocket.websocket_connect(self.url('/run'))
            for i in range(3):
                await ws.write_message('x')
                self.assertEqual(await ws.read_message(), f'text {i + 1}')
            await ws.write_message('return')
            self.assertIsNone(await ws.read_message())
            self.assertEqual(ws.close_code, 1000)
        self.run_async(talk())

    def test_headers_and_what_open_sends(self):
        async def talk():
            request = tornado.httpclient.HTTPRequest(self.url('/visit/Tom'), headers={'X-Test': 'hello'})
            ws = await tornado.websocket.websocket_connect(request)
            self.assertEqual(ws.headers['X-Prepared'], 'yes')
            self.assertEqual(await ws.read_message(), 'open hello 1')
            await ws.write_message('x')
            self.assertEqual(await ws.read_message(), 'Tom 43')
            ws.close()
        self.run_async(talk())

    def test_refusals(self):
        async def talk(path):
            await tornado.websocket.websocket_connect(self.url(path))
        with self.assertRaises(tornado.httpclient.HTTPClientError) as caught:
            self.run_async(talk('/visit/x?refuse=1'))
        self.assertEqual(caught.exception.code, 418)


class Many(Case):
    """As many as descriptors allow, both ends of each being here."""

    def open_many(self, n, path):
        """Each reads 'subscribed'; handshakes go out in heaps, so that it takes no round trip each."""
        request = head(path).encode()
        sockets = []
        while len(sockets) < n:
            heap = []
            for _ in range(min(200, n - len(sockets))):
                s = socket.create_connection(('127.0.0.1', self.server.port), timeout=gale_wire.TIMEOUT)
                s.sendall(request)
                heap.append(s)
            for s in heap:
                got = b''
                while not got.endswith(b'\x81\x0asubscribed'):
                    data = s.recv(4096)
                    assert data, got
                    got += data
                assert got.startswith(b'HTTP/1.1 101 '), got
            sockets += heap
        return sockets

    def test_ten_thousand_and_a_broadcast_to_them(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        n = min(10000, hard - 500)
        before = self.server.memory()
        sockets = self.open_many(n, '/topic/crowd')
        try:
            grown = (self.server.memory() - before) / n
            frame = b'\x81\x05hello'
            speaker = WebSocket(self.server.connect(), '/topic/other')
            self.assertEqual(speaker.read(), 'subscribed')
            speaker.send('crowd:hello')
            for s in sockets:
                got = b''
                while len(got) < len(frame):
                    got += s.recv(4096)
                self.assertEqual(got, frame)
            self.server.read_until(f'published {n} of {n}'.encode())
            speaker.connection.close()
        finally:
            for s in sockets:
                s.close()
        if not self.has_sanitizer():
            self.assertLess(grown, 1500)  # with a subscription

    def has_sanitizer(self):
        with open(f'/proc/{self.server.pid}/maps') as f:
            return 'libasan' in f.read()

    def test_a_slow_reader_among_many(self):
        sockets = [WebSocket(self.server.connect(), '/topic/flood') for _ in range(20)]
        slow = WebSocket(self.server.connect(), '/topic/flood')
        speaker = WebSocket(self.server.connect(), '/topic/nobody')
        for ws in sockets + [slow, speaker]:
            self.assertEqual(ws.read(), 'subscribed')
        text = 'x' * 60000
        for i in range(200):    # 12 MB: more than max_pending and what the kernel keeps
            speaker.send('flood:' + text)
            for ws in sockets:
                self.assertEqual(len(ws.read()), len(text))
            self.server.read_until(b'published')
            self.server.output = b''
        # What it has not read was not kept without end: it was closed, and the others never waited.
        with self.assertRaises((EOFError, ConnectionError, AssertionError)):
            for i in range(200):
                slow.read()
        speaker.send('flood:last')
        self.assertEqual([ws.read() for ws in sockets], ['last'] * 20)
        for ws in sockets + [slow, speaker]:
            ws.connection.close()


if __name__ == '__main__':
    gale_wire.main()
