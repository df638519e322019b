/* test_subprocess.c - children: their streams, their end, what they inherit and what not. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gale/process.h>

static gale_subprocess *sh(const char *script, const gale_subprocess_options *options)
{
    gale_subprocess *c = gale_subprocess_new((const char *const[]){ "sh", "-c", script, NULL },
                                             options);

    if (!c)
        print_error("%s\n", gale_strerror(gale_subprocess_error()));
    assert_non_null(c);
    return c;
}

static void expect_status(gale_subprocess *c, int expected)
{
    int status = 12345;

    netkit_ok(gale_subprocess_wait(c, &status), "wait");
    assert_int_equal(status, expected);
}

static void expect_rest(gale_iostream *s, const char *text)
{
    gale_str got;

    netkit_ok(gale_iostream_read_until_close(s, &got), "read");
    assert_int_equal(got.len, strlen(text));
    if (got.len > 0)
        assert_memory_equal(got.ptr, text, got.len);
}

static int n_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void expect_descriptors(int n)
{
    for (int i = 0; i < 100 && n_descriptors() != n; i++)
        netkit_ok(gale_sleep(0.001), "sleep");
    assert_int_equal(n_descriptors(), n);
}

static void talks_through_its_streams(struct netkit *k)
{
    const gale_subprocess_options all = { .in = GALE_STREAM,
                                          .out = GALE_STREAM,
                                          .err = GALE_STREAM };
    int before = n_descriptors();
    gale_subprocess *c = sh("while read line; do echo \"<$line>\"; done; echo end >&2", &all);

    netkit_send(gale_subprocess_in(c), "one\n");
    netkit_expect(gale_subprocess_out(c), "<one>\n");
    netkit_send(gale_subprocess_in(c), "two\n");
    netkit_expect(gale_subprocess_out(c), "<two>\n");
    gale_subprocess_close_in(c);
    assert_null(gale_subprocess_in(c));
    expect_rest(gale_subprocess_out(c), "");
    expect_rest(gale_subprocess_err(c), "end\n");
    expect_status(c, 0);
    gale_subprocess_free(&c);
    assert_null(c);
    expect_descriptors(before);
}

static void tells_how_it_ended(struct netkit *k)
{
    gale_subprocess *c = sh("exit 7", NULL);

    assert_null(gale_subprocess_in(c));
    assert_null(gale_subprocess_out(c));
    expect_status(c, 7);
    expect_status(c, 7); /* again */
    assert_int_equal(gale_subprocess_kill(c, SIGTERM), GALE_ESTATE);
    gale_subprocess_free(&c);
    c = sh("kill -KILL $$", NULL);
    expect_status(c, -SIGKILL);
    gale_subprocess_free(&c);
    c = sh("exec sleep 100", NULL);
    netkit_ok(gale_subprocess_kill(c, SIGTERM), "kill");
    expect_status(c, -SIGTERM);
    gale_subprocess_free(&c);
}

struct told {
    int n, status;
};

static void tell(int status, void *arg)
{
    struct told *told = arg;

    told->n++;
    told->status = status;
}

static void wait_until_told(const struct told *told)
{
    for (int i = 0; i < 5000 && !told->n; i++)
        netkit_ok(gale_sleep(0.001), "sleep");
}

static void calls_back_when_it_has_ended(struct netkit *k)
{
    gale_subprocess *c = sh("exit 3", NULL);
    struct told told = { 0, 0 }, late = { 0, 0 };

    netkit_ok(gale_subprocess_set_exit_callback(c, tell, &told), "callback");
    assert_int_equal(told.n, 0);
    wait_until_told(&told);
    assert_int_equal(told.n, 1);
    assert_int_equal(told.status, 3);
    /* also one set after its end */
    netkit_ok(gale_subprocess_set_exit_callback(c, tell, &late), "callback");
    assert_int_equal(late.n, 0);
    wait_until_told(&late);
    assert_int_equal(late.n, 1);
    assert_int_equal(late.status, 3);
    gale_subprocess_free(&c);
    netkit_ok(gale_yield(), "yield");
    assert_int_equal(told.n, 1);
}

