/* compile_templates.c - "gale template compile": a directory of templates as one file of C.
 *
 * Everything is written into memory first, and a file only comes into its place when it is whole.
 */
/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "cli/templates.h"

struct output {
    const char *c, *header, *depfile; /* files; NULL: not asked for */
    const char *name;                 /* of the array */
};

/* --- text of C --- */

static int put(gale_template_out *out, const char *text)
{
    return gale_template_write(out, text, strlen(text));
}

/* As it may stand in a comment: nothing in a name ends it, continues its line or is a trigraph. */
static bool is_plain(char c)
{
    return c >= ' ' && c <= '~' && !strchr("*?\\", c);
}

static int put_comment(gale_template_out *out, const char *name)
{
    int r = put(out, "/* ");

    for (; *name && r >= 0; name++)
        r = gale_template_write(out, is_plain(*name) ? name : "_", 1);
    return r < 0 ? r : put(out, " */\n");
}

/* The tables and functions of one template. */
static int put_program(struct gale__cli_templates *t, const char *name, const char *identifier,
                       gale_template_out *out)
{
    gale_template_error error = { 0 };
    gale_template *template;
    int r = gale__loader_make(t->loader, name, &template, &error);

    if (r < 0) {
        gale__cli_templates_tell(t, &error);
        t->n_errors++;
        return 0;
    }
    r = put_comment(out, name);
    if (r >= 0)
        r = gale__template_codegen(template->program, identifier, out);
    gale_template_unref(template);
    t->n_templates++;
    return r;
}

static int put_array(const struct gale__cli_templates *t, const char *name, gale_template_out *out)
{
    char line[256];
    int r;

    snprintf(line, sizeof(line),
             "extern const gale_template_program *const %s[];\n"
             "const gale_template_program *const %s[] = {\n",
             name, name);
    r = put(out, line);
    for (int i = 0; i < t->n_templates && r >= 0; i++) {
        snprintf(line, sizeof(line), "    &%s_%d,\n", name, i);
        r = put(out, line);
    }
    return r < 0 ? r : put(out, "    NULL,\n};\n");
}

static int put_templates(struct gale__cli_templates *t, const char *const *names, int n,
                         const char *array, gale_template_out *out)
{
    char identifier[128];
    int r = put(out, "/* Made by \"gale template compile\" out of templates: not to be edited. */\n"
                     "#include <gale/template_inline.h>\n\n"
                     "#if GALE_TEMPLATE_RUNTIME != ");

    snprintf(identifier, sizeof(identifier), "%d\n", GALE_TEMPLATE_RUNTIME);
    r = r < 0 ? r : put(out, identifier);
    r = r < 0 ? r
              : put(out, "#error \"made for another version of gale: compile the templates again\""
                         "\n#endif\n\n");
    for (int i = 0; i < n && r >= 0; i++) {
        snprintf(identifier, sizeof(identifier), "%s_%d", array, t->n_templates);
        r = put_program(t, names[i], identifier, out);
    }
    return r < 0 ? r : put_array(t, array, out);
}

static int put_header(const char *array, gale_template_out *out)
{
    char text[512];

    snprintf(text, sizeof(text),
             "/* Made by \"gale template compile\": not to be edited. */\n"
             "#ifndef GALE_TEMPLATES_%s\n#define GALE_TEMPLATES_%s\n\n"
             "struct gale_template_program;\n\n"
             "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
             "extern const struct gale_template_program *const %s[];\n\n"
             "#ifdef __cplusplus\n}\n#endif\n\n#endif\n",
             array, array, array);
    return put(out, text);
}

/* --- what it was made from --- */

/* A path as make reads it. */
static int put_path(gale_template_out *out, const char *path)
{
    int r = 0;

    for (; *path && r >= 0; path++) {
        if (*path == ' ' || *path == '#')
            r = gale_template_write(out, "\\", 1);
        else if (*path == '$')
            r = gale_template_write(out, "$", 1);
        r = r < 0 ? r : gale_template_write(out, path, 1);
    }
    return r;
}

static int put_dependency(const struct gale__cli_templates *t, const char *name, size_t len,
                          gale_template_out *out)
{
    char path[GALE__TEMPLATE_NAME + 1];
    int r = put(out, " \\\n  ");

    snprintf(path, sizeof(path), "%s%.*s", len ? "/" : "", (int)len, name);
    r = r < 0 ? r : put_path(out, t->dir);
    return r < 0 ? r : put_path(out, path);
}

/* The files, and the directories they lie in, where others may come. */
static int put_dependencies(const struct gale__cli_templates *t, const char *const *names, int n,
                            const char *target, gale_template_out *out)
{
    const char *before = "";
    int r = put_path(out, target);

    r = r < 0 ? r : put(out, ":");
    r = r < 0 ? r : put_dependency(t, "", 0, out);
    for (int i = 0; i < n && r >= 0; i++) {
        const char *slash = strrchr(names[i], '/');
        size_t dir = slash ? (size_t)(slash - names[i]) : 0;

        if (dir && strncmp(before, names[i], dir + 1) != 0)
            r = put_dependency(t, names[i], dir, out);
        r = r < 0 ? r : put_dependency(t, names[i], strlen(names[i]), out);
        before = names[i];
    }
    return r < 0 ? r : put(out, "\n");
}

/* --- files --- */

static int write_all(FILE *file, const gale_template_out *out)
{
    bool is_good = !out->len || fwrite(out->data, 1, out->len, file) == out->len;

    return fflush(file) == 0 && is_good ? 0 : -errno;
}

