/* codegen_data.c - the tables of a program as C: texts, constants, where each instruction is from.
 *
 * A compiler need not take a literal of more than 4095 bytes: longer texts are arrays. The text of
 * a source file is written once, however many templates of one file of C are made from it. */
/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/hash.h"
#include "template/codegen.h"

enum { LINE = 72 };

/* --- texts --- */

/* How a byte is written that does not stand for itself; NULL: it does. */
static const char *escape_of(unsigned char c, char octal[5])
{
    static const char escapes[][3] = { ['\n'] = "\\n", ['\t'] = "\\t",  ['\r'] = "\\r",
                                       ['"'] = "\\\"", ['\\'] = "\\\\", ['?'] = "\\?" };

    if (c < sizeof(escapes) / sizeof(escapes[0]) && escapes[c][0])
        return escapes[c];
    if (c >= ' ' && c < 0x7f)
        return NULL;
    snprintf(octal, 5, "\\%03o", c);
    return octal;
}

/* The bytes at the start of s that stand for themselves, at most max. */
static size_t plain_part(gale_str s, size_t max)
{
    char octal[5];
    size_t n = 0;

    while (n < s.len && n < max && !escape_of((unsigned char)s.ptr[n], octal))
        n++;
    return n;
}

/* A new line of C for each line of the text, and for each LINE bytes. */
void gale__codegen_literal(struct gale__codegen *g, gale_str s)
{
    size_t column = 0;

    gale__codegen_print(g, "\"");
    while (s.len && g->error >= 0) {
        size_t n = plain_part(s, LINE);
        char octal[5];

        gale__codegen_print(g, "%.*s", (int)n, s.ptr);
        column += n;
        if (n == 0) {
            n = 1;
            gale__codegen_print(g, "%s", escape_of((unsigned char)*s.ptr, octal));
            column += *s.ptr == '\n' ? LINE : 2;
        }
        s.ptr += n;
        s.len -= n;
        if (column >= LINE && s.len) {
            gale__codegen_print(g, "\"\n        \"");
            column = 0;
        }
    }
    gale__codegen_print(g, "\"");
}

static void print_array(struct gale__codegen *g, gale_str s)
{
    gale__codegen_print(g, "{");
    for (size_t i = 0; i < s.len && g->error >= 0; i++)
        gale__codegen_print(g, "%s'\\%o'",
                            i == 0   ? ""
                            : i % 12 ? ","
                                     : ",\n    ",
                            (unsigned char)s.ptr[i]);
    gale__codegen_print(g, "}");
}

/* A text that is too long for a literal is declared before, as id_kind_index. */
static void declare_long(struct gale__codegen *g, gale_str s, const char *kind, uint32_t index)
{
    if (s.len <= GALE__LITERAL)
        return;
    gale__codegen_print(g, "static const char %s_%s_%u[] = ", g->id, kind, (unsigned)index);
    print_array(g, s);
    gale__codegen_print(g, ";\n\n");
}

static void print_text(struct gale__codegen *g, gale_str s, const char *kind, uint32_t index)
{
    if (s.len <= GALE__LITERAL)
        gale__codegen_literal(g, s);
    else
        gale__codegen_print(g, "%s_%s_%u", g->id, kind, (unsigned)index);
}

/* "static const gale_str id_kind[] = { … };", nothing without items. */
static void print_strings(struct gale__codegen *g, const char *kind, const gale_str *items,
                          uint32_t n)
{
    if (!n)
        return;
    for (uint32_t i = 0; i < n; i++)
        declare_long(g, items[i], kind, i);
    gale__codegen_print(g, "static const gale_str %s_%s[] = {\n", g->id, kind);
    for (uint32_t i = 0; i < n; i++) {
        gale__codegen_print(g, "    { ");
        print_text(g, items[i], kind, i);
        gale__codegen_print(g, ", %zu },\n", items[i].len);
    }
    gale__codegen_print(g, "};\n\n");
}

/* --- constants --- */

static void print_number(struct gale__codegen *g, gale_value v)
{
    if (v.kind == GALE_VALUE_FLOAT && isinf(v.u.d))
        gale__codegen_print(g, "{ .d = %sHUGE_VAL }", v.u.d < 0 ? "-" : "");
    else if (v.kind == GALE_VALUE_FLOAT)
        gale__codegen_print(g, "{ .d = %a }", v.u.d);
    else if (v.u.i == INT64_MIN)
        gale__codegen_print(g, "{ .i = INT64_MIN }");
    else
        gale__codegen_print(g, "{ .i = INT64_C(%" PRId64 ") }", v.u.i);
}

