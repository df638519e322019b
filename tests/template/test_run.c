/* test_run.c - the interpreter given programs by hand: what each instruction leaves, who catches.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "base/str.h"
#include "template/exception.h"
#include "template/loader.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        GALE_VALUE_TEXT, 0, 0, sizeof(literal) - 1,                                                \
        {                                                                                          \
            .s = (literal)                                                                         \
        }                                                                                          \
    }
#define INT(n)                                                                                     \
    {                                                                                              \
        GALE_VALUE_INT, 0, 0, 0,                                                                   \
        {                                                                                          \
            .i = (n)                                                                               \
        }                                                                                          \
    }
#define OP(name, ...)                                                                              \
    {                                                                                              \
        .op = GALE__OP_##name, __VA_ARGS__                                                         \
    }

/* Renders; the output, and *error. */
static char *render(gale_template_program *p, const gale_namespace *names,
                    const gale_template_options *options, gale_template_error *error)
{
    static const gale_template_place place = { "t.html", 0, -1, 0 };
    static const gale_str source = { "the source", 10 };
    static const gale_template_position positions[64] = { [3] = { 7, 2, 0 } };
    gale_template_out out;
    int code;

    gale__heap_out_init(&out);
    p->places = &place;
    p->n_places = 1;
    p->sources = &source;
    p->n_sources = 1;
    p->positions = positions;
    p->n_code = 64;
    p->max_stack = 8;
    code = gale__render(p, options, names, &out, error);
    assert_int_equal(error->code, code);
    return gale__heap_out_take(&out, NULL);
}

static void check(gale_template_program p, const gale_namespace *names, const char *wanted)
{
    gale_template_error error;
    char *text = render(&p, names, NULL, &error);

    assert_string_equal(error.report, "");
    assert_string_equal(text, wanted);
    free(text);
}

static void test_texts_and_values_are_written(void **state)
{
    static const gale_str texts[] = { { "<p>", 3 }, { "", 0 }, { "</p>", 4 } };
    static const gale_value constants[] = { TEXT("a<b & \"c\"'d'>"),
                                            INT(-9223372036854775807 - 1),
                                            { GALE_VALUE_BYTES, 0, 0, 3, { .s = "<\xff>" } } };
    static const struct gale_template_code code[] = {
        OP(TEXT, .c = 0),  OP(CONST, .c = 0), OP(ESCAPE),        OP(TEXT, .c = 1),
        OP(CONST, .c = 1), OP(ESCAPE),        OP(CONST, .c = 0), OP(EMIT),
        OP(CONST, .c = 2), OP(EMIT),          OP(CONST, .c = 2), OP(ESCAPE),
        OP(TEXT, .c = 2),  OP(END),
    };

    check((gale_template_program){ .code = code, .texts = texts, .constants = constants }, NULL,
          "<p>a&lt;b &amp; &quot;c&quot;&#x27;d&#x27;&gt;-9223372036854775808a<b & \"c\"'d'>"
          "<\xff>&lt;\xff&gt;</p>");
}

static void test_jumps_tests_and_numbers(void **state)
{
    /* i = 3; while i: emit i; i = i - 1; then "a" if i == 0 else "b", kept through a test */
    static const gale_value constants[] = { INT(3), INT(1), INT(0), TEXT("a"), TEXT("b") };
    static const struct gale_template_code code[] = {
        OP(CONST, .c = 0),
        OP(STORE_LOCAL, .b = 0),
        /* 2 */ OP(LOAD_LOCAL, .b = 0),
        OP(IF_FALSE, .c = 10),
        OP(ESCAPE_LOCAL, .b = 0),
        OP(LOAD_LOCAL, .b = 0),
        OP(CONST, .c = 1),
        OP(BINARY, .a = GALE__SUB),
        OP(STORE_LOCAL, .b = 0),
        OP(LOOP, .c = 2),
        /* 10 */ OP(LOAD_LOCAL, .b = 0),
        OP(CONST, .c = 2),
        OP(COMPARE, .a = GALE__EQ),
        OP(IF_TRUE, .c = 16),
        OP(CONST, .c = 4),
        OP(JUMP, .c = 17),
        /* 16 */ OP(CONST, .c = 3),
        /* 17 */ OP(IF_TRUE_KEEP, .c = 19),
        OP(CONST, .c = 0),
        /* 19 */ OP(EMIT),
        OP(CONST, .c = 2),
        OP(NOT),
        OP(IF_FALSE_KEEP, .c = 24),
        OP(CONST, .c = 4),
        /* 24 */ OP(EMIT),
        OP(END),
    };
    static const gale_str names[] = { { "i", 1 } };
    static const int32_t fallbacks[] = { -1 };

    check((gale_template_program){ .code = code,
                                   .constants = constants,
                                   .n_locals = 1,
                                   .local_names = names,
                                   .local_fallbacks = fallbacks },
          NULL, "321ab");
}

