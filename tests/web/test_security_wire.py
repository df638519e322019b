"""Cookies, XSRF, users and CORS over real sockets, and the same exchanged with Tornado both ways."""
# SPDX-License-Identifier: MIT
import asyncio
import binascii
import http.cookies
import itertools
import logging
import os
import re
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

import tornado.httpserver  # noqa: E402
import tornado.httputil  # noqa: E402
import tornado.netutil  # noqa: E402
import tornado.web  # noqa: E402

SECRET = "It's a secret to everybody"
KEYS = {1: 'first', 2: 'second'}


def cookie_of(response, name):
    """The value of a Set-Cookie field as sent, and its attributes."""
    for field in response.all('Set-Cookie'):
        pair, *attributes = field.split('; ')
        if pair.split('=', 1)[0] == name:
            return pair.split('=', 1)[1], attributes
    return None, None


def raw_token(text):
    """The token behind its mask."""
    version, mask, masked, when = text.split('|')
    assert version == '2' and when.isdigit(), text
    mask, masked = binascii.unhexlify(mask), binascii.unhexlify(masked)
    return bytes(c ^ mask[i % 4] for i, c in enumerate(masked))


class Server(gale_wire.TestCase):
    program = 'security_server'

    def ask(self, method, path, *headers, body='', keep=None):
        head = ''.join(h + '\r\n' for h in ('Host: localhost', *headers))
        if body and not any(h.startswith('Content-Type') for h in headers):
            head += 'Content-Type: application/x-www-form-urlencoded\r\n'
        data = f'{method} {path} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}'
        if keep:
            keep.send(data)
            return keep.response(head_only=method == 'HEAD')
        with self.server.connect() as c:
            c.send(data)
            return c.response(head_only=method == 'HEAD')

    def get(self, path, *headers):
        return self.ask('GET', path, *headers)

    def token(self, path='/token', *headers):
        """The token of a page, and the Cookie field with the one that was set."""
        page = self.get(path, *headers)
        value, _ = cookie_of(page, '_xsrf')
        return page.body.decode().split()[0], value and f'Cookie: _xsrf={value}'

    def log_has(self, pattern):
        self.server.read_until(pattern)


