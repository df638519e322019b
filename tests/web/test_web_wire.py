"""Applications over real sockets: Tornado's transcripts, clients that go, the examples, gale_main."""
# SPDX-License-Identifier: MIT
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

HOST = 'Host: localhost\r\n'


def transcript(data):
    """What was sent, with date, server and Etag's value left out."""
    text = data.decode('latin-1')
    text = re.sub(r'(?m)^Date: \w{3}, .* GMT\r$', 'Date: *\r', text)
    text = re.sub(r'(?m)^Server: gale/[\d.]+\r$', 'Server: *\r', text)
    return re.sub(r'(?m)^Etag: "[0-9a-f]{16}"\r$', 'Etag: *\r', text)


class HelloWorld(gale_wire.TestCase):
    program = 'helloworld'
    args = ('--port=0',)

    def transcript(self, request):
        return transcript(self.server.exchange(request))

    def test_hello(self):
        self.assertEqual(self.transcript(f'GET / HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n'),
                         'HTTP/1.1 200 OK\r\nServer: *\r\nContent-Type: text/html; charset=UTF-8\r\n'
                         'Date: *\r\nEtag: *\r\nContent-Length: 12\r\nConnection: close\r\n\r\nHello, world')

    def test_http10(self):
        self.assertEqual(self.transcript('GET / HTTP/1.0\r\n\r\n'),
                         'HTTP/1.1 200 OK\r\nServer: *\r\nContent-Type: text/html; charset=UTF-8\r\n'
                         'Date: *\r\nEtag: *\r\nContent-Length: 12\r\n\r\nHello, world')

    def test_not_found(self):
        self.assertEqual(self.transcript('GET /nope HTTP/1.0\r\n\r\n'),
                         'HTTP/1.1 404 Not Found\r\nServer: *\r\nContent-Type: text/html; charset=UTF-8\r\n'
                         'Date: *\r\nContent-Length: 69\r\n\r\n'
                         '<html><title>404: Not Found</title><body>404: Not Found</body></html>')

    def test_method_not_allowed(self):
        self.assertEqual(self.transcript('POST / HTTP/1.0\r\n\r\n'),
                         'HTTP/1.1 405 Method Not Allowed\r\nServer: *\r\n'
                         'Content-Type: text/html; charset=UTF-8\r\nDate: *\r\nAllow: GET, HEAD, OPTIONS\r\n'
                         'Content-Length: 87\r\n\r\n<html><title>405: Method Not Allowed</title>'
                         '<body>405: Method Not Allowed</body></html>')

    def test_not_modified(self):
        tag = self.server.get('/')['Etag']
        self.assertEqual(self.transcript(f'GET / HTTP/1.0\r\nIf-None-Match: "x", W/{tag}\r\n\r\n'),
                         'HTTP/1.1 304 Not Modified\r\nServer: *\r\nDate: *\r\nEtag: *\r\n\r\n')

    def test_head(self):
        self.assertEqual(self.transcript('HEAD / HTTP/1.0\r\n\r\n'),
                         'HTTP/1.1 200 OK\r\nServer: *\r\nContent-Type: text/html; charset=UTF-8\r\n'
                         'Date: *\r\nEtag: *\r\nContent-Length: 12\r\n\r\n')

    def test_options_asterisk(self):
        self.assertEqual(self.transcript('OPTIONS * HTTP/1.0\r\n\r\n'),
                         'HTTP/1.1 204 No Content\r\nServer: *\r\nDate: *\r\n'
                         'Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\n\r\n')

    def test_pipelined(self):
        data = self.server.exchange(f'GET / HTTP/1.1\r\n{HOST}\r\n' * 50 +
                                    f'GET /nope HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n')
        self.assertEqual(data.count(b'\r\n\r\nHello, world'), 50)
        self.assertTrue(data.endswith(b'</html>'))


