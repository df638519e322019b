"""test_redis - commands and topics against a real redis-server, that is killed and comes back."""
# SPDX-License-Identifier: MIT
import os
import signal
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
import gale_wire  # noqa: E402

SERVER = shutil.which('redis-server')


class Redis:
    """A redis-server on a Unix socket in a folder of its own."""

    def __init__(self, *args):
        self.folder = tempfile.TemporaryDirectory(prefix='gale-redis-')
        self.path = os.path.join(self.folder.name, 's')
        self.args = args
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [SERVER, '--port', '0', '--unixsocket', self.path, '--save', '', '--appendonly', 'no',
             '--dir', self.folder.name, *self.args],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self.try_ask('PING') is not None)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.kill()
        self.folder.cleanup()

    def try_ask(self, *words):
        try:
            return self.ask(*words)
        except OSError:
            return None

    def ask(self, *words):
        """An answer as raw lines."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(gale_wire.TIMEOUT)
            s.connect(self.path)
            s.sendall(b''.join([b'*%d\r\n' % len(words)]
                               + [b'$%d\r\n%s\r\n' % (len(w), w) for w in map(str.encode, words)]))
            s.sendall(b'*1\r\n$4\r\nQUIT\r\n')
            data = b''
            while chunk := s.recv(65536):
                data += chunk
            return data.decode().removesuffix('+OK\r\n')

    def channels(self):
        return self.ask('PUBSUB', 'CHANNELS').split('\r\n')[2::2]


def until(condition):
    """Asks again until it holds: for what another program does in its own time."""
    end = time.monotonic() + gale_wire.TIMEOUT
    while not condition():
        if time.monotonic() > end:
            raise AssertionError('it did not come about in time')
        time.sleep(0.005)


class Node(gale_wire.Program):
    def __init__(self, redis, *args):
        self.seen = 0
        super().__init__('redis_node', 'unix:' + redis.path if isinstance(redis, Redis) else redis[0],
                         '0' if isinstance(redis, Redis) else str(redis[1]), *args)
        self.seen = len(self.output)

    def tell(self, line):
        self.process.stdin.write(line.encode() + b'\n')
        self.process.stdin.flush()

    def expect(self, text):
        """The next output has that line; what comes before it is skipped over."""
        match = self.read_new(rb'(?m)^(.*(?:' + text.encode() + rb').*)\n')
        return match.decode()

    def read_new(self, pattern):
        rest, self.output = self.output[:self.seen], self.output[self.seen:]
        try:
            match = self.read_until(pattern)
        finally:
            self.output = rest + self.output
        self.seen += match.end()
        return match[1]

    def ask(self, line, answer=r'(?:reply|failed) '):
        self.tell(line)
        return self.expect(answer)

    def end(self):
        self.process.stdin.close()
        self.process.stdin = None
        status, output = self.process.wait(gale_wire.TIMEOUT), self.process.stdout.read()
        self.process.stdout.close()
        return status, (self.output + output).decode()


@unittest.skipUnless(SERVER, 'no redis-server')
class RedisTest(unittest.TestCase):
    def redis(self, *args):
        redis = Redis(*args)
        self.addCleanup(redis.stop)
        return redis

    def node(self, redis, *args):
        node = Node(redis, *args)
        self.addCleanup(self.end, node)
        return node

    def end(self, node):
        if node.process.stdin:
            status, output = node.end()
            self.assertEqual(status, 0, output)


class Commands(RedisTest):
    def test_answers_of_all_kinds(self):
        node = self.node(self.redis())
        for line, answer in (
                ('cmd PING', 'status(PONG:4)'),
                ('cmd SET name value', 'status(OK:2)'),
                ('cmd GET name', 'string(value:5)'),
                ('cmd GET nothing', 'nil'),
                ('cmd INCR n', 'integer(1)'),
                ('cmd RPUSH list a b c', 'integer(3)'),
                ('cmd LRANGE list 0 -1', 'array[string(a:1),string(b:1),string(c:1)]'),
                ('cmd LRANGE none 0 -1', 'array]'),
                ('cmd EVAL return{1,{"x",{false}},"y"} 0',
                 'array[integer(1),array[string(x:1),array[nil]],string(y:1)]')):
            self.assertEqual(node.ask(line), 'reply ' + answer)

    def test_an_error_of_redis_is_told(self):
        node = self.node(self.redis())
        self.assertRegex(node.ask('cmd NONSENSE x'), "^failed GALE_EPROTO ERR unknown command")
        self.assertRegex(node.ask('cmd SUBSCRIBE x'), '^failed GALE_EINVAL .*gale_redis_topics')
        self.assertRegex(node.ask('cmd monitor'), '^failed GALE_EINVAL')
        self.assertEqual(node.ask('cmd PING'), 'reply status(PONG:4)')

    def test_many_coroutines_share_the_connection(self):
        redis = self.redis()
        node = self.node(redis)
        self.assertEqual(node.ask('echo 500', 'echoed'), 'echoed 500')
        self.assertEqual(redis.ask('CLIENT', 'LIST').count(' cmd=echo '), 1)

    def test_password_and_database(self):
        redis = self.redis('--requirepass', 'secret')
        self.assertRegex(self.node(redis).ask('cmd PING'), '^failed GALE_EPROTO NOAUTH')
        wrong = self.node(redis, 'password=wrong')
        self.assertRegex(wrong.ask('cmd PING'), '^failed GALE_EPROTO .*WRONGPASS')
        node = self.node(redis, 'password=secret', 'database=3')
        self.assertEqual(node.ask('cmd SET here 1'), 'reply status(OK:2)')
        named = self.node(redis, 'username=default', 'password=secret', 'database=3')
        self.assertEqual(named.ask('cmd GET here'), 'reply string(1:1)')
        high = self.node(redis, 'password=secret', 'database=99')
        self.assertRegex(high.ask('cmd PING'), '^failed GALE_EPROTO .*DB index')

    def test_away_at_the_start(self):
        redis = self.redis()
        redis.kill()
        node = self.node(redis)
        self.assertRegex(node.ask('cmd PING'), '^failed (ECONNREFUSED|ENOENT) no connection to Redis: ')
        self.assertEqual(node.ask('state', 'connected'), 'connected 0')
        redis.start()
        until(lambda: node.ask('state', 'connected') == 'connected 1')
        self.assertEqual(node.ask('cmd PING'), 'reply status(PONG:4)')

    def test_killed_and_back(self):
        redis = self.redis()
        node = self.node(redis)
        self.assertEqual(node.ask('cmd PING'), 'reply status(PONG:4)')
        for _ in range(2):
            node.tell('cmd BLPOP nothing 0')
            until(lambda: 'blocked_clients:1' in redis.ask('INFO', 'clients'))
            redis.kill()
            self.assertRegex(node.expect('failed'), '^failed GALE_EEOF ')
            self.assertRegex(node.ask('cmd PING'), '^failed ')
            redis.start()
            until(lambda: node.ask('state', 'connected') == 'connected 1')
            self.assertEqual(node.ask('cmd PING'), 'reply status(PONG:4)')

    def test_a_command_that_is_too_large_harms_no_other(self):
        node = self.node(self.redis())
        self.assertEqual(node.ask('big 70000000', 'big gave'), 'big gave GALE_ETOOBIG')
        self.assertEqual(node.ask('cmd PING'), 'reply status(PONG:4)')

    def test_a_large_command_has_its_deadline(self):
        redis = self.redis()
        node = self.node(redis, 'timeout=0.2')
        self.assertEqual(node.ask('cmd PING'), 'reply status(PONG:4)')
        redis.process.send_signal(signal.SIGSTOP)
        try:
            self.assertEqual(node.ask('big 20000000', 'big gave'), 'big gave GALE_ETIMEDOUT')
        finally:
            redis.process.send_signal(signal.SIGCONT)

    def test_freed_with_a_command_under_way(self):
        redis = self.redis()
        node = self.node(redis)
        node.tell('cmd BLPOP nothing 0')
        until(lambda: 'blocked_clients:1' in redis.ask('INFO', 'clients'))
        node.tell('free')
        self.assertRegex(node.expect('failed'), '^failed GALE_ECLOSED ')
        self.assertEqual(node.ask('cmd PING'), 'reply status(PONG:4)')

    def test_memory_that_fails(self):
        redis = self.redis()
        node = self.node(redis, 'topics')
        node.ask('sub faults', 'subscribed')
        until(lambda: redis.channels() == ['gale:faults'])
        self.assertEqual(node.ask('faults 30', 'survived'), 'survived, some failed')
        self.assertEqual(node.ask('cmd PING'), 'reply status(PONG:4)')

    def test_it_goes_on_trying_when_memory_is_short(self):
        redis = self.redis()
        node = self.node(redis)
        self.assertEqual(node.ask('cmd PING'), 'reply status(PONG:4)')
        node.tell('starve 20')  # its pauses between attempts find no memory for a timer
        redis.kill()
        until(lambda: node.ask('starving', 'starving') == 'starving 0'
              or node.ask('state', 'connected') == 'connected 1')
        redis.start()
        until(lambda: node.ask('state', 'connected') == 'connected 1')
        self.assertEqual(node.ask('cmd PING'), 'reply status(PONG:4)')

    def test_ended_with_a_command_under_way(self):
        redis = self.redis()
        node = Node(redis)
        node.tell('cmd BLPOP nothing 0')
        until(lambda: 'blocked_clients:1' in redis.ask('INFO', 'clients'))
        status, output = node.end()
        self.assertEqual(status, 0, output)


class Unhelpful(RedisTest):
    """A server that does as it is told."""

    def setUp(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(self.listener.close)
        self.address = self.listener.getsockname()

    def accept(self):
        self.listener.settimeout(gale_wire.TIMEOUT)
        peer, _ = self.listener.accept()
        peer.settimeout(gale_wire.TIMEOUT)
        self.addCleanup(peer.close)
        return peer

    def test_a_late_answer_is_nobody_elses(self):
        node = self.node(self.address, 'timeout=0.2')
        peer = self.accept()
        self.assertRegex(node.ask('cmd ECHO one'), '^failed GALE_ETIMEDOUT ')
        node.tell('cmd ECHO two')
        wanted = b'*2\r\n$4\r\nECHO\r\n$3\r\none\r\n*2\r\n$4\r\nECHO\r\n$3\r\ntwo\r\n'
        got = b''
        while len(got) < len(wanted):
            got += peer.recv(1000)
        self.assertEqual(got, wanted)
        peer.sendall(b'$3\r\none\r\n$3\r\ntwo\r\n')
        self.assertEqual(node.expect('reply|failed'), 'reply string(two:3)')

    def test_answers_in_pieces_and_nonsense(self):
        node = self.node(self.address)
        peer = self.accept()
        node.tell('cmd GET x')
        peer.recv(1000)
        for byte in b'*2\r\n$3\r\none\r\n:5\r\n':
            peer.sendall(bytes([byte]))
        self.assertEqual(node.expect('reply|failed'), 'reply array[string(one:3),integer(5)]')
        node.tell('cmd GET x')
        peer.recv(1000)
        peer.sendall(b'what is this')
        self.assertRegex(node.expect('reply|failed'), '^failed GALE_EEOF ')
        peer = self.accept()  # made again
        peer.sendall(b'-ERR max number of clients reached\r\n')
        until(lambda: node.ask('state', 'connected') == 'connected 0')
        self.assertRegex(node.ask('cmd PING', 'failed'), 'max number of clients')


class Topics(RedisTest):
    def nodes(self, redis, *args):
        return [self.node(redis, *args, 'topics') for _ in range(2)]

    def wait_for(self, redis, *channels):
        until(lambda: sorted(redis.channels()) == sorted(channels))

    def test_all_processes_hear_and_none_twice(self):
        redis = self.redis()
        a, b = self.nodes(redis)
        for node in (a, b):
            node.ask('sub news', 'subscribed')
        self.wait_for(redis, 'gale:news')
        until(lambda: redis.ask('PUBSUB', 'NUMSUB', 'gale:news').endswith(':2\r\n'))
        a.tell('pub news one')
        b.expect('^heard news one')
        b.tell('pubb news two')
        a.expect('heard news binary two')
        a.tell('pub news three')
        b.expect('^heard news three')
        a.expect('heard news three')
        for node in (a, b):
            status, output = node.end()
            self.assertEqual(status, 0)
            self.assertEqual([line[6:] for line in output.split('\n') if line.startswith('heard ')],
                             ['news one', 'news binary two', 'news three'])

    def test_only_what_somebody_listens_to_is_subscribed(self):
        redis = self.redis()
        a, b = self.nodes(redis, 'prefix=room/')
        a.ask('sub one', 'subscribed')
        a.ask('sub one', 'subscribed')
        a.ask('sub two', 'subscribed')
        b.ask('sub three', 'subscribed')
        self.wait_for(redis, 'room/one', 'room/two', 'room/three')
        a.ask('unsub one', 'unsubscribed')
        self.wait_for(redis, 'room/two', 'room/three')
        a.ask('unsub two', 'unsubscribed')
        self.wait_for(redis, 'room/three')
        a.ask('sub two', 'subscribed')
        self.wait_for(redis, 'room/two', 'room/three')

    def test_a_publication_by_hand(self):
        redis = self.redis()
        a, _ = self.nodes(redis)
        a.ask('sub news', 'subscribed')
        self.wait_for(redis, 'gale:news')
        redis.ask('PUBLISH', 'gale:news', 'by hand')
        a.expect('heard news by hand')

    def test_a_redis_that_hangs_holds_nobody_up(self):
        redis = self.redis()
        a, b = self.nodes(redis)
        b.ask('sub last', 'subscribed')
        self.wait_for(redis, 'gale:last')
        redis.process.send_signal(signal.SIGSTOP)
        try:
            a.ask('burst', 'burst is out')
            for i in range(20):
                a.ask(f'sub {i}', 'subscribed')
                a.ask(f'unsub {i}', 'unsubscribed')
        finally:
            redis.process.send_signal(signal.SIGCONT)
        a.tell('pub last words')
        b.expect('heard last words')

    def test_published_while_redis_is_away(self):
        redis = self.redis()
        a, b = self.nodes(redis)
        for node in (a, b):
            node.ask('sub news', 'subscribed')
        until(lambda: redis.ask('PUBSUB', 'NUMSUB', 'gale:news').endswith(':2\r\n'))
        redis.kill()
        for node in (a, b):
            node.expect('topics reach this process alone')
        a.tell('pub news alone')
        a.expect('heard news alone')
        a.tell('pub news alone again')
        a.expect('heard news alone again')
        b.ask('sub more', 'subscribed')
        redis.start()
        for node in (a, b):
            node.expect('topics reach Redis again')
        self.wait_for(redis, 'gale:news', 'gale:more')
        until(lambda: redis.ask('PUBSUB', 'NUMSUB', 'gale:news').endswith(':2\r\n'))
        a.tell('pub news together')
        b.expect('heard news together')
        a.tell('pub more and this')
        b.expect('heard more and this')
        for node in (a, b):
            output = node.end()[1]
            self.assertEqual(output.count('topics reach this process alone'), 1, output)
        self.assertNotIn('heard news alone', output)


if __name__ == '__main__':
    gale_wire.main()
