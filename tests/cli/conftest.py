"""What the tests of commands share: a user's home, room names of one's own, and shared memory left as it was."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.run import Ran, inside, left_of


class User:
    """Somebody with a home folder of their own, and a room's name that nobody else has."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.room = f"t{os.getpid()}-{secrets.token_hex(4)}"
        self.env = {"LOCKEDROOM_HOME": str(home)}

    def run(self, *arguments: str | Path, stdin: str = "") -> Ran:
        """Run a command."""
        return inside(*arguments, stdin=stdin, env=self.env)

    def must(self, *arguments: str | Path, stdin: str = "") -> Ran:
        """Run a command that must succeed."""
        ran = self.run(*arguments, stdin=stdin)
        assert ran.code == 0, ran
        return ran

    def segment(self, command: str, *arguments: str, stdin: str = "") -> Ran:
        """Run a segment command on the user's room."""
        return self.run("segment", command, self.room, *arguments, stdin=stdin)

    def new(self, *names: str) -> None:
        """Make identities."""
        for name in names:
            self.must("identity", "new", name)

    def create(self, *members: str) -> None:
        """Make a room of which the first is the creator and to which the others are granted everything."""
        self.new(*members)
        assert self.segment("create", "--as", members[0]).code == 0
        for name in members[1:]:
            assert self.segment("grant", name, "--as", members[0]).code == 0


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    """A user, after whom nothing of its room is left unless the test removed it itself."""
    found = User(tmp_path / "home")
    yield found
    inside("segment", "gc", found.room)
    assert not left_of(found.room)
