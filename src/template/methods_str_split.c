/* methods_str_split.c - str's methods that take texts apart and put them together: split, join,
 * strip, partition. Parts share the bytes of the whole.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/unicode.h"
#include "template/builtins.h"

static bool is_space(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
    return gale__unicode_kinds(c) & GALE__IS_SPACE;
}

/* --- strip ---- */

/* The characters that strip takes off; ptr NULL: spaces. */
struct chars {
    gale_str set;
    bool is_ascii; /* then has[] says it */
    bool has[128];
};

static bool is_in(const struct chars *chars, uint32_t c)
{
    gale_str s = chars->set;

    if (!s.ptr)
        return is_space(c);
    if (c < 0x80)
        return chars->has[c];
    while (!chars->is_ascii && s.len) {
        uint32_t other;

        s = gale__str_skip(s, gale__next_char(s, &other));
        if (c == other)
            return true;
    }
    return false;
}

static int read_chars(gale_call *call, struct chars *chars)
{
    gale_value v;
    int result = gale_call_check(call, 0, 1, NULL);

    *chars = (struct chars){ 0 };
    if (result < 0)
        return result;
    v = gale_call_argument(call, 0, NULL);
    if (!gale__is_given(v))
        return 0;
    if (!gale__is_text(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR, "%s arg must be None or str",
                           call->name);
    chars->set = v.len ? gale__value_slice(v) : GALE__STR("");
    chars->is_ascii = gale__is_ascii(chars->set);
    for (size_t i = 0; i < v.len; i++)
        if ((unsigned char)v.u.s[i] < 0x80)
            chars->has[(unsigned char)v.u.s[i]] = true;
    return 0;
}

static int strip_ends(gale_call *call, bool left, bool right, gale_value *out)
{
    gale_str s = gale__value_slice(call->self);
    struct chars chars;
    uint32_t c;
    size_t n;
    int result = read_chars(call, &chars);

    if (result >= 0)
        result = gale__work(call->rendering, s.len * (chars.is_ascii ? 1 : 1 + chars.set.len));
    if (result < 0)
        return result;
    while (left && s.len) {
        n = gale__next_char(s, &c);
        if (!is_in(&chars, c))
            break;
        s = gale__str_skip(s, n);
    }
    while (right && s.len) {
        n = gale__last_char(s, &c);
        if (!is_in(&chars, c))
            break;
        s.len -= n;
    }
    *out = gale__slice_of(call->self, s);
    return 0;
}

static int strip(gale_call *call, gale_value *out)
{
    return strip_ends(call, true, true, out);
}

static int lstrip(gale_call *call, gale_value *out)
{
    return strip_ends(call, true, false, out);
}

static int rstrip(gale_call *call, gale_value *out)
{
    return strip_ends(call, false, true, out);
}

/* --- split ---- */

struct splitting {
    gale_call *call;
    gale_str rest, separator; /* separator.ptr NULL: runs of spaces */
    int64_t left;             /* how often it may still be cut */
    gale_value list;
};

static int push(struct splitting *s, gale_str part)
{
    int result = gale__steps(s->call->rendering, 1);

    if (result < 0)
        return result;
    return gale__list_push(s->call->rendering, gale__list(s->list),
                           gale__slice_of(s->call->self, part));
}

static int begin_split(gale_call *call, struct splitting *s)
{
    static const char *const names[] = { "sep", "maxsplit", NULL };
    gale_value separator;
    int result = gale_call_check(call, 0, 2, names);

    *s = (struct splitting){ .call = call, .rest = gale__value_slice(call->self), .left = -1 };
    if (result < 0)
        return result;
    separator = gale_call_argument(call, 0, "sep");
    if (gale__is_given(separator)) {
        if (!gale__is_text(separator))
            return gale__raise(call->rendering, GALE__TYPE_ERROR, "must be str or None, not %s",
                               gale_value_type(separator));
        if (!separator.len)
            return gale__raise(call->rendering, GALE__VALUE_ERROR, "empty separator");
        s->separator = gale__value_slice(separator);
    }
    result = gale__arg_int(call, 1, "maxsplit", &s->left);
    if (result >= 0)
        result = gale__work(call->rendering, s->rest.len);
    if (s->left < 0)
        s->left = INT64_MAX;
    return result < 0 ? result : gale__list_new(call->rendering, 0, &s->list);
}

static void skip_spaces(gale_str *s)
{
    uint32_t c;

    while (s->len) {
        size_t n = gale__next_char(*s, &c);

        if (!is_space(c))
            return;
        *s = gale__str_skip(*s, n);
    }
}

static void skip_spaces_back(gale_str *s)
{
    uint32_t c;

    while (s->len) {
        size_t n = gale__last_char(*s, &c);

        if (!is_space(c))
            return;
        s->len -= n;
    }
}

static size_t word_length(gale_str s)
{
    size_t i = 0;
    uint32_t c;

    while (i < s.len) {
        size_t n = gale__next_char(gale__str_skip(s, i), &c);

        if (is_space(c))
            break;
        i += n;
    }
    return i;
}

static size_t last_word_length(gale_str s)
{
    size_t i = 0;
    uint32_t c;

    while (i < s.len) {
        size_t n = gale__last_char(gale__str_head(s, s.len - i), &c);

        if (is_space(c))
            break;
        i += n;
    }
    return i;
}

static int split_words(struct splitting *s)
{
    int result = 0;

    skip_spaces(&s->rest);
    while (result >= 0 && s->rest.len) {
        size_t n = s->left-- > 0 ? word_length(s->rest) : s->rest.len;

        result = push(s, gale__str_head(s->rest, n));
        s->rest = gale__str_skip(s->rest, n);
        skip_spaces(&s->rest);
    }
    return result;
}

static int split_words_back(struct splitting *s)
{
    int result = 0;

    skip_spaces_back(&s->rest);
    while (result >= 0 && s->rest.len) {
        size_t n = s->left-- > 0 ? last_word_length(s->rest) : s->rest.len;

        result = push(s, gale__str_skip(s->rest, s->rest.len - n));
        s->rest.len -= n;
        skip_spaces_back(&s->rest);
    }
    return result;
}

static int split_at(struct splitting *s)
{
    int result = 0;
    const char *p;

    while (result >= 0 && s->left-- > 0 && s->rest.len &&
           (p = gale__find_bytes(s->rest, s->separator)) != NULL) {
        result = push(s, gale__str_head(s->rest, (size_t)(p - s->rest.ptr)));
        s->rest = gale__str_skip(s->rest, (size_t)(p - s->rest.ptr) + s->separator.len);
    }
    return result < 0 ? result : push(s, s->rest);
}

static int split_at_back(struct splitting *s)
{
    int result = 0;
    const char *p;

    while (s->left-- > 0) {
        size_t at;

        result = gale__find_last_bytes(s->call->rendering, s->rest, s->separator, &p);
        if (result < 0 || !p)
            break;
        at = (size_t)(p - s->rest.ptr);
        result = push(s, gale__str_skip(s->rest, at + s->separator.len));
        if (result < 0)
            break;
        s->rest.len = at;
    }
    return result < 0 ? result : push(s, s->rest);
}

static void reverse(struct gale__list_value *list)
{
    for (uint32_t i = 0; i < list->n / 2; i++) {
        gale_value other = list->items[list->n - 1 - i];

        list->items[list->n - 1 - i] = list->items[i];
        list->items[i] = other;
    }
}

static int split(gale_call *call, gale_value *out)
{
    struct splitting s;
    int result = begin_split(call, &s);

    if (result >= 0)
        result = s.separator.ptr ? split_at(&s) : split_words(&s);
    *out = s.list;
    return result;
}

static int rsplit(gale_call *call, gale_value *out)
{
    struct splitting s;
    int result = begin_split(call, &s);

    if (result >= 0)
        result = s.separator.ptr ? split_at_back(&s) : split_words_back(&s);
    if (result >= 0)
        reverse(gale__list(s.list));
    *out = s.list;
    return result;
}

/* --- lines ---- */

static bool is_line_end(uint32_t c)
{
    return (c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
}

/* The length of the first line, and of what ends it in *end. */
static size_t line_length(gale_str s, size_t *end)
{
    uint32_t c;

    *end = 0;
    for (size_t i = 0; i < s.len;) {
        size_t n = gale__next_char(gale__str_skip(s, i), &c);

        if (is_line_end(c)) {
            *end = c == '\r' && i + 1 < s.len && s.ptr[i + 1] == '\n' ? 2 : n;
            return i;
        }
        i += n;
    }
    return s.len;
}

static int splitlines(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "keepends", NULL };
    struct splitting s = { .call = call, .rest = gale__value_slice(call->self) };
    bool keeps_ends = false;
    int result = gale_call_check(call, 0, 1, names);

    if (result >= 0)
        result = gale__arg_bool(call, 0, "keepends", &keeps_ends);
    if (result >= 0)
        result = gale__work(call->rendering, s.rest.len);
    if (result >= 0)
        result = gale__list_new(call->rendering, 0, &s.list);
    while (result >= 0 && s.rest.len) {
        size_t end, n = line_length(s.rest, &end);

        result = push(&s, gale__str_head(s.rest, keeps_ends ? n + end : n));
        s.rest = gale__str_skip(s.rest, n + end);
    }
    *out = s.list;
    return result;
}

/* --- partition ---- */

static int part_at(gale_call *call, bool from_end, gale_value *out)
{
    gale_str s = gale__value_slice(call->self), separator;
    gale_value what, parts[3];
    const char *p = NULL;
    int result = gale__only_arg(call, &what);

    if (result < 0)
        return result;
    if (!gale__is_text(what))
        return gale__raise(call->rendering, GALE__TYPE_ERROR, "must be str, not %s",
                           gale_value_type(what));
    if (!what.len)
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "empty separator");
    separator = gale__value_slice(what);
    result = gale__work(call->rendering, s.len);
    if (result >= 0 && from_end)
        result = gale__find_last_bytes(call->rendering, s, separator, &p);
    if (result < 0)
        return result;
    if (!from_end)
        p = gale__find_bytes(s, separator);
    parts[0] = parts[1] = parts[2] = gale_value_borrowed_text("", 0);
    if (p) {
        parts[0] = gale__slice_of(call->self, gale__str_head(s, (size_t)(p - s.ptr)));
        parts[1] = what;
        parts[2] = gale__slice_of(call->self,
                                  gale__str_skip(s, (size_t)(p - s.ptr) + separator.len));
    } else {
        parts[from_end ? 2 : 0] = call->self;
    }
    return gale_value_tuple(call->rendering, out, parts, 3);
}

