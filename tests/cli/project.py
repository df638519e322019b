"""project - what tests of `gale new` and `gale build` share: folders, pkg-config, programs that serve."""
# SPDX-License-Identifier: MIT
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]


class Served:
    """A program that serves, on a port of its own choice, until the block ends."""

    def __init__(self, program, folder):
        self.process = subprocess.Popen([str(program), '--port=0', '--address=127.0.0.1'], cwd=folder,
                                        stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        said = []
        for line in self.process.stderr:
            said.append(line)
            found = re.search(r'http://[^/\s]*:(\d+)', line)
            if found:
                self.origin = f'http://127.0.0.1:{found[1]}'
                return self
        raise AssertionError(''.join(said))

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stderr.close()
        self.process.wait(20)

    def get(self, path, **headers):
        """Status, headers, body."""
        request = urllib.request.Request(self.origin + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers, answer.read().decode()


class Case(unittest.TestCase):
    """gale: the command; what it builds links with the library that lies beside it."""
    command = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        built = pathlib.Path(self.command).parent
        (self.folder / 'pc').mkdir()
        (self.folder / 'pc/gale.pc').write_text(
            f'libdir={built}\nName: gale\nDescription: as built\nVersion: 0.1.0\nRequires: jansson\n'
            f'Requires.private: {self.private(built)}\nCflags: -I{TOP}/include\n'
            f'Libs: -L{built} -lgale -Wl,-rpath,{built}\n{self.private_libs(built)}')
        self.environment = dict(os.environ, PKG_CONFIG_PATH=str(self.folder / 'pc'),
                                LC_ALL='C.UTF-8')

    @staticmethod
    def line(built, name):
        text = (built / 'meson-uninstalled/gale-uninstalled.pc').read_text()
        return re.search(rf'(?m)^{name}: *(.*)$', text)[1]

    def private(self, built):
        return self.line(built, 'Requires.private')

    def private_libs(self, built):
        return 'Libs.private: ' + self.line(built, 'Libs.private') + '\n'

    def run_command(self, *words, cwd=None, code=0):
        done = subprocess.run(list(map(str, words)), cwd=cwd or self.folder, env=self.environment,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done

    def gale(self, *words, **more):
        return self.run_command(self.command, *words, **more)
