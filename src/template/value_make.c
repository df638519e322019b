/* value_make.c - making values out of what C has. Reading them: value_read.c. */
/* SPDX-License-Identifier: MIT */
#include <gale/value.h>

#include <gale/json.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "template/memory.h"

/* --- texts ---- */

int gale__text_of(gale_rendering *r, gale_value *out, const char *s, size_t len)
{
    if (len > UINT32_MAX)
        return gale__raise_limit(r, "the limit of 4 GiB for a text");
    *out = gale_value_borrowed_text(s, len);
    return 0;
}

/* A copy with a NUL after it. */
static char *copy_bytes(gale_rendering *r, const void *data, size_t len)
{
    char *copy = len < SIZE_MAX ? gale__alloc(r, len + 1) : NULL;

    if (!copy)
        return NULL;
    if (len)
        memcpy(copy, data, len);
    copy[len] = 0;
    return copy;
}

/* How many bytes len bytes take when each that is not UTF-8 becomes U+FFFD. */
static size_t repaired_length(const char *s, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len;) {
        uint32_t c;
        size_t step = gale__utf8_decode(s + i, len - i, &c);

        n += step ? step : 3;
        i += step ? step : 1;
    }
    return n;
}

static void repair(char *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t c;
        size_t step = gale__utf8_decode(s + i, len - i, &c);

        if (step) {
            memcpy(out, s + i, step);
            out += step;
            i += step;
        } else {
            memcpy(out, "\xef\xbf\xbd", 3);
            out += 3;
            i++;
        }
    }
    *out = 0;
}

int gale_value_text_n(gale_rendering *r, gale_value *out, const char *text, size_t len)
{
    char *copy;

    if (gale__utf8_valid(text, len)) {
        copy = copy_bytes(r, text, len);
    } else {
        size_t n = repaired_length(text, len);

        copy = gale__alloc(r, n + 1);
        if (copy)
            repair(copy, text, len);
        len = n;
    }
    return copy ? gale__text_of(r, out, copy, len) : gale_value_memory_error(r);
}

int gale_value_text(gale_rendering *r, gale_value *out, const char *text)
{
    if (text)
        return gale_value_text_n(r, out, text, strlen(text));
    *out = gale_value_none();
    return 0;
}

int gale_value_bytes(gale_rendering *r, gale_value *out, const void *data, size_t len)
{
    char *copy = copy_bytes(r, data, len);
    int code;

    if (!copy)
        return gale_value_memory_error(r);
    code = gale__text_of(r, out, copy, len);
    if (code < 0)
        return code;
    out->kind = GALE_VALUE_BYTES;
    return 0;
}

int gale_value_printf(gale_rendering *r, gale_value *out, const char *fmt, ...)
{
    char small[256];
    char *big;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(small, sizeof(small), fmt, args);
    va_end(args);
    if (n < 0)
        return gale__raise(r, GALE__VALUE_ERROR, "the text cannot be formatted");
    if ((size_t)n < sizeof(small))
        return gale_value_text_n(r, out, small, (size_t)n);
    big = gale__alloc(r, (size_t)n + 1);
    if (!big)
        return gale_value_memory_error(r);
    va_start(args, fmt);
    vsnprintf(big, (size_t)n + 1, fmt, args);
    va_end(args);
    if (gale__utf8_valid(big, (size_t)n))
        return gale__text_of(r, out, big, (size_t)n);
    return gale_value_text_n(r, out, big, (size_t)n);
}

/* --- JSON ---- */

/* A text beyond what a value can say is cut at a character. */
static gale_value json_text(json_t *json)
{
    const char *s = json_string_value(json);
    size_t len = json_string_length(json);

    if (len > UINT32_MAX) {
        len = UINT32_MAX;
        while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
            len--;
    }
    return gale_value_borrowed_text(s, len);
}

gale_value gale_value_json(json_t *json)
{
    gale_value v = { GALE_VALUE_NONE, 0, 0, 0, { 0 } };

    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_STRING:
        return json_text(json);
    case JSON_INTEGER:
        return gale_value_int(json_integer_value(json));
    case JSON_REAL:
        return gale_value_float(json_real_value(json));
    case JSON_TRUE:
    case JSON_FALSE:
        return gale_value_bool(json_is_true(json));
    case JSON_NULL:
        return v;
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    v.kind = json_is_array(json) ? GALE_VALUE_ARRAY : GALE_VALUE_MAP;
    v.u.json = json;
    return v;
}

static void release_json(void *json)
{
    json_decref(json);
}

int gale_value_take_json(gale_rendering *r, gale_value *out, json_t *json)
{
    *out = gale_value_none();
    if (!json)
        return 0;
    if (gale__arena_defer(&gale__rendering(r)->arena, release_json, json) < 0) {
        json_decref(json);
        return gale_value_memory_error(r);
    }
    *out = gale_value_json(json);
    return 0;
}

/* --- containers and objects ---- */

int gale_value_object(gale_rendering *r, gale_value *out, const gale_object_class *cls,
                      void *object)
{
    struct gale__object_value *o = gale__alloc(r, sizeof(*o));

    if (!o)
        return gale_value_memory_error(r);
    *o = (struct gale__object_value){ .cls = cls, .object = object };
    *out = (gale_value){ .kind = GALE_VALUE_OBJECT, .u.p = o };
    return 0;
}

static int make_list(gale_rendering *r, gale_value *out, const gale_value *items, size_t n,
                     enum gale_value_kind kind)
{
    gale_value v;
    int code;

    if (n > UINT32_MAX)
        return gale__raise_limit(r, "the limit of 2**32 items");
    code = gale__list_new(r, (uint32_t)n, &v);
    if (code < 0)
        return code;
    for (size_t i = 0; i < n; i++)
        gale__list(v)->items[i] = gale__set_value(items[i]);
    gale__list(v)->n = (uint32_t)n;
    v.kind = (uint8_t)kind;
    *out = v;
    return 0;
}

int gale_value_list(gale_rendering *r, gale_value *out, const gale_value *items, size_t n)
{
    return make_list(r, out, items, n, GALE_VALUE_LIST);
}

int gale_value_tuple(gale_rendering *r, gale_value *out, const gale_value *items, size_t n)
{
    return make_list(r, out, items, n, GALE_VALUE_TUPLE);
}

int gale_value_dict(gale_rendering *r, gale_value *out)
{
    return gale__dict_new(r, out);
}

int gale_value_append(gale_rendering *r, gale_value list, gale_value item)
{
    if (list.kind != GALE_VALUE_LIST)
        return gale__raise_immutable(r, list);
    return gale__list_push(r, gale__list(list), gale__set_value(item));
}

int gale_value_set(gale_rendering *r, gale_value dict, gale_value key, gale_value value)
{
    if (dict.kind != GALE_VALUE_DICT)
        return gale__raise_immutable(r, dict);
    return gale__dict_put(r, gale__dict(dict), gale__set_value(key), gale__set_value(value));
}
