/* reload_server.c - a program that tells its version, which test_autoreload_wire.py patches. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <gale/gale.h>

/* Found in the program's file and changed there. */
static const char version[] = "version-of-this-program=old";

static int tell(gale_handler *self)
{
    const volatile char *text = version; /* not known to the compiler */
    char word[4] = { text[24], text[25], text[26], 0 };
    char **argv = gale_app_data(gale_handler_app(self));

    return gale_printf(self, "%s %s %s", word, argv[0] ? "a" : "-", argv[1] ? "b" : "-");
}

static const gale_handler_class teller = { .get = tell };

int main(int argc, char **argv)
{
    return gale_main(
        argc, argv,
        gale_app_new((gale_route[]){ { .url = "/", .handler = &teller }, { 0 } },
                     &(gale_settings){ .debug = GALE_ON,
                                       .autoreload = getenv("AUTORELOAD") ? GALE_OFF : 0,
                                       .data = argv }));
}
