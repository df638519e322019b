/* test_context.c - contextual autoescape: the context of each place, however the text before it is
 * cut; what is written there, also of values that want to break out. */
/* SPDX-License-Identifier: MIT */
#include "../base/check.h"

#include <stdlib.h>

#include <gale/error.h>
#include <gale/template.h>
#include <jansson.h>

#include "base/str.h"
#include "template/code.h"
#include "template/compile.h"

/* --- contexts ----------------------------------------------------------------------- */

static const char *const names[] = {
    [GALE__HTML_TEXT] = "text",
    [GALE__HTML_RCDATA] = "rcdata",
    [GALE__HTML_QUOTED] = "quoted",
    [GALE__HTML_UNQUOTED] = "unquoted",
    [GALE__HTML_UNQUOTED_PART] = "unquoted part",
    [GALE__HTML_URL_START] = "url",
    [GALE__HTML_URL_PART] = "url part",
    [GALE__HTML_URL_QUERY] = "url query",
    [GALE__HTML_URL_SET] = "url set",
    [GALE__HTML_SCRIPT] = "script",
    [GALE__HTML_SCRIPT_STRING] = "script string",
    [GALE__HTML_ON_SCRIPT] = "on script",
    [GALE__HTML_ON_STRING] = "on string",
    [GALE__HTML_STYLE] = "style",
    [GALE__HTML_STYLE_ATTRIBUTE] = "style attribute",
    [GALE__HTML_COMMENT] = "comment",
    [GALE__HTML_OWN_URL] = "own url",
    [GALE__HTML_URL_FIRST] = "url first",
    [GALE__HTML_URL_SEGMENT] = "url segment",
};

/* What an expression behind text is, or why there can be none; text has "{}" where others are. */
static const char *context_of(const char *text, size_t split)
{
    gale_str rest = gale__str(text);
    struct gale__html_state s;
    int r = 0;

    gale__html_start(&s);
    while (rest.len && r >= 0) {
        size_t n = 0;

        if (gale__str_starts_with(rest, GALE__STR("{}"))) {
            r = gale__html_expression(&s);
            rest = gale__str_skip(rest, 2);
            continue;
        }
        while (n < rest.len && !gale__str_starts_with(gale__str_skip(rest, n), GALE__STR("{}")))
            n++;
        n = n > split ? split : n;
        r = gale__html_text(&s, gale__str_head(rest, n));
        rest = gale__str_skip(rest, n);
    }
    if (r >= 0)
        r = gale__html_expression(&s);
    return r >= 0 ? names[r] : gale_strerror(r) + strlen("contextual autoescape: ");
}

struct row {
    const char *text, *expected;
};

static void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t split = 1; split < 60; split++) {
            const char *got = context_of(rows[i].text, split);

            if (strncmp(got, rows[i].expected, strlen(rows[i].expected)) != 0 ||
                (rows[i].expected[0] != 0 && got[0] == 0))
                fail_msg("%s by %zu: got '%s', expected '%s'", rows[i].text, split, got,
                         rows[i].expected);
        }
}

#define CHECK_ROWS(rows) check_rows(rows, N_OF(rows))

#define A_NAME "an expression cannot be the name of a tag"
#define AN_ATTRIBUTE "an expression cannot be an attribute or its name"
#define NEEDS_QUOTES "an expression in this attribute needs quotes"

static void html_has_places_for_text(void **state)
{
    static const struct row rows[] = {
        { "", "text" },
        { "a & b ", "text" },
        { "1 < ", "text" },
        { "<p>", "text" },
        { "<p class=a>", "text" },
        { "<p class='>'>", "text" },
        { "<br/>", "text" },
        { "<p>a</p>", "text" },
        { "</>", "text" },
        { "{}<b>{}</b>", "text" },
        { "<title>", "rcdata" },
        { "<TITLE lang=en>a<b>", "rcdata" },
        { "<title>a</title>", "text" },
        { "<title>a</titles>", "rcdata" },
        { "<title>a</title >", "text" },
        { "<title>a</title", "an expression" },
        { "<title>a<", "an expression" },
        { "<textarea name=a>b</tExtArea/>", "text" },
        { "<textarea>\n", "rcdata" },
        { "</title>", "text" },
        { "<svg><path d='M0 0'/>", "text" },
        { "<script type=text/template><b>", "text" },
        { "<script type='text/html'></script><b>", "text" },
        { "<noscript>", "text" },
        { "<template>", "text" },
        { "<xmp>", "no expression can be safe in <xmp>" },
        { "<iframe>", "no expression can be safe in <iframe>" },
        { "<plaintext></plaintext>", "no expression can be safe in <plaintext>" },
        { "<iframe></iframe>", "text" },
    };

    CHECK_ROWS(rows);
}

