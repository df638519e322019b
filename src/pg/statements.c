/* statements.c - the prepared statements that a connection keeps. See connection.h.
 *
 * Not as many as to need more than looking through them; the one not used for longest makes place.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/alloc.h"
#include "pg/connection.h"

struct gale__pg_statement *gale__pg_find_statement(struct gale__pg_connection *c, const char *sql)
{
    for (int i = 0; i < c->n_statements; i++)
        if (!strcmp(c->statements[i].sql, sql)) {
            c->statements[i].used = ++c->n_uses;
            return &c->statements[i];
        }
    return NULL;
}

/* Not that of one whose preparation is under way, and may yet fail. */
static struct gale__pg_statement *find_oldest(struct gale__pg_connection *c)
{
    struct gale__pg_statement *oldest = NULL;

    for (int i = 0; i < c->n_statements; i++) {
        struct gale__pg_statement *s = &c->statements[i];

        if (s->is_ready && (!oldest || s->used < oldest->used))
            oldest = s;
    }
    return oldest;
}

static struct gale__pg_statement *make_place(struct gale__pg_connection *c, unsigned *replaced)
{
    int most = c->config->options.statements;
    struct gale__pg_statement *oldest;

    if (!c->statements)
        c->statements = gale__calloc((size_t)most, sizeof(*c->statements));
    if (!c->statements)
        return NULL;
    if (c->n_statements < most)
        return &c->statements[c->n_statements++];
    oldest = find_oldest(c);
    if (oldest) {
        gale__free(oldest->sql);
        *replaced = oldest->number;
    }
    return oldest;
}

struct gale__pg_statement *gale__pg_add_statement(struct gale__pg_connection *c, const char *sql,
                                                  unsigned *replaced)
{
    char *copy = c->config->options.statements > 0 ? gale__strndup(sql, strlen(sql)) : NULL;
    struct gale__pg_statement *place;

    *replaced = 0;
    place = copy ? make_place(c, replaced) : NULL;
    if (!place) {
        gale__free(copy);
        return NULL;
    }
    *place = (struct gale__pg_statement){ .sql = copy,
                                          .number = ++c->last_number,
                                          .used = ++c->n_uses };
    return place;
}

static void remove_at(struct gale__pg_connection *c, int i)
{
    gale__free(c->statements[i].sql);
    c->statements[i] = c->statements[--c->n_statements];
}

void gale__pg_statement_prepared(struct gale__pg_connection *c, unsigned number, bool is_ready)
{
    for (int i = 0; i < c->n_statements; i++)
        if (c->statements[i].number == number) {
            c->statements[i].is_ready = is_ready;
            if (!is_ready)
                remove_at(c, i);
            return;
        }
}

void gale__pg_forget_statement(struct gale__pg_connection *c, const char *sql)
{
    for (int i = 0; i < c->n_statements; i++)
        if (!strcmp(c->statements[i].sql, sql)) {
            remove_at(c, i);
            return;
        }
}

void gale__pg_forget_statements(struct gale__pg_connection *c)
{
    while (c->n_statements)
        remove_at(c, 0);
    gale__free(c->statements);
    c->statements = NULL;
}
