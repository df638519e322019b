/* render_tool - renders templates for the tests that compare us with Tornado: a JSON object on each
 * line of standard input, one on each line of output.
 *
 * In: {"templates": {name: text}, "name": name, "values": {…}, "autoescape": …, "whitespace": …,
 * "max_steps": …, "max_output": …}.
 * Out: {"hex": bytes} or {"error": message, "report": …, "line": …}. With the argument
 * --compiled=FILE.so the templates are not interpreted: they are the programs in that file, and the
 * input's "prefix" is put in front of the name.
 */
/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/json.h>
#include <gale/template.h>
#include <gale/template_runtime.h>

enum { MAX_FILES = 16 };

static int shout(gale_call *call, gale_value *result)
{
    gale_value v = gale_call_argument(call, 0, "text");
    gale_str s;
    char *out;
    int r = gale_value_str(call->rendering, v, &s);

    if (r < 0)
        return r;
    out = gale_value_alloc(call->rendering, s.len + 1);
    if (!out)
        return gale_value_memory_error(call->rendering);
    for (size_t i = 0; i < s.len; i++)
        out[i] = s.ptr[i] >= 'a' && s.ptr[i] <= 'z' ? (char)(s.ptr[i] - 32) : s.ptr[i];
    if (v.kind == GALE_VALUE_BYTES)
        return gale_value_bytes(call->rendering, result, out, s.len);
    return gale_value_text_n(call->rendering, result, out, s.len);
}

static int greet(gale_call *call, gale_value *result)
{
    const char *name, *greeting = "Hi";
    int r = gale_call_text(call, 0, "name", &name);

    if (r >= 0 && gale_call_argument(call, 1, "greeting").kind != GALE_VALUE_UNSET)
        r = gale_call_text(call, 1, "greeting", &greeting);
    return r < 0 ? r : gale_value_printf(call->rendering, result, "%s, %s", greeting, name);
}

static int fail(gale_call *call, gale_value *result)
{
    (void)result;
    return gale_value_raise(call->rendering, "ValueError", "failed as told");
}

static int mods(gale_call *call, gale_value *result)
{
    int64_t k;
    int r = gale_call_int(call, 1, "k", &k);

    return r < 0 ? r : gale_value_printf(call->rendering, result, "<mods %d>", (int)k);
}

static int twice(gale_call *call, gale_value *result)
{
    gale_value v = gale_call_argument(call, 0, "v");
    gale_str s;
    int r;

    if (v.kind == GALE_VALUE_INT) {
        *result = gale_value_int(v.u.i * 2);
        return 0;
    }
    r = gale_value_str(call->rendering, v, &s);
    return r < 0 ? r
                 : gale_value_printf(call->rendering, result, "%.*s%.*s", (int)s.len, s.ptr,
                                     (int)s.len, s.ptr);
}

static int half(gale_call *call, gale_value *result)
{
    int64_t n;
    int r = gale_call_int(call, 0, "n", &n);

    *result = gale_value_float((double)n / 2);
    return r;
}

static int modules_of(gale_call *call, gale_value *result);

static const gale_name names[] = {
    { .name = "_tt_modules", .lazy = modules_of }, /* {% module f(x) %} is _tt_modules.f(x) */
    { .name = "shout", .function = shout },
    { .name = "greet", .function = greet },
    { .name = "fail", .function = fail },
    { .name = "mods", .function = mods },
    { 0 },
};
static const gale_template_module mod = {
    .name = "mod",
    .names = (const gale_name[]){ { .name = "twice", .function = twice },
                                  { .name = "half", .function = half },
                                  { 0 } },
};
static const gale_template_module *const modules[] = { &mod, NULL };
static const gale_object_class all_modules = { .name = "modules", .attributes = names };

static int modules_of(gale_call *call, gale_value *result)
{
    return gale_value_object(call->rendering, result, &all_modules, NULL);
}

static const gale_namespace given = { .names = names };

static void print_error(const gale_template_error *error)
{
    json_t *out = json_pack("{s:s, s:s, s:i, s:i, s:s, s:i}", "error", error->message, "report",
                            error->report, "line", error->line, "column", error->column, "name",
                            error->name, "code", error->code);
    char *text = json_dumps(out, 0);

    puts(text ? text : "{\"error\": \"(not UTF-8)\"}");
    free(text);
    json_decref(out);
}

static void print_page(const char *page, size_t len)
{
    fputs("{\"hex\": \"", stdout);
    for (size_t i = 0; i < len; i++)
        printf("%02x", (unsigned char)page[i]);
    puts("\"}");
}

static gale_loader *loader_of(json_t *in, const gale_template_options *options)
{
    gale_template_text texts[MAX_FILES + 1] = { { NULL, NULL } };
    size_t n = 0;
    const char *name;
    json_t *text;

    json_object_foreach(json_object_get(in, "templates"), name, text) if (n < MAX_FILES)
        texts[n++] = (gale_template_text){ name, json_string_value(text) };
    return gale_dict_loader_new(texts, options);
}

static void answer(json_t *in, const gale_template_program *const *programs)
{
    gale_template_options options = {
        .autoescape = json_string_value(json_object_get(in, "autoescape")),
        .whitespace = json_string_value(json_object_get(in, "whitespace")),
        .names = &given,
        .modules = modules,
        .limits = { .max_steps = json_integer_value(json_object_get(in, "max_steps")),
                    .max_output = json_integer_value(json_object_get(in, "max_output")) },
    };
    gale_loader *loader = programs ? gale_compiled_loader_new(programs, &options)
                                   : loader_of(in, &options);
    const char *prefix = json_string_value(json_object_get(in, "prefix"));
    char name[256];
    gale_template_error error;
    size_t len;
    char *page;

    if (!loader) {
        printf("{\"error\": \"no loader\"}\n");
        return;
    }
    snprintf(name, sizeof(name), "%s%s", programs && prefix ? prefix : "",
             json_string_value(json_object_get(in, "name")));
    page = gale_loader_generate(loader, name, json_incref(json_object_get(in, "values")), &len,
                                &error);
    if (page)
        print_page(page, len);
    else
        print_error(&error);
    free(page);
    gale_loader_free(loader);
}

int main(int argc, char **argv)
{
    const gale_template_program *const *programs = NULL;
    char *line = NULL;
    size_t size = 0;

    if (argc > 1 && strncmp(argv[1], "--compiled=", 11) == 0) {
        void *library = dlopen(argv[1] + 11, RTLD_NOW);

        programs = library ? (const gale_template_program *const *)dlsym(library, "templates")
                           : NULL;
        if (!programs)
            return fprintf(stderr, "%s\n", dlerror()), 2;
    }
    while (getline(&line, &size, stdin) > 0) {
        json_t *in = json_loads(line, 0, NULL);

        if (!in)
            return fputs("not JSON\n", stderr), 2;
        answer(in, programs);
        fflush(stdout);
        json_decref(in);
    }
    free(line);
    return 0;
}
