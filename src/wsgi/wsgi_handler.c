/* wsgi_handler.c - the handler's side of a request that Python answers: a coroutine that gathers
 * the body, hands the job to a thread and does what that asks for.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <gale/error.h>
#include <gale/escape.h>
#include <gale/log.h>
#include <gale/staticfile.h>

#include "base/alloc.h"
#include "wsgi/python.h"
#include "wsgi/wsgi_job.h"

struct state {
    gale_wsgi *wsgi;
    gale_str path_info; /* ptr NULL: the route has no group, or it is not in the path */
    bool is_in_python;  /* a failure is Python's own */
};

static int initialize(gale_handler *self, void *arg)
{
    struct state *state = gale_state(self);

    state->wsgi = arg;
    if (arg)
        return 0;
    return gale_fail(self, 500,
                     "a route to gale_wsgi_handler has no application (.arg is NULL): %s",
                     gale_strerror(gale_wsgi_error()));
}

/* PATH_INFO is bytes, whatever they are; the first group is all that counts. */
static const char *keep_path_info(gale_handler *self, gale_str bytes, const char *name)
{
    struct state *state = gale_state(self);
    char *copy;

    if (name || state->path_info.ptr)
        return "";
    copy = gale_alloc(self, bytes.len + 1);
    if (!copy)
        return NULL;
    if (bytes.len)
        memcpy(copy, bytes.ptr, bytes.len);
    state->path_info = (gale_str){ copy, bytes.len };
    return "";
}

static bool is_default_handler(gale_handler *self, const gale_wsgi *wsgi)
{
    const gale_settings *settings = gale_app_settings(gale_handler_app(self));

    return settings->default_handler == &gale_wsgi_handler && settings->default_handler_arg == wsgi;
}

/* NULL: a failure is stored. */
static struct gale__wsgi_job *make_job(gale_handler *self, struct state *state)
{
    const gale_request *request = gale_handler_request(self);
    size_t size = strlen(request->path) + 1;
    gale_str path_info = state->path_info;
    char *path;

    if (!path_info.ptr && is_default_handler(self, state->wsgi)) {
        path = gale_alloc(self, size);
        if (!path)
            return NULL;
        path_info = (gale_str){ path, gale_url_unescape_into(request->path, false, path, size) };
    }
    return gale__wsgi_job_new(self, state->wsgi, path_info);
}

/* --- the body --- */

/* One that is small has come before Python is called: who sends it slowly keeps no thread. */
static int gather(gale_handler *self, struct gale__wsgi_job *job)
{
    int64_t size = job->request.content_length;
    size_t len = 0;
    gale_str piece;
    int r;

    if (size <= 0 || size > GALE__WSGI_GATHERED)
        return 0;
    job->body = gale__malloc((size_t)size);
    if (!job->body)
        return gale_err(-ENOMEM, "no memory for a body of %d bytes", (int)size);
    while ((r = gale_read_body(self, &piece)) > 0) {
        if (piece.len > (size_t)size - len) /* cannot be: it would have been refused */
            return gale_err(GALE_EHTTP(400), "a body longer than its Content-Length");
        memcpy(job->body + len, piece.ptr, piece.len);
        len += piece.len;
    }
    job->in = (gale_str){ job->body, len };
    job->in_ended = true;
    return r;
}

/* A body that is refused ends the request with that. */
static int feed(gale_handler *self, struct gale__wsgi_job *job)
{
    gale_str piece = { 0 };
    int r = gale_read_body(self, &piece);

    gale__wsgi_job_feed(job, r, piece);
    return r < 0 ? r : 0;
}

/* --- the answer --- */

