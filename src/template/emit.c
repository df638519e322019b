/* emit.c - instructions and tables of a program that is being compiled. See compiler.h. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/str.h"
#include "template/compiler.h"
#include "template/values.h"

enum {
    MAX_CODE = 1 << 22, /* instructions of one program */
    MAX_PLACES = UINT16_MAX,
};

void gale__compile_fail(struct gale__compiler *c, int code)
{
    if (c->code == 0)
        c->code = code;
}

static void GALE_PRINTF(4, 0) store_error(struct gale__compiler *c, uint32_t line, uint32_t column,
                                          const char *fmt, va_list ap)
{
    vsnprintf(c->error.message, sizeof(c->error.message), fmt, ap);
    c->error.line = line;
    c->error.column = column;
    c->error_place = c->at.place;
}

void gale__compile_error(struct gale__compiler *c, uint32_t line, uint32_t column, const char *fmt,
                         ...)
{
    va_list ap;

    if (c->code < 0)
        return;
    va_start(ap, fmt);
    store_error(c, line, column, fmt, ap);
    va_end(ap);
    c->code = GALE_EINVAL;
}

void gale__compile_complain(struct gale__compiler *c, int code, uint32_t line, uint32_t column,
                            const char *fmt, ...)
{
    va_list ap;

    if (c->code < 0)
        return;
    va_start(ap, fmt);
    store_error(c, line, column, fmt, ap);
    va_end(ap);
    if (c->tell)
        gale__compile_tell(c, code);
    else
        c->code = code;
}

/* --- tables ---- */

void *gale__table_add(struct gale__compiler *c, struct gale__table *t, size_t size, uint32_t max)
{
    if (c->code < 0)
        return NULL;
    if (t->n == t->cap) {
        uint32_t cap = t->cap ? t->cap * 2 : 16;
        void *items = gale__realloc(t->items, cap * size);

        if (!items) {
            c->code = -ENOMEM;
            return NULL;
        }
        t->items = items;
        t->cap = cap;
    }
    if (t->n >= max) {
        gale__compile_error(c, c->at.line, c->at.column,
                            "the template with all that it includes is too large: more than %u %s",
                            max, max == UINT16_MAX ? "names, lambdas or files" : "instructions");
        return NULL;
    }
    return memset((char *)t->items + size * t->n++, 0, size);
}

gale_str gale__compile_string(struct gale__compiler *c, gale_str s)
{
    char *copy = gale__map_get(&c->strings, s);

    if (copy)
        return (gale_str){ copy, s.len };
    copy = c->code < 0 ? NULL : gale__arena_strndup(c->arena, s.ptr, s.len);
    if (!copy || gale__map_set(&c->strings, (gale_str){ copy, s.len }, copy) < 0) {
        gale__compile_fail(c, -ENOMEM);
        return (gale_str){ "", 0 };
    }
    return (gale_str){ copy, s.len };
}

static bool is_ascii(gale_str s)
{
    unsigned char any = 0;

    for (size_t i = 0; i < s.len; i++)
        any |= (unsigned char)s.ptr[i];
    return any < 0x80;
}

uint32_t gale__compile_text_constant(struct gale__compiler *c, gale_str text)
{
    uintptr_t found = (uintptr_t)gale__map_get(&c->constant_texts, text);

    if (found)
        return (uint32_t)found - 1;
    gale_str copy = gale__compile_string(c, text);
    gale_value *v = gale__table_add(c, &c->constants, sizeof(*v), MAX_CODE);

    if (!v)
        return 0;
    *v = gale_value_borrowed_text(copy.ptr, copy.len);
    v->flags = is_ascii(copy) ? GALE__TEXT_ASCII : 0;
    if (gale__map_set(&c->constant_texts, copy, (void *)(uintptr_t)c->constants.n) < 0)
        gale__compile_fail(c, -ENOMEM);
    return c->constants.n - 1;
}

uint32_t gale__compile_constant(struct gale__compiler *c, gale_value v)
{
    if (v.kind == GALE_VALUE_TEXT)
        return gale__compile_text_constant(c, gale__value_slice(v));
    if (v.kind == GALE_VALUE_BYTES)
        v.u.s = gale__compile_string(c, gale__value_slice(v)).ptr;
    gale_value *at = gale__table_add(c, &c->constants, sizeof(*at), MAX_CODE);

    if (!at)
        return 0;
    *at = v;
    return c->constants.n - 1;
}

/* --- instructions ---- */

void gale__compile_at(struct gale__compiler *c, uint32_t line, uint32_t column)
{
    c->at.line = line;
    c->at.column = (uint16_t)(column <= UINT16_MAX ? column : 0);
}

static void write_op(struct gale__compiler *c, struct gale_template_code op,
                     struct gale_template_position at)
{
    struct gale_template_code *o = gale__table_add(c, &c->ops, sizeof(*o), MAX_CODE);
    struct gale_template_position *p = gale__table_add(c, &c->positions, sizeof(*p), UINT32_MAX);

    if (!o || !p)
        return;
    *o = op;
    *p = at;
}

