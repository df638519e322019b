/* tls_testing.c - contexts for the testing kit, with a certificate made in memory. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/tls.h"

enum { AN_HOUR = 3600, A_DAY = 24 * AN_HOUR };

static bool fill(X509 *certificate, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *names;
    bool ok;

    names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
    ok = names && X509_set_version(certificate, X509_VERSION_3) &&
         ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -AN_HOUR) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), A_DAY) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost",
                                    -1, -1, 0) &&
         X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
         X509_add_ext(certificate, names, -1) && X509_sign(certificate, key, EVP_sha256());
    X509_EXTENSION_free(names);
    return ok;
}

/* PEM of a new key and its certificate in a file that has no name. Its descriptor; < 0: why not. */
static int make_file(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    int fd = memfd_create("certificate", MFD_CLOEXEC);
    BIO *file = fd < 0 ? NULL : BIO_new_fd(fd, BIO_NOCLOSE);
    bool ok = key && certificate && file && fill(certificate, key) &&
              PEM_write_bio_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
              PEM_write_bio_X509(file, certificate) == 1;

    BIO_free(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (ok)
        return fd;
    if (fd >= 0)
        close(fd);
    return -ENOMEM;
}

int gale__tls_for_tests(gale_tls_context **server, gale_tls_context **client)
{
    char path[40];
    int fd = make_file(), r = 0;

    if (fd < 0)
        return fd;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    *server = gale_tls_server(&(gale_tls_options){ .certfile = path });
    *client = *server ? gale_tls_client(&(gale_tls_options){ .ca_certs = path }) : NULL;
    if (!*client) {
        r = gale_tls_error();
        gale_tls_context_free(*server);
        *server = NULL;
    }
    close(fd);
    return r;
}