class Web(gale_wire.TestCase):
    program = 'web_server'
    args = ('--port=0',)

    def counts(self):
        text = self.server.get('/counts').body.decode()
        return {k: v if k == 'loop' else int(v) for k, v in (p.split('=') for p in text.split())}

    def wait_for(self, name, value):
        """Until a count is value; a deadline, not a guess."""
        end = time.monotonic() + gale_wire.TIMEOUT
        while self.counts()[name] != value:
            self.assertLess(time.monotonic(), end, (name, value, self.counts()))
            time.sleep(0.01)

    def test_a_late_failure_takes_nothing_back(self):
        hello = f'GET /echo HTTP/1.1\r\n{HOST}\r\n'
        out = self.server.exchange(hello + hello + f'GET /flush?fail=1 HTTP/1.1\r\n{HOST}\r\n' + hello)
        self.assertEqual(out.count(b'HTTP/1.1 405'), 2)
        self.assertTrue(out.endswith(b'\r\n\r\n2\r\nab\r\n'), out)

    def test_an_answer_leaves_before_children_are_waited_for(self):
        with self.server.connect() as c:
            c.send(f'GET /leave HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual(c.response().body, b'left')
            self.server.process.stdin.write(b'x')
            self.server.process.stdin.flush()
            c.send(f'GET /204 HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual(c.response().status, 204)

    def test_backend_is_the_one_asked_for(self):
        if gale_wire.BACKEND:
            self.assertEqual(self.counts()['loop'], gale_wire.BACKEND)

    def test_flushed_pieces_are_chunks(self):
        data = self.server.exchange(f'GET /flush HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n')
        self.assertEqual(transcript(data),
                         'HTTP/1.1 200 OK\r\nServer: *\r\nContent-Type: text/html; charset=UTF-8\r\nDate: *\r\n'
                         'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
                         '2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n')
        data = self.server.exchange('GET /flush HTTP/1.0\r\n\r\n')
        self.assertTrue(data.endswith(b'\r\n\r\nabcd'), data)
        self.assertNotIn(b'chunked', data)

    def test_redirect(self):
        self.assertEqual(transcript(self.server.exchange('GET /redirect HTTP/1.0\r\n\r\n')),
                         'HTTP/1.1 302 Found\r\nServer: *\r\nContent-Type: text/html; charset=UTF-8\r\n'
                         'Date: *\r\nLocation: /a%20b/%C3%A9?x=1\r\nContent-Length: 0\r\n\r\n')

    def test_no_content(self):
        self.assertEqual(transcript(self.server.exchange('GET /204 HTTP/1.0\r\n\r\n')),
                         'HTTP/1.1 204 No Content\r\nServer: *\r\nDate: *\r\n\r\n')

    def test_error_pages(self):
        for path, status, length in (('/forbidden', 403, 69), ('/fail', 500, 93)):
            r = self.server.get(path)
            self.assertEqual((r.status, r['Content-Length'], r['Etag']), (status, str(length), None))

    def test_a_failure_after_flush_breaks_the_connection(self):
        data = self.server.exchange(f'GET /fail?late=1 HTTP/1.1\r\n{HOST}\r\n')
        self.assertNotIn(b'\r\n0\r\n', data)

    def test_declared_length(self):
        self.assertEqual(self.server.get('/declared?rest=67890').body, b'1234567890')
        self.assertEqual(self.server.get('/declared?rest=67890&flush=1').body, b'1234567890')
        with self.server.connect() as c:
            for _ in range(2):  # nothing had left: the connection can go on
                c.send(f'GET /declared?rest=6 HTTP/1.1\r\n{HOST}\r\n')
                self.assertEqual(c.response().status, 500)
        data = self.server.exchange(f'GET /declared?rest=678901&flush=1 HTTP/1.1\r\n{HOST}\r\n')
        self.assertNotIn(b'123456', data)

    def test_bodies_reach_the_handler(self):
        body = bytes(range(256)) * 1000
        with self.server.connect() as c:
            c.send(b'POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
            self.assertEqual(c.response().body, body)
            c.send(b'PUT /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n'
                   b'3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n')
            self.assertEqual(c.response().body, b'abcde')

    def test_others_are_served_while_a_handler_waits(self):
        with self.server.connect() as waiting:
            waiting.send(f'GET /wait?for=0.2 HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual(self.server.get('/204').status, 204)
            self.assertEqual(waiting.response().body, b'rested')

    def test_a_half_closed_client_is_answered(self):
        closed = self.counts()['closed']
        with self.server.connect() as c:
            c.send(f'GET /wait?for=0.2 HTTP/1.1\r\n{HOST}\r\n')
            c.end()
            self.assertEqual(c.response().body, b'rested')
        self.wait_for('closed', closed + 1)

    def test_a_client_that_vanishes_cancels_the_handler(self):
        before = self.counts()
        c = self.server.connect()
        c.send(f'GET /cancel HTTP/1.1\r\n{HOST}\r\n')
        self.wait_for('coroutines', before['coroutines'] + 1)
        c.reset()
        self.wait_for('cancelled', before['cancelled'] + 1)
        self.wait_for('coroutines', before['coroutines'])
        after = self.counts()
        self.assertEqual((after['closed'], after['finished']), (before['closed'] + 1, before['finished'] + 1))

    def test_callbacks_of_open_handlers_outlive_no_request(self):
        """Clients leave at any moment: each request ends just once, after its last callback."""
        server = gale_wire.Program('web_server', '--port=0')
        chance = random.Random(3)

        def counts():
            return dict(p.split('=') for p in server.get('/counts').body.decode().split())

        for _ in range(250):
            c = server.connect()
            query = chance.choice(['', '&prepare=1']) + chance.choice(['', '&how=early', '&how=late', '&how=bad'])
            c.send(f'{chance.choice(["GET", "GET", "HEAD"])} {chance.choice(["/open", "/patient"])}?{query} '
                   f'HTTP/1.1\r\n{HOST}\r\n')
            time.sleep(chance.random() * 0.02)
            if chance.random() < 0.6:
                c.reset()
            elif chance.random() < 0.5:
                c.end()
                c.read_all()
            c.close()
        end = time.monotonic() + gale_wire.TIMEOUT
        while (now := counts())['opened'] != now['ended'] or now['coroutines'] != '1':
            self.assertLess(time.monotonic(), end, now)
        status, output = server.stop()
        self.assertEqual(status, 0, output)
        for failure in 'AddressSanitizer', 'runtime error', 'ECONNRESET', 'GALE_ESTATE':
            self.assertNotIn(failure, output)
        self.assertEqual(len(re.findall(r' /(?:open|patient)\?.*ms\n', output)), int(now['opened']))

    def test_a_reader_that_stops_holds_the_writer_back(self):
        before = self.counts()
        c = self.server.connect()
        base = self.server.memory()
        c.send(f'GET /much HTTP/1.1\r\n{HOST}\r\n')
        self.wait_for('coroutines', before['coroutines'] + 1)
        self.assertLess(self.server.memory() - base, 8 << 20)
        self.assertEqual(len(c.response().body), 16 << 20)
        c.send(f'GET /much HTTP/1.1\r\n{HOST}\r\n')
        self.wait_for('coroutines', before['coroutines'] + 1)
        c.reset()
        self.wait_for('vain', before['vain'] + 1)
        self.wait_for('deferred', before['deferred'] + 2)

    def test_children_end_with_their_request(self):
        before = self.counts()['coroutines']
        for _ in range(20):
            self.assertEqual(self.server.get('/spawn').body, b'spawned')
        self.wait_for('coroutines', before)


class Examples(unittest.TestCase):
    def run_example(self, name, *args, **kwargs):
        server = gale_wire.Program(name, '--port=0', *args, **kwargs)
        self.addCleanup(self.stop, server)
        return server

    def stop(self, server):
        status, output = server.stop()
        self.assertEqual(status, 0, output)
        self.assertNotIn('AddressSanitizer', output)
        self.assertNotIn('runtime error', output)

    def form(self, server, path, body):
        with server.connect() as c:
            c.send(f'POST {path} HTTP/1.1\r\n{HOST}Content-Type: application/x-www-form-urlencoded\r\n'
                   f'Content-Length: {len(body)}\r\n\r\n{body}')
            return c.response()

    def test_story(self):
        server = self.run_example('story')
        self.assertEqual(json.loads(server.get('/story/1').body), {'id': 1, 'title': 'The Wanderer'})
        self.assertEqual(server.get('/')['Location'], '/story')
        r = self.form(server, '/story', 'title=%C3%89t%C3%A9+')
        self.assertEqual((r.status, r['Location']), (303, '/story/2'))
        self.assertEqual(json.loads(server.get('/story').body), {'stories': ['The Wanderer', 'Été']})
        self.assertEqual(self.form(server, '/story', 'name=x').status, 400)
        server.read_until(rb'400 POST /story \(127\.0\.0\.1\): Missing argument title')
        self.assertEqual(server.get('/story/9').status, 404)

    def test_settings(self):
        server = self.run_example('settings')
        r = server.get('/')
        self.assertEqual((r.body, r['Server']), (b'Corner shop: visit 1\n', 'corner/1.0'))
        r = server.get('/x')
        self.assertEqual((r.status, r.reason, r.body), (404, 'Lost', b'There is no /x here.\n'))
        r = server.get('/broken')
        self.assertEqual((r.status, r['Content-Type']), (500, 'text/plain; charset=UTF-8'))
        self.assertIn(b'GALE_EPROTO: the shelf of /broken is empty', r.body)
        self.assertEqual(self.form(server, '/', 'x' * 1000).body, b'1000 bytes\n')
        refused = self.form(server, '/', 'x' * 1001)
        self.assertEqual((refused.status, refused['Server']), (413, 'corner/1.0'))
        server.read_until(rb'GET /x -> 404 after [\d.]+ ms')

    def test_asynchronous(self):
        server = self.run_example('asynchronous')
        self.assertEqual(server.get('/').body, b'3\n2\n1\nlift-off\n')
        c = server.connect()
        c.send(f'GET / HTTP/1.1\r\n{HOST}\r\n')
        c.read_until(b'3\n')
        c.reset()
        self.assertEqual(server.get('/').status, 200)

    def test_longpoll(self):
        server = self.run_example('longpoll')
        page = server.get('/')
        token = re.search(rb'name="_xsrf" value="([^"]+)"', page.body)[1].decode()
        cookie = page['Set-Cookie'].split(';')[0]

        def say(text, cookie=cookie):
            body = f'_xsrf={token}&text={text}'
            with server.connect() as c:
                c.send(f'POST /new HTTP/1.1\r\n{HOST}Cookie: {cookie}\r\nContent-Length: {len(body)}\r\n'
                       f'Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}')
                return c.response()

        self.assertEqual(say('no', cookie='a=b').status, 403)
        with server.connect() as gone, server.connect() as waiting:
            for c in (gone, waiting):
                c.send(f'GET /updates HTTP/1.1\r\n{HOST}\r\n')
            gone.reset()
            self.assertEqual(json.loads(say('news').body), {'id': 1})
            self.assertEqual(json.loads(waiting.response().body), {'messages': [{'id': 1, 'text': 'news'}]})
            say('more')
            waiting.send(f'GET /updates?after=1 HTTP/1.1\r\n{HOST}\r\n')
            self.assertEqual(json.loads(waiting.response().body), {'messages': [{'id': 2, 'text': 'more'}]})

    def test_cplusplus(self):
        if 'cplusplus' not in gale_wire.PROGRAMS:
            self.skipTest('no C++ compiler')
        self.assertEqual(self.run_example('cplusplus').get('/?name=you').body, b'Hello, you\n')

    def test_demo(self):
        server = self.run_example('demo')
        for path in ('/', '/hello', '/json', '/poll', '/live', '/live.json'):
            self.assertEqual(server.get(path).status, 200, path)
        for path in re.findall(rb'href="?(/[^ >"]+)', server.get('/').body):
            if path not in (b'/wait', b'/stream', b'/programs/events'):
                self.assertIn(server.get(path.decode()).status, (200, 302, 404, 418, 500, 503), path)
        with server.connect() as c:
            c.send(f'GET /stream HTTP/1.1\r\n{HOST}\r\n')
            c.read_until(b'Line 1 of 10')
        self.assertGreater(json.loads(server.get('/live.json').body)['requests'], 10)


class Main(unittest.TestCase):
    def run_once(self, name, *args, **env):
        done = subprocess.run([gale_wire.PROGRAMS[name], *args], capture_output=True, text=True, timeout=60,
                              env={**os.environ, **env})
        return done.returncode, done.stdout, done.stderr

    def refused(self, expected, name, *args, **env):
        self.assertEqual(self.run_once(name, *args, **env), (1, '', f'{name}: {expected}\n'))

    def test_what_cannot_start_says_so_in_one_line(self):
        with socket.create_server(('0.0.0.0', 0)) as taken:
            port = taken.getsockname()[1]
            self.refused(f'cannot listen on port {port}: Address already in use', 'helloworld',
                         f'--port={port}')
            self.refused(f'cannot listen on 127.0.0.1:{port}: Address already in use', 'helloworld',
                         f'--port={port}', '--address=127.0.0.1')
        self.refused('route "/story/([0-9]+": bad pattern: missing closing parenthesis at character 14',
                     'web_server', '--port=0', BAD='pattern')
        self.refused('route "/flush": its handler class has no method (.get, .post ...)', 'web_server',
                     '--port=0', BAD='class')
        self.refused('route "/flush": it has no handler, routes or app', 'web_server', '--port=0', BAD='handler')
        self.refused("Option '--port': '99999' is more than 65535", 'helloworld', '--port=99999')
        self.refused("unexpected argument 'x'", 'helloworld', '--port=0', 'x')
        self.refused("PORT in the environment is no port: 'http'", 'helloworld', PORT='http')

    def test_help(self):
        status, out, err = self.run_once('helloworld', '--help')
        self.assertEqual(status, 0)
        for option in ('--port', '--address', '--logging', '--help'):
            self.assertIn(option, out + err)

    def test_port_from_the_environment_and_the_command_line(self):
        with socket.create_server(('127.0.0.1', 0)) as s:
            port = s.getsockname()[1]
        server = gale_wire.Program('helloworld', '--address=127.0.0.1', env={'PORT': str(port)})
        self.assertEqual((server.port, server.get('/').status), (port, 200))
        self.assertEqual(server.stop(signal.SIGINT)[0], 0)
        server = gale_wire.Program('helloworld', '--port=0', env={'PORT': str(port)})
        self.assertNotEqual(server.port, port)
        self.assertEqual(server.stop()[0], 0)

    def test_a_wrong_backend_name_is_told(self):
        server = gale_wire.Program('helloworld', '--port=0', env={'GALE_IOLOOP': 'foo'})
        self.assertEqual(server.get('/').status, 200)
        self.assertIn("GALE_IOLOOP: no loop backend is called 'foo' (epoll, io_uring, simulated); "
                      "using epoll", server.stop()[1])

    def test_requests_in_flight_are_finished(self):
        server = gale_wire.Program('web_server', '--port=0')
        with server.connect() as c, server.connect() as idle:
            c.send(f'GET /wait?for=0.5 HTTP/1.1\r\n{HOST}\r\n')
            while b'coroutines=2' not in server.get('/counts').body:
                pass
            os.kill(server.pid, signal.SIGTERM)
            self.assertTrue(idle.is_closed())
            self.assertRaises(ConnectionRefusedError, server.connect)
            r = c.response()
            self.assertEqual((r.body, r['Connection']), (b'rested', 'close'))
        server.process.wait(gale_wire.TIMEOUT)
        self.assertEqual(server.stop()[0], 0)

    def test_a_second_signal_ends_it_at_once(self):
        server = gale_wire.Program('web_server', '--port=0')
        with server.connect() as c, server.connect() as idle:
            c.send(f'GET /wait HTTP/1.1\r\n{HOST}\r\n')
            while b'coroutines=2' not in server.get('/counts').body:
                pass
            os.kill(server.pid, signal.SIGTERM)
            self.assertTrue(idle.is_closed())
            begun = time.monotonic()
            status, output = server.stop(signal.SIGINT)
            self.assertEqual(status, 0, output)
            self.assertLess(time.monotonic() - begun, 5)
            self.assertEqual(c.read_all(), b'')


if __name__ == '__main__':
    gale_wire.main()
