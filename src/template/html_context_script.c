/* html_context_script.c - follows JavaScript as far as an expression's place needs: strings,
 * comments, regular expressions, template literals.
 *
 * Whether a slash divides or begins a regular expression depends on what is before it: after an
 * operand it divides. A closing parenthesis is an operand's end but for those of if, while, for and
 * with, a bracket always. What a brace ends is not known; where a slash behind one is followed by
 * an expression the template is refused.
 */
/* SPDX-License-Identifier: MIT */
#include "template/html_context.h"

#include <string.h>

#include <gale/error.h>

static int refuse(const char *why)
{
    return gale_err(GALE_EINVAL, "contextual autoescape: %s", why);
}

void gale__script_start(struct gale__html_state *s)
{
    s->js = GALE__JS_CODE;
    s->slash = GALE__SLASH_REGEX;
    s->is_escaped = s->in_class = s->in_word = s->js_last = s->line_dashes = 0;
    s->n_templates = s->n_parens = 0;
    s->parens = 0;
    memset(s->braces, 0, sizeof(s->braces));
    s->word_len = 0;
}

void gale__script_unsure(struct gale__html_state *s)
{
    gale__script_start(s);
    s->js = GALE__JS_UNSURE;
}

static bool is_word_char(char c)
{
    return gale__is_ascii_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '$' || (c & 0x80);
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* Words after which an operand follows. */
static bool is_keyword(gale_str word)
{
    static const char *const keywords[] = {
        "await",  "break",   "case",    "continue", "default",    "delete", "do",
        "else",   "extends", "finally", "in",       "instanceof", "new",    "of",
        "return", "throw",   "try",     "typeof",   "void",       "yield",
    };

    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (gale__str_equal(word, gale__str(keywords[i])))
            return true;
    return false;
}

uint8_t gale__script_slash(const struct gale__html_state *s)
{
    if (s->word_len == 0)
        return s->slash;
    return is_keyword(gale__word(s)) ? GALE__SLASH_REGEX : GALE__SLASH_DIVIDES;
}

/* --- code --------------------------------------------------------------------------- */

/* An operand ends here. */
static void operand_ended(struct gale__html_state *s)
{
    s->js = GALE__JS_CODE;
    s->slash = GALE__SLASH_DIVIDES;
    s->word_len = s->in_word = 0;
    s->js_last = 0;
    s->line_dashes = UINT8_MAX;
}

static int open_brace(struct gale__html_state *s)
{
    uint8_t *n = s->n_templates ? &s->braces[s->n_templates - 1] : NULL;

    if (n && *n == UINT8_MAX)
        return refuse("too many braces in a template literal");
    if (n)
        ++*n;
    return 0;
}

static void close_brace(struct gale__html_state *s)
{
    uint8_t *n = s->n_templates ? &s->braces[s->n_templates - 1] : NULL;

    if (n && *n == 0) {
        s->n_templates--;
        s->js = GALE__JS_TEMPLATE;
    } else if (n) {
        --*n;
    }
}

static void open_paren(struct gale__html_state *s, gale_str word)
{
    bool is_head = gale__str_equal(word, GALE__STR("if")) ||
                   gale__str_equal(word, GALE__STR("while")) ||
                   gale__str_equal(word, GALE__STR("for")) ||
                   gale__str_equal(word, GALE__STR("with"));

    if (s->n_parens >= 32) {
        s->n_parens = GALE__PARENS_LOST;
        s->parens = 0;
        return;
    }
    s->n_parens++;
    s->parens = s->parens << 1 | is_head;
}

/* What a slash behind it is. */
static uint8_t close_paren(struct gale__html_state *s)
{
    bool is_head = s->parens & 1;

    if (s->n_parens == 0 || s->n_parens == GALE__PARENS_LOST)
        return GALE__SLASH_UNKNOWN;
    s->n_parens--;
    s->parens >>= 1;
    return is_head ? GALE__SLASH_REGEX : GALE__SLASH_DIVIDES;
}

static uint8_t slash_behind(struct gale__html_state *s, char c)
{
    if (c == ')')
        return close_paren(s);
    if (c == ']' || c == '.')
        return GALE__SLASH_DIVIDES;
    if (c == '}')
        return GALE__SLASH_UNKNOWN;
    if ((c == '+' || c == '-') && s->js_last == (uint8_t)c)
        return GALE__SLASH_DIVIDES; /* a++ */
    return GALE__SLASH_REGEX;
}

static int punctuation(struct gale__html_state *s, char c)
{
    if (c == '(')
        open_paren(s, gale__word(s));
    s->slash = slash_behind(s, c);
    s->word_len = s->in_word = 0;
    s->js_last = (uint8_t)c;
    if (c == '{')
        return open_brace(s);
    if (c == '}')
        close_brace(s);
    else if (c == '"')
        s->js = GALE__JS_DOUBLE;
    else if (c == '\'')
        s->js = GALE__JS_SINGLE;
    else if (c == '`')
        s->js = GALE__JS_TEMPLATE;
    return 0;
}

/* "-->" at the begin of a line is a comment to its end. */
static bool begins_html_comment(struct gale__html_state *s, char c)
{
    if (c == '-' && s->line_dashes < 2)
        s->line_dashes++;
    else if (c == '>' && s->line_dashes == 2)
        return true;
    else if (c != '-' && c != ' ' && c != '\t')
        s->line_dashes = is_line_end(c) ? 0 : UINT8_MAX;
    return false;
}

static int in_code(struct gale__html_state *s, char c)
{
    if (begins_html_comment(s, c)) {
        s->js = GALE__JS_LINE_COMMENT;
        return 0;
    }
    if (is_word_char(c)) {
        if (!s->in_word)
            s->word_len = 0;
        s->in_word = 1;
        s->js_last = 0;
        gale__word_add(s, c);
        return 0;
    }
    if (c == ' ' || c == '\t' || c == '\f' || c == '\v' || is_line_end(c)) {
        s->in_word = 0;
        s->js_last = 0;
        return 0;
    }
    if (c == '/') {
        s->in_word = 0;
        s->js = GALE__JS_SLASH;
        return 0;
    }
    return punctuation(s, c);
}

static int behind_slash(struct gale__html_state *s, char c)
{
    uint8_t slash = gale__script_slash(s);

    if (c == '/' || c == '*') {
        s->js = c == '/' ? GALE__JS_LINE_COMMENT : GALE__JS_BLOCK_COMMENT;
        return 0;
    }
    if (slash == GALE__SLASH_UNKNOWN) {
        gale__script_unsure(s);
        return 0;
    }
    s->slash = GALE__SLASH_REGEX;
    s->word_len = 0;
    s->js_last = '/';
    s->js = slash == GALE__SLASH_REGEX ? GALE__JS_REGEX : GALE__JS_CODE;
    return gale__script_char(s, c);
}

/* --- comments, strings, regular expressions -------------------------------------------- */

static void in_comment(struct gale__html_state *s, char c)
{
    if (s->js == GALE__JS_LINE_COMMENT) {
        if (!is_line_end(c))
            return;
        s->js = GALE__JS_CODE;
        s->line_dashes = 0;
    } else if (s->js == GALE__JS_BLOCK_STAR && c == '/') {
        s->js = GALE__JS_CODE;
    } else {
        s->js = c == '*' ? GALE__JS_BLOCK_STAR : GALE__JS_BLOCK_COMMENT;
        if (is_line_end(c))
            s->line_dashes = 0;
    }
}

static int in_string(struct gale__html_state *s, char c)
{
    char quote = s->js == GALE__JS_DOUBLE ? '"' : '\'';

    if (s->is_escaped) {
        s->is_escaped = c == '\r'; /* and the \n behind it */
        return 0;
    }
    if (is_line_end(c))
        return refuse("a string in the script ends with its line, without a quote");
    if (c == '\\')
        s->is_escaped = 1;
    else if (c == quote)
        operand_ended(s);
    return 0;
}

static int in_template(struct gale__html_state *s, char c)
{
    bool is_open = s->js == GALE__JS_TEMPLATE_DOLLAR && c == '{';

    if (s->js == GALE__JS_TEMPLATE_VALUE && c == '{')
        return refuse("'{' here may follow '$', or not");
    s->js = GALE__JS_TEMPLATE;
    if (s->is_escaped) {
        s->is_escaped = 0;
    } else if (is_open) {
        if (s->n_templates == sizeof(s->braces))
            return refuse("template literals are nested too deeply");
        s->braces[s->n_templates++] = 0;
        operand_ended(s);
        s->slash = GALE__SLASH_REGEX;
    } else if (c == '`') {
        operand_ended(s);
    } else if (c == '\\') {
        s->is_escaped = 1;
    } else if (c == '$') {
        s->js = GALE__JS_TEMPLATE_DOLLAR;
    }
    return 0;
}

static int in_regex(struct gale__html_state *s, char c)
{
    if (is_line_end(c))
        return refuse("a regular expression in the script ends with its line, without a slash");
    if (s->is_escaped) {
        s->is_escaped = 0;
    } else if (c == '\\') {
        s->is_escaped = 1;
    } else if (c == '[' || c == ']') {
        s->in_class = c == '[';
    } else if (c == '/' && !s->in_class) {
        operand_ended(s);
    }
    return 0;
}

/* --- from outside ------------------------------------------------------------------- */

int gale__script_char(struct gale__html_state *s, char c)
{
    switch (s->js) {
    case GALE__JS_CODE:
        return in_code(s, c);
    case GALE__JS_SLASH:
        return behind_slash(s, c);
    case GALE__JS_DOUBLE:
    case GALE__JS_SINGLE:
        return in_string(s, c);
    case GALE__JS_TEMPLATE:
    case GALE__JS_TEMPLATE_DOLLAR:
    case GALE__JS_TEMPLATE_VALUE:
        return in_template(s, c);
    case GALE__JS_REGEX:
        return in_regex(s, c);
    case GALE__JS_UNSURE:
        return 0;
    default:
        in_comment(s, c);
        return 0;
    }
}

int gale__script_expression(struct gale__html_state *s)
{
    if (s->is_escaped)
        return refuse("an expression cannot follow a backslash");
    switch (s->js) {
    case GALE__JS_SLASH:
        if (gale__script_slash(s) != GALE__SLASH_DIVIDES)
            return refuse("an expression cannot be in a regular expression");
        operand_ended(s);
        return GALE__HTML_SCRIPT;
    case GALE__JS_CODE:
        operand_ended(s);
        return GALE__HTML_SCRIPT;
    case GALE__JS_TEMPLATE_DOLLAR:
    case GALE__JS_TEMPLATE_VALUE:
        s->js = GALE__JS_TEMPLATE_VALUE;
        return GALE__HTML_SCRIPT_STRING;
    case GALE__JS_DOUBLE:
    case GALE__JS_SINGLE:
    case GALE__JS_TEMPLATE:
        return GALE__HTML_SCRIPT_STRING;
    case GALE__JS_UNSURE:
        return refuse("a '/' before this may divide or begin a regular expression; RegExp() or "
                      "parentheses around what it divides say which");
    case GALE__JS_REGEX:
        return refuse("an expression cannot be in a regular expression");
    default:
        return GALE__HTML_COMMENT;
    }
}
