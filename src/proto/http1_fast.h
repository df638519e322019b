/* http1_fast.h - the quick way through a usual request head; between the parser's own files. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_HTTP1_FAST_H
#define GALE_PROTO_HTTP1_FAST_H

#include "proto/http1_fields.h"

/* The length of the head, its result being complete; 0 when it is not whole, not usual or not
 * right: then nothing is said and the head's fields mean nothing. Needs AVX2. */
size_t gale__http1_fast_request(const char *buf, size_t len,
                                const struct gale__http1_limits *limits,
                                struct gale__http1_head *head);

#endif
