/* json.h - inside the library: JSON as text, without jansson's header. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_JSON_H
#define GALE_BASE_JSON_H

#include "base/buf.h"

struct json_t;

/* Appends value as Tornado's json_encode writes it: ", " and ": ", ASCII with \uXXXX, keys
 * in their order, reals as Python prints them, </ as <\/ (safe inside a script element).
 * The value is borrowed. NULL is GALE_EINVAL (a failed json_pack), so are infinity and
 * NaN; nested deeper than GALE_JSON_DEPTH (a cycle, say) is GALE_ETOOBIG; else the
 * buffer's sticky error. On failure the buffer is as it was before. */
int gale__json_dump(const struct json_t *value, struct gale__buf *out);

/* Appends s as a JSON string with its quotes. Pieces that are not UTF-8 become U+FFFD. */
int gale__json_string(struct gale__buf *out, gale_str s);

/* As gale_json_decode(), with a depth of its own (at most GALE_JSON_DEPTH); an object with a name
 * twice is GALE_EINVAL. */
struct json_t *gale__json_decode_strict(gale_str text, unsigned max_depth,
                                        int *error) GALE_MUST_USE;

/* 0, GALE_EINVAL or GALE_ETOOBIG: whether text is nested deeper than max; nothing else is
 * checked, and no recursion happens. */
int gale__json_check_depth(gale_str text, unsigned max);

#endif
