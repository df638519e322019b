"""gale_provider - OAuth 2.0 and OpenID providers for tests: strict with clients, wrong on demand.

A Host serves any number of providers on one port of loopback, each under a path of its own:
http://127.0.0.1:PORT/NAME is an issuer. A provider checks all that RFC 6749, 7636, 7009, 9207 and
OpenID Connect want of a client, keeps each request it was sent (.requests) and whatever was wrong
with one (.complaints). Tests set its attributes (see Provider.behave) to make it misbehave. Keys
and tokens are those of python3-cryptography (gale_tokens), which shares nothing with what is tested.
"""
# SPDX-License-Identifier: MIT
import base64
import hashlib
import hmac
import html
import http.server
import json
import re
import secrets
import select
import socket
import socketserver
import ssl
import sys
import tempfile
import threading
import time
import urllib.parse

from gale_tokens import base64url, half_hash, make_certificate, make_token

UNRESERVED = re.compile(r'[A-Za-z0-9._~-]{43,128}')
FORM = 'application/x-www-form-urlencoded'


# --- requests and answers --------------------------------------------------------------

class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        self.path, _, self.query = target.partition('?')
        self.endpoint = None

    def pairs(self, text):
        return urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))

    @property
    def params(self):
        return dict(self.pairs(self.query))

    @property
    def form(self):
        return dict(self.pairs(self.body.decode()))

    def __repr__(self):
        return f'<{self.method} {self.path}?{self.query} {self.body[:300]!r}>'


class Answer:
    """how: None, or 'hang' (nothing ever comes), 'endless' (a body without end), 'cut' (the
    connection ends within the body), 'silent' (it ends without a byte)."""

    def __init__(self, status=200, body=b'', headers=(), how=None):
        self.headers = dict(headers)
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            self.headers.setdefault('Content-Type', 'application/json')
        self.status, self.how = status, how
        self.body = body.encode() if isinstance(body, str) else body


class Refused(Exception):
    """An error of RFC 6749 5.2 (a complaint: the client did what it must not)."""

    def __init__(self, error, text='', status=400, is_complaint=True):
        super().__init__(f'{error}: {text}')
        self.error, self.text, self.status, self.is_complaint = error, text, status, is_complaint


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self):
        request = Request(self.command, self.path, self.headers,
                          self.rfile.read(int(self.headers.get('Content-Length', 0))))
        try:
            self.send(self.server.host.answer(request))
        except (ConnectionError, BrokenPipeError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_HEAD = answer

    def send(self, answer):
        if answer.how in ('hang', 'silent'):
            if answer.how == 'hang':
                select.select([self.connection, self.server.host.ending], [], [], 60)
            self.close_connection = True
            return
        lines = [f'HTTP/1.1 {answer.status} Answer', *(f'{n}: {v}' for n, v in answer.headers.items())]
        if answer.how == 'endless':
            self.endless(lines)
            return
        if answer.how == 'cut':
            lines.append(f'Content-Length: {len(answer.body) + 100}')
            self.close_connection = True
        elif not (answer.status == 204 or 'Content-Length' in answer.headers):
            lines.append(f'Content-Length: {len(answer.body)}')
        self.connection.sendall('\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n' + answer.body)

    def endless(self, lines):
        self.close_connection = True
        piece = b'10000\r\n' + b' ' * 0x10000 + b'\r\n'
        self.connection.sendall('\r\n'.join([*lines, 'Transfer-Encoding: chunked']).encode() + b'\r\n\r\n')
        for _ in range(1024):
            self.server.host.endless_bytes += len(piece)
            self.connection.sendall(piece)


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A client that went away, as one that has seen enough does, is no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Host:
    """Providers by name, on one port of 127.0.0.1."""

    def __init__(self, tls=False):
        self.server = _Server(('127.0.0.1', 0), _Handler)
        self.certificate = None  # the file that says to trust it
        if tls:
            self.certificate = tempfile.NamedTemporaryFile(suffix='.pem')
            self.certificate.write(make_certificate('127.0.0.1'))
            self.certificate.flush()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate.name)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.host = self
        self.port = self.server.server_address[1]
        self.url = f'{"https" if tls else "http"}://127.0.0.1:{self.port}'
        self.providers, self.strays, self.endless_bytes = {}, [], 0
        self.ending, self._end = socket.socketpair()
        # Bound, and never listens: who connects is refused.
        self._gone = socket.socket()
        self._gone.bind(('127.0.0.1', 0))
        self.gone_url = f'http://127.0.0.1:{self._gone.getsockname()[1]}'
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def add(self, kind, name, **how):
        self.providers[name] = kind(self, name, **how)
        return self.providers[name]

    def answer(self, request):
        name, slash, rest = request.path[1:].partition('/')
        provider = self.providers.get(name)
        if not provider:
            self.strays.append(request)
            return Answer(404, 'no such provider')
        return provider.answer(request, slash + rest)

    def complaints(self):
        return [f'{p.name}: {c}' for p in self.providers.values() for c in p.complaints]

    def secrets(self):
        """All that may be in no log."""
        return {s for p in self.providers.values() for s in p.secrets}

    def close(self):
        self._end.close()
        self.server.shutdown()
        self.server.server_close()
        self._gone.close()
        self._thread.join()
        self.ending.close()
        if self.certificate:
            self.certificate.close()


