/* test_service.c - sockets that a service manager hands over, and what it is told. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gale/netutil.h>
#include <gale/process.h>

/* As a service that systemd started: two sockets from 3 on. Descriptors 3 and 4 of this process
 * are whatever they were, so this is done in a child. */
static void in_child(void (*fn)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        char text[16];
        int a = socket(AF_UNIX, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0);

        (void)!bind(a, &(struct sockaddr){ .sa_family = AF_UNIX }, sizeof(sa_family_t));
        (void)!listen(a, 1);
        (void)!listen(b, 1);
        a = fcntl(a, F_DUPFD, 10);
        b = fcntl(b, F_DUPFD, 10);
        dup2(a, 3);
        dup2(b, 4);
        snprintf(text, sizeof(text), "%d", (int)getpid());
        setenv("LISTEN_PID", text, 1);
        setenv("LISTEN_FDS", "2", 1);
        setenv("LISTEN_FDNAMES", "web:admin", 1);
        fn();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Without cmocka, which would go on with the next test in the child. */
static void must(bool ok, int line)
{
    if (ok)
        return;
    fprintf(stderr, "line %d: %s\n", line, gale_strerror(GALE_EINVAL));
    _exit(1);
}
#define MUST(x) must(x, __LINE__)

static bool is(gale_str s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

static void take_two(void)
{
    int fds[4] = { -1, -1, -1, -1 };
    gale_str names[4];

    MUST(gale_listen_fds(fds, names, 4) == 2);
    MUST(fds[0] == 3 && fds[1] == 4 && fds[2] == -1);
    MUST(is(names[0], "web") && is(names[1], "admin"));
    MUST(fcntl(3, F_GETFD) & FD_CLOEXEC);
    MUST(fcntl(4, F_GETFL) & O_NONBLOCK);
    MUST(gale_listen_fds(fds, NULL, 1) == 1);
    setenv("LISTEN_FDNAMES", "web", 1);
    MUST(gale_listen_fds(fds, names, 4) == 2);
    MUST(is(names[0], "web") && is(names[1], ""));
    unsetenv("LISTEN_FDNAMES");
    MUST(gale_listen_fds(fds, names, 4) == 2 && is(names[0], ""));
}

static void no_listener(void)
{
    int fds[4], null = open("/dev/null", O_RDWR);

    MUST(dup2(null, 4) == 4);
    MUST(gale_listen_fds(fds, NULL, 4) == GALE_EINVAL);
    MUST(strcmp(gale_strerror(GALE_EINVAL),
                "LISTEN_FDS names descriptor 4, which is no listening socket") == 0);
}

static void more_than_asked_for(void)
{
    int fd;

    MUST(gale_listen_fds(&fd, NULL, 1) == 1);
    MUST(fcntl(4, F_GETFD) & FD_CLOEXEC);
}

static void not_for_us(void)
{
    int fds[4];

    setenv("LISTEN_PID", "1", 1);
    MUST(gale_listen_fds(fds, NULL, 4) == 0);
    unsetenv("LISTEN_PID");
    MUST(gale_listen_fds(fds, NULL, 4) == 0);
}

static void nonsense(void)
{
    static const char *const bad[] = { "", "x", "-1", "2x", "99999999999999999999", "2147483647" };
    int fds[4];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        setenv("LISTEN_FDS", bad[i], 1);
        MUST(gale_listen_fds(fds, NULL, 4) == GALE_EINVAL);
    }
    setenv("LISTEN_FDS", "3", 1); /* 5 is not open */
    close(5);
    MUST(gale_listen_fds(fds, NULL, 4) == GALE_EINVAL);
    MUST(strcmp(gale_strerror(GALE_EINVAL), "LISTEN_FDS names descriptor 5, which is not open") ==
         0);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_PID", "me", 1);
    MUST(gale_listen_fds(fds, NULL, 4) == GALE_EINVAL);
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    MUST(gale_listen_fds(fds, NULL, 4) == 0);
}

static void sockets_are_handed_over(void **state)
{
    in_child(take_two);
}

static void what_does_not_listen_is_refused(void **state)
{
    in_child(no_listener);
}

static void the_rest_is_kept_from_children(void **state)
{
    in_child(more_than_asked_for);
}

static void sockets_of_others_are_left_alone(void **state)
{
    in_child(not_for_us);
}

static void nonsense_is_told(void **state)
{
    in_child(nonsense);
}

static void check_notice(const char *path)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char got[64] = "";
    bool is_file = path[0] == '/';

    memcpy(un.sun_path, path, strlen(path));
    if (!is_file)
        un.sun_path[0] = '\0';
    assert_int_equal(bind(fd, (struct sockaddr *)&un,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))),
                     0);
    setenv("NOTIFY_SOCKET", path, 1);
    assert_int_equal(gale_notify("READY=1\nSTATUS=up"), 1);
    assert_int_equal(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT), 17);
    assert_string_equal(got, "READY=1\nSTATUS=up");
    close(fd);
    if (is_file)
        unlink(path);
}

static void the_service_manager_is_told(void **state)
{
    char dir[] = "gale-notify-XXXXXX", cwd[64], path[100];

    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(gale_notify("READY=1"), 0);
    snprintf(path, sizeof(path), "@gale-notify-%d", (int)getpid());
    check_notice(path);
    if (getcwd(cwd, sizeof(cwd)) && mkdtemp(dir)) {
        snprintf(path, sizeof(path), "%.60s/%s/s", cwd, dir);
        check_notice(path);
        assert_true(gale_notify("READY=1") < 0); /* nobody is there any more */
        rmdir(dir);
    }
    setenv("NOTIFY_SOCKET", "relative", 1);
    assert_int_equal(gale_notify("READY=1"), GALE_EINVAL);
    unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_are_handed_over),
        cmocka_unit_test(what_does_not_listen_is_refused),
        cmocka_unit_test(the_rest_is_kept_from_children),
        cmocka_unit_test(sockets_of_others_are_left_alone),
        cmocka_unit_test(nonsense_is_told),
        cmocka_unit_test(the_service_manager_is_told),
    };

    alarm(60);
    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