static void tags_have_places_for_values_alone(void **state)
{
    static const struct row rows[] = {
        { "<", A_NAME },
        { "</", A_NAME },
        { "<h", A_NAME },
        { "</h", A_NAME },
        { "<p ", AN_ATTRIBUTE },
        { "<p a", AN_ATTRIBUTE },
        { "<p a ", AN_ATTRIBUTE },
        { "<p a='b'", AN_ATTRIBUTE },
        { "<p a/", AN_ATTRIBUTE },
        { "<p a=\"", "quoted" },
        { "<p a='b ", "quoted" },
        { "<p a = \"b>{}", "quoted" },
        { "<p a=", "unquoted" },
        { "<p a= ", "unquoted" },
        { "<p a=b", "unquoted part" },
        { "<p a={}", "what follows an expression here needs quotes" },
        { "<p a={}b>", "what follows an expression here needs quotes" },
        { "<p a=b{}{}", "unquoted part" },
        { "<p a={} b=\"", "quoted" },
        { "<p a={}>", "text" },
        { "<p a=b/", "unquoted part" },
        { "<p a=>", "text" },
        { "<p =a=\"", "quoted" },
        { "<p a\"b='", "quoted" },
        { "<input value=\"", "quoted" },
        { "<input disabled value='", "quoted" },
        { "<a title='", "quoted" },
        { "<p data-x=\"", "quoted" },
        { "<p onc", AN_ATTRIBUTE },
        { "<iframe srcdoc=\"", "no expression can be safe in this attribute" },
        { "<svg><set to='", "no expression can be safe in this attribute" },
        { "<svg><animateMotion values='", "no expression can be safe in this attribute" },
        { "<script type='", "an expression cannot be the type of a script" },
        { "<input type='", "quoted" },
        { "<p lang=\"&", "quoted" },
    };

    CHECK_ROWS(rows);
}

static void comments_take_nothing(void **state)
{
    static const struct row rows[] = {
        { "<!--", "comment" },
        { "<!--{}", "comment" },
        { "<!-- a -", "comment" },
        { "<!-- a --", "comment" },
        { "<!-- a -- >", "comment" },
        { "<!-- a -->", "text" },
        { "<!-- a --->", "text" },
        { "<!-- a --!>", "text" },
        { "<!-- a --!", "comment" },
        { "<!-->", "text" },
        { "<!--->", "text" },
        { "<!---->", "text" },
        { "<!----", "comment" },
        { "<!--!>", "comment" },
        { "<!--{}>", "text" }, /* nothing stands there */
        { "<!-- <p a=\"", "comment" },
        { "<!DOCTYPE html", "an expression cannot be in <! … > or <? … >" },
        { "<!", "an expression cannot be in <! … > or <? … >" },
        { "<!-", "an expression cannot be in <! … > or <? … >" },
        { "<!->", "text" },
        { "<!DOCTYPE html>", "text" },
        { "<?xml ", "an expression cannot be in <! … > or <? … >" },
        { "<?xml version='1.0'?>", "text" },
        { "</ a", "an expression cannot be in <! … > or <? … >" },
    };

    CHECK_ROWS(rows);
}

