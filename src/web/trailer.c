/* trailer.c - fields after the body of an answer: checked, announced, given to the carrier.
 *
 * A client that does not say that it reads trailers (TE: trailers) gets none, and its answer is
 * framed as without them. For one that does an answer known at once is sent in chunks too.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "web/handler.h"

/* Fields that say how the message is to be framed, routed, authenticated or read, or that have to
 * be known before the body (RFC 9110 6.5.1). */
static const char *const refused[] = {
    "Age",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Length",
    "Content-Encoding",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "Expect",
    "Expires",
    "Host",
    "Keep-Alive",
    "Location",
    "Max-Forwards",
    "Pragma",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Retry-After",
    "Set-Cookie",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Vary",
    "Warning",
    "WWW-Authenticate",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Server",
};

static bool is_refused(gale_str name)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (gale__str_equal_nocase(name, gale__str(refused[i])))
            return true;
    return false;
}

/* Whether the client reads them. */
static bool are_wanted(const gale_request *request)
{
    gale_str te = gale__str(gale_request_header(request, "TE"));

    if (strcmp(request->version, "HTTP/1.1") != 0)
        return false;
    while (te.len) {
        gale_str item = gale__str_head(te, gale__str_find(te, ','));

        te = gale__str_skip(te, item.len + 1);
        item = gale__str_trim(gale__str_head(item, gale__str_find(item, ';')));
        if (gale__str_equal_nocase(item, GALE__STR("trailers")))
            return true;
    }
    return false;
}

static int set_trailer(gale_handler *self, gale_str name, gale_str value)
{
    struct gale__handler_more *more = gale__handler_more(self);
    int r = 0;

    if (!more)
        return -ENOMEM;
    if (is_refused(name))
        return gale_err(GALE_EINVAL, "gale_set_trailer: %.*s may not be one", (int)name.len,
                        name.ptr);
    if (!more->trailers.arena)
        r = gale__headers_init_bare(&more->trailers, &self->x->arena);
    if (r >= 0)
        r = gale__headers_set(&more->trailers, name, value);
    if (r >= 0 && are_wanted(&self->x->request))
        self->x->trailers = &more->trailers;
    return r;
}

int gale_set_trailer(gale_handler *self, const char *name, const char *value)
{
    int r;

    if (self->failed)
        return self->failed;
    if (self->finished)
        return gale_err(GALE_ESTATE, "gale_set_trailer after gale_finish");
    if (!name || !value)
        r = gale_err(GALE_EINVAL, "gale_set_trailer: %s is NULL", name ? "value" : "name");
    else
        r = set_trailer(self, gale__str(name), gale__str(value));
    return r < 0 ? gale__handler_failed(self, r) : 0;
}

/* What has a length, or no body, has no place for them. */
static bool is_in_chunks(const gale_handler *self)
{
    int status = self->status;

    return status != 204 && status != 205 && status != 304 &&
           !gale__headers_get(&self->headers, GALE__STR("Content-Length"));
}

int gale__trailers_announce(gale_handler *self)
{
    const struct gale__headers *trailers = self->x->trailers;
    size_t len = 0;
    char *text, *p;

    if (!is_in_chunks(self))
        return 0;
    for (size_t i = 0; i < trailers->n; i++)
        len += trailers->fields[i].name.len + 2;
    text = p = gale__arena_alloc(&self->x->arena, len);
    if (!text)
        return -ENOMEM;
    for (size_t i = 0; i < trailers->n; i++) {
        if (i)
            p = mempcpy(p, ", ", 2);
        p = mempcpy(p, trailers->fields[i].name.ptr, trailers->fields[i].name.len);
    }
    return gale__headers_set(&self->headers, GALE__STR("Trailer"),
                             (gale_str){ text, (size_t)(p - text) });
}
