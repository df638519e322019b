/* sanitize.h - tells AddressSanitizer, ThreadSanitizer and valgrind of stacks and switches.
 *
 * The scheduler calls these at each switch without any condition; a build without
 * sanitizers compiles them to nothing. Valgrind is told only of new stacks, which costs
 * nothing outside of it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_SANITIZE_H
#define GALE_GEN_SANITIZE_H

#include <stdbool.h>
#include <stddef.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define GALE__ASAN 1
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define GALE__TSAN 1
#endif

#if defined(GALE__ASAN)
#define GALE__NO_ASAN __attribute__((no_sanitize("address")))
#else
#define GALE__NO_ASAN
#endif

/* What the tools know of one stack. */
struct gale__fiber {
    unsigned valgrind_id;
#if defined(GALE__ASAN) || defined(GALE__TSAN)
    void *fake_stack; /* address */
    const void *bottom;
    size_t size;
    void *tsan; /* thread */
#endif
};

/* A new stack of a coroutine, and its end. */
void gale__fiber_init(struct gale__fiber *fiber, void *bottom, size_t size);
void gale__fiber_deinit(struct gale__fiber *fiber);

#if defined(GALE__ASAN) || defined(GALE__TSAN)

/* Before the switch; dying: from's frames will not be returned to. */
void gale__fiber_leave(struct gale__fiber *from, struct gale__fiber *to, bool dying);
/* After it, on self; from is what was left. */
void gale__fiber_enter(struct gale__fiber *self, struct gale__fiber *from);
/* A pooled stack gets a new coroutine. */
void gale__fiber_reuse(struct gale__fiber *fiber);
/* Memory in a free list, which nobody may touch, and back. */
void gale__poison(const void *p, size_t size);
void gale__unpoison(const void *p, size_t size);

#else

static inline void gale__fiber_leave(struct gale__fiber *from, struct gale__fiber *to, bool dying)
{
}

static inline void gale__fiber_enter(struct gale__fiber *self, struct gale__fiber *from)
{
}

static inline void gale__fiber_reuse(struct gale__fiber *fiber)
{
}

static inline void gale__poison(const void *p, size_t size)
{
}

static inline void gale__unpoison(const void *p, size_t size)
{
}

#endif
#endif