static void urls_have_parts(void **state)
{
    static const struct row rows[] = {
        { "<a href=\"", "url" },
        { "<a HREF='", "url" },
        { "<a href='  ", "url" },
        { "<a href=\"java", "url" },
        { "<a href=\"{}", "url" },
        { "<a href=\"{}{}", "url" },
        { "<a href=\"/", "url part" },
        { "<a href=\"{}/", "url part" },
        { "<a href=\"https:", "url part" },
        { "<a href=\"https://x/", "url part" },
        { "<a href=\"mailto:", "url part" },
        { "<a href=\"?", "url query" },
        { "<a href=\"/a?b=", "url query" },
        { "<a href=\"/a?b={}&amp;c=", "url query" },
        { "<a href=\"/a&#63;b", "url query" },
        { "<a href=\"/a#", "url query" },
        { "<a href=\"{}?a=", "url query" },
        { "<a href=\"{}&a=", "url query" },
        { "<a href=\"javascript:", "an expression cannot be in a javascript: or data: URL" },
        { "<a href=\" JAVA\tscript:f('", "an expression cannot be in a javascript: or data: URL" },
        { "<a href=\"java&#x73;cript&colon;", "an expression cannot be in a javascript:" },
        { "<a href=\"java&Tab;script&#58", "an expression cannot be in a char" },
        { "<a href=\"java&Tab;script&#58a ", "an expression cannot be in a javascript:" },
        { "<a href=\"vbscript:", "an expression cannot be in a javascript: or data: URL" },
        { "<a href=\"data:text/html,", "an expression cannot be in a javascript: or data: URL" },
        { "<a href=\"data:", "an expression cannot be in a javascript: or data: URL" },
        { "<img src=\"data:", "an expression cannot be the type of a data: URL" },
        { "<img src=\"data:image/png;base64,", "url query" },
        { "<a href=\"{}:", "an expression cannot be the scheme of a URL" },
        { "<a href=\"a{}:b", "an expression cannot be the scheme of a URL" },
        { "<a href=\"{}://{}/", "an expression cannot be the scheme of a URL" },
        { "<a href=", NEEDS_QUOTES },
        { "<a href=/a/", NEEDS_QUOTES },
        { "<a href=\"{}&", "an expression cannot be in a character reference" },
        { "<a href=\"/?a={}&", "url query" },
        { "<a href=\"&a", "an expression cannot be in a character reference" },
        { "<form action='", "url" },
        { "<button formaction='", "url" },
        { "<img src=\"", "url" },
        { "<video poster='", "url" },
        { "<q cite='", "url" },
        { "<body background='", "url" },
        { "<svg><use xlink:href='", "url" },
        { "<img data-src='", "url" },
        { "<p data-return-url='", "url" },
        { "<img srcset='", "url set" },
        { "<img srcset='/a.png 1x, ", "url set" },
        { "<a ping='", "url set" },
        { "<meta name=description content='", "quoted" },
        { "<meta http-equiv=refresh content='0; url=", "url" },
        { "<meta http-equiv=refresh content='0;URL =/", "url part" },
        { "<meta content='curl", "quoted" },
        { "<meta content=a{}", "unquoted part" },
    };

    CHECK_ROWS(rows);
}

static void scripts_have_values_and_strings(void **state)
{
    static const struct row rows[] = {
        { "<script>", "script" },
        { "<SCRIPT src=a>var a = ", "script" },
        { "<script>var a = {};", "script" },
        { "<script>var a = \"", "script string" },
        { "<script>var a = '", "script string" },
        { "<script>var a = '{}", "script string" },
        { "<script>var a = '\\'", "script string" },
        { "<script>var a = '\\", "an expression cannot follow a backslash" },
        { "<script>var a = '\\\\'", "script" },
        { "<script>var a = \"'\"", "script" },
        { "<script>var a = '\\\n", "script string" },
        { "<script>var a = '\n", "a string in the script ends with its line" },
        { "<script>var a = `", "script string" },
        { "<script>var a = `\n", "script string" },
        { "<script>var a = `${", "script" },
        { "<script>var a = `${{b: {}}}", "script string" },
        { "<script>var a = `${f({b: '}'})}", "script string" },
        { "<script>var a = `${`${", "script" },
        { "<script>var a = `${`${1}`}`", "script" },
        { "<script>var a = `$", "script string" },
        { "<script>var a = `${}", "script" },
        { "<script>var a = `$ {}", "script string" },
        { "<script>var a = `\\${", "script string" },
        { "<script>// ", "comment" },
        { "<script>// it's\n", "script" },
        { "<script>/* it's ", "comment" },
        { "<script>/* ** ", "comment" },
        { "<script>/* it's **/", "script" },
        { "<script>/* {}*/", "script" },
        { "<script>a = 1 / 2; // '\n", "script" },
        { "<script>a = b / '", "script string" },
        { "<script>a = (b) / '", "script string" },
        { "<script>a = b[0] / '", "script string" },
        { "<script>a++ / '", "script string" },
        { "<script>a = {} / '", "script string" },
        { "<script>a = /'/; '", "script string" },
        { "<script>return /'/; '", "script string" },
        { "<script>f(/[/']/, '", "script string" },
        { "<script>a = /\\//.test('", "script string" },
        { "<script>a = b + /'/; '", "script string" },
        { "<script>}\n/'/.test('", "a '/' before this may divide or begin a regular expression" },
        { "<script>}\n// it's\n", "script" },
        { "<script>a = 1.5 / '", "script string" },
        { "<script>a = /", "an expression cannot be in a regular expression" },
        { "<script>a = /b", "an expression cannot be in a regular expression" },
        { "<script>a = /b\n", "a regular expression in the script ends with its line" },
        { "<script>a /", "script" },
        { "<script>a = '</script>", "text" },
        { "<script>// </script>", "text" },
        { "<script>a = '</script x=\"", "quoted" },
        { "<script>a = '</scripts>", "script string" },
        { "<script>a = '</scr", "an expression cannot be behind '<'" },
        { "<script>a = '<", "an expression cannot be behind '<'" },
        { "<script>a <", "script" },
        { "<script><!-- '\n", "script" },
        { "<script>a\n--> '\n", "script" },
        { "<script>a --> '", "script string" },
        { "<script><!--\n'<script", "'<!--' and '<script' in one script" },
        { "<script>'<script <!--{}", "script string" },
        { "<script type=module>'", "script string" },
        { "<script type='text/javascript; charset=utf-8'>'", "script string" },
        { "<script type=\"application/json\">{\"a\": ", "script" },
        { "<script type=application/ld+json>{\"a\": \"", "script string" },
        { "<script type=\"\">'", "script string" },
        { "<script type=\"text&#47;javascript\">'", "script string" },
        { "<script type=a type=module>'", "text" },
    };

    CHECK_ROWS(rows);
}

