/* methods_str_search.c - str's methods that look for texts in texts: find, count, replace … */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "template/builtins.h"

/* Part of a text between two bounds, which count characters as slices do. */
struct window {
    gale_str part;
    size_t start;  /* in characters; of part */
    bool is_empty; /* start is beyond the end: not even "" is in there */
};

static void from_start(int64_t *at, size_t length)
{
    if (*at < 0)
        *at = *at < -(int64_t)length ? 0 : *at + (int64_t)length;
}

/* self[start:stop], from arguments 1 and 2. */
static int window_of(gale_call *call, struct window *w)
{
    int64_t start = 0, stop = INT64_MAX;
    gale_value self = call->self;
    size_t length;
    int result = gale__arg_bound(call, 1, NULL, &start);

    if (result >= 0)
        result = gale__arg_bound(call, 2, NULL, &stop);
    if (result >= 0)
        result = gale__work(call->rendering, self.len);
    if (result < 0)
        return result;
    *w = (struct window){ .part = gale__value_slice(self) };
    if (start == 0 && stop == INT64_MAX)
        return 0;
    length = gale__text_length(self);
    from_start(&start, length);
    from_start(&stop, length);
    if (stop > (int64_t)length)
        stop = (int64_t)length;
    w->start = (size_t)start;
    w->is_empty = start > stop;
    if (!w->is_empty)
        w->part = gale__value_slice(gale__text_part(self, (size_t)start, (size_t)stop));
    return 0;
}

static int text_argument(gale_call *call, size_t index, gale_str *out)
{
    gale_value v = gale_call_argument(call, index, NULL);

    const char *before = call->name[2] == 'p' ? "replace() argument " : "";

    if (!gale__is_text(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR, "%s%.*smust be str, not %s", before,
                           *before ? 2 : 0, index ? "2 " : "1 ", gale_value_type(v));
    *out = gale__value_slice(v);
    return 0;
}

/* The texts are UTF-8, so what is found as bytes begins and ends at characters. */
static const char *find_first(gale_str in, gale_str what)
{
    if (!what.len)
        return in.ptr;
    return in.len ? gale__find_bytes(in, what) : NULL;
}

static int find_last(gale_rendering *r, gale_str in, gale_str what, const char **out)
{
    *out = in.ptr + in.len;
    return what.len ? gale__find_last_bytes(r, in, what, out) : 0;
}

/* Where, in characters of self; -1: nowhere. */
static int find_in(gale_call *call, bool from_end, int64_t *at)
{
    gale_str what;
    struct window w;
    const char *found;
    int result = gale_call_check(call, 1, 3, NULL);

    if (result >= 0)
        result = text_argument(call, 0, &what);
    if (result >= 0)
        result = window_of(call, &w);
    if (result < 0)
        return result;
    *at = -1;
    found = w.is_empty || from_end ? NULL : find_first(w.part, what);
    if (from_end && !w.is_empty)
        result = find_last(call->rendering, w.part, what, &found);
    if (result < 0)
        return result;
    if (found || (!w.is_empty && !what.len)) {
        gale_value before = call->self;

        before.u.s = w.part.ptr;
        before.len = found ? (uint32_t)(found - w.part.ptr) : 0;
        *at = (int64_t)(w.start + gale__text_length(before));
    }
    return 0;
}

static int find_any(gale_call *call, bool from_end, bool must, gale_value *out)
{
    int64_t at = -1;
    int result = find_in(call, from_end, &at);

    if (result < 0)
        return result;
    if (must && at < 0)
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "substring not found");
    *out = gale_value_int(at);
    return 0;
}

static int find(gale_call *call, gale_value *out)
{
    return find_any(call, false, false, out);
}

static int rfind(gale_call *call, gale_value *out)
{
    return find_any(call, true, false, out);
}

static int index_of(gale_call *call, gale_value *out)
{
    return find_any(call, false, true, out);
}

static int rindex_of(gale_call *call, gale_value *out)
{
    return find_any(call, true, true, out);
}

/* --- counting ---- */

static size_t count_in(gale_str in, gale_str what, size_t most)
{
    size_t n = 0;
    const char *p;

    while (n < most && in.len && (p = gale__find_bytes(in, what)) != NULL) {
        n++;
        in = gale__str_skip(in, (size_t)(p - in.ptr) + what.len);
    }
    return n;
}

static size_t char_count(gale_value like, gale_str s)
{
    return gale__text_length(gale__slice_of(like, s));
}

static int count(gale_call *call, gale_value *out)
{
    gale_str what;
    struct window w;
    size_t n;
    int result = gale_call_check(call, 1, 3, NULL);

    if (result >= 0)
        result = text_argument(call, 0, &what);
    if (result >= 0)
        result = window_of(call, &w);
    if (result < 0)
        return result;
    if (w.is_empty)
        n = 0;
    else
        n = what.len ? count_in(w.part, what, SIZE_MAX) : char_count(call->self, w.part) + 1;
    *out = gale_value_int((int64_t)n);
    return 0;
}

/* --- beginnings and ends ---- */

