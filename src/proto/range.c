/* range.c - reads Range fields (RFC 9110 14.2). See range.h.
 *
 * As Tornado, white space around numbers is let pass and a number without a dash is read as
 * "from there on"; signs and digits with underscores are not numbers here. A range that ends before
 * it begins cannot be satisfied.
 */
/* SPDX-License-Identifier: MIT */
#include "proto/range.h"

#include "base/str.h"

struct range {
    int64_t start, end;
};

/* A number without a sign; one that is too large for any file counts as the largest. */
static bool take_number(gale_str text, int64_t *out)
{
    int64_t n = 0;

    if (!text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.ptr[i] - '0';

        if (digit < 0 || digit > 9)
            return false;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n))
            n = INT64_MAX;
    }
    *out = n;
    return true;
}

/* One of the list's ranges against the size: 1 with *out, 0 when it cannot be satisfied, -1 when
 * it is malformed. */
static int take_range(gale_str spec, int64_t size, struct range *out)
{
    size_t dash = gale__str_find(spec, '-');
    gale_str first = gale__str_trim(gale__str_head(spec, dash));
    gale_str last = gale__str_trim(gale__str_skip(spec, dash + 1));
    int64_t start = 0, end = INT64_MAX;

    if ((!first.len && !last.len) || (first.len && !take_number(first, &start)) ||
        (last.len && !take_number(last, &end)))
        return -1;
    if (!first.len) {
        start = end < size ? size - end : 0;
        end = end ? size : 0;
    } else if (end < INT64_MAX) {
        end++;
    }
    *out = (struct range){ start, end < size ? end : size };
    return out->start < out->end;
}

/* Puts a range to the n others; those that it overlaps are merged into it, at the place of the
 * first of them. */
static size_t add_range(int64_t *list, size_t n, struct range range)
{
    size_t place = n, kept = 0;

    for (size_t i = 0; i < n; i++) {
        struct range other = { list[2 * i], list[2 * i + 1] };

        if (other.start >= range.end || range.start >= other.end) {
            list[2 * kept] = other.start;
            list[2 * kept++ + 1] = other.end;
            continue;
        }
        range.start = range.start < other.start ? range.start : other.start;
        range.end = range.end > other.end ? range.end : other.end;
        if (place == n)
            place = kept++;
    }
    if (place == n)
        place = kept++;
    list[2 * place] = range.start;
    list[2 * place + 1] = range.end;
    return kept;
}

int gale__range_parse(gale_str field, int64_t size, int64_t *out, size_t max)
{
    size_t equals = gale__str_find(field, '='), n = 0, n_specs = 0;
    gale_str rest = gale__str_skip(field, equals + 1), spec;

    if (equals == field.len ||
        !gale__str_equal(gale__str_trim(gale__str_head(field, equals)), GALE__STR("bytes")))
        return -1;
    while (gale__str_split(&rest, ',', &spec)) {
        struct range range;
        int r;

        spec = gale__str_trim(spec);
        if (!spec.len)
            continue;
        if (n_specs++ == max)
            return -1;
        r = take_range(spec, size, &range);
        if (r < 0)
            return -1;
        if (r > 0)
            n = add_range(out, n, range);
    }
    return n_specs ? (int)n : -1;
}
