/* app.h - what an application is made of.
 *
 * Read-only while it serves, so loops on several threads may share it; what changes with
 * each request is counted in the struct of its loop (gale__app_server). The application
 * lives as long as refs says: its owner and each loop that still has requests hold one.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_APP_H
#define GALE_WEB_APP_H

#include <pthread.h>

#include <gale/httpserver.h>
#include <gale/topics.h>
#include <gale/web.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/list.h"
#include "ioloop/io.h"
#include "web/languages.h"
#include "web/router.h"
#include "web/templates.h"

struct gale__figures;
struct gale__live;
struct gale__view;

struct gale_app {
    gale_settings settings; /* in effect; texts and lists are copies in arena (settings.h) */
    struct gale__router router;
    struct gale__route fallback;              /* for paths no route matches */
    struct gale__route asterisk;              /* OPTIONS * */
    const gale_middleware *const *middleware; /* around all it serves; NULL: none */
    size_t n_outer; /* so many of them, the first, are of those it is mounted in */
    struct gale__class *classes;
    size_t n_host_rules; /* added by gale_app_add_handlers: the first in the table */
    gale_app *parent;    /* where it is mounted; NULL: it serves itself */
    gale_str prefix;     /* below which */
    gale_app *mounts;    /* mounted in it, by next_taken */
    gale_app *next_taken;
    bool is_taken;     /* by another application */
    int access_format; /* access_log.c; 0: as the log's */
    struct gale__templates templates;
    struct gale__languages languages;
    struct gale__arena arena; /* holds all of the above, and this struct's copies */
    pthread_mutex_t lock;     /* of servers */
    struct gale__list servers;
    char build[32];      /* with debug: names this run of the program (live_reload.h) */
    gale_topics *topics; /* NULL until asked for; under the lock */
    int refs;            /* atomic */
};

/* An application on one loop. */
struct gale__app_server {
    gale_app *app;
    size_t active;                    /* requests under way, and WebSockets */
    bool closing;                     /* ends with its last request */
    gale_ioloop *loop;                /* NULL: it was freed; the place may serve another loop */
    gale_httpserver *server;          /* NULL: no HTTP, as in tests without sockets */
    gale_httpserver *fastcgi;         /* NULL: no FastCGI */
    struct gale__figures *figures;    /* figures.h; NULL: nobody sees them */
    struct gale__view *view;          /* live_view.h; NULL until needed */
    struct gale__live *live;          /* live_reload.h; NULL until needed */
    struct gale__static_cache *files; /* static_cache.h; NULL until needed */
    struct gale__list link;
    struct gale__ioloop_owned owned; /* by the loop, which may go first */
};

/* The application on a loop, without a server yet; holds a reference. NULL: out of memory. */
struct gale__app_server *gale__app_server_new(gale_app *app, gale_ioloop *loop);

/* Its HTTP server on this loop, made when there is none. 0 or a failure. */
int gale__app_get_server(gale_app *app, gale_httpserver **out) GALE_MUST_USE;

/* The figures of the servers of one loop. */
void gale__app_server_get_stats(const struct gale__app_server *server, gale_httpserver_stats *out);

/* Appends the prefixes of the applications that app is mounted in, outermost first. */
void gale__app_append_prefix(const gale_app *app, struct gale__buf *out);

/* Gives up a reference; the last one frees. */
void gale__app_unref(gale_app *app);

/* A request, or a WebSocket, has ended. */
static inline void gale__app_server_done(struct gale__app_server *server)
{
    if (--server->active == 0 && server->closing)
        gale__app_unref(server->app);
}

#endif
