"""The intruder acts late, on first records and where somebody looks: one that acts at any time and anywhere shows the
members nothing else, but that there is no room."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace

import pytest

from lockedroom.model.explore import Explorer
from lockedroom.model.segment import machine
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.engine import REFERENCE
from lockedroom.model.segment.facts import fresh_of
from lockedroom.model.segment.intruder import Change, Intruder, Seen
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Action, Name, Outcome, Slot
from lockedroom.reference.segment.effects import ACL, HEADER
from lockedroom.reference.segment.parts import cell, lane
from lockedroom.reference.segment.profile import AS_WRITTEN, HARDENED, PURGED, Profile
from lockedroom.reference.segment.records import Announcement, Entry, Header
from lockedroom.reference.segment.store import Cell

Shown = frozenset[tuple[str, str | None, tuple[Hashable, ...]]]
"""What steps of honest members give: the action, the clause of its rejection, its events."""


class Anytime(Intruder):
    """An intruder that takes any record out of a lane, and puts records anywhere in it, whether or not anybody is there
    to look; where somebody is announced, or was."""

    def drop(self, owner: Name, sender: Name) -> Action:
        def changes(_: frozenset[Seen], lying: tuple[Hashable, ...]) -> Iterator[Change]:
            for index in range(len(lying)):
                yield str(index), ((*lying[:index], *lying[index + 1 :]),)

        slot = lane(owner, sender)
        return self.action("drop", (("inbox", owner), ("sender", sender)), (slot,), (slot,), changes)

    def inject(self, owner: Name, sender: Name) -> Action:
        slot = lane(owner, sender)

        def changes(
            seen: frozenset[Seen],
            header: object,
            entries: tuple[Entry, ...],
            own: Cell,
            other: Cell,
            lying: tuple[Hashable, ...],
        ) -> Iterator[Change]:
            if not isinstance(header, Header):
                return
            for here in announced(seen, owner, own):
                for there in announced(seen, sender, other):
                    for _, record in self.for_lane(seen, header, entries, here, there):
                        for index in range(len(lying) + 1):
                            yield "", ((*lying[:index], record, *lying[index:]),)

        reads = (HEADER, ACL, cell(owner), cell(sender), slot)
        return self.action("inject", (("inbox", owner), ("sender", sender)), reads, (slot,), changes)


def announced(seen: frozenset[Seen], name: Name, stands: Cell) -> set[Announcement]:
    """What a member has announced of its stays."""
    found = {record for record in seen if isinstance(record, Announcement)} | {stands.announcement}
    return {one for one in found if one is not None and one.name == name and _stays(one.incarnation) == name}


def _stays(incarnation: Bits) -> Name:
    drawn = fresh_of(incarnation)
    return drawn[0] if drawn is not None and drawn[1] else ""


def shown(bounds: Bounds, profile: Profile) -> tuple[int, Shown]:
    """How many states there are, and all that honest members are shown in them."""
    whole = machine.segment_machine(Setting(bounds), REFERENCE.under(profile))
    given: set[tuple[str, str | None, tuple[Hashable, ...]]] = set()

    def noted(action: Action) -> Action:
        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            outcomes = action.run(values)
            given.update((str(action), outcome.clause, outcome.events) for outcome in outcomes)
            return outcomes

        return action if action.actor == INTRUDER else replace(action, run=run)

    found = Explorer(replace(whole, actions=tuple(map(noted, whole.actions)))).run()
    assert found.complete
    return found.states, frozenset(given)


TALK, TWICE, AGAIN = Bounds(2, 1, 1, intruder=1), Bounds(2, 0, 1, intruder=2), Bounds(2, 0, 2, intruder=1)
CASES = [(TALK, HARDENED), (TALK, HARDENED.without(PURGED)), (TWICE, HARDENED)]
MORE = [(TALK, AS_WRITTEN), (TWICE, AS_WRITTEN), (AGAIN, HARDENED), (AGAIN, AS_WRITTEN)]


@pytest.mark.parametrize(("bounds", "profile"), CASES, ids=str)
def test_acting_late_shows_all_that_acting_at_any_time_shows(
    bounds: Bounds, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(bounds, profile, monkeypatch)


@pytest.mark.full
@pytest.mark.parametrize(("bounds", "profile"), MORE, ids=str)
def test_and_so_it_is_as_written_and_with_second_stays(
    bounds: Bounds, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(bounds, profile, monkeypatch)


def compared(bounds: Bounds, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    states, late = shown(bounds, profile)

    def always(action: Action, reads: tuple[Slot, ...], revocations: bool) -> object:
        return lambda changed: True

    monkeypatch.setattr(machine, "next_may_be", always)
    monkeypatch.setattr(machine, "Intruder", Anytime)
    more, anytime = shown(bounds, profile)
    assert more > states
    assert late <= anytime
    full = {clause for _, clause, _ in anytime - late}
    assert full <= {"SEG-FULL-1", "SEG-FULL-2", "SEG-FULL-3"}, sorted(anytime - late, key=repr)[:9]
