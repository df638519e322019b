/* expr_parse.c - expressions by precedence climbing: operators, and what an operand begins with.
 *
 * What recurs is bounded twice: nesting counts brackets and operators that the parser is in, depth
 * what a chain such as a + b + c, which needs no recursion here, makes for those who read the tree.
 */
/* SPDX-License-Identifier: MIT */
#include "template/expr_parse.h"

#include <string.h>

#include "base/str.h"

/* --- tokens ------------------------------------------------------------------------- */

int gale__parser_start(struct gale__parser *p, struct gale__arena *arena, struct gale__span span,
                       struct gale__syntax_error *error)
{
    gale__lexer_init(&p->lex, arena, span, error);
    p->nesting = 0;
    p->n_open = 0;
    gale__advance(p);
    return p->lex.code;
}

int gale__parser_end(struct gale__parser *p)
{
    if (!p->lex.code && p->token.kind != GALE__TOKEN_END)
        gale__unexpected(p);
    gale__lexer_deinit(&p->lex);
    return p->lex.code;
}

bool gale__advance(struct gale__parser *p)
{
    return gale__lex(&p->lex, &p->token) == 0;
}

bool gale__accept(struct gale__parser *p, enum gale__token_kind kind)
{
    return p->token.kind == kind && gale__advance(p);
}

void *gale__fail_here(struct gale__parser *p, const char *message)
{
    gale__lex_fail(&p->lex, p->token.line, p->token.column, "%s", message);
    return NULL;
}

void *gale__fail_at(struct gale__parser *p, const struct gale__expr *e, const char *message)
{
    gale__lex_fail(&p->lex, e->line, e->column, "%s", message);
    return NULL;
}

/* The name, number or operator as it stands; long ones cut. */
static void *unexpected_word(struct gale__parser *p, const char *what)
{
    gale_str text = gale__str_head(p->token.text, 60);

    while (text.len && text.len < p->token.text.len && (text.ptr[text.len] & 0xC0) == 0x80)
        text.len--;
    gale__lex_fail(&p->lex, p->token.line, p->token.column, "unexpected %s'%.*s'%s", what,
                   (int)text.len, text.ptr,
                   p->token.kind == GALE__TOKEN_RESERVED ? ": a reserved word of Python" : "");
    return NULL;
}

void *gale__unexpected(struct gale__parser *p)
{
    switch (p->token.kind) {
    case GALE__TOKEN_END:
        if (p->n_open) {
            const struct gale__bracket *open = &p->open[p->n_open - 1];

            gale__lex_fail(&p->lex, open->line, open->column, "'%c' was never closed", open->c);
            return NULL;
        }
        return gale__fail_here(p, "unexpected end of the expression");
    case GALE__TOKEN_ASSIGN:
        return gale__fail_here(p, "'=' is assignment; use '=='");
    case GALE__TOKEN_AUGMENTED:
        return gale__fail_here(p, "this is an assignment; use {% set %}");
    case GALE__TOKEN_STRING:
        return gale__fail_here(p, "unexpected string");
    case GALE__TOKEN_NAME:
        return unexpected_word(p, "name ");
    case GALE__TOKEN_NUMBER:
    case GALE__TOKEN_HUGE:
        return unexpected_word(p, "number ");
    default:
        return unexpected_word(p, "");
    }
}

bool gale__enter_nesting(struct gale__parser *p)
{
    if (p->nesting == GALE__EXPR_NESTING) {
        gale__fail_here(p, "the expression is nested too deeply");
        return false;
    }
    p->nesting++;
    return true;
}

bool gale__open_bracket(struct gale__parser *p)
{
    struct gale__bracket here = { p->token.line, p->token.column, *p->token.text.ptr };

    if (!gale__enter_nesting(p))
        return false;
    p->open[p->n_open++] = here; /* never more than nesting */
    return gale__advance(p);
}

bool gale__close_bracket(struct gale__parser *p, enum gale__token_kind close)
{
    char c = p->open[p->n_open - 1].c;
    bool is_closing = p->token.kind == GALE__TOKEN_CLOSE ||
                      p->token.kind == GALE__TOKEN_CLOSE_SQUARE ||
                      p->token.kind == GALE__TOKEN_CLOSE_BRACE;

    if (p->token.kind != close) {
        if (is_closing)
            gale__lex_fail(&p->lex, p->token.line, p->token.column, "'%c' does not match '%c'",
                           *p->token.text.ptr, c);
        gale__unexpected(p);
        return false;
    }
    p->n_open--;
    p->nesting--;
    return gale__advance(p);
}

/* --- trees -------------------------------------------------------------------------- */

