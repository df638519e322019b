"""webdriver - a headless Chromium, driven through chromedriver by the W3C WebDriver protocol."""
# SPDX-License-Identifier: MIT
import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
SWITCHES = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
            '--disable-background-networking', '--disable-component-update', '--disable-sync',
            '--disable-dev-shm-usage',
            '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1']
TIMEOUT = 60
PATIENCE = 20


class Failure(Exception):
    """What the driver answered instead of a value."""


def is_there():
    return shutil.which('chromedriver') and shutil.which('chromium')


class Browser:
    """One window. Ends its driver and browser with close()."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix='gale-chromium-')
        self.driver = subprocess.Popen(['chromedriver', '--port=0'], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.session = None
        try:
            self.base = f'http://127.0.0.1:{self._port()}'
            options = {'binary': shutil.which('chromium'),
                       'args': SWITCHES + [f'--user-data-dir={self.profile.name}']}
            answer = self._call('POST', '/session', {'capabilities': {'alwaysMatch': {
                'goog:chromeOptions': options, 'timeouts': {'script': 5000}}}})
            self.session = f'/session/{answer["sessionId"]}'
        except BaseException:
            self.close()
            raise

    def _port(self):
        text, until = b'', time.monotonic() + TIMEOUT
        while time.monotonic() < until:
            if not select.select([self.driver.stdout], [], [], 1)[0]:
                continue
            text += os.read(self.driver.stdout.fileno(), 4096)
            match = re.search(rb'started successfully on port (\d+)', text)
            if match:
                return int(match[1])
        raise Failure(f'chromedriver did not start: {text!r}')

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method,
                                         headers={'Content-Type': 'application/json'})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return json.load(answer)['value']
        except urllib.error.HTTPError as error:
            raise Failure(json.load(error)['value']['message']) from None

    def _do(self, method, path, body=None):
        return self._call(method, self.session + path, body)

    def open(self, url):
        self._do('POST', '/url', {'url': url})

    @property
    def url(self):
        return self._do('GET', '/url')

    def find(self, css):
        return self._do('POST', '/element', {'using': 'css selector', 'value': css})[ELEMENT]

    def text(self, css):
        return self._do('GET', f'/element/{self.find(css)}/text')

    def type(self, css, text):
        self._do('POST', f'/element/{self.find(css)}/value', {'text': text})

    def click(self, css):
        self._do('POST', f'/element/{self.find(css)}/click', {})

    def run(self, script, *args):
        """The value of `return ...` in a script of the page."""
        return self._do('POST', '/execute/sync', {'script': script, 'args': list(args)})

    def wait(self, script, what):
        """Until a script's value is true, asked by the page itself. A page that is left takes the
        script along: then the next one is asked."""
        code = ('const done = arguments[arguments.length - 1];'
                'const look = () => { if ((() => {' + script + '})()) done(true);'
                ' else setTimeout(look, 20); }; look();')
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._do('POST', '/execute/async', {'script': code, 'args': []})
                return
            except Failure as failure:
                if time.monotonic() > until:
                    raise AssertionError(f'{what}: {failure}') from None

    def resize(self, width, height):
        """The page's size, also one that no window may have."""
        self._do('POST', '/goog/cdp/execute', {'cmd': 'Emulation.setDeviceMetricsOverride', 'params': {
            'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': False}})

    def cookies(self):
        """Those of the present page's address, by name."""
        return {cookie['name']: cookie for cookie in self._do('GET', '/cookie')}

    def forget_cookies(self):
        """All, of every site."""
        self._do('POST', '/goog/cdp/execute', {'cmd': 'Network.clearBrowserCookies', 'params': {}})

    def new_tab(self):
        """Opens one; its name, and that of the present one. The present one stays."""
        return self._do('POST', '/window/new', {'type': 'tab'})['handle'], self._do('GET', '/window')

    def switch(self, tab):
        self._do('POST', '/window', {'handle': tab})

    def close_tab(self):
        self._do('DELETE', '/window')

    def close(self):
        if self.session:
            try:
                self._do('DELETE', '')
            except (Failure, OSError):
                pass
        self.driver.terminate()
        try:
            self.driver.wait(10)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait()
        self.driver.stdout.close()
        self.profile.cleanup()
