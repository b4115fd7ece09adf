"""The sorts, and what there is of each: atoms and the typed shapes of records over them.

A record, a capsule or a head is a value of a sort of its own, with a function for each of its fields: two may have
the same fields, nothing can be taken from a shape but its fields, and nothing fits into another shape. The lemma
that justifies this (encodings are tagged, injective and of fixed depth) is tested on the codec. An honest choice of
fresh bytes is an unused value with the right attributes: attributes of what nobody made are arbitrary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockedroom.model.proofs.system import Builder

SORTS: Final[Mapping[str, str]] = {
    "name": "names of members",
    "key": "static signing key pairs: whoever knows the private half is whom the key stands for",
    "segment": "segment ids",
    "process": "processes, each acting under one name in one segment, with its memory of the list",
    "incarnation": "stays, from join to leave or death; also the bytes that name one",
    "ephemeral": "ephemeral KEM key pairs",
    "head": "states of an access control list: a digest stands for one chain of entries, ending with its own",
    "master": "master keys",
    "capsule": "KEM ciphertexts together with the master key that is wrapped under what they encapsulate",
    "announcement": "what an announcement's signature covers",
    "exchange": "what an exchange's signature covers",
}


def declare(b: Builder) -> None:
    """The fixed functions and relations, and what is assumed of them."""
    b.function("who(process): name", "the name that it acts under")
    b.function("static(process): key", "its static key")
    b.function("creator(process): key", "the creator's static key, which it knows beforehand")
    b.function("room(process): segment", "the segment whose header it accepts, for good (SEG-HEADER-4)")
    b.function("of(incarnation): process", "whose stay it is")
    b.function("kem(incarnation): ephemeral", "its ephemeral key pair")
    for field, sort in (("segment", "segment"), ("subject", "name"), ("key", "key")):
        b.function(f"h_{field}(head): {sort}", f"the {field} of its last entry")
    for right in ("join", "exchange", "send"):
        b.relation(f"may_{right}(head)", f"its last entry states the right to {right}", fixed=True)
    b.relation("upto(head, head)", "the first is the second or a state before it", fixed=True)
    for field, sort in (
        ("segment", "segment"), ("name", "name"), ("incarnation", "incarnation"), ("ephemeral", "ephemeral"),
        ("head", "head"),
    ):  # fmt: skip
        b.function(f"a_{field}(announcement): {sort}", f"its {field}")
    for field, sort in (
        ("segment", "segment"), ("sender", "name"), ("recipient", "name"), ("from", "incarnation"),
        ("to", "incarnation"), ("ephemeral", "ephemeral"), ("capsule", "capsule"), ("head", "head"),
    ):  # fmt: skip
        b.function(f"x_{field}(exchange): {sort}", f"its {field}")
    b.function("c_opens(capsule): ephemeral", "the key pair that its ciphertext was made for")
    b.function("c_master(capsule): master", "what is wrapped")
    for field, sort in (
        ("segment", "segment"), ("maker", "name"), ("taker", "name"), ("from", "incarnation"),
        ("to", "incarnation"), ("ephemeral", "ephemeral"),
    ):  # fmt: skip
        b.function(f"c_{field}(capsule): {sort}", f"the {field} in the context of its key-encryption key")

    b.axiom("upto is reflexive", "upto(H, H)", "")
    b.axiom("upto is transitive", "upto(E, H) & upto(H, G) -> upto(E, G)", "")
    b.axiom("upto is antisymmetric", "upto(E, H) & upto(H, E) -> E = H", "a digest is of one chain")
    b.axiom(
        "a digest is of one chain",
        "upto(E, H) & upto(G, H) -> upto(E, G) | upto(G, E)",
        "the digest of an entry covers the head before it, and digests do not collide",
    )
    b.axiom("ephemeral keys are fresh", "kem(I) = kem(J) -> I = J", "each is made from 32 fresh bytes (SEG-KEYS-5)")
