/* postgres.c - guide: PostgreSQL on the loop: batches, results row by row, notifications. */
/* SPDX-License-Identifier: MIT */
#include <gale/eventstream.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <gale/locks.h>
#include <gale/pg.h>
#include <stdio.h>

static const char schema[] = "SELECT pg_advisory_xact_lock(1);"
                             "CREATE TABLE IF NOT EXISTS message ("
                             " id bigint GENERATED ALWAYS AS IDENTITY, text text NOT NULL)";

static gale_pg *db_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

/* The tables are there before anything is asked. */
static int prepare(gale_handler *self)
{
    return gale_pg_exec(db_of(self), schema);
}

/* Two questions, one journey to the server. */
static int list(gale_handler *self)
{
    gale_pg_call calls[] = {
        { .sql = "SELECT count(*) AS n FROM message" },
        { .sql = "SELECT id, text FROM message ORDER BY id DESC LIMIT 10" },
    };
    int r = gale_pg_batch(db_of(self), calls, 2, false);
    json_t *n = json_array_get(calls[0].rows, 0);

    if (r >= 0)
        r = gale_json(self, "{s:O, s:O}", "n", json_object_get(n, "n"), "latest", calls[1].rows);
    json_decref(calls[0].rows);
    json_decref(calls[1].rows);
    return r;
}

/* The message and its announcement: both or neither. */
static int add(gale_handler *self)
{
    const char *text;
    int r = gale_unpack_json(self, "{s:s !}", "text", &text);

    if (r < 0)
        return r;
    gale_pg_call calls[] = {
        { .sql = "INSERT INTO message (text) VALUES ($1) RETURNING id",
          .params = json_pack("[s]", text) },
        { .sql = "SELECT pg_notify('message', $1)", .params = json_pack("[s]", text) },
    };

    r = gale_pg_batch(db_of(self), calls, 2, true);
    if (r >= 0)
        r = gale_write_json(self, json_incref(json_array_get(calls[0].rows, 0)));
    json_decref(calls[0].rows);
    json_decref(calls[1].rows);
    return r;
}

static int write_line(json_t *row, void *arg)
{
    gale_handler *self = arg;
    int r = gale_printf(self, "%lld,%s\n",
                        (long long)json_integer_value(json_object_get(row, "id")),
                        json_string_value(json_object_get(row, "text")));

    return r < 0 ? r : gale_flush(self);
}

/* However many they are: a slow client makes the server wait. */
static int export(gale_handler *self)
{
    int r;

    gale_set_header(self, "Content-Type", "text/csv; charset=UTF-8");
    r = gale_pg_each(db_of(self), write_line, self, "SELECT id, text FROM message ORDER BY id",
                     NULL);
    return r < 0 ? r : 0;
}

/* Until the client has gone. */
static int listen_to(gale_event_stream *events, gale_pg_listener *listener)
{
    gale_pg_notification news;
    int r;

    while ((r = gale_pg_listener_next(listener, &news, GALE_FOREVER)) >= 0) {
        gale_server_event event = { .event = "listening" };

        if (r == 1)
            event = (gale_server_event){ .data = news.payload.ptr };
        r = gale_event_send(events, &event);
        if (r < 0)
            break;
    }
    return r;
}

static int follow(gale_handler *self)
{
    gale_event_stream *events = gale_event_stream_open(self, NULL);
    gale_pg_listener *listener = gale_pg_listen(db_of(self),
                                                (const char *const[]){ "message", NULL });
    int r = events && listener ? listen_to(events, listener) : GALE_ESTATE;

    gale_pg_listener_free(listener);
    return r;
}

static const gale_handler_class api = { .prepare = prepare };
static const gale_handler_class messages = { .parent = &api, .get = list, .post = add };
static const gale_handler_class all_messages = { .parent = &api, .get = export };
static const gale_handler_class news = { .parent = &api, .get = follow };

int main(int argc, char **argv)
{
    gale_pg *db = gale_pg_new("", NULL); /* what PGHOST, PGUSER, PGDATABASE say */
    int status;

    if (!db)
        return 1;
    status = gale_main(argc, argv,
                       gale_app_new(
                           (gale_route[]){
                               { .url = "/messages", .handler = &messages },
                               { .url = "/messages.csv", .handler = &all_messages },
                               { .url = "/news", .handler = &news },
                               { 0 },
                           },
                           &(gale_settings){ .data = db }));
    gale_pg_free(db);
    return status;
}
