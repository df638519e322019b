"""examples/httpbin against the original, Debian's python3-httpbin: the same requests to both.

Compared are the status, the headers that matter and the body, JSON as values. What differs on purpose
is in DIFFERENCES, each with its reason.
"""
# SPDX-License-Identifier: MIT
import base64
import gzip
import http.client
import http.server
import json
import os
import re
import socketserver
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse
import warnings
import wsgiref.simple_server
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

warnings.simplefilter('ignore')
try:
    import httpbin
except ImportError:
    httpbin = None

# Headers that have to be the same, in both or in none.
COMPARED = ('Location', 'ETag', 'Cache-Control', 'WWW-Authenticate', 'Proxy-Authenticate', 'Content-Range',
            'Accept-Ranges', 'Content-Encoding', 'X-More-Info', 'Access-Control-Allow-Origin',
            'Access-Control-Allow-Credentials', 'Access-Control-Allow-Methods', 'Access-Control-Max-Age',
            'Access-Control-Allow-Headers')

DIFFERENCES = {
    'charset': 'JSON has no charset parameter there; names of charsets are written in other case',
    'own page': 'texts and pictures are our own, not copies',
    'length': 'the original is pretty-printed, so Content-Length, which the body tells, is another',
    'quotes': 'the original sends entity tags without the quotes that RFC 9110 wants',
    'IRI': 'the original shows the URL decoded',
    'random': 'the original takes its bytes of Python\'s own generator',
    'redirect page': 'redirects and error pages of werkzeug have a text for people',
    'assertion': 'the original fails with 500 where the request is at fault; here that is 400 or 404',
    'hop by hop': 'wsgiref refuses to send Proxy-Authenticate',
    'unsendable': 'codes, cookies and header fields that no client could read are sent there; here 400',
    'framing': 'Content-Length and Transfer-Encoding of the query would break the answer: 400',
    'second type': 'Content-Type of the query is a second field there; an answer has one',
    'UTF-8': 'text that is not UTF-8 is shown as U+FFFD there; here 400. NUL is shown as a blank, '
             'as are control characters',
    'form': 'malformed forms and coded ones are taken as empty, or as not coded, there; here 400',
    'JSON': 'NaN, Infinity, numbers that do not fit, lone surrogates and NUL are no JSON here: null',
    'slashes': '// in a path is made / by werkzeug, with a redirect; here it is another path',
    'any method': 'routes with TRACE answer it and any other method here, those without neither',
    'names': 'names in the query of /drip and /redirect-to are taken in any case there',
    'lstrip': 'the original strips letters of the token, not a scheme',
    'proxy': 'X-Forwarded-Proto and the like are believed of anybody there; here of trusted proxies',
    'cookies': 'of two cookies of a name the last counts, as in browsers; a quoted value may hold no ";"',
    'redirect text': 'Location has UTF-8 percent-encoded once; werkzeug under WSGI does it twice',
    'header bytes': 'UTF-8 in a header field is shown as such; WSGI takes it for ISO 8859-1',
    'cookie text': 'blanks in a value are escaped, an empty value is "", deletion is a date a year ago',
    'range end': 'a last position beyond any number means the end (RFC 9110); the original says 416',
    'base64': 'what is no base64 is a 400; there it is read without what does not fit, or a 500',
    'ETag': 'If-Match compares strongly, and an unquoted tag is none (RFC 9110)',
}

