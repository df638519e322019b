"""The life of serving processes: workers, threads, drains, rolling restarts, a new program in place.

Programs are stopped, killed and replaced while clients load them; what counts is how many requests
were lost. Processes are found by what they answer and signalled by their ids.
"""
# SPDX-License-Identifier: MIT
import ctypes
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_websocket    # noqa: E402
import gale_wire    # noqa: E402

PR_SET_CHILD_SUBREAPER = 36
LOAD_THREADS = 6


def alive(pid):
    """Whether the process runs; one that has ended and is ours to reap is reaped."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
    try:
        with open(f'/proc/{pid}/stat') as f:
            return f.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for(what, seconds=gale_wire.TIMEOUT):
    """Until what() gives something; the events here have no descriptor to wait on."""
    end = time.monotonic() + seconds
    while True:
        result = what()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f'not in {seconds} s')
        time.sleep(0.01)


def children(pid):
    with open(f'/proc/{pid}/task/{pid}/children') as f:
        return [int(p) for p in f.read().split()]


class Load:
    """Clients in threads. A connection for each request, or with keep_alive one that is used until the
    server says that it closes. Lost is a request that got no whole answer; one that was sent on a
    connection used before, and got not a byte, may be sent again (RFC 9110, 9.2.2) and counts apart."""

    def __init__(self, port, keep_alive=False, path='/', refusal_is_end=False):
        self.port, self.keep_alive, self.path = port, keep_alive, path
        self.refusal_is_end = refusal_is_end
        self.answered, self.lost, self.again, self.pids = 0, [], 0, set()
        self.stop_event = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(LOAD_THREADS)]

    def __enter__(self):
        for t in self.threads:
            t.start()
        wait_for(lambda: self.answered > 20 or self.lost)
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stop_event.set()
        for t in self.threads:
            t.join()

    def more(self, n=60):
        """Until n more requests were answered."""
        goal = self.answered + n
        wait_for(lambda: self.answered >= goal or self.lost)

    def run(self):
        connection = None
        while not self.stop_event.is_set():
            used = connection is not None
            try:
                if not used:
                    connection = gale_wire.Connection(
                        socket.create_connection(('127.0.0.1', self.port), timeout=gale_wire.TIMEOUT))
            except ConnectionRefusedError as e:
                if self.refusal_is_end:
                    return
                self.lost.append(repr(e))
                return
            try:
                connection.send(f'GET {self.path} HTTP/1.1\r\nHost: x\r\n'
                                f'{"" if self.keep_alive else "Connection: close" + chr(13) + chr(10)}\r\n')
                r = connection.response()
            except (OSError, EOFError) as e:
                got_nothing = not connection.kept
                connection.close()
                connection = None
                if used and got_nothing:
                    self.again += 1
                else:
                    self.lost.append(repr(e))
                continue
            with self.lock:
                self.answered += 1
                if r.status != 200:
                    self.lost.append(repr(r))
                if self.path == '/':
                    self.pids.add(int(r.body.split()[0]))
            if r['Connection'] == 'close' or not self.keep_alive:
                connection.close()
                connection = None
        if connection:
            connection.close()


class Server(gale_wire.Program):
    def __init__(self, *args, env=None):
        self.connections = []
        super().__init__('process_server', '--port=0', '--logging=info', *args, env=env)

    def workers(self):
        return children(self.pid)

    def ask(self):
        return self.get().body.decode()

    def connect(self, host='127.0.0.1'):
        connection = super().connect(host)
        self.connections.append(connection)
        return connection


class Secure(Server):
    """Its URL is an https one."""
    def read_until(self, pattern, timeout=gale_wire.TIMEOUT):
        return super().read_until(pattern.replace(b'http://', b'https://'), timeout)


class Case(unittest.TestCase):
    def server(self, *args, env=None):
        server = Server(*args, env=env)
        self.addCleanup(self.end, server)
        return server

    def end(self, server):
        """None of its processes stays."""
        for connection in getattr(server, 'connections', ()):
            connection.close()
        family = [server.pid]
        for pid in family:
            try:
                family += children(pid)
            except FileNotFoundError:
                pass
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait()
        server.process.stdout.close()
        server.process.stdin.close()
        for pid in family[1:]:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not alive(pid))
        output = server.output.decode('utf-8', 'replace')
        for mark in ('AddressSanitizer', 'runtime error:', 'LeakSanitizer', 'ThreadSanitizer',
                     'assertion failed'):
            self.assertNotIn(mark, output)

    def assert_whole(self, load):
        self.assertEqual(load.lost, [])
        self.assertGreater(load.answered, 20)

    def port_is_free(self, port):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(('0.0.0.0', port))
                s.listen(1)
            except OSError:
                return False
            return True


class Drain(Case):
    def test_a2_1_drain_finishes_what_is_in_flight(self):
        for args in ((), ('--workers=2',), ('--threads=2',)):
            with self.subTest(args=args):
                server = self.server(*args)
                slow, idle = server.connect(), server.connect()
                idle.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
                self.assertEqual(idle.response().status, 200)
                slow.send('GET /slow?seconds=1 HTTP/1.1\r\nHost: x\r\n\r\n')
                self.assertEqual(server.get('/slow?seconds=0.1').status, 200)   # slow has begun, too
                server.process.send_signal(signal.SIGTERM)
                self.assertTrue(idle.is_closed())
                with self.assertRaises(OSError):    # by now nobody listens
                    server.connect()
                r = slow.response()
                self.assertEqual((r.status, r.body, r['Connection']), (200, b'done', 'close'))
                self.assertTrue(slow.is_closed())
                self.assertEqual(server.stop(0)[0], 0)

    def test_a2_1_drain_is_cut_off_at_its_deadline(self):
        for args in ((), ('--workers=1',)):
            with self.subTest(args=args):
                server = self.server('--drain-timeout=0.5', *args)
                stuck = server.connect()
                stuck.send('GET /slow?seconds=60 HTTP/1.1\r\nHost: x\r\n\r\n')
                server.get('/slow?seconds=0.1')
                begin = time.monotonic()
                self.assertEqual(server.stop()[0], 0)
                self.assertLess(time.monotonic() - begin, 5)
                with self.assertRaises((EOFError, ConnectionResetError)):
                    stuck.response()

    def test_a2_1_sigterm_under_load_loses_no_request(self):
        for args in ((), ('--workers=2',), ('--threads=2',)):
            for keep_alive in (False, True):
                with self.subTest(args=args, keep_alive=keep_alive):
                    server = self.server(*args)
                    with Load(server.port, keep_alive, refusal_is_end=True) as load:
                        server.process.send_signal(signal.SIGTERM)
                        self.assertEqual(server.stop(0)[0], 0)
                    self.assert_whole(load)
                    self.assertEqual(load.again, 0)

    def test_a2_1_websockets_are_told_1001(self):
        for args in ((), ('--workers=2',), ('--threads=2',)):
            with self.subTest(args=args):
                server = self.server(*args)
                ws = gale_websocket.WebSocket(server.connect(), '/echo')
                ws.send('here')
                self.assertEqual(ws.read(), 'here')
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(ws.read_close()[0], 1001)
                ws.send(gale_websocket.close_payload(1001), gale_websocket.CLOSE)
                self.assertTrue(ws.connection.is_closed())
                self.assertEqual(server.stop(0)[0], 0)

    def test_connections_in_the_queue_are_answered(self):
        # Stopped, it accepts nothing; what has connected by then is answered before the end.
        server = self.server()
        server.get()
        server.process.send_signal(signal.SIGSTOP)
        waiting = [server.connect() for _ in range(50)]
        for c in waiting:
            c.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGCONT)
        for c in waiting:
            self.assertEqual(c.response().status, 200)
            c.close()
        self.assertEqual(server.stop(0)[0], 0)

    def test_a_second_signal_ends_at_once(self):
        server = self.server()
        stuck = server.connect()
        stuck.send('GET /slow?seconds=60 HTTP/1.1\r\nHost: x\r\n\r\n')
        server.get('/slow?seconds=0.1')
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: self.port_is_free(server.port))    # the first was heard
        begin = time.monotonic()
        self.assertEqual(server.stop()[0], 0)
        self.assertLess(time.monotonic() - begin, 5)

    def test_a_worker_bears_the_signal_twice(self):
        # As from a service manager that signals the whole group, and its parent once more.
        server = self.server('--workers=1')
        slow = server.connect()
        slow.send('GET /slow?seconds=1 HTTP/1.1\r\nHost: x\r\n\r\n')
        server.get('/slow?seconds=0.1')
        for pid in server.workers() + [server.pid]:
            os.kill(pid, signal.SIGTERM)
        self.assertEqual(slow.response().body, b'done')
        self.assertEqual(server.stop(0)[0], 0)


class Workers(Case):
    def test_a2_2_a_killed_worker_is_replaced_under_load(self):
        server = self.server('--workers=2')
        before = server.workers()
        self.assertEqual(len(before), 2)
        with Load(server.port) as load:
            for pid in before:  # the one that is left serves all meanwhile
                os.kill(pid, signal.SIGKILL)
                wait_for(lambda: len(w := server.workers()) == 2 and pid not in w)
            wait_for(lambda: set(server.workers()) & load.pids)
        self.assertLessEqual(len(load.lost), 6 * LOAD_THREADS, load.lost)   # what they had in hand
        server.read_until(rf'child \d \(pid {before[0]}\) killed by signal 9, restarting'.encode())

    def test_a2_2_workers_end_with_a_killed_parent(self):
        server = self.server('--workers=3')
        workers = server.workers()
        with Load(server.port, refusal_is_end=True) as load:
            server.process.kill()
            server.process.wait()
            begin = time.monotonic()
            wait_for(lambda: not any(alive(pid) for pid in workers))
        self.assertLess(time.monotonic() - begin, 5)
        wait_for(lambda: self.port_is_free(server.port))    # io_uring lets go of it a moment later
        # They drain. Who was just connecting when the last one left is reset: workers do not close
        # the shared socket to all, since a successor may listen on it.
        self.assertLessEqual(len(load.lost), LOAD_THREADS, load.lost)
        for lost in load.lost:
            self.assertIn('ConnectionResetError', lost)
        self.assertGreater(load.answered, 20)

    def test_a2_2_a_stuck_worker_ends_with_a_killed_parent(self):
        # Nothing that its loop does can end it: it has its drain's time and five seconds more.
        server = self.server('--workers=1', '--drain-timeout=0.1')
        worker = server.workers()[0]
        stuck = server.connect()
        stuck.send('GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n')
        server.read_until(b'stuck now')
        server.process.kill()
        server.process.wait()
        wait_for(lambda: not alive(worker))
        wait_for(lambda: self.port_is_free(server.port))    # io_uring lets go of it a moment later

    def test_a2_2_sigterm_ends_all(self):
        server = self.server('--workers=2')
        workers = server.workers()
        self.assertEqual(server.stop()[0], 0)
        self.assertFalse(any(alive(pid) for pid in workers))
        wait_for(lambda: self.port_is_free(server.port))

    def test_a2_2_rolling_restart_under_load(self):
        for env in ({}, {'REUSE_PORT': '1'}):
            for keep_alive in (False, True):
                with self.subTest(env=env, keep_alive=keep_alive):
                    server = self.server('--workers=2', env=env)
                    before = server.workers()
                    with Load(server.port, keep_alive) as load:
                        server.process.send_signal(signal.SIGHUP)
                        server.read_until(b'all processes are replaced')
                        wait_for(lambda: not any(alive(pid) for pid in before))
                        load.more()
                    self.assert_whole(load)
                    self.assertEqual(load.again, 0)
                    self.assertEqual(len(server.workers()), 2)
                    self.assertFalse(set(before) & set(server.workers()))
                    self.assertEqual(server.stop()[0], 0)

    def test_workers_have_randomness_of_their_own(self):
        server = self.server('--workers=2', env={'REUSE_PORT': '1'})
        tokens, pids = set(), set()
        for i in range(40):
            tokens.add(server.get('/random').body)
            pids.add(server.ask().split()[0])
        self.assertEqual(len(tokens), 40)
        self.assertEqual(len(pids), 2)
        server.stop()

    def test_task_ids(self):
        server = self.server('--workers=2', env={'REUSE_PORT': '1'})
        ids = wait_for(lambda: len(s := {server.ask().split()[1] for _ in range(20)}) == 2 and s)
        self.assertEqual(ids, {'0', '1'})
        server.stop()

    def test_a_status_restarts_a_worker(self):
        server = self.server('--workers=1')
        pid = server.workers()[0]
        with self.assertRaises(EOFError):
            server.get('/exit?status=3')
        server.read_until(rf'child 0 \(pid {pid}\) exited with status 3, restarting'.encode())
        self.assertNotEqual(server.ask().split()[0], str(pid))
        server.stop()

    def test_web_concurrency(self):
        server = self.server(env={'WEB_CONCURRENCY': '2'})
        self.assertEqual(len(server.workers()), 2)
        server.stop()
        self.assert_refused(['--port=0'], 'WEB_CONCURRENCY in the environment is no number of workers',
                            WEB_CONCURRENCY='many')

    def assert_refused(self, args, text, **env):
        done = subprocess.run([gale_wire.PROGRAMS['process_server'], *args], env={**os.environ, **env},
                              capture_output=True, text=True, timeout=gale_wire.TIMEOUT)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(text, done.stderr)
        self.assertEqual(done.stderr.count('\n'), 1, done.stderr)

    def test_refusals_are_one_line(self):
        with socket.socket() as taken:
            taken.bind(('0.0.0.0', 0))
            taken.listen(1)
            port = taken.getsockname()[1]
            self.assert_refused(['--workers=2', f'--port={port}'],
                                f'cannot listen on port {port}: Address already in use')
        self.assert_refused(['--port=0', '--workers=2', '--logging=none'], 'before any loop is made',
                            LOOP_FIRST='1')
        self.assert_refused(['--port=0', '--workers=-2'], 'is not a number of workers')
        self.assert_refused(['--port=0', '--threads=-1'], '-1 is not a number of threads')
        self.assert_refused(['--port=0', '--drain-timeout=-1'], 'drain-timeout is negative')
        self.assert_refused(['--port=0', '--keyfile=x'], '--keyfile without --certfile')


class NewProgram(Case):
    def follow(self, server, output):
        """The new program's process id, when it has taken over."""
        return int(server.read_until(rb'the new program \(pid (\d+)\) has taken over')[1])

    def test_a_new_program_takes_over_under_load(self):
        for args in ((), ('--workers=2',), ('--threads=2',)):
            for keep_alive in (False, True):
                with self.subTest(args=args, keep_alive=keep_alive):
                    server = self.server(*args)
                    with Load(server.port, keep_alive) as load:
                        server.process.send_signal(signal.SIGUSR2)
                        new = self.follow(server, server.output)
                        try:
                            self.assertEqual(server.process.wait(gale_wire.TIMEOUT), 0)
                            load.more()
                            self.assertTrue(alive(new))
                        finally:
                            load.stop()
                            if alive(new):
                                os.kill(new, signal.SIGTERM)
                            wait_for(lambda: not alive(new))
                    self.assert_whole(load)
                    self.assertEqual(load.again, 0)
                    wait_for(lambda: self.port_is_free(server.port))

    def test_a_new_program_that_fails_changes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'server')
            with open(gale_wire.PROGRAMS['process_server'], 'rb') as f, open(path, 'wb') as copy:
                copy.write(f.read())
            os.chmod(path, 0o755)
            gale_wire.PROGRAMS['copy'] = path
            for args in ((), ('--workers=1',)):
                with self.subTest(args=args):
                    server = gale_wire.Program('copy', '--port=0', *args, env=LIBRARY)
                    self.addCleanup(self.end, server)
                    os.rename(path, path + '.old')
                    with open(path, 'w') as f:
                        f.write('#!/bin/sh\nexit 7\n')
                    os.chmod(path, 0o755)
                    server.process.send_signal(signal.SIGUSR2)
                    server.read_until(rb'the new program \(pid \d+\) exited with status 7; going on')
                    self.assertEqual(server.get().status, 200)
                    os.unlink(path)
                    server.process.send_signal(signal.SIGUSR2)
                    server.read_until(rb'cannot run the new program: No such file or directory; going on')
                    self.assertEqual(server.get().status, 200)
                    self.assertEqual(server.stop()[0], 0)
                    os.rename(path + '.old', path)