static void event_attributes_have_scripts(void **state)
{
    static const struct row rows[] = {
        { "<p onclick=\"", "on script" },
        { "<p ONCLICK='f(", "on script" },
        { "<p onclick=\"f('", "on string" },
        { "<p onclick=\"f(&quot;", "on string" },
        { "<p onclick=\"f(&#39;a&#x27;, ", "on script" },
        { "<p onclick=\"f('&apos;, ", "on script" },
        { "<p onclick=\"f(&quot", "an expression cannot be in a character reference" },
        { "<p onclick=\"f('a&foo; ", "on string" },
        { "<p onclick=\"f(`${", "on script" },
        { "<p onclick=\"// ", "comment" },
        { "<p onclick=\"f('\" title=\"", "quoted" },
        { "<p onclick=\"f('\" onfocus=\"", "on script" },
        { "<p onclick=", NEEDS_QUOTES },
        { "<p on=\"", "quoted" },
    };

    CHECK_ROWS(rows);
}

static void styles_have_plain_values(void **state)
{
    static const struct row rows[] = {
        { "<style>", "style" },
        { "<style>a { color: ", "style" },
        { "<style>a { background: url('", "style" },
        { "<style>a::after { content: '</style>", "text" },
        { "<style>a</sty", "an expression" },
        { "<p style=\"", "style attribute" },
        { "<p style='color: {}; width: ", "style attribute" },
        { "<p style=", NEEDS_QUOTES },
    };

    CHECK_ROWS(rows);
}

/* --- ways that meet ----------------------------------------------------------------- */

static void after(struct gale__html_state *s, const char *before, const char *text)
{
    gale__html_start(s);
    assert_int_equal(gale__html_text(s, gale__str(before)), 0);
    for (gale_str rest = gale__str(text); rest.len; rest = gale__str_skip(rest, 1)) {
        if (*rest.ptr == '@')
            assert_true(gale__html_expression(s) >= 0);
        else
            assert_int_equal(gale__html_text(s, gale__str_head(rest, 1)), 0);
    }
}

/* The context behind both ways; @ is an expression. */
static const char *context_of_both(const char *before, const char *a, const char *b,
                                   const char *behind)
{
    struct gale__html_state s, other, swapped;
    int r;

    after(&s, before, a);
    after(&other, before, b);
    swapped = other;
    r = gale__html_join(&swapped, &s);
    assert_int_equal(gale__html_join(&s, &other), r);
    if (!r)
        return "different";
    assert_true(gale__html_same(&s, &swapped));
    r = gale__html_text(&s, gale__str(behind));
    if (r >= 0)
        r = gale__html_expression(&s);
    return r >= 0 ? names[r] : gale_strerror(r) + strlen("contextual autoescape: ");
}

