/* log.h - logging: three loggers, lines as Tornado writes them, written in batches.
 *
 * A line reads "[I 260717 12:34:56 web:123] message": level, local time, source file
 * without its extension, line. It goes to standard error, to a file with rotation, or to
 * the host's sink. A message's further lines are indented by four spaces; control
 * characters and bytes that are not UTF-8 appear as \xNN, so that what a peer sent cannot
 * forge a line or drive a terminal. Lines are cut at 16 KiB. Lines of a request that has an id
 * (gale_request_id()) have it behind the line number. As JSON (gale_log_set_format()) each is one
 * object: time (UTC), level, logger, file, line, request_id, message.
 *
 * A thread that runs a loop collects its lines and writes them once a turn; every other
 * thread writes each line at once, and a warning or worse is always written at once. All
 * may be called from any thread, none from a signal handler (lines are formatted by
 * printf into a buffer of the thread): from there use write() or
 * gale_ioloop_add_callback_from_signal(). Where standard error does not block and is full,
 * lines are dropped, counted, and the count is logged when there is room again.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOG_H
#define GALE_LOG_H

#include <gale/base.h>

GALE_BEGIN_DECLS

/* Levels, with the values of Python's logging. */
enum {
    GALE_LOG_DEBUG = 10,
    GALE_LOG_INFO = 20,
    GALE_LOG_WARNING = 30,
    GALE_LOG_ERROR = 40,
    GALE_LOG_CRITICAL = 50,
    GALE_LOG_NONE = 60, /* as a threshold: nothing is logged */
};

/* A source of lines. Programs may have their own:
 * static gale_logger shop_log = { .name = "shop" }; it must live as long as it is used. */
typedef struct gale_logger {
    const char *name; /* Borrowed. */
    int level;        /* lowest level logged; 0: the global one. Set by gale_log_set_level() */
} gale_logger;

extern GALE_API gale_logger gale_log_access;      /* "gale.access": one line a request */
extern GALE_API gale_logger gale_log_application; /* "gale.application": handlers' errors */
extern GALE_API gale_logger gale_log_general;     /* "gale.general": everything else */

/* The global threshold, read by the inline check. Set it by gale_log_set_level(). */
extern GALE_API int gale_log_threshold;

/* What a sink gets. All borrowed, valid during the call. */
typedef struct gale_log_record {
    const char *logger; /* its name */
    int level;
    const char *file; /* as __FILE__ gave it, without its directory */
    int line;
    gale_str message; /* escaped as in a line; no prefix, no newline at its end */
    gale_str text;    /* the whole line with its newline */
} gale_log_record;

/* True when a line of this level would be logged. */
static inline bool gale_log_enabled(const gale_logger *logger, int level)
{
    int threshold = __atomic_load_n(&logger->level, __ATOMIC_RELAXED);

    return level >=
           (threshold ? threshold : __atomic_load_n(&gale_log_threshold, __ATOMIC_RELAXED));
}

/* Logs a line: gale_log(&gale_log_general, GALE_LOG_INFO, "listening on %s", url).
 * Nothing is formatted, and only the logger evaluated, when the level is off. */
#define gale_log(logger, level, ...)                                                               \
    (gale_log_enabled((logger), (level))                                                           \
         ? gale_log_write((logger), (level), __FILE__, __LINE__, __VA_ARGS__)                      \
         : (void)0)

/* What gale_log() expands to; checks no level but one that gale_log_set_levels() gave. file is a
 * static string. */
GALE_API void gale_log_write(const gale_logger *logger, int level, const char *file, int line,
                             const char *fmt, ...) GALE_PRINTF(5, 6);

/* Sets the lowest level that logger logs (0: the global one again); with NULL, the
 * global one (INFO unless set; 0 is INFO). */
GALE_API void gale_log_set_level(gale_logger *logger, int level);

/* Levels by loggers' names: "gale.access=warning,shop=debug". A name also stands for those below
 * it: "gale" for "gale.access". A program's logger with a level of its own keeps that. Replaces
 * what was set by name before ("": none). GALE_EINVAL, -ENOMEM: nothing has changed. Set them
 * before threads log. */
GALE_API GALE_MUST_USE int gale_log_set_levels(const char *levels);

/* GALE_LOG_TEXT, the default, or GALE_LOG_JSON: each line a JSON object, valid and UTF-8 whatever
 * the message holds (a byte that is not UTF-8 reads \\xNN in it). Set it before threads log. */
enum { GALE_LOG_TEXT, GALE_LOG_JSON };
GALE_API void gale_log_set_format(int format);

/* The level a word means ("debug", "info", "warning", "error", "critical", "none", in any
 * case), or GALE_EINVAL with a detail. */
GALE_API GALE_MUST_USE int gale_log_level_parse(const char *word);

/* Gives every line to fn from now on, at once and unbatched, in the thread that logged it;
 * fn must not log. NULL: standard error and the file again. Set it before threads log. */
GALE_API void gale_log_set_sink(void (*fn)(void *arg, const gale_log_record *record), void *arg);

/* Colours in lines to standard error: GALE_ON, GALE_OFF, or 0, when it is a terminal. */
GALE_API void gale_log_set_colors(int colors);

/* Writes what this thread has collected. The loop calls it before it waits. A process
 * about to fork should call it, or both write what was collected. */
GALE_API void gale_log_flush(void);

/* Where a log file goes and how it is rotated. Zero is the default of each. */
typedef struct gale_log_file_options {
    const char *prefix; /* Required. Path of the file; rotated ones get a suffix. Copied. */
    bool by_time;       /* rotate by time instead of by size */
    int64_t max_bytes;  /* rotate at this size (100000000) */
    int n_backups; /* rotated files kept (10); GALE_OFF: by size never rotated, by time all kept */
    const char *when; /* by time: S, M, H, D, midnight, W0 (Monday) to W6 ("midnight") */
    int interval;     /* by time: every so many of these (1) */
} gale_log_file_options;

/* Logs into a file as well (see gale_log_set_stderr()); replaces an earlier one; NULL: no
 * file any more. Rotation is for one process: processes that share a file should each
 * have their own. -errno, GALE_EINVAL for an unknown when; the earlier file then stays. */
GALE_API GALE_MUST_USE int gale_log_set_file(const gale_log_file_options *options);

/* Opens the log file anew under its name, for those who rotate it from outside. */
GALE_API GALE_MUST_USE int gale_log_reopen(void);

/* Lines to standard error: GALE_ON, GALE_OFF, or 0, when there is no file. */
GALE_API void gale_log_set_stderr(int on);

/* Defines Tornado's logging options (logging, log_to_stderr, log_file_prefix,
 * log_file_max_size, log_file_num_backups, log_rotate_mode, log_rotate_when,
 * log_rotate_interval), log_format and log_levels in options. -ENOMEM, GALE_EINVAL when one exists.
 */
struct gale_options;
GALE_API GALE_MUST_USE int gale_log_define_options(struct gale_options *options);

/* Configures logging as these options say. -errno or GALE_EINVAL with a detail. */
GALE_API GALE_MUST_USE int gale_log_apply_options(const struct gale_options *options);

GALE_END_DECLS

#endif
