/* web_server.c - the application that test_web_wire.py talks to. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What happened to handlers, for the test to ask. */
struct counts {
    int closed, cancelled, finished, written_in_vain, deferred, opened, ended;
};

static struct counts *counts_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

static int counts_get(gale_handler *self)
{
    struct counts *counts = counts_of(self);
    gale_gen_stats gen;

    gale_gen_get_stats(&gen);
    return gale_printf(self,
                       "closed=%d cancelled=%d finished=%d vain=%d deferred=%d coroutines=%zu "
                       "opened=%d ended=%d loop=%s",
                       counts->closed, counts->cancelled, counts->finished, counts->written_in_vain,
                       counts->deferred, gen.coroutines, counts->opened, counts->ended,
                       gale_ioloop_backend(gale_ioloop_current()));
}

static int flush_get(gale_handler *self)
{
    gale_write(self, "ab");
    gale_flush(self);
    if (gale_get_argument(self, "fail", NULL))
        return gale_fail(self, 500, "failed late");
    gale_write(self, "cd");
    gale_flush(self);
    return 0;
}

/* Holds the thread after it was cancelled, until standard input has something to read. */
static int stubborn_child(void *arg)
{
    struct pollfd in = { .fd = 0, .events = POLLIN };
    char c;

    (void)arg;
    if (gale_sleep(60) == GALE_ECANCELED && poll(&in, 1, 20000) == 1)
        return read(0, &c, 1) == 1 ? 0 : -1;
    return -1;
}

static int leave_get(gale_handler *self)
{
    return gale_spawn(stubborn_child, NULL) ? gale_write(self, "left") : -1;
}

static int declared_get(gale_handler *self)
{
    gale_set_header(self, "Content-Length", "10");
    gale_write(self, "12345");
    if (gale_get_argument(self, "flush", NULL))
        gale_flush(self);
    return gale_write(self, gale_get_argument(self, "rest", ""));
}

static int redirect_get(gale_handler *self)
{
    return gale_redirect(self, "/a b/\xc3\xa9?x=1");
}

static int empty_get(gale_handler *self)
{
    return gale_set_status(self, 204, NULL);
}

static int fail_get(gale_handler *self)
{
    gale_write(self, "half a page");
    if (gale_get_argument(self, "late", NULL))
        gale_flush(self);
    return gale_err(GALE_EPROTO, "as asked");
}

static int forbidden_prepare(gale_handler *self)
{
    return gale_fail(self, 403, "not for %s", gale_request_remote_ip(gale_handler_request(self)));
}

static int wait_get(gale_handler *self)
{
    int r = gale_sleep(strtod(gale_get_argument(self, "for", "3600"), NULL));

    if (r == GALE_ECANCELED)
        counts_of(self)->cancelled++;
    return r < 0 ? r : gale_write(self, "rested");
}

static void wait_closed(gale_handler *self)
{
    counts_of(self)->closed++;
}

static void wait_finish(gale_handler *self)
{
    counts_of(self)->finished++;
}

static void count_deferred(void *counts)
{
    ((struct counts *)counts)->deferred++;
}

/* Megabytes, to whoever reads them. */
static int much_get(gale_handler *self)
{
    static char block[65536];
    int r = gale_defer(self, count_deferred, counts_of(self));

    memset(block, 'x', sizeof(block));
    for (int i = 0; i < 16 * 16 && r >= 0; i++) {
        gale_write_bytes(self, block, sizeof(block));
        r = gale_flush(self);
    }
    if (r < 0)
        counts_of(self)->written_in_vain++;
    return r;
}

static int rest_for_ever(void *arg)
{
    (void)arg;
    return gale_sleep(3600);
}

static int spawn_get(gale_handler *self)
{
    if (!gale_spawn(rest_for_ever, NULL))
        return -1;
    return gale_write(self, "spawned");
}

static int echo_post(gale_handler *self)
{
    gale_str body = gale_handler_request(self)->body;

    return gale_write_bytes(self, body.ptr, body.len);
}

struct ticking {
    gale_timeout timer;
    int left;
};

static int open_initialize(gale_handler *self, void *arg)
{
    (void)arg;
    counts_of(self)->opened++;
    return 0;
}

static int open_prepare(gale_handler *self)
{
    return gale_get_argument(self, "prepare", NULL) ? gale_sleep(0.005) : 0;
}

