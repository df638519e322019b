/* fdio.c - reading and writing descriptors of any kind. See fdio.h. */
/* SPDX-License-Identifier: MIT */
#include "ioloop/fdio.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
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

ssize_t gale__fd_read(int fd, void *data, size_t size)
{
    for (;;) {
        ssize_t n = read(fd, data, size);

        if (n >= 0)
            return n;
        if (errno != EINTR)
            return -errno;
    }
}

ssize_t gale__fd_sendv(int fd, const struct iovec *iov, int n)
{
    struct msghdr msg = { .msg_iov = (struct iovec *)iov };
    int flags = MSG_NOSIGNAL | MSG_DONTWAIT;

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
    sigset_t pipe_only, old, pending;
    struct timespec zero = { 0 };

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
    ssize_t written = try_writev(fd, iov, n > IOV_MAX ? IOV_MAX : n);

    /* Takes our own back; one that was pending before is the program's. */
    if (written == -EPIPE && !sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe_only, NULL, &zero) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return written;
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