static bool is_once(const char *name)
{
    static const char *const names[] = { "Content-Type", "Content-Length", "Date", "Server" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

static int send_head(gale_handler *self, const struct gale__wsgi_head *head)
{
    const char *name = head->block, *value;
    int r = gale_set_status(self, head->status, head->reason);

    gale_clear_header(self, "Content-Type"); /* what the application says, or none */
    for (size_t i = 0; i < head->n_fields && r >= 0; i++) {
        value = name + strlen(name) + 1;
        r = is_once(name) ? gale_set_header(self, name, value) : gale_add_header(self, name, value);
        name = value + strlen(value) + 1;
    }
    return r;
}

static bool has_no_body(gale_handler *self)
{
    int status = gale_get_status(self);

    return status == 204 || status == 304;
}

/* What Python has made since it was looked at last. */
static int send_news(gale_handler *self, struct gale__wsgi_job *job, struct gale__wsgi_news *news)
{
    int r = news->head.status ? send_head(self, &news->head) : 0;

    if (r >= 0 && news->out.len && !has_no_body(self))
        r = gale_write_bytes(self, news->out.ptr, news->out.len);
    if (r >= 0 && news->file.fd >= 0) {
        r = gale_send_fd(self, news->file.fd, news->file.offset, news->file.len);
        gale__wsgi_job_file_sent(job);
    }
    if (r >= 0 && news->head.is_open)
        return gale_flush(self);
    if (r < 0 || news->is_complete || news->is_failed || (!news->out.len && news->file.fd < 0))
        return r;
    return gale_flush(self);
}

/* Python failed: what it had given before leaves, and is then broken off. */
static int fail(gale_handler *self, struct gale__wsgi_job *job, struct gale__wsgi_news *news)
{
    struct state *state = gale_state(self);
    int r = send_news(self, job, news);

    if (r >= 0 && news->head.status)
        r = gale_flush(self);
    if (r < 0)
        return r;
    state->is_in_python = true;
    return gale_fail(self, 500, "%s",
                     news->failure ? news->failure : "no memory for the traceback");
}

/* 1: the answer is complete. */
static int take_news(gale_handler *self, struct gale__wsgi_job *job)
{
    struct gale__wsgi_news news;
    int r;

    gale_event_clear(&job->changed);
    gale__wsgi_job_take(job, &news);
    r = news.is_failed ? fail(self, job, &news) : send_news(self, job, &news);
    if (r >= 0 && news.wants_input)
        r = feed(self, job);
    r = r < 0 ? r : news.is_complete;
    gale__wsgi_news_free(&news);
    return r;
}

static int answer(gale_handler *self, struct gale__wsgi_job *job)
{
    int r = gather(self, job);

    if (r >= 0)
        r = gale__python_submit(job);
    while (r == 0) {
        r = gale_event_wait(&job->changed, GALE_FOREVER);
        if (r >= 0)
            r = take_news(self, job);
    }
    return r < 0 ? r : gale_finish(self);
}

static int serve(gale_handler *self)
{
    struct gale__wsgi_job *job = make_job(self, gale_state(self));
    int r;

    if (!job)
        return gale_fail(self, 500, "%s", gale_strerror(GALE_EINVAL));
    r = answer(self, job);
    gale__wsgi_job_leave(job);
    return r;
}

/* A traceback is the program's fault, and as long as it is. */
static void log_exception(gale_handler *self, int status)
{
    const struct state *state = gale_state(self);
    const gale_request *request = gale_handler_request(self);

    if (state->is_in_python)
        gale_log(&gale_log_application, GALE_LOG_ERROR, "Uncaught exception %s %s (%s)\n%s",
                 request->method, request->uri, gale_request_remote_ip(request), gale_error(self));
    else
        gale_log(&gale_log_general, GALE_LOG_WARNING, "%d %s %s (%s): %s", status, request->method,
                 request->uri, gale_request_remote_ip(request), gale_error(self));
}

static const char *no_etag(gale_handler *self, gale_str body)
{
    (void)self;
    (void)body;
    return NULL;
}

const gale_handler_class gale_wsgi_handler = {
    .state_size = sizeof(struct state),
    .name = "gale_wsgi_handler",
    .initialize = initialize,
    .decode_argument = keep_path_info,
    .stream_request_body = GALE_ON,
    .xsrf_cookies = GALE_OFF,
    .compute_etag = no_etag,
    .log_exception = log_exception,
    .get = serve,
    .head = serve,
    .post = serve,
    .put = serve,
    .delete_ = serve,
    .patch = serve,
    .options = serve,
    .other_method = serve,
};
