"""What RFC 6455 and RFC 7692 demand of a server, over raw sockets: docs/websocket-conformance.md has the numbers."""
# SPDX-License-Identifier: MIT
import os
import re
import signal
import struct
import sys
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402
from gale_websocket import (ACCEPT, BINARY, CLOSE, KEY, PING, PONG, TEXT, WebSocket, close_payload, frame,  # noqa: E402
                            head)

DEFLATE = 'permessage-deflate'
TAIL = b'\0\0\xff\xff'


def deflated(data, z=None):
    z = z or zlib.compressobj(wbits=-15)
    return (z.compress(data) + z.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflated(data, z=None):
    return (z or zlib.decompressobj(-15)).decompress(data + TAIL)


class Case(gale_wire.TestCase):
    program = 'websocket_rules_server'
    args = ('--port=0', '--address=127.0.0.1')

    def open(self, path='/echo', **changed):
        ws = WebSocket(self.server.connect(), path, **changed)
        self.addCleanup(ws.connection.close)
        self.assertEqual(ws.response.status, 101, ws.response)
        return ws

    def open_deflate(self, path='/deflate', offer=DEFLATE):
        return self.open(path, Sec_WebSocket_Extensions=offer)

    def agreed(self, path, offer):
        return self.open_deflate(path, offer).response['Sec-WebSocket-Extensions']

    def ask(self, *args, **changed):
        with self.server.connect() as c:
            c.send(head(*args, **changed))
            return c.response()

    def fails(self, code, *pieces, path='/echo', before=None, **changed):
        """The connection is failed with that code, and closed; that frame may come before."""
        ws = self.open(path, **changed)
        for piece in pieces:
            ws.connection.send(piece)
        if before:
            self.assertEqual(ws.frame(), before)
        self.assertEqual(ws.read_close()[0], code, pieces)
        self.assertTrue(ws.connection.is_closed())


class Opening(Case):
    def test_s01_only_get(self):
        for method in ('POST', 'PUT', 'DELETE'):
            self.assertEqual(self.ask('/echo', method=method, fields='Content-Length: 0\r\n').status, 405, method)

    def test_s02_only_http_1_1(self):
        self.assertEqual(self.ask('/echo', version='HTTP/1.0').status, 400)

    def test_s03_host_is_needed(self):
        self.assertEqual(self.ask('/echo', Host=None).status, 400)

    def test_s04_upgrade_names_websocket_in_any_case(self):
        self.assertEqual(self.ask('/echo', Upgrade='WebSOCKET').status, 101)
        for value in (None, 'h2c', 'websockets', ''):
            self.assertEqual(self.ask('/echo', Upgrade=value).status, 400, value)

    def test_s05_connection_lists_upgrade_in_any_case(self):
        self.assertEqual(self.ask('/echo', Connection='keep-alive, UPGRADE').status, 101)
        for value in (None, 'keep-alive', 'upgraded'):
            self.assertEqual(self.ask('/echo', Connection=value).status, 400, value)

    def test_s06_the_key_is_16_bytes_of_base64(self):
        for key in (None, '', 'x', 'dGhlIHNhbXBsZSBub25jZQ', 'dGhlIHNhbXBsZSBub25jZQ=====', 'dGhlIHNhbXBsZQ==',
                    '????????????????????????'):
            self.assertEqual(self.ask('/echo', Sec_WebSocket_Key=key).status, 400, key)

    def test_s07_one_key_only(self):
        self.assertEqual(self.ask('/echo', fields=f'Sec-WebSocket-Key: {KEY}\r\n').status, 400)

    def test_s08_other_versions_are_told_which(self):
        for version in ('0', '7', '8', '12', '14', '013', 'x'):
            r = self.ask('/echo', Sec_WebSocket_Version=version)
            self.assertEqual((r.status, r['Sec-WebSocket-Version']), (426, '13'), version)

    def test_s09_version_is_needed(self):
        self.assertIn(self.ask('/echo', Sec_WebSocket_Version=None).status, (400, 426))

    def test_s10_the_answer(self):
        r = self.open().response
        self.assertEqual((r.status, r['Upgrade'].lower(), r['Connection'].lower(), r['Sec-WebSocket-Accept']),
                         (101, 'websocket', 'upgrade', ACCEPT))
        for absent in ('Content-Length', 'Transfer-Encoding', 'Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions'):
            self.assertEqual(r.all(absent), [])

    def test_s11_the_accept_is_the_hash_of_key_and_guid(self):
        self.assertEqual(self.open(Sec_WebSocket_Key='x3JJHMbDL1EzLkh9GBhXDw==').response['Sec-WebSocket-Accept'],
                         'HSmrc0sMlYUkAGmm5OPpG2HaGWk=')

    def test_s12_a_subprotocol_is_one_of_those_offered(self):
        self.assertEqual(self.open(Sec_WebSocket_Protocol='a, b').response['Sec-WebSocket-Protocol'], 'b')
        self.assertEqual(self.open().response.all('Sec-WebSocket-Protocol'), [])

    def test_s13_subprotocols_in_several_fields(self):
        r = self.open(Sec_WebSocket_Protocol='a', fields='Sec-WebSocket-Protocol: c\r\n').response
        self.assertEqual(r['Sec-WebSocket-Protocol'], 'c')

    def test_s14_no_extension_that_was_not_offered(self):
        self.assertEqual(self.open('/deflate').response.all('Sec-WebSocket-Extensions'), [])
        self.assertEqual(self.open('/deflate', Sec_WebSocket_Extensions='x-other').response.all(
            'Sec-WebSocket-Extensions'), [])

    def test_s15_extensions_that_are_malformed_fail_the_handshake(self):
        for value in ('permessage-deflate; =1', 'permessage-deflate; a=b c', '"quoted"', 'a; b="x y"', 'a b', 'a;;b'):
            self.assertEqual(self.ask('/deflate', Sec_WebSocket_Extensions=value).status, 400, value)

    def test_s16_an_origin_that_is_not_welcome_is_403(self):
        self.assertEqual(self.ask('/echo', Origin='http://evil.example').status, 403)

    def test_s17_frames_may_come_with_the_handshake(self):
        ws = WebSocket(self.server.connect(), '/echo', behind=frame(TEXT, 'early'))
        self.addCleanup(ws.connection.close)
        self.assertEqual(ws.read(), 'early')


class Frames(Case):
    def test_s20_a_server_never_masks(self):
        ws = self.open()
        ws.send('x')
        self.assertEqual(ws.connection.read(3), b'\x81\x01x')

    def test_s21_frames_without_a_mask_are_1002(self):
        self.fails(1002, frame(TEXT, 'x', masked=False))
        self.fails(1002, frame(PING, 'x', masked=False))

    def test_s22_reserved_bits_are_1002(self):
        for rsv in (1, 2, 4, 7):
            self.fails(1002, frame(TEXT, 'x', rsv=rsv))

    def test_s23_reserved_opcodes_are_1002(self):
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            self.fails(1002, frame(opcode, 'x'))

    def test_s24_lengths_are_in_their_shortest_form(self):
        for bad in (b'\x82\xfe\x00\x7d', b'\x82\xff' + struct.pack('>Q', 65535), b'\x82\xfe\x00\x00'):
            self.fails(1002, bad + bytes(4))

    def test_s25_the_highest_bit_of_a_length_is_0(self):
        self.fails(1002, b'\x82\xff' + struct.pack('>Q', 1 << 63) + bytes(4))

    def test_s26_lengths_of_all_forms(self):
        ws = self.open()
        for n in (0, 1, 125, 126, 127, 65535, 65536, 200000):
            ws.send(b'x' * n)
            self.assertEqual(len(ws.read()), n)

    def test_s27_control_frames_are_short(self):
        for opcode in (PING, PONG, CLOSE):
            self.fails(1002, frame(opcode, 'x' * 126))

    def test_s28_control_frames_are_whole(self):
        for opcode in (PING, PONG, CLOSE):
            self.fails(1002, frame(opcode, b'', fin=False))

    def test_s29_a_continuation_follows_a_beginning(self):
        self.fails(1002, frame(0, 'x'))
        self.fails(1002, frame(0, 'x', fin=False))

    def test_s30_messages_do_not_overlap(self):
        self.fails(1002, frame(TEXT, 'x', fin=False), frame(TEXT, 'y'))
        self.fails(1002, frame(TEXT, 'x', fin=False), frame(BINARY, 'y'))

    def test_s31_fragments_are_put_together(self):
        ws = self.open()
        for text in ('hello', 'a', 'one two three'):
            ws.send('', TEXT, fin=False)
            for c in text:
                ws.send(c, 0, fin=False)
            ws.send('', 0)
            self.assertEqual(ws.read(), text)

    def test_s32_control_frames_come_between_fragments(self):
        ws = self.open()
        ws.send('he', TEXT, fin=False)
        ws.send('now', PING)
        self.assertEqual(ws.frame(), (0x8a, b'now'))
        ws.send('llo', 0)
        self.assertEqual(ws.read(), 'hello')

    def test_s33_messages_cut_anywhere(self):
        ws = self.open()
        data = frame(TEXT, 'a' * 300) + frame(PING, 'p') + frame(BINARY, b'b' * 20)
        for i in range(0, len(data), 7):
            ws.connection.send(data[i:i + 7])
            time.sleep(0)
        self.assertEqual(ws.read(), 'a' * 300)
        self.assertEqual(ws.frame(), (0x8a, b'p'))
        self.assertEqual(ws.read(), b'b' * 20)

    def test_s34_text_is_utf8(self):
        for bad in (b'\xff', b'\xc0\x80', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'\xce', b'abc\xe2\x82'):
            self.fails(1007, frame(TEXT, bad))

    def test_s35_text_is_looked_at_as_it_comes(self):
        self.fails(1007, frame(TEXT, b'ok \xed\xa0', fin=False))
        self.fails(1007, frame(TEXT, b'\xce', fin=False), frame(0, b'x', fin=False))
        self.fails(1007, frame(TEXT, b'\xff' + b'x' * 1000)[:20])

    def test_s36_a_character_may_be_cut_by_frames(self):
        ws = self.open()
        data = 'κόσμε \U0001f600'.encode()
        ws.send(b'', TEXT, fin=False)
        for i in range(len(data)):
            ws.send(data[i:i + 1], 0, fin=False)
        ws.send(b'', 0)
        self.assertEqual(ws.read(), data.decode())

    def test_s37_bytes_are_not_looked_at(self):
        ws = self.open()
        ws.send(bytes(range(256)))
        self.assertEqual(ws.read(), bytes(range(256)))

    def test_s38_messages_that_are_sent_are_of_the_same_kind(self):
        ws = self.open()
        ws.send('x')
        self.assertEqual(ws.frame()[0], 0x81)
        ws.send(b'x')
        self.assertEqual(ws.frame()[0], 0x82)

    def test_s39_long_messages_in_fragments(self):
        ws = self.open('/fragments')
        ws.send('0123456789abcdefghijKLM')
        self.assertEqual([ws.frame() for _ in range(3)],
                         [(0x01, b'0123456789'), (0x00, b'abcdefghij'), (0x80, b'KLM')])
        ws.send('0123456789')
        self.assertEqual(ws.frame(), (0x81, b'0123456789'))


class Control(Case):
    def test_s40_a_ping_is_answered_with_the_same(self):
        ws = self.open()
        for data in (b'', b'x', bytes(range(125))):
            ws.send(data, PING)
            self.assertEqual(ws.frame(), (0x8a, data))

    def test_s41_pongs_that_nobody_asked_for_are_fine(self):
        ws = self.open()
        ws.send('?', PONG)
        ws.send('x')
        self.assertEqual(ws.read(), 'x')

    def test_s42_pings_are_answered_while_a_message_is_handled(self):
        ws = self.open('/wait')
        ws.send('slow')
        ws.send('p', PING)
        self.assertEqual(ws.frame(), (0x8a, b'p'))
        self.assertEqual(ws.read(), 'slow')

    def test_s43_a_message_keeps_its_memory_while_it_is_handled(self):
        ws = self.open('/wait')
        ws.send('first ' * 100)
        ws.send('second ' * 100)
        self.assertEqual(ws.read(), 'first ' * 100)
        self.assertEqual(ws.read(), 'second ' * 100)

    def test_s44_a_ping_after_our_close_is_answered(self):
        ws = self.open('/close')
        self.assertEqual(ws.read_close(), (1001, 'bye'))
        ws.send('p', PING)
        self.assertEqual(ws.frame(), (0x8a, b'p'))
        ws.send(close_payload(1001), CLOSE)
        self.assertTrue(ws.connection.is_closed())

    def test_s45_text_that_is_not_utf8_is_not_sent(self):
        ws = self.open('/badpieces')
        ws.send('go')
        self.assertEqual([ws.frame() for _ in range(3)], [(1, b'a\xc3'), (0x80, b'\xa4'), (0x81, b'1 1')])

    def test_a_message_for_many_follows_one_in_pieces(self):
        ws = self.open('/between')
        ws.send('many')
        self.assertEqual([ws.frame() for _ in range(3)], [(1, b'a'), (0x80, b'b'), (0x81, b'many')])


class Closing(Case):
    def test_a_handler_is_cancelled_when_its_peer_is_gone(self):
        ws = self.open('/linger')
        ws.send('go')
        ws.connection.close()
        self.server.read_until(rb'linger GALE_ECANCELED')

    def test_s50_a_close_is_answered_with_its_code(self):
        for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999):
            self.assertEqual(self.open().close(code), (code, ''))

    def test_s51_an_empty_close_is_answered_with_one(self):
        self.assertEqual(self.open().close(None), (None, ''))

    def test_s52_codes_that_may_not_be_sent_are_1002(self):
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
            self.fails(1002, frame(CLOSE, struct.pack('>H', code)))

    def test_s53_a_close_of_one_byte_is_1002(self):
        self.fails(1002, frame(CLOSE, b'\x03'))

    def test_s54_a_reason_is_utf8(self):
        self.fails(1007, frame(CLOSE, b'\x03\xe8\xff'))
        self.assertEqual(self.open().close(1000, 'ü' * 61)[0], 1000)

    def test_s55_nothing_is_done_after_a_close(self):
        ws = self.open()
        ws.connection.send(frame(CLOSE, close_payload(1000)) + frame(TEXT, 'x') + frame(PING, 'x'))
        self.assertEqual(ws.read_close()[0], 1000)
        self.assertTrue(ws.connection.is_closed())

    def test_s56_nothing_is_sent_after_a_close(self):
        ws = self.open('/close')
        self.assertEqual(ws.read_close(), (1001, 'bye'))
        ws.send('x')
        ws.send(close_payload(1001), CLOSE)
        self.assertTrue(ws.connection.is_closed())

    def test_s57_the_server_closes_the_connection_first(self):
        ws = self.open()
        ws.send(close_payload(1000), CLOSE)
        self.assertEqual(ws.read_close()[0], 1000)
        self.assertTrue(ws.connection.is_closed())

    def test_s58_a_close_that_is_not_answered_ends_in_time(self):
        ws = self.open('/close')
        self.assertEqual(ws.read_close(), (1001, 'bye'))
        begin = time.monotonic()
        self.assertTrue(ws.connection.is_closed())
        self.assertLess(time.monotonic() - begin, 3)

    def test_s59_a_close_while_a_message_is_handled(self):
        ws = self.open('/wait')
        ws.send('slow')
        self.assertEqual(ws.close(1000)[0], 1000)

    def test_s60_too_long_is_1009(self):
        self.fails(1009, frame(BINARY, b'x' * 1001), path='/limited')
        self.fails(1009, frame(BINARY, b'x' * 600, fin=False), frame(0, b'x' * 401, fin=False), path='/limited')
        self.fails(1009, b'\x82\xff' + struct.pack('>Q', 1 << 40) + bytes(4), path='/limited')
        ws = self.open('/limited')
        ws.send(b'x' * 1000)
        self.assertEqual(len(ws.read()), 1000)

    def test_s61_too_many_fragments_are_1008(self):
        pieces = [frame(TEXT, '', fin=False)] + [frame(0, '', fin=False) for _ in range(8)]
        self.fails(1008, *pieces, path='/limited')

    def test_who_reads_is_told_what_was_refused(self):
        offer = {'path': '/read', 'Sec_WebSocket_Extensions': DEFLATE}
        for code, name, why, pieces in (
                (1009, 'GALE_ETOOBIG', 'message too big', [frame(BINARY, b'x' * 1001)]),
                (1009, 'GALE_ETOOBIG', 'message too big after decompression',
                 [frame(TEXT, deflated(b'x' * 1001), rsv=4)]),
                (1008, 'GALE_ETOOBIG', 'a message in too many frames', [frame(TEXT, '', fin=False)] +
                 [frame(0, '', fin=False)] * 8),
                (1007, 'GALE_EPROTO', 'text that is not UTF-8', [frame(TEXT, b'\xff')]),
                (1002, 'GALE_EPROTO', 'a continuation of nothing', [frame(0, 'x')]),
                (1002, 'GALE_EPROTO', 'reserved bits are set', [frame(TEXT, 'x', rsv=1)]),
                (1002, 'GALE_EPROTO', 'bad compressed data', [frame(TEXT, b'\xff\xff', rsv=4)])):
            with self.subTest(why):
                self.fails(code, frame(TEXT, 'first'), *pieces, before=(0x81, b'first'), **offer)
                said = f'read {name}: the WebSocket was closed ({code}): {why}, then GALE_ECLOSED\n'
                self.server.read_until(re.escape(said.encode()) + rb"(.*\n)*?closed 1006 ''\n")
                self.assertNotRegex(self.server.output, rb'Uncaught failure WebSocket /read')

    def test_s62_the_end_without_a_close_is_1006(self):
        self.open().connection.reset()
        self.server.read_until(rb"closed 1006 ''")


