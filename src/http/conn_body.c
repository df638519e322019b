/* conn_body.c - gathering a request's body, by length or in chunks.
 *
 * The limit comes before the allocation, and memory grows with what has come, not with what
 * was announced: small bodies lie in the exchange's arena, bigger ones on the heap.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "http/conn.h"

enum {
    IN_ARENA_MAX = 16384,   /* bodies announced to be no bigger are allocated at once */
    HEAP_FIRST = 64 * 1024, /* first size of a bigger one */
};

static void free_body(void *arg)
{
    gale__free(((struct conn_body *)arg)->data);
}

int gale__conn_body_begin(struct gale__conn *conn, const struct gale__http1_head *head)
{
    struct conn_body *body = gale__arena_zalloc(&conn->x->arena, sizeof(*body));

    if (!body)
        return 503;
    body->chunked = head->chunked;
    body->left = head->content_length;
    conn->body = body;
    if (head->chunked || head->content_length > IN_ARENA_MAX)
        return 0;
    body->cap = (size_t)head->content_length + 1;
    body->data = gale__arena_alloc(&conn->x->arena, body->cap);
    return body->data ? 0 : 503;
}

/* Room for n more bytes and a NUL, on the heap. */
static int make_room(struct conn_body *body, struct gale__arena *arena, size_t n)
{
    size_t need = body->len + n + 1, cap = body->cap ? body->cap : HEAP_FIRST;
    char *data;

    if (need <= body->cap)
        return 0;
    while (cap < need)
        cap += cap / 2;
    data = gale__realloc(body->data, cap);
    if (!data)
        return -ENOMEM;
    body->data = data;
    body->cap = cap;
    if (body->on_heap)
        return 0;
    body->on_heap = true;
    if (gale__arena_defer(arena, free_body, body) == 0)
        return 0;
    free_body(body);
    body->data = NULL;
    return -ENOMEM;
}

/* Whether n more bytes pass the limit. */
static bool exceeds(const struct gale__conn *conn, uint64_t n)
{
    int64_t max = conn->server->limits.max_body;

    return max >= 0 && (n > (uint64_t)max || conn->body->len > (uint64_t)max - n);
}

static int append(struct gale__conn *conn, const char *data, size_t n, const char **why)
{
    struct conn_body *body = conn->body;

    if (exceeds(conn, n)) {
        *why = "body too large";
        return 413;
    }
    if (make_room(body, &conn->x->arena, n) < 0) {
        *why = "out of memory";
        return 503;
    }
    memcpy(body->data + body->len, data, n);
    body->len += n;
    return 0;
}

static size_t feed_chunked(struct gale__conn *conn, const char *data, size_t n, bool *done,
                           int *status, const char **why)
{
    struct gale__chunked *decoder = &conn->body->decoder;
    const char *p = data;
    gale_str piece;

    for (;;) {
        int r = gale__chunked_next(decoder, &p, data + n, &piece);

        if (r < 0) {
            *status = gale__chunked_status(decoder);
            *why = gale__chunked_error(decoder);
            return n;
        }
        if (exceeds(conn, decoder->left)) {
            *status = 413;
            *why = "body too large";
            return n;
        }
        if (r == GALE__CHUNKED_DATA)
            *status = append(conn, piece.ptr, piece.len, why);
        if (*status)
            return n;
        *done = r == GALE__CHUNKED_END;
        if (r != GALE__CHUNKED_DATA)
            return (size_t)(p - data);
    }
}

size_t gale__conn_body_feed(struct gale__conn *conn, const char *data, size_t n, bool *done,
                            int *status, const char **why)
{
    struct conn_body *body = conn->body;

    *done = false;
    *status = 0;
    if (body->chunked)
        return feed_chunked(conn, data, n, done, status, why);
    if ((uint64_t)n > (uint64_t)body->left)
        n = (size_t)body->left;
    *status = append(conn, data, n, why);
    body->left -= (int64_t)n;
    *done = body->left == 0;
    return n;
}
