/* exception.c - exceptions and their classes as values of the language. See exception.h. */
/* SPDX-License-Identifier: MIT */
#include "template/exception.h"

#include <string.h>

#include "template/memory.h"

struct exception {
    enum gale__exception cls;
    const char *text; /* str() */
    gale_value value; /* its argument; UNSET: none, or text is it */
    bool has_many;    /* value is the tuple of them */
};

/* --- classes ---- */

static int class_text(gale_rendering *r, void *object, bool is_repr, gale_value *out);
static int class_call(gale_call *call, gale_value *out);
static uint64_t class_hash(void *object);

static const gale_object_class class_class = {
    .name = "type", .to_text = class_text, .call = class_call, .hash = class_hash
};

/* Nothing of them is ever written: the class keeps no attributes. */
#define CLASS_OBJECT(cls)                                                                          \
    {                                                                                              \
        &class_class, (void *)&gale__exception_names[cls], NULL                                    \
    }
static const struct gale__object_value classes[GALE__N_EXCEPTIONS] = {
    CLASS_OBJECT(0),  CLASS_OBJECT(1),  CLASS_OBJECT(2),  CLASS_OBJECT(3),  CLASS_OBJECT(4),
    CLASS_OBJECT(5),  CLASS_OBJECT(6),  CLASS_OBJECT(7),  CLASS_OBJECT(8),  CLASS_OBJECT(9),
    CLASS_OBJECT(10), CLASS_OBJECT(11), CLASS_OBJECT(12), CLASS_OBJECT(13), CLASS_OBJECT(14),
    CLASS_OBJECT(15), CLASS_OBJECT(16), CLASS_OBJECT(17), CLASS_OBJECT(18),
};
_Static_assert(GALE__N_EXCEPTIONS == 19, "an entry for each class");

gale_value gale__exception_class(enum gale__exception cls)
{
    return (gale_value){ GALE_VALUE_OBJECT, 0, 0, 0, { .p = (void *)(uintptr_t)&classes[cls] } };
}

static enum gale__exception class_of(const void *object)
{
    return (enum gale__exception)((const char *const *)object - gale__exception_names);
}

bool gale__is_exception_class(gale_value v, enum gale__exception *cls)
{
    void *object = gale_value_host(v, &class_class);

    if (!object)
        return false;
    *cls = class_of(object);
    return true;
}

static int class_text(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    return gale_value_printf(r, out, "<class '%s'>", gale__exception_names[class_of(object)]);
}

static uint64_t class_hash(void *object)
{
    return 0x9e3779b97f4a7c15u * (uint64_t)(class_of(object) + 1);
}

/* --- exceptions ---- */

static int exception_text(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    const struct exception *e = object;
    const char *name = gale__exception_names[e->cls];
    gale_value shown = e->value;
    gale_str inner = { "", 0 };
    int code;

    if (!is_repr)
        return gale_value_text(r, out, e->text);
    if (shown.kind == GALE_VALUE_UNSET && e->text[0])
        shown = gale_value_borrowed_text(e->text, strlen(e->text));
    code = shown.kind == GALE_VALUE_UNSET ? 0 : gale__value_repr(r, shown, &inner);
    if (code < 0)
        return code;
    return gale_value_printf(r, out, e->has_many ? "%s%.*s" : "%s(%.*s)", name, (int)inner.len,
                             inner.ptr);
}

static int exception_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    const struct exception *e = object;
    gale_value argument = e->value;

    if (name.len != 4 || memcmp(name.ptr, "args", 4) != 0)
        return GALE_ENOTFOUND;
    if (e->has_many) {
        *out = argument;
        return 0;
    }
    if (argument.kind == GALE_VALUE_UNSET)
        argument = gale_value_borrowed_text(e->text, strlen(e->text));
    return gale_value_tuple(r, out, &argument,
                            e->text[0] || e->value.kind != GALE_VALUE_UNSET ? 1 : 0);
}

#define EXCEPTION_CLASS(class_name)                                                                \
    {                                                                                              \
        .name = class_name, .get_attribute = exception_attribute, .to_text = exception_text        \
    }
