/* names.c - what a name stands for: looked up at its first use, then kept in its slot. */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>
#include <string.h>

#include "base/str.h"
#include "template/memory.h"

/* A function as a value: with the names it was found in. */
static int function_value(gale_rendering *r, const gale_name *name, void *context, gale_value self,
                          gale_value *out)
{
    struct gale__function_value *f = gale__alloc(r, sizeof(*f));

    if (!f)
        return r->code;
    *f = (struct gale__function_value){ .name = name, .context = context, .self = self };
    *out = (gale_value){ GALE_VALUE_FUNCTION, 0, 0, 0, { .p = f } };
    return 0;
}

static int compute(gale_rendering *r, const gale_name *name, void *context, gale_value self,
                   gale_value *out)
{
    gale_call call = {
        .rendering = r, .data = name->data, .context = context, .self = self, .name = name->name
    };
    gale_value value = { 0 };
    int code = gale__host_begin(r);

    if (code == 0)
        code = gale__host_end(r, name->lazy(&call, &value));
    code = gale__host_result(r, code);
    if (code < 0)
        return code;
    *out = gale__set_value(value);
    return 0;
}

int gale__name_value(gale_rendering *r, const gale_name *name, void *context, gale_value self,
                     gale_value *out)
{
    if (name->function)
        return function_value(r, name, context, self, out);
    if (name->lazy)
        return compute(r, name, context, self, out);
    *out = name->text ? gale_value_borrowed_text(name->text, strlen(name->text))
                      : gale_value_none();
    return 0;
}

const gale_name *gale__find_name(const gale_name *names, gale_str name)
{
    for (; names && names->name; names++)
        if (names->name[0] == name.ptr[0] && strncmp(names->name, name.ptr, name.len) == 0 &&
            names->name[name.len] == 0)
            return names;
    return NULL;
}

/* 1 with the value, 0, or a failure of a lazy one. */
static int look_in(gale_rendering *r, const gale_namespace *names, gale_str name, gale_value *out)
{
    for (; names; names = names->next) {
        const gale_name *found;
        json_t *json = NULL;
        int code;

        if (json_is_object(names->values))
            json = json_object_getn(names->values, name.ptr, name.len);
        if (json) {
            *out = gale_value_json(json);
            return 1;
        }
        found = gale__find_name(names->names, name);
        if (found) {
            code = gale__name_value(r, found, names->context, (gale_value){ 0 }, out);
            return code < 0 ? code : 1;
        }
    }
    return 0;
}

int gale__resolve_global(gale_rendering *r, uint32_t index)
{
    struct gale__rendering *g = gale__rendering(r);
    gale_str name = g->program->globals[index];
    gale_value value = { 0 };
    int found = name.len ? look_in(r, g->names, name, &value) : 0;

    if (found == 0 && name.len)
        found = look_in(r, g->options->names, name, &value);
    if (found == 0)
        found = gale__find_builtin(r, name, &value);
    if (found < 0)
        return found;
    if (found == 0)
        return gale__raise_name(r, name);
    r->globals[index] = value;
    return 0;
}

int gale__load_local(gale_rendering *r, uint32_t local, gale_value *out)
{
    struct gale__rendering *g = gale__rendering(r);
    gale_str name = g->program->local_names[local];
    int32_t global = g->program->local_fallbacks[local];
    int code = 0;

    if (global >= 0 && r->globals[global].kind == GALE_VALUE_UNSET)
        code = gale__resolve_global(r, (uint32_t)global);
    if (global >= 0 && code == 0) {
        *out = r->globals[global];
        return 0;
    }
    if (code < 0 && !g->unknown_name.ptr) /* another failure than that nobody has it */
        return code;
    code = gale__raise(r, GALE__UNBOUND_LOCAL_ERROR,
                       "cannot access local variable '%.*s' where it is not associated with a "
                       "value",
                       (int)name.len, name.ptr);
    g->unknown_name = name;
    return code;
}

int gale__op_set_attribute(gale_rendering *r, gale_value v, gale_str name)
{
    return gale__raise(r, GALE__ATTRIBUTE_ERROR, "attribute '%.*s' of '%s' cannot be set",
                       (int)name.len, name.ptr, gale_value_type(v));
}
