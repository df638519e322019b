/* test_host_values.c - what C gives and asks: hooks that go down without end, cursors, values left
 * UNSET, bare codes; what errors look like and what is refused.
 */
/* SPDX-License-Identifier: MIT */
#include "rendering_help.h"

#include <errno.h>

#include <gale/error.h>
#include <gale/gen.h>

#include "template/builtins.h"
#include "template/operators.h"

static void check(const char *text, const gale_namespace *names, const char *wanted)
{
    const gale_template_text files[] = { { "t.txt", text }, { 0 } };
    gale_template_error error;
    char *got = render_files(files, NULL, names, &error);

    if (error.code || strcmp(got, wanted) != 0)
        fail_msg("%s\ngave   %s\nwanted %s\n%s", text, got, wanted, error.report);
    free(got);
}

/* --- json_encode ---- */

/* [[…1…]], n deep. */
static json_t *nest(int n)
{
    json_t *json = json_integer(1);

    while (n-- > 0)
        json = json_pack("[o]", json);
    return json;
}

static void test_json_that_is_nested_too_deep_is_told(void **state)
{
    static const char *const texts[] = { "{{ json_encode(v) }}",
                                         "{% autoescape contextual %}<script>v = {{ v }}</script>",
                                         NULL };

    (void)state;
    for (int i = 0; texts[i]; i++) {
        const gale_template_text files[] = { { "t.html", texts[i] }, { 0 } };
        gale_template_error error;
        json_t *values = json_pack("{s:o}", "v", nest(200));
        const gale_namespace names = { .values = values };
        char *got = render_files(files, NULL, &names, &error);

        assert_int_equal(error.code, GALE_EINVAL);
        if (!strstr(error.message, "ValueError: JSON value is nested deeper than 128"))
            fail_msg("%s", error.message);
        assert_string_equal(got, i ? "<script>v = " : "");
        free(got);
        json_decref(values);
    }
}

/* --- hooks that go down ---- */

struct node {
    struct node *next;
};

static int64_t sum_of(gale_rendering *r, const struct node *n, gale_value *out);

static int node_sum(gale_call *call, gale_value *out)
{
    return (int)sum_of(call->rendering, gale_call_object(call), out);
}

static int node_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    if (!gale__str_equal(name, GALE__STR("total")))
        return GALE_ENOTFOUND;
    return (int)sum_of(r, object, out);
}

static int node_item(gale_rendering *r, void *object, gale_value key, gale_value *out);
static int node_next(gale_rendering *r, void *object, size_t index, gale_value *out);
static int node_length(gale_rendering *r, void *object, size_t *out);
static int node_text(gale_rendering *r, void *object, bool is_repr, gale_value *out);
static int node_equal(gale_rendering *r, void *object, gale_value other, bool *out);
static int node_compare(gale_rendering *r, void *object, gale_value other, int *out);
static int node_format(gale_rendering *r, void *object, gale_str spec, gale_value *out);

static const gale_name node_names[] = { { .name = "sum", .lazy = node_sum }, { 0 } };
static const gale_object_class node_class = { .name = "Node",
                                              .attributes = node_names,
                                              .get_attribute = node_attribute,
                                              .get_item = node_item,
                                              .get_next = node_next,
                                              .length = node_length,
                                              .to_text = node_text,
                                              .equal = node_equal,
                                              .compare = node_compare,
                                              .format = node_format };

/* 1 more than that of the next one; a new object each, so that nothing is kept. */
static int64_t sum_of(gale_rendering *r, const struct node *n, gale_value *out)
{
    gale_value next, sum = gale_value_int(0);
    int code = 0;

    if (n->next) {
        code = gale_value_object(r, &next, &node_class, n->next);
        if (code == 0)
            code = gale_value_attribute(r, next, "sum", &sum);
    }
    if (code == 0)
        *out = gale_value_int(sum.u.i + 1);
    return code;
}

/* The hooks that follow ask for themselves once more. */
static gale_value again(gale_rendering *r, void *object)
{
    gale_value v = { 0 };

    assert_true(gale_value_object(r, &v, &node_class, object) == 0);
    return v;
}

static int node_item(gale_rendering *r, void *object, gale_value key, gale_value *out)
{
    return gale_value_item(r, again(r, object), key, out);
}

static int node_next(gale_rendering *r, void *object, size_t index, gale_value *out)
{
    return gale_value_nth(r, again(r, object), index, out);
}

