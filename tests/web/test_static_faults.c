/* test_static_faults.c - static files with each allocation and each system call failing once; and
 * hot ones that need neither.
 *
 * Linked with --wrap for what the static files call.
 */
/* SPDX-License-Identifier: MIT */
#include "fake_carrier.h"

#include <errno.h>
#include <fcntl.h>
#include <gale/staticfile.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/arena.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
long __real_syscall(long n, long a, long b, long c, long d);
int __real_fstat64(int fd, struct stat *st);
ssize_t __real_pread64(int fd, void *buf, size_t n, off_t offset);
ssize_t __real_preadv64v2(int fd, const struct iovec *iov, int n, off_t offset, int flags);
int __real_fcntl64(int fd, int cmd, long arg);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
long __wrap_syscall(long n, long a, long b, long c, long d);
int __wrap_fstat64(int fd, struct stat *st);
ssize_t __wrap_pread64(int fd, void *buf, size_t n, off_t offset);
ssize_t __wrap_preadv64v2(int fd, const struct iovec *iov, int n, off_t offset, int flags);
int __wrap_fcntl64(int fd, int cmd, long arg);

/* Calls are counted by the thread that tests; those of the loop's pool are let pass. */
static _Thread_local bool is_tester;
static int countdown; /* 1: the next one fails; 0: none */
static int next_countdown;
static int n_allocations, n_calls;

static bool fails(int *count)
{
    if (!is_tester)
        return false;
    ++*count;
    if (countdown == 0 || --countdown > 0)
        return false;
    errno = EIO;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails(&n_allocations) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails(&n_allocations) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails(&n_allocations) ? NULL : __real_realloc(p, size);
}

long __wrap_syscall(long n, long a, long b, long c, long d)
{
    return fails(&n_calls) ? -1 : __real_syscall(n, a, b, c, d);
}

int __wrap_fstat64(int fd, struct stat *st)
{
    return fails(&n_calls) ? -1 : __real_fstat64(fd, st);
}

ssize_t __wrap_pread64(int fd, void *buf, size_t n, off_t offset)
{
    return fails(&n_calls) ? -1 : __real_pread64(fd, buf, n, offset);
}

ssize_t __wrap_preadv64v2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
    return fails(&n_calls) ? -1 : __real_preadv64v2(fd, iov, n, offset, flags);
}

int __wrap_fcntl64(int fd, int cmd, long arg)
{
    return fails(&n_calls) ? -1 : __real_fcntl64(fd, cmd, arg);
}

/* --- a folder --- */

static char folder[] = P_tmpdir "/gale-static-XXXXXX";

static void put(const char *name, size_t size)
{
    static char bytes[70000];
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    memset(bytes, 'x', sizeof(bytes));
    assert_true(size <= sizeof(bytes));
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    put("small.txt", 1000);
    put("small.txt.gz", 100);
    put("large.bin", 70000);
    usleep(60000); /* older than a tick of the kernel's clock */
    return 0;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    gale_ioloop_free(gale_ioloop_current());
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static int url_get(gale_handler *self)
{
    const char *url = gale_static_url(self, "small.txt");

    return url ? gale_write(self, url) : -1;
}

static const gale_handler_class url_handler = { .get = url_get };

static void serve(void)
{
    fake_serve(gale_app_new((gale_route[]){ { .url = "/url", .handler = &url_handler }, { 0 } },
                            &(gale_settings){ .static_path = folder }));
}

static void arm(void)
{
    gale__arena_pool_free();
    is_tester = true;
    countdown = next_countdown;
}

/* Each time with nothing in the cache. */
static void each_failure_of(const char *head, int status)
{
    int n;

    for (n = 1; n < 300; n++) {
        struct fake f = { 0 };
        bool all_done;

        serve();
        next_countdown = n;
        fake_before_dispatch = arm;
        fake_send(&f, head, "");
        fake_before_dispatch = NULL;
        all_done = countdown > 0;
        countdown = 0;
        is_tester = false;
        fake_wait(&f);
        if (f.status != status && f.status != 503 && f.status != 500 && !f.is_aborted)
            fail_msg("%s: call %d failed and the status is %d", head, n, f.status);
        if (f.status == 200 && status == 200 && !f.is_aborted && f.body_len)
            assert_int_equal((int64_t)f.body_len, f.content_length);
        fake_end();
        fake_turns(1);
        if (all_done)
            break;
    }
    assert_in_range(n, 5, 299);
}

static void failures(void **state)
{
    (void)state;
    each_failure_of("GET /static/small.txt HTTP/1.1\n", 200);
    each_failure_of("GET /static/small.txt HTTP/1.1\nAccept-Encoding: gzip\n", 200);
    each_failure_of("GET /static/small.txt HTTP/1.1\nRange: bytes=0-0,5-9\n", 206);
    each_failure_of("GET /static/small.txt HTTP/1.1\nRange: bytes=5000-\n", 416);
    each_failure_of("HEAD /static/large.bin HTTP/1.1\n", 200);
    each_failure_of("GET /static/none HTTP/1.1\n", 404);
    each_failure_of("GET /url HTTP/1.1\n", 200);
}

static void count(void)
{
    is_tester = true;
}

/* A small file that is asked for again and again. */
static void a_hot_file_needs_no_calls(void **state)
{
    struct fake f = { 0 };

    (void)state;
    serve();
    fake_get(&f, "/static/small.txt");
    fake_get(&f, "/static/small.txt");
    n_allocations = n_calls = 0;
    fake_before_dispatch = count;
    for (int i = 0; i < 100; i++) {
        fake_get(&f, "/static/small.txt");
        is_tester = false;
    }
    fake_before_dispatch = NULL;
    assert_int_equal(f.status, 200);
    assert_int_equal(f.body_len, 1000);
#ifndef GALE_ARENA_MALLOC
    assert_int_equal(n_allocations, 0);
#endif
    assert_true(n_calls < 100); /* one look in a quarter of a second */
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures),
        cmocka_unit_test(a_hot_file_needs_no_calls),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
