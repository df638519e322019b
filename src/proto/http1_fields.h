/* http1_fields.h - what certain fields mean for a head; between the parser's own files. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_HTTP1_FIELDS_H
#define GALE_PROTO_HTTP1_FIELDS_H

#include "proto/http1.h"

/* What is known about a head while it is being parsed, beside the result. */
struct gale__http1_framing {
    bool is_request;
    /* Transfer-Encoding: there is one, it says chunked, says so twice, says something else */
    bool te_seen, te_chunked, te_repeated, te_other;
};

/* Records a failure and returns false. */
bool gale__http1_fail(struct gale__http1_head *head, int status, const char *error, size_t off)
    __attribute__((cold));

/* Notes field h, whose id is at most GALE__HEADER_LAST_SPECIAL. again: not the first of its
 * name. False on failure. */
bool gale__http1_note_field(struct gale__http1_head *head, struct gale__http1_framing *framing,
                            const char *buf, const struct gale__http1_header *h, bool again);

/* The rules that need all fields. False on failure. */
bool gale__http1_check_head(struct gale__http1_head *head,
                            const struct gale__http1_framing *framing, const char *buf);

#endif