class Token(Server):
    args = ('token', '--port=0')

    def test_cookie_is_set_when_asked_for(self):
        self.assertEqual(self.get('/hello').all('Set-Cookie'), [])
        page = self.get('/token')
        value, attributes = cookie_of(page, '_xsrf')
        self.assertEqual(page.body.decode(), value)
        self.assertRegex(value, r'^2\|[0-9a-f]{8}\|[0-9a-f]{32}\|\d{10}$')
        self.assertEqual(attributes, ['Path=/', 'SameSite=Lax'])
        self.assertEqual(self.get('/token', f'Cookie: _xsrf={value}').all('Set-Cookie'), [])
        self.assertEqual(len(self.get('/token', 'Cookie: _xsrf=').all('Set-Cookie')), 1)
        self.assertEqual(len(self.get('/token', 'Cookie: _xsrf=2|x').all('Set-Cookie')), 1)

    def test_form(self):
        self.assertRegex(self.get('/token?form=1').body.decode(),
                         r'^<input type="hidden" name="_xsrf" value="2\|[0-9a-f|]+"/>$')

    def test_b9_masked_anew_each_time(self):
        first, cookie = self.token()
        tokens = {first} | {self.token('/token', cookie)[0] for _ in range(20)}
        self.assertEqual(len(tokens), 21)
        self.assertEqual(len({t.split('|')[1] for t in tokens}), 21)
        self.assertEqual(len({raw_token(t) for t in tokens}), 1)
        for t in tokens:
            self.assertEqual(self.ask('POST', '/token', cookie, f'X-Xsrftoken: {t}').status, 200)
        other, _ = self.token()
        self.assertNotEqual(raw_token(first), raw_token(other))
        self.assertEqual(self.ask('POST', '/token', cookie, f'X-Xsrftoken: {other}').status, 403)

    def test_where_the_token_is_looked_for(self):
        token, cookie = self.token()
        bad, _ = self.token()
        form = f'_xsrf={token}'
        self.assertEqual(self.ask('POST', '/token', cookie, body=form).status, 200)
        self.assertEqual(self.ask('POST', f'/token?{form}', cookie).status, 200)
        self.assertEqual(self.ask('POST', '/token', cookie, f'X-Csrftoken: {token}').status, 200)
        # in this order: argument, X-Xsrftoken, X-Csrftoken
        self.assertEqual(self.ask('POST', '/token', cookie, f'X-Xsrftoken: {bad}', body=form).status, 200)
        self.assertEqual(self.ask('POST', f'/token?_xsrf={bad}', cookie, f'X-Xsrftoken: {token}').status, 403)
        self.assertEqual(self.ask('POST', '/token', cookie, f'X-Xsrftoken: {token}',
                                  f'X-Csrftoken: {bad}').status, 200)
        self.assertEqual(self.ask('POST', '/token?_xsrf=', cookie, f'X-Xsrftoken: {token}').status, 200)

    def test_tokens_of_other_bodies(self):
        token, cookie = self.token()
        upload = ('--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nx\r\n'
                  f'--b\r\nContent-Disposition: form-data; name="_xsrf"\r\n\r\n{token}\r\n--b--\r\n')
        kind = 'Content-Type: multipart/form-data; boundary=b'
        self.assertEqual(self.ask('POST', '/token', cookie, kind, body=upload).status, 200)
        self.assertEqual(self.ask('POST', '/token', cookie, kind, body=upload.replace('_xsrf', 'other')).status, 403)
        kind = 'Content-Type: application/json'
        self.assertEqual(self.ask('PUT', '/token', cookie, kind, f'X-Xsrftoken: {token}', body='{"a": 1}').status, 200)
        self.assertEqual(self.ask('PUT', '/token', cookie, kind, body=f'{{"_xsrf": "{token}"}}').status, 403)

    def test_what_the_log_says(self):
        token, cookie = self.token()
        self.assertEqual(self.ask('POST', '/token?1', cookie).status, 403)
        self.log_has(rb"403 POST /token\?1 \(127.0.0.1\): '_xsrf' argument missing from POST\n")
        self.ask('PUT', '/token?2', cookie, 'X-Xsrftoken: 2|zz')
        self.log_has(rb"403 PUT /token\?2 \(127.0.0.1\): '_xsrf' argument has invalid format\n")
        self.ask('DELETE', '/token?3', cookie, 'X-Xsrftoken: xoxo')
        self.log_has(rb"403 DELETE /token\?3 \(127.0.0.1\): XSRF cookie does not match DELETE argument\n")
        self.ask('POST', '/token?4', f'X-Xsrftoken: {token}')
        self.log_has(rb"403 POST /token\?4 \(127.0.0.1\): XSRF cookie does not match POST argument\n")

    def test_malformed_tokens(self):
        for bad in ('2|', '2||||', '2|0000000|00|1', '2|00000000|0|1', '2|00000000|0g|1', '2|00000000||1',
                    '2|00000000|00|x', '2|00000000|00', '2|00000000|00|1|1', '3|00000000|00|1', '1|00',
                    'x' * 5000):
            with self.subTest(bad=bad[:40]):
                self.assertEqual(self.ask('POST', '/token', f'Cookie: _xsrf={bad}',
                                          f'X-Xsrftoken: {bad}').status, 403)

    def test_version_1_and_plain_text_tokens(self):
        token, cookie = self.token()
        plain = raw_token(token).hex()
        self.assertEqual(self.ask('POST', '/token', cookie, f'X-Xsrftoken: {plain}').status, 200)
        self.assertEqual(self.ask('POST', '/token', f'Cookie: _xsrf={plain}', f'X-Xsrftoken: {token}').status, 200)
        self.assertEqual(self.ask('POST', '/token', 'Cookie: _xsrf=xoxo', 'X-Xsrftoken: xoxo').status, 200)
        self.assertEqual(self.ask('POST', '/token', 'Cookie: _xsrf=xoxo', 'X-Xsrftoken: xoxO').status, 403)

    def test_b2_x_requested_with_exempts_nobody(self):
        for value in ('XMLHttpRequest', 'ShockwaveFlash/19'):
            self.assertEqual(self.ask('POST', '/token', f'X-Requested-With: {value}').status, 403)

    def test_classes_that_see_to_it_themselves(self):
        token, cookie = self.token()
        self.assertEqual(self.ask('POST', '/open').body, b'ok')
        self.assertEqual(self.ask('POST', '/itself').status, 403)
        self.assertEqual(self.ask('POST', '/itself', cookie, f'X-Xsrftoken: {token}').body, b'checked')
        self.assertEqual(self.ask('POST', '/never', cookie, f'X-Xsrftoken: {token}').status, 403)
        self.log_has(rb"by the class's own check")
        self.assertEqual(self.ask('POST', '/nowhere').status, 404)

    def test_c13_tokens_can_be_bound_to_a_session(self):
        ann, bob = 'session=ann', 'session=bob'
        page = self.get('/bound', f'Cookie: {ann}')
        token, (value, _) = page.body.decode(), cookie_of(page, '_xsrf')
        self.assertEqual(len(raw_token(token)), 32)

        def post(session, token, value=value):
            return self.ask('POST', '/bound', f'Cookie: {session}; _xsrf={value}', f'X-Xsrftoken: {token}').status

        self.assertEqual(post(ann, token), 200)
        self.assertEqual(post(bob, token), 403)
        planted, _ = self.token()  # of before the login, or of a neighbour
        self.assertEqual(post(ann, planted, planted), 403)
        self.assertEqual(post('x=y', planted, planted), 200)
        self.assertIsNone(cookie_of(self.get('/bound', f'Cookie: {ann}; _xsrf={value}'), '_xsrf')[0])
        again = self.get('/bound', f'Cookie: {ann}; _xsrf={planted}')
        value, _ = cookie_of(again, '_xsrf')
        self.assertEqual(post(ann, again.body.decode(), value), 200)

    def test_cookies_of_all_kinds(self):
        page = self.get('/set?value=a%20b,%22%3B%C3%A9')
        self.assertEqual(cookie_of(page, 'plain'), ('"a\\040b\\054\\"\\073\\303\\251"', ['Path=/']))
        names = [n for n, _ in page.headers]
        self.assertGreater(names.index('Set-Cookie'), names.index('X-Last'))
        value, _ = cookie_of(page, 'plain')
        self.assertEqual(self.get('/cookies', f'Cookie: plain={value}').body.decode(), 'plain=a b,";é\n')
        failed = self.get('/set?value=kept&fail=1')
        self.assertEqual(failed.status, 418)
        self.assertIsNone(failed['X-Last'])
        self.assertEqual(cookie_of(failed, 'plain')[0], 'kept')

    def test_b29_injected_attributes(self):
        for bad in ('%0d%0aX:y', '%0a', '%0d', '%1f', '%01', '%09'):
            r = self.get(f'/set?value=a{bad}b')
            fields = r.all('Set-Cookie')
            self.assertIsNone(r['X'])
            self.assertTrue(r.status == 500 and not fields or fields == ['plain="a\\040b"; Path=/'], (bad, r))

    def test_b12_cookies_are_split_as_browsers_do(self):
        r = self.get('/cookies', 'Cookie: a=b; c="d;e"; f=g')
        self.assertEqual(r.body, b'a=b\nc="d\nf=g\n')
        r = self.get('/cookies', 'Cookie: x="; _xsrf=planted; y="')
        self.assertEqual(r.body, b'x="\n_xsrf=planted\ny="\n')

    def test_b21_many_backslashes(self):
        r = self.get('/cookies', 'Cookie: a="' + '\\' * 60000 + '"')
        self.assertEqual(r.body, b'a=' + b'\\' * 30000 + b'\n')

    def test_values(self):
        r = self.get('/values?value=hello')
        s, e = cookie_of(r, 's')[0], cookie_of(r, 'e')[0]
        self.assertEqual(r.body, b's=none e=none key=-1')
        self.assertEqual(self.get('/values', f'Cookie: s={s}; e={e}').body, b's=hello e=hello key=0')
        self.assertEqual(self.get('/values', f'Cookie: s={e}; e={s}').body, b's=none e=none key=-1')
        self.assertTrue(all(any(a.startswith('expires=') for a in cookie_of(r, n)[1]) for n in 'se'))


