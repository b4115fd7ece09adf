"""Which clauses a failed step has broken: told from what was expected and what was seen alone."""

import re

import pytest

from lockedroom.conformance.attribution import FIELDS, UNREADABLE, broken_by, named_by
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Divergence
from lockedroom.spec.registry import chapter, clauses

STEPS = (frozenset({"SEG-JOIN-4"}), frozenset({"SEG-ACCEPT-7", "SEG-KEYS-1"}))


def broken(what: str, expected: Json, seen: Json, index: int = 2) -> set[str]:
    return set(broken_by(Divergence(index, "bob", "accept", "bob: accept(alice)", what, expected, seen), STEPS))


def test_a_refusal_that_should_have_come_breaks_its_clause_and_those_that_say_what_it_looks_at() -> None:
    assert broken("outcome", "rejected SEG-ACCEPT-5", "ok") == {"SEG-ACCEPT-5"}
    assert broken("outcome", "rejected SEG-REVIEW-1", "ok") == {"SEG-REVIEW-1", "SEG-REVIEW-4"}
    assert broken("clause", "SEG-ACCEPT-5", "SEG-ACCEPT-3") == {"SEG-ACCEPT-5", "SEG-ACCEPT-3", "SEG-REVIEW-2"}


def test_a_refusal_that_should_not_have_come_breaks_what_the_step_exercises_too() -> None:
    assert broken("outcome", "ok", "rejected SEG-ACCEPT-3") == {"SEG-ACCEPT-3", "SEG-REVIEW-2", *STEPS[1]}


@pytest.mark.parametrize("said", ["SEG-ACCEPT-99", "nonsense", "", "X-Y-1"])
def test_a_clause_that_there_is_not_is_none(said: str) -> None:
    assert broken("outcome", "ok", f"rejected {said}") == set(STEPS[1])
    assert broken("clause", "SEG-ACCEPT-5", said) == {"SEG-ACCEPT-5"}


def test_an_event_breaks_the_clauses_of_the_fields_that_differ() -> None:
    expected: list[Json] = [{"event": "Sent", "peer": "bob", "sequence": 2}]
    assert broken("events", expected, [{"event": "Sent", "peer": "bob", "sequence": 1}]) == {"SEG-SEND-8", *STEPS[1]}
    assert broken("events", expected, [{"event": "Left"}]) == broken("events", expected, []) == set(STEPS[1])


def test_a_post_that_does_not_open_is_refused() -> None:
    found = broken("events", [{"event": "Read", "number": 1}], [{"event": "Unreadable", "number": 1}])
    assert found == {UNREADABLE, *named_by(UNREADABLE), *STEPS[1]} and "SEG-ACCEPT-7" in named_by(UNREADABLE)


def test_what_is_visible_breaks_what_the_step_exercises() -> None:
    assert broken("what is visible", {"alive": ["bob"]}, {"alive": []}) == set(STEPS[1])
    assert broken("what is visible", {}, {"acl": 1}, index=0) == {"ADAPTER-COMMAND-5"}


def test_the_clause_of_a_field_stands_where_the_chapter_says_what_the_field_is() -> None:
    table = (chapter("segment.md") or "").partition("### What the caller sees")[2].partition("### Create")[0]
    for field, clause in FIELDS.items():
        assert re.search(rf"`{field}`[^`]*\(?\b{clause}\b", table), field


def test_a_clause_does_not_name_many_others() -> None:
    """What is told as broken must tell something."""
    assert all(len(named_by(one)) <= 3 for one in clauses() if one.startswith("SEG-"))
