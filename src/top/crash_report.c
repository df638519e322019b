/* crash_report.c - tells of a crash, in a child of the process: its memory is as the crash left it,
 * so whatever goes wrong here goes wrong in the child alone. See crash.h.
 */
/* SPDX-License-Identifier: MIT */
#include "top/crash.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/log.h>

#include "base/symbols.h"
#include "web/debug_page.h"
#include "web/dispatch.h"

enum { MAX_TEXT = 64 * 1024, MAX_PAGE = 4 << 20 };

static const char *signal_name(int sig)
{
    const char *name = sigabbrev_np(sig);

    return name ? name : "?";
}

/* --- the log ----------------------------------------------------------------------------- */

void gale__crash_print_calls(const struct gale__trace *trace, struct gale__buf *out)
{
    struct gale__symbols *symbols = gale__symbols_open();
    struct gale__frame frames[16];

    for (size_t i = 0; symbols && i < trace->n; i++) {
        size_t n = gale__symbols_find(symbols, trace->calls[i], frames, 16);

        for (size_t k = 0; k < n; k++) {
            gale__buf_append_cstr(out, "\n  ");
            (void)!gale__frame_print(&frames[k], out);
        }
    }
    gale__symbols_close(symbols);
}

static void describe(const struct gale__crash *crash, char *out, size_t size)
{
    const char *what = sigdescr_np(crash->signal);

    if (crash->is_overflow)
        snprintf(out, size, "stack overflow in a coroutine; gale_set_stack_size() makes it bigger");
    else if (crash->has_address)
        snprintf(out, size, "%s at address %p", what ? what : "?", crash->address);
    else
        snprintf(out, size, "%s", what ? what : "?");
}

static void write_log(const struct gale__crash *crash, const gale_handler *self, const char *text)
{
    struct gale__buf calls;
    const char *lines;

    gale__buf_init(&calls, MAX_TEXT);
    gale__crash_print_calls(&crash->trace, &calls);
    lines = gale__buf_cstr(&calls);
    if (self)
        gale_log(&gale_log_application, GALE_LOG_CRITICAL, "SIG%s %s %s (%s): %s%s",
                 signal_name(crash->signal), self->x->request.method, self->x->request.uri,
                 gale_request_remote_ip(&self->x->request), text, lines ? lines : "");
    else
        gale_log(&gale_log_application, GALE_LOG_CRITICAL, "SIG%s: %s%s",
                 signal_name(crash->signal), text, lines ? lines : "");
    gale_log_flush();
    gale__buf_deinit(&calls);
}

/* --- the page ---------------------------------------------------------------------------- */

static void send_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN)
            n = poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1) > 0 ? 0 : -1;
        if (n < 0 && errno != EINTR)
            return;
        data += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

/* What the client has sent and nobody has read would make the kernel throw our answer away. */
static void finish(int fd)
{
    char rest[4096];

    while (recv(fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
        continue;
    shutdown(fd, SHUT_WR);
}

static void send_page(const struct gale__debug_page *page, int fd)
{
    const enum gale__debug_format format = gale__debug_format(&page->handler->x->request);
    const bool is_head = strcmp(page->handler->x->request.method, "HEAD") == 0;
    struct gale__buf body;
    char head[512];

    gale__buf_init(&body, MAX_PAGE);
    if (gale__debug_page_write(page, format, &body) < 0)
        return;
    snprintf(head, sizeof(head),
             "HTTP/1.1 500 Internal Server Error\r\nContent-Type: %s\r\n"
             "Cache-Control: no-store\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
             gale__debug_content_type(format), body.len);
    send_all(fd, head, strlen(head));
    send_all(fd, body.ptr, is_head ? 0 : body.len);
    gale__buf_deinit(&body);
    finish(fd);
}

static void write_page(const struct gale__crash *crash, gale_handler *self, const char *text)
{
    char name[32];
    struct gale__debug_page page = {
        .handler = self,
        .status = 500,
        .reason = "Internal Server Error",
        .name = name,
        .text = text,
        .trace = &crash->trace,
    };
    int fd = gale__exchange_raw_fd(self->x);

    if (fd < 0 || self->route->app->settings.serve_traceback != GALE_ON)
        return;
    snprintf(name, sizeof(name), "SIG%s", signal_name(crash->signal));
    gale__debug_page_open(&page);
    send_page(&page, fd);
    gale__debug_page_close(&page);
}

void gale__crash_report(const struct gale__crash *crash)
{
    gale_handler *self = gale__handler_running();
    char text[160];

    describe(crash, text, sizeof(text));
    write_log(crash, self, text);
    if (self)
        write_page(crash, self, text);
}
