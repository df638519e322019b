/* ui_resources.c - set_resources() in the template of a UI module. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "web/ui_module.h"

static const struct {
    const char *name;
    size_t offset; /* in gale_ui_assets */
    bool is_list;
} fields[] = {
    { "embedded_javascript", offsetof(gale_ui_assets, embedded_javascript), false },
    { "javascript_files", offsetof(gale_ui_assets, javascript_files), true },
    { "embedded_css", offsetof(gale_ui_assets, embedded_css), false },
    { "css_files", offsetof(gale_ui_assets, css_files), true },
    { "html_head", offsetof(gale_ui_assets, html_head), false },
    { "html_body", offsetof(gale_ui_assets, html_body), false },
};

enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]), MAX_FILES = 1000 };

/* The text of a value, in the request's memory. */
static int take_text(gale_call *call, gale_handler *handler, gale_value value, const char **out)
{
    const char *text;
    int r = gale_value_cstr(call->rendering, value, &text);

    if (r < 0)
        return r;
    *out = gale__arena_strndup(&handler->x->arena, text, strlen(text));
    return *out ? 0 : -ENOMEM;
}

/* A text, or all texts of a list. */
static int take_list(gale_call *call, gale_handler *handler, gale_value value,
                     const char *const **out)
{
    bool is_one = value.kind == GALE_VALUE_TEXT || value.kind == GALE_VALUE_BYTES;
    size_t n = 1;
    const char **list;
    int r = is_one ? 0 : gale_value_length(call->rendering, value, &n);

    if (r < 0)
        return r;
    if (n > MAX_FILES)
        return gale_value_raise(call->rendering, "ValueError",
                                "set_resources() takes %d files at most", MAX_FILES);
    list = gale__arena_zalloc(&handler->x->arena, (n + 1) * sizeof(*list));
    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < n && r >= 0; i++) {
        gale_value item = value;

        r = is_one ? 0 : gale_value_nth(call->rendering, value, i, &item);
        if (r >= 0)
            r = take_text(call, handler, item, &list[i]);
    }
    *out = list;
    return r;
}

static int take_keyword(gale_call *call, gale_handler *handler, uint32_t i, gale_ui_assets *out)
{
    size_t f = 0;
    void *field;

    while (f < N_FIELDS && !gale__str_equal(gale__str(fields[f].name), call->keywords[i]))
        f++;
    if (f == N_FIELDS)
        return gale_value_raise(call->rendering, "TypeError",
                                "set_resources() got an unexpected keyword argument '%.*s'",
                                (int)(call->keywords[i].len < 100 ? call->keywords[i].len : 100),
                                call->keywords[i].ptr);
    if (call->keyword_args[i].kind == GALE_VALUE_NONE)
        return 0;
    field = (char *)out + fields[f].offset;
    return fields[f].is_list ? take_list(call, handler, call->keyword_args[i], field)
                             : take_text(call, handler, call->keyword_args[i], field);
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_list(const char *const *a, const char *const *b)
{
    if (!a || !b)
        return a == b;
    while (*a && *b && strcmp(*a, *b) == 0)
        a++, b++;
    return !*a && !*b;
}

static bool is_same(const gale_ui_assets *a, const gale_ui_assets *b)
{
    return is_same_text(a->embedded_javascript, b->embedded_javascript) &&
           is_same_list(a->javascript_files, b->javascript_files) &&
           is_same_text(a->embedded_css, b->embedded_css) &&
           is_same_list(a->css_files, b->css_files) && is_same_text(a->html_head, b->html_head) &&
           is_same_text(a->html_body, b->html_body);
}

/* Keeps what the template of that path said, which is the same each time. */
static int keep(gale_call *call, const struct gale__ui_resources_call *c,
                const gale_ui_assets *assets)
{
    struct gale__arena *arena = &c->module->handler->x->arena;
    struct gale__ui_resources **at = &c->module->resources;

    while (*at && strcmp((*at)->path, c->path) != 0)
        at = &(*at)->next;
    if (*at && is_same(&(*at)->assets, assets))
        return 0;
    if (*at)
        return gale_value_raise(call->rendering, "ValueError",
                                "set_resources called with different resources for the same "
                                "template");
    *at = gale__arena_zalloc(arena, sizeof(**at));
    if (!*at)
        return -ENOMEM;
    (*at)->assets = *assets;
    (*at)->path = gale__arena_strndup(arena, c->path, strlen(c->path));
    if ((*at)->path)
        return 0;
    *at = NULL;
    return -ENOMEM;
}

static int set_resources(gale_call *call, gale_value *result)
{
    const struct gale__ui_resources_call *c = call->context;
    gale_ui_assets assets = { 0 };
    int r = 0;

    if (call->n_args)
        return gale_value_raise(call->rendering, "TypeError",
                                "set_resources() takes keyword arguments only");
    for (uint32_t i = 0; i < call->n_keywords && r >= 0; i++)
        r = take_keyword(call, c->module->handler, i, &assets);
    if (r >= 0)
        r = keep(call, c, &assets);
    *result = gale_value_borrowed_text("", 0);
    return r;
}

const gale_name gale__ui_resource_names[] = {
    { .name = "set_resources", .function = set_resources },
    { 0 },
};