class Deflate(Case):
    def test_s70_parameters_of_all_combinations(self):
        for offer, answer in (
                (DEFLATE, DEFLATE),
                (DEFLATE + '; client_max_window_bits', DEFLATE),
                (DEFLATE + '; client_max_window_bits=10', DEFLATE + '; client_max_window_bits=10'),
                (DEFLATE + '; server_max_window_bits=10', DEFLATE + '; server_max_window_bits=10'),
                (DEFLATE + '; server_max_window_bits="12"', DEFLATE + '; server_max_window_bits=12'),
                (DEFLATE + '; server_no_context_takeover', DEFLATE + '; server_no_context_takeover'),
                (DEFLATE + '; client_no_context_takeover', DEFLATE + '; client_no_context_takeover'),
                (DEFLATE + '; client_max_window_bits=9; server_max_window_bits=9; client_no_context_takeover;'
                 ' server_no_context_takeover',
                 DEFLATE + '; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9;'
                 ' client_max_window_bits=9')):
            self.assertEqual(self.agreed('/deflate', offer), answer, offer)

    def test_s71_what_the_server_wants(self):
        self.assertEqual(self.agreed('/forgetful', DEFLATE),
                         DEFLATE + '; server_no_context_takeover; client_no_context_takeover')
        self.assertEqual(self.agreed('/narrow', DEFLATE + '; client_max_window_bits'),
                         DEFLATE + '; server_max_window_bits=10; client_max_window_bits=11')
        self.assertEqual(self.agreed('/narrow', DEFLATE + '; client_max_window_bits=9; server_max_window_bits=15'),
                         DEFLATE + '; server_max_window_bits=10; client_max_window_bits=9')

    def test_s72_client_max_window_bits_only_when_offered(self):
        self.assertEqual(self.agreed('/narrow', DEFLATE), DEFLATE + '; server_max_window_bits=10')

    def test_s73_offers_with_bad_parameters_are_declined(self):
        for bad in ('unknown', 'server_max_window_bits', 'server_max_window_bits=7', 'server_max_window_bits=16',
                    'server_max_window_bits=010', 'server_max_window_bits=x', 'client_max_window_bits=7',
                    'client_max_window_bits=16', 'server_no_context_takeover=1', 'client_no_context_takeover=x',
                    'server_no_context_takeover; server_no_context_takeover', 'server_max_window_bits=8',
                    'client_max_window_bits; client_max_window_bits=10'):
            r = self.open_deflate(offer=f'{DEFLATE}; {bad}').response
            self.assertEqual(r.all('Sec-WebSocket-Extensions'), [], bad)

    def test_s74_the_next_offer_counts_then(self):
        self.assertEqual(self.agreed('/deflate', f'x, {DEFLATE}; unknown, {DEFLATE}; server_max_window_bits=11'),
                         DEFLATE + '; server_max_window_bits=11')
        r = self.open('/deflate', Sec_WebSocket_Extensions=DEFLATE + '; unknown',
                      fields=f'Sec-WebSocket-Extensions: {DEFLATE}\r\n').response
        self.assertEqual(r['Sec-WebSocket-Extensions'], DEFLATE)

    def test_s75_compressed_messages(self):
        ws = self.open_deflate()
        deflate, inflate = zlib.compressobj(wbits=-15), zlib.decompressobj(-15)
        for text in (b'Hello', b'Hello', b'', b'x' * 100000):
            ws.send(deflated(text, deflate), TEXT, rsv=4)
            first, data = ws.frame()
            self.assertEqual(first, 0xc1)
            self.assertEqual(inflated(data, inflate), text)
            self.assertFalse(data.endswith(TAIL))

    def test_s76_rsv1_is_on_the_first_fragment_only(self):
        self.fails(1002, frame(TEXT, deflated(b'x'), rsv=4, fin=False), frame(0, b'', rsv=4), path='/deflate',
                   Sec_WebSocket_Extensions=DEFLATE)

    def test_s77_rsv1_on_a_control_frame_is_1002(self):
        self.fails(1002, frame(PING, b'x', rsv=4), path='/deflate', Sec_WebSocket_Extensions=DEFLATE)

    def test_s78_messages_may_be_uncompressed(self):
        ws = self.open_deflate()
        ws.send('plain')
        self.assertEqual(inflated(ws.frame()[1]), b'plain')

    def test_s79_no_context_takeover_of_the_server(self):
        ws = self.open_deflate(offer=DEFLATE + '; server_no_context_takeover')
        for _ in range(3):
            ws.send('the same again and again')
            self.assertEqual(inflated(ws.frame()[1]), b'the same again and again')

    def test_s80_no_context_takeover_of_the_client(self):
        ws = self.open_deflate(offer=DEFLATE + '; client_no_context_takeover')
        inflate = zlib.decompressobj(-15)
        for _ in range(3):
            ws.send(deflated(b'again'), TEXT, rsv=4)
            self.assertEqual(inflated(ws.frame()[1], inflate), b'again')

    def test_s81_windows_are_as_agreed(self):
        ws = self.open_deflate(offer=DEFLATE + '; server_max_window_bits=9; client_max_window_bits=9')
        data = bytes(range(256)) * 8 + bytes(range(255, -1, -1)) * 8
        deflate, inflate = zlib.compressobj(wbits=-9), zlib.decompressobj(-9)
        for _ in range(3):
            ws.send(deflated(data, deflate), BINARY, rsv=4)
            self.assertEqual(inflated(ws.frame()[1], inflate), data)

    def test_s82_a_last_block_does_not_end_it(self):
        ws = self.open_deflate()
        inflate = zlib.decompressobj(-15)
        z = zlib.compressobj(wbits=-15)
        ws.send(z.compress(b'Hello') + z.flush() + b'\0', TEXT, rsv=4)
        self.assertEqual(inflated(ws.frame()[1], inflate), b'Hello')
        ws.send(b'\xf2\x00\x11\x00\x00', TEXT, rsv=4)  # refers to the Hello before (RFC 7692 7.2.3.2)
        self.assertEqual(inflated(ws.frame()[1], inflate), b'Hello')

    def test_s83_a_block_without_compression(self):
        ws = self.open_deflate()
        ws.send(b'\x00\x05\x00\xfa\xff' + b'Hello' + b'\x00', TEXT, rsv=4)
        self.assertEqual(inflated(ws.frame()[1]), b'Hello')

    def test_s84_two_blocks_and_an_empty_one(self):
        ws = self.open_deflate()
        ws.send(b'\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00', TEXT, rsv=4)
        self.assertEqual(inflated(ws.frame()[1]), b'Hello')

    def test_s85_what_cannot_be_inflated_is_1002(self):
        self.fails(1002, frame(TEXT, b'\xff\xff\xff\xff', rsv=4), path='/deflate', Sec_WebSocket_Extensions=DEFLATE)

    def test_s86_compressed_text_is_utf8(self):
        self.fails(1007, frame(TEXT, deflated(b'\xff'), rsv=4), path='/deflate', Sec_WebSocket_Extensions=DEFLATE)

    def test_s87_messages_below_the_threshold_are_sent_as_they_are(self):
        ws = self.open_deflate('/threshold')
        ws.send('x' * 99)
        self.assertEqual(ws.frame(), (0x81, b'x' * 99))
        ws.send('x' * 100)
        self.assertEqual(ws.frame()[0], 0xc1)

    def test_s88_pieces_of_a_compressed_message(self):
        ws = self.open_deflate('/pieces')
        inflate = zlib.decompressobj(-15)
        for _ in range(2):
            ws.send('pieces')
            frames = [ws.frame() for _ in range(6)]
            self.assertEqual([first for first, _ in frames], [0x41, 0, 0, 0, 0, 0x80])
            self.assertEqual(inflated(b''.join(data for _, data in frames), inflate), b'pieces')

    def test_s89_prepared_messages_and_others_in_turn(self):
        for offer in (DEFLATE, DEFLATE + '; server_no_context_takeover', DEFLATE + '; server_max_window_bits=9'):
            ws = self.open_deflate('/prepared', offer)
            inflate = zlib.decompressobj(-15)
            for i in range(3):
                text = f'message {i} ' * 30
                ws.send(text)
                for _ in range(3):
                    z = zlib.decompressobj(-15) if 'no_context' in offer else inflate
                    self.assertEqual(inflated(ws.frame()[1], z), text.encode())

    def test_s90_the_agreement_is_told(self):
        ws = self.open_deflate('/tell', DEFLATE + '; server_no_context_takeover')
        ws.send('?')
        self.assertEqual(inflated(ws.frame()[1]).decode(), DEFLATE + '; server_no_context_takeover')


