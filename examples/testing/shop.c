/* shop.c - a small application, to be tested: a page, a basket in a cookie, an order that takes
 * its time, a till that fails.
 */
/* SPDX-License-Identifier: MIT */
#include "shop.h"

static struct shop *shop_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

static int main_get(gale_handler *self)
{
    return gale_printf(self, "%d sold\n", shop_of(self)->sold);
}

static int basket_get(gale_handler *self)
{
    return gale_printf(self, "%s in the basket\n", gale_get_cookie(self, "basket", "nothing"));
}

static int basket_post(gale_handler *self)
{
    const char *what;
    int r = gale_require_argument(self, "what", &what);

    if (r >= 0)
        r = gale_set_cookie(self, "basket", what, NULL);
    return r < 0 ? r : gale_redirect_status(self, "/basket", 303);
}

/* The bank needs half a minute; a customer who leaves meanwhile buys nothing. */
static int order_post(gale_handler *self)
{
    int r = gale_sleep(30);

    if (r < 0)
        return r;
    shop_of(self)->sold++;
    return gale_write(self, "thank you\n");
}

static int till_get(gale_handler *self)
{
    return gale_err(GALE_ESTATE, "the till is stuck after %d", shop_of(self)->sold);
}

gale_app *shop_app(struct shop *shop)
{
    static const gale_handler_class page = { .get = main_get };
    static const gale_handler_class basket = { .get = basket_get, .post = basket_post };
    static const gale_handler_class order = { .post = order_post, .cancel_on_close = GALE_ON };
    static const gale_handler_class till = { .get = till_get };

    return gale_app_new((gale_route[]){ { .url = "/", .handler = &page },
                                        { .url = "/basket", .handler = &basket },
                                        { .url = "/order", .handler = &order },
                                        { .url = "/till", .handler = &till },
                                        { 0 } },
                        &(gale_settings){ .data = shop });
}
