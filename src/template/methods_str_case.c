/* methods_str_case.c - str's methods that change letters: upper, title, casefold … */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/unicode.h"
#include "base/utf8.h"
#include "template/builtins.h"

enum { SIGMA = 0x3a3, SMALL_SIGMA = 0x3c3, FINAL_SIGMA = 0x3c2 };

/* A text being converted: what is before and behind decides about a sigma. */
struct conversion {
    struct gale__text_builder out;
    gale_str all, rest;
};

static int begin(gale_call *call, struct conversion *c)
{
    gale_str s = gale__value_slice(call->self);
    int result = gale_call_check(call, 0, 0, NULL);

    *c = (struct conversion){ .out = { .r = call->rendering }, .all = s, .rest = s };
    return result < 0 ? result : gale__work(call->rendering, s.len * 16);
}

static void put(struct conversion *c, const uint32_t *chars, unsigned n)
{
    char bytes[16];
    size_t len = 0;

    for (unsigned i = 0; i < n; i++)
        len += gale__utf8_encode(chars[i], bytes + len);
    gale__text_add(&c->out, bytes, len);
}

static void put_converted(struct conversion *c, const struct gale__case_table *table, uint32_t ch)
{
    uint32_t to[3];

    put(c, to, gale__unicode_convert(table, ch, to));
}

/* Whether the next character in a text that is not passed over is cased; at its end it is not. */
static bool is_cased_ahead(gale_str s, size_t *seen)
{
    for (; s.len; ++*seen) {
        uint32_t c;
        size_t n = gale__next_char(s, &c);
        unsigned kinds = gale__unicode_kinds(c);

        if (!(kinds & GALE__IS_CASE_IGNORABLE))
            return kinds & GALE__IS_CASED;
        s = gale__str_skip(s, n);
    }
    return false;
}

static bool is_cased_behind(gale_str s, size_t *seen)
{
    for (; s.len; ++*seen) {
        uint32_t c;
        size_t n = gale__last_char(s, &c);
        unsigned kinds = gale__unicode_kinds(c);

        if (!(kinds & GALE__IS_CASE_IGNORABLE))
            return kinds & GALE__IS_CASED;
        s.len -= n;
    }
    return false;
}

/* rest is behind the character. Long runs of what is passed over, beside each of many sigmas, would
 * take forever: they take steps. */
static void put_lower(struct conversion *c, uint32_t ch)
{
    uint32_t sigma = SMALL_SIGMA;
    size_t seen = 0;
    gale_str before;

    if (ch != SIGMA) {
        put_converted(c, &gale__lower_table, ch);
        return;
    }
    before = gale__str_head(c->all, (size_t)(c->rest.ptr - c->all.ptr) - 2);
    if (is_cased_behind(before, &seen) && !is_cased_ahead(c->rest, &seen))
        sigma = FINAL_SIGMA;
    if (gale__steps(c->out.r, seen) < 0)
        c->out.error = c->out.r->code;
    put(c, &sigma, 1);
}

static bool next(struct conversion *c, uint32_t *ch)
{
    if (!c->rest.len || c->out.error)
        return false;
    c->rest.ptr += gale__next_char(c->rest, ch);
    c->rest.len = (size_t)(c->all.ptr + c->all.len - c->rest.ptr);
    return true;
}

/* --- ASCII ---- */

static char *new_like(gale_call *call, gale_value *out)
{
    return gale__new_text(call->rendering, call->self.len, out);
}

static char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
}

static int convert_ascii(gale_call *call, bool to_upper, gale_value *out)
{
    char *s = new_like(call, out);

    if (!s)
        return gale_value_memory_error(call->rendering);
    for (uint32_t i = 0; i < call->self.len; i++)
        s[i] = to_upper ? ascii_upper(call->self.u.s[i]) : gale__lower(call->self.u.s[i]);
    return 0;
}

/* --- the methods ---- */

static int upper(gale_call *call, gale_value *out)
{
    struct conversion c;
    uint32_t ch;
    int result = begin(call, &c);

    if (result < 0)
        return result;
    if (gale__is_ascii(c.all))
        return convert_ascii(call, true, out);
    while (next(&c, &ch))
        put_converted(&c, &gale__upper_table, ch);
    return gale__text_finish(&c.out, out);
}

static int lower(gale_call *call, gale_value *out)
{
    struct conversion c;
    uint32_t ch;
    int result = begin(call, &c);

    if (result < 0)
        return result;
    if (gale__is_ascii(c.all))
        return convert_ascii(call, false, out);
    while (next(&c, &ch))
        put_lower(&c, ch);
    return gale__text_finish(&c.out, out);
}

static int casefold(gale_call *call, gale_value *out)
{
    struct conversion c;
    uint32_t ch;
    int result = begin(call, &c);

    if (result < 0)
        return result;
    while (next(&c, &ch))
        put_converted(&c, &gale__fold_table, ch);
    return gale__text_finish(&c.out, out);
}

static int capitalize(gale_call *call, gale_value *out)
{
    struct conversion c;
    uint32_t ch;
    int result = begin(call, &c);

    if (result < 0)
        return result;
    if (next(&c, &ch))
        put_converted(&c, &gale__title_table, ch);
    while (next(&c, &ch))
        put_lower(&c, ch);
    return gale__text_finish(&c.out, out);
}

static int swapcase(gale_call *call, gale_value *out)
{
    struct conversion c;
    uint32_t ch;
    int result = begin(call, &c);

    if (result < 0)
        return result;
    while (next(&c, &ch)) {
        if (gale__unicode_kinds(ch) & GALE__IS_UPPER)
            put_lower(&c, ch);
        else if (gale__unicode_kinds(ch) & GALE__IS_LOWER)
            put_converted(&c, &gale__upper_table, ch);
        else
            put(&c, &ch, 1);
    }
    return gale__text_finish(&c.out, out);
}

static int title(gale_call *call, gale_value *out)
{
    struct conversion c;
    uint32_t ch;
    bool is_inside = false;
    int result = begin(call, &c);

    if (result < 0)
        return result;
    while (next(&c, &ch)) {
        if (is_inside)
            put_lower(&c, ch);
        else
            put_converted(&c, &gale__title_table, ch);
        is_inside = gale__unicode_kinds(ch) & (GALE__IS_UPPER | GALE__IS_LOWER | GALE__IS_TITLE);
    }
    return gale__text_finish(&c.out, out);
}

const gale_name gale__str_case_methods[] = {
    { .name = "capitalize", .function = capitalize },
    { .name = "casefold", .function = casefold },
    { .name = "lower", .function = lower },
    { .name = "swapcase", .function = swapcase },
    { .name = "title", .function = title },
    { .name = "upper", .function = upper },
    { 0 },
};
