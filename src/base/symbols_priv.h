/* symbols_priv.h - the two who know symbols: private to src/base/symbols*.c. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_SYMBOLS_PRIV_H
#define GALE_BASE_SYMBOLS_PRIV_H

#include "base/arena.h"
#include "base/frame.h"

/* --- symbols_dwarf.c: by libdw --- */

struct gale__dwarf;

/* NULL: libdw is not there, or cannot be used here. */
struct gale__dwarf *gale__dwarf_open(void);
void gale__dwarf_close(struct gale__dwarf *dwarf);

/* As gale__symbols_find(): function, file (absolute when that is known), line, is_inlined. Paths
 * may be made in arena. 0: not known. */
size_t gale__dwarf_find(struct gale__dwarf *dwarf, struct gale__arena *arena, uintptr_t address,
                        struct gale__frame *out, size_t max);

/* --- symbols_elf.c: by the symbol table of a file --- */

struct gale__elf {
    const unsigned char *data; /* mapped; NULL: could not be */
    size_t size;
};

void gale__elf_open(struct gale__elf *elf, const char *path);
void gale__elf_close(struct gale__elf *elf);

/* The function at that address of the file (not of the process); NULL: none is known. Borrowed. */
const char *gale__elf_find(const struct gale__elf *elf, uintptr_t address);

#endif
