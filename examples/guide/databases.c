/* databases.c - guide: a JSON API over SQLite, whose queries never block the loop. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <gale/sqlite.h>

static const char schema[] = "CREATE TABLE IF NOT EXISTS account ("
                             " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
                             " cents INTEGER NOT NULL CHECK (cents >= 0))";

static gale_sqlite *db_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

/* The tables are there before anything is asked. */
static int prepare(gale_handler *self)
{
    return gale_sqlite_exec(db_of(self), schema);
}

static int list(gale_handler *self)
{
    json_t *rows;
    int r = gale_sqlite_query(db_of(self), &rows, "SELECT * FROM account ORDER BY id", NULL);

    return r < 0 ? r : gale_json(self, "{s:o}", "accounts", rows);
}

static int add(gale_handler *self)
{
    const char *name;
    json_int_t cents;
    json_t *row;
    int r = gale_unpack_json(self, "{s:s, s:I !}", "name", &name, "cents", &cents);

    if (r < 0)
        return r;
    r = gale_sqlite_get(db_of(self), &row,
                        "INSERT INTO account (name, cents) VALUES ($1, $2) RETURNING *", "[s, I]",
                        name, cents);
    if (r == -EEXIST)
        return gale_fail(self, 409, "there is an account of %s", name);
    if (r < 0)
        return r;
    gale_set_status(self, 201, NULL);
    return gale_write_json(self, row);
}

static int show(gale_handler *self)
{
    const char *name = gale_path_argument_named(self, "name");
    json_t *row;
    int r = gale_sqlite_get(db_of(self), &row, "SELECT * FROM account WHERE name = $1", "[s]",
                            name);

    if (r == GALE_ENOTFOUND)
        return gale_fail(self, 404, "no account of %s", name);
    return r < 0 ? r : gale_write_json(self, row);
}

struct transfer {
    const char *from, *to;
    json_int_t cents;
};

/* Both or neither: a negative result rolls back. */
static int move_money(gale_sqlite *tx, void *arg)
{
    static const char sql[] = "UPDATE account SET cents = cents + $1 WHERE name = $2";
    struct transfer *t = arg;
    int r = gale_sqlite_query(tx, NULL, sql, "[I, s]", -t->cents, t->from);

    if (r == 1)
        r = gale_sqlite_query(tx, NULL, sql, "[I, s]", t->cents, t->to);
    return r == 0 ? GALE_ENOTFOUND : r;
}

static int pay(gale_handler *self)
{
    struct transfer t;
    int r = gale_unpack_json(self, "{s:s, s:s, s:I !}", "from", &t.from, "to", &t.to, "cents",
                             &t.cents);

    if (r < 0)
        return r;
    r = gale_sqlite_transaction(db_of(self), move_money, &t);
    if (r == GALE_ENOTFOUND || r == GALE_EINVAL)
        return gale_fail(self, 409, "%s cannot pay that to %s", t.from, t.to);
    return r < 0 ? r : gale_json(self, "{s:b}", "paid", 1);
}

static const gale_handler_class api = { .prepare = prepare };
static const gale_handler_class accounts = { .parent = &api, .get = list, .post = add };
static const gale_handler_class account = { .parent = &api, .get = show };
static const gale_handler_class payments = { .parent = &api, .post = pay };

int main(int argc, char **argv)
{
    gale_sqlite *db = gale_sqlite_new(":memory:", NULL); /* or the path of a file */
    int status = gale_main(argc, argv,
                           gale_app_new(
                               (gale_route[]){
                                   { .url = "/accounts", .handler = &accounts },
                                   { .url = "/accounts/{name}", .handler = &account },
                                   { .url = "/payments", .handler = &payments },
                                   { 0 },
                               },
                               &(gale_settings){ .data = db }));

    gale_sqlite_free(db);
    return status;
}
