"""A second implementation, in C, written from spec/: it conforms. (Where the chapters left it a choice, it was compared
with the reference, and they now say which.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from lockedroom.conformance import collected, corpus, hostile
from lockedroom.conformance.conform import ConformReport, conform
from lockedroom.conformance.process import Limits, Process
from lockedroom.conformance.protocol import Implementation, Nothing, Start, Stop
from lockedroom.conformance.report_cases import Selection
from tests.system.c_build import SOURCES, made


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The adapter as anybody builds it."""
    return made(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The adapter that ends at the first access or arithmetic that C does not define."""
    return made(tmp_path_factory.mktemp("sanitized"), "SANITIZE=1")


def of_the_corpus(report: ConformReport) -> tuple[int, int, int]:
    for result in report.traces:
        print(result.status, result.title, result.reason)
    return report.passed, report.failed, report.unsupported


@pytest.mark.parametrize("how", ["plain", "sanitized"])
def test_the_corpus_passes(how: str, request: pytest.FixtureRequest) -> None:
    report = conform(command=[str(request.getfixturevalue(how))], suite="LR0")
    assert of_the_corpus(report) == (len(report.traces), 0, 0)
    assert not report.transitions.missing


def test_every_distinct_behaviour_of_the_engine_is_its_too(plain: str) -> None:
    """An intruder's acts among them; what an observer saw of a list stays when that is cut (ADAPTER-COMMAND-5)."""
    traces = tuple(one.trace for one in collected.cases(corpus.collections(), Selection()))
    report = conform(command=[plain], suite="LR0", traces=traces)
    assert of_the_corpus(report) == (len(report.traces), 0, 0)


def test_the_hostile_corpus_passes(sanitized: str) -> None:
    report = conform(command=[sanitized], suite="LR0", traces=tuple(hostile.traces().values()))
    assert of_the_corpus(report) == (len(report.traces), 0, 0)


def test_what_it_leaves_in_the_store_is_what_the_keys_say(plain: str) -> None:
    """Those of the corpus that tell right from wrong: key, nonce, epoch and signature of a record are looked at too."""
    traces = tuple(corpus.telling().values())
    assert any(step.operation == "inspect" for trace in traces for step in trace.steps)
    report = conform(command=[plain], suite="LR0", traces=traces)
    assert of_the_corpus(report) == (len(report.traces), 0, 0)


def test_the_other_suite_and_profile_are_not_claimed(plain: str) -> None:
    report = conform(command=[plain], suite="LR1", jobs=1)
    assert of_the_corpus(report) == (0, 0, len(report.traces))


def test_it_says_what_it_is_and_ends_when_told(plain: str) -> None:
    with Process([plain]) as process:
        about = process.ask(Start("start", 1), 5)
        assert isinstance(about, Implementation)
        assert (about.language, about.suites, about.profiles) == ("C", ("LR0",), ("hardened",))
        assert isinstance(process.ask(Stop("stop"), 5), Nothing)
        process.end(Stop("stop"), Limits().end)


@pytest.mark.parametrize("path", sorted(SOURCES.glob("*.[ch]")), ids=lambda path: path.name)
def test_its_files_are_short(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= 450
    assert max(map(len, lines)) <= 120
