"""Join, exchange, accept, leave: how two incarnations come to share a master key."""

from __future__ import annotations

from lockedroom.model.proofs.system import Builder, guard


def declare(b: Builder) -> None:
    """Who is there, what is signed, which masters are shared."""
    b.relation("used(incarnation)", "the stay of an honest member has begun")
    b.relation("joined(incarnation)", "it has begun and not ended")
    b.relation("memory(incarnation)", "the private halves of its keys are still in somebody's memory")
    b.relation("known_announcement(key, announcement)", "an announcement signed by this key is to be had")
    b.relation("known_exchange(key, exchange)", "an exchange signed by this key is to be had")
    b.relation("known_capsule(capsule)", "the capsule is to be had")
    b.relation("known_private(ephemeral)", "the intruder has the private half")
    b.relation("known_master(master)", "the intruder has the master key")
    b.relation("made_master(master)", "an honest member drew it")
    b.relation("made_capsule(capsule)", "an honest member made it")
    b.relation(
        "offered(incarnation, name, incarnation, master)",
        "the first made the master for the incarnation announced under this name",
    )
    b.relation(
        "accepted(incarnation, name, incarnation, master)",
        "the first accepted the master as one that the incarnation of this name made",
    )
    b.relation(
        "trusted(incarnation, name, incarnation, master)",
        "when the first came to share the master, the peer's static key was not the intruder's",
    )
    b.initially("nobody is there", "~used(I) & ~joined(I) & ~memory(I)", "")
    b.initially("nothing is signed", "~known_announcement(K, A) & ~known_exchange(K, X) & ~known_capsule(C)", "")
    b.initially("nothing is made", "~made_master(M) & ~made_capsule(C)", "")
    b.initially("nothing is shared", "~offered(I, N, J, M) & ~accepted(I, N, J, M) & ~trusted(I, N, J, M)", "")
    b.action(
        "join",
        {"i": "incarnation", "e": "head", "a": "announcement"},
        [
            guard("counts(of(i), e) & h_subject(e) = who(of(i)) & may_join(e)", "SEG-JOIN-1"),
            guard("h_key(e) = static(of(i))", "SEG-JOIN-2"),
            guard("~corrupt(static(of(i)))"),
            guard("~used(i) & ~known_private(kem(i))", "SEG-JOIN-4", "SEG-KEYS-5"),
            guard("joined(J) -> of(J) ~= of(i)", "SEG-WHO-2"),
            guard("a_segment(a) = room(of(i))", "SEG-JOIN-4", "SEG-HEADER-7"),
            guard("a_name(a) = who(of(i))", "SEG-JOIN-4"),
            guard("a_incarnation(a) = i", "SEG-JOIN-4"),
            guard("a_ephemeral(a) = kem(i)", "SEG-JOIN-4"),
            guard("seen(of(i), a_head(a))", "SEG-JOIN-4"),
        ],
        [
            "used(i) := true",
            "joined(i) := true",
            "memory(i) := true",
            "known_announcement(static(of(i)), a) := true",
        ],
        "An honest process begins a stay: it signs a fresh ephemeral key.",
        "SEG-JOIN-1", "SEG-JOIN-2", "SEG-JOIN-4",
    )  # fmt: skip
    b.action(
        "exchange",
        {
            "i": "incarnation", "e": "head", "f": "head", "a": "announcement",
            "m": "master", "c": "capsule", "x": "exchange",
        },
        [
            guard("joined(i)", "SEG-WHO-3"),
            guard("counts(of(i), e) & h_subject(e) = who(of(i)) & may_exchange(e)", "SEG-EXCHANGE-1"),
            guard("counts(of(i), f) & h_subject(f) = a_name(a) & may_join(f)", "SEG-EXCHANGE-3"),
            guard("a_name(a) ~= who(of(i))", "SEG-EXCHANGE-2"),
            guard("seen(of(i), a_head(a))", "SEG-ACL-7"),
            guard("known_announcement(h_key(f), a)", "SEG-EXCHANGE-4"),
            guard("a_segment(a) = room(of(i))", "SEG-EXCHANGE-4", "SEG-HEADER-7"),
            guard("~offered(i, a_name(a), a_incarnation(a), M)", "SEG-EXCHANGE-6"),
            guard("~accepted(i, a_name(a), a_incarnation(a), M)", "SEG-EXCHANGE-6"),
            guard("~made_master(m) & ~known_master(m)", "SEG-EXCHANGE-8", "SEG-KEYS-5"),
            guard("c_opens(c) = a_ephemeral(a) & c_master(c) = m", "SEG-KEYS-1"),
            guard("c_segment(c) = room(of(i)) & c_ephemeral(c) = a_ephemeral(a)", "SEG-KEYS-1"),
            guard("c_maker(c) = who(of(i)) & c_taker(c) = a_name(a)", "SEG-KEYS-1"),
            guard("c_from(c) = i & c_to(c) = a_incarnation(a)", "SEG-KEYS-1"),
            guard("x_segment(x) = room(of(i))", "SEG-EXCHANGE-5", "SEG-HEADER-7"),
            guard("x_sender(x) = who(of(i)) & x_recipient(x) = a_name(a)", "SEG-EXCHANGE-5"),
            guard("x_from(x) = i & x_to(x) = a_incarnation(a)", "SEG-EXCHANGE-5"),
            guard("x_ephemeral(x) = a_ephemeral(a)", "SEG-EXCHANGE-5"),
            guard("x_capsule(x) = c", "SEG-EXCHANGE-5"),
            guard("seen(of(i), x_head(x))", "SEG-EXCHANGE-5"),
        ],
        [
            "made_master(m) := true",
            "made_capsule(c) := true",
            "known_capsule(c) := true",
            "known_exchange(static(of(i)), x) := true",
            "offered(i, a_name(a), a_incarnation(a), m) := true",
            "trusted(i, a_name(a), a_incarnation(a), m) := ~corrupt(h_key(f))",
        ],
        "An honest member draws a master key for an announced peer, encapsulates it and signs that.",
        "SEG-EXCHANGE-5", "SEG-EXCHANGE-8",
    )  # fmt: skip
    b.action(
        "accept",
        {"j": "incarnation", "f": "head", "x": "exchange"},
        [
            guard("joined(j)", "SEG-WHO-3"),
            guard("x_recipient(x) = who(of(j))", "SEG-ACCEPT-2"),
            guard("x_to(x) = j", "SEG-ACCEPT-2"),
            guard("seen(of(j), x_head(x))", "SEG-ACL-7"),
            guard("counts(of(j), f) & h_subject(f) = x_sender(x) & may_exchange(f)", "SEG-ACCEPT-3"),
            guard("known_exchange(h_key(f), x)", "SEG-ACCEPT-4"),
            guard("x_segment(x) = room(of(j))", "SEG-ACCEPT-4", "SEG-HEADER-7"),
            guard("x_ephemeral(x) = kem(j)", "SEG-ACCEPT-4"),
            guard("~accepted(j, x_sender(x), x_from(x), M)", "SEG-ACCEPT-5"),
            guard("known_capsule(x_capsule(x))", "SEG-ACCEPT-6"),
            guard("c_opens(x_capsule(x)) = kem(j)", "SEG-ACCEPT-6"),
            guard("c_segment(x_capsule(x)) = room(of(j)) & c_ephemeral(x_capsule(x)) = kem(j)", "SEG-ACCEPT-6"),
            guard("c_maker(x_capsule(x)) = x_sender(x) & c_taker(x_capsule(x)) = who(of(j))", "SEG-ACCEPT-6"),
            guard("c_from(x_capsule(x)) = x_from(x) & c_to(x_capsule(x)) = j", "SEG-ACCEPT-6"),
        ],
        [
            "accepted(j, x_sender(x), x_from(x), c_master(x_capsule(x))) := true",
            "trusted(j, x_sender(x), x_from(x), c_master(x_capsule(x))) := ~corrupt(h_key(f))"
            " | trusted(j, x_sender(x), x_from(x), c_master(x_capsule(x)))",
        ],
        "An honest member opens an exchange and shares its master key.",
        "SEG-ACCEPT-7", "SEG-ACCEPT-8", "SEG-ACCEPT-9",
    )  # fmt: skip
    b.action(
        "leave",
        {"i": "incarnation"},
        [guard("joined(i)", "SEG-WHO-3", needed=False)],
        ["joined(i) := false", "memory(i) := false"],
        "An honest member leaves, or its process dies: every key of the stay is forgotten.",
        "SEG-LEAVE-2",
    )


