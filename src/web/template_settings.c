/* template_settings.c - checks what settings say of templates. See templates.h. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/str.h"
#include "template/compile.h"
#include "web/templates.h"

static int check_limit(const char *name, int64_t value)
{
    if (value < GALE_UNLIMITED)
        return gale_err(GALE_EINVAL, "template_limits.%s is %lld: less than GALE_UNLIMITED", name,
                        (long long)value);
    return 0;
}

static int check_limits(const gale_template_limits *limits)
{
    const struct {
        const char *name;
        int64_t value;
    } all[] = {
        { "max_steps", limits->max_steps },   { "max_depth", limits->max_depth },
        { "max_output", limits->max_output }, { "max_memory", limits->max_memory },
        { "max_source", limits->max_source },
    };
    int r = 0;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && r == 0; i++)
        r = check_limit(all[i].name, all[i].value);
    return r;
}

/* Each is a function, lazy or a text. */
static int check_names(const char *what, const gale_name *names)
{
    for (; names && names->name; names++) {
        int n = (names->function != NULL) + (names->lazy != NULL) + (names->text != NULL);

        if (n != 1)
            return gale_err(GALE_EINVAL, "%s: %s has %s of function, lazy and text", what,
                            names->name, n ? "more than one" : "none");
        if (!*names->name)
            return gale_err(GALE_EINVAL, "%s: a name is empty", what);
    }
    return 0;
}

static int check_modules(const gale_template_module *const *list)
{
    int r = 0;

    for (size_t i = 0; list && list[i] && r == 0; i++) {
        if (!list[i]->name || !*list[i]->name)
            return gale_err(GALE_EINVAL, "template_modules: module %zu has no name", i + 1);
        r = check_names(list[i]->name, list[i]->names);
    }
    return r;
}

static int check_paths(const gale_settings *s)
{
    if (s->template_path && !*s->template_path)
        return gale_err(GALE_EINVAL, "template_path is empty");
    if (s->template_loader && s->compiled_templates)
        return gale_err(GALE_EINVAL, "both template_loader and compiled_templates are given");
    if (s->autoescape && !*s->autoescape)
        return gale_err(GALE_EINVAL, "autoescape is empty: \"None\" turns it off");
    if (s->autoescape && !gale__is_escape_name(gale__str(s->autoescape)))
        return gale_err(GALE_EINVAL, "autoescape \"%s\": not None, contextual or a function's name",
                        s->autoescape);
    if (s->template_whitespace && gale__whitespace_mode(gale__str(s->template_whitespace)) < 0)
        return gale_err(GALE_EINVAL, "template_whitespace \"%s\": not all, single or oneline",
                        s->template_whitespace);
    return 0;
}

int gale__template_settings_check(const gale_settings *s)
{
    int r = check_paths(s);

    if (r >= 0)
        r = check_limits(&s->template_limits);
    if (r >= 0)
        r = check_names("ui_methods", s->ui_methods);
    return r < 0 ? r : check_modules(s->template_modules);
}
