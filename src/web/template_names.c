/* template_names.c - the names that every template of a handler knows.
 *
 * Their context is the handler. Each is computed at its first use in a rendering; those that a
 * handler is asked for as attributes are the same functions (handler_value.c).
 */
/* SPDX-License-Identifier: MIT */
#include "web/template_names.h"

#include <errno.h>
#include <string.h>

#include <gale/json.h>
#include <gale/staticfile.h>

#include "base/context.h"
#include "base/str.h"
#include "web/locale_value.h"
#include "web/page.h"
#include "web/ui_module.h"

/* A call whose answer is NULL has failed the request, with this. */
static int failed(const gale_handler *self)
{
    return self->failed < 0 ? self->failed : -ENOMEM;
}

int gale__name_current_user(gale_call *call, gale_value *out)
{
    gale_handler *self = gale_call_handler(call);
    bool was_well = !self->failed;
    json_t *user = gale_current_user(self);

    if (!user && self->failed && was_well)
        return self->failed;
    *out = gale_value_json(user);
    return 0;
}

int gale__name_static_url(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "path", "include_host", NULL };
    gale_handler *self = gale_call_handler(call);
    const char *path, *url;
    bool is_full = false;
    int r = gale_call_check(call, 1, 2, names);

    if (r >= 0)
        r = gale_call_text(call, 0, "path", &path);
    if (r >= 0)
        r = gale_value_is_true(call->rendering, gale_call_argument(call, 1, "include_host"));
    if (r < 0)
        return r;
    is_full = r > 0;
    if (!self->app->settings.static_path)
        return gale_value_raise(call->rendering, "Exception",
                                "the setting static_path is needed for static_url");
    url = is_full ? gale_static_url_full(self, path) : gale_static_url(self, path);
    return url ? gale_value_text(call->rendering, out, url) : failed(self);
}

/* The texts of the arguments behind the first one, ended by NULL. */
static int take_texts(gale_call *call, const char **texts)
{
    int r = 0;

    for (uint32_t i = 1; i < call->n_args && r >= 0; i++)
        r = gale_value_cstr(call->rendering, call->args[i], &texts[i - 1]);
    return r;
}

int gale__name_reverse_url(gale_call *call, gale_value *out)
{
    const char *texts[GALE__ROUTE_GROUPS_MAX + 2] = { NULL };
    const char *name, *url;
    int r = gale_call_check(call, 1, GALE__ROUTE_GROUPS_MAX + 1, NULL);

    if (r >= 0)
        r = gale_call_text(call, 0, "name", &name);
    if (r >= 0)
        r = take_texts(call, texts);
    if (r < 0)
        return r;
    url = gale__reverse_url(gale_call_handler(call), name, texts);
    if (url)
        return gale_value_text(call->rendering, out, url);
    if (gale__error_code() != GALE_ENOTFOUND)
        return -ENOMEM;
    return gale_value_raise(call->rendering, "KeyError", "%s", gale_strerror(GALE_ENOTFOUND));
}

int gale__name_xsrf_form_html(gale_call *call, gale_value *out)
{
    gale_handler *self = gale_call_handler(call);
    int r = gale_call_check(call, 0, 0, NULL);
    const char *html = r < 0 ? NULL : gale_xsrf_form_html(self);

    if (r < 0)
        return r;
    return html ? gale_value_text(call->rendering, out, html) : failed(self);
}

static int find_handler(gale_call *call, gale_value *out)
{
    return gale__handler_value(call->rendering, gale_call_handler(call), out);
}

int gale__name_request(gale_call *call, gale_value *out)
{
    return gale__request_value(call->rendering, gale_call_handler(call), out);
}

const gale_name gale__handler_names[] = {
    { .name = "_", .function = gale__locale_translate },
    { .name = "_tt_modules", .lazy = gale__ui_modules_value },
    { .name = "current_user", .lazy = gale__name_current_user },
    { .name = "handler", .lazy = find_handler },
    { .name = "locale", .lazy = gale__locale_value },
    { .name = "modules", .lazy = gale__ui_modules_value },
    { .name = "pgettext", .function = gale__locale_pgettext },
    { .name = "request", .lazy = gale__name_request },
    { .name = "reverse_url", .function = gale__name_reverse_url },
    { .name = "static_url", .function = gale__name_static_url },
    { .name = "xsrf_form_html", .function = gale__name_xsrf_form_html },
    { 0 },
};
