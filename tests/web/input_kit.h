/* input_kit.h - the application of test_input.c and test_forms.c, and how they ask it.
 *
 * The handlers run the function that verb points at.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WEB_INPUT_KIT_H
#define TESTS_WEB_INPUT_KIT_H

#include "fake_carrier.h"

#include "web/handler.h"

static int (*verb)(gale_handler *self);

static int run_verb(gale_handler *self)
{
    return verb(self);
}

static const char *decode(gale_handler *self, gale_str bytes, const char *name)
{
    if (bytes.len == 3 && memcmp(bytes.ptr, "bad", 3) == 0)
        return NULL;
    return gale_printf_alloc(self, "<%s:%.*s>", name ? name : "path", (int)bytes.len, bytes.ptr);
}

static const gale_handler_class plain_handler = { .get = run_verb,
                                                  .post = run_verb,
                                                  .put = run_verb };
static const gale_handler_class decoding_handler = { .parent = &plain_handler,
                                                     .decode_argument = decode };
static const gale_handler_class streaming_handler = { .parent = &plain_handler,
                                                      .stream_request_body = GALE_ON };
static int fall_back(gale_request *request, void *arg)
{
    (void)arg;
    return gale_http_respond(request, 200, NULL, request->body.ptr, request->body.len);
}

static const gale_fallback_options fallback = { .callback = fall_back };
static const gale_limits tight = { .max_arguments = 5,
                                   .max_parts = 3,
                                   .max_part_head = 100,
                                   .max_memory_file = 20,
                                   .max_json_size = 30,
                                   .max_json_depth = 3 };
static const gale_limits spilling = { .max_memory_file = 20 };
static const gale_route routes[] = {
    { .url = "/", .handler = &plain_handler },
    { .url = "/tight", .handler = &plain_handler, .limits = &tight },
    { .url = "/spill", .handler = &plain_handler, .limits = &spilling },
    { .url = "/decode/([^/]*)", .handler = &decoding_handler },
    { .url = "/stream", .handler = &streaming_handler },
    { .url = "/stream/tight", .handler = &streaming_handler, .limits = &tight },
    { .url = "/n/(?<n>[^/]*)(?<none>x)?", .handler = &plain_handler },
    { .url = "/fallback", .handler = &gale_fallback_handler, .arg = (void *)(uintptr_t)&fallback },
    { 0 },
};

static int start(void **state)
{
    (void)state;
    fake_serve(gale_app_new(routes, NULL));
    return 0;
}

static int finish(void **state)
{
    (void)state;
    fake_end();
    return 0;
}

/* What the carrier says behind the body; 0: that is its end. */
static int body_error;

/* A request whose body comes in pieces of so many bytes; 0: it is not large, and said so. */
static void ask(struct fake *f, const char *head, const char *body, size_t step)
{
    char text[4096];

    fake_log[0] = 0;
    snprintf(text, sizeof(text), "%s", head);
    if (!step)
        snprintf(text, sizeof(text), "%sContent-Length: %zu\n", head, strlen(body));
    f->respond_result = 0;
    f->piece_max = step;
    if (body_error) {
        fake_begin(f, text);
        f->body_error = body_error;
        fake_feed(f, body, strlen(body));
    } else {
        fake_send(f, text, body);
    }
    fake_wait(f);
}

static int walk(gale_handler *self)
{
    const char *name, *value;

    for (size_t i = 0; gale_argument_at(self, i, &name, &value); i++)
        gale_printf(self, "%s[%s]=[%s]", i ? " " : "", name, value);
    return 0;
}

#define POST_FORM "POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n"

#define input_test(name) cmocka_unit_test_setup_teardown(name, start, finish)

#endif
