/* template_inline.h - the fast ways of compiled templates, for C that "gale template compile"
 * writes.
 *
 * Output goes through a gale_rt_out, two pointers that stay in registers: the free part of r->out.
 * It is given back (closed) before anything else looks at r->out, and taken again (opened) then.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_INLINE_H
#define GALE_TEMPLATE_INLINE_H

#include <math.h>
#include <string.h>

#include <gale/json.h>
#include <gale/template_runtime.h>

typedef struct gale_rt_out {
    char *p, *end;
} gale_rt_out;

/* A result that is a failure, which is not expected. */
static inline bool gale_rt_bad(int code)
{
#if defined(__GNUC__)
    return __builtin_expect(code < 0, 0);
#else
    return code < 0;
#endif
}

static inline void gale_rt_open(gale_rt_out *o, const gale_rendering *r)
{
    o->p = r->out->data ? r->out->data + r->out->len : NULL;
    o->end = r->out->data ? r->out->data + r->out->cap : NULL;
}

static inline void gale_rt_close(const gale_rt_out *o, gale_rendering *r)
{
    r->out->len = o->p ? (size_t)(o->p - r->out->data) : 0;
}

/* --- output ---- */

static inline int gale_rt_text(gale_rendering *r, gale_rt_out *o, const char *s, size_t len)
{
    int code;

    if ((size_t)(o->end - o->p) >= len) {
        memcpy(o->p, s, len);
        o->p += len;
        return 0;
    }
    gale_rt_close(o, r);
    code = gale_rt_write(r, s, len);
    gale_rt_open(o, r);
    return code;
}

static inline int gale_rt_slow(gale_rendering *r, gale_rt_out *o, gale_value v,
                               int (*write)(gale_rendering *r, gale_value v))
{
    int code;

    gale_rt_close(o, r);
    code = write(r, v);
    gale_rt_open(o, r);
    return code;
}

static inline int gale_rt_emit(gale_rendering *r, gale_rt_out *o, gale_value v)
{
    if ((v.kind == GALE_VALUE_TEXT || v.kind == GALE_VALUE_BYTES) && v.len)
        return gale_rt_text(r, o, v.u.s, v.len);
    return gale_rt_slow(r, o, v, gale_rt_emit_value);
}

/* One of & < > " ' as a bit of a word; all are below 64. */
static inline bool gale_rt_is_special(unsigned char c)
{
    return c < 64 && (UINT64_C(0x500000c400000000) >> c & 1);
}

static inline int gale_rt_escape(gale_rendering *r, gale_rt_out *o, gale_value v)
{
    char *p = o->p;
    const char *s, *end;

    /* What is long is done 16 bytes at a time there. */
    if (v.kind != GALE_VALUE_TEXT || v.len > 16 || (size_t)(o->end - p) < v.len)
        return gale_rt_slow(r, o, v, gale_rt_escape_value);
    for (s = v.u.s, end = s + v.len; s < end; s++) {
        if (gale_rt_is_special((unsigned char)*s))
            return gale_rt_slow(r, o, v, gale_rt_escape_value);
        *p++ = *s;
    }
    o->p = p;
    return 0;
}

static inline int gale_rt_context(gale_rendering *r, gale_rt_out *o, int context, gale_value v)
{
    int code;

    gale_rt_close(o, r);
    code = gale_rt_context_value(r, context, v);
    gale_rt_open(o, r);
    return code;
}

static inline int gale_rt_capture(gale_rendering *r, gale_rt_out *o)
{
    int code;

    gale_rt_close(o, r);
    code = gale_rt_begin_capture(r);
    gale_rt_open(o, r);
    return code;
}

static inline int gale_rt_captured(gale_rendering *r, gale_rt_out *o, gale_value *out)
{
    int code;

    gale_rt_close(o, r);
    code = gale_rt_end_capture(r, out);
    gale_rt_open(o, r);
    return code;
}

/* --- names ---- */

static inline int gale_rt_local(gale_rendering *r, uint32_t index, gale_value *out)
{
    *out = r->locals[index];
    return out->kind != GALE_VALUE_UNSET ? 0 : gale_rt_resolve_local(r, index, out);
}

static inline int gale_rt_global(gale_rendering *r, uint32_t index, gale_value *out)
{
    int code = r->globals[index].kind ? 0 : gale_rt_resolve_global(r, index);

    if (!gale_rt_bad(code))
        *out = r->globals[index];
    return code;
}

