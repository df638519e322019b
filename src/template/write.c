/* write.c - the output of a rendering: values as text, escaped, captured.
 *
 * A rendering does not write to the caller's gale_template_out but to one of its own over the same
 * memory, which ends where the limit of output does; so the fast way has one bound to look at.
 */
/* SPDX-License-Identifier: MIT */
#include "template/write.h"

#include <errno.h>

#include "base/alloc.h"
#include "template/memory.h"

/* What {% apply %} writes into; on the heap, used again, freed with the rendering. */
struct gale__capture {
    gale_template_out out; /* first */
    gale_rendering *r;
    gale_template_out *before; /* where output went */
    struct gale__capture *next;
};

/* --- the caller's output ---- */

static int64_t limit_of(int64_t set)
{
    if (set == GALE_UNLIMITED)
        return INT64_MAX;
    return set > 0 ? set : GALE__MAX_OUTPUT;
}

static void output_share(struct gale__rendering *g)
{
    g->top.data = g->host_out->data;
    g->top.len = g->host_out->len;
    g->top.cap = g->host_out->cap < g->output_end ? g->host_out->cap : g->output_end;
}

void gale__output_end(struct gale__rendering *g)
{
    g->host_out->len = g->top.len;
}

static int grow_top(gale_template_out *out, size_t need)
{
    struct gale__rendering *g = GALE_CONTAINER_OF(out, struct gale__rendering, top);
    int code;

    if (need > g->output_end - out->len)
        return gale__raise_limit(&g->pub, "the limit of %lld bytes of output",
                                 (long long)limit_of(g->options->limits.max_output));
    gale__output_end(g);
    code = g->host_out->grow(g->host_out, need);
    if (code >= 0 && g->host_out->cap - g->host_out->len < need)
        code = GALE_ETOOBIG; /* it lied */
    output_share(g);
    return code < 0 ? code : 0;
}

void gale__output_begin(struct gale__rendering *g, gale_template_out *out,
                        const struct gale__rendering *outer)
{
    size_t limit = (size_t)limit_of(g->options->limits.max_output);

    if (outer && outer->output_end - outer->top.len < limit)
        limit = outer->output_end - outer->top.len;
    g->host_out = out;
    g->first_output = out->len;
    g->output_end = limit > SIZE_MAX - out->len ? SIZE_MAX : out->len + limit;
    g->top.grow = grow_top;
    output_share(g);
    g->pub.out = &g->top;
}

void gale__output_take(struct gale__rendering *g, size_t n)
{
    size_t left = g->output_end - g->top.len;

    if (g->output_end == SIZE_MAX)
        return;
    g->output_end -= n < left ? n : left;
    if (g->top.cap > g->output_end)
        g->top.cap = g->output_end;
}

int gale__output_keep(struct gale__rendering *g, size_t n)
{
    if ((int64_t)n > g->memory_left) {
        gale__alloc_failed(&g->pub, n);
        return g->pub.code;
    }
    g->memory_left -= (int64_t)n;
    gale__output_give(g, n);
    return 0;
}

void gale__output_give(struct gale__rendering *g, size_t n)
{
    if (g->output_end == SIZE_MAX)
        return;
    g->output_end += n;
    gale__output_end(g);
    output_share(g);
}

/* The output has failed: nothing can be caught, whatever the code. */
static int output_failed(gale_rendering *r, int code)
{
    code = gale__raise_code(r, code);
    gale__rendering(r)->raised.is_final = true;
    return code;
}

int gale__output_more(gale_rendering *r, size_t need)
{
    int code = r->out->grow(r->out, need);

    return code < 0 ? output_failed(r, code) : 0;
}

/* --- captures ---- */

static int grow_capture(gale_template_out *out, size_t need)
{
    struct gale__capture *c = (struct gale__capture *)(void *)out;
    struct gale__rendering *g = gale__rendering(c->r);
    size_t cap = out->cap ? out->cap : 256;
    char *data;

    while (cap - out->len < need) {
        if (cap > SIZE_MAX / 4)
            return gale__alloc_failed(c->r, SIZE_MAX), c->r->code;
        cap *= 2;
    }
    if (cap - out->cap > (uint64_t)g->memory_left)
        return gale__alloc_failed(c->r, cap), c->r->code;
    data = gale__realloc(out->data, cap);
    if (!data)
        return -ENOMEM;
    g->memory_left -= (int64_t)(cap - out->cap);
    out->data = data;
    out->cap = cap;
    return 0;
}

int gale__op_capture(gale_rendering *r)
{
    struct gale__rendering *g = gale__rendering(r);
    struct gale__capture *c = g->unused;

    if (c) {
        g->unused = c->next;
    } else {
        c = gale__alloc(r, sizeof(*c));
        if (!c)
            return r->code;
        c->out = (gale_template_out){ .grow = grow_capture };
        c->r = r;
    }
    c->out.len = 0;
    c->before = r->out;
    c->next = g->captures;
    g->captures = c;
    g->n_captures++;
    r->out = &c->out;
    return 0;
}

void gale__captures_cut(struct gale__rendering *g, uint32_t n)
{
    while (g->n_captures > n) {
        struct gale__capture *c = g->captures;

        g->pub.out = c->before;
        g->captures = c->next;
        g->n_captures--;
        c->next = g->unused;
        g->unused = c;
    }
}

int gale__op_captured(gale_rendering *r, gale_value *out)
{
    struct gale__rendering *g = gale__rendering(r);
    struct gale__capture *c = g->captures;

    gale__captures_cut(g, g->n_captures - 1);
    return gale_value_bytes(r, out, c->out.data, c->out.len);
}

void gale__captures_free(struct gale__rendering *g)
{
    gale__captures_cut(g, 0);
    for (struct gale__capture *c = g->unused; c; c = c->next)
        gale__free(c->out.data);
    g->unused = NULL;
}

