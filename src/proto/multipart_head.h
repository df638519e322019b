/* multipart_head.h - the head of one part of a multipart/form-data body. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_MULTIPART_HEAD_H
#define GALE_PROTO_MULTIPART_HEAD_H

#include "base/buf.h"

/* Texts are UTF-8 without control characters but for TAB, and NUL-terminated; they live until the
 * next GALE__MULTIPART_PART. */
struct gale__multipart_part {
    gale_str name;         /* not empty */
    gale_str filename;     /* ptr NULL: a plain field (also one of an empty file name) */
    gale_str content_type; /* ptr NULL: none was sent */
};

/* Reads a part's head, lines that each end with CRLF. The texts of *part are put into text, which
 * is emptied first. GALE_EPROTO with what is wrong, -ENOMEM. */
int gale__multipart_head(struct gale__buf *text, gale_str head,
                         struct gale__multipart_part *part) GALE_MUST_USE;

#endif