static int node_length(gale_rendering *r, void *object, size_t *out)
{
    return gale_value_length(r, again(r, object), out);
}

static int node_text(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    gale_str s;
    int code = gale_value_str(r, again(r, object), &s);

    return code < 0 ? code : gale_value_text_n(r, out, s.ptr, s.len);
}

static int node_equal(gale_rendering *r, void *object, gale_value other, bool *out)
{
    int same = gale__value_equal(r, again(r, object), other);

    *out = same > 0;
    return same;
}

static int node_compare(gale_rendering *r, void *object, gale_value other, int *out)
{
    return gale__value_order(r, "<", again(r, object), other, out);
}

static int node_format(gale_rendering *r, void *object, gale_str spec, gale_value *out)
{
    return gale__format_value(r, again(r, object), spec, out);
}

static int get_node(gale_call *call, gale_value *out)
{
    return gale_value_object(call->rendering, out, &node_class, call->data);
}

static void chain(struct node *nodes, int n)
{
    for (int i = 0; i < n; i++)
        nodes[i].next = i + 1 < n ? &nodes[i + 1] : NULL;
}

static void test_hooks_that_ask_themselves_are_bounded(void **state)
{
    static const char *const expressions[] = { "node.sum",          "node.total", "node[1]",
                                               "list(node)",        "len(node)",  "not node",
                                               "str(node)",         "node == 1",  "node < 1",
                                               "'{}'.format(node)", NULL };
    struct node self = { &self };
    const gale_name table[] = { { .name = "node", .lazy = get_node, .data = &self }, { 0 } };
    const gale_namespace names = { .names = table };

    (void)state;
    for (int i = 0; expressions[i]; i++) {
        char text[128];

        snprintf(text, sizeof(text),
                 "{%% try %%}{{ %s }}{%% except RecursionError as e %%}{{ e }}{%% end %%}",
                 expressions[i]);
        check(text, &names, "maximum recursion depth exceeded");
    }
}

static void test_chains_of_objects_are_bounded(void **state)
{
    static struct node nodes[1000];
    const gale_name table[] = { { .name = "node", .lazy = get_node, .data = nodes }, { 0 } };
    const gale_namespace names = { .names = table };

    (void)state;
    chain(nodes, 90);
    check("{{ node.sum }} {{ node.total }}", &names, "90 90");
    chain(nodes, 1000);
    check("{% try %}{{ node.sum }}{% except RecursionError as e %}{{ e }}{% end %}", &names,
          "maximum recursion depth exceeded");
}

static int go_down(void *arg)
{
    const gale_name table[] = { { .name = "node", .lazy = get_node, .data = arg }, { 0 } };
    const gale_namespace names = { .names = table };
    gale_template *t = gale_template_new(gale__str("{{ node.sum }}"), NULL, NULL, NULL, NULL);
    gale_template_out out;
    int code;

    gale__heap_out_init(&out);
    code = gale_template_render(t, &names, &out, NULL);
    gale__heap_out_free(&out);
    gale_template_unref(t);
    return code;
}

static void test_the_stack_of_a_coroutine_is_enough(void **state)
{
    gale_ioloop *loop = gale_ioloop_new(NULL);
    struct node self = { &self };

    (void)state;
    assert_int_equal(gale_ioloop_run_sync(loop, go_down, &self, 0), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL),
                        "RecursionError: maximum recursion depth exceeded at <string>:1");
    gale_ioloop_free(loop);
}

/* --- cursors ---- */

/* The items joined by spaces, with a cursor. */
static int join(gale_call *call, gale_value *out)
{
    gale_rendering *r = call->rendering;
    gale_value_iter it;
    gale_value item;
    gale_str s = { 0 };
    int more = gale_value_iterate(r, gale_call_argument(call, 0, NULL), &it);

    *out = gale_value_borrowed_text("", 0);
    if (more < 0)
        return more;
    while ((more = gale_value_next(r, &it, &item)) > 0) {
        if (gale_value_str(r, item, &s) < 0 ||
            gale_value_printf(r, out, "%.*s%.*s ", (int)out->len, out->u.s, (int)s.len, s.ptr) < 0)
            return GALE_EINVAL;
    }
    return more;
}

static int count(gale_call *call, gale_value *out)
{
    gale_value_iter it;
    gale_value item;
    int64_t n = 0;
    int more = gale_value_iterate(call->rendering, gale_call_argument(call, 0, NULL), &it);

    while (more >= 0 && (more = gale_value_next(call->rendering, &it, &item)) > 0)
        n++;
    *out = gale_value_int(n);
    return more;
}

