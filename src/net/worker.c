/* worker.c - the worker's side of a supervisor, the successor's of a program. See worker.h.
 *
 * A process is one worker or none, so what it knows of that is the process's own: written right
 * after the fork, or before there is a second thread.
 */
/* SPDX-License-Identifier: MIT */
#include "net/worker.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/process.h>

static struct {
    int task_id;
    int channel;  /* to the parent; -1: none */
    int ready_fd; /* to the program before; -1: none */
    bool told;
    bool is_trial;
} self = { .task_id = -1, .channel = -1, .ready_fd = -1 };

void gale__worker_enter(int task_id, int channel)
{
    if (self.ready_fd >= 0) /* its parent says it for all */
        close(self.ready_fd);
    if (self.channel >= 0) /* a worker that forks workers */
        close(self.channel);
    self.task_id = task_id;
    self.channel = channel;
    self.ready_fd = -1;
    self.told = false;
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
