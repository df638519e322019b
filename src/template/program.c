/* program.c - a template with all that it extends and includes as one program.
 *
 * First all files are read and their blocks collected, the last definition of a name being the one
 * that counts, from the base to the template itself, as in Tornado. Then the base's nodes are
 * translated, blocks and includes at the places where they stand.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "template/compiler.h"

enum { MAX_SOURCE = 16 << 20, MAX_WORK = 1 << 22 };

/* A file of the chain of extends, the base first. */
struct ancestor {
    struct gale__file *file;
    struct gale_template_position at; /* place it came in by */
    struct ancestor *next;
};

/* --- files ---- */

static struct gale__span default_escape(const gale_template_options *options)
{
    const char *name = options && options->autoescape ? options->autoescape : "xhtml_escape";

    return (struct gale__span){ gale__str(name), 0, 0 };
}

static int whitespace_of(struct gale__parser *p, const gale_template_options *options)
{
    int mode = (int)gale__whitespace_of(p->file->name);

    if (options && options->whitespace)
        mode = gale__whitespace_mode(gale__str(options->whitespace));
    if (mode < 0)
        return gale__tag_error(p, "invalid whitespace mode %s", options->whitespace);
    p->whitespace = (enum gale__whitespace)mode;
    return 0;
}

static bool tell_of_parser(struct gale__parser *p)
{
    struct gale__compiler *c = p->tell_arg;

    c->hint = p->hint;
    p->hint = NULL;
    gale__compile_complain(c, GALE_EINVAL, p->error.line, p->error.column, "%s", p->error.message);
    return c->code == 0;
}

static void parse(struct gale__compiler *c, struct gale__file *file)
{
    struct gale__parser p = { .arena = &c->scratch, .program = c->arena, .file = file };

    p.tell = c->tell ? tell_of_parser : NULL;
    p.tell_arg = c;
    int r = whitespace_of(&p, c->options);

    if (r == 0)
        r = gale__parse_autoescape(&p, default_escape(c->options));
    if (r == 0)
        r = gale__parse_file(&p);
    if (r == GALE_EINVAL) {
        c->hint = p.hint;
        gale__compile_complain(c, r, p.error.line, p.error.column, "%s", p.error.message);
    } else if (r < 0) {
        gale__compile_fail(c, r);
    }
    c->is_unsure = c->is_unsure || r < 0 || file->is_unsure;
    c->is_tracking = c->is_tracking || file->is_contextual;
}

/* The tree of a text; what is translated from now on is in it. */
static struct gale__file *add_file(struct gale__compiler *c, const char *name, gale_str text)
{
    struct gale__file *file = gale__arena_zalloc(&c->scratch, sizeof(*file));
    gale_str *source = gale__table_add(c, &c->sources, sizeof(*source), UINT32_MAX);

    if (!file || !source) {
        gale__compile_fail(c, -ENOMEM);
        return NULL;
    }
    *source = text;
    *file = (struct gale__file){ .name = name, .text = text, .source = c->sources.n - 1 };
    file->next = c->files;
    c->files = file;
    return file;
}

static void add_place(struct gale__compiler *c, const struct gale__file *file, int32_t via,
                      uint32_t line)
{
    gale_template_place *place = gale__table_add(c, &c->places, sizeof(*place), UINT16_MAX);

    if (!place)
        return;
    *place = (gale_template_place){ file->name, file->source, via, line };
    c->at.place = (uint16_t)(c->places.n - 1);
}

static struct gale__file *find_file(const struct gale__compiler *c, const char *name)
{
    struct gale__file *file = c->files;

    while (file && strcmp(file->name, name) != 0)
        file = file->next;
    return file;
}

/* name NULL: of the tag; else what is there under that name cannot be read, which is a fault of the
 * file in a check. */
static void fetch_error(struct gale__compiler *c, const struct gale__node *tag, const char *name,
                        int code)
{
    bool is_of_file = c->tell && name && code != GALE_ENOTFOUND;
    struct gale__syntax_error error = { .line = tag->line, .column = tag->column };
    struct gale__file *file;

    if (code == -ENOMEM) {
        gale__compile_fail(c, code);
        return;
    }
    snprintf(error.message, sizeof(error.message), "%s", gale_strerror(code));
    c->is_unsure = true;
    if (is_of_file) {
        file = add_file(c, name, GALE__STR(""));
        if (file)
            add_place(c, file, c->at.place, tag->line);
        error.line = error.column = 0;
    }
    gale__compile_complain(c, code, error.line, error.column, "%s", error.message);
}

