/* runtime.c - what generated C calls: the instructions' functions under public names. */
/* SPDX-License-Identifier: MIT */
#include <gale/template_runtime.h>

#include "template/rendering.h"
#include "template/write.h"

/* --- output ---- */

int gale_rt_write(gale_rendering *r, const char *data, size_t size)
{
    return gale__write(r, data, size);
}

int gale_rt_emit_value(gale_rendering *r, gale_value v)
{
    return gale__op_emit(r, v);
}

int gale_rt_escape_value(gale_rendering *r, gale_value v)
{
    return gale__op_escape(r, v);
}

int gale_rt_context_value(gale_rendering *r, int context, gale_value v)
{
    return gale__op_context(r, (enum gale__html_context)context, v);
}

int gale_rt_to_bytes(gale_rendering *r, gale_value *stack)
{
    return gale__op_to_bytes(r, stack[0], stack);
}

int gale_rt_begin_capture(gale_rendering *r)
{
    return gale__op_capture(r);
}

int gale_rt_end_capture(gale_rendering *r, gale_value *out)
{
    return gale__op_captured(r, out);
}

/* --- names and containers ---- */

int gale_rt_resolve_local(gale_rendering *r, uint32_t index, gale_value *out)
{
    return gale__load_local(r, index, out);
}

int gale_rt_resolve_global(gale_rendering *r, uint32_t index)
{
    return gale__resolve_global(r, index);
}

int gale_rt_list(gale_rendering *r, gale_value *stack, uint32_t n)
{
    return gale_value_list(r, stack, stack, n);
}

int gale_rt_tuple(gale_rendering *r, gale_value *stack, uint32_t n)
{
    return gale_value_tuple(r, stack, stack, n);
}

int gale_rt_dict(gale_rendering *r, gale_value *stack, uint32_t n)
{
    return gale__op_dict(r, stack, n, stack);
}

int gale_rt_append(gale_rendering *r, gale_value list, gale_value v)
{
    return gale__list_push(r, gale__list(list), v);
}

int gale_rt_extend(gale_rendering *r, gale_value list, gale_value v)
{
    return gale__op_extend(r, list, v);
}

int gale_rt_put(gale_rendering *r, gale_value dict, const gale_value *pair)
{
    return gale__dict_put(r, gale__dict(dict), pair[0], pair[1]);
}

int gale_rt_update(gale_rendering *r, gale_value dict, gale_value v)
{
    return gale__op_update(r, dict, v);
}

int gale_rt_list_tuple(gale_value *stack)
{
    return gale__op_list_tuple(stack[0], stack);
}

int gale_rt_lambda(gale_rendering *r, uint32_t index, gale_value *stack)
{
    return gale__op_lambda(r, index, stack, stack);
}

/* --- access ---- */

int gale_rt_attribute(gale_rendering *r, gale_str name, gale_value *stack)
{
    return gale__op_attribute(r, stack[0], name, stack);
}

int gale_rt_index(gale_rendering *r, gale_value *stack)
{
    return gale__op_index(r, stack[0], stack[1], stack);
}

int gale_rt_slice(gale_rendering *r, gale_value *stack)
{
    return gale__op_slice(r, stack[0], stack + 1, stack);
}

int gale_rt_set_index(gale_rendering *r, const gale_value *stack)
{
    return gale__op_set_index(r, stack[1], stack[2], stack[0]);
}

int gale_rt_set_attribute(gale_rendering *r, gale_str name, const gale_value *stack)
{
    return gale__op_set_attribute(r, stack[1], name);
}

int gale_rt_set_slice(gale_rendering *r, const gale_value *stack)
{
    return gale__op_set_slice(r, stack[1], stack + 2, stack[0]);
}

int gale_rt_del_index(gale_rendering *r, const gale_value *stack)
{
    return gale__op_del_index(r, stack[0], stack[1]);
}

int gale_rt_del_slice(gale_rendering *r, const gale_value *stack)
{
    return gale__op_del_slice(r, stack[0], stack + 1);
}

int gale_rt_unpack(gale_rendering *r, uint32_t n, uint32_t rest, gale_value *stack)
{
    return gale__op_unpack(r, stack[0], n, rest, stack);
}

/* --- operators ---- */

int gale_rt_unary(gale_rendering *r, int op, gale_value *stack)
{
    return gale__op_unary(r, (enum gale__unary)op, stack[0], stack);
}

int gale_rt_binary_values(gale_rendering *r, int op, gale_value *stack)
{
    return gale__op_binary(r, (enum gale__binary)op, stack[0], stack[1], stack);
}

int gale_rt_inplace(gale_rendering *r, int op, gale_value *stack)
{
    return gale__op_inplace(r, (enum gale__binary)op, stack[0], stack[1], stack);
}

int gale_rt_compare_values(gale_rendering *r, int op, gale_value *stack)
{
    return gale__op_compare(r, (enum gale__compare)op, stack[0], stack[1], stack);
}

/* --- control ---- */

int gale_rt_steps_failed(gale_rendering *r)
{
    return gale__steps_failed(r);
}

int gale_rt_iter(gale_rendering *r, gale_template_iter *it, gale_value over)
{
    return gale__iter_start(r, it, over);
}

int gale_rt_next_value(gale_rendering *r, gale_template_iter *it, gale_value *item)
{
    return gale__iter_next(r, it, item);
}

int gale_rt_call(gale_rendering *r, uint32_t site, gale_value *stack)
{
    return gale__op_call(r, &gale__rendering(r)->program->call_sites[site], stack);
}

int gale_rt_call_method(gale_rendering *r, uint32_t site, gale_value *stack)
{
    return gale__op_call_method(r, &gale__rendering(r)->program->call_sites[site], stack);
}

int gale_rt_import(gale_rendering *r, gale_str name, gale_value *out)
{
    return gale__op_import(r, name, out);
}

int gale_rt_import_name(gale_rendering *r, gale_str name, gale_value *stack)
{
    return gale__op_import_name(r, stack[0], name, stack);
}

/* --- exceptions ---- */

int gale_rt_exception(gale_rendering *r, gale_value *out)
{
    return gale__op_exception(r, out);
}

int gale_rt_matches(gale_rendering *r, gale_value *stack)
{
    return gale__op_matches(r, stack[0], stack);
}

void gale_rt_caught(gale_rendering *r)
{
    gale__caught(r);
}

int gale_rt_reraise(gale_rendering *r)
{
    return gale__reraise(r);
}

static void place(gale_rendering *r, uint32_t pc, int code)
{
    if (r->code == 0)
        gale__raise_code(r, code);
    gale__placed(r, pc);
}

int gale_rt_fail(gale_rendering *r, uint32_t pc, int code)
{
    place(r, pc, code);
    return r->code;
}

bool gale_rt_catch(gale_rendering *r, uint32_t pc, int code)
{
    place(r, pc, code);
    return gale__catch(r, pc) != NULL;
}
