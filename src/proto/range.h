/* range.h - the Range field of a request: gale_parse_range() of <gale/httputil.h>. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_RANGE_H
#define GALE_PROTO_RANGE_H

#include <gale/httputil.h>

/* As gale_parse_range(), of a slice. */
int gale__range_parse(gale_str field, int64_t size, gale_range *out, size_t max);

#endif
