/* test_websocket_time.c - pings and closing on a simulated clock: to the moment. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gale/websocket.h>

#include "http/server.h"
#include "ioloop/sim.h"
#include "web/app.h"
#include "web/dispatch.h"

static int n_closed;

struct world {
    gale_ioloop *loop;
    gale_app *app;
    struct gale__sim_peer *peer;
};

static int echo(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_send(ws, message, binary);
}

static int be_slow(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_sleep(1000);
}

static void count_close(gale_websocket *ws)
{
    assert_int_equal(gale_websocket_close_code(ws), 1006);
    n_closed++;
}

static const gale_websocket_options *fine_times(gale_handler *self)
{
    static const gale_websocket_options options = { .ping_interval = 7, .ping_timeout = 2.5 };

    return &options;
}

static const gale_websocket_class usual = GALE_WEBSOCKET_CLASS(.on_message = echo,
                                                               .on_close = count_close);
static const gale_websocket_class fine = GALE_WEBSOCKET_CLASS(.on_message = echo,
                                                              .get_options = fine_times,
                                                              .on_close = count_close);
static const gale_websocket_class slow = GALE_WEBSOCKET_CLASS(.on_message = be_slow,
                                                              .get_options = fine_times);

static void begin(struct world *w, const char *path)
{
    static const gale_route routes[] = {
        { .url = "/usual", .handler = &usual.base },
        { .url = "/fine", .handler = &fine.base },
        { .url = "/slow", .handler = &slow.base },
        { 0 },
    };
    struct gale__app_server *server;
    char head[300];
    int fd;

    n_closed = 0;
    w->loop = gale_ioloop_new(&(gale_ioloop_options){ .backend = "simulated" });
    assert_non_null(w->loop);
    gale_ioloop_make_current(w->loop);
    w->app = gale_app_new(routes, NULL);
    assert_non_null(w->app);
    fd = gale__sim_listener(w->loop);
    server = gale__app_server_new(w->app, w->loop);
    assert_non_null(server);
    server->server = gale__httpserver_new(w->loop, &gale__web_answerer, server,
                                          &w->app->settings.server, NULL);
    w->peer = gale__sim_connect(w->loop, fd);
    assert_true(server->server && w->peer);
    assert_int_equal(gale_httpserver_add_socket(server->server, &fd), 0);
    snprintf(head, sizeof(head),
             "GET %s HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
             path);
    assert_int_equal(gale__sim_push(w->peer, head, strlen(head)), 0);
    assert_int_equal(gale__sim_run(w->loop), 0);
    assert_memory_equal(gale__sim_sent(w->peer).ptr, "HTTP/1.1 101", 12);
    gale__sim_clear_sent(w->peer);
}

static void end(struct world *w)
{
    gale__sim_peer_free(w->peer);
    assert_int_equal(gale__sim_run(w->loop), 0);
    gale_app_free(w->app);
    gale_ioloop_free(w->loop);
}

static void pass(struct world *w, double seconds)
{
    assert_int_equal(gale__sim_advance(w->loop, seconds), 0);
}

/* A ping was sent, and nothing else: answers it. */
static void expect_ping(struct world *w, bool answered)
{
    gale_str sent = gale__sim_sent(w->peer);
    char pong[10] = { (char)0x8a, (char)0x84 };

    assert_int_equal(sent.len, 6);
    assert_memory_equal(sent.ptr, "\x89\x04", 2);
    memcpy(pong + 6, sent.ptr + 2, 4); /* under a key of zeros */
    gale__sim_clear_sent(w->peer);
    if (answered)
        assert_int_equal(gale__sim_push(w->peer, pong, sizeof(pong)), 0);
    assert_int_equal(gale__sim_run(w->loop), 0);
}

static void expect_nothing(struct world *w)
{
    assert_int_equal(gale__sim_sent(w->peer).len, 0);
}

static void test_a5_5_short_times_are_kept_to_the_moment(void **state)
{
    struct world w;

    (void)state;
    begin(&w, "/fine");
    for (int i = 0; i < 3; i++) {
        pass(&w, i ? 6.999 - 1 : 6.999);
        expect_nothing(&w);
        pass(&w, 0.001);
        pass(&w, 0); /* at 7 */
        if (i < 2) {
            gale_str sent = gale__sim_sent(w.peer);

            assert_int_equal(sent.len, 6);
            pass(&w,
                 1); /* the pong comes late: the next ping is 7 after the last one all the same */
            expect_ping(&w, true);
        }
    }
    expect_ping(&w, false);
    pass(&w, 2.499);
    expect_nothing(&w);
    assert_false(gale__sim_is_closed(w.peer));
    pass(&w, 0.002);
    assert_memory_equal(gale__sim_sent(w.peer).ptr, "\x88\x10\x03\xe8ping timed out", 18);
    assert_true(gale__sim_is_closed(w.peer));
    assert_int_equal(n_closed, 1);
    end(&w);
}

static void test_a5_5_the_usual_times_are_kept_to_a_tick(void **state)
{
    struct world w;

    (void)state;
    begin(&w, "/usual");
    pass(&w, 29.9);
    expect_nothing(&w);
    pass(&w, 2.2);
    expect_ping(&w, true);
    pass(&w, 27);
    expect_nothing(&w);
    pass(&w, 4);
    expect_ping(&w, false);
    pass(&w, 27);
    assert_int_equal(n_closed, 0);
    pass(&w, 6);
    assert_true(gale__sim_is_closed(w.peer));
    assert_int_equal(n_closed, 1);
    end(&w);
}

/* What the peer says waits behind a message that is being handled: it is not blamed. */
static void test_a5_5_a_slow_handler_does_not_cost_its_peer_the_connection(void **state)
{
    static const char two[] = "\x81\x81\0\0\0\0a\x81\x81\0\0\0\0b";
    struct world w;

    (void)state;
    begin(&w, "/slow");
    assert_int_equal(gale__sim_push(w.peer, two, sizeof(two) - 1), 0);
    pass(&w, 100);
    assert_false(gale__sim_is_closed(w.peer));
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a5_5_short_times_are_kept_to_the_moment),
        cmocka_unit_test(test_a5_5_the_usual_times_are_kept_to_a_tick),
        cmocka_unit_test(test_a5_5_a_slow_handler_does_not_cost_its_peer_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
