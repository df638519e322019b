/* context_attribute.c - what the values of attributes are, and where in a URL one has come to. */
/* SPDX-License-Identifier: MIT */
#include "template/context.h"

#include <string.h>

#include <gale/error.h>

#include "base/escape.h"

static int refuse(const char *why)
{
    return gale_err(GALE_EINVAL, "contextual autoescape: %s", why);
}

/* --- kinds -------------------------------------------------------------------------- */

static bool is_among(gale_str name, const char *const *names)
{
    for (; *names; names++)
        if (gale__str_equal(name, gale__str(*names)))
            return true;
    return false;
}

static bool is_url(gale_str name)
{
    static const char *const urls[] = {
        "action",   "background", "cite",    "classid", "codebase", "data",
        "dynsrc",   "formaction", "href",    "icon",    "longdesc", "lowsrc",
        "manifest", "poster",     "profile", "src",     "usemap",   NULL,
    };
    static const char *const ends[] = { "src", "href", "url", "uri", NULL };

    for (const char *const *end = ends; *end; end++)
        if (gale__str_ends_with(name, gale__str(*end)))
            return true;
    return is_among(name, urls);
}

uint8_t gale__attribute_kind(gale_str name, uint8_t element)
{
    static const char *const sets[] = { "archive", "attributionsrc", "imagesrcset",
                                        "ping",    "srcset",         NULL };
    static const char *const animated[] = { "by", "from", "to", "values", NULL };
    bool is_data = gale__str_starts_with(name, GALE__STR("data-"));
    size_t colon = gale__str_find(name, ':');

    if (is_data)
        return is_url(gale__str_skip(name, 5)) ? GALE__ATTRIBUTE_URL : GALE__ATTRIBUTE_PLAIN;
    if (gale__str_starts_with(name, GALE__STR("on")) && name.len > 2)
        return GALE__ATTRIBUTE_SCRIPT;
    if (colon < name.len && !gale__str_starts_with(name, GALE__STR("xmlns")))
        name = gale__str_skip(name, colon + 1);
    if (element == GALE__ELEMENT_SCRIPT && gale__str_equal(name, GALE__STR("type")))
        return GALE__ATTRIBUTE_TYPE;
    if (name.len == 0 || gale__str_equal(name, GALE__STR("srcdoc")) ||
        (element == GALE__ELEMENT_ANIMATE && is_among(name, animated)))
        return GALE__ATTRIBUTE_REFUSED;
    if (gale__str_equal(name, GALE__STR("style")))
        return GALE__ATTRIBUTE_STYLE;
    if (gale__str_equal(name, GALE__STR("content")))
        return GALE__ATTRIBUTE_CONTENT;
    if (is_among(name, sets))
        return GALE__ATTRIBUTE_URL_SET;
    return is_url(name) ? GALE__ATTRIBUTE_URL : GALE__ATTRIBUTE_PLAIN;
}

/* --- URLs --------------------------------------------------------------------------- */

static bool word_is(const struct gale__html_state *s, const char *text)
{
    return gale__str_equal(gale__word(s), gale__str(text));
}

/* Behind what stands before the first colon. An expression there might make any scheme of it. */
static int settle_scheme(struct gale__html_state *s)
{
    static const char *const scripts[] = { "javascript", "vbscript", "livescript", "mocha", NULL };

    if (s->word_len && s->word[0] == GALE__WORD_ANY)
        return refuse("an expression cannot be the scheme of a URL; {{ }} with all of the URL can");
    if (is_among(gale__word(s), scripts))
        s->url = GALE__URL_REFUSED;
    else
        s->url = word_is(s, "data") ? GALE__URL_DATA : GALE__URL_PATH;
    s->word_len = 0;
    return 0;
}

/* Pictures may be written into a page as data:image/…; other data: may be pages. */
static void follow_data(struct gale__html_state *s, char c)
{
    gale__word_add(s, gale__lower(c));
    if (word_is(s, "image/"))
        s->url = GALE__URL_QUERY;
    else if (s->word_len >= 6)
        s->url = GALE__URL_REFUSED;
}

