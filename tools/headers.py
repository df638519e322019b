"""headers - every public header compiles alone, twice over, as C11 and as C++17, with gcc and
clang; and every public function has a comment directly above it.

Functions may share a comment when no blank line parts them; one at the end of the line will do.

SPDX-License-Identifier: MIT
"""
import re
import shutil

import tree

WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']
COMPILERS = [('gcc', 'c', 'c11'), ('clang', 'c', 'c11'), ('g++', 'c++', 'c++17'),
             ('clang++', 'c++', 'c++17')]


def compile_alone(header):
    text = f'#include <gale/{header.name}>\n' * 2
    for compiler, language, standard in COMPILERS:
        if not shutil.which(compiler):
            continue
        done = tree.run([compiler, f'-std={standard}', *WARNINGS, '-Iinclude', '-fsyntax-only',
                         '-x', language, '-'], input=text)
        if done.returncode:
            yield f'{tree.name(header)}: {compiler} -std={standard}:\n{done.stdout}'


def undocumented(header):
    """Names of functions marked GALE_API whose group of lines no comment leads."""
    covered = False
    lines = header.read_text().split('\n')
    for number, line in enumerate(lines, 1):
        if not line.strip():
            covered = False
        if line.lstrip().startswith('/*'):
            covered = True
        own = line.rstrip().endswith('*/')
        if re.match(r'GALE_API\b', line) and not covered and not own:
            yield f'{tree.name(header)}:{number}: no comment above: {line.strip()}'


def main():
    faults = []
    for header in tree.public_headers():
        faults += compile_alone(header)
        faults += undocumented(header)
    tree.report(faults, f'{len(tree.public_headers())} headers compile alone, all documented')


if __name__ == '__main__':
    main()