# Rules of the original that are not here.
LEFT_OUT = {
    '/static/<path:filename>': 'Flask\'s own',
    '/digest-auth/<qop>/<user>/<passwd>': 'Digest is of the past',
    '/digest-auth/<qop>/<user>/<passwd>/<algorithm>': 'the same',
    '/digest-auth/<qop>/<user>/<passwd>/<algorithm>/<stale_after>': 'the same',
    '/encoding/utf8': 'a page of somebody else\'s',
    '/links/<int:n>': 'pages for crawlers',
    '/links/<int:n>/<int:offset>': 'the same',
}


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    """Without wsgiref's habit to invent a Content-Type."""

    def get_environ(self):
        environ = super().get_environ()
        if self.headers.get('Content-Type') is None:
            del environ['CONTENT_TYPE']
        return environ

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Answer:
    def __init__(self, port, method, path, headers, body):
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=gale_wire.TIMEOUT)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in (('Host', 'httpbin.test'), *headers):
            connection.putheader(name, value)
        if body is not None:
            connection.putheader('Content-Length', str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        connection.close()

    @property
    def type(self):
        return self.headers.get_content_type() if self.headers.get('Content-Type') else None

    def value(self):
        data = self.body
        if not data:
            return data
        coding = self.headers.get('Content-Encoding')
        if coding == 'gzip':
            data = gzip.decompress(data)
        elif coding == 'deflate':
            data = zlib.decompress(data)
        elif coding == 'br':
            data = subprocess.run(['brotli', '-dc'], input=data, stdout=subprocess.PIPE, check=True).stdout
        if self.type == 'application/json':
            lines = data.decode().strip().split('\n')
            try:
                values = [json.loads(line) for line in lines]
            except ValueError:
                values = [json.loads(data)]
            for value in values:
                if isinstance(value, dict) and 'url' in value:
                    value['url'] = urllib.parse.unquote(value['url'])  # IRI
            return values
        return data


@unittest.skipUnless(httpbin, 'no python3-httpbin')
class Httpbin(gale_wire.TestCase):
    program = 'httpbin'
    args = ('--port=0', '--address=127.0.0.1')

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        httpbin.app.logger.disabled = True
        cls.original = wsgiref.simple_server.make_server('127.0.0.1', 0, httpbin.app, Server, Handler)
        cls.thread = threading.Thread(target=cls.original.serve_forever, daemon=True)
        cls.thread.start()

    @classmethod
    def tearDownClass(cls):
        cls.original.shutdown()
        cls.original.server_close()
        super().tearDownClass()

    def ask(self, path, method='GET', headers=(), body=None):
        """(the original's answer, ours)"""
        return [Answer(port, method, path, headers, body)
                for port in (self.original.server_port, self.server.port)]

    def same(self, path, method='GET', headers=(), body=None, but=()):
        """Both answer alike; but: names of DIFFERENCES."""
        self.assertLessEqual(set(but), set(DIFFERENCES))
        with self.subTest(method=method, path=path, headers=headers):
            theirs, ours = self.ask(path, method, headers, body)
            self.assertEqual(ours.status, theirs.status, ours.body)
            for name in COMPARED:
                if name == 'ETag' and theirs.headers[name]:
                    self.assertRegex(ours.headers[name], '^"[^"]*"$')
                    if 'random' not in but:
                        self.assertEqual(ours.headers[name].strip('"'), theirs.headers[name])
                else:
                    self.assertEqual(ours.headers.get_all(name), theirs.headers.get_all(name), name)
            if not {'own page', 'redirect page', 'random', 'length'} & set(but):
                if theirs.body or ours.body:
                    self.assertEqual(ours.type, theirs.type)
                self.assertEqual(ours.value(), theirs.value())
            elif 'redirect page' not in but and theirs.type:
                self.assertEqual(ours.type, theirs.type)
            return theirs, ours

    def test_every_rule_of_the_original_is_here_or_has_a_reason(self):
        rules = {rule.rule for rule in httpbin.app.url_map.iter_rules()}
        self.assertLessEqual(set(LEFT_OUT), rules)
        for rule in sorted(rules - set(LEFT_OUT)):
            path = re.sub(r'<int:[^>]*>', '1', rule)
            path = path.replace('<codes>', '200').replace('<delay>', '0').replace('<value>', 'YQ==')
            path = re.sub(r'<[^>]*>', 'x', path)
            status = Answer(self.server.port, 'GET', path, (), None).status
            with self.subTest(rule=rule):
                self.assertNotEqual(status, 404 if 'hidden' not in rule else 0)

    def test_the_request_as_json(self):
        self.same('/get')
        self.same('/get?a=1&b=two+words&a=3&%C3%A9=%C3%BC&empty=')
        self.same('/get?show_env=1', headers=(('X-Forwarded-For', '1.2.3.4'), ('Via', '1.1 x')))
        self.same('/get', headers=(('X-Forwarded-For', '1.2.3.4'), ('Via', '1.1 x'), ('Accept', '*/*'),
                                   ('x-CUSTOM-header', 'a "quoted" value'), ('Cookie', 'a=b; c=d')))
        self.same('/headers', headers=(('User-Agent', 'test/1.0'), ('Accept-Language', 'de, en;q=0.5')))
        self.same('/ip')
        self.same('/ip', headers=(('X-Forwarded-For', '9.9.9.9'),))
        self.same('/user-agent', headers=(('User-Agent', 'test/1.0'),))
        self.same('/anything', headers=(('A', 'b'),))
        self.same('/anything/more/of/it?x=y')
        self.same('/get', 'HEAD')

    def test_bodies(self):
        form = 'application/x-www-form-urlencoded'
        for method in ('POST', 'PUT', 'PATCH', 'DELETE'):
            path = f'/{method.lower()}'
            self.same(path, method, (('Content-Type', form),), b'a=1&b=2&a=3&c=%26+%C3%A9')
            self.same(path, method, (('Content-Type', 'application/json'),), b'{"a": [1, 2.5, null, "x"]}')
            self.same(path, method, (('Content-Type', 'application/json'),), b'{"a": [1, 2.5, nul')
            self.same(path, method, (('Content-Type', 'text/plain'),), 'some tëxt\n'.encode())
            self.same(path, method, (('Content-Type', 'application/octet-stream'),), bytes(range(256)))
            self.same(path, method, (('Content-Type', 'text/plain'),), b'')
            self.same('/anything?q=1', method, (('Content-Type', form),), b'x=y')

    def test_uploads(self):
        body = (b'--b\r\nContent-Disposition: form-data; name="field"\r\n\r\nvalue\r\n'
                b'--b\r\nContent-Disposition: form-data; name="text"; filename="a.txt"\r\n'
                b'Content-Type: text/plain\r\n\r\nthe text\r\n'
                b'--b\r\nContent-Disposition: form-data; name="data"; filename="b.bin"\r\n'
                b'Content-Type: application/x-thing\r\n\r\n\xff\0\xfe\r\n--b--\r\n')
        for path in ('/post', '/anything'):
            self.same(path, 'POST', (('Content-Type', 'multipart/form-data; boundary=b'),), body)

    def test_a_large_upload(self):
        content = os.urandom(300000)
        body = (b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n'
                b'Content-Type: application/octet-stream\r\n\r\n' + content + b'\r\n--b--\r\n')
        self.same('/post', 'POST', (('Content-Type', 'multipart/form-data; boundary=b'),), body)

    def test_methods(self):
        for path, method in (('/get', 'POST'), ('/post', 'GET'), ('/put', 'DELETE'), ('/ip', 'POST')):
            theirs, ours = self.same(path, method, body=b'', but=('redirect page',))
            self.assertEqual(set(ours.headers['Allow'].split(', ')) - {'OPTIONS', 'HEAD'},
                             set(theirs.headers['Allow'].split(', ')) - {'OPTIONS', 'HEAD'})
        self.same('/nowhere', but=('redirect page',))
        self.same('/nowhere', 'POST', body=b'', but=('redirect page',))

    def test_cors(self):
        self.same('/get', headers=(('Origin', 'http://example.com'),))
        for path in ('/get', '/post', '/anything'):
            theirs, ours = self.ask(path, 'OPTIONS', (('Origin', 'http://example.com'),
                                                      ('Access-Control-Request-Headers', 'X-A, X-B')))
            self.assertEqual((theirs.status, ours.status), (200, 204))  # 204: there is no body
            for name in COMPARED:
                self.assertEqual(ours.headers[name], theirs.headers[name], name)

    def test_statuses(self):
        for status in (200, 201, 202, 204, 206, 300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 403, 404,
                       405, 406, 408, 410, 411, 412, 416, 422, 429, 451, 500, 501, 502, 503, 504):
            self.same(f'/status/{status}')
        ours = Answer(self.server.port, 'GET', '/status/407', (), None)  # hop by hop
        self.assertEqual(ours.headers['Proxy-Authenticate'], 'Basic realm="Fake Realm"')
        self.same('/status/402', but=('own page',))
        self.same('/status/418', but=('own page',))
        for method in ('POST', 'PUT', 'PATCH', 'DELETE'):
            self.same('/status/202', method, body=b'')
        for codes in ('nonsense', '200,nonsense', '200:x,300'):
            self.same(f'/status/{codes}')
        for _ in range(5):
            for answer in self.ask('/status/201,404:2.5,500:0'):
                self.assertIn(answer.status, (201, 404))

    def test_redirects(self):
        for path in ('/redirect/1', '/redirect/2', '/redirect/5', '/redirect/3?absolute=true',
                     '/redirect/1?absolute=true', '/relative-redirect/1', '/relative-redirect/4',
                     '/absolute-redirect/1', '/absolute-redirect/3',
                     '/redirect-to?url=http://example.com/', '/redirect-to?url=/get%3Fa=b',
                     '/redirect-to?url=https://example.com/%23part&status_code=307',
                     '/redirect-to?url=x&status_code=200', '/redirect-to?url=%2Fa%2Fb&status_code=301'):
            self.same(path, but=('redirect page',))
        for method in ('POST', 'PUT', 'PATCH', 'DELETE'):
            self.same('/redirect-to?url=/get', method, body=b'', but=('redirect page',))
        for path in ('/redirect/0', '/relative-redirect/0', '/absolute-redirect/0'):
            self.assertIn(Answer(self.server.port, 'GET', path, (), None).status, (400, 404))

    def test_cookies(self):
        self.same('/cookies')
        self.same('/cookies', headers=(('Cookie', 'a=1; b="two words"; c=x=y'),))
        for path in ('/cookies/set?a=1&b=2', '/cookies/set/name/value', '/cookies/set'):
            theirs, ours = self.same(path, but=('redirect page',))
            self.assertEqual(sorted(ours.headers.get_all('Set-Cookie', [])),
                             sorted(theirs.headers.get_all('Set-Cookie', [])))
        theirs, ours = self.same('/cookies/delete?a&b', but=('redirect page',))
        for answer in (theirs, ours):  # the day long ago is each one's own
            cookies = sorted(re.sub(r'expires=[^;]*', 'expires=e', c.lower().replace('"', ''))
                             for c in answer.headers.get_all('Set-Cookie'))
            self.assertEqual([sorted(set(c.split('; ')) - {'max-age=0'}) for c in cookies],
                             [[f'{n}=', 'expires=e', 'path=/'] for n in 'ab'])

    def test_authentication(self):
        def basic(text):
            return (('Authorization', 'Basic ' + base64.b64encode(text.encode()).decode()),)
        for kind in ('basic-auth', 'hidden-basic-auth'):
            for headers in ((), basic('user:pass word'), basic('user:wrong'), basic('user'), basic(''),
                            (('Authorization', 'Basic !'),), (('Authorization', 'Bearer x'),)):
                self.same(f'/{kind}/user/pass%20word', headers=headers)
        self.same('/bearer')
        self.same('/bearer', headers=(('Authorization', 'Bearer 0123456789'),))

    def test_wrong_credentials(self):
        def refused(path, credentials):
            for kind, status in (('basic-auth', 401), ('hidden-basic-auth', 404)):
                headers = (('Authorization', 'Basic ' + base64.b64encode(credentials).decode()),)
                for answer in self.ask(f'/{kind}/{path}', headers=headers):
                    self.assertEqual(answer.status, status, credentials)
        for credentials in (b'u:p\0junk', b'u:p\0', b'u\0:p', b'\0u:p', b'u:p:q', b'u:', b':p', b'up',
                            b'u:pp'):
            refused('u/p', credentials)
        refused('u%3Ap/q', b'u:p:q')  # the user ends at the first colon
        for path, credentials in (('u/p%3Aq', b'u:p:q'), ('%C3%A9/p', 'é:p'.encode())):
            for blanks in (' ', '  '):
                self.same(f'/basic-auth/{path}', headers=(
                    ('Authorization', f'Basic{blanks}' + base64.b64encode(credentials).decode()),))

    def test_bearer_tokens(self):
        for field in ('Bearer', 'Bearer ', 'Bearer  x', 'Bearer x y', 'bearer x', 'token'):
            self.same('/bearer', headers=(('Authorization', field),))
        self.assertEqual(self.ours('/bearer', (('Authorization', 'Basic x'),)).value()[0]['token'], 'Basic x')

    def ours(self, path, headers=(), method='GET', body=None):
        return Answer(self.server.port, method, path, headers, body)

    def test_query_alone_counts(self):
        form = (('Content-Type', 'application/x-www-form-urlencoded'),)
        theirs, ours = self.same('/response-headers?a=1', 'POST', form, b'b=2', but=('length',))
        for answer in (theirs, ours):
            self.assertEqual((answer.headers['a'], answer.headers['b']), ('1', None))
            self.assertNotIn('b', answer.value()[0])
        for path in ('/cookies/set?a=1', '/cookies/delete?a=1'):
            for answer in self.same(path, 'GET', form, b'b=2', but=('redirect page',)):
                self.assertEqual([c[:2] for c in answer.headers.get_all('Set-Cookie')], ['a='])

    def test_arguments_as_they_came(self):
        for query in ('a=+%20', 'a=+x+&a=%0A&a', 'a=%0d%0a', '=x', '%zz=%z', 'a&a=', '%20a%20=1'):
            self.same(f'/get?{query}')
            for kind in ('application/x-www-form-urlencoded', 'APPLICATION/X-WWW-FORM-URLENCODED ; x=y'):
                self.same('/post', 'POST', (('Content-Type', kind),), query.encode())
        self.same('/post', 'POST', (('Content-Type', 'application/x-www-form-urlencodedX'),), b'a=1')
        self.same('/post', 'POST', (('Content-Type', 'multipart/form-data; boundary=b'),),
                  b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n z \r\n--b--\r\n')
        self.assertEqual(self.ours('/get?a=%ff').status, 400)  # UTF-8

    def test_header_fields_as_they_came(self):
        latin = '\xe9'  # http.client sends ISO 8859-1
        self.same('/get', headers=(('X-A', '1'), ('X-B', ''), ('X-A', '2'), ('x-a', '3')))
        self.same('/headers', headers=(('X-A', latin),))
        self.same('/ip', headers=(('X-Forwarded-For', latin),))
        self.same('/user-agent')
        self.same('/user-agent', headers=(('User-Agent', latin),))
        self.same('/bearer', headers=(('Authorization', f'Bearer {latin}'),))
        for path in ('/cookies', '/cookies?show_env=1'):
            self.same(path, headers=(('Cookie', '_gauges_unique=2; x=1; __utma=3'),))

    def test_what_cannot_be_sent_is_the_requests_fault(self):
        for path in ('/cookies/set?a%20b=1', '/cookies/set?=x', '/cookies/set?a=%0d%0aB:c',
                     '/cookies/set?b%3B=2&a=1', '/cookies/delete?a%20b', '/cookies/delete?=',
                     '/cookies/set/a/%0d%0a',
                     '/cookies/set/a%20b/c',
                     '/response-headers?a%20b=c', '/response-headers?=1', '/response-headers?X=%0d%0aY:z',
                     '/response-headers?a:=1', '/response-headers?Content-Length=3',
                     '/response-headers?transfer-encoding=chunked', '/etag/a%22b', '/etag/%0d%0aX:y'):
            with self.subTest(path=path):
                ours = self.ours(path)
                self.assertEqual(ours.status, 400, ours.body)
                self.assertIsNone(ours.headers['Set-Cookie'])
        for answer in self.ask('/cookies/set?a=1&b=2&a=3'):
            self.assertEqual(sorted(answer.headers.get_all('Set-Cookie')), ['a=1; Path=/', 'b=2; Path=/'])

    def test_numbers_out_of_range(self):
        for code in ('x', '', '0', '99', '100', '199', '1000', 'nan', '1e30', '-5', '200.5', '9' * 30):
            self.assertEqual(self.ours(f'/drip?numbytes=2&duration=0&code={code}').status, 400, code)
        for code in ('204', '304'):
            for answer in self.ask(f'/drip?numbytes=2&duration=0&code={code}'):
                self.assertEqual((answer.status, answer.body), (int(code), b''))
        for query in ('numbytes=x', 'numbytes=nan', 'numbytes=1.5', 'duration=x', 'duration=nan',
                      'duration=inf', 'duration=0x1', 'delay=x', 'delay=', 'numbytes=-1', 'duration=1e999'):
            self.assertEqual(self.ours(f'/drip?duration=0&{query}').status, 400, query)
        for path in ('/range/5?duration=x', '/range/5?chunk_size=x', '/stream-bytes/3?chunk_size=nan',
                     '/bytes/3?seed=x', '/bytes/3?seed=', '/redirect-to?url=/x&status_code=abc', '/delay/nan',
                     '/delay/0x0', '/delay/-1', '/delay/%20'):
            self.assertEqual(self.ours(path).status, 400, path)
        for path in ('/redirect/2147483649', '/redirect/9999999999', '/redirect/2147483649?absolute=true',
                     '/relative-redirect/4294967297', '/absolute-redirect/9223372036854775807',
                     '/cache/00005', '/stream-bytes/0'):
            self.same(path, but=('redirect page', 'random'))
        for kind in ('redirect', 'relative-redirect', 'absolute-redirect'):
            self.assertEqual(self.ours(f'/{kind}/' + '9' * 20).status, 404)

    def test_malformed_statuses(self):
        for codes in ('200,', ',200', '200,,300', '200,300:', '200:0', '200:-1', '200:nan', '200:1', ',', ':',
                      '%20', '200x', '200,300:x'):
            self.same(f'/status/{codes}')
        for codes in ('%20200', '200%20', '200,200:2', '200%20,200'):
            self.same(f'/status/{codes}')
        for codes in ('0', '99', '100', '1000', '-200', '200:1:1,300', '200:nan,300', '200:-1,300'):
            self.assertEqual(self.ours(f'/status/{codes}').status, 400, codes)  # unsendable

    def test_bytes_of_base64(self):
        self.same('/base64/AGE=')
        self.assertEqual(self.ours('/base64/_w==').body, b'\xff')
        for value in ('a', '!!!!', 'YQ', 'YQ==YQ==', 'Y===', '===='):
            self.assertEqual(self.ours(f'/base64/{value}').status, 400, value)

    def test_strict_or_right_where_the_original_is_not(self):
        form, multipart = 'application/x-www-form-urlencoded', 'multipart/form-data'
        for kind, body, extra in ((form, b'a=%E9', ()), (form, b'\xff=1', ()), (multipart, b'a=1', ()),
                                  (multipart + '; boundary=b', b'garbage', ()),
                                  (form, b'a=1', (('Content-Encoding', 'gzip'),))):  # UTF-8, form
            headers = (('Content-Type', kind), *extra)
            self.assertEqual(self.ours('/post', headers, 'POST', body).status, 400)
        for body in (b'NaN', b'1e999', b'9' * 30, b'"\\ud800"', b'"\\u0000"'):  # JSON
            ours = self.ours('/post', (('Content-Type', 'application/json'),), 'POST', body).value()[0]
            self.assertEqual((ours['json'], ours['data']), (None, body.decode()))
        self.assertEqual(self.ours('/cookies', (('Cookie', 'a=b; a=c'),)).value()[0]['cookies'], {'a': 'c'})
        url = self.ours('/get', (('X-Forwarded-Proto', 'https'),)).value()[0]['url']
        self.assertEqual(url, 'http://httpbin.test/get')  # proxy
        self.assertEqual(self.ours('/redirect-to?url=%C3%A9').headers['Location'], '%C3%A9')
        self.assertEqual(self.ours('/range/100', (('Range', 'bytes=0-' + '9' * 20),)).status, 200)
        for tags, status in (('W/"tag"', 412), ('tag', 412), ('"tag"', 200)):
            self.assertEqual(self.ours('/etag/tag', (('If-Match', tags),)).status, status, tags)
        self.assertEqual(self.ours('/response-headers?Content-Type=a/b').headers.get_all('Content-Type'),
                         ['application/json'])

    def test_trace(self):
        for path in ('/anything?a=1', '/status/201', '/redirect-to?url=/x'):
            self.same(path, 'TRACE', but=('redirect page',) if 'redirect' in path else ())
        self.same('/get', 'TRACE', but=('redirect page',))

    def test_encodings(self):
        for path in ('/gzip', '/deflate', '/brotli'):
            self.same(path)
            self.same(path, headers=(('Accept-Encoding', 'identity'),))

    def test_caching(self):
        for headers in ((), (('If-None-Match', 'x'),), (('If-None-Match', '"tag"'),),
                        (('If-None-Match', 'W/"tag", "y"'),), (('If-None-Match', '*'),),
                        (('If-Match', '"tag"'),), (('If-Match', 'x, "y"'),), (('If-Match', '*'),)):
            if headers and headers[0] == ('If-Match', 'x, "y"'):
                self.same('/etag/tag', headers=headers, but=('redirect page',))
            else:
                self.same('/etag/tag', headers=headers)
        theirs, ours = self.same('/cache', but=('random',))
        self.assertTrue(ours.headers['ETag'] and ours.headers['Last-Modified'])
        self.assertEqual(ours.value(), theirs.value())
        self.same('/cache', headers=(('If-None-Match', 'x'),))
        self.same('/cache', headers=(('If-Modified-Since', 'x'),))
        self.same('/cache/60')

    def test_response_headers(self):
        for method in ('GET', 'POST'):
            theirs, ours = self.same('/response-headers?X-One=1&X-Two=a+b&X-One=2', method,
                                     body=None if method == 'GET' else b'', but=('length',))
            values = [a.value()[0] for a in (theirs, ours)]
            for answer, value in zip((theirs, ours), values):
                self.assertEqual(value.pop('Content-Length'), str(len(answer.body)))
                self.assertEqual(answer.headers.get_all('X-One'), ['1', '2'])
                self.assertEqual(answer.headers['X-Two'], 'a b')
            self.assertEqual(values[1], values[0])

    def test_streams(self):
        for n in (0, 1, 3, 100, 200):
            self.same(f'/stream/{n}?a=b')
        for path in ('/bytes/0', '/bytes/1000', '/bytes/200000', '/stream-bytes/30000', '/stream-bytes/5'):
            theirs, ours = self.same(path, but=('random',))
            self.assertEqual(len(ours.body), len(theirs.body))
        for path in ('/bytes/50?seed=7', '/stream-bytes/50?seed=7&chunk_size=9'):
            first, second = self.ask(path)[1], self.ask(path)[1]
            self.assertEqual(first.body, second.body)

    def test_pieces_of_a_stream(self):
        with self.server.connect() as c:
            c.send('GET /stream-bytes/25?chunk_size=10 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
            self.assertEqual([int(n, 16) for n in re.findall(rb'\r\n([0-9a-f]{1,2})\r\n', c.read_all())],
                             [10, 10, 5, 0])

    def test_ranges(self):
        for headers in ((), *((('Range', f'bytes={r}'),) for r in ('0-9', '5-', '-5', '99-99', '0-99',
                                                                  '100-', '200-300'))):
            self.same('/range/100', headers=headers)
        self.same('/range/100?chunk_size=7')
        self.same('/range/0', but=('own page',))
        self.same('/range/102400')

    def test_slow_ones(self):
        for path, least in (('/delay/0.2', 0.18), ('/drip?duration=0.3&numbytes=5', 0.2),
                            ('/drip?duration=0&numbytes=5000&delay=0.2', 0.18),
                            ('/range/50?duration=0.2&chunk_size=10', 0.15)):
            started = time.monotonic()
            self.same(path)
            self.assertGreaterEqual(time.monotonic() - started, 2 * least)
        self.same('/drip?duration=0&numbytes=3&code=503')
        self.same('/drip?numbytes=0')

    def test_many_wait_at_once(self):
        started = time.monotonic()
        connections = [self.server.connect() for _ in range(20)]
        for c in connections:
            c.send('GET /delay/0.5 HTTP/1.1\r\nHost: a\r\n\r\n')
        for c in connections:
            self.assertEqual(c.response().status, 200)
            c.close()
        self.assertLess(time.monotonic() - started, 5)

    def test_pages(self):
        self.same('/robots.txt')
        self.same('/base64/SGVsbG8sIHfDtnJsZA==')
        self.same('/base64/' + urllib.parse.quote('YT8_YT4-'))
        for path in ('/', '/html', '/deny', '/xml', '/forms/post'):
            self.same(path, but=('own page',))
        theirs, ours = self.ask('/forms/post')
        for answer in (theirs, ours):
            self.assertEqual(set(re.findall(rb'name="(\w+)"', answer.body)), {b'firstname', b'lastname'})
            self.assertIn(b'action="/post"', answer.body)
        theirs, ours = self.ask('/uuid')
        for answer in (theirs, ours):
            self.assertRegex(answer.value()[0]['uuid'],
                             r'^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$')
        self.assertEqual(Answer(self.server.port, 'GET', '/json', (), None).type, 'application/json')

    def test_pictures(self):
        magic = {'image/png': b'\x89PNG', 'image/jpeg': b'\xff\xd8\xff', 'image/webp': b'RIFF',
                 'image/svg+xml': b'<svg'}
        for name in ('png', 'jpeg', 'webp', 'svg'):
            _, ours = self.ask(f'/image/{name}')
            theirs = self.ask(f'/image/{name}')[0]
            self.assertEqual((ours.status, ours.type), (200, theirs.type))
            self.assertTrue(ours.body.startswith(magic[ours.type]))
        for accept in (None, 'image/png', 'image/jpeg', 'image/webp', 'image/svg+xml', 'image/*', '*/*',
                       'text/html, IMAGE/JPEG;q=0.1', 'text/html'):
            theirs, ours = self.ask('/image', headers=(('Accept', accept),) if accept else ())
            self.assertEqual((ours.status, ours.type), (theirs.status, theirs.type), accept)
            if ours.status == 406:
                self.assertEqual(ours.value(), theirs.value())

    def test_curl(self):
        def curl(*args):
            return subprocess.run(['curl', '-sS', '--max-time', '20', *args], stdout=subprocess.PIPE,
                                  check=True).stdout.decode()
        base = f'http://127.0.0.1:{self.server.port}'
        self.assertEqual(json.loads(curl('-L', f'{base}/redirect/5'))['url'], f'{base}/get')
        self.assertEqual(json.loads(curl('--compressed', f'{base}/gzip'))['gzipped'], True)
        self.assertEqual(json.loads(curl('--compressed', f'{base}/brotli'))['brotli'], True)
        self.assertEqual(json.loads(curl('-u', 'me:secret', f'{base}/basic-auth/me/secret'))['user'], 'me')
        self.assertEqual(json.loads(curl('-L', '-b', '', f'{base}/cookies/set?k=v'))['cookies'], {'k': 'v'})
        self.assertEqual(json.loads(curl('-F', 'f=@-;filename=x', '-F', 'a=b', f'{base}/post'))['form'],
                         {'a': 'b'})
        self.assertEqual(curl('-r', '3-5', f'{base}/range/26'), 'def')


if __name__ == '__main__':
    gale_wire.main()
