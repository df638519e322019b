/* wsgi_job.c - requests between a coroutine and a thread. See wsgi_job.h. */
/* SPDX-License-Identifier: MIT */
#include "wsgi/wsgi_job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gale/error.h>
#include <gale/escape.h>
#include <gale/httputil.h>

#include "base/alloc.h"

/* --- making one: lengths are counted first, then all is copied into one block --- */

static gale_str text_of(const char *text)
{
    return (gale_str){ text, strlen(text) };
}

static gale_str keep(char **at, gale_str text)
{
    char *here = *at;

    if (text.len)
        memcpy(here, text.ptr, text.len);
    here[text.len] = 0;
    *at += text.len + 1;
    return (gale_str){ here, text.len };
}

/* Bytes of the path with its escapes resolved, never longer than it. */
static gale_str keep_path(char **at, const char *path)
{
    size_t size = strlen(path) + 1;
    char *here = *at;
    size_t len = gale_url_unescape_into(path, false, here, size);

    here[len] = 0;
    *at += size;
    return (gale_str){ here, len };
}

static size_t count_fields(const gale_request *request, size_t *bytes)
{
    gale_str name, value;
    size_t n = 0;

    for (*bytes = 0; gale_request_header_at(request, n, &name, &value); n++)
        *bytes += name.len + value.len + 2;
    return n;
}

static void keep_fields(struct gale__wsgi_request *r, char **at, const gale_request *request)
{
    gale_str name, value;

    for (size_t i = 0; i < r->n_fields; i++) {
        gale_request_header_at(request, i, &name, &value);
        r->fields[i].name = keep(at, name);
        r->fields[i].value = keep(at, value);
    }
}

/* Host, which may be an IPv6 address in brackets, and its port. */
static void split_host(struct gale__wsgi_request *r, gale_str host)
{
    bool is_https = r->scheme.len == 5;
    gale_str name = host;
    int port = -1;

    if (gale_split_host_and_port(host.ptr, &name, &port) < 0 || port < 0 || !name.len) {
        r->server_name = host.len ? host : text_of("localhost"); /* never empty */
        r->server_port = text_of(is_https ? "443" : "80");
        return;
    }
    r->server_port = (gale_str){ name.ptr + name.len + 1, host.len - name.len - 1 };
    r->server_name = name;
}

static int fill(struct gale__wsgi_job *job, const gale_request *request, gale_str path_info)
{
    struct gale__wsgi_request *r = &job->request;
    const char *all[] = { request->method,
                          request->query,
                          request->uri,
                          request->version,
                          gale_request_protocol(request),
                          gale_request_remote_ip(request),
                          gale_request_host(request) };
    size_t n = 0, bytes, size = 0;
    gale_str path, host;
    char *at;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        size += (all[i] ? strlen(all[i]) : 0) + 1;
    n = count_fields(request, &bytes);
    size += bytes + n * sizeof(*r->fields) + 2 * (strlen(request->path) + 1);
    job->texts = at = gale__malloc(size);
    if (!at)
        return -ENOMEM;
    r->fields = (void *)at;
    r->n_fields = n;
    at += n * sizeof(*r->fields);
    keep_fields(r, &at, request);
    r->method = keep(&at, text_of(all[0]));
    r->query = keep(&at, text_of(all[1]));
    r->uri = keep(&at, text_of(all[2]));
    r->protocol = keep(&at, text_of(all[3]));
    r->scheme = keep(&at, text_of(all[4] ? all[4] : "http"));
    r->remote_addr = keep(&at, text_of(all[5] ? all[5] : ""));
    host = keep(&at, text_of(all[6] ? all[6] : ""));
    split_host(r, host);
    path = keep_path(&at, request->path);
    if (path_info.len > path.len || (path_info.len && memcmp(path.ptr + path.len - path_info.len,
                                                             path_info.ptr, path_info.len) != 0))
        return gale_err(GALE_EINVAL, "the first group of a route to gale_wsgi_handler is the end "
                                     "of the path: \"/shop(/.*)?\"");
    path.len -= path_info.len;
    r->path_info = (gale_str){ path.ptr + path.len, path_info.len };
    if (path.len && path.ptr[path.len - 1] == '/') { /* belongs to what follows */
        path.len--;
        r->path_info.ptr--;
        r->path_info.len++;
    }
    r->script_name = keep(&at, path);
    return 0;
}

