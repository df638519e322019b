/* output.c - writing, flushing and finishing the answer.
 *
 * What is written collects in one buffer: in the request's arena while it is small, on the
 * heap beyond. A handler that never flushes has its whole answer sent in one piece, with
 * Content-Length and, for a 200 to GET and HEAD, an Etag.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <gale/json.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "web/access_log.h"
#include "web/etag.h"
#include "web/handler.h"
#include "web/output.h"
#include "web/transform.h"

enum {
    SMALL_BODY = 1024, /* stays in the arena */
    SECOND_BODY = 256, /* a second write is likely not the last */
};

static __attribute__((noinline)) int not_writable(gale_handler *self, const char *what)
{
    if (self->failed)
        return self->failed;
    if (self->finished)
        return gale_err(GALE_ESTATE, "%s after gale_finish", what);
    return gale__handler_failed(self, self->x->gone);
}

static inline __attribute__((always_inline)) int check_writable(gale_handler *self,
                                                                const char *what)
{
    if (GALE_UNLIKELY(self->failed || self->finished || gale__handler_is_gone(self)))
        return not_writable(self, what);
    return 0;
}

static char *grow_on_heap(gale_handler *self, size_t cap)
{
    char *body;

    if (self->body_on_heap)
        return gale__realloc(self->body, cap);
    body = gale__malloc(cap);
    if (!body)
        return NULL;
    if (self->body_len)
        memcpy(body, self->body, self->body_len);
    self->body_on_heap = true;
    return body;
}

/* Makes room for size more bytes. */
static __attribute__((noinline)) int grow(gale_handler *self, size_t size)
{
    size_t cap = size;
    char *body;

    if (size > SIZE_MAX / 8 || self->body_len > SIZE_MAX / 8)
        return -ENOMEM;
    if (self->body_cap) {
        cap = 2 * self->body_cap < SECOND_BODY ? SECOND_BODY : 2 * self->body_cap;
        cap = cap < self->body_len + size ? self->body_len + size : cap;
    }
    if (cap > SMALL_BODY || self->body_on_heap) {
        body = grow_on_heap(self, cap);
    } else {
        body = gale__arena_alloc(&self->x->arena, cap);
        if (body && self->body_len)
            memcpy(body, self->body, self->body_len);
    }
    if (!body)
        return -ENOMEM;
    self->body = body;
    self->body_cap = cap;
    return 0;
}

/* The first buffer is just as large as the first write. */
static inline int make_room(gale_handler *self, size_t size)
{
    int r;

    if (GALE_LIKELY(!self->body_cap && size <= SMALL_BODY)) {
        self->body = gale__arena_alloc(&self->x->arena, size);
        self->body_cap = self->body ? size : 0;
        r = self->body ? 0 : -ENOMEM;
    } else {
        r = grow(self, size);
    }
    return r < 0 ? gale__handler_failed(self, r) : 0;
}

int gale_write_bytes(gale_handler *self, const void *data, size_t size)
{
    int r = check_writable(self, "gale_write");

    if (r >= 0 && size > self->body_cap - self->body_len)
        r = make_room(self, size);
    if (r < 0)
        return r;
    if (size)
        memcpy(self->body + self->body_len, data, size);
    self->body_len += size;
    return 0;
}

int gale_write(gale_handler *self, const char *text)
{
    if (!text && !self->failed)
        return gale__handler_failed(self, gale_err(GALE_EINVAL, "gale_write: the text is NULL"));
    return gale_write_bytes(self, text, text ? strlen(text) : 0);
}

