/* fetch.c - gale_fetch: one request, the hops that answer it, one answer.
 *
 * Whatever ends a fetch - failure, cancellation, deadline - ends in gale__fetch_by(), which gives
 * back place and connection and says host, port and phase.
 */
/* SPDX-License-Identifier: MIT */
#include "http/client.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/str.h"
#include "gen/co.h"
#include "http/client_options.h"

enum { SECONDS = 20, REDIRECTS = 5, HEAD_LIMIT = 1 << 30 };

static const int64_t default_body_max = 100 * 1024 * 1024;

/* --- phases --- */

const char *gale_http_phase_name(gale_http_phase phase)
{
    static const char *const names[GALE_N_PHASES] = {
        [GALE_PHASE_QUEUE] = "queueing",           [GALE_PHASE_RESOLVE] = "resolving the host",
        [GALE_PHASE_CONNECT] = "connecting",       [GALE_PHASE_TLS] = "the TLS handshake",
        [GALE_PHASE_SEND] = "sending the request", [GALE_PHASE_WAIT] = "waiting for the answer",
        [GALE_PHASE_BODY] = "reading the answer",  [GALE_PHASE_TOTAL] = "fetching",
    };

    return (unsigned)phase < GALE_N_PHASES ? names[phase] : "?";
}

gale_http_phase gale_fetch_phase(void)
{
    int phase = gale__context_here()->fetch_phase;

    return phase ? (gale_http_phase)(phase - 1) : GALE_PHASE_TOTAL;
}

void gale__fetch_set_phase(struct gale__fetch *f, gale_http_phase phase)
{
    int64_t now = gale__ioloop_clock_ns(gale__co_loop(gale__co_current()));

    f->times[f->phase] += now - f->phase_ns;
    f->phase_ns = now;
    f->phase = phase;
}

/* --- what is asked for --- */

void gale__client_copy_sized(gale_http_request *out, const gale_http_request *request, size_t size)
{
    *out = (gale_http_request){ 0 };
    if (request)
        memcpy(out, request, size < sizeof(*out) ? size : sizeof(*out));
}

static void fill_defaults(struct gale__fetch *f)
{
    gale_http_request *own = &f->request;

    if (f->client && f->client->options.defaults)
        gale__client_fill_request(own, f->client->options.defaults);
    if (own->connect_timeout == 0)
        own->connect_timeout = SECONDS;
    if (own->request_timeout == 0)
        own->request_timeout = SECONDS;
    if (own->max_body_size == 0)
        own->max_body_size = default_body_max;
    if (own->max_header_size == 0)
        own->max_header_size = GALE__CLIENT_MAX_HEAD;
    if (own->max_header_size < 0 || own->max_header_size > HEAD_LIMIT)
        own->max_header_size = HEAD_LIMIT;
    if (!own->cookies && f->client)
        own->cookies = f->client->options.cookies;
    f->redirects_left = own->max_redirects ? own->max_redirects : REDIRECTS;
    f->fresh_only = own->no_keep_alive == GALE_ON;
    f->out.request = own;
    f->out.method = gale__client_method(own);
    f->out.closing = f->hooks->open || f->fresh_only;
}

static int prepare(struct gale__fetch *f)
{
    int r = gale__http_url_parse(gale__str(f->url), &f->out.url);

    if (r >= 0)
        r = gale__client_prepare_auth(f);
    if (r >= 0)
        r = gale__client_prepare_body(f);
    return r < 0 ? r : gale__client_check_request(&f->out);
}

/* --- the whole --- */

static int run(void *arg)
{
    struct gale__fetch *f = arg;
    int r;

    do
        r = gale__fetch_hop(f);
    while (r > 0);
    return r;
}

static int fetch(struct gale__fetch *f)
{
    int r = prepare(f);

    if (r < 0)
        return r;
    if (f->request.request_timeout < 0)
        return run(f);
    return gale_with_timeout(f->request.request_timeout, run, f);
}

/* Text without first and second in front. */
static gale_str cut(gale_str text, gale_str first, gale_str second)
{
    if (!gale__str_starts_with(text, first))
        return text;
    text = gale__str_skip(text, first.len);
    if (!gale__str_starts_with(text, second) ||
        !gale__str_starts_with(gale__str_skip(text, second.len), GALE__STR(": ")))
        return text;
    return gale__str_skip(text, second.len + 2);
}

/* What went wrong and in which phase. who, or its host, need not be named by the lower layers once
 * more. */
static void say_failure(const struct gale__fetch *f, int r, gale_http_phase phase, gale_str who,
                        char *out, size_t size)
{
    static const gale_str connecting = GALE__STR("cannot connect to ");
    static const gale_str resolving = GALE__STR("no such host: ");
    gale_str text = gale__str(gale_strerror(r));

    if (phase == GALE_PHASE_CONNECT)
        text = cut(text, connecting, who);
    else if (phase == GALE_PHASE_RESOLVE)
        text = cut(text, resolving, f->out.url.host);
    if (f->ended)
        snprintf(out, size, "the client was closed");
    else if (r == GALE_ETIMEDOUT && phase == GALE_PHASE_QUEUE)
        snprintf(out, size, "timed out in the request queue");
    else if (r == GALE_ETIMEDOUT)
        snprintf(out, size, "timed out %s %s", phase == GALE_PHASE_TLS ? "in" : "while",
                 gale_http_phase_name(phase));
    else if (phase == GALE_PHASE_TOTAL)
        snprintf(out, size, "%.*s", (int)text.len, text.ptr);
    else
        snprintf(out, size, "%s: %.*s", gale_http_phase_name(phase), (int)text.len, text.ptr);
}

