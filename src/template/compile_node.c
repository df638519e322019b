/* compile_node.c - nodes to instructions: text, output, conditions, loops, apply, parts of other
 * files. See compiler.h.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "base/escape.h"
#include "base/str.h"
#include "template/compiler.h"
#include "template/values.h"

enum { MAX_WORK = 1 << 22 };

bool gale__compile_enter(struct gale__compiler *c, uint32_t line, uint32_t column)
{
    if (c->code == 0 && c->nesting >= GALE__TEMPLATE_NESTING)
        gale__compile_error(c, line, column,
                            "blocks, includes and loops within each other are limited to %d",
                            GALE__TEMPLATE_NESTING);
    if (c->code < 0)
        return false;
    c->nesting++;
    return true;
}

/* --- the HTML around, with contextual autoescape ---- */

static void track_text(struct gale__compiler *c, const struct gale__node *node)
{
    int r = c->is_tracking ? gale__html_text(&c->html, node->text) : 0;

    if (r == 0 || !c->file->is_contextual || c->has_lost_html)
        return;
    gale__compile_complain(c, r, node->line, node->column, "%s", gale_strerror(r));
    c->has_lost_html = true;
}

/* The context of an expression that is escaped for it; what is written in another way is taken to
 * be whole. */
static int track_expression(struct gale__compiler *c, const struct gale__expr *e, bool is_raw)
{
    int r;

    if (!c->is_tracking)
        return GALE__HTML_TEXT;
    if (is_raw || !c->file->is_contextual) {
        gale__html_written(&c->html);
        return GALE__HTML_TEXT;
    }
    r = gale__html_expression(&c->html);
    if (r >= 0)
        return r;
    if (!c->has_lost_html)
        gale__compile_complain(c, r, e->line, e->column, "%s", gale_strerror(r));
    return GALE__HTML_TEXT;
}

static void fail_to_join(struct gale__compiler *c, uint32_t line, uint32_t column, const char *what)
{
    if (!c->has_lost_html)
        gale__compile_complain(c, GALE_EINVAL, line, column,
                               "contextual autoescape: the HTML is in another state %s", what);
    c->has_lost_html = true;
}

void gale__compile_join(struct gale__compiler *c, const struct gale__html_state *other,
                        uint32_t line, uint32_t column, const char *what)
{
    if (c->is_tracking && c->code == 0 && !gale__html_join(&c->html, other))
        fail_to_join(c, line, column, what);
}

void gale__compile_rejoin(struct gale__compiler *c, const struct gale__html_state *begin,
                          uint32_t line, uint32_t column, const char *what)
{
    if (c->is_tracking && c->code == 0 && !gale__html_rejoin(&c->html, begin))
        fail_to_join(c, line, column, what);
}

/* --- output ---- */

/* The text of a value that needs no rendering to be known. */
static bool text_of(struct gale__compiler *c, gale_value v, gale_str *out)
{
    char digits[32];

    if (v.kind == GALE_VALUE_TEXT || v.kind == GALE_VALUE_BYTES)
        *out = gale__value_slice(v);
    else if (v.kind == GALE_VALUE_NONE)
        *out = GALE__STR("None");
    else if (v.kind == GALE_VALUE_BOOL)
        *out = v.u.i ? GALE__STR("True") : GALE__STR("False");
    else if (v.kind != GALE_VALUE_INT)
        return false;
    else
        *out = (gale_str){ digits,
                           (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)v.u.i) };
    *out = gale__compile_string(c, *out);
    return true;
}

static void emit_escaped(struct gale__compiler *c, gale_str text)
{
    struct gale__buf escaped;

    gale__buf_init(&escaped, SIZE_MAX);
    if (gale__xhtml_escape(&escaped, text) < 0)
        gale__compile_fail(c, -ENOMEM);
    gale__emit_text(c, gale__compile_string(c, gale__buf_str(&escaped)));
    gale__buf_deinit(&escaped);
}

/* What is known is escaped now. */
static bool emit_known(struct gale__compiler *c, const struct gale__expr *e, bool is_raw)
{
    gale_str text;
    gale_value v;

    if (!is_raw && (c->file->is_contextual || c->file->escape))
        return false;
    if (!gale__compile_fold(e, &v) || !text_of(c, v, &text))
        return false;
    if (is_raw || !c->file->is_xhtml)
        gale__emit_text(c, text);
    else
        emit_escaped(c, text);
    return true;
}

