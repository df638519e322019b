/* help.h - reads the text of a command's --help again, for shells and for manual pages.
 *
 * That text is in parts: "usage: …", the description, "options:", "examples:", "exit status:" and
 * whatever else has a line that ends with a colon and begins with a letter after an empty one.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_CLI_HELP_H
#define GALE_CLI_HELP_H

#include "cli/command.h"

struct gale__cli_help {
    const char *rest; /* begins as the command's help */
    gale_str part;    /* "usage", "options"; len 0: the description */
    gale_str line;    /* without its newline */
    bool is_first;    /* of its part */
};

/* The next line; false: there is none. */
bool gale__cli_help_next(struct gale__cli_help *h);

/* Of a line of "options", "  -o, --output FILE    text": the option as written, and its text; of
 * the lines that follow it the option is empty. */
void gale__cli_help_option(gale_str line, gale_str *option, gale_str *text);

#endif
