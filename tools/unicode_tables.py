"""unicode_tables - writes src/base/unicode_tables.c: what kind of character each code point is and
its other cases, as Python's str methods know them. Run it, then clang-format.

    /usr/bin/python3 tools/unicode_tables.py > src/base/unicode_tables.c
"""
# SPDX-License-Identifier: MIT
import sys
import unicodedata

KINDS = (str.isalpha, str.isdecimal, str.isdigit, str.isnumeric, str.isspace, str.isprintable,
         str.isupper, str.islower, lambda c: c.istitle() and not c.isupper())
CASED = 1 << len(KINDS)
IGNORABLE = 2 << len(KINDS)


def code_points():
    return (c for c in range(sys.maxunicode + 1) if not 0xd800 <= c < 0xe000)


def kinds(c):
    """Whether a sigma before it ends a word tells how Python takes it: as cased, to be ignored."""
    bits = sum(1 << i for i, is_kind in enumerate(KINDS) if is_kind(chr(c)))
    if ('A\u03a3' + chr(c)).lower()[1] == '\u03c3':
        return bits | CASED
    if ('A\u03a3' + chr(c) + 'A').lower()[1] == '\u03c3':
        return bits | IGNORABLE
    return bits


def runs():
    last = None
    for c in code_points():
        bits = kinds(c)
        if bits != last or c == 0xe000:
            yield c << 11 | bits
        last = bits


def simple(convert):
    """Runs (first, last, step, difference) of those that become one other."""
    out = []
    for c in code_points():
        other = convert(chr(c))
        if len(other) != 1 or ord(other) == c:
            continue
        delta = ord(other) - c
        if out:
            first, last, step, same = out[-1]
            if delta == same and (c - last == step or (first == last and c - last <= 2)):
                out[-1] = (first, c, c - last, delta)
                continue
        out.append((c, c, 1, delta))
    return out


def special(convert):
    for c in code_points():
        other = convert(chr(c))
        if len(other) > 1:
            yield c, [ord(x) for x in other] + [0] * (3 - len(other))


def show(values):
    line = '   '
    for value in values:
        if len(line) + len(value) + 2 > 98:
            print(line)
            line = '   '
        line += ' ' + value + ','
    print(line)
    print('};')


def show_cases(name, convert):
    print(f'\nconst struct gale__case_run gale__{name}_runs[] = {{')
    show('{ 0x%x, 0x%x, %d, %d }' % run for run in simple(convert))
    print(f'\nconst struct gale__case_special gale__{name}_specials[] = {{')
    show('{ 0x%x, { 0x%x, 0x%x, 0x%x } }' % (c, *others) for c, others in special(convert))
    print(f'''
const struct gale__case_table gale__{name}_table = {{
    gale__{name}_runs,
    gale__{name}_specials,
    sizeof(gale__{name}_runs) / sizeof(gale__{name}_runs[0]),
    sizeof(gale__{name}_specials) / sizeof(gale__{name}_specials[0]),
}};''')


def main():
    print(f'''/* unicode_tables.c - the kinds and cases of all characters of Unicode \
{unicodedata.unidata_version}.
 *
 * Made by tools/unicode_tables.py from what Python's str methods say. A run is its first code
 * point << 11 | its kinds.
 */
/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include "base/unicode.h"

const uint32_t gale__unicode_runs[] = {{''')
    values = ['0x%x' % run for run in runs()]
    show(values)
    print(f'const uint32_t gale__n_unicode_runs = {len(values)};')
    for name, convert in (('upper', str.upper), ('lower', str.lower), ('title', str.title),
                          ('fold', str.casefold)):
        show_cases(name, convert)


if __name__ == '__main__':
    main()
