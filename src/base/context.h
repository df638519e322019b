/* context.h - what runs on this thread right now: where the error detail goes.
 *
 * One thread-local pointer. Outside a coroutine it is NULL and the detail is the
 * thread's own; the coroutine layer makes each coroutine begin with a
 * struct gale__context and points gale__context at it on every switch, so base
 * needs to know nothing of coroutines and a switch pays one store.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_CONTEXT_H
#define GALE_BASE_CONTEXT_H

enum { GALE__ERROR_TEXT = 192 };

struct gale__rendering;

struct gale__context {
    int error_code; /* 0: no detail stored */
    char error_text[GALE__ERROR_TEXT];
    struct gale__rendering *rendering; /* of a template, under way here; NULL: none */
    const char *request_id; /* in the lines logged here; NULL: none. Of the request's memory */
    int fetch_phase;        /* in which the last failing fetch failed, and 1; 0: none */
};

#if defined(__GNUC__) && defined(__PIC__)
/* The library is linked, not dlopened late: the cheap model saves a call on each
 * access, on the path of every coroutine switch. */
#define GALE__TLS _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define GALE__TLS _Thread_local
#endif

extern GALE__TLS struct gale__context *gale__context;

/* That of the coroutine, or the thread's own outside of one. Never NULL. */
struct gale__context *gale__context_here(void);

/* As gale_err(), for a failure that is passed on: where it happened stays where it was. */
int gale__err_again(int code, const char *text);

/* The code whose detail was stored last, 0 without one: for calls that give NULL and store why. */
int gale__error_code(void);

#endif
