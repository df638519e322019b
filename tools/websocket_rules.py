#!/usr/bin/env python3
"""Checks docs/websocket-conformance.md: each number has its test, each numbered test its number."""
# SPDX-License-Identifier: MIT
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / 'docs/websocket-conformance.md'
ENDS = {'server': 'S', 'client': 'K'}


def main():
    rows = re.findall(r'^\| ([SK]\d\d) \| (server|client) \| [\d., ]+ \| .+ \|$', TABLE.read_text(), re.M)
    numbers = [number for number, _ in rows]
    wrong = [f'{n}: twice' for n in set(numbers) if numbers.count(n) > 1]
    wrong += [f'{n}: of the other end' for n, end in rows if n[0] != ENDS[end]]
    for end, letter in ENDS.items():
        source = (ROOT / f'tests/http/test_websocket_{end}_rules.py').read_text()
        tested = {f'{letter}{n}' for n in re.findall(rf'def test_{letter.lower()}(\d\d)_', source)}
        listed = {n for n in numbers if n[0] == letter}
        wrong += [f'{n}: no test' for n in sorted(listed - tested)]
        wrong += [f'{n}: a test without a row' for n in sorted(tested - listed)]
    for line in wrong:
        print(f'{TABLE.relative_to(ROOT)}: {line}')
    if not rows:
        print(f'{TABLE.relative_to(ROOT)}: no table')
    return 1 if wrong or not rows else 0


if __name__ == '__main__':
    sys.exit(main())