struct gale__expr *gale__node(struct gale__parser *p, enum gale__expr_kind kind, uint32_t line,
                              uint32_t column)
{
    struct gale__expr *e = gale__arena_zalloc(p->lex.arena, sizeof(*e));

    if (!e) {
        gale__lex_no_memory(&p->lex);
        return NULL;
    }
    e->kind = (uint8_t)kind;
    e->line = line;
    e->column = column <= UINT16_MAX ? (uint16_t)column : 0;
    e->depth = 1;
    return e;
}

struct gale__expr *gale__node_here(struct gale__parser *p, enum gale__expr_kind kind)
{
    return gale__node(p, kind, p->token.line, p->token.column);
}

bool gale__hold(struct gale__parser *p, struct gale__expr *parent, const struct gale__expr *child)
{
    if (!child)
        return false;
    if (child->depth >= parent->depth)
        parent->depth = child->depth + 1;
    if (parent->depth > GALE__EXPR_DEPTH)
        gale__fail_at(p, parent, "the expression has too many levels; make it several");
    return parent->depth <= GALE__EXPR_DEPTH;
}

bool gale__add_item(struct gale__parser *p, struct gale__expr *parent, struct gale__expr **last,
                    struct gale__expr *item)
{
    if (!gale__hold(p, parent, item))
        return false;
    if (*last)
        (*last)->next = item;
    else
        parent->items = item;
    *last = item;
    parent->n_items++;
    return true;
}

/* --- operands ----------------------------------------------------------------------- */

static struct gale__expr *parse_constant(struct gale__parser *p, gale_value value)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_CONST);

    if (!e)
        return NULL;
    e->value = value;
    return gale__advance(p) ? e : NULL;
}

static struct gale__expr *parse_name(struct gale__parser *p)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_NAME);

    if (!e)
        return NULL;
    e->name = p->token.text;
    return gale__advance(p) ? e : NULL;
}

static struct gale__expr *parse_atom(struct gale__parser *p)
{
    switch (p->token.kind) {
    case GALE__TOKEN_NAME:
        return parse_name(p);
    case GALE__TOKEN_NUMBER:
    case GALE__TOKEN_STRING:
        return parse_constant(p, p->token.value);
    case GALE__TOKEN_HUGE:
        return gale__fail_here(p, "integer is too large: 64 bits");
    case GALE__TOKEN_NONE:
        return parse_constant(p, gale_value_none());
    case GALE__TOKEN_TRUE:
        return parse_constant(p, gale_value_bool(true));
    case GALE__TOKEN_FALSE:
        return parse_constant(p, gale_value_bool(false));
    case GALE__TOKEN_OPEN:
        return gale__parse_parenthesized(p);
    case GALE__TOKEN_OPEN_SQUARE:
        return gale__parse_list(p);
    case GALE__TOKEN_OPEN_BRACE:
        return gale__parse_dict(p);
    default:
        return gale__unexpected(p);
    }
}

static struct gale__expr *parse_attribute(struct gale__parser *p, struct gale__expr *left)
{
    struct gale__expr *e;

    if (!gale__advance(p))
        return NULL;
    if (p->token.kind >= GALE__TOKEN_RESERVED && p->token.kind <= GALE__TOKEN_TRUE) {
        gale__lex_fail(&p->lex, p->token.line, p->token.column,
                       "'%.*s' is a reserved word; use ['%.*s']", (int)p->token.text.len,
                       p->token.text.ptr, (int)p->token.text.len, p->token.text.ptr);
        return NULL;
    }
    if (p->token.kind != GALE__TOKEN_NAME)
        return p->token.kind == GALE__TOKEN_END ? gale__unexpected(p)
                                                : gale__fail_here(p, "expected a name after '.'");
    e = gale__node_here(p, GALE__EXPR_ATTRIBUTE);
    if (!e || !gale__hold(p, e, left))
        return NULL;
    e->name = p->token.text;
    e->left = left;
    return gale__advance(p) ? e : NULL;
}

/* An operand with what follows it: calls, indexes, attributes. */
static struct gale__expr *parse_primary(struct gale__parser *p)
{
    struct gale__expr *e = parse_atom(p);

    while (e) {
        if (p->token.kind == GALE__TOKEN_DOT)
            e = parse_attribute(p, e);
        else if (p->token.kind == GALE__TOKEN_OPEN)
            e = gale__parse_call(p, e);
        else if (p->token.kind == GALE__TOKEN_OPEN_SQUARE)
            e = gale__parse_index(p, e);
        else
            return e;
    }
    return NULL;
}

/* --- operators ---------------------------------------------------------------------- */

