"""Attacks: the search finds the shortest, what is written down is taken again, and what removes one is told apart."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import cache

import pytest

from lockedroom.model.segment.attacks import (
    Attack,
    Stale,
    attack_of,
    bounds_of,
    budgets,
    climb,
    falls_to,
    follow,
    removed_by,
    search,
    segment_of,
)
from lockedroom.model.segment.bounds import Bounds
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import HARDENED

ROOM = Bounds(2, 1, 1)
INTRUDED = Bounds(2, 1, 1, intruder=1)


@cache
def attack_without(name: str, bounds: Bounds = ROOM) -> Attack:
    found = search(bounds, HARDENED.without(name)).attack
    assert found is not None
    return found


def test_the_attack_is_the_shortest_and_can_be_taken() -> None:
    attack = attack_without(switch.TIE_BREAK)
    assert (attack.falls, attack.length) == ("agreement after concurrent exchange or rotation", 8)
    run = follow(segment_of(ROOM, attack.profile), attack)
    assert [done.action.operation for done in run.steps] == [move.operation for move in attack.moves]
    assert run.message == attack.message
    assert str(attack.profile) == "hardened -tie-break"


def test_what_is_written_down_is_the_same_attack() -> None:
    attack = attack_without(switch.SEQUENCE, INTRUDED)
    assert attack_of(json.loads(json.dumps(attack.to_json()))) == attack
    assert attack.moves[-2].choice
    assert bounds_of(budgets(INTRUDED)) == INTRUDED


def test_an_attack_is_none_where_its_defence_is_on() -> None:
    attack = attack_without(switch.SEQUENCE, INTRUDED)
    with pytest.raises(Stale, match="the property holds at the end"):
        follow(segment_of(INTRUDED, HARDENED), attack)
    with pytest.raises(Stale, match="move 5 of 6: intruder cannot inject"):
        follow(segment_of(INTRUDED, attack.profile), replace(attack, moves=attack.moves[4:]))


def test_an_attack_that_goes_on_after_the_property_fell_is_none() -> None:
    attack = attack_without(switch.TIE_BREAK)
    longer = replace(attack, moves=(*attack.moves, attack.moves[-1]))
    with pytest.raises(Stale, match="it falls here already"):
        follow(segment_of(ROOM, attack.profile), longer)


def test_what_holds_is_searched_through_to_its_end() -> None:
    found = climb(HARDENED, (ROOM, INTRUDED))
    assert [(one.bounds, one.complete, one.attack) for one in found] == [(ROOM, True, None), (INTRUDED, True, None)]
    assert found[0].states == 374


def test_a_climb_ends_where_the_profile_falls() -> None:
    found = climb(HARDENED.without(switch.SEQUENCE), (ROOM, INTRUDED, Bounds(2, 2, 1)))
    assert [bool(one.attack) for one in found] == [False, True]


def test_a_search_that_is_cut_off_says_so() -> None:
    (found,) = climb(HARDENED, (Bounds(2, 2, 2),), deadline=time.monotonic() + 0.2)
    assert not found.complete and "time limit" in found.reason and found.attack is None


def test_what_removes_an_attack_is_found_among_the_defences_that_are_off() -> None:
    weak = HARDENED.without(switch.SEQUENCE, switch.TIE_BREAK, switch.BOARD_NONCES)
    attack = replace(attack_without(switch.SEQUENCE, INTRUDED), profile=weak)
    assert falls_to(attack, weak)
    order = (switch.BOARD_NONCES, switch.SEQUENCE, switch.TIE_BREAK, switch.ONE_EXCHANGE)
    assert removed_by(attack, order) == (switch.SEQUENCE,)


def test_one_property_alone_is_searched_for() -> None:
    weak = HARDENED.without(switch.TIE_BREAK, switch.BOARD_NONCES)
    named = {only: search(ROOM, weak, only=only).attack for only in ("no nonce twice under a key", "segment binding")}
    assert named["segment binding"] is None
    found = named["no nonce twice under a key"]
    assert found is not None and found.falls == "no nonce twice under a key"
