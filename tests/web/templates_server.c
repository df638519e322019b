/* templates_server.c - the application that test_templates_wire.py talks to. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>
#include <stdlib.h>
#include <string.h>

/* What became of pages, for the test to ask. */
static struct {
    int rested, cancelled, finished;
} counts;

static int rest(gale_call *call, gale_value *out)
{
    double seconds;
    int r = gale_call_float(call, 0, "seconds", &seconds);

    if (r >= 0)
        r = gale_sleep(seconds);
    if (r == GALE_ECANCELED)
        counts.cancelled++;
    if (r < 0)
        return r;
    counts.rested++;
    return gale_value_text(call->rendering, out, "rested");
}

static int story(gale_call *call, gale_value *out)
{
    const char *id;
    int r = gale_call_text(call, 0, "id", &id);

    if (r < 0)
        return r;
    if (strcmp(id, "1") != 0)
        return gale_fail(gale_call_handler(call), 404, "no story %s", id);
    return gale_value_take_json(call->rendering, out, json_pack("{s:s}", "title", "<One>"));
}

static const gale_name methods[] = {
    { .name = "rest", .function = rest },
    { .name = "story", .function = story },
    { 0 },
};

static int page_get(gale_handler *self)
{
    return gale_render(self, gale_path_argument(self, 0), NULL);
}

static int page_post(gale_handler *self)
{
    return gale_write(self, "posted");
}

static int flushed_get(gale_handler *self)
{
    int r = gale_write(self, "first,");

    if (r >= 0)
        r = gale_flush(self);
    return r < 0 ? r : page_get(self);
}

static void count_finished(gale_handler *self)
{
    (void)self;
    counts.finished++;
}

static int counts_get(gale_handler *self)
{
    return gale_printf(self, "%d %d %d", counts.rested, counts.cancelled, counts.finished);
}

static int render_entry(gale_module *self, gale_call *call, gale_value *out)
{
    return gale_module_render(self, call, out, "entry.html", NULL);
}

static const gale_ui_module entry = {
    .name = "Entry",
    .size = sizeof(gale_ui_module),
    .render = render_entry,
    .assets = { .javascript_files = (const char *const[]){ "entry.js", "/own.js", "entry.js",
                                                           NULL },
                .embedded_css = ".entry {}" },
};

static const gale_handler_class pages = { .get = page_get,
                                          .post = page_post,
                                          .on_finish = count_finished };
static const gale_handler_class cancelled_pages = { .parent = &pages, .cancel_on_close = GALE_ON };
static const gale_handler_class flushed_pages = { .parent = &pages, .get = flushed_get };
static const gale_handler_class counters = { .get = counts_get };

static gale_app *make_app(void)
{
    return gale_app_new(
        (gale_route[]){
            { .url = "/counts", .handler = &counters },
            { .url = "/cancelled/(.*)", .handler = &cancelled_pages },
            { .url = "/flushed/(.*)", .handler = &flushed_pages },
            { .url = "/(.*)", .handler = &pages },
            { 0 },
        },
        &(gale_settings){
            .template_path = getenv("TEMPLATES"),
            .static_path = getenv("TEMPLATES"),
            .compiled_template_cache = getenv("NO_CACHE") ? GALE_OFF : 0,
            .debug = getenv("DEBUG") ? GALE_ON : 0,
            .autoreload = GALE_OFF,
            .template_limits.max_steps = 100000,
            .xsrf_cookies = GALE_ON,
            .compress_response = GALE_ON,
            .ui_methods = methods,
            .ui_modules = (const gale_ui_module *const[]){ &entry, NULL },
        });
}

int main(int argc, char **argv)
{
    return gale_main(argc, argv, make_app());
}
