/* compile_try.c - {% try %}, {% break %} and {% continue %} to instructions. See compiler.h.
 *
 * What stands in {% finally %} is written once for each way out: the end of the block, each jump
 * that leaves it, and a failure. While one of them runs, the block's guards do not hold: so the
 * part that is guarded has gaps, and each of its pieces is a guard of its own.
 */
/* SPDX-License-Identifier: MIT */
#include "base/str.h"
#include "template/compiler.h"

enum { UNPLACED = 1U << 30 }; /* handlers that are not written yet: this and their id */

void gale__control_open(struct gale__compiler *c, struct gale__control *control,
                        enum gale__control_kind kind)
{
    *control = (struct gale__control){
        .kind = kind,
        .outer = c->control,
        .n_captures = c->n_captures,
        .n_caught = c->n_caught,
        .html = c->html,
        .local = GALE__NO_LOCAL,
    };
    c->control = control;
}

void gale__control_close(struct gale__compiler *c)
{
    c->n_captures = c->control->n_captures;
    c->n_caught = c->control->n_caught;
    c->control = c->control->outer;
}

/* --- guards ---- */

static void open_guard(struct gale__compiler *c, struct gale__control *control,
                       const struct gale__clause *finally)
{
    gale__control_open(c, control, GALE__CONTROL_GUARD);
    control->finally = finally;
    control->id = UNPLACED | c->n_handlers++;
    control->from = gale__emit_here(c);
}

/* The guarded part ends here, at least for now. */
static void end_guard(struct gale__compiler *c, struct gale__control *control)
{
    uint32_t to = gale__emit_here(c);
    gale_template_guard *guard = NULL;

    if (to > control->from)
        guard = gale__table_add(c, &c->guards, sizeof(*guard), UINT32_MAX);
    if (guard)
        *guard = (gale_template_guard){ control->from,       to,
                                        control->id,         (uint16_t)c->depth,
                                        control->n_captures, control->n_caught };
    control->from = to;
}

/* The handler of that guard begins here. */
static void place_handler(struct gale__compiler *c, uint32_t id, uint32_t first_guard)
{
    gale_template_guard *guards = c->guards.items;
    uint32_t here = gale__emit_here(c);

    for (uint32_t i = first_guard; i < c->guards.n; i++)
        if (guards[i].handler == id)
            guards[i].handler = here;
}

/* --- leaving loops ---- */

static void leave_handler(struct gale__compiler *c, const struct gale__control *control)
{
    if (control->local != GALE__NO_LOCAL)
        gale__emit(c, GALE__OP_CLEAR_LOCAL, 0, (uint32_t)control->local, 0);
    gale__emit(c, GALE__OP_CAUGHT, 0, 0, 0);
}

static void leave_guard(struct gale__compiler *c, struct gale__control *control)
{
    end_guard(c, control);
    if (!control->finally)
        return;
    c->control = control->outer;
    c->n_captures = control->n_captures;
    c->n_caught = control->n_caught;
    gale__compile_nodes(c, control->finally->body);
}

static void leave(struct gale__compiler *c, struct gale__control *control)
{
    if (control->kind == GALE__CONTROL_GUARD) {
        leave_guard(c, control);
    } else if (control->kind == GALE__CONTROL_HANDLER) {
        leave_handler(c, control);
    } else if (control->kind == GALE__CONTROL_CAPTURE) {
        gale__emit(c, GALE__OP_CAPTURED, 0, 0, 0);
        gale__emit(c, GALE__OP_EMIT, 0, 0, 0);
    }
}

static struct gale__control *find_loop(const struct gale__compiler *c)
{
    struct gale__control *control = c->control;

    while (control && control->kind != GALE__CONTROL_LOOP && control->kind != GALE__CONTROL_APPLY)
        control = control->outer;
    return control && control->kind == GALE__CONTROL_LOOP ? control : NULL;
}

/* Everything between here and the loop, the innermost first, then the jump. */
static void leave_to(struct gale__compiler *c, struct gale__control *loop,
                     const struct gale__node *node)
{
    bool is_break = node->kind == GALE__NODE_BREAK;

    for (struct gale__control *control = c->control; control != loop; control = control->outer)
        leave(c, control);
    gale__compile_rejoin(c, &loop->html, node->line, node->column,
                         "here than at the begin of the loop");
    gale__emit_jump(c, loop->is_while && !is_break ? GALE__OP_LOOP : GALE__OP_JUMP,
                    is_break ? &loop->end : &loop->next);
}

void gale__compile_leave(struct gale__compiler *c, const struct gale__node *node)
{
    struct gale__control *loop = find_loop(c), *innermost = c->control;
    uint16_t n_captures = c->n_captures, n_caught = c->n_caught;
    struct gale__html_state html = c->html;

    if (!loop) {
        gale__compile_complain(c, GALE_EINVAL, node->line, node->column,
                               "%s outside {'for', 'while'} block",
                               node->kind == GALE__NODE_BREAK ? "break" : "continue");
        return;
    }
    leave_to(c, loop, node);
    c->control = innermost;
    c->n_captures = n_captures;
    c->n_caught = n_caught;
    c->html = html;
    for (struct gale__control *control = innermost; control != loop; control = control->outer)
        if (control->kind == GALE__CONTROL_GUARD)
            control->from = gale__emit_here(c);
}

/* --- try ---- */

static const struct gale__clause *find_clause(const struct gale__node *node,
                                              enum gale__clause_kind kind)
{
    const struct gale__clause *clause = node->clauses;

