/* keeper.c - the process that keeps the example programs running.
 *
 * It reads one end of a pipe, whose other end the site alone has. A byte: somebody has opened the
 * site, start them all. The end: the site has ended, in whatever way (also by SIGKILL, or because
 * a new build of it took its place): end them all. Each program gets a listening socket that the
 * keeper bound, handed over as systemd does: no port is guessed, a program that is started again
 * has the one it had, and connections made meanwhile wait. Programs die with the keeper.
 */
/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "demo.h"

#define PAUSE_MIN 0.25 /* before a program is started again, doubled each time it fails */
#define PAUSE_MAX 30.0
#define STOP_TIMEOUT 3.0 /* for all of them to end after SIGTERM */

struct keeper {
    struct shared *shared;
    char folder[200]; /* of what the programs keep; removed in the end */
    int pipe;
    bool is_stopping;
    gale_condition stop;
    gale_subprocess *children[N_PROGRAMS]; /* that run now */
};

struct kept {
    struct keeper *keeper;
    const struct program *program;
    struct program_state *state;
    gale_subprocess **child;
    int socket;
    bool has_begun;
    char last_line[WHY_MAX_SIZE / 2]; /* of its log */
};

const struct program programs[N_PROGRAMS] = {
    { "Hello, world", "helloworld", NULL, "examples/helloworld.c",
      "The shortest program there is: a handler, a route, <code>gale_main</code>.", NULL },
    { "Chat", "chat/chat", NULL, "examples/chat",
      "WebSockets: open it twice and talk to yourself. Over Redis many processes are one chat.",
      NULL },
    { "Blog", "blog/blog", "--database=%s/blog.db", "examples/blog",
      "Users, login, Markdown, an Atom feed. Queries never block the loop.",
      "SQLite and cmark (libsqlite3-dev, libcmark-dev)" },
    { "Login with third parties", "login/login", NULL, "examples/login",
      "Somebody else says who you are: Google, GitHub, any OpenID provider; here the demo's own.",
      NULL },
    { "Upload", "upload", NULL, "examples/upload.c",
      "Files of a form, and bodies of any size as they come, in constant memory.", NULL },
    { "Long poll", "longpoll", NULL, "examples/longpoll.c",
      "A chat without WebSockets: a request is answered when there is something to tell.", NULL },
    { "Events", "events", NULL, "examples/events.c",
      "Server-sent events: a count that goes on where it was when the connection breaks.", NULL },
    { "To-do list", "todo/todo", NULL, "examples/todo",
      "A JSON service on SQLite with a page in front of it, and a user's tests.",
      "SQLite (libsqlite3-dev)" },
    { "httpbin", "httpbin/httpbin", NULL, "examples/httpbin",
      "Says what you sent, in fifty ways: a larger application in several files.", NULL },
    { "Templates in the program", "templates/notes", NULL, "examples/templates",
      "Templates compiled to C: no files are needed where it runs.", NULL },
    { "Templates in two languages", "blog-templates/blog", NULL, "examples/blog-templates",
      "Inheritance, UI modules, a catalogue: English and Chinese.", NULL },
    { "TCP echo", "tcpecho", "--port=0", "examples/tcpecho.c",
      "No HTTP at all: a coroutine for each connection. Its page sends it a line.", NULL },
};

bool find_program(const char *path, char *out, size_t size)
{
    char self[3000];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    if (n < 0)
        return false;
    self[n] = '\0';
    slash = strrchr(self, '/');
    *slash = '\0';
    return snprintf(out, size, "%s/%s", self, path) < (int)size && access(out, X_OK) == 0;
}

/* --- one program ---------------------------------------------------------------- */

static void set_state(struct kept *kept, int state)
{
    atomic_store(&kept->state->state, state);
    if (!kept->has_begun)
        atomic_fetch_add(&kept->keeper->shared->n_begun, 1);
    kept->has_begun = true;
}

/* Why it ended: how, and what it said last. */
static void note_end(struct kept *kept, int status)
{
    const char *last = kept->last_line;
    char *why = kept->state->why;

    if (status < 0)
        snprintf(why, WHY_MAX_SIZE, "signal %d (%s)", -status, strsignal(-status));
    else
        snprintf(why, WHY_MAX_SIZE, "status %d%s%s", status, *last ? ": " : "", last);
    atomic_store(&kept->state->pid, 0);
    set_state(kept, PROGRAM_ENDED);
}

