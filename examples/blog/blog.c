/* blog.c - a blog: users who log in and write in Markdown, an archive, a feed; kept by SQLite or by
 * PostgreSQL.
 *
 *     ./blog --database=blog.db
 *     ./blog --postgres="dbname=blog"
 *
 * Nothing here blocks the loop: SQLite's statements run on threads, PostgreSQL's on its socket
 * (database.c), and on threads too are the hashing of passwords, which is slow by intent, and the
 * making of HTML. What is written is untrusted: cmark leaves out raw HTML and dangerous links,
 * templates escape the rest.
 */
/* SPDX-License-Identifier: MIT */
#include <cmark.h>
#include <crypt.h>
#include <errno.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "database.h"

#define ENTRIES                                                                                    \
    "SELECT entry.*, author.name AS author FROM entry JOIN author ON author.id = author_id "

struct blog {
    pthread_mutex_t lock; /* loops on several threads may share the application */
    database *db;
};

/* The first call makes the handle, since options are read by then. */
static database *db_of(gale_handler *self)
{
    struct blog *blog = gale_app_data(gale_handler_app(self));
    gale_options *options = gale_options_default();

    pthread_mutex_lock(&blog->lock);
    if (!blog->db)
        blog->db = database_new(gale_option_str(options, "database"),
                                gale_option_str(options, "postgres"));
    pthread_mutex_unlock(&blog->lock);
    return blog->db;
}

/* The first request of a process finds its tables, or makes them. */
static int site_prepare(gale_handler *self)
{
    database *db = db_of(self);

    return db ? database_prepare(db) : gale_fail(self, 503, "no database");
}

/* An argument without the characters that XML, which the feed is, does not have. */
static const char *get_text(gale_handler *self, const char *name)
{
    char *text = gale_printf_alloc(self, "%s", gale_get_argument(self, name, ""));

    for (char *c = text; c && *c; c++)
        if (*c == '\v' || *c == '\f')
            *c = ' ';
        else if (strncmp(c, "\357\277\276", 3) == 0 || strncmp(c, "\357\277\277", 3) == 0)
            memset(c, ' ', 3); /* U+FFFE and U+FFFF */
    return text ? text : "";
}

/* --- what is slow, on threads of the executor ---- */

struct password {
    const char *text, *hash; /* hash NULL: none is known */
    char *made;              /* the text's hash by the hash's salt, or by a new one */
};

static int hash_now(void *arg)
{
    struct password *p = arg;
    char *salt = p->hash ? NULL : crypt_gensalt_ra(NULL, 0, NULL, 0); /* yescrypt */
    void *work = NULL;
    int size = 0;
    const char *made = crypt_ra(p->text, p->hash ? p->hash : salt, &work, &size);

    p->made = made ? strdup(made) : NULL;
    free(work);
    free(salt);
    return p->made ? 0 : -ENOMEM;
}

/* Waits. The hash of a password, of the request. */
static int hash_password(gale_handler *self, const char *text, const char *hash, char **out)
{
    struct password p = { text, hash, NULL };
    int r = gale_ioloop_run_in_executor(gale_ioloop_current(), hash_now, &p);

    *out = p.made;
    return r < 0 ? r : gale_defer(self, free, p.made);
}

static bool same_text(const char *a, const char *b)
{
    size_t n = strlen(a);
    unsigned char differs = n != strlen(b);

    for (size_t i = 0; !differs && i < n; i++)
        differs |= (unsigned char)a[i] ^ (unsigned char)b[i];
    return !differs;
}

struct markdown {
    const char *text;
    char *html;
};

static int make_html(void *arg)
{
    struct markdown *m = arg;

    m->html = cmark_markdown_to_html(m->text, strlen(m->text), CMARK_OPT_SMART);
    return m->html ? 0 : -ENOMEM;
}

/* --- pages ---- */

static int show_entries(gale_handler *self, const char *page, const char *sql)
{
    json_t *entries;
    int r = database_query(db_of(self), &entries, sql, NULL);

    return r < 0 ? r : gale_render(self, page, json_pack("{s:o}", "entries", entries));
}