static void exec_s_failure_is_told(struct netkit *k)
{
    const gale_subprocess_options streams = { .in = GALE_STREAM, .out = GALE_STREAM };
    const gale_subprocess_options elsewhere = { .cwd = "/nonexistent" };
    const gale_subprocess_options bad = { .out = 2 };
    int before = n_descriptors();

    assert_null(gale_subprocess_new((const char *const[]){ "no-such-program", NULL }, &streams));
    assert_int_equal(gale_subprocess_error(), -ENOENT);
    assert_string_equal(gale_strerror(-ENOENT),
                        "cannot run no-such-program: No such file or directory");
    assert_null(gale_subprocess_new((const char *const[]){ "/", NULL }, &streams));
    assert_int_equal(gale_subprocess_error(), -EACCES);
    assert_null(gale_subprocess_new((const char *const[]){ "true", NULL }, &elsewhere));
    assert_string_equal(gale_strerror(-ENOENT),
                        "cannot run true: /nonexistent: No such file or directory");
    assert_null(gale_subprocess_new((const char *const[]){ "true", NULL }, &bad));
    assert_int_equal(gale_subprocess_error(), GALE_EINVAL);
    assert_null(gale_subprocess_new((const char *const[]){ NULL }, NULL));
    assert_int_equal(gale_subprocess_error(), GALE_EINVAL);
    expect_descriptors(before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left to reap */
    assert_int_equal(errno, ECHILD);
}

static void no_descriptor_leaks_into_it(struct netkit *k)
{
    const gale_subprocess_options out = { .out = GALE_STREAM };
    int fds[2];
    gale_subprocess *c;

    assert_int_equal(pipe(fds), 0); /* not close-on-exec: a careless host's */
    c = sh("ls /proc/$$/fd", &out);
    expect_rest(gale_subprocess_out(c), "0\n1\n2\n");
    expect_status(c, 0);
    gale_subprocess_free(&c);
    close(fds[0]);
    close(fds[1]);
}

static void output_and_errors_in_one_stream(struct netkit *k)
{
    const gale_subprocess_options o = { .in = GALE_DEVNULL,
                                        .out = GALE_STREAM,
                                        .err = GALE_STDOUT };
    gale_subprocess *c = sh("cat; echo a; echo b >&2; echo c", &o);

    assert_null(gale_subprocess_err(c));
    expect_rest(gale_subprocess_out(c), "a\nb\nc\n");
    expect_status(c, 0);
    gale_subprocess_free(&c);
}

static void a_descriptor_of_ours(struct netkit *k)
{
    int fds[2];
    char text[16] = "";
    gale_subprocess *c;

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    c = sh("echo here", &(gale_subprocess_options){ .out = fds[1] });
    expect_status(c, 0);
    gale_subprocess_free(&c);
    assert_int_equal(read(fds[0], text, sizeof(text)), 5);
    assert_string_equal(text, "here\n");
    close(fds[0]);
    close(fds[1]);
}

static void environment_directory_session(struct netkit *k)
{
    const char *const env[] = { "PATH=/usr/bin:/bin", "GREETING=hello", NULL };
    const gale_subprocess_options o = {
        .out = GALE_STREAM, .env = env, .cwd = "/", .new_session = GALE_ON
    };
    gale_subprocess *c = sh("echo $GREETING; pwd; cut -d' ' -f6 /proc/$$/stat; echo $$", &o);
    char expected[64];

    snprintf(expected, sizeof(expected), "hello\n/\n%d\n%d\n", (int)gale_subprocess_pid(c),
             (int)gale_subprocess_pid(c));
    expect_rest(gale_subprocess_out(c), expected);
    gale_subprocess_free(&c);
}

static void ignore(int signo)
{
}

static void signals_are_at_their_defaults(struct netkit *k)
{
    void (*old)(int) = signal(SIGPIPE, SIG_IGN);
    gale_subprocess *c;

    signal(SIGUSR1, ignore);
    c = sh("kill -PIPE $$", NULL);
    expect_status(c, -SIGPIPE);
    gale_subprocess_free(&c);
    c = sh("kill -USR1 $$", NULL);
    expect_status(c, -SIGUSR1);
    gale_subprocess_free(&c);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGPIPE, old);
}

static int wait_for_child(void *arg)
{
    int status;

    return gale_subprocess_wait(arg, &status);
}

