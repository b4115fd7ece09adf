"""The symbolic suite: every operation builds or takes apart terms, and a check succeeds exactly for what was built
to pass it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from lockedroom.reference.crypto.suite import Encapsulated, KeyPair, Transcript
from lockedroom.reference.crypto.terms import Bits, Field, Term


@dataclass(frozen=True, slots=True)
class SymbolicEntropy:
    """Fresh terms, named by member, number of its join, purpose and context."""

    member: str
    incarnation: int

    def draw(self, purpose: str, *context: Field) -> Term:
        """See `Entropy`."""
        return Term("fresh", self.member, self.incarnation, purpose, *context)


def _flat(transcript: Transcript) -> tuple[Field, ...]:
    return (transcript.tag, *transcript.fields)


class SymbolicSuite:
    """The suite of the model. Its terms: public(k), sign(k, t), kem-public(e), kem-private(e), kem(p, e), shared(p, e),
    junk(k, c), wrap(k, s), seal(k, n, h, b), derive(s, label, t), digest(t)."""

    __slots__ = ()

    name = "symbolic"

    def length(self, bits: Bits) -> int:
        """Of a body what its term says; of every other term 32; of bytes their number."""
        if isinstance(bits, bytes):
            return len(bits)
        if bits.op == "body":
            size = bits.args[-1]
            return size if isinstance(size, int) else 0
        return 32

    def signing_public(self, private: Bits) -> Term:
        """See `Suite`."""
        return Term("public", private)

    def sign(self, private: Bits, transcript: Transcript) -> Term:
        """See `Suite`."""
        return Term("sign", private, _flat(transcript))

    def verify(self, public: Bits, transcript: Transcript, signature: Bits) -> bool:
        """See `Suite`."""
        return (
            isinstance(public, Term)
            and public.op == "public"
            and isinstance(signature, Term)
            and signature.op == "sign"
            and signature.args[0] == public.args[0]
            and signature.args[1] == _flat(transcript)
        )

    def kem_keypair(self, entropy: Bits) -> KeyPair:
        """See `Suite`."""
        return KeyPair(Term("kem-public", entropy), Term("kem-private", entropy))

    def encapsulate(self, public: Bits, entropy: Bits) -> Encapsulated | None:
        """See `Suite`."""
        if not isinstance(public, Term) or public.op != "kem-public":
            return None
        return Encapsulated(Term("kem", public, entropy), Term("shared", public, entropy))

    def decapsulate(self, private: Bits, ciphertext: Bits) -> Term | None:
        """See `Suite`."""
        if not isinstance(ciphertext, Term) or ciphertext.op != "kem" or not isinstance(private, Term):
            return None
        if ciphertext.args[0] == Term("kem-public", private.args[0]):
            return Term("shared", *ciphertext.args)
        return Term("junk", private, ciphertext)

    def wrap(self, key: Bits, secret: Bits) -> Term:
        """See `Suite`."""
        return Term("wrap", key, secret)

    def unwrap(self, key: Bits, wrapped: Bits) -> Bits | None:
        """See `Suite`."""
        if isinstance(wrapped, Term) and wrapped.op == "wrap" and wrapped.args[0] == key:
            return cast(Bits, wrapped.args[1])
        return None

    def seal(self, key: Bits, nonce: tuple[int, int], header: Transcript, body: Bits) -> Term:
        """See `Suite`."""
        return Term("seal", key, nonce, _flat(header), body)

    def open(self, key: Bits, nonce: tuple[int, int], header: Transcript, sealed: Bits) -> Bits | None:
        """See `Suite`."""
        if not isinstance(sealed, Term) or sealed.op != "seal":
            return None
        if sealed.args[:3] != (key, nonce, _flat(header)):
            return None
        return cast(Bits, sealed.args[3])

    def derive(self, secret: Bits, label: str, context: Transcript) -> Term:
        """See `Suite`."""
        return Term("derive", secret, label, _flat(context))

    def digest(self, transcript: Transcript) -> Term:
        """See `Suite`."""
        return Term("digest", _flat(transcript))
