/* topics_loops.c - a set of topics over the loops of a process, and its backplane. See topics.h. */
/* SPDX-License-Identifier: MIT */
#include "http/topics.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "ioloop/io.h"

/* --- messages to other loops --------------------------------------------------------- */

static struct gale__topics_copy *copy_new(gale_str topic, gale_str data, bool binary)
{
    struct gale__topics_copy *copy = NULL;

    if (data.len < SIZE_MAX / 2)
        copy = gale__malloc(sizeof(*copy) + topic.len + data.len + 2);
    if (!copy)
        return NULL;
    copy->refs = 1;
    copy->binary = binary;
    copy->topic_len = topic.len;
    copy->size = data.len;
    memcpy(copy->bytes, topic.ptr, topic.len);
    copy->bytes[topic.len] = 0;
    if (data.len)
        memcpy(copy->bytes + topic.len + 1, data.ptr, data.len);
    copy->bytes[topic.len + 1 + data.len] = 0;
    return copy;
}

static void copy_unref(struct gale__topics_copy *copy)
{
    if (copy && __atomic_sub_fetch(&copy->refs, 1, __ATOMIC_ACQ_REL) == 0)
        gale__free(copy);
}

static gale_str copy_topic(const struct gale__topics_copy *copy)
{
    return (gale_str){ copy->bytes, copy->topic_len };
}

static gale_str copy_data(const struct gale__topics_copy *copy)
{
    return (gale_str){ copy->bytes + copy->topic_len + 1, copy->size };
}

static void free_posts(struct gale__topics_post *post)
{
    while (post) {
        struct gale__topics_post *next = post->next;

        copy_unref(post->copy);
        gale__free(post);
        post = next;
    }
}

static struct gale__topics_post *take_inbox(struct gale__topics_local *local)
{
    struct gale__topics_post *first = local->first;

    local->first = NULL;
    local->last = &local->first;
    return first;
}

void gale__topics_inbox_drop(struct gale__topics_local *local)
{
    struct gale__topics_post *posts;

    pthread_mutex_lock(&local->topics->lock);
    posts = take_inbox(local);
    pthread_mutex_unlock(&local->topics->lock);
    free_posts(posts);
}

/* Whether the process listens to a topic; with the lock. */
static bool is_wanted(const gale_topics *topics, gale_str name)
{
    for (struct gale__list *at = topics->locals.next; at != &topics->locals; at = at->next) {
        struct gale__topics_local *local = GALE_CONTAINER_OF(at, struct gale__topics_local, link);

        if (gale__map_get(&local->topics_by_name, name))
            return true;
    }
    return false;
}

static bool has_backplane(gale_topics *topics, const struct gale__topics_local *local)
{
    bool has;

    pthread_mutex_lock(&topics->lock);
    has = local && topics->backplane_local == local;
    pthread_mutex_unlock(&topics->lock);
    return has;
}

/* --- the backplane, on its loop ------------------------------------------------------- */

static void announce(gale_topics *topics, gale_str name)
{
    char *own = gale__strndup(name.ptr, name.len);

    if (!own || gale__map_set(&topics->announced, (gale_str){ own, name.len }, own) < 0) {
        gale__free(own);
        return;
    }
    if (topics->backplane.subscribe)
        topics->backplane.subscribe(topics->backplane.arg, own);
}

static void renounce(gale_topics *topics, gale_str name)
{
    char *own = gale__map_remove(&topics->announced, name);

    if (topics->backplane.unsubscribe)
        topics->backplane.unsubscribe(topics->backplane.arg, own);
    gale__free(own);
}

/* Tells the backplane how it is now, whatever happened in between. */
static void tell_backplane(gale_topics *topics, gale_str name)
{
    bool is_announced = gale__map_get(&topics->announced, name) != NULL;
    bool wanted;

    pthread_mutex_lock(&topics->lock);
    wanted = is_wanted(topics, name);
    pthread_mutex_unlock(&topics->lock);
    if (wanted && !is_announced)
        announce(topics, name);
    else if (!wanted && is_announced)
        renounce(topics, name);
}

