/* story.c - routes with groups, arguments, JSON, errors and redirects: a list of stories.
 *
 *     curl http://localhost:8888/story/1
 *     curl -d title=Snow http://localhost:8888/story -L
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>
#include <stdlib.h>
#include <string.h>

struct shelf {
    char titles[100][80];
    int n;
};

/* What every handler of this program has at hand. */
struct story {
    struct shelf *shelf;
};

static int story_initialize(gale_handler *self, void *shelf)
{
    struct story *story = gale_state(self);

    story->shelf = shelf;
    return 0;
}

static const gale_handler_class base_handler = {
    .state_size = sizeof(struct story),
    .initialize = story_initialize,
};

static int list_get(gale_handler *self)
{
    struct story *story = gale_state(self);
    json_t *titles = json_array();

    for (int i = 0; i < story->shelf->n; i++)
        json_array_append_new(titles, json_string(story->shelf->titles[i]));
    return gale_write_json(self, json_pack("{s:o}", "stories", titles));
}

static int list_post(gale_handler *self)
{
    struct story *story = gale_state(self);
    struct shelf *shelf = story->shelf;
    const char *title;
    int r = gale_require_argument(self, "title", &title); /* missing: 400 naming it */

    if (r < 0)
        return r;
    if (shelf->n == 100)
        return gale_fail(self, 507, "the shelf is full");
    if (strlen(title) >= sizeof(shelf->titles[0]))
        return gale_fail(self, 400, "a title of %zu bytes", strlen(title));
    memcpy(shelf->titles[shelf->n++], title, strlen(title) + 1);
    return gale_redirect_status(
        self, gale_reverse_url(self, "story", gale_printf_alloc(self, "%d", shelf->n)), 303);
}

static int story_get(gale_handler *self)
{
    struct story *story = gale_state(self);
    const char *id = gale_path_argument(self, 0); /* first group of the pattern */
    long i = strtol(id, NULL, 10);

    if (i < 1 || i > story->shelf->n)
        return gale_fail(self, 404, "no story %s", id);
    return gale_write_json(
        self, json_pack("{s:i, s:s}", "id", (int)i, "title", story->shelf->titles[i - 1]));
}

static const gale_handler_class list_handler = {
    .parent = &base_handler,
    .get = list_get,
    .post = list_post,
};

static const gale_handler_class story_handler = {
    .parent = &base_handler,
    .get = story_get,
};

int main(int argc, char **argv)
{
    static struct shelf shelf = { .titles = { "The Wanderer" }, .n = 1 };
    gale_route routes[] = {
        { .url = "/story/([0-9]{1,6})", .handler = &story_handler, .arg = &shelf, .name = "story" },
        { .url = "/story", .handler = &list_handler, .arg = &shelf },
        { .url = "/",
          .handler = &gale_redirect_handler,
          .arg = &(gale_redirect_options){ .url = "/story" } },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}
