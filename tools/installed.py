"""installed - what `meson install` puts down is enough: a program compiles and links through
pkg-config alone, or CMake's find_package, with the shared library and with the static one, in C
and in C++. The program may serve, so that a static one has all of the library in it.

Usage: installed.py BUILD_FOLDER

SPDX-License-Identifier: MIT
"""
import os
import pathlib
import shutil
import sys
import tempfile

import tree

PROGRAM = '''
#include <stdio.h>
#include <gale/gale.h>

int main(int argc, char **argv)
{
    if (argc > 1)
        return gale_main(argc, argv, NULL);
    printf("%s\\n", gale_version());
    return 0;
}
'''

REDIS = '''
#include <stdio.h>
#include <gale/redis.h>

int main(int argc, char **argv)
{
    gale_redis *redis = argc > 1 ? gale_redis_new(&(gale_redis_options){ .host = argv[1] }) : NULL;

    printf("%d\\n", redis && gale_redis_is_connected(redis));
    gale_redis_free(redis);
    return 0;
}
'''


SQLITE = '''
#include <stdio.h>
#include <gale/sqlite.h>

int main(void)
{
    gale_sqlite *db = gale_sqlite_new(":memory:", NULL);

    printf("%d\\n", gale_sqlite_exec(db, "SELECT 1"));
    gale_sqlite_free(db);
    return 0;
}
'''

PG = '''
#include <stdio.h>
#include <gale/pg.h>

int main(void)
{
    gale_pg *db = gale_pg_new("dbname=x", NULL);

    printf("%d\\n", gale_pg_exec(db, "SELECT 1"));
    gale_pg_free(db);
    return 0;
}
'''

WSGI = '''
#include <stdio.h>
#include <gale/wsgi.h>

int main(void)
{
    gale_wsgi *wsgi = gale_wsgi_new(&(gale_wsgi_options){ .application = "shop.site:app" });

    printf("%d\\n", gale_wsgi_load(wsgi));
    gale_wsgi_free(wsgi);
    return 0;
}
'''

OPTIONAL = {'gale-redis': REDIS, 'gale-sqlite': SQLITE, 'gale-pg': PG, 'gale-wsgi': WSGI}


def pkg_config(root, *words, package='gale'):
    folder = next(root.rglob('gale.pc')).parent
    path = f'{folder}:' + tree.run(['pkg-config', '--variable=pc_path', 'pkg-config']).stdout
    text = (folder / 'gale.pc').read_text()
    prefix = next(line for line in text.split('\n') if line.startswith('prefix='))[7:]
    moved = root / prefix.lstrip('/')
    env = dict(os.environ, PKG_CONFIG_PATH=path.strip())
    done = tree.run(['pkg-config', f'--define-variable=prefix={moved}', *words, package], env=env)
    if done.returncode:
        tree.report([done.stdout], '')
    return done.stdout.split()


def build_and_run(root, compiler, words, static, text=PROGRAM):
    source = root / ('hello.cpp' if '++' in compiler[0] else 'hello.c')
    source.write_text(text)
    program = root / 'hello'
    done = tree.run([*compiler, '-Wall', '-Wextra', '-Wpedantic', '-Werror', source, *words,
                     *(['-static'] if static else []), '-o', program])
    what = f'{" ".join(compiler)} {"static" if static else "shared"}'
    if done.returncode:
        return f'{what}: {done.stdout}'
    libraries = next(root.rglob('libgale.a')).parent
    done = tree.run([program], env=dict(os.environ, LD_LIBRARY_PATH=str(libraries)))
    return '' if done.returncode == 0 and done.stdout.strip() else f'{what}: {done.stdout}'


CMAKE = '''cmake_minimum_required(VERSION 3.16)
project(hello C)
find_package(gale 0.1 REQUIRED COMPONENTS @parts@)
foreach(kind gale static)
  add_executable(hello_${kind} hello.c)
  target_link_libraries(hello_${kind} PRIVATE gale::${kind})
endforeach()
'''


def build_with_cmake(root):
    """The package file of CMake, in the moved tree, with the shared and the static library."""
    if not shutil.which('cmake'):
        return 'no cmake here'
    folder = root / 'with cmake'
    folder.mkdir()
    (folder / 'hello.c').write_text(PROGRAM)
    parts = ' '.join(sorted(path.stem.split('-')[1] for path in root.rglob('libgale-*.so')))
    (folder / 'CMakeLists.txt').write_text(CMAKE.replace('COMPONENTS @parts@', parts and f'COMPONENTS {parts}'))
    config = next(root.rglob('galeConfig.cmake'), None)
    if not config:
        return 'galeConfig.cmake is not installed'
    for command in (['cmake', '-S', folder, '-B', folder / 'b', f'-Dgale_DIR={config.parent}'],
                    ['cmake', '--build', folder / 'b']):
        done = tree.run(command)
        if done.returncode:
            return f'cmake: {done.stdout}'
    libraries = next(root.rglob('libgale.a')).parent
    for kind in ('gale', 'static'):
        done = tree.run([folder / 'b' / f'hello_{kind}'],
                        env=dict(os.environ, LD_LIBRARY_PATH=str(libraries)))
        if done.returncode or not done.stdout.strip():
            return f'cmake, {kind}: {done.stdout}'
    return ''


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else 'build').resolve()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        done = tree.run(['meson', 'install', '-C', build, '--no-rebuild', '--destdir', root])
        if done.returncode:
            tree.report([done.stdout], '')
        faults = []
        headers = {path.name for path in root.rglob('include/gale/*.h')}
        for header in tree.public_headers():
            if header.name not in headers:
                faults.append(f'{tree.name(header)} is not installed')
        shared = next(root.rglob('libgale.so.0'), None)
        if not shared or 'SONAME' not in tree.run(['objdump', '-p', shared]).stdout:
            faults.append('no libgale.so.0 with a soname')
        for compiler in (['gcc'], ['clang'], ['g++', '-std=c++17']):
            words = pkg_config(root, '--cflags', '--libs')
            faults.append(build_and_run(root, compiler, words, False))
        words = pkg_config(root, '--cflags', '--libs', '--static')
        faults.append(build_and_run(root, ['gcc'], words, True))
        for package, text in OPTIONAL.items():
            if next(root.rglob(package + '.pc'), None):
                words = pkg_config(root, '--cflags', '--libs', package=package)
                faults.append(build_and_run(root, ['gcc'], words, False, text))
        faults.append(build_with_cmake(root))
    tree.report([fault for fault in faults if fault], 'a program builds through pkg-config')


if __name__ == '__main__':
    main()
