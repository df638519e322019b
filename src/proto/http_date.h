/* http_date.h - HTTP dates from and to Unix time, without locale or time zone files. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_HTTP_DATE_H
#define GALE_PROTO_HTTP_DATE_H

#include <gale/base.h>

enum { GALE__HTTP_DATE_LEN = 29 }; /* "Sun, 06 Nov 1994 08:49:37 GMT" */

/* Writes the date with a NUL after it. Times outside of the years 0 to 9999 are taken to
 * the nearest second inside. */
void gale__http_date_format(char dst[GALE__HTTP_DATE_LEN + 1], int64_t unix_time);

/* Reads any of the three forms of RFC 9110 5.6.7: the one above, RFC 850's and asctime's.
 * now decides the century of RFC 850's two digits: not more than 50 years ahead. 0, or
 * GALE_EINVAL with *out untouched. The day of the week is not held against the date. */
int gale__http_date_parse(const char *s, size_t len, int64_t now, int64_t *out) GALE_MUST_USE;

#endif
