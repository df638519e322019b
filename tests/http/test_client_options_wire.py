"""Every option of a request against a server that shows what it got: one test each."""
# SPDX-License-Identifier: MIT
import base64
import email
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import client_peers  # noqa: E402
import gale_wire  # noqa: E402
from client_peers import fetch, run  # noqa: E402


def basic(user, password):
    return 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()


class Case(unittest.TestCase):
    def setUp(self):
        self.server = client_peers.Server().__enter__()
        self.addCleanup(self.server.__exit__)
        self.url = self.server.url

    def get(self, path='/', *words, **kwargs):
        return fetch(self.url + path, *words, **kwargs)


class Options(Case):
    def test_method(self):
        for method in ('GET', 'DELETE', 'OPTIONS'):
            self.assertEqual(self.get('/', f'method={method}').shown['method'], method)
        for method in ('POST', 'PUT', 'PATCH'):
            self.assertEqual(self.get('/', f'method={method}', 'body=x').shown['method'], method)
        head = self.get('/', 'method=HEAD')
        self.assertEqual((head['status'], head['body']), (200, ''))
        self.assertEqual(self.get('/', 'body=x').shown['method'], 'POST')

    def test_allow_nonstandard_methods(self):
        for words in (['method=BREW'], ['method=POST'], ['method=PUT'], ['method=PATCH'],
                      ['method=GET', 'body=x'], ['method=DELETE', 'body=x']):
            self.assertEqual(self.get('/', *words)['error'], 'GALE_EINVAL')
            r = self.get('/', *words, 'allow_nonstandard_methods=1')
            self.assertEqual(r.shown['method'], words[0][7:])
            self.assertEqual(r.shown['body'], 'x' if len(words) > 1 else '')

    def test_headers(self):
        r = self.get('/', 'header=X-One:1', 'header=X-Two:2', 'header=X-One:3')
        self.assertEqual((r.header('X-One'), r.header('X-Two')), (['1', '3'], ['2']))
        self.assertEqual(self.get('/', 'header=X-A:b\r\nX-B: c')['error'], 'GALE_EINVAL')

    def test_body(self):
        r = self.get('/', 'body=some text')
        self.assertEqual(r.shown['body'], 'some text')
        self.assertEqual(r.header('Content-Length'), ['9'])
        self.assertEqual(r.header('Content-Type'), ['application/x-www-form-urlencoded'])
        self.assertEqual(self.get('/', 'body=').header('Content-Length'), ['0'])

    def test_body_producer(self):
        r = self.get('/', 'method=PUT', 'produce=25000')
        self.assertEqual(r.shown['body'], 'p' * 25000)
        self.assertEqual((r.header('Transfer-Encoding'), r.header('Content-Length')),
                         (['chunked'], []))

    def test_body_length(self):
        r = self.get('/', 'method=PUT', 'produce=25000', 'body_length=25000')
        self.assertEqual(r.shown['body'], 'p' * 25000)
        self.assertEqual((r.header('Transfer-Encoding'), r.header('Content-Length')),
                         ([], ['25000']))

    def test_connect_timeout(self):
        r = fetch('http://192.0.2.1:9/', 'connect_timeout=0.05')
        self.assertIn(r['error'], ('GALE_ETIMEDOUT', 'ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED'))

    def test_request_timeout(self):
        r = self.get('/slow?5', 'request_timeout=0.1')
        self.assertEqual(r['error'], 'GALE_ETIMEDOUT')

    def test_if_modified_since(self):
        r = self.get('/', 'if_modified_since=784111777')
        self.assertEqual(r.header('If-Modified-Since'), ['Sun, 06 Nov 1994 08:49:37 GMT'])

    def test_follow_redirects(self):
        r = self.get('/redirect?302,/there')
        self.assertEqual((r.shown['path'], r['redirects']), ('/there', 1))
        r = self.get('/redirect?302,/there', 'follow_redirects=-1')
        self.assertEqual((r['status'], r['body']), (302, 'elsewhere'))

    def test_redirect_time(self):
        r = self.get('/redirect?302,/redirect?302,/there')
        self.assertTrue(0 < r['redirect_time'] < r['total'], r)
        self.assertEqual(self.get('/there')['redirect_time'], 0)

    def test_max_redirects(self):
        r = self.get('/redirect?302,/redirect?302,/there', 'max_redirects=1')
        self.assertEqual((r['status'], r['redirects']), (302, 1))

    def test_user_agent(self):
        self.assertRegex(self.get('/').header('User-Agent')[0], r'^gale/\d')
        self.assertEqual(self.get('/', 'user_agent=me').header('User-Agent'), ['me'])
        self.assertEqual(self.get('/', 'user_agent=').header('User-Agent'), [])

    def test_decompress_response(self):
        self.assertEqual(self.get('/gzip')['body'], 'plain text' * 100)
        self.assertIn('gzip', self.get('/').header('Accept-Encoding')[0])
        self.assertEqual(self.get('/', 'decompress_response=-1').header('Accept-Encoding'), [])

    def test_network_interface(self):
        self.assertEqual(self.get('/', 'network_interface=127.0.0.9').shown['peer'], '127.0.0.9')
        self.assertIn('error', self.get('/', 'network_interface=192.0.2.1'))

    def test_streaming_callback(self):
        r = self.get('/large?300000', 'stream=1')
        self.assertEqual((r['streamed'][0], r['body']), (300000, ''))
        self.assertGreater(r['streamed'][1], 1)

    def test_header_callback(self):
        r = self.get('/redirect?302,/there', 'lines=1')
        self.assertTrue(r['lines'].startswith('HTTP/1.1 200 OK\r\n'), r['lines'])
        self.assertTrue(r['lines'].endswith('\r\n\r\n'))
        self.assertNotIn('X-Hop', r['lines'])
        self.assertEqual(self.get('/', 'lines=fail')['error'], 'GALE_ESTATE')

    def test_max_body_size(self):
        self.assertEqual(self.get('/large?1000', 'max_body_size=999')['error'], 'GALE_ETOOBIG')
        self.assertEqual(self.get('/large?1000', 'max_body_size=1000')['status'], 200)

    def test_max_header_size(self):
        self.assertEqual(self.get('/head?5000', 'max_header_size=2000')['error'], 'GALE_ETOOBIG')
        self.assertEqual(self.get('/head?5000', 'max_header_size=6000')['status'], 200)

    def test_raise_error(self):
        self.assertEqual(self.get('/status?404')['status'], 404)
        self.assertIn('404', self.get('/status?404', 'raise_error=1')['text'])

    def test_no_keep_alive(self):
        first, second = run((self.url + '/',), (self.url + '/',))
        self.assertEqual((first['reused'], second['reused']), (0, 1))
        r = self.get('/', 'no_keep_alive=1')
        self.assertEqual(r.header('Connection'), ['close'])

    def test_allow_ipv6(self):
        r = fetch(f'http://[::1]:{self.server.port}/', 'allow_ipv6=-1')
        self.assertIn('error', r)
        r = fetch(f'http://localhost:{self.server.port}/', 'allow_ipv6=-1')
        self.assertEqual(r.shown['peer'], '127.0.0.1')

    def test_expect_100_continue(self):
        r = self.get('/', 'method=PUT', 'produce=5000', 'expect_100_continue=1')
        self.assertEqual((r.shown['body'], r.header('Expect')), ('p' * 5000, ['100-continue']))
        self.assertEqual(self.server.expected, ['/'])
        r = self.get('/', 'body=small', 'expect_100_continue=1')
        self.assertEqual(r.shown['body'], 'small')
        r = self.get('/refuse', 'method=PUT', 'produce=500000000', 'expect_100_continue=1')
        self.assertEqual(r['status'], 417)

    def test_a6_3_unix_socket(self):
        """Two sockets, the same Host: no request goes where it does not belong."""
        with tempfile.TemporaryDirectory() as d:
            paths = [os.path.join(d, name) for name in 'ab']
            with client_peers.UnixServer(name='a', address=paths[0]) as a, \
                    client_peers.UnixServer(name='b', address=paths[1]) as b:
                jobs = [('http://same/', f'unix_socket={paths[i % 2]}') for i in range(6)]
                answers = run(*jobs)
                self.assertEqual([r.shown['server'] for r in answers], list('ababab'))
                self.assertEqual([r.header('Host') for r in answers], [['same']] * 6)
                self.assertEqual([r['reused'] for r in answers], [0, 0, 1, 1, 1, 1])
                self.assertEqual((a.connections, b.connections), (1, 1))


