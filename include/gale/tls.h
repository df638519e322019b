/* tls.h - TLS for streams, servers and clients: contexts, certificates, what was agreed.
 *
 * TLS 1.2 and 1.3 (RFC 5246, RFC 8446). A context holds certificates, trust and sessions; it is
 * made once and used by any number of streams, on any thread. Servers and clients that are given
 * one hold a reference of their own. Files are PEM. A client verifies certificate and host name
 * unless told not to.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TLS_H
#define GALE_TLS_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/iostream.h>

GALE_BEGIN_DECLS

/* The GALE_ETLS of <gale/error.h> is a handshake or record that failed; its text says why
 * ("certificate verify failed: self-signed certificate"). */

typedef struct gale_tls_context gale_tls_context;

/* A certificate for a name that clients ask for (SNI, RFC 6066). */
typedef struct gale_tls_host {
    const char *name;     /* "www.example.org", or "*.example.org": one label */
    const char *certfile; /* chain, the host's own certificate first */
    const char *keyfile;  /* default: in certfile */
} gale_tls_host;

/* Values of .verify. */
enum {
    GALE_TLS_OPTIONAL =
        2, /* server: a client's certificate is asked for, and checked if it comes */
};

/* Zero is the default for each; texts are copied. Grows at its end. */
typedef struct gale_tls_options {
    const char *certfile;       /* server: required (or .hosts); client: its own certificate */
    const char *keyfile;        /* default: in certfile */
    const char *password;       /* of the keys */
    const gale_tls_host *hosts; /* server: by name, ended by { NULL }; else certfile's is served */

    /* Client: GALE_OFF takes any certificate (the default verifies it and the name). Server:
     * GALE_ON demands a certificate of the client, GALE_TLS_OPTIONAL asks for one; default: none
     * asked. */
    int verify;
    const char *ca_certs; /* file or directory to trust instead of the system's store */
    int check_hostname;   /* client: GALE_OFF: any name will do */

    const char *const *alpn;     /* protocols, best first, NULL-terminated (RFC 7301) */
    const char *ciphers;         /* TLS 1.2, OpenSSL's list form; default its own */
    const char *ciphersuites;    /* TLS 1.3 */
    const char *min_version;     /* "1.2" (the least there is) or "1.3" */
    int session_resumption;      /* GALE_OFF: every handshake is a full one */
    double handshake_timeout;    /* seconds; default 10; GALE_UNLIMITED */
    int ktls;                    /* GALE_OFF: the kernel does not encrypt (where it could) */
    const char *server_hostname; /* client: name to ask for and check instead of the host's */
} gale_tls_options;

/* For gale_tls_server(), gale_tls_client(). */
GALE_API GALE_MUST_USE gale_tls_context *gale_tls_context_new_sized(bool is_server,
                                                                    const gale_tls_options *options,
                                                                    size_t options_size);

/* A context of one reference, the caller's. Reads the files now (it blocks for that). NULL: a
 * failure that names the file and what is wrong with it, gale_strerror(gale_tls_error()). */
static inline GALE_MUST_USE gale_tls_context *gale_tls_server(const gale_tls_options *options)
{
    return gale_tls_context_new_sized(true, options, sizeof(gale_tls_options));
}
static inline GALE_MUST_USE gale_tls_context *gale_tls_client(const gale_tls_options *options)
{
    return gale_tls_context_new_sized(false, options, sizeof(gale_tls_options));
}

/* Why the last one of this thread gave NULL. */
GALE_API int gale_tls_error(void);

/* Another reference, and one fewer (the last frees). NULL is allowed. From any thread. */
GALE_API gale_tls_context *gale_tls_context_ref(gale_tls_context *context);
GALE_API void gale_tls_context_free(gale_tls_context *context);

/* Reads its files again (blocks): new handshakes use what they hold now, connections that are
 * there stay as they are. Sessions are resumed when the files are those they were agreed with, also
 * by other processes that were forked from the one which made the context; a client's are
 * forgotten. A failure names the file, and the old ones stay in use. From any thread. */
GALE_API GALE_MUST_USE int gale_tls_context_reload(gale_tls_context *context);

/* Reads them again when one of them has changed since (a few stat calls): 1, 0 when none had, or a
 * failure. For a periodic callback; gale_main() does it on SIGHUP and each minute. */
GALE_API GALE_MUST_USE int gale_tls_context_reload_if_changed(gale_tls_context *context);

/* Waits. Begins TLS on a stream whose plain text dialogue has come to that point: after STARTTLS.
 * GALE_ESTATE when a read or write is pending or unread plain text is in its buffer (it would have
 * been injected). server_hostname is for clients: the name to ask for and to check; context NULL is
 * a client that trusts the system's store. On each failure, also when cancelled or late, the stream
 * is broken with that code and unread plain text is dropped: nothing goes on without TLS. (Outside
 * a coroutine, GALE_ENOTCOROUTINE, it stays as it is.) */
GALE_API GALE_MUST_USE int gale_iostream_start_tls(gale_iostream *s, gale_tls_context *context,
                                                   bool server_side, const char *server_hostname);

/* Waits. Until the handshake is done (at once on a plain stream): 0, or why it failed. Reads and
 * writes wait for it by themselves. */
GALE_API GALE_MUST_USE int gale_iostream_wait_for_handshake(gale_iostream *s);

/* What was agreed. Texts are borrowed from the stream. */
typedef struct gale_tls_info {
    const char *version;         /* "TLSv1.3" */
    const char *cipher;          /* "TLS_AES_256_GCM_SHA384" */
    const char *alpn;            /* NULL: none */
    const char *server_hostname; /* the name that was asked for (SNI), NULL: none */
    const char *peer_subject;    /* RFC 2253 form of the peer's certificate; NULL: it has none */
    const char *peer_common_name;
    gale_str peer_certificate; /* DER */
    bool peer_verified;
    bool resumed;
    bool ktls_send, ktls_recv; /* the kernel does it: files go by sendfile */
} gale_tls_info;

/* 0, GALE_ESTATE on a plain stream or before the handshake is done. */
GALE_API GALE_MUST_USE int gale_iostream_tls_info(gale_iostream *s, gale_tls_info *out);

GALE_END_DECLS

#endif