class Login(Server):
    args = ('token', '--port=0')

    def test_a3_3_login_and_back(self):
        r = self.get('/member?a=1&b=2')
        self.assertEqual((r.status, r['Location']), (302, '/login?next=%2Fmember%3Fa%3D1%26b%3D2'))
        self.assertEqual(self.ask('POST', '/member').status, 403)
        r = self.ask('POST', '/login?next=%2Fmember%3Fa%3D1', body='name=Ann+O%27X')
        self.assertEqual((r.status, r['Location']), (302, '/member?a=1'))
        user = f'Cookie: user={cookie_of(r, "user")[0]}'
        page = self.get('/member', user)
        self.assertTrue(page.body.decode().endswith(" Ann O'X"), page)
        self.assertEqual(self.ask('POST', '/member', user).status, 200)
        self.assertEqual(self.get('/member', user[:-1]).status, 302)

    def test_b27_next_stays_on_this_site(self):
        for away in ('//evil', '%2F%2Fevil', '/%5Cevil', 'https://evil', '/%09/evil', '%5C%5Cevil', 'evil'):
            r = self.ask('POST', f'/login?next={away}', body='name=x')
            self.assertEqual((r.status, r['Location']), (302, '/'), away)

    def test_as_middleware(self):
        self.assertEqual(self.get('/inner').status, 302)
        r = self.ask('POST', '/login', body='name=x')
        self.assertEqual(self.get('/inner', f'Cookie: user={cookie_of(r, "user")[0]}').body, b'hello')

    def test_c13_users_do_not_share_attributes(self):
        r = self.ask('POST', '/login', body='name=x')
        user = f'Cookie: user={cookie_of(r, "user")[0]}'
        # .authenticated has asked for the user before the token is made
        attributes = cookie_of(self.get('/member', user), '_xsrf')[1]
        self.assertEqual(attributes[1:], ['Path=/', 'SameSite=Lax'])
        self.assertTrue(attributes[0].startswith('expires='))
        self.assertEqual(cookie_of(self.get('/token'), '_xsrf')[1], ['Path=/', 'SameSite=Lax'])


