/* store_tls.c - TLS to Redis by hiredis and OpenSSL, where libhiredis_ssl is there; elsewhere it says so.
 *
 * hiredis looks at who signed a certificate, but not whose it is: so the connection is made here, with the name or the
 * address that it must be of. Limits: TLS 1.2 and later; the files are read at the start. */
#include "store_tls.h"

#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

#ifdef BUCKSTOP_REDIS_TLS

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct store_tls {
    SSL_CTX *context;
};

static bool no (char why[DETAIL_SIZE], const char *what, const char *path)
{
    unsigned long error = ERR_peek_last_error ();
    const char *reason = error ? ERR_reason_error_string (error) : NULL;
    if (!reason && error && ERR_SYSTEM_ERROR (error))
        reason = strerror (ERR_GET_REASON (error));
    snprintf (why, DETAIL_SIZE, "%s%s%.120s: %.80s", what, *path ? " " : "", path,
              reason ? reason : "it can't be used");
    ERR_clear_error ();
    return false;
}

static bool is_given (const char *path)
{
    return path && *path;
}

static bool load_own (SSL_CTX *context, const store_config_t *config, char why[DETAIL_SIZE])
{
    if (is_given (config->tls_cert) != is_given (config->tls_key)) {
        snprintf (why, DETAIL_SIZE, "--redis-cert and --redis-key belong together: give both, or none");
        return false;
    }
    if (!is_given (config->tls_cert))
        return true;
    if (SSL_CTX_use_certificate_chain_file (context, config->tls_cert) != 1)
        return no (why, "--redis-cert", config->tls_cert);
    if (SSL_CTX_use_PrivateKey_file (context, config->tls_key, SSL_FILETYPE_PEM) != 1)
        return no (why, "--redis-key", config->tls_key);
    return SSL_CTX_check_private_key (context) == 1 ||
           no (why, "--redis-key does not fit --redis-cert", config->tls_cert);
}

static bool load (SSL_CTX *context, const store_config_t *config, char why[DETAIL_SIZE])
{
    if (!context || SSL_CTX_set_min_proto_version (context, TLS1_2_VERSION) != 1)
        return no (why, "TLS can't be used", "");
    SSL_CTX_set_verify (context, SSL_VERIFY_PEER, NULL);
    if (is_given (config->tls_ca) ? SSL_CTX_load_verify_locations (context, config->tls_ca, NULL) != 1
                                  : SSL_CTX_set_default_verify_paths (context) != 1)
        return no (why, "--redis-ca", is_given (config->tls_ca) ? config->tls_ca : "");
    return load_own (context, config, why);
}

store_tls_t *store_tls_new (const store_config_t *config, char why[DETAIL_SIZE])
{
    store_tls_t *self = xcalloc (1, sizeof *self);
    self->context = SSL_CTX_new (TLS_client_method ());
    if (!load (self->context, config, why))
        store_tls_destroy (&self);
    return self;
}

void store_tls_destroy (store_tls_t **self_p)
{
    if (*self_p)
        SSL_CTX_free ((*self_p)->context);
    free (*self_p);
    *self_p = NULL;
}

/* The certificate must be of this host. */
static bool expect (SSL *ssl, const char *host)
{
    unsigned char bytes[sizeof (struct in6_addr)];
    bool numeric = inet_pton (AF_INET, host, bytes) == 1 || inet_pton (AF_INET6, host, bytes) == 1;
    if (numeric)
        return X509_VERIFY_PARAM_set1_ip_asc (SSL_get0_param (ssl), host) == 1;
    return SSL_set_tlsext_host_name (ssl, host) == 1 && SSL_set1_host (ssl, host) == 1;
}

struct ssl_st *store_tls_begin (store_tls_t *self, struct redisContext *redis, const char *host, char why[DETAIL_SIZE])
{
    SSL *ssl = SSL_new (self->context);
    if (!ssl || !expect (ssl, host)) {
        no (why, "no TLS for", host);
    } else if (redisInitiateSSL (redis, ssl) == REDIS_OK) {
        return ssl;
    } else
        snprintf (why, DETAIL_SIZE, "%.200s", *redis->errstr ? redis->errstr : "TLS failed");
    SSL_free (ssl);
    return NULL;
}

bool store_tls_why (struct ssl_st *ssl, char why[DETAIL_SIZE])
{
    long verified = ssl ? SSL_get_verify_result (ssl) : X509_V_OK;
    if (verified != X509_V_OK)
        snprintf (why, DETAIL_SIZE, "its certificate is not good: %.120s (see --redis-ca)",
                  X509_verify_cert_error_string (verified));
    else if (ssl && ERR_peek_last_error ())
        no (why, "TLS failed", "");
    else
        return false;
    ERR_clear_error ();
    return true;
}

#else

store_tls_t *store_tls_new (const store_config_t *config, char why[DETAIL_SIZE])
{
    (void)config;
    snprintf (why, DETAIL_SIZE,
              "this build has no TLS to redis: it needs libhiredis 1.0 or later with libhiredis_ssl (Debian 13 has it, "
              "Debian "
              "12 has not), and libssl-dev when it is built");
    return NULL;
}

void store_tls_destroy (store_tls_t **self_p)
{
    free (*self_p);
    *self_p = NULL;
}

struct ssl_st *store_tls_begin (store_tls_t *self, struct redisContext *redis, const char *host, char why[DETAIL_SIZE])
{
    (void)self, (void)redis, (void)host;
    *why = '\0';
    return NULL;
}

bool store_tls_why (struct ssl_st *ssl, char why[DETAIL_SIZE])
{
    (void)ssl, (void)why;
    return false;
}

#endif
