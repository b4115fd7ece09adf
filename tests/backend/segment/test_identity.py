"""The files that a member keeps: private, whole, and refused when they are not."""

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lockedroom import Identity, PublicIdentity
from lockedroom.backend import errors
from lockedroom.backend.segment.authority import AuthorityFile
from lockedroom.backend.segment.files import BadFile
from lockedroom.backend.segment.identity import BadIdentity
from lockedroom.reference.segment.state import Authority, Pin


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "alice.json"


def test_an_identity_survives_its_file(file: Path) -> None:
    alice = Identity.new("alice")
    kept = alice.save(file)
    assert Identity.load(file) == kept
    assert (kept.name, kept.signing, kept.path, alice.path) == ("alice", alice.signing, file, None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == [file.name]


def test_its_private_key_is_not_shown(file: Path) -> None:
    alice = Identity.new("alice")
    assert alice.signing.hex() not in repr(alice) and repr(alice.signing) not in repr(alice)


def test_no_identity_is_overwritten(file: Path) -> None:
    kept = Identity.new("alice").save(file)
    with pytest.raises(FileExistsError):
        Identity.new("alice").save(file)
    assert Identity.load(file) == kept and os.listdir(file.parent) == [file.name]


def test_what_is_handed_out_is_read_again() -> None:
    public = Identity.new("alice").public
    assert PublicIdentity.parse(f" {public.text}\n") == public
    assert public.text == f"alice:{public.key.hex()}"
    assert len(public.fingerprint) == 39 and public.fingerprint != Identity.new("alice").public.fingerprint


@pytest.mark.parametrize("text", ["", "alice", "alice:", "alice:12", f"alice:{'zz' * 32}", f"alice:{' 1' * 32}"])
def test_what_is_no_public_identity_is_refused(text: str) -> None:
    with pytest.raises(BadIdentity, match="no public identity"):
        PublicIdentity.parse(text)


@pytest.mark.parametrize("name", ["", "Alice", "-a", "a" * 32, "a b", "a/b", "ä", "a\n"])
def test_what_is_no_name_is_refused(name: str) -> None:
    for make in (lambda: Identity.new(name), lambda: PublicIdentity(name, bytes(32))):
        with pytest.raises(BadIdentity) as refused:
            make()
        assert refused.value.clause == "SEG-NAME-1"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o601, 0o666])
def test_a_file_that_others_may_use_is_refused(file: Path, mode: int) -> None:
    Identity.new("alice").save(file)
    file.chmod(mode)
    with pytest.raises(BadFile, match="chmod 600"):
        Identity.load(file)


GOOD = {"format": "lockedroom-identity-1", "name": "alice", "signing": "11" * 32}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 60000,
        "[]",
        "null",
        "\x00",
        json.dumps({**GOOD, "format": "lockedroom-authority-1"}),
        json.dumps({**GOOD, "more": 1}),
        json.dumps({k: v for k, v in GOOD.items() if k != "signing"}),
        json.dumps({**GOOD, "name": 7}),
        json.dumps({**GOOD, "name": "Alice"}),
        json.dumps({**GOOD, "signing": "11" * 31}),
        json.dumps({**GOOD, "signing": "zz" * 32}),
        json.dumps({**GOOD, "signing": 11}),
        json.dumps({**GOOD, "signing": None}),
        json.dumps(GOOD) + " " * (1 << 16) + "x",
    ],
)
def test_a_file_without_sense_is_refused(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(BadFile) as refused:
        Identity.load(file)
    assert refused.value.exit_code == errors.ExitCode.USAGE


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "absent", tmp_path / "pipe", tmp_path / "absent" / "file"):
        with pytest.raises(BadFile):
            Identity.load(path)


def test_authority_is_replaced_whole(tmp_path: Path) -> None:
    kept = AuthorityFile(tmp_path / "a")
    assert kept.load() is None
    for serial in (1, 2):
        authority = Authority(b"s" * 32, Pin(serial, b"h" * 32))
        kept.save(authority)
        assert kept.load() == authority
    assert os.listdir(tmp_path) == ["a"] and stat.S_IMODE(kept.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("serial", [0, -1, "1", True, None])
def test_authority_without_sense_is_refused(tmp_path: Path, serial: object) -> None:
    path = tmp_path / "a"
    values = {"format": "lockedroom-authority-1", "segment": "11" * 32, "head": "22" * 32, "serial": serial}
    path.write_text(json.dumps(values))
    path.chmod(0o600)
    with pytest.raises(BadFile):
        AuthorityFile(path).load()


def test_one_creator_at_a_time_signs(tmp_path: Path) -> None:
    held = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], 0), 2); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", held, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdin is not None
        other.stdout.readline()
        kept = AuthorityFile(tmp_path / "a")
        with pytest.raises(errors.LockTimeout) as refused, kept.held(time.monotonic() + 0.05):
            pass
        assert refused.value.clause == "SEG-LOCK-1"
        other.stdin.close()
        with kept.held(time.monotonic() + 10):
            pass