# --- providers -------------------------------------------------------------------------

class Provider:
    """An OAuth 2.0 provider with end points of its own: /authorize /token /userinfo /revoke."""
    ENDPOINTS = {'/authorize': 'authorize', '/token': 'token', '/userinfo': 'userinfo',
                 '/revoke': 'revoke', '/elsewhere': 'elsewhere', '/resource': 'resource'}
    is_openid = False
    auth_methods = ('client_secret_basic', 'client_secret_post')

    def __init__(self, host, name, *, pkce=True, public=False, redirect_uris=(), **more):
        self.host, self.name, self.url, self.pkce = host, name, f'{host.url}/{name}', pkce
        # Characters that must be encoded on their way into the Authorization field.
        self.client_id = f'gale {name}:site/1'
        self.client_secret = None if public else f'{secrets.token_urlsafe(16)}&= %+:/'
        if public:
            self.auth_methods = ('none',)
        self.redirect_uris, self.logout_uris = list(redirect_uris), []
        self.requests, self.complaints, self.secrets = [], [], set()
        self.codes, self.access, self.refresh, self.seen = {}, {}, {}, set()
        self.user = {'id': 1001, 'name': 'Ann Example', 'email': 'ann@example.org'}
        self.__dict__.update(more)
        if self.client_secret:
            self.secrets |= {self.client_secret, urllib.parse.quote_plus(self.client_secret)}
        self.behave()

    def behave(self):
        """Does all as it should from now on; tests change what stands here."""
        self.instead = {}                 # end point: an Answer, or a function of the request for one
        self.edit_answer = lambda p: p    # the pairs of the authorisation response
        self.edit_tokens = lambda t: t    # the JSON of the token end point
        self.edit_user = lambda u: u      # the JSON of userinfo
        self.denial = None                # pairs instead of a code: [('error', …), …]
        self.is_forgetful = False         # takes a code again and again

    def reset(self):
        self.behave()
        self.requests, self.complaints = [], []

    def asked(self, endpoint):
        return [r for r in self.requests if r.endpoint == endpoint]

    def keep_secret(self, text):
        self.secrets.add(text)
        return text

    # What each part of a request must fulfil.

    def need(self, condition, text, error='invalid_request', status=400):
        if not condition:
            raise Refused(error, text, status)

    def once(self, pairs):
        names = [n for n, _ in pairs]
        self.need(len(names) == len(set(names)), f'a parameter twice: {names}')
        return dict(pairs)

    def read_form(self, request):
        self.need(request.method == 'POST', f'method {request.method}')
        self.need(not request.query, 'a query at an end point that takes a form')
        self.need(request.headers.get('Content-Type', '').split(';')[0] == FORM, 'Content-Type of the form')
        self.need('Cookie' not in request.headers, 'a cookie')
        return self.once(request.pairs(request.body.decode('ascii')))

    def authenticate(self, request, form):
        field = request.headers.get('Authorization')
        if field:
            self.need(field.startswith('Basic '), 'Authorization is not Basic')
            who, colon, secret = base64.b64decode(field[6:], validate=True).decode().partition(':')
            self.need(re.fullmatch(r'[\w.~*%+-]+', who + secret), 'client not encoded as a form (RFC 6749 2.3.1)')
            self.need('client_secret' not in form, 'the secret in two places')
            how, who, secret = 'client_secret_basic', *map(urllib.parse.unquote_plus, (who, secret))
            self.need(form.get('client_id', who) == who, 'two clients')
        else:
            how = 'client_secret_post' if 'client_secret' in form else 'none'
            who, secret = form.get('client_id'), form.get('client_secret')
        self.need(how in self.auth_methods, f'client authentication {how}', 'invalid_client', 401)
        self.need(who == self.client_id, f'client {who!r}', 'invalid_client', 401)
        self.need(secret == self.client_secret, 'client secret', 'invalid_client', 401)

    # Answers.

    def answer(self, request, path):
        request.endpoint = self.ENDPOINTS.get(path)
        self.requests.append(request)
        if not request.endpoint:
            self.complaints.append(f'no end point {path!r}')
            return Answer(404, 'no such end point')
        instead = self.instead.get(request.endpoint)
        if callable(instead):
            instead = instead(request)
        if instead is not None:
            return instead
        try:
            return getattr(self, 'at_' + request.endpoint)(request)
        except Refused as refused:
            return self.refuse(request, refused)

    def refuse(self, request, refused):
        if refused.is_complaint:
            self.complaints.append(f'{request.endpoint}: {refused} {request!r}')
        more = {'WWW-Authenticate': 'Basic realm="provider"'} if refused.status == 401 else {}
        return Answer(refused.status, {'error': refused.error, 'error_description': refused.text}, more)

    def check_authorize(self, p):
        self.need(p.get('response_type') == 'code', 'response_type')
        self.need(p.get('client_id') == self.client_id, 'client_id')
        self.need(p.get('redirect_uri') in self.redirect_uris, f"redirect_uri {p.get('redirect_uri')}")
        self.need(len(p.get('state', '')) >= 22, 'state is missing or short')
        self.need(p['state'] not in self.seen, 'a state used before')
        self.seen.add(self.keep_secret(p['state']))
        if self.pkce:
            self.need(p.get('code_challenge_method') == 'S256', 'code_challenge_method')
            self.need(re.fullmatch(r'[\w-]{43}', p.get('code_challenge', '')), 'code_challenge')
            self.need(p['code_challenge'] not in self.seen, 'a challenge used before')
            self.seen.add(p['code_challenge'])
        else:
            self.need('code_challenge' not in p, 'code_challenge where none is known')

    def at_authorize(self, request):
        p = self.once(request.pairs(request.query))
        self.need(request.method == 'GET', 'method')
        self.check_authorize(p)
        code = self.keep_secret(secrets.token_urlsafe(24))
        pairs = self.denial
        if pairs is None:
            pairs = [('code', code)]
            self.codes[code] = {'request': p, 'used': False}
        pairs = self.edit_answer([*pairs, ('state', p['state']), *self.more_answer()])
        if p.get('response_mode') == 'form_post':
            fields = ''.join(f'<input type="hidden" name="{n}" value="{html.escape(v)}">' for n, v in pairs)
            page = f'<form method="post" action="{html.escape(p["redirect_uri"])}">{fields}</form>'
            return Answer(200, page, {'Content-Type': 'text/html'})
        mark = '&' if '?' in p['redirect_uri'] else '?'
        return Answer(302, b'', {'Location': p['redirect_uri'] + mark + urllib.parse.urlencode(pairs)})

    def more_answer(self):
        return []

    def at_token(self, request):
        form = self.read_form(request)
        self.authenticate(request, form)
        grants = {'authorization_code': self.grant_code, 'refresh_token': self.grant_refresh,
                  'client_credentials': self.grant_client}
        grant = grants.get(form.get('grant_type'))
        self.need(grant, 'grant_type', 'unsupported_grant_type')
        tokens = self.edit_tokens(grant(form))
        if isinstance(tokens, Answer):
            return tokens
        return Answer(200, tokens, {'Cache-Control': 'no-store'})

    def check_code(self, form):
        code = self.codes.get(form.get('code'))
        self.need(code, 'no such code', 'invalid_grant')
        if code['used'] and not self.is_forgetful:
            raise Refused('invalid_grant', 'the code was used before', is_complaint=False)
        code['used'] = True
        asked = code['request']
        self.need(form.get('redirect_uri') == asked['redirect_uri'], 'redirect_uri is not the one of before')
        verifier = form.get('code_verifier')
        if self.pkce:
            self.need(verifier and UNRESERVED.fullmatch(verifier), 'code_verifier', 'invalid_grant')
            self.keep_secret(verifier)
            digest = hashlib.sha256(verifier.encode()).digest()
            self.need(base64url(digest) == asked['code_challenge'], 'verifier and challenge', 'invalid_grant')
        else:
            self.need(verifier is None, 'a verifier without a challenge')
        return asked

    def new_tokens(self, asked, *, refresh=True):
        access = self.keep_secret(secrets.token_urlsafe(20))
        self.access[access] = asked
        tokens = {'access_token': access, 'token_type': 'Bearer', 'expires_in': 3600}
        if asked.get('scope'):
            tokens['scope'] = asked['scope']
        if refresh:
            tokens['refresh_token'] = self.keep_secret(secrets.token_urlsafe(21))
            self.refresh[tokens['refresh_token']] = asked
        return tokens

    def grant_code(self, form):
        return self.new_tokens(self.check_code(form))

    def grant_refresh(self, form):
        asked = self.refresh.pop(form.get('refresh_token'), None)
        if asked is None:
            raise Refused('invalid_grant', 'no such refresh token', is_complaint=False)
        return self.new_tokens(asked)

    def grant_client(self, form):
        return self.new_tokens({'scope': form.get('scope')}, refresh=False)

    def bearer(self, request):
        field = request.headers.get('Authorization', '')
        self.need(field.startswith('Bearer '), 'no bearer token', 'invalid_token', 401)
        self.need('access_token' not in request.params, 'the token in the query')
        self.need(field[7:] in self.access, 'no such token', 'invalid_token', 401)
        return field[7:]

    def at_userinfo(self, request):
        self.need(request.method == 'GET', 'method')
        self.bearer(request)
        user = self.edit_user(dict(self.user))
        return user if isinstance(user, Answer) else Answer(200, user)

    def at_resource(self, request):
        self.bearer(request)
        return Answer(200, {'things': 3})

    def at_revoke(self, request):
        form = self.read_form(request)
        self.authenticate(request, form)
        self.need(form.get('token'), 'token')
        self.access.pop(form['token'], None)
        self.refresh.pop(form['token'], None)
        return Answer(200)

    def at_elsewhere(self, request):
        self.complaints.append(f'a redirect was followed: {request!r}')
        return Answer(200, {'access_token': 'stolen', 'token_type': 'Bearer'})

    # Its side of the site's configuration.

    def options(self, **more):
        """gale_auth_options for tests/auth/auth_server.c."""
        o = {'name': self.name, 'client_id': self.client_id, 'redirect_uri': f'/done/{self.name}',
             'authorize_url': self.url + '/authorize', 'token_url': self.url + '/token',
             'userinfo_url': self.url + '/userinfo', 'revoke_url': self.url + '/revoke'}
        if self.client_secret:
            o['client_secret'] = self.client_secret
        if not self.pkce:
            o['pkce'] = -1
        return {n: v for n, v in {**o, **more}.items() if v is not None}


