/* test_routes.c - which route answers, what its groups become, and the way back. */
/* SPDX-License-Identifier: MIT */
#include "fake_carrier.h"

static int show(gale_handler *self)
{
    const char *which;
    struct {
        const char *which;
    } *state = gale_state(self);

    which = state->which;
    gale_printf(self, "%s", which);
    for (size_t i = 0; i < 3; i++) {
        const char *group = gale_path_argument(self, i);

        gale_printf(self, " %s", group ? group : "-");
    }
    return gale_printf(self, " %s",
                       gale_path_argument_named(self, "id") ? gale_path_argument_named(self, "id")
                                                            : "-");
}

static int keep_arg(gale_handler *self, void *arg)
{
    *(void **)gale_state(self) = arg;
    return 0;
}

static const gale_handler_class shower = {
    .state_size = sizeof(void *), .initialize = keep_arg, .get = show, .name = "shower"
};

#define ROUTE(pattern, text)                                                                       \
    {                                                                                              \
        .url = (pattern), .handler = &shower, .arg = (void *)(text)                                \
    }

static void serve(const gale_route *routes)
{
    fake_serve(gale_app_new(routes, NULL));
}

static void check_path(const char *path, const char *expected)
{
    struct fake f = { 0 };

    fake_get(&f, path);
    if (!expected) {
        assert_int_equal(f.status, 404);
        return;
    }
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, expected);
}

static void first_match_wins(void **state)
{
    (void)state;
    serve((gale_route[]){
        ROUTE("/a", "one"),
        ROUTE("/(x|y)", "two"),
        ROUTE("/x", "three"),
        ROUTE("/b", "four"),
        ROUTE("/.*z", "five"),
        ROUTE("/a", "six"),
        { 0 },
    });
    check_path("/a", "one - - - -");
    check_path("/x", "two x - - -");
    check_path("/b", "four - - - -");
    check_path("/b?q=/x", "four - - - -");
    check_path("/bz", "five - - - -");
    check_path("/", NULL);
    check_path("/aa", NULL);
    check_path("/zb", NULL);
    fake_end();
}

static void patterns_span_the_whole_path(void **state)
{
    (void)state;
    serve((gale_route[]){
        ROUTE("/anch", "literal"),
        ROUTE("^/front$", "anchored"),
        ROUTE("/n/([0-9]+)", "number"),
        ROUTE("^/m/([0-9]+)$", "both"),
        ROUTE("/robots.txt", "dot"),
        ROUTE("/esc\\.(a)", "escape"),
        ROUTE("/lit\\.b", "escaped literal"),
        ROUTE("/opt/?", "optional"),
        ROUTE("/one|/two", "either"),
        { 0 },
    });
    check_path("/anch", "literal - - - -");
    check_path("/anchx", NULL);
    check_path("/front", "anchored - - - -");
    check_path("/n/12", "number 12 - - -");
    check_path("/n/12x", NULL);
    check_path("/x/n/12", NULL);
    check_path("/m/7", "both 7 - - -");
    check_path("/m/7/", NULL);
    check_path("/robots.txt", "dot - - - -");
    check_path("/robotsxtxt", NULL);
    check_path("/esc.a", "escape a - - -");
    check_path("/escxa", NULL);
    check_path("/lit.b", "escaped literal - - - -");
    check_path("/lit\\.b", NULL);
    check_path("/opt", "optional - - - -");
    check_path("/opt/", "optional - - - -");
    check_path("/two", "either - - - -");
    check_path("/oneX", NULL);
    fake_end();
}

/* Literal text in groups is part of what a match begins with, unless it may be missing. */
static void groups_of_plain_text(void **state)
{
    (void)state;
    serve((gale_route[]){
        ROUTE("/(icon\\.ico)", "icon"),
        ROUTE("(/pre/)(.*)", "prefix"),
        ROUTE("/(maybe)?end", "optional"),
        ROUTE("/(many)+", "many"),
        ROUTE("/(ab|cd)e", "either"),
        ROUTE("/(g)h*", "after"),
        ROUTE("/(a\\)b)c", "bracket"),
        ROUTE("/(no)(w)(here)", "three"),
        { 0 },
    });
    check_path("/icon.ico", "icon icon.ico - - -");
    check_path("/iconxico", NULL);
    check_path("/pre/fix", "prefix /pre/ fix - -");
    check_path("/maybeend", "optional maybe - - -");
    check_path("/end", "optional - - - -");
    check_path("/manymany", "many many - - -");
    check_path("/cde", "either cd - - -");
    check_path("/g", "after g - - -");
    check_path("/ghh", "after g - - -");
    check_path("/a)bc", "bracket a)b - - -");
    check_path("/nowhere", "three no w here -");
    check_path("/now", NULL);
    fake_end();
}

