"""`lockedroom conform`: its choices, its files and its exit codes. The corpus is one short trace here."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from lockedroom.cli import demo
from lockedroom.cli.exits import Exit
from lockedroom.conformance import corpus, crash_scenes, crashes, every, hostile
from lockedroom.conformance.trace import Trace, read_trace
from lockedroom.conformance.vectors_run import groups
from tests.cli.run import LONG, inside


@pytest.fixture(autouse=True)
def trace(monkeypatch: pytest.MonkeyPatch) -> Trace:
    """The demonstration, which is the whole corpus here."""
    found = demo.script_trace(("alice", "bob"))
    monkeypatch.setattr(corpus, "corpus", lambda _: (found,))
    monkeypatch.setattr(corpus, "collections", lambda _: ())
    monkeypatch.setattr(corpus, "telling", lambda _: {})
    monkeypatch.setattr(hostile, "traces", lambda _: {})
    monkeypatch.setattr(crashes, "SCENES", {})
    return found


def test_the_report_is_what_is_printed_without_the_run(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    ran = inside("conform", "--json", "--report", file)
    assert (ran.code, ran.err) == (0, "")
    printed = json.loads(ran.out)
    assert printed.pop("run").keys() == {"seconds", "processes", "jobs", "machine", "python"}
    assert json.loads(file.read_text("utf-8")) == printed
    assert printed["counts"]["pass"] == len(printed["cases"]) == 3 + len(groups())
    assert printed["implementation"]["name"] == "lockedroom"
    before = file.read_bytes()
    assert inside("conform", "--report", file).code == 0, "a report is written anew"
    assert file.read_bytes() == before


def test_known_failures_from_the_first_list_to_the_last_entry(tmp_path: Path) -> None:
    known = tmp_path / "known.toml"
    failing = ("conform", "--impl", "false")
    ran = inside(*failing, "--write-known-failures", known)
    assert ran.code == Exit.REFUSED
    assert "ADAPTER-LINE-1" in ran.out
    assert 'reason = "before the first step: ended' in known.read_text("utf-8")
    ran = inside(*failing, "--known-failures", known)
    assert f"{len(groups())} unsupported" in ran.out
    assert (ran.code, "3 expected fail" in ran.out) == (0, True), ran
    ran = inside("conform", "--known-failures", known)
    assert (ran.code, "3 unexpected pass" in ran.out) == (Exit.REFUSED, True), ran
    told = [line for line in ran.out.splitlines() if "listed as known to fail" in line]
    assert len(told) == 3 and all(line.startswith(("adapter/", "trace/")) for line in told), ran.out
    assert inside(*failing, "--write-known-failures", known).code == Exit.USAGE, "it may have been edited"
    known.write_text('[[known]]\ncase = "*"\nreason = "not here"\nexclude = true\n')
    ran = inside("conform", "--known-failures", known)
    assert (ran.code, "no case is left to run" in ran.err) == (Exit.USAGE, True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[known]]", "known.toml: known[0]: "),
        ('[[known]]\ncase = "trace/none"\nreason = "x"', "known.toml: no case has the id trace/none"),
    ],
)
def test_a_list_that_is_none_is_malformed(tmp_path: Path, text: str, problem: str) -> None:
    known = tmp_path / "known.toml"
    known.write_text(text)
    ran = inside("conform", "--known-failures", known)
    assert (ran.code, problem in ran.err) == (Exit.MALFORMED, True), ran


def test_files_that_cannot_be_written_are_told_of_before_the_run(tmp_path: Path) -> None:
    for file in (tmp_path / "no" / "report.json", tmp_path):
        ran = inside("conform", "--report", file, "--impl", "sleep 1000")
        assert (ran.code, ran.out) == (Exit.USAGE, ""), ran
    assert inside("conform", "--known-failures", tmp_path / "none").code == Exit.USAGE


def test_a_list_of_what_would_run() -> None:
    ran = inside("conform", "--list", "--json")
    case, *others = json.loads(ran.out)["cases"]
    assert {other["id"].partition("/")[0] for other in others} == {"adapter", "vectors"}
    assert {"crash", "refused", "rotated"} <= set(case["flags"])
    assert case["id"] in inside("conform", "--list", env={"COLUMNS": "160"}).out
    assert inside("conform", "--list", "--case", case["id"], "--clause", "SEG-*", "--flag", "crash").code == 0


@pytest.mark.parametrize("choice", [("--case", "none"), ("--clause", "none-*"), ("--flag", "none")])
def test_nothing_chosen_is_usage(choice: tuple[str, str]) -> None:
    ran = inside("conform", *choice)
    assert (ran.code, "no case is left to run" in ran.err) == (Exit.USAGE, True)


def test_the_smoke_test() -> None:
    ran = inside("conform", "--smoke", "--json")
    assert (ran.code, json.loads(ran.out)["verdict"]) == (0, "passed")


def test_a_wrong_answer_fails_and_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lockedroom.reference.crypto.primitives.sha256", lambda _: bytes(32))
    ran = inside("conform", "--case", "vectors/digests/*", "--case", "vectors/wraps/*")
    assert ran.code == Exit.REFUSED
    assert "vectors/digests/digest:\n" in ran.out
    assert "broken: LR-SUITE-16" in ran.out
    assert "tcId 1 under LR0" in ran.out
    assert "18 of 21 are right" in ran.out


@pytest.mark.parametrize(
    ("command", "clause", "said"),
    [
        ("cat", "ADAPTER-LINE-2", "not a reply: to start"),
        ("false", "ADAPTER-LINE-1", "ended: it ended (exit code 1)"),
        ("yes", "ADAPTER-LINE-2", "not JSON"),
        ("/no/such/adapter", "ADAPTER-LINE-1", "cannot start: /no/such/adapter: No such file or directory"),
        (r"printf '\177ELF\377\000\n'", "ADAPTER-LINE-2", "not JSON"),
        ("head -c 1G /dev/zero", "ADAPTER-LINE-3", "endless line: more than 4194304 bytes"),
        (r"sh -c 'printf \\033[31mred >&2; exit 3'", "ADAPTER-LINE-1", r"\x1b[31mred"),
    ],
)
def test_what_is_no_adapter_gets_a_verdict_in_time(command: str, clause: str, said: str) -> None:
    begun = time.monotonic()
    ran = inside("conform", "--case", "trace/*", "--impl", command, env={"COLUMNS": "200"})
    assert time.monotonic() - begun < LONG
    assert (ran.code, ran.err) == (Exit.REFUSED, "")
    assert said in ran.out
    assert f"broken: {clause}" in ran.out
    assert "\x1b" not in ran.out and "\0" not in ran.out


EVIL = """
import json, sys
bad = "\\ud800 \\x1b]0;x\\x07 </script><img src=http://e>\\u202e"
about = {"implementation": bad, "version": bad, "language": bad, "protocols": ["segment"], "profiles": ["hardened"],
         "suites": ["LR0", "LR1"], "capabilities": []}