static int home_get(gale_handler *self)
{
    return show_entries(self, "home.html",
                        ENTRIES "ORDER BY published DESC, entry.id DESC LIMIT 5");
}

static int archive_get(gale_handler *self)
{
    return show_entries(
        self, "archive.html",
        "SELECT slug, title, published FROM entry ORDER BY published DESC, id DESC");
}

static int feed_get(gale_handler *self)
{
    gale_set_header(self, "Content-Type", "application/atom+xml; charset=UTF-8");
    return show_entries(self, "feed.xml",
                        ENTRIES "ORDER BY published DESC, entry.id DESC LIMIT 10");
}

static int entry_get(gale_handler *self)
{
    const char *slug = gale_path_argument_named(self, "slug");
    json_t *entry;
    int r = database_get(db_of(self), &entry, ENTRIES "WHERE slug = $1", "[s]", slug);

    if (r == GALE_ENOTFOUND)
        return gale_fail(self, 404, "no entry %s", slug);
    return r < 0 ? r : gale_render(self, "entry.html", json_pack("{s:o}", "entry", entry));
}

/* --- writing ---- */

/* "Hello, World!" is hello-world. */
static void make_slug(char *out, size_t size, const char *title)
{
    size_t n = 0;

    for (; *title && n + 1 < size; title++) {
        char c = *title >= 'A' && *title <= 'Z' ? (char)(*title + 32) : *title;

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[n++] = c;
        else if (n && out[n - 1] != '-')
            out[n++] = '-';
    }
    while (n && out[n - 1] == '-')
        n--;
    out[n] = 0;
    if (!n)
        snprintf(out, size, "entry");
}

static json_int_t user_id(gale_handler *self)
{
    return json_integer_value(json_object_get(gale_current_user(self), "id"));
}

/* Waits. An entry that the user wrote; 404 for others' too. */
static int own_entry(gale_handler *self, const char *id, json_t **entry)
{
    int r = database_get(db_of(self), entry, "SELECT * FROM entry WHERE id = $1 AND author_id = $2",
                         "[I, I]", (json_int_t)strtoll(id, NULL, 10), user_id(self));

    return r == GALE_ENOTFOUND ? gale_fail(self, 404, "no entry %s of yours", id) : r;
}

static int compose_get(gale_handler *self)
{
    const char *id = gale_get_argument(self, "id", NULL);
    json_t *entry = NULL;
    int r = id ? own_entry(self, id, &entry) : 0;

    if (r < 0)
        return r;
    return gale_render(self, "compose.html",
                       json_pack("{s:o, s:n}", "entry", entry ? entry : json_null(), "error"));
}

struct text {
    const char *title, *markdown, *html;
};

/* Waits. Under the first name that is free: title, title-2, title-3 … */
static int insert_entry(gale_handler *self, const struct text *text, json_t **row)
{
    char base[64], slug[80];
    int r = -EEXIST;

    make_slug(base, sizeof(base), text->title);
    for (int n = 1; r == -EEXIST && n < 100; n++) {
        snprintf(slug, sizeof(slug), n > 1 ? "%s-%d" : "%s", base, n);
        r = database_get(db_of(self), row,
                         "INSERT INTO entry (author_id, slug, title, markdown, html) "
                         "VALUES ($1, $2, $3, $4, $5) RETURNING slug",
                         "[I, s, s, s, s]", user_id(self), slug, text->title, text->markdown,
                         text->html);
    }
    return r;
}

/* Waits. */
static int update_entry(gale_handler *self, const char *id, const struct text *text, json_t **row)
{
    time_t now = time(NULL);
    struct tm utc;
    char updated[32];
    int r;

    strftime(updated, sizeof(updated), "%Y-%m-%d %H:%M:%S", gmtime_r(&now, &utc));
    r = database_get(db_of(self), row,
                     "UPDATE entry SET title = $1, markdown = $2, html = $3, updated = $4 "
                     "WHERE id = $5 AND author_id = $6 RETURNING slug",
                     "[s, s, s, s, I, I]", text->title, text->markdown, text->html, updated,
                     (json_int_t)strtoll(id, NULL, 10), user_id(self));
    return r == GALE_ENOTFOUND ? gale_fail(self, 404, "no entry %s of yours", id) : r;
}

