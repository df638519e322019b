/* test_loader.c - loaders: what a name means, what is kept, who else may render. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gale/json.h>
#include <gale/template.h>
#include <gale/template_runtime.h>

#include "base/alloc.h"

static char folder[] = P_tmpdir
    "/gale-loader-XXXXXX"; /* of all tests; "root" in it is the loaders' */

static const char *in_folder(const char *name)
{
    static char path[8][256];
    static unsigned next;
    char *p = path[next++ % 8];

    snprintf(p, 256, "%s/%s", folder, name);
    return p;
}

static void put_bytes(const char *name, const char *text, size_t len)
{
    FILE *file = fopen(in_folder(name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void put(const char *name, const char *text)
{
    put_bytes(name, text, strlen(text));
}

static int make_folder(void **state)
{
    static const char *const folders[] = { "root", "root/a", "root/b", "root/a/deep", "rooted" };

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
        assert_int_equal(mkdir(in_folder(folders[i]), 0755), 0);
    put("secret.html", "secret");
    put("rooted/x.html", "secret");
    put("root/plain.html", "Hello {{ name }}");
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static int remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static gale_loader *new_loader(int compiled_cache)
{
    gale_loader *loader = gale_loader_new(in_folder("root"), &(gale_template_options){
                                                                 .compiled_cache = compiled_cache,
                                                             });

    assert_non_null(loader);
    return loader;
}

static void check_page(gale_loader *loader, const char *name, const char *expected)
{
    gale_template_error error;
    size_t len;
    char *text = gale_loader_generate(loader, name, json_pack("{s:s}", "name", "you"), &len,
                                      &error);

    if (!text)
        print_message("%s\n", error.report);
    assert_non_null(text);
    assert_string_equal(text, expected);
    assert_int_equal(len, strlen(expected));
    free(text);
}

/* A failure whose message begins with that. */
static void check_error(gale_loader *loader, const char *name, int code, const char *message)
{
    gale_template_error error;

    assert_null(gale_loader_load(loader, name, &error));
    if (error.code != code || strncmp(error.message, message, strlen(message)) != 0)
        print_message("%s: %d %s\n", name, error.code, error.message);
    assert_int_equal(error.code, code);
    assert_int_equal(strncmp(error.message, message, strlen(message)), 0);
    assert_true(error.report[0]);
    /* Without an error to fill, the same is stored. */
    assert_null(gale_loader_load(loader, name, NULL));
    assert_int_equal(strncmp(gale_strerror(code), message, strlen(message)), 0);
}

/* --- names ---- */

static void a_name_is_below_the_root(void **state)
{
    gale_loader *loader = new_loader(0);

    (void)state;
    put("root/a/x.html", "a's");
    check_page(loader, "plain.html", "Hello you");
    check_page(loader, "/plain.html", "Hello you");
    check_page(loader, "./a/../plain.html", "Hello you");
    check_page(loader, "a//x.html", "a's");
    gale_loader_free(loader);
}

static void no_name_leads_out(void **state)
{
    static const char *const names[] = {
        "../secret.html",   "a/../../secret.html",         "/../secret.html", "..",
        "../rooted/x.html", "a/deep/../../../secret.html", "../root/../x",    "./../secret.html",
    };
    gale_loader *loader = new_loader(0);
    char name[300];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char text[320], message[400];

        snprintf(message, sizeof(message), "template '%s' would lie outside of ", names[i]);
        check_error(loader, names[i], GALE_EINVAL, message);
        snprintf(text, sizeof(text), "\n{%% include %s %%}", names[i]);
        put("root/includes.html", text);
        check_error(loader, "includes.html", GALE_EINVAL, message);
    }
    /* An absolute name means the root's. */
    snprintf(name, sizeof(name), "%s/secret.html", folder);
    check_error(loader, name, GALE_ENOTFOUND, "template '");
    gale_loader_free(loader);
}

static void links_are_not_followed(void **state)
{
    gale_loader *loader = new_loader(0);

    (void)state;
    assert_int_equal(symlink("../secret.html", in_folder("root/link.html")), 0);
    assert_int_equal(symlink("plain.html", in_folder("root/inner.html")), 0);
    assert_int_equal(symlink("../rooted", in_folder("root/linked")), 0);
    check_error(loader, "link.html", GALE_EINVAL,
                "template 'link.html' is reached by a symbolic link");
    check_error(loader, "inner.html", GALE_EINVAL,
                "template 'inner.html' is reached by a symbolic link");
    check_error(loader, "linked/x.html", GALE_EINVAL,
                "template 'linked/x.html' is reached by a symbolic link");
    gale_loader_free(loader);
}

static void what_is_no_template(void **state)
{
    gale_loader *loader = new_loader(0);
    char name[1100];

    (void)state;
    assert_int_equal(mkfifo(in_folder("root/pipe.html"), 0600), 0);
    check_error(loader, "pipe.html", GALE_EINVAL, "template 'pipe.html' in ");
    check_error(loader, "a", GALE_EINVAL, "template 'a' in ");
    check_error(loader, "a/", GALE_ENOTFOUND, "template 'a/' not found in ");
    check_error(loader, "", GALE_EINVAL, "the name of a template is empty");
    check_error(loader, "nope.html", GALE_ENOTFOUND, "template 'nope.html' not found in ");
    check_error(loader, "plain.html/x", GALE_ENOTFOUND, "template 'plain.html/x' not found in ");
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = 0;
    check_error(loader, name, GALE_EINVAL, "the name of a template is longer than 1023 bytes");
    put_bytes("root/nul.html", "{% include \"pla\0in.html\" %}", 27);
    check_error(loader, "nul.html", GALE_EINVAL, "a file's name with a NUL at nul.html:1");
    assert_null(gale_loader_new(in_folder("nowhere"), NULL));
    assert_non_null(strstr(gale_strerror(-ENOENT), "nowhere"));
    assert_null(gale_loader_new(in_folder("root/plain.html"), NULL));
    assert_null(
        gale_loader_new(in_folder("root"), &(gale_template_options){ .whitespace = "some" }));
    assert_string_equal(gale_strerror(GALE_EINVAL),
                        "whitespace mode 'some': all, single or oneline");
    gale_loader_free(loader);
}

static void relative_names_are_of_the_parents_directory(void **state)
{
    gale_loader *loader = new_loader(0);

    (void)state;
    put("root/a/1.html", "{% include '2.html' %}-{% include '../b/3.html' %}");
    put("root/a/2.html", "ok");
    put("root/b/3.html", "{% include '4.html' %}/{% include '/a/2.html' %}");
    put("root/b/4.html", "four");
    put("root/2.html", "not this one");
    check_page(loader, "a/1.html", "ok-four/ok");
    put("root/a/deep/child.html", "{% extends ../../base.html %}{% block b %}child{% end %}");
    put("root/base.html", "<{% block b %}{% end %}>{% include 2.html %}");
    check_page(loader, "a/deep/child.html", "<child>not this one");
    gale_loader_free(loader);
}

static void names_and_texts_of_any_script(void **state)
{
    gale_loader *loader = new_loader(0);

    (void)state;
    put("root/\xc3\xa9t\xc3\xa9.html", "{% include \"\xe2\x98\x83/\xd0\xb6.html\" %}\xc3\xa9");
    assert_int_equal(mkdir(in_folder("root/\xe2\x98\x83"), 0755), 0);
    put("root/\xe2\x98\x83/\xd0\xb6.html", "\xf0\x9f\x8e\x89 {{ name }}");
    check_page(loader, "\xc3\xa9t\xc3\xa9.html", "\xf0\x9f\x8e\x89 you\xc3\xa9");
    gale_loader_free(loader);
}

static void texts_are_utf8(void **state)
{
    gale_loader *loader = new_loader(0);
    gale_template_error error;
    gale_template *t;

    (void)state;
    put_bytes("root/latin.html", "one\n\xc3\xa9two \xe9\n", 13);
    check_error(loader, "latin.html", GALE_EINVAL, "not UTF-8: byte 0xe9 at latin.html:2");
    assert_null(gale_loader_load(loader, "latin.html", &error));
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 6);
    assert_string_equal(error.report, "not UTF-8: byte 0xe9 at latin.html:2\n"
                                      "    \xc3\xa9two ?\n"
                                      "         ^\n");
    put("root/includes.html", "\n\n{% include latin.html %}");
    assert_null(gale_loader_load(loader, "includes.html", &error));
    assert_string_equal(error.message, "template 'latin.html' is not UTF-8: byte 0xe9 in line 2 at "
                                       "includes.html:3");
    put_bytes("root/latin.html", "\0ok\0", 4); /* NUL is a character */
    gale_loader_reset(loader);
    t = gale_loader_load(loader, "includes.html", &error);
    assert_non_null(t);
    gale_template_unref(t);
    gale_loader_free(loader);
}

static void a_missing_include_says_where(void **state)
{
    gale_loader *loader = new_loader(0);
    gale_template_error error;
    char message[256];

    (void)state;
    put("root/outer.html", "x\n{% include a/inner.html %}");
    put("root/a/inner.html", "\n\n{% include missing.html %}");
    assert_null(gale_loader_load(loader, "outer.html", &error));
    assert_int_equal(error.code, GALE_ENOTFOUND);
    snprintf(message, sizeof(message),
             "template 'a/missing.html' not found in %s at a/inner.html:3 (via outer.html:2)",
             in_folder("root"));
    assert_string_equal(error.message, message);
    assert_string_equal(error.name, "a/inner.html");
    assert_int_equal(error.line, 3);
    gale_loader_free(loader);
}

static void too_big_a_text(void **state)
{
    gale_loader *loader = gale_loader_new(in_folder("root"),
                                          &(gale_template_options){ .limits.max_source = 15 });

    (void)state;
    check_error(loader, "plain.html", GALE_ETOOBIG,
                "template 'plain.html' is larger than 15 bytes");
    put("root/includes.html", "{%include big%}");
    put("root/big", "0123456789abcdef");
    check_error(loader, "includes.html", GALE_ETOOBIG, "template 'big' is larger than 15 bytes");
    gale_loader_free(loader);
}

/* --- the cache ---- */

static void a_template_is_compiled_once(void **state)
{
    gale_loader *loader = new_loader(0);
    gale_template_error error;
    gale_template *t = gale_loader_load(loader, "plain.html", &error), *again;
    struct json_t *values = json_pack("{s:s}", "name", "<me>");
    char *text;

    (void)state;
    assert_non_null(t);
    assert_string_equal(gale_template_name(t), "plain.html");
    again = gale_loader_load(loader, "./plain.html", &error);
    assert_ptr_equal(again, t);
    gale_template_unref(again);
    put("root/plain.html", "Changed {{ name }}");
    check_page(loader, "plain.html", "Hello you");
    gale_loader_reset(loader);
    check_page(loader, "plain.html", "Changed you");
    gale_loader_free(loader);
    /* One that is still referenced lives on. */
    text = gale_template_generate(t, values, NULL, &error);
    assert_string_equal(text, "Hello &lt;me&gt;");
    free(text);
    gale_template_unref(t);
    put("root/plain.html", "Hello {{ name }}");
}

static void without_a_cache_changes_count_at_once(void **state)
{
    gale_loader *loader = new_loader(GALE_OFF);

    (void)state;
    put("root/page.html", "{% extends base.html %}{% block b %}{% include part.html %}{% end %}");
    put("root/base.html", "[{% block b %}{% end %}]");
    put("root/part.html", "one");
    check_page(loader, "page.html", "[one]");
    put("root/part.html", "two"); /* of the same size */
    check_page(loader, "page.html", "[two]");
    put("root/base.html", "({% block b %}{% end %})");
    check_page(loader, "page.html", "(two)");
    put("root/page.html", "{% include part.html %}");
    check_page(loader, "page.html", "two");
    gale_loader_free(loader);
}

static void a_broken_version_fails_until_it_is_mended(void **state)
{
    gale_loader *loader = new_loader(GALE_OFF);

    (void)state;
    put("root/page.html", "{% include part.html %}!");
    put("root/part.html", "good");
    check_page(loader, "page.html", "good!");
    put("root/part.html", "{% if %}");
    for (int i = 0; i < 3; i++) {
        gale_template_error error;

        assert_null(gale_loader_load(loader, "page.html", &error));
        assert_string_equal(error.name, "part.html");
        assert_int_equal(error.line, 1);
    }
    assert_int_equal(unlink(in_folder("root/part.html")), 0);
    check_error(loader, "page.html", GALE_ENOTFOUND, "template 'part.html' not found in ");
    put("root/part.html", "well");
    check_page(loader, "page.html", "well!");
    gale_loader_free(loader);
}

static struct timespec set_times(const char *name, time_t seconds)
{
    struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

    assert_int_equal(utimensat(AT_FDCWD, in_folder(name), times, 0), 0);
    return times[1];
}

static void an_old_file_in_its_place_counts(void **state)
{
    gale_loader *loader = new_loader(GALE_OFF);

    (void)state;
    put("root/page.html", "old");
    put("root/other", "new");
    set_times("root/page.html", 1000000000);
    set_times("root/other", 1000000000);
    check_page(loader, "page.html", "old");
    assert_int_equal(rename(in_folder("root/other"), in_folder("root/page.html")), 0);
    check_page(loader, "page.html", "new");
    gale_loader_free(loader);
}

/* As when another branch is checked out. */
static void another_directory_in_its_place_counts(void **state)
{
    gale_loader *loader = gale_loader_new(in_folder("moving"), NULL), *watching;

    (void)state;
    assert_null(loader);
    assert_int_equal(mkdir(in_folder("moving"), 0755), 0);
    put("moving/x.html", "first");
    watching = gale_loader_new(in_folder("moving"),
                               &(gale_template_options){ .compiled_cache = GALE_OFF });
    check_page(watching, "x.html", "first");
    assert_int_equal(rename(in_folder("moving"), in_folder("moved")), 0);
    check_error(watching, "x.html", -ENOENT, folder);
    assert_int_equal(mkdir(in_folder("moving"), 0755), 0);
    put("moving/x.html", "second");
    check_page(watching, "x.html", "second");
    gale_loader_free(watching);
}

/* --- threads ---- */

enum { THREADS = 4, TURNS = 300 };

static void *load_often(void *arg)
{
    gale_loader *loader = arg;
    intptr_t n_bad = 0;

    for (int i = 0; i < TURNS; i++) {
        gale_template_error error;
        char *text = gale_loader_generate(loader, i % 3 ? "page.html" : "plain.html",
                                          json_pack("{s:s}", "name", "you"), NULL, &error);

        n_bad += !text || strcmp(text, i % 3 ? "(in you)" : "Hello you") != 0;
        free(text);
        if (i % 50 == 7)
            gale_loader_reset(loader);
    }
    return (void *)n_bad;
}

static void check_threads(int compiled_cache)
{
    gale_loader *loader = new_loader(compiled_cache);
    pthread_t threads[THREADS];

    put("root/page.html", "({% include in.html %})");
    put("root/in.html", "in {{ name }}");
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_often, loader), 0);
    for (int i = 0; i < THREADS; i++) {
        void *n_bad;

        assert_int_equal(pthread_join(threads[i], &n_bad), 0);
        assert_null(n_bad);
    }
    gale_loader_free(loader);
}

