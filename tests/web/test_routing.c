/* test_routing.c - templates, routers in routers, mounted applications, hosts, the way back. */
/* SPDX-License-Identifier: MIT */
#include "fake_carrier.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Writes the route's text and the path arguments. */
static int show(gale_handler *self)
{
    const char *id = gale_path_argument_named(self, "id");

    gale_write(self, *(const char **)gale_state(self));
    for (size_t i = 0; i < 2; i++)
        if (gale_path_argument(self, i))
            gale_printf(self, " %s", gale_path_argument(self, i));
    return id ? gale_printf(self, " id=%s", id) : 0;
}

static int keep_arg(gale_handler *self, void *arg)
{
    *(void **)gale_state(self) = arg;
    return 0;
}

static const gale_handler_class shower = {
    .state_size = sizeof(void *), .initialize = keep_arg, .get = show, .name = "shower"
};

#define TO(text) .handler = &shower, .arg = (void *)(text)

static void check_path(const char *path, const char *expected)
{
    struct fake f = { 0 };

    fake_get(&f, path);
    if (!expected) {
        if (f.status != 404)
            fail_msg("%s: %d %s", path, f.status, f.body);
        return;
    }
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, expected);
}

static void refused(const gale_route *routes, const char *expected)
{
    assert_null(gale_app_new(routes, NULL));
    assert_string_equal(gale_app_error(), expected);
}

/* --- templates ----------------------------------------------------------------------- */

static void templates_match_by_type(void **state)
{
    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){
            { .url = "/story/{id:int}", TO("int") },
            { .url = "/story/{id:uuid}", TO("uuid") },
            { .url = "/story/{id}", TO("any") },
            { .url = "/story/{id}/page.{n:int}", TO("two") },
            { .url = "/files/{id:path}", TO("path") },
            { .url = "/n/(?<id>[a-z]{2,3})", TO("pattern") },
            { 0 },
        },
        NULL));
    check_path("/story/42", "int 42 id=42");
    check_path("/story/123e4567-e89b-12d3-a456-426614174000",
               "uuid 123e4567-e89b-12d3-a456-426614174000 id=123e4567-e89b-12d3-a456-426614174000");
    check_path("/story/42x", "any 42x id=42x");
    check_path("/story/a%20b%25", "any a b% id=a b%");
    check_path("/story/", NULL);
    check_path("/story/a/b", NULL);
    check_path("/story/a/page.3", "two a 3 id=a");
    check_path("/story/a/pageX3", NULL);
    check_path("/files/a/b", "path a/b id=a/b");
    check_path("/files/", NULL);
    check_path("/n/abc", "pattern abc id=abc");
    check_path("/n/abcd", NULL);
    fake_end();
}

/* What a proxy in front took for one segment is one here, or nothing. */
static void test_c10_an_encoded_slash_makes_no_segments(void **state)
{
    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){
            { .url = "/admin/panel", TO("literal") },
            { .url = "/user/{id}", TO("segment") },
            { .url = "/files/{id:path}", TO("path") },
            { .url = "/pattern/([^/]*)", TO("pattern") },
            { .url = "/narrow/([a-z]+)", TO("narrow") },
            { 0 },
        },
        NULL));
    check_path("/admin/panel", "literal");
    check_path("/admin%2Fpanel", NULL);
    check_path("/admin%2fpanel", NULL);
    check_path("/%61dmin/panel", NULL);
    check_path("/user/a", "segment a id=a");
    check_path("/user/a%2Fb", NULL);
    check_path("/user/a%2fb", NULL);
    check_path("/user/%2F", NULL);
    check_path("/user/%252F", "segment %2F id=%2F"); /* decoded once */
    check_path("/user/..%2F..%2Fetc", NULL);
    check_path("/files/a%2Fb", "path a/b id=a/b");
    check_path("/pattern/a%2Fb", "pattern a/b"); /* it says [^/]*, so it is asked for */
    check_path("/narrow/a%2Fb", NULL);
    fake_end();
}

/* Clients send such bytes encoded; some as they are. */
static void bytes_that_are_encoded_match_in_both_forms(void **state)
{
    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){
            { .url = "/\xc3\xbc/{id}", TO("template") },
            { .url = "/\xc3\xbc.\\{", TO("literal") },
            { 0 },
        },
        NULL));
    check_path("/\xc3\xbc/7", "template 7 id=7");
    check_path("/%C3%BC/7", "template 7 id=7");
    check_path("/%c3%bC/7", "template 7 id=7");
    check_path("/%C3%BD/7", NULL);
    check_path("/\xc3\xbc.{", "literal");
    check_path("/%C3%BC.%7B", "literal");
    check_path("/%C3%BCx%7B", NULL);
    fake_end();
}

