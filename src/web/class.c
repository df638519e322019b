/* class.c - resolves handler classes: inheritance, the table of verbs, Allow. See class.h. */
/* SPDX-License-Identifier: MIT */
#include "web/class.h"

#include <errno.h>
#include <string.h>

#include <gale/error.h>

#include <gale/staticfile.h>
#include <gale/websocket.h>

#include "base/check.h"

enum { MAX_PARENTS = 32, MAX_SIZE = 1 << 20 };

const struct gale__class *gale__class_find(const struct gale__class *list,
                                           const gale_handler_class *cls)
{
    while (list && list->original != cls)
        list = list->next;
    return list;
}

#define INHERIT(field) own->field = own->field ? own->field : parent->field

static void inherit(gale_handler_class *own, const gale_handler_class *parent)
{
    INHERIT(state_size);
    INHERIT(arg_size);
    INHERIT(get);
    INHERIT(head);
    INHERIT(post);
    INHERIT(put);
    INHERIT(delete_);
    INHERIT(patch);
    INHERIT(options);
    INHERIT(other_method);
    INHERIT(initialize);
    INHERIT(prepare);
    INHERIT(on_finish);
    INHERIT(set_default_headers);
    INHERIT(write_error);
    INHERIT(log_request);
    INHERIT(on_connection_close);
    INHERIT(compute_etag);
    INHERIT(asynchronous);
    INHERIT(cancel_on_close);
    INHERIT(name);
    INHERIT(authenticated);
    INHERIT(get_current_user);
    INHERIT(get_login_url);
    INHERIT(xsrf_cookies);
    INHERIT(check_xsrf_cookie);
    INHERIT(stream_request_body);
    INHERIT(data_received);
    INHERIT(decode_argument);
    INHERIT(log_exception);
    INHERIT(compress_response);
    INHERIT(kind);
    INHERIT(kind_size);
    INHERIT(get_user_locale);
    INHERIT(get_template_path);
    INHERIT(create_template_loader);
    INHERIT(get_template_namespace);
    INHERIT(render_linked_js);
    INHERIT(render_embed_js);
    INHERIT(render_linked_css);
    INHERIT(render_embed_css);
}

#undef INHERIT

static void fill_verbs(struct gale__class *c, bool plain_head)
{
    const gale_handler_class *hooks = &c->hooks;
    bool from_get = hooks->kind != GALE_KIND_WEBSOCKET &&
                    (!plain_head || gale__class_is_builtin(c->original));

    c->verbs[GALE__METHOD_OTHER] = hooks->other_method;
    c->verbs[GALE__METHOD_CONNECT] = hooks->other_method;
    c->verbs[GALE__METHOD_TRACE] = hooks->other_method;
    c->verbs[GALE__METHOD_GET] = hooks->get;
    c->verbs[GALE__METHOD_HEAD] = hooks->head || !from_get ? hooks->head : hooks->get;
    c->verbs[GALE__METHOD_POST] = hooks->post;
    c->verbs[GALE__METHOD_PUT] = hooks->put;
    c->verbs[GALE__METHOD_DELETE] = hooks->delete_;
    c->verbs[GALE__METHOD_PATCH] = hooks->patch;
    c->verbs[GALE__METHOD_OPTIONS] = hooks->options ? hooks->options : gale__answer_options;
}

static const char *make_allow(const struct gale__class *c, struct gale__arena *arena)
{
    char text[96];
    size_t len = 0;

    for (int m = GALE__METHOD_GET; m <= GALE__METHOD_OPTIONS; m++) {
        gale_str name = gale__method_name((enum gale__method)m);

        if (!c->verbs[m] || len + name.len + 2 > sizeof(text))
            continue;
        if (len)
            text[len++] = ',', text[len++] = ' ';
        memcpy(text + len, name.ptr, name.len);
        len += name.len;
    }
    return gale__arena_strndup(arena, text, len);
}

static int check_switches(const gale_handler_class *hooks)
{
    int r = gale__check_switch("asynchronous", hooks->asynchronous);

    if (r == 0)
        r = gale__check_switch("cancel_on_close", hooks->cancel_on_close);
    if (r == 0)
        r = gale__check_switch("xsrf_cookies", hooks->xsrf_cookies);
    if (r == 0)
        r = gale__check_switch("stream_request_body", hooks->stream_request_body);
    if (r == 0)
        r = gale__check_switch("compress_response", hooks->compress_response);
    return r;
}

static int check_fields(const gale_handler_class *hooks)
{
    if (hooks->state_size > MAX_SIZE)
        return gale_err(GALE_EINVAL, "state_size %zu is more than %d", hooks->state_size, MAX_SIZE);
    if (hooks->arg_size > MAX_SIZE)
        return gale_err(GALE_EINVAL, "arg_size %zu is more than %d", hooks->arg_size, MAX_SIZE);
    if (hooks->authenticated < 0 || hooks->authenticated > GALE_ALL)
        return gale_err(GALE_EINVAL, "authenticated is %d: no set of methods such as GALE_ALL",
                        hooks->authenticated);
    if (hooks->kind < GALE_KIND_PLAIN || hooks->kind > GALE_KIND_WEBSOCKET)
        return gale_err(GALE_EINVAL, "kind is %d: no GALE_KIND_...", hooks->kind);
    if (hooks->kind_size && hooks->kind == GALE_KIND_PLAIN)
        return gale_err(GALE_EINVAL, "it has a kind_size, but no kind");
    return check_switches(hooks);
}

