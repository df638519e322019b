"""lint - clang-format's opinion on every C file, and cppcheck's on src/ where it is installed.

Usage: lint.py [--write]    with --write, clang-format changes the files instead

SPDX-License-Identifier: MIT
"""
import re
import shutil
import sys

import tree

# cppcheck sees one configuration and no library models; these would be noise.
QUIET = ['missingInclude', 'missingIncludeSystem', 'unmatchedSuppression', 'syntaxError',
         # A coroutine's stack holds what others point at, on purpose.
         'autoVariables:src/gen/*',
         # Computed goto's table has ranges; a copy that is known to fit is taken for one that is not.
         'internalAstError:src/template/run.c', 'pointerOutOfBoundsCond:src/template/write.h',
         'unknownMacro', 'preprocessorErrorDirective', 'normalCheckLevelMaxBranches']


def format_files(write):
    paths = [path for path in tree.sources()]
    done = tree.run(['clang-format', *(['-i'] if write else ['--dry-run', '-Werror']), *paths])
    seen = {}
    for match in re.finditer(r'^(\S+?):(\d+):\d+: error: code should', done.stdout, re.M):
        seen.setdefault(match.group(1).removeprefix(f'{tree.ROOT}/'), []).append(match.group(2))
    faults = [f'{path}:{lines[0]}: clang-format would change {len(lines)} places (make format)'
              for path, lines in seen.items()]
    if done.returncode and not faults:
        faults.append(done.stdout)
    return len(paths), faults


def cppcheck():
    if not shutil.which('cppcheck'):
        return []
    done = tree.run(['cppcheck', '-q', '-j2', '--std=c11', '--enable=warning,portability',
                     '--inline-suppr', '-Iinclude', '-Isrc', '-D__GNUC__=12', '-D__x86_64__',
                     '-D__linux__', '--template={file}:{line}: cppcheck: {id}: {message}',
                     *(f'--suppress={name}' for name in QUIET), 'src'])
    return [line for line in done.stdout.splitlines() if ': cppcheck: ' in line]


def main():
    write = '--write' in sys.argv
    n, faults = format_files(write)
    if not write:
        faults += cppcheck()
    tree.report(faults, f'{n} files {"formatted" if write else "well formed"}')


if __name__ == '__main__':
    main()