static void waiting_may_be_cut_short(struct netkit *k)
{
    gale_subprocess *c = sh("exec sleep 100", NULL);
    gale_future *one, *two;

    assert_int_equal(gale_with_timeout(0.01, wait_for_child, c), GALE_ETIMEDOUT);
    one = gale_spawn(wait_for_child, c);
    two = gale_spawn(wait_for_child, c);
    assert_non_null(one);
    assert_non_null(two);
    gale_cancel(one);
    assert_int_equal(gale_join(&one), GALE_ECANCELED);
    netkit_ok(gale_subprocess_kill(c, SIGKILL), "kill");
    netkit_ok(gale_join(&two), "the other goes on");
    expect_status(c, -SIGKILL);
    gale_subprocess_free(&c);
}

static void freed_while_it_runs_it_goes_on_and_is_reaped(struct netkit *k)
{
    int before = n_descriptors(), fds[2];
    struct told told = { 0, 0 };
    gale_subprocess *c;
    gale_future *f;
    char byte;
    pid_t pid;

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    c = gale_subprocess_new((const char *const[]){ "sh", "-c", "cat; echo end", NULL },
                            &(gale_subprocess_options){ .in = GALE_STREAM, .out = fds[1] });
    assert_non_null(c);
    close(fds[1]);
    pid = gale_subprocess_pid(c);
    netkit_ok(gale_subprocess_set_exit_callback(c, tell, &told), "callback");
    f = gale_spawn(wait_for_child, c);
    assert_non_null(f);
    gale_subprocess_free(&c); /* its input ends */
    assert_int_equal(gale_join(&f), GALE_ECLOSED);
    for (int i = 0; i < 5000 && kill(pid, 0) == 0; i++)
        netkit_ok(gale_sleep(0.001), "sleep");
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(read(fds[0], &byte, 1), 1);
    assert_int_equal(byte, 'e');
    assert_int_equal(told.n, 0);
    close(fds[0]);
    expect_descriptors(before);
    gale_subprocess_free(&c);
}

static void only_its_own_children_are_reaped(struct netkit *k)
{
    pid_t other = fork();
    gale_subprocess *c;
    int status;

    if (other == 0)
        _exit(42);
    c = sh("exit 1", NULL);
    expect_status(c, 1);
    gale_subprocess_free(&c);
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(WEXITSTATUS(status), 42);
}

static void many_at_once(struct netkit *k)
{
    gale_subprocess *children[20];
    char script[32];

    for (int i = 0; i < 20; i++) {
        snprintf(script, sizeof(script), "exit %d", i);
        children[i] = sh(script, NULL);
    }
    for (int i = 19; i >= 0; i--) {
        expect_status(children[i], i);
        gale_subprocess_free(&children[i]);
    }
}

static void run_gives_what_it_wrote(struct netkit *k)
{
    const char *const argv[] = { "sh", "-c", "cat; echo err >&2; exit 5", NULL };
    gale_subprocess_output got;
    static char large[1000000];

    netkit_ok(gale_subprocess_run(argv, (gale_str){ "in", 2 }, 100, &got), "run");
    assert_int_equal(got.status, 5);
    assert_string_equal(got.out.ptr, "in");
    assert_string_equal(got.err.ptr, "err\n");
    netkit_ok(
        gale_subprocess_run((const char *const[]){ "true", NULL }, (gale_str){ NULL, 0 }, 0, &got),
        "run");
    assert_int_equal(got.status, 0);
    assert_string_equal(got.out.ptr, "");
    /* more than any pipe holds, both ways at once */
    for (size_t i = 0; i < sizeof(large); i++)
        large[i] = (char)netkit_byte(i);
    netkit_ok(gale_subprocess_run((const char *const[]){ "cat", NULL },
                                  (gale_str){ large, sizeof(large) }, 0, &got),
              "cat");
    assert_int_equal(got.out.len, sizeof(large));
    assert_memory_equal(got.out.ptr, large, sizeof(large));
    /* one that does not read its input is not at fault */
    netkit_ok(gale_subprocess_run((const char *const[]){ "true", NULL },
                                  (gale_str){ large, sizeof(large) }, 0, &got),
              "true");
    assert_int_equal(got.status, 0);
}

