"""Exchange and accept: how two incarnations come to share a master key."""

from __future__ import annotations

from lockedroom.model.proofs.system import Builder, guard
from lockedroom.reference.segment import profile as switch

ACCEPTS = "{0} & ~closed(j, n, x_from(x)) | closed(j, n, x_from(x)) & kept_exchange(j, x)"
RIGHT = "current(of(j), f) & h_subject(f) = n & may_exchange(f)"


def declare(b: Builder) -> None:
    """What is signed, and which masters are shared."""
    b.relation("known_exchange(key, exchange)", "an exchange signed by this key is to be had")
    b.relation("known_capsule(capsule)", "the capsule is to be had")
    b.relation("known_private(ephemeral)", "the intruder has the private half")
    b.relation("known_master(master)", "the intruder has the master key")
    b.relation("made_master(master)", "an honest member drew it")
    b.relation("made_capsule(capsule)", "an honest member made it")
    b.relation("named(master, head)", "the exchange that carries the master names this state of the list")
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
    b.relation(
        "epoch(incarnation, name, incarnation, number, name, master)",
        "in its session with the second, the first has this master for the epoch of this number and proposer",
    )
    b.relation(
        "doubtful(incarnation, name, incarnation)",
        "when the first came to share some key of the session, the peer's static key was the intruder's",
    )
    b.relation("rotated(incarnation, name, incarnation, master)", "a rotation brought the first this master")
    b.relation(
        "lawful_offer(incarnation, name, incarnation)",
        "both had the rights, as the maker had verified, and no revocation had closed the session",
    )
    b.relation("lawful_acceptance(incarnation, name, incarnation)", "the maker had the right, or the record was kept")
    b.initially("nothing is signed", "~known_exchange(K, X) & ~known_capsule(C)", "")
    b.initially("nothing is made", "~made_master(M) & ~made_capsule(C) & ~named(M, H)", "")
    b.initially(
        "nothing is shared",
        "~offered(I, N, J, M) & ~accepted(I, N, J, M) & ~trusted(I, N, J, M) & ~epoch(I, N, J, Q, O, M)"
        " & ~rotated(I, N, J, M) & ~doubtful(I, N, J)",
        "",
    )


