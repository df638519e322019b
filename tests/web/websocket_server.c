/* websocket_server.c - WebSocket handlers of all kinds, for test_websocket_wire.py. What happens
 * besides the wire it prints. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(const char *what, const char *more)
{
    printf("%s %s\n", what, more);
    fflush(stdout);
}

static int send_text(gale_websocket *ws, const char *fmt, const char *a, int n)
{
    char text[300];

    snprintf(text, sizeof(text), fmt, a, n);
    return gale_write_message(ws, text);
}

static bool is(gale_str message, const char *text)
{
    return message.len == strlen(text) && memcmp(message.ptr, text, message.len) == 0;
}

/* --- echo --- */

static int echo(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_send(ws, message, binary);
}

static void say_close(gale_websocket *ws)
{
    char text[200];

    snprintf(text, sizeof(text), "%d '%s'", gale_websocket_close_code(ws),
             gale_websocket_close_reason(ws));
    say("closed", text);
}

static void say_ping(gale_websocket *ws, gale_str data)
{
    printf("ping %.*s\n", (int)data.len, data.ptr);
    fflush(stdout);
}

static void say_pong(gale_websocket *ws, gale_str data)
{
    printf("pong %.*s\n", (int)data.len, data.ptr);
    fflush(stdout);
}

static const gale_websocket_class echo_class = GALE_WEBSOCKET_CLASS(.on_message = echo,
                                                                    .on_close = say_close,
                                                                    .on_ping = say_ping,
                                                                    .on_pong = say_pong);

static const gale_websocket_options *deflate_options(gale_handler *self)
{
    static const gale_websocket_options options = { .deflate = { .enabled = GALE_ON } };

    return &options;
}

static const gale_websocket_options *small_options(gale_handler *self)
{
    static const gale_websocket_options options = { .deflate = { .enabled = GALE_ON },
                                                    .max_message_size = 1024 };

    return &options;
}

static const gale_websocket_options *quick_options(gale_handler *self)
{
    static const gale_websocket_options options = { .ping_interval = 0.02, .close_timeout = 0.2 };

    return &options;
}

/* --- commands --- */

static int command(gale_websocket *ws, gale_str message, bool binary)
{
    if (is(message, "close"))
        return gale_websocket_close(ws, 0, NULL);
    if (is(message, "close 1001"))
        return gale_websocket_close(ws, 1001, "goodbye");
    if (is(message, "close reason"))
        return gale_websocket_close(ws, 0, "only a reason");
    if (is(message, "close bad"))
        return send_text(ws, "%s%d", "", gale_websocket_close(ws, 1005, NULL) == GALE_EINVAL);
    if (is(message, "close write")) {
        gale_websocket_close(ws, 0, NULL);
        say("after close", gale_write_message(ws, "x") == GALE_ECLOSED &&
                                   gale_websocket_ping(ws, (gale_str){ "x", 1 }) == GALE_ECLOSED
                               ? "ok"
                               : "sent");
        return 0;
    }
    if (is(message, "ping"))
        return gale_websocket_ping(ws, (gale_str){ "hello", 5 });
    if (is(message, "long ping")) {
        static const char long_data[126];
        int r = gale_websocket_ping(ws, (gale_str){ long_data, sizeof(long_data) });

        return send_text(ws, "%s%d", "", r == GALE_EINVAL);
    }
    if (is(message, "json"))
        return gale_write_message_json(ws, NULL) == GALE_EINVAL ? gale_write_message(ws, "{}") : 0;
    if (is(message, "bytes"))
        return gale_write_message_bytes(ws, "\0\xff", 2);
    if (is(message, "bad text"))
        return send_text(ws, "%s%d", "", gale_write_message(ws, "\xff") == GALE_EINVAL);
    if (is(message, "fail"))
        return gale_err(GALE_EINVAL, "asked to fail");
    if (is(message, "ip"))
        return gale_write_message(ws, gale_websocket_remote_ip(ws));
    if (is(message, "app"))
        return gale_write_message(ws, gale_app_data(gale_websocket_app(ws)));
    if (is(message, "read")) {
        gale_str other;

        return send_text(ws, "%s%d", "", gale_read_message(ws, &other, NULL) == GALE_ESTATE);
    }
    return gale_write_message(ws, "?");
}

static const gale_websocket_class command_class = GALE_WEBSOCKET_CLASS(.on_message = command,
                                                                       .on_close = say_close);

/* --- the handshake and open --- */

struct visit {
    int n;
    char name[20];
};

static int visit_initialize(gale_handler *self, void *arg)
{
    struct visit *visit = gale_state(self);

    visit->n = 40;
    return 0;
}

static int visit_prepare(gale_handler *self)
{
    struct visit *visit = gale_state(self);

    visit->n++;
    if (gale_get_query_argument(self, "refuse", NULL))
        return gale_fail(self, 418, NULL);
    gale_set_header(self, "X-Prepared", "yes");
    gale_set_cookie(self, "seen", "1", NULL);
    return gale_sleep(0.001);
}

