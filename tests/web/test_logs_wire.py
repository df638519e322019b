"""Logs and options of gale_main over the wire: formats, request ids, levels, where options come from."""
# SPDX-License-Identifier: MIT
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire    # noqa: E402

NASTY = b'/?q="\\\\{}%22&c=\xff\xc3\xa9\xc0'


class Base(gale_wire.TestCase):
    def run_server(self, *args, get=(b'/',), headers='', env=None):
        """The lines that a server logs for these requests, and the answers."""
        p = gale_wire.Program('logs_server', '--port=0', '--address=127.0.0.1', *args, env=env)
        answers = []
        for target in get:
            with p.connect() as c:
                c.send(b'GET ' + target + b' HTTP/1.1\r\nHost: a\r\n' + headers.encode() + b'\r\n')
                answers.append(c.response())
        status, _ = p.stop()
        self.assertEqual(status, 0, p.output)
        lines = p.output.split(b'\n')
        at = [i for i, line in enumerate(lines) if b'listening on' in line][0]
        return [line for line in lines[at:] if line and not line.startswith(b'listening')], answers

    def refuse(self, *args, env=None):
        done = subprocess.run([gale_wire.PROGRAMS['logs_server'], *args], stderr=subprocess.PIPE,
                              env={**os.environ, **(env or {})}, timeout=gale_wire.TIMEOUT)
        self.assertEqual(done.returncode, 1)
        return done.stderr.decode()


