/* fastcgi_conn_in.c - what a web server sends over FastCGI: records, and what each asks for.
 *
 * Records of ids that are not in use are dropped, as the specification wants it: the end of a
 * request and what the web server still sends of it cross each other.
 */
/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gale/log.h>

#include "http/fastcgi_conn.h"
#include "http/fastcgi_request.h"

static struct gale__fastcgi_request *find(const struct gale__fastcgi_conn *conn, uint16_t id)
{
    for (struct gale__list *l = conn->requests.next; l != &conn->requests; l = l->next) {
        struct gale__fastcgi_request *req = GALE_CONTAINER_OF(l, struct gale__fastcgi_request,
                                                              link);

        if (req->id == id)
            return req;
    }
    return NULL;
}

/* What comes cannot be understood any more. */
static void break_protocol(struct gale__fastcgi_conn *conn, const char *why)
{
    gale_log(&gale_log_general, GALE_LOG_WARNING, "closed a FastCGI connection: %s", why);
    gale__count(&conn->server->stats.errors, 1);
    gale__fastcgi_conn_close(conn, GALE_ECLOSED);
}

/* --- BEGIN_REQUEST --- */

/* The id is not taken: its other records are dropped. */
static void turn_away(struct gale__fastcgi_conn *conn, uint16_t id, unsigned protocol_status)
{
    gale__count(&conn->server->stats.errors, 1);
    gale__fastcgi_put_end(conn, id, 0, protocol_status);
    conn->excess = true;
    if (conn->last && !conn->n_requests)
        conn->state = FASTCGI_CLOSING;
}

static void begin_request(struct gale__fastcgi_conn *conn)
{
    const uint8_t *content = (const uint8_t *)conn->begin;
    unsigned role = (unsigned)content[0] << 8 | content[1];
    uint16_t id = conn->decoder.id;

    if (find(conn, id)) {
        break_protocol(conn, "BEGIN_REQUEST of a request that has not ended");
        return;
    }
    if (!(content[2] & GALE__FASTCGI_KEEP_CONN) || conn->server->limits.no_keep_alive ||
        conn->overloaded)
        conn->last = true;
    if (role != GALE__FASTCGI_RESPONDER) {
        gale_log(&gale_log_general, GALE_LOG_WARNING,
                 "refused a FastCGI request for role %u: only responders (1) are here", role);
        turn_away(conn, id, GALE__FASTCGI_UNKNOWN_ROLE);
    } else if (conn->overloaded || conn->n_requests >= GALE__FASTCGI_MAX_REQUESTS ||
               !gale__fastcgi_request_new(conn, id)) {
        turn_away(conn, id, GALE__FASTCGI_OVERLOADED);
    }
}

/* --- PARAMS --- */

static struct gale__exchange *new_exchange(struct gale__fastcgi_request *req)
{
    gale_httpserver *server = req->conn->server;
    struct gale__exchange *x = gale__exchange_new(server->loop, &gale__fastcgi_exchange_ops);

    if (!x)
        return NULL;
    gale__count(&server->stats.requests_active, 1);
    x->carrier = req;
    x->answerer = server->answerer;
    x->request.start_ns = gale__ioloop_now_ns(server->loop);
    return x;
}

static void params_complete(struct gale__fastcgi_request *req)
{
    gale_httpserver *server = req->conn->server;
    struct gale__fastcgi_info info = { 0 };
    const char *why = "out of memory";
    int status = 503;

    gale__count(&server->stats.requests, 1);
    req->x = new_exchange(req);
    if (req->x)
        status = gale__fastcgi_request_fill(req->x, gale__buf_str(&req->params),
                                            &server->limits.head, &server->head, &info, &why);
    gale__buf_reset(&req->params);
    if (status) {
        if (req->x) {
            req->x->gone = GALE_ECLOSED;
            gale__exchange_release(req->x);
        }
        gale__fastcgi_refuse(req, status, why);
        return;
    }
    req->peer_family = info.peer_family;
    memcpy(req->peer, info.peer, sizeof(req->peer));
    req->tls = info.tls;
    req->head_len = server->head.head_len;
    req->length = server->head.content_length;
    req->phase = FASTCGI_FIRST;
    if (req->length == INT64_MAX) { /* which stands for: not announced */
        gale__fastcgi_refuse(req, 413, "body too large");
        return;
    }
    if (req->length > 0)
        gale__fastcgi_body_begin(req, req->length);
}

static void take_params(struct gale__fastcgi_request *req, gale_str piece)
{
    int r;

    if (req->phase != FASTCGI_HEAD)
        return;
    r = gale__buf_append_str(&req->params, piece);
    if (r == GALE_ETOOBIG)
        gale__fastcgi_refuse(req, 431, "parameters too large (max_header_size)");
    else if (r < 0)
        gale__fastcgi_refuse(req, 503, "out of memory");
}

/* --- STDIN --- */

