/* values.c - JSON to parameters of a statement, rows to JSON. See <gale/sqlite.h>. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "db/rows.h"
#include "sqlite/connection.h"

/* --- parameters ---------------------------------------------------------------------- */

static int bind_json(sqlite3_stmt *statement, int at, const json_t *value)
{
    size_t size = 0;
    char *text;
    int r = gale__db_bytes(value, &text, &size);

    if (r >= 0)
        return sqlite3_bind_blob64(statement, at, text, size, gale__free);
    if (r != -ENOENT)
        return r == -ENOMEM ? SQLITE_NOMEM : SQLITE_MISMATCH;
    size = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    text = size ? gale__malloc(size) : NULL;
    if (!text)
        return SQLITE_NOMEM;
    size = json_dumpb(value, text, size, JSON_COMPACT | JSON_ENCODE_ANY);
    r = sqlite3_bind_text64(statement, at, text, size, SQLITE_TRANSIENT, SQLITE_UTF8);
    gale__free(text);
    return r;
}

/* Texts stay where they are: the parameters live longer than the binding. */
static int bind_value(sqlite3_stmt *statement, int at, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return sqlite3_bind_text64(statement, at, json_string_value(value),
                                   json_string_length(value), SQLITE_STATIC, SQLITE_UTF8);
    case JSON_INTEGER:
        return sqlite3_bind_int64(statement, at, json_integer_value(value));
    case JSON_REAL:
        return sqlite3_bind_double(statement, at, json_real_value(value));
    case JSON_TRUE:
    case JSON_FALSE:
        return sqlite3_bind_int(statement, at, json_is_true(value));
    case JSON_NULL:
        return sqlite3_bind_null(statement, at);
    default:
        return bind_json(statement, at, value);
    }
}

/* Where the at-th parameter (1 the first) is in an array: "$2" is the second wherever it stands. */
static size_t place_of(const char *name, int at)
{
    char *end;
    long number = name && name[0] == '$' ? strtol(name + 1, &end, 10) : 0;

    return number > 0 && !*end ? (size_t)number - 1 : (size_t)at - 1;
}

static const json_t *find_value(const json_t *params, const char *name, int at)
{
    if (json_is_array(params))
        return json_array_get(params, place_of(name, at));
    return name ? json_object_get(params, name + 1) : NULL;
}

/* An array is used up whole. */
static int check_count(sqlite3_stmt *statement, const json_t *params)
{
    size_t wanted = 0, given = json_array_size(params);

    for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
        size_t place = place_of(sqlite3_bind_parameter_name(statement, i), i);

        wanted = place + 1 > wanted ? place + 1 : wanted;
    }
    if ((json_is_array(params) || !params) && wanted != given)
        return gale_err(GALE_EINVAL, "SQLite: the statement has %zu parameters, %zu were given",
                        wanted, given);
    if (params && !json_is_array(params) && !json_is_object(params))
        return gale_err(GALE_EINVAL, "SQLite: parameters are an array or an object");
    return 0;
}

int gale__sqlite_bind(sqlite3_stmt *statement, const json_t *params)
{
    int r = check_count(statement, params);

    for (int i = 1; r >= 0 && i <= sqlite3_bind_parameter_count(statement); i++) {
        const char *name = sqlite3_bind_parameter_name(statement, i);
        const json_t *value = find_value(params, name, i);
        int code = value ? bind_value(statement, i, value) : SQLITE_MISUSE;

        if (code == SQLITE_NOMEM)
            r = gale_err(-ENOMEM, "SQLite: no memory for parameters");
        else if (code != SQLITE_OK)
            r = gale_err(GALE_EINVAL, "SQLite: parameter %d (%s): %s", i, name ? name : "?",
                         !value ? "none was given" : sqlite3_errstr(code));
    }
    return r;
}

/* --- rows ---------------------------------------------------------------------------- */

json_t *gale_sqlite_blob(gale_str bytes)
{
    return gale__db_blob(bytes);
}

static json_t *integer_of(sqlite3_stmt *statement, int column)
{
    const char *declared = sqlite3_column_decltype(statement, column);
    sqlite3_int64 value = sqlite3_column_int64(statement, column);

    if (declared && (value == 0 || value == 1) &&
        (!strcasecmp(declared, "boolean") || !strcasecmp(declared, "bool")))
        return json_boolean(value);
    return json_integer(value);
}

static json_t *value_of(sqlite3_stmt *statement, int column)
{
    const char *bytes;

    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return integer_of(statement, column);
    case SQLITE_FLOAT: /* infinite: JSON has no such number */
        return json_real(sqlite3_column_double(statement, column));
    case SQLITE_TEXT:
        bytes = (const char *)sqlite3_column_text(statement, column);
        return bytes ? json_stringn(bytes, (size_t)sqlite3_column_bytes(statement, column)) : NULL;
    case SQLITE_BLOB:
        bytes = sqlite3_column_blob(statement, column);
        return gale__db_base64(
            (gale_str){ bytes, (size_t)sqlite3_column_bytes(statement, column) });
    default:
        return json_null();
    }
}

int gale__sqlite_row(sqlite3_stmt *statement, json_t **row)
{
    json_t *object = json_object();

    for (int i = 0; object && i < sqlite3_column_count(statement); i++) {
        const char *name = sqlite3_column_name(statement, i);
        json_t *value = value_of(statement, i);

        if (value && name && !json_object_set_new(object, name, value))
            continue;
        json_decref(object);
        return gale_err(value ? -ENOMEM : GALE_EINVAL,
                        "SQLite: column %s has a value that JSON cannot have", name ? name : "?");
    }
    if (!object)
        return gale_err(-ENOMEM, "SQLite: no memory for rows");
    *row = object;
    return 0;
}
