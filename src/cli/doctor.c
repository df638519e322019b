/* doctor.c - "gale doctor": what gale has to do with here, what is off, and why. */
/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/error.h>
#include <gale/ioloop.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/command.h"

void gale__finding_add(struct gale__findings *f, const char *name, enum gale__finding_state state,
                       const char *why, const char *fmt, ...)
{
    struct gale__finding *finding = &f->list[f->n];
    va_list ap;

    if (f->n == GALE__FINDINGS_MAX)
        return;
    finding->part = f->part;
    finding->name = name;
    finding->state = state;
    finding->why = why;
    va_start(ap, fmt);
    vsnprintf(finding->value, sizeof(finding->value), fmt, ap);
    va_end(ap);
    f->n++;
}

/* --- gale itself --- */

static void look_at_gale(struct gale__findings *f)
{
    gale_ioloop *loop = gale_ioloop_current();

    gale__finding_add(f, "version", GALE__GOOD, NULL, "%s", gale_version());
    if (loop)
        gale__finding_add(f, "event loop", GALE__GOOD, NULL, "%s", gale_ioloop_backend(loop));
    else
        gale__finding_add(f, "event loop", GALE__MISSING, "no program of gale's can serve",
                          "none (%s)", gale_strerror(gale_ioloop_error()));
    gale_ioloop_free(loop);
}

/* --- tools --- */

/* The first line that a command says; false: it is not there. */
static bool ask(const char *command, char *line, int size)
{
    FILE *pipe = popen(command, "re");
    bool is_good;

    if (!pipe)
        return false;
    is_good = fgets(line, size, pipe) != NULL;
    while (fgetc(pipe) != EOF)
        ;
    line[is_good ? strcspn(line, "\n") : 0] = 0;
    return pclose(pipe) == 0 && is_good;
}

static void look_for_tool(struct gale__findings *f, const char *name, const char *command,
                          const char *why)
{
    char line[96];

    if (ask(command, line, sizeof(line)))
        gale__finding_add(f, name, GALE__GOOD, NULL, "%s", line);
    else
        gale__finding_add(f, name, GALE__OFF, why, "none");
}

static void look_at_tools(struct gale__findings *f)
{
    look_for_tool(f, "compiler", "${CC:-cc} --version 2>/dev/null",
                  "`gale run` and `gale build` need it (package gcc)");
    look_for_tool(f, "pkg-config", "pkg-config --version 2>/dev/null",
                  "programs are built by what it tells (package pkg-config)");
    look_for_tool(f, "gale.pc", "pkg-config --modversion gale 2>/dev/null",
                  "programs cannot be built outside of gale's own tree (make install; or "
                  "PKG_CONFIG_PATH)");
    look_for_tool(f, "meson", "meson --version 2>/dev/null",
                  "the projects of `gale new` are built with it (package meson)");
}

/* --- libraries --- */

/* Those that the build has looked for; without a version when it was not there. */
static void look_at_libraries(struct gale__findings *f)
{
    static const struct {
        const char *name, *version;
    } built[] = { GALE_CLI_LIBRARIES };
    void *dw = dlopen("libdw.so.1", RTLD_LAZY | RTLD_LOCAL);

    for (size_t i = 0; i < sizeof(built) / sizeof(built[0]); i++)
        if (*built[i].version)
            gale__finding_add(f, built[i].name, GALE__GOOD, NULL, "%s", built[i].version);
        else
            gale__finding_add(f, built[i].name, GALE__OFF,
                              "its headers were not there when gale was built", "none");
    gale__finding_add(f, "libdw", dw ? GALE__GOOD : GALE__OFF,
                      dw ? NULL
                         : "tracebacks name functions, but no files and lines (package "
                           "libdw1)",
                      dw ? "yes" : "none");
    if (dw)
        dlclose(dw);
}

/* --- what is told --- */

static const char *const state_names[] = { "good", "off", "low", "missing" };