class OpenID(Provider):
    """An OpenID provider; keys are a list of Key, the first signs."""
    ENDPOINTS = {**Provider.ENDPOINTS, '/.well-known/openid-configuration': 'discovery', '/jwks': 'jwks',
                 '/end_session': 'end_session', '/attacker-keys': 'attacker_keys'}
    is_openid = True
    has_iss = True  # RFC 9207
    scopes = 'openid profile email'

    def __init__(self, host, name, *, keys, **more):
        self.keys = self.first_keys = list(keys)
        super().__init__(host, name, **more)
        self.user = {'sub': 'ann-1001', 'name': 'Ann Example', 'given_name': 'Ann', 'family_name': 'Example',
                     'preferred_username': 'ann', 'email': 'ann@example.org', 'email_verified': True,
                     'locale': 'en-GB', 'picture': 'https://example.org/ann.png'}

    def behave(self):
        super().behave()
        self.edit_claims = lambda c: c    # of the ID token
        self.edit_header = lambda h: h
        self.make_id_token = None         # function(header, claims) instead of all that
        self.edit_discovery = lambda d: d
        self.edit_keys = lambda k: k      # the JWK set

    def discovery(self):
        return {'issuer': self.url, 'authorization_endpoint': self.url + '/authorize',
                'token_endpoint': self.url + '/token', 'userinfo_endpoint': self.url + '/userinfo',
                'jwks_uri': self.url + '/jwks', 'end_session_endpoint': self.url + '/end_session',
                'revocation_endpoint': self.url + '/revoke', 'response_types_supported': ['code'],
                'response_modes_supported': ['query', 'form_post'], 'subject_types_supported': ['public'],
                'id_token_signing_alg_values_supported': sorted({k.alg for k in self.keys}),
                'token_endpoint_auth_methods_supported': list(self.auth_methods),
                'code_challenge_methods_supported': ['S256'],
                'authorization_response_iss_parameter_supported': self.has_iss}

    def at_discovery(self, request):
        self.need(request.method == 'GET' and not request.query, 'discovery is a plain GET')
        edited = self.edit_discovery(self.discovery())
        return edited if isinstance(edited, Answer) else Answer(200, edited)

    def at_jwks(self, request):
        self.need(request.method == 'GET', 'method')
        edited = self.edit_keys({'keys': [k.jwk() for k in self.keys]})
        return edited if isinstance(edited, Answer) else Answer(200, edited)

    def at_attacker_keys(self, request):
        self.complaints.append(f'keys that a token names were fetched: {request!r}')
        return Answer(200, {'keys': []})

    def more_answer(self):
        return [('iss', self.url)] if self.has_iss else []

    def check_authorize(self, p):
        super().check_authorize(p)
        self.need('openid' in p.get('scope', '').split(' '), 'scope without openid', 'invalid_scope')
        self.need(len(p.get('nonce', '')) >= 22, 'nonce is missing or short')
        self.need(p['nonce'] not in self.seen, 'a nonce used before, or the state')
        self.seen.add(self.keep_secret(p['nonce']))
        self.need(re.fullmatch(r'\d{1,9}', p.get('max_age', '0')), 'max_age')

    def claims(self, asked, access):
        now = int(time.time())
        claims = {'iss': self.url, 'sub': self.user['sub'], 'aud': self.client_id, 'iat': now,
                  'exp': now + 300, 'auth_time': now - 10}
        if asked.get('nonce'):
            claims['nonce'] = asked['nonce']
        if access:
            claims['at_hash'] = half_hash(self.keys[0].alg, access)
        return claims

    def id_token(self, asked, access=None):
        key = self.keys[0]
        header, claims = {'alg': key.alg, 'typ': 'JWT', 'kid': key.kid}, self.claims(asked, access)
        if self.make_id_token:
            token = self.make_id_token(header, claims)
        else:
            token = make_token(self.edit_header(header), self.edit_claims(claims), key.sign)
        return self.keep_secret(token) if isinstance(token, str) and len(token) > 30 else token

    def grant_code(self, form):
        asked = self.check_code(form)
        tokens = self.new_tokens(asked)
        tokens['id_token'] = self.id_token(asked, tokens['access_token'])
        return tokens

    def grant_refresh(self, form):
        tokens = super().grant_refresh(form)
        tokens['id_token'] = self.id_token({}, tokens['access_token'])
        return tokens

    def at_end_session(self, request):
        p = self.once(request.pairs(request.query))
        self.need(p.get('client_id', self.client_id) == self.client_id, 'client_id')
        if 'id_token_hint' in p:
            self.need(p['id_token_hint'] in self.secrets, 'id_token_hint is none of ours')
        else:
            self.need('client_id' in p, 'neither id_token_hint nor client_id')
        back = p.get('post_logout_redirect_uri')
        self.need(back in self.logout_uris, f'post_logout_redirect_uri {back}')
        more = '?' + urllib.parse.urlencode({'state': p['state']}) if 'state' in p else ''
        return Answer(302, b'', {'Location': back + more})

    def options(self, **more):
        o = {'name': self.name, 'issuer': self.url, 'client_id': self.client_id,
             'client_secret': self.client_secret, 'redirect_uri': f'/done/{self.name}', **more}
        return {n: v for n, v in o.items() if v is not None}


