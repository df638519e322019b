/* libsoup.c - benchmark peer: the server of libsoup 3 on a GLib main loop. */
/* SPDX-License-Identifier: MIT */
#include <libsoup/soup.h>

#include "../bench.h"

static void hello(SoupServer *server, SoupServerMessage *message, const char *path,
                  GHashTable *query, gpointer arg)
{
    (void)server;
    (void)path;
    (void)query;
    (void)arg;
    soup_server_message_set_status(message, 200, NULL);
    soup_server_message_set_response(message, "text/html", SOUP_MEMORY_STATIC, "Hello, world", 12);
}

int main(int argc, char **argv)
{
    SoupServer *server = soup_server_new(NULL, NULL);
    GError *error = NULL;

    soup_server_add_handler(server, "/", hello, NULL, NULL);
    if (!soup_server_listen_local(server, (guint)bench_number(argc, argv, "port", 0),
                                  SOUP_SERVER_LISTEN_IPV4_ONLY, &error))
        g_error("%s", error->message);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
    return 0;
}
