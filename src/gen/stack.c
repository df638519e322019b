/* stack.c - mapping, guarding and returning coroutine stacks. See stack.h.
 *
 * Two process-wide settings: the size of stacks, and how many mappings mprotect guards
 * have split off. Both are atomic, since loops of several threads share them.
 */
/* SPDX-License-Identifier: MIT */
#include "gen/stack.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gale/gen.h>

#include "base/alloc.h"
#include "gen/sanitize.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* One mapping takes at most this much address space, unless a single stack is larger. */
enum { SLAB_BYTES = 32 * 1024 * 1024 };

#define CANARY UINT64_C(0x9a1e57ac6ca9a21e)

static atomic_size_t stack_size; /* 0: the default */
static atomic_bool sizes_fixed;  /* a stack was made: too late to change */
static atomic_int guard_kind;    /* enum gale__guard */
static atomic_long n_split;      /* mappings made by mprotect guards */

size_t gale__stack_size(void)
{
    size_t size = atomic_load_explicit(&stack_size, memory_order_relaxed);

    return size ? size : GALE__STACK_DEFAULT;
}

int gale_set_stack_size(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (bytes < GALE__STACK_MIN || bytes > SIZE_MAX / 4)
        return gale_err(GALE_EINVAL, "a stack of %zu bytes: at least %d", bytes, GALE__STACK_MIN);
    if (atomic_load(&sizes_fixed))
        return gale_err(GALE_ESTATE, "the stack size cannot change after the first coroutine");
    atomic_store(&stack_size, (bytes + page - 1) / page * page);
    return 0;
}

void gale__stack_force_guard(enum gale__guard guard)
{
    atomic_store(&guard_kind, guard);
}

void gale__stacks_init(struct gale__stacks *stacks)
{
    gale__list_init(&stacks->slabs);
    gale__list_init(&stacks->free);
    stacks->n_used = 0;
}

static void slab_free(struct gale__stack_slab *slab)
{
    /* Whatever is mapped here next is not of a stack. */
    gale__unpoison(slab->base, slab->stride * slab->n);
    munmap(slab->base, slab->stride * slab->n);
    atomic_fetch_sub(&n_split, 2L * slab->n_split);
    gale__list_remove(&slab->link);
    gale__list_remove(&slab->link_free);
    gale__free(slab);
}

void gale__stacks_deinit(struct gale__stacks *stacks)
{
    struct gale__list *node;

    while ((node = gale__list_first(&stacks->slabs)))
        slab_free(GALE_CONTAINER_OF(node, struct gale__stack_slab, link));
    stacks->n_used = 0;
}

/* Maps as many stacks as may be, at least one. */
static bool slab_map(struct gale__stack_slab *slab)
{
    size_t n = SLAB_BYTES / slab->stride;

    for (n = n > GALE__STACK_PER_SLAB ? GALE__STACK_PER_SLAB : n ? n : 1; n; n /= 2) {
        void *p = mmap(NULL, n * slab->stride, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

        if (p == MAP_FAILED)
            continue;
        /* One touched page must not become a huge one. */
        madvise(p, n * slab->stride, MADV_NOHUGEPAGE);
        slab->base = p;
        slab->n = (unsigned)n;
        return true;
    }
    return false;
}

static struct gale__stack_slab *slab_new(struct gale__stacks *stacks)
{
    struct gale__stack_slab *slab = gale__calloc(1, sizeof(*slab));

    if (!slab)
        return NULL;
    atomic_store(&sizes_fixed, true);
    slab->stride = gale__stack_size() + GALE__STACK_GUARD;
    if (!slab_map(slab)) {
        gale__free(slab);
        return NULL;
    }
    gale__list_append(&stacks->slabs, &slab->link);
    gale__list_append(&stacks->free, &slab->link_free);
    return slab;
}

/* Half of what the kernel allows is left to the rest of the program. */
static bool mappings_left(void)
{
    static atomic_long limit;
    long max = atomic_load(&limit);

    if (!max) {
        FILE *file = fopen("/proc/sys/vm/max_map_count", "re");

        if (!file || fscanf(file, "%ld", &max) != 1 || max <= 0)
            max = 65530;
        if (file)
            fclose(file);
        atomic_store(&limit, max);
    }
    return atomic_load(&n_split) < max / 2;
}

static bool guard_by_mprotect(struct gale__stack_slab *slab, char *guard)
{
    if (!mappings_left() || mprotect(guard, GALE__STACK_GUARD, PROT_NONE))
        return false;
    atomic_fetch_add(&n_split, 2);
    slab->n_split++;
    return true;
}

/* An emulator may accept the advice and do nothing: seen with qemu-user. So the first
 * guard is tried, by a system call that cannot write there when there is one (valgrind
 * reads what calls read, and dies of it; what they write it leaves to them). */
static bool guard_by_madvise(char *guard)
{
    static atomic_int works; /* 0: not tried */
    int known = atomic_load_explicit(&works, memory_order_relaxed);

    if (known < 0 || madvise(guard, GALE__STACK_GUARD, MADV_GUARD_INSTALL))
        return false;
    if (known > 0)
        return true;
    known = syscall(SYS_getrandom, guard, 1, 0) < 0 && errno == EFAULT ? 1 : -1;
    atomic_store(&works, known);
    return known > 0;
}

static bool make_guard(struct gale__stack_slab *slab, char *guard)
{
    switch (atomic_load_explicit(&guard_kind, memory_order_relaxed)) {
    case GALE__GUARD_MADVISE:
        return guard_by_madvise(guard);
    case GALE__GUARD_MPROTECT:
        return guard_by_mprotect(slab, guard);
    case GALE__GUARD_CANARY:
        return false;
    default:
        return guard_by_madvise(guard) || guard_by_mprotect(slab, guard);
    }
}

static void guard(struct gale__stack *stack)
{
    struct gale__stack_slab *slab = stack->slab;
    uint64_t bit = UINT64_C(1) << stack->index;
    char *base = gale__stack_base(*stack);

    if (!(slab->guarded & bit)) {
        slab->guarded |= bit;
        if (!make_guard(slab, base - GALE__STACK_GUARD))
            slab->canary |= bit;
    }
    stack->canary = slab->canary & bit;
    if (stack->canary)
        *(uint64_t *)(void *)base = CANARY;
}

bool gale__stack_canary_ok(struct gale__stack stack)
{
    return *(volatile uint64_t *)(void *)gale__stack_base(stack) == CANARY;
}

bool gale__stack_take(struct gale__stacks *stacks, struct gale__stack *out)
{
    struct gale__list *node = gale__list_first(&stacks->free);
    struct gale__stack_slab *slab = node ? GALE_CONTAINER_OF(node, struct gale__stack_slab,
                                                             link_free)
                                         : slab_new(stacks);

    if (!slab)
        return false;
    *out = (struct gale__stack){ .slab = slab, .index = (unsigned)__builtin_ctzll(~slab->used) };
    slab->used |= UINT64_C(1) << out->index;
    if (++slab->n_used == slab->n)
        gale__list_remove(&slab->link_free);
    stacks->n_used++;
    guard(out);
    return true;
}

void gale__stack_give(struct gale__stacks *stacks, struct gale__stack stack)
{
    struct gale__stack_slab *slab = stack.slab;

    stacks->n_used--;
    if (slab->n_used-- == slab->n)
        gale__list_append(&stacks->free, &slab->link_free);
    slab->used &= ~(UINT64_C(1) << stack.index);
    if (!slab->n_used) {
        slab_free(slab);
        return;
    }
    madvise(gale__stack_base(stack), slab->stride - GALE__STACK_GUARD, MADV_DONTNEED);
}
