/* pending.c - functions that are not written yet; whoever writes one takes its line out. */
/* SPDX-License-Identifier: MIT */
#include <gale/value.h>
#include <gale/template.h>
#include "template/ast.h"
#include "template/code.h"
#include "template/compile.h"
#include "template/loader.h"
#include "template/operators.h"
#include "template/raise.h"
#include "template/rendering.h"
#include "template/values.h"

__attribute__((weak)) void gale__html_start(struct gale__html_state *s)
{
} /* compile.h */
__attribute__((weak)) int gale__html_text(struct gale__html_state *s, gale_str text)
{
    return -1;
} /* compile.h */
__attribute__((weak)) int gale__html_expression(struct gale__html_state *s)
{
    return -1;
} /* compile.h */
__attribute__((weak)) bool gale__html_same(const struct gale__html_state *a,
                                           const struct gale__html_state *b)
{
    return 0;
} /* compile.h */
__attribute__((weak)) int gale__write_in_context(gale_rendering *r, enum gale__html_context context,
                                                 gale_value v)
{
    return -1;
} /* operators.h */
