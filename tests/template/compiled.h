/* compiled.h - templates compiled out of memory, for tests of what the compiler makes of them.
 *
 *     const gale_template_text files[] = { { "a.html", "…" }, { NULL, NULL } };
 *     struct compiled c;
 *
 *     compile_files(&c, files, NULL);     the first of them
 *     … c.code, c.error, c.program …
 *     compiled_end(&c);
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TESTS_TEMPLATE_COMPILED_H
#define GALE_TESTS_TEMPLATE_COMPILED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/str.h"
#include "template/code.h"
#include "template/compile.h"

struct compiled {
    struct gale__arena arena;
    const gale_template_program *program;
    gale_template_error error;
    int code;
};

static inline int compiled_fetch(void *arg, gale_str name, const char *parent,
                                 struct gale__arena *arena, const char **full_name, gale_str *text)
{
    const gale_template_text *file = arg;

    (void)parent;
    while (file->name && !gale__str_equal(gale__str(file->name), name))
        file++;
    if (!file->name)
        return gale_err(GALE_ENOTFOUND, "template '%.*s' not found", (int)name.len, name.ptr);
    *full_name = gale__arena_strndup(arena, file->name, strlen(file->name));
    *text = gale__str(file->text);
    return 0;
}

static inline void compile_files(struct compiled *c, const gale_template_text *files,
                                 const gale_template_options *options)
{
    struct gale__fetch fetch = { compiled_fetch, (void *)files };

    memset(c, 0, sizeof(*c));
    c->code = gale__template_compile(&c->arena, files[0].name, gale__str(files[0].text), options,
                                     &fetch, &c->program, &c->error);
}

static inline void compiled_end(struct compiled *c)
{
    gale__arena_reset(&c->arena);
}

/* Adds a text to the end of another, so many times. */
static inline void append(char *text, size_t size, const char *more, int times)
{
    size_t len = strlen(text);

    for (int i = 0; i < times; i++)
        len += (size_t)snprintf(text + len, size - len, "%s", more);
    assert_true(len < size);
}

/* How many instructions of that kind a program has. */
static inline int count_ops(const gale_template_program *program, enum gale__op op)
{
    int n = 0;

    for (uint32_t i = 0; i < program->n_code; i++)
        n += program->code[i].op == op;
    return n;
}

/* What the first of the files renders to, or what went wrong; for free(). */
static inline char *render_files_with(const gale_template_text *files,
                                      const gale_template_options *options, const char *values)
{
    gale_loader *loader = gale_dict_loader_new(files, options);
    gale_template_error error = { 0 };
    char *page;

    assert_non_null(loader);
    page = gale_loader_generate(loader, files[0].name, json_loads(values, 0, NULL), NULL, &error);
    gale_loader_free(loader);
    return page ? page : strdup(error.message);
}

static inline void assert_files(const gale_template_text *files, const char *expected)
{
    char *page = render_files_with(files, NULL, "{\"x\": 2, \"s\": \"<b>\", \"items\": [1, 2, 3]}");

    assert_string_equal(page, expected);
    free(page);
}

/* The same of one text. */
static inline void assert_renders(const char *text, const char *expected)
{
    const gale_template_text files[] = { { "t.txt", text }, { NULL, NULL } };

    assert_files(files, expected);
}

#endif
