/* test_render_host.c - functions, lazy names and objects of the host; renderings within renderings,
 * in coroutines that wait, by several threads at a time.
 */
/* SPDX-License-Identifier: MIT */
#include "rendering_help.h"

#include <pthread.h>

#include <gale/gen.h>

#include "base/alloc.h"

static void check(const char *text, const gale_namespace *names, const char *wanted)
{
    const gale_template_text files[] = { { "t.html", text }, { 0 } };
    gale_template_error error;
    char *got = render_files(files, NULL, names, &error);

    if (error.code || strcmp(got, wanted) != 0)
        fail_msg("%s\ngave   %s\nwanted %s\n%s", text, got, wanted, error.report);
    free(got);
}

/* --- functions and lazy names ---- */

/* "NAME(positional, keyword=…) data context". */
static int show(gale_call *call, gale_value *result)
{
    gale_value a = gale_call_argument(call, 0, "a"), b = gale_call_argument(call, 1, "b");
    gale_str sa = { "-", 1 }, sb = { "-", 1 };

    if (a.kind != GALE_VALUE_UNSET && gale_value_str(call->rendering, a, &sa) < 0)
        return -1;
    if (b.kind != GALE_VALUE_UNSET && gale_value_str(call->rendering, b, &sb) < 0)
        return -1;
    return gale_value_printf(call->rendering, result, "%s(%.*s,%.*s) %s %s", call->name,
                             (int)sa.len, sa.ptr, (int)sb.len, sb.ptr,
                             call->data ? (const char *)call->data : "-",
                             call->context ? (const char *)call->context : "-");
}

static int count(gale_call *call, gale_value *result)
{
    *result = gale_value_int(++*(int *)call->data);
    return 0;
}

static int nothing(gale_call *call, gale_value *result)
{
    return 0;
}

static char context_one[] = "one", context_two[] = "two", data[] = "data";

static void test_functions_get_their_arguments(void **state)
{
    const gale_name one[] = { { .name = "f", .function = show, .data = data }, { 0 } };
    const gale_name two[] = { { .name = "f", .text = "hidden" },
                              { .name = "g", .function = show },
                              { .name = "nothing", .function = nothing },
                              { .name = "lazy_nothing", .lazy = nothing },
                              { 0 } };
    const gale_namespace below = { .names = two, .context = context_two };
    const gale_namespace names = { .names = one, .context = context_one, .next = &below };

    check(
        "{{ f() }}|{{ f(1) }}|{{ f(b=2) }}|{{ f(1, b='x') }}|{{ f(*[1, 2]) }}|{{ f(**{'a': 3}) }}",
        &names,
        "f(-,-) data one|f(1,-) data one|f(-,2) data one|f(1,x) data one|f(1,2) data one|"
        "f(3,-) data one");
    check("{{ g() }}|{{ nothing() }}|{{ lazy_nothing }}", &names, "g(-,-) - two|None|None");
    check("{% set h = g %}{{ h(1) }}{{ [k for k in map(g, [1])] }}", &names,
          "g(1,-) - two[&#x27;g(1,-) - two&#x27;]");
}

static void test_lazy_names_are_computed_once_for_each_rendering(void **state)
{
    const gale_template_text files[] = { { "t.html", "{{ n }}{{ n }}{% include 'u.html' %}" },
                                         { "u.html", "{% set n = n + 1 %}{{ n }}{{ n }}" },
                                         { 0 } };
    const gale_template_text unused[] = { { "t.html", "{% if 0 %}{{ n }}{% end %}" }, { 0 } };
    int n = 0;
    const gale_name table[] = { { .name = "n", .lazy = count, .data = &n }, { 0 } };

    check_files(files, NULL, table, NULL, "1122");
    assert_int_equal(n, 1);
    check_files(files, NULL, table, NULL, "2233");
    assert_int_equal(n, 2);
    check_files(unused, NULL, table, NULL, "");
    assert_int_equal(n, 2);
}

