/* http1_feed.c - see http1_feed.h. */
/* SPDX-License-Identifier: MIT */
#include "http1_feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SHORT = 70 };

void feed_init(struct feed *f)
{
    memset(f, 0, sizeof(*f));
    f->level = gale__scan_best();
    f->limits = (struct gale__http1_limits){ 4096, 16384, FEED_MAX_HEADERS };
}

/* Parses a copy of the first len bytes; false when the parser wants more. */
static bool feed_prefix(struct feed *f, const char *buf, size_t len, size_t *scanned)
{
    char *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    memcpy(copy, buf, len);
    memset(&f->head, 0xa5, sizeof(f->head)); /* nothing may rely on what was there */
    f->head.headers = f->headers;
    f->r = f->is_response
               ? gale__http1_parse_response_at(f->level, copy, len, scanned, &f->limits, &f->head)
               : gale__http1_parse_request_at(f->level, copy, len, scanned, &f->limits, &f->head);
    free(copy);
    return f->r != 0;
}

void feed_at(struct feed *f, const char *buf, size_t len, const size_t *cuts, size_t n_cuts)
{
    size_t scanned = 0;

    for (size_t i = 0; i < n_cuts; i++)
        if (feed_prefix(f, buf, cuts[i], &scanned))
            return;
    feed_prefix(f, buf, len, &scanned);
}

void feed_bytes(struct feed *f, const char *buf, size_t len)
{
    size_t scanned = 0;

    for (size_t n = 1; n <= len; n++)
        if (feed_prefix(f, buf, n, &scanned))
            return;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_known(const struct gale__http1_head *a, const struct gale__http1_head *b)
{
    if (a->known_present != b->known_present)
        return false;
    for (unsigned id = 1; id < GALE__N_HEADERS; id++)
        if ((a->known_present >> id & 1) && a->first[id] != b->first[id])
            return false;
    return true;
}

static bool same_result(const struct feed *a, const struct feed *b)
{
    const struct gale__http1_head *x = &a->head, *y = &b->head;

    if (a->r != b->r)
        return false;
    if (a->r < 0)
        return x->status == y->status && same_text(x->error, y->error) &&
               x->error_off == y->error_off;
    if (a->r == 0)
        return true;
    return x->head_len == y->head_len && x->method == y->method && x->method_off == y->method_off &&
           x->method_len == y->method_len && x->target_off == y->target_off &&
           x->target_len == y->target_len && x->minor_version == y->minor_version &&
           x->status_code == y->status_code && x->reason_off == y->reason_off &&
           x->reason_len == y->reason_len && x->content_length == y->content_length &&
           x->chunked == y->chunked && x->close == y->close && x->keep_alive == y->keep_alive &&
           x->upgrade == y->upgrade && x->expect_continue == y->expect_continue &&
           x->expect_other == y->expect_other && x->n_headers == y->n_headers && !x->status &&
           !y->status && same_known(x, y) &&
           memcmp(a->headers, b->headers, x->n_headers * sizeof(a->headers[0])) == 0;
}

static void must_agree(const struct feed *whole, const struct feed *other, const char *buf,
                       const char *how)
{
    if (same_result(whole, other))
        return;
    fail_msg("%s: %d (%d %s) instead of %d (%d %s) for:\n%s", how, other->r, other->head.status,
             other->r < 0 ? other->head.error : "", whole->r, whole->head.status,
             whole->r < 0 ? whole->head.error : "", buf);
}

static void feed_splits(const struct feed *whole, const char *buf, size_t len)
{
    struct feed other = *whole;

    for (size_t first = 1; first < len; first++) {
        feed_at(&other, buf, len, &first, 1);
        must_agree(whole, &other, buf, "split in two");
        for (size_t second = first + 1; len <= SHORT && second < len; second++) {
            feed_at(&other, buf, len, (size_t[]){ first, second }, 2);
            must_agree(whole, &other, buf, "split in three");
        }
    }
}

void feed_every_way(struct feed *f, const char *buf, size_t len)
{
    struct feed other = *f;

    feed_at(f, buf, len, NULL, 0);
    for (int level = GALE__SCAN_SCALAR; level <= (int)gale__scan_best(); level++) {
        other.level = (enum gale__scan_level)level;
        feed_at(&other, buf, len, NULL, 0);
        must_agree(f, &other, buf, "another level of scanning");
    }
    feed_bytes(&other, buf, len);
    must_agree(f, &other, buf, "byte by byte");
    feed_splits(f, buf, len);
}
