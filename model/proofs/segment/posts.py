"""Posts: publish, one replica after the other, and read. They stay on the board; reading takes nothing away."""

from __future__ import annotations

from lockedroom.model.proofs.segment.messages import OWN_RIGHT, PEER_RIGHT
from lockedroom.model.proofs.segment.world import same
from lockedroom.model.proofs.system import Builder, guard
from lockedroom.reference.segment import profile as switch

OPEN = "~closed(j, n, p_from(p)) & ~ended(j, n, p_from(p))"


def declare(b: Builder) -> None:
    """What is posted, known and read."""
    b.relation("posted(incarnation, post)", "the stay sealed the replica")
    b.relation("seen_post(incarnation, name, post)", "the stay read the replica as one of that name")
    b.relation("known_post(post)", "the replica is to be had")
    b.relation("lawful_post(incarnation, post)", "the sealer had the right to send, in a session that was not over")
    b.relation("lawful_reading(incarnation, post)", "the sender had the right to send, in a session that was not over")
    b.initially("nothing is posted", "~posted(I, P) & ~seen_post(I, N, P) & ~known_post(P)", "")


def act(b: Builder) -> None:
    """What honest members do, and what the intruder does to posts."""
    b.action(
        "publish",
        {
            "i": "incarnation",
            "n": "name",
            "j": "incarnation",
            "o": "name",
            "m": "master",
            "e": "head",
            "p": "post",
        },
        [
            guard("joined(i)", "SEG-WHO-3", needed=False),
            guard(OWN_RIGHT, "SEG-SEND-1"),
            guard("epoch(i, n, j, zero, o, m)", "SEG-PUBLISH-2"),
            guard("~closed(i, n, j) & ~ended(i, n, j)", "SEG-SEND-4"),
            guard(
                "posted(i, P) & p_recipient(P) = n & p_to(P) = j -> less(p_count(P), p_count(p))",
                "SEG-PUBLISH-3",
            ),
            guard("b_master(p_board(p)) = m", "SEG-KEYS-2"),
            guard("proposers(p) <-> o = who(of(i))", "SEG-PUBLISH-2", defence=switch.BOARD_NONCES),
            guard("b_segment(p_board(p)) = room(of(i)) & b_proposer(p_board(p)) = o", "SEG-KEYS-2"),
            guard(
                "o = who(of(i)) -> b_first(p_board(p)) = i & b_other(p_board(p)) = n & b_second(p_board(p)) = j",
                "SEG-KEYS-2",
                defence=switch.BOUND_KEYS,
            ),
            guard(
                "o ~= who(of(i)) ->"
                " b_first(p_board(p)) = j & b_other(p_board(p)) = who(of(i)) & b_second(p_board(p)) = i",
                "SEG-KEYS-2",
                defence=switch.BOUND_KEYS,
            ),
            guard("p_segment(p) = room(of(i)) & p_proposer(p) = o", "SEG-PUBLISH-2", "SEG-HEADER-7"),
            guard("p_sender(p) = who(of(i)) & p_recipient(p) = n", "SEG-PUBLISH-2"),
            guard("p_from(p) = i & p_to(p) = j", "SEG-PUBLISH-2"),
            guard("confided(p_body(p)) -> trusted(i, n, j, m)"),
        ],
        [
            "posted(i, p) := true",
            "known_post(p) := true",
            f"lawful_post(i, p) := {OWN_RIGHT} & ~closed(i, n, j) & ~ended(i, n, j)",
        ],
        "An honest member seals one peer's replica of a post; a publication is one of these for each.",
        "SEG-PUBLISH-2",
        "SEG-PUBLISH-3",
    )
    b.action(
        "read",
        {"j": "incarnation", "n": "name", "m": "master", "e": "head", "p": "post"},
        [
            guard("joined(j)", "SEG-WHO-3", needed=False),
            guard("known_post(p)", "SEG-READ-1"),
            guard(OPEN, "SEG-SEND-4"),
            guard("current(of(j), e) & h_subject(e) = n", "SEG-READ-2"),
            guard("may_send(e)", "SEG-READ-2", defence=switch.PEER_RIGHTS),
            guard("p_sender(p) = n", "SEG-READ-4", defence=switch.IN_PLACE),
            guard("p_recipient(p) = who(of(j)) & p_to(p) = j", "SEG-READ-4", defence=switch.IN_PLACE),
            guard("p_segment(p) = room(of(j))", "SEG-READ-3", "SEG-HEADER-7", needed=False),
            guard("epoch(j, n, p_from(p), zero, p_proposer(p), m)", "SEG-READ-3"),
            guard("b_master(p_board(p)) = m", "SEG-READ-3"),
            guard("proposers(p) <-> p_proposer(p) = n", "SEG-READ-3", defence=switch.BOARD_NONCES, needed=False),
        ],
        [
            "seen_post(j, n, p) := true",
            f"lawful_reading(j, p) := {PEER_RIGHT} & {OPEN}",
        ],
        "An honest member reads a post that is meant for its stay.",
        "SEG-READ-3",
        "SEG-READ-4",
    )
    b.action(
        "seal_post",
        {"p": "post"},
        [guard("known_master(b_master(p_board(p)))"), guard("known_body(p_body(p))")],
        ["known_post(p) := true"],
        "It seals any post under a key that it can derive.",
        intruder=True,
    )
    b.action(
        "open_post",
        {"p": "post"},
        [guard("known_post(p)"), guard("known_master(b_master(p_board(p)))")],
        ["known_body(p_body(p)) := true"],
        "It opens a post under a key that it can derive.",
        intruder=True,
    )
    key = [f"b_{field}(p_board({{0}}))" for field in ("segment", "proposer", "first", "other", "second")]
    bound = " & ".join(f"{one.format('s')} = {one.format('r')}" for one in key)
    header = ("p_segment", "p_sender", "p_recipient", "p_from", "p_to", "p_proposer")
    b.action(
        "alter_post",
        {"r": "post", "s": "post"},
        [
            guard("known_post(r)"),
            guard("b_master(p_board(s)) = b_master(p_board(r))", "SEG-KEYS-2"),
            guard(bound, "SEG-KEYS-2", defence=switch.BOUND_KEYS),
            guard("proposers(s) <-> proposers(r)", "SEG-PUBLISH-2"),
            guard(same("s", "r", "p_count"), "SEG-PUBLISH-2"),
            guard(same("s", "r", "p_body"), "SEG-PUBLISH-2"),
            guard(same("s", "r", *header), "SEG-PUBLISH-2", defence=switch.SEALED_HEADER),
        ],
        ["known_post(s) := true"],
        "It alters what is not authenticated with a post, or takes it for one under a key that is the same.",
        intruder=True,
    )


