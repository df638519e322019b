/* locks.c - guide: coroutines that wait for each other: a semaphore, a condition, a queue. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/gale.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 2, LONGEST = 200 };

struct site {
    gale_semaphore slots;     /* so many reports are made at a time */
    gale_condition changed;   /* the notice is another one */
    gale_queue *jobs;         /* texts, for the worker */
    char notice[LONGEST + 1]; /* what /notice waits for */
    int n_done;
};

static struct site *site_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

static double seconds_from_now(double seconds)
{
    return gale_ioloop_time(gale_ioloop_current()) + seconds;
}

/* --- a semaphore: no more than two reports at once, and nobody waits for ever --- */

static int report_get(gale_handler *self)
{
    struct site *site = site_of(self);
    int r = gale_semaphore_acquire(&site->slots, seconds_from_now(5));

    if (r == GALE_ETIMEDOUT)
        return gale_fail(self, 503, "too many reports are being made");
    if (r < 0)
        return r;         /* cancelled: nothing was acquired */
    r = gale_sleep(0.01); /* the work */
    gale_semaphore_release(&site->slots);
    return r < 0 ? r : gale_write(self, "a report\n");
}

/* --- a condition: everybody who waits is told --- */

static int notice_get(gale_handler *self)
{
    struct site *site = site_of(self);
    int r = gale_condition_wait(&site->changed, seconds_from_now(30));

    if (r == GALE_ETIMEDOUT)
        return gale_set_status(self, 204, NULL);
    return r < 0 ? r : gale_printf(self, "%s\n", site->notice);
}

static int notice_put(gale_handler *self)
{
    struct site *site = site_of(self);
    gale_str body = gale_handler_request(self)->body;

    if (body.len > LONGEST)
        return gale_fail(self, 400, "a notice of %zu bytes", body.len);
    memcpy(site->notice, body.ptr ? body.ptr : "", body.len);
    site->notice[body.len] = 0;
    return gale_printf(self, "told %zu\n", gale_condition_notify_all(&site->changed));
}

/* --- a queue: requests hand work over, one coroutine does it --- */

static int work(void *arg)
{
    struct site *site = arg;
    void *job;
    int r;

    while ((r = gale_queue_get(site->jobs, &job, GALE_FOREVER)) >= 0) {
        site->n_done++;
        free(job);
        gale_queue_task_done(site->jobs);
    }
    return r == GALE_ECLOSED ? 0 : r;
}

static int jobs_post(gale_handler *self)
{
    struct site *site = site_of(self);
    char *job = strdup(gale_get_argument(self, "job", "something"));
    int r = job ? gale_queue_put_nowait(site->jobs, job) : -ENOMEM;

    if (r < 0)
        free(job);
    if (r == -EAGAIN)
        return gale_fail(self, 503, "there is enough to do");
    return r < 0 ? r : gale_set_status(self, 202, NULL);
}

static int jobs_get(gale_handler *self)
{
    struct site *site = site_of(self);
    int r = gale_queue_join(site->jobs, seconds_from_now(5));

    return r < 0 ? r : gale_printf(self, "%d done\n", site->n_done);
}

static const gale_handler_class report = { .get = report_get };
static const gale_handler_class notice = { .get = notice_get,
                                           .put = notice_put,
                                           .cancel_on_close = GALE_ON };
static const gale_handler_class jobs = { .get = jobs_get, .post = jobs_post };

int main(int argc, char **argv)
{
    static struct site site;
    gale_route routes[] = {
        { .url = "/report", .handler = &report },
        { .url = "/notice", .handler = &notice },
        { .url = "/jobs", .handler = &jobs },
        { 0 },
    };
    int status;

    site.jobs = gale_queue_new(100);
    if (!site.jobs || gale_semaphore_init(&site.slots, AT_ONCE) < 0 ||
        gale_ioloop_spawn_callback(gale_ioloop_current(), work, &site) < 0)
        return EXIT_FAILURE;
    status = gale_main(argc, argv, gale_app_new(routes, &(gale_settings){ .data = &site }));
    gale_queue_free(site.jobs, free);
    return status;
}
