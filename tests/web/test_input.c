/* test_input.c - what handlers are given of a request: arguments, JSON, forms, streamed bodies. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <gale/json.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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
static const gale_limits tight = { .max_arguments = 5,
                                   .max_parts = 3,
                                   .max_part_head = 100,
                                   .max_memory_file = 20,
                                   .max_json_size = 30,
                                   .max_json_depth = 3 };
static const gale_route routes[] = {
    { .url = "/", .handler = &plain_handler },
    { .url = "/tight", .handler = &plain_handler, .limits = &tight },
    { .url = "/decode/([^/]*)", .handler = &decoding_handler },
    { .url = "/stream", .handler = &streaming_handler },
    { .url = "/stream/tight", .handler = &streaming_handler, .limits = &tight },
    { .url = "/n/(?<n>[^/]*)(?<none>x)?", .handler = &plain_handler },
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

#define POST_FORM "POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n"

/* --- text arguments ----------------------------------------------------------------- */

static int walk(gale_handler *self)
{
    const char *name, *value;

    for (size_t i = 0; gale_argument_at(self, i, &name, &value); i++)
        gale_printf(self, "%s[%s]=[%s]", i ? " " : "", name, value);
    return 0;
}

/* Vectors of the inventory, 32.6; the order is that of coming. */
static void test_vectors_of_query_strings(void **state)
{
    static const struct {
        const char *in, *out;
    } vectors[] = {
        { "a=1&b=2&a=3", "[a]=[1] [b]=[2] [a]=[3]" },
        { "a", "[a]=[]" },
        { "a=", "[a]=[]" },
        { "=v", "[]=[v]" },
        { "&&a=1&", "[a]=[1]" },
        { "a;b=1", "[a;b]=[1]" },
        { "a=%", "[a]=[%]" },
        { "a+b=c+d", "[a b]=[c d]" },
        { "%41=%42", "[A]=[B]" },
        { "a=%zz&b=%2", "[a]=[%zz] [b]=[%2]" },
        { "a=b=c", "[a]=[b=c]" },
        { "%C3%A9=%C3%A9", "[\xc3\xa9]=[\xc3\xa9]" },
        { "", "" },
    };
    struct fake f = { 0 };
    char path[100];

    (void)state;
    verb = walk;
    for (size_t i = 0; i < N_OF(vectors); i++) {
        snprintf(path, sizeof(path), "/?%s", vectors[i].in);
        fake_get(&f, path);
        assert_string_equal(f.body, vectors[i].out);
        ask(&f, POST_FORM, vectors[i].in, 0);
        assert_string_equal(f.body, vectors[i].out);
    }
}

static int show_a(gale_handler *self)
{
    return gale_printf(self, "any %s query %s body %s raw [%s]", gale_get_argument(self, "a", "-"),
                       gale_get_query_argument(self, "a", "-"),
                       gale_get_body_argument(self, "a", "-"),
                       gale_get_argument_raw(self, "a", "-"));
}

static void test_body_beats_query(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = show_a;
    ask(&f, "POST /?a=1&a=2 HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n",
        "a=3&a=4&b=5", 0);
    assert_string_equal(f.body, "any 4 query 2 body 4 raw [4]");
    ask(&f, "POST /?a=1 HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n", "b=5", 0);
    assert_string_equal(f.body, "any 1 query 1 body - raw [1]");
    fake_get(&f, "/?b=1");
    assert_string_equal(f.body, "any - query - body - raw [-]");
}

static void test_a1_10_body_of_a_get(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = show_a;
    ask(&f, "GET /?a=1 HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n", "a=3", 0);
    assert_string_equal(f.body, "any 3 query 1 body 3 raw [3]");
}

static void test_controls_and_blanks(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = show_a;
    /* VT and NEL-like blanks at the ends go; inside, TAB and LF stay and other controls are
     * blanks. */
    fake_get(&f, "/?a=%0b%20x%09y%0az%01%1f%20%0d");
    assert_string_equal(f.body, "any x\ty\nz query x\ty\nz body - raw [\x0b x\ty\nz   \r]");
    fake_get(&f, "/?a=%00x%00y%00");
    assert_string_equal(f.body, "any x y query x y body - raw [ x y ]");
    fake_get(&f, "/?a=+++");
    assert_string_equal(f.body, "any  query  body - raw [   ]");
}

static int show_lists(gale_handler *self)
{
    size_t n = 7, n_query = 7, n_body = 7;
    const char *const *all = gale_get_arguments(self, "a", &n);
    const char *const *query = gale_get_query_arguments(self, "a", &n_query);
    const char *const *body = gale_get_body_arguments(self, "a", &n_body);
    const char *const *none = gale_get_arguments(self, "none", NULL);

    assert_null(all[n]);
    assert_null(none[0]);
    assert_int_equal(n, n_query + n_body);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(all[i], i < n_query ? query[i] : body[i - n_query]);
        gale_printf(self, "%s,", all[i]);
    }
    return gale_printf(self, " has %d %d", gale_has_argument(self, "a"),
                       gale_has_argument(self, "none"));
}

