"""X-Wing (draft-connolly-cfrg-xwing-kem-10), composed of the libraries' ML-KEM-768, X25519, SHA3-256 and SHAKE256 and
pinned by the draft's vectors (conformance/vectors/crypto/xwing.json). No primitive is written here.

The private key is the 32-byte seed, always (the draft's binding properties hold for that form alone).
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.hashes import SHA3_256, SHAKE256, Hash

from lockedroom.reference.crypto.primitives import KEY, secret, x25519_agree, x25519_public

ML_KEM_PUBLIC: Final = 1184
ML_KEM_CIPHERTEXT: Final = 1088
PUBLIC: Final = ML_KEM_PUBLIC + KEY
CIPHERTEXT: Final = ML_KEM_CIPHERTEXT + KEY
_LABEL: Final = bytes.fromhex("5c2e2f2f5e5c")


def public_key(seed: bytes) -> bytes:
    """The 1,216-byte public key of a 32-byte seed: ML-KEM's, then X25519's."""
    ml_kem, x25519 = _expanded(seed)
    return ml_kem.public_key().public_bytes_raw() + x25519_public(x25519)


def encapsulate(public: bytes, ephemeral: bytes) -> tuple[bytes, bytes] | None:
    """Ciphertext (1,120 bytes) and secret (32 bytes); None when `public` is no key: of another length, with an ML-KEM
    coefficient that is not reduced (FIPS 203, 7.2), or with an X25519 point of small order.

    `ephemeral` is the X25519 half's 32-byte private key. The ML-KEM half draws its own randomness, since the library
    takes none, so two calls differ.
    """
    if len(public) != PUBLIC:
        return None
    theirs = public[ML_KEM_PUBLIC:]
    x25519 = x25519_agree(ephemeral, theirs)
    if x25519 is None:
        return None
    try:
        key = MLKEM768PublicKey.from_public_bytes(public[:ML_KEM_PUBLIC])
    except ValueError:
        return None
    ml_kem, ciphertext = key.encapsulate()
    share = x25519_public(ephemeral)
    return ciphertext + share, _combined(ml_kem, x25519, share, theirs)


def decapsulate(seed: bytes, ciphertext: bytes) -> bytes | None:
    """The 32-byte secret; None when `ciphertext` has another length or an X25519 point of small order. An ML-KEM half
    that was made for another key gives a secret that nobody else has (implicit rejection)."""
    if len(ciphertext) != CIPHERTEXT:
        return None
    key, private = _expanded(seed)
    share = ciphertext[ML_KEM_CIPHERTEXT:]
    x25519 = x25519_agree(private, share)
    if x25519 is None:
        return None
    ml_kem = key.decapsulate(ciphertext[:ML_KEM_CIPHERTEXT])
    return _combined(ml_kem, x25519, share, x25519_public(private))


def _combined(ml_kem: bytes, x25519: bytes, share: bytes, public: bytes) -> bytes:
    digest = Hash(SHA3_256())
    for part in (ml_kem, x25519, share, public, _LABEL):
        digest.update(part)
    return digest.finalize()


def _expanded(seed: bytes) -> tuple[MLKEM768PrivateKey, bytes]:
    digest = Hash(SHAKE256(96))
    digest.update(secret(seed))
    wide = digest.finalize()
    return MLKEM768PrivateKey.from_seed_bytes(wide[:64]), wide[64:]
