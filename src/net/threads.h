/* threads.h - the loops of gale_run_threads(), for who has to reach all of them. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_THREADS_H
#define GALE_NET_THREADS_H

#include <stdbool.h>

/* Calls fn(arg) on each of them, on its thread; false when there are none. From any thread. One
 * that begins later does not hear of it. */
bool gale__threads_call(void (*fn)(void *arg), void *arg);

#endif
