/* test_expr_parse.c - expressions become the trees that Python's would, mistakes are told with
 * their place, and no text makes the parser slow or deep. */
/* SPDX-License-Identifier: MIT */
#include "../base/check.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/str.h"
#include "expr_print.h"
#include "template/values.h"

/* --- kit ---------------------------------------------------------------------------- */

static struct gale__arena arena;
static struct gale__buf printed;

static int setup(void **state)
{
    gale__arena_init(&arena);
    gale__buf_init(&printed, 1 << 24);
    return 0;
}

static int teardown(void **state)
{
    gale__buf_deinit(&printed);
    gale__arena_reset(&arena);
    gale__arena_pool_free();
    return 0;
}

static struct gale__span span_of(const char *text)
{
    return (struct gale__span){ gale__str(text), 1, 1 };
}

static void check_tree(const char *text, const char *expected)
{
    struct gale__syntax_error error;
    struct gale__expr *e = NULL;

    if (gale__parse_expression(&arena, span_of(text), &e, &error) < 0)
        fail_msg("%s: %u:%u: %s", text, error.line, error.column, error.message);
    gale__buf_reset(&printed);
    print_expr(&printed, e);
    check_str(gale__buf_str(&printed), expected);
}

static void check_message(const char *text, int r, const struct gale__syntax_error *error,
                          const char *expected)
{
    char message[300];

    if (r != GALE_EINVAL)
        fail_msg("%s: %d, expected %s", text, r, expected);
    snprintf(message, sizeof(message), "%u:%u: %s", error->line, error->column, error->message);
    if (strcmp(message, expected) != 0)
        fail_msg("%s: got '%s', expected '%s'", text, message, expected);
}

static void check_error(const char *text, const char *expected)
{
    struct gale__syntax_error error = { 0 };
    struct gale__expr *e;

    check_message(text, gale__parse_expression(&arena, span_of(text), &e, &error), &error,
                  expected);
}

struct row {
    const char *text, *expected;
};

#define CHECK_ROWS(check, rows)                                                                    \
    for (size_t i = 0; i < N_OF(rows); i++)                                                        \
    check((rows)[i].text, (rows)[i].expected)

/* --- expressions -------------------------------------------------------------------- */

static void operators_bind_as_in_python(void **state)
{
    static const struct row rows[] = {
        { "a or b and not c", "(or a (and b (not c)))" },
        { "a or b or c", "(or (or a b) c)" },
        { "not a == b", "(not (compare a == b))" },
        { "not not a", "(not (not a))" },
        { "a < b <= c != d", "(compare a < b <= c != d)" },
        { "a in b not in c is d is not e", "(compare a in b not-in c is d is-not e)" },
        { "a is not not_b", "(compare a is-not not_b)" },
        { "(a < b) < c", "(compare (compare a < b) < c)" },
        { "a | b ^ c & d << e + f * -g", "(| a (^ b (& c (<< d (+ e (* f (neg g)))))))" },
        { "a * b + c << d & e ^ f | g", "(| (^ (& (<< (+ (* a b) c) d) e) f) g)" },
        { "a - b - c", "(- (- a b) c)" },
        { "a >> b % c // d / e", "(>> a (/ (// (% b c) d) e))" },
        { "-a ** -b ** c", "(neg (** a (neg (** b c))))" },
        { "a ** b ** c", "(** a (** b c))" },
        { "~+a", "(~ (pos a))" },
        { "a if b else c if d else e", "(if b a (if d c e))" },
        { "(a if b else c) if d else e", "(if d (if b a c) e)" },
        { "lambda: a or b", "(lambda (or a b))" },
        { "lambda a, b=1, c=d,: a", "(lambda a b=1 c=d a)" },
        { "a or\n  b", "(or a b)" },
        { "a \\\n + b # and so on", "(+ a b)" },
    };

    CHECK_ROWS(check_tree, rows);
}

static void operands_are_followed_by_anything(void **state)
{
    static const struct row rows[] = {
        { "a.b.c", "(. (. a b) c)" },
        { "a . b", "(. a b)" },
        { "a[b][c, d]", "(index (index a b) (tuple c d))" },
        { "a[b,]", "(index a (tuple b))" },
        { "a[:]", "(slice a None None None)" },
        { "a[b:c]", "(slice a b c None)" },
        { "a[::-1]", "(slice a None None -1)" },
        { "a[b:c:]", "(slice a b c None)" },
        { "a[lambda: b:c]", "(slice a (lambda b) c None)" },
        { "f()", "(call f)" },
        { "f(a, *b, c, d=e, *g, **h, i=j)", "(call f a *b c d=e *g **h i=j)" },
        { "f(a)(b)[c].d()", "(call (. (index (call (call f a) b) c) d))" },
        { "f(a for a in b)", "(call f (list-for a for a in b))" },
        { "f((a for a in b), c)", "(call f (list-for a for a in b) c)" },
        { "f(a if b else c, d=lambda: e)", "(call f (if b a c) d=(lambda e))" },
        { "'%s' % a", "(% s:2573 a)" },
        { "'a'.join(b)", "(call (. s:61 join) b)" },
        { "1 .real", "(. 1 real)" },
    };

    CHECK_ROWS(check_tree, rows);
}

