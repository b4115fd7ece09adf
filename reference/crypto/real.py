"""The real suites, LR0 and LR1, on `cryptography` alone (spec/suites.md). Hostile bytes give False or None, never
an exception."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from lockedroom.reference.crypto import xwing
from lockedroom.reference.crypto.suite import Encapsulated, KeyPair, Transcript
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.crypto.transcript import encode

SUITES: Final = ("LR0", "LR1")
_TAG: Final = 16


def _bytes(bits: Bits) -> bytes:
    if not isinstance(bits, bytes):
        raise TypeError("a real suite works on bytes, not on terms")
    return bits


def _hkdf(secret: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, info).derive(secret)


class RealSuite:
    """Suite `LR1` (X-Wing) or `LR0` (X25519 alone, byte-reproducible), everything else alike.

    `tape`, if given, belongs to the caller: what encapsulation gave for a public key is kept there and given again,
    so that a retry or a replay reuses it.
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
        """See `Suite`."""
        return Ed25519PrivateKey.from_private_bytes(_bytes(private)).public_key().public_bytes_raw()

    def sign(self, private: Bits, transcript: Transcript) -> bytes:
        """See `Suite`."""
        return Ed25519PrivateKey.from_private_bytes(_bytes(private)).sign(encode(transcript))

    def verify(self, public: Bits, transcript: Transcript, signature: Bits) -> bool:
        """See `Suite`."""
        try:
            key = Ed25519PublicKey.from_public_bytes(_bytes(public))
            key.verify(_bytes(signature), encode(transcript))
        except (InvalidSignature, ValueError):
            return False
        return True

    def kem_keypair(self, entropy: Bits) -> KeyPair:
        """See `Suite`."""
        seed = _bytes(entropy)
        if self.name == "LR1":
            return KeyPair(xwing.public_key(seed), seed)
        return KeyPair(X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw(), seed)

    def encapsulate(self, public: Bits, entropy: Bits) -> Encapsulated | None:
        """See `Suite`."""
        key = _bytes(public)
        if self._tape is not None and key in self._tape:
            return self._tape[key]
        try:
            if self.name == "LR1":
                made = Encapsulated(*xwing.encapsulate(key, _bytes(entropy)))
            else:
                made = self._x25519(key, _bytes(entropy))
        except ValueError:
            return None
        if self._tape is not None:
            self._tape[key] = made
        return made

    def decapsulate(self, private: Bits, ciphertext: Bits) -> bytes | None:
        """See `Suite`."""
        seed, sent = _bytes(private), _bytes(ciphertext)
        try:
            if self.name == "LR1":
                return xwing.decapsulate(seed, sent)
            key = X25519PrivateKey.from_private_bytes(seed)
            agreed = key.exchange(X25519PublicKey.from_public_bytes(sent))
            return _x25519_secret(agreed, sent, key.public_key().public_bytes_raw())
        except ValueError:
            return None

    def wrap(self, key: Bits, secret: Bits) -> bytes:
        """See `Suite`."""
        return aes_key_wrap(_bytes(key), _bytes(secret))

    def unwrap(self, key: Bits, wrapped: Bits) -> bytes | None:
        """See `Suite`."""
        if len(_bytes(wrapped)) != 40:
            return None
        try:
            return aes_key_unwrap(_bytes(key), _bytes(wrapped))
        except InvalidUnwrap:
            return None

    def seal(self, key: Bits, nonce: tuple[int, int], header: Transcript, body: Bits) -> bytes:
        """See `Suite`."""
        return AESGCM(_bytes(key)).encrypt(_nonce(nonce), _bytes(body), encode(header))

    def open(self, key: Bits, nonce: tuple[int, int], header: Transcript, sealed: Bits) -> bytes | None:
        """See `Suite`."""
        if len(_bytes(sealed)) < _TAG:
            return None
        try:
            return AESGCM(_bytes(key)).decrypt(_nonce(nonce), _bytes(sealed), encode(header))
        except InvalidTag:
            return None

    def derive(self, secret: Bits, label: str, context: Transcript) -> bytes:
        """See `Suite`."""
        info = Transcript("LR-DERIVE", (label, context.tag, context.fields))
        return _hkdf(_bytes(secret), encode(info))

    def digest(self, transcript: Transcript) -> bytes:
        """See `Suite`."""
        sha256 = Hash(SHA256())
        sha256.update(encode(transcript))
        return sha256.finalize()

    def _x25519(self, public: bytes, entropy: bytes) -> Encapsulated:
        ours = X25519PrivateKey.from_private_bytes(entropy)
        share = ours.public_key().public_bytes_raw()
        agreed = ours.exchange(X25519PublicKey.from_public_bytes(public))
        return Encapsulated(share, _x25519_secret(agreed, share, public))


def _x25519_secret(agreed: bytes, share: bytes, public: bytes) -> bytes:
    return _hkdf(agreed, encode(Transcript("LR0-KEM", (share, public))))


def _nonce(nonce: tuple[int, int]) -> bytes:
    return nonce[0].to_bytes(4, "big") + nonce[1].to_bytes(8, "big")
