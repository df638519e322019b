/* request_value.c - a request as templates see it, and its headers.
 *
 * Objects may be given to a template that is rendered within another one, and are shared then: what
 * they keep is memory of the request, not of the rendering that asked first.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <gale/json.h>

#include "base/str.h"
#include "web/page.h"
#include "web/template_names.h"

static gale_request *request_of(gale_call *call)
{
    gale_handler *self = gale_call_object(call);

    return &self->x->request;
}

/* --- headers: a host object of its own ---------------------------------------------------- */

struct headers_value {
    gale_handler *handler;
    gale_request *request;
    gale_value *names; /* each once, in order; NULL: not asked for yet. Of the request's memory */
    size_t n;
};

static int header_item(gale_rendering *r, void *object, gale_value key, gale_value *out)
{
    const struct headers_value *h = object;
    const char *name, *text;
    int e = key.kind == GALE_VALUE_TEXT ? gale_value_cstr(r, key, &name) : GALE_ENOTFOUND;

    if (e < 0)
        return e;
    text = gale_request_header(h->request, name);
    return text ? gale_value_text(r, out, text) : GALE_ENOTFOUND;
}

/* Whether field i is the first of its name. */
static bool is_first(const gale_request *request, size_t i, gale_str name)
{
    gale_str other, value;

    for (size_t j = 0; j < i; j++)
        if (gale_request_header_at(request, j, &other, &value) &&
            gale__str_equal_nocase(other, name))
            return false;
    return true;
}

static int header_contains(gale_rendering *r, void *object, gale_value key)
{
    gale_value ignored;
    int e = header_item(r, object, key, &ignored);

    return e == GALE_ENOTFOUND ? 0 : e < 0 ? e : 1;
}

/* "content-type" as "Content-Type", which is what other code compares with, into text. */
static void put_name(char *text, gale_str name, gale_value *out)
{
    bool is_start = true;

    for (size_t i = 0; i < name.len; i++) {
        char c = gale__lower(name.ptr[i]);

        text[i] = is_start && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        is_start = c == '-';
    }
    *out = gale_value_borrowed_text(text, name.len);
}

/* Finds the names. There are as many fields as limits allow, so once is enough. */
static int find_names(struct headers_value *h)
{
    struct gale__arena *arena = &h->handler->x->arena;
    gale_value *names;
    gale_str name, value;
    size_t n = 0, n_names = 0;

    if (h->names)
        return 0;
    while (gale_request_header_at(h->request, n, &name, &value))
        n++;
    names = gale__arena_alloc(arena, (n + 1) * sizeof(*names));
    for (size_t i = 0; i < n && names; i++) {
        char *text;

        gale_request_header_at(h->request, i, &name, &value);
        if (!is_first(h->request, i, name))
            continue;
        text = gale__arena_alloc(arena, name.len);
        if (!text)
            return -ENOMEM;
        put_name(text, name, &names[n_names++]);
    }
    h->names = names;
    h->n = n_names;
    return names ? 0 : -ENOMEM;
}

static int header_next(gale_rendering *r, void *object, size_t index, gale_value *out)
{
    struct headers_value *h = object;
    int e = find_names(h);

    (void)r;
    if (e < 0)
        return e;
    if (index >= h->n)
        return GALE_EEOF;
    *out = h->names[index];
    return 0;
}

static int header_length(gale_rendering *r, void *object, size_t *out)
{
    struct headers_value *h = object;
    int e = find_names(h);

    (void)r;
    *out = h->n;
    return e;
}

static int header_get(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "name", "default", NULL };
    const char *name;
    int r = gale_call_check(call, 1, 2, names);

    if (r >= 0)
        r = gale_call_text(call, 0, "name", &name);
    if (r < 0)
        return r;
    r = header_item(call->rendering, gale_call_object(call),
                    gale_value_borrowed_text(name, strlen(name)), out);
    if (r == GALE_ENOTFOUND) {
        *out = gale_call_argument(call, 1, "default");
        return 0;
    }
    return r;
}

/* Appends (name, value) of a field, or only its value, to a list. */
static int append_field(gale_call *call, gale_value list, gale_str name, gale_str value,
                        bool with_name)
{
    gale_value pair[2], item;
    char *text = with_name ? gale_value_alloc(call->rendering, name.len) : NULL;
    int r = gale_value_text_n(call->rendering, &pair[1], value.ptr, value.len);

    if (with_name && !text)
        return gale_value_memory_error(call->rendering);
    if (with_name)
        put_name(text, name, &pair[0]);
    item = pair[1];
    if (r >= 0 && with_name)
        r = gale_value_tuple(call->rendering, &item, pair, 2);
    return r < 0 ? r : gale_value_append(call->rendering, list, item);
}

static gale_request *whose_headers(gale_call *call)
{
    const struct headers_value *h = gale_call_object(call);

    return h->request;
}

static int header_get_list(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "name", NULL };
    const char *wanted;
    gale_str name, value;
    int r = gale_call_check(call, 1, 1, names);

    if (r >= 0)
        r = gale_call_text(call, 0, "name", &wanted);
    if (r >= 0)
        r = gale_value_list(call->rendering, out, NULL, 0);
    for (size_t i = 0; r >= 0; i++) {
        if (!gale_request_header_at(whose_headers(call), i, &name, &value))
            return 0;
        if (gale__str_equal_nocase(name, gale__str(wanted)))
            r = append_field(call, *out, name, value, false);
    }
    return r;
}

