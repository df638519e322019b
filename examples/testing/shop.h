/* shop.h - the application that test_shop.c tests. */
/* SPDX-License-Identifier: MIT */
#ifndef SHOP_H
#define SHOP_H

#include <gale/gale.h>

/* What the shop has sold. */
struct shop {
    int sold;
};

gale_app *shop_app(struct shop *shop);

#endif
