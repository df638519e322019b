/* set_cookie.c - the cookies of an answer, kept until its headers leave.
 *
 * They survive an error page, which forgets all other headers. Nothing that is given here can end
 * an attribute or a field: what could is refused, not repaired.
 */
/* SPDX-License-Identifier: MIT */
#include "web/set_cookie.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/str.h"
#include "proto/cookie.h"

enum {
    DAY = 86400,
    CLEAR_MAX = 256, /* cookies that gale_clear_all_cookies() clears; browsers keep fewer */
};

static const double first_time = -11644473600; /* 1 Jan 1601 */

struct jar_cookie {
    gale_str name;
    gale_str field; /* of Set-Cookie */
};

struct gale__jar {
    struct jar_cookie *items; /* in the order of their last setting */
    size_t n, cap;
};

int gale__jar_emit(gale_handler *self)
{
    const struct gale__jar *jar = self->more->jar;
    int r = 0;

    for (size_t i = 0; i < jar->n && r >= 0; i++)
        r = gale__headers_add(&self->headers, GALE__STR("Set-Cookie"), jar->items[i].field);
    return r;
}

static struct gale__jar *jar_of(gale_handler *self)
{
    struct gale__handler_more *more = gale__handler_more(self);

    if (more && !more->jar)
        more->jar = gale__arena_zalloc(&self->x->arena, sizeof(*more->jar));
    return more ? more->jar : NULL;
}

static int grow(gale_handler *self, struct gale__jar *jar)
{
    size_t cap = jar->cap ? 2 * jar->cap : 4;
    struct jar_cookie *items = gale_alloc(self, cap * sizeof(*items));

    if (!items)
        return -ENOMEM;
    if (jar->n)
        memcpy(items, jar->items, jar->n * sizeof(*items));
    jar->items = items;
    jar->cap = cap;
    return 0;
}

/* Puts a cookie last, in place of one of its name. */
static int put(gale_handler *self, gale_str name, gale_str field)
{
    struct gale__jar *jar = jar_of(self);
    size_t i = 0;

    if (!jar || (jar->n == jar->cap && grow(self, jar) < 0))
        return -ENOMEM;
    while (i < jar->n && !gale__str_equal(jar->items[i].name, name))
        i++;
    if (i < jar->n) {
        jar->n--;
        memmove(&jar->items[i], &jar->items[i + 1], (jar->n - i) * sizeof(jar->items[0]));
    }
    jar->items[jar->n++] = (struct jar_cookie){ name, field };
    return 0;
}

/* --- what may be set ---------------------------------------------------------------- */

static int check_name(const char *name)
{
    if (!name || !gale__cookie_name_valid(gale__str(name)))
        return gale_err(GALE_EINVAL, "cookie name '%.60s' is no token", name ? name : "(NULL)");
    return 0;
}

static int check_value(const char *name, const char *value)
{
    if (!value)
        return gale_err(GALE_EINVAL, "cookie %.60s: the value is NULL", name);
    for (; *value; value++)
        if ((unsigned char)*value < 0x20)
            return gale_err(GALE_EINVAL, "cookie %.60s: control character in the value", name);
    return 0;
}

/* Nothing that could end the attribute. */
static int check_attribute(const char *name, const char *what, const char *text)
{
    for (; text && *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c <= 0x20 || c == 0x7f || c == ';')
            return gale_err(GALE_EINVAL, "cookie %.60s: character 0x%02x in %s", name, c, what);
    }
    return 0;
}

static int check_numbers(const char *name, const gale_cookie *o)
{
    if (!isfinite(o->expires) || !isfinite(o->expires_days))
        return gale_err(GALE_EINVAL, "cookie %.60s: expires is no time", name);
    if (o->same_site < GALE_SAME_SITE_UNSET || o->same_site > GALE_SAME_SITE_OMITTED)
        return gale_err(GALE_EINVAL, "cookie %.60s: same_site is %d", name, (int)o->same_site);
    if (o->priority < GALE_PRIORITY_UNSET || o->priority > GALE_PRIORITY_HIGH)
        return gale_err(GALE_EINVAL, "cookie %.60s: priority is %d", name, (int)o->priority);
    return 0;
}

static int check_options(const char *name, const gale_cookie *o)
{
    int r = check_attribute(name, "domain", o->domain);

    if (r >= 0)
        r = check_attribute(name, "path", o->path);
    if (r >= 0)
        r = check_numbers(name, o);
    if (r >= 0)
        r = gale__check_switch("secure", o->secure);
    if (r >= 0)
        r = gale__check_switch("http_only", o->http_only);
    return r < 0 ? r : gale__check_switch("partitioned", o->partitioned);
}

/* Prefixes promise what the cookie was set with (RFC 6265bis 4.1.3), in any case of letters. */
static bool has_prefix(const char *name, const char *prefix)
{
    return strncasecmp(name, prefix, strlen(prefix)) == 0;
}