def act(b: Builder) -> None:
    """What honest members do."""
    own = "current(of(i), e) & h_subject(e) = who(of(i)) & may_exchange(e)"
    theirs = "current(of(i), f) & h_subject(f) = a_name(a) & may_join(f)"
    peer = "a_name(a), a_incarnation(a)"
    b.action(
        "exchange",
        {
            "i": "incarnation",
            "e": "head",
            "f": "head",
            "a": "announcement",
            "m": "master",
            "c": "capsule",
            "x": "exchange",
        },
        [
            guard("joined(i)", "SEG-WHO-3"),
            guard(own, "SEG-EXCHANGE-1"),
            guard("current(of(i), f) & h_subject(f) = a_name(a)", "SEG-EXCHANGE-3"),
            guard("may_join(f)", "SEG-EXCHANGE-3", defence=switch.PEER_RIGHTS),
            guard("a_name(a) ~= who(of(i))", "SEG-EXCHANGE-2"),
            guard("seen(of(i), a_head(a))", "SEG-ACL-7", defence=switch.NAMED_STATE),
            guard("known_announcement(h_key(f), a)", "SEG-EXCHANGE-4"),
            guard("a_segment(a) = room(of(i))", "SEG-EXCHANGE-4", "SEG-HEADER-7"),
            guard(f"~offered(i, {peer}, M)", "SEG-EXCHANGE-6", defence=switch.ONE_EXCHANGE),
            guard(f"~accepted(i, {peer}, M)", "SEG-EXCHANGE-6", defence=switch.ONE_EXCHANGE, needed=False),
            guard(f"~closed(i, {peer})", "SEG-EXCHANGE-6"),
            guard("~made_master(m) & ~known_master(m)", "SEG-EXCHANGE-8", "SEG-KEYS-5"),
            guard("c_opens(c) = a_ephemeral(a) & c_master(c) = m", "SEG-KEYS-1"),
            guard("c_segment(c) = room(of(i)) & c_ephemeral(c) = a_ephemeral(a)", "SEG-KEYS-1"),
            guard("c_maker(c) = who(of(i))", "SEG-KEYS-1"),
            guard("c_taker(c) = a_name(a)", "SEG-KEYS-1"),
            guard("c_from(c) = i & c_to(c) = a_incarnation(a)", "SEG-KEYS-1"),
            guard("x_segment(x) = room(of(i))", "SEG-EXCHANGE-5", "SEG-HEADER-7"),
            guard("x_sender(x) = who(of(i)) & x_recipient(x) = a_name(a)", "SEG-EXCHANGE-5"),
            guard("x_from(x) = i & x_to(x) = a_incarnation(a)", "SEG-EXCHANGE-5"),
            guard("x_ephemeral(x) = a_ephemeral(a)", "SEG-EXCHANGE-5", needed=False),
            guard("x_capsule(x) = c", "SEG-EXCHANGE-5"),
            guard("seen(of(i), x_head(x))", "SEG-EXCHANGE-5", needed=False),
        ],
        [
            "made_master(m) := true",
            "made_capsule(c) := true",
            "named(m, x_head(x)) := true",
            "known_capsule(c) := true",
            "known_exchange(static(of(i)), x) := true",
            f"session(i, {peer}) := true",
            f"offered(i, {peer}, m) := true",
            f"epoch(i, {peer}, zero, who(of(i)), m) := true",
            f"trusted(i, {peer}, m) := ~corrupt(h_key(f))",
            f"doubtful(i, {peer}) := doubtful(i, {peer}) | corrupt(h_key(f))",
            f"lawful_offer(i, {peer}) := {own} & {theirs} & ~closed(i, {peer})",
        ],
        "An honest member draws a master key for an announced peer, encapsulates it and signs that.",
        "SEG-EXCHANGE-5",
        "SEG-EXCHANGE-8",
    )
    taken = "j, n, x_from(x), c_master(x_capsule(x))"
    b.action(
        "accept",
        {"j": "incarnation", "n": "name", "f": "head", "x": "exchange"},
        [
            guard("joined(j)", "SEG-WHO-3"),
            guard("lies_exchange(j, x)", "SEG-ACCEPT-1", needed=False),
            guard("x_sender(x) = n", "SEG-ACCEPT-2", defence=switch.IN_PLACE, needed=False),
            guard("x_recipient(x) = who(of(j))", "SEG-ACCEPT-2", defence=switch.IN_PLACE, needed=False),
            guard("x_to(x) = j", "SEG-ACCEPT-2", defence=switch.IN_PLACE, needed=False),
            guard("seen(of(j), x_head(x))", "SEG-ACL-7", defence=switch.NAMED_STATE),
            guard("current(of(j), f) & h_subject(f) = n", "SEG-ACCEPT-3"),
            guard(ACCEPTS.format("may_exchange(f)"), "SEG-ACCEPT-3", defence=switch.PEER_RIGHTS),
            guard("known_exchange(h_key(f), x)", "SEG-ACCEPT-4"),
            guard("x_segment(x) = room(of(j))", "SEG-ACCEPT-4", "SEG-HEADER-7", needed=False),
            guard("x_ephemeral(x) = kem(j)", "SEG-ACCEPT-4", needed=False),
            guard("~accepted(j, n, x_from(x), M)", "SEG-ACCEPT-5", defence=switch.ONE_EXCHANGE),
            guard("known_capsule(x_capsule(x))", "SEG-ACCEPT-6", needed=False),
            guard("c_opens(x_capsule(x)) = kem(j)", "SEG-ACCEPT-6"),
            guard("c_segment(x_capsule(x)) = room(of(j)) & c_ephemeral(x_capsule(x)) = kem(j)", "SEG-ACCEPT-6"),
            guard("c_maker(x_capsule(x)) = n & c_taker(x_capsule(x)) = who(of(j))", "SEG-ACCEPT-6"),
            guard("c_from(x_capsule(x)) = x_from(x) & c_to(x_capsule(x)) = j", "SEG-ACCEPT-6"),
        ],
        [
            "lies_exchange(j, x) := false",
            "session(j, n, x_from(x)) := true",
            f"accepted({taken}) := true",
            "epoch(j, n, x_from(x), zero, n, c_master(x_capsule(x))) := true",
            f"trusted({taken}) := trusted({taken}) | ~corrupt(h_key(f))",
            "doubtful(j, n, x_from(x)) := doubtful(j, n, x_from(x)) | corrupt(h_key(f))",
            "lawful_acceptance(j, n, x_from(x)) := " + ACCEPTS.format(RIGHT),
        ],
        "An honest member opens an exchange and shares its master key.",
        "SEG-ACCEPT-7",
        "SEG-ACCEPT-8",
        "SEG-ACCEPT-9",
    )


