"""Behind proxies, over real sockets: forwarding headers and the PROXY protocol, believed or not."""
# SPDX-License-Identifier: MIT
import os
import socket
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

WHO = 'GET /who HTTP/1.1\r\nHost: localhost\r\n%s\r\n'
SIGNATURE = b'\r\n\r\n\0\r\nQUIT\n'
V1 = b'PROXY TCP4 198.51.100.7 192.0.2.2 56324 443\r\n'


def version_2(family=0x11, addresses=socket.inet_aton('203.0.113.9') + b'\x7f\0\0\1\xdc\4\1\xbb', more=b'',
              command=0x21):
    body = addresses + more
    return SIGNATURE + struct.pack('>BBH', command, family, len(body)) + body


def connect(server, source='127.0.0.1'):
    return gale_wire.Connection(socket.create_connection(('127.0.0.1', server.port), gale_wire.TIMEOUT,
                                                         (source, 0)))


class Case(gale_wire.TestCase):
    program = 'http_server'

    def who(self, headers='', before=b'', source='127.0.0.1'):
        """remote | peer | claimed | protocol | host, as the server sees a request."""
        with connect(self.server, source) as c:
            c.send(before + (WHO % headers).encode('latin-1'))
            return c.response().body.decode()

    def is_closed(self, data, source='127.0.0.1'):
        with connect(self.server, source) as c:
            c.send(data)
            try:
                return c.read_all() == b''
            except ConnectionResetError:
                return True


class Forwarding(Case):
    args = ('xheaders=1', 'trusted=127.0.0.1/32')

    def test_a1_9_bracketed_addresses_and_ports(self):
        for field, expected in (
                ('X-Forwarded-For: [2001:db8::1]:443', '2001:db8::1'),
                ('X-Forwarded-For: [2001:DB8::1]', '2001:db8::1'),
                ('X-Forwarded-For: 2001:db8::1', '2001:db8::1'),
                ('X-Forwarded-For: 198.51.100.1:4711', '198.51.100.1'),
                ('Forwarded: for="[2001:db8::1]:443"', '2001:db8::1'),
                ('Forwarded: For=198.51.100.1;proto=http', '198.51.100.1'),
                ('Forwarded: for="198.51.100.1:4711"', '198.51.100.1'),
                ('X-Real-Ip: [2001:db8::1]:443', '2001:db8::1')):
            with self.subTest(field=field):
                self.assertEqual(self.who(field + '\r\n').split('|')[:3], [expected, '127.0.0.1', expected])

    def test_a1_9_the_walk_ends_at_the_first_that_is_not_trusted(self):
        for field, expected in (
                ('X-Forwarded-For: 9.9.9.9, 198.51.100.1, 127.0.0.1', '198.51.100.1'),
                ('X-Forwarded-For: 9.9.9.9, 198.51.100.1\r\nX-Forwarded-For: 127.0.0.1', '198.51.100.1'),
                ('X-Forwarded-For: 127.0.0.1,127.0.0.1', '127.0.0.1'),
                ('Forwarded: for=9.9.9.9, for=198.51.100.1, for=127.0.0.1', '198.51.100.1'),
                ('Forwarded: for=9.9.9.9\r\nForwarded: for=198.51.100.1', '198.51.100.1'),
                ('Forwarded: for="9.9.9.9, for=198.51.100.1', '198.51.100.1')):
            with self.subTest(field=field):
                self.assertEqual(self.who(field + '\r\n').split('|')[0], expected)

    def test_a1_9_what_names_no_address_ends_the_walk(self):
        for field in ('X-Forwarded-For: 9.9.9.9, unknown', 'X-Forwarded-For: 9.9.9.9,',
                      'X-Forwarded-For: 9.9.9.9, garbage, 127.0.0.1', 'X-Forwarded-For: 9.9.9.9, 1.2.3',
                      'Forwarded: for=9.9.9.9, for=unknown', 'Forwarded: for=9.9.9.9, for=_hidden',
                      'Forwarded: for=9.9.9.9, , for=127.0.0.1', 'Forwarded: for=9.9.9.9, by=127.0.0.1',
                      'Forwarded: for=9.9.9.9, for=[::1]', 'Forwarded: for=9.9.9.9, for="',
                      'X-Forwarded-For: 9.9.9.9, [1.2.3.4]', 'X-Forwarded-For: 9.9.9.9, 1.2.3.4:99999'):
            with self.subTest(field=field):
                self.assertEqual(self.who(field + '\r\n').split('|')[0], '127.0.0.1')

    def test_c11_an_untrusted_peer_is_believed_nothing(self):
        headers = ('X-Forwarded-For: 9.9.9.9, 127.0.0.1\r\nX-Real-Ip: 8.8.8.8\r\nX-Scheme: https\r\n'
                   'Forwarded: for=7.7.7.7;proto=https;host=evil\r\nX-Forwarded-Proto: https\r\n')
        self.assertEqual(self.who(headers, source='127.0.0.2'), '127.0.0.2|127.0.0.2|9.9.9.9|http|localhost')

    def test_c16_short_and_odd_addresses_are_none(self):
        for address in ('127.1', '0x7f.1', '0x7f.0.0.1', '2130706433', '017.0.0.1', '1.2.3.04', '1.2.3',
                        '1.2.3.4.5', '1.2.3.256', 'fe80::1%lo', 'localhost'):
            for field in (f'X-Real-Ip: {address}', f'X-Forwarded-For: {address}', f'Forwarded: for={address}'):
                with self.subTest(field=field):
                    self.assertEqual(self.who(field + '\r\n').split('|')[:3],
                                     ['127.0.0.1', '127.0.0.1', '(none)'])

    def test_protocol_is_the_clients(self):
        for field, expected in (
                ('Forwarded: for=9.9.9.9;proto=http, for=198.51.100.1;proto=https', 'https'),
                ('Forwarded: for=198.51.100.1;proto=https, for=127.0.0.1;proto=http', 'https'),
                ('Forwarded: for=198.51.100.1, for=127.0.0.1;proto=https', 'https'),
                ('Forwarded: for=198.51.100.1;proto=gopher', 'http'),
                ('Forwarded: for=_hidden;proto=HTTPS', 'https'),
                ('X-Forwarded-Proto: http\r\nForwarded: proto=https', 'http')):
            with self.subTest(field=field):
                self.assertEqual(self.who(field + '\r\n').split('|')[3], expected)

    def test_a_host_that_is_told_does_not_count(self):
        for field in ('Forwarded: for=1.2.3.4;host=evil.example', 'X-Forwarded-Host: evil.example'):
            self.assertEqual(self.who(field + '\r\n').split('|')[4], 'localhost')

    def test_of_several_fields_the_usual_one_counts(self):
        both = 'Forwarded: for=9.9.9.9\r\nX-Forwarded-For: 198.51.100.1\r\n'
        self.assertEqual(self.who(both).split('|')[0], '198.51.100.1')


