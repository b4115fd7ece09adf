"""Figures that the README states are those of what is committed: other tests of it let numbers differ."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import get_args

import pytest

from lockedroom.conformance import hostile
from lockedroom.conformance.corpus import corpus
from lockedroom.model.segment import pins
from lockedroom.model.segment.bounds import VERIFY
from lockedroom.model.segment.mutants import MUTANTS
from tests.cli.run import inside
from tests.tree import ROOT


@cache
def stated(pattern: str) -> list[tuple[int, ...]]:
    """The numbers that each place of the README which looks like that states."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(pattern.replace("#", r"(\d+(?: \d{3})*)"), text)
    return [tuple(int(number.replace(" ", "")) for number in ([one] if isinstance(one, str) else one)) for one in found]


def test_what_verify_explores_is_what_is_pinned() -> None:
    (pin,) = (pin for group in get_args(pins.Group) for pin in pins.pins(group) if pin.bounds == VERIFY)
    assert stated(r"states +#, all there are\n +transitions +#, by")[0] == pin.counts[:2]


def test_the_corpus_has_as_many_traces_and_entries_as_are_stated() -> None:
    counted = json.loads(inside("spec", "corpus", "--json").out)
    assert stated("# memo entries, in # traces") == [(counted["entries"], counted["traces"])]


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("# hostile vectors", len(hostile.vectors())),
        ("a sample of the # that are known", len(MUTANTS)),
        ("traces +# of # agree", len(corpus("segment"))),
    ],
)
def test_there_are_as_many_as_are_stated(pattern: str, number: int) -> None:
    assert stated(pattern) and {figure for place in stated(pattern) for figure in place} == {number}


def test_what_a_refinement_judges_is_as_it_is_shown() -> None:
    found = json.loads(
        inside("refine", "segment", "--members", "2", "--messages", "1", "--intruder", "1", "--json").out
    )
    assert stated(r" judged +#\n steps of what is proved +#\n") == [(found["total"], found["steps"])]