static void test_names_of_the_options_are_below(void **state)
{
    const gale_template_text files[] = { { "t.html", "{{ f }}{{ len('abc') }}" }, { 0 } };
    const gale_name loaders[] = { { .name = "f", .text = "loader's" },
                                  { .name = "len", .function = show },
                                  { 0 } };
    const gale_name own[] = { { .name = "f", .text = "own" }, { 0 } };
    const gale_namespace below = { .names = loaders, .context = context_one };
    const gale_template_options options = { .names = &below };

    check_files(files, &options, NULL, NULL, "loader&#x27;slen(abc,-) - one");
    check_files(files, &options, own, NULL, "ownlen(abc,-) - one");
}

/* --- objects ---- */

struct user {
    const char *name;
    int n_lazy, n_attributes;
};

static int user_greet(gale_call *call, gale_value *result)
{
    struct user *u = gale_call_object(call);

    return gale_value_printf(call->rendering, result, "hi %s", u->name);
}

static int user_lazy(gale_call *call, gale_value *result)
{
    struct user *u = gale_call_object(call);

    *result = gale_value_int(++u->n_lazy);
    return 0;
}

static int user_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    struct user *u = object;

    if (!gale__str_equal(name, GALE__STR("name")))
        return GALE_ENOTFOUND;
    u->n_attributes++;
    return gale_value_text(r, out, u->name);
}

static int user_item(gale_rendering *r, void *object, gale_value key, gale_value *out)
{
    if (key.kind != GALE_VALUE_TEXT)
        return GALE_ENOTFOUND;
    return gale_value_printf(r, out, "[%.*s]", (int)key.len, key.u.s);
}

static int user_next(gale_rendering *r, void *object, size_t index, gale_value *out)
{
    *out = gale_value_int((int64_t)index * 10);
    return index < 3 ? 0 : GALE_EEOF;
}

static int user_length(gale_rendering *r, void *object, size_t *out)
{
    *out = 3;
    return 0;
}

static int user_text(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    return gale_value_text(r, out, is_repr ? "<User>" : ((struct user *)object)->name);
}

static const gale_name user_names[] = { { .name = "greet", .function = user_greet },
                                        { .name = "lazy", .lazy = user_lazy },
                                        { .name = "kind", .text = "person" },
                                        { 0 } };
static const gale_object_class user_class = { .name = "User",
                                              .attributes = user_names,
                                              .get_attribute = user_attribute,
                                              .get_item = user_item,
                                              .get_next = user_next,
                                              .length = user_length,
                                              .to_text = user_text };

static int get_user(gale_call *call, gale_value *result)
{
    return gale_value_object(call->rendering, result, &user_class, call->data);
}

static void test_objects_of_the_host(void **state)
{
    struct user user = { .name = "<bob>" };
    const gale_name table[] = { { .name = "user", .lazy = get_user, .data = &user }, { 0 } };
    const gale_namespace names = { .names = table };
    const gale_template_text missing[] = { { "t.html", "{{ user.age }}" }, { 0 } };
    const gale_template_text hint[] = { { "t.html", "{{ user[1] }}" }, { 0 } };

    check("{{ user }}{{ [user] }}{{ user.name }}{{ user.name }}{{ user.lazy }}{{ user.lazy }}"
          "{{ user.kind }}{{ user.greet() }}{{ user['k'] }}{{ len(user) }}"
          "{% for i in user %}{{ i }} {% end %}{{ 'yes' if user else 'no' }}",
          &names,
          "&lt;bob&gt;[&lt;User&gt;]&lt;bob&gt;&lt;bob&gt;11personhi &lt;bob&gt;[k]30 10 20 yes");
    assert_int_equal(user.n_lazy, 1);
    assert_int_equal(user.n_attributes, 1);
    check_failure(missing, NULL, &names, GALE_EINVAL,
                  "AttributeError: 'User' object has no attribute 'age' at t.html:1", NULL);
    check_failure(hint, NULL, &names, GALE_EINVAL, "KeyError: 1 at t.html:1", NULL);
}