struct gale__wsgi_job *gale__wsgi_job_new(gale_handler *self, gale_wsgi *wsgi, gale_str path_info)
{
    const gale_request *request = gale_handler_request(self);
    const char *length = gale_request_header(request, "Content-Length");
    bool is_chunked = gale_request_header(request, "Transfer-Encoding") != NULL;
    struct gale__wsgi_job *job = gale__calloc(1, sizeof(*job));

    if (!job)
        return NULL;
    job->wsgi = wsgi;
    job->loop = gale_ioloop_current();
    job->refs = 1;
    job->news.file.fd = -1;
    job->request.content_length = is_chunked ? -1 : length ? strtoll(length, NULL, 10) : 0;
    job->in_ended = !is_chunked && job->request.content_length == 0;
    pthread_mutex_init(&job->lock, NULL); /* which cannot fail here */
    pthread_cond_init(&job->moved, NULL);
    if (fill(job, request, path_info) >= 0)
        return job;
    gale__wsgi_job_unref(job);
    return NULL;
}

static void free_head(struct gale__wsgi_head *head)
{
    gale__free(head->reason);
    gale__free(head->block);
    *head = (struct gale__wsgi_head){ 0 };
}

void gale__wsgi_news_free(struct gale__wsgi_news *news)
{
    free_head(&news->head);
    gale__free(news->out.ptr);
    gale__free(news->failure);
}

void gale__wsgi_job_ref(struct gale__wsgi_job *job)
{
    pthread_mutex_lock(&job->lock);
    job->refs++;
    pthread_mutex_unlock(&job->lock);
}

void gale__wsgi_job_unref(struct gale__wsgi_job *job)
{
    int refs;

    pthread_mutex_lock(&job->lock);
    refs = --job->refs;
    pthread_mutex_unlock(&job->lock);
    if (refs)
        return;
    gale__wsgi_news_free(&job->news);
    gale__free(job->texts);
    gale__free(job->body);
    pthread_cond_destroy(&job->moved);
    pthread_mutex_destroy(&job->lock);
    gale__free(job);
}

/* --- telling the loop --- */

static void on_told(void *arg)
{
    struct gale__wsgi_job *job = arg;

    gale_event_set(&job->changed);
    gale__wsgi_job_unref(job);
}

/* With the lock. The loop is there as long as the handler is: it has not left. */
static void tell(struct gale__wsgi_job *job)
{
    const struct timespec soon = { .tv_nsec = 1000000 };

    while (!job->is_told && !job->is_left) {
        int r = gale_ioloop_add_callback(job->loop, on_told, job);

        if (r >= 0) {
            job->refs++;
            job->is_told = true;
        } else if (r == -ENOMEM) { /* others may give some back */
            pthread_mutex_unlock(&job->lock);
            nanosleep(&soon, NULL);
            pthread_mutex_lock(&job->lock);
        } else {
            job->is_left = true;
        }
    }
}

/* --- the handler's side --- */

void gale__wsgi_job_take(struct gale__wsgi_job *job, struct gale__wsgi_news *out)
{
    pthread_mutex_lock(&job->lock);
    *out = job->news;
    job->is_told = false;
    job->news.head = (struct gale__wsgi_head){ 0 };
    job->news.out = (struct gale__wsgi_bytes){ 0 };
    job->news.failure = NULL;
    pthread_cond_broadcast(&job->moved);
    pthread_mutex_unlock(&job->lock);
}

void gale__wsgi_job_feed(struct gale__wsgi_job *job, int r, gale_str piece)
{
    pthread_mutex_lock(&job->lock);
    job->news.wants_input = false;
    job->in = r > 0 ? piece : (gale_str){ 0 };
    job->in_ended = r == 0;
    job->in_code = r < 0 ? r : 0;
    pthread_cond_broadcast(&job->moved);
    pthread_mutex_unlock(&job->lock);
}

void gale__wsgi_job_file_sent(struct gale__wsgi_job *job)
{
    pthread_mutex_lock(&job->lock);
    job->news.file.fd = -1;
    pthread_cond_broadcast(&job->moved);
    pthread_mutex_unlock(&job->lock);
}

void gale__wsgi_job_leave(struct gale__wsgi_job *job)
{
    pthread_mutex_lock(&job->lock);
    job->is_left = true;
    if (job->in.ptr != job->body)
        job->in.len = 0; /* was lent by the request */
    pthread_cond_broadcast(&job->moved);
    pthread_mutex_unlock(&job->lock);
    gale__wsgi_job_unref(job);
}

