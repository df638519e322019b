"""compared - docs/compared-to-tornado.md stays true: every gale name in a row marked "there"
is declared in a public header.

SPDX-License-Identifier: MIT
"""
import re

import tree

PAGE = tree.ROOT / 'docs' / 'compared-to-tornado.md'


def main():
    declared = set()
    for header in tree.public_headers():
        declared |= set(re.findall(r'\w+', tree.blank(header.read_text())))
        declared.add(f'gale/{header.name}')
    faults, rows = [], 0
    for number, line in enumerate(PAGE.read_text().split('\n'), 1):
        cells = [cell.strip() for cell in line.strip().strip('|').split('|')]
        if len(cells) != 3 or cells[2].split(',')[0].split(':')[0].split(';')[0] != 'there':
            continue
        rows += 1
        for code in re.findall(r'`([^`]*)`', cells[1]):
            for word in re.findall(r'gale/\w+\.h|\bgale_\w+|\bGALE_\w+', code):
                if word not in declared:
                    faults.append(f'{tree.name(PAGE)}:{number}: no header has {word}')
            for word in re.findall(r'(?<![\w.])\.(\w+)', code):
                if word not in declared:
                    faults.append(f'{tree.name(PAGE)}:{number}: no header has a field {word}')
    tree.report(faults, f'{rows} rows say "there", and it is')


if __name__ == '__main__':
    main()
