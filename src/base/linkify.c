/* linkify.c - plain text as HTML with links, as Tornado finds them.
 *
 * The text is escaped first and walked once. A URL is a word, a colon and one to three slashes, or
 * "www."; then runs that end in something else than punctuation, and pairs of parentheses without
 * others inside. The word is ASCII: letters of other scripts may stand before a URL.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/escape.h>

#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "base/utf8.h"

enum { SHORT = 30, MUCH_TOO_LONG = 45, PATH_PART = 8, ENTITY = 5 };

struct link {
    gale_str url;    /* as it is in the text */
    gale_str scheme; /* len 0: none */
    size_t prefix;   /* bytes of scheme, colon and slashes */
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_space_char(uint32_t c)
{
    return c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f) || c == 0x85 ||
           c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

/* The length of what a run may hold at s: a character, &amp; or &quot;. 0: the run ends. */
static size_t unit_length(gale_str s)
{
    uint32_t c = 0;
    size_t n;

    if (!s.len || s.ptr[0] == '(' || s.ptr[0] == ')')
        return 0;
    if (s.ptr[0] == '&')
        return gale__str_starts_with(s, GALE__STR("&amp;"))    ? 5
               : gale__str_starts_with(s, GALE__STR("&quot;")) ? 6
                                                               : 0;
    n = gale__utf8_decode(s.ptr, s.len, &c);
    return !n ? 1 : is_space_char(c) ? 0 : n;
}

static bool may_end_url(char c)
{
    return !strchr("!\"#$%&'()*+,.:;<=>?@[]^`{|}~", c) && c;
}

/* A run at s up to the last character that may end a URL; 0: none. */
static size_t run_length(gale_str s)
{
    size_t i = 0, end = 0, n;

    while ((n = unit_length(gale__str_skip(s, i))) > 0) {
        if (n < ENTITY && may_end_url(s.ptr[i]))
            end = i + n;
        i += n;
    }
    return end;
}

/* A pair of parentheses at s with what is inside; 0: none. */
static size_t pair_length(gale_str s)
{
    size_t i = 1, n;

    if (!s.len || s.ptr[0] != '(')
        return 0;
    while ((n = unit_length(gale__str_skip(s, i))) > 0)
        i += n;
    return i < s.len && s.ptr[i] == ')' ? i + 1 : 0;
}

static size_t tail_length(gale_str s)
{
    size_t i = 0, n;

    for (;; i += n) {
        n = run_length(gale__str_skip(s, i));
        if (!n)
            n = pair_length(gale__str_skip(s, i));
        if (!n)
            return i;
    }
}

/* Whether "www." begins in the last three bytes of the word. */
static bool ends_in_www(gale_str s, size_t word)
{
    return word >= 3 && memcmp(s.ptr + word - 3, "www", 3) == 0 &&
           (word == 3 || s.ptr[word - 4] == '-') && word < s.len && s.ptr[word] == '.';
}

/* s begins with a word of that length: is it the beginning of a URL? *skip is what comes before
 * it. */
static bool find_link(gale_str s, size_t word, size_t *skip, struct link *link)
{
    size_t slashes = 0, tail;

    *link = (struct link){ .url = s };
    if (word < s.len && s.ptr[word] == ':') {
        while (slashes < 3 && word + 1 + slashes < s.len && s.ptr[word + 1 + slashes] == '/')
            slashes++;
        if (!slashes)
            return false;
        link->scheme = gale__str_head(s, word);
        *skip = 0;
        tail = tail_length(gale__str_skip(s, word + 1 + slashes));
        if (!tail && slashes > 1) /* its last slash ends it */
            tail = tail_length(gale__str_skip(s, word + 1 + --slashes));
        link->prefix = word + 1 + slashes;
    } else if (ends_in_www(s, word)) {
        *skip = word - 3;
        link->url = gale__str_skip(s, *skip);
        tail = tail_length(gale__str_skip(s, word + 1));
        link->url.len = tail + 4;
        return tail > 0;
    } else {
        return false;
    }
    link->url.len = link->prefix + tail;
    return tail > 0;
}

static bool is_permitted(gale_str scheme, const gale_linkify_options *o)
{
    static const char *const usual[] = { "http", "https", NULL };
    const char *const *list = o->permitted_protocols ? o->permitted_protocols : usual;

    if (!scheme.len)
        return o->require_protocol != GALE_ON;
    for (; *list; list++)
        if (gale__str_equal(scheme, gale__str(*list)))
            return true;
    return false;
}

/* How many bytes the first n characters have. */
static size_t char_bytes(gale_str s, size_t n)
{
    size_t i = 0;
    uint32_t c;

    for (; n > 0 && i < s.len; n--) {
        size_t len = gale__utf8_decode(s.ptr + i, s.len - i, &c);

        i += len ? len : 1;
    }
    return i;
}

static bool is_longer(gale_str s, size_t chars)
{
    return char_bytes(s, chars) < s.len;
}

static size_t count_chars(gale_str s)
{
    size_t n = 0;

    for (; s.len; n++)
        s = gale__str_skip(s, char_bytes(s, 1));
    return n;
}

