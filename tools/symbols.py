"""symbols - the shared library exports the gale_ functions its headers declare and nothing
else; the static library defines no global name but gale_ ones.

Usage: symbols.py BUILD_FOLDER

SPDX-License-Identifier: MIT
"""
import pathlib
import re
import sys

import tree

# What a sanitizer or the linker itself adds.
FOREIGN = re.compile(r'^(__asan_|__ubsan_|__tsan_|__sanitizer_|__odr_asan|_init$|_fini$|'
                     r'__bss_start$|_edata$|_end$)')

# Libraries of their own, with the header of their name.
OPTIONAL = ('redis', 'sqlite', 'pg', 'wsgi')


def defined(options, library):
    done = tree.run(['nm', *options, '--defined-only', library])
    names = set()
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) == 3 and not FOREIGN.match(words[2]):
            names.add(words[2])
    return names


def declared(library):
    """Names that the public headers of a library mark GALE_API."""
    names = set()
    for header in tree.public_headers():
        if (header.stem if header.stem in OPTIONAL else '') != library:
            continue
        text = re.sub(r'^#.*', '', tree.blank(header.read_text()), flags=re.M)
        for match in re.finditer(r'\bGALE_API\b([^;{]*)', text):
            words = re.sub(r'__attribute__\s*\(\(.*?\)\)', ' ', match.group(1), flags=re.S)
            called = re.search(r'\b(gale_\w+)\s*\(', words)
            plain = re.search(r'\b(gale_\w+)\s*(\[\w*\])?\s*$', words)
            found = called or plain
            if found:
                names.add(found.group(1))
    return names


def faults_of(shared, static, library):
    exported = defined(['-D'], shared)
    wanted = declared(library)
    yield from (f'exported without a gale_ name: {name}' for name in sorted(exported)
                if not name.startswith('gale_'))
    yield from (f'internal, but exported: {name}' for name in sorted(exported)
                if name.startswith('gale__'))
    yield from (f'exported, but no public header declares it: {name}'
                for name in sorted(exported - wanted) if re.match(r'gale_[^_]', name))
    yield from (f'declared GALE_API, but the library has none: {name}'
                for name in sorted(wanted - exported))
    yield from (f'global in {static.name} without a gale_ name: {name}'
                for name in sorted(defined(['-g'], static)) if not name.startswith('gale_'))
    if not exported:
        yield f'no library {shared}'


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else 'build')
    libraries = [(build / 'libgale.so', '')]
    libraries += [(build / f'src/{name}/libgale-{name}.so', name) for name in OPTIONAL
                  if (build / f'src/{name}/libgale-{name}.so').exists()]
    faults = []
    for shared, library in libraries:
        faults += faults_of(shared, shared.with_suffix('.a'), library)
    n = sum(len(defined(['-D'], shared)) for shared, _ in libraries)
    tree.report(faults, f'{n} symbols exported, all declared')


if __name__ == '__main__':
    main()
