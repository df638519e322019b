/* html_context.h - the parts of a gale__html_state, between html_context.c (HTML),
 * html_context_attribute.c (what attributes hold) and html_context_script.c (JavaScript).
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_HTML_CONTEXT_H
#define GALE_TEMPLATE_HTML_CONTEXT_H

#include "base/str.h"
#include "template/code.h"
#include "template/compile.h"

/* state: where the tokenizer of HTML is. */
enum {
    GALE__AT_TEXT,
    GALE__AT_TAG_OPEN,     /* behind < */
    GALE__AT_END_TAG_OPEN, /* behind </ */
    GALE__AT_TAG_NAME,
    GALE__AT_TAG,         /* between attributes */
    GALE__AT_TAG_SPACE,   /* the same, perhaps behind a name and a blank */
    GALE__AT_TAG_OR_NAME, /* the same, perhaps still in a name */
    GALE__AT_ATTRIBUTE_NAME,
    GALE__AT_AFTER_NAME,
    GALE__AT_BEFORE_VALUE, /* behind = */
    GALE__AT_VALUE,        /* quote: ", ' or 0 */
    GALE__AT_DECLARATION,  /* behind <! */
    GALE__AT_DECLARATION_DASH,
    GALE__AT_COMMENT, /* dashes */
    GALE__AT_BOGUS,   /* <!DOCTYPE …>, <?…> */
    GALE__AT_CONTENT, /* of an element that ends only at its end tag */
    GALE__AT_DOUBT,   /* what browsers make of what is before may be this or that; why */
    GALE__AT_LOST,    /* something before could not be followed */
};

/* element: those whose content or attributes are special. */
enum {
    GALE__ELEMENT_OTHER,
    GALE__ELEMENT_TITLE,
    GALE__ELEMENT_TEXTAREA,
    GALE__ELEMENT_STYLE,
    GALE__ELEMENT_SCRIPT,
    GALE__ELEMENT_RAW_FIRST, /* and the next ones: text that no escaping is for */
    GALE__ELEMENT_XMP = GALE__ELEMENT_RAW_FIRST,
    GALE__ELEMENT_IFRAME,
    GALE__ELEMENT_NOEMBED,
    GALE__ELEMENT_NOFRAMES,
    GALE__ELEMENT_PLAINTEXT,
    GALE__ELEMENT_CONTENT_END, /* the ones before end only at their end tags */
    GALE__ELEMENT_ANIMATE = GALE__ELEMENT_CONTENT_END, /* of SVG, it sets attributes */
    GALE__ELEMENT_FOREIGN,                             /* svg, math */
    GALE__ELEMENT_SELECT,
    GALE__ELEMENT_BASE,
    GALE__ELEMENT_LINK,
    GALE__ELEMENT_META,
    GALE__ELEMENT_OBJECT,
    GALE__ELEMENT_EMBED,
    GALE__ELEMENT_IMAGE, /* and what else only shows or plays what it loads */
};

/* is_slashed: of a tag that ends in "/>". */
enum { GALE__MAYBE_SLASHED = 2 };

/* why: what makes the doubt. */
enum {
    GALE__NO_DOUBT,
    GALE__DOUBT_HTML_TAG,
    GALE__DOUBT_WITHIN,
    GALE__DOUBT_END_TAG,
    GALE__DOUBT_DEEP,
    GALE__DOUBT_SLASH,
    GALE__DOUBT_CDATA,
    GALE__DOUBT_SELECT,
    GALE__N_DOUBTS
};

/* attribute: what kind its value is of. */
enum {
    GALE__ATTRIBUTE_PLAIN,
    GALE__ATTRIBUTE_URL,
    GALE__ATTRIBUTE_OWN_URL, /* what it leads to has power over the page */
    GALE__ATTRIBUTE_URL_SET,
    GALE__ATTRIBUTE_SCRIPT,
    GALE__ATTRIBUTE_STYLE,
    GALE__ATTRIBUTE_CONTENT, /* of meta: a URL follows "url=" */
    GALE__ATTRIBUTE_TYPE,    /* of script */
    GALE__ATTRIBUTE_REL,     /* of link */
    GALE__ATTRIBUTE_EQUIV,   /* http-equiv of meta */
    GALE__ATTRIBUTE_REFUSED,
};