/* Beside its place first; "-" is standard output. */
static int write_file(const struct gale__cli_command *command, const char *path,
                      const gale_template_out *out)
{
    size_t size = strlen(path) + 16;
    char *beside = gale__malloc(size);
    FILE *file;
    int r;

    if (strcmp(path, "-") == 0) {
        gale__free(beside);
        r = write_all(stdout, out);
        return r < 0 ? gale__cli_fail(command, "standard output: %s", strerror(-r)) : 0;
    }
    if (!beside)
        return gale__cli_fail(command, "out of memory");
    snprintf(beside, size, "%s.%d", path, (int)getpid());
    file = fopen(beside, "wbe");
    r = file ? write_all(file, out) : -errno;
    if (file && fclose(file) != 0 && r >= 0)
        r = -errno;
    if (r >= 0 && rename(beside, path) < 0)
        r = -errno;
    if (r < 0)
        unlink(beside);
    gale__free(beside);
    return r < 0 ? gale__cli_fail(command, "%s: %s", path, strerror(-r)) : GALE__CLI_OK;
}

static int finish(const struct gale__cli_templates *t, const char *path, int r,
                  gale_template_out *out)
{
    int status = r < 0 ? gale__cli_fail(t->command, "%s", gale_strerror(r))
                       : write_file(t->command, path, out);

    gale__heap_out_free(out);
    return status;
}

/* --- the command --- */

/* Those of the directory that have one of the endings, in names itself. */
static int list_templates(struct gale__cli_templates *t, const char *const **names)
{
    int n_all = t->loader->ops->list(t->loader, &t->arena, names), n = 0;
    const char **kept;

    if (n_all < 0)
        return n_all;
    kept = gale__arena_alloc(&t->arena, ((size_t)n_all + 1) * sizeof(*kept));
    if (!kept)
        return -ENOMEM;
    for (int i = 0; i < n_all; i++)
        if (gale__template_has_ending((*names)[i], t->ending_list))
            kept[n++] = (*names)[i];
    *names = kept;
    return n;
}

static int compile(struct gale__cli_templates *t, const struct output *to)
{
    const char *const *names;
    gale_template_out out;
    int n = list_templates(t, &names), r, status;

    if (n < 0)
        return gale__cli_fail(t->command, "%s: %s", t->dir, gale_strerror(n));
    if (n == 0)
        return gale__cli_fail(t->command, "%s: no templates", t->dir);
    gale__heap_out_init(&out);
    r = put_templates(t, names, n, to->name, &out);
    if (t->n_errors) {
        gale__heap_out_free(&out);
        return gale__cli_fail(t->command, "%d error%s, nothing was written", t->n_errors,
                              t->n_errors == 1 ? "" : "s");
    }
    status = finish(t, to->c ? to->c : "-", r, &out);
    if (status == 0 && to->header)
        status = finish(t, to->header, put_header(to->name, &out), &out);
    if (status == 0 && to->depfile)
        status = finish(t, to->depfile, put_dependencies(t, names, n, to->c ? to->c : "-", &out),
                        &out);
    return status;
}

/* Words of C and C++, and names that what the generated file includes has. */
static const char *const taken[] = {
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "errno",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "linux",
    "long",
    "main",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "offsetof",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "stderr",
    "stdin",
    "stdout",
    "strlen",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "union",
    "unix",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
    "size_t",
    "memcpy",
    "memset",
    "memcmp",
    "memchr",
    "memmove",
    "strcmp",
    "strchr",
    "NULL",
    "INT64_MIN",
    "INT64_MAX",
    "INT64_C",
    "UINT32_MAX",
    "UINT64_C",
    "HUGE_VAL",
    "NAN",
    "INFINITY",
    "FILE",
    "reinterpret_cast",
};

/* What the generated file cannot define: a reserved name, one of gale's or one of the language. */
static bool is_taken(const char *name)
{
    if (*name == '_' || strncmp(name, "gale_", 5) == 0 || strncmp(name, "GALE_", 5) == 0 ||
        strncmp(name, "json_", 5) == 0)
        return true;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(name, taken[i]) == 0)
            return true;
    return false;
}

static bool is_identifier(const char *name)
{
    if (!*name || strlen(name) > 64 || isdigit((unsigned char)*name))
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

int gale__cli_compile(const struct gale__cli_command *command, int n_words, char **words)
{
    struct gale__cli_templates t = { .command = command };
    struct output to = { .name = "templates" };
    const struct gale__cli_option options[] = {
        GALE__CLI_TEMPLATE_OPTIONS(&t), { "output", 'o', &to.c }, { "header", 0, &to.header },
        { "depfile", 0, &to.depfile },  { "name", 0, &to.name },  { 0 },
    };
    int status = gale__cli_options(command, options, &n_words, words);

    if (status == 0 && n_words != 1)
        status = gale__cli_usage(command, n_words ? "one directory" : "which directory?");
    if (status == 0 && !is_identifier(to.name))
        status = gale__cli_usage(command, "--name: '%s' is not a name in C", to.name);
    if (status == 0 && is_taken(to.name))
        status = gale__cli_usage(command, "--name: '%s' is a name of C, C++ or gale", to.name);
    if (status == 0)
        status = gale__cli_templates_begin(&t);
    if (status == 0)
        status = gale__cli_templates_open(&t, words[0]);
    if (status == 0)
        status = compile(&t, &to);
    gale__cli_templates_end(&t);
    return status;
}
