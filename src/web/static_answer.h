/* static_answer.h - answering with a file or other content that has a size: headers, conditional
 * requests (RFC 9110 13), ranges (14), sending.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_ANSWER_H
#define GALE_WEB_STATIC_ANSWER_H

#include "web/handler.h"

struct gale__static_answer {
    int fd; /* -1: content */
    gale_str content;
    int64_t size;                                       /* of either */
    const char *type;                                   /* NULL: left as it is */
    gale_str etag;                                      /* in quotes; len 0: none */
    gale_str other_etag;                                /* also taken for it; len 0: none */
    const char *modified;                               /* NULL: not known */
    int64_t modified_s;                                 /* the same as Unix time */
    const char *coding;                                 /* of content; NULL: identity */
    bool vary;                                          /* there are other codings */
    bool immutable;                                     /* as long as cache_time */
    double cache_time;                                  /* seconds; 0: nothing is said of caching */
    int (*extra)(gale_handler *self, const char *path); /* more headers; NULL: none */
    const char *path;                                   /* for extra */
};

/* Waits, for a part of the file that is not in memory and for a slow client. Answers and finishes:
 * 200, 206, 304, 412 or 416. What *a points to lives until the request's end. */
int gale__static_answer(gale_handler *self, const struct gale__static_answer *a) GALE_MUST_USE;

/* The request has a Range field (which only identity content has a use for). */
bool gale__static_wants_range(const gale_handler *self);

#endif
