/* connect.c - makes a connection without blocking. See connection.h.
 *
 * libpq would look names up itself, and wait for the answer: so hosts are resolved before, by the
 * loop's resolver, and handed over as addresses (hostaddr), each with its name, which certificates
 * and messages need. A host with several addresses becomes several hosts of that name, which libpq
 * tries in turn.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <gale/gen.h>
#include <gale/log.h>
#include <gale/netutil.h>

#include "base/alloc.h"
#include "pg/connection.h"

enum { MOST_WORDS = 96, MOST_ADDRESSES = 16 };

/* What is handed to libpq. */
struct words {
    const char *names[MOST_WORDS], *values[MOST_WORDS];
    int n;
};

/* One list of each, comma separated as libpq takes them. */
struct hosts {
    char *names, *addresses, *ports;
    int n;
};

struct attempt {
    const struct gale__pg_config *config;
    struct gale__pg_connection *c;
};

static const char *value_of(const PQconninfoOption *options, const char *name)
{
    for (; options && options->keyword; options++)
        if (!strcmp(options->keyword, name))
            return options->val && *options->val ? options->val : NULL;
    return NULL;
}

/* libpq's own words are not repeated: they may have a piece of the password. */
int gale__pg_check_conninfo(const char *conninfo)
{
    PQconninfoOption *given = PQconninfoParse(conninfo, NULL);
    bool names_service = value_of(given, "service") != NULL;

    PQconninfoFree(given);
    if (names_service)
        return gale_err(GALE_EINVAL, "PostgreSQL: service= : set PGSERVICE instead");
    return given ? 0
                 : gale_err(GALE_EINVAL, "PostgreSQL: the connection string is neither "
                                         "\"name=value …\" nor a postgresql:// URI of known names");
}

/* --- hosts --------------------------------------------------------------------------- */

static int append(char **list, bool is_first, const char *item)
{
    size_t len = *list ? strlen(*list) : 0, n = strlen(item);
    char *longer = gale__realloc(*list, len + n + 2);

    if (!longer)
        return -ENOMEM;
    *list = longer;
    if (!is_first)
        longer[len++] = ',';
    memcpy(longer + len, item, n + 1);
    return 0;
}

static int add_host(struct hosts *hosts, const char *name, const char *address, const char *port)
{
    bool is_first = !hosts->n++;

    if (append(&hosts->names, is_first, name) >= 0 &&
        append(&hosts->addresses, is_first, address) >= 0 &&
        append(&hosts->ports, is_first, port) >= 0)
        return 0;
    return gale_err(-ENOMEM, "no memory for the hosts of PostgreSQL");
}

