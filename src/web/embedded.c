/* embedded.c - looks up what is in the program. See embedded.h. */
/* SPDX-License-Identifier: MIT */
#include "web/embedded.h"

#include <string.h>

/* The same directory, but for "./" in front and slashes at the end. */
static bool is_same_directory(const char *a, const char *b)
{
    size_t len;

    while (strncmp(a, "./", 2) == 0)
        a += 2;
    len = strlen(a);
    while (len > 1 && a[len - 1] == '/')
        len--;
    return len == strlen(b) && memcmp(a, b, len) == 0;
}

/* Programs that define none have a null address here. */
static const gale_embedded_files *all(void)
{
    return &gale_embedded;
}

bool gale__embedded_has_root(const char *root)
{
    const gale_embedded_files *e = all();

    return e && e->static_path && root && is_same_directory(root, e->static_path);
}

/* path is below the embedded static_path, and as that begins. */
static int compare(const gale_embedded_files *e, const char *path, const gale_embedded_file *file)
{
    size_t len = strlen(e->static_path);
    int order = strncmp(e->static_path, file->path, len);

    if (order == 0)
        order = '/' - (unsigned char)file->path[len];
    return order ? order : strcmp(path, file->path + len + 1);
}

const gale_embedded_file *gale__embedded_find(const char *root, const char *path)
{
    const gale_embedded_files *e = all();
    size_t from = 0, to = gale__embedded_has_root(root) ? e->n_files : 0;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare(e, path, &e->files[middle]);

        if (order == 0)
            return &e->files[middle];
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

const struct gale_template_program *const *gale__embedded_templates(const char *path)
{
    const gale_embedded_files *e = all();

    if (!e || !e->template_path || !path || !is_same_directory(path, e->template_path))
        return NULL;
    return e->templates;
}
