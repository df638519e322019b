/* test_tcpserver.c - servers and connecting: a coroutine for each connection, limits, ends. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gale/log.h>
#include <gale/tcpserver.h>

/* What handlers note. */
struct notes {
    int n_started, n_ended, n_cancelled;
    gale_iostream *kept;
    bool keep, fail;
    char address[128];
};

static int echo(gale_iostream *s, const gale_address *address, void *arg)
{
    struct notes *notes = arg;
    gale_str got;
    int r;

    notes->n_started++;
    gale_address_format(address, notes->address, sizeof(notes->address));
    if (notes->keep) {
        gale_tcpserver_keep(s);
        notes->kept = s;
        return 0;
    }
    if (notes->fail)
        return gale_err(GALE_EPROTO, "handler fails");
    while ((r = gale_iostream_read_bytes(s, 65536, true, &got)) >= 0) {
        r = gale_iostream_write(s, got.ptr, got.len);
        if (r < 0)
            break;
    }
    notes->n_ended++;
    notes->n_cancelled += r == GALE_ECANCELED;
    return r;
}

static gale_iostream *dial(int port)
{
    gale_iostream *s;
    gale_address address;
    char text[64];

    snprintf(text, sizeof(text), "127.0.0.1:%d", port);
    netkit_ok(gale_address_parse(&address, text), "address");
    netkit_ok(gale_iostream_connect(&s, &address, NULL), "connect");
    return s;
}

static gale_tcpserver *serve(struct notes *notes, const gale_tcpserver_options *options, int *port)
{
    gale_tcpserver *server = gale_tcpserver_new(echo, notes, options);

    assert_non_null(server);
    *port = gale_tcpserver_listen(server, 0, "127.0.0.1");
    netkit_ok(*port, "listen");
    assert_int_not_equal(*port, 0);
    return server;
}

static void many_connections_are_served_at_once(struct netkit *k)
{
    struct notes notes = { 0 };
    gale_iostream *s[50];
    int port;
    gale_tcpserver *server = serve(&notes, NULL, &port);

    for (int i = 0; i < 50; i++)
        s[i] = dial(port);
    for (int i = 49; i >= 0; i--)
        netkit_send(s[i], "hello");
    for (int i = 0; i < 50; i++) {
        netkit_expect(s[i], "hello");
        gale_iostream_close(&s[i]);
    }
    assert_int_equal(notes.n_started, 50);
    assert_memory_equal(notes.address, "127.0.0.1:", 10);
    gale_tcpserver_free(server);
    assert_int_equal(notes.n_ended, 50);
}

static void freeing_cancels_and_waits(struct netkit *k)
{
    struct notes notes = { 0 };
    int port;
    gale_tcpserver *server = serve(&notes, NULL, &port);
    gale_iostream *s = dial(port);
    gale_str got;

    netkit_send(s, "x");
    netkit_expect(s, "x");
    gale_tcpserver_free(server);
    assert_int_equal(notes.n_cancelled, 1);
    assert_int_equal(gale_iostream_read_bytes(s, 1, false, &got), GALE_EEOF);
    gale_iostream_close(&s);
}

static void stopping_leaves_connections(struct netkit *k)
{
    struct notes notes = { 0 };
    int port;
    gale_tcpserver *server = serve(&notes, NULL, &port);
    gale_iostream *s = dial(port), *other;
    gale_address address;
    char text[64], expected[128];

    netkit_send(s, "x");
    netkit_expect(s, "x");
    gale_tcpserver_stop(server);
    gale_tcpserver_stop(server);
    netkit_ok(gale_sleep(0.002), "sleep"); /* io_uring closes behind the last completion */
    snprintf(text, sizeof(text), "127.0.0.1:%d", port);
    netkit_ok(gale_address_parse(&address, text), "address");
    assert_int_equal(gale_iostream_connect(&other, &address, NULL), -ECONNREFUSED);
    snprintf(expected, sizeof(expected), "cannot connect to %s: Connection refused", text);
    assert_string_equal(gale_strerror(-ECONNREFUSED), expected);
    netkit_send(s, "y");
    netkit_expect(s, "y");
    gale_iostream_close(&s);
    gale_tcpserver_free(server);
}

