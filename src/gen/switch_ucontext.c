/* switch_ucontext.c - the context switch where there is no assembly: ucontext.
 *
 * What stands for a stack pointer is the address of a ucontext_t: on the stack that is
 * left, or for a fresh one at the end of its stack. Slow (two system calls a switch for
 * the signal mask), but portable. See switch.h.
 */
/* SPDX-License-Identifier: MIT */
#include "gen/switch.h"

#include <stdint.h>
#include <ucontext.h>

#include "base/alloc.h"

struct fresh {
    ucontext_t context;
    void (*entry)(void *arg);
    void *arg;
};

void gale__switch(void **save, void *to)
{
    ucontext_t self;

    *save = &self;
    swapcontext(&self, to);
}

/* makecontext passes ints only: the pointer comes in two halves. */
static void start(unsigned high, unsigned low)
{
    struct fresh *fresh = (struct fresh *)(((uintptr_t)high << 16 << 16) | low);

    fresh->entry(fresh->arg);
    GALE_ASSERT(!"a coroutine's entry returned");
}

void *gale__switch_prepare(void *base, void *top, void (*entry)(void *arg), void *arg)
{
    uintptr_t end = ((uintptr_t)top - sizeof(struct fresh)) & ~(uintptr_t)63;
    struct fresh *fresh = (struct fresh *)end;

    getcontext(&fresh->context);
    fresh->entry = entry;
    fresh->arg = arg;
    fresh->context.uc_stack.ss_sp = base;
    fresh->context.uc_stack.ss_size = (size_t)(end - (uintptr_t)base);
    fresh->context.uc_link = NULL;
    makecontext(&fresh->context, (void (*)(void))start, 2, (unsigned)(end >> 16 >> 16),
                (unsigned)end);
    return &fresh->context;
}
