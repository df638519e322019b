/* class.c - resolves handler classes: inheritance, the table of verbs, Allow. See class.h. */
/* SPDX-License-Identifier: MIT */
#include "web/class.h"

#include <errno.h>
#include <string.h>

#include <gale/error.h>

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
}

#undef INHERIT

static void fill_verbs(struct gale__class *c)
{
    const gale_handler_class *hooks = &c->hooks;

    c->verbs[GALE__METHOD_OTHER] = hooks->other_method;
    c->verbs[GALE__METHOD_CONNECT] = hooks->other_method;
    c->verbs[GALE__METHOD_TRACE] = hooks->other_method;
    c->verbs[GALE__METHOD_GET] = hooks->get;
    c->verbs[GALE__METHOD_HEAD] = hooks->head ? hooks->head : hooks->get;
    c->verbs[GALE__METHOD_POST] = hooks->post;
    c->verbs[GALE__METHOD_PUT] = hooks->put;
    c->verbs[GALE__METHOD_DELETE] = hooks->delete_;
    c->verbs[GALE__METHOD_PATCH] = hooks->patch;
    c->verbs[GALE__METHOD_OPTIONS] = hooks->options;
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

static int check_fields(const gale_handler_class *hooks)
{
    int r = gale__check_switch("asynchronous", hooks->asynchronous);

    if (r == 0)
        r = gale__check_switch("cancel_on_close", hooks->cancel_on_close);
    if (r == 0 && hooks->state_size > MAX_SIZE)
        r = gale_err(GALE_EINVAL, "state_size %zu is more than %d", hooks->state_size, MAX_SIZE);
    if (r == 0 && hooks->arg_size > MAX_SIZE)
        r = gale_err(GALE_EINVAL, "arg_size %zu is more than %d", hooks->arg_size, MAX_SIZE);
    return r;
}

static struct gale__class *resolve(struct gale__class **list, struct gale__arena *arena,
                                   const gale_handler_class *cls, size_t size, int depth,
                                   int *error)
{
    struct gale__class *c = (struct gale__class *)gale__class_find(*list, cls);
    struct gale__class *parent = NULL;

    if (c)
        return c;
    if (depth > MAX_PARENTS) {
        *error = gale_err(GALE_EINVAL, "its class has more than %d parents", MAX_PARENTS);
        return NULL;
    }
    c = gale__arena_zalloc(arena, sizeof(*c));
    if (!c) {
        *error = -ENOMEM;
        return NULL;
    }
    c->original = cls;
    memcpy(&c->hooks, cls, size < sizeof(c->hooks) ? size : sizeof(c->hooks));
    *error = check_fields(&c->hooks);
    if (*error < 0)
        return NULL;
    if (c->hooks.parent) {
        parent = resolve(list, arena, c->hooks.parent, size, depth + 1, error);
        if (!parent)
            return NULL;
        if (c->hooks.state_size && c->hooks.state_size < parent->hooks.state_size) {
            *error = gale_err(GALE_EINVAL, "state_size %zu is smaller than its parent's %zu",
                              c->hooks.state_size, parent->hooks.state_size);
            return NULL;
        }
        inherit(&c->hooks, &parent->hooks);
    }
    fill_verbs(c);
    c->allow = make_allow(c, arena);
    if (!c->allow) {
        *error = -ENOMEM;
        return NULL;
    }
    c->next = *list;
    *list = c;
    return c;
}

static bool has_verb(const struct gale__class *c)
{
    return c->allow[0] || c->hooks.other_method;
}

const struct gale__class *gale__class_resolve(struct gale__class **list, struct gale__arena *arena,
                                              const gale_handler_class *cls, size_t size,
                                              int *error)
{
    struct gale__class *c = resolve(list, arena, cls, size, 0, error);

    if (c && !has_verb(c)) {
        *error = gale_err(GALE_EINVAL, "its handler class has no method (.get, .post ...)");
        return NULL;
    }
    return c;
}
