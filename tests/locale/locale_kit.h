/* locale_kit.h - what the tests of languages share: files in a directory of their own, and the
 * lines that were logged. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LOCALE_KIT_H
#define TESTS_LOCALE_KIT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <gale/locale.h>
#include <gale/log.h>

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))
#define CODES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static char place[200];     /* the directory of the present test */
static char logged[100000]; /* lines since it began */

static inline void keep_line(void *arg, const gale_log_record *record)
{
    size_t n = strlen(logged);

    (void)arg;
    snprintf(logged + n, sizeof(logged) - n, "%.*s\n", (int)record->message.len,
             record->message.ptr);
}

/* Runs a command of the shell that has to succeed. */
static inline void run(const char *fmt, ...)
{
    char command[4096];
    va_list args;

    va_start(args, fmt);
    vsnprintf(command, sizeof(command), fmt, args);
    va_end(args);
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static inline int set_up(void **state)
{
    (void)state;
    snprintf(place, sizeof(place), "%s/gale-locale-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(place));
    logged[0] = 0;
    gale_log_set_sink(keep_line, NULL);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    gale_log_set_sink(NULL, NULL);
    run("rm -r '%s'", place);
    return 0;
}

static inline const char *path_of(const char *name)
{
    static char path[300];

    snprintf(path, sizeof(path), "%s/%s", place, name);
    return path;
}

static inline void write_bytes(const char *name, const void *data, size_t len)
{
    FILE *file = fopen(path_of(name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static inline void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

/* The CSV files of the directory. */
static inline gale_translations *load_csv(const char *encoding)
{
    int r = 0;
    gale_translations *t = gale_load_translations(place, encoding, &r);

    if (!t)
        fail_msg("loading gave %d: %s", r, gale_strerror(r));
    return t;
}

static inline gale_translations *load_mo(void)
{
    int r = 0;
    gale_translations *t = gale_load_gettext_translations(place, "site", &r);

    if (!t)
        fail_msg("loading gave %d: %s", r, gale_strerror(r));
    return t;
}

static inline const gale_locale *locale_of(gale_translations *t, const char *code)
{
    return gale_get_locale(t, CODES(code));
}

/* A catalogue of a language made by gettext's compiler; options such as "--endianness=big". */
static inline void compile_mo(const char *code, const char *options, const char *po)
{
    char name[64];

    run("mkdir -p '%s/%s/LC_MESSAGES'", place, code);
    snprintf(name, sizeof(name), "%s.po", code);
    write_text(name, po);
    run("msgfmt %s -o '%s/%s/LC_MESSAGES/site.mo' '%s'", options, place, code, path_of(name));
}

#define PO(charset, plurals)                                                                       \
    "msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=" charset "\\n\"\n"              \
    "\"Plural-Forms: " plurals ";\\n\"\n\n"

#endif
