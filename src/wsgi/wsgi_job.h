/* wsgi_job.h - one request on its way between its handler (a coroutine) and Python (a thread).
 *
 * A job has copies of all that it needs, so either side may end first; each holds a reference. What
 * the thread wants is told to the loop, which does it in the coroutine: output to be sent, more of
 * the body to be read. Nothing here touches Python; the thread's calls that block are made without
 * its lock.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WSGI_WSGI_JOB_H
#define GALE_WSGI_WSGI_JOB_H

#include <pthread.h>
#include <sys/types.h>

#include <gale/ioloop.h>
#include <gale/locks.h>
#include <gale/wsgi.h>

enum {
    GALE__WSGI_GATHERED = 64 * 1024, /* bytes of a body that has come before Python is called */
    GALE__WSGI_PENDING = 256 * 1024, /* of output that is not waited for */
};

struct gale__wsgi_field {
    gale_str name, value;
};

/* What was asked. All texts are NUL-terminated beyond their end. */
struct gale__wsgi_request {
    gale_str method, script_name, path_info, query, uri, protocol;
    gale_str scheme, server_name, server_port, remote_addr;
    struct gale__wsgi_field *fields; /* as sent */
    size_t n_fields;
    int64_t content_length; /* -1: unknown, as in chunks */
};

/* The head of an answer; its texts are in block, on the heap: "name\0value\0" and so on. */
struct gale__wsgi_head {
    int status; /* 0: none */
    char *reason;
    char *block;
    size_t n_fields;
    bool is_open; /* the body's length is not known, though no more of it may come (HEAD) */
};

struct gale__wsgi_bytes {
    char *ptr;
    size_t len, cap;
};

/* A part of the answer that is in a file. */
struct gale__wsgi_file {
    int fd; /* -1: none */
    int64_t offset, len;
};

/* What the thread wants of the loop. */
struct gale__wsgi_news {
    struct gale__wsgi_head head;
    struct gale__wsgi_bytes out;
    struct gale__wsgi_file file; /* after out */
    bool wants_input;
    bool is_complete; /* the answer is */
    bool is_failed;   /* Python has: failure says how */
    char *failure;    /* NULL: no memory for it */
};

struct gale__wsgi_job {
    struct gale__wsgi_job *next; /* of those that wait for a thread (python.c) */
    gale_wsgi *wsgi;
    gale_ioloop *loop;
    struct gale__wsgi_request request;
    char *texts; /* of request */
    char *body;  /* what was gathered */

    gale_event changed; /* of the loop's thread: there are news */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t moved;
    int refs;
    bool is_left; /* the handler has ended: nobody sends or reads */
    bool is_told; /* of the news */
    gale_str in;
    bool in_ended;
    int in_code; /* why the body does not come */
    struct gale__wsgi_news news;
};

/* For a request; path_info is the end of its path, decoded. NULL: no memory, or GALE_EINVAL says
 * what cannot be. */
struct gale__wsgi_job *gale__wsgi_job_new(gale_handler *self, gale_wsgi *wsgi, gale_str path_info);
void gale__wsgi_job_ref(struct gale__wsgi_job *job);
void gale__wsgi_job_unref(struct gale__wsgi_job *job);

/* --- the handler's side, on the loop --- */

/* Takes what there is, which is then the caller's. */
void gale__wsgi_job_take(struct gale__wsgi_job *job, struct gale__wsgi_news *out);
void gale__wsgi_news_free(struct gale__wsgi_news *news);

/* The next piece of the body, lent until it is asked for more; r as gale_read_body() gave it. */
void gale__wsgi_job_feed(struct gale__wsgi_job *job, int r, gale_str piece);

/* What gale__wsgi_put_file() waits for. */
void gale__wsgi_job_file_sent(struct gale__wsgi_job *job);

/* The handler ends. Gives up its reference. */
void gale__wsgi_job_leave(struct gale__wsgi_job *job);

/* Whether it has. From any thread. */
bool gale__wsgi_job_is_left(struct gale__wsgi_job *job);

/* --- the thread's side --- */

/* Blocks. 1 to n bytes of the body; 0 at its end; or why it does not come: a GALE_EHTTP, or
 * GALE_ECLOSED when the handler has ended. */
ssize_t gale__wsgi_read(struct gale__wsgi_job *job, char *out, size_t n);

/* Whether gale__wsgi_read() would have to wait. */
bool gale__wsgi_read_blocks(struct gale__wsgi_job *job);

/* The head, taken over; it leaves with what follows. */
void gale__wsgi_put_head(struct gale__wsgi_job *job, struct gale__wsgi_head *head);

/* More of the body (copied); is_complete: it is all. 0, 1 when gale__wsgi_wait() should be called,
 * GALE_ECLOSED when the handler has ended, -ENOMEM. */
int gale__wsgi_put(struct gale__wsgi_job *job, const char *data, size_t len, bool is_complete);

/* Blocks while too much output is pending. 0 or GALE_ECLOSED. */
int gale__wsgi_wait(struct gale__wsgi_job *job);

/* Blocks until the part of a file has been sent; fd is lent. 0 or GALE_ECLOSED. */
int gale__wsgi_put_file(struct gale__wsgi_job *job, int fd, int64_t offset, int64_t len);

/* Python failed; text is copied. The answer is a 500, or broken off. 0, or GALE_ECLOSED when the
 * handler has ended: nobody will tell. */
int gale__wsgi_fail(struct gale__wsgi_job *job, const char *text);

#endif
