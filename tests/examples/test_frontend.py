"""examples/guide/frontend.c, the front of a site that moves to C: what it hands on to the old site (here:
this test, byte by byte) and back, piece by piece in both directions."""
# SPDX-License-Identifier: MIT
import os
import socket
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402


class Frontend(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.old = socket.create_server(('127.0.0.1', 0))
        cls.old.settimeout(gale_wire.TIMEOUT)
        port = cls.old.getsockname()[1]
        cls.front = gale_wire.Program('frontend', '--port=0', f'--old=http://127.0.0.1:{port}')

    @classmethod
    def tearDownClass(cls):
        status, output = cls.front.stop()
        cls.old.close()
        assert status == 0 and 'ERROR: ' not in output, output

    def ask(self, request):
        """(client, old site's connection, the head that came there)"""
        client = self.front.connect()
        self.addCleanup(client.close)
        client.send(request)
        there = gale_wire.Connection(self.old.accept()[0])
        there.sock.settimeout(gale_wire.TIMEOUT)
        self.addCleanup(there.close)
        return client, there, there.read_until(b'\r\n\r\n').decode().split('\r\n')[:-2]

    def test_head_is_passed_on_but_for_the_connections_own(self):
        client, there, head = self.ask(
            'GET /a%20b?c=d HTTP/1.1\r\nHost: site.example\r\nCookie: a=1\r\nUser-Agent: me\r\n'
            'X-Forwarded-For: 9.9.9.9\r\nX-Mine: 1\r\nConnection: keep-alive, X-Mine\r\n\r\n')
        self.assertEqual(head[0], 'GET /a%20b?c=d HTTP/1.1')
        fields = dict(line.split(': ', 1) for line in head[1:])
        fields.pop('Connection', None)
        self.assertEqual(fields, {'Host': 'site.example', 'Cookie': 'a=1', 'User-Agent': 'me',
                                  'X-Forwarded-For': '127.0.0.1', 'X-Forwarded-Proto': 'http'})
        there.send('HTTP/1.1 302 Elsewhere\r\nLocation: /x\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n'
                   'Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nzz')
        answer = client.response()
        self.assertEqual((answer.status, answer.reason, answer.body), (302, 'Elsewhere', b'zz'))
        self.assertEqual(answer.all('Set-Cookie'), ['a=1', 'b=2'])
        self.assertEqual((answer['Location'], answer['Content-Encoding'], answer['Content-Type']),
                         ('/x', 'gzip', None))

    def test_answer_comes_in_its_parts(self):
        client, there, _ = self.ask('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        there.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n')
        self.assertIn(b'chunked', client.read_until(b'3\r\none\r\n'))
        there.send('3\r\ntwo\r\n0\r\n\r\n')
        self.assertEqual(client.read_until(b'0\r\n\r\n'), b'3\r\ntwo\r\n0\r\n\r\n')

    def test_upload_goes_in_its_parts(self):
        client, there, head = self.ask(
            'POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345')
        self.assertIn('Content-Length: 10', head)
        self.assertEqual(there.read(5), b'12345')
        client.send('67890')
        self.assertEqual(there.read(5), b'67890')
        there.send('HTTP/1.1 204 No Content\r\n\r\n')
        self.assertEqual(client.response().status, 204)

    def test_empty_body_is_said_to_be_there(self):
        client, there, head = self.ask('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
        self.assertIn('Content-Length: 0', head)
        there.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
        self.assertEqual(client.response()['Content-Length'], '0')

    def test_head_of_a_page(self):
        client, there, head = self.ask('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
        self.assertTrue(head[0].startswith('HEAD '))
        there.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n')
        self.assertEqual(client.response(head_only=True)['Content-Length'], '1000')

    def test_answer_that_is_cut_is_cut(self):
        for framing in 'Content-Length: 100', 'Transfer-Encoding: chunked':
            client, there, _ = self.ask('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
            there.send(f'HTTP/1.1 200 OK\r\n{framing}\r\n\r\n5\r\nhello\r\n')
            client.read_until(b'hello')
            there.close()
            self.assertNotIn(b'0\r\n\r\n', client.read_all())

    def test_client_that_leaves_is_not_waited_for(self):
        client, there, _ = self.ask('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        client.close()
        self.assertTrue(there.is_closed())

    def test_no_answer_is_a_502(self):
        client, there, _ = self.ask('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        there.send('HTTP/1.1 200 OK\r\nContent-Le')
        there.close()
        self.assertEqual(client.response().status, 502)


if __name__ == '__main__':
    gale_wire.main()
