"""packages - the Debian packages (packaging/debian) have all that `meson install` puts down, each file
in one of them: every header, library, .pc file, manual page, the completion. `make deb` builds them
and scripts/deb-check tries them; this only compares lists.

Usage: packages.py BUILD_FOLDER

SPDX-License-Identifier: MIT
"""
import fnmatch
import json
import pathlib
import re
import sys

import tree

DEBIAN = tree.ROOT / 'packaging' / 'debian'


def installed(build):
    """What would be installed, as paths below / with prefix /usr and Debian's folder of libraries."""
    def option(name):
        return next(each['value'] for each in options if each['name'] == name)

    def introspect(what):
        text = tree.run(['meson', 'introspect', what, build]).stdout
        return json.loads(text[text.index('[' if what == '--buildoptions' else '{'):])

    options = introspect('--buildoptions')
    prefix, libraries = option('prefix'), option('libdir')
    for source, target in introspect('--installed').items():
        path = 'usr' + target[len(prefix):] if target.startswith(prefix) else target.lstrip('/')
        path = path.replace(f'usr/{libraries}/', 'usr/lib/ARCH/', 1)
        folder = pathlib.Path(source)
        if folder.is_dir():
            yield from (f'{path}/{each.relative_to(folder)}' for each in folder.rglob('*')
                        if each.is_file())
        else:
            yield path


def claims():
    """(package, pattern) of what the packages take from the installed tree."""
    for path in sorted(DEBIAN.glob('*.install')):
        for line in path.read_text().split('\n'):
            if line and not line.startswith('debian/'):
                yield path.stem, line.split()[0]


def takes(pattern, path):
    return fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(path, pattern + '/*')


def check(paths, wanted, left_out):
    """Faults; left_out are the headers that -X keeps out of libgale-dev."""
    for package, pattern in wanted:
        if not any(takes(pattern, path) for path in paths):
            yield f'packaging/debian/{package}.install: nothing is installed as {pattern}'
    for path in sorted(paths):
        owners = [package for package, pattern in wanted if takes(pattern, path) and not (
            package == 'libgale-dev' and path.endswith(tuple(left_out)))]
        if len(owners) != 1:
            yield f'{path}: in {" and ".join(owners) or "no package"} (packaging/debian)'


def described():
    """Packages of control without files, and the other way round."""
    control = (DEBIAN / 'control').read_text()
    named = set(re.findall(r'^Package: (\S+)$', control, re.M))
    filled = {path.stem for path in DEBIAN.glob('*.install')}
    yield from (f'packaging/debian/{name}.install is missing' for name in sorted(named - filled))
    yield from (f'packaging/debian/control: no package {name}' for name in sorted(filled - named))
    version = re.search(r"version: '([^']*)'", (tree.ROOT / 'meson.build').read_text())[1]
    if not (DEBIAN / 'changelog').read_text().startswith(f'gale ({version}-'):
        yield f'packaging/debian/changelog does not begin with version {version}'


def main():
    paths = set(installed(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else 'build')))
    wanted = list(claims())
    left_out = re.findall(r'-X(\S+)', re.search(r'dh_install -plibgale-dev.*', (
        DEBIAN / 'rules').read_text())[0])
    faults = [*described(), *check(paths, wanted, left_out)]
    tree.report(faults, f'{len(paths)} files, each in one of '
                        f'{len({package for package, _ in wanted})} packages')


if __name__ == '__main__':
    main()
