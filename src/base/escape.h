/* escape.h - escaping for HTML and URLs into a growable buffer; nothing is allocated else.
 *
 * All return 0 or the buffer's sticky error.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_ESCAPE_H
#define GALE_BASE_ESCAPE_H

#include "base/buf.h"

/* & < > " ' become &amp; &lt; &gt; &quot; &#x27;. */
int gale__xhtml_escape(struct gale__buf *out, gale_str in);

/* Character references to UTF-8, as Python's html.unescape. */
int gale__xhtml_unescape(struct gale__buf *out, gale_str in);

/* Everything but letters, digits and _.-~ as %XX. is_plus: a query value, space becomes +
 * and / is escaped; else a path, space becomes %20 and / stays. */
int gale__url_escape(struct gale__buf *out, gale_str in, bool is_plus);

/* %XX to bytes, with is_plus + to space. Broken escapes stay as they are. The bytes need
 * not be UTF-8 and may hold NUL. */
int gale__url_unescape(struct gale__buf *out, gale_str in, bool is_plus);

/* As above, in place: p has at least in.len bytes and may be in.ptr. Gives the length. */
size_t gale__url_unescape_into(char *p, gale_str in, bool is_plus);

/* The text with each piece that is not UTF-8 as U+FFFD. */
int gale__utf8_repair(struct gale__buf *out, gale_str in);

/* Runs of bytes 0x00 to 0x20 become one space; none at the ends. */
int gale__squeeze(struct gale__buf *out, gale_str in);

struct gale_linkify_options;

/* Escapes for HTML and makes links of URLs; options may be NULL. Linear in time. */
int gale__linkify(struct gale__buf *out, gale_str in, const struct gale_linkify_options *options);

/* The same; what goes into each tag is what of() gives for its URL (as it stands in the tag),
 * instead of options->extra_params. extra may be NULL. */
struct gale__linkify_extra {
    gale_str (*of)(void *arg, gale_str href);
    void *arg;
};
int gale__linkify_with(struct gale__buf *out, gale_str in,
                       const struct gale_linkify_options *options,
                       const struct gale__linkify_extra *extra);

#endif