def claim(b: Builder) -> None:
    """What holds of shared masters."""
    b.invariant("who is there has come", "joined(I) -> used(I)", "")
    b.invariant("who is there is honest", "joined(I) -> ~corrupt(static(of(I)))", "")
    b.invariant("only who is there has a memory", "memory(I) -> joined(I)", "")
    b.invariant("honest ephemeral keys are secret", "used(I) -> ~known_private(kem(I))", "")
    b.invariant(
        "announcements are authentic",
        "known_announcement(K, A) & ~corrupt(K) -> used(a_incarnation(A)) & static(of(a_incarnation(A))) = K"
        " & who(of(a_incarnation(A))) = a_name(A) & room(of(a_incarnation(A))) = a_segment(A)"
        " & kem(a_incarnation(A)) = a_ephemeral(A)",
        "",
    )
    b.invariant("offers are made", "offered(I, N, J, M) -> used(I) & made_master(M)", "")
    b.invariant("a master is offered once", "offered(I, N, J, M) & offered(H, O, G, M) -> I = H & N = O & J = G", "")
    b.invariant("nobody offers to itself", "offered(I, N, J, M) -> N ~= who(of(I))", "")
    b.invariant(
        "capsules are of offers",
        "made_capsule(C) -> offered(c_from(C), c_taker(C), c_to(C), c_master(C))",
        "",
    )
    b.invariant("one offer for a pair", "offered(I, N, J, M) & offered(I, N, J, L) -> M = L", "")
    b.invariant("one acceptance for a pair", "accepted(I, N, J, M) & accepted(I, N, J, L) -> M = L", "")
    b.invariant(
        "exchanges are authentic",
        "known_exchange(K, X) & ~corrupt(K) -> used(x_from(X)) & static(of(x_from(X))) = K"
        " & who(of(x_from(X))) = x_sender(X) & room(of(x_from(X))) = x_segment(X)"
        " & offered(x_from(X), x_recipient(X), x_to(X), c_master(x_capsule(X)))"
        " & made_capsule(x_capsule(X)) & c_opens(x_capsule(X)) = x_ephemeral(X)",
        "",
    )
    b.invariant("a capsule's master is made", "made_capsule(C) -> made_master(c_master(C))", "")
    b.invariant(
        "a master is wrapped once", "made_capsule(C) & made_capsule(D) & c_master(C) = c_master(D) -> C = D", ""
    )
    b.invariant("capsules are made", "known_capsule(C) -> made_capsule(C) | known_master(c_master(C))", "")
    b.invariant(
        "a capsule keeps its master",
        "made_capsule(C) & known_master(c_master(C)) -> known_private(c_opens(C))",
        "",
    )
    b.invariant("trusted masters are made", "trusted(I, N, J, M) -> made_master(M) & used(I)", "")
    b.invariant("what is trusted is shared", "trusted(I, N, J, M) -> offered(I, N, J, M) | accepted(I, N, J, M)", "")
    b.invariant(
        "trusted capsules are for the honest",
        "trusted(I, N, J, c_master(C)) & made_capsule(C) -> used(c_to(C)) & c_opens(C) = kem(c_to(C))",
        "",
    )
    b.invariant("trusted masters are secret", "trusted(I, N, J, M) -> ~known_master(M)", "")
    b.invariant(
        "trusted offers are to whom they name",
        "offered(I, N, J, M) & trusted(I, N, J, M) -> used(J) & who(of(J)) = N & room(of(J)) = room(of(I))",
        "",
    )
    b.invariant(
        "trusted acceptances are of offers",
        "accepted(J, N, I, M) & trusted(J, N, I, M) -> offered(I, who(of(J)), J, M) & who(of(I)) = N"
        " & room(of(I)) = room(of(J))",
        "",
    )
    b.promise(
        "agreement",
        "accepted(J, N, I, M) & trusted(J, N, I, M) -> offered(I, who(of(J)), J, M) & who(of(I)) = N & used(I)",
        "A master that is accepted as an honest peer's was made by that peer, in that incarnation, for this member in"
        " this incarnation.",
        "SEG-ACCEPT-2", "SEG-ACCEPT-4",
    )  # fmt: skip
    b.promise(
        "injective agreement",
        "accepted(J, N, I, M) & trusted(J, N, I, M) & accepted(H, O, G, M) & trusted(H, O, G, M)"
        " -> J = H & N = O & I = G",
        "No two acceptances are of one master.",
        "SEG-ACCEPT-5", "SEG-EXCHANGE-8",
    )  # fmt: skip
    b.promise(
        "nothing is accepted in another segment",
        "trusted(I, N, J, M) & (offered(I, N, J, M) | accepted(I, N, J, M)) -> room(of(I)) = room(of(J))",
        "Who shares a master is in one segment.",
        "SEG-HEADER-4", "SEG-HEADER-7",
    )  # fmt: skip
    b.promise(
        "masters are secret",
        "trusted(I, N, J, M) -> ~known_master(M)",
        "The intruder never has a master that is shared with a peer who was honest then, though it owns the store, has"
        " any number of keys of its own, and learns static keys of those who have left.",
        "SEG-EXCHANGE-4", "SEG-EXCHANGE-5", "SEG-KEYS-1", "SEG-JOIN-4", "SEG-LEAVE-2",
    )  # fmt: skip