static void kept_streams_outlive_their_handler(struct netkit *k)
{
    struct notes notes = { .keep = true };
    int port;
    gale_tcpserver *server = serve(&notes, NULL, &port);
    gale_iostream *s = dial(port);

    netkit_send(s, "ping");
    while (!notes.kept)
        netkit_ok(gale_yield(), "yield");
    gale_tcpserver_free(server);
    netkit_expect(notes.kept, "ping");
    netkit_send(notes.kept, "pong");
    netkit_expect(s, "pong");
    gale_iostream_close(&notes.kept);
    gale_iostream_close(&s);
}

static void max_connections_makes_others_wait(struct netkit *k)
{
    struct notes notes = { 0 };
    int port;
    gale_tcpserver *server = serve(&notes, &(gale_tcpserver_options){ .max_connections = 2 },
                                   &port);
    gale_iostream *s[3] = { dial(port), dial(port), NULL };

    for (int i = 0; i < 2; i++) {
        netkit_send(s[i], "x");
        netkit_expect(s[i], "x");
    }
    s[2] = dial(port); /* the kernel's queue takes it */
    netkit_send(s[2], "waits");
    netkit_ok(gale_sleep(0.005), "sleep");
    assert_int_equal(notes.n_started, 2);
    gale_iostream_close(&s[0]);
    netkit_expect(s[2], "waits");
    gale_iostream_close(&s[1]);
    gale_iostream_close(&s[2]);
    gale_tcpserver_free(server);
    assert_int_equal(notes.n_ended, 3);
}

/* How many are handled at once. */
struct crowd {
    int now, most, total;
    bool at_once; /* the handler does not wait */
};

static int count_crowd(gale_iostream *s, const gale_address *address, void *arg)
{
    struct crowd *crowd = arg;
    gale_str got;
    int r = 0;

    crowd->total++;
    crowd->now++;
    if (crowd->now > crowd->most)
        crowd->most = crowd->now;
    if (!crowd->at_once)
        r = gale_iostream_read_bytes(s, 1, false, &got);
    if (r >= 0)
        r = gale_iostream_write(s, "!", 1);
    crowd->now--;
    return r;
}

/* All connect before the server turns, so that a backend that accepts in bulk has the bulk. */
static void a_crowd_is_handled_few_at_a_time(struct netkit *k)
{
    for (int at_once = 0; at_once <= 1; at_once++) {
        struct crowd crowd = { .at_once = at_once };
        gale_tcpserver *server = gale_tcpserver_new(
            count_crowd, &crowd, &(gale_tcpserver_options){ .max_connections = 3 });
        int port = gale_tcpserver_listen(server, 0, "127.0.0.1");
        gale_iostream *s[40];

        netkit_ok(port, "listen");
        for (int i = 0; i < 40; i++)
            s[i] = dial(port);
        for (int i = 0; i < 40 && !at_once; i++)
            netkit_send(s[i], "?");
        for (int i = 0; i < 40; i++) {
            netkit_expect(s[i], "!");
            gale_iostream_close(&s[i]);
        }
        assert_int_equal(crowd.total, 40);
        assert_in_range(crowd.most, 1, 3);
        gale_tcpserver_free(server);
    }
}

/* Who waits in line when the server stops or goes is closed; who is handled stays. */
static void stopping_closes_those_in_line(struct netkit *k)
{
    struct notes notes = { 0 };
    int port;
    gale_tcpserver *server = serve(&notes, &(gale_tcpserver_options){ .max_connections = 1 },
                                   &port);
    gale_iostream *s[4];
    gale_str got;

    for (int i = 0; i < 4; i++)
        s[i] = dial(port);
    netkit_send(s[0], "x");
    netkit_expect(s[0], "x");
    gale_tcpserver_stop(server);
    for (int i = 1; i < 4; i++) {
        int r = gale_iostream_read_bytes(s[i], 1, false, &got);

        assert_true(r == GALE_EEOF || r == -ECONNRESET);
        gale_iostream_close(&s[i]);
    }
    netkit_send(s[0], "y");
    netkit_expect(s[0], "y");
    gale_iostream_close(&s[0]);
    gale_tcpserver_free(server);
    assert_int_equal(notes.n_started, 1);
}