static void test_stack_is_shuffled(void **state)
{
    static const gale_value constants[] = { TEXT("u"), TEXT("v"), TEXT("w") };
    static const struct gale_template_code code[] = {
        OP(CONST, .c = 0), OP(CONST, .c = 1), OP(CONST, .c = 2), OP(ROT3), OP(EMIT),
        OP(EMIT),          OP(EMIT),                                                 /* v u w */
        OP(CONST, .c = 0), OP(CONST, .c = 1), OP(ROT2),          OP(EMIT), OP(EMIT), /* u v */
        OP(CONST, .c = 0), OP(CONST, .c = 1), OP(DUP2),          OP(EMIT), OP(EMIT),
        OP(DUP),           OP(EMIT),          OP(EMIT),          OP(POP),  OP(END), /* v u v v */
    };

    check((gale_template_program){ .code = code, .constants = constants }, NULL,
          "vuw"
          "uv"
          "vuvv");
}

static void test_captures_nest(void **state)
{
    static const gale_str texts[] = { { "a", 1 }, { "b", 1 }, { "c", 1 } };
    static const struct gale_template_code code[] = {
        OP(TEXT, .c = 0), OP(CAPTURE), OP(TEXT, .c = 1), OP(CAPTURE),  OP(TEXT, .c = 2),
        OP(CAPTURED),     OP(EMIT),    OP(TEXT, .c = 1), OP(CAPTURED), OP(DUP),
        OP(EMIT),         OP(EMIT),    OP(CAPTURE),      OP(CAPTURED), OP(EMIT),
        OP(TEXT, .c = 0), OP(END),
    };

    check((gale_template_program){ .code = code, .texts = texts }, NULL, "abcbbcba");
}

/* --- names ---- */

static int count_calls(gale_call *call, gale_value *result)
{
    int *n = call->data;

    assert_ptr_equal(call->context, n);
    assert_string_equal(call->name, "lazy");
    *result = gale_value_int(++*n);
    return 0;
}

static void test_names_are_looked_up_in_layers_once(void **state)
{
    static const gale_str globals[] = {
        { "x", 1 }, { "y", 1 }, { "lazy", 4 }, { "text", 4 }, { "z", 1 }
    };
    static const struct gale_template_code code[] = {
        OP(ESCAPE_GLOBAL, .c = 0),
        OP(LOAD_GLOBAL, .c = 1),
        OP(EMIT),
        OP(ESCAPE_GLOBAL, .c = 2),
        OP(ESCAPE_GLOBAL, .c = 2),
        OP(ESCAPE_GLOBAL, .c = 3),
        OP(LOAD_GLOBAL, .c = 2),
        OP(EMIT),
        OP(ESCAPE_GLOBAL, .c = 4),
        OP(END),
    };
    int n = 0;
    const gale_name table[] = { { .name = "lazy", .lazy = count_calls, .data = &n },
                                { .name = "text", .text = "<t>" },
                                { .name = "x", .text = "hidden" },
                                { 0 } };
    json_t *values = json_pack("{s:s,s:i}", "x", "<x>", "z", 3);
    json_t *below = json_pack("{s:s,s:s}", "x", "hidden too", "y", "<y>");
    gale_namespace last = { .values = below };
    gale_namespace second = { .names = table, .context = &n, .next = &last };
    gale_namespace first = { .values = values, .next = &second };

    check((gale_template_program){ .code = code, .globals = globals, .n_globals = 5 }, &first,
          "&lt;x&gt;<y>11&lt;t&gt;13");
    assert_int_equal(n, 1);
    json_decref(values);
    json_decref(below);
}

