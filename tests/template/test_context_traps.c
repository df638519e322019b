/* test_context_traps - contextual autoescape where browsers read HTML in another way than it looks:
 * SVG and MathML, values that vanish, URLs that scripts come from, slashes in scripts.
 */
/* SPDX-License-Identifier: MIT */
#include "../base/check.h"

#include <stdlib.h>

#include <gale/template.h>
#include <jansson.h>

#include "base/str.h"

static const gale_template_options contextual = { .autoescape = "contextual" };

struct row {
    const char *text, *v, *expected;
};

static void check_row(const struct row *row)
{
    gale_template_error error;
    gale_template *t = gale_template_new(gale__str(row->text), "t.html", NULL, &contextual, &error);
    char *out;

    if (!t)
        fail_msg("%s: %s", row->text, error.message);
    out = gale_template_generate(t, json_pack("{ss ss}", "v", row->v, "e", ""), NULL, &error);
    if (!out)
        fail_msg("%s: %s", row->text, error.message);
    if (strcmp(out, row->expected) != 0)
        fail_msg("%s: got %s, expected %s", row->text, out, row->expected);
    free(out);
    gale_template_unref(t);
}

static void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_row(&rows[i]);
}

#define CHECK_ROWS(rows) check_rows(rows, N_OF(rows))

/* None of these compiles; the second text is in the message. */
static void check_refused(const char *const (*rows)[2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        gale_template_error error;

        if (gale_template_new(gale__str(rows[i][0]), "t.html", NULL, &contextual, &error))
            fail_msg("%s: compiled", rows[i][0]);
        if (!strstr(error.message, rows[i][1]))
            fail_msg("%s: %s", rows[i][0], error.message);
    }
}

#define CHECK_REFUSED(rows) check_refused(rows, N_OF(rows))

/* --- SVG and MathML ------------------------------------------------------------------- */

static void svg_ends_elements_by_a_slash(void **state)
{
    static const struct row rows[] = {
        { "<svg><title/><path/></svg><a href=\"{{ v }}\">", "javascript:alert(1)",
          "<svg><title/><path/></svg><a href=\"about:invalid#gale\">" },
        { "<svg><title/></svg><script>var a = {{ v }};</script>", "alert(1)",
          "<svg><title/></svg><script>var a = \"alert(1)\";</script>" },
        { "<svg><style/><script/></svg><a href='{{ v }}'>", "javascript:a",
          "<svg><style/><script/></svg><a href='about:invalid#gale'>" },
        { "<svg/><title>{{ v }}<b></title>{{ v }}", "<", "<svg/><title>&lt;<b></title>&lt;" },
        { "<svg><title a='/'>{{ v }}</title></svg><p title='{{ v }}'>", "'",
          "<svg><title a='/'>&#x27;</title></svg><p title='&#x27;'>" },
        { "<svg><title a=/>{{ v }}</title></svg>", "<", "<svg><title a=/>&lt;</title></svg>" },
    };

    CHECK_ROWS(rows);
}

static void icons_are_followed(void **state)
{
    static const struct row rows[] = {
        { "<svg viewBox='0 0 1 1'><title>a {{ v }}</title><path d=\"M0 0\"/></svg><b>{{ v }}</b>",
          "<i>",
          "<svg viewBox='0 0 1 1'><title>a &lt;i&gt;</title><path d=\"M0 0\"/></svg>"
          "<b>&lt;i&gt;</b>" },
        { "<svg><g><g><path d='{{ v }}'></path></g></g></svg><script>{{ v }}</script>", "'",
          "<svg><g><g><path d='&#x27;'></path></g></g></svg><script>\"\\u0027\"</script>" },
        { "<svg><g><path><path></svg><title>{{ v }}</title>", "<",
          "<svg><g><path><path></svg><title>&lt;</title>" },
        { "<svg><style>.a{fill:red}</style><!-- > --><path/></svg><style>a { color: {{ v }} }",
          "red", "<svg><style>.a{fill:red}</style><!-- > --><path/></svg><style>a { color: red }" },
        { "<svg><svg><desc>{{ v }}</desc></svg><text>{{ v }}</text></svg>{{ v }}", "<",
          "<svg><svg><desc>&lt;</desc></svg><text>&lt;</text></svg>&lt;" },
        { "<svg><a xlink:href='{{ v }}'>k</a></svg>", "javascript:a",
          "<svg><a xlink:href='about:invalid#gale'>k</a></svg>" },
        { "<math><mi>{{ v }}</mi><mo>+</mo></math><p>{{ v }}", "<",
          "<math><mi>&lt;</mi><mo>+</mo></math><p>&lt;" },
        { "<a>{% if v %}<svg><path/></svg>{% end %}{{ v }}</a>", "<",
          "<a><svg><path/></svg>&lt;</a>" },
        { "{% for c in v %}<svg><use href='#{{ c }}'/></svg>{% end %}", "ab",
          "<svg><use href='#a'/></svg><svg><use href='#b'/></svg>" },
        { "<select><option>{{ v }}</select><textarea>{{ v }}</textarea>", "<",
          "<select><option>&lt;</select><textarea>&lt;</textarea>" },
    };

    CHECK_ROWS(rows);
}

