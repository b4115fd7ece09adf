"""`stash` as a user runs it: what it says and ends with, and every bad input."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from lockedroom.backend.stash import keyring
from lockedroom.backend.stash.engine import Stash, store_of
from lockedroom.cli import main as entry
from lockedroom.reference.stash.keys import parse
from tests.cli.run import BIN, LONG, Ran, environment, lockedroom

KEY = "key=%s\niv =%s\n"


def stash(*arguments: str, cwd: Path, stdin: bytes = b"", store: str = "auto") -> tuple[int, bytes, str]:
    """Run the command with these bytes on its standard input, in this process. It never shows a traceback."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    typed = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    with (
        contextlib.chdir(cwd),
        mock.patch.object(sys, "stdin", typed),
        mock.patch.dict(os.environ, {"STASH_STORE": store}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = entry.run(list(arguments), "stash")
    said = [one.buffer.getvalue() for one in (out, err) if isinstance(one.buffer, io.BytesIO)]
    assert b"Traceback" not in said[0] + said[1]
    return code, said[0], said[1].decode()


def within(*arguments: str, cwd: Path) -> Ran:
    """The same, for what reads and writes text."""
    code, out, err = stash(*arguments, cwd=cwd, store=os.environ.get("STASH_STORE", "auto"))
    return Ran(code, out.decode(), err)


@pytest.fixture(params=["auto", "memory"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("STASH_STORE", request.param)
    return str(request.param)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder with a key file; what lies in a store under it is purged from every one."""
    (tmp_path / "key.bin").write_text(KEY % (os.urandom(32).hex(), os.urandom(16).hex()))
    yield tmp_path
    for profile in ("hardened", "as-written"):
        for where in ("auto", "memory"):
            within("remove", "--purge", "--profile", profile, "--store", where, cwd=tmp_path)


def test_the_dialogue_is_the_sources(home: Path, store: str) -> None:
    """STASH-STORE-2, and the prompts word for word."""
    typed = b"read\nwrite\nhello there\nread\nlook\nexit\n"
    code, out, err = stash(cwd=home, stdin=typed, store=store)
    assert (code, out.decode()) == (
        0,
        "Enter 'read', 'write', or 'exit': Nothing has been written.\n"
        "Enter 'read', 'write', or 'exit': Enter data to write to stash: Written.\n"
        "Enter 'read', 'write', or 'exit': Decrypted data: hello there\n"
        "Enter 'read', 'write', or 'exit': There is no 'look': enter read, write or exit.\n"
        "Enter 'read', 'write', or 'exit': ",
    )
    assert err == f"The stash is in {store_of(store)}.\n"
    assert stash("-k", "key.bin", cwd=home, stdin=b"read\n")[0] == 0, "the end of the input is an exit"


def test_any_bytes_and_what_is_refused(home: Path, store: str) -> None:
    value = bytes(range(256)) + b" \n\0"
    assert stash("read", cwd=home, store=store) == (
        1,
        b"",
        "stash: nothing has been written: write something first [STASH-READ-1]\n",
    )
    assert stash("write", "--if-version", "0", cwd=home, stdin=value, store=store) == (0, b"", "")
    assert stash("read", "--version", cwd=home, store=store) == (0, value, "1\n")
    code, _, err = stash("write", "--if-version", "0", cwd=home, stdin=b"", store=store)
    assert code == 1 and "version 1 is there, not 0" in err and "STASH-WRITE-5" in err
    sealed = stash("read", "--sealed", cwd=home, store=store)[1]
    assert len(sealed) == len(value) + 57 and value not in sealed
    assert stash("remove", cwd=home, store=store)[0] == 0
    assert stash("read", cwd=home, store=store)[0] == 1
    code, _, err = stash("write", cwd=home, stdin=bytes(32_001), store=store)
    assert code == 1 and "a value has 32000 at most" in err


def test_options_stand_after_the_command(home: Path) -> None:
    ran = within("-k", "other.bin", "read", cwd=home)
    assert ran.code == 2 and "--key before the command: write it after read" in ran.err


def test_list_shows_locators_alone(home: Path, store: str) -> None:
    stash("write", cwd=home, stdin=b"hello", store=store)
    listed = within("list", cwd=home)
    assert listed.code == 0 and str(store_of(store)) in listed.err
    assert all(len(line) == 64 and int(line, 16) >= 0 for line in listed.out.split())
    own = Stash(parse((home / "key.bin").read_bytes()), store_of(store)).locator
    assert own in listed.out.split()
    within("remove", "--purge", cwd=home)
    assert own not in within("list", cwd=home).out.split()


def test_it_is_a_command_by_itself_and_one_of_lockedroom(home: Path) -> None:
    done = subprocess.run([BIN / "stash", "read"], capture_output=True, cwd=home, env=environment(), check=False)
    assert (done.returncode, done.stdout) == (1, b"") and done.stderr.startswith(b"stash: nothing has been written")
    assert lockedroom("stash", "read", cwd=home).code == 1
    assert "generate-key" in lockedroom("stash", "--help").out


# ---- keys -------------------------------------------------------------------------------------------


def test_keys_are_made_and_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "password.txt").write_text("hunter2\n")
    made = within("generate-key", cwd=tmp_path)
    assert made.code == 0 and "--kdf scrypt" in made.err
    text = (tmp_path / "key.bin").read_text()
    assert text.startswith("key=5112B86D69612D73") and (tmp_path / "key.bin").stat().st_mode & 0o777 == 0o600
    again = within("generate-key", cwd=tmp_path)
    assert again.code == 2 and "exists already" in again.err
    salted = within("generate-key", "--kdf", "scrypt", "--out", "salted.bin", cwd=tmp_path)
    assert (salted.code, salted.err) == (0, "salted.bin is made\n")
    assert (tmp_path / "salted.bin").read_text().startswith("kdf=scrypt n=131072 r=8 p=1\nsalt=")
    assert within("read", "-k", "salted.bin", "--store", "memory", cwd=tmp_path).code == 1


@pytest.mark.parametrize("password", [b"", b"\n", b"a\0b", b"x" * 1024])
def test_a_password_file_without_a_password(tmp_path: Path, password: bytes) -> None:
    (tmp_path / "password.txt").write_bytes(password)
    ran = within("generate-key", cwd=tmp_path)
    assert ran.code == 3 and "password.txt: " in ran.err and "[STASH-KEY-1]" in ran.err
    assert not (tmp_path / "key.bin").exists()


def test_files_that_are_not_there(tmp_path: Path) -> None:
    assert within("generate-key", cwd=tmp_path).code == within("read", cwd=tmp_path).code == 2
    assert "there is no file key.bin" in within("read", cwd=tmp_path).err


@pytest.mark.parametrize("content", [b"", b"key=12\n", b"\x7fELF" * 30, b"key=" + b"a" * 64 + b"\n"])
def test_a_damaged_key_file(home: Path, content: bytes) -> None:
    whole = (home / "key.bin").read_bytes()
    (home / "key.bin").write_bytes(content)
    for command in ((), ("read",), ("remove",)):
        ran = within(*command, cwd=home)
        assert ran.code == 3 and "key.bin: " in ran.err and "STASH-KEY-4" in ran.err
    (home / "key.bin").write_bytes(whole)


def test_a_wrong_key_finds_nothing(home: Path) -> None:
    stash("write", cwd=home, stdin=b"hello")
    (home / "other.bin").write_text(KEY % ("ab" * 32, "cd" * 16))
    assert "nothing has been written" in within("read", "-k", "other.bin", cwd=home).err


# ---- stores that do not serve -----------------------------------------------------------------------


def test_no_keyring(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "_NUMBERS", {})
    ran = within("read", "--store", "keyring", cwd=home)
    assert ran.code == 1 and "no kernel keyring" in ran.err and "--store memory" in ran.err
    assert "shared memory" in within("list", cwd=home).err


def as_nobody(home: Path, *arguments: str, stdin: bytes = b"") -> tuple[int, str]:
    """Run the command as a user without privileges, where we may; as ourselves where we are one already."""
    # What is imported late is imported before: that user may not be let in where Python lies.
    code = (
        "import contextlib,io,os,sys\nfrom lockedroom.cli import main\n"
        "with contextlib.redirect_stderr(io.StringIO()):\n"
        "    for words in ('list',), ('read', '-k/dev/null'), ('read', '-k/dev/none'): main.run(words, 'stash')\n"
        "if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(main.run(sys.argv[1:], 'stash'))"
    )
    # Not below the folder of pytest, which the next session closes to other users.
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder, "key.bin")
        key.write_bytes((home / "key.bin").read_bytes())
        for path, mode in ((key, 0o644), (key.parent, 0o755)):
            path.chmod(mode)
        command = [sys.executable, "-c", code, *arguments, "-k", str(key)]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=LONG, cwd="/", check=False)
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr.decode()


def test_a_full_quota(home: Path) -> None:
    """An ordinary user's keys have 20,000 bytes in all."""
    there = store_of("auto").name
    privileged = os.getuid() == 0
    if there == "memory":
        return
    limit = int(Path("/proc/sys/kernel/keys/maxbytes").read_text())
    assert limit < 32_000 or not privileged, "the administrator gives every user more than a value has"
    code, err = as_nobody(home, "write", stdin=bytes(32_000))
    assert code == 1 and "quota" in err and "--store memory" in err and "STASH-RING-3" in err
    assert as_nobody(home, "write", stdin=b"small") == (0, "")
    assert as_nobody(home, "remove", "--purge") == (0, "")


def test_no_permission(home: Path) -> None:
    """Another user's shared memory; whoever is that other user already finds nothing to forbid."""
    assert stash("write", "--store", "memory", cwd=home, stdin=b"mine")[0] == 0
    code, err = as_nobody(home, "read", "--store", "memory")
    if os.getuid() == 0:
        assert code == 1 and "the kernel does not let you use" in err and "STASH-SHM-4" in err
    else:
        assert code == 0
    within("remove", "--purge", "--store", "memory", cwd=home)


def test_other_users_are_let_in_on_request(home: Path) -> None:
    assert stash("write", "--mode", "666", cwd=home, stdin=b"for all")[0] == 0
    assert as_nobody(home, "write", "--mode", "666", stdin=b"theirs")[0] == 0
    assert stash("read", "--mode", "666", cwd=home)[1] == b"theirs"
    code, _, err = stash("read", "--mode", "rw", cwd=home)
    assert code == 2 and "is no mode" in err
