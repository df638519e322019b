"""guide - keeps the guide true, in both of its languages:

- each C and HTML block of docs/guide stands line for line in a file below examples/, so that it
  is compiled (and its console lines are run by tests/examples/test_guide.py). `…` alone on a line
  leaves lines out. A comment on the line before, `<!-- check: fragment -->`, excuses a block that
  is no part of a program;
- docs/zh has the same chapters as docs/guide, each with the same blocks in the same order (blocks
  without a language, and ```text, may differ);
- the README of each lists all of its chapters;
- the settings chapter names every field of the settings, of their limits, of the options of login
  providers, and every option;
- links within the project lead to files and headings that are there.

SPDX-License-Identifier: MIT
"""
import functools
import re
import sys

import tree

GUIDE, CHINESE = tree.ROOT / 'docs' / 'guide', tree.ROOT / 'docs' / 'zh'

# Chapters that are not translated yet. Empty when all is done.
UNTRANSLATED = set()

BLOCK = re.compile(r'^(?P<hint><!-- check: fragment -->\n+)?```(?P<kind>[\w+-]*)\n'
                   r'(?P<text>.*?)^```$', re.S | re.M)
LINK = re.compile(r'(?<!`)\[[^\]\[]*\]\(([^)\s]+)\)')
STRUCTS = {'web.h': ('gale_settings', 'gale_limits'), 'httpserver.h': ('gale_httpserver_options',),
           'auth.h': ('gale_auth_options',), 'template.h': ('gale_template_limits',)}
FIELD = re.compile(r'[\s*](\w+);|\(\*(\w+)\)')
COMMENT = re.compile(r'/\*.*?\*/', re.S)
OPTION = re.compile(r'\.name = "([a-z_-]+)"')
HEADING = re.compile(r'^#+ +(.*?) *#*$', re.M)
FROM_FILES = {'c': ('c', 'h'), 'html': ('html',)}
MAY_DIFFER = ('', 'text')


def blocks(text):
    """(line, kind, is a fragment, text) of each block of code."""
    for match in BLOCK.finditer(text):
        line = text.count('\n', 0, match.start('text')) + 1
        yield line, match['kind'], bool(match['hint']), match['text']


@functools.cache
def examples(kind):
    return [path.read_text() for end in FROM_FILES[kind] for path in tree.files(f'examples/**/*.{end}')]


def stands_in(source, pieces):
    """Whether the pieces come in the source in this order, each of whole lines."""
    source, at = '\n' + source, 0
    for piece in pieces:
        found = source.find('\n' + piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def check_blocks(path):
    for line, kind, fragment, text in blocks(path.read_text()):
        if kind not in FROM_FILES or fragment:
            continue
        pieces = [piece for piece in re.split(r'^ *…\n', text, flags=re.M) if piece.strip()]
        if not any(stands_in(source, pieces) for source in examples(kind)):
            yield f'{tree.name(path)}:{line}: this {kind} block stands in no file below examples/'


def compare(path):
    """A chapter and its translation."""
    other = CHINESE / path.name
    if not other.exists():
        if path.name not in UNTRANSLATED:
            yield f'{tree.name(other)} is missing'
        return
    if path.name in UNTRANSLATED:
        yield f'{tree.name(other)} is there: take it out of UNTRANSLATED in tools/guide.py'
    mine, theirs = ([(line, kind, text) for line, kind, _, text in blocks(page.read_text())
                     if kind not in MAY_DIFFER] for page in (path, other))
    for (line, *block), (their_line, *their_block) in zip(mine, theirs):
        if block != their_block:
            yield (f'{tree.name(path)}:{line} and {tree.name(other)}:{their_line}: '
                   'the blocks differ')
            return
    if len(mine) != len(theirs):
        yield f'{tree.name(path)} has {len(mine)} blocks, {tree.name(other)} {len(theirs)}'


def check_contents(folder):
    """The README of a folder links each of its chapters."""
    entry = folder / 'README.md'
    linked = set(LINK.findall(entry.read_text())) if entry.exists() else set()
    for path in tree.files(f'{tree.name(folder)}/*.md'):
        if entry.exists() and path != entry and path.name not in linked:
            yield f'{tree.name(entry)}: no link to {path.name}'


@functools.cache
def told():
    """What the settings chapter has to name."""
    names = []
    for header, structs in STRUCTS.items():
        text = COMMENT.sub('', (tree.ROOT / 'include' / 'gale' / header).read_text())
        for struct in structs:
            body = re.search(r'typedef struct %s \{(.*?)\n\}' % struct, text, re.S)[1]
            names += [f'`.{a or b}`' for a, b in FIELD.findall(body)]
    for source in ('src/top/main_options.c', 'src/base/log_options.c'):
        text = (tree.ROOT / source).read_text().replace('_', '-')
        names += [f'`--{name}`' for name in OPTION.findall(text)]
    return names


def check_settings(folder):
    path = folder / 'settings.md'
    text = path.read_text()
    for name in told():
        if name not in text:
            yield f'{tree.name(path)}: {name} is not there'


@functools.cache
def anchors(path):
    """The anchors of a page's headings, as forges make them."""
    found = set()
    for heading in HEADING.findall(BLOCK.sub('', path.read_text())):
        heading = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', heading).lower()
        anchor = re.sub(r'[^\w\- ]', '', heading).replace(' ', '-')
        number, once = 0, anchor
        while anchor in found:
            number += 1
            anchor = f'{once}-{number}'
        found.add(anchor)
    return found


def check_links(path):
    text = BLOCK.sub('', path.read_text())
    for link in LINK.findall(text):
        if re.match(r'[a-z]+:', link):
            continue
        name, _, anchor = link.partition('#')
        target = (path.parent / name).resolve() if name else path
        if not target.exists():
            yield f'{tree.name(path)}: no {link}'
        elif anchor and target.suffix == '.md' and anchor not in anchors(target):
            yield f'{tree.name(path)}: no heading {link}'


def main():
    chapters = tree.files('docs/guide/*.md')
    faults = []
    for path in chapters:
        faults += check_blocks(path)
        faults += compare(path)
    for path in tree.files('docs/zh/*.md'):
        if not (GUIDE / path.name).exists():
            faults.append(f'{tree.name(path)}: no such chapter in docs/guide')
    for name in sorted(UNTRANSLATED - {path.name for path in chapters} - {'README.md'}):
        faults.append(f'UNTRANSLATED in tools/guide.py names {name}, which is not there')
    for folder in (GUIDE, CHINESE):
        faults += check_contents(folder)
        faults += check_settings(folder)
    for path in tree.files('README.md', 'CONTRIBUTING.md', 'docs/**/*.md', 'examples/**/*.md'):
        faults += check_links(path)
    tree.report(faults, f'{len(chapters)} chapters, {len(UNTRANSLATED)} of them not translated')


if __name__ == '__main__':
    sys.exit(main())
