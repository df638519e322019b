/* tls_bio.c - OpenSSL's socket BIO with a write that raises no SIGPIPE. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "net/tls_priv.h"

/* The kernel encrypts: control messages are OpenSSL's own business, so its function is called, with
 * this thread's SIGPIPE held back. */
static int write_by_kernel(BIO *bio, const char *data, int len)
{
    int (*inner)(BIO *, const char *, int) = BIO_meth_get_write(BIO_s_socket());
    struct timespec none = { 0, 0 };
    sigset_t pipe, old, pending;
    bool was_pending;
    int n, saved;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &old);
    n = inner(bio, data, len);
    saved = errno;
    if (n < 0 && saved == EPIPE && !was_pending)
        sigtimedwait(&pipe, NULL, &none);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = saved;
    return n;
}

static int write_quietly(BIO *bio, const char *data, int len)
{
    ssize_t n;

    if (BIO_get_ktls_send(bio))
        return write_by_kernel(bio, data, len);
    do
        n = send((int)BIO_get_fd(bio, NULL), data, (size_t)len, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    BIO_clear_retry_flags(bio);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        BIO_set_retry_write(bio);
    return (int)n;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static BIO_METHOD *method; /* NULL: no memory */

static void make_method(void)
{
    const BIO_METHOD *inner = BIO_s_socket();
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOCKET, "socket without SIGPIPE");

    if (!m)
        return;
    BIO_meth_set_write(m, write_quietly);
    BIO_meth_set_read(m, BIO_meth_get_read(inner));
    BIO_meth_set_puts(m, BIO_meth_get_puts(inner));
    BIO_meth_set_ctrl(m, BIO_meth_get_ctrl(inner));
    BIO_meth_set_create(m, BIO_meth_get_create(inner));
    BIO_meth_set_destroy(m, BIO_meth_get_destroy(inner));
    method = m;
}

BIO *gale__tls_bio(int fd)
{
    BIO *bio;

    pthread_once(&once, make_method);
    bio = method ? BIO_new(method) : NULL;
    if (bio)
        BIO_set_fd(bio, fd, BIO_NOCLOSE);
    return bio;
}
