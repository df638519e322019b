/* websocket_mask.c - see websocket_mask.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/websocket_mask.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define X86 1
#else
#define X86 0
#endif

/* The key from its byte offset on, as often as it goes into a word. */
static uint64_t turned(const uint8_t key[4], size_t offset)
{
    uint8_t bytes[8];
    uint64_t word;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = key[(offset + i) & 3];
    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* What is left: each step begins at a multiple of 4 bytes. */
static bool mask_scalar(char *out, const char *in, size_t n, uint64_t key)
{
    uint64_t word, all = 0;
    uint8_t bytes[8];

    for (; n >= 8; n -= 8, in += 8, out += 8) {
        memcpy(&word, in, 8);
        word ^= key;
        memcpy(out, &word, 8);
        all |= word;
    }
    memcpy(bytes, &key, 8);
    for (size_t i = 0; i < n; i++) {
        out[i] = (char)(in[i] ^ (char)bytes[i]);
        all |= (unsigned char)out[i];
    }
    return !(all & 0x8080808080808080u);
}

#if X86

static bool mask_sse2(char *out, const char *in, size_t n, uint64_t key)
{
    __m128i wide = _mm_set1_epi64x((long long)key), all = _mm_setzero_si128();

    for (; n >= 16; n -= 16, in += 16, out += 16) {
        __m128i a = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(const void *)in), wide);

        _mm_storeu_si128((__m128i *)(void *)out, a);
        all = _mm_or_si128(all, a);
    }
    return mask_scalar(out, in, n, key) && !_mm_movemask_epi8(all);
}

__attribute__((target("avx2"))) static bool mask_avx2(char *out, const char *in, size_t n,
                                                      uint64_t key)
{
    __m256i wide = _mm256_set1_epi64x((long long)key), all = _mm256_setzero_si256();

    for (; n >= 64; n -= 64, in += 64, out += 64) {
        __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)in);
        __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(in + 32));

        a = _mm256_xor_si256(a, wide);
        b = _mm256_xor_si256(b, wide);
        _mm256_storeu_si256((__m256i *)(void *)out, a);
        _mm256_storeu_si256((__m256i *)(void *)(out + 32), b);
        all = _mm256_or_si256(all, _mm256_or_si256(a, b));
    }
    return mask_sse2(out, in, n, key) && !_mm256_movemask_epi8(all);
}

#endif

enum gale__mask_level gale__mask_best(void)
{
#if X86
    return __builtin_cpu_supports("avx2") ? GALE__MASK_AVX2 : GALE__MASK_SSE2;
#else
    return GALE__MASK_SCALAR;
#endif
}

bool gale__websocket_mask_at(enum gale__mask_level level, char *out, const char *in, size_t n,
                             const uint8_t key[4], size_t offset)
{
    uint64_t word = turned(key, offset);

#if X86
    if (level == GALE__MASK_AVX2)
        return mask_avx2(out, in, n, word);
    if (level == GALE__MASK_SSE2)
        return mask_sse2(out, in, n, word);
#endif
    (void)level;
    return mask_scalar(out, in, n, word);
}

/* Of short ones the widest steps would find nothing to do. */
bool gale__websocket_mask(char *out, const char *in, size_t n, const uint8_t key[4], size_t offset)
{
    enum gale__mask_level level = n < 16 ? GALE__MASK_SCALAR : gale__mask_best();

    return gale__websocket_mask_at(level, out, in, n, key, offset);
}
