/* make.c - templates out of texts and programs. See loader.h. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/utf8.h"
#include "template/loader.h"

enum { MAX_SOURCE = 16 << 20 };

int gale__template_fail(gale_template_error *error, int code, const char *name, const char *fmt,
                        ...)
{
    char message[sizeof(error->message)];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    gale__one_line(message);
    if (error) {
        *error = (gale_template_error){ .code = code };
        snprintf(error->name, sizeof(error->name), "%s", name);
        memcpy(error->message, message, sizeof(message));
        snprintf(error->report, sizeof(error->report), "%s\n", message);
    }
    return gale_err(code, "%s", message);
}

/* "f", "module.f", "None", "contextual". */
bool gale__is_escape_name(gale_str name)
{
    bool is_first = true;

    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (gale__lower(c) >= 'a' && gale__lower(c) <= 'z') || c == '_' || (c & 0x80);

        if (!is_letter && (is_first || (c != '.' && (c < '0' || c > '9'))))
            return false;
        is_first = c == '.';
    }
    return !is_first;
}

int gale__template_check_options(const gale_template_options *options)
{
    if (options->autoescape && !gale__is_escape_name(gale__str(options->autoescape)))
        return gale_err(GALE_EINVAL,
                        "autoescape '%s': not None, contextual or the name of a function",
                        options->autoescape);
    if (options->whitespace && gale__whitespace_mode(gale__str(options->whitespace)) < 0)
        return gale_err(GALE_EINVAL, "whitespace mode '%s': all, single or oneline",
                        options->whitespace);
    return 0;
}

uint64_t gale__template_max_source(const gale_template_options *options)
{
    int64_t max = options->limits.max_source;

    return max < 0 ? UINT32_MAX : max ? (uint64_t)max : MAX_SOURCE;
}

/* The bytes of s before the first that are not UTF-8. */
static size_t valid_part(gale_str s)
{
    uint32_t code_point;
    size_t at = 0;

    while (at < s.len) {
        size_t n = gale__utf8_decode(s.ptr + at, s.len - at, &code_point);

        if (!n)
            break;
        at += n;
    }
    return at;
}

int gale__template_check_utf8(gale_str text, const char *name, int *line, int *column)
{
    size_t bad;

    *line = *column = 0;
    if (!text.len || gale__utf8_valid(text.ptr, text.len))
        return 0;
    bad = valid_part(text);
    *line = *column = 1;
    for (size_t i = 0; i < bad; i++) {
        bool is_end = text.ptr[i] == '\n';

        *line += is_end;
        /* A character counts with its first byte. */
        *column = is_end ? 1 : *column + ((text.ptr[i] & 0xc0) != 0x80);
    }
    return gale_err(GALE_EINVAL, "template '%s' is not UTF-8: byte 0x%02x in line %d", name,
                    (unsigned char)text.ptr[bad], *line);
}

/* --- compiling --- */

/* One compilation: what it reads is remembered in the template's arena. */
struct loading {
    gale_loader *loader;
    struct gale__source_stamp *stamps;
};

static int fetch(void *arg, gale_str name, const char *parent, struct gale__arena *arena,
                 const char **full_name, gale_str *text)
{
    struct loading *loading = arg;
    gale_loader *loader = loading->loader;
    struct gale__source_stamp *stamp = gale__arena_zalloc(arena, sizeof(*stamp));
    char full[GALE__TEMPLATE_NAME];
    int line, column, r;

    if (!loader->ops->read)
        return gale_err(GALE_EINVAL, "template '%.*s' cannot be part of this one: %s gives no text",
                        (int)name.len, name.ptr, loader->where);
    r = gale__loader_resolve(loader, name, parent, full);
    if (r < 0)
        return r;
    *full_name = gale__arena_strndup(arena, full, (size_t)r);
    if (!stamp || !*full_name)
        return -ENOMEM;
    r = loader->ops->read(loader, *full_name, gale__template_max_source(&loader->options), arena,
                          text, stamp);
    if (r < 0)
        return r;
    stamp->name = *full_name;
    stamp->next = loading->stamps;
    loading->stamps = stamp;
    return gale__template_check_utf8(*text, full, &line, &column);
}

static gale_template *new_template(const char *name, const gale_template_options *options)
{
    gale_template *t = gale__arena_new_within(sizeof(*t), offsetof(gale_template, arena));

    if (!t)
        return NULL;
    t->refs = 1;
    t->program = NULL;
    t->options = *options;
    t->stamps = NULL;
    t->name = gale__arena_strndup(&t->arena, name, strlen(name));
    if (t->name)
        return t;
    gale_template_unref(t);
    return NULL;
}

static int out_of_memory(gale_template_error *error, const char *name)
{
    return gale__template_fail(error, -ENOMEM, name, "template '%s': out of memory", name);
}

/* With the line, in which the report shows "?" for what is no character. */
static void report_not_utf8(gale_template_error *error, gale_str text, const char *name, int line,
                            int column)
{
    const gale_template_place place = { .name = name, .via = -1 };
    char what[40];

    snprintf(what, sizeof(what), "not UTF-8: byte 0x%02x",
             (unsigned char)text.ptr[valid_part(text)]);
    gale__report(error, GALE_EINVAL, what, &place, &text, 0, (uint32_t)line, (uint32_t)column, "");
    gale_err(GALE_EINVAL, "%s", error->message);
}

static int check_text(gale_str text, const char *name, const gale_template_options *options,
                      gale_template_error *error)
{
    uint64_t max = gale__template_max_source(options);
    int line, column, r;

    if (text.len > max)
        return gale__template_fail(error, GALE_ETOOBIG, name,
                                   "template '%s' is larger than %" PRIu64 " bytes", name, max);
    r = gale__template_check_utf8(text, name, &line, &column);
    if (r < 0)
        report_not_utf8(error, text, name, line, column);
    return r;
}

int gale__template_make(gale_str text, const char *name, gale_loader *loader,
                        const gale_template_options *options, gale_template **out,
                        gale_template_error *error)
{
    struct loading loading = { .loader = loader };
    struct gale__fetch how = { fetch, &loading };
    gale_template *t;
    int r = check_text(text, name, options, error);

    if (r < 0)
        return r;
    t = new_template(name, options);
    if (!t)
        return out_of_memory(error, name);
    r = gale__template_compile(&t->arena, t->name, text, options, loader ? &how : NULL, &t->program,
                               error);
    if (r < 0) {
        gale_template_unref(t);
        return r;
    }
    t->stamps = loading.stamps;
    *out = t;
    return 0;
}

int gale__template_check_text(gale_str text, const char *name, gale_loader *loader,
                              const struct gale__tell *tell)
{
    const gale_template_options *options = &loader->options;
    struct loading loading = { .loader = loader };
    struct gale__fetch how = { fetch, &loading };
    gale_template_error error;

    if (check_text(text, name, options, &error) == 0)
        return gale__template_check(name, text, options, &how, tell);
    tell->tell(tell->arg, &error);
    return 0;
}

int gale__template_of_program(const gale_template_program *program,
                              const gale_template_options *options, gale_template **out)
{
    gale_template *t = new_template(program->name, options);

    if (!t)
        return -ENOMEM;
    t->program = program;
    *out = t;
    return 0;
}
