/* plural.c - the compiler and evaluator of Plural-Forms expressions. See plural.h.
 *
 * Recursive descent by precedence. What is compiled leaves one number more on the stack than it
 * found, so the depth of the stack is that of the text, which is limited.
 */
/* SPDX-License-Identifier: MIT */
#include "locale/plural.h"

#include <errno.h>
#include <gale/error.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

enum {
    MAX_TEXT = 1000,
    MAX_DEPTH = 40,
    MAX_STACK = MAX_DEPTH * 8 + 8, /* each level nests at most the six of binary operators */
};

enum op {
    OP_NUMBER,
    OP_N,
    OP_NOT,
    OP_TRUTH,
    OP_JUMP,
    OP_JUMP_FALSE, /* takes the condition off */
    OP_AND,        /* jumps when false and leaves 0, else takes the condition off */
    OP_OR,
    OP_EQ, /* from here on two operands */
    OP_NE,
    OP_LE,
    OP_GE,
    OP_LT,
    OP_GT,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
};

struct joiner {
    char text[3];
    uint8_t op, level; /* a higher level binds more tightly */
};

/* Longer ones before those they begin with. */
static const struct joiner joiners[] = {
    { "||", OP_OR, 1 }, { "&&", OP_AND, 2 }, { "==", OP_EQ, 3 }, { "!=", OP_NE, 3 },
    { "<=", OP_LE, 4 }, { ">=", OP_GE, 4 },  { "<", OP_LT, 4 },  { ">", OP_GT, 4 },
    { "+", OP_ADD, 5 }, { "-", OP_SUB, 5 },  { "*", OP_MUL, 6 }, { "/", OP_DIV, 6 },
    { "%", OP_MOD, 6 },
};

struct compiler {
    gale_str rest;
    int depth;
    size_t n;
    struct gale__plural_step steps[MAX_TEXT];
};

static int compile_choice(struct compiler *c);

static void skip_space(struct compiler *c)
{
    while (c->rest.len && strchr(" \t\r\n", c->rest.ptr[0]))
        c->rest = gale__str_skip(c->rest, 1);
}

/* Takes this character off when it is the next one. */
static bool take(struct compiler *c, char wanted)
{
    skip_space(c);
    if (!c->rest.len || c->rest.ptr[0] != wanted)
        return false;
    c->rest = gale__str_skip(c->rest, 1);
    return true;
}

static int fail(const struct compiler *c)
{
    if (!c->rest.len)
        return gale_err(GALE_EINVAL, "plural form: it ends too early");
    return gale_err(GALE_EINVAL, "plural form: unexpected '%.*s'",
                    (int)(c->rest.len < 20 ? c->rest.len : 20), c->rest.ptr);
}

/* Never more steps than the text has bytes: "&&" and "?:" are two. */
static size_t add(struct compiler *c, uint8_t op, int64_t number)
{
    GALE_ASSERT(c->n < MAX_TEXT);
    c->steps[c->n] = (struct gale__plural_step){ number, op };
    return c->n++;
}

static int compile_number(struct compiler *c)
{
    size_t n = 0;
    int64_t number;

    while (n < c->rest.len && c->rest.ptr[n] >= '0' && c->rest.ptr[n] <= '9')
        n++;
    if (!gale__str_to_int64(gale__str_head(c->rest, n), &number))
        return fail(c);
    c->rest = gale__str_skip(c->rest, n);
    add(c, OP_NUMBER, number);
    return 0;
}

static int compile_unary(struct compiler *c)
{
    int n_not = 0, r = 0;

    while (take(c, '!'))
        n_not++;
    if (take(c, 'n')) {
        add(c, OP_N, 0);
    } else if (take(c, '(')) {
        r = compile_choice(c);
        if (r >= 0 && !take(c, ')'))
            r = fail(c);
    } else {
        r = compile_number(c);
    }
    if (r >= 0 && n_not)
        add(c, n_not % 2 ? OP_NOT : OP_TRUTH, 0);
    return r;
}

static const struct joiner *find_joiner(struct compiler *c)
{
    skip_space(c);
    for (size_t i = 0; i < sizeof(joiners) / sizeof(joiners[0]); i++)
        if (gale__str_starts_with(c->rest, gale__str(joiners[i].text)))
            return &joiners[i];
    return NULL;
}

/* Operands joined by operators of at least that level, the left ones first. */
static int compile_binary(struct compiler *c, int level)
{
    const struct joiner *o;
    int r = level > 6 ? compile_unary(c) : compile_binary(c, level + 1);

    while (r >= 0 && level <= 6 && (o = find_joiner(c)) != NULL && o->level == level) {
        size_t jump = 0;

        c->rest = gale__str_skip(c->rest, strlen(o->text));
        if (level <= 2)
            jump = add(c, o->op, 0);
        r = compile_binary(c, level + 1);
        if (level > 2)
            add(c, o->op, 0);
        else
            c->steps[jump].number = (int64_t)add(c, OP_TRUTH, 0);
    }
    return r;
}

