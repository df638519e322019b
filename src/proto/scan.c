/* scan.c - the scans at every level; see scan.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/scan.h"
#include "proto/scan_inline.h"

enum gale__scan_level gale__scan_best(void)
{
#if GALE__SCAN_X86
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
        return GALE__SCAN_AVX2;
    if (__builtin_cpu_supports("sse4.2"))
        return GALE__SCAN_SSE;
#endif
    return GALE__SCAN_SCALAR;
}

#if GALE__SCAN_X86

#define SCAN_AT_LEVEL(class)                                                                       \
    switch (level) {                                                                               \
    case GALE__SCAN_AVX2:                                                                          \
        return scan_##class##_avx2(p, end);                                                        \
    case GALE__SCAN_SSE:                                                                           \
        return scan_##class##_sse(p, end);                                                         \
    case GALE__SCAN_SCALAR:                                                                        \
        break;                                                                                     \
    }                                                                                              \
    return scan_##class##_scalar(p, end)

#else
#define SCAN_AT_LEVEL(class)                                                                       \
    (void)level;                                                                                   \
    return scan_##class##_scalar(p, end)
#endif

const char *gale__scan_token(enum gale__scan_level level, const char *p, const char *end)
{
    SCAN_AT_LEVEL(token);
}

const char *gale__scan_target(enum gale__scan_level level, const char *p, const char *end)
{
    SCAN_AT_LEVEL(target);
}

const char *gale__scan_value(enum gale__scan_level level, const char *p, const char *end)
{
    SCAN_AT_LEVEL(value);
}