static void test_lists(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = show_lists;
    ask(&f, "POST /?a=1&b=2&a=+3 HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n",
        "a=4&a=", 0);
    assert_string_equal(f.body, "1,3,4,, has 1 0");
    fake_get(&f, "/?b=1");
    assert_string_equal(f.body, " has 0 0");
    fake_get(&f, "/?a=1&a=%ff");
    assert_int_equal(f.status, 400);
    assert_has(fake_log, "Invalid unicode in a");
}

static int want_a(gale_handler *self)
{
    const char *value;
    int r = gale_require_argument(self, "a", &value);

    return r < 0 ? r : gale_write(self, value);
}

static void test_bad_input_is_400_with_one_line(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = want_a;
    fake_log[0] = 0;
    fake_get(&f, "/?b=100%25%n");
    assert_int_equal(f.status, 400);
    assert_has(f.body, "(Missing argument a)");
    verb = walk;
    fake_log[0] = 0;
    fake_get(&f, "/?%ff=1");
    assert_int_equal(f.status, 400);
    assert_has(f.body, "(Invalid unicode in the name of an argument)");
    fake_get(&f, "/?a%00=1");
    assert_int_equal(f.status, 400);
}

static int show_decoded(gale_handler *self)
{
    return gale_printf(self, "%s %s %s", gale_path_argument(self, 0),
                       gale_get_argument(self, "a", "-"), gale_get_argument_raw(self, "a", "-"));
}

static void test_decode_argument(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = show_decoded;
    fake_get(&f, "/decode/p%2fq?a=%ffx%01+");
    assert_string_equal(f.body, "<path:p/q> <a:\xffx  > <a:\xffx  >");
    fake_get(&f, "/decode/x?a=bad");
    assert_int_equal(f.status, 400);
    assert_has(f.body, "(Cannot decode a)");
    fake_get(&f, "/decode/bad");
    assert_int_equal(f.status, 400);
}

/* --- forms: which, how many ----------------------------------------------------------- */

static int count(gale_handler *self)
{
    const char *name, *value;
    int n = 0;

    while (gale_argument_at(self, (size_t)n, &name, &value))
        n++;
    return gale_printf(self, "%d", n);
}

static void test_c4_number_of_arguments_is_exact(void **state)
{
    static char many[4096];
    struct fake f = { 0 };

    (void)state;
    verb = count;
    for (int i = 0; i < 1000; i++)
        memcpy(many + 2 * i, "&a", 3);
    ask(&f, POST_FORM, many, 0);
    assert_string_equal(f.body, "1000");
    memcpy(many + 2000, "&a", 3);
    ask(&f, POST_FORM, many, 0);
    assert_int_equal(f.status, 400);
    assert_has(f.body, "more than 1000 arguments");
    fake_get(&f, "/tight?a&b&c&d&e");
    assert_string_equal(f.body, "5");
    fake_get(&f, "/tight?a&b&c&d&e&f");
    assert_int_equal(f.status, 400);
    ask(&f, "POST /tight?1&2&3 HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n", "4&5",
        0);
    assert_string_equal(f.body, "5");
    ask(&f, "POST /tight?1&2&3 HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n",
        "4&5&6", 0);
    assert_int_equal(f.status, 400);
}

static void test_c19_type_of_a_form(void **state)
{
    static const struct {
        const char *type, *count;
    } types[] = {
        { "application/x-www-form-urlencoded", "2" },
        { "APPLICATION/X-WWW-Form-URLEncoded", "2" },
        { "application/x-www-form-urlencoded; charset=utf-8", "2" },
        { "application/x-www-form-urlencoded ;x", "2" },
        { "application/x-www-form-urlencodedx", "0" },
        { "application/x-www-form-urlencoded-2", "0" },
        { "application/x-www-form", "0" },
        { "xapplication/x-www-form-urlencoded", "0" },
        { "text/plain; application/x-www-form-urlencoded", "0" },
        { "text/plain", "0" },
    };
    struct fake f = { 0 };
    char head[200];

    (void)state;
    verb = count;
    for (size_t i = 0; i < N_OF(types); i++) {
        snprintf(head, sizeof(head), "POST / HTTP/1.1\nContent-Type: %s\n", types[i].type);
        ask(&f, head, "a=1&b=2", 0);
        assert_string_equal(f.body, types[i].count);
    }
    ask(&f, "POST / HTTP/1.1\n", "a=1", 0);
    assert_string_equal(f.body, "0");
}

static void test_c19_coded_form_is_refused(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = count;
    ask(&f, POST_FORM "Content-Encoding: gzip\n", "a=1", 0);
    assert_int_equal(f.status, 400);
    assert_has(f.body, "Unsupported Content-Encoding");
    ask(&f,
        "POST / HTTP/1.1\nContent-Type: multipart/form-data; boundary=B\nContent-Encoding: br\n",
        "--B--", 0);
    assert_int_equal(f.status, 400);
    ask(&f, "POST / HTTP/1.1\nContent-Type: text/plain\nContent-Encoding: gzip\n", "a=1", 0);
    assert_string_equal(f.body, "0");
}