static int close_and_wait(gale_iostream *s, const gale_address *address, void *arg)
{
    int *n_done = arg, r = gale_iostream_write(s, "bye", 3);

    if (r >= 0)
        r = gale_iostream_drain(s);
    gale_iostream_close(&s);
    gale_tcpserver_keep(s);
    if (r >= 0)
        r = gale_sleep(0.002);
    *n_done += 1;
    return r;
}

static int close_at_once(gale_iostream *s, const gale_address *address, void *arg)
{
    gale_iostream_close(&s);
    *(int *)arg += 1;
    return 0;
}

static void a_handler_may_close_its_stream(struct netkit *k)
{
    int n_done = 0;
    gale_tcpserver *slow = gale_tcpserver_new(close_and_wait, &n_done, NULL);
    gale_tcpserver *quick = gale_tcpserver_new(close_at_once, &n_done, NULL);
    int slow_port = gale_tcpserver_listen(slow, 0, "127.0.0.1");
    int quick_port = gale_tcpserver_listen(quick, 0, "127.0.0.1");
    gale_iostream *s;
    gale_str got;

    netkit_ok(slow_port, "listen");
    netkit_ok(quick_port, "listen");
    s = dial(slow_port);
    netkit_ok(gale_iostream_read_until_close(s, &got), "read");
    assert_int_equal(got.len, 3);
    gale_iostream_close(&s);
    s = dial(quick_port);
    assert_int_equal(gale_iostream_read_bytes(s, 1, false, &got), GALE_EEOF);
    gale_iostream_close(&s);
    while (n_done < 2)
        netkit_ok(gale_sleep(0.001), "sleep");
    gale_tcpserver_free(slow);
    gale_tcpserver_free(quick);
}

static int n_lines;
static char last_line[512];

static void note_line(void *arg, const gale_log_record *record)
{
    n_lines++;
    snprintf(last_line, sizeof(last_line), "%.*s", (int)record->message.len, record->message.ptr);
}

static void a_failing_handler_is_logged(struct netkit *k)
{
    struct notes notes = { .fail = true };
    int port;
    gale_tcpserver *server = serve(&notes, NULL, &port);
    gale_iostream *s;
    gale_str got;

    n_lines = 0;
    gale_log_set_sink(note_line, NULL);
    s = dial(port);
    assert_int_equal(gale_iostream_read_bytes(s, 1, false, &got), GALE_EEOF);
    gale_log_set_sink(NULL, NULL);
    assert_int_equal(n_lines, 1);
    assert_non_null(strstr(last_line, "handler fails"));
    gale_iostream_close(&s);
    gale_tcpserver_free(server);
}

static int write_and_return(gale_iostream *s, const gale_address *address, void *arg)
{
    return gale_iostream_write(s, "written and gone", 16);
}

static int write_much_and_return(gale_iostream *s, const gale_address *address, void *arg)
{
    static const char zeros[60000];

    return gale_iostream_write(s, zeros, sizeof(zeros));
}

static void what_a_handler_wrote_still_arrives(struct netkit *k)
{
    gale_tcpserver *server = gale_tcpserver_new(write_and_return, NULL, NULL);
    gale_tcpserver *big = gale_tcpserver_new(write_much_and_return, NULL, NULL);
    int port = gale_tcpserver_listen(server, 0, "127.0.0.1");
    int big_port = gale_tcpserver_listen(big, 0, "127.0.0.1");
    gale_iostream *s;
    gale_str got;

    netkit_ok(port, "listen");
    netkit_ok(big_port, "listen");
    s = dial(port);
    netkit_ok(gale_iostream_read_until_close(s, &got), "read");
    assert_int_equal(got.len, 16);
    gale_iostream_close(&s);
    s = dial(big_port);
    netkit_ok(gale_iostream_read_until_close(s, &got), "read");
    assert_int_equal(got.len, 60000);
    gale_iostream_close(&s);
    gale_tcpserver_free(server);
    gale_tcpserver_free(big);
}

