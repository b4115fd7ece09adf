"""Identities: files that only their owner reads, never overwritten, and what is said of one that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lockedroom.cli.exits import Exit
from tests.cli.conftest import User


def test_new_and_show_agree_and_show_no_secret(user: User) -> None:
    made = json.loads(user.must("identity", "new", "alice", "--json").out)
    shown = json.loads(user.must("identity", "show", "alice", "--json").out)
    assert made == shown
    assert set(made) == {"name", "public", "fingerprint", "file"}
    assert made["public"].startswith("alice:") and len(made["public"]) == len("alice:") + 64
    text = user.must("identity", "show", "alice").out
    assert all(value in text for value in made.values())
    secret = json.loads(Path(made["file"]).read_text())
    private = [value for value in secret.values() if isinstance(value, str) and value not in made["public"]]
    assert private and not any(value in text for value in private if len(value) > 20)


def test_the_file_is_its_owners_alone_and_never_overwritten(user: User) -> None:
    user.new("alice")
    file = user.home / "alice.json"
    before = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert user.home.stat().st_mode & 0o777 == 0o700
    again = user.run("identity", "new", "alice")
    assert again.code == Exit.USAGE and "exists already" in again.err
    assert file.read_bytes() == before


def test_an_identity_can_be_kept_anywhere(user: User, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "bob.json"
    assert "name         bob\n" in user.must("identity", "new", file).out
    assert "name         bob\n" in user.must("identity", "show", file).out


@pytest.mark.parametrize("name", ["Alice", "", "a b", "-a", "ä", "x" * 32, ".a"])
def test_a_name_that_no_member_can_have_is_refused(user: User, name: str) -> None:
    for command in ("new", "show"):
        ran = user.run("identity", command, "--", name)
        assert ran.code == Exit.USAGE, ran
    assert not list(user.home.glob("*")) if user.home.exists() else True


def test_one_that_is_missing_is_usage_and_says_how_to_make_it(user: User) -> None:
    ran = user.run("identity", "show", "nobody")
    assert ran.code == Exit.USAGE
    assert "lockedroom identity new nobody" in ran.err


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"name": "alice"}',
        '{"name": "Bad Name", "private": "00"}',
        "\x00\x01",
        '"text"',
        "[" * 99999,
    ],
)
def test_one_that_makes_no_sense_is_an_error_of_its_own(user: User, content: str) -> None:
    user.home.mkdir()
    file = user.home / "alice.json"
    file.write_text(content)
    file.chmod(0o600)
    ran = user.run("identity", "show", "alice")
    assert ran.code in (Exit.USAGE, Exit.MALFORMED), ran
    assert ran.out == "" and ran.err.count("\n") == 1 and "fault of lockedroom" not in ran.err


def test_one_that_others_can_read_is_refused(user: User) -> None:
    user.new("alice")
    (user.home / "alice.json").chmod(0o644)
    ran = user.run("identity", "show", "alice")
    assert ran.code in (Exit.REFUSED, Exit.USAGE), ran
    assert "fault of lockedroom" not in ran.err
