/* test_stack.c - stacks: guards of every kind, memory of parked coroutines, trimming, and
 * the report of an overflow.
 */
/* SPDX-License-Identifier: MIT */
#include "gen_test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/sanitize.h"
#include "gen/parts.h"
#include "gen/stack.h"

static const char *const guards[] = { "auto", "madvise", "mprotect", "canary" };

static bool faults(volatile char *at)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
        *at = 1;
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void guard_kinds(void **state)
{
    for (int kind = GALE__GUARD_AUTO; kind <= GALE__GUARD_CANARY; kind++) {
        struct gale__stacks stacks;
        struct gale__stack stack, next;
        char *base;

        gale__stack_force_guard(kind);
        gale__stacks_init(&stacks);
        assert_true(gale__stack_take(&stacks, &stack));
        assert_true(gale__stack_take(&stacks, &next));
        base = gale__stack_base(stack);
        assert_int_equal(gale__stack_top(stack) - base, gale__stack_size());
        if (kind == GALE__GUARD_MADVISE && stack.canary)
            printf("this kernel has no MADV_GUARD_INSTALL\n");
        else
            assert_int_equal(stack.canary, kind == GALE__GUARD_CANARY);
        memset(base + 8, 1, (size_t)(gale__stack_top(stack) - base - 8));
        if (stack.canary) {
            assert_true(gale__stack_canary_ok(stack));
            *base = 0;
            assert_false(gale__stack_canary_ok(stack));
        } else {
            assert_true(faults(base - 1));
            assert_true(faults(base - GALE__STACK_GUARD));
        }
        /* Given back and taken again it is empty, and guarded still. */
        gale__stack_give(&stacks, stack);
        assert_true(gale__stack_take(&stacks, &stack));
        assert_ptr_equal(gale__stack_base(stack), base);
        assert_int_equal(base[gale__stack_size() - 1], 0);
        assert_true(stack.canary || faults(base - 1));
        gale__stacks_deinit(&stacks);
        printf("guard: %s\n", guards[kind]);
    }
    gale__stack_force_guard(GALE__GUARD_AUTO);
}

static int park_long(void *arg)
{
    return gale_sleep(1000);
}

static size_t resident_pages(struct gale__co *co)
{
    size_t size = gale__stack_size();
    unsigned char pages[4096];
    size_t n = 0;

    assert_int_equal(mincore(gale__stack_base(co->stack), size, pages), 0);
    for (size_t i = 0; i < size / 4096; i++)
        n += pages[i] & 1;
    return n;
}

static size_t most_pages;

static void see_pages(struct gale__co *co)
{
    size_t n = resident_pages(co);

    if (co != gale__co_current() && n > most_pages)
        most_pages = n;
}

static int body_one_page(void *arg)
{
    most_pages = 0;
    for (int i = 0; i < 200; i++)
        assert_non_null(gale_spawn(park_long, NULL));
    gale__pool_each_live(gale__sched_current(), see_pages);
    printf("a parked coroutine has %zu page(s) of stack\n", most_pages);
#if !defined(GALE__ASAN) && !defined(GALE__TSAN) && !defined(GALE_CORO_UCONTEXT)
    assert_int_equal(most_pages, 1);
#endif
    return 0;
}

static long mappings(void)
{
    FILE *file = fopen("/proc/self/maps", "re");
    long n = 0;

    for (int c; file && (c = getc(file)) != EOF;)
        n += c == '\n';
    if (file)
        fclose(file);
    return n;
}

enum { CROWD = 2000 };

static int body_few_mappings(void *arg)
{
    size_t n = *(size_t *)arg;
    long before = mappings();
    gale_future *last = NULL;
    struct gale__stack first;

    for (size_t i = 0; i < n; i++)
        assert_non_null(last = gale_spawn(park_long, NULL));
    first = gale__co_current()->stack;
    printf("%zu parked coroutines: %ld mappings more\n", n, mappings() - before);
#ifndef GALE__TSAN /* its shadow memory has mappings of its own */
    /* Guards are not in the page tables before Linux 6.13 and under qemu-user. */
    if (!first.canary && !first.slab->n_split)
        assert_true(mappings() - before < (long)n / 20);
#endif
    return 0;
}

static int touch_deep(void *arg)
{
    volatile char deep[100 * 1024];

    for (size_t i = 0; i < sizeof(deep); i += 4096)
        deep[i] = 1;
    return gale_sleep(0.001) + deep[0] - 1;
}

/* After a crowd has gone, and some time, so has the memory of its stacks. */
static int body_trim(void *arg)
{
    static gale_future *crowd[CROWD];
    struct gale__sched *sched = gale__sched_current();
    gale_gen_stats stats;

    for (int i = 0; i < CROWD; i++)
        crowd[i] = gale_spawn(touch_deep, NULL);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(gale_join(&crowd[i]), 0);
    gale_gen_get_stats(&stats);
    assert_true(stats.stacks_pooled >= CROWD);
    for (int i = 0; i < 10000; i++) {
        gale_future *f = gale_spawn(park_long, NULL);

        gale_cancel(f);
        gale_join(&f);
        if (i % 100 == 0)
            sched->pool.window_ns -= 2000000000; /* as if two seconds had passed */
    }
    gale_gen_get_stats(&stats);
    assert_true(stats.stacks_pooled < 50);
    most_pages = 0;
    for (struct gale__co *co = sched->pool.first->next; co; co = co->next)
        see_pages(co);
    assert_true(most_pages <= 4);
    return 0;
}

