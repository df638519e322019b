/* frame.h - one call of a traceback: what symbols.h finds. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_FRAME_H
#define GALE_BASE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gale__frame_kind {
    GALE__FRAME_PROGRAM,   /* the application's own */
    GALE__FRAME_FRAMEWORK, /* gale's */
    GALE__FRAME_LIBRARY, /* anybody else's: no source is known, and it is not the program's file */
};

/* One call. All texts are borrowed from the symbols, NULL where nothing is known. */
struct gale__frame {
    const char *function;
    const char *file; /* absolute, without "." and ".." where debug information has it */
    int line;         /* 0: not known */
    const char *module;
    uintptr_t offset; /* in the module's file, as addr2line takes it */
    uintptr_t address;
    bool is_inlined; /* into the next one */
    uint8_t kind;    /* enum gale__frame_kind */
};

#endif