static void print_constant(struct gale__codegen *g, uint32_t index)
{
    gale_value v = g->program->constants[index];

    gale__codegen_print(g, "    { %u, %u, %u, %u, ", v.kind, v.flags, v.aux, (unsigned)v.len);
    switch (v.kind) {
    case GALE_VALUE_UNSET:
    case GALE_VALUE_NONE:
        gale__codegen_print(g, "{ 0 }");
        break;
    case GALE_VALUE_BOOL:
    case GALE_VALUE_INT:
    case GALE_VALUE_FLOAT:
        print_number(g, v);
        break;
    case GALE_VALUE_TEXT:
    case GALE_VALUE_BYTES:
        gale__codegen_print(g, "{ .s = ");
        print_text(g, (gale_str){ v.u.s, v.len }, "constant", index);
        gale__codegen_print(g, " }");
        break;
    default:
        g->error = gale_err(GALE_EINVAL, "template '%s': a constant of kind %d", g->program->name,
                            v.kind);
    }
    gale__codegen_print(g, " },\n");
}

static void print_constants(struct gale__codegen *g)
{
    const gale_template_program *p = g->program;

    if (!p->n_constants)
        return;
    for (uint32_t i = 0; i < p->n_constants; i++)
        if (p->constants[i].kind == GALE_VALUE_TEXT || p->constants[i].kind == GALE_VALUE_BYTES)
            declare_long(g, (gale_str){ p->constants[i].u.s, p->constants[i].len }, "constant", i);
    gale__codegen_print(g, "static const gale_value %s_constants[] = {\n", g->id);
    for (uint32_t i = 0; i < p->n_constants && g->error >= 0; i++)
        print_constant(g, i);
    gale__codegen_print(g, "};\n\n");
}

/* --- calls and lambdas --- */

static void print_call_sites(struct gale__codegen *g)
{
    const gale_template_program *p = g->program;
    char name[32];

    for (uint32_t i = 0; i < p->n_call_sites; i++) {
        snprintf(name, sizeof(name), "keywords_%u", (unsigned)i);
        print_strings(g, name, p->call_sites[i].keywords, p->call_sites[i].n_keywords);
    }
    if (p->n_call_sites)
        gale__codegen_print(g, "static const gale_template_call_site %s_call_sites[] = {\n", g->id);
    for (uint32_t i = 0; i < p->n_call_sites; i++) {
        const gale_template_call_site *site = &p->call_sites[i];

        gale__codegen_print(g, "    { { ");
        gale__codegen_literal(g, site->method);
        gale__codegen_print(g, ", %zu }, %u, %u, %d, %d, ", site->method.len, site->n_args,
                            site->n_keywords, site->has_star, site->has_star_star);
        if (site->n_keywords)
            gale__codegen_print(g, "%s_keywords_%u },\n", g->id, (unsigned)i);
        else
            gale__codegen_print(g, "NULL },\n");
    }
    if (p->n_call_sites)
        gale__codegen_print(g, "};\n\n");
}

static void print_lambdas(struct gale__codegen *g)
{
    const gale_template_program *p = g->program;
    char name[32];

    for (uint32_t i = 0; i < p->n_lambdas; i++) {
        snprintf(name, sizeof(name), "params_%u", (unsigned)i);
        print_strings(g, name, p->lambdas[i].params, p->lambdas[i].n_params);
    }
    if (p->n_lambdas)
        gale__codegen_print(g, "static const gale_template_lambda %s_lambdas[] = {\n", g->id);
    for (uint32_t i = 0; i < p->n_lambdas; i++) {
        const gale_template_lambda *l = &p->lambdas[i];

        gale__codegen_print(g, "    { .entry = %u, .n_params = %u, .n_defaults = %u,\n",
                            (unsigned)l->entry, l->n_params, l->n_defaults);
        if (l->n_params)
            gale__codegen_print(g, "      .params = %s_params_%u,\n", g->id, (unsigned)i);
        gale__codegen_print(g,
                            "      .first_local = %u, .n_locals = %u, .first_kept = %u,\n"
                            "      .first_iter = %u, .n_iters = %u, .run = %s_lambda_%u },\n",
                            l->first_local, l->n_locals, l->first_kept, l->first_iter, l->n_iters,
                            g->id, (unsigned)i);
    }
    if (p->n_lambdas)
        gale__codegen_print(g, "};\n\n");
}

/* --- where things are --- */

static uint64_t source_id(gale_str source)
{
    return gale__hash(source.ptr, source.len);
}

static void print_sources(struct gale__codegen *g)
{
    const gale_template_program *p = g->program;

    for (uint32_t i = 0; i < p->n_sources; i++) {
        gale_str s = p->sources[i];
        uint64_t id = source_id(s);

        gale__codegen_print(g,
                            "#ifndef GALE_SOURCE_%016" PRIx64 "\n#define GALE_SOURCE_%016" PRIx64
                            "\nstatic const char gale_source_%016" PRIx64 "[] =\n    ",
                            id, id, id);
        if (s.len <= GALE__LITERAL) {
            gale__codegen_literal(g, s);
        } else {
            print_array(g, s);
        }
        gale__codegen_print(g, ";\n#endif\n\n");
    }
    if (p->n_sources)
        gale__codegen_print(g, "static const gale_str %s_sources[] = {\n", g->id);
    for (uint32_t i = 0; i < p->n_sources; i++)
        gale__codegen_print(g, "    { gale_source_%016" PRIx64 ", %zu },\n",
                            source_id(p->sources[i]), p->sources[i].len);
    if (p->n_sources)
        gale__codegen_print(g, "};\n\n");
}

