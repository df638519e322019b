/* uring_buffers.c - the memory of received bytes, to the kernel and back. See uring_buffers.h. */
/* SPDX-License-Identifier: MIT */
#include "ioloop/uring_buffers.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/alloc.h"

enum { N_LENT_FIRST = 64 };

static const size_t ring_size = GALE__URING_BUFFERS * sizeof(struct io_uring_buf);
static const size_t memory_size = (size_t)GALE__URING_BUFFERS * GALE__URING_BUFFER;

static char *buffer_at(const struct gale__uring_buffers *buffers, unsigned id)
{
    return buffers->memory + (size_t)id * GALE__URING_BUFFER;
}

static void lend(struct gale__uring_buffers *buffers, unsigned id)
{
    io_uring_buf_ring_add(buffers->ring, buffer_at(buffers, id), GALE__URING_BUFFER,
                          (unsigned short)id, io_uring_buf_ring_mask(GALE__URING_BUFFERS), 0);
    io_uring_buf_ring_advance(buffers->ring, 1);
    buffers->n_lent++;
}

char *gale__uring_buffer_take(struct gale__uring_buffers *buffers, unsigned id)
{
    buffers->n_lent--;
    return buffer_at(buffers, id);
}

void gale__uring_buffer_give(struct gale__uring_buffers *buffers, unsigned id)
{
    if (GALE_LIKELY(buffers->n_lent < buffers->most_lent))
        lend(buffers, id);
    else
        buffers->spare[buffers->n_spare++] = (uint16_t)id;
}

void gale__uring_buffers_lend_more(struct gale__uring_buffers *buffers)
{
    if (buffers->most_lent < GALE__URING_BUFFERS)
        buffers->most_lent *= 2;
    while (buffers->n_spare && buffers->n_lent < buffers->most_lent)
        lend(buffers, buffers->spare[--buffers->n_spare]);
}

static void *map(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

int gale__uring_buffers_init(struct gale__uring_buffers *buffers, struct io_uring *ring,
                             unsigned short group)
{
    struct io_uring_buf_reg reg = { .ring_entries = GALE__URING_BUFFERS, .bgid = group };

    buffers->memory = map(memory_size);
    buffers->ring = map(ring_size);
    if (!buffers->memory || !buffers->ring)
        return -ENOMEM;
    reg.ring_addr = (uintptr_t)buffers->ring;
    io_uring_buf_ring_init(buffers->ring);
    int r = io_uring_register_buf_ring(ring, &reg, 0);

    buffers->most_lent = N_LENT_FIRST;
    for (unsigned id = 0; r >= 0 && id < GALE__URING_BUFFERS; id++)
        gale__uring_buffer_give(buffers, id);
    return r;
}

void gale__uring_buffers_deinit(struct gale__uring_buffers *buffers)
{
    if (buffers->memory)
        munmap(buffers->memory, memory_size);
    if (buffers->ring)
        munmap(buffers->ring, ring_size);
}
