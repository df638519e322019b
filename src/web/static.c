/* static.c - the static handler, and gale_send_file for others. See <gale/staticfile.h>.
 *
 * Which file, what is known of it (static_cache.c), what the class's hooks say, and then the answer
 * (static_answer.c).
 */
/* SPDX-License-Identifier: MIT */
#include "web/static.h"

#include <errno.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/program.h"
#include "base/alloc.h"
#include "base/str.h"
#include "ioloop/io.h"
#include "web/embedded.h"
#include "web/etag.h"
#include "web/static_answer.h"

static const char no_path[] = "gale_static_handler needs .arg with its path";
static const double ten_years = 315360000;

struct gale__static_ask gale__static_ask(const gale_handler *self, bool may_wait, bool siblings)
{
    return (struct gale__static_ask){
        .loop = self->x->loop,
        .may_wait = may_wait && gale__co_current(),
        .siblings = siblings,
        .each_use = gale__handler_app(self)->settings.static_hash_cache == GALE_OFF,
    };
}

static void unref_file(void *file)
{
    gale__static_file_unref(file);
}

int gale__static_find(gale_handler *self, const char *root_path, bool follow, const char *path,
                      const struct gale__static_ask *ask, struct gale__static_root **root,
                      struct gale__static_file **out)
{
    struct gale__static_cache **cache = &self->server->files;
    int r;

    if (GALE_UNLIKELY(!*cache))
        *cache = gale__static_cache_new();
    if (!*cache)
        return -ENOMEM;
    r = gale__static_cache_root(*cache, root_path, follow, gale__ioloop_now_ns(ask->loop), root);
    if (r >= 0)
        r = gale__static_cache_file(*cache, *root, gale__str(path), ask, out);
    if (r < 0)
        return r;
    return gale_defer(self, unref_file, *out);
}

/* --- which file --- */

/* A request for a file of a root. */
struct request {
    const gale_static_options *options;
    const gale_static_class *kind; /* NULL: no hooks of its own */
    char *path;                    /* plain */
    struct gale__static_root *root;
    struct gale__static_file *file;   /* the one asked for */
    struct gale__static_file *served; /* the same, or a precompressed form of it */
    const char *coding;
    const char *full_path; /* for the hooks */
};

static int fail_find(gale_handler *self, int r, const char *path)
{
    switch (r) {
    case -ENOENT:
    case -ENOTDIR:
    case -ENAMETOOLONG:
    case -EINVAL:
        return gale_fail(self, 404, NULL);
    case -EISDIR:
        return gale_fail(self, 403, "%s is not a file", path);
    case -EACCES:
    case -EPERM:
        return gale_fail(self, 403, "%s may not be read, or is no regular file", path);
    case -ELOOP:
    case -EXDEV:
        return gale_fail(self, 403, "%s is reached by a symbolic link", path);
    case -EMFILE:
    case -ENFILE:
        return gale_fail(self, 503, "%s: %s", path, strerror(-r));
    default:
        return r;
    }
}

static int find(gale_handler *self, struct request *q, const char *path)
{
    const gale_static_options *o = q->options;
    struct gale__static_ask ask = gale__static_ask(self, true, o->precompressed != GALE_OFF);

    ask.version = *self->x->request.query != 0;
    return gale__static_find(self, o->path, o->follow_symlinks == GALE_ON, path, &ask, &q->root,
                             &q->file);
}

/* To the same path with a slash at its end. 1: answered. A path that begins with "//" (or "/\",
 * which browsers take for it) would name another host. */
static int redirect_to_directory(gale_handler *self)
{
    const char *path = self->x->request.path, *query = self->x->request.query;
    int r;

    if (path[0] && (path[1] == '/' || path[1] == '\\'))
        return gale_fail(self, 403, "no redirect for a path that begins with //");
    r = gale_redirect_status(
        self, gale_printf_alloc(self, "%s/%s%s", path, *query ? "?" : "", query), 301);
    return r < 0 ? r : 1;
}

/* A directory: its default file, 1 after a redirect, or a failure. */
static int find_default(gale_handler *self, struct request *q)
{
    gale_str path = gale__str(self->x->request.path);
    const char *name = q->options->default_filename;

    if (!name || !*name)
        return fail_find(self, -EISDIR, q->path);
    if (!path.len || path.ptr[path.len - 1] != '/')
        return redirect_to_directory(self);
    q->path = gale_printf_alloc(self, "%s%s%s", q->path, *q->path ? "/" : "", name);
    if (!q->path)
        return -ENOMEM;
    return find(self, q, q->path);
}

