/* bare_switch.h - the least a stackful coroutine switch can do, to measure others by. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BENCH_BARE_SWITCH_H
#define GALE_BENCH_BARE_SWITCH_H

/* Pushes the six callee-saved registers, stores the stack pointer in *save, takes up `to`. */
void bare_switch(void **save, void *to);

/* The first frame of a context: calls the function in rbx with what is in r12. */
void bare_start(void);

#endif