class Certificates(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cert, self.key = (os.path.join(folder.name, name) for name in ('cert.pem', 'key.pem'))

    def make(self, name):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                        '-nodes', '-days', '2', '-subj', f'/CN={name}', '-keyout', self.key + '.new',
                        '-out', self.cert + '.new'], check=True, capture_output=True)
        os.rename(self.key + '.new', self.key)  # into place: never half written
        os.rename(self.cert + '.new', self.cert)
        with open(self.cert) as f:
            return ssl.PEM_cert_to_DER_cert(f.read())

    def connect(self, server):
        context = ssl._create_unverified_context()
        return gale_wire.Connection(context.wrap_socket(
            socket.create_connection(('127.0.0.1', server.port), timeout=gale_wire.TIMEOUT)))

    def start(self, *args):
        environ = {'GALE_IOLOOP': gale_wire.BACKEND} if gale_wire.BACKEND else {}
        server = Secure(f'--certfile={self.cert}', f'--keyfile={self.key}', *args, env=environ)
        self.addCleanup(self.end, server)
        return server

    def get(self, connection):
        connection.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        return connection.response().status

    def test_certificates_are_read_again_on_sighup(self):
        for args in ((), ('--threads=2',), ('--workers=1',)):
            with self.subTest(args=args):
                first = self.make('first')
                server = self.start(*args)
                old = self.connect(server)
                self.assertEqual(self.get(old), 200)
                self.assertEqual(old.sock.getpeercert(True), first)
                second = self.make('second')
                server.process.send_signal(signal.SIGHUP)
                server.read_until(b'all processes are replaced' if '--workers=1' in args
                                  else b'certificates read again')
                if '--workers=1' not in args:   # the connection lives on
                    self.assertEqual(self.get(old), 200)
                old.close()
                wait_for(lambda: self.peer(server) == second)
                if '--workers=1' not in args:
                    with open(self.cert, 'w') as f:
                        f.write('no certificate')
                    server.process.send_signal(signal.SIGHUP)
                    server.read_until(b'certificates stay as they were: ')
                    self.assertEqual(self.peer(server), second)
                self.assertEqual(server.stop()[0], 0)

    def peer(self, server):
        with self.connect(server) as c:
            self.assertEqual(self.get(c), 200)
            return c.sock.getpeercert(True)

    def test_a_certificate_that_cannot_be_read_is_one_line(self):
        done = subprocess.run([gale_wire.PROGRAMS['process_server'], '--port=0', '--certfile=/nowhere.pem'],
                              capture_output=True, text=True, timeout=gale_wire.TIMEOUT)
        self.assertEqual(done.returncode, 1)
        self.assertIn('/nowhere.pem', done.stderr)
        self.assertEqual(done.stderr.count('\n'), 1, done.stderr)


