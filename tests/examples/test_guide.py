"""test_guide - what docs/guide/ says is printed, is: its console lines are run as they stand.

`$ build/examples/guide/NAME --port=8888` (or of another folder of examples, with more options) starts
that program on a free port, which then stands for 8888; every other line after a `$` is given to the
shell, `build/gale` being the command as it was built. `…` matches anything.
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
START = re.compile(r'build/examples/(?:[\w-]+/)?(\w+) --port=8888((?: --\S+)*)$')
COMMAND = re.compile(r'build/gale\b')


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


class TestGuide(unittest.TestCase):
    def run_block(self, page, heading, block, program):
        with tempfile.TemporaryDirectory() as folder:
            for name in ('README.md', 'examples'):
                (pathlib.Path(folder) / name).symlink_to(ROOT / name)
            for command, expected in block:
                start = START.match(command)
                if start:
                    if program:
                        program.stop()
                    program = gale_wire.Program(start[1], '--port=0', *start[2].split())
                    continue
                self.assertIsNotNone(program, f'{heading}: no program runs')
                command = command.replace(':8888', f':{program.port}')
                done = subprocess.run(COMMAND.sub(gale_wire.PROGRAMS.get('gale', 'gale'), command),
                                      shell=True, cwd=folder, capture_output=True, text=True,
                                      timeout=gale_wire.TIMEOUT)
                printed = done.stdout.replace('\r', '').replace(f':{program.port}', ':8888')
                wanted = '\n'.join(expected).rstrip('\n')
                self.assertTrue(matches(wanted, printed.rstrip('\n')),
                                f'{page.name}: {heading}: $ {command}\nwanted {wanted!r}\n'
                                f'printed {printed!r}\n{done.stderr}')
        return program

    def test_console_blocks(self):
        for page in sorted((ROOT / 'docs' / 'guide').glob('*.md')):
            program = None
            try:
                for heading, block in console(page):
                    with self.subTest(page=page.name, heading=heading):
                        program = self.run_block(page, heading, block, program)
            finally:
                if program:
                    program.stop()


if __name__ == '__main__':
    gale_wire.main()
