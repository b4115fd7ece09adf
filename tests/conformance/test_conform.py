"""A whole run, on a toy implementation that shares a file: what passes, what fails, what is told, what is left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lockedroom.backend import wakeup
from lockedroom.conformance.conform import ConformReport, Progress, conform
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import replay
from lockedroom.conformance.runner import BUILT_IN
from lockedroom.conformance.stage import Status
from lockedroom.conformance.trace import Trace
from tests.conformance import scripts

TOY = [sys.executable, str(Path(__file__).with_name("toy.py"))]
HERE = f"replay-{os.getpid()}-"


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Members' directories go into a folder that is empty at the end; no object of ours is left either."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield
    assert list(folder.iterdir()) == []
    assert [name for name in wakeup.listed() if HERE in name] == []


def three() -> list[Trace]:
    trio = scripts.opened("alice", "bob", "carol")
    return [
        scripts.trace(scripts.conversation()),
        scripts.trace(trio, "alice", "bob", "carol"),
        scripts.trace(trio, "alice", "bob", "carol", suite="LR1"),
    ]


def run(*mistake: str, traces: list[Trace] | None = None, jobs: int = 1) -> ConformReport:
    return conform(command=[*TOY, *mistake], traces=traces or [scripts.trace(scripts.conversation())], jobs=jobs)


def test_every_trace_passes_and_the_report_says_so() -> None:
    seen: list[Progress] = []
    report = conform(command=TOY, traces=three(), jobs=2, progress=seen.append)
    assert [result.reason for result in report.traces] == ["", "", ""]
    assert (report.verdict, report.exit_code, report.passed) == ("passed", 0, 3)
    assert report.steps == sum(len(trace.steps) for trace in three())
    # Two crews of two or three members, and one more after the crash.
    assert 5 <= report.processes <= 7
    assert report.rejections.covered == ("SEG-DESTROY-2", "SEG-JOIN-1", "SEG-RECEIVE-1")
    assert len(report.rejections.of) > 60
    assert set(report.transitions.missing) == {"review"}
    assert {"SEG-SEND-6", "SEG-JOIN-1"} <= set(report.clauses.covered)
    assert [one.traces_done for one in seen] == [1, 2, 3]
    assert seen[-1].steps_done == seen[-1].steps == report.steps
    value = json.loads(json.dumps(report.to_json()))
    assert value["traces"] == {"all": 3, "passed": 3, "failed": 0, "unsupported": 0}
    assert value["run"].keys() == {"seconds", "processes", "jobs"}
    assert value["steps"] == report.steps


@pytest.mark.parametrize(
    ("mistake", "operation", "what"),
    [("forgets", "accept", "what is visible by alice"), ("other clause", "receive", "clause"), ("dies", "", "")],
)
def test_a_mistake_is_found_where_it_is_made(mistake: str, operation: str, what: str) -> None:
    report = run(mistake)
    assert (report.verdict, report.exit_code, report.failed) == ("failed", 1, 1)
    (result,) = report.traces
    if result.divergence is None:
        assert (mistake, result.reason.partition(": it ended")[0]) == (
            "dies",
            "step 7, alice: send(bob, grüße): ended",
        )
    else:
        assert (result.divergence.operation, result.divergence.what) == (operation, what)
    assert report.steps == result.steps > 4
    assert report.transitions.covered == ()


def test_one_failure_does_not_hide_the_others() -> None:
    report = run("dies", traces=three(), jobs=2)
    assert [result.status for result in report.traces] == [Status.FAILED, Status.PASSED, Status.PASSED]
    assert report.exit_code == 1


def test_what_cannot_be_run_is_not_passed() -> None:
    """The toy keeps its room in a file, so there is no object to tamper with."""
    acts = [*scripts.opened("alice", "bob"), scripts.act("intruder", "drop", inbox="bob", sender="alice")]
    report = run(traces=[scripts.trace(acts)])
    assert (report.verdict, report.exit_code, report.unsupported) == ("unsupported", 4, 1)
    assert "nothing to tamper with" in report.traces[0].reason


def test_traces_can_be_selected() -> None:
    report = conform(command=TOY, traces=three(), select=lambda trace: len(trace.settings.members) == 2, jobs=8)
    assert len(report.traces) == 1


def test_one_trace_on_the_backend() -> None:
    trace = scripts.trace(scripts.conversation())
    assert replay(trace, on="backend", command=TOY).status is Status.PASSED
    assert replay(trace, on="backend", command=TOY, suite="LR1").status is Status.PASSED


def test_a_command_that_never_greets_is_tried_once() -> None:
    report = conform(command=["sleep", "1000"], traces=three() * 5, jobs=1, limits=Limits(start=0.5, reply=60))
    assert (report.failed, report.processes) == (15, 1)
    assert all("hang: no reply to start" in result.reason for result in report.traces)


def test_one_start_that_fails_is_not_held_against_later_traces(tmp_path: Path) -> None:
    """The third start, after a crash, goes wrong; the fourth does not."""
    starts = tmp_path / "starts"
    script = f"printf x >> {starts}; test $(wc -c < {starts}) = 3 && exit 1; exec {' '.join(TOY)}"
    traces = [scripts.trace(scripts.conversation()), scripts.trace(scripts.opened("alice", "bob"))]
    report = conform(command=["sh", "-c", script], traces=traces, jobs=1)
    assert [result.status for result in report.traces] == [Status.FAILED, Status.PASSED]
    assert "it ended (exit code 1) when asked to start" in report.traces[0].reason
    assert report.processes == 4


def test_a_fault_of_ours_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("lockedroom.conformance.conform.replay_for_real", broken)
    with pytest.raises(ZeroDivisionError):
        run(traces=three(), jobs=2)


INTERRUPTED = """
import sys
from lockedroom.conformance.conform import conform
from lockedroom.conformance.process import Limits
from tests.conformance import scripts
traces = [scripts.trace(scripts.conversation()) for _ in range(400)]
try:
    limits = Limits(start=600, reply=600)
    conform(command=sys.argv[1:], traces=traces, jobs=2, limits=limits, progress=lambda _: print(1, flush=True))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("command", [TOY, BUILT_IN, ["sleep", "1000"]], ids=["toy", "built-in", "hanging"])
def test_ctrl_c_leaves_nothing(command: Sequence[str]) -> None:
    hangs = command[0] == "sleep"
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *command], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        if hangs:
            deadline = time.monotonic() + 300
            while len(children(process.pid)) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        else:
            process.stdout.readline()
        adapters = children(process.pid)
        assert adapters
        process.send_signal(signal.SIGINT)
        assert process.wait(300) == 130, "sooner than an adapter that hangs is given up"
    assert [pid for pid in adapters if Path(f"/proc/{pid}").exists()] == []
    assert [name for name in wakeup.listed() if f"replay-{process.pid}-" in name] == []


def children(pid: int) -> list[int]:
    found = [Path(f"/proc/{pid}/task/{task}/children") for task in os.listdir(f"/proc/{pid}/task")]
    return [int(child) for file in found for child in file.read_text().split()]


def test_limits_have_sensible_values() -> None:
    limits = Limits()
    assert 0 < limits.end < limits.reply < limits.start <= 60
