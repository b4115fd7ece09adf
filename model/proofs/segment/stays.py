"""Coming and going: join, leave, and what a joined member makes of a list that has grown: advance, review, reap."""

from __future__ import annotations

from lockedroom.model.proofs.segment.acl import VOID, verified, verifies
from lockedroom.model.proofs.system import Builder, guard
from lockedroom.reference.segment import profile as switch


def declare(b: Builder) -> None:
    """Who is there, and which sessions are over."""
    b.relation("used(incarnation)", "the stay of an honest member has begun")
    b.relation("joined(incarnation)", "it has begun and not ended")
    b.relation("memory(incarnation)", "the private halves of its keys are still in somebody's memory")
    b.relation("known_announcement(key, announcement)", "an announcement signed by this key is to be had")
    b.relation("announced(incarnation, head)", "the announcement of this stay named this state of the list")
    b.relation("session(incarnation, name, incarnation)", "the first shares a key with the incarnation of this name")
    b.relation("closed(incarnation, name, incarnation)", "a verified revocation closed the session")
    b.relation("ended(incarnation, name, incarnation)", "the first has found the other dead")
    b.relation("void(incarnation, name, incarnation)", "the list took rights from the name while there was a session")
    b.relation("lies_exchange(incarnation, exchange)", "the exchange lies in the inbox of that stay")
    b.relation("lies_message(incarnation, message)", "the sealed record lies in the inbox of that stay")
    b.relation("kept_exchange(incarnation, exchange)", "it lay there when a review closed its session")
    b.relation("kept_message(incarnation, message)", "it lay there when a review closed its session")
    b.relation("lawful_join(incarnation)", "the list gave the right to join, under that key, when it began")
    b.initially("nobody is there", "~used(I) & ~joined(I) & ~memory(I) & ~lawful_join(I)", "")
    b.initially("nothing is announced", "~known_announcement(K, A) & ~announced(I, H)", "")
    b.initially("there are no sessions", "~session(I, N, J) & ~closed(I, N, J) & ~ended(I, N, J) & ~void(I, N, J)", "")
    b.initially("inboxes are empty", "~lies_exchange(I, X) & ~lies_message(I, G)", "")
    b.initially("nothing is kept", "~kept_exchange(I, X) & ~kept_message(I, G)", "")


