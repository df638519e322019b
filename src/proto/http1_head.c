/* http1_head.c - parses HTTP/1 request and response heads; see http1.h for the contract.
 *
 * One body of code, inlined once for each level of scanning with that level's scans as
 * constants, so that no scan costs an indirect call. Functions take a position and return
 * the next one, or NULL: then head->status tells failure from "more bytes needed". Every
 * state accepts LF only after CR and no other control character but TAB; is_decided()
 * counts on that, and on errors being found from left to right.
 */
/* SPDX-License-Identifier: MIT */
#include "proto/http1.h"

#include <string.h>

#include "base/alloc.h"
#include "proto/http1_fast.h"
#include "proto/http1_fields.h"
#include "proto/scan_inline.h"

#define INLINE static inline __attribute__((always_inline))

enum { MAX_EMPTY_LINES = 4 }; /* before a request line; browsers of old sent one after a POST */

struct scans {
    const char *(*token)(const char *p, const char *end);
    const char *(*target)(const char *p, const char *end);
    const char *(*value)(const char *p, const char *end);
};

/* What stays the same while one head is parsed. */
struct input {
    const char *buf;
    const char *end;
    const struct gale__http1_limits *limits;
    struct gale__http1_framing framing;
};

static __attribute__((cold, noinline)) const char *fail(const struct input *in,
                                                        struct gale__http1_head *head, int status,
                                                        const char *error, const char *at)
{
    gale__http1_fail(head, status, error, (size_t)(at - in->buf));
    return NULL;
}

/* The CRLF at p. what: the complaint about anything else. */
INLINE const char *parse_crlf(const struct input *in, struct gale__http1_head *head, const char *p,
                              const char *end, const char *what)
{
    if (GALE_UNLIKELY(p == end))
        return NULL;
    if (GALE_UNLIKELY(*p != '\r')) {
        if (*p == '\n')
            what = "line ends in a bare LF";
        return fail(in, head, 400, what, p);
    }
    if (GALE_UNLIKELY(p + 1 == end))
        return NULL;
    if (GALE_UNLIKELY(p[1] != '\n'))
        return fail(in, head, 400, "CR without LF", p);
    return p + 2;
}

INLINE const char *skip_empty_lines(const struct input *in, struct gale__http1_head *head)
{
    const char *p = in->buf;

    for (int lines = 0; p && p < in->end && GALE_UNLIKELY(*p == '\r' || *p == '\n'); lines++) {
        if (lines == MAX_EMPTY_LINES)
            return fail(in, head, 400, "too many empty lines before the request", p);
        p = parse_crlf(in, head, p, in->end, "");
    }
    return p;
}

/* A version that is not HTTP/1.0 or 1.1 in full: says what is wrong as early as it can. */
static __attribute__((noinline)) const char *parse_odd_version(const struct input *in,
                                                               struct gale__http1_head *head,
                                                               const char *p, const char *end)
{
    static const char form[] = "HTTP/d.d";

    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        if (p + i == end)
            return NULL;
        if (form[i] == 'd' ? !GALE__CHAR_IS(p[i], GALE__CHAR_DIGIT) : p[i] != form[i])
            return fail(in, head, 400, "HTTP version is malformed", p);
    }
    if (p[5] != '1')
        return fail(in, head, 505, "HTTP version is not 1.x", p);
    head->minor_version = p[7] != '0';
    return p + sizeof(form) - 1;
}

INLINE const char *parse_version(const struct input *in, struct gale__http1_head *head,
                                 const char *p, const char *end)
{
    if (GALE_LIKELY(end - p >= 8 && memcmp(p, "HTTP/1.1", 8) == 0)) {
        head->minor_version = 1;
        return p + 8;
    }
    return parse_odd_version(in, head, p, end);
}

/* The method with the space after it. */
INLINE const char *parse_method(const struct scans *scans, const struct input *in,
                                struct gale__http1_head *head, const char *p, const char *end)
{
    head->method_off = (uint32_t)(p - in->buf);
    if (GALE_LIKELY(end - p >= 4 && memcmp(p, "GET ", 4) == 0)) {
        head->method = GALE__METHOD_GET;
        head->method_len = 3;
        return p + 4;
    }

    const char *stop = scans->token(p, end);

    if (stop == end)
        return NULL;
    if (stop == p || *stop != ' ')
        return fail(in, head, 400, "method is not a token followed by a space", stop);
    head->method_len = (uint32_t)(stop - p);
    head->method = (uint8_t)gale__method_id(p, head->method_len);
    return stop + 1;
}