static void displays_and_comprehensions(void **state)
{
    static const struct row rows[] = {
        { "()", "(tuple)" },
        { "(a)", "a" },
        { "(a,)", "(tuple a)" },
        { "a, *b", "(tuple a *b)" },
        { "a,", "(tuple a)" },
        { "[]", "(list)" },
        { "[a, *b, c,]", "(list a *b c)" },
        { "{}", "(dict)" },
        { "{a: b, **c, d: e if f else g,}", "(dict a:b **c d:(if f e g))" },
        { "{a + b: c}", "(dict (+ a b):c)" },
        { "{'a': {'b': 1}}", "(dict s:61:(dict s:62:1))" },
        { "[a for b in c]", "(list-for a for b in c)" },
        { "[a for b, *c in d if e if f for (g, h) in i]",
          "(list-for a for (tuple b *c) in d if e if f for (tuple g h) in i)" },
        { "[a for b[0], c.d, in e]", "(list-for a for (tuple (index b 0) (. c d)) in e)" },
        { "[[a for a in b] for b in c]", "(list-for (list-for a for a in b) for b in c)" },
        { "{a: b for a, b in c}", "(dict-for a b for (tuple a b) in c)" },
        { "(a for a in b or c)", "(list-for a for a in (or b c))" },
        { "[a if b else c for d in e]", "(list-for (if b a c) for d in e)" },
    };

    CHECK_ROWS(check_tree, rows);
}

static void literals_have_their_values(void **state)
{
    static const struct row rows[] = {
        { "None", "None" },
        { "True", "True" },
        { "False", "False" },
        { "0", "0" },
        { "00_0", "0" },
        { "1_000", "1000" },
        { "0xFf", "255" },
        { "0o17", "15" },
        { "0B1_01", "5" },
        { "9223372036854775807", "9223372036854775807" },
        { "-9223372036854775808", "-9223372036854775808" },
        { "-1", "-1" },
        { "- 1.5", "-1.5" },
        { "1.", "1.0" },
        { ".5", "0.5" },
        { "1e3", "1000.0" },
        { "1_0.2_5e-1_0", "1.025e-09" },
        { "1e999", "inf" },
        { "09.5", "9.5" },
        { "''", "s:" },
        { "'a' \"b\" '''c'''", "s:616263" },
        { "\"it's\"", "s:69742773" },
        { "'''a\n'b''c'''", "s:610a27622727"
                            "63" },
        { "'a\\\nb'", "s:6162" },
        { "'''a\r\nb\rc'''", "s:610a620a63" },
        { "'\\\\ \\' \\\" \\a\\b\\f\\n\\r\\t\\v'", "s:5c202720222007080c0a0d090b" },
        { "'\\0\\18\\1234\\400'", "s:0001385334c480" },
        { "'\\x41\\u20ac\\U0001f600'", "s:41e282acf09f9880" },
        { "'\\q\\8'", "s:5c715c38" },
        { "'\xc3\xbc'", "s:c3bc" },
        { "u'a'", "s:61" },
        { "r'\\n\\''", "s:5c6e5c27" },
        { "b'a\\xff\\u20'", "b:61ff5c753230" },
        { "b'\\777' Rb'\\n'", "b:ff5c6e" },
    };

    CHECK_ROWS(check_tree, rows);
}

static void texts_know_whether_they_are_ascii(void **state)
{
    struct gale__expr *e;

    assert_int_equal(gale__parse_expression(&arena, span_of("'abc' '\\n'"), &e, NULL), 0);
    assert_int_equal(e->value.flags, GALE__TEXT_ASCII);
    assert_int_equal(gale__parse_expression(&arena, span_of("'abc' '\\u00e9'"), &e, NULL), 0);
    assert_int_equal(e->value.flags, 0);
    assert_int_equal(gale__parse_expression(&arena, span_of("b'abc'"), &e, NULL), 0);
    assert_int_equal(e->value.kind, GALE_VALUE_BYTES);
    assert_int_equal(e->value.flags, 0);
}