/* has_type: of a script's tag, when only some of the ways that meet have one. */
enum { GALE__MAYBE_TYPE = 2 };

/* url: how far it has come. */
enum {
    GALE__URL_START, /* its scheme is not settled; word: what there was of it */
    GALE__URL_PATH,
    GALE__URL_QUERY,
    GALE__URL_DATA,    /* data: and not yet more; word: its type */
    GALE__URL_REFUSED, /* javascript: and its like */
    GALE__URL_SLASH,   /* OWN_URL: behind the "/" it begins with, perhaps */
    GALE__URL_SLASHES, /* the same: where a host may begin */
    GALE__URL_HOST,
    GALE__URL_UNSURE, /* the same: it depends on the way */
};

/* js: where in a script; word: the identifier before. */
enum {
    GALE__JS_CODE,
    GALE__JS_SLASH, /* behind one that may be anything */
    GALE__JS_LINE_COMMENT,
    GALE__JS_BLOCK_COMMENT,
    GALE__JS_BLOCK_STAR,
    GALE__JS_DOUBLE, /* strings */
    GALE__JS_SINGLE,
    GALE__JS_TEMPLATE,
    GALE__JS_TEMPLATE_DOLLAR,
    GALE__JS_TEMPLATE_VALUE, /* the same, and an expression behind it */
    GALE__JS_REGEX,
    GALE__JS_UNSURE, /* a slash was the one or the other */
};

/* n_parens: there is no saying what they are of. */
enum { GALE__PARENS_LOST = UINT8_MAX };

/* slash: what one would mean. */
enum { GALE__SLASH_REGEX, GALE__SLASH_DIVIDES, GALE__SLASH_UNKNOWN };

/* word: a byte is added; what is too long is cut, and its length then GALE__WORD_CUT. */
enum { GALE__WORD_CUT = 41 };
/* What stands for an expression in it. */
#define GALE__WORD_ANY '\1'
void gale__word_add(struct gale__html_state *s, char c);
static inline gale_str gale__word(const struct gale__html_state *s)
{
    return (gale_str){ s->word, s->word_len < GALE__WORD_CUT ? s->word_len : GALE__WORD_CUT - 1 };
}

static inline bool gale__is_html_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static inline bool gale__is_ascii_letter(char c)
{
    return gale__lower(c) >= 'a' && gale__lower(c) <= 'z';
}

/* --- html_context_foreign.c ---- */
/* What stands for the element of that name, lower case, in tag and open. */
uint16_t gale__foreign_tag(gale_str name);
/* Behind the ">" of a tag in SVG or MathML, or of its root. The tag's own fields are for the caller
 * to clear before. 0, or what makes a doubt. */
uint8_t gale__foreign_opened(struct gale__html_state *s, uint16_t tag, uint8_t is_slashed);
uint8_t gale__foreign_closed(struct gale__html_state *s, uint16_t tag);
/* Whether text is that of a script or style there. */
bool gale__foreign_is_raw(const struct gale__html_state *s);
const char *gale__doubt_text(uint8_t why);

/* --- html_context_attribute.c ---- */
/* The kind of the attribute whose name is the word. */
uint8_t gale__attribute_kind(const struct gale__html_state *s);
/* Its value begins, goes on, ends. */
void gale__value_start(struct gale__html_state *s);
int gale__value_char(struct gale__html_state *s, char c);
int gale__value_end(struct gale__html_state *s);
/* A "&" at the end of what there is of a URL begins no character reference: what is written behind
 * it cannot go on with one. */
void gale__value_settle(struct gale__html_state *s);
/* As gale__html_expression, in a value. */
int gale__value_expression(struct gale__html_state *s, bool is_first);

/* --- html_context_script.c ---- */
void gale__script_start(struct gale__html_state *s);
int gale__script_char(struct gale__html_state *s, char c);
/* GALE__HTML_SCRIPT, SCRIPT_STRING or COMMENT. */
int gale__script_expression(struct gale__html_state *s);
/* From here on nothing can be told of the script. */
void gale__script_unsure(struct gale__html_state *s);
/* What a slash would be now. */
uint8_t gale__script_slash(const struct gale__html_state *s);

#endif
