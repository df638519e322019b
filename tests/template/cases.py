"""cases - templates that Tornado's engine and ours must render to the same bytes, by the production
of the grammar in docs/templates.md that they are about.

EXPRESSIONS are put into three templates each (WRAPS); TEMPLATES stand for themselves: a text, or a
dict of files of which "t.html" is rendered. All see VALUES and the functions of test_tornado.py.
"""
# SPDX-License-Identifier: MIT

VALUES = {
    'x': 7, 'y': 3, 'zero': 0, 'neg': -5, 'f': 2.5, 'big': 9007199254740993, 'yes': True, 'no': False,
    'nothing': None, 'empty': '', 's': 'Hello, World', 'html': '<a href="x">&\'</a>', 'uni': 'gräße €😀',
    'words': 'the quick brown fox', 'lines': 'a\nb\n\nc', 'names': ['Ann', 'bob', 'Cid'], 'nums': [3, 1, 2],
    'none': [], 'd': {'a': 1, 'b': 'two', 'c': [1, 2, 3]}, 'e': {}, 'nest': [[1, 2], [3, 4]],
    'rows': [{'id': 1, 'name': 'one'}, {'id': 2, 'name': 'two'}, {'id': 3, 'name': 'three'}],
    'mixed': [1, 'a', None, True, 1.5, [1], {'k': 'v'}], 'url': 'see http://example.com/a?b=1&c=2 now',
}

WRAPS = [
    '{{ %s }}',
    '<p>{%% raw %s %%}</p>',
    '{%% if (%s) %%}yes{%% else %%}no{%% end %%}:{%% set v = %s %%}{{ v }}',
]

