"""Sealed records: send (and multicast, one replica after the other), rotate, acknowledge, and receive."""

from __future__ import annotations

from collections.abc import Sequence

from lockedroom.model.proofs.system import Builder, Guard, guard
from lockedroom.reference.segment import profile as switch

SENDER = {
    "i": "incarnation",
    "n": "name",
    "j": "incarnation",
    "q": "number",
    "o": "name",
    "m": "master",
    "e": "head",
    "g": "message",
}
RECEIVER = {"j": "incarnation", "n": "name", "m": "master", "e": "head", "g": "message"}
SESSION = "j, n, g_from(g)"
OWN_RIGHT = "current(of(i), e) & h_subject(e) = who(of(i)) & may_send(e)"
READS = "{0} & ~closed(j, n, g_from(g)) | closed(j, n, g_from(g)) & kept_message(j, g)"
PEER_RIGHT = "current(of(j), e) & h_subject(e) = n & may_send(e)"


def declare(b: Builder) -> None:
    """What is sealed, sent, read and known."""
    b.relation("sealed(incarnation, message)", "the stay sealed the record")
    b.relation("sent(incarnation, name, incarnation, count)", "the first used this number towards the second")
    b.relation("got(incarnation, name, incarnation, count)", "the first consumed this number of the second")
    b.relation("delivered(incarnation, name, message)", "the stay consumed the record as one of that name")
    b.relation("again(incarnation, message)", "it consumed the record when it had done so before")
    b.relation("then(incarnation, message, message)", "it consumed the second after the first")
    b.relation("sealed_then(incarnation, message, message)", "the stay sealed the second after the first")
    b.relation("known_message(message)", "the sealed record is to be had")
    b.relation("known_body(body)", "the intruder has the body")
    b.relation(
        "lawful_seal(incarnation, message)",
        "the sealer had the right to send, as it had verified, in a session that was not over",
    )
    b.relation("lawful_delivery(incarnation, message)", "the sender had the right, or the record was kept")
    b.initially("nothing is sealed", "~sealed(I, G) & ~sent(I, N, J, S) & ~sealed_then(I, G, H)", "")
    b.initially("nothing is read", "~got(I, N, J, S) & ~delivered(I, N, G) & ~again(I, G) & ~then(I, G, H)", "")
    b.initially("no message is known", "~known_message(G)", "")
    b.initially("what is confided is not known", "known_body(B) -> ~confided(B)", "")


def _seals(*, flags: str) -> list[tuple[str, Guard]]:
    """What every sealing checks, and how the record is made."""
    return [
        guard("joined(i)", "SEG-WHO-3", needed=False),
        guard(OWN_RIGHT, "SEG-SEND-1"),
        guard("epoch(i, n, j, q, o, m)", "SEG-SEND-2"),
        guard("~closed(i, n, j) & ~ended(i, n, j)", "SEG-SEND-4"),
        guard("sent(i, n, j, S) -> less(S, g_count(g))", "SEG-SEND-8"),
        guard("k_master(g_cipher(g)) = m", "SEG-KEYS-2"),
        guard("forth(g_cipher(g)) <-> o = who(of(i))", "SEG-KEYS-2", defence=switch.DIRECTIONS),
        guard(
            "k_segment(g_cipher(g)) = room(of(i)) & k_number(g_cipher(g)) = q & k_proposer(g_cipher(g)) = o",
            "SEG-KEYS-2",
            needed=False,
        ),
        guard(
            "o = who(of(i)) -> k_first(g_cipher(g)) = i & k_other(g_cipher(g)) = n & k_second(g_cipher(g)) = j",
            "SEG-KEYS-2",
            defence=switch.BOUND_KEYS,
        ),
        guard(
            "o ~= who(of(i)) ->"
            " k_first(g_cipher(g)) = j & k_other(g_cipher(g)) = who(of(i)) & k_second(g_cipher(g)) = i",
            "SEG-KEYS-2",
            defence=switch.BOUND_KEYS,
        ),
        guard("g_segment(g) = room(of(i))", "SEG-SEND-6", "SEG-HEADER-7"),
        guard("g_sender(g) = who(of(i)) & g_recipient(g) = n", "SEG-SEND-6"),
        guard("g_from(g) = i & g_to(g) = j", "SEG-SEND-6"),
        guard("g_number(g) = q & g_proposer(g) = o", "SEG-SEND-6"),
        guard(flags, "SEG-SEND-6"),
    ]


