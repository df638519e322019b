/* cookie_jar.c - which cookies are kept, and which go where. */
/* SPDX-License-Identifier: MIT */
#include "http/cookie_jar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gale/gen.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "http/client_options.h"
#include "proto/ip.h"

enum { MAX_OF_DOMAIN = 50, MAX_ALL = 3000, MAX_HOST = 255 };

void gale__cookie_jar_init(gale_cookie_jar *jar)
{
    *jar = (gale_cookie_jar){ 0 };
    gale__list_init(&jar->cookies);
}

gale_cookie_jar *gale_cookie_jar_new(void)
{
    gale_cookie_jar *jar = gale__malloc(sizeof(*jar));

    if (jar)
        gale__cookie_jar_init(jar);
    return jar;
}

double gale__cookie_jar_now(const gale_cookie_jar *jar)
{
    return jar->now ? jar->now(jar->arg) : gale__unix_time();
}

static struct gale__jar_cookie *of(struct gale__list *link)
{
    return GALE_CONTAINER_OF(link, struct gale__jar_cookie, link);
}

static void drop(gale_cookie_jar *jar, struct gale__jar_cookie *c)
{
    gale__list_remove(&c->link);
    jar->n--;
    gale__free(c);
}

void gale_cookie_jar_clear(gale_cookie_jar *jar)
{
    struct gale__list *first;

    while ((first = gale__list_first(&jar->cookies)))
        drop(jar, of(first));
}

void gale_cookie_jar_free(gale_cookie_jar *jar)
{
    if (!jar)
        return;
    gale_cookie_jar_clear(jar);
    gale__free(jar);
}

/* --- matching (RFC 6265 5.1.3, 5.1.4) --- */

static bool is_numeric(gale_str host)
{
    uint8_t bytes[16];

    return gale__ip_parse(host.ptr, host.len, bytes) != 0;
}

static bool is_below(gale_str host, gale_str domain)
{
    return host.len > domain.len && host.ptr[host.len - domain.len - 1] == '.' &&
           gale__str_ends_with(host, domain) && !is_numeric(host);
}

static bool domain_matches(const struct gale__jar_cookie *c, gale_str host)
{
    return gale__str_equal(c->domain, host) || (!c->host_only && is_below(host, c->domain));
}

static bool path_matches(gale_str cookie, gale_str path)
{
    return gale__str_starts_with(path, cookie) &&
           (path.len == cookie.len || cookie.ptr[cookie.len - 1] == '/' ||
            path.ptr[cookie.len] == '/');
}

static gale_str path_of(const struct gale__http_url *url)
{
    gale_str path = gale__str_head(url->target, gale__str_find(url->target, '?'));

    return path.len && path.ptr[0] == '/' ? path : GALE__STR("/");
}

/* Up to its last '/', which does not count unless it is all. */
static gale_str default_path(const struct gale__http_url *url)
{
    gale_str path = path_of(url);

    while (path.len > 1 && path.ptr[path.len - 1] != '/')
        path.len--;
    return gale__str_head(path, path.len > 1 ? path.len - 1 : 1);
}

/* In lower case, without a dot at its end; len 0: too long. */
static gale_str lower(gale_str in, char out[MAX_HOST])
{
    if (in.len > MAX_HOST)
        return (gale_str){ out, 0 };
    for (size_t i = 0; i < in.len; i++)
        out[i] = gale__lower(in.ptr[i]);
    return (gale_str){ out, in.len };
}

/* --- keeping --- */

static bool is_same(const struct gale__jar_cookie *a, const struct gale__jar_cookie *b)
{
    return gale__str_equal(a->name, b->name) && gale__str_equal(a->domain, b->domain) &&
           gale__str_equal(a->path, b->path) && a->host_only == b->host_only;
}

static gale_str put_text(char **p, gale_str text)
{
    gale_str copy = { *p, text.len };

    if (text.len)
        memcpy(*p, text.ptr, text.len);
    *p += text.len;
    return copy;
}

static struct gale__jar_cookie *copy_cookie(const struct gale__jar_cookie *c)
{
    struct gale__jar_cookie *copy = gale__malloc(sizeof(*copy) + c->name.len + c->value.len +
                                                 c->domain.len + c->path.len);
    char *p;

    if (!copy)
        return NULL;
    p = (char *)(copy + 1);
    *copy = *c;
    copy->name = put_text(&p, c->name);
    copy->value = put_text(&p, c->value);
    copy->domain = put_text(&p, c->domain);
    copy->path = put_text(&p, c->path);
    return copy;
}

/* Takes off what has expired; counts those of a domain and finds the least used of them and of
 * all. */
static void make_room(gale_cookie_jar *jar, gale_str domain)
{
    struct gale__jar_cookie *oldest = NULL, *oldest_of_all = NULL;
    double now = gale__cookie_jar_now(jar);
    struct gale__list *l, *next;
    int n = 0;

    for (l = jar->cookies.next; l != &jar->cookies; l = next) {
        struct gale__jar_cookie *c = of(l);

        next = l->next;
        if (c->expires <= now) {
            drop(jar, c);
            continue;
        }
        if (!oldest_of_all || c->used < oldest_of_all->used)
            oldest_of_all = c;
        if (!gale__str_equal(c->domain, domain))
            continue;
        n++;
        if (!oldest || c->used < oldest->used)
            oldest = c;
    }
    if (n >= MAX_OF_DOMAIN)
        drop(jar, oldest);
    else if (jar->n >= MAX_ALL)
        drop(jar, oldest_of_all);
}

