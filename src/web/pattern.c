/* pattern.c - tells urls of rules apart, joins them and makes paths from them. See pattern.h. */
/* SPDX-License-Identifier: MIT */
#include "web/pattern.h"

#include <string.h>

#include <gale/error.h>

#include "base/escape.h"
#include "base/str.h"

/* What a group of a template matches. */
struct group_type {
    const char *name, *pattern;
};

static const struct group_type group_types[] = {
    { "", "(?:[^/%]|%(?!2[Ff]))+" },
    { "int", "[0-9]+" },
    { "uuid", "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}" },
    { "path", ".+" },
};

/* A group of a template. */
struct group {
    gale_str name;
    const struct group_type *type; /* NULL: there is no such type */
    gale_str type_name;
};

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (is_letter(c) && c != '_');
}

/* The length of a name at the start of s. */
static size_t name_length(gale_str s)
{
    size_t n = 0;

    while (n < s.len && (is_letter(s.ptr[n]) || (n && is_alnum(s.ptr[n]))))
        n++;
    return n;
}

/* The length of {name} or {name:type} at the start of s, 0 when it is none. */
static size_t take_group(gale_str s, struct group *out)
{
    gale_str rest = gale__str_skip(s, 1);
    size_t n, m;

    if (!s.len || s.ptr[0] != '{')
        return 0;
    n = name_length(rest);
    out->name = gale__str_head(rest, n);
    rest = gale__str_skip(rest, n);
    out->type_name = (gale_str){ "", 0 };
    if (n && rest.len && rest.ptr[0] == ':') {
        rest = gale__str_skip(rest, 1);
        m = gale__str_find(rest, '}');
        out->type_name = gale__str_head(rest, m);
        rest = gale__str_skip(rest, m);
    }
    if (!n || !rest.len || rest.ptr[0] != '}')
        return 0;
    out->type = NULL;
    for (size_t i = 0; i < sizeof(group_types) / sizeof(group_types[0]); i++)
        if (gale__str_equal(gale__str(group_types[i].name), out->type_name))
            out->type = &group_types[i];
    return (size_t)(rest.ptr + 1 - s.ptr);
}

/* A {name} that no escape such as \p stands before. A quantifier, {2,3}, is no name. */
static bool is_template(gale_str s)
{
    struct group group;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\\') {
            i++; /* what is escaped, and the braces of \p{...}, \x{...} */
            if (i + 1 < s.len && s.ptr[i + 1] == '{' && is_alnum(s.ptr[i]))
                i++;
        } else if (take_group(gale__str_skip(s, i), &group)) {
            return true;
        }
    }
    return false;
}

static int check_template(gale_str s)
{
    while (s.len) {
        struct group group;
        size_t n = take_group(s, &group);

        if (n && !group.type)
            return gale_err(
                GALE_EINVAL, "{%.*s:%.*s} in it is of no type there is: int, uuid, path",
                (int)group.name.len, group.name.ptr, (int)group.type_name.len, group.type_name.ptr);
        if (!n && strchr("\\^$|()[]*+?{}", s.ptr[0]))
            return gale_err(GALE_EINVAL,
                            "a template with {name} has no '%c': write that, or a pattern",
                            s.ptr[0]);
        s = gale__str_skip(s, n ? n : 1);
    }
    return 0;
}

/* url without an anchor at either end: they are implied. */
static gale_str without_anchors(const char *url)
{
    gale_str s = gale__str(url);
    bool escaped = false;

    if (s.len && s.ptr[0] == '^')
        s = gale__str_skip(s, 1);
    for (size_t i = 0; i + 1 < s.len; i++)
        escaped = s.ptr[i] == '\\' && !escaped;
    if (s.len && s.ptr[s.len - 1] == '$' && !escaped)
        s.len--;
    return s;
}

/* Appends the literal start of a pattern, escapes undone. How long it is in the pattern: all of it
 * when it is literal from end to end. What a quantifier could take back is left out. */
static size_t append_some(gale_str pattern, struct gale__buf *out)
{
    size_t before = out->len, i;

    for (i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];

        if (c == '\\' && i + 1 < pattern.len && !is_alnum(pattern.ptr[i + 1])) {
            c = pattern.ptr[++i];
        } else if (strchr("?*+{", c)) {
            out->len -= out->len > before;
            break;
        } else if (strchr("\\^$|()[", c)) {
            break;
        }
        gale__buf_append_char(out, c);
    }
    return i;
}