class Threads(Case):
    def test_threads_share_an_application(self):
        for env in ({}, {'REUSE_PORT': '1'}):
            with self.subTest(env=env):
                server = self.server('--threads=3', env=env)
                seen = set()
                with Load(server.port, path='/slow?seconds=0.001') as load:
                    if env:     # a shared socket may give all to one of them
                        wait_for(lambda: seen.add(server.ask()) or len(seen) > 1)
                    load.more()
                self.assert_whole(load)
                self.assertEqual({answer.split()[0] for answer in seen}, {str(server.pid)} if env else set())
                self.assertEqual(server.stop()[0], 0)

    def test_workers_with_threads(self):
        server = self.server('--workers=2', '--threads=2')
        for pid in server.workers():
            wait_for(lambda: len(os.listdir(f'/proc/{pid}/task')) >= 2)
        with Load(server.port) as load:
            load.more()
        self.assert_whole(load)
        self.assertEqual(server.stop()[0], 0)


    def test_a_signal_while_threads_start(self):
        # As early as it is taken, and later: whatever the threads are at.
        environ = dict(os.environ, GALE_IOLOOP=gale_wire.BACKEND) if gale_wire.BACKEND else None
        for i in range(12):
            process = subprocess.Popen([gale_wire.PROGRAMS['process_server'], '--port=0', '--threads=48',
                                        '--drain-timeout=1'], stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, env=environ)
            try:
                wait_for(lambda: self.has_begun(process, 2 + 2 * i))
                process.terminate()
                output, _ = process.communicate(timeout=gale_wire.TIMEOUT)
            finally:
                process.kill()
                process.communicate()
            self.assertEqual(process.returncode, 0, output)
            self.assertNotIn(b'Sanitizer', output)
            self.assertNotIn(b'runtime error', output)

    def has_begun(self, process, n_threads):
        """It takes SIGTERM and has so many threads, or has them all."""
        with open(f'/proc/{process.pid}/status') as f:
            fields = dict(line.split(':', 1) for line in f)
        return int(fields['SigCgt'], 16) >> (signal.SIGTERM - 1) & 1 and int(fields['Threads']) >= n_threads


