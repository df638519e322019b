/* ui_page.c - what the UI modules of a page bring into it: scripts, styles, pieces of HTML.
 *
 * All go in at three places of the page as it was rendered: the last </body>, the first </head>,
 * the first </body>, each piece with a line end behind it, in Tornado's order.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <gale/staticfile.h>

#include "base/escape.h"
#include "base/str.h"
#include "web/page.h"

/* Texts in the order they came. */
struct texts {
    const char **list; /* NULL-terminated; NULL: none */
    size_t n, cap;
    const char *whose; /* the module that brought the first one */
};

struct assets {
    struct gale__arena *arena;
    struct texts js_files, js, css_files, css, heads, bodies;
    const char *page;   /* the name of its template */
    const char *module; /* whose are gathered */
    int error;
};

static void add(struct assets *a, struct texts *t, const char *text)
{
    const char **list = t->list;

    if (a->error || !text || !*text)
        return;
    if (t->n + 1 >= t->cap) {
        t->cap = t->cap ? 2 * t->cap : 8;
        list = gale__arena_alloc(a->arena, t->cap * sizeof(*list));
        if (!list) {
            a->error = -ENOMEM;
            return;
        }
        if (t->n)
            memcpy(list, t->list, t->n * sizeof(*list));
        t->list = list;
    }
    if (!t->n)
        t->whose = a->module;
    list[t->n++] = text;
    list[t->n] = NULL;
}

static bool is_absolute(const char *path)
{
    return path[0] == '/' || strncmp(path, "http:", 5) == 0 || strncmp(path, "https:", 6) == 0;
}

/* The URL of a file, unless it is there already. */
static void add_file(gale_handler *self, struct assets *a, struct texts *t, const char *path)
{
    if (a->error || !*path)
        return;
    if (!is_absolute(path))
        path = gale_static_url(self, path);
    if (!path) {
        a->error = self->failed < 0 ? self->failed : -ENOMEM;
        return;
    }
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->list[i], path) == 0)
            return;
    add(a, t, path);
}

static void add_all(gale_handler *self, struct assets *a, const gale_ui_assets *own)
{
    for (size_t i = 0; own->javascript_files && own->javascript_files[i]; i++)
        add_file(self, a, &a->js_files, own->javascript_files[i]);
    add(a, &a->js, own->embedded_javascript);
    for (size_t i = 0; own->css_files && own->css_files[i]; i++)
        add_file(self, a, &a->css_files, own->css_files[i]);
    add(a, &a->css, own->embedded_css);
    add(a, &a->heads, own->html_head);
    add(a, &a->bodies, own->html_body);
}

static int gather(gale_handler *self, struct assets *a)
{
    for (gale_module *m = self->more->page->modules; m && !a->error; m = m->next) {
        gale_ui_assets own = m->cls->m.assets;

        a->module = m->cls->m.name;
        if (m->cls->m.get_assets) {
            own = (gale_ui_assets){ 0 };
            a->error = m->cls->m.get_assets(m, &own);
        }
        if (a->error > 0)
            a->error = 0;
        add_all(self, a, &own);
        for (struct gale__ui_resources *r = m->resources; r; r = r->next)
            add_all(self, a, &r->assets);
    }
    return a->error;
}

/* --- HTML of each kind ------------------------------------------------------------------ */

static void put_links(struct gale__buf *out, const struct texts *t, const char *before,
                      const char *after)
{
    for (size_t i = 0; i < t->n; i++) {
        gale__buf_append_cstr(out, before);
        gale__xhtml_escape(out, gale__str(t->list[i]));
        gale__buf_append_cstr(out, after);
    }
}

static void put_pieces(struct gale__buf *out, const struct texts *t, const char *before,
                       const char *between, const char *after)
{
    gale__buf_append_cstr(out, before);
    for (size_t i = 0; i < t->n; i++) {
        if (i)
            gale__buf_append_cstr(out, between);
        gale__buf_append_cstr(out, t->list[i]);
    }
    gale__buf_append_cstr(out, after);
}

/* What the class makes of them instead, if it does. 1, 0 when it has no such hook, or a failure. */
static int ask(gale_handler *self, const char *(*hook)(gale_handler *, const char *const *),
               const struct texts *t, const char *name, struct gale__buf *out)
{
    const char *html;

    if (!hook || self->app != self->route->app)
        return 0;
    html = hook(self, t->list);
    if (!html)
        return gale_err(GALE_EINVAL, "%s of the class gave nothing", name);
    gale__buf_append_cstr(out, html);
    return 1;
}

static int put_scripts(gale_handler *self, const struct assets *a, struct gale__buf *out)
{
    const gale_handler_class *hooks = &self->cls->hooks;
    int r = 0;

    if (a->js_files.n) {
        r = ask(self, hooks->render_linked_js, &a->js_files, "render_linked_js", out);
        if (r == 0)
            put_links(out, &a->js_files, "<script src=\"", "\" type=\"text/javascript\"></script>");
        gale__buf_append_char(out, '\n');
    }
    if (r >= 0 && a->js.n) {
        r = ask(self, hooks->render_embed_js, &a->js, "render_embed_js", out);
        if (r == 0)
            put_pieces(out, &a->js, "<script type=\"text/javascript\">\n//<![CDATA[\n", "\n",
                       "\n//]]>\n</script>");
        gale__buf_append_char(out, '\n');
    }
    return r;
}

