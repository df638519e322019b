/* exchange.c - making and ending exchanges. See exchange.h. */
/* SPDX-License-Identifier: MIT */
#include "http/exchange.h"

struct gale__exchange *gale__exchange_new(gale_ioloop *loop, const struct gale__exchange_ops *ops)
{
    struct gale__exchange *x = gale__arena_new_within(sizeof(*x),
                                                      offsetof(struct gale__exchange, arena));

    if (!x)
        return NULL;
    /* Field by field: to zero the whole struct first costs more than all of this. The request's
     * own fields are filled by whoever carries it. */
    x->ops = ops;
    x->loop = loop;
    x->request.priv = &x->priv;
    x->priv.exchange = x;
    x->priv.host = x->priv.host_name = x->priv.remote_ip = NULL;
    x->priv.protocol = x->priv.full_url = x->priv.peer_ip = NULL;
    /* Each by itself: of a chain a load is made that waits for the stores before it. */
    x->priv.authority = (gale_str){ NULL, 0 };
    x->priv.trailers = (gale_str){ NULL, 0 };
    x->data = x->carrier = NULL;
    x->answerer = NULL;
    x->gone = 0;
    x->trailers = NULL;
    x->streaming = x->decoded = x->responded = x->finished = false;
    gale__scope_init(&x->scope, &x->arena);
    gale__waitq_init(&x->drain);
    return x;
}

void gale__exchange_release(struct gale__exchange *x)
{
    struct gale__arena arena;

    if (!x->finished && !x->gone)
        x->ops->abort(x);
    x->ops->detach(x);
    /* Deferred calls may still use the exchange's memory, and the arena lies in it: run
     * them first, then free through a copy. */
    gale__arena_run_defers(&x->arena);
    arena = x->arena;
    gale__arena_reset(&arena);
}
