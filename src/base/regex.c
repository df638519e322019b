/* regex.c - PCRE2 with its JIT: compiled once, matched with memory of the thread. */
/* SPDX-License-Identifier: MIT */
#include "base/regex.h"

#include <errno.h>
#include <gale/error.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/thread_end.h"

enum {
    MATCH_LIMIT = 1000000, /* a few milliseconds at worst */
    DEPTH_LIMIT = 10000,
    HEAP_LIMIT_KIB = 4096,
    JIT_STACK_FIRST = 32 * 1024,
    JIT_STACK_MAX = 512 * 1024,
    GROUPS_FIRST = 16,
};

struct gale__regex {
    pcre2_code *code;
    size_t n_groups;
    const char **names; /* by group; NULL when no group has a name */
};

/* What a thread needs to match. The JIT would use the coroutine's stack: too small. */
struct matcher {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    uint32_t n_pairs;
};

static GALE__TLS struct matcher *matcher;
static GALE__TLS struct gale__thread_end matcher_end;

static void *heap_alloc(size_t size, void *arg)
{
    return gale__malloc(size);
}

static void heap_free(void *p, void *arg)
{
    gale__free(p);
}

static void free_matcher(struct matcher *m)
{
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->context);
    pcre2_jit_stack_free(m->stack);
    gale__free(m);
}

static void end_thread(void)
{
    free_matcher(matcher);
    matcher = NULL;
}

static struct matcher *make_matcher(void)
{
    struct matcher *m = gale__calloc(1, sizeof(*m));
    pcre2_general_context *heap = pcre2_general_context_create(heap_alloc, heap_free, NULL);

    if (m && heap) {
        m->context = pcre2_match_context_create(heap);
        m->data = pcre2_match_data_create(GROUPS_FIRST, heap);
        m->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, heap);
    }
    pcre2_general_context_free(heap);
    if (!m || !m->context || !m->data || !m->stack) {
        if (m)
            free_matcher(m);
        return NULL;
    }
    m->n_pairs = GROUPS_FIRST;
    pcre2_set_match_limit(m->context, MATCH_LIMIT);
    pcre2_set_depth_limit(m->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(m->context, HEAP_LIMIT_KIB);
    pcre2_jit_stack_assign(m->context, NULL, m->stack);
    (void)gale__at_thread_end(&matcher_end, end_thread); /* else a thread leaks it */
    return matcher = m;
}

/* The thread's matcher with room for so many groups. */
static struct matcher *matcher_for(size_t n_groups)
{
    struct matcher *m = matcher ? matcher : make_matcher();

    if (!m || n_groups < m->n_pairs)
        return m;
    pcre2_general_context *heap = pcre2_general_context_create(heap_alloc, heap_free, NULL);
    pcre2_match_data *data = heap ? pcre2_match_data_create((uint32_t)n_groups + 1, heap) : NULL;

    pcre2_general_context_free(heap);
    if (!data)
        return NULL;
    pcre2_match_data_free(m->data);
    m->data = data;
    m->n_pairs = (uint32_t)n_groups + 1;
    return m;
}

static uint32_t pcre2_flags(unsigned flags)
{
    return (flags & GALE__REGEX_ANCHORED ? PCRE2_ANCHORED : 0) |
           (flags & GALE__REGEX_END_ANCHORED ? PCRE2_ENDANCHORED : 0) |
           (flags & GALE__REGEX_NOCASE ? PCRE2_CASELESS : 0) |
           (flags & GALE__REGEX_UTF ? PCRE2_UTF | PCRE2_UCP : 0) |
           (flags & GALE__REGEX_DOTALL ? PCRE2_DOTALL : 0) | PCRE2_NEVER_BACKSLASH_C;
}