static int matches(gale_call *call, const struct window *w, gale_value v, bool at_end)
{
    gale_str s = gale__value_slice(v);

    if (!gale__is_text(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "tuple for %s must only contain str, not %s", call->name,
                           gale_value_type(v));
    if (w->is_empty)
        return 0;
    return at_end ? gale__str_ends_with(w->part, s) : gale__str_starts_with(w->part, s);
}

static int matches_any(gale_call *call, bool at_end, gale_value *out)
{
    gale_value what;
    struct window w;
    int result = gale_call_check(call, 1, 3, NULL);

    if (result >= 0)
        result = window_of(call, &w);
    if (result < 0)
        return result;
    what = gale_call_argument(call, 0, NULL);
    if (what.kind == GALE_VALUE_TUPLE) {
        const struct gale__list_value *t = gale__list(what);

        result = gale__steps(call->rendering, t->n);
        for (uint32_t i = 0; i < t->n && result == 0; i++)
            result = matches(call, &w, t->items[i], at_end);
    } else if (gale__is_text(what)) {
        result = matches(call, &w, what, at_end);
    } else {
        result = gale__raise(call->rendering, GALE__TYPE_ERROR,
                             "%s first arg must be str or a tuple of str, not %s", call->name,
                             gale_value_type(what));
    }
    *out = gale_value_bool(result > 0);
    return result;
}

static int startswith(gale_call *call, gale_value *out)
{
    return matches_any(call, false, out);
}

static int endswith(gale_call *call, gale_value *out)
{
    return matches_any(call, true, out);
}

static int removeprefix(gale_call *call, gale_value *out)
{
    gale_str self = gale__value_slice(call->self), s;
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        result = text_argument(call, 0, &s);
    if (result < 0)
        return result;
    if (gale__str_starts_with(self, s))
        self = gale__str_skip(self, s.len);
    *out = gale__slice_of(call->self, self);
    return 0;
}

static int removesuffix(gale_call *call, gale_value *out)
{
    gale_str self = gale__value_slice(call->self), s;
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        result = text_argument(call, 0, &s);
    if (result < 0)
        return result;
    if (gale__str_ends_with(self, s))
        self.len -= s.len;
    *out = gale__slice_of(call->self, self);
    return 0;
}

/* --- replace ---- */

struct replacing {
    gale_str text, old, new;
    size_t n;   /* how many are replaced */
    size_t len; /* of the result */
};

/* How many, and how long the result is. */
static void plan(gale_call *call, struct replacing *p, int64_t most)
{
    size_t limit = most < 0 ? SIZE_MAX : (size_t)most, removed, added;

    if (p->old.len)
        p->n = count_in(p->text, p->old, limit);
    else
        p->n = char_count(call->self, p->text) + 1;
    if (p->n > limit)
        p->n = limit;
    removed = p->n * p->old.len;
    if (__builtin_mul_overflow(p->n, p->new.len, &added) ||
        __builtin_add_overflow(p->text.len - removed, added, &p->len))
        p->len = SIZE_MAX / 8;
}

/* An empty text stands before each character and at the end. */
static void replace_empty(const struct replacing *p, char *out)
{
    gale_str rest = p->text;

    for (size_t i = 0; i < p->n; i++) {
        uint32_t c;
        size_t len = rest.len ? gale__next_char(rest, &c) : 0;

        out = p->new.len ? mempcpy(out, p->new.ptr, p->new.len) : out;
        if (len)
            out = mempcpy(out, rest.ptr, len);
        rest = gale__str_skip(rest, len);
    }
    if (rest.len)
        memcpy(out, rest.ptr, rest.len);
}

static void replace_all(const struct replacing *p, char *out)
{
    gale_str rest = p->text;

    for (size_t i = 0; i < p->n; i++) {
        const char *at = gale__find_bytes(rest, p->old);
        size_t before = (size_t)(at - rest.ptr);

        out = mempcpy(out, rest.ptr, before);
        out = p->new.len ? mempcpy(out, p->new.ptr, p->new.len) : out;
        rest = gale__str_skip(rest, before + p->old.len);
    }
    if (rest.len)
        memcpy(out, rest.ptr, rest.len);
}

static int replace(gale_call *call, gale_value *out)
{
    struct replacing p = { .text = gale__value_slice(call->self) };
    int64_t most = -1;
    int result = gale_call_check(call, 2, 3, NULL);
    char *s;

    if (result >= 0)
        result = text_argument(call, 0, &p.old);
    if (result >= 0)
        result = text_argument(call, 1, &p.new);
    if (result >= 0)
        result = gale__arg_int(call, 2, NULL, &most);
    if (result >= 0)
        result = gale__work(call->rendering, 2 * p.text.len);
    if (result < 0)
        return result;
    plan(call, &p, most);
    if (!p.n) {
        *out = call->self;
        return 0;
    }
    s = gale__new_text(call->rendering, p.len, out);
    if (!s)
        return gale_value_memory_error(call->rendering);
    if (p.old.len)
        replace_all(&p, s);
    else
        replace_empty(&p, s);
    return 0;
}

const gale_name gale__str_search_methods[] = {
    { .name = "count", .function = count },
    { .name = "endswith", .function = endswith },
    { .name = "find", .function = find },
    { .name = "index", .function = index_of },
    { .name = "removeprefix", .function = removeprefix },
    { .name = "removesuffix", .function = removesuffix },
    { .name = "replace", .function = replace },
    { .name = "rfind", .function = rfind },
    { .name = "rindex", .function = rindex_of },
    { .name = "startswith", .function = startswith },
    { 0 },
};
