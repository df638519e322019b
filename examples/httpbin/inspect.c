/* inspect.c - the request as JSON. */
/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
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

json_t *header_text(gale_handler *self, const char *value)
{
    json_t *text = value ? json_string(value) : NULL;
    char *utf8, *end;

    if (text || !value)
        return text;
    utf8 = end = gale_alloc(self, 2 * strlen(value) + 1);
    for (const unsigned char *c = (const unsigned char *)value; end && *c; c++) {
        if (*c >= 0x80)
            *end++ = (char)(0xc0 | *c >> 6);
        *end++ = (char)(*c >= 0x80 ? 0x80 | (*c & 0x3f) : *c);
    }
    if (end)
        *end = 0;
    return utf8 ? json_string(utf8) : NULL;
}

static json_t *arguments(gale_handler *self, bool of_body)
{
    json_t *all = json_object(), *list;
    const char *name, *value;
    bool in_body;

    for (size_t i = 0; gale_argument_raw_at(self, i, &name, &value, &in_body); i++) {
        if (in_body != of_body)
            continue;
        list = json_object_get(all, name);
        if (!list) {
            list = json_array();
            json_object_set_new(all, name, list);
        }
        json_array_append_new(list, json_string(value));
    }
    return all;
}

json_t *query_arguments(gale_handler *self)
{
    return arguments(self, false);
}

/* One value is shown without its list. Takes the reference. */
static json_t *unlisted(json_t *all)
{
    const char *name;
    json_t *list;

    json_object_foreach(all, name, list)
    {
        if (json_array_size(list) == 1)
            json_object_set(all, name, json_array_get(list, 0));
    }
    return all;
}

/* --- numbers ---------------------------------------------------------------------- */

int query_number(gale_handler *self, const char *name, double *value)
{
    const char *text = gale_get_query_argument(self, name, NULL);
    char *end;
    double number;

    if (!text)
        return 0;
    number = strtod(text, &end);
    if (end == text || *end || text[strspn(text, "+-.0123456789eE")] || !isfinite(number))
        return gale_fail(self, 400, "%s is no number", name);
    *value = number;
    return 0;
}

int query_integer(gale_handler *self, const char *name, long long *value)
{
    const char *text = gale_get_query_argument(self, name, NULL);
    char *end;
    long long number;

    if (!text)
        return 0;
    errno = 0;
    number = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        return gale_fail(self, 400, "%s is no integer", name);
    *value = number;
    return 0;
}

/* --- header fields ---------------------------------------------------------------- */

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

/* Several fields of a name as one, as WSGI tells them. */
static json_t *joined(gale_handler *self, const char *name)
{
    gale_request *request = gale_handler_request(self);
    const char *all = NULL;
    gale_str field, value;

    if (!strcmp(name, "Cookie"))
        return header_text(self, gale_request_header(request, name));
    for (size_t i = 0; gale_request_header_at(request, i, &field, &value); i++)
        if (field.len == strlen(name) && !strncasecmp(field.ptr, name, field.len))
            all = gale_printf_alloc(self, "%s%s%.*s", all ? all : "", all ? "," : "",
                                    (int)value.len, value.ptr);
    return header_text(self, all);
}

static json_t *headers(gale_handler *self)
{
    gale_request *request = gale_handler_request(self);
    bool show_all = gale_get_query_argument(self, "show_env", NULL);
    json_t *all = json_object();
    gale_str name, value;

    for (size_t i = 0; gale_request_header_at(request, i, &name, &value); i++) {
        const char *title = title_case(self, name);

        if (title && !json_object_get(all, title) && (show_all || !is_environment(title)))
            json_object_set_new(all, title, joined(self, title));
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

static bool has_type(const char *field, const char *type)
{
    size_t len = strlen(type);

    return !strncasecmp(field, type, len) && strchr("; \t", field[len]); /* also its NUL */
}

static bool is_form(gale_handler *self)
{
    const char *type = gale_request_header(gale_handler_request(self), "Content-Type");

    return type && (has_type(type, "application/x-www-form-urlencoded") ||
                    has_type(type, "multipart/form-data"));
}

static void add_body(gale_handler *self, json_t *all, int what)
{
    gale_str body = is_form(self) ? (gale_str){ "", 0 } : gale_handler_request(self)->body;
    json_t *value = NULL;

    if (what & SHOW_BODY) {
        json_object_set_new(all, "form", unlisted(arguments(self, true)));
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
        json_object_set_new(all, "args", unlisted(query_arguments(self)));
    add_body(self, all, what);
    if (what & SHOW_ORIGIN)
        json_object_set_new(all, "origin", header_text(self, origin(self)));
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
    return gale_json(self, "{s:o}", "origin", header_text(self, origin(self)));
}

int view_user_agent(gale_handler *self)
{
    const char *agent = gale_request_header(gale_handler_request(self), "User-Agent");

    return gale_json(self, "{s:o}", "user-agent", agent ? header_text(self, agent) : json_null());
}
