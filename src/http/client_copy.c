/* client_copy.c - requests that outlive their caller: copies, defaults, gale_fetch_callback. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/alloc.h"
#include "base/str.h"
#include "gen/co.h"
#include "http/client_fetch.h"

/* --- copies --- */

struct copying {
    struct gale__arena *arena;
    bool failed; /* out of memory */
};

static void copy_text(struct copying *c, const char **text)
{
    if (!*text)
        return;
    *text = gale__arena_strndup(c->arena, *text, strlen(*text));
    c->failed |= !*text;
}

static void copy_bytes(struct copying *c, gale_str *bytes)
{
    if (!bytes->ptr)
        return;
    bytes->ptr = gale__arena_strndup(c->arena, bytes->ptr, bytes->len);
    c->failed |= !bytes->ptr;
}

static void copy_fields(struct copying *c, const gale_http_header **fields)
{
    gale_http_header *own;
    size_t n = 0;

    if (!*fields)
        return;
    while ((*fields)[n].name)
        n++;
    own = gale__arena_zalloc(c->arena, (n + 1) * sizeof(*own));
    for (size_t i = 0; own && i < n; i++) {
        own[i] = (*fields)[i];
        copy_text(c, &own[i].name);
        copy_text(c, &own[i].value);
    }
    *fields = own;
    c->failed |= !own;
}

static void copy_parts(struct copying *c, const gale_http_part **parts)
{
    gale_http_part *own;
    size_t n = 0;

    if (!*parts)
        return;
    while ((*parts)[n].name)
        n++;
    own = gale__arena_zalloc(c->arena, (n + 1) * sizeof(*own));
    for (size_t i = 0; own && i < n; i++) {
        own[i] = (*parts)[i];
        copy_text(c, &own[i].name);
        copy_text(c, &own[i].filename);
        copy_text(c, &own[i].content_type);
        copy_bytes(c, &own[i].text);
        copy_text(c, &own[i].file);
    }
    *parts = own;
    c->failed |= !own;
}

static void free_context(void *context)
{
    gale_tls_context_free(context);
}

static void hold_context(struct copying *c, gale_tls_context *context)
{
    if (context && gale__arena_defer(c->arena, free_context, context) < 0)
        c->failed = true;
    else
        gale_tls_context_ref(context);
}

int gale__client_copy_request(struct gale__arena *arena, gale_http_request *r)
{
    const char **const texts[] = { &r->method,         &r->unix_socket,       &r->user_agent,
                                   &r->auth_username,  &r->auth_password,     &r->proxy_host,
                                   &r->proxy_username, &r->network_interface, &r->proxy_password,
                                   &r->ca_certs,       &r->client_cert,       &r->client_key };
    struct copying c = { .arena = arena };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        copy_text(&c, texts[i]);
    copy_fields(&c, &r->headers);
    copy_fields(&c, &r->form);
    copy_parts(&c, &r->parts);
    copy_bytes(&c, &r->body);
    hold_context(&c, r->tls);
    return c.failed ? -ENOMEM : 0;
}

/* --- defaults --- */

/* One field where it is zero. */
#define FILL(field)                                                                                \
    do {                                                                                           \
        if (!r->field)                                                                             \
            r->field = d->field;                                                                   \
    } while (0)

/* All or none: half of each might check less than either. */
static void fill_tls(gale_http_request *r, const gale_http_request *d)
{
    if (r->tls || r->validate_cert || r->ca_certs || r->client_cert || r->client_key)
        return;
    FILL(tls);
    FILL(validate_cert);
    FILL(ca_certs);
    FILL(client_cert);
    FILL(client_key);
}

static void fill_more(gale_http_request *r, const gale_http_request *d)
{
    FILL(network_interface);
    FILL(allow_nonstandard_methods);
    FILL(allow_ipv6);
    FILL(expect_100_continue);
    fill_tls(r, d);
    FILL(cookies);
    FILL(max_header_size);
    FILL(no_retry);
    FILL(no_keep_alive);
    FILL(raise_error);
    if (!r->proxy_host) {
        r->proxy_host = d->proxy_host;
        r->proxy_port = d->proxy_port;
        FILL(proxy_username);
        FILL(proxy_password);
        FILL(proxy_auth_mode);
    }
}

void gale__client_fill_request(gale_http_request *r, const gale_http_request *d)
{
    FILL(method);
    FILL(headers);
    FILL(connect_timeout);
    FILL(request_timeout);
    FILL(follow_redirects);
    FILL(max_redirects);
    FILL(max_body_size);
    FILL(unix_socket);
    FILL(user_agent);
    FILL(header_callback);
    FILL(if_modified_since);
    FILL(decompress_response);
    if (!r->streaming_callback && d->streaming_callback) {
        r->streaming_callback = d->streaming_callback;
        FILL(arg);
    }
    if (!r->auth_username && !r->auth_password) {
        r->auth_username = d->auth_username;
        r->auth_password = d->auth_password;
        r->auth_mode = d->auth_mode;
    }
    fill_more(r, d);
}
#undef FILL

/* --- without waiting --- */

struct job {
    struct gale__arena arena; /* which this lies in */
    gale_http_client *client;
    const char *url;
    gale_http_request request;
    void (*fn)(int code, gale_http_response *response, void *arg);
    void *arg;
};

static void free_job(struct job *job)
{
    gale_http_client *client = job->client;
    struct gale__arena arena = job->arena;

    gale__arena_reset(&arena);
    gale__client_unref(client);
}

static void run_job(void *arg)
{
    struct job *job = arg;
    gale_http_response *response = NULL;
    int r = gale_yield(); /* never from within gale_fetch_callback() */

    if (r >= 0)
        r = gale__fetch_by(job->client, NULL, &job->arena, job->url, &job->request, &response);
    job->fn(r, response, job->arg);
    free_job(job);
}

int gale_fetch_callback_sized(gale_http_client *client, const char *url,
                              const gale_http_request *request, size_t request_size,
                              void (*fn)(int code, gale_http_response *response, void *arg),
                              void *arg)
{
    struct job *job;
    int r;

    if (!client)
        client = gale_http_client_default();
    job = client ? gale__arena_new_within(sizeof(*job), offsetof(struct job, arena)) : NULL;
    if (!job)
        return -ENOMEM;
    job->client = gale__client_ref(client);
    job->fn = fn;
    job->arg = arg;
    gale__client_copy_sized(&job->request, request, request_size);
    r = gale__client_copy_request(&job->arena, &job->request);
    job->url = gale__arena_strndup(&job->arena, url, strlen(url));
    if (r >= 0 && !job->url)
        r = -ENOMEM;
    if (r >= 0)
        r = gale__co_start(client->loop, "gale_fetch_callback", NULL, run_job, job);
    if (r < 0)
        free_job(job);
    return r;
}
