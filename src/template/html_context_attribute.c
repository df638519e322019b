/* html_context_attribute.c - what the values of attributes are, and where in a URL one has come to.
 */
/* SPDX-License-Identifier: MIT */
#include "template/html_context.h"

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

/* Whether what the URL leads to runs in the page, or says where that comes from. name is without a
 * prefix such as xlink:. */
static bool is_own_url(const struct gale__html_state *s, gale_str name)
{
    bool is_href = gale__str_equal(name, GALE__STR("href"));

    switch (s->element) {
    case GALE__ELEMENT_SCRIPT:
        return is_href || gale__str_equal(name, GALE__STR("src"));
    case GALE__ELEMENT_BASE:
        return is_href;
    case GALE__ELEMENT_LINK:
        return is_href && !s->is_place;
    case GALE__ELEMENT_OBJECT:
        return is_url(name);
    default:
        return s->element == GALE__ELEMENT_EMBED && gale__str_equal(name, GALE__STR("src"));
    }
}

/* What is special in one element only, or PLAIN. */
static uint8_t kind_in_element(uint8_t element, gale_str name)
{
    static const char *const animated[] = { "by", "from", "to", "values", NULL };

    if (element == GALE__ELEMENT_SCRIPT && gale__str_equal(name, GALE__STR("type")))
        return GALE__ATTRIBUTE_TYPE;
    if (element == GALE__ELEMENT_LINK && gale__str_equal(name, GALE__STR("rel")))
        return GALE__ATTRIBUTE_REL;
    if (element == GALE__ELEMENT_META && gale__str_equal(name, GALE__STR("http-equiv")))
        return GALE__ATTRIBUTE_EQUIV;
    if (element == GALE__ELEMENT_ANIMATE && is_among(name, animated))
        return GALE__ATTRIBUTE_REFUSED;
    return GALE__ATTRIBUTE_PLAIN;
}

uint8_t gale__attribute_kind(const struct gale__html_state *s)
{
    static const char *const sets[] = { "archive", "attributionsrc", "imagesrcset",
                                        "ping",    "srcset",         NULL };
    gale_str name = gale__word(s);
    bool is_data = gale__str_starts_with(name, GALE__STR("data-"));
    size_t colon = gale__str_find(name, ':');
    uint8_t kind;

    if (is_data)
        return is_url(gale__str_skip(name, 5)) ? GALE__ATTRIBUTE_URL : GALE__ATTRIBUTE_PLAIN;
    if (gale__str_starts_with(name, GALE__STR("on")) && name.len > 2)
        return GALE__ATTRIBUTE_SCRIPT;
    if (colon < name.len && !gale__str_starts_with(name, GALE__STR("xmlns")))
        name = gale__str_skip(name, colon + 1);
    kind = kind_in_element(s->element, name);
    if (kind != GALE__ATTRIBUTE_PLAIN)
        return kind;
    if (name.len == 0 || gale__str_equal(name, GALE__STR("srcdoc")))
        return GALE__ATTRIBUTE_REFUSED;
    if (gale__str_equal(name, GALE__STR("style")))
        return GALE__ATTRIBUTE_STYLE;
    if (gale__str_equal(name, GALE__STR("content")))
        return GALE__ATTRIBUTE_CONTENT;
    if (is_among(name, sets))
        return GALE__ATTRIBUTE_URL_SET;
    if (is_own_url(s, name))
        return GALE__ATTRIBUTE_OWN_URL;
    return is_url(name) ? GALE__ATTRIBUTE_URL : GALE__ATTRIBUTE_PLAIN;
}

/* --- URLs --------------------------------------------------------------------------- */

static bool word_is(const struct gale__html_state *s, const char *text)
{
    return gale__str_equal(gale__word(s), gale__str(text));
}

static bool has_url(const struct gale__html_state *s)
{
    return s->attribute == GALE__ATTRIBUTE_URL || s->attribute == GALE__ATTRIBUTE_OWN_URL;
}

/* Behind what stands before the first colon. An expression there might make any scheme of it. */
static int settle_scheme(struct gale__html_state *s)
{
    static const char *const scripts[] = { "javascript", "vbscript", "livescript", "mocha", NULL };

    if (s->word_len && s->word[0] == GALE__WORD_ANY)
        return refuse("an expression cannot be the scheme of a URL; {{ }} with all of the URL can");
    if (is_among(gale__word(s), scripts))
        s->url = GALE__URL_REFUSED;
    else if (word_is(s, "data")) /* only pictures run nothing */
        s->url = s->element == GALE__ELEMENT_IMAGE ? GALE__URL_DATA : GALE__URL_REFUSED;
    else
        s->url = s->attribute == GALE__ATTRIBUTE_OWN_URL ? GALE__URL_SLASHES : GALE__URL_PATH;
    s->word_len = 0;
    return 0;
}

