/* netkit.h - for tests of streams: each test over each transport and each backend. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_NET_NETKIT_H
#define TESTS_NET_NETKIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/iostream.h>

enum netkit_transport { NETKIT_MEMORY = 1, NETKIT_TCP = 2, NETKIT_UNIX = 4, NETKIT_NONE = 8 };

/* What a test gets: two connected streams (NULL without a transport) on a running loop. */
struct netkit {
    gale_ioloop *loop;
    gale_iostream *a, *b;
    enum netkit_transport transport;
    const char *backend;
};

struct netkit_test {
    const char *name;
    void (*fn)(struct netkit *k); /* runs in a coroutine */
    unsigned transports;          /* bits */
    gale_iostream_options options;
};

/* Runs every test over its transports and both backends. A loop that fell back although
 * the kernel has io_uring fails. Gives main's result. */
int netkit_run(const char *group, const struct netkit_test *tests, size_t n);

/* A loop with that backend, current; NULL when the kernel has no io_uring. */
gale_ioloop *netkit_loop(const char *backend);

/* Two connected descriptors. */
void netkit_socketpair(enum netkit_transport transport, int fds[2]);

/* Asserts that r is a success. */
void netkit_ok(int r, const char *what);

/* Asserts that s gives exactly these bytes. */
void netkit_expect(gale_iostream *s, const char *text);

/* Writes a text, all of it handed over. */
void netkit_send(gale_iostream *s, const char *text);

/* Byte i of a long pattern without a short period. */
static inline unsigned char netkit_byte(size_t i)
{
    return (unsigned char)((i * 2654435761u) >> 13);
}

#endif