static void flush_text(struct gale__compiler *c)
{
    gale_str text = c->is_joined ? gale__buf_str(&c->joined) : c->text;

    if (c->text.len == 0 || c->code < 0)
        return;
    if (c->joined.error < 0)
        gale__compile_fail(c, c->joined.error);
    if (c->is_joined)
        text.ptr = gale__arena_strndup(c->arena, text.ptr, text.len);
    gale_str *slot = gale__table_add(c, &c->texts, sizeof(*slot), MAX_CODE);

    if (!slot || !text.ptr) {
        gale__compile_fail(c, -ENOMEM);
        return;
    }
    *slot = text;
    write_op(c, (struct gale_template_code){ .op = GALE__OP_TEXT, .c = c->texts.n - 1 },
             c->text_at);
    gale__buf_reset(&c->joined);
    c->is_joined = false;
    c->text.len = 0;
}

/* Texts next to each other become one. */
void gale__emit_text(struct gale__compiler *c, gale_str text)
{
    if (text.len == 0 || c->code < 0)
        return;
    c->text_bytes += text.len;
    if (c->text_bytes > c->max_text) {
        gale__compile_error(c, c->at.line, c->at.column,
                            "the template with all that it includes is too large");
        return;
    }
    if (c->text.len == 0) {
        c->text = text;
        c->text_at = c->at;
        return;
    }
    if (!c->is_joined)
        gale__buf_append_str(&c->joined, c->text);
    c->is_joined = true;
    gale__buf_append_str(&c->joined, text);
}

/* An instruction and the one before it as one. */
static bool join(struct gale__compiler *c, enum gale__op op)
{
    struct gale_template_code *ops = c->ops.items;

    if (op != GALE__OP_ESCAPE || c->ops.n <= c->barrier)
        return false;
    struct gale_template_code *last = &ops[c->ops.n - 1];

    if (last->op == GALE__OP_LOAD_LOCAL)
        last->op = GALE__OP_ESCAPE_LOCAL;
    else if (last->op == GALE__OP_LOAD_GLOBAL)
        last->op = GALE__OP_ESCAPE_GLOBAL;
    else
        return false;
    return true;
}

void gale__emit(struct gale__compiler *c, enum gale__op op, uint32_t a, uint32_t b, uint32_t arg)
{
    struct gale_template_code code = { (uint8_t)op, (uint8_t)a, (uint16_t)b, arg };

    flush_text(c);
    if (c->code < 0)
        return;
    c->depth = (uint32_t)((int)c->depth +
                          gale__op_effect(op, arg, c->lambdas.items, c->call_sites.items));
    c->max_depth = c->depth > c->max_depth ? c->depth : c->max_depth;
    if (!join(c, op))
        write_op(c, code, c->at);
}

uint32_t gale__emit_here(struct gale__compiler *c)
{
    flush_text(c);
    c->barrier = c->ops.n;
    return c->ops.n;
}

/* The jump of the label's list that was written last. */
static void add_jump(struct gale__compiler *c, struct gale_template_code op, struct gale__label *to)
{
    gale__emit(c, (enum gale__op)op.op, op.a, op.b, to->is_known ? to->target : to->last);
    if (!to->is_known)
        to->last = c->ops.n;
}

void gale__emit_jump(struct gale__compiler *c, enum gale__op op, struct gale__label *to)
{
    add_jump(c, (struct gale_template_code){ .op = (uint8_t)op }, to);
}

void gale__emit_next(struct gale__compiler *c, uint32_t iter, int32_t local,
                     struct gale__label *end)
{
    struct gale_template_code op = { .op = GALE__OP_NEXT, .b = (uint16_t)iter };

    if (local != GALE__NO_LOCAL)
        op = (struct gale_template_code){ GALE__OP_NEXT_LOCAL, (uint8_t)iter, (uint16_t)local, 0 };
    add_jump(c, op, end);
}

void gale__label_here(struct gale__compiler *c, struct gale__label *label)
{
    struct gale_template_code *ops;

    label->target = gale__emit_here(c);
    label->is_known = true;
    ops = c->ops.items;
    while (label->last > 0 && c->code == 0) {
        struct gale_template_code *jump = &ops[label->last - 1];

        label->last = jump->c;
        jump->c = label->target;
    }
}

void gale__emit_constant(struct gale__compiler *c, gale_value v)
{
    gale__emit(c, GALE__OP_CONST, 0, 0, gale__compile_constant(c, v));
}

void gale__emit_call(struct gale__compiler *c, enum gale__op op,
                     const gale_template_call_site *site)
{
    gale_template_call_site *at = gale__table_add(c, &c->call_sites, sizeof(*at), MAX_CODE);

    if (!at)
        return;
    *at = *site;
    gale__emit(c, op, 0, 0, c->call_sites.n - 1);
}

void gale__emit_plain_call(struct gale__compiler *c, uint16_t n)
{
    bool is_kept = n < sizeof(c->plain_sites) / sizeof(*c->plain_sites);

    if (is_kept && c->plain_sites[n]) {
        gale__emit(c, GALE__OP_CALL, 0, 0, c->plain_sites[n] - 1);
        return;
    }
    gale__emit_call(c, GALE__OP_CALL, &(gale_template_call_site){ .n_args = n });
    if (is_kept && c->code == 0)
        c->plain_sites[n] = c->call_sites.n;
}