/* The file that the path in the URL means. 1: answered already. */
static int find_file(gale_handler *self, struct request *q, bool is_dir)
{
    int r = find(self, q, q->path);

    if (r == -EISDIR)
        r = find_default(self, q);
    else if (r >= 0 && is_dir)
        r = -ENOTDIR;
    q->served = q->file;
    return r < 0 && !GALE_IS_EHTTP(r) ? fail_find(self, r, q->path) : r;
}

/* The coding of a sibling that the client likes best, as index; -1: identity. */
static int choose_coding(const gale_handler *self, uint8_t siblings)
{
    const char *field = gale_request_header(&self->x->request, "Accept-Encoding");
    int best = -1, best_quality;

    if (!field)
        return -1;
    best_quality = gale_accept_quality(field, "identity");
    for (int i = GALE__STATIC_CODINGS - 1; i >= 0; i--) {
        int quality = siblings >> i & 1 ? gale_accept_quality(field, gale__static_codings[i].name)
                                        : 0;

        if (quality > 0 && quality >= best_quality) {
            best_quality = quality;
            best = i;
        }
    }
    return best;
}

/* A precompressed form instead of the file, when there is one that the client prefers. */
static int choose_form(gale_handler *self, struct request *q)
{
    struct gale__static_ask ask = gale__static_ask(self, true, false);
    struct gale__static_file *form;
    int i = gale__static_wants_range(self) ? -1 : choose_coding(self, q->file->siblings);
    const char *path;

    if (i < 0)
        return 0;
    path = gale_printf_alloc(self, "%s%s", q->path, gale__static_codings[i].extension);
    if (!path)
        return -ENOMEM;
    if (gale__static_find(self, q->options->path, q->options->follow_symlinks == GALE_ON, path,
                          &ask, &q->root, &form) < 0)
        return 0; /* it has gone meanwhile */
    q->served = form;
    q->coding = gale__static_codings[i].name;
    return 0;
}

/* --- the answer --- */

/* The query's v is the version that the content has (which nothing in needs to be decoded). */
static bool is_versioned(const gale_handler *self, gale_str version)
{
    gale_str query = self->x->priv.query, part;

    while (version.len && query.len && gale__str_split(&query, '&', &part))
        if (gale__str_starts_with(part, GALE__STR("v=")))
            return gale__str_equal(gale__str_skip(part, 2), version);
    return false;
}

static void set_cache_time(struct gale__static_content *a, const gale_static_options *o,
                           bool versioned)
{
    a->immutable = versioned;
    a->cache_time = versioned ? ten_years : o->max_age;
}

static struct gale__static_content answer_with(struct gale__static_file *file)
{
    return (struct gale__static_content){
        .fd = file->fd,
        .is_warm = &file->is_warm,
        .content = { file->content, (size_t)file->size },
        .size = file->size,
        .type = file->type,
        .etag = file->etag.len ? file->etag : file->stat_etag,
        .other_etag = file->stat_etag,
        .modified = file->modified,
        .modified_s = file->st.st_mtim.tv_sec,
    };
}

/* What the class's hooks say instead. path: as they know the file. */
static int ask_hooks(gale_handler *self, const gale_static_class *kind, const char *path,
                     bool versioned, struct gale__static_content *a)
{
    int r = 0;

    if (self->cls->hooks.compute_etag && a->fd < 0)
        r = gale__etag_own(self, a->content, &a->etag);
    if (r < 0 || !kind)
        return r;
    if (kind->get_content_type)
        a->type = kind->get_content_type(self, path);
    if (kind->get_cache_time) {
        a->cache_time = kind->get_cache_time(self, path, versioned);
        a->immutable = false;
    }
    a->extra = kind->set_extra_headers;
    a->path = path;
    return 0;
}

/* The path that hooks are given, and whether they let it be served. */
static int validate(gale_handler *self, struct request *q)
{
    const char *dir = q->root->path;

    q->full_path = gale_printf_alloc(self, "%s%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/",
                                     q->path);
    if (!q->full_path)
        return -ENOMEM;
    return q->kind->validate_absolute_path
               ? q->kind->validate_absolute_path(self, q->full_path, &q->file->st)
               : 0;
}

