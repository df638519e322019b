/* expr_print.c - prints the tree of each expression of standard input, which are separated by NUL:
 * "= TREE" or "! LINE:COLUMN: MESSAGE", one line each. For test_expr_python.py. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "expr_print.h"

static void answer(gale_str text)
{
    struct gale__arena arena;
    struct gale__syntax_error error;
    struct gale__expr *e;
    struct gale__buf out;

    gale__arena_init(&arena);
    gale__buf_init(&out, 1 << 24);
    if (gale__parse_expression(&arena, (struct gale__span){ text, 1, 1 }, &e, &error) < 0) {
        printf("! %u:%u: %s\n", error.line, error.column, error.message);
    } else {
        print_expr(&out, e);
        printf("= %.*s\n", (int)out.len, out.ptr);
    }
    gale__buf_deinit(&out);
    gale__arena_reset(&arena);
}

int main(void)
{
    struct gale__buf in;
    char piece[4096];
    gale_str rest, text;

    gale__buf_init(&in, 1 << 26);
    for (size_t n; (n = fread(piece, 1, sizeof(piece), stdin)) > 0;)
        gale__buf_append(&in, piece, n);
    rest = gale__buf_str(&in);
    while (gale__str_split(&rest, 0, &text))
        answer(text);
    gale__buf_deinit(&in);
    gale__arena_pool_free();
    return 0;
}
