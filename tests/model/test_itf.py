"""Values in the trace format: one form each, the same bytes every time, and differences that miss nothing."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedroom.model.itf import Itf, changes, differences, itf, words
from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.machine import Slot


@dataclass(frozen=True)
class Box:
    name: str
    held: Hashable = None


class Colour(Enum):
    RED = 1


class Pair(NamedTuple):
    left: int
    right: int


NONE = {"tag": "Nothing", "value": {}}
FORMS: list[tuple[object, Itf]] = [
    (True, True),
    (7, 7),
    (2**53, {"#bigint": "9007199254740992"}),
    (-(2**53), {"#bigint": "-9007199254740992"}),
    ("text", "text"),
    (None, NONE),
    (b"\x01\xff", {"tag": "bytes", "value": "01ff"}),
    ((1, "a"), {"#tup": [1, "a"]}),
    ([1, 2], [1, 2]),
    (frozenset({3, 1, 2}), {"#set": [1, 2, 3]}),
    ({"b": 1, "a": 2}, {"#map": [["a", 2], ["b", 1]]}),
    (Box("x", (1,)), {"tag": "Box", "value": {"name": "x", "held": {"#tup": [1]}}}),
    (Pair(1, 2), {"tag": "Pair", "value": {"left": 1, "right": 2}}),
    (Colour.RED, "RED"),
    (Slot("inbox", "bob", "alice"), "inbox:bob/alice"),
    (Term("sign", Term("signing", "alice"), "x"), "sign(signing(alice), x)"),
    (1.5, {"#unserializable": "1.5"}),
]


@pytest.mark.parametrize(("value", "form"), FORMS, ids=lambda value: str(value)[:30])
def test_every_value_has_its_form(value: object, form: Itf) -> None:
    assert itf(value) == form
    json.dumps(itf(value))
    assert words(itf(value))


def test_what_has_no_form_says_no_address() -> None:
    assert itf(object()) == itf(object()) == {"#unserializable": "<object object>"}


VALUES: st.SearchStrategy[Hashable] = st.recursive(
    st.none() | st.integers() | st.text(max_size=4) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.frozensets(inner, max_size=3)
        | st.builds(Box, st.text(max_size=2), inner)
    ),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_two_values_differ_exactly_where_differences_are_found(one: Hashable, other: Hashable) -> None:
    assert bool(list(differences(itf(one), itf(other)))) == (itf(one) != itf(other))
    for found in differences(itf(one), itf(other)):
        assert str(found) and (found.before is not None or found.after is not None)


@given(VALUES)
def test_a_value_is_said_on_one_line_whatever_the_depth(value: Hashable) -> None:
    said = [words(itf(value), depth) for depth in range(4)]
    assert all(isinstance(one, str) for one in said)


def test_differences_go_as_deep_as_both_have_the_same_shape() -> None:
    def said(one: object, other: object) -> list[str]:
        return [str(found) for found in differences(itf(one), itf(other))]

    assert said(Box("x", (1, 2)), Box("x", (1, 3))) == ["held[1] 2 → 3"]
    assert said(Box("x"), Box("x", 1)) == ["held none → 1"]
    assert said((1, 2), (1, 2, 3)) == ["+ 3"]
    assert said((1, 2, 3), (2, 3)) == ["- 1"]
    assert said((1, 2, 3), (1, 9, 8, 3)) == ["- 2", "+ 9", "+ 8"]
    assert said(frozenset({1, 2}), frozenset({2, 5})) == ["- 1", "+ 5"]
    assert said(Box("x"), Pair(1, 2)) == ["Box(name x) → Pair(left 1, right 2)"]
    assert said((), 1) == ["() → 1"]


def test_terms_are_cut_where_they_nest_deep() -> None:
    deep = Term("sign", Term("signing", Term("of", "alice")), "x")
    assert words(itf(deep)) == "sign(signing(…), x)"


def test_a_slot_that_only_one_state_has_differs_whole() -> None:
    found = [(slot, str(one)) for slot, one in changes({"a": 1, "b": 2}, {"b": 3, "c": 4})]
    assert found == [("a", "- 1"), ("b", "2 → 3"), ("c", "+ 4")]
