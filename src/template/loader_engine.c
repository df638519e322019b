/* loader_engine.c - another engine as a loader, and what engines ask of namespaces; rendering by
 * name for all kinds. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <gale/json.h>

#include "base/alloc.h"
#include "base/str.h"
#include "template/loader.h"
#include "template/rendering.h"

static void free_engine(gale_loader *loader)
{
    if (loader->engine.free)
        loader->engine.free(loader->engine_arg);
    gale__loader_deinit(loader);
    gale__free(loader);
}

static const struct gale__loader_ops engine_ops = { .free = free_engine };

gale_loader *gale_engine_loader_new(const gale_template_engine *engine, void *arg)
{
    gale_loader *loader;

    if (!engine || !engine->load || !engine->render) {
        gale_err(GALE_EINVAL, "a template engine needs .load and .render");
        return NULL;
    }
    loader = gale__calloc(1, sizeof(*loader));
    if (!loader) {
        gale_err(-ENOMEM, "out of memory");
        return NULL;
    }
    if (gale__loader_init(loader, &engine_ops, NULL, "the engine") < 0) {
        gale__free(loader);
        return NULL;
    }
    loader->engine = *engine;
    loader->engine_arg = arg;
    return loader;
}

/* --- rendering by name --- */

/* A line end behind a report that has none. */
static void end_line(char *report, size_t size)
{
    size_t len = strnlen(report, size - 1);

    if (len && report[len - 1] == '\n')
        return;
    if (len > size - 2)
        len = size - 2;
    report[len] = '\n';
    report[len + 1] = 0;
}

/* What an engine left out of the error. */
static int fill(gale_template_error *error, int code, const char *name)
{
    if (!error->message[0])
        return gale__template_fail(error, code, name, "template '%s': %s", name,
                                   gale_strerror(code));
    error->code = code;
    gale__one_line(error->message);
    if (!error->name[0])
        memcpy(error->name, name, strnlen(name, sizeof(error->name) - 1));
    if (!error->report[0])
        memcpy(error->report, error->message, sizeof(error->message));
    end_line(error->report, sizeof(error->report));
    return gale_err(code, "%s", error->message);
}

static int render_by_engine(const gale_loader *loader, const char *name,
                            const gale_namespace *names, gale_template_out *out,
                            gale_template_error *error)
{
    const gale_template_engine *engine = &loader->engine;
    void *loaded = NULL;
    int r;

    *error = (gale_template_error){ 0 };
    r = engine->load(loader->engine_arg, name, &loaded, error);
    if (r < 0)
        return fill(error, r, name);
    r = engine->render(loader->engine_arg, loaded, names, out, error);
    if (engine->unload)
        engine->unload(loader->engine_arg, loaded);
    return r < 0 ? fill(error, r, name) : 0;
}

static __attribute__((noinline)) int render_untold(gale_loader *loader, const char *name,
                                                   const gale_namespace *names,
                                                   gale_template_out *out)
{
    gale_template_error error;

    return gale_loader_render(loader, name, names, out, &error);
}

int gale_loader_render(gale_loader *loader, const char *name, const gale_namespace *names,
                       gale_template_out *out, gale_template_error *error)
{
    gale_template *t;
    int r;

    if (!error)
        return render_untold(loader, name, names, out);
    if (loader->engine.render)
        return render_by_engine(loader, name, names, out, error);
    t = gale_loader_load(loader, name, error);
    if (!t)
        return error->code;
    r = gale_template_render(t, names, out, error);
    gale_template_unref(t);
    return r;
}

static char *generate_by_engine(gale_loader *loader, const char *name, const gale_namespace *names,
                                size_t *len, gale_template_error *error)
{
    gale_template_out out;
    char *text;

    gale__heap_out_init(&out);
    if (render_by_engine(loader, name, names, &out, error) < 0) {
        gale__heap_out_free(&out);
        return NULL;
    }
    text = gale__heap_out_take(&out, len);
    if (!text)
        gale__template_fail(error, -ENOMEM, name, "template '%s': out of memory", name);
    return text;
}

