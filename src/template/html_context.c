/* html_context.c - follows HTML as browsers read it, to know what surrounds an expression.
 *
 * It is a tokenizer that goes on byte by byte over texts in any pieces. Authors of templates are
 * trusted, what they print is not: the markup is believed, and where it leaves a doubt about what a
 * browser would see the template is refused.
 */
/* SPDX-License-Identifier: MIT */
#include "template/html_context.h"

#include <string.h>

#include <gale/error.h>

/* As their end tags begin. */
static const char *const end_tags[GALE__ELEMENT_CONTENT_END] = {
    [GALE__ELEMENT_TITLE] = "</title",
    [GALE__ELEMENT_TEXTAREA] = "</textarea",
    [GALE__ELEMENT_STYLE] = "</style",
    [GALE__ELEMENT_SCRIPT] = "</script",
    [GALE__ELEMENT_XMP] = "</xmp",
    [GALE__ELEMENT_IFRAME] = "</iframe",
    [GALE__ELEMENT_NOEMBED] = "</noembed",
    [GALE__ELEMENT_NOFRAMES] = "</noframes",
    [GALE__ELEMENT_PLAINTEXT] = "</plaintext",
};

void gale__word_add(struct gale__html_state *s, char c)
{
    if (s->word_len < sizeof(s->word))
        s->word[s->word_len++] = c;
    else
        s->word_len = GALE__WORD_CUT;
}

static int refuse(const char *why)
{
    return gale_err(GALE_EINVAL, "contextual autoescape: %s", why);
}

/* --- tags --------------------------------------------------------------------------- */

static uint8_t element_of(gale_str name)
{
    static const struct {
        const char *name;
        uint8_t element;
    } others[] = {
        { "svg", GALE__ELEMENT_FOREIGN },   { "math", GALE__ELEMENT_FOREIGN },
        { "select", GALE__ELEMENT_SELECT }, { "base", GALE__ELEMENT_BASE },
        { "link", GALE__ELEMENT_LINK },     { "meta", GALE__ELEMENT_META },
        { "object", GALE__ELEMENT_OBJECT }, { "embed", GALE__ELEMENT_EMBED },
        { "img", GALE__ELEMENT_IMAGE },     { "input", GALE__ELEMENT_IMAGE },
        { "video", GALE__ELEMENT_IMAGE },   { "audio", GALE__ELEMENT_IMAGE },
        { "source", GALE__ELEMENT_IMAGE },
    };

    for (uint8_t i = 1; i < GALE__ELEMENT_CONTENT_END; i++)
        if (end_tags[i] && gale__str_equal(name, gale__str(end_tags[i] + 2)))
            return i;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (gale__str_equal(name, gale__str(others[i].name)))
            return others[i].element;
    if (gale__str_starts_with(name, GALE__STR("animate")) ||
        gale__str_equal(name, GALE__STR("set")))
        return GALE__ELEMENT_ANIMATE;
    return GALE__ELEMENT_OTHER;
}

static void begin_tag(struct gale__html_state *s, char c, bool is_end)
{
    s->state = GALE__AT_TAG_NAME;
    s->is_end_tag = is_end;
    s->element = GALE__ELEMENT_OTHER;
    s->word_len = 0;
    gale__word_add(s, gale__lower(c));
}

static void end_tag_name(struct gale__html_state *s)
{
    uint8_t element = element_of(gale__word(s));

    if (!s->is_end_tag || element == GALE__ELEMENT_SELECT)
        s->element = element;
    if (s->n_open || s->element == GALE__ELEMENT_FOREIGN)
        s->tag = gale__foreign_tag(gale__word(s));
    s->state = GALE__AT_TAG;
}

static void doubt(struct gale__html_state *s, uint8_t why)
{
    memset(s, 0, sizeof(*s));
    gale__script_start(s);
    s->state = GALE__AT_DOUBT;
    s->why = why;
}

/* Forgets all of the tag. */
static void clear_tag(struct gale__html_state *s)
{
    s->word_len = 0;
    s->state = GALE__AT_TEXT;
    s->element = GALE__ELEMENT_OTHER;
    s->tag = 0;
    s->is_end_tag = s->is_slashed = s->has_type = s->is_no_script = 0;
    s->is_place = s->is_refresh = s->has_content = 0;
}

