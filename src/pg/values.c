/* values.c - JSON to parameters of a statement, rows to JSON. See <gale/pg.h>. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "db/rows.h"
#include "pg/connection.h"

/* --- parameters ---------------------------------------------------------------------- */

enum { MOST_PARAMS = 65535 };

/* A number, or a list or object, as jansson writes it: in every locale the same. */
static int set_json(struct gale__pg_params *p, int i, const json_t *value)
{
    int flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17);
    size_t size = json_dumpb(value, NULL, 0, flags);
    char *text = size ? gale__malloc(size + 1) : NULL;

    if (!text)
        return -ENOMEM;
    json_dumpb(value, text, size, flags);
    text[size] = 0;
    p->values[i] = p->owned[i] = text;
    return 0;
}

static int set_bytes(struct gale__pg_params *p, int i, const json_t *value)
{
    size_t n = 0;
    int r = gale__db_bytes(value, &p->owned[i], &n);

    if (r < 0)
        return r;
    p->values[i] = p->owned[i];
    p->lengths[i] = (int)n;
    p->formats[i] = 1;
    return 0;
}

static int set_value(struct gale__pg_params *p, int i, const json_t *value)
{
    int r;

    switch (json_typeof(value)) {
    case JSON_STRING: /* stays where it is: the parameters live until it is sent */
        p->values[i] = json_string_value(value);
        return strlen(p->values[i]) == json_string_length(value) ? 0 : GALE_EINVAL;
    case JSON_TRUE:
        p->values[i] = "true";
        return 0;
    case JSON_FALSE:
        p->values[i] = "false";
        return 0;
    case JSON_NULL:
        return 0;
    case JSON_OBJECT:
        r = set_bytes(p, i, value);
        return r == -ENOENT ? set_json(p, i, value) : r;
    default:
        return set_json(p, i, value);
    }
}

int gale__pg_params_init(struct gale__pg_params *p, const json_t *params)
{
    size_t n = json_array_size(params);
    int r = 0;

    *p = (struct gale__pg_params){ 0 };
    if (params && (!json_is_array(params) || n > MOST_PARAMS))
        return gale_err(GALE_EINVAL, "PostgreSQL: parameters are an array of at most %d",
                        (int)MOST_PARAMS);
    if (!n)
        return 0;
    p->values = gale__calloc(n, sizeof(*p->values) + sizeof(*p->owned) + 2 * sizeof(int));
    if (!p->values)
        return gale_err(-ENOMEM, "PostgreSQL: no memory for parameters");
    p->owned = (char **)(void *)(p->values + n);
    p->lengths = (int *)(void *)(p->owned + n);
    p->formats = p->lengths + n;
    for (; r >= 0 && (size_t)p->n < n; p->n++)
        r = set_value(p, p->n, json_array_get(params, (size_t)p->n));
    if (r == -ENOMEM)
        r = gale_err(r, "PostgreSQL: no memory for parameters");
    else if (r < 0)
        r = gale_err(r, "PostgreSQL: $%d has a NUL or is not base64", p->n);
    if (r < 0)
        gale__pg_params_deinit(p);
    return r;
}

void gale__pg_params_deinit(struct gale__pg_params *p)
{
    for (int i = 0; i < p->n; i++)
        gale__free(p->owned[i]);
    gale__free(p->values);
    *p = (struct gale__pg_params){ 0 };
}

/* --- rows ---------------------------------------------------------------------------- */

/* Types by their numbers, which are fixed (pg_type.dat). */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_OID = 26,
    OID_JSON = 114,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_JSONB = 3802,
};

static json_t *bytes_of(const char *text)
{
    size_t n = 0;
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, &n);
    json_t *value = bytes ? gale__db_base64((gale_str){ (const char *)bytes, n }) : NULL;

    PQfreemem(bytes);
    return value;
}

/* What jansson cannot hold, such as longer integers, stays text. */
static json_t *json_of(const char *text, size_t len)
{
    json_t *value = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

    return value ? value : json_stringn(text, len);
}

/* NULL: NaN and the infinities, which JSON does not have; text that is not UTF-8; no memory. */
static json_t *value_of(const PGresult *res, int row, int column)
{
    const char *text = PQgetvalue(res, row, column);
    size_t len = (size_t)PQgetlength(res, row, column);

    if (PQgetisnull(res, row, column))
        return json_null();
    switch (PQftype(res, column)) {
    case OID_BOOL:
        return json_boolean(*text == 't');
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_OID:
        return json_integer(strtoll(text, NULL, 10));
    case OID_FLOAT4:
    case OID_FLOAT8:
        return json_loadb(text, len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    case OID_BYTEA:
        return bytes_of(text);
    case OID_JSON:
    case OID_JSONB:
        return json_of(text, len);
    default:
        return json_stringn(text, len);
    }
}

int gale__pg_row(const PGresult *res, int row, json_t **out)
{
    json_t *object = json_object();

    for (int i = 0; object && i < PQnfields(res); i++) {
        const char *name = PQfname(res, i);
        json_t *value = value_of(res, row, i);

        if (value && !json_object_set_new(object, name, value))
            continue;
        json_decref(object);
        return gale_err(GALE_EINVAL, "PostgreSQL: column %s has a value that JSON cannot have",
                        name);
    }
    if (!object)
        return gale_err(-ENOMEM, "PostgreSQL: no memory for rows");
    *out = object;
    return 0;
}