static void visit_headers(gale_handler *self)
{
    gale_set_header(self, "X-Default", "there");
}

static int visit_open(gale_websocket *ws, gale_handler *self)
{
    struct visit *visit = gale_websocket_state(ws);
    const char *header = gale_request_header(gale_handler_request(self), "X-Test");
    int r = gale_sleep(0.002); /* the first message waits */

    if (r < 0)
        return r;
    visit->n++;
    snprintf(visit->name, sizeof(visit->name), "%s", gale_path_argument(self, 0));
    if (gale_get_query_argument(self, "fail", NULL))
        return gale_err(GALE_EINVAL, "open fails");
    r = gale_write(self, "x") == GALE_ESTATE && gale_set_header(self, "A", "b") == GALE_ESTATE &&
        gale_set_status(self, 200, NULL) == GALE_ESTATE && gale_finish(self) == GALE_ESTATE &&
        gale_redirect(self, "/") == GALE_ESTATE && gale_send_error(self, 400) == GALE_ESTATE &&
        gale_set_cookie(self, "a", "b", NULL) < 0 && gale_flush(self) == GALE_ESTATE;
    return send_text(ws, r ? "open %s %d" : "it can answer %s %d", header ? header : "-",
                     gale_handler_request(self)->body.len == 0);
}

static int visit_message(gale_websocket *ws, gale_str message, bool binary)
{
    struct visit *visit = gale_websocket_state(ws);

    visit->n++;
    return send_text(ws, "%s %d", visit->name, visit->n);
}

static void visit_finish(gale_handler *self)
{
    say("finished", gale_handler_request(self)->path);
}

static const gale_websocket_class visit_class = {
    .base = { .kind = GALE_KIND_WEBSOCKET,
              .kind_size = sizeof(gale_websocket_class),
              .state_size = sizeof(struct visit),
              .initialize = visit_initialize,
              .prepare = visit_prepare,
              .on_finish = visit_finish,
              .set_default_headers = visit_headers },
    .open = visit_open,
    .on_message = visit_message,
    .on_close = say_close,
};
/* All its hooks are the parent's. */
static const gale_handler_class heir_class = { .parent = &visit_class.base };

static const char *choose(gale_handler *self, const char *const *offered, size_t n)
{
    char text[100];

    snprintf(text, sizeof(text), "%zu %s", n, n ? offered[n - 1] : "-");
    say("subprotocols", text);
    if (n && !strcmp(offered[0], "none"))
        return NULL;
    return n && !strcmp(offered[0], "bad") ? "other" : n ? offered[n - 1] : NULL;
}

static int subprotocol_open(gale_websocket *ws, gale_handler *self)
{
    const char *chosen = gale_websocket_subprotocol(ws);

    return gale_write_message(ws, chosen ? chosen : "none");
}

static const gale_websocket_class subprotocol_class = GALE_WEBSOCKET_CLASS(
        .open = subprotocol_open, .select_subprotocol = choose);

static bool any_origin(gale_handler *self, const char *origin)
{
    return strcmp(origin, "http://bad.example") != 0;
}

static const gale_websocket_class any_class = GALE_WEBSOCKET_CLASS(.on_message = echo,
                                                                   .check_origin = any_origin);

static int get_user(gale_handler *self, json_t **user)
{
    const char *name = gale_get_cookie(self, "user", NULL);

    *user = name ? json_string(name) : NULL;
    return 0;
}

static int user_open(gale_websocket *ws, gale_handler *self)
{
    return gale_write_message(ws, json_string_value(gale_current_user(self)));
}

static const gale_websocket_class user_class = {
    .base = { .kind = GALE_KIND_WEBSOCKET,
              .kind_size = sizeof(gale_websocket_class),
              .authenticated = GALE_ALL,
              .get_current_user = get_user },
    .open = user_open,
};

/* --- waiting --- */

static int slow_message(gale_websocket *ws, gale_str message, bool binary)
{
    int r = gale_sleep(is(message, "first") ? 0.05 : 0);

    return r < 0 ? r : gale_send(ws, message, binary);
}

static const gale_websocket_class slow_class = GALE_WEBSOCKET_CLASS(.on_message = slow_message,
                                                                    .on_close = say_close);

static int long_message(gale_websocket *ws, gale_str message, bool binary)
{
    int r;

    say("waits", "");
    r = gale_sleep(60);
    say("woken", gale_errname(r));
    return r;
}

static const gale_websocket_class long_class = GALE_WEBSOCKET_CLASS(.on_message = long_message,
                                                                    .on_close = say_close);

static int count_down(void *arg)
{
    int r = gale_sleep(60);

    say("child", gale_errname(r));
    return r;
}

static void say_deferred(void *arg)
{
    say("deferred", arg);
}