# --- as the documents of services say --------------------------------------------------

class Google(OpenID):
    """developers.google.com/identity/openid-connect: no end_session, no iss in the answer; its ID
    tokens have azp, and much of the user."""
    ENDPOINTS = {'/.well-known/openid-configuration': 'discovery', '/o/oauth2/v2/auth': 'authorize',
                 '/token': 'token', '/oauth2/v3/certs': 'jwks', '/v1/userinfo': 'userinfo',
                 '/revoke': 'revoke'}
    auth_methods = ('client_secret_post', 'client_secret_basic')

    def __init__(self, host, name, **more):
        super().__init__(host, name, **more)
        self.user = {'sub': '110169484474386276334', 'name': 'Ann Example', 'given_name': 'Ann',
                     'family_name': 'Example', 'email': 'ann@example.org', 'email_verified': True,
                     'picture': 'https://lh3.googleusercontent.com/a/ann=s96-c', 'hd': 'example.org'}

    def behave(self):
        super().behave()
        self.has_iss = False

    def discovery(self):
        d = super().discovery()
        del d['end_session_endpoint'], d['authorization_response_iss_parameter_supported']
        d.update({'authorization_endpoint': self.url + '/o/oauth2/v2/auth',
                  'jwks_uri': self.url + '/oauth2/v3/certs', 'userinfo_endpoint': self.url + '/v1/userinfo',
                  'device_authorization_endpoint': self.url + '/device/code',
                  'response_types_supported': ['code', 'token', 'id_token', 'code token', 'none'],
                  'scopes_supported': ['openid', 'email', 'profile'],
                  'code_challenge_methods_supported': ['plain', 'S256']})
        return d

    def claims(self, asked, access):
        claims = super().claims(asked, access)
        del claims['auth_time']
        return {**claims, 'azp': self.client_id, 'hd': 'example.org', 'email': self.user['email'],
                'email_verified': True, 'exp': claims['iat'] + 3599}

    def new_tokens(self, asked, *, refresh=True):
        """A refresh token for those alone who ask for access_type=offline."""
        tokens = super().new_tokens(asked, refresh=asked.get('access_type') == 'offline')
        tokens['scope'] = ' '.join(s if s == 'openid' else f'https://www.googleapis.com/auth/userinfo.{s}'
                                   for s in asked.get('scope', '').split())
        return tokens