static const struct operation {
    uint8_t level, kind, op;
} operations[GALE__N_TOKENS] = {
    [GALE__TOKEN_OR] = { GALE__LEVEL_OR, GALE__EXPR_OR, 0 },
    [GALE__TOKEN_AND] = { GALE__LEVEL_AND, GALE__EXPR_AND, 0 },
    [GALE__TOKEN_NOT] = { GALE__LEVEL_COMPARE, GALE__EXPR_COMPARE, GALE__NOT_IN },
    [GALE__TOKEN_IN] = { GALE__LEVEL_COMPARE, GALE__EXPR_COMPARE, GALE__IN },
    [GALE__TOKEN_IS] = { GALE__LEVEL_COMPARE, GALE__EXPR_COMPARE, GALE__IS },
    [GALE__TOKEN_EQUAL] = { GALE__LEVEL_COMPARE, GALE__EXPR_COMPARE, GALE__EQ },
    [GALE__TOKEN_NOT_EQUAL] = { GALE__LEVEL_COMPARE, GALE__EXPR_COMPARE, GALE__NE },
    [GALE__TOKEN_LESS] = { GALE__LEVEL_COMPARE, GALE__EXPR_COMPARE, GALE__LT },
    [GALE__TOKEN_LESS_EQUAL] = { GALE__LEVEL_COMPARE, GALE__EXPR_COMPARE, GALE__LE },
    [GALE__TOKEN_GREATER] = { GALE__LEVEL_COMPARE, GALE__EXPR_COMPARE, GALE__GT },
    [GALE__TOKEN_GREATER_EQUAL] = { GALE__LEVEL_COMPARE, GALE__EXPR_COMPARE, GALE__GE },
    [GALE__TOKEN_BAR] = { GALE__LEVEL_BITOR, GALE__EXPR_BINARY, GALE__BITOR },
    [GALE__TOKEN_CARET] = { GALE__LEVEL_BITXOR, GALE__EXPR_BINARY, GALE__BITXOR },
    [GALE__TOKEN_AMPERSAND] = { GALE__LEVEL_BITAND, GALE__EXPR_BINARY, GALE__BITAND },
    [GALE__TOKEN_SHIFT_LEFT] = { GALE__LEVEL_SHIFT, GALE__EXPR_BINARY, GALE__SHL },
    [GALE__TOKEN_SHIFT_RIGHT] = { GALE__LEVEL_SHIFT, GALE__EXPR_BINARY, GALE__SHR },
    [GALE__TOKEN_PLUS] = { GALE__LEVEL_SUM, GALE__EXPR_BINARY, GALE__ADD },
    [GALE__TOKEN_MINUS] = { GALE__LEVEL_SUM, GALE__EXPR_BINARY, GALE__SUB },
    [GALE__TOKEN_STAR] = { GALE__LEVEL_PRODUCT, GALE__EXPR_BINARY, GALE__MUL },
    [GALE__TOKEN_SLASH] = { GALE__LEVEL_PRODUCT, GALE__EXPR_BINARY, GALE__DIV },
    [GALE__TOKEN_SLASH_SLASH] = { GALE__LEVEL_PRODUCT, GALE__EXPR_BINARY, GALE__FLOORDIV },
    [GALE__TOKEN_PERCENT] = { GALE__LEVEL_PRODUCT, GALE__EXPR_BINARY, GALE__MOD },
};

static struct gale__expr *parse_unary(struct gale__parser *p);

/* Behind "**", which binds to the right and less than a sign there. */
static struct gale__expr *parse_exponent(struct gale__parser *p, struct gale__expr *base)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_BINARY);

    if (!e || !gale__hold(p, e, base) || !gale__enter_nesting(p) || !gale__advance(p))
        return NULL;
    e->op = GALE__POW;
    e->left = base;
    e->right = parse_unary(p);
    p->nesting--;
    return gale__hold(p, e, e->right) ? e : NULL;
}

/* -1 is a constant, also the smallest integer, whose digits alone are too many. */
static struct gale__expr *negated(struct gale__expr *e)
{
    struct gale__expr *operand = e->left;

    if (operand->kind != GALE__EXPR_CONST)
        return e;
    if (operand->value.kind == GALE_VALUE_INT && operand->value.u.i != INT64_MIN)
        operand->value.u.i = -operand->value.u.i;
    else if (operand->value.kind == GALE_VALUE_FLOAT)
        operand->value.u.d = -operand->value.u.d;
    else
        return e;
    operand->line = e->line;
    operand->column = e->column;
    return operand;
}

static struct gale__expr *parse_sign(struct gale__parser *p, enum gale__unary op)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_UNARY);

    if (!e || !gale__enter_nesting(p) || !gale__advance(p))
        return NULL;
    e->op = (uint8_t)op;
    if (op == GALE__NEG && p->token.kind == GALE__TOKEN_HUGE)
        return p->nesting--, parse_constant(p, p->token.value);
    e->left = parse_unary(p);
    p->nesting--;
    if (!gale__hold(p, e, e->left))
        return NULL;
    return op == GALE__NEG ? negated(e) : e;
}

