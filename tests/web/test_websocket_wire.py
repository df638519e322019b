"""WebSocket handlers over real sockets: the handshake, the hooks, their ends."""
# SPDX-License-Identifier: MIT
import os
import re
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402
from gale_websocket import ACCEPT, BINARY, CLOSE, PING, PONG, TEXT, WebSocket, close_payload, frame, head  # noqa: E402


class Case(gale_wire.TestCase):
    program = 'websocket_server'
    args = ('--port=0', '--address=127.0.0.1')

    def websocket(self, path='/echo', **changed):
        ws = WebSocket(self.server.connect(), path, **changed)
        self.addCleanup(ws.connection.close)
        return ws

    def open(self, path='/echo', **changed):
        ws = self.websocket(path, **changed)
        self.assertEqual(ws.response.status, 101, ws.response)
        return ws

    def said(self, pattern):
        """What the server prints from here on, up to a match."""
        match = self.server.read_until(pattern.encode())
        self.server.output = self.server.output[match.end():]
        return match

    def ask(self, text):
        with self.server.connect() as c:
            c.send(text)
            return c.response()


class Handshake(Case):
    def test_the_101_has_what_it_needs_and_no_more(self):
        ws = self.open()
        self.assertEqual(ws.response.reason, 'Switching Protocols')
        self.assertEqual(ws.response['Upgrade'], 'websocket')
        self.assertEqual(ws.response['Connection'], 'Upgrade')
        self.assertEqual(ws.response['Sec-WebSocket-Accept'], ACCEPT)
        self.assertEqual(ws.response['X-After'], 'middleware')
        self.assertEqual(sorted(n.lower() for n, _ in ws.response.headers),
                         ['connection', 'date', 'sec-websocket-accept', 'server', 'upgrade', 'x-after'])

    def test_what_is_no_handshake(self):
        for changed, status, body in (
                ({'Upgrade': None}, 400, b'Can "Upgrade" only to "WebSocket".'),
                ({'Upgrade': 'h2c'}, 400, b'Can "Upgrade" only to "WebSocket".'),
                ({'Connection': 'keep-alive'}, 400, b'"Connection" must be "Upgrade".'),
                ({'Origin': 'http://other.example'}, 403, b'Cross origin websockets not allowed'),
                ({'Sec_WebSocket_Origin': 'http://other.example'}, 403, b'Cross origin websockets not allowed'),
                ({'Sec_WebSocket_Key': None}, 400, b'Missing/Invalid WebSocket headers'),
                ({'Sec_WebSocket_Key': 'x'}, 400, b'Missing/Invalid WebSocket headers'),
                ({'Sec_WebSocket_Key': 'dGhlIHNhbXBsZSBub25jZTE='}, 400, b'Missing/Invalid WebSocket headers'),
                ({'Upgrade': None, 'Connection': None}, 400, b'Can "Upgrade" only to "WebSocket".')):
            with self.subTest(changed):
                r = self.ask(head('/echo', **changed))
                self.assertEqual((r.status, r.body), (status, body))

    def test_a_plain_get_is_400_and_the_connection_goes_on(self):
        with self.server.connect() as c:
            c.send('GET /echo HTTP/1.1\r\nHost: a\r\n\r\n')
            self.assertEqual(c.response().status, 400)
            c.send(head('/echo'))
            self.assertEqual(c.response().status, 101)

    def test_other_versions(self):
        for version in ('12', '8', '7', '0', '13, 8', '013', None):
            with self.subTest(version):
                r = self.ask(head('/echo', Sec_WebSocket_Version=version))
                self.assertEqual((r.status, r['Sec-WebSocket-Version'], r.body), (426, '13', b''))
                self.assertEqual(r['Upgrade'], 'websocket')

    def test_names_in_any_case_and_in_lists(self):
        self.open(Upgrade='WebSocket', Connection='keep-alive, UPGRADE')
        self.open(Upgrade='h2c, websocket', Connection='upgrade')

    def test_http10(self):
        r = self.ask(head('/echo', version='HTTP/1.0'))
        self.assertEqual((r.status, r.body), (400, b'Missing/Invalid WebSocket headers'))

    def test_other_methods(self):
        for method in ('POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'):
            with self.subTest(method), self.server.connect() as c:
                c.send(head('/user', method=method, Content_Length='0'))
                r = c.response(head_only=method == 'HEAD')
                self.assertEqual((r.status, r['Allow']), (405, 'GET, OPTIONS'))

    def test_frames_right_behind_the_handshake(self):
        ws = self.open(behind=frame(TEXT, 'early') + frame(TEXT, 'bird'))
        self.assertEqual([ws.read(), ws.read()], ['early', 'bird'])

    def test_the_access_line(self):
        self.open('/echo?line')
        self.said(r'101 GET /echo\?line \(127\.0\.0\.1\)')

    def test_a_refused_handshake_by_prepare(self):
        ws = self.websocket('/visit/x?refuse=1')
        self.assertEqual(ws.response.status, 418)

    def test_cookies_and_headers_set_before(self):
        ws = self.open('/visit/me', X_Test='hello')
        self.assertEqual(ws.response['X-Prepared'], 'yes')
        self.assertEqual(ws.response['X-Default'], 'there')
        self.assertRegex(ws.response['Set-Cookie'], '^seen=1')
        self.assertEqual(ws.read(), 'open hello 1')

    def test_users(self):
        self.assertRegex(self.websocket('/user').response['Location'], '^/login')
        self.assertEqual(self.open('/user', Cookie='user=Ann').read(), 'Ann')

    def test_subprotocols(self):
        for offered, said, chosen in ((None, '0 -', 'none'), ('a', '1 a', 'a'), ('a, b ,c', '3 c', 'c'),
                                      ('none, b', '2 b', 'none'), (',a,', '1 a', 'a')):
            with self.subTest(offered):
                ws = self.open('/subprotocol', Sec_WebSocket_Protocol=offered)
                self.said(f'subprotocols {re.escape(said)}\n')
                self.assertEqual(ws.response['Sec-WebSocket-Protocol'], None if chosen == 'none' else chosen)
                self.assertEqual(ws.read(), chosen)
        ws = self.open('/subprotocol', fields='Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n')
        self.assertEqual(ws.read(), 'b')
        self.assertIsNone(self.open(Sec_WebSocket_Protocol='a, b').response['Sec-WebSocket-Protocol'])
        self.said('subprotocols 2 b')

    def test_a_subprotocol_that_was_not_offered_is_a_failure(self):
        self.assertEqual(self.websocket('/subprotocol', Sec_WebSocket_Protocol='bad').response.status, 500)
        self.said("select_subprotocol gave 'other'")

    def test_compression_only_when_both_want_it(self):
        offer = 'permessage-deflate; client_max_window_bits'
        self.assertIsNone(self.open('/echo', Sec_WebSocket_Extensions=offer).response['Sec-WebSocket-Extensions'])
        self.assertIsNone(self.open('/deflate').response['Sec-WebSocket-Extensions'])
        self.assertIsNone(self.open('/deflate', Sec_WebSocket_Extensions='x-webkit-deflate-frame')
                          .response['Sec-WebSocket-Extensions'])
        self.assertRegex(self.open('/deflate', Sec_WebSocket_Extensions=offer).response['Sec-WebSocket-Extensions'],
                         '^permessage-deflate')

    def test_parameters_that_are_malformed_decline_the_offer(self):
        for offer in ('permessage-deflate; server_max_window_bits=8', 'permessage-deflate; unknown=1',
                      'permessage-deflate; client_max_window_bits=7'):
            with self.subTest(offer):
                ws = self.open('/deflate', Sec_WebSocket_Extensions=offer)
                self.assertIsNone(ws.response['Sec-WebSocket-Extensions'])


