/* client_pool.c - whose turn it is, and the connections that are kept.
 *
 * A fetch first takes a place of its origin, then one of its client; whoever finds none waits in
 * line, and a place that is given up goes straight to the first who waits. A fetch that has the
 * client's place gives it up before it waits for another origin's, so that none waits for what
 * another holds who waits for it. Kept connections are taken the last used first, after a look
 * at them; one timer of the client closes those kept too long.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/alloc.h"
#include "base/str.h"
#include "gen/co.h"
#include "http/client_fetch.h"
#include "ioloop/look.h"
#include "net/tls.h"

enum { KEY_MAX = 64 * 1024 };

/* --- origins --- */

static struct gale__client_host *new_host(gale_http_client *client, gale_str key)
{
    struct gale__client_host *host = gale__calloc(1, sizeof(*host) + key.len);

    if (!host)
        return NULL;
    memcpy(host + 1, key.ptr, key.len);
    host->client = client;
    host->key = (gale_str){ (const char *)(host + 1), key.len };
    gale__list_init(&host->idle);
    gale__list_init(&host->queued);
    if (gale__map_set(&client->hosts, host->key, host) >= 0)
        return host;
    gale__free(host);
    return NULL;
}

static int find_host(struct gale__fetch *f)
{
    gale_http_client *client = f->client;
    int r = 0;

    gale__buf_reset(&client->key);
    gale__fetch_write_key(f, &client->key);
    if (client->key.error)
        return client->key.error;
    f->host = gale__map_get(&client->hosts, gale__buf_str(&client->key));
    if (!f->host)
        f->host = new_host(client, gale__buf_str(&client->key));
    if (!f->host)
        r = -ENOMEM;
    return r;
}

static void drop_host_if_unused(struct gale__client_host *host)
{
    if (host->n_taken || host->n_idle || !gale__list_empty(&host->queued))
        return;
    gale__map_remove(&host->client->hosts, host->key);
    gale__free(host);
}

/* --- places --- */

/* To the first who still waits, or to nobody. */
static void pass_on(struct gale__list *queued, int *n_taken)
{
    struct gale__list *node = queued->next;

    while (node != queued) {
        struct gale__client_place *place = GALE_CONTAINER_OF(node, struct gale__client_place, link);

        node = node->next;
        if (!gale__co_is_parked(place->co))
            continue; /* cancelled, and about to leave the line */
        gale__list_remove(&place->link);
        place->granted = true;
        gale__co_wake(place->co, 0);
        return;
    }
    --*n_taken;
}

static int queue_is_full(const gale_http_client *client)
{
    int64_t max = client->options.max_queue;

    if (max <= 0 || client->stats.queued < (uint64_t)max)
        return 0;
    return gale_err(GALE_ETOOBIG, "%lld fetches are queued already", (long long)max);
}

/* Waits. A place of those that *n_taken counts, of which there are max. */
static int take_place(struct gale__fetch *f, struct gale__list *queued, int *n_taken, int max)
{
    struct gale__client_place place = { .co = gale__co_current() };
    int r;

    if (*n_taken < max && gale__list_empty(queued)) {
        ++*n_taken;
        return 0;
    }
    r = queue_is_full(f->client);
    if (r < 0)
        return r;
    gale__list_append(queued, &place.link);
    f->place = &place;
    f->client->stats.queued++;
    r = gale__co_park("gale_fetch");
    f->client->stats.queued--;
    f->place = NULL;
    gale__list_remove(&place.link);
    if (place.granted && (r < 0 || f->ended))
        pass_on(queued, n_taken);
    if (r < 0)
        return r;
    return f->ended ? GALE_ECLOSED : 0;
}

static int take_host_place(struct gale__fetch *f)
{
    struct gale__client_host *host = f->host;
    int r;

    if (f->has_place && host->n_taken >= f->client->options.max_per_host)
        gale__client_leave(f);
    r = take_place(f, &host->queued, &host->n_taken, f->client->options.max_per_host);
    if (r < 0) {
        f->host = NULL;
        drop_host_if_unused(host);
    }
    return r;
}

int gale__client_enter(struct gale__fetch *f)
{
    gale_http_client *client = f->client;
    int r;

    if (!client)
        return 0;
    r = client->closed ? gale_err(GALE_ECLOSED, "the client was closed") : find_host(f);
    if (r >= 0)
        r = take_host_place(f);
    if (r < 0 || f->has_place)
        return r;
    r = take_place(f, &client->queued, &client->n_taken, client->options.max_clients);
    if (r >= 0)
        f->has_place = true;
    return r;
}

void gale__client_leave(struct gale__fetch *f)
{
    if (!f->has_place)
        return;
    f->has_place = false;
    pass_on(&f->client->queued, &f->client->n_taken);
}

/* --- kept connections --- */

static void unlink_idle(struct gale__client_conn *conn)
{
    gale__list_remove(&conn->host_link);
    gale__list_remove(&conn->idle_link);
    conn->host->n_idle--;
    conn->host->client->stats.idle--;
}