/* --- renderings within renderings ---- */

static gale_template *nested; /* of the test that runs */

/* Renders the test's template once more. */
static int again(gale_call *call, gale_value *result)
{
    const gale_name names[] = { { .name = "again", .function = again, .data = call->data },
                                { .name = "n", .lazy = count, .data = call->data },
                                { 0 } };
    const gale_namespace layer = { .names = names };
    gale_template_out out;
    gale_template_error error;
    int code;

    gale__heap_out_init(&out);
    code = gale_template_render(nested, &layer, &out, &error);
    if (code >= 0)
        code = gale_value_text_n(call->rendering, result, out.data, out.len);
    gale__heap_out_free(&out);
    return code;
}

static void test_a_function_renders_the_template_again(void **state)
{
    int n = 0;
    const gale_name names[] = { { .name = "again", .function = again, .data = &n },
                                { .name = "n", .lazy = count, .data = &n },
                                { 0 } };
    const gale_namespace layer = { .names = names };
    gale_template_out out;
    char *text;

    nested = gale_template_new(
        gale__str("({{ n }}{% set m = n %}{% if n < 5 %}{% raw again() %}{% end %}{{ m }})"), NULL,
        NULL, NULL, NULL);
    gale__heap_out_init(&out);
    assert_int_equal(gale_template_render(nested, &layer, &out, NULL), 0);
    text = gale__heap_out_take(&out, NULL);
    assert_string_equal(text, "(1(2(3(4(55)4)3)2)1)");
    free(text);
    gale_template_unref(nested);
}

/* What a coroutine rendered: assertions are for the stack of the test. */
struct page {
    gale_loader *loader;
    gale_template_error error;
    char *text;
    int code;
};

static int render_for_ever(void *arg)
{
    struct page *page = arg;
    int n = 0;
    const gale_name names[] = { { .name = "again", .function = again, .data = &n }, { 0 } };
    const gale_namespace layer = { .names = names };
    gale_template_out out;

    gale__heap_out_init(&out);
    gale_template_render(nested, &layer, &out, &page->error);
    gale__heap_out_free(&out);
    return 0;
}

/* On the small stack of a coroutine. */
static void test_renderings_without_end_are_ended(void **state)
{
    gale_ioloop *loop = gale_ioloop_new(NULL);
    struct page page = { 0 };

    nested = gale_template_new(gale__str("{{ (lambda: again())() }}"), NULL, NULL, NULL, NULL);
    assert_int_equal(gale_ioloop_run_sync(loop, render_for_ever, &page, 0), 0);
    assert_int_equal(page.error.code, GALE_ETOOBIG);
    assert_true(gale__str_starts_with(
        gale__str(page.error.message),
        GALE__STR("the limit of depth by templates within templates was reached at <string>")));
    gale_template_unref(nested);
    gale_ioloop_free(loop);
}

/* --- waiting ---- */

static int wait_and_count(gale_call *call, gale_value *result)
{
    int code = gale_yield();

    return code < 0 ? code : count(call, result);
}

static const gale_template_text waiting[] = {
    { "t.html", "{{ lazy }}{% for i in range(3) %}{% apply str %}{{ wait() }}{% end %}"
                "{{ (lambda: wait())() }}{% end %}" },
    { 0 }
};

static int render_waiting(void *arg)
{
    struct page *page = arg;
    int n = 0;
    const gale_name names[] = { { .name = "wait", .function = wait_and_count, .data = &n },
                                { .name = "lazy", .lazy = wait_and_count, .data = &n },
                                { 0 } };
    const gale_namespace layer = { .names = names };
    gale_template *t = gale_loader_load(page->loader, "t.html", NULL);
    gale_template_out out;

    gale__heap_out_init(&out);
    gale_loader_reset(page->loader);
    /* Ours is the only reference, and it is given up while the rendering waits. */
    page->code = gale_template_render(t, &layer, &out, NULL);
    page->text = gale__heap_out_take(&out, NULL);
    gale_template_unref(t);
    return page->code;
}