class Authentication(Case):
    def test_auth_username_and_password(self):
        for user, password in (('Aladdin', 'open sesame'), ('test', '123\u00a3'), ('a', ''),
                               ('', 'pw')):  # RFC 7617's
            r = self.get('/', f'auth_username={user}', f'auth_password={password}')
            self.assertEqual(r.header('Authorization'), [basic(user, password)])
        self.assertEqual(self.get('/', 'auth_username=a:b')['error'], 'GALE_EINVAL')
        self.assertEqual(self.get('/', 'auth_username=a\nb')['error'], 'GALE_EINVAL')
        r = self.get('/', 'auth_username=a', 'header=Authorization:mine')
        self.assertEqual(r.header('Authorization'), ['mine'])

    def test_auth_mode(self):
        self.assertEqual(self.get('/', 'auth_username=u', 'auth_mode=7')['error'], 'GALE_EINVAL')
        r = self.get('/', 'auth_mode=2', 'auth_password=to.ken')
        self.assertEqual(r.header('Authorization'), ['Bearer to.ken'])
        self.assertEqual(self.get('/', 'auth_mode=2')['error'], 'GALE_EINVAL')

    def test_user_in_the_url(self):
        r = fetch(f'http://us%40er:p%3a%c3%a9w@127.0.0.1:{self.server.port}/')
        self.assertEqual(r.header('Authorization'), [basic('us@er', 'p:\u00e9w')])
        self.assertEqual(r.header('Host'), [f'127.0.0.1:{self.server.port}'])
        self.assertNotIn('@', r['url'])
        r = fetch(f'http://u:p@127.0.0.1:{self.server.port}/', 'auth_username=me')
        self.assertEqual(r.header('Authorization'), [basic('me', '')])

    def digest(self, query, *words, user=client_peers.USER, password=client_peers.PASSWORD):
        return self.get(f'/digest?{query}', f'auth_username={user}', f'auth_password={password}',
                        'auth_mode=1', *words)

    def test_digest_algorithms(self):
        for algorithm in ('MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'):
            for qop in ('auth', 'auth-int', 'auth-int+auth'):
                self.server.nonces.clear()
                r = self.digest(f'{algorithm},{qop}')
                self.assertEqual(r['status'], 200, (algorithm, qop))
                wanted = 'auth-int' if qop == 'auth-int' else 'auth'
                self.assertEqual((r.shown['algorithm'], r.shown['qop']), (algorithm, wanted))
        self.server.nonces.clear()
        self.assertEqual(self.digest('MD5,').shown.get('qop'), None)  # RFC 2069

    def test_digest_of_a_body(self):
        r = self.digest('SHA-256,auth-int', 'body=the body')
        self.assertEqual((r['status'], r.shown['qop']), (200, 'auth-int'))
        self.assertEqual([q['body'] for q in self.server.requests], ['the body'] * 2)
        r = self.digest('SHA-256,auth-int', 'produce=100')
        self.assertEqual(r['status'], 401)  # it is gone
        self.server.nonces.clear()
        r = self.digest('SHA-256,auth', 'part=a:text:b')
        self.assertEqual(r['status'], 200)

    def test_digest_asked_for_while_files_are_sent(self):
        """The files are sent again, whole."""
        with tempfile.NamedTemporaryFile(suffix='.bin') as f:
            f.write(bytes(range(256)) * 8000)
            f.flush()
            r = self.get('/early', 'auth_username=u', 'auth_password=p', 'auth_mode=1',
                         'part=a:text:b', f'part=doc:file:{f.name}')
            self.assertEqual(r['status'], 200)
            self.assertIn('nonce="n"', r.header('Authorization')[0])
            self.assertIn((bytes(range(256)) * 8000).decode('latin-1'), r.shown['body'])
            self.assertEqual(r.header('Content-Length'), [str(len(r.shown['body']))])

    def test_digest_stale(self):
        self.assertEqual(self.digest('SHA-256,auth,stale')['status'], 200)
        self.assertEqual(len(self.server.requests), 3)

    def test_digest_userhash(self):
        import hashlib
        p = self.digest('SHA-256,auth,userhash').shown
        text = f'{client_peers.USER}:{client_peers.REALM}'
        self.assertEqual(p['username'], hashlib.sha256(text.encode()).hexdigest())

    def test_digest_takes_the_strongest(self):
        p = self.digest('SHA-256,auth,several').shown
        self.assertEqual((p['algorithm'], p['nonce']), ('SHA-256', 'nonce0'))

    def test_digest_refused_once(self):
        r = self.digest('SHA-256,auth', password='wrong')
        self.assertEqual((r['status'], len(self.server.requests)), (401, 2))
        self.server.requests.clear()
        r = self.digest('SHA-512-256,auth')  # one we do not have
        self.assertEqual((r['status'], len(self.server.requests)), (401, 1))
        self.assertEqual(self.server.requests[0]['headers'][0][0], 'Host')

    def test_b31_credentials_stay_with_their_origin(self):
        """Over to another host, port or scheme nothing goes along; on the same origin all does."""
        given = ['header=Authorization:mine', 'header=Cookie:a=b']
        with client_peers.Server(name='other') as other:
            for target, kept in ((f'{other.url}/x', False), ('/x', True),
                                 (f'http://localhost:{self.server.port}/x', False),
                                 (f'{self.url}/x', True)):
                r = self.get(f'/redirect?302,{target}', *given)
                for name in ('Authorization', 'Cookie'):
                    self.assertEqual(bool(r.header(name)), kept, (target, name))
                r = self.get(f'/redirect?302,{target}', 'auth_username=u', 'auth_password=p')
                self.assertEqual(bool(r.header('Authorization')), kept, target)
                r = fetch(f'http://u:p@127.0.0.1:{self.server.port}/redirect?302,{target}')
                self.assertEqual(bool(r.header('Authorization')), kept, target)
            # nor do they come back
            back = f'{other.url}/redirect?302,{self.url}/x'
            r = self.get(f'/redirect?302,{back}', *given)
            self.assertEqual(r.header('Authorization'), [])
            # nor does what a redirect's URL carries
            evil = f'http://evil:pw@127.0.0.1:{other.port}/x'
            self.assertEqual(self.get(f'/redirect?302,{evil}').header('Authorization'), [])


