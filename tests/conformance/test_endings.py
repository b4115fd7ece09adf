"""What comes after the last step of a trace: letting go of the room, being told to stop, the end of the input."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockedroom.conformance import crashes, endings
from lockedroom.conformance.conform import TraceResult
from lockedroom.conformance.crashes import Crashes
from lockedroom.conformance.endings import CLAUSES, Ending, How
from lockedroom.conformance.process import Limits
from lockedroom.conformance.report import failed_at
from lockedroom.conformance.runner import Fleet, RealRoom, replay_for_real
from lockedroom.conformance.stage import Broken, Replayed, Status
from lockedroom.conformance.trace import Trace
from tests.conformance import scripts

TOY = (sys.executable, str(Path(__file__).with_name("toy.py")))
TRACES = (scripts.trace(scripts.conversation()), scripts.trace(scripts.opened("alice", "bob")))


def fleet(mistake: str) -> Fleet:
    """One that is waited for as long as a busy machine needs."""
    return Fleet((*TOY, mistake), Limits(start=60, reply=60, end=0.1))


def broken(how: How, trace: Trace, found: Replayed) -> tuple[str, ...]:
    """The clauses of a case's report."""
    (case,) = [one for one, _, _ in endings.cases([trace], None, 1) if one.id == f"adapter/{how}"]
    result = TraceResult("", found.status, found.steps, found.divergence, found.reason, found.fault)
    return failed_at(case, result)


def ended(how: How, mistake: str, seconds: float = 60) -> tuple[Status, tuple[str, ...], str]:
    """What became of an adapter with a mistake, at which clauses, and what is said."""
    trace = endings.beginning(TRACES)
    with fleet(mistake) as members:
        found = Ending(how, seconds).play(trace, members)
    if found.status is not Status.FAILED:
        return found.status, (), found.reason
    assert found.steps == len(trace.steps), "every step agreed"
    return found.status, broken(how, trace, found), found.reason


@pytest.mark.parametrize("how", CLAUSES)
def test_one_that_ends_passes(how: How) -> None:
    assert ended(how, "") == (Status.PASSED, (), "")


@pytest.mark.parametrize(
    ("how", "mistake", "clause", "said"),
    [
        ("stop", "stays", "ADAPTER-COMMAND-6", "it is still there 0.5 s after stop"),
        ("stop", "ends with 3", "ADAPTER-COMMAND-6", "it ended with exit code 3 after stop"),
        ("stop", "says good-bye", "ADAPTER-LINE-1", r"'good-bye\n' after stop"),
        ("stop", "dies at its end", "ADAPTER-LINE-1", "it ended (signal SIGABRT) when asked to stop"),
        ("stop", "cannot close", "ADAPTER-LINE-2", "the file is in use"),
        ("end-of-input", "stays", "ADAPTER-LINE-4", "it is still there 0.5 s after the end of its input"),
        ("end-of-input", "says good-bye", "ADAPTER-LINE-1", r"'good-bye\n' after the end of its input"),
        ("end-of-input", "dies at its end", "ADAPTER-LINE-4", "it ended with signal SIGABRT after"),
    ],
)
def test_one_that_does_not_end_as_it_must_fails(how: How, mistake: str, clause: str, said: str) -> None:
    status, clauses, reason = ended(how, mistake, 0.5 if mistake == "stays" else 60)
    assert (status, clauses) == (Status.FAILED, (clause,))
    assert said in reason and reason.startswith("after the last step: ")


def test_any_exit_code_will_do_at_the_end_of_the_input() -> None:
    assert ended("end-of-input", "ends with 3") == (Status.PASSED, (), "")


@pytest.mark.parametrize(("mistake", "fault"), [("cannot close", "error"), ("dies at its end", "ended")])
def test_who_cannot_let_go_of_the_room_has_not_passed(mistake: str, fault: str) -> None:
    trace = endings.beginning(TRACES)
    with fleet(mistake) as members:
        found = replay_for_real(trace, members)
    assert (found.status, found.steps, found.fault) == (Status.FAILED, len(trace.steps), fault)
    assert found.reason.startswith("after the last step: ")


def test_nor_at_the_end_of_a_case_of_the_crash_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(iter(crashes.cases(["crash/send/kill"], "LR0", 1)))[1]
    assert isinstance(case, Crashes)

    def lost(*_: object) -> None:
        raise Broken("hang", "no reply to close within 15 s")

    monkeypatch.setattr(RealRoom, "let_go", lost)
    with Fleet() as members:
        found = case.play(case.trace, members)
    assert (found.status, found.fault) == (Status.FAILED, "hang")


def test_the_cases_are_the_beginning_of_the_shortest_trace() -> None:
    def listed(implementations: int) -> Iterator[str]:
        return (one.id for one, _, _ in endings.cases(TRACES, None, implementations))

    assert [*listed(1)] == ["adapter/stop", "adapter/end-of-input"]
    assert [*listed(2)] == [f"adapter/{how}/by-{number}" for how in CLAUSES for number in (1, 2)]
    assert all(endings.play(name) is not None for name in (*listed(1), *listed(2)))
    assert endings.play("trace/stop") is None
    trace = endings.beginning(TRACES)
    assert [step.operation for step in trace.steps] == ["create", "grant", "join"]
    for one, _, _ in endings.cases(TRACES, None, 1):
        assert CLAUSES["stop" if one.id == "adapter/stop" else "end-of-input"] in one.steps[-1]
