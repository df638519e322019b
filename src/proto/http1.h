/* http1.h - the strict, pure, incremental parser of HTTP/1 heads (RFC 9112), both ends.
 *
 * Bytes in, offsets into those bytes out; no I/O, no allocation, no copy. A head is parsed
 * from its first byte whenever it may have become complete, so what the parser answers
 * depends on the bytes alone: however the input was cut into pieces, the same head or the
 * same status and text come out. Only the moment differs: given a whole head at once, an
 * error is seen at once; given pieces, it may be seen only when the head ends, when a
 * control character shows up or when a limit is reached. Between two pieces only the new
 * bytes are searched, so a peer that sends byte by byte costs linear time.
 *
 * What could be read in two ways is refused: bare CR or LF, NUL, lines folded in requests,
 * whitespace before a colon, repeated Host, lengths that differ or do not parse, a length beside a
 * transfer coding. The rules stand beside the code.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_HTTP1_H
#define GALE_PROTO_HTTP1_H

#include <gale/base.h>
#include "proto/http_names.h"
#include "proto/scan.h"

/* Offsets are from the start of the buffer given to the parser. */
struct gale__http1_header {
    uint32_t name_off, value_off, value_len;
    uint16_t name_len;
    uint16_t id; /* GALE__HEADER_…, 0 for a name that is not in the table */
};

/* Each below 2^31. */
struct gale__http1_limits {
    uint32_t max_request_line; /* bytes without its CRLF; beyond: 414 */
    uint32_t max_header_bytes; /* of the whole head with its empty lines; beyond: 431 */
    uint32_t max_headers;      /* length of the caller's array, at most 65535; beyond: 431 */
};

/* The result. The caller sets headers and nothing else. After a parse that wanted more
 * bytes only headers is meaningful; after a failure status, error and error_off are. */
struct gale__http1_head {
    struct gale__http1_header *headers; /* the caller's array of limits->max_headers */
    uint16_t n_headers;
    uint32_t head_len; /* with leading empty lines and the final one */
    /* request */
    uint32_t method_off, method_len;
    uint32_t target_off, target_len;
    uint8_t method; /* enum gale__method */
    /* both; HTTP/1.2 and later count as 1.1 */
    uint8_t minor_version;
    /* response */
    uint16_t status_code;
    uint32_t reason_off, reason_len;
    /* what the fields said */
    int64_t content_length; /* -1: no such field */
    bool chunked;
    bool close;           /* Connection has close */
    bool keep_alive;      /* Connection has keep-alive */
    bool upgrade;         /* Connection has upgrade, and there is an Upgrade field */
    bool expect_continue; /* Expect: 100-continue in an HTTP/1.1 request */
    bool expect_other;    /* an expectation nobody knows: answer 417 */
    /* Bit id of known_present is set when a field of that id came; only then first[id] is
     * the index of the first of them. Use gale__http1_find(). */
    uint64_t known_present;
    uint16_t first[GALE__N_HEADERS];
    /* failure */
    int status;        /* to answer: 400, 414, 431, 501, 505; 0 when all is well */
    const char *error; /* static text: what was wrong */
    uint32_t error_off;
    bool folded; /* a folded line was wrong */
};

/* Parses the head of a request at the start of buf. > 0: its length; 0: more bytes are
 * needed; -1: malformed, see head->status. *scanned is 0 for a new head and belongs to the
 * parser until the head is complete, when it is 0 again; buf may move in between but must
 * begin with the same bytes. */
int gale__http1_parse_request(const char *buf, size_t len, size_t *scanned,
                              const struct gale__http1_limits *limits,
                              struct gale__http1_head *head) GALE_MUST_USE;

/* The same for a response, with max_request_line for its status line. head->status then
 * only tells kinds of failure apart. */
int gale__http1_parse_response(const char *buf, size_t len, size_t *scanned,
                               const struct gale__http1_limits *limits,
                               struct gale__http1_head *head) GALE_MUST_USE;

/* Joins the folded lines of a whole response head by one space each, where they lie (RFC 9112 5.2:
 * a user agent does; in a request they are refused). Gives the length that is left. A line that
 * follows the status line is no continuation and stays. */
size_t gale__http1_unfold(char *head, size_t len);

/* Both at a given level of scanning, for tests and measurements. */
int gale__http1_parse_request_at(enum gale__scan_level level, const char *buf, size_t len,
                                 size_t *scanned, const struct gale__http1_limits *limits,
                                 struct gale__http1_head *head) GALE_MUST_USE;
int gale__http1_parse_response_at(enum gale__scan_level level, const char *buf, size_t len,
                                  size_t *scanned, const struct gale__http1_limits *limits,
                                  struct gale__http1_head *head) GALE_MUST_USE;

/* The first field of a known id, NULL when there is none. */
static inline const struct gale__http1_header *gale__http1_find(const struct gale__http1_head *head,
                                                                unsigned id)
{
    return (head->known_present >> id & 1) ? &head->headers[head->first[id]] : NULL;
}

/* The four forms of a request target. Slices are into the target. */
struct gale__http1_target {
    enum {
        GALE__TARGET_ORIGIN,
        GALE__TARGET_ABSOLUTE,
        GALE__TARGET_ASTERISK,
        GALE__TARGET_AUTHORITY
    } form;
    gale_str scheme;    /* absolute-form: as sent, "http" or "https" in any case */
    gale_str authority; /* absolute- and authority-form: replaces Host */
    gale_str path;      /* "/" for an absolute-form without one; "*" for the asterisk */
    gale_str query;     /* after the first '?'; ptr is NULL when there is no '?' */
};

/* Splits the target of a request with that method. 0, or -1 when the form does not exist or
 * does not fit the method, with *error telling why. A head that parsed has a good one. */
int gale__http1_split_target(enum gale__method method, gale_str target,
                             struct gale__http1_target *out, const char **error) GALE_MUST_USE;

/* Whether host is a uri-host with an optional port (RFC 9110 7.2): a name, an IPv4 address or
 * a bracketed literal, then ':' and digits. No userinfo, no comma. Not empty. */
bool gale__http1_host_is_valid(const char *host, size_t len);

#endif