static void names_may_be_of_any_script(void **state)
{
    check_tree("\xc3\xbc"
               "bung + _x1 + \xe5\x8f\x98\xe9\x87\x8f",
               "(+ (+ \xc3\xbc"
               "bung _x1) \xe5\x8f\x98\xe9\x87\x8f)");
    check_tree("iff + not_ + nonex + Truer", "(+ (+ (+ iff not_) nonex) Truer)");
}

static void trees_know_their_places(void **state)
{
    struct gale__span span = { GALE__STR("\xc3\xbc.a(\n b + 1)"), 7, 4 };
    struct gale__expr *e, *sum;

    assert_int_equal(gale__parse_expression(&arena, span, &e, NULL), 0);
    assert_int_equal(e->kind, GALE__EXPR_CALL);
    assert_int_equal(e->line, 7);
    assert_int_equal(e->column, 6); /* of the method's name */
    sum = e->items;
    assert_int_equal(sum->line, 8);
    assert_int_equal(sum->column, 4); /* of the operator */
    assert_int_equal(sum->left->column, 2);
    assert_int_equal(sum->depth, 2);
    assert_int_equal(e->depth, 3);
}

/* --- mistakes ----------------------------------------------------------------------- */

static void mistakes_are_told_with_their_place(void **state)
{
    static const struct row rows[] = {
        { "", "1:1: unexpected end of the expression" },
        { "a +", "1:4: unexpected end of the expression" },
        { "a\n+\n", "3:1: unexpected end of the expression" },
        { "a)", "1:2: unexpected ')'" },
        { "f(a", "1:2: '(' was never closed" },
        { "f(a, [b", "1:6: '[' was never closed" },
        { "{'a': 1", "1:1: '{' was never closed" },
        { "{'a'", "1:1: '{' was never closed" },
        { "{'a': {'b': 1", "1:7: '{' was never closed" },
        { "(a if b", "1:1: '(' was never closed" },
        { "(a.", "1:1: '(' was never closed" },
        { "(a]", "1:3: ']' does not match '('" },
        { "\xc3\xbc + )", "1:5: unexpected ')'" },
        { "a b", "1:3: unexpected name 'b'" },
        { "a 1", "1:3: unexpected number '1'" },
        { "a 'b'", "1:3: unexpected string" },
        { "a if b", "1:7: expected 'else' after 'if' and its condition" },
        { "a not b", "1:7: expected 'in' after 'not'" },
        { "a == not b", "1:6: unexpected 'not'" },
        { "a or lambda: b", "1:6: unexpected 'lambda'" },
        { "x = 1", "1:3: '=' is assignment; use '=='" },
        { "x += 1", "1:3: this is an assignment; use {% set %}" },
        { "{a, b}", "1:2: sets are not part of the template language; use a list" },
        { "{a}", "1:2: sets are not part of the template language; use a list" },
        { "{a for a in b}", "1:2: sets are not part of the template language; use a list" },
        { "{a: b, c d}", "1:10: expected ':' after a key of a dict" },
        { "f'x'", "1:1: f-strings are not part of the template language; use % or .format()" },
        { "(x := 1)", "1:4: ':=' is not part of the template language; use {% set %}" },
        { "a && b", "1:3: '&&' is not part of the template language; use 'and'" },
        { "a || b", "1:3: '||' is not part of the template language; use 'or'" },
        { "!a", "1:1: '!' is not part of the template language; use 'not'" },
        { "a === b", "1:3: '===' is not part of the template language; use '=='" },
        { "a <> b", "1:3: '<>' is not part of the template language; use '!='" },
        { "a @ b", "1:3: '@' is not part of the template language" },
        { "a[...]", "1:3: '...' is not part of the template language" },
        { "a; b", "1:2: ';' is not part of the template language; a tag has one statement" },
        { "a ? b : c",
          "1:3: '?' is not part of the template language; use 'a if condition else b'" },
        { "$a", "1:1: unexpected '$'" },
        { "yield", "1:1: unexpected 'yield': a reserved word of Python" },
        { "class.x", "1:1: unexpected 'class': a reserved word of Python" },
        { "a.class", "1:3: 'class' is a reserved word; use ['class']" },
        { "a.in", "1:3: 'in' is a reserved word; use ['in']" },
        { "a.(b)", "1:3: expected a name after '.'" },
        { "a[]", "1:3: expected an index" },
        { "a[b:c, d]", "1:6: a slice cannot be one of several indexes" },
        { "a[b, c:d]", "1:7: a slice cannot be one of several indexes" },
        { "*a", "1:2: '*' can only stand in a list, a tuple or a call" },
        { "(*a)", "1:3: '*' can only stand in a list, a tuple or a call" },
        { "[*a for a in b]", "1:3: '*' cannot be used in a comprehension" },
        { "{**a for a in b}", "1:4: '**' cannot be used in a comprehension" },
        { "[a for b]", "1:9: expected 'in' after 'for' and its names" },
        { "[a for f() in b]", "1:8: cannot assign to a function call" },
        { "[a for 1 in b]", "1:8: cannot assign to a literal" },
        { "[a for a if b]", "1:10: expected 'in' after 'for' and its names" },
        { "f(a=1, b)", "1:8: a positional argument follows a keyword argument" },
        { "f(**a, b)", "1:8: a positional argument follows a keyword argument" },
        { "f(**a, *b)", "1:8: '*' cannot follow '**' in a call" },
        { "f(a=1, a=2)", "1:8: keyword argument repeated: a" },
        { "f(a.b=1)", "1:6: '=' needs a name before it; '==' compares" },
        { "f(a for a in b, c)", "1:3: a generator expression needs parentheses of its own here" },
        { "lambda a, a: a", "1:11: a parameter of this name is there already" },
        { "lambda a=1, b: a", "1:14: a parameter without a default follows one that has one" },
        { "lambda *a: a", "1:8: parameters of a lambda are names, with or without a default" },
        { "lambda a", "1:9: unexpected end of the expression" },
    };

    CHECK_ROWS(check_error, rows);
}