static int run_for_ever(void *arg)
{
    gale_subprocess_output got;

    return gale_subprocess_run((const char *const[]){ "sleep", "100", NULL }, (gale_str){ NULL, 0 },
                               0, &got);
}

static void run_kills_what_goes_too_far(struct netkit *k)
{
    int before = n_descriptors();
    gale_subprocess_output got;

    assert_int_equal(gale_subprocess_run((const char *const[]){ "yes", NULL },
                                         (gale_str){ NULL, 0 }, 100000, &got),
                     GALE_ETOOBIG);
    assert_string_equal(gale_strerror(GALE_ETOOBIG),
                        "yes: its standard output is longer than 100000 bytes");
    assert_int_equal(gale_subprocess_run((const char *const[]){ "sh", "-c", "exec yes >&2", NULL },
                                         (gale_str){ NULL, 0 }, 5000, &got),
                     GALE_ETOOBIG);
    assert_string_equal(gale_strerror(GALE_ETOOBIG),
                        "sh: its standard error is longer than 5000 bytes");
    assert_int_equal(gale_with_timeout(0.02, run_for_ever, NULL), GALE_ETIMEDOUT);
    assert_int_equal(gale_subprocess_run((const char *const[]){ "no-such-program", NULL },
                                         (gale_str){ NULL, 0 }, 0, &got),
                     -ENOENT);
    expect_descriptors(before);
}

/* A child of a loop of its own, and what there was before either. */
struct left {
    gale_ioloop *loop;
    gale_subprocess *c;
    int descriptors;
    pid_t pid;
};

static bool start_in_loop(struct left *left, const char *backend, const char *script)
{
    const gale_subprocess_options o = { .in = GALE_STREAM, .out = GALE_STREAM };

    left->descriptors = n_descriptors();
    left->loop = netkit_loop(backend);
    if (!left->loop)
        return false;
    left->c = sh(script, &o);
    left->pid = gale_subprocess_pid(left->c);
    return true;
}

