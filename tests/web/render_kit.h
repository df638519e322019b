/* render_kit.h - how tests of rendering serve templates and ask for them: page is the template that
 * the handler shows, result what it gave.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WEB_RENDER_KIT_H
#define TESTS_WEB_RENDER_KIT_H

#include "fake_carrier.h"

#include <gale/json.h>

static struct fake f;
static const char *page; /* the template that show() renders */
static int result;       /* what it gave */

static inline int show(gale_handler *self)
{
    result = gale_render(self, page, NULL);
    return result;
}

static const gale_handler_class show_handler = { .get = show, .post = show };

static inline gale_loader *texts(const gale_template_text *list)
{
    gale_loader *loader = gale_dict_loader_new(list, NULL);

    assert_non_null(loader);
    return loader;
}

#define TEXTS(...) texts((const gale_template_text[]){ __VA_ARGS__, { NULL, NULL } })

static inline void serve(const gale_handler_class *cls, const gale_settings *settings)
{
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/(.*)", .handler = cls, .name = "all" }, { 0 } }, settings));
}

/* The answer for one template. */
static inline void render(const char *text, const gale_settings *settings)
{
    gale_settings own = settings ? *settings : (gale_settings){ 0 };

    page = "t.html";
    own.template_loader = TEXTS({ "t.html", text });
    serve(&show_handler, &own);
    fake_log[0] = 0;
    fake_get(&f, "/a%20b?x=1&y=%3C&x=2");
    fake_end();
}

static inline void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no '%s' in: %s", part, text);
}

static inline void assert_page(const char *text, const char *body)
{
    render(text, NULL);
    assert_string_equal(f.body, body);
    assert_int_equal(f.status, 200);
}

/* A function of the application for templates. */
static inline int whoami(gale_call *call, gale_value *out)
{
    gale_handler *self = gale_call_handler(call);

    assert_non_null(self);
    return gale_value_printf(call->rendering, out, "ui:%s", gale_path_argument(self, 0));
}

static inline int show_title(gale_handler *self)
{
    return gale_render(self, "t.html", json_pack("{s:s}", "title", "call"));
}

#endif
