"""Defences that another one covers for: both lost admit an attack, where neither alone does."""

from __future__ import annotations

import pytest

from lockedroom.model.segment.attacks import search, segment_of
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.covers import COVERS, denying, uncovered
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import HARDENED


def test_an_old_exchange_is_taken_for_a_later_stays_where_neither_signature_nor_key_says_which() -> None:
    found = uncovered(switch.SIGNED_STAYS)
    assert found.shown and found.both.attack is not None
    assert found.both.attack.falls == "authentication and injective agreement"
    moves = [move.operation for move in found.both.attack.moves]
    assert moves[-5:] == ["exchange", "leave", "join", "inject", "accept"]
    alone = search(COVERS[switch.SIGNED_STAYS].bounds, HARDENED.without(switch.SIGNED_STAYS))
    assert alone.complete and alone.attack is None


@pytest.mark.full
@pytest.mark.parametrize("name", COVERS)
def test_what_covers_for_a_defence_does_so(name: str) -> None:
    found = uncovered(name)
    assert found.shown
    alone = search(COVERS[name].bounds, HARDENED.without(name))
    assert alone.complete and alone.attack is None


def test_an_intruder_is_denied_what_it_is_denied_and_nothing_else() -> None:
    bounds = Bounds(3, 0, 1, intruder=1, insider=1)
    profile = HARDENED.without(switch.BOUND_KEK)
    signed_anew = search(bounds, profile)
    assert signed_anew.attack is not None
    assert any(move.actor == INTRUDER and move.choice.endswith("signed anew") for move in signed_anew.attack.moves)
    without = search(bounds, profile, lambda b, p: denying(segment_of(b, p), (("inject", "signed anew"),)))
    assert without.attack is None and without.complete
    other = search(bounds, profile, lambda b, p: denying(segment_of(b, p), (("announce", "signed anew"),)))
    assert other.attack == signed_anew.attack
