/* capture.h - what this process writes to standard error, read back through a pipe. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BASE_CAPTURE_H
#define TESTS_BASE_CAPTURE_H

#include <fcntl.h>
#include <unistd.h>

struct capture {
    int saved, fd;
    char text[70000];
};

/* Standard error goes into a pipe (64 KiB) that does not block, from now on. */
static inline void capture_begin(struct capture *c)
{
    int fds[2];

    fflush(stderr);
    c->saved = dup(STDERR_FILENO);
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
    close(fds[1]);
    c->fd = fds[0];
}

/* What has been written since the last call. */
static inline const char *capture_read(struct capture *c)
{
    size_t len = 0;
    ssize_t n;

    while (len < sizeof(c->text) - 1 &&
           (n = read(c->fd, c->text + len, sizeof(c->text) - 1 - len)) > 0)
        len += (size_t)n;
    c->text[len] = 0;
    return c->text;
}

static inline void capture_end(struct capture *c)
{
    dup2(c->saved, STDERR_FILENO);
    close(c->saved);
    close(c->fd);
}

#endif
