"""test_wsgi_command - gale wsgi: an application of Python from the command line."""
# SPDX-License-Identifier: MIT
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'support'))
import gale_wire  # noqa: E402

SITE = '''
from flask import Flask, request
app = Flask(__name__)

@app.route('/')
def hello():
    return 'Hello from %s, below "%s"' % (__name__, request.script_root)
'''
PLAIN = '''
import os

def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'%s', environ['PATH_INFO'].encode('latin-1'), b' ', str(os.getpid()).encode()]
'''
ENV = {'PYTHONDONTWRITEBYTECODE': '1',
       'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '') + ':detect_leaks=0'}


class Wsgi(gale_wire.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix='gale-wsgi-test-')
        self.addCleanup(place.cleanup)
        self.dir = pathlib.Path(place.name)
        self.save('plain.py', PLAIN % 'one')

    def save(self, name, text):
        beside = self.dir / f'.{name}.new'
        beside.write_text(text)
        beside.rename(self.dir / name)

    def start(self, *args):
        program = gale_wire.Program('gale', 'wsgi', '--port=0', f'--path={self.dir}', *args, env=ENV)
        self.addCleanup(self.stop, program)
        return program

    def stop(self, program):
        status, output = program.stop()
        program.process.stdout.close()
        program.process.stdin.close()
        self.assertEqual(status, 0, output)
        self.assertNotRegex(output, 'Sanitizer|runtime error')

    def refused(self, *args):
        done = subprocess.run([gale_wire.PROGRAMS['gale'], 'wsgi', '--port=0', *args], capture_output=True, text=True,
                              timeout=gale_wire.TIMEOUT, cwd=self.dir, env={**os.environ, **ENV})
        return done.returncode, done.stderr

    def test_serves(self):
        program = self.start('plain')
        self.assertRegex(program.get('/a%20b').body, rb'^one/a b \d+$')

    def test_a_prefix_and_static_files(self):
        assets = self.dir / 'assets'
        assets.mkdir()
        (assets / 'a.css').write_text('css')
        program = self.start('plain:application', '--prefix=/shop/', f'--static=/static/={assets}')
        self.assertRegex(program.get('/shop/x').body, rb'^one/x ')
        self.assertRegex(program.get('/shop').body, rb'^one \d')
        self.assertEqual(program.get('/static/a.css').body, b'css')
        self.assertEqual(program.get('/static/../plain.py').status, 403)
        self.assertEqual(program.get('/x').status, 404)

    def test_workers(self):
        program = self.start('plain', '--workers=2')
        pids = set()
        while len(pids) < 2:
            pids.add(program.get('/').body.split()[-1])

    def test_what_cannot_be_served(self):
        for workers in ([], ['--workers=2']):
            status, said = self.refused('nowhere:app', *workers)
            self.assertEqual(status, 1)
            self.assertIn("gale-wsgi: nowhere:app: ModuleNotFoundError: No module named 'nowhere'", said)
        self.save('broken.py', 'import plain\nx = (\n')
        status, said = self.refused('broken')
        self.assertEqual(status, 1)
        self.assertRegex(said, r'broken\.py", line 2\n    x = \(\n')
        self.assertIn("has no attribute 'app'", self.refused('plain:app')[1])

    def test_unusable_options(self):
        for args, text in {(): 'which application?', ('--python-threads=0', 'plain'): "'0' is no number from 1 to 512",
                           ('--static=x', 'plain'): 'is no "/URL/=DIRECTORY"', ('plain.py',): 'without ".py"',
                           ('--static=/s/=nowhere', 'plain'): 'nowhere: No such file', ('--prefix=x', 'plain'): 'no path',
                           ('plain', 'more'): "unexpected argument 'more'", ('plain', '--nonsense'): 'nonsense',
                           ('--path=/nowhere/at/all', 'plain'): "no directory '/nowhere/at/all'",
                           ('--venv=.', 'plain'): 'no virtual environment'}.items():
            status, said = self.refused(*args)
            self.assertIn(status, (1, 2), args)
            self.assertIn(text, said)

    def test_help(self):
        said = subprocess.run([gale_wire.PROGRAMS['gale'], 'wsgi', '--help'], capture_output=True, text=True).stdout
        for option in ('--path', '--venv', '--python-threads', '--prefix', '--static', '--max-body-size', '--debug'):
            self.assertIn(f'\n  {option}', said)

    def test_debug_takes_a_saved_source(self):
        program = self.start('--debug', 'plain')
        self.assertIn(b'one', program.get('/').body)
        for text, found in ((PLAIN % 'two', b'two'), ('x = (\n', b'SyntaxError'), (PLAIN % 'three', b'three')):
            self.save('plain.py', text)
            while found not in program.get('/').body:    # the one before answers to its end
                program.take_output()


    @unittest.skipUnless(importlib.util.find_spec('flask'), 'no Flask here')
    def test_a_site_of_flask(self):
        self.save('site_of_flask.py', SITE)
        program = self.start('--prefix=/old', 'site_of_flask:app')
        self.assertEqual(program.get('/old/').body, b'Hello from site_of_flask, below "/old"')


if __name__ == '__main__':
    gale_wire.main()