static void test_unknown_names_say_what_there_is(void **state)
{
    static const gale_str globals[] = { { "titel", 5 } };
    static const struct gale_template_code code[] = { OP(JUMP, .c = 3), OP(END), OP(END),
                                                      OP(LOAD_GLOBAL, .c = 0), OP(END) };
    json_t *values = json_pack("{s:s,s:i}", "title", "x", "stories", 3);
    gale_namespace names = { .values = values };
    gale_template_program p = { .code = code, .globals = globals, .n_globals = 1 };
    gale_template_error error;

    free(render(&p, &names, NULL, &error));
    assert_int_equal(error.code, GALE_EINVAL);
    assert_string_equal(error.message, "NameError: name 'titel' is not defined at t.html:7");
    assert_int_equal(error.line, 7);
    assert_non_null(strstr(error.report, "did you mean 'title'?\n"));
    assert_non_null(strstr(error.report, ": title, stories\n"));
    assert_string_equal(gale_strerror(GALE_EINVAL), error.message);
    json_decref(values);
}

static void test_locals_fall_back_to_the_global(void **state)
{
    static const gale_str names[] = { { "x", 1 }, { "y", 1 } }, globals[] = { { "x", 1 } };
    static const int32_t fallbacks[] = { 0, -1 };
    static const struct gale_template_code code[] = {
        OP(ESCAPE_LOCAL, .b = 0),
        OP(LOAD_LOCAL, .b = 0),
        OP(STORE_LOCAL, .b = 1),
        OP(ESCAPE_LOCAL, .b = 1),
        OP(CLEAR_LOCAL, .b = 1),
        OP(LOAD_LOCAL, .b = 1),
        OP(END),
    };
    json_t *values = json_pack("{s:s}", "x", "<");
    gale_namespace layer = { .values = values };
    gale_template_program p = { .code = code,
                                .globals = globals,
                                .n_globals = 1,
                                .n_locals = 2,
                                .local_names = names,
                                .local_fallbacks = fallbacks };
    gale_template_error error;
    char *text = render(&p, &layer, NULL, &error);

    assert_string_equal(text, "&lt;&lt;");
    assert_string_equal(error.message, "UnboundLocalError: cannot access local variable 'y' where "
                                       "it is not associated with a value at t.html");
    free(text);
    free(render(&p, NULL, NULL, &error));
    assert_string_equal(error.message, "UnboundLocalError: cannot access local variable 'x' where "
                                       "it is not associated with a value at t.html");
    json_decref(values);
}

/* --- failures ---- */

static int fail_with(gale_call *call, gale_value *result)
{
    return gale_err(-EIO, "the disk is gone");
}

static int raise_key(gale_call *call, gale_value *result)
{
    return gale_value_raise(call->rendering, "KeyError", "%s", "'k'");
}

static const gale_name failing[] = { { .name = "fail", .lazy = fail_with },
                                     { .name = "key", .lazy = raise_key },
                                     { 0 } };

