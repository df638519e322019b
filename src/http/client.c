/* client.c - gale_fetch: one request, the redirects that follow it, one answer.
 *
 * A hop is a connection, a request and an answer. A large or produced body is sent by a
 * coroutine of its own, so that a server that answers early, or echoes, is read meanwhile.
 * Whatever ends a fetch - failure, cancellation, deadline - ends in gale__fetch(), which
 * closes the connection and says host and port.
 */
/* SPDX-License-Identifier: MIT */
#include "http/client.h"

#include <errno.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/str.h"
#include "gen/co.h"
#include "http/client_conn.h"

enum {
    SECONDS = 20,
    REDIRECTS = 5,
    AT_ONCE = 65536,       /* a body up to this leaves with its head */
    OWN_BLOCK = 64 * 1024, /* a body from this on is not copied into the arena */
    HEAD_MAX = 1024 * 1024,
};

static const int64_t default_body_max = 100 * 1024 * 1024;

struct fetch {
    const struct gale__fetch_hooks *hooks;
    struct gale__arena *arena;
    gale_http_request request; /* with its defaults */
    struct gale__outgoing out;
    const char *url; /* of the present hop */
    int redirects_left;
    struct gale__client_conn *conn; /* NULL: none */
    gale_http_response *response;
    const char *stage; /* what it is doing, for messages */
};

/* On the stack of the hop that sends, which waits for it. */
struct sender {
    struct fetch *f;
    gale_future *future; /* NULL: none was needed */
    bool produced_error; /* its failure is the producer's */
};

static int connect_now(void *arg)
{
    struct fetch *f = arg;
    gale_iostream *stream = NULL;
    int r;

    if (f->hooks->open)
        r = f->hooks->open(f->hooks->arg, &f->out.url, &stream);
    else
        r = gale__client_connect(&f->out.url, f->request.unix_socket, &stream);
    if (r < 0)
        return r;
    f->conn = gale__client_conn_new(&stream);
    return f->conn ? 0 : -ENOMEM;
}

static int connect_in_time(struct fetch *f)
{
    f->stage = "connecting";
    if (f->request.connect_timeout < 0)
        return connect_now(f);
    return gale_with_timeout(f->request.connect_timeout, connect_now, f);
}

/* --- sending --- */

static int send_produced(struct sender *s)
{
    const gale_http_request *request = &s->f->request;
    gale_str piece;
    int r;

    for (;;) {
        piece = (gale_str){ "", 0 };
        r = request->body_producer(&piece, request->arg);
        if (r < 0) {
            s->produced_error = true;
            gale_iostream_close(&s->f->conn->stream); /* wakes who waits for the answer */
            return r;
        }
        if (r > 0 && !piece.len)
            continue;
        if (r == 0)
            piece.len = 0;
        int w = gale__client_conn_write_chunk(s->f->conn, piece);

        if (w < 0 || r == 0)
            return w;
    }
}

static int send_body(void *arg)
{
    struct sender *s = arg;

    if (s->f->request.body_producer)
        return send_produced(s);
    return gale__client_conn_write(s->f->conn, s->f->request.body);
}

/* Writes the head, and the body with it when that is small; else starts the sender. */
static int send_request(struct fetch *f, struct sender *s)
{
    bool has_body = !f->out.bodiless && (f->request.body.ptr || f->request.body_producer);
    bool at_once = !has_body || (f->request.body.ptr && f->request.body.len <= AT_ONCE);
    struct gale__buf head;
    int r;

    f->stage = "sending the request";
    gale__buf_init(&head, HEAD_MAX);
    gale__client_write_head(&f->out, f->hooks, &head);
    if (has_body && at_once)
        gale__buf_append_str(&head, f->request.body);
    r = head.error;
    if (r >= 0)
        r = gale_iostream_write(f->conn->stream, head.ptr, head.len);
    gale__buf_deinit(&head);
    if (r < 0 || at_once)
        return r;
    s->future = gale_spawn_named("gale_fetch body", send_body, s);
    return s->future ? 0 : -ENOMEM;
}