static int url_char(struct gale__html_state *s, char c)
{
    int r = 0;

    if (c == '\t' || c == '\n' || c == '\r')
        return 0; /* browsers take them out */
    if (s->url == GALE__URL_DATA) {
        follow_data(s, c);
    } else if (c == '?' || c == '#' || c == '=' || c == '&') {
        s->url = s->url <= GALE__URL_PATH ? GALE__URL_QUERY : s->url;
    } else if (s->url == GALE__URL_START) {
        if (c == ':')
            r = settle_scheme(s);
        else if (c == '/' || c == '\\')
            s->url = GALE__URL_PATH;
        else if (s->word_len || (unsigned char)c > ' ')
            gale__word_add(s, gale__lower(c));
    }
    if (s->url == GALE__URL_PATH || s->url == GALE__URL_QUERY)
        s->word_len = 0;
    return r;
}

/* The content of a meta may be "5; url=…". */
static void content_char(struct gale__html_state *s, char c)
{
    static const char url[] = "url";

    if (s->word_len == 3 && c == '=') {
        s->attribute = GALE__ATTRIBUTE_URL;
        s->url = GALE__URL_START;
        s->word_len = 0;
    } else if (s->word_len < 3 && gale__lower(c) == url[s->word_len]) {
        gale__word_add(s, gale__lower(c));
    } else if (s->word_len < 3 || !gale__is_html_space(c)) {
        s->word_len = 0;
    }
}

/* --- character references ------------------------------------------------------------- */

static int decoded_char(struct gale__html_state *s, char c)
{
    if (s->attribute == GALE__ATTRIBUTE_SCRIPT)
        return gale__script_char(s, c);
    if (s->attribute == GALE__ATTRIBUTE_URL)
        return url_char(s, c);
    if (s->attribute == GALE__ATTRIBUTE_CONTENT)
        content_char(s, c);
    else if (s->attribute == GALE__ATTRIBUTE_TYPE)
        gale__word_add(s, gale__lower(c));
    return 0;
}

static int feed(struct gale__html_state *s, gale_str text)
{
    int r = 0;

    for (size_t i = 0; i < text.len && r == 0; i++)
        r = decoded_char(s, text.ptr[i]);
    return r;
}

/* Without a semicolon only these, and numbers, are references in attributes. */
static bool needs_no_semicolon(gale_str reference)
{
    static const char *const names[] = { "&amp", "&lt", "&gt", "&quot", NULL };

    return is_among(reference, names) || gale__str_starts_with(reference, GALE__STR("&#"));
}

/* What was read of a reference ends here. */
static int end_reference(struct gale__html_state *s)
{
    gale_str reference = { s->reference, s->reference_len };
    bool is_known = gale__str_ends_with(reference, GALE__STR(";")) || needs_no_semicolon(reference);
    struct gale__buf text;
    int r;

    s->reference_len = 0;
    if (!is_known)
        return feed(s, reference);
    gale__buf_init(&text, 1000);
    r = gale__xhtml_unescape(&text, reference);
    if (r == 0)
        r = feed(s, gale__buf_str(&text));
    gale__buf_deinit(&text);
    return r;
}

void gale__value_settle(struct gale__html_state *s)
{
    bool is_settled = s->url == GALE__URL_PATH || s->url == GALE__URL_QUERY;

    if (s->attribute == GALE__ATTRIBUTE_URL && is_settled && s->reference_len == 1)
        (void)end_reference(s);
}

int gale__value_char(struct gale__html_state *s, char c)
{
    bool in_reference = s->reference_len > 0;
    int r = 0;

    if (s->attribute == GALE__ATTRIBUTE_PLAIN)
        return 0;
    if (in_reference && s->reference_len < sizeof(s->reference) &&
        (gale__is_ascii_letter(c) || (c >= '0' && c <= '9') || c == '#' || c == ';')) {
        s->reference[s->reference_len++] = c;
        return c == ';' ? end_reference(s) : 0;
    }
    if (in_reference)
        r = end_reference(s);
    if (r < 0 || c != '&')
        return r < 0 ? r : decoded_char(s, c);
    s->reference[0] = c;
    s->reference_len = 1;
    return 0;
}