static void threads_share_a_loader(void **state)
{
    (void)state;
    check_threads(0);
    check_threads(GALE_OFF);
}

/* --- texts in memory, programs, other engines ---- */

static void templates_in_memory(void **state)
{
    static const gale_template_text texts[] = {
        { "base.html", "<{% block b %}{% end %}>" },
        { "./dir//page.html", "{% extends ../base.html %}{% block b %}{{ name }}{% end %}" },
        { "broken.txt", "{% for %}" },
        { NULL, NULL },
    };
    gale_loader *loader = gale_dict_loader_new(texts, NULL);

    (void)state;
    check_page(loader, "dir/page.html", "<you>");
    check_page(loader, "/dir/page.html", "<you>");
    check_error(loader, "nope", GALE_ENOTFOUND, "template 'nope' not found in the dictionary");
    check_error(loader, "../base.html", GALE_EINVAL,
                "template '../base.html' would lie outside of the dictionary");
    gale_loader_reset(loader);
    check_page(loader, "dir/page.html", "<you>");
    gale_loader_free(loader);
    assert_null(gale_dict_loader_new((gale_template_text[]){ { "../x", "" }, { 0 } }, NULL));
    assert_null(gale_dict_loader_new((gale_template_text[]){ { "x", NULL }, { 0 } }, NULL));
}

