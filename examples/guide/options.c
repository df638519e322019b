/* options.c - guide: a program with options of its own, and a few settings. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Called when the option was set: what it cannot accept, the program does not start with. */
static int check_currency(gale_options *options, const char *name, void *arg)
{
    const char *currency = gale_option_str(options, name);

    (void)arg;
    if (currency && strlen(currency) != 3)
        return gale_err(GALE_EINVAL, "'%s' has not three letters", currency);
    return 0;
}

static int define_options(gale_options *options)
{
    int r = gale_define(options, .name = "currency", .fallback = "EUR", .group = "shop",
                        .help = "what prices are in", .callback = check_currency);

    if (r >= 0)
        r = gale_define(options, .name = "tax", .type = GALE_OPTION_DOUBLE, .fallback = "20",
                        .minimum = "0", .maximum = "100", .group = "shop", .metavar = "PERCENT",
                        .help = "added to each price");
    if (r >= 0)
        r = gale_define(options, .name = "basket-age", .type = GALE_OPTION_TIMEDELTA,
                        .fallback = "1d", .minimum = "1m", .group = "shop",
                        .help = "how long a basket is kept");
    if (r >= 0)
        r = gale_define(options, .name = "closed", .type = GALE_OPTION_INT, .is_multiple = true,
                        .minimum = "0", .maximum = "23", .group = "shop", .metavar = "HOURS",
                        .help = "hours in which nothing is sold");
    return r;
}

static int shop_get(gale_handler *self)
{
    const gale_options *options = gale_options_default();

    gale_printf(self, "100 %s are %g with tax\n", gale_option_str(options, "currency"),
                100 + gale_option_double(options, "tax"));
    gale_printf(self, "baskets are kept for %g s\n", gale_option_timedelta(options, "basket-age"));
    gale_printf(self, "closed at:");
    for (int i = 0; i < gale_option_count(options, "closed"); i++)
        gale_printf(self, " %d", (int)gale_option_int64_at(options, "closed", (size_t)i));
    return gale_write(self, "\n");
}

/* The body is whatever it was; it has been read, within the limits. */
static int shop_post(gale_handler *self)
{
    return gale_printf(self, "%zu bytes\n", gale_handler_request(self)->body.len);
}

static const gale_handler_class shop_handler = { .get = shop_get, .post = shop_post };

int main(int argc, char **argv)
{
    const gale_route routes[] = {
        { .url = "/", .handler = &shop_handler },
        { .url = "/note",
          .handler = &shop_handler,
          .limits = &(gale_limits){ .max_body_size = 10 } },
        { 0 },
    };
    const gale_settings settings = {
        .server_name = "shop",
        .request_id_header = GALE_ON,
        .server = { .max_body_size = 1000, .idle_timeout = 30 },
    };
    int r = define_options(gale_options_default());

    if (r < 0) {
        fprintf(stderr, "%s\n", gale_strerror(r));
        return EXIT_FAILURE;
    }
    return gale_main(argc, argv, gale_app_new(routes, &settings));
}
