/* log.h - inside the library: lines put together piece by piece, batches, the log file.
 *
 * The fast path of the access log: begin, append, end, without printf. Between begin and
 * end nothing else may log on the thread, and nothing may wait.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_LOG_H
#define GALE_BASE_LOG_H

#include <gale/log.h>

/* While on, this thread's lines below WARNING wait for gale_log_flush(), a full buffer or
 * the end of the thread. The loop turns it on when it runs; off flushes. Counts: each on
 * needs its off. */
void gale__log_batch(bool on);

/* Begins a line. False: no memory, the line is dropped, do not append. The caller has
 * checked gale_log_enabled(). file is static. */
bool gale__log_begin(const gale_logger *logger, int level, const char *file, int line);

/* What a line looks like: as the log's format says; only what is appended; or a JSON object of
 * fields (which must not sum up to more than 12 KiB). */
enum gale__log_shape { GALE__LOG_LINE, GALE__LOG_BARE, GALE__LOG_OBJECT };
bool gale__log_begin_as(const gale_logger *logger, int level, const char *file, int line,
                        enum gale__log_shape shape);

/* Fields of an object. max: bytes that the text may take, escaped; it is cut there. */
void gale__log_field_text(const char *name, gale_str text, size_t max);
void gale__log_field_int(const char *name, int64_t value);
void gale__log_field_ms(const char *name, double ms);

/* GALE_LOG_TEXT or GALE_LOG_JSON. */
int gale__log_format(void);

/* Standard error has no colours, unless gale_log_set_colors(GALE_ON) says so. */
void gale__log_no_colors(void);

/* Whether levels by name let a line pass that the inline check has let pass. */
bool gale__log_levels_allow(const gale_logger *logger, int level);

/* Text of our own: taken as it is. */
void gale__log_raw(const char *text, size_t len);

/* Text from outside: control characters (newlines too) and bytes not UTF-8 as \xNN. */
void gale__log_text(const char *text, size_t len);

void gale__log_int(int64_t value);

/* Milliseconds with two decimals, as "%.2f" writes them. */
void gale__log_ms(double ms);

void gale__log_end(void);

/* The sink that gale_log_set_sink() set last, to be put back. */
void gale__log_get_sink(void (**fn)(void *arg, const gale_log_record *record), void **arg);

/* The log file (log_file.c); calls are made under the lock of log.c. */
struct gale__log_file;
struct gale__log_file *gale__log_file_open(const gale_log_file_options *options, int *error);
void gale__log_file_free(struct gale__log_file *file);
int gale__log_file_reopen(struct gale__log_file *file);

/* Writes whole lines, rotating first where due; now is the wall clock. */
void gale__log_file_write(struct gale__log_file *file, const char *data, size_t len, int64_t now);

#endif