static void groups_are_decoded(void **state)
{
    struct fake f = { 0 };

    (void)state;
    serve((gale_route[]){
        ROUTE("/g/([^/]*)/?(b)?/?(c)?", "g"),
        ROUTE("/n/(?P<id>.*)", "named"),
        { 0 },
    });
    check_path("/g/a%20b+c", "g a b+c - - -");
    check_path("/g/x%3Fy%2Fz/c", "g x?y/z - c -");
    check_path("/g/%zz", "g %zz - - -");
    check_path("/g/%C3%A9", "g \xc3\xa9 - - -");
    check_path("/g/", "g  - - -");
    check_path("/n/7", "named 7 - - 7");
    fake_get(&f, "/g/%ff");
    assert_int_equal(f.status, 400);
    assert_has(fake_log, "gale.general 30 400 GET /g/%ff (127.0.0.1): Invalid unicode in url\n");
    fake_get(&f, "/g/%00");
    assert_int_equal(f.status, 400);
    fake_end();
}

static int reversed(gale_handler *self)
{
    const char *name = gale_get_argument(self, "name", "");
    const char *a = gale_get_argument(self, "a", NULL);
    const char *b = gale_get_argument(self, "b", NULL);
    const char *url = b   ? gale_reverse_url(self, name, a, b)
                      : a ? gale_reverse_url(self, name, a)
                          : gale_reverse_url(self, name);

    return gale_write(self, url ? url : gale_strerror(GALE_ENOTFOUND));
}

static const gale_handler_class reverser = { .get = reversed };

static void reverse_fills_groups_in(void **state)
{
    static const struct {
        const char *query, *expected;
    } cases[] = {
        { "name=num&a=7", "/a/7/b" },
        { "name=esc&a=x+y/z", "/a.b/x%20y/z" },
        { "name=root", "/" },
        { "name=named&a=%C3%A9", "/n/%C3%A9" },
        { "name=two&a=1&b=2", "/t/1-2" },
        { "name=nest&a=1", "route \"nest\" cannot be reversed: it has a group in a group" },
        { "name=noncap&a=q",
          "route \"noncap\" cannot be reversed: it has a group that captures nothing" },
        { "name=plus&a=v",
          "route \"plus\" cannot be reversed: it has a quantifier outside of its groups" },
        { "name=digit&a=v",
          "route \"digit\" cannot be reversed: it has a class such as \\d outside of its groups" },
        { "name=num", "route \"num\" has more groups than texts were given" },
        { "name=root&a=1", "route \"root\" has fewer groups than texts were given" },
        { "name=what", "no route is called \"what\"" },
    };
    char path[128];
    struct fake f = { 0 };

    (void)state;
    serve((gale_route[]){
        { .url = "/go", .handler = &reverser },
        { .url = "/a/(\\d+)/b", .handler = &shower, .name = "num" },
        { .url = "/a\\.b/(.*)$", .handler = &shower, .name = "esc" },
        { .url = "^/$", .handler = &shower, .name = "root" },
        { .url = "/n/(?P<id>\\w+)", .handler = &shower, .name = "named" },
        { .url = "/t/([^)]+)-(.)", .handler = &shower, .name = "two" },
        { .url = "/a(b(c))", .handler = &shower, .name = "nest" },
        { .url = "/x/(?:y)/(z)", .handler = &shower, .name = "noncap" },
        { .url = "/d+/(.*)", .handler = &shower, .name = "plus" },
        { .url = "/\\d/(.*)", .handler = &shower, .name = "digit" },
        { 0 },
    });
    for (size_t i = 0; i < N_OF(cases); i++) {
        snprintf(path, sizeof(path), "/go?%s", cases[i].query);
        fake_get(&f, path);
        assert_string_equal(f.body, cases[i].expected);
    }
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_match_wins),        cmocka_unit_test(patterns_span_the_whole_path),
        cmocka_unit_test(groups_of_plain_text),    cmocka_unit_test(groups_are_decoded),
        cmocka_unit_test(reverse_fills_groups_in),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}
