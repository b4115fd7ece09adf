"""Who a member is: its name and static signing key, in a file that only it can read, and what it hands out of that."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from lockedroom.backend.segment import files
from lockedroom.backend.segment.authority import AuthorityFile
from lockedroom.reference.crypto.real import LR0, RealSuite
from lockedroom.reference.segment.codec import is_name

KIND: Final = "lockedroom-identity-1"
_FIELDS: Final = frozenset({"name", "signing"})
_KEY: Final = 32
_GROUPS: Final = 8


class BadIdentity(files.BadFile):
    """A name that no member can have, or a text that is no public identity."""


@dataclass(frozen=True, slots=True)
class PublicIdentity:
    """What others may know of a member: its name, and its static public key (Ed25519, 32 bytes)."""

    name: str
    key: bytes

    def __post_init__(self) -> None:
        """Raises BadIdentity (SEG-NAME-1)."""
        _check_name(self.name)
        if len(self.key) != _KEY:
            raise BadIdentity(files.USAGE, f"a public key has {_KEY} bytes, not {len(self.key)}", "copy it whole")

    @property
    def text(self) -> str:
        """Name and key in one word, to be copied: `alice:` and 64 hexadecimal digits."""
        return f"{self.name}:{self.key.hex()}"

    @property
    def fingerprint(self) -> str:
        """The first 16 bytes of the key's SHA-256, in groups of four digits, to be compared by people."""
        digest = hashlib.sha256(self.key).hexdigest()
        return "-".join(digest[4 * group : 4 * group + 4] for group in range(_GROUPS))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The public identity in a `text`. Raises BadIdentity."""
        name, _, digits = text.strip().partition(":")
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            key = b""
        if len(key) != _KEY or len(digits) != 2 * _KEY:
            raise BadIdentity(
                files.USAGE, f"{text!r} is no public identity", "it is NAME:KEY, KEY 64 hexadecimal digits"
            )
        return cls(name, key)


@dataclass(frozen=True, slots=True)
class Identity:
    """A member's name and its static private key. `path` is the file that it is kept in, if it is: beside that lies
    what makes it the creator of its rooms."""

    name: str
    signing: bytes = field(repr=False)
    path: Path | None = None

    def __post_init__(self) -> None:
        """Raises BadIdentity (SEG-NAME-1)."""
        _check_name(self.name)

    @classmethod
    def new(cls, name: str) -> Self:
        """A new identity from the system's randomness, kept nowhere yet. Raises BadIdentity."""
        return cls(name, os.urandom(_KEY))

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """The identity in a file of mode 0600. Raises BadFile."""
        path = Path(path)
        found = files.read_object(path, KIND, _FIELDS)
        name = found.get("name")
        if not isinstance(name, str):
            raise files.BadFile(files.USAGE, f"{path} has no name", "restore it, or make a new one")
        return cls(name, files.hex_field(path, KIND, found.get("signing")), path)

    def save(self, path: Path | str) -> Self:
        """Keep it in a new file of mode 0600, and give the identity that is kept there. Raises FileExistsError for
        one that is there already: no identity is overwritten; OSError."""
        path = Path(path)
        files.write_object(path, KIND, {"name": self.name, "signing": self.signing.hex()}, fresh=True)
        return replace(self, path=path)

    @property
    def public(self) -> PublicIdentity:
        """What others may know of it."""
        return PublicIdentity(self.name, RealSuite(LR0).signing_public(self.signing))

    def authority(self, room: str) -> AuthorityFile | None:
        """The file beside this identity's that makes it the creator of the room; None when it is kept in no file."""
        if self.path is None:
            return None
        return AuthorityFile(self.path.with_name(f"{self.path.name}.{room}.authority"))


def _check_name(name: str) -> None:
    if not is_name(name):
        raise BadIdentity(
            "SEG-NAME-1", f"{name!r} is no member's name", "use 1 to 31 of a-z, 0-9, '.', '_' and '-', no mark first"
        )
