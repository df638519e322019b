/* expr_literal.c - numbers and strings of expressions, as Python writes them. */
/* SPDX-License-Identifier: MIT */
#include "template/expr_lex.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/str.h"
#include "base/utf8.h"
#include "template/values.h"

/* --- numbers ------------------------------------------------------------------------ */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The end of digits with single "_" between them, from index on; index: there are none. */
static size_t digits_end(const struct gale__lexer *l, size_t index)
{
    while (is_digit(gale__lex_peek(l, index)) ||
           (gale__lex_peek(l, index) == '_' && is_digit(gale__lex_peek(l, index + 1)) && index &&
            is_digit(gale__lex_peek(l, index - 1))))
        index++;
    return index;
}

/* Adds a digit. False: beyond 2**63, which is as far as "-9223372036854775808" goes. */
static bool add_digit(uint64_t *n, unsigned base, unsigned digit)
{
    const uint64_t most = (uint64_t)1 << 63;

    if (*n > (most - digit) / base)
        return false;
    *n = *n * base + digit;
    return true;
}

static int finish_integer(struct gale__lexer *l, struct gale__token *t, size_t len, uint64_t n)
{
    t->kind = n > INT64_MAX ? GALE__TOKEN_HUGE : GALE__TOKEN_NUMBER;
    t->value = gale_value_int(n > INT64_MAX ? INT64_MIN : (int64_t)n);
    t->text = (gale_str){ l->at, len };
    gale__lex_skip(l, len);
    return 0;
}

static int fail_on_size(struct gale__lexer *l)
{
    return gale__lex_fail(l, l->line, l->column, "integer is too large: 64 bits");
}

/* 0x…, 0o…, 0b… */
static int lex_radix(struct gale__lexer *l, struct gale__token *t, unsigned base, const char *name)
{
    uint64_t n = 0;
    size_t len = 2;

    for (;; len++) {
        bool is_joined = gale__lex_peek(l, len) == '_';
        int digit = gale__hex_value(gale__lex_peek(l, len + is_joined));

        if (digit < 0 || (unsigned)digit >= base) {
            len += is_joined;
            break;
        }
        len += is_joined;
        if (!add_digit(&n, base, (unsigned)digit))
            return fail_on_size(l);
    }
    if (base < 10 && is_digit(gale__lex_peek(l, len)))
        return gale__lex_fail(l, l->line, l->column, "invalid digit '%c' in %s literal", l->at[len],
                              name);
    if (len == 2 || l->at[len - 1] == '_' || gale__lex_name_char(l, len, false))
        return gale__lex_fail(l, l->line, l->column, "invalid %s literal", name);
    return finish_integer(l, t, len, n);
}

static int lex_float(struct gale__lexer *l, struct gale__token *t, size_t len)
{
    char *text = gale__arena_alloc(l->arena, len + 1);
    size_t n = 0;

    if (!text)
        return gale__lex_no_memory(l);
    for (size_t i = 0; i < len; i++)
        if (l->at[i] != '_')
            text[n++] = l->at[i];
    text[n] = 0;
    t->kind = GALE__TOKEN_NUMBER;
    t->value = gale_value_float(strtod_l(text, NULL, gale__c_locale()));
    t->text = (gale_str){ l->at, len };
    gale__lex_skip(l, len);
    return 0;
}

static int lex_integer(struct gale__lexer *l, struct gale__token *t, size_t len)
{
    uint64_t n = 0;

    for (size_t i = 0; i < len; i++)
        if (l->at[i] != '_' && !add_digit(&n, 10, (unsigned)(l->at[i] - '0')))
            return fail_on_size(l);
    if (l->at[0] == '0' && n)
        return gale__lex_fail(l, l->line, l->column,
                              "an integer has no leading zeros; 0o is the prefix of octal ones");
    return finish_integer(l, t, len, n);
}

/* The end of "e+12" at index, or index. */
static size_t exponent_end(const struct gale__lexer *l, size_t index)
{
    size_t digits = index + 1;

    if (gale__lower(gale__lex_peek(l, index)) != 'e')
        return index;
    if (gale__lex_peek(l, digits) == '+' || gale__lex_peek(l, digits) == '-')
        digits++;
    return is_digit(gale__lex_peek(l, digits)) ? digits_end(l, digits) : index;
}