static int serve_file(gale_handler *self, struct request *q)
{
    struct gale__static_content a;
    bool versioned = is_versioned(self, gale__static_version(q->file));
    int r = q->kind ? validate(self, q) : 0;

    if (r < 0 || self->finished)
        return r;
    if (q->file->siblings && q->options->precompressed != GALE_OFF)
        r = choose_form(self, q);
    if (r < 0)
        return r;
    a = answer_with(q->served);
    a.type = q->file->type;
    a.coding = q->coding;
    a.vary = q->file->siblings && q->options->precompressed != GALE_OFF;
    set_cache_time(&a, q->options, versioned);
    if (q->kind || self->cls->hooks.compute_etag)
        r = ask_hooks(self, q->kind, q->full_path, versioned, &a);
    return r < 0 ? r : gale__static_answer(self, &a);
}

/* Content that is no file of the disk's. */
struct virtual
{
    gale_str content;
    double modified; /* 0: not known */
    uint64_t hash;
};

/* What the program has in it: of a directory its default file. */
static const gale_embedded_file *find_embedded(gale_handler *self, struct request *q, bool is_dir)
{
    const char *name = q->options->default_filename;
    const gale_embedded_file *file = NULL;

    if (!is_dir)
        file = gale__embedded_find(q->options->path, q->path);
    else if (name && *name)
        q->path = gale_printf_alloc(self, "%s%s%s", q->path, *q->path ? "/" : "", name);
    if (is_dir && name && *name && q->path)
        file = gale__embedded_find(q->options->path, q->path);
    return file;
}

/* From .get_content, else from the program itself. 1: it is there, or something was answered. */
static int find_virtual(gale_handler *self, struct request *q, bool is_dir, struct virtual *v)
{
    const gale_embedded_file *file;
    int r = 0;

    if (q->kind && q->kind->get_content) {
        r = q->kind->get_content(self, q->path, &v->content, &v->modified);
        if (r > 0)
            v->hash = gale__hash(v->content.ptr, v->content.len);
    }
    if (r != 0 || self->finished || !gale__embedded_has_root(q->options->path))
        return r < 0 ? r : r > 0 || self->finished;
    file = find_embedded(self, q, is_dir);
    if (!file)
        return q->path ? fail_find(self, -ENOENT, q->path) : -ENOMEM;
    *v = (struct virtual){ { file->data, file->size }, (double)file->mtime, file->hash };
    return 1;
}

/* 1: answered. */
static int serve_virtual(gale_handler *self, struct request *q, bool is_dir)
{
    struct gale__static_content a = { .fd = -1 };
    char *etag = gale_alloc(self, GALE__STATIC_TAG);
    char *date = gale_alloc(self, GALE__HTTP_DATE_LEN + 1);
    struct virtual v = { .modified = 0 };
    bool versioned;
    int r;

    if (!etag || !date)
        return -ENOMEM;
    r = find_virtual(self, q, is_dir, &v);
    if (r <= 0 || self->finished)
        return r;
    a.content = v.content;
    a.type = gale_content_type(q->path);
    a.size = (int64_t)a.content.len;
    a.etag = gale__static_etag(etag, v.hash, a.size);
    if (v.modified > 0 && v.modified < 1e12) {
        a.modified_s = (int64_t)v.modified;
        gale__http_date_format(date, a.modified_s);
        a.modified = date;
    }
    versioned = is_versioned(self, (gale_str){ a.etag.ptr + 1, a.etag.len - 2 });
    set_cache_time(&a, q->options, versioned);
    r = ask_hooks(self, q->kind, q->path, versioned, &a);
    if (r >= 0)
        r = gale__static_answer(self, &a);
    return r < 0 ? r : 1;
}

/* --- the handler --- */

static int static_initialize(gale_handler *self, void *arg)
{
    struct gale__handler_more *more;

    if (arg == self->route->arg)
        return 0;
    more = gale__handler_more(self); /* a child's initialize passes another one */
    if (!more)
        return self->failed;
    more->static_options = arg;
    return 0;
}

