/* value_json.c - values as JSON: what json_encode() is given, and engines other than ours.
 *
 * What is the application's is shared, not copied. The rest is made anew, counted against the
 * rendering's memory although jansson has it from the heap: a list that holds another one twice,
 * and so on, would grow without bounds.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/str.h"
#include "base/utf8.h"
#include "template/iterate.h"

enum { NODE_SIZE = 96 }; /* about what jansson takes for a value in a container */

static json_t *to_json(gale_rendering *r, gale_value value);

static json_t *no_memory(gale_rendering *r)
{
    (void)gale_value_memory_error(r);
    return NULL;
}

/* Memory that jansson will take. */
static int count(gale_rendering *r, size_t size)
{
    struct gale__rendering *g = gale__rendering(r);

    if ((int64_t)size > g->memory_left) {
        gale__alloc_failed(r, size);
        return r->code;
    }
    g->memory_left -= (int64_t)size;
    return gale__step(r);
}

static json_t *text_json(gale_rendering *r, gale_value v)
{
    json_t *json;

    if (!gale__utf8_valid(v.u.s, v.len) && gale_value_text_n(r, &v, v.u.s, v.len) < 0)
        return NULL;
    if (count(r, v.len) < 0)
        return NULL;
    json = json_stringn_nocheck(v.len ? v.u.s : "", v.len);
    return json ? json : no_memory(r);
}

static json_t *float_json(gale_rendering *r, double d)
{
    json_t *json;

    if (!isfinite(d)) {
        gale__raise(r, GALE__VALUE_ERROR, "Out of range float values are not JSON compliant");
        return NULL;
    }
    json = json_real(d);
    return json ? json : no_memory(r);
}

static json_t *int_json(gale_rendering *r, int64_t i)
{
    json_t *json = json_integer(i);

    return json ? json : no_memory(r);
}

static json_t *list_json(gale_rendering *r, const struct gale__list_value *list)
{
    json_t *array = json_array();

    if (!array)
        return no_memory(r);
    for (uint32_t i = 0; i < list->n; i++) {
        json_t *item = to_json(r, list->items[i]);

        if (!item || json_array_append_new(array, item) < 0) {
            json_decref(array);
            return item ? no_memory(r) : NULL;
        }
    }
    return array;
}

/* A key as Python's json writes it. */
static int key_text(gale_rendering *r, gale_value key, gale_value *out)
{
    char number[GALE__DOUBLE_TEXT];
    int n = 0;

    switch ((enum gale_value_kind)key.kind) {
    case GALE_VALUE_TEXT:
        *out = key;
        return 0;
    case GALE_VALUE_NONE:
        *out = gale_value_borrowed_text("null", 4);
        return 0;
    case GALE_VALUE_BOOL:
        *out = key.u.i ? gale_value_borrowed_text("true", 4) : gale_value_borrowed_text("false", 5);
        return 0;
    case GALE_VALUE_INT:
        n = snprintf(number, sizeof(number), "%" PRId64, key.u.i);
        break;
    case GALE_VALUE_FLOAT:
        n = (int)gale__double_format(key.u.d, number);
        break;
    default:
        return gale__raise(r, GALE__TYPE_ERROR,
                           "keys must be str, int, float, bool or None, not %s",
                           gale_value_type(key));
    }
    return gale_value_text_n(r, out, number, (size_t)n);
}

static int put_member(gale_rendering *r, json_t *object, gale_value key, gale_value value)
{
    json_t *item;
    int code = key_text(r, key, &key);

    if (code == 0)
        code = count(r, key.len);
    if (code < 0)
        return code;
    item = to_json(r, value);
    if (!item)
        return r->code;
    if (json_object_setn_new_nocheck(object, key.len ? key.u.s : "", key.len, item) < 0)
        no_memory(r);
    return r->code;
}

static json_t *dict_json(gale_rendering *r, const struct gale__dict_value *d)
{
    const struct gale__dict_entry *e;
    json_t *object = json_object();
    uint32_t at = 0;

    if (!object)
        return no_memory(r);
    while ((e = gale__dict_next(d, &at)) != NULL) {
        if (put_member(r, object, e->key, e->value) < 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* A date, for instance, has a method that gives its form. */
static json_t *object_json(gale_rendering *r, gale_value v)
{
    const struct gale__object_value *o = v.u.p;
    gale_value form = { 0 };

    if (!gale__object_name(o->cls, GALE__STR("isoformat"))) {
        gale__raise(r, GALE__TYPE_ERROR, "Object of type %s is not JSON serializable",
                    gale_value_type(v));
        return NULL;
    }
    if (gale_value_attribute(r, v, "isoformat", &form) < 0 ||
        gale_value_call(r, form, NULL, 0, &form) < 0)
        return NULL;
    if (form.kind == GALE_VALUE_TEXT)
        return text_json(r, form);
    gale__raise(r, GALE__TYPE_ERROR, "isoformat() of '%s' gave no text", gale_value_type(v));
    return NULL;
}

static json_t *container_json(gale_rendering *r, gale_value v)
{
    json_t *json;

    if (gale__enter(r) < 0)
        return NULL;
    if (v.kind == GALE_VALUE_DICT)
        json = dict_json(r, gale__dict(v));
    else if (v.kind == GALE_VALUE_OBJECT)
        json = object_json(r, v);
    else
        json = list_json(r, gale__list(v));
    gale__leave(r);
    return json;
}

static json_t *to_json(gale_rendering *r, gale_value value)
{
    if (count(r, NODE_SIZE) < 0)
        return NULL;
    switch ((enum gale_value_kind)value.kind) {
    case GALE_VALUE_UNSET:
    case GALE_VALUE_NONE:
        return json_null();
    case GALE_VALUE_BOOL:
        return json_boolean(value.u.i);
    case GALE_VALUE_INT:
        return int_json(r, value.u.i);
    case GALE_VALUE_FLOAT:
        return float_json(r, value.u.d);
    case GALE_VALUE_TEXT:
    case GALE_VALUE_BYTES:
        return text_json(r, value);
    case GALE_VALUE_ARRAY:
    case GALE_VALUE_MAP:
        return json_incref(value.u.json);
    case GALE_VALUE_LIST:
    case GALE_VALUE_TUPLE:
    case GALE_VALUE_DICT:
    case GALE_VALUE_OBJECT:
        return container_json(r, value);
    default:
        gale__raise(r, GALE__TYPE_ERROR, "Object of type %s is not JSON serializable",
                    gale_value_type(value));
        return NULL;
    }
}

json_t *gale_value_to_json(gale_rendering *r, gale_value value)
{
    return gale__raise_clear(r) < 0 ? NULL : to_json(r, value);
}
