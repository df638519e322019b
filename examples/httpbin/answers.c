/* answers.c - statuses, redirects, caching, headers, cookies, authentication. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "httpbin.h"

static const char *header(gale_handler *self, const char *name)
{
    return gale_request_header(gale_handler_request(self), name);
}

/* --- statuses --------------------------------------------------------------------- */

static int answer_406(gale_handler *self)
{
    return gale_json(self, "{s:s, s:[s, s, s, s, s]}", "message",
                     "Client did not request a supported media type.", "accept", "image/webp",
                     "image/svg+xml", "image/jpeg", "image/png", "image/*");
}

int answer_status(gale_handler *self, int status)
{
    int r = gale_set_status(self, status, NULL);

    switch (status) {
    case 301:
    case 302:
    case 303:
    case 305:
    case 307:
        return gale_set_header(self, "Location", "/redirect/1");
    case 401:
        return gale_set_header(self, "WWW-Authenticate", "Basic realm=\"Fake Realm\"");
    case 402:
        gale_set_header(self, "X-More-Info", "http://vimeo.com/22053820");
        return gale_write(self, "Pay first, please!");
    case 406:
        return answer_406(self);
    case 407:
        return gale_set_header(self, "Proxy-Authenticate", "Basic realm=\"Fake Realm\"");
    case 418:
        gale_set_header(self, "X-More-Info", "http://tools.ietf.org/html/rfc2324");
        return gale_write(self, "\n   ( (\n    ) )\n  ........\n  |      |]   I'm a teapot\n"
                                "  \\      /\n   `----'\n");
    default:
        return r;
    }
}

int answer_text(gale_handler *self, int status, const char *text)
{
    gale_set_status(self, status, NULL);
    gale_set_header(self, "Content-Type", "text/plain; charset=utf-8");
    return gale_write(self, text);
}

/* "200", or one of "200,500:0.1" by weight. */
int view_status(gale_handler *self)
{
    const char *codes = gale_path_argument(self, 0);
    double total = 0;
    int chosen = 0;

    for (char *end; *codes; codes = end + (*end == ',')) {
        long status = strtol(codes, &end, 10);
        double weight = 1;

        if (*end == ':')
            weight = strtod(end + 1, &end);
        if (end == codes || (*end && *end != ',') || status < 200 || status > 999) {
            return answer_text(self, 400, "Invalid status code");
        }
        total += weight;
        if (drand48() * total < weight || !chosen)
            chosen = (int)status;
    }
    return answer_status(self, chosen);
}

/* --- redirects -------------------------------------------------------------------- */

static const char *absolute(gale_handler *self, const char *path)
{
    const gale_request *request = gale_handler_request(self);

    return gale_printf_alloc(self, "%s://%s%s", gale_request_protocol(request),
                             gale_request_host(request), path);
}

static int redirect_on(gale_handler *self, const char *kind, bool is_absolute)
{
    const char *path = "/get";
    int64_t n;
    int r = gale_path_int(self, "n", &n);

    if (r < 0)
        return r;
    if (n < 1)
        return gale_fail(self, 400, "nothing to redirect to");
    if (n > 1)
        path = gale_printf_alloc(self, "/%s-redirect/%d", kind, (int)n - 1);
    return gale_redirect(self, is_absolute && path ? absolute(self, path) : path);
}

int view_redirect(gale_handler *self)
{
    bool is_absolute = !strcasecmp(gale_get_query_argument(self, "absolute", ""), "true");

    return redirect_on(self, is_absolute ? "absolute" : "relative", is_absolute);
}

int view_relative_redirect(gale_handler *self)
{
    return redirect_on(self, "relative", false);
}

int view_absolute_redirect(gale_handler *self)
{
    return redirect_on(self, "absolute", true);
}

int view_redirect_to(gale_handler *self)
{
    int status = (int)strtol(gale_get_query_argument(self, "status_code", "302"), NULL, 10);
    const char *url = gale_get_query_argument(self, "url", NULL);

    if (!url)
        return gale_fail(self, 400, "url is missing");
    return gale_redirect_status(self, url, status >= 300 && status < 400 ? status : 302);
}

/* --- caching ---------------------------------------------------------------------- */

