/* fastcgi_request.h - a request from the parameters that a web server sends over FastCGI. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_FASTCGI_REQUEST_H
#define GALE_HTTP_FASTCGI_REQUEST_H

#include "http/exchange.h"

/* Who asks the web server. */
struct gale__fastcgi_info {
    uint8_t peer_family; /* 4, 6; 0: no IP address */
    uint8_t peer[16];
    bool tls;
};

/* Fills the request of x from all of its parameters. limits are for the head that they make; head
 * is scratch with room for as many headers, and tells content_length (-1: not said) and head_len
 * afterwards. 0; or the status to refuse it with, and *why. */
int gale__fastcgi_request_fill(struct gale__exchange *x, gale_str params,
                               const struct gale__http1_limits *limits,
                               struct gale__http1_head *head, struct gale__fastcgi_info *info,
                               const char **why);

#endif