class Origin(Case):
    def status(self, origin, host='www.example.com', path='/echo'):
        return self.websocket(path, host=host, Origin=origin).response.status

    def test_b10_only_pages_of_the_same_host_and_port(self):
        for origin, host in (('http://www.example.com', 'www.example.com'),
                             ('HTTP://WWW.example.COM', 'www.Example.com'),
                             ('https://www.example.com', 'www.example.com'),
                             ('http://www.example.com:8080', 'www.example.com:8080'),
                             ('http://www.example.com:80', 'www.example.com'),
                             ('http://www.example.com', 'www.example.com:80'),
                             ('https://www.example.com', 'www.example.com:443'),
                             ('http://[::1]:81', '[::1]:81')):
            with self.subTest(origin, host=host):
                self.assertEqual(self.status(origin, host), 101)

    def test_b10_other_sites(self):
        for origin in ('http://evil.example', 'null', 'NULL', '', 'www.example.com', '//www.example.com',
                       'http://www.example.com.evil.com', 'http://evilwww.example.com', 'http://example.com',
                       'http://sub.www.example.com', 'http://www.example.com:8080', 'http://www.example.com:443',
                       'http://www.example.com@evil.com', 'http://evil.com/www.example.com',
                       'http://www.example.com/', 'http://evil.com#www.example.com', 'http://www.example.com:',
                       'http://www.example.com:99999', 'ftp://www.example.com', 'http://', 'file://',
                       'http://www.example.com, http://www.example.com'):
            with self.subTest(origin):
                self.assertEqual(self.status(origin), 403)

    def test_b10_without_an_origin(self):
        self.assertEqual(self.status(None), 101)

    def test_check_origin_decides(self):
        self.assertEqual(self.status('http://other.example', path='/any'), 101)
        self.assertEqual(self.status('http://bad.example', path='/any'), 403)