/* The third is cancelled while it waits. */
static int render_three_at_a_time(void *arg)
{
    struct page *pages = arg;
    gale_future *futures[3];

    for (int i = 0; i < 3; i++)
        futures[i] = gale_spawn(render_waiting, &pages[i]);
    gale_yield();
    gale_cancel(futures[2]);
    for (int i = 0; i < 3; i++)
        gale_join(&futures[i]);
    return 0;
}

static void test_functions_may_wait(void **state)
{
    gale_ioloop *loop = gale_ioloop_new(NULL);
    gale_loader *loader = gale_dict_loader_new(waiting, NULL);
    struct page pages[3] = { { .loader = loader }, { .loader = loader }, { .loader = loader } };

    assert_int_equal(gale_ioloop_run_sync(loop, render_three_at_a_time, pages, 0), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pages[i].code, i == 2 ? GALE_ECANCELED : 0);
        if (i < 2)
            assert_string_equal(pages[i].text, "1b'2'3b'4'5b'6'7");
        free(pages[i].text);
    }
    gale_loader_free(loader);
    gale_ioloop_free(loop);
}

/* --- threads ---- */

enum { THREADS = 4, ROUNDS = 200 };

static void *render_often(void *arg)
{
    gale_loader *loader = arg;

    for (int i = 0; i < ROUNDS; i++) {
        gale_template_error error;
        char *text = gale_loader_generate(loader, "t.html", json_pack("{s:i}", "n", i), NULL,
                                          &error);

        if (!text || strtol(text, NULL, 10) != i + 1)
            return (void *)"wrong";
        free(text);
        if (i % 50 == 0)
            gale_loader_reset(loader);
    }
    return NULL;
}

static void test_threads_share_templates(void **state)
{
    const gale_template_text files[] = {
        { "t.html", "{% set n = n + 1 %}{% for i in range(3) %}{{ (lambda: n)() }} {% end %}"
                    "{% try %}{{ none }}{% except NameError as e %}{{ e }}{% end %}" },
        { 0 }
    };
    gale_loader *loader = gale_dict_loader_new(files, NULL);
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, render_often, loader), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong = NULL;

        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    gale_loader_free(loader);
}

/* --- memory ---- */

static void test_a_small_page_allocates_nothing(void **state)
{
#ifndef GALE_ARENA_MALLOC
    gale_template *t = gale_template_new(
        gale__str("<h1>{{ title }}</h1>{% for x in list %}{{ x }}{% if x > 1 %}!{% end %}{% end %}"
                  "{{ title.upper() }}{{ len(list) }}{{ '%d' % 5 }}"),
        NULL, NULL, NULL, NULL);
    json_t *values = values_of("{'title': 'a & b', 'list': [1, 2, 3]}");
    const gale_namespace names = { .values = values };
    gale_template_out out;
    unsigned long before = 0;

    gale__heap_out_init(&out);
    for (int i = 0; i < 3; i++) {
        out.len = 0;
        if (i == 1)
            before = gale__alloc_count();
        assert_int_equal(gale_template_render(t, &names, &out, NULL), 0);
    }
    assert_int_equal(gale__alloc_count(), before);
    assert_int_equal(gale_template_write(&out, "", 1), 0);
    assert_string_equal(out.data, "<h1>a &amp; b</h1>12!3!A &amp; B35");
    gale__heap_out_free(&out);
    json_decref(values);
    gale_template_unref(t);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions_get_their_arguments),
        cmocka_unit_test(test_lazy_names_are_computed_once_for_each_rendering),
        cmocka_unit_test(test_names_of_the_options_are_below),
        cmocka_unit_test(test_objects_of_the_host),
        cmocka_unit_test(test_a_function_renders_the_template_again),
        cmocka_unit_test(test_renderings_without_end_are_ended),
        cmocka_unit_test(test_functions_may_wait),
        cmocka_unit_test(test_threads_share_templates),
        cmocka_unit_test(test_a_small_page_allocates_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
