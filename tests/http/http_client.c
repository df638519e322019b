/* http_client.c - gale_fetch as a command, for the wire tests: what it got, as lines.
 *
 * http_client URL [name=value…]; header may come several times.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/gale.h>

enum { MAX_HEADERS = 16 };

struct job {
    const char *url;
    gale_http_request request;
    gale_http_header headers[MAX_HEADERS + 1];
    size_t n_headers;
    char *body;
    long pieces, piece_size; /* to produce */
    long fail_at;            /* the producer fails at this piece */
    double slow;             /* the callback sleeps so long for each piece */
    double pause;            /* so does the producer, behind the first */
    size_t streamed;
    long n_streamed, n_produced;
    double cancel_after;
    bool echo; /* the body is as long as it is and nobody wants to see it */
};

static int produce(gale_str *piece, void *arg)
{
    static char bytes[65536];
    struct job *job = arg;
    int r = 0;

    if (job->pause > 0 && job->n_produced++)
        r = gale_sleep(job->pause);
    if (r < 0)
        return r;
    if (job->fail_at == job->pieces)
        return gale_err(GALE_ESTATE, "the producer is tired");
    if (job->pieces-- == 0)
        return 0;
    memset(bytes, 'p', sizeof(bytes));
    *piece = (gale_str){ bytes, (size_t)job->piece_size };
    return 1;
}

static int stream(gale_str piece, void *arg)
{
    struct job *job = arg;

    job->streamed += piece.len;
    job->n_streamed++;
    return job->slow > 0 ? gale_sleep(job->slow) : 0;
}

static void add_header(struct job *job, char *text)
{
    char *colon = strchr(text, ':');

    if (!colon || job->n_headers == MAX_HEADERS)
        exit(2);
    *colon = 0;
    job->headers[job->n_headers++] = (gale_http_header){ text, colon + 1 };
    job->request.headers = job->headers;
}

static void set_text(struct job *job, const char *name, char *value)
{
    if (!strcmp(name, "method"))
        job->request.method = value;
    else if (!strcmp(name, "header"))
        add_header(job, value);
    else if (!strcmp(name, "body"))
        job->request.body = (gale_str){ value, strlen(value) };
    else if (!strcmp(name, "unix"))
        job->request.unix_socket = value;
    else if (!strcmp(name, "agent"))
        job->request.user_agent = value;
    else
        exit(2);
}

static void set_size(struct job *job, const char *name, long n)
{
    if (!strcmp(name, "body_size")) {
        job->body = malloc((size_t)n + 1);
        if (!job->body)
            exit(2);
        memset(job->body, 'b', (size_t)n);
        job->request.body = (gale_str){ job->body, (size_t)n };
    } else if (!strcmp(name, "pieces")) {
        job->pieces = n;
        job->request.body_producer = produce;
    } else if (!strcmp(name, "piece_size")) {
        job->piece_size = n;
    } else if (!strcmp(name, "fail_at")) {
        job->fail_at = n;
    } else if (!strcmp(name, "max_body")) {
        job->request.max_body_size = n;
    } else if (!strcmp(name, "max_redirects")) {
        job->request.max_redirects = (int)n;
    }
}

static void set_switch(struct job *job, const char *name, double seconds)
{
    if (!strcmp(name, "follow"))
        job->request.follow_redirects = seconds > 0 ? GALE_ON : GALE_OFF;
    else if (!strcmp(name, "strict"))
        job->request.allow_nonstandard_methods = 0;
    else if (!strcmp(name, "timeout"))
        job->request.request_timeout = seconds;
    else if (!strcmp(name, "connect_timeout"))
        job->request.connect_timeout = seconds;
    else if (!strcmp(name, "cancel_after"))
        job->cancel_after = seconds;
    else if (!strcmp(name, "stream"))
        job->request.streaming_callback = stream, job->slow = seconds;
    else if (!strcmp(name, "pause"))
        job->pause = seconds;
    else if (!strcmp(name, "echo"))
        job->echo = true;
}

static void set(struct job *job, char *option)
{
    static const char texts[] = " method header body unix agent ";
    char *value = strchr(option, '=');
    char word[32];

    if (!value)
        exit(2);
    *value++ = 0;
    snprintf(word, sizeof(word), " %s ", option);
    if (strstr(texts, word)) {
        set_text(job, option, value);
        return;
    }
    set_size(job, option, strtol(value, NULL, 10));
    set_switch(job, option, strtod(value, NULL));
}

static int fetch(void *arg)
{
    struct job *job = arg;
    gale_http_response *response;
    int r = gale_fetch(job->url, &job->request, &response);

    if (r < 0)
        printf("phase %s\n", gale_http_phase_name(gale_fetch_phase()));
    if (r < 0)
        return r;
    printf("status %d\nreason %s\nurl %s\n", response->status, response->reason,
           response->effective_url);
    for (const gale_http_header *h = response->headers; h->name; h++)
        printf("header %s: %s\n", h->name, h->value);
    for (const gale_http_header *h = response->trailers; h->name; h++)
        printf("trailer %s: %s\n", h->name, h->value);
    printf("streamed %zu in %ld\nlength %zu\n\n", job->streamed, job->n_streamed,
           response->body.len);
    if (!job->echo)
        fwrite(response->body.ptr, 1, response->body.len, stdout);
    return response->body.ptr[response->body.len] == 0 ? 0 : GALE_ESTATE;
}

static int fetch_cancelled(void *arg)
{
    struct job *job = arg;
    gale_future *future = gale_spawn(fetch, job);

    if (!future)
        return GALE_ESTATE;
    (void)gale_sleep(job->cancel_after);
    gale_cancel(future);
    return gale_join(&future);
}

int main(int argc, char **argv)
{
    struct job job = { .url = argc > 1 ? argv[1] : "", .fail_at = -1, .piece_size = 1000 };
    gale_ioloop *loop = gale_ioloop_current();
    int r;

    job.request.arg = &job;
    job.request.allow_nonstandard_methods = GALE_ON;
    for (int i = 2; i < argc; i++)
        set(&job, argv[i]);
    r = gale_ioloop_run_sync(loop, job.cancel_after > 0 ? fetch_cancelled : fetch, &job, 30);
    if (r < 0)
        printf("error %s %s\n", gale_errname(r), gale_strerror(r));
    gale_ioloop_free(loop);
    free(job.body);
    return 0;
}
