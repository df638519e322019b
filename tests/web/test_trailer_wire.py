"""Trailers of answers over real sockets: announced, sent to those that ask, dropped for others."""
# SPDX-License-Identifier: MIT
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402


class Trailers(gale_wire.TestCase):
    program = 'trailer_server'
    args = ('--port=0', '--address=127.0.0.1')

    def ask(self, path, te='TE: trailers\r\n', version='1.1', method='GET'):
        """Head and what follows it, as sent; a second request shows that the first one ended."""
        with self.server.connect() as c:
            c.send(f'{method} {path} HTTP/{version}\r\nHost: a\r\n{te}\r\n')
            if version == '1.1':
                c.send('GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
            got = c.read_all().decode()
        head, body = got.split('\r\n\r\n', 1)
        return head + '\r\n', body.rsplit('HTTP/1.1 404', 1)[0] if version == '1.1' else body

    def test_sent_after_the_last_chunk(self):
        head, body = self.ask('/pieces')
        self.assertIn('\r\nTrailer: X-Count\r\n', head)
        self.assertIn('\r\nTransfer-Encoding: chunked\r\n', head)
        self.assertEqual(body, '6\r\npiece \r\n' * 3 + '0\r\nX-Count: 3\r\nX-Late: not announced\r\n\r\n')

    def test_an_answer_known_at_once_goes_in_chunks_for_their_sake(self):
        head, body = self.ask('/whole')
        self.assertIn('\r\nTrailer: X-One, X-Two\r\n', head)
        self.assertNotIn('Content-Length', head)
        self.assertEqual(body, '5\r\nwhole\r\n0\r\nX-One: 1\r\nX-Two: \r\n\r\n')

    def test_te_is_read_as_a_list(self):
        for te in ('TE: Trailers\r\n', 'TE: gzip;q=0.5, trailers\r\n', 'TE: deflate\r\nTE: trailers\r\n',
                   'TE: trailers;q=0.5\r\n'):
            with self.subTest(te=te):
                self.assertIn('X-One: 1', self.ask('/whole', te)[1])

    def test_dropped_for_who_does_not_ask(self):
        for te in ('', 'TE: gzip\r\n', 'TE: trailersx\r\n', 'TE: x;trailers\r\n'):
            with self.subTest(te=te):
                head, body = self.ask('/whole', te)
                self.assertIn('\r\nContent-Length: 5\r\n', head)
                self.assertNotIn('Trailer', head)
                self.assertEqual(body, 'whole')
                self.assertEqual(self.ask('/pieces', te)[1], '6\r\npiece \r\n' * 3 + '0\r\n\r\n')

    def test_dropped_for_http10(self):
        head, body = self.ask('/pieces', version='1.0')
        self.assertNotIn('Trailer', head)
        self.assertEqual(body, 'piece ' * 3)

    def test_dropped_with_a_length_or_without_a_body(self):
        head, body = self.ask('/length')
        self.assertIn('\r\nContent-Length: 5\r\n', head)
        self.assertEqual(('Trailer' in head, body), (False, 'whole'))
        head, body = self.ask('/empty')
        self.assertEqual(('Trailer' in head, body), (False, ''))

    def test_head_announces_them(self):
        head, body = self.ask('/whole', method='HEAD')
        self.assertIn('\r\nTrailer: X-One, X-Two\r\n', head)
        self.assertEqual(body, '')

    def test_an_error_page_has_none(self):
        head, _ = self.ask('/error')
        self.assertNotIn('Trailer', head)
        self.assertIn('Content-Length', head)

    def test_names_and_values_that_may_not_be(self):
        for name in ('Content-Length', 'transfer-encoding', 'Content-Type', 'SET-COOKIE', 'Host', 'Trailer',
                     'Connection', 'Authorization', 'Cache-Control', 'a%20b', '', 'a%0d%0ab', 'x:y'):
            with self.subTest(name=name):
                self.assertIn(' 500 ', self.ask(f'/bad?name={name}')[0])
        self.assertIn(' 500 ', self.ask('/bad?name=X-Ok&value=newline')[0])
        self.assertIn(' 200 ', self.ask('/bad?name=X-Ok')[0])

    def test_not_after_the_end(self):
        self.assertIn(' 200 ', self.ask('/late')[0])

    def test_curl(self):
        got = subprocess.run(['curl', '-sS', '--max-time', '20', '-H', 'TE: trailers', '-D', '-',
                              f'http://127.0.0.1:{self.server.port}/pieces'], stdout=subprocess.PIPE,
                             check=True).stdout
        self.assertIn(b'piece piece piece ', got)
        self.assertIn(b'X-Count: 3\r\n', got)


if __name__ == '__main__':
    gale_wire.main()
