/* testing_raw.c - a client that sends bytes as they are and leaves when and as it is told.
 *
 * What comes back is read by a coroutine of its own all the while.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/str.h"
#include "net/stream.h"
#include "proto/chunked.h"
#include "proto/http1.h"
#include "top/testing_priv.h"

enum { MAX_FIELDS = 200, MAX_REPLY = 256 * 1024 * 1024, PIECE = 65536 };

struct raw {
    gale_test *test;
    gale_str bytes;
    int64_t sent;
    enum gale_test_leave leave;
    gale_iostream *stream;
    struct gale__buf got;
    unsigned n_wanted; /* answers after which the client that stays is content; 0: none is enough */
    gale_str reply;
};

/* --- where messages end */

static size_t chunked_length(gale_str body)
{
    struct gale__chunked decoder = { 0 };
    const char *p = body.ptr, *end = body.ptr + body.len;
    gale_str piece;
    int r;

    do
        r = gale__chunked_next(&decoder, &p, end, &piece);
    while (r == GALE__CHUNKED_DATA);
    return r == GALE__CHUNKED_END ? (size_t)(p - body.ptr) : SIZE_MAX;
}

/* Length of the whole message, SIZE_MAX when it is not complete, or has no end of its own. */
static size_t message_length(const struct gale__http1_head *head, gale_str text, bool bodiless)
{
    gale_str body = gale__str_skip(text, head->head_len);

    if (bodiless)
        return head->head_len;
    if (head->chunked) {
        size_t n = body.len ? chunked_length(body) : SIZE_MAX;

        return n == SIZE_MAX ? n : head->head_len + n;
    }
    if (head->content_length > (int64_t)body.len)
        return SIZE_MAX;
    return head->head_len + (size_t)head->content_length;
}

static const struct gale__http1_limits limits = { 1 << 20, 1 << 20, MAX_FIELDS };

/* How many requests there are in text; what is cut off or malformed counts too. */
static unsigned count_requests(gale_str text)
{
    struct gale__http1_header fields[MAX_FIELDS];
    struct gale__http1_head head = { .headers = fields };
    unsigned n = 0;

    while (text.len) {
        size_t scanned = 0, length;

        n++;
        if (gale__http1_parse_request(text.ptr, text.len, &scanned, &limits, &head) <= 0)
            break;
        length = message_length(&head, text, !head.chunked && head.content_length < 0);
        text = gale__str_skip(text, length);
    }
    return n;
}

/* Whether so many final answers are in text, the last one to its end. */
static bool has_answers(gale_str text, unsigned wanted, bool to_head)
{
    struct gale__http1_header fields[MAX_FIELDS];
    struct gale__http1_head head = { .headers = fields };

    while (wanted) {
        size_t scanned = 0, length;
        bool bodiless;

        if (gale__http1_parse_response(text.ptr, text.len, &scanned, &limits, &head) <= 0)
            return false;
        bodiless = to_head || head.status_code < 200 || head.status_code == 204 ||
                   head.status_code == 304;
        if (!bodiless && !head.chunked && head.content_length < 0)
            return false; /* until the server closes */
        length = message_length(&head, text, bodiless);
        if (length > text.len)
            return false;
        text = gale__str_skip(text, length);
        wanted -= head.status_code >= 200;
    }
    return true;
}

/* --- the client */

static bool is_content(const struct raw *raw)
{
    return raw->leave == GALE_TEST_STAY && raw->n_wanted &&
           has_answers(gale__buf_str(&raw->got), raw->n_wanted,
                       gale__str_starts_with(raw->bytes, GALE__STR("HEAD ")));
}

/* Until the server closes, breaks the connection, or has answered. */
static int read_all(void *arg)
{
    struct raw *raw = arg;
    gale_str piece;
    int r;

    while (!is_content(raw)) {
        r = gale_iostream_read_bytes(raw->stream, PIECE, true, &piece);
        if (r < 0)
            return r == GALE_EEOF || r == -ECONNRESET || r == -EPIPE ? 0 : r;
        r = gale__buf_append_str(&raw->got, piece);
        if (r < 0)
            return r;
    }
    return 0;
}

static void reset(struct raw *raw)
{
    const struct linger linger = { .l_onoff = 1 };
    int fd = gale_iostream_fd(raw->stream);

    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    else
        gale__stream_reset_pair(raw->stream);
}

