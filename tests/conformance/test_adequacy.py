"""The suite is adequate: an implementation with one mistake fails at the clause that names it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest

from lockedroom.conformance import adequacy, broken
from lockedroom.conformance.mistakes import CONTROL, Hands
from lockedroom.conformance.mistakes_store import BY_ID, MISTAKES, holes, of_the_engine
from lockedroom.conformance.process import Limits
from lockedroom.conformance.report_cases import Candidate
from lockedroom.conformance.screening import Shown, document, failing
from lockedroom.conformance.trace import Trace
from lockedroom.model.segment.mutants import BY_NAME, MUTANTS
from lockedroom.spec.registry import clauses
from tests.cli.run import inside

SAMPLE = (
    "adapter/one-clause-is-named-for-another",
    "object/numbers-are-cut-to-32-bits",
    "memory/a-rings-counters-are-believed",
    "journal/a-journal-may-flip-any-word",
    "life/whose-lock-is-free-is-dead-wherever-it-ran",
    "engine/a-sequence-number-may-come-again",
    "engine/both-directions-have-one-key",
    "engine/a-review-closes-nothing",
)
"""One of each area; of the engine one that shows in mixed rooms alone, and one that shows in a later step alone."""


@cache
def cases() -> Mapping[str, tuple[Candidate, Trace]]:
    return adequacy.whole()


def test_every_mistake_has_a_name_of_its_own_and_a_clause_that_there_is() -> None:
    known = broken.mistakes()
    assert len(known) == len(MISTAKES) + len([name for name in known if name.startswith("engine/")])
    assert {mistake.clause for mistake in known.values()} <= clauses().keys()
    assert {BY_ID[name].area if name in BY_ID else "engine" for name in SAMPLE} == {m.area for m in known.values()}


@pytest.mark.parametrize("name", BY_ID)
def test_every_mistake_fits_its_source(name: str) -> None:
    assert BY_ID[name].substitutions
    for module, old, new in BY_ID[name].substitutions:
        assert old != new
        source = broken.source_of(f"lockedroom.{module}")
        assert broken.substituted(source, BY_ID[name].substitutions, f"lockedroom.{module}") != source


def test_a_mistake_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(broken.NotApplicable):
        broken.substituted("a a", [("x", "a", "b")], "lockedroom.x")
    assert broken.substituted("a a", [("y", "a", "b")], "lockedroom.x") == "a a"


@pytest.mark.parametrize("name", SAMPLE)
def test_a_mistake_fails_at_its_clause(name: str) -> None:
    mistake = broken.mistakes()[name]
    judged = adequacy.judge(mistake, adequacy.cases_for(mistake, cases().values()))
    assert judged.fate == "fails at its clause", judged
    assert mistake.clause in judged.broken and judged.case in cases()


def test_what_has_no_mistake_passes() -> None:
    """It is started in the same way; and a mistake that nothing knows is none."""
    chosen = adequacy.cases_for(BY_ID["adapter/a-refusal-is-an-error"], cases().values())
    assert adequacy.unfair(chosen[:8]) == ()
    assert adequacy.judge(CONTROL, chosen[:2]).fate == "passes"
    assert adequacy.judge(replace(CONTROL, name="unheard of"), chosen[:1]).fate == "fails at its clause"
    assert adequacy.Adequacy((), ("trace/x",)).exit_code == 1


@pytest.mark.parametrize("fate", ["fails elsewhere", "passes"])
def test_a_suite_that_misses_one_mistake_is_not_adequate(fate: adequacy.Fate) -> None:
    seen = adequacy.Judged(CONTROL, "fails at its clause", 1)
    assert adequacy.Adequacy((seen, seen)).exit_code == 0
    found = adequacy.Adequacy((seen, adequacy.Judged(CONTROL, fate, 1)))
    assert (found.failing, found.exit_code, found.to_json()["verdict"]) == (1, 1, "not adequate")


def test_who_is_slow_is_waited_for() -> None:
    """On a busy machine a start has taken more than 15 seconds: that is no mistake of a life."""
    mistake = BY_ID["life/the-cell-decides-and-not-the-lock"]
    chosen = adequacy.cases_for(mistake, cases().values())[:1]
    hasty = adequacy.judge(mistake, chosen, Limits(start=0.001))
    assert (hasty.fate, hasty.broken) == ("fails elsewhere", ("ADAPTER-LINE-1",)) and "hang" in hasty.reason
    assert min(adequacy.LIMITS.start, adequacy.LIMITS.reply) >= 60


@pytest.mark.parametrize(
    ("name", "hands", "broken"),
    [("a review closes nothing", "all", True), ("both directions have one key", "all", False)],
)
def test_what_shows_a_mutant_is_measured_on_plain_values(name: str, hands: Hands, broken: bool) -> None:
    mutant = BY_NAME[name]
    chosen = [pair for pair in cases().values() if mutant.breaks in pair[0].clauses][:400]
    found = list(failing(mutant, chosen, hands))
    assert any(mutant.breaks in clauses for _, clauses in found) is broken


def test_what_is_measured_takes_the_place_of_what_was() -> None:
    before = {"elsewhere": [{"mutant": MUTANTS[0].name}], "by nothing": [MUTANTS[1].name, "no mutant any more"]}
    found = document({MUTANTS[0].name: Shown("first", "trace/x", ("SEG-ACL-2",), True)}, before)
    assert found["at its clause"] == [{"mutant": MUTANTS[0].name, "hands": "first", "case": "trace/x"}]
    assert (found["elsewhere"], found["by nothing"]) == ([], [MUTANTS[1].name])


def test_there_is_no_such_mistake() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lockedroom.conformance.broken", "none"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "") and "--adequacy --list" in done.stderr


def test_the_command_lists_and_judges() -> None:
    listed = inside("conform", "--adequacy", "--list", "--json")
    assert listed.code == 0 and len(json.loads(listed.out)["mistakes"]) == len(broken.mistakes())
    assert inside("conform", "--adequacy", "--case", "no/such").code == 2


def test_what_shows_a_mutant_is_known_of_mutants_that_there_are() -> None:
    """All of them, each at its clause; a mutant that is new is measured anew."""
    assert holes() == ((), ())
    assert {one.name for one in of_the_engine()} == BY_NAME.keys()
    assert {one.case for one in of_the_engine()} <= cases().keys()


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_every_mutant_fails_at_its_clause() -> None:
    found = adequacy.adequacy(of_the_engine(), cases(), 2)
    assert found.unfair == ()
    assert [(one.mistake.id, one.fate, one.broken) for one in found.judged if one.fate != "fails at its clause"] == []


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_every_mistake_of_adapter_and_backend_fails_at_its_clause() -> None:
    found = adequacy.adequacy(MISTAKES, cases(), 2)
    assert found.unfair == () and len(found.judged) == len(MISTAKES)
    assert [(one.mistake.id, one.fate, one.broken) for one in found.judged if one.fate != "fails at its clause"] == []
