"""The stash on the kernel's keyring and on shared memory: the same of both, then what only one has."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import posix_ipc
import pytest

from lockedroom.backend import errors
from lockedroom.backend.crashpoints import Hook, Moment
from lockedroom.backend.rounds import ROUNDS
from lockedroom.backend.stash import keyring, shared
from lockedroom.backend.stash.engine import Stash, Store, store_of
from lockedroom.backend.stash.keyring import Keyring, NoKeyring
from lockedroom.backend.stash.shared import PREFIX, Memory, Object
from lockedroom.reference.errors import UsageError
from lockedroom.reference.machine import Rejected, Step
from lockedroom.reference.stash.keys import Key
from lockedroom.reference.stash.profile import AS_WRITTEN, HARDENED
from lockedroom.reference.stash.transitions import Found, Nothing, Result, Written

Opened = Callable[..., Stash]
NAMELESS = os.urandom(32).hex()


def event(result: Result) -> object:
    assert isinstance(result, Step), result
    return result.events[0]


class Killed(Exception):
    """What stands for the end of a process."""


def soon() -> float:
    return time.monotonic() + 0.05


@pytest.mark.parametrize("profile", [HARDENED, AS_WRITTEN], ids=str)
@pytest.mark.parametrize("size", [0, 1, 4000, 32000])
def test_any_value_comes_back(opened: Opened, profile: object, size: int) -> None:
    """STASH-STORE-1, STASH-RING-1, STASH-RING-2, STASH-SHM-2."""
    anna, ben = opened(profile=profile), opened(profile=profile)
    assert event(ben.perform("read")) == Nothing()
    body = os.urandom(size)
    anna.perform("write", body=b"first")
    anna.perform("write", body=body)
    found = event(ben.perform("read"))
    assert isinstance(found, Found) and found.body == body


def test_another_key_finds_nothing_and_a_list_shows_locators_alone(opened: Opened, store: Store) -> None:
    """STASH-KEY-6."""
    anna, carol = opened(), opened(Key(os.urandom(32), bytes(16)))
    anna.perform("write", body=b"hello")
    assert event(carol.perform("read")) == Nothing()
    assert anna.locator in store.locators() and carol.locator not in store.locators()


def test_a_value_outlives_its_writer(opened: Opened, store: Store) -> None:
    key = Key(os.urandom(32), os.urandom(16))
    stash = opened(key)
    code = (
        "from lockedroom.backend.stash.engine import Stash, store_of\nfrom lockedroom.reference.stash.keys import Key\n"
        f"Stash(Key({key.key!r}, {key.iv!r}), store_of({store.name!r})).perform('write', body=b'hello')"
    )
    subprocess.run([sys.executable, "-c", code], timeout=300, check=True)
    found = event(stash.perform("read"))
    assert isinstance(found, Found) and found.body == b"hello"


def test_removed_and_purged(opened: Opened, store: Store) -> None:
    """STASH-REMOVE-2, STASH-REMOVE-3."""
    stash = opened()
    stash.perform("write", body=b"hello")
    stash.perform("remove")
    assert event(opened().perform("read")) == Nothing(2)
    stash.perform("remove", purge=True)
    assert stash.sealed() is None
    assert isinstance(stash.perform("remove"), Rejected)


def test_a_writer_that_comes_between_is_noticed(opened: Opened, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """STASH-STORE-3: what was decided on what lies there no more is decided anew."""
    anna, ben = opened(), opened()
    read, times = type(store).read, []

    def between(self: Store, locator: str) -> bytes | None:
        seen = read(self, locator)
        times.append(locator)
        if len(times) == 1:
            ben.perform("write", body=b"ben's")
        return seen

    monkeypatch.setattr(type(store), "read", between)
    result = anna.perform("write", body=b"anna's", expected=0)
    assert isinstance(result, Rejected) and result.clause == "STASH-WRITE-5"


def test_a_transition_that_is_never_left_alone_takes_the_lock_first(
    opened: Opened, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STASH-STORE-3: whoever has the lock is left alone at last."""
    anna, ben = opened(), opened()
    read, state = type(store).read, {"inside": False, "locked": False}
    locked = type(store).locked

    def between(self: Store, locator: str) -> bytes | None:
        seen = read(self, locator)
        if not any(state.values()):
            state["inside"] = True
            assert isinstance(ben.perform("write", body=b"ben's"), Step)
            state["inside"] = False
        return seen

    @contextmanager
    def holding(self: Store, locator: str, deadline: float) -> Iterator[None]:
        with locked(self, locator, deadline):
            before, state["locked"] = state["locked"], True
            yield
            state["locked"] = before

    monkeypatch.setattr(type(store), "read", between)
    monkeypatch.setattr(type(store), "locked", holding)
    result = anna.perform("write", body=b"anna's")
    assert event(result) == Written(ROUNDS + 1), "after those of ben's, one in each round without the lock"


