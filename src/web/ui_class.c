/* ui_class.c - an application's UI modules with what they inherit filled in. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "web/templates.h"
#include "web/ui_module.h"

enum { MAX_PARENTS = 32, MAX_STATE = 1 << 20 };

/* The first version of the struct ended with get_assets. */
enum { FIRST_SIZE = offsetof(gale_ui_module, get_assets) + sizeof(void *) };

static void copy(gale_ui_module *to, const gale_ui_module *from)
{
    size_t size = from->size ? from->size : FIRST_SIZE;

    *to = (gale_ui_module){ 0 };
    memcpy(to, from, size < sizeof(*to) ? size : sizeof(*to));
}

static bool has_assets(const gale_ui_assets *a)
{
    return a->embedded_javascript || a->javascript_files || a->embedded_css || a->css_files ||
           a->html_head || a->html_body;
}

#define INHERIT(field) own->field = own->field ? own->field : parent->field

static void inherit_assets(gale_ui_assets *own, const gale_ui_assets *parent)
{
    INHERIT(embedded_javascript);
    INHERIT(javascript_files);
    INHERIT(embedded_css);
    INHERIT(css_files);
    INHERIT(html_head);
    INHERIT(html_body);
}

static void inherit(gale_ui_module *own, const gale_ui_module *parent)
{
    if (!has_assets(&own->assets))
        INHERIT(get_assets);
    INHERIT(state_size);
    INHERIT(render);
    inherit_assets(&own->assets, &parent->assets);
}

#undef INHERIT

static int check(const gale_ui_module *m, size_t parent_state)
{
    if (!m->render)
        return gale_err(GALE_EINVAL, "ui_modules: %s has no render", m->name);
    if (m->state_size > MAX_STATE)
        return gale_err(GALE_EINVAL, "ui_modules: state_size %zu of %s is more than %d",
                        m->state_size, m->name, MAX_STATE);
    if (m->state_size < parent_state)
        return gale_err(GALE_EINVAL,
                        "ui_modules: state_size %zu of %s is smaller than its "
                        "parent's %zu",
                        m->state_size, m->name, parent_state);
    return 0;
}

/* From the eldest parent down. */
static int resolve(gale_ui_module *out, const gale_ui_module *m)
{
    size_t parent_state = 0;
    gale_ui_module parent;
    int depth = 0;

    copy(out, m);
    for (m = out->parent; m; m = parent.parent) {
        if (++depth > MAX_PARENTS)
            return gale_err(GALE_EINVAL, "ui_modules: %s has more than %d parents", out->name,
                            MAX_PARENTS);
        copy(&parent, m);
        inherit(out, &parent);
        parent_state = parent.state_size > parent_state ? parent.state_size : parent_state;
    }
    return check(out, parent_state);
}

static const struct gale__ui_class *find(const struct gale__ui_class *list, const char *name)
{
    while (list && strcmp(list->m.name, name) != 0)
        list = list->next;
    return list;
}

static int add(const gale_ui_module *m, size_t i, struct gale__arena *arena,
               const struct gale__ui_class **list)
{
    struct gale__ui_class *c;
    int r;

    if (!m->name || !*m->name)
        return gale_err(GALE_EINVAL, "ui_modules: module %zu has no name", i + 1);
    if (find(*list, m->name))
        return gale_err(GALE_EINVAL, "ui_modules: two are called %s", m->name);
    c = gale__arena_zalloc(arena, sizeof(*c));
    if (!c)
        return -ENOMEM;
    r = resolve(&c->m, m);
    c->next = *list;
    *list = c;
    return r;
}

int gale__ui_classes(const gale_ui_module *const *list, struct gale__arena *arena,
                     const struct gale__ui_class **out)
{
    const struct gale__ui_class *all = NULL;
    int r = 0;

    for (size_t i = 0; list && list[i] && r >= 0; i++)
        r = add(list[i], i, arena, &all);
    for (size_t i = 0; gale__ui_builtins[i] && r >= 0; i++)
        if (!find(all, gale__ui_builtins[i]->name))
            r = add(gale__ui_builtins[i], i, arena, &all);
    if (r >= 0)
        *out = all;
    return r;
}