class NoHeaders(Case):
    def test_c11_nothing_is_believed_without_xheaders(self):
        headers = 'X-Forwarded-For: 9.9.9.9\r\nForwarded: for=7.7.7.7;proto=https\r\n'
        self.assertEqual(self.who(headers), '127.0.0.1|127.0.0.1|9.9.9.9|http|localhost')

    def test_a_proxy_header_is_no_request(self):
        with self.server.connect() as c:
            c.send(V1 + (WHO % '').encode())
            self.assertEqual(c.response().status, 400)


class Proxy(Case):
    args = ('proxy_protocol=1', 'trusted=127.0.0.1/32', 'header_timeout=0.4')

    def test_a1_8_both_versions_name_the_peer(self):
        v6 = socket.inet_pton(socket.AF_INET6, '2001:db8::7') + bytes(16) + b'\0\1\0\2'
        for header, peer in ((V1, '198.51.100.7'),
                             (b'PROXY TCP6 2001:db8::7 ::1 1 2\r\n', '2001:db8::7'),
                             (b'PROXY UNKNOWN\r\n', '127.0.0.1'),
                             (b'PROXY UNKNOWN what ever 1 2\r\n', '127.0.0.1'),
                             (version_2(), '203.0.113.9'),
                             (version_2(more=b'\3\0\4\1\2\3\4' + b'\4\1\0' + bytes(256)), '203.0.113.9'),
                             (version_2(0x21, v6), '2001:db8::7'),
                             (version_2(0x31, b'/client'.ljust(108, b'\0') + bytes(108)), ''),
                             (version_2(0, b''), '127.0.0.1'),
                             (version_2(command=0x20), '127.0.0.1'),
                             (version_2(0, b'', command=0x20), '127.0.0.1')):
            with self.subTest(header=header):
                self.assertEqual(self.who(before=header).split('|')[:2], [peer, peer])

    def test_a1_8_split_byte_by_byte(self):
        for header, peer in ((V1, '198.51.100.7'), (version_2(more=b'abcd'), '203.0.113.9')):
            with connect(self.server) as c:
                c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in header + (WHO % '').encode():
                    c.send(bytes([byte]))
                self.assertIn(peer.encode(), c.response().body)

    def test_a1_8_it_counts_for_all_requests_of_the_connection(self):
        with connect(self.server) as c:
            c.send(V1 + (WHO % '').encode() * 3)
            for _ in range(3):
                self.assertEqual(c.response().body.split(b'|')[0], b'198.51.100.7')
            c.send(WHO % '')
            self.assertEqual(c.response().body.split(b'|')[0], b'198.51.100.7')
            c.send(V1 + (WHO % '').encode())  # a second one is no request
            self.assertEqual(c.response().status, 400)

    def test_a1_8_without_a_header_it_is_closed(self):
        for data in ((WHO % '').encode(), b'PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n', b'PROXY ' + b'x' * 120,
                     version_2(family=0x41), version_2(command=0x2f), SIGNATURE + b'\x11\x11\0\0',
                     SIGNATURE + b'\x21\x11\xff\xff', b'\x16\x03\x01\x02\x00'):
            with self.subTest(data=data):
                self.assertTrue(self.is_closed(data + (WHO % '').encode()))
        self.server.read_until(rb'closed a connection from 127.0.0.1: no PROXY header')
        self.server.read_until(rb'closed a connection from 127.0.0.1: PROXY header: bad port')

    def test_a1_8_from_a_peer_that_may_not_it_is_closed(self):
        self.assertTrue(self.is_closed(V1 + (WHO % '').encode(), '127.0.0.2'))
        self.assertTrue(self.is_closed((WHO % '').encode(), '127.0.0.2'))
        self.server.read_until(rb'closed a connection from 127.0.0.2: it may send no PROXY header')

    def test_header_time_holds(self):
        self.assertTrue(self.is_closed(b'PROXY TCP4 1'))
        self.assertTrue(self.is_closed(SIGNATURE))
        self.assertIn('198.51.100.7', self.who(before=V1))

    def test_headers_are_not_believed_without_xheaders(self):
        self.assertEqual(self.who('X-Forwarded-For: 9.9.9.9\r\n', V1).split('|')[0], '198.51.100.7')

    def test_a1_8_curl(self):
        got = subprocess.run(['curl', '-sS', '--max-time', '20', '--haproxy-protocol',
                              f'http://127.0.0.1:{self.server.port}/who'], stdout=subprocess.PIPE,
                             check=True).stdout
        self.assertTrue(got.startswith(b'127.0.0.1|127.0.0.1|'), got)
        plain = subprocess.run(['curl', '-sS', '--max-time', '20',
                                f'http://127.0.0.1:{self.server.port}/who'], stderr=subprocess.PIPE)
        self.assertIn(plain.returncode, (52, 56))


