/* cookies.c - guide: cookies plain, signed and encrypted. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <stdlib.h>
#include <string.h>

/* Anybody can read and change it. */
static int plain_get(gale_handler *self)
{
    long visits = strtol(gale_get_cookie(self, "visits", "0"), NULL, 10) + 1;

    gale_set_cookie(self, "visits", gale_printf_alloc(self, "%ld", visits),
                    &(gale_cookie){ .expires_days = 30, .same_site = GALE_SAME_SITE_LAX });
    return gale_printf(self, "visit %ld\n", visits);
}

/* The client can read it, but not change it. */
static int signed_get(gale_handler *self)
{
    gale_str name = gale_get_signed_cookie(self, "name", 0);

    if (!name.ptr)
        return gale_write(self, "nobody\n");
    return gale_printf(self, "%s\n", name.ptr);
}

static int signed_post(gale_handler *self)
{
    const char *name;
    int r = gale_require_argument(self, "name", &name);

    if (r >= 0)
        r = gale_set_signed_cookie(self, "name", (gale_str){ name, strlen(name) },
                                   &(gale_cookie){ .http_only = GALE_ON });
    return r;
}

/* The client can do neither. */
static int secret_get(gale_handler *self)
{
    gale_str note = gale_get_encrypted_cookie(self, "note", 7);

    return gale_printf(self, "%s\n", note.ptr ? note.ptr : "nothing noted");
}

static int secret_post(gale_handler *self)
{
    const char *note = gale_get_argument(self, "note", "");

    return gale_set_encrypted_cookie(self, "note", (gale_str){ note, strlen(note) }, NULL);
}

static const gale_handler_class plain_handler = { .get = plain_get };
static const gale_handler_class signed_handler = { .get = signed_get, .post = signed_post };
static const gale_handler_class secret_handler = { .get = secret_get, .post = secret_post };

int main(int argc, char **argv)
{
    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/plain", .handler = &plain_handler },
                             { .url = "/signed", .handler = &signed_handler },
                             { .url = "/secret", .handler = &secret_handler },
                             { 0 },
                         },
                         &(gale_settings){ .cookie_secret = "in production: from a file" }));
}