static void leave_foreign_tag(struct gale__html_state *s)
{
    uint16_t tag = s->tag;
    uint8_t is_end_tag = s->is_end_tag, is_slashed = s->is_slashed, why;

    clear_tag(s);
    why = is_end_tag ? gale__foreign_closed(s, tag) : gale__foreign_opened(s, tag, is_slashed);
    if (why)
        doubt(s, why);
}

/* In a select browsers skip most tags, or not: this depends on their age. */
static bool is_doubtful_in_select(uint8_t element)
{
    return element == GALE__ELEMENT_FOREIGN ||
           (element < GALE__ELEMENT_CONTENT_END && element > GALE__ELEMENT_OTHER &&
            element != GALE__ELEMENT_SCRIPT);
}

static void leave_html_tag(struct gale__html_state *s)
{
    uint8_t element = s->element;
    bool is_begin = !s->is_end_tag;
    bool has_content = is_begin && element > GALE__ELEMENT_OTHER &&
                       element < GALE__ELEMENT_CONTENT_END &&
                       !(element == GALE__ELEMENT_SCRIPT && s->is_no_script);

    clear_tag(s);
    if (element == GALE__ELEMENT_SELECT)
        s->in_select = is_begin;
    if (!has_content)
        return;
    s->element = element;
    s->state = GALE__AT_CONTENT;
    gale__script_start(s);
}

/* Behind a tag's ">". */
static void leave_tag(struct gale__html_state *s)
{
    if (!s->is_end_tag && s->in_select && is_doubtful_in_select(s->element))
        doubt(s, GALE__DOUBT_SELECT);
    else if (s->n_open || s->element == GALE__ELEMENT_FOREIGN)
        leave_foreign_tag(s);
    else
        leave_html_tag(s);
}

static int at_text(struct gale__html_state *s, char c)
{
    if (c == '<')
        s->state = GALE__AT_TAG_OPEN;
    return 0;
}

static int at_tag_open(struct gale__html_state *s, char c)
{
    if (gale__is_ascii_letter(c))
        begin_tag(s, c, false);
    else if (c == '/')
        s->state = GALE__AT_END_TAG_OPEN;
    else if (c == '!')
        s->state = GALE__AT_DECLARATION;
    else if (c == '?')
        s->state = GALE__AT_BOGUS;
    else if (c != '<')
        s->state = GALE__AT_TEXT;
    return 0;
}

static int at_end_tag_open(struct gale__html_state *s, char c)
{
    if (gale__is_ascii_letter(c))
        begin_tag(s, c, true);
    else
        s->state = c == '>' ? GALE__AT_TEXT : GALE__AT_BOGUS;
    return 0;
}

static int at_tag(struct gale__html_state *s, char c)
{
    if (c == '>') {
        leave_tag(s);
        return 0;
    }
    s->is_slashed = c == '/';
    if (c != '/' && !gale__is_html_space(c)) {
        s->state = GALE__AT_ATTRIBUTE_NAME;
        s->word_len = 0;
        gale__word_add(s, gale__lower(c));
    }
    return 0;
}

static int at_tag_name(struct gale__html_state *s, char c)
{
    if (c != '>' && c != '/' && !gale__is_html_space(c)) {
        gale__word_add(s, gale__lower(c));
        return 0;
    }
    end_tag_name(s);
    return at_tag(s, c);
}

/* Ways have met here that are not in the same place: only what is the same for all may follow. */
static int at_tag_or_name(struct gale__html_state *s, char c)
{
    if (c != '>' && c != '/' && !gale__is_html_space(c))
        return refuse("the name or attribute before may go on here, or not");
    if (c == '>')
        return at_tag(s, c);
    s->is_slashed = c == '/' ? GALE__MAYBE_SLASHED : 0;
    if (c != '/') /* that may be part of a value */
        s->state = GALE__AT_TAG_SPACE;
    return 0;
}

static int at_tag_space(struct gale__html_state *s, char c)
{
    if (c == '=')
        return refuse("'=' may belong to the name before, or not");
    if (c == '/')
        s->state = GALE__AT_TAG;
    if (!gale__is_html_space(c))
        return at_tag(s, c);
    s->is_slashed = 0;
    return 0;
}

/* --- attributes --------------------------------------------------------------------- */

static int at_after_name(struct gale__html_state *s, char c)
{
    if (gale__is_html_space(c))
        return 0;
    if (c != '=') {
        s->state = GALE__AT_TAG;
        return at_tag(s, c);
    }
    s->attribute = gale__attribute_kind(s);
    s->state = GALE__AT_BEFORE_VALUE;
    s->word_len = 0;
    return 0;
}

