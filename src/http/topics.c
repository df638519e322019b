/* topics.c - one loop's table of topics: who listens, and calling them. See topics.h.
 *
 * A listener may end itself or others, and new ones may come, while a message is being delivered:
 * two markers in the topic's list say how far it has come and who was there when it began.
 */
/* SPDX-License-Identifier: MIT */
#include "http/topics.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/utf8.h"
#include "http/websocket_engine.h"

/* A topic on one loop, while somebody listens or a delivery is under way. */
struct entry {
    struct gale__topics_local *local;
    struct gale__list nodes;
    size_t n; /* without the markers */
    unsigned n_deliveries;
    size_t len;
    char name[];
};

enum kind { MARKER, CALLBACK, WEBSOCKET };

struct node {
    struct gale__list link;
    struct entry *entry;
    enum kind kind;
};

struct gale_subscription {
    struct node node;
    void (*fn)(const char *topic, gale_str data, bool binary, void *arg);
    void *arg;
};

/* The first of a WebSocket's subscriptions is what its engine keeps of them. */
struct gale__websocket_topics {
    struct node node;
    gale_websocket *ws;
    struct gale__websocket_topics *next;
};

static int check_name(const char *topic)
{
    size_t len = topic ? strlen(topic) : 0;

    if (len == 0 || len > GALE__TOPIC_MAX)
        return gale_err(GALE_EINVAL, "a topic's name of %zu bytes", len);
    return 0;
}

/* --- entries ------------------------------------------------------------------------- */

static struct entry *find_entry(struct gale__topics_local *local, gale_str name)
{
    return gale__map_get(&local->topics_by_name, name);
}

static struct entry *entry_new(struct gale__topics_local *local, gale_str name)
{
    struct entry *entry = gale__malloc(sizeof(*entry) + name.len + 1);
    int r;

    if (!entry)
        return NULL;
    *entry = (struct entry){ .local = local, .len = name.len };
    gale__list_init(&entry->nodes);
    memcpy(entry->name, name.ptr, name.len + 1);
    pthread_mutex_lock(&local->topics->lock);
    r = gale__map_set(&local->topics_by_name, (gale_str){ entry->name, entry->len }, entry);
    pthread_mutex_unlock(&local->topics->lock);
    if (r < 0) {
        gale__free(entry);
        return NULL;
    }
    return entry;
}

/* Goes when nobody listens and no delivery needs it. */
static void entry_settle(struct entry *entry)
{
    struct gale__topics_local *local = entry->local;

    if (entry->n || entry->n_deliveries)
        return;
    pthread_mutex_lock(&local->topics->lock);
    gale__map_remove(&local->topics_by_name, (gale_str){ entry->name, entry->len });
    pthread_mutex_unlock(&local->topics->lock);
    (void)gale__topics_changed(local->topics, entry->name);
    gale__free(entry);
    gale__topics_local_settle(local);
}

/* The entry that a new listener goes into; NULL with its failure in *r. */
static struct entry *entry_for(gale_topics *topics, const char *topic, int *r)
{
    struct gale__topics_local *local;
    struct entry *entry;
    gale_str name;

    *r = check_name(topic);
    if (*r < 0)
        return NULL;
    name = (gale_str){ topic, strlen(topic) };
    local = gale__topics_join_loop(topics);
    entry = local ? find_entry(local, name) : NULL;
    if (entry)
        return entry;
    entry = local ? entry_new(local, name) : NULL;
    if (entry && gale__topics_changed(topics, entry->name) < 0) {
        entry_settle(entry);
        entry = NULL;
    }
    if (!entry)
        *r = gale_err(-ENOMEM, "no memory for a subscription to '%s'", topic);
    return entry;
}

static void add_node(struct entry *entry, struct node *node, enum kind kind)
{
    node->entry = entry;
    node->kind = kind;
    gale__list_append(&entry->nodes, &node->link);
    entry->n++;
}

static void remove_node(struct node *node)
{
    struct entry *entry = node->entry;

    gale__list_remove(&node->link);
    entry->n--;
    entry_settle(entry);
}

/* --- delivering ---------------------------------------------------------------------- */

