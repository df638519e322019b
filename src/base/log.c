/* log.c - lines of the log: put together in a buffer of the thread, written in batches.
 *
 * A line is made once, plain (or as a JSON object, each piece of its message escaped as it comes),
 * and copied to the batch of each target; only standard error
 * may be coloured. The configuration is the one mutable global of the library besides the
 * default options: a process has one standard error, and logging has to work before any
 * object exists. It is set before threads log; levels may change at any time (atomic).
 * Writing takes one lock, so that the lines of several threads do not mix and rotation is
 * done once. No lock is held while a line is put together.
 */
/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <gale/error.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/thread_end.h"
#include "base/utf8.h"

enum {
    LINE_MAX_BYTES = 16 * 1024,
    BATCH_BYTES = 2 * LINE_MAX_BYTES,
    FLUSH_AT = 16 * 1024,
    MARK_BYTES = 24, /* room kept for " [cut]\n", or what closes an object that was cut */
    TIME_BYTES = 15, /* "260717 12:34:56" */
};

static struct {
    pthread_mutex_t lock; /* over writing and over file */
    void (*sink)(void *arg, const gale_log_record *record);
    void *sink_arg;
    int to_stderr;   /* switch */
    int colors;      /* switch */
    int is_terminal; /* of standard error; -1: not asked yet */
    int format;      /* GALE_LOG_TEXT, GALE_LOG_JSON */
    struct gale__log_file *file;
    unsigned long n_dropped;
} config = { .lock = PTHREAD_MUTEX_INITIALIZER, .is_terminal = -1 };

struct batch {
    size_t len;
    char data[BATCH_BYTES];
};

/* All of a thread. Allocated at its first line; of the big arrays only touched pages cost. */
struct thread_log {
    time_t second; /* that time_text shows */
    char time_text[24];
    int n_batching;
    gale_log_record record; /* of the line under way */
    enum gale__log_shape shape;
    bool is_json; /* pieces of the message are escaped for a JSON string */
    bool is_cut;
    size_t prefix_len, suffix_len;
    size_t len, limit;
    char line[LINE_MAX_BYTES + MARK_BYTES];
    struct batch to_stderr, to_file;
};

static GALE__TLS struct thread_log *thread_log;
static GALE__TLS struct gale__thread_end thread_log_end;

static void free_thread_log(void)
{
    struct thread_log *t = thread_log;

    gale_log_flush();
    thread_log = NULL;
    gale__free(t);
}

static struct thread_log *make_thread_log(void)
{
    struct thread_log *t = gale__malloc(sizeof(*t));

    if (!t)
        return NULL;
    t->second = (time_t)-1;
    t->n_batching = 0;
    t->to_stderr.len = t->to_file.len = 0;
    /* Should that fail, the buffer of an ended thread leaks; logging still works. */
    (void)gale__at_thread_end(&thread_log_end, free_thread_log);
    return thread_log = t;
}

/* Asked without the lock; what is done with the file is done under it. */
static bool has_file(void)
{
    return __atomic_load_n(&config.file, __ATOMIC_RELAXED) != NULL;
}

static bool wants_stderr(void)
{
    return config.to_stderr ? config.to_stderr == GALE_ON : !has_file();
}

static bool wants_colors(void)
{
    if (config.colors)
        return config.colors == GALE_ON;
    int is_terminal = __atomic_load_n(&config.is_terminal, __ATOMIC_RELAXED);

    if (is_terminal < 0) {
        is_terminal = isatty(STDERR_FILENO);
        __atomic_store_n(&config.is_terminal, is_terminal, __ATOMIC_RELAXED);
    }
    return is_terminal == 1;
}

/* Writes as much as standard error takes without blocking where it does not block. What it
 * refuses stays in the batch; what it can never take (a closed descriptor) is gone. */
static void write_stderr(struct batch *b)
{
    size_t done = 0;

    while (done < b->len) {
        ssize_t n = write(STDERR_FILENO, b->data + done, b->len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            done = errno == EAGAIN ? done : b->len;
            break;
        }
        done += (size_t)n;
    }
    memmove(b->data, b->data + done, b->len - done);
    b->len -= done;
}

static int64_t now_seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME_COARSE, &ts);
    return ts.tv_sec;
}

