"""test_demo - the front page of `make demo`: every demo it links runs, and none outlives it."""
# SPDX-License-Identifier: MIT
import json
import os
import re
import signal
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

# Of each program, and of each page of the site's own.
PROGRAMS = {
    'helloworld': 'Hello, world', 'chat/chat': '<title>Chat', 'blog/blog': '<html', 'login/login': 'id="login-local"',
    'upload': '<form',
    'longpoll': '<form', 'events': 'EventSource', 'todo/todo': '<form', 'httpbin/httpbin': 'httpbin',
    'templates/notes': 'Fish &amp; &lt;chips&gt;', 'blog-templates/blog': '<html', 'tcpecho': None,
}
PAGES = {
    '/hello?name=you': (200, 'Hello, you!'), '/json': (200, '"framework": "gale"'), '/poll': (200, '/poll/say'),
    '/form': (200, 'You have been here 1 time.'), '/live': (200, '/live/events'), '/live.json': (200, 'coroutines'),
    '/old/hello': (302, ''), '/nowhere': (404, '404'), '/error/418': (418, '418'), '/error/503': (503, '503'),
    '/error/fail': (500, 'the demo was asked to fail'), '/tcpecho': (200, '<form'), '/spider': (200, '<form'),
    '/_gale': (200, 'gale: live view'),
}


def is_alive(pid):
    try:
        with open(f'/proc/{pid}/stat') as f:
            return f.read().rsplit(')', 1)[1].split()[0] not in 'ZX'
    except FileNotFoundError:
        return False


def until(what, patience=15):
    end = time.monotonic() + patience
    while not what():
        if time.monotonic() > end:
            raise AssertionError('not in time')
        time.sleep(0.01)


class Demo(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='gale-test-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.demo = gale_wire.Program('demo', '--port=0', '--address=127.0.0.1',
                                      env={'TMPDIR': folder.name})
        self.addCleanup(self.demo.stop)

    def programs(self):
        self.demo.take_output()
        return {p['path']: p for p in json.loads(self.demo.get('/programs.json').body)}

    def keeper(self):
        with open(f'/proc/{self.demo.pid}/task/{self.demo.pid}/children') as f:
            return int(f.read())

    def post(self, path, fields=''):
        """On a connection of its own, whose answer is read later."""
        token = 'a' * 32
        c = self.demo.connect()
        body = f'_xsrf={token}&{fields}'
        c.send(f'POST {path} HTTP/1.1\r\nHost: localhost:{self.demo.port}\r\nCookie: _xsrf={token}\r\n'
               f'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}')
        self.addCleanup(c.close)
        return c

    def expect_nothing_left(self, pids):
        until(lambda: not any(map(is_alive, pids)))
        until(lambda: os.listdir(self.folder) == [])

    def test_every_link_leads_somewhere(self):
        spider = self.post('/spider')   # meanwhile
        page = self.demo.get('/').body.decode()
        programs = self.programs()
        self.assertEqual(set(programs), set(PROGRAMS))
        for path, text in PROGRAMS.items():
            program = programs[path]
            if program['state'] == 'not built':
                self.assertRegex(program['why'], 'SQLite')
                continue
            self.assertEqual((program['state'], program['restarts']), ('running', 0), program)
            if text:
                self.assertIn(f'<a href="http://localhost:{program["port"]}/">', page)
                self.demo.port, own = program['port'], self.demo.port
                answer, self.demo.port = self.demo.get('/'), own
                self.assertEqual(answer.status, 200, path)
                self.assertIn(text, answer.body.decode(), path)
        for path, (status, text) in PAGES.items():
            answer = self.demo.get(path, 'Accept: text/html\r\n')
            self.assertEqual(answer.status, status, path)
            self.assertIn(text, answer.body.decode(), path)
        linked = set(re.findall(r'href="(/[^"]+)"', page))
        self.assertLessEqual(linked, set(PAGES) | {'/wait', '/stream'})
        answer = self.post('/tcpecho', 'line=back+%26+forth').response()
        self.assertIn('<pre id="answer">back &amp; forth</pre>', answer.body.decode())
        found = spider.response().body.decode()
        for path in ('/', '/stream', '/live', '/tcpecho'):
            self.assertIn(f'fetching http://127.0.0.1:{self.demo.port}{path}\n', found)
        self.assertRegex(found, r'dead: http://127.0.0.1:\d+/error/418: .*\n')
        self.assertRegex(found, r'done in \d+ seconds: \d+ fetched, 4 could not be\n$')
        status, output = self.demo.stop()
        self.assertEqual(status, 0)
        self.assertNotIn('Sanitizer', output)
        self.assertIn('helloworld: ', output)

    def test_a_program_that_dies_comes_back_and_all_end_with_the_site(self):
        before = self.programs()['helloworld']
        os.kill(before['pid'], signal.SIGKILL)
        until(lambda: self.programs()['helloworld']['restarts'] == 1)
        until(lambda: self.programs()['helloworld']['state'] == 'running')
        programs = self.programs()
        self.assertEqual(programs['helloworld']['port'], before['port'])
        self.assertEqual(programs['helloworld']['why'], 'started again after signal 9 (Killed)')
        self.demo.port, own = before['port'], self.demo.port
        answer, self.demo.port = self.demo.get('/'), own
        self.assertEqual(answer.status, 200)
        pids = [p['pid'] for p in programs.values() if p['pid']] + [self.keeper()]
        page, events = self.demo.connect(), gale_wire.Connection(socket.create_connection(
            ('127.0.0.1', programs['events']['port'])))
        for c, path in ((page, '/programs/events'), (events, '/events')):   # open, without end
            self.addCleanup(c.close)
            c.send(f'GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n')
            c.read_until(b'data:')
        begin = time.monotonic()
        self.assertEqual(self.demo.stop()[0], 0)
        self.assertLess(time.monotonic() - begin, 8)
        self.assertFalse([pid for pid in pids if is_alive(pid)])
        self.assertEqual(os.listdir(self.folder), [])

    def test_nothing_is_left_when_it_is_killed(self):
        pids = [p['pid'] for p in self.programs().values() if p['pid']] + [self.keeper()]
        self.assertTrue(all(map(is_alive, pids)))
        self.demo.process.kill()
        self.expect_nothing_left(pids)

    def test_nothing_is_left_when_the_keeper_is_killed(self):
        pids = [p['pid'] for p in self.programs().values() if p['pid']]
        os.kill(self.keeper(), signal.SIGKILL)
        until(lambda: not any(map(is_alive, pids)))
        self.assertEqual(self.demo.get('/hello').status, 200)

    def test_nothing_runs_before_somebody_comes(self):
        keeper = self.keeper()
        with open(f'/proc/{keeper}/task/{keeper}/children') as f:
            self.assertEqual(f.read(), '')
        self.assertEqual(self.demo.stop(signal.SIGINT)[0], 0)
        self.assertFalse(is_alive(keeper))


if __name__ == '__main__':
    gale_wire.main()