class Hooks(Case):
    def test_state_is_that_of_initialize_and_prepare(self):
        ws = self.open('/visit/Bob')
        self.assertEqual(ws.read(), 'open - 1')
        ws.send('x')
        self.assertEqual(ws.read(), 'Bob 43')
        ws.send('x')
        self.assertEqual(ws.read(), 'Bob 44')

    def test_a_class_without_hooks_of_its_own_has_its_parents(self):
        ws = self.open('/heir/Eve')
        self.assertEqual(ws.read(), 'open - 1')
        ws.send('x')
        self.assertEqual(ws.read(), 'Eve 43')

    def test_messages_wait_until_open_has_returned(self):
        ws = self.open('/visit/x', behind=frame(TEXT, 'a') + frame(TEXT, 'b'))
        self.assertEqual([ws.read(), ws.read(), ws.read()], ['open - 1', 'x 43', 'x 44'])

    def test_the_request_ends_when_open_has_returned(self):
        self.open('/visit/ends')
        self.said('finished /visit/ends')

    def test_failure_in_open(self):
        ws = self.open('/visit/x?fail=1', behind=frame(TEXT, 'not handled'))
        self.assertEqual(ws.read_close()[0], 1011)
        self.said(r'Uncaught failure WebSocket .* open fails')
        ws.send(close_payload(1011), CLOSE)
        self.assertTrue(ws.connection.is_closed())
        self.said("closed 1011 ''")

    def test_failure_in_a_message(self):
        ws = self.open('/command')
        ws.send('fail')
        ws.send('close 1001')
        self.assertEqual(ws.read_close()[0], 1011)
        self.said(r'Uncaught failure WebSocket /command \(127\.0\.0\.1\): .*asked to fail')
        ws.connection.close()
        self.said("closed 1006 ''")

    def test_messages_are_handled_one_after_the_other(self):
        ws = self.open('/slow')
        ws.send('first')
        ws.send('second')
        ws.send('third')
        self.assertEqual([ws.read(), ws.read(), ws.read()], ['first', 'second', 'third'])

    def test_pings_and_closes_are_answered_while_a_message_waits(self):
        ws = self.open('/long')
        ws.send('x')
        self.said('waits')
        ws.send('still there?', PING)
        self.assertEqual(ws.frame(), (0x8a, b'still there?'))
        self.assertEqual(ws.close(1001), (1001, ''))
        self.said('woken GALE_ECANCELED')
        self.said("closed 1001 ''")

    def test_a_message_that_waits_is_cancelled_when_the_peer_has_gone(self):
        ws = self.open('/long')
        ws.send('x')
        self.said('waits')
        ws.connection.reset()
        self.said('woken GALE_ECANCELED')
        self.said("closed 1006 ''")

    def test_what_a_message_spawned_ends_with_it(self):
        ws = self.open('/child')
        ws.send('one')
        ws.send('two')
        self.assertEqual([ws.read(), ws.read()], ['one', 'two'])
        self.said('(?s)child GALE_ECANCELED.*deferred one.*child GALE_ECANCELED.*deferred two')

    def test_run(self):
        ws = self.open('/run', behind=frame(TEXT, 'early'))
        self.assertEqual(ws.read(), 'text 1')
        ws.send(b'x')
        ws.send('y')
        self.assertEqual([ws.read(), ws.read()], ['binary 2', 'text 3'])
        self.assertEqual(ws.close(1000), (1000, ''))
        self.said('run ends 0')
        self.said("closed 1000 ''")

    def test_run_returns(self):
        ws = self.open('/run')
        ws.send('return')
        ws.send('not read')
        self.assertEqual(ws.read_close(), (1000, ''))
        ws.send(close_payload(1000), CLOSE)
        self.assertTrue(ws.connection.is_closed())
        self.said("closed 1000 ''")

    def test_run_fails(self):
        ws = self.open('/run')
        ws.send('fail')
        self.assertEqual(ws.read_close(), (1011, ''))
        self.said('Uncaught failure WebSocket /run .*run fails')

    def test_run_and_a_connection_that_breaks(self):
        ws = self.open('/run')
        ws.send('x')
        ws.read()
        ws.connection.reset()
        self.said('run ends GALE_E')
        self.said("closed 1006 ''")

    def test_run_with_cancel_on_close(self):
        ws = self.open('/cancelled')
        self.said('run sleeps')
        ws.connection.close()
        self.said('run woken GALE_ECANCELED')
        self.said("closed 1006 ''")

    def test_reading_is_for_run(self):
        ws = self.open('/command')
        ws.send('read')
        self.assertEqual(ws.read(), '1')