static void ways_that_meet_are_joined(void **state)
{
    static const struct {
        const char *before, *a, *b, *behind, *expected;
    } rows[] = {
        { "<p>", "<b>@</b>", "", "", "text" },
        { "<p>", "<b", "", "", "different" },
        { "<p>", "<!-- ", "", "", "different" },
        { "<p class='", "a", "b ", "", "quoted" },
        { "<p class='", "a'", "b", "", "different" },
        { "<p", " class='a'", "", ">", "text" },
        { "<p", " class='a'", "", " b='", "quoted" },
        { "<input", " disabled", "", ">", "text" },
        { "<input", " disabled", "", " value='", "quoted" },
        { "<input", " disabled", "", "x='", "the name or attribute before may go on here" },
        { "<input ", "disabled ", "", "x='", "quoted" },
        { "<input ", "disabled ", "", "='", "'=' may belong to the name before" },
        { "<input ", "checked", "disabled", "/>", "text" },
        { "<title", " lang='a'", "", ">", "rcdata" },
        { "<input", " value=a", "", ">", "text" },
        { "<input", " value=@", "", "/>", "text" },
        { "<input", " value=a", "", "/b='", "the name or attribute before may go on here" },
        { "<script", " async", "", ">a = '", "script string" },
        { "<script", " type=module", "", ">a = '", "script string" },
        { "<script", " type=module", "", " type='a'>", "the script may have a type already" },
        { "<script", " type=a", "", ">a = '", "different" },
        { "<a href='", "/a", "/b?c=", "", "url query" },
        { "<a href='", "/a", "@", "", "url" },
        { "<a href='", "/a", "@", "?", "url query" },
        { "<a href='", "a", "b", ":", "an expression cannot be the scheme of a URL" },
        { "<a href='", "javascript:", "/", "", "different" },
        { "<meta content='", "you", "me", "", "quoted" },
        { "<script>", "a = 1;", "", "'", "script string" },
        { "<script>", "a = 1", "b = 2", "/ '", "script string" },
        { "<script>", "a", "b +", "/ ", "a '/' before this may divide or begin" },
        { "<script>", "a", "b +", "; '", "script string" },
        { "<script>", "a", "b +", "// ", "comment" },
        { "<script>'", "a", "b", "'", "script" },
        { "<script>", "'", "", "", "different" },
        { "<script>", "'", "\"", "", "different" },
        { "<script>", "{", "", "", "script" },
        { "<script>`${", "{", "", "", "different" },
        { "<script>", "<!-- a\n", "", "'<script", "'<!--' and '<script' in one script" },
        { "<p onclick='", "a; ", "", "", "on script" },
        { "<!--", " a ", "", " ", "comment" },
        { "<!-- ", "-", "", "", "different" },
        { "<style>", "a", "b", "", "style" },
    };

    for (size_t i = 0; i < N_OF(rows); i++) {
        const char *got = context_of_both(rows[i].before, rows[i].a, rows[i].b, rows[i].behind);

        if (strncmp(got, rows[i].expected, strlen(rows[i].expected)) != 0)
            fail_msg("%s(%s|%s)%s: got '%s', expected '%s'", rows[i].before, rows[i].a, rows[i].b,
                     rows[i].behind, got, rows[i].expected);
    }
}

static void loops_end_where_they_began(void **state)
{
    static const struct {
        const char *before, *body;
        bool is_same;
    } rows[] = {
        { "<ul>", "<li>@</li>", true },  { "<ul>", "<li", false },
        { "<p class='", "@ ", true },    { "<p", " a='@'", true },
        { "<p ", "a='@' ", true },       { "<p ", "a='@'", true },
        { "<p ", "a=@ ", true },         { "<p ", "a=@", false },
        { "<a href='", "/@", true },     { "<a href='", "@", true },
        { "<a href='/", "@/", true },    { "<a href='/", "?a=@", false },
        { "<a href='/?", "a=@&", true }, { "<a href='/?", "@=@&amp;", true },
        { "<script>", "f(@);\n", true }, { "<script>a = [", "@, ", true },
        { "<script>a = '", "@", true },  { "<script>", "a = '", false },
        { "<!--", "a", true },
    };

    for (size_t i = 0; i < N_OF(rows); i++) {
        struct gale__html_state s, begin;

        after(&s, rows[i].before, "");
        gale__html_loop(&s);
        begin = s;
        for (gale_str rest = gale__str(rows[i].body); rest.len; rest = gale__str_skip(rest, 1)) {
            if (*rest.ptr == '@')
                assert_true(gale__html_expression(&s) >= 0);
            else
                assert_int_equal(gale__html_text(&s, gale__str_head(rest, 1)), 0);
        }
        if (gale__html_rejoin(&s, &begin) != rows[i].is_same)
            fail_msg("%s(%s)", rows[i].before, rows[i].body);
    }
}