/* Ends the sender; the producer's failure counts for more than what it caused. */
static int end_sender(struct sender *s, int r)
{
    char text[192];
    int sent;

    if (!s->future)
        return r;
    snprintf(text, sizeof(text), "%s", gale_strerror(r));
    if (!gale_future_done(s->future))
        gale_cancel(s->future);
    sent = gale_join(&s->future);
    if (s->produced_error)
        return sent;
    return r < 0 ? gale_err(r, "%s", text) : r;
}

/* --- the answer --- */

static char *copy(struct fetch *f, uint32_t off, size_t len)
{
    return gale__arena_strndup(f->arena, f->conn->in.ptr + off, len);
}

static gale_http_header *copy_fields(struct fetch *f)
{
    const struct gale__http1_head *head = &f->conn->head;
    gale_http_header *fields = gale__arena_zalloc(f->arena,
                                                  (head->n_headers + 1u) * sizeof(*fields));

    for (size_t i = 0; fields && i < head->n_headers; i++) {
        const struct gale__http1_header *h = &head->headers[i];

        fields[i].name = copy(f, h->name_off, h->name_len);
        fields[i].value = copy(f, h->value_off, h->value_len);
        if (!fields[i].name || !fields[i].value)
            return NULL;
    }
    return fields;
}

/* The answer without its body. */
static int make_response(struct fetch *f)
{
    static const gale_http_header none[1];
    const struct gale__http1_head *head = &f->conn->head;
    gale_http_response *response = gale__arena_zalloc(f->arena, sizeof(*response));

    if (!response)
        return -ENOMEM;
    response->status = head->status_code;
    response->reason = copy(f, head->reason_off, head->reason_len);
    response->headers = copy_fields(f);
    response->trailers = none;
    response->body = (gale_str){ "", 0 };
    response->effective_url = f->url;
    f->response = response;
    return response->reason && response->headers ? 0 : -ENOMEM;
}

/* What is read is kept in a block of its own, or copied into the arena. */
static int keep_body(struct fetch *f, struct gale__buf *body)
{
    size_t len = body->len;
    char *text;

    if (len < OWN_BLOCK) {
        text = gale__arena_strndup(f->arena, body->ptr ? body->ptr : "", len);
        gale__buf_deinit(body);
    } else {
        text = gale__buf_take(body, &len);
        if (text && gale__arena_defer(f->arena, gale__free, text) < 0) {
            gale__free(text);
            text = NULL;
        }
    }
    f->response->body = (gale_str){ text, len };
    return text ? 0 : -ENOMEM;
}

static int too_big(int64_t max)
{
    return gale_err(GALE_ETOOBIG, "the answer's body is larger than %lld bytes", (long long)max);
}

/* To the callback, or into body. */
static int take_pieces(struct fetch *f, struct gale__buf *body)
{
    int64_t max = f->request.max_body_size, total = 0;
    gale_str piece;
    int r;

    while ((r = gale__client_conn_read_body(f->conn, &piece)) > 0) {
        total += (int64_t)piece.len;
        if (max >= 0 && total > max)
            return too_big(max);
        if (f->request.streaming_callback)
            r = f->request.streaming_callback(piece, f->request.arg);
        else
            r = gale__buf_append_str(body, piece);
        if (r < 0)
            return r;
    }
    return r;
}

static int copy_trailer(struct fetch *f, gale_str line, gale_http_header *out)
{
    gale_str value = gale__str_trim_lines(gale__str_skip(line, gale__str_find(line, ':') + 1));

    out->name = gale__arena_strndup(f->arena, line.ptr, gale__str_find(line, ':'));
    out->value = gale__arena_strndup(f->arena, value.ptr ? value.ptr : "", value.len);
    return out->name && out->value ? 0 : -ENOMEM;
}