/* The function that the file escapes with gets bytes, and what it gives is written as it is. */
static void call_escape(struct gale__compiler *c)
{
    gale__emit(c, GALE__OP_TO_BYTES, 0, 0, 0);
    struct gale_template_position at = c->at;

    gale__compile_expr(c, c->file->escape);
    c->at = at;
    gale__emit(c, GALE__OP_ROT2, 0, 0, 0);
    gale__emit_plain_call(c, 1);
    gale__emit(c, GALE__OP_EMIT, 0, 0, 0);
}

static void compile_output(struct gale__compiler *c, const struct gale__node *node)
{
    const struct gale__expr *e = node->expr;
    bool is_raw = node->kind != GALE__NODE_EXPRESSION;
    int context = track_expression(c, e, is_raw);

    if (emit_known(c, e, is_raw))
        return;
    gale__compile_expr(c, e);
    gale__compile_at(c, e->line, e->column);
    if (is_raw)
        gale__emit(c, GALE__OP_EMIT, 0, 0, 0);
    else if (c->file->is_contextual)
        gale__emit(c, GALE__OP_CONTEXT, (uint32_t)context, 0, 0);
    else if (c->file->is_xhtml)
        gale__emit(c, GALE__OP_ESCAPE, 0, 0, 0);
    else if (c->file->escape)
        call_escape(c);
    else
        gale__emit(c, GALE__OP_EMIT, 0, 0, 0);
}

/* --- conditions and loops ---- */

static void compile_if(struct gale__compiler *c, const struct gale__node *node)
{
    struct gale__html_state before = c->html, after = c->html;
    struct gale__label end = { 0 };
    bool has_else = false;

    for (const struct gale__clause *clause = node->clauses; clause; clause = clause->next) {
        const struct gale__expr *test = clause->kind == GALE__CLAUSE_BODY ? node->expr
                                                                          : clause->expr;
        struct gale__label otherwise = { 0 };

        has_else = clause->kind == GALE__CLAUSE_ELSE;
        c->html = before;
        if (test)
            gale__compile_condition(c, test, false, &otherwise);
        gale__compile_nodes(c, clause->body);
        if (clause != node->clauses)
            gale__compile_join(c, &after, clause->line, clause->column,
                               "at the end of this branch than of the first");
        after = c->html;
        if (clause->next)
            gale__emit_jump(c, GALE__OP_JUMP, &end);
        gale__label_here(c, &otherwise);
    }
    if (!has_else)
        gale__compile_join(c, &before, node->line, node->column,
                           "at the end of this block, which need not be written");
    gale__label_here(c, &end);
}

static const struct gale__clause *find_clause(const struct gale__node *node,
                                              enum gale__clause_kind kind)
{
    const struct gale__clause *clause = node->clauses;

    while (clause && clause->kind != kind)
        clause = clause->next;
    return clause;
}

static void compile_loop(struct gale__compiler *c, const struct gale__node *node)
{
    const struct gale__clause *otherwise = find_clause(node, GALE__CLAUSE_ELSE);
    struct gale__label through = { 0 };
    struct gale__control loop;

    if (node->kind == GALE__NODE_FOR)
        gale__compile_expr(c, node->expr);
    gale__html_loop(&c->html);
    gale__control_open(c, &loop, GALE__CONTROL_LOOP);
    loop.is_while = node->kind == GALE__NODE_WHILE;
    if (loop.is_while) {
        gale__label_here(c, &loop.next);
        gale__compile_condition(c, node->expr, false, &through);
    } else {
        gale__compile_next(c, node->target, &loop.next, &through);
    }
    gale__compile_nodes(c, node->clauses->body);
    gale__compile_rejoin(c, &loop.html, node->line, node->column,
                         "at the end of this loop than at its begin");
    gale__compile_at(c, node->line, node->column);
    gale__emit_jump(c, loop.is_while ? GALE__OP_LOOP : GALE__OP_JUMP, &loop.next);
    gale__label_here(c, &through);
    gale__control_close(c);
    c->iter -= !loop.is_while;
    if (otherwise)
        gale__compile_nodes(c, otherwise->body);
    if (loop.end.last)
        gale__compile_join(c, &loop.html, node->line, node->column,
                           "at the end of this loop than where it is left");
    gale__label_here(c, &loop.end);
}

/* --- apply ---- */

