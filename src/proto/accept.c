/* accept.c - what a client accepts, and how much. See accept.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/accept.h"

#include "base/str.h"

/* Where the first c outside of quotes is; the length when there is none. */
static size_t find_unquoted(gale_str s, char c)
{
    bool in_quotes = false;

    for (size_t i = 0; i < s.len; i++) {
        if (in_quotes && s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '"')
            in_quotes = !in_quotes;
        else if (s.ptr[i] == c && !in_quotes)
            return i;
    }
    return s.len;
}

/* "0.75" as 750, -1 for what is no weight. Digits after the third are passed over. */
static int parse_weight(gale_str s)
{
    int weight = 0;
    size_t i = 0;

    if (!s.len || (s.ptr[0] != '0' && s.ptr[0] != '1'))
        return -1;
    weight = (s.ptr[i++] - '0') * 1000;
    if (i < s.len && s.ptr[i++] != '.')
        return -1;
    for (int unit = 100; i < s.len; i++, unit /= 10) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return -1;
        weight += (s.ptr[i] - '0') * unit;
    }
    return weight <= 1000 ? weight : -1;
}

/* The weight among the parameters; *params is cut before it. */
static int take_weight(gale_str *params)
{
    gale_str rest = *params;

    while (rest.len) {
        size_t n = find_unquoted(rest, ';');
        gale_str param = gale__str_trim(gale__str_head(rest, n));

        if (param.len > 1 && gale__lower(param.ptr[0]) == 'q' && param.ptr[1] == '=') {
            *params = gale__str_head(*params, (size_t)(rest.ptr - params->ptr));
            return parse_weight(gale__str_skip(param, 2));
        }
        rest = gale__str_skip(rest, n + 1);
    }
    return 1000;
}

bool gale__accept_next(gale_str *rest, struct gale__accept_item *item)
{
    while (rest->len) {
        gale_str part = gale__str_head(*rest, find_unquoted(*rest, ','));
        size_t n = gale__str_find(part, ';');

        *rest = gale__str_skip(*rest, part.len + 1);
        item->value = gale__str_trim(gale__str_head(part, n));
        item->params = gale__str_skip(part, n + 1);
        item->quality = take_weight(&item->params);
        if (item->value.len && item->quality >= 0)
            return true;
    }
    return false;
}

/* Whether the parameters have this one, names in any case. */
static bool has_param(gale_str params, gale_str wanted)
{
    while (params.len) {
        size_t n = find_unquoted(params, ';');

        if (gale__str_equal_nocase(gale__str_trim(gale__str_head(params, n)), wanted))
            return true;
        params = gale__str_skip(params, n + 1);
    }
    return false;
}

/* How many parameters a range asks for when all of them are there, else -1. */
static int match_params(gale_str range, gale_str params)
{
    int count = 0;

    while (range.len) {
        size_t n = find_unquoted(range, ';');
        gale_str param = gale__str_trim(gale__str_head(range, n));

        if (param.len && !has_param(params, param))
            return -1;
        count += param.len > 0;
        range = gale__str_skip(range, n + 1);
    }
    return count;
}

/* "en" covers "en-GB". */
static bool is_prefix_of_tag(gale_str range, gale_str what)
{
    return what.len > range.len && what.ptr[range.len] == '-' &&
           gale__str_equal_nocase(gale__str_head(what, range.len), range);
}

/* How closely an item describes what is offered; 0: not at all. */
static size_t specificity(const struct gale__accept_item *item, gale_str what, gale_str params)
{
    gale_str range = item->value;
    size_t slash = gale__str_find(range, '/');
    int n = match_params(item->params, params);

    if (n < 0)
        return 0;
    if (gale__str_equal(range, GALE__STR("*")) || gale__str_equal(range, GALE__STR("*/*")))
        return 1 + (size_t)n;
    if (gale__str_equal_nocase(range, what))
        return 1000000 + (size_t)n;
    if (slash < range.len && gale__str_equal(gale__str_skip(range, slash), GALE__STR("/*")))
        return gale__str_equal_nocase(gale__str_head(range, slash + 1),
                                      gale__str_head(what, slash + 1))
                   ? 1000 + (size_t)n
                   : 0;
    return slash == range.len && is_prefix_of_tag(range, what) ? 1000 + range.len : 0;
}

int gale__accept_quality(gale_str field, gale_str what)
{
    size_t end = gale__str_find(what, ';');
    gale_str params = gale__str_skip(what, end + 1);
    struct gale__accept_item item;
    size_t best = 0;
    int quality;

    if (!field.ptr)
        return 1000;
    what = gale__str_trim(gale__str_head(what, end));
    quality = gale__str_equal_nocase(what, GALE__STR("identity"));
    while (gale__accept_next(&field, &item)) {
        size_t how = specificity(&item, what, params);

        if (how <= best)
            continue;
        best = how;
        quality = item.quality;
    }
    return quality;
}