/* The host and the beginning of the path. Two pieces, since a slash may be missing. */
static void clip(const struct link *link, gale_str out[2])
{
    gale_str rest = gale__str_skip(link->url, link->prefix);
    size_t slash = gale__str_find(rest, '/');
    gale_str part;

    out[0] = link->url;
    out[1] = (gale_str){ "", 0 };
    if (slash < rest.len) {
        out[0] = gale__str_head(link->url, link->prefix + slash + 1);
        part = gale__str_skip(rest, slash + 1);
        part = gale__str_head(part, gale__str_find(part, '/'));
        part = gale__str_head(part, char_bytes(part, PATH_PART));
        part = gale__str_head(part, gale__str_find(part, '?'));
        out[1] = gale__str_head(part, gale__str_find(part, '.'));
    }
}

/* What of a long URL is shown: a beginning of it. All of it when that is no shorter. */
static gale_str shorten(const struct link *link)
{
    gale_str pieces[2], s;
    size_t amp;

    clip(link, pieces);
    s = gale__str_head(link->url, pieces[0].len + pieces[1].len);
    if (is_longer(s, MUCH_TOO_LONG))
        s = gale__str_head(s, char_bytes(s, SHORT));
    if (s.len == link->url.len)
        return s;
    for (amp = s.len; amp > 0 && s.ptr[amp - 1] != '&'; amp--)
        ;
    if (amp && is_longer(gale__str_head(s, amp - 1), SHORT - ENTITY))
        s.len = amp - 1; /* no entity is cut */
    return is_longer(link->url, count_chars(s) + 3) ? s : link->url;
}

/* What goes into the tag besides its URL, as is. */
static gale_str extra_of(const struct link *link, const struct gale__linkify_extra *extra,
                         const gale_linkify_options *o)
{
    struct gale__buf whole;
    gale_str s;

    if (!extra)
        return gale__str(o->extra_params);
    if (link->scheme.len)
        return extra->of(extra->arg, link->url);
    gale__buf_init(&whole, SIZE_MAX / 8);
    gale__buf_append_cstr(&whole, "http://");
    gale__buf_append_str(&whole, link->url);
    s = extra->of(extra->arg, gale__buf_str(&whole));
    gale__buf_deinit(&whole);
    return s;
}

static void put_link(struct gale__buf *out, const struct link *link, const gale_linkify_options *o,
                     const struct gale__linkify_extra *with)
{
    gale_str extra = gale__str_trim_lines(extra_of(link, with, o));
    const char *scheme = link->scheme.len ? "" : "http://";
    gale_str shown = link->url;

    if (o->shorten == GALE_ON && is_longer(link->url, SHORT))
        shown = shorten(link);
    gale__buf_append_cstr(out, "<a href=\"");
    gale__buf_append_cstr(out, scheme);
    gale__buf_append_str(out, link->url);
    gale__buf_append_char(out, '"');
    if (extra.len)
        gale__buf_append_char(out, ' ');
    gale__buf_append_str(out, extra);
    if (shown.len < link->url.len) {
        gale__buf_append_cstr(out, " title=\"");
        gale__buf_append_cstr(out, scheme);
        gale__buf_append_str(out, link->url);
        gale__buf_append_char(out, '"');
    }
    gale__buf_append_char(out, '>');
    gale__buf_append_str(out, shown);
    gale__buf_append_cstr(out, shown.len < link->url.len ? "...</a>" : "</a>");
}

/* What comes before the next word, and the word's own length in *word. */
static size_t next_word(gale_str s, size_t *word)
{
    size_t i = 0;

    while (i < s.len && !is_word(s.ptr[i]))
        i++;
    for (*word = 0; i + *word < s.len && (is_word(s.ptr[i + *word]) || s.ptr[i + *word] == '-');)
        ++*word;
    return i;
}

static void link_escaped(struct gale__buf *out, gale_str s, const gale_linkify_options *o,
                         const struct gale__linkify_extra *extra)
{
    while (s.len) {
        size_t word, before = next_word(s, &word), skip = 0;
        struct link link;

        gale__buf_append(out, s.ptr, before);
        s = gale__str_skip(s, before);
        if (!find_link(s, word, &skip, &link)) {
            gale__buf_append(out, s.ptr, word);
            s = gale__str_skip(s, word);
            continue;
        }
        gale__buf_append(out, s.ptr, skip);
        if (is_permitted(link.scheme, o))
            put_link(out, &link, o, extra);
        else
            gale__buf_append_str(out, link.url);
        s = gale__str_skip(s, skip + link.url.len);
    }
}

int gale__linkify_with(struct gale__buf *out, gale_str in,
                       const struct gale_linkify_options *options,
                       const struct gale__linkify_extra *extra)
{
    static const gale_linkify_options usual = { 0 };
    struct gale__buf escaped;

    gale__buf_init(&escaped, out->max); /* what it becomes is no shorter */
    if (gale__xhtml_escape(&escaped, in) < 0)
        out->error = escaped.error;
    else
        link_escaped(out, gale__buf_str(&escaped), options ? options : &usual, extra);
    gale__buf_deinit(&escaped);
    return out->error;
}

int gale__linkify(struct gale__buf *out, gale_str in, const struct gale_linkify_options *options)
{
    return gale__linkify_with(out, in, options, NULL);
}
