/* cpu_count.c - CPUs for this process: the affinity mask, and the quota of its control groups.
 *
 * A quota holds for a group and all below it, so each level from the process's own group up to the
 * root of the mount is looked at. Inside a container the path that the kernel tells may not exist
 * below the mount, whose root is then the container's own group.
 */
/* SPDX-License-Identifier: MIT */
#include "net/cpu_count.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gale/process.h>

#include "base/alloc.h"

enum {
    MAX_MASK_CPUS = 1 << 16, /* more than any kernel is built for */
    FILE_TEXT = 16 * 1024,   /* /proc/self/cgroup: a line for each hierarchy */
};

/* The text of a small file. False: there is none. */
static bool read_text(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

    if (fd >= 0)
        close(fd);
    out[n > 0 ? n : 0] = 0;
    return n > 0;
}

static int cpus_of(int64_t quota, int64_t period)
{
    int64_t cpus;

    if (quota <= 0 || period <= 0)
        return 0;
    cpus = quota / period + (quota % period != 0);
    return cpus > INT_MAX ? INT_MAX : (int)cpus;
}

/* Version 2: "max 100000" or "150000 100000". */
static int quota_v2(const char *dir)
{
    char path[PATH_MAX], text[64];
    long long quota, period;

    if (snprintf(path, sizeof(path), "%s/cpu.max", dir) >= (int)sizeof(path) ||
        !read_text(path, text, sizeof(text)) || sscanf(text, "%lld %lld", &quota, &period) != 2)
        return 0;
    return cpus_of(quota, period);
}

static int64_t number_in(const char *dir, const char *name)
{
    char path[PATH_MAX], text[64];

    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path) ||
        !read_text(path, text, sizeof(text)))
        return 0;
    return strtoll(text, NULL, 10);
}

/* Version 1: two files, the quota -1 for none. */
static int quota_v1(const char *dir)
{
    return cpus_of(number_in(dir, "cpu.cfs_quota_us"), number_in(dir, "cpu.cfs_period_us"));
}

static int least(int a, int b)
{
    return a == 0 || (b > 0 && b < a) ? b : a;
}

/* The least that dir, which is changed, and those above it down to the mount grant. */
static int quota_upwards(char *dir, size_t mount_len, int (*quota)(const char *dir))
{
    int cpus = 0;

    for (;;) {
        char *slash;

        cpus = least(cpus, quota(dir));
        slash = strrchr(dir, '/');
        if (strlen(dir) <= mount_len || !slash)
            return cpus;
        *slash = 0;
    }
}

static int quota_at(const char *root, const char *mount, const char *group,
                    int (*quota)(const char *dir))
{
    char dir[PATH_MAX];
    int mount_len = snprintf(dir, sizeof(dir), "%s/sys/fs/cgroup%s", root, mount);

    if (mount_len >= (int)sizeof(dir) || strlen(group) >= sizeof(dir) - (size_t)mount_len)
        return 0;
    if (strcmp(group, "/") != 0)
        memcpy(dir + mount_len, group, strlen(group) + 1);
    return quota_upwards(dir, (size_t)mount_len, quota);
}

static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',')
        if (strncmp(p, word, len) == 0 && (p[len] == ',' || !p[len]))
            return true;
    return false;
}

/* A line is "0::/path" of version 2, or "4:cpu,cpuacct:/path". */
static int quota_of_line(const char *root, char *line)
{
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    char mount[128];

    if (!group || group[1] != '/')
        return 0;
    *controllers++ = 0;
    *group++ = 0;
    if (!*controllers &&
        strcmp(line, "0") == 0) /* beside version 1 it lies in a folder of its own */
        return least(quota_at(root, "", group, quota_v2),
                     quota_at(root, "/unified", group, quota_v2));
    if (!has_word(controllers, "cpu"))
        return 0;
    if (snprintf(mount, sizeof(mount), "/%s", controllers) >= (int)sizeof(mount))
        return 0;
    return least(quota_at(root, mount, group, quota_v1), quota_at(root, "/cpu", group, quota_v1));
}

int gale__cpus_granted(const char *root)
{
    char path[PATH_MAX], text[FILE_TEXT];
    char *rest = NULL;
    int cpus = 0;

    if (snprintf(path, sizeof(path), "%s/proc/self/cgroup", root) >= (int)sizeof(path) ||
        !read_text(path, text, sizeof(text)))
        return 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        cpus = least(cpus, quota_of_line(root, line));
    return cpus;
}

/* A machine may have more CPUs than cpu_set_t. */
static int cpus_in_mask(void)
{
    for (int n = CPU_SETSIZE; n <= MAX_MASK_CPUS; n *= 2) {
        size_t size = CPU_ALLOC_SIZE((size_t)n);
        cpu_set_t *set = gale__calloc(1, size);
        bool ok = set && sched_getaffinity(0, size, set) == 0;
        int cpus = ok ? CPU_COUNT_S(size, set) : 0;

        gale__free(set);
        if (ok || !set)
            return cpus;
    }
    return 0;
}

int gale_cpu_count(void)
{
    int cpus = least(cpus_in_mask(), gale__cpus_granted(""));

    return cpus > 0 ? cpus : 1;
}
