/* live_view.c - the handlers of /_gale. See live_view.h. */
/* SPDX-License-Identifier: MIT */
#include "web/live_view.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <gale/arguments.h>

#include "base/alloc.h"
#include "web/figures.h"
#include "web/route_table.h"

enum { MAX_BYTES = 4 << 20 };

static void log_nothing(gale_handler *self)
{
    (void)self;
}

/* A name of another site that its owner lets lead to this machine (DNS rebinding) would make the
 * view a page of that site, for its scripts to read. Names that nobody else can own are fine. */
static bool is_our_name(const char *host)
{
    const char *dot = strrchr(host, '.');
    char own[256] = "";
    struct in_addr ip;

    if (!strcmp(host, "localhost") || (dot && !strcmp(dot, ".localhost")))
        return true;
    if (strchr(host, ':') || inet_pton(AF_INET, host, &ip) == 1)
        return true;
    return gethostname(own, sizeof(own) - 1) == 0 && *own && !strcasecmp(host, own);
}

static int refuse_other_names(gale_handler *self)
{
    const char *host = gale_request_host_name(gale_handler_request(self));

    if (is_our_name(host))
        return 0;
    return gale_fail(self, 403,
                     "the live view answers to localhost, to the machine's name and to "
                     "addresses, not to %s",
                     host);
}

static struct gale__view *view_of(struct gale__app_server *server)
{
    struct gale__view *view = server->view;

    if (view)
        return view;
    view = gale__calloc(1, sizeof(*view));
    if (!view)
        return NULL;
    gale__arena_init(&view->arena);
    view->symbols = gale__symbols_open();
    view->n_rows = gale__route_table(server->app, view->symbols, &view->arena, &view->rows);
    server->view = view;
    return view;
}

void gale__view_free(struct gale__view *view)
{
    if (!view)
        return;
    gale__symbols_close(view->symbols);
    gale__arena_reset(&view->arena);
    gale__free(view);
}

static int status_get(gale_handler *self)
{
    struct gale__app_server *server = self->server;
    struct gale__buf out;
    int r;

    if (!server->figures || !view_of(server))
        return -ENOMEM;
    gale__lag_watch(server->figures, self->x->loop);
    gale__buf_init(&out, MAX_BYTES);
    r = gale__view_write(server, strcmp(gale_get_argument(self, "stacks", "1"), "0") != 0, &out);
    gale_set_header(self, "Content-Type", "application/json; charset=UTF-8");
    gale_set_header(self, "Cache-Control", "no-store");
    if (r >= 0)
        r = gale_write_bytes(self, out.ptr, out.len);
    gale__buf_deinit(&out);
    return r;
}

const gale_handler_class gale__view_status_handler = {
    .prepare = refuse_other_names,
    .get = status_get,
    .log_request = log_nothing,
    .name = "live view, as JSON",
};

static int page_get(gale_handler *self)
{
    gale_set_header(self, "Cache-Control", "no-store");
    gale_set_header(self, "Content-Security-Policy",
                    "default-src 'none'; connect-src 'self'; script-src 'self' 'unsafe-inline'; "
                    "style-src 'unsafe-inline'; frame-ancestors 'none'");
    return gale_write(self, gale__view_page);
}

const gale_handler_class gale__view_page_handler = {
    .prepare = refuse_other_names,
    .get = page_get,
    .log_request = log_nothing,
    .name = "live view",
};