static const gale_object_class exceptions[GALE__N_EXCEPTIONS] = {
    [GALE__EXCEPTION] = EXCEPTION_CLASS("Exception"),
    [GALE__ARITHMETIC_ERROR] = EXCEPTION_CLASS("ArithmeticError"),
    [GALE__ZERO_DIVISION_ERROR] = EXCEPTION_CLASS("ZeroDivisionError"),
    [GALE__OVERFLOW_ERROR] = EXCEPTION_CLASS("OverflowError"),
    [GALE__ASSERTION_ERROR] = EXCEPTION_CLASS("AssertionError"),
    [GALE__ATTRIBUTE_ERROR] = EXCEPTION_CLASS("AttributeError"),
    [GALE__IMPORT_ERROR] = EXCEPTION_CLASS("ImportError"),
    [GALE__MODULE_NOT_FOUND_ERROR] = EXCEPTION_CLASS("ModuleNotFoundError"),
    [GALE__LOOKUP_ERROR] = EXCEPTION_CLASS("LookupError"),
    [GALE__INDEX_ERROR] = EXCEPTION_CLASS("IndexError"),
    [GALE__KEY_ERROR] = EXCEPTION_CLASS("KeyError"),
    [GALE__NAME_ERROR] = EXCEPTION_CLASS("NameError"),
    [GALE__UNBOUND_LOCAL_ERROR] = EXCEPTION_CLASS("UnboundLocalError"),
    [GALE__RUNTIME_ERROR] = EXCEPTION_CLASS("RuntimeError"),
    [GALE__RECURSION_ERROR] = EXCEPTION_CLASS("RecursionError"),
    [GALE__STOP_ITERATION] = EXCEPTION_CLASS("StopIteration"),
    [GALE__TYPE_ERROR] = EXCEPTION_CLASS("TypeError"),
    [GALE__VALUE_ERROR] = EXCEPTION_CLASS("ValueError"),
    [GALE__UNICODE_ERROR] = EXCEPTION_CLASS("UnicodeError"),
};

static int make(gale_rendering *r, struct exception e, gale_value *out)
{
    struct exception *kept = gale__alloc(r, sizeof(*kept));

    if (!kept)
        return r->code;
    *kept = e;
    return gale_value_object(r, out, &exceptions[e.cls], kept);
}

static int class_call(gale_call *call, gale_value *out)
{
    gale_rendering *r = call->rendering;
    struct exception e = { .cls = class_of(gale_value_host(call->self, &class_class)), .text = "" };
    gale_str text;
    int code = gale_call_check(call, 0, SIZE_MAX, NULL);

    e.has_many = call->n_args > 1;
    if (code >= 0 && e.has_many)
        code = gale_value_tuple(r, &e.value, call->args, call->n_args);
    if (code < 0)
        return code;
    if (!e.has_many)
        e.value = gale_call_argument(call, 0, NULL);
    if (e.value.kind == GALE_VALUE_UNSET)
        return make(r, e, out);
    code = e.cls == GALE__KEY_ERROR ? gale__value_repr(r, e.value, &text)
                                    : gale_value_str(r, e.value, &text);
    if (code < 0)
        return code;
    code = gale_value_printf(r, out, "%.*s%c", (int)text.len, text.ptr, 0);
    if (code < 0)
        return code;
    e.text = out->u.s;
    return make(r, e, out);
}

bool gale__is_exception(gale_value v, enum gale__exception *cls)
{
    const struct gale__object_value *object = v.u.p;

    if (v.kind != GALE_VALUE_OBJECT || object->cls < exceptions ||
        object->cls >= exceptions + GALE__N_EXCEPTIONS)
        return false;
    *cls = (enum gale__exception)(object->cls - exceptions);
    return true;
}

static int matches(gale_rendering *r, enum gale__exception cls, gale_value classes_value)
{
    const gale_value *items = &classes_value;
    enum gale__exception base;
    uint32_t n = 1;

    if (classes_value.kind == GALE_VALUE_TUPLE) {
        items = gale__list(classes_value)->items;
        n = gale__list(classes_value)->n;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!gale__is_exception_class(items[i], &base))
            return gale__raise(r, GALE__TYPE_ERROR,
                               "catching classes that do not inherit from BaseException is not "
                               "allowed");
        if (gale__exception_is(cls, base))
            return 1;
    }
    return 0;
}

int gale__op_exception(gale_rendering *r, gale_value *out)
{
    const struct gale__raised *raised = gale__rendering(r)->caught;

    return make(r, (struct exception){ raised->cls, raised->text, raised->value, false }, out);
}

int gale__op_matches(gale_rendering *r, gale_value classes_value, gale_value *out)
{
    int is_match = matches(r, gale__rendering(r)->caught->cls, classes_value);

    if (is_match >= 0)
        *out = gale_value_bool(is_match);
    return is_match < 0 ? is_match : 0;
}
