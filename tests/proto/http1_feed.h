/* http1_feed.h - feeds a head to the parser in pieces and compares what comes out.
 *
 * Every piece is parsed in a heap block of exactly its size, so that AddressSanitizer sees
 * a read past the end.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TESTS_HTTP1_FEED_H
#define GALE_TESTS_HTTP1_FEED_H

#include "proto/http1.h"

enum { FEED_MAX_HEADERS = 64 };

struct feed {
    enum gale__scan_level level;
    bool is_response;
    struct gale__http1_limits limits;
    /* the result */
    int r;
    struct gale__http1_head head;
    struct gale__http1_header headers[FEED_MAX_HEADERS];
};

/* Limits that are out of the way, the best level. */
void feed_init(struct feed *f);

/* Gives the parser the first n bytes for each n in cuts (ascending), then all; stops at the
 * first answer. The result is in f. */
void feed_at(struct feed *f, const char *buf, size_t len, const size_t *cuts, size_t n_cuts);

/* Byte by byte. */
void feed_bytes(struct feed *f, const char *buf, size_t len);

/* Parses whole, byte by byte, at every split, at every two splits when short, at every level
 * of scanning; fails the test unless all agree. The result of the whole is in f. */
void feed_every_way(struct feed *f, const char *buf, size_t len);

#endif