/* Until it has ended, without reaping it. */
static void await_end(pid_t pid)
{
    siginfo_t info;

    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void expect_no_child(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static int wait_status(void *arg)
{
    int status = 1000, r = gale_subprocess_wait(arg, &status);

    return r < 0 ? r : 100 - status;
}

/* In another loop: 100 less its status, or the failure. */
static int wait_elsewhere(const char *backend, gale_subprocess *c)
{
    gale_ioloop *loop = netkit_loop(backend);
    int r;

    assert_non_null(loop);
    r = gale_ioloop_run_sync(loop, wait_status, c, 10);
    gale_ioloop_free(loop);
    return r;
}

static void its_loop_is_freed_while_it_runs(const char *backend)
{
    struct told told = { 0, 0 };
    struct left left;

    if (!start_in_loop(&left, backend, "exec sleep 100"))
        return;
    netkit_ok(gale_subprocess_set_exit_callback(left.c, tell, &told), "callback");
    gale_ioloop_free(left.loop);
    assert_int_equal(n_descriptors(), left.descriptors);
    assert_int_equal(wait_elsewhere(backend, left.c), GALE_ECLOSED);
    assert_non_null(strstr(gale_strerror(GALE_ECLOSED), "its loop was freed before it ended"));
    assert_int_equal(gale_subprocess_set_exit_callback(left.c, tell, &told), GALE_ECLOSED);
    netkit_ok(gale_subprocess_kill(left.c, SIGKILL), "it runs, and can be told to end");
    await_end(left.pid);
    assert_int_equal(wait_elsewhere(backend, left.c), 100 + SIGKILL);
    assert_int_equal(gale_subprocess_kill(left.c, SIGKILL), GALE_ESTATE);
    gale_subprocess_free(&left.c);
    assert_int_equal(told.n, 0);
    expect_no_child();
    assert_int_equal(n_descriptors(), left.descriptors);
}

static void its_loop_is_freed_after_its_end(const char *backend)
{
    struct told told = { 0, 0 };
    struct left left;

    if (!start_in_loop(&left, backend, "exit 7"))
        return;
    assert_int_equal(gale_ioloop_run_sync(left.loop, wait_status, left.c, 10), 93);
    gale_ioloop_free(left.loop);
    assert_int_equal(wait_elsewhere(backend, left.c), 93);
    assert_int_equal(gale_subprocess_set_exit_callback(left.c, tell, &told), GALE_ECLOSED);
    gale_subprocess_free(&left.c);
    /* it ended, but the loop did not see it */
    assert_true(start_in_loop(&left, backend, "exit 8"));
    await_end(left.pid);
    gale_ioloop_free(left.loop);
    assert_int_equal(wait_elsewhere(backend, left.c), 92);
    gale_subprocess_free(&left.c);
    expect_no_child();
    assert_int_equal(n_descriptors(), left.descriptors);
}

/* Whoever frees first, the loop or the child's owner. */
static void nobody_is_left_to_wait_for_it(const char *backend)
{
    for (int loop_first = 0; loop_first < 2; loop_first++) {
        struct left left, next;

        if (!start_in_loop(&left, backend, "exec sleep 100"))
            return;
        if (loop_first)
            gale_ioloop_free(left.loop);
        gale_subprocess_free(&left.c);
        if (!loop_first)
            gale_ioloop_free(left.loop);
        assert_int_equal(n_descriptors(), left.descriptors);
        assert_int_equal(kill(left.pid, SIGKILL), 0);
        await_end(left.pid);
        assert_true(start_in_loop(&next, backend, "exit 0"));
        assert_int_equal(kill(left.pid, 0), -1); /* that has reaped it */
        assert_int_equal(gale_ioloop_run_sync(next.loop, wait_status, next.c, 10), 100);
        gale_subprocess_free(&next.c);
        gale_ioloop_free(next.loop);
        expect_no_child();
    }
}

static void the_loop_goes_first(void **state)
{
    static const char *const backends[] = { "epoll", "io_uring" };

    for (int i = 0; i < 2; i++) {
        its_loop_is_freed_while_it_runs(backends[i]);
        its_loop_is_freed_after_its_end(backends[i]);
        nobody_is_left_to_wait_for_it(backends[i]);
    }
}

/* In a process of its own, which then dies without a word. */
static void leave_a_child(int out)
{
    const char *const argv[] = { "sleep", "100", NULL };
    const gale_subprocess_options o = { .out = out, .kill_on_parent_death = GALE_ON };
    gale_ioloop *loop = netkit_loop("epoll");
    gale_subprocess *c = loop ? gale_subprocess_new(argv, &o) : NULL;

    _exit(c ? 0 : 1);
}

static void dies_with_its_parent_if_asked_to(void **state)
{
    int fds[2], status;
    char byte;
    pid_t pid;

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0)
        leave_a_child(fds[1]);
    close(fds[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(read(fds[0], &byte, 1), 0); /* nobody holds it any more */
    close(fds[0]);
}

#define NO_PAIR(fn)                                                                                \
    {                                                                                              \
#fn, fn, NETKIT_NONE                                                                       \
    }

int main(void)
{
    const struct netkit_test tests[] = {
        NO_PAIR(talks_through_its_streams),
        NO_PAIR(tells_how_it_ended),
        NO_PAIR(calls_back_when_it_has_ended),
        NO_PAIR(exec_s_failure_is_told),
        NO_PAIR(no_descriptor_leaks_into_it),
        NO_PAIR(output_and_errors_in_one_stream),
        NO_PAIR(a_descriptor_of_ours),
        NO_PAIR(environment_directory_session),
        NO_PAIR(signals_are_at_their_defaults),
        NO_PAIR(waiting_may_be_cut_short),
        NO_PAIR(freed_while_it_runs_it_goes_on_and_is_reaped),
        NO_PAIR(only_its_own_children_are_reaped),
        NO_PAIR(many_at_once),
        NO_PAIR(run_gives_what_it_wrote),
        NO_PAIR(run_kills_what_goes_too_far),
    };

    const struct CMUnitTest ends[] = { cmocka_unit_test(the_loop_goes_first),
                                       cmocka_unit_test(dies_with_its_parent_if_asked_to) };
    int failed = netkit_run("subprocess", tests, sizeof(tests) / sizeof(tests[0]));

    return cmocka_run_group_tests_name("subprocess and its parent", ends, NULL, NULL) || failed;
}