static int child_message(gale_websocket *ws, gale_str message, bool binary)
{
    char *copy = gale_scope_alloc(message.len + 1);

    if (!copy)
        return -1;
    memcpy(copy, message.ptr, message.len);
    copy[message.len] = 0;
    gale_scope_defer(say_deferred, copy);
    if (!gale_spawn(count_down, NULL))
        return -1;
    return gale_send(ws, message, binary);
}

static const gale_websocket_class child_class = GALE_WEBSOCKET_CLASS(.on_message = child_message);

static int run(gale_websocket *ws)
{
    gale_str message;
    bool binary;
    int r, n = 0;

    while ((r = gale_read_message(ws, &message, &binary)) > 0) {
        if (is(message, "return"))
            return 0;
        if (is(message, "fail"))
            return gale_err(GALE_EINVAL, "run fails");
        r = send_text(ws, binary ? "binary %.0s%d" : "text %.0s%d", "", ++n);
        if (r < 0)
            return r;
    }
    say("run ends", r ? gale_errname(r) : "0");
    return r;
}

static int run_open(gale_websocket *ws, gale_handler *self)
{
    return gale_sleep(0.002);
}

static const gale_websocket_class run_class = GALE_WEBSOCKET_CLASS(.open = run_open, .run = run,
                                                                   .on_close = say_close);

static int sleeping_run(gale_websocket *ws)
{
    say("run sleeps", "");
    say("run woken", gale_errname(gale_sleep(60)));
    return 0;
}

static const gale_websocket_class cancelled_class = {
    .base = { .kind = GALE_KIND_WEBSOCKET,
              .kind_size = sizeof(gale_websocket_class),
              .cancel_on_close = GALE_ON },
    .run = sleeping_run,
    .on_close = say_close,
};

/* --- topics --- */

static int topic_open(gale_websocket *ws, gale_handler *self)
{
    int r = gale_subscribe(ws, gale_path_argument(self, 0));

    return r < 0 ? r : gale_write_message(ws, "subscribed");
}

static int topic_message(gale_websocket *ws, gale_str message, bool binary)
{
    gale_topics *topics = gale_app_topics(gale_websocket_app(ws));
    const char *colon = memchr(message.ptr, ':', message.len);
    size_t n = colon ? (size_t)(colon - message.ptr) : message.len;
    char topic[100];
    int r;

    snprintf(topic, sizeof(topic), "%.*s", (int)n, message.ptr);
    if (!colon)
        return gale_unsubscribe(ws, topic);
    r = gale_publish(topics, topic, (gale_str){ colon + 1, message.len - n - 1 }, binary);
    printf("published %d of %zu\n", r, gale_topics_subscribers(topics, topic));
    fflush(stdout);
    return r;
}

static const gale_websocket_class topic_class = GALE_WEBSOCKET_CLASS(.open = topic_open,
                                                                     .on_message = topic_message);

/* Those of one page, and a child of each with other options. */
static const gale_websocket_class deflate_class = GALE_WEBSOCKET_CLASS(
        .on_message = echo, .get_options = deflate_options);
static const gale_websocket_class small_class = GALE_WEBSOCKET_CLASS(.on_message = echo,
                                                                     .get_options = small_options,
                                                                     .on_close = say_close);
static const gale_websocket_class quick_class = GALE_WEBSOCKET_CLASS(.on_message = echo,
                                                                     .get_options = quick_options,
                                                                     .on_close = say_close,
                                                                     .on_pong = say_pong);

static int after(gale_handler *self, void *arg)
{
    return gale_set_header(self, "X-After", "middleware");
}

int main(int argc, char **argv)
{
    static const gale_middleware middleware = { .after = after };
    static const gale_middleware *const list[] = { &middleware, NULL };
    static const char data[] = "the application";
    const gale_route routes[] = {
        { .url = "/echo", .handler = &echo_class.base, .middleware = list },
        { .url = "/command", .handler = &command_class.base },
        { .url = "/visit/(.*)", .handler = &visit_class.base },
        { .url = "/heir/(.*)", .handler = &heir_class },
        { .url = "/subprotocol", .handler = &subprotocol_class.base },
        { .url = "/any", .handler = &any_class.base },
        { .url = "/user", .handler = &user_class.base },
        { .url = "/slow", .handler = &slow_class.base },
        { .url = "/long", .handler = &long_class.base },
        { .url = "/child", .handler = &child_class.base },
        { .url = "/run", .handler = &run_class.base },
        { .url = "/cancelled", .handler = &cancelled_class.base },
        { .url = "/topic/(.*)", .handler = &topic_class.base },
        { .url = "/deflate", .handler = &deflate_class.base },
        { .url = "/small", .handler = &small_class.base },
        { .url = "/quick", .handler = &quick_class.base },
        { 0 },
    };
    const gale_settings settings = {
        .data = (void *)data,
        .cookie_secret = "a secret of the tests",
        .xsrf_cookies = GALE_ON,
        .login_url = "/login",
        .server = { .xheaders = GALE_ON, .max_connections = 15000 },
    };

    return gale_main(argc, argv, gale_app_new(routes, &settings));
}
