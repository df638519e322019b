/* client_options.c - fetches with any option as a command, for the wire tests: what came, as JSON.
 *
 * client_options [client:environment] [client:context=CA] [client:name=value…] URL [name=value…]
 * [-- URL …]; one line of JSON for each fetch. client:name=value is a default, client:tls=CA the
 * client's own context. part=name:kind:rest adds a part: text:CONTENT, file:PATH, produced:BYTES,
 * sized:BYTES.
 */
/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/gale.h>

enum { MAX = 16 };

struct producing {
    long left;
};

struct job {
    gale_http_request request;
    gale_http_header headers[MAX + 1], form[MAX + 1];
    gale_http_part parts[MAX + 1];
    struct producing produced[MAX + 1];
    size_t n_headers, n_form, n_parts;
    long to_produce;
    char lines[4096];
    size_t streamed, n_streamed;
    bool fail_in_header;
};

static gale_http_client *client;
static gale_cookie_jar *jar;

struct option {
    const char *name;
    enum { TEXT, SWITCH, SECONDS, NUMBER } kind;
    size_t offset;
};

#define OPTION(name, kind)                                                                         \
    {                                                                                              \
#name, kind, offsetof(gale_http_request, name)                                             \
    }

static const struct option options[] = {
    OPTION(method, TEXT),
    OPTION(unix_socket, TEXT),
    OPTION(user_agent, TEXT),
    OPTION(auth_username, TEXT),
    OPTION(auth_password, TEXT),
    OPTION(network_interface, TEXT),
    OPTION(proxy_host, TEXT),
    OPTION(proxy_username, TEXT),
    OPTION(proxy_password, TEXT),
    OPTION(ca_certs, TEXT),
    OPTION(client_cert, TEXT),
    OPTION(client_key, TEXT),
    OPTION(auth_mode, SWITCH),
    OPTION(proxy_port, SWITCH),
    OPTION(proxy_auth_mode, SWITCH),
    OPTION(follow_redirects, SWITCH),
    OPTION(max_redirects, SWITCH),
    OPTION(decompress_response, SWITCH),
    OPTION(allow_nonstandard_methods, SWITCH),
    OPTION(allow_ipv6, SWITCH),
    OPTION(expect_100_continue, SWITCH),
    OPTION(validate_cert, SWITCH),
    OPTION(max_header_size, SWITCH),
    OPTION(no_keep_alive, SWITCH),
    OPTION(raise_error, SWITCH),
    OPTION(connect_timeout, SECONDS),
    OPTION(request_timeout, SECONDS),
    OPTION(if_modified_since, SECONDS),
    OPTION(max_body_size, NUMBER),
    OPTION(body_length, NUMBER),
};

static bool set_plain(struct job *job, const char *name, char *value)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        void *at = (char *)&job->request + options[i].offset;

        if (strcmp(options[i].name, name) != 0)
            continue;
        if (options[i].kind == TEXT)
            *(const char **)at = value;
        else if (options[i].kind == SWITCH)
            *(int *)at = (int)strtol(value, NULL, 10);
        else if (options[i].kind == SECONDS)
            *(double *)at = strtod(value, NULL);
        else
            *(int64_t *)at = strtoll(value, NULL, 10);
        return true;
    }
    return false;
}

static char *cut(char *text, char c)
{
    char *at = strchr(text, c);

    if (!at)
        exit(2);
    *at = 0;
    return at + 1;
}

static int produce(gale_str *piece, void *arg)
{
    static char bytes[10000];
    struct producing *p = arg;
    long n = p->left < (long)sizeof(bytes) ? p->left : (long)sizeof(bytes);

    memset(bytes, 'p', sizeof(bytes));
    *piece = (gale_str){ bytes, (size_t)n };
    p->left -= n;
    return n > 0 ? gale_yield() + 1 : 0;
}

static int produce_body(gale_str *piece, void *arg)
{
    struct job *job = arg;
    struct producing p = { job->to_produce };
    int r = produce(piece, &p);

    job->to_produce = p.left;
    return r;
}

static void add_part(struct job *job, char *text)
{
    gale_http_part *part = &job->parts[job->n_parts];
    struct producing *p = &job->produced[job->n_parts++];
    char *kind = cut(text, ':'), *rest = cut(kind, ':');

    job->request.parts = job->parts;
    part->name = text;
    if (!strcmp(kind, "text")) {
        part->text = (gale_str){ rest, strlen(rest) };
    } else if (!strcmp(kind, "file")) {
        part->file = rest;
    } else {
        p->left = strtol(rest, NULL, 10);
        part->producer = produce;
        part->arg = p;
        part->filename = "a\"b\r\n.bin";
        if (!strcmp(kind, "sized"))
            part->length = p->left;
    }
}

static int stream(gale_str piece, void *arg)
{
    struct job *job = arg;

    job->streamed += piece.len;
    job->n_streamed++;
    return gale_yield();
}

static int take_line(gale_str line, void *arg)
{
    struct job *job = arg;

    strncat(job->lines, line.ptr, line.len);
    return job->fail_in_header ? gale_err(GALE_ESTATE, "no more of it") : 0;
}

