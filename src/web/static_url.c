/* static_url.c - URLs of static files with the version of their content. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "web/embedded.h"
#include "web/static.h"

/* Of one that the program has in it. */
static gale_str embedded_version(gale_handler *self, const char *root, const char *path)
{
    const gale_embedded_file *file = gale__embedded_find(root, path);
    char *text = file ? gale_alloc(self, GALE__STATIC_TAG) : NULL;
    gale_str etag;

    if (!text)
        return (gale_str){ NULL, 0 };
    etag = gale__static_etag(text, file->hash, (int64_t)file->size);
    return (gale_str){ etag.ptr + 1, etag.len - 2 };
}

/* The version of a file below settings.static_path; len 0 without one. */
static gale_str version_of(gale_handler *self, const char *path)
{
    const gale_settings *settings = gale_app_settings(gale_handler_app(self));
    const gale_static_options *o = settings->static_options;
    struct gale__static_ask ask = gale__static_ask(self, false, false);
    char *plain = gale_alloc(self, strlen(path) + 1);
    struct gale__static_root *root;
    struct gale__static_file *file;
    bool is_dir;

    ask.version = true;
    if (!plain || gale__plain_path(path, plain, &is_dir) < 0 || is_dir)
        return (gale_str){ NULL, 0 };
    if (gale__embedded_has_root(settings->static_path))
        return embedded_version(self, settings->static_path, plain);
    if (gale__static_find(self, settings->static_path, o && o->follow_symlinks == GALE_ON, plain,
                          &ask, &root, &file) < 0)
        return (gale_str){ NULL, 0 };
    return gale__static_version(file);
}

/* The URL's text, in the request's memory. */
static const char *make_url(gale_handler *self, const char *origin, const char *path)
{
    const gale_app *app = gale_handler_app(self);
    const char *prefix = gale_app_settings(app)->static_url_prefix;
    gale_str version = version_of(self, path);
    struct gale__buf buf;
    const char *url = NULL;

    gale__buf_init(&buf, 1 << 20);
    gale__buf_append_cstr(&buf, origin);
    gale__app_append_prefix(app, &buf);
    gale__buf_append_cstr(&buf, prefix && *prefix ? prefix : "/static/");
    gale__url_escape(&buf, gale__str(path), false);
    if (version.len) {
        gale__buf_append_cstr(&buf, "?v=");
        gale__buf_append_str(&buf, version);
    }
    if (!buf.error)
        url = gale__arena_strndup(&self->x->arena, buf.ptr, buf.len);
    if (!url)
        gale__handler_failed(self, buf.error ? buf.error : -ENOMEM);
    gale__buf_deinit(&buf);
    return url;
}

static const char *static_url(gale_handler *self, const char *origin, const char *path)
{
    const char *root = gale_app_settings(gale_handler_app(self))->static_path;

    if (!root || !path) {
        gale__handler_failed(
            self, gale_err(GALE_EINVAL, "gale_static_url: %s",
                           path ? "settings.static_path is not set" : "the path is NULL"));
        return NULL;
    }
    return make_url(self, origin, path + strspn(path, "/"));
}

const char *gale_static_url(gale_handler *self, const char *path)
{
    return static_url(self, "", path);
}

const char *gale_static_url_full(gale_handler *self, const char *path)
{
    const gale_request *request = &self->x->request;
    const char *origin = gale_printf_alloc(self, "%s://%s", gale_request_protocol(request),
                                           gale_request_host(request));

    if (origin)
        return static_url(self, origin, path);
    gale__handler_failed(self, -ENOMEM);
    return NULL;
}