static void bad_literals_are_told_with_their_place(void **state)
{
    static const struct row rows[] = {
        { "'abc", "1:1: unterminated string" },
        { "a + \"b\nc\"", "1:5: unterminated string" },
        { "'a\\", "1:1: unterminated string" },
        { "'''a''", "1:1: unterminated triple-quoted string" },
        { "'a' 'b", "1:5: unterminated string" },
        { "'a' b'c'", "1:5: strings and bytes cannot stand side by side" },
        { "b'\xc3\xbc'", "1:3: bytes can only contain ASCII characters; use \\x" },
        { "'\\x4'", "1:2: '\\x' needs 2 hexadecimal digits" },
        { "'a\\u12'", "1:3: '\\u' needs 4 hexadecimal digits" },
        { "'\\U0011'", "1:2: '\\U' needs 8 hexadecimal digits" },
        { "'\\ud800'", "1:2: there is no character U+D800" },
        { "'\\U00110000'", "1:2: there is no character U+110000" },
        { "'\\N{DASH}'", "1:2: '\\N{…}' is not part of the template language; use \\u or the "
                         "character itself" },
        { "12a", "1:1: invalid decimal literal" },
        { "1__0", "1:1: invalid decimal literal" },
        { "1_", "1:1: invalid decimal literal" },
        { "0xg", "1:1: invalid hexadecimal literal" },
        { "0x1_", "1:1: invalid hexadecimal literal" },
        { "0b12", "1:1: invalid digit '2' in binary literal" },
        { "0o8", "1:1: invalid digit '8' in octal literal" },
        { "1e+", "1:1: invalid decimal literal" },
        { "012", "1:1: an integer has no leading zeros; 0o is the prefix of octal ones" },
        { "1 + 9223372036854775808", "1:5: integer is too large: 64 bits" },
        { "-(9223372036854775808)", "1:3: integer is too large: 64 bits" },
        { "99999999999999999999", "1:1: integer is too large: 64 bits" },
        { "0xffffffffffffffff", "1:1: integer is too large: 64 bits" },
        { "2j", "1:1: complex numbers are not part of the template language" },
        { "\xe2\x80\x9c"
          "a",
          "1:1: invalid character '\xe2\x80\x9c' (U+201C)" },
        { "a\xc2\xa0+ b", "1:2: invalid invisible character U+00A0" },
        { "a\001", "1:2: invalid character U+0001" },
        { "\xc2\xb7z", "1:1: invalid character '\xc2\xb7' (U+00B7)" },
        { "a + \xff", "1:5: the expression is not UTF-8" },
        { "'\xc3'", "1:2: the expression is not UTF-8" },
    };

    CHECK_ROWS(check_error, rows);
}