/* Waits. */
static int save_entry(gale_handler *self, const char *id, const char *title, const char *markdown)
{
    struct markdown m = { .text = markdown };
    int r = gale_ioloop_run_in_executor(gale_ioloop_current(), make_html, &m);
    struct text text = { title, markdown, m.html };
    json_t *row;

    if (r < 0)
        return r;
    r = *id ? update_entry(self, id, &text, &row) : insert_entry(self, &text, &row);
    free(m.html);
    if (r < 0)
        return r;
    r = gale_redirect_status(
        self, gale_reverse_url(self, "entry", json_string_value(json_object_get(row, "slug"))),
        303);
    json_decref(row);
    return r;
}

static int compose_post(gale_handler *self)
{
    const char *title = get_text(self, "title"), *text = get_text(self, "markdown");
    const char *id = gale_get_argument(self, "id", "");

    if (*title && *text)
        return save_entry(self, id, title, text);
    gale_set_status(self, 422, NULL);
    return gale_render(self, "compose.html",
                       json_pack("{s:{s:s, s:s, s:s}, s:s}", "entry", "id", id, "title", title,
                                 "markdown", text, "error", "A title and a text are needed."));
}

/* --- users ---- */

static int site_get_current_user(gale_handler *self, json_t **user)
{
    gale_str id = gale_get_signed_cookie(self, "user", 30);
    int r;

    if (!id.ptr)
        return 0;
    r = database_get(db_of(self), user, "SELECT id, name, email FROM author WHERE id = $1", "[I]",
                     (json_int_t)strtoll(id.ptr, NULL, 10));
    return r == GALE_ENOTFOUND ? 0 : r;
}

static int show_form(gale_handler *self, const char *page, const char *error)
{
    if (error)
        gale_set_status(self, 422, NULL);
    return gale_render(self, page,
                       json_pack("{s:s?, s:s, s:s, s:s}", "error", error, "email",
                                 get_text(self, "email"), "name", get_text(self, "name"), "next",
                                 gale_get_next(self, "/")));
}

static int log_in(gale_handler *self, json_t *author)
{
    const char *id = gale_printf_alloc(
        self, "%lld", (long long)json_integer_value(json_object_get(author, "id")));

    json_decref(author);
    if (!id)
        return -ENOMEM;
    gale_set_signed_cookie(self, "user", (gale_str){ id, strlen(id) },
                           &(gale_cookie){ .expires_days = 30,
                                           .http_only = GALE_ON,
                                           .same_site = GALE_SAME_SITE_LAX });
    return gale_redirect_status(self, gale_get_next(self, "/"), 303);
}

static int register_get(gale_handler *self)
{
    return show_form(self, "register.html", NULL);
}

static int register_post(gale_handler *self)
{
    const char *email = get_text(self, "email"), *name = get_text(self, "name");
    const char *password = gale_get_argument_raw(self, "password", "");
    json_t *author;
    char *hash;
    int r;

    if (!strchr(email, '@') || !*name || strlen(password) < 8)
        return show_form(self, "register.html",
                         "An address, a name and a password of at least 8 characters are needed.");
    r = hash_password(self, password, NULL, &hash);
    if (r >= 0)
        r = database_get(db_of(self), &author,
                         "INSERT INTO author (email, name, password) "
                         "VALUES (lower($1), $2, $3) RETURNING id",
                         "[s, s, s]", email, name, hash);
    if (r == -EEXIST)
        return show_form(self, "register.html", "Somebody has that address already.");
    return r < 0 ? r : log_in(self, author);
}

static int login_get(gale_handler *self)
{
    return show_form(self, "login.html", NULL);
}

