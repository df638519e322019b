/* frontend.c - guide: a site that moves to C route by route. What has a route is answered here; all
 * else goes to the old site, another HTTP server, piece by piece in both directions. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/escape.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *old_url(gale_handler *self, const char *path)
{
    return gale_printf_alloc(self, "%s%s", gale_option_str(gale_options_default(), "old"), path);
}

/* --- what goes to the other side, and what does not --- */

/* Whether a list such as "keep-alive, X-Mine" has the name. */
static bool is_listed(const char *list, gale_str name)
{
    while (list && *list) {
        size_t n = strcspn(list, ", \t");

        if (n == name.len && !strncasecmp(list, name.ptr, n))
            return true;
        list += n + strspn(list + n, ", \t");
    }
    return false;
}

/* Not fields that are about one connection (RFC 9110, 7.6.1), and those that are set anew. */
static bool is_passed_on(gale_str name, const char *connection)
{
    static const char ours[] = "Connection, Keep-Alive, Proxy-Connection, TE, Trailer, Upgrade, "
                               "Transfer-Encoding, Expect, Host, X-Forwarded-For, "
                               "X-Forwarded-Proto, Date, Server";

    return !is_listed(ours, name) && !is_listed(connection, name);
}

static char *copy(gale_handler *self, gale_str text)
{
    return gale_printf_alloc(self, "%.*s", (int)text.len, text.ptr);
}

/* --- the request --- */

/* The request's own fields, and who it is from. NULL when out of memory. */
static const gale_http_header *request_headers(gale_handler *self)
{
    gale_request *request = gale_handler_request(self);
    const char *connection = gale_request_header(request, "Connection");
    gale_http_header *headers;
    gale_str name, value;
    size_t n = 0;

    while (gale_request_header_at(request, n, &name, &value))
        n++;
    headers = gale_alloc(self, (n + 4) * sizeof(*headers));
    if (!headers)
        return NULL;
    n = 0;
    headers[n++] = (gale_http_header){ "Host", gale_request_host(request) };
    headers[n++] = (gale_http_header){ "X-Forwarded-For", gale_request_remote_ip(request) };
    headers[n++] = (gale_http_header){ "X-Forwarded-Proto", gale_request_protocol(request) };
    for (size_t i = 0; gale_request_header_at(request, i, &name, &value); i++) {
        if (!is_passed_on(name, connection) || is_listed("Content-Length", name))
            continue;
        headers[n] = (gale_http_header){ copy(self, name), copy(self, value) };
        if (!headers[n].name || !headers[n].value)
            return NULL;
        n++;
    }
    headers[n] = (gale_http_header){ NULL, NULL };
    return headers;
}

/* The next piece of the body, when the old site has taken the last one. */
static int next_piece(gale_str *piece, void *arg)
{
    return gale_read_body(arg, piece);
}

/* --- the answer --- */

static int on_status(gale_handler *self, const char *line)
{
    const char *status = strchr(line, ' ');
    const char *reason = status ? strchr(status + 1, ' ') : NULL;

    if (!status)
        return gale_err(GALE_EPROTO, "no status");
    gale_clear_header(self, "Content-Type"); /* the old site's own, or none */
    return gale_set_status(self, (int)strtol(status, NULL, 10), reason ? reason + 1 : NULL);
}

/* A line of the head. */
static int on_header(gale_str text, void *arg)
{
    gale_handler *self = arg;
    char *line = copy(self, text);
    size_t n = line ? strcspn(line, ":") : 0;

    if (!line)
        return -ENOMEM;
    line[strcspn(line, "\r\n")] = 0;
    if (!strncmp(line, "HTTP/", 5))
        return on_status(self, line);
    if (!line[0] || !line[n] || !is_passed_on((gale_str){ line, n }, NULL))
        return 0;
    line[n++] = 0;
    return gale_add_header(self, line, line + n + strspn(line + n, " \t"));
}

/* A piece of the body leaves before the next one is read. */
static int on_piece(gale_str piece, void *arg)
{
    int r = gale_write_bytes(arg, piece.ptr, piece.len);

    return r < 0 ? r : gale_flush(arg);
}

/* --- the handler --- */

static int forward(gale_handler *self)
{
    gale_request *request = gale_handler_request(self);
    const char *length = gale_request_header(request, "Content-Length");
    int64_t n = length ? strtoll(length, NULL, 10) : 0;
    bool is_sent = n > 0 || gale_request_header(request, "Transfer-Encoding");
    gale_http_request to_old = {
        .method = request->method,
        .headers = request_headers(self),
        .body = { length && !is_sent ? "" : NULL, 0 }, /* empty, but said to be there */
        .body_producer = is_sent ? next_piece : NULL,
        .body_length = n, /* 0: not known, chunked */
        .header_callback = on_header,
        .streaming_callback = on_piece,
        .arg = self,
        .allow_nonstandard_methods = GALE_ON,
        .decompress_response = GALE_OFF,
        .follow_redirects = GALE_OFF,
        .max_body_size = GALE_UNLIMITED,
        .request_timeout = GALE_UNLIMITED,
        .connect_timeout = 5,
        .user_agent = "",
    };
    gale_http_response *response;
    int r = to_old.headers ? gale_fetch(old_url(self, request->uri), &to_old, &response) : -ENOMEM;

    if (r < 0 && gale_clear(self) >= 0) /* nothing of it has left yet */
        return gale_fail(self, 502, "%s", gale_strerror(r));
    return r < 0 ? r : gale_flush(self); /* also when there was no body */
}

static const gale_handler_class old_site = {
    .stream_request_body = GALE_ON,
    .cancel_on_close = GALE_ON,
    .xsrf_cookies = GALE_OFF, /* that is the old site's own business */
    .get = forward,
    .head = forward,
    .post = forward,
    .put = forward,
    .delete_ = forward,
    .patch = forward,
    .options = forward,
    .other_method = forward,
};

/* --- a page that has moved already; who the user is, the old site knows --- */

static int ask_old_site(gale_handler *self, json_t **user)
{
    const char *cookies = gale_request_header(gale_handler_request(self), "Cookie");
    gale_http_header headers[] = { { "Cookie", cookies }, { NULL, NULL } };
    gale_http_response *response;
    int r = cookies ? gale_fetch(old_url(self, "/me"),
                                 &(gale_http_request){ .headers = headers, .raise_error = GALE_ON },
                                 &response)
                    : GALE_EEOF;

    if (r >= 0)
        *user = gale_json_decode(response->body, &r);
    return r == GALE_EEOF ? 0 : r;
}

static int hello_get(gale_handler *self)
{
    const json_t *user = gale_current_user(self);

    return gale_printf(self, "<p>Hello, %s, from C\n",
                       user ? gale_xhtml_escape(json_string_value(user)) : "stranger");
}

static const gale_handler_class hello = { .get = hello_get, .get_current_user = ask_old_site };

int main(int argc, char **argv)
{
    const gale_route routes[] = {
        { .url = "/hello", .handler = &hello },
        { 0 },
    };
    const gale_settings settings = {
        .default_handler = &old_site, /* all paths that no route has */
        .server.max_body_size = 1 << 30,
    };

    if (gale_define(gale_options_default(), .name = "old", .fallback = "http://localhost:8000",
                    .help = "where the old site listens") < 0)
        return EXIT_FAILURE;
    return gale_main(argc, argv, gale_app_new(routes, &settings));
}
