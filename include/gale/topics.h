/* topics.h - publish and subscribe: who listens to a topic gets what is published there.
 *
 * A set of topics spans the loops of a process: subscribers belong to the loop they subscribed on,
 * publishing is possible from each. A backplane (<gale/redis.h>) makes it span processes and
 * machines. Names are any text up to 255 bytes; a topic exists while somebody listens.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TOPICS_H
#define GALE_TOPICS_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

typedef struct gale_topics gale_topics;
typedef struct gale_subscription gale_subscription;

/* A set of topics; an application has its own (gale_app_topics() of <gale/websocket.h>). The caller
 * frees it, before or after its subscriptions have ended. NULL: no memory. */
GALE_API GALE_MUST_USE gale_topics *gale_topics_new(void);
GALE_API void gale_topics_free(gale_topics *topics);

/* Calls fn(topic, data, binary, arg) on the current loop for what is published from now on. Must
 * not wait. The caller ends it: on the same thread, or on any when that loop has gone; also after
 * the topics were freed. NULL when out of memory, or GALE_EINVAL. */
GALE_API GALE_MUST_USE gale_subscription *gale_topics_subscribe(
    gale_topics *topics, const char *topic,
    void (*fn)(const char *topic, gale_str data, bool binary, void *arg), void *arg);
GALE_API void gale_subscription_end(gale_subscription **subscription);

/* To all that listen: those on this loop before it returns (frames are on their way at the end of
 * the turn), those on other loops and behind the backplane soon after. Each gets the messages of
 * one publisher in order. Gives how many listen on this loop, or a failure: GALE_EINVAL for
 * a name of no or too many bytes, and a text that is not UTF-8. WebSockets that are slow are
 * treated by their slow_policy; what comes to one that is sending a message in pieces
 * (gale_send_piece()) follows that message, and counts as pending until then. Never waits. */
GALE_API int gale_publish(gale_topics *topics, const char *topic, gale_str data, bool binary);
/* A text. */
GALE_API int gale_publish_text(gale_topics *topics, const char *topic, const char *text);

/* Who listens on this loop. */
GALE_API size_t gale_topics_subscribers(gale_topics *topics, const char *topic);

/* What carries messages between processes. Called on the loop it was set on; may be called from any
 * loop's publisher by way of that one. */
typedef struct gale_backplane {
    /* A message was published here. */
    void (*publish)(void *arg, const char *topic, gale_str data, bool binary);
    /* The first of this process subscribed to topic, the last one has gone. May be NULL. */
    void (*subscribe)(void *arg, const char *topic);
    void (*unsubscribe)(void *arg, const char *topic);
    /* No call follows: another one was set, or the topics or the loop have gone. May be NULL. */
    void (*end)(void *arg);
    void *arg;
} gale_backplane;

/* From now on (copied; NULL: none), with the topics that there are. What comes in by it goes to
 * gale_topics_deliver(). GALE_ESTATE: one was set on another loop. */
GALE_API GALE_MUST_USE int gale_topics_set_backplane(gale_topics *topics,
                                                     const gale_backplane *backplane);
/* As gale_publish, but not to the backplane. */
GALE_API int gale_topics_deliver(gale_topics *topics, const char *topic, gale_str data,
                                 bool binary);

GALE_END_DECLS

#endif
