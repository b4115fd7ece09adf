"""Commands that are no adapters, or bad ones: each gets a clear verdict in bounded time and leaves nothing behind."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from lockedroom.backend import wakeup
from lockedroom.conformance.process import Limits, Process
from lockedroom.conformance.protocol import LONGEST_LINE, Start
from lockedroom.conformance.runner import Fleet, replay_for_real
from lockedroom.conformance.stage import Broken, Replayed, Status
from tests.conformance import scripts

LIMITS = Limits(start=300.0, reply=300.0, end=0.5)
HASTY = Limits(start=300.0, reply=3.0, end=0.5)
"""For what hangs once it has started: the whole of `reply` is waited for."""
NEVER = Limits(start=0.5)
"""For what does not even start."""

ABOUT = {
    "implementation": "fake",
    "version": "0",
    "language": "Python",
    "protocols": ["segment"],
    "profiles": ["hardened"],
    "suites": ["LR0"],
    "capabilities": [],
}
EMPTY = {"header": "absent", "acl": 0, "announced": [], "posts": {}, "pending": {}, "alive": []}


def replayed(command: list[str], limits: Limits = LIMITS) -> Replayed:
    """What becomes of a short trace; nothing may be left behind."""

    with Fleet(command, limits) as fleet:
        result = replay_for_real(scripts.trace(scripts.opened("alice", "bob")), fleet)
        pids = [process.pid for process in fleet._running.values()]
    assert [name for name in wakeup.listed() if f"replay-{os.getpid()}-" in name] == []
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    return result


def fake(tmp_path: Path, body: str, about: object = ABOUT) -> list[str]:
    """An adapter whose `answer(command, line)` is given; the start is answered well."""
    file = tmp_path / "fake.py"
    file.write_text(
        "import json, os, sys, time\n"
        "def say(value):\n    print(json.dumps(value), flush=True)\n"
        f"def answer(command, line):\n{body}\n"
        "for line in sys.stdin:\n"
        "    command = json.loads(line)['command']\n"
        f"    if command == 'start': say({{'ok': {about!r}}})\n"
        f"    elif command == 'observe': say({{'ok': {EMPTY!r}}})\n"
        "    elif command == 'reset': say({'ok': {}})\n"
        "    else: answer(command, json.loads(line))\n"
    )
    return [sys.executable, "-I", "-S", str(file)]


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (["cat"], "not a reply"),
        (["false"], "ended"),
        (["true"], "ended"),
        (["yes"], "not JSON"),
        (["sleep", "1000"], "hang"),
        (["/no/such/adapter"], "cannot start"),
        (["/etc/passwd"], "cannot start"),
        (["printf", "\\000\\377\\n"], "not JSON"),
        (["tr", "--no-such-option"], "ended"),
        (["cat", "/dev/zero"], "endless line"),
        (["echo", '{"ok": {}}'], "not a reply"),
        (["echo", "[1.5]"], "not JSON"),
        (["sh", "-c", "sleep 1000 & wait"], "hang"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_what_is_no_adapter_gets_a_verdict(command: list[str], kind: str) -> None:
    """ADAPTER-LINE-5."""
    result = replayed(command, NEVER if kind == "hang" else LIMITS)
    assert (result.status, result.steps) == (Status.FAILED, 0)
    assert result.reason.startswith(f"before the first step: {kind}: "), result.reason


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("    time.sleep(1000)", "hang"),
        ("    os._exit(3)", "ended: it ended (exit code 3)"),
        ("    os.kill(os.getpid(), 11)", "ended: it ended (signal SIGSEGV)"),
        ("    say({'ok': {}})", "not a reply"),
        ("    say({'ok': {'events': [{'event': 'Created', 'extra': 1}]}})", "not a reply"),
        ("    say({'ok': {'events': []}, 'refused': {}})", "not a reply"),
        ("    say({'refused': {'clause': 'because', 'definite': True, 'detail': ''}})", "not a reply"),
        ("    say({'refused': {'clause': 'SEG-WHO-1', 'definite': False, 'detail': 'x'}})", "indefinite refusal"),
        ("    say({'errored': {'message': 'out of cheese'}})", "error: in create: out of cheese"),
        ("    print('x' * 5_000_000)", "endless line"),
        ("    sys.stdout.buffer.write(bytes(range(256)))\n    sys.stdout.flush()", "not JSON"),
        ("    sys.stderr.write('why: ' + 'y' * 100_000)\n    sys.exit(1)", "ended"),
        ("    print()", "hang"),
    ],
)
def test_a_bad_adapter_gets_a_verdict(tmp_path: Path, body: str, kind: str) -> None:
    """ADAPTER-LINE-5."""
    result = replayed(fake(tmp_path, body), HASTY if kind == "hang" else LIMITS)
    assert (result.status, result.steps) == (Status.FAILED, 0)
    assert result.divergence is None
    assert result.reason.startswith(f"step 1, alice: create(): {kind}"), result.reason


def test_the_end_of_its_standard_error_is_shown(tmp_path: Path) -> None:
    result = replayed(fake(tmp_path, "    sys.stderr.write('x' * 100_000 + 'the last words')\n    sys.exit(1)"))
    assert result.reason.endswith("the last words")
    assert len(result.reason) < 5000


def test_what_was_said_of_a_line_before_the_end_is_shown() -> None:
    result = replayed(["printf", "\\177ELF\\002\\377"])
    said = r"ended: it ended (exit code 0) when asked to start, after '\x7fELF\x02\\xff' without an end of line"
    assert result.reason.endswith(said), result.reason


def test_output_that_nobody_asked_for_is_told(tmp_path: Path) -> None:
    result = replayed(fake(tmp_path, "    print('{}\\n{}', flush=True)"))
    assert "not a reply" in result.reason
    # Both in one write: a second one could come only after the next question, and be a wrong reply to that.
    body = """    print('{"ok": {"events": [{"event": "Created"}]}}\\n{"ok": {}}', flush=True)"""
    assert "unasked output" in replayed(fake(tmp_path, body)).reason


def test_an_answer_that_differs_is_a_divergence(tmp_path: Path) -> None:
    result = replayed(
        fake(tmp_path, "    say({'refused': {'clause': 'SEG-CREATE-1', 'definite': True, 'detail': 'no'}})")
    )
    assert result.status is Status.FAILED
    assert result.divergence is not None
    assert (result.divergence.what, result.divergence.seen) == ("outcome", "rejected SEG-CREATE-1")
    result = replayed(fake(tmp_path, "    say({'ok': {'events': [{'event': 'Created'}]}})"))
    assert result.divergence is not None
    assert result.divergence.what == "what is visible by alice"
    assert result.divergence.expected == {"header": "live", "acl": 1}


@pytest.mark.parametrize("name", ["skipped", "unimplemented"])
def test_what_is_not_supported_is_not_passed(tmp_path: Path, name: str) -> None:
    result = replayed(fake(tmp_path, f"    say({{{name!r}: {{'reason': 'too early'}}}})"))
    assert result.status is Status.UNSUPPORTED
    assert result.reason == f"step 1, alice: create(): {name}: too early"


def test_a_suite_that_is_not_offered_is_not_supported(tmp_path: Path) -> None:
    """ADAPTER-COMMAND-1."""
    result = replayed(fake(tmp_path, "    pass", ABOUT | {"suites": ["LR1"]}))
    assert result.status is Status.UNSUPPORTED
    assert "does not offer suite LR0" in result.reason


def test_a_process_that_reads_nothing_does_not_block_the_runner() -> None:
    """More is written than a pipe holds."""
    with Process(["sleep", "1000"]) as process:
        begun = time.monotonic()
        with pytest.raises(Broken, match="hang"):
            process._exchange(b"x" * (1 << 20), begun + 0.3, "read", 0.3)
        assert time.monotonic() - begun < 300


def test_children_of_an_adapter_die_with_it(tmp_path: Path) -> None:
    note = tmp_path / "child"
    script = f"sleep 1000 & echo $! > {note}; echo; wait"
    with Process(["sh", "-c", script]) as process:
        with pytest.raises(Broken, match="not JSON"):
            process.ask(Start("start", 1), 300)
        with pytest.raises(Broken, match="hang"):
            process.ask(Start("start", 1), 0.5)
    child = int(note.read_text())
    deadline = time.monotonic() + 300
    while Path(f"/proc/{child}").exists() and b"Z" not in Path(f"/proc/{child}/stat").read_bytes()[:40]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_line_may_be_as_long_as_the_contract_says(tmp_path: Path) -> None:
    """ADAPTER-LINE-3."""
    padded = json.dumps({"ok": ABOUT}).ljust(LONGEST_LINE - 1) + "\n"
    file = tmp_path / "long"
    file.write_text(padded)
    with Process(["sh", "-c", f"cat {file}; sleep 1000"]) as process:
        process.ask(Start("start", 1), 300)