static struct gale__jar_cookie *find(gale_cookie_jar *jar, const struct gale__jar_cookie *c)
{
    for (struct gale__list *l = jar->cookies.next; l != &jar->cookies; l = l->next)
        if (jar->lax ? gale__str_equal(of(l)->name, c->name) : is_same(of(l), c))
            return of(l);
    return NULL;
}

int gale__cookie_jar_keep(gale_cookie_jar *jar, const struct gale__jar_cookie *cookie)
{
    struct gale__jar_cookie *old = find(jar, cookie), *c;

    if (cookie->expires <= gale__cookie_jar_now(jar)) {
        if (old)
            drop(jar, old);
        return 0;
    }
    c = copy_cookie(cookie);
    if (!c)
        return -ENOMEM;
    c->created = c->used = ++jar->counter;
    if (old) {
        c->created = old->created;
        gale__list_append(&old->link, &c->link); /* before the old one: in its place */
        jar->n++;
        drop(jar, old);
        return 0;
    }
    make_room(jar, cookie->domain);
    gale__list_append(&jar->cookies, &c->link);
    jar->n++;
    return 0;
}

/* --- what may be set (RFC 6265bis 5.7) --- */

static bool has_prefix(gale_str name, gale_str prefix)
{
    return gale__str_equal_nocase(gale__str_head(name, prefix.len), prefix);
}

static int check_prefix(const struct gale__jar_cookie *c, bool has_path)
{
    gale_str name = c->name.len ? c->name : c->value;
    bool host = has_prefix(name, GALE__STR("__Host-"));

    if (!host && !has_prefix(name, GALE__STR("__Secure-")))
        return 0;
    if (!c->name.len || !c->secure)
        return gale_err(GALE_EINVAL, "cookie %.*s is not Secure", (int)name.len, name.ptr);
    if (host && (!c->host_only || !has_path || c->path.len != 1))
        return gale_err(GALE_EINVAL, "cookie %.*s has a Domain, or a Path other than /",
                        (int)name.len, name.ptr);
    return 0;
}

/* A cookie that came in the clear does not take the place of one that is Secure. */
static bool overlays_secure(const gale_cookie_jar *jar, const struct gale__jar_cookie *c)
{
    for (struct gale__list *l = jar->cookies.next; l != &jar->cookies; l = l->next) {
        const struct gale__jar_cookie *old = of(l);

        if (old->secure && gale__str_equal(old->name, c->name) &&
            (gale__str_equal(old->domain, c->domain) || is_below(old->domain, c->domain) ||
             is_below(c->domain, old->domain)) &&
            path_matches(old->path, c->path))
            return true;
    }
    return false;
}

static int check_domain(struct gale__jar_cookie *c, gale_str host, gale_str domain)
{
    c->domain = host;
    c->host_only = !domain.len || gale__str_equal(domain, host);
    if (c->host_only) {
        c->host_only = !domain.len || is_numeric(host) || gale__str_find(host, '.') == host.len;
        return 0;
    }
    if (!is_below(host, domain) || gale__str_find(domain, '.') == domain.len)
        return gale_err(GALE_EINVAL, "%.*s may not set a cookie for domain %.*s", (int)host.len,
                        host.ptr, (int)domain.len, domain.ptr);
    c->domain = domain;
    return 0;
}

static int check_cookie(gale_cookie_jar *jar, struct gale__jar_cookie *c,
                        const struct gale__http_url *url, bool has_path)
{
    int r;

    if (c->secure && !url->tls)
        return gale_err(GALE_EINVAL, "a Secure cookie that came in the clear");
    r = check_prefix(c, has_path);
    if (r >= 0 && !url->tls && overlays_secure(jar, c))
        r = gale_err(GALE_EINVAL, "a Secure cookie of that name is there");
    return r;
}

int gale__cookie_jar_store(gale_cookie_jar *jar, const struct gale__http_url *url, gale_str field)
{
    char host[MAX_HOST], domain[MAX_HOST];
    double now = gale__cookie_jar_now(jar), wall = jar->lax ? gale__unix_time() : now;
    struct gale__received_cookie in;
    struct gale__jar_cookie c;
    int r = 0;

    if (!gale__received_cookie_parse(field, wall, &in))
        return gale_err(GALE_EINVAL, "a malformed cookie, or a longer one than %d bytes",
                        GALE__COOKIE_MAX);
    c = (struct gale__jar_cookie){
        .name = in.name,
        .value = in.value,
        .path = in.path.len ? in.path : default_path(url),
        .expires = in.expires + (now - wall),
        .secure = in.secure,
        .http_only = in.http_only,
    };
    if (in.domain.len > sizeof(domain))
        return gale_err(GALE_EINVAL, "a domain of more than %d bytes", MAX_HOST);
    if (!jar->lax) {
        r = check_domain(&c, lower(url->host, host), lower(in.domain, domain));
        if (r >= 0)
            r = check_cookie(jar, &c, url, in.path.len > 0);
    }
    return r < 0 ? r : gale__cookie_jar_keep(jar, &c);
}

