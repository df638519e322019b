/* notes.c - templates that are part of the program: no files are needed where it runs.
 *
 * meson.build has "gale template compile" turn the directory pages into C. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <jansson.h>

extern const struct gale_template_program *const pages[]; /* in the C that was made */

static int notes_get(gale_handler *self)
{
    return gale_render(self, "notes.html",
                       json_pack("{s:[s, s]}", "notes", "Buy milk", "Fish & <chips>"));
}

static const gale_handler_class notes_handler = { .get = notes_get };

int main(int argc, char **argv)
{
    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/", .handler = &notes_handler },
                             { 0 },
                         },
                         &(gale_settings){ .compiled_templates = pages }));
}
