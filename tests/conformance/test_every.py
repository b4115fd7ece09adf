"""The corpus with a guarantee: every memo entry is met, by traces that say the same under every suite and for real."""

from collections.abc import Hashable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from lockedroom.conformance import corpus, every
from lockedroom.conformance.collected import cases, exercised, ids
from lockedroom.conformance.collection import Collection, parse_collection, write_collection
from lockedroom.conformance.conform import conform
from lockedroom.conformance.coverage import clauses_by_step
from lockedroom.conformance.covering import cover
from lockedroom.conformance.matrix import assignments, in_turn
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import Status, replay_on_engine
from lockedroom.conformance.report_cases import Selection
from lockedroom.conformance.schemas import Mismatch
from lockedroom.conformance.trace import Trace
from lockedroom.model.entries import Edge, Entries, graph
from lockedroom.model.explore import explore
from lockedroom.model.report import Judgement
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.validator import outcomes_of, taken
from lockedroom.reference.machine import Action, Outcome

Entry = tuple[str, str, tuple[tuple[str, object], ...], tuple[Hashable, ...]]
PATIENT = Limits(start=60.0, reply=60.0)
FILES = tuple(sorted((corpus.FOLDER / "segment" / "every").iterdir()))

INTRUDED = every.Exploration("intruded", Bounds(2, 0, 1, intruder=1), replace(every.ROOMY, members=1))
WITH_CRASHES = every.Exploration("crashing", Bounds(2, 1, 1, crashes=1), every.CROWDED)


@cache
def committed() -> tuple[Collection, ...]:
    return corpus.collections()


def traces(step: int) -> list[Trace]:
    """Every `step`-th trace of every collection."""
    return [one.trace(number) for one in committed() for number in range(1, len(one.rows) + 1, step)]


def entry(action: Action, values: tuple[Hashable, ...]) -> Entry:
    content = [value for slot, value in zip(action.reads, values, strict=True) if every.matters(action, slot)]
    return action.operation, action.actor, action.arguments, tuple(content)


def walked(exploration: every.Exploration, paths: Iterable[tuple[Edge, ...]]) -> set[Entry]:
    """The entries on these paths, which are walked on plain values, step by step."""
    found: set[Entry] = set()
    for path in paths:
        state = dict(exploration.machine.initial)
        for edge in path:
            assert edge.outcome in outcomes_of(edge.action, state)
            if every.matters(edge.action, edge.action.reads[0]):
                found.add(entry(edge.action, tuple(state[slot] for slot in edge.action.reads)))
            state = dict(taken(edge.action, edge.outcome, state))
    return found


@pytest.mark.parametrize("exploration", [every.EXPLORATIONS[0], every.EXPLORATIONS[3], INTRUDED, WITH_CRASHES])
def test_the_paths_meet_all_that_an_explorer_asks_the_engine(exploration: every.Exploration) -> None:
    asked: set[Entry] = set()

    def judge(action: Action, values: tuple[Hashable, ...], _: Outcome) -> Iterable[tuple[str, Judgement]]:
        if every.matters(action, action.reads[0]):
            asked.add(entry(action, values))
        return ()

    report = explore(exploration.machine, judge=judge)
    found = graph(exploration.machine, Entries(every.matters))
    assert report.complete and report.states == len(found)
    paths = list(cover(found, set()))
    met = walked(exploration, paths)
    assert (len(met - asked), len(asked - met)) == (0, 0)
    assert len(asked - walked(exploration, paths[:-1])) > 0, "the last path is not needless"


def test_every_entry_that_was_numbered_is_in_a_trace() -> None:
    shown: set[int] = set()
    for one in committed():
        for number, row in enumerate(one.rows, start=1):
            assert len(one.entries[number - 1]) == len(row)
            assert one.shown(number) - shown, f"{one.title(number)} shows nothing new"
            shown |= one.shown(number)
        assert shown == set(range(one.explored.numbered)), one.name
        assert one.explored.entries <= one.explored.numbered
    assert [one.name for one in committed()] == [one.name for one in every.EXPLORATIONS]


