"""What a line in a session means, and what is said of one that means nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedroom.cli.typed import COMMANDS, Mistyped, Typed, understand


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("", None),
        ("  # a remark", None),
        ("members", Typed("members")),
        ("exchange", Typed("exchange")),
        ("exchange bob carol", Typed("exchange", ("bob", "carol"))),
        ("exchange all", Typed("exchange")),
        ("  send   bob   hello,  bob ", Typed("send", ("bob",), "hello,  bob")),
        ("multicast all hello", Typed("multicast", (), "hello")),
        ("multicast bob,carol hello all", Typed("multicast", ("bob", "carol"), "hello all")),
        ("publish read this", Typed("publish", (), "read this")),
        ("wait 0.5", Typed("wait", seconds=0.5)),
        ("leave", Typed("leave")),
    ],
)
def test_lines_that_mean_something(line: str, meant: Typed | None) -> None:
    assert understand(line) == meant


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("shout", "type help"),
        ("send", "send PEER TEXT"),
        ("send bob", "send PEER TEXT"),
        ("send bob,carol hello", "send PEER TEXT"),
        ("send Bob hello", "no member's name"),
        ("multicast all", "multicast PEER,PEER…|all TEXT"),
        ("publish", "publish TEXT"),
        ("leave now", "leave"),
        ("wait", "wait SECONDS"),
        ("wait nan", "wait SECONDS"),
        ("wait 1e9", "wait SECONDS"),
        ("reap", "reap PEER"),
    ],
)
def test_lines_that_mean_nothing_say_what_would(line: str, hint: str) -> None:
    found = understand(line)
    assert isinstance(found, Mistyped)
    assert hint in found.problem


@given(st.text() | st.builds(" ".join, st.lists(st.sampled_from([*COMMANDS, "bob", "all", ",", "1"]))))
def test_any_line_is_understood_or_explained(line: str) -> None:
    found = understand(line)
    assert found is None or (found.word in COMMANDS if isinstance(found, Typed) else found.problem)