static int at_attribute_name(struct gale__html_state *s, char c)
{
    if (c != '=' && c != '>' && c != '/' && !gale__is_html_space(c)) {
        gale__word_add(s, gale__lower(c));
        return 0;
    }
    s->state = GALE__AT_AFTER_NAME;
    return at_after_name(s, c);
}

static int leave_value(struct gale__html_state *s)
{
    int r = gale__value_end(s);

    s->state = GALE__AT_TAG;
    s->attribute = GALE__ATTRIBUTE_PLAIN;
    s->quote = s->may_be_empty = 0;
    s->word_len = 0;
    return r;
}

static int at_value(struct gale__html_state *s, char c)
{
    bool is_end = s->quote ? c == (char)s->quote : c == '>' || gale__is_html_space(c);
    int r;

    if (!is_end && s->may_be_empty)
        return refuse("what follows an expression here needs quotes around the whole value");
    if (!is_end)
        return gale__value_char(s, c);
    r = leave_value(s);
    if (r == 0 && c == '>' && s->state == GALE__AT_TAG)
        leave_tag(s);
    return r;
}

static int at_before_value(struct gale__html_state *s, char c)
{
    if (gale__is_html_space(c))
        return 0;
    if (c == '>') {
        s->attribute = GALE__ATTRIBUTE_PLAIN;
        leave_tag(s);
        return 0;
    }
    s->state = GALE__AT_VALUE;
    s->quote = 0;
    gale__value_start(s);
    if (c != '"' && c != '\'')
        return at_value(s, c);
    s->quote = (uint8_t)c;
    return 0;
}

/* --- comments ----------------------------------------------------------------------- */

/* dashes of a comment: how many there were, and where "!" or the begin counts too. */
enum { ONE_DASH = 1, TWO_DASHES, DASHES_BANG, COMMENT_BEGINS, COMMENT_BEGINS_DASH };

static int at_declaration(struct gale__html_state *s, char c)
{
    if (c == '-')
        s->state = GALE__AT_DECLARATION_DASH;
    else if (c == '[' && s->n_open)
        doubt(s, GALE__DOUBT_CDATA);
    else
        s->state = c == '>' ? GALE__AT_TEXT : GALE__AT_BOGUS;
    return 0;
}

static int at_declaration_dash(struct gale__html_state *s, char c)
{
    if (c != '-')
        return at_declaration(s, c == '>' ? c : 0);
    s->state = GALE__AT_COMMENT;
    s->dashes = COMMENT_BEGINS;
    return 0;
}

static int at_comment(struct gale__html_state *s, char c)
{
    if (c == '>' && s->dashes >= TWO_DASHES) {
        s->state = GALE__AT_TEXT;
        s->dashes = 0;
    } else if (c == '-') {
        s->dashes = s->dashes == COMMENT_BEGINS                  ? COMMENT_BEGINS_DASH
                    : s->dashes == 0 || s->dashes == DASHES_BANG ? ONE_DASH
                                                                 : TWO_DASHES;
    } else {
        s->dashes = c == '!' && s->dashes == TWO_DASHES ? DASHES_BANG : 0;
    }
    return 0;
}

static int at_bogus(struct gale__html_state *s, char c)
{
    if (c == '>')
        s->state = GALE__AT_TEXT;
    return 0;
}

/* --- content that ends at its end tag ------------------------------------------------- */

/* Follows a pattern whose "<" is only at its begin; gives how much of it there is now. */
static uint8_t match(const char *pattern, uint8_t n, char c)
{
    if (pattern[n] && gale__lower(c) == pattern[n])
        return n + 1;
    return c == pattern[0];
}

/* Whether c ends the end tag's name that stands before it. */
static bool ends_content(const struct gale__html_state *s, char c)
{
    return s->element != GALE__ELEMENT_PLAINTEXT && end_tags[s->element][s->matched] == 0 &&
           (c == '>' || c == '/' || gale__is_html_space(c));
}

/* "<script" behind "<!--" makes browsers wait for two end tags; "<!--" is a comment in code. */
static int follow_script(struct gale__html_state *s, char c)
{
    static const char open[] = "<script", hide[] = "<!--";
    bool was_code = s->js == GALE__JS_CODE;
    int r = gale__script_char(s, c);

    s->opened = match(open, s->opened, c);
    s->hidden = match(hide, s->hidden, c);
    if (s->hidden == sizeof(hide) - 1) {
        s->is_hidden = 1;
        s->hidden = 0;
        if (was_code && r == 0)
            s->js = GALE__JS_LINE_COMMENT;
    }
    if (s->is_hidden && s->opened == sizeof(open) - 1)
        return refuse("'<!--' and '<script' in one script");
    return r;
}

