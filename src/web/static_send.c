/* static_send.c - bodies from files. See static_send.h. */
/* SPDX-License-Identifier: MIT */
#include "web/static_send.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <gale/staticfile.h>

#include "base/str.h"
#include "web/output.h"

enum {
    PIECE = 1 << 20,     /* looked at, and sent by the kernel, at once */
    TRUSTED = 4 << 20,   /* sent so fast that it stays in memory meanwhile */
    COPIED = 64 * 1024,  /* passed on through memory at once */
    PAGE = 4096,         /* no page is smaller */
    SYS_CACHESTAT = 451, /* Linux 6.5; the same on all architectures but alpha */
};

struct span {
    int fd;
    int64_t offset, len;
};

/* Reads it, so that the kernel has it in memory. On a thread of the pool. */
static int read_span(void *arg)
{
    const struct span *span = arg;
    char bytes[COPIED];
    int64_t done = 0;

    while (done < span->len) {
        int64_t left = span->len - done;
        ssize_t n = pread(span->fd, bytes, left < COPIED ? (size_t)left : COPIED,
                          span->offset + done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ESTALE;
        done += n;
    }
    return 0;
}

static bool is_byte_in_memory(int fd, int64_t offset)
{
    char byte;
    struct iovec piece = { &byte, 1 };

    /* End of file: the sender will see. */
    return preadv2(fd, &piece, 1, offset, RWF_NOWAIT) >= 0;
}

/* The kernel need not read the disk for it. */
static bool is_in_memory(const struct span *span)
{
    struct {
        uint64_t offset, len;
    } range = { (uint64_t)span->offset, (uint64_t)span->len };
    struct {
        uint64_t cached, dirty, writeback, evicted, lately_evicted;
    } pages = { 0 };
    uint64_t bytes = (uint64_t)(span->offset % PAGE + span->len);

    if (syscall(SYS_CACHESTAT, span->fd, &range, &pages, 0) == 0)
        return pages.cached * (uint64_t)sysconf(_SC_PAGESIZE) >= bytes;
    return is_byte_in_memory(span->fd, span->offset) &&
           is_byte_in_memory(span->fd, span->offset + span->len - 1);
}

/* Passes a span on through memory. */
static int copy_span(gale_handler *self, const struct span *span)
{
    char *bytes = gale_alloc(self, COPIED);
    int64_t done = 0;
    int r = bytes ? 0 : -ENOMEM;

    while (done < span->len && r >= 0) {
        int64_t left = span->len - done;
        ssize_t n = pread(span->fd, bytes, left < COPIED ? (size_t)left : COPIED,
                          span->offset + done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? gale_err(-errno, "reading a file: %s", strerror(errno)) : -ESTALE;
        r = gale_write_bytes(self, bytes, (size_t)n);
        if (r >= 0)
            r = gale_flush(self);
        if (r >= 0)
            r = gale_yield(); /* packing it takes a while, and the client may be quick */
        done += n;
    }
    return r;
}

static int send_span(gale_handler *self, const struct span *span)
{
    int r = self->x->ops->send_file(self->x, span->fd, span->offset, span->len, false);

    if (r < 0)
        return gale__handler_failed(self, r);
    self->sent += span->len;
    return 0;
}

/* A thread reads it first when it is not in memory: *is_warm is false then. */
static int pass_span(gale_handler *self, const struct span *span, bool by_kernel, bool look,
                     bool *is_warm)
{
    int r = 0;

    if (look && !is_in_memory(span)) {
        *is_warm = false;
        r = gale_ioloop_run_in_executor(self->x->loop, read_span, (void *)span);
    }
    return r < 0 ? r : by_kernel ? send_span(self, span) : copy_span(self, span);
}

/* The file ends before end: said and ended as the carriers do. */
static int fail_shrank(gale_handler *self, int fd, int64_t end)
{
    struct stat st;
    int64_t missing = fstat(fd, &st) < 0 || st.st_size > end ? 0 : end - st.st_size;

    return gale__handler_failed(self, self->x->gone ? self->x->gone
                                                    : gale__exchange_file_shrank(self->x, missing));
}

int gale__static_send(gale_handler *self, const struct gale__static_content *a, int64_t offset,
                      int64_t len)
{
    int64_t end = offset + len;
    bool look = !*a->is_warm || len > TRUSTED;
    bool is_warm = look && !offset && len == a->size; /* all of it is looked at */
    bool others_first = self->headers_sent;           /* between pieces, and parts */
    bool by_kernel;
    int r;

    if (!gale__co_current())
        return gale__handler_failed(self, gale__co_park("gale_send_file")); /* says so */
    r = gale_flush(self);
    by_kernel = self->x->ops->send_file && self->declared >= 0 &&
                !(self->more && self->more->transforms);
    while (offset < end && r >= 0) {
        struct span span = { a->fd, offset, end - offset < PIECE ? end - offset : PIECE };

        if (others_first)
            r = gale_yield();
        if (r >= 0)
            r = pass_span(self, &span, by_kernel, look, &is_warm);
        others_first = true;
        offset += span.len;
    }
    *a->is_warm |= is_warm && r >= 0;
    return r == -ESTALE ? fail_shrank(self, a->fd, end) : r;
}

/* Whether a body is sent at all. */
static bool has_body(const gale_handler *self)
{
    return self->status != 204 && self->status != 304 &&
           gale__handler_method(self) != GALE__METHOD_HEAD;
}

int gale_send_fd(gale_handler *self, int fd, int64_t offset, int64_t len)
{
    bool is_warm = false;
    struct gale__static_content a = { .fd = fd, .is_warm = &is_warm, .size = offset + len };
    char length[24];
    int r = gale__check_writable(self, "gale_send_fd");

    if (r < 0)
        return r;
    if (fd < 0 || offset < 0 || len < 0 || len > INT64_MAX - offset)
        return gale__handler_failed(self, gale_err(GALE_EINVAL, "gale_send_fd: no part of a file"));
    if (!self->headers_sent && !self->body_len &&
        !gale__headers_find(&self->headers, GALE__HEADER_CONTENT_LENGTH)) {
        snprintf(length, sizeof(length), "%" PRId64, len);
        r = gale_set_header(self, "Content-Length", length);
    }
    return r < 0 || !has_body(self) ? r : gale__static_send(self, &a, offset, len);
}