static int check_prefixes(const char *name, const struct gale__set_cookie *c)
{
    bool is_host = has_prefix(name, "__Host-");

    if ((is_host || has_prefix(name, "__Secure-")) && !c->secure)
        return gale_err(GALE_EINVAL, "cookie %.60s: its prefix needs secure", name);
    if (is_host && c->domain.len)
        return gale_err(GALE_EINVAL, "cookie %.60s: its prefix forbids a domain", name);
    if (is_host && !gale__str_equal(c->path, GALE__STR("/")))
        return gale_err(GALE_EINVAL, "cookie %.60s: its prefix needs the path \"/\"", name);
    if (gale__str_equal(c->same_site, GALE__STR("None")) && !c->secure)
        return gale_err(GALE_EINVAL, "cookie %.60s: SameSite=None needs secure", name);
    if (c->partitioned && !c->secure)
        return gale_err(GALE_EINVAL, "cookie %.60s: partitioned needs secure", name);
    return 0;
}

/* --- setting ------------------------------------------------------------------------ */

static bool is_on(int value, bool otherwise)
{
    return value ? value == GALE_ON : otherwise;
}

static gale_str same_site(enum gale_same_site value, bool careful)
{
    static const char *const texts[] = { "", "Strict", "Lax", "None", "" };

    if (value == GALE_SAME_SITE_UNSET && careful)
        value = GALE_SAME_SITE_LAX;
    return gale__str(texts[value]);
}

/* Times are cut to the years that an HTTP date can tell. Browsers know no year before 1601, and
 * would keep the cookie: the epoch is as much in the past. */
static int64_t whole_seconds(double time)
{
    if (time < first_time)
        return 0;
    return time > 1e14 ? (int64_t)1e14 : (int64_t)time;
}

/* All but the value and the times. */
static struct gale__set_cookie describe(const char *name, const gale_cookie *o, bool careful)
{
    static const char *const priorities[] = { "", "Low", "Medium", "High" };

    return (struct gale__set_cookie){
        .name = gale__str(name),
        .domain = gale__str(o->domain),
        .path = gale__str(o->path ? o->path : "/"),
        .same_site = same_site(o->same_site, careful),
        .priority = gale__str(priorities[o->priority]),
        .http_only = is_on(o->http_only, careful),
        .partitioned = o->partitioned == GALE_ON,
        .secure = is_on(o->secure, careful),
    };
}

int gale__cookie_check(const char *name, const gale_cookie *options, bool careful)
{
    struct gale__set_cookie c;
    int r = check_name(name);

    if (r >= 0)
        r = check_options(name, options);
    if (r < 0)
        return r;
    c = describe(name, options, careful);
    return check_prefixes(name, &c);
}

static int format(gale_handler *self, const char *name, const char *value, const gale_cookie *o,
                  gale_str *field)
{
    bool careful = gale__handler_app(self)->settings.secure_cookies == GALE_ON;
    struct gale__set_cookie c = describe(name, o, careful);
    double days = o->expires_days * DAY;
    int64_t expires = whole_seconds(o->expires != 0 ? o->expires : gale__unix_time() + days);
    int64_t max_age = o->max_age < 0 ? 0 : o->max_age;
    int r = check_prefixes(name, &c);
    char *text;

    c.value = gale__str(value);
    c.expires = o->expires != 0 || o->expires_days != 0 ? &expires : NULL;
    c.max_age = o->max_age ? &max_age : NULL;
    if (r < 0)
        return r;
    text = gale_alloc(self, gale__set_cookie_size(&c));
    if (!text)
        return -ENOMEM;
    *field = (gale_str){ text, gale__set_cookie_format(&c, text) };
    return 0;
}

static int set(gale_handler *self, const char *name, const char *value, const gale_cookie *options)
{
    const gale_cookie none = { 0 };
    const gale_cookie *o = options ? options : &none;
    gale_str field;
    int r = check_name(name);

    if (r >= 0 && self->headers_sent)
        r = gale_err(GALE_ESTATE, "cookie %.60s: the headers have left", name);
    if (r >= 0)
        r = check_value(name, value);
    if (r >= 0)
        r = check_options(name, o);
    if (r >= 0)
        r = format(self, name, value, o, &field);
    if (r < 0)
        return r;
    return put(self, (gale_str){ field.ptr, strlen(name) }, field);
}

int gale_set_cookie(gale_handler *self, const char *name, const char *value,
                    const gale_cookie *options)
{
    int r = self->failed ? self->failed : set(self, name, value, options);

    return r < 0 ? gale__handler_failed(self, r) : 0;
}

int gale_clear_cookie(gale_handler *self, const char *name, const gale_cookie *options)
{
    gale_cookie gone = options ? *options : (gale_cookie){ 0 };

    gone.expires = gale__unix_time() - 365.0 * DAY;
    gone.expires_days = 0;
    gone.max_age = 0;
    if (name && (has_prefix(name, "__Host-") || has_prefix(name, "__Secure-")))
        gone.secure = GALE_ON; /* it was set with it, and is forgotten only with it */
    return gale_set_cookie(self, name, "", &gone);
}

int gale_clear_all_cookies(gale_handler *self, const gale_cookie *options)
{
    const char *name, *value;
    int r = self->failed;

    for (size_t i = 0; r >= 0 && i < CLEAR_MAX && gale_cookie_at(self, i, &name, &value); i++) {
        gale_cookie gone = options ? *options : (gale_cookie){ 0 };

        if (has_prefix(name, "__Host-"))
            gone.domain = gone.path = NULL; /* as it was set */
        r = gale_clear_cookie(self, name, &gone);
    }
    return r < 0 ? r : self->failed;
}
