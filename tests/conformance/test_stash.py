"""The model's stash and the real one do the same: every behaviour, every attack, on every store."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from lockedroom.backend.stash.engine import store_of
from lockedroom.conformance import stash
from lockedroom.conformance.stash import replay
from lockedroom.model.report import Behaviour, Path
from lockedroom.model.stash import JUDGES, SECRECY, Bounds, stash_subject
from lockedroom.model.subjects import check_subject
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash.profile import AS_WRITTEN, DEFENCES, HARDENED

SMALL = Bounds(writes=2)
stores = pytest.mark.parametrize("store", ["auto", "memory"])


@cache
def behaviours(profile: Profile) -> tuple[Behaviour, ...]:
    return check_subject(stash_subject(SMALL, profile, ()), "stash", {}).exploration.behaviours()


def attack(profile: Profile, only: tuple[str, ...] = (*JUDGES, SECRECY)) -> tuple[str, Path]:
    found = check_subject(stash_subject(SMALL, profile, only), "stash", {}).violation
    assert found is not None
    return found.property, found.path


@stores
@pytest.mark.parametrize("profile", [HARDENED, AS_WRITTEN], ids=str)
def test_every_behaviour(profile: Profile, store: str, record_property: Callable[[str, object], None]) -> None:
    """STASH-STORE-1: each operation with each of its outcomes, by the shortest way there."""
    there = store_of(store)
    record_property("store", there.name)
    found = behaviours(profile)
    assert {behaviour.operation for behaviour in found} == {"read", "write", "remove", "put"}
    assert len(found) >= (9 if profile == HARDENED else 6)
    assert {str(one.path): replay(one.path, profile, there) for one in found} == {str(one.path): "" for one in found}


@stores
@pytest.mark.parametrize("defence", [one.name for one in DEFENCES])
def test_what_the_loss_of_a_defence_admits_happens_for_real(defence: str, store: str) -> None:
    broken, path = attack(HARDENED.without(defence))
    assert replay(path, HARDENED.without(defence), store_of(store), broken) == ""
    assert replay(path, HARDENED, store_of(store), broken) != "" or broken == "one key, one use"


@stores
@pytest.mark.parametrize("broken", sorted({SECRECY, *JUDGES} - {"a read is current", "compare and set"}))
def test_every_finding_on_the_description_happens_for_real(broken: str, store: str) -> None:
    """STASH-PROFILE-2."""
    _, path = attack(AS_WRITTEN, (broken,))
    assert replay(path, AS_WRITTEN, store_of(store), broken) == ""


def test_a_stash_that_does_something_else_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    _, path = attack(AS_WRITTEN, ("no way back",))
    monkeypatch.setattr(stash, "_VALUES", dict.fromkeys(stash.BODIES, b"other"))
    assert replay(path, AS_WRITTEN, store_of("memory")) == ""
    monkeypatch.setattr(stash.Replay, "_real", lambda *_: b"\0")
    assert "for real" in replay(path, AS_WRITTEN, store_of("memory"))
