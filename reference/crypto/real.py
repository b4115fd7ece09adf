"""The real suites, `LR0` and `LR1` (spec/suites.md): transcripts encoded, then handed to the primitives.

What may come from a hostile store (public keys, signatures, ciphertexts, wrapped secrets, sealed bodies) may be any
bytes and gives False or None. What never does (seeds, keys, entropy, transcripts) is a programmer's fault when it is
wrong: TypeError for a term, ValueError for a length or a number out of range.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Final

from lockedroom.reference.crypto import primitives, xwing
from lockedroom.reference.crypto.suite import Encapsulated, KeyPair, Transcript
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.crypto.transcript import encode

LR0: Final = "LR0"
LR1: Final = "LR1"
SUITES: Final = (LR0, LR1)


class RealSuite:
    """Suite `LR1` (X-Wing) or `LR0` (X25519 alone, byte-reproducible), everything else alike.

    `tape`, if given, belongs to the caller: under LR1, what encapsulation gave for a public key is kept there and
    given again, so that a retry or a replay reuses it (the library takes no entropy for ML-KEM). LR0 needs none: its
    encapsulation follows from the entropy.
    """

    __slots__ = ("_tape", "name")

    def __init__(self, name: str, tape: MutableMapping[bytes, Encapsulated] | None = None) -> None:
        """Raises ValueError for a name that is none of `SUITES`."""
        if name not in SUITES:
            raise ValueError(f"no such suite: {name}; there are {', '.join(SUITES)}")
        self.name = name
        self._tape = tape

    def length(self, bits: Bits) -> int:
        """See `Suite`."""
        return len(_bytes(bits))

    def signing_public(self, private: Bits) -> bytes:
        """See `Suite` (LR-SUITE-10)."""
        return primitives.ed25519_public(_bytes(private))

    def sign(self, private: Bits, transcript: Transcript) -> bytes:
        """See `Suite` (LR-SUITE-10)."""
        return primitives.ed25519_sign(_bytes(private), encode(transcript))

    def verify(self, public: Bits, transcript: Transcript, signature: Bits) -> bool:
        """See `Suite` (LR-SUITE-11)."""
        return primitives.ed25519_verify(_bytes(public), encode(transcript), _bytes(signature))

    def kem_keypair(self, entropy: Bits) -> KeyPair:
        """See `Suite`; the private key is the entropy itself (LR-SUITE-17, LR-SUITE-20)."""
        seed = _bytes(entropy)
        make = xwing.public_key if self.name == LR1 else primitives.x25519_public
        return KeyPair(make(seed), seed)

    def encapsulate(self, public: Bits, entropy: Bits) -> Encapsulated | None:
        """See `Suite` (LR-SUITE-18, LR-SUITE-21)."""
        key, ephemeral = _bytes(public), primitives.secret(_bytes(entropy))
        if self.name == LR0:
            return _x25519_encapsulate(key, ephemeral)
        if self._tape is not None and key in self._tape:
            return self._tape[key]
        made = xwing.encapsulate(key, ephemeral)
        if made is None:
            return None
        encapsulated = Encapsulated(*made)
        if self._tape is not None:
            self._tape[key] = encapsulated
        return encapsulated

    def decapsulate(self, private: Bits, ciphertext: Bits) -> bytes | None:
        """See `Suite` (LR-SUITE-18, LR-SUITE-22)."""
        take = xwing.decapsulate if self.name == LR1 else _x25519_decapsulate
        return take(_bytes(private), _bytes(ciphertext))

    def wrap(self, key: Bits, secret: Bits) -> bytes:
        """See `Suite` (LR-SUITE-13)."""
        return primitives.key_wrap(_bytes(key), _bytes(secret))

    def unwrap(self, key: Bits, wrapped: Bits) -> bytes | None:
        """See `Suite` (LR-SUITE-13)."""
        return primitives.key_unwrap(_bytes(key), _bytes(wrapped))

    def seal(self, key: Bits, nonce: tuple[int, int], header: Transcript, body: Bits) -> bytes:
        """See `Suite` (LR-SUITE-14). Raises ValueError for a nonce that is not a u32 and a u64."""
        encoded = _nonce(nonce)
        if encoded is None:
            raise ValueError(f"a nonce is a u32 and a u64, not {nonce}")
        return primitives.gcm_seal(_bytes(key), encoded, encode(header), _bytes(body))

    def open(self, key: Bits, nonce: tuple[int, int], header: Transcript, sealed: Bits) -> bytes | None:
        """See `Suite` (LR-SUITE-14). Under a nonce that none can have, nothing was sealed."""
        encoded = _nonce(nonce)
        if encoded is None:
            return None
        return primitives.gcm_open(_bytes(key), encoded, encode(header), _bytes(sealed))

    def derive(self, secret: Bits, label: str, context: Transcript) -> bytes:
        """See `Suite` (LR-SUITE-12)."""
        info = Transcript("LR-DERIVE", (label, context.tag, context.fields))
        return primitives.hkdf(primitives.secret(_bytes(secret)), encode(info))

    def digest(self, transcript: Transcript) -> bytes:
        """See `Suite` (LR-SUITE-16)."""
        return primitives.sha256(encode(transcript))

    def encrypt(self, key: Bits, iv: Bits, body: Bits) -> bytes:
        """See `Suite` (LR-SUITE-30)."""
        return primitives.cbc_encrypt(_bytes(key), _bytes(iv), _bytes(body))

    def decrypt(self, key: Bits, iv: Bits, encrypted: Bits) -> bytes | None:
        """See `Suite` (LR-SUITE-30)."""
        return primitives.cbc_decrypt(_bytes(key), _bytes(iv), _bytes(encrypted))

    def stretch(self, password: Bits, salt: Bits) -> tuple[bytes, bytes]:
        """See `Suite` (LR-SUITE-31)."""
        made = primitives.stretched(_bytes(password), _bytes(salt))
        return made[: primitives.KEY], made[primitives.KEY :]


def _x25519_encapsulate(public: bytes, ephemeral: bytes) -> Encapsulated | None:
    agreed = primitives.x25519_agree(ephemeral, public)
    if agreed is None:
        return None
    share = primitives.x25519_public(ephemeral)
    return Encapsulated(share, _x25519_secret(agreed, share, public))


def _x25519_decapsulate(private: bytes, share: bytes) -> bytes | None:
    agreed = primitives.x25519_agree(private, share)
    if agreed is None:
        return None
    return _x25519_secret(agreed, share, primitives.x25519_public(private))


def _x25519_secret(agreed: bytes, share: bytes, public: bytes) -> bytes:
    return primitives.hkdf(agreed, encode(Transcript("LR0-KEM", (share, public))))


def _bytes(bits: Bits) -> bytes:
    if not isinstance(bits, bytes):
        raise TypeError(f"a real suite works on bytes, not on a {type(bits).__name__}")
    return bits


def _nonce(nonce: tuple[int, int]) -> bytes | None:
    high, low = nonce
    if not (0 <= high < 1 << 32 and 0 <= low < 1 << 64):
        return None
    return high.to_bytes(4, "big") + low.to_bytes(8, "big")
