/* test_tls_connect.c - gale_tcp_connect and servers with TLS, also behind a PROXY header. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <gale/httpserver.h>
#include <gale/log.h>
#include <gale/process.h>
#include <gale/tcpclient.h>
#include <gale/tcpserver.h>
#include <gale/tls.h>
#include <gale/web.h>

static char folder[] = "gale-tls-connect-XXXXXX";
static char cert[64], key[64];

/* A certificate for echo.example, by openssl(1). */
static int make_certificate(void *arg)
{
    const char *const argv[] = { "openssl",
                                 "req",
                                 "-x509",
                                 "-newkey",
                                 "ec",
                                 "-pkeyopt",
                                 "ec_paramgen_curve:prime256v1",
                                 "-nodes",
                                 "-keyout",
                                 key,
                                 "-out",
                                 cert,
                                 "-days",
                                 "2",
                                 "-subj",
                                 "/CN=echo.example",
                                 "-addext",
                                 "subjectAltName=DNS:echo.example",
                                 NULL };
    gale_subprocess_output got;

    netkit_ok(gale_subprocess_run(argv, (gale_str){ NULL, 0 }, 0, &got), "openssl");
    if (got.status != 0)
        print_error("%s\n", got.err.ptr);
    return got.status;
}

static int set_up(void **state)
{
    gale_ioloop *loop = netkit_loop("epoll");
    int r;

    if (!mkdtemp(folder))
        return -1;
    snprintf(cert, sizeof(cert), "%s/cert.pem", folder);
    snprintf(key, sizeof(key), "%s/key.pem", folder);
    r = gale_ioloop_run_sync(loop, make_certificate, NULL, 20);
    gale_ioloop_free(loop);
    return r;
}

static void tear_down(void)
{
    unlink(cert);
    unlink(key);
    rmdir(folder);
}

/* Who the client is, then what it sends. */
static int echo(gale_iostream *s, const gale_address *address, void *arg)
{
    char text[128];
    gale_str got;
    int r;

    gale_address_format(address, text, sizeof(text));
    r = gale_iostream_write(s, text, strlen(text)); /* before the handshake: it waits for it */
    if (r >= 0)
        r = gale_iostream_write(s, "\n", 1);
    while (r >= 0 && (r = gale_iostream_read_bytes(s, 65536, true, &got)) >= 0)
        r = gale_iostream_write(s, got.ptr, got.len);
    return r == GALE_EEOF ? 0 : r;
}

static gale_tcpserver *serve(int proxy_protocol, int *port)
{
    gale_tls_context *tls = gale_tls_server(
        &(gale_tls_options){ .certfile = cert, .keyfile = key });
    gale_tcpserver *server;

    if (!tls)
        print_error("%s\n", gale_strerror(gale_tls_error()));
    assert_non_null(tls);
    server = gale_tcpserver_new(
        echo, NULL, &(gale_tcpserver_options){ .tls = tls, .proxy_protocol = proxy_protocol });
    assert_non_null(server);
    gale_tls_context_free(tls);
    *port = gale_tcpserver_listen(server, 0, "127.0.0.1");
    netkit_ok(*port, "listen");
    return server;
}

static gale_tls_context *trusting(void)
{
    gale_tls_context *tls = gale_tls_client(&(gale_tls_options){ .ca_certs = cert });

    assert_non_null(tls);
    return tls;
}

static int n_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void expect_descriptors(int n)
{
    for (int i = 0; i < 1000 && n_descriptors() != n; i++)
        netkit_ok(gale_sleep(0.001), "sleep");
    assert_int_equal(n_descriptors(), n);
}

static void expect_echo(gale_iostream *s)
{
    netkit_send(s, "hello");
    netkit_expect(s, "hello");
}

static void connects_with_tls(struct netkit *k)
{
    gale_connect_options o = { .server_hostname = "echo.example", .timeout = 10 };
    int port, before = n_descriptors();
    gale_tcpserver *server = serve(0, &port);
    gale_iostream *s = NULL;
    gale_tls_info info;
    gale_str got;

    o.tls = trusting();
    netkit_ok(gale_tcp_connect(&s, "localhost", port, &o), "connect");
    netkit_ok(gale_iostream_tls_info(s, &info), "info");
    assert_true(info.peer_verified);
    netkit_ok(gale_iostream_read_until(s, "\n", 0, &got), "address");
    expect_echo(s);
    gale_iostream_close(&s);
    gale_tls_context_free(o.tls);
    gale_tcpserver_free(server);
    expect_descriptors(before);
}

