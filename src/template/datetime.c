/* datetime.c - {% import datetime %}, and the name datetime in every template. */
/* SPDX-License-Identifier: MIT */
#include "template/builtins.h"

const gale_name gale__datetime_names[] = { { 0 } };

gale_value gale__datetime_type(const gale_object_class *instances)
{
    (void)instances;
    return (gale_value){ 0 };
}

int gale__datetime_iso(gale_value v, char *out, size_t size)
{
    (void)v;
    (void)out;
    (void)size;
    return 0;
}
