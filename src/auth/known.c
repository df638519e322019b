/* known.c - what a provider has told of itself, fetched no more often than needed. See known.h. */
/* SPDX-License-Identifier: MIT */
#include "auth/known.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/json.h>
#include <gale/locks.h>
#include <gale/log.h>

#include "auth/provider.h"
#include "base/alloc.h"
#include "base/clock.h"

#define SECONDS(n) ((int64_t)(n)*1000000000)
enum { KEPT = 3600, PAUSE = 10, TEXT = 256 };

enum kind { DOCUMENT, KEYS, N_KINDS };

/* A fetch under way on a loop. */
struct fetch {
    struct fetch *next;
    gale_ioloop *loop;
    pid_t pid; /* a child process does not wait for its parent's */
    enum kind kind;
    unsigned refs; /* of that loop's coroutines alone */
    gale_event done;
    int code; /* how it ended, and why */
    gale_auth_reason reason;
    char text[TEXT];
};

/* Times are nanoseconds of the monotonic clock; 0: never. */
struct slot {
    int64_t got_at, tried_at;
    int64_t missed_at; /* last fetched because a key was missing */
};

struct gale__auth_known {
    pthread_mutex_t lock; /* of all that follows */
    struct slot slots[N_KINDS];
    json_t *document;
    gale_jwks *keys;
    struct fetch *fetches;
};

/* What is asked for, and what came. */
struct wanted {
    enum kind kind;
    const char *url; /* of keys */
    bool is_missing;
    bool was_fetched;
    json_t *document; /* a reference */
    gale_jwks *keys;  /* a reference */
};

struct gale__auth_known *gale__auth_known_new(void)
{
    struct gale__auth_known *known = gale__calloc(1, sizeof(*known));

    if (known && pthread_mutex_init(&known->lock, NULL)) {
        gale__free(known);
        return NULL;
    }
    return known;
}

void gale__auth_known_free(struct gale__auth_known *known)
{
    if (!known)
        return;
    json_decref(known->document);
    gale_jwks_unref(known->keys);
    pthread_mutex_destroy(&known->lock);
    gale__free(known);
}

/* Takes what is there, under the lock. */
static bool take(struct gale__auth_known *known, struct wanted *w)
{
    if (w->kind == DOCUMENT)
        return (w->document = json_incref(known->document)) != NULL;
    w->keys = known->keys ? gale_jwks_ref(known->keys) : NULL;
    return w->keys != NULL;
}

static bool is_within(int64_t since, int64_t now, int64_t seconds)
{
    return since && now - since < SECONDS(seconds);
}

/* Whether what is there will do without a fetch. */
static bool will_do(const struct slot *slot, const struct wanted *w, int64_t now)
{
    if (w->is_missing)
        return is_within(slot->missed_at, now, PAUSE);
    return is_within(slot->got_at, now, KEPT) || is_within(slot->tried_at, now, PAUSE);
}

static bool take_fresh(struct gale__auth_known *known, struct wanted *w)
{
    bool done;

    pthread_mutex_lock(&known->lock);
    done = will_do(&known->slots[w->kind], w, gale__clock_ns()) && take(known, w);
    pthread_mutex_unlock(&known->lock);
    return done;
}

static bool take_stale(struct gale__auth_known *known, struct wanted *w)
{
    bool done;

    pthread_mutex_lock(&known->lock);
    done = take(known, w);
    pthread_mutex_unlock(&known->lock);
    return done;
}

/* --- one fetch at a time ---------------------------------------------------------- */

/* The one of this loop with a reference, or a new one: *is_mine. NULL: no memory. */
static struct fetch *join(struct gale__auth_known *known, enum kind kind, bool *is_mine)
{
    gale_ioloop *loop = gale_ioloop_current();
    pid_t pid = getpid();
    struct fetch *f;

    pthread_mutex_lock(&known->lock);
    for (f = known->fetches; f; f = f->next)
        if (f->loop == loop && f->kind == kind && f->pid == pid)
            break;
    *is_mine = !f;
    if (!f && (f = gale__calloc(1, sizeof(*f)))) {
        *f = (struct fetch){ .next = known->fetches, .loop = loop, .pid = pid, .kind = kind };
        known->fetches = f;
    }
    if (f)
        f->refs++;
    pthread_mutex_unlock(&known->lock);
    return f;
}

static void unref(struct fetch *f)
{
    if (--f->refs == 0)
        gale__free(f);
}

