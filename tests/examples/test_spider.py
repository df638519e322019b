"""examples/spider against a site of this test's: what it fetches, what it leaves alone, how many at a
time, and that it gives up in time."""
# SPDX-License-Identifier: MIT
import http.server
import os
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

PAGES = {
    '/docs/': '<a href="one.html">1</a> <a class=x href=\'two.html#part\'>2</a> <a href="/other/">no</a>'
              '<a href="mailto:me@here">no</a> <a name="x">no</a> <a href="#top">no</a>'
              '<a href="http://elsewhere.invalid/docs/">no</a>',
    '/docs/one.html': '<a href="/docs/sub/three.html">3</a> <a href="gone.html">404</a> <a href=".">up</a>',
    '/docs/two.html': '<a href="./one.html">1</a> <a href="two.html?a=1&amp;b=2">q</a> <a href="">here</a>',
    '/docs/two.html?a=1&b=2': '<a href="?a=1&amp;b=2">again</a>',
    '/docs/sub/three.html': '<a href="../two.html">2</a><a href="../../other/">no</a> <a href="moved">4</a>',
    '/docs/sub/four.html': '<a href="five.html">5</a>',
    '/docs/sub/five.html': 'the end',
}


class Site(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hold=()):
        self.asked = []
        self.hold = hold
        self.together = threading.Barrier(10)
        self.lock = threading.Lock()
        self.over = threading.Event()
        super().__init__(('127.0.0.1', 0), Page)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        self.url = 'http://127.0.0.1:%d' % self.server_address[1]

    def handle_error(self, request, address):
        pass  # a client that left: the spider gave up

    def close(self):
        self.over.set()
        self.together.abort()
        self.shutdown()
        self.server_close()


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self, status, body='', **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_GET(self):
        with self.server.lock:
            self.server.asked.append(self.path)
        if self.path in self.server.hold:
            self.server.over.wait()
        if self.path == '/docs/sub/moved':
            self.answer(302, Location='four.html')
        elif self.path == '/many/':
            self.answer(200, ''.join(f'<a href="{n}">x</a>' for n in range(30)))
        elif self.path.startswith('/many/'):
            self.server.together.wait(gale_wire.TIMEOUT)  # ten are under way at once
            self.answer(200, '')
        elif self.path in PAGES:
            self.answer(200, PAGES[self.path])
        else:
            self.answer(404, 'no')

    def log_message(self, *args):
        pass


class Spider(unittest.TestCase):
    def site(self, **options):
        site = Site(**options)
        self.addCleanup(site.close)
        return site

    def run_spider(self, *args):
        env = dict(os.environ, GALE_IOLOOP=gale_wire.BACKEND or 'epoll')
        return subprocess.run([gale_wire.PROGRAMS['spider'], *args], capture_output=True, text=True,
                              timeout=gale_wire.TIMEOUT, env=env)

    def test_all_below_the_start_once(self):
        site = self.site()
        done = self.run_spider(site.url + '/docs/')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(site.asked), sorted([*PAGES, '/docs/gone.html', '/docs/sub/moved']))
        self.assertIn('7 fetched, 1 could not be', done.stdout)
        self.assertRegex(done.stdout, 'dead: .*/docs/gone.html: .*404')

    def test_ten_at_a_time(self):
        site = self.site()
        done = self.run_spider(site.url + '/many/')
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn('31 fetched, 0 could not be', done.stdout)

    def test_gives_up_in_time(self):
        site = self.site(hold=['/docs/two.html'])
        done = self.run_spider(site.url + '/docs/', '0.3')
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn('not done after 0.3 seconds', done.stdout)

    def test_says_how_it_is_used(self):
        done = self.run_spider('nonsense')
        self.assertEqual(done.returncode, 2)
        self.assertIn('usage: spider http://', done.stderr)
        for seconds in ('soon', '10x', '-1', ''):
            done = self.run_spider('http://127.0.0.1:1/', seconds)
            self.assertEqual(done.returncode, 2, seconds)
            self.assertIn('usage: spider http://', done.stderr)


if __name__ == '__main__':
    gale_wire.main()
