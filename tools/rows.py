"""rows - each row of tests/rows.txt has a test whose name carries its id, or a reason why not.

SPDX-License-Identifier: MIT
"""
import re

import tree

ROWS = tree.ROOT / 'tests' / 'rows.txt'
TEST = re.compile(r'\b(?:def|static void) +(test_\w+)\(')
ID = re.compile(r'(?<![a-z0-9])([abc]\d+(?:_\d+)?)(?![a-z0-9])')


def tested():
    """The ids in names of tests: test_a1_3_x and test_b12_y give a1_3 and b12."""
    found = set()
    for path in sorted((tree.ROOT / 'tests').rglob('*')):
        if path.suffix not in ('.c', '.py') or not path.is_file():
            continue
        for name in TEST.findall(path.read_text()):
            for row in ID.findall(name.removeprefix('test')):
                found.add(row)
                found.add(row.split('_')[0])
    return found


def main():
    known, faults, held = set(), [], 0
    there = tested()
    for line in ROWS.read_text().splitlines():
        if not line or line.startswith('#'):
            continue
        row, text = line.split(None, 1)
        name = row.lower().replace('.', '_')
        known.add(name)
        if name in there:
            held += 1
        elif ' - ' not in text:
            faults.append(f'{tree.name(ROWS)}: no test is named after {row}: {text}')
    tree.report(faults, f'{held} of {len(known)} rows have tests, the others a reason')


if __name__ == '__main__':
    main()
