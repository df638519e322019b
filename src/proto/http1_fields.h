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

/* Files field number n, of a known id, under its id. False on failure. */
static inline bool gale__http1_file_field(struct gale__http1_head *head,
                                          struct gale__http1_framing *framing, const char *buf,
                                          const struct gale__http1_header *h, unsigned n)
{
    uint64_t bit = (uint64_t)1 << h->id;
    bool again = (head->known_present & bit) != 0;

    if (!again) {
        head->known_present |= bit;
        head->first[h->id] = (uint16_t)n;
    }
    return h->id > GALE__HEADER_LAST_SPECIAL ||
           gale__http1_note_field(head, framing, buf, h, again);
}

/* Before a parse. */
static inline void gale__http1_reset(struct gale__http1_head *head)
{
    head->n_headers = 0;
    head->method_off = 0;
    head->method_len = 0;
    head->target_off = 0;
    head->target_len = 0;
    head->reason_off = 0;
    head->reason_len = 0;
    head->method = GALE__METHOD_OTHER;
    head->minor_version = 0;
    head->status_code = 0;
    head->content_length = -1;
    head->chunked = false;
    head->close = false;
    head->keep_alive = false;
    head->upgrade = false;
    head->expect_continue = false;
    head->expect_other = false;
    head->known_present = 0;
    head->status = 0;
    head->error = NULL;
    head->error_off = 0;
    head->folded = false;
}

/* The rules that need all fields. False on failure. */
bool gale__http1_check_head(struct gale__http1_head *head,
                            const struct gale__http1_framing *framing, const char *buf);

#endif
