/* faults.c - the wrapped functions. See faults.h. */
/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <liburing.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of the process, as its calls are. */
static struct {
    atomic_bool armed;
    enum faults_kind kind;
    long nth;
    atomic_long count;
    _Atomic(const char *) failed;
    atomic_long blocks, mappings;
    bool traced;
    struct io_uring *ring; /* whose completions up to seen were looked at */
    unsigned seen;
} faults;

void faults_arm(enum faults_kind kind, long nth)
{
    faults.kind = kind;
    faults.nth = nth;
    atomic_store(&faults.count, 0);
    atomic_store(&faults.failed, NULL);
    atomic_store(&faults.armed, true);
}

const char *faults_disarm(void)
{
    atomic_store(&faults.armed, false);
    return atomic_load(&faults.failed);
}

long faults_count(void)
{
    return atomic_load(&faults.count);
}

static long count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    long n = -1; /* the folder's own */

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

struct faults_held faults_held(void)
{
    return (struct faults_held){ atomic_load(&faults.blocks), atomic_load(&faults.mappings),
                                 count_descriptors() };
}

void faults_trace(void)
{
    faults.traced = true;
}

static void print_stack(void)
{
    void *frames[24];

    backtrace_symbols_fd(frames, backtrace(frames, 24), 2);
}

/* Whether this call is the one; with the error stored. */
static bool fails(const char *name, enum faults_kind kind, int error)
{
    if (!atomic_load(&faults.armed) || faults.kind != kind)
        return false;
    if (atomic_fetch_add(&faults.count, 1) != faults.nth)
        return false;
    atomic_store(&faults.failed, name);
    if (faults.traced)
        print_stack();
    errno = error;
    return true;
}

/* name(...) with its error, and whether a signal may interrupt it. */
#define WRAP(type, name, params, args, error, may_interrupt)                                       \
    type __real_##name params;                                                                     \
    type __wrap_##name params;                                                                     \
    type __wrap_##name params                                                                      \
    {                                                                                              \
        if ((error) != 0 && fails(#name, FAULTS_CALLS, (error)))                                   \
            return (type)-1;                                                                       \
        if ((may_interrupt) && fails(#name, FAULTS_EINTR, EINTR))                                  \
            return (type)-1;                                                                       \
        return __real_##name args;                                                                 \
    }

/* --- sockets and descriptors --- */

WRAP(ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags), ECONNRESET, true)
WRAP(ssize_t, send, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags), EPIPE, true)
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags), ENOBUFS, true)
WRAP(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), EIO, true)
WRAP(ssize_t, writev, (int fd, const struct iovec *iov, int n), (fd, iov, n), EPIPE, true)
WRAP(int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags), (fd, a, n, flags), EMFILE,
     true)
WRAP(int, connect, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n), ENETUNREACH, true)
WRAP(int, socket, (int family, int type, int protocol), (family, type, protocol), EMFILE, false)
WRAP(int, bind, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n), EADDRNOTAVAIL, false)
WRAP(int, listen, (int fd, int backlog), (fd, backlog), EADDRINUSE, false)
WRAP(int, setsockopt, (int fd, int level, int name, const void *p, socklen_t n),
     (fd, level, name, p, n), ENOMEM, false)
WRAP(int, getsockopt, (int fd, int level, int name, void *p, socklen_t *n), (fd, level, name, p, n),
     ENOBUFS, false)
WRAP(int, getsockname, (int fd, struct sockaddr *a, socklen_t *n), (fd, a, n), ENOBUFS, false)
WRAP(int, getpeername, (int fd, struct sockaddr *a, socklen_t *n), (fd, a, n), ENOTCONN, false)
WRAP(int, fcntl64, (int fd, int cmd, long arg), (fd, cmd, arg), EPERM, false)
WRAP(int, eventfd, (unsigned n, int flags), (n, flags), EMFILE, false)

/* Closed all the same, as Linux does. */
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    int r = __real_close(fd);

    return fails("close", FAULTS_CALLS, EIO) || fails("close", FAULTS_EINTR, EINTR) ? -1 : r;
}

/* --- epoll --- */

WRAP(int, epoll_create1, (int flags), (flags), EMFILE, false)
WRAP(int, epoll_ctl, (int fd, int op, int on, struct epoll_event *e), (fd, op, on, e),
     op == EPOLL_CTL_DEL ? 0 : ENOMEM, false)
WRAP(int, epoll_wait, (int fd, struct epoll_event *e, int n, int ms), (fd, e, n, ms), 0, true)
WRAP(int, epoll_pwait2,
     (int fd, struct epoll_event *e, int n, const struct timespec *ts, const sigset_t *set),
     (fd, e, n, ts, set), ENOSYS, true)

/* --- liburing --- */

/* Errors by operation, as src/ioloop/uring.c numbers them in the low bits of user_data. */
static void fail_result(struct io_uring_cqe *cqe)
{
    static const int errors[8] = {
        [1] = ECONNRESET, [2] = EPIPE, [3] = EMFILE, [4] = EHOSTUNREACH
    };
    unsigned op = cqe->user_data & 7;

    if (!errors[op] || cqe->res <= 0 || !fails("completion", FAULTS_RESULTS, 0))
        return;
    if (op == 3)
        __real_close(cqe->res);
    cqe->res = -errors[op];
}