EXPRESSIONS = {
    'number': '''
        0
        7
        1_000_000
        0xff
        0o17
        0b101
        1.5
        1e3
        1E-7
        1e16
        1e15
        123456789.123
        0.1
        .5
        5.
        1e100
        9223372036854775807
        0.1 + 0.2
        100000000000000000.0
        1_0.0_1
    ''',
    'strings': r'''
        'a'
        "b"
        'it\'s'
        "say \"x\""
        'tab\there'
        'a\x41\u00e9\U0001F600'
        'oct \101 \0end'
        r'raw\n'
        u'u'
        'joined ' "strings" ' here'
        """three "quotes" here"""
        \'\'\'also 'so' \'\'\'
        'back\\slash'
        '<&>'
        '\a\b\f\v'.encode()
        R'\d'
    '''.replace("\\'\\'\\'", "'''"),
    'bytes': r'''
        b'abc'
        [b'abc', b"it's", b'\x00\xff\n']
        b'abc'[1]
        b'abc'[1:]
        len(b'\xff\xfe')
        b'a' + b'b'
        b'ab' * 2
        b'b' in b'abc'
        b'abc'.decode()
        'é'.encode('utf-8')
        rb'\n'
        b'abc' == 'abc'
        list(b'ab')
        bytes(3)
        str(b'x')
    ''',
    'constant': '''
        None
        True
        False
        [None, True, False]
        None is None
        True + True
        not None
    ''',
    'tuple': '''
        ()
        (1,)
        (1, 2)
        1, 2
        (1, (2, 3), 'x')
        1,
        (1, 2) + (3,)
        (1, 2) * 2
        (1, 2)[0]
        (1, *nums, 2)
        *nums, 9
        ('a', "b'c", 'd"e', 'f\\'g"h')
        (1, 2, 3).index(2)
        (1, 2, 1).count(1)
        (1, 2) == (1, 2)
        (1, 2) < (1, 3)
    ''',
    'list': '''
        []
        [1]
        [1, 2, 3]
        [1, [2, [3]]]
        [*nums, 4]
        [*names, *nums]
        ['x', None, 1.0, True]
        [1, 2] + [3]
        [0] * 3
        2 * [1]
        [1, 2] == [1, 2]
        [1, 2] < [1, 3]
        [1, 2,]
        [[], [[]]]
        mixed
        names
    ''',
    'dict': '''
        {}
        {'a': 1}
        {'a': 1, 2: 'b', (1, 2): None}
        {**d, 'z': 26}
        {'a': 1, **{'a': 2} }
        {'a': {'b': {} } }
        {1: 'int', 1.0: 'float'}
        {True: 'yes', 1: 'one'}
        {'a': 1} == {'a': 1}
        {'a': 1, 'b': 2} == {'b': 2, 'a': 1}
        d
        {'x': x}['x']
        {'a': 1}.get('b', 5)
        len({'a': 1, 'b': 2})
        list({'b': 1, 'a': 2})
        {'a': 1,}
    ''',
    'entry': '''
        {'k': x if x > 3 else y}
        {**e}
        {**d}
        {1: 2, **{3: 4}, 5: 6}
    ''',
    'name': '''
        x
        s
        html
        nothing
        uni
        big
        empty
        yes
        f
    ''',
    'attribute': '''
        s.upper()
        names.index('bob')
        list(d.keys())
        datetime.date(2024, 2, 29).year
        datetime.timedelta(days=1).days
        (1.5).is_integer()
    ''',
    'index': '''
        s[0]
        s[-1]
        uni[2]
        uni[-1]
        names[1]
        names[-1]
        d['a']
        d['c'][1]
        nest[1][0]
        (1, 2, 3)[1]
        range(10)[3]
        range(10)[-1]
        {'a': 1}['a']
        {1: 'x'}[1]
        {(1, 2): 'x'}[1, 2]
        'abc'[True]
        rows[0]['name']
    ''',
    'slice': '''
        s[1:4]
        s[:5]
        s[7:]
        s[:]
        s[::-1]
        s[::2]
        s[-5:]
        s[5:2]
        s[10:-2]
        s[100:]
        uni[1:5]
        uni[::-1]
        names[1:]
        names[::-1]
        nums[:2]
        [1, 2, 3, 4, 5][1:4:2]
        [1, 2, 3, 4, 5][4:1:-2]
        [1, 2, 3, 4, 5][-2::-1]
        (1, 2, 3)[1:]
        range(10)[2:5]
        range(10)[::-1]
        list(range(10)[1:8:3])
        b'abcdef'[1:4]
        s[None:3]
        s[x:]
        ''[::-1]
        names[y - 2:x]
    ''',
    'call': '''
        ValueError('a', 1), str(ValueError('a', 1)), ValueError('a', 1).args, KeyError('k', 2).args, str(KeyError('k', 2))
        ValueError('a'), str(KeyError('a')), ValueError().args, KeyError('a').args
        pow(3, -1, 7), pow(10, -3, 997), pow(7, -2, -15)
        len(s)
        shout('hi')
        shout(text='hi')
        greet('Ann')
        greet('Ann', 'Bye')
        greet('Ann', greeting='Bye')
        greet(greeting='Bye', name='Ann')
        greet(*['Ann', 'Hm'])
        greet(**{'name': 'Ann'})
        greet(*['Ann'], **{'greeting': 'Yo'})
        max(1, 2, 3)
        max(nums)
        range(3)
        list(range(3))
        list(range(2, 8, 2))
        list(range(5, 0, -1))
        str(1) + str(2.0)
        int('42') + int(3.9) + int('-7')
        int('ff', 16)
        int(' 12 ')
        int('0x1f', 0)
        float('1.5') + float(2)
        float('1e3')
        bool('') or bool('x')
        dict(a=1, b=2)
        dict([('a', 1), ('b', 2)])
        dict({'a': 1}, b=2)
        tuple([1, 2])
        list('abc')
        list(d)
        sorted(nums)
        sorted(names)
        sorted(names, key=lambda n: n.lower())
        sorted(nums, reverse=True)
        sorted(d)
        sorted('hello')
        list(reversed(nums))
        sum(nums)
        sum([0.1] * 3)
        sum([[1], [2]], [])
        min(nums)
        min('b', 'a')
        min([], default=5)
        max(names, key=len)
        abs(neg)
        abs(-2.5)
        round(2.5)
        round(3.5)
        round(2.675, 2)
        round(1234, -2)
        [round(v, n) for v in (0.05, 0.005, 0.0005, 5e-5, 0.15, 0.95, 0.095, 9.5e-9, 5e-324) for n in range(-1, 10)]
        [round(-v * 10.0 ** n, -n) for v in (0.05, 0.5, 0.50001, 0.4999, 1.5) for n in range(0, 40)]
        round(-0.05, 1), round(5e22, -23), round(5e29, -30), round(15e22, -23), round(6e307, -308), round(4e307, -308)
        round(-2.5)
        round(2.0)
        any([0, 1])
        all([0, 1])
        any([])
        all([])
        list(enumerate(names))
        list(enumerate(names, 1))
        list(enumerate(names, start=5))
        list(zip(names, nums))
        list(zip([1, 2, 3], 'ab'))
        list(zip())
        list(map(str, nums))
        list(map(lambda a, b: a + b, nums, nums))
        list(filter(None, [0, 1, '', 'a']))
        list(filter(lambda n: n > 1, nums))
        divmod(7, 3)
        divmod(-7, 3)
        divmod(7.5, 2)
        chr(8364)
        ord('€')
        hex(255)
        oct(8)
        bin(5)
        pow(2, 10)
        pow(2, -1)
        pow(7, 5, 13)
        repr('it\\'s')
        repr("a\\nb\\x00\\u00e9\\u200b")
        format(3.14159, '.2f')
        format('x', '>5')
        isinstance(x, int)
        isinstance('a', (int, str))
        isinstance(True, int)
        isinstance(d, dict)
        isinstance(nothing, str)
        hasattr(s, 'upper')
        hasattr(s, 'nope')
        getattr(s, 'nope', 'fallback')
        callable(len)
        callable(s)
        type(x) == int
        type('a')
        type([])
        len(uni)
        len(names) + len(d) + len(range(5)) + len((1,)) + len({})
        str(None) + str(True)
        escape(html)
        xhtml_escape('<')
        url_escape('a b/c&d=é')
        url_escape('a b/c', plus=False)
        json_encode(d)
        json_encode('</script>')
        json_encode([1, 1.5, None, True, 'é"'])
        json_encode({'a': [1, {'b': None}]})
        squeeze('  a  b\\n\\tc ')
        linkify(url)
        linkify(url, shorten=True)
        linkify(url, extra_params='rel="nofollow"')
        linkify('www.example.com', require_protocol=True)
        linkify('www.example.com')
        abs(True)
        int(True)
        str([1, 'a'])
        str({'a': (1,)})
        'abc'.upper().lower().title()
        (lambda: 5)()
        (lambda a, b=2: a + b)(1)
        (lambda a, b=2: a * b)(3, b=4)
    ''',
    'argument': '''
        max(*nums)
        max(1, *nums, 9)
        dict(**{'k': 'v'})
        dict(a=1, **{'b': 2})
        sum(n for n in nums)
        ', '.join(n.upper() for n in names)
        sorted((n for n in nums), reverse=True)
    ''',
    'keyword': '''
        greet(name='A', greeting='B')
        sorted(names, key=len, reverse=True)
        url_escape('a/b', plus=True)
        round(number=2.567, ndigits=1)
    ''',
    'power': '''
        2 ** 10
        2 ** -1
        2 ** 0.5
        -2 ** 2
        2 ** 3 ** 2
        (-2) ** 3
        2.0 ** 3
        0 ** 0
        10 ** 15
        4 ** 0.5
    ''',
    'unary': '''
        -x
        +x
        ~x
        --x
        -f
        -True
        ~-1
        -(-3)
        +True
    ''',
    'product': '''
        x * y
        x / y
        x // y
        x % y
        -7 // 2
        -7 % 2
        7 // -2
        7 % -2
        7.5 // 2
        -7.5 % 2
        6 / 2
        'ab' * 3
        3 * 'ab'
        'ab' * 0
        'ab' * -1
        2 * 3 % 4
        1e300 * 1e10
        -0.0
        0.0 * -1
        True * 5
        '%s-%s' % (x, y)
        '%d%%' % x
        '%05.2f' % f
        '%s' % s
        '%r' % s
        '%(a)s and %(b)s' % d
        '%x %X %o' % (255, 255, 8)
        '%5d|%-5d|%05d|%+d' % (x, x, x, x)
        '%e %g %G' % (12345.678, 12345.678, 0.00001)
        '%10s|%-10s|%.3s' % ('abc', 'abc', 'abcdef')
        '%c%c' % ('a', 66)
        '%*d' % (5, x)
        '%s' % (names,)
        '%s' % nothing
        '%.0f %.1f' % (2.5, 0.25)
        '%i %u' % (x, y)
        '%#x %#o' % (255, 8)
        '% d' % x
        '%s' % [1, 'a']
        '%s %s' % ('a', ('b',))
    ''',
    'sum': '''
        x + y
        x - y
        1 + 2.5
        'a' + 'b'
        s + '!'
        [1] + [2]
        (1,) + (2,)
        1 - -1
        x + y * 2
        (x + y) * 2
        True + 1
        0.1 + 0.2 - 0.3
    ''',
    'shift': '''
        1 << 10
        1024 >> 3
        -1 >> 1
        1 << 2 + 1
        x << y >> 1
    ''',
    'bit-and': '''
        6 & 3
        True & False
        x & 1 == 1
        -1 & 255
    ''',
    'bit-xor': '''
        6 ^ 3
        True ^ True
        x ^ x
        -1 ^ 1
    ''',
    'bit-or': '''
        6 | 3
        True | False
        1 | 2 ^ 3 & 4
        {'a': 1} | {'b': 2}
    ''',
    'comparison': '''
        x > y
        x < y
        x >= 7
        x <= 6
        x == 7
        x != 7
        x == 7.0
        1 < 2 < 3
        1 < 3 < 2
        1 < 2 > 1
        1 == 1.0 == True
        'a' < 'b'
        'a' < 'B'
        'abc' < 'abd'
        'Z' < 'a' < 'é'
        'Hello' in s
        'hello' in s
        'zz' not in s
        '' in s
        'Ann' in names
        'ann' in names
        4 not in nums
        'a' in d
        'z' in d
        3 in range(5)
        3.0 in range(5)
        5 in range(0, 10, 2)
        None is None
        x is None
        nothing is None
        x is not None
        [1] == [1]
        [1] == (1,)
        d == d
        'a' == b'a'
        None == 0
        1 in [1.0, 2]
        True in [1]
        [1, 2] < [1, 2, 3]
        (1, 'a') < (1, 'b')
        x > y == True
        not x > y
        float('nan') == float('nan')
        float('inf') > big
        big == 9007199254740992.0
        9007199254740993 > 9007199254740992.0
        'x' == 1
        [] == {}
    ''',
    'not-test': '''
        not x
        not zero
        not not x
        not empty
        not none
        not e
        not x == 3
        not 'a' in 'b'
    ''',
    'and-test': '''
        x and y
        zero and y
        x and zero
        x and y and s
        empty and 1 / 0
        names and names[0]
    ''',
    'or-test': '''
        x or y
        zero or y
        zero or empty
        zero or empty or 'last'
        x or 1 / 0
        nothing or 'default'
        x and zero or 'z'
    ''',
    'conditional': '''
        'a' if x else 'b'
        'a' if zero else 'b'
        'a' if zero else 'b' if empty else 'c'
        (1 if yes else 2) + 1
        1 if no else 2 + 1
        'one' if len(names) == 1 else 'many'
        [n if n > 1 else 0 for n in nums]
    ''',
    'lambda': '''
        (lambda n: n + 1)(1)
        (lambda: x)()
        (lambda a, b: a - b)(5, 3)
        (lambda a, b=10: a + b)(1)
        (lambda a: (lambda b: a + b))(1)(2)
        [f(2) for f in [lambda n: n * 2, lambda n: n * 3]]
        [f() for f in [lambda: i for i in range(3)]]
        list(map(lambda n: n ** 2, nums))
        (lambda n: 'big' if n > 5 else 'small')(x)
        sorted(rows, key=lambda r: -r['id'])[0]['name']
    ''',
    'list-comprehension': '''
        [n for n in nums]
        [n * 2 for n in nums]
        [n for n in nums if n > 1]
        [n for n in nums if n > 1 if n < 3]
        [(a, b) for a in nums for b in names]
        [a + b for a, b in nest]
        [[c for c in n] for n in names]
        [x for x in 'abc']
        [i for i in range(10) if i % 2]
        [k for k in d]
        [n for row in nest for n in row]
        [a for a, *b in [(1, 2, 3), (4, 5)]]
        [r['name'] for r in rows if r['id'] != 2]
        [n for n in (1, 2)]
    ''',
    'dict-comprehension': '''
        {n: n * n for n in nums}
        {k: v for k, v in d.items()}
        {n.lower(): len(n) for n in names if n != 'bob'}
        {i: {j: i * j for j in range(2)} for i in range(2)}
    ''',
    'generator': '''
        sum(n for n in nums)
        list(n for n in nums if n > 1)
        any(n > 2 for n in nums)
        all(n > 2 for n in nums)
        max((len(n) for n in names))
        dict((n, 1) for n in names)
        ''.join(c for c in 'abc' if c != 'b')
        tuple(a * b for a in nums for b in nums if a < b)
    ''',
    'for-clause': '''
        [a for a in names if a > 'B']
        [a + b for a in 'ab' for b in 'cd']
        [b for (a, b) in nest]
        [c for [a, c] in nest]
    ''',
    'for-clauses': '''
        [a for a in nums if a > 1 for b in names if b != 'bob']
        {a: b for a in nums for b in 'xy'}
        [a + b for a in 'ab' if a == 'b' for b in 'cd' if b]
    ''',
    'starred': '''
        [*'abc']
        (*nums,)
        *nums, *names
        [*range(3), *[7]]
        [0, *none, 1]
    ''',
    'atom': '''
        (x)
        ((x))
        (x,)
        'text'
        [x][0]
    ''',
    'methods of str': r'''
        s.lower()
        s.swapcase()
        'hello world'.title()
        "they're bill's".title()
        'hELLO'.capitalize()
        'straße'.upper()
        'ÀÉ'.lower()
        'Straße'.casefold()
        '  x '.strip()
        '  x '.lstrip() + '|'
        '  x '.rstrip() + '|'
        'xxaxx'.strip('x')
        'abcba'.lstrip('ab')
        words.split()
        words.split(' ')
        words.split(' ', 1)
        words.rsplit(' ', 1)
        'a,b,,c'.split(',')
        ' a  b '.split()
        ' a  b '.split(' ')
        ''.split()
        ''.split(',')
        'a--b--c'.split('--')
        ' a b c '.split(None, 1)
        ' a b c '.rsplit(None, 1)
        lines.splitlines()
        lines.splitlines(True)
        'a\r\nb\rc'.splitlines()
        'a=b=c'.partition('=')
        'a=b=c'.rpartition('=')
        'abc'.partition('=')
        'abc'.rpartition('=')
        ', '.join(names)
        '-'.join('abc')
        ''.join([])
        s.replace('l', 'L')
        s.replace('l', 'L', 2)
        'abc'.replace('', '-')
        'aaa'.replace('aa', 'b')
        'abc'.replace('', '-', 2)
        s.find('o')
        s.find('o', 5)
        s.find('zz')
        s.rfind('o')
        s.index('W')
        s.rindex('o')
        uni.find('€')
        s.count('l')
        'aaaa'.count('aa')
        'abc'.count('')
        s.startswith('Hell')
        s.startswith(('x', 'H'))
        s.startswith('W', 7)
        s.endswith('ld')
        s.endswith('Hello', 0, 5)
        '12'.isdigit()
        '1a'.isdigit()
        ''.isdigit()
        'ab'.isalpha()
        'é'.isalpha()
        'a1'.isalnum()
        ' \t'.isspace()
        'AB'.isupper()
        'ab1'.islower()
        'Ab'.istitle()
        '½'.isnumeric()
        '²'.isdigit()
        '١'.isdecimal()
        'ab'.isascii()
        'a\n'.isprintable()
        'x'.center(5) + '|'
        'x'.center(6, '*')
        'ab'.center(5, '.')
        'x'.ljust(3) + '|'
        'x'.rjust(3, '0')
        '42'.zfill(5)
        '-42'.zfill(5)
        'a\tb'.expandtabs()
        'a\tb'.expandtabs(4)
        'prefix-x'.removeprefix('prefix-')
        'x.html'.removesuffix('.html')
        uni.upper()
        uni.encode()
        'ß'.upper()
        'ŉ ǰ ΐ ﬁ'.upper()
        'İ'.lower()
        'Σ ΣΑΣ'.lower()
        'ǆ'.title()
    ''',
    'format': r'''
        '{} {}'.format(1, 'a')
        '{0} {1} {0}'.format('a', 'b')
        '{name} {n}'.format(name='x', n=1)
        '{:>5}|{:<5}|{:^5}'.format('a', 'b', 'c')
        '{:*^7}'.format('mid')
        '{:05d} {:+d} {: d}'.format(x, x, x)
        '{:,}'.format(1234567)
        '{:_}'.format(1234567)
        '{:.2f}'.format(3.14159)
        '{:,.2f}'.format(1234567.891)
        format(0.256, '.1%')
        '{:e} {:g}'.format(12345.6789, 12345.6789)
        '{:x} {:X} {:o} {:b}'.format(255, 255, 8, 5)
        '{:#x} {:#b}'.format(255, 5)
        '{!r} {!s}'.format('a', 'b')
        '{a[0]} {b[k]}'.format(a=[1, 2], b={'k': 'v'})
        '{{ {}'.format(1)
        '{:{w}d}|'.format(3, w=5)
        '{:{}.{}f}|'.format(3.14159, 8, 2)
        '{:.3}'.format('abcdef')
        '{}'.format(None)
        '{}'.format([1, 'a'])
        '{:5}|{:5}|'.format(1, 'a')
        '{:c}'.format(65)
        '{:10.3f}|{:<10.3f}|{:^10.3f}|'.format(f, f, f)
        '{:=+8d}'.format(x)
        '{:08.3f}'.format(-f)
        '{:n}'.format(1234)
        '{:}'.format('x')
        '{0[name]}'.format(rows[0])
        '{:%Y-%m-%d}'.format(datetime.date(2024, 2, 29))
        '{:g} {:g} {:g}'.format(1.0, 1e10, 1e-5)
        '{:.3g}'.format(0.00012345)
        '{:#.3g}'.format(1.0)
        '{} {}'.format(1e16, 1e-5)
        format(1234567.0, ',')
        format(True, 'd')
        format(0.5, '%')
        '{:>+8.1f}'.format(2.25)
        '{:s}'.format('x')
        '{:^+9.2e}|'.format(1234.5)
        '{:012,}'.format(1234567)
    ''',
    'methods of list and dict': '''
        names.count('bob')
        names.index('Cid')
        list(d.items())
        list(d.values())
        d.get('a')
        d.get('zz')
        d.get('zz', 'dflt')
        dict(d).pop('a')
        sorted(d.items(), key=lambda kv: str(kv[1]))
        list(nums).copy()
        {'a': 1}.setdefault('b', 2)
        dict(d).popitem()
        [1, 2, 3].pop()
        [1, 2, 3].pop(0)
        (1, 2, 2).count(2)
    ''',
    'datetime': '''
        datetime.date(2024, 2, 29)
        datetime.datetime(2024, 1, 2, 3, 4, 5)
        datetime.datetime(2024, 1, 2, 3, 4, 5, 678)
        datetime.datetime(2024, 1, 2, 3, 4, 5).isoformat()
        datetime.datetime(2024, 1, 2, 3, 4, 5).strftime('%Y-%m-%d %H:%M:%S')
        datetime.datetime(2024, 1, 2, 13, 4, 5).strftime('%A %a %B %b %d %I %p %y %j %%')
        datetime.date(2024, 2, 28) + datetime.timedelta(days=2)
        datetime.date(2024, 3, 1) - datetime.date(2024, 2, 28)
        datetime.datetime(2024, 1, 1) - datetime.timedelta(hours=1)
        datetime.timedelta(days=1, hours=2, minutes=3)
        datetime.timedelta(seconds=90)
        datetime.timedelta(days=-1, seconds=5)
        datetime.timedelta(hours=36).total_seconds()
        datetime.date(2024, 1, 1) < datetime.date(2024, 1, 2)
        datetime.datetime(2024, 1, 2).date()
        datetime.date(2024, 1, 1).weekday()
        datetime.date(2024, 1, 7).isoweekday()
        datetime.datetime(2024, 1, 2, 3, 4).replace(hour=5)
        datetime.datetime.strptime('2024-03-04', '%Y-%m-%d')
        datetime.datetime.fromisoformat('2024-03-04T05:06:07')
        [datetime.date(2024, 1, 2)]
        [datetime.timedelta(seconds=1)]
        datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)
        datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
        datetime.datetime(2024, 5, 6, 7, 8, tzinfo=datetime.timezone.utc).timestamp()
        datetime.timedelta(hours=1) * 3
        datetime.timedelta(hours=3) / datetime.timedelta(hours=2)
        datetime.date(2024, 12, 25).strftime('%d/%m/%Y')
        datetime.datetime(2024, 1, 2, 3, 4).time()
        datetime.time(12, 30)
    ''',
}

