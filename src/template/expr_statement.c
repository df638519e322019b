/* expr_statement.c - the pieces of source that tags have: expressions, assignments, imports. */
/* SPDX-License-Identifier: MIT */
#include "template/expr_parse.h"

#include "base/str.h"

int gale__parse_expression(struct gale__arena *arena, struct gale__span span,
                           struct gale__expr **out, struct gale__syntax_error *error)
{
    struct gale__parser p;

    if (gale__parser_start(&p, arena, span, error) == 0)
        *out = gale__parse_many(&p);
    return gale__parser_end(&p);
}

int gale__parse_for(struct gale__arena *arena, struct gale__span span, struct gale__expr **target,
                    struct gale__expr **over, struct gale__syntax_error *error)
{
    struct gale__parser p;

    if (gale__parser_start(&p, arena, span, error) == 0) {
        *target = gale__parse_targets(&p);
        if (*target && !gale__accept(&p, GALE__TOKEN_IN))
            gale__fail_here(&p, "expected 'in' after 'for' and its names");
        if (!p.lex.code)
            *over = gale__parse_many(&p);
    }
    return gale__parser_end(&p);
}

/* --- set ---------------------------------------------------------------------------- */

/* Behind "target op=". */
static void parse_augmented(struct gale__parser *p, struct gale__expr *target,
                            struct gale__statement *out)
{
    if (target->kind == GALE__EXPR_TUPLE || target->kind == GALE__EXPR_LIST) {
        gale__fail_here(p, "this assignment needs one name or item before it");
        return;
    }
    if (!gale__check_target(p, target))
        return;
    out->targets = target;
    out->op = p->token.op;
    if (gale__advance(p))
        out->value = gale__parse_many(p);
}

/* Behind the first of "target = target = value". */
static void parse_assignment(struct gale__parser *p, struct gale__expr *first,
                             struct gale__statement *out)
{
    struct gale__expr **end = &out->targets;
    struct gale__expr *e = first;

    while (e && p->token.kind == GALE__TOKEN_ASSIGN) {
        if (!gale__check_target(p, e) || !gale__advance(p))
            return;
        *end = e;
        end = &e->next;
        e = gale__parse_many(p);
    }
    out->value = e;
}

/* Behind "del". */
static void parse_deletion(struct gale__parser *p, struct gale__statement *out)
{
    struct gale__expr *e = gale__advance(p) ? gale__parse_many(p) : NULL;

    if (!e)
        return;
    out->op = -2;
    out->targets = e->kind == GALE__EXPR_TUPLE && !e->parenthesized ? e->items : e;
    for (e = out->targets; e; e = e->next)
        if ((e->kind != GALE__EXPR_INDEX && e->kind != GALE__EXPR_SLICE) || e->star)
            gale__fail_at(p, e, "del takes items of lists and dicts: del list[0]");
}

int gale__parse_statement(struct gale__arena *arena, struct gale__span span,
                          struct gale__statement *out, struct gale__syntax_error *error)
{
    struct gale__parser p;
    struct gale__expr *e;

    *out = (struct gale__statement){ .op = -1 };
    if (gale__parser_start(&p, arena, span, error) < 0)
        return gale__parser_end(&p);
    if (p.token.kind == GALE__TOKEN_DEL) {
        parse_deletion(&p, out);
        return gale__parser_end(&p);
    }
    e = gale__parse_many(&p);
    if (e && p.token.kind == GALE__TOKEN_AUGMENTED)
        parse_augmented(&p, e, out);
    else if (e)
        parse_assignment(&p, e, out);
    return gale__parser_end(&p);
}

/* --- except ------------------------------------------------------------------------- */

static bool take_name(struct gale__parser *p, gale_str *out)
{
    if (p->token.kind != GALE__TOKEN_NAME)
        return gale__unexpected(p);
    *out = p->token.text;
    return gale__advance(p);
}

int gale__parse_except(struct gale__arena *arena, struct gale__span span,
                       struct gale__expr **classes, gale_str *name,
                       struct gale__syntax_error *error)
{
    struct gale__parser p;

