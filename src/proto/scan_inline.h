/* scan_inline.h - the bodies of the scans, for scan.c and the head parser to inline.
 *
 * A scan of one level takes steps of its vector's width while that much is left, then
 * hands the rest to the level below: no load passes the end. The target and value
 * classes are compares (below a bound, DEL, one exception); the token class is looked
 * up by nibbles: byte c is a token character when bit c >> 4 of row c & 15 is set.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_SCAN_INLINE_H
#define GALE_PROTO_SCAN_INLINE_H

#include "proto/char_class.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define GALE__SCAN_X86 1
#include <immintrin.h>
#else
#define GALE__SCAN_X86 0
#endif

static inline const char *scan_token_scalar(const char *p, const char *end)
{
    while (p < end && GALE__CHAR_IS(*p, GALE__CHAR_TOKEN))
        p++;
    return p;
}

static inline const char *scan_target_scalar(const char *p, const char *end)
{
    while (p < end && GALE__CHAR_IS(*p, GALE__CHAR_TARGET))
        p++;
    return p;
}

static inline const char *scan_value_scalar(const char *p, const char *end)
{
    while (p < end && GALE__CHAR_IS(*p, GALE__CHAR_VALUE))
        p++;
    return p;
}

#if GALE__SCAN_X86

#define GALE__SSE __attribute__((target("sse4.2")))
#define GALE__AVX2 __attribute__((target("avx2,bmi")))

/* Row for the low nibble 0..15: bit h is set when (h << 4 | low) is a token character. */
#define GALE__TOKEN_ROWS                                                                           \
    (char)0xe8, (char)0xfc, (char)0xf8, (char)0xfc, (char)0xfc, (char)0xfc, (char)0xfc,            \
        (char)0xfc, (char)0xf8, (char)0xf8, (char)0xf4, 0x54, (char)0xd0, 0x54, (char)0xf4, 0x70
/* Bit for the high nibble; bytes from 0x80 on have none. */
#define GALE__TOKEN_BITS 1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0

/* The mask_ functions give one bit for each byte that is not allowed. */
static inline GALE__SSE unsigned mask_token_sse(__m128i v)
{
    const __m128i rows = _mm_setr_epi8(GALE__TOKEN_ROWS);
    const __m128i bits = _mm_setr_epi8(GALE__TOKEN_BITS);
    const __m128i low = _mm_set1_epi8(15);
    __m128i row = _mm_shuffle_epi8(rows, _mm_and_si128(v, low));
    __m128i bit = _mm_shuffle_epi8(bits, _mm_and_si128(_mm_srli_epi16(v, 4), low));
    __m128i bad = _mm_cmpeq_epi8(_mm_and_si128(row, bit), _mm_setzero_si128());

    return (unsigned)_mm_movemask_epi8(bad);
}

static inline GALE__SSE unsigned mask_target_sse(__m128i v)
{
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x20)), v);
    __m128i del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));
    __m128i hash = _mm_cmpeq_epi8(v, _mm_set1_epi8('#'));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(del, hash)));
}

static inline GALE__SSE unsigned mask_value_sse(__m128i v)
{
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
    __m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
    __m128i del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, low), del));
}

static inline GALE__AVX2 unsigned mask_token_avx2(__m256i v)
{
    const __m256i rows = _mm256_setr_epi8(GALE__TOKEN_ROWS, GALE__TOKEN_ROWS);
    const __m256i bits = _mm256_setr_epi8(GALE__TOKEN_BITS, GALE__TOKEN_BITS);
    const __m256i low = _mm256_set1_epi8(15);
    __m256i row = _mm256_shuffle_epi8(rows, _mm256_and_si256(v, low));
    __m256i bit = _mm256_shuffle_epi8(bits, _mm256_and_si256(_mm256_srli_epi16(v, 4), low));
    __m256i bad = _mm256_cmpeq_epi8(_mm256_and_si256(row, bit), _mm256_setzero_si256());

    return (unsigned)_mm256_movemask_epi8(bad);
}

static inline GALE__AVX2 unsigned mask_target_avx2(__m256i v)
{
    __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x20)), v);
    __m256i del = _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f));
    __m256i hash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('#'));

    return (unsigned)_mm256_movemask_epi8(_mm256_or_si256(low, _mm256_or_si256(del, hash)));
}

static inline GALE__AVX2 unsigned mask_value_avx2(__m256i v)
{
    __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);
    __m256i tab = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\t'));
    __m256i del = _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f));

    return (unsigned)_mm256_movemask_epi8(_mm256_or_si256(_mm256_andnot_si256(tab, low), del));
}

#define GALE__LOAD128(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define GALE__LOAD256(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))

/* One definition of the stepping for the three classes. */
#define GALE__SCAN_SSE_AND_AVX2(class)                                                             \
    static inline GALE__SSE const char *scan_##class##_sse(const char *p, const char *end)         \
    {                                                                                              \
        for (; end - p >= 16; p += 16) {                                                           \
            unsigned mask = mask_##class##_sse(GALE__LOAD128(p));                                  \
                                                                                                   \
            if (mask)                                                                              \
                return p + __builtin_ctz(mask);                                                    \
        }                                                                                          \
        return scan_##class##_scalar(p, end);                                                      \
    }                                                                                              \
                                                                                                   \
    static inline GALE__AVX2 const char *scan_##class##_avx2(const char *p, const char *end)       \
    {                                                                                              \
        for (; end - p >= 32; p += 32) {                                                           \
            unsigned mask = mask_##class##_avx2(GALE__LOAD256(p));                                 \
                                                                                                   \
            if (mask)                                                                              \
                return p + __builtin_ctz(mask);                                                    \
        }                                                                                          \
        return scan_##class##_sse(p, end);                                                         \
    }

GALE__SCAN_SSE_AND_AVX2(token)
GALE__SCAN_SSE_AND_AVX2(target)
GALE__SCAN_SSE_AND_AVX2(value)

#endif
#endif