static int body_crowd(void *arg)
{
    static gale_future *crowd[CROWD];
    gale_gen_stats stats;

    for (int i = 0; i < CROWD; i++)
        crowd[i] = gale_spawn(touch_deep, NULL);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(gale_join(&crowd[i]), 0);
    gale_gen_get_stats(&stats);
    assert_true(stats.stacks_pooled >= CROWD);
    return 0;
}

static int body_idle(void *arg)
{
    return gale_sleep(20);
}

/* A loop that does nothing any more gives the stacks back, and then sleeps. */
static void trim_when_idle(void **state)
{
    gale_ioloop_options options = { .backend = "simulated" };
    gale_ioloop *loop = gale_ioloop_new(&options);
    gale_gen_stats stats;

    assert_int_equal(gale_ioloop_run_sync(loop, body_crowd, NULL, 0), 0);
    assert_true(gale_ioloop_next_deadline(loop) > 0);
    assert_int_equal(gale_ioloop_run_sync(loop, body_idle, NULL, 0), 0);
    gale_gen_get_stats(&stats);
    assert_true(stats.stacks < 50);
    assert_true(gale_ioloop_next_deadline(loop) < 0);
    gale_ioloop_free(loop);
}

static int recurse(void *arg)
{
    volatile char frame[512];

    frame[0] = *(char *)arg;
    return frame[0] ? recurse((void *)frame) + frame[0] : 0;
}

static int body_overflow(void *arg)
{
    char c = 1;
    gale_future *f = gale_spawn_named("too deep", recurse, &c);

    return f != NULL;
}

static void overflow_report(void **state)
{
    char text_of[4096] = { 0 };
    int fds[2];
    int status;
    ssize_t n;
    size_t len = 0;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        dup2(fds[1], 2);
        close(fds[0]);
        close(fds[1]);
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
        signal(SIGSEGV, SIG_DFL);
        if (gale_report_stack_overflow() < 0 || gale_report_stack_overflow() < 0)
            _exit(3);
        gale_ioloop_run_sync(gale_ioloop_current(), body_overflow, NULL, 0);
        _exit(4);
    }
    close(fds[1]);
    while ((n = read(fds[0], text_of + len, sizeof(text_of) - 1 - len)) > 0)
        len += (size_t)n;
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
    /* An emulator has something to say after us. */
    text_of[strcspn(text_of, "\n")] = 0;
    assert_string_equal(text_of, "gale: stack overflow in coroutine 'too deep' (stack of 256 KiB; "
                                 "gale_set_stack_size() makes it bigger)");
}

static void stack_size(void **state)
{
    assert_int_equal(gale_set_stack_size(100), GALE_EINVAL);
    assert_int_equal(gale_set_stack_size(256 * 1024), GALE_ESTATE);
}

static void one_page(void **state)
{
    in_coroutine(body_one_page, NULL);
}

/* With a number as argument that many are parked: make it 100000 to see the limit. */
static size_t n_parked = CROWD;

static void few_mappings(void **state)
{
    in_coroutine(body_few_mappings, &n_parked);
}

static void trim(void **state)
{
    in_coroutine(body_trim, NULL);
}

/* What frames that were not returned from left is no business of who gets that address next. */
static void memory_after_a_stack(void **state)
{
    enum { SIZE = 64 * 1024 };
    struct gale__stacks stacks;
    struct gale__stack stack;
    char *at;

    gale__stacks_init(&stacks);
    assert_true(gale__stack_take(&stacks, &stack));
    at = gale__stack_top(stack) - SIZE;
    gale__poison(at, SIZE / 2);
    gale__stack_give(&stacks, stack);
    gale__stacks_deinit(&stacks);
    char *p = mmap(at, SIZE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    assert_ptr_equal(p, at);
    memset(p, 1, SIZE);
    assert_int_equal(munmap(p, SIZE), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guard_kinds),          cmocka_unit_test(one_page),
        cmocka_unit_test(few_mappings),         cmocka_unit_test(trim),
        cmocka_unit_test(trim_when_idle),       cmocka_unit_test(stack_size),
        cmocka_unit_test(memory_after_a_stack),
    };
    const struct CMUnitTest fatal[] = { cmocka_unit_test(overflow_report) };
    int failed;

    if (argc > 1)
        n_parked = strtoul(argv[1], NULL, 10);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
#if !defined(GALE__ASAN) && !defined(GALE__TSAN)
    failed += cmocka_run_group_tests(fatal, NULL, NULL);
#else
    (void)fatal; /* the sanitizer ends the process in its own way */
#endif
    return failed;
}