struct delivery {
    struct node place, end; /* markers: what comes next follows place */
    const char *topic;
    gale_str data;
    bool binary;
    gale_prepared_message *prepared; /* made for the first WebSocket */
    int failure;
};

static void send_to(struct delivery *d, gale_websocket *ws)
{
    if (!d->prepared && d->failure >= 0) {
        d->prepared = gale_prepare_message(d->data, d->binary);
        if (!d->prepared)
            d->failure = gale_err(-ENOMEM, "no memory for a message");
    }
    /* One that cannot be sent to is closing, or its slow_policy has dealt with it. */
    if (d->prepared)
        (void)gale_send_prepared(ws, d->prepared);
}

static void call_node(struct delivery *d, struct node *node)
{
    const gale_subscription *s;

    if (node->kind == WEBSOCKET) {
        send_to(d, GALE_CONTAINER_OF(node, struct gale__websocket_topics, node)->ws);
    } else if (node->kind == CALLBACK) {
        s = GALE_CONTAINER_OF(node, gale_subscription, node);
        s->fn(d->topic, d->data, d->binary, s->arg);
    }
}

/* Puts the marker of place behind node. */
static inline void move_behind(struct gale__list *place, struct gale__list *node)
{
    place->prev->next = node;
    node->prev = place->prev;
    place->prev = node;
    place->next = node->next;
    node->next->prev = place;
    node->next = place;
}

static struct gale_websocket *websocket_of(struct gale__list *link)
{
    struct node *node = GALE_CONTAINER_OF(link, struct node, link);

    return node->kind == WEBSOCKET
               ? GALE_CONTAINER_OF(node, struct gale__websocket_topics, node)->ws
               : NULL;
}

static void fetch_stream(const struct gale_iostream *s)
{
    enum { CACHE_LINE = 64 };

    for (size_t at = 0; s && at < sizeof(*s); at += CACHE_LINE)
        __builtin_prefetch((const char *)s + at);
}

/* Thousands of listeners are cold by the time a message gets to them, and three steps lead to what
 * is sent with: each is fetched while those before it are written to. */
static void fetch_ahead(const struct delivery *d, struct gale__list *link)
{
    gale_websocket *ws = NULL;

    for (int ahead = 1; ahead <= 3 && link != &d->end.link; ahead++, link = link->next) {
        if (ahead == 3)
            __builtin_prefetch(link);
        else if ((ws = websocket_of(link)) && ahead == 2)
            __builtin_prefetch(ws);
        else if (ws)
            fetch_stream(gale__websocket_stream(ws));
    }
}

static void call_all(struct delivery *d, struct entry *entry)
{
    struct gale__list *next;

    gale__list_append(&entry->nodes, &d->end.link);
    gale__list_append(entry->nodes.next, &d->place.link); /* in front of the first */
    while ((next = d->place.link.next) != &d->end.link) {
        fetch_ahead(d, next->next);
        move_behind(&d->place.link, next);
        call_node(d, GALE_CONTAINER_OF(next, struct node, link));
    }
    gale__list_remove(&d->place.link);
    gale__list_remove(&d->end.link);
}

int gale__topics_deliver_here(struct gale__topics_local *local, gale_str topic, gale_str data,
                              bool binary)
{
    struct entry *entry = find_entry(local, topic);
    struct delivery d = { .data = data, .binary = binary };
    int n;

    if (!entry)
        return 0;
    n = (int)entry->n;
    d.topic = entry->name;
    entry->n_deliveries++;
    local->n_busy++;
    call_all(&d, entry);
    gale_prepared_message_free(d.prepared);
    local->n_busy--;
    entry->n_deliveries--;
    entry_settle(entry);
    return d.failure < 0 ? d.failure : n;
}

static int publish(gale_topics *topics, const char *topic, gale_str data, bool binary, bool forward)
{
    int r = check_name(topic);
    struct gale__topics_local *here;
    gale_str name;
    int n;

    if (r < 0)
        return r;
    if (!binary && !gale__utf8_valid(data.ptr, data.len))
        return gale_err(GALE_EINVAL, "a text for '%s' that is not UTF-8", topic);
    name = (gale_str){ topic, strlen(topic) };
    here = gale__topics_here(topics);
    r = gale__topics_spread(topics, here, name, data, binary, forward);
    n = here ? gale__topics_deliver_here(here, name, data, binary) : 0;
    return r < 0 ? r : n;
}