static int partition(gale_call *call, gale_value *out)
{
    return part_at(call, false, out);
}

static int rpartition(gale_call *call, gale_value *out)
{
    return part_at(call, true, out);
}

/* --- join ---- */

static int joined_length(gale_call *call, const gale_value *items, uint32_t n, size_t *len)
{
    size_t total = n ? (size_t)call->self.len * (n - 1) : 0; /* both are below 2**32 */

    for (uint32_t i = 0; i < n; i++) {
        if (!gale__is_text(items[i]))
            return gale__raise(call->rendering, GALE__TYPE_ERROR,
                               "sequence item %u: expected str instance, %s found", (unsigned)i,
                               gale_value_type(items[i]));
        if (__builtin_add_overflow(total, (size_t)items[i].len, &total))
            total = SIZE_MAX / 8;
    }
    *len = total;
    return 0;
}

static char *put(char *p, gale_value text)
{
    return text.len ? mempcpy(p, text.u.s, text.len) : p;
}

static bool can_be_iterated(gale_value v)
{
    switch ((enum gale_value_kind)v.kind) {
    case GALE_VALUE_TEXT:
    case GALE_VALUE_BYTES:
    case GALE_VALUE_ARRAY:
    case GALE_VALUE_MAP:
    case GALE_VALUE_LIST:
    case GALE_VALUE_TUPLE:
    case GALE_VALUE_DICT:
    case GALE_VALUE_RANGE:
    case GALE_VALUE_OBJECT:
        return true;
    default:
        return false;
    }
}