/* What an inherited initialize expects of state and arg must be there. */
static int check_sizes(const gale_handler_class *own, const gale_handler_class *parent)
{
    if (own->state_size && own->state_size < parent->state_size)
        return gale_err(GALE_EINVAL, "state_size %zu is smaller than its parent's %zu",
                        own->state_size, parent->state_size);
    if (own->arg_size && own->arg_size < parent->arg_size && !own->initialize)
        return gale_err(GALE_EINVAL,
                        "arg_size %zu is smaller than the %zu that its parent's initialize reads",
                        own->arg_size, parent->arg_size);
    return 0;
}

static size_t size_of_kind(int kind)
{
    return kind == GALE_KIND_WEBSOCKET ? sizeof(gale_websocket_class) : sizeof(gale_static_class);
}

/* The whole struct of a class that has a kind: size is that of the plain struct as the caller
 * knows it, and what follows it are the kind's own pointers. */
static int resolve_kind(struct gale__class *c, const struct gale__class *parent,
                        struct gale__arena *arena, size_t size, size_t kind_size)
{
    const size_t n_most = (size_of_kind(c->hooks.kind) - sizeof(c->hooks)) / sizeof(void *);
    size_t n = kind_size > size ? (kind_size - size) / sizeof(void *) : 0;
    gale_handler_class *own;
    void **hooks;
    void *const *inherited;

    if (!kind_size && !(parent && parent->kind_hooks))
        return 0;
    if (kind_size && kind_size < size)
        return gale_err(GALE_EINVAL, "kind_size %zu is smaller than a class", kind_size);
    if (parent && parent->kind_hooks && parent->hooks.kind != c->hooks.kind)
        return gale_err(GALE_EINVAL, "its kind is not its parent's");
    own = gale__arena_zalloc(arena, size_of_kind(c->hooks.kind));
    if (!own)
        return -ENOMEM;
    *own = c->hooks;
    c->kind_hooks = own;
    hooks = (void **)(own + 1);
    if (n)
        memcpy(hooks, (const char *)c->original + size, (n < n_most ? n : n_most) * sizeof(void *));
    if (!parent || !parent->kind_hooks)
        return 0;
    inherited = (void *const *)(parent->kind_hooks + 1);
    for (size_t i = 0; i < n_most; i++)
        hooks[i] = hooks[i] ? hooks[i] : inherited[i];
    return 0;
}

/* Fills c in from its own struct of size bytes and its parent (NULL: none). */
static int fill(struct gale__class *c, const struct gale__class *parent,
                const struct gale__class_space *space, size_t size)
{
    struct gale__arena *arena = space->arena;
    size_t kind_size = c->hooks.kind_size;
    int (*own_get)(gale_handler *) = c->hooks.get;
    int r = parent ? check_sizes(&c->hooks, &parent->hooks) : 0;

    if (parent)
        inherit(&c->hooks, &parent->hooks);
    if (r == 0)
        r = check_fields(&c->hooks);
    if (r == 0)
        r = resolve_kind(c, parent, arena, size, kind_size);
    if (r >= 0 && c->hooks.kind == GALE_KIND_WEBSOCKET)
        r = gale__websocket_class_fill(c, own_get);
    if (r < 0)
        return r;
    fill_verbs(c, space->plain_head);
    c->allow = make_allow(c, arena);
    return c->allow ? 0 : -ENOMEM;
}

static struct gale__class *resolve(const struct gale__class_space *space,
                                   const gale_handler_class *cls, int depth, int *error)
{
    size_t size = gale__class_is_builtin(cls) ? sizeof(*cls) : space->size;
    struct gale__class *c = (struct gale__class *)gale__class_find(*space->list, cls);
    struct gale__class *parent = NULL;

    if (c)
        return c;
    if (depth > MAX_PARENTS) {
        *error = gale_err(GALE_EINVAL, "its class has more than %d parents", MAX_PARENTS);
        return NULL;
    }
    c = gale__arena_zalloc(space->arena, sizeof(*c));
    if (!c) {
        *error = -ENOMEM;
        return NULL;
    }
    c->original = cls;
    memcpy(&c->hooks, cls, size < sizeof(c->hooks) ? size : sizeof(c->hooks));
    if (c->hooks.parent) {
        parent = resolve(space, c->hooks.parent, depth + 1, error);
        if (!parent)
            return NULL;
    }
    *error = fill(c, parent, space, size);
    if (*error < 0)
        return NULL;
    c->next = *space->list;
    *space->list = c;
    return c;
}

static bool has_verb(const gale_handler_class *hooks)
{
    return hooks->get || hooks->head || hooks->post || hooks->put || hooks->delete_ ||
           hooks->patch || hooks->options || hooks->other_method;
}

const struct gale__class *gale__class_resolve(const struct gale__class_space *space,
                                              const gale_handler_class *cls, int *error)
{
    struct gale__class *c = resolve(space, cls, 0, error);

    if (c && !has_verb(&c->hooks)) {
        *error = gale_err(GALE_EINVAL, "its handler class has no method (.get, .post ...)");
        return NULL;
    }
    return c;
}