/* What refuses or dispatches a request may end it: it is looked for again. */
static size_t take_stdin(struct gale__fastcgi_request *req, gale_str piece)
{
    struct gale__fastcgi_conn *conn = req->conn;
    uint16_t id = req->id;

    if (req->phase == FASTCGI_HEAD) {
        gale__fastcgi_refuse(req, 400, "STDIN before the end of PARAMS");
        return piece.len;
    }
    if (req->phase == FASTCGI_FIRST && req->length == 0) {
        gale__fastcgi_refuse(req, 400, "more of a body than its length says");
        return piece.len;
    }
    if (req->phase == FASTCGI_FIRST) {
        gale__fastcgi_body_begin(req, -1);
        req = find(conn, id); /* which may have been answered and freed */
    }
    return req ? gale__fastcgi_body_take(req, piece) : piece.len;
}

static void end_stdin(struct gale__fastcgi_request *req)
{
    if (req->phase == FASTCGI_HEAD)
        gale__fastcgi_refuse(req, 400, "STDIN before the end of PARAMS");
    else if (!req->in_end)
        gale__fastcgi_body_end(req);
}

/* --- ABORT_REQUEST --- */

/* The client of the web server has gone. What was to be sent is dropped. */
static void abort_request(struct gale__fastcgi_request *req)
{
    struct gale__exchange *x = req->x;
    bool was_busy = req->phase == FASTCGI_BUSY && x && !x->finished;

    if (x && !x->finished)
        x->gone = GALE_ECLOSED;
    if (x && req->phase != FASTCGI_BUSY)
        gale__exchange_release(x); /* nobody has seen it */
    gale__buf_deinit(&req->out);
    req->is_begun = false;
    gale__fastcgi_end(req, 1, false);
    if (was_busy)
        x->answerer->on_gone(x, GALE_ECLOSED);
}

/* --- management --- */

static char *put_value(char *p, const char *name, uint64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "%" PRIu64, value);

    return gale__fastcgi_put_pair(p, (gale_str){ name, strlen(name) },
                                  (gale_str){ digits, (size_t)n });
}

static void answer_values(struct gale__fastcgi_conn *conn)
{
    const uint64_t most = INT32_MAX; /* what others take into an int */
    uint64_t conns = conn->server->limits.max_connections;
    const struct {
        const char *name;
        uint64_t value;
    } known[] = {
        { "FCGI_MAX_CONNS", conns < most ? conns : most },
        { "FCGI_MAX_REQS",
          conns < most / GALE__FASTCGI_MAX_REQUESTS ? conns * GALE__FASTCGI_MAX_REQUESTS : most },
        { "FCGI_MPXS_CONNS", 1 },
    };
    const char *p = conn->values.len ? conn->values.ptr : "", *end = p + conn->values.len;
    char text[128], *to = text;
    unsigned told = 0;
    gale_str name, value;

    while (gale__fastcgi_pair(&p, end, &name, &value) > 0) {
        for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            if (name.len != strlen(known[i].name) || memcmp(name.ptr, known[i].name, name.len) ||
                (told >> i & 1))
                continue;
            told |= 1U << i;
            to = put_value(to, known[i].name, known[i].value);
        }
    }
    gale__fastcgi_put_record(conn, GALE__FASTCGI_GET_VALUES_RESULT, 0,
                             (gale_str){ text, (size_t)(to - text) });
    gale__buf_reset(&conn->values);
}

static void answer_unknown(struct gale__fastcgi_conn *conn, uint8_t type)
{
    const char content[8] = { (char)type };

    gale__fastcgi_put_record(conn, GALE__FASTCGI_UNKNOWN_TYPE, 0,
                             (gale_str){ content, sizeof(content) });
}

/* --- records --- */

static void on_record(struct gale__fastcgi_conn *conn)
{
    const struct gale__fastcgi_decoder *d = &conn->decoder;

    if (d->id == 0) {
        if (d->type != GALE__FASTCGI_GET_VALUES)
            answer_unknown(conn, d->type);
    } else if (d->type == GALE__FASTCGI_BEGIN_REQUEST) {
        conn->n_begin = 0;
        if (d->length != sizeof(conn->begin))
            break_protocol(conn, "a BEGIN_REQUEST that is not 8 bytes long");
    }
}

/* How many of its bytes were taken. */
static size_t on_piece(struct gale__fastcgi_conn *conn, gale_str piece)
{
    const struct gale__fastcgi_decoder *d = &conn->decoder;
    struct gale__fastcgi_request *req;

    if (d->id == 0) {
        if (d->type == GALE__FASTCGI_GET_VALUES && gale__buf_append_str(&conn->values, piece) < 0)
            break_protocol(conn, "a GET_VALUES that is too large");
        return piece.len;
    }
    if (d->type == GALE__FASTCGI_BEGIN_REQUEST) {
        memcpy(conn->begin + conn->n_begin, piece.ptr, piece.len);
        conn->n_begin = (uint8_t)(conn->n_begin + piece.len);
        return piece.len;
    }
    req = find(conn, d->id);
    if (req && d->type == GALE__FASTCGI_PARAMS)
        take_params(req, piece);
    else if (req && d->type == GALE__FASTCGI_STDIN)
        return take_stdin(req, piece);
    return piece.len;
}

