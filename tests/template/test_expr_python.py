"""test_expr_python.py - trees of expressions compared with those of Python's own parser.

Random expressions and hand-written ones go to expr_print, which prints its trees; the same text
goes to ast.parse. What is Python and not ours must be refused by ours, and the other way round.
"""
# SPDX-License-Identifier: MIT
import ast
import random
import re
import subprocess
import sys
import unittest
import warnings

NUMBER = re.compile(r"-?(\d[\d.]*(e[+-]\d+)?|inf)")
PROGRAM = sys.argv.pop() if len(sys.argv) > 1 else "expr_print"

BINARY = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<",
    ast.RShift: ">>",
}
COMPARE = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not-in", ast.Is: "is", ast.IsNot: "is-not",
}


class Refused(Exception):
    """Python has it, the template language has not."""


def const(value):
    if isinstance(value, str):
        try:
            return "s:" + value.encode().hex()
        except UnicodeEncodeError:
            raise Refused from None
    if isinstance(value, bytes):
        return "b:" + value.hex()
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int) and value >= 2**63:
        raise Refused
    if isinstance(value, (int, float)):
        return repr(value)
    raise Refused


def clauses(generators):
    parts = []
    for g in generators:
        parts.append(f" for {tree(g.target)} in {tree(g.iter)}")
        parts += [f" if {tree(c)}" for c in g.ifs]
    return "".join(parts)


def items(nodes):
    return "".join(
        f" *{tree(n.value)}" if isinstance(n, ast.Starred) else f" {tree(n)}" for n in nodes)


def call(e):
    words = [("*" if k.arg is None else k.arg + "=", tree(k.value), k.value) for k in e.keywords]
    words = [(("**" if w == "*" else w) + t, v) for w, t, v in words]
    words += [(("*" + tree(a.value)) if isinstance(a, ast.Starred) else tree(a), a) for a in e.args]
    words.sort(key=lambda w: (w[1].lineno, w[1].col_offset))
    return f"(call {tree(e.func)}{''.join(' ' + w for w, _ in words)})"


def unary(e):
    if isinstance(e.op, ast.USub):
        if isinstance(e.operand, ast.Constant) and e.operand.value == 2**63:
            return str(-2**63)
        inner = tree(e.operand)
        if NUMBER.fullmatch(inner):  # ours is a constant
            return inner if inner == "0" else inner[1:] if inner[0] == "-" else "-" + inner
        return f"(neg {inner})"
    word = {ast.Not: "not", ast.UAdd: "pos", ast.Invert: "~"}[type(e.op)]
    return f"({word} {tree(e.operand)})"


def binary(e):
    if type(e.op) not in BINARY:
        raise Refused
    return f"({BINARY[type(e.op)]} {tree(e.left)} {tree(e.right)})"


def boolean(e):
    word = "and" if isinstance(e.op, ast.And) else "or"
    text = tree(e.values[0])
    for value in e.values[1:]:
        text = f"({word} {text} {tree(value)})"
    return text


def subscript(e):
    if isinstance(e.slice, ast.Slice):
        parts = [tree(p) if p else "None" for p in (e.slice.lower, e.slice.upper, e.slice.step)]
        return f"(slice {tree(e.value)} {' '.join(parts)})"
    return f"(index {tree(e.value)} {tree(e.slice)})"


def lambda_text(e):
    a = e.args
    if a.posonlyargs or a.vararg or a.kwonlyargs or a.kwarg:
        raise Refused
    defaults = [None] * (len(a.args) - len(a.defaults)) + a.defaults
    params = "".join(f" {p.arg}" + (f"={tree(d)}" if d else "") for p, d in zip(a.args, defaults))
    return f"(lambda{params} {tree(e.body)})"


def compare(e):
    pairs = "".join(f" {COMPARE[type(o)]} {tree(c)}" for o, c in zip(e.ops, e.comparators))
    return f"(compare {tree(e.left)}{pairs})"


