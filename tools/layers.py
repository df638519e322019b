"""layers - each folder includes only the layers above it, and no modules include each other
in a circle. Prints every module with its level: 0 for one that includes no other.

A module is x.c with x.h and, for a public one, gale/x.h. The layers are those of
docs/architecture.md; the libraries that only one place may use are named here too.

SPDX-License-Identifier: MIT
"""
import re

import tree

# What a folder may include: itself, and these with all that they may.
USES = {
    'base': [],
    'proto': ['base'],
    'template': ['base'],
    'locale': ['base'],
    'ioloop': ['base'],
    'gen': ['ioloop'],
    'net': ['gen'],
    'http': ['net', 'proto'],
    'web': ['http', 'template', 'locale'],
    'top': ['web'],
    'cli': ['top'],
}

# The layer of a public header, also while no source file in src/ has its name.
HEADER_LAYER = {
    'base': 'base', 'error': 'base', 'str': 'base', 'json': 'base', 'log': 'base',
    'escape': 'base', 'options': 'base', 'util': 'base', 'httputil': 'http',
    'concurrent': 'gen', 'locks': 'gen', 'queues': 'gen', 'main': 'top', 'testing': 'top',
    'template_runtime': 'template', 'ioloop': 'ioloop', 'gen': 'gen', 'iostream': 'net',
    'netutil': 'net', 'tcpserver': 'net', 'httpserver': 'http', 'web': 'web',
}

# Libraries with one home. Everything else must ask that home.
HOMES = {
    'pcre2': ['src/base/'],
    'jansson': ['src/base/', 'include/gale/json.h'],
    'zlib': ['src/base/'],
    'brotli/': ['src/base/'],
    'zstd': ['src/base/'],
    'openssl/ssl': ['src/net/tls'],
    'openssl/': ['src/base/', 'src/net/tls'],
    'liburing': ['src/ioloop/'],
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\s+([<"])([^>"]+)[>"]', re.M)


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
        layers[stem] = homes[0] if homes else HEADER_LAYER.get(stem, '?')
    return layers


def includes(path):
    text = tree.blank(path.read_text(), strings=False)
    for match in INCLUDE.finditer(text):
        yield text.count('\n', 0, match.start()) + 1, match.group(1), match.group(2)


def module_of(target, public):
    """The module an include names, (layer, name), or None for one that is not ours."""
    folder, _, rest = target.partition('/')
    stem = rest.rsplit('.', 1)[0]
    if folder == 'gale':
        return (public.get(stem), stem) if stem in public else None
    return (folder, stem) if folder in USES else None


def check_file(path, layer, public, edges, faults):
    own = (layer, path.stem)
    edges.setdefault(own, set())
    for line, kind, target in includes(path):
        where = f'{tree.name(path)}:{line}'
        if target == 'gale/gale.h' and path.name != 'gale.h':
            faults.append(f'{where}: <gale/gale.h> is for programs; include what is used')
            continue
        if kind == '<' and not target.startswith('gale/'):
            homes = next((homes for key, homes in HOMES.items() if target.startswith(key)), None)
            if homes and not any(tree.name(path).startswith(home) for home in homes):
                faults.append(f'{where}: <{target}> belongs to {homes[0]}')
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