static void a_text_with_a_loader_includes_from_its_root(void **state)
{
    gale_loader *loader = new_loader(0);
    gale_template_error error;
    const char *text = "{% include plain.html %} {% include a/2.html %}";
    gale_template *t;
    char *page;

    (void)state;
    put("root/a/2.html", "ok");
    t = gale_template_new((gale_str){ text, strlen(text) }, NULL, loader, NULL, &error);
    assert_non_null(t);
    page = gale_template_generate(t, json_pack("{s:s}", "name", "you"), NULL, &error);
    assert_string_equal(page, "Hello you ok");
    free(page);
    gale_template_unref(t);
    assert_null(gale_template_new((gale_str){ "a\n\xff", 3 }, NULL, NULL, NULL, &error));
    assert_int_equal(error.line, 2);
    gale_loader_free(loader);
}

static void a_program_of_another_version_is_refused(void **state)
{
    static const gale_template_program program = { .version = 999, .name = "x.html" };
    const gale_template_program *const programs[] = { &program, NULL };

    (void)state;
    assert_null(gale_compiled_loader_new(programs, NULL));
    assert_non_null(strstr(gale_strerror(GALE_EINVAL),
                           "template 'x.html' was compiled for version 999 of the runtime"));
}

struct engine {
    int n_loaded, n_unloaded, n_reset, n_freed;
};

