/* symbols_dwarf.c - debug information through elfutils' libdw. See symbols_priv.h.
 *
 * The library is opened at run time, when somebody asks: no program carries it, and one that is
 * linked statically (which cannot open libraries) does without. Debug information is taken from
 * the files themselves and from what the system keeps by build id; never from the network.
 */
/* SPDX-License-Identifier: MIT */
#include "base/symbols_priv.h"

#if __has_include(<elfutils/libdwfl.h>)

#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/alloc.h"

#define FUNCTIONS(X)                                                                               \
    X(dwfl_begin)                                                                                  \
    X(dwfl_end)                                                                                    \
    X(dwfl_report_begin)                                                                           \
    X(dwfl_report_end)                                                                             \
    X(dwfl_linux_proc_report)                                                                      \
    X(dwfl_linux_proc_find_elf)                                                                    \
    X(dwfl_build_id_find_debuginfo)                                                                \
    X(dwfl_addrmodule)                                                                             \
    X(dwfl_module_addrinfo)                                                                        \
    X(dwfl_module_addrdie)                                                                         \
    X(dwfl_module_nextcu)                                                                          \
    X(dwfl_module_getdwarf)                                                                        \
    X(dwarf_haspc)                                                                                 \
    X(dwarf_getsrc_die)                                                                            \
    X(dwarf_lineno)                                                                                \
    X(dwarf_linesrc)                                                                               \
    X(dwarf_getscopes)                                                                             \
    X(dwarf_getscopes_die)                                                                         \
    X(dwarf_tag)                                                                                   \
    X(dwarf_diename)                                                                               \
    X(dwarf_attr)                                                                                  \
    X(dwarf_formstring)                                                                            \
    X(dwarf_formudata)                                                                             \
    X(dwarf_getsrcfiles)                                                                           \
    X(dwarf_filesrc)

struct gale__dwarf {
    void *library;
    Dwfl *dwfl;
    Dwfl_Callbacks callbacks;
    void (*free)(void *); /* what libdw allocated */
#define DECLARE(name) __typeof__(name) *name;
    FUNCTIONS(DECLARE)
#undef DECLARE
};

/* Where an address is: its compilation unit, and the address as that counts. */
struct place {
    Dwarf_Die *unit;
    Dwarf_Addr pc;
    struct gale__arena *arena; /* for paths */
};

static bool load(struct gale__dwarf *d)
{
    /* A program without an interpreter is static. */
    if (!getauxval(AT_BASE))
        return false;
    /* It is asked for again and again: unloading it each time would only cost. */
    d->library = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!d->library)
        return false;
#define LOOK_UP(name)                                                                              \
    *(void **)&d->name = dlsym(d->library, #name);                                                 \
    if (!d->name)                                                                                  \
        return false;
    FUNCTIONS(LOOK_UP)
#undef LOOK_UP
    return true;
}

static bool report(struct gale__dwarf *d)
{
    d->free = free;
    d->callbacks.find_elf = d->dwfl_linux_proc_find_elf;
    d->callbacks.find_debuginfo = d->dwfl_build_id_find_debuginfo;
    d->dwfl = d->dwfl_begin(&d->callbacks);
    if (!d->dwfl)
        return false;
    d->dwfl_report_begin(d->dwfl);
    return d->dwfl_linux_proc_report(d->dwfl, getpid()) == 0 &&
           d->dwfl_report_end(d->dwfl, NULL, NULL) == 0;
}

struct gale__dwarf *gale__dwarf_open(void)
{
    struct gale__dwarf *d = gale__calloc(1, sizeof(*d));

    if (d && load(d) && report(d))
        return d;
    gale__dwarf_close(d);
    return NULL;
}

void gale__dwarf_close(struct gale__dwarf *d)
{
    if (!d)
        return;
    if (d->dwfl)
        d->dwfl_end(d->dwfl);
    if (d->library)
        dlclose(d->library);
    gale__free(d);
}

/* Compilers that write no table of addresses leave the units to be asked one by one. */
static bool find_unit(struct gale__dwarf *d, Dwfl_Module *module, uintptr_t address,
                      struct place *out)
{
    Dwarf_Addr bias = 0;
    Dwarf_Die *unit = d->dwfl_module_addrdie(module, address, &bias);

