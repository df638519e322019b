/* under_run.h - what `gale run` tells the program that it has started, by the environment.
 *
 * An application is made before gale_main() runs, and its templates are opened then: so this is
 * asked where it is needed, the one exception to "only gale_main() reads the environment". A
 * program that was not started by `gale run` has none of these.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_UNDER_RUN_H
#define GALE_BASE_UNDER_RUN_H

#include <stdbool.h>

/* The variables: the directory of the sources, absolute; the file that tells how the last build
 * went (an HTML fragment, empty when all is well; replaced by rename); "1" for debug unless the
 * settings say otherwise; "1" when what is logged reaches a terminal. And of `gale routes`: the
 * descriptor that gale_main() writes the table of routes to, instead of serving. */
#define GALE__RUN_DIR "GALE_RUN_DIR"
#define GALE__RUN_STATUS "GALE_RUN_STATUS"
#define GALE__RUN_DEBUG "GALE_RUN_DEBUG"
#define GALE__RUN_COLORS "GALE_RUN_COLORS"
#define GALE__RUN_ROUTES "GALE_RUN_ROUTES"

/* Whether colours are not wanted, as NO_COLOR or a TERM without them say. Of the environment, too.
 */
bool gale__no_colors(void);

/* Each NULL, or false, outside of `gale run`; of the environment. */
const char *gale__run_dir(void);
const char *gale__run_status(void);
bool gale__run_debug(void);
bool gale__run_colors(void);
int gale__run_routes(void); /* -1: the program is to serve */

#endif
