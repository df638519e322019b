/* topics.h - topics for the layers above: WebSockets that listen, and what a set is made of.
 *
 * Each loop has a table of its own (struct gale__topics_local) that only its thread looks into
 * without the set's lock and only its thread changes, with it. So a publisher asks under the lock
 * which other loops have listeners, and leaves them a copy in their inbox; at home nothing is
 * locked while listeners are called. Whether the whole process listens to a topic is asked anew on
 * the backplane's loop after each change: what two loops do at once cannot come out of order.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_TOPICS_H
#define GALE_HTTP_TOPICS_H

#include <pthread.h>

#include <gale/topics.h>
#include <gale/websocket_io.h>

#include "base/list.h"
#include "base/map.h"
#include "ioloop/io.h"

/* What is published comes to ws by gale_send_prepared(), one prepared message for all, until it is
 * unsubscribed or released. Twice is once. GALE_ECLOSED, GALE_EINVAL, -ENOMEM. */
GALE_MUST_USE int gale__topics_subscribe_websocket(gale_topics *topics, gale_websocket *ws,
                                                   const char *topic);
/* GALE_ENOTFOUND when it was not subscribed. */
int gale__topics_unsubscribe_websocket(gale_topics *topics, gale_websocket *ws, const char *topic);

/* --- private to topics*.c ------------------------------------------------------------ */

enum { GALE__TOPIC_MAX = 255 };

/* A message on its way to other loops. */
struct gale__topics_copy {
    unsigned refs; /* atomic */
    bool binary;
    size_t topic_len, size;
    char bytes[]; /* the topic and NUL, the data and NUL */
};

/* What one loop tells another. */
struct gale__topics_post {
    struct gale__topics_post *next;
    enum gale__topics_errand {
        GALE__TOPICS_DELIVER, /* copy, to who listens there */
        GALE__TOPICS_FORWARD, /* copy, to the backplane */
        GALE__TOPICS_CHANGED, /* copy's topic may have got its first or lost its last listener */
        GALE__TOPICS_END,     /* the set is freed */
    } errand;
    struct gale__topics_copy *copy; /* NULL: END */
};

/* A set's part of one loop. */
struct gale__topics_local {
    struct gale__list link; /* in the set; under its lock */
    struct gale__ioloop_owned owned;
    gale_topics *topics;
    gale_ioloop *loop;
    struct gale__map topics_by_name;
    struct gale__topics_post *first, **last; /* inbox; under the lock */
    bool is_scheduled;                       /* somebody will look into it; under the lock */
    bool is_closed;                          /* the loop has ended */
    unsigned n_busy;                         /* calls of it under way */
};

struct gale_topics {
    pthread_mutex_t lock;
    unsigned refs; /* the owner's and one for each local; under the lock */
    bool is_freed; /* by its owner; under the lock */
    struct gale__list locals;
    gale_backplane backplane;
    struct gale__topics_local *backplane_local; /* whose loop it is on; NULL: no backplane */
    struct gale__map announced; /* names (heap) it was told of; only that loop's thread */
};

/* The current loop's part; NULL: it has none (or there is no loop). */
struct gale__topics_local *gale__topics_here(gale_topics *topics);
/* The same, made when there is none; NULL: no memory, no loop. */
struct gale__topics_local *gale__topics_join_loop(gale_topics *topics);
/* Frees it when nothing needs it any more. */
void gale__topics_local_settle(struct gale__topics_local *local);

/* To who listens on this loop: how many, or a failure. */
int gale__topics_deliver_here(struct gale__topics_local *local, gale_str topic, gale_str data,
                              bool binary);

/* To all other loops that have listeners, and to the backplane if forward. 0 or -ENOMEM. */
int gale__topics_spread(gale_topics *topics, struct gale__topics_local *here, gale_str topic,
                        gale_str data, bool binary, bool forward);
/* The table of a loop got or lost that name. 0 or -ENOMEM. */
int gale__topics_changed(gale_topics *topics, const char *name);

/* The inbox, without the lock: what is in it goes unread. */
void gale__topics_inbox_drop(struct gale__topics_local *local);
/* Leaves an errand with a loop; with the lock. Takes a reference of copy. 0 or -ENOMEM. */
int gale__topics_leave(struct gale__topics_local *local, enum gale__topics_errand errand,
                       struct gale__topics_copy *copy);
/* The backplane's last call; on its loop, without the lock. */
void gale__topics_end_backplane(gale_topics *topics);

#endif
