/* rendering_help.h - templates in a test: rendered out of texts, with values written as JSON. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TEMPLATE_RENDERING_HELP_H
#define TESTS_TEMPLATE_RENDERING_HELP_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include <gale/template.h>

#include "base/str.h"
#include "template/loader.h"

/* An object out of "{'a': 1}": with ' for ". */
static inline json_t *values_of(const char *text)
{
    char *copy = strdup(text ? text : "{}");
    json_t *values;

    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    values = json_loads(copy, 0, NULL);
    if (!values)
        fail_msg("no JSON: %s", copy);
    free(copy);
    return values;
}

/* What the first of the files gives, also when it fails: then *error says how. The caller's. */
static inline char *render_files(const gale_template_text *files,
                                 const gale_template_options *options, const gale_namespace *names,
                                 gale_template_error *error)
{
    gale_loader *loader = gale_dict_loader_new(files, options);
    gale_template_out out;

    assert_non_null(loader);
    gale__heap_out_init(&out);
    gale_loader_render(loader, files[0].name, names, &out, error);
    gale_loader_free(loader);
    return gale__heap_out_take(&out, NULL);
}

/* The files, with these values and names, render to what is wanted. */
static inline void check_files(const gale_template_text *files,
                               const gale_template_options *options, const gale_name *table,
                               const char *values, const char *wanted)
{
    json_t *json = values_of(values);
    gale_namespace names = { .values = json, .names = table };
    gale_template_error error;
    char *text = render_files(files, options, &names, &error);

    if (error.code || strcmp(text, wanted) != 0)
        fail_msg("%s\ngave   %s\nwanted %s\n%s", files[0].text, text, wanted, error.report);
    free(text);
    json_decref(json);
}

static inline void check_text(const char *text, const char *values, const char *wanted)
{
    const gale_template_text files[] = { { "t.txt", text }, { 0 } };

    check_files(files, NULL, NULL, values, wanted);
}

/* Fails with that code, message and (unless NULL) a report that holds hint. */
static inline void check_failure(const gale_template_text *files,
                                 const gale_template_options *options, const gale_namespace *names,
                                 int code, const char *message, const char *hint)
{
    gale_template_error error;
    char *text = render_files(files, options, names, &error);

    if (error.code != code || strcmp(error.message, message) != 0 ||
        (hint && !strstr(error.report, hint)))
        fail_msg("%s\nfailed %d %s\nwanted %d %s\n%s", files[0].text, error.code, error.message,
                 code, message, error.report);
    assert_string_equal(gale_strerror(code), error.message);
    free(text);
}

static inline void check_text_failure(const char *text, const char *values, const char *message)
{
    const gale_template_text files[] = { { "t.txt", text }, { 0 } };
    json_t *json = values_of(values);
    gale_namespace names = { .values = json };

    check_failure(files, NULL, &names, GALE_EINVAL, message, NULL);
    json_decref(json);
}

#endif