/* Sets a key at each item. */
static int grow(gale_call *call, gale_value *out)
{
    gale_rendering *r = call->rendering;
    gale_value dict = gale_call_argument(call, 0, NULL);
    gale_value_iter it;
    gale_value item;
    int more = gale_value_iterate(r, dict, &it);

    (void)out;
    for (int i = 100; more >= 0 && (more = gale_value_next(r, &it, &item)) > 0; i++)
        more = gale_value_set(r, dict, gale_value_int(i), item);
    return more;
}

static int two_items(gale_rendering *r, void *object, size_t index, gale_value *out)
{
    (void)r;
    (void)object;
    if (index == 1)
        *out = gale_value_int(7);
    return index < 2 ? 0 : GALE_EEOF;
}

static int unset_binary(gale_rendering *r, int op, gale_value a, gale_value b, gale_value *out)
{
    (void)r;
    (void)op;
    (void)a;
    (void)b;
    (void)out;
    return 0;
}

static int unset_item(gale_rendering *r, void *object, gale_value key, gale_value *out)
{
    (void)r;
    (void)object;
    (void)key;
    (void)out;
    return 0;
}

static const gale_object_class two_class = {
    .name = "two", .get_next = two_items, .binary = unset_binary, .get_item = unset_item
};

static int get_two(gale_call *call, gale_value *out)
{
    return gale_value_object(call->rendering, out, &two_class, NULL);
}

static const gale_name cursor_names[] = { { .name = "join", .function = join },
                                          { .name = "count", .function = count },
                                          { .name = "grow", .function = grow },
                                          { .name = "two", .lazy = get_two },
                                          { 0 } };

static void test_cursors_go_over_all_that_for_does(void **state)
{
    const gale_namespace names = { .names = cursor_names };

    (void)state;
    check("{{ join([1, 'a']) }}|{{ join((1, 2)) }}|{{ join({'a': 1, 'b': 2}) }}|{{ join('aé') }}|"
          "{{ join(b'a') }}|{{ join(range(3)) }}|{{ join(two) }}|{{ join([]) }}|",
          &names, "1 a |1 2 |a b |a é |97 |0 1 2 |None 7 ||");
    check("{% try %}{{ join(1) }}{% except TypeError as e %}{% raw e %}{% end %}", &names,
          "'int' object is not iterable");
    check("{% try %}{{ grow({1: 2}) }}{% except RuntimeError as e %}{{ e }}{% end %}", &names,
          "dictionary changed size during iteration");
}

static void test_cursors_take_one_step_for_an_item(void **state)
{
    gale_namespace names = { .names = cursor_names };
    json_t *values = json_pack("{s:{}}", "map");

    (void)state;
    for (int i = 0; i < 10000; i++) {
        char key[16];

        snprintf(key, sizeof(key), "k%d", i);
        json_object_set_new(json_object_get(values, "map"), key, json_integer(i));
    }
    names.values = values;
    check("{{ count(map) }}{{ count(dict(map)) }}{{ count('é' * 10000) }}", &names,
          "100001000010000");
    json_decref(values);
}

/* --- what is left UNSET ---- */

static int give_unset(gale_call *call, gale_value *out)
{
    const gale_value unset[2] = { { 0 }, { 0 } };
    gale_rendering *r = call->rendering;
    gale_value list, tuple, dict;

    if (gale_value_list(r, &list, unset, 2) < 0 || gale_value_append(r, list, unset[0]) < 0 ||
        gale_value_tuple(r, &tuple, unset, 1) < 0 || gale_value_append(r, list, tuple) < 0 ||
        gale_value_dict(r, &dict) < 0 || gale_value_set(r, dict, unset[0], unset[1]) < 0 ||
        gale_value_append(r, list, dict) < 0)
        return GALE_EINVAL;
    *out = list;
    return 0;
}

static int call_unset(gale_call *call, gale_value *out)
{
    const gale_value args[2] = { gale_value_int(1), { 0 } };

    return gale_value_call(call->rendering, gale_call_argument(call, 0, NULL), args, 2, out);
}

