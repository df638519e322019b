/* directives.c - what the tags of templates say: their expressions, names and files. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/str.h"
#include "template/nodes.h"

/* A file's name may stand in quotes, as in Tornado any number of them. */
static gale_str strip_quotes(gale_str s)
{
    static const char quotes[] = "\"'";

    for (int i = 0; i < 2; i++) {
        while (s.len > 0 && s.ptr[0] == quotes[i])
            s = gale__str_skip(s, 1);
        while (s.len > 0 && s.ptr[s.len - 1] == quotes[i])
            s.len--;
    }
    return s;
}

static int parse_file_name(struct gale__parser *p, struct gale__node *node, gale_str rest)
{
    node->text = strip_quotes(rest);
    if (node->text.len == 0)
        return gale__tag_error(p, "%s missing file path",
                               node->kind == GALE__NODE_EXTENDS ? "extends" : "include");
    if (memchr(node->text.ptr, '\0', node->text.len))
        return gale__tag_error(p, "a file's name with a NUL");
    return 0;
}

/* The expression of a tag, missing if there is none. */
static int parse_tag_expression(struct gale__parser *p, struct gale__span rest,
                                struct gale__expr **out, const char *missing)
{
    if (rest.text.len == 0)
        return gale__tag_error(p, "%s", missing);
    return gale__parse_expression(p->arena, rest, out, &p->error);
}

static int parse_set(struct gale__parser *p, struct gale__node *node, struct gale__span rest)
{
    if (rest.text.len == 0)
        return gale__tag_error(p, "set missing statement");
    node->statement = gale__arena_zalloc(p->arena, sizeof(*node->statement));
    if (!node->statement)
        return -ENOMEM;
    return gale__parse_statement(p->arena, rest, node->statement, &p->error);
}

static int parse_import(struct gale__parser *p, struct gale__node *node, struct gale__span whole,
                        struct gale__span rest)
{
    if (rest.text.len == 0)
        return gale__tag_error(p, "import missing statement");
    return gale__parse_import(p->arena, whole, &node->imports, &p->error);
}

static int parse_for(struct gale__parser *p, struct gale__node *node, struct gale__span rest)
{
    if (rest.text.len == 0)
        return gale__tag_error(p, "for missing statement");
    return gale__parse_for(p->arena, rest, &node->target, &node->expr, &p->error);
}

static int parse_try(struct gale__parser *p, struct gale__span rest)
{
    return rest.text.len == 0 ? 0 : gale__tag_error(p, "try takes nothing more");
}

static int parse_block(struct gale__parser *p, struct gale__node *node, gale_str rest)
{
    node->text = rest;
    return rest.len > 0 ? 0 : gale__tag_error(p, "block missing name");
}

/* The name that a module's expression begins with becomes an attribute of the modules. */
static int parse_module(struct gale__parser *p, struct gale__node *node, struct gale__span rest)
{
    int r = parse_tag_expression(p, rest, &node->expr, "module missing name");
    struct gale__expr *e = node->expr;

    if (r < 0)
        return r;
    while (e &&
           (e->kind == GALE__EXPR_CALL || e->kind == GALE__EXPR_ATTRIBUTE ||
            e->kind == GALE__EXPR_INDEX || e->kind == GALE__EXPR_SLICE) &&
           !e->parenthesized)
        e = e->left;
    if (!e || e->kind != GALE__EXPR_NAME || e->parenthesized)
        return gale__tag_error(p, "module takes a call: Name(…)");
    struct gale__expr *modules = gale__arena_zalloc(p->arena, sizeof(*modules));

    if (!modules)
        return -ENOMEM;
    *modules = *e;
    modules->name = GALE__STR("_tt_modules");
    e->kind = GALE__EXPR_ATTRIBUTE;
    e->left = modules;
    return 0;
}

int gale__parse_directive(struct gale__parser *p, struct gale__node *node, struct gale__span whole,
                          struct gale__span rest)
{
    switch (node->kind) {
    case GALE__NODE_EXTENDS:
    case GALE__NODE_INCLUDE:
        return parse_file_name(p, node, rest.text);
    case GALE__NODE_BLOCK:
        return parse_block(p, node, rest.text);
    case GALE__NODE_TRY:
        return parse_try(p, rest);
    case GALE__NODE_FOR:
        return parse_for(p, node, rest);
    case GALE__NODE_SET:
        return parse_set(p, node, rest);
    case GALE__NODE_IMPORT:
        return parse_import(p, node, whole, rest);
    case GALE__NODE_MODULE:
        return parse_module(p, node, rest);
    case GALE__NODE_RAW:
        return parse_tag_expression(p, rest, &node->expr, "raw missing expression");
    case GALE__NODE_APPLY:
        return parse_tag_expression(p, rest, &node->expr, "apply missing method name");
    case GALE__NODE_IF:
        return parse_tag_expression(p, rest, &node->expr, "if missing condition");
    case GALE__NODE_WHILE:
        return parse_tag_expression(p, rest, &node->expr, "while missing condition");
    default:
        return 0;
    }
}

int gale__parse_clause(struct gale__parser *p, struct gale__clause *clause, gale_str word,
                       struct gale__span rest)
{
    if (clause->kind == GALE__CLAUSE_ELIF)
        return parse_tag_expression(p, rest, &clause->expr, "elif missing condition");
    if (clause->kind == GALE__CLAUSE_EXCEPT)
        return gale__parse_except(p->arena, rest, &clause->expr, &clause->name, &p->error);
    if (rest.text.len == 0)
        return 0;
    if (gale__str_starts_with(rest.text, GALE__STR("if ")))
        p->hint = "{% elif … %} is meant?";
    return gale__tag_error(p, "%.*s takes nothing more", (int)word.len, word.ptr);
}

static bool is_dotted_name(const struct gale__expr *e)
{
    while (e->kind == GALE__EXPR_ATTRIBUTE && !e->parenthesized)
        e = e->left;
    return e->kind == GALE__EXPR_NAME && !e->parenthesized;
}

int gale__parse_autoescape(struct gale__parser *p, struct gale__span name)
{
    struct gale__file *file = p->file;

    file->escape = NULL;
    file->is_contextual = gale__str_equal(name.text, GALE__STR("contextual"));
    file->is_xhtml = gale__str_equal(name.text, GALE__STR("xhtml_escape"));
    if (name.text.len == 0)
        return gale__tag_error(p, "autoescape missing function name");
    if (file->is_contextual || file->is_xhtml || gale__str_equal(name.text, GALE__STR("None")))
        return 0;
    int r = gale__parse_expression(p->arena, name, &file->escape, &p->error);

    if (r < 0)
        file->escape = NULL;
    if (r == 0 && !is_dotted_name(file->escape))
        return gale__tag_error(p, "autoescape takes the name of a function, contextual or None");
    return r;
}
