/* redirect.c - gale_redirect, and the handlers that only redirect or only fail. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/str.h"
#include "web/handler.h"
#include "web/redirect.h"
#include "web/static.h"

static const char no_url[] = "gale_redirect_handler needs .arg with its url";

/* Bytes that may not stand in a URL, and those that a header may not carry. '%' stays: what is
 * encoded already is not encoded again. */
static bool must_escape(unsigned char c)
{
    return c <= 0x20 || c >= 0x7f || strchr("\"<>\\^`{|}", c);
}

static char *escape_target(gale_handler *self, const char *url)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = gale_alloc(self, 3 * strlen(url) + 1);
    char *to = out;

    if (!out)
        return NULL;
    for (; *url; url++) {
        unsigned char c = (unsigned char)*url;

        if (!must_escape(c)) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = hex[c >> 4];
        *to++ = hex[c & 15];
    }
    *to = 0;
    return out;
}

/* The last failure was of this code, and told more than the code's general meaning. */
static bool has_detail(int code, const char *general)
{
    return strcmp(gale_strerror(code), general) != 0;
}

/* What made the URL NULL, most likely gale_reverse_url or gale_printf_alloc, has told why. */
static int fail_null(gale_handler *self)
{
    if (has_detail(GALE_ENOTFOUND, "not found"))
        return gale__handler_failed(self, GALE_ENOTFOUND);
    if (has_detail(-ENOMEM, strerrordesc_np(ENOMEM)))
        return gale__handler_failed(self, -ENOMEM);
    return gale__handler_failed(self, gale_err(GALE_EINVAL, "gale_redirect: the URL is NULL"));
}

int gale_redirect_status(gale_handler *self, const char *url, int status)
{
    const char *target;
    int r;

    if (!url)
        return fail_null(self);
    if (status < 300 || status > 399)
        return gale__handler_failed(self, gale_err(GALE_EINVAL, "%d is no redirect", status));
    if (self->may_not_answer)
        return gale__handler_may_not(self, "gale_redirect");
    target = escape_target(self, url);
    if (!target)
        return gale__handler_failed(self, -ENOMEM);
    r = gale_set_status(self, status, NULL);
    if (r >= 0)
        r = gale_set_header(self, "Location", target);
    return r < 0 ? r : gale_finish(self);
}

int gale_redirect(gale_handler *self, const char *url)
{
    return gale_redirect_status(self, url, 302);
}

/* Redirects to the path with its end changed. "//host" would be another site. */
static int redirect_path(gale_handler *self, gale_str path, const char *slash)
{
    gale_str query = self->x->priv.query;
    enum gale__method method = gale__handler_method(self);
    const char *url;

    if (method != GALE__METHOD_GET && method != GALE__METHOD_HEAD) {
        gale_send_error(self, 404);
        return 1;
    }
    while (path.len > 1 && path.ptr[0] == '/' && path.ptr[1] == '/')
        path = gale__str_skip(path, 1);
    url = gale_printf_alloc(self, "%.*s%s%s%.*s", (int)path.len, path.ptr, slash,
                            query.len ? "?" : "", (int)query.len, query.len ? query.ptr : "");
    if (!url)
        return gale__handler_failed(self, -ENOMEM);
    gale_redirect_status(self, url, 301);
    return 1;
}

int gale_add_slash(gale_handler *self, void *unused)
{
    gale_str path = self->x->priv.path;

    (void)unused;
    if (gale__str_ends_with(path, GALE__STR("/")))
        return 0;
    return redirect_path(self, path, "/");
}

int gale_remove_slash(gale_handler *self, void *unused)
{
    gale_str path = self->x->priv.path;

    (void)unused;
    if (!gale__str_ends_with(path, GALE__STR("/")))
        return 0;
    while (gale__str_ends_with(path, GALE__STR("/")))
        path.len--;
    return path.len ? redirect_path(self, path, "") : 0;
}