static void places_count_from_where_the_piece_stands(void **state)
{
    struct gale__span span = { GALE__STR("a +\n )"), 12, 30 };
    struct gale__syntax_error error;
    struct gale__expr *e;

    assert_int_equal(gale__parse_expression(&arena, span, &e, &error), GALE_EINVAL);
    assert_int_equal(error.line, 13);
    assert_int_equal(error.column, 2);
    span.text = GALE__STR("a )");
    assert_int_equal(gale__parse_expression(&arena, span, &e, &error), GALE_EINVAL);
    assert_int_equal(error.line, 12);
    assert_int_equal(error.column, 32);
    assert_int_equal(gale__parse_expression(&arena, span, &e, NULL), GALE_EINVAL);
}

/* --- what tags have ----------------------------------------------------------------- */

static void check_for(const char *text, const char *expected)
{
    struct gale__syntax_error error = { 0 };
    struct gale__expr *target = NULL, *over = NULL;
    int r = gale__parse_for(&arena, span_of(text), &target, &over, &error);

    if (r < 0) {
        check_message(text, r, &error, expected);
        return;
    }
    gale__buf_reset(&printed);
    print_expr(&printed, target);
    gale__buf_append_cstr(&printed, " in ");
    print_expr(&printed, over);
    check_str(gale__buf_str(&printed), expected);
}

static void for_has_targets_and_what_it_runs_over(void **state)
{
    static const struct row rows[] = {
        { "a in b", "a in b" },
        { "a, b in c.items()", "(tuple a b) in (call (. c items))" },
        { "a, in b", "(tuple a) in b" },
        { "(a, [b, *c]), d in e", "(tuple (tuple a (list b *c)) d) in e" },
        { "*a, b in c", "(tuple *a b) in c" },
        { "a[0] in b if c else d", "(index a 0) in (if c b d)" },
        { "a in b, c", "a in (tuple b c)" },
        { "a in b in c", "a in (compare b in c)" },
        { "a", "1:2: expected 'in' after 'for' and its names" },
        { "a of b", "1:3: expected 'in' after 'for' and its names" },
        { "in b", "1:1: unexpected 'in'" },
        { "a in", "1:5: unexpected end of the expression" },
        { "*a in b", "1:2: '*' needs more names beside it, or a comma" },
        { "*a, *b in c", "1:6: only one '*' can be among the names" },
        { "a + b in c", "1:3: cannot assign to an expression" },
        { "None in c", "1:1: cannot assign to a literal" },
        { "{} in c", "1:1: cannot assign to a dict" },
        { "a in b )", "1:8: unexpected ')'" },
    };

    CHECK_ROWS(check_for, rows);
}

static void check_statement(const char *text, const char *expected)
{
    struct gale__syntax_error error = { 0 };
    struct gale__statement statement;
    int r = gale__parse_statement(&arena, span_of(text), &statement, &error);

    if (r < 0) {
        check_message(text, r, &error, expected);
        return;
    }
    gale__buf_reset(&printed);
    for (const struct gale__expr *e = statement.targets; e; e = e->next) {
        print_expr(&printed, e);
        gale__buf_append_char(&printed, ' ');
    }
    gale__buf_printf(&printed, "%d", statement.op);
    if (statement.value) {
        gale__buf_append_char(&printed, ' ');
        print_expr(&printed, statement.value);
    }
    check_str(gale__buf_str(&printed), expected);
}

static void set_has_statements(void **state)
{
    static const struct row rows[] = {
        { "a = 1", "a -1 1" },
        { "a = b = c, d", "a b -1 (tuple c d)" },
        { "a, b = b, a", "(tuple a b) -1 (tuple b a)" },
        { "(a, *b), c[0] = d", "(tuple (tuple a *b) (index c 0)) -1 d" },
        { "[a] = b", "(list a) -1 b" },
        { "a[1:2] = b", "(slice a 1 2 None) -1 b" },
        { "a.b = c", "(. a b) -1 c" },
        { "a += 1", "a 0 1" },
        { "a **= 2", "a 6 2" },
        { "a //= b, c", "a 4 (tuple b c)" },
        { "a[0] |= 1", "(index a 0) 8 1" },
        { "a >>= 1", "a 11 1" },
        { "a.append(1)", "-1 (call (. a append) 1)" },
        { "del a[0], b['c']", "(index a 0) (index b s:63) -2" },
        { "del (a[0])", "(index a 0) -2" },
        { "del a[1:]", "(slice a 1 None None) -2" },
        { "", "1:1: unexpected end of the expression" },
        { "a =", "1:4: unexpected end of the expression" },
        { "a == 1 = 2", "1:3: cannot assign to a comparison" },
        { "f() = 1", "1:1: cannot assign to a function call" },
        { "1 = a", "1:1: cannot assign to a literal" },
        { "a = 1 = b", "1:5: cannot assign to a literal" },
        { "lambda: 0 = b", "1:1: cannot assign to a lambda" },
        { "[a for a in b] = c", "1:1: cannot assign to a comprehension" },
        { "a if b else c = d", "1:3: cannot assign to a conditional expression" },
        { "a, b += 1", "1:6: this assignment needs one name or item before it" },
        { "a += b += 1", "1:8: this is an assignment; use {% set %}" },
        { "f() += 1", "1:1: cannot assign to a function call" },
        { "*a = b", "1:2: '*' can only stand in a list, a tuple or a call" },
        { "a, *b, *c = d", "1:9: only one '*' can be among the names" },
        { "del a", "1:5: del takes items of lists and dicts: del list[0]" },
        { "del (a[0], b[0])", "1:5: del takes items of lists and dicts: del list[0]" },
        { "del a.b", "1:7: del takes items of lists and dicts: del list[0]" },
        { "del", "1:4: unexpected end of the expression" },
        { "a: int = 1", "1:2: unexpected ':'" },
        { "raise x", "1:1: unexpected 'raise': a reserved word of Python" },
        { "a = 1; b = 2",
          "1:6: ';' is not part of the template language; a tag has one statement" },
    };

    CHECK_ROWS(check_statement, rows);
}