def test_one_writer_at_a_time_until_the_deadline(store: Store) -> None:
    """STASH-RING-5, STASH-SHM-3."""
    with (
        store.locked(NAMELESS, soon()),
        pytest.raises(errors.LockTimeout, match="deadline"),
        store.locked(NAMELESS, soon()),
    ):
        pass
    with store.locked(NAMELESS, soon()):
        store.remove(NAMELESS)
    assert not [name for name in os.listdir("/dev/shm") if NAMELESS in name]


def test_who_waited_for_an_object_that_was_removed_takes_the_next(store: Store) -> None:
    """STASH-SHM-3: the lock of a name is that of the object which it leads to now."""
    order: list[str] = []

    def second() -> None:
        with store.locked(NAMELESS, time.monotonic() + 300):
            order.append("second")
            store.remove(NAMELESS)

    with store.locked(NAMELESS, soon()):
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.05)
        order.append("first")
        store.remove(NAMELESS)
        if store.name == "memory":  # the name is free: whoever waited may be done before the first lets go
            waiting.join(300)
    waiting.join()
    assert order == ["first", "second"]
    assert not [name for name in os.listdir("/dev/shm") if NAMELESS in name]


def test_stores_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """STASH-STORE-2, STASH-RING-4."""
    assert store_of("memory").name == "memory"
    assert "other users" in str(store_of("auto", 0o666)) and "serves one user" in str(store_of("auto", 0o666))
    with pytest.raises(UsageError):
        store_of("cupboard")
    monkeypatch.setattr(keyring, "_NUMBERS", {})
    assert "no kernel keyring" in str(store_of("auto"))
    with pytest.raises(NoKeyring, match="--store memory"):
        store_of("keyring")


def test_a_kernel_that_has_no_such_call_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """STASH-RING-4: as in many containers, where it is forbidden."""
    monkeypatch.setattr(keyring, "_NUMBERS", dict.fromkeys(("x86_64", "aarch64"), (1 << 20, 1 << 20)))
    with pytest.raises(NoKeyring, match="the kernel says"):
        Keyring()
    assert store_of("auto").name == "memory"


# ---- the keyring ------------------------------------------------------------------------------------


def ring() -> Keyring | None:
    """The keyring, or None: then it must have been said that there is none."""
    try:
        return Keyring()
    except NoKeyring as error:
        assert error.clause == "STASH-RING-4"
        assert store_of("auto").name == "memory"
        return None


def test_the_numbers_of_the_calls_are_those_of_the_kernel() -> None:
    """From the kernel's tables: x86 entry/syscalls/syscall_64.tbl, and asm-generic/unistd.h."""
    assert keyring._NUMBERS == {"x86_64": (248, 250), "aarch64": (217, 219)}


def test_what_a_key_cannot_hold_is_refused(record_property: Callable[[str, object], None]) -> None:
    """STASH-RING-3."""
    there = ring()
    record_property("store", there.name if there else "memory")
    if there is not None:
        with pytest.raises(errors.NoSpace, match="cannot hold 40000 bytes"):
            there.write(NAMELESS, bytes(40_000))
    with Memory().locked(NAMELESS, soon()), pytest.raises(errors.NoSpace, match="do not fit"):
        Memory().write(NAMELESS, bytes(40_000))
    Memory().remove(NAMELESS)


def test_a_writer_outside_the_tool_comes_between(record_property: Callable[[str, object], None]) -> None:
    """STASH-RING-5: the lock does not bind it. Its write is whole, and lost or last."""
    there = ring()
    record_property("store", there.name if there else "memory")
    if there is None:
        return
    stash = Stash(Key(os.urandom(32), os.urandom(16)), there)
    stash.perform("write", body=b"by the tool")
    with there.locked(stash.locator, soon()):
        outside = Keyring()
        outside.write(stash.locator, b"from outside")
        assert there.read(stash.locator) == b"from outside"
    result = stash.perform("read")
    assert isinstance(result, Rejected) and result.clause == "STASH-READ-2"
    stash.perform("remove", purge=True)


def test_a_key_whose_writer_was_killed_is_given_its_permissions_by_the_next(
    opened: Opened, store: Store, record_property: Callable[[str, object], None]
) -> None:
    """STASH-RING-1: between the two system calls of a write."""
    stash = opened()
    if not isinstance(store, Keyring):
        return

    def dying(moment: Moment) -> None:
        if moment is Moment.AFTER:
            raise Killed

    def allowed() -> str:
        number = store._find(stash.locator)
        assert number is not None
        return store._described(number).split(";")[3]

    with store.locked(stash.locator, time.monotonic() + 300), pytest.raises(Killed):
        Keyring(dying).write(stash.locator, b"half done")
    assert allowed() != f"{keyring._MODE:08x}"
    stash.perform("write", body=b"mine")
    assert allowed() == f"{keyring._MODE:08x}"


# ---- shared memory ----------------------------------------------------------------------------------


class Watched:
    """The words of a mapping: what is asked of one, or stored in one, is told first."""

    def __init__(self, words: memoryview, told: Callable[[str, int], None]) -> None:
        self._words = words
        self._told = told

    def __getitem__(self, at: int) -> int:
        self._told("load", at)
        return int(self._words[at])

    def __setitem__(self, at: int, value: int) -> None:
        self._told("store", at)
        self._words[at] = value

    def release(self) -> None:
        self._words.release()


