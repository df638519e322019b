/* client_fetch.h - a fetch under way and the client it belongs to, for the files of the client.
 *
 * A fetch is hops: each asks one server for one thing on one connection, kept or new. fetch.c
 * is the whole, client_hop.c one hop, client_pool.c whose turn it is and the kept connections,
 * client_connect.c how to get a new one, client_answer.c what comes, client_redirect.c where to
 * next. What options add to a hop is declared in client_options.h and called from here.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_CLIENT_FETCH_H
#define GALE_HTTP_CLIENT_FETCH_H

#include <gale/gen.h>

#include "base/list.h"
#include "base/map.h"
#include "http/client.h"
#include "http/client_conn.h"
#include "ioloop/io.h"

struct gale__fetch;
struct gale__client_kept_tls;
struct gale__client_environment;

/* An origin seen with one identity: who fetches from it, and what is kept. Lives while anything
 * of that is there. */
struct gale__client_host {
    gale_http_client *client;
    gale_str key;             /* behind this struct */
    struct gale__list idle;   /* gale__client_conn.host_link, the last used first */
    struct gale__list queued; /* gale__client_place.link */
    int n_idle, n_taken;      /* connections kept; places of fetches */
};

struct gale_http_client {
    gale_ioloop *loop;
    gale_http_client_options options; /* with their defaults; pointers are ours or borrowed */
    struct gale__ioloop_owned owned;  /* by the loop, until closed */
    struct gale__arena arena;         /* of the options' copies */
    struct gale__map hosts;
    struct gale__buf key;              /* of the origin that is looked for */
    struct gale__list idle;            /* gale__client_conn.idle_link, the longest kept first */
    struct gale__list queued;          /* gale__client_place.link */
    struct gale__list fetches;         /* gale__fetch.link */
    gale_timeout idle_timer;           /* 0: none */
    gale_resolver *mapping;            /* of hostname_mapping; NULL: none */
    struct gale__client_kept_tls *tls; /* contexts made for requests' options */
    struct gale__client_environment *environment; /* client_proxy.c's, NULL: none */
    int n_taken;                                  /* places of fetches */
    int refs;                                     /* the owner's and the fetches' */
    bool closed, is_default, used;
    gale_http_client_stats stats;
};

/* The proxy of a hop. Texts live as long as the fetch. */
struct gale__client_proxy {
    gale_str host; /* len 0: none */
    int port;
    const char *username, *password; /* NULL: none */
    int auth_mode;
};

struct gale__fetch {
    const struct gale__fetch_hooks *hooks;
    gale_http_client *client;  /* NULL with hooks that open connections */
    struct gale__list link;    /* of the client's */
    struct gale__arena *arena; /* of the answer, and of all that lives as long as the fetch */
    gale_http_request request; /* with its defaults; client_options.h may change it first */
    struct gale__outgoing out;
    const char *url;                  /* of the present hop; userinfo taken off */
    struct gale__client_proxy proxy;  /* of the present hop */
    struct gale__client_auth *auth;   /* client_auth.c's own, NULL at first */
    struct gale__client_conn *conn;   /* NULL: none */
    struct gale__client_host *host;   /* whose place is held; NULL: none */
    gale_future *connecting;          /* what is cancelled when the client is freed */
    struct gale__client_place *place; /* waits in a queue */
    gale_http_response *response;     /* of the present hop */
    gale_http_phase phase;
    int64_t started_ns, phase_ns; /* when it and the phase began */
    int64_t last_hop_ns, hop_ns;  /* the hop; and behind its queue */
    int64_t times[GALE_N_PHASES];
    double start_time;
    int redirects_left, redirects;
    bool has_place;  /* one of the client's */
    bool ended;      /* by gale_http_client_free() */
    bool sent_whole; /* the request of this hop */
    bool fresh_only; /* no kept connection */
};

/* Its proxy, if any, is asked for a tunnel (CONNECT): for TLS, and for another protocol. */
static inline bool gale__fetch_tunnels(const struct gale__fetch *f)
{
    return f->proxy.host.len && (f->out.url.tls || f->hooks->upgraded);
}

/* The fetch does something else from now on. */
void gale__fetch_set_phase(struct gale__fetch *f, gale_http_phase phase);

/* --- client_hop.c --- */

/* Waits. The answer to f->out: 0, 1 for another hop (a redirect, credentials), or a failure. */
int gale__fetch_hop(struct gale__fetch *f) GALE_MUST_USE;
/* The body is to be sent once more: 0, GALE_ESTATE when it cannot be. */
int gale__fetch_rewind(struct gale__fetch *f) GALE_MUST_USE;

/* --- client_answer.c --- */

/* Waits. Head of the answer into f->response. */
int gale__fetch_read_head(struct gale__fetch *f) GALE_MUST_USE;
/* Its lines, to who wants them. */
int gale__fetch_tell_head(struct gale__fetch *f) GALE_MUST_USE;
/* Waits. The body, to whom it belongs. */
int gale__fetch_read_body(struct gale__fetch *f) GALE_MUST_USE;
/* Waits. A body that nobody wants, so that its connection can be used again. */
int gale__fetch_drop_body(struct gale__fetch *f) GALE_MUST_USE;

/* --- client_redirect.c --- */

bool gale__fetch_is_redirect(const struct gale__fetch *f);
/* Turns to the next hop: 1, or a failure. */
int gale__fetch_redirect(struct gale__fetch *f) GALE_MUST_USE;

/* --- client_pool.c --- */

/* A turn to wait for; on the waiter's stack. */
struct gale__client_place {
    struct gale__list link;
    struct gale__co *co;
    bool granted; /* whatever the wait said */
};

/* Waits. A place of the client and of the hop's origin. */
int gale__client_enter(struct gale__fetch *f) GALE_MUST_USE;
/* A kept connection of f->host, or NULL. */
struct gale__client_conn *gale__client_take_kept(struct gale__fetch *f);
/* Ends the hop on f->conn: keeps the connection when it may serve again, closes it otherwise, and
 * gives the origin's place on. */
void gale__client_leave_host(struct gale__fetch *f, bool reusable);
/* Gives the client's place on. */
void gale__client_leave(struct gale__fetch *f);
/* Closes what is kept and ends what waits. */
void gale__client_close(gale_http_client *client);

/* --- client_connect.c --- */

/* Waits. A new connection in f->conn. */
int gale__fetch_connect(struct gale__fetch *f) GALE_MUST_USE;
/* Appends what tells the connections of this hop from others. */
void gale__fetch_write_key(const struct gale__fetch *f, struct gale__buf *key);
void gale__client_free_tls(gale_http_client *client);

/* --- client_object.c --- */

gale_http_client *gale__client_ref(gale_http_client *client);
/* NULL is allowed. */
void gale__client_unref(gale_http_client *client);

/* --- client_copy.c --- */

/* Makes copies of what a request points at. -ENOMEM. */
int gale__client_copy_request(struct gale__arena *arena, gale_http_request *r) GALE_MUST_USE;
/* What it leaves zero becomes what defaults say. */
void gale__client_fill_request(gale_http_request *r, const gale_http_request *defaults);

/* --- fetch.c --- */

/* A caller's struct, perhaps of another version's size; NULL is all zero. */
void gale__client_copy_sized(gale_http_request *out, const gale_http_request *request, size_t size);
/* Waits. As gale__fetch(), by a client. */
int gale__fetch_by(gale_http_client *client, const struct gale__fetch_hooks *hooks,
                   struct gale__arena *arena, const char *url, const gale_http_request *request,
                   gale_http_response **out) GALE_MUST_USE;

#endif