TEMPLATES = {
    'template': ['', 'plain', 'a\nb', 'é€😀', '{', '}', 'a{b}{', '{x}', '}}', '%}', '#}', '{ {x} }', '{{x}}}',
                 'x{{ x }}y', '{{x}}{{y}}', 'a{b}c{{ x }}d'],
    'escaped-opening': ['{{!x}}', '{%!if%}', '{#!z#}', '{{!x}} {{x}}', 'a{{!', '{{!{{x}}', '{%!{{x}}%}'],
    'comment': ['{# c #}d', 'a{##}b', '{# {{x}} #}', '{# a\nb #}c', '{#{#}x'],
    'comment-tag': ['{% comment x %}y', '{% comment %}y', '{% comment if x %}y'],
    'output': ['{{x}}', '{{ x }}', '{{\nx\n}}', '{{{x}}}', '{{{{x}}}}', '{{ html }}', '{{ x, y }}', '{{ "}" }}',
               '\\{{{x}}}', '{{ None }}{{ b"y" }}{{ 1.50 }}', '{{ *nums, 1 }}'],
    'directive': ['{%if x%}a{%end%}', '{%   if x   %}a{%   end   %}', '{%\nif x\n%}a{%\nend\n%}', '{% raw x%}'],
    'raw': ['{% raw html %}', '{% raw x %}', '{% raw s + html %}', '{% raw "<" %}{{ "<" }}', '{% raw x, y %}'],
    'set': ['{% set a = 1 %}{{ a }}', '{% set a = b = 2 %}{{ a + b }}', '{% set a, b = 1, 2 %}{{ a }}{{ b }}',
            '{% set a, b = 1, 2 %}{% set a, b = b, a %}{{ a }}{{ b }}', '{% set (a, b), c = (1, 2), 3 %}{{ a }}{{ b }}{{ c }}',
            '{% set [a, b] = [1, 2] %}{{ a }}{{ b }}', '{% set a, *b = 1, 2, 3 %}{{ a }}{{ b }}',
            '{% set *a, b = 1, 2, 3 %}{{ a }}{{ b }}', '{% set a, *b, c = range(5) %}{{ b }}',
            '{% set a = list(nums) %}{% set a[0] = 9 %}{{ a }}', '{% set a = {} %}{% set a["k"] = 1 %}{{ a }}',
            '{% set a = [] %}{% set a.append(1) %}{{ a }}', '{% set y=x*2 %}{{y}}',
            '{% set a = [3, 1, 2] %}{% set a.sort() %}{{ a }}', '{% set a = [1, 2, 3] %}{% set a.reverse() %}{{ a }}',
            '{% set a = [1] %}{% set a.extend([2, 3]) %}{% set a.insert(0, 0) %}{% set a.remove(2) %}{{ a }}',
            '{% set a = {"x": 1} %}{% set a.update(y=2) %}{% set a.update({"z": 3}) %}{{ a }}',
            '{% set a = [1, 2] %}{% set b = a %}{% set b.append(3) %}{{ a }}', '{% set a = "x" %}{% set a = a + "y" %}{{ a }}',
            '{% if x %}{% set a = 1 %}{% else %}{% set a = 2 %}{% end %}{{ a }}', '{% set a = lambda n: n * 2 %}{{ a(4) }}',
            '{% set a = [1, 2, 3] %}{% set a[1:2] = [7, 8, 9] %}{{ a }}', '{% set a = b"x" %}{{ a }}'],
    'assignment': ['{% set a = 1, 2 %}{{ a }}', '{% set a = b = c = [] %}{% set a.append(1) %}{{ c }}',
                   '{% set a, = [5] %}{{ a }}'],
    'augmented': ['{% set a = 1 %}{% set a += 2 %}{{ a }}', '{% set a = [1] %}{% set b = a %}{% set a += [2] %}{{ b }}',
                  '{% set a = 10 %}{% set a -= 3 %}{% set a *= 2 %}{% set a //= 4 %}{% set a **= 2 %}{% set a %= 5 %}{{ a }}',
                  '{% set a = {"k": 1} %}{% set a["k"] += 5 %}{{ a }}', '{% set a = 6 %}{% set a &= 3 %}{% set a |= 8 %}{% set a ^= 1 %}{{ a }}',
                  '{% set a = 1 %}{% set a <<= 4 %}{% set a >>= 1 %}{{ a }}', '{% set a = "x" %}{% set a += "y" %}{{ a }}',
                  '{% set a = 7 %}{% set a /= 2 %}{{ a }}', '{% set a = "ab" %}{% set a *= 2 %}{{ a }}'],
    'deletion': ['{% set a = [1, 2, 3] %}{% set del a[0] %}{{ a }}', '{% set a = {"k": 1, "j": 2} %}{% set del a["k"] %}{{ a }}',
                 '{% set a = [1, 2, 3, 4] %}{% set del a[1:3] %}{{ a }}',
                 '{% for s in (1, 2, 3, 5, 9) %}{% set a = list(range(9)) %}{% set del a[::s] %}{{ a }}{% end %}',
                 '{% for s in (1, 2, 3, 5, 9) %}{% set a = list(range(9)) %}{% set del a[1:8:s] %}{{ a }}{% end %}',
                 '{% for s in (1, 2, 3, 5, 9) %}{% set a = list(range(9)) %}{% set del a[::-s] %}{{ a }}{% end %}',
                 '{% set a = [0, 1, 2, 3, 4] %}{% set del a[3:0:-2] %}{{ a }}{% set del a[5:1] %}{{ a }}',
                 '{% set a = [] %}{% set del a[::2] %}{% set del a[::-2] %}{{ a }}{% set a = [1] %}{% set del a[:] %}{{ a }}',
                 '{% set q = {} %}{% for i in range(200) %}{% set q[i] = i %}{% if i > 4 %}{% set del q[i - 5] %}{% end %}'
                 '{% end %}{{ q }}{% for i in range(30) %}{% set q[-i] = 1 %}{% end %}{{ q }}',
                 '{% set q = {i: i for i in range(100)} %}{% for i in range(3, 97) %}{% set q.pop(i) %}{% end %}{{ q }}'
                 '{{ 3 in q }}{{ q[2] }}{{ q.popitem() }}{% set q[50] = 0 %}{{ q.popitem() }}{{ q }}'],
    'targets': ['{% for a, b in nest %}{{ a }}-{{ b }};{% end %}', '{% for i, (a, b) in enumerate(nest) %}{{ i }}{{ a }}{{ b }};{% end %}',
                '{% for a, *b in ["abc", "de"] %}{{ a }}{{ b }}{% end %}', '{% for (a, b) in nest %}{{ b }}{% end %}',
                '{% for [a, b] in nest %}{{ a }}{% end %}', '{% for k, v in d.items() %}{{ k }}={{ v }};{% end %}'],
    'target': ['{% set a = [0] %}{% for a[0] in nums %}{{ a }}{% end %}', '{% set a = {} %}{% set a["x"], a["y"] = 1, 2 %}{{ a }}',
               '{% set (a) = 3 %}{{ a }}'],
    'if': ['{% if x %}a{% end %}', '{% if zero %}a{% end %}b', '{% if zero %}a{% else %}b{% end %}',
           '{%if zero%}1{%elif y%}2{%else%}3{%end%}', '{% if zero %}1{% elif none %}2{% elif s %}3{% end %}',
           '{% if x %}{% if y %}xy{% else %}x{% end %}{% end %}', '{% if x > 3 and y < 5 %}both{% end %}',
           '{% if len(names) == 3 %}three{% end %}', '{% if not none %}empty{% end %}', '{% if x %}{% end %}'],
    'for': ['{% for i in range(3) %}{{i}}{% else %}e{% end %}', '{% for n in names %}{{ n }},{% end %}', '{% for n in none %}x{% else %}none{% end %}',
            '{% for c in uni %}[{{ c }}]{% end %}', '{% for k in d %}{{ k }}{% end %}', '{% for a in 1, 2, 3 %}{{ a }}{% end %}',
            '{% for a in nums %}{% for b in nums %}{{ a * b }} {% end %}|{% end %}', '{% for x in nums %}{{ x }}{% end %}{{ x }}',
            '{% for i in range(3) %}{% set t = i %}{% end %}{{ t }}', '{% for r in rows %}{{ r["id"] }}:{{ r["name"] }};{% end %}',
            '{% for i in [] %}{% end %}done', '{% for i in range(5) %}{% if i == 3 %}{% break %}{% end %}{{ i }}{% else %}no{% end %}',
            '{% for i in range(5) %}{% if i % 2 %}{% continue %}{% end %}{{ i }}{% else %}all{% end %}',
            '{% for x in [x for x in "abc" if x != "b"] %}{{ x }}{% end %}', '{% for b in b"ab" %}{{ b }} {% end %}',
            '{% for i, n in enumerate(names) %}{{ i }}{{ n }}{% end %}', '{% for a, b in zip(names, nums) %}{{ a }}{{ b }}{% end %}',
            '{% for n in sorted(nums, reverse=True) %}{{ n }}{% end %}', '{% for n in reversed(names) %}{{ n }}{% end %}',
            '{% for i in range(10**15) %}{{ i }}{% break %}{% end %}'],
    'while': ['{% set n = 3 %}{% while n %}{{ n }}{% set n = n - 1 %}{% end %}', '{% set n = 3 %}{% while n > 0 %}{% set n -= 1 %}{{ n }}{% else %}end{% end %}',
              '{% set n = 0 %}{% while True %}{% set n += 1 %}{% if n > 4 %}{% break %}{% end %}{{ n }}{% end %}',
              '{% set n = 0 %}{% while n < 5 %}{% set n += 1 %}{% if n == 2 %}{% continue %}{% end %}{{ n }}{% end %}',
              '{% while False %}x{% else %}y{% end %}'],
    'break': ['{% for i in nums %}{{ i }}{% break %}{% end %}', '{% for i in nums %}{% for j in nums %}{% break %}{% end %}{{ i }}{% end %}',
              '{% for i in nums %}{% try %}{% break %}{% finally %}f{% end %}{% end %}', '{% while 1 %}{% break %}{% end %}x'],
    'continue': ['{% for i in nums %}{% continue %}{{ i }}{% end %}x', '{% for i in nums %}{% if i == 1 %}{% continue %}{% end %}{{ i }}{% end %}',
                 '{% for i in nums %}{% try %}{% continue %}{% finally %}f{% end %}{% end %}'],
    'try': ['{% try %}{{1/0}}{% except %}E{% end %}', '{% try %}a{% except %}E{% end %}', '{% try %}a{{ 1/0 }}b{% except %}E{% end %}',
            '{% try %}{{ 1/0 }}{% except ZeroDivisionError %}Z{% end %}', '{% try %}{{ d["q"] }}{% except ZeroDivisionError %}Z{% except KeyError %}K{% end %}',
            '{% try %}{{ 1/0 }}{% except ZeroDivisionError as err %}{{ err }}{% end %}', '{% try %}{{ d["q"] }}{% except KeyError as err %}{{ err }}{% end %}',
            '{% try %}{{ [][1] }}{% except (KeyError, IndexError) as err %}{{ err }}{% end %}', '{% try %}a{% except %}b{% else %}c{% finally %}d{% end %}',
            '{% try %}{{ 1/0 }}{% except %}b{% else %}c{% finally %}d{% end %}', '{% try %}a{% finally %}b{% end %}',
            '{% try %}{% try %}{{ 1/0 }}{% except KeyError %}k{% end %}{% except ArithmeticError %}outer{% end %}',
            '{% try %}{% try %}{{ 1/0 }}{% finally %}f{% end %}{% except %}e{% end %}', '{% try %}{{ nope }}{% except NameError as err %}{{ err }}{% end %}',
            '{% try %}{{ int("q") }}{% except ValueError as err %}{{ err }}{% end %}', '{% try %}{{ 1 + "a" }}{% except TypeError as err %}{{ err }}{% end %}',
            '{% try %}{{ s.nope }}{% except AttributeError as err %}{{ err }}{% end %}', '{% try %}{{ 1/0 }}{% except Exception as err %}{{ str(err) }}{% end %}',
            '{% for i in [1, 0, 2] %}{% try %}{{ 10 // i }}{% except %}!{% end %},{% end %}',
            '{% try %}{% try %}{{ 1/0 }}{% except %}{{ [][0] }}{% end %}{% except IndexError as err %}{{ err }}{% end %}',
            '{% try %}{% for i in nums %}{{ i }}{{ 1/0 }}{% end %}{% except %}E{% end %}', '{% try %}{{ fail() }}{% except ValueError as err %}{{ err }}{% end %}',
            '{% try %}{% apply shout %}in{{ 1/0 }}{% end %}{% except %}out{% end %}', '{% try %}{{ repr(KeyError) }}{% except %}{% end %}'],
    'except': ['{% try %}{{ {}["a"] }}{% except LookupError %}L{% end %}', '{% try %}{{ 1/0 }}{% except (TypeError, ZeroDivisionError) %}T{% end %}',
               '{% try %}{{ 1/0 }}{% except TypeError %}T{% except Exception %}E{% except %}X{% end %}', '{% try %}{{ [1, 2].index(3) }}{% except ValueError as e2 %}{{ e2 }}{% end %}'],
    'apply': ['{% apply shout %}a{{ x }}b{% end %}', '{% apply shout %}a{{ html }}{% end %}', '{% apply escape %}<{% apply shout %}a{% end %}>{% end %}', 
              '{% apply linkify %}http://a.io/{% end %}', '{% set q = "Q" %}{% apply shout %}{{ q }}{% set r = "r" %}{{ r }}{% end %}',
              '{% apply shout %}{% for n in names %}{{ n }}{% end %}{% end %}', '{% for n in names %}{% apply shout %}{{ n }}{% end %}{% end %}',
              '{% apply str %}x{% end %}', '{% apply shout %}{% if x %}y{% end %}{% end %}'],
    'autoescape': ['{% autoescape None %}{{ html }}', '{{ html }}{% autoescape None %}{{ html }}', '{% autoescape xhtml_escape %}{{ html }}',
                   '{% autoescape shout %}{{ html }}{{ x }}', '{% autoescape url_escape %}{{ "a b" }}',
                   {'t.html': '{{ html }}{% include "i.html" %}', 'i.html': '{% autoescape None %}{{ html }}'},
                   {'t.html': '{% autoescape None %}{{ html }}{% include "i.html" %}', 'i.html': '{{ html }}'},
                   {'t.html': '{% autoescape None %}{% extends "b.html" %}{% block a %}{{ html }}{% end %}', 'b.html': '{{ html }}{% block a %}{{ html }}{% end %}{% block b %}{{ html }}{% end %}'},
                   {'t.html': '{% extends "b.html" %}{% block a %}{{ html }}{% end %}', 'b.html': '{% autoescape None %}{{ html }}{% block a %}x{% end %}{% block b %}{{ html }}{% end %}'}],
    'block': ['{% block a %}x{% end %}', '{% block a %}{% block b %}y{% end %}{% end %}', 'a{% block c %}{{ x }}{% end %}b',
              {'t.html': '{% extends "b.html" %}{% block a %}new{% end %}', 'b.html': '<{% block a %}old{% end %}>'},
              {'t.html': '{% extends "b.html" %}{% block a %}A{% block inner %}I{% end %}{% end %}', 'b.html': '{% block a %}{% end %}'},
              {'t.html': '{% extends "b.html" %}{% block inner %}new{% end %}', 'b.html': '{% block a %}({% block inner %}old{% end %}){% end %}'}],
    'extends': [{'t.html': '{% extends "b.html" %}ignored', 'b.html': 'base'}, {'t.html': '{% extends b.html %}', 'b.html': 'base{{ x }}'},
                {'t.html': '{% extends "m.html" %}{% block a %}t{% end %}', 'm.html': '{% extends "b.html" %}{% block a %}m{% end %}{% block b %}m{% end %}', 'b.html': '{% block a %}b{% end %}{% block b %}b{% end %}{% block c %}b{% end %}'},
                {'t.html': 'x{% block a %}1{% end %}{% extends "b.html" %}', 'b.html': '[{% block a %}0{% end %}]'},
                {'t.html': '{% extends "d/b.html" %}{% block a %}t{% end %}', 'd/b.html': '{% include "i.html" %}{% block a %}{% end %}', 'd/i.html': 'inc'},
                {'t.html': '{% set q = 1 %}{% extends "b.html" %}{% block a %}{% set r = 5 %}{{ r }}{% end %}', 'b.html': '{% block a %}{% end %}{{ r }}'},
                {'t.html': '{% extends "b.html" %}{% block a %}{% for i in nums %}{{ i }}{% end %}{% end %}', 'b.html': '{% for j in names %}{% block a %}{% end %}{% end %}'}],
    'include': [{'t.html': 'a{% include "i.html" %}b', 'i.html': 'I{{ x }}'}, {'t.html': '{% include i.html %}', 'i.html': 'q'},
                {'t.html': "{% include 'i.html' %}", 'i.html': 'q'}, {'t.html': '{% set v = 3 %}{% include "i.html" %}', 'i.html': '{{ v }}'},
                {'t.html': '{% include "i.html" %}{{ v }}', 'i.html': '{% set v = 3 %}'}, {'t.html': '{% for n in names %}{% include "i.html" %}{% end %}', 'i.html': '<{{ n }}>'},
                {'t.html': '{% include "d/i.html" %}', 'd/i.html': '{% include "j.html" %}{% include "../k.html" %}', 'd/j.html': 'J', 'k.html': 'K'},
                {'t.html': '{% include "i.html" %}', 'i.html': '{% block a %}x{% end %}'},
                {'t.html': '{% include "é.html" %}', 'é.html': 'unicode'}, {'t.html': 'a  b{% include "i.txt" %}', 'i.txt': 'c  d\n\n e'},
                {'t.html': '{% include "i.html" %}{% include "i.html" %}', 'i.html': '{% for q in nums %}{{ q }}{% end %}'}],
    'import': ['{% import math %}{{ math.floor(2.5) }}', '{% from math import floor, ceil as up %}{{ floor(2.5) }}{{ up(2.5) }}',
               '{% import math as m %}{{ m.sqrt(16) }} {{ round(m.pi, 4) }}', '{% from mod import twice %}{{ twice(4) }}', '{% import mod %}{{ mod.twice("ab") }}',
               '{% import math, mod %}{{ math.ceil(mod.half(5)) }}', '{% from datetime import date %}{{ date(2024, 1, 2) }}',
               '{% import datetime %}{{ datetime.date(2024, 1, 2).day }}', '{% if x %}{% import math %}{% end %}{{ math.gcd(12, 18) }}',
               '{% from math import log, exp, hypot %}{{ log(1) }} {{ exp(0) }} {{ hypot(3, 4) }}'],
    'module': ['{% module greet("<b>") %}', '{% module mods("a", k=1) %}', '{% module greet(name="<i>") %}', '{% for n in names %}{% module greet(n) %}{% end %}'],
    'whitespace': ['{% whitespace oneline %} a \n b {% whitespace all %} c \n', 'a \t b \n\n  c', '{% whitespace all %} a\t b \n\n  c  ', '{% whitespace single %} a\t b \n\n  c  ',
                   '<pre>  a\n\n b</pre>', '{% whitespace oneline %}a\n\nb{{ x }}\n\nc', {'t.txt': 'a  b\n\n c'}, {'t.js': 'a  b\n\n c'},
                   {'t.html': '{% whitespace oneline %}a\n{% include "i.html" %}\nb', 'i.html': 'x\n\ny  z'}, '  {% if x %}\n   a\n {% end %}\n\n'],
    'whitespace-tag': ['{% whitespace all %}x  y', '{% whitespace oneline %}x\n\ny', '{% whitespace single %}x  \n  y'],
}

