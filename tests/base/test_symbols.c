/* test_symbols.c - addresses that get their function, file and line; traces; lines of source. */
/* SPDX-License-Identifier: MIT */
#include "base/symbols.h"

#include <stdlib.h>

#include <gale/error.h>

#include "base/trace.h"
#include "check.h"

static struct gale__trace trace;
static int line_of_take, line_of_middle, line_of_inlined;

static __attribute__((noinline)) void take_here(void)
{
    line_of_take = __LINE__ + 1;
    gale__trace_take(&trace, NULL);
    __asm__ volatile(""); /* not the last thing: it would be a jump, and no call */
}

static inline __attribute__((always_inline)) void pasted(void)
{
    line_of_inlined = __LINE__ + 1;
    take_here();
    __asm__ volatile("");
}

static __attribute__((noinline)) void call_pasted(void)
{
    line_of_middle = __LINE__ + 1;
    pasted();
    __asm__ volatile("");
}

static void assert_frame(const struct gale__frame *frame, const char *function, int line)
{
    assert_string_equal(frame->function, function);
    assert_int_equal(frame->kind, GALE__FRAME_PROGRAM);
    assert_non_null(strstr(frame->module, "test_base_symbols"));
    if (!line)
        return;
    assert_non_null(frame->file);
    assert_non_null(strstr(frame->file, "/tests/base/test_symbols.c"));
    assert_null(strstr(frame->file, ".."));
    assert_int_equal(frame->line, line);
}

static void calls_have_their_lines(void **state)
{
    struct gale__symbols *symbols = gale__symbols_open();
    struct gale__frame frames[4];
    bool lines;

    assert_non_null(symbols);
    lines = gale__symbols_have_lines(symbols);
    call_pasted();
    assert_true(trace.n > 3);
    assert_int_equal(gale__symbols_find(symbols, trace.calls[0], frames, 4), 1);
    assert_frame(&frames[0], "take_here", lines ? line_of_take : 0);
    assert_false(frames[0].is_inlined);
    assert_int_equal(gale__symbols_find(symbols, trace.calls[1], frames, 4), lines ? 2 : 1);
    if (lines) {
        assert_frame(&frames[0], "pasted", line_of_inlined);
        assert_true(frames[0].is_inlined);
    }
    assert_frame(&frames[lines ? 1 : 0], "call_pasted", lines ? line_of_middle : 0);
    gale__symbols_close(symbols);
}

static void what_is_known_of_others(void **state)
{
    struct gale__symbols *symbols = gale__symbols_open();
    struct gale__frame frame;
    struct gale__buf buf;

    assert_int_equal(gale__symbols_find(symbols, (const void *)(uintptr_t)gale_strerror, &frame, 1),
                     1);
    assert_string_equal(frame.function, "gale_strerror");
    assert_int_equal(frame.kind, GALE__FRAME_FRAMEWORK);
    assert_int_equal(gale__symbols_find(symbols, (const void *)(uintptr_t)strtol, &frame, 1), 1);
    assert_int_equal(frame.kind, GALE__FRAME_LIBRARY);
    assert_int_equal(gale__symbols_find(symbols, (const void *)16, &frame, 1), 1);
    assert_null(frame.function);
    assert_null(frame.module);
    gale__buf_init(&buf, 1000);
    assert_int_equal(gale__frame_print(&frame, &buf), 0);
    assert_string_equal(gale__buf_cstr(&buf), "? (?+0x10)");
    gale__buf_deinit(&buf);
    gale__symbols_close(symbols);
    gale__symbols_close(NULL);
}

static void lines_of_a_file(void **state)
{
    struct gale__source_line lines[GALE__SOURCE_LINES];
    struct gale__symbols *symbols = gale__symbols_open();
    struct gale__arena arena;
    struct gale__frame frame;

    gale__arena_init(&arena);
    gale__symbols_find(symbols, (const void *)(uintptr_t)lines_of_a_file, &frame, 1);
    if (frame.file) {
        assert_int_equal(gale__source_read(&arena, frame.file, 1, 2, lines), 2);
        assert_int_equal(lines[1].number, 2);
        assert_string_equal(lines[1].text.ptr, "/* SPDX-License-Identifier: MIT */");
        assert_int_equal(gale__source_read(&arena, frame.file, -5, 1, lines), 1);
        assert_int_equal(gale__source_read(&arena, frame.file, 1, 1000, lines), GALE__SOURCE_LINES);
        assert_int_equal(gale__source_read(&arena, frame.file, 100000, 100001, lines), 0);
    }
    assert_int_equal(gale__source_read(&arena, "/nowhere.c", 1, 2, lines), 0);
    assert_int_equal(gale__source_read(&arena, "/dev/zero", 1, 2, lines), 0);
    gale__arena_reset(&arena);
    gale__symbols_close(symbols);
}

static __attribute__((noinline)) int fail_with(int code, const char *text)
{
    int r = gale_err(code, "%s", text);

    __asm__ volatile("");
    return r;
}

static void failures_are_noted_when_asked_for(void **state)
{
    struct gale__context *here = gale__context_here();
    struct gale__symbols *symbols;
    struct gale__frame frame;
    const struct gale__trace *found;

    fail_with(GALE_EPROTO, "not noted");
    assert_null(gale__failures_find(here));
    gale__failures_note_all();
    assert_null(gale__failures_find(here));
    fail_with(GALE_EPROTO, "noted");
    found = gale__failures_find(here);
    assert_non_null(found);
    symbols = gale__symbols_open();
    gale__symbols_find(symbols, found->calls[0], &frame, 1);
    assert_string_equal(frame.function, "fail_with");
    gale__symbols_close(symbols);
    fail_with(GALE_ETLS, "another");
    assert_ptr_equal(gale__failures_find_code(here, GALE_EPROTO), found);
    for (int i = 0; i < 40; i++)
        fail_with(GALE_ECLOSED, "many");
    assert_null(gale__failures_find_code(here, GALE_EPROTO));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_have_their_lines),
        cmocka_unit_test(what_is_known_of_others),
        cmocka_unit_test(lines_of_a_file),
        cmocka_unit_test(failures_are_noted_when_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