static const gale_static_options *options_of(const gale_handler *self)
{
    if (self->more && self->more->static_options)
        return self->more->static_options;
    return self->cls->hooks.initialize == static_initialize ? self->route->arg : NULL;
}

static int static_get(gale_handler *self)
{
    struct request q = { .options = options_of(self),
                         .kind = (const gale_static_class *)(const void *)self->cls->kind_hooks };
    const char *path = gale_path_argument(self, 0);
    bool is_dir;
    int r;

    if (!q.options || !q.options->path)
        return gale_err(GALE_EINVAL, "%s", no_path);
    if (!path)
        path = "";
    if (q.kind && q.kind->parse_url_path)
        path = q.kind->parse_url_path(self, path);
    if (!path || self->finished)
        return self->finished ? 0 : gale_fail(self, 404, NULL);
    q.path = gale_alloc(self, strlen(path) + 1);
    if (!q.path)
        return -ENOMEM;
    if (gale__plain_path(path, q.path, &is_dir) < 0)
        return gale_fail(self, 403, "%s is not in root static directory", path);
    if ((q.kind && q.kind->get_content) || gale__embedded_has_root(q.options->path)) {
        r = serve_virtual(self, &q, is_dir);
        if (r != 0)
            return r < 0 ? r : 0;
    }
    r = find_file(self, &q, is_dir);
    return r < 0 ? r : r > 0 ? 0 : serve_file(self, &q);
}

const gale_handler_class gale_static_handler = {
    .arg_size = sizeof(gale_static_options),
    .initialize = static_initialize,
    .get = static_get,
    .kind = GALE_KIND_STATIC,
    .name = "gale_static_handler",
};

static int copy_text(struct gale__arena *arena, const char **text)
{
    if (!*text)
        return 0;
    *text = gale__arena_strndup(arena, *text, strlen(*text));
    return *text ? 0 : -ENOMEM;
}

int gale__static_check_arg(const struct gale__route *route)
{
    gale_static_options *o = route->arg;
    int r;

    if (route->cls->hooks.initialize != static_initialize)
        return 0;
    if (!o || !o->path || !*o->path)
        return gale_err(GALE_EINVAL, "%s", no_path);
    r = gale__check_switch("follow_symlinks", o->follow_symlinks);
    if (r >= 0)
        r = gale__check_switch("precompressed", o->precompressed);
    if (r >= 0 && !(o->max_age >= 0))
        r = gale_err(GALE_EINVAL, "max_age is no number of seconds");
    if (r >= 0)
        r = copy_text(&route->app->arena, &o->path);
    return r < 0 ? r : copy_text(&route->app->arena, &o->default_filename);
}

/* --- any handler's file --- */

/* path as an absolute one in the request's memory. */
static int absolute_path(gale_handler *self, const char *path, const char **out)
{
    char *full;
    int r;

    if (path[0] == '/') {
        *out = path;
        return 0;
    }
    full = gale__program_path(path, &r);
    if (!full)
        return r;
    *out = gale_printf_alloc(self, "%s", full);
    gale__free(full);
    return *out ? 0 : -ENOMEM;
}

/* The Content-Type is left as it is when the handler has set one. */
static bool has_type(const gale_handler *self)
{
    const struct gale__field *type = gale__headers_get(&self->headers, GALE__STR("Content-Type"));

    return type && !gale__headers_is_default(type);
}

int gale_send_file(gale_handler *self, const char *path)
{
    struct gale__static_ask ask = gale__static_ask(self, true, false);
    struct gale__static_content a;
    struct gale__static_root *root;
    struct gale__static_file *file;
    int r;

    if (self->failed)
        return self->failed;
    if (self->headers_sent || self->finished || self->body_len)
        return gale_err(GALE_ESTATE, "gale_send_file: something was written before");
    if (!path || !*path)
        return gale__handler_failed(self, gale_err(GALE_EINVAL, "gale_send_file: no path"));
    r = absolute_path(self, path, &path);
    if (r >= 0)
        r = gale__static_find(self, "/", true, path + strspn(path, "/"), &ask, &root, &file);
    if (r < 0)
        return GALE_IS_EHTTP(r) ? r : fail_find(self, r, path);
    a = answer_with(file);
    if (has_type(self))
        a.type = NULL;
    return gale__static_answer(self, &a);
}