static void print_text(const struct gale__findings *f)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct gale__finding *x = &f->list[i];

        if (!i || strcmp(x->part, x[-1].part) != 0)
            printf("%s%s\n", i ? "\n" : "", x->part);
        printf("  %-16s %s\n", x->name, x->value);
        if (x->why)
            printf("  %-16s %s: %s\n", "", state_names[x->state], x->why);
    }
}

static void put_field(struct gale__buf *out, const char *name, const char *value)
{
    gale__json_string(out, gale__str(name));
    gale__buf_append_cstr(out, ": ");
    if (value)
        gale__json_string(out, gale__str(value));
    else
        gale__buf_append_cstr(out, "null");
}

static int print_json(const struct gale__cli_command *command, const struct gale__findings *f,
                      bool is_good)
{
    struct gale__buf out;
    int r;

    gale__buf_init(&out, 1 << 20);
    gale__buf_printf(&out, "{\"good\": %s, \"findings\": [", is_good ? "true" : "false");
    for (size_t i = 0; i < f->n; i++) {
        const struct gale__finding *x = &f->list[i];

        gale__buf_append_cstr(&out, i ? ",\n  {" : "\n  {");
        put_field(&out, "part", x->part);
        gale__buf_append_cstr(&out, ", ");
        put_field(&out, "name", x->name);
        gale__buf_append_cstr(&out, ", ");
        put_field(&out, "value", x->value);
        gale__buf_append_cstr(&out, ", ");
        put_field(&out, "state", state_names[x->state]);
        gale__buf_append_cstr(&out, ", ");
        put_field(&out, "why", x->why);
        gale__buf_append_cstr(&out, "}");
    }
    gale__buf_append_cstr(&out, "\n]}\n");
    r = out.error;
    if (r >= 0)
        fwrite(out.ptr, 1, out.len, stdout);
    gale__buf_deinit(&out);
    return r < 0 ? gale__cli_fail(command, "%s", gale_strerror(r)) : GALE__CLI_OK;
}

static bool has_all(const struct gale__findings *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->list[i].state == GALE__MISSING)
            return false;
    return true;
}

static int doctor(const struct gale__cli_command *command, int n_words, char **words)
{
    static const struct {
        const char *part;
        void (*look)(struct gale__findings *f);
    } parts[] = {
        { "gale", look_at_gale },           { "tools", look_at_tools },
        { "libraries", look_at_libraries }, { "kernel", gale__doctor_kernel },
        { "limits", gale__doctor_limits },
    };
    bool json = false;
    const struct gale__cli_option options[] = { { .name = "json", .flag = &json }, { 0 } };
    struct gale__findings f = { .n = 0 };
    int r = gale__cli_options(command, options, &n_words, words);

    if (r)
        return r;
    if (n_words)
        return gale__cli_usage(command, "'%s' is too much", words[0]);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        f.part = parts[i].part;
        parts[i].look(&f);
    }
    if (json)
        r = print_json(command, &f, has_all(&f));
    else
        print_text(&f);
    if (r == GALE__CLI_OK && !has_all(&f))
        return json ? GALE__CLI_FAILED : gale__cli_fail(command, "something needed is missing");
    return r;
}

const struct gale__cli_command gale__cli_doctor = {
    .name = "gale doctor",
    .summary = "tells versions, features, limits, and why something is off",
    .help = "usage: gale doctor [--json]\n\n"
            "Looks at what gale has to do with on this machine: its version and event loop, the\n"
            "compiler, the libraries it was built with, what the kernel has and allows here, the\n"
            "limits of this process. What is off, or low, is told with what follows from it.\n"
            "Exits with 1 when something is missing that nothing goes without.\n"
            "\noptions:\n"
            "  --json               for programs: an object with a list of findings\n"
            "\nexamples:\n"
            "  gale doctor\n"
            "  gale doctor --json | jq '.findings[] | select(.state != \"good\")'\n",
    .run = doctor,
};