static void test_guards_catch_and_cut(void **state)
{
    static const gale_str texts[] = { { "a", 1 }, { "b", 1 }, { "c", 1 } };
    static const gale_str globals[] = { { "fail", 4 }, { "key", 3 } };
    static const gale_value constants[] = { TEXT("kept ") };
    static const struct gale_template_code code[] = {
        OP(CONST, .c = 0),
        /* 1: try */ OP(CONST, .c = 0),
        OP(CAPTURE),
        OP(TEXT, .c = 0),
        OP(LOAD_GLOBAL, .c = 0),
        OP(END),
        /* 6: except */ OP(TEXT, .c = 1),
        OP(EXCEPTION),
        OP(EMIT),
        /* 9: try */ OP(LOAD_GLOBAL, .c = 1),
        OP(END),
        /* 11: except */ OP(EXCEPTION),
        OP(EMIT),
        OP(CAUGHT),
        OP(EXCEPTION),
        OP(EMIT),
        OP(CAUGHT),
        OP(EMIT),
        OP(TEXT, .c = 2),
        OP(END),
    };
    static const gale_template_guard guards[] = { { 9, 11, 11, 1, 0, 1 }, { 1, 6, 6, 1, 0, 0 } };
    gale_namespace names = { .names = failing };

    check((gale_template_program){ .code = code,
                                   .texts = texts,
                                   .constants = constants,
                                   .globals = globals,
                                   .n_globals = 2,
                                   .guards = guards,
                                   .n_guards = 2 },
          &names, "bthe disk is gone'k'the disk is gonekept c");
}

static void test_a_handler_that_fails_leaves_nothing_handled(void **state)
{
    /* The outer handler is left by a failure of the inner one; what it handles is its own. */
    static const gale_str globals[] = { { "fail", 4 }, { "key", 3 } };
    static const struct gale_template_code code[] = {
        OP(LOAD_GLOBAL, .c = 0),
        OP(END),
        /* 2: inner except */ OP(LOAD_GLOBAL, .c = 1),
        OP(END),
        /* 4: outer except */ OP(EXCEPTION),
        OP(EMIT),
        OP(RERAISE),
    };
    static const gale_template_guard guards[] = { { 0, 2, 2, 0, 0, 0 }, { 0, 4, 4, 0, 0, 0 } };
    gale_namespace names = { .names = failing };
    gale_template_program p = {
        .code = code, .globals = globals, .n_globals = 2, .guards = guards, .n_guards = 2
    };
    gale_template_error error;
    char *text = render(&p, &names, NULL, &error);

    assert_string_equal(text, "'k'");
    assert_int_equal(error.code, GALE_EINVAL);
    assert_string_equal(error.message, "KeyError: 'k' at t.html");
    free(text);
}

static void test_classes_match(void **state)
{
    static const gale_str globals[] = { { "key", 3 } };
    gale_value tuple[] = { gale__exception_class(GALE__TYPE_ERROR),
                           gale__exception_class(GALE__LOOKUP_ERROR) };
    struct gale__list_value list = { tuple, 2, 2 };
    gale_value constants[] = { tuple[0], tuple[1], { GALE_VALUE_TUPLE, 0, 0, 0, { .p = &list } } };
    static const struct gale_template_code code[] = {
        OP(LOAD_GLOBAL, .c = 0),   OP(END),
        /* 2 */ OP(CONST, .c = 0), OP(MATCHES), OP(EMIT), OP(CONST, .c = 1), OP(MATCHES), OP(EMIT),
        OP(CONST, .c = 2),         OP(MATCHES), OP(EMIT), OP(CAUGHT),        OP(END),
    };
    static const gale_template_guard guards[] = { { 0, 2, 2, 0, 0, 0 } };
    gale_namespace names = { .names = failing };

    check((gale_template_program){ .code = code,
                                   .constants = constants,
                                   .globals = globals,
                                   .n_globals = 1,
                                   .guards = guards,
                                   .n_guards = 1 },
          &names, "FalseTrueTrue");
}

static void test_codes_of_functions_are_the_renderings(void **state)
{
    static const gale_str globals[] = { { "fail", 4 } };
    static const struct gale_template_code code[] = { OP(LOAD_GLOBAL, .c = 0), OP(END) };
    gale_namespace names = { .names = failing };
    gale_template_program p = { .code = code, .globals = globals, .n_globals = 1 };
    gale_template_error error;

    free(render(&p, &names, NULL, &error));
    assert_int_equal(error.code, -EIO);
    assert_string_equal(error.message, "the disk is gone at t.html");
    assert_string_equal(gale_strerror(-EIO), error.message);
}