/* Each completion is looked at once. */
static int look_at_results(struct io_uring *ring, int r)
{
    unsigned tail = io_uring_smp_load_acquire(ring->cq.ktail);

    if (faults.ring != ring)
        faults.seen = *ring->cq.khead;
    faults.ring = ring;
    for (; faults.seen != tail; faults.seen++)
        fail_result(&ring->cq.cqes[faults.seen & ring->cq.ring_mask]);
    return r;
}

int __real_io_uring_queue_init_params(unsigned n, struct io_uring *ring, struct io_uring_params *p);
int __wrap_io_uring_queue_init_params(unsigned n, struct io_uring *ring, struct io_uring_params *p);
int __wrap_io_uring_queue_init_params(unsigned n, struct io_uring *ring, struct io_uring_params *p)
{
    faults.ring = NULL;
    if (fails("io_uring_queue_init_params", FAULTS_CALLS, 0))
        return -ENOMEM;
    return __real_io_uring_queue_init_params(n, ring, p);
}

int __real_io_uring_register_buf_ring(struct io_uring *ring, struct io_uring_buf_reg *reg,
                                      unsigned flags);
int __wrap_io_uring_register_buf_ring(struct io_uring *ring, struct io_uring_buf_reg *reg,
                                      unsigned flags);
int __wrap_io_uring_register_buf_ring(struct io_uring *ring, struct io_uring_buf_reg *reg,
                                      unsigned flags)
{
    if (fails("io_uring_register_buf_ring", FAULTS_CALLS, 0))
        return -ENOMEM;
    return __real_io_uring_register_buf_ring(ring, reg, flags);
}

/* Submitting and waiting: an error, an interruption, or results to look at. */
#define WRAP_SUBMIT(name, params, args, error)                                                     \
    int __real_##name params;                                                                      \
    int __wrap_##name params;                                                                      \
    int __wrap_##name params                                                                       \
    {                                                                                              \
        if (fails(#name, FAULTS_CALLS, 0))                                                         \
            return -(error);                                                                       \
        if (fails(#name, FAULTS_EINTR, 0))                                                         \
            return -EINTR;                                                                         \
        return look_at_results(ring, __real_##name args);                                          \
    }

WRAP_SUBMIT(io_uring_submit, (struct io_uring * ring), (ring), EAGAIN)
WRAP_SUBMIT(io_uring_submit_and_get_events, (struct io_uring * ring), (ring), EAGAIN)
WRAP_SUBMIT(io_uring_submit_and_wait, (struct io_uring * ring, unsigned n), (ring, n), EBUSY)
WRAP_SUBMIT(io_uring_submit_and_wait_timeout,
            (struct io_uring * ring, struct io_uring_cqe **cqe, unsigned n,
             struct __kernel_timespec *ts, sigset_t *set),
            (ring, cqe, n, ts, set), ENOMEM)

struct io_uring_probe *__real_io_uring_get_probe_ring(struct io_uring *ring);
struct io_uring_probe *__wrap_io_uring_get_probe_ring(struct io_uring *ring);
struct io_uring_probe *__wrap_io_uring_get_probe_ring(struct io_uring *ring)
{
    return fails("io_uring_get_probe_ring", FAULTS_CALLS, ENOMEM)
               ? NULL
               : __real_io_uring_get_probe_ring(ring);
}

/* --- threads --- */

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg)
{
    if (fails("pthread_create", FAULTS_CALLS, 0))
        return EAGAIN;
    return __real_pthread_create(thread, attr, fn, arg);
}

/* --- memory --- */

WRAP(int, mprotect, (void *p, size_t n, int prot), (p, n, prot), ENOMEM, false)
WRAP(int, madvise, (void *p, size_t n, int advice), (p, n, advice), EINVAL, false)

void *__real_mmap64(void *p, size_t n, int prot, int flags, int fd, off_t off);
void *__wrap_mmap64(void *p, size_t n, int prot, int flags, int fd, off_t off);
void *__wrap_mmap64(void *p, size_t n, int prot, int flags, int fd, off_t off)
{
    void *got = MAP_FAILED;

    if (!fails("mmap", FAULTS_CALLS, ENOMEM))
        got = __real_mmap64(p, n, prot, flags, fd, off);
    if (got != MAP_FAILED)
        atomic_fetch_add(&faults.mappings, 1);
    return got;
}

int __real_munmap(void *p, size_t n);
int __wrap_munmap(void *p, size_t n);
int __wrap_munmap(void *p, size_t n)
{
    atomic_fetch_sub(&faults.mappings, 1);
    return __real_munmap(p, n);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __real_free(void *p);
void __wrap_free(void *p);

static void *counted(void *p)
{
    if (p)
        atomic_fetch_add(&faults.blocks, 1);
    return p;
}

void *__wrap_malloc(size_t size)
{
    return fails("malloc", FAULTS_MEMORY, ENOMEM) ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails("calloc", FAULTS_MEMORY, ENOMEM) ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
    void *got = fails("realloc", FAULTS_MEMORY, ENOMEM) ? NULL : __real_realloc(p, size);

    return p ? got : counted(got);
}

void __wrap_free(void *p)
{
    if (p)
        atomic_fetch_sub(&faults.blocks, 1);
    __real_free(p);
}