static void check_except(const char *text, const char *expected)
{
    struct gale__syntax_error error = { 0 };
    struct gale__expr *classes;
    gale_str name;
    int r = gale__parse_except(&arena, span_of(text), &classes, &name, &error);

    if (r < 0) {
        check_message(text, r, &error, expected);
        return;
    }
    gale__buf_reset(&printed);
    if (classes)
        print_expr(&printed, classes);
    if (name.len)
        gale__buf_printf(&printed, " as %.*s", (int)name.len, name.ptr);
    check_str(gale__buf_str(&printed), expected);
}

static void except_has_classes_and_a_name(void **state)
{
    static const struct row rows[] = {
        { "", "" },
        { "  ", "" },
        { "KeyError", "KeyError" },
        { "KeyError as e", "KeyError as e" },
        { "(A, B) as e", "(tuple A B) as e" },
        { "A, B", "1:2: several exceptions need parentheses: except (KeyError, TypeError)" },
        { "A as", "1:5: unexpected end of the expression" },
        { "A as 1", "1:6: unexpected number '1'" },
        { "A as b.c", "1:7: unexpected '.'" },
        { "A e", "1:3: unexpected name 'e'" },
        { "as e", "1:1: unexpected 'as'" },
    };

    CHECK_ROWS(check_except, rows);
}

static void check_import(const char *text, const char *expected)
{
    struct gale__syntax_error error = { 0 };
    struct gale__import *list;
    int r = gale__parse_import(&arena, span_of(text), &list, &error);

    if (r < 0) {
        check_message(text, r, &error, expected);
        return;
    }
    gale__buf_reset(&printed);
    for (; list; list = list->next)
        gale__buf_printf(&printed, "%.*s[%.*s]=%.*s@%u ", (int)list->module.len, list->module.ptr,
                         (int)list->member.len, list->member.len ? list->member.ptr : "",
                         (int)list->name.len, list->name.ptr, list->column);
    check_str(gale__buf_str(&printed), expected);
}

static void import_has_modules_members_and_names(void **state)
{
    static const struct row rows[] = {
        { "import a", "a[]=a@8 " },
        { "import a.b.c", "a.b.c[]=a@8 " },
        { "import a . b as c, d", "a.b[]=c@8 d[]=d@20 " },
        { "from a.b import c as d, e", "a.b[c]=d@17 a.b[e]=e@25 " },
        { "", "1:1: unexpected end of the expression" },
        { "import", "1:7: unexpected end of the expression" },
        { "import a.", "1:10: unexpected end of the expression" },
        { "import a as", "1:12: unexpected end of the expression" },
        { "import a,", "1:10: unexpected end of the expression" },
        { "import a as b.c", "1:14: unexpected '.'" },
        { "import class", "1:8: unexpected 'class': a reserved word of Python" },
        { "from a", "1:7: expected 'import' after 'from' and a module" },
        { "from . import a", "1:6: unexpected '.'" },
        { "from a import *", "1:15: 'import *' is not part of the template language; name what "
                             "is needed" },
        { "from a import b c", "1:17: unexpected name 'c'" },
        { "a.b", "1:1: unexpected name 'a'" },
    };

    CHECK_ROWS(check_import, rows);
}

/* --- hostile texts ------------------------------------------------------------------ */

