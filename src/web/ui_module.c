/* ui_module.c - UI modules in templates: the object "modules", their instances, those there always
 * are.
 *
 * A module is made for a request when it is first used, and lives in its memory.
 */
/* SPDX-License-Identifier: MIT */
#include "web/ui_module.h"

#include <errno.h>
#include <string.h>

#include <gale/json.h>

#include "base/context.h"
#include "base/str.h"
#include "template/operators.h"
#include "template/raise.h"
#include "template/rendering.h"

gale_handler *gale_module_handler(gale_module *self)
{
    return self->handler;
}

void *gale_module_state(gale_module *self)
{
    return self + 1;
}

/* The module of that class, made and put behind those in use when it is not among them. */
static gale_module *find_instance(gale_handler *handler, const struct gale__ui_class *cls)
{
    struct gale__page *page = gale__page(handler);
    gale_module **at = page ? &page->modules : NULL;

    while (at && *at && (*at)->cls != cls)
        at = &(*at)->next;
    if (!at || *at)
        return at ? *at : NULL;
    *at = gale__arena_zalloc(&handler->x->arena, sizeof(**at) + cls->m.state_size);
    if (*at) {
        (*at)->handler = handler;
        (*at)->cls = cls;
    }
    return *at;
}

/* --- "modules" -------------------------------------------------------------------------- */

static int call_module(gale_call *call, gale_value *out)
{
    const struct gale__ui_class *cls = gale_call_object(call);
    gale_handler *handler = gale_call_handler(call);
    gale_module *m = handler ? find_instance(handler, cls) : NULL;

    if (!m)
        return -ENOMEM;
    call->name = cls->m.name;
    return cls->m.render(m, call, out);
}

static const gale_object_class module_class = { .name = "UI module", .call = call_module };

static const struct gale__ui_class *find_class(const gale_handler *handler, gale_str name)
{
    const struct gale__ui_class *c = handler->app->templates.ui_classes;

    while (c && !gale__str_equal(gale__str(c->m.name), name))
        c = c->next;
    return c;
}

/* "there is no UI module Entri; there are Entry, Template …" */
static int raise_unknown(gale_rendering *r, const gale_handler *handler, gale_str name,
                         const char *exception)
{
    char list[256];
    size_t len = 0;

    list[0] = 0;
    for (const struct gale__ui_class *c = handler->app->templates.ui_classes; c; c = c->next) {
        size_t n = strlen(c->m.name);

        if (len + n + 3 > sizeof(list))
            break;
        len = (size_t)(stpcpy(stpcpy(list + len, len ? ", " : ""), c->m.name) - list);
    }
    return gale_value_raise(r, exception, "there is no UI module '%.*s'; there are %s",
                            (int)(name.len < 100 ? name.len : 100), name.ptr, list);
}

static int get(gale_rendering *r, gale_handler *handler, gale_str name, const char *exception,
               gale_value *out)
{
    const struct gale__ui_class *c = find_class(handler, name);

    if (!c)
        return raise_unknown(r, handler, name, exception);
    return gale_value_object(r, out, &module_class, (void *)c);
}

static int get_attribute(gale_rendering *r, void *handler, gale_str name, gale_value *out)
{
    return get(r, handler, name, "AttributeError", out);
}

static int get_item(gale_rendering *r, void *handler, gale_value key, gale_value *out)
{
    if (key.kind != GALE_VALUE_TEXT)
        return GALE_ENOTFOUND;
    return get(r, handler, (gale_str){ key.u.s, key.len }, "KeyError", out);
}

static const gale_object_class modules_class = {
    .name = "modules",
    .get_attribute = get_attribute,
    .get_item = get_item,
};

int gale__ui_modules_value(gale_call *call, gale_value *out)
{
    gale_handler *handler = gale_call_handler(call);

    return handler ? gale_value_object(call->rendering, out, &modules_class, handler) : -ENOMEM;
}

/* --- rendering a template --------------------------------------------------------------- */

/* Names of the exceptions that may go on through a module, as the message of one begins. */
static const char *exception_of(const char *message, size_t *len)
{
    const char *colon = strstr(message, ": ");

    if (!colon)
        return NULL;
    *len = (size_t)(colon - message);
    for (int i = 0; i < GALE__N_EXCEPTIONS; i++)
        if (strlen(gale__exception_names[i]) == *len &&
            memcmp(gale__exception_names[i], message, *len) == 0)
            return gale__exception_names[i];
    return NULL;
}

