/* client_answer.c - what comes back: head, body, trailers, into the answer's memory.
 *
 * The head is copied once, as a whole, and its names and values end there where they lie. A body
 * whose length is known goes straight into its place. What is encoded is decoded piece by piece;
 * the limit counts what comes out.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/alloc.h"
#include "base/deflate.h"
#include "base/str.h"
#include "http/client_fetch.h"

enum {
    OWN_BLOCK = 64 * 1024, /* a body from this on is not in the arena */
    DECODED = 16 * 1024,   /* bytes decoded at once */
    DROPPED = 256 * 1024,  /* of a body that nobody wants: beyond, a new connection is cheaper */
};

/* --- the head --- */

static void end_text(char *text, uint32_t off, size_t len)
{
    text[off + len] = 0;
}

static gale_http_header *make_fields(struct gale__fetch *f, char *text)
{
    const struct gale__http1_head *head = &f->conn->head;
    gale_http_header *fields = gale__arena_alloc(f->arena,
                                                 (head->n_headers + 1u) * sizeof(*fields));

    if (!fields)
        return NULL;
    for (size_t i = 0; i < head->n_headers; i++) {
        const struct gale__http1_header *h = &head->headers[i];

        fields[i] = (gale_http_header){ text + h->name_off, text + h->value_off };
        end_text(text, h->name_off, h->name_len);
        end_text(text, h->value_off, h->value_len);
    }
    fields[head->n_headers] = (gale_http_header){ NULL, NULL };
    return fields;
}

/* The answer without its body. */
static int make_response(struct gale__fetch *f)
{
    static const gale_http_header none[1];
    const struct gale__client_conn *conn = f->conn;
    const struct gale__http1_head *head = &conn->head;
    gale_http_response *response = gale__arena_zalloc(f->arena, sizeof(*response));
    char *text = gale__arena_strndup(f->arena, conn->head_text, conn->head_len);

    if (!response || !text)
        return -ENOMEM;
    response->status = head->status_code;
    response->reason = text + head->reason_off;
    end_text(text, head->reason_off, head->reason_len);
    response->headers = make_fields(f, text);
    response->trailers = none;
    response->body = (gale_str){ "", 0 };
    response->effective_url = f->url;
    response->redirects = f->redirects;
    response->reused = conn->n_requests > 0;
    response->version = head->minor_version ? "HTTP/1.1" : "HTTP/1.0";
    f->response = response;
    return response->headers ? 0 : -ENOMEM;
}

int gale__fetch_read_head(struct gale__fetch *f)
{
    int r = gale__client_conn_read_head(f->conn, !strcmp(f->out.method, "HEAD"));

    return r < 0 ? r : make_response(f);
}

int gale__fetch_tell_head(struct gale__fetch *f)
{
    gale_str rest = { f->conn->head_text, f->conn->head_len };
    int r = 0;

    if (!f->request.header_callback)
        return 0;
    while (rest.len && r >= 0) {
        gale_str line = gale__str_head(rest, gale__str_find(rest, '\n') + 1);

        rest = gale__str_skip(rest, line.len);
        r = f->request.header_callback(line, f->request.arg);
    }
    return r;
}

/* --- the body --- */

struct taking {
    struct gale__fetch *f;
    struct gale__buf body; /* what is kept */
    int64_t came, total;   /* bytes as sent, and decoded */
    struct gale__decoder *decoder;
    char *decoded; /* DECODED bytes, with a decoder */
};

static int too_big(int64_t max)
{
    return gale_err(GALE_ETOOBIG, "the answer's body is larger than max_body_size, %lld bytes",
                    (long long)max);
}

static int give(struct taking *t, gale_str piece)
{
    const gale_http_request *request = &t->f->request;

    t->total += (int64_t)piece.len;
    if (request->max_body_size >= 0 && t->total > request->max_body_size)
        return too_big(request->max_body_size);
    if (request->streaming_callback)
        return request->streaming_callback(piece, request->arg);
    return gale__buf_append_str(&t->body, piece);
}

static int bad_coding(void)
{
    return gale_err(GALE_EPROTO, "malformed answer: its body is not of its Content-Encoding");
}

/* All that can be decoded of a piece. */
static int decode(struct taking *t, gale_str piece)
{
    int64_t n;
    int r = 0;

    do {
        n = gale__decoder_read(t->decoder, &piece, t->decoded, DECODED);
        if (n == GALE_EPROTO)
            return bad_coding();
        if (n > 0)
            r = give(t, (gale_str){ t->decoded, (size_t)n });
    } while (n > 0 && r >= 0);
    return n < 0 ? (int)n : r;
}

static int take_pieces(struct taking *t)
{
    gale_str piece;
    int r;

    while ((r = gale__client_conn_read_body(t->f->conn, &piece)) > 0) {
        int64_t max = t->f->request.max_body_size;

        t->came += (int64_t)piece.len;
        if (max >= 0 && t->came > max)
            return too_big(max);
        r = t->decoder ? decode(t, piece) : give(t, piece);
        if (r < 0)
            return r;
        if (t->f->ended)
            return GALE_ECLOSED;
    }
    if (r >= 0 && t->decoder && t->came && !gale__decoder_done(t->decoder))
        return gale_err(GALE_EPROTO, "malformed answer: its encoded body is cut off");
    return r < 0 ? r : 0;
}

