/* redis_topics.c - topics over Redis publish/subscribe: what one process publishes, all hear.
 *
 * Two connections, since one that is subscribed takes no other commands. A message is published as
 * a byte 1, the 16 digits of the process that sends it, 't' or 'b', and the data: what comes back
 * to its sender is dropped. Anything else on a channel (by hand, of another program) counts as it
 * is: as a text when it is UTF-8.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/redis.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/map.h"
#include "redis/redis_link.h"

enum { ORIGIN = 16, HEADER = 1 + ORIGIN + 1 };

struct bridge {
    gale_topics *topics;
    struct gale__redis_link *publisher, *subscriber; /* NULL: not begun */
    char *prefix;
    size_t prefix_len;
    char origin[ORIGIN + 1];
    struct gale__map names; /* of the topics that this process listens to; heap */
    bool is_away;           /* and that was said */
};

/* --- writing commands ------------------------------------------------------------------ */

/* "*2\r\n$9\r\nSUBSCRIBE\r\n$…\r\n" with the channel and its end. */
static int channel_command(const struct bridge *b, char **command, const char *verb,
                           const char *topic)
{
    size_t n = strlen(topic);
    char *channel = gale__malloc(b->prefix_len + n + 1);
    const char *words[] = { verb, channel };
    int size;

    if (!channel)
        return -1;
    memcpy(channel, b->prefix, b->prefix_len);
    memcpy(channel + b->prefix_len, topic, n + 1);
    size = redisFormatCommandArgv(command, 2, words, NULL);
    gale__free(channel);
    return size;
}

static void send_channel(struct bridge *b, const char *verb, const char *topic)
{
    char *command;
    int size;

    if (!b->subscriber || b->subscriber->state != GALE__REDIS_UP)
        return;
    size = channel_command(b, &command, verb, topic);
    if (size < 0) { /* begun anew, it subscribes to all again */
        gale_iostream_close(&b->subscriber->stream);
        return;
    }
    if (gale__redis_link_send(b->subscriber, command, (size_t)size, NULL) < 0)
        gale_iostream_close(&b->subscriber->stream); /* the same */
    redisFreeCommand(command);
}

/* PUBLISH with the message's three parts in one piece; NULL: no memory. */
static char *publish_command(const struct bridge *b, const char *topic, gale_str data, bool binary,
                             size_t *size)
{
    size_t topic_len = strlen(topic), n;
    char *out = gale__malloc(b->prefix_len + topic_len + data.len + HEADER + 96);

    if (!out)
        return NULL;
    n = (size_t)snprintf(out, 96, "*3\r\n$7\r\nPUBLISH\r\n$%zu\r\n", b->prefix_len + topic_len);
    memcpy(out + n, b->prefix, b->prefix_len);
    memcpy(out + n + b->prefix_len, topic, topic_len);
    n += b->prefix_len + topic_len;
    n += (size_t)snprintf(out + n, 96 - 40, "\r\n$%zu\r\n", HEADER + data.len);
    out[n] = 1;
    memcpy(out + n + 1, b->origin, ORIGIN);
    out[n + 1 + ORIGIN] = binary ? 'b' : 't';
    if (data.len)
        memcpy(out + n + HEADER, data.ptr, data.len);
    n += HEADER + data.len;
    memcpy(out + n, "\r\n", 2);
    *size = n + 2;
    return out;
}

/* --- the backplane --------------------------------------------------------------------- */

/* One line for each time that Redis is away. */
static void say_away(struct bridge *b, const char *why)
{
    if (!b->is_away)
        gale_log(&gale_log_application, GALE_LOG_WARNING,
                 "topics reach this process alone: no Redis (%s)", why);
    b->is_away = true;
}

static void published(struct gale__redis_call *call, redisReply *reply, int code)
{
    if (reply && reply->type == REDIS_REPLY_ERROR)
        gale_log(&gale_log_application, GALE_LOG_WARNING, "Redis refused a publication: %s",
                 reply->str);
    freeReplyObject(reply);
    gale__free(call);
}

static void publish(void *arg, const char *topic, gale_str data, bool binary)
{
    struct bridge *b = arg;
    struct gale__redis_call *call;
    char *command;
    size_t size;

    if (!b->publisher || b->publisher->state != GALE__REDIS_UP) {
        say_away(b, b->publisher && b->publisher->failure ? b->publisher->failure_text
                                                          : "not connected yet");
        return;
    }
    command = publish_command(b, topic, data, binary, &size);
    call = command ? gale__malloc(sizeof(*call)) : NULL;
    if (call) {
        call->done = published;
        if (gale__redis_link_send(b->publisher, command, size, call) < 0) {
            gale_log(&gale_log_application, GALE_LOG_ERROR,
                     "a message of '%s' does not reach Redis: %s", topic,
                     gale_strerror(GALE_ETOOBIG));
            gale__free(call);
        }
    } else {
        gale_log(&gale_log_application, GALE_LOG_ERROR, "no memory for a message to Redis");
    }
    gale__free(command);
}

