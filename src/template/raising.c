/* raising.c - exceptions: classes, messages, what cannot be caught. See raise.h.
 *
 * A message lies in the rendering's memory, counted, so that a loop of {% try %} is bounded; when
 * there is no memory for it, being out of memory is the failure instead. A failure that cannot be
 * caught is never replaced by another one.
 */
/* SPDX-License-Identifier: MIT */
#include "template/raise.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "template/memory.h"

enum { MESSAGE_SIZE = 1024 }; /* longer messages are cut */

const char *const gale__exception_names[GALE__N_EXCEPTIONS] = {
    [GALE__EXCEPTION] = "Exception",
    [GALE__ARITHMETIC_ERROR] = "ArithmeticError",
    [GALE__ZERO_DIVISION_ERROR] = "ZeroDivisionError",
    [GALE__OVERFLOW_ERROR] = "OverflowError",
    [GALE__ASSERTION_ERROR] = "AssertionError",
    [GALE__ATTRIBUTE_ERROR] = "AttributeError",
    [GALE__IMPORT_ERROR] = "ImportError",
    [GALE__MODULE_NOT_FOUND_ERROR] = "ModuleNotFoundError",
    [GALE__LOOKUP_ERROR] = "LookupError",
    [GALE__INDEX_ERROR] = "IndexError",
    [GALE__KEY_ERROR] = "KeyError",
    [GALE__NAME_ERROR] = "NameError",
    [GALE__UNBOUND_LOCAL_ERROR] = "UnboundLocalError",
    [GALE__RUNTIME_ERROR] = "RuntimeError",
    [GALE__RECURSION_ERROR] = "RecursionError",
    [GALE__STOP_ITERATION] = "StopIteration",
    [GALE__TYPE_ERROR] = "TypeError",
    [GALE__VALUE_ERROR] = "ValueError",
    [GALE__UNICODE_ERROR] = "UnicodeError",
};

/* What each derives from; those left out: Exception. */
static const uint8_t bases[GALE__N_EXCEPTIONS] = {
    [GALE__ZERO_DIVISION_ERROR] = GALE__ARITHMETIC_ERROR,
    [GALE__OVERFLOW_ERROR] = GALE__ARITHMETIC_ERROR,
    [GALE__MODULE_NOT_FOUND_ERROR] = GALE__IMPORT_ERROR,
    [GALE__INDEX_ERROR] = GALE__LOOKUP_ERROR,
    [GALE__KEY_ERROR] = GALE__LOOKUP_ERROR,
    [GALE__UNBOUND_LOCAL_ERROR] = GALE__NAME_ERROR,
    [GALE__RECURSION_ERROR] = GALE__RUNTIME_ERROR,
    [GALE__UNICODE_ERROR] = GALE__VALUE_ERROR,
};

bool gale__exception_is(enum gale__exception cls, enum gale__exception base)
{
    while (cls != base && cls != GALE__EXCEPTION)
        cls = (enum gale__exception)bases[cls];
    return cls == base;
}

/* The failure is under way from here on; text is static or of the arena. */
static int put(struct gale__rendering *g, enum gale__exception cls, int code, bool is_final,
               const char *text)
{
    if (g->pub.code < 0 && g->raised.is_final)
        return g->pub.code;
    g->raised = (struct gale__raised){ .cls = cls,
                                       .code = code,
                                       .is_final = is_final,
                                       .pc = g->pub.pc,
                                       .text = text,
                                       .before = g->caught };
    g->unknown_name = (gale_str){ 0 };
    g->pub.code = code;
    return code;
}

int gale__raise_out_of_memory(gale_rendering *r)
{
    return put(gale__rendering(r), GALE__EXCEPTION, -ENOMEM, true, "out of memory");
}

/* How much of a message that was cut ends with a whole character. */
static size_t whole_characters(const char *s, size_t len)
{
    size_t last = len;

    while (last > 0 && len - last < 3 && ((unsigned char)s[last - 1] & 0xc0) == 0x80)
        last--;
    if (last > 0 && (unsigned char)s[last - 1] >= 0xc0) {
        uint32_t c;

        if (gale__utf8_decode(s + last - 1, len - last + 1, &c) == 0)
            return last - 1;
    }
    return len;
}

/* A copy of the message in the arena, or NULL. What ends the rendering is not held up by the limit
 * of memory. */
