/* todo.h - the to-do service, for its main program and for its tests. */
/* SPDX-License-Identifier: MIT */
#ifndef TODO_H
#define TODO_H

#include <gale/gale.h>

struct sqlite3;

/* The service over an open database, which is the caller's; makes its table. */
gale_app *todo_app(struct sqlite3 *db);

#endif