/* --- limits ---- */

static void check_limit(gale_template_program p, gale_template_limits limits, const char *message,
                        const char *output)
{
    static const gale_template_guard guards[] = { { 0, 60, 60, 0, 0, 0 } };
    gale_template_options options = { .limits = limits };
    gale_template_error error;
    char *text;

    p.guards = guards; /* which must not catch it: the handler would write on */
    p.n_guards = 1;
    text = render(&p, NULL, &options, &error);
    assert_int_equal(error.code, GALE_ETOOBIG);
    assert_true(gale__str_starts_with(gale__str(error.message), gale__str(message)));
    assert_string_equal(text, output);
    free(text);
}

static void test_limits_end_a_rendering(void **state)
{
    static const gale_str texts[] = { { "abcde", 5 } };
    static const gale_value constants[] = { TEXT("<<") };
    static const struct gale_template_code loop[] = { OP(TEXT, .c = 0), OP(LOOP, .c = 0) };
    static const struct gale_template_code escape[] = { OP(CONST, .c = 0), OP(ESCAPE),
                                                        OP(JUMP, .c = 0) };
    static const struct gale_template_code captures[] = { OP(CAPTURE), OP(TEXT, .c = 0),
                                                          OP(LOOP, .c = 0) };
    static const struct gale_template_code long_capture[] = { OP(CAPTURE), OP(TEXT, .c = 0),
                                                              OP(LOOP, .c = 1) };
    gale_template_program p = { .texts = texts, .constants = constants };

    p.code = loop;
    check_limit(p, (gale_template_limits){ .max_steps = 3 }, "the limit of 3 steps was reached",
                "abcdeabcdeabcdeabcde");
    check_limit(p, (gale_template_limits){ .max_output = 14 },
                "the limit of 14 bytes of output was reached", "abcdeabcde");
    p.code = escape;
    check_limit(p, (gale_template_limits){ .max_output = 12 },
                "the limit of 12 bytes of output was reached", "&lt;&lt;&lt;");
    p.code = captures;
    check_limit(p, (gale_template_limits){ .max_memory = 5000 },
                "the limit of 5000 bytes of memory was reached", "");
    p.code = long_capture;
    check_limit(p, (gale_template_limits){ .max_memory = 5000 },
                "the limit of 5000 bytes of memory was reached", "");
}

static void test_output_is_limited_to_the_byte(void **state)
{
    static const gale_value constants[] = { TEXT("a<b") };
    static const struct gale_template_code code[] = { OP(CONST, .c = 0), OP(ESCAPE), OP(END) };
    gale_template_options options = { .limits = { .max_output = 6 } };
    gale_template_program p = { .code = code, .constants = constants };
    gale_template_error error;
    char *text = render(&p, NULL, &options, &error);

    assert_int_equal(error.code, 0);
    assert_string_equal(text, "a&lt;b");
    free(text);
}

/* --- lambdas ---- */

