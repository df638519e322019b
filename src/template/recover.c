/* recover.c - how a check goes on behind an error in a template's file, to find the others.
 *
 * An error in what a tag says leaves the tag what it is. A tag at a wrong place is left out.
 * Unknown tags are the hard ones: {% unless x %} may open a block that an {% end %} ends, or be
 * nothing; so the tags of the file are counted, and when that does not settle it no error is told
 * that may come of the wrong guess.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/str.h"
#include "template/nodes.h"

int gale__go_on(struct gale__parser *p, int r, bool is_sure)
{
    if (r != GALE_EINVAL || !p->tell || p->is_over)
        return r;
    if (!is_sure)
        p->file->is_unsure = true;
    if (p->tell(p))
        return 0;
    p->is_over = true;
    return r;
}

int gale__misplaced(const struct gale__parser *p, int r)
{
    return p->guess.is_lost ? 0 : r;
}

/* An expression in place of one that is wrong: None, or a name to assign. */
static struct gale__expr *stand_in(struct gale__parser *p, enum gale__expr_kind kind)
{
    struct gale__expr *e = gale__arena_zalloc(p->arena, sizeof(*e));

    if (!e)
        return NULL;
    e->kind = (uint8_t)kind;
    e->line = p->piece.line;
    e->column = (uint16_t)(p->piece.column <= UINT16_MAX ? p->piece.column : 0);
    if (kind == GALE__EXPR_NAME)
        e->name = GALE__STR("_");
    else
        e->value = gale_value_none();
    return e;
}

static int replace_parts(struct gale__parser *p, struct gale__node *node)
{
    switch (node->kind) {
    case GALE__NODE_EXTENDS:
        node->text.len = 0;
        return 0;
    case GALE__NODE_SET:
    case GALE__NODE_IMPORT:
    case GALE__NODE_INCLUDE:
        node->kind = GALE__NODE_TEXT;
        node->text = GALE__STR("");
        return 0;
    default:
        node->expr = stand_in(p, GALE__EXPR_CONST);
        node->target = stand_in(p, GALE__EXPR_NAME);
        return node->expr && node->target ? 0 : -ENOMEM;
    }
}

int gale__mend_node(struct gale__parser *p, struct gale__node *node, int r)
{
    bool is_sure = node->kind != GALE__NODE_INCLUDE && node->kind != GALE__NODE_EXTENDS &&
                   node->kind != GALE__NODE_BLOCK;

    if (r == 0)
        return 0;
    r = gale__go_on(p, r, is_sure);
    return r < 0 ? r : replace_parts(p, node);
}

int gale__mend_clause(struct gale__parser *p, struct gale__clause *clause, int r)
{
    if (r == 0)
        return 0;
    r = gale__go_on(p, r, true);
    if (r < 0 || clause->kind == GALE__CLAUSE_ELSE || clause->kind == GALE__CLAUSE_FINALLY)
        return r;
    clause->name.len = 0;
    clause->expr = stand_in(p, GALE__EXPR_CONST);
    return clause->expr ? 0 : -ENOMEM;
}

/* --- unknown tags ---- */

/* How many tags of each role the file has; false: there is one without its end. */
static bool count_tags(const struct gale__parser *p, size_t count[])
{
    struct gale__cutter lexer = { p->file->text, 0, 1, 1 };
    struct gale__syntax_error error;
    struct gale__piece piece;
    struct gale__span rest;

    do {
        if (gale__lex_piece(&lexer, &piece, &error) < 0)
            return false;
        if (piece.kind == GALE__PIECE_TAG)
            count[gale__tag_role(gale__tag_word(piece.span, &rest))]++;
    } while (piece.kind != GALE__PIECE_END);
    return true;
}

/* Whether an {% end %} follows that the tag at hand can have. */
static bool can_open(const struct gale__parser *p)
{
    struct gale__cutter lexer = p->lexer;
    struct gale__syntax_error error;
    struct gale__piece piece;
    struct gale__span rest;
    size_t depth = 1;

    while (depth > 0) {
        if (gale__lex_piece(&lexer, &piece, &error) < 0)
            return true;
        if (piece.kind == GALE__PIECE_END)
            return false;
        if (piece.kind != GALE__PIECE_TAG)
            continue;
        enum gale__tag_role role = gale__tag_role(gale__tag_word(piece.span, &rest));

        if (role == GALE__TAG_OPENS)
            depth++;
        else if (role == GALE__TAG_ENDS || role == GALE__TAG_UNKNOWN_END)
            depth--;
    }
    return true;
}

/* The guess with which each block has its end. */
static void make_guess(struct gale__parser *p)
{
    size_t count[GALE__TAG_UNKNOWN_END + 1] = { 0 };
    struct gale__guess *guess = &p->guess;

    if (guess->is_made)
        return;
    guess->is_made = true;
    guess->is_lost = !count_tags(p, count);
    size_t least_opened = count[GALE__TAG_OPENS], least_ended = count[GALE__TAG_ENDS];
    size_t most_opened = least_opened + count[GALE__TAG_UNKNOWN];
    size_t most_ended = least_ended + count[GALE__TAG_UNKNOWN_END];

    if (most_ended <= least_opened)
        guess->ends = true;
    else if (most_ended == most_opened)
        guess->opens = guess->ends = true;
    else if (least_ended >= most_opened)
        guess->opens = true;
    else if (least_ended != least_opened)
        guess->is_lost = true;
}

bool gale__unknown_opens(struct gale__parser *p)
{
    make_guess(p);
    if (p->guess.is_lost || !can_open(p))
        return false;
    p->guess.is_lost = !p->guess.opens;
    return p->guess.opens;
}

bool gale__unknown_ends(struct gale__parser *p, bool is_named)
{
    make_guess(p);
    p->guess.is_lost = p->guess.is_lost || !is_named || !p->guess.ends;
    return p->guess.ends;
}
