/* fdio.h - reading and writing descriptors of any kind, without SIGPIPE. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_FDIO_H
#define GALE_IOLOOP_FDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* All give a count or -errno and try again when interrupted. */
ssize_t gale__fd_recv(int fd, void *data, size_t size);
/* Whether a socket has bytes, an end or an error to tell; takes nothing, does not wait. */
bool gale__fd_has_input(int fd);
ssize_t gale__fd_read(int fd, void *data, size_t size);
ssize_t gale__fd_sendv(int fd, const struct iovec *iov, int n);
/* The same when more follows at once: the kernel may keep an incomplete packet back for it. */
ssize_t gale__fd_sendv_more(int fd, const struct iovec *iov, int n);

/* For what is not a socket: the thread's SIGPIPE is held back meanwhile, whatever the
 * program does with it. */
ssize_t gale__fd_writev(int fd, const struct iovec *iov, int n);

/* Sends up to len bytes of a file from offset on, as many as the socket takes: how many. *why is 0
 * when it is all, else -EAGAIN, -ENODATA (the file ends before) or another -errno. */
size_t gale__fd_sendfile(int fd, int file, int64_t offset, size_t len, int *why);

/* Bytes that all of iov hold. */
size_t gale__iov_size(const struct iovec *iov, int n);

/* The error a socket has stored, as 0 or -errno. */
int gale__fd_error(int fd);

#endif
