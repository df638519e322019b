/* live_inject.c - puts the script of live reload into HTML pages. See live_reload.h.
 *
 * Only into what a browser shows as a document: fragments that scripts fetch, and what command-line
 * clients get, stay as they are. Such a page is not cached: it names the build that made it.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "web/live_reload.h"

struct inject {
    bool done;
};

static gale_str header_of(const gale_handler *self, const char *name)
{
    const struct gale__field *field = gale__headers_get(&self->headers, gale__str(name));

    return field ? field->value : (gale_str){ NULL, 0 };
}

/* Browsers say where an answer goes to, on this machine and over HTTPS; else what they like. */
static bool is_for_a_document(const gale_handler *self)
{
    const char *dest = gale_request_header(&self->x->request, "Sec-Fetch-Dest");
    const char *accept = gale_request_header(&self->x->request, "Accept");

    if (dest)
        return strcmp(dest, "document") == 0 || strcmp(dest, "iframe") == 0 ||
               strcmp(dest, "frame") == 0;
    return accept && strstr(accept, "text/html");
}

static bool is_page(const gale_handler *self)
{
    gale_str type = header_of(self, "Content-Type");

    return gale__handler_method(self) == GALE__METHOD_GET && self->status != 204 &&
           self->status != 205 && self->status != 206 && self->status != 304 && !self->x->gone &&
           gale__str_equal_nocase(gale__str_head(type, 9), GALE__STR("text/html")) &&
           !header_of(self, "Content-Encoding").len && is_for_a_document(self);
}

static int begin(gale_handler *self, void *state, gale_str body, bool last)
{
    static const char *const validators[] = { "Etag", "Last-Modified" };
    int r = 0;

    if (!is_page(self) || (last && !body.len))
        return 0;
    self->etag_len = 0;
    for (size_t i = 0; i < sizeof(validators) / sizeof(validators[0]) && r >= 0; i++)
        r = gale__headers_remove(&self->headers, gale__str(validators[i]));
    if (r >= 0)
        r = gale__headers_set(&self->headers, GALE__STR("Cache-Control"), GALE__STR("no-store"));
    return r < 0 ? r : 1;
}

/* Where </body> begins, for the last time; body.len when it is not there. */
static size_t end_of_body(gale_str body)
{
    static const gale_str tag = { "</body", 6 };

    for (size_t at = body.len; at-- > 0;)
        if (body.ptr[at] == '<' && body.len - at >= tag.len &&
            gale__str_equal_nocase((gale_str){ body.ptr + at, tag.len }, tag))
            return at;
    return body.len;
}

static int write(gale_handler *self, void *state, gale_str body, bool flush, bool last,
                 struct gale_transform_out *out)
{
    struct inject *inject = state;
    size_t at = end_of_body(body);
    char tag[128];
    int n, r;

    if (inject->done || (at == body.len && !last))
        return gale_transform_put(out, body.ptr, body.len);
    inject->done = true;
    n = snprintf(tag, sizeof(tag),
                 "<script src=\"/_gale/reload.js?build=%s&amp;at=%lld\"></script>",
                 self->server->app->build, (long long)(gale__clock_ns() / 1000000));
    r = gale_transform_put(out, body.ptr, at);
    if (r >= 0)
        r = gale_transform_put(out, tag, (size_t)n);
    return r < 0 ? r : gale_transform_put(out, body.ptr + at, body.len - at);
}

const gale_transform gale__live_transform = {
    .state_size = sizeof(struct inject),
    .begin = begin,
    .write = write,
};
