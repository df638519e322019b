/* sort.c - a stable sort of values whose comparison may fail.
 *
 * Merges bottom-up; runs that are in order already are not moved, so a sorted list takes one
 * comparison for each item. Items are compared with < alone and in the order of Python's sort,
 * which decides what a message says. A failure leaves the items as they were.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "template/memory.h"

struct pair {
    gale_value key, item;
};

struct sorting {
    gale_rendering *r;
    bool reverse;
};

/* Whether the right one goes before the left one: 1, 0, negative. */
static int goes_first(const struct sorting *s, const struct pair *left, const struct pair *right)
{
    int order;
    int code = gale__step(s->r);

    if (code == 0 && s->reverse)
        code = gale__value_order(s->r, "<", left->key, right->key, &order);
    else if (code == 0)
        code = gale__value_order(s->r, "<", right->key, left->key, &order);
    return code < 0 ? code : order == -1;
}

/* Merges [0, middle) and [middle, n) of from into to. */
static int merge(const struct sorting *s, struct pair *to, const struct pair *from, size_t middle,
                 size_t n)
{
    size_t left = 0;
    size_t right = middle;
    int swap = middle < n ? goes_first(s, &from[middle - 1], &from[middle]) : 0;

    if (swap <= 0) {
        memcpy(to, from, n * sizeof(*to));
        return swap;
    }
    for (size_t i = 0; i < n; i++) {
        swap = left == middle ? 1 : 0;
        if (left < middle && right < n)
            swap = goes_first(s, &from[left], &from[right]);
        if (swap < 0)
            return swap;
        to[i] = swap ? from[right++] : from[left++];
    }
    return 0;
}

static size_t at_most(size_t n, size_t max)
{
    return n < max ? n : max;
}

/* Leaves the result in *pairs. */
static int sort_pairs(const struct sorting *s, struct pair **pairs, struct pair *other, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        struct pair *from = *pairs;

        for (size_t i = 0; i < n; i += 2 * width) {
            size_t len = at_most(2 * width, n - i);
            int code = merge(s, other + i, from + i, at_most(width, len), len);

            if (code < 0)
                return code;
        }
        *pairs = other;
        other = from;
    }
    return 0;
}

int gale__values_sort(gale_rendering *r, gale_value *items, gale_value *keys, uint32_t n,
                      bool reverse)
{
    struct sorting s = { r, reverse };
    struct pair *pairs;
    struct pair *other;
    int code;

    if (n < 2)
        return 0;
    pairs = gale__alloc_array(r, (size_t)n * 2, sizeof(*pairs));
    if (!pairs)
        return gale_value_memory_error(r);
    other = pairs + n;
    for (uint32_t i = 0; i < n; i++)
        pairs[i] = (struct pair){ keys ? keys[i] : items[i], items[i] };
    code = sort_pairs(&s, &pairs, other, n);
    if (code < 0)
        return code;
    for (uint32_t i = 0; i < n; i++) {
        items[i] = pairs[i].item;
        if (keys)
            keys[i] = pairs[i].key;
    }
    return 0;
}