/* --- typed ---------------------------------------------------------------------------- */

static const char *type;
static const char *const colours[] = { "red", "green", NULL };

static int want_typed(gale_handler *self)
{
    const char *text = "";
    gale_date date = { 0 };
    int64_t number = 0;
    double real = 0;
    bool flag = false;
    int r = 0, index = 0;

    if (strcmp(type, "int") == 0 && (r = gale_get_int(self, "n", &index)) >= 0)
        return gale_printf(self, "%d", index);
    if (strcmp(type, "int64") == 0 && (r = gale_get_int64(self, "n", &number)) >= 0)
        return gale_printf(self, "%lld", (long long)number);
    if (strcmp(type, "range") == 0 && (r = gale_get_int_range(self, "n", -5, 10, &number)) >= 0)
        return gale_printf(self, "%lld", (long long)number);
    if (strcmp(type, "double") == 0 && (r = gale_get_double(self, "n", &real)) >= 0)
        return gale_printf(self, "%d", (int)(real * 1000));
    if (strcmp(type, "bool") == 0 && (r = gale_get_bool(self, "n", &flag)) >= 0)
        return gale_printf(self, "%d", flag);
    if (strcmp(type, "enum") == 0 && (r = gale_get_enum(self, "n", colours, &index)) >= 0)
        return gale_printf(self, "%d", index);
    if (strcmp(type, "uuid") == 0 && (r = gale_get_uuid(self, "n", &text)) >= 0)
        return gale_write(self, text);
    if (strcmp(type, "date") == 0 && (r = gale_get_date(self, "n", &date)) >= 0)
        return gale_printf(self, "%d/%d/%d", date.year, date.month, date.day);
    return r < 0 ? r : -EINVAL;
}

/* out NULL: 400 naming n, on the page and in the log. */
static void check_typed(const char *what, const char *in, const char *out)
{
    struct fake f = { 0 };
    char path[200];

    type = what;
    verb = want_typed;
    snprintf(path, sizeof(path), "/?n=%s", in);
    fake_log[0] = 0;
    fake_get(&f, path);
    if (f.status != (out ? 200 : 400) || (out && strcmp(f.body, out) != 0))
        fail_msg("%s %s: %d %s", what, in, f.status, f.body);
    if (!out) {
        assert_has(f.body, "(Argument n is ");
        assert_has(fake_log, "Argument n is ");
    }
}

static void test_a3_2_typed_arguments(void **state)
{
    static const struct {
        const char *type, *in, *out;
    } values[] = {
        { "int", "12", "12" },
        { "int", "12abc", NULL },
        { "int", "-0012", "-12" },
        { "int", "%2b7", "7" },
        { "int", "%2b-7", NULL },
        { "int", "", NULL },
        { "int", "-", NULL },
        { "int", "1_000", NULL },
        { "int", "0x10", NULL },
        { "int", "1.0", NULL },
        { "int", "2147483647", "2147483647" },
        { "int", "2147483648", NULL },
        { "int", "%D9%A1", NULL }, /* an Arabic digit */
        { "int64", "-9223372036854775808", "-9223372036854775808" },
        { "int64", "9223372036854775808", NULL },
        { "range", "-5", "-5" },
        { "range", "10", "10" },
        { "range", "-6", NULL },
        { "range", "11", NULL },
        { "range", "99999999999999999999999", NULL },
        { "double", "1.5", "1500" },
        { "double", "-2e1", "-20000" },
        { "double", ".5", "500" },
        { "double", "1,5", NULL },
        { "double", "nan", NULL },
        { "double", "inf", NULL },
        { "double", "1e999", NULL },
        { "double", "0x1p3", NULL },
        { "double", "", NULL },
        { "bool", "1", "1" },
        { "bool", "TRUE", "1" },
        { "bool", "yes", "1" },
        { "bool", "On", "1" },
        { "bool", "0", "0" },
        { "bool", "False", "0" },
        { "bool", "no", "0" },
        { "bool", "off", "0" },
        { "bool", "2", NULL },
        { "bool", "", NULL },
        { "enum", "red", "0" },
        { "enum", "green", "1" },
        { "enum", "Green", NULL },
        { "enum", "", NULL },
        { "uuid", "C3B0B5A2-0000-4000-8000-0123456789aF", "c3b0b5a2-0000-4000-8000-0123456789af" },
        { "uuid", "c3b0b5a200004000800001234567890af", NULL },
        { "uuid", "c3b0b5a2-0000-4000-8000-0123456789ag", NULL },
        { "uuid", "c3b0b5a2-0000-4000-8000+0123456789af", NULL },
        { "date", "2024-02-29", "2024/2/29" },
        { "date", "2000-02-29", "2000/2/29" },
        { "date", "1900-02-29", NULL },
        { "date", "2023-02-29", NULL },
        { "date", "2023-04-31", NULL },
        { "date", "2023-13-01", NULL },
        { "date", "2023-00-01", NULL },
        { "date", "0000-01-01", NULL },
        { "date", "2023-1-01", NULL },
        { "date", "2023-01-01T00", NULL },
        { "date", "9999-12-31", "9999/12/31" },
    };
    struct fake f = { 0 };

    (void)state;
    for (size_t i = 0; i < N_OF(values); i++)
        check_typed(values[i].type, values[i].in, values[i].out);
    type = "int";
    verb = want_typed;
    fake_get(&f, "/?m=1");
    assert_int_equal(f.status, 400);
    assert_has(f.body, "(Missing argument n)");
    type = "enum";
    fake_get(&f, "/?n=blue");
    assert_has(f.body, "Argument n is not one of red, green");
}

