"""The segment as a subject: its machine within bounds with the properties that are promised there, and why the engine
refuses what it refuses. What a counterexample is checked against again."""

from __future__ import annotations

from typing import cast

from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.engine import REFERENCE, SUITE, Engine, Logic, peers_of, stay_of
from lockedroom.model.segment.machine import bind
from lockedroom.model.segment.progress import progress_of
from lockedroom.model.segment.properties import Store, invariants_of, judge_of
from lockedroom.model.validator import State, Subject
from lockedroom.reference.crypto.symbolic import SymbolicEntropy
from lockedroom.reference.machine import Action, Rejected
from lockedroom.reference.segment import parts
from lockedroom.reference.segment.effects import member
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.table import TABLE


def segment_subject(bounds: Bounds, logic: Logic = REFERENCE) -> Subject:
    """The segment within bounds, by the reference's logic or a mutant's. With an intruder the store is hostile, and
    judged is what is promised there; without one, everything is."""
    setting = Setting(bounds)
    engine = Engine(setting.capacity, bounds.names, logic)
    stores: frozenset[Store] = frozenset(("hostile",)) if bounds.intruder else frozenset(("honest", "hostile"))

    def explain(action: Action, state: State) -> str:
        return _refusal(engine, action, state)

    return Subject(
        bind(setting, engine),
        judge_of(stores, logic.profile, bounds.foe),
        invariants_of(bounds.honest, stores, bounds.foe),
        () if bounds.intruder else (progress_of(bounds),),
        bounds.names,
        {row.operation: row.clauses for row in TABLE},
        explain,
    )


def _refusal(engine: Engine, action: Action, state: State) -> str:
    """What the engine says when it refuses an action: its own words, which no outcome carries."""
    row = engine.logic.rows.get(action.operation)
    if row is None:
        return ""
    me = cast(Member, state[member(action.actor)])
    arguments = dict(action.arguments)
    reads, _ = row.parts(action.actor, peers_of(arguments))
    seen = {part: state[part] for slot in reads for part in parts.cut(slot, engine.names)}
    fresh = SymbolicEntropy(action.actor, stay_of(me))
    result = engine.logic.perform(
        row, parts.at(me, SUITE, fresh, engine.capacity, seen, engine.logic.profile), **arguments
    )
    return result.detail if isinstance(result, Rejected) else ""
