/* parse.c - the pieces of a template's text as a tree: which tag holds which.
 *
 * Errors have Tornado's texts and the place of the tag they are about.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "template/nodes.h"

/* The tag that is open around what is read. */
struct block {
    const struct word *word;
    struct gale__node *node;
    struct gale__clause *clause; /* the last, which is being filled */
    bool in_loop;
    bool is_unknown; /* of a check: a tag that may be one, and may have any clause */
    bool has_wrong;  /* of a check: clauses that were left out */
    unsigned depth;
};

enum word_group {
    GROUP_PLAIN, /* stands alone */
    GROUP_BLOCK, /* until {% end %} */
    GROUP_CLAUSE,
    GROUP_JUMP,
    GROUP_END,
    GROUP_COMMENT,
    GROUP_AUTOESCAPE,
    GROUP_WHITESPACE,
};

struct word {
    const char *name;
    enum word_group group;
    int kind;            /* of node or clause */
    unsigned parents;    /* of a clause: nodes it may be part of, 1 << kind */
    const char *outside; /* of a clause: how they are called */
};

static const struct word words[] = {
    { "apply", GROUP_BLOCK, GALE__NODE_APPLY, 0, NULL },
    { "autoescape", GROUP_AUTOESCAPE, 0, 0, NULL },
    { "block", GROUP_BLOCK, GALE__NODE_BLOCK, 0, NULL },
    { "break", GROUP_JUMP, GALE__NODE_BREAK, 0, NULL },
    { "comment", GROUP_COMMENT, 0, 0, NULL },
    { "continue", GROUP_JUMP, GALE__NODE_CONTINUE, 0, NULL },
    { "elif", GROUP_CLAUSE, GALE__CLAUSE_ELIF, 1U << GALE__NODE_IF, "{'if'}" },
    { "else", GROUP_CLAUSE, GALE__CLAUSE_ELSE,
      1U << GALE__NODE_IF | 1U << GALE__NODE_FOR | 1U << GALE__NODE_WHILE | 1U << GALE__NODE_TRY,
      "{'for', 'if', 'try', 'while'}" },
    { "end", GROUP_END, 0, 0, NULL },
    { "except", GROUP_CLAUSE, GALE__CLAUSE_EXCEPT, 1U << GALE__NODE_TRY, "{'try'}" },
    { "extends", GROUP_PLAIN, GALE__NODE_EXTENDS, 0, NULL },
    { "finally", GROUP_CLAUSE, GALE__CLAUSE_FINALLY, 1U << GALE__NODE_TRY, "{'try'}" },
    { "for", GROUP_BLOCK, GALE__NODE_FOR, 0, NULL },
    { "from", GROUP_PLAIN, GALE__NODE_IMPORT, 0, NULL },
    { "if", GROUP_BLOCK, GALE__NODE_IF, 0, NULL },
    { "import", GROUP_PLAIN, GALE__NODE_IMPORT, 0, NULL },
    { "include", GROUP_PLAIN, GALE__NODE_INCLUDE, 0, NULL },
    { "module", GROUP_PLAIN, GALE__NODE_MODULE, 0, NULL },
    { "raw", GROUP_PLAIN, GALE__NODE_RAW, 0, NULL },
    { "set", GROUP_PLAIN, GALE__NODE_SET, 0, NULL },
    { "try", GROUP_BLOCK, GALE__NODE_TRY, 0, NULL },
    { "while", GROUP_BLOCK, GALE__NODE_WHILE, 0, NULL },
    { "whitespace", GROUP_WHITESPACE, 0, 0, NULL },
};

/* What a check takes {% unless x %} for. */
static const struct word unknown = { "unknown", GROUP_BLOCK, GALE__NODE_IF, 0, NULL };

int gale__tag_error(struct gale__parser *p, const char *fmt, ...)
{
    char text[sizeof(p->error.message)];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return gale__syntax_error_at(&p->error, p->piece.line, p->piece.column, "%s", text);
}

static const struct word *find_word(gale_str name)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (gale__str_equal(name, gale__str(words[i].name)))
            return &words[i];
    return NULL;
}

static bool is_end_word(gale_str name)
{
    return gale__str_starts_with(name, GALE__STR("end"));
}

