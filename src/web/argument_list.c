/* argument_list.c - see argument_list.h. */
/* SPDX-License-Identifier: MIT */
#include "web/argument_list.h"

#include <errno.h>
#include <string.h>

enum { FIRST_CAPACITY = 8 };

static int refuse_too_many(gale_handler *self, const struct gale__arguments *all)
{
    return gale__handler_refuse(self, "more than %lld arguments", (long long)all->max);
}

static int grow(gale_handler *self, struct gale__arguments *all)
{
    size_t cap = all->cap ? 2 * all->cap : FIRST_CAPACITY;
    struct gale__argument *items = gale_alloc(self, cap * sizeof(*items));

    if (!items)
        return -ENOMEM;
    if (all->n)
        memcpy(items, all->items, all->n * sizeof(*items));
    all->items = items;
    all->cap = cap;
    return 0;
}

int gale__arguments_add(gale_handler *self, struct gale__arguments *all, gale_str name,
                        gale_str sent)
{
    if ((int64_t)all->n >= all->max)
        return refuse_too_many(self, all);
    if (all->n == all->cap && grow(self, all) < 0)
        return -ENOMEM;
    all->items[all->n++] = (struct gale__argument){ .name = name, .sent = sent };
    return 0;
}

int gale__argument_refuse(gale_handler *self, const char *name, const char *what, const char *value)
{
    int r = gale_fail(self, 400, "Argument %s %s: \"%.40s\"", name, what, value);

    self->told = gale_printf_alloc(self, "Argument %s %s", name, what);
    return r;
}