class Careful(Server):
    args = ('token', '--port=0')

    def test_secure_headers(self):
        for r in (self.get('/careful'), self.ask('POST', '/careful')):  # error pages too
            self.assertEqual(r['X-Content-Type-Options'], 'nosniff')
            self.assertEqual(r['Content-Security-Policy'], "default-src 'self'")
            self.assertIsNone(r['Strict-Transport-Security'])
        r = self.get('/careful', 'X-Scheme: https')
        self.assertEqual(r['Strict-Transport-Security'], 'max-age=31536000')


class Cors(Server):
    args = ('token', '--port=0')
    origin = 'Origin: https://app.example'

    def test_a1_3_cors_preflight(self):
        r = self.ask('OPTIONS', '/api', self.origin, 'Access-Control-Request-Method: PUT',
                     'Access-Control-Request-Headers: x-a, x-b')
        self.assertEqual((r.status, r.body), (204, b''))
        self.assertEqual(r['Access-Control-Allow-Origin'], 'https://app.example')
        self.assertEqual(r['Access-Control-Allow-Credentials'], 'true')
        self.assertEqual(set(r['Access-Control-Allow-Methods'].split(', ')), {'GET', 'HEAD', 'PUT', 'OPTIONS'})
        self.assertEqual(r['Access-Control-Allow-Headers'], 'x-a, x-b')
        self.assertEqual(r['Access-Control-Max-Age'], '60')
        self.assertEqual(r.all('Vary'), ['Origin'])

    def test_a1_3_cors_preflight_of_a_stranger(self):
        r = self.ask('OPTIONS', '/api', 'Origin: https://evil', 'Access-Control-Request-Method: PUT')
        self.assertEqual(r.status, 204)
        self.assertFalse([n for n, _ in r.headers if n.startswith('Access-Control')])
        self.assertEqual(r.all('Vary'), ['Origin'])

    def test_a1_3_cors_error_pages_can_be_read(self):
        r = self.ask('PUT', '/api', self.origin)
        self.assertEqual((r.status, r['Access-Control-Allow-Origin']), (409, 'https://app.example'))
        r = self.ask('DELETE', '/api', self.origin)
        self.assertEqual((r.status, r['Access-Control-Allow-Origin']), (405, 'https://app.example'))
        r = self.get('/api', self.origin)
        self.assertEqual(r.all('Access-Control-Allow-Origin'), ['https://app.example'])
        self.assertEqual(r.all('Vary'), ['Origin'])