SEALED: Sequence[str] = (
    "sent(i, n, j, g_count(g)) := true",
    "sealed(i, g) := true",
    "sealed_then(i, G, g) := sealed(i, G)",
    "known_message(g) := true",
    f"lawful_seal(i, g) := {OWN_RIGHT} & ~closed(i, n, j) & ~ended(i, n, j)",
)


def _opens(flags: str, *, matters: bool = False) -> list[tuple[str, Guard]]:
    """What every reading checks."""
    return [
        guard("joined(j)", "SEG-WHO-3", needed=False),
        guard("lies_message(j, g)", "SEG-RECEIVE-1"),
        guard("g_sender(g) = n", "SEG-RECEIVE-2", defence=switch.IN_PLACE),
        guard("g_recipient(g) = who(of(j))", "SEG-RECEIVE-2", defence=switch.IN_PLACE),
        guard("g_to(g) = j", "SEG-RECEIVE-3", defence=switch.IN_PLACE),
        guard("g_segment(g) = room(of(j))", "SEG-RECEIVE-8", "SEG-HEADER-7", needed=False),
        guard(f"epoch({SESSION}, g_number(g), g_proposer(g), m)", "SEG-RECEIVE-3", "SEG-RECEIVE-5"),
        guard("k_master(g_cipher(g)) = m", "SEG-RECEIVE-8"),
        guard(
            "forth(g_cipher(g)) <-> g_proposer(g) ~= who(of(j))",
            "SEG-RECEIVE-8",
            defence=switch.DIRECTIONS,
            needed=False,
        ),
        guard(
            "k_segment(g_cipher(g)) = room(of(j)) & k_number(g_cipher(g)) = g_number(g)"
            " & k_proposer(g_cipher(g)) = g_proposer(g)",
            "SEG-RECEIVE-8",
            defence=switch.BOUND_KEYS,
            needed=False,
        ),
        guard(
            "g_proposer(g) = who(of(j)) ->"
            " k_first(g_cipher(g)) = j & k_other(g_cipher(g)) = n & k_second(g_cipher(g)) = g_from(g)",
            "SEG-RECEIVE-8",
            defence=switch.BOUND_KEYS,
            needed=False,
        ),
        guard(
            "g_proposer(g) ~= who(of(j)) ->"
            " k_first(g_cipher(g)) = g_from(g) & k_other(g_cipher(g)) = who(of(j)) & k_second(g_cipher(g)) = j",
            "SEG-RECEIVE-8",
            defence=switch.BOUND_KEYS,
            needed=False,
        ),
        guard(f"got({SESSION}, S) -> less(S, g_count(g))", "SEG-RECEIVE-6", defence=switch.SEQUENCE),
        guard("current(of(j), e) & h_subject(e) = n", "SEG-RECEIVE-10"),
        guard(READS.format("may_send(e)"), "SEG-RECEIVE-4", "SEG-RECEIVE-10", defence=switch.PEER_RIGHTS),
        guard(flags, "SEG-RECEIVE-7", needed=matters),
    ]


READ: Sequence[str] = (
    "lies_message(j, g) := false",
    f"got({SESSION}, g_count(g)) := true",
    "delivered(j, n, g) := true",
    "again(j, g) := again(j, g) | delivered(j, n, g)",
    "then(j, G, g) := delivered(j, n, G)",
    "lawful_delivery(j, g) := " + READS.format(PEER_RIGHT),
)