/* n copies of piece, then tail: what comes of it. */
static int parse_many(const char *head, const char *piece, size_t n, const char *tail,
                      struct gale__syntax_error *error, struct gale__expr **e)
{
    struct gale__buf text;
    int r;

    gale__buf_init(&text, 1 << 24);
    gale__buf_append_cstr(&text, head);
    for (size_t i = 0; i < n; i++)
        gale__buf_append_cstr(&text, piece);
    gale__buf_append_cstr(&text, tail);
    r = gale__parse_expression(&arena, (struct gale__span){ gale__buf_str(&text), 1, 1 }, e, error);
    gale__buf_deinit(&text);
    return r;
}

static void nesting_has_an_end(void **state)
{
    static const char *const pieces[] = {
        "(",
        "[",
        "{1:",
        "f(",
        "a[",
        "-",
        "not ",
        "~",
        "+",
        "a**",
        "lambda:",
        "lambda a=",
        "a if b else ",
        "(-",
        "[a,",
        "{**",
        "f(*",
        "f(a=",
        "a[1:",
        "(a,*",
        "a<(",
        "a or b and not c<d|e^f&g<<h+i*-(",
        "[x for x in ",
        "[x for (x,",
        "{a:b for c[",
    };
    struct gale__syntax_error error;
    struct gale__expr *e;

    for (size_t i = 0; i < N_OF(pieces); i++) {
        assert_int_equal(parse_many("", pieces[i], 20000, "", &error, &e), GALE_EINVAL);
        if (strcmp(error.message, "the expression is nested too deeply") != 0)
            fail_msg("%s: %s", pieces[i], error.message);
    }
}

static void chains_have_an_end(void **state)
{
    static const char *const pieces[] = { "+a", " or a", "**a", ".a", "[0]", "()", " if a else a" };
    struct gale__syntax_error error;
    struct gale__expr *e;

    for (size_t i = 0; i < N_OF(pieces); i++)
        assert_int_equal(parse_many("a", pieces[i], 20000, "", &error, &e), GALE_EINVAL);
    assert_int_equal(parse_many("a", "+a", GALE__EXPR_DEPTH - 1, "", &error, &e), 0);
    assert_int_equal(e->depth, GALE__EXPR_DEPTH);
    assert_int_equal(parse_many("a", "+a", GALE__EXPR_DEPTH, "", &error, &e), GALE_EINVAL);
    assert_string_equal(error.message, "the expression has too many levels; make it several");
    assert_int_equal(parse_many("a", "<a", 20000, "", &error, &e), 0); /* one level */
    assert_int_equal(e->n_items, 20000);
}

static void nesting_of_a_hundred_is_there(void **state)
{
    struct gale__syntax_error error;
    char close[GALE__EXPR_NESTING + 2] = "a";
    struct gale__expr *e;

    memset(close + 1, ')', GALE__EXPR_NESTING);
    assert_int_equal(parse_many("", "(", GALE__EXPR_NESTING, close, &error, &e), 0);
    assert_int_equal(parse_many("", "(", GALE__EXPR_NESTING, "a", &error, &e), GALE_EINVAL);
    assert_string_equal(error.message, "'(' was never closed");
    assert_int_equal(error.column, GALE__EXPR_NESTING);
}

/* The parser in a thread that has as little stack as a coroutine may have left. */
static void *parse_deep(void *arg)
{
    static const char *const pieces[] = {
        "(",
        "-f(a=",
        "not a<(",
        "[x for x in ",
        "lambda a=",
        "{a:",
        "a[b:",
        "a if b else ",
        "a or b and not c<d|e^f&g<<h+i*-(",
    };
    struct gale__arena own;

    gale__arena_init(&own);
    for (size_t i = 0; i < N_OF(pieces); i++) {
        size_t len = strlen(pieces[i]), n = 0;
        struct gale__expr *e;
        char text[4000];

        for (; n < 110; n++)
            memcpy(text + n * len, pieces[i], len);
        gale__parse_expression(&own, (struct gale__span){ { text, n * len }, 1, 1 }, &e, NULL);
    }
    gale__arena_reset(&own);
    gale__arena_pool_free();
    return NULL;
}