class Sending(Case):
    def test_text_bytes_and_json(self):
        ws = self.open('/command')
        ws.send('bytes')
        self.assertEqual(ws.read(), b'\0\xff')
        ws.send('bad text')
        self.assertEqual(ws.read(), '1')
        ws.send('app')
        self.assertEqual(ws.read(), 'the application')

    def test_echo_of_all_sizes(self):
        ws = self.open()
        for n in (0, 1, 125, 126, 127, 65535, 65536, 300000):
            ws.send(b'x' * n)
            self.assertEqual(len(ws.read()), n)
            ws.send('\u20ac' * (n // 3))
            self.assertEqual(ws.read(), '\u20ac' * (n // 3))

    def test_pings(self):
        ws = self.open()
        ws.send('abc', PING)
        self.assertEqual(ws.frame(), (0x8a, b'abc'))
        self.said('ping abc')
        ws.send('def', PONG)
        self.said('pong def')
        ws = self.open('/command')
        ws.send('ping')
        self.assertEqual(ws.frame(), (0x89, b'hello'))
        ws.send('long ping')
        self.assertEqual(ws.read(), '1')

    def test_the_address_of_the_user(self):
        for field, ip in ((None, '127.0.0.1'), ('192.0.2.7', '192.0.2.7'), ('2001:db8::1', '2001:db8::1')):
            ws = self.open('/command', X_Real_Ip=field)
            ws.send('ip')
            self.assertEqual(ws.read(), ip)

    def test_a_ping_every_20_ms(self):
        ws = self.open('/quick')
        for _ in range(3):
            first, data = ws.frame()
            self.assertEqual(first, 0x89)
            ws.send(data, PONG)
        self.said('pong')

    def test_a_peer_that_answers_no_ping(self):
        ws = self.open('/quick')
        self.assertEqual(ws.frame()[0], 0x89)
        first, data = ws.frame()
        while first == 0x89:
            first, data = ws.frame()
        self.assertEqual((first, data[2:]), (0x88, b'ping timed out'))


class Closing(Case):
    def close(self, text):
        ws = self.open('/command')
        ws.send(text)
        got = ws.read_close()
        ws.send(close_payload(*got) if got[0] else b'', CLOSE)
        self.assertTrue(ws.connection.is_closed())
        return got

    def test_the_server_closes(self):
        self.assertEqual(self.close('close 1001'), (1001, 'goodbye'))
        self.said("closed 1001 'goodbye'")
        self.assertEqual(self.close('close reason'), (1000, 'only a reason'))
        self.close('close')
        ws = self.open('/command')
        ws.send('close bad')
        self.assertEqual(ws.read(), '1')

    def test_nothing_can_be_sent_after(self):
        ws = self.open('/command')
        ws.send('close write')
        ws.read_close()
        self.said('after close ok')

    def test_the_client_closes(self):
        for code, reason, said in ((1000, '', "1000 ''"), (3000, 'why', "3000 'why'"), (None, '', "1005 ''")):
            with self.subTest(code):
                self.assertEqual(self.open().close(code, reason)[0], code)
                self.said(f'closed {said}')

    def test_on_close_comes_once_when_the_connection_breaks(self):
        self.server = gale_wire.Program(self.program, *self.args)  # no other test's connection ends here
        self.addCleanup(self.server.stop)
        self.open().connection.reset()
        self.said("closed 1006 ''")
        self.open().connection.close()
        self.said("closed 1006 ''")
        ws = self.open('/command')
        ws.send('app')
        ws.read()
        self.assertNotIn(b'closed', self.server.output)

    def test_a_peer_that_answers_no_close(self):
        ws = self.open('/quick')
        begin = time.monotonic()
        ws.send(close_payload(1002), TEXT)  # no UTF-8
        while (first := ws.frame()[0]) == 0x89:
            pass
        self.assertEqual(first, 0x88)
        self.assertTrue(ws.connection.is_closed())
        self.assertLess(time.monotonic() - begin, 5)

    def test_a_message_above_the_limit(self):
        ws = self.open('/small')
        ws.send('a' * 1024)
        self.assertEqual(len(ws.read()), 1024)
        ws.send('a' * 1025)
        self.assertEqual(ws.read_close()[0], 1009)

    def test_2048_bytes_that_are_few_when_compressed(self):
        import zlib
        ws = self.open('/small', Sec_WebSocket_Extensions='permessage-deflate')
        z = zlib.compressobj(wbits=-15)
        data = (z.compress(b'a' * 2048) + z.flush(zlib.Z_SYNC_FLUSH))[:-4]
        ws.send(data, TEXT, rsv=4)
        self.assertEqual(ws.read_close()[0], 1009)

    def test_protocol_errors_have_their_codes(self):
        for bad, code in ((frame(TEXT, 'x', masked=False), 1002), (frame(3), 1002), (frame(TEXT, b'\xff'), 1007),
                          (frame(PING, b'x' * 126), 1002)):
            with self.subTest(bad):
                ws = self.open()
                ws.connection.send(bad)
                self.assertEqual(ws.read_close()[0], code)


class Topics(Case):
    def test_who_listens_gets_what_is_published(self):
        a, b, c = (self.open(f'/topic/{topic}') for topic in ('one', 'one', 'two'))
        for ws in (a, b, c):
            self.assertEqual(ws.read(), 'subscribed')
        a.send('one:hello')
        self.assertEqual([a.read(), b.read()], ['hello', 'hello'])
        self.said('published 2 of 2')
        a.send(b'two:\xff')
        self.assertEqual(c.read(), b'\xff')
        b.send('one')  # unsubscribes
        b.send('one:only a')
        self.assertEqual(a.read(), 'only a')
        self.said('published 1 of 1')

    def test_who_listens_keeps_no_memory_of_what_it_sent(self):
        with open(f'/proc/{self.server.pid}/maps') as maps:
            if 'libasan' in maps.read():
                self.skipTest('freed memory is kept for a while')
        text, many = 'x' * 60000, [self.open(f'/topic/m{i}') for i in range(100)]
        self.assertEqual([ws.read() for ws in many], ['subscribed'] * 100)

        def send(i):
            many[i].send(f'm{i}:{text}')
            self.assertEqual(many[i].read(), text)

        for _ in range(100):    # until the loop's own memory is in use
            send(0)
        before = self.server.memory()
        for i in range(100):
            send(i)
        self.assertLess((self.server.memory() - before) / len(many), 20 * 1024)

    def test_subscriptions_end_with_the_connection(self):
        a, b = self.open('/topic/three'), self.open('/topic/three')
        a.read(), b.read()
        b.close()
        a.send('three:x')
        self.assertEqual(a.read(), 'x')
        self.said('published 1 of 1')


class Shutdown(unittest.TestCase):
    def test_c20_websockets_are_told_1001(self):
        server = gale_wire.Program('websocket_server', '--port=0', '--address=127.0.0.1')
        sockets = [WebSocket(server.connect(), path) for path in ('/echo', '/run', '/long', '/command')]
        sockets[2].send('x')
        server.read_until(b'waits')
        server.process.terminate()
        for ws in sockets:
            self.assertEqual(ws.read_close()[0], 1001)
            ws.send(close_payload(1001), CLOSE)
            self.assertTrue(ws.connection.is_closed())
        status, output = server.stop(0)  # it was told already; a second signal would cut it short
        self.assertEqual(status, 0, output)
        self.assertEqual(output.count('closed 1001'), 4, output)

    def test_c20_those_that_do_not_answer_are_cut_off(self):
        server = gale_wire.Program('websocket_server', '--port=0', '--address=127.0.0.1')
        ws = WebSocket(server.connect(), '/quick')
        server.process.terminate()
        while (first := ws.frame()[0]) == 0x89:
            pass
        self.assertEqual(first, 0x88)
        status, output = server.stop(0)  # it was told already; a second signal would cut it short
        self.assertEqual(status, 0, output)


if __name__ == '__main__':
    gale_wire.main()