static void faults_name_the_route(void **state)
{
    static const gale_route deep[] = { { .url = "/x", .routes = deep }, { 0 } };
    static const gale_handler_class verbless = { .prepare = show };

    (void)state;
    refused((gale_route[]){ { .url = "/s/{id:integer}", TO("") }, { 0 } },
            "route \"/s/{id:integer}\": {id:integer} in it is of no type there is: int, uuid, "
            "path");
    refused((gale_route[]){ { .url = "/s/{id}/(.*)", TO("") }, { 0 } },
            "route \"/s/{id}/(.*)\": a template with {name} has no '(': write that, or a pattern");
    refused((gale_route[]){ { .url = "/s/{id}/{id}", TO("") }, { 0 } },
            "route \"/s/{id}/{id}\": it has {id} twice");
    refused(
        (gale_route[]){
            { .url = "/a", .routes = (gale_route[]){ { .url = "/([", TO("") }, { 0 } } }, { 0 } },
        "route \"/a/([\": bad pattern: missing terminating ] for character class at character "
        "5");
    refused((gale_route[]){ { .url = "/a",
                              .routes = (gale_route[]){ { .url = "/b", .handler = &verbless },
                                                        { 0 } } },
                            { 0 } },
            "route \"/a/b\": its handler class has no method (.get, .post ...)");
    refused((gale_route[]){ { .url = "/a", .routes = deep }, { 0 } },
            "route \"/a/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x\": more than 16 routers in each other");
    refused((gale_route[]){ { .url = "/a",
                              .handler = &shower,
                              .routes = (gale_route[]){ { .url = "/b", TO("") }, { 0 } } },
                            { 0 } },
            "route \"/a\": it has more than one of handler, routes and app");
    refused((gale_route[]){ { .url = "/a",
                              .name = "a",
                              .routes = (gale_route[]){ { .url = "/b", TO("") }, { 0 } } },
                            { 0 } },
            "route \"/a\": an arg or a name is for a rule with a handler");
    refused((gale_route[]){ { .url = "/{a", TO("") }, { 0 } },
            "route \"/{a\": it has a { that begins no {name}: for the character itself write \\{");
    refused((gale_route[]){ { .url = "/a{", TO("") }, { 0 } },
            "route \"/a{\": it has a { that begins no {name}: for the character itself write \\{");
    refused((gale_route[]){ { .url = "foo", TO("") }, { 0 } },
            "route \"foo\": it does not begin with /, as all paths do");
    refused((gale_route[]){ { .url = "{id}/x", TO("") }, { 0 } },
            "route \"{id}/x\": it does not begin with /, as all paths do");
    refused((gale_route[]){ { .url = "foo",
                              .app = gale_app_new((gale_route[]){ { .url = "", TO("") }, { 0 } },
                                                  NULL) },
                            { 0 } },
            "route \"foo\": it does not begin with /, as all paths do");
    refused((gale_route[]){ { .url = "/a", .host = "(", TO("") }, { 0 } },
            "route \"/a\": bad pattern: missing closing parenthesis at character 1");
}

/* Braces that mean something, and beginnings that match. */
static void urls_that_look_odd_are_fine(void **state)
{
    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){
            { .url = "/b\\{", TO("brace") },
            { .url = "/(\\d{2})", TO("two") },
            { .url = "/([a-c]{2,3})", TO("letters") },
            { .url = "/c[{]", TO("class") },
            { .url = "/(\\p{Lu}+)", TO("upper") },
            { .url = "{id:path}.x", TO("path") },
            { .url = ".*/any", TO("any") },
            { .url = "/r", .routes = (gale_route[]){ { .url = "oot", TO("root") }, { 0 } } },
            { 0 },
        },
        NULL));
    check_path("/b{", "brace");
    check_path("/42", "two 42");
    check_path("/abc", "letters abc");
    check_path("/c{", "class");
    check_path("/AB", "upper AB");
    check_path("/q.x", "path /q id=/q");
    check_path("/q/any", "any");
    check_path("/root", "root");
    fake_end();
}

/* --- routers in routers --------------------------------------------------------------- */

static void routers_follow_their_prefix(void **state)
{
    static const gale_route users[] = {
        { .url = "", TO("users") },
        { .url = "/([0-9]+)", TO("user") },
        { .url = "/{id}/posts", TO("posts") },
        { 0 },
    };
    static const gale_route api[] = {
        { .url = "/users", .routes = users },
        { .url = "/v1.0/{id:int}", TO("version") },
        { .url = "/|/index", TO("either") },
        { 0 },
    };

    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){
            { .url = "/api", .routes = api },
            { .url = "/of/{lang}", .routes = users },
            { .url = "/(en|de)", .routes = users },
            { .url = "/slash/", .routes = (gale_route[]){ { .url = "/x", TO("slash") }, { 0 } } },
            { .routes = (gale_route[]){ { .url = "/bare", TO("bare") }, { 0 } } },
            { .url = "/api/(.*)", TO("rest") },
            { 0 },
        },
        NULL));
    check_path("/api/users", "users");
    check_path("/api/users/7", "user 7");
    check_path("/api/users/ann/posts", "posts ann id=ann");
    check_path("/api/users/ann", "rest users/ann"); /* none of the router's: on to the next */
    check_path("/api/v1.0/3", "version 3 id=3");
    check_path("/api/v1x0/3", "rest v1x0/3");
    check_path("/api/", "either");
    check_path("/api/index", "either");
    check_path("/index", NULL);
    check_path("/of/a/7", "user a 7");
    check_path("/de/7", "user de 7");
    check_path("/fr/7", NULL);
    check_path("/slash/x", "slash");
    check_path("/slash//x", NULL);
    check_path("/bare", "bare");
    fake_end();
}