static int unknown_error(struct gale__parser *p, gale_str name)
{
    bool has_quote = gale__str_find(name, '\'') < name.len;
    bool has_double = gale__str_find(name, '"') < name.len;
    const char *quote = has_quote && !has_double ? "\"" : "'";
    int len = name.len < 100 ? (int)name.len : 100;

    if (is_end_word(name))
        p->hint = "every block ends with {% end %}";
    return gale__tag_error(p, "unknown operator: %s%.*s%s", quote, len, name.ptr, quote);
}

/* A node at the end of a list. */
static struct gale__node *add_node(struct gale__parser *p, struct gale__node ***tail, int kind)
{
    struct gale__node *node = gale__arena_zalloc(p->arena, sizeof(*node));

    if (!node)
        return NULL;
    node->kind = (enum gale__node_kind)kind;
    node->line = p->piece.line;
    node->column = p->piece.column;
    **tail = node;
    *tail = &node->next;
    return node;
}

/* As Tornado: text with <pre> in it stays as it is, whatever the mode. */
static int filter_text(struct gale__parser *p, gale_str *text)
{
    if (p->whitespace == GALE__WS_ALL || memmem(text->ptr, text->len, "<pre>", 5))
        return 0;
    char *copy = gale__arena_strndup(p->program, text->ptr, text->len);

    if (!copy)
        return -ENOMEM;
    *text = (gale_str){ copy, gale__whitespace_filter(p->whitespace, copy, text->len) };
    return 0;
}

static int parse_text(struct gale__parser *p, struct gale__node ***tail)
{
    gale_str text = p->piece.span.text;
    int r = filter_text(p, &text);

    if (r < 0 || text.len == 0)
        return r;
    struct gale__node *node = add_node(p, tail, GALE__NODE_TEXT);

    if (!node)
        return -ENOMEM;
    node->text = text;
    return 0;
}

static int parse_output(struct gale__parser *p, struct gale__node ***tail)
{
    struct gale__node *node = add_node(p, tail, GALE__NODE_EXPRESSION);

    if (!node)
        return -ENOMEM;
    if (p->piece.span.text.len == 0)
        return gale__mend_node(p, node, gale__tag_error(p, "Empty expression"));
    return gale__mend_node(p, node,
                           gale__parse_expression(p->arena, p->piece.span, &node->expr, &p->error));
}

static struct gale__clause *add_clause(struct gale__parser *p, struct block *block, int kind)
{
    struct gale__clause *clause = gale__arena_zalloc(p->arena, sizeof(*clause));

    if (!clause)
        return NULL;
    clause->kind = (enum gale__clause_kind)kind;
    clause->line = p->piece.line;
    clause->column = p->piece.column;
    if (block->clause)
        block->clause->next = clause;
    else
        block->node->clauses = clause;
    block->clause = clause;
    return clause;
}

static const char *clause_name(const struct block *block)
{
    static const char *const names[] = {
        [GALE__CLAUSE_ELIF] = "elif",
        [GALE__CLAUSE_EXCEPT] = "except",
        [GALE__CLAUSE_ELSE] = "else",
        [GALE__CLAUSE_FINALLY] = "finally",
    };

    return block->clause->kind ? names[block->clause->kind] : block->word->name;
}

/* What Python would call invalid syntax: else before elif, two else, except after a bare one. */
static int check_order(struct gale__parser *p, const struct block *block, const struct word *word)
{
    enum gale__clause_kind last = block->clause->kind;
    bool may_repeat = word->kind == GALE__CLAUSE_ELIF || word->kind == GALE__CLAUSE_EXCEPT;

    if ((int)last > word->kind || ((int)last == word->kind && !may_repeat))
        return gale__tag_error(p, "%s block cannot follow %s block", word->name,
                               clause_name(block));
    if (last == GALE__CLAUSE_EXCEPT && word->kind == GALE__CLAUSE_EXCEPT && !block->clause->expr)
        return gale__tag_error(p, "an except block without exceptions must be the last");
    if (word->kind == GALE__CLAUSE_ELSE && block->node->kind == GALE__NODE_TRY &&
        last == GALE__CLAUSE_BODY)
        return gale__tag_error(p, "else in a try block needs an except before it");
    return 0;
}

static int check_clause(struct gale__parser *p, const struct block *block, const struct word *word)
{
    if (!block)
        return gale__tag_error(p, "%s outside %s block", word->name, word->outside);
    if (!(word->parents & 1U << block->node->kind))
        return gale__tag_error(p, "%s block cannot be attached to %s block", word->name,
                               block->word->name);
    return check_order(p, block, word);
}