/* --- rendering ---------------------------------------------------------------------- */

static const gale_template_options contextual = { .autoescape = "contextual" };

/* What comes of the template with v; free() it. */
static char *render(const char *text, json_t *v)
{
    gale_template_error error;
    gale_template *t = gale_template_new(gale__str(text), "t.html", NULL, &contextual, &error);
    char *out;

    if (!t)
        fail_msg("%s: %s", text, error.report);
    out = gale_template_generate(t, json_pack("{so}", "v", v), NULL, &error);
    if (!out)
        fail_msg("%s: %s", text, error.report);
    gale_template_unref(t);
    return out;
}

static void check_rendered(const char *text, json_t *v, const char *expected)
{
    char *out = render(text, v);

    if (strcmp(out, expected) != 0)
        fail_msg("%s: got %s, expected %s", text, out, expected);
    free(out);
}

static void values_are_written_for_their_place(void **state)
{
    static const struct {
        const char *text, *json, *expected;
    } rows[] = {
        { "<p>{{ v }}</p>", "\"a<b>&'\\\"\"", "<p>a&lt;b&gt;&amp;&#x27;&quot;</p>" },
        { "<title>{{ v }}</title>", "\"</title>\"", "<title>&lt;/title&gt;</title>" },
        { "<p a='{{ v }}'>", "\"x' y=\\\"\"", "<p a='x&#x27; y=&quot;'>" },
        { "<p a={{ v }}>", "\"x y\"", "<p a=x&#32;y>" },
        { "<p a={{ v }} b=c>", "\"\"", "<p a=\"\" b=c>" },
        { "<p a=x{{ v }} b=c>", "\"\"", "<p a=x b=c>" },
        { "<p a={{ v }}>", "\"`a=b'\\t\"", "<p a=&#96;a&#61;b&#39;&#9;>" },
        { "<a href='{{ v }}'>", "\"/a b?c=d&e=\\\"'#f%20%\"",
          "<a href='/a%20b?c=d&amp;e=%22%27#f%20%25'>" },
        { "<a href='{{ v }}'>", "\"HTTPS://x/\"", "<a href='HTTPS://x/'>" },
        { "<a href='{{ v }}'>", "\"mailto:a@b\"", "<a href='mailto:a@b'>" },
        { "<a href='{{ v }}'>", "\"/a:b\"", "<a href='/a:b'>" },
        { "<a href='{{ v }}'>", "\"javascript:f()\"", "<a href='about:invalid#gale'>" },
        { "<a href='/{{ v }}'>", "\"a:b/\xc3\xbc\"", "<a href='/a:b/%C3%BC'>" },
        { "<a href='/?q={{ v }}'>", "\"a b&c=d/e\"", "<a href='/?q=a%20b%26c%3Dd%2Fe'>" },
        { "<img srcset='{{ v }}'>", "\"/a.png 1x, b.png 2x\"",
          "<img srcset='/a.png 1x, b.png 2x'>" },
        { "<img srcset='{{ v }}'>", "\"/a.png 1x, data:b 2x\"",
          "<img srcset='about:invalid#gale'>" },
        { "<script>a = {{ v }};</script>", "{\"a\": [1, null, true, \"<\"]}",
          "<script>a = {\"a\": [1, null, true, \"\\u003c\"]};</script>" },
        { "<script>a = b-{{ v }}</script>", "-1", "<script>a = b- -1 </script>" },
        { "<script>a = {{ v }}</script>", "\"</script>'\\u2028\"",
          "<script>a = \"\\u003c\\/script\\u003e\\u0027\\u2028\"</script>" },
        { "<script>a = '{{ v }}'</script>", "\"'\\\"\\\\`${</\\n\\u2029\"",
          "<script>a = '\\u0027\\u0022\\u005c\\u0060\\u0024\\u007b\\u003c\\u002f\\n\\u2029'"
          "</script>" },
        { "<script>// {{ v }}\n</script>", "\"\\nf()\"", "<script>// \n</script>" },
        { "<p onclick='f({{ v }})'>", "\"'\\\"\"", "<p onclick='f(&quot;\\u0027\\&quot;&quot;)'>" },
        { "<p onclick='f(\"{{ v }}\")'>", "\"'\\\"\"", "<p onclick='f(\"\\u0027\\u0022\")'>" },
        { "<style>a { color: {{ v }} }</style>", "\"#ff0000\"",
          "<style>a { color: #ff0000 }</style>" },
        { "<p style='width: {{ v }}%'>", "12.5", "<p style='width: 12.5%'>" },
        { "<p style='font: {{ v }}'>", "\"Arial, Sans-Serif\"",
          "<p style='font: Arial, Sans-Serif'>" },
        { "<p style='color: {{ v }}'>", "\"red; x: url(a)\"", "<p style='color: gale-unsafe'>" },
        { "<!-- {{ v }} -->", "\"--> <script>\"", "<!--  -->" },
        { "<option{% if v %} selected{% end %}>{{ v }}", "\"a\"", "<option selected>a" },
        { "<p {% raw v %}>{{ v }}", "\"a='b'\"", "<p a='b'>a=&#x27;b&#x27;" },
        { "<a href={% raw v %} title=\"{{ v }}\">", "\"/\"", "<a href=/ title=\"/\">" },
        { "<script>{% for x in v %}f({{ x }});\n{% end %}</script>", "[1, \"</\"]",
          "<script>f( 1 );\nf(\"\\u003c\\/\");\n</script>" },
        { "<a href=\"{% if v %}/a?b={% else %}/c/{% end %}{{ v }}\">", "\"x/y\"",
          "<a href=\"/a?b=x%2Fy\">" },
    };

    for (size_t i = 0; i < N_OF(rows); i++)
        check_rendered(rows[i].text, json_loads(rows[i].json, JSON_DECODE_ANY, NULL),
                       rows[i].expected);
}