static void test_numbers_whatever_the_locale(void **state)
{
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        skip();
    check_typed("double", "1.5", "1500");
    check_typed("double", "1,5", NULL);
    setlocale(LC_ALL, "C");
}

static int want_path_int(gale_handler *self)
{
    int64_t n;
    int r = gale_path_int(self, gale_get_argument(self, "which", "n"), &n);

    return r < 0 ? r : gale_printf(self, "%lld", (long long)n);
}

static void test_path_int(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = want_path_int;
    fake_get(&f, "/n/-42");
    assert_string_equal(f.body, "-42");
    fake_get(&f, "/n/99999999999999999999");
    assert_int_equal(f.status, 404);
    fake_get(&f, "/n/12a");
    assert_int_equal(f.status, 404);
    fake_get(&f, "/n/1?which=none");
    assert_int_equal(f.status, 404);
    fake_get(&f, "/n/1?which=other");
    assert_int_equal(f.status, 404);
}

/* --- JSON ------------------------------------------------------------------------------ */

#define POST_JSON "POST / HTTP/1.1\nContent-Type: application/json\n"

static int want_json(gale_handler *self)
{
    json_t *body, *again;
    int r = gale_get_json(self, &body);

    if (r < 0)
        return r;
    assert_int_equal(gale_get_json(self, &again), 0);
    assert_ptr_equal(body, again);
    assert_null(gale_get_argument(self, "a", NULL)); /* never mixed in */
    return gale_write_json(self, json_incref(body));
}

static void check_json(const char *head, const char *body, int status, const char *part)
{
    struct fake f = { 0 };

    verb = want_json;
    ask(&f, head, body, 0);
    if (f.status != status || !strstr(f.body, part))
        fail_msg("%s: %d %s", body, f.status, f.body);
}

static void test_a3_2_json_body(void **state)
{
    (void)state;
    check_json(POST_JSON, "{\"a\": [1, true]}", 200, "{\"a\": [1, true]}");
    check_json(POST_JSON, " 3 ", 200, "3");
    check_json(POST_JSON, "", 400, "line 1");
    check_json(POST_JSON, "{\"a\":\n 1,}", 400, "line 2 column 4");
    check_json(POST_JSON, "{} x", 400, "line 1");
    check_json(POST_JSON, "[\"\xff\"]", 400, "bad JSON");
    check_json(POST_JSON, "[\"\\u0000\"]", 400, "bad JSON");
    check_json(POST_JSON, "[1e999]", 400, "bad JSON");
    check_json("POST / HTTP/1.1\nContent-Type: application/json\nContent-Encoding: gzip\n", "{}",
               415, "415");
}

static void test_a3_2_json_name_twice(void **state)
{
    (void)state;
    check_json(POST_JSON, "{\"a\": 1,\n  \"a\": 2}", 400,
               "line 2 column 5: the name &quot;a&quot; twice in one object");
    check_json(POST_JSON, "{\"x\": {\"long enough to be cut\": 1, \"long enough to be cut\": 1}}",
               400, "the name &quot;long enough to be cut&quot; twice");
    check_json(POST_JSON, "{\"q\\\"\": 1, \"q\\u0022\": 2}", 400,
               "the name &quot;q\\u0022&quot; twice");
    check_json(POST_JSON, "{\"a\": {\"a\": 1}, \"b\": [{\"a\": 1}]}", 200, "{\"a\": {");
}

static void test_a3_2_json_depth(void **state)
{
    static char deep[20001];
    struct fake f = { 0 };

    (void)state;
    verb = want_json;
    memset(deep, '[', 10000);
    memset(deep + 10000, ']', 10000);
    ask(&f, POST_JSON, deep, 0);
    assert_int_equal(f.status, 400);
    assert_has(f.body, "nested deeper than 128 at line 1 column 129");
    memset(deep, 0, sizeof(deep));
    memset(deep, '[', 128);
    memset(deep + 128, ']', 128);
    ask(&f, POST_JSON, deep, 0);
    assert_int_equal(f.status, 200);
    check_json("POST /tight HTTP/1.1\nContent-Type: application/json\n", "[[[]]]", 200, "[[[]]]");
    check_json("POST /tight HTTP/1.1\nContent-Type: application/json\n", "[[\n[[]]]]", 400,
               "deeper than 3 at line 2 column 2");
}

