/* call_args.c - the arguments that a C function was called with. */
/* SPDX-License-Identifier: MIT */
#include <gale/value.h>

#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "template/memory.h"

gale_value gale_call_argument(const gale_call *call, size_t index, const char *name)
{
    gale_value none = { 0 };

    if (index < call->n_args)
        return call->args[index];
    for (uint32_t i = 0; name && i < call->n_keywords; i++)
        if (gale__str_equal(call->keywords[i], gale__str(name)))
            return call->keyword_args[i];
    return none;
}

/* --- how many ---- */

/* Messages about functions whose arguments have no names: as Python's own of C. */
static int wrong_number(gale_call *call, size_t min, size_t max)
{
    bool is_method = call->self.kind != GALE_VALUE_UNSET && call->self.kind != GALE_VALUE_OBJECT;
    const char *type = is_method ? gale_value_type(call->self) : "";
    const char *dot = is_method ? "." : "";
    size_t wanted = call->n_args < min ? min : max;
    gale_rendering *r = call->rendering;

    if (max == 0)
        return gale__raise(r, GALE__TYPE_ERROR, "%s%s%s() takes no arguments (%u given)", type, dot,
                           call->name, call->n_args);
    if (min == 1 && max == 1)
        return gale__raise(r, GALE__TYPE_ERROR, "%s%s%s() takes exactly one argument (%u given)",
                           type, dot, call->name, call->n_args);
    return gale__raise(r, GALE__TYPE_ERROR, "%s expected %s%zu argument%s, got %u", call->name,
                       min == max           ? ""
                       : call->n_args < min ? "at least "
                                            : "at most ",
                       wanted, wanted == 1 ? "" : "s", call->n_args);
}

static int too_many(gale_call *call, size_t min, size_t max)
{
    const char *were = call->n_args == 1 ? "was" : "were";
    gale_rendering *r = call->rendering;

    if (min == max)
        return gale__raise(r, GALE__TYPE_ERROR,
                           "%s() takes %zu positional argument%s but %u %s given", call->name, max,
                           max == 1 ? "" : "s", call->n_args, were);
    return gale__raise(r, GALE__TYPE_ERROR,
                       "%s() takes from %zu to %zu positional arguments but %u %s given",
                       call->name, min, max, call->n_args, were);
}

static bool is_given(const gale_call *call, size_t index, const char *name)
{
    return gale_call_argument(call, index, name).kind != GALE_VALUE_UNSET;
}

/* "f() missing 2 required positional arguments: 'x' and 'y'". */
static int missing(gale_call *call, size_t min, const char *const *names)
{
    struct gale__text_builder b = { .r = call->rendering };
    size_t n = 0;
    size_t at = 0;
    gale_value list;

    for (size_t i = 0; i < min; i++)
        n += !is_given(call, i, names[i]);
    for (size_t i = 0; i < min; i++) {
        if (is_given(call, i, names[i]))
            continue;
        gale__text_printf(&b, "%s'%s'",
                          at == 0      ? ""
                          : at < n - 1 ? ", "
                          : n > 2      ? ", and "
                                       : " and ",
                          names[i]);
        at++;
    }
    if (gale__text_finish(&b, &list) < 0)
        return call->rendering->code;
    return gale__raise(call->rendering, GALE__TYPE_ERROR,
                       "%s() missing %zu required positional argument%s: %.*s", call->name, n,
                       n == 1 ? "" : "s", (int)list.len, list.u.s);
}

/* Each keyword is the name of an argument that was not given by its place. */
static int check_keyword(gale_call *call, gale_str keyword, size_t max, const char *const *names)
{
    for (size_t i = 0; i < max && names[i]; i++) {
        if (!gale__str_equal(gale__str(names[i]), keyword))
            continue;
        if (i >= call->n_args)
            return 0;
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "%s() got multiple values for argument '%.*s'", call->name,
                           (int)keyword.len, keyword.ptr);
    }
    return gale__raise(call->rendering, GALE__TYPE_ERROR,
                       "%s() got an unexpected keyword argument '%.*s'", call->name,
                       (int)keyword.len, keyword.ptr);
}

