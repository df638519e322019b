/* glib.c - gale inside a GLib main loop, as a GTK program or a GNOME service has one.
 *
 * gale becomes a GSource: GLib asks it how long it may wait (prepare), polls its descriptor
 * with all the others, asks whether it has something to do (check), and lets it (dispatch). */
/* SPDX-License-Identifier: MIT */
#include <glib.h>

#include "site.h"

struct gale_source {
    GSource base; /* first: GLib allocates the whole and knows this part */
    gpointer fd_tag;
    struct site *site;
    GMainLoop *main_loop;
    int result;
};

static gboolean prepare(GSource *base, gint *timeout)
{
    struct gale_source *source = (struct gale_source *)base;
    double seconds = gale_ioloop_next_deadline(source->site->loop);

    /* Rounded up, so that GLib does not come back just before the deadline. */
    *timeout = seconds < 0 ? -1 : (gint)(MIN(seconds, 3600) * 1000) + (seconds > 0);
    return seconds == 0;
}

static gboolean check(GSource *base)
{
    struct gale_source *source = (struct gale_source *)base;

    return g_source_query_unix_fd(base, source->fd_tag) != 0 ||
           gale_ioloop_next_deadline(source->site->loop) == 0;
}

static gboolean dispatch(GSource *base, GSourceFunc callback, gpointer data)
{
    struct gale_source *source = (struct gale_source *)base;

    (void)callback;
    (void)data;
    source->result = gale_ioloop_step(source->site->loop);
    if (source->result < 0 || source->site->done)
        g_main_loop_quit(source->main_loop);
    return G_SOURCE_CONTINUE;
}

static int serve(struct site *site)
{
    static GSourceFuncs functions = { .prepare = prepare, .check = check, .dispatch = dispatch };
    GSource *base = g_source_new(&functions, sizeof(struct gale_source));
    struct gale_source *source = (struct gale_source *)base;

    source->site = site;
    source->main_loop = g_main_loop_new(NULL, FALSE);
    source->fd_tag = g_source_add_unix_fd(base, gale_ioloop_fd(site->loop), G_IO_IN);
    g_source_attach(base, NULL);
    site_check(site);
    g_main_loop_run(source->main_loop);
    int r = source->result;

    g_main_loop_unref(source->main_loop);
    /* Before the loop is freed: the source polls its descriptor. */
    g_source_destroy(base);
    g_source_unref(base);
    return r;
}

int main(int argc, char **argv)
{
    return site_main(argc, argv, serve);
}