/* What was sent has arrived when it goes. */
static int leave_now(struct raw *raw, gale_future **reader)
{
    int r = gale__test_settle_here(raw->test);

    gale_cancel(*reader);
    (void)gale_join(reader);
    if (raw->leave == GALE_TEST_RESET)
        reset(raw);
    return r;
}

static int talk(struct raw *raw)
{
    gale_future *reader = gale_spawn(read_all, raw);
    int r;

    if (!reader)
        return -ENOMEM;
    r = gale_iostream_write(raw->stream, raw->bytes.ptr, raw->bytes.len);
    if (r >= 0)
        r = gale_iostream_drain(raw->stream);
    if (r == -EPIPE || r == -ECONNRESET)
        r = 0; /* it has closed: what it said before counts */
    if (r < 0) {
        gale_future_free(&reader);
        return r;
    }
    if (raw->leave == GALE_TEST_CLOSE || raw->leave == GALE_TEST_RESET)
        return leave_now(raw, &reader);
    if (raw->leave == GALE_TEST_HALF_CLOSE)
        gale_iostream_shutdown(raw->stream);
    return gale_join(&reader);
}

static int check_manner(int64_t sent, enum gale_test_leave leave)
{
    if (sent < -1)
        return gale_err(GALE_EINVAL, "gale_test_raw: sent is %lld", (long long)sent);
    if ((unsigned)leave > GALE_TEST_RESET)
        return gale_err(GALE_EINVAL, "gale_test_raw: leave is %d, none of its kinds", (int)leave);
    return 0;
}

static int run(void *arg)
{
    struct raw *raw = arg;
    int r = check_manner(raw->sent, raw->leave);

    if (r >= 0)
        r = gale__test_connect(raw->test, &raw->stream);
    if (r < 0)
        return r;
    r = talk(raw);
    gale_iostream_close(&raw->stream);
    return r;
}

static int run_raw(void *arg)
{
    struct raw *raw = arg;
    gale_test *test = raw->test;
    int r = run(raw);

    if (r >= 0) {
        raw->reply.ptr = gale__arena_strndup(&test->arena, raw->got.ptr ? raw->got.ptr : "",
                                             raw->got.len);
        raw->reply.len = raw->got.len;
        r = raw->reply.ptr ? 0 : -ENOMEM;
    }
    gale__buf_deinit(&raw->got);
    return r;
}

/* The bytes are copied. */
static struct raw *new_raw(gale_test *test, gale_str bytes, int64_t sent,
                           enum gale_test_leave leave)
{
    struct raw *raw = gale__arena_zalloc(&test->arena, sizeof(*raw));

    if (!raw)
        return NULL;
    if (sent >= 0 && (uint64_t)sent < bytes.len)
        bytes.len = (size_t)sent;
    raw->test = test;
    raw->sent = sent;
    raw->leave = leave;
    raw->bytes.ptr = gale__arena_strndup(&test->arena, bytes.ptr ? bytes.ptr : "", bytes.len);
    raw->bytes.len = bytes.len;
    raw->n_wanted = count_requests(bytes);
    gale__buf_init(&raw->got, MAX_REPLY);
    return raw->bytes.ptr ? raw : NULL;
}

gale_test_pending *gale_test_begin_raw(gale_test *test, gale_str bytes, int64_t sent,
                                       enum gale_test_leave leave)
{
    struct raw *raw = new_raw(test, bytes, sent, leave);
    char what[GALE__TEST_TEXT];

    if (!raw)
        return NULL;
    gale__test_describe(what, "raw", gale__str_head(bytes, gale__str_find(bytes, '\r')));
    return gale__test_begin(test, what, run_raw, raw);
}

int gale_test_end_raw(gale_test_pending *pending, gale_str *reply)
{
    int r = gale__test_end(pending);

    if (r >= 0 && reply)
        *reply = ((const struct raw *)pending->arg)->reply;
    return r < 0 ? r : gale__test_settle(pending->test);
}

int gale_test_raw(gale_test *test, gale_str bytes, int64_t sent, enum gale_test_leave leave,
                  gale_str *reply)
{
    return gale_test_end_raw(gale_test_begin_raw(test, bytes, sent, leave), reply);
}
