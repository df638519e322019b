/* errors.c - failures: what is logged, which status, which page. See errors.h. */
/* SPDX-License-Identifier: MIT */
#include "web/errors.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <gale/log.h>

#include "base/str.h"
#include "web/debug_page.h"
#include "web/page.h"

enum { DEBUG_PAGE_MAX = 4 << 20 };

static bool is_error_status(int status)
{
    return status >= 400 && status <= 599;
}

int gale_fail(gale_handler *self, int status, const char *fmt, ...)
{
    int code = GALE_EHTTP(status);
    va_list ap;

    if (!is_error_status(status))
        return gale_err(GALE_EINVAL, "gale_fail: %d is no error status", status);
    self->error_code = code;
    self->error_text = NULL;
    self->told = NULL;
    if (!fmt)
        return gale_err(code, "%s", gale_status_phrase(status));
    va_start(ap, fmt);
    self->error_text = gale__handler_vprintf(self, fmt, ap);
    va_end(ap);
    return gale_err(code, "%s", self->error_text ? self->error_text : "(no memory for the text)");
}

int gale__handler_refuse(gale_handler *self, const char *fmt, ...)
{
    const char *text;
    va_list ap;
    int r;

    va_start(ap, fmt);
    text = gale__handler_vprintf(self, fmt, ap);
    va_end(ap);
    r = gale_fail(self, 400, text ? "%s" : NULL, text);
    self->told = text;
    return r;
}

int gale_error_code(const gale_handler *self)
{
    return self->error_code;
}

const char *gale_error(const gale_handler *self)
{
    return self->error_text ? self->error_text : "";
}

/* The code to go on with when a hook returned one whose status no error has. */
static int check_code(gale_handler *self, int code)
{
    if (!GALE_IS_EHTTP(code) || is_error_status(GALE_EHTTP_STATUS(code)))
        return code;
    self->error_code = 0;
    return gale_err(GALE_EINVAL, "GALE_EHTTP(%d) is no error status", GALE_EHTTP_STATUS(code));
}

static int status_of(int code)
{
    if (GALE_IS_EHTTP(code))
        return GALE_EHTTP_STATUS(code);
    return code == -ENOMEM ? 503 : 500;
}

static bool tells_all(const gale_handler *self)
{
    return self->route->app->settings.serve_traceback == GALE_ON;
}

static void keep_calls(gale_handler *self, const struct gale__trace *trace)
{
    struct gale__handler_more *more = trace ? gale__handler_more(self) : NULL;

    if (!more)
        return;
    more->trace = gale__arena_alloc(&self->x->arena, sizeof(*trace));
    if (more->trace)
        *more->trace = *trace;
}

/* Keeps the calls that led to the failure, before others fail. was_noted: it is the request's, and
 * not only a code that some call gave. */
static void find_calls(gale_handler *self, int code, bool was_noted)
{
    const struct gale__context *here = gale__context_here();
    const struct gale__trace *trace = NULL;

    if (here->error_code == code)
        trace = gale__failures_find(here);
    if (!trace && was_noted)
        trace = gale__failures_find_code(here, code);
    keep_calls(self, trace);
}

static void log_failure(gale_handler *self, int code, int status)
{
    const gale_request *request = &self->x->request;
    const char *text = self->error_text;
    const char *report = gale__page_report(self, code, text);

    if (self->cls->hooks.log_exception)
        self->cls->hooks.log_exception(self, status);
    else if (!GALE_IS_EHTTP(code))
        gale_log(&gale_log_application, GALE_LOG_ERROR, "Uncaught failure %s %s (%s): %s: %s",
                 request->method, request->uri, gale_request_remote_ip(request), gale_errname(code),
                 report ? report
                 : text ? text
                        : "");
    else if (text)
        gale_log(&gale_log_general, GALE_LOG_WARNING, "%d %s %s (%s): %s", status, request->method,
                 request->uri, gale_request_remote_ip(request), text);
}