static void test_what_is_unset_is_none(void **state)
{
    static const gale_name table[] = { { .name = "give", .function = give_unset },
                                       { .name = "call", .function = call_unset },
                                       { .name = "two", .lazy = get_two },
                                       { 0 } };
    const gale_namespace names = { .names = table };

    (void)state;
    check("{{ give() }}{{ [x is None for x in give()] }}", &names,
          "[None, None, None, (None,), {None: None}][True, True, True, False, False]");
    check("{{ call(lambda a, b=5: b) }}{{ call(lambda a, b: b is None) }}", &names, "NoneTrue");
    check("{{ [two + 1, 1 - two, two[0]] }}", &names, "[None, None, None]");
}

/* --- bare codes ---- */

static int bare(gale_call *call, gale_value *out)
{
    (void)call;
    (void)out;
    return -EIO;
}

static int bare_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    (void)r;
    (void)object;
    (void)name;
    (void)out;
    return -EIO;
}

static const gale_object_class bare_class = { .name = "bare", .get_attribute = bare_attribute };

static int get_bare(gale_call *call, gale_value *out)
{
    return gale_value_object(call->rendering, out, &bare_class, NULL);
}

static int stored(gale_call *call, gale_value *out)
{
    (void)call;
    (void)out;
    return gale_err(-EIO, "the disk burns");
}

static void test_a_bare_code_is_not_told_by_another_failure(void **state)
{
    static const gale_name table[] = { { .name = "bare", .function = bare },
                                       { .name = "lazy", .lazy = bare },
                                       { .name = "object", .lazy = get_bare },
                                       { .name = "stored", .function = stored },
                                       { 0 } };
    const gale_namespace names = { .names = table };
    static const char *const expressions[] = { "bare()", "lazy", "object.x", NULL };

    (void)state;
    for (int i = 0; expressions[i]; i++) {
        char text[256];

        snprintf(text, sizeof(text),
                 "{%% try %%}{{ stored() }}{%% except Exception as e %%}{{ e }}{%% end %%}, "
                 "{%% try %%}{{ %s }}{%% except Exception as e %%}{{ e }}{%% end %%}",
                 expressions[i]);
        gale_err(-EIO, "stale");
        check(text, &names, "the disk burns, Input/output error");
    }
}

static int encode(gale_call *call, gale_value *out)
{
    struct json_t *json = gale_value_to_json(call->rendering, gale_call_argument(call, 0, NULL));

    (void)out;
    if (!json)
        return GALE_EINVAL;
    json_decref(json);
    return 0;
}

static void test_what_has_no_json_form_is_raised(void **state)
{
    static const gale_name table[] = { { .name = "encode", .function = encode }, { 0 } };
    const gale_namespace names = { .names = table };

    (void)state;
    check("{% try %}{{ encode(len) }}{% except TypeError as e %}{{ e }}{% end %}", &names,
          "Object of type builtin_function_or_method is not JSON serializable");
}

/* --- what errors look like, what is refused ---- */

static int shout(gale_call *call, gale_value *out)
{
    (void)out;
    return gale_value_raise(call->rendering, "ValueError", "one\r\ntwo\t\x7f\xc2\x85three");
}

static void test_messages_are_of_one_line(void **state)
{
    static const gale_name table[] = { { .name = "shout", .function = shout }, { 0 } };
    const gale_template_text files[] = { { "t.txt", "{{ shout() }}" }, { 0 } };
    const gale_namespace names = { .names = table };
    gale_template_error error;

    (void)state;
    free(render_files(files, NULL, &names, &error));
    assert_string_equal(error.message, "ValueError: one  two    three at t.txt:1");
    assert_true(gale__str_starts_with(
        gale__str(error.report), GALE__STR("ValueError: one  two    three at t.txt:1\n    {{")));
}

static int unfit_load(void *arg, const char *name, void **out, gale_template_error *error)
{
    (void)name;
    (void)out;
    snprintf(error->message, sizeof(error->message), "no\nsuch page");
    if (arg)
        snprintf(error->report, sizeof(error->report), "%s", (const char *)arg);
    return GALE_ENOTFOUND;
}

static int unfit_render(void *arg, void *loaded, const gale_namespace *names,
                        gale_template_out *out, gale_template_error *error)
{
    (void)arg;
    (void)loaded;
    (void)names;
    (void)out;
    (void)error;
    return 0;
}

static const gale_template_engine unfit = { .load = unfit_load, .render = unfit_render };