/* Waits. What it prints goes on to our own log, with its name; until it ends. */
static int relay_log(struct kept *kept)
{
    gale_iostream *out = gale_subprocess_out(*kept->child);
    gale_str line;
    int r;

    while ((r = gale_iostream_read_until(out, "\n", 65536, &line)) >= 0) {
        int n = (int)line.len - 1;

        fprintf(stderr, "%s: %.*s\n", kept->program->path, n, line.ptr);
        snprintf(kept->last_line, sizeof(kept->last_line), "%.*s", n, line.ptr);
    }
    return r;
}

/* systemd says who is meant by LISTEN_PID: a shell, which becomes the program, knows who it is. */
static gale_subprocess *start(struct kept *kept, const char *path)
{
    char option[300];
    const char *argv[] = {
        "/bin/sh", "-c", "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\" 3<&0 </dev/null",
        "sh",      path, kept->program->option ? option : NULL,
        NULL
    };

    if (kept->program->option)
        snprintf(option, sizeof(option), kept->program->option, kept->keeper->folder);
    return gale_subprocess_new(argv, &(gale_subprocess_options){ .in = kept->socket,
                                                                 .out = GALE_STREAM,
                                                                 .err = GALE_STDOUT,
                                                                 .cwd = kept->keeper->folder,
                                                                 .new_session = GALE_ON,
                                                                 .kill_on_parent_death = GALE_ON });
}

/* Waits. From its start to its end. */
static int run(struct kept *kept, const char *path)
{
    int status = 0, r;

    kept->last_line[0] = '\0';
    *kept->child = start(kept, path);
    if (!*kept->child) {
        snprintf(kept->state->why, WHY_MAX_SIZE, "%s", gale_strerror(gale_subprocess_error()));
        set_state(kept, PROGRAM_ENDED);
        return -1;
    }
    atomic_store(&kept->state->pid, gale_subprocess_pid(*kept->child));
    set_state(kept, PROGRAM_RUNS);
    (void)relay_log(kept);
    r = gale_subprocess_wait(*kept->child, &status);
    gale_subprocess_free(kept->child);
    note_end(kept, status);
    return r;
}

static double now(void)
{
    return gale_ioloop_time(gale_ioloop_current());
}

/* Waits. Again and again, until all is to end. */
static void keep(struct kept *kept, const char *path)
{
    double pause = PAUSE_MIN;

    for (bool is_first = true;; is_first = false) {
        double begin = now();

        if (!is_first)
            atomic_fetch_add(&kept->state->restarts, 1);
        (void)run(kept, path);
        if (now() - begin > PAUSE_MAX)
            pause = PAUSE_MIN;
        if (kept->keeper->is_stopping ||
            gale_condition_wait(&kept->keeper->stop, now() + pause) != GALE_ETIMEDOUT ||
            kept->keeper->is_stopping) /* both at once */
            return;
        pause = pause * 2 < PAUSE_MAX ? pause * 2 : PAUSE_MAX;
    }
}

static int bind_socket(struct kept *kept)
{
    struct sockaddr_in in = { 0 };
    socklen_t size = sizeof(in);
    int r = gale_bind_sockets(0, "127.0.0.1", NULL, &kept->socket, 1);

    if (r < 0 || getsockname(kept->socket, (struct sockaddr *)&in, &size) < 0)
        return r < 0 ? r : -errno;
    atomic_store(&kept->state->port, ntohs(in.sin_port));
    return 0;
}

static int look_after(void *arg)
{
    struct kept *kept = arg;
    char path[4096];
    int r = 0;

    if (!find_program(kept->program->path, path, sizeof(path))) {
        set_state(kept, PROGRAM_MISSING);
        return 0;
    }
    r = bind_socket(kept);
    if (r >= 0) {
        keep(kept, path);
        close(kept->socket);
        return 0;
    }
    snprintf(kept->state->why, WHY_MAX_SIZE, "%s", gale_strerror(r));
    set_state(kept, PROGRAM_ENDED);
    return r;
}