    *classes = NULL;
    *name = (gale_str){ NULL, 0 };
    if (gale__parser_start(&p, arena, span, error) == 0 && p.token.kind != GALE__TOKEN_END) {
        *classes = gale__parse_one(&p);
        if (*classes && p.token.kind == GALE__TOKEN_COMMA)
            gale__fail_here(&p,
                            "several exceptions need parentheses: except (KeyError, TypeError)");
        if (*classes && gale__accept(&p, GALE__TOKEN_AS))
            take_name(&p, name);
    }
    return gale__parser_end(&p);
}

/* --- import ------------------------------------------------------------------------- */

/* a.b.c, blanks left out; *first is a. */
static bool parse_module(struct gale__parser *p, gale_str *module, gale_str *first)
{
    struct gale__buf *joined = &p->lex.scratch;
    gale_str name;

    gale__buf_reset(joined);
    if (!take_name(p, first))
        return false;
    gale__buf_append_str(joined, *first);
    while (gale__accept(p, GALE__TOKEN_DOT)) {
        if (!take_name(p, &name))
            return false;
        gale__buf_append_char(joined, '.');
        gale__buf_append_str(joined, name);
    }
    if (p->lex.code)
        return false;
    module->len = joined->len;
    module->ptr = joined->error ? NULL
                                : gale__arena_strndup(p->lex.arena, joined->ptr, joined->len);
    return module->ptr || gale__lex_no_memory(&p->lex) == 0;
}

static bool parse_as(struct gale__parser *p, gale_str *name)
{
    if (!gale__accept(p, GALE__TOKEN_AS))
        return !p->lex.code;
    return take_name(p, name);
}

static struct gale__import *new_import(struct gale__parser *p)
{
    struct gale__import *it = gale__arena_zalloc(p->lex.arena, sizeof(*it));

    if (!it) {
        gale__lex_no_memory(&p->lex);
        return NULL;
    }
    it->line = p->token.line;
    it->column = p->token.column;
    return it;
}

/* Behind "import". */
static void parse_modules(struct gale__parser *p, struct gale__import **end)
{
    do {
        struct gale__import *it = new_import(p);

        if (!it || !parse_module(p, &it->module, &it->name) || !parse_as(p, &it->name))
            return;
        *end = it;
        end = &it->next;
    } while (gale__accept(p, GALE__TOKEN_COMMA));
}

/* Behind "from a.b import". */
static void parse_members(struct gale__parser *p, gale_str module, struct gale__import **end)
{
    do {
        struct gale__import *it = new_import(p);

        if (it && p->token.kind == GALE__TOKEN_STAR)
            gale__fail_here(p, "'import *' is not part of the template language; name what is "
                               "needed");
        if (!it || !take_name(p, &it->member))
            return;
        it->module = module;
        it->name = it->member;
        if (!parse_as(p, &it->name))
            return;
        *end = it;
        end = &it->next;
    } while (gale__accept(p, GALE__TOKEN_COMMA));
}

/* Behind "from". */
static void parse_from(struct gale__parser *p, struct gale__import **out)
{
    gale_str module, first;

    if (!parse_module(p, &module, &first))
        return;
    if (!gale__accept(p, GALE__TOKEN_IMPORT)) {
        gale__fail_here(p, "expected 'import' after 'from' and a module");
        return;
    }
    parse_members(p, module, out);
}

int gale__parse_import(struct gale__arena *arena, struct gale__span span, struct gale__import **out,
                       struct gale__syntax_error *error)
{
    struct gale__parser p;

    *out = NULL;
    gale__parser_start(&p, arena, span, error);
    if (gale__accept(&p, GALE__TOKEN_IMPORT))
        parse_modules(&p, out);
    else if (gale__accept(&p, GALE__TOKEN_FROM))
        parse_from(&p, out);
    else
        gale__unexpected(&p);
    return gale__parser_end(&p);
}