empty = {"header": "absent", "acl": 0, "announced": [], "posts": {}, "pending": {}, "alive": []}
for line in sys.stdin:
    command = json.loads(line)["command"]
    answers = {"start": about, "observe": empty}
    if command == "do":
        print(json.dumps({"refused": {"clause": "SEG-WHO-1", "definite": True, "detail": bad}}), flush=True)
    else:
        print(json.dumps({"ok": answers.get(command, {})}), flush=True)
"""


def test_whatever_an_implementation_says_is_text(tmp_path: Path) -> None:
    adapter = tmp_path / "evil.py"
    adapter.write_text(EVIL)
    report, junit, html = (tmp_path / f"report.{kind}" for kind in ("json", "xml", "html"))
    files = ("--report", report, "--junit", junit, "--html", html)
    ran = inside("conform", "--impl", f"{sys.executable} {adapter}", "--case", "trace/*", *files)
    assert (ran.code, ran.err) == (Exit.REFUSED, "")
    assert "\x1b" not in ran.out and "\u202e" not in ran.out
    assert json.loads(report.read_text("ascii"))["implementation"]["name"].startswith("\ud800 \x1b")
    assert Xml.fromstring(junit.read_text("utf-8")).attrib["failures"] == "1"
    page = html.read_text("utf-8")
    assert "<img src=http" not in page and "\x1b" not in page and "\u202e" not in page
    assert page.count("</script>") == 1


def test_the_report_says_how_many_memo_entries_were_exercised(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tuple(every.collections(every.EXPLORATIONS[3:4]))
    monkeypatch.setattr(corpus, "collections", lambda _: found)
    ran = inside("conform", "--json")
    share = json.loads(ran.out)["coverage"]["entries"]
    assert (ran.code, share["covered"], share["of"], share["missing"]) == (0, 71, 71, [])
    ran = inside("conform", "--case", "every/*", env={"COLUMNS": "160"})
    assert "71 of 71 within the corpus' bounds" in ran.out
    share = json.loads(inside("conform", "--json", "--smoke").out)["coverage"]["entries"]
    assert (share["covered"], share["of"]) == (0, 71)
    share = json.loads(inside("conform", "--json", "--case", "every/*", "--impl", "false").out)["coverage"]["entries"]
    assert share["covered"] == 0 and "full: join SEG-JOIN-1 (1)" in share["missing"]


def test_known_failures_may_name_what_a_smoke_test_leaves_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = tuple(every.collections(every.EXPLORATIONS[3:4]))
    monkeypatch.setattr(corpus, "collections", lambda _: found)
    known = tmp_path / "known.toml"
    globs = ("every/full/*", "hostile/header/*", "crash/send/*")
    known.write_text("".join(f'[[known]]\ncase = "{glob}"\nreason = "not yet"\n' for glob in globs))
    monkeypatch.setattr(crashes, "SCENES", crash_scenes.SCENES)
    for choice in ("--smoke",), ("--case", "trace/*"):
        assert inside("conform", *choice, "--known-failures", known).code == 0


def test_a_trace_of_a_collection_becomes_a_file_that_can_be_replayed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = tuple(every.collections(every.EXPLORATIONS[3:4]))
    monkeypatch.setattr(corpus, "collections", lambda _: found)
    choice = ("conform", "--case", "every/full/*", "--write-traces", tmp_path)
    ran = inside(*choice)
    assert (ran.code, ran.out) == (0, f"1 trace is in {tmp_path}\n"), ran
    (file,) = tmp_path.iterdir()
    assert file.name == "every-full-001.json" and read_trace(file) == found[0].trace(1)
    assert inside("replay", file, "--on", "engine").code == 0
    assert inside(*choice).code == Exit.USAGE, "nothing is overwritten"
    assert inside("conform", "--write-traces", tmp_path / "none").code == Exit.USAGE