/* The file that a tag of c->file names, at a place of its own, which is where c is then. */
static struct gale__file *load(struct gale__compiler *c, const struct gale__node *tag)
{
    const char *name = NULL;
    gale_str text = { 0 };

    if (!c->fetch) {
        c->is_unsure = true;
        gale__compile_complain(c, GALE_EINVAL, tag->line, tag->column,
                               "{%% %s %%} block found, but no template loader",
                               tag->kind == GALE__NODE_EXTENDS ? "extends" : "include");
        return NULL;
    }
    int r = c->fetch->fetch(c->fetch->arg, tag->text, c->file->name, c->arena, &name, &text);

    if (r < 0) {
        fetch_error(c, tag, name, r);
        return NULL;
    }
    struct gale__file *file = find_file(c, name);
    bool is_new = !file;

    if (is_new)
        file = add_file(c, name, text);
    if (!file)
        return NULL;
    if (file->is_open) {
        c->is_unsure = true;
        gale__compile_complain(c, GALE_EINVAL, tag->line, tag->column, "%s %s itself", name,
                               tag->kind == GALE__NODE_EXTENDS ? "extends" : "includes");
        return NULL;
    }
    add_place(c, file, c->at.place, tag->line);
    if (is_new)
        parse(c, file);
    return c->code == 0 ? file : NULL;
}

/* --- what there is: ancestors and blocks ---- */

static void collect_ancestors(struct gale__compiler *c, struct gale__file *file,
                              struct ancestor **list)
{
    struct ancestor *self = gale__arena_zalloc(&c->scratch, sizeof(*self));
    struct gale_template_position at = c->at;

    if (!self) {
        gale__compile_fail(c, -ENOMEM);
        return;
    }
    *self = (struct ancestor){ file, c->at, *list };
    *list = self;
    file->is_open = true;
    for (struct gale__node *tag = file->extends; tag && c->code == 0; tag = tag->next) {
        c->file = file;
        c->at = at;
        if (tag->text.len == 0)
            continue;
        if (!gale__compile_enter(c, tag->line, tag->column))
            return;
        tag->file = load(c, tag);
        if (tag->file)
            collect_ancestors(c, tag->file, list);
        c->nesting--;
    }
    file->is_open = false;
}

static void collect_blocks(struct gale__compiler *c, struct gale__node *node);

static void define(struct gale__compiler *c, const struct gale__node *node)
{
    struct gale__definition *d = gale__arena_alloc(&c->scratch, sizeof(*d));

    if (d)
        *d = (struct gale__definition){ c->file, node };
    if (!d || gale__map_set(&c->blocks, node->text, d) < 0)
        gale__compile_fail(c, -ENOMEM);
}

/* Of a file that is included. */
static void collect_file(struct gale__compiler *c, struct gale__file *file)
{
    if (file->extends) {
        c->is_unsure = true;
        gale__compile_complain(c, GALE_EINVAL, file->extends->line, file->extends->column,
                               "an included template cannot extend another");
        return;
    }
    c->file = file;
    file->is_open = true;
    collect_blocks(c, file->body);
    file->is_open = false;
}

/* The file a tag includes, and its blocks. */
static void collect_included(struct gale__compiler *c, struct gale__node *node)
{
    struct gale__file *around = c->file;
    struct gale_template_position at = c->at;

    if (!gale__compile_enter(c, node->line, node->column))
        return;
    node->file = load(c, node);
    if (node->file)
        collect_file(c, node->file);
    if (c->code < 0)
        return;
    c->file = around;
    c->at = at;
    c->nesting--;
}

static void collect_blocks(struct gale__compiler *c, struct gale__node *node)
{
    for (; node && c->code == 0; node = node->next) {
        if (++c->work > MAX_WORK)
            gale__compile_error(c, node->line, node->column,
                                "the template with all that it includes is too large");
        if (node->kind == GALE__NODE_BLOCK)
            define(c, node);
        else if (node->kind == GALE__NODE_INCLUDE)
            collect_included(c, node);
        for (struct gale__clause *clause = node->clauses; clause; clause = clause->next)
            collect_blocks(c, clause->body);
    }
}

