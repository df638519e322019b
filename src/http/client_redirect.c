/* client_redirect.c - where an answer of 3xx leads, and what goes there (RFC 9110 15.4). */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "http/client_options.h"

enum { URL_MAX = 1024 * 1024 };

bool gale__fetch_is_redirect(const struct gale__fetch *f)
{
    int status = f->response->status;

    return f->request.follow_redirects != GALE_OFF && f->redirects_left > 0 &&
           (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
           gale_http_response_header(f->response, "Location");
}

/* 303 always, 301 and 302 of a POST, by custom. */
static void change_method(struct gale__fetch *f)
{
    int status = f->response->status;

    if ((status == 303 && strcmp(f->out.method, "HEAD") != 0) ||
        ((status == 301 || status == 302) && !strcmp(f->out.method, "POST"))) {
        f->out.method = "GET";
        f->out.bodiless = true;
    }
}

/* Where a WebSocket's handshake is led by ws: or wss:, http: or https: is meant. */
static bool is_websocket(const struct gale__fetch *f, gale_str url)
{
    gale_str scheme = gale__str_head(url, gale__str_find(url, ':'));

    return f->hooks && f->hooks->upgraded &&
           (gale__str_equal_nocase(scheme, GALE__STR("ws")) ||
            gale__str_equal_nocase(scheme, GALE__STR("wss")));
}

static char *copy_target(const struct gale__fetch *f, gale_str url)
{
    char *copy;

    if (!is_websocket(f, url))
        return gale__arena_strndup(f->arena, url.ptr, url.len);
    copy = gale__arena_alloc(f->arena, url.len + 3);
    if (copy)
        snprintf(copy, url.len + 3, "http%.*s", (int)(url.len - 2), url.ptr + 2);
    return copy;
}

static int find_target(struct gale__fetch *f, struct gale__buf *text)
{
    int r = gale__http_url_resolve(
        &f->out.url, gale__str(gale_http_response_header(f->response, "Location")), text);

    if (r < 0)
        return r;
    f->url = copy_target(f, gale__buf_str(text));
    return f->url ? 0 : -ENOMEM;
}

/* GALE_EPROTO, with what r, which is GALE_EINVAL, has against the target. */
static int bad_target(const struct gale__fetch *f, int r)
{
    char text[96];

    snprintf(text, sizeof(text), "%s", gale_strerror(r));
    return gale_err(GALE_EPROTO, "a redirect to %.64s: %s",
                    gale_http_response_header(f->response, "Location"), text);
}

int gale__fetch_redirect(struct gale__fetch *f)
{
    struct gale__http_url old = f->out.url;
    struct gale__buf text;
    int r;

    gale__buf_init(&text, URL_MAX);
    r = find_target(f, &text);
    gale__buf_deinit(&text);
    if (r >= 0)
        r = gale__http_url_parse(gale__str(f->url), &f->out.url);
    if (r >= 0)
        r = gale__client_hide_user(f);
    if (r < 0)
        return r == GALE_EINVAL ? bad_target(f, r) : r;
    change_method(f);
    r = gale__fetch_rewind(f);
    if (r < 0)
        return gale_err(r, "a redirect asks for the body again, which was produced");
    f->redirects_left--;
    f->redirects++;
    f->out.moved = true;
    f->out.estranged |= !gale__http_url_same_origin(&old, &f->out.url);
    return 1;
}