static void another_name_or_an_unknown_issuer_is_refused(struct netkit *k)
{
    gale_connect_options o = { .timeout = 10 };
    int port, before;
    gale_tcpserver *server = serve(0, &port);
    gale_iostream *s = NULL;

    before = n_descriptors();
    o.tls = trusting();
    assert_int_equal(gale_tcp_connect(&s, "localhost", port, &o), GALE_ETLS); /* not its name */
    assert_null(s);
    gale_tls_context_free(o.tls);
    o = (gale_connect_options){ .use_tls = GALE_ON, .server_hostname = "echo.example" };
    assert_int_equal(gale_tcp_connect(&s, "localhost", port, &o), GALE_ETLS); /* nobody's */
    assert_null(s);
    expect_descriptors(before);
    gale_tcpserver_free(server);
}

static int idle(gale_iostream *s, const gale_address *address, void *arg)
{
    return gale_sleep(100);
}

static void the_time_limit_holds_for_the_handshake_too(struct netkit *k)
{
    gale_tcpserver *server = gale_tcpserver_new(idle, NULL, NULL);
    int port = gale_tcpserver_listen(server, 0, "127.0.0.1");
    gale_connect_options o = { .use_tls = GALE_ON, .timeout = 0.05 };
    gale_iostream *s = NULL;
    char expected[128];

    netkit_ok(port, "listen");
    assert_int_equal(gale_tcp_connect(&s, "127.0.0.1", port, &o), GALE_ETIMEDOUT);
    assert_null(s);
    snprintf(expected, sizeof(expected), "cannot connect to 127.0.0.1: no connection in time");
    assert_string_equal(gale_strerror(GALE_ETIMEDOUT), expected);
    gale_tcpserver_free(server);
}

static void test_a1_8_tls_behind_a_proxy_header(struct netkit *k)
{
    static const char header[] = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n";
    gale_tls_context *tls = trusting();
    gale_str got;

    for (int mode = GALE_ON; mode <= GALE_PROXY_OPTIONAL; mode++)
        for (int with = mode == GALE_ON; with < 2; with++) {
            int port;
            gale_tcpserver *server = serve(mode, &port);
            gale_iostream *s;

            netkit_ok(gale_tcp_connect(&s, "127.0.0.1", port, NULL), "connect");
            if (with)
                netkit_send(s, header);
            netkit_ok(gale_iostream_start_tls(s, tls, false, "echo.example"), "start_tls");
            netkit_ok(gale_iostream_read_until(s, "\n", 0, &got), "address");
            if (with)
                assert_memory_equal(got.ptr, "192.0.2.7:4711\n", got.len);
            else
                assert_memory_equal(got.ptr, "127.0.0.1:", 10);
            expect_echo(s);
            gale_iostream_close(&s);
            gale_tcpserver_free(server);
        }
    gale_tls_context_free(tls);
}

static int greet(gale_iostream *s, const gale_address *address, void *arg)
{
    gale_str got;
    int r = gale_iostream_write(s, "220 hi\n250 injected\n", 20);

    return r < 0 ? r : gale_iostream_read_until_close(s, &got);
}

static int start_wrongly(gale_iostream *s, gale_tls_context *tls, const char *name)
{
    return gale_iostream_start_tls(s, tls, false, name);
}

static gale_iostream *greeted(int port)
{
    gale_iostream *s;
    gale_str got;

    netkit_ok(gale_tcp_connect(&s, "127.0.0.1", port, NULL), "connect");
    netkit_ok(gale_iostream_read_until(s, "\n", 0, &got), "greeting");
    return s;
}

static void expect_broken(gale_iostream **s, int got, int code)
{
    gale_str text;

    assert_int_equal(got, code);
    assert_int_equal(gale_iostream_error(*s), code);
    assert_int_equal(gale_iostream_write(*s, "PASS secret\n", 12), code);
    assert_int_equal(gale_iostream_read_until(*s, "\n", 0, &text), code);
    gale_iostream_close(s);
}