static struct gale__file *collect(struct gale__compiler *c, struct gale__file *file)
{
    struct ancestor *base = NULL;

    collect_ancestors(c, file, &base);
    for (const struct ancestor *a = base; a && c->code == 0; a = a->next) {
        c->file = a->file;
        c->at = a->at;
        a->file->is_open = true;
        collect_blocks(c, a->file->body);
        a->file->is_open = false;
    }
    return base ? base->file : NULL;
}

/* --- the program ---- */

static void translate(struct gale__compiler *c, struct gale__file *base)
{
    struct gale__scope *scope;

    c->places.n = 0; /* those of the first walk were for its errors */
    c->work = 0;
    c->file = base;
    add_place(c, base, -1, 0);
    gale__html_start(&c->html);
    scope = gale__scope_open(c, true);
    if (!scope)
        return;
    gale__compile_nodes(c, base->body);
    gale__emit(c, GALE__OP_END, 0, 0, 0);
    gale__compile_lambdas(c);
    gale__scope_settle(c, scope, 0);
}

static const void *keep(struct gale__compiler *c, const struct gale__table *t, size_t size)
{
    void *copy = c->code == 0 ? gale__arena_alloc(c->arena, t->n * size) : NULL;

    if (!copy)
        gale__compile_fail(c, -ENOMEM);
    else if (t->n)
        memcpy(copy, t->items, t->n * size);
    return copy;
}

/* Names of locals, and the global that each of them is while it has no value. */
static void keep_locals(struct gale__compiler *c, gale_template_program *program)
{
    const struct gale__local_name *locals = c->locals.items;
    gale_str *names = gale__arena_alloc(c->arena, c->locals.n * sizeof(*names));
    int32_t *fallbacks = gale__arena_alloc(c->arena, c->locals.n * sizeof(*fallbacks));

    if (!names || !fallbacks) {
        gale__compile_fail(c, -ENOMEM);
        return;
    }
    for (uint32_t i = 0; i < c->locals.n; i++) {
        names[i] = locals[i].name;
        fallbacks[i] = locals[i].is_shown ? (int32_t)gale__compile_global(c, names[i]) : -1;
    }
    program->n_locals = c->locals.n;
    program->local_names = names;
    program->local_fallbacks = fallbacks;
}

static void keep_tables(struct gale__compiler *c, gale_template_program *program)
{
    program->constants = keep(c, &c->constants, sizeof(*program->constants));
    program->n_constants = c->constants.n;
    program->texts = keep(c, &c->texts, sizeof(*program->texts));
    program->n_texts = c->texts.n;
    program->globals = keep(c, &c->globals, sizeof(*program->globals));
    program->n_globals = c->globals.n;
    program->call_sites = keep(c, &c->call_sites, sizeof(*program->call_sites));
    program->n_call_sites = c->call_sites.n;
    program->lambdas = keep(c, &c->lambdas, sizeof(*program->lambdas));
    program->n_lambdas = c->lambdas.n;
    program->guards = keep(c, &c->guards, sizeof(*program->guards));
    program->n_guards = c->guards.n;
    program->places = keep(c, &c->places, sizeof(*program->places));
    program->n_places = c->places.n;
    program->sources = keep(c, &c->sources, sizeof(*program->sources));
    program->n_sources = c->sources.n;
    program->code = keep(c, &c->ops, sizeof(*program->code));
    program->n_code = c->ops.n;
    program->positions = keep(c, &c->positions, sizeof(*program->positions));
}

static gale_template_program *finish(struct gale__compiler *c, const char *name)
{
    gale_template_program *program = gale__arena_zalloc(c->arena, sizeof(*program));

    if (!program || c->code < 0) {
        gale__compile_fail(c, -ENOMEM);
        return NULL;
    }
    program->version = GALE_TEMPLATE_RUNTIME;
    program->name = name;
    program->max_stack = c->max_depth;
    program->n_iters = c->n_iters;
    keep_locals(c, program);
    keep_tables(c, program);
    return c->code == 0 ? program : NULL;
}