static void set_rest(struct job *job, const char *name, char *value)
{
    if (!strcmp(name, "header")) {
        char *text = cut(value, ':');

        job->headers[job->n_headers++] = (gale_http_header){ value, text };
        job->request.headers = job->headers;
    } else if (!strcmp(name, "form")) {
        char *text = cut(value, ':');

        job->form[job->n_form++] = (gale_http_header){ value, text };
        job->request.form = job->form;
    } else if (!strcmp(name, "part")) {
        add_part(job, value);
    } else if (!strcmp(name, "body")) {
        job->request.body = (gale_str){ value, strlen(value) };
    } else if (!strcmp(name, "produce")) {
        job->to_produce = strtol(value, NULL, 10);
        job->request.body_producer = produce_body;
    } else if (!strcmp(name, "stream")) {
        job->request.streaming_callback = stream;
    } else if (!strcmp(name, "lines")) {
        job->request.header_callback = take_line;
        job->fail_in_header = !strcmp(value, "fail");
    } else if (!strcmp(name, "jar")) {
        job->request.cookies = jar;
    } else if (!strcmp(name, "tls")) {
        job->request.tls = gale_tls_client(&(gale_tls_options){ .ca_certs = value });
    } else {
        fprintf(stderr, "no option %s\n", name);
        exit(2);
    }
}

static void print_text(const char *before, const char *text, size_t len)
{
    printf("%s\"", before);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < ' ' || c == '"' || c == '\\' || c >= 0x7f)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_response(const struct job *job, const gale_http_response *response)
{
    printf("{\"status\": %d, \"streamed\": [%zu, %zu], \"reused\": %d, \"redirects\": %d, "
           "\"redirect_time\": %.9f, \"total\": %.9f, \"headers\": [",
           response->status, job->streamed, job->n_streamed, response->reused, response->redirects,
           response->redirect_time, response->time_info[GALE_PHASE_TOTAL]);
    for (const gale_http_header *h = response->headers; h->name; h++) {
        print_text(h == response->headers ? "[" : ", [", h->name, strlen(h->name));
        print_text(", ", h->value, strlen(h->value));
        putchar(']');
    }
    print_text("], \"reason\": ", response->reason, strlen(response->reason));
    print_text(", \"url\": ", response->effective_url, strlen(response->effective_url));
    print_text(", \"lines\": ", job->lines, strlen(job->lines));
    print_text(", \"body\": ", response->body.ptr, response->body.len);
    printf("}\n");
}

static int fetch(void *arg)
{
    struct job *job = arg;
    const char *url = (const char *)job->request.arg;
    gale_http_response *response = NULL;
    int r;

    job->request.arg = job;
    r = gale_http_client_fetch(client, url, &job->request, &response);
    if (r >= 0) {
        print_response(job, response);
        return 0;
    }
    print_text("{\"error\": ", gale_errname(r), strlen(gale_errname(r)));
    print_text(", \"phase\": ", gale_http_phase_name(gale_fetch_phase()),
               strlen(gale_http_phase_name(gale_fetch_phase())));
    print_text(", \"text\": ", gale_strerror(r), strlen(gale_strerror(r)));
    printf("}\n");
    return 0;
}

/* The options of one fetch, up to "--" or the end: where that is. */
static int read_job(struct job *job, int i, int argc, char **argv)
{
    job->request.arg = argv[i++];
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        char *value = cut(argv[i], '=');

        if (!set_plain(job, argv[i], value))
            set_rest(job, argv[i], value);
    }
    return i < argc ? i + 1 : i;
}

/* "environment", "context=CA" or a default. */
static void set_client(gale_http_client_options *settings, struct job *defaults, char *text)
{
    char *value;

    if (!strcmp(text, "environment")) {
        settings->proxy_from_environment = GALE_ON;
        return;
    }
    value = cut(text, '=');
    if (!strcmp(text, "context"))
        settings->tls = gale_tls_client(&(gale_tls_options){ .ca_certs = value });
    else if (!set_plain(defaults, text, value))
        set_rest(defaults, text, value);
    settings->defaults = &defaults->request;
}

int main(int argc, char **argv)
{
    gale_http_client_options settings = { 0 };
    gale_ioloop *loop = gale_ioloop_current();
    struct job defaults = { 0 };
    int i = 1;

    for (; i < argc && !strncmp(argv[i], "client:", 7); i++)
        set_client(&settings, &defaults, argv[i] + 7);
    jar = gale_cookie_jar_new();
    client = gale_http_client_new(&settings);
    gale_tls_context_free(settings.tls);
    gale_tls_context_free(defaults.request.tls);
    if (!client || !jar) {
        printf("{\"error\": \"client\"}\n");
        gale_cookie_jar_free(jar);
        gale_ioloop_free(loop);
        return 0;
    }
    while (i < argc) {
        struct job job = { 0 };

        i = read_job(&job, i, argc, argv);
        if (gale_ioloop_run_sync(loop, fetch, &job, 30) < 0)
            return 1;
        gale_tls_context_free(job.request.tls);
    }
    gale_http_client_free(client);
    gale_cookie_jar_free(jar);
    gale_ioloop_free(loop);
    return 0;
}
