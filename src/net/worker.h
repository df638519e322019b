/* worker.h - what a process knows of who started it: its supervisor, or the program that it is to
 * take over from. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_WORKER_H
#define GALE_NET_WORKER_H

#include <sys/types.h>

/* The environment variable by which a program hands its successor the descriptor to say that it is
 * ready on: an int, 0 (ready) or an errno. */
#define GALE__READY_FD "GALE_READY_FD"

/* In a child just forked: it is worker task_id, channel its end of the line to its parent. */
void gale__worker_enter(int task_id, int channel);

/* Its end of that line, readable when the parent has gone; -1 outside of a worker. */
int gale__worker_channel(void);

/* Takes the descriptor of GALE__READY_FD out of the environment, so that no child gets it; whether
 * there was one. gale_worker_ready() does that, too. */
int gale__worker_adopt(void);

#endif
