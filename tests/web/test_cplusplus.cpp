/* test_cplusplus.cpp - the macros of web.h in C++, with warnings that projects there turn on. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

#include <cstdio>

static int get(gale_handler *self)
{
    const char *url = gale_reverse_url(self, "self", "x");

    return gale_redirect(self, url ? url : gale_reverse_url(self, "other"));
}

int main()
{
    gale_handler_class cls = {};
    gale_route routes[2] = {};
    gale_settings settings = {};
    gale_app *app;

    cls.get = get;
    settings.server.max_body_size = GALE_UNLIMITED;
    routes[0].url = "/(.*)";
    routes[0].name = "self";
    routes[0].handler = &cls;
    app = gale_app_new(routes, &settings);
    if (!app)
        std::puts(gale_app_error());
    gale_app_free(app);
    return app ? 0 : 1;
}
