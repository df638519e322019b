"""What a program tells of requests that fail, crash and block: pages, JSON, text, the log.

SPDX-License-Identifier: MIT
"""
import contextlib
import json
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
import gale_wire  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parent / 'debug_server.c'
LINES = {match[1]: number for number, line in enumerate(SOURCE.read_text().split('\n'), 1)
         if (match := re.search(r'/\* here: (\w+) \*/', line))}
HTML = 'Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n'
JSON = 'Accept: application/json\r\n'
SECRETS = ('Cookie: session=c00kie\r\nAuthorization: Basic c2VjcmV0\r\nX-Auth-Token: t0ken\r\n'
           'X-Plain: to be seen\r\nReferer: http://localhost/in?password=r3ferer&page=2\r\n')


def has_lines():
    """Whether this machine has what files and lines are found with."""
    return any(pathlib.Path(folder).glob('**/libdw.so.1') for folder in ('/usr/lib', '/lib64'))


def at(mark):
    """How a log and a text page name the place."""
    return f'debug_server.c:{LINES[mark]})' if has_lines() else ''


class Pages(gale_wire.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = gale_wire.Program('debug_server', '--port=0', '--logging=error',
                                       env={'DEBUG': '1'})

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def calls(self, path):
        r = self.server.get(path, JSON)
        self.assertEqual(r['Content-Type'], 'application/json; charset=UTF-8')
        return r, json.loads(r.body)

    def assert_call(self, call, function, mark):
        self.assertEqual((call['function'], call['of']), (function, 'program'))
        if has_lines():
            self.assertEqual((pathlib.Path(call['file']), call['line']), (SOURCE, LINES[mark]))

    def test_the_calls_of_a_failure(self):
        r, page = self.calls('/story/7')
        self.assertEqual((r.status, page['error'], page['message']),
                         (500, 'GALE_EPROTO', 'no answer about <story>'))
        own = [call for call in page['calls'] if call['of'] == 'program']
        self.assertEqual([call['function'] for call in own[:2]], ['query', 'load_story'])
        self.assert_call(page['calls'][0], 'query', 'query')
        self.assert_call(page['calls'][1], 'load_story', 'load')
        self.assertEqual(page['calls'][2]['of'], 'framework')
        self.assertIn(['Route', '/story/{id}'], page['request'])
        self.assertIn(['Route name', 'story'], page['request'])
        self.assertIn(['path argument 0', '7'], page['arguments'])

    def test_the_calls_of_other_failures(self):
        own = [call for call in self.calls('/fail')[1]['calls'] if call['of'] == 'program']
        self.assert_call(own[0], 'fail_get', 'fail')
        own = [call for call in self.calls('/child')[1]['calls'] if call['of'] == 'program']
        self.assert_call(own[0], 'query', 'query')
        self.assert_call(own[1], 'child', 'child')
        r, page = self.calls('/send')
        self.assertEqual((r.status, page['error']), (503, None))
        self.assert_call(page['calls'][0], 'send_get', 'send')
        page = self.calls('/raw')[1]
        self.assertEqual((page['error'], page['calls']), ('EIO', []))
        handler = dict(page['request'])['Handler']
        self.assertTrue(handler.startswith('raw_get'), handler)

    def test_the_page_shows_the_source(self):
        r = self.server.get('/story/%3Cb%3E?q=%3Ci%3E', HTML)
        page = r.body.decode()
        self.assertEqual((r.status, r['Content-Type'], r['Cache-Control']),
                         (500, 'text/html; charset=UTF-8', 'no-store'))
        self.assertIn('<h1>500: Internal Server Error</h1>', page)
        self.assertIn('no answer about &lt;story&gt;', page)
        self.assertIn('&lt;i&gt;', page)
        self.assertNotRegex(page, r'<script|src=|href=|https?://')
        if has_lines():
            self.assertIn(f'<span class="here"><i>{LINES["query"]}</i>    int r = gale_err(', page)
            self.assertIn(f'debug_server.c:{LINES["load"]}</span>', page)
            self.assertIn(f'<span><i>{LINES["query"] - 2}</i>static ', page)
        self.assertRegex(page, r'<details class="fold"><summary>\d+ of the framework')

    def test_the_page_as_text(self):
        r = self.server.get('/story/7', 'Accept: */*\r\n')
        page = r.body.decode()
        self.assertEqual(r['Content-Type'], 'text/plain; charset=UTF-8')
        self.assertTrue(page.startswith('500: Internal Server Error\n\n'
                                        'GALE_EPROTO: no answer about <story>\n'))
        self.assertIn('* query (', page)
        self.assertIn(at('query'), page)
        self.assertIn(at('load'), page)
        if has_lines():
            self.assertRegex(page, f'  > +{LINES["query"]} \\|     int r = gale_err')

    def test_secrets_are_not_shown(self):
        for accept in (HTML, JSON, ''):
            with self.server.connect() as c:
                body = 'user=ann&new_password=p4ss&api_key=k3y'
                c.send('POST /story/7?token=t0k3n&page=3 HTTP/1.1\r\nHost: localhost\r\n'
                       f'{accept}{SECRETS}Content-Type: application/x-www-form-urlencoded\r\n'
                       f'Content-Length: {len(body)}\r\n\r\n{body}')
                page = c.response().body.decode()
            for word in ('c00kie', 'c2VjcmV0', 't0ken', 'p4ss', 'k3y', 't0k3n', 'r3ferer'):
                self.assertNotIn(word, page)
            for word in ('to be seen', 'ann', 'new_password', '[hidden]', 'page=3', 'page=2'):
                self.assertIn(word, page)

    def test_lines_of_a_template(self):
        page = self.server.get('/template', HTML).body.decode()
        self.assertIn('is not defined at page.html:2', page)
        self.assertIn('{{ missing }}', page)

    def test_a_404_lists_the_routes(self):
        for path in ('/nope', '/inner/nope'):
            page = self.server.get(path).body.decode()
            self.assertIn('404: Not Found', page)
            self.assertIn('/story/{id}', page)
            self.assertIn('/inner/hello', page)
            self.assertRegex(page, r'/story/\{id\}  load_story as story  \[GET, HEAD, POST')
        page = self.server.get('/nope', HTML).body.decode()
        self.assertIn('<td>/story/{id}</td>', page)
        routes = json.loads(self.server.get('/nope', JSON).body)['routes']
        self.assertIn('/inner/hello', [route['url'] for route in routes])

    def test_write_error_has_its_way(self):
        self.assertEqual(self.server.get('/own', HTML).body, b'mine: 500')


class Crashes(gale_wire.TestCase):
    """Each program crashes once."""

    def crash(self, path, headers='', debug=True):
        server = gale_wire.Program('debug_server', '--port=0', '--logging=error',
                                   env={'DEBUG': '1'} if debug else {})
        try:
            with server.connect() as c:
                c.send(f'GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n')
                answer = c.read_all()
        finally:
            status, log = server.stop()
        self.assertNotEqual(status, 0)
        return answer, log

    def assert_calls(self, text, *calls):
        for function, mark in calls:
            self.assertRegex(text, f'{function} \\(.*' + re.escape(at(mark)))

    def test_a_crash_has_its_page(self):
        answer, log = self.crash('/segv?token=abc', HTML)
        head, page = answer.decode().split('\r\n\r\n', 1)
        self.assertTrue(head.startswith('HTTP/1.1 500 Internal Server Error\r\n'))
        self.assertIn('Connection: close', head)
        self.assertIn(f'Content-Length: {len(page.encode())}', head)
        self.assertIn('<code>SIGSEGV</code> Segmentation fault at address', page)
        self.assertIn('/segv?token=[hidden]', page)
        if has_lines():
            self.assertIn(f'<span class="here"><i>{LINES["segv"]}</i>    *p = 1;', page)
            self.assertIn(f'debug_server.c:{LINES["segv_get"]}</span>', page)
        self.assertRegex(log, r'(?m)^\[C .* SIGSEGV GET /segv\?token=abc \(127.0.0.1\): Segm')
        self.assert_calls(log, ('dereference', 'segv'), ('segv_get', 'segv_get'))

    def test_other_ways_to_crash(self):
        answer, log = self.crash('/abort')
        self.assertIn(b'\n\nSIGABRT: Aborted\n', answer)
        self.assert_calls(log, ('abort_get', 'abort'))
        answer, log = self.crash('/null')
        self.assertIn(b'SIGSEGV', answer)
        self.assert_calls(log, ('null_get', 'null'))
        answer, log = self.crash('/overflow')
        self.assertIn(b'stack overflow in a coroutine', answer)
        self.assertIn("stack overflow in coroutine '/overflow'", log)
        self.assert_calls(answer.decode(), ('deeper', 'overflow'), ('overflow_get', 'overflow_get'))

    def test_half_an_answer_stays_half(self):
        answer, log = self.crash('/late')
        self.assertIn(b'200 OK', answer)
        self.assertNotIn(b'500', answer)
        self.assert_calls(log, ('dereference', 'segv'), ('late_get', 'late_get'))

    def test_in_production_the_log_alone_tells(self):
        answer, log = self.crash('/segv', HTML, debug=False)
        self.assertEqual(answer, b'')
        self.assert_calls(log, ('dereference', 'segv'), ('segv_get', 'segv_get'))

    def connect_to_both(self, server, stack):
        """A connection to each of two workers, and what the second calls itself."""
        end = time.monotonic() + gale_wire.TIMEOUT
        while time.monotonic() < end:
            # While one is busy the other one takes what comes; unless it is not yet busy.
            first = stack.enter_context(server.connect())
            first.send('GET /block?seconds=0.2 HTTP/1.1\r\nHost: localhost\r\n\r\n')
            second = stack.enter_context(server.connect())
            second.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
            worker = second.response().body
            self.assertEqual(first.response().body, b'at last')
            first.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
            if first.response().body != worker:
                return first, second, worker
        raise AssertionError('one worker takes all connections')

    def test_other_workers_go_on(self):
        server = gale_wire.Program('debug_server', '--port=0', '--logging=error', '--workers=2')
        try:
            with contextlib.ExitStack() as stack:
                first, second, worker = self.connect_to_both(server, stack)
                first.send('GET /segv HTTP/1.1\r\nHost: localhost\r\n\r\n')
                self.assertEqual(first.read_all(), b'')
                server.read_until(rb'SIGSEGV GET /segv ')
                second.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
                self.assertEqual(second.response().body, worker)
            self.assertEqual(server.get('/').status, 200)
        finally:
            status, log = server.stop()
        self.assertEqual(status, 0)
        self.assert_calls(log, ('dereference', 'segv'), ('segv_get', 'segv_get'))


class Blocking(gale_wire.TestCase):
    def test_who_blocks_the_loop_is_named(self):
        server = gale_wire.Program('debug_server', '--port=0', '--logging=warning',
                                   '--blocking-threshold=0.1')
        try:
            self.assertEqual(server.get('/block?seconds=0.02').body, b'at last')
            self.assertEqual(server.get('/block?seconds=0.4').body, b'at last')
            self.assertEqual(server.get('/').status, 200)
        finally:
            status, log = server.stop()
        self.assertEqual(status, 0)
        found = re.findall(r'the loop is blocked, for 0\.\d+ s so far, in (\S+): (.*)', log)
        self.assertEqual(found, [('/block', 'GET /block?seconds=0.4')])
        self.assertRegex(log, r'seconds=0.4\n +(clock|spin|\S+ \(\S*(libc|vdso))')
        self.assertIn('  spin (', log)
        self.assertNotIn('on_question', log)
        self.assertRegex(log, r'block_get \(.*' + re.escape(at('block')))

    def test_nobody_watches_unless_asked_to(self):
        server = gale_wire.Program('debug_server', '--port=0', '--logging=warning')
        try:
            self.assertEqual(len(os.listdir(f'/proc/{server.pid}/task')), 1)
        finally:
            server.stop()


class Production(gale_wire.TestCase):
    def test_no_page_without_serve_traceback(self):
        server = gale_wire.Program('debug_server', '--port=0', '--logging=none')
        try:
            for path in ('/story/7', '/fail', '/nope', '/template'):
                page = server.get(path, HTML).body.decode()
                self.assertRegex(page, r'^<html><title>\d+: [\w ]+</title><body>\d+: [\w ]+</body>')
        finally:
            server.stop()


if __name__ == '__main__':
    gale_wire.main()