def dict_text(e):
    return "(dict" + "".join(f" {tree(k)}:{tree(v)}" if k else f" **{tree(v)}"
                             for k, v in zip(e.keys, e.values)) + ")"


TREES = {
    ast.Constant: lambda e: const(e.value),
    ast.Name: lambda e: e.id,
    ast.Attribute: lambda e: f"(. {tree(e.value)} {e.attr})",
    ast.Subscript: subscript,
    ast.Call: call,
    ast.UnaryOp: unary,
    ast.BoolOp: boolean,
    ast.Compare: compare,
    ast.IfExp: lambda e: f"(if {tree(e.test)} {tree(e.body)} {tree(e.orelse)})",
    ast.BinOp: binary,
    ast.List: lambda e: f"(list{items(e.elts)})",
    ast.Tuple: lambda e: f"(tuple{items(e.elts)})",
    ast.Dict: dict_text,
    ast.ListComp: lambda e: f"(list-for {tree(e.elt)}{clauses(e.generators)})",
    ast.GeneratorExp: lambda e: f"(list-for {tree(e.elt)}{clauses(e.generators)})",
    ast.DictComp: lambda e: f"(dict-for {tree(e.key)} {tree(e.value)}{clauses(e.generators)})",
    ast.Lambda: lambda_text,
}


def tree(e):
    if type(e) not in TREES:
        raise Refused
    return TREES[type(e)](e)


def python(text):
    """The tree, or None when there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message="invalid .* literal")  # 1if x else y
            source = "_ = " + text
            parsed = ast.parse(source)
            compile(source, "", "exec")
        statement = parsed.body[0]
        if len(parsed.body) != 1 or not isinstance(statement, ast.Assign) or \
                len(statement.targets) != 1:
            return None
        return tree(statement.value)
    except (SyntaxError, ValueError, Refused):
        return None


def ours(texts):
    data = b"\0".join(t.encode() for t in texts)
    done = subprocess.run([PROGRAM], input=data, stdout=subprocess.PIPE, check=True, timeout=100)
    lines = done.stdout.decode().split("\n")[:-1]
    assert len(lines) == len(texts), (len(lines), len(texts))
    return lines


class Maker:
    """Random expressions, deep enough to tell precedences apart."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def name(self):
        return self.r.choice(["a", "b", "foo", "_x1", "übung", "not_", "iff"])

    def literal(self):
        return self.r.choice([
            "0", "1", "12_3", "0x1F", "0b10_1", "0o17", "1.5", ".5", "1.", "1e3", "1_0.2_5e-1_0",
            "None", "True", "False", "'x'", '"y"', "'''z\nz'''", r"'\n\x41\u00e9\q'", r"r'\n'",
            "b'q'", r"b'\xff'", "'a' 'b'", "u'ü'", "9223372036854775807", "1e999"])

    def target(self, depth):
        kind = self.r.randrange(6)
        if kind < 3 or depth <= 0:
            return self.name()
        if kind == 3:
            return f"({self.target(depth - 1)}, {self.target(depth - 1)})"
        if kind == 4:
            return f"{self.name()}, {self.target(depth - 1)}"
        return f"{self.name()}[{self.expr(depth - 1)}]"

    def clause(self, depth):
        text = f" for {self.target(1)} in {self.disjunction(depth)}"
        for _ in range(self.r.randrange(2)):
            text += f" if {self.disjunction(depth)}"
        return text

    def disjunction(self, depth):
        return self.operators(depth)

    def operators(self, depth):
        words = []
        for _ in range(self.r.randrange(1, 5)):
            words.append(self.r.choice(["", "", "", "", "-", "+", "~", "not "]) +
                         self.operand(depth))
            words.append(self.r.choice([
                "or", "and", "==", "!=", "<", ">", "<=", ">=", "in", "not in", "is", "is not",
                "|", "^", "&", "<<", ">>", "+", "-", "*", "/", "//", "%", "**"]))
        return " ".join(words[:-1])

    def argument(self, depth):
        return self.r.choice(["", "", "", "*", "**", "k=", "j="]) + self.expr(depth)

    def operand(self, depth):
        if depth <= 0:
            return self.r.choice([self.name, self.literal])()
        d = depth - 1
        kind = self.r.randrange(14)
        some = range(self.r.randrange(4))
        if kind < 3:
            return self.name()
        if kind < 5:
            return self.literal()
        if kind == 5:
            return f"({self.expr(d)})"
        if kind == 6:
            return f"{self.operand(d)}.{self.name()}"
        if kind == 7:
            return f"{self.operand(d)}({', '.join(self.argument(d) for _ in some)})"
        if kind == 8:
            return f"{self.operand(d)}[{self.expr(d)}]"
        if kind == 9:
            parts = [self.r.choice(["", self.expr(d)]) for _ in range(self.r.randrange(2, 4))]
            return f"{self.operand(d)}[{':'.join(parts)}]"
        if kind == 10:
            return "[" + ", ".join(self.r.choice(["", "", "*"]) + self.operand(d)
                                   for _ in some) + "]"
        if kind == 11:
            return "(" + ", ".join(self.expr(d) for _ in some) + self.r.choice(["", ","]) + ")"
        if kind == 12:
            return self.r.choice(["[%s%s]", "(%s%s)", "f(%s%s)"]) % (self.expr(d), self.clause(d))
        pairs = ", ".join(self.r.choice([f"{self.expr(d)}: {self.expr(d)}", f"**{self.operand(d)}"])
                          for _ in some)
        return "{" + pairs + self.r.choice(["", "", self.clause(d)]) + "}"

    def expr(self, depth):
        kind = self.r.randrange(12)
        if kind == 0 and depth > 0:
            return f"{self.operators(depth - 1)} if {self.operators(depth - 1)} else " + \
                self.expr(depth - 1)
        if kind == 1 and depth > 0:
            params = self.r.choice(["", " x", " x, y", " x, y=1", " x=2,"])
            return f"lambda{params}: {self.expr(depth - 1)}"
        return self.operators(depth)


