"""html_entities - writes src/base/html_entities.c: the character references of HTML 5 as Python's
html.entities lists them. Run it, then clang-format, when the standard has grown.

    /usr/bin/python3 tools/html_entities.py > src/base/html_entities.c
"""
# SPDX-License-Identifier: MIT
from html.entities import html5

LINE = 93


def escape(data):
    """As the inside of a C string literal. No digit follows a NUL of the table."""
    out = []
    for byte in data:
        c = chr(byte)
        if byte == 0:
            out.append('\\0')
        elif c in '"\\?':
            out.append('\\' + c)
        elif 32 <= byte < 127:
            out.append(c)
        else:
            out.append(f'\\{byte:03o}')
    return ''.join(out)


def main():
    names = sorted(html5)
    starts, text, lines, line = {}, b'', [], ''
    for name in names:
        starts.setdefault(name[0], len(text))
        entry = name.encode() + b'\0' + html5[name].encode() + b'\0'
        assert not (entry + name.encode()).split(b'\0')[1][:1].isdigit()
        text += entry
        piece = escape(entry)
        if len(line) + len(piece) > LINE:
            lines.append(line)
            line = ''
        line += piece
    lines.append(line)
    print(f'''/* html_entities.c - the {len(names)} named character references of HTML 5.
 *
 * Made by tools/html_entities.py from the table in Python's standard library: name, NUL, UTF-8,
 * NUL, sorted by name. Names without ";" are those that HTML knows without it.
 */
/* SPDX-License-Identifier: MIT */
#include "base/html_entities.h"

const char gale__html_entities[] =''')
    print('\n'.join(f'    "{line}"' for line in lines) + ';')
    print('\nconst uint16_t gale__html_entity_starts[] = {')
    letters = [chr(c) for c in range(ord('A'), ord('z') + 1)]
    end = len(text)
    numbers = []
    for letter in reversed(letters):
        end = starts.get(letter, end)
        numbers.append(end)
    numbers = list(reversed(numbers)) + [len(text)]
    assert max(numbers) < 65536
    for i in range(0, len(numbers), 10):
        print('    ' + ' '.join(f'{n},' for n in numbers[i:i + 10]))
    print('};')


main()
