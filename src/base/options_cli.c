/* options_cli.c - the command line and the help, laid out as Tornado's. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/options.h"
#include "base/str.h"

enum { NAME_WIDTH = 30, HELP_WIDTH = 79 - 35, HELP_MAX_BYTES = 1 << 20 };

static const char *group_of(const struct gale__option *o)
{
    return o->def.group ? o->def.group : "";
}

static int compare(const void *a, const void *b)
{
    const struct gale__option *x = *(const struct gale__option *const *)a;
    const struct gale__option *y = *(const struct gale__option *const *)b;
    int r = strcmp(group_of(x), group_of(y));

    return r ? r : strcmp(x->def.name, y->def.name);
}

/* Takes the next line of at most HELP_WIDTH bytes, broken at a space where there is one. */
static gale_str take_line(gale_str *rest)
{
    gale_str text = gale__str_trim(*rest);
    size_t n = text.len;

    if (n > HELP_WIDTH) {
        n = HELP_WIDTH;
        while (n > 0 && text.ptr[n] != ' ')
            n--;
        n = n ? n : HELP_WIDTH;
    }
    *rest = gale__str_skip(text, n);
    return gale__str_trim(gale__str_head(text, n));
}

static void print_option(const struct gale__option *o, struct gale__buf *out)
{
    struct gale__buf text;
    bool has_default = o->def.fallback && o->def.fallback[0];
    size_t name_len = strlen(o->key) + (o->def.metavar ? strlen(o->def.metavar) + 1 : 0);

    gale__buf_init(&text, HELP_MAX_BYTES);
    gale__buf_printf(&text, "%s", o->def.help ? o->def.help : "");
    if (has_default)
        gale__buf_printf(&text, " (default %s)", o->def.fallback);
    gale_str rest = gale__str_trim(gale__buf_str(&text));

    gale__buf_printf(out, "  --%s%s%s%*s", o->key, o->def.metavar ? "=" : "",
                     o->def.metavar ? o->def.metavar : "",
                     name_len < NAME_WIDTH ? (int)(NAME_WIDTH - name_len) : 0, "");
    if (name_len <= NAME_WIDTH && rest.len > 0) {
        gale_str line = take_line(&rest);

        gale__buf_printf(out, " %.*s", (int)line.len, line.ptr);
    }
    gale__buf_append_char(out, '\n');
    while (rest.len > 0) {
        gale_str line = take_line(&rest);

        gale__buf_printf(out, "%35s%.*s\n", "", (int)line.len, line.ptr);
    }
    if (text.error)
        out->error = text.error;
    gale__buf_deinit(&text);
}

static int format_help(const gale_options *options, struct gale__buf *out)
{
    size_t n = options->n_options;
    struct gale__option **sorted = gale__malloc(n * sizeof(*sorted));
    const char *group = "";

    if (!sorted)
        return -ENOMEM;
    memcpy(sorted, options->options, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), compare);
    gale__buf_printf(out, "Usage: %s [OPTIONS]\n\nOptions:\n\n",
                     options->program ? options->program : "program");
    for (size_t i = 0; i < n; i++) {
        if (strcmp(group_of(sorted[i]), group) != 0) {
            group = group_of(sorted[i]);
            gale__buf_printf(out, "\n%s options:\n\n", group);
        }
        print_option(sorted[i], out);
    }
    gale__free(sorted);
    return gale__buf_append_char(out, '\n');
}

int gale_options_print_help(const gale_options *options, int fd)
{
    struct gale__buf text;

    if (!options)
        return -ENOMEM;
    gale__buf_init(&text, HELP_MAX_BYTES);
    int r = format_help(options, &text);

    while (r >= 0 && text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);

        if (n >= 0)
            gale__buf_consume(&text, (size_t)n);
        else if (errno != EINTR)
            r = -errno;
    }
    gale__buf_deinit(&text);
    return r;
}

int gale__option_name_detail(int code, const char *what)
{
    char text[192];

    if (code != GALE_EINVAL && code != GALE_ETOOBIG)
        return code;
    snprintf(text, sizeof(text), "%s", gale_strerror(code));
    return gale_err(code, "%s: %s", what, text);
}

/* One argument that begins with a dash. */
static int parse_argument(gale_options *options, const char *argument)
{
    gale_str rest = gale__str(argument + strspn(argument, "-"));
    size_t equals = gale__str_find(rest, '=');
    gale_str name = gale__str_head(rest, equals);
    gale_str value = gale__str_skip(rest, equals + 1);
    struct gale__option *o = gale__options_find(options, name);
    const struct gale__option_by by = { GALE__BY_LINE, false };
    char what[96];

    if (!o)
        return gale_err(GALE_EINVAL, "Unrecognized command line option: '--%.*s' (see --help)",
                        (int)gale__str_head(name, 80).len, name.ptr);
    if (equals == rest.len && o->def.type != GALE_OPTION_BOOL)
        return gale_err(GALE_EINVAL, "Option '--%s' requires a value", o->key);
    if (equals == rest.len)
        value = GALE__STR("true");
    snprintf(what, sizeof(what), "Option '--%s'", o->key);
    return gale__option_name_detail(gale__option_set_text(options, o, value, by), what);
}

static int set_program(gale_options *options, const char *program)
{
    char *copy = gale__strndup(program, strlen(program));

    if (!copy)
        return -ENOMEM;
    gale__free(options->program);
    options->program = copy;
    return 0;
}

/* Parses arguments up to the first that is no option (a lone dash is none); *i becomes its
 * index. */
static int parse_arguments(gale_options *options, int argc, char *const *argv, int *i)
{
    int r = 0;

    while (r >= 0 && *i < argc && argv[*i][0] == '-' && argv[*i][1]) {
        const char *argument = argv[(*i)++];

        if (strcmp(argument, "--") == 0)
            break;
        r = parse_argument(options, argument);
    }
    return r;
}

int gale_options_parse_command_line(gale_options *options, int argc, char *const *argv,
                                    unsigned flags, int *rest)
{
    int i = 1;

    if (!options)
        return -ENOMEM;
    if (argc < 1)
        return gale_err(GALE_EINVAL, "a command line without the program's name");
    options->is_help_requested = false;
    int r = set_program(options, argv[0]);

    if (r >= 0)
        r = parse_arguments(options, argc, argv, &i);
    if (r < 0)
        return r;
    if (rest)
        *rest = i;
    if (options->is_help_requested) {
        r = gale_options_print_help(options, STDERR_FILENO);
        return r < 0 ? r : 1;
    }
    return gale__options_finish(options, flags);
}
