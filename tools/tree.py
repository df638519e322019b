"""tree - what the checks in this folder share: the project's files, C text without its
comments and strings, and the way a check reports.

SPDX-License-Identifier: MIT
"""
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True

ROOT = pathlib.Path(__file__).resolve().parent.parent

_PIECES = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(*patterns):
    """The files that match the glob patterns, below the project's folder, sorted."""
    found = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(path for path in found if not _left_out(path.relative_to(ROOT)))


def _left_out(path):
    return path.parts[0] in ('build', '.git') or 'corpus' in path.parts


def sources():
    """All C and C++ text of the project."""
    folders = ('include', 'src', 'tests', 'examples', 'bench')
    return files(*(f'{folder}/**/*.{end}' for folder in folders for end in ('c', 'h', 'cpp')))


def public_headers():
    return files('include/gale/*.h')


def name(path):
    return str(path.relative_to(ROOT))


def blank(text, strings=True):
    """The text with comments (and strings) blanked, so that lines keep their numbers."""
    def hide(match):
        piece = match.group()
        if piece[0] == '/' or strings:
            return re.sub(r'[^\n]', ' ', piece)
        return piece
    return _PIECES.sub(hide, text)


def run(command, **more):
    """Runs a command; the result has returncode and, as text, stdout with stderr in it."""
    more.setdefault('timeout', 300)
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace',
                          cwd=more.pop('cwd', ROOT), **more)


def report(faults, good):
    """Ends a check: prints the faults and exits 1, or the line that says what was good."""
    for fault in faults:
        print(fault)
    if faults:
        print(f'{len(faults)} found')
        sys.exit(1)
    print(good)
    sys.exit(0)