static void on_record_ended(struct gale__fastcgi_conn *conn)
{
    const struct gale__fastcgi_decoder *d = &conn->decoder;
    struct gale__fastcgi_request *req = d->id ? find(conn, d->id) : NULL;

    if (d->id == 0) {
        if (d->type == GALE__FASTCGI_GET_VALUES)
            answer_values(conn);
        return;
    }
    if (d->type == GALE__FASTCGI_BEGIN_REQUEST)
        begin_request(conn);
    else if (!req)
        return;
    else if (d->type == GALE__FASTCGI_ABORT_REQUEST)
        abort_request(req);
    else if (d->type == GALE__FASTCGI_PARAMS && !d->length && req->phase == FASTCGI_HEAD)
        params_complete(req);
    else if (d->type == GALE__FASTCGI_STDIN && !d->length)
        end_stdin(req);
}

/* The next thing of what has come; false: no more of it can be taken now. */
static bool take(struct gale__fastcgi_conn *conn, const char **p, const char *end)
{
    gale_str piece = { NULL, 0 };
    size_t used;

    switch (gale__fastcgi_next(&conn->decoder, p, end, &piece)) {
    case GALE__FASTCGI_MORE:
        return false;
    case GALE__FASTCGI_RECORD:
        on_record(conn);
        return true;
    case GALE__FASTCGI_PIECE:
        used = on_piece(conn, piece);
        gale__fastcgi_untake(&conn->decoder, p, piece.len - used);
        return true;
    case GALE__FASTCGI_RECORD_ENDED:
        on_record_ended(conn);
        return true;
    default:
        break_protocol(conn, "what came is not FastCGI 1.0");
        return false;
    }
}

/* Not while the peer leaves too much unread of what answers its records: requests, which wait for
 * each other, never come so far. */
static bool may_go_on(struct gale__fastcgi_conn *conn)
{
    if (GALE_LIKELY(conn->stream.out_pending <= GALE__FASTCGI_OUT_MAX))
        return true;
    conn->held = true;
    return false;
}

/* --- the end of what comes --- */

/* The first request that does not know yet that the peer has ended its side. */
static struct gale__fastcgi_request *first_untold(const struct gale__fastcgi_conn *conn)
{
    for (struct gale__list *l = conn->requests.next; l != &conn->requests; l = l->next) {
        struct gale__fastcgi_request *req = GALE_CONTAINER_OF(l, struct gale__fastcgi_request,
                                                              link);

        if (!req->told)
            return req;
    }
    return NULL;
}

static void tell_eof(struct gale__fastcgi_request *req)
{
    struct gale__exchange *x = req->x;

    req->told = true;
    if (req->ending || req->phase == FASTCGI_REFUSED)
        return;
    if (req->phase != FASTCGI_BUSY) { /* what is to come will not */
        abort_request(req);
        return;
    }
    if (!req->in_end) /* who reads finds its end */
        gale__waitq_wake_all(&x->drain, 0);
    x->answerer->on_gone(x, GALE_EEOF);
}

/* The peer has ended its side, and all it sent was taken. It may be half closed: answers can still
 * be written. */
static void input_has_ended(struct gale__fastcgi_conn *conn)
{
    struct gale__fastcgi_request *req;

    conn->last = true;
    while ((req = first_untold(conn)))
        tell_eof(req);
    if (conn->state == FASTCGI_OPEN && !conn->n_requests)
        conn->state = FASTCGI_CLOSING;
}

void gale__fastcgi_on_eof(struct gale_iostream *s)
{
    struct gale__fastcgi_conn *conn = gale__fastcgi_conn_of(s);

    conn->eof = true;
    if (conn->state == FASTCGI_LINGER) {
        gale__fastcgi_conn_close(conn, 0);
        return;
    }
    if (conn->state == FASTCGI_OPEN && !conn->holder && !conn->held)
        input_has_ended(conn);
    gale__fastcgi_flush(conn);
}

size_t gale__fastcgi_on_data(struct gale_iostream *s, char *data, size_t n)
{
    struct gale__fastcgi_conn *conn = gale__fastcgi_conn_of(s);
    const char *p = data, *end = data + n;
    size_t used;

    conn->held = false;
    conn->holder = NULL;
    gale__head_cache_check(&conn->server->cache, gale__ioloop_now_ns(conn->server->loop));
    conn->in_batch = true;
    while (conn->state == FASTCGI_OPEN && !conn->holder && may_go_on(conn) && take(conn, &p, end))
        ;
    conn->in_batch = false;
    if (conn->state != FASTCGI_OPEN) {
        conn->excess |= p < end;
        p = end;
    }
    used = (size_t)(p - data);
    gale__count(&conn->server->stats.bytes_in, (int64_t)used);
    if (conn->eof && used == n && conn->state == FASTCGI_OPEN)
        input_has_ended(conn);
    gale__fastcgi_flush(conn);
    return used;
}
