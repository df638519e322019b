/* live_reload.c - the event stream that tells pages to reload. See live_reload.h.
 *
 * A page knows which build made it; the first event of a stream says which one answers. So whatever
 * was missed between two connections (a restart, a swap by `gale run`) shows at the next one.
 */
/* SPDX-License-Identifier: MIT */
#include "web/live_reload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gale/eventstream.h>
#include <gale/log.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/program.h"
#include "base/under_run.h"
#include "ioloop/io.h"
#include "net/watch.h"

#define QUIET_SECONDS 0.02

enum { RETRY_MS = 100, STATUS_MAX = 256 * 1024 };

struct gale__live {
    const gale_app *app;
    struct gale__watch *watch; /* NULL: it could not be had, or is closed */
    struct gale__list pages;
    int64_t changed_ns; /* when something did last */
    bool closed;
};

/* One that listens; on its handler's stack. */
struct page {
    struct gale__list link;
    gale_future *news; /* NULL: it does not wait */
    bool reload, status, end;
};

/* --- what is watched --- */

static void wake(struct page *page)
{
    if (page->news)
        gale_future_set_result(page->news, 0, NULL);
}

/* Sources and what is made of them may lie among the templates: a page shows nothing of them. */
static bool matters(const char *path, void *arg)
{
    static const char *const others[] = { ".c",   ".h",   ".cc", ".cpp", ".cxx", ".hh",
                                          ".hpp", ".inc", ".o",  ".a",   ".d",   ".build" };
    const char *dot = strrchr(path, '.');

    (void)arg;
    for (size_t i = 0; dot && i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(dot, others[i]) == 0)
            return false;
    return true;
}

static void on_change(const char *path, void *arg)
{
    struct gale__live *live = arg;
    const char *status = gale__run_status();
    bool is_status = status && strcmp(path, status) == 0;

    if (!is_status)
        live->changed_ns = gale__clock_ns();
    for (struct gale__list *l = live->pages.next; l != &live->pages; l = l->next) {
        struct page *page = GALE_CONTAINER_OF(l, struct page, link);

        if (is_status)
            page->status = true;
        else
            page->reload = true;
        wake(page);
    }
}

static void watch_directory(struct gale__live *live, const char *path)
{
    int r = 0;
    char *full = path ? gale__program_path(path, &r) : NULL;

    if (full)
        r = gale__watch_directory(live->watch, full, true);
    if (r < 0)
        gale_log(&gale_log_general, GALE_LOG_WARNING, "pages do not reload: %s", gale_strerror(r));
    gale__free(full);
}

/* What pages are made from; also of the applications that are mounted in it. */
static void watch_app(struct gale__live *live, const gale_app *app)
{
    const gale_settings *s = &app->settings;

    watch_directory(live, s->template_path);
    watch_directory(live, s->static_path);
    for (const gale_app *inner = app->mounts; inner; inner = inner->next_taken)
        watch_app(live, inner);
}

static void watch_all(struct gale__live *live, gale_ioloop *loop)
{
    const struct gale__watch_hooks hooks = {
        .matters = matters, .changed = on_change, .arg = live, .quiet = QUIET_SECONDS
    };
    const char *status = gale__run_status();
    int r;

    live->watch = gale__watch_new(loop, &hooks, &r);
    if (live->watch && status)
        r = gale__watch_file(live->watch, status);
    if (r < 0)
        gale_log(&gale_log_general, GALE_LOG_WARNING, "pages do not reload: %s", gale_strerror(r));
    if (live->watch)
        watch_app(live, live->app);
}

static struct gale__live *live_of(gale_handler *self)
{
    struct gale__app_server *server = self->server;

    if (server->live)
        return server->live;
    server->live = gale__calloc(1, sizeof(*server->live));
    if (!server->live)
        return NULL;
    server->live->app = server->app;
    gale__list_init(&server->live->pages);
    watch_all(server->live, self->x->loop);
    return server->live;
}

void gale__live_close(struct gale__live *live)
{
    if (!live || live->closed)
        return;
    live->closed = true;
    gale__watch_free(live->watch);
    live->watch = NULL;
    for (struct gale__list *l = live->pages.next; l != &live->pages; l = l->next) {
        struct page *page = GALE_CONTAINER_OF(l, struct page, link);

        page->end = true;
        wake(page);
    }
}

void gale__live_free(struct gale__live *live)
{
    gale__live_close(live);
    gale__free(live);
}

/* --- the stream --- */

/* What `gale run` has to say of the last build: text of the request; "" for nothing. */
static const char *read_status(gale_handler *self)
{
    const char *path = gale__run_status();
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    char *text = fd >= 0 ? gale_alloc(self, STATUS_MAX + 1) : NULL;
    ssize_t n = text ? read(fd, text, STATUS_MAX) : 0;

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return "";
    text[n] = 0;
    return text;
}

static int send_event(gale_event_stream *events, const char *type, const char *data)
{
    return gale_event_send(events, &(gale_server_event){ .event = type, .data = data });
}

static int tell(gale_handler *self, gale_event_stream *events, struct page *page)
{
    int r = 0;

    if (page->status) {
        page->status = false;
        r = send_event(events, "status", read_status(self));
    }
    if (r >= 0 && page->reload) {
        page->reload = false;
        r = send_event(events, "reload", "");
    }
    return r;
}

static int wait_for_news(gale_event_stream *events, struct page *page)
{
    int r;

    if (page->reload || page->status || page->end)
        return 0;
    page->news = gale_future_new();
    if (!page->news)
        return -ENOMEM;
    r = gale_event_stream_wait(events, page->news);
    gale_future_free(&page->news);
    return r;
}

