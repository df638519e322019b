/* request.h - filling a request from a parsed HTTP/1 head. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_REQUEST_H
#define GALE_HTTP_REQUEST_H

#include "http/exchange.h"

/* Copies the head at bytes into the exchange and fills its request. 0; -1: malformed with *error
 * telling why, or out of memory with *error NULL. */
int gale__request_fill(struct gale__exchange *x, const char *bytes,
                       const struct gale__http1_head *parsed, const char **error);

/* How many fields of a known id it has. */
size_t gale__request_count(const gale_request *request, unsigned id);

/* Its one Content-Encoding, which is taken off the body, is from now on called
 * X-Consumed-Content-Encoding. head_len is that of the head. 0 or -ENOMEM. */
int gale__request_decoded(struct gale__exchange *x, size_t head_len);

#endif