def claim(b: Builder) -> None:
    """What holds of posts."""
    b.invariant(
        "posts say who sealed them",
        "posted(I, P) -> used(I) & p_from(P) = I & p_sender(P) = who(of(I)) & p_segment(P) = room(of(I))"
        " & epoch(I, p_recipient(P), p_to(P), zero, p_proposer(P), b_master(p_board(P)))",
        "",
    )
    b.invariant(
        "keys say who posted",
        "posted(I, P) -> (proposers(P) & b_first(p_board(P)) = I & b_other(p_board(P)) = p_recipient(P)"
        " & b_second(p_board(P)) = p_to(P) & b_proposer(p_board(P)) = who(of(I))"
        " | ~proposers(P) & b_second(p_board(P)) = I & b_first(p_board(P)) = p_to(P)"
        " & b_proposer(p_board(P)) = p_recipient(P))",
        "",
    )
    b.invariant(
        "a post's number is used once",
        "posted(I, P) & posted(I, R) & p_recipient(P) = p_recipient(R) & p_to(P) = p_to(R) & p_count(P) = p_count(R)"
        " -> P = R",
        "",
    )
    b.invariant(
        "posts are sealed by whom they name",
        "known_post(P) -> posted(p_from(P), P) | known_master(b_master(p_board(P)))",
        "",
    )
    b.invariant(
        "what is confided is posted for the trusted",
        "posted(I, P) & confided(p_body(P)) -> trusted(I, p_recipient(P), p_to(P), b_master(p_board(P)))",
        "",
    )
    b.invariant("forged posts are known", "known_post(P) & confided(p_body(P)) -> posted(p_from(P), P)", "")
    b.invariant(
        "read is of the session",
        "seen_post(J, N, P) -> epoch(J, N, p_from(P), zero, p_proposer(P), b_master(p_board(P)))",
        "",
    )
    b.invariant(
        "read is to whom it names",
        "seen_post(J, N, P) -> p_sender(P) = N & p_recipient(P) = who(of(J)) & p_to(P) = J",
        "",
    )
    b.invariant(
        "read was posted, or its key is known",
        "seen_post(J, N, P) -> posted(p_from(P), P) | known_master(b_master(p_board(P)))",
        "",
    )
    b.invariant("posts are lawful", "posted(I, P) -> lawful_post(I, P)", "")
    b.invariant("readings are lawful", "seen_post(J, N, P) -> lawful_reading(J, P)", "")
    b.promise(
        "authentication of posts",
        "seen_post(J, N, P) & (~doubtful(J, N, p_from(P)) | trusted(J, N, p_from(P), b_master(p_board(P))))"
        " -> posted(p_from(P), P) & who(of(p_from(P))) = N & p_recipient(P) = who(of(J)) & p_to(P) = J"
        " & room(of(p_from(P))) = room(of(J))",
        "What is read as an honest peer's was posted by that peer, in this incarnation, for this member in this"
        " incarnation.",
        "SEG-PUBLISH-2",
        "SEG-READ-3",
        "SEG-READ-4",
    )
    b.promise(
        "no nonce twice on the board",
        "posted(I, P) & posted(J, R) & p_board(P) = p_board(R) & p_count(P) = p_count(R)"
        " & (proposers(P) <-> proposers(R)) -> P = R",
        "No two posts are sealed under one key with one nonce, whichever of the pair seals them.",
        "SEG-PUBLISH-2",
        "SEG-PUBLISH-3",
    )
    b.promise(
        "nothing is posted or read without the right",
        "(posted(I, P) -> lawful_post(I, P)) & (seen_post(J, N, P) -> lawful_reading(J, P))",
        "Who publishes has the right to send, as it has verified; what is read is of whom the list, as the member has"
        " verified it, gives that right.",
        "SEG-SEND-1",
        "SEG-READ-2",
    )
