"""random_cases - expressions and templates by chance, from a seed: what nobody thought of."""
# SPDX-License-Identifier: MIT
import random

NAMES = ['x', 'y', 'zero', 'neg', 'f', 'yes', 'no', 'nothing', 'empty', 's', 'uni', 'words', 'names', 'nums', 'none', 'd',
         'e', 'nest', 'rows', 'mixed', 'html']
LITERALS = ['0', '1', '2', '-1', '3', '10', '1.5', '0.25', '-2.5', '1e3', "''", "'a'", "'bob'", "'é€'", '"it\'s"', 'None', 'True',
            'False', '[]', '()', "'%s'", "'%d-%r'", "'{}'", "'{:>5}'", "' a b '", "'a,b'", '0xff', "'x' 'y'"]
BINARY = ['+', '-', '*', '/', '//', '%', '==', '!=', '<', '<=', '>', '>=', 'in', 'not in', 'is', 'and', 'or', '&', '|', '^', '+', '*', '%', '==']
METHODS = ['upper()', 'lower()', 'strip()', 'split()', "split(',')", "join(['a', 'b'])", "replace('a', 'b')", "find('o')", "count('a')", "startswith('a')",
           'title()', "get('a')", "get('q', 1)", 'index(1)', 'count(1)', "partition(' ')", 
           'splitlines()', 'capitalize()', 'swapcase()', "format(1, 'a')", 'copy()', "rsplit(' ', 1)",]
FUNCTIONS = ['len', 'str', 'int', 'float', 'bool', 'list', 'tuple', 'sorted', 'sum', 'min', 'max', 'abs', 'round', 'any', 'all', 'repr', 'escape', 'shout',
             'squeeze', 'url_escape', 'json_encode', 'chr', 'ord', 'hex', 'range', 'divmod']


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.bound = []

    def pick(self, what):
        return self.random.choice(what)

    def name(self):
        return self.pick(NAMES + self.bound * 3)

    def expression(self, depth):
        if depth <= 0 or self.random.random() < 0.15:
            return self.name() if self.random.random() < 0.6 else self.pick(LITERALS)
        kind = self.random.randrange(16)
        sub = lambda: self.expression(depth - 1)
        if kind < 4:
            return f'{sub()} {self.pick(BINARY)} {sub()}'
        if kind == 4:
            return f'({sub()})'
        if kind == 5:
            return f'{self.pick(["not ", "-", "+", "~"])}({sub()})'
        if kind == 6:
            return f'{self.atom(depth)}[{sub()}]'
        if kind == 7:
            low, high, step = (self.pick(['', '', str(self.random.randint(-4, 4))]) for _ in range(3))
            return f'{self.atom(depth)}[{low}:{high}{":" + step if step not in ("", "0") else ""}]'
        if kind == 8:
            return f'({sub()} if {sub()} else {sub()})'
        if kind == 9:
            return f'[{", ".join(sub() for _ in range(self.random.randint(0, 3)))}]'
        if kind == 10:
            return '{' + ', '.join(f'{self.pick(LITERALS)}: {sub()}' for _ in range(self.random.randint(1, 2))) + ' }'
        if kind == 11:
            return self.comprehension(depth)
        if kind == 12:
            return f'{self.atom(depth)}.{self.pick(METHODS)}'
        if kind == 13:
            return f'{self.pick(FUNCTIONS)}({sub()})'
        if kind == 14:
            return f'{sub()} {self.pick(["<", "==", ">=", "!="])} {sub()} {self.pick(["<", "<=", "==", "in"])} {sub()}'
        return f'({sub()}, {sub()})'

    def atom(self, depth):
        return self.name() if self.random.random() < 0.6 else f'({self.expression(depth - 1)})'

    def comprehension(self, depth):
        over, variable = self.expression(depth - 1), self.pick(['i', 'j', 'k'])
        self.bound.append(variable)
        condition = f' if {self.expression(depth - 2)}' if self.random.random() < 0.4 else ''
        made = f'[{self.expression(depth - 1)} for {variable} in {over}{condition}]'
        self.bound.pop()
        return made

    def body(self, depth):
        return ''.join(self.node(depth - 1) for _ in range(self.random.randint(1, 3)))

    def node(self, depth):
        kind = self.random.randrange(9) if depth > 0 else self.random.randrange(3)
        e = lambda: self.expression(2)
        if kind == 0:
            return self.pick(['text', ' a\n b ', '<b>', '{ ', 'é', '\n\n'])
        if kind in (1, 2):
            return f'{{{{ {e()} }}}}' if kind == 1 else f'{{% raw {e()} %}}'
        if kind == 3:
            tail = f'{{% else %}}{self.body(depth)}' if self.random.random() < 0.5 else ''
            return f'{{% if {e()} %}}{self.body(depth)}{tail}{{% end %}}'
        if kind == 4:
            over, variable = e(), self.pick(['i', 'j', 'k'])
            self.bound.append(variable)
            stop = self.pick(['', '', f'{{% if {e()} %}}{{% break %}}{{% end %}}', f'{{% if {e()} %}}{{% continue %}}{{% end %}}'])
            made = f'{{% for {variable} in {over} %}}{stop}{self.body(depth)}{{% else %}}E{{% end %}}'
            self.bound.pop()
            return made
        if kind == 5:
            variable = self.pick(['p', 'q'])
            made = f'{{% set {variable} = {e()} %}}'
            self.bound.append(variable)
            return made
        if kind == 6:
            last = '{% finally %}F' if self.random.random() < 0.3 else ''
            return f'{{% try %}}{self.body(depth)}{{% except Exception as err %}}[caught]{{% else %}}O{last}{{% end %}}'
        if kind == 7:
            return f'{{% apply {self.pick(["shout", "escape", "str"])} %}}{self.body(depth)}{{% end %}}'
        return f'{{% block b{self.random.randrange(10 ** 9)} %}}{self.body(depth)}{{% end %}}'


def templates(seed, n):
    """n templates; the same each time for a seed."""
    for number in range(n):
        maker = Maker(seed * 1000003 + number)
        if number % 2:
            yield '{{ ' + maker.expression(4).replace('}}', '} }').replace('{{', '{ {') + ' }}'
        else:
            yield maker.body(4)
