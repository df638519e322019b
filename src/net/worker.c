/* worker.c - the worker's side of a supervisor, the successor's of a program. See worker.h.
 *
 * A process is one worker or none, so what it knows of that is the process's own: written right
 * after the fork, or before there is a second thread.
 */
/* SPDX-License-Identifier: MIT */
#include "net/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <gale/process.h>

#define NS INT64_C(1000000000)
#define MOST_PATIENCE 1e9 /* seconds */

static struct {
    int task_id;
    int channel;  /* to the parent; -1: none */
    int ready_fd; /* to the program before; -1: none */
    bool told;
    bool is_trial;
    timer_t killer; /* kills this process; runs when the parent has gone */
    struct itimerspec patience;
} self = { .task_id = -1, .channel = -1, .ready_fd = -1 };

/* Something has happened to the line. In a signal handler, since the loop may be stuck, and so may
 * be what SIGTERM calls. */
static void on_channel(int signo)
{
    int saved = errno;
    char byte;

    (void)signo;
    if (recv(self.channel, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
        timer_settime(self.killer, 0, &self.patience, NULL);
    errno = saved;
}

/* Without a timer an orphan that is stuck stays. */
static void watch_parent(double patience)
{
    struct sigevent kill_us = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
    const struct sigaction action = { .sa_handler = on_channel, .sa_flags = SA_RESTART };
    int64_t ns = 1 + (int64_t)((patience < MOST_PATIENCE ? patience : MOST_PATIENCE) * 1e9);

    if (timer_create(CLOCK_MONOTONIC, &kill_us, &self.killer) < 0)
        return;
    self.patience.it_value = (struct timespec){ ns / NS, ns % NS };
    sigaction(GALE__PARENT_SIGNAL, &action, NULL);
    fcntl(self.channel, F_SETOWN, getpid());
    fcntl(self.channel, F_SETSIG, GALE__PARENT_SIGNAL);
    fcntl(self.channel, F_SETFL, O_ASYNC | O_NONBLOCK);
    on_channel(GALE__PARENT_SIGNAL); /* it may have gone before */
}

void gale__worker_enter(int task_id, int channel, double stop_timeout)
{
    if (self.ready_fd >= 0) /* its parent says it for all */
        close(self.ready_fd);
    if (self.channel >= 0) /* a worker that forks workers */
        close(self.channel);
    self.task_id = task_id;
    self.channel = channel;
    self.ready_fd = -1;
    self.told = false;
    watch_parent(stop_timeout);
}

int gale_task_id(void)
{
    return self.task_id;
}

int gale__worker_channel(void)
{
    return self.channel;
}

int gale__worker_adopt(void)
{
    const char *text = getenv(GALE__READY_FD);
    char *end = NULL;
    long fd = text && *text ? strtol(text, &end, 10) : -1;

    if (!text)
        return self.ready_fd >= 0;
    if (end && !*end && fd > 2 && fcntl((int)fd, F_SETFD, FD_CLOEXEC) == 0)
        self.ready_fd = (int)fd;
    self.is_trial = self.ready_fd >= 0 && getenv(GALE__READY_TRIAL);
    unsetenv(GALE__READY_FD);
    unsetenv(GALE__READY_TRIAL);
    return self.ready_fd >= 0;
}

bool gale__worker_is_trial(void)
{
    return self.is_trial;
}

void gale_worker_ready(void)
{
    const int ready = 0;

    if (self.told)
        return;
    if (self.channel >= 0) {
        self.told = true;
        (void)!send(self.channel, &ready, sizeof(ready), MSG_NOSIGNAL | MSG_DONTWAIT);
        return;
    }
    if (!gale__worker_adopt())
        return;
    self.told = true;
    (void)!send(self.ready_fd, &ready, sizeof(ready), MSG_NOSIGNAL | MSG_DONTWAIT);
    close(self.ready_fd);
    self.ready_fd = -1;
}