static inline int gale_rt_escape_local(gale_rendering *r, gale_rt_out *o, uint32_t index)
{
    gale_value v;
    int code = gale_rt_local(r, index, &v);

    return gale_rt_bad(code) ? code : gale_rt_escape(r, o, v);
}

static inline int gale_rt_escape_global(gale_rendering *r, gale_rt_out *o, uint32_t index)
{
    gale_value v;
    int code = gale_rt_global(r, index, &v);

    return gale_rt_bad(code) ? code : gale_rt_escape(r, o, v);
}

/* --- loops ---- */

static inline int gale_rt_step(gale_rendering *r)
{
    if (r->steps_left <= 0)
        return gale_rt_steps_failed(r);
    r->steps_left--;
    return 0;
}

static inline gale_value gale_rt_json(json_t *json)
{
    size_t len;

    if (json_is_integer(json))
        return gale_value_int(json_integer_value(json));
    if (!json_is_string(json))
        return gale_value_json(json);
    len = json_string_length(json);
    return len <= UINT32_MAX ? gale_value_borrowed_text(json_string_value(json), len)
                             : gale_value_json(json);
}

/* 1 with an item, 0 at the end. */
static inline int gale_rt_next(gale_rendering *r, gale_template_iter *it, gale_value *item)
{
    json_t *json;

    if (it->over.kind != GALE_VALUE_ARRAY || r->steps_left <= 0)
        return gale_rt_next_value(r, it, item);
    json = json_array_get(it->over.u.json, it->index);
    if (!json)
        return gale_rt_next_value(r, it, item);
    it->index++;
    r->steps_left--;
    *item = gale_rt_json(json);
    return 1;
}

/* 1, 0, or negative. */
static inline int gale_rt_is_true(gale_rendering *r, gale_value v)
{
    if (v.kind == GALE_VALUE_BOOL || v.kind == GALE_VALUE_INT)
        return v.u.i != 0;
    if (v.kind == GALE_VALUE_NONE || v.kind == GALE_VALUE_TEXT)
        return v.len != 0;
    return gale_value_is_true(r, v);
}

/* --- the stack ---- */

/* The text of a constant. */
static inline gale_str gale_rt_name(const gale_value *constant)
{
    gale_str name = { constant->u.s, constant->len };

    return name;
}

/* The topmost of n values goes below the others. */
static inline void gale_rt_rotate(gale_value *stack, int n)
{
    gale_value top = stack[n - 1];

    while (--n > 0)
        stack[n] = stack[n - 1];
    stack[0] = top;
}

/* --- operators: stack[0] op stack[1] ---- */

static inline bool gale_rt_are_ints(const gale_value *stack)
{
    return stack[0].kind == GALE_VALUE_INT && stack[1].kind == GALE_VALUE_INT;
}

static inline int gale_rt_binary(gale_rendering *r, int op, gale_value *stack)
{
    int64_t a, b;

    if (!gale_rt_are_ints(stack) || op > 1)
        return gale_rt_binary_values(r, op, stack);
    a = stack[0].u.i;
    b = stack[1].u.i;
    /* Half of the range on both sides cannot overflow. */
    if (a > INT64_MAX / 2 || a < INT64_MIN / 2 || b > INT64_MAX / 2 || b < INT64_MIN / 2)
        return gale_rt_binary_values(r, op, stack);
    stack[0] = gale_value_int(op == 0 ? a + b : a - b);
    return 0;
}

static inline int gale_rt_compare(gale_rendering *r, int op, gale_value *stack)
{
    int64_t a, b;

    if (!gale_rt_are_ints(stack) || op > 5)
        return gale_rt_compare_values(r, op, stack);
    a = stack[0].u.i;
    b = stack[1].u.i;
    stack[0] = gale_value_bool(op == 0   ? a == b
                               : op == 1 ? a != b
                               : op == 2 ? a < b
                               : op == 3 ? a <= b
                               : op == 4 ? a > b
                                         : a >= b);
    return 0;
}

static inline int gale_rt_not(gale_rendering *r, gale_value *stack)
{
    int truth = gale_rt_is_true(r, stack[0]);

    if (gale_rt_bad(truth))
        return truth;
    stack[0] = gale_value_bool(!truth);
    return 0;
}

#endif