static struct gale__expr *parse_unary(struct gale__parser *p)
{
    struct gale__expr *e;

    if (p->token.kind == GALE__TOKEN_MINUS)
        return parse_sign(p, GALE__NEG);
    if (p->token.kind == GALE__TOKEN_PLUS)
        return parse_sign(p, GALE__POS);
    if (p->token.kind == GALE__TOKEN_TILDE)
        return parse_sign(p, GALE__INVERT);
    e = parse_primary(p);
    return e && p->token.kind == GALE__TOKEN_STAR_STAR ? parse_exponent(p, e) : e;
}

static struct gale__expr *parse_not(struct gale__parser *p)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_NOT);

    if (!e || !gale__advance(p))
        return NULL;
    e->left = gale__parse_deeper(p, GALE__LEVEL_NOT);
    return gale__hold(p, e, e->left) ? e : NULL;
}

struct gale__expr *gale__parse_deeper(struct gale__parser *p, enum gale__level level)
{
    struct gale__expr *e;

    if (!gale__enter_nesting(p))
        return NULL;
    e = gale__parse_operators(p, level);
    p->nesting--;
    return e;
}

/* At a comparison's operator: its kind; moves behind it. -1 after a failure. */
static int take_comparison(struct gale__parser *p)
{
    int op = operations[p->token.kind].op;

    if (!gale__advance(p))
        return -1;
    if (op == GALE__NOT_IN && !gale__accept(p, GALE__TOKEN_IN)) {
        gale__fail_here(p, "expected 'in' after 'not'");
        return -1;
    }
    if (op == GALE__IS && p->token.kind == GALE__TOKEN_NOT)
        return gale__advance(p) ? GALE__IS_NOT : -1;
    return op;
}

/* left < a <= b …: all of the chain in one. */
static struct gale__expr *parse_comparison(struct gale__parser *p, struct gale__expr *left)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_COMPARE);
    struct gale__expr *last = NULL;

    if (!e || !gale__hold(p, e, left))
        return NULL;
    e->left = left;
    while (operations[p->token.kind].level == GALE__LEVEL_COMPARE) {
        int op = take_comparison(p);
        struct gale__expr *item = op < 0 ? NULL : gale__parse_deeper(p, GALE__LEVEL_BITOR);

        if (!gale__add_item(p, e, &last, item))
            return NULL;
        item->compare = (uint8_t)op;
    }
    return p->lex.code ? NULL : e;
}

static struct gale__expr *parse_operation(struct gale__parser *p, struct gale__expr *left,
                                          const struct operation *operation)
{
    struct gale__expr *e = gale__node_here(p, (enum gale__expr_kind)operation->kind);

    if (!e || !gale__hold(p, e, left) || !gale__advance(p))
        return NULL;
    e->op = operation->op;
    e->left = left;
    e->right = gale__parse_deeper(p, (enum gale__level)(operation->level + 1));
    return gale__hold(p, e, e->right) ? e : NULL;
}

struct gale__expr *gale__parse_operators(struct gale__parser *p, enum gale__level level)
{
    bool is_not = p->token.kind == GALE__TOKEN_NOT && level <= GALE__LEVEL_NOT;
    struct gale__expr *e = is_not ? parse_not(p) : parse_unary(p);

    while (e) {
        const struct operation *operation = &operations[p->token.kind];

        if (operation->level == 0 || operation->level < level)
            return e;
        e = operation->level == GALE__LEVEL_COMPARE ? parse_comparison(p, e)
                                                    : parse_operation(p, e, operation);
    }
    return NULL;
}

/* Behind "a", at "if b else c". */
static struct gale__expr *parse_condition(struct gale__parser *p, struct gale__expr *left)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_IF);

    if (!e || !gale__hold(p, e, left) || !gale__advance(p))
        return NULL;
    e->left = left;
    e->test = gale__parse_deeper(p, GALE__LEVEL_OR);
    if (!gale__hold(p, e, e->test))
        return NULL;
    if (p->token.kind != GALE__TOKEN_ELSE)
        return p->token.kind == GALE__TOKEN_END && p->n_open
                   ? gale__unexpected(p)
                   : gale__fail_here(p, "expected 'else' after 'if' and its condition");
    if (!gale__advance(p) || !gale__enter_nesting(p))
        return NULL;
    e->right = gale__parse_one(p);
    p->nesting--;
    return gale__hold(p, e, e->right) ? e : NULL;
}

struct gale__expr *gale__parse_one(struct gale__parser *p)
{
    struct gale__expr *e;

    if (p->token.kind == GALE__TOKEN_LAMBDA)
        return gale__parse_lambda(p);
    e = gale__parse_operators(p, GALE__LEVEL_OR);
    return e && p->token.kind == GALE__TOKEN_IF ? parse_condition(p, e) : e;
}