METHODS = ('GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND')
SITES = (None, 'same-origin', 'same-site', 'cross-site', 'none')
ORIGINS = (None, 'http://localhost', 'https://localhost', 'http://evil', 'null')


class Matrix:
    """Each method with each token, Sec-Fetch-Site and Origin."""

    def test_a_method_that_is_not_there_needs_no_token(self):
        r = self.ask('POST', '/hello')
        self.assertEqual((r.status, r['Allow']), (405, 'GET, HEAD, OPTIONS'))

    def test_a3_7_matrix(self):
        token, cookie = self.token()
        bad, _ = self.token()
        fields = {'ok': [f'X-Xsrftoken: {token}'], 'bad': [f'X-Xsrftoken: {bad}'], 'missing': []}
        n = 0
        with self.server.connect() as keep:
            for method, sent, site, origin in itertools.product(METHODS, fields, SITES, ORIGINS):
                headers = [cookie, *fields[sent]]
                headers += [f'Sec-Fetch-Site: {site}'] if site else []
                headers += [f'Origin: {origin}'] if origin else []
                good = method in METHODS[:3] or self.is_good(sent == 'ok', site, origin)
                r = self.ask(method, '/token', *headers, keep=keep)
                self.assertEqual(r.status, 200 if good else 403, (method, sent, site, origin))
                n += 1
        self.assertEqual(n, 600)

    @staticmethod
    def own(site, origin):
        """What the browser says: True, False, or None when it says nothing."""
        if site:
            return site in ('same-origin', 'none')
        return origin and origin == 'http://localhost'


class TokenMatrix(Matrix, Server):
    args = ('token', '--port=0', '--logging=error')

    def is_good(self, token_ok, site, origin):
        return token_ok


class OriginMatrix(Matrix, Server):
    args = ('origin', '--port=0', '--logging=error')

    def is_good(self, token_ok, site, origin):
        own = self.own(site, origin)
        return token_ok if own is None else own


class Origin(Server):
    args = ('origin', '--port=0')

    def test_a3_7_origin_and_host(self):
        def post(host, origin, *more):
            with self.server.connect() as c:
                c.send(f'POST /token HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nContent-Length: 0\r\n'
                       + ''.join(m + '\r\n' for m in more) + '\r\n')
                return c.response().status

        https = 'X-Scheme: https'
        for host, origin, *more in (
                ('a.example', 'http://a.example'), ('A.example', 'HTTP://a.Example'),
                ('a.example', 'http://a.example:80'), ('a.example:80', 'http://a.example'),
                ('a.example:8080', 'http://a.example:8080'), ('[::1]:8080', 'http://[::1]:8080'),
                ('a.example', 'https://a.example', https), ('a.example:443', 'https://a.example', https)):
            with self.subTest(host=host, origin=origin):
                self.assertEqual(post(host, origin, *more), 200)
        for host, origin, *more in (
                ('a.example', 'https://a.example'), ('a.example', 'http://a.example:81'),
                ('a.example:8080', 'http://a.example'), ('a.example', 'http://b.a.example'),
                ('b.a.example', 'http://a.example'), ('a.example', 'http://a.example.evil'),
                ('a.example', 'http://evil/a.example'), ('a.example', 'http://x@a.example'),
                ('a.example', 'http://a.example/'), ('a.example', 'a.example'), ('a.example', 'http:a.example'),
                ('a.example', 'http://a.example, http://evil'), ('a.example', 'null'), ('a.example', ''),
                ('a.example', 'http://a.example', https), ('a.example:443', 'http://a.example:443', https)):
            with self.subTest(host=host, origin=origin):
                self.assertEqual(post(host, origin, *more), 403)
        self.log_has(rb"Origin of POST is 'http://evil/a.example', not http://a.example")

    def test_a3_7_sec_fetch_site_is_one_word(self):
        for bad in ('same-origin, cross-site', 'Same-Origin', 'x', ''):
            self.assertEqual(self.ask('POST', '/token', f'Sec-Fetch-Site: {bad}').status, 403, bad)
        self.assertEqual(self.ask('POST', '/token', 'Sec-Fetch-Site: same-origin',
                                  'Sec-Fetch-Site: cross-site').status, 403)
        self.log_has(rb"Sec-Fetch-Site of POST is 'same-origin, cross-site'")