/* The same; true when it is literal from end to end. */
static bool append_start(gale_str pattern, struct gale__buf *out)
{
    return append_some(pattern, out) == pattern.len;
}

/* A group of literal text that each match has, as in "/(favicon\.ico)": how long it is in the
 * pattern, its text appended; 0: the pattern does not begin with one. */
static size_t append_group(gale_str pattern, struct gale__buf *out)
{
    size_t end = gale__str_find(pattern, ')'), before = out->len;

    if (end == pattern.len || pattern.ptr[0] != '(')
        return 0;
    if (end + 1 < pattern.len && strchr("?*+{", pattern.ptr[end + 1]))
        return 0;
    if (append_start((gale_str){ pattern.ptr + 1, end - 1 }, out))
        return end + 1;
    out->len = before;
    return 0;
}

int gale__url_piece_init(struct gale__url_piece *piece, const char *url)
{
    struct gale__buf unused;
    bool literal;
    int r;

    piece->text = without_anchors(url);
    piece->kind = GALE__URL_TEMPLATE;
    if (is_template(piece->text))
        return check_template(piece->text);
    gale__buf_init(&unused, SIZE_MAX / 8);
    literal = append_start(piece->text, &unused);
    r = unused.error;
    gale__buf_deinit(&unused);
    piece->kind = literal ? GALE__URL_LITERAL : GALE__URL_PATTERN;
    return r;
}

/* The next group of a template, taken with what is before it off *s. */
static bool next_group(gale_str *s, struct group *out)
{
    size_t n = 0;

    while (s->len && !(n = take_group(*s, out)))
        *s = gale__str_skip(*s, 1);
    *s = gale__str_skip(*s, n);
    return n > 0;
}

/* Whether one of the first groups, so many, has that name. */
static bool has_name(const struct gale__url_piece *pieces, gale_str name, size_t groups)
{
    struct group group;

    for (; groups; pieces++) {
        gale_str text = pieces->text;

        while (groups && pieces->kind == GALE__URL_TEMPLATE && next_group(&text, &group)) {
            if (gale__str_equal(group.name, name))
                return true;
            groups--;
        }
    }
    return false;
}

static int check_names(const struct gale__url_piece *pieces, size_t n)
{
    size_t groups = 0;

    for (size_t i = 0; i < n; i++) {
        gale_str text = pieces[i].text;
        struct group group;

        while (pieces[i].kind == GALE__URL_TEMPLATE && next_group(&text, &group))
            if (has_name(pieces, group.name, groups++))
                return gale_err(GALE_EINVAL, "it has {%.*s} twice", (int)group.name.len,
                                group.name.ptr);
    }
    return 0;
}

/* Where a brace that begins neither a group nor a quantifier, nor is escaped, stands; else the
 * length. */
static size_t find_brace(gale_str s)
{
    bool in_class = false;

    for (size_t i = 0; i < s.len; i++) {
        char next = i + 1 < s.len ? s.ptr[i + 1] : 0;

        if (s.ptr[i] == '\\' && next == 'Q')
            return s.len; /* quoted text: nobody knows */
        if (s.ptr[i] == '\\') {
            i++;
            if (i + 1 < s.len && is_alnum(next) && s.ptr[i + 1] == '{')
                i++;
        } else if (s.ptr[i] == '[' || s.ptr[i] == ']') {
            in_class = s.ptr[i] == '[';
        } else if (s.ptr[i] == '{' && !in_class && !(next >= '0' && next <= '9') && next != ',') {
            return i;
        }
    }
    return s.len;
}

/* Whether a path can begin as the pieces do; a pattern may, and nothing at all is what is left of a
 * mount's own prefix. */
static bool may_begin(const struct gale__url_piece *pieces, size_t n)
{
    struct group group;

    while (n && !pieces->text.len)
        pieces++, n--;
    if (!n || pieces->kind == GALE__URL_PATTERN)
        return true;
    if (pieces->text.ptr[0] == '/' || gale__str_starts_with(pieces->text, GALE__STR("\\/")))
        return true;
    return take_group(pieces->text, &group) > 0 &&
           gale__str_equal(group.type_name, GALE__STR("path"));
}

