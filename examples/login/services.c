/* services.c - providers out of options; several at once, each with what it is registered as.
 *
 * A provider object is made once and serves all loops. Only the one of the provider that is a part
 * of this program must wait for the first login: its address is how the browser calls this site.
 */
/* SPDX-License-Identifier: MIT */
#include "services.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_LOCAL = 8, PATH_SIZE = 300, SECRET_SIZE = 500 };

/* The local provider under one of the names that this machine has. */
struct local_service {
    char issuer[PATH_SIZE];
    gale_auth_provider *provider;
};

static const char *const ready[][2] = {
    { "google", "Google" },
    { "github", "GitHub" },
    { "facebook", "Facebook" },
    { "twitter", "X (Twitter)" },
};

enum { N_READY = sizeof(ready) / sizeof(*ready) };

static pthread_mutex_t locals_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- options ---- */

static int define(const char *prefix, const char *name, const char *help)
{
    char text[64];

    snprintf(text, sizeof(text), "%s%s", prefix, name);
    return gale_define(gale_options_default(), .name = text, .help = help, .group = "login");
}

static int define_client(const char *prefix)
{
    int r = define(prefix, "client-id", "as this site is registered there (OAuth 1.0a: the key)");

    if (r >= 0)
        r = define(prefix, "client-secret-file", "a file with the secret that belongs to it");
    return r;
}

int services_define(void)
{
    char prefix[32];
    int r = define("", "issuer", "an OpenID Connect provider: the address of its issuer");

    if (r >= 0)
        r = define("", "service", "instead: google, github, facebook or twitter");
    if (r >= 0)
        r = define_client("");
    if (r >= 0)
        r = define("", "client-secret", "the secret itself; others on the machine can see it");
    if (r >= 0)
        r = define("", "site",
                   "this site's own address, https://www.example.org, when it is not "
                   "what browsers ask for (behind a proxy that changes Host)");
    for (size_t i = 0; i < N_READY && r >= 0; i++) {
        snprintf(prefix, sizeof(prefix), "%s-", ready[i][0]);
        r = define_client(prefix);
    }
    return r;
}

static const char *option(const char *prefix, const char *name)
{
    char text[64];

    snprintf(text, sizeof(text), "%s%s", prefix, name);
    return gale_option_str(gale_options_default(), text);
}

/* --- providers ---- */

/* The file's text without the line's end. */
static int read_secret(const char *path, char out[SECRET_SIZE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, SECRET_SIZE - 1);

    if (n < 0) {
        int r = gale_err(-errno, "%s: %s", path, strerror(errno));

        if (fd >= 0)
            close(fd);
        return r;
    }
    close(fd);
    out[n] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    return *out ? 0 : gale_err(GALE_EINVAL, "%s is empty", path);
}

static int add(services *all, const char *name, const char *label, const char *prefix,
               gale_auth_options options)
{
    const char *file = option(prefix, "client-secret-file");
    const char *site = option("", "site");
    char secret[SECRET_SIZE], done[PATH_SIZE];
    struct service *made = &all->list[all->n];
    int r = file ? read_secret(file, secret) : 0;

    if (r < 0)
        return r;
    snprintf(done, sizeof(done), "%s/login/%s/done", site ? site : "", name);
    options.redirect_uri = done;
    options.client_id = option(prefix, "client-id");
    options.client_secret = file ? secret : *prefix ? NULL : option("", "client-secret");
    *made = (struct service){ name, label, gale_auth_provider_new(&options) };
    if (!made->provider)
        return GALE_EINVAL; /* its text says which option */
    all->n++;
    return 0;
}

/* All that has a client id. */
int services_make(services *all)
{
    const char *issuer = option("", "issuer"), *chosen = option("", "service");
    char prefix[32];
    int r = 0;

    if (issuer)
        r = add(all, "openid", "OpenID Connect", "", (gale_auth_options){ .issuer = issuer });
    for (size_t i = 0; i < N_READY && r >= 0; i++) {
        const gale_auth_options options = { .service = ready[i][0] };
        bool is_chosen = chosen && strcmp(chosen, ready[i][0]) == 0;

        snprintf(prefix, sizeof(prefix), "%s-", ready[i][0]);
        if (is_chosen || option(prefix, "client-id"))
            r = add(all, ready[i][0], ready[i][1], is_chosen ? "" : prefix, options);
        if (is_chosen)
            chosen = NULL;
    }
    if (r >= 0 && chosen)
        r = gale_err(GALE_EINVAL, "no service '%s'", chosen);
    if (r < 0)
        return r;
    if (all->n) {
        local_provider_turn_off(all->local);
        return 0;
    }
    all->list[all->n++] = (struct service){ "local", "the provider on this machine", NULL };
    all->locals = calloc(N_LOCAL, sizeof(*all->locals));
    return all->locals ? 0 : gale_err(-ENOMEM, "no memory for providers");
}

void services_free(services *all)
{
    for (size_t i = 0; i < all->n; i++)
        gale_auth_provider_free(all->list[i].provider);
    for (size_t i = 0; all->locals && i < N_LOCAL; i++)
        gale_auth_provider_free(all->locals[i].provider);
    free(all->locals);
    local_provider_free(all->local);
}

bool services_are_local(const services *all)
{
    return all->locals;
}

const struct service *service_at(const services *all, size_t i)
{
    return i < all->n ? &all->list[i] : NULL;
}

/* --- the local one ---- */

static gale_auth_provider *make_local(const services *all, struct local_service *local,
                                      const char *issuer)
{
    snprintf(local->issuer, sizeof(local->issuer), "%s", issuer);
    local->provider = gale_auth_provider_new(&(gale_auth_options){
        .name = "local",
        .issuer = issuer,
        .client_id = LOCAL_PROVIDER_CLIENT_ID,
        .client_secret = local_provider_client_secret(all->local),
        .redirect_uri = "/login/local/done",
    });
    return local->provider;
}

/* localhost, 127.0.0.1 …, with whatever port leads here: a provider each, as it has an issuer. */
static gale_auth_provider *find_local(services *all, gale_handler *self)
{
    const char *issuer = local_provider_issuer(self);
    gale_auth_provider *found = NULL;

    if (!issuer || strlen(issuer) >= PATH_SIZE)
        return NULL;
    pthread_mutex_lock(&locals_lock);
    for (size_t i = 0; i < N_LOCAL && !found; i++)
        if (!all->locals[i].provider)
            found = make_local(all, &all->locals[i], issuer);
        else if (strcmp(all->locals[i].issuer, issuer) == 0)
            found = all->locals[i].provider;
    pthread_mutex_unlock(&locals_lock);
    return found;
}

gale_auth_provider *service_provider(services *all, gale_handler *self, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->list[i].name, name) == 0)
            return all->locals ? find_local(all, self) : all->list[i].provider;
    return NULL;
}
