/* sanitize.c - the calls of AddressSanitizer, ThreadSanitizer and valgrind. See sanitize.h. */
/* SPDX-License-Identifier: MIT */
#include "gen/sanitize.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif
#if defined(GALE__ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(GALE__TSAN)
#include <sanitizer/tsan_interface.h>
#endif

void gale__fiber_init(struct gale__fiber *fiber, void *bottom, size_t size)
{
    *fiber = (struct gale__fiber){ 0 };
    fiber->valgrind_id = VALGRIND_STACK_REGISTER(bottom, (char *)bottom + size);
#if defined(GALE__ASAN)
    fiber->bottom = bottom;
    fiber->size = size;
#elif defined(GALE__TSAN)
    fiber->tsan = __tsan_create_fiber(0);
#endif
}

void gale__fiber_deinit(struct gale__fiber *fiber)
{
    VALGRIND_STACK_DEREGISTER(fiber->valgrind_id);
#if defined(GALE__TSAN)
    __tsan_destroy_fiber(fiber->tsan);
#endif
}

#if defined(GALE__ASAN)

void gale__fiber_leave(struct gale__fiber *from, struct gale__fiber *to, bool dying)
{
    __sanitizer_start_switch_fiber(dying ? NULL : &from->fake_stack, to->bottom, to->size);
}

/* The bounds of what was left are learnt here: that is how the thread's own stack,
 * which nobody announced, gets to be known. */
void gale__fiber_enter(struct gale__fiber *self, struct gale__fiber *from)
{
    __sanitizer_finish_switch_fiber(self->fake_stack, &from->bottom, &from->size);
    self->fake_stack = NULL;
}

void gale__fiber_reuse(struct gale__fiber *fiber)
{
    __asan_unpoison_memory_region(fiber->bottom, fiber->size);
}

void gale__poison(const void *p, size_t size)
{
    __asan_poison_memory_region(p, size);
}

void gale__unpoison(const void *p, size_t size)
{
    __asan_unpoison_memory_region(p, size);
}

#elif defined(GALE__TSAN)

void gale__fiber_leave(struct gale__fiber *from, struct gale__fiber *to, bool dying)
{
    from->tsan = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to->tsan, 0);
}

void gale__fiber_enter(struct gale__fiber *self, struct gale__fiber *from)
{
}

void gale__fiber_reuse(struct gale__fiber *fiber)
{
}

void gale__poison(const void *p, size_t size)
{
}

void gale__unpoison(const void *p, size_t size)
{
}

#endif
