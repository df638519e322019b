/* rows.c - what databases have in common around JSON. See rows.h. */
/* SPDX-License-Identifier: MIT */
#include "db/rows.h"

#include <errno.h>
#include <limits.h>

#include "base/alloc.h"
#include "base/base64.h"

int gale__db_pack(const char *database, json_t **params, const char *format, va_list ap)
{
    json_error_t error;

    *params = NULL;
    if (!format)
        return 0;
    *params = json_vpack_ex(&error, 0, format, ap);
    return *params
               ? 0
               : gale_err(GALE_EINVAL, "%s: parameters \"%s\": %s", database, format, error.text);
}

int gale__db_bytes(const json_t *value, char **bytes, size_t *n)
{
    const json_t *text = json_object_get(value, "base64");
    size_t len = json_string_length(text);
    int64_t got;

    if (!json_is_string(text) || json_object_size(value) != 1)
        return -ENOENT;
    *bytes = gale__malloc(gale__base64_room(len));
    if (!*bytes)
        return -ENOMEM;
    got = gale__base64_decode(GALE__BASE64_STD, (gale_str){ json_string_value(text), len }, *bytes);
    if (got < 0) {
        gale__free(*bytes);
        return GALE_EINVAL;
    }
    *n = (size_t)got;
    return 0;
}

json_t *gale__db_base64(gale_str bytes)
{
    size_t size = gale__base64_size(GALE__BASE64_STD, bytes.len);
    char *text = gale__malloc(size + 1);
    json_t *value;

    if (!text)
        return NULL;
    size = gale__base64_encode(GALE__BASE64_STD, bytes, text);
    value = json_stringn_nocheck(text, size);
    gale__free(text);
    return value;
}

json_t *gale__db_blob(gale_str bytes)
{
    json_t *text = gale__db_base64(bytes);

    return text ? json_pack("{s:o}", "base64", text) : NULL;
}

int gale__db_first(json_t *rows, json_t **row)
{
    int r = json_array_size(rows) ? 1 : gale_err(GALE_ENOTFOUND, "no such row");

    if (r > 0)
        *row = json_incref(json_array_get(rows, 0));
    json_decref(rows);
    return r;
}

int gale__db_count(int64_t n)
{
    return n > INT_MAX ? INT_MAX : (int)n;
}
