/* httpbin.c - the request and response service httpbin (httpbin.org), in C: application and routes.
 *
 * Each end point is a function in one of the other files. What it answers is compared with the
 * original, Debian's python3-httpbin, by tests/examples/test_httpbin.py.
 */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "httpbin.h"

/* After every answer, also one that says 404. */
static int allow_every_origin(gale_handler *self, void *arg)
{
    const gale_request *request = gale_handler_request(self);
    const char *origin = gale_request_header(request, "Origin");
    const char *wanted = gale_request_header(request, "Access-Control-Request-Headers");

    (void)arg;
    gale_set_header(self, "Access-Control-Allow-Origin", origin ? origin : "*");
    gale_set_header(self, "Access-Control-Allow-Credentials", "true");
    if (strcmp(request->method, "OPTIONS") != 0)
        return 0;
    if (wanted)
        gale_set_header(self, "Access-Control-Allow-Headers", wanted);
    gale_set_header(self, "Access-Control-Max-Age", "3600");
    return gale_set_header(self, "Access-Control-Allow-Methods",
                           "GET, POST, PUT, DELETE, PATCH, OPTIONS");
}

static const gale_middleware cors = { .after = allow_every_origin, .name = "cors" };

/* The end points set their own. */
static const char *no_etag(gale_handler *self, gale_str body)
{
    (void)self;
    (void)body;
    return NULL;
}

static const gale_handler_class base = { .compute_etag = no_etag };

#define ON(verb, function) (&(const gale_handler_class){ .parent = &base, .verb = (function) })
#define GET(function) ON(get, function)
#define GET_AND_POST(function)                                                                     \
    (&(const gale_handler_class){ .parent = &base, .get = (function), .post = (function) })
#define ANY(function)                                                                              \
    (&(const gale_handler_class){ .parent = &base,                                                 \
                                  .get = (function),                                               \
                                  .post = (function),                                              \
                                  .put = (function),                                               \
                                  .patch = (function),                                             \
                                  .delete_ = (function),                                           \
                                  .other_method = (function) })

static const gale_route routes[] = {
    { .url = "/", .handler = GET(view_index) },
    { .url = "/get", .handler = GET(view_get) },
    { .url = "/post", .handler = ON(post, view_post) },
    { .url = "/put", .handler = ON(put, view_post) },
    { .url = "/patch", .handler = ON(patch, view_post) },
    { .url = "/delete", .handler = ON(delete_, view_post) },
    { .url = "/anything", .handler = ANY(view_anything) },
    { .url = "/anything/{rest:path}", .handler = ANY(view_anything) },
    { .url = "/headers", .handler = GET(view_headers) },
    { .url = "/ip", .handler = GET(view_ip) },
    { .url = "/user-agent", .handler = GET(view_user_agent) },
    { .url = "/status/{codes}", .handler = ANY(view_status) },
    { .url = "/redirect/{n:int}", .handler = GET(view_redirect) },
    { .url = "/relative-redirect/{n:int}", .handler = GET(view_relative_redirect) },
    { .url = "/absolute-redirect/{n:int}", .handler = GET(view_absolute_redirect) },
    { .url = "/redirect-to", .handler = ANY(view_redirect_to) },
    { .url = "/stream/{n:int}", .handler = GET(view_stream) },
    { .url = "/bytes/{n:int}", .handler = GET(view_bytes) },
    { .url = "/stream-bytes/{n:int}", .handler = GET(view_stream_bytes) },
    { .url = "/range/{n:int}", .handler = GET(view_range) },
    { .url = "/delay/{seconds}", .handler = GET(view_delay) },
    { .url = "/drip", .handler = GET(view_drip) },
    { .url = "/cookies", .handler = GET(view_cookies) },
    { .url = "/cookies/set", .handler = GET(set_cookies) },
    { .url = "/cookies/set/{name}/{value}", .handler = GET(set_one_cookie) },
    { .url = "/cookies/delete", .handler = GET(delete_cookies) },
    { .url = "/basic-auth/{user}/{password}", .handler = GET(view_basic_auth) },
    { .url = "/hidden-basic-auth/{user}/{password}", .handler = GET(view_hidden_basic_auth) },
    { .url = "/bearer", .handler = GET(view_bearer) },
    { .url = "/gzip", .handler = GET(view_gzip) },
    { .url = "/deflate", .handler = GET(view_deflate) },
    { .url = "/brotli", .handler = GET(view_brotli) },
    { .url = "/etag/{tag}", .handler = GET(view_etag) },
    { .url = "/cache", .handler = GET(view_cache) },
    { .url = "/cache/{seconds:int}", .handler = GET(view_cache_control) },
    { .url = "/response-headers", .handler = GET_AND_POST(view_response_headers) },
    { .url = "/base64/{value}", .handler = GET(view_base64) },
    { .url = "/uuid", .handler = GET(view_uuid) },
    { .url = "/html", .handler = GET(view_html) },
    { .url = "/json", .handler = GET(view_json) },
    { .url = "/xml", .handler = GET(view_xml) },
    { .url = "/robots.txt", .handler = GET(view_robots) },
    { .url = "/deny", .handler = GET(view_deny) },
    { .url = "/forms/post", .handler = GET(view_form) },
    { .url = "/image", .handler = GET(view_image) },
    { .url = "/image/{type}", .handler = GET(view_image_of_type) },
    { 0 },
};

int main(int argc, char **argv)
{
    static const gale_middleware *const middleware[] = { &cors, NULL };
    gale_app *app = gale_app_new(
        routes, &(gale_settings){
                    .middleware = middleware,
                    .limits = { .max_memory_file = 10 << 20 }, /* shown, so never on disk */
                });

    srand48(time(NULL));
    return gale_main(argc, argv, app);
}
