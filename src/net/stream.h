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

#include <gale/base.h>
#include <gale/error.h>

#include "gen/co.h"
#include "ioloop/io.h"

struct gale_iostream;

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
    /* As the part of gale__stream_send_file() that is for the file, nothing being pending before
     * it: 0: on_send(0) will follow. May be NULL. */
    ssize_t (*send_file)(struct gale_iostream *s, int file, int64_t offset, size_t len);
    /* Stores the text of a failure, when code is the one it gave. Gives code. May be NULL. */
    int (*explain)(const struct gale_iostream *s, int code);
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
    bool started : 1;                        /* receiving is wanted */
    bool paused : 1;                         /* but not now, says the owner */
    bool full : 1;                           /* but not now: the kept input is at its limit */
    bool receiving : 1;                      /* the backend receives */
    bool fresh : 1;                          /* the kept input has bytes that were never offered */
    bool offering : 1;                       /* inside on_data */
    bool eof : 1;                            /* the peer ended its side */
    bool eof_told : 1;                       /* and the consumer knows */
    bool error_told : 1;                     /* the consumer knows that it broke */
    bool sending : 1;                        /* on_send will follow */
    bool want_drained : 1;                   /* a flush left output behind */
    bool shut : 1;                           /* our side ends after the pending output */
    bool shut_done : 1;
    bool goes_out_only : 1; /* a pipe's end for writing: our side is all of it */
    bool closed : 1;
};

/* The most that gale__stream_reserve() gives. */
enum { GALE__STREAM_RESERVE_MAX = 16384 - 64 };

/* Attaches fd (taken over on success) and does not receive yet. 0 or -errno. */
int gale__stream_init(struct gale_iostream *s, gale_ioloop *loop, int fd,
                      const struct gale__stream_consumer *consumer);

/* The same over a transport, whose own data is s->io.backend_data. It tells what happens
 * through s->io.ops, from the loop, as a backend does. Cannot fail. */
void gale__stream_init_transport(struct gale_iostream *s, gale_ioloop *loop,
                                 const struct gale__transport *transport, void *data,
                                 const struct gale__stream_consumer *consumer);

/* Two streams connected in memory: what one sends the other receives, at most 16 KiB on
 * the way. 0 or -ENOMEM. */
int gale__stream_init_pair(struct gale_iostream *a, struct gale_iostream *b, gale_ioloop *loop,
                           const struct gale__stream_consumer *consumer);

/* Of one of a pair: the other end's connection breaks (ECONNRESET) when it has received what is on
 * its way. */
void gale__stream_reset_pair(struct gale_iostream *s);

/* Receiving: start after init; pause keeps data in the kernel (and what had been received
 * already in the stream); resume offers what is kept and receives on. */
int gale__stream_start(struct gale_iostream *s);
void gale__stream_pause(struct gale_iostream *s);
void gale__stream_resume(struct gale_iostream *s);

/* Room for n contiguous bytes at the end of the output (n at most
 * GALE__STREAM_RESERVE_MAX), or NULL when the stream is broken, closed or shut, or out of
 * memory (it is then broken with -ENOMEM). commit says how many of them were written. */
char *gale__stream_reserve(struct gale_iostream *s, size_t n);
void gale__stream_commit(struct gale_iostream *s, size_t n);

/* Copies into the output. Large data goes straight to the kernel first when no more than a
 * piece is pending before it. 0 or the stream's error (sticky). */
int gale__stream_write(struct gale_iostream *s, const char *data, size_t n);

/* Sends what has been written, as much as the kernel takes; the rest follows by itself.
 * 0 or the stream's error. Cheap when nothing is pending. */
int gale__stream_flush(struct gale_iostream *s);
/* The same, but what the kernel takes at once is gone on return, on each backend, unless a part is
 * on its way already. */
int gale__stream_flush_now(struct gale_iostream *s);

/* Sends what is pending and then up to len bytes of a regular file from offset on, straight from
 * the kernel's memory (stream_file.c). How many bytes of the file are gone: when that is not len,
 * on_drained comes as soon as the kernel takes more, and it is called again for the rest; until
 * all is sent nothing else may be written. -ENOTSUP: not on this stream or from this file, which
 * is to be read and written instead; -ENODATA: the file ends before; or the stream's error. */
ssize_t gale__stream_send_file(struct gale_iostream *s, int file, int64_t offset, size_t len);

/* Ends our side after what is pending (half close). */
void gale__stream_shutdown(struct gale_iostream *s);

/* Drops buffers, closes; on_closed follows from the loop. error (0: none) is kept. */
void gale__stream_close(struct gale_iostream *s, int error);

/* For a consumer that takes input when it likes and not only in on_data (not from inside
 * it): the kept input, and saying how much of it was used. */
gale_str gale__stream_kept(const struct gale_iostream *s);
void gale__stream_consume(struct gale_iostream *s, size_t n);

/* Puts n bytes in front of the kept input again. 0, or -ENOMEM (broken). */
int gale__stream_unread(struct gale_iostream *s, const char *data, size_t n);

/* Whether receiving has to stop at the limit at once: from now on no more than one buffer is taken
 * from the kernel ahead of the consumer. A stream that never stops receives faster without. */
void gale__stream_receive_singly(struct gale_iostream *s, bool singly);

/* Changes in_limit; receiving stops or goes on accordingly. */
void gale__stream_set_in_limit(struct gale_iostream *s, uint32_t limit);

#endif
