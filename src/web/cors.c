/* cors.c - which other sites' scripts may call this one (Fetch, CORS protocol). */
/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "web/handler.h"

enum { MAX_AGE = 600 };

static bool is_any(const gale_cors *rules)
{
    return strcmp(rules->origins[0], "*") == 0;
}

/* Beside others it would say of them that they are not needed, or be taken for an origin. */
static bool has_any_among_others(const gale_cors *rules)
{
    for (const char *const *o = rules->origins; *o; o++)
        if (strcmp(*o, "*") == 0 && rules->origins[1])
            return true;
    return false;
}

static int check_rules(const gale_cors *rules)
{
    if (!rules || !rules->origins || !rules->origins[0])
        return gale_err(GALE_EINVAL, "gale_cors has no origins");
    if (has_any_among_others(rules))
        return gale_err(GALE_EINVAL, "gale_cors: \"*\" stands alone");
    if (is_any(rules) && rules->credentials == GALE_ON)
        return gale_err(GALE_EINVAL, "gale_cors: credentials need their origins named, not \"*\"");
    return 0;
}

/* What Access-Control-Allow-Origin says to this origin; NULL: nothing. "null" is no origin: any
 * sandboxed page has it. */
static const char *allowed(const gale_cors *rules, const char *origin)
{
    if (!origin || is_any(rules))
        return origin ? "*" : NULL;
    for (const char *const *o = rules->origins; *o; o++)
        if (strcmp(*o, origin) == 0 && strcmp(*o, "null") != 0)
            return origin;
    return NULL;
}

static bool lists_origin(gale_str value)
{
    gale_str part;

    while (gale__str_split(&value, ',', &part)) {
        part = gale__str_trim(part);
        if (gale__str_equal(part, GALE__STR("*")) ||
            gale__str_equal_nocase(part, GALE__STR("Origin")))
            return true;
    }
    return false;
}

/* Answers differ by Origin, also those to requests without one. */
static int vary(gale_handler *self)
{
    for (size_t i = 0; self->headers.fields && i < self->headers.n; i++) {
        const struct gale__field *field = &self->headers.fields[i];

        if (gale__str_equal_nocase(field->name, GALE__STR("Vary")) && lists_origin(field->value))
            return 0;
    }
    return gale_add_header(self, "Vary", "Origin");
}

static int set_headers(gale_handler *self, const gale_cors *rules, const char *allow)
{
    int r = is_any(rules) ? 0 : vary(self);

    if (r < 0 || !allow)
        return r;
    r = gale_set_header(self, "Access-Control-Allow-Origin", allow);
    if (r >= 0 && rules->credentials == GALE_ON)
        r = gale_set_header(self, "Access-Control-Allow-Credentials", "true");
    if (r >= 0 && rules->expose)
        r = gale_set_header(self, "Access-Control-Expose-Headers", rules->expose);
    return r;
}

static bool is_preflight(gale_handler *self)
{
    return gale__handler_method(self) == GALE__METHOD_OPTIONS &&
           gale_request_header(&self->x->request, "Access-Control-Request-Method");
}

static int set_preflight(gale_handler *self, const gale_cors *rules)
{
    const char *asked = gale_request_header(&self->x->request, "Access-Control-Request-Headers");
    const char *headers = rules->headers ? rules->headers : asked;
    char age[24];
    int r = gale_set_header(self, "Access-Control-Allow-Methods",
                            rules->methods ? rules->methods : self->cls->allow);

    snprintf(age, sizeof(age), "%" PRId64, rules->max_age ? rules->max_age : MAX_AGE);
    if (r >= 0)
        r = gale_set_header(self, "Access-Control-Max-Age", age);
    if (r >= 0 && headers)
        r = gale_set_header(self, "Access-Control-Allow-Headers", headers);
    return r;
}

int gale_cors_apply(gale_handler *self, const gale_cors *rules)
{
    const char *allow;
    int r = check_rules(rules);

    if (r < 0)
        return gale__handler_failed(self, r);
    allow = allowed(rules, gale_request_header(&self->x->request, "Origin"));
    r = set_headers(self, rules, allow);
    if (r < 0 || !is_preflight(self))
        return r;
    if (allow)
        r = set_preflight(self, rules);
    if (r >= 0)
        r = gale_set_status(self, 204, NULL);
    if (r >= 0)
        r = gale_finish(self);
    return r < 0 ? r : 1;
}

int gale_cors_before(gale_handler *self, void *rules)
{
    return gale_cors_apply(self, rules);
}

int gale_cors_after(gale_handler *self, void *rules)
{
    int r = check_rules(rules);

    if (r < 0)
        return r;
    return set_headers(self, rules,
                       allowed(rules, gale_request_header(&self->x->request, "Origin")));
}
