/* failures.c - PostgreSQL's failures as codes and texts. See <gale/pg.h>. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pg/connection.h"

static const struct {
    const char *state; /* or its beginning; the first that fits counts */
    int code;
} codes[] = {
    { "23505", -EEXIST },
    { "57014", GALE_ETIMEDOUT },
    { "55P03", GALE_ETIMEDOUT },
    { "25006", -EROFS },
    { "42501", -EACCES },
    { "53100", -ENOSPC },
    { "53200", -ENOMEM },
    { "54", GALE_ETOOBIG },
    { "40", -EAGAIN },
    { "08P01", GALE_EINVAL },
    { "08", GALE_EEOF },
    { "57P", GALE_EEOF },
    { "28", -EACCES },
    { "25", GALE_ESTATE },
    { "53", -EIO },
    { "58", -EIO },
    { "57", -EIO },
    { "XX", -EIO },
    { "", GALE_EINVAL },
};

static int code_of(const char *state)
{
    size_t i = 0;

    while (strncmp(state, codes[i].state, strlen(codes[i].state)) != 0)
        i++;
    return codes[i].code;
}

/* The rest of a statement from its n-th character (1 the first); NULL: none is told. */
static const char *rest_of(const char *sql, const char *position)
{
    long n = sql && position ? strtol(position, NULL, 10) : 0;

    if (n <= 0)
        return NULL;
    for (; *sql && n > 1; n--)
        do
            sql++;
        while (((unsigned char)*sql & 0xc0) == 0x80);
    return *sql ? sql : NULL;
}

int gale__pg_fail(const struct gale__pg_connection *c, const PGresult *res, const char *sql)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    const char *rest = rest_of(sql, PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION));

    if (!state || !text)
        return gale__pg_fail_connection(c->handle, c->where, GALE_EEOF);
    return gale_err(code_of(state), "PostgreSQL %s (%s): %s%s%.60s", state, c->where, text,
                    rest ? " at: " : "", rest ? rest : "");
}

int gale__pg_fail_connection(PGconn *handle, const char *where, int code)
{
    const char *text = PQerrorMessage(handle);
    int len = (int)strcspn(text, "\n");

    return gale_err(code, "PostgreSQL (%s): %.*s", where, len, text);
}

gale_str gale_pg_sqlstate(const char *text)
{
    static const char before[] = "PostgreSQL ";
    const char *state = text ? strstr(text, before) : NULL;

    if (!state)
        return (gale_str){ "", 0 };
    state += sizeof(before) - 1;
    return strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 ? (gale_str){ state, 5 }
                                                                      : (gale_str){ "", 0 };
}
