/* client_form.c - bodies made of names and values: forms, and multipart with files.
 *
 * A multipart body is never whole in memory: its heads are made first, so that the length is known
 * where each part's is; contents are sent from where they lie, files are read on the loop's
 * executor, a block at a time, while they are sent.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gale/httputil.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/escape.h"
#include "base/str.h"
#include "gen/co.h"
#include "http/client_options.h"
#include "proto/char_class.h"

enum { BLOCK = 64 * 1024, SECRET = 16 };

/* A part on its way. */
struct sending {
    const gale_http_part *part;
    gale_str head;
    int64_t size; /* of the content; -1: unknown */
};

enum stage { HEAD, CONTENT, END, DONE };

/* The whole; in the fetch's arena. */
struct upload {
    gale_ioloop *loop;
    struct sending *parts;
    size_t n, at;
    enum stage stage;
    int64_t sent; /* of the present part's content */
    gale_str tail;
    int fd; /* of the present part's file; -1: none */
    char *block;
};

/* --- what blocks, on a thread of the executor --- */

struct job {
    struct upload *u;
    const char *path;
    int64_t size;
    size_t wanted;
};

static int measure(void *arg)
{
    struct job *job = arg;
    /* not to wait for the other end of a FIFO */
    int fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    int r;

    if (fd < 0)
        return -errno;
    r = fstat(fd, &st) < 0 ? -errno : 0;
    if (r >= 0 && !S_ISREG(st.st_mode))
        r = -EINVAL;
    close(fd);
    if (r >= 0)
        job->size = st.st_size;
    return r;
}

static int read_block(void *arg)
{
    struct job *job = arg;
    struct upload *u = job->u;
    ssize_t n;

    if (u->fd < 0)
        u->fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (u->fd < 0)
        return -errno;
    do
        n = pread(u->fd, u->block, job->wanted, (off_t)u->sent);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : (int)n;
}

/* --- the pieces, one after the other --- */

static void close_file(void *arg)
{
    struct upload *u = arg;

    if (u->fd >= 0)
        close(u->fd);
    u->fd = -1;
}

static void free_block(void *arg)
{
    struct upload *u = arg;

    gale__free(u->block);
    u->block = NULL;
}

static int next_of_file(struct upload *u, const struct sending *s, gale_str *piece)
{
    int64_t left = s->size - u->sent;
    struct job job = { .u = u, .path = s->part->file };
    int r;

    if (!left)
        return 0;
    if (!u->block)
        u->block = gale__malloc(BLOCK);
    if (!u->block)
        return -ENOMEM;
    job.wanted = left < BLOCK ? (size_t)left : BLOCK;
    r = gale_ioloop_run_in_executor(u->loop, read_block, &job);
    if (r == GALE_ECANCELED || r == GALE_ETIMEDOUT)
        return r;
    if (r < 0)
        return gale_err(r, "%s: cannot be read", s->part->file);
    if (r == 0)
        return gale_err(-EIO, "%s: became shorter while it was sent", s->part->file);
    *piece = (gale_str){ u->block, (size_t)r };
    u->sent += r;
    return 1;
}

static int next_of_producer(struct upload *u, const struct sending *s, gale_str *piece)
{
    int r = s->part->producer(piece, s->part->arg);

    if (r < 0)
        return r;
    u->sent += r > 0 ? (int64_t)piece->len : 0;
    if (s->size >= 0 && (u->sent > s->size || (r == 0 && u->sent < s->size)))
        return gale_err(GALE_EINVAL, "part %.60s gives %s than its length, %lld bytes",
                        s->part->name, u->sent > s->size ? "more" : "less", (long long)s->size);
    return r;
}

static int next_of_content(struct upload *u, gale_str *piece)
{
    const struct sending *s = &u->parts[u->at];

    if (s->part->file)
        return next_of_file(u, s, piece);
    if (s->part->producer)
        return next_of_producer(u, s, piece);
    *piece = s->part->text;
    u->sent += (int64_t)piece->len;
    return u->sent == (int64_t)piece->len && piece->len ? 1 : 0;
}

