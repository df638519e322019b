/* range.h - the Range field of a request (RFC 9110 14.2). */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_RANGE_H
#define GALE_PROTO_RANGE_H

#include <gale/base.h>

/* The ranges of a field that a content of so many bytes can satisfy: in out the start and end
 * (half-open) of each, at most max of them; in their order, those that overlap as one. How many; 0:
 * none can; -1: the field is to be ignored (it is malformed, has another unit or more than max
 * ranges). */
int gale__range_parse(gale_str field, int64_t size, int64_t *out, size_t max);

#endif