/* Pictures may be written into a page as data:image/…; but that of SVG is a page of its own. */
static void follow_data(struct gale__html_state *s, char c)
{
    gale_str type = gale__word(s);

    if (c != ';' && c != ',') {
        gale__word_add(s, gale__lower(c));
        return;
    }
    s->url = gale__str_starts_with(type, GALE__STR("image/")) &&
                     gale__str_find(type, '+') == type.len && s->word_len < GALE__WORD_CUT
                 ? GALE__URL_QUERY
                 : GALE__URL_REFUSED;
}

/* Before the path. What is a value there may be empty, or "//host". */
static int own_url_start(struct gale__html_state *s, char c)
{
    bool may_be_first = s->word_len == 0 || s->word[0] == GALE__WORD_ANY;

    if (c == ':')
        return settle_scheme(s);
    if (c == '/' || c == '\\') {
        s->url = may_be_first ? GALE__URL_SLASH : GALE__URL_PATH;
        s->word_len = 0;
    } else if (s->word_len || (unsigned char)c > ' ') {
        gale__word_add(s, gale__lower(c));
    }
    return 0;
}

static int own_url_char(struct gale__html_state *s, char c)
{
    bool is_slash = c == '/' || c == '\\';

    if ((c == '?' || c == '#') && s->url != GALE__URL_REFUSED && s->url != GALE__URL_UNSURE) {
        s->url = GALE__URL_QUERY;
        s->word_len = 0;
    } else if (s->url == GALE__URL_START) {
        return own_url_start(s, c);
    } else if (s->url == GALE__URL_SLASH) {
        s->url = is_slash ? GALE__URL_SLASHES : GALE__URL_PATH;
    } else if (s->url == GALE__URL_SLASHES) {
        s->url = is_slash ? GALE__URL_SLASHES : GALE__URL_HOST;
    } else if (s->url == GALE__URL_HOST) {
        s->url = is_slash ? GALE__URL_PATH : GALE__URL_HOST;
    }
    return 0;
}