static void what_svg_makes_doubtful_is_refused(void **state)
{
    static const char *const rows[][2] = {
        { "<svg><title><a href=\"{{ x }}\">k</a></title></svg>{{ x }}", "has a tag in a title" },
        { "<svg><textarea><script>{{ x }}", "a tag of HTML in the <svg> or <math>" },
        { "<svg><xmp/></svg>{{ x }}", "a tag of HTML in the <svg>" },
        { "<svg><noscript></noscript></svg>{{ x }}", "a tag of HTML in the <svg>" },
        { "<svg><p>{{ x }}", "a tag of HTML in the <svg>" },
        { "<svg><div><title><script>{{ x }}", "a tag of HTML in the <svg>" },
        { "<svg><foreignObject><div>{{ x }}", "a tag of HTML in the <svg>" },
        { "<svg><foreignObject><a>{{ x }}", "has a tag in a title, desc, foreignObject" },
        { "<svg><title></svg>{{ x }}", "has a tag in a title" },
        { "<div><svg></div><title>{{ x }}", "an end tag of nothing that was opened in it" },
        { "<svg></p>{{ x }}", "an end tag of nothing that was opened in it" },
        { "<svg><script>{{ x }}", "no expression can be safe in a script or style of <svg>" },
        { "<svg><style>{{ x }}", "no expression can be safe in a script or style of <svg>" },
        { "<svg><style><a></style></svg>{{ x }}", "has a tag in a title" },
        { "<svg><![CDATA[ > ]]></svg>{{ x }}", "CDATA in the <svg>" },
        { "<math><annotation-xml>{{ x }}", "a tag of HTML in the <svg> or <math>" },
        { "<math><mi><b>{{ x }}", "a tag of HTML in the <svg> or <math>" },
        { "<svg><g><g><g><g><g><g><g><g><g><g><g><g>{{ x }}", "too many elements" },
        { "<svg><title{% if x %} a{% end %}/>{{ x }}", "the '/' before a '>'" },
        { "{% if x %}<svg><p></svg>{% end %}{{ x }}", "a tag of HTML in the <svg>" },
        { "{% for x in y %}{{ x }}<svg><p></svg>{% end %}", "the HTML is in another state" },
        { "{% if x %}<svg>{% end %}{{ x }}", "the HTML is in another state" },
        { "<svg><script href='//{{ x }}/'/>", "an expression cannot be the host" },
        { "<select><title></select><a href='{{ x }}'>", "elements in the <select>" },
        { "<select><svg></svg>{{ x }}", "elements in the <select>" },
    };

    CHECK_REFUSED(rows);
}

/* --- values without quotes ------------------------------------------------------------ */

static void an_empty_value_lets_nothing_become_an_attribute(void **state)
{
    static const char *const rows[][2] = {
        { "<p class={{ a }}{{ b }}>", "needs quotes around the whole value" },
        { "<p class={{ a }}x>", "needs quotes around the whole value" },
        { "<p class={{ a }}/>", "needs quotes around the whole value" },
        { "<p class={{ a }}{% if b %}{{ b }}{% end %}>", "needs quotes around the whole value" },
        { "<p class={% if a %}{{ a }}{% else %}x{% end %}{{ b }}>", "needs quotes around" },
        { "<meta content={{ a }}{{ b }}>", "needs quotes around the whole value" },
    };
    static const struct row good[] = {
        { "<p class={{ e }} id=x>{{ v }}", "<", "<p class=\"\" id=x>&lt;" },
        { "<p class={{ v }}>", "a b", "<p class=a&#32;b>" },
        { "<p class=a{{ e }}{{ v }}>", "onclick=b", "<p class=aonclick&#61;b>" },
    };

    CHECK_REFUSED(rows);
    CHECK_ROWS(good);
}

/* --- URLs with power over the page ------------------------------------------------------ */

