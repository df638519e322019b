/* build_embed.c - templates and static files as C: what `gale build --embed` links in.
 *
 * The content of files comes by the assembler's .incbin: no text of C is as quick to compile.
 */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/str.h"
#include "cli/build.h"
#include "cli/templates.h"

struct file {
    char *path;       /* as opened; heap */
    const char *name; /* in it: below the directory of the sources */
    struct stat st;
    uint64_t hash;
};

struct list {
    struct file *files;
    size_t n, cap;
    size_t skip; /* bytes of paths in front of names */
};

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* --- templates --- */

/* As the command itself would be asked. */
static int compile_templates(struct gale__build *b, const char *dir)
{
    char name[] = "--name", array[] = "embedded_templates", output[] = "--output";
    char autoescape[] = "--autoescape", whitespace[] = "--whitespace", end[] = "--";
    char *words[12];
    int n = 0;

    words[n++] = name;
    words[n++] = array;
    words[n++] = output;
    words[n++] = b->templates_c;
    if (b->autoescape) {
        words[n++] = autoescape;
        words[n++] = (char *)(uintptr_t)b->autoescape;
    }
    if (b->whitespace) {
        words[n++] = whitespace;
        words[n++] = (char *)(uintptr_t)b->whitespace;
    }
    words[n++] = end;
    words[n++] = (char *)(uintptr_t)dir;
    return gale__cli_compile(b->command, n, words);
}

static int no_templates(struct gale__build *b)
{
    FILE *out = fopen(b->templates_c, "we");

    if (!out)
        return gale__cli_fail(b->command, "%s: %s", b->templates_c, strerror(errno));
    fputs("/* no templates */\ntypedef int embedded_no_templates;\n", out);
    return fclose(out) == 0 ? 0
                            : gale__cli_fail(b->command, "%s: %s", b->templates_c, strerror(errno));
}

/* --- static files --- */

static int hash_file(struct file *f)
{
    FILE *in = fopen(f->path, "re");
    char *data = f->st.st_size ? gale__malloc((size_t)f->st.st_size) : NULL;
    size_t n = in && data ? fread(data, 1, (size_t)f->st.st_size, in) : 0;

    if (in)
        fclose(in);
    f->hash = gale__hash(n ? data : "", n);
    gale__free(data);
    return in && n == (size_t)f->st.st_size ? 0 : -EIO;
}

static int push(struct list *l, const char *dir, const char *name, const struct stat *st)
{
    size_t size = strlen(dir) + strlen(name) + 2;
    struct file *f;

    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        struct file *files = gale__realloc(l->files, cap * sizeof(*files));

        if (!files)
            return -ENOMEM;
        l->files = files;
        l->cap = cap;
    }
    f = &l->files[l->n];
    f->path = gale__malloc(size);
    if (!f->path)
        return -ENOMEM;
    snprintf(f->path, size, "%s/%s", dir, name);
    f->name = f->path + l->skip;
    f->st = *st;
    l->n++;
    return 0;
}

static int walk(struct list *l, const char *dir);

