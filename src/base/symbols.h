/* symbols.h - what an address of the program is: function, file, line, and the source around it.
 *
 * With elfutils' libdw, which is opened at run time when it is there, all of it, inlined functions
 * too; the programs that carry no debug information, and those without libdw, give the names of
 * functions out of the symbol tables of their files. Nothing here is for signal handlers: who has
 * crashed asks in a child process.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_SYMBOLS_H
#define GALE_BASE_SYMBOLS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/frame.h"

struct gale__symbols;

/* Reads which files are mapped now. NULL: no memory. */
struct gale__symbols *gale__symbols_open(void);
void gale__symbols_close(struct gale__symbols *symbols);

/* What runs at address (of a caller: one before the address that is returned to). Innermost first:
 * at least one, at most max. */
size_t gale__symbols_find(struct gale__symbols *symbols, const void *address,
                          struct gale__frame *out, size_t max);

/* Whether files and lines can be had at all: libdw is there. */
bool gale__symbols_have_lines(const struct gale__symbols *symbols);

/* "function (file.c:12)" of a frame, as a log has it, appended to out. */
int gale__frame_print(const struct gale__frame *frame, struct gale__buf *out) GALE_MUST_USE;

/* One line of a source file, without its newline. */
struct gale__source_line {
    int number;
    gale_str text;
};

enum { GALE__SOURCE_LINES = 16 };

/* The lines of a file from first to last, at most GALE__SOURCE_LINES, copied into arena. How many
 * there are; 0 when it cannot be read. */
size_t gale__source_read(struct gale__arena *arena, const char *file, int first, int last,
                         struct gale__source_line *out);

#endif
