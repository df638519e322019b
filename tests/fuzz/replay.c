/* replay.c - a main for a fuzz target that runs it once on each file named, or in folders.
 *
 * So the corpus is a plain test with any compiler. Fails when there was no file at all.
 */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int n_files;

static int replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size ? size : 1);
    int r = -1;

    if (file && data && fread(data, 1, size, file) == size) {
        LLVMFuzzerTestOneInput(data, size);
        n_files++;
        r = 0;
    }
    if (r < 0)
        perror(path);
    free(data);
    if (file)
        fclose(file);
    return r;
}

static int replay(const char *path);

static int replay_folder(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int r = dir ? 0 : -1;

    while (dir && r == 0 && (entry = readdir(dir))) {
        char name[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        r = replay(name);
    }
    if (dir)
        closedir(dir);
    return r;
}

static int replay(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        perror(path);
        return -1;
    }
    return S_ISDIR(st.st_mode) ? replay_folder(path) : replay_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (replay(argv[i]) < 0)
            return 1;
    printf("%d inputs\n", n_files);
    return n_files ? 0 : 1;
}
