/* routes.c - guide: an application and its routes. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

static int main_get(gale_handler *self)
{
    return gale_printf(self, "the first story is %s\n", gale_reverse_url(self, "story", "1"));
}

/* {id:int} of the pattern is a path argument; what is no number never comes here. */
static int story_get(gale_handler *self)
{
    return gale_printf(self, "story %s of %s\n", gale_path_argument_named(self, "id"),
                       (const char *)gale_app_data(gale_handler_app(self)));
}

/* A group of a Perl-style pattern is one as well. */
static int year_get(gale_handler *self)
{
    return gale_printf(self, "the year %s\n", gale_path_argument(self, 0));
}

static int users_get(gale_handler *self)
{
    return gale_write(self, "users\n");
}

static const gale_handler_class main_handler = { .get = main_get };
static const gale_handler_class story_handler = { .get = story_get };
static const gale_handler_class year_handler = { .get = year_get };
static const gale_handler_class users_handler = { .get = users_get };

static const gale_route api[] = {
    { .url = "/users", .handler = &users_handler },
    { 0 },
};

int main(int argc, char **argv)
{
    static char name[] = "the guide";
    gale_app *app = gale_app_new(
        (gale_route[]){
            { .url = "/", .handler = &main_handler },
            { .url = "/story/{id:int}", .handler = &story_handler, .name = "story" },
            { .url = "/archive/([0-9]{4})", .handler = &year_handler },
            { .url = "/api", .routes = api },
            { .url = "/api/users", .handler = &main_handler, .host = "api.example" },
            { 0 },
        },
        &(gale_settings){ .data = name });

    return gale_main(argc, argv, app);
}