static __attribute__((noinline)) char *generate_untold(gale_loader *loader, const char *name,
                                                       struct json_t *values, size_t *len)
{
    gale_template_error error;

    return gale_loader_generate(loader, name, values, len, &error);
}

char *gale_loader_generate(gale_loader *loader, const char *name, struct json_t *values,
                           size_t *len, gale_template_error *error)
{
    gale_namespace names = { .values = values };
    gale_template *t = NULL;
    char *text = NULL;

    if (!error)
        return generate_untold(loader, name, values, len);
    if (loader->engine.render)
        text = generate_by_engine(loader, name, &names, len, error);
    else
        t = gale_loader_load(loader, name, error);
    if (t)
        text = gale_template_generate(t, json_incref(values), len, error);
    gale_template_unref(t);
    json_decref(values);
    return text;
}

/* --- names for engines --- */

/* The function of a name and the layer it was found in; values come first. */
static const gale_name *find_name(const gale_namespace **names, const char *name, json_t **value)
{
    for (; *names; *names = (*names)->next) {
        *value = (*names)->values ? json_object_get((*names)->values, name) : NULL;
        if (*value)
            return NULL;
        for (const gale_name *n = (*names)->names; n && n->name; n++)
            if (strcmp(n->name, name) == 0)
                return n;
    }
    return NULL;
}

/* In a rendering made for one lazy name; the result goes to its output's context. */
static int run_lazy(gale_rendering *r)
{
    json_t **result = gale__rendering(r)->host_out->context;
    int code = gale__resolve_global(r, 0);

    if (code < 0)
        return code;
    *result = gale_value_to_json(r, r->globals[0]);
    return *result ? 0 : GALE_EINVAL;
}

static int no_room(gale_template_out *out, size_t need)
{
    (void)out;
    (void)need;
    return GALE_ESTATE;
}

static int get_lazy(const gale_namespace *layer, const char *name, json_t **out)
{
    const gale_str global = gale__str(name);
    const gale_template_place place = { .name = "<name>", .via = -1 };
    const gale_template_position position = { 1, 1, 0 };
    const gale_str source = global;
    const gale_template_program program = {
        .version = GALE_TEMPLATE_RUNTIME,
        .name = "<name>",
        .n_code = 1,
        .n_globals = 1,
        .n_places = 1,
        .n_sources = 1,
        .globals = &global,
        .places = &place,
        .positions = &position,
        .sources = &source,
        .run = run_lazy,
    };
    const gale_template_options options = { 0 };
    gale_template_out to = { .grow = no_room, .context = out };
    gale_template_error error;

    return gale__render(&program, &options, layer, &to, &error);
}

int gale_namespace_get(const gale_namespace *names, const char *name, struct json_t **out)
{
    const gale_name *found;
    json_t *value = NULL;

    *out = NULL;
    found = find_name(&names, name, &value);
    if (value) {
        *out = json_incref(value);
        return 0;
    }
    if (!found)
        return gale_err(GALE_ENOTFOUND, "name '%s' is not defined", name);
    if (found->lazy)
        return get_lazy(names, name, out);
    if (!found->text)
        return gale_err(GALE_EINVAL, "'%s' is a function: it has no JSON form", name);
    *out = json_string(found->text);
    return *out ? 0 : gale_err(-ENOMEM, "out of memory");
}

void gale_namespace_each(const gale_namespace *names, int (*fn)(void *arg, const char *name),
                         void *arg)
{
    for (; names; names = names->next) {
        void *at = names->values ? json_object_iter(names->values) : NULL;

        for (; at; at = json_object_iter_next(names->values, at))
            if (fn(arg, json_object_iter_key(at)))
                return;
        for (const gale_name *n = names->names; n && n->name; n++)
            if (fn(arg, n->name))
                return;
    }
}