/* --- values ------------------------------------------------------------------------- */

void gale__value_start(struct gale__html_state *s)
{
    s->word_len = s->reference_len = 0;
    s->url = GALE__URL_START;
    if (s->attribute == GALE__ATTRIBUTE_SCRIPT)
        gale__script_start(s);
}

/* Whether a script of that type is one that we can follow: JavaScript or JSON. */
static bool is_script_type(gale_str type)
{
    static const char *const types[] = {
        "",           "module",   "importmap",       "speculationrules",
        "text/babel", "text/jsx", "text/typescript", NULL,
    };

    type = gale__str_trim_lines(gale__str_head(type, gale__str_find(type, ';')));
    return is_among(type, types) || gale__str_ends_with(type, GALE__STR("json")) ||
           gale__str_ends_with(type, GALE__STR("ecmascript")) ||
           gale__str_starts_with(type, GALE__STR("text/javascript")) ||
           gale__str_starts_with(type, GALE__STR("text/jscript")) ||
           gale__str_starts_with(type, GALE__STR("text/livescript")) ||
           gale__str_ends_with(type, GALE__STR("javascript"));
}

int gale__value_end(struct gale__html_state *s)
{
    int r = s->reference_len ? end_reference(s) : 0;

    if (s->attribute == GALE__ATTRIBUTE_TYPE && s->has_type == GALE__MAYBE_TYPE)
        return refuse("the script may have a type already, or not");
    if (s->attribute == GALE__ATTRIBUTE_TYPE && !s->has_type) {
        s->is_no_script = !is_script_type(gale__word(s));
        s->has_type = 1;
    }
    if (s->attribute == GALE__ATTRIBUTE_SCRIPT)
        gale__script_start(s);
    s->url = GALE__URL_START;
    return r;
}

static int url_expression(struct gale__html_state *s)
{
    switch (s->url) {
    case GALE__URL_START:
        s->word[0] = GALE__WORD_ANY;
        s->word_len = 1;
        return GALE__HTML_URL_START;
    case GALE__URL_PATH:
        return GALE__HTML_URL_PART;
    case GALE__URL_QUERY:
        return GALE__HTML_URL_QUERY;
    case GALE__URL_DATA:
        return refuse("an expression cannot be the type of a data: URL");
    default:
        return refuse("an expression cannot be in a javascript: or data: URL");
    }
}

static int script_expression(struct gale__html_state *s)
{
    int context = gale__script_expression(s);

    if (context == GALE__HTML_SCRIPT)
        return GALE__HTML_ON_SCRIPT;
    return context == GALE__HTML_SCRIPT_STRING ? GALE__HTML_ON_STRING : context;
}

/* With quotes around. */
static int quoted_expression(struct gale__html_state *s)
{
    gale__value_settle(s);
    if (s->reference_len)
        return refuse("an expression cannot be in a character reference");
    switch (s->attribute) {
    case GALE__ATTRIBUTE_URL:
        return url_expression(s);
    case GALE__ATTRIBUTE_URL_SET:
        return GALE__HTML_URL_SET;
    case GALE__ATTRIBUTE_SCRIPT:
        return script_expression(s);
    case GALE__ATTRIBUTE_STYLE:
        return GALE__HTML_STYLE_ATTRIBUTE;
    case GALE__ATTRIBUTE_TYPE:
        return refuse("an expression cannot be the type of a script");
    case GALE__ATTRIBUTE_REFUSED:
        return refuse("no expression can be safe in this attribute");
    default:
        s->word_len = 0; /* of "url=" */
        return GALE__HTML_QUOTED;
    }
}

int gale__value_expression(struct gale__html_state *s, bool is_first)
{
    if (s->quote)
        return quoted_expression(s);
    if (s->attribute != GALE__ATTRIBUTE_PLAIN && s->attribute != GALE__ATTRIBUTE_CONTENT)
        return refuse("an expression in this attribute needs quotes around the value");
    return is_first ? GALE__HTML_UNQUOTED : GALE__HTML_UNQUOTED_PART;
}
