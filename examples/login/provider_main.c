/* provider_main.c - the provider to try with as a program of its own, for sites under development.
 *
 *     ./provider --port=9999
 *     ./provider --port=9999 --everybody=ada
 *
 * Its issuer is http://localhost:9999/provider; any client_id will do, and there is no secret.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <stdio.h>

#include "provider.h"

static int front_get(gale_handler *self)
{
    const char *issuer = local_provider_issuer(self);

    if (!issuer)
        return gale_fail(self, 404, NULL);
    gale_set_header(self, "Content-Type", "text/plain; charset=UTF-8");
    return gale_printf(self, "An OpenID provider to try with. Its issuer is %s\n", issuer);
}

static const gale_handler_class front = { .get = front_get };

static int options_are_read(gale_options *options, void *arg)
{
    return local_provider_open(arg, gale_option_str(options, "everybody"));
}

int main(int argc, char **argv)
{
    gale_options *options = gale_options_default();
    local_provider *provider = local_provider_new();
    int status = provider ? gale_define(options, .name = "everybody", .metavar = "ada|grace|alan",
                                        .help = "nobody is asked, everybody is this one")
                          : -1;

    if (status >= 0)
        status = gale_options_add_parse_callback(options, options_are_read, provider);
    if (status < 0) {
        fprintf(stderr, "provider: it cannot begin\n");
        return 1;
    }
    status = gale_main(argc, argv,
                       gale_app_new(
                           (gale_route[]){
                               { .url = "/", .handler = &front },
                               { .url = "/provider", .routes = local_provider_routes(provider) },
                               { 0 },
                           },
                           &(gale_settings){
                               .cookie_secret = local_provider_secret(provider),
                               .xsrf_cookies = GALE_ON,
                           }));
    local_provider_free(provider);
    return status;
}
