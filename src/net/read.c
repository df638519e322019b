/* read.c - finding the end of what is read: bytes, delimiters, regular expressions.
 *
 * Costs stay linear however small the pieces are: a delimiter is searched for in new
 * bytes only (and what may be its beginning before them); a regular expression is tried
 * again when the input has doubled, and else once when the pieces of a step are in.
 */
/* SPDX-License-Identifier: MIT */
#include "net/read.h"

#include <string.h>

#include "base/regex.h"

static void found(struct gale__read *r, size_t end)
{
    r->result = end > r->max ? GALE_ETOOBIG : (ssize_t)end;
}

static void look_for_delimiter(struct gale__read *r, const char *data, size_t n)
{
    size_t overlap = r->delimiter.len - 1;
    size_t from = r->seen > overlap ? r->seen - overlap : 0;
    const char *hit = n > from ? memmem(data + from, n - from, r->delimiter.ptr, r->delimiter.len)
                               : NULL;

    r->seen = n;
    if (hit)
        found(r, (size_t)(hit - data) + r->delimiter.len);
    else if (n >= r->max)
        r->result = GALE_ETOOBIG;
}

/* A match of nothing is no result: there would be no end to reading it. */
static void look_for_regex(struct gale__read *r, const char *data, size_t n)
{
    gale_str match;
    int code = gale__regex_match(r->regex, (gale_str){ data, n }, 0, &match, 1);

    r->seen = n;
    r->next_look = 2 * n;
    r->look_later = false;
    if (code < 0)
        r->result = code;
    else if (code > 0 && match.ptr + match.len > data)
        found(r, (size_t)(match.ptr - data) + match.len);
    else if (n > r->max)
        r->result = GALE_ETOOBIG;
}

static size_t copy_into(struct gale__read *r, const char *data, size_t n)
{
    size_t part = r->most - r->done < n ? r->most - r->done : n;

    if (part > 0)
        memcpy(r->buf + r->done, data, part);
    r->done += part;
    if (r->done >= r->need)
        r->result = (ssize_t)r->done;
    return part;
}

void gale__read_look(struct gale__read *r, gale_str input, bool dear)
{
    switch (r->kind) {
    case GALE__READ_BYTES:
        if (input.len >= r->need)
            r->result = (ssize_t)(input.len < r->most ? input.len : r->most);
        break;
    case GALE__READ_INTO:
        break;
    case GALE__READ_DELIMITER:
        if (input.len > r->seen)
            look_for_delimiter(r, input.ptr, input.len);
        break;
    case GALE__READ_REGEX:
        r->look_later = input.len > r->seen;
        if (r->look_later && (dear || input.len >= r->next_look || input.len > r->max))
            look_for_regex(r, input.ptr, input.len);
        break;
    case GALE__READ_TO_END:
        if (input.len > r->max)
            r->result = GALE_ETOOBIG;
        break;
    }
}

size_t gale__read_feed(struct gale__read *r, const char *data, size_t n)
{
    if (r->kind == GALE__READ_INTO)
        return copy_into(r, data, n);
    gale__read_look(r, (gale_str){ data, n }, false);
    return 0;
}

size_t gale__read_in_limit(const struct gale__read *r)
{
    switch (r->kind) {
    case GALE__READ_BYTES:
        return r->need;
    case GALE__READ_INTO:
        return 0;
    default:
        return r->max + 1;
    }
}

const char *gale__read_text(const struct gale__read *r)
{
    switch (r->kind) {
    case GALE__READ_DELIMITER:
        return "no delimiter";
    case GALE__READ_REGEX:
        return "no match";
    default:
        return "no end";
    }
}
