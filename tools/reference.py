"""reference - the API reference: Doxygen reads the public headers, this reads Doxygen's XML.

The headers have plain comments. Doxygen gets each header through filtered(), which makes the
comment before a declaration, behind one, or at the head of the file Doxygen's own, line for line;
a comment before several declarations without a blank line between them is that of each.

Usage: reference.py            check: no warning of Doxygen, each name has its contract
       reference.py --filter FILE

SPDX-License-Identifier: MIT
"""
import html
import pathlib
import re
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import tree

DOXYFILE = tree.ROOT / 'tools' / 'site' / 'Doxyfile'
COMMENT = re.compile(r'/\*.*?\*/', re.S)
SECTION = re.compile(r'/\* --- (.*?)(?: -*)?(?: *\*/)?$')
ITEM = re.compile(r'[a-z0-9][a-z0-9, ]*: ')
SPECIAL = re.compile(r'[\\@<>&#%"]|--+')
BODY = re.compile(r'^\{.*?^\}', re.S | re.M)    # of an inline function
NAME = re.compile(r'\b(?:gale|GALE)_\w+')

# --- from the header to Doxygen ------------------------------------------------------------


def escaped(text):
    """The text without what Doxygen would take for a command."""
    return SPECIAL.sub(lambda match: '\\' + match[0], text)


def lines_of(comment):
    """The text of a comment by lines, without its decoration, and without a section's title."""
    lines = comment[2:-2].split('\n')
    if lines[0].startswith(' --- '):
        lines[0] = ''
    return [lines[0].strip()] + [re.sub(r'^ *\*? ?', '', line, count=1) if '*' in line[:8]
                                 else line.strip() for line in lines[1:]]


def prose(lines):
    """Lines for Doxygen: indented blocks after an empty line as they are, the rest escaped."""
    result, code, items = [], False, sum(map(bool, map(ITEM.match, lines))) > 2
    for i, line in enumerate(lines):
        indented = line.startswith('    ')
        if not code and indented and not lines[i - 1].strip():
            code = True
            line = '\\verbatim ' + line    # in the place of the empty line: see below
            result[-1], line = '\\verbatim', line[10:]
        elif code and line.strip() and not indented:
            code = False
            result[-1] = '\\endverbatim'
        if code:
            result.append(line)
        elif items and ITEM.match(line):
            result.append('- ' + escaped(line))
        else:
            result.append(escaped(line))
    if code:
        result[-1] += ' \\endverbatim'
    return result


def statements(text):
    """How many lines the declarations below a comment take, and how many they are; up to an empty
    line, a comment, a brace, or (in a struct) one that has a comment behind it."""
    count = used = 0
    pending = False
    for i, line in enumerate(text.split('\n')):
        stripped = line.strip()
        trailing = re.search(r'\S.*/\*', stripped)
        if not pending and (not stripped or stripped[0] in '/}#' and stripped[:7] != '#define'
                            or stripped.startswith('typedef struct') or trailing):
            break
        if '{' in stripped and stripped[0] != '#' or trailing:
            break
        pending = stripped.endswith('\\') or stripped[-1] != ';' and stripped[0] != '#' and (
            not pending or not text.split('\n')[i - 1].endswith('\\'))
        if not pending:
            count, used = count + 1, i + 1
    return used, count


def filtered(text):
    """A header as Doxygen shall see it, line for line."""
    bodies = [match.span() for match in BODY.finditer(text)]
    closings, pieces, at = [], [], 0
    for number, match in enumerate(COMMENT.finditer(text)):
        comment, start, end = match[0], *match.span()
        before = text[text.rfind('\n', 0, start) + 1:start]
        after = text[end:]
        new = None
        if any(first < start < last for first, last in bodies):
            new = re.sub(r'[^\n]', '', comment)
        elif number == 0:
            new = '/** @file\n' + '\n'.join(prose(lines_of(comment)[1:])) + ' */'
        elif before.strip():
            if not re.match(r' *(#(?!define)|(struct|union) \w+; *$)', before):
                new = '/**< ' + '\n'.join(prose(lines_of(comment))) + ' */'
        elif re.match(r'\n[^\n]', after) and not SECTION.fullmatch(comment) and \
                not re.match(r'\n\s*(/\*|#include|#ifndef GALE_\w+_H\b|#endif|\})', after):
            new = '/** ' + '\n'.join(prose(lines_of(comment))) + ' */'
            used, count = statements(after[1:])
            if count > 1:
                new += ' /**@{*/'
                last = after.split('\n', used + 1)[:used + 1]
                # On a line of its own: behind a macro it would belong to that.
                closings.append(end + len('\n'.join(last)) + 1)
        while closings and closings[0] <= start:
            pieces += [text[at:closings[0]], '/**@}*/']
            at = closings.pop(0)
        pieces += [text[at:start], comment if new is None else new]
        at = end
    for closing in closings:
        pieces += [text[at:closing], '/**@}*/']
        at = closing
    return ''.join(pieces) + text[at:]