int gale__url_check(const struct gale__url_piece *pieces, size_t n)
{
    if (!may_begin(pieces, n))
        return gale_err(GALE_EINVAL, "it does not begin with /, as all paths do");
    for (size_t i = 0; i < n; i++)
        if (pieces[i].kind == GALE__URL_PATTERN && find_brace(pieces[i].text) < pieces[i].text.len)
            return gale_err(GALE_EINVAL, "it has a { that begins no {name}: for the character "
                                         "itself write \\{");
    return check_names(pieces, n);
}

int gale__url_literal(const struct gale__url_piece *pieces, size_t n, struct gale__buf *out)
{
    for (size_t i = 0; i < n; i++)
        append_start(pieces[i].text, out);
    return out->error;
}

/* Bytes that a URL has encoded only; servers are sent them as they are all the same. */
static bool must_escape(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte <= 0x20 || byte >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' ||
           c == '^' || c == '`' || (c >= '{' && c <= '}');
}

bool gale__url_has_two_forms(gale_str path)
{
    for (size_t i = 0; i < path.len; i++)
        if (must_escape(path.ptr[i]))
            return true;
    return false;
}

/* Such a byte in a pattern, in both forms. */
static void append_both_forms(struct gale__buf *out, char c)
{
    gale__buf_printf(out, "(?:\\x%02X|(?i:%%%02X))", (unsigned char)c, (unsigned char)c);
}

static void append_template(gale_str s, struct gale__buf *out)
{
    while (s.len) {
        struct group group;
        size_t n = take_group(s, &group);

        if (n) {
            gale__buf_printf(out, "(?<%.*s>%s)", (int)group.name.len, group.name.ptr,
                             group.type->pattern);
        } else if (must_escape(s.ptr[0])) {
            append_both_forms(out, s.ptr[0]);
        } else {
            if (!is_alnum(s.ptr[0]) && (unsigned char)s.ptr[0] < 0x80)
                gale__buf_append_char(out, '\\');
            gale__buf_append_char(out, s.ptr[0]);
        }
        s = gale__str_skip(s, n ? n : 1);
    }
}

/* A literal piece in a pattern: its dots are dots. */
static void append_path(gale_str s, struct gale__buf *out)
{
    for (size_t i = 0; i < s.len; i++) {
        bool escaped = s.ptr[i] == '\\' && i + 1 < s.len;

        i += escaped;
        if (must_escape(s.ptr[i])) {
            append_both_forms(out, s.ptr[i]);
            continue;
        }
        if (escaped || s.ptr[i] == '.')
            gale__buf_append_char(out, '\\');
        gale__buf_append_char(out, s.ptr[i]);
    }
}

/* Whether the pattern may have alternatives outside of groups. */
static bool has_alternatives(gale_str s)
{
    size_t depth = 0;
    bool in_class = false;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == '\\' && i + 1 < s.len && s.ptr[i + 1] == 'Q')
            return true; /* quoted text: nobody knows */
        if (c == '\\')
            i++;
        else if (c == '[' || c == ']')
            in_class = c == '[';
        else if (in_class)
            continue;
        else if (c == '(')
            depth++;
        else if (c == ')')
            depth -= depth > 0;
        else if (c == '|' && !depth)
            return true;
    }
    return false;
}

int gale__url_regex(const struct gale__url_piece *pieces, size_t n, struct gale__buf *out)
{
    for (size_t i = 0; i < n; i++) {
        bool wrapped = n > 1 && pieces[i].kind == GALE__URL_PATTERN &&
                       has_alternatives(pieces[i].text);

        if (wrapped)
            gale__buf_append_cstr(out, "(?:");
        if (pieces[i].kind == GALE__URL_TEMPLATE)
            append_template(pieces[i].text, out);
        else if (pieces[i].kind == GALE__URL_LITERAL)
            append_path(pieces[i].text, out);
        else
            gale__buf_append_str(out, pieces[i].text);
        if (wrapped)
            gale__buf_append_char(out, ')');
    }
    return out->error;
}

int gale__url_literal_start(gale_str pattern, struct gale__buf *out)
{
    size_t n;

    if (has_alternatives(pattern))
        return 0;
    do {
        pattern = gale__str_skip(pattern, append_some(pattern, out));
        n = append_group(pattern, out);
        pattern = gale__str_skip(pattern, n);
    } while (n);
    /* A '.' matches more than itself in a pattern. */
    out->len = gale__str_find(gale__buf_str(out), '.');
    return out->error;
}

/* --- the way back ------------------------------------------------------------------ */

/* A pattern can be reversed when it is plain text with plain groups: nothing optional or repeated
 * outside of them, no group in a group, no class such as \d between them. */