/* As a body_producer. */
static int next_piece(gale_str *piece, void *arg)
{
    struct upload *u = arg;
    int r;

    switch (u->stage) {
    case HEAD:
        *piece = u->parts[u->at].head;
        u->sent = 0;
        u->stage = CONTENT;
        return 1;
    case CONTENT:
        r = next_of_content(u, piece);
        if (r != 0)
            return r;
        close_file(u);
        *piece = GALE__STR("\r\n");
        u->stage = ++u->at < u->n ? HEAD : END;
        return 1;
    case END:
        *piece = u->tail;
        u->stage = DONE;
        return 1;
    default:
        return 0;
    }
}

static void begin_again(void *arg)
{
    struct upload *u = arg;

    close_file(u);
    u->at = 0;
    u->stage = u->n ? HEAD : END;
}

/* --- heads --- */

/* As the HTML standard says ("multipart/form-data encoding algorithm"): line ends are CR LF, and
 * they and quotes are percent-encoded, nothing else. */
static void put_quoted(struct gale__buf *out, const char *name, const char *text, bool lines)
{
    gale__buf_printf(out, "; %s=\"", name);
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            gale__buf_append_cstr(out, "%22");
        else if (lines && (*p == '\r' || *p == '\n'))
            gale__buf_append_cstr(out, "%0D%0A");
        else if (*p == '\r' || *p == '\n')
            gale__buf_append_cstr(out, *p == '\r' ? "%0D" : "%0A");
        else
            gale__buf_append_char(out, *p);
        if (lines && *p == '\r' && p[1] == '\n')
            p++;
    }
    gale__buf_append_char(out, '"');
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int put_head(const gale_http_part *part, gale_str boundary, struct gale__buf *out)
{
    const char *filename = part->filename, *type = part->content_type;

    if (!filename && part->file)
        filename = base_name(part->file);
    if (!type && filename)
        type = gale_content_type(filename);
    for (const char *p = type; p && *p; p++)
        if (!GALE__CHAR_IS(*p, GALE__CHAR_VALUE))
            return gale_err(GALE_EINVAL, "content_type of part %.60s has a control character",
                            part->name);
    gale__buf_append_cstr(out, "--");
    gale__buf_append_str(out, boundary);
    gale__buf_append_cstr(out, "\r\nContent-Disposition: form-data");
    put_quoted(out, "name", part->name, true);
    if (filename)
        put_quoted(out, "filename", filename, false);
    if (type)
        gale__buf_printf(out, "\r\nContent-Type: %s", type);
    gale__buf_append_cstr(out, "\r\n\r\n");
    return out->error;
}

static int make_head(struct gale__fetch *f, struct sending *s, gale_str boundary)
{
    struct gale__buf text;
    int r;

    gale__buf_init(&text, SIZE_MAX / 4);
    r = put_head(s->part, boundary, &text);
    if (r >= 0) {
        s->head.ptr = gale__arena_strndup(f->arena, text.ptr, text.len);
        s->head.len = text.len;
        r = s->head.ptr ? 0 : -ENOMEM;
    }
    gale__buf_deinit(&text);
    return r;
}

/* --- preparing --- */

static int measure_part(struct upload *u, struct sending *s)
{
    const gale_http_part *part = s->part;
    struct job job = { .path = part->file };
    int r;

    if ((part->text.ptr != NULL) + (part->file != NULL) + (part->producer != NULL) != 1)
        return gale_err(GALE_EINVAL, "part %.60s: one of text, file, producer is needed",
                        part->name);
    s->size = part->text.ptr ? (int64_t)part->text.len : part->length > 0 ? part->length : -1;
    if (!part->file)
        return 0;
    r = gale_ioloop_run_in_executor(u->loop, measure, &job);
    if (r == GALE_ECANCELED || r == GALE_ETIMEDOUT)
        return r;
    if (r < 0)
        return gale_err(r, "part %.60s: %s cannot be read, or is no file", part->name, part->file);
    s->size = job.size;
    return 0;
}