static void test_a3_2_json_type_and_size(void **state)
{
    static const struct {
        const char *type;
        int status;
    } types[] = {
        { "application/json", 200 },
        { "Application/JSON; charset=utf-8", 200 },
        { "application/problem+json", 200 },
        { "application/vnd.api+JSON", 200 },
        { "application/jsonx", 415 },
        { "application/x-json", 415 },
        { "text/plain", 415 },
        { "+json", 415 },
        { "application+json", 415 },
        { "text/plain; x=application/json", 415 },
        { "application/x-www-form-urlencoded", 415 },
    };
    char head[200];

    (void)state;
    for (size_t i = 0; i < N_OF(types); i++) {
        snprintf(head, sizeof(head), "POST / HTTP/1.1\nContent-Type: %s\n", types[i].type);
        check_json(head, "{}", types[i].status, "");
    }
    check_json("POST / HTTP/1.1\n", "{}", 415, "");
    check_json("POST /tight HTTP/1.1\nContent-Type: application/json\n",
               "[1,2,3,4,5,6,7,8,9,10,11,12,1]", 200, "");
    check_json("POST /tight HTTP/1.1\nContent-Type: application/json\n",
               "[1,2,3,4,5,6,7,8,9,10,11,12,13]", 413, "");
}

static int unpack(gale_handler *self)
{
    const char *title = NULL;
    int n = -1, x = 0, y = 0;
    int r = gale_unpack_json(self, "{s:s, s?i, s:{s:[i,i]}}", "title", &title, "n", &n, "box", "at",
                             &x, &y);

    return r < 0 ? r : gale_printf(self, "%s %d %d %d", title, n, x, y);
}

static int unpack_badly(gale_handler *self)
{
    int n;

    return gale_unpack_json(self, "{s:z}", "title", &n);
}

static void test_a3_2_unpack_json(void **state)
{
    static const struct {
        const char *body, *told;
    } bad[] = {
        { "{\"title\": 1}", "JSON body: title: Expected string, got integer" },
        { "{\"title\": \"t\", \"n\": \"1\"}", "JSON body: n: Expected integer, got string" },
        { "{}", "JSON body: Object item not found: title" },
        { "[]", "JSON body: Expected object, got array" },
        { "{\"title\": \"t\", \"box\": {\"at\": [1, \"2\"]}}",
          "JSON body: box.at[1]: Expected integer, got string" },
        { "{\"title\": \"t\", \"box\": {\"at\": [1]}}", "JSON body: Array index 1 out of range" },
        { "{\"title\": \"t\", \"box\": 3}", "JSON body: box: Expected object, got integer" },
    };
    struct fake f = { 0 };

    (void)state;
    verb = unpack;
    ask(&f, POST_JSON, "{\"title\": \"t\", \"box\": {\"at\": [3, 4]}}", 0);
    assert_string_equal(f.body, "t -1 3 4");
    for (size_t i = 0; i < N_OF(bad); i++) {
        ask(&f, POST_JSON, bad[i].body, 0);
        assert_int_equal(f.status, 400);
        assert_has(f.body, bad[i].told);
    }
    verb = unpack_badly;
    ask(&f, POST_JSON, "{\"title\": 1}", 0);
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "test_input.c:");
    assert_has(fake_log, "Unexpected format character");
}

/* --- multipart forms -------------------------------------------------------------------- */

#define PART(name, content)                                                                        \
    "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" content "\r\n"
#define FILE_PART(name, filename, content)                                                         \
    "--B\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" filename               \
    "\"\r\nContent-Type: text/x\r\n\r\n" content "\r\n"
#define POST_MULTIPART(path)                                                                       \
    "POST " path " HTTP/1.1\nContent-Type: multipart/form-data; boundary=B\n"