static enum gale__coding coding_of(const struct gale__fetch *f)
{
    static const struct {
        gale_str name;
        enum gale__coding coding;
    } known[] = {
        { GALE__STR("gzip"), GALE__CODING_GZIP },       { GALE__STR("x-gzip"), GALE__CODING_GZIP },
        { GALE__STR("deflate"), GALE__CODING_DEFLATE }, { GALE__STR("br"), GALE__CODING_BROTLI },
        { GALE__STR("zstd"), GALE__CODING_ZSTD },
    };
    const struct gale__http1_header *h = gale__http1_find(&f->conn->head,
                                                          GALE__HEADER_CONTENT_ENCODING);
    gale_str name;

    if (!h || f->request.decompress_response == GALE_OFF)
        return GALE__CODING_IDENTITY;
    name = (gale_str){ f->response->headers[h - f->conn->head.headers].value, h->value_len };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (gale__str_equal_nocase(name, known[i].name) && gale__coding_is_there(known[i].coding))
            return known[i].coding;
    return GALE__CODING_IDENTITY;
}

static int start_decoder(struct taking *t)
{
    enum gale__coding coding = coding_of(t->f);

    if (coding == GALE__CODING_IDENTITY || t->f->conn->framing == GALE__CLIENT_NO_BODY)
        return 0;
    t->decoder = gale__decoder_new(coding);
    t->decoded = gale__malloc(DECODED);
    return t->decoder && t->decoded ? 0 : -ENOMEM;
}

/* What was read is kept in a block of its own, or copied into the arena. */
static int keep_body(struct gale__fetch *f, struct gale__buf *body)
{
    size_t len = body->len;
    char *text;

    if (!len)
        return 0;
    if (len < OWN_BLOCK) {
        text = gale__arena_strndup(f->arena, body->ptr, len);
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

/* --- trailers --- */

static int copy_trailer(struct gale__fetch *f, gale_str line, gale_http_header *out)
{
    gale_str value = gale__str_trim_lines(gale__str_skip(line, gale__str_find(line, ':') + 1));

    out->name = gale__arena_strndup(f->arena, line.ptr, gale__str_find(line, ':'));
    out->value = gale__arena_strndup(f->arena, value.ptr ? value.ptr : "", value.len);
    return out->name && out->value ? 0 : -ENOMEM;
}

static int keep_trailers(struct gale__fetch *f)
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

/* --- the whole --- */

/* A plain body of moderate, known length. */
static int read_known(struct gale__fetch *f)
{
    size_t len = (size_t)f->conn->left, done = 0;
    char *text = gale__arena_alloc(f->arena, len + 1);
    gale_str piece;
    int r;

    if (!text)
        return -ENOMEM;
    while ((r = gale__client_conn_read_body(f->conn, &piece)) > 0) {
        memcpy(text + done, piece.ptr, piece.len);
        done += piece.len;
    }
    text[done] = 0;
    f->response->body = (gale_str){ text, done };
    return r;
}

static int read_any(struct gale__fetch *f)
{
    struct taking t = { .f = f };
    int r;

    gale__buf_init(&t.body, SIZE_MAX / 4);
    r = start_decoder(&t);
    if (r >= 0)
        r = take_pieces(&t);
    if (r >= 0)
        r = keep_body(f, &t.body);
    gale__decoder_free(t.decoder);
    gale__free(t.decoded);
    gale__buf_deinit(&t.body);
    return r < 0 ? r : keep_trailers(f);
}

int gale__fetch_read_body(struct gale__fetch *f)
{
    const struct gale__client_conn *conn = f->conn;
    int64_t max = f->request.max_body_size;

    if (conn->framing == GALE__CLIENT_NO_BODY)
        return 0;
    gale__fetch_set_phase(f, GALE_PHASE_BODY);
    if (conn->framing != GALE__CLIENT_LENGTH)
        return read_any(f);
    if (max >= 0 && conn->left > max)
        return too_big(max);
    if (conn->left < OWN_BLOCK && !f->request.streaming_callback &&
        !gale__http1_find(&conn->head, GALE__HEADER_CONTENT_ENCODING))
        return read_known(f);
    return read_any(f);
}

int gale__fetch_drop_body(struct gale__fetch *f)
{
    size_t total = 0;
    gale_str piece;
    int r;

    gale__fetch_set_phase(f, GALE_PHASE_BODY);
    if (f->conn->framing == GALE__CLIENT_TO_CLOSE || !f->conn->keep_alive)
        return 0; /* the connection goes anyway */
    while ((r = gale__client_conn_read_body(f->conn, &piece)) > 0) {
        total += piece.len;
        if (total > DROPPED) {
            f->conn->keep_alive = false;
            return 0;
        }
    }
    return r;
}