static int parse_clause(struct gale__parser *p, struct block *block, const struct word *word,
                        struct gale__span rest)
{
    if (block && block->is_unknown)
        return 0;
    int r = check_clause(p, block, word);

    if (r < 0) {
        if (block)
            block->has_wrong = true;
        return gale__misplaced(p, r);
    }
    struct gale__clause *clause = add_clause(p, block, word->kind);

    if (!clause)
        return -ENOMEM;
    return gale__mend_clause(p, clause, gale__parse_clause(p, clause, gale__str(word->name), rest));
}

static int parse_nodes(struct gale__parser *p, struct block *block, struct gale__node ***tail);

static int check_try(struct gale__parser *p, const struct block *block)
{
    if (block->node->kind != GALE__NODE_TRY || block->clause->kind != GALE__CLAUSE_BODY)
        return 0;
    if (block->has_wrong)
        return 0;
    return gale__misplaced(p,
                           gale__syntax_error_at(&p->error, block->node->line, block->node->column,
                                                 "try block needs an except or finally"));
}

static int parse_block(struct gale__parser *p, const struct block *outer, const struct word *word,
                       struct gale__node *node)
{
    struct block block = { .word = word, .node = node, .depth = outer ? outer->depth + 1 : 1 };

    block.is_unknown = word == &unknown;
    block.in_loop = block.is_unknown || (outer && outer->in_loop);
    if (node->kind == GALE__NODE_FOR || node->kind == GALE__NODE_WHILE)
        block.in_loop = true;
    else if (node->kind == GALE__NODE_APPLY)
        block.in_loop = false;
    if (block.depth > GALE__TEMPLATE_NESTING) {
        p->is_over = true;
        return gale__tag_error(p, "blocks within each other are limited to %d",
                               GALE__TEMPLATE_NESTING);
    }
    struct gale__clause *clause = add_clause(p, &block, GALE__CLAUSE_BODY);
    struct gale__node **tail = clause ? &clause->body : NULL;
    int r = clause ? parse_nodes(p, &block, &tail) : -ENOMEM;

    return r < 0 ? r : check_try(p, &block);
}

static int parse_whitespace(struct gale__parser *p, struct gale__span rest)
{
    int mode = gale__whitespace_mode(rest.text);

    if (mode < 0)
        return gale__tag_error(p, "invalid whitespace mode %.*s",
                               rest.text.len < 100 ? (int)rest.text.len : 100, rest.text.ptr);
    p->whitespace = (enum gale__whitespace)mode;
    return 0;
}

static int parse_jump(struct gale__parser *p, const struct block *block, const struct word *word,
                      struct gale__span rest, struct gale__node ***tail)
{
    if (!block || !block->in_loop)
        return gale__misplaced(p,
                               gale__tag_error(p, "%s outside {'for', 'while'} block", word->name));
    if (rest.text.len)
        return gale__tag_error(p, "%s takes nothing more", word->name);
    return add_node(p, tail, word->kind) ? 0 : -ENOMEM;
}

/* {% extends %} has its place in the file, not where it stands. */
static int parse_plain(struct gale__parser *p, struct block *block, const struct word *word,
                       struct gale__span rest, struct gale__node ***tail)
{
    struct gale__node **extends = &p->file->extends;

    if (word->kind == GALE__NODE_EXTENDS) {
        if (block)
            return gale__misplaced(
                p, gale__tag_error(p, "extends inside of a %s block", block->word->name));
        while (*extends)
            extends = &(*extends)->next;
        tail = &extends;
    }
    struct gale__node *node = add_node(p, tail, word->kind);
    int r = -ENOMEM;

    if (node)
        r = gale__mend_node(p, node, gale__parse_directive(p, node, p->piece.span, rest));
    return r == 0 && word->group == GROUP_BLOCK ? parse_block(p, block, word, node) : r;
}

gale_str gale__tag_word(struct gale__span whole, struct gale__span *rest)
{
    size_t n = 0;

    while (n < whole.text.len && !memchr(" \t\n\v\f\r", whole.text.ptr[n], 6))
        n++;
    *rest = gale__span_trim(gale__span_skip(whole, n));
    return gale__str_head(whole.text, n);
}