/* Each would break out, or run, where nothing looks at the place it is put in. */
static const char *const attacks[] = {
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "--!><script>alert(1)</script>",
    "\"><script>alert(1)</script>",
    "'><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    " onmouseover=alert(1) ",
    "\tonmouseover=alert(1)//",
    "\nonmouseover=alert(1)",
    "\fonmouseover=alert(1)",
    "/onmouseover=alert(1)",
    "><img src=x onerror=alert(1)>",
    "`onmouseover=alert(1)",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\001javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "javascript\r:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "javascript%3Aalert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "feed:javascript:alert(1)",
    "x, javascript:alert(1) 2x",
    "';alert(1)//",
    "\";alert(1)//",
    "\\';alert(1)//",
    "\\\";alert(1)//",
    "\\",
    "`;alert(1)//",
    "${alert(1)}",
    "{alert(1)}",
    "\nalert(1)//",
    "\r\nalert(1)//",
    "\xe2\x80\xa8"
    "alert(1)//",
    "\xe2\x80\xa9"
    "alert(1)//",
    "*/alert(1)/*",
    "&#39;);alert(1)//",
    "&quot;);alert(1)//",
    "&apos;);alert(1)//",
    "<!--<script>",
    "<!--",
    "]]><script>alert(1)</script>",
    "expression(alert(1))",
    "red;background:url(javascript:alert(1))",
    "red}body{background:url(//evil)",
    "\\65xpression(alert(1))",
    "url(javascript:alert(1))",
    "'-moz-binding:url(//evil)",
    "@import'//evil';",
    "</",
    "!--",
    "script",
    "/script>",
};

/* Where none of them may have an effect; @ is the value, and what is between the ticks is looked
 * for the characters that would end the place. */
static const struct place {
    const char *before, *behind, *ends;
} places[] = {
    { "<p>", "</p>", "<>" },
    { "<title>", "</title>", "<>" },
    { "<textarea>", "</textarea>", "<>" },
    { "<p title=\"", "\">", "\"<>" },
    { "<p title='", "'>", "'<>" },
    { "<p title=a", ">", "\"'`=<> \t\n\r\f" },
    { "<a href=\"", "\">", "\"'`<> \t\n\r\f\\" },
    { "<a href='/", "'>", "\"'`<> \t\n\r\f\\()" },
    { "<a href='/?a=", "'>", "\"'`<> \t\n\r\f\\()&=/:" },
    { "<img srcset='", "'>", "\"'`<>\t\n\r\f\\" },
    { "<script>a = ", ";</script>", "<>&'\n\r" },
    { "<script>a = '", "';</script>", "<>&'\"`$/{}\n\r" },
    { "<script>a = \"", "\";</script>", "<>&'\"`$/{}\n\r" },
    { "<script>a = `", "`;</script>", "<>&'\"`$/{}\n\r" },
    { "<script>a = `$", "`;</script>", "<>&'\"`$/{}\n\r" },
    { "<script type=application/json>{\"a\": \"", "\"}</script>", "<>&'\"\n\r" },
    { "<p onclick='f(", ")'>", "<>'\"\n\r" },
    { "<p onclick=\"f('", "')\">", "<>&'\"`$/{}\n\r" },
    { "<p style='color: ", "'>", "<>'\"()/;:{}@\\\n\r" },
    { "<style>a { color: ", " }</style>", "<>'\"()/;:{}@\\\n\r" },
};

