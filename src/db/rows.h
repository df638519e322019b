/* rows.h - what databases have in common around JSON: packing parameters, bytes, first rows. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_DB_ROWS_H
#define GALE_DB_ROWS_H

#include <stdarg.h>

#include <gale/error.h>
#include <gale/json.h>

/* Parameters by a format of json_pack(), NULL: none. GALE_EINVAL naming the database. */
int gale__db_pack(const char *database, json_t **params, const char *format, va_list ap);

/* The bytes of a parameter {"base64": "…"}, to be freed by gale__free(), and their number in *n.
 * -ENOENT: it is none; GALE_EINVAL; -ENOMEM. No detail is stored. */
int gale__db_bytes(const json_t *value, char **bytes, size_t *n);
/* New references. NULL: no memory. */
json_t *gale__db_base64(gale_str bytes);
json_t *gale__db_blob(gale_str bytes);

/* The first of rows, whose reference it takes: 1, or GALE_ENOTFOUND. */
int gale__db_first(json_t *rows, json_t **row);

/* A count as a result. */
int gale__db_count(int64_t n);

#endif
