/* longpoll.c - a chat without WebSockets: a page asks for what is new and is answered when there
 * is.
 *
 * What Tornado's chat demo does: /new adds a message and wakes those that wait; /updates gives what
 * came after a message, at once or when something comes. A hundred thousand may wait at once: each
 * is a coroutine with a small stack, and ends when its client has gone.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>
#include <string.h>

enum { HISTORY = 200, TEXT_MAX_BYTES = 2000 };

struct room {
    json_t *messages; /* the last ones, oldest first: {"id", "text"} */
    int last_id;
    gale_condition news;
};

static struct room *room_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

/* Those after an id, a new list. */
static json_t *messages_after(const struct room *room, int id)
{
    json_t *found = json_array(), *message;
    size_t i;

    json_array_foreach(room->messages, i,
                       message) if (json_integer_value(json_object_get(message, "id")) > id)
        json_array_append(found, message);
    return found;
}

static int updates_get(gale_handler *self)
{
    struct room *room = room_of(self);
    double deadline = gale_ioloop_time(gale_ioloop_current()) + 60;
    int after = 0, r = 0;

    if (gale_get_query_argument(self, "after", NULL))
        r = gale_get_int(self, "after", &after);
    while (r >= 0 && room->last_id <= after)
        r = gale_condition_wait(&room->news, deadline);
    if (r < 0 && r != GALE_ETIMEDOUT)
        return r; /* the client has gone: .cancel_on_close */
    return gale_write_json(self, json_pack("{s:o}", "messages", messages_after(room, after)));
}

static int new_post(gale_handler *self)
{
    struct room *room = room_of(self);
    const char *text;
    int r = gale_require_argument(self, "text", &text);

    if (r < 0)
        return r;
    if (strlen(text) > TEXT_MAX_BYTES)
        return gale_fail(self, 400, "a message of %zu bytes", strlen(text));
    json_array_append_new(room->messages,
                          json_pack("{s:i, s:s}", "id", ++room->last_id, "text", text));
    if (json_array_size(room->messages) > HISTORY)
        json_array_remove(room->messages, 0);
    gale_condition_notify_all(&room->news);
    if (gale_get_argument(self, "next", NULL)) /* a form without script */
        return gale_redirect(self, "/");
    return gale_write_json(self, json_pack("{s:i}", "id", room->last_id));
}

static const char page_top[] =
    "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
    "<meta name=viewport content='width=device-width, initial-scale=1'>\n<title>Long poll</title>\n"
    "<style>\n"
    "  :root { color-scheme: light dark }\n"
    "  body { font: 16px/1.5 system-ui, sans-serif; max-width: 38rem; margin: 2.5rem auto;\n"
    "         padding: 0 1rem }\n"
    "  form { display: flex; flex-wrap: wrap; gap: .5rem }\n"
    "  input, button { font: inherit; padding: .4rem .7rem; max-width: 100%; min-width: 0 }\n"
    "  input { flex: 1 }\n"
    "  ul { list-style: none; padding: 0 }\n"
    "  li { padding: .4rem .8rem; margin: .4rem 0; background: #8882; border-radius: 8px;\n"
    "       overflow-wrap: anywhere }\n"
    "</style>\n";

static const char page_script[] =
    "<script>\n"
    "let after = 0;\n"
    "async function poll() {\n"
    "  try {\n"
    "    const answer = await fetch('/updates?after=' + after);\n"
    "    for (const message of (await answer.json()).messages) {\n"
    "      const item = document.createElement('li');\n"
    "      item.textContent = message.text;      // as text: what others say is no HTML\n"
    "      document.querySelector('ul').append(item);\n"
    "      after = message.id;\n"
    "    }\n"
    "  } catch (error) { await new Promise(done => setTimeout(done, 1000)); }\n"
    "  poll();\n"
    "}\n"
    "document.querySelector('form').onsubmit = event => {\n"
    "  event.preventDefault();\n"
    "  fetch('/new', { method: 'POST', body: new URLSearchParams(new FormData(event.target)) });\n"
    "  event.target.text.value = '';\n"
    "};\n"
    "poll();\n"
    "</script>\n";

static int index_get(gale_handler *self)
{
    gale_write(self, page_top);
    gale_write(self, "<h1>Long poll</h1>\n<p>Open it twice: what one says, the other hears.\n"
                     "<ul></ul>\n<form method=post action=/new>");
    gale_write(self, gale_xsrf_form_html(self));
    gale_write(self, "<noscript><input type=hidden name=next value=1></noscript>"
                     "<input name=text required maxlength=500 autofocus autocomplete=off"
                     " aria-label='what you say'><button>Say</button></form>\n");
    return gale_write(self, page_script);
}

static const gale_handler_class updates = { .get = updates_get, .cancel_on_close = GALE_ON };
static const gale_handler_class new_message = { .post = new_post };
static const gale_handler_class index_page = { .get = index_get };

int main(int argc, char **argv)
{
    static struct room room;
    const gale_route routes[] = {
        { .url = "/", .handler = &index_page },
        { .url = "/updates", .handler = &updates },
        { .url = "/new", .handler = &new_message },
        { 0 },
    };
    int status;

    room.messages = json_array();
    status = gale_main(
        argc, argv,
        gale_app_new(routes, &(gale_settings){ .data = &room, .xsrf_cookies = GALE_ON }));
    json_decref(room.messages);
    return status;
}
