/* log.c - lines of the log: put together in a buffer of the thread, written in batches.
 *
 * A line is made once, plain, and copied to the batch of each target; only standard error
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
#include <strings.h>
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
    MARK_BYTES = 8,  /* room kept for " [cut]\n" */
    TIME_BYTES = 15, /* "260717 12:34:56" */
};

gale_logger gale_log_access = { .name = "gale.access" };
gale_logger gale_log_application = { .name = "gale.application" };
gale_logger gale_log_general = { .name = "gale.general" };
int gale_log_threshold = GALE_LOG_INFO;

static struct {
    pthread_mutex_t lock; /* over writing and over file */
    void (*sink)(void *arg, const gale_log_record *record);
    void *sink_arg;
    int to_stderr;   /* switch */
    int colors;      /* switch */
    int is_terminal; /* of standard error; -1: not asked yet */
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
    size_t prefix_len;
    size_t len;
    bool is_cut;
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
        memcpy(&b, from + len - 8, 8);
        memcpy(to, &a, 8);
        memcpy(to + len - 8, &b, 8);
    } else if (len >= 4) {
        memcpy(&c, from, 4);
        memcpy(&d, from + len - 4, 4);
        memcpy(to, &c, 4);
        memcpy(to + len - 4, &d, 4);
    } else {
        for (size_t i = 0; i < len; i++)
            to[i] = from[i];
    }
}

static inline void put(struct thread_log *t, const char *text, size_t len)
{
    size_t room = LINE_MAX_BYTES - t->len;

    if (GALE_UNLIKELY(len > room)) {
        t->is_cut = true;
        len = room;
    }
    copy(t->line + t->len, text, len);
    t->len += len;
}

void gale__log_raw(const char *text, size_t len)
{
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

bool gale__log_begin(const gale_logger *logger, int level, const char *file, int line)
{
    struct thread_log *t = thread_log ? thread_log : make_thread_log();
    const char *slash = strrchr(file, '/');

    if (!t)
        return false;
    update_time(t);
    file = slash ? slash + 1 : file;
    t->record.logger = logger->name;
    t->record.level = level;
    t->record.file = file;
    t->record.line = line;
    t->is_cut = false;
    t->line[0] = '[';
    t->line[1] = level_letter(level);
    t->line[2] = ' ';
    memcpy(t->line + 3, t->time_text, TIME_BYTES);
    t->line[3 + TIME_BYTES] = ' ';
    t->len = 4 + TIME_BYTES;
    put(t, file, strcspn(file, "."));
    put(t, ":", 1);
    gale__log_int(line);
    put(t, "] ", 2);
    t->prefix_len = t->len;
    return true;
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
    t->record.message = (gale_str){ t->line + t->prefix_len, t->len - t->prefix_len - 1 };
    config.sink(config.sink_arg, &t->record);
}

void gale__log_end(void)
{
    struct thread_log *t = thread_log;
    int level = t->record.level;

    if (t->is_cut)
        t->len = (size_t)((char *)mempcpy(t->line + t->len, " [cut]", 6) - t->line);
    t->line[t->len++] = '\n';
    if (config.sink) {
        give_to_sink(t);
        return;
    }
    if (wants_stderr())
        add_to_batch(t, &t->to_stderr, wants_colors() ? level_color(level) : NULL);
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

void gale_log_set_level(gale_logger *logger, int level)
{
    if (logger)
        __atomic_store_n(&logger->level, level, __ATOMIC_RELAXED);
    else
        __atomic_store_n(&gale_log_threshold, level ? level : GALE_LOG_INFO, __ATOMIC_RELAXED);
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
