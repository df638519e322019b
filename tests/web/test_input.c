/* test_input.c - what handlers are given of a request: arguments, typed values, JSON bodies. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/json.h>
#include <locale.h>

#include "input_kit.h"

/* --- text arguments ----------------------------------------------------------------- */

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

static int walk_raw(gale_handler *self)
{
    const char *name, *value;
    bool in_body;

    for (size_t i = 0; gale_argument_raw_at(self, i, &name, &value, &in_body); i++)
        gale_printf(self, "%s%s[%s]=[%s]", i ? " " : "", in_body ? "body " : "", name, value);
    return 0;
}

static void test_walk_of_raw_values_tells_query_from_body(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = walk_raw;
    ask(&f,
        "POST /?a=+1%20&a&%C3%A9=%0A HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n",
        "a=++b&c", 0);
    assert_string_equal(f.body, "[a]=[ 1 ] [a]=[] [\xc3\xa9]=[\n] body [a]=[  b] body [c]=[]");
    fake_get(&f, "/?a=%ff");
    assert_int_equal(f.status, 400);
    assert_has(f.body, "(Invalid unicode in a)");
    fake_get(&f, "/?%ff=1");
    assert_int_equal(f.status, 400);
    fake_get(&f, "/");
    assert_string_equal(f.body, "");
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

static void test_c19_coded_or_ambiguous_form_is_refused(void **state)
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
    ask(&f, POST_FORM "Content-Type: text/plain\n", "a=1", 0);
    assert_int_equal(f.status, 400);
    assert_has(f.body, "Content-Type twice");
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

static void test_a3_2_json_with_two_types(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = want_json;
    ask(&f, POST_JSON "Content-Type: text/plain\n", "{}", 0);
    assert_int_equal(f.status, 400);
    assert_has(f.body, "Content-Type twice");
}

static int unpack(gale_handler *self)
{
    const char *title = NULL;
    int n = -1, x = 0, y = 0;
    int r = gale_unpack_json(self, "{s:s, s?i, s:{s:[i,i]}}", "title", &title, "n", &n, "box", "at",
                             &x, &y);

    return r < 0 ? r : gale_printf(self, "%s %d %d %d", title, n, x, y);
}

static void test_a3_2_json_integers_fit(void **state)
{
    static const struct {
        const char *body, *told;
    } bad[] = {
        { "{\"title\": \"t\", \"n\": 4294967396, \"box\": {\"at\": [1, 2]}}", "JSON body: n: " },
        { "{\"title\": \"t\", \"n\": -2147483649, \"box\": {\"at\": [1, 2]}}", "JSON body: n: " },
        { "{\"title\": \"t\", \"box\": {\"at\": [1, 2147483648]}}", "JSON body: box.at[1]: " },
    };
    struct fake f = { 0 };

    (void)state;
    verb = unpack;
    ask(&f, POST_JSON,
        "{\"title\": \"t\", \"n\": 2147483647, \"box\": {\"at\": [-2147483648, 2147483647]}}", 0);
    assert_string_equal(f.body, "t 2147483647 -2147483648 2147483647");
    for (size_t i = 0; i < N_OF(bad); i++) {
        ask(&f, POST_JSON, bad[i].body, 0);
        assert_int_equal(f.status, 400);
        assert_has(f.body, bad[i].told);
        assert_null(strstr(f.body, "214748"));
    }
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
        { "{}", "JSON body: title is missing" },
        { "[]", "JSON body: Expected object, got array" },
        { "{\"title\": \"t\", \"box\": {\"at\": [1, \"2\"]}}",
          "JSON body: box.at[1]: Expected integer, got string" },
        { "{\"title\": \"t\", \"box\": {\"at\": [1]}}", "JSON body: box.at[1] is missing" },
        { "{\"title\": \"t\", \"box\": {}}", "JSON body: box.at is missing" },
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
        input_test(test_walk_of_raw_values_tells_query_from_body),
        input_test(test_c4_number_of_arguments_is_exact),
        input_test(test_c19_type_of_a_form),
        input_test(test_c19_coded_or_ambiguous_form_is_refused),
        input_test(test_a3_2_typed_arguments),
        input_test(test_numbers_whatever_the_locale),
        input_test(test_path_int),
        input_test(test_a3_2_json_body),
        input_test(test_a3_2_json_name_twice),
        input_test(test_a3_2_json_depth),
        input_test(test_a3_2_json_type_and_size),
        input_test(test_a3_2_unpack_json),
        input_test(test_a3_2_json_integers_fit),
        input_test(test_a3_2_json_with_two_types),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}
