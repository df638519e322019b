/* chunked.h - the incremental decoder of the chunked transfer coding (RFC 9112 7.1).
 *
 * Bytes in, slices of those bytes out, nothing copied or kept but 24 bytes of state.
 * Extensions are checked, counted against a limit and dropped, and so are trailer fields
 * unless the caller wants them. Every line ends in CRLF; sizes are hexadecimal digits and
 * nothing else.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_CHUNKED_H
#define GALE_PROTO_CHUNKED_H

#include <gale/base.h>

enum {
    GALE__CHUNK_EXT_LINE_MAX = 256,    /* bytes of extensions on one line */
    GALE__CHUNK_EXT_TOTAL_MAX = 16384, /* and in one message */
    GALE__CHUNK_TRAILERS_MAX = 8192,   /* bytes of trailer fields in one message */
    GALE__CHUNK_HEAD_MAX = 18,         /* what gale__chunk_head() writes at most */
};

/* All zero is the start of a body. */
struct gale__chunked {
    uint64_t left;      /* bytes to come of the chunk; its size while that is read */
    uint32_t ext_total; /* bytes of extensions so far */
    uint32_t trailers;  /* bytes of trailer fields so far */
    uint16_t ext_line;  /* bytes of extensions on this line */
    uint8_t digits;     /* of the size so far */
    uint8_t state;
    uint8_t error;
    bool keep_trailers; /* set by the caller: they are given, not dropped */
};

enum {
    GALE__CHUNKED_MORE = 0,    /* all input was used; the body goes on */
    GALE__CHUNKED_DATA = 1,    /* *data is a piece of the body; call again with the rest */
    GALE__CHUNKED_END = 2,     /* the body is complete; *p is the first byte after it */
    GALE__CHUNKED_TRAILER = 3, /* *data is a piece of the trailer section's lines, as sent */
};

/* Decodes from *p on and moves *p past what it used. Data may come in several pieces per
 * chunk, never empty. -1: malformed, now and at every later call. After END the same. */
int gale__chunked_next(struct gale__chunked *c, const char **p, const char *end,
                       gale_str *data) GALE_MUST_USE;

/* Puts back the last n bytes of the piece of data that was given last. */
void gale__chunked_untake(struct gale__chunked *c, size_t n);

/* What made it fail: the status to answer (400 or 431; 0 if nothing) and a static text. */
int gale__chunked_status(const struct gale__chunked *c);
const char *gale__chunked_error(const struct gale__chunked *c);

/* Writes the size line of a chunk of size bytes ("1f" CRLF) and returns its length; no NUL. */
size_t gale__chunk_head(char dst[GALE__CHUNK_HEAD_MAX], size_t size);

#endif