/* --- */

static void deinit(struct gale__compiler *c)
{
    struct gale__table *tables[] = {
        &c->ops,        &c->positions,       &c->constants,      &c->texts,  &c->globals,
        &c->locals,     &c->lambdas,         &c->guards,         &c->places, &c->sources,
        &c->call_sites, &c->local_of_global, &c->local_of_local,
    };

    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
        gale__free(tables[i]->items);
    for (struct gale__scope *scope = c->scopes; scope; scope = scope->all)
        gale__map_deinit(&scope->locals);
    gale__map_deinit(&c->blocks);
    gale__map_deinit(&c->strings);
    gale__map_deinit(&c->constant_texts);
    gale__map_deinit(&c->global_names);
    gale__buf_deinit(&c->joined);
    gale__arena_reset(&c->scratch);
}

static void report(struct gale__compiler *c, int code, const char *name, gale_template_error *error)
{
    static const gale_str no_source;
    const gale_template_place *places = c->places.items;
    gale_template_place alone = { name, 0, -1, 0 };
    bool has_place = c->error.message[0] && c->error_place < c->places.n && c->sources.n;

    if (has_place)
        gale__report(error, code, c->error.message, places, c->sources.items, c->error_place,
                     c->error.line, c->error.column, c->hint ? c->hint : "");
    else
        gale__report(error, code, gale_strerror(code), &alone, &no_source, 0, 0, 0, "");
    gale_err(code, "%s", error->message);
}

__attribute__((noinline)) void gale__compile_tell(struct gale__compiler *c, int code)
{
    const gale_template_place *places = c->places.items;
    gale_template_error error;

    report(c, code, places[0].name, &error);
    c->tell->tell(c->tell->arg, &error);
    c->error.message[0] = '\0';
    c->hint = NULL;
    if (++c->n_told == GALE__CHECK_ERRORS)
        c->code = GALE_EINVAL;
}

static const gale_template_program *compile(struct gale__compiler *c, const char *name,
                                            gale_str text)
{
    gale_str own_name = gale__compile_string(c, gale__str(name));
    char *own_text = gale__arena_strndup(c->arena, text.ptr ? text.ptr : "", text.len);
    struct gale__file *file = NULL, *base = NULL;

    if (own_text)
        file = add_file(c, own_name.ptr, (gale_str){ own_text, text.len });
    if (!file) {
        gale__compile_fail(c, -ENOMEM);
        return NULL;
    }
    add_place(c, file, -1, 0);
    parse(c, file);
    if (c->code == 0)
        base = collect(c, file);
    if (c->code == 0 && !c->is_unsure)
        translate(c, base);
    return c->tell ? NULL : finish(c, own_name.ptr);
}

static void init(struct gale__compiler *c)
{
    const gale_template_options *options = c->options;
    int64_t max = options && options->limits.max_source ? options->limits.max_source : MAX_SOURCE;

    gale__arena_init(&c->scratch);
    c->max_text = max < 0 ? UINT64_MAX : (uint64_t)max * 4;
    gale__buf_init(&c->joined, c->max_text);
}

int gale__template_compile(struct gale__arena *arena, const char *name, gale_str text,
                           const gale_template_options *options, const struct gale__fetch *fetch,
                           const gale_template_program **out, gale_template_error *error)
{
    struct gale__compiler c = { .arena = arena, .options = options, .fetch = fetch };
    const gale_template_program *program;

    init(&c);
    program = compile(&c, name, text);
    if (c.code < 0)
        report(&c, c.code, name, error);
    else
        *out = program;
    deinit(&c);
    return c.code;
}

int gale__template_check(const char *name, gale_str text, const gale_template_options *options,
                         const struct gale__fetch *fetch, const struct gale__tell *tell)
{
    struct gale__arena arena = { 0 };
    struct gale__compiler c = { .arena = &arena, .options = options, .fetch = fetch, .tell = tell };

    init(&c);
    compile(&c, name, text);
    if (c.code < 0 && c.code != -ENOMEM && c.n_told < GALE__CHECK_ERRORS)
        gale__compile_tell(&c, c.code);
    deinit(&c);
    gale__arena_reset(&arena);
    return c.code == -ENOMEM ? c.code : 0;
}
