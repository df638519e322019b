/* pull.h - what a stream of <gale/iostream.h> has beside its core: its readers' state. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_PULL_H
#define GALE_NET_PULL_H

#include "net/chunk.h"
#include "net/stream.h"

struct gale__regex;
struct gale__read;

struct gale__pull {
    struct gale_iostream stream;
    struct gale__waitq readers;      /* at most one */
    struct gale__waitq writers;      /* for on_drained */
    struct gale__read *read;         /* what the reader waits for; on its stack */
    struct gale__chunk *lent;        /* the last result lies in it */
    struct gale__regex *regex;       /* the last one compiled, */
    char *regex_text;                /* and its text */
    struct gale__ioloop_task task;   /* looks for a regex; calls close_callback */
    struct gale__ioloop_owned owned; /* by the loop, until closed */
    void (*close_callback)(void *arg);
    void *close_arg;
    void *owner;       /* of who puts another consumer in for a while */
    size_t max_in;     /* bytes of input kept */
    uint64_t max_out;  /* bytes of output kept */
    unsigned n_inside; /* calls that wait: memory stays until they left */
    bool lent_is_ours; /* lent is no longer the stream's input */
    bool released;     /* the owner called gale_iostream_close */
    bool ended;        /* on_closed came */
    bool kept;         /* gale_tcpserver_keep */
    bool no_read;      /* a pipe's end that goes the other way */
    bool no_write;
};

/* The consumer that the reading calls are. */
extern const struct gale__stream_consumer gale__pull_consumer;

/* A stream's memory with its readers' state. The caller then makes the core work with
 * gale__pull_consumer and calls begin, or, where that fails, discard (NULL is allowed). */
struct gale_iostream *gale__pull_new(size_t max_in, size_t max_out);
void gale__pull_begin(struct gale_iostream *s);
void gale__pull_discard(struct gale_iostream *s);

/* A call that may wait comes in and goes out; the last one out frees what was closed. */
static inline void gale__pull_enter(struct gale__pull *p)
{
    p->n_inside++;
}
void gale__pull_leave(struct gale__pull *p);

/* For gale_iostream_close(): wakes all who wait and closes. */
void gale__pull_release(struct gale__pull *p);

/* Waits. Until all output has been handed over, or connecting is done. */
int gale__pull_wait_drained(struct gale_iostream *s, const char *what);

/* For gale_iostream_set_close_callback(). */
int gale__pull_on_close(struct gale__pull *p, void (*fn)(void *arg), void *arg);

/* Why nothing more can be read when nothing is buffered; 0 when more may come. */
int gale__pull_end(const struct gale_iostream *s);

/* Waits. Until r has a result; then *out (unless NULL) is it, taken from the stream and
 * lent until the next read. On failure the input is as before. */
int gale__pull_read(struct gale_iostream *s, struct gale__read *r, const char *what, gale_str *out);

#endif
