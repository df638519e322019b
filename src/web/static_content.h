/* static_content.h - what an answer with a file or other content of a known size is made of. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_CONTENT_H
#define GALE_WEB_STATIC_CONTENT_H

#include "web/handler.h"

struct gale__static_content {
    int fd;        /* -1: content */
    bool *is_warm; /* of fd: the kernel has all of it in memory, as far as is known */
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

#endif
