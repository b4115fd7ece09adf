/* The suite LR0 (suites.md): Ed25519 and X25519 of libsodium, everything else of OpenSSL. What comes from a store may
 * be any bytes: `verify`, `encapsulate`, `decapsulate`, `unwrap` and `unseal` say no, and no more (LR-SUITE-9). */
#ifndef CRYPTO_H
#define CRYPTO_H

#include "base.h"

/* False when a library cannot be used. */
bool crypto_ready(void);
void digest(uint8_t out[KEY], struct buf t);
/* `context` is an encoded transcript. */
void derive(uint8_t out[KEY], const uint8_t secret[KEY], const char *label, struct buf context);

void signing_public(uint8_t out[KEY], const uint8_t seed[KEY]);
void sign(uint8_t out[SIGNATURE], const uint8_t seed[KEY], struct buf t);
bool verify(const uint8_t key[KEY], const uint8_t signature[SIGNATURE], struct buf t);

void kem_public(uint8_t out[KEY], const uint8_t key[KEY]);
bool encapsulate(uint8_t ciphertext[KEY], uint8_t secret[KEY], const uint8_t entropy[KEY], const uint8_t *to, size_t n);
bool decapsulate(uint8_t secret[KEY], const uint8_t key[KEY], const uint8_t *ciphertext, size_t n);

void wrap(uint8_t out[WRAPPED], const uint8_t key[KEY], const uint8_t secret[KEY]);
bool unwrap(uint8_t out[KEY], const uint8_t key[KEY], const uint8_t *wrapped, size_t n);
/* The body and its tag. */
struct buf seal(const uint8_t key[KEY], uint32_t a, uint64_t b, struct buf header, const uint8_t *body, size_t n);
bool unseal(struct buf *body, const uint8_t key[KEY], uint32_t a, uint64_t b, struct buf header, const uint8_t *sealed,
            size_t n);

#endif