static int at_content(struct gale__html_state *s, char c)
{
    int r;

    if (ends_content(s, c)) {
        s->is_end_tag = 1;
        s->element = GALE__ELEMENT_OTHER;
        s->state = GALE__AT_TAG;
        s->matched = s->opened = s->hidden = s->is_hidden = 0;
        gale__script_start(s);
        return at_tag(s, c);
    }
    r = s->element == GALE__ELEMENT_SCRIPT ? follow_script(s, c) : 0;
    s->matched = match(end_tags[s->element], s->matched, c);
    return r;
}

static int at_doubt(struct gale__html_state *s, char c)
{
    return 0;
}

static int at_lost(struct gale__html_state *s, char c)
{
    return refuse("the HTML before this cannot be followed");
}

/* --- from outside ------------------------------------------------------------------- */

static int (*const steps[])(struct gale__html_state *s, char c) = {
    [GALE__AT_TEXT] = at_text,
    [GALE__AT_TAG_OPEN] = at_tag_open,
    [GALE__AT_END_TAG_OPEN] = at_end_tag_open,
    [GALE__AT_TAG_NAME] = at_tag_name,
    [GALE__AT_TAG] = at_tag,
    [GALE__AT_TAG_SPACE] = at_tag_space,
    [GALE__AT_TAG_OR_NAME] = at_tag_or_name,
    [GALE__AT_ATTRIBUTE_NAME] = at_attribute_name,
    [GALE__AT_AFTER_NAME] = at_after_name,
    [GALE__AT_BEFORE_VALUE] = at_before_value,
    [GALE__AT_VALUE] = at_value,
    [GALE__AT_DECLARATION] = at_declaration,
    [GALE__AT_DECLARATION_DASH] = at_declaration_dash,
    [GALE__AT_COMMENT] = at_comment,
    [GALE__AT_BOGUS] = at_bogus,
    [GALE__AT_CONTENT] = at_content,
    [GALE__AT_DOUBT] = at_doubt,
    [GALE__AT_LOST] = at_lost,
};

void gale__html_start(struct gale__html_state *s)
{
    memset(s, 0, sizeof(*s));
    gale__script_start(s);
}

int gale__html_text(struct gale__html_state *s, gale_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        int r = steps[s->state](s, text.ptr[i]);

        if (r < 0) {
            s->state = GALE__AT_LOST;
            return r;
        }
    }
    return 0;
}

/* In a script. What is written may be nothing, and so join what is around. */
static int script_expression(struct gale__html_state *s)
{
    int context = gale__script_expression(s);

    if (context < 0 || context == GALE__HTML_COMMENT)
        return context;
    if (s->matched > 1 || (s->matched && context == GALE__HTML_SCRIPT_STRING))
        return refuse("an expression cannot be behind '<' in a script");
    if (s->is_hidden && s->opened)
        return refuse("'<!--' and '<script' in one script");
    s->is_hidden |= s->hidden > 1;
    s->matched = 0;
    return context;
}

/* In an element that has text only. */
static int content_expression(struct gale__html_state *s)
{
    if (s->element == GALE__ELEMENT_SCRIPT)
        return script_expression(s);
    if (s->element >= GALE__ELEMENT_RAW_FIRST)
        return gale_err(GALE_EINVAL, "contextual autoescape: no expression can be safe in <%s>",
                        end_tags[s->element] + 2);
    if (s->matched)
        return refuse("an expression cannot be the name of a tag");
    return s->element == GALE__ELEMENT_STYLE ? GALE__HTML_STYLE : GALE__HTML_RCDATA;
}