/* --- hosts ----------------------------------------------------------------------------- */

static void check_host(const char *host, const char *path, const char *fields, const char *expected)
{
    char head[512];
    struct fake f = { 0 };

    /* the authority of an absolute target stands for Host */
    snprintf(head, sizeof(head), "GET http://%s%s HTTP/1.1\n%s", host, path, fields);
    fake_ask(&f, head, "");
    if (!expected) {
        assert_int_equal(f.status, 404);
        return;
    }
    assert_string_equal(f.body, expected);
}

static gale_app *hosts_app(const char *default_host)
{
    gale_app *app = gale_app_new(
        (gale_route[]){
            { .url = "/foo", .host = "www.example.com", TO("www") },
            { .url = "/foo", .host = "[a-z]+\\.example\\.com", TO("any example") },
            { .url = "/",
              .host = "API.example.org",
              .routes = (gale_route[]){ { .url = "/x", TO("api") },
                                        { .url = "/y/([0-9])", TO("api y") },
                                        { 0 } } },
            { .url = "/bar", TO("wildcard") },
            { 0 },
        },
        &(gale_settings){ .default_host = default_host });

    assert_non_null(app);
    return app;
}

static void virtual_hosts(void **state)
{
    (void)state;
    fake_serve(hosts_app(NULL));
    check_host("www.example.com", "/foo", "", "www");
    check_host("WWW.Example.com:8080", "/foo", "", "www");
    check_host("wwwxexample.com", "/foo", "", NULL);
    check_host("m.example.com", "/foo", "", "any example");
    check_host("m.example.com.evil", "/foo", "", NULL);
    check_host("api.example.org", "/x", "", "api");
    check_host("api.example.org", "/y/3", "", "api y 3");
    check_host("api.example.org", "/foo", "", NULL);
    check_host("else", "/x", "", NULL);
    check_host("else", "/bar", "", "wildcard");
    check_host("www.example.com", "/bar", "", "wildcard");
    fake_end();
}

/* The first rule wins, however it is found: by a host's name, by a pattern, for any host. */
static void hosts_of_one_path_in_their_order(void **state)
{
    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){
            { .url = "/a", .host = "one.example", TO("one") },
            { .url = "/a", .host = "one.example", TO("one again") },
            { .url = "/a", .host = ".*\\.example", TO("pattern") },
            { .url = "/a", .host = "two.example", TO("never") },
            { .url = "/a", .host = "two.other", TO("two") },
            { .url = "/a", TO("any") },
            { .url = "/a", .host = "three.other", TO("never") },
            { .url = "/b", .host = "[a-z]+\\.example", TO("b pattern") },
            { .url = "/b", .host = "one.example", TO("never") },
            { .url = "/b", .host = "9.example", TO("b 9") },
            { .url = "/c", .host = "one.example", TO("c one") },
            { .url = "/(c)", TO("c pattern") },
            { .url = "/c", .host = "two.example", TO("never") },
            { .url = "/d", .host = "[::1]", TO("d with brackets") },
            { .url = "/d", .host = "2001:DB8::1", TO("d without") },
            { .url = "/d", .host = "[a:]+", TO("d pattern") },
            { 0 },
        },
        NULL));
    check_host("one.example", "/a", "", "one");
    check_host("two.example:80", "/a", "", "pattern");
    check_host("two.other", "/a", "", "two");
    check_host("three.other", "/a", "", "any");
    check_host("one.example", "/b", "", "b pattern");
    check_host("9.example", "/b", "", "b 9");
    check_host("8.example", "/b", "", NULL);
    check_host("one.example", "/c", "", "c one");
    check_host("two.example", "/c", "", "c pattern c");
    check_host("[::1]", "/d", "", "d with brackets");
    check_host("[::1]:8080", "/d", "", "d with brackets");
    check_host("[2001:db8::1]:8080", "/d", "", "d without");
    check_host("aa", "/d", "", "d pattern");
    check_host("[::2]", "/d", "", NULL);
    fake_end();
}