enum gale__tag_role gale__tag_role(gale_str name)
{
    const struct word *word = find_word(name);

    if (name.len == 0)
        return GALE__TAG_ALONE;
    if (!word)
        return is_end_word(name) ? GALE__TAG_UNKNOWN_END : GALE__TAG_UNKNOWN;
    if (word->group == GROUP_BLOCK)
        return GALE__TAG_OPENS;
    return word->group == GROUP_END ? GALE__TAG_ENDS : GALE__TAG_ALONE;
}

static bool is_end_of(gale_str name, const struct block *block)
{
    return block->is_unknown ||
           gale__str_equal(gale__str_skip(name, 3), gale__str(block->word->name));
}

/* An error; a check reads on within what it may have opened. 1 if it may be an {% end %}. */
static int parse_unknown(struct gale__parser *p, struct block *block, gale_str name,
                         struct gale__node ***tail)
{
    int r = gale__go_on(p, unknown_error(p, name), false);

    if (r < 0)
        return r;
    if (is_end_word(name))
        return block && gale__unknown_ends(p, is_end_of(name, block)) ? 1 : 0;
    if (!gale__unknown_opens(p))
        return 0;
    struct gale__node *node = add_node(p, tail, unknown.kind);

    return node ? parse_block(p, block, &unknown, node) : -ENOMEM;
}

static int parse_end(struct gale__parser *p, const struct block *block)
{
    if (block)
        return 1;
    return gale__misplaced(p, gale__tag_error(p, "Extra {%% end %%} block"));
}

/* 1 at {% end %}. */
static int parse_tag(struct gale__parser *p, struct block *block, struct gale__node ***tail)
{
    struct gale__span rest;
    gale_str name = gale__tag_word(p->piece.span, &rest);
    const struct word *word = find_word(name);

    if (name.len == 0)
        return gale__tag_error(p, "Empty block tag ({%% %%})");
    if (!word)
        return parse_unknown(p, block, name, tail);
    switch (word->group) {
    case GROUP_END:
        return parse_end(p, block);
    case GROUP_CLAUSE:
        return parse_clause(p, block, word, rest);
    case GROUP_JUMP:
        return parse_jump(p, block, word, rest, tail);
    case GROUP_AUTOESCAPE:
        return gale__parse_autoescape(p, rest);
    case GROUP_WHITESPACE:
        return parse_whitespace(p, rest);
    case GROUP_COMMENT:
        return 0;
    case GROUP_PLAIN:
    case GROUP_BLOCK:
        break;
    }
    return parse_plain(p, block, word, rest, tail);
}

static int missing_end(struct gale__parser *p, const struct block *block)
{
    if (!block || block->is_unknown)
        return 0;
    return gale__misplaced(
        p, gale__syntax_error_at(&p->error, block->node->line, block->node->column,
                                 "Missing {%% end %%} block for %s", block->word->name));
}

/* The next piece of the text, which does not end here. 1 at {% end %}. */
static int parse_piece(struct gale__parser *p, struct block *block, struct gale__node ***tail)
{
    switch (p->piece.kind) {
    case GALE__PIECE_TEXT:
        return parse_text(p, tail);
    case GALE__PIECE_EXPRESSION:
        return parse_output(p, tail);
    case GALE__PIECE_TAG:
        return parse_tag(p, block, tail);
    default:
        return 0;
    }
}

/* Up to {% end %} of the block, or the end of the text. */
static int parse_nodes(struct gale__parser *p, struct block *block, struct gale__node ***tail)
{
    int r = 0;

    while (r == 0) {
        const struct gale__clause *clause = block ? block->clause : NULL;

        r = gale__lex_piece(&p->lexer, &p->piece, &p->error);
        if (r < 0) {
            p->is_over = true;
            break;
        }
        if (p->piece.kind == GALE__PIECE_END)
            return gale__go_on(p, missing_end(p, block), false);
        r = gale__go_on(p, parse_piece(p, block, tail), false);
        if (block && block->clause != clause)
            *tail = &block->clause->body;
    }
    return r < 0 ? r : 0;
}

int gale__parse_file(struct gale__parser *p)
{
    struct gale__node **tail = &p->file->body;

    p->lexer = (struct gale__cutter){ p->file->text, 0, 1, 1 };
    return parse_nodes(p, NULL, &tail);
}