static int expression(struct gale__html_state *s)
{
    switch (s->state) {
    case GALE__AT_TEXT:
        if (gale__foreign_is_raw(s))
            return refuse("no expression can be safe in a script or style of <svg> or <math>");
        return GALE__HTML_TEXT;
    case GALE__AT_TAG_OPEN:
    case GALE__AT_END_TAG_OPEN:
    case GALE__AT_TAG_NAME:
        return refuse("an expression cannot be the name of a tag");
    case GALE__AT_TAG:
    case GALE__AT_TAG_SPACE:
    case GALE__AT_TAG_OR_NAME:
    case GALE__AT_ATTRIBUTE_NAME:
    case GALE__AT_AFTER_NAME:
        return refuse("an expression cannot be an attribute or its name; put the attribute into "
                      "{% if %}, or use {% raw %}");
    case GALE__AT_BEFORE_VALUE:
        s->state = GALE__AT_VALUE;
        gale__value_start(s);
        return gale__value_expression(s, true);
    case GALE__AT_VALUE:
        return gale__value_expression(s, false);
    case GALE__AT_COMMENT:
        return GALE__HTML_COMMENT;
    case GALE__AT_CONTENT:
        return content_expression(s);
    case GALE__AT_DOUBT:
        return refuse(gale__doubt_text(s->why));
    case GALE__AT_LOST:
        return at_lost(s, 0);
    default:
        return refuse("an expression cannot be in <! … > or <? … >");
    }
}

int gale__html_expression(struct gale__html_state *s)
{
    struct gale__html_state after = *s;
    int context = expression(&after);

    if (context >= 0)
        *s = after;
    return context;
}

void gale__html_written(struct gale__html_state *s)
{
    if (gale__html_expression(s) >= 0) {
        s->may_be_empty = 0; /* who writes this knows what it is */
        return;
    }
    switch (s->state) {
    case GALE__AT_TAG_OPEN:
    case GALE__AT_END_TAG_OPEN:
        begin_tag(s, 'x', s->state == GALE__AT_END_TAG_OPEN);
        break;
    case GALE__AT_TAG: /* attributes, or a name */
    case GALE__AT_TAG_SPACE:
    case GALE__AT_TAG_OR_NAME:
    case GALE__AT_AFTER_NAME:
        s->state = GALE__AT_AFTER_NAME;
        s->word_len = 0;
        break;
    case GALE__AT_ATTRIBUTE_NAME:
        s->word_len = 0;
        break;
    case GALE__AT_BEFORE_VALUE:
        s->state = GALE__AT_VALUE;
        gale__value_start(s);
        break;
    default:
        break;
    }
}

bool gale__html_same(const struct gale__html_state *a, const struct gale__html_state *b)
{
    return memcmp(a, b, offsetof(struct gale__html_state, word)) == 0 &&
           gale__str_equal(gale__word(a), gale__word(b)) &&
           memcmp(a->reference, b->reference, a->reference_len) == 0;
}

/* --- ways that meet ----------------------------------------------------------------- */

static bool in_tag(const struct gale__html_state *s)
{
    return s->state >= GALE__AT_TAG_NAME && s->state <= GALE__AT_AFTER_NAME;
}

static bool in_script(const struct gale__html_state *s)
{
    return (s->state == GALE__AT_CONTENT && s->element == GALE__ELEMENT_SCRIPT) ||
           (s->state == GALE__AT_VALUE && s->attribute == GALE__ATTRIBUTE_SCRIPT);
}

/* Forgets what need not be known to go on, or is looked at only right behind it. */
static void forget(struct gale__html_state *s)
{
    if (in_tag(s)) {
        bool has_blank = s->state == GALE__AT_TAG || s->state == GALE__AT_TAG_SPACE ||
                         s->state == GALE__AT_AFTER_NAME;

        if (s->state == GALE__AT_TAG_NAME)
            end_tag_name(s);
        s->state = has_blank ? GALE__AT_TAG_SPACE : GALE__AT_TAG_OR_NAME;
        s->word_len = 0;
    } else if (in_script(s)) {
        s->is_hidden |= s->hidden > 1;
        s->opened = s->hidden = 0;
        s->matched = s->matched > 1 ? s->matched : 0;
        if (s->js != GALE__JS_CODE)
            return;
        s->slash = GALE__SLASH_UNKNOWN;
        s->word_len = s->in_word = s->js_last = 0;
        s->line_dashes = UINT8_MAX;
    } else if (s->state == GALE__AT_COMMENT && s->dashes == COMMENT_BEGINS) {
        s->dashes = 0;
    } else if (s->state == GALE__AT_VALUE) {
        gale__value_settle(s);
        s->word_len = s->attribute == GALE__ATTRIBUTE_CONTENT ? 0 : s->word_len;
    }
}

/* A value without quotes may end where the other way is in its tag. */
static int end_unquoted(struct gale__html_state *s, const struct gale__html_state *other)
{
    int r;

    if (s->state != GALE__AT_VALUE || s->quote || !in_tag(other))
        return 0;
    r = leave_value(s);
    s->state = GALE__AT_TAG_OR_NAME;
    return r;
}

