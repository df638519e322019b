/* from_flask.c - guide: what a Flask site has, in C: routes and url_for, a session, g and teardown,
 * a blueprint with its before_request, error pages, a template. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/escape.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <stdlib.h>
#include <string.h>

/* --- routes and url_for --- */

static int index_get(gale_handler *self)
{
    return gale_printf(self, "<a href=\"%s\">the first story</a>\n",
                       gale_reverse_url(self, "story", "1"));
}

static int story_get(gale_handler *self)
{
    int64_t id;
    int r = gale_path_int(self, "id", &id);

    if (r < 0)
        return r;
    if (id > 100)
        return gale_fail(self, 404, "no story %d", (int)id);
    return gale_printf(self, "story %d\n", (int)id);
}

static int hello_get(gale_handler *self)
{
    return gale_printf(self, "<p>Hello, %s</p>\n",
                       gale_xhtml_escape(gale_get_argument(self, "name", "world")));
}

static const gale_handler_class index_page = { .get = index_get };
static const gale_handler_class story = { .get = story_get };
static const gale_handler_class hello = { .get = hello_get };

/* --- g and teardown_request --- */

/* Connections to something, which are taken and given back. */
struct pool {
    int n_out, n_taken;
};

/* What would be in g: each request has its own. */
struct g {
    struct pool *connection;
};

static void give_back(void *arg)
{
    struct pool *pool = arg;

    pool->n_out--;
}

static int site_prepare(gale_handler *self)
{
    struct g *g = gale_state(self);

    g->connection = gale_app_data(gale_handler_app(self));
    g->connection->n_out++;
    g->connection->n_taken++;
    return gale_defer(self, give_back, g->connection); /* whatever happens */
}

static const gale_handler_class site = { .state_size = sizeof(struct g), .prepare = site_prepare };

static int pool_get(gale_handler *self)
{
    const struct g *g = gale_state(self);

    if (gale_has_argument(self, "fail"))
        return gale_fail(self, 500, "it was asked for");
    return gale_json(self, "{s:i, s:i}", "out", g->connection->n_out, "taken",
                     g->connection->n_taken);
}

static const gale_handler_class pool_page = { .parent = &site, .get = pool_get };

/* --- session --- */

/* An object of JSON in a cookie that the browser can neither read nor change. A new reference. */
static json_t *session_load(gale_handler *self)
{
    gale_str text = gale_get_encrypted_cookie(self, "session", 31);
    json_t *session = text.ptr ? gale_json_decode(text, NULL) : NULL;

    return session ? session : json_object();
}

static int session_save(gale_handler *self, const json_t *session)
{
    char *text = json_dumps(session, JSON_COMPACT);
    int r = text ? gale_set_encrypted_cookie(self, "session", (gale_str){ text, strlen(text) },
                                             &(gale_cookie){ .http_only = GALE_ON })
                 : -ENOMEM;

    free(text);
    return r;
}

static int visits_post(gale_handler *self)
{
    json_auto_t *session = session_load(self);
    json_int_t n = json_integer_value(json_object_get(session, "n")) + 1;

    if (json_object_set_new(session, "n", json_integer(n)) < 0)
        return -ENOMEM;
    session_save(self, session); /* a failure sticks to the request */
    return gale_printf(self, "visit %d\n", (int)n);
}

static const gale_handler_class visits = { .post = visits_post };

/* --- a blueprint with a before_request of its own --- */

static int teas_get(gale_handler *self)
{
    return gale_json(self, "[s, s]", "sencha", "oolong");
}

static int key_before(gale_handler *self, void *arg)
{
    const char *key = gale_request_header(gale_handler_request(self), "X-Api-Key");

    if (!key || strcmp(key, arg) != 0)
        return gale_fail(self, 401, "no key, or a wrong one");
    return 0;
}

static char sesame[] = "sesame";
static const gale_handler_class teas = { .get = teas_get };
static const gale_middleware key = { .before = key_before, .arg = sesame };
static const gale_middleware *const with_key[] = { &key, NULL };

static const gale_route api[] = {
    { .url = "/teas", .handler = &teas },
    { 0 },
};

/* --- a template --- */

static int books_get(gale_handler *self)
{
    return gale_render(self, "books.html",
                       json_pack("{s:[{s:s, s:i}, {s:s, s:i}], s:s}", "books", "title",
                                 "C & its <traps>", "pages", 221, "title", "Winds", "pages", 96,
                                 "note", "<em>two books</em>"));
}

static const gale_handler_class books = { .get = books_get };

/* --- after_request, errorhandler, the application --- */

static int served_by(gale_handler *self, void *arg)
{
    return gale_set_header(self, "X-Served-By", arg);
}

static int site_error(gale_handler *self, int status)
{
    return gale_json(self, "{s:i, s:s}", "status", status, "error", gale_status_phrase(status));
}

int main(int argc, char **argv)
{
    static struct pool pool;
    static char name[] = "gale";
    static const gale_middleware after = { .after = served_by, .arg = name };
    static const gale_middleware *const everywhere[] = { &after, NULL };
    const gale_route routes[] = {
        { .url = "/", .handler = &index_page },
        { .url = "/story/{id:int}", .handler = &story, .name = "story" },
        { .url = "/hello", .handler = &hello },
        { .url = "/pool", .handler = &pool_page },
        { .url = "/visits", .handler = &visits },
        { .url = "/books", .handler = &books },
        { .url = "/api", .routes = api, .middleware = with_key },
        { 0 },
    };
    const gale_settings settings = {
        .data = &pool,
        .middleware = everywhere,
        .write_error = site_error,
        .template_path = "templates",
        .cookie_secret = "in production: from a file",
    };

    return gale_main(argc, argv, gale_app_new(routes, &settings));
}
