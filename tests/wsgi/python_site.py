"""python_site - sites of Flask and Django under wsgi_server, with a client that keeps cookies."""
# SPDX-License-Identifier: MIT
import hashlib
import http.cookiejar
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
import gale_wire  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
BIG = 100 << 20


class Browser:
    """Follows redirects and keeps cookies."""

    def __init__(self, base):
        self.base = base
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def open(self, path, data=None, method=None, **headers):
        """(status, URL it ended at, body)"""
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, answer.url.removeprefix(self.base), answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.url, error.read().decode()

    def post(self, path, **fields):
        return self.open(path, urllib.parse.urlencode(fields).encode())


class Site(unittest.TestCase):
    """A server with one site below /app, plain, and at the root, between wsgiref's validators."""

    path = None    # of its modules
    modules = ()   # application, validated

    @classmethod
    def environment(cls, place):
        return {}

    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory(prefix='gale-wsgi-')
        cls.addClassCleanup(place.cleanup)
        cls.place = pathlib.Path(place.name)
        cls.big = cls.place / 'big file.bin'
        block = hashlib.sha256(b'gale').digest() * 32768
        with open(cls.big, 'wb') as file:
            for _ in range(BIG // len(block)):
                file.write(block)
        with open(cls.big, 'rb') as file:
            cls.sha256 = hashlib.file_digest(file, 'sha256').hexdigest()
        env = {'WSGI_PATH': f'{cls.path}:{HERE}', 'PYTHONMALLOC': 'malloc', 'PYTHONDONTWRITEBYTECODE': '1',
               'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '') + ':detect_leaks=0:quarantine_size_mb=8',
               **cls.environment(place.name)}
        cls.program = gale_wire.Program('wsgi_server', *cls.modules, '--port=0', '--logging=warning', env=env)
        cls.addClassCleanup(cls.ended)
        cls.base = f'http://localhost:{cls.program.port}'

    @classmethod
    def ended(cls):
        status, output = cls.program.stop()
        cls.program.process.stdout.close()
        cls.program.process.stdin.close()
        assert status == 0, output
        assert not re.search('Sanitizer|runtime error|AssertionError', output), output

    def browser(self, prefix='/app'):
        return Browser(self.base + prefix)

    def curl(self, *args):
        return subprocess.run(['curl', '-sS', '--max-time', '60', *args], check=True, capture_output=True).stdout

    def upload_big(self, path):
        """A form with a file, as curl and browsers send it."""
        return self.curl('-F', 'note=caf\xe9', '-F', f'file=@{self.big}', self.base + path).decode()

    def check_download(self, path):
        data = self.curl(self.base + path)
        self.assertEqual(hashlib.sha256(data).hexdigest(), self.sha256)
