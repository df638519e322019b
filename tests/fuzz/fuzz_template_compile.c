/* fuzz_template_compile.c - templates: no text crashes the compiler, makes it slow, or makes it
 * write a program that does not hold together; what goes wrong has a place and a report. A check
 * for all errors ends, and finds some where compiling finds one.
 *
 * The input is several files with ASCII record separators (1e) between them, called a, b, c …; the
 * first begins with a byte that chooses the options.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/template.h>

#include "../template/verify.h"
#include "base/str.h"
#include "base/utf8.h"
#include "template/compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES = 6 };

struct files {
    gale_str texts[FILES];
    size_t n;
};

static int fetch(void *arg, gale_str name, const char *parent, struct gale__arena *arena,
                 const char **full_name, gale_str *text)
{
    const struct files *files = arg;
    size_t index = name.len == 1 ? (size_t)(unsigned char)(name.ptr[0] - 'a') : FILES;

    (void)parent;
    if (index >= files->n)
        return gale_err(GALE_ENOTFOUND, "no such template");
    *full_name = gale__arena_strndup(arena, name.ptr, 1);
    *text = files->texts[index];
    return *full_name ? 0 : -1;
}

static void split(struct files *files, gale_str rest)
{
    gale_str part;

    while (files->n < FILES && gale__str_split(&rest, '\x1e', &part))
        if (gale__utf8_valid(part.ptr, part.len))
            files->texts[files->n++] = part;
}

static void check_error(const gale_template_error *error, int code)
{
    GALE_ASSERT(code < 0 && error->code == code);
    GALE_ASSERT(strlen(error->message) < sizeof(error->message) && error->message[0]);
    GALE_ASSERT(strlen(error->report) < sizeof(error->report));
    GALE_ASSERT(error->report[strlen(error->report) - 1] == '\n');
    GALE_ASSERT(gale__utf8_valid(error->report, strlen(error->report)));
    GALE_ASSERT(error->name[0]);
}

static void count_error(void *count, const gale_template_error *error)
{
    check_error(error, error->code);
    ++*(size_t *)count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const escapes[] = { NULL, "None", "contextual", "f.g" };
    static const char *const modes[] = { NULL, "all", "single", "oneline" };
    gale_template_options options = { 0 };
    struct files files = { .n = 0 };
    struct gale__fetch fetcher = { fetch, &files };
    const gale_template_program *program = NULL;
    gale_template_error error = { 0 };
    size_t n_errors = 0;
    struct gale__tell tell = { count_error, &n_errors };
    struct gale__arena arena;

    if (size == 0)
        return 0;
    options.autoescape = escapes[data[0] & 3];
    options.whitespace = modes[data[0] >> 2 & 3];
    split(&files, (gale_str){ (const char *)data + 1, size - 1 });
    if (files.n == 0)
        return 0;
    gale__arena_init(&arena);
    const struct gale__fetch *how = data[0] & 16 ? NULL : &fetcher;
    int r = gale__template_compile(&arena, "a", files.texts[0], &options, how, &program, &error);

    if (r == 0)
        verify_program(program);
    else
        check_error(&error, r);
    gale__arena_reset(&arena);
    GALE_ASSERT(gale__template_check("a", files.texts[0], &options, how, &tell) == 0);
    GALE_ASSERT((r < 0) == (n_errors > 0) && n_errors <= GALE__CHECK_ERRORS);
    return 0;
}
