"""`check PATH.py:ATTRIBUTE`: the example and its tutorial as a newcomer types them, what is found, what is refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Hashable
from itertools import permutations
from pathlib import Path

import pytest

from lockedroom.cli.exits import Exit
from lockedroom.cli.modules import user_subject
from lockedroom.model.explore import Explorer
from tests.cli.run import BIN, LONG, environment, inside, interrupted
from tests.system.readme import agrees, blocks
from tests.tree import ROOT

EXAMPLE = str(ROOT / "examples" / "two_phase_commit.py")
COUNTS = {3: (288, 80), 5: (8_832, 314)}
"""States and orbits by managers: as published for this protocol, and as counted by the oracle below."""

MODULE = """
from lockedroom.checking import Action, Always, Machine, Model, Outcome, Slot, Symmetry
from lockedroom.model.report import Goal, Invariant

LAMP, FUSE = Slot("lamp"), Slot("fuse")

def action(name, run, slots=(LAMP,)):
    return Action(name, "", (), slots, slots, run)

on = action("on", lambda held: (Outcome((True,)),) if not held[0] else (Outcome(None, "ALREADY-ON"),))
off = action("off", lambda held: (Outcome((False,)),) if held[0] else ())
never = action("never", lambda held: ())
refused = action("refused", lambda held: (Outcome(None, "NOT-YOURS"),))
START = {LAMP: False, FUSE: 0}

LIT = Machine("a lamp", START, (on, off))
ODD = Machine("a lamp", START, (on, off, never, refused))
RAISES = Machine("a lamp", START, (action("burst", lambda held: 1 / 0),))
UNHASHABLE = Machine("a lamp", START, (action("mess", lambda held: (Outcome(([],)),)),))
TOO_MANY = Machine("a lamp", START, (action("more", lambda held: (Outcome((1, 2)),)),))
NO_SLOT = Machine("a lamp", START, (action("elsewhere", lambda held: (), (Slot("attic"),)),))
TWINS = {Slot("x", "a"): 1, Slot("x", "b"): 2}
SKEWED = Machine("twins", {**TWINS, **START}, (on,), symmetry=Symmetry(("a", "b"), lambda slot, value, names: value))
DARK = Machine("twins", TWINS, (action("touch", lambda held: (), (Slot("x", "a"),)),))
TEXT = "a lamp"
MODEL = Model(LIT, (Always("dark", ("lamp",), lambda lamp: not lamp, clauses=("LAMP-1", "LAMP-2")),))
WRONG = Model(LIT, (Always("dark", ("lmap",), lambda lamp: not lamp),))
SUBTLE = Model(LIT, (Always("dark", ("lamp",), lambda lamp: lamp.is_dark),))

def sized(fuses: int):
    return Machine("a lamp", {**START, FUSE: fuses}, (on, off))

invariants = [
    Invariant("lit or not", (LAMP,), (lambda lamp: lamp,), lambda seen: seen[0] in (True, False)),
    Invariant("no sparks", (FUSE,), (lambda fuse: fuse > 5,), lambda seen: "sparks" if seen[0] else False),
]
goals = [Goal("can be put out", lambda action, values, outcome: action.operation == "off")]
steps = ["flickers"]
sometimes = {"dark again": lambda action, values, outcome: outcome.writes == (False,), "dawn": lambda *step: False}
"""


COUNTING = """
from dataclasses import dataclass
from lockedroom.checking import Machine, Model, Slot, action

@dataclass(frozen=True)
class Count:
    value: int

AT = Slot("at")

def more(at):
    return Count(at.value + 1) if at.value < 100 else None