static int engine_load(void *arg, const char *name, void **out, gale_template_error *error)
{
    struct engine *e = arg;

    if (strcmp(name, "missing") == 0) {
        snprintf(error->message, sizeof(error->message), "no such thing");
        return GALE_ENOTFOUND;
    }
    e->n_loaded++;
    *out = strcmp(name, "bad") == 0 ? NULL : e;
    return 0;
}

static int engine_render(void *arg, void *loaded, const gale_namespace *names,
                         gale_template_out *out, gale_template_error *error)
{
    json_t *value;
    int r;

    (void)arg;
    (void)error;
    if (!loaded)
        return GALE_EINVAL;
    r = gale_namespace_get(names, "name", &value);
    if (r < 0)
        return r;
    r = gale_template_write(out, json_string_value(value), json_string_length(value));
    json_decref(value);
    return r;
}

static void engine_unload(void *arg, void *loaded)
{
    (void)loaded;
    ((struct engine *)arg)->n_unloaded++;
}

static void engine_reset(void *arg)
{
    ((struct engine *)arg)->n_reset++;
}

static void engine_free(void *arg)
{
    ((struct engine *)arg)->n_freed++;
}

static const gale_template_engine engine = {
    .load = engine_load,
    .render = engine_render,
    .unload = engine_unload,
    .reset = engine_reset,
    .free = engine_free,
};

