"""Everything that can be given wrongly to the segment's commands: the clause or a usage error, the right exit code, no
traceback, no hang, and nothing left behind in shared memory (the fixture `user` looks)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import lockedroom
from lockedroom.backend import layout as places
from lockedroom.backend.layout import Layout
from lockedroom.cli.exits import Exit
from lockedroom.reference.segment.records import Capacity
from tests.cli.conftest import User
from tests.cli.run import LONG, Ran, environment, left_of

SMALL = Capacity(members=2, quota=2, posts=2, entries=8, record=4096)


def file_of(user: User) -> Path:
    return Path("/dev/shm") / f"lockedroom.{user.room}"


def told(ran: Ran, code: Exit, *words: str) -> None:
    """One line on standard error with these words, this exit code, and no answer."""
    assert ran.code == code, ran
    assert ran.out == "", ran
    assert ran.err.startswith("lockedroom: ") and ran.err.count("\n") == 1, ran
    assert "fault of lockedroom" not in ran.err, ran
    for word in words:
        assert word in ran.err, ran


def test_the_identity_is_missing(user: User) -> None:
    alice = "alice:" + "00" * 32
    for command in (("create",), ("join", "--creator", alice), ("grant", alice), ("revoke", "bob"), ("destroy",)):
        told(user.segment(*command, "--as", "alice"), Exit.USAGE, "there is no identity alice", "identity new alice")
        told(user.segment(*command), Exit.USAGE, "--as")
    assert not file_of(user).exists()


def test_the_identity_is_not_the_one_that_was_granted(user: User) -> None:
    user.create("alice", "bob")
    other = User(user.home.with_name("other"))
    other.room = user.room
    other.new("alice", "bob")
    theirs = user.must("identity", "show", "alice").out.split()[3]
    told(other.segment("join", "--as", "bob", "--creator", theirs), Exit.REFUSED, "SEG-JOIN-2")
    told(other.segment("join", "--as", "alice", "--creator", theirs), Exit.REFUSED, "SEG-JOIN-2")
    told(other.segment("join", "--as", "bob", "--creator", "alice"), Exit.REFUSED, "SEG-HEADER-3")
    for command in (("grant", "bob"), ("revoke", "bob"), ("destroy",)):
        told(other.segment(*command, "--as", "alice"), Exit.REFUSED, "SEG-")
        told(other.segment(*command, "--as", "bob"), Exit.REFUSED, "SEG-")


def test_somebody_who_was_never_granted(user: User) -> None:
    user.create("alice")
    user.new("mallory")
    told(user.segment("join", "--as", "mallory", "--creator", "alice"), Exit.REFUSED, "SEG-JOIN-1", "grant")


def test_the_creator_is_not_said(user: User) -> None:
    user.create("alice", "bob")
    told(user.segment("join", "--as", "bob"), Exit.USAGE, "--creator")
    told(user.segment("show"), Exit.USAGE, "--creator")
    for wrong in ("bob:00", "bob:" + "zz" * 32, ":", "Bob:" + "00" * 32):
        told(user.segment("show", "--creator", wrong), Exit.USAGE)


def test_there_is_no_such_segment(user: User) -> None:
    user.new("alice")
    for command in (
        ("join", "--as", "alice", "--creator", "alice"),
        ("show", "--creator", "alice"),
        ("grant", "alice", "--as", "alice"),
        ("revoke", "alice", "--as", "alice"),
        ("destroy", "--as", "alice"),
        ("gc",),
    ):
        told(user.segment(*command), Exit.USAGE, "SEG-STORE-2", "there is no room")


def test_the_name_is_taken(user: User) -> None:
    user.create("alice")
    before = file_of(user).read_bytes()
    told(user.segment("create", "--as", "alice"), Exit.USAGE, "SEG-")
    assert file_of(user).read_bytes() == before


@pytest.mark.parametrize("room", ["", "A", "a/b", "../a", "a b", "x" * 32, "ä", "-x", "."])
def test_no_room_can_have_that_name(user: User, room: str) -> None:
    user.new("alice")
    for command in ("create", "join", "destroy"):
        ran = user.run("segment", command, "--as", "alice", "--", room)
        told(ran, Exit.USAGE)


@pytest.mark.parametrize(
    "sizes",
    [
        ("--members", "0"),
        ("--members", "-1"),
        ("--members", "100000"),
        ("--quota", "0"),
        ("--posts", "99999999999999999999"),
        ("--entries", "0"),
        ("--record", "0"),
        ("--record", "8"),
        ("--record", str(1 << 62)),
        ("--record", "4097"),
        ("--members", "64", "--quota", "65536", "--record", str(1 << 20)),
        ("--members", "many"),
    ],
)
def test_a_capacity_that_no_room_can_have(user: User, sizes: tuple[str, ...]) -> None:
    user.new("alice")
    told(user.segment("create", "--as", "alice", *sizes), Exit.USAGE)
    assert not left_of(user.room)


def test_more_than_shared_memory_can_hold(user: User) -> None:
    user.new("alice")
    # No machine is filled for this: the largest file that the shell may write is 100 KiB.
    command = f"ulimit -f 100; exec lockedroom segment create {user.room} --as alice"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment(user.env), check=False
    )
    told(Ran(done.returncode, done.stdout, done.stderr), Exit.REFUSED, "SEG-STORE-6")
    assert not left_of(user.room)


@pytest.mark.parametrize("mode", ["", "abc", "1777", "-600", "888"])
def test_a_mode_that_is_none(user: User, mode: str) -> None:
    user.new("alice")
    told(user.segment("create", "--as", "alice", f"--mode={mode}"), Exit.USAGE, "mode")


@pytest.mark.parametrize("rights", ["", "all", "join,fly", ","])
def test_rights_that_are_none(user: User, rights: str) -> None:
    user.create("alice")
    told(user.segment("grant", "alice", "--as", "alice", f"--rights={rights}"), Exit.USAGE, "rights")


def test_a_message_larger_than_the_segment_can_ever_hold(user: User) -> None:
    user.create("alice", "bob")
    lines = f"send bob {'x' * 5000}\npublish {'x' * 5000}\nsend bob {'x' * (2 << 20)}\nmembers\n"
    ran = user.segment("join", "--as", "alice", stdin=lines)
    assert ran.code == Exit.REFUSED and "alice: joined" in ran.out, ran


def test_the_kernel_does_not_let_others_in(user: User) -> None:
    user.create("alice", "bob")
    file_of(user).chmod(0)
    # Root may open everything, so it becomes somebody else first, once all is imported.
    script = (
        "import os, sys\nfrom lockedroom.cli.main import run\nimport lockedroom\nlockedroom.attach\n"
        "run(['identity', 'show', 'alice'])\n"
        "if os.geteuid() == 0: os.chmod(os.environ['LOCKEDROOM_HOME'], 0o755); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    creator = user.must("identity", "show", "alice").out.split()[3]
    arguments = ("segment", "show", user.room, "--creator", creator)
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        env=environment(user.env),
        check=False,
    )
    told(Ran(done.returncode, "", done.stderr), Exit.REFUSED, "SEG-STORE-4")


# ---- a hostile object of that name ----------------------------------------------------------------------


def words(*values: int) -> bytes:
    return b"".join(value.to_bytes(8, "little") for value in values)


MAGIC = b"LKDROOM1"
GEOMETRY = (1, 2, 2, 2, 8, 4096, Layout(SMALL).total)


def geometry(**changed: int) -> bytes:
    names = ("version", "members", "quota", "posts", "entries", "record", "total")
    return MAGIC + words(*(changed.get(name, value) for name, value in zip(names, GEOMETRY, strict=True)))


HOSTILE = {
    "empty": b"",
    "one byte": b"x",
    "zeros": bytes(4096),
    "another magic": b"NOTAROOM" + bytes(8192),
    "the magic alone": MAGIC,
    "half a geometry": geometry()[:40],
    "another version": geometry(version=2) + bytes(Layout(SMALL).total),
    "no members": geometry(members=0) + bytes(Layout(SMALL).total),
    "too many members": geometry(members=1 << 60) + bytes(Layout(SMALL).total),
    "an endless record": geometry(record=(1 << 64) - 8) + bytes(Layout(SMALL).total),
    "a count that overflows": geometry(quota=(1 << 64) - 1) + bytes(Layout(SMALL).total),
    "a total beyond its end": geometry(),
    "another total": geometry(total=1 << 20) + bytes(Layout(SMALL).total - 64),
    "larger than it says": geometry() + bytes(Layout(SMALL).total),
    "nothing but geometry": geometry() + bytes(Layout(SMALL).total - 64),
    "all ones": geometry() + b"\xff" * (Layout(SMALL).total - 64),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_an_object_that_is_no_segment(user: User, content: bytes) -> None:
    user.new("alice")
    file_of(user).write_bytes(content)
    for command in (
        ("join", "--as", "alice", "--creator", "alice"),
        ("show", "--creator", "alice"),
        ("grant", "alice", "--as", "alice"),
        ("destroy", "--as", "alice"),
    ):
        ran = user.segment(*command)
        assert ran.code in (Exit.REFUSED, Exit.MALFORMED, Exit.INCOMPLETE), ran
        told(ran, Exit(ran.code), "SEG-")
    told(user.segment("create", "--as", "alice"), Exit.USAGE, "SEG-")
    if content != HOSTILE["all ones"]:  # there a journal that makes no sense is discarded, as the dead leave them
        assert file_of(user).read_bytes() == content
    assert user.segment("gc").code == 0


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_something_that_is_no_file(user: User, kind: str) -> None:
    user.new("alice")
    path = file_of(user)
    make: dict[str, Callable[[], None]] = {
        "folder": path.mkdir,
        "link": lambda: path.symlink_to("/etc/passwd"),
        "pipe": lambda: os.mkfifo(path),
    }
    make[kind]()
    try:
        for command in (("join", "--as", "alice", "--creator", "alice"), ("show", "--creator", "alice"), ("gc",)):
            ran = user.segment(*command)
            told(ran, Exit(ran.code)) if ran.code else None
            assert ran.code in (0, Exit.REFUSED, Exit.USAGE, Exit.MALFORMED, Exit.INCOMPLETE), ran
    finally:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)


def hostile_words() -> dict[str, int]:
    room = Layout(SMALL)
    return {
        "state": room.state(),
        "the header's length": room.header().offset,
        "the list's count": room.acl_count(),
        "an entry's length": room.entry(0).offset,
        "a half of an announcement": room.announced(0),
        "an announcement's length": room.half(0, 1).offset,
        "a count of posts": room.post_count(0),
        "a post's length": room.post(0, 0).offset,
        "a head": room.head(0, 1),
        "a tail": room.tail(0, 1),
        "a record's length": room.record(0, 1, 0).offset,
        "a pid": room.life(0)[0],
        "a commit": room.commit(0),
        "a journal's slots": room.journal_slots(0),
        "a journal's entry": room.journal_entries(0),
    }


FULL = (1, 1 << 31, (1 << 63) - 1)
VALUES = [5, (1 << 64) - 1, *(pytest.param(value, marks=pytest.mark.full) for value in FULL)]


@pytest.mark.parametrize("value", VALUES, ids=[hex(value) for value in (5, (1 << 64) - 1, *FULL)])
@pytest.mark.parametrize("offset", hostile_words().values(), ids=hostile_words())
def test_any_word_of_a_segment_can_be_hostile(user: User, offset: int, value: int) -> None:
    user.home.mkdir()
    alice = lockedroom.Identity.new("alice").save(user.home / "alice.json")
    with lockedroom.create(user.room, alice, capacity=SMALL) as room:
        room.grant(lockedroom.Identity.new("bob"))
    with file_of(user).open("r+b") as file:
        file.seek(offset)
        file.write(words(value))
    began = time.monotonic()
    for command in (("show", "--creator", "alice"), ("join", "--as", "alice")):
        ran = user.run("segment", command[0], user.room, *command[1:], stdin="members\nexchange\nread\nreap bob\n")
        assert ran.code in (0, Exit.REFUSED, Exit.MALFORMED, Exit.INCOMPLETE), ran
        assert "fault of lockedroom" not in ran.err, ran
    assert time.monotonic() - began < LONG


# ---- others that do not go on ---------------------------------------------------------------------------

HOLD = """
import fcntl, os, struct, sys
descriptor = os.open(sys.argv[1], os.O_RDWR)
for byte in range(256):
    if byte < 128:
        fcntl.fcntl(descriptor, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, byte, 1, 0))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_held_by_a_stopped_process_ends_in_a_timeout(user: User) -> None:
    user.create("alice", "bob")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file_of(user))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout and holder.stdout.readline() == "held\n"
            holder.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            told(user.segment("join", "--as", "bob", "--creator", "alice"), Exit.INCOMPLETE, "SEG-LOCK-1")
            assert time.monotonic() - began < LONG
        finally:
            holder.kill()
    assert user.segment("show", "--creator", "alice").code == 0
    assert places.life(0) >= 128, "the life locks are not held above"