static void check_attack(const struct place *place, const char *attack)
{
    char text[200];
    const char *in;
    size_t len;
    char *out;

    snprintf(text, sizeof(text), "%s{{ v }}%s", place->before, place->behind);
    out = render(text, json_string(attack));
    len = strlen(out) - strlen(place->before) - strlen(place->behind);
    in = out + strlen(place->before);
    for (size_t i = 0; i < len; i++)
        if (strchr(place->ends, in[i]))
            fail_msg("%s%s: '%c' in %s", place->before, attack, in[i], out);
    if (memmem(in, len, "\xe2\x80\xa8", 3) && strstr(place->before, "<script"))
        fail_msg("%s%s: U+2028 in %s", place->before, attack, out);
    free(out);
}

static void attacks_stay_in_their_place(void **state)
{
    for (size_t i = 0; i < N_OF(places); i++)
        for (size_t j = 0; j < N_OF(attacks); j++)
            check_attack(&places[i], attacks[j]);
}

/* No URL of these begins with a scheme that runs something. */
static void attacks_make_no_scheme(void **state)
{
    static const char *const before[] = { "<a href=\"", "<a href=\"java", "<a href=\"{{ '' }}",
                                          "<a href=\"{{ 'javascript' }}", "<form action=' " };

    for (size_t i = 0; i < N_OF(before); i++)
        for (size_t j = 0; j < N_OF(attacks); j++) {
            char text[200];
            const char *colon;
            char *out;

            snprintf(text, sizeof(text), "%s{{ v }}", before[i]);
            out = render(text, json_string(attacks[j]));
            colon = strpbrk(strpbrk(out, "\"'") + 1, ":/?#");
            if (colon && *colon == ':' && !strstr(out, "about:invalid#gale"))
                fail_msg("%s", out);
            free(out);
        }
}

static void places_without_safety_do_not_compile(void **state)
{
    static const struct row rows[] = {
        { "a\n<{{ x }}>", "an expression cannot be the name of a tag at t.html:2" },
        { "<p {{ x }}>", "an expression cannot be an attribute or its name; put the attribute into "
                         "{% if %}, or use {% raw %} at t.html:1" },
        { "<p onclick={{ x }}>", "an expression in this attribute needs quotes around the value at "
                                 "t.html:1" },
        { "{% if x %}<p a='{% end %}{{ x }}", "the HTML is in another state" },
        { "{% for x in y %}<p a='{% end %}", "the HTML is in another state" },
        { "<script>'\n", "a string in the script ends with its line" },
    };

    for (size_t i = 0; i < N_OF(rows); i++) {
        gale_template_error error;

        if (gale_template_new(gale__str(rows[i].text), "t.html", NULL, &contextual, &error))
            fail_msg("%s: compiled", rows[i].text);
        if (!strstr(error.message, rows[i].expected))
            fail_msg("%s: %s", rows[i].text, error.message);
    }
}

static void values_without_json_are_told(void **state)
{
    gale_template_error error;
    gale_template *t = gale_template_new(GALE__STR("<script>{{ len }}"), "t.html", NULL,
                                         &contextual, &error);

    assert_non_null(t);
    assert_null(gale_template_generate(t, NULL, NULL, &error));
    assert_non_null(strstr(error.message, "TypeError"));
    gale_template_unref(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_has_places_for_text),
        cmocka_unit_test(tags_have_places_for_values_alone),
        cmocka_unit_test(comments_take_nothing),
        cmocka_unit_test(urls_have_parts),
        cmocka_unit_test(scripts_have_values_and_strings),
        cmocka_unit_test(event_attributes_have_scripts),
        cmocka_unit_test(styles_have_plain_values),
        cmocka_unit_test(ways_that_meet_are_joined),
        cmocka_unit_test(loops_end_where_they_began),
        cmocka_unit_test(values_are_written_for_their_place),
        cmocka_unit_test(attacks_stay_in_their_place),
        cmocka_unit_test(attacks_make_no_scheme),
        cmocka_unit_test(places_without_safety_do_not_compile),
        cmocka_unit_test(values_without_json_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
