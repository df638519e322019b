"""banned - words and shapes the project does not have: notes to self, // comments, calls that
overrun or hide state, heap memory past src/base/alloc.c, paths of some machine, files without
a purpose sentence, text too wide, files and functions too long.

SPDX-License-Identifier: MIT
"""
import re

import tree

WIDTH = 100
FILE_LINES = 1000
FUNCTION_LINES = 120
# An interpreter's loop is one function: a table of labels and what is at each.
STATE_MACHINES = {'src/template/run.c': 200}

CALLS = re.compile(r'\b(sprintf|vsprintf|strcpy|strcat|gets|strtok|alloca|atoi|atol|setjmp|'
                   r'longjmp)\s*\(')
HEAP = re.compile(r'(?<![\w.>])(malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|'
                  r'vasprintf|aligned_alloc|posix_memalign)\s*\(')
NOTES = re.compile(r'\b(TO' r'DO|FIX' r'ME|XX' r'X)\b')
MACHINE = re.compile(r'(?<![\w.$}/-])/(?:work|root|home|tm' r'p)/\w')


def lines_matching(pattern, text):
    for number, line in enumerate(text.split('\n'), 1):
        match = pattern.search(line)
        if match:
            yield number, match.group().strip(' (')


def everywhere(path):
    text = path.read_text(errors='replace')
    for pattern, why in ((NOTES, 'a note to self'), (MACHINE, 'a path of one machine')):
        for number, found in lines_matching(pattern, text):
            yield number, f'{why}: {found}'


def functions(text):
    """Line and length of each function: its braces stand at the first column."""
    start = 0
    for number, line in enumerate(text.split('\n'), 1):
        if line == '{':
            start = number
        elif line == '}' and start:
            yield start, number - start - 1
            start = 0


def c_text(path):
    text = path.read_text(errors='replace')
    bare = tree.blank(text)
    for number, _ in lines_matching(re.compile('//'), bare):
        yield number, '// comment'
    for number, found in lines_matching(CALLS, bare):
        yield number, f'{found}()'
    if path.suffix != '.cpp' and not text.startswith('/* '):
        yield 1, 'the file does not open with its purpose'
    if 'SPDX-License-Identifier: MIT' not in text[:4000]:
        yield 1, 'no SPDX line'
    for number, line in enumerate(text.split('\n'), 1):
        if len(line) > WIDTH:
            yield number, f'{len(line)} columns'
        if line.rstrip() != line:
            yield number, 'white space at the end'
    if text.count('\n') > FILE_LINES:
        yield 1, f'{text.count(chr(10))} lines'
    limit = STATE_MACHINES.get(str(path.relative_to(tree.ROOT)), FUNCTION_LINES)
    for number, length in functions(bare):
        if length > limit:
            yield number, f'a function of {length} lines'


def main():
    faults = []
    prose = tree.files('*.md', 'docs/**/*.md', 'scripts/*', 'tools/*', 'Makefile', '.ci/*',
                       'meson.build', '**/meson.build', 'tests/**/*.py', 'bench/**/*')
    code = tree.sources()
    for path in sorted(set(prose) | set(code)):
        if path.name != 'banned.py':
            faults += [f'{tree.name(path)}:{n}: {what}' for n, what in everywhere(path)]
    for path in code:
        faults += [f'{tree.name(path)}:{n}: {what}' for n, what in c_text(path)]
        own = tree.name(path)
        if own.startswith('src/') and own != 'src/base/alloc.c':
            bare = tree.blank(path.read_text())
            faults += [f'{own}:{n}: {found}() instead of gale__{found}()'
                       for n, found in lines_matching(HEAP, bare)]
    tree.report(faults, f'{len(code)} C files and {len(prose)} others: nothing banned')


if __name__ == '__main__':
    main()
