/* worker.h - what a process knows of who started it: its supervisor, or the program that it is to
 * take over from. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_WORKER_H
#define GALE_NET_WORKER_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* The environment variable by which a program hands its successor the descriptor to say that it is
 * ready on: an int, 0 (ready) or an errno. */
#define GALE__READY_FD "GALE_READY_FD"

/* "1" when it is only to be seen whether the program would start. */
#define GALE__READY_TRIAL "GALE_READY_TRIAL"

/* Comes when something happens to that line. */
#define GALE__PARENT_SIGNAL (SIGRTMAX - 1)

/* In a child just forked: it is worker task_id, channel its end of the line to its parent. When
 * that one has gone, the worker is killed after stop_timeout seconds, unless it has ended. */
void gale__worker_enter(int task_id, int channel, double stop_timeout);

/* Its end of that line, readable when the parent has gone; -1 outside of a worker. */
int gale__worker_channel(void);

/* Takes the descriptor of GALE__READY_FD out of the environment, so that no child gets it; whether
 * there was one. gale_worker_ready() does that, too. */
int gale__worker_adopt(void);

/* Whether this process only tries whether the program starts: it says that it is ready, and ends.
 */
bool gale__worker_is_trial(void);

#endif
