"""The access control list: create, grant, revoke, and how a process verifies it forward."""

from __future__ import annotations

from lockedroom.model.proofs.system import Builder, Guard, guard
from lockedroom.reference.segment import profile as switch

EXTENDS = "upto(F, H) & forall G. upto(G, H) & upto(F, G) & h_subject(G) = h_subject(F) -> G = F"
LOSES = (
    "may_join(F) & ~may_join(E) | may_exchange(F) & ~may_exchange(E) | may_send(F) & ~may_send(E)"
    " | h_key(F) ~= h_key(E)"
)

VOID = (
    "session({0}, N, J) & exists F, E. current(of({0}), F) & upto(E, h)"
    " & h_subject(F) = N & h_subject(E) = N & loses(F, E)"
)
"""That a list takes rights from a name with which there is a session."""


def declare(b: Builder) -> None:
    """The creators' state, what is known of lists, and what each process has verified."""
    b.relation("corrupt(key)", "the intruder has the private half: an insider's, or disclosed")
    b.relation("known_header(key, segment)", "a header of this segment, signed by this key, is to be had")
    b.relation("known_entry(key, head)", "the last entry of this list, signed by this key, is to be had")
    b.relation("founded(key, segment)", "an honest creator with this key created the segment")
    b.relation("stated(key, head)", "an honest creator signed the last entry of this list")
    b.relation("authority(key, segment, head)", "the last state that this creator signed, beside its identity")
    b.relation("seen(process, head)", "the process has verified the list up to this state")
    b.relation("ever(process, head)", "it did at some time")
    b.relation("current(process, head)", "the last entry on its subject that the process has verified (SEG-ACL-1)")
    b.define("last", {"F": "head", "H": "head"}, EXTENDS, "the last entry on its subject in a list")
    b.define("loses", {"F": "head", "E": "head"}, LOSES, "the second takes rights away, or gives another key")
    b.initially("nothing is founded", "~founded(K, S) & ~stated(K, H) & ~authority(K, S, H)", "")
    b.initially("no list is known", "~known_header(K, S) & ~known_entry(K, H)", "")
    b.initially("no list is seen", "~seen(P, H) & ~ever(P, H) & ~current(P, H)", "")


def act(b: Builder) -> None:
    """What honest creators and processes do."""
    b.action(
        "create",
        {"k": "key", "s": "segment", "h": "head"},
        [
            guard("~corrupt(k)", needed=False),
            guard("~founded(K, s)", "SEG-CREATE-3", defence=switch.UNIQUE_ID),
            guard("h_segment(h) = s", "SEG-HEADER-7"),
            guard("upto(E, h) -> E = h", "SEG-ACL-3", needed=False),
        ],
        [
            "founded(k, s) := true",
            "stated(k, h) := true",
            "authority(k, s, h) := true",
            "known_header(k, s) := true",
            "known_entry(k, h) := true",
        ],
        "An honest creator lays out a segment, under a fresh id, and signs the first entry of its list.",
        "SEG-CREATE-3",
        "SEG-CREATE-4",
    )
    b.action(
        "state",
        {"k": "key", "s": "segment", "h": "head", "n": "head"},
        [
            guard("~corrupt(k)", needed=False),
            guard("founded(k, s) & stated(k, h) & h_segment(h) = s", "SEG-WHO-1", needed=False),
            guard("authority(k, s, h)", "SEG-GRANT-1", defence=switch.CREATOR_MEMORY),
            guard("upto(h, n) & h ~= n & forall E. upto(E, n) & E ~= n -> upto(E, h)", "SEG-ACL-3"),
            guard("h_segment(n) = s", "SEG-HEADER-7"),
        ],
        ["stated(k, n) := true", "authority(k, s, H) := H = n", "known_entry(k, n) := true"],
        "The creator extends its list by one entry: a grant, or a revocation.",
        "SEG-GRANT-1",
        "SEG-REVOKE-2",
    )
    b.action(
        "verify",
        {"p": "process", "h": "head"},
        [*verifies("p"), guard("joined(I) -> of(I) ~= p", "SEG-REVIEW-3", defence=switch.CLOSING)],
        [*verified("p"), f"void(I, N, J) := void(I, N, J) | of(I) = p & joined(I) & {VOID.format('I')}"],
        "A process that is not joined verifies the list forward, up to a state that extends what it remembers.",
        "SEG-ACL-6",
        "SEG-ACL-8",
    )


