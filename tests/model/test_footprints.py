"""Every transition of the segment looks at its footprint alone and writes what it declares: shown on every distinct
content of a footprint that a small exploration meets, by changing everything else."""

from __future__ import annotations

from collections.abc import Hashable

from lockedroom.model.explore import Explorer
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.engine import SUITE, signing, stay_of
from lockedroom.model.segment.machine import segment_machine
from lockedroom.reference.crypto.symbolic import SymbolicEntropy
from lockedroom.reference.machine import Slot, Step
from lockedroom.reference.segment import parts
from lockedroom.reference.segment.effects import member
from lockedroom.reference.segment.records import Destroyed, Malformed
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.store import Cell
from lockedroom.reference.segment.table import BY_OPERATION, perform

SETTING = Setting(Bounds(2, 1, 2, rotations=1, revocations=1, crashes=1), aftermath=True)
NAMES = SETTING.bounds.names


def junk(slot: Slot) -> Hashable:
    """Another value of a slot than any that it ever has."""
    match slot.kind:
        case "header":
            return Destroyed()
        case "acl" | "inbox":
            return (Malformed("junk"),)
        case "board":
            return Cell(slot.part)
        case "life":
            return True
    return Member("nobody", signing("nobody"), signing("nobody"))


def results(explorer: Explorer, states: range) -> int:
    """Take every transition of the table in these states twice: with nothing but its footprint there, and with all
    other slots there but changed. The number of transitions that were taken rather than refused."""
    taken = 0
    for number in states:
        held = explorer.state(number)
        for action in explorer.machine.actions:
            row = BY_OPERATION.get(action.operation)
            me = held[member(action.actor)]
            if row is None:
                continue
            assert isinstance(me, Member)
            given = dict(action.arguments)
            peers = given.get("peers", (given["peer"],) if "peer" in given else ())
            assert isinstance(peers, tuple)
            reads, writes = (
                frozenset(part for slot in side for part in parts.cut(slot, NAMES))
                for side in row.parts(action.actor, peers)
            )
            fresh = SymbolicEntropy(action.actor, stay_of(me))
            inside = {slot: held[slot] for slot in reads}
            outside = {slot: junk(slot) for slot in held if slot.kind not in ("ledger", "room") and slot not in reads}
            alone = perform(row, parts.at(me, SUITE, fresh, SETTING.capacity, inside), **given)
            among = perform(row, parts.at(me, SUITE, fresh, SETTING.capacity, {**outside, **inside}), **given)
            assert alone == among
            for effect in alone.effects:
                for part, _ in parts.apply(effect, held, NAMES):
                    assert part in writes, f"{action} writes {part}"
            if alone.state is not None and alone.state != me:
                assert member(action.actor) in writes
            taken += isinstance(alone, Step)
    return taken


def test_nothing_outside_the_footprint_is_seen_or_written() -> None:
    explorer = Explorer(segment_machine(SETTING))
    found = explorer.run(state_limit=6_000)
    assert found.states >= 6_000
    assert results(explorer, range(0, found.states, 17)) > 2_000
