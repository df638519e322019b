"""test_autoreload_program - gale/autoreload.h in a program with a main() of its own."""
# SPDX-License-Identifier: MIT
import os
import re
import select
import subprocess
import sys
import tempfile
import unittest

TIMEOUT = 20
PROGRAM = sys.argv.pop(1)


class Library(unittest.TestCase):
    def start(self, path):
        self.process = subprocess.Popen([PROGRAM, path], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.addCleanup(self.stop)
        self.output = b''

    def stop(self):
        self.process.kill()
        self.process.communicate()

    def read_until(self, pattern):
        while not (match := re.search(pattern, self.output)):
            self.assertTrue(select.select([self.process.stdout], [], [], TIMEOUT)[0], self.output)
            data = os.read(self.process.stdout.fileno(), 65536)
            self.assertTrue(data, self.output)
            self.output += data
        self.output = self.output[match.end():]
        return match

    def check(self, path, change):
        self.start(path)
        self.read_until(rb'watching with 1 bound\n')
        for _ in range(2):
            change()
            self.read_until(rb'hook one\nhook two\n')
            match = self.read_until(rb'(?s)(.*)watching with 1 found\n')
            self.assertIn(b'modified; restarting server', match[1])

    def test_a_file(self):
        with tempfile.TemporaryDirectory() as place:
            path = os.path.join(place, 'settings.conf')

            def save():    # as editors do: another file is put in its place
                with open(path + '~', 'w') as f:
                    f.write('x = 1')
                os.rename(path + '~', path)

            self.check(path, save)

    def test_a_directory_made_later(self):
        with tempfile.TemporaryDirectory() as place:
            def save():
                os.makedirs(os.path.join(place, 'below', 'it'), exist_ok=True)
                for noise in ('.hidden', 'saved~', '4913'):
                    open(os.path.join(place, noise), 'w').close()
                with open(os.path.join(place, 'below', 'it', 'page.html'), 'w') as f:
                    f.write('hello')

            self.check(place, save)

    def test_what_cannot_be_watched(self):
        self.start('/nowhere/at/all')
        self.read_until(rb'ended: cannot watch /nowhere/at/: No such file or directory')


if __name__ == '__main__':
    unittest.main()