/* Whether something has changed since the page was made, by the clock of this machine: before its
 * stream was open it could not be told. */
static bool is_stale(gale_handler *self, const struct gale__live *live)
{
    return strtoll(gale_get_argument(self, "at", "0"), NULL, 10) < live->changed_ns / 1000000;
}

static int stream_get(gale_handler *self)
{
    const gale_event_stream_options options = { .retry_ms = RETRY_MS };
    struct gale__live *live = live_of(self);
    struct page page = { .status = true };
    gale_event_stream *events;
    int r;

    if (!live)
        return -ENOMEM;
    if (live->closed)
        return gale_send_error(self, 503);
    page.reload = is_stale(self, live);
    gale__list_append(&live->pages, &page.link);
    events = gale_event_stream_open(self, &options);
    r = events ? send_event(events, "build", live->app->build) : GALE_ECLOSED;
    while (r >= 0 && !page.end) {
        r = tell(self, events, &page);
        if (r >= 0)
            r = wait_for_news(events, &page);
    }
    gale__list_remove(&page.link);
    return r;
}

/* Nobody asked for these requests: they are not told. */
static void log_nothing(gale_handler *self)
{
    (void)self;
}

const gale_handler_class gale__live_stream_handler = {
    .get = stream_get,
    .log_request = log_nothing,
    .name = "live reload",
};

/* --- the script --- */

/* The overlay is in a shadow tree with a style sheet made by the script, so that neither the page's
 * styles nor its Content-Security-Policy are in the way. */
static const char script[] =
    "'use strict';\n"
    "(() => {\n"
    "  const made = new URL(document.currentScript.src).searchParams, build = made.get('build');\n"
    "  const css = 'div{position:fixed;inset:0;z-index:2147483647;overflow:auto;padding:2rem;' +\n"
    "    'background:#1b1d23f2;color:#e8e8e8;font:14px/1.5 ui-monospace,monospace;"
    "white-space:normal}' +\n"
    "    'h1{font-size:1.3rem;color:#ff7b72;margin:0 0 1rem}h2{font-size:1rem;color:#ffa198;' +\n"
    "    'margin:1.5rem 0 .3rem}pre{margin:0;padding:.7rem;background:#0d1117;overflow:auto}' +\n"
    "    'b{color:#ff7b72}p{margin:.3rem 0}';\n"
    "  let overlay = null, source = null, seen = null, leaving = false;\n"
    "  const reload = () => {\n"
    "    if (leaving) return;\n"
    "    leaving = true;\n"
    "    source.close();\n"
    "    location.reload();\n"
    "  };\n"
    "  const refresh = () => {\n" /* browsers take what a page uses from their caches on a reload */
    "    const used = [...document.querySelectorAll('link[href],script[src],img[src]')]\n"
    "      .map(e => e.href || e.src).filter(u => u.startsWith(location.origin + '/'));\n"
    "    Promise.allSettled(used.map(u => fetch(u, {cache: 'reload'}))).then(reload);\n"
    "  };\n"
    "  const show = html => {\n"
    "    if (overlay) overlay.remove();\n"
    "    overlay = null;\n"
    "    if (document.querySelector('[data-gale-status]')) {\n"
    "      if (seen !== null && seen !== html) reload();\n"
    "      seen = html;\n"
    "    }\n"
    "    if (!html || seen !== null) return;\n"
    "    overlay = document.createElement('gale-status');\n"
    "    const root = overlay.attachShadow({mode: 'open'});\n"
    "    const sheet = new CSSStyleSheet();\n"
    "    sheet.replaceSync(css);\n"
    "    root.adoptedStyleSheets = [sheet];\n"
    "    const box = document.createElement('div');\n"
    "    box.innerHTML = html;\n"
    "    root.append(box);\n"
    "    document.documentElement.append(overlay);\n"
    "  };\n"
    "  const connect = () => {\n"
    "    source = new EventSource('/_gale/reload?at=' + made.get('at'));\n"
    "    source.addEventListener('build', e => { if (e.data !== build) reload(); });\n"
    "    source.addEventListener('reload', refresh);\n"
    "    source.addEventListener('status', e => show(e.data));\n"
    "    source.onerror = () => {\n"
    "      if (source.readyState === EventSource.CLOSED && !leaving) setTimeout(connect, 500);\n"
    "    };\n"
    "  };\n"
    "  addEventListener('pagehide', () => { leaving = true; source.close(); });\n"
    "  addEventListener('pageshow', e => { if (e.persisted) location.reload(); });\n"
    "  connect();\n"
    "})();\n";

static int script_get(gale_handler *self)
{
    gale_set_header(self, "Content-Type", "text/javascript; charset=UTF-8");
    gale_set_header(self, "Cache-Control", "no-store");
    return gale_write(self, script);
}

const gale_handler_class gale__live_script_handler = {
    .get = script_get,
    .log_request = log_nothing,
    .name = "live reload script",
};

/* --- with the application --- */

static int add_transform(gale_app *app)
{
    const gale_transform *const *own = app->settings.transforms;
    const gale_transform **list;
    size_t n = 0;

    while (own && own[n])
        n++;
    list = gale__arena_alloc(&app->arena, (n + 2) * sizeof(*list));
    if (!list)
        return -ENOMEM;
    if (n)
        memcpy(list, own, n * sizeof(*list));
    list[n] = &gale__live_transform;
    list[n + 1] = NULL;
    app->settings.transforms = list;
    return 0;
}

int gale__live_enable(gale_app *app)
{
    snprintf(app->build, sizeof(app->build), "%llx-%x", (unsigned long long)gale__clock_ns(),
             (unsigned)getpid());
    return app->settings.autoreload == GALE_ON ? add_transform(app) : 0;
}
