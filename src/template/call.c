/* call.c - calls of functions, methods, lambdas and host objects.
 *
 * Arguments are where the caller has them, on the stack of the interpreter for instance: nothing is
 * copied but for *args and **keywords. A function that returns a negative code without having
 * raised is given an exception for it; what it ignored is forgotten.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/context.h"
#include "base/str.h"
#include "template/iterate.h"

int gale__host_begin(gale_rendering *r)
{
    int code = r->code < 0 ? gale__raise_clear(r) : 0;

    if (code == 0)
        code = gale__enter(r);
    if (code == 0)
        gale__context_here()->error_code = 0; /* a bare code is not to be told by it */
    return code;
}

int gale__host_end(gale_rendering *r, int code)
{
    gale__leave(r);
    return code;
}

static int begin(gale_rendering *r)
{
    int code = gale__host_begin(r);

    return code == 0 && gale__step(r) < 0 ? gale__host_end(r, r->code) : code;
}

/* What the call makes of what the function gave. */
static int end(gale_rendering *r, int code, gale_value result, gale_value *out)
{
    code = gale__host_result(r, gale__host_end(r, code));
    if (code < 0)
        return code;
    *out = gale__set_value(result);
    return 0;
}

/* Calls a C function; call has its arguments. */
static int call_name(gale_rendering *r, const gale_name *name, void *context, gale_value self,
                     gale_call *call, gale_value *out)
{
    gale_value result = { 0 };
    int code = begin(r);

    if (code < 0)
        return code;
    call->rendering = r;
    call->data = name->data;
    call->context = context;
    call->self = self;
    call->name = name->name;
    code = name->function(call, &result);
    return end(r, code, result, out);
}

static int call_lambda(gale_rendering *r, const struct gale__function_value *f, gale_call *call,
                       gale_value *out)
{
    gale_value result = { 0 };
    int code = begin(r);

    if (code < 0)
        return code;
    code = gale__call_lambda(r, f, call, &result);
    return end(r, code, result, out);
}

static int call_object(gale_rendering *r, gale_value object, gale_call *call, gale_value *out)
{
    const gale_object_class *cls = ((const struct gale__object_value *)object.u.p)->cls;
    gale_value result = { 0 };
    int code = begin(r);

    if (code < 0)
        return code;
    call->rendering = r;
    call->data = NULL;
    call->context = NULL;
    call->self = object;
    call->name = cls->name;
    code = cls->call(call, &result);
    return end(r, code, result, out);
}

int gale__call_value(gale_rendering *r, gale_value f, gale_call *call, gale_value *out)
{
    if (f.kind == GALE_VALUE_FUNCTION) {
        const struct gale__function_value *function = f.u.p;

        if (function->name)
            return call_name(r, function->name, function->context, function->self, call, out);
        return call_lambda(r, function, call, out);
    }
    if (f.kind == GALE_VALUE_OBJECT && ((const struct gale__object_value *)f.u.p)->cls->call)
        return call_object(r, f, call, out);
    return gale__raise(r, GALE__TYPE_ERROR, "'%s' object is not callable", gale_value_type(f));
}

/* A copy of the arguments with None for each that is UNSET, or args when there is none. */
static const gale_value *set_arguments(gale_rendering *r, const gale_value *args, size_t n)
{
    gale_value *copy;
    size_t i = 0;

    while (i < n && args[i].kind != GALE_VALUE_UNSET)
        i++;
    if (i == n)
        return args;
    copy = gale__alloc_array(r, n, sizeof(*copy));
    for (i = 0; copy && i < n; i++)
        copy[i] = gale__set_value(args[i]);
    return copy;
}

int gale_value_call(gale_rendering *r, gale_value function, const gale_value *args, size_t n_args,
                    gale_value *out)
{
    gale_call call = { .rendering = r, .n_args = (uint32_t)n_args };

    if (n_args > UINT32_MAX)
        return gale__raise_limit(r, "the limit of 2**32 arguments");
    call.args = set_arguments(r, args, n_args);
    if (n_args && !call.args)
        return gale_value_memory_error(r);
    return gale__call_value(r, function, &call, out);
}

/* --- *args and **keywords ---- */

/* What a message calls that which is called. */
static const char *name_of(const gale_template_call_site *site, gale_value f)
{
    const struct gale__function_value *function = f.u.p;

    if (f.kind == GALE_VALUE_FUNCTION)
        return function->name ? function->name->name : "<lambda>";
    if (site->method.len)
        return site->method.ptr; /* a slice of a text that ends there: it is a name */
    return gale_value_type(f);
}

