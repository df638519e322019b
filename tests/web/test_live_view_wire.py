"""/_gale over the wire: that its figures are true, and that nothing secret is among them."""
# SPDX-License-Identifier: MIT
import json
import pathlib
import re
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
import gale_wire  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parent / 'live_view_server.c'
LINES = {match[1]: number for number, line in enumerate(SOURCE.read_text().split('\n'), 1)
         if (match := re.search(r'/\* here: (\w+) \*/', line))}
UPGRADE = ('GET /room HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
           'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')


def has_lines():
    return any(pathlib.Path(folder).glob('**/libdw.so.1') for folder in ('/usr/lib', '/lib64'))


class Case(gale_wire.TestCase):
    def start(self, *args, **env):
        program = gale_wire.Program('live_view_server', '--port=0', '--logging=none', *args, env=env)
        self.addCleanup(program.stop)
        return program

    def status(self, query=''):
        answer = self.server.get('/_gale/status.json' + query, 'Connection: close\r\n')
        self.assertEqual((answer.status, answer['Content-Type'], answer['Cache-Control']),
                         (200, 'application/json; charset=UTF-8', 'no-store'))
        return json.loads(answer.body)

    def until(self, is_so):
        """Asks until it is so: what the server has not been told of yet comes a moment later."""
        for _ in range(2000):
            status = self.status()
            if is_so(status):
                return status
        raise AssertionError(status)

    def opened(self, request, until):
        c = self.server.connect()
        self.addCleanup(c.close)
        c.send(request)
        c.read_until(until)
        return c