static int compile_choice(struct compiler *c)
{
    size_t otherwise, end;
    int r;

    if (++c->depth > MAX_DEPTH)
        return gale_err(GALE_EINVAL, "plural form: nested too deep");
    r = compile_binary(c, 1);
    if (r >= 0 && take(c, '?')) {
        otherwise = add(c, OP_JUMP_FALSE, 0);
        r = compile_choice(c);
        end = add(c, OP_JUMP, 0);
        c->steps[otherwise].number = (int64_t)c->n;
        if (r >= 0)
            r = take(c, ':') ? compile_choice(c) : fail(c);
        c->steps[end].number = (int64_t)c->n;
    }
    c->depth--;
    return r;
}

int gale__plural_compile(struct gale__plural *plural, gale_str text)
{
    struct compiler c = { .rest = text };
    size_t size;
    int r;

    if (text.len > MAX_TEXT)
        return gale_err(GALE_EINVAL, "plural form: longer than %d bytes", MAX_TEXT);
    r = compile_choice(&c);
    skip_space(&c);
    if (r >= 0 && c.rest.len)
        r = fail(&c);
    if (r < 0)
        return r;
    size = c.n * sizeof(c.steps[0]);
    plural->steps = gale__malloc(size);
    if (!plural->steps)
        return -ENOMEM;
    memcpy(plural->steps, c.steps, size);
    plural->n = c.n;
    return 0;
}

void gale__plural_deinit(struct gale__plural *plural)
{
    gale__free(plural->steps);
    *plural = (struct gale__plural){ 0 };
}

/* a OP b into *out; false when it has no value. */
static bool divide(bool is_remainder, int64_t a, int64_t b, int64_t *out)
{
    int64_t remainder;
    bool is_off;

    if (!b || (b == -1 && a == INT64_MIN))
        return false;
    remainder = a % b;
    is_off = remainder && (remainder < 0) != (b < 0);
    *out = is_remainder ? remainder + (is_off ? b : 0) : a / b - is_off;
    return true;
}

static bool calculate(uint8_t op, int64_t a, int64_t b, int64_t *out)
{
    switch (op) {
    case OP_ADD:
        return !__builtin_add_overflow(a, b, out);
    case OP_SUB:
        return !__builtin_sub_overflow(a, b, out);
    case OP_MUL:
        return !__builtin_mul_overflow(a, b, out);
    case OP_DIV:
    case OP_MOD:
        return divide(op == OP_MOD, a, b, out);
    case OP_EQ:
        *out = a == b;
        return true;
    case OP_NE:
        *out = a != b;
        return true;
    case OP_LE:
        *out = a <= b;
        return true;
    case OP_GE:
        *out = a >= b;
        return true;
    case OP_LT:
        *out = a < b;
        return true;
    default:
        *out = a > b;
        return true;
    }
}

/* One step that has at most one operand; gives the next one. */
static size_t control(const struct gale__plural_step *step, size_t at, int64_t n, int64_t *stack,
                      size_t *top)
{
    size_t target = (size_t)step->number;

    switch (step->op) {
    case OP_JUMP:
        return target;
    case OP_JUMP_FALSE:
        return stack[--*top] ? at + 1 : target;
    case OP_AND:
    case OP_OR:
        if (!stack[*top - 1] == (step->op == OP_AND))
            return target;
        --*top;
        return at + 1;
    case OP_NOT:
        stack[*top - 1] = !stack[*top - 1];
        return at + 1;
    case OP_TRUTH:
        stack[*top - 1] = stack[*top - 1] != 0;
        return at + 1;
    default:
        stack[(*top)++] = step->op == OP_N ? n : step->number;
        return at + 1;
    }
}

int64_t gale__plural_index(const struct gale__plural *plural, int64_t n)
{
    int64_t stack[MAX_STACK];
    size_t top = 0;

    if (!plural->n)
        return n != 1;
    for (size_t i = 0; i < plural->n;) {
        const struct gale__plural_step *step = &plural->steps[i];

        GALE_ASSERT(top < MAX_STACK);
        if (step->op < OP_EQ) {
            i = control(step, i, n, stack, &top);
            continue;
        }
        top--;
        if (!calculate(step->op, stack[top - 1], stack[top], &stack[top - 1]))
            return -1;
        i++;
    }
    return stack[0] < 0 ? -1 : stack[0];
}
