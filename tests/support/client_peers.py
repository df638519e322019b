"""client_peers - for tests of the HTTP client: a server that shows what it got, a proxy, a runner."""
# SPDX-License-Identifier: MIT
import base64
import gzip
import hashlib
import http.server
import json
import os
import re
import socket
import socketserver
import ssl
import subprocess
import threading
import urllib.parse
import urllib.request

import gale_wire


class Show(http.server.BaseHTTPRequestHandler):
    """Answers with the request as JSON; some paths do more."""

    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def read_body(self):
        if self.headers.get('Transfer-Encoding') == 'chunked':
            body = b''
            while True:
                size = int(self.rfile.readline(), 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if not size:
                    return body
        return self.rfile.read(int(self.headers.get('Content-Length', 0)))

    def handle_expect_100(self):
        self.server.expected.append(self.path)
        if self.path.startswith('/refuse'):
            self.answer(417, b'', close=True)
            return False
        return super().handle_expect_100()

    def answer(self, status, body, *fields, close=False):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header('Content-Length', str(len(body)))
        if close:
            self.send_header('Connection', 'close')
            self.close_connection = True
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def shown(self, body):
        peer = self.client_address[0] if self.client_address else ''
        return {'method': self.command, 'path': self.path, 'headers': self.headers.items(),
                'body': body.decode('latin-1'), 'peer': peer, 'server': self.server.name,
                'certificate': self.certificate()}

    def certificate(self):
        get = getattr(self.connection, 'getpeercert', None)
        return bool(get and get(True))

    def serve(self):
        early = self.path.startswith('/early') and not self.headers.get('Authorization')
        if early:  # and what is still sent of the body is read
            self.answer(401, b'first', ('WWW-Authenticate', 'Digest realm="r", nonce="n", qop="auth"'),
                        close=True)
            self.connection.shutdown(socket.SHUT_WR)
            while self.connection.recv(65536):
                pass
            return
        body = self.read_body()
        shown = self.shown(body)
        self.server.requests.append(shown)
        path, _, query = self.path.partition('?')
        handler = getattr(self, 'serve_' + path.strip('/').split('/')[0], None)
        if handler and path.count('/') == 1:
            handler(urllib.parse.unquote(query))
        else:
            self.answer(200, json.dumps(shown).encode(), ('Content-Type', 'application/json'))

    def serve_redirect(self, query):
        status, _, target = query.partition(',')
        self.answer(int(status), b'elsewhere', ('Location', target), ('X-Hop', 'first'))

    def serve_cookies(self, query):
        self.answer(200, b'', *(('Set-Cookie', c) for c in query.split('|')))

    def serve_gzip(self, _):
        data = b'plain text' * 100
        if 'gzip' in self.headers.get('Accept-Encoding', ''):
            self.answer(200, gzip.compress(data), ('Content-Encoding', 'gzip'))
        else:
            self.answer(200, data)

    def serve_slow(self, query):
        self.server.stop.wait(float(query))
        self.answer(200, b'slow')

    def serve_large(self, query):
        self.answer(200, b'x' * int(query))

    def serve_head(self, query):
        self.answer(200, b'', ('X-Large', 'x' * int(query)))

    def serve_status(self, query):
        self.answer(int(query), b'status')

    def serve_digest(self, query):
        """query: algorithm,qop,flags"""
        check_digest(self, query, 'WWW-Authenticate', 'Authorization', 401)


for verb in ('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'BREW'):
    setattr(Show, 'do_' + verb, Show.serve)


USER, PASSWORD, REALM = 'Mufasa', 'Circle of "Life"', 'ask\\for'


def parse_digest(field):
    """The parameters of an Authorization: Digest field."""
    pairs = re.findall(r'([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', field.partition(' ')[2])
    return {name: re.sub(r'\\(.)', r'\1', quoted) if not token else token
            for name, quoted, token in pairs}


def digest_response(p, method, body, algorithm):
    """RFC 7616 3.4, written for this test."""
    def h(text):
        data = text if isinstance(text, bytes) else text.encode()
        return getattr(hashlib, 'sha256' if 'SHA-256' in algorithm else 'md5')(data).hexdigest()
    first = h(f'{USER}:{REALM}:{PASSWORD}')
    if algorithm.endswith('-sess'):
        first = h(f'{first}:{p["nonce"]}:{p["cnonce"]}')
    second = f'{method}:{p["uri"]}'
    if p.get('qop') == 'auth-int':
        second += ':' + h(body)
    if 'qop' in p:
        return h(f'{first}:{p["nonce"]}:{p["nc"]}:{p["cnonce"]}:{p["qop"]}:{h(second)}')
    return h(f'{first}:{p["nonce"]}:{h(second)}')


def check_digest(self, query, ask, show, status):
    algorithm, qop, flags = (query.split(',') + ['', ''])[:3]
    qop = qop.replace('+', ', ')
    nonces = self.server.nonces
    nonce = f'nonce{len(nonces)}'
    field = self.headers.get(show, '')
    p = parse_digest(field) if field.startswith('Digest ') else {}
    if p.get('nonce') in nonces[-1:]:
        stale = flags == 'stale' and len(nonces) < 2
        body = self.server.requests[-1]['body'].encode('latin-1')
        good = p['response'] == digest_response(p, self.command, body, algorithm) and \
            p['uri'] == self.path and p['realm'] == REALM and p.get('opaque') == 'o,"p' and \
            (p.get('username') == USER or p.get('userhash') == 'true') and \
            (not qop or p['nc'] == '00000001') and ('qop' in p) == bool(qop)
        if good and not stale:
            self.answer(200, json.dumps(p).encode())
            return True
    else:
        stale = False
    nonces.append(nonce)
    realm = REALM.replace('\\', '\\\\')
    text = f'Digest realm="{realm}", nonce="{nonce}", opaque="o,\\"p", algorithm={algorithm}'
    text += f', qop="{qop}"' if qop else ''
    text += ', stale=TRUE' if stale else ''
    text += ', userhash=true, charset=UTF-8' if flags == 'userhash' else ''
    fields = [(ask, text)]
    if flags == 'several':
        weak = f'Digest realm="{realm}", nonce="weak", algorithm=MD5, qop="auth"'
        fields = [(ask, f'Basic realm="x, y", {weak}, {text}, Negotiate abc==')]
    self.answer(status, b'who?', *fields)
    return False


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """On a thread, on a free port, until the end of the with statement."""

    daemon_threads = True
    address_family = socket.AF_INET

    def __init__(self, handler=Show, name='origin', address=('127.0.0.1', 0), tls=None):
        self.name, self.requests, self.expected, self.nonces = name, [], [], []
        self.stop, self.tls = threading.Event(), tls
        self.connections = 0
        super().__init__(address, handler)

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)

    def get_request(self):
        sock, address = super().get_request()
        self.connections += 1
        sock.settimeout(gale_wire.TIMEOUT)
        return sock, address

    def finish_request(self, request, client_address):
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        pass

    @property
    def port(self):
        return self.server_address[1]

    @property
    def url(self):
        return f'http{"s" if self.tls else ""}://127.0.0.1:{self.port}'

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.shutdown()
        self.thread.join()
        self.server_close()


class UnixServer(Server):
    address_family = socket.AF_UNIX

    def get_request(self):
        sock, _ = self.socket.accept()
        self.connections += 1
        return sock, ('', 0)


class Proxy(Show):
    """An HTTP proxy: absolute form and CONNECT; the server's .auth says what it wants to know."""

    def wants(self):
        auth = self.server.auth
        given = self.headers.get('Proxy-Authorization', '')
        self.server.requests.append({'method': self.command, 'path': self.path,
                                     'headers': self.headers.items(), 'body': ''})
        if not auth:
            return False
        if auth == 'digest':
            self.answer_ok = self.answer
            self.answer = lambda status, body, *fields, **_: \
                None if status == 200 else self.answer_ok(status, body, *fields)
            good = check_digest(self, 'SHA-256,auth', 'Proxy-Authenticate', 'Proxy-Authorization', 407)
            self.answer = self.answer_ok
            return not good
        if given == 'Basic ' + base64.b64encode(auth.encode()).decode():
            return False
        self.answer(407, b'who?', ('Proxy-Authenticate', 'Basic realm="proxy"'),
                    close=self.server.closes)
        return True

    def do_CONNECT(self):
        if self.wants():
            return
        if self.server.refuses:
            self.answer(403, b'no')
            return
        host, _, port = self.path.rpartition(':')
        with socket.create_connection((host, int(port)), gale_wire.TIMEOUT) as other:
            self.wfile.write(b'HTTP/1.1 200 Fine\r\n\r\n' + self.server.injects)
            forth = threading.Thread(target=self.copy, args=(self.connection, other))
            forth.start()
            self.copy(other, self.connection)
            forth.join()
        self.close_connection = True

    @staticmethod
    def copy(source, sink):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve(self):
        body = self.read_body()
        if self.wants():
            return
        fields = [(n, v) for n, v in self.headers.items()
                  if n.lower() not in ('proxy-authorization', 'connection', 'transfer-encoding')]
        request = urllib.request.Request(self.path, body or None, dict(fields), method=self.command)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=gale_wire.TIMEOUT) as response:
            self.answer(response.status, response.read(), ('Via', '1.1 proxy'))