static int put_head(gale_handler *self, const struct assets *a, struct gale__buf *out)
{
    const gale_handler_class *hooks = &self->cls->hooks;
    int r = 0;

    if (a->css_files.n) {
        r = ask(self, hooks->render_linked_css, &a->css_files, "render_linked_css", out);
        if (r == 0)
            put_links(out, &a->css_files, "<link href=\"",
                      "\" type=\"text/css\" rel=\"stylesheet\"/>");
        gale__buf_append_char(out, '\n');
    }
    if (r >= 0 && a->css.n) {
        r = ask(self, hooks->render_embed_css, &a->css, "render_embed_css", out);
        if (r == 0)
            put_pieces(out, &a->css, "<style type=\"text/css\">\n", "\n", "\n</style>");
        gale__buf_append_char(out, '\n');
    }
    if (a->heads.n)
        put_pieces(out, &a->heads, "", "", "\n");
    return r;
}

/* --- the page --------------------------------------------------------------------------- */

struct insertion {
    size_t at;
    struct gale__buf html;
};

enum { SCRIPTS, HEAD, BODY, N_PLACES };

static bool first_of(gale_str page, const char *tag, size_t *at)
{
    const char *found = page.len ? memmem(page.ptr, page.len, tag, strlen(tag)) : NULL;

    if (found)
        *at = (size_t)(found - page.ptr);
    return found;
}

static bool last_of(gale_str page, const char *tag, size_t *at)
{
    size_t len = strlen(tag);

    if (!first_of(page, tag, at))
        return false;
    for (size_t i = page.len - len; i > *at; i--)
        if (memcmp(page.ptr + i, tag, len) == 0)
            *at = i;
    return true;
}

/* Who is told: the first module that brings some of these, which end with NULL. */
static int no_place(gale_handler *self, const struct assets *a, const char *tag,
                    const struct texts *const *brought)
{
    const char *text;

    while (brought[1] && !brought[0]->n)
        brought++;
    text = gale__arena_printf(a->arena,
                              "the UI module %s has something for %s, which is not in the page",
                              brought[0]->whose, tag);
    return text ? gale__page_fail(self, a->page, GALE_EINVAL, text) : -ENOMEM;
}

#define NO_PLACE(tag, ...)                                                                         \
    no_place(self, a, tag, (const struct texts *const[]){ __VA_ARGS__, NULL })

/* Where each goes that has something. */
static int place(gale_handler *self, const struct assets *a, gale_str page,
                 struct insertion places[N_PLACES])
{
    if (places[SCRIPTS].html.len && !last_of(page, "</body>", &places[SCRIPTS].at))
        return NO_PLACE("</body>", &a->js_files, &a->js);
    if (places[HEAD].html.len && !first_of(page, "</head>", &places[HEAD].at))
        return NO_PLACE("</head>", &a->css_files, &a->css, &a->heads);
    if (places[BODY].html.len && !first_of(page, "</body>", &places[BODY].at))
        return NO_PLACE("</body>", &a->bodies);
    return 0;
}

#undef NO_PLACE

static int make(gale_handler *self, const struct assets *a, gale_str page,
                struct insertion places[N_PLACES])
{
    int r = put_scripts(self, a, &places[SCRIPTS].html);

    if (r >= 0)
        r = put_head(self, a, &places[HEAD].html);
    if (r >= 0 && a->bodies.n)
        put_pieces(&places[BODY].html, &a->bodies, "", "", "\n");
    for (int i = 0; i < N_PLACES && r >= 0; i++)
        r = places[i].html.error;
    return r < 0 ? r : place(self, a, page, places);
}

/* The last place of those that are left. At one place scripts come before what is for the body. */
static struct insertion *take_last(struct insertion places[N_PLACES])
{
    struct insertion *last = NULL;

    for (int i = 0; i < N_PLACES; i++)
        if (places[i].html.len && (!last || places[i].at >= last->at))
            last = &places[i];
    return last;
}

/* From the end of the page on, each piece of it is moved once. */
static int insert(gale_template_out *page, struct insertion places[N_PLACES])
{
    struct insertion *place;
    size_t end = page->len, extra = 0;
    int r = 0;

    for (int i = 0; i < N_PLACES; i++)
        extra += places[i].html.len;
    if (extra > page->cap - page->len)
        r = page->grow(page, extra);
    if (r < 0)
        return r;
    page->len += extra;
    while ((place = take_last(places))) {
        memmove(page->data + place->at + extra, page->data + place->at, end - place->at);
        end = place->at;
        extra -= place->html.len;
        memcpy(page->data + end + extra, place->html.ptr, place->html.len);
        gale__buf_deinit(&place->html);
    }
    return 0;
}

int gale__page_add_assets(gale_handler *self, const char *name, gale_template_out *page)
{
    struct insertion places[N_PLACES];
    struct assets assets = { .arena = &self->x->arena, .page = name };
    int r = gather(self, &assets);

    for (int i = 0; i < N_PLACES; i++)
        gale__buf_init(&places[i].html, SIZE_MAX / 8);
    if (r >= 0)
        r = make(self, &assets, (gale_str){ page->data, page->len }, places);
    if (r >= 0)
        r = insert(page, places);
    for (int i = 0; i < N_PLACES; i++)
        gale__buf_deinit(&places[i].html);
    return r;
}