static void tick(void *arg)
{
    gale_handler *self = arg;
    struct ticking *t = gale_state(self);

    gale_printf(self, "%d\n", t->left);
    if (gale_flush(self) < 0 || --t->left == 0)
        gale_finish(self);
    else
        t->timer = gale_ioloop_call_later(gale_ioloop_current(), 0.003, tick, self);
}

/* Asks for its callback before it waits, or after. */
static int open_get(gale_handler *self)
{
    struct ticking *t = gale_state(self);
    const char *how = gale_get_argument(self, "how", "");

    t->left = 3;
    if (strcmp(how, "late") == 0 && (gale_sleep(0.005), gale_is_finished(self)))
        return 0;
    t->timer = gale_ioloop_call_later(gale_ioloop_current(), 0.008, tick, self);
    if (strcmp(how, "early") == 0) {
        gale_sleep(0.005);
        gale_write(self, "x");
    }
    if (strcmp(how, "bad") == 0)
        gale_set_header(self, "X", "a\nb");
    return 0;
}

static void open_closed(gale_handler *self)
{
    struct ticking *t = gale_state(self);

    gale_ioloop_remove_timeout(gale_ioloop_current(), t->timer);
    gale_finish(self);
}

static void open_finish(gale_handler *self)
{
    counts_of(self)->ended++;
}

static const gale_handler_class counts_handler = { .get = counts_get };
static const gale_handler_class flush_handler = { .get = flush_get };
static const gale_handler_class leave_handler = { .get = leave_get };
static const gale_handler_class declared_handler = { .get = declared_get };
static const gale_handler_class redirect_handler = { .get = redirect_get };
static const gale_handler_class empty_handler = { .get = empty_get };
static const gale_handler_class fail_handler = { .get = fail_get };
static const gale_handler_class forbidden_handler = { .get = empty_get,
                                                      .prepare = forbidden_prepare };
static const gale_handler_class wait_handler = { .get = wait_get,
                                                 .on_connection_close = wait_closed,
                                                 .on_finish = wait_finish };
static const gale_handler_class cancel_handler = { .parent = &wait_handler,
                                                   .cancel_on_close = GALE_ON };
static const gale_handler_class much_handler = { .get = much_get };
static const gale_handler_class spawn_handler = { .get = spawn_get };
static const gale_handler_class echo_handler = { .post = echo_post, .put = echo_post };
static const gale_handler_class patient_handler = { .state_size = sizeof(struct ticking),
                                                    .asynchronous = GALE_ON,
                                                    .initialize = open_initialize,
                                                    .prepare = open_prepare,
                                                    .get = open_get,
                                                    .on_finish = open_finish };
static const gale_handler_class open_handler = { .parent = &patient_handler,
                                                 .on_connection_close = open_closed };
static const gale_handler_class no_verb = { .prepare = forbidden_prepare };

/* BAD in the environment spoils a route. */
static void spoil(gale_route *route)
{
    const char *bad = getenv("BAD");

    if (!bad)
        return;
    if (strcmp(bad, "pattern") == 0)
        route->url = "/story/([0-9]+";
    else if (strcmp(bad, "class") == 0)
        route->handler = &no_verb;
    else if (strcmp(bad, "handler") == 0)
        route->handler = NULL;
}

int main(int argc, char **argv)
{
    static struct counts counts;
    gale_route routes[] = {
        { .url = "/flush", .handler = &flush_handler },
        { .url = "/counts", .handler = &counts_handler },
        { .url = "/leave", .handler = &leave_handler },
        { .url = "/declared", .handler = &declared_handler },
        { .url = "/redirect", .handler = &redirect_handler },
        { .url = "/204", .handler = &empty_handler },
        { .url = "/fail", .handler = &fail_handler },
        { .url = "/forbidden", .handler = &forbidden_handler },
        { .url = "/wait", .handler = &wait_handler },
        { .url = "/cancel", .handler = &cancel_handler },
        { .url = "/much", .handler = &much_handler },
        { .url = "/spawn", .handler = &spawn_handler },
        { .url = "/echo", .handler = &echo_handler },
        { .url = "/patient", .handler = &patient_handler },
        { .url = "/open", .handler = &open_handler },
        { 0 },
    };
    gale_settings settings = { .data = &counts };

    spoil(&routes[0]);
    return gale_main(argc, argv, gale_app_new(routes, &settings));
}