def run_doxygen(folder):
    """What Doxygen complained about; its XML is in folder/xml."""
    settings = DOXYFILE.read_text() + f'\nOUTPUT_DIRECTORY = "{folder}"\n'
    done = tree.run(['doxygen', '-'], input=settings)
    return done.stdout.strip() or (f'doxygen: exit {done.returncode}' if done.returncode else '')


# --- from Doxygen's XML to HTML ------------------------------------------------------------


class Entry:
    """What the headers declare in one place: one or several names with one contract."""

    def __init__(self, kind, name, line, code, text):
        self.kind, self.names, self.line, self.text = kind, [name], line, text
        self.codes = [code]
        self.fields = []    # of a type: [names, codes, text]
        self.joined = False    # stands below the one before it, whose contract is of both


class Header:
    """One page of the reference."""

    def __init__(self, name, brief, text):
        self.name, self.brief, self.text = name, brief, text
        self.entries = []
        self.sections = []    # (line, title)


def plain(node):
    return ''.join(node.itertext()) if node is not None else ''


def rendered(node):
    """HTML of a description."""
    tags = {'para': 'p', 'itemizedlist': 'ul', 'listitem': 'li', 'computeroutput': 'code',
            'emphasis': 'em', 'bold': 'strong'}
    pieces = [html.escape(node.text or '', quote=False)]
    for child in node:
        if child.tag in ('verbatim', 'preformatted'):
            lines = plain(child).strip('\n').split('\n')
            indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()),
                         default=0)
            inside = '\n'.join(line[indent:] for line in lines).rstrip()
            pieces.append(f'</p><pre class="code">{html.escape(inside, quote=False)}</pre><p>')
        elif child.tag == 'ulink':
            pieces.append(f'<a href="{html.escape(child.get("url"))}">{rendered(child)}</a>')
        elif child.tag in tags:
            tag = tags[child.tag]
            pieces.append(f'<{tag}>{rendered(child)}</{tag}>')
        else:
            pieces.append({'ndash': '--', 'mdash': '---'}.get(child.tag, '') + rendered(child))
        pieces.append(html.escape(child.tail or '', quote=False))
    return ''.join(pieces)


def described(node):
    text = ''.join(rendered(part) for part in (node.find('briefdescription'),
                                               node.find('detaileddescription'))
                   if part is not None).strip()
    text = re.sub(r'<p>(\s*<ul>.*?</ul>\s*)</p>', r'\1', text, flags=re.S)
    return re.sub(r'<p>\s*</p>', '', text).strip()


def line_of(node):
    return int(node.find('location').get('line'))


def code_of(member):
    """A declaration as C."""
    kind, name = member.get('kind'), plain(member.find('name'))
    if kind == 'define':
        params = [plain(param) for param in member.findall('param')]
        value = plain(member.find('initializer'))
        short = value and '\n' not in value and len(value) < 40 and not params
        return (f'#define {name}' + (f'({", ".join(params)})' if params else '') +
                (f' {value}' if short else ''))
    if kind == 'enum':
        return f'enum {name}' if not name.startswith('@') and name else 'enum'
    left, right = plain(member.find('type')), plain(member.find('argsstring'))
    prefix = 'typedef ' if kind == 'typedef' else ''
    joint = '' if left.endswith('*') or left.endswith('(*') else ' '
    code = re.sub(r' +', ' ', f'{prefix}{left}{joint}{name}{right}').replace('( ', '(')
    return re.sub(r'(\w)\(\*(?=\w+\)\()', r'\1 (*', code) + ';'


def add(entries, entry):
    """Appends; a neighbour with the very same contract is the same entry."""
    last = entries[-1] if entries else None
    if last and 'type' not in (last.kind, entry.kind) and last.text == entry.text and entry.text:
        last.names += entry.names
        last.codes += entry.codes
    else:
        entries.append(entry)


def fields_of(compound):
    fields = []
    members = sorted(compound.iter('memberdef'), key=line_of)
    for member in members:
        text, name = described(member), plain(member.find('name'))
        if fields and fields[-1][2] == text and text:
            fields[-1][0].append(name)
            fields[-1][1].append(code_of(member))
        else:
            fields.append([[name], [code_of(member)], text])
    return fields


