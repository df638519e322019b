/* process_figures.c - processor time, memory, descriptors. See process_figures.h. */
/* SPDX-License-Identifier: MIT */
#include "web/process_figures.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

uint64_t gale__process_cpu_ns(void)
{
    struct timespec used = { 0, 0 };

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

uint64_t gale__process_resident(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    uint64_t size, pages = 0;

    if (f && fscanf(f, "%" SCNu64 " %" SCNu64, &size, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t gale__process_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    uint64_t n = 0;

    while (dir && (entry = readdir(dir)))
        n += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n ? n - 1 : 0; /* without the one that looks */
}
