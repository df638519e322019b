"""test_run - gale run: builds, swaps without a refused connection, tells what does not compile."""
# SPDX-License-Identifier: MIT
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'support'))
import gale_wire  # noqa: E402

FLAGS = os.environ.get('GALE_TEST_CFLAGS', '')
APP = '''
#include <gale/gale.h>
#include <stdio.h>
%(include)s
static int main_get(gale_handler *self)
{
    return %(body)s;
}
static const gale_handler_class main_handler = { .get = main_get };
int main(int argc, char **argv)
{
    %(first)s
    return gale_main(argc, argv, gale_app_new((gale_route[]){
        { .url = "/", .handler = &main_handler }, { 0 } },
        &(gale_settings){ .template_path = %(templates)s }));
}
'''
MESON = '''project('site', 'c')
executable('site', 'app.c', dependencies: dependency('gale'))
executable('test_site', 'app.c', dependencies: dependency('gale'))
'''
CMAKE = '''cmake_minimum_required(VERSION 3.16)
project(site C)
find_package(PkgConfig REQUIRED)
pkg_check_modules(GALE REQUIRED IMPORTED_TARGET gale)
add_executable(site app.c)
target_link_libraries(site PkgConfig::GALE)
'''
MAKE = '''site: app.c
\t$(CC) $(CFLAGS) -o $@ app.c $$(pkg-config --cflags --libs gale)
'''


class Events:
    """The event stream of a page that is open."""

    def __init__(self, program, query=f'?at={1 << 60}'):
        self.connection = program.connect()
        program.streams.append(self)
        self.connection.send(f'GET /_gale/reload{query} HTTP/1.1\r\nHost: localhost\r\n\r\n')
        self.connection.read_until(b'\r\n\r\n')

    def next(self, kind, pattern=rb''):
        """Waits for an event whose data has the pattern."""
        while True:
            match = re.search(rb'event: %s\n((?:data: .*\n)*(?:\r\n[0-9a-f]+\r\n)?)' % kind,
                              self.connection.kept)
            if match and self.connection.kept[match.end():match.end() + 1] == b'\n':
                self.connection.kept = self.connection.kept[match.end():]
                if re.search(pattern, match[1]):
                    return match[1].replace(b'data: ', b'').decode()
            elif not self.connection._more():
                raise AssertionError(f'no {kind} {pattern} in {self.connection.kept}')

    def ended(self):
        while self.connection._more():
            pass
        self.close()
        return True

    def close(self):
        self.connection.close()