static void subscribe(void *arg, const char *topic)
{
    struct bridge *b = arg;
    size_t n = strlen(topic);
    char *name = gale__strndup(topic, n);

    if (!name || gale__map_set(&b->names, (gale_str){ name, n }, name) < 0) {
        gale_log(&gale_log_application, GALE_LOG_ERROR, "no memory to hear '%s' from Redis", topic);
        gale__free(name);
        return;
    }
    send_channel(b, "SUBSCRIBE", name);
}

static void unsubscribe(void *arg, const char *topic)
{
    struct bridge *b = arg;
    char *name = gale__map_remove(&b->names, (gale_str){ topic, strlen(topic) });

    if (name)
        send_channel(b, "UNSUBSCRIBE", name);
    gale__free(name);
}

static void end(void *arg)
{
    struct bridge *b = arg;
    const struct gale__map_slot *slot;
    size_t i = 0;

    if (b->publisher)
        gale__redis_link_stop(b->publisher);
    if (b->subscriber)
        gale__redis_link_stop(b->subscriber);
    while ((slot = gale__map_next(&b->names, &i)))
        gale__free(slot->value);
    gale__map_deinit(&b->names);
    gale__free(b->prefix);
    gale__free(b);
}

/* --- what comes ------------------------------------------------------------------------ */

static bool is_whole(const redisReply *reply)
{
    return reply->elements == 3 && reply->element[0]->type == REDIS_REPLY_STRING &&
           reply->element[1]->type == REDIS_REPLY_STRING &&
           reply->element[2]->type == REDIS_REPLY_STRING &&
           !strcmp(reply->element[0]->str, "message");
}

/* As a program that is not ours published it. */
static void deliver_plain(struct bridge *b, const char *topic, gale_str data)
{
    if (gale_topics_deliver(b->topics, topic, data, false) == GALE_EINVAL)
        (void)gale_topics_deliver(b->topics, topic, data, true);
}

static void on_message(void *arg, const redisReply *reply)
{
    struct bridge *b = arg;
    const char *channel;
    gale_str data;

    if (!is_whole(reply)) /* the answers of SUBSCRIBE and UNSUBSCRIBE */
        return;
    channel = reply->element[1]->str;
    data = (gale_str){ reply->element[2]->str, (size_t)reply->element[2]->len };
    if (strncmp(channel, b->prefix, b->prefix_len) != 0)
        return;
    if (data.len < HEADER || data.ptr[0] != 1 || !strchr("tb", data.ptr[HEADER - 1])) {
        deliver_plain(b, channel + b->prefix_len, data);
        return;
    }
    if (memcmp(data.ptr + 1, b->origin, ORIGIN) == 0)
        return;
    (void)gale_topics_deliver(b->topics, channel + b->prefix_len,
                              (gale_str){ data.ptr + HEADER, data.len - HEADER },
                              data.ptr[HEADER - 1] == 'b');
}

static void on_subscriber_up(void *arg)
{
    struct bridge *b = arg;
    const struct gale__map_slot *slot;
    size_t i = 0;

    while (b->subscriber && (slot = gale__map_next(&b->names, &i)))
        send_channel(b, "SUBSCRIBE", slot->value);
}

static void on_publisher_up(void *arg)
{
    struct bridge *b = arg;

    if (b->is_away)
        gale_log(&gale_log_application, GALE_LOG_INFO, "topics reach Redis again");
    b->is_away = false;
}

static void on_down(void *arg, int code, const char *text)
{
    if (code != GALE_ECANCELED)
        say_away(arg, text);
}

/* --- */

static int begin(struct bridge *b, const gale_redis_options *options)
{
    static const struct gale__redis_hooks publishing = { .up = on_publisher_up, .down = on_down };
    static const struct gale__redis_hooks subscribing = { .up = on_subscriber_up,
                                                          .down = on_down,
                                                          .pushed = on_message };
    int r;

    b->publisher = gale__redis_link_new(options, false, &publishing, b, &r);
    if (!b->publisher)
        return r;
    b->subscriber = gale__redis_link_new(options, true, &subscribing, b, &r);
    if (b->subscriber && b->subscriber->state == GALE__REDIS_UP)
        on_subscriber_up(b); /* it was before it had a name */
    return b->subscriber ? 0 : r;
}

static struct bridge *bridge_new(gale_topics *topics, const gale_redis_options *options)
{
    const char *prefix = options && options->prefix ? options->prefix : "gale:";
    struct bridge *b = gale__calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    b->topics = topics;
    b->prefix_len = strlen(prefix);
    b->prefix = gale__strndup(prefix, b->prefix_len);
    snprintf(b->origin, sizeof(b->origin), "%016" PRIx64, gale__hash_seed());
    if (b->prefix)
        return b;
    gale__free(b);
    return NULL;
}

int gale_redis_topics(gale_topics *topics, const gale_redis_options *options)
{
    struct bridge *b = bridge_new(topics, options);
    gale_backplane backplane = {
        .publish = publish, .subscribe = subscribe, .unsubscribe = unsubscribe, .end = end, .arg = b
    };
    int r;

    if (!b)
        return gale_err(-ENOMEM, "no memory for topics over Redis");
    r = gale_topics_set_backplane(topics, &backplane);
    if (r < 0) {
        end(b);
        return r;
    }
    r = begin(b, options);
    if (r < 0)
        (void)!gale_topics_set_backplane(topics, NULL);
    return r;
}
