/* symbols.c - what an address is, by whoever knows. See symbols.h. */
/* SPDX-License-Identifier: MIT */
#include "base/symbols.h"

#include <link.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/symbols_priv.h"

enum { MAX_MODULES = 64 };

/* A file that is mapped, and where. */
struct module {
    const char *path;
    uintptr_t base, first, end;
    bool is_program;
    bool was_opened;
    struct gale__elf elf;
};

struct gale__symbols {
    struct gale__arena arena;
    struct gale__dwarf *dwarf; /* NULL: there is none */
    const struct module *own;  /* in which gale is */
    const char *root;          /* of gale's source, with its slash at the end; NULL: not known */
    size_t root_len, n_modules;
    struct module modules[MAX_MODULES];
};

static const char *path_of_program(struct gale__symbols *s)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

    return n > 0 && n < (ssize_t)sizeof(path) ? gale__arena_strndup(&s->arena, path, (size_t)n)
                                              : NULL;
}

static void set_range(struct module *m, const struct dl_phdr_info *info)
{
    m->first = UINTPTR_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t first = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        uintptr_t end = first + info->dlpi_phdr[i].p_memsz;

        if (info->dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        m->first = first < m->first ? first : m->first;
        m->end = end > m->end ? end : m->end;
    }
}

static int add_module(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct gale__symbols *s = arg;
    struct module *m = &s->modules[s->n_modules];
    const char *name = info->dlpi_name;

    if (s->n_modules == MAX_MODULES)
        return 1;
    m->is_program = s->n_modules == 0; /* the first one */
    m->base = info->dlpi_addr;
    m->path = m->is_program ? path_of_program(s)
                            : gale__arena_strndup(&s->arena, name, strlen(name));
    set_range(m, info);
    s->n_modules++;
    return 0;
}

static struct module *find_module(struct gale__symbols *s, uintptr_t address)
{
    for (size_t i = 0; i < s->n_modules; i++)
        if (address >= s->modules[i].first && address < s->modules[i].end)
            return &s->modules[i];
    return NULL;
}

/* Writes path to out, which has room for it, without "." and "..". */
static size_t tidy(const char *path, char *out)
{
    size_t n = 0;

    while (*path) {
        size_t len = strcspn(path + 1, "/") + 1;

        if (len == 3 && memcmp(path, "/..", 3) == 0) {
            while (n > 0 && out[--n] != '/')
                continue;
        } else if (len > 1 && !(len == 2 && path[1] == '.')) {
            memcpy(out + n, path, len);
            n += len;
        }
        path += len;
    }
    return n;
}

static const char *tidy_path(struct gale__symbols *s, const char *path)
{
    char *out;

    if (!path || path[0] != '/')
        return path;
    out = gale__arena_alloc(&s->arena, strlen(path) + 1);
    if (!out)
        return path;
    out[tidy(path, out)] = 0;
    return out;
}

/* This very function tells where the framework's source and program are. */
static void find_root(struct gale__symbols *s)
{
    static const char name[] = "src/base/symbols.c";
    struct gale__frame frame;
    size_t len;

    s->own = find_module(s, (uintptr_t)gale__symbols_open);
    if (gale__symbols_find(s, (const void *)(uintptr_t)gale__symbols_open, &frame, 1) != 1 ||
        !frame.file)
        return;
    len = strlen(frame.file);
    if (len > sizeof(name) && strcmp(frame.file + len - sizeof(name) + 1, name) == 0) {
        s->root_len = len - sizeof(name) + 1;
        s->root = frame.file;
    }
}

struct gale__symbols *gale__symbols_open(void)
{
    struct gale__symbols *s = gale__calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    gale__arena_init(&s->arena);
    dl_iterate_phdr(add_module, s);
    s->dwarf = gale__dwarf_open();
    find_root(s);
    return s;
}

void gale__symbols_close(struct gale__symbols *s)
{
    if (!s)
        return;
    gale__dwarf_close(s->dwarf);
    for (size_t i = 0; i < s->n_modules; i++)
        gale__elf_close(&s->modules[i].elf);
    gale__arena_reset(&s->arena);
    gale__free(s);
}

bool gale__symbols_have_lines(const struct gale__symbols *s)
{
    return s->dwarf != NULL;
}

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Whether a source file is gale's: of its tree, or an installed header. */
static bool is_own_file(const struct gale__symbols *s, const char *file)
{
    if (s->root && strncmp(file, s->root, s->root_len) == 0)
        return begins_with(file + s->root_len, "src/") ||
               begins_with(file + s->root_len, "include/gale/");
    return strstr(file, "/include/gale/") != NULL;
}

/* Without debug information of gale itself a static program's functions go by their names. */
static enum gale__frame_kind kind_of(const struct gale__symbols *s, const struct module *m,
                                     const struct gale__frame *frame)
{
    if (frame->file && is_own_file(s, frame->file))
        return GALE__FRAME_FRAMEWORK;
    if (m && m == s->own && !m->is_program)
        return GALE__FRAME_FRAMEWORK;
    if (!frame->file && frame->function && begins_with(frame->function, "gale_"))
        return GALE__FRAME_FRAMEWORK;
    if (frame->file && frame->file[0] == '/' && access(frame->file, R_OK) == 0)
        return GALE__FRAME_PROGRAM;
    return m && m->is_program && frame->function && frame->function[0] != '_' ? GALE__FRAME_PROGRAM
                                                                              : GALE__FRAME_LIBRARY;
}

static const char *name_by_table(struct module *m, uintptr_t address)
{
    if (!m || !m->path)
        return NULL;
    if (!m->was_opened)
        gale__elf_open(&m->elf, m->path);
    m->was_opened = true;
    return gale__elf_find(&m->elf, address - m->base);
}

size_t gale__symbols_find(struct gale__symbols *s, const void *pc, struct gale__frame *out,
                          size_t max)
{
    uintptr_t address = (uintptr_t)pc;
    struct module *m = find_module(s, address);
    size_t n = s->dwarf ? gale__dwarf_find(s->dwarf, &s->arena, address, out, max) : 0;

    if (n == 0) {
        out[0] = (struct gale__frame){ .function = name_by_table(m, address) };
        n = 1;
    }
    for (size_t i = 0; i < n; i++) {
        out[i].file = tidy_path(s, out[i].file);
        out[i].address = address;
        out[i].module = m ? m->path : NULL;
        out[i].offset = m ? address - m->base : address;
        out[i].kind = (uint8_t)kind_of(s, m, &out[i]);
    }
    return n;
}

int gale__frame_print(const struct gale__frame *frame, struct gale__buf *out)
{
    const char *slash = frame->module ? strrchr(frame->module, '/') : NULL;
    const char *module = slash ? slash + 1 : frame->module;

    if (frame->file)
        return gale__buf_printf(out, "%s (%s:%d)%s", frame->function ? frame->function : "?",
                                frame->file, frame->line, frame->is_inlined ? " inlined" : "");
    return gale__buf_printf(out, "%s (%s+0x%zx)", frame->function ? frame->function : "?",
                            module ? module : "?", (size_t)frame->offset);
}
