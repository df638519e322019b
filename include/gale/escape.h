/* escape.h - text made safe for HTML, URLs and JSON, and back again (tornado.escape).
 *
 * Results are NUL-terminated, in memory of the present scope (a request's, in its handler; else a
 * coroutine's); outside of a coroutine give a handler-less caller's own buffer to the _into forms,
 * which write at most size bytes, NUL included, and give the length of the whole result (SIZE_MAX
 * when out of memory). NULL: out of memory, or no scope. A NULL text is an empty one.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_ESCAPE_H
#define GALE_ESCAPE_H

#include <gale/base.h>

GALE_BEGIN_DECLS

struct json_t;

/* & < > " ' as &amp; &lt; &gt; &quot; &#x27;. */
GALE_API const char *gale_xhtml_escape(const char *text);
GALE_API size_t gale_xhtml_escape_into(const char *text, char *out, size_t size);

/* Character references of HTML 5, named and numeric, to UTF-8; what is none stays. */
GALE_API const char *gale_xhtml_unescape(const char *text);
GALE_API size_t gale_xhtml_unescape_into(const char *text, char *out, size_t size);

/* Percent-encoding (RFC 3986): for a query (space as +, / as %2F), and for a path (space as %20, /
 * kept). */
GALE_API const char *gale_url_escape(const char *text);
GALE_API const char *gale_url_escape_path(const char *text);
GALE_API size_t gale_url_escape_into(const char *text, bool is_plus, char *out, size_t size);

/* Back again; what is not UTF-8 becomes U+FFFD, a NUL ends the text. */
GALE_API const char *gale_url_unescape(const char *text);
GALE_API const char *gale_url_unescape_path(const char *text);
/* Bytes as they are, NUL included: the length counts. */
GALE_API size_t gale_url_unescape_into(const char *text, bool is_plus, char *out, size_t size);

/* Runs of blanks and control characters as one space, none at the ends. */
GALE_API const char *gale_squeeze(const char *text);
GALE_API size_t gale_squeeze_into(const char *text, char *out, size_t size);

/* A value as JSON as gale_write_json writes it, safe inside a script element. The value is
 * borrowed. NULL: it holds infinity or NaN, is nested too deep, or is NULL. */
GALE_API const char *gale_json_encode(const struct json_t *value);

/* How linkify makes links. Zero is the default. */
typedef struct gale_linkify_options {
    int shorten;                            /* GALE_ON: long URLs are shown shortened */
    const char *extra_params;               /* put into each tag: "rel=\"nofollow\"" */
    int require_protocol;                   /* GALE_ON: "www.example.com" alone is no link */
    const char *const *permitted_protocols; /* NULL-terminated; default http and https */
} gale_linkify_options;

/* Plain text as HTML with its URLs as links; options may be NULL. */
GALE_API const char *gale_linkify(const char *text, const gale_linkify_options *options);
GALE_API size_t gale_linkify_into(const char *text, const gale_linkify_options *options, char *out,
                                  size_t size);

GALE_END_DECLS

#endif