/* Also the length of the whole, -1 when it is not known. */
static int prepare_parts(struct gale__fetch *f, struct upload *u, gale_str boundary,
                         int64_t *length)
{
    bool unknown = false;
    int r = 0;

    *length = (int64_t)u->tail.len;
    for (size_t i = 0; i < u->n && r >= 0; i++) {
        struct sending *s = &u->parts[i];

        s->part = &f->request.parts[i];
        r = measure_part(u, s);
        if (r >= 0)
            r = make_head(f, s, boundary);
        unknown |= s->size < 0;
        if (s->part->producer)
            f->out.rewind = NULL;
        if (__builtin_add_overflow(*length, s->size + (int64_t)s->head.len + 2, length))
            r = gale_err(GALE_ETOOBIG, "parts of more bytes than can be told");
    }
    if (unknown)
        *length = 0;
    return r;
}

/* A boundary that nobody can guess, so that no content can end its part. */
static int make_boundary(struct gale__fetch *f, gale_str *out)
{
    uint8_t secret[SECRET];
    char text[2 * SECRET + 1] = "";
    int r = gale__random(secret, sizeof(secret));

    for (size_t i = 0; i < sizeof(secret); i++)
        snprintf(text + 2 * i, 3, "%02x", secret[i]);
    out->ptr = gale__arena_printf(f->arena, "------------------------%s", text);
    out->len = 24 + 2 * SECRET;
    return r < 0 ? r : out->ptr ? 0 : -ENOMEM;
}

static struct upload *new_upload(struct gale__fetch *f)
{
    struct upload *u = gale__arena_zalloc(f->arena, sizeof(*u));

    if (!u)
        return NULL;
    u->fd = -1;
    u->loop = gale__co_loop(gale__co_current());
    while (f->request.parts[u->n].name)
        u->n++;
    u->parts = gale__arena_zalloc(f->arena, u->n * sizeof(*u->parts));
    if (!u->parts || gale__arena_defer(f->arena, close_file, u) < 0 ||
        gale__arena_defer(f->arena, free_block, u) < 0)
        return NULL;
    begin_again(u);
    return u;
}

static int prepare_multipart(struct gale__fetch *f)
{
    struct upload *u = new_upload(f);
    gale_str boundary;
    int64_t length;
    int r;

    if (!u)
        return -ENOMEM;
    r = make_boundary(f, &boundary);
    if (r < 0)
        return r;
    u->tail.ptr = gale__arena_printf(f->arena, "--%s--\r\n", boundary.ptr);
    u->tail.len = boundary.len + 6;
    f->out.content_type = gale__arena_printf(f->arena, "multipart/form-data; boundary=%s",
                                             boundary.ptr);
    if (!u->tail.ptr || !f->out.content_type)
        return -ENOMEM;
    f->out.rewind = begin_again;
    f->out.body_arg = u;
    r = prepare_parts(f, u, boundary, &length);
    f->request.body_producer = next_piece;
    f->request.body_length = length;
    return r;
}

static int prepare_form(struct gale__fetch *f)
{
    struct gale__buf text;
    char *body;
    size_t len;

    gale__buf_init(&text, SIZE_MAX / 4);
    for (const gale_http_header *h = f->request.form; h->name; h++) {
        if (h != f->request.form)
            gale__buf_append_char(&text, '&');
        gale__url_escape(&text, gale__str(h->name), true);
        gale__buf_append_char(&text, '=');
        gale__url_escape(&text, gale__str(h->value), true);
    }
    body = gale__buf_take(&text, &len);
    if (!body)
        return -ENOMEM;
    if (gale__arena_defer(f->arena, gale__free, body) < 0) {
        gale__free(body);
        return -ENOMEM;
    }
    f->request.body = (gale_str){ body, len };
    f->out.content_type = "application/x-www-form-urlencoded";
    return 0;
}

int gale__client_prepare_body(struct gale__fetch *f)
{
    const gale_http_request *request = &f->request;
    int n = (request->body.ptr != NULL) + (request->body_producer != NULL) +
            (request->form != NULL) + (request->parts != NULL);

    f->out.body_arg = request->arg;
    if (n > 1)
        return gale_err(GALE_EINVAL, "more than one of body, body_producer, form, parts");
    if (request->form)
        return prepare_form(f);
    return request->parts ? prepare_multipart(f) : 0;
}