static void a_default_host(void **state)
{
    (void)state;
    fake_serve(hosts_app("WWW.example.com"));
    check_host("else", "/foo", "", "www");
    check_host("m.example.com", "/foo", "", "any example");
    check_host("else", "/foo", "X-Real-Ip: 127.0.0.1\n", NULL);
    check_host("else", "/x", "", NULL);
    fake_end();
}

static void handlers_of_hosts_are_added_in_their_order(void **state)
{
    gale_app *app = gale_app_new(
        (gale_route[]){ { .url = "/foo", TO("own") }, { .url = "/bar", TO("own bar") }, { 0 } },
        NULL);

    (void)state;
    assert_int_equal(
        gale_app_add_handlers(
            app, "www.example.com",
            ((gale_route[]){ { .url = "/foo", TO("[0]") }, { .url = "/b.*", TO("[b]") }, { 0 } })),
        0);
    assert_int_equal(
        gale_app_add_handlers(
            app, "www\\.example\\.com",
            ((gale_route[]){ { .url = "/foo", TO("[1]") }, { .url = "/baz", TO("[2]") }, { 0 } })),
        0);
    assert_int_equal(gale_app_add_handlers(app, ".*\\.com",
                                           ((gale_route[]){ { .url = "/any", TO("[3]") }, { 0 } })),
                     0);
    assert_int_equal(gale_app_add_handlers(app, "(", ((gale_route[]){ { 0 } })), GALE_EINVAL);
    assert_int_equal(gale_app_add_handlers(app, "a", ((gale_route[]){ { .url = "(" }, { 0 } })),
                     GALE_EINVAL);
    assert_int_equal(gale_app_add_handlers(app, NULL, ((gale_route[]){ { 0 } })), GALE_EINVAL);
    fake_serve(app);
    check_host("www.example.com", "/foo", "", "[0]");
    check_host("www.example.com", "/bar", "", "[b]");
    check_host("www.example.com", "/baz", "", "[b]");
    check_host("a.com", "/any", "", "[3]");
    check_host("a.com", "/baz", "", NULL);
    check_host("a.com", "/foo", "", "own");
    assert_int_equal(gale_app_add_handlers(app, "late", ((gale_route[]){ { 0 } })), GALE_ESTATE);
    assert_string_equal(gale_strerror(GALE_ESTATE),
                        "gale_app_add_handlers: the application serves already");
    fake_end();
}

/* --- mounted applications -------------------------------------------------------------- */

static int tell(gale_handler *self)
{
    const char *name = gale_get_query_argument(self, "name", NULL);
    const char *url = name ? gale_reverse_url(self, name, "7") : NULL;

    if (name)
        return gale_write(self, url ? url : gale_strerror(GALE_ENOTFOUND));
    return gale_printf(self, "%s", (char *)gale_app_data(gale_handler_app(self)));
}

static int child_page(gale_handler *self, int status)
{
    return gale_printf(self, "child's %d", status);
}

static const gale_handler_class teller = { .get = tell };

static gale_app *mounted(void)
{
    gale_app *grandchild = gale_app_new(
        (gale_route[]){ { .url = "/{id:int}", .handler = &teller, .name = "deep" },
                        { .url = "", .handler = &teller },
                        { 0 } },
        &(gale_settings){ .data = (char *)"grandchild" });
    gale_app *child = gale_app_new(
        (gale_route[]){
            { .url = "/", .handler = &teller },
            { .url = "/c/([0-9]+)", .handler = &teller, .name = "inner" },
            { .url = "/deep", .app = grandchild },
            { .url = "/same/(.)", .handler = &teller, .name = "same" },
            { 0 },
        },
        &(gale_settings){ .data = (char *)"child", .write_error = child_page });

    return gale_app_new(
        (gale_route[]){
            { .url = "/first/a", .handler = &teller },
            { .url = "/first/", .app = child },
            { .url = "/outer/{id}", .handler = &teller, .name = "outer" },
            { .url = "/same/(.)", .handler = &teller, .name = "same" },
            { .url = "/first.*", .handler = &teller },
            { 0 },
        },
        &(gale_settings){ .data = (char *)"root" });
}

static void applications_below_a_prefix(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_serve(mounted());
    check_path("/first/a", "root");
    check_path("/first/", "child");
    check_path("/first/deep", "grandchild");
    check_path("/first/deep/3", "grandchild");
    check_path("/firstborn", "root");
    fake_get(&f, "/first/none"); /* all of the prefix is the child's */
    assert_int_equal(f.status, 404);
    assert_string_equal(f.body, "child's 404");
    fake_get(&f, "/first/deep/none"); /* whose own settings count */
    assert_string_equal(f.body,
                        "<html><title>404: Not Found</title><body>404: Not Found</body></html>");
    fake_end();
}