def test_the_first_collection_is_generated_byte_for_byte() -> None:
    """Of all of them `make drift` says it."""
    (made,) = every.collections(every.EXPLORATIONS[:1])
    assert made == committed()[0]
    assert FILES[0].read_text("utf-8") == write_collection(made)


@pytest.mark.parametrize("files", [FILES[3:7:3], pytest.param(FILES, marks=pytest.mark.full)], ids=["some", "all"])
def test_what_is_committed_is_well_formed(files: tuple[Path, ...]) -> None:
    for path in files:
        assert parse_collection(path.read_bytes()) == committed()[FILES.index(path)]


def test_a_collection_that_is_none_is_told() -> None:
    with pytest.raises(Mismatch, match="numbered"):
        parse_collection(FILES[3].read_bytes().replace(b'"numbered": ', b'"numbered": -'))


@pytest.mark.parametrize(("suite", "step"), [("symbolic", 9), ("LR0", 60), ("LR1", 60)])
def test_the_engine_says_the_same_under_every_suite(suite: str, step: int) -> None:
    for trace in traces(step):
        assert replay_on_engine(trace, suite).status is Status.PASSED, trace.title


def test_the_clauses_of_a_step_are_those_that_it_exercises() -> None:
    for one in committed():
        assert one.cited(len(one.rows)) == clauses_by_step(one.trace(len(one.rows))), one.name


@pytest.mark.parametrize("step", [200, pytest.param(1, marks=[pytest.mark.full, pytest.mark.timeout(3600)])])
def test_real_processes_agree(step: int) -> None:
    chosen = traces(step)
    report = conform(traces=chosen, jobs=2, limits=PATIENT, cited=[frozenset()] * len(chosen))
    assert [result.reason for result in report.traces if result.status is not Status.PASSED] == []
    assert report.passed == len(chosen)


def comes_to_a_cut_list(trace: Trace) -> bool:
    """Whether bob's one step is the last, and the list has been emptied before."""
    emptied = any(step.arguments.get("entries") == [] for step in trace.steps)
    return emptied and [step.actor == "bob" for step in trace.steps].index(True) == len(trace.steps) - 1


def test_a_member_that_has_not_acted_yet_sees_who_is_there_after_the_list_was_cut() -> None:
    late = [one for one in traces(1) if one.steps[-1].actor == "bob" and comes_to_a_cut_list(one)]
    report = conform(traces=late[:3], jobs=2, limits=PATIENT, cited=[frozenset()] * len(late[:3]))
    assert report.passed == len(report.traces) > 0


def test_entries_count_where_their_case_passed_and_nowhere_else() -> None:
    found = committed()
    everything = ids(found)
    whole = exercised(found, everything)
    assert (whole.covered, whole.missing) == (whole.of, ())
    assert exercised(found, ()).covered == 0
    missing = exercised(found, everything[:-1])
    assert 0 < missing.of - missing.covered <= len(found[-1].rows[-1])
    assert all(label.startswith("intruder: ") for label in missing.missing)


def test_the_smoke_test_takes_none_and_a_glob_takes_its_own() -> None:
    assert cases(committed(), Selection(smoke=True)) == []
    assert [one.candidate.id for one in cases(committed(), Selection(("every/full/*",)))] == ["every/full/001"]
    assert cases(committed(), Selection(("trace/*",))) == []


def test_with_several_implementations_the_mixed_assignments_take_turns() -> None:
    pairs = [trace for trace in traces(40) if len(trace.settings.members) == 2]
    assert {one for _, one in in_turn(pairs, 2)} == {(0, 1), (1, 0)}
    assert {one for _, one in in_turn(pairs, 1)} == {(0, 0)}
    assert len(in_turn(pairs, 3)) == len(pairs) and len(assignments(2, 3)) == 9
