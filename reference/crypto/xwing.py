"""X-Wing (draft-connolly-cfrg-xwing-kem), composed of the library's ML-KEM-768, X25519, SHA3-256 and SHAKE256. The
published vectors pin it. No primitive is written here."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA3_256, SHAKE256, Hash

PUBLIC: Final = 1184 + 32
CIPHERTEXT: Final = 1088 + 32
SEED: Final = 32
_LABEL: Final = bytes.fromhex("5c2e2f2f5e5c")


def _combined(ml_kem: bytes, x25519: bytes, ciphertext: bytes, public: bytes) -> bytes:
    digest = Hash(SHA3_256())
    for part in (ml_kem, x25519, ciphertext, public, _LABEL):
        digest.update(part)
    return digest.finalize()


def _expanded(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    digest = Hash(SHAKE256(96))
    digest.update(seed)
    wide = digest.finalize()
    return MLKEM768PrivateKey.from_seed_bytes(wide[:64]), X25519PrivateKey.from_private_bytes(wide[64:])


def public_key(seed: bytes) -> bytes:
    """The 1,216-byte public key that belongs to a 32-byte seed."""
    ml_kem, x25519 = _expanded(seed)
    return ml_kem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def encapsulate(public: bytes, ephemeral: bytes) -> tuple[bytes, bytes]:
    """Ciphertext (1,120 bytes) and secret (32 bytes). The X25519 half takes its ephemeral key from the caller; the
    ML-KEM half draws its own. Raises ValueError when `public` is no key."""
    if len(public) != PUBLIC:
        raise ValueError(f"an X-Wing public key has {PUBLIC} bytes")
    ours = X25519PrivateKey.from_private_bytes(ephemeral)
    theirs = public[1184:]
    x25519 = ours.exchange(X25519PublicKey.from_public_bytes(theirs))
    ml_kem, ciphertext = MLKEM768PublicKey.from_public_bytes(public[:1184]).encapsulate()
    share = ours.public_key().public_bytes_raw()
    return ciphertext + share, _combined(ml_kem, x25519, share, theirs)


def decapsulate(seed: bytes, ciphertext: bytes) -> bytes:
    """The secret. Raises ValueError when `ciphertext` is none of X-Wing's."""
    if len(ciphertext) != CIPHERTEXT:
        raise ValueError(f"an X-Wing ciphertext has {CIPHERTEXT} bytes")
    ml_kem_key, x25519_key = _expanded(seed)
    share = ciphertext[1088:]
    x25519 = x25519_key.exchange(X25519PublicKey.from_public_bytes(share))
    ml_kem = ml_kem_key.decapsulate(ciphertext[:1088])
    return _combined(ml_kem, x25519, share, x25519_key.public_key().public_bytes_raw())