class Run(gale_wire.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix='gale-run-test-')
        self.addCleanup(place.cleanup)
        self.dir = pathlib.Path(place.name, 'site')
        self.dir.mkdir()
        self.log = b''

    def write(self, body='gale_write(self, "one")', include='', first='', templates='0', name='app.c'):
        """Saves as editors do: written beside, renamed."""
        text = APP % {'body': body, 'include': include, 'first': first, 'templates': templates}
        self.save(name, text)

    def save(self, name, text):
        path = self.dir / name
        beside = path.with_name('.' + path.name + '.new')
        beside.write_text(text)
        beside.rename(path)

    def start(self, path=None, *args):
        env = {'CFLAGS': FLAGS, 'LDFLAGS': FLAGS, 'TMPDIR': str(self.dir.parent),
               'XDG_RUNTIME_DIR': ''}
        program = gale_wire.Program('gale', 'run', '--port=0', str(path or self.dir), *args, env=env)
        self.program = program
        program.streams = []
        self.addCleanup(self.stop, program)
        return program

    def stop(self, program):
        for stream in program.streams:
            stream.close()
        if program.process.poll() is None:
            status, output = program.stop()
            self.assertEqual(status, 0, output)
            self.assertNotRegex(output, 'Sanitizer|runtime error: ')
        program.process.stdout.close()
        program.process.stdin.close()

    def running(self):
        """Waits for the next program that takes over."""
        match = self.program.read_until(rb'running \(pid (\d+)\)')
        self.log += self.program.output
        self.program.output = self.program.output[match.end():]
        return int(match[1])

    def becomes(self, body):
        """The program before may take connections until it has heard of its end."""
        before = self.body()
        while (seen := self.body()) == before != body:
            pass
        self.assertEqual(seen, body)

    def body(self, **headers):
        answer = self.program.get('/', ''.join(f'{k}: {v}\r\n' for k, v in headers.items()))
        return answer.body.decode()

    def test_a2_4_no_connection_is_refused_under_load(self):
        self.write('gale_write(self, "version 0")')
        self.start(self.dir / 'app.c', '--', '--logging=error')
        self.running()
        seen, wrong, over = set(), [], threading.Event()

        def ask():
            while not over.is_set():
                try:
                    url = f'http://127.0.0.1:{self.program.port}/'
                    with urllib.request.urlopen(url, timeout=20) as answer:
                        seen.add(answer.read().decode())
                except (urllib.error.URLError, OSError) as error:
                    wrong.append(repr(error))

        def ask_again():    # on one connection, as long as the server keeps it
            connection = self.program.connect()
            while not over.is_set():
                try:
                    connection.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
                    answer = connection.response()
                except OSError:    # told by Connection: close, or closed while idle
                    connection = self.program.connect()
                    continue
                seen.add(answer.body.decode())
                if answer['Connection'] == 'close':
                    connection.close()
                    connection = self.program.connect()
            connection.close()

        threads = [threading.Thread(target=f) for f in (ask, ask, ask_again)]
        for thread in threads:
            thread.start()
        try:
            for n in range(1, 5):
                self.write(f'gale_write(self, "version {n}")')
                self.running()
            self.write('gale_write(self, "broken"')
            self.program.read_until(rb'the last version goes on')
            self.write('gale_write(self, "version 5")')
            self.running()
            self.becomes('version 5')
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(seen & {'version 0', 'version 5'}, {'version 0', 'version 5'})
        self.assertEqual({s for s in seen if not re.fullmatch('version [0-5]', s)}, set())

    def test_a2_4_a_compile_error_is_seen_and_mended(self):
        self.write()
        self.start(self.dir / 'app.c')
        self.running()
        events = Events(self.program)
        build = events.next(b'build')
        self.write('gale_wriet(self, "<two>") +')
        html = events.next(b'status', rb'does not compile')
        self.assertRegex(html, r'<h2>.*app\.c:7: error: expected expression')
        self.assertIn('<b>    7  ', html)
        self.assertIn('\n    6  {', html)
        self.assertIn('&#34;&#60;two&#62;&#34;', html)
        self.assertEqual(self.body(), 'one')
        self.write('gale_write(self, "two")')
        self.running()
        self.becomes('two')
        self.assertTrue(events.ended())    # the page comes again and hears of another build
        again = Events(self.program)
        self.assertNotEqual(again.next(b'build'), build)
        self.assertEqual(again.next(b'status').strip(), '')

    def test_what_has_never_compiled(self):
        self.save('app.c', 'int main(void) { return x; }\n')
        self.start(self.dir / 'app.c')
        self.program.read_until(rb'the page shows why')
        answer = self.program.get()
        self.assertEqual((answer.status, answer['Content-Type']), (503, 'text/plain; charset=UTF-8'))
        self.assertIn(b"app.c:1:25: error: ", answer.body)
        page = self.program.get('/any', 'Accept: text/html\r\n')
        self.assertEqual(page.status, 503)
        self.assertRegex(page.body.decode(), r'<b>    1  int main\(void\)')
        self.assertIn(b'<script src="/_gale/reload.js?build=', page.body)
        events = Events(self.program)
        self.write()
        self.running()
        self.assertTrue(events.ended())
        self.assertEqual(self.body(), 'one')

    def test_what_does_not_start_changes_nothing(self):
        self.write()
        self.start(self.dir / 'app.c')
        self.running()
        events = Events(self.program)
        self.write(first='fprintf(stderr, "no database here\\n"); return 3;')
        html = events.next(b'status', rb'does not start')
        self.assertIn('exited with status 3', html)
        self.assertIn('no database here', html)
        self.program.read_until(rb'gale run: the new program \(pid \d+\) exited with status 3')
        self.assertEqual(self.body(), 'one')

    def test_who_hangs_at_its_start_is_not_waited_for(self):
        hang = 'fprintf(stderr, "it hangs\\n"); for (;;) pause();'
        self.write(include='#include <unistd.h>', first=hang)
        program = self.start(self.dir / 'app.c')
        program.read_until(rb'it hangs\n')
        begin = time.monotonic()
        self.assertEqual(program.stop(signal.SIGINT)[0], 0)
        self.assertLess(time.monotonic() - begin, 8)
        program = self.start(self.dir / 'app.c')
        program.read_until(rb'it hangs\n')
        self.write()
        self.running()
        self.assertNotIn(b'the page shows why', self.log)    # nothing is wrong with what comes next
        self.assertEqual(self.body(), 'one')

    def test_templates_and_static_files_reload_the_page(self):
        (self.dir / 'templates').mkdir()
        (self.dir / 'templates' / 'page.html').write_text('<body>one</body>')
        self.write('gale_render(self, "page.html", NULL)', templates='"templates"')
        self.start(self.dir / 'app.c')
        pid = self.running()
        page = self.body(Accept='text/html')
        self.assertRegex(page, r'^<body>one<script src="/_gale/reload\.js\?build=[^"]+"></script></body>$')
        self.assertEqual(self.body(), '<body>one</body>')    # who is no browser gets no script
        self.assertEqual(self.body(Accept='text/html', **{'Sec-Fetch-Dest': 'empty'}),
                         '<body>one</body>')
        events = Events(self.program)
        events.next(b'status')
        self.save('templates/page.html', '<body>two</body>')
        events.next(b'reload')
        self.assertEqual(self.body(), '<body>two</body>')
        at = re.search(r'at=(\d+)', page)[1]    # a page made before hears of it when it connects
        Events(self.program, f'?at={at}').next(b'reload')
        self.assertRegex(self.body(Accept='text/html'), r'at=\d+')
        os.kill(pid, 0)    # the same program

    def test_a_directory_of_sources(self):
        self.write('gale_write(self, text())', include='#include "text.h"')
        text = '#ifdef __cplusplus\nextern "C"\n#endif\nconst char *text(void);\n#define WORD '
        self.save('text.h', text + '"one"\n')
        self.save('text.cpp', '#include <string>\n#include "text.h"\nstatic std::string word(WORD);\n'
                              'const char *text(void) { return word.c_str(); }\n')
        self.start(self.dir)
        self.running()
        self.assertEqual(self.body(), 'one')
        self.save('text.h', text + '"two"\n')
        self.running()
        self.becomes('two')

    def test_headers_elsewhere(self):
        self.save('../shared.h', '#include "more words.def"\n')
        self.save('../more words.def', '#define WORD "one"\n')
        self.write('gale_write(self, WORD)', include='#include "../shared.h"')
        self.start(self.dir / 'app.c')
        self.running()
        self.assertEqual(self.body(), 'one')
        self.save('../more words.def', '#define WORD "two"\n')
        self.running()
        self.becomes('two')
        self.save('../shared.h', '#define WORD "three"\n')
        self.running()
        self.becomes('three')

    def test_more_changes_than_the_kernel_notes(self):
        self.write()
        self.start(self.dir / 'app.c')
        self.running()
        self.program.process.send_signal(signal.SIGSTOP)
        most = int(pathlib.Path('/proc/sys/fs/inotify/max_queued_events').read_text())
        names = [str(self.dir / name) for name in ('a', 'b')]
        for _ in range(most // 4 + 1):    # each is an event
            for name in names:
                os.symlink('nothing', name)
            for name in names:
                os.unlink(name)
        self.write('gale_write(self, "two")')
        self.program.process.send_signal(signal.SIGCONT)
        self.running()
        self.becomes('two')

    def check_project(self, name, text, change):
        self.save(name, text)
        self.save('../word.h', '#define WORD "one"\n')
        self.write('gale_write(self, WORD)', include='#include "../word.h"')
        self.start(self.dir)
        self.running()
        self.assertEqual(self.body(), 'one')
        change()
        self.running()
        self.becomes('two')
        self.write('gale_write(self, 3 3)')
        self.program.read_until(rb'the last version goes on')
        html = Events(self.program).next(b'status')
        self.assertRegex(html, r'app\.c:\d+: error: ')
        self.assertEqual(html.count('<b>    7  '), 1)    # of two targets the same
        self.assertEqual(self.body(), 'two')
        self.write('gale_write(self, "three")')
        self.running()

    def check_broken(self, name, text, pattern):
        self.save(name, text)
        self.program.read_until(rb'the last version goes on')
        html = Events(self.program).next(b'status')
        self.assertRegex(html, pattern)

    def change_header(self):    # which is not below the project
        self.save('../word.h', '#define WORD "two"\n')

    @unittest.skipUnless(shutil.which('meson'), 'no Meson here')
    def test_a_meson_project(self):
        self.check_project('meson.build', MESON, self.change_header)
        self.check_broken('meson.build', MESON + 'x = (', r'<h2>\S*meson\.build:4: ERROR: ')

    @unittest.skipUnless(shutil.which('cmake'), 'no CMake here')
    def test_a_cmake_project(self):
        self.check_project('CMakeLists.txt', CMAKE, self.change_header)

    @unittest.skipUnless(shutil.which('make'), 'no make here')
    def test_a_make_project(self):
        self.check_project('Makefile', MAKE, lambda: self.write('gale_write(self, "two")'))
        self.check_broken('Makefile', 'broken', r'<h2>Makefile:1: \*\*\* missing separator')

    @unittest.skipUnless(shutil.which('make'), 'no make here')
    def test_a_program_with_the_name_of_a_test(self):
        self.dir = self.dir.with_name('testimonials')
        self.dir.mkdir()
        self.save('Makefile', MAKE.replace('site', 'testimonials'))
        self.write()
        self.start(self.dir)
        self.running()

    def test_who_crashes_later_is_started_again(self):
        self.write()
        self.start(self.dir / 'app.c', '--', '--logging=error')
        pid = self.running()
        while self.process_age(pid) < 1.1:    # who lives for less is not
            self.assertEqual(self.body(), 'one')
        os.kill(pid, signal.SIGKILL)
        self.program.read_until(rb'has ended by signal 9')
        self.assertNotEqual(self.running(), pid)
        self.assertEqual(self.body(), 'one')

    @staticmethod
    def process_age(pid):
        started = int(pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[19])
        now = float(pathlib.Path('/proc/uptime').read_text().split()[0])
        return now - started / os.sysconf('SC_CLK_TCK')

    def test_arguments_and_release(self):
        self.write('gale_write(self, gale_app_settings(gale_handler_app(self))->debug == GALE_ON'
                   ' ? "debug" : "release")')
        self.start(self.dir / 'app.c', '--release', '--', '--workers=2')
        self.running()
        self.assertEqual(self.body(), 'release')
        self.assertEqual(self.program.get('/_gale/reload').status, 404)
        self.assertIn(b'starting 2 processes', self.log)
        self.save('visitors.db-journal', 'what the program itself writes')
        self.save('page.html', 'is read once')
        self.running()
        self.assertIn(b'page.html has changed', self.log)
        self.assertNotIn(b'journal has changed', self.log)

    def test_nothing_is_left_behind(self):
        self.write()
        program = self.start(self.dir / 'app.c')
        pid = self.running()
        self.assertEqual(len(list(self.dir.parent.glob('gale-run-*'))), 1)
        self.assertEqual(program.stop(signal.SIGINT)[0], 0)
        self.assertEqual(list(self.dir.parent.glob('gale-run-*')), [])
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()), ['app.c'])

    def refused(self, *words):
        done = subprocess.run([gale_wire.PROGRAMS['gale'], 'run', *words], capture_output=True,
                              text=True, timeout=20)
        self.assertIn(done.returncode, (1, 2))
        return done.stderr

    def test_what_cannot_be_run(self):
        self.assertIn('No such file', self.refused(str(self.dir / 'none.c')))
        self.assertIn('no meson.build', self.refused(str(self.dir)))
        (self.dir / 'notes.txt').write_text('x')
        self.assertIn('is no directory and no C file', self.refused(str(self.dir / 'notes.txt')))
        self.write()
        self.assertIn("'x' is no port", self.refused('--port=x', str(self.dir / 'app.c')))
        self.assertIn('is too much', self.refused(str(self.dir), 'more'))


if __name__ == '__main__':
    gale_wire.main()