static void names_through_mounts(void **state)
{
    static const char *const seven[] = { "7", NULL };
    char out[64], tiny[5];

    (void)state;
    fake_serve(mounted());
    check_path("/first/a?name=inner", "/first/c/7");
    check_path("/first/a?name=deep", "/first/deep/7");
    check_path("/first/deep?name=deep", "/first/deep/7");
    check_path("/first/deep?name=inner", "/first/c/7");
    check_path("/first/deep?name=outer", "/outer/7");
    check_path("/first/a?name=same", "/same/7");
    check_path("/first/?name=same", "/first/same/7");
    check_path("/first/?name=none", "no route is called \"none\"");
    assert_int_equal(gale_app_reverse_url(fake_app, "deep", seven, out, sizeof(out)), 13);
    assert_string_equal(out, "/first/deep/7");
    assert_int_equal(gale_app_reverse_url(fake_app, "deep", seven, tiny, sizeof(tiny)),
                     GALE_ETOOBIG);
    assert_int_equal(gale_app_reverse_url(fake_app, "deep", NULL, out, sizeof(out)),
                     GALE_ENOTFOUND);
    assert_int_equal(gale_app_reverse_url(fake_app, "x", NULL, out, sizeof(out)), GALE_ENOTFOUND);
    fake_end();
}

static gale_app *small(void)
{
    return gale_app_new((gale_route[]){ { .url = "/", TO("small") }, { 0 } }, NULL);
}

/* What failed rules mounted is freed: the leak checker looks on. */
static void mounts_that_cannot_be(void **state)
{
    gale_app *one = small(), *two, *outer, *inner;

    (void)state;
    refused((gale_route[]){ { .url = "/a", .app = one }, { .url = "/b", .app = one }, { 0 } },
            "an application of the rules is mounted already");
    refused(
        (gale_route[]){ { .url = "/a", .app = small() }, { .url = "(", .app = small() }, { 0 } },
        "route \"(\": an application's prefix is a path, no pattern or template");
    refused((gale_route[]){ { .url = "/a/{id}", .app = small() }, { 0 } },
            "route \"/a/{id}\": an application's prefix is a path, no pattern or template");
    refused(
        (gale_route[]){ { .url = "/a", .app = small(), .limits = &(gale_limits){ .max_parts = 1 } },
                        { 0 } },
        "route \"/a\": limits of an application are in its own settings");
    assert_null(gale_app_new((gale_route[]){ { .url = "/a", .app = small() }, { 0 } },
                             &(gale_settings){ .debug = 7 }));
    two = gale_app_new((gale_route[]){ { .url = "/in/(", TO("") }, { 0 } }, NULL);
    refused(
        (gale_route[]){ { .url = "/a", .app = two }, { 0 } },
        "route \"/a\": it has no handler, routes or app (the last that failed: route \"/in/(\": "
        "bad pattern: missing closing parenthesis at character 5)");
    inner = small();
    outer = gale_app_new((gale_route[]){ { .url = "/in", .app = inner }, { 0 } }, NULL);
    assert_non_null(outer);
    assert_int_equal(
        gale_app_add_handlers(inner, "h", ((gale_route[]){ { .url = "/o", .app = outer }, { 0 } })),
        GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL),
                        "an application cannot be mounted below itself");
    gale_app_free(outer);
}

/* All that rules mount is taken over, however deep it lies. */
static void mounts_that_lie_too_deep_are_freed(void **state)
{
    gale_route deep[20][3] = { 0 };

    (void)state;
    for (size_t i = 0; i < N_OF(deep) - 1; i++)
        deep[i][0] = (gale_route){ .url = "/x", .routes = deep[i + 1] };
    deep[19][0] = (gale_route){ .url = "/x", .routes = deep[0] };
    deep[19][1] = (gale_route){ .url = "/y", .app = small() };
    deep[18][1] = (gale_route){ .url = "/y", .app = small() };
    refused(deep[0], "route \"/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x\": more than 16 routers in each "
                     "other");
}

static void nothing_is_added_below_what_serves(void **state)
{
    gale_app *inner = small();
    gale_app *middle = gale_app_new((gale_route[]){ { .url = "/in", .app = inner }, { 0 } }, NULL);

    (void)state;
    fake_serve(gale_app_new((gale_route[]){ { .url = "/m", .app = middle }, { 0 } }, NULL));
    check_path("/m/in/", "small");
    assert_int_equal(
        gale_app_add_handlers(inner, ".*", ((gale_route[]){ { .url = "/new", TO("new") }, { 0 } })),
        GALE_ESTATE);
    assert_string_equal(gale_strerror(GALE_ESTATE),
                        "gale_app_add_handlers: the application serves already");
    check_path("/m/in/new", NULL);
    fake_end();
}

