"""The client behind proxies: absolute form, tunnels, credentials, the environment."""
# SPDX-License-Identifier: MIT
import base64
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import client_peers  # noqa: E402
import gale_wire  # noqa: E402
from client_peers import fetch, run  # noqa: E402


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.path = client_peers.certificate(cls.directory.name)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def enter(self, server):
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def origin(self, name='origin'):
        return self.enter(client_peers.Server(name=name))

    def secure(self, name='secure'):
        return self.enter(client_peers.Server(name=name, tls=client_peers.tls_server(self.path)))

    def proxy(self, auth=None):
        proxy = self.enter(client_peers.ProxyServer(auth))
        proxy.words = ['proxy_host=127.0.0.1', f'proxy_port={proxy.port}',
                       f'ca_certs={self.path}.crt']
        return proxy


CREDENTIALS = ['proxy_username=me', 'proxy_password=s3cret']


class Proxies(Case):
    def test_proxy_host_and_port(self):
        origin, proxy = self.origin(), self.proxy()
        r = fetch(origin.url + '/a?b', *proxy.words)
        self.assertEqual((r.shown['path'], r.shown['server']), ('/a?b', 'origin'))
        self.assertEqual(proxy.requests[0]['path'], origin.url + '/a?b')
        r = fetch('http://127.0.0.1:1/', 'proxy_host=127.0.0.1')
        self.assertEqual(r['error'], 'GALE_EINVAL')
        r = fetch('http://127.0.0.1:1/', 'proxy_host=a/b', 'proxy_port=1')
        self.assertEqual(r['error'], 'GALE_EINVAL')

    def test_body_through_a_proxy(self):
        origin, proxy = self.origin(), self.proxy()
        r = fetch(origin.url + '/', *proxy.words, 'method=PUT', 'produce=100000')
        self.assertEqual(r.shown['body'], 'p' * 100000)

    def test_https_goes_through_a_tunnel(self):
        secure, proxy = self.secure(), self.proxy()
        r = fetch(secure.url + '/a', *proxy.words)
        self.assertEqual(r.shown['server'], 'secure')
        self.assertEqual([(q['method'], q['path']) for q in proxy.requests],
                         [('CONNECT', f'127.0.0.1:{secure.port}')])
        self.assertNotIn('via', [n.lower() for n, _ in r['headers']])

    def test_proxy_username_and_password(self):
        origin, proxy = self.origin(), self.proxy('me:s3cret')
        r = fetch(origin.url + '/', *proxy.words)
        self.assertEqual(r['status'], 407)
        r = fetch(origin.url + '/', *proxy.words, *CREDENTIALS)
        self.assertEqual((r['status'], r.header('Proxy-Authorization')), (200, []))

    def test_proxy_auth_mode(self):
        origin, proxy = self.origin(), self.proxy('digest')
        proxy.words += [f'proxy_username={client_peers.USER}',
                        f'proxy_password={client_peers.PASSWORD}']
        r = fetch(origin.url + '/x', *proxy.words, 'proxy_auth_mode=1')
        self.assertEqual(r['status'], 200, r)
        r = fetch(origin.url + '/x', *proxy.words, 'proxy_auth_mode=2')
        self.assertEqual(r['error'], 'GALE_EINVAL')

    def test_a6_2_407_and_credentials_for_a_tunnel(self):
        """TLS through CONNECT with 407; the proxy's credentials never reach the origin."""
        secure, proxy = self.secure(), self.proxy('me:s3cret')
        r = fetch(secure.url + '/', *proxy.words)
        self.assertEqual((r['error'], r['phase']), ('GALE_EPROTO', 'connecting'))
        self.assertIn('407', r['text'])
        r = fetch(secure.url + '/', *proxy.words, *CREDENTIALS)
        self.assertEqual((r['status'], r.header('Proxy-Authorization')), (200, []))
        given = 'Basic ' + base64.b64encode(b'me:s3cret').decode()
        r = fetch(secure.url + '/', *proxy.words, f'header=Proxy-Authorization:{given}')
        self.assertEqual((r['status'], r.header('Proxy-Authorization')), (200, []))

    def test_a6_2_digest_for_a_tunnel(self):
        for closes in (False, True):
            secure, proxy = self.secure(), self.proxy('digest')
            proxy.closes = closes
            r = fetch(secure.url + '/', *proxy.words, f'proxy_username={client_peers.USER}',
                      f'proxy_password={client_peers.PASSWORD}', 'proxy_auth_mode=1')
            self.assertEqual((r['status'], r.header('Proxy-Authorization')), (200, []))
            self.assertEqual(len(proxy.requests), 2)
        r = fetch(secure.url + '/', *proxy.words, 'proxy_username=x', 'proxy_auth_mode=1')
        self.assertIn('407', r['text'])

    def test_a6_2_tunnels_are_not_shared_across_identities(self):
        secure, proxy = self.secure(), self.proxy('me:s3cret')
        url = secure.url + '/'
        answers = run((url, *proxy.words, *CREDENTIALS), (url, *proxy.words, *CREDENTIALS),
                      (url, *proxy.words, 'proxy_username=you'), (url, *proxy.words[:2],
                                                                  'validate_cert=-1', *CREDENTIALS),
                      (url, f'ca_certs={self.path}.crt'))
        self.assertEqual([r.get('reused') for r in answers], [0, 1, None, 0, 0])
        self.assertIn('407', answers[2]['text'])
        self.assertEqual(len(proxy.requests), 3)

    def test_a6_2_tunnels_are_not_shared_across_own_fields(self):
        """The identity is given as a field of the request."""
        secure, proxy = self.secure(), self.proxy()
        url = secure.url + '/'
        names = ['header=Proxy-Authorization:alice', 'header=proxy-authorization:bob']
        answers = run((url, *proxy.words, names[0]), (url, *proxy.words, names[1]),
                      (url, *proxy.words), (url, *proxy.words, names[0]))
        self.assertEqual([r['reused'] for r in answers], [0, 0, 0, 1])
        self.assertEqual([self.told(q) for q in proxy.requests], [['alice'], ['bob'], []])
        self.assertEqual([r.header('Proxy-Authorization') for r in answers], [[]] * 4)

    @staticmethod
    def told(request):
        return [v for n, v in request['headers'] if n.lower() == 'proxy-authorization']

    def test_a6_2_one_line_tells_the_proxy_who_asks(self):
        mine = 'header=Proxy-Authorization:mine'
        given = 'Basic ' + base64.b64encode(b'me:s3cret').decode()
        for origin in (self.origin(), self.secure()):
            proxy = self.proxy()
            fetch(origin.url + '/', *proxy.words, mine, *CREDENTIALS)
            fetch(origin.url + '/', *proxy.words, mine)
            self.assertEqual([self.told(q) for q in proxy.requests], [[given], ['mine']])

    def test_b31_what_is_for_a_proxy_never_goes_to_the_origin(self):
        origin, proxy = self.origin(), self.proxy()
        mine = 'header=Proxy-Authorization:mine'
        env = {'http_proxy': f'http://127.0.0.1:{proxy.port}', 'no_proxy': '127.0.0.1'}
        for words, client in ((), ()), (('proxy_host=',), ()), ((), ['client:environment']):
            r = fetch(origin.url + '/', mine, *words, client=client, env=env)
            self.assertEqual(r.header('Proxy-Authorization'), [])
        with client_peers.UnixServer(name='unix', address=os.path.join(self.directory.name, 'p')) as s:
            r = fetch('http://x/', mine, f'unix_socket={s.server_address}', *proxy.words[:2])
            self.assertEqual(r.header('Proxy-Authorization'), [])
        self.assertEqual(proxy.requests, [])

    def test_a6_2_a_proxy_that_refuses(self):
        secure, proxy = self.secure(), self.proxy()
        proxy.refuses = True
        r = fetch(secure.url + '/', *proxy.words)
        self.assertEqual(r['error'], 'GALE_EPROTO')
        self.assertIn('403', r['text'])
        proxy.refuses, proxy.injects = False, b'HTTP/1.1 200 OK\r\n\r\n'
        r = fetch(secure.url + '/', *proxy.words)
        self.assertIn('error', r)
        self.assertEqual(secure.requests, [])

    def test_credentials_of_the_origin_stay_inside_of_the_tunnel(self):
        secure, proxy = self.secure(), self.proxy()
        r = fetch(secure.url + '/', *proxy.words, 'auth_username=u', 'auth_password=p',
                  'header=Cookie:a=b')
        self.assertEqual(len(r.header('Authorization')), 1)
        names = {n.lower() for n, _ in proxy.requests[0]['headers']}
        self.assertEqual(names, {'host', 'user-agent'})

    def test_unix_sockets_need_no_proxy(self):
        path = os.path.join(self.directory.name, 's')
        with client_peers.UnixServer(name='unix', address=path):
            r = fetch('http://x/', f'unix_socket={path}', 'proxy_host=127.0.0.1', 'proxy_port=1')
            self.assertEqual(r.shown['server'], 'unix')


