/* pattern.h - the url of a rule as text: a path, a template or a Perl-style pattern.
 *
 * A rule's url may come in pieces (the prefixes of the routers it lies in, then its own), each
 * of its own kind. Here pieces are told apart, joined into what matching needs, and walked to make
 * paths from them. A group of a template, {name}, never matches an encoded slash (%2F): what comes
 * before the server took such a path for one segment, and so does the handler. A hand-written
 * pattern says itself what it matches: [^/]* does match "a%2Fb", and the handler sees "a/b".
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_PATTERN_H
#define GALE_WEB_PATTERN_H

#include <gale/base.h>

#include "base/buf.h"

enum gale__url_kind {
    GALE__URL_LITERAL,
    GALE__URL_TEMPLATE,
    GALE__URL_PATTERN,
};

/* A piece, borrowed text without the anchors ^ and $ at its ends. */
struct gale__url_piece {
    gale_str text;
    enum gale__url_kind kind;
};

/* Tells what url is. GALE_EINVAL for a template with a fault. */
int gale__url_piece_init(struct gale__url_piece *piece, const char *url) GALE_MUST_USE;

/* GALE_EINVAL when templates among the pieces have a name twice, a brace is not closed, or the
 * whole can match no path. */
int gale__url_check(const struct gale__url_piece *pieces, size_t n) GALE_MUST_USE;

/* The path that literal pieces joined are, escapes undone. */
int gale__url_literal(const struct gale__url_piece *pieces, size_t n, struct gale__buf *out);

/* Whether a path has bytes that clients send encoded, or as they are: both forms are meant. */
bool gale__url_has_two_forms(gale_str path);

/* All pieces as one Perl-style pattern; literal bytes in both forms. */
int gale__url_regex(const struct gale__url_piece *pieces, size_t n, struct gale__buf *out);

/* What each match of a Perl-style pattern begins with; may be empty. */
int gale__url_literal_start(gale_str pattern, struct gale__buf *out);

/* The path with texts, percent-encoded, in place of the groups; texts is NULL-terminated. name is
 * the route's, for messages. GALE_ENOTFOUND tells why there is none. */
int gale__url_reverse(const struct gale__url_piece *pieces, size_t n, const char *name,
                      const char *const *texts, struct gale__buf *out) GALE_MUST_USE;

#endif
