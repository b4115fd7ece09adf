"""The command's frame: help, usage errors, errors that end a command, output that nobody reads."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lockedroom.backend import errors
from lockedroom.cli import main as entry
from lockedroom.cli.exits import Exit, Problem, explain, usage
from lockedroom.cli.terminal import readable, safe
from tests.cli.run import BIN, environment, inside, lockedroom


def groups() -> list[tuple[str, ...]]:
    return [(), ("demo",), ("identity",), ("segment",)]


def commands() -> list[tuple[str, ...]]:
    found = []
    for group in groups():
        text = inside(*group, "--help").out.partition("Commands:\n")[2].partition("\n\n")[0]
        found += [(*group, line.split()[0]) for line in text.splitlines() if line.startswith("  ") and line[2] != " "]
    return [command for command in found if command not in groups()]


def test_every_command_says_what_it_does_and_what_its_exit_codes_mean() -> None:
    every = commands()
    assert ("verify",) in every and ("segment", "join") in every
    for command in every:
        ran = inside(*command, "--help")
        assert ran.code == 0, command
        assert "Exit codes:" in ran.out and "130  interrupted" in ran.out, command


def test_help_is_quick_since_it_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom lockedroom.cli.main import run\nassert run(['--help']) == 0\n"
        "heavy = {'numpy', 'cryptography', 'posix_ipc', 'jsonschema', 'rich', 'lockedroom.model'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("--nonsense",),
        ("check", "segment", "--members", "none"),
        ("check", "segment", "--members", "0"),
        ("check", "vault"),
        ("check", "segment", "--messages", "-1"),
        ("conform", "segment", "--jobs", "0"),
        ("replay",),
        ("replay", "missing.json"),
        ("replay", "/"),
        ("demo", "segment", "--members", "1"),
        ("segment", "create"),
        ("verify", "segment", "extra"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """LR-EXIT-1."""
    ran = lockedroom(*arguments, cwd=tmp_path)
    assert ran.code == Exit.USAGE
    assert ran.out == ""
    assert ran.err.startswith("lockedroom: ") and ran.err.count("\n") == 1


def test_a_group_without_a_command_shows_its_help() -> None:
    for group in groups():
        ran = inside(*group)
        assert ran.code == Exit.USAGE and ran.err.startswith("Usage:"), group


def test_output_that_nobody_reads_is_no_verdict_and_no_traceback(tmp_path: Path) -> None:
    script = "lockedroom demo segment --json | head -c 10 >/dev/null; echo ${PIPESTATUS[0]}"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, env=environment(), cwd=tmp_path, check=True
    )
    assert done.stderr == ""
    # A short output may be written before the reader ends.
    assert done.stdout.strip() in ("0", "4")


def test_output_that_finds_no_room_is_no_verdict_and_no_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [BIN / "lockedroom", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            check=False,
        )
    assert done.returncode == Exit.INCOMPLETE
    assert done.stderr.count("\n") == 1 and "No space left" in done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(closed: str) -> None:
    for command in ("check segment", "check segment --json", "nonsense", "replay /", "--help"):
        script = f"lockedroom {command} {closed}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment(), check=False)
        assert done.returncode in (0, Exit.USAGE), (script, done)
        assert "Traceback" not in done.stderr and "fault" not in done.stderr


def test_an_encoding_without_line_drawing_is_no_fault() -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for command in (("check", "segment"), ("demo", "segment", "--members", "2"), ("segment", "join", "ä", "--as", "ö")):
        ran = lockedroom(*command, env=plain)
        assert ran.code in (0, Exit.USAGE), ran
        assert (ran.out + ran.err).isascii()


def test_every_error_of_the_backend_has_its_code_and_clause() -> None:
    """LR-EXIT-1."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.BackendError)]
    concrete = [kind for kind in kinds if kind is not errors.BackendError]
    assert concrete
    for kind in concrete:
        report = explain(kind("SEG-STORE-1", "what", "do"))
        assert (report.code, report.clause) == (kind.exit_code, "SEG-STORE-1")
        assert "what" in report.message and "do" in report.message and "SEG-STORE-1" in report.message


def test_an_unexpected_error_is_owned_and_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(entry, "build", lambda: lambda *_, **__: fail())
    assert entry.run([]) == Exit.INCOMPLETE
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "fault of lockedroom" in told and "LOCKEDROOM_DEBUG" in told


def test_ctrl_c_anywhere_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(entry, "build", lambda: lambda *_, **__: interrupt())
    assert entry.run([]) == Exit.INTERRUPTED


class Dying:
    """What hears Ctrl-C while it is destroyed, as a solver's objects may."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_an_interrupt_that_a_destructor_swallows_ends_the_command_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        Dying()
        for _ in range(10_000):
            time.sleep(0.01)

    monkeypatch.setattr(entry, "build", lambda: lambda *_, **__: work())
    assert entry.run(["prove"]) == Exit.INTERRUPTED
    assert capsys.readouterr() == ("", "")


def test_a_problem_says_its_clause_and_what_to_do() -> None:
    """LR-EXIT-2."""
    report = explain(usage("there is no name", "give one"))
    assert (report.code, report.message) == (Exit.USAGE, "there is no name: give one [usage]")
    assert explain(Problem("SEG-X-1", "no", "yes", Exit.REFUSED)).code == Exit.REFUSED


def test_text_from_others_cannot_command_the_terminal() -> None:
    assert safe("plain text, ünïcode") == "plain text, ünïcode"
    assert safe("a\x1b[2Jb\n\u202ec").isprintable()
    assert readable(b"\xff\x00") == "0xff00"
    assert readable("grüße".encode()) == "grüße"


def test_a_trace_that_is_none_is_malformed(tmp_path: Path) -> None:
    good = json.loads(inside("demo", "segment", "--members", "2", "--json").out)
    unknown = {**good, "more": 1}
    no_state = {**good, "states": []}
    other = {**good, "#meta": {**good["#meta"], "format": "lockedroom-trace-999"}}
    for number, text in enumerate(("", "{", "[]", "\x00", *map(json.dumps, (unknown, no_state, other)))):
        file = tmp_path / f"{number}.json"
        file.write_text(text)
        for on in ("engine", "backend"):
            ran = inside("replay", file, "--on", on)
            assert ran.code == Exit.MALFORMED, ran
            assert ran.out == "" and ran.err.count("\n") == 1
            assert file.name in ran.err