def watch(monkeypatch: pytest.MonkeyPatch, told: Callable[[str, int], None]) -> None:
    """From now on tell of every word."""
    made = shared._Mapped.__init__

    def watched(self: shared._Mapped, descriptor: int, total: int, hook: Hook | None = None) -> None:
        made(self, descriptor, total, hook)
        monkeypatch.setattr(self, "_words", Watched(self._words, told), raising=False)

    monkeypatch.setattr(shared._Mapped, "__init__", watched)


@pytest.mark.parametrize("word", [0, 1])
def test_a_writer_that_dies_before_it_commits_has_changed_nothing(monkeypatch: pytest.MonkeyPatch, word: int) -> None:
    """STASH-STORE-1, STASH-SHM-2."""
    key = Key(os.urandom(32), os.urandom(16))
    stash = Stash(key, Memory())
    for body in (b"first", b"second"):
        stash.perform("write", body=body)

    def dying(what: str, at: int) -> None:
        if (what, at) == ("store", word):
            raise Killed

    with monkeypatch.context() as patched:
        watch(patched, dying)
        with pytest.raises(Killed):
            stash.perform("write", body=b"third" * 100)
    found = event(Stash(key, Memory()).perform("read"))
    assert isinstance(found, Found) and found.body == b"second"
    stash.perform("remove", purge=True)


def test_a_reader_that_is_overtaken_reads_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """STASH-SHM-2: both halves are written anew between its look at the word and its copy."""
    key = Key(os.urandom(32), os.urandom(16))
    stash, other = Stash(key, Memory()), Stash(key, Memory())
    stash.perform("write", body=b"old")
    left = [b"newer", b"newest"]

    def overtaking(what: str, at: int) -> None:
        if (what, at) == ("load", 0) and left:
            while left:
                body = left.pop(0)
                with patched.context() as quiet:
                    quiet.setattr(shared._Mapped, "__init__", made)
                    other.perform("write", body=body)

    made = shared._Mapped.__init__
    with monkeypatch.context() as patched:
        watch(patched, overtaking)
        found = event(stash.perform("read"))
    assert isinstance(found, Found) and found.body == b"newest"
    stash.perform("remove", purge=True)


@pytest.mark.parametrize(
    "content",
    [b"x", bytes(shared._TOTAL - 1), b"\xff" * shared._TOTAL, b"LKDSTSH1" + b"\xff" * (shared._TOTAL - 8)],
    ids=["short", "cut", "no magic", "too long"],
)
def test_what_is_none_of_ours_does_not_open_and_can_be_purged(content: bytes) -> None:
    """STASH-SHM-1, STASH-RECORD-2."""
    stash = Stash(Key(os.urandom(32), os.urandom(16)), Memory())
    descriptor = Object.opened(PREFIX + stash.locator, posix_ipc.O_CREX)
    assert descriptor is not None
    os.write(descriptor, content)
    os.close(descriptor)
    result = stash.perform("read")
    assert isinstance(result, Rejected) and result.clause == "STASH-READ-2"
    if len(content) == shared._TOTAL:
        assert isinstance(stash.perform("write", body=b"mine"), Step)
        found = event(stash.perform("read"))
        assert isinstance(found, Found) and found.body == b"mine"
    else:
        with pytest.raises(errors.MalformedObject, match="purge"):
            stash.perform("write", body=b"mine")
    stash.perform("remove", purge=True)
    assert stash.locator not in stash.store.locators()


def test_an_object_that_its_writer_left_empty_holds_nothing() -> None:
    """STASH-STORE-1: killed before its first value."""
    stash = Stash(Key(os.urandom(32), os.urandom(16)), Memory())
    for size in (0, shared._TOTAL):
        descriptor = Object.opened(PREFIX + stash.locator, posix_ipc.O_CREX)
        assert descriptor is not None
        os.ftruncate(descriptor, size)
        os.close(descriptor)
        assert event(stash.perform("read")) == Nothing()
        assert isinstance(stash.perform("write", body=b"mine"), Step)
        stash.perform("remove", purge=True)


def test_an_object_has_the_mode_that_was_asked_for_whatever_the_mask() -> None:
    """STASH-SHM-4."""
    before = os.umask(0o077)
    try:
        stash = Stash(Key(os.urandom(32), os.urandom(16)), Memory(0o666))
        stash.perform("write", body=b"for all")
        assert os.stat(f"/dev/shm/{PREFIX}{stash.locator}").st_mode & 0o777 == 0o666
        stash.perform("remove", purge=True)
    finally:
        os.umask(before)


def test_memory_that_has_run_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """STASH-SHM-5."""

    def full(descriptor: int, start: int, length: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    stash = Stash(Key(os.urandom(32), os.urandom(16)), Memory())
    with pytest.raises(errors.NoSpace, match="no 65552 bytes"):
        stash.perform("write", body=b"mine")
    stash.store.remove(stash.locator)
