/* stream.h - a byte stream with its buffers, for owners that are told of data (push).
 *
 * The owner embeds a struct gale_iostream and gives a consumer; the reading calls of
 * <gale/iostream.h> are one such consumer (pull.c), the HTTP connection is another. An
 * idle stream holds no buffer: unconsumed input and unsent output live in chunks that
 * are taken from the thread's pool when needed and given back when empty.
 *
 * Output is collected and leaves with gale__stream_flush(): whoever writes decides when
 * a batch ends. Consumer calls come from the loop, on the loop's stack, never from inside
 * a call of the owner's.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_STREAM_H
#define GALE_NET_STREAM_H

#include <gale/iostream.h>

#include "gen/co.h"
#include "ioloop/io.h"

struct gale__stream_consumer {
    /* n bytes at data, all that is unconsumed so far, valid during the call. Gives how
     * many it consumed; the rest is kept and comes again in front of what arrives next.
     * While the kept input is at the stream's limit, receiving pauses by itself. */
    size_t (*on_data)(struct gale_iostream *s, char *data, size_t n);
    /* The peer ended its side; comes once, after all data has been offered. Output still
     * works. */
    void (*on_eof)(struct gale_iostream *s);
    /* The stream broke (s->error has the reason): nothing more comes in or goes out. The
     * owner closes it. Comes at most once. */
    void (*on_error)(struct gale_iostream *s);
    /* All output has been handed to the kernel after a flush had to leave some behind.
     * May be NULL. */
    void (*on_drained)(struct gale_iostream *s);
    /* After gale__stream_close(): last call; the memory may be freed. */
    void (*on_closed)(struct gale_iostream *s);
};

/* A transport that is no descriptor (memory pair, TLS) replaces the descriptor's calls;
 * each answers as its gale__io_ namesake. */
struct gale__transport {
    int (*recv_start)(struct gale_iostream *s);
    void (*recv_stop)(struct gale_iostream *s);
    ssize_t (*sendv)(struct gale_iostream *s, const struct iovec *iov, int n);
    void (*shutdown)(struct gale_iostream *s);
    void (*close)(struct gale_iostream *s);
};

struct gale__chunk;
struct gale__pull;

struct gale_iostream {
    struct gale__io io;
    const struct gale__stream_consumer *consumer;
    const struct gale__transport *transport; /* NULL: the descriptor itself */
    struct gale__chunk *in;                  /* unconsumed input; NULL when none */
    struct gale__chunk *out;                 /* unsent output, oldest first; NULL when none */
    struct gale__pull *pull;                 /* state of the reading calls; NULL unless used */
    struct gale__ioloop_task redeliver;      /* offers kept input again; runs from the loop */
    int error;                               /* why it broke or was closed; 0 while fine */
    uint32_t in_limit;                       /* bytes of kept input at which receiving pauses */
    uint32_t out_pending;                    /* bytes written and not yet handed over */
    bool receiving, paused, sending, eof, closed;
};

/* Attaches fd (taken over on success) and does not receive yet. 0 or -errno. */
int gale__stream_init(struct gale_iostream *s, gale_ioloop *loop, int fd,
                      const struct gale__stream_consumer *consumer);

/* Receiving: start after init; pause keeps data in the kernel (and what had been received
 * already in the stream); resume offers what is kept and receives on. */
int gale__stream_start(struct gale_iostream *s);
void gale__stream_pause(struct gale_iostream *s);
void gale__stream_resume(struct gale_iostream *s);

/* Room for n contiguous bytes at the end of the output (n at most 16 KiB less a header),
 * or NULL when out of memory (the stream is then broken with -ENOMEM). commit says how
 * many of them were written. */
char *gale__stream_reserve(struct gale_iostream *s, size_t n);
void gale__stream_commit(struct gale_iostream *s, size_t n);

/* Copies into the output. Large data goes straight to the kernel first where the backend
 * can send at once and nothing is pending before it. 0 or the stream's error (sticky). */
int gale__stream_write(struct gale_iostream *s, const char *data, size_t n);

/* Sends what has been written, as much as the kernel takes; the rest follows by itself.
 * 0 or the stream's error. Cheap when nothing is pending. */
int gale__stream_flush(struct gale_iostream *s);

/* Ends our side after what is pending (half close). */
void gale__stream_shutdown(struct gale_iostream *s);

/* Drops buffers, closes; on_closed follows from the loop. error (0: none) is kept. */
void gale__stream_close(struct gale_iostream *s, int error);

/* A chunk pool's figures and end, for tests and gale_ioloop_free. */
void gale__chunk_pool_free(void);

#endif
