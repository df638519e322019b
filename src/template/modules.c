/* modules.c - the modules that the language brings: math and datetime. */
/* SPDX-License-Identifier: MIT */
#include "template/builtins.h"

static const gale_template_module modules[] = {
    { .name = "datetime", .names = gale__datetime_names },
    { .name = "math", .names = gale__math_names },
};

const gale_template_module *gale__find_module(gale_str name)
{
    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
        if (gale__str_equal(name, gale__str(modules[i].name)))
            return &modules[i];
    return NULL;
}
