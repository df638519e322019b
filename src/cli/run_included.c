/* run_included.c - what sources include, so that it is watched wherever it lies.
 *
 * The compiler tells it (rules of make), ninja of what it has built, or the files *.d that other
 * build tools have it leave beside the objects. It is asked when the new program runs already; what
 * was changed meanwhile is built at once.
 */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/run_parts.h"
#include "net/watch.h"

enum { MAX_DEPTH = 6, MAX_RULES = 1024 * 1024 };

bool gale__run_is_included(const struct gale__run *run, const char *path)
{
    const char *p = run->included.ptr, *end = p + run->included.len;

    for (; p < end; p += strlen(p) + 1)
        if (strcmp(p, path) == 0)
            return true;
    return false;
}

static bool is_of_the_system(const char *path)
{
    return strncmp(path, "/usr/include/", 13) == 0 || strncmp(path, "/usr/lib/", 9) == 0;
}

static bool has_changed_since(const char *path, struct timespec when)
{
    struct stat st;

    return stat(path, &st) == 0 &&
           (st.st_ctim.tv_sec > when.tv_sec ||
            (st.st_ctim.tv_sec == when.tv_sec && st.st_ctim.tv_nsec >= when.tv_nsec));
}

/* Not below the project, where all is watched. A failure only loses a convenience. */
static void watch_elsewhere(struct gale__run *run, const char *path)
{
    (void)!gale__watch_file(run->watch, path);
    if (has_changed_since(path, run->built))
        run->wants_build = true;
}

/* A path as somebody in dir would write it. */
static void note(struct gale__run *run, const char *dir, const char *word)
{
    char path[2 * PATH_MAX], real[PATH_MAX];
    size_t len = strlen(run->project.dir);

    if (snprintf(path, sizeof(path), "%s%s%s", word[0] == '/' ? "" : dir, word[0] == '/' ? "" : "/",
                 word) >= (int)sizeof(path) ||
        !realpath(path, real))
        return;
    if (is_of_the_system(real) || gale__run_is_included(run, real) ||
        gale__buf_append(&run->included, real, strlen(real) + 1) < 0)
        return;
    if (strncmp(real, run->project.dir, len) != 0 || real[len] != '/')
        watch_elsewhere(run, real);
}

/* The next word of make's rules, without its backslashes and doubled dollars; false at the end. */
static bool next_word(gale_str *text, char *word)
{
    size_t i = 0, n = 0;

    while (i < text->len && strchr(" \t\r\n\\", text->ptr[i]) &&
           (text->ptr[i] != '\\' || i + 1 == text->len || strchr("\r\n", text->ptr[i + 1])))
        i++;
    for (; i < text->len && !strchr(" \t\r\n", text->ptr[i]) && n + 1 < PATH_MAX; i++) {
        bool more = i + 1 < text->len;

        if (more && ((text->ptr[i] == '\\' && strchr(" #\\", text->ptr[i + 1])) ||
                     (text->ptr[i] == '$' && text->ptr[i + 1] == '$')))
            i++;
        word[n++] = text->ptr[i];
    }
    word[n] = 0;
    *text = (gale_str){ text->ptr + i, text->len - i };
    return n > 0;
}

static void read_rules(struct gale__run *run, const char *dir, gale_str text)
{
    char word[PATH_MAX];

    while (next_word(&text, word))
        if (word[strlen(word) - 1] != ':') /* else it is what is made */
            note(run, dir, word);
}

/* Of ninja: what is made at the margin, and below it, moved in, what it is made of. */
static void read_list(struct gale__run *run, const char *dir, gale_str text)
{
    char word[PATH_MAX];
    gale_str line;

    while (gale__str_split(&text, '\n', &line))
        if (gale__str_starts_with(line, GALE__STR("    ")) && line.len < sizeof(word)) {
            snprintf(word, sizeof(word), "%.*s", (int)line.len - 4, line.ptr + 4);
            note(run, dir, word);
        }
}

static void read_file(struct gale__run *run, const char *path)
{
    struct gale__buf text;
    FILE *f = fopen(path, "re");
    size_t n = 1;

    gale__buf_init(&text, MAX_RULES);
    while (f && n > 0 && gale__buf_reserve(&text, BUFSIZ) >= 0) {
        n = fread(text.ptr + text.len, 1, BUFSIZ, f);
        text.len += n;
    }
    if (f)
        fclose(f);
    read_rules(run, run->project.build, gale__buf_str(&text));
    gale__buf_deinit(&text);
}

static void read_below(struct gale__run *run, const char *dir, int depth)
{
    char path[PATH_MAX];
    DIR *list = opendir(dir);

    for (struct dirent *e; list && (e = readdir(list));) {
        size_t len = strlen(e->d_name);

        if (e->d_name[0] == '.' ||
            snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >= (int)sizeof(path))
            continue;
        if (e->d_type == DT_DIR && depth < MAX_DEPTH)
            read_below(run, path, depth + 1);
        else if (e->d_type == DT_REG && len > 2 && strcmp(e->d_name + len - 2, ".d") == 0)
            read_file(run, path);
    }
    if (list)
        closedir(list);
}

void gale__run_watch_included(struct gale__run *run)
{
    const struct gale__run_project *p = &run->project;
    char path[PATH_MAX + 16];
    gale_str text;

    snprintf(path, sizeof(path), "%s/build.ninja", p->build);
    if (p->kind != GALE__RUN_SOURCES && access(path, R_OK) < 0)
        read_below(run, p->build, 0);
    else if (gale__run_ask_included(run, &text) >= 0 && p->kind == GALE__RUN_SOURCES)
        read_rules(run, ".", text);
    else if (text.len)
        read_list(run, p->build, text);
}