static void join_tags(struct gale__html_state *a, struct gale__html_state *b)
{
    if (a->state != b->state)
        a->state = b->state = GALE__AT_TAG_OR_NAME;
    if (a->has_type != b->has_type)
        a->has_type = b->has_type = GALE__MAYBE_TYPE;
    a->is_refresh = b->is_refresh = a->is_refresh | b->is_refresh;
    a->has_content = b->has_content = a->has_content | b->has_content;
    a->is_place = b->is_place = a->is_place & b->is_place;
}

static void join_scripts(struct gale__html_state *a, struct gale__html_state *b, uint8_t slash)
{
    if (a->js == GALE__JS_UNSURE || b->js == GALE__JS_UNSURE) {
        gale__script_unsure(a);
        gale__script_unsure(b);
    }
    if (a->js == GALE__JS_CODE && b->js == GALE__JS_CODE)
        a->slash = b->slash = slash;
    if (a->n_parens != b->n_parens || a->parens != b->parens) {
        a->n_parens = b->n_parens = GALE__PARENS_LOST;
        a->parens = b->parens = 0;
    }
    a->is_hidden = b->is_hidden = a->is_hidden | b->is_hidden;
}

static void join_values(struct gale__html_state *a, struct gale__html_state *b)
{
    bool is_own = a->attribute == GALE__ATTRIBUTE_OWN_URL && b->attribute == a->attribute;
    bool is_url = (is_own ||
                   (a->attribute == GALE__ATTRIBUTE_URL && b->attribute == a->attribute)) &&
                  a->url <= GALE__URL_QUERY && b->url <= GALE__URL_QUERY;

    a->may_be_empty = b->may_be_empty = a->may_be_empty | b->may_be_empty;
    if (is_own && a->url != b->url) {
        a->url = b->url = GALE__URL_UNSURE;
        a->word_len = b->word_len = 0;
    }
    /* What is safe in a query is safe everywhere; what checks the scheme is safe in the path. */
    if (is_url && a->url != b->url) {
        bool is_query = a->url == GALE__URL_QUERY || b->url == GALE__URL_QUERY;

        a->url = b->url = is_query ? GALE__URL_QUERY : GALE__URL_START;
    }
    if (is_url && (a->url == GALE__URL_START && !gale__str_equal(gale__word(a), gale__word(b)))) {
        a->word_len = b->word_len = 1;
        a->word[0] = b->word[0] = GALE__WORD_ANY;
    }
}

void gale__html_loop(struct gale__html_state *s)
{
    forget(s);
    if (s->state == GALE__AT_VALUE && s->url == GALE__URL_START &&
        (s->attribute == GALE__ATTRIBUTE_URL || s->attribute == GALE__ATTRIBUTE_OWN_URL)) {
        s->word[0] = GALE__WORD_ANY;
        s->word_len = 1;
    }
}

bool gale__html_join(struct gale__html_state *s, const struct gale__html_state *other)
{
    struct gale__html_state a = *s, b = *other;
    uint8_t slash = gale__script_slash(s);

    if (gale__html_same(s, other))
        return true;
    if (a.state == GALE__AT_LOST || b.state == GALE__AT_LOST) {
        s->state = GALE__AT_LOST;
        return true;
    }
    if (a.state == GALE__AT_DOUBT || b.state == GALE__AT_DOUBT) {
        doubt(s, a.why > b.why ? a.why : b.why);
        return true;
    }
    if (slash != gale__script_slash(other))
        slash = GALE__SLASH_UNKNOWN;
    if (end_unquoted(&a, &b) < 0 || end_unquoted(&b, &a) < 0)
        return false;
    forget(&a);
    forget(&b);
    a.in_select = b.in_select = a.in_select | b.in_select;
    if (in_tag(&a) && in_tag(&b))
        join_tags(&a, &b);
    else if (in_script(&a) && in_script(&b))
        join_scripts(&a, &b, slash);
    else if (a.state == GALE__AT_VALUE && b.state == GALE__AT_VALUE)
        join_values(&a, &b);
    if (!gale__html_same(&a, &b))
        return false;
    *s = a;
    return true;
}

bool gale__html_rejoin(struct gale__html_state *s, const struct gale__html_state *begin)
{
    return gale__html_join(s, begin) && (s->state == GALE__AT_LOST || gale__html_same(s, begin));
}