for verb in ('GET', 'HEAD', 'POST', 'PUT', 'DELETE'):
    setattr(Proxy, 'do_' + verb, Proxy.serve)


class ProxyServer(Server):
    def __init__(self, auth=None):
        super().__init__(Proxy, 'proxy')
        self.auth, self.refuses, self.closes, self.injects = auth, False, False, b''


def certificate(directory):
    """A certificate for 127.0.0.1 signed by itself, and its key: one file."""
    path = os.path.join(directory, 'cert.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=test',
                    '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', path,
                    '-out', path + '.crt'], check=True, capture_output=True)
    with open(path, 'a', encoding='ascii') as out, open(path + '.crt', encoding='ascii') as crt:
        out.write(crt.read())
    return path


def tls_server(path, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


class Result(dict):
    @property
    def shown(self):
        return json.loads(self['body'])

    def header(self, name):
        """Of the request that the server showed."""
        return [v for n, v in self.shown['headers'] if n.lower() == name.lower()]


def run(*jobs, client=(), env=None, cwd=None):
    """Fetches one after the other with one client: each job is (url, 'name=value' …)."""
    args = list(client)
    for job in jobs:
        args += (['--'] if job is not jobs[0] else []) + [str(word) for word in job]
    environ = {n: v for n, v in os.environ.items() if not n.lower().endswith('_proxy')}
    environ.update(env or {}, GALE_IOLOOP=gale_wire.BACKEND)
    done = subprocess.run([gale_wire.PROGRAMS['client_options'], *args], env=environ, cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=gale_wire.TIMEOUT * 2, check=False)
    assert done.returncode == 0 and b'Sanitizer' not in done.stderr, done.stderr.decode()
    return [Result(json.loads(line)) for line in done.stdout.splitlines()]


def fetch(url, *words, **kwargs):
    return run((url, *words), **kwargs)[0]