static __attribute__((cold, noinline)) const char *fail_target(const struct input *in,
                                                               struct gale__http1_head *head,
                                                               const char *p, const char *stop)
{
    const char *error = "byte that is not allowed in the request target";

    if (*stop == '\r' || *stop == '\n')
        error = "request line without HTTP version";
    else if (stop == p && *stop == ' ')
        error = "request target is empty";
    else if (*stop == '#')
        error = "'#' in the request target";
    return fail(in, head, 400, error, stop);
}

INLINE const char *parse_target(const struct scans *scans, const struct input *in,
                                struct gale__http1_head *head, const char *p, const char *end)
{
    const char *stop = scans->target(p, end);

    if (GALE_UNLIKELY(stop == end))
        return NULL;
    if (GALE_UNLIKELY(stop == p || *stop != ' '))
        return fail_target(in, head, p, stop);
    head->target_off = (uint32_t)(p - in->buf);
    head->target_len = (uint32_t)(stop - p);
    return stop + 1;
}

/* Where the first line has to be over: its limit or the end of the input. */
INLINE const char *first_line_end(const struct input *in, const char *p)
{
    size_t max = (size_t)in->limits->max_request_line + 2;

    return (size_t)(in->end - p) > max ? p + max : in->end;
}

static __attribute__((noinline)) const char *want_more_line(const struct input *in,
                                                            struct gale__http1_head *head,
                                                            const char *start, const char *end)
{
    if (!head->status && (size_t)(end - start) >= (size_t)in->limits->max_request_line + 2)
        return fail(in, head, 414, "first line is too long", end);
    return NULL;
}

INLINE const char *parse_request_line(const struct scans *scans, const struct input *in,
                                      struct gale__http1_head *head, const char *start)
{
    const char *end = first_line_end(in, start);
    const char *p = parse_method(scans, in, head, start, end);

    if (GALE_LIKELY(p))
        p = parse_target(scans, in, head, p, end);
    if (GALE_LIKELY(p))
        p = parse_version(in, head, p, end);
    if (GALE_LIKELY(p))
        p = parse_crlf(in, head, p, end, "something follows the HTTP version");
    return GALE_LIKELY(p) ? p : want_more_line(in, head, start, end);
}

/* SP, three digits, SP. The space is to stay when no reason follows (RFC 9112 4), but many forget
 * it. */