/* --- the keeper ------------------------------------------------------------------- */

/* Waits. Until nobody has the other end of the pipe; more bytes are other workers' first pages. */
static void wait_for_end(struct keeper *keeper)
{
    char byte;

    while (gale_wait_fd(keeper->pipe, GALE_READ, GALE_FOREVER) >= 0 &&
           read(keeper->pipe, &byte, 1) == 1)
        ;
}

static void signal_all(struct keeper *keeper, int signo)
{
    for (int i = 0; i < N_PROGRAMS; i++)
        if (keeper->children[i])
            gale_subprocess_kill(keeper->children[i], signo);
}

static int keep_all(void *arg)
{
    struct keeper *keeper = arg;
    struct kept kept[N_PROGRAMS];
    gale_future *futures[N_PROGRAMS];
    double deadline;

    for (int i = 0; i < N_PROGRAMS; i++) {
        kept[i] = (struct kept){ .keeper = keeper,
                                 .program = &programs[i],
                                 .state = &keeper->shared->states[i],
                                 .child = &keeper->children[i] };
        futures[i] = gale_spawn(look_after, &kept[i]);
    }
    wait_for_end(keeper);
    keeper->is_stopping = true;
    gale_condition_notify_all(&keeper->stop);
    signal_all(keeper, SIGTERM);
    deadline = now() + STOP_TIMEOUT;
    for (int i = 0; i < N_PROGRAMS; i++) {
        if (!futures[i])
            continue;
        if (gale_wait_until(futures[i], deadline) == GALE_ETIMEDOUT)
            signal_all(keeper, SIGKILL);
        (void)gale_join(&futures[i]);
    }
    return 0;
}

/* Files only: the programs make no folders there. */
static void remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(path);
}

static int make_folder(struct keeper *keeper)
{
    const char *place = getenv("TMPDIR");

    snprintf(keeper->folder, sizeof(keeper->folder), "%s/gale-demo-XXXXXX", place ? place : "/tmp");
    return mkdtemp(keeper->folder) ? 0
                                   : gale_err(-errno, "%s: %s", keeper->folder, strerror(errno));
}

static int run_keeper(struct keeper *keeper)
{
    char byte;
    int r;

    setsid();                 /* a terminal's Ctrl-C is for the site */
    signal(SIGPIPE, SIG_IGN); /* the log may have nobody to read it, when the site was killed */
    if (read(keeper->pipe, &byte, 1) != 1)
        return 0; /* nobody came */
    r = make_folder(keeper);
    if (r >= 0) {
        r = gale_ioloop_run_sync(gale_ioloop_current(), keep_all, keeper, 0);
        gale_ioloop_free(gale_ioloop_current());
        remove_folder(keeper->folder);
    }
    if (r < 0)
        fprintf(stderr, "demo: %s\n", gale_strerror(r));
    return r < 0;
}

/* --- what the site calls ------------------------------------------------------------ */

int start_keeper(struct demo *demo)
{
    int ends[2];

    demo->shared = mmap(NULL, sizeof(*demo->shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (demo->shared == MAP_FAILED || pipe2(ends, O_CLOEXEC) < 0)
        return gale_err(-errno, "cannot start the keeper: %s", strerror(errno));
    demo->keeper = fork();
    if (demo->keeper < 0)
        return gale_err(-errno, "cannot start the keeper: %s", strerror(errno));
    if (demo->keeper == 0) {
        struct keeper keeper = { .shared = demo->shared, .pipe = ends[0] };

        close(ends[1]);
        exit(run_keeper(&keeper));
    }
    close(ends[0]);
    demo->keeper_pipe = ends[1];
    return 0;
}

void begin_programs(struct demo *demo)
{
    if (demo->has_begun)
        return;
    demo->has_begun = true;
    if (write(demo->keeper_pipe, "", 1) < 0)
        gale_log(&gale_log_application, GALE_LOG_ERROR, "the keeper has gone");
}

void end_keeper(struct demo *demo)
{
    close(demo->keeper_pipe);
    while (waitpid(demo->keeper, NULL, 0) < 0 && errno == EINTR)
        ;
    munmap(demo->shared, sizeof(*demo->shared));
}
