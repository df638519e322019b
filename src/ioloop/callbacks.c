/* callbacks.c - calls for the loop's next turn. See callbacks.h. */
/* SPDX-License-Identifier: MIT */
#include "ioloop/callbacks.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"

enum { FIRST_CAP = 16, KEEP_CAP = 4096 };

static bool push(struct gale__callback_list *list, void (*fn)(void *arg), void *arg)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : FIRST_CAP;
        struct gale__callback *items = gale__realloc(list->items, cap * sizeof(*items));

        if (!items)
            return false;
        list->items = items;
        list->cap = cap;
    }
    list->items[list->n++] = (struct gale__callback){ fn, arg };
    return true;
}

static void drop(struct gale__callback_list *list)
{
    gale__free(list->items);
    *list = (struct gale__callback_list){ 0 };
}

/* Safe in a signal handler. */
static void wake(struct gale__callbacks *c)
{
    uint64_t one = 1;

    if (!atomic_exchange(&c->sleeping, false))
        return;
    int saved = errno;
    ssize_t n = write(c->wake_fd, &one, sizeof(one));

    (void)n; /* it cannot fill up, and nothing could be done */
    errno = saved;
}

int gale__callbacks_init(struct gale__callbacks *c)
{
    *c = (struct gale__callbacks){ .nodes_end = &c->nodes };
    atomic_init(&c->sleeping, true);
    for (unsigned i = 0; i < GALE__SIGNAL_SLOTS; i++)
        atomic_init(&c->signals[i].turn, i);
    c->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (c->wake_fd < 0)
        return -errno;
    int r = pthread_mutex_init(&c->lock, NULL);

    if (r) {
        close(c->wake_fd);
        c->wake_fd = -1;
    }
    return -r;
}

void gale__callbacks_deinit(struct gale__callbacks *c)
{
    close(c->wake_fd);
    pthread_mutex_destroy(&c->lock);
    drop(&c->local);
    drop(&c->spare);
    drop(&c->remote);
}

int gale__callbacks_add_local(struct gale__callbacks *c, void (*fn)(void *arg), void *arg)
{
    if (GALE_UNLIKELY(c->closed))
        return GALE_ECLOSED;
    return push(&c->local, fn, arg) ? 0 : -ENOMEM;
}

int gale__callbacks_add_remote(struct gale__callbacks *c, void (*fn)(void *arg), void *arg)
{
    int r = 0;

    pthread_mutex_lock(&c->lock);
    if (c->closed)
        r = GALE_ECLOSED;
    else if (!push(&c->remote, fn, arg))
        r = -ENOMEM;
    else
        atomic_fetch_add(&c->n_remote, 1);
    /* Under the lock, so that the loop cannot be freed between counting and waking. */
    if (r == 0)
        wake(c);
    pthread_mutex_unlock(&c->lock);
    return r;
}

void gale__callbacks_post(struct gale__callbacks *c, struct gale__callback_node *node)
{
    node->next = NULL;
    pthread_mutex_lock(&c->lock);
    *c->nodes_end = node;
    c->nodes_end = &node->next;
    atomic_fetch_add(&c->n_remote, 1);
    wake(c);
    pthread_mutex_unlock(&c->lock);
}

int gale__callbacks_add_signal(struct gale__callbacks *c, void (*fn)(void *arg), void *arg)
{
    unsigned at = atomic_load(&c->signal_head);
    struct gale__signal_slot *slot;

    for (;;) {
        slot = &c->signals[at % GALE__SIGNAL_SLOTS];
        int ahead = (int)(atomic_load(&slot->turn) - at);

        if (ahead < 0)
            return -EAGAIN;
        if (ahead == 0 && atomic_compare_exchange_strong(&c->signal_head, &at, at + 1))
            break;
        if (ahead > 0)
            at = atomic_load(&c->signal_head);
    }
    slot->callback = (struct gale__callback){ fn, arg };
    atomic_store(&slot->turn, at + 1);
    wake(c);
    return 0;
}

static bool signal_ready(const struct gale__callbacks *c)
{
    const struct gale__signal_slot *slot = &c->signals[c->signal_tail % GALE__SIGNAL_SLOTS];

    return atomic_load(&slot->turn) == c->signal_tail + 1;
}

static void run_signals(struct gale__callbacks *c)
{
    for (int i = 0; i < GALE__SIGNAL_SLOTS && signal_ready(c); i++) {
        struct gale__signal_slot *slot = &c->signals[c->signal_tail % GALE__SIGNAL_SLOTS];
        struct gale__callback callback = slot->callback;

        atomic_store(&slot->turn, c->signal_tail + GALE__SIGNAL_SLOTS);
        c->signal_tail++;
        if (!c->closed)
            callback.fn(callback.arg);
    }
}

/* Runs the first n; what they add stays for the next turn. */
static void run_list(struct gale__callback_list *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct gale__callback callback = list->items[i];

        callback.fn(callback.arg);
    }
    list->n -= n;
    if (list->n)
        memmove(list->items, list->items + n, list->n * sizeof(*list->items));
    else if (list->cap > KEEP_CAP)
        drop(list);
}

static void run_nodes(struct gale__callback_node *node)
{
    while (node) {
        struct gale__callback_node *next = node->next;

        node->fn(node);
        node = next;
    }
}

/* Takes what other threads left; spare becomes their new list. */
static struct gale__callback_node *take_remote(struct gale__callbacks *c,
                                               struct gale__callback_list *list)
{
    pthread_mutex_lock(&c->lock);
    struct gale__callback_node *nodes = c->nodes;

    c->nodes = NULL;
    c->nodes_end = &c->nodes;
    if (list) {
        *list = c->remote;
        c->remote = c->spare;
        c->spare = (struct gale__callback_list){ 0 };
    }
    atomic_store(&c->n_remote, c->remote.n);
    pthread_mutex_unlock(&c->lock);
    return nodes;
}

static void run_remote(struct gale__callbacks *c)
{
    struct gale__callback_list list;
    struct gale__callback_node *nodes = take_remote(c, &list);

    run_nodes(nodes);
    run_list(&list, list.n);
    drop(&c->spare);
    c->spare = list;
}

void gale__callbacks_run(struct gale__callbacks *c)
{
    size_t n_local = c->local.n;

    if (signal_ready(c))
        run_signals(c);
    if (atomic_load_explicit(&c->n_remote, memory_order_relaxed))
        run_remote(c);
    if (n_local)
        run_list(&c->local, n_local);
}

void gale__callbacks_run_nodes(struct gale__callbacks *c)
{
    run_nodes(take_remote(c, NULL));
}

void gale__callbacks_shut(struct gale__callbacks *c)
{
    pthread_mutex_lock(&c->lock);
    c->closed = true;
    c->remote.n = 0;
    c->local.n = 0;
    pthread_mutex_unlock(&c->lock);
}

bool gale__callbacks_ready(const struct gale__callbacks *c)
{
    return c->local.n || atomic_load_explicit(&c->n_remote, memory_order_relaxed) ||
           signal_ready(c);
}

bool gale__callbacks_sleep(struct gale__callbacks *c)
{
    atomic_store(&c->sleeping, true);
    return atomic_load(&c->n_remote) == 0 && !signal_ready(c);
}
