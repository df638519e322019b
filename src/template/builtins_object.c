/* builtins_object.c - builtins about any value: isinstance, getattr, repr, format … */
/* SPDX-License-Identifier: MIT */
#include "template/builtins.h"
#include "template/exception.h"

/* --- isinstance ---- */

static bool is_of_function(gale_value v, gale_value cls)
{
    const struct gale__function_value *f = cls.u.p;
    gale_str name = gale__str(f->name->name);

    if (gale__str_equal(gale__str(gale_value_type(v)), name))
        return true;
    return v.kind == GALE_VALUE_BOOL && gale__str_equal(name, GALE__STR("int"));
}

static bool is_of_host_type(gale_value v, const struct gale__host_type *wanted)
{
    const gale_object_class *cls;
    const struct gale__host_type *t;

    if (v.kind != GALE_VALUE_OBJECT)
        return false;
    cls = ((const struct gale__object_value *)v.u.p)->cls;
    for (t = gale__datetime_type(cls); t; t = t->base)
        if (t->instances == wanted->instances)
            return true;
    return cls == wanted->instances;
}

static int is_of(gale_rendering *r, gale_value v, gale_value cls);

static int is_of_any(gale_rendering *r, gale_value v, const struct gale__list_value *classes)
{
    int result = gale__enter(r);

    if (result < 0)
        return result;
    for (uint32_t i = 0; i < classes->n && result == 0; i++) {
        result = gale__steps(r, 1);
        if (result == 0)
            result = is_of(r, v, classes->items[i]);
    }
    gale__leave(r);
    return result;
}

/* 1, 0 or TypeError. */
static int is_of(gale_rendering *r, gale_value v, gale_value cls)
{
    const struct gale__host_type *t = gale_value_host(cls, &gale__host_type_class);
    enum gale__exception wanted, is;

    if (cls.kind == GALE_VALUE_FUNCTION && (cls.flags & GALE__FUNCTION_TYPE))
        return is_of_function(v, cls);
    if (t)
        return is_of_host_type(v, t);
    if (gale__is_exception_class(cls, &wanted))
        return gale__is_exception(v, &is) && gale__exception_is(is, wanted);
    if (cls.kind == GALE_VALUE_TUPLE)
        return is_of_any(r, v, gale__list(cls));
    return gale__raise(r, GALE__TYPE_ERROR,
                       "isinstance() arg 2 must be a type, a tuple of types, or a union");
}

static int isinstance(gale_call *call, gale_value *out)
{
    int result = gale_call_check(call, 2, 2, NULL);

    if (result >= 0)
        result = is_of(call->rendering, call->args[0], call->args[1]);
    *out = gale_value_bool(result > 0);
    return result < 0 ? result : 0;
}

static int callable(gale_call *call, gale_value *out)
{
    gale_value v;
    int result = gale__only_arg(call, &v);

    if (result < 0)
        return result;
    *out = gale_value_bool(
        v.kind == GALE_VALUE_FUNCTION ||
        (v.kind == GALE_VALUE_OBJECT && ((const struct gale__object_value *)v.u.p)->cls->call));
    return 0;
}

/* --- attributes ---- */

static int name_argument(gale_call *call, gale_str *name)
{
    gale_value v = gale_call_argument(call, 1, NULL);

    if (!gale__is_text(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "attribute name must be string, not '%s'", gale_value_type(v));
    *name = gale__value_slice(v);
    return 0;
}

static int hasattr(gale_call *call, gale_value *out)
{
    gale_str name = { 0 };
    int result = gale_call_check(call, 2, 2, NULL);

    if (result >= 0)
        result = name_argument(call, &name);
    if (result >= 0)
        result = gale__try_attribute(call->rendering, call->args[0], name, out);
    *out = gale_value_bool(result > 0);
    return result < 0 ? result : 0;
}

static int getattr(gale_call *call, gale_value *out)
{
    gale_str name = { 0 };
    int result = gale_call_check(call, 2, 3, NULL);

    if (result >= 0)
        result = name_argument(call, &name);
    if (result < 0)
        return result;
    if (call->n_args < 3)
        return gale__op_attribute(call->rendering, call->args[0], name, out);
    result = gale__try_attribute(call->rendering, call->args[0], name, out);
    if (result == 0)
        *out = call->args[2];
    return result < 0 ? result : 0;
}

/* --- texts ---- */

static int repr(gale_call *call, gale_value *out)
{
    struct gale__text_builder b = { .r = call->rendering };
    gale_value v;
    int result = gale__only_arg(call, &v);

    if (result < 0)
        return result;
    gale__text_add_repr(&b, v);
    return gale__text_finish(&b, out);
}

static int format(gale_call *call, gale_value *out)
{
    gale_value spec;
    int result = gale_call_check(call, 1, 2, NULL);

    if (result < 0)
        return result;
    spec = gale_call_argument(call, 1, NULL);
    if (spec.kind != GALE_VALUE_UNSET && !gale__is_text(spec))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "format() argument 2 must be str, not %s", gale_value_type(spec));
    return gale__format_value(
        call->rendering, call->args[0],
        spec.kind == GALE_VALUE_UNSET ? GALE__STR("") : gale__value_slice(spec), out);
}

const gale_name gale__object_builtins[] = {
    { .name = "callable", .function = callable },
    { .name = "format", .function = format },
    { .name = "getattr", .function = getattr },
    { .name = "hasattr", .function = hasattr },
    { .name = "isinstance", .function = isinstance },
    { .name = "repr", .function = repr },
    { 0 },
};