static void scripts_come_from_this_site(void **state)
{
    static const char *const places[] = {
        "<script src=\"",  "<base href=\"", "<link rel=stylesheet href=\"", "<link href=\"",
        "<object data=\"", "<embed src=\"", "<svg><script xlink:href=\"",
    };
    static const struct {
        const char *v, *written;
    } values[] = {
        { "/static/app.js?v=1", "/static/app.js?v=1" },
        { "app.js", "app.js" },
        { "?a:b", "?a:b" },
        { "/a:b", "/a:b" },
        { "", "" },
        { "/", "/./" },
        { "//evil/a.js", "about:invalid#gale" },
        { "/\\evil/a.js", "about:invalid#gale" },
        { "\\/evil/a.js", "about:invalid#gale" },
        { " //evil/a.js", "about:invalid#gale" },
        { "https://evil/a.js", "about:invalid#gale" },
        { "https:evil/a.js", "about:invalid#gale" },
        { "javascript:alert(1)", "about:invalid#gale" },
        { "data:text/javascript,alert(1)", "about:invalid#gale" },
        { "/\t/evil/a.js", "/%09/evil/a.js" },
    };

    for (size_t i = 0; i < N_OF(places); i++)
        for (size_t j = 0; j < N_OF(values); j++) {
            char text[200], expected[200];

            snprintf(text, sizeof(text), "%s{{ v }}\">", places[i]);
            snprintf(expected, sizeof(expected), "%s%s\">", places[i], values[j].written);
            check_row(&(struct row){ text, values[j].v, expected });
        }
}

static void values_stay_in_their_segment_of_a_path(void **state)
{
    static const struct row rows[] = {
        { "<script src=\"/static/{{ v }}.js\">", "a/../b c",
          "<script src=\"/static/gale-unsafe.js\">" },
        { "<script src=\"/static/{{ v }}.js\">", "/\\evil%2e",
          "<script src=\"/static/%2F%5Cevil%252e.js\">" },
        { "<script src=\"/static/app{{ v }}\">", ".js", "<script src=\"/static/app.js\">" },
        { "<script src=\"/static/.{{ v }}/\">", ".", "<script src=\"/static/.gale-unsafe/\">" },
        { "<script src=\"/{{ v }}\">", "/evil", "<script src=\"/%2Fevil\">" },
        { "<script src=\"/{{ e }}/{{ v }}\">", "evil", "<script src=\"/.//evil\">" },
        { "<script src=\"{{ v }}/{{ 'evil' }}\">", "/", "<script src=\"/.//evil\">" },
        { "<script src=\"{{ e }}/{{ e }}/{{ v }}\">", "evil", "<script src=\"/.//evil\">" },
        { "<script src=\"{{ '/' }}{{ v }}\">", "/evil", "<script src=\"/./%2Fevil\">" },
        { "<script src=\"{{ e }}{{ v }}\">", "https://evil",
          "<script src=\"https%3A%2F%2Fevil\">" },
        { "<script src=\"https://cdn/{{ v }}.js\">", "a/b",
          "<script src=\"https://cdn/a%2Fb.js\">" },
        { "<script src=\"/a.js?v={{ v }}&amp;w={{ v }}\">", "1&2",
          "<script src=\"/a.js?v=1%262&amp;w=1%262\">" },
        { "<link rel='canonical' href=\"{{ v }}\">", "https://a/b",
          "<link rel='canonical' href=\"https://a/b\">" },
        { "<link rel='shortcut ICON' href=\"{{ v }}\">", "https://a/b",
          "<link rel='shortcut ICON' href=\"https://a/b\">" },
        { "<link rel='alternate stylesheet' href=\"{{ v }}\">", "https://a/b",
          "<link rel='alternate stylesheet' href=\"about:invalid#gale\">" },
        { "<link rel='{{ v }}' href=\"{{ 'https://a/b' }}\">", "icon",
          "<link rel='icon' href=\"about:invalid#gale\">" },
        { "<script src=\"{% if e %}/a.js{% else %}{{ v }}{% end %}\"></script>", "/b.js",
          "<script src=\"/b.js\"></script>" },
        { "<iframe src=\"{{ v }}\">", "https://a/b", "<iframe src=\"https://a/b\">" },
    };
    static const char *const refused[][2] = {
        { "<script src=\"//{{ x }}/a.js\">", "an expression cannot be the host" },
        { "<script src=\"/&Tab;/{{ x }}/a.js\">", "an expression cannot be the host" },
        { "<script src=\"https:{{ x }}\">", "an expression cannot be the host" },
        { "<script src=\"https://cdn{{ x }}/a.js\">", "an expression cannot be the host" },
        { "<script src=\"{{ x }}://{{ y }}\">", "an expression cannot be the scheme" },
        { "<script src=\"{{ x }}//{{ y }}\">", "an expression cannot be the host" },
        { "<script src=\"data:,{{ x }}\">", "a javascript: or data: URL" },
        { "<script src={{ x }}>", "needs quotes" },
        { "<script src=\"{% if x %}/{% end %}{{ y }}\">", "whose begin is not always alike" },
    };

    CHECK_ROWS(rows);
    CHECK_REFUSED(refused);
}