static void drop_idle(struct gale__client_conn *conn)
{
    struct gale__client_host *host = conn->host;

    unlink_idle(conn);
    gale__client_conn_free(conn);
    drop_host_if_unused(host);
}

static struct gale__client_conn *longest_kept(const gale_http_client *client)
{
    struct gale__list *first = gale__list_first(&client->idle);

    return first ? GALE_CONTAINER_OF(first, struct gale__client_conn, idle_link) : NULL;
}

/* The one timer of all kept connections: due when the longest kept was to expire as it was set. */
static void expire(void *arg)
{
    gale_http_client *client = arg;
    int64_t now = gale__ioloop_now_ns(client->loop);
    struct gale__client_conn *conn;

    client->idle_timer = 0;
    while ((conn = longest_kept(client)) && conn->expires_ns <= now)
        drop_idle(conn);
    if (conn)
        client->idle_timer = gale__ioloop_timer(client->loop, conn->expires_ns, expire, client);
}

/* Whether anything came that the loop, busy until now, has not seen: then it is no use. */
static bool has_input(const struct gale__client_conn *conn)
{
    gale_iostream *s = conn->stream;

    if (gale__stream_is_tls(s))
        return gale__tls_has_input(s);
    return !s->transport && gale__io_has_input(&s->io);
}

static bool is_alive(struct gale__client_conn *conn, int64_t now)
{
    return conn->expires_ns > now && gale__client_conn_wake(conn) && !has_input(conn);
}

struct gale__client_conn *gale__client_take_kept(struct gale__fetch *f)
{
    struct gale__list *first;

    while (f->host && !f->fresh_only && (first = gale__list_first(&f->host->idle))) {
        struct gale__client_conn *conn = GALE_CONTAINER_OF(first, struct gale__client_conn,
                                                           host_link);

        unlink_idle(conn);
        if (is_alive(conn, f->phase_ns)) {
            f->client->stats.reused++;
            return conn;
        }
        gale__client_conn_free(conn);
    }
    return NULL;
}

static void keep(struct gale__client_host *host, struct gale__client_conn *conn)
{
    gale_http_client *client = host->client;

    conn->host = host;
    conn->expires_ns = gale__ioloop_now_ns(client->loop) +
                       (int64_t)(client->options.idle_timeout * 1e9);
    /* Behind the head: the last used first. */
    conn->host_link.prev = &host->idle;
    conn->host_link.next = host->idle.next;
    host->idle.next->prev = &conn->host_link;
    host->idle.next = &conn->host_link;
    gale__list_append(&client->idle, &conn->idle_link);
    host->n_idle++;
    client->stats.idle++;
    gale__client_conn_rest(conn, drop_idle);
    if (!client->idle_timer)
        client->idle_timer = gale__ioloop_timer(client->loop, conn->expires_ns, expire, client);
}

static bool is_kept(const struct gale__fetch *f)
{
    return f->host && !f->client->closed && f->client->options.max_idle > 0 &&
           f->request.no_keep_alive != GALE_ON && gale__client_conn_is_reusable(f->conn);
}

void gale__client_leave_host(struct gale__fetch *f, bool reusable)
{
    struct gale__client_host *host = f->host;
    gale_http_client *client;

    if (f->conn && reusable && is_kept(f))
        keep(host, f->conn);
    else
        gale__client_conn_free(f->conn);
    f->conn = NULL;
    f->host = NULL;
    if (!host)
        return;
    client = host->client;
    pass_on(&host->queued, &host->n_taken);
    drop_host_if_unused(host);
    while (client->stats.idle > (uint64_t)client->options.max_idle)
        drop_idle(longest_kept(client));
}

/* --- the end --- */

static void end_queue(struct gale__list *queued)
{
    struct gale__list *node = queued->next;

    while (node != queued) {
        struct gale__client_place *place = GALE_CONTAINER_OF(node, struct gale__client_place, link);

        node = node->next;
        if (gale__co_is_parked(place->co))
            gale__co_wake(place->co, GALE_ECLOSED);
    }
}

void gale__client_close(gale_http_client *client)
{
    const struct gale__map_slot *slot;
    struct gale__client_conn *conn;
    size_t i = 0;

    client->closed = true;
    while ((conn = longest_kept(client)))
        drop_idle(conn);
    if (client->idle_timer)
        gale_ioloop_remove_timeout(client->loop, client->idle_timer);
    client->idle_timer = 0;
    end_queue(&client->queued);
    while ((slot = gale__map_next(&client->hosts, &i)))
        end_queue(&((struct gale__client_host *)slot->value)->queued);
    for (struct gale__list *node = client->fetches.next; node != &client->fetches;
         node = node->next) {
        struct gale__fetch *f = GALE_CONTAINER_OF(node, struct gale__fetch, link);

        f->ended = true;
        if (f->connecting)
            gale_cancel(f->connecting);
        if (f->conn)
            gale_iostream_close(&f->conn->stream);
    }
}
