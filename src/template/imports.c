/* imports.c - {% import %}: modules of the application, then of the language, as values.
 *
 * "a.b" is the module of that name; "a" then is a package even when nobody registered it, whose
 * attribute b is the module.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/str.h"
#include "template/memory.h"

struct module {
    const gale_template_module *names; /* NULL: a package only */
    gale_str path;
};

static const gale_object_class module_class;

static const gale_template_module *find_module(const struct gale__rendering *g, gale_str path)
{
    const gale_template_module *const *m = g->options->modules;

    for (; m && *m; m++)
        if (gale__str_equal(gale__str((*m)->name), path))
            return *m;
    return gale__find_module(path);
}

/* Whether some module's name goes on behind path with a dot. */
static bool is_package(const struct gale__rendering *g, gale_str path)
{
    const gale_template_module *const *m = g->options->modules;

    for (; m && *m; m++)
        if (gale__str_starts_with(gale__str((*m)->name), path) && (*m)->name[path.len] == '.')
            return true;
    return false;
}

/* 1 with the module, 0, or a failure. */
static int make_module(gale_rendering *r, gale_str path, gale_value *out)
{
    struct gale__rendering *g = gale__rendering(r);
    const gale_template_module *names = find_module(g, path);
    struct module *m;
    int code;

    if (!names && !is_package(g, path))
        return 0;
    m = gale__alloc(r, sizeof(*m));
    if (!m)
        return r->code;
    *m = (struct module){ names, path };
    code = gale_value_object(r, out, &module_class, m);
    return code < 0 ? code : 1;
}

/* 1 with the value of that name in the module, 0, or a failure. */
static int find_member(gale_rendering *r, const struct module *m, gale_str name, gale_value *out)
{
    const gale_name *found = m->names && name.len ? gale__find_name(m->names->names, name) : NULL;
    size_t size = m->path.len + 1 + name.len;
    char *path;
    int code;

    if (found) {
        code = gale__name_value(r, found, m->names->context, (gale_value){ 0 }, out);
        return code < 0 ? code : 1;
    }
    path = gale__alloc(r, size);
    if (!path)
        return r->code;
    memcpy(path, m->path.ptr, m->path.len);
    path[m->path.len] = '.';
    memcpy(path + m->path.len + 1, name.ptr, name.len);
    return make_module(r, (gale_str){ path, size }, out);
}

static int module_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    struct module *m = object;
    int found = find_member(r, m, name, out);

    if (found)
        return found < 0 ? found : 0;
    return gale__raise(r, GALE__ATTRIBUTE_ERROR, "module '%.*s' has no attribute '%.*s'",
                       (int)m->path.len, m->path.ptr, (int)name.len, name.ptr);
}

static int module_text(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    struct module *m = object;

    return gale_value_printf(r, out, "<module '%.*s'>", (int)m->path.len, m->path.ptr);
}

static const gale_object_class module_class = {
    .name = "module",
    .get_attribute = module_attribute,
    .to_text = module_text,
};

int gale__op_import(gale_rendering *r, gale_str name, gale_value *out)
{
    int found = make_module(r, name, out);

    if (found)
        return found < 0 ? found : 0;
    return gale__raise(r, GALE__MODULE_NOT_FOUND_ERROR, "No module named '%.*s'", (int)name.len,
                       name.ptr);
}

int gale__op_import_name(gale_rendering *r, gale_value module, gale_str name, gale_value *out)
{
    struct module *m = gale_value_host(module, &module_class);
    int found = m ? find_member(r, m, name, out) : 0;

    if (found)
        return found < 0 ? found : 0;
    return gale__raise(r, GALE__IMPORT_ERROR, "cannot import name '%.*s' from '%.*s'",
                       (int)name.len, name.ptr, m ? (int)m->path.len : 0, m ? m->path.ptr : "");
}
