// What Swift cannot call of libcrypto and libssl because it is a macro, variadic, or a typed stack.
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <time.h>

// No passphrase is ever asked for on a terminal: a key that needs one is not readable.
static inline int copenssl_no_passphrase(char *buffer, int size, int writing, void *context) {
    (void)buffer, (void)size, (void)writing, (void)context;
    return 0;
}

static inline EVP_PKEY *copenssl_read_key(BIO *bio) {
    return PEM_read_bio_PrivateKey(bio, NULL, copenssl_no_passphrase, NULL);
}

static inline X509 *copenssl_read_certificate(BIO *bio) {
    return PEM_read_bio_X509(bio, NULL, copenssl_no_passphrase, NULL);
}

static inline EVP_PKEY *copenssl_new_p256_key(void) { return EVP_EC_gen("P-256"); }

static inline long copenssl_bytes_of(BIO *bio, const uint8_t **bytes) {
    char *start = NULL;
    long count = BIO_get_mem_data(bio, &start);
    *bytes = (const uint8_t *)start;
    return count;
}

// Seconds since 1970; 0 when the time is none.
static inline int copenssl_seconds(const ASN1_TIME *time, int64_t *seconds) {
    struct tm parts;
    if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
    *seconds = (int64_t)timegm(&parts);
    return 1;
}

static inline int copenssl_set_times(X509 *certificate, int64_t from, int64_t until) {
    return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)from) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)until) != NULL;
}

static inline int copenssl_add_extension(X509 *certificate, X509 *issuer, int kind, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    if (extension == NULL) return 0;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

// Calls `visit` for each subject alternative name: kind 2 is a DNS name, 7 an address of 4 or 16 bytes.
static inline void copenssl_names(
    X509 *certificate, void *context, void (*visit)(void *context, int kind, const uint8_t *bytes, int count)) {
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        int kind = 0;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &kind);
        if (kind == GEN_DNS || kind == GEN_IPADD)
            visit(context, kind, ASN1_STRING_get0_data(value), ASN1_STRING_length(value));
    }
    GENERAL_NAMES_free(names);
}

// As RFC 2253 writes a name, other characters than ASCII as they are.
static inline int copenssl_print_name(BIO *bio, const X509_NAME *name) {
    return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
}

typedef struct copenssl_chain copenssl_chain;

static inline copenssl_chain *copenssl_chain_new(void) { return (copenssl_chain *)sk_X509_new_null(); }

// Takes a reference of its own.
static inline int copenssl_chain_append(copenssl_chain *chain, X509 *certificate) {
    if (X509_up_ref(certificate) != 1) return 0;
    if (sk_X509_push((STACK_OF(X509) *)chain, certificate) > 0) return 1;
    X509_free(certificate);
    return 0;
}

static inline void copenssl_chain_free(copenssl_chain *chain) {
    sk_X509_pop_free((STACK_OF(X509) *)chain, X509_free);
}

// Whether the chain leads to an authority of the store, whatever the time is; X509_V_OK or what is wrong.
static inline int copenssl_verify(X509_STORE *store, X509 *leaf, copenssl_chain *others) {
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int result = X509_V_ERR_OUT_OF_MEM;
    if (context != NULL && X509_STORE_CTX_init(context, store, leaf, (STACK_OF(X509) *)others) == 1) {
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
        X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_NO_CHECK_TIME);
        result = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    }
    X509_STORE_CTX_free(context);
    return result;
}

// For connections of a client that speaks TLS 1.2 or later.
static inline SSL_CTX *copenssl_client_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL) return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // The certificate is judged afterwards, so that what is wrong with it can be said.
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    return context;
}

static inline int copenssl_set_host(SSL *ssl, const char *host) { return SSL_set_tlsext_host_name(ssl, host); }

static inline int copenssl_presented_count(SSL *ssl) {
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    return chain == NULL ? 0 : sk_X509_num(chain);
}

// Borrowed: it lives as long as the connection.
static inline X509 *copenssl_presented(SSL *ssl, int index) {
    return sk_X509_value(SSL_get_peer_cert_chain(ssl), index);
}

static inline int copenssl_reason(unsigned long error) { return ERR_GET_REASON(error); }