static void mounts_for_hosts(void **state)
{
    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){
            { .url = "/", .host = "small.example", .app = small() },
            { .url = "/", TO("mine") },
            { 0 },
        },
        NULL));
    check_host("small.example", "/", "", "small");
    check_host("small.example", "/x", "", NULL);
    check_host("else", "/", "", "mine");
    fake_end();
}

/* --- HEAD ------------------------------------------------------------------------------- */

static void check_head(const char *method, const char *path, int status, const char *allow)
{
    struct fake f = { 0 };
    char head[64];

    snprintf(head, sizeof(head), "%s %s HTTP/1.1\n", method, path);
    fake_ask(&f, head, "");
    if (f.status != status || (allow && !strstr(f.fields, allow)))
        fail_msg("%s %s: %d %s", method, path, f.status, f.fields);
}

/* An application may do without; classes of the library answer HEAD themselves. */
static void test_a1_4_head_from_get_can_be_disabled(void **state)
{
    static const gale_handler_class own = { .get = show, .head = show, .state_size = 8 };
    const gale_route routes[] = {
        { .url = "/plain", TO("plain") },
        { .url = "/own", .handler = &own },
        { .url = "/old",
          .handler = &gale_redirect_handler,
          .arg = &(gale_redirect_options){ .url = "/plain" } },
        { 0 },
    };

    (void)state;
    fake_serve(gale_app_new(routes, &(gale_settings){ .head_from_get = GALE_OFF }));
    check_path("/plain", "plain");
    check_head("HEAD", "/plain", 405, "Allow: GET, OPTIONS\n");
    check_head("OPTIONS", "/plain", 204, "Allow: GET, OPTIONS\n");
    check_head("OPTIONS", "/own", 204, "Allow: GET, HEAD, OPTIONS\n");
    check_head("HEAD", "/old", 301, "Location: /plain\n");
    check_head("HEAD", "/none", 404, NULL);
    fake_end();
    fake_serve(gale_app_new(routes, NULL));
    assert_int_equal(gale_app_settings(fake_app)->head_from_get, GALE_ON);
    check_head("HEAD", "/plain", 200, NULL);
    fake_end();
    assert_null(gale_app_new(routes, &(gale_settings){ .head_from_get = 7 }));
    assert_string_equal(gale_app_error(),
                        "settings: head_from_get is 7: not GALE_ON, GALE_OFF or 0");
}

/* --- the way back ----------------------------------------------------------------------- */

static int reversed(gale_handler *self)
{
    const char *url = gale_reverse_url(self, gale_get_query_argument(self, "name", ""),
                                       gale_get_query_argument(self, "a", NULL));

    return gale_write(self, url ? url : gale_strerror(GALE_ENOTFOUND));
}

static const gale_handler_class reverser = { .get = reversed };

static void paths_of_templates_fit_them(void **state)
{
    static const struct {
        const char *query, *expected;
    } cases[] = {
        { "name=any&a=x+y", "/any/x%20y.html" },
        { "name=any&a=%C3%A9%25", "/any/%C3%A9%25.html" },
        { "name=any&a=x/y", "\"/any/x/y.html\" is no path of route \"any\", \"/any/{id}.html\"" },
        { "name=any&a=", "\"/any/.html\" is no path of route \"any\", \"/any/{id}.html\"" },
        { "name=int&a=7", "/int/7" },
        { "name=int&a=x", "\"/int/x\" is no path of route \"int\", \"/int/{id:int}\"" },
        { "name=path&a=x/y+z", "/path/x/y%20z" },
        { "name=nested&a=7", "/in/7/x.y" },
        { "name=root&a=/evil.example", "/%2Fevil.example" },
        { "name=root&a=//evil.example", "/%2F/evil.example" },
        { "name=root&a=\\evil.example", "/%5Cevil.example" },
        { "name=group&a=//evil.example", "/%2Fevil.example" },
        { "name=group&a=/x", "/x" },
        { "name=empty&a=", "the path of route \"empty\" would begin with //" },
        { "name=text&a=7", "/%C3%BCber%20uns/7" },
        { "name=plain", "/%C3%BC.%7B" },
    };
    char path[128];
    struct fake f = { 0 };

    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){
            { .url = "/go", .handler = &reverser },
            { .url = "/any/{id}.html", .handler = &shower, .name = "any" },
            { .url = "/int/{id:int}", .handler = &shower, .name = "int" },
            { .url = "/path/{id:path}", .handler = &shower, .name = "path" },
            { .url = "/{id:path}", .handler = &shower, .name = "root" },
            { .url = "(/.*)", .handler = &shower, .name = "group" },
            { .url = "/([a-z]*)/evil", .handler = &shower, .name = "empty" },
            { .url = "/\xc3\xbc"
                     "ber uns/{id}",
              .handler = &shower,
              .name = "text" },
            { .url = "/\xc3\xbc.\\{", .handler = &shower, .name = "plain" },
            { .url = "^/in/$",
              .routes = (gale_route[]){ { .url = "/(.)/x\\.y$",
                                          .handler = &shower,
                                          .name = "nested" },
                                        { 0 } } },
            { 0 },
        },
        NULL));
    for (size_t i = 0; i < N_OF(cases); i++) {
        snprintf(path, sizeof(path), "/go?%s", cases[i].query);
        fake_get(&f, path);
        assert_string_equal(f.body, cases[i].expected);
    }
    fake_end();
}

