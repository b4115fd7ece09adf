"""B1 with a mistake that shows late: once every count of joins and messages is used up, leaving takes nothing back that
the member has left in the inboxes of others. `SUBJECT` is what a trace of it names."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Final

from benchmarks.b1 import Local, machine
from lockedroom.model.report import Invariant, Judgement
from lockedroom.model.validator import Subject
from lockedroom.reference.machine import Action, Outcome, Slot

PROPERTY: Final = "whoever left a message has a key"


def subject(members: int = 3, messages: int = 1, joins: int = 2) -> Subject:
    """B1 with the mistake, and the invariant msg[p][q] → key[p][q]."""
    right = machine(members, messages, joins)

    def full(local: Hashable) -> bool:
        assert isinstance(local, Local)
        return local.joins == joins and [count for _, count in local.sent] == [messages] * (members - 1)

    def wrong(action: Action) -> Action:
        if action.operation != "leave":
            return action

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            held = dict(zip(action.reads, values, strict=True))
            outcomes = action.run(values)
            if not all(full(held[Slot("local", f"m{p}")]) for p in range(members)):
                return outcomes
            return tuple(
                replace(
                    outcome,
                    writes=tuple(
                        held[slot] if slot.kind == "inbox" and slot.owner != action.actor else value
                        for slot, value in zip(action.writes, outcome.writes or (), strict=True)
                    ),
                )
                for outcome in outcomes
            )

        return replace(action, run=run, parts=())

    def rule(p: int, q: int) -> Invariant:
        def judge(seen: tuple[Hashable, ...]) -> Judgement:
            left, key = seen
            return bool(left) and (bool(key) or f"m{p} has left m{q} a message and has no key for it")

        return Invariant(
            PROPERTY,
            (Slot("inbox", f"m{q}"), Slot("local", f"m{p}")),
            (
                lambda box: isinstance(box, frozenset) and ("msg", f"m{p}") in box,
                lambda local: isinstance(local, Local) and f"m{q}" in local.keys,
            ),
            judge,
        )

    rules = tuple(rule(p, q) for p in range(members) for q in range(members) if p != q)
    return Subject(replace(right, actions=tuple(map(wrong, right.actions))), invariants=rules)