/* Symbolic links and names that begin with a dot are left out, as of templates. */
static int look_at(struct list *l, const char *dir, const char *name)
{
    char path[PATH_MAX];
    struct stat st;

    if (name[0] == '.')
        return 0;
    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    if (lstat(path, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return walk(l, path);
    return S_ISREG(st.st_mode) ? push(l, dir, name, &st) : 0;
}

static int walk(struct list *l, const char *dir)
{
    DIR *entries = opendir(dir);
    int r = 0;

    if (!entries)
        return -errno;
    for (struct dirent *e; r == 0 && (e = readdir(entries));)
        r = look_at(l, dir, e->d_name);
    closedir(entries);
    return r;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static void free_list(struct list *l)
{
    for (size_t i = 0; i < l->n; i++)
        gale__free(l->files[i].path);
    gale__free(l->files);
}

/* --- the file of C --- */

/* A string of C, and of the assembler: octal for all but the plainest. */
static void put_string(FILE *out, const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e || strchr("\"\\?%", *text))
            fprintf(out, "\\%03o", (unsigned char)*text);
        else
            fputc(*text, out);
}

/* By a link with a plain name: the file's own may have quotes in it. */
static int put_incbin(struct gale__build *b, FILE *out, size_t i, const char *path)
{
    char absolute[PATH_MAX], link[PATH_MAX];

    snprintf(link, sizeof(link), "%s/%zu", b->temp, i);
    if (!realpath(path, absolute) || symlink(absolute, link) < 0)
        return -errno;
    b->n_links++;
    fprintf(
        out,
        "__asm__(\".pushsection .rodata\\n.balign 16\\n\"\n"
        "        \".globl embedded_file_%zu\\n.hidden embedded_file_%zu\\nembedded_file_%zu:\\n\"\n"
        "        \".incbin \\\"%s\\\"\\n.byte 0\\n.popsection\\n\");\n"
        "extern const unsigned char embedded_file_%zu[] __attribute__((visibility(\"hidden\")));\n",
        i, i, i, link, i);
    return 0;
}

static void put_table(struct gale__build *b, const struct list *l, bool has_templates, FILE *out)
{
    fputs("\nstatic const gale_embedded_file files[] = {\n", out);
    for (size_t i = 0; i < l->n; i++) {
        fputs("    { \"", out);
        put_string(out, l->files[i].name);
        fprintf(out, "\", embedded_file_%zu, %lldu, %lld, 0x%llxu },\n", i,
                (long long)l->files[i].st.st_size, (long long)l->files[i].st.st_mtime,
                (unsigned long long)l->files[i].hash);
    }
    fputs("    { 0 },\n};\n\nconst gale_embedded_files gale_embedded = {\n    files, ", out);
    fprintf(out, "%zu, ", l->n);
    if (l->n) {
        fputs("\"", out);
        put_string(out, b->statics);
        fputs("\", ", out);
    } else {
        fputs("0, ", out);
    }
    if (has_templates) {
        fputs("\"", out);
        put_string(out, b->templates);
        fputs("\", embedded_templates,\n};\n", out);
    } else {
        fputs("0, 0,\n};\n", out);
    }
}

static int put_files(struct gale__build *b, const struct list *l, bool has_templates)
{
    FILE *out = fopen(b->embed_c, "we");
    int r = 0;

    if (!out)
        return gale__cli_fail(b->command, "%s: %s", b->embed_c, strerror(errno));
    fputs("/* Made by \"gale build --embed\": not to be edited. */\n"
          "#include <gale/embed.h>\n\n",
          out);
    if (has_templates)
        fputs("extern const struct gale_template_program *const embedded_templates[];\n", out);
    for (size_t i = 0; i < l->n && r == 0; i++)
        if (put_incbin(b, out, i, l->files[i].path) < 0)
            r = gale__cli_fail(b->command, "%s: %s", l->files[i].path, strerror(errno));
    put_table(b, l, has_templates, out);
    if (fclose(out) != 0 && r == 0)
        r = gale__cli_fail(b->command, "%s: %s", b->embed_c, strerror(errno));
    return r;
}

/* All static files, in order, with their hashes. */
static int read_files(struct gale__build *b, const char *dir, struct list *l)
{
    int r = is_directory(dir) ? walk(l, dir) : 0;

    if (l->n)
        qsort(l->files, l->n, sizeof(*l->files), by_name);
    for (size_t i = 0; i < l->n && r == 0; i++)
        r = hash_file(&l->files[i]);
    return r < 0 ? gale__cli_fail(b->command, "%s: %s", dir, strerror(-r)) : 0;
}

/* "./templates/" is "templates". */
static const char *plain(const char *dir)
{
    while (strncmp(dir, "./", 2) == 0)
        dir += 2;
    return dir;
}

static int check_directory(struct gale__build *b, const char *name)
{
    size_t len = strlen(name);

    if (!len || name[0] == '/' || name[len - 1] == '/' || strstr(name, ".."))
        return gale__cli_usage(b->command, "'%s' is no directory beside the source", name);
    return 0;
}

int gale__build_embed(struct gale__build *b)
{
    struct list l = { .skip = strlen(b->dir) + 1 };
    char templates[PATH_MAX], statics[PATH_MAX];
    bool has_templates;
    int r;

    b->templates = plain(b->templates);
    b->statics = plain(b->statics);
    r = check_directory(b, b->templates);
    if (r == 0)
        r = check_directory(b, b->statics);
    if (r)
        return r;
    if (snprintf(templates, sizeof(templates), "%s/%s", b->dir, b->templates) >= PATH_MAX ||
        snprintf(statics, sizeof(statics), "%s/%s", b->dir, b->statics) >= PATH_MAX)
        return gale__cli_fail(b->command, "%s: the path is too long", b->dir);
    has_templates = is_directory(templates);
    r = read_files(b, statics, &l);
    if (r == 0 && !l.n && !has_templates)
        r = gale__cli_fail(b->command, "there is nothing to embed: no %s and no %s", templates,
                           statics);
    if (r == 0)
        r = has_templates ? compile_templates(b, templates) : no_templates(b);
    if (r == 0)
        r = put_files(b, &l, has_templates);
    free_list(&l);
    return r;
}
