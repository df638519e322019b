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
    const char *listed[LISTED];
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

static int compare_name(void *arg, const char *name)
{
    struct search *s = arg;
    gale_str other = gale__str(name);
    size_t distance;

    if (other.len == 0 || other.len > LONGEST || s->name.len > LONGEST ||
        gale__str_equal(other, s->name))
        return 0;
    distance = edit_distance(s->name, other);
    if (distance < s->distance) {
        s->distance = distance;
        memcpy(s->nearest, name, other.len + 1);
    }
    return 0;
}

static int list_name(void *arg, const char *name)
{
    struct search *s = arg;

    compare_name(arg, name);
    for (size_t i = 0; i < s->n_listed; i++)
        if (strcmp(s->listed[i], name) == 0)
            return 0;
    if (s->n_listed < LISTED)
        s->listed[s->n_listed++] = name;
    else
        s->n_others++;
    return 0;
}

/* Those the template itself gives values to; they are not NUL-terminated. */
static void compare_locals(struct search *s, const gale_template_program *program)
{
    char name[LONGEST + 1];

    for (uint32_t i = 0; i < program->n_locals; i++) {
        gale_str local = program->local_names[i];

        if (local.len > LONGEST)
            continue;
        memcpy(name, local.ptr, local.len);
        name[local.len] = 0;
        compare_name(s, name);
    }
}

static void print(const struct search *s, size_t enough, char *out, size_t size)
{
    size_t len = 0;

    out[0] = 0;
    if (s->distance <= enough)
        len = (size_t)snprintf(out, size, "did you mean '%s'?\n", s->nearest);
    for (size_t i = 0; i < s->n_listed && len + 100 < size; i++)
        len += (size_t)snprintf(
            out + len, size - len, "%s%.64s",
            i ? ", " : "names there are, besides the language's: ", s->listed[i]);
    if (s->n_others && len + 100 < size)
        len += (size_t)snprintf(out + len, size - len, ", and %zu more", s->n_others);
    if (s->n_listed)
        snprintf(out + len, size - len, "\n");
}

void gale__unknown_name_hint(const struct gale__rendering *g, gale_str name, char *out, size_t size)
{
    size_t enough = name.len < 3 ? 0 : (name.len + 1) / 3;
    struct search s = { .name = name, .distance = enough + 1 };

    gale_namespace_each(g->names, list_name, &s);
    gale_namespace_each(g->options->names, list_name, &s);
    compare_locals(&s, g->program);
    gale__each_builtin(compare_name, &s);
    print(&s, enough, out, size);
}