/* Puts what was asked for, of whom, and the phase in front of a failure's text. */
static int explain(const struct gale__fetch *f, int r)
{
    const struct gale__http_url *url = &f->out.url;
    gale_http_phase phase = f->last_hop_ns ? f->phase : GALE_PHASE_TOTAL; /* none has begun */
    char who[160], text[256];

    gale__context_here()->fetch_phase = (int)phase + 1;
    if (f->ended)
        r = GALE_ECLOSED;
    if (r == GALE_ECANCELED || r == GALE_ENOTCOROUTINE)
        return r;
    if (f->request.unix_socket)
        snprintf(who, sizeof(who), "unix:%s", f->request.unix_socket);
    else if (!url->host.len)
        snprintf(who, sizeof(who), "%.100s", f->url);
    else
        snprintf(who, sizeof(who), url->is_numeric6 ? "[%.*s]:%d" : "%.*s:%d", (int)url->host.len,
                 url->host.ptr, url->port);
    say_failure(f, r, phase, gale__str(who), text, sizeof(text));
    return gale_err(r, "%s: %s", who, text);
}

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

static void tell_times(struct gale__fetch *f)
{
    gale_http_response *response = f->response;

    gale__fetch_set_phase(f, GALE_PHASE_TOTAL);
    for (int i = 0; i < GALE_PHASE_TOTAL; i++)
        response->time_info[i] = seconds(f->times[i]);
    response->time_info[GALE_PHASE_TOTAL] = seconds(f->phase_ns - f->started_ns);
    response->request_time = seconds(f->phase_ns - f->hop_ns);
    response->redirect_time = f->redirects ? seconds(f->last_hop_ns - f->started_ns) : 0;
    response->start_time = f->start_time;
}

/* What raise_error makes of a status. */
static int judge(const struct gale__fetch *f)
{
    const gale_http_response *response = f->response;

    if (f->request.raise_error != GALE_ON || (response->status >= 200 && response->status < 300))
        return 0;
    gale__context_here()->fetch_phase = (int)GALE_PHASE_TOTAL + 1;
    return gale_err(GALE_EHTTP(response->status), "HTTP %d: %s", response->status,
                    response->reason);
}

static void begin(struct gale__fetch *f)
{
    gale_ioloop *loop = gale__co_loop(gale__co_current());

    f->start_time = gale__unix_time();
    f->started_ns = f->phase_ns = gale__ioloop_clock_ns(loop);
    if (!f->client)
        return;
    gale__client_ref(f->client)->used = true;
    gale__list_append(&f->client->fetches, &f->link);
}

static void end(struct gale__fetch *f)
{
    if (!f->client)
        return;
    gale__client_leave(f);
    gale__list_remove(&f->link);
    gale__client_unref(f->client);
}

int gale__fetch_by(gale_http_client *client, const struct gale__fetch_hooks *hooks,
                   struct gale__arena *arena, const char *url, const gale_http_request *request,
                   gale_http_response **out)
{
    static const struct gale__fetch_hooks none;
    struct gale__fetch f = {
        .hooks = hooks ? hooks : &none, .client = client, .arena = arena, .request = *request
    };
    int r;

    f.url = gale__arena_strndup(arena, url, strlen(url));
    if (!f.url)
        return -ENOMEM;
    fill_defaults(&f);
    begin(&f);
    r = fetch(&f);
    if (r < 0) {
        r = explain(&f, r);
        end(&f);
        return r;
    }
    tell_times(&f);
    end(&f);
    *out = f.response;
    return judge(&f);
}

int gale__fetch(const struct gale__fetch_hooks *hooks, struct gale__arena *arena, const char *url,
                const gale_http_request *request, gale_http_response **out)
{
    static const gale_http_request none;

    return gale__fetch_by(NULL, hooks, arena, url, request ? request : &none, out);
}

int gale_fetch_sized(gale_http_client *client, const char *url, const gale_http_request *request,
                     size_t request_size, gale_http_response **out)
{
    gale_http_request own;

    if (!gale__co_current())
        return gale__co_park("gale_fetch"); /* says so */
    if (!client)
        client = gale_http_client_default();
    if (!client)
        return -ENOMEM;
    if (request && request_size == sizeof(own))
        return gale__fetch_by(client, NULL, gale__co_scope(gale__co_current())->arena, url, request,
                              out);
    gale__client_copy_sized(&own, request, request_size);
    return gale__fetch_by(client, NULL, gale__co_scope(gale__co_current())->arena, url, &own, out);
}

const char *gale_http_response_header(const gale_http_response *response, const char *name)
{
    for (const gale_http_header *h = response->headers; h->name; h++)
        if (gale__str_equal_nocase(gale__str(h->name), gale__str(name)))
            return h->value;
    return NULL;
}
