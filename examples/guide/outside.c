/* outside.c - guide: what is not gale's: another program, another thread, another library's
 * descriptor. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <gale/gale.h>

/* --- a program: its input, its output, its exit status --- */

static int words_post(gale_handler *self)
{
    static const char *const argv[] = { "wc", "-w", NULL };
    gale_subprocess_output output;
    int r = gale_subprocess_run(argv, gale_handler_request(self)->body, 4096, &output);

    if (r < 0)
        return r;
    if (output.status != 0)
        return gale_fail(self, 500, "wc ended with %d: %s", output.status, output.err.ptr);
    return gale_printf(self, "%.*s", (int)output.out.len, output.out.ptr);
}

/* --- a thread: it computes, and hands the result over by the one thread-safe call --- */

struct answer {
    gale_ioloop *loop;
    gale_future *future; /* NULL: nobody waits any more */
    int value;
};

/* On the loop. */
static void hand_over(void *arg)
{
    struct answer *answer = arg;

    if (answer->future)
        gale_future_set_result(answer->future, answer->value, NULL);
    else
        free(answer);
}

/* On its own thread. */
static void *compute(void *arg)
{
    struct answer *answer = arg;

    answer->value = 6 * 7;
    if (gale_ioloop_add_callback(answer->loop, hand_over, answer) < 0)
        abort(); /* no memory for a few bytes */
    return NULL;
}

static int answer_get(gale_handler *self)
{
    struct answer *answer = malloc(sizeof(*answer));
    pthread_t thread;
    int r;

    if (!answer)
        return -ENOMEM;
    *answer = (struct answer){ gale_ioloop_current(), gale_future_new(), 0 };
    if (!answer->future || pthread_create(&thread, NULL, compute, answer) != 0) {
        free(answer);
        return gale_fail(self, 503, "no thread");
    }
    r = gale_wait(answer->future);
    pthread_join(thread, NULL); /* it has nothing left to do but to end */
    if (r < 0)
        answer->future = NULL; /* cancelled: hand_over is still to come */
    else
        free(answer);
    return r < 0 ? r : gale_printf(self, "%d\n", r);
}

/* --- a library that gives a descriptor: wait until it is ready, then call the library --- */

static int tick_get(gale_handler *self)
{
    struct itimerspec soon = { .it_value = { .tv_nsec = 20 * 1000 * 1000 } };
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    uint64_t n = 0;
    int r;

    if (fd < 0)
        return gale_fail(self, 503, "no timer");
    timerfd_settime(fd, 0, &soon, NULL);
    r = gale_wait_fd(fd, GALE_READ, gale_ioloop_time(gale_ioloop_current()) + 5);
    if (r >= 0 && read(fd, &n, sizeof(n)) != sizeof(n))
        r = gale_fail(self, 500, "it said it was ready");
    close(fd);
    return r < 0 ? r : gale_printf(self, "%d tick\n", (int)n);
}

static const gale_handler_class words = { .post = words_post };
static const gale_handler_class answer_handler = { .get = answer_get };
static const gale_handler_class tick = { .get = tick_get };

int main(int argc, char **argv)
{
    gale_route routes[] = {
        { .url = "/words", .handler = &words },
        { .url = "/answer", .handler = &answer_handler },
        { .url = "/tick", .handler = &tick },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}
