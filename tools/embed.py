"""embed - writes a C file with the bytes of the files below a directory, as a table by path.

SPDX-License-Identifier: MIT
"""
import pathlib
import sys

LINE = 20  # bytes in a line


def literal(data):
    """The bytes as an initialiser."""
    rows = (data[i:i + LINE] for i in range(0, len(data), LINE))
    return ',\n'.join('    ' + ','.join(str(byte) for byte in row) for row in rows)


def main():
    out, depfile, root = (pathlib.Path(word) for word in sys.argv[1:4])
    files = sorted(path for path in root.rglob('*') if path.is_file())
    parts = ['/* Made by tools/embed.py: not to be edited. */', '#include "cli/skeleton.h"', '']
    rows = []
    for i, path in enumerate(files):
        data = path.read_bytes()
        name = path.relative_to(root).as_posix()
        parts.append(f'static const unsigned char file_{i}[] = {{\n{literal(data + bytes(1))}\n}};')
        rows.append(f'    {{ "{name}", file_{i}, {len(data)} }},')
    parts += ['', 'const struct gale__skeleton_file gale__skeletons[] = {', *rows,
              '    { 0 },', '};', '']
    out.write_text('\n'.join(parts))
    folders = {path.parent for path in files}
    depfile.write_text(f'{out}: ' + ' '.join(str(path) for path in [*files, *sorted(folders)]) + '\n')


if __name__ == '__main__':
    main()