static void forward(gale_topics *topics, const char *topic, gale_str data, bool binary)
{
    if (topics->backplane.publish)
        topics->backplane.publish(topics->backplane.arg, topic, data, binary);
}

void gale__topics_end_backplane(gale_topics *topics)
{
    gale_backplane old = topics->backplane;
    const struct gale__map_slot *slot;
    size_t i = 0;

    pthread_mutex_lock(&topics->lock);
    topics->backplane_local = NULL;
    pthread_mutex_unlock(&topics->lock);
    topics->backplane = (gale_backplane){ 0 };
    while ((slot = gale__map_next(&topics->announced, &i)))
        gale__free(slot->value);
    gale__map_deinit(&topics->announced);
    if (old.end)
        old.end(old.arg);
}

/* --- errands ------------------------------------------------------------------------- */

static void run_errand(struct gale__topics_local *local, const struct gale__topics_post *post)
{
    gale_topics *topics = local->topics;

    switch (post->errand) {
    case GALE__TOPICS_DELIVER:
        (void)gale__topics_deliver_here(local, copy_topic(post->copy), copy_data(post->copy),
                                        post->copy->binary);
        break;
    case GALE__TOPICS_FORWARD:
        if (has_backplane(topics, local))
            forward(topics, post->copy->bytes, copy_data(post->copy), post->copy->binary);
        break;
    case GALE__TOPICS_CHANGED:
        if (has_backplane(topics, local))
            tell_backplane(topics, copy_topic(post->copy));
        break;
    case GALE__TOPICS_END:
        if (has_backplane(topics, local))
            gale__topics_end_backplane(topics);
        break;
    }
}

/* A loop's callback: others left something. */
static void read_inbox(void *arg)
{
    struct gale__topics_local *local = arg;
    struct gale__topics_post *posts;

    pthread_mutex_lock(&local->topics->lock);
    local->is_scheduled = false;
    posts = take_inbox(local);
    pthread_mutex_unlock(&local->topics->lock);
    local->n_busy++;
    for (const struct gale__topics_post *post = posts; post; post = post->next)
        run_errand(local, post);
    local->n_busy--;
    free_posts(posts);
    gale__topics_local_settle(local);
}

int gale__topics_leave(struct gale__topics_local *local, enum gale__topics_errand errand,
                       struct gale__topics_copy *copy)
{
    struct gale__topics_post *post = gale__malloc(sizeof(*post));

    if (!post)
        return -ENOMEM;
    if (copy)
        __atomic_add_fetch(&copy->refs, 1, __ATOMIC_RELAXED);
    *post = (struct gale__topics_post){ .errand = errand, .copy = copy };
    *local->last = post;
    local->last = &post->next;
    /* When there is no memory to say so, it is found together with the next one. */
    if (!local->is_scheduled)
        local->is_scheduled = gale_ioloop_add_callback(local->loop, read_inbox, local) >= 0;
    return 0;
}

/* What a publication leaves with other loops; the copy is made for the first. */
struct spread {
    struct gale__topics_copy *copy;
    gale_str topic, data;
    bool binary;
    int failure;
};

static void leave_copy(struct spread *s, struct gale__topics_local *local,
                       enum gale__topics_errand errand)
{
    if (!s->copy)
        s->copy = copy_new(s->topic, s->data, s->binary);
    if (!s->copy || gale__topics_leave(local, errand, s->copy) < 0)
        s->failure = -ENOMEM;
}

static void leave_with_all(gale_topics *topics, struct spread *s,
                           const struct gale__topics_local *here, bool to_backplane)
{
    for (struct gale__list *at = topics->locals.next; at != &topics->locals; at = at->next) {
        struct gale__topics_local *local = GALE_CONTAINER_OF(at, struct gale__topics_local, link);

        if (local != here && gale__map_get(&local->topics_by_name, s->topic))
            leave_copy(s, local, GALE__TOPICS_DELIVER);
    }
    if (to_backplane)
        leave_copy(s, topics->backplane_local, GALE__TOPICS_FORWARD);
}