def new_namespace():
    """What starts a program as process 1, or None where that is not allowed."""
    for command in (['--pid', '--fork', '--mount-proc', '--kill-child'],
                    ['--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child']):
        if shutil.which('unshare') and subprocess.run(['unshare', *command, 'true'],
                                                      capture_output=True).returncode == 0:
            return command
    return None


class ProcessOne(Case):
    def start(self, *args):
        command = new_namespace()
        if not command:
            self.skipTest('no process namespaces here')
        gale_wire.PROGRAMS['unshare'] = shutil.which('unshare')
        server = gale_wire.Program('unshare', *command, gale_wire.PROGRAMS['process_server'], '--port=0',
                                   '--logging=info', '--drain-timeout=1', *args)
        self.addCleanup(self.end, server)
        return server, children(server.pid)[0]

    def test_a_new_program_is_refused(self):
        for args in ((), ('--workers=1',)):
            with self.subTest(args=args):
                server, first = self.start(*args)
                os.kill(first, signal.SIGUSR2)
                server.read_until(b'process 1 cannot be replaced by another.*; going on')
                self.assertEqual(server.get().status, 200)
                os.kill(first, signal.SIGTERM)
                self.assertEqual(server.process.wait(gale_wire.TIMEOUT), 0)

    def test_orphans_are_reaped(self):
        server, first = self.start('--workers=1')
        workers = children(first)
        self.assertEqual(server.get('/orphan').status, 200)
        [orphan] = wait_for(lambda: set(children(first)) - set(workers))
        os.kill(orphan, signal.SIGKILL)
        wait_for(lambda: children(first) == workers)
        os.kill(first, signal.SIGTERM)
        self.assertEqual(server.process.wait(gale_wire.TIMEOUT), 0)