/* The index of the group that a placeholder names, n_groups when there is none. */
static size_t group_of(const struct gale__route *route, gale_str key)
{
    uint64_t i;

    if (gale__str_to_uint64(key, &i))
        return i < route->n_groups ? (size_t)i : route->n_groups;
    for (i = 0; i < route->n_groups; i++) {
        const char *name = gale__regex_group_name(route->regex, i + 1);

        if (name && gale__str_equal(gale__str(name), key))
            break;
    }
    return (size_t)i;
}

/* Takes the text up to the next placeholder and, in *key, what that names off template; key->ptr is
 * NULL when there is no placeholder any more. One that is not closed names the rest. */
static gale_str take_piece(gale_str *template, gale_str *key)
{
    size_t open = gale__str_find(*template, '{');
    gale_str text = gale__str_head(*template, open);
    size_t close;

    *key = (gale_str){ NULL, 0 };
    *template = gale__str_skip(*template, open);
    if (!template->len)
        return text;
    close = gale__str_find(*template, '}');
    *key = gale__str_head(gale__str_skip(*template, 1), close - 1);
    *template = gale__str_skip(*template, close + 1);
    return text;
}

/* Whether a group that is put behind text would end a scheme: "{0}" with "https://host". */
static bool ends_scheme(gale_str text, gale_str group)
{
    static const char ends[] = ":/?#";

    for (size_t i = 0; i < text.len; i++)
        if (strchr(ends, text.ptr[i]))
            return false;
    for (size_t i = 0; i < group.len; i++)
        if (strchr(ends, group.ptr[i]))
            return group.ptr[i] == ':';
    return false;
}

/* A target that the rule means to be on this site is no other one, whatever its groups are: several
 * slashes at its start are one, and "./" keeps what came with a ':' a path. */
static int stay_here(gale_str template, bool has_scheme, struct gale__buf *out)
{
    size_t slashes = 0;

    if (has_scheme) {
        int r = gale__buf_append_cstr(out, "./");

        if (r < 0)
            return r;
        memmove(out->ptr + 2, out->ptr, out->len - 2);
        memcpy(out->ptr, "./", 2);
        return 0;
    }
    if (gale__str_starts_with(template, GALE__STR("//")) || !template.len ||
        (template.ptr[0] != '/' && template.ptr[0] != '{'))
        return 0;
    while (slashes < out->len && (out->ptr[slashes] == '/' || out->ptr[slashes] == '\\'))
        slashes++;
    if (slashes > 1) {
        out->ptr[slashes - 1] = '/';
        gale__buf_consume(out, slashes - 1);
    }
    return out->error;
}

/* template with its placeholders filled in. What matched in the path goes out as it came in, so
 * nothing is decoded twice. */
static int expand(gale_handler *self, gale_str template, struct gale__buf *out)
{
    gale_str all = template;
    bool has_scheme = false;

    while (template.len) {
        gale_str key, group = { NULL, 0 };
        size_t i;

        gale__buf_append_str(out, take_piece(&template, &key));
        i = key.ptr ? group_of(self->route, key) : self->route->n_groups;
        if (self->groups && i < self->route->n_groups)
            group = self->groups[i];
        has_scheme = has_scheme || ends_scheme(gale__buf_str(out), group);
        gale__buf_append_str(out, group);
    }
    return out->error ? out->error : stay_here(all, has_scheme, out);
}

/* The target: the path, the request's query put to its own, its fragment last. */
static int make_target(gale_handler *self, const char *url, struct gale__buf *out)
{
    gale_str all = gale__str(url);
    size_t fragment = gale__str_find(all, '#');
    int r = expand(self, gale__str_head(all, fragment), out);

    if (r < 0)
        return r;
    if (self->x->priv.query.len) {
        bool has_query = gale__str_find(gale__buf_str(out), '?') < out->len;

        gale__buf_append_char(out, has_query ? '&' : '?');
        gale__buf_append_str(out, self->x->priv.query);
    }
    return gale__buf_append_str(out, gale__str_skip(all, fragment));
}

