/* read.h - what a reading call looks for in the input, apart from waiting for it. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_READ_H
#define GALE_NET_READ_H

#include <sys/types.h>

#include "net/stream.h"

struct gale__regex;

enum gale__read_kind {
    GALE__READ_BYTES,
    GALE__READ_INTO,
    GALE__READ_DELIMITER,
    GALE__READ_REGEX,
    GALE__READ_TO_END,
};

struct gale__read {
    enum gale__read_kind kind;
    size_t need, most;               /* BYTES, INTO: at least and at most */
    gale_str delimiter;              /* DELIMITER */
    const struct gale__regex *regex; /* REGEX */
    size_t max;                      /* others: bytes within which it must end */
    char *buf;                       /* INTO: where, */
    size_t done;                     /* and how much is there */
    size_t seen;                     /* bytes that were looked at without a result */
    size_t next_look;                /* REGEX: length worth looking at at once */
    ssize_t result;                  /* > 0: length of what was found; < 0: failure */
    bool look_later;                 /* there are bytes not looked at yet */
    bool settled;                    /* the reader was woken */
    bool at_end;                     /* TO_END: all there is */
};

/* data is all unconsumed input. Sets result once there is one. Gives how many bytes were
 * used up (INTO only). */
size_t gale__read_feed(struct gale__read *r, const char *data, size_t n);

/* The same for input already fed; dear: even where it is costly. */
void gale__read_look(struct gale__read *r, gale_str input, bool dear);

/* How much input it may take to find a result. */
size_t gale__read_in_limit(const struct gale__read *r);

/* For messages: "no delimiter". */
const char *gale__read_text(const struct gale__read *r);

#endif
