"""layers - each folder includes only the layers above it, and no modules include each other
in a circle. Prints every module with its level: 0 for one that includes no other.

A module is x.c with x.h and, for a public one, gale/x.h. The layers are those of
docs/architecture.md; the libraries that only one place may use are named here too. A
public header includes only the language, POSIX and the project's own: a program that uses
gale needs no header of what gale uses.

SPDX-License-Identifier: MIT
"""
import re

import tree

# What a folder may include: itself, and these with all that they may.
USES = {
    'base': [],
    'proto': ['base'],
    'template': ['base'],
    'locale': ['gen'],
    'ioloop': ['base'],
    'gen': ['ioloop'],
    'net': ['gen', 'proto'],
    'http': ['net'],
    'web': ['http', 'template', 'locale'],
    'auth': ['web'],
    'redis': ['web'],
    'db': ['gen'],
    'sqlite': ['db'],
    'pg': ['db', 'net'],
    'wsgi': ['web'],
    'wsgi_cli': ['wsgi', 'top'],
    'top': ['web', 'auth'],
    'cli': ['top'],
}

# The layer of a public header, also while no source file in src/ has its name.
HEADER_LAYER = {
    'base': 'base', 'error': 'base', 'str': 'base', 'json': 'base', 'log': 'base',
    'escape': 'base', 'options': 'base', 'util': 'base', 'httputil': 'http',
    'concurrent': 'gen', 'debug': 'top', 'locks': 'gen', 'queues': 'gen', 'main': 'top', 'testing': 'top',
    'template_runtime': 'template', 'template_inline': 'template', 'template': 'template', 'value': 'template',
    'locale': 'locale', 'render': 'web', 'ioloop': 'ioloop', 'gen': 'gen', 'iostream': 'net',
    'netutil': 'net', 'tcpserver': 'net', 'httpserver': 'http', 'httpclient': 'http',
    'autoreload': 'net', 'tls': 'net', 'tcpclient': 'net', 'process': 'net', 'websocket_io': 'http', 'topics': 'http',
    'websocket': 'web', 'redis': 'redis', 'sqlite': 'sqlite', 'pg': 'pg', 'wsgi': 'wsgi', 'web': 'web', 'fastcgi': 'web', 'metrics': 'web', 'arguments': 'web', 'cookies': 'web', 'eventstream': 'web',
    'security': 'web', 'staticfile': 'web', 'embed': 'web', 'auth': 'auth', 'jwt': 'auth',
}

# Libraries with one home. Everything else must ask that home.
HOMES = {
    'pcre2': ['src/base/'],
    'jansson': ['src/base/', 'include/gale/json.h'],
    'zlib': ['src/base/'],
    'brotli/': ['src/base/'],
    'zstd': ['src/base/'],
    'openssl/ssl': ['src/net/tls'],
    'openssl/': ['src/base/', 'src/net/tls', 'src/auth/jose_'],
    'liburing': ['src/ioloop/'],
    'ares': ['src/net/'],
    'hiredis': ['src/redis/'],
    'sqlite3': ['src/sqlite/'],
    'libpq': ['src/pg/'],
    'Python': ['src/wsgi/py'],
    'structmember': ['src/wsgi/py'],
    'elfutils/': ['src/base/symbols'],
}

# What a public header may include besides <gale/...>: C11 and POSIX.1-2008.
STANDARD = set('''
assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal
stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath
threads time uchar wchar wctype
aio arpa/inet cpio dirent dlfcn fcntl fmtmsg fnmatch ftw glob grp iconv langinfo libgen
monetary mqueue ndbm net/if netdb netinet/in netinet/tcp nl_types poll pthread pwd regex
sched search semaphore spawn strings stropts sys/ipc sys/mman sys/msg sys/resource
sys/select sys/sem sys/shm sys/socket sys/stat sys/statvfs sys/time sys/times sys/types
sys/uio sys/un sys/utsname sys/wait syslog tar termios trace ulimit unistd utime utmpx
wordexp
'''.split())

SPACE = r'(?:[ \t]|\\\n)*'
INCLUDE = re.compile(f'^{SPACE}#{SPACE}(?:include|include_next|import)\\b{SPACE}([^\\n]*)', re.M)
TARGET = re.compile(r'([<"])([^>"]+)[>"]')


def allowed(layer):
    """The layer and all it may use, also by way of others."""
    seen = {layer}
    for above in USES[layer]:
        seen |= allowed(above)
    return seen