int gale_call_check(gale_call *call, size_t min, size_t max, const char *const *names)
{
    if (!names) {
        if (call->n_keywords)
            return gale__raise(call->rendering, GALE__TYPE_ERROR, "%s() takes no keyword arguments",
                               call->name);
        return call->n_args < min || call->n_args > max ? wrong_number(call, min, max) : 0;
    }
    if (call->n_args > max)
        return too_many(call, min, max);
    for (uint32_t i = 0; i < call->n_keywords; i++) {
        int code = check_keyword(call, call->keywords[i], max, names);

        if (code < 0)
            return code;
    }
    for (size_t i = call->n_args; i < min; i++)
        if (!is_given(call, i, names[i]))
            return missing(call, min, names);
    return 0;
}

/* --- of which type ---- */

static int wrong_type(const gale_call *call, size_t index, const char *name, const char *type,
                      gale_value v)
{
    if (name)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "%s() argument '%s' must be %s, not %s", call->name, name, type,
                           gale_value_type(v));
    return gale__raise(call->rendering, GALE__TYPE_ERROR, "%s() argument %zu must be %s, not %s",
                       call->name, index + 1, type, gale_value_type(v));
}

/* The argument, which must have been given. */
static int get_argument(const gale_call *call, size_t index, const char *name, gale_value *out)
{
    *out = gale_call_argument(call, index, name);
    if (out->kind != GALE_VALUE_UNSET)
        return 0;
    if (name)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "%s() missing 1 required positional argument: '%s'", call->name, name);
    return gale__raise(call->rendering, GALE__TYPE_ERROR,
                       "%s expected at least %zu argument%s, got %u", call->name, index + 1,
                       index ? "s" : "", call->n_args);
}

int gale_call_text(gale_call *call, size_t index, const char *name, const char **out)
{
    gale_value v;
    int code = get_argument(call, index, name, &v);

    if (code < 0)
        return code;
    if (v.kind != GALE_VALUE_TEXT &&
        !(v.kind == GALE_VALUE_BYTES && gale__utf8_valid(v.u.s, v.len)))
        return wrong_type(call, index, name, "str", v);
    return gale_value_cstr(call->rendering, v, out);
}

int gale_call_int(gale_call *call, size_t index, const char *name, int64_t *out)
{
    gale_value v;
    int code = get_argument(call, index, name, &v);

    if (code < 0)
        return code;
    if (v.kind != GALE_VALUE_INT && v.kind != GALE_VALUE_BOOL)
        return wrong_type(call, index, name, "int", v);
    *out = v.u.i;
    return 0;
}

int gale_call_float(gale_call *call, size_t index, const char *name, double *out)
{
    gale_value v;
    int code = get_argument(call, index, name, &v);

    if (code < 0)
        return code;
    if (v.kind == GALE_VALUE_FLOAT)
        *out = v.u.d;
    else if (v.kind == GALE_VALUE_INT || v.kind == GALE_VALUE_BOOL)
        *out = (double)v.u.i;
    else
        return wrong_type(call, index, name, "float", v);
    return 0;
}

int gale_call_bool(gale_call *call, size_t index, const char *name, bool *out)
{
    gale_value v;
    int code = get_argument(call, index, name, &v);

    if (code < 0)
        return code;
    if (v.kind != GALE_VALUE_INT && v.kind != GALE_VALUE_BOOL)
        return wrong_type(call, index, name, "bool", v);
    *out = v.u.i != 0;
    return 0;
}

void *gale_call_object(const gale_call *call)
{
    const struct gale__object_value *o = call->self.u.p;

    return call->self.kind == GALE_VALUE_OBJECT ? o->object : NULL;
}