bool gale__wsgi_job_is_left(struct gale__wsgi_job *job)
{
    bool is_left;

    pthread_mutex_lock(&job->lock);
    is_left = job->is_left;
    pthread_mutex_unlock(&job->lock);
    return is_left;
}

/* --- the thread's side --- */

static ssize_t read_here(struct gale__wsgi_job *job, char *out, size_t n)
{
    size_t len = n < job->in.len ? n : job->in.len;

    memcpy(out, job->in.ptr, len);
    job->in.ptr += len;
    job->in.len -= len;
    return (ssize_t)len;
}

ssize_t gale__wsgi_read(struct gale__wsgi_job *job, char *out, size_t n)
{
    ssize_t got = 0;

    pthread_mutex_lock(&job->lock);
    while (!job->in.len && !job->in_ended && !job->in_code && !job->is_left) {
        job->news.wants_input = true;
        tell(job);
        while (job->news.wants_input && !job->is_left)
            pthread_cond_wait(&job->moved, &job->lock);
    }
    if (job->in.len)
        got = read_here(job, out, n);
    else if (job->in_code)
        got = job->in_code;
    else if (!job->in_ended)
        got = GALE_ECLOSED;
    pthread_mutex_unlock(&job->lock);
    return got;
}

bool gale__wsgi_read_blocks(struct gale__wsgi_job *job)
{
    bool blocks;

    pthread_mutex_lock(&job->lock);
    blocks = !job->in.len && !job->in_ended && !job->in_code && !job->is_left;
    pthread_mutex_unlock(&job->lock);
    return blocks;
}

void gale__wsgi_put_head(struct gale__wsgi_job *job, struct gale__wsgi_head *head)
{
    pthread_mutex_lock(&job->lock);
    free_head(&job->news.head);
    job->news.head = *head;
    pthread_mutex_unlock(&job->lock);
    *head = (struct gale__wsgi_head){ 0 };
}

static int append(struct gale__wsgi_bytes *out, const char *data, size_t len)
{
    size_t cap = out->cap ? out->cap : 512;
    char *grown;

    while (cap - out->len < len && cap < SIZE_MAX / 2)
        cap *= 2;
    if (cap > out->cap) {
        grown = gale__realloc(out->ptr, cap);
        if (!grown)
            return -ENOMEM;
        out->ptr = grown;
        out->cap = cap;
    }
    memcpy(out->ptr + out->len, data, len);
    out->len += len;
    return 0;
}

int gale__wsgi_put(struct gale__wsgi_job *job, const char *data, size_t len, bool is_complete)
{
    int r = 0;

    pthread_mutex_lock(&job->lock);
    if (job->is_left)
        r = GALE_ECLOSED;
    else if (len)
        r = append(&job->news.out, data, len);
    if (r >= 0) {
        job->news.is_complete = is_complete;
        r = !is_complete && job->news.out.len > GALE__WSGI_PENDING;
        tell(job);
    }
    pthread_mutex_unlock(&job->lock);
    return r;
}

int gale__wsgi_wait(struct gale__wsgi_job *job)
{
    int r;

    pthread_mutex_lock(&job->lock);
    while (job->news.out.len > GALE__WSGI_PENDING && !job->is_left)
        pthread_cond_wait(&job->moved, &job->lock);
    r = job->is_left ? GALE_ECLOSED : 0;
    pthread_mutex_unlock(&job->lock);
    return r;
}

int gale__wsgi_put_file(struct gale__wsgi_job *job, int fd, int64_t offset, int64_t len)
{
    int r;

    pthread_mutex_lock(&job->lock);
    job->news.file = (struct gale__wsgi_file){ fd, offset, len };
    tell(job);
    while (job->news.file.fd >= 0 && !job->is_left)
        pthread_cond_wait(&job->moved, &job->lock);
    r = job->news.file.fd >= 0 ? GALE_ECLOSED : 0;
    job->news.file.fd = -1;
    pthread_mutex_unlock(&job->lock);
    return r;
}

int gale__wsgi_fail(struct gale__wsgi_job *job, const char *text)
{
    char *copy = gale__strndup(text, strlen(text));
    int r;

    pthread_mutex_lock(&job->lock);
    gale__free(job->news.failure);
    job->news.failure = copy;
    job->news.is_failed = true;
    tell(job);
    r = job->is_left ? GALE_ECLOSED : 0;
    pthread_mutex_unlock(&job->lock);
    return r;
}