/* --- values ---- */

/* What each byte becomes that cannot stay; as xhtml_escape. */
static const struct entity {
    uint8_t len;
    char text[7];
} entities[256] = {
    ['&'] = { 5, "&amp;" },  ['<'] = { 4, "&lt;" },    ['>'] = { 4, "&gt;" },
    ['"'] = { 6, "&quot;" }, ['\''] = { 6, "&#x27;" },
};

enum { LONGEST_ENTITY = 6 };

#define ONES UINT64_C(0x0101010101010101)

static inline uint64_t zero_bytes(uint64_t x)
{
    return (x - ONES) & ~x & (ONES << 7);
}

/* Whether none of eight bytes needs an entity; pairs that differ in one bit are one test: & and ',
 * < and >. */
static inline bool is_plain(uint64_t x)
{
    return (zero_bytes((x | ONES) ^ ONES * '\'') | zero_bytes((x & ~(ONES * 2)) ^ ONES * '<') |
            zero_bytes(x ^ ONES * '"')) == 0;
}

static inline uint64_t load8(const char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));
    return x;
}

/* 4 to 16 bytes that are all plain are copied, in two parts that may overlap. */
static inline bool copy_plain(char *to, const char *p, size_t n)
{
    uint32_t first, last;

    if (n >= 8) {
        uint64_t a = load8(p), b = load8(p + n - 8);

        memcpy(to, &a, sizeof(a));
        memcpy(to + n - 8, &b, sizeof(b));
        return is_plain(a) && is_plain(b);
    }
    memcpy(&first, p, sizeof(first));
    memcpy(&last, p + n - 4, sizeof(last));
    memcpy(to, &first, sizeof(first));
    memcpy(to + n - 4, &last, sizeof(last));
    return is_plain((uint64_t)last << 32 | first);
}

static inline char *escape_byte(char *to, char c)
{
    const struct entity *e = &entities[(unsigned char)c];

    if (GALE_LIKELY(e->len == 0)) {
        *to = c;
        return to + 1;
    }
    memcpy(to, e->text, LONGEST_ENTITY);
    return to + e->len;
}

/* Escapes as much as there is surely room for; gives what is left. */
static gale_str escape_some(gale_template_out *out, gale_str in)
{
    char *to;
    size_t n = (out->cap - out->len) / LONGEST_ENTITY;
    const char *p = in.ptr, *end;

    if (GALE_UNLIKELY(n == 0))
        return in; /* there may be no memory at all */
    to = out->data + out->len;
    end = in.ptr + (n < in.len ? n : in.len);
    while (end - p >= 8) {
        uint64_t x = load8(p);

        memcpy(to, &x, sizeof(x));
        if (GALE_LIKELY(is_plain(x))) {
            p += 8;
            to += 8;
        } else {
            for (int i = 0; i < 8; i++)
                to = escape_byte(to, *p++);
        }
    }
    while (p < end)
        to = escape_byte(to, *p++);
    out->len = (size_t)(to - out->data);
    return (gale_str){ p, in.len - (size_t)(p - in.ptr) };
}

int gale__write_escaped(gale_rendering *r, gale_str in)
{
    gale_template_out *out = r->out;

    if (in.len >= 4 && in.len <= 16 && out->cap - out->len >= in.len &&
        copy_plain(out->data + out->len, in.ptr, in.len)) {
        out->len += in.len;
        return 0;
    }
    while (in.len) {
        in = escape_some(r->out, in);
        /* At the output's limit only what is really too much fails. */
        if (in.len && r->out->cap - r->out->len < LONGEST_ENTITY) {
            const struct entity *e = &entities[(unsigned char)*in.ptr];
            int code = gale__write(r, e->len ? e->text : in.ptr, e->len ? e->len : 1);

            if (code < 0)
                return code;
            in = (gale_str){ in.ptr + 1, in.len - 1 };
        }
    }
    return 0;
}

int gale__write_int(gale_rendering *r, int64_t i)
{
    char text[24], *end = text + sizeof(text), *p = end;
    uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;

    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (i < 0)
        *--p = '-';
    return gale__write(r, p, (size_t)(end - p));
}

int gale__op_emit(gale_rendering *r, gale_value v)
{
    gale_str text;
    int code;

    if (v.kind == GALE_VALUE_INT)
        return gale__write_int(r, v.u.i);
    if (v.kind == GALE_VALUE_TEXT || v.kind == GALE_VALUE_BYTES)
        return gale__write(r, v.u.s, v.len);
    code = gale_value_str(r, v, &text);
    return code < 0 ? code : gale__write(r, text.ptr, text.len);
}

int gale__op_escape(gale_rendering *r, gale_value v)
{
    gale_str text;
    int code;

    if (v.kind == GALE_VALUE_TEXT || v.kind == GALE_VALUE_BYTES)
        return gale__write_escaped(r, gale__value_slice(v));
    if (v.kind == GALE_VALUE_INT)
        return gale__write_int(r, v.u.i);
    code = gale_value_str(r, v, &text);
    return code < 0 ? code : gale__write_escaped(r, text);
}

int gale__op_context(gale_rendering *r, enum gale__html_context context, gale_value v)
{
    return gale__write_in_context(r, context, v);
}

int gale__op_to_bytes(gale_rendering *r, gale_value v, gale_value *out)
{
    gale_str text;
    int code = gale_value_str(r, v, &text);

    if (code < 0)
        return code;
    if (text.len > UINT32_MAX)
        return gale__raise_limit(r, "the limit of 4 GiB in one text");
    *out = (gale_value){ GALE_VALUE_BYTES, 0, 0, (uint32_t)text.len, { .s = text.ptr } };
    return 0;
}
