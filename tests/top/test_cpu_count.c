/* test_cpu_count.c - CPUs that control groups grant, in trees made for it. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <gale/process.h>

#include "net/cpu_count.h"

static char root[160];

static void at(char *out, size_t size, const char *path)
{
    assert_true(snprintf(out, size, "%s/%s", root, path) < (int)size);
}

/* Writes text to a file of the tree, making its folders. */
static void put(const char *path, const char *text)
{
    char full[512];
    FILE *f;

    at(full, sizeof(full), path);
    for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = 0;
        mkdir(full, 0777);
        *p = '/';
    }
    f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int make_root(void **state)
{
    const char *dir = getenv("TMPDIR");

    (void)state;
    snprintf(root, sizeof(root), "%.100s/gale-cpus-XXXXXX", dir && *dir ? dir : P_tmpdir);
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[256];

    (void)state;
    snprintf(command, sizeof(command), "rm -r '%s'", root);
    return system(command);
}

static void test_no_tree_is_no_limit(void **state)
{
    (void)state;
    assert_int_equal(gale__cpus_granted(root), 0);
    assert_true(gale_cpu_count() >= 1);
}

static void test_version_2(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/system.slice/web.service\n");
    assert_int_equal(gale__cpus_granted(root), 0);
    put("sys/fs/cgroup/system.slice/web.service/cpu.max", "max 100000\n");
    assert_int_equal(gale__cpus_granted(root), 0);
    put("sys/fs/cgroup/system.slice/web.service/cpu.max", "150000 100000\n");
    assert_int_equal(gale__cpus_granted(root), 2); /* 1.5 */
    put("sys/fs/cgroup/system.slice/web.service/cpu.max", "50000 100000\n");
    assert_int_equal(gale__cpus_granted(root), 1);
}

static void test_those_above_count(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/a/b/c\n");
    put("sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n");
    put("sys/fs/cgroup/a/cpu.max", "300000 100000\n");
    assert_int_equal(gale__cpus_granted(root), 3);
}

static void test_a_container_sees_its_own_group_as_root(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/docker/0123\n");
    put("sys/fs/cgroup/cpu.max", "200000 100000\n");
    assert_int_equal(gale__cpus_granted(root), 2);
    put("proc/self/cgroup", "0::/\n");
    assert_int_equal(gale__cpus_granted(root), 2);
}

static void test_version_1(void **state)
{
    (void)state;
    put("proc/self/cgroup", "11:memory:/x\n4:cpu,cpuacct:/x\n3:cpuset:/x\n");
    put("sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
    assert_int_equal(gale__cpus_granted(root), 0);
    put("sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "250000\n");
    assert_int_equal(gale__cpus_granted(root), 3);
    put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "100000\n");
    put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    assert_int_equal(gale__cpus_granted(root), 1);
}

static void test_nonsense_is_no_limit(void **state)
{
    static const char *const lines[] = { "",    "\n\n",   "0",     "0:",
                                         "0::", "0::x\n", "::/\n", "1:cpu:/nowhere\n" };
    static const char *const quotas[] = { "", "x", "-5 100", "100 0", "100", "0 0" };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        put("proc/self/cgroup", lines[i]);
        assert_int_equal(gale__cpus_granted(root), 0);
    }
    put("proc/self/cgroup", "0::/\n");
    for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++) {
        put("sys/fs/cgroup/cpu.max", quotas[i]);
        assert_int_equal(gale__cpus_granted(root), 0);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_tree_is_no_limit), TEST(test_version_2),
        TEST(test_those_above_count),   TEST(test_a_container_sees_its_own_group_as_root),
        TEST(test_version_1),           TEST(test_nonsense_is_no_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
