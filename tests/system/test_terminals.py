"""Real terminals: two people talk, a demonstration is drawn, Ctrl-C and a closed window leave nothing behind."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.run import left_of, lockedroom, orphans
from tests.system.terminals import Terminal, Terminals


@pytest.fixture
def room(tmp_path: Path) -> Iterator[str]:
    """A room that alice has made, to which bob is granted."""
    name = f"tmux{os.getpid()}-{secrets.token_hex(3)}"
    env = {"LOCKEDROOM_HOME": str(tmp_path / ".local/share/lockedroom")}
    for arguments in (
        ("identity", "new", "alice"),
        ("identity", "new", "bob"),
        ("segment", "create", name, "--as", "alice"),
        ("segment", "grant", name, "bob", "--as", "alice"),
    ):
        ran = lockedroom(*arguments, env=env)
        assert ran.code == 0, ran
    yield name
    lockedroom("segment", "gc", name, env=env)
    assert not left_of(name)


def joined(tmp_path: Path, room: str) -> list[str]:
    env = {"LOCKEDROOM_HOME": str(tmp_path / ".local/share/lockedroom")}
    shown = json.loads(lockedroom("segment", "show", room, "--creator", "alice", "--json", env=env).out)
    return [one["name"] for one in shown["members"] if one["joined"]]


def join(terminal: Terminal, room: str, name: str) -> None:
    terminal.keys(f"lockedroom segment join {room} --as {name} --creator alice; echo ended:$?:")
    terminal.wait_for(f"{name} has joined")


def test_two_people_talk(tmp_path: Path, room: str) -> None:
    with Terminals(tmp_path) as terminals:
        alice, bob = terminals.open("alice"), terminals.open("bob")
        join(alice, room, "alice")
        join(bob, room, "bob")
        alice.keys("exchange")
        bob.wait_for("a key is shared with alice")
        alice.keys("send bob hello from the other terminal")
        bob.wait_for("alice: hello from the other terminal")
        bob.keys("multicast all and hello to you")
        alice.wait_for("bob: and hello to you")
        bob.keys("send carol hello?")
        bob.wait_for("SEG-SEND-2")
        bob.keys("leave")
        assert bob.ended()[0] == 0
        alice.press("C-d")
        assert alice.ended()[0] == 0
    assert joined(tmp_path, room) == []


def test_ctrl_c_leaves(tmp_path: Path, room: str) -> None:
    with Terminals(tmp_path) as terminals:
        alice = terminals.open("alice")
        join(alice, room, "alice")
        assert joined(tmp_path, room) == ["alice"]
        alice.press("C-c")
        code, screen = alice.ended()
        assert code == 130 and "alice has left" in screen and "Traceback" not in screen
    assert joined(tmp_path, room) == []


def test_a_closed_window_leaves(tmp_path: Path, room: str) -> None:
    with Terminals(tmp_path) as terminals:
        alice = terminals.open("alice")
        join(alice, room, "alice")
    deadline = time.monotonic() + 300
    while joined(tmp_path, room):
        assert time.monotonic() < deadline, "alice is still there"


@pytest.mark.parametrize("columns", [48, 100])
def test_a_demonstration_is_drawn_as_it_happens(tmp_path: Path, columns: int) -> None:
    before = orphans()
    with Terminals(tmp_path, columns=columns) as terminals:
        terminal = terminals.open("demo")
        terminal.keys("lockedroom demo segment --members 3 --pace 0.02; echo ended:$?:")
        code, screen = terminal.ended(seconds=300)
    assert code == 0, screen
    assert "alice" in screen and "┊" in screen and "▶" in screen and "╳" in screen
    chart = screen.partition("suite LR1")[2].partition("steps, and each")[0]
    assert all(len(line) <= columns for line in chart.splitlines())
    assert orphans() <= before


def test_a_demonstration_in_a_terminal_without_unicode_or_colour(tmp_path: Path) -> None:
    with Terminals(tmp_path) as terminals:
        terminal = terminals.open("demo")
        command = "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 NO_COLOR=1 lockedroom demo segment --members 2 --pace 0"
        code, screen = terminal.run(command, seconds=300)
    assert code == 0, screen
    drawn = screen.partition("suite LR1")[2]
    assert drawn.isascii() and "--->" in drawn.replace("----", "--->", 1)


def test_progress_is_one_line_that_is_gone_at_the_end(tmp_path: Path) -> None:
    with Terminals(tmp_path, columns=120) as terminals:
        terminal = terminals.open("check")
        terminal.keys("lockedroom check segment --joins 2 --crashes 1; echo ended:$?:")
        running = terminal.wait_for("to expand")
        assert running.count("exploring") == 1 and "a second" in running
        code, screen = terminal.ended(seconds=300)
    assert code == 0, screen
    assert "exploring" not in screen and "all there are" in screen