/* The framework answers If-Match and If-None-Match. */
static int set_etag(gale_handler *self, const char *tag)
{
    return gale_set_header(self, "Etag", gale_printf_alloc(self, "\"%s\"", tag));
}

int view_etag(gale_handler *self)
{
    set_etag(self, gale_path_argument(self, 0));
    return view_get(self);
}

int view_cache(gale_handler *self)
{
    char date[32];

    if (header(self, "If-Modified-Since") || header(self, "If-None-Match"))
        return answer_status(self, 304);
    gale_format_timestamp((double)time(NULL), date, sizeof(date));
    gale_set_header(self, "Last-Modified", date);
    set_etag(self, gale_printf_alloc(self, "%08lx%08lx", lrand48(), lrand48()));
    return view_get(self);
}

int view_cache_control(gale_handler *self)
{
    gale_set_header(self, "Cache-Control",
                    gale_printf_alloc(self, "public, max-age=%s", gale_path_argument(self, 0)));
    return view_get(self);
}

/* The query's arguments as headers, and the body tells all headers: also its own length. */
int view_response_headers(gale_handler *self)
{
    json_t *all = request_json(self, SHOW_ARGS), *args = json_incref(json_object_get(all, "args"));
    const char *name, *value, *text = NULL;
    size_t len = 0;

    json_decref(all);
    for (size_t i = 0; gale_argument_at(self, i, &name, &value); i++)
        gale_add_header(self, name, value);
    gale_set_header(self, "Content-Type", "application/json");
    json_object_set_new(args, "Content-Type", json_string("application/json"));
    do {
        len = text ? strlen(text) : 0;
        json_object_set_new(args, "Content-Length", json_sprintf("%zu", len));
        text = gale_json_encode(args);
    } while (text && strlen(text) != len);
    json_decref(args);
    return text ? gale_write(self, text) : -1;
}

/* --- cookies ---------------------------------------------------------------------- */

int view_cookies(gale_handler *self)
{
    json_t *all = json_object();
    const char *name, *value;

    for (size_t i = 0; gale_cookie_at(self, i, &name, &value); i++)
        json_object_set_new(all, name, json_string(value));
    return gale_json(self, "{s:o}", "cookies", all);
}

int set_cookies(gale_handler *self)
{
    const char *name, *value;

    for (size_t i = 0; gale_argument_at(self, i, &name, &value); i++)
        gale_set_cookie(self, name, value, NULL);
    return gale_redirect(self, "/cookies");
}

int set_one_cookie(gale_handler *self)
{
    gale_set_cookie(self, gale_path_argument(self, 0), gale_path_argument(self, 1), NULL);
    return gale_redirect(self, "/cookies");
}

int delete_cookies(gale_handler *self)
{
    const char *name, *value;

    for (size_t i = 0; gale_argument_at(self, i, &name, &value); i++)
        gale_clear_cookie(self, name, NULL);
    return gale_redirect(self, "/cookies");
}

/* --- authentication --------------------------------------------------------------- */

/* Whether the request has the credentials that its own path names. */
static int basic_auth(gale_handler *self, int refusal)
{
    const char *user = gale_path_argument(self, 0), *given = header(self, "Authorization");
    const char *wanted = gale_printf_alloc(self, "%s:%s", user, gale_path_argument(self, 1));

    if (given && !strncasecmp(given, "Basic ", 6))
        given = base64_decode(self, (gale_str){ given + 6, strlen(given + 6) });
    else
        given = NULL;
    if (!given || !wanted || strcmp(given, wanted) != 0)
        return answer_status(self, refusal);
    return gale_json(self, "{s:b, s:s}", "authenticated", 1, "user", user);
}

int view_basic_auth(gale_handler *self)
{
    return basic_auth(self, 401);
}

int view_hidden_basic_auth(gale_handler *self)
{
    return basic_auth(self, 404);
}

int view_bearer(gale_handler *self)
{
    const char *given = header(self, "Authorization");

    if (!given) {
        gale_set_header(self, "WWW-Authenticate", "Bearer");
        return gale_set_status(self, 401, NULL);
    }
    if (!strncmp(given, "Bearer ", 7))
        given += 7;
    return gale_json(self, "{s:b, s:s}", "authenticated", 1, "token", given);
}