static const char *keep(struct gale__rendering *g, const char *text, size_t len, bool is_final)
{
    char *copy;

    copy = is_final ? gale__arena_alloc(&g->arena, len + 1) : gale__alloc(&g->pub, len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = 0;
    return copy;
}

static int vraise(struct gale__rendering *g, enum gale__exception cls, int code, bool is_final,
                  const char *fmt, va_list args)
{
    char buffer[MESSAGE_SIZE];
    const char *text;
    size_t len;
    int n;

    if (g->pub.code < 0 && g->raised.is_final)
        return g->pub.code;
    n = vsnprintf(buffer, sizeof(buffer), fmt, args);
    if (n < 0)
        n = 0;
    len = (size_t)n < sizeof(buffer) ? (size_t)n : whole_characters(buffer, sizeof(buffer) - 1);
    text = keep(g, buffer, len, is_final);
    if (!text)
        return is_final ? gale__raise_out_of_memory(&g->pub) : g->pub.code;
    return put(g, cls, code, is_final, text);
}

int gale__raise(gale_rendering *r, enum gale__exception cls, const char *fmt, ...)
{
    va_list args;
    int code;

    va_start(args, fmt);
    code = vraise(gale__rendering(r), cls, GALE_EINVAL, false, fmt, args);
    va_end(args);
    return code;
}

int gale__raise_limit(gale_rendering *r, const char *fmt, ...)
{
    va_list args;
    int code;

    va_start(args, fmt);
    code = vraise(gale__rendering(r), GALE__RUNTIME_ERROR, GALE_ETOOBIG, true, fmt, args);
    va_end(args);
    return code;
}

static enum gale__exception class_named(const char *name)
{
    for (int i = 0; i < GALE__N_EXCEPTIONS; i++)
        if (strcmp(gale__exception_names[i], name) == 0)
            return (enum gale__exception)i;
    return GALE__RUNTIME_ERROR;
}

int gale_value_raise(gale_rendering *r, const char *type, const char *fmt, ...)
{
    va_list args;
    int code;

    va_start(args, fmt);
    code = vraise(gale__rendering(r), class_named(type), GALE_EINVAL, false, fmt, args);
    va_end(args);
    return code;
}

int gale__raise_key(gale_rendering *r, gale_value key)
{
    gale_str text;
    int code = gale__value_repr(r, key, &text);

    if (code < 0)
        return code;
    code = gale__raise(r, GALE__KEY_ERROR, "%.*s",
                       (int)(text.len < MESSAGE_SIZE ? text.len : MESSAGE_SIZE), text.ptr);
    if (!gale__rendering(r)->raised.is_final)
        gale__rendering(r)->raised.value = key;
    return code;
}

int gale__raise_name(gale_rendering *r, gale_str name)
{
    int code = gale__raise(r, GALE__NAME_ERROR, "name '%.*s' is not defined", (int)name.len,
                           name.ptr);

    gale__rendering(r)->unknown_name = name;
    return code;
}

int gale__raise_operands(gale_rendering *r, const char *op, gale_value a, gale_value b)
{
    return gale__raise(r, GALE__TYPE_ERROR, "unsupported operand type(s) for %s: '%s' and '%s'", op,
                       gale_value_type(a), gale_value_type(b));
}

int gale__raise_immutable(gale_rendering *r, gale_value v)
{
    const char *type = gale_value_type(v);

    if (v.kind != GALE_VALUE_ARRAY && v.kind != GALE_VALUE_MAP)
        return gale__raise(r, GALE__TYPE_ERROR, "a '%s' cannot be changed", type);
    return gale__raise(r, GALE__TYPE_ERROR,
                       "the application's %s cannot be changed; %s(x) makes one that can", type,
                       type);
}

/* Codes after which nothing goes on: {% try %} is not asked. */
static bool ends_rendering(int code)
{
    return code == -ENOMEM || code == GALE_ETOOBIG || code == GALE_ECANCELED ||
           code == GALE_ESTOPPED;
}

int gale__raise_code(gale_rendering *r, int code)
{
    struct gale__rendering *g = gale__rendering(r);
    const char *message;
    const char *text;

    if (g->pub.code < 0 && (g->pub.code == code || g->raised.is_final))
        return g->pub.code; /* what it returned was raised; another one was ignored */
    if (code == -ENOMEM)
        return gale__raise_out_of_memory(&g->pub);
    message = gale_strerror(code);
    text = keep(g, message, strlen(message), ends_rendering(code));
    if (!text)
        return ends_rendering(code) ? put(g, GALE__EXCEPTION, code, true, gale_errname(code))
                                    : g->pub.code;
    return put(g, GALE__EXCEPTION, code, ends_rendering(code), text);
}

bool gale__says_none(gale_rendering *r, int code, int none)
{
    struct gale__rendering *g = gale__rendering(r);

    if (code != none || (g->pub.code < 0 && (g->raised.is_final || g->pub.code == none)))
        return false;
    g->pub.code = 0;
    return true;
}

int gale__host_result(gale_rendering *r, int code)
{
    if (code < 0)
        return gale__raise_code(r, code);
    return r->code < 0 && gale__raise_clear(r) < 0 ? r->code : code;
}

int gale__raise_clear(gale_rendering *r)
{
    struct gale__rendering *g = gale__rendering(r);

    if (g->pub.code < 0 && g->raised.is_final)
        return g->pub.code;
    g->pub.code = 0;
    return 0;
}