class Bodies(Case):
    def test_form(self):
        r = self.get('/', 'form=a b:1&2', 'form=\u00e9:', 'form=x:=')
        self.assertEqual(r.shown['body'], 'a+b=1%262&%C3%A9=&x=%3D')
        self.assertEqual(r.header('Content-Type'), ['application/x-www-form-urlencoded'])
        self.assertEqual(r.shown['method'], 'POST')
        self.assertEqual(self.get('/', 'form=a:b', 'body=c')['error'], 'GALE_EINVAL')

    def parts(self, r):
        head = f'Content-Type: {r.header("Content-Type")[0]}\r\n\r\n'
        message = email.message_from_bytes((head + r.shown['body']).encode('latin-1'))
        self.assertTrue(message.is_multipart())
        return message.get_payload()

    def test_parts(self):
        with tempfile.NamedTemporaryFile(suffix='.txt') as f:
            f.write(b'line\r\n--of a file' * 20000)
            f.flush()
            r = self.get('/', 'part=note:text:hello', f'part=doc:file:{f.name}', 'part=e:text:')
            self.assertEqual(r.header('Content-Length'), [str(len(r.shown['body']))])
            note, doc, empty = self.parts(r)
            self.assertEqual(note.get_payload(), 'hello')
            self.assertEqual(note['Content-Disposition'], 'form-data; name="note"')
            self.assertIsNone(note['Content-Type'])
            self.assertEqual(doc.get_filename(), os.path.basename(f.name))
            self.assertTrue(doc['Content-Type'].startswith('text/plain'))
            self.assertEqual(doc.get_payload().replace('\r\n', '\n'),
                             'line\n--of a file' * 20000)
            self.assertEqual(empty.get_payload(), '')

    def test_parts_that_are_produced(self):
        r = self.get('/', 'part=a:sized:30000', 'part=b:text:x')
        self.assertEqual(r.header('Content-Length'), [str(len(r.shown['body']))])
        self.assertEqual(self.parts(r)[0].get_payload(), 'p' * 30000)
        r = self.get('/', 'part=a:produced:30000')
        self.assertEqual(r.header('Transfer-Encoding'), ['chunked'])
        self.assertEqual(self.parts(r)[0].get_payload(), 'p' * 30000)

    def test_names_of_parts_cannot_end_their_line(self):
        """As the HTML standard's encoding says."""
        r = self.get('/', 'part=a"b\nc\r\nd:text:x', 'part=y:produced:1')
        self.assertIn('name="a%22b%0D%0Ac%0D%0Ad"\r\n', r.shown['body'])
        self.assertIn('filename="a%22b%0D%0A.bin"\r\n', r.shown['body'])

    def test_parts_are_sent_again_after_a_redirect(self):
        r = self.get('/redirect?307,/there', 'part=a:text:once')
        self.assertEqual(self.parts(r)[0].get_payload(), 'once')
        self.assertEqual(self.server.requests[0]['body'], self.server.requests[1]['body'])
        r = self.get('/redirect?307,/there', 'part=a:produced:5')
        self.assertEqual(r['error'], 'GALE_ESTATE')

    def test_parts_that_cannot_be_read(self):
        self.assertEqual(self.get('/', 'part=a:file:/nowhere/x')['error'], 'ENOENT')
        self.assertEqual(self.get('/', 'part=a:file:/')['error'], 'EINVAL')
        self.assertEqual(self.server.requests, [])


