/* overflow.c - names the coroutine whose stack overflowed, then lets the signal go on.
 *
 * The coroutine at fault is the one that runs on the thread that got the signal, so the
 * handler needs no table of stacks: only the thread's current coroutine, whose struct
 * lies at the other end of the stack. Everything here is async-signal-safe.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gen.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gen/parts.h"

enum { ALT_STACK = 64 * 1024 };

/* Process-wide, like the signals: what was installed before, to chain to. */
static struct sigaction earlier_segv, earlier_bus;

static size_t add_text(char *out, size_t at, size_t size, const char *text)
{
    size_t len = strlen(text);

    if (len > size - at)
        len = size - at;
    memcpy(out + at, text, len);
    return at + len;
}

static size_t add_number(char *out, size_t at, size_t size, size_t number)
{
    char digits[24];
    char *p = digits + sizeof(digits) - 1;

    *p = 0;
    do
        *--p = (char)('0' + number % 10);
    while (number /= 10);
    return add_text(out, at, size, p);
}

static void report(const struct gale__co *co)
{
    char line[256];
    size_t size = sizeof(line) - 1;
    size_t n = add_text(line, 0, size, "gale: stack overflow in coroutine '");
    ssize_t written;

    n = add_text(line, n, size - 100, co->name);
    n = add_text(line, n, size, "' (stack of ");
    n = add_number(line, n, size, (co->stack.slab->stride - GALE__STACK_GUARD) / 1024);
    n = add_text(line, n, size, " KiB; gale_set_stack_size() makes it bigger)");
    line[n++] = '\n';
    written = write(STDERR_FILENO, line, n);
    (void)written;
}

static bool in_guard(const struct gale__co *co, const void *fault)
{
    uintptr_t base = (uintptr_t)gale__stack_base(co->stack);
    uintptr_t at = (uintptr_t)fault;

    return at < base && at >= base - GALE__STACK_GUARD;
}

bool gale__co_overflowed(const void *fault)
{
    const struct gale__co *co = gale__co_current();

    return co && in_guard(co, fault);
}

/* As if we had not been there. The default is left to the fault itself: it happens again
 * when the handler returns. */
static void chain(const struct sigaction *earlier, int sig, siginfo_t *info, void *context)
{
    if (earlier->sa_flags & SA_SIGINFO) {
        earlier->sa_sigaction(sig, info, context);
    } else if (earlier->sa_handler == SIG_DFL || earlier->sa_handler == SIG_IGN) {
        struct sigaction deadly = { .sa_handler = SIG_DFL };

        sigaction(sig, &deadly, NULL);
        if (info->si_code <= 0) /* sent by somebody: no instruction would repeat it */
            raise(sig);
    } else {
        earlier->sa_handler(sig);
    }
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    const struct gale__co *co = gale__co_current();

    if (co && info->si_code > 0 && in_guard(co, info->si_addr))
        report(co);
    chain(sig == SIGSEGV ? &earlier_segv : &earlier_bus, sig, info, context);
}

/* The thread keeps it until it ends; one that has an alternate stack keeps that. */
int gale__alternate_stack(void)
{
    stack_t stack;
    void *memory;

    if (sigaltstack(NULL, &stack) < 0)
        return -errno;
    if (!(stack.ss_flags & SS_DISABLE))
        return 0;
    memory = mmap(NULL, ALT_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return -errno;
    stack = (stack_t){ .ss_sp = memory, .ss_size = ALT_STACK };
    if (sigaltstack(&stack, NULL) == 0)
        return 0;
    munmap(memory, ALT_STACK);
    return -EINVAL;
}

static int install(int sig, struct sigaction *earlier)
{
    struct sigaction ours = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    struct sigaction present;

    if (sigaction(sig, NULL, &present) < 0)
        return -errno;
    if (present.sa_flags & SA_SIGINFO && present.sa_sigaction == on_fault)
        return 0;
    *earlier = present;
    sigemptyset(&ours.sa_mask);
    return sigaction(sig, &ours, NULL) < 0 ? -errno : 0;
}

int gale_report_stack_overflow(void)
{
    int r = gale__alternate_stack();

    if (r == 0)
        r = install(SIGSEGV, &earlier_segv);
    if (r == 0)
        r = install(SIGBUS, &earlier_bus);
    return r == 0 ? 0 : gale_err(r, "no handler for stack overflows: %s", strerror(-r));
}
