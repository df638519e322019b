/* run_parts.h - the command "gale run": its parts, private to run*.c.
 *
 * The process of the command keeps the listening sockets and never serves the application itself:
 * it builds it, starts it with the sockets, and on a change builds and starts the next one, which
 * takes over when it is ready. Only while there is no program that works it answers, with the
 * compiler's messages. All of it runs on one loop; what takes time runs in one coroutine
 * (run_turn.c).
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_CLI_RUN_PARTS_H
#define GALE_CLI_RUN_PARTS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include <gale/ioloop.h>
#include <gale/web.h>

#include "base/buf.h"
#include "base/list.h"

enum { GALE__RUN_SOCKETS = 8, GALE__RUN_WORDS = 512, GALE__RUN_TAIL = 16 * 1024 };

/* How the application is built. */
enum gale__run_kind { GALE__RUN_SOURCES, GALE__RUN_MESON, GALE__RUN_CMAKE, GALE__RUN_MAKE };

struct gale__run_options {
    const char *port, *address, *cc, *cflags, *target, *optimize;
    bool release;
    char *argv[GALE__RUN_WORDS]; /* of the program; the first is filled in */
};

/* What is built, and with what. */
struct gale__run_project {
    enum gale__run_kind kind;
    char dir[PATH_MAX];    /* of the sources, absolute */
    char source[PATH_MAX]; /* the one file; empty: all of dir */
    char build[PATH_MAX];  /* where a build tool works; below dir */
    char temp[256];        /* of this command: our programs, the status file; removed at the end */
    char name[NAME_MAX + 1];
    char *flags; /* of pkg-config, and --cflags */
    unsigned n;  /* how often it was built */
};

/* A program that was started. */
struct gale__run_program {
    struct gale__list link;
    struct gale__run *run;
    pid_t pid;
    int pidfd;
    int err; /* what it writes to standard error; -1: it has closed that */
    bool is_ready, is_told_to_end;
    double born;
    size_t tail_len;
    char tail[GALE__RUN_TAIL]; /* the last of what it wrote */
};

struct gale__run {
    struct gale__run_options options;
    struct gale__run_project project;
    gale_ioloop *loop;
    int fds[GALE__RUN_SOCKETS], n_fds;
    int port;
    struct gale__watch *watch;
    struct gale__buf included; /* the paths of what sources include, each with its NUL */
    struct gale__list programs;
    pid_t starting;                    /* is not ready yet; 0: none is waited for */
    struct gale__run_program *current; /* serves; NULL: none does */
    gale_app *page;                    /* answers meanwhile; NULL: it does not */
    struct gale__buf html, text;       /* of the messages; empty: all is well */
    bool busy;                         /* the coroutine of a turn runs */
    bool saw_source, saw_other;        /* changes that are not quiet yet */
    bool wants_build, wants_restart;
    bool ending;
    double saved;          /* when the change was seen */
    struct timespec built; /* when the last build began, as files' times are */
    char path[PATH_MAX];   /* of the program that works; empty: none did */
};

/* --- run_project.c: what there is --- */

/* Finds out what the path names, and makes the directory for temporary files. 0, or a failure. */
int gale__run_project_open(struct gale__run *run, const char *path) GALE_MUST_USE;

/* Removes that directory. */
void gale__run_project_close(struct gale__run *run);

/* Whether a file of this name is compiled: C or C++. */
bool gale__run_is_program_text(const char *name);

/* Whether a file's change means that it is built anew, or (in *restart) started anew. */
bool gale__run_is_source(const struct gale__run *run, const char *path, bool *restart);

/* run_command.c: what build tools and the program are told by the environment. */
int gale__run_set_environment(struct gale__run *run) GALE_MUST_USE;

/* --- run_build.c --- */

/* Waits. Builds it: path (PATH_MAX bytes) gets the program. 0; 1 when the messages tell why it
 * could not be; or a failure. */
int gale__run_build(struct gale__run *run, char *path) GALE_MUST_USE;

/* Waits. What the sources (or, in a build directory of ninja's, all objects) include, as the
 * compiler (or ninja) says it; the text is the coroutine's scope's. 0 or a failure. */
int gale__run_ask_included(struct gale__run *run, gale_str *out) GALE_MUST_USE;

/* run_included.c: waits. Watches all that was included, wherever it is; what cannot be found out is
 * not watched. */
void gale__run_watch_included(struct gale__run *run);

/* Whether a file was included. */
bool gale__run_is_included(const struct gale__run *run, const char *path);

/* run_find.c: the program that a build tool has made in a directory. 0, or a failure that names
 * those it may be. */
int gale__run_find(const struct gale__run *run, char *path) GALE_MUST_USE;

/* --- run_messages.c --- */

/* Notes what went wrong: title, and the output of a compiler (or of the program), as text and HTML.
 */
int gale__run_messages(struct gale__run *run, const char *title, gale_str output) GALE_MUST_USE;

/* --- run_program.c --- */

/* Waits. Starts the program; when it is ready it is the current one, and the one before is told to
 * end. 0; 1 when the messages tell why it did not start; or a failure. */
int gale__run_start(struct gale__run *run, const char *path) GALE_MUST_USE;

/* Ends who is not ready yet: it may hang. */
void gale__run_end_starting(struct gale__run *run);

/* Tells all to end. */
void gale__run_end_programs(struct gale__run *run, int signo);

/* --- run_page.c: who answers while nothing works --- */

/* Says to the pages that are open how things are: the status file. */
int gale__run_tell_pages(struct gale__run *run) GALE_MUST_USE;

/* Begins to answer with the messages. 0 or a failure. */
int gale__run_page_open(struct gale__run *run) GALE_MUST_USE;

/* Waits. Ends that. */
void gale__run_page_close(struct gale__run *run);

/* --- run_turn.c --- */

/* Something is to be done: wants_build or wants_restart. */
void gale__run_turn(struct gale__run *run);

/* A program has ended by itself: status as of waitpid(). */
void gale__run_has_ended(struct gale__run *run, struct gale__run_program *program, int status);

/* "gale run: ..." on standard error. */
void gale__run_say(const char *fmt, ...) GALE_PRINTF(1, 2);

#endif
