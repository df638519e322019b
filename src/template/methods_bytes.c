/* methods_bytes.c - methods of bytes: those a template meets when it prints them. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "template/builtins.h"

static int decode(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "encoding", "errors", NULL };
    int result = gale_call_check(call, 0, 2, names);

    return result < 0 ? result : gale__decode_arguments(call, 0, call->self, out);
}

static int hex(gale_call *call, gale_value *out)
{
    static const char digits[] = "0123456789abcdef";
    int result = gale_call_check(call, 0, 0, NULL);
    char *p;

    if (result < 0)
        return result;
    p = gale__new_text(call->rendering, (size_t)call->self.len * 2, out);
    if (!p)
        return gale_value_memory_error(call->rendering);
    for (uint32_t i = 0; i < call->self.len; i++) {
        unsigned char c = (unsigned char)call->self.u.s[i];

        *p++ = digits[c >> 4];
        *p++ = digits[c & 15];
    }
    return 0;
}

static int bytes_argument(gale_call *call, gale_str *out)
{
    gale_value v = { 0 };
    int result = gale__only_arg(call, &v);

    if (result < 0)
        return result;
    if (v.kind != GALE_VALUE_BYTES)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "a bytes-like object is required, not '%s'", gale_value_type(v));
    *out = gale__value_slice(v);
    return gale__work(call->rendering, call->self.len);
}

static int startswith(gale_call *call, gale_value *out)
{
    gale_str s;
    int result = bytes_argument(call, &s);

    *out = gale_value_bool(result >= 0 && gale__str_starts_with(gale__value_slice(call->self), s));
    return result;
}

static int endswith(gale_call *call, gale_value *out)
{
    gale_str s;
    int result = bytes_argument(call, &s);

    *out = gale_value_bool(result >= 0 && gale__str_ends_with(gale__value_slice(call->self), s));
    return result;
}

static int find(gale_call *call, gale_value *out)
{
    gale_str s, self = gale__value_slice(call->self);
    const char *p = NULL;
    int result = bytes_argument(call, &s);

    if (result < 0)
        return result;
    if (!s.len)
        p = self.ptr;
    else if (self.len)
        p = gale__find_bytes(self, s);
    *out = gale_value_int(p ? p - self.ptr : s.len ? -1 : 0);
    return 0;
}

static int convert(gale_call *call, bool to_upper, gale_value *out)
{
    int result = gale_call_check(call, 0, 0, NULL);
    char *p;

    if (result < 0)
        return result;
    p = gale__new_text(call->rendering, call->self.len, out);
    if (!p)
        return gale_value_memory_error(call->rendering);
    for (uint32_t i = 0; i < call->self.len; i++) {
        char c = call->self.u.s[i];

        p[i] = !to_upper ? gale__lower(c) : c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
    }
    out->kind = GALE_VALUE_BYTES;
    return 0;
}

static int lower(gale_call *call, gale_value *out)
{
    return convert(call, false, out);
}

static int upper(gale_call *call, gale_value *out)
{
    return convert(call, true, out);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

static int strip(gale_call *call, gale_value *out)
{
    gale_str s = gale__value_slice(call->self);
    int result = gale_call_check(call, 0, 0, NULL);

    if (result >= 0)
        result = gale__work(call->rendering, s.len);
    while (s.len && is_blank(s.ptr[0]))
        s = gale__str_skip(s, 1);
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    *out = gale__slice_of(call->self, s);
    return result;
}

const gale_name gale__bytes_methods[] = {
    { .name = "decode", .function = decode },
    { .name = "endswith", .function = endswith },
    { .name = "find", .function = find },
    { .name = "hex", .function = hex },
    { .name = "lower", .function = lower },
    { .name = "startswith", .function = startswith },
    { .name = "strip", .function = strip },
    { .name = "upper", .function = upper },
    { 0 },
};