static void print_places(struct gale__codegen *g)
{
    const gale_template_program *p = g->program;

    gale__codegen_print(g, "static const gale_template_place %s_places[] = {\n", g->id);
    for (uint32_t i = 0; i < p->n_places; i++) {
        const gale_template_place *place = &p->places[i];

        gale__codegen_print(g, "    { ");
        gale__codegen_literal(g, (gale_str){ place->name, strlen(place->name) });
        gale__codegen_print(g, ", %u, %d, %u },\n", (unsigned)place->source, (int)place->via,
                            (unsigned)place->via_line);
    }
    gale__codegen_print(g, "};\n\nstatic const gale_template_position %s_positions[] = {\n", g->id);
    for (uint32_t i = 0; i < p->n_code; i++)
        gale__codegen_print(g, "%s{ %u, %u, %u },%s", i % 4 ? " " : "    ",
                            (unsigned)p->positions[i].line, p->positions[i].column,
                            p->positions[i].place, i % 4 == 3 || i + 1 == p->n_code ? "\n" : "");
    gale__codegen_print(g, "};\n\n");
}

static void print_guards(struct gale__codegen *g)
{
    const gale_template_program *p = g->program;

    if (!p->n_guards)
        return;
    gale__codegen_print(g, "static const gale_template_guard %s_guards[] = {\n", g->id);
    for (uint32_t i = 0; i < p->n_guards; i++) {
        const gale_template_guard *guard = &p->guards[i];

        gale__codegen_print(g, "    { %u, %u, %u, %u, %u, %u },\n", (unsigned)guard->from,
                            (unsigned)guard->to, (unsigned)guard->handler, guard->depth,
                            guard->n_captures, guard->n_caught);
    }
    gale__codegen_print(g, "};\n\n");
}

static void print_fallbacks(struct gale__codegen *g)
{
    const gale_template_program *p = g->program;

    if (!p->n_locals)
        return;
    gale__codegen_print(g, "static const int32_t %s_local_fallbacks[] = {", g->id);
    for (uint32_t i = 0; i < p->n_locals; i++)
        gale__codegen_print(g, "%s%d,", i % 16 ? " " : "\n    ", (int)p->local_fallbacks[i]);
    gale__codegen_print(g, "\n};\n\n");
}

void gale__codegen_tables(struct gale__codegen *g)
{
    const gale_template_program *p = g->program;

    print_sources(g);
    print_constants(g);
    print_strings(g, "globals", p->globals, p->n_globals);
    print_strings(g, "local_names", p->local_names, p->n_locals);
    print_fallbacks(g);
    print_call_sites(g);
    print_lambdas(g);
    print_guards(g);
    print_places(g);
}

static void print_table(struct gale__codegen *g, const char *name, bool is_there)
{
    if (is_there)
        gale__codegen_print(g, "    .%s = %s_%s,\n", name, g->id, name);
}

void gale__codegen_program(struct gale__codegen *g)
{
    const gale_template_program *p = g->program;

    gale__codegen_print(g,
                        "static const gale_template_program %s = {\n"
                        "    .version = GALE_TEMPLATE_RUNTIME,\n    .name = ",
                        g->id);
    gale__codegen_literal(g, (gale_str){ p->name, strlen(p->name) });
    gale__codegen_print(g,
                        ",\n    .n_code = %u, .n_constants = %u, .n_globals = %u,\n"
                        "    .n_call_sites = %u, .n_lambdas = %u, .n_guards = %u,\n",
                        (unsigned)p->n_code, (unsigned)p->n_constants, (unsigned)p->n_globals,
                        (unsigned)p->n_call_sites, (unsigned)p->n_lambdas, (unsigned)p->n_guards);
    gale__codegen_print(g,
                        "    .n_places = %u, .n_sources = %u,\n"
                        "    .max_stack = %u, .n_locals = %u, .n_iters = %u,\n",
                        (unsigned)p->n_places, (unsigned)p->n_sources, (unsigned)p->max_stack,
                        (unsigned)p->n_locals, (unsigned)p->n_iters);
    print_table(g, "constants", p->n_constants);
    print_table(g, "globals", p->n_globals);
    print_table(g, "local_names", p->n_locals);
    print_table(g, "local_fallbacks", p->n_locals);
    print_table(g, "call_sites", p->n_call_sites);
    print_table(g, "lambdas", p->n_lambdas);
    print_table(g, "guards", p->n_guards);
    print_table(g, "places", p->n_places);
    print_table(g, "positions", p->n_code);
    print_table(g, "sources", p->n_sources);
    gale__codegen_print(g, "    .run = %s_run,\n};\n\n", g->id);
}
