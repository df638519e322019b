/* request_id.c - the id of a request: what a trusted proxy says, or one of our own.
 *
 * It is made for each request with settings.request_id, else when it is first asked for. From then
 * on the request's coroutine has it in each line it logs, and those it spawns inherit it.
 */
/* SPDX-License-Identifier: MIT */
#include "web/request_id.h"

#include <string.h>

#include "base/digest.h"
#include "base/str.h"

enum { RANDOM_BYTES = 8, MAX_BYTES = 128 };

/* Letters, digits and what the usual ids are made of: nothing that a log or a header has to
 * escape. */
static bool is_well_formed(const char *id)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-_.~+/=:";
    size_t len = id ? strspn(id, allowed) : 0;

    return len > 0 && len <= MAX_BYTES && !id[len];
}

static const char *make(gale_handler *self)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t random[RANDOM_BYTES];
    char *id = gale_alloc(self, 2 * RANDOM_BYTES + 1);

    if (!id || gale__random(random, sizeof(random)) < 0)
        return NULL;
    for (size_t i = 0; i < RANDOM_BYTES; i++) {
        id[2 * i] = hex[random[i] >> 4];
        id[2 * i + 1] = hex[random[i] & 15];
    }
    id[2 * RANDOM_BYTES] = 0;
    return id;
}

const char *gale_request_id(gale_handler *self)
{
    struct gale__handler_more *more = gale__handler_more(self);
    const char *told;

    if (!more)
        return "";
    if (!more->request_id) {
        told = gale__request_trusts_peer(&self->x->request)
                   ? gale_request_header(&self->x->request, "X-Request-Id")
                   : NULL;
        more->request_id = is_well_formed(told) ? told : make(self);
        if (more->request_id && self->co && self->co == gale__co_current())
            gale__context->request_id = more->request_id;
    }
    return more->request_id ? more->request_id : "";
}

void gale__request_id_begin(gale_handler *self)
{
    (void)gale_request_id(self);
}

void gale__request_id_header(gale_handler *self)
{
    const char *id = gale__request_id(self);

    if (id && self->route->app->settings.request_id_header == GALE_ON)
        (void)gale_set_header(self, "X-Request-Id", id);
}