class BothMatrix(Matrix, Server):
    args = ('both', '--port=0', '--logging=error')

    def is_good(self, token_ok, site, origin):
        return token_ok and self.own(site, origin) is not False


class Eager(Server):
    args = ('eager', '--port=0')

    def test_a3_7_the_cookie_comes_with_every_page(self):
        value, _ = cookie_of(self.get('/hello'), '_xsrf')
        self.assertTrue(value)
        self.assertEqual(self.get('/hello', f'Cookie: _xsrf={value}').all('Set-Cookie'), [])
        self.assertEqual(self.ask('HEAD', '/hello').all('Set-Cookie'), [])
        self.assertEqual(self.ask('POST', '/token', f'Cookie: _xsrf={value}', f'X-Xsrftoken: {value}').status, 200)


class Host(Server):
    args = ('host', '--port=0')

    def test_a3_7_prefixed_cookie(self):
        page = self.get('/token')
        value, attributes = cookie_of(page, '__Host-xsrf')
        self.assertEqual(attributes, ['Path=/', 'SameSite=Strict', 'Secure'])
        post = ('POST', '/token', f'X-Xsrftoken: {page.body.decode()}')
        self.assertEqual(self.ask(*post, f'Cookie: __Host-xsrf={value}').status, 200)
        self.assertEqual(self.ask(*post, f'Cookie: _xsrf={value}').status, 403)
        self.assertEqual(self.ask('POST', '/token', f'Cookie: __Host-xsrf={value}',
                                  body=f'_xsrf={page.body.decode()}').status, 200)  # the argument's name stays


# --- Tornado ------------------------------------------------------------------------------


class TokenPage(tornado.web.RequestHandler):
    def get(self):
        self.write(self.xsrf_token)

    def post(self):
        self.write('ok')


logging.getLogger('tornado.general').setLevel(logging.ERROR)


class Tornado:
    """A Tornado application on a thread of its own."""

    def __init__(self, **settings):
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve(settings)))
        self.thread.start()
        self.ready.wait(gale_wire.TIMEOUT)

    async def serve(self, settings):
        app = tornado.web.Application([('/token', TokenPage)], xsrf_cookies=True, log_function=lambda _: None,
                                      **settings)
        sockets = tornado.netutil.bind_sockets(0, '127.0.0.1')
        self.port = sockets[0].getsockname()[1]
        server = tornado.httpserver.HTTPServer(app)
        server.add_sockets(sockets)
        self.loop, self.end = asyncio.get_running_loop(), asyncio.Event()
        self.ready.set()
        await self.end.wait()
        server.stop()
        await server.close_all_connections()

    connect = gale_wire.Program.connect

    def stop(self):
        self.loop.call_soon_threadsafe(self.end.set)
        self.thread.join()


