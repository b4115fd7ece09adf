"""The unbounded Dolev–Yao intruder: one action for each shape and key.

What honest members put into the store it knows; what it knows it puts wherever it likes, so that a record which
"is to be had" may lie before anybody. It has the keys of insiders, and gets those of members who have left.
"""

from __future__ import annotations

from lockedroom.model.proofs.system import Builder, guard


def declare(b: Builder) -> None:
    """What it can do."""
    for shape, sort in (
        ("header", "segment"), ("entry", "head"), ("announcement", "announcement"), ("exchange", "exchange"),
    ):  # fmt: skip
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
        [guard("memory(i) & ~joined(i)")],
        ["known_private(kem(i)) := true"],
        "It reads what is left in the memory of somebody who has left.",
        "SEG-LEAVE-2",
        intruder=True,
    )
    b.action(
        "make_ephemeral",
        {"e": "ephemeral"},
        [guard("used(I) -> kem(I) ~= e")],
        ["known_private(e) := true"],
        "It makes a key pair of its own.",
        intruder=True,
    )
    b.action(
        "make_master",
        {"m": "master"},
        [guard("~made_master(m)")],
        ["known_master(m) := true"],
        "It draws a master key of its own.",
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
