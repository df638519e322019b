/* routing_server.c - an application for test_routing_wire.py: routes, errors, headers. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/gale.h>

static int read_only(gale_handler *self)
{
    gale_set_header(self, "X-Kind", "page");
    return gale_printf(self, "a page of %d bytes", 21);
}

static int streamed(gale_handler *self)
{
    gale_write(self, "one ");
    gale_flush(self);
    return gale_write(self, "two");
}

static int own_options(gale_handler *self)
{
    return gale_write(self, "my own options");
}

static int show(gale_handler *self)
{
    const char *id = gale_path_argument(self, 0);

    return gale_printf(self, "[%s]", id ? id : "");
}

/* An argument in hexadecimal digits, so that any byte gets through; or fallback. */
static const char *hex_argument(gale_handler *self, const char *name, const char *fallback)
{
    const char *hex = gale_get_argument(self, name, NULL);
    size_t n = hex ? strlen(hex) / 2 : 0;
    char *text = gale_alloc(self, n + 1);

    if (!hex || !text)
        return fallback;
    for (size_t i = 0; i < n; i++) {
        const char digits[3] = { hex[2 * i], hex[2 * i + 1], 0 };

        text[i] = (char)strtoul(digits, NULL, 16);
    }
    text[n] = 0;
    return text;
}

/* Sets whatever the client says as header, and tells what came of it. */
static int set_header(gale_handler *self)
{
    const char *value = hex_argument(self, "value", "");
    int r = gale_has_argument(self, "add")
                ? gale_add_header(self, hex_argument(self, "name", "X-Value"), value)
                : gale_set_header(self, hex_argument(self, "name", "X-Value"), value);

    return r < 0 ? r : gale_write(self, "set");
}

static int redirect(gale_handler *self)
{
    return gale_redirect(self, hex_argument(self, "to", "/"));
}

static int reason(gale_handler *self)
{
    gale_set_status(self, 400, hex_argument(self, "reason", NULL));
    if (gale_has_argument(self, "fail"))
        return gale_fail(self, 400, "secret detail");
    if (gale_has_argument(self, "send"))
        return gale_send_error(self, 400);
    return gale_write(self, "set");
}

static int boom(gale_handler *self)
{
    gale_write(self, "half a page");
    return gale_err(GALE_EPROTO, "secret of %s", __FILE__);
}

static int json_boom(gale_handler *self)
{
    return gale_json(self, "{s:y}", "a", 1);
}

static int slashed(gale_handler *self)
{
    return gale_add_slash(self, NULL);
}

static int unslashed(gale_handler *self)
{
    return gale_remove_slash(self, NULL);
}

static int plain(gale_request *request, void *arg)
{
    char text[64];

    snprintf(text, sizeof(text), "%s by a function, %s", request->method, (const char *)arg);
    return strcmp(request->method, "DELETE") == 0
               ? GALE_EHTTP(409)
               : gale_http_respond(request, 203, "text/plain", text, strlen(text));
}

static int mark(gale_handler *self, void *arg)
{
    return gale_set_header(self, "X-Mark", arg);
}

static int early(gale_handler *self, void *arg)
{
    (void)arg;
    if (!gale_has_argument(self, "early"))
        return 0;
    gale_set_status(self, 401, NULL);
    return gale_finish(self);
}

static const gale_middleware marker = { .after = mark, .arg = (void *)"seen", .name = "marker" };
static const gale_middleware doorman = { .before = early, .name = "doorman" };
static const gale_middleware *const all[] = { &marker, &doorman, NULL };

static int take_piece(gale_handler *self, gale_str piece)
{
    size_t *total = gale_state(self);

    *total += piece.len;
    return 0;
}

static int count_pieces(gale_handler *self)
{
    return gale_printf(self, "%zu bytes in pieces", *(size_t *)gale_state(self));
}

static int small_body(gale_handler *self)
{
    return gale_printf(self, "%zu bytes", gale_handler_request(self)->body.len);
}

static const gale_handler_class reader = { .get = read_only };
static const gale_handler_class streamer = { .get = streamed };
static const gale_handler_class optional = { .get = read_only, .options = own_options };
static const gale_handler_class shower = { .get = show, .post = show };
static const gale_handler_class header = { .get = set_header };
static const gale_handler_class redirector = { .get = redirect };
static const gale_handler_class reasons = { .get = reason };
static const gale_handler_class bomb = { .get = boom };
static const gale_handler_class json_bomb = { .get = json_boom };
static const gale_handler_class slash = { .prepare = slashed, .get = read_only, .post = read_only };
static const gale_handler_class no_slash = { .prepare = unslashed, .get = read_only };
static const gale_handler_class counter = { .state_size = sizeof(size_t),
                                            .post = count_pieces,
                                            .data_received = take_piece,
                                            .stream_request_body = GALE_ON };
static const gale_handler_class body = { .post = small_body };

static const gale_limits small = { .max_body_size = 100 };

static gale_app *make_app(void)
{
    gale_app *inner = gale_app_new((gale_route[]){ { .url = "/story/{id:int}", .handler = &shower },
                                                   { .url = "/boom", .handler = &bomb },
                                                   { 0 } },
                                   &(gale_settings){ .serve_traceback = GALE_ON });

    return gale_app_new(
        (gale_route[]){
            { .url = "/", .handler = &reader },
            { .url = "/streamed", .handler = &streamer },
            { .url = "/optional", .handler = &optional },
            { .url = "/user/{id}", .handler = &shower },
            { .url = "/raw/([^/]*)", .handler = &shower },
            { .url = "/header", .handler = &header },
            { .url = "/redirect", .handler = &redirector },
            { .url = "/reason", .handler = &reasons },
            { .url = "/boom", .handler = &bomb },
            { .url = "/json", .handler = &json_bomb },
            { .url = "/slash/?", .handler = &slash },
            { .url = ".*/noslash/?", .handler = &no_slash },
            { .url = "/see/(.*)",
              .handler = &gale_redirect_handler,
              .arg = &(gale_redirect_options){ .url = "/user/{0}", .status = 307 } },
            { .url = "/gone", .handler = &gale_error_handler, .arg = &(int){ 410 } },
            { .url = "/plain/(.*)",
              .handler = &gale_fallback_handler,
              .arg = &(gale_fallback_options){ .callback = plain, .arg = (void *)"hello" } },
            { .url = "/small", .handler = &body, .limits = &small },
            { .url = "/pieces", .handler = &counter },
            { .url = "/inner", .app = inner },
            { 0 },
        },
        &(gale_settings){ .middleware = all,
                          .xsrf_cookies = getenv("XSRF") ? GALE_ON : GALE_OFF,
                          .debug = getenv("DEBUG") ? GALE_ON : GALE_OFF,
                          .serve_traceback = getenv("TRACEBACK") ? GALE_ON : 0 });
}

int main(int argc, char **argv)
{
    return gale_main(argc, argv, make_app());
}