static void test_lambdas_bind_and_nest(void **state)
{
    /* f = lambda a, b=2: (lambda c: a + b + c); f(1)(10) twice over: what is kept stays apart */
    static const gale_str params_outer[] = { { "a", 1 }, { "b", 1 } },
                          params_inner[] = { { "c", 1 } };
    static const gale_template_lambda lambdas[] = {
        { .entry = 22,
          .n_params = 2,
          .n_defaults = 1,
          .params = params_outer,
          .first_local = 1,
          .n_locals = 2,
          .first_kept = 1 },
        { .entry = 24,
          .n_params = 1,
          .params = params_inner,
          .first_local = 3,
          .n_locals = 1,
          .first_kept = 1 },
    };
    static const gale_template_call_site sites[] = { { .n_args = 1 }, { .n_args = 2 } };
    static const gale_value constants[] = { INT(1), INT(2), INT(10), INT(100), TEXT(" ") };
    static const struct gale_template_code code[] = {
        OP(CONST, .c = 1),
        OP(LAMBDA, .c = 0),
        OP(STORE_LOCAL, .b = 0),
        /* 3 */ OP(LOAD_LOCAL, .b = 0),
        OP(CONST, .c = 0),
        OP(CALL, .c = 0),
        OP(STORE_LOCAL, .b = 4),
        /* 7 */ OP(LOAD_LOCAL, .b = 0),
        OP(CONST, .c = 3),
        OP(CONST, .c = 3),
        OP(CALL, .c = 1),
        OP(STORE_LOCAL, .b = 5),
        /* 12 */ OP(LOAD_LOCAL, .b = 4),
        OP(CONST, .c = 2),
        OP(CALL, .c = 0),
        OP(EMIT),
        OP(CONST, .c = 4),
        OP(EMIT),
        OP(LOAD_LOCAL, .b = 5),
        OP(CONST, .c = 2),
        OP(CALL, .c = 0),
        OP(JUMP, .c = 30),
        /* 22 */ OP(LAMBDA, .c = 1),
        OP(RETURN),
        /* 24 */ OP(LOAD_LOCAL, .b = 1),
        OP(LOAD_LOCAL, .b = 2),
        OP(BINARY, .a = GALE__ADD),
        OP(LOAD_LOCAL, .b = 3),
        OP(BINARY, .a = GALE__ADD),
        OP(RETURN),
        /* 30 */ OP(EMIT),
        OP(END),
    };
    static const gale_str names[] = { { "f", 1 }, { "a", 1 }, { "b", 1 },
                                      { "c", 1 }, { "g", 1 }, { "h", 1 } };
    static const int32_t fallbacks[] = { -1, -1, -1, -1, -1, -1 };

    check((gale_template_program){ .code = code,
                                   .constants = constants,
                                   .n_locals = 6,
                                   .local_names = names,
                                   .local_fallbacks = fallbacks,
                                   .lambdas = lambdas,
                                   .n_lambdas = 2,
                                   .call_sites = sites,
                                   .n_call_sites = 2 },
          NULL, "13 210");
}

static void check_binding(uint16_t n_defaults, const gale_template_call_site *site, uint32_t n,
                          const char *message)
{
    static const gale_str params[] = { { "x", 1 }, { "y", 1 } };
    const gale_template_lambda lambda = {
        .entry = 10, .n_params = 2, .n_defaults = n_defaults, .params = params, .n_locals = 2
    };
    static const gale_value constants[] = { INT(1) };
    struct gale_template_code code[16] = { OP(JUMP, .c = 1), [10] = OP(LOAD_LOCAL, .b = 0),
                                           OP(RETURN) };
    static const gale_str names[] = { { "x", 1 }, { "y", 1 } };
    static const int32_t fallbacks[] = { -1, -1 };
    gale_template_program p = { .code = code,
                                .constants = constants,
                                .n_locals = 2,
                                .local_names = names,
                                .local_fallbacks = fallbacks,
                                .lambdas = &lambda,
                                .n_lambdas = 1,
                                .call_sites = site,
                                .n_call_sites = 1 };
    gale_template_error error;
    uint32_t at = 0;

    for (uint16_t i = 0; i < n_defaults; i++)
        code[at++] = (struct gale_template_code)OP(CONST);
    code[at++] = (struct gale_template_code)OP(LAMBDA);
    for (uint32_t i = 0; i < n; i++)
        code[at++] = (struct gale_template_code)OP(CONST);
    code[at++] = (struct gale_template_code)OP(CALL);
    code[at++] = (struct gale_template_code)OP(POP);
    code[at] = (struct gale_template_code)OP(END);
    free(render(&p, NULL, NULL, &error));
    if (strncmp(error.message, message, strlen(message)) != 0 || !*message)
        assert_string_equal(error.message, message);
}