class GitHub(Provider):
    """docs.github.com: authorizing OAuth apps; the token end point answers a form, errors too with
    status 200, unless JSON is asked for; the API wants a User-Agent."""
    ENDPOINTS = {'/login/oauth/authorize': 'authorize', '/login/oauth/access_token': 'token',
                 '/user': 'userinfo', '/user/emails': 'emails'}
    auth_methods = ('client_secret_post',)

    def __init__(self, host, name, **more):
        super().__init__(host, name, **more)
        self.user = {'login': 'octocat', 'id': 583231, 'node_id': 'MDQ6VXNlcjU4MzIzMQ==', 'type': 'User',
                     'avatar_url': 'https://github.com/images/error/octocat_happy.gif', 'gravatar_id': '',
                     'html_url': 'https://github.com/octocat', 'site_admin': False,
                     'name': 'monalisa octocat', 'company': None, 'email': None}
        self.emails = [{'email': 'old@example.org', 'verified': True, 'primary': False, 'visibility': None},
                       {'email': 'octocat@github.com', 'verified': True, 'primary': True,
                        'visibility': 'public'}]

    def at_token(self, request):
        form = self.read_form(request)
        is_json = 'application/json' in request.headers.get('Accept', '')
        try:
            self.authenticate(request, form)
            self.need(form.get('grant_type', 'authorization_code') == 'authorization_code', 'grant_type')
            asked = self.check_code(form)
            scope = ','.join(asked.get('scope', '').split())
            answer = {'access_token': self.new_tokens(asked, refresh=False)['access_token'], 'scope': scope,
                      'token_type': 'bearer'}
        except Refused as refused:
            if refused.is_complaint:
                self.complaints.append(f'token: {refused} {request!r}')
            answer = {'error': 'bad_verification_code',
                      'error_description': 'The code passed is incorrect or expired.',
                      'error_uri': 'https://docs.github.com/apps/troubleshooting'}
        answer = self.edit_tokens(answer)
        if isinstance(answer, Answer):
            return answer
        if is_json:
            return Answer(200, answer, {'Content-Type': 'application/json; charset=utf-8'})
        return Answer(200, urllib.parse.urlencode(answer), {'Content-Type': FORM + '; charset=utf-8'})

    def check_api(self, request):
        self.need(request.headers.get('User-Agent'), 'no User-Agent', 'forbidden', 403)
        self.need('json' in request.headers.get('Accept', ''), 'Accept')
        return self.access[self.bearer(request)]

    def at_userinfo(self, request):
        self.check_api(request)
        return super().at_userinfo(request)

    def at_emails(self, request):
        asked = self.check_api(request)
        if not {'user', 'user:email'} & set(asked.get('scope', '').split()):
            return Answer(404, {'message': 'Not Found', 'documentation_url': 'https://docs.github.com/rest'})
        return Answer(200, self.emails)

    def options(self, **more):
        o = {'service': 'github', 'client_id': self.client_id, 'client_secret': self.client_secret,
             'redirect_uri': f'/done/{self.name}', 'authorize_url': self.url + '/login/oauth/authorize',
             'token_url': self.url + '/login/oauth/access_token', 'userinfo_url': self.url + '/user',
             'emails_url': self.url + '/user/emails'}
        return {**o, **more}