def act(b: Builder) -> None:
    """What honest members do."""
    b.action(
        "send",
        SENDER,
        [
            *_seals(flags="~is_rotation(g) & ~is_acknowledgement(g)"),
            guard("confided(g_body(g)) -> trusted(i, n, j, m)"),
        ],
        SEALED,
        "An honest member seals one message for a peer; a multicast is one of these for each replica.",
        "SEG-SEND-6",
        "SEG-SEND-7",
        "SEG-SEND-8",
        "SEG-MULTICAST-2",
    )
    b.action(
        "rotate",
        SENDER,
        [
            *_seals(flags="is_rotation(g) & ~is_acknowledgement(g)"),
            guard("~made_master(g_master(g)) & ~known_master(g_master(g))", "SEG-ROTATE-2", "SEG-KEYS-5"),
            guard("epoch(i, n, j, Q, O, M) -> below(Q, g_rotation(g))", "SEG-ROTATE-2"),
        ],
        [
            *SEALED,
            "made_master(g_master(g)) := true",
            "epoch(i, n, j, g_rotation(g), who(of(i)), g_master(g)) := true",
            "rotated(i, n, j, g_master(g)) := true",
            "trusted(i, n, j, g_master(g)) := trusted(i, n, j, m)",
        ],
        "An honest member proposes a new master, wrapped under the rotation key of the epoch under which it seals.",
        "SEG-ROTATE-2",
    )
    b.action(
        "acknowledge",
        SENDER,
        [*_seals(flags="is_acknowledgement(g) & ~is_rotation(g) & g_rotation(g) = q & o = n & ~confided(g_body(g))")],
        SEALED,
        "An honest member acknowledges a peer's proposal by the first record under the new epoch.",
        "SEG-ROTATE-6",
        "SEG-ACK-2",
    )
    b.action(
        "receive",
        RECEIVER,
        _opens("~is_rotation(g) & ~is_acknowledgement(g)"),
        READ,
        "An honest member consumes and delivers a message.",
        "SEG-RECEIVE-8",
        "SEG-RECEIVE-13",
    )
    b.action(
        "read_proposal",
        RECEIVER,
        [
            *_opens("is_rotation(g) & ~is_acknowledgement(g)", matters=True),
            guard(f"~epoch({SESSION}, g_rotation(g), n, M)", "SEG-ROTATE-5", "SEG-EPOCH-4", needed=False),
        ],
        [
            *READ,
            f"epoch({SESSION}, g_rotation(g), n, g_master(g)) := true",
            f"rotated({SESSION}, g_master(g)) := true",
            f"trusted({SESSION}, g_master(g)) := trusted({SESSION}, g_master(g)) | trusted({SESSION}, m)",
        ],
        "An honest member consumes a proposal that takes precedence, and shares its master.",
        "SEG-ROTATE-4",
        "SEG-ROTATE-5",
    )
    b.action(
        "read_control",
        RECEIVER,
        _opens("is_rotation(g) | is_acknowledgement(g)"),
        READ,
        "An honest member consumes an acknowledgement, or a proposal that loses.",
        "SEG-ROTATE-5",
        "SEG-ROTATE-7",
    )