/* The positional arguments, with all that star has. */
static int spread_positional(gale_rendering *r, const char *name, gale_value star, gale_call *call)
{
    const gale_value *items;
    gale_value *args;
    uint32_t n;

    if (!gale__is_iterable(star))
        return gale__raise(r, GALE__TYPE_ERROR, "%s() argument after * must be an iterable, not %s",
                           name, gale_value_type(star));
    if (gale__items_of(r, star, &items, &n) < 0 || gale__steps(r, n) < 0)
        return r->code;
    args = gale__alloc_array(r, (size_t)call->n_args + n, sizeof(*args));
    if (!args)
        return gale_value_memory_error(r);
    if (call->n_args)
        memcpy(args, call->args, call->n_args * sizeof(*args));
    if (n)
        memcpy(args + call->n_args, items, n * sizeof(*args));
    call->args = args;
    call->n_args += n;
    return 0;
}

static int check_keyword(gale_rendering *r, const char *name, const gale_call *call, gale_value key)
{
    if (key.kind != GALE_VALUE_TEXT)
        return gale__raise(r, GALE__TYPE_ERROR, "keywords must be strings");
    for (uint32_t i = 0; i < call->n_keywords; i++)
        if (gale__str_equal(call->keywords[i], gale__value_slice(key)))
            return gale__raise(r, GALE__TYPE_ERROR,
                               "%s() got multiple values for keyword argument '%.*s'", name,
                               (int)key.len, key.u.s);
    return 0;
}

/* The keyword arguments, with all that the dict stars has. */
static int spread_keywords(gale_rendering *r, const char *name, gale_value stars, gale_call *call)
{
    const struct gale__dict_entry *e;
    struct gale__dict_value *d;
    gale_value copy;
    gale_value *values;
    gale_str *keywords;
    uint32_t n = call->n_keywords;
    uint32_t at = 0;

    if (stars.kind != GALE_VALUE_DICT && stars.kind != GALE_VALUE_MAP)
        return gale__raise(r, GALE__TYPE_ERROR, "%s() argument after ** must be a mapping, not %s",
                           name, gale_value_type(stars));
    if (gale__dict_new(r, &copy) < 0 || gale__dict_update(r, gale__dict(copy), stars) < 0)
        return r->code;
    d = gale__dict(copy);
    values = gale__alloc_array(r, (size_t)n + d->n, sizeof(*values));
    keywords = gale__alloc_array(r, (size_t)n + d->n, sizeof(*keywords));
    if (!values || !keywords)
        return gale_value_memory_error(r);
    if (n) {
        memcpy(values, call->keyword_args, n * sizeof(*values));
        memcpy(keywords, call->keywords, n * sizeof(*keywords));
    }
    while ((e = gale__dict_next(d, &at)) != NULL) {
        if (check_keyword(r, name, call, e->key) < 0)
            return r->code;
        values[n] = e->value;
        keywords[n++] = gale__value_slice(e->key);
    }
    call->keyword_args = values;
    call->keywords = keywords;
    call->n_keywords = n;
    return 0;
}

/* --- the instructions ---- */

/* The arguments behind stack[0], spread where the call says so. */
static int gather(gale_rendering *r, const gale_template_call_site *site, gale_value f,
                  const gale_value *stack, gale_call *call)
{
    const gale_value *next = stack + 1 + site->n_args + site->n_keywords;
    int code = 0;

    *call = (gale_call){ .rendering = r,
                         .args = stack + 1,
                         .keyword_args = stack + 1 + site->n_args,
                         .keywords = site->keywords,
                         .n_args = site->n_args,
                         .n_keywords = site->n_keywords };
    if (site->has_star)
        code = spread_positional(r, name_of(site, f), *next++, call);
    if (code == 0 && site->has_star_star)
        code = spread_keywords(r, name_of(site, f), *next, call);
    return code;
}

int gale__op_call(gale_rendering *r, const gale_template_call_site *site, gale_value *stack)
{
    gale_call call;
    int code = gather(r, site, stack[0], stack, &call);

    return code < 0 ? code : gale__call_value(r, stack[0], &call, stack);
}

/* The method as a C function that takes the value as it is, or NULL. */
static const gale_name *direct_method(gale_value v, gale_str name)
{
    const gale_name *found;

    if (v.kind == GALE_VALUE_OBJECT)
        found = gale__object_name(((const struct gale__object_value *)v.u.p)->cls, name);
    else
        found = name.len && name.ptr[0] == '_'
                    ? NULL
                    : gale__find_method((enum gale_value_kind)v.kind, name);
    return found && found->function ? found : NULL;
}

int gale__op_call_method(gale_rendering *r, const gale_template_call_site *site, gale_value *stack)
{
    const gale_name *method = direct_method(stack[0], site->method);
    gale_value f = { 0 };
    gale_call call;
    int code = 0;

    if (!method)
        code = gale__op_attribute(r, stack[0], site->method, &f);
    if (code == 0)
        code = gather(r, site, f, stack, &call);
    if (code < 0)
        return code;
    if (method)
        return call_name(r, method, NULL, stack[0], &call, stack);
    return gale__call_value(r, f, &call, stack);
}