static int url_char(struct gale__html_state *s, char c)
{
    int r = 0;

    if (c == '\t' || c == '\n' || c == '\r')
        return 0; /* browsers take them out */
    if (s->attribute == GALE__ATTRIBUTE_OWN_URL)
        return own_url_char(s, c);
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
    if (has_url(s))
        return url_char(s, c);
    if (s->attribute == GALE__ATTRIBUTE_CONTENT)
        content_char(s, c);
    else if (s->attribute == GALE__ATTRIBUTE_TYPE || s->attribute == GALE__ATTRIBUTE_REL ||
             s->attribute == GALE__ATTRIBUTE_EQUIV)
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

    if (has_url(s) && is_settled && s->reference_len == 1)
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

/* Whether a link of that rel loads nothing that could do anything. */
static bool is_place_rel(const struct gale__html_state *s)
{
    static const char *const places[] = {
        "alternate",
        "amphtml",
        "apple-touch-icon",
        "author",
        "bookmark",
        "canonical",
        "contents",
        "first",
        "help",
        "icon",
        "index",
        "last",
        "license",
        "me",
        "next",
        "prev",
        "previous",
        "privacy",
        "pingback",
        "search",
        "shortcut",
        "dns-prefetch",
        "preconnect",
        "start",
        "terms-of-service",
        "up",
        "webmention",
        NULL,
    };
    gale_str rel = gale__word(s);

    if (s->word_len >= GALE__WORD_CUT)
        return false;
    while (rel.len) {
        size_t n = 0;

        while (n < rel.len && !gale__is_html_space(rel.ptr[n]))
            n++;
        if (n && !is_among(gale__str_head(rel, n), places))
            return false;
        rel = gale__str_skip(rel, n + 1);
    }
    return true;
}

/* What a value says of its whole tag. The first of several attributes of a name counts. */
static int value_counts(struct gale__html_state *s)
{
    bool is_first = s->has_type == 0;

    if (s->attribute == GALE__ATTRIBUTE_TYPE && s->has_type == GALE__MAYBE_TYPE)
        return refuse("the script may have a type already, or not");
    if (s->attribute == GALE__ATTRIBUTE_TYPE && is_first)
        s->is_no_script = !is_script_type(gale__word(s));
    if (s->attribute == GALE__ATTRIBUTE_REL && is_first)
        s->is_place = is_place_rel(s);
    if (s->attribute == GALE__ATTRIBUTE_TYPE || (s->attribute == GALE__ATTRIBUTE_REL && is_first))
        s->has_type = 1;
    if (s->attribute == GALE__ATTRIBUTE_EQUIV && word_is(s, "refresh"))
        s->is_refresh = 1;
    if (s->is_refresh && s->has_content)
        return refuse("an expression in the content of a refresh is safe only behind 'url=', with "
                      "http-equiv before content");
    return 0;
}

int gale__value_end(struct gale__html_state *s)
{
    int r = s->reference_len ? end_reference(s) : 0;

    if (r == 0)
        r = value_counts(s);
    if (s->attribute == GALE__ATTRIBUTE_SCRIPT)
        gale__script_start(s);
    s->url = GALE__URL_START;
    return r;
}

static int own_url_expression(struct gale__html_state *s)
{
    bool is_whole = s->url == GALE__URL_START && s->word_len == 0;

    switch (s->url) {
    case GALE__URL_START:
        s->word[0] = GALE__WORD_ANY;
        s->word_len = 1;
        return is_whole ? GALE__HTML_OWN_URL : GALE__HTML_URL_SEGMENT;
    case GALE__URL_SLASH:
        s->url = GALE__URL_PATH;
        return GALE__HTML_URL_FIRST;
    case GALE__URL_PATH:
        return GALE__HTML_URL_SEGMENT;
    case GALE__URL_QUERY:
        return GALE__HTML_URL_QUERY;
    case GALE__URL_SLASHES:
    case GALE__URL_HOST:
        return refuse("an expression cannot be the host that a script, base, link, object or embed "
                      "comes from; it can be in the path of a URL that begins with '/'");
    case GALE__URL_UNSURE:
        return refuse("an expression cannot go on with this URL, whose begin is not always alike");
    default:
        return refuse("an expression cannot be in a javascript: or data: URL");
    }
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

/* In the content of a meta, outside of a URL. */
static int content_expression(struct gale__html_state *s, int context)
{
    s->word_len = 0; /* of "url=" */
    if (s->is_refresh)
        return refuse("an expression in the content of a refresh is safe only behind 'url='");
    s->has_content = s->element == GALE__ELEMENT_META;
    return context;
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
    case GALE__ATTRIBUTE_OWN_URL:
        return own_url_expression(s);
    case GALE__ATTRIBUTE_URL_SET:
        return GALE__HTML_URL_SET;
    case GALE__ATTRIBUTE_SCRIPT:
        return script_expression(s);
    case GALE__ATTRIBUTE_STYLE:
        return GALE__HTML_STYLE_ATTRIBUTE;
    case GALE__ATTRIBUTE_TYPE:
        return refuse("an expression cannot be the type of a script");
    case GALE__ATTRIBUTE_REL:
        gale__word_add(s, GALE__WORD_ANY);
        return GALE__HTML_QUOTED;
    case GALE__ATTRIBUTE_EQUIV:
        return refuse("an expression cannot be the http-equiv of a meta");
    case GALE__ATTRIBUTE_REFUSED:
        return refuse("no expression can be safe in this attribute");
    case GALE__ATTRIBUTE_CONTENT:
        return content_expression(s, GALE__HTML_QUOTED);
    default:
        return GALE__HTML_QUOTED;
    }
}

int gale__value_expression(struct gale__html_state *s, bool is_first)
{
    int context;

    if (s->quote)
        return quoted_expression(s);
    if (s->attribute != GALE__ATTRIBUTE_PLAIN && s->attribute != GALE__ATTRIBUTE_CONTENT)
        return refuse("an expression in this attribute needs quotes around the value");
    /* An empty one is written as "", and what follows it would be the next attribute. */
    if (s->may_be_empty)
        return refuse("what follows an expression here needs quotes around the whole value");
    s->may_be_empty = is_first;
    context = is_first ? GALE__HTML_UNQUOTED : GALE__HTML_UNQUOTED_PART;
    return s->attribute == GALE__ATTRIBUTE_CONTENT ? content_expression(s, context) : context;
}
