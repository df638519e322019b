/* answers.c - statuses, redirects, caching, headers, cookies, authentication. */
/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
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

/* A code and, in a list, its weight; 0 when it is neither. */
static int read_status(const char **codes, double *weight)
{
    char *end;
    long status = strtol(*codes, &end, 10);

    *weight = 1;
    if (*end == ':')
        *weight = strtod(end + 1, &end);
    while (*end == ' ')
        end++;
    if (end == *codes || end[-1] == ':' || (*end && *end != ',') || !(*weight >= 0) ||
        !isfinite(*weight))
        return 0;
    *codes = end;
    return status >= 200 && status <= 999 ? (int)status : 0;
}

/* "200", or one of "200,500:0.1" by weight. */
int view_status(gale_handler *self)
{
    const char *codes = gale_path_argument(self, 0);
    bool is_list = strchr(codes, ','), is_end = false;
    double total = 0, weight;
    int chosen = 0;

    if (!is_list && strchr(codes, ':'))
        return answer_text(self, 400, "Invalid status code");
    while (!is_end) {
        int status = read_status(&codes, &weight);

        if (!status)
            return answer_text(self, 400, "Invalid status code");
        total += weight;
        if (drand48() * total < weight || !chosen)
            chosen = status;
        is_end = !*codes++;
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
        path = gale_printf_alloc(self, "/%s-redirect/%" PRId64, kind, n - 1);
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
    const char *url = gale_get_query_argument(self, "url", NULL);
    long long status = 302;

    if (query_integer(self, "status_code", &status) < 0)
        return gale_fail(self, 400, "status_code is no integer");
    if (!url)
        return gale_fail(self, 400, "url is missing");
    return gale_redirect_status(self, url, status >= 300 && status < 400 ? (int)status : 302);
}

/* --- caching ---------------------------------------------------------------------- */

/* No quote and no control character (RFC 9110, 8.8.3). */
static bool is_tag(const char *text)
{
    for (; *text; text++)
        if (*text == '"' || *text == 0x7f || (unsigned char)*text < ' ')
            return false;
    return true;
}

/* The framework answers If-Match and If-None-Match. */
static int set_etag(gale_handler *self, const char *tag)
{
    return gale_set_header(self, "Etag", gale_printf_alloc(self, "\"%s\"", tag));
}

int view_etag(gale_handler *self)
{
    const char *tag = gale_path_argument(self, 0);

    if (!is_tag(tag))
        return gale_fail(self, 400, "no entity tag");
    set_etag(self, tag);
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
    int64_t seconds;
    int r = gale_path_int(self, "seconds", &seconds);

    if (r < 0)
        return r;
    gale_set_header(self, "Cache-Control",
                    gale_printf_alloc(self, "public, max-age=%" PRId64, seconds));
    return view_get(self);
}

/* Which the server makes itself: a second one would leave the client without the body's end. */
static bool is_framing(const char *name)
{
    return !strcasecmp(name, "Content-Length") || !strcasecmp(name, "Transfer-Encoding");
}

static int add_headers(gale_handler *self, json_t *args)
{
    const char *name;
    json_t *values, *value;
    size_t i;

    json_object_foreach(args, name, values)
    {
        json_array_foreach(values, i, value)
        {
            if (is_framing(name) || gale_add_header(self, name, json_string_value(value)) < 0)
                return gale_fail(self, 400, "no header that can be sent");
        }
        if (i == 1)
            json_object_set(args, name, json_array_get(values, 0));
    }
    return 0;
}

/* The query's arguments as headers, and the body tells all headers: also its own length. */
int view_response_headers(gale_handler *self)
{
    json_t *args = query_arguments(self);
    const char *text = NULL;
    size_t len = 0;
    int r = add_headers(self, args);

    gale_set_header(self, "Content-Type", "application/json");
    json_object_set_new(args, "Content-Type", json_string("application/json"));
    do {
        len = text ? strlen(text) : 0;
        json_object_set_new(args, "Content-Length", json_sprintf("%zu", len));
        text = gale_json_encode(args);
    } while (text && strlen(text) != len);
    json_decref(args);
    if (r < 0)
        return r;
    return text ? gale_write(self, text) : -1;
}

/* --- cookies ---------------------------------------------------------------------- */

/* What counts the visits of the public httpbin. */
static bool is_counter(const char *name)
{
    static const char *const names[] = {
        "_gauges_unique",
        "_gauges_unique_year",
        "_gauges_unique_month",
        "_gauges_unique_day",
        "_gauges_unique_hour",
        "__utmz",
        "__utma",
        "__utmb",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

int view_cookies(gale_handler *self)
{
    bool show_all = gale_get_query_argument(self, "show_env", NULL);
    json_t *all = json_object();
    const char *name, *value;

    for (size_t i = 0; gale_cookie_at(self, i, &name, &value); i++)
        if (show_all || !is_counter(name))
            json_object_set_new(all, name, json_string(value));
    return gale_json(self, "{s:o}", "cookies", all);
}

/* To the list of cookies, unless one could not be sent. */
static int show_cookies(gale_handler *self, int r)
{
    return r < 0 ? gale_fail(self, 400, "no cookie that can be sent")
                 : gale_redirect(self, "/cookies");
}

int set_cookies(gale_handler *self)
{
    json_t *args = query_arguments(self), *values;
    const char *name;
    int r = 0;

    json_object_foreach(args, name, values)
    {
        if (r >= 0)
            r = gale_set_cookie(self, name, json_string_value(json_array_get(values, 0)), NULL);
    }
    json_decref(args);
    return show_cookies(self, r);
}

int set_one_cookie(gale_handler *self)
{
    return show_cookies(self, gale_set_cookie(self, gale_path_argument(self, 0),
                                              gale_path_argument(self, 1), NULL));
}

int delete_cookies(gale_handler *self)
{
    json_t *args = query_arguments(self), *values;
    const char *name;
    int r = 0;

    json_object_foreach(args, name, values)
    {
        if (r >= 0)
            r = gale_clear_cookie(self, name, NULL);
    }
    json_decref(args);
    return show_cookies(self, r);
}

/* --- authentication --------------------------------------------------------------- */

static bool is_same(gale_str given, const char *wanted)
{
    return given.len == strlen(wanted) && !memcmp(given.ptr, wanted, given.len);
}

/* Whether the request has the credentials: the user ends at the first colon (RFC 7617). */
static bool is_authorized(gale_handler *self, const char *user, const char *password)
{
    const char *field = header(self, "Authorization"), *colon;
    gale_str given;

    if (!field || strncasecmp(field, "Basic ", 6) != 0)
        return false;
    given = base64_decode(self, field + 6 + strspn(field + 6, " "));
    colon = given.ptr ? memchr(given.ptr, ':', given.len) : NULL;
    if (!colon)
        return false;
    size_t len = (size_t)(colon - given.ptr);

    return is_same((gale_str){ given.ptr, len }, user) &&
           is_same((gale_str){ colon + 1, given.len - len - 1 }, password);
}

static int basic_auth(gale_handler *self, int refusal)
{
    const char *user = gale_path_argument(self, 0);

    if (!is_authorized(self, user, gale_path_argument(self, 1)))
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
    if (!strncmp(given, "Bearer", 6) && (!given[6] || given[6] == ' '))
        given += 6 + strspn(given + 6, " ");
    return gale_json(self, "{s:b, s:o}", "authenticated", 1, "token", header_text(self, given));
}