int gale__lex_number(struct gale__lexer *l, struct gale__token *t)
{
    size_t whole = digits_end(l, 0);
    size_t len = whole;

    if (l->at[0] == '0') {
        char c = gale__lower(gale__lex_peek(l, 1));

        if (c == 'x')
            return lex_radix(l, t, 16, "hexadecimal");
        if (c == 'o')
            return lex_radix(l, t, 8, "octal");
        if (c == 'b')
            return lex_radix(l, t, 2, "binary");
    }
    if (gale__lex_peek(l, len) == '.')
        len = digits_end(l, len + 1);
    len = exponent_end(l, len);
    if (gale__lower(gale__lex_peek(l, len)) == 'j' && !gale__lex_name_char(l, len + 1, false))
        return gale__lex_fail(l, l->line, l->column,
                              "complex numbers are not part of the template language");
    if (gale__lex_name_char(l, len, false))
        return gale__lex_fail(l, l->line, l->column, "invalid decimal literal");
    return len > whole ? lex_float(l, t, len) : lex_integer(l, t, len);
}

/* --- strings ------------------------------------------------------------------------ */

/* One literal of those that stand side by side. */
struct literal {
    uint32_t line, column; /* where it begins */
    char quote;
    bool is_raw, is_bytes, is_long;
};

int gale__lex_string_prefix(const struct gale__lexer *l)
{
    int len = 0;

    for (; len < 3; len++) {
        char c = gale__lex_peek(l, (size_t)len);

        if (c == '\'' || c == '"')
            break;
        if (!c || !strchr("rRbBuUfF", c))
            return -1;
    }
    if (len == 3 || (len == 2 && gale__lower(l->at[0]) == gale__lower(l->at[1])))
        return -1;
    return len == 2 && (gale__lower(l->at[0]) == 'u' || gale__lower(l->at[1]) == 'u') ? -1 : len;
}

/* Reads the prefix and the quotes before it. */
static int open_literal(struct gale__lexer *l, struct literal *it)
{
    int prefix = gale__lex_string_prefix(l);

    *it = (struct literal){ .line = l->line, .column = l->column };
    for (int i = 0; i < prefix; i++) {
        char c = gale__lower(l->at[i]);

        if (c == 'f')
            return gale__lex_fail(l, l->line, l->column,
                                  "f-strings are not part of the template language; use %% or "
                                  ".format()");
        it->is_raw |= c == 'r';
        it->is_bytes |= c == 'b';
    }
    if (prefix == 2 && !(it->is_raw && it->is_bytes))
        return gale__lex_fail(l, l->line, l->column, "invalid prefix of a string");
    it->quote = l->at[prefix];
    it->is_long = gale__lex_peek(l, (size_t)prefix + 1) == it->quote &&
                  gale__lex_peek(l, (size_t)prefix + 2) == it->quote;
    gale__lex_skip(l, (size_t)prefix + (it->is_long ? 3 : 1));
    return 0;
}

static int fail_unterminated(struct gale__lexer *l, const struct literal *it)
{
    return gale__lex_fail(l, it->line, it->column,
                          it->is_long ? "unterminated triple-quoted string"
                                      : "unterminated string");
}

static int append(struct gale__lexer *l, const char *s, size_t len)
{
    return gale__buf_append(&l->scratch, s, len) < 0 ? gale__lex_no_memory(l) : 0;
}

/* A character of that code: a byte in bytes. */
static int append_code(struct gale__lexer *l, const struct literal *it, uint32_t code)
{
    char out[4] = { (char)code };

    if (it->is_bytes)
        return append(l, out, 1);
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return gale__lex_fail(l, l->line, l->column, "there is no character U+%04X", code);
    return append(l, out, gale__utf8_encode(code, out));
}

/* \xhh and its like: so many digits behind the two characters. */
static int hex_escape(struct gale__lexer *l, const struct literal *it, size_t n_digits)
{
    uint32_t code = 0;
    int r;

    for (size_t i = 0; i < n_digits; i++) {
        int digit = gale__hex_value(gale__lex_peek(l, 2 + i));

        if (digit < 0)
            return gale__lex_fail(l, l->line, l->column, "'\\%c' needs %d hexadecimal digits",
                                  l->at[1], (int)n_digits);
        code = code << 4 | (uint32_t)digit;
    }
    r = append_code(l, it, code);
    gale__lex_skip(l, r < 0 ? 0 : 2 + n_digits);
    return r;
}

static int octal_escape(struct gale__lexer *l, const struct literal *it)
{
    uint32_t code = 0;
    size_t len = 1;

    for (; len < 4 && gale__lex_peek(l, len) >= '0' && gale__lex_peek(l, len) <= '7'; len++)
        code = code * 8 + (uint32_t)(l->at[len] - '0');
    gale__lex_skip(l, len);
    return append_code(l, it, code);
}

