"""The access control list: create, grant, revoke, and how a member verifies it forward."""

from __future__ import annotations

from lockedroom.model.proofs.system import Builder, guard


def declare(b: Builder) -> None:
    """The creators' state, what is known of lists, and what each process has verified."""
    b.relation("corrupt(key)", "the intruder has the private half: an insider's, or disclosed")
    b.relation("known_header(key, segment)", "a header of this segment, signed by this key, is to be had")
    b.relation("known_entry(key, head)", "the last entry of this list, signed by this key, is to be had")
    b.relation("founded(key, segment)", "an honest creator with this key created the segment")
    b.relation("stated(key, head)", "an honest creator signed the last entry of this list")
    b.relation("authority(key, segment, head)", "the last state that this creator signed, beside its identity")
    b.relation("seen(process, head)", "the process has verified the list up to this state")
    b.define(
        "counts",
        {"P": "process", "E": "head"},
        "seen(P, E) & forall F. seen(P, F) & upto(E, F) & h_subject(F) = h_subject(E) -> F = E",
        "the last entry on its subject that the process has verified (SEG-ACL-1)",
    )
    b.initially("nothing is founded", "~founded(K, S) & ~stated(K, H) & ~authority(K, S, H)", "")
    b.initially("no list is known", "~known_header(K, S) & ~known_entry(K, H) & ~seen(P, H)", "")
    b.action(
        "create",
        {"k": "key", "s": "segment", "h": "head"},
        [
            guard("~corrupt(k)", needed=False),
            guard("~founded(K, s)", "SEG-CREATE-3"),
            guard("h_segment(h) = s", "SEG-HEADER-7"),
            guard("upto(E, h) -> E = h", "SEG-ACL-3"),
        ],
        [
            "founded(k, s) := true",
            "stated(k, h) := true",
            "authority(k, s, h) := true",
            "known_header(k, s) := true",
            "known_entry(k, h) := true",
        ],
        "An honest creator lays out a segment, under a fresh id, and signs the first entry of its list.",
        "SEG-CREATE-3", "SEG-CREATE-4",
    )  # fmt: skip
    b.action(
        "state",
        {"k": "key", "s": "segment", "h": "head", "n": "head"},
        [
            guard("~corrupt(k)", needed=False),
            guard("authority(k, s, h)", "SEG-GRANT-1"),
            guard("upto(h, n) & h ~= n & forall E. upto(E, n) & E ~= n -> upto(E, h)", "SEG-ACL-3"),
            guard("h_segment(n) = s", "SEG-HEADER-7"),
        ],
        ["stated(k, n) := true", "authority(k, s, H) := H = n", "known_entry(k, n) := true"],
        "The creator extends its list by one entry: a grant, or a revocation.",
        "SEG-GRANT-1", "SEG-REVOKE-2",
    )  # fmt: skip
    b.action(
        "verify",
        {"p": "process", "h": "head"},
        [
            guard("known_header(creator(p), room(p))", "SEG-HEADER-3"),
            guard("upto(E, h) -> seen(p, E) | known_entry(creator(p), E)", "SEG-ACL-2"),
            guard("upto(E, h) -> h_segment(E) = room(p)", "SEG-HEADER-7"),
            guard("seen(p, E) -> upto(E, h)", "SEG-ACL-4", "SEG-ACL-5"),
        ],
        ["seen(p, E) := seen(p, E) | upto(E, h)"],
        "A process verifies the list forward, up to a state that extends what it remembers.",
        "SEG-ACL-6", "SEG-ACL-8", "SEG-REVIEW-4",
    )  # fmt: skip


def claim(b: Builder) -> None:
    """What holds of lists."""
    b.invariant("a segment has one founder", "founded(K, S) & founded(L, S) -> K = L", "")
    b.invariant("headers are authentic", "known_header(K, S) & ~corrupt(K) -> founded(K, S)", "")
    b.invariant("entries are authentic", "known_entry(K, H) & ~corrupt(K) -> stated(K, H)", "")
    b.invariant("what is stated is of a founded segment", "stated(K, H) -> founded(K, h_segment(H))", "")
    b.invariant(
        "the authority is the last state",
        "authority(K, S, T) & stated(K, H) & h_segment(H) = S -> upto(H, T)",
        "",
    )
    b.invariant("the authority is of its segment", "authority(K, S, T) -> founded(K, S) & stated(K, T)", "")
    b.invariant(
        "a creator states one list",
        "stated(K, H) & stated(K, G) & h_segment(H) = h_segment(G) -> upto(H, G) | upto(G, H)",
        "",
    )
    b.invariant("what is seen was stated", "seen(P, H) & ~corrupt(creator(P)) -> stated(creator(P), H)", "")
    b.invariant("what is seen is of the room", "seen(P, H) -> h_segment(H) = room(P)", "")
    b.invariant("what is seen is one list", "seen(P, H) & seen(P, G) -> upto(H, G) | upto(G, H)", "")
    b.promise(
        "the list is the creator's",
        "seen(P, H) & ~corrupt(creator(P)) -> stated(creator(P), H) & founded(creator(P), room(P))",
        "Nobody but the creator changes the list: what a member has verified, its honest creator stated.",
        "SEG-ACL-2", "SEG-ACL-3",
    )  # fmt: skip
    b.promise(
        "nothing of the list is taken back",
        "seen(P, H) & seen(P, G) -> upto(H, G) | upto(G, H)",
        "All that a process ever verified is one list, which only grew, even of a creator that is not honest.",
        "SEG-ACL-4", "SEG-ACL-5",
    )  # fmt: skip
    b.promise(
        "members of one room see one list",
        "seen(P, H) & seen(Q, G) & room(P) = room(Q) & creator(P) = creator(Q) & ~corrupt(creator(P))"
        " -> upto(H, G) | upto(G, H)",
        "Of what two members have verified, one extends the other, when their creator is honest.",
        "SEG-ACL-5",
    )