int gale__topics_spread(gale_topics *topics, struct gale__topics_local *here, gale_str topic,
                        gale_str data, bool binary, bool to_backplane)
{
    struct spread s = { .topic = topic, .data = data, .binary = binary };
    struct gale__topics_local *with;

    pthread_mutex_lock(&topics->lock);
    with = to_backplane ? topics->backplane_local : NULL;
    leave_with_all(topics, &s, here, with && with != here);
    pthread_mutex_unlock(&topics->lock);
    copy_unref(s.copy);
    if (with && with == here)
        forward(topics, topic.ptr, data, binary);
    return s.failure < 0 ? gale_err(s.failure, "no memory for a message to other loops") : 0;
}

int gale__topics_changed(gale_topics *topics, const char *name)
{
    struct gale__topics_local *here = gale__topics_here(topics);
    struct spread s = { .topic = { name, strlen(name) } };
    struct gale__topics_local *with;

    pthread_mutex_lock(&topics->lock);
    with = topics->backplane_local;
    if (with && with != here)
        leave_copy(&s, with, GALE__TOPICS_CHANGED);
    pthread_mutex_unlock(&topics->lock);
    copy_unref(s.copy);
    if (with && with == here)
        tell_backplane(topics, s.topic);
    return s.failure;
}

/* --- the set and its loops ------------------------------------------------------------ */

gale_topics *gale_topics_new(void)
{
    gale_topics *topics = gale__calloc(1, sizeof(*topics));

    if (!topics) {
        gale_err(-ENOMEM, "no memory for topics");
        return NULL;
    }
    pthread_mutex_init(&topics->lock, NULL);
    topics->refs = 1;
    gale__list_init(&topics->locals);
    return topics;
}

static void unref(gale_topics *topics)
{
    bool last;

    pthread_mutex_lock(&topics->lock);
    last = --topics->refs == 0;
    pthread_mutex_unlock(&topics->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&topics->lock);
    gale__free(topics);
}

static bool is_needed(struct gale__topics_local *local)
{
    if (local->topics_by_name.n || local->n_busy)
        return true;
    return !local->is_closed && (!local->topics->is_freed || local->is_scheduled);
}

void gale__topics_local_settle(struct gale__topics_local *local)
{
    gale_topics *topics = local->topics;
    bool needed;

    pthread_mutex_lock(&topics->lock);
    needed = is_needed(local);
    if (!needed)
        gale__list_remove(&local->link);
    pthread_mutex_unlock(&topics->lock);
    if (needed)
        return;
    gale__topics_inbox_drop(local);
    gale__list_remove(&local->owned.link);
    gale__map_deinit(&local->topics_by_name);
    gale__free(local);
    unref(topics);
}

/* The loop ends: nobody leaves anything with it any more. */
static void on_loop_end(struct gale__ioloop_owned *owned)
{
    struct gale__topics_local *local = GALE_CONTAINER_OF(owned, struct gale__topics_local, owned);
    gale_topics *topics = local->topics;

    local->n_busy++;
    pthread_mutex_lock(&topics->lock);
    local->is_closed = true;
    gale__list_remove(&local->link);
    pthread_mutex_unlock(&topics->lock);
    gale__topics_inbox_drop(local);
    if (has_backplane(topics, local))
        gale__topics_end_backplane(topics);
    local->n_busy--;
    gale__topics_local_settle(local);
}

struct gale__topics_local *gale__topics_here(gale_topics *topics)
{
    gale_ioloop *loop = gale__ioloop_peek();
    struct gale__topics_local *found = NULL;

    pthread_mutex_lock(&topics->lock);
    for (struct gale__list *at = topics->locals.next; !found && at != &topics->locals;
         at = at->next) {
        struct gale__topics_local *local = GALE_CONTAINER_OF(at, struct gale__topics_local, link);

        if (local->loop == loop)
            found = local;
    }
    pthread_mutex_unlock(&topics->lock);
    return found;
}

