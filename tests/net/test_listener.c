/* test_listener.c - accepting when descriptors run out: no spinning, and it recovers. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gale/log.h>
#include <gale/netutil.h>

#include "net/address.h"
#include "net/listener.h"

enum { CLIENTS = 3, SPARE = 1 };

static int n_accepted, n_warnings, accepted_fds[16];

static void accepted(void *arg, int fd)
{
    accepted_fds[n_accepted++] = fd;
    if (n_accepted == CLIENTS)
        gale_ioloop_stop(arg);
}

static void note_warning(void *arg, const gale_log_record *record)
{
    n_warnings += record->level >= GALE_LOG_WARNING;
}

static double cpu_seconds(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static rlim_t highest_fd(void)
{
    int fd = dup(0);

    close(fd);
    return (rlim_t)fd;
}

static void limit_files(rlim_t n)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = n;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static struct {
    double cpu;
    int accepted_at_limit;
} seen;

static void lift_the_limit(void *arg)
{
    seen.cpu = cpu_seconds() - seen.cpu;
    seen.accepted_at_limit = n_accepted;
    limit_files(1024);
}

static void give_up(void *arg)
{
    gale_ioloop_stop(arg);
}

/* In a child of its own, for the limit's sake. Gives what went wrong, 0: nothing. */
static int run_out_of_descriptors(const char *backend)
{
    gale_ioloop *loop = netkit_loop(backend);
    struct gale__listener *listener;
    int clients[CLIENTS], fd, error;
    gale_address address;

    gale_log_set_sink(note_warning, NULL);
    if (gale_bind_sockets(0, "127.0.0.1", NULL, &fd, 1) != 1 ||
        gale__address_local(&address, fd) < 0)
        return 10;
    listener = gale__listener_new(loop, fd, accepted, loop, &error);
    if (!listener)
        return 11;
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(clients[i], gale__address_sockaddr(&address), address.len) < 0)
            return 12;
    }
    limit_files(highest_fd() + SPARE);
    seen.cpu = cpu_seconds();
    if (!gale_ioloop_call_later(loop, 0.5, lift_the_limit, NULL) ||
        !gale_ioloop_call_later(loop, 5, give_up, loop))
        return 13;
    gale_ioloop_run(loop);
    gale__listener_free(listener);
    gale_ioloop_free(loop);
    for (int i = 0; i < n_accepted; i++)
        close(accepted_fds[i]);
    if (seen.accepted_at_limit != SPARE)
        return 1;
    if (seen.cpu > 0.1)
        return 2;
    if (n_warnings != 1)
        return 3;
    return n_accepted == CLIENTS ? 0 : 4;
}

static void check_in_child(const char *backend)
{
    gale_ioloop *loop = netkit_loop(backend);
    pid_t pid;
    int status;

    if (!loop)
        skip();
    gale_ioloop_free(loop);
    pid = fork();
    if (pid == 0)
        _exit(run_out_of_descriptors(backend));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void out_of_descriptors_rests_with_epoll(void **state)
{
    check_in_child("epoll");
}

static void out_of_descriptors_rests_with_io_uring(void **state)
{
    check_in_child("io_uring");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_descriptors_rests_with_epoll),
        cmocka_unit_test(out_of_descriptors_rests_with_io_uring),
    };

    return cmocka_run_group_tests_name("listener", tests, NULL, NULL) != 0;
}
