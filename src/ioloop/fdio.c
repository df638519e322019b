/* fdio.c - reading and writing descriptors of any kind. See fdio.h. */
/* SPDX-License-Identifier: MIT */
#include "ioloop/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

ssize_t gale__fd_recv(int fd, void *data, size_t size)
{
    for (;;) {
        ssize_t n = recv(fd, data, size, MSG_DONTWAIT);

        if (n >= 0)
            return n;
        if (errno != EINTR)
            return -errno;
    }
}

bool gale__fd_has_input(int fd)
{
    char byte;
    ssize_t n;

    do
        n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n >= 0 || (errno != EAGAIN && errno != ENOTSOCK);
}

ssize_t gale__fd_read(int fd, void *data, size_t size)
{
    for (;;) {
        ssize_t n = read(fd, data, size);

        if (n >= 0)
            return n;
        if (errno == EBADF && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY)
            return -EPIPE; /* seen as ready for reading because the pipe's reader has gone */
        if (errno != EINTR)
            return -errno;
    }
}

static ssize_t send_iov(int fd, const struct iovec *iov, int n, int flags)
{
    struct msghdr msg = { .msg_iov = (struct iovec *)iov };

    msg.msg_iovlen = n > IOV_MAX ? IOV_MAX : (size_t)n;
    for (;;) {
        ssize_t sent = n == 1 ? send(fd, iov->iov_base, iov->iov_len, flags)
                              : sendmsg(fd, &msg, flags);

        if (sent >= 0)
            return sent;
        if (errno != EINTR)
            return -errno;
    }
}

ssize_t gale__fd_sendv(int fd, const struct iovec *iov, int n)
{
    return send_iov(fd, iov, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t gale__fd_sendv_more(int fd, const struct iovec *iov, int n)
{
    return send_iov(fd, iov, n, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE);
}

/* The thread's signal mask while SIGPIPE is held back. */
struct held {
    sigset_t old;
    bool was_pending; /* one that is the program's */
};

static void set_pipe_only(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGPIPE);
}

/* One can only be pending before when it was blocked already. */
static void hold_sigpipe(struct held *held)
{
    sigset_t set;

    set_pipe_only(&set);
    pthread_sigmask(SIG_BLOCK, &set, &held->old);
    held->was_pending = false;
    if (!sigismember(&held->old, SIGPIPE))
        return;
    sigpending(&set);
    held->was_pending = sigismember(&set, SIGPIPE);
}

/* result: of the call that may have raised one, which is taken back. */
static void let_sigpipe(const struct held *held, ssize_t result)
{
    struct timespec zero = { 0 };
    sigset_t set;

    set_pipe_only(&set);
    if (result == -EPIPE && !held->was_pending)
        while (sigtimedwait(&set, NULL, &zero) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &held->old, NULL);
}

static ssize_t try_writev(int fd, const struct iovec *iov, int n)
{
    for (;;) {
        ssize_t written = writev(fd, iov, n);

        if (written >= 0)
            return written;
        if (errno != EINTR)
            return -errno;
    }
}

ssize_t gale__fd_writev(int fd, const struct iovec *iov, int n)
{
    struct held held;

    hold_sigpipe(&held);
    ssize_t written = try_writev(fd, iov, n > IOV_MAX ? IOV_MAX : n);

    let_sigpipe(&held, written);
    return written;
}

static size_t try_sendfile(int fd, int file, off_t offset, size_t len, int *why)
{
    size_t done = 0;

    while (done < len && *why == 0) {
        ssize_t n = sendfile(fd, file, &offset, len - done);

        if (n > 0)
            done += (size_t)n;
        else if (n == 0)
            *why = -ENODATA;
        else if (errno != EINTR)
            *why = -errno;
    }
    return done;
}

/* sendfile(2) knows no MSG_NOSIGNAL. */
size_t gale__fd_sendfile(int fd, int file, int64_t offset, size_t len, int *why)
{
    struct held held;

    *why = 0;
    hold_sigpipe(&held);
    size_t sent = try_sendfile(fd, file, offset, len, why);

    let_sigpipe(&held, *why);
    return sent;
}

size_t gale__iov_size(const struct iovec *iov, int n)
{
    size_t size = 0;

    for (int i = 0; i < n; i++)
        size += iov[i].iov_len;
    return size;
}

int gale__fd_error(int fd)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        return -errno;
    return -error;
}