/* At a backslash that is not the last byte. What is no escape stays as it is. */
static int lex_escape(struct gale__lexer *l, const struct literal *it)
{
    static const char from[] = "\\'\"abfnrtv";
    static const char to[] = "\\'\"\a\b\f\n\r\t\v";
    char c = l->at[1];
    const char *known = c ? strchr(from, c) : NULL;

    if (known) {
        gale__lex_skip(l, 2);
        return append(l, to + (known - from), 1);
    }
    if (c == '\n' || c == '\r') {
        gale__lex_skip(l, c == '\r' && gale__lex_peek(l, 2) == '\n' ? 3 : 2);
        return 0;
    }
    if (c >= '0' && c <= '7')
        return octal_escape(l, it);
    if (c == 'x')
        return hex_escape(l, it, 2);
    if ((c == 'u' || c == 'U') && !it->is_bytes)
        return hex_escape(l, it, c == 'u' ? 4 : 8);
    if (c == 'N' && !it->is_bytes)
        return gale__lex_fail(l, l->line, l->column,
                              "'\\N{…}' is not part of the template language; use \\u or the "
                              "character itself");
    gale__lex_skip(l, 1);
    return append(l, "\\", 1);
}

/* A character as it stands; line ends of every kind are \n. */
static int lex_plain(struct gale__lexer *l, const struct literal *it)
{
    uint32_t code;
    size_t n = gale__utf8_decode(l->at, (size_t)(l->end - l->at), &code);
    int r;

    if (n == 0)
        return gale__lex_fail(l, l->line, l->column, "the expression is not UTF-8");
    if (n > 1 && it->is_bytes)
        return gale__lex_fail(l, l->line, l->column,
                              "bytes can only contain ASCII characters; use \\x");
    if (*l->at == '\r') {
        gale__lex_skip(l, gale__lex_peek(l, 1) == '\n' ? 2 : 1);
        return append(l, "\n", 1);
    }
    r = append(l, l->at, n);
    gale__lex_skip(l, n);
    return r;
}

/* In a raw string: a backslash and what follows it, which ends nothing. */
static int lex_raw_pair(struct gale__lexer *l, const struct literal *it)
{
    int r = append(l, "\\", 1);

    gale__lex_skip(l, 1);
    return r < 0 ? r : lex_plain(l, it);
}

static bool at_end_of(const struct gale__lexer *l, const struct literal *it)
{
    return *l->at == it->quote && (!it->is_long || (gale__lex_peek(l, 1) == it->quote &&
                                                    gale__lex_peek(l, 2) == it->quote));
}

/* Appends what one literal means to l->scratch. */
static int lex_literal(struct gale__lexer *l, struct literal *it)
{
    int r = open_literal(l, it);

    while (r == 0) {
        if (l->at == l->end || (!it->is_long && (*l->at == '\n' || *l->at == '\r')))
            return fail_unterminated(l, it);
        if (at_end_of(l, it)) {
            gale__lex_skip(l, it->is_long ? 3 : 1);
            return 0;
        }
        if (*l->at != '\\')
            r = lex_plain(l, it);
        else if (l->end - l->at == 1)
            return fail_unterminated(l, it);
        else
            r = it->is_raw ? lex_raw_pair(l, it) : lex_escape(l, it);
    }
    return r;
}

static bool is_ascii(gale_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] & 0x80)
            return false;
    return true;
}

int gale__lex_strings(struct gale__lexer *l, struct gale__token *t)
{
    const char *start = l->at;
    bool is_bytes = false;
    char *copy;

    gale__buf_reset(&l->scratch);
    for (bool is_first = true; gale__lex_string_prefix(l) >= 0; is_first = false) {
        struct literal it;
        int r = lex_literal(l, &it);

        if (r < 0)
            return r;
        if (!is_first && it.is_bytes != is_bytes)
            return gale__lex_fail(l, it.line, it.column,
                                  "strings and bytes cannot stand side by side");
        is_bytes = it.is_bytes;
        t->text = (gale_str){ start, (size_t)(l->at - start) };
        gale__lex_blanks(l);
    }
    copy = gale__arena_strndup(l->arena, l->scratch.len ? l->scratch.ptr : "", l->scratch.len);
    if (!copy)
        return gale__lex_no_memory(l);
    t->kind = GALE__TOKEN_STRING;
    t->value = gale_value_borrowed_text(copy, l->scratch.len);
    if (is_bytes)
        t->value.kind = GALE_VALUE_BYTES;
    else if (is_ascii(gale__buf_str(&l->scratch)))
        t->value.flags = GALE__TEXT_ASCII;
    return 0;
}