class Cookies(Case):
    def test_cookies(self):
        jar = 'jar=1'
        answers = run((self.url + '/cookies?a=1;Path=/|b=2;Path=/x|c=3;Max-Age=0|d=4;Secure', jar),
                      (self.url + '/show', jar), (self.url + '/x/y', jar),
                      (self.url + '/show', jar, 'header=Cookie:own=1'), (self.url + '/show',),
                      (f'http://localhost:{self.server.port}/show', jar))
        self.assertEqual([r.header('Cookie') for r in answers[1:]],
                         [['a=1'], ['b=2; a=1'], ['own=1; a=1'], [], []])

    def test_cookies_of_a_redirect(self):
        with client_peers.Server(name='other') as other:
            path = f'/redirect?302,http://localhost:{other.port}/show'
            r = run((self.url + '/cookies?a=1', 'jar=1'),
                    (self.url + path, 'jar=1', 'header=Cookie:own=1'))[1]
            self.assertEqual(r.header('Cookie'), [])
            self.assertEqual(dict(self.server.requests[-1]['headers'])['Cookie'], 'own=1; a=1')


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.path = client_peers.certificate(cls.directory.name)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def serve(self, **kwargs):
        server = client_peers.Server(tls=client_peers.tls_server(self.path, **kwargs)).__enter__()
        self.addCleanup(server.__exit__)
        return server

    def test_validate_cert(self):
        server = self.serve()
        self.assertEqual(fetch(server.url + '/')['error'], 'GALE_ETLS')
        self.assertEqual(fetch(server.url + '/', 'validate_cert=-1')['status'], 200)

    def test_ca_certs(self):
        server = self.serve()
        self.assertEqual(fetch(server.url + '/', f'ca_certs={self.path}.crt')['status'], 200)

    def test_client_cert_and_client_key(self):
        server = self.serve(client_ca=self.path + '.crt')
        r = fetch(server.url + '/', f'ca_certs={self.path}.crt', f'client_cert={self.path}',
                  f'client_key={self.path}')
        self.assertTrue(r.shown['certificate'])
        self.assertIn('error', fetch(server.url + '/', f'ca_certs={self.path}.crt'))

    def test_tls(self):
        server = self.serve()
        self.assertEqual(fetch(server.url + '/', f'tls={self.path}.crt')['status'], 200)

    def test_b31_tls_options_are_the_requests_or_the_defaults(self):
        """Never some of each: none of them weakens or hides what the request says."""
        url = self.serve().url + '/'
        good = f'ca_certs={self.path}.crt'
        with tempfile.TemporaryDirectory() as folder:
            other = f'ca_certs={client_peers.certificate(folder)}.crt'
            for client, words, ok in (
                    ('validate_cert=-1', (), True),
                    ('validate_cert=-1', (good,), True),
                    ('validate_cert=-1', (other,), False),
                    ('validate_cert=-1', ('validate_cert=1',), False),
                    ('validate_cert=-1', (f'client_cert={self.path}', f'client_key={self.path}'), False),
                    (good, (), True),
                    (good, ('validate_cert=1',), False),
                    (f'tls={self.path}.crt', (), True),
                    (f'tls={self.path}.crt', (other,), False),
                    (f'context={self.path}.crt', (), True),
                    (f'context={self.path}.crt', (other,), False),
                    (f'context={self.path}.crt', ('validate_cert=1',), False)):
                r = fetch(url, *words, client=['client:' + client])
                self.assertEqual(r.get('error', 'none'), 'none' if ok else 'GALE_ETLS', (client, words))

    def test_b31_from_https_to_http(self):
        server = self.serve()
        with client_peers.Server(name='plain') as plain:
            r = fetch(f'{server.url}/redirect?302,{plain.url}/x', 'validate_cert=-1',
                      'header=Authorization:mine', 'auth_username=u', 'header=Cookie:a=b')
            self.assertEqual((r.shown['server'], r.header('Authorization'), r.header('Cookie')),
                             ('plain', [], []))


if __name__ == '__main__':
    gale_wire.main()
