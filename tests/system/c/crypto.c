#include "crypto.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <sodium.h>

/* What cannot fail with arguments of ours: when it does, the library is broken, and no key may be used any more. */
static void must(bool done)
{
    if (!done) {
        fputs("a library's primitive failed\n", stderr);
        abort();
    }
}

bool crypto_ready(void)
{
    return sodium_init() >= 0;
}

void digest(uint8_t out[KEY], struct buf t)
{
    must(EVP_Digest(t.b, t.n, out, NULL, EVP_sha256(), NULL) == 1);
}

static void hkdf(uint8_t out[KEY], const uint8_t *secret, struct buf info)
{
    char hash[] = "SHA256";
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret, KEY),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.b, info.n),
        OSSL_PARAM_construct_end(),
    };
    must(context && EVP_KDF_derive(context, out, KEY, parameters) == 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
}

void derive(uint8_t out[KEY], const uint8_t secret[KEY], const char *label, struct buf context)
{
    /* What follows the tag of the context is encoded as the content of a list is. */
    size_t tag = context.b[0];
    char *name = arena(tag + 1);
    memcpy(name, context.b + 1, tag);
    struct buf info = transcript("LR-DERIVE", "ss", label, name);
    info.b[info.b[0] + 1] = 3;
    put_number(&info, 4, 1);
    put_var(&info, context.b + 1 + tag, context.n - 1 - tag);
    hkdf(out, secret, info);
}

void signing_public(uint8_t out[KEY], const uint8_t seed[KEY])
{
    uint8_t expanded[crypto_sign_SECRETKEYBYTES];
    must(crypto_sign_seed_keypair(out, expanded, seed) == 0);
    sodium_memzero(expanded, sizeof expanded);
}

void sign(uint8_t out[SIGNATURE], const uint8_t seed[KEY], struct buf t)
{
    uint8_t expanded[crypto_sign_SECRETKEYBYTES], public[KEY];
    must(crypto_sign_seed_keypair(public, expanded, seed) == 0);
    must(crypto_sign_detached(out, NULL, t.b, t.n, expanded) == 0);
    sodium_memzero(expanded, sizeof expanded);
}

bool verify(const uint8_t key[KEY], const uint8_t signature[SIGNATURE], struct buf t)
{
    return crypto_sign_verify_detached(signature, t.b, t.n, key) == 0;
}

void kem_public(uint8_t out[KEY], const uint8_t key[KEY])
{
    must(crypto_scalarmult_base(out, key) == 0);
}

static bool agree(uint8_t secret[KEY], const uint8_t key[KEY], const uint8_t *other, const uint8_t *ciphertext,
                  const uint8_t *recipient)
{
    uint8_t shared[KEY];
    if (crypto_scalarmult(shared, key, other) != 0)
        return false;
    hkdf(secret, shared, transcript("LR0-KEM", "BB", ciphertext, recipient));
    sodium_memzero(shared, sizeof shared);
    return true;
}

bool encapsulate(uint8_t ciphertext[KEY], uint8_t secret[KEY], const uint8_t entropy[KEY], const uint8_t *to, size_t n)
{
    kem_public(ciphertext, entropy);
    return n == KEY && agree(secret, entropy, to, ciphertext, to);
}

bool decapsulate(uint8_t secret[KEY], const uint8_t key[KEY], const uint8_t *ciphertext, size_t n)
{
    uint8_t public[KEY];
    kem_public(public, key);
    return n == KEY && agree(secret, key, ciphertext, ciphertext, public);
}

static bool key_wrap(uint8_t *out, int size, const uint8_t *key, const uint8_t *in, int n, int wrapping)
{
    uint8_t made[WRAPPED + 16];
    int length = 0, last = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    must(context);
    EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    must(EVP_CipherInit_ex(context, EVP_aes_256_wrap(), NULL, key, NULL, wrapping) == 1);
    bool done = EVP_CipherUpdate(context, made, &length, in, n) == 1 &&
                EVP_CipherFinal_ex(context, made + length, &last) == 1 && length + last == size;
    if (done)
        memcpy(out, made, (size_t)size);
    sodium_memzero(made, sizeof made);
    EVP_CIPHER_CTX_free(context);
    return done;
}

void wrap(uint8_t out[WRAPPED], const uint8_t key[KEY], const uint8_t secret[KEY])
{
    must(key_wrap(out, WRAPPED, key, secret, KEY, 1));
}

bool unwrap(uint8_t out[KEY], const uint8_t key[KEY], const uint8_t *wrapped, size_t n)
{
    return n == WRAPPED && key_wrap(out, KEY, key, wrapped, WRAPPED, 0);
}

static EVP_CIPHER_CTX *gcm(const uint8_t *key, uint32_t a, uint64_t b, struct buf header, int sealing)
{
    int length;
    struct buf nonce = {0};
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    put_number(&nonce, a, 4);
    put_number(&nonce, b, 8);
    must(context && header.n <= INT_MAX);
    must(EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce.b, sealing) == 1);
    must(EVP_CipherUpdate(context, NULL, &length, header.b, (int)header.n) == 1);
    return context;
}

struct buf seal(const uint8_t key[KEY], uint32_t a, uint64_t b, struct buf header, const uint8_t *body, size_t n)
{
    struct buf out = {0};
    uint8_t *made = arena(n + TAG), none = 0;
    int length = 0, last = 0;
    EVP_CIPHER_CTX *context = gcm(key, a, b, header, 1);
    must(n <= INT_MAX - TAG);
    must(EVP_CipherUpdate(context, made, &length, n ? body : &none, (int)n) == 1);
    must(EVP_CipherFinal_ex(context, made + length, &last) == 1);
    must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG, made + n) == 1);
    EVP_CIPHER_CTX_free(context);
    put(&out, made, n + TAG);
    return out;
}

bool unseal(struct buf *body, const uint8_t key[KEY], uint32_t a, uint64_t b, struct buf header, const uint8_t *sealed,
            size_t n)
{
    if (n < TAG || n > INT_MAX)
        return false;
    uint8_t *made = arena(n), tag[TAG];
    int length = 0, last = 0;
    EVP_CIPHER_CTX *context = gcm(key, a, b, header, 0);
    memcpy(tag, sealed + n - TAG, TAG);
    must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1);
    bool opened = EVP_CipherUpdate(context, made, &length, sealed, (int)(n - TAG)) == 1 &&
                  EVP_CipherFinal_ex(context, made + length, &last) == 1;
    EVP_CIPHER_CTX_free(context);
    if (opened)
        *body = (struct buf){.b = made, .n = n - TAG, .room = n};
    return opened;
}
