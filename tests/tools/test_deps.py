"""scripts/deps: installs what is missing and nothing else, as root or through sudo.

dpkg-query, apt-get and their like are stand-ins here that write down how they were called.

SPDX-License-Identifier: MIT
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
DEPS = TOP / 'scripts' / 'deps'


def packages(group):
    text = (DEPS.parent / f'packages-{group}.txt').read_text()
    return [line for line in text.split('\n') if line and line[0] != '#']


class Deps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bin = pathlib.Path(folder.name)
        for tool in ('sed', 'tr', 'dirname', 'env', 'sh', 'cat'):
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.calls = self.bin / 'calls'
        self.calls.write_text('')
        self.stand_in('id', 'echo 0')
        self.stand_in('apt-get', f'echo "apt-get $*" >>{self.calls}')
        self.stand_in('apt-cache', 'exit 0')
        self.installed(packages('build') + packages('docs') + packages('check'))

    def stand_in(self, name, text):
        path = self.bin / name
        path.write_text(f'#!/bin/sh\n{text}\n')
        path.chmod(0o755)

    def installed(self, names):
        rows = ''.join(f'ii  {name}, \n' for name in names)
        (self.bin / 'rows').write_text(rows)
        self.stand_in('dpkg-query', f'cat {self.bin / "rows"}')

    def run_deps(self, *groups):
        done = subprocess.run([DEPS, *groups], capture_output=True, text=True, timeout=20,
                              env=dict(PATH=str(self.bin), LC_ALL='C.UTF-8'))
        return done.returncode, done.stdout, done.stderr, self.calls.read_text()

    def test_all_there_prints_and_does_nothing(self):
        self.assertEqual(self.run_deps('build'), (0, '', '', ''))
        self.assertEqual(self.run_deps('check'), (0, '', '', ''))

    def test_the_line_comes_first_and_names_the_missing_alone(self):
        self.installed(name for name in packages('build') if name not in ('gcc', 'meson'))
        code, said, _, calls = self.run_deps('build')
        self.assertEqual(code, 0)
        self.assertEqual(said.split('\n')[0],
                         'apt-get install -y --no-install-recommends gcc meson')
        self.assertRegex(calls, r'^apt-get install .* gcc meson\n$')

    def test_update_only_when_a_package_is_unknown(self):
        self.installed(packages('build')[1:])
        self.stand_in('apt-cache', 'exit 100')
        _, _, _, calls = self.run_deps('build')
        self.assertEqual([line.split()[1] for line in calls.splitlines()], ['update', 'install'])

    def test_build_needs_nothing_of_check(self):
        self.installed(packages('build'))
        self.assertEqual(self.run_deps('build'), (0, '', '', ''))
        self.assertIn('libcmocka-dev', self.run_deps('check')[1])

    def test_a_package_that_another_provides_is_there(self):
        names = [name for name in packages('build') if name != 'pkg-config']
        self.installed(names + ['pkgconf, pkg-config (= 1.8)'])
        self.assertEqual(self.run_deps('build'), (0, '', '', ''))

    def test_without_root_sudo_does_it(self):
        self.installed([])
        self.stand_in('id', 'echo 1000')
        self.stand_in('sudo', f'echo "sudo" >>{self.calls}; exec "$@"')
        self.assertEqual(self.run_deps('build')[3].split('\n')[0], 'sudo')

    def test_without_root_and_sudo_it_says_so(self):
        self.installed([])
        self.stand_in('id', 'echo 1000')
        code, said, error, calls = self.run_deps('build')
        self.assertEqual((code, calls), (1, ''))
        self.assertIn('apt-get install', said)
        self.assertIn('neither root nor', error)

    def test_an_unknown_group_is_named(self):
        code, _, error, _ = self.run_deps('biuld')
        self.assertEqual(code, 1)
        self.assertIn("no group 'biuld'", error)


if __name__ == '__main__':
    unittest.main()
