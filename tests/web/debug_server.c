/* debug_server.c - handlers that fail, crash and block: what test_debug_wire.py asks for.
 *
 * The lines that tracebacks must name end with a comment "here: …". The environment says how it is
 * run: DEBUG with serve_traceback.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/gale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static __attribute__((noinline)) int query(const char *what)
{
    int r = gale_err(GALE_EPROTO, "no answer about <%s>", what); /* here: query */

    return r - 0 * (int)strlen(what);
}

static int load_story(gale_handler *self)
{
    int r = query("story"); /* here: load */

    if (r < 0)
        return r;
    return gale_write(self, "a story");
}

static int raw_get(gale_handler *self)
{
    (void)self;
    return -EIO;
}

static int fail_get(gale_handler *self)
{
    int r = gale_fail(self, 409, "taken: %s", "x"); /* here: fail */

    return r;
}

static int child(void *arg)
{
    (void)arg;
    return query("child"); /* here: child */
}

static int child_get(gale_handler *self)
{
    gale_future *future = gale_spawn_named("child", child, self);

    return future ? gale_join(&future) : -1;
}

static int send_get(gale_handler *self)
{
    int r = gale_send_error(self, 503); /* here: send */

    return r;
}

static int template_get(gale_handler *self)
{
    return gale_render(self, "page.html", NULL);
}

static int own_page(gale_handler *self, int status)
{
    return gale_printf(self, "mine: %d", status);
}

/* Without the sanitizers, which would end the program before its signal comes. */
static __attribute__((noinline, no_sanitize("undefined"))) void dereference(volatile int *p)
{
    *p = 1; /* here: segv */
}

static int segv_get(gale_handler *self)
{
    dereference(NULL); /* here: segv_get */
    return gale_write(self, "not reached");
}

static int abort_get(gale_handler *self)
{
    abort(); /* here: abort */
    return gale_write(self, "not reached");
}

static __attribute__((noinline)) int deeper(volatile char *above)
{
    volatile char frame[2048];

    frame[0] = above[0];
    return frame[0] ? deeper(frame) + frame[0] : 0; /* here: overflow */
}

static int overflow_get(gale_handler *self)
{
    volatile char one[] = { 1 };
    int r = deeper(one); /* here: overflow_get */

    return r < 0 ? r : gale_write(self, "not reached");
}

/* A function that is not there. */
static int null_get(gale_handler *self)
{
    int (*volatile none)(gale_handler *) = NULL;
    int r = none(self); /* here: null */

    return r + 1;
}

/* Half of the answer has left when it crashes. */
static int late_get(gale_handler *self)
{
    int r = gale_write(self, "half of it");

    if (r >= 0)
        r = gale_flush(self);
    if (r >= 0)
        r = gale_sleep(0.01); /* and the turn ends: it leaves */
    if (r >= 0)
        dereference(NULL); /* here: late_get */
    return r;
}

static __attribute__((noinline)) void spin(double seconds)
{
    clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);

    while (clock() < end)
        continue;
}

static int block_get(gale_handler *self)
{
    double seconds;
    int r = gale_get_double(self, "seconds", &seconds);

    if (r < 0)
        return r;
    spin(seconds); /* here: block */
    return gale_write(self, "at last");
}

static int hello_get(gale_handler *self)
{
    return gale_printf(self, "hello %d", gale_task_id());
}

static const gale_handler_class story_handler = { .get = load_story, .post = load_story };
static const gale_handler_class raw_handler = { .get = raw_get };
static const gale_handler_class fail_handler = { .get = fail_get };
static const gale_handler_class child_handler = { .get = child_get };
static const gale_handler_class send_handler = { .get = send_get };
static const gale_handler_class template_handler = { .get = template_get };
static const gale_handler_class own_handler = { .get = raw_get, .write_error = own_page };
static const gale_handler_class segv_handler = { .get = segv_get };
static const gale_handler_class abort_handler = { .get = abort_get };
static const gale_handler_class overflow_handler = { .get = overflow_get };
static const gale_handler_class null_handler = { .get = null_get };
static const gale_handler_class late_handler = { .get = late_get };
static const gale_handler_class block_handler = { .get = block_get };
static const gale_handler_class hello_handler = { .get = hello_get };

static gale_app *make_app(void)
{
    static const gale_template_text texts[] = { { "page.html", "<p>\n{{ missing }}\n</p>" },
                                                { NULL, NULL } };
    int tell = getenv("DEBUG") ? GALE_ON : GALE_OFF;
    gale_app *inner = gale_app_new(
        (gale_route[]){ { .url = "/hello", .handler = &hello_handler, .name = "inner" }, { 0 } },
        &(gale_settings){ .serve_traceback = tell });

    return gale_app_new(
        (gale_route[]){ { .url = "/", .handler = &hello_handler, .name = "home" },
                        { .url = "/story/{id}", .handler = &story_handler, .name = "story" },
                        { .url = "/raw", .handler = &raw_handler },
                        { .url = "/fail", .handler = &fail_handler },
                        { .url = "/child", .handler = &child_handler },
                        { .url = "/send", .handler = &send_handler },
                        { .url = "/template", .handler = &template_handler },
                        { .url = "/own", .handler = &own_handler },
                        { .url = "/segv", .handler = &segv_handler },
                        { .url = "/abort", .handler = &abort_handler },
                        { .url = "/overflow", .handler = &overflow_handler },
                        { .url = "/null", .handler = &null_handler },
                        { .url = "/late", .handler = &late_handler },
                        { .url = "/block", .handler = &block_handler },
                        { .url = "/inner", .app = inner },
                        { 0 } },
        &(gale_settings){ .serve_traceback = tell,
                          .template_loader = gale_dict_loader_new(texts, NULL) });
}

int main(int argc, char **argv)
{
    return gale_main(argc, argv, make_app());
}