/* An exception in the inner template is one of its class in the outer one. */
static int pass_on(gale_rendering *r, int code)
{
    char text[GALE__ERROR_TEXT];
    const char *name;
    size_t len;

    if (code != GALE_EINVAL)
        return code;
    memcpy(text, gale_strerror(code), strlen(gale_strerror(code)) + 1);
    name = exception_of(text, &len);
    return name ? gale_value_raise(r, name, "%s", text + len + 2) : code;
}

/* Renders a template as a module's text: names are those above the handler's. */
static int render_text(gale_module *self, gale_call *call, gale_value *result, const char *path,
                       gale_namespace names)
{
    struct gale__ui_resources_call resources = { self, path };
    const gale_namespace below = { .names = gale__ui_resource_names, .context = &resources };
    struct gale__page_out out;
    int r;

    names.next = &below;
    gale__page_out_init(&out, NULL);
    r = gale__page_render(self->handler, path, &names, &out);
    if (r >= 0)
        gale__output_give(gale__rendering(call->rendering), out.out.len);
    r = r < 0 ? pass_on(call->rendering, r)
              : gale_value_text_n(call->rendering, result, out.out.data, out.out.len);
    gale__page_out_free(&out);
    return r;
}

int gale_module_render_at(gale_module *self, gale_call *call, gale_value *result, const char *name,
                          struct json_t *values, bool may_be_null, const char *file, int line)
{
    gale_namespace names = { .values = values };
    int r = gale__page_check_values(values, may_be_null, "gale_module_render", file, line);

    if (r >= 0)
        r = render_text(self, call, result, name, names);
    json_decref(values);
    return r;
}

/* --- those there always are ------------------------------------------------------------- */

/* A keyword of the call as a name of the template: .data is its value. */
static int keyword_value(gale_call *call, gale_value *out)
{
    return gale__value_copy(call->rendering, *(const gale_value *)call->data, out);
}

/* The keywords as names, in memory of the outer rendering. */
static int names_of(gale_call *call, const gale_name **out)
{
    gale_name *names = gale_value_alloc(call->rendering, (call->n_keywords + 1) * sizeof(*names));

    if (!names)
        return gale_value_memory_error(call->rendering);
    for (uint32_t i = 0; i < call->n_keywords; i++) {
        char *name = gale_value_alloc(call->rendering, call->keywords[i].len + 1);

        if (!name)
            return gale_value_memory_error(call->rendering);
        *(char *)mempcpy(name, call->keywords[i].ptr, call->keywords[i].len) = 0;
        names[i] = (gale_name){ .name = name,
                                .lazy = keyword_value,
                                .data = (void *)&call->keyword_args[i] };
    }
    names[call->n_keywords] = (gale_name){ 0 };
    *out = names;
    return 0;
}

static int template_render(gale_module *self, gale_call *call, gale_value *result)
{
    gale_namespace names = { .context = self->handler };
    const char *path;
    int r = 0;

    if (call->n_args != 1)
        return gale_value_raise(call->rendering, "TypeError",
                                "Template() takes 1 positional argument but %u were given",
                                call->n_args);
    r = gale_call_text(call, 0, NULL, &path);
    if (r >= 0)
        r = names_of(call, &names.names);
    return r < 0 ? r : render_text(self, call, result, path, names);
}

static int linkify_render(gale_module *self, gale_call *call, gale_value *result)
{
    gale_value function;
    int r = gale__find_builtin(call->rendering, GALE__STR("linkify"), &function);

    (void)self;
    return r < 0 ? r : gale__call_value(call->rendering, function, call, result);
}

static int xsrf_render(gale_module *self, gale_call *call, gale_value *result)
{
    gale_handler *handler = self->handler;
    int r = gale_call_check(call, 0, 0, NULL);
    const char *html = r < 0 ? NULL : gale_xsrf_form_html(handler);

    if (r < 0)
        return r;
    if (html)
        return gale_value_text(call->rendering, result, html);
    return handler->failed < 0 ? handler->failed : -ENOMEM;
}

static const gale_ui_module template_module = {
    .name = "Template",
    .size = sizeof(gale_ui_module),
    .render = template_render,
};

static const gale_ui_module linkify_module = {
    .name = "linkify",
    .size = sizeof(gale_ui_module),
    .render = linkify_render,
};

static const gale_ui_module xsrf_module = {
    .name = "xsrf_form_html",
    .size = sizeof(gale_ui_module),
    .render = xsrf_render,
};

const gale_ui_module *const gale__ui_builtins[] = { &template_module, &linkify_module, &xsrf_module,
                                                    NULL };
