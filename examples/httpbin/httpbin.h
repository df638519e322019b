/* httpbin.h - what the files of the example share. */
/* SPDX-License-Identifier: MIT */
#ifndef HTTPBIN_H
#define HTTPBIN_H

#include <gale/gale.h>
#include <gale/json.h>

/* What of the request show_request() tells. */
enum {
    SHOW_URL = 1,
    SHOW_ARGS = 2,
    SHOW_BODY = 4, /* form, files and data */
    SHOW_JSON = 8,
    SHOW_ORIGIN = 16,
    SHOW_HEADERS = 32,
    SHOW_METHOD = 64,
    SHOW_GET = SHOW_URL | SHOW_ARGS | SHOW_ORIGIN | SHOW_HEADERS,
    SHOW_POST = SHOW_GET | SHOW_BODY | SHOW_JSON,
};

/* inspect.c: the request as JSON; the first is a new reference. */
json_t *request_json(gale_handler *self, int what);
/* The arguments of the query, each name with an array of its values as they came. New. */
json_t *query_arguments(gale_handler *self);
/* What a header field has: bytes that are not UTF-8 are taken as ISO 8859-1. New; NULL of NULL. */
json_t *header_text(gale_handler *self, const char *value);
/* An argument of the query into *value, which stays as it is without one. What is no number is a
 * failure that answers 400. */
int query_number(gale_handler *self, const char *name, double *value);
int query_integer(gale_handler *self, const char *name, long long *value);
int view_anything(gale_handler *self);
int view_get(gale_handler *self);
int view_post(gale_handler *self);
int view_headers(gale_handler *self);
int view_ip(gale_handler *self);
int view_user_agent(gale_handler *self);

/* answers.c: statuses, redirects, caching, headers, cookies, authentication */
int answer_status(gale_handler *self, int status);
int answer_text(gale_handler *self, int status, const char *text);
int view_status(gale_handler *self);
int view_redirect(gale_handler *self);
int view_relative_redirect(gale_handler *self);
int view_absolute_redirect(gale_handler *self);
int view_redirect_to(gale_handler *self);
int view_etag(gale_handler *self);
int view_cache(gale_handler *self);
int view_cache_control(gale_handler *self);
int view_response_headers(gale_handler *self);
int view_cookies(gale_handler *self);
int set_cookies(gale_handler *self);
int set_one_cookie(gale_handler *self);
int delete_cookies(gale_handler *self);
int view_basic_auth(gale_handler *self);
int view_hidden_basic_auth(gale_handler *self);
int view_bearer(gale_handler *self);

/* bodies.c: streams, bytes, slow ones, encoded ones, pages, pictures */
int view_stream(gale_handler *self);
int view_bytes(gale_handler *self);
int view_stream_bytes(gale_handler *self);
int view_range(gale_handler *self);
int view_delay(gale_handler *self);
int view_drip(gale_handler *self);
int view_gzip(gale_handler *self);
int view_deflate(gale_handler *self);
int view_brotli(gale_handler *self);
int view_base64(gale_handler *self);
int view_uuid(gale_handler *self);
int view_image(gale_handler *self);
int view_image_of_type(gale_handler *self);

/* pages.c */
int view_index(gale_handler *self);
int view_html(gale_handler *self);
int view_json(gale_handler *self);
int view_xml(gale_handler *self);
int view_robots(gale_handler *self);
int view_deny(gale_handler *self);
int view_form(gale_handler *self);

/* base64.c: in the request's memory; NULL when out of that, or no base64. Both alphabets are read;
 * what they tell may have a NUL anywhere. */
char *base64_encode(gale_handler *self, gale_str bytes);
gale_str base64_decode(gale_handler *self, const char *text);

#endif