static void data_is_for_pictures(void **state)
{
    static const char *const rows[][2] = {
        { "<iframe src=\"data:image/svg+xml,{{ x }}\">", "a javascript: or data: URL" },
        { "<embed src=\"data:image/svg+xml,{{ x }}\">", "a javascript: or data: URL" },
        { "<object data=\"data:image/png,{{ x }}\">", "a javascript: or data: URL" },
        { "<a href=\"data:image/png;base64,{{ x }}\">", "a javascript: or data: URL" },
        { "<img src=\"data:image/svg+xml;base64,{{ x }}\">", "a javascript: or data: URL" },
        { "<img src=\"data:image/{{ x }}\">", "the type of a data: URL" },
    };
    static const struct row good[] = {
        { "<img src=\"data:image/png;base64,{{ v }}\">", "a+\"",
          "<img src=\"data:image/png;base64,a%2B%22\">" },
        { "<video poster='data:image/jpeg,{{ v }}'>", "<", "<video poster='data:image/jpeg,%3C'>" },
    };

    CHECK_REFUSED(rows);
    CHECK_ROWS(good);
}

static void a_refresh_leads_nowhere_unchecked(void **state)
{
    static const char *const rows[][2] = {
        { "<meta http-equiv=refresh content=\"{{ x }}\">", "safe only behind 'url='" },
        { "<meta http-equiv='Refresh' content=\"0;{{ x }}\">", "safe only behind 'url='" },
        { "<meta http-equiv=\"&#114;efresh\" content={{ x }}>", "safe only behind 'url='" },
        { "<meta content='0;{{ x }}' http-equiv=refresh>", "safe only behind 'url='" },
        { "<meta http-equiv='{{ x }}' content='a'>", "cannot be the http-equiv" },
    };
    static const struct row good[] = {
        { "<meta http-equiv=refresh content=\"0;url={{ v }}\">", "javascript:a",
          "<meta http-equiv=refresh content=\"0;url=about:invalid#gale\">" },
        { "<meta http-equiv=refresh content=\"0;url={{ v }}\">", "/a",
          "<meta http-equiv=refresh content=\"0;url=/a\">" },
        { "<meta name=description content=\"{{ v }}\">", "0;javascript:a",
          "<meta name=description content=\"0;javascript:a\">" },
    };

    CHECK_REFUSED(rows);
    CHECK_ROWS(good);
}

/* --- scripts -------------------------------------------------------------------------- */

static void slashes_are_told_apart(void **state)
{
    static const struct row rows[] = {
        { "<script>if (s) /\"/.test({{ v }})</script>", "a",
          "<script>if (s) /\"/.test(\"a\")</script>" },
        { "<script>while (f(s)) /'/.test('{{ v }}')</script>", "'",
          "<script>while (f(s)) /'/.test('\\u0027')</script>" },
        { "<script>a = (b + c) / 2; d = '/{{ v }}'</script>", "'",
          "<script>a = (b + c) / 2; d = '/\\u0027'</script>" },
        { "<script>if (a) { b = f(c) / 2; } // it's\nd = {{ v }}</script>", "a",
          "<script>if (a) { b = f(c) / 2; } // it's\nd = \"a\"</script>" },
    };
    static const char *const refused[][2] = {
        { "<script>if (a) {}\n/\"/.test({{ x }})</script>", "a '/' before this may divide" },
        { "<script>{% if a %}if ({% else %}f({% end %}b) /\"/.test({{ x }})</script>",
          "a '/' before this may divide" },
        { "<script>a) /\"/.test({{ x }})</script>", "a '/' before this may divide" },
        { "<script>if (s) /{{ x }}/</script>", "an expression cannot be in a regular expression" },
    };

    CHECK_ROWS(rows);
    CHECK_REFUSED(refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(svg_ends_elements_by_a_slash),
        cmocka_unit_test(icons_are_followed),
        cmocka_unit_test(what_svg_makes_doubtful_is_refused),
        cmocka_unit_test(an_empty_value_lets_nothing_become_an_attribute),
        cmocka_unit_test(scripts_come_from_this_site),
        cmocka_unit_test(values_stay_in_their_segment_of_a_path),
        cmocka_unit_test(data_is_for_pictures),
        cmocka_unit_test(a_refresh_leads_nowhere_unchecked),
        cmocka_unit_test(slashes_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