MODEL = Model(Machine("a count", {AT: Count(0)}, (action("more", reads=(AT,), writes=(AT,), taken=more),)))
"""


@pytest.fixture
def lamp(tmp_path: Path) -> str:
    path = tmp_path / "lamp.py"
    path.write_text(MODULE)
    return str(path)


@pytest.mark.parametrize("managers", COUNTS)
def test_the_example_has_its_published_counts(managers: int) -> None:
    states, orbits = COUNTS[managers]
    size = ("--set", f"managers={managers}", "--json")
    whole = json.loads(inside("check", f"{EXAMPLE}:two_phase_commit", *size, "--no-symmetry").out)
    folded = json.loads(inside("check", f"{EXAMPLE}:two_phase_commit", *size).out)
    direct = json.loads(inside("check", f"{EXAMPLE}:two_phase_commit", *size, "--direct").out)
    assert (whole["states"], folded["states"], direct["states"]) == (states, orbits, states)
    assert whole["transitions"] == direct["transitions"]
    assert {found["verdict"] for found in (whole, folded, direct)} == {"holds"}
    assert whole["findings"] == folded["findings"] == []
    assert "rm1, rm2" in folded["reductions"][0] and not whole["reductions"]


@pytest.mark.parametrize("managers", COUNTS)
def test_its_orbits_are_those_that_every_exchange_of_names_gives(managers: int) -> None:
    """Every permutation of every state that the direct explorer finds."""
    states, orbits = COUNTS[managers]
    subject = user_subject(f"{EXAMPLE}:two_phase_commit", {"managers": managers})
    explorer = Explorer(subject.machine)
    assert explorer.run().states == states
    names = [f"rm{number}" for number in range(1, managers + 1)]
    seen: set[tuple[Hashable, ...]] = set()
    for number in range(states):
        state = {str(slot): value for slot, value in explorer.state(number).items()}
        room = tuple(state[slot] for slot in ("coordinator", "commit message", "abort message"))
        mine = [tuple(str(state[f"{kind}:{name}"]) for kind in ("state", "told", "heard")) for name in names]
        seen.add((room, min(permutations(mine))))
    assert len(seen) == orbits


def test_the_example_shows_what_must_happen_sometimes() -> None:
    subject = user_subject(f"{EXAMPLE}:two_phase_commit", {})
    assert {rule.property for rule in subject.witnesses} == {"all commit", "all abort"}
    assert "seen          all commit, all abort" in inside("check", f"{EXAMPLE}:two_phase_commit").out


def test_ctrl_c_ends_it_with_what_it_has() -> None:
    ran = interrupted("check", "benchmarks/b1.py:machine", "--set", "members=5", "--no-symmetry", "--json", cwd=ROOT)
    assert (ran.code, ran.err) == (Exit.INTERRUPTED, "")
    found = json.loads(ran.out)
    assert (found["verdict"], found["reason"], found["findings"]) == ("incomplete", "interrupted", [])
    assert found["states"] > 1


def test_the_example_is_short() -> None:
    assert len(Path(EXAMPLE).read_text(encoding="utf-8").splitlines()) < 80


def test_the_tutorial_shows_what_comes_out(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    typed = [typed for block in blocks(ROOT / "examples" / "README.md") for typed in block.typed()]
    assert len(typed) >= 6
    env = {**environment({"COLUMNS": "100"}), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    for one in typed:
        ran = subprocess.run(
            ["bash", "-c", one.command],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=LONG,
            check=False,
        )
        assert ran.returncode == 0, f"{one.command}\n{ran.stdout}{ran.stderr}"
        assert not one.shown or agrees(one.shown, ran.stdout), f"{one.command}\nprinted:\n{ran.stdout}"
    assert (tmp_path / "broken.svg").read_text().startswith("<svg")


def test_what_could_not_be_judged_is_found_and_nothing_else(lamp: str) -> None:
    odd = json.loads(inside("check", f"{lamp}:ODD", "--json").out)
    assert {(found["kind"], found["name"]) for found in odd["findings"]} == {
        ("vacuous property", "no sparks"),
        ("vacuous property", "flickers"),
        ("never happened", "dawn"),
        ("never enabled", "never"),
        ("always refused", "refused"),
    }
    assert "NOT-YOURS" in str(odd["findings"])
    lit = json.loads(inside("check", f"{lamp}:LIT", "--json").out)
    assert {found["kind"] for found in lit["findings"]} == {"vacuous property", "never happened"}
    verdicts = {found["name"]: found["verdict"] for found in lit["properties"]}
    assert verdicts == {
        "lit or not": "holds",
        "no sparks": "not exercised",
        "can be put out": "holds",
        "flickers": "not exercised",
    }
    words = inside("check", f"{lamp}:ODD").out
    assert "vacuous property: no sparks" in words and "2 properties hold" in words


def test_the_report_is_one_object_of_plain_values(lamp: str) -> None:
    found = json.loads(inside("check", f"{lamp}:sized", "--set", "fuses=2", "--json").out)
    assert set(found) == {
        "target", "arguments", "title", "verdict", "complete", "reason", "states", "transitions", "depth", "seconds",
        "calls", "levels", "operations", "reductions", "properties", "witnesses", "findings", "violation",
    }  # fmt: skip
    assert found["arguments"] == {"fuses": 2}
    assert found["witnesses"] == {"dark again": 1, "dawn": 0}
    assert sum(level["states"] for level in found["levels"]) == found["states"] == 2
    assert sum(level["transitions"] for level in found["levels"]) == found["transitions"] == 2
    assert found["operations"] == {"on": 1, "off": 1}
    broken = json.loads(inside("check", f"{lamp}:sized", "--set", "fuses=9", "--json").out)
    assert broken["verdict"] == "violated"
    assert broken["violation"] == {"property": "no sparks", "message": "sparks", "path": []}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere.py:MACHINE",), 2, "there is no file nowhere.py"),
        (("LAMP:NOTHING",), 2, "has no NOTHING"),
        (("LAMP:TEXT",), 2, "is str, no Machine"),
        (("LAMP:sized",), 2, "missing a required argument: 'fuses'"),
        (("LAMP:sized", "--set", "fuses=many"), 2, "--set fuses=many sets nothing"),
        (("LAMP:sized", "--set", "fuses"), 2, "--set fuses sets nothing"),
        (("LAMP:LIT", "--members", "3"), 2, "--members mean something to the segment"),
        (("LAMP:LIT", "--walks", "3", "--memory", "1GB"), 2, "--memory with --walks"),
        (("LAMP:LIT", "--direct", "--memory", "1GB"), 2, "--memory with --direct"),
        (("segment", "--set", "members=3"), 2, "--set with a protocol of ours"),
        (("lamp",), 2, "there is no protocol lamp"),
        (("LAMP:RAISES",), 3, "burst() raised ZeroDivisionError: division by zero: it was given lamp = False; this is"),
        (
            ("LAMP:RAISES", "--walks", "3"),
            3,
            "raised ZeroDivisionError: division by zero: it was given lamp = False; this",
        ),
        (("LAMP:RAISES", "--direct"), 3, "burst() raised ZeroDivisionError"),
        (("LAMP:UNHASHABLE",), 3, "what : mess() writes into lamp is list, which cannot be hashed: use tuples"),
        (("LAMP:UNHASHABLE", "--direct"), 3, "what : mess() writes into lamp is list, which cannot be hashed"),
        (("LAMP:TOO_MANY",), 3, "more() gives 2 values, and writes lamp: give one value for each slot"),
        (("LAMP:TOO_MANY", "--direct"), 3, "more() gives 2 values, and writes lamp"),
        (("LAMP:NO_SLOT",), 3, "names the slot attic, which the machine has not: there are lamp, fuse"),
        (("LAMP:LIT", "--state-limit", "0"), 2, "--state-limit"),
        (("LAMP:SKEWED",), 3, "the initial state changes"),
        (("LAMP:WRONG",), 3, "dark: the machine has no slot lmap: there are lamp, fuse"),
        (("LAMP:SUBTLE",), 3, "the property 'dark' raised AttributeError: 'bool' object has no attribute 'is_dark'"),
        (("LAMP:DARK",), 3, "lit or not: the machine has no slot lamp"),
        (("LAMP:DARK", "--direct"), 3, "lit or not: the machine has no slot lamp"),
    ],
)
def test_what_is_no_machine_is_refused_in_words(lamp: str, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = inside("check", *(word.replace("LAMP", lamp) for word in arguments))
    assert result.code == code, result.err
    assert said in result.err
    assert "Traceback" not in result.err


def test_a_model_is_checked_with_its_clauses_and_its_counterexample_replays(lamp: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    ran = inside("check", f"{lamp}:MODEL", "--trace", trace)
    assert ran.code == 1 and "LAMP-1, 2" in ran.out and "dark is violated: lamp is True" in ran.out
    assert json.loads(inside("check", f"{lamp}:MODEL", "--json").out)["properties"] == [
        {"name": "dark", "clauses": ["LAMP-1", "LAMP-2"], "verdict": "violated", "exercised": 2, "says": "lamp is True"}
    ]
    assert inside("replay", trace).code == 0


def test_a_saved_check_of_a_model_goes_on_until_the_module_is_altered(tmp_path: Path) -> None:
    """Its values are of its own classes, and its functions stand inside those that `action` makes."""
    module, saved = tmp_path / "count.py", tmp_path / "saved"
    module.write_text(COUNTING)
    again = ("check", f"{module}:MODEL", "--checkpoint", saved, "--json")
    first = json.loads(inside(*again, "--state-limit", "50").out)
    assert first["verdict"] == "incomplete" and first["states"] < 101
    second = json.loads(inside(*again).out)
    assert (second["verdict"], second["states"]) == ("holds", 101)
    module.write_text(COUNTING.replace("value < 100", "value < 90"))
    altered = inside(*again)
    assert altered.code == Exit.MALFORMED and "other code" in altered.err


def test_a_limit_of_states_ends_it_without_an_answer() -> None:
    for option in ("--direct", "--no-symmetry"):
        ran = inside("check", f"{EXAMPLE}:two_phase_commit", "--set", "managers=5", "--state-limit", "100", option)
        assert ran.code == 4 and "not complete: the limit of 100 states" in ran.out
    assert inside("check", "segment", "--state-limit", "10").code == 4


@pytest.mark.parametrize(
    "body", ["def (", "raise RuntimeError('no current')", "import nothing_of_that_name", "import sys; sys.exit(0)"]
)
def test_a_module_that_does_not_load_is_refused_in_words(tmp_path: Path, body: str) -> None:
    path = tmp_path / "bad.py"
    path.write_text(body)
    result = inside("check", f"{path}:MACHINE")
    assert result.code == 2
    assert "bad.py" in result.err and "Traceback" not in result.err
