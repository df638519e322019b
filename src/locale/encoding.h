/* encoding.h - text of files as UTF-8, whatever encoding it came in. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOCALE_ENCODING_H
#define GALE_LOCALE_ENCODING_H

#include <gale/base.h>

#include "base/buf.h"

enum gale__encoding {
    GALE__ENCODING_DETECT, /* by the byte order mark, else UTF-8 */
    GALE__ENCODING_UTF8,
    GALE__ENCODING_UTF16, /* by the byte order mark, else little endian */
    GALE__ENCODING_UTF16_LE,
    GALE__ENCODING_UTF16_BE,
    GALE__ENCODING_LATIN1,
};

/* The encoding of that name in any case, with or without its hyphens; NULL: DETECT. GALE_EINVAL. */
int gale__encoding_parse(const char *name) GALE_MUST_USE;

/* Appends data as UTF-8, without a byte order mark. What is malformed becomes the byte 0xFF, which
 * is never part of UTF-8 (bytes that came as UTF-8 stay). 0, -ENOMEM, GALE_ETOOBIG. */
int gale__encoding_decode(enum gale__encoding encoding, gale_str data,
                          struct gale__buf *out) GALE_MUST_USE;

/* Converts between the charset of a gettext catalogue and UTF-8, by iconv where it is not one of
 * ours. */
struct gale__charset {
    void *iconv; /* NULL: bytes are checked, or Latin-1 */
    bool is_latin1;
};

/* GALE_EINVAL: no such charset. */
int gale__charset_open(struct gale__charset *charset, gale_str name) GALE_MUST_USE;
void gale__charset_close(struct gale__charset *charset);

/* Appends data as UTF-8; GALE_EINVAL: it is not of this charset. */
int gale__charset_decode(const struct gale__charset *charset, gale_str data,
                         struct gale__buf *out) GALE_MUST_USE;

#endif
