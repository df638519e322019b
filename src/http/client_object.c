/* client_object.c - clients: options, the loop's own, figures, their end.
 *
 * A client lives as long as its owner and every fetch under way; when the loop goes first, it is
 * closed and only its memory remains.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>

#include "base/alloc.h"
#include "http/client_options.h"

enum { OWN_CLIENTS = 10, DEFAULT_CLIENTS = 1000, KEY_MAX = 64 * 1024 };

static const double default_idle_seconds = 60;

static int check_options(const gale_http_client_options *o)
{
    if (o->max_clients < 0 && o->max_clients != GALE_UNLIMITED)
        return gale_err(GALE_EINVAL, "max_clients: %d", o->max_clients);
    if (o->max_per_host < 0 && o->max_per_host != GALE_UNLIMITED)
        return gale_err(GALE_EINVAL, "max_per_host: %d", o->max_per_host);
    if (isnan(o->idle_timeout) || o->idle_timeout < 0)
        return gale_err(GALE_EINVAL, "idle_timeout: %g", o->idle_timeout);
    if (o->defaults && (o->defaults->body.ptr || o->defaults->body_producer || o->defaults->form ||
                        o->defaults->parts))
        return gale_err(GALE_EINVAL, "defaults: a body");
    return 0;
}

static int limit(int given, int fallback)
{
    return given == 0 ? fallback : given < 0 ? INT32_MAX : given;
}

static int set_defaults(gale_http_client *client, const gale_http_request *defaults)
{
    gale_http_request *own;

    if (!defaults)
        return 0;
    own = gale__arena_alloc(&client->arena, sizeof(*own));
    if (!own)
        return -ENOMEM;
    *own = *defaults;
    client->options.defaults = own;
    return gale__client_copy_request(&client->arena, own);
}

static int set_mapping(gale_http_client *client)
{
    if (!client->options.hostname_mapping)
        return 0;
    client->mapping = gale_override_resolver_new(client->options.resolver,
                                                 client->options.hostname_mapping);
    client->options.hostname_mapping = NULL;
    return client->mapping ? 0 : GALE_EINVAL;
}

/* On failure the client is as good as new. */
static int set_options(gale_http_client *client, const gale_http_client_options *options)
{
    static const gale_http_client_options none;
    gale_http_client_options *own = &client->options;
    int r = check_options(options ? options : &none);

    if (r < 0)
        return r;
    *own = options ? *options : none;
    own->defaults = NULL;
    own->max_clients = limit(own->max_clients, client->is_default ? DEFAULT_CLIENTS : OWN_CLIENTS);
    own->max_per_host = limit(own->max_per_host, own->max_clients);
    own->max_idle = own->max_idle < 0 ? 0 : own->max_idle > 0 ? own->max_idle : 100;
    if (own->idle_timeout == 0)
        own->idle_timeout = default_idle_seconds;
    if (own->idle_timeout > 1e9)
        own->idle_timeout = 1e9;
    gale_tls_context_ref(own->tls);
    r = set_mapping(client);
    if (r >= 0)
        r = set_defaults(client, options ? options->defaults : NULL);
    if (r >= 0 && own->proxy_from_environment == GALE_ON)
        r = gale__client_read_environment(client);
    return r;
}

static void drop_options(gale_http_client *client)
{
    gale_tls_context_free(client->options.tls);
    client->options.tls = NULL;
    gale__client_free_tls(client);
    gale__client_free_environment(client);
    client->environment = NULL;
    gale_resolver_free(client->mapping);
    client->mapping = NULL;
    gale__arena_reset(&client->arena);
}

static void release(gale_http_client *client)
{
    drop_options(client);
    gale__map_deinit(&client->hosts);
    gale__buf_deinit(&client->key);
    gale__free(client);
}

gale_http_client *gale__client_ref(gale_http_client *client)
{
    client->refs++;
    return client;
}

void gale__client_unref(gale_http_client *client)
{
    if (client && --client->refs == 0)
        release(client);
}

/* The loop goes. */
static void close_owned(struct gale__ioloop_owned *owned)
{
    gale_http_client *client = GALE_CONTAINER_OF(owned, gale_http_client, owned);

    gale__list_remove(&owned->link);
    gale__client_close(client);
    if (!client->is_default)
        return;
    *gale__ioloop_slot(client->loop, GALE__SLOT_HTTP_CLIENT) = NULL;
    gale__client_unref(client);
}

static gale_http_client *new_client(gale_ioloop *loop, bool is_default,
                                    const gale_http_client_options *options, int *error)
{
    gale_http_client *client = gale__calloc(1, sizeof(*client));

    *error = -ENOMEM;
    if (!client)
        return NULL;
    client->loop = loop;
    client->is_default = is_default;
    client->refs = 1;
    gale__buf_init(&client->key, KEY_MAX);
    gale__list_init(&client->idle);
    gale__list_init(&client->queued);
    gale__list_init(&client->fetches);
    *error = set_options(client, options);
    if (*error < 0) {
        release(client);
        return NULL;
    }
    client->owned.close = close_owned;
    gale__ioloop_own(loop, &client->owned);
    return client;
}

gale_http_client *gale_http_client_new(const gale_http_client_options *options)
{
    gale_ioloop *loop = gale_ioloop_current();
    int error;

    return loop ? new_client(loop, false, options, &error) : NULL;
}

static gale_http_client *make_default(gale_ioloop *loop, const gale_http_client_options *options,
                                      int *error)
{
    gale_http_client *client = new_client(loop, true, options, error);

    *gale__ioloop_slot(loop, GALE__SLOT_HTTP_CLIENT) = client;
    return client;
}

gale_http_client *gale_http_client_default(void)
{
    gale_ioloop *loop = gale_ioloop_current();
    gale_http_client *client;
    int error;

    if (!loop)
        return NULL;
    client = *gale__ioloop_slot(loop, GALE__SLOT_HTTP_CLIENT);
    return GALE_LIKELY(client) ? client : make_default(loop, NULL, &error);
}

int gale_http_client_configure(const gale_http_client_options *options)
{
    gale_ioloop *loop = gale_ioloop_current();
    gale_http_client *old, *client;
    int error;

    if (!loop)
        return gale_ioloop_error();
    old = *gale__ioloop_slot(loop, GALE__SLOT_HTTP_CLIENT);
    if (old && (old->used || old->refs > 1))
        return gale_err(GALE_ESTATE, "the loop's HTTP client has been used already");
    client = make_default(loop, options, &error);
    if (!client) {
        *gale__ioloop_slot(loop, GALE__SLOT_HTTP_CLIENT) = old;
        return error;
    }
    if (old) {
        gale__list_remove(&old->owned.link);
        gale__client_unref(old);
    }
    return 0;
}

void gale_http_client_free(gale_http_client *client)
{
    if (!client || client->is_default)
        return;
    gale__list_remove(&client->owned.link);
    if (!client->closed)
        gale__client_close(client);
    gale__client_unref(client);
}

void gale_http_client_get_stats(const gale_http_client *client, gale_http_client_stats *out)
{
    *out = client->stats;
    out->active = (uint64_t)client->n_taken;
}
