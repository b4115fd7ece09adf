"""The stash in real terminals, and beside OpenSSL's command, both ways."""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lockedroom.backend.entropy import SystemEntropy
from lockedroom.backend.stash.engine import Stash, store_of
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.stash.keys import Key, generate, parse, password_in, written
from lockedroom.reference.stash.profile import AS_WRITTEN
from tests.cli.run import BIN, environment
from tests.system.terminals import Terminals

SUITE = RealSuite("LR0")


@pytest.fixture(params=["auto", "memory"])
def store(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> str:
    """What is chosen by itself (the keyring, where there is one), and shared memory."""
    record_property("store", store_of(request.param).name)
    return str(request.param)


@pytest.fixture
def folders(tmp_path: Path, store: str) -> Iterator[tuple[Path, Path, Path]]:
    """Three folders: the first two with copies of one key file, the third with one of another password."""
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    for folder, password in ((one, os.urandom(8).hex()), (three, os.urandom(8).hex())):
        folder.mkdir()
        (folder / "password.txt").write_text(f"{password}\n")
        run("stash", "generate-key", cwd=folder)
    two.mkdir()
    (two / "key.bin").write_bytes((one / "key.bin").read_bytes())
    yield one, two, three
    for folder in (one, three):
        subprocess.run(
            [BIN / "stash", "remove", "--purge", "--store", store], cwd=folder, capture_output=True, check=False
        )


def run(*command: str, cwd: Path) -> str:
    found = [str(BIN / command[0]) if command[0] == "stash" else command[0], *command[1:]]
    done = subprocess.run(found, cwd=cwd, capture_output=True, text=True, env=environment(), timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_three_terminals(tmp_path: Path, folders: tuple[Path, Path, Path], store: str) -> None:
    """Two with copies of a key file meet at one value; the third, of another password, finds nothing."""
    with Terminals(tmp_path) as terminals:
        first, second, third = (terminals.open(name) for name in ("one", "two", "three"))
        for terminal, folder in zip((first, second, third), folders, strict=True):
            terminal.keys(f"cd {folder}; clear; STASH_STORE={store} stash; echo ended:$?:")
            screen = terminal.wait_for("Enter 'read', 'write', or 'exit':")
            assert re.search("The stash is in (the kernel keyring of user|POSIX shared memory)", screen)
        second.keys("read")
        second.wait_for("Nothing has been written.")
        first.keys("write")
        first.wait_for("Enter data to write to stash:")
        first.keys("a secret between terminals")
        first.wait_for("Written.")
        second.keys("read")
        second.wait_for("Decrypted data: a secret between terminals")
        third.keys("read")
        assert "Decrypted data" not in third.wait_for("Nothing has been written.")
        second.keys("write")
        second.wait_for("Enter data to write to stash:")
        second.keys("and one back")
        second.wait_for("Written.")
        first.keys("read")
        first.wait_for("Decrypted data: and one back")
        for terminal in (first, second, third):
            terminal.keys("exit")
            assert terminal.ended()[0] == 0


def test_ctrl_c_ends_it(tmp_path: Path, folders: tuple[Path, Path, Path]) -> None:
    with Terminals(tmp_path) as terminals:
        terminal = terminals.open("one")
        terminal.keys(f"cd {folders[0]}; clear; stash; echo ended:$?:")
        terminal.wait_for("Enter 'read', 'write', or 'exit':")
        terminal.press("C-c")
        code, screen = terminal.ended()
        assert code == 130 and "Traceback" not in screen


# ---- OpenSSL ----------------------------------------------------------------------------------------


def openssl(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    command = ["openssl", "enc", "-aes-256-cbc", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=300, check=True).stdout


def test_openssl_both_ways(tmp_path: Path, store: str) -> None:
    """LR-SUITE-30, LR-SUITE-31, STASH-KEY-1 to 3, STASH-RECORD-3: for a hundred passwords and values of 0 to 4000
    bytes, one key file is the other's, and each opens what the other has encrypted."""
    rng = random.Random(20)
    there, password = store_of(store), tmp_path / "password.txt"
    for turn in range(100):
        word = bytes(rng.choice(range(1, 256)) for _ in range(rng.randint(1, 40))).replace(b"\n", b"n")
        password.write_bytes(word + rng.choice([b"", b"\n", b"\nmore\n"]))
        theirs = openssl("-pass", f"file:{password}", "-P", "-pbkdf2", "-md", "sha256", "-nosalt")
        ours = generate(SUITE, AS_WRITTEN, SystemEntropy(), password_in(password.read_bytes()))
        assert written(ours).encode() == theirs
        key = parse(theirs)
        assert key == ours
        value = rng.randbytes([0, 4000][turn] if turn < 2 else rng.randint(0, 4000))
        told = ("-K", hexadecimal(key, "key"), "-iv", hexadecimal(key, "iv"))
        stash = Stash(key, there, AS_WRITTEN)
        try:
            stash.perform("write", body=value)
            stored = stash.sealed()
            assert stored is not None
            assert openssl("-d", *told, stdin=stored) == value
            assert openssl(*told, stdin=value) == stored
        finally:
            stash.perform("remove", purge=True)


def hexadecimal(key: Key, part: str) -> str:
    bits = getattr(key, part)
    assert isinstance(bits, bytes)
    return bits.hex()


def test_what_the_command_stored_is_opened_by_openssl(folders: tuple[Path, Path, Path], store: str) -> None:
    """As a user does it: in one pipeline, with what the key file says."""
    pipeline = (
        f"printf hello | {BIN}/stash write --profile as-written --store {store} && "
        f"{BIN}/stash read --sealed --profile as-written --store {store} | openssl enc -d -aes-256-cbc "
        "-K $(sed -n s/^key=//p key.bin) -iv $(sed -n 's/^iv =//p' key.bin) && "
        f"{BIN}/stash remove --profile as-written --store {store}"
    )
    done = subprocess.run(["bash", "-c", pipeline], cwd=folders[0], capture_output=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, b"hello"), done.stderr