    if (!unit && !d->dwfl_module_getdwarf(module, &bias))
        return false;
    if (!unit)
        while ((unit = d->dwfl_module_nextcu(module, unit, &bias)))
            if (d->dwarf_haspc(unit, address - bias) == 1)
                break;
    out->unit = unit;
    out->pc = address - bias;
    return unit != NULL;
}

static int number_of(struct gale__dwarf *d, Dwarf_Die *die, unsigned attribute)
{
    Dwarf_Attribute memory;
    Dwarf_Word value;

    if (d->dwarf_formudata(d->dwarf_attr(die, attribute, &memory), &value) != 0)
        return 0;
    return (int)value;
}

/* Paths may be relative to where the compiler ran. */
static const char *whole_path(struct gale__dwarf *d, const struct place *place, const char *path)
{
    Dwarf_Attribute memory;
    const char *folder;

    if (!path || path[0] == '/')
        return path;
    folder = d->dwarf_formstring(d->dwarf_attr(place->unit, DW_AT_comp_dir, &memory));
    return folder ? gale__arena_printf(place->arena, "%s/%s", folder, path) : path;
}

/* Where the inlined call of die stands. */
static void move_to_caller(struct gale__dwarf *d, const struct place *place, Dwarf_Die *die,
                           struct gale__frame *frame)
{
    Dwarf_Files *files;
    size_t n;

    frame->line = number_of(d, die, DW_AT_call_line);
    frame->file = NULL;
    if (d->dwarf_getsrcfiles(place->unit, &files, &n) == 0)
        frame->file = whole_path(
            d, place,
            d->dwarf_filesrc(files, (size_t)number_of(d, die, DW_AT_call_file), NULL, NULL));
}

/* The functions that n scopes, innermost first, belong to. frame: where the innermost one is. */
static size_t add_scopes(struct gale__dwarf *d, const struct place *place, Dwarf_Die *scopes, int n,
                         struct gale__frame frame, struct gale__frame *out, size_t max)
{
    size_t count = 0;

    for (int i = 0; i < n && count < max; i++) {
        int tag = d->dwarf_tag(&scopes[i]);

        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
            continue;
        out[count] = frame;
        out[count].is_inlined = tag == DW_TAG_inlined_subroutine;
        if (d->dwarf_diename(&scopes[i]))
            out[count].function = d->dwarf_diename(&scopes[i]);
        count++;
        if (tag == DW_TAG_subprogram)
            break;
        move_to_caller(d, place, &scopes[i], &frame);
    }
    return count;
}

static size_t find_scopes(struct gale__dwarf *d, const struct place *place,
                          struct gale__frame frame, struct gale__frame *out, size_t max)
{
    Dwarf_Die *inner = NULL, *scopes = NULL;
    size_t count = 0;
    int n = d->dwarf_getscopes(place->unit, place->pc, &inner);

    if (n > 0)
        n = d->dwarf_getscopes_die(&inner[0], &scopes); /* without what was inlined from */
    if (n > 0)
        count = add_scopes(d, place, scopes, n, frame, out, max);
    d->free(scopes);
    d->free(inner);
    return count;
}

size_t gale__dwarf_find(struct gale__dwarf *d, struct gale__arena *arena, uintptr_t address,
                        struct gale__frame *out, size_t max)
{
    Dwfl_Module *module = d->dwfl_addrmodule(d->dwfl, address);
    struct gale__frame frame = { .address = address };
    struct place place = { .arena = arena };
    Dwarf_Line *line;
    GElf_Off offset;
    GElf_Sym symbol;
    size_t n;

    if (!module)
        return 0;
    frame.function = d->dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);
    out[0] = frame;
    if (!find_unit(d, module, address, &place))
        return frame.function != NULL;
    line = d->dwarf_getsrc_die(place.unit, place.pc);
    if (line) {
        d->dwarf_lineno(line, &frame.line);
        frame.file = whole_path(d, &place, d->dwarf_linesrc(line, NULL, NULL));
    }
    out[0] = frame;
    n = find_scopes(d, &place, frame, out, max);
    return n ? n : 1;
}

#else

struct gale__dwarf *gale__dwarf_open(void)
{
    return NULL;
}

void gale__dwarf_close(struct gale__dwarf *d)
{
}

size_t gale__dwarf_find(struct gale__dwarf *d, struct gale__arena *arena, uintptr_t address,
                        struct gale__frame *out, size_t max)
{
    return 0;
}

#endif