class ServiceManager(Case):
    def start(self, *args, notify=None, n_sockets=1):
        """As systemd starts it: sockets from 3 on, LISTEN_PID, NOTIFY_SOCKET."""
        sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(n_sockets)]
        read_end, write_end = os.pipe()
        environ = dict(os.environ, LISTEN_FDS=str(n_sockets))
        if gale_wire.BACKEND:
            environ['GALE_IOLOOP'] = gale_wire.BACKEND
        if notify:
            environ['NOTIFY_SOCKET'] = notify
        path = gale_wire.PROGRAMS['process_server']
        pid = os.fork()
        if pid == 0:
            try:
                high = [os.dup(s.fileno()) for s in sockets]
                out = os.dup(write_end)
                keep = [__import__('fcntl').fcntl(fd, 0, 200) for fd in high + [out]]
                for i, fd in enumerate(keep[:-1]):
                    os.dup2(fd, 3 + i)
                os.dup2(keep[-1], 1)
                os.dup2(keep[-1], 2)
                os.execve(path, [path, *args], dict(environ, LISTEN_PID=str(os.getpid())))
            finally:
                os._exit(127)
        os.close(write_end)
        self.addCleanup(os.close, read_end)
        self.addCleanup(self.stop, pid)
        ports = [s.getsockname()[1] for s in sockets]
        for s in sockets:
            s.close()
        return pid, ports

    def stop(self, pid):
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not alive(pid))

    def get(self, port):
        with gale_wire.Connection(socket.create_connection(('127.0.0.1', port), timeout=10)) as c:
            c.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
            return c.response()

    def test_sockets_of_a_service_manager(self):
        for args in ((), ('--workers=2',)):
            with self.subTest(args=args):
                pid, ports = self.start('--port=1', *args, n_sockets=2)
                for port in ports:
                    self.assertEqual(self.get(port).status, 200)
                os.kill(pid, signal.SIGTERM)
                wait_for(lambda: not alive(pid))

    def test_a_service_manager_is_told(self):
        for args in ((), ('--workers=2',), ('--threads=2',)):
            with self.subTest(args=args), tempfile.TemporaryDirectory() as folder, \
                    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                path = os.path.join(folder, 'notify')
                manager.bind(path)
                manager.settimeout(gale_wire.TIMEOUT)
                pid, ports = self.start(*args, notify=path)
                self.assertEqual(manager.recv(4096), b'READY=1')
                self.assertEqual(self.get(ports[0]).status, 200)
                os.kill(pid, signal.SIGUSR2)
                self.assertEqual(manager.recv(4096), b'READY=1')
                told = manager.recv(4096).decode()
                self.assertRegex(told, r'^MAINPID=\d+$')
                new = int(told.split('=')[1])
                self.addCleanup(self.stop, new)
                self.assertEqual(manager.recv(4096), b'STOPPING=1')
                wait_for(lambda: not alive(pid))
                self.assertEqual(self.get(ports[0]).status, 200)
                os.kill(new, signal.SIGTERM)
                self.assertEqual(manager.recv(4096), b'STOPPING=1')
                wait_for(lambda: not alive(new))


LIBRARY = {}


if __name__ == '__main__':
    # What a program that was replaced leaves behind becomes ours, to be waited for.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for arg in sys.argv:
        if arg.startswith('process_server='):    # a copy elsewhere finds the library as this one does
            folder = os.path.dirname(os.path.abspath(arg.split('=', 1)[1]))
            LIBRARY['LD_LIBRARY_PATH'] = os.path.dirname(os.path.dirname(folder))
    gale_wire.main()