class Exchange(Server):
    """What one has signed or made, the other takes."""
    args = ('token', '--port=0')
    version = 2

    def setUp(self):
        self.tornado = Tornado(xsrf_cookie_version=self.version)
        self.addCleanup(self.tornado.stop)

    def on(self, server, *args, **kwargs):
        own, self.server = self.server, server
        try:
            return self.ask(*args, **kwargs)
        finally:
            self.server = own

    def test_a3_7_xsrf_tokens_both_ways(self):
        for maker, taker in ((self.server, self.tornado), (self.tornado, self.server)):
            page = self.on(maker, 'GET', '/token')
            token, (value, _) = page.body.decode(), cookie_of(page, '_xsrf')
            self.assertEqual('|' in token, self.version == 2)
            good = (f'Cookie: _xsrf={value}', f'X-Xsrftoken: {token}')
            self.assertEqual(self.on(taker, 'POST', '/token', *good).status, 200)
            again = self.on(taker, 'GET', '/token', f'Cookie: _xsrf={value}')
            self.assertEqual(again.all('Set-Cookie'), [])
            for server in (maker, taker):
                r = self.on(server, 'POST', '/token', good[0], body='_xsrf=' + again.body.decode())
                self.assertEqual(r.status, 200)
            other = self.on(maker, 'GET', '/token').body.decode()
            self.assertEqual(self.on(taker, 'POST', '/token', good[0], f'X-Xsrftoken: {other}').status, 403)

    def test_plain_cookies_both_ways(self):
        for value in ('x', 'a=b', 'a,b;"c"\\', '{"k": 1}'.replace(' ', ''), 'é', ''):
            jar = http.cookies.SimpleCookie()
            jar['n'] = value
            self.assertEqual(self.get('/cookies', f'Cookie: n={jar["n"].coded_value}').body.decode(),
                             f'n={value}\n')
            quoted = ''.join(f'%{b:02x}' for b in value.encode())
            sent, _ = cookie_of(self.get(f'/set?value={quoted}'), 'plain')
            taken = tornado.httputil.parse_cookie(f'plain={sent}')['plain']
            self.assertEqual(taken.encode('latin-1'), value.encode())

    def check_from_tornado(self, value, version):
        signed = tornado.web.create_signed_value(SECRET, 's', value, version=version).decode()
        return self.get('/values', f'Cookie: s="{signed}"').body.decode()

    def test_c12_signed_by_tornado(self):
        for value in ('', 'x', 'hello', 'a' * 1000, 'é,;"\\', '1|2|3'):
            self.assertIn(f's={value} e=', self.check_from_tornado(value, 2))
            taken = self.version == 1  # version 1 only where it is allowed
            self.assertEqual(f's={value} e=' in self.check_from_tornado(value, 1), taken, value)

    def test_signed_for_tornado(self):
        for value in ('x', 'hello', 'a' * 1000, 'é'):
            quoted = ''.join(f'%{b:02x}' for b in value.encode())
            sent, _ = cookie_of(self.get(f'/values?value={quoted}'), 's')
            got = tornado.web.decode_signed_value(SECRET, 's', sent.strip('"'), min_version=2)
            self.assertEqual(got, value.encode())
            self.assertIsNone(tornado.web.decode_signed_value('other', 's', sent.strip('"')))


class ExchangeOld(Exchange):
    args = ('v1', '--port=0')
    version = 1


class Rotation(Server):
    args = ('rotated', '--port=0')

    def test_keys_rotate_as_in_tornado(self):
        for key in KEYS:
            signed = tornado.web.create_signed_value(KEYS, 's', 'v', key_version=key).decode()
            self.assertEqual(self.get('/values', f'Cookie: s={signed}').body.decode(), f's=v e=none key={key}')
        unknown = tornado.web.create_signed_value({3: 'third'}, 's', 'v', key_version=3).decode()
        self.assertEqual(self.get('/values', f'Cookie: s={unknown}').body.decode(), 's=none e=none key=3')
        sent, _ = cookie_of(self.get('/values?value=v'), 's')
        sent = sent.strip('"')
        self.assertEqual(tornado.web.decode_signed_value(KEYS, 's', sent), b'v')
        self.assertEqual(tornado.web.get_signature_key_version(sent), 2)
        self.assertIsNone(tornado.web.decode_signed_value({2: 'other'}, 's', sent))


if __name__ == '__main__':
    gale_wire.main()