static void another_engine(void **state)
{
    struct engine e = { 0 };
    gale_loader *loader = gale_engine_loader_new(&engine, &e);
    gale_template_error error;

    (void)state;
    check_page(loader, "anything", "you");
    assert_null(gale_loader_generate(loader, "missing", NULL, NULL, &error));
    assert_int_equal(error.code, GALE_ENOTFOUND);
    assert_string_equal(error.message, "no such thing");
    assert_string_equal(error.name, "missing");
    assert_true(error.report[0]);
    assert_null(gale_loader_generate(loader, "bad", json_object(), NULL, &error));
    assert_int_equal(error.code, GALE_EINVAL);
    assert_true(error.message[0]);
    assert_int_equal(e.n_loaded, 2);
    assert_int_equal(e.n_unloaded, 2);
    check_error(loader, "anything", GALE_ESTATE, "template 'anything' belongs to another engine");
    assert_int_equal(gale_loader_check(loader, NULL, NULL, NULL, NULL), GALE_ESTATE);
    gale_loader_reset(loader);
    assert_int_equal(e.n_reset, 1);
    gale_loader_free(loader);
    assert_int_equal(e.n_freed, 1);
    assert_null(gale_engine_loader_new(&(gale_template_engine){ .load = engine_load }, &e));
}

