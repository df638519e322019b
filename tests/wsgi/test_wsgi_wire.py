"""test_wsgi_wire - PEP 3333, sentence by sentence, over the wire: apps.py under gale_wsgi_handler."""
# SPDX-License-Identifier: MIT
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
import gale_wire  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
# Python keeps what it made to its end; with malloc AddressSanitizer sees what we do to its objects.
PYTHON = {'WSGI_PATH': str(HERE), 'PYTHONMALLOC': 'malloc', 'PYTHONDONTWRITEBYTECODE': '1'}


def start(first='apps', other='apps', *args, **env):
    environ = {**PYTHON, **env}
    environ['ASAN_OPTIONS'] = os.environ.get('ASAN_OPTIONS', '') + ':detect_leaks=0:quarantine_size_mb=8'
    return gale_wire.Program('wsgi_server', first, other, '--port=0', *args, env=environ)


class Case(gale_wire.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = start()

    @classmethod
    def tearDownClass(cls):
        status, output = cls.program.stop()
        assert status == 0, output
        assert not re.search('Sanitizer|runtime error', output), output

    def ask(self, path, method='GET', body=None, headers='', head_only=False):
        with self.program.connect() as c:
            length = '' if body is None else f'Content-Length: {len(body)}\r\n'
            c.send(f'{method} {path} HTTP/1.1\r\nHost: localhost\r\n{length}{headers}\r\n')
            c.send(body or b'')
            return c.response(head_only=head_only)

    def text(self, path, *args, **named):
        return self.ask(path, *args, **named).body.decode()

    def environ(self, path, *args, **named):
        return json.loads(self.text(path, *args, **named))

    def logged(self, pattern):
        return self.program.read_until(pattern)


class Environ(Case):
    def test_types(self):
        seen = self.environ('/env')
        self.assertTrue(seen['exact'])    # a dict, no kind of it
        kinds = seen['kinds']
        for key in ('REQUEST_METHOD', 'SCRIPT_NAME', 'PATH_INFO', 'QUERY_STRING', 'SERVER_NAME', 'SERVER_PORT',
                    'SERVER_PROTOCOL', 'wsgi.url_scheme'):
            self.assertEqual(kinds[key], 'str', key)
        self.assertEqual([seen['values'][k] for k in ('wsgi.multithread', 'wsgi.multiprocess', 'wsgi.run_once')],
                         [True, True, False])
        self.assertEqual(seen['values']['wsgi.version'], [1, 0])

    def test_of_a_request(self):
        got = self.environ('/env/a%20b?x=1&y=%41', 'POST', b'ab',
                           'Content-Type: text/x\r\nX-Two: 1\r\nX-Two: 2\r\nCookie: a=1\r\nCookie: b=2\r\n'
                           'X_Real_Ip: 6.6.6.6\r\nProxy: evil\r\nX-Caf: \xe9\r\n')['values']
        want = {'REQUEST_METHOD': 'POST', 'SCRIPT_NAME': '', 'PATH_INFO': '/env/a b', 'QUERY_STRING': 'x=1&y=%41',
                'REQUEST_URI': '/env/a%20b?x=1&y=%41', 'SERVER_PROTOCOL': 'HTTP/1.1', 'SERVER_NAME': 'localhost',
                'SERVER_PORT': '80', 'REMOTE_ADDR': '127.0.0.1', 'CONTENT_TYPE': 'text/x', 'CONTENT_LENGTH': '2',
                'HTTP_HOST': 'localhost', 'HTTP_X_TWO': '1, 2', 'HTTP_COOKIE': 'a=1; b=2', 'HTTP_X_CAF': '\xe9',
                'wsgi.url_scheme': 'http'}
        self.assertEqual({k: got.get(k) for k in want}, want)
        for absent in ('HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH', 'HTTP_X_REAL_IP', 'HTTP_PROXY'):
            self.assertNotIn(absent, got)

    def test_repeated_lengths_are_one_number(self):
        got = self.environ('/env', 'POST', b'ab', 'Content-Length: 2\r\n')['values']
        self.assertEqual(got['CONTENT_LENGTH'], '2')

    def test_script_name_and_path_info(self):
        for path, want in {'/app/env': ('/app', '/env'), '/app/env/%C3%A9%2Fx%00': ('/app', '/env/\xc3\xa9/x\0'),
                           '/app/env/': ('/app', '/env/'), '//env': ('', '//env')}.items():
            got = self.environ(path)['values']
            self.assertEqual((got['SCRIPT_NAME'], got['PATH_INFO']), want)
        self.assertEqual(self.text('/app'), 'Hello, world')

    def test_host_and_scheme(self):
        for host, want in {'a.test:81': ('a.test', '81'), '[::1]:9': ('[::1]', '9'), 'b.test': ('b.test', '80')}.items():
            with self.program.connect() as c:
                c.send(f'GET /env HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Proto: http\r\n\r\n')
                got = json.loads(c.response().body)['values']
            self.assertEqual((got['SERVER_NAME'], got['SERVER_PORT']), want)
        got = self.environ('/env', headers='X-Forwarded-Proto: https\r\nX-Real-Ip: 10.1.2.3\r\n')['values']
        self.assertEqual((got['wsgi.url_scheme'], got['SERVER_PORT'], got['REMOTE_ADDR']), ('https', '443', '10.1.2.3'))

    def test_other_methods(self):
        for method in ('PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'):
            self.assertEqual(self.environ('/env', method)['values']['REQUEST_METHOD'], method)


class Input(Case):
    def methods(self, calls, body=b'ab\ncd\n\nlast'):
        return json.loads(self.text(f'/methods?{calls}', 'POST', body))

    def test_reads(self):
        self.assertEqual(self.methods('read=3;read=0;read=2;read;read;read=5'), ['ab\n', '', 'cd', '\n\nlast', '', ''])
        self.assertEqual(self.methods('read=-1;read=None'), ['ab\ncd\n\nlast', ''])
        self.assertEqual(self.methods('readline;readline=1;readline=5;readline=-1;readline;readline'),
                         ['ab\n', 'c', 'd\n', '\n', 'last', ''])
        self.assertEqual(self.methods('readlines'), [['ab\n', 'cd\n', '\n', 'last']])
        self.assertEqual(self.methods('readlines=4;readlines=1;iter'), [['ab\n', 'cd\n'], ['\n'], ['last']])
        self.assertEqual(self.methods('readline;read=1;iter'), ['ab\n', 'c', ['d\n', '\n', 'last']])
        self.assertEqual(self.methods('read;readline;iter;readlines', b''), ['', '', [], []])

    def test_wrong_arguments(self):
        self.assertEqual(self.ask('/methods?read=1=2', 'POST', b'').status, 500)

    def test_long_lines(self):
        line = b'x' * 100000 + b'\n'
        self.assertEqual(self.methods('iter', line * 3), [[line.decode()] * 3])

    def test_no_body(self):
        self.assertEqual(self.text('/echo'), '')

    def test_bodies_come_in_any_pieces(self):
        with self.program.connect() as c:
            c.send('POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n')
            for byte in b'abcdef':
                c.send(bytes([byte]))
            self.assertEqual(c.response().body, b'abcdef')
            c.send('POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n')
            self.assertEqual(c.response().body, b'abcde')

    def test_a_large_one_streams(self):
        n = 100 << 20
        before = self.program.memory()
        with self.program.connect() as c:
            c.send(f'POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: {n}\r\n\r\n')
            for _ in range(100):
                c.send(bytes(1 << 20))
            self.assertEqual(c.response().body, str(n).encode())
        self.assertLess(self.program.memory() - before, 40 << 20)

    def test_answers_between_reads(self):
        with self.program.connect() as c:
            c.send('POST /ping_pong HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n')
            for n in range(3):
                c.send(f'7\r\nline {n}\n\r\n')
                self.assertIn(f'got line {n}\n'.encode(), c.read_until(f'got line {n}\n'.encode()))
            c.send('0\r\n\r\n')
            c.read_until(b'0\r\n\r\n')

    def test_read_while_the_answer_leaves(self):
        with self.program.connect() as c:
            c.send('POST /duplex HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n' + 'y' * 1000000)
            self.assertEqual(c.response().body, b'x' * 1000000 + b'1000000')

    def test_expect(self):
        with self.program.connect() as c:
            c.send('POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n')
            self.assertEqual(c.read_until(b'\r\n\r\n'), b'HTTP/1.1 100 Continue\r\n\r\n')
            c.send('ok')
            self.assertEqual(c.response().body, b'ok')

    def test_too_large(self):
        answer = self.ask('/count', 'POST', headers=f'Content-Length: {300 << 20}\r\n')
        self.assertEqual(answer.status, 413)

    def test_malformed(self):
        with self.program.connect() as c:
            c.send('POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')
            self.assertEqual(c.response().status, 400)

    def test_who_leaves(self):
        with self.program.connect() as c:
            c.send('POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nabc')
            c.reset()
        self.assertEqual(self.text('/hello'), 'Hello, world')


class Answers(Case):
    def test_pieces_leave_as_they_come(self):
        with self.program.connect() as c:
            c.send('GET /stepwise HTTP/1.1\r\nHost: h\r\n\r\n')
            self.assertIn(b'Transfer-Encoding: chunked', c.read_until(b'one'))
            self.ask('/go?step')
            c.read_until(b'0\r\n\r\n')
        self.assertIn('stepwise', self.text('/were_closed'))

    def test_write(self):
        self.assertEqual(self.text('/written'), 'written, returned')

    def test_start_response_at_the_first_piece(self):
        answer = self.ask('/late')
        self.assertEqual((answer.status, answer.reason, answer.body), (201, 'Late', b'late'))

    def test_an_empty_body(self):
        self.assertEqual(self.ask('/nothing').body, b'')
        self.assertEqual(self.ask('/nothing')['Content-Length'], '0')

    def test_one_piece_has_its_length(self):
        self.assertEqual(self.ask('/hello')['Content-Length'], '12')

    def test_head(self):
        for path, length in {'/hello': '12', '/fields': '2', '/late': None, '/send_file': '512000',
                             '/shorter': '10', '/written': None}.items():
            answer = self.ask(path, 'HEAD', head_only=True)
            self.assertLess(answer.status, 300, path)
            if length:
                self.assertEqual(answer['Content-Length'], length, path)

    def test_a_body_that_nobody_gets_is_not_asked_for_to_its_end(self):
        for method, status in (('HEAD', '200+OK'), ('GET', '204+No'), ('GET', '304+Same'), ('HEAD', '304+Same')):
            before = self.text('/were_closed').count('head')
            answer = self.ask(f'/endless_head?{status}', method, head_only=True)
            self.assertEqual((answer.status, answer['Content-Length']), (int(status[:3]), None))
            while self.text('/were_closed').count('head') == before:
                self.program.take_output()

    def test_no_content(self):
        for status in ('204 No Content', '304 Not Modified'):
            with self.program.connect() as c:
                c.send(f'GET /no_content?{status.replace(" ", "%20")} HTTP/1.1\r\nHost: h\r\n\r\n')
                answer = c.response()
                self.assertEqual((answer.status, answer['X-A']), (500, None))    # the query is not decoded
                c.send('GET /no_content HTTP/1.1\r\nHost: h\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\n')
                answer = c.response()
                self.assertEqual((answer.status, answer['X-A'], answer.body), (204, '1', b''))
                self.assertEqual(c.response().body, b'Hello, world')

    def test_headers_as_given(self):
        answer = self.ask('/fields')
        self.assertEqual((answer.status, answer.reason, answer.body), (299, 'Odd One', b'ok'))
        self.assertEqual(answer.all('Set-Cookie'), ['a=1', 'b=2'])
        self.assertEqual((answer['X-Name'], answer.all('Server'), answer['Etag'], answer['Content-Length']),
                         ('caf\xe9', ['mine'], '"x"', '2'))
        self.assertIsNone(answer['Content-Type'])
        self.assertIsNone(self.ask('/hello')['Etag'])

    def test_exc_info(self):
        answer = self.ask('/error_page')
        self.assertEqual((answer.status, answer['X-First'], answer.body), (503, None, b'an error page'))
        with self.program.connect() as c:
            c.send('GET /error_too_late HTTP/1.1\r\nHost: h\r\n\r\n')
            self.assertNotIn(b'0\r\n\r\n', c.read_all())    # broken off
        self.logged(rb'RuntimeError: as asked')

    def test_applications_that_are_wrong(self):
        said = {
            'never': 'did not call|before start_response', 'status_bytes': 'status is no str but bytes',
            'status_number': "'OK' is no status", 'status_line': 'is no status', 'status_100': '100 is no status',
            'headers_tuple': 'no list but tuple', 'pair_list': 'no tuple', 'pair_three': 'no tuple',
            'name_space': 'has a name that no header has', 'value_newline': 'control characters',
            'value_bytes': 'no str but bytes', 'value_wide': 'outside of latin-1', 'hop': 'hop-by-hop',
            'chunked': 'hop-by-hop', 'status_header': 'the status has its own argument', 'length': 'no number',
            'twice': 'a second time', 'exc_info': 'exc_info is not', 'bytes': 'returned bytes: a list',
            'text': 'bytes are sent, not str', 'str': 'returned str', 'none': 'NoneType', 'number': 'not int',
            'write_before': 'not reached'}
        for what, text in said.items():
            self.assertEqual(self.ask(f'/wrong?{what}').status, 500, what)
            self.logged(f'GET /wrong\\?{what} [^\\0]*({text})'.encode())

    def test_promises_of_length(self):
        self.assertEqual(self.ask('/longer').body, b'abc')
        self.logged(rb'longer than its Content-Length of 3')
        with self.program.connect() as c:
            c.send('GET /shorter HTTP/1.1\r\nHost: h\r\n\r\n')
            self.assertLess(len(c.read_all().partition(b'\r\n\r\n')[2]), 10)    # and closed: the client sees
        self.logged(rb'6 bytes, its Content-Length says 10')
        self.assertIn('longer shorter', self.text('/were_closed'))

    def test_exceptions(self):
        for what, text in {'': 'RuntimeError: as asked', 'exit': 'SystemExit: 3', 'interrupt': 'KeyboardInterrupt',
                           'unprintable': 'Odd', 'nul': r'a\?b', 'surrogate': r'\\udc80 is not'}.items():
            answer = self.ask(f'/raises?{what}')
            self.assertEqual((answer.status, b'Traceback' in answer.body), (500, False))
            self.logged(rb'Uncaught exception GET /raises\?%s \(127\.0\.0\.1\)\r?\n    Traceback [^\0]*%s'
                        % (what.encode(), text.encode()))
        self.logged(rb'File "[^"]*/apps\.py", line \d+, in raises')

    def test_an_exception_after_the_head(self):
        with self.program.connect() as c:
            c.send('GET /raises_later HTTP/1.1\r\nHost: h\r\n\r\n')
            c.read_until(b'begun')
            self.ask('/go?raise')
            self.assertNotIn(b'0\r\n\r\n', c.read_all())
        self.assertIn('raises_later', self.text('/were_closed'))

    def test_an_exception_in_close(self):
        self.assertEqual(self.text('/raises_in_close'), 'whole')
        self.logged(rb'GET /raises_in_close [^\0]*in close[^\0]*as asked')

    def test_errors_go_to_the_log(self):
        self.text('/logs')
        self.logged(rb'\] first line\r?\n[^\0]*\] second line\r?\n[^\0]*\] third caf\xc3\xa9\\x1b\[31m\r?\n[^\0]*\] fourth')

    def test_file_wrapper(self):
        data = bytes(range(256)) * 2000
        for query, want in {'': data, 'from=1000': data[1000:], 'length=300': data[:300], 'kind=memory': data,
                            'kind=gzip': data,
                            'from=7;length=9': data[7:16], 'kind=memory;length=512000': data}.items():
            self.assertEqual(self.ask(f'/send_file?{query}').body, want, query)
            self.assertEqual(self.text('/stream_closed'), 'True')
        answer = self.ask('/send_file?length=600000', head_only=True)    # more than there is
        self.assertEqual(answer.status, 200)

    def test_objects_of_ours(self):
        self.assertEqual(self.text('/kinds'), 'no no no')

    def test_a_client_that_leaves_closes_the_iterable(self):
        with self.program.connect() as c:
            c.send('GET /endless HTTP/1.1\r\nHost: h\r\n\r\n')
            c.read(100000)
            c.reset()
        while 'endless' not in self.text('/were_closed'):
            self.program.take_output()

    def test_what_outlives_its_request(self):
        self.text('/keep')
        self.assertRegex(self.text('/use_kept'), r"^b'' \w+ AssertionError$")

    def test_the_validator_finds_nothing(self):
        self.assertEqual(self.text('/validated', 'POST', b'a\nb\nc'), 'seen a\nb\nc')
        self.assertEqual(self.ask('/validated', 'HEAD', head_only=True).status, 200)
        self.assertEqual(self.text('/app/validated?x=1'), 'seen ')
        self.logged(rb'\] validated')


class Threads(Case):
    def test_requests_that_wait_do_not_keep_others(self):
        with self.program.connect() as one, self.program.connect() as two:
            one.send('GET /wait?a HTTP/1.1\r\nHost: h\r\n\r\n')
            two.send('GET /wait?b HTTP/1.1\r\nHost: h\r\n\r\n')
            self.text('/go?b')
            self.assertEqual(two.response().body, b'True')
            self.text('/go?a')
            self.assertEqual(one.response().body, b'True')

    def test_more_than_there_are_threads(self):
        waiting = [self.program.connect() for _ in range(7)]
        for c in waiting:
            c.send('GET /wait?all HTTP/1.1\r\nHost: h\r\n\r\n')
        self.text('/go?all')
        for c in waiting:
            self.assertEqual(c.response().body, b'True')
            c.close()

    def test_c_goes_on_while_python_computes(self):
        with self.program.connect() as c:
            c.send('GET /busy HTTP/1.1\r\nHost: h\r\n\r\n')
            while self.text('/is_busy') != 'True':
                self.program.take_output()
            for _ in range(50):
                self.assertEqual(self.text('/c/hello'), 'Hello from C')
            self.text('/go?busy')
            self.assertEqual(c.response().body, b'done')

    def test_threads_keep_what_is_theirs(self):
        seen = {}
        for _ in range(20):
            ident, n, is_main = self.text('/threads').split()
            self.assertEqual(is_main, 'False')
            seen.setdefault(ident, []).append(int(n))
        for numbers in seen.values():
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def test_programs_that_python_starts_can_be_ended(self):
        self.assertEqual(self.text('/child'), '-15')

    def test_signals_stay_ours(self):
        self.assertIn('main thread', self.text('/signals'))


class Programs(gale_wire.TestCase):
    def served(self, *args, **env):
        program = start(*args, **env)
        self.addCleanup(self.stop, program)
        return program

    def stop(self, program):
        _, output = program.stop()
        self.assertNotRegex(output, 'runtime error|ERROR: AddressSanitizer: (?!SEGV)')    # one test crashes
        self.assertNotIn('Python has not ended', output)
        program.process.stdout.close()
        program.process.stdin.close()

    def test_names(self):
        program = self.served('apps:make()', 'apps:namespace.app')
        self.assertEqual(program.get('/app').body, b'made 1')
        self.assertEqual(program.get('/app/x').body, b'made 1')
        self.assertEqual(program.get('/').body, b'Hello, world')

    def test_what_cannot_be_loaded(self):
        program = self.served('nowhere.to_be_found', 'apps:missing', WSGI_TRACEBACK='1')
        answer = program.get('/app')
        self.assertEqual(answer.status, 500)
        self.assertIn(b"ModuleNotFoundError: No module named 'nowhere'", answer.body)
        program.read_until(rb"ModuleNotFoundError: No module named 'nowhere'")
        self.assertIn(b"has no attribute 'missing'", program.get('/').body)

    def test_a_failed_import_is_tried_again(self):
        with tempfile.TemporaryDirectory() as place:
            module = pathlib.Path(place, 'mended.py')
            module.write_text('import apps\napplication = apps.hallo\n')
            program = self.served('mended', 'apps', WSGI_PATH=f'{place}:{HERE}')
            self.assertEqual(program.get('/app').status, 500)
            module.write_text('import apps\napplication = apps.hello  # mended\n')
            self.assertEqual(program.get('/app').body, b'Hello, world')

    def test_unusable_options(self):
        for application, text in {'': 'no application', 'app.py': 'without ".py"', 'a b': 'no application',
                                  'x:': 'no application', '.x:y': 'no application'}.items():
            done = subprocess.run([gale_wire.PROGRAMS['wsgi_server'], application, 'apps'], capture_output=True,
                                  text=True, timeout=gale_wire.TIMEOUT)
            self.assertEqual(done.returncode, 1)
            self.assertIn(text, done.stderr)

    def test_a_directory_that_is_not_there(self):
        program = self.served('apps', 'apps', WSGI_PATH='/nowhere/at/all')
        self.assertEqual(program.get('/').status, 500)
        program.read_until(rb"no directory '/nowhere/at/all'")

    def test_a_virtual_environment(self):
        with tempfile.TemporaryDirectory() as place:
            subprocess.run(['/usr/bin/python3', '-m', 'venv', '--without-pip', place], check=True)
            library = next(pathlib.Path(place, 'lib').glob('python3*')) / 'site-packages'
            (library / 'only_here.py').write_text(
                'import sys\ndef application(environ, start_response):\n'
                '    start_response("200 OK", [])\n    return [sys.prefix.encode()]\n')
            program = self.served('only_here', 'only_here', WSGI_VENV=place)
            self.assertEqual(program.get('/').body.decode(), os.path.realpath(place))
            program = self.served('apps', 'apps', WSGI_VENV=str(HERE))
            self.assertEqual(program.get('/').status, 500)
            program.read_until(rb'no virtual environment')

    def test_the_debug_page_has_the_traceback(self):
        program = self.served('apps', 'apps', WSGI_TRACEBACK='1')
        page = program.get('/raises', 'Accept: text/html\r\n').body.decode()
        self.assertIn('<p class="said">RuntimeError: as asked</p>', page)
        self.assertRegex(page, r'(?s)<pre class="report">Traceback .*as asked</pre>')
        self.assertRegex(page, r'apps\.py(&quot;|&#34;|"), line \d+, in raises')

    def test_a_crash_is_its_workers_own(self):
        program = self.served('apps', 'apps', '--workers=2')
        pids = set()
        while len(pids) < 2:
            pids.add(program.get('/pid').body)
        with program.connect() as c:
            c.send('GET /crash HTTP/1.1\r\nHost: h\r\n\r\n')
            c.read_all()
        for _ in range(20):
            self.assertEqual(program.get('/hello').body, b'Hello, world')

    def test_a_request_that_does_not_end_holds_nobody(self):
        program = start('apps', 'apps', '--drain-timeout=0.1')
        with program.connect() as c:
            c.send('GET /forever HTTP/1.1\r\nHost: h\r\n\r\n')
            while program.get('/is_busy').body != b'True':
                program.take_output()
            _, output = program.stop()
        self.assertIn('requests that do not end are not waited for: 1', output)
        self.assertNotIn('Sanitizer', output)

    def test_atexit_runs(self):
        with tempfile.TemporaryDirectory() as place:
            pathlib.Path(place, 'leaving.py').write_text(
                'import atexit, sys\nfrom apps import hello as application\n'
                'atexit.register(lambda: print("left in order", flush=True))\n')
            program = start('leaving', 'apps', WSGI_PATH=f'{place}:{HERE}')
            self.assertEqual(program.get('/app').body, b'Hello, world')
            status, output = program.stop()
            self.assertEqual(status, 0)
            self.assertIn('left in order', output)


if __name__ == '__main__':
    gale_wire.main()