static const char *content_of(gale_handler *self, const gale_file *file)
{
    char *text = gale_alloc(self, (size_t)file->size + 1);
    struct stat st;

    if (file->fd < 0) {
        assert_int_equal(file->size, file->body.len);
        assert_int_equal(file->body.ptr[file->body.len], 0);
        return file->body.ptr;
    }
    assert_null(file->body.ptr);
    assert_int_equal(fstat(file->fd, &st), 0);
    assert_int_equal(st.st_size, file->size);
    assert_int_equal(st.st_nlink, 0);
    assert_int_equal(st.st_mode & 077, 0);
    assert_int_equal(fcntl(file->fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(read(file->fd, text, (size_t)file->size), file->size); /* at its start */
    text[file->size] = 0;
    return text;
}

static int show_form(gale_handler *self)
{
    const gale_file *file;

    walk(self);
    for (size_t i = 0; (file = gale_get_file(self, NULL, i)); i++)
        gale_printf(self, " %s:%s:%s:%s:%s", file->name, file->filename, file->content_type,
                    file->fd < 0 ? "memory" : "file", content_of(self, file));
    file = gale_get_file(self, "f", 1);
    if (file)
        gale_printf(self, " second f %s", file->filename);
    return 0;
}

static const char form[] = PART("a", " 1%41+ ") PART("b", "")
    FILE_PART("f", "x.txt", "0123456789abcdefghij")
        FILE_PART("f", "\xc3\xa9.txt", "0123456789abcdefghij+") PART("a", "\r\n2") "--B--\r\n";

static void test_form_in_memory(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = show_form;
    ask(&f, POST_MULTIPART("/?a=0"), form, 0);
    assert_string_equal(f.body, "[a]=[0] [a]=[1%41+] [b]=[] [a]=[2]"
                                " f:x.txt:text/x:memory:0123456789abcdefghij"
                                " f:\xc3\xa9.txt:text/x:memory:0123456789abcdefghij+"
                                " second f \xc3\xa9.txt");
    ask(&f, POST_MULTIPART("/"), FILE_PART("g", "", "none chosen") "--B--", 0);
    assert_string_equal(f.body, "[g]=[none chosen]");
    ask(&f, POST_MULTIPART("/"),
        "--B\r\nContent-Disposition: form-data; name=g; filename=x\r\n\r\n\r\n--B--", 0);
    assert_string_equal(f.body, " g:x:application/unknown:memory:");
}

static int count_descriptors(void)
{
    int n = 0;

    for (int fd = 0; fd < 1000; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void test_form_in_pieces(void **state)
{
    static const gale_limits few = { .max_memory_file = 20 };
    struct fake f = { 0 };
    int before;

    (void)state;
    fake_end();
    fake_serve(gale_app_new(routes, &(gale_settings){ .limits = few }));
    verb = show_form;
    ask(&f, POST_MULTIPART("/"), "--B--", 3); /* the executor's first thread, its descriptors */
    before = count_descriptors();
    for (size_t step = 1; step < sizeof(form); step++) {
        ask(&f, POST_MULTIPART("/?a=0"), form, step);
        assert_string_equal(f.body, "[a]=[0] [a]=[1%41+] [b]=[] [a]=[2]"
                                    " f:x.txt:text/x:memory:0123456789abcdefghij"
                                    " f:\xc3\xa9.txt:text/x:file:0123456789abcdefghij+"
                                    " second f \xc3\xa9.txt");
        assert_int_equal(count_descriptors(), before); /* closed with the request */
    }
}

static void check_form(const char *path, const char *body, int status, const char *told)
{
    struct fake f = { 0 };
    char head[200];

    verb = show_form;
    snprintf(head, sizeof(head), POST_MULTIPART("%s"), path);
    for (size_t step = 0; step < 50; step += 7) {
        ask(&f, head, body, step);
        if (f.status != status || !strstr(f.body, told))
            fail_msg("%s: %d %s", body, f.status, f.body);
        if (status == 400)
            assert_ptr_equal(strchr(fake_log, '\n') + 1,
                             strstr(fake_log, "gale.access")); /* one line before it */
    }
}

static void test_b28_parts_beyond_the_limit(void **state)
{
    (void)state;
    check_form("/tight", PART("a", "") PART("a", "") PART("a", "") "--B--", 200, "[a]=[] [a]=[]");
    check_form("/tight", PART("a", "") PART("a", "") PART("a", "") PART("a", "") "--B--", 400,
               "more parts than allowed");
    check_form("/tight?1&2&3", PART("4", "") PART("5", "") PART("6", "") "--B--", 400,
               "more than 5 arguments");
}

static void test_b30_controls_in_heads(void **state)
{
    (void)state;
    check_form("/", "--B\r\nContent-Disposition: form-data; name=\"a\rb\"\r\n\r\n1\r\n--B--", 400,
               "control character");
    check_form("/", FILE_PART("a", "x\ry", "1") "--B--", 400, "control character");
}

static void test_malformed_forms(void **state)
{
    struct fake f = { 0 };

    (void)state;
    check_form("/", PART("a", "1"), 400, "ends without its last boundary");
    check_form("/", "a=1", 400, "does not begin with its boundary");
    check_form("/", "--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--", 400,
               "a part without a name");
    check_form("/tight",
               "--B\r\nContent-Disposition: form-data; name=\"a\"\r\nX: "
               "0123456789012345678901234567890123456789012345678901234567890123456789\r\n\r\n"
               "1\r\n--B--",
               400, "the head of a part is too long");
    verb = show_form;
    for (size_t step = 0; step < 8; step += 7) {
        ask(&f, "POST / HTTP/1.1\nContent-Type: multipart/form-data\n", "--B--", step);
        assert_int_equal(f.status, 400);
        assert_has(f.body, "without a boundary");
    }
}

static void test_a3_1_client_gone_leaves_no_file(void **state)
{
    struct fake f = { 0 };
    int before;

    (void)state;
    verb = show_form;
    ask(&f, POST_MULTIPART("/tight"), "--B--", 3);
    before = count_descriptors();
    body_error = GALE_ECLOSED;
    ask(&f, POST_MULTIPART("/tight"),
        FILE_PART("f", "x", "0123456789012345678901234567890123456789"), 10);
    body_error = GALE_EHTTP(413);
    ask(&f, POST_MULTIPART("/tight"),
        FILE_PART("f", "x", "0123456789012345678901234567890123456789"), 10);
    assert_int_equal(f.status, 413);
    body_error = 0;
    assert_int_equal(count_descriptors(), before);
}

/* --- streamed ---------------------------------------------------------------------------- */

static int read_all(gale_handler *self)
{
    gale_str piece;
    int r;

    assert_int_equal(gale_set_max_body_size(self, 1 << 30), 0);
    assert_int_equal(gale_set_max_body_size(self, 0), GALE_EINVAL);
    assert_int_equal(gale_set_body_timeout(self, 7.5), 0);
    assert_int_equal(gale_set_body_timeout(self, -2), GALE_EINVAL);
    while ((r = gale_read_body(self, &piece)) > 0)
        gale_printf(self, "%.*s|", (int)piece.len, piece.ptr);
    if (r >= 0 && self->x->streaming)
        assert_int_equal(gale_set_max_body_size(self, 5), GALE_ESTATE);
    return r;
}

static void test_read_body(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = read_all;
    ask(&f, "PUT /stream HTTP/1.1\n", "0123456789", 4);
    assert_string_equal(f.body, "0123|4567|89|");
    assert_int_equal(f.plan.max_size, 1 << 30);
    assert_true(f.plan.timeout == 7.5);
    ask(&f, "PUT /stream HTTP/1.1\n", "0123456789", 0);
    assert_string_equal(f.body, "0123456789|");
    ask(&f, "PUT /stream HTTP/1.1\n", "", 0);
    assert_string_equal(f.body, "");
    body_error = gale_err(GALE_EHTTP(408), "slow");
    ask(&f, "PUT /stream HTTP/1.1\n", "0123456789", 4);
    assert_int_equal(f.status, 408);
    body_error = 0;
}

static int set_late(gale_handler *self)
{
    assert_int_equal(gale_set_max_body_size(self, 5), GALE_ESTATE);
    assert_int_equal(gale_set_body_timeout(self, 5), GALE_ESTATE);
    return 0;
}

static void test_limits_of_a_body_that_has_come(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = set_late;
    ask(&f, "PUT / HTTP/1.1\n", "0123", 0);
    assert_int_equal(f.status, 200);
}

static int read_parts(gale_handler *self)
{
    const gale_part *part;
    const char *text;
    gale_str piece;
    int r;

    assert_int_equal(gale_read_part(self, &piece), GALE_ESTATE);
    assert_int_equal(gale_save_part(self, "x"), GALE_ESTATE);
    while ((r = gale_next_part(self, &part)) > 0) {
        gale_printf(self, "%s[%s,%s]=", part->name, part->filename ? part->filename : "",
                    part->content_type ? part->content_type : "");
        if (!part->filename) {
            r = gale_read_part_text(self, 8, &text);
            if (r < 0)
                return r;
            gale_printf(self, "'%s';", text);
            assert_int_equal(gale_read_part(self, &piece), 0);
            continue;
        }
        if (strcmp(part->filename, "skipped") == 0)
            continue;
        while ((r = gale_read_part(self, &piece)) > 0)
            gale_write_bytes(self, piece.ptr, piece.len);
        if (r < 0)
            return r;
        gale_write(self, ";");
    }
    if (r == 0)
        assert_int_equal(gale_next_part(self, &part), 0);
    assert_null(gale_get_body_argument(self, "a", NULL));
    return r;
}

static void test_a3_1_parts_of_a_streamed_form(void **state)
{
    static const char parts[] = PART("a", " 1\x01 ") FILE_PART("f", "x.txt", "some content\r\n--")
        FILE_PART("g", "skipped", "...") PART("b", "12345678") "--B--\r\n\r\nepilogue";
    struct fake f = { 0 };

    (void)state;
    verb = read_parts;
    for (size_t step = 0; step < sizeof(parts); step++) {
        ask(&f, POST_MULTIPART("/stream"), parts, step);
        assert_string_equal(f.body, "a[,]=' 1  ';f[x.txt,text/x]=some content\r\n--;"
                                    "g[skipped,text/x]=b[,]='12345678';");
    }
    ask(&f, POST_MULTIPART("/stream"), PART("b", "123456789") "--B--", 5);
    assert_int_equal(f.status, 413);
    assert_has(f.body, "Argument b is too large");
    ask(&f, POST_MULTIPART("/stream"), PART("b", "\xff") "--B--", 5);
    assert_int_equal(f.status, 400);
    ask(&f, POST_MULTIPART("/stream"), PART("b", "1"), 5);
    assert_int_equal(f.status, 400);
    ask(&f, "POST /stream HTTP/1.1\nContent-Type: text/plain\n", "x", 5);
    assert_int_equal(f.status, 415);
    ask(&f, POST_MULTIPART("/stream/tight"),
        PART("a", "") PART("a", "") PART("a", "") PART("a", "") "--B--", 9);
    assert_int_equal(f.status, 400);
}

/* --- files ------------------------------------------------------------------------------- */

static char folder[] = P_tmpdir "/gale-test-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[200];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void assert_file(const char *name, const char *content)
{
    char text[200] = "";
    int fd = open(in_folder(name), O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof(text) - 1) >= 0);
    close(fd);
    assert_string_equal(text, content);
}

static int save(gale_handler *self)
{
    const gale_file *small = gale_get_file(self, "s", 0), *large = gale_get_file(self, "l", 0);
    int r = gale_file_save(self, small, in_folder("small"));

    assert_true(small->fd < 0 && large->fd >= 0);
    if (r >= 0)
        r = gale_file_save(self, large, in_folder("large"));
    if (r >= 0)
        r = gale_file_save(self, small, in_folder("large.2"));
    if (r >= 0)
        r = gale_file_save(self, large, in_folder("large.2")); /* replaces */
    assert_int_equal(gale_file_save(self, large, in_folder("no/such")), -ENOENT);
    assert_int_equal(rmdir(folder), -1); /* not empty */
    return r;
}

static int save_parts(gale_handler *self)
{
    const gale_part *part;
    int64_t n = 0;
    int r;

    while ((r = gale_next_part(self, &part)) > 0 && n >= 0) {
        n = gale_save_part(self, in_folder(part->name));
        gale_printf(self, "%s %lld;", part->name, (long long)n);
    }
    return n < 0 ? (int)n : r;
}

static void test_save(void **state)
{
    struct fake f = { 0 };

    (void)state;
    assert_non_null(mkdtemp(folder));
    verb = save;
    ask(&f, POST_MULTIPART("/tight"),
        FILE_PART("s", "s", "little")
            FILE_PART("l", "l", "0123456789 0123456789 0123456789") "--B--",
        11);
    assert_int_equal(f.status, 200);
    assert_file("small", "little");
    assert_file("large", "0123456789 0123456789 0123456789");
    assert_file("large.2", "0123456789 0123456789 0123456789");
    verb = save_parts;
    ask(&f, POST_MULTIPART("/stream"),
        FILE_PART("small", "s", "another") FILE_PART("empty", "l", "")
            PART("field", "text") "--B--",
        11);
    assert_string_equal(f.body, "small 7;empty 0;field 4;");
    assert_file("small", "another");
    assert_file("empty", "");
    assert_file("field", "text");
    /* A client that goes leaves what was there, and nothing beside it. */
    body_error = GALE_ECLOSED;
    ask(&f, POST_MULTIPART("/stream"), FILE_PART("small", "s", "never whole"), 11);
    body_error = 0;
    assert_file("small", "another");
    assert_int_equal(unlink(in_folder("small")) | unlink(in_folder("large")) |
                         unlink(in_folder("large.2")) | unlink(in_folder("empty")) |
                         unlink(in_folder("field")) | rmdir(folder),
                     0);
}

static int show_safe_name(gale_handler *self)
{
    return gale_write(self, gale_file_safe_name(self, gale_get_file(self, "f", 0)));
}

static void test_safe_name(void **state)
{
    static const char *const names[][2] = {
        { "x.txt", "x.txt" },
        { "../../etc/passwd", "passwd" },
        { "C:\\\\dir\\\\x.txt", "x.txt" },
        { "..", "file" },
        { "...hidden", "hidden" },
        { "a/", "file" },
        { ".\t.x", "x" },
        { "\xc3\xa9 b.txt", "\xc3\xa9 b.txt" },
        { "a\tb", "ab" },
    };
    struct fake f = { 0 };
    char body[300];

    (void)state;
    verb = show_safe_name;
    for (size_t i = 0; i < N_OF(names); i++) {
        snprintf(body, sizeof(body), FILE_PART("f", "%s", "") "--B--", names[i][0]);
        ask(&f, POST_MULTIPART("/"), body, 0);
        assert_string_equal(f.body, names[i][1]);
    }
}

#define input_test(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        input_test(test_vectors_of_query_strings),
        input_test(test_body_beats_query),
        input_test(test_a1_10_body_of_a_get),
        input_test(test_controls_and_blanks),
        input_test(test_lists),
        input_test(test_bad_input_is_400_with_one_line),
        input_test(test_decode_argument),
        input_test(test_c4_number_of_arguments_is_exact),
        input_test(test_c19_type_of_a_form),
        input_test(test_c19_coded_form_is_refused),
        input_test(test_a3_2_typed_arguments),
        input_test(test_numbers_whatever_the_locale),
        input_test(test_path_int),
        input_test(test_a3_2_json_body),
        input_test(test_a3_2_json_name_twice),
        input_test(test_a3_2_json_depth),
        input_test(test_a3_2_json_type_and_size),
        input_test(test_a3_2_unpack_json),
        input_test(test_form_in_memory),
        input_test(test_form_in_pieces),
        input_test(test_b28_parts_beyond_the_limit),
        input_test(test_b30_controls_in_heads),
        input_test(test_malformed_forms),
        input_test(test_a3_1_client_gone_leaves_no_file),
        input_test(test_read_body),
        input_test(test_limits_of_a_body_that_has_come),
        input_test(test_a3_1_parts_of_a_streamed_form),
        input_test(test_save),
        input_test(test_safe_name),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}