/* --- what engines ask ---- */

struct said {
    char text[512];
    size_t len;
};

static void say(struct said *said, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(said->text + said->len, sizeof(said->text) - said->len, fmt, ap);
    va_end(ap);
    assert_true(n >= 0 && (size_t)n < sizeof(said->text) - said->len);
    said->len += (size_t)n;
}

static int n_computed;

static int compute(gale_call *call, gale_value *result)
{
    n_computed++;
    return gale_value_printf(call->rendering, result, "computed for %s", (char *)call->context);
}

static int compute_nothing(gale_call *call, gale_value *result)
{
    (void)result;
    return gale_value_raise(call->rendering, "ValueError", "not today");
}

static int count_names(void *arg, const char *name)
{
    struct said *said = arg;

    say(said, "%s ", name);
    return strcmp(name, "stop") == 0;
}

static void names_for_engines(void **state)
{
    static const gale_name functions[] = {
        { .name = "name", .text = "hidden" },
        { .name = "lazy", .lazy = compute },
        { .name = "broken", .lazy = compute_nothing },
        { .name = "call", .function = compute },
        { .name = "word", .text = "text" },
        { 0 },
    };
    static const gale_name last[] = { { .name = "stop", .text = "" }, { .name = "after" }, { 0 } };
    json_t *values = json_pack("{s:s}", "name", "you"), *got;
    gale_namespace below = { .names = last };
    gale_namespace names = { values, functions, (void *)(uintptr_t) "me", &below };
    struct said said = { 0 };

    (void)state;
    assert_int_equal(gale_namespace_get(&names, "name", &got), 0);
    assert_string_equal(json_string_value(got), "you");
    json_decref(got);
    assert_int_equal(gale_namespace_get(&names, "lazy", &got), 0);
    assert_string_equal(json_string_value(got), "computed for me");
    json_decref(got);
    assert_int_equal(n_computed, 1);
    assert_int_equal(gale_namespace_get(&names, "word", &got), 0);
    assert_string_equal(json_string_value(got), "text");
    json_decref(got);
    assert_int_equal(gale_namespace_get(&names, "call", &got), GALE_EINVAL);
    assert_int_equal(gale_namespace_get(&names, "broken", &got), GALE_EINVAL);
    assert_int_equal(gale_namespace_get(&names, "len", &got), GALE_ENOTFOUND);
    assert_null(got);
    assert_int_equal(gale_namespace_get(NULL, "len", &got), GALE_ENOTFOUND);
    gale_namespace_each(&names, count_names, &said);
    assert_string_equal(said.text, "name name lazy broken call word stop ");
    json_decref(values);
}

/* --- check ---- */

static void note(void *arg, const gale_template_error *error)
{
    say(arg, "%s:%d ", error->name, error->line);
}