int gale_publish(gale_topics *topics, const char *topic, gale_str data, bool binary)
{
    return publish(topics, topic, data, binary, true);
}

int gale_publish_text(gale_topics *topics, const char *topic, const char *text)
{
    return gale_publish(topics, topic, (gale_str){ text, strlen(text) }, false);
}

int gale_topics_deliver(gale_topics *topics, const char *topic, gale_str data, bool binary)
{
    return publish(topics, topic, data, binary, false);
}

size_t gale_topics_subscribers(gale_topics *topics, const char *topic)
{
    struct gale__topics_local *here = gale__topics_here(topics);
    struct entry *entry = here ? find_entry(here, (gale_str){ topic, strlen(topic) }) : NULL;

    return entry ? entry->n : 0;
}

/* --- subscribing --------------------------------------------------------------------- */

gale_subscription *gale_topics_subscribe(gale_topics *topics, const char *topic,
                                         void (*fn)(const char *topic, gale_str data, bool binary,
                                                    void *arg),
                                         void *arg)
{
    gale_subscription *s;
    struct entry *entry;
    int r;

    entry = entry_for(topics, topic, &r);
    if (!entry)
        return NULL;
    s = gale__malloc(sizeof(*s));
    if (!s) {
        entry_settle(entry);
        gale_err(-ENOMEM, "no memory for a subscription to '%s'", topic);
        return NULL;
    }
    s->fn = fn;
    s->arg = arg;
    add_node(entry, &s->node, CALLBACK);
    return s;
}

void gale_subscription_end(gale_subscription **subscription)
{
    gale_subscription *s = *subscription;

    *subscription = NULL;
    if (!s)
        return;
    remove_node(&s->node);
    gale__free(s);
}

/* Where the WebSocket's subscription to that topic hangs; at its end when it has none. */
static struct gale__websocket_topics **find_subscription(struct gale__websocket_topics **at,
                                                         const struct entry *entry)
{
    while (*at && (*at)->node.entry != entry)
        at = &(*at)->next;
    return at;
}

static int subscribe_websocket(struct entry *entry, gale_websocket *ws)
{
    struct gale__websocket_topics **at = gale__websocket_topics_of(ws);
    struct gale__websocket_topics *s;

    if (at) {
        at = find_subscription(at, entry);
        if (*at)
            return 0;
    }
    s = at ? gale__malloc(sizeof(*s)) : NULL;
    if (!s)
        return gale_err(-ENOMEM, "no memory for a subscription to '%s'", entry->name);
    s->ws = ws;
    s->next = NULL;
    *at = s;
    add_node(entry, &s->node, WEBSOCKET);
    return 0;
}

int gale__topics_subscribe_websocket(gale_topics *topics, gale_websocket *ws, const char *topic)
{
    struct entry *entry;
    int r;

    if (gale_websocket_is_closed(ws))
        return gale_err(GALE_ECLOSED, "the WebSocket is closed");
    entry = entry_for(topics, topic, &r);
    if (!entry)
        return r;
    r = subscribe_websocket(entry, ws);
    entry_settle(entry);
    return r;
}

static void end_websocket(struct gale__websocket_topics **at)
{
    struct gale__websocket_topics *s = *at;

    *at = s->next;
    remove_node(&s->node);
    gale__free(s);
}

int gale__topics_unsubscribe_websocket(gale_topics *topics, gale_websocket *ws, const char *topic)
{
    struct gale__topics_local *here = gale__topics_here(topics);
    int r = check_name(topic);
    struct entry *entry;
    struct gale__websocket_topics **at;

    if (r < 0)
        return r;
    entry = here ? find_entry(here, (gale_str){ topic, strlen(topic) }) : NULL;
    at = entry ? gale__websocket_topics_of(ws) : NULL;
    if (at)
        at = find_subscription(at, entry);
    if (!at || !*at)
        return gale_err(GALE_ENOTFOUND, "no subscription to '%s'", topic);
    end_websocket(at);
    return 0;
}

void gale__topics_end_websocket(struct gale__websocket_topics **subscriptions)
{
    while (*subscriptions)
        end_websocket(subscriptions);
}
