/* inspect.c - the request as JSON. */
/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "httpbin.h"

/* Text as it is, anything else as a data: URL. */
static json_t *text_or_data(gale_handler *self, gale_str bytes, const char *type)
{
    json_t *text = json_stringn(bytes.ptr ? bytes.ptr : "", bytes.len);
    const char *encoded;

    if (text)
        return text;
    encoded = base64_encode(self, bytes);
    return encoded ? json_sprintf("data:%s;base64,%s", type, encoded) : NULL;
}

typedef const char *const *(*getter)(gale_handler *self, const char *name, size_t *n);

/* A name with several values has a list of them. */
static json_t *arguments(gale_handler *self, getter get)
{
    json_t *all = json_object();
    const char *name, *value;
    size_t n;

    for (size_t i = 0; gale_argument_at(self, i, &name, &value); i++) {
        const char *const *values = get(self, name, &n);
        json_t *list = json_array();

        for (size_t j = 0; j < n; j++)
            json_array_append_new(list, json_string(values[j]));
        if (n == 1)
            json_object_set(all, name, json_array_get(list, 0));
        else if (n > 1)
            json_object_set(all, name, list);
        json_decref(list);
    }
    return all;
}

/* content-type as Content-Type */
static const char *title_case(gale_handler *self, gale_str name)
{
    char *title = gale_printf_alloc(self, "%.*s", (int)name.len, name.ptr);

    for (char *c = title; c && *c; c++)
        *c = (char)(c == title || c[-1] == '-' ? toupper((unsigned char)*c)
                                               : tolower((unsigned char)*c));
    return title;
}

/* What proxies in front of a public httpbin add. */
static bool is_environment(const char *name)
{
    static const char *const names[] = {
        "X-Varnish",
        "X-Request-Start",
        "X-Heroku-Queue-Depth",
        "X-Real-Ip",
        "X-Forwarded-Proto",
        "X-Forwarded-Protocol",
        "X-Forwarded-Ssl",
        "X-Heroku-Queue-Wait-Time",
        "X-Forwarded-For",
        "X-Heroku-Dynos-In-Use",
        "X-Forwarded-Port",
        "X-Request-Id",
        "Via",
        "Total-Route-Time",
        "Connect-Time",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

static json_t *headers(gale_handler *self)
{
    gale_request *request = gale_handler_request(self);
    bool show_all = gale_get_query_argument(self, "show_env", NULL);
    json_t *all = json_object();
    gale_str name, value;

    for (size_t i = 0; gale_request_header_at(request, i, &name, &value); i++) {
        const char *title = title_case(self, name);

        if (title && (show_all || !is_environment(title)))
            json_object_set_new(all, title, json_string(gale_request_header(request, title)));
    }
    return all;
}

static json_t *files(gale_handler *self)
{
    json_t *all = json_object();
    const gale_file *file;

    for (size_t i = 0; (file = gale_get_file(self, NULL, i)); i++)
        if (!json_object_get(all, file->name))
            json_object_set_new(all, file->name,
                                text_or_data(self, file->body, file->content_type));
    return all;
}

static bool is_form(gale_handler *self)
{
    const char *type = gale_request_header(gale_handler_request(self), "Content-Type");

    return type && (!strncasecmp(type, "application/x-www-form-urlencoded", 33) ||
                    !strncasecmp(type, "multipart/form-data", 19));
}

static void add_body(gale_handler *self, json_t *all, int what)
{
    gale_str body = is_form(self) ? (gale_str){ "", 0 } : gale_handler_request(self)->body;
    json_t *value = NULL;

    if (what & SHOW_BODY) {
        json_object_set_new(all, "form", arguments(self, gale_get_body_arguments));
        json_object_set_new(all, "files", files(self));
        json_object_set_new(all, "data", text_or_data(self, body, "application/octet-stream"));
    }
    if (what & SHOW_JSON) {
        value = body.len ? gale_json_decode(body, NULL) : NULL;
        json_object_set_new(all, "json", value ? value : json_null());
    }
}

static const char *origin(gale_handler *self)
{
    const gale_request *request = gale_handler_request(self);
    const char *forwarded = gale_request_header(request, "X-Forwarded-For");

    return forwarded ? forwarded : gale_request_remote_ip(request);
}

json_t *request_json(gale_handler *self, int what)
{
    const gale_request *request = gale_handler_request(self);
    json_t *all = json_object();

    if (what & SHOW_URL)
        json_object_set_new(all, "url", json_string(gale_request_full_url(request)));
    if (what & SHOW_ARGS)
        json_object_set_new(all, "args", arguments(self, gale_get_query_arguments));
    add_body(self, all, what);
    if (what & SHOW_ORIGIN)
        json_object_set_new(all, "origin", json_string(origin(self)));
    if (what & SHOW_HEADERS)
        json_object_set_new(all, "headers", headers(self));
    if (what & SHOW_METHOD)
        json_object_set_new(all, "method", json_string(request->method));
    return all;
}

int view_get(gale_handler *self)
{
    return gale_write_json(self, request_json(self, SHOW_GET));
}

int view_post(gale_handler *self)
{
    return gale_write_json(self, request_json(self, SHOW_POST));
}

int view_anything(gale_handler *self)
{
    return gale_write_json(self, request_json(self, SHOW_POST | SHOW_METHOD));
}

int view_headers(gale_handler *self)
{
    return gale_json(self, "{s:o}", "headers", headers(self));
}

int view_ip(gale_handler *self)
{
    return gale_json(self, "{s:s}", "origin", origin(self));
}

int view_user_agent(gale_handler *self)
{
    return gale_json(self, "{s:s?}", "user-agent",
                     gale_request_header(gale_handler_request(self), "User-Agent"));
}