/* As slow for an address that nobody has, so that time does not tell who is here. */
static int login_post(gale_handler *self)
{
    json_t *author = NULL;
    const char *hash;
    char *made;
    int r = database_get(db_of(self), &author,
                         "SELECT id, password FROM author WHERE email = lower($1)", "[s]",
                         get_text(self, "email"));

    if (r < 0 && r != GALE_ENOTFOUND)
        return r;
    hash = json_string_value(json_object_get(author, "password"));
    r = hash_password(self, gale_get_argument_raw(self, "password", ""), hash, &made);
    if (r >= 0 && hash && same_text(made, hash))
        return log_in(self, author);
    json_decref(author);
    return r < 0 ? r : show_form(self, "login.html", "The address or the password is wrong.");
}

static int logout_post(gale_handler *self)
{
    gale_clear_cookie(self, "user", NULL);
    return gale_redirect_status(self, gale_get_next(self, "/"), 303);
}

/* --- {% module Entry(entry) %} ---- */

static int entry_render(gale_module *self, gale_call *call, gale_value *result)
{
    json_t *entry = gale_value_to_json(call->rendering, gale_call_argument(call, 0, "entry"));

    if (!entry)
        return gale_value_raise(call->rendering, "TypeError", "Entry() needs an entry");
    return gale_module_render(self, call, result, "modules/entry.html",
                              json_pack("{s:o}", "entry", entry));
}

static const gale_ui_module entry_module = {
    .name = "Entry",
    .size = sizeof(gale_ui_module),
    .render = entry_render,
    .assets = { .css_files = (const char *const[]){ "entry.css", NULL } },
};

/* --- the application ---- */

static const gale_handler_class site = { .prepare = site_prepare,
                                         .get_current_user = site_get_current_user };
static const gale_handler_class home = { .parent = &site, .get = home_get };
static const gale_handler_class archive = { .parent = &site, .get = archive_get };
static const gale_handler_class feed = { .parent = &site, .get = feed_get };
static const gale_handler_class entry = { .parent = &site, .get = entry_get };
static const gale_handler_class compose = {
    .parent = &site, .authenticated = GALE_ALL, .get = compose_get, .post = compose_post
};
static const gale_handler_class login = { .parent = &site, .get = login_get, .post = login_post };
static const gale_handler_class register_ = { .parent = &site,
                                              .get = register_get,
                                              .post = register_post };
static const gale_handler_class logout = { .parent = &site, .post = logout_post };

static gale_app *blog_app(struct blog *blog, const char *secret)
{
    return gale_app_new(
        (gale_route[]){
            { .url = "/", .handler = &home, .name = "home" },
            { .url = "/archive", .handler = &archive, .name = "archive" },
            { .url = "/feed", .handler = &feed, .name = "feed" },
            { .url = "/entry/{slug}", .handler = &entry, .name = "entry" },
            { .url = "/compose", .handler = &compose, .name = "compose" },
            { .url = "/login", .handler = &login, .name = "login" },
            { .url = "/register", .handler = &register_, .name = "register" },
            { .url = "/logout", .handler = &logout, .name = "logout" },
            { 0 },
        },
        &(gale_settings){
            .data = blog,
            .cookie_secret = secret,
            .login_url = "/login",
            .xsrf_cookies = GALE_ON,
            .template_path = "templates",
            .static_path = "static",
            .ui_modules = (const gale_ui_module *const[]){ &entry_module, NULL },
        });
}

/* Without one of one's own, sessions end with the program. */
static int make_secret(char out[65])
{
    unsigned char bytes[32];

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        return -1;
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

int main(int argc, char **argv)
{
    static struct blog blog = { .lock = PTHREAD_MUTEX_INITIALIZER };
    const char *secret = getenv("BLOG_SECRET");
    char random_secret[65];
    int status;

    if (gale_define(gale_options_default(), .name = "database", .fallback = "blog.db",
                    .help = "its file") < 0 ||
        gale_define(gale_options_default(), .name = "postgres", .fallback = "",
                    .help = "PostgreSQL instead of a file: how to connect") < 0 ||
        make_secret(random_secret) < 0)
        return 1;
    status = gale_main(argc, argv, blog_app(&blog, secret ? secret : random_secret));
    database_free(blog.db);
    return status;
}
