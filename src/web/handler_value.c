/* handler_value.c - a handler as templates see it: what they may ask it. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <gale/json.h>

#include "base/regex.h"
#include "base/str.h"
#include "web/argument_list.h"
#include "web/locale_value.h"
#include "web/template_names.h"

/* --- arguments -------------------------------------------------------------------------- */

static const char *const argument_names[] = { "name", "default", "strip", NULL };
static const char *const cookie_names[] = { "name", "default", NULL };
static const char *const list_names[] = { "name", "strip", NULL };

/* The argument strip, which is at an index: 1 (also when it was not given) or 0. */
static int take_strip(gale_call *call, size_t index)
{
    gale_value strip = gale_call_argument(call, index, "strip");

    return strip.kind == GALE_VALUE_UNSET ? 1 : gale_value_is_true(call->rendering, strip);
}

/* What was found, else the default, else a 400 that names the argument. */
static int give_argument(gale_call *call, const char *name, const char *text, gale_value *out)
{
    gale_value fallback = gale_call_argument(call, 1, "default");

    if (text)
        return gale_value_text(call->rendering, out, text);
    if (fallback.kind == GALE_VALUE_UNSET)
        return gale__handler_refuse(gale_call_object(call), "Missing argument %s", name);
    *out = fallback;
    return 0;
}

typedef const char *getter(gale_handler *self, const char *name, const char *fallback);

static int get_one(gale_call *call, getter *stripped, getter *raw, gale_value *out)
{
    const char *name;
    int r = gale_call_check(call, 1, 3, argument_names);

    if (r >= 0)
        r = gale_call_text(call, 0, "name", &name);
    if (r >= 0)
        r = take_strip(call, 2);
    if (r < 0)
        return r;
    return give_argument(call, name, (r ? stripped : raw)(gale_call_object(call), name, NULL), out);
}

static int get_argument(gale_call *call, gale_value *out)
{
    return get_one(call, gale_get_argument, gale_get_argument_raw, out);
}

static int get_query_argument(gale_call *call, gale_value *out)
{
    return get_one(call, gale_get_query_argument, gale__get_query_argument_raw, out);
}

static int get_body_argument(gale_call *call, gale_value *out)
{
    return get_one(call, gale_get_body_argument, gale__get_body_argument_raw, out);
}

static int give_list(gale_call *call, const char *const *texts, gale_value *out)
{
    int r = gale_value_list(call->rendering, out, NULL, 0);

    for (; r >= 0 && *texts; texts++) {
        gale_value text;

        r = gale_value_text(call->rendering, &text, *texts);
        if (r >= 0)
            r = gale_value_append(call->rendering, *out, text);
    }
    return r;
}

typedef const char *const *list_getter(gale_handler *self, const char *name, size_t *n);

static int get_list(gale_call *call, list_getter *stripped, list_getter *raw, gale_value *out)
{
    const char *name;
    int r = gale_call_check(call, 1, 2, list_names);

    if (r >= 0)
        r = gale_call_text(call, 0, "name", &name);
    if (r >= 0)
        r = take_strip(call, 1);
    if (r < 0)
        return r;
    return give_list(call, (r ? stripped : raw)(gale_call_object(call), name, NULL), out);
}

static int get_arguments(gale_call *call, gale_value *out)
{
    return get_list(call, gale_get_arguments, gale__get_arguments_raw, out);
}

static int get_query_arguments(gale_call *call, gale_value *out)
{
    return get_list(call, gale_get_query_arguments, gale__get_query_arguments_raw, out);
}

static int get_body_arguments(gale_call *call, gale_value *out)
{
    return get_list(call, gale_get_body_arguments, gale__get_body_arguments_raw, out);
}

static int get_cookie(gale_call *call, gale_value *out)
{
    const char *name, *text;
    int r = gale_call_check(call, 1, 2, cookie_names);

    if (r >= 0)
        r = gale_call_text(call, 0, "name", &name);
    if (r < 0)
        return r;
    text = gale_get_cookie(gale_call_object(call), name, NULL);
    if (text)
        return gale_value_text(call->rendering, out, text);
    *out = gale_call_argument(call, 1, "default");
    return 0; /* UNSET is None */
}

static int get_signed_cookie(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "name", "max_age_days", NULL };
    gale_handler *self = gale_call_object(call);
    double days = 0;
    const char *name;
    gale_str value;
    int r = gale_call_check(call, 1, 2, names);

    if (r >= 0)
        r = gale_call_text(call, 0, "name", &name);
    if (r >= 0 && gale_call_argument(call, 1, "max_age_days").kind != GALE_VALUE_UNSET)
        r = gale_call_float(call, 1, "max_age_days", &days);
    if (r < 0)
        return r;
    value = gale_get_signed_cookie(self, name, days);
    return value.ptr ? gale_value_bytes(call->rendering, out, value.ptr, value.len) : 0;
}