def public_layers(source_names):
    """Maps the name of each public header to its layer."""
    layers = {}
    for header in tree.public_headers():
        stem = header.stem
        if stem == 'gale':
            continue
        homes = [layer for layer, name in source_names if name == stem]
        layers[stem] = HEADER_LAYER.get(stem) or (homes[0] if homes else '?')
    return layers


def includes(path):
    """(line, '<' or '"', name); an include that names no file is (line, '', its text)."""
    text = tree.blank(path.read_text(), strings=False)
    for match in INCLUDE.finditer(text):
        target = TARGET.match(match.group(1))
        kind, name = target.groups() if target else ('', match.group(1).strip())
        yield text.count('\n', 0, match.start()) + 1, kind, name


def module_of(target, public):
    """The module an include names, (layer, name), or None for one that is not ours."""
    folder, _, rest = target.partition('/')
    stem = rest.rsplit('.', 1)[0]
    if folder == 'gale':
        return (public.get(stem), stem) if stem in public else None
    return (folder, stem) if folder in USES else None


def library_fault(file, target):
    """Why a file may not include <target>, which is none of ours; None: it may."""
    if target.endswith('.h') and target[:-2] in STANDARD:
        return None
    if target.split('/')[0] in USES:
        return f'<{target}> is ours: "{target}"'
    homes = next((homes for key, homes in HOMES.items() if target.startswith(key)), None)
    if homes and not any(file.startswith(home) for home in homes):
        return f'<{target}> belongs to {homes[0]}'
    if not homes and file.startswith('include/'):
        return f'<{target}> is no standard header: not in a public one'
    return None


def check_file(path, layer, public, edges, faults):
    own = (layer, path.stem)
    edges.setdefault(own, set())
    for line, kind, target in includes(path):
        where = f'{tree.name(path)}:{line}'
        if target == 'gale/gale.h' and path.name != 'gale.h':
            faults.append(f'{where}: <gale/gale.h> is for programs; include what is used')
            continue
        if not kind:
            faults.append(f'{where}: include {target}: name the file, so that it can be checked')
            continue
        if kind == '<' and not target.startswith('gale/'):
            fault = library_fault(tree.name(path), target)
            if fault:
                faults.append(f'{where}: {fault}')
            continue
        if kind == '"' and tree.name(path).startswith('include/'):
            faults.append(f'{where}: "{target}" is not installed: <gale/...> in a public header')
            continue
        module = module_of(target, public)
        if module is None:
            if kind == '"':
                faults.append(f'{where}: "{target}" is not "layer/name.h" from src/')
            continue
        if module[0] not in allowed(layer):
            faults.append(f'{where}: {layer} may not include {module[0]} ({target})')
        if module != own:
            edges[own].add(module)


def levels(edges, faults):
    """The level of each module; a circle becomes a fault that names its way round."""
    level = {}

    def visit(module, trail):
        if module in level:
            return level[module]
        if module in trail:
            circle = trail[trail.index(module):] + [module]
            faults.append('circle: ' + ' -> '.join('/'.join(step) for step in circle))
            return 0
        below = [visit(to, trail + [module]) for to in sorted(edges.get(module, ()))]
        level[module] = 1 + max(below) if below else 0
        return level[module]

    for module in sorted(edges):
        visit(module, [])
    return level


def main():
    code = tree.files('src/*/*.c', 'src/*/*.h', 'src/*/*.S')
    public = public_layers([(path.parent.name, path.stem) for path in code])
    edges, faults = {}, []
    for path in code:
        if path.parent.name not in USES:
            faults.append(f'{tree.name(path)}: no layer is called {path.parent.name}')
            continue
        check_file(path, path.parent.name, public, edges, faults)
    for header in tree.public_headers():
        if header.stem == 'gale':
            continue
        if public[header.stem] == '?':
            faults.append(f'{tree.name(header)}: of which layer? (HEADER_LAYER in tools/layers.py)')
            continue
        check_file(header, public[header.stem], public, edges, faults)
    level = levels(edges, faults)
    for layer in USES:
        row = sorted((depth, name) for (home, name), depth in level.items() if home == layer)
        if row:
            print(f'{layer}: ' + ' '.join(f'{name}({depth})' for depth, name in row))
    tree.report(faults, f'{len(level)} modules on {max(level.values(), default=0) + 1} levels, '
                        'no circle')


if __name__ == '__main__':
    main()