def act(b: Builder) -> None:
    """What honest members do."""
    b.action(
        "join",
        {"i": "incarnation", "e": "head", "a": "announcement"},
        [
            guard("current(of(i), e) & h_subject(e) = who(of(i)) & may_join(e)", "SEG-JOIN-1"),
            guard("h_key(e) = static(of(i))", "SEG-JOIN-2"),
            guard("~corrupt(static(of(i)))"),
            guard("~used(i) & ~known_private(kem(i))", "SEG-JOIN-4", "SEG-KEYS-5"),
            guard("joined(J) -> of(J) ~= of(i)", "SEG-WHO-2", needed=False),
            guard("a_segment(a) = room(of(i))", "SEG-JOIN-4", "SEG-HEADER-7"),
            guard("a_name(a) = who(of(i))", "SEG-JOIN-4"),
            guard("a_incarnation(a) = i", "SEG-JOIN-4"),
            guard("a_ephemeral(a) = kem(i)", "SEG-JOIN-4"),
            guard("seen(of(i), a_head(a))", "SEG-JOIN-4", needed=False),
        ],
        [
            "used(i) := true",
            "joined(i) := true",
            "memory(i) := true",
            "known_announcement(static(of(i)), a) := true",
            "announced(i, a_head(a)) := true",
            "lawful_join(i) := current(of(i), e) & h_subject(e) = who(of(i)) & may_join(e) & h_key(e) = static(of(i))",
        ],
        "An honest process begins a stay: it signs a fresh ephemeral key.",
        "SEG-JOIN-1",
        "SEG-JOIN-2",
        "SEG-JOIN-4",
    )
    b.action(
        "leave",
        {"i": "incarnation"},
        [guard("joined(i)", "SEG-WHO-3", needed=False)],
        ["joined(i) := false", "memory(i) := false"],
        "An honest member leaves, or its process dies: every key of the stay is forgotten.",
        "SEG-LEAVE-2",
    )
    b.action(
        "advance",
        {"i": "incarnation", "h": "head"},
        [
            guard("joined(i)", "SEG-WHO-3", needed=False),
            *verifies("of(i)"),
            guard(
                "session(i, N, J) & current(of(i), F) & upto(E, h) & h_subject(F) = N & h_subject(E) = N"
                " -> ~loses(F, E)",
                "SEG-REVIEW-3",
                defence=switch.CLOSING,
            ),
        ],
        [*verified("of(i)"), f"void(i, N, J) := void(i, N, J) | ({VOID.format('i')})"],
        "A member verifies a list that has grown, and took no rights away.",
        "SEG-REVIEW-4",
    )
    b.action(
        "review",
        {"i": "incarnation", "h": "head", "c": "choice"},
        [
            guard("joined(i)", "SEG-WHO-3", needed=False),
            *verifies("of(i)"),
            guard(
                "session(i, N, J) & current(of(i), F) & upto(E, h) & h_subject(F) = N & h_subject(E) = N & loses(F, E)"
                " -> chosen(c, N, J)",
                "SEG-REVIEW-2",
                defence=switch.CLOSING,
            ),
        ],
        [
            *verified("of(i)"),
            f"void(i, N, J) := void(i, N, J) | ({VOID.format('i')})",
            "closed(i, N, J) := closed(i, N, J) | chosen(c, N, J)",
            "kept_exchange(i, X) := kept_exchange(i, X) | lies_exchange(i, X)"
            " & chosen(c, x_sender(X), x_from(X)) & ~closed(i, x_sender(X), x_from(X))",
            "kept_message(i, G) := kept_message(i, G) | lies_message(i, G)"
            " & chosen(c, g_sender(G), g_from(G)) & ~closed(i, g_sender(G), g_from(G))",
        ],
        "A member verifies a list that has grown, and closes the sessions with those whose rights were taken away, and"
        " any others: what lies in its inbox is kept.",
        "SEG-REVIEW-2",
        "SEG-REVIEW-5",
    )
    b.action(
        "reap",
        {"i": "incarnation", "n": "name"},
        [guard("joined(i)", "SEG-WHO-3", needed=False)],
        ["ended(i, n, J) := ended(i, n, J) | session(i, n, J)"],
        "A member ends its sessions with one that it has found dead. Nothing that lies in the store does that.",
        "SEG-REAP-4",
    )


def claim(b: Builder) -> None:
    """What holds of stays."""
    b.invariant("who is there has come", "joined(I) -> used(I)", "")
    b.invariant("who is there is honest", "joined(I) -> ~corrupt(static(of(I)))", "")
    b.invariant("only who is there has a memory", "memory(I) -> joined(I)", "")
    b.invariant("honest ephemeral keys are secret", "used(I) -> ~known_private(kem(I))", "")
    b.invariant(
        "announcements are authentic",
        "known_announcement(K, A) & ~corrupt(K) -> used(a_incarnation(A)) & static(of(a_incarnation(A))) = K"
        " & who(of(a_incarnation(A))) = a_name(A) & room(of(a_incarnation(A))) = a_segment(A)"
        " & kem(a_incarnation(A)) = a_ephemeral(A) & announced(a_incarnation(A), a_head(A))",
        "",
    )
    b.invariant("a stay is announced once", "announced(I, H) & announced(I, G) -> H = G", "")
    b.invariant("only who has come is announced", "announced(I, H) -> used(I)", "")
    b.invariant("void sessions are closed", "void(I, N, J) -> closed(I, N, J)", "")
    b.invariant("joins are lawful", "used(I) -> lawful_join(I)", "")
    b.promise(
        "a verified revocation closes",
        "void(I, N, J) -> closed(I, N, J)",
        "A session with a name whose rights a member has seen taken away is closed, and stays so.",
        "SEG-REVIEW-2",
        "SEG-REVIEW-3",
        "SEG-REVIEW-5",
    )
    b.promise(
        "nobody joins without the right",
        "used(I) -> lawful_join(I)",
        "Every stay of an honest member began with the right to join, under the static key that the list states.",
        "SEG-JOIN-1",
        "SEG-JOIN-2",
    )