# Each with its message in Tornado, which ours must have too.
PARSE_ERRORS = [
    '{{x', '{%x', '{#x', '{{ }}', '{{}}', '{%  %}', '{% end %}', 'a\nb\n{% end %}', '{% if x %}', 'a\n{% for i in x %}\nb', '{% block a %}', '{% try %}x',
    '{% while x %}', '{% apply f %}', '{% else %}', '{% elif x %}', '{% except %}', '{% finally %}', '{% for i in x %}{% elif %}{% end %}', '{% if x %}{% except %}{% end %}',
    '{% try %}{% elif %}{% end %}', '{% block a %}{% else %}{% end %}', '{% extends %}', '{% include %}', '{% extends "" %}', '{% include "" %}', '{% set %}', '{% import %}', '{% from %}',
    '{% apply %}x{% end %}', '{% block %}x{% end %}', '{% foo %}', '{% foo bar %}', '{% break %}', '{% continue %}', '{% if x %}{% break %}{% end %}',
    '{% for i in x %}{% apply f %}{% break %}{% end %}{% end %}', '{% for i in x %}{% apply f %}{% continue %}{% end %}{% end %}', '{% while x %}{% if y %}{% end %}', '\n\n{{ }}', '{% if x %}{% end %}{% end %}',
    '{% for i in x %}{% finally %}{% end %}', '{% while x %}{% except %}{% end %}', '{% apply f %}{% else %}{% end %}',
]