def verifies(process: str) -> list[tuple[str, Guard]]:
    """What a process checks before it believes the list up to h."""
    return [
        guard(f"known_header(creator({process}), room({process}))", "SEG-HEADER-3"),
        guard(f"upto(E, h) -> seen({process}, E) | known_entry(creator({process}), E)", "SEG-ACL-2"),
        guard(f"upto(E, h) -> h_segment(E) = room({process})", "SEG-HEADER-4", defence=switch.ONE_SEGMENT),
        guard(f"seen({process}, E) & upto(h, E) -> E = h", "SEG-ACL-4", defence=switch.NO_ROLLBACK),
        guard(f"seen({process}, E) -> upto(E, h) | upto(h, E)", "SEG-ACL-5", defence=switch.NO_EQUIVOCATION),
    ]


def verified(process: str) -> list[str]:
    """What a process remembers once it has verified the list up to h."""
    return [
        f"seen({process}, E) := upto(E, h)",
        f"ever({process}, E) := ever({process}, E) | upto(E, h)",
        f"current({process}, E) := last(E, h)",
    ]


def claim(b: Builder) -> None:
    """What holds of lists."""
    b.invariant("what is seen has a header", "seen(P, H) -> known_header(creator(P), room(P))", "")
    b.invariant("a segment has one founder", "founded(K, S) & founded(L, S) -> K = L", "")
    b.invariant("headers are authentic", "known_header(K, S) & ~corrupt(K) -> founded(K, S)", "")
    b.invariant("entries are authentic", "known_entry(K, H) & ~corrupt(K) -> stated(K, H)", "")
    b.invariant("what is stated is of a founded segment", "stated(K, H) -> founded(K, h_segment(H))", "")
    b.invariant(
        "the authority is the last state", "authority(K, S, T) & stated(K, H) & h_segment(H) = S -> upto(H, T)", ""
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
    b.invariant("what was ever seen is seen", "ever(P, H) <-> seen(P, H)", "")
    b.invariant("what counts is seen", "current(P, E) -> seen(P, E)", "")
    b.invariant(
        "what counts is the last",
        "current(P, E) & seen(P, F) & upto(E, F) & h_subject(F) = h_subject(E) -> F = E",
        "",
    )
    b.promise(
        "the list is the creator's",
        "(seen(P, H) -> known_header(creator(P), room(P)))"
        " & (seen(P, H) & ~corrupt(creator(P)) -> stated(creator(P), H) & founded(creator(P), room(P)))",
        "Nobody but the creator changes the list: what a member has verified, its honest creator stated, in a segment"
        " whose header it signed.",
        "SEG-HEADER-3",
        "SEG-ACL-2",
        "SEG-ACL-3",
    )
    b.promise(
        "nothing of the list is taken back",
        "ever(P, H) -> seen(P, H)",
        "What a process has once verified of the list it never loses, even if its creator is not honest.",
        "SEG-ACL-4",
        "SEG-ACL-5",
    )
    b.promise(
        "the last entry counts",
        "current(P, E) & ever(P, F) & upto(E, F) & h_subject(F) = h_subject(E) -> F = E",
        "Of the entries on a subject that a process ever verified, the last is the one that counts.",
        "SEG-ACL-1",
        "SEG-ACL-4",
    )
    b.promise(
        "members of one room see one list",
        "seen(P, H) & seen(Q, G) & room(P) = room(Q) & creator(P) = creator(Q) & ~corrupt(creator(P))"
        " -> upto(H, G) | upto(G, H)",
        "Of what two members have verified, one extends the other, when their creator is honest.",
        "SEG-ACL-5",
        "SEG-GRANT-1",
    )
    b.promise(
        "a list is of one segment",
        "seen(P, H) -> h_segment(H) = room(P)",
        "No entry that was made for another segment is ever believed.",
        "SEG-HEADER-4",
        "SEG-HEADER-7",
    )
