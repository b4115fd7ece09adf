"""The one interface through which engines see crypto, and the transcripts passed through it.

Engines import this module and nothing else of the package. It names operations; how they are
done is in `real` (bytes, with `cryptography` and PyNaCl) and in `symbolic` (terms).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lockedroom.reference.crypto.terms import Bits, Field


@dataclass(frozen=True, slots=True)
class Transcript:
    """A structured value that is signed, digested, authenticated or derived from: never a loose
    concatenation. `tag` tells what it is (domain separation), `fields` are its parts in the order
    that the spec gives; the suite encodes it injectively (spec/conventions.md, Transcripts).
    """

    tag: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A public key and the private key that belongs to it."""

    public: Bits
    private: Bits


@dataclass(frozen=True, slots=True)
class Encapsulated:
    """What encapsulation gives: the ciphertext for the peer and the secret that both then share."""

    ciphertext: Bits
    secret: Bits


class Entropy(Protocol):
    """The source of fresh values: an explicit input of every transition that needs one."""

    def draw(self, purpose: str, *context: Field) -> Bits:
        """32 fresh bytes (or a fresh term) for `purpose`; `context` makes the draw unique within one
        incarnation, so that a model can name it and a replay can find it again."""
        ...


class Suite(Protocol):
    """Every cryptographic operation of every protocol. None of them raises on hostile input: what
    does not verify is False, what does not open is None."""

    @property
    def name(self) -> str:
        """The suite's name as it stands in headers: `LR0`, `LR1`, or `symbolic`."""
        ...

    def length(self, bits: Bits) -> int:
        """The size of `bits` in bytes (of a term: what its constructor says)."""
        ...

    def signing_public(self, private: Bits) -> Bits:
        """The public key of a static signing key (Ed25519, a 32-byte seed)."""
        ...

    def sign(self, private: Bits, transcript: Transcript) -> Bits:
        """A signature over the transcript (Ed25519, 64 bytes)."""
        ...

    def verify(self, public: Bits, transcript: Transcript, signature: Bits) -> bool:
        """Whether `signature` is the holder of `public`'s, over exactly this transcript."""
        ...

    def kem_keypair(self, entropy: Bits) -> KeyPair:
        """An ephemeral KEM key pair from 32 bytes of entropy."""
        ...

    def encapsulate(self, public: Bits, entropy: Bits) -> Encapsulated | None:
        """A secret for the holder of `public`; None when `public` is no key of this suite."""
        ...

    def decapsulate(self, private: Bits, ciphertext: Bits) -> Bits | None:
        """The secret in `ciphertext`; None when malformed. (An ML-KEM ciphertext made for another
        key gives a secret that opens nothing: implicit rejection.)"""
        ...

    def wrap(self, key: Bits, secret: Bits) -> Bits:
        """AES key wrap (RFC 3394) of a 32-byte secret: 40 bytes."""
        ...

    def unwrap(self, key: Bits, wrapped: Bits) -> Bits | None:
        """The wrapped secret, or None when the integrity check fails."""
        ...

    def seal(self, key: Bits, nonce: tuple[int, int], header: Transcript, body: Bits) -> Bits:
        """AES-256-GCM of `body`, with `header` authenticated. The nonce is two numbers, encoded as
        a 4-byte and an 8-byte big-endian integer; the caller never repeats it under a key."""
        ...

    def open(self, key: Bits, nonce: tuple[int, int], header: Transcript, sealed: Bits) -> Bits | None:
        """The body, or None when anything differs from what was sealed."""
        ...

    def derive(self, secret: Bits, label: str, context: Transcript) -> Bits:
        """A 32-byte key from a secret (HKDF-SHA-256; the label and the context are the info)."""
        ...

    def digest(self, transcript: Transcript) -> Bits:
        """SHA-256 of the encoded transcript, 32 bytes."""
        ...

    def encrypt(self, key: Bits, iv: Bits, body: Bits) -> Bits:
        """AES-256-CBC with padding, as OpenSSL's command does it. Nothing is authenticated: only for what is there to
        be attacked."""
        ...

    def decrypt(self, key: Bits, iv: Bits, encrypted: Bits) -> Bits | None:
        """What that gives back: of other bytes any body at all, or None where the padding is wrong."""
        ...

    def stretch(self, password: Bits, salt: Bits) -> tuple[Bits, Bits]:
        """A 32-byte key and a 16-byte IV from a password: scrypt with a salt, and with an empty one what OpenSSL's
        command gives (PBKDF2)."""
        ...
