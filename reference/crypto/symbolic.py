"""The symbolic suite: every operation builds or takes apart terms, and a check succeeds exactly for what was built
to pass it. What an intruder makes of terms is not here but in `closure`.

| term | is | made by |
| --- | --- | --- |
| `fresh(member, incarnation, purpose, *context)` | a fresh value | `SymbolicEntropy.draw` |
| `public(k)` | the public key of a static signing key | `signing_public` |
| `sign(k, t)` | a signature | `sign` |
| `kem-public(e)`, `kem-private(e)` | a KEM key pair | `kem_keypair` |
| `kem(p, e)`, `shared(p, e)` | a KEM ciphertext and its secret | `encapsulate` |
| `junk(d, c)` | what another key decapsulates (implicit rejection) | `decapsulate` |
| `wrap(k, s)` | a wrapped secret | `wrap` |
| `seal(k, n, h, b)` | a sealed body, with nonce and header | `seal` |
| `derive(s, label, t)` | a derived key | `derive` |
| `digest(t)` | a digest | `digest` |
| `encrypt(k, i, b)` | an encrypted body that nothing authenticates | `encrypt` |
| `garbled(k, i, c)` | what comes of decrypting anything else | `decrypt` |
| `stretch(p, s, what)` | a key or an IV from a password | `stretch` |
| `body(sender, recipient, number, length)` | a message's body; its last number is its length | the model |

A transcript stands in a term as the tuple of its tag and its fields. Whoever builds a term directly gives these
operators these arguments, no fewer.
"""

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


class SymbolicSuite:
    """The suite of the model. It keeps nothing, so any number of them are one and the same."""

    __slots__ = ()

    name = "symbolic"

    def length(self, bits: Bits) -> int:
        """Of a body what its term says (its last argument); of every other term 32; of bytes their number."""
        if isinstance(bits, bytes):
            return len(bits)
        if bits.op == "body":
            size = bits.args[-1]
            if not isinstance(size, int):
                raise TypeError(f"the last argument of a body is its length: {bits}")
            return size
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
            isinstance(signature, Term)
            and signature.op == "sign"
            and isinstance(public, Term)
            and public.op == "public"
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
        """See `Suite`. Raises TypeError when `private` is no private KEM key: it never comes from the store."""
        if not isinstance(private, Term) or private.op != "kem-private":
            raise TypeError(f"no private KEM key: {private!r}")
        if not isinstance(ciphertext, Term) or ciphertext.op != "kem":
            return None
        public = ciphertext.args[0]
        if isinstance(public, Term) and public.op == "kem-public" and public.args == private.args:
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

    def encrypt(self, key: Bits, iv: Bits, body: Bits) -> Term:
        """See `Suite`."""
        return Term("encrypt", key, iv, body)

    def decrypt(self, key: Bits, iv: Bits, encrypted: Bits) -> Bits | None:
        """See `Suite`. Whatever is decrypted gives something: nothing tells it apart."""
        if isinstance(encrypted, Term) and encrypted.op == "encrypt" and encrypted.args[:2] == (key, iv):
            return cast(Bits, encrypted.args[2])
        return Term("garbled", key, iv, encrypted)

    def stretch(self, password: Bits, salt: Bits) -> tuple[Term, Term]:
        """See `Suite`."""
        return Term("stretch", password, salt, "key"), Term("stretch", password, salt, "iv")


def _flat(transcript: Transcript) -> tuple[Field, ...]:
    return (transcript.tag, *transcript.fields)
