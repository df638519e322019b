/* unknown.c - a name that nobody has: which one was meant, and which there are. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "template/rendering.h"

enum { LONGEST = 32, LISTED = 50 };

struct search {
    gale_str name;
    char nearest[LONGEST + 1];
    size_t distance; /* of nearest; one more than what is near enough at first */
    gale_str listed[LISTED];
    size_t n_listed, n_others;
};

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t d = a < b ? a : b;

    return d < c ? d : c;
}

/* How many letters were mistaken, left out, added or swapped with the next; both are at most
 * LONGEST long. Capitals count as small letters. */
static size_t edit_distance(gale_str a, gale_str b)
{
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b.len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *free_row = before;

        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char x = gale__lower(a.ptr[i - 1]), y = gale__lower(b.ptr[j - 1]);

            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == gale__lower(b.ptr[j - 2]) &&
                y == gale__lower(a.ptr[i - 2]) && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        before = last;
        last = now;
        now = free_row;
    }
    return last[b.len];
}

/* What only gale itself looks up. */
static bool is_hidden(gale_str name)
{
    return name.len == 0 || gale__str_starts_with(name, GALE__STR("_tt_"));
}

static void compare_name(struct search *s, gale_str other)
{
    size_t distance;

    if (is_hidden(other) || other.len > LONGEST || s->name.len > LONGEST ||
        gale__str_equal(other, s->name))
        return;
    distance = edit_distance(s->name, other);
    if (distance < s->distance) {
        s->distance = distance;
        memcpy(s->nearest, other.ptr, other.len);
        s->nearest[other.len] = 0;
    }
}

static void list_name(struct search *s, gale_str name)
{
    compare_name(s, name);
    if (is_hidden(name) || gale__str_equal(name, s->name))
        return;
    for (size_t i = 0; i < s->n_listed; i++)
        if (gale__str_equal(s->listed[i], name))
            return;
    if (s->n_listed < LISTED)
        s->listed[s->n_listed++] = name;
    else
        s->n_others++;
}

static int compare_builtin(void *arg, const char *name)
{
    compare_name(arg, gale__str(name));
    return 0;
}

static int list_given(void *arg, const char *name)
{
    list_name(arg, gale__str(name));
    return 0;
}

/* Those the template itself gives values to. */
static void list_locals(struct search *s, const gale_template_program *program)
{
    for (uint32_t i = 0; i < program->n_locals; i++)
        list_name(s, program->local_names[i]);
}

static void print(const struct search *s, size_t enough, char *out, size_t size)
{
    size_t len = 0;

    out[0] = 0;
    if (s->distance <= enough)
        len = (size_t)snprintf(out, size, "did you mean '%s'?\n", s->nearest);
    for (size_t i = 0; i < s->n_listed && len + 100 < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%.*s",
                                i ? ", " : "names there are, besides the language's: ",
                                (int)gale__str_head(s->listed[i], 64).len, s->listed[i].ptr);
    if (s->n_others && len + 100 < size)
        len += (size_t)snprintf(out + len, size - len, ", and %zu more", s->n_others);
    if (s->n_listed)
        snprintf(out + len, size - len, "\n");
}

void gale__unknown_name_hint(const struct gale__rendering *g, gale_str name, char *out, size_t size)
{
    size_t enough = name.len < 3 ? 0 : (name.len + 1) / 3;
    struct search s = { .name = name, .distance = enough + 1 };

    list_locals(&s, g->program);
    gale_namespace_each(g->names, list_given, &s);
    gale_namespace_each(g->options->names, list_given, &s);
    gale__each_builtin(compare_builtin, &s);
    print(&s, enough, out, size);
}
