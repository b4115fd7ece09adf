"""What findings lead to: the search finds it, it can be taken again, and what is no way on is told apart."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from lockedroom.conformance import sequels
from lockedroom.conformance.derive import Underivable
from lockedroom.conformance.findings import settings_of
from lockedroom.conformance.sequels import answer_on, asked, led_to, lengthened, run_of, sequel_of, trace_on
from lockedroom.conformance.turning import derive_turned
from lockedroom.model.segment.attacks import Stale, falls_to, segment_of, steps
from lockedroom.model.segment.findings import Finding, committed_findings
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import AS_WRITTEN


@cache
def silent() -> dict[str, Finding]:
    """The findings whose every step the hardened profile takes, by what removes them."""
    return {", ".join(one.cause): one for one in asked(committed_findings().findings)}


def test_the_committed_ones_are_of_the_findings_that_the_hardened_profile_does_not_refuse() -> None:
    names = {
        switch.TIE_BREAK,
        switch.DIRECTIONS,
        switch.BOARD_NONCES,
        switch.BOUND_KEYS,
        f"{switch.CLOSING} + {switch.PEER_RIGHTS}",
    }
    assert set(silent()) == names
    assert {sequels._key(one) for one in silent().values()} == set(sequels._committed())


@pytest.mark.parametrize("cause", [switch.DIRECTIONS, f"{switch.CLOSING} + {switch.PEER_RIGHTS}"])
def test_a_sample_is_what_is_found(cause: str) -> None:
    one = silent()[cause]
    assert sequel_of(one) == led_to(one) is not None


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_all_are_what_is_found() -> None:
    assert sequels.main(["--check"]) == 0


def test_a_record_turned_back_opens_as_the_peers_own_where_both_directions_have_one_key() -> None:
    """Its removal is the finding's own: with keys by direction nothing that the same moves do brings that about."""
    one = silent()[switch.DIRECTIONS]
    sequel = led_to(one)
    assert sequel is not None and sequel.beside == ""
    assert [(move.actor, move.operation) for move in sequel.moves] == [("intruder", "inject"), ("alice", "receive")]
    assert "alice takes body(alice, bob" in run_of(one.attack, sequel).message
    assert not falls_to(lengthened(one.attack, sequel), AS_WRITTEN.having(switch.DIRECTIONS))


def test_where_another_defence_has_a_part_neither_is_enough() -> None:
    one = silent()[switch.BOARD_NONCES]
    sequel = led_to(one)
    assert sequel is not None and sequel.beside == switch.IN_PLACE
    whole = lengthened(one.attack, sequel)
    for on in ((switch.BOARD_NONCES,), (switch.IN_PLACE,)):
        assert falls_to(whole, AS_WRITTEN.having(*on)), on
    assert not falls_to(whole, AS_WRITTEN.having(switch.BOARD_NONCES, switch.IN_PLACE))


def test_where_nothing_more_falls_the_trace_shows_that_two_hold_one_key() -> None:
    """The explorer's intruder has no such step: what alice seals for carol is received by bob as carol's."""
    one = silent()[switch.BOUND_KEYS]
    sequel = led_to(one)
    assert sequel is not None and sequel.turned and sequel == sequels._turned(one)
    inject, receive = trace_on(one.attack, sequel).steps[-2:]
    assert (inject.actor, inject.operation, receive.actor, receive.seen.clause) == ("intruder", "inject", "bob", None)
    assert "alice>carol#1" in str(receive.seen.events)
    answer = answer_on(one, sequel)
    assert (answer.clause, answer.by) == ("SEG-RECEIVE-5", ((switch.BOUND_KEYS, "SEG-RECEIVE-5"),))


def test_what_another_does_not_receive_shows_nothing() -> None:
    """Of two that share a key with each other, nobody else holds it."""
    one = silent()[switch.DIRECTIONS]
    with pytest.raises(Underivable, match="nobody else"):
        derive_turned(settings_of(one.attack), list(steps(segment_of(one.attack.bounds, AS_WRITTEN), one.attack)))


def test_a_way_on_at_whose_end_nothing_falls_is_none() -> None:
    one = silent()[switch.DIRECTIONS]
    sequel = led_to(one)
    assert sequel is not None
    with pytest.raises(Stale, match="nothing falls at the end"):
        run_of(one.attack, replace(sequel, moves=sequel.moves[:1]))


def test_a_defence_that_has_no_part_in_it_does_not_count() -> None:
    """A list that is cut shows a property fall, too, and the hardened profile refuses that: it is of another cause."""
    one = silent()[switch.DIRECTIONS]
    sequel = led_to(one)
    assert sequel is not None
    whole = lengthened(one.attack, sequel)
    assert sequels._Parts((switch.DIRECTIONS,)).beside(whole, ()) == ""
    assert sequels._Parts((switch.NO_ROLLBACK,)).beside(whole, (switch.IN_PLACE,)) is None