def mangled(text, r):
    """The text with a small mistake."""
    at = r.randrange(len(text) + 1)
    if r.randrange(2):
        return text[:at] + text[at + 1:]
    return text[:at] + r.choice("()[]{}:,.=*+ '\"x1") + text[at:]


class Trees(unittest.TestCase):
    maxDiff = None

    def check(self, texts):
        for text, line in zip(texts, ours(texts)):
            expected = python(text)
            with self.subTest(text=text):
                if expected is None:
                    self.assertEqual(line[0], "!", line)
                else:
                    self.assertEqual(line, "= " + expected)

    def test_random_expressions_have_pythons_trees(self):
        maker = Maker(1)
        self.check([maker.expr(3) for _ in range(4000)])

    def test_mistakes_are_mistakes_in_both(self):
        maker = Maker(2)
        self.check([mangled(maker.expr(2), maker.r) for _ in range(6000)])

    def test_literals(self):
        self.check([
            "0", "00", "0_0", "1_000", "1__0", "1_", "_1", "012", "0x", "0xg", "0b12", "0o8",
            "0x_f", "0x__f", "0xf_", "1e", "1e+", "1e5", "1E+5", "1_0e1_0", "1._5", "1_.5", "1.5_",
            "09", "09.5", "09e1", "0_9.5", "1j", "1.5J", "0e0", ".e1", ".5e-3", "1..real", "1.real",
            "9223372036854775807", "9223372036854775808", "18446744073709551616",
            "0x7fffffffffffffff", "0xffffffffffffffff", "1e400", "123456789012345678901234.0",
            r"'\0'", r"'\18'", r"'\777'", r"'\x4'", r"'\x41'", r"'\u12'", r"'\u20ac'",
            r"'\U0001f600'", r"'\U00110000'", r"'\ud800'", r"'\N{DASH}'", r"'\c'", "'\\\na'",
            r"b'\u20ac'", r"b'\777'", "b'é'", "'é' b'x'", "b'a' b'b'", "r'\\'", "r'\\''", "rb'\\x'",
            "Rb'a'", "bR'a'", "ub'a'", "ur'a'", "bb'a'", "rr'a'", "U'a'", "'''a'b''c'''",
            '"""a\nb"""', "''''", "''''''", "'''", "'a\nb'", "'a' \"b\" '''c'''", "'a", "b'",
            "'\\'", "f'x'", "F'x'", "rf'x'", "'a'f'b'",
        ])

    def test_every_form(self):
        self.check([
            "", "a", "a,", "a, b", ",", "()", "(,)", "(a)", "(a,)", "(a, b)", "*a", "*a,", "(*a)",
            "(*a,)", "[*a]", "[,]", "[a,]", "[a,,]", "{}", "{a: b}", "{a: b,}", "{**a}", "{**a, b: c}",
            "{a}", "{a, b}", "{*a}", "{a for a in b}", "{a: b for a in c}", "{**a for a in b}",
            "[*a for a in b]", "[a for *a in b]", "[a for *a, in b]", "[a for a, *b in c]",
            "[a for *a, *b in c]", "[a for a() in b]", "[a for a.b in c]", "[a for 1 in b]",
            "[a for a in b if c if d for e in f if g]", "[a for a in b, c]", "[a, b for a in c]",
            "[a for a in b if c else d]", "[a for a in lambda: b]", "[a for a in b if lambda: c]",
            "[a if b else c for d in e]", "[lambda: a for a in b]", "(a for a in b)",
            "f(a for a in b)", "f(a for a in b, c)", "f(c, a for a in b)", "f((a for a in b), c)",
            "f()", "f(a,)", "f(,)", "f(a, *b, c)", "f(a=1, *b)", "f(a=1, b)", "f(**a, b)",
            "f(**a, *b)", "f(**a, b=1)", "f(a=1, a=2)", "f((a)=1)", "f(a.b=1)", "f(1=2)",
            "f(a=b=c)", "f(*a or b)", "f(**a if b else c)", "f(*lambda: a)", "f(a)(b)[c].d",
            "a[b]", "a[]", "a[b,]", "a[b, c]", "a[:]", "a[::]", "a[b:c:d]", "a[b:c:d:e]",
            "a[lambda: b:c]", "a[b if c else d:e]", "a.b", "a.1", "a.", "a.class", "a.None",
            "a if b else c if d else e", "a if b", "a if b else", "(a if b else c) if d else e",
            "a if (b if c else d) else e", "a if b if c else d else e", "lambda: a", "lambda a: a",
            "lambda a, b: a", "lambda a, a: b", "lambda a=1, b: a", "lambda a=1, b=2: a",
            "lambda *a: a", "lambda **a: a", "lambda a, /: a", "lambda (a): a", "lambda a:",
            "lambda: lambda: a", "a or lambda: b", "not a", "not not a", "a not b", "a not in b",
            "a is not b", "a is (not b)", "a is not not b", "a == not b", "not a in b", "- not a",
            "-a ** -b ** c", "(-a) ** b", "2 ** -1", "-1 ** 2", "- -1", "-(1)", "+1", "~1", "--a",
            "a < b < c", "(a < b) < c", "a < b == c in d", "a or b and c", "a and b or c",
            "a | b ^ c & d << e + f * g", "a * b + c << d & e ^ f | g", "a - b - c", "a / b / c",
            "a ** b ** c", "a @ b", "a := b", "(a := b)", "yield", "await a", "a if b else yield",
            "None", "None()", "True.x", "print", "a = b", "a == b", "a <> b", "a === b", "a && b",
            "!a", "a ? b : c", "a; b", "$a", "`a`", "...", "a\nb", "(a\n+ b)", "a # comment",
            "a )", "(a]", "[a", "{a: b", "{a:", "f(", "a..b", "a b", "a 1", "1 a", "'a' b",
            "if", "class", "a.b.c(d)[e](f=g)", "a·", "été", "变量", "a–b", "x y", "“a”",
        ])


if __name__ == "__main__":
    unittest.main()
