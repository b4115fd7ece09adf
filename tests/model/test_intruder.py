"""What the intruder does within its budget, and that it has seen nothing once it can do no more."""

from __future__ import annotations

from collections.abc import Hashable

from lockedroom.model.explore import Explorer
from lockedroom.model.segment.attacks import search
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.intruder import CHANGED, CLOSED, SEEN, SPENT
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.segment.machine import segment_machine
from lockedroom.reference.machine import Slot
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import HARDENED


def explored() -> tuple[Explorer, list[dict[Slot, Hashable]]]:
    explorer = Explorer(segment_machine(Setting(Bounds(2, 1, 1, intruder=1))))
    found = explorer.run()
    assert found.complete
    return explorer, [explorer.state(number) for number in range(found.states)]


def test_what_was_seen_is_forgotten_with_the_last_step_and_only_then() -> None:
    assert frozenset() != CLOSED
    assert CLOSED | frozenset({1}) is CLOSED
    _, states = explored()
    spent = [state for state in states if state[SPENT]]
    assert spent and all(state[SEEN] is CLOSED for state in spent)
    assert all(state[SEEN] is not CLOSED for state in states if not state[SPENT])


def test_it_acts_once_and_somebody_who_looks_comes_next() -> None:
    explorer, states = explored()
    acted = 0
    for number, state in enumerate(states):
        path = explorer.path(number)
        steps = [index for index, taken in enumerate(path) if taken.action.actor == INTRUDER]
        if path and path[-1].action.operation in ("destroy", "disclose"):
            continue
        assert len(steps) == state[SPENT]
        if not steps:
            continue
        acted += 1
        (at,) = steps
        changed = {slot for slot in path[at].action.writes if slot not in (SPENT, CHANGED, SEEN)}
        if path[at].action.operation == "post":
            assert at + 1 == len(path), "reading changes nothing"
            continue
        if at + 1 < len(path):
            following = path[at + 1].action
            assert changed <= {*following.reads, *following.writes}
            assert not state[CHANGED]
        else:
            assert state[CHANGED] == changed
    assert acted > 1_000


def test_each_of_its_operations_is_taken() -> None:
    explorer, _ = explored()
    operations = {action.operation for action in explorer.machine.actions if action.actor == INTRUDER}
    taken = {found.operation for found in explorer.behaviours()}
    board = {"withdraw", "announce", "post"}
    assert operations == {"swap header", "cut list", "extend list", "drop", "inject", "disclose"} | board
    assert operations <= taken


def test_it_puts_posts_where_they_do_not_belong_as_they_are() -> None:
    """A key for posts is the same in both directions, and what is sealed says from whom and for whom: who does not ask
    where it lies reads its own words as another's."""
    found = search(Bounds(2, 1, 1, intruder=1), HARDENED.without(switch.IN_PLACE))
    assert found.attack is not None and found.attack.falls == "authentication and injective agreement"
    assert [move.operation for move in found.attack.moves[-3:]] == ["publish", "post", "read"]
    assert found.attack.moves[-2].choice.endswith("out of place")
