"""test_chat - the chat over WebSockets: in one process, in two that share a Redis, with workers."""
# SPDX-License-Identifier: MIT
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402
from gale_websocket import CLOSE, WebSocket, close_payload  # noqa: E402


class Chat(unittest.TestCase):
    def start(self, *args):
        program = gale_wire.Program('chat', '--port=0', '--address=127.0.0.1', *args)
        self.addCleanup(program.stop)
        return program

    def join(self, program, **changed):
        ws = WebSocket(program.connect(), '/socket', **changed)
        self.addCleanup(ws.connection.close)
        return ws

    def say(self, ws, text, name='Ann'):
        ws.send(json.dumps({'name': name, 'text': text}))


class OneProcess(Chat):
    def test_what_one_says_all_see_and_the_page_keeps(self):
        chat = self.start()
        ann, bob = self.join(chat), self.join(chat)
        self.say(ann, 'hello <b>all</b>')
        for ws in (ann, bob):
            self.assertEqual(json.loads(ws.read()), {'name': 'Ann', 'text': 'hello <b>all</b>'})
        page = chat.get('/').body.decode()
        self.assertIn('<b>Ann</b> <span>hello &lt;b&gt;all&lt;/b&gt;</span>', page)
        self.assertNotIn('<b>all', page)

    def test_only_what_a_message_has_goes_on(self):
        chat = self.start()
        ann = self.join(chat)
        ann.send(json.dumps({'name': 'Ann', 'text': 'x', 'html': '<script>'}))
        self.assertEqual(json.loads(ann.read()), {'name': 'Ann', 'text': 'x'})
        for bad in ('', '{', '[]', '{"name": "Ann"}', '{"name": "", "text": "x"}', '{"name": 1, "text": "x"}',
                    json.dumps({'name': 'Ann', 'text': 'x' * 2001}), b'{"name": "A", "text": "x"}'):
            ws = self.join(chat)
            ws.send(bad)
            self.assertEqual(ws.read_close(), (1008, 'no message'), bad)
        ws = self.join(chat)
        ws.send('x' * 9000)
        self.assertEqual(ws.read_close()[0], 1009)

    def test_pages_of_other_sites_cannot_join(self):
        chat = self.start()
        self.assertEqual(self.join(chat, Origin='http://evil.example').response.status, 403)
        self.assertEqual(self.join(chat, Origin=f'http://localhost:{chat.port}',
                                   host=f'localhost:{chat.port}').response.status, 101)

    def test_who_says_too_much_waits(self):
        chat = self.start()
        ann = self.join(chat)
        for i in range(6):
            self.say(ann, str(i))
        self.assertEqual([json.loads(ann.read())['text'] for _ in range(6)], list('012345'))
        self.say(ann, 'more')
        ann.send(close_payload(1000), CLOSE)    # answered, although a message waits
        first, data = ann.frame()
        self.assertEqual(first, 0x88)


@unittest.skipUnless(shutil.which('redis-server'), 'no redis-server here')
class Processes(Chat):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix='gale-chat-')
        cls.path = os.path.join(cls.folder.name, 's')
        cls.redis = subprocess.Popen(['redis-server', '--port', '0', '--unixsocket', cls.path, '--save', '',
                                      '--appendonly', 'no', '--dir', cls.folder.name],
                                     stdout=subprocess.PIPE)
        for line in cls.redis.stdout:
            if b'Ready to accept connections' in line or b'ready to accept connections' in line:
                break

    @classmethod
    def tearDownClass(cls):
        cls.redis.terminate()
        cls.redis.wait()
        cls.redis.stdout.close()
        cls.folder.cleanup()

    def setUp(self):
        with tempfile.TemporaryFile() as out:
            subprocess.run([gale_wire.PROGRAMS['chat'], '--help'], stdout=out, stderr=out)
            out.seek(0)
            if b'--redis' not in out.read():
                self.skipTest('the chat was built without Redis')

    def hear(self, speaker, listener, text):
        """Subscriptions reach Redis a little after their connection is there: until then it is said
        again."""
        listener.connection.sock.settimeout(1.5)
        for _ in range(10):
            self.say(speaker, text)
            try:
                return json.loads(listener.read())['text']
            except socket.timeout:
                pass
        return None

    def test_two_processes(self):
        a, b = self.start(f'--redis=unix:{self.path}'), self.start(f'--redis=unix:{self.path}')
        ann, bob = self.join(a), self.join(b)
        self.assertEqual(self.hear(ann, bob, 'to the other process'), 'to the other process')
        self.assertEqual(json.loads(ann.read())['text'], 'to the other process')
        self.assertIn('to the other process', b.get('/').body.decode())

    def test_who_comes_later_sees_what_was_said(self):
        a, b = self.start(f'--redis=unix:{self.path}'), self.start(f'--redis=unix:{self.path}')
        ann = self.join(a)
        for i in range(3):
            self.say(ann, f'said {i} before')
            ann.read()
        for chat in (a, b):     # b has had no request until now
            end = time.monotonic() + gale_wire.TIMEOUT
            while 'said 2 before' not in (page := chat.get('/').body.decode()):
                self.assertLess(time.monotonic(), end, page)
            for i in range(3):
                self.assertEqual(page.count(f'said {i} before'), 1)
        ann.connection.close()
        a.stop()
        self.assertIn('said 2 before', self.start(f'--redis=unix:{self.path}').get('/').body.decode())

    def test_history_has_an_end(self):
        old = [json.dumps({'name': 'Old', 'text': f'old {i}.'}) for i in range(60)]
        subprocess.run(['redis-cli', '-s', self.path, 'RPUSH', 'chat:history', *old], check=True,
                       stdout=subprocess.DEVNULL)
        chat = self.start(f'--redis=unix:{self.path}')
        ann = self.join(chat)
        self.say(ann, 'the newest')
        ann.read()
        end = time.monotonic() + gale_wire.TIMEOUT
        while (page := chat.get('/').body.decode()).count('<li>') != 50:
            self.assertLess(time.monotonic(), end, page)
        self.assertIn('the newest', page)
        self.assertNotIn('old 10.', page)

    def test_redis_that_comes_later(self):
        path = os.path.join(self.folder.name, 'later')
        chat = self.start(f'--redis=unix:{path}')
        self.assertEqual(chat.get('/').status, 503)
        os.symlink(self.path, path)
        end = time.monotonic() + gale_wire.TIMEOUT
        while (status := chat.get('/').status) != 200:
            self.assertLess(time.monotonic(), end, status)

    def test_workers(self):
        chat = self.start(f'--redis=unix:{self.path}', '--workers=2')
        guests = [self.join(chat) for _ in range(8)]
        for ws in guests[1:]:
            self.assertEqual(self.hear(guests[0], ws, 'all'), 'all')


if __name__ == '__main__':
    gale_wire.main()
