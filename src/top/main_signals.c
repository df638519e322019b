/* main_signals.c - the signals of gale_main's serving process: each becomes a callback of its loop.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>

#include "top/serving.h"

enum { N_SIGNALS = 5 };
static const int signals[N_SIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGUSR2, SIGQUIT };

/* What the handler reaches; a process has one set of handlers. */
static struct gale__serving *target;
static struct sigaction earlier[N_SIGNALS];
static bool ignores_hup;

static void on_signal(int signo, siginfo_t *info, void *context)
{
    void (*fn)(void *arg) = gale__serving_asked_to_end;
    bool from_terminal = info->si_code == SI_KERNEL; /* hung up: that is an end */
    int saved = errno;

    (void)context;
    if (signo == SIGHUP && !from_terminal)
        fn = gale__serving_read_certificates;
    else if (signo == SIGUSR2)
        fn = gale__serving_upgrade;
    else if (signo == SIGQUIT)
        fn = gale__serving_log_coroutines;
    if (signo != SIGHUP || !from_terminal || !ignores_hup)
        gale_ioloop_add_callback_from_signal(target->loop, fn, target);
    errno = saved;
}

void gale__serving_take_signals(struct gale__serving *s)
{
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_RESTART | SA_SIGINFO };
    struct sigaction hup;

    target = s;
    ignores_hup = sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler == SIG_IGN;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i], &action, &earlier[i]);
}

void gale__serving_give_signals_back(void)
{
    if (!target)
        return;
    for (int i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i], &earlier[i], NULL);
    target = NULL;
}