/* Says how many lines were lost, when there is room to say it. */
static void report_dropped(struct thread_log *t)
{
    struct batch *b = &t->to_stderr;
    unsigned long n = b->len ? 0 : __atomic_exchange_n(&config.n_dropped, 0, __ATOMIC_RELAXED);

    if (!n)
        return;
    b->len = (size_t)snprintf(b->data, sizeof(b->data),
                              "[W %s log:0] %lu lines dropped: standard error was full\n",
                              t->time_text, n);
    write_stderr(b);
}

/* Whoever reads our standard error may go away: that must not raise SIGPIPE, whatever the
 * host does with it. Blocked while we write; what came of it is taken off again. */
struct sigpipe_guard {
    sigset_t sigpipe, old_mask;
    bool was_pending;
};

static void block_sigpipe(struct sigpipe_guard *g)
{
    sigset_t pending;

    sigemptyset(&g->sigpipe);
    sigaddset(&g->sigpipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &g->sigpipe, &g->old_mask);
    g->was_pending = sigismember(&g->old_mask, SIGPIPE) == 1 && sigpending(&pending) == 0 &&
                     sigismember(&pending, SIGPIPE) == 1;
}

static void restore_sigpipe(struct sigpipe_guard *g)
{
    if (!g->was_pending)
        sigtimedwait(&g->sigpipe, NULL, &(struct timespec){ 0, 0 });
    pthread_sigmask(SIG_SETMASK, &g->old_mask, NULL);
}

static void flush(struct thread_log *t)
{
    struct sigpipe_guard guard;
    int saved = errno;

    block_sigpipe(&guard);

    pthread_mutex_lock(&config.lock);
    if (t->to_stderr.len) {
        write_stderr(&t->to_stderr);
        report_dropped(t);
    }
    if (t->to_file.len && config.file)
        gale__log_file_write(config.file, t->to_file.data, t->to_file.len, now_seconds());
    t->to_file.len = 0;
    pthread_mutex_unlock(&config.lock);
    restore_sigpipe(&guard);
    errno = saved;
}

void gale_log_flush(void)
{
    struct thread_log *t = thread_log;

    if (t && (t->to_stderr.len || t->to_file.len))
        flush(t);
}

void gale__log_batch(bool on)
{
    struct thread_log *t = thread_log ? thread_log : make_thread_log();

    if (!t)
        return;
    t->n_batching += on ? 1 : -1;
    GALE_ASSERT(t->n_batching >= 0);
    if (!on)
        gale_log_flush();
}

/* Renews the text of the local time once a second. */
static void update_time(struct thread_log *t)
{
    time_t now = (time_t)now_seconds();
    struct tm tm;

    if (GALE_LIKELY(now == t->second))
        return;
    t->second = now;
    if (!localtime_r(&now, &tm))
        memset(&tm, 0, sizeof(tm));
    strftime(t->time_text, sizeof(t->time_text), "%y%m%d %H:%M:%S", &tm);
}

static char level_letter(int level)
{
    return level >= GALE_LOG_CRITICAL  ? 'C'
           : level >= GALE_LOG_ERROR   ? 'E'
           : level >= GALE_LOG_WARNING ? 'W'
           : level >= GALE_LOG_INFO    ? 'I'
                                       : 'D';
}

/* As memcpy. Most pieces of a line are short, and a call costs more than the copying: two
 * moves that overlap do for 4 to 16 bytes. */
static inline void copy(char *to, const char *from, size_t len)
{
    uint64_t a, b;
    uint32_t c, d;

    if (len > 16) {
        memcpy(to, from, len);
    } else if (len >= 8) {
        memcpy(&a, from, 8);
        memcpy(&b, from + (len - 8), 8);
        memcpy(to, &a, 8);
        memcpy(to + (len - 8), &b, 8);
    } else if (len >= 4) {
        memcpy(&c, from, 4);
        memcpy(&d, from + (len - 4), 4);
        memcpy(to, &c, 4);
        memcpy(to + (len - 4), &d, 4);
    } else {
        for (size_t i = 0; i < len; i++)
            to[i] = from[i];
    }
}

/* How much of a text that does not fit does, without a part of a character. Nothing fits after. */
static __attribute__((noinline)) size_t cut(struct thread_log *t, const char *text)
{
    size_t room = t->limit - t->len;

    while (room > 0 && ((unsigned char)text[room] & 0xc0) == 0x80)
        room--;
    t->is_cut = true;
    t->limit = t->len + room;
    return room;
}

static inline void put(struct thread_log *t, const char *text, size_t len)
{
    if (GALE_UNLIKELY(len > t->limit - t->len)) {
        size_t room = cut(t, text);

        len = room < len ? room : len; /* which the compiler cannot know */
    }
    copy(t->line + t->len, text, len);
    t->len += len;
}