# What fails when it runs, with the exception's name and text in Python.
FAILURES = [
    '{{ 1/0 }}', '{{ 1//0 }}', '{{ 1%0 }}', '{{ 1.0/0 }}', '{{ 1.0//0 }}', '{{ 0.0 ** -1 }}', '{{ nope }}', '{{ d["q"] }}', '{{ d[1] }}', '{{ names[9] }}', '{{ s[99] }}', '{{ (1,)[5] }}', '{{ range(3)[7] }}', '{{ x.nope }}',
    '{{ s.nope }}', '{{ names.nope }}', '{{ nothing.x }}', '{{ 1 + "a" }}', '{{ "a" + 1 }}', '{{ [1] + (2,) }}', '{{ "a" - "b" }}', '{{ -"a" }}', '{{ ~1.5 }}', '{{ {} + {} }}', '{{ 1 < "a" }}', '{{ [1] < 2 }}', '{{ None < None }}',
    '{{ {} < {} }}', '{{ x[0] }}', '{{ nothing[0] }}', '{{ len(5) }}', '{{ len() }}', '{{ x() }}', '{{ s() }}', '{{ int("q") }}', '{{ int("") }}', '{{ int(None) }}', '{{ float("q") }}', '{{ {[]: 1} }}', '{{ { {}: 1} }}', '{{ 1 in 5 }}', '{{ 1 in "a" }}',
    '{% for i in 5 %}{% end %}', '{% for i in None %}{% end %}', '{% for a, b in [1] %}{% end %}', '{% for a, b in [(1,)] %}{% end %}', '{% for a, b in [(1, 2, 3)] %}{% end %}', '{% set a, b = 1 %}', '{% set a, b = "a" %}', '{% set a, *b = [] %}',
    '{{ max([]) }}', '{{ min() }}', '{{ sum(["a"]) }}', '{{ sorted([1, "a"]) }}', '{{ chr(-1) }}', '{{ ord("ab") }}', '{{ "a".join([1]) }}', '{{ ",".join(5) }}', '{{ "abc".index("z") }}', '{{ [1].index(2) }}', '{{ [].pop() }}', '{{ {}.pop("a") }}',
    '{{ {}.popitem() }}', '{{ [1].remove(5) }}', '{{ "%d" % "a" }}', '{{ "%s %s" % 1 }}', '{{ "%s" % (1, 2) }}', '{{ "%q" % 1 }}', '{{ "{}".format() }}', '{{ "{a}".format() }}', '{{ "{:q}".format(1) }}', '{{ "{:d}".format("a") }}', '{{ "{".format() }}', '{{ "}".format() }}',
    '{{ "{} {0}".format(1) }}', '{{ (lambda a: a)() }}', '{{ (lambda a: a)(1, 2) }}', '{{ (lambda a: a)(b=1) }}', '{{ (lambda: 1)(1) }}', '{{ "a".split("") }}', '{{ "".split(",", None) }}', '{{ range(1, 2, 0) }}', '{{ round("a") }}', '{{ abs("a") }}',
    '{{ zip(5) }}', '{{ enumerate(5) }}', '{{ [1, 2][::0] }}', '{{ "ab"["x"] }}', '{{ names["x"] }}', '{% import nosuchmodule %}', '{% from math import nosuch %}', '{{ fail() }}', '{{ "ab" * 1.5 }}', '{{ [1][1.0] }}', '{{ isinstance(1, 2) }}',
    '{{ getattr(s, "nope") }}', '{{ 1 << -1 }}', '{{ 5 if nope else 6 }}', '{% if nope %}{% end %}', '{% raw nope %}', '{% apply nope %}{% end %}', '{{ names.append(1, 2) if 0 else [].append() }}', '{% set q.x = 1 %}',
    '{% set s[0] = "a" %}', '{% set t = (1, 2) %}{% set t[0] = 5 %}', '{{ hex(1.5) }}', '{{ datetime.date(2024, 13, 1) }}', '{{ datetime.date(2024, 2, 30) }}', '{{ b"a" + "b" }}', '{{ "a" in b"a" }}', '{{ math }}',
    'a\n{{ nope }}', '{% if x %}\n\n{{ 1/0 }}{% end %}',
]
