"""The unbounded Dolev–Yao intruder: one action for each shape and key.

What honest members put into the store it knows; what it knows it puts wherever it likes, so that a record which
"is to be had" may lie before anybody. It has the keys of insiders, and gets those of members who have left.

A signature or a seal covers some fields of a record and not others. That is stated where the intruder alters records:
`alter_…` makes of one known record another that agrees with it in what is covered. With every defence on that is
every field; a profile without one lets the intruder choose the others.
"""

from __future__ import annotations

from lockedroom.model.proofs.segment.world import same
from lockedroom.model.proofs.system import Builder, guard
from lockedroom.reference.segment import profile as switch


def declare(b: Builder) -> None:
    """What the intruder does not need to be told."""
    b.initially("the first keys are arbitrary", "corrupt(K) | ~corrupt(K)", "any set of insiders")


def act(b: Builder) -> None:
    """What it can do."""
    for shape, sort in (
        ("header", "segment"),
        ("entry", "head"),
        ("announcement", "announcement"),
        ("exchange", "exchange"),
    ):
        b.action(
            f"forge_{shape}",
            {"k": "key", "r": sort},
            [guard("corrupt(k)")],
            [f"known_{shape}(k, r) := true"],
            f"It signs any {shape} with a static key that it has.",
            intruder=True,
        )
    b.action(
        "disclose",
        {"k": "key"},
        [guard("joined(I) -> static(of(I)) ~= k")],
        ["corrupt(k) := true"],
        "It gets a static key under which nobody is joined at the moment.",
        intruder=True,
    )
    b.action(
        "seize",
        {"i": "incarnation"},
        [guard("memory(i) & ~joined(i)", "SEG-LEAVE-2")],
        ["known_private(kem(i)) := true"],
        "It reads what is left in the memory of somebody who has left.",
        intruder=True,
    )
    b.action(
        "make_ephemeral",
        {"e": "ephemeral"},
        [guard("used(I) -> kem(I) ~= e", "SEG-KEYS-5")],
        ["known_private(e) := true"],
        "It makes a key pair of its own.",
        intruder=True,
    )
    b.action(
        "make_master",
        {"m": "master"},
        [guard("~made_master(m)", "SEG-KEYS-5")],
        ["known_master(m) := true"],
        "It draws a master key of its own.",
        intruder=True,
    )
    b.action(
        "make_body",
        {"b": "body"},
        [guard("~confided(b)")],
        ["known_body(b) := true"],
        "It writes a body of its own.",
        intruder=True,
    )
    b.action(
        "encapsulate",
        {"c": "capsule"},
        [guard("known_master(c_master(c))")],
        ["known_capsule(c) := true"],
        "It encapsulates a master that it knows, to anybody and in any context.",
        intruder=True,
    )
    b.action(
        "decapsulate",
        {"c": "capsule"},
        [guard("known_capsule(c)"), guard("known_private(c_opens(c))")],
        ["known_master(c_master(c)) := true"],
        "It opens a capsule that was made for a private key which it has.",
        intruder=True,
    )
    b.action(
        "seal",
        {"g": "message"},
        [
            guard("known_master(k_master(g_cipher(g)))"),
            guard("is_rotation(g) -> known_master(g_master(g))"),
            guard("is_rotation(g) | known_body(g_body(g))"),
        ],
        ["known_message(g) := true"],
        "It seals any record under a key that it can derive.",
        intruder=True,
    )
    b.action(
        "open",
        {"g": "message"},
        [guard("known_message(g)"), guard("known_master(k_master(g_cipher(g)))"), guard("~is_rotation(g)")],
        ["known_body(g_body(g)) := true"],
        "It opens a record under a key that it can derive.",
        intruder=True,
    )
    b.action(
        "unwrap",
        {"g": "message"},
        [guard("known_message(g)"), guard("known_master(k_master(g_cipher(g)))"), guard("is_rotation(g)")],
        ["known_master(g_master(g)) := true"],
        "It opens a rotation under a key that it can derive.",
        intruder=True,
    )
    b.action(
        "place_exchange",
        {"j": "incarnation", "x": "exchange"},
        [],
        ["lies_exchange(j, x) := true"],
        "It puts an exchange into an inbox.",
        intruder=True,
    )
    b.action(
        "place_message",
        {"j": "incarnation", "g": "message"},
        [guard("known_message(g)")],
        ["lies_message(j, g) := true"],
        "It puts a sealed record into an inbox, or back.",
        intruder=True,
    )
    b.action(
        "drop",
        {"j": "incarnation", "x": "exchange", "g": "message"},
        [],
        ["lies_exchange(j, x) := false", "lies_message(j, g) := false"],
        "It takes records out of an inbox.",
        intruder=True,
    )
    _alters(b)


