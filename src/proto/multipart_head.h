/* multipart_head.h - the head of one part of a multipart/form-data body: private to multipart. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_MULTIPART_HEAD_H
#define GALE_PROTO_MULTIPART_HEAD_H

#include "proto/multipart.h"

/* Reads a part's head, lines that each end with CRLF. The texts of *part are put into text, which
 * is emptied first. GALE_EPROTO with what is wrong, -ENOMEM. */
int gale__multipart_head(struct gale__buf *text, gale_str head,
                         struct gale__multipart_part *part) GALE_MUST_USE;

#endif