struct gale__topics_local *gale__topics_join_loop(gale_topics *topics)
{
    struct gale__topics_local *local = gale__topics_here(topics);
    gale_ioloop *loop = gale_ioloop_current();

    if (local || !loop)
        return local;
    local = gale__calloc(1, sizeof(*local));
    if (!local)
        return NULL;
    local->topics = topics;
    local->loop = loop;
    local->last = &local->first;
    local->owned.close = on_loop_end;
    gale__ioloop_own(loop, &local->owned);
    pthread_mutex_lock(&topics->lock);
    topics->refs++;
    gale__list_append(&topics->locals, &local->link);
    pthread_mutex_unlock(&topics->lock);
    return local;
}

void gale_topics_free(gale_topics *topics)
{
    struct gale__topics_local *here;
    struct gale__list *at;

    if (!topics)
        return;
    here = gale__topics_here(topics);
    if (has_backplane(topics, here))
        gale__topics_end_backplane(topics);
    pthread_mutex_lock(&topics->lock);
    topics->is_freed = true;
    for (at = topics->locals.next; at != &topics->locals; at = at->next) {
        struct gale__topics_local *local = GALE_CONTAINER_OF(at, struct gale__topics_local, link);

        if (local != here) /* without memory it goes when its loop ends */
            (void)gale__topics_leave(local, GALE__TOPICS_END, NULL);
    }
    pthread_mutex_unlock(&topics->lock);
    if (here)
        gale__topics_local_settle(here);
    unref(topics);
}

/* --- the backplane is set -------------------------------------------------------------- */

/* The names that any loop has, one after the other with NULs; NULL: no memory. */
static char *all_names(gale_topics *topics, size_t *size)
{
    size_t room = 1, n = 0;
    char *names;

    for (struct gale__list *at = topics->locals.next; at != &topics->locals; at = at->next)
        room += GALE_CONTAINER_OF(at, struct gale__topics_local, link)->topics_by_name.n *
                (GALE__TOPIC_MAX + 1);
    names = gale__malloc(room);
    for (struct gale__list *at = topics->locals.next; names && at != &topics->locals;
         at = at->next) {
        struct gale__topics_local *local = GALE_CONTAINER_OF(at, struct gale__topics_local, link);
        const struct gale__map_slot *slot;
        size_t i = 0;

        while ((slot = gale__map_next(&local->topics_by_name, &i))) {
            memcpy(names + n, slot->key.ptr, slot->key.len + 1);
            n += slot->key.len + 1;
        }
    }
    *size = n;
    return names;
}

static int put_backplane(gale_topics *topics, struct gale__topics_local *local,
                         const gale_backplane *backplane)
{
    size_t size;
    char *names;

    pthread_mutex_lock(&topics->lock);
    names = all_names(topics, &size);
    if (names) {
        topics->backplane = *backplane;
        topics->backplane_local = local;
    }
    pthread_mutex_unlock(&topics->lock);
    if (!names)
        return -ENOMEM;
    for (const char *name = names; name < names + size; name += strlen(name) + 1)
        tell_backplane(topics, (gale_str){ name, strlen(name) });
    gale__free(names);
    return 0;
}

static bool has_other_backplane(gale_topics *topics, const struct gale__topics_local *here)
{
    bool has;

    pthread_mutex_lock(&topics->lock);
    has = topics->backplane_local && topics->backplane_local != here;
    pthread_mutex_unlock(&topics->lock);
    return has;
}

int gale_topics_set_backplane(gale_topics *topics, const gale_backplane *backplane)
{
    struct gale__topics_local *here = gale__topics_join_loop(topics);
    int r = -ENOMEM;

    if (here && has_other_backplane(topics, here))
        return gale_err(GALE_ESTATE, "the backplane belongs to another loop");
    if (has_backplane(topics, here))
        gale__topics_end_backplane(topics);
    if (here)
        r = backplane ? put_backplane(topics, here, backplane) : 0;
    return r < 0 ? gale_err(r, "no memory for a backplane") : 0;
}