int gale_printf(gale_handler *self, const char *fmt, ...)
{
    int r = check_writable(self, "gale_printf");
    size_t room = self->body_cap - self->body_len;
    va_list ap;
    int n;

    if (r < 0)
        return r;
    va_start(ap, fmt);
    n = vsnprintf(room ? self->body + self->body_len : NULL, room, fmt, ap);
    va_end(ap);
    if (n < 0)
        return gale__handler_failed(self, gale_err(GALE_EINVAL, "gale_printf: bad format"));
    if ((size_t)n >= room) {
        r = grow(self, (size_t)n + 1);
        if (r < 0)
            return gale__handler_failed(self, r);
        va_start(ap, fmt);
        vsnprintf(self->body + self->body_len, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    self->body_len += (size_t)n;
    return 0;
}

int gale__check_writable(gale_handler *self, const char *what)
{
    return check_writable(self, what);
}

int gale__take_body(gale_handler *self, const char *what, char *data, size_t len, size_t cap,
                    bool on_heap)
{
    int r = check_writable(self, what);

    if (r >= 0 && self->body_len)
        r = gale_write_bytes(self, data, len);
    if (r < 0 || self->body_len) {
        if (on_heap)
            gale__free(data);
        return r;
    }
    if (self->body_on_heap)
        gale__free(self->body);
    self->body = data;
    self->body_len = len;
    self->body_cap = cap;
    self->body_on_heap = on_heap;
    return 0;
}

/* The failure of a JSON value, with the place of the call. */
static int fail_json(gale_handler *self, int code, const char *what, const char *file, int line)
{
    char text[160];

    snprintf(text, sizeof(text), "%s", gale_strerror(code));
    return gale__handler_failed(self, gale_err(code, "%s:%d: %s: %s", file, line, what, text));
}

/* Takes the reference over. */
static int write_json(gale_handler *self, json_t *value, const char *what, const char *file,
                      int line)
{
    struct gale__buf text;
    int r;

    gale__buf_init(&text, SIZE_MAX / 8);
    r = gale__json_dump(value, &text);
    json_decref(value);
    if (r < 0)
        r = fail_json(self, r, what, file, line);
    if (r >= 0 && !self->headers_sent)
        r = gale_set_header(self, "Content-Type", "application/json; charset=UTF-8");
    if (r >= 0)
        r = gale_write_bytes(self, text.ptr, text.len);
    gale__buf_deinit(&text);
    return r;
}

int gale_write_json_at(gale_handler *self, struct json_t *value, const char *file, int line)
{
    int r = check_writable(self, "gale_write_json");

    if (r < 0) {
        json_decref(value);
        return r;
    }
    if (!value)
        return fail_json(self, gale_err(GALE_EINVAL, "the value is NULL (a bad json_pack format?)"),
                         "gale_write_json", file, line);
    return write_json(self, value, "gale_write_json", file, line);
}

int gale_json_at(gale_handler *self, const char *file, int line, const char *fmt, ...)
{
    int r = check_writable(self, "gale_json");
    json_error_t error;
    json_t *value;
    va_list ap;

    /* It is packed in any case: that consumes the references among the arguments. */
    va_start(ap, fmt);
    value = json_vpack_ex(&error, 0, fmt ? fmt : "", ap);
    va_end(ap);
    if (r < 0) {
        json_decref(value);
        return r;
    }
    if (!value)
        return fail_json(self,
                         gale_err(GALE_EINVAL, "%s at byte %d of '%s'", error.text, error.position,
                                  fmt ? fmt : "(NULL)"),
                         "gale_json", file, line);
    return write_json(self, value, "gale_json", file, line);
}

static bool has_no_length(int status)
{
    return status == 204 || status == 304;
}

/* A 205 says so with a length of 0 (RFC 9110 15.3.6). */
static bool has_no_body(int status)
{
    return has_no_length(status) || status == 205;
}

/* What an answer without a body may carry. */
static __attribute__((noinline)) int drop_content(gale_handler *self)
{
    static const char *const names[] = { "Content-Type", "Content-Encoding", "Content-Language" };
    int r = 0;

    if (self->body_len)
        return gale_err(GALE_ESTATE, "an answer with status %d has no body", self->status);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && r >= 0; i++)
        r = gale__headers_remove(&self->headers, gale__str(names[i]));
    return r;
}

/* A Content-Length that the handler set is a promise to be kept. */
static __attribute__((noinline)) int take_declared_length(gale_handler *self)
{
    const struct gale__field *field;
    int64_t n;

    field = gale__headers_find(&self->headers, GALE__HEADER_CONTENT_LENGTH);
    if (!field)
        return 0;
    if (!gale__str_to_int64(field->value, &n) || n < 0)
        return gale_err(GALE_EINVAL, "Content-Length is no number: '%.*s'", (int)field->value.len,
                        field->value.ptr);
    self->declared = n;
    return gale__headers_remove(&self->headers, GALE__STR("Content-Length"));
}

/* Whether a promise is kept by what has been counted. */
static __attribute__((noinline)) int check_promise(const gale_handler *self, bool last)
{
    if (has_no_body(self->status) || gale__handler_method(self) == GALE__METHOD_HEAD)
        return 0;
    if (self->sent <= self->declared && (!last || self->sent == self->declared))
        return 0;
    if (self->sent > self->declared)
        return gale_err(GALE_EINVAL, "Tried to write more data than Content-Length");
    return gale_err(GALE_EINVAL, "Tried to write %" PRId64 " bytes less than Content-Length",
                    self->declared - self->sent);
}

/* Counts what is about to be sent, which a broken promise keeps from being sent. */
static inline int count_body(gale_handler *self, bool last)
{
    self->sent += (int64_t)self->body_len;
    return GALE_LIKELY(self->declared < 0) ? 0 : check_promise(self, last);
}

/* What status and headers need before they leave, after all that may change them. */
static inline int prepare_head(gale_handler *self, bool last)
{
    int r = self->headers.fields ? take_declared_length(self) : 0;

    if (r >= 0 && has_no_body(self->status))
        r = drop_content(self);
    return r < 0 ? r : count_body(self, last);
}

/* Hands status, headers and this body to the carrier. */
static inline int hand_on(gale_handler *self, gale_str body, int64_t content_length, bool last)
{
    struct gale__response response = {
        .status = self->status,
        .reason = self->reason,
        .headers = &self->headers,
        .etag = { self->etag, self->etag_len },
        .content_length = self->status == 205 ? 0 : content_length,
        .no_length = has_no_length(self->status),
    };

    self->headers_sent = true;
    self->body_len = 0;
    return self->x->ops->respond(self->x, &response, body, last);
}

/* The Content-Length of what leaves; is_other: transforms have changed the body. */
static int64_t content_length(const gale_handler *self, size_t len, bool is_other, bool last)
{
    if (self->declared >= 0 && !is_other)
        return self->declared;
    if (last && self->x->trailers)
        return -1; /* in chunks, for their sake */
    /* A HEAD that declares more than it writes cannot tell what transforms would make of it. */
    return last && self->declared <= self->sent ? (int64_t)len : -1;
}

/* Those that may change status, headers and *body do. 1: transforms are at work. */
static int change(gale_handler *self, gale_str *body, bool is_match, bool last)
{
    int r = gale__handler_before_headers(self);

    if (r >= 0 && is_match && gale__compress_is_on(self))
        r = gale__compress_not_modified(self, (gale_str){ self->body, self->body_len });
    if (is_match)
        self->body_len = 0;
    if (r >= 0)
        r = prepare_head(self, last);
    *body = (gale_str){ self->body, self->body_len };
    if (r >= 0 && gale__transforms_are_on(self))
        r = gale__transforms_begin(self, body, last);
    return r;
}

/* An answer that somebody changes before it leaves. is_match: a 304, whose body is still there. */
static __attribute__((noinline)) int respond_changed(gale_handler *self, bool is_match, bool last)
{
    gale_str body;
    int r;

    self->may_not_answer = true;
    r = change(self, &body, is_match, last);
    self->may_not_answer = false;
    if (r < 0)
        return r;
    if (has_no_body(self->status))
        body.len = 0;
    return hand_on(self, body, content_length(self, body.len, r > 0, last), last);
}

/* Hands status, headers and what has been written so far to the carrier. */
static inline __attribute__((always_inline)) int respond(gale_handler *self, bool is_match,
                                                         bool last)
{
    gale_str body = { self->body, self->body_len };
    int r;

    if (GALE_UNLIKELY(is_match || self->more || self->route->middleware ||
                      gale__transforms_are_on(self)))
        return respond_changed(self, is_match, last);
    r = prepare_head(self, last);
    if (r < 0)
        return r;
    return hand_on(self, body,
                   self->declared >= 0 ? self->declared
                   : last              ? (int64_t)body.len
                                       : -1,
                   last);
}

static __attribute__((noinline)) int write_more(gale_handler *self, bool last)
{
    gale_str body = { self->body, self->body_len };
    int r;

    if (has_no_body(self->status) && body.len)
        return gale_err(GALE_ESTATE, "an answer with status %d has no body", self->status);
    r = count_body(self, last);
    self->body_len = 0;
    if (r < 0 || (!body.len && !last))
        return r;
    if (GALE_UNLIKELY(self->more && self->more->transforms)) {
        self->may_not_answer = true;
        r = gale__transforms_write(self, &body, true, last);
        self->may_not_answer = false;
        if (r < 0 || (!body.len && !last))
            return r;
        if (has_no_body(self->status))
            body.len = 0;
    }
    return self->x->ops->write(self->x, body, last);
}

int gale_flush(gale_handler *self)
{
    int r = check_writable(self, "gale_flush");

    if (r < 0)
        return r;
    if (GALE_UNLIKELY(self->may_not_answer))
        return gale__handler_may_not(self, "gale_flush");
    r = self->headers_sent ? write_more(self, false) : respond(self, false, false);
    if (r < 0)
        return gale__handler_failed(self, r);
    return gale__co_current() ? self->x->ops->drain(self->x) : 0;
}

/* As gale__etag_check() with a class's own hook. */
static __attribute__((noinline)) int ask_etag(gale_handler *self)
{
    int r;

    self->may_not_answer = true;
    r = gale__etag_check(self);
    self->may_not_answer = false;
    return r;
}

/* The whole answer in one piece. */
static inline __attribute__((always_inline)) int finish_at_once(gale_handler *self)
{
    enum gale__method method = gale__handler_method(self);
    int match = 0;

    if (self->status == 200 && (method == GALE__METHOD_GET || method == GALE__METHOD_HEAD)) {
        match = GALE_UNLIKELY(self->cls->hooks.compute_etag) ? ask_etag(self)
                                                             : gale__etag_check(self);
        if (self->failed)
            return self->failed;
        if (match < 0)
            return match;
        if (match) {
            self->status = 304;
            self->reason = NULL;
            gale__headers_remove(&self->headers, GALE__STR("Content-Length"));
        }
    }
    return respond(self, match, true);
}

static int finish(gale_handler *self)
{
    int r = check_writable(self, "gale_finish");

    if (r < 0)
        return r;
    r = self->headers_sent ? write_more(self, true) : finish_at_once(self);
    if (r < 0)
        return gale__handler_failed(self, r);
    self->finished = true;
    gale__access_log(self);
    return 0;
}

int gale_finish(gale_handler *self)
{
    int r;

    if (self->finished)
        return gale_err(GALE_ESTATE, "gale_finish: the answer is complete already");
    if (GALE_UNLIKELY(self->may_not_answer))
        return gale__handler_may_not(self, "gale_finish");
    r = finish(self);
    if (GALE_UNLIKELY(r < 0))
        self->over = true;
    if (self->complete && !self->in_error_page)
        self->complete(self, r);
    return r;
}

bool gale_is_finished(const gale_handler *self)
{
    return gale__handler_is_over(self);
}