static void serves_unix_sockets(struct netkit *k)
{
    struct notes notes = { 0 };
    gale_tcpserver *server = gale_tcpserver_new(echo, &notes, NULL);
    gale_address address;
    gale_iostream *s;
    char name[64];
    int fd;

    snprintf(name, sizeof(name), "@gale-server-%d", (int)getpid());
    fd = gale_bind_unix_socket(name, 0, 0);
    netkit_ok(fd, "bind");
    netkit_ok(gale_tcpserver_add_socket(server, &fd), "add");
    assert_int_equal(fd, -1);
    snprintf(name, sizeof(name), "unix:@gale-server-%d", (int)getpid());
    netkit_ok(gale_address_parse(&address, name), "address");
    netkit_ok(gale_iostream_connect(&s, &address, NULL), "connect");
    netkit_send(s, "over a path");
    netkit_expect(s, "over a path");
    assert_string_equal(notes.address, "unix:");
    gale_iostream_close(&s);
    gale_tcpserver_free(server);
}

static void a_taken_port_is_refused(struct netkit *k)
{
    struct notes notes = { 0 };
    int port;
    gale_tcpserver *server = serve(&notes, NULL, &port);

    assert_int_equal(gale_tcpserver_listen(server, port, "127.0.0.1"), -EADDRINUSE);
    gale_tcpserver_free(server);
}

static int connect_away(void *arg)
{
    gale_iostream *s;
    int r = gale_iostream_connect(&s, arg, NULL);

    if (r >= 0)
        gale_iostream_close(&s);
    return r;
}

/* A listener whose queue is full leaves a connect waiting. */
static void connecting_has_deadlines(struct netkit *k)
{
    gale_address address;
    gale_iostream *fill[3] = { NULL, NULL, NULL };
    gale_future *f;
    char text[64];
    int listener, port, r = 0;
    socklen_t len = sizeof(address.storage);

    netkit_ok(gale_bind_sockets(0, "127.0.0.1", &(gale_bind_options){ .backlog = 1 }, &listener, 1),
              "bind");
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address.storage, &len), 0);
    address.len = len;
    gale_address_format(&address, text, sizeof(text));
    port = (int)strtol(strrchr(text, ':') + 1, NULL, 10);
    for (int i = 0; i < 2; i++)
        fill[i] = dial(port);
    r = gale_with_timeout(0.01, connect_away, &address);
    assert_int_equal(r, GALE_ETIMEDOUT);
    f = gale_spawn(connect_away, &address);
    netkit_ok(gale_sleep(0.001), "sleep");
    gale_cancel(f);
    assert_int_equal(gale_join(&f), GALE_ECANCELED);
    for (int i = 0; i < 2; i++)
        gale_iostream_close(&fill[i]);
    close(listener);
}

static const struct netkit_test tests[] = {
    { "many connections", many_connections_are_served_at_once, NETKIT_NONE, { 0 } },
    { "freeing cancels and waits", freeing_cancels_and_waits, NETKIT_NONE, { 0 } },
    { "stopping leaves connections", stopping_leaves_connections, NETKIT_NONE, { 0 } },
    { "kept streams", kept_streams_outlive_their_handler, NETKIT_NONE, { 0 } },
    { "max_connections", max_connections_makes_others_wait, NETKIT_NONE, { 0 } },
    { "a crowd, few at a time", a_crowd_is_handled_few_at_a_time, NETKIT_NONE, { 0 } },
    { "stopping closes those in line", stopping_closes_those_in_line, NETKIT_NONE, { 0 } },
    { "a handler may close its stream", a_handler_may_close_its_stream, NETKIT_NONE, { 0 } },
    { "a failing handler is logged", a_failing_handler_is_logged, NETKIT_NONE, { 0 } },
    { "what a handler wrote still arrives",
      what_a_handler_wrote_still_arrives,
      NETKIT_NONE,
      { 0 } },
    { "serves Unix sockets", serves_unix_sockets, NETKIT_NONE, { 0 } },
    { "a taken port is refused", a_taken_port_is_refused, NETKIT_NONE, { 0 } },
    { "connecting has deadlines", connecting_has_deadlines, NETKIT_NONE, { 0 } },
};

int main(void)
{
    gale_log_set_level(NULL, GALE_LOG_ERROR);
    return netkit_run("tcpserver", tests, sizeof(tests) / sizeof(tests[0]));
}
