/* multipart.h - reads a multipart/form-data body (RFC 7578, RFC 2046) piece by piece.
 *
 * Bytes in, events out; content is given as slices of the input, nothing but the head of a part
 * is copied. Each byte is looked at a bounded number of times however the input is cut. Strict:
 * no preamble, no bare CR in heads, no folded lines, no field or parameter twice; what follows
 * the last boundary is ignored.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_MULTIPART_H
#define GALE_PROTO_MULTIPART_H

#include "proto/multipart_head.h"

enum { GALE__BOUNDARY_MAX = 70 };

struct gale__multipart {
    struct gale__multipart_part part; /* the present one */
    int state;                        /* private, as all that follows */
    int error;
    uint32_t n_parts;
    int64_t max_parts;
    size_t matched;        /* bytes of delimiter that the input so far ends with */
    size_t foreign;        /* ... of which so many are of the head before */
    size_t delimiter_len;  /* of "\r\n--boundary" */
    struct gale__buf head; /* of a part, as sent */
    struct gale__buf text; /* name, filename and type, decoded */
    char delimiter[GALE__BOUNDARY_MAX + 4];
};

enum {
    GALE__MULTIPART_MORE,     /* the input is used up */
    GALE__MULTIPART_PART,     /* a part begins: .part tells which */
    GALE__MULTIPART_DATA,     /* a piece of its content */
    GALE__MULTIPART_PART_END, /* no more content */
    GALE__MULTIPART_END,      /* the last boundary has come; the rest of the input is used up */
};

/* 1 and *boundary (a slice of buffer, which has room for content_type.len bytes): the type is
 * multipart/form-data with a usable one; 0: another type; GALE_EPROTO: without one, with two, or
 * with one that RFC 2046 does not allow. */
int gale__multipart_boundary(gale_str content_type, char *buffer, gale_str *boundary) GALE_MUST_USE;

/* boundary is one that the function above gave. At most max_parts parts, whose heads have at most
 * max_head bytes each. */
void gale__multipart_init(struct gale__multipart *m, gale_str boundary, int64_t max_parts,
                          size_t max_head);

void gale__multipart_deinit(struct gale__multipart *m);

/* The next event from the input at *p, which is moved on. For GALE__MULTIPART_DATA *data is a slice
 * of the input (or static: the beginning of what looked like a boundary), never empty. Failures
 * stay: GALE_EPROTO, GALE_ETOOBIG (parts, a head), -ENOMEM. */
int gale__multipart_next(struct gale__multipart *m, const char **p, const char *end,
                         gale_str *data) GALE_MUST_USE;

/* The input has ended: 0, or GALE_EPROTO when the last boundary is missing. */
int gale__multipart_finish(struct gale__multipart *m) GALE_MUST_USE;

#endif
