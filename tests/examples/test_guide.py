"""test_guide - what docs/guide/ says is printed, is: its console lines are run as they stand.

`$ build/examples/guide/NAME --port=8888` (or of another folder of examples, with more options, with
another port of four digits) starts that program on a free port, which then stands for 8888, `$ python3 examples/NAME.py 8000 &`
one that stands for 8000; every other line after a `$` is given to the shell, where `build/gale` and
`build/examples/NAME` are what was built. `…` matches anything.
"""
# SPDX-License-Identifier: MIT
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'support'))
import gale_wire  # noqa: E402

ROOT = pathlib.Path(__file__).parents[2]
START = re.compile(r'build/examples/(?:[\w-]+/)?(\w+) --port=(\d{4})((?: --\S+)*)$')
BESIDE = re.compile(r'python3 (examples/\S+\.py) (\d+) &$')
COMMAND = re.compile(r'\bbuild/(?:examples/(?:[\w-]+/)?)?(\w+)(?=\s|$)', re.A)


def console(page):
    """(heading, [(command, expected output)]) for each console block of a page."""
    heading, block, other = '', None, False
    for line in page.read_text().splitlines():
        if block is None:
            if line == '```console' and not other:
                block = []
            elif line.startswith('```'):
                other = not other
            elif line.startswith('#') and not other:
                heading = line.strip('# ')
        elif line == '```':
            yield heading, block
            block = None
        elif line.startswith('$ '):
            block.append((line[2:], []))
        else:
            block[-1][1].append(line)


def matches(expected, printed):
    pattern = '.*'.join(re.escape(piece) for piece in expected.split('…'))
    return re.fullmatch(pattern, printed, re.S)


class Running:
    """The programs of a page, by the port that it gives them."""

    def __init__(self):
        self.programs = {}
        gale_wire.PROGRAMS.setdefault('python3', sys.executable)

    def starts(self, command):
        """Whether that was a line that starts one."""
        beside, start = BESIDE.match(command), START.match(command)
        if beside:
            self.replace(beside[2], 'python3', ROOT / beside[1], '0')
        elif start:
            self.replace(start[2], start[1], '--port=0', *self.real(start[3]).split())
        return bool(beside or start)

    def replace(self, port, name, *args):
        if port in self.programs:
            self.programs.pop(port).stop()
        self.programs[port] = gale_wire.Program(name, *args)

    def real(self, text):
        text = text.replace('=examples/', f'={ROOT}/examples/')
        for port, program in self.programs.items():
            text = text.replace(f':{port}', f':{program.port}')
        return text

    def told(self, text):
        for port, program in self.programs.items():
            text = text.replace(f':{program.port}', f':{port}')
        return text

    def stop(self):
        for program in self.programs.values():
            program.stop()


class TestGuide(unittest.TestCase):
    def run_block(self, page, heading, block, running):
        with tempfile.TemporaryDirectory() as folder:
            for name in ('README.md', 'examples'):
                (pathlib.Path(folder) / name).symlink_to(ROOT / name)
            for command, expected in block:
                if running.starts(command):
                    continue
                self.assertTrue(running.programs, f'{heading}: no program runs')
                command = COMMAND.sub(lambda match: gale_wire.PROGRAMS.get(match[1], match[1]),
                                      running.real(command))
                done = subprocess.run(command, shell=True, cwd=folder, capture_output=True,
                                      text=True, timeout=gale_wire.TIMEOUT)
                printed = running.told(done.stdout.replace('\r', ''))
                wanted = '\n'.join(expected).rstrip('\n')
                self.assertTrue(matches(wanted, printed.rstrip('\n')),
                                f'{page.name}: {heading}: $ {command}\nwanted {wanted!r}\n'
                                f'printed {printed!r}\n{done.stderr}')

    def test_console_blocks(self):
        for page in sorted((ROOT / 'docs' / 'guide').glob('*.md')):
            running = Running()
            try:
                for heading, block in console(page):
                    with self.subTest(page=page.name, heading=heading):
                        self.run_block(page, heading, block, running)
            finally:
                running.stop()


if __name__ == '__main__':
    gale_wire.main()