def values_of(enum):
    return [[[plain(value.find('name'))],
             [plain(value.find('name')) + ' ' + plain(value.find('initializer'))],
             described(value)] for value in enum.findall('enumvalue')]


def entries_of(compound, folder):
    for inner in compound.findall('innerclass'):
        struct = ElementTree.parse(folder / f'{inner.get("refid")}.xml').getroot()[0]
        name = plain(inner)
        if '::' in name or '.' in name or '@' in name:
            continue    # of another struct, in whose declaration it is
        entry = Entry('type', name, line_of(struct), f'struct {name}', described(struct))
        entry.fields = fields_of(struct)
        yield entry
    for member in compound.iter('memberdef'):
        kind = {'define': 'macro', 'enum': 'type', 'typedef': 'type'}.get(member.get('kind'),
                                                                          member.get('kind'))
        name = plain(member.find('name'))
        entry = Entry(kind, name, line_of(member), code_of(member), described(member))
        if member.get('kind') == 'enum':
            entry.fields = values_of(member)
        yield entry


def is_public(entry):
    """Guards, attributes and what structs are declared by are no entries."""
    return not re.match(r'GALE_\w+_H$|GALE_(API|MUST_USE|PRINTF|BEGIN_DECLS|END_DECLS)$',
                        entry.names[0])


def join(entries, lines):
    """A declaration without a comment, right below another one, is told there."""
    for before, entry in zip(entries, entries[1:]):
        above = lines[entry.line - 2].strip()
        if not entry.text and above and above[-2:] != '*/':
            entry.joined = True


def read_header(folder, refid):
    compound = ElementTree.parse(folder / f'{refid}.xml').getroot()[0]
    name = plain(compound.find('compoundname'))
    source = (tree.ROOT / 'include' / 'gale' / name).read_text()
    first = lines_of(COMMENT.match(source)[0])
    brief = first[0].split(' - ', 1)[-1]
    rest = described(compound)
    if len(first) > 1 and first[1].strip():    # the purpose goes over several lines
        more = re.match(r'<p>(.*?)</p>', rest, re.S)
        brief, rest = f'{brief} {html.unescape(more[1])}', rest[more.end():].strip()
    header = Header(name, brief, rest)
    for entry in sorted(filter(is_public, entries_of(compound, folder)), key=lambda e: e.line):
        add(header.entries, entry)
    join(header.entries, source.split('\n'))
    for number, line in enumerate(source.split('\n'), 1):
        section = SECTION.match(line)
        if section:
            header.sections.append((number, section[1].rstrip(' -*/')))
    return header


def read(folder):
    """All headers, by name, from Doxygen's XML."""
    folder = pathlib.Path(folder) / 'xml'
    index = ElementTree.parse(folder / 'index.xml').getroot()
    headers = [read_header(folder, compound.get('refid')) for compound in index
               if compound.get('kind') == 'file']
    return sorted(headers, key=lambda header: header.name)


def places(headers):
    """Where each name is told: {name: "web.html#gale_write"}."""
    found = {}
    for header in headers:
        page = header.name.replace('.h', '.html')
        for entry in header.entries:
            for name in entry.names:
                if name[0] != '@':
                    found[name] = f'{page}#{name}'
            for names, _, _ in entry.fields:
                for name in names:
                    if NAME.fullmatch(name):
                        found[name] = f'{page}#{name}'
    return found


def missing(headers):
    """Functions, macros and variables without a contract; types tell by their fields."""
    for header in headers:
        for entry in header.entries:
            if not entry.text and not entry.joined and entry.kind != 'type':
                yield f'include/gale/{header.name}:{entry.line}: no contract of {entry.names[0]}'


def declared(headers):
    """Functions that the headers have and the reference has not."""
    known = places(headers)
    for header in headers:
        text = tree.blank((tree.ROOT / 'include' / 'gale' / header.name).read_text())
        text = re.sub(r'^#.*', '', text, flags=re.M)
        for match in re.finditer(r'\bGALE_API\b[^;{(]*?\b(gale_\w+)\s*\(', text):
            if match[1] not in known:
                yield f'include/gale/{header.name}: {match[1]} is not in the reference'


def main():
    if len(sys.argv) > 2 and sys.argv[1] == '--filter':
        sys.stdout.write(filtered(pathlib.Path(sys.argv[2]).read_text()))
        return
    with tempfile.TemporaryDirectory() as folder:
        warnings = run_doxygen(folder)
        if warnings:
            tree.report([warnings], '')
        headers = read(folder)
    faults = [*missing(headers), *declared(headers)]
    tree.report(faults, f'{len(places(headers))} names of {len(headers)} headers, each with its '
                        'contract')


if __name__ == '__main__':
    main()
