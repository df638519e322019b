/* app.c - @name@: an API that keeps notes and speaks JSON. */
#include <gale/gale.h>
#include <gale/json.h>

/* What the application keeps: here in memory, one process long. */
struct store {
    json_t *notes; /* an array of texts */
};

static json_t *notes_of(gale_handler *self)
{
    struct store *store = gale_app_data(gale_handler_app(self));

    return store->notes;
}

/* GET /notes: all of them. O takes another reference, the store keeps its own. */
static int notes_get(gale_handler *self)
{
    return gale_json(self, "{s:O}", "notes", notes_of(self));
}

/* POST /notes {"text": "…"}: 400 when the body is no JSON or has no text. */
static int notes_post(gale_handler *self)
{
    const char *text;
    int r = gale_unpack_json(self, "{s:s}", "text", &text);

    if (r < 0)
        return r;
    if (json_array_append_new(notes_of(self), json_string(text)) < 0)
        return gale_fail(self, 500, "out of memory");
    gale_set_status(self, 201, NULL);
    return gale_json(self, "{s:i}", "id", (int)json_array_size(notes_of(self)) - 1);
}

/* GET /notes/ID: 404 for what is no number, and for one there is no note of. */
static int note_get(gale_handler *self)
{
    int64_t id;
    int r = gale_path_int(self, "id", &id);
    const char *text;

    if (r < 0)
        return r;
    text = json_string_value(json_array_get(notes_of(self), (size_t)id));
    return text ? gale_json(self, "{s:s}", "text", text) : gale_fail(self, 404, "no such note");
}

/* A handler class has a function for each method it answers. */
static const gale_handler_class notes = { .get = notes_get, .post = notes_post };
static const gale_handler_class note = { .get = note_get };

/* The application: its routes and its settings. The tests make it, too. */
gale_app *make_app(void)
{
    static const gale_route routes[] = {
        { .url = "/notes", .handler = &notes, .name = "notes" },
        { .url = "/notes/{id}", .handler = &note, .name = "note" },
        { 0 },
    };
    static struct store store;

    if (!store.notes)
        store.notes = json_array();
    return gale_app_new(routes, &(gale_settings){ .data = &store });
}

/* Reads the command line (--port, --workers, --help), listens, serves until it is told to end. */
#ifndef APP_TEST
int main(int argc, char **argv)
{
    return gale_main(argc, argv, make_app());
}
#endif
