"""The primitives that the real suites are composed of, on plain bytes: sizes, refusals, and which library does it.

Nothing here knows a transcript, a suite or a protocol, and nothing is computed here: each function is one call of a
library, with the checks that the library leaves out. Ed25519 verification is libsodium's (PyNaCl), since OpenSSL's
accepts signatures that nobody made under keys of small order (LR-SUITE-11); everything else is `cryptography`'s.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.padding import PKCS7
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

KEY: Final = 32
"""Bytes of every symmetric key, seed, secret, digest, Ed25519 and X25519 key."""
SIGNATURE: Final = 64
WRAPPED: Final = KEY + 8
NONCE: Final = 12
TAG: Final = 16
BLOCK: Final = 16
ROUNDS: Final = 10_000
"""Rounds of PBKDF2 in OpenSSL's command."""
SCRYPT: Final = (1 << 17, 8, 1)
"""n, r and p of scrypt."""


def secret(value: bytes) -> bytes:
    """`value`, which has the 32 bytes that keys, seeds and secrets have. They never come from the store, so any other
    length is a programmer's fault: ValueError."""
    if len(value) != KEY:
        raise ValueError(f"a key, seed or secret has {KEY} bytes, not {len(value)}")
    return value


def ed25519_public(seed: bytes) -> bytes:
    """The public key of a seed (RFC 8032, 5.1.5)."""
    return Ed25519PrivateKey.from_private_bytes(secret(seed)).public_key().public_bytes_raw()


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    """The 64-byte signature (RFC 8032, 5.1.6), a function of seed and message."""
    return Ed25519PrivateKey.from_private_bytes(secret(seed)).sign(message)


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is one over `message`: without cofactor; S below the group order; neither the key nor R of
    small order, the key in canonical form (LR-SUITE-11). Any bytes may be given."""
    if len(public) != KEY or len(signature) != SIGNATURE:
        return False
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        return False
    return True


def x25519_public(private: bytes) -> bytes:
    """The public key of a private key (RFC 7748, 6.1)."""
    return X25519PrivateKey.from_private_bytes(secret(private)).public_key().public_bytes_raw()


def x25519_agree(private: bytes, public: bytes) -> bytes | None:
    """The shared value (RFC 7748, 6.1); None when `public` has not 32 bytes or the value is all zero, as for a point
    of small order (LR-SUITE-19)."""
    ours = X25519PrivateKey.from_private_bytes(secret(private))
    try:
        return ours.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return None


def hkdf(ikm: bytes, info: bytes) -> bytes:
    """32 bytes of HKDF-SHA-256 with an empty salt (RFC 5869)."""
    return HKDF(SHA256(), KEY, None, info).derive(ikm)


def sha256(data: bytes) -> bytes:
    """SHA-256, 32 bytes (FIPS 180-4)."""
    digest = Hash(SHA256())
    digest.update(data)
    return digest.finalize()


def key_wrap(key: bytes, content: bytes) -> bytes:
    """AES-256 key wrap of 32 bytes (RFC 3394, 2.2.1): 40 bytes."""
    return aes_key_wrap(secret(key), secret(content))


def key_unwrap(key: bytes, wrapped: bytes) -> bytes | None:
    """The 32 bytes that were wrapped, or None (RFC 3394, 2.2.2)."""
    if len(wrapped) != WRAPPED:
        return None
    try:
        return aes_key_unwrap(secret(key), wrapped)
    except InvalidUnwrap:
        return None


def gcm_seal(key: bytes, nonce: bytes, header: bytes, body: bytes) -> bytes:
    """AES-256-GCM (NIST SP 800-38D): the ciphertext, as long as the body, then the 16-byte tag."""
    return AESGCM(secret(key)).encrypt(nonce, body, header)


def gcm_open(key: bytes, nonce: bytes, header: bytes, sealed: bytes) -> bytes | None:
    """The body, or None when anything differs from what was sealed."""
    if len(sealed) < TAG:
        return None
    try:
        return AESGCM(secret(key)).decrypt(nonce, sealed, header)
    except InvalidTag:
        return None


def cbc_encrypt(key: bytes, iv: bytes, body: bytes) -> bytes:
    """AES-256-CBC with PKCS#7 padding: 1 to 16 bytes longer than the body."""
    padder = PKCS7(8 * BLOCK).padder()
    encryptor = Cipher(AES256(secret(key)), CBC(iv)).encryptor()
    return encryptor.update(padder.update(body) + padder.finalize()) + encryptor.finalize()


def cbc_decrypt(key: bytes, iv: bytes, encrypted: bytes) -> bytes | None:
    """The body, or None where the length or the padding is wrong."""
    decryptor, unpadder = Cipher(AES256(secret(key)), CBC(iv)).decryptor(), PKCS7(8 * BLOCK).unpadder()
    try:
        padded = decryptor.update(encrypted) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


def stretched(password: bytes, salt: bytes) -> bytes:
    """48 bytes from a password: scrypt (RFC 7914) with a salt, PBKDF2 with HMAC-SHA-256 (RFC 8018) without one."""
    if salt:
        n, r, p = SCRYPT
        return Scrypt(salt, KEY + BLOCK, n, r, p).derive(password)
    return PBKDF2HMAC(SHA256(), KEY + BLOCK, salt, ROUNDS).derive(password)