struct walk {
    const char *p, *end;
    const char *fault; /* why it cannot be reversed */
};

/* From after an opening parenthesis to after the closing one. */
static void skip_group(struct walk *w)
{
    bool in_class = false;

    if (w->p + 1 < w->end && *w->p == '?' && !strchr("P<'", w->p[1]))
        w->fault = "it has a group that captures nothing";
    for (; w->p < w->end; w->p++) {
        if (*w->p == '\\' && w->p + 1 < w->end)
            w->p++;
        else if (*w->p == '[')
            in_class = true;
        else if (*w->p == ']')
            in_class = false;
        else if (!in_class && *w->p == '(')
            w->fault = "it has a group in a group";
        else if (!in_class && *w->p == ')')
            break;
    }
    if (w->p < w->end)
        w->p++;
}

/* What comes next: a literal character, or '(' for a group (*is_group). */
static char next(struct walk *w, bool *is_group)
{
    char c = *w->p++;

    *is_group = false;
    if (c == '(') {
        *is_group = true;
        skip_group(w);
    } else if (c == '\\' && w->p < w->end) {
        c = *w->p++;
        if (is_alnum(c))
            w->fault = "it has a class such as \\d outside of its groups";
    } else if (strchr("?*+{[|^$", c)) {
        w->fault = "it has metacharacters outside of its groups";
    }
    if (w->p < w->end && strchr("?*+{", *w->p))
        w->fault = "it has a quantifier outside of its groups";
    return c;
}

/* A byte of the path as the rule has it, encoded where a URL cannot have it. */
static void append_literal(struct gale__buf *out, char c)
{
    if (must_escape(c))
        gale__buf_printf(out, "%%%02X", (unsigned char)c);
    else
        gale__buf_append_char(out, c);
}

/* A text in place of a group. No path begins with "//", which as a link is another site: such a
 * slash is encoded, and the group gets it back all the same. */
static void append_text(struct gale__buf *out, gale_str text)
{
    if (!out->len && text.len && text.ptr[0] == '/') {
        gale__buf_append_char(out, '/');
        text = gale__str_skip(text, 1);
    }
    if (out->len == 1 && out->ptr[0] == '/' && text.len && text.ptr[0] == '/') {
        gale__buf_append_cstr(out, "%2F");
        text = gale__str_skip(text, 1);
    }
    gale__url_escape(out, text, false);
}

static int too_few_texts(const char *name)
{
    return gale_err(GALE_ENOTFOUND, "route \"%s\" has more groups than texts were given", name);
}

static int reverse_pattern(gale_str s, const char *name, const char *const **texts,
                           struct gale__buf *out)
{
    struct walk w = { s.ptr, s.ptr + s.len, NULL };

    while (w.p < w.end && !w.fault) {
        bool is_group;
        char c = next(&w, &is_group);

        if (is_group && !**texts && !w.fault)
            return too_few_texts(name);
        if (is_group && **texts)
            append_text(out, gale__str(*(*texts)++));
        else
            append_literal(out, c);
    }
    if (w.fault)
        return gale_err(GALE_ENOTFOUND, "route \"%s\" cannot be reversed: %s", name, w.fault);
    return out->error;
}

static int reverse_template(gale_str s, const char *name, const char *const **texts,
                            struct gale__buf *out)
{
    while (s.len) {
        struct group group;
        size_t n = take_group(s, &group);

        if (n && !**texts)
            return too_few_texts(name);
        if (n)
            append_text(out, gale__str(*(*texts)++));
        else
            append_literal(out, s.ptr[0]);
        s = gale__str_skip(s, n ? n : 1);
    }
    return out->error;
}

int gale__url_reverse(const struct gale__url_piece *pieces, size_t n, const char *name,
                      const char *const *texts, struct gale__buf *out)
{
    int r = 0;

    for (size_t i = 0; i < n && r >= 0; i++)
        r = pieces[i].kind == GALE__URL_TEMPLATE
                ? reverse_template(pieces[i].text, name, &texts, out)
                : reverse_pattern(pieces[i].text, name, &texts, out);
    if (r >= 0 && *texts)
        return gale_err(GALE_ENOTFOUND, "route \"%s\" has fewer groups than texts were given",
                        name);
    if (r >= 0 && gale__str_starts_with(gale__buf_str(out), GALE__STR("//")))
        return gale_err(GALE_ENOTFOUND, "the path of route \"%s\" would begin with //", name);
    return r;
}