static void what_does_not_become_tls_is_no_plain_text_either(struct netkit *k)
{
    gale_tcpserver *server = gale_tcpserver_new(greet, NULL, NULL);
    int port = gale_tcpserver_listen(server, 0, "127.0.0.1");
    gale_tls_context *client = trusting(), *wrong = gale_tls_server(&(gale_tls_options){
                                               .certfile = cert, .keyfile = key });
    gale_iostream *s = greeted(port);
    gale_str got;

    expect_broken(&s, start_wrongly(s, client, "echo.example"), GALE_ESTATE); /* injected */
    s = greeted(port);
    netkit_ok(gale_iostream_read_until(s, "\n", 0, &got), "rest");
    expect_broken(&s, start_wrongly(s, client, NULL), GALE_EINVAL); /* no name to check */
    s = greeted(port);
    netkit_ok(gale_iostream_read_until(s, "\n", 0, &got), "rest");
    expect_broken(&s, start_wrongly(s, wrong, "echo.example"), GALE_EINVAL);
    gale_tls_context_free(client);
    gale_tls_context_free(wrong);
    gale_tcpserver_free(server);
}

static int start_late(void *arg)
{
    return gale_iostream_start_tls(arg, NULL, false, "echo.example");
}

static void a_late_start_breaks_the_stream(struct netkit *k)
{
    gale_tcpserver *server = gale_tcpserver_new(idle, NULL, NULL);
    int port = gale_tcpserver_listen(server, 0, "127.0.0.1");
    gale_iostream *s;

    netkit_ok(gale_tcp_connect(&s, "127.0.0.1", port, NULL), "connect");
    expect_broken(&s, gale_with_timeout(0.02, start_late, s), GALE_ETIMEDOUT);
    gale_tcpserver_free(server);
}

static int answer(gale_request *request, void *arg)
{
    return 0;
}

static void a_server_refuses_a_clients_context(struct netkit *k)
{
    gale_tls_context *tls = trusting();

    assert_null(gale_tcpserver_new(echo, NULL, &(gale_tcpserver_options){ .tls = tls }));
    assert_string_equal(gale_strerror(GALE_EINVAL), "TLS: the context is for a client");
    assert_null(gale_httpserver_new(answer, NULL, &(gale_httpserver_options){ .tls = tls }));
    assert_string_equal(gale_strerror(GALE_EINVAL), "TLS: the context is for a client");
    assert_null(gale_app_new(NULL, &(gale_settings){ .server.tls = tls }));
    gale_tls_context_free(tls);
}

static int n_lines, n_errors;

static void count_line(void *arg, const gale_log_record *record)
{
    (void)arg;
    n_lines++;
    n_errors += record->level >= GALE_LOG_ERROR;
}

static void a_failed_handshake_is_one_line_in_the_log(struct netkit *k)
{
    int port;
    gale_tcpserver *server = serve(0, &port);

    n_lines = n_errors = 0;
    gale_log_set_sink(count_line, NULL);
    gale_log_set_level(NULL, GALE_LOG_INFO);
    for (int i = 0; i < 2; i++) {
        gale_iostream *s;
        gale_str got;

        netkit_ok(gale_tcp_connect(&s, "127.0.0.1", port, NULL), "connect");
        if (i == 0)
            netkit_send(s, "GET / HTTP/1.1\r\n\r\n"); /* the second merely goes */
        gale_iostream_shutdown(s);
        (void)!gale_iostream_read_until_close(s, &got);
        gale_iostream_close(&s);
    }
    gale_log_set_level(NULL, GALE_LOG_NONE);
    gale_log_set_sink(NULL, NULL);
    assert_int_equal(n_lines, 1);
    assert_int_equal(n_errors, 0);
    gale_tcpserver_free(server);
}

#define NO_PAIR(fn)                                                                                \
    {                                                                                              \
#fn, fn, NETKIT_NONE                                                                       \
    }

int main(void)
{
    const struct netkit_test tests[] = {
        NO_PAIR(connects_with_tls),
        NO_PAIR(another_name_or_an_unknown_issuer_is_refused),
        NO_PAIR(the_time_limit_holds_for_the_handshake_too),
        NO_PAIR(test_a1_8_tls_behind_a_proxy_header),
        NO_PAIR(what_does_not_become_tls_is_no_plain_text_either),
        NO_PAIR(a_late_start_breaks_the_stream),
        NO_PAIR(a_server_refuses_a_clients_context),
        NO_PAIR(a_failed_handshake_is_one_line_in_the_log),
    };
    int failed;

    gale_log_set_level(NULL, GALE_LOG_NONE);
    if (set_up(NULL) != 0)
        return 1;
    failed = netkit_run("tls_connect", tests, sizeof(tests) / sizeof(tests[0]));
    tear_down();
    return failed;
}