    while (clause && clause->kind != kind)
        clause = clause->next;
    return clause;
}

/* With contextual autoescape what fails has written nothing: nobody could tell what HTML the output
 * that follows would stand in. */
static void open_capture(struct gale__compiler *c, struct gale__control *capture)
{
    if (!c->is_tracking)
        return;
    gale__emit(c, GALE__OP_CAPTURE, 0, 0, 0);
    gale__control_open(c, capture, GALE__CONTROL_CAPTURE);
    c->n_captures++;
}

static void close_capture(struct gale__compiler *c)
{
    if (!c->is_tracking)
        return;
    gale__control_close(c);
    gale__emit(c, GALE__OP_CAPTURED, 0, 0, 0);
    gale__emit(c, GALE__OP_EMIT, 0, 0, 0);
}

/* One {% except %}: to end when it was the one, else to what follows it. */
static void compile_except(struct gale__compiler *c, const struct gale__clause *clause,
                           struct gale__label *end)
{
    struct gale__control handler;
    struct gale__label otherwise = { 0 };

    gale__control_open(c, &handler, GALE__CONTROL_HANDLER);
    c->n_caught++;
    gale__compile_at(c, clause->line, clause->column);
    if (clause->expr) {
        gale__compile_expr(c, clause->expr);
        gale__emit(c, GALE__OP_MATCHES, 0, 0, 0);
        gale__emit_jump(c, GALE__OP_IF_FALSE, &otherwise);
    }
    if (clause->name.len) {
        handler.local = (int32_t)gale__scope_declare(c, clause->name);
        gale__emit(c, GALE__OP_EXCEPTION, 0, 0, 0);
        gale__emit(c, GALE__OP_STORE_LOCAL, 0, (uint32_t)handler.local, 0);
    }
    gale__compile_nodes(c, clause->body);
    leave_handler(c, &handler);
    gale__control_close(c);
    gale__emit_jump(c, GALE__OP_JUMP, end);
    gale__label_here(c, &otherwise);
}

static void compile_excepts(struct gale__compiler *c, const struct gale__clause *clause,
                            const struct gale__html_state *start, struct gale__label *end)
{
    struct gale__html_state after = c->html;
    bool takes_all = false;

    for (; clause && clause->kind == GALE__CLAUSE_EXCEPT; clause = clause->next) {
        c->html = *start;
        compile_except(c, clause, end);
        gale__compile_join(c, &after, clause->line, clause->column,
                           "at the end of this branch than of the try block");
        after = c->html;
        takes_all = !clause->expr;
    }
    c->html = after;
    if (!takes_all)
        gale__emit(c, GALE__OP_RERAISE, 0, 0, 0);
}

/* Body, except and else. */
static void compile_excepted(struct gale__compiler *c, const struct gale__node *node,
                             const struct gale__clause *excepts)
{
    const struct gale__clause *otherwise = find_clause(node, GALE__CLAUSE_ELSE);
    struct gale__html_state start = c->html;
    uint32_t first_guard = c->guards.n;
    struct gale__label end = { 0 };
    struct gale__control guard, capture;

    open_guard(c, &guard, NULL);
    open_capture(c, &capture);
    gale__compile_nodes(c, node->clauses->body);
    close_capture(c);
    end_guard(c, &guard);
    gale__control_close(c);
    if (otherwise)
        gale__compile_nodes(c, otherwise->body);
    gale__emit_jump(c, GALE__OP_JUMP, &end);
    place_handler(c, guard.id, first_guard);
    compile_excepts(c, excepts, &start, &end);
    gale__label_here(c, &end);
}

/* After a failure of what is before it: the same once more, then the failure goes on. */
static void compile_final_handler(struct gale__compiler *c, const struct gale__clause *finally)
{
    struct gale__control handler;

    gale__control_open(c, &handler, GALE__CONTROL_HANDLER);
    c->n_caught++;
    gale__compile_nodes(c, finally->body);
    gale__compile_at(c, finally->line, finally->column);
    gale__emit(c, GALE__OP_RERAISE, 0, 0, 0);
    gale__control_close(c);
}

/* What is behind the guarded part: its handler, and what follows it when nothing failed. */
static void compile_finally(struct gale__compiler *c, const struct gale__clause *finally,
                            const struct gale__control *guard, uint32_t first_guard)
{
    struct gale__html_state after;
    struct gale__label end = { 0 };

    gale__compile_nodes(c, finally->body);
    after = c->html;
    gale__emit_jump(c, GALE__OP_JUMP, &end);
    place_handler(c, guard->id, first_guard);
    c->html = guard->html;
    compile_final_handler(c, finally);
    c->html = after;
    gale__label_here(c, &end);
}

void gale__compile_try(struct gale__compiler *c, const struct gale__node *node)
{
    const struct gale__clause *excepts = find_clause(node, GALE__CLAUSE_EXCEPT);
    const struct gale__clause *finally = find_clause(node, GALE__CLAUSE_FINALLY);
    struct gale__control guard, capture;
    uint32_t first_guard = c->guards.n;

    if (finally) {
        open_guard(c, &guard, finally);
        open_capture(c, &capture);
    }
    if (excepts)
        compile_excepted(c, node, excepts);
    else
        gale__compile_nodes(c, node->clauses->body);
    if (!finally)
        return;
    close_capture(c);
    end_guard(c, &guard);
    gale__control_close(c);
    compile_finally(c, finally, &guard, first_guard);
}