static void test_arguments_of_lambdas_are_checked(void **state)
{
    static const gale_str y[] = { { "y", 1 } }, x[] = { { "x", 1 } }, z[] = { { "z", 1 } };

    check_binding(0, &(gale_template_call_site){ .n_args = 2 }, 2, "");
    check_binding(1, &(gale_template_call_site){ .n_args = 1 }, 1, "");
    check_binding(0, &(gale_template_call_site){ .n_args = 1, .n_keywords = 1, .keywords = y }, 2,
                  "");
    check_binding(0, &(gale_template_call_site){ .n_args = 3 }, 3,
                  "TypeError: <lambda>() takes 2 positional arguments but 3 were given");
    check_binding(1, &(gale_template_call_site){ .n_args = 3 }, 3,
                  "TypeError: <lambda>() takes from 1 to 2 positional arguments but 3 were given");
    check_binding(0, &(gale_template_call_site){ .n_args = 0 }, 0,
                  "TypeError: <lambda>() missing 2 required positional arguments: 'x' and 'y'");
    check_binding(1, &(gale_template_call_site){ .n_args = 0 }, 0,
                  "TypeError: <lambda>() missing 1 required positional argument: 'x'");
    check_binding(0, &(gale_template_call_site){ .n_args = 1, .n_keywords = 1, .keywords = x }, 2,
                  "TypeError: <lambda>() got multiple values for argument 'x'");
    check_binding(0, &(gale_template_call_site){ .n_args = 1, .n_keywords = 1, .keywords = z }, 2,
                  "TypeError: <lambda>() got an unexpected keyword argument 'z'");
}

/* --- modules ---- */

static void test_modules_and_packages_are_imported(void **state)
{
    static const gale_name inner_names[] = { { .name = "color", .text = "red" }, { 0 } };
    static const gale_template_module inner = { .name = "shop.paint", .names = inner_names };
    const gale_template_module *const modules[] = { &inner, NULL };
    static const gale_value constants[] = { TEXT("shop"),       TEXT("paint"), TEXT("color"),
                                            TEXT("shop.paint"), TEXT("size"),  TEXT("shopping") };
    static const struct gale_template_code code[] = {
        OP(IMPORT, .c = 3),
        OP(IMPORT_NAME, .c = 2),
        OP(EMIT),
        OP(IMPORT, .c = 0),
        OP(IMPORT_NAME, .c = 1),
        OP(IMPORT_NAME, .c = 2),
        OP(EMIT),
        OP(IMPORT, .c = 3),
        OP(IMPORT_NAME, .c = 4),
        OP(END),
    };
    static const struct gale_template_code missing[] = { OP(IMPORT, .c = 5), OP(END) };
    gale_template_options options = { .modules = modules };
    gale_template_program p = { .code = code, .constants = constants };
    gale_template_error error;
    char *text = render(&p, NULL, &options, &error);

    assert_string_equal(text, "redred");
    assert_string_equal(error.message,
                        "ImportError: cannot import name 'size' from 'shop.paint' at t.html");
    free(text);
    p.code = missing;
    free(render(&p, NULL, &options, &error));
    assert_string_equal(error.message, "ModuleNotFoundError: No module named 'shopping' at t.html");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_and_values_are_written),
        cmocka_unit_test(test_jumps_tests_and_numbers),
        cmocka_unit_test(test_stack_is_shuffled),
        cmocka_unit_test(test_captures_nest),
        cmocka_unit_test(test_names_are_looked_up_in_layers_once),
        cmocka_unit_test(test_unknown_names_say_what_there_is),
        cmocka_unit_test(test_locals_fall_back_to_the_global),
        cmocka_unit_test(test_guards_catch_and_cut),
        cmocka_unit_test(test_a_handler_that_fails_leaves_nothing_handled),
        cmocka_unit_test(test_classes_match),
        cmocka_unit_test(test_codes_of_functions_are_the_renderings),
        cmocka_unit_test(test_limits_end_a_rendering),
        cmocka_unit_test(test_output_is_limited_to_the_byte),
        cmocka_unit_test(test_lambdas_bind_and_nest),
        cmocka_unit_test(test_arguments_of_lambdas_are_checked),
        cmocka_unit_test(test_modules_and_packages_are_imported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