static void clear_locals(struct gale__compiler *c, const struct gale__scope *scope)
{
    const struct gale__map_slot *slot;
    size_t i = 0;

    while ((slot = gale__map_next(&scope->locals, &i)))
        gale__emit(c, GALE__OP_CLEAR_LOCAL, 0, (uint32_t)(uintptr_t)slot->value - 1, 0);
}

static void compile_apply(struct gale__compiler *c, const struct gale__node *node)
{
    struct gale__control control;

    gale__compile_expr(c, node->expr);
    gale__emit(c, GALE__OP_CAPTURE, 0, 0, 0);
    struct gale__scope *scope = gale__scope_open(c, true);
    uint32_t from = c->ops.n;

    if (!scope)
        return;
    gale__control_open(c, &control, GALE__CONTROL_APPLY);
    c->n_captures++;
    gale__compile_nodes(c, node->clauses->body);
    gale__emit_here(c);
    gale__control_close(c);
    gale__scope_settle(c, scope, from);
    gale__compile_at(c, node->expr->line, node->expr->column);
    gale__emit(c, GALE__OP_CAPTURED, 0, 0, 0);
    clear_locals(c, scope);
    gale__scope_close(c);
    gale__emit_plain_call(c, 1);
    gale__emit(c, GALE__OP_EMIT, 0, 0, 0);
}

/* --- parts of other files ---- */

void gale__compile_part(struct gale__compiler *c, struct gale__file *file,
                        const struct gale__node *nodes, const struct gale__node *tag)
{
    struct gale_template_position at = c->at;
    struct gale__file *around = c->file;
    gale_template_place *place = gale__table_add(c, &c->places, sizeof(*place), UINT16_MAX);

    if (!place)
        return;
    *place = (gale_template_place){ file->name, file->source, at.place, tag->line };
    c->file = file;
    c->at.place = (uint16_t)(c->places.n - 1);
    gale__compile_nodes(c, nodes);
    if (c->code < 0)
        return;
    c->at = at;
    c->file = around;
}

static void compile_block(struct gale__compiler *c, const struct gale__node *node)
{
    const struct gale__definition *d = gale__map_get(&c->blocks, node->text);

    if (d->node == node)
        gale__compile_nodes(c, node->clauses->body);
    else
        gale__compile_part(c, d->file, d->node->clauses->body, node);
}

static void compile_include(struct gale__compiler *c, const struct gale__node *node)
{
    if (!gale__compile_enter(c, node->line, node->column))
        return;
    gale__compile_part(c, node->file, node->file->body, node);
    c->nesting--;
}

static void compile_container(struct gale__compiler *c, const struct gale__node *node)
{
    if (!gale__compile_enter(c, node->line, node->column))
        return;
    if (node->kind == GALE__NODE_IF)
        compile_if(c, node);
    else if (node->kind == GALE__NODE_TRY)
        gale__compile_try(c, node);
    else if (node->kind == GALE__NODE_APPLY)
        compile_apply(c, node);
    else if (node->kind == GALE__NODE_BLOCK)
        compile_block(c, node);
    else
        compile_loop(c, node);
    c->nesting--;
}

static void compile_node(struct gale__compiler *c, const struct gale__node *node)
{
    switch (node->kind) {
    case GALE__NODE_TEXT:
        track_text(c, node);
        gale__emit_text(c, node->text);
        break;
    case GALE__NODE_EXPRESSION:
    case GALE__NODE_RAW:
    case GALE__NODE_MODULE:
        compile_output(c, node);
        break;
    case GALE__NODE_SET:
        gale__compile_statement(c, node->statement);
        break;
    case GALE__NODE_IMPORT:
        gale__compile_imports(c, node->imports);
        break;
    case GALE__NODE_INCLUDE:
        compile_include(c, node);
        break;
    case GALE__NODE_BREAK:
    case GALE__NODE_CONTINUE:
        gale__compile_leave(c, node);
        break;
    case GALE__NODE_EXTENDS:
        break;
    default:
        compile_container(c, node);
    }
}

void gale__compile_nodes(struct gale__compiler *c, const struct gale__node *node)
{
    for (; node && c->code == 0; node = node->next) {
        gale__compile_at(c, node->line, node->column);
        if (++c->work > MAX_WORK)
            gale__compile_error(c, node->line, node->column,
                                "the template with all that it includes is too large");
        else
            compile_node(c, node);
    }
}
