"""gale_browser - a browser's side of a login: keeps cookies by RFC 6265, goes where it is sent.

Browser(server, ...) speaks to a gale_wire.Program, and by visit() to a provider. It keeps and sends
cookies as browsers do: paths, Max-Age, Secure, and SameSite for what comes from another site.
"""
# SPDX-License-Identifier: MIT
import html
import http.client
import json
import re
import ssl
import time
import urllib.parse

FORM = 'application/x-www-form-urlencoded'


class Cookie:
    def __init__(self, field, default_path):
        pair, *attributes = re.split(r'; ?', field)
        self.field, (self.name, self.value) = field, pair.split('=', 1)
        self.attributes = {}
        for a in attributes:
            name, _, value = a.partition('=')
            assert name.lower() not in self.attributes, f'{name} twice: {field}'
            self.attributes[name.lower()] = value
        self.path = self.attributes.get('path') or default_path
        self.same_site = self.attributes.get('samesite', 'Lax')
        self.is_secure = 'secure' in self.attributes
        self.is_ended = 'max-age' in self.attributes and int(self.attributes['max-age']) <= 0
        if 'expires' in self.attributes and 'max-age' not in self.attributes:
            when = time.strptime(self.attributes['expires'], '%a, %d %b %Y %H:%M:%S GMT')
            self.is_ended = time.mktime(when) - time.timezone < time.time()
        if self.name.startswith('__Host-'):
            assert self.is_secure and self.path == '/' and 'domain' not in self.attributes, field
        if self.name.startswith('__Secure-'):
            assert self.is_secure, field

    def fits(self, path):
        return path == self.path or (path.startswith(self.path) and
                                     (self.path.endswith('/') or path[len(self.path)] == '/'))

    def __repr__(self):
        return f'<{self.field}>'


class Browser:
    """https: as behind a proxy that says so (X-Forwarded-Proto)."""

    def __init__(self, server, https=False, connection=None):
        self.server, self.https, self.connection = server, https, connection
        self.origin = f'{"https" if https else "http"}://127.0.0.1:{server.port}'
        self.jar = {}

    # Requests to the site.

    def cookies_for(self, path, cross_site, method):
        for c in self.jar.values():
            sent = not c.is_secure or self.https
            if cross_site:
                sent &= c.same_site == 'None' or (c.same_site == 'Lax' and method == 'GET')
            if sent and c.fits(path):
                yield f'{c.name}={c.value}'

    def keep(self, response, path):
        for field in response.all('Set-Cookie'):
            c = Cookie(field, path.rpartition('/')[0] or '/')
            self.jar.pop((c.name, c.path), None)
            if not c.is_ended and (self.https or not c.is_secure):
                self.jar[c.name, c.path] = c

    def ask(self, method, target, body=None, cross_site=False, headers=()):
        path = target.partition('?')[0]
        lines = [f'{method} {target} HTTP/1.1', f'Host: 127.0.0.1:{self.server.port}', *headers]
        cookies = '; '.join(self.cookies_for(path, cross_site, method))
        if cookies:
            lines.append('Cookie: ' + cookies)
        if self.https:
            lines.append('X-Forwarded-Proto: https')
        if body is not None:
            lines += [f'Content-Type: {FORM}', f'Content-Length: {len(body)}']
        data = '\r\n'.join(lines) + '\r\n\r\n' + (body or '')
        if self.connection:
            self.connection.send(data)
            response = self.connection.response()
        else:
            with self.server.connect() as c:
                c.send(data)
                response = c.response()
        self.keep(response, path)
        return response

    def get(self, target, cross_site=False):
        return self.ask('GET', target, cross_site=cross_site)

    def post(self, target, cross_site=False, **form):
        return self.ask('POST', target, urllib.parse.urlencode(form), cross_site)

    # A login, step by step.

    def begin(self, name, query=''):
        """Where the site sends it to log in."""
        answer = self.get(f'/login/{name}{query and "?" + query}')
        assert answer.status in (302, 303), (answer, answer.body)
        return answer['Location']

    def visit(self, url):
        """What the provider sends it back with: the target, or the target and a form's body."""
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        if parts.scheme == 'https':
            context = ssl._create_unverified_context()  # it is the test's own
            connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=20, context=context)
        connection.request('GET', f'{parts.path}?{parts.query}' if parts.query else parts.path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        if answer.status == 200:
            action = html.unescape(re.search(r'action="([^"]*)"', body)[1])
            fields = re.findall(r'name="([^"]*)" value="([^"]*)"', body)
            return self.target(action), urllib.parse.urlencode([(n, html.unescape(v)) for n, v in fields])
        assert answer.status == 302, (answer.status, body)
        return self.target(answer.getheader('Location'))

    def target(self, url):
        assert url.startswith(self.origin + '/'), url
        return url[len(self.origin):]

    def finish(self, back):
        """Brings the provider's answer to the site, as from another site."""
        if isinstance(back, tuple):
            return self.ask('POST', back[0], back[1], cross_site=True)
        return self.get(back, cross_site=True)

    def login(self, name, query=''):
        return self.finish(self.visit(self.begin(name, query)))

    def user(self, name, query=''):
        """A login that must be good."""
        answer = self.login(name, query)
        assert answer.status == 200, (answer, answer.body)
        return json.loads(answer.body)


def with_params(target, *more, **changed):
    """The target with parameters of its query changed (None: left out) or added."""
    path, _, query = target.partition('?')
    pairs = [(n, changed.get(n, v)) for n, v in urllib.parse.parse_qsl(query, keep_blank_values=True)]
    pairs += [(n, v) for n, v in changed.items() if n not in dict(pairs)]
    return path + '?' + urllib.parse.urlencode([(n, v) for n, v in [*pairs, *more] if v is not None])


def param(target, name):
    return dict(urllib.parse.parse_qsl(target.partition('?')[2]))[name]