class SmallHeads(Case):
    args = ('proxy_protocol=1', 'trusted=127.0.0.1/32', 'max_header_size=512')

    def test_a1_8_its_size_is_not_that_of_heads(self):
        for n in (16, 600, 4000):
            self.assertEqual(self.who(before=version_2(more=b'\4' + n.to_bytes(2, 'big') + bytes(n))).split('|')[0],
                             '203.0.113.9')
        with connect(self.server) as c:
            c.send(V1 + b'GET / HTTP/1.1\r\nHost: x\r\nX: ' + b'x' * 600)
            self.assertEqual(c.response().status, 431)


class Optional(Case):
    args = ('proxy_protocol=2', 'trusted=127.0.0.1/32', 'xheaders=1')

    def test_a1_8_optional_takes_both(self):
        self.assertEqual(self.who().split('|')[0], '127.0.0.1')
        self.assertEqual(self.who(before=V1).split('|')[0], '198.51.100.7')
        self.assertEqual(self.who(before=version_2()).split('|')[0], '203.0.113.9')
        for data in ('P', 'PR', 'PROXY'):  # also byte by byte, and a method that begins alike
            with connect(self.server) as c:
                c.send(data)
                c.send(f'OST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
                self.assertEqual(c.response().status, 200)
        self.assertTrue(self.is_closed(b'PROXY nonsense\r\n'))

    def test_a1_8_optional_not_from_others(self):
        self.assertEqual(self.who(source='127.0.0.2').split('|')[0], '127.0.0.2')
        with connect(self.server, '127.0.0.2') as c:
            c.send(V1 + (WHO % '').encode())
            self.assertEqual(c.response().status, 400)

    def test_forwarding_headers_count_if_the_named_peer_is_trusted(self):
        trusted = b'PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n'
        unix = version_2(0x31, bytes(216))
        headers = 'X-Forwarded-For: 9.9.9.9\r\n'
        self.assertEqual(self.who(headers, trusted).split('|')[0], '9.9.9.9')
        self.assertEqual(self.who(headers, V1).split('|')[0], '198.51.100.7')
        self.assertEqual(self.who(headers, unix).split('|')[0], '')


if __name__ == '__main__':
    gale_wire.main()