/* --- the path --------------------------------------------------------------------------- */

static int give_text(gale_rendering *r, const char *text, gale_value *out)
{
    *out = gale_value_none();
    return text ? gale_value_text(r, out, text) : 0;
}

static const char *group_name(const gale_handler *self, size_t i)
{
    return self->route->regex ? gale__regex_group_name(self->route->regex, i + 1) : NULL;
}

static int path_args(gale_call *call, gale_value *out)
{
    gale_handler *self = gale_call_object(call);
    int r = gale_value_list(call->rendering, out, NULL, 0);

    for (size_t i = 0; i < self->route->n_groups && r >= 0; i++) {
        gale_value text;

        if (group_name(self, i))
            continue;
        r = give_text(call->rendering, gale_path_argument(self, i), &text);
        if (r >= 0)
            r = gale_value_append(call->rendering, *out, text);
    }
    return r;
}

static int path_kwargs(gale_call *call, gale_value *out)
{
    gale_handler *self = gale_call_object(call);
    int r = gale_value_dict(call->rendering, out);

    for (size_t i = 0; i < self->route->n_groups && r >= 0; i++) {
        const char *name = group_name(self, i);
        gale_value key = gale_value_none(), text = key;

        if (!name)
            continue;
        r = give_text(call->rendering, name, &key);
        if (r >= 0)
            r = give_text(call->rendering, gale_path_argument(self, i), &text);
        if (r >= 0)
            r = gale_value_set(call->rendering, *out, key, text);
    }
    return r;
}

/* --- the rest --------------------------------------------------------------------------- */

static int xsrf_token(gale_call *call, gale_value *out)
{
    gale_handler *self = gale_call_object(call);
    const char *token = gale_xsrf_token(self);

    if (!token)
        return self->failed < 0 ? self->failed : -ENOMEM;
    return gale_value_text(call->rendering, out, token);
}

static int get_status(gale_call *call, gale_value *out)
{
    *out = gale_value_int(gale_get_status(gale_call_object(call)));
    return gale_call_check(call, 0, 0, NULL);
}

static int get_login_url(gale_call *call, gale_value *out)
{
    const char *url = gale_login_url(gale_call_object(call));

    return url ? gale_value_text(call->rendering, out, url) : GALE_ESTATE;
}

/* What of the settings a page may be made by. */
static int settings(gale_call *call, gale_value *out)
{
    gale_handler *self = gale_call_object(call);
    const gale_settings *s = &self->app->settings;
    json_t *object = json_pack("{s:b, s:s?, s:s?, s:b}", "debug", s->debug == GALE_ON, "login_url",
                               s->login_url, "static_url_prefix", s->static_url_prefix,
                               "xsrf_cookies", s->xsrf_cookies == GALE_ON);

    return object ? gale_value_take_json(call->rendering, out, object) : -ENOMEM;
}

static const gale_name attributes[] = {
    { .name = "current_user", .lazy = gale__name_current_user },
    { .name = "get_argument", .function = get_argument },
    { .name = "get_arguments", .function = get_arguments },
    { .name = "get_body_argument", .function = get_body_argument },
    { .name = "get_body_arguments", .function = get_body_arguments },
    { .name = "get_cookie", .function = get_cookie },
    { .name = "get_login_url", .function = get_login_url },
    { .name = "get_query_argument", .function = get_query_argument },
    { .name = "get_query_arguments", .function = get_query_arguments },
    { .name = "get_secure_cookie", .function = get_signed_cookie },
    { .name = "get_signed_cookie", .function = get_signed_cookie },
    { .name = "get_status", .function = get_status },
    { .name = "locale", .lazy = gale__locale_value },
    { .name = "path_args", .lazy = path_args },
    { .name = "path_kwargs", .lazy = path_kwargs },
    { .name = "request", .lazy = gale__name_request },
    { .name = "reverse_url", .function = gale__name_reverse_url },
    { .name = "settings", .lazy = settings },
    { .name = "static_url", .function = gale__name_static_url },
    { .name = "xsrf_form_html", .function = gale__name_xsrf_form_html },
    { .name = "xsrf_token", .lazy = xsrf_token },
    { 0 },
};

static const gale_object_class handler_class = { .name = "handler", .attributes = attributes };

int gale__handler_value(gale_rendering *r, gale_handler *self, gale_value *out)
{
    return gale_value_object(r, out, &handler_class, self);
}
