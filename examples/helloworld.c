/* helloworld.c - the smallest application. */
/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <gale/gale.h>

static int main_get(gale_handler *self)
{
    return gale_write(self, "Hello, world");
}

static const gale_handler_class main_handler = { .get = main_get };

int main(int argc, char **argv)
{
    return gale_main(argc, argv, gale_app_new((gale_route[]){
        { .url = "/", .handler = &main_handler },
        { 0 },
    }, NULL));
}