/* An escape, which is of no use in part. */
static void put_whole(struct thread_log *t, const char *text, size_t len)
{
    if (len <= t->limit - t->len) {
        put(t, text, len);
        return;
    }
    t->is_cut = true;
    t->limit = t->len;
}

static size_t put_json_escape(struct thread_log *t, const char *text, size_t len)
{
    static const char special[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
    const char *known = *text ? strchr(special, *text) : NULL;
    uint32_t code_point = 0;
    size_t n = gale__utf8_decode(text, len, &code_point);
    char out[16];
    int size;

    if (known)
        size = snprintf(out, sizeof(out), "\\%c", letters[known - special]);
    else if (n)
        size = snprintf(out, sizeof(out), "\\u%04x", (unsigned)code_point & 0xffff);
    else
        size = snprintf(out, sizeof(out), "\\\\x%02x", (unsigned char)*text);
    put_whole(t, out, (size_t)size);
    return n ? n : 1;
}

/* Text inside of a JSON string: bytes that are not UTF-8 read \xNN there. */
static void put_json(struct thread_log *t, const char *text, size_t len)
{
    size_t i = 0;

    while (i < len) {
        size_t plain = gale__utf8_printable(text + i, len - i), n = 0;

        while (n < plain && text[i + n] != '"' && text[i + n] != '\\' && text[i + n] != '\t')
            n++;
        put(t, text + i, n);
        i += n;
        if (i < len)
            i += put_json_escape(t, text + i, len - i);
    }
}

void gale__log_raw(const char *text, size_t len)
{
    if (GALE_UNLIKELY(thread_log->is_json))
        put_json(thread_log, text, len);
    else
        put(thread_log, text, len);
}

void gale__log_int(int64_t value)
{
    char digits[24];
    char *p = digits + sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--p = '-';
    put(thread_log, p, (size_t)(digits + sizeof(digits) - p));
}

void gale__log_ms(double ms)
{
    if (!(ms >= 0 && ms < 1e15)) {
        gale__log_raw("?", 1);
        return;
    }
    uint64_t hundredths = (uint64_t)(ms * 100 + 0.5);
    char tail[3] = { '.', (char)('0' + hundredths / 10 % 10), (char)('0' + hundredths % 10) };

    gale__log_int((int64_t)(hundredths / 100));
    put(thread_log, tail, sizeof(tail));
}

/* A key of the object that the line is; what follows is its value. */
static void put_key(struct thread_log *t, const char *name)
{
    put(t, ",\"", 2);
    put(t, name, strlen(name));
    put(t, "\":", 2);
}

static void put_text_field(struct thread_log *t, const char *name, const char *text)
{
    gale__log_field_text(name, (gale_str){ text, strlen(text) }, 1024);
}

/* {"time":…,"level":…,"logger":…,"file":…,"line":…,"request_id":… without the end. */
static void begin_object(struct thread_log *t, const char *request_id)
{
    static const char *const levels[] = { "debug", "info", "warning", "error", "critical" };
    int i = t->record.level / 10 - 1;
    struct timespec now;
    struct tm tm;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (!gmtime_r(&now.tv_sec, &tm))
        memset(&tm, 0, sizeof(tm));
    t->len = strftime(t->line, LINE_MAX_BYTES, "{\"time\":\"%Y-%m-%dT%H:%M:%S", &tm);
    t->len += (size_t)snprintf(t->line + t->len, 16, ".%03ldZ\"", now.tv_nsec / 1000000);
    put_text_field(t, "level", levels[i < 0 ? 0 : i > 4 ? 4 : i]);
    put_text_field(t, "logger", t->record.logger);
    put_text_field(t, "file", t->record.file);
    gale__log_field_int("line", t->record.line);
    if (request_id)
        put_text_field(t, "request_id", request_id);
}

static void begin_text(struct thread_log *t, const char *request_id)
{
    const char *file = t->record.file;

    t->line[0] = '[';
    t->line[1] = level_letter(t->record.level);
    t->line[2] = ' ';
    memcpy(t->line + 3, t->time_text, TIME_BYTES);
    t->line[3 + TIME_BYTES] = ' ';
    t->len = 4 + TIME_BYTES;
    put(t, file, strcspn(file, "."));
    put(t, ":", 1);
    gale__log_int(t->record.line);
    if (GALE_UNLIKELY(request_id != NULL)) {
        put(t, " ", 1);
        put(t, request_id, strlen(request_id)); /* which has only characters that may stand here */
    }
    put(t, "] ", 2);
}

static void begin_json(struct thread_log *t, const char *request_id)
{
    begin_object(t, request_id);
    if (t->shape == GALE__LOG_OBJECT)
        return;
    put(t, ",\"message\":\"", 12);
    t->is_json = true;
}

static void begin_line(struct thread_log *t)
{
    const char *request_id = gale__context_here()->request_id;

    t->is_cut = t->is_json = false;
    t->limit = LINE_MAX_BYTES;
    t->len = 0;
    update_time(t);
    if (GALE_LIKELY(t->shape == GALE__LOG_LINE && config.format == GALE_LOG_TEXT))
        begin_text(t, request_id);
    else if (t->shape != GALE__LOG_BARE)
        begin_json(t, request_id);
    t->prefix_len = t->shape == GALE__LOG_OBJECT ? 0 : t->len;
}

bool gale__log_begin_as(const gale_logger *logger, int level, const char *file, int line,
                        enum gale__log_shape shape)
{
    struct thread_log *t = thread_log ? thread_log : make_thread_log();
    const char *slash = strrchr(file, '/');

    if (!t || !gale__log_levels_allow(logger, level))
        return false;
    t->record.logger = logger->name;
    t->record.level = level;
    t->record.file = slash ? slash + 1 : file;
    t->record.line = line;
    t->shape = shape;
    begin_line(t);
    return true;
}

bool gale__log_begin(const gale_logger *logger, int level, const char *file, int line)
{
    return gale__log_begin_as(logger, level, file, line, GALE__LOG_LINE);
}

void gale__log_field_text(const char *name, gale_str text, size_t max)
{
    struct thread_log *t = thread_log;

    put_key(t, name);
    put(t, "\"", 1);
    t->limit = t->len + max;
    put_json(t, text.ptr ? text.ptr : "", text.len);
    t->limit = LINE_MAX_BYTES;
    put(t, "\"", 1);
}

void gale__log_field_int(const char *name, int64_t value)
{
    put_key(thread_log, name);
    gale__log_int(value);
}

void gale__log_field_ms(const char *name, double ms)
{
    put_key(thread_log, name);
    if (ms >= 0 && ms < 1e15)
        gale__log_ms(ms);
    else
        put(thread_log, "null", 4);
}

/* Appends one byte that may not stand in a line, or an indent for a newline. */
static void put_escaped(unsigned char c, bool is_multiline)
{
    static const char hex[] = "0123456789abcdef";
    char text[4] = { '\\', 'x', hex[c >> 4], hex[c & 15] };

    if (c == '\n' && is_multiline)
        gale__log_raw("\n    ", 5);
    else
        gale__log_raw(text, sizeof(text));
}

static void put_text(const char *text, size_t len, bool is_multiline)
{
    size_t i = 0;

    if (GALE_UNLIKELY(thread_log->is_json)) {
        put_json(thread_log, text, len);
        return;
    }
    while (i < len) {
        size_t plain = gale__utf8_printable(text + i, len - i);

        put(thread_log, text + i, plain);
        i += plain;
        if (i < len)
            put_escaped((unsigned char)text[i++], is_multiline);
    }
}

void gale__log_text(const char *text, size_t len)
{
    put_text(text, len, false);
}

/* Copies the line into a batch; a batch that cannot be emptied loses the line. */
static void add_to_batch(struct thread_log *t, struct batch *b, const char *color)
{
    size_t need = t->len + (color ? 16 : 0);

    if (sizeof(b->data) - b->len < need)
        flush(t);
    if (sizeof(b->data) - b->len < need) {
        __atomic_add_fetch(&config.n_dropped, 1, __ATOMIC_RELAXED);
        return;
    }
    char *p = b->data + b->len;
    size_t head = color ? t->prefix_len - 1 : 0; /* the bracket, without its space */

    if (color) {
        p = mempcpy(mempcpy(p, color, 5), t->line, head);
        p = mempcpy(p, "\x1b[0m", 4);
    }
    p = mempcpy(p, t->line + head, t->len - head);
    b->len = (size_t)(p - b->data);
}

static const char *level_color(int level)
{
    switch (level_letter(level)) {
    case 'D':
        return "\x1b[34m";
    case 'I':
        return "\x1b[32m";
    case 'W':
        return "\x1b[33m";
    case 'E':
        return "\x1b[31m";
    default:
        return "\x1b[35m";
    }
}

static void give_to_sink(struct thread_log *t)
{
    t->record.text = (gale_str){ t->line, t->len };
    t->record.message = (gale_str){ t->line + t->prefix_len,
                                    t->len - t->prefix_len - t->suffix_len };
    config.sink(config.sink_arg, &t->record);
}

/* Writes what ends a line; there is room for it. */
static void close_line(struct thread_log *t)
{
    const char *end = t->is_cut ? " [cut]" : "";
    size_t message_end = t->len;

    if (t->shape == GALE__LOG_OBJECT)
        end = t->is_cut ? ",\"cut\":true}" : "}";
    else if (t->is_json)
        end = t->is_cut ? "\",\"cut\":true}" : "\"}";
    t->len = (size_t)(stpcpy(t->line + t->len, end) - t->line);
    t->line[t->len++] = '\n';
    t->suffix_len = t->is_json ? t->len - message_end : 1;
}

void gale__log_end(void)
{
    struct thread_log *t = thread_log;
    int level = t->record.level;
    bool is_text = t->shape == GALE__LOG_LINE && !t->is_json;

    close_line(t);
    if (config.sink) {
        give_to_sink(t);
        return;
    }
    if (wants_stderr())
        add_to_batch(t, &t->to_stderr, is_text && wants_colors() ? level_color(level) : NULL);
    if (has_file())
        add_to_batch(t, &t->to_file, NULL);
    if (!t->n_batching || level >= GALE_LOG_WARNING || t->to_stderr.len > FLUSH_AT ||
        t->to_file.len > FLUSH_AT)
        gale_log_flush();
}

/* A message that did not fit the small buffer. Cut at a line's maximum. */
static void put_long(const char *fmt, va_list ap)
{
    char *text = gale__malloc(LINE_MAX_BYTES + 1);

    if (!text) {
        gale__log_raw("(no memory for the message)", 27);
        return;
    }
    int len = vsnprintf(text, LINE_MAX_BYTES + 1, fmt, ap);

    put_text(text, len > LINE_MAX_BYTES ? LINE_MAX_BYTES : (size_t)len, true);
    if (len > LINE_MAX_BYTES)
        thread_log->is_cut = true;
    gale__free(text);
}

void gale_log_write(const gale_logger *logger, int level, const char *file, int line,
                    const char *fmt, ...)
{
    char text[512];
    int saved = errno;
    va_list ap;

    if (!gale__log_begin(logger, level, file, line))
        return;
    errno = saved; /* for %m */
    va_start(ap, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (len < 0) {
        gale__log_raw("Bad message (", 13);
        put_text(fmt, strlen(fmt), true);
        gale__log_raw(")", 1);
    } else if ((size_t)len < sizeof(text)) {
        while (len > 0 && text[len - 1] == '\n')
            len--;
        put_text(text, (size_t)len, true);
    } else {
        errno = saved;
        va_start(ap, fmt);
        put_long(fmt, ap);
        va_end(ap);
    }
    gale__log_end();
    errno = saved;
}

void gale_log_set_sink(void (*fn)(void *arg, const gale_log_record *record), void *arg)
{
    gale_log_flush();
    config.sink = fn;
    config.sink_arg = arg;
}

void gale__log_get_sink(void (**fn)(void *arg, const gale_log_record *record), void **arg)
{
    *fn = config.sink;
    *arg = config.sink_arg;
}

void gale_log_set_format(int format)
{
    gale_log_flush();
    config.format = format;
}

int gale__log_format(void)
{
    return config.format;
}

void gale__log_no_colors(void)
{
    __atomic_store_n(&config.is_terminal, 0, __ATOMIC_RELAXED);
}

void gale_log_set_colors(int colors)
{
    config.colors = colors;
    __atomic_store_n(&config.is_terminal, -1, __ATOMIC_RELAXED);
}

void gale_log_set_stderr(int on)
{
    gale_log_flush();
    config.to_stderr = on;
}

int gale_log_set_file(const gale_log_file_options *options)
{
    struct gale__log_file *file = NULL;
    int error = 0;

    if (options && !(file = gale__log_file_open(options, &error)))
        return error;
    gale_log_flush();
    pthread_mutex_lock(&config.lock);
    gale__log_file_free(config.file);
    __atomic_store_n(&config.file, file, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&config.lock);
    return 0;
}

int gale_log_reopen(void)
{
    gale_log_flush();
    pthread_mutex_lock(&config.lock);
    int r = config.file ? gale__log_file_reopen(config.file) : 0;

    pthread_mutex_unlock(&config.lock);
    return r;
}