static int resolve_host(struct hosts *hosts, const char *name, const char *port)
{
    gale_address found[MOST_ADDRESSES];
    int number = (int)strtol(port, NULL, 10), n, r = 0;

    if (!*name || *name == '/' || *name == '@') /* a Unix socket */
        return add_host(hosts, name, "", port);
    n = gale_resolve(NULL, name, number ? number : 5432, AF_UNSPEC, found, MOST_ADDRESSES);
    for (int i = 0; i < n && r >= 0; i++) {
        const struct sockaddr *address = (const struct sockaddr *)(const void *)&found[i].storage;
        char text[NI_MAXHOST];

        if (getnameinfo(address, found[i].len, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
            r = add_host(hosts, name, text, port);
    }
    return n < 0 ? n : r;
}

/* Those that resolve; the last one's failure when none does. */
static int resolve_list(struct hosts *hosts, char *names, char *ports)
{
    char *name, *port = ports;
    int r = 0;

    while ((name = strsep(&names, ","))) {
        int failed = resolve_host(hosts, name, port ? port : "5432");

        r = failed < 0 ? failed : r;
        if (failed == GALE_ECANCELED || failed == GALE_ETIMEDOUT || failed == -ENOMEM)
            return failed;
        if (ports && strchr(ports, 0)[1]) /* a list of as many */
            port = ports = strchr(ports, 0) + 1;
    }
    return hosts->n ? 0 : r;
}

/* "a,b" as "a\0b\0\0"; NULL: no memory. */
static char *split(const char *list)
{
    size_t len = strlen(list);
    char *copy = gale__calloc(1, len + 2);

    for (size_t i = 0; copy && i < len; i++)
        copy[i] = list[i] == ',' ? 0 : list[i];
    return copy;
}

static void free_hosts(struct hosts *hosts)
{
    gale__free(hosts->names);
    gale__free(hosts->addresses);
    gale__free(hosts->ports);
}

/* Waits. Fills hosts, or leaves them empty when there is nothing to resolve. */
static int find_hosts(struct hosts *hosts, const PQconninfoOption *given,
                      const PQconninfoOption *defaults)
{
    const char *host = value_of(given, "host"), *port = value_of(given, "port");
    char *names, *ports;
    int r = -ENOMEM;

    host = host ? host : value_of(given, "hostaddr") ? NULL : value_of(defaults, "host");
    port = port ? port : value_of(defaults, "port");
    if (!host || value_of(given, "hostaddr") || value_of(defaults, "hostaddr"))
        return 0;
    names = gale__strndup(host, strlen(host));
    ports = split(port ? port : "5432");
    if (names && ports)
        r = resolve_list(hosts, names, ports);
    gale__free(names);
    gale__free(ports);
    return r;
}

/* --- connecting ---------------------------------------------------------------------- */

static void add_word(struct words *words, const char *name, const char *value)
{
    if (!value || words->n + 1 >= MOST_WORDS)
        return;
    words->names[words->n] = name;
    words->values[words->n++] = value;
}

/* Of two of one name the last counts. */
static void add_words(struct words *words, const PQconninfoOption *given, const struct hosts *hosts)
{
    add_word(words, "fallback_application_name", program_invocation_short_name);
    add_word(words, "keepalives_idle", "15"); /* a peer that vanished is noticed in a minute */
    add_word(words, "keepalives_interval", "15");
    add_word(words, "keepalives_count", "3");
    if (!getenv("PGGSSENCMODE")) /* looking for Kerberos tickets may ask name servers */
        add_word(words, "gssencmode", "disable");
    for (const PQconninfoOption *o = given; o->keyword; o++)
        add_word(words, o->keyword, o->val);
    if (hosts->n) {
        add_word(words, "host", hosts->names);
        add_word(words, "hostaddr", hosts->addresses);
        add_word(words, "port", hosts->ports);
    }
    add_word(words, "client_encoding", "UTF8");
}

/* Also what the server says at its end to who is idle. */
static void on_notice(void *arg, const PGresult *res)
{
    struct gale__pg_connection *c = arg;
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (severity && (!strcmp(severity, "FATAL") || !strcmp(severity, "PANIC")))
        c->is_broken = true;
    gale_log(&gale_log_general, GALE_LOG_DEBUG, "PostgreSQL (%s): %s", c->where, text ? text : "");
}

static void set_where(struct gale__pg_connection *c)
{
    const char *host = PQhost(c->handle), *port = PQport(c->handle);

    if (host && *host)
        snprintf(c->where, sizeof(c->where), "%.*s:%s", (int)sizeof(c->where) - 8, host,
                 port ? port : "");
}

static int fail_to_connect(struct gale__pg_connection *c)
{
    set_where(c);
    return gale__pg_fail_connection(c->handle, c->where, -ECONNREFUSED);
}

/* Between two polls libpq may have closed its socket and opened another. */
static int shake_hands(struct gale__pg_connection *c)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    int r;

    while (state == PGRES_POLLING_WRITING || state == PGRES_POLLING_READING) {
        r = gale_wait_fd(PQsocket(c->handle),
                         state == PGRES_POLLING_READING ? GALE_READ : GALE_WRITE, GALE_FOREVER);
        if (r < 0)
            return r;
        state = PQconnectPoll(c->handle);
    }
    return state == PGRES_POLLING_OK ? 0 : fail_to_connect(c);
}

static int start(struct gale__pg_connection *c, const PQconninfoOption *given,
                 const struct hosts *hosts)
{
    struct words words = { .n = 0 };

    add_words(&words, given, hosts);
    c->handle = PQconnectStartParams(words.names, words.values, 0);
    if (!c->handle)
        return gale_err(-ENOMEM, "no memory for a connection to PostgreSQL");
    PQsetNoticeReceiver(c->handle, on_notice, c);
    return PQstatus(c->handle) == CONNECTION_BAD ? fail_to_connect(c) : 0;
}

static int set_up(struct gale__pg_connection *c)
{
    set_where(c);
    c->cancel = PQgetCancel(c->handle);
    if (c->cancel && PQsetnonblocking(c->handle, 1) == 0 && PQenterPipelineMode(c->handle))
        return 0;
    return gale_err(-ENOMEM, "no memory for a connection to PostgreSQL");
}

static int connect_now(void *arg)
{
    struct attempt *attempt = arg;
    PQconninfoOption *given = PQconninfoParse(attempt->config->conninfo, NULL);
    PQconninfoOption *defaults = PQconndefaults();
    struct hosts hosts = { .n = 0 };
    int r = -ENOMEM;

    if (given && defaults)
        r = find_hosts(&hosts, given, defaults);
    if (r >= 0)
        r = start(attempt->c, given, &hosts);
    if (r >= 0)
        r = shake_hands(attempt->c);
    if (r >= 0)
        r = set_up(attempt->c);
    free_hosts(&hosts);
    PQconninfoFree(given);
    PQconninfoFree(defaults);
    return r;
}

int gale__pg_connect(const struct gale__pg_config *config, double deadline,
                     struct gale__pg_connection **out)
{
    double until = gale_ioloop_time(gale_ioloop_current()) + config->options.connect_timeout;
    struct gale__pg_connection *c = gale__calloc(1, sizeof(*c));
    struct attempt attempt = { config, c };
    int r;

    if (!c)
        return gale_err(-ENOMEM, "no memory for a connection to PostgreSQL");
    c->config = config;
    snprintf(c->where, sizeof(c->where), "no host yet");
    r = gale_with_deadline(until < deadline ? until : deadline, connect_now, &attempt);
    if (r >= 0) {
        *out = c;
        return 0;
    }
    if (r == GALE_ETIMEDOUT) {
        set_where(c);
        r = gale_err(r, "PostgreSQL (%s): not connected in time", c->where);
    }
    gale__pg_close(c);
    return r;
}

void gale__pg_close(struct gale__pg_connection *c)
{
    gale__pg_forget_statements(c);
    gale__free(c->steps);
    PQfreeCancel(c->cancel);
    PQfinish(c->handle);
    gale__free(c);
}
