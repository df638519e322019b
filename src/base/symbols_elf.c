/* symbols_elf.c - names of functions out of a file's symbol table. See symbols_priv.h.
 *
 * The file is mapped and believed in nothing: each offset is checked against its size.
 */
/* SPDX-License-Identifier: MIT */
#include "base/symbols_priv.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef ElfW(Ehdr) file_head;
typedef ElfW(Shdr) section;
typedef ElfW(Sym) symbol;

void gale__elf_open(struct gale__elf *elf, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    *elf = (struct gale__elf){ 0 };
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size > (off_t)sizeof(file_head)) {
        void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

        if (data != MAP_FAILED)
            *elf = (struct gale__elf){ data, (size_t)st.st_size };
    }
    close(fd);
}

void gale__elf_close(struct gale__elf *elf)
{
    if (elf->data)
        munmap((void *)elf->data, elf->size);
    *elf = (struct gale__elf){ 0 };
}

static bool lies_within(const struct gale__elf *elf, uint64_t offset, uint64_t size)
{
    return offset <= elf->size && size <= elf->size - offset;
}

/* The section of that type; false: there is none. */
static bool find_section(const struct gale__elf *elf, uint32_t type, section *out, section *strings)
{
    file_head head;

    memcpy(&head, elf->data, sizeof(head));
    if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_shentsize != sizeof(section) ||
        !lies_within(elf, head.e_shoff, (uint64_t)head.e_shnum * sizeof(section)))
        return false;
    for (size_t i = 0; i < head.e_shnum; i++) {
        memcpy(out, elf->data + head.e_shoff + i * sizeof(section), sizeof(*out));
        if (out->sh_type != type || out->sh_link >= head.e_shnum)
            continue;
        memcpy(strings, elf->data + head.e_shoff + out->sh_link * sizeof(section),
               sizeof(*strings));
        return lies_within(elf, out->sh_offset, out->sh_size) &&
               lies_within(elf, strings->sh_offset, strings->sh_size) && strings->sh_size &&
               !elf->data[strings->sh_offset + strings->sh_size - 1];
    }
    return false;
}

static const char *search(const struct gale__elf *elf, uint32_t type, uintptr_t address)
{
    section table, strings;

    if (!find_section(elf, type, &table, &strings))
        return NULL;
    for (size_t at = 0; at + sizeof(symbol) <= table.sh_size; at += sizeof(symbol)) {
        symbol s;

        memcpy(&s, elf->data + table.sh_offset + at, sizeof(s));
        if ((s.st_info & 15) == STT_FUNC && s.st_shndx != SHN_UNDEF && address >= s.st_value &&
            address - s.st_value < s.st_size && s.st_name < strings.sh_size)
            return (const char *)elf->data + strings.sh_offset + s.st_name;
    }
    return NULL;
}

const char *gale__elf_find(const struct gale__elf *elf, uintptr_t address)
{
    const char *name = elf->data ? search(elf, SHT_SYMTAB, address) : NULL;

    return name || !elf->data ? name : search(elf, SHT_DYNSYM, address);
}