def claim(b: Builder) -> None:
    """What holds of shared masters."""
    b.invariant("offers are made", "offered(I, N, J, M) -> used(I) & made_master(M)", "")
    b.invariant("a master is offered once", "offered(I, N, J, M) & offered(H, O, G, M) -> I = H & N = O & J = G", "")
    b.invariant("nobody offers to itself", "offered(I, N, J, M) -> N ~= who(of(I))", "")
    b.invariant("one offer for a pair", "offered(I, N, J, M) & offered(I, N, J, L) -> M = L", "")
    b.invariant("one acceptance for a pair", "accepted(I, N, J, M) & accepted(I, N, J, L) -> M = L", "")
    b.invariant("an offer names one state", "named(M, H) & named(M, G) -> H = G", "")
    b.invariant("only what is made names a state", "named(M, H) -> made_master(M)", "")
    b.invariant(
        "exchanges are authentic",
        "known_exchange(K, X) & ~corrupt(K) -> used(x_from(X)) & static(of(x_from(X))) = K"
        " & who(of(x_from(X))) = x_sender(X) & room(of(x_from(X))) = x_segment(X)"
        " & offered(x_from(X), x_recipient(X), x_to(X), c_master(x_capsule(X)))"
        " & made_capsule(x_capsule(X))"
        " & named(c_master(x_capsule(X)), x_head(X))",
        "",
    )
    b.invariant("a capsule's master is made", "made_capsule(C) -> made_master(c_master(C))", "")
    b.invariant(
        "a master is wrapped once", "made_capsule(C) & made_capsule(D) & c_master(C) = c_master(D) -> C = D", ""
    )
    b.invariant(
        "capsules are of offers",
        "made_capsule(C) -> offered(c_from(C), c_taker(C), c_to(C), c_master(C)) & c_maker(C) = who(of(c_from(C)))"
        " & c_segment(C) = room(of(c_from(C)))",
        "",
    )
    b.invariant("capsules are made", "known_capsule(C) -> made_capsule(C) | known_master(c_master(C))", "")
    b.invariant(
        "a capsule keeps its master", "made_capsule(C) & known_master(c_master(C)) -> known_private(c_opens(C))", ""
    )
    b.invariant("trusted masters are made", "trusted(I, N, J, M) -> made_master(M) & used(I)", "")
    b.invariant(
        "trusted capsules are for the honest",
        "trusted(I, N, J, c_master(C)) & made_capsule(C) -> used(c_to(C)) & c_opens(C) = kem(c_to(C))",
        "",
    )
    b.invariant(
        "without doubt all is trusted", "epoch(I, N, J, Q, O, M) & ~doubtful(I, N, J) -> trusted(I, N, J, M)", ""
    )
    b.invariant("trusted masters are secret", "trusted(I, N, J, M) -> ~known_master(M)", "")
    b.invariant(
        "trusted peers are whom they name",
        "trusted(I, N, J, M) -> used(J) & who(of(J)) = N & room(of(J)) = room(of(I)) & N ~= who(of(I))",
        "",
    )
    b.invariant(
        "what is trusted is shared",
        "trusted(I, N, J, M) -> offered(I, N, J, M) | accepted(I, N, J, M) | rotated(I, N, J, M)",
        "",
    )
    b.invariant(
        "acceptances are of offers",
        "accepted(J, N, I, M) -> known_master(M) | offered(I, who(of(J)), J, M) & who(of(I)) = N"
        " & room(of(I)) = room(of(J))",
        "",
    )
    b.invariant(
        "trusted acceptances have seen what is named",
        "accepted(J, N, I, M) & trusted(J, N, I, M) & named(M, H) -> ever(of(J), H)",
        "",
    )
    b.invariant(
        "trusted offers have seen what is announced",
        "offered(I, N, J, M) & trusted(I, N, J, M) & announced(J, H) -> ever(of(I), H)",
        "",
    )
    b.invariant("offers are lawful", "offered(I, N, J, M) -> lawful_offer(I, N, J)", "")
    b.invariant("acceptances are lawful", "accepted(I, N, J, M) -> lawful_acceptance(I, N, J)", "")
    b.promise(
        "agreement on the exchange",
        "accepted(J, N, I, M) & trusted(J, N, I, M) -> offered(I, who(of(J)), J, M) & who(of(I)) = N & used(I)",
        "A master that is accepted as an honest peer's was made by that peer, in that incarnation, for this member in"
        " this incarnation.",
        "SEG-ACCEPT-2",
        "SEG-ACCEPT-4",
    )
    b.promise(
        "injective agreement",
        "accepted(J, N, I, M) & trusted(J, N, I, M) & accepted(H, O, G, M) & trusted(H, O, G, M)"
        " -> J = H & N = O & I = G",
        "No two acceptances are of one master.",
        "SEG-ACCEPT-5",
        "SEG-EXCHANGE-8",
    )
    b.promise(
        "one exchange for a pair",
        "accepted(J, N, I, M) & accepted(J, N, I, L) | offered(J, N, I, M) & offered(J, N, I, L) -> M = L",
        "Of a pair of incarnations each side makes and accepts one exchange.",
        "SEG-EXCHANGE-6",
        "SEG-ACCEPT-5",
    )
    b.promise(
        "agreement on the list",
        "trusted(J, N, I, M) & (accepted(J, N, I, M) & named(M, H) | offered(J, N, I, M) & announced(I, H))"
        " -> ever(of(J), H)",
        "Who shares a key with an honest peer has verified the state of the list that the peer had named.",
        "SEG-ACL-7",
    )
    b.promise(
        "segment binding",
        "trusted(I, N, J, M) -> room(of(I)) = room(of(J))",
        "Who shares a master with an honest peer is in one segment with it.",
        "SEG-HEADER-4",
        "SEG-HEADER-7",
    )
    b.promise(
        "masters are secret",
        "trusted(I, N, J, M) -> ~known_master(M)",
        "The intruder never has a master that is shared with a peer who was honest then, though it owns the store, has"
        " any number of keys of its own, and learns static keys of those who have left.",
        "SEG-EXCHANGE-4",
        "SEG-EXCHANGE-5",
        "SEG-KEYS-1",
        "SEG-JOIN-4",
        "SEG-LEAVE-2",
    )
    b.promise(
        "no unknown key share",
        "trusted(I, N, J, M) & N ~= who(of(I)) & (offered(G, O, H, M) | accepted(G, O, H, M))"
        " -> used(J) & who(of(J)) = N & (G = I & H = J & O = N | G = J & H = I & O = who(of(I)))",
        "Who shares a master of an exchange with an honest peer and that peer, each in the stay that the other names,"
        " are the two who have it.",
        "SEG-EXCHANGE-4",
        "SEG-EXCHANGE-5",
        "SEG-KEYS-1",
    )
    b.promise(
        "no key is shared without the right",
        "(offered(I, N, J, M) -> lawful_offer(I, N, J)) & (accepted(I, N, J, M) -> lawful_acceptance(I, N, J))",
        "A key is shared only with whom the list, as the member has verified it, gives the right, but for what was"
        " pending when a revocation was verified.",
        "SEG-EXCHANGE-1",
        "SEG-EXCHANGE-3",
        "SEG-ACCEPT-3",
    )
