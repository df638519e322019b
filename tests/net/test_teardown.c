/* test_teardown.c - loops and servers that end while streams are open and wait. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <gale/log.h>
#include <gale/tcpserver.h>

static const char *const backends[] = { "epoll", "io_uring" };

/* A server, a client in its own coroutine, a memory pair: all waiting for each other. */
struct world {
    gale_ioloop *loop;
    gale_tcpserver *server;
    gale_iostream *a, *b;
    int port, echoes, handler_result, client_result, n_closed;
};

static int echo(gale_iostream *s, const gale_address *address, void *arg)
{
    struct world *w = arg;
    gale_str got;
    int r;

    while ((r = gale_iostream_read_bytes(s, 100, true, &got)) >= 0) {
        w->echoes++;
        r = gale_iostream_write(s, got.ptr, got.len);
    }
    w->handler_result = r;
    return r;
}

static int talk(void *arg)
{
    struct world *w = arg;
    gale_address address;
    gale_iostream *s;
    char text[64];

    snprintf(text, sizeof(text), "127.0.0.1:%d", w->port);
    netkit_ok(gale_address_parse(&address, text), "address");
    netkit_ok(gale_iostream_connect(&s, &address, NULL), "connect");
    netkit_send(s, "ping");
    netkit_expect(s, "ping");
    gale_ioloop_stop(w->loop);
    w->client_result = gale_iostream_read_bytes(s, 1, false, &(gale_str){ 0 });
    gale_iostream_close(&s);
    return 0;
}

static void note_closed(void *arg)
{
    ((struct world *)arg)->n_closed++;
}

static bool start(struct world *w, const char *backend)
{
    *w = (struct world){ .loop = netkit_loop(backend) };
    if (!w->loop)
        return false;
    w->server = gale_tcpserver_new(echo, w, NULL);
    w->port = gale_tcpserver_listen(w->server, 0, "127.0.0.1");
    netkit_ok(w->port, "listen");
    netkit_ok(gale_iostream_pair(&w->a, &w->b, NULL), "pair");
    netkit_ok(gale_iostream_set_close_callback(w->b, note_closed, w), "callback");
    netkit_ok(gale_iostream_write(w->a, "never read", 10), "write");
    netkit_ok(gale_ioloop_spawn_callback(w->loop, talk, w), "spawn");
    netkit_ok(gale_ioloop_run(w->loop), "run");
    assert_int_equal(w->echoes, 1);
    return true;
}

/* In whatever order a program lets go of things, nothing leaks and nothing hangs. */
static void the_loop_goes_last(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct world w;

        if (!start(&w, backends[i]))
            continue;
        gale_tcpserver_free(w.server);
        gale_iostream_close(&w.a);
        gale_iostream_close(&w.b);
        gale_ioloop_free(w.loop);
        assert_int_equal(w.handler_result, GALE_ECANCELED);
        assert_true(w.client_result < 0);
        assert_int_equal(w.n_closed, 1);
    }
}

static void the_loop_goes_first(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct world w;

        if (!start(&w, backends[i]))
            continue;
        gale_ioloop_free(w.loop);
        assert_true(w.handler_result < 0);
        assert_true(w.client_result < 0);
        assert_int_equal(w.n_closed, 1);
        assert_int_equal(gale_iostream_error(w.a), GALE_ECLOSED);
        assert_int_equal(gale_iostream_write(w.a, "x", 1), GALE_ECLOSED);
        gale_tcpserver_free(w.server);
        gale_iostream_close(&w.a);
        gale_iostream_close(&w.b);
    }
}

static void the_loop_goes_on_without_the_server(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct world w;

        if (!start(&w, backends[i]))
            continue;
        gale_tcpserver_free(w.server);
        for (int turn = 0; turn < 1000 && w.client_result == 0; turn++)
            netkit_ok(gale_ioloop_step(w.loop), "step");
        assert_int_equal(w.handler_result, GALE_ECANCELED);
        assert_int_equal(w.client_result, GALE_EEOF);
        gale_iostream_close(&w.b);
        gale_iostream_close(&w.a);
        gale_ioloop_free(w.loop);
    }
}

static int dial_three(void *arg)
{
    struct world *w = arg;
    gale_address address;
    gale_iostream *s[3];
    gale_str got;
    char text[64];
    int r;

    snprintf(text, sizeof(text), "127.0.0.1:%d", w->port);
    netkit_ok(gale_address_parse(&address, text), "address");
    for (int i = 0; i < 3; i++)
        netkit_ok(gale_iostream_connect(&s[i], &address, NULL), "connect");
    netkit_send(s[0], "ping");
    netkit_expect(s[0], "ping");
    gale_ioloop_stop(w->loop);
    r = gale_iostream_read_bytes(s[0], 1, false, &got);
    for (int i = 0; i < 3; i++)
        gale_iostream_close(&s[i]);
    return r;
}