static int redirect_initialize(gale_handler *self, void *arg)
{
    const gale_redirect_options **options = gale_state(self);

    *options = arg;
    return arg && (*options)->url ? 0 : gale_err(GALE_EINVAL, "%s", no_url);
}

static int status_of(const gale_redirect_options *options)
{
    if (options->status)
        return options->status;
    return options->permanent == GALE_OFF ? 302 : 301;
}

static int redirect_get(gale_handler *self)
{
    const gale_redirect_options *options = *(const gale_redirect_options **)gale_state(self);
    struct gale__buf target;
    const char *url;
    int r;

    gale__buf_init(&target, 1 << 20);
    r = make_target(self, options->url, &target);
    if (r >= 0) {
        url = gale__buf_cstr(&target);
        r = gale_redirect_status(self, url, status_of(options));
    }
    gale__buf_deinit(&target);
    return r;
}

const gale_handler_class gale_redirect_handler = {
    .state_size = sizeof(const gale_redirect_options *),
    .arg_size = sizeof(gale_redirect_options),
    .initialize = redirect_initialize,
    .get = redirect_get,
    .name = "gale_redirect_handler",
};

static int error_initialize(gale_handler *self, void *arg)
{
    int *status = gale_state(self);

    *status = arg ? *(const int *)arg : 404;
    return 0;
}

static int error_answer(gale_handler *self)
{
    return gale_fail(self, *(int *)gale_state(self), NULL);
}

const gale_handler_class gale_error_handler = {
    .state_size = sizeof(int),
    .arg_size = sizeof(int),
    .initialize = error_initialize,
    .get = error_answer,
    .post = error_answer,
    .put = error_answer,
    .delete_ = error_answer,
    .patch = error_answer,
    .options = error_answer,
    .other_method = error_answer,
    .xsrf_cookies = GALE_OFF, /* a POST to what is not there is told just that */
    .name = "gale_error_handler",
};

static int check_placeholders(const struct gale__route *route, gale_str template)
{
    template = gale__str_head(template, gale__str_find(template, '#'));
    while (template.len) {
        gale_str rest = gale__str_skip(template, gale__str_find(template, '{'));
        gale_str key;

        if (rest.len && gale__str_find(rest, '}') == rest.len)
            return gale_err(GALE_EINVAL, "its redirect has a { without its }");
        take_piece(&template, &key);
        if (key.ptr && group_of(route, key) == route->n_groups)
            return gale_err(GALE_EINVAL,
                            "its redirect has {%.*s}, which is no group of its pattern",
                            (int)key.len, key.ptr);
    }
    return 0;
}

static int check_redirect(const struct gale__route *route)
{
    const gale_redirect_options *options = route->arg;
    int r;

    if (!options || !options->url)
        return gale_err(GALE_EINVAL, "%s", no_url);
    if (options->status && (options->status < 300 || options->status > 399))
        return gale_err(GALE_EINVAL, "its redirect's status is %d: not between 300 and 399",
                        options->status);
    r = gale__check_switch("permanent", options->permanent);
    return r < 0 ? r : check_placeholders(route, gale__str(options->url));
}

int gale__route_check_arg(const struct gale__route *route)
{
    const gale_handler_class *hooks = &route->cls->hooks;
    int status = 404;

    if (hooks->initialize == redirect_initialize)
        return check_redirect(route);
    if (hooks->kind == GALE_KIND_STATIC)
        return gale__static_check_arg(route);
    if (hooks->initialize == error_initialize && route->arg)
        status = *(const int *)route->arg;
    if (status < 400 || status > 599)
        return gale_err(GALE_EINVAL, "gale_error_handler's .arg is %d: no error status", status);
    return 0;
}
