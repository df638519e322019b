/* middleware.c - guide: what is done around handlers. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <string.h>

/* Around everything: sees what the rest gave. */
static int timing_around(gale_handler *self, void *arg)
{
    int r = gale_call_next(self);

    (void)arg;
    gale_log(&gale_log_application, GALE_LOG_INFO, "%s: %d after %.6f s",
             gale_handler_request(self)->path, r, gale_request_time(gale_handler_request(self)));
    return r;
}

/* Before: may answer, and then nothing inside of it runs. */
static int key_before(gale_handler *self, void *arg)
{
    const char *key = gale_request_header(gale_handler_request(self), "X-Api-Key");

    if (!key || strcmp(key, arg) != 0)
        return gale_fail(self, 401, "no key or a wrong one");
    return 0;
}

/* After: when the headers are about to leave, those of error pages too. */
static int headers_after(gale_handler *self, void *arg)
{
    return gale_set_header(self, "X-Served-By", arg);
}

static int data_get(gale_handler *self)
{
    return gale_write(self, "data\n");
}

static const gale_handler_class data_handler = { .get = data_get };

int main(int argc, char **argv)
{
    static char secret[] = "sesame", name[] = "gale";
    static const gale_middleware timing = { .around = timing_around };
    static const gale_middleware headers = { .after = headers_after, .arg = name };
    static const gale_middleware key = { .before = key_before, .arg = secret };
    static const gale_middleware *const everywhere[] = { &timing, &headers, NULL };
    static const gale_middleware *const in_api[] = { &key, NULL };
    static const gale_route api[] = {
        { .url = "/data", .handler = &data_handler },
        { 0 },
    };

    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/api", .routes = api, .middleware = in_api },
                             { .url = "/data", .handler = &data_handler },
                             { 0 },
                         },
                         &(gale_settings){ .middleware = everywhere }));
}