static int compile(struct gale__regex *re, gale_str pattern, unsigned flags,
                   pcre2_compile_context *context)
{
    PCRE2_SIZE at;
    int code;

    re->code = pcre2_compile((PCRE2_SPTR)(pattern.ptr ? pattern.ptr : ""), pattern.len,
                             pcre2_flags(flags), &code, &at, context);
    if (!re->code) {
        char text[128];

        if (code == PCRE2_ERROR_HEAP_FAILED)
            return -ENOMEM;
        pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text));
        return gale_err(GALE_EINVAL, "bad pattern: %s at character %zu", text, (size_t)at);
    }
    /* Where the JIT is not to be had (no executable memory), PCRE2 interprets. */
    (void)pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
    return 0;
}

/* Lays PCRE2's table of names (two bytes of number, the name) out by group. */
static int read_names(struct gale__regex *re)
{
    uint32_t n_groups = 0, n_names = 0, entry_size = 0;
    PCRE2_SPTR table = NULL;

    pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &n_groups);
    pcre2_pattern_info(re->code, PCRE2_INFO_NAMECOUNT, &n_names);
    pcre2_pattern_info(re->code, PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
    pcre2_pattern_info(re->code, PCRE2_INFO_NAMETABLE, &table);
    re->n_groups = n_groups;
    if (n_names == 0)
        return 0;
    re->names = gale__calloc(n_groups + 1, sizeof(*re->names));
    if (!re->names)
        return -ENOMEM;
    for (uint32_t i = 0; i < n_names; i++, table += entry_size)
        re->names[table[0] << 8 | table[1]] = (const char *)table + 2;
    return 0;
}

struct gale__regex *gale__regex_new(gale_str pattern, unsigned flags, int *error)
{
    struct gale__regex *re = gale__calloc(1, sizeof(*re));
    pcre2_general_context *heap = pcre2_general_context_create(heap_alloc, heap_free, NULL);
    pcre2_compile_context *context = heap ? pcre2_compile_context_create(heap) : NULL;
    int r = -ENOMEM;

    if (re && context)
        r = compile(re, pattern, flags, context);
    if (r >= 0)
        r = read_names(re);
    pcre2_compile_context_free(context);
    pcre2_general_context_free(heap);
    *error = r;
    if (r >= 0)
        return re;
    gale__regex_free(re);
    return NULL;
}

void gale__regex_free(struct gale__regex *re)
{
    if (!re)
        return;
    pcre2_code_free(re->code);
    gale__free(re->names);
    gale__free(re);
}

static int match_error(int code)
{
    char text[128];

    if (code == PCRE2_ERROR_NOMATCH)
        return 0;
    if (code == PCRE2_ERROR_NOMEMORY)
        return -ENOMEM;
    pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text));
    if (code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_DEPTHLIMIT ||
        code == PCRE2_ERROR_HEAPLIMIT || code == PCRE2_ERROR_JIT_STACKLIMIT)
        return gale_err(GALE_ETOOBIG, "pattern: %s", text);
    return gale_err(GALE_EINVAL, "pattern: %s", text);
}

int gale__regex_match(const struct gale__regex *re, gale_str subject, size_t start,
                      gale_str *groups, size_t n_groups)
{
    struct matcher *m = matcher_for(re->n_groups);

    if (!m)
        return -ENOMEM;
    int n = pcre2_match(re->code, (PCRE2_SPTR)(subject.ptr ? subject.ptr : ""), subject.len, start,
                        0, m->data, m->context);

    if (n < 0)
        return match_error(n);
    const PCRE2_SIZE *pairs = pcre2_get_ovector_pointer(m->data);

    for (size_t i = 0; i < n_groups; i++) {
        bool is_set = i < (size_t)n && pairs[2 * i] != PCRE2_UNSET;

        groups[i] = is_set
                        ? (gale_str){ subject.ptr + pairs[2 * i], pairs[2 * i + 1] - pairs[2 * i] }
                        : (gale_str){ NULL, 0 };
    }
    return 1;
}

size_t gale__regex_n_groups(const struct gale__regex *re)
{
    return re->n_groups;
}

const char *gale__regex_group_name(const struct gale__regex *re, size_t i)
{
    return re->names && i <= re->n_groups ? re->names[i] : NULL;
}