static void little_stack_is_enough(void **state)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    assert_int_equal(pthread_create(&thread, &attributes, parse_deep, NULL), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

static void long_texts_are_read_once(void **state)
{
    struct gale__syntax_error error;
    struct gale__expr *e;

    /* Each would take minutes if its length counted twice. */
    assert_int_equal(parse_many("[", "a,", 400000, "]", &error, &e), 0);
    assert_int_equal(e->n_items, 400000);
    assert_int_equal(parse_many("", "'a' ", 250000, "", &error, &e), 0);
    assert_int_equal(e->value.len, 250000);
    assert_int_equal(parse_many("'", "\\x41", 250000, "'", &error, &e), 0);
    assert_int_equal(e->value.len, 250000);
    assert_int_equal(parse_many("", "a", 1000000, "", &error, &e), 0);
    assert_int_equal(parse_many("", "1", 1000000, ".0", &error, &e), 0);
    assert_int_equal(parse_many("", "1", 1000000, "", &error, &e), GALE_EINVAL);
    assert_int_equal(parse_many("'", "a", 1000000, "", &error, &e), GALE_EINVAL);
    assert_int_equal(parse_many("", "# ", 500000, "", &error, &e), GALE_EINVAL);
    assert_int_equal(parse_many("", "\n", 1000000, ")", &error, &e), GALE_EINVAL);
    assert_int_equal(error.line, 1000001);
    assert_int_equal(parse_many("{", "**a,", 200000, "}", &error, &e), 0);
    assert_int_equal(parse_many("", " ", 1 << 20, "a", &error, &e), GALE_EINVAL);
    assert_string_equal(error.message, "the expression is longer than 1048576 bytes");
}

static void calls_have_an_end(void **state)
{
    struct gale__syntax_error error;
    struct gale__buf text;
    struct gale__expr *e;

    assert_int_equal(parse_many("f(", "a,", 65535, ")", &error, &e), 0);
    assert_int_equal(parse_many("f(", "a,", 65536, ")", &error, &e), GALE_EINVAL);
    assert_string_equal(error.message, "too many arguments");
    gale__buf_init(&text, 1 << 20);
    gale__buf_append_cstr(&text, "f(");
    for (int i = 0; i < 256; i++)
        gale__buf_printf(&text, "a%d=1,", i);
    assert_int_equal(gale__parse_expression(
                         &arena, (struct gale__span){ gale__buf_str(&text), 1, 1 }, &e, &error),
                     GALE_EINVAL);
    assert_string_equal(error.message, "too many keyword arguments");
    gale__buf_deinit(&text);
    assert_int_equal(parse_many("[a", " for a in a", 20, "]", &error, &e), 0);
    assert_int_equal(parse_many("[a", " for a in a", 21, "]", &error, &e), GALE_EINVAL);
}

/* Each text cut at each place: an answer, whatever it is. */
static void texts_that_end_anywhere(void **state)
{
    static const char text[] = "f(a, *b, c=[x for x, (y, *z) in {'k\\n': 0x1f, **d}.items() if x "
                               "not in \"\"\"s\"\"\"], **e)[1:-2.5e3:g] if not h else lambda i, "
                               "j=b'\\xff': (i ** -j, r'\\')')";
    struct gale__syntax_error error;
    struct gale__expr *e;
    gale_str module;

    assert_int_equal(gale__parse_expression(&arena, span_of(text), &e, &error), 0);
    for (size_t len = 0; len < sizeof(text); len++) {
        /* a copy of its own, so that what is read beyond the end is seen */
        char *piece = memcpy(malloc(len ? len : 1), text, len);
        struct gale__span span = { { piece, len }, 1, 1 };
        struct gale__statement statement;
        struct gale__import *list;
        struct gale__expr *over;

        gale__parse_expression(&arena, span, &e, &error);
        gale__parse_for(&arena, span, &e, &over, &error);
        gale__parse_statement(&arena, span, &statement, &error);
        gale__parse_except(&arena, span, &e, &module, &error);
        gale__parse_import(&arena, span, &list, &error);
        free(piece);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(operators_bind_as_in_python),
        TEST(operands_are_followed_by_anything),
        TEST(displays_and_comprehensions),
        TEST(literals_have_their_values),
        TEST(texts_know_whether_they_are_ascii),
        TEST(names_may_be_of_any_script),
        TEST(trees_know_their_places),
        TEST(mistakes_are_told_with_their_place),
        TEST(bad_literals_are_told_with_their_place),
        TEST(places_count_from_where_the_piece_stands),
        TEST(for_has_targets_and_what_it_runs_over),
        TEST(set_has_statements),
        TEST(except_has_classes_and_a_name),
        TEST(import_has_modules_members_and_names),
        TEST(nesting_has_an_end),
        TEST(chains_have_an_end),
        TEST(nesting_of_a_hundred_is_there),
        TEST(little_stack_is_enough),
        TEST(long_texts_are_read_once),
        TEST(calls_have_an_end),
        TEST(texts_that_end_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