static void write_escaped(gale_handler *self, const char *text)
{
    static const char special[] = "&<>\"'";
    static const char *const escapes[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#x27;" };

    while (*text) {
        size_t n = strcspn(text, special);

        gale_write_bytes(self, text, n);
        text += n;
        if (*text)
            gale_write(self, escapes[strchr(special, *text++) - special]);
    }
}

/* All that is known, as the client prefers to read it. */
static int write_debug_page(gale_handler *self, int status)
{
    const enum gale__debug_format format = gale__debug_format(&self->x->request);
    struct gale__debug_page page = {
        .handler = self,
        .status = status,
        .reason = self->reason ? self->reason : gale_status_phrase(status),
        .name = self->error_code ? gale_errname(self->error_code) : NULL,
        .text = gale_error(self),
        .report = gale__page_report(self, self->error_code, self->error_text),
        .trace = self->more ? self->more->trace : NULL,
    };
    struct gale__buf out;
    int r;

    gale__buf_init(&out, DEBUG_PAGE_MAX);
    gale__debug_page_open(&page);
    r = gale__debug_page_write(&page, format, &out);
    gale__debug_page_close(&page);
    if (r >= 0) {
        gale_set_header(self, "Content-Type", gale__debug_content_type(format));
        gale_set_header(self, "Cache-Control", "no-store");
        r = gale_write_bytes(self, out.ptr, out.len);
    }
    gale__buf_deinit(&out);
    return r;
}

static int write_default_page(gale_handler *self, int status)
{
    const char *reason = self->reason ? self->reason : gale_status_phrase(status);

    if (tells_all(self) && write_debug_page(self, status) >= 0)
        return self->failed;
    gale_printf(self, "<html><title>%d: ", status);
    write_escaped(self, reason);
    gale_printf(self, "</title><body>%d: ", status);
    write_escaped(self, reason);
    if (self->told && self->error_code == GALE_EHTTP(status)) {
        gale_write(self, " (");
        write_escaped(self, self->told);
        gale_write(self, ")");
    }
    return gale_write(self, "</body></html>");
}

/* Forgets what was going to be answered. Cookies stay. The after hooks run for what is answered
 * instead. */
static void clear(gale_handler *self, int status)
{
    gale__headers_reset(&self->headers);
    self->body_len = 0;
    self->sent = 0;
    self->declared = -1;
    self->etag_len = 0;
    self->failed = 0;
    self->over = false;
    if (self->status != status)
        self->reason = NULL; /* one that was set for this very status is the failure's own */
    self->status = (uint16_t)status;
    self->x->trailers = NULL;
    gale__page_clear(self);
    if (self->more) {
        self->more->after_done = false;
        self->more->trailers.arena = NULL;
    }
}

int gale_clear(gale_handler *self)
{
    if (self->may_not_answer)
        return gale__handler_may_not(self, "gale_clear");
    if (self->headers_sent || self->finished)
        return gale_err(GALE_ESTATE, "gale_clear: the headers have left");
    if (gale__handler_is_gone(self))
        return gale__handler_failed(self, self->x->gone);
    clear(self, 200);
    self->reason = NULL;
    if (!self->in_error_page) {
        self->error_code = 0;
        self->error_text = self->told = NULL;
    }
    gale__handler_default_headers(self);
    return self->failed;
}

void gale_set_error_page(gale_handler *self, int (*page)(gale_handler *self, int status))
{
    struct gale__handler_more *more = gale__handler_more(self);

    if (more)
        more->error_page = page;
}

/* Who writes it: the request's own, the class's, the application's. */
static int write_error(gale_handler *self, int status)
{
    int (*page)(gale_handler *, int) = self->more ? self->more->error_page : NULL;

    if (!page)
        page = self->cls->hooks.write_error;
    if (!page)
        page = self->route->app->settings.write_error;
    return page ? page(self, status) : write_default_page(self, status);
}

static int write_page(gale_handler *self, int status)
{
    int r = 0;

    gale__handler_default_headers(self);
    if (status == 405)
        gale_set_header(self, "Allow", self->cls->allow);
    if (status != 304)
        r = write_error(self, status);
    if (r >= 0 && !self->finished)
        r = gale_finish(self);
    return r;
}

/* Nobody waits for an answer, and nobody has done anything wrong. */
static bool is_quiet(const gale_handler *self, int code)
{
    return gale__handler_is_gone(self) || (code == GALE_ECANCELED && gale_is_cancelled()) ||
           (code == GALE_ESTATE && self->x->gone && gale__handler_is_over(self)) ||
           (code == GALE_ECLOSED && self->more && self->more->events);
}

static void log_page_failure(gale_handler *self, int code)
{
    const char *text = gale_strerror(code);
    const char *report = gale__page_report(self, code, text);

    gale_log(&gale_log_application, GALE_LOG_ERROR, "Uncaught failure in write_error: %s: %s",
             gale_errname(code), report ? report : text);
}

/* Answers with an error page, or with an empty one when that fails. */
static int send_error(gale_handler *self, int status)
{
    int r;

    clear(self, status);
    self->in_error_page = true;
    r = write_page(self, status);
    if (r < 0) {
        if (!is_quiet(self, r))
            log_page_failure(self, r);
        if (!self->finished && !self->headers_sent) {
            clear(self, status);
            r = gale_finish(self);
        }
    }
    self->in_error_page = false;
    return self->finished ? 0 : r;
}

static int try_send_error(gale_handler *self, int status)
{
    if (status < 300 || status > 999)
        return gale__handler_failed(self, gale_err(GALE_EINVAL, "%d is no error status", status));
    if (self->headers_sent)
        return gale__handler_failed(self, gale_err(GALE_ESTATE,
                                                   "gale_send_error(%d): the headers "
                                                   "have left",
                                                   status));
    if (!gale__handler_is_gone(self))
        return send_error(self, status);
    self->status = (uint16_t)status;
    return gale__handler_failed(self, self->x->gone);
}

int gale_send_error(gale_handler *self, int status)
{
    struct gale__trace trace;
    int r;

    if (self->finished)
        return gale_err(GALE_ESTATE, "gale_send_error after gale_finish");
    if (self->may_not_answer || self->in_error_page)
        return gale__handler_may_not(self, "gale_send_error");
    if (tells_all(self)) {
        gale__trace_take(&trace, __builtin_return_address(0));
        keep_calls(self, &trace);
    }
    r = try_send_error(self, status);
    if (r < 0)
        self->over = true;
    if (self->complete)
        self->complete(self, r);
    return r;
}

/* The status for the access line of a request that cannot be answered and has failed: none of its
 * own means that its client has closed it. */
static void set_quiet_status(gale_handler *self, int code)
{
    if (self->headers_sent || gale__handler_is_over(self))
        return;
    self->status = 499;
    if (GALE_IS_EHTTP(code) && is_error_status(GALE_EHTTP_STATUS(code)))
        self->status = (uint16_t)GALE_EHTTP_STATUS(code);
}

void gale__page_set_quiet_status(gale_handler *self, int code)
{
    if (is_quiet(self, code))
        set_quiet_status(self, code);
}

void gale__handler_fail(gale_handler *self, int code)
{
    const char *text;
    bool was_noted;
    int status;

    if (is_quiet(self, code)) {
        set_quiet_status(self, code);
        return;
    }
    code = check_code(self, code);
    status = status_of(code);
    was_noted = self->error_code == code || self->failed == code;
    text = gale__handler_error_text(self, code);
    if (self->error_code != code)
        self->error_text = text ? gale__arena_strndup(&self->x->arena, text, strlen(text)) : NULL;
    self->error_code = code;
    if (tells_all(self))
        find_calls(self, code, was_noted);
    log_failure(self, code, status);
    if (self->finished)
        return;
    if (!self->headers_sent) {
        send_error(self, status);
        return;
    }
    /* Half an answer has left: ending the exchange unfinished breaks the connection. */
    gale_log(&gale_log_general, GALE_LOG_ERROR, "Cannot send error response after headers written");
}