def claim(b: Builder) -> None:
    """What holds of sealed records and the masters of rotations."""
    b.invariant("epochs are of those who came", "epoch(I, N, J, Q, O, M) -> used(I)", "")
    b.invariant("a proposer is one of the two", "epoch(I, N, J, Q, O, M) -> O = N | O = who(of(I))", "")
    b.invariant("offers begin an epoch", "offered(I, N, J, M) -> epoch(I, N, J, zero, who(of(I)), M)", "")
    b.invariant(
        "the first epoch is an offer's",
        "epoch(I, N, J, zero, who(of(I)), M) & N ~= who(of(I)) -> offered(I, N, J, M)",
        "",
    )
    b.invariant(
        "one master for an epoch of one's own",
        "epoch(I, N, J, Q, who(of(I)), M) & epoch(I, N, J, Q, who(of(I)), L) & N ~= who(of(I)) -> M = L",
        "",
    )
    b.invariant(
        "a peer's epochs are the peer's",
        "epoch(J, N, I, Q, N, M) & N ~= who(of(J))"
        " -> known_master(M) | epoch(I, who(of(J)), J, Q, N, M) & who(of(I)) = N",
        "",
    )
    b.invariant("rotated masters are made", "rotated(I, N, J, M) -> made_master(M) | known_master(M)", "")
    b.invariant("rotated masters are not offered", "rotated(I, N, J, M) & offered(H, O, G, M) -> known_master(M)", "")
    b.invariant(
        "sealed records say who sealed them",
        "sealed(I, G) -> used(I) & g_from(G) = I & g_sender(G) = who(of(I)) & g_segment(G) = room(of(I))"
        " & sent(I, g_recipient(G), g_to(G), g_count(G))"
        " & epoch(I, g_recipient(G), g_to(G), g_number(G), g_proposer(G), k_master(g_cipher(G)))",
        "",
    )
    b.invariant(
        "keys say who sealed",
        "sealed(I, G) -> (forth(g_cipher(G)) & k_first(g_cipher(G)) = I & k_other(g_cipher(G)) = g_recipient(G)"
        " & k_second(g_cipher(G)) = g_to(G) & k_proposer(g_cipher(G)) = who(of(I))"
        " | ~forth(g_cipher(G)) & k_second(g_cipher(G)) = I & k_first(g_cipher(G)) = g_to(G)"
        " & k_proposer(g_cipher(G)) = g_recipient(G))",
        "",
    )
    b.invariant(
        "a number is used once",
        "sealed(I, G) & sealed(I, H) & g_recipient(G) = g_recipient(H) & g_to(G) = g_to(H) & g_count(G) = g_count(H)"
        " -> G = H",
        "",
    )
    b.invariant(
        "messages are sealed by whom they name",
        "known_message(G) -> sealed(g_from(G), G) | known_master(k_master(g_cipher(G)))",
        "",
    )
    b.invariant(
        "rotations are sealed by whom they name",
        "known_message(G) & is_rotation(G) -> sealed(g_from(G), G) | known_master(g_master(G))",
        "",
    )
    b.invariant("what lies there is known", "lies_message(J, G) -> known_message(G)", "")
    b.invariant(
        "what is confided is sealed for the trusted",
        "sealed(I, G) & ~is_rotation(G) & confided(g_body(G))"
        " -> trusted(I, g_recipient(G), g_to(G), k_master(g_cipher(G)))",
        "",
    )
    b.invariant("confided bodies are secret", "known_body(B) -> ~confided(B)", "")
    b.invariant(
        "forged bodies are known",
        "known_message(G) & ~is_rotation(G) & confided(g_body(G)) -> sealed(g_from(G), G)",
        "",
    )
    b.invariant("a rotation's master is made", "sealed(I, G) & is_rotation(G) -> made_master(g_master(G))", "")
    b.invariant(
        "a rotation's master is not offered", "sealed(I, G) & is_rotation(G) -> ~offered(H, O, J, g_master(G))", ""
    )
    b.invariant(
        "a rotation begins an epoch",
        "sealed(I, G) & is_rotation(G) -> epoch(I, g_recipient(G), g_to(G), g_rotation(G), who(of(I)), g_master(G))",
        "",
    )
    b.invariant(
        "a rotation keeps its master",
        "sealed(I, G) & is_rotation(G) & known_master(g_master(G)) -> known_master(k_master(g_cipher(G)))",
        "",
    )
    b.invariant(
        "a rotation's master is sealed once",
        "sealed(I, G) & is_rotation(G) & sealed(J, H) & is_rotation(H) & g_master(G) = g_master(H) -> G = H",
        "",
    )
    b.invariant(
        "trusted rotations are under trusted masters",
        "trusted(H, N, J, g_master(G)) & sealed(I, G) & is_rotation(G) -> trusted(H, N, J, k_master(g_cipher(G)))",
        "",
    )
    b.invariant("delivered is got", "delivered(J, N, G) -> got(J, N, g_from(G), g_count(G)) & g_sender(G) = N", "")
    b.invariant("delivered is to whom it names", "delivered(J, N, G) -> g_recipient(G) = who(of(J)) & g_to(G) = J", "")
    b.invariant(
        "delivered was sealed, or its key is known",
        "delivered(J, N, G) -> sealed(g_from(G), G) | known_master(k_master(g_cipher(G)))",
        "",
    )
    b.invariant(
        "delivered is of the session",
        "delivered(J, N, G) -> epoch(J, N, g_from(G), g_number(G), g_proposer(G), k_master(g_cipher(G)))",
        "",
    )
    b.invariant("nothing is delivered again", "~again(J, G)", "")
    b.invariant(
        "later deliveries have later numbers",
        "then(J, G, H) -> delivered(J, g_sender(G), G) & delivered(J, g_sender(H), H)"
        " & (g_sender(G) = g_sender(H) & g_from(G) = g_from(H) -> less(g_count(G), g_count(H)))",
        "",
    )
    b.invariant(
        "later seals have later numbers",
        "sealed_then(I, G, H) -> sealed(I, G) & sealed(I, H)"
        " & (g_recipient(G) = g_recipient(H) & g_to(G) = g_to(H) -> less(g_count(G), g_count(H)))",
        "",
    )
    b.invariant("seals are lawful", "sealed(I, G) -> lawful_seal(I, G)", "")
    b.invariant("deliveries are lawful", "delivered(J, N, G) -> lawful_delivery(J, G)", "")
    b.promise(
        "authentication",
        "delivered(J, N, G) & (~doubtful(J, N, g_from(G)) | trusted(J, N, g_from(G), k_master(g_cipher(G))))"
        " -> sealed(g_from(G), G) & who(of(g_from(G))) = N & g_recipient(G) = who(of(J)) & g_to(G) = J"
        " & room(of(g_from(G))) = room(of(J))",
        "What is delivered as an honest peer's (messages, proposals, acknowledgements) was sealed by that peer, in"
        " this incarnation, for this member in this incarnation.",
        "SEG-ACCEPT-4",
        "SEG-SEND-6",
        "SEG-RECEIVE-5",
    )
    b.promise(
        "agreement on epochs",
        "epoch(I, N, J, Q, O, M) & trusted(I, N, J, M) & epoch(J, who(of(I)), I, Q, O, L)"
        " & trusted(J, who(of(I)), I, L) -> M = L",
        "Two honest peers who have one epoch have one master for it.",
        "SEG-EPOCH-1",
        "SEG-ROTATE-2",
    )
    b.promise("at most once", "~again(J, G)", "No record is delivered twice.", "SEG-RECEIVE-6", "SEG-RECEIVE-13")
    b.promise(
        "in order",
        "then(J, G, H) & g_sender(G) = g_sender(H) & g_from(G) = g_from(H)"
        " -> less(g_count(G), g_count(H)) & ~sealed_then(g_from(G), H, G)",
        "What one incarnation delivers of another comes in the order in which it was sealed.",
        "SEG-RECEIVE-6",
        "SEG-RECEIVE-13",
    )
    b.promise(
        "no nonce twice",
        "sealed(I, G) & sealed(J, H) & g_cipher(G) = g_cipher(H) & g_count(G) = g_count(H) -> G = H",
        "No two records are sealed under one key with one sequence number, whoever seals them.",
        "SEG-SEND-7",
        "SEG-SEND-8",
    )
    b.promise(
        "a key seals for one pair",
        "sealed(I, G) & sealed(J, H) & g_cipher(G) = g_cipher(H)"
        " -> I = J & g_recipient(G) = g_recipient(H) & g_to(G) = g_to(H)",
        "What is sealed under one key is sealed by one member for one other, each in one stay.",
        "SEG-KEYS-2",
    )
    b.promise(
        "nothing is sent or delivered without the right",
        "(sealed(I, G) -> lawful_seal(I, G)) & (delivered(J, N, G) -> lawful_delivery(J, G))",
        "Who seals has the right to send, as it has verified, in a session that is not over; what is delivered is of"
        " whom the list, as the member has verified it, gives that right, but for what lay there when a revocation was"
        " verified.",
        "SEG-SEND-1",
        "SEG-SEND-4",
        "SEG-RECEIVE-4",
        "SEG-RECEIVE-10",
    )
    b.promise(
        "what is confided stays secret",
        "confided(B) -> ~known_body(B)",
        "The intruder never has a body that honest members send only to peers who were honest when they shared the"
        " key.",
        "SEG-SEND-6",
    )