class Rows(Case):
    def test_a5_1_a_ping_between_fragments_of_a_compressed_message(self):
        ws = self.open_deflate()
        data = deflated(b'compressed text in three fragments')
        ws.send(data[:5], TEXT, rsv=4, fin=False)
        ws.send('ping', PING)
        self.assertEqual(ws.frame(), (0x8a, b'ping'))
        ws.send(data[5:9], 0, fin=False)
        ws.send('pong', PONG)
        ws.send(data[9:], 0)
        self.assertEqual(inflated(ws.frame()[1]), b'compressed text in three fragments')

    def test_a5_2_parameters_are_echoed_and_the_threshold_holds(self):
        self.assertEqual(self.agreed('/deflate', DEFLATE + '; server_no_context_takeover; client_max_window_bits=12'),
                         DEFLATE + '; server_no_context_takeover; client_max_window_bits=12')
        ws = self.open_deflate('/threshold')
        ws.send('short')
        self.assertEqual(ws.frame(), (0x81, b'short'))

    def test_a5_2_idle_compressed_connections_are_small(self):
        data = deflated(b'a message ' * 30)
        before = self.server.memory()
        many = [self.open_deflate('/forgetful') for _ in range(200)]
        for ws in many:
            ws.send(data, TEXT, rsv=4)
            self.assertEqual(inflated(ws.frame()[1]), b'a message ' * 30)
        self.assertLess((self.server.memory() - before) / len(many), 20 * 1024)

    def test_a5_3_a_peer_that_does_not_read_is_closed_and_others_are_not(self):
        stalled, fine = self.open('/flood'), self.open()
        stalled.send('go')
        self.server.read_until(rb'flood stopped')
        fine.send('still here')
        self.assertEqual(fine.read(), 'still here')
        code = None
        while code is None:
            first, data = stalled.frame()
            code = struct.unpack('>H', data[:2])[0] if first == 0x88 else None
        self.assertEqual(code, 1008)

    def test_a5_3_a_burst_is_sent_on_the_way_in_order_and_in_little_memory(self):
        ws = self.open('/burst')
        ws.send('go')
        for i in range(40):
            self.assertEqual(ws.read(), f'{i} '.ljust(1000, 'x'))
        most = int(self.server.read_until(rb'burst \S+ (\d+)\n')[1])
        self.assertLessEqual(most, 4096 + 4)
        ws.close()

    def test_a5_3_messages_are_dropped_where_that_is_wanted(self):
        ws = self.open('/drop')
        ws.send('go')
        self.server.read_until(rb'flood stopped')
        ws.send('p', PING)
        while ws.frame() != (0x8a, b'p'):
            pass

    def test_a5_3_senders_that_may_wait_do(self):
        ws = self.open('/patient')
        ws.send('go')
        for _ in range(200):
            self.assertEqual(len(ws.read()), 100000)
        match = self.server.read_until(rb'patient 0 (\d+)')
        self.assertLess(int(match[1]), 200000)

    def test_a5_5_pings_and_the_round_trip(self):
        ws = self.open('/trip')
        first, data = ws.frame()
        self.assertEqual(first, 0x89)
        ws.send(data, PONG)
        ws.send('?')
        got = ws.frame()
        while got[0] == 0x89:
            ws.send(got[1], PONG)
            got = ws.frame()
        self.assertEqual(got, (0x81, b'1'))

    def test_a5_5_a_server_that_stood_still_does_not_blame_its_peer(self):
        ws = self.open('/trip')
        ws.frame()
        os.kill(self.server.pid, signal.SIGSTOP)
        ws.send(b'', PONG)
        time.sleep(0.3)
        os.kill(self.server.pid, signal.SIGCONT)
        first, data = ws.frame()
        self.assertEqual(first, 0x89)
        ws.send(data, PONG)
        self.assertEqual(ws.frame()[0], 0x89)

    def test_a5_5_no_ping_after_a_close(self):
        ws = self.open('/trip')
        ws.connection.send(frame(CLOSE, close_payload(1000)))
        first = ws.frame()[0]
        while first == 0x89:
            first = ws.frame()[0]
        self.assertEqual(first, 0x88)
        self.assertTrue(ws.connection.is_closed())

    def check_strictness(self):
        for code, bad in ((1002, frame(TEXT, 'x', masked=False)), (1002, frame(PING, 'x', rsv=4)),
                          (1002, frame(CLOSE, struct.pack('>H', 1005))), (1002, frame(CLOSE, b'x')),
                          (1002, frame(3)), (1002, frame(0, 'x')), (1007, frame(TEXT, b'\xff')),
                          (1007, frame(CLOSE, b'\x03\xe8\xff'))):
            self.fails(code, bad, path='/deflate', Sec_WebSocket_Extensions=DEFLATE)

    def test_a5_6_what_breaks_the_rules_is_closed_with_its_code(self):
        self.check_strictness()

    def test_c5_nothing_is_tolerated(self):
        self.check_strictness()

    def test_b14_a_small_frame_that_inflates_to_much(self):
        z = zlib.compressobj(9, wbits=-15)
        bomb = b''.join(z.compress(bytes(1 << 20)) for _ in range(64)) + z.flush(zlib.Z_SYNC_FLUSH)
        before = self.server.memory()
        self.fails(1009, frame(BINARY, bomb[:-4], rsv=4), path='/deflate', Sec_WebSocket_Extensions=DEFLATE)
        self.assertLess(self.server.memory() - before, 40 << 20)
        self.fails(1009, frame(BINARY, deflated(bytes(1001)), rsv=4), path='/limited',
                   Sec_WebSocket_Extensions=DEFLATE)

    def test_b14_fragments_that_sum_up_to_too_much(self):
        pieces = [frame(BINARY, b'x' * 300, fin=False)] + [frame(0, b'x' * 300, fin=False) for _ in range(3)]
        self.fails(1009, *pieces, path='/limited')


if __name__ == '__main__':
    gale_wire.main()
