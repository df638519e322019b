/* log_levels.c - which lines are logged: the global level, loggers' own, levels by name.
 *
 * A logger is a static struct that nobody registers, so levels by name are looked up when a line
 * of one without a level of its own begins. For that the inline check has to let pass what any
 * name asks for: the threshold it reads is the lowest of all. Without names nothing is looked up.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/error.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"

enum { MAX_NAMED = 64, NAME_BYTES = 64 };

gale_logger gale_log_access = { .name = "gale.access" };
gale_logger gale_log_application = { .name = "gale.application" };
gale_logger gale_log_general = { .name = "gale.general" };
int gale_log_threshold = GALE_LOG_INFO;

static gale_logger *const own_loggers[] = { &gale_log_access, &gale_log_application,
                                            &gale_log_general };

struct named {
    char name[NAME_BYTES];
    int level;
};

struct names {
    size_t n;
    struct named list[MAX_NAMED];
};

/* Part of the log's configuration (log.c). */
static struct names names;
static int global_level = GALE_LOG_INFO;

/* The level of the name, or of the longest one that it is below: "shop" of "shop.cart". 0: none. */
static int find(const struct names *in, const char *name)
{
    size_t best = 0;
    int level = 0;

    for (size_t i = 0; i < in->n; i++) {
        size_t len = strlen(in->list[i].name);

        if (len >= best && strncmp(name, in->list[i].name, len) == 0 &&
            (!name[len] || name[len] == '.')) {
            best = len;
            level = in->list[i].level;
        }
    }
    return level;
}

bool gale__log_levels_allow(const gale_logger *logger, int level)
{
    int own;

    if (GALE_LIKELY(!names.n) || __atomic_load_n(&logger->level, __ATOMIC_RELAXED))
        return true;
    own = find(&names, logger->name);
    return level >= (own ? own : __atomic_load_n(&global_level, __ATOMIC_RELAXED));
}

static void update_threshold(void)
{
    int lowest = global_level;

    for (size_t i = 0; i < names.n; i++)
        lowest = names.list[i].level < lowest ? names.list[i].level : lowest;
    __atomic_store_n(&gale_log_threshold, lowest, __ATOMIC_RELAXED);
}

void gale_log_set_level(gale_logger *logger, int level)
{
    if (logger) {
        __atomic_store_n(&logger->level, level, __ATOMIC_RELAXED);
        return;
    }
    __atomic_store_n(&global_level, level ? level : GALE_LOG_INFO, __ATOMIC_RELAXED);
    update_threshold();
}

int gale_log_level_parse(const char *word)
{
    static const struct {
        const char *word;
        int level;
    } levels[] = {
        { "debug", GALE_LOG_DEBUG },       { "info", GALE_LOG_INFO },
        { "warning", GALE_LOG_WARNING },   { "error", GALE_LOG_ERROR },
        { "critical", GALE_LOG_CRITICAL }, { "none", GALE_LOG_NONE },
    };

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (strcasecmp(word, levels[i].word) == 0)
            return levels[i].level;
    return gale_err(GALE_EINVAL,
                    "unknown log level '%s' (debug, info, warning, error, critical, none)", word);
}

/* One "name=level". */
static int add_name(struct names *to, gale_str text)
{
    size_t equals = gale__str_find(text, '=');
    gale_str name = gale__str_trim(gale__str_head(text, equals));
    gale_str word = gale__str_trim(gale__str_skip(text, equals + 1));
    struct named *next = &to->list[to->n];
    char level[16];

    if (!name.len || name.len >= NAME_BYTES || !word.len || word.len >= sizeof(level))
        return gale_err(GALE_EINVAL, "'%.*s' is no logger=level", (int)gale__str_head(text, 80).len,
                        text.ptr);
    if (to->n == MAX_NAMED)
        return gale_err(GALE_ETOOBIG, "levels for more than %d loggers", MAX_NAMED);
    memcpy(level, word.ptr, word.len);
    level[word.len] = 0;
    memcpy(next->name, name.ptr, name.len);
    next->name[name.len] = 0;
    next->level = gale_log_level_parse(level);
    if (next->level < 0)
        return next->level;
    to->n++;
    return 0;
}

int gale_log_set_levels(const char *text)
{
    struct names *fresh = gale__calloc(1, sizeof(*fresh));
    gale_str rest = gale__str(text), part;
    int r = fresh ? 0 : -ENOMEM;

    while (r >= 0 && gale__str_split(&rest, ',', &part))
        if (gale__str_trim(part).len)
            r = add_name(fresh, part);
    for (size_t i = 0; r >= 0 && i < sizeof(own_loggers) / sizeof(own_loggers[0]); i++) {
        int level = find(fresh, own_loggers[i]->name);

        if (level || find(&names, own_loggers[i]->name))
            gale_log_set_level(own_loggers[i], level);
    }
    if (r >= 0) {
        names = *fresh;
        update_threshold();
    }
    gale__free(fresh);
    return r;
}
