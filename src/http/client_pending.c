/* client_pending.c - what options add and is not written yet; see client_options.h. */
/* SPDX-License-Identifier: MIT */
#include "http/client_options.h"

__attribute__((weak)) int gale__client_prepare_body(struct gale__fetch *f)
{
    (void)f;
    return 0;
}

__attribute__((weak)) int gale__client_prepare_auth(struct gale__fetch *f)
{
    (void)f;
    return 0;
}

__attribute__((weak)) void gale__client_auth_fields(struct gale__fetch *f, struct gale__buf *out)
{
    (void)f;
    (void)out;
}

__attribute__((weak)) int gale__client_auth_answered(struct gale__fetch *f)
{
    (void)f;
    return 0;
}

__attribute__((weak)) int gale__client_choose_proxy(struct gale__fetch *f)
{
    (void)f;
    return 0;
}

__attribute__((weak)) int gale__client_read_environment(gale_http_client *client)
{
    (void)client;
    return 0;
}

__attribute__((weak)) void gale__client_free_environment(gale_http_client *client)
{
    (void)client;
}

__attribute__((weak)) int gale__client_tunnel(struct gale__fetch *f, gale_iostream **stream)
{
    (void)f;
    (void)stream;
    return GALE_EINVAL;
}

__attribute__((weak)) void gale__client_proxy_fields(struct gale__fetch *f, struct gale__buf *out)
{
    (void)f;
    (void)out;
}

__attribute__((weak)) int gale__client_proxy_answered(struct gale__fetch *f)
{
    (void)f;
    return 0;
}