static const char *parse_status_code(const struct input *in, struct gale__http1_head *head,
                                     const char *p, const char *end)
{
    static const char form[] = " ddd ";

    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        if (p + i == end)
            return NULL;
        if (i == 4 && p[i] == '\r')
            break;
        if (form[i] == 'd' ? !GALE__CHAR_IS(p[i], GALE__CHAR_DIGIT) : p[i] != form[i])
            return fail(in, head, 400, "status code is malformed", p + i);
    }
    if (p[1] == '0')
        return fail(in, head, 400, "status code is malformed", p + 1);
    head->status_code = (uint16_t)((p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0'));
    return p + 4 + (p[4] == ' ');
}

INLINE const char *parse_reason(const struct scans *scans, const struct input *in,
                                struct gale__http1_head *head, const char *p, const char *end)
{
    const char *stop = scans->value(p, end);

    head->reason_off = (uint32_t)(p - in->buf);
    head->reason_len = (uint32_t)(stop - p);
    return parse_crlf(in, head, stop, end, "control character in the reason phrase");
}

INLINE const char *parse_status_line(const struct scans *scans, const struct input *in,
                                     struct gale__http1_head *head, const char *start)
{
    const char *end = first_line_end(in, start);
    const char *p = parse_version(in, head, start, end);

    if (p)
        p = parse_status_code(in, head, p, end);
    if (p)
        p = parse_reason(scans, in, head, p, end);
    return p ? p : want_more_line(in, head, start, end);
}

static __attribute__((cold, noinline)) const char *fail_name(const struct input *in,
                                                             struct gale__http1_head *head,
                                                             const char *p, const char *stop)
{
    const char *error = "byte that is not allowed in a header name";

    head->folded = stop == p && (*p == ' ' || *p == '\t');
    if (head->folded)
        error = "header line begins with whitespace (obsolete folding)";
    else if (stop == p && *p == ':')
        error = "header name is empty";
    else if (stop == p && *p == '\n')
        error = "line ends in a bare LF";
    else if (*stop == ' ' || *stop == '\t')
        error = "whitespace in or after a header name";
    else if (*stop == '\r' || *stop == '\n')
        error = "no colon in header line";
    return fail(in, head, 400, error, stop);
}

/* One line "name: value" with its CRLF. */
INLINE const char *parse_field(const struct scans *scans, const struct input *in,
                               struct gale__http1_head *head, struct gale__http1_header *h,
                               const char *p)
{
    const char *end = in->end;
    const char *colon = scans->token(p, end);

    if (GALE_UNLIKELY(colon == end))
        return NULL;
    if (GALE_UNLIKELY(*colon != ':' || colon == p))
        return fail_name(in, head, p, colon);
    if (GALE_UNLIKELY(colon - p > UINT16_MAX))
        return fail(in, head, 431, "header name is too long", p);

    const char *value = colon + 1;

    while (value < end && GALE__CHAR_IS(*value, GALE__CHAR_OWS))
        value++;

    const char *stop = scans->value(value, end);
    const char *next = parse_crlf(in, head, stop, end, "control character in a header value");

    while (stop > value && GALE_UNLIKELY(GALE__CHAR_IS(stop[-1], GALE__CHAR_OWS)))
        stop--;
    h->name_off = (uint32_t)(p - in->buf);
    h->name_len = (uint16_t)(colon - p);
    h->value_off = (uint32_t)(value - in->buf);
    h->value_len = (uint32_t)(stop - value);
    return next;
}

/* All fields and the empty line. */
INLINE const char *parse_fields(const struct scans *scans, struct input *in,
                                struct gale__http1_head *head, const char *p)
{
    unsigned n = 0;

    while (p && GALE_LIKELY(p < in->end)) {
        struct gale__http1_header *h = &head->headers[n];

        if (*p == '\r') {
            head->n_headers = (uint16_t)n;
            return parse_crlf(in, head, p, in->end, "");
        }
        if (GALE_UNLIKELY(n == in->limits->max_headers))
            return fail(in, head, 431, "too many header fields", p);

        const char *next = parse_field(scans, in, head, h, p);

        if (GALE_UNLIKELY(!next))
            return NULL;
        h->id = (uint16_t)gale__header_id(p, h->name_len);
        if (h->id && GALE_UNLIKELY(!gale__http1_file_field(head, &in->framing, in->buf, h, n)))
            return NULL;
        p = next;
        n++;
    }
    return NULL;
}

INLINE int parse_head(const struct scans *scans, bool is_request, const char *buf, size_t len,
                      const struct gale__http1_limits *limits, struct gale__http1_head *head)
{
    size_t max = limits->max_header_bytes;
    struct input in = { buf, buf + (len < max ? len : max), limits, { is_request } };
    const char *p = buf;

    gale__http1_reset(head);
    if (is_request)
        p = skip_empty_lines(&in, head);
    if (p)
        p = is_request ? parse_request_line(scans, &in, head, p)
                       : parse_status_line(scans, &in, head, p);
    p = parse_fields(scans, &in, head, p);
    if (GALE_LIKELY(p)) {
        head->head_len = (uint32_t)(p - buf);
        return gale__http1_check_head(head, &in.framing, buf) ? (int)head->head_len : -1;
    }
    if (!head->status && len >= max)
        gale__http1_fail(head, 431, "header block is too large", max);
    return head->status ? -1 : 0;
}

static const struct scans scalar_scans = { scan_token_scalar, scan_target_scalar,
                                           scan_value_scalar };

static int parse_scalar(bool is_request, const char *buf, size_t len,
                        const struct gale__http1_limits *limits, struct gale__http1_head *head)
{
    return is_request ? parse_head(&scalar_scans, true, buf, len, limits, head)
                      : parse_head(&scalar_scans, false, buf, len, limits, head);
}

#if GALE__SCAN_X86

static const struct scans sse_scans = { scan_token_sse, scan_target_sse, scan_value_sse };
static const struct scans avx2_scans = { scan_token_avx2, scan_target_avx2, scan_value_avx2 };

static GALE__SSE int parse_sse(bool is_request, const char *buf, size_t len,
                               const struct gale__http1_limits *limits,
                               struct gale__http1_head *head)
{
    return is_request ? parse_head(&sse_scans, true, buf, len, limits, head)
                      : parse_head(&sse_scans, false, buf, len, limits, head);
}

static GALE__AVX2 int parse_avx2(bool is_request, const char *buf, size_t len,
                                 const struct gale__http1_limits *limits,
                                 struct gale__http1_head *head)
{
    return is_request ? parse_head(&avx2_scans, true, buf, len, limits, head)
                      : parse_head(&avx2_scans, false, buf, len, limits, head);
}

#endif

static int parse_at(enum gale__scan_level level, bool is_request, const char *buf, size_t len,
                    const struct gale__http1_limits *limits, struct gale__http1_head *head)
{
#if GALE__SCAN_X86
    if (level == GALE__SCAN_AVX2)
        return parse_avx2(is_request, buf, len, limits, head);
    if (level == GALE__SCAN_SSE)
        return parse_sse(is_request, buf, len, limits, head);
#endif
    (void)level;
    return parse_scalar(is_request, buf, len, limits, head);
}

/* Whether the bytes from scanned (> 0) on decide the head: an empty line, or a control
 * character, CR or LF where none can be. Whatever this finds makes the parser answer, so
 * the head is parsed again only a few times. */
static bool is_decided(enum gale__scan_level level, const char *buf, size_t len, size_t scanned)
{
    const char *p = buf + scanned;
    const char *end = buf + len;

    if (p < end && p[-1] == '\r' && *p != '\n')
        return true;
    for (;;) {
        p = gale__scan_value(level, p, end);
        if (p < end && *p == '\r') {
            p++;
            if (p < end && *p != '\n')
                return true;
        }
        if (p == end)
            return false;
        if (*p != '\n' || p[-1] != '\r')
            return true;
        if (p - buf >= 3 && p[-2] == '\n' && p[-3] == '\r')
            return true;
        p++;
    }
}

/* Whether a limit lies between what was scanned and what there is now. The first line may
 * begin after a few empty ones, so its limit is sure to be passed a little later. */
static bool passed_limit(const struct gale__http1_limits *limits, size_t len, size_t scanned)
{
    size_t line = (size_t)limits->max_request_line + 2 + (size_t)2 * MAX_EMPTY_LINES;

    return len >= limits->max_header_bytes || (scanned < line && len >= line);
}

static int parse(enum gale__scan_level level, bool is_request, const char *buf, size_t len,
                 size_t *scanned, const struct gale__http1_limits *limits,
                 struct gale__http1_head *head)
{
    if (*scanned && !passed_limit(limits, len, *scanned) &&
        !is_decided(level, buf, len, *scanned)) {
        *scanned = len;
        return 0;
    }

#if GALE__SCAN_X86
    if (level == GALE__SCAN_AVX2 && is_request) {
        size_t n = gale__http1_fast_request(buf, len, limits, head);

        if (GALE_LIKELY(n)) {
            *scanned = 0;
            return (int)n;
        }
    }
#endif

    int r = parse_at(level, is_request, buf, len, limits, head);

    *scanned = r == 0 ? len : 0;
    return r;
}

int gale__http1_parse_request_at(enum gale__scan_level level, const char *buf, size_t len,
                                 size_t *scanned, const struct gale__http1_limits *limits,
                                 struct gale__http1_head *head)
{
    return parse(level, true, buf, len, scanned, limits, head);
}

int gale__http1_parse_response_at(enum gale__scan_level level, const char *buf, size_t len,
                                  size_t *scanned, const struct gale__http1_limits *limits,
                                  struct gale__http1_head *head)
{
    return parse(level, false, buf, len, scanned, limits, head);
}

int gale__http1_parse_request(const char *buf, size_t len, size_t *scanned,
                              const struct gale__http1_limits *limits,
                              struct gale__http1_head *head)
{
    return parse(gale__scan_best(), true, buf, len, scanned, limits, head);
}

int gale__http1_parse_response(const char *buf, size_t len, size_t *scanned,
                               const struct gale__http1_limits *limits,
                               struct gale__http1_head *head)
{
    return parse(gale__scan_best(), false, buf, len, scanned, limits, head);
}

static bool is_ows(char c)
{
    return GALE__CHAR_IS(c, GALE__CHAR_OWS);
}

size_t gale__http1_unfold(char *head, size_t len)
{
    const char *line = memchr(head, '\n', len);
    size_t in = line ? (size_t)(line - head) + 1 : len, out = in;

    while (in < len) {
        if (len - in < 3 || head[in] != '\r' || head[in + 1] != '\n' || !is_ows(head[in + 2])) {
            head[out++] = head[in++];
            continue;
        }
        for (in += 2; in < len && is_ows(head[in]);)
            in++;
        while (is_ows(head[out - 1]))
            out--;
        head[out++] = ' ';
    }
    return out;
}