/* --- ten thousand routes ---------------------------------------------------------------- */

enum { MANY = 10000 };

static gale_app *many_app(bool with_patterns)
{
    gale_route *routes = calloc(MANY + 3, sizeof(*routes));
    char(*urls)[32] = calloc(MANY, sizeof(*urls));
    gale_app *app;
    size_t n = 0;

    if (with_patterns)
        routes[n++] = (gale_route){ .url = "/pattern/([0-9]+)", TO("pattern") };
    for (size_t i = 0; i < MANY; i++) {
        snprintf(urls[i], sizeof(urls[i]), "/route/%05zu", i);
        routes[n++] = (gale_route){ .url = urls[i], TO("literal") };
    }
    app = gale_app_new(routes, NULL);
    free(urls);
    free(routes);
    assert_non_null(app);
    return app;
}

/* The instructions that the tracee, stopped, executes until it stops itself again. */
static long count_steps(pid_t pid)
{
    int status;
    long n = 0;

    do {
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) != pid ||
            !WIFSTOPPED(status))
            return -1;
        n++;
    } while (WSTOPSIG(status) == SIGTRAP);
    return n;
}

/* What is measured: something done in an application with each of the texts; false when it failed.
 */
struct work {
    const gale_app *app;
    bool (*act)(const gale_app *app, const char *text);
    const char *const *texts;
    size_t n;
};

static bool look_up(const gale_app *app, const char *host, const char *path)
{
    struct gale__arena arena = { 0 };
    struct gale__lookup l = { .arena = &arena, .host = host };
    int r;

    l.path = (gale_str){ path, strlen(path) };
    r = gale__router_match(&app->router, &l);
    gale__arena_reset(&arena);
    return r == 1;
}

static bool look_up_path(const gale_app *app, const char *path)
{
    return look_up(app, NULL, path);
}

static bool look_up_host(const gale_app *app, const char *host)
{
    return look_up(app, host, "/page");
}

static bool look_up_name(const gale_app *app, const char *name)
{
    char out[64];

    return gale_app_reverse_url(app, name, NULL, out, sizeof(out)) > 0;
}

static void do_work(const struct work *work)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        _exit(2);
    for (size_t i = 0; i < work->n; i++) {
        bool ok;

        raise(SIGSTOP);
        ok = work->act(work->app, work->texts[i]);
        raise(SIGSTOP);
        if (!ok)
            _exit(1);
    }
    _exit(0);
}

/* How many instructions the work with each of the texts takes; false where nobody may be traced. */
static bool cost_of(const struct work *work, long *out)
{
    size_t n = work->n;
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        do_work(work);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status))
        return false;
    for (size_t i = 0; i < n; i++) {
        out[i] = count_steps(pid);
        assert_true(out[i] > 0);
        if (i + 1 < n) { /* on to the next one's start */
            ptrace(PTRACE_CONT, pid, NULL, NULL);
            assert_int_equal(waitpid(pid, &status, 0), pid);
        }
    }
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

enum { SAMPLE = 5, SMALL_SAMPLE = 2 }; /* each instruction takes some 20 us to count */

/* Instructions are counted, so no clock is asked; of several texts (the format with a number in
 * it), since where one lies in a hash is chance. The application is freed. */
static void check_costs(gale_app *app, const char *format,
                        bool (*act)(const gale_app *app, const char *text), int sample)
{
    static char texts[2 * SAMPLE + 1][32];
    const char *list[2 * SAMPLE + 1];
    long costs[2 * SAMPLE + 1], first = 0, last = 0;
    bool traced;

    for (int i = 0; i < 2 * sample + 1; i++) {
        /* The first one warms up. */
        int number = i == 0 ? 0 : i <= sample ? i - 1 : MANY - 1 - 2 * sample + i;

        snprintf(texts[i], sizeof(texts[i]), format, number);
        list[i] = texts[i];
    }
    traced = cost_of(&(struct work){ app, act, list, (size_t)(2 * sample + 1) }, costs);
    gale_app_free(app);
    if (!traced)
        skip();
    for (int i = 1; i <= sample; i++) {
        first += costs[i];
        last += costs[sample + i];
    }
    if (last > 2 * first)
        fail_msg("the last %d take %ld instructions, the first %ld", sample, last, first);
    if (first > 40000L * sample)
        fail_msg("the first %d take %ld instructions", sample, first);
}