static int keep_trailers(struct fetch *f)
{
    gale_str rest = gale__buf_str(&f->conn->trailers), line;
    gale_http_header *fields;
    size_t n = 0, lines = 0;
    int r = 0;

    for (size_t i = 0; i < rest.len; i++)
        lines += rest.ptr[i] == '\n';
    if (!lines)
        return 0;
    fields = gale__arena_zalloc(f->arena, (lines + 1) * sizeof(*fields));
    if (!fields)
        return -ENOMEM;
    while (r >= 0 && gale__str_split(&rest, '\n', &line))
        if (gale__str_find(line, ':') < line.len)
            r = copy_trailer(f, line, &fields[n++]);
    f->response->trailers = fields;
    return r;
}

static int read_body(struct fetch *f)
{
    int64_t max = f->request.max_body_size;
    struct gale__buf body;
    int r;

    f->stage = "reading the answer";
    if (max >= 0 && f->conn->framing == GALE__CLIENT_LENGTH && f->conn->left > max)
        return too_big(max);
    gale__buf_init(&body, SIZE_MAX / 4);
    r = take_pieces(f, &body);
    if (r >= 0)
        r = keep_trailers(f);
    if (r >= 0)
        return keep_body(f, &body);
    gale__buf_deinit(&body);
    return r;
}

/* --- redirects --- */