int gale_cookie_jar_set(gale_cookie_jar *jar, const char *url, const char *set_cookie)
{
    struct gale__http_url parsed;
    int r = gale__http_url_parse(gale__str(url), &parsed);

    return r < 0 ? r : gale__cookie_jar_store(jar, &parsed, gale__str(set_cookie));
}

/* --- what is sent --- */

const struct gale__jar_cookie *gale__cookie_jar_find(const gale_cookie_jar *jar, gale_str name)
{
    double now = gale__cookie_jar_now(jar);

    for (struct gale__list *l = jar->cookies.prev; l != &jar->cookies; l = l->prev)
        if (of(l)->expires > now && gale__str_equal(of(l)->name, name))
            return of(l);
    return NULL;
}

/* Longer paths first, then the older. */
static int compare(const void *a, const void *b)
{
    const struct gale__jar_cookie *x = *(struct gale__jar_cookie *const *)a;
    const struct gale__jar_cookie *y = *(struct gale__jar_cookie *const *)b;

    if (x->path.len != y->path.len)
        return x->path.len > y->path.len ? -1 : 1;
    return x->created < y->created ? -1 : x->created > y->created;
}

static bool goes_to(const gale_cookie_jar *jar, const struct gale__jar_cookie *c,
                    const struct gale__http_url *url, gale_str host)
{
    if (jar->lax)
        return true;
    return (!c->secure || url->tls) && domain_matches(c, host) &&
           path_matches(c->path, path_of(url));
}

/* Those that go there, in a block of the heap: how many; 0 also when out of memory, with -ENOMEM in
 * *error. */
static size_t collect(gale_cookie_jar *jar, const struct gale__http_url *url,
                      struct gale__jar_cookie ***out, int *error)
{
    char buffer[MAX_HOST];
    gale_str host = lower(url->host, buffer);
    double now = gale__cookie_jar_now(jar);
    size_t n = 0;

    *out = gale__malloc(jar->n * sizeof(struct gale__jar_cookie *));
    if (!*out) {
        *error = -ENOMEM;
        return 0;
    }
    for (struct gale__list *l = jar->cookies.next; l != &jar->cookies; l = l->next)
        if (of(l)->expires > now && goes_to(jar, of(l), url, host))
            (*out)[n++] = of(l);
    if (n && !jar->lax)
        qsort(*out, n, sizeof(struct gale__jar_cookie *), compare);
    return n;
}

size_t gale__cookie_jar_write(gale_cookie_jar *jar, const struct gale__http_url *url,
                              const char *before, struct gale__buf *out)
{
    struct gale__jar_cookie **found = NULL;
    size_t n = jar->n ? collect(jar, url, &found, &out->error) : 0;

    for (size_t i = 0; i < n; i++) {
        struct gale__jar_cookie *c = found[i];

        c->used = ++jar->counter;
        gale__buf_append_cstr(out, i ? "; " : before);
        gale__buf_append_str(out, c->name);
        if (c->name.len)
            gale__buf_append_char(out, '=');
        gale__buf_append_str(out, c->value);
    }
    gale__free(found);
    return n;
}

const char *gale_cookie_jar_get(gale_cookie_jar *jar, const char *url)
{
    struct gale__http_url parsed;
    struct gale__buf line;
    char *copy = NULL;

    if (gale__http_url_parse(gale__str(url), &parsed) < 0)
        return NULL;
    gale__buf_init(&line, SIZE_MAX / 4);
    if (gale__cookie_jar_write(jar, &parsed, "", &line) && !line.error)
        copy = gale_scope_alloc(line.len + 1);
    if (copy) {
        memcpy(copy, line.ptr, line.len);
        copy[line.len] = 0;
    }
    gale__buf_deinit(&line);
    return copy;
}

/* --- of a fetch --- */

void gale__client_cookie_fields(struct gale__fetch *f, const char *user_cookies,
                                struct gale__buf *out)
{
    if (user_cookies) {
        gale__buf_append_cstr(out, "Cookie: ");
        gale__buf_append_cstr(out, user_cookies);
    }
    if (gale__cookie_jar_write(f->request.cookies, &f->out.url,
                               user_cookies ? "; " : "Cookie: ", out) ||
        user_cookies)
        gale__buf_append_cstr(out, "\r\n");
}

int gale__client_cookies_answered(struct gale__fetch *f)
{
    for (const gale_http_header *h = f->response->headers; h->name; h++) {
        int r = 0;

        if (gale__str_equal_nocase(gale__str(h->name), GALE__STR("Set-Cookie")))
            r = gale__cookie_jar_store(f->request.cookies, &f->out.url, gale__str(h->value));
        if (r < 0 && r != GALE_EINVAL)
            return r;
    }
    return 0;
}
