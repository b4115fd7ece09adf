"""`verify`, `defences` and `findings` of the stash: what they show, and that they notice what is not so."""

import json
from collections.abc import Iterator

import pytest

from lockedroom.backend.stash.shared import Memory
from lockedroom.cli import demo
from lockedroom.model import stash as model
from lockedroom.model.segment import bounds
from lockedroom.model.stash import HOSTILE, Bounds
from lockedroom.reference.stash.profile import DEFENCES
from tests.cli.run import inside
from tests.cli.test_verify import replaying


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within smaller bounds: what is explored within larger ones, others test."""
    subject, least = model.stash_subject, Bounds(writes=1)
    monkeypatch.setattr(model, "stash_subject", lambda bounds=least, *rest: subject(bounds, *rest))
    yield


def test_verify(small: None) -> None:
    ran = inside("verify", "stash")
    assert ran.code == 0
    assert "STASH-READ-4" in ran.out and "behaviours agree" in ran.out and "stash: holds, in" in ran.out
    told = json.loads(inside("verify", "stash", "--json").out)
    assert told["verdict"] == "holds" and told["exploration"]["complete"]
    assert all(one["behaviours"] >= 8 and not one["differing"] for one in told["conformance"])


def test_without_a_protocol_both_are_verified(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    replaying(monkeypatch, demo.script_trace(("alice", "bob")))
    monkeypatch.setattr(bounds, "VERIFY", bounds.Bounds())
    ran = inside("verify")
    assert ran.code == 0
    assert [line.split(",")[0] for line in ran.out.splitlines() if " s" in line and ": holds, in" in line] == [
        "segment: holds",
        "stash: holds",
    ]
    told = json.loads(inside("verify", "--json").out)
    assert told["verdict"] == "holds" and set(told["protocols"]) == {"segment", "stash"}
    monkeypatch.setattr(Memory, "read", lambda *_: b"x")
    assert inside("verify").code == 1, "the worse of both counts"


def test_verify_notices_a_store_that_does_something_else(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Memory.read

    def more(self: Memory, locator: str) -> bytes | None:
        data = read(self, locator)
        return data and data + b"x"

    monkeypatch.setattr(Memory, "read", more)
    ran = inside("verify", "stash")
    assert ran.code == 1 and "for real" in ran.out and "stash: violated" in ran.out


def test_defences_and_findings() -> None:
    told = json.loads(inside("defences", "stash", "--json").out)
    assert [one["name"] for one in told["defences"]] == [one.name for one in DEFENCES]
    assert all(one["path"] and all(one["real"].values()) for one in told["defences"])
    ran = inside("findings", "stash")
    assert ran.code == 0 and all(name in ran.out for name in HOSTILE) and "not so" not in ran.out


def test_options_of_the_segment_are_refused() -> None:
    for command in ("defences", "findings"):
        ran = inside(command, "stash", "--committed")
        assert ran.code == 2 and "--committed with stash" in ran.err
