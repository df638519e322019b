/* scope.c - which name is which local, and which is looked up outside of the template.
 *
 * As in Python a name is local to the part that assigns it, also before the assignment. When a name
 * is met it is resolved by what is known then; gale__scope_settle() mends that when its scope is
 * complete.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/str.h"
#include "template/compiler.h"

struct gale__scope *gale__scope_open(struct gale__compiler *c, bool is_shown)
{
    struct gale__scope *scope = gale__arena_zalloc(&c->scratch, sizeof(*scope));

    if (!scope) {
        gale__compile_fail(c, -ENOMEM);
        return NULL;
    }
    scope->outer = c->scope;
    scope->is_shown = is_shown;
    scope->first_kept = c->scope ? c->scope->first_kept : GALE__NO_LOCAL;
    scope->all = c->scopes;
    c->scope = c->scopes = scope;
    return scope;
}

void gale__scope_close(struct gale__compiler *c)
{
    c->scope = c->scope->outer;
}

static int32_t find(const struct gale__scope *scope, gale_str name)
{
    for (; scope; scope = scope->outer) {
        uintptr_t found = (uintptr_t)gale__map_get(&scope->locals, name);

        if (found)
            return (int32_t)found - 1;
    }
    return GALE__NO_LOCAL;
}

uint32_t gale__scope_declare(struct gale__compiler *c, gale_str name)
{
    uintptr_t found = (uintptr_t)gale__map_get(&c->scope->locals, name);

    if (found)
        return (uint32_t)found - 1;
    gale_str copy = gale__compile_string(c, name);
    struct gale__local_name *local = gale__table_add(c, &c->locals, sizeof(*local), UINT16_MAX);

    if (!local)
        return 0;
    local->name = copy;
    local->is_shown = c->scope->is_shown;
    if (gale__map_set(&c->scope->locals, copy, (void *)(uintptr_t)c->locals.n) < 0)
        gale__compile_fail(c, -ENOMEM);
    return c->locals.n - 1;
}

uint32_t gale__compile_global(struct gale__compiler *c, gale_str name)
{
    uintptr_t found = (uintptr_t)gale__map_get(&c->global_names, name);

    if (found)
        return (uint32_t)found - 1;
    gale_str copy = gale__compile_string(c, name);
    gale_str *global = gale__table_add(c, &c->globals, sizeof(*global), UINT32_MAX);

    if (!global)
        return 0;
    *global = copy;
    if (gale__map_set(&c->global_names, copy, (void *)(uintptr_t)c->globals.n) < 0)
        gale__compile_fail(c, -ENOMEM);
    return c->globals.n - 1;
}

void gale__emit_load(struct gale__compiler *c, gale_str name)
{
    int32_t local = find(c->scope, name);

    if (local >= 0)
        gale__emit(c, GALE__OP_LOAD_LOCAL, 0, (uint32_t)local, 0);
    else
        gale__emit(c, GALE__OP_LOAD_GLOBAL, 0, 0, gale__compile_global(c, name));
}

/* Makes t n items long, new ones zero. */
static uint32_t *widen(struct gale__compiler *c, struct gale__table *t, uint32_t n)
{
    while (t->n < n && gale__table_add(c, t, sizeof(uint32_t), UINT32_MAX))
        ;
    return t->items;
}

/* Notes for each global and each local around the scope what it is in it: 1 + local, or 0. */
static void note(struct gale__compiler *c, const struct gale__scope *scope, bool is_set)
{
    const struct gale__map_slot *slot;
    uint32_t *globals = widen(c, &c->local_of_global, c->globals.n);
    uint32_t *locals = widen(c, &c->local_of_local, c->locals.n);
    size_t i = 0;

    while (c->code == 0 && (slot = gale__map_next(&scope->locals, &i))) {
        uint32_t value = is_set ? (uint32_t)(uintptr_t)slot->value : 0;
        uintptr_t global = (uintptr_t)gale__map_get(&c->global_names, slot->key);
        int32_t outer = find(scope->outer, slot->key);

        if (global)
            globals[global - 1] = value;
        if (outer >= 0)
            locals[outer] = value;
    }
}

static void settle_one(const struct gale__compiler *c, struct gale_template_code *op)
{
    const uint32_t *globals = c->local_of_global.items, *locals = c->local_of_local.items;
    bool is_escape = op->op == GALE__OP_ESCAPE_GLOBAL || op->op == GALE__OP_ESCAPE_LOCAL;
    uint32_t found = 0;

    if (op->op == GALE__OP_LOAD_GLOBAL || op->op == GALE__OP_ESCAPE_GLOBAL)
        found = globals[op->c];
    else if (op->op == GALE__OP_LOAD_LOCAL || op->op == GALE__OP_ESCAPE_LOCAL)
        found = locals[op->b];
    if (!found)
        return;
    op->op = is_escape ? GALE__OP_ESCAPE_LOCAL : GALE__OP_LOAD_LOCAL;
    op->b = (uint16_t)(found - 1);
    op->c = 0;
}

void gale__scope_settle(struct gale__compiler *c, struct gale__scope *scope, uint32_t from)
{
    struct gale_template_code *ops = c->ops.items;

    if (c->code < 0 || scope->locals.n == 0)
        return;
    note(c, scope, true);
    for (uint32_t i = from; i < c->ops.n && c->code == 0; i++)
        settle_one(c, &ops[i]);
    note(c, scope, false);
}