def _alters(b: Builder) -> None:
    """What is not covered by a signature, a seal or a derivation."""
    b.action(
        "alter_entry",
        {"k": "key", "r": "head", "s": "head"},
        [
            guard("known_entry(k, r)"),
            guard(same("r", "s", "h_subject", "h_key"), "SEG-ACL-2", needed=False),
            guard("r = s", "SEG-ACL-3", defence=switch.CHAINED),
        ],
        ["known_entry(k, s) := true"],
        "It puts an entry after another list than the one that it carries.",
        intruder=True,
    )
    b.action(
        "alter_announcement",
        {"k": "key", "r": "announcement", "s": "announcement"},
        [
            guard("known_announcement(k, r)"),
            guard(same("s", "r", "a_ephemeral"), "SEG-JOIN-4"),
            guard(same("s", "r", "a_segment"), "SEG-HEADER-7", defence=switch.SIGNED_SEGMENT),
            guard(same("s", "r", "a_name", "a_incarnation"), "SEG-JOIN-4", defence=switch.SIGNED_STAY),
            guard(same("s", "r", "a_head"), "SEG-JOIN-4", defence=switch.NAMED_STATE),
        ],
        ["known_announcement(k, s) := true"],
        "It alters what the signature of an announcement does not cover.",
        intruder=True,
    )
    context = ("c_segment", "c_maker", "c_taker", "c_from", "c_to", "c_ephemeral")
    capsules = ("x_capsule(s)", "x_capsule(r)")
    b.action(
        "alter_exchange",
        {"k": "key", "r": "exchange", "s": "exchange"},
        [
            guard("known_exchange(k, r)"),
            guard(same(*capsules, "c_opens", "c_master"), "SEG-EXCHANGE-5"),
            guard(same(*capsules, *context), "SEG-KEYS-1", defence=switch.BOUND_KEK),
            guard(same("s", "r", "x_segment"), "SEG-HEADER-7", defence=switch.SIGNED_SEGMENT),
            guard(same("s", "r", "x_sender", "x_recipient"), "SEG-EXCHANGE-5", defence=switch.SIGNED_NAMES),
            guard(same("s", "r", "x_from", "x_to"), "SEG-EXCHANGE-5", defence=switch.SIGNED_STAYS),
            guard(same("s", "r", "x_ephemeral"), "SEG-EXCHANGE-5", defence=switch.SIGNED_EPHEMERAL, needed=False),
            guard(same("s", "r", "x_head"), "SEG-EXCHANGE-5", defence=switch.NAMED_STATE),
        ],
        ["known_exchange(k, s) := true"],
        "It alters what the signature of an exchange does not cover.",
        intruder=True,
    )
    b.action(
        "alter_capsule",
        {"r": "capsule", "s": "capsule"},
        [
            guard("known_capsule(r)"),
            guard(same("s", "r", "c_opens", "c_master"), "SEG-KEYS-1"),
            guard(same("s", "r", *context), "SEG-KEYS-1", defence=switch.BOUND_KEK),
        ],
        ["known_capsule(s) := true"],
        "It takes a capsule for one of another context, where its key-encryption key does not depend on that.",
        intruder=True,
    )
    key = [f"k_{field}(g_cipher({{0}}))" for field in ("segment", "number", "proposer", "first", "other", "second")]
    bound = " & ".join(f"{one.format('s')} = {one.format('r')}" for one in key)
    header = ("g_segment", "g_sender", "g_recipient", "g_from", "g_to", "g_number", "g_proposer", "g_rotation")
    # A body unwraps to no master; a wrapped master can be read as a body, which nobody confided.
    kind = "(is_rotation(s) -> is_rotation(r)) & (is_rotation(r) & ~is_rotation(s) -> ~confided(g_body(s)))"
    flags = "(is_rotation(s) <-> is_rotation(r)) & (is_acknowledgement(s) <-> is_acknowledgement(r))"
    b.action(
        "alter_message",
        {"r": "message", "s": "message"},
        [
            guard("known_message(r)"),
            guard("k_master(g_cipher(s)) = k_master(g_cipher(r))", "SEG-KEYS-2"),
            guard(bound, "SEG-KEYS-2", defence=switch.BOUND_KEYS),
            guard("forth(g_cipher(s)) <-> forth(g_cipher(r))", "SEG-KEYS-2", defence=switch.DIRECTIONS),
            guard(same("s", "r", "g_count"), "SEG-SEND-7"),
            guard(same("s", "r", "g_body", "g_master"), "SEG-SEND-6"),
            guard(kind, "SEG-KEYS-2", "SEG-ROTATE-2", needed=False),
            guard(f"{same('s', 'r', *header)} & {flags}", "SEG-SEND-6", defence=switch.SEALED_HEADER),
        ],
        ["known_message(s) := true"],
        "It alters what is not authenticated with a sealed record, or takes it for one under a key that is the same.",
        intruder=True,
    )