static int join(gale_call *call, gale_value *out)
{
    const gale_value *items;
    uint32_t n;
    size_t len = 0;
    gale_value over;
    char *p;
    int result = gale__only_arg(call, &over);

    if (result < 0)
        return result;
    if (!can_be_iterated(over))
        return gale__raise(call->rendering, GALE__TYPE_ERROR, "can only join an iterable");
    result = gale__items_of(call->rendering, over, &items, &n);
    if (result >= 0)
        result = joined_length(call, items, n, &len);
    if (result >= 0)
        result = gale__steps(call->rendering, n);
    if (result < 0)
        return result;
    p = gale__new_text(call->rendering, len, out);
    if (!p)
        return gale_value_memory_error(call->rendering);
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            p = put(p, call->self);
        p = put(p, items[i]);
    }
    return 0;
}

const gale_name gale__str_split_methods[] = {
    { .name = "join", .function = join },
    { .name = "lstrip", .function = lstrip },
    { .name = "partition", .function = partition },
    { .name = "rpartition", .function = rpartition },
    { .name = "rsplit", .function = rsplit },
    { .name = "rstrip", .function = rstrip },
    { .name = "split", .function = split },
    { .name = "splitlines", .function = splitlines },
    { .name = "strip", .function = strip },
    { 0 },
};