static bool is_redirect(const struct fetch *f)
{
    int status = f->response->status;

    return f->request.follow_redirects != GALE_OFF && f->redirects_left > 0 &&
           (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
           gale_http_response_header(f->response, "Location");
}

/* RFC 9110 15.4: 303 always, 301 and 302 of a POST, by custom. */
static void change_method(struct fetch *f)
{
    int status = f->response->status;

    if ((status == 303 && strcmp(f->out.method, "HEAD") != 0) ||
        ((status == 301 || status == 302) && !strcmp(f->out.method, "POST"))) {
        f->out.method = "GET";
        f->out.bodiless = true;
    }
}

static int find_target(struct fetch *f, struct gale__buf *text)
{
    int r = gale__http_url_resolve(
        &f->out.url, gale__str(gale_http_response_header(f->response, "Location")), text);

    if (r < 0)
        return r;
    f->url = gale__arena_strndup(f->arena, text->ptr, text->len);
    return f->url ? 0 : -ENOMEM;
}

/* GALE_EPROTO, with what r, which is GALE_EINVAL, has against the target. */
static int bad_target(const struct fetch *f, int r)
{
    char text[96];

    snprintf(text, sizeof(text), "%s", gale_strerror(r));
    return gale_err(GALE_EPROTO, "a redirect to %.64s: %s",
                    gale_http_response_header(f->response, "Location"), text);
}

/* The next hop: 1, or a failure. */
static int redirect(struct fetch *f)
{
    struct gale__http_url old = f->out.url;
    struct gale__buf text;
    int r;

    f->stage = "following a redirect";
    gale__buf_init(&text, HEAD_MAX);
    r = find_target(f, &text);
    gale__buf_deinit(&text);
    if (r >= 0)
        r = gale__http_url_parse(gale__str(f->url), &f->out.url);
    if (r < 0)
        return r == GALE_EINVAL ? bad_target(f, r) : r;
    change_method(f);
    if (f->request.body_producer && !f->out.bodiless)
        return gale_err(GALE_ESTATE, "a redirect asks for the body again, which was produced");
    f->redirects_left--;
    f->out.moved = true;
    f->out.estranged |= !gale__http_url_same_origin(&old, &f->out.url);
    return 1;
}

/* --- the whole --- */

static int read_answer(struct fetch *f)
{
    int r;

    f->stage = "waiting for the answer";
    r = gale__client_conn_read_head(f->conn, !strcmp(f->out.method, "HEAD"));
    if (r >= 0)
        r = make_response(f);
    if (r >= 0 && f->hooks->answered)
        r = f->hooks->answered(f->hooks->arg, f->response);
    if (r < 0 || is_redirect(f))
        return r;
    return read_body(f);
}

static int hop(struct fetch *f)
{
    struct sender sender = { .f = f };
    int r = connect_in_time(f);

    if (r < 0)
        return r;
    r = send_request(f, &sender);
    /* An answer may have been sent by a server that reads no further. */
    if (r >= 0 || r == -EPIPE || r == -ECONNRESET) {
        int got = read_answer(f);

        r = r < 0 && got == GALE_EEOF ? r : got;
    }
    r = end_sender(&sender, r);
    gale__client_conn_free(f->conn);
    f->conn = NULL;
    return r >= 0 && is_redirect(f) ? redirect(f) : r;
}

static int run(void *arg)
{
    struct fetch *f = arg;
    int r;

    do
        r = hop(f);
    while (r > 0);
    return r;
}

/* Puts what was asked for and of whom in front of a failure's text. */
static int explain(const struct fetch *f, int r)
{
    const struct gale__http_url *url = &f->out.url;
    char text[192];

    if (r == GALE_ECANCELED || r == GALE_ENOTCOROUTINE)
        return r;
    if (r == GALE_ETIMEDOUT)
        snprintf(text, sizeof(text), "timed out while %s", f->stage);
    else
        snprintf(text, sizeof(text), "%s", gale_strerror(r));
    if (f->request.unix_socket)
        return gale_err(r, "unix:%s: %s", f->request.unix_socket, text);
    if (!url->host.len)
        return gale_err(r, "%.100s: %s", f->url, text);
    return gale_err(r, url->is_numeric6 ? "[%.*s]:%d: %s" : "%.*s:%d: %s", (int)url->host.len,
                    url->host.ptr, url->port, text);
}

static void fill_defaults(struct fetch *f, const gale_http_request *request)
{
    gale_http_request *own = &f->request;

    if (request)
        *own = *request;
    if (own->connect_timeout == 0)
        own->connect_timeout = SECONDS;
    if (own->request_timeout == 0)
        own->request_timeout = SECONDS;
    if (own->max_body_size == 0)
        own->max_body_size = default_body_max;
    f->redirects_left = own->max_redirects ? own->max_redirects : REDIRECTS;
    f->out.request = own;
    f->out.method = gale__client_method(own);
}

static int fetch(struct fetch *f)
{
    int r = gale__client_check_request(&f->request);

    if (r >= 0)
        r = gale__http_url_parse(gale__str(f->url), &f->out.url);
    if (r < 0)
        return r;
    if (f->request.request_timeout < 0)
        return run(f);
    return gale_with_timeout(f->request.request_timeout, run, f);
}

int gale__fetch(const struct gale__fetch_hooks *hooks, struct gale__arena *arena, const char *url,
                const gale_http_request *request, gale_http_response **out)
{
    static const struct gale__fetch_hooks none;
    struct fetch f = { .hooks = hooks ? hooks : &none, .arena = arena };
    gale_ioloop *loop = gale__co_loop(gale__co_current());
    double start = gale_ioloop_time(loop);
    int r;

    f.url = gale__arena_strndup(arena, url, strlen(url));
    if (!f.url)
        return -ENOMEM;
    fill_defaults(&f, request);
    r = fetch(&f);
    gale__client_conn_free(f.conn);
    if (r < 0)
        return explain(&f, r);
    f.response->request_time = gale_ioloop_time(loop) - start;
    *out = f.response;
    return 0;
}

int gale_fetch_sized(gale_http_client *client, const char *url, const gale_http_request *request,
                     size_t request_size, gale_http_response **out)
{
    if (!gale__co_current())
        return gale__co_park("gale_fetch"); /* says so */
    return gale__fetch(NULL, gale__co_scope(gale__co_current())->arena, url, request, out);
}

const char *gale_http_response_header(const gale_http_response *response, const char *name)
{
    for (const gale_http_header *h = response->headers; h->name; h++)
        if (gale__str_equal_nocase(gale__str(h->name), gale__str(name)))
            return h->value;
    return NULL;
}