static void a_check_tells_of_each_error(void **state)
{
    struct said said = { 0 };
    gale_loader *loader;
    int n_errors;

    (void)state;
    assert_int_equal(mkdir(in_folder("checked"), 0755), 0);
    assert_int_equal(mkdir(in_folder("checked/sub"), 0755), 0);
    put("checked/good.html", "{% include sub/part.html %}");
    put("checked/sub/part.html", "{{ x }}");
    put("checked/sub/bad.html", "\n{% if %}");
    put("checked/bad.js", "{{ }}");
    put("checked/two.txt", "{% include sub/bad.html %}"); /* the same error again */
    put("checked/missing.xml", "\n\n{% extends nope.xml %}");
    put("checked/notes.md", "{% not a template");
    put("checked/.hidden.html", "{{ }}");
    loader = gale_loader_new(in_folder("checked"), NULL);
    assert_int_equal(gale_loader_check(loader, NULL, note, &said, &n_errors), 6);
    assert_string_equal(said.text, "bad.js:1 missing.xml:3 sub/bad.html:2 ");
    assert_int_equal(n_errors, 3);
    said.len = 0;
    assert_int_equal(gale_loader_check(loader, (const char *[]){ ".md", NULL }, note, &said, NULL),
                     1);
    assert_string_equal(said.text, "notes.md:1 ");
    gale_loader_free(loader);
    loader = gale_dict_loader_new((gale_template_text[]){ { "a", "{{" }, { 0 } }, NULL);
    assert_int_equal(gale_loader_check(loader, NULL, NULL, NULL, &n_errors), 1);
    assert_int_equal(n_errors, 1);
    gale_loader_free(loader);
}

/* --- out of memory ---- */

/* Each allocation fails once: a loader is made and used, or says that memory is out. */
static void memory_runs_out(void **state)
{
    bool is_done = false;

    (void)state;
    put("root/page.html", "{% include part.html %}{{ name }}");
    put("root/part.html", "{% for i in [1, 2] %}{{ i }}{% end %}");
    for (unsigned long n = 1; !is_done; n++) {
        gale_template_error error = { 0 };
        gale_loader *loader;
        gale_template *t = NULL;

        assert_true(n < 2000);
        gale__alloc_fail(n);
        loader = gale_loader_new(in_folder("root"), NULL);
        if (!loader)
            assert_string_equal(gale_strerror(-ENOMEM), "out of memory");
        else
            t = gale_loader_load(loader, "page.html", &error);
        if (loader && !t)
            assert_int_equal(error.code, -ENOMEM);
        gale__alloc_fail(0);
        if (loader)
            check_page(loader, "page.html", "12you"); /* and works when there is some again */
        gale_template_unref(t);
        gale_loader_free(loader);
        is_done = t != NULL && n > 20;
    }
}

static void memory_runs_out_in_memory(void **state)
{
    static const gale_template_text texts[] = { { "a", "{{ 1 }}" },
                                                { "b", "{% include a %}" },
                                                { 0 } };
    bool is_done = false;

    (void)state;
    for (unsigned long n = 1; !is_done; n++) {
        gale_template_error error = { 0 };
        gale_loader *loader;
        char *text = NULL;

        assert_true(n < 2000);
        gale__alloc_fail(n);
        loader = gale_dict_loader_new(texts, NULL);
        if (loader)
            text = gale_loader_generate(loader, "b", NULL, NULL, &error);
        gale__alloc_fail(0);
        if (loader && !text)
            assert_int_equal(error.code, -ENOMEM);
        is_done = text != NULL && n > 20;
        free(text);
        gale_loader_free(loader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_below_the_root),
        cmocka_unit_test(no_name_leads_out),
        cmocka_unit_test(links_are_not_followed),
        cmocka_unit_test(what_is_no_template),
        cmocka_unit_test(relative_names_are_of_the_parents_directory),
        cmocka_unit_test(names_and_texts_of_any_script),
        cmocka_unit_test(texts_are_utf8),
        cmocka_unit_test(a_missing_include_says_where),
        cmocka_unit_test(too_big_a_text),
        cmocka_unit_test(a_template_is_compiled_once),
        cmocka_unit_test(without_a_cache_changes_count_at_once),
        cmocka_unit_test(a_broken_version_fails_until_it_is_mended),
        cmocka_unit_test(an_old_file_in_its_place_counts),
        cmocka_unit_test(another_directory_in_its_place_counts),
        cmocka_unit_test(threads_share_a_loader),
        cmocka_unit_test(templates_in_memory),
        cmocka_unit_test(a_text_with_a_loader_includes_from_its_root),
        cmocka_unit_test(a_program_of_another_version_is_refused),
        cmocka_unit_test(another_engine),
        cmocka_unit_test(names_for_engines),
        cmocka_unit_test(a_check_tells_of_each_error),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(memory_runs_out_in_memory),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