class View(Case):
    def setUp(self):
        self.server = self.start()

    def test_requests(self):
        before = self.status()
        self.assertEqual((before['requests']['classes'], before['slow']), ([0] * 6, []))
        for path in ('/', '/', '/shop/item/7', '/slow', '/fail?password=s3cret', '/no<b>/one?t=s3cret'):
            self.server.get(path, 'Connection: close\r\nX-Token: s3cret\r\n')
        text = self.server.get('/_gale/status.json', 'Connection: close\r\n').body
        self.assertNotIn(b's3cret', text)
        now = json.loads(text)
        r = now['requests']
        self.assertEqual(r['classes'], [0, 0, 4, 0, 1, 1])
        self.assertEqual(r['latency']['n'], 6)
        self.assertEqual(sum(n for _, _, n in r['latency']['buckets']), 6)
        self.assertLess(r['latency']['p50'], 60000)
        self.assertTrue(60000 <= r['latency']['p99'] <= r['latency']['max'], r['latency'])
        for low, high, _ in r['latency']['buckets']:
            self.assertTrue(low < high <= max(4, 1.26 * low), (low, high))
        self.assertGreater(r['bytes_in'] - before['requests']['bytes_in'], 6 * 60)
        self.assertGreater(r['bytes_out'] - before['requests']['bytes_out'], 6 * 100)
        slow = {s['path']: s for s in now['slow']}
        self.assertEqual(set(slow), {'/', '/shop/item/7', '/slow', '/fail', '/no<b>/one'})
        self.assertEqual(max(now['slow'], key=lambda s: s['took'])['path'], '/slow')
        self.assertEqual((slow['/fail']['status'], slow['/fail']['method'], slow['/fail']['route']),
                         (500, 'GET', '/fail'))
        self.assertRegex(slow['/slow']['id'], r'^[0-9a-f]{16,}$')
        self.assertEqual((slow['/no<b>/one']['route'], slow['/shop/item/7']['route']),
                         (None, '/shop/item/([0-9]+)'))

    def test_routes(self):
        for _ in range(3):
            self.server.get('/fail', 'Connection: close\r\n')
        for path in ('/nothing', '/shop/nothing'):
            self.server.get(path, 'Connection: close\r\n')
        now = self.status('?stacks=0')
        routes = {r['url']: r for r in now['routes']}
        self.assertEqual(list(routes), ['/', '/fail', '/slow', '/hang/(.*)', '/events', '/spawn', '/room',
                                        '/shop/item/([0-9]+)'])
        self.assertEqual((routes['/fail']['n'], routes['/fail']['failed'], routes['/']['n']), (3, 3, 0))
        self.assertEqual((routes['/']['handler'], routes['/slow']['handler'], routes['/room']['handler']),
                         ('Home', 'slow_get', 'on_message'))
        self.assertEqual(routes['/shop/item/([0-9]+)']['name'], 'item')
        self.assertEqual((now['unmatched']['n'], now['unmatched']['failed']), (2, 0))
        if has_lines():
            self.assertEqual(routes['/slow']['file'], str(SOURCE))

    def test_connections(self):
        self.opened('GET /hang/a?key=s3cret HTTP/1.1\r\nHost: a\r\n\r\n', b'')
        self.opened('GET /events HTTP/1.1\r\nHost: a\r\n\r\n', b'first')
        self.opened(UPGRADE, b'\r\n\r\n')
        self.opened('GET / HTTP/1.1\r\nHost: a\r\n\r\n', b'hello')
        states = ['busy', 'busy', 'event stream', 'idle', 'websocket']
        now = self.until(lambda s: sorted(c['state'] for c in s['connections']['list']) == states)
        now = now['connections']
        by_state = {c['state']: c for c in now['list'] if c.get('request', {}).get('path') !=
                    '/_gale/status.json'}
        self.assertEqual(set(by_state), {'busy', 'event stream', 'websocket', 'idle'})
        self.assertEqual((now['open'], now['websockets'], now['event_streams']), (5, 1, 1))
        busy = by_state['busy']
        self.assertEqual(busy['peer'], '127.0.0.1')
        self.assertEqual((busy['request']['method'], busy['request']['path'], busy['request']['route']),
                         ('GET', '/hang/a', '/hang/(.*)'))
        self.assertEqual(busy['bytes_in'], len('GET /hang/a?key=s3cret HTTP/1.1\r\nHost: a\r\n\r\n'))
        self.assertGreater(by_state['idle']['bytes_out'], 100)

    def test_coroutines(self):
        self.server.get('/spawn', 'Connection: close\r\n')
        c = self.opened('GET /hang/b HTTP/1.1\r\nHost: a\r\n\r\n', b'')
        now = self.until(lambda s: len(s['coroutines']['list']) == 2)
        by_name = {co['name']: co for co in now['coroutines']['list']}
        hang, other = by_name['/hang/(.*)'], by_name['callback']
        self.assertEqual(now['coroutines']['live'], 3)
        self.assertEqual((hang['state'], hang['waits'], hang['request']['path']),
                         ('waits', 'gale_sleep', '/hang/b'))
        self.assertTrue(0 <= hang['age'] <= other['age'] < 60e6, (hang['age'], other['age']))
        for co, function, mark in ((hang, 'hang_get', 'hang'), (other, 'background', 'background')):
            own = [f for f in co['frames'] if f['own']]
            self.assertEqual([f['function'] for f in own], [function])
            if has_lines():
                self.assertEqual((own[0]['file'], own[0]['line']), (str(SOURCE), LINES[mark]))
        self.assertEqual([co['frames'] for co in self.status('?stacks=0')['coroutines']['list']], [[], []])
        c.close()
        self.until(lambda s: len(s['coroutines']['list']) == 1)

    def test_the_process_and_its_loop(self):
        now = self.until(lambda s: s['loop']['samples'] >= 1)
        self.assertEqual((now['pid'], now['worker'], now['loops']), (self.server.process.pid, -1, 1))
        self.assertIn(now['backend'], ('epoll', 'io_uring'))
        self.assertEqual(len(now['loop']['lag']), now['loop']['samples'])
        self.assertTrue(now['loop']['has_turns'] and now['loop']['busy'] > 0, now['loop'])
        self.assertGreater(now['memory']['resident'], 1 << 20)
        self.assertGreaterEqual(now['memory']['stacks_used'], 1)
        self.assertGreaterEqual(now['executor']['max'], 1)
        again = self.status()
        self.assertGreaterEqual(again['uptime_ms'], now['uptime_ms'])

    def test_the_page(self):
        answer = self.server.get('/_gale', 'Connection: close\r\n')
        self.assertEqual((answer.status, answer['Cache-Control']), (200, 'no-store'))
        self.assertIn("default-src 'none'", answer['Content-Security-Policy'])
        self.assertNotRegex(answer.body.decode().replace('http://www.w3.org/2000/svg', ''), r'(https?:)?//\w')


    def test_other_sites_cannot_have_it_by_a_name_of_theirs(self):
        for path in ('/_gale', '/_gale/status.json'):
            for host, status in (('evil.example', 403), ('127.0.0.1.evil.example', 403),
                                 ('localhost.evil.example', 403), ('127.0.0.1:80', 200),
                                 ('[::1]:80', 200), ('LocalHost', 200), ('app.localhost:1', 200),
                                 (socket.gethostname(), 200)):
                with self.server.connect() as c:
                    c.send(f'GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n')
                    answer = c.response()
                self.assertEqual(answer.status, status, host)
                if status == 403:
                    self.assertIn(b'live view answers to localhost', answer.body)


class Elsewhere(Case):
    def test_without_debug_there_is_none(self):
        self.server = self.start(NODEBUG='1')
        for path in ('/_gale', '/_gale/status.json', '/_gale/'):
            self.assertEqual(self.server.get(path, 'Connection: close\r\n').status, 404)

    def test_a_worker_says_which_it_is(self):
        self.server = self.start('--workers=2')
        now = self.status()
        self.assertIn(now['worker'], (0, 1))
        self.assertNotEqual(now['pid'], self.server.process.pid)


if __name__ == '__main__':
    gale_wire.main()