/* Some are handled, some wait at max_connections; nothing of either is left. */
static void the_loop_goes_while_some_wait_in_line(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct world w = { .loop = netkit_loop(backends[i]) };

        if (!w.loop)
            continue;
        w.server = gale_tcpserver_new(echo, &w, &(gale_tcpserver_options){ .max_connections = 1 });
        w.port = gale_tcpserver_listen(w.server, 0, "127.0.0.1");
        netkit_ok(w.port, "listen");
        netkit_ok(gale_ioloop_spawn_callback(w.loop, dial_three, &w), "spawn");
        netkit_ok(gale_ioloop_run(w.loop), "run");
        assert_int_equal(w.echoes, 1);
        gale_ioloop_free(w.loop);
        assert_true(w.handler_result < 0);
        gale_tcpserver_free(w.server);
    }
}

static gale_tcpserver *self_freed;

static int free_own_server(gale_iostream *s, const gale_address *address, void *arg)
{
    gale_tcpserver_free(self_freed);
    self_freed = NULL;
    gale_ioloop_stop(gale_ioloop_current());
    return gale_iostream_write(s, "bye", 3);
}

static int hear_bye(void *arg)
{
    gale_address address;
    gale_iostream *s;
    char text[64];
    int r;

    snprintf(text, sizeof(text), "127.0.0.1:%d", *(int *)arg);
    netkit_ok(gale_address_parse(&address, text), "address");
    netkit_ok(gale_iostream_connect(&s, &address, NULL), "connect");
    r = gale_iostream_read_bytes(s, 3, false, &(gale_str){ 0 });
    gale_iostream_close(&s);
    return r;
}

static void a_handler_may_free_its_server(void **state)
{
    for (int i = 0; i < 2; i++) {
        gale_ioloop *loop = netkit_loop(backends[i]);
        int port;

        if (!loop)
            continue;
        self_freed = gale_tcpserver_new(free_own_server, NULL, NULL);
        port = gale_tcpserver_listen(self_freed, 0, "127.0.0.1");
        netkit_ok(port, "listen");
        netkit_ok(gale_ioloop_spawn_callback(loop, hear_bye, &port), "spawn");
        netkit_ok(gale_ioloop_run(loop), "run");
        assert_null(self_freed);
        gale_ioloop_free(loop);
    }
}

static void names_itself(int r, const char *name)
{
    assert_int_equal(r, GALE_ENOTCOROUTINE);
    assert_memory_equal(gale_strerror(r), name, strlen(name));
    assert_int_equal(gale_strerror(r)[strlen(name)], ' ');
}

/* Calls that wait, made where nothing can: also when there is nothing to wait for. */
static void waiting_outside_a_coroutine_is_named(void **state)
{
    gale_ioloop *loop = netkit_loop("epoll");
    gale_address address;
    gale_iostream *a, *b, *c;
    gale_str got;
    char text[4];
    size_t n;

    netkit_ok(gale_iostream_pair(&a, &b, NULL), "pair");
    names_itself(gale_iostream_read_bytes(a, 1, false, &got), "gale_iostream_read_bytes");
    netkit_ok(gale_address_parse(&address, "127.0.0.1:1"), "address");
    names_itself(gale_iostream_connect(&c, &address, NULL), "gale_iostream_connect");
    netkit_ok(gale_iostream_set_close_callback(b, note_closed, &(struct world){ 0 }), "callback");
    netkit_ok(gale_iostream_set_close_callback(b, NULL, NULL), "callback");
    netkit_ok(gale_iostream_write(a, "here already", 12), "write");
    netkit_ok(gale_ioloop_step(loop), "step");
    names_itself(gale_iostream_read_bytes(b, 4, false, &got), "gale_iostream_read_bytes");
    names_itself(gale_iostream_read_bytes(b, 0, false, &got), "gale_iostream_read_bytes");
    names_itself(gale_iostream_read_into(b, text, 4, false, &n), "gale_iostream_read_into");
    names_itself(gale_iostream_read_until(b, " ", 0, &got), "gale_iostream_read_until");
    names_itself(gale_iostream_read_until_regex(b, "r", 0, &got), "gale_iostream_read_until_regex");
    names_itself(gale_iostream_drain(a), "gale_iostream_drain");
    names_itself(gale_iostream_drain(NULL), "gale_iostream_drain");
    gale_iostream_close(&a);
    netkit_ok(gale_ioloop_step(loop), "step");
    names_itself(gale_iostream_read_until_close(b, &got), "gale_iostream_read_until_close");
    gale_iostream_close(&b);
    gale_iostream_close(&b);
    gale_ioloop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loop_goes_last),
        cmocka_unit_test(the_loop_goes_first),
        cmocka_unit_test(the_loop_goes_on_without_the_server),
        cmocka_unit_test(the_loop_goes_while_some_wait_in_line),
        cmocka_unit_test(a_handler_may_free_its_server),
        cmocka_unit_test(waiting_outside_a_coroutine_is_named),
    };

    alarm(60);
    gale_log_set_level(NULL, GALE_LOG_ERROR);
    return cmocka_run_group_tests_name("teardown", tests, NULL, NULL) != 0;
}