static int header_get_all(gale_call *call, gale_value *out)
{
    gale_str name, value;
    int r = gale_value_list(call->rendering, out, NULL, 0);

    for (size_t i = 0; r >= 0; i++) {
        if (!gale_request_header_at(whose_headers(call), i, &name, &value))
            return 0;
        r = append_field(call, *out, name, value, true);
    }
    return r;
}

static const gale_name header_attributes[] = {
    { .name = "get", .function = header_get },
    { .name = "get_all", .function = header_get_all },
    { .name = "get_list", .function = header_get_list },
    { .name = "items", .function = header_get_all },
    { 0 },
};

static const gale_object_class headers_class = {
    .name = "HTTPHeaders",
    .attributes = header_attributes,
    .get_item = header_item,
    .get_next = header_next,
    .length = header_length,
    .contains = header_contains,
};

static int headers(gale_call *call, gale_value *out)
{
    gale_handler *self = gale_call_object(call);
    struct gale__page *page = gale__page(self);

    if (page && !page->headers) {
        page->headers = gale__arena_zalloc(&self->x->arena, sizeof(*page->headers));
        if (page->headers) {
            page->headers->handler = self;
            page->headers->request = request_of(call);
        }
    }
    if (!page || !page->headers)
        return -ENOMEM;
    return gale_value_object(call->rendering, out, &headers_class, page->headers);
}

/* --- arguments and cookies ---------------------------------------------------------------- */

enum source { ALL, QUERY, BODY };

/* A dict of names with lists of their values. */
static int collect(gale_call *call, enum source source, gale_value *out)
{
    gale_handler *self = gale_call_object(call);
    json_t *object = json_object(), *list;
    const char *name, *value;
    bool in_body;

    for (size_t i = 0; object && gale_argument_raw_at(self, i, &name, &value, &in_body); i++) {
        if (source != ALL && in_body != (source == BODY))
            continue;
        list = json_object_get(object, name);
        if (!list && json_object_set_new(object, name, list = json_array()) < 0)
            list = NULL;
        if (json_array_append_new(list, json_string(value)) < 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object ? gale_value_take_json(call->rendering, out, object) : -ENOMEM;
}

static int arguments(gale_call *call, gale_value *out)
{
    return collect(call, ALL, out);
}

static int query_arguments(gale_call *call, gale_value *out)
{
    return collect(call, QUERY, out);
}

static int body_arguments(gale_call *call, gale_value *out)
{
    return collect(call, BODY, out);
}

static int cookies(gale_call *call, gale_value *out)
{
    gale_handler *self = gale_call_object(call);
    json_t *object = json_object();
    const char *name, *value;

    for (size_t i = 0; object && gale_cookie_at(self, i, &name, &value); i++)
        if (json_object_set_new(object, name, json_string(value)) < 0) {
            json_decref(object);
            object = NULL;
        }
    return object ? gale_value_take_json(call->rendering, out, object) : -ENOMEM;
}

/* --- texts ---------------------------------------------------------------------------------- */

static int method(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, request_of(call)->method);
}

static int uri(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, request_of(call)->uri);
}

static int path(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, request_of(call)->path);
}

static int query(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, request_of(call)->query);
}

static int version(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, request_of(call)->version);
}

static int host(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, gale_request_host(request_of(call)));
}

static int host_name(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, gale_request_host_name(request_of(call)));
}

static int protocol(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, gale_request_protocol(request_of(call)));
}

static int remote_ip(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, gale_request_remote_ip(request_of(call)));
}

static int body(gale_call *call, gale_value *out)
{
    gale_str bytes = request_of(call)->body;

    *out = gale_value_borrowed_text(bytes.ptr, bytes.len);
    out->kind = GALE_VALUE_BYTES;
    return 0;
}

static int full_url(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, gale_request_full_url(request_of(call)));
}

static int request_time(gale_call *call, gale_value *out)
{
    *out = gale_value_float(gale_request_time(request_of(call)));
    return 0;
}

static const gale_name attributes[] = {
    { .name = "arguments", .lazy = arguments },
    { .name = "body", .lazy = body },
    { .name = "body_arguments", .lazy = body_arguments },
    { .name = "cookies", .lazy = cookies },
    { .name = "full_url", .function = full_url },
    { .name = "headers", .lazy = headers },
    { .name = "host", .lazy = host },
    { .name = "host_name", .lazy = host_name },
    { .name = "method", .lazy = method },
    { .name = "path", .lazy = path },
    { .name = "protocol", .lazy = protocol },
    { .name = "query", .lazy = query },
    { .name = "query_arguments", .lazy = query_arguments },
    { .name = "remote_ip", .lazy = remote_ip },
    { .name = "request_time", .function = request_time },
    { .name = "uri", .lazy = uri },
    { .name = "version", .lazy = version },
    { 0 },
};

static const gale_object_class request_class = { .name = "request", .attributes = attributes };

int gale__request_value(gale_rendering *r, gale_handler *self, gale_value *out)
{
    return gale_value_object(r, out, &request_class, self);
}