class Facebook(Provider):
    """developers.facebook.com: the manual login flow, Graph API with fields and appsecret_proof."""
    ENDPOINTS = {'/v19.0/dialog/oauth': 'authorize', '/v19.0/oauth/access_token': 'token',
                 '/v19.0/me': 'userinfo'}
    auth_methods = ('client_secret_post',)

    def __init__(self, host, name, **more):
        super().__init__(host, name, **more)
        self.user = {'id': '10158000000000001', 'name': 'Ann Example', 'first_name': 'Ann',
                     'last_name': 'Example', 'email': 'ann@example.org', 'link': 'https://facebook.com/ann',
                     'picture': {'data': {'height': 50, 'is_silhouette': False, 'width': 50,
                                          'url': 'https://platform-lookaside.fbsbx.com/ann'}}}

    def refuse(self, request, refused):
        if refused.is_complaint:
            self.complaints.append(f'{request.endpoint}: {refused} {request!r}')
        return Answer(400, {'error': {'message': refused.text, 'type': 'OAuthException', 'code': 100,
                                      'fbtrace_id': 'AbCdEf'}})

    def at_token(self, request):
        form = self.once(request.pairs(request.query)) if request.method == 'GET' else self.read_form(request)
        self.authenticate(request, form)
        access = self.new_tokens(self.check_code(form), refresh=False)['access_token']
        tokens = self.edit_tokens({'access_token': access, 'token_type': 'bearer', 'expires_in': 5183944})
        return tokens if isinstance(tokens, Answer) else Answer(200, tokens)

    def at_userinfo(self, request):
        p = self.once(request.pairs(request.query))
        token = p['access_token'] if 'access_token' in p else self.bearer(request)
        self.need(token in self.access, 'no such token')
        proof = hmac.new(self.client_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        self.need(p.get('appsecret_proof') == proof, 'appsecret_proof')
        self.keep_secret(proof)
        fields = p.get('fields', 'id,name').split(',')
        return Answer(200, self.edit_user({n: v for n, v in self.user.items() if n in [*fields, 'id']}))

    def options(self, **more):
        o = {'service': 'facebook', 'client_id': self.client_id, 'client_secret': self.client_secret,
             'redirect_uri': f'/done/{self.name}', 'authorize_url': self.url + '/v19.0/dialog/oauth',
             'token_url': self.url + '/v19.0/oauth/access_token', 'userinfo_url': self.url + '/v19.0/me'}
        return {**o, **more}
