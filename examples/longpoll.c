/* longpoll.c - a page that answers when another request arrives: a chat in its simplest form.
 *
 *     curl http://localhost:8888/wait &
 *     curl -d text=hello http://localhost:8888/say
 *
 * A hundred thousand may wait at once: each is a coroutine with a small stack.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>
#include <string.h>

/* One who waits for the next message. */
struct listener {
    gale_future *news;
    struct listener *next;
};

struct room {
    char last[500];
    struct listener *listeners;
    int n_waiting;
};

static struct room *room_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

static void leave(struct room *room, struct listener *who)
{
    struct listener **at = &room->listeners;

    while (*at != who)
        at = &(*at)->next;
    *at = who->next;
    room->n_waiting--;
}

static int wait_get(gale_handler *self)
{
    struct room *room = room_of(self);
    struct listener me = { gale_future_new(), room->listeners };
    int r;

    if (!me.news)
        return gale_fail(self, 503, "out of memory");
    room->listeners = &me;
    room->n_waiting++;
    r = gale_wait_until(me.news, gale_ioloop_time(gale_ioloop_current()) + 60);
    leave(room, &me);
    if (r == GALE_ETIMEDOUT)
        return gale_set_status(self, 204, NULL);
    return r < 0 ? r : gale_write_json(self, json_pack("{s:s}", "text", room->last));
}

static int say_post(gale_handler *self)
{
    struct room *room = room_of(self);
    const char *text;
    int r = gale_require_argument(self, "text", &text);

    if (r < 0)
        return r;
    if (strlen(text) >= sizeof(room->last))
        return gale_fail(self, 400, "a message of %zu bytes", strlen(text));
    memcpy(room->last, text, strlen(text) + 1);
    for (struct listener *l = room->listeners; l; l = l->next)
        gale_future_set_result(l->news, 0, NULL);
    return gale_printf(self, "told %d\n", room->n_waiting);
}

static int index_get(gale_handler *self)
{
    return gale_write(self, "<title>Long poll</title><form method=post action=/say>"
                            "<input name=text><button>Say</button></form>"
                            "<p>Open <a href=/wait>/wait</a> in another window first.");
}

static const gale_handler_class wait_handler = { .get = wait_get, .cancel_on_close = GALE_ON };
static const gale_handler_class say_handler = { .post = say_post };
static const gale_handler_class index_handler = { .get = index_get };

int main(int argc, char **argv)
{
    static struct room room;
    gale_route routes[] = {
        { .url = "/", .handler = &index_handler },
        { .url = "/wait", .handler = &wait_handler },
        { .url = "/say", .handler = &say_handler },
        { 0 },
    };
    gale_settings settings = { .data = &room };

    return gale_main(argc, argv, gale_app_new(routes, &settings));
}
