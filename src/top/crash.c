/* crash.c - the signals of a crash: calls are collected, a child tells of them, then the signal
 * goes on as if nobody had been here. See gale/debug.h.
 *
 * The handler itself does what a signal handler may: it unwinds, forks without the work that fork()
 * has others do, and waits. The child has a stack of its own size for the rest, and little time.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/debug.h>

#include <dlfcn.h>
#include <errno.h>
#include <gale/error.h>
#include <gale/gen.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "gen/co.h"
#include "top/crash.h"

enum {
    CHILD_SECONDS = 10,
    CHILD_STACK = 1 << 20,
    TICK_NS = 2000000,
    N_SIGNALS = 5,
};

static const int signals[N_SIGNALS] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

/* Process-wide, like the signals: what was installed before, to chain to; and the crash, of which
 * there is one. */
static struct sigaction earlier[N_SIGNALS];
static atomic_bool is_crashing;
static pthread_t crashing_thread;
static struct gale__crash crash;
static ucontext_t child_context, child_return;

static size_t index_of(int sig)
{
    size_t i = 0;

    while (i < N_SIGNALS - 1 && signals[i] != sig)
        i++;
    return i;
}

/* --- what led to it ---------------------------------------------------------------------- */

/* Where the thread was, and who called that, by the registers. */
static void look_at_registers(const ucontext_t *context, const void **pc, const void **caller)
{
#if defined(__x86_64__)
    uintptr_t sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];

    *pc = (const void *)(uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    *caller = sp % sizeof(void *) == 0 && !*pc ? *(const void **)sp : NULL;
#elif defined(__aarch64__)
    *pc = (const void *)(uintptr_t)context->uc_mcontext.pc;
    *caller = *pc ? NULL : (const void *)(uintptr_t)context->uc_mcontext.regs[30];
#else
    *pc = *caller = NULL;
#endif
}

/* Leaves the handler's own calls out. Nothing can be unwound from a function that is not there, but
 * its caller has left its address. */
void gale__crash_collect(struct gale__trace *trace, const void *context)
{
    const void *pc, *caller;
    size_t first = 0;

    gale__trace_take(trace, NULL);
    look_at_registers(context, &pc, &caller);
    while (pc && first < trace->n && trace->calls[first] != pc)
        first++;
    if (caller) {
        trace->n = 1;
        trace->calls[0] = (const char *)caller - 1;
    } else if (first < trace->n) {
        trace->n -= first;
        memmove(trace->calls, trace->calls + first, trace->n * sizeof(trace->calls[0]));
    }
}

/* --- the child --------------------------------------------------------------------------- */

static void tell(void)
{
    gale__crash_report(&crash);
    _exit(0);
}

static void run_child(void)
{
    const struct sigaction plain = { .sa_handler = SIG_DFL };
    sigset_t none;
    void *stack;

    for (size_t i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i], &plain, NULL);
    sigaction(SIGALRM, &plain, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(CHILD_SECONDS);
    stack = mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED || getcontext(&child_context) < 0)
        _exit(1);
    child_context.uc_stack.ss_sp = stack;
    child_context.uc_stack.ss_size = CHILD_STACK;
    makecontext(&child_context, tell, 0);
    swapcontext(&child_return, &child_context);
    _exit(1);
}

static void sleep_a_little(void)
{
    const struct timespec tick = { .tv_nsec = TICK_NS };

    nanosleep(&tick, NULL);
}

/* Whether the child has told all. */
static bool wait_for(pid_t child)
{
    const long n_ticks = (CHILD_SECONDS + 1) * (1000000000L / TICK_NS);

    for (long i = 0; i < n_ticks; i++) {
        int status = 0;
        pid_t r = waitpid(child, &status, WNOHANG);

        if (r < 0 && errno != EINTR)
            return errno == ECHILD; /* somebody else has waited */
        if (r == child)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        sleep_a_little();
    }
    kill(child, SIGKILL);
    return false;
}

/* What addr2line needs, when nobody could say more. */
static void write_addresses(void)
{
    char line[512];
    Dl_info info;

    for (size_t i = 0; i < crash.trace.n; i++) {
        const char *pc = crash.trace.calls[i];
        bool known = dladdr(pc, &info) && info.dli_fname;
        int n = snprintf(line, sizeof(line), "gale: crash: %s+0x%zx\n",
                         known ? info.dli_fname : "?",
                         (size_t)(pc - (known ? (const char *)info.dli_fbase : NULL)));

        (void)!write(STDERR_FILENO, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
    }
}

static void report(int sig, const siginfo_t *info, const ucontext_t *context)
{
    bool is_fault = info->si_code > 0 && sig != SIGABRT;
    pid_t child;

    crash.signal = sig;
    crash.has_address = is_fault && (sig == SIGSEGV || sig == SIGBUS);
    crash.address = crash.has_address ? info->si_addr : NULL;
    crash.is_overflow = crash.has_address && gale__co_overflowed(info->si_addr);
    gale__crash_collect(&crash.trace, context);
    child = _Fork();
    if (child == 0)
        run_child();
    if (child < 0 || !wait_for(child))
        write_addresses();
}

/* --- the handler ------------------------------------------------------------------------- */

static void end_by(int sig, const siginfo_t *info)
{
    const struct sigaction deadly = { .sa_handler = SIG_DFL };

    sigaction(sig, &deadly, NULL);
    if (info->si_code <= 0) /* sent by somebody: no instruction would repeat it */
        raise(sig);
}

static void chain(const struct sigaction *to, int sig, siginfo_t *info, void *context)
{
    if (to->sa_flags & SA_SIGINFO)
        to->sa_sigaction(sig, info, context);
    else if (to->sa_handler == SIG_DFL || to->sa_handler == SIG_IGN)
        end_by(sig, info);
    else
        to->sa_handler(sig);
}

/* The thread that crashes while another one does leaves it the time to tell; the one that comes
 * here again, by the earlier handlers or by a fault of its own, is let go. */
static void on_crash(int sig, siginfo_t *info, void *context)
{
    if (atomic_exchange(&is_crashing, true)) {
        if (pthread_equal(crashing_thread, pthread_self())) {
            end_by(sig, info);
            return;
        }
        for (int i = 0; i < CHILD_SECONDS * 500; i++)
            sleep_a_little();
    } else {
        crashing_thread = pthread_self();
        report(sig, info, context);
    }
    chain(&earlier[index_of(sig)], sig, info, context);
}

static int install(size_t i)
{
    struct sigaction ours = { .sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    struct sigaction present;

    if (sigaction(signals[i], NULL, &present) < 0)
        return -errno;
    if (present.sa_flags & SA_SIGINFO && present.sa_sigaction == on_crash)
        return 0;
    earlier[i] = present;
    sigemptyset(&ours.sa_mask);
    return sigaction(signals[i], &ours, NULL) < 0 ? -errno : 0;
}

/* Once for the process; the stack is each thread's. */
int gale_report_crashes(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* threads that begin together */
    static atomic_bool is_installed;
    int r = atomic_exchange(&is_installed, true) ? gale__alternate_stack()
                                                 : gale_report_stack_overflow();

    gale__trace_prepare();
    pthread_mutex_lock(&lock);
    for (size_t i = 0; r >= 0 && i < N_SIGNALS; i++)
        r = install(i);
    pthread_mutex_unlock(&lock);
    return r < 0 ? gale_err(r, "no handler for crashes: %s", strerror(-r)) : 0;
}
