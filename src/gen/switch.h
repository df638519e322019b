/* switch.h - the context switch: assembly for x86-64 and AArch64, ucontext elsewhere.
 *
 * Saves the callee-saved registers on the stack that is left and takes up the other.
 * Floating-point control modes belong to the thread and are not switched.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_SWITCH_H
#define GALE_GEN_SWITCH_H

#include <stddef.h>

/* Leaves the present context, storing its stack pointer in *save, and takes up the one
 * whose stack pointer is to. */
#if defined(__x86_64__) && !defined(GALE_CORO_UCONTEXT)
#include "gen/switch_x86_64.h"
#else
void gale__switch(void **save, void *to);
#endif

/* Prepares a stack so that the first switch to the pointer it returns calls entry(arg),
 * which never returns. top is the end of the stack, 16-byte aligned. */
void *gale__switch_prepare(void *base, void *top, void (*entry)(void *arg), void *arg);

#endif
