"""gale_oidc - npm's oidc-provider, started for a test, and a user without a browser who logs in there.

scripts/deps-npm installs it; without it (or node) is_there() is false and the tests are skipped.
"""
# SPDX-License-Identifier: MIT
import html
import http.cookiejar
import json
import pathlib
import re
import select
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

PLACE = pathlib.Path(__file__).parent / 'oidc'
TIMEOUT = 60


def is_there():
    return shutil.which('node') and (PLACE / 'node_modules' / 'oidc-provider').is_dir()


class Provider:
    def __init__(self):
        self.process = subprocess.Popen(['node', PLACE / 'provider.mjs'], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            self.issuer = self._line()['issuer']
        except BaseException:
            self.close()
            raise

    def _line(self):
        if not select.select([self.process.stdout], [], [], TIMEOUT)[0]:
            raise AssertionError('the provider says nothing')
        line = self.process.stdout.readline()
        while line.startswith(b'oidc-provider '):    # its warnings
            line = self.process.stdout.readline()
        return json.loads(line)

    def tell(self, **message):
        self.process.stdin.write(json.dumps(message).encode() + b'\n')
        self.process.stdin.flush()
        return self._line()

    def rotate(self):
        """New keys are signed with; the old ones are published still."""
        return self.tell(rotate='keep')['kids']

    def drop_old_keys(self):
        return self.tell(rotate='drop')['kids']

    def close(self):
        """It ends with its stdin."""
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


class User:
    """Goes through the provider's pages and keeps its cookies."""

    def __init__(self, provider, name):
        self.provider, self.name = provider, name
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), _Stay(),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.pages = []    # what it was asked, in order

    def _fetch(self, url, form=None):
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            answer = self.opener.open(url, data, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers, answer.read().decode()

    def visit(self, url, says='yes'):
        """Follows url until the provider sends the browser elsewhere: to where. says 'deny' to the
        last question, or 'yes' to all."""
        form = None
        while url.startswith(self.provider.issuer + '/'):
            status, headers, body = self._fetch(url, form)
            if status in (302, 303):
                url, form = urllib.parse.urljoin(url, headers['Location']), None
                continue
            assert status == 200, (status, url, body)
            action = html.unescape(re.search(r'action="([^"]*)"', body)[1])
            fields = {n: html.unescape(v) for n, v in
                      re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', body)}
            kind = re.search(r'id="([^"]*)"', body)[1]
            self.pages.append(kind)
            url = urllib.parse.urljoin(url, action)
            if kind == 'op.logoutForm':
                form = dict(fields, logout='yes')
            elif kind == 'login':
                form = {'name': self.name, 'answer': 'yes'}
            else:
                form = {'answer': says}
        return url
