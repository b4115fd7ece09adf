"""The sorts, and what there is of each: atoms and the typed shapes of records over them.

A record, a capsule or a head is a value of a sort of its own, with a function for each of its fields: nothing can
be taken from a shape but its fields, nothing fits into another shape, and where it matters, two with the same fields
are one. The lemma that justifies this (encodings are tagged, injective and of fixed depth) is tested on the codec.
An honest choice of fresh bytes is an unused value with the right attributes: attributes of what nobody made are
arbitrary.
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
    "number": "epoch numbers, in their order",
    "count": "sequence numbers, in their order",
    "head": "states of an access control list: a digest stands for one chain of entries, ending with its own",
    "choice": "what a review does beyond what it must: which further sessions it closes",
    "master": "master keys",
    "body": "bodies of messages",
    "capsule": "KEM ciphertexts together with the master key that is wrapped under what they encapsulate",
    "cipher": "sealing keys: what is derived from a master for an epoch and a direction",
    "announcement": "what stands in an announcement",
    "exchange": "what an exchange's signature covers",
    "message": "sealed records",
    "board": "keys of a pair for posts: what is derived from an exchange's master",
    "post": "replicas of posts",
}

_FIELDS: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("h", "head"): {"segment": "segment", "subject": "name", "key": "key"},
    ("a", "announcement"): {
        "segment": "segment",
        "name": "name",
        "incarnation": "incarnation",
        "ephemeral": "ephemeral",
        "head": "head",
    },
    ("x", "exchange"): {
        "segment": "segment",
        "sender": "name",
        "recipient": "name",
        "from": "incarnation",
        "to": "incarnation",
        "ephemeral": "ephemeral",
        "capsule": "capsule",
        "head": "head",
    },
    ("c", "capsule"): {
        "opens": "ephemeral",
        "master": "master",
        "segment": "segment",
        "maker": "name",
        "taker": "name",
        "from": "incarnation",
        "to": "incarnation",
        "ephemeral": "ephemeral",
    },
    ("k", "cipher"): {
        "master": "master",
        "segment": "segment",
        "number": "number",
        "proposer": "name",
        "first": "incarnation",
        "other": "name",
        "second": "incarnation",
    },
    ("g", "message"): {
        "cipher": "cipher",
        "segment": "segment",
        "sender": "name",
        "recipient": "name",
        "from": "incarnation",
        "to": "incarnation",
        "number": "number",
        "proposer": "name",
        "count": "count",
        "rotation": "number",
        "body": "body",
        "master": "master",
    },
    ("b", "board"): {
        "master": "master",
        "segment": "segment",
        "proposer": "name",
        "first": "incarnation",
        "other": "name",
        "second": "incarnation",
    },
    ("p", "post"): {
        "board": "board",
        "segment": "segment",
        "sender": "name",
        "recipient": "name",
        "from": "incarnation",
        "to": "incarnation",
        "proposer": "name",
        "count": "count",
        "body": "body",
    },
}
"""The fields of each shape. Of a head: those of its last entry. `c_opens` is the key pair that the ciphertext was made
for, `c_master` what is wrapped, the others are the context of the key-encryption key. `k_first` and `k_second` are the
incarnations of the proposer and of the other. `g_master` is what a rotation wraps."""


def fields(prefix: str) -> tuple[str, ...]:
    """The functions that give the fields of a shape."""
    return tuple(f"{prefix}_{field}" for (own, _), those in _FIELDS.items() if own == prefix for field in those)


def same(one: str, other: str, *functions: str) -> str:
    """That two values agree in these fields."""
    return " & ".join(f"{function}({one}) = {function}({other})" for function in functions)


def declare(b: Builder) -> None:
    """The fixed functions and relations, and what is assumed of them."""
    b.function("who(process): name", "the name that it acts under")
    b.function("static(process): key", "its static key")
    b.function("creator(process): key", "the creator's static key, which it knows beforehand")
    b.function("room(process): segment", "the segment whose header it accepts (SEG-HEADER-4)")
    b.function("of(incarnation): process", "whose stay it is")
    b.function("kem(incarnation): ephemeral", "its ephemeral key pair")
    b.function("zero: number", "the number of an exchange's epoch")
    for (prefix, shape), those in _FIELDS.items():
        for field, sort in those.items():
            b.function(f"{prefix}_{field}({shape}): {sort}", f"the field {field} of the {shape}")
    for right in ("join", "exchange", "send"):
        b.relation(f"may_{right}(head)", f"its last entry states the right to {right}", fixed=True)
    b.relation("upto(head, head)", "the first is the second or a state before it", fixed=True)
    b.relation("below(number, number)", "the first is less", fixed=True)
    b.relation("less(count, count)", "the first is less", fixed=True)
    b.relation("chosen(choice, name, incarnation)", "the choice closes that session too", fixed=True)
    b.relation("forth(cipher)", "it is the proposer's: what the other seals has another label", fixed=True)
    b.relation("is_rotation(message)", "its flags say that it proposes a master", fixed=True)
    b.relation("is_acknowledgement(message)", "its flags say that it acknowledges one", fixed=True)
    b.relation("proposers(post)", "its nonce says that who sealed it made the exchange", fixed=True)
    b.relation("confided(body)", "honest members send it to trusted peers alone", fixed=True)
    b.axiom("upto is reflexive", "upto(H, H)", "")
    b.axiom("upto is transitive", "upto(E, H) & upto(H, G) -> upto(E, G)", "")
    b.axiom("upto is antisymmetric", "upto(E, H) & upto(H, E) -> E = H", "")
    b.axiom(
        "a digest is of one chain",
        "upto(E, H) & upto(G, H) -> upto(E, G) | upto(G, E)",
        "an entry carries the digest of the list before it, and digests do not collide (SEG-ACL-3)",
    )
    for order, sort in (("below", "number"), ("less", "count")):
        b.axiom(f"{order} is irreflexive", f"forall X:{sort}. ~{order}(X, X)", "")
        b.axiom(f"{order} is transitive", f"{order}(X, Y) & {order}(Y, Z) -> {order}(X, Z)", "")
        b.axiom(f"{order} is total", f"forall X:{sort}, Y:{sort}. {order}(X, Y) | {order}(Y, X) | X = Y", "")
    b.axiom("zero is the least", "~below(Q, zero)", "")
    for prefix, further in (
        ("c", ()),
        ("k", ("forth(X) <-> forth(Y)",)),
        ("b", ()),
        ("p", ("proposers(X) <-> proposers(Y)",)),
        ("g", ("is_rotation(X) <-> is_rotation(Y)", "is_acknowledgement(X) <-> is_acknowledgement(Y)")),
    ):
        alike = " & ".join([same("X", "Y", *fields(prefix)), *(f"({one})" for one in further)])
        shape = next(shape for own, shape in _FIELDS if own == prefix)
        b.axiom(f"the same fields are the same {shape}", f"{alike} -> X = Y", "encodings are injective")
    b.axiom("ephemeral keys are fresh", "kem(I) = kem(J) -> I = J", "each is made from 32 fresh bytes (SEG-KEYS-5)")
