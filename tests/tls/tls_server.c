/* tls_server.c - an HTTPS server for the tests: what TLS agreed, a large body, a file; its options
 * by the command line (name=value). SIGHUP reads its files again.
 */
/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/gale.h>

static struct {
    gale_ioloop *loop;
    gale_tls_context *tls;
    char root[512];
} own;

static const char *or_none(const char *text)
{
    return text ? text : "none";
}

static int info_get(gale_handler *self)
{
    gale_tls_info info;
    int r = gale_request_tls_info(gale_handler_request(self), &info);

    if (r < 0)
        return r;
    return gale_printf(self, "%s %s alpn=%s sni=%s cn=%s verified=%d resumed=%d der=%zu ktls=%d\n",
                       gale_request_protocol(gale_handler_request(self)), info.version,
                       or_none(info.alpn), or_none(info.server_hostname),
                       or_none(info.peer_common_name), info.peer_verified, info.resumed,
                       info.peer_certificate.len, info.ktls_send);
}

static int big_get(gale_handler *self)
{
    int n = 0;
    int r = gale_get_int(self, "n", &n);
    char *data = r < 0 ? NULL : gale_alloc(self, (size_t)n);

    if (!data)
        return r < 0 ? r : gale_fail(self, 503, NULL);
    memset(data, 'x', (size_t)n);
    return gale_write_bytes(self, data, (size_t)n);
}

static int echo_post(gale_handler *self)
{
    gale_str body = gale_handler_request(self)->body;

    return gale_write_bytes(self, body.ptr, body.len);
}

static const gale_handler_class info = { .get = info_get };
static const gale_handler_class big = { .get = big_get };
static const gale_handler_class echo = { .post = echo_post };

static void reload(void *arg)
{
    int r = gale_tls_context_reload(own.tls);

    (void)arg;
    printf("reloaded %s\n", r < 0 ? gale_strerror(r) : "well");
    fflush(stdout);
}

static void stop(void *arg)
{
    (void)arg;
    gale_ioloop_stop(own.loop);
}

static void on_signal(int signo)
{
    gale_ioloop_add_callback_from_signal(own.loop, signo == SIGHUP ? reload : stop, NULL);
}

static const char *value(int argc, char **argv, const char *name)
{
    size_t n = strlen(name);

    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], name, n) && argv[i][n] == '=')
            return argv[i] + n + 1;
    return NULL;
}

static int number(int argc, char **argv, const char *name)
{
    const char *text = value(argc, argv, name);

    return text ? (int)strtol(text, NULL, 10) : 0;
}

static gale_app *make_app(int argc, char **argv)
{
    gale_static_options files = { .path = own.root };
    gale_route routes[] = {
        { .url = "/", .handler = &info },
        { .url = "/big", .handler = &big },
        { .url = "/echo", .handler = &echo },
        { .url = "/files/(.*)", .handler = &gale_static_handler, .arg = &files },
        { 0 },
    };
    gale_settings settings = {
        .server = { .tls = own.tls, .proxy_protocol = number(argc, argv, "proxy") },
    };

    return gale_app_new(routes, &settings);
}

int main(int argc, char **argv)
{
    const char *protocols[] = { value(argc, argv, "alpn"), NULL }, *root;
    gale_tls_host hosts[] = {
        { value(argc, argv, "host"), value(argc, argv, "host_cert"),
          value(argc, argv, "host_key") },
        { 0 },
    };
    gale_tls_options options = {
        .certfile = value(argc, argv, "cert"),
        .keyfile = value(argc, argv, "key"),
        .password = value(argc, argv, "password"),
        .hosts = hosts[0].name ? hosts : NULL,
        .verify = number(argc, argv, "verify"),
        .ca_certs = value(argc, argv, "ca"),
        .alpn = protocols[0] ? protocols : NULL,
        .min_version = value(argc, argv, "min"),
        .session_resumption = number(argc, argv, "resumption"),
        .handshake_timeout = value(argc, argv, "timeout") ? atof(value(argc, argv, "timeout")) : 0,
    };
    gale_app *app;
    int port;

    root = value(argc, argv, "root");
    snprintf(own.root, sizeof(own.root), "%s", root ? root : "/");
    own.loop = gale_ioloop_current();
    own.tls = gale_tls_server(&options);
    if (!own.tls) {
        printf("refused: %s\n", gale_strerror(gale_tls_error()));
        return 1;
    }
    app = make_app(argc, argv);
    port = app ? gale_app_listen(app, 0, "127.0.0.1") : -1;
    if (port < 0)
        return 1;
    signal(SIGTERM, on_signal);
    signal(SIGHUP, on_signal);
    printf("port %d\n", port);
    fflush(stdout);
    gale_ioloop_run(own.loop);
    gale_app_free(app);
    gale_tls_context_free(own.tls);
    gale_ioloop_free(own.loop);
    return 0;
}
