"""The interop matrix: which assignments there are, who serves whom, and what several implementations say together."""

from __future__ import annotations

import sys
from itertools import combinations, product
from pathlib import Path

import pytest

from lockedroom.conformance.conform import conform
from lockedroom.conformance.corpus import corpus
from lockedroom.conformance.matrix import assigned, assignments, under
from lockedroom.conformance.stage import Status

TOY = (sys.executable, str(Path(__file__).with_name("toy.py")))


def test_every_assignment_is_there_once() -> None:
    assert assignments(2, 2) == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert len(set(assignments(3, 2))) == 8
    assert assignments(3, 1) == ((0, 0, 0),)


@pytest.mark.parametrize(
    ("members", "implementations", "most"), [(3, 3, 12), (3, 4, 22), (4, 3, 16), (5, 2, 10), (2, 6, 36)]
)
def test_a_large_matrix_is_pruned_pairwise(members: int, implementations: int, most: int) -> None:
    chosen = assignments(members, implementations)
    assert len(chosen) == len(set(chosen)) <= most
    assert chosen == assignments(members, implementations)
    for a, b in combinations(range(members), 2):
        assert {(one[a], one[b]) for one in chosen} == set(product(range(implementations), repeat=2))
    assert {one for one in chosen if len(set(one)) == 1} == {(kind,) * members for kind in range(implementations)}


def test_one_implementation_leaves_traces_as_they_are() -> None:
    traces = corpus()
    assert [trace for trace, _ in assigned(traces, 1)] == list(traces)


def test_a_title_says_who_serves_whom() -> None:
    titles = [trace.title for trace, _ in assigned(corpus()[:1], 2)]
    assert len(set(titles)) == 4
    assert titles[1].endswith("alice by 1, bob by 2")


def test_a_suite_is_another_in_the_settings_alone() -> None:
    (trace,) = corpus()[:1]
    (other,) = under([trace], "LR0")
    assert (other.settings.suite, other.steps) == ("LR0", trace.steps)


def test_members_are_served_by_whom_the_assignment_says() -> None:
    # The toy keeps its room in a file of its own, and finds nothing of a room that another kind made.
    trace = min(
        (one for one in corpus() if len({step.actor for step in one.steps}) == 2), key=lambda one: len(one.steps)
    )
    report = conform(others=[TOY], traces=[trace], jobs=1)
    status = {result.title.rpartition(" steps ")[2].partition(", ")[2]: result.status for result in report.traces}
    alike = {"alice by 1, bob by 1", "alice by 2, bob by 2"}
    assert {who for who, one in status.items() if one is Status.PASSED} == alike
    assert report.implementation is not None
    assert report.implementation.implementation == "lockedroom, toy"
    assert report.implementation.capabilities == ("entropy",)