static void test_reports_of_engines_end_with_a_line(void **state)
{
    static char report[] = "no such page:\n  at all", ended[] = "no such page\n";
    static const struct {
        char *given;
        const char *wanted;
    } reports[] = { { NULL, "no such page\n" },
                    { report, "no such page:\n  at all\n" },
                    { ended, "no such page\n" } };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        gale_loader *loader = gale_engine_loader_new(&unfit, reports[i].given);
        gale_template_error error;
        gale_template_out out;

        gale__heap_out_init(&out);
        assert_int_equal(gale_loader_render(loader, "x", NULL, &out, &error), GALE_ENOTFOUND);
        assert_string_equal(error.message, "no such page");
        assert_string_equal(error.report, reports[i].wanted);
        gale__heap_out_free(&out);
        gale_loader_free(loader);
    }
}

static void test_an_engine_has_no_texts_to_include(void **state)
{
    gale_loader *loader = gale_engine_loader_new(&unfit, NULL);
    gale_template_error error;

    (void)state;
    assert_null(gale_template_new(gale__str("{% include 'a.html' %}"), NULL, loader, NULL, &error));
    assert_string_equal(error.message, "template 'a.html' cannot be part of this one: the engine "
                                       "gives no text at <string>:1");
    gale_loader_free(loader);
}

static void test_options_are_looked_at(void **state)
{
    static const char *const unusable[] = { "", "1 +", "f()", "a..b", ".a", "a.", "a b", NULL };
    static const char *const usable[] = { "None", "contextual", "f", "a.b1", "_", "é", NULL };
    const gale_template_text files[] = { { "t.txt", "" }, { 0 } };
    gale_template_error error;

    (void)state;
    for (int i = 0; unusable[i]; i++) {
        const gale_template_options options = { .autoescape = unusable[i] };
        char wanted[100];

        snprintf(wanted, sizeof(wanted),
                 "autoescape '%s': not None, contextual or the name of a function", unusable[i]);
        assert_null(gale_dict_loader_new(files, &options));
        assert_string_equal(gale_strerror(GALE_EINVAL), wanted);
        assert_null(gale_template_new(gale__str("a"), NULL, NULL, &options, &error));
        assert_int_equal(error.code, GALE_EINVAL);
        assert_string_equal(error.message, wanted);
    }
    for (int i = 0; usable[i]; i++) {
        const gale_template_options options = { .autoescape = usable[i] };
        gale_loader *loader = gale_dict_loader_new(files, &options);

        assert_non_null(loader);
        gale_loader_free(loader);
    }
    assert_null(gale_template_new(gale__str("a"), "t", NULL,
                                  &(gale_template_options){ .whitespace = "some" }, &error));
    assert_string_equal(error.message, "whitespace mode 'some': all, single or oneline");
}

static void test_loaders_of_nothing_are_refused(void **state)
{
    (void)state;
    assert_null(gale_loader_new(NULL, NULL));
    assert_string_equal(gale_strerror(GALE_EINVAL), "a loader needs a directory of templates");
    assert_null(gale_dict_loader_new(NULL, NULL));
    assert_string_equal(gale_strerror(GALE_EINVAL), "a loader needs an array of texts");
    assert_null(gale_compiled_loader_new(NULL, NULL));
    assert_string_equal(gale_strerror(GALE_EINVAL), "a loader needs an array of programs");
    assert_null(gale_engine_loader_new(NULL, NULL));
    assert_string_equal(gale_strerror(GALE_EINVAL), "a template engine needs .load and .render");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_that_is_nested_too_deep_is_told),
        cmocka_unit_test(test_hooks_that_ask_themselves_are_bounded),
        cmocka_unit_test(test_chains_of_objects_are_bounded),
        cmocka_unit_test(test_the_stack_of_a_coroutine_is_enough),
        cmocka_unit_test(test_cursors_go_over_all_that_for_does),
        cmocka_unit_test(test_cursors_take_one_step_for_an_item),
        cmocka_unit_test(test_what_is_unset_is_none),
        cmocka_unit_test(test_a_bare_code_is_not_told_by_another_failure),
        cmocka_unit_test(test_what_has_no_json_form_is_raised),
        cmocka_unit_test(test_messages_are_of_one_line),
        cmocka_unit_test(test_reports_of_engines_end_with_a_line),
        cmocka_unit_test(test_an_engine_has_no_texts_to_include),
        cmocka_unit_test(test_options_are_looked_at),
        cmocka_unit_test(test_loaders_of_nothing_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
