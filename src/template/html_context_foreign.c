/* html_context_foreign.c - SVG and MathML in HTML: their tags have rules of their own there.
 *
 * Each element ends at "/>" or at an end tag, none has content that is not markup. But some tags of
 * HTML end all of it, and in a few elements HTML is allowed again. Those are not followed: what is
 * behind them is in doubt, and takes no expression.
 */
/* SPDX-License-Identifier: MIT */
#include "template/html_context.h"

/* The upper two bits of an element; the others are a hash of its name. */
enum { PLAIN, TEXT_ONLY, RAW, DOUBTFUL };
enum { KIND_SHIFT = 14 };

static uint16_t kind_of(uint16_t tag)
{
    return (uint16_t)(tag >> KIND_SHIFT);
}

static uint16_t top(const struct gale__html_state *s)
{
    return s->n_open ? kind_of(s->open[s->n_open - 1]) : PLAIN;
}

static bool is_among(gale_str name, const char *const *names)
{
    for (; *names; names++)
        if (gale__str_equal(name, gale__str(*names)))
            return true;
    return false;
}

static uint16_t kind_of_name(gale_str name)
{
    /* HTML may be in them. */
    static const char *const texts[] = { "title", "desc", "foreignobject", "mi", "mo",
                                         "mn",    "ms",   "mtext",         NULL };
    static const char *const raws[] = { "script", "style", NULL };
    /* These end what is foreign, or depend on more than we look at. */
    static const char *const doubtful[] = {
        "annotation-xml",
        "b",
        "big",
        "blockquote",
        "body",
        "br",
        "center",
        "code",
        "dd",
        "div",
        "dl",
        "dt",
        "em",
        "embed",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "hr",
        "i",
        "iframe",
        "img",
        "li",
        "listing",
        "menu",
        "meta",
        "nobr",
        "noembed",
        "noframes",
        "ol",
        "noscript",
        "p",
        "pre",
        "plaintext",
        "ruby",
        "s",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "select",
        "template",
        "textarea",
        "tt",
        "u",
        "ul",
        "var",
        "xmp",
        NULL,
    };

    if (is_among(name, texts))
        return TEXT_ONLY;
    if (is_among(name, raws))
        return RAW;
    return is_among(name, doubtful) ? DOUBTFUL : PLAIN;
}

uint16_t gale__foreign_tag(gale_str name)
{
    uint32_t hash = 2166136261;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.ptr[i]) * 16777619;
    hash ^= hash >> KIND_SHIFT;
    return (uint16_t)(kind_of_name(name) << KIND_SHIFT | (hash & ((1 << KIND_SHIFT) - 1)));
}

uint8_t gale__foreign_opened(struct gale__html_state *s, uint16_t tag, uint8_t is_slashed)
{
    if (kind_of(tag) == DOUBTFUL)
        return GALE__DOUBT_HTML_TAG;
    if (top(s) != PLAIN)
        return GALE__DOUBT_WITHIN;
    if (is_slashed == GALE__MAYBE_SLASHED)
        return GALE__DOUBT_SLASH;
    if (is_slashed)
        return GALE__NO_DOUBT;
    if (s->n_open == sizeof(s->open) / sizeof(s->open[0]))
        return GALE__DOUBT_DEEP;
    s->open[s->n_open++] = tag;
    return GALE__NO_DOUBT;
}

/* It closes what was opened since, too. */
uint8_t gale__foreign_closed(struct gale__html_state *s, uint16_t tag)
{
    uint8_t n = s->n_open;

    while (n && s->open[n - 1] != tag)
        n--;
    if (n == 0)
        return GALE__DOUBT_END_TAG;
    if (n < s->n_open && top(s) != PLAIN)
        return GALE__DOUBT_WITHIN;
    while (s->n_open >= n)
        s->open[--s->n_open] = 0;
    return GALE__NO_DOUBT;
}

bool gale__foreign_is_raw(const struct gale__html_state *s)
{
    return top(s) == RAW;
}

const char *gale__doubt_text(uint8_t why)
{
    static const char *const texts[GALE__N_DOUBTS] = {
        [GALE__NO_DOUBT] = "",
        [GALE__DOUBT_HTML_TAG] = "a tag of HTML in the <svg> or <math> before this may have ended "
                                 "it, or not",
        [GALE__DOUBT_WITHIN] = "the <svg> or <math> before this has a tag in a title, desc, "
                               "foreignObject, script, style or token, which is not followed",
        [GALE__DOUBT_END_TAG] = "the <svg> or <math> before this has an end tag of nothing that "
                                "was opened in it",
        [GALE__DOUBT_DEEP] = "the <svg> or <math> before this has too many elements within each "
                             "other; close each with '/>' or its end tag",
        [GALE__DOUBT_SLASH] = "the '/' before a '>' in the <svg> or <math> before this may belong "
                              "to a value, or not; put a blank before it",
        [GALE__DOUBT_CDATA] = "CDATA in the <svg> or <math> before this is not followed",
        [GALE__DOUBT_SELECT] = "browsers differ in what they make of the elements in the <select> "
                               "before this",
    };

    return texts[why];
}