class Lines(Base):
    def test_a2_6_one_valid_json_line_whatever_the_uri_holds(self):
        lines, _ = self.run_server('--log-format=json', get=[NASTY, b'/\x7f', b'/fail'],
                                   headers='User-Agent: "\\x\r\nReferer: r\r\n')
        records = [json.loads(line.decode('utf-8')) for line in lines]
        self.assertRegex(records[0]['message'], 'listening on http://127.0.0.1:')
        access = [r for r in records if r['logger'] == 'gale.access']
        self.assertEqual(access[0]['status'], 200)
        self.assertEqual(access[0]['uri'], '/?q="\\\\{}%22&c=\\xff\xe9\\xc0')
        self.assertEqual(access[0]['user_agent'], '"\\x')
        self.assertEqual(access[0]['referer'], 'r')
        self.assertEqual(access[0]['remote_ip'], '127.0.0.1')
        self.assertEqual(access[0]['bytes'], 5)
        self.assertGreaterEqual(access[0]['duration_ms'], 0)
        self.assertTrue(any('it "failed"' in r.get('message', '') for r in records), records)
        self.assertRegex(records[0]['time'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$')

    def test_colours_where_there_are_some(self):
        for env, colored in (({'TERM': 'xterm'}, True), ({'TERM': 'dumb'}, False),
                             ({'TERM': 'xterm', 'NO_COLOR': '1'}, False)):
            with self.subTest(env=env):
                terminal, end = pty.openpty()
                env = {'PATH': os.environ['PATH'], **env}
                server = subprocess.Popen([gale_wire.PROGRAMS['logs_server'], '--port=0', '--workers=1'],
                                          stderr=end, env=env)
                os.close(end)
                seen = b''
                while b'listening' not in seen:    # "starting 1 processes" is before it
                    seen += os.read(terminal, 4096)
                server.terminate()
                server.wait(gale_wire.TIMEOUT)
                os.close(terminal)
                self.assertEqual(seen.startswith(b'\x1b[32m[I '), colored, seen)

    def test_json_of_the_access_line_alone(self):
        lines, _ = self.run_server(get=[b'/id'], env={'ACCESS_LOG': 'json'})
        self.assertEqual(json.loads(lines[0])['uri'], '/id')

    def test_the_combined_format(self):
        lines, _ = self.run_server('--access-log=combined', get=[NASTY, b'/fail'],
                                   headers='User-Agent: a "b" \\\r\n', env={'ACCESS_LOG': 'json'})
        line = lines[2].decode()
        match = re.fullmatch(r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] '
                             r'"((?:[^"\\]|\\.)*)" 200 5 "-" "((?:[^"\\]|\\.)*)"', line)
        self.assertTrue(match, line)
        self.assertEqual(match[1], 'GET /?q=\\"\\\\\\\\{}%22&c=\\xff\xe9\\xc0 HTTP/1.1')
        self.assertEqual(match[2], 'a \\"b\\" \\\\')
        self.assertRegex(lines[-1], rb'^127.* "GET /fail HTTP/1.1" 500 \d+ ')

    def test_off(self):
        lines, _ = self.run_server('--access-log=off')
        self.assertEqual(len(lines), 2, lines)
        self.assertIn("access_log is", self.refuse('--access-log=loud'))

    def test_levels_by_logger(self):
        lines, _ = self.run_server('--log-levels=gale.access=warning,shop=debug')
        self.assertEqual([line.split(b'] ')[1] for line in lines],
                         [b'debugging', b'in a handler', b'in a child'])
        self.assertIn("'shop' is no logger=level", self.refuse('--log-levels=shop'))


class Ids(Base):
    def test_an_id_is_made_and_stands_in_every_line(self):
        lines, answers = self.run_server(get=[b'/', b'/'], env={'REQUEST_ID': '1'})
        ids = [a['X-Request-Id'] for a in answers]
        self.assertNotEqual(*ids)
        self.assertRegex(ids[0], '^[0-9a-f]{16}$')
        self.assertEqual(len(lines), 6)
        for line, request_id in zip(lines, [ids[0]] * 3 + [ids[1]] * 3):
            self.assertRegex(line, rb'^\[I \d{6} [\d:]{8} \w+:\d+ ' + request_id.encode() + rb'\] ')

    def test_that_of_a_trusted_peer_is_taken_when_well_formed(self):
        lines, answers = self.run_server('--log-format=json', get=[b'/id', b'/fail'],
                                         headers='X-Request-Id: Ab-1.2_3\r\n', env={'REQUEST_ID': '1'})
        self.assertEqual(answers[0].body, b'Ab-1.2_3')
        self.assertEqual([a['X-Request-Id'] for a in answers], ['Ab-1.2_3'] * 2)
        self.assertEqual({json.loads(line)['request_id'] for line in lines[1:]}, {'Ab-1.2_3'})
        for bad in ('a b', '"', 'x' * 129, '\xe9', ''):
            _, answers = self.run_server(get=[b'/id'], headers=f'X-Request-Id: {bad}\r\n')
            self.assertRegex(answers[0].body, b'^[0-9a-f]{16}$')

    def test_none_unless_asked_for(self):
        lines, answers = self.run_server()
        self.assertIsNone(answers[0]['X-Request-Id'])
        self.assertRegex(lines[0], rb'^\[I \d{6} [\d:]{8} logs_server:\d+\] ')


class Coroutines(Base):
    def test_sigquit_logs_them_with_their_calls_and_goes_on(self):
        for threads in ('1', '2'):
            p = gale_wire.Program('logs_server', '--port=0', '--address=127.0.0.1', '--threads=' + threads)
            with p.connect() as c, p.connect() as other:
                c.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n')
                other.send('GET /id HTTP/1.1\r\nHost: a\r\n\r\n')
                other.response()
                p.process.send_signal(signal.SIGQUIT)
                p.read_until(rb"coroutine '/wait' waits\n(    +\S.*\n)*? +gale_sleep .*\n(.*\n)*? +wait_long.*\n"
                             rb" +wait_get .*\n")
                self.assertEqual(c.response().body, b'waited')
                p.process.send_signal(signal.SIGQUIT)
                p.read_until(rb'\] 0 coroutines')
                other.send('GET /id HTTP/1.1\r\nHost: a\r\n\r\n')
                self.assertEqual(other.response().status, 200)
            self.assertEqual(p.stop()[0], 0, p.output)


class Options(Base):
    def test_command_line_before_environment_before_file(self):
        with tempfile.NamedTemporaryFile('w', suffix='.conf') as f:
            f.write("access_log = 'combined'\nlog_format = json\nlog_levels = ['shop=debug', 'gale=none']\n")
            f.flush()
            lines, _ = self.run_server('--log-format=text', f'--config={f.name}')
            self.assertEqual([line.split(b'] ')[1] for line in lines],
                             [b'debugging', b'in a handler', b'in a child'])
            lines, _ = self.run_server(env={'GALE_CONFIG': f.name, 'GALE_LOG_LEVELS': 'gale=info'})
            self.assertEqual(json.loads(lines[1])['message'], 'in a handler')
            self.assertRegex(lines[-1], b'^127')
            f.write('port = 70000\n')
            f.flush()
            self.assertIn(f"{f.name}:4: '70000' is more than 65535", self.refuse(f'--config={f.name}'))

    def test_mistakes_name_their_place(self):
        self.assertIn("GALE_PORT in the environment: 'x' is not an integer",
                      self.refuse(env={'GALE_PORT': 'x'}))
        self.assertIn("Option '--port': '-1' is less than 0", self.refuse('--port=-1'))
        self.assertIn('No such file', self.refuse('--config=is-not-there'))


if __name__ == '__main__':
    gale_wire.main()
