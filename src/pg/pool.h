/* pool.h - the connections to PostgreSQL of one loop. See pool.c. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PG_POOL_H
#define GALE_PG_POOL_H

#include <gale/locks.h>

#include "db/per_loop.h"
#include "pg/connection.h"

struct gale__pg_pool {
    struct gale__per_loop part;
    struct gale__pg_config config;    /* the handle may be freed before */
    gale_semaphore places;            /* as many as there may be connections */
    gale_semaphore cancels;           /* threads that ask the server to cancel */
    struct gale__pg_connection *all;  /* in use or idle */
    struct gale__pg_connection *idle; /* the one used last first */
    gale_pg_stats stats;
    gale_timeout sweep; /* closes what was idle for long */
    struct gale_pg_listener *listeners;
};

extern const struct gale__per_loop_kind gale__pg_pool_kind;

/* Waits. The current loop's pool, with a reference. */
int gale__pg_pool_get(struct gale__per_loops *loops, const char *what, struct gale__pg_pool **out);
/* GALE_ECLOSED with its text. */
int gale__pg_closed(void);

/* Waits. A connection for oneself, until it is given back; a reference to the pool goes with it. */
int gale__pg_take(struct gale__pg_pool *pool, double deadline, struct gale__pg_connection **out);
/* What was left undone on it is cancelled, read and rolled back in the background. */
void gale__pg_give_back(struct gale__pg_pool *pool, struct gale__pg_connection *c);

/* --- listener.c ----------------------------------------------------------------------- */

/* The pool closes: they give GALE_ECLOSED from now on. */
void gale__pg_stop_listeners(struct gale_pg_listener *first);

/* Wakes whoever waits for a connection's socket, which is at its end. */
void gale__pg_shut(const struct gale__pg_connection *c);

#endif