static void test_a3_5_ten_thousand_literal_routes_cost_what_one_does(void **state)
{
    (void)state;
    check_costs(many_app(false), "/route/%05d", look_up_path, SAMPLE);
}

static void test_a3_5_a_pattern_before_them_does_not_change_that(void **state)
{
    (void)state;
    check_costs(many_app(true), "/route/%05d", look_up_path, SAMPLE);
}

/* So many routes with names, and as many hosts that have the same path. */
static gale_app *names_and_hosts(size_t n)
{
    gale_route *routes = calloc(2 * n + 1, sizeof(*routes));
    char(*urls)[32] = calloc(n, sizeof(*urls));
    char(*hosts)[32] = calloc(n, sizeof(*hosts));
    gale_app *app;

    for (size_t i = 0; i < n; i++) {
        snprintf(urls[i], sizeof(urls[i]), "/route/%05zu", i);
        snprintf(hosts[i], sizeof(hosts[i]), "h%05zu.example", i);
        routes[2 * i] = (gale_route){ .url = urls[i], .name = urls[i] + 1, .handler = &shower };
        routes[2 * i + 1] = (gale_route){ .url = "/page", .host = hosts[i], TO("host") };
    }
    app = gale_app_new(routes, NULL);
    free(hosts);
    free(urls);
    free(routes);
    assert_non_null(app);
    return app;
}

static void test_a3_5_names_among_ten_thousand(void **state)
{
    (void)state;
    check_costs(names_and_hosts(MANY), "route/%05d", look_up_name, SMALL_SAMPLE);
}

static void test_a3_5_hosts_of_one_path_among_ten_thousand(void **state)
{
    (void)state;
    check_costs(names_and_hosts(MANY), "h%05d.example", look_up_host, SMALL_SAMPLE);
}

/* Seconds of this process it takes to make an application. */
static double start_cost(size_t n)
{
    clock_t start = clock();

    gale_app_free(names_and_hosts(n));
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* Eight times the routes would take 64 times as long if each looked at all the others. */
static void test_a3_5_the_start_is_linear_in_the_routes(void **state)
{
    double small = start_cost(2500), large = start_cost(20000);

    (void)state;
    if (large > 32 * small && large > 0.5)
        fail_msg("2500 routes take %g s, 20000 take %g s", small, large);
}

static void test_a3_5_the_first_match_wins_among_many(void **state)
{
    gale_route *routes = calloc(MANY + 4, sizeof(*routes));
    char(*urls)[32] = calloc(MANY, sizeof(*urls));
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        if (i == MANY / 2)
            routes[n++] = (gale_route){ .url = "/route/(0.*7)", TO("pattern") };
        snprintf(urls[i], sizeof(urls[i]), "/route/%05zu", i);
        routes[n++] = (gale_route){ .url = urls[i], TO("literal") };
    }
    routes[n++] = (gale_route){ .url = "/route/00001", TO("second") };
    fake_serve(gale_app_new(routes, NULL));
    free(urls);
    free(routes);
    check_path("/route/00001", "literal");
    check_path("/route/00007", "literal");
    check_path("/route/09997", "pattern 09997");
    check_path("/route/09998", "literal");
    check_path("/route/10000", NULL);
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_match_by_type),
        cmocka_unit_test(test_c10_an_encoded_slash_makes_no_segments),
        cmocka_unit_test(bytes_that_are_encoded_match_in_both_forms),
        cmocka_unit_test(faults_name_the_route),
        cmocka_unit_test(urls_that_look_odd_are_fine),
        cmocka_unit_test(routers_follow_their_prefix),
        cmocka_unit_test(virtual_hosts),
        cmocka_unit_test(hosts_of_one_path_in_their_order),
        cmocka_unit_test(a_default_host),
        cmocka_unit_test(handlers_of_hosts_are_added_in_their_order),
        cmocka_unit_test(applications_below_a_prefix),
        cmocka_unit_test(names_through_mounts),
        cmocka_unit_test(mounts_that_cannot_be),
        cmocka_unit_test(mounts_that_lie_too_deep_are_freed),
        cmocka_unit_test(nothing_is_added_below_what_serves),
        cmocka_unit_test(mounts_for_hosts),
        cmocka_unit_test(test_a1_4_head_from_get_can_be_disabled),
        cmocka_unit_test(paths_of_templates_fit_them),
        cmocka_unit_test(test_a3_5_ten_thousand_literal_routes_cost_what_one_does),
        cmocka_unit_test(test_a3_5_a_pattern_before_them_does_not_change_that),
        cmocka_unit_test(test_a3_5_the_first_match_wins_among_many),
        cmocka_unit_test(test_a3_5_names_among_ten_thousand),
        cmocka_unit_test(test_a3_5_hosts_of_one_path_among_ten_thousand),
        cmocka_unit_test(test_a3_5_the_start_is_linear_in_the_routes),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}