static void store(struct gale__auth_known *known, struct wanted *w)
{
    struct slot *slot = &known->slots[w->kind];

    slot->got_at = gale__clock_ns();
    if (w->kind == DOCUMENT) {
        json_decref(known->document);
        known->document = json_incref(w->document);
    } else {
        gale_jwks_unref(known->keys);
        known->keys = gale_jwks_ref(w->keys);
    }
}

/* Ends a fetch: those who wait are told. */
static void finish(struct gale__auth_call *call, struct fetch *f, struct wanted *w, int r)
{
    struct gale__auth_known *known = call->provider->known;

    pthread_mutex_lock(&known->lock);
    for (struct fetch **at = &known->fetches; *at; at = &(*at)->next)
        if (*at == f) {
            *at = f->next;
            break;
        }
    known->slots[w->kind].tried_at = gale__clock_ns();
    if (w->is_missing)
        known->slots[w->kind].missed_at = known->slots[w->kind].tried_at;
    if (r >= 0)
        store(known, w);
    pthread_mutex_unlock(&known->lock);
    f->code = r < 0 ? r : 0;
    f->reason = call->failed.reason;
    snprintf(f->text, sizeof(f->text), "%s", call->failed.text ? call->failed.text : "");
    gale_event_set(&f->done);
}

static int fetch_now(struct gale__auth_call *call, struct fetch *f, struct wanted *w)
{
    int r = w->kind == DOCUMENT ? gale__auth_fetch_document(call, &w->document)
                                : gale__auth_fetch_keys(call, w->url, &w->keys);

    w->was_fetched = r >= 0;
    finish(call, f, w, r);
    return r;
}

/* Another one's fetch: shares how it ends. 1: that was cancelled. */
static int wait_for(struct gale__auth_call *call, const struct fetch *f, struct wanted *w)
{
    int r = gale_event_wait((gale_event *)&f->done, GALE_FOREVER);

    if (r < 0)
        return r == GALE_ECANCELED ? r : gale__auth_internal(call, r);
    if (f->code == GALE_ECANCELED)
        return 1;
    if (f->code < 0)
        return gale__auth_fail_code(call, f->reason, f->code, "%s", f->text);
    w->was_fetched = true;
    if (!take_stale(call->provider->known, w))
        return 1;
    return 0;
}

/* Fetches, or waits for who does. 1: try again. */
static int fetch(struct gale__auth_call *call, struct wanted *w)
{
    bool is_mine;
    struct fetch *f = join(call->provider->known, w->kind, &is_mine);
    int r;

    if (!f)
        return gale__auth_internal(call, gale_err(-ENOMEM, "no memory to ask a provider"));
    r = is_mine ? fetch_now(call, f, w) : wait_for(call, f, w);
    unref(f);
    return r;
}

static int get(struct gale__auth_call *call, struct wanted *w)
{
    struct gale__auth_known *known = call->provider->known;
    int r;

    do {
        if (take_fresh(known, w))
            return 0;
        r = fetch(call, w);
    } while (r == 1);
    if (r >= 0 || r == GALE_ECANCELED || !take_stale(known, w))
        return r;
    gale_log(&gale_log_general, GALE_LOG_WARNING, "login with %s: %s; what was known is used on",
             call->provider->o.name, call->failed.text);
    call->failed = (gale_auth_failed){ 0 };
    return 0;
}

/* --- for the rest of src/auth ----------------------------------------------------- */

static bool needs_document(const gale_auth_options *o)
{
    return o->protocol == GALE_OPENID_CONNECT && !(o->authorize_url && o->token_url && o->jwks_url);
}

int gale__auth_places(struct gale__auth_call *call, struct gale__auth_places *out)
{
    const gale_auth_options *o = &call->provider->o;
    struct wanted w = { .kind = DOCUMENT };
    int r = needs_document(o) ? get(call, &w) : 0;

    if (r >= 0)
        r = gale__auth_own_json(call, w.document);
    if (r < 0)
        return r;
    gale__auth_read_document(o, w.document, out);
    return 0;
}

static void drop_keys(void *keys)
{
    gale_jwks_unref(keys);
}

int gale__auth_keys(struct gale__auth_call *call, const char *jwks_url, bool is_missing,
                    gale_jwks **keys)
{
    struct wanted w = { .kind = KEYS, .url = jwks_url, .is_missing = is_missing };
    int r = get(call, &w);

    if (r < 0)
        return r;
    if (gale__arena_defer(call->arena, drop_keys, w.keys) < 0) {
        gale_jwks_unref(w.keys);
        return gale__auth_internal(call, gale_err(-ENOMEM, "no memory for keys"));
    }
    *keys = w.keys;
    return w.was_fetched;
}