class Environment(Case):
    def through(self, env, url, *words):
        """Whether a fetch went through the proxy."""
        before = len(self.the_proxy.requests)
        r = fetch(url, *words, client=['client:environment'], env=env)
        self.assertEqual(r.get('status'), 200, r)
        return len(self.the_proxy.requests) > before

    def setUp(self):
        self.the_proxy, self.the_origin = self.proxy('me:s 3'), self.origin()
        self.name = f'http://me:s%203@127.0.0.1:{self.the_proxy.port}'

    def test_http_proxy(self):
        url = self.the_origin.url + '/'
        self.assertTrue(self.through({'http_proxy': self.name}, url))
        self.assertTrue(self.through({'HTTP_PROXY': self.name}, url))
        self.assertFalse(self.through({'HTTP_PROXY': self.name, 'REQUEST_METHOD': 'GET'}, url))
        self.assertTrue(self.through({'http_proxy': self.name, 'REQUEST_METHOD': 'GET'}, url))
        self.assertTrue(self.through({'http_proxy': self.name[7:], 'HTTP_PROXY': 'p:1'}, url))
        self.assertFalse(self.through({'https_proxy': self.name}, url))
        self.assertFalse(self.through({'http_proxy': '', 'all_proxy': self.name}, url))
        self.assertTrue(self.through({'all_proxy': self.name}, url))
        self.assertTrue(self.through({'ALL_PROXY': self.name}, url))
        self.assertFalse(self.through({'http_proxy': self.name}, url, 'proxy_host='))

    def test_only_when_asked(self):
        r = fetch(self.the_origin.url + '/', env={'http_proxy': 'http://127.0.0.1:1'})
        self.assertEqual(r['status'], 200)

    def test_https_proxy(self):
        url, ca = self.secure().url + '/', f'ca_certs={self.path}.crt'
        self.assertTrue(self.through({'https_proxy': self.name}, url, ca))
        self.assertTrue(self.through({'HTTPS_PROXY': self.name}, url, ca))
        self.assertTrue(self.through({'all_proxy': self.name}, url, ca))
        self.assertFalse(self.through({'http_proxy': self.name}, url, ca))

    def test_no_proxy(self):
        url, port = self.the_origin.url + '/', self.the_origin.port
        for no_proxy, through in (('*', False), ('127.0.0.0/8', False), ('127.0.0.1', False),
                                  (f'[127.0.0.1]:{port}', False), ('10.0.0.0/8,other', True),
                                  ('27.0.0.1', True), ('', True)):
            for name in ('no_proxy', 'NO_PROXY'):
                env = {'http_proxy': self.name, name: no_proxy}
                self.assertEqual(self.through(env, url), through, (name, no_proxy))
        env = {'http_proxy': self.name, 'no_proxy': 'localhost'}
        self.assertFalse(self.through(env, f'http://localhost:{port}/'))

    def test_what_is_no_proxy(self):
        for name in ('socks5://127.0.0.1:1', 'https://127.0.0.1:1', 'http://'):
            r = fetch(self.the_origin.url, client=['client:environment'], env={'http_proxy': name})
            self.assertEqual(r['error'], 'client')


if __name__ == '__main__':
    gale_wire.main()
