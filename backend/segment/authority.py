"""What makes the creator the creator, beside its key: the segment's id and the last serial and head that it signed,
in a file beside its identity (SEG-GRANT-1, SEG-GRANT-3). Without it nobody grants."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lockedroom.backend.segment import files
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.segment.state import Authority, Pin

KIND: Final = "lockedroom-authority-1"
_FIELDS: Final = frozenset({"segment", "serial", "head"})


@dataclass(frozen=True, slots=True)
class AuthorityFile:
    """The file at `path`; it need not be there yet."""

    path: Path

    def load(self) -> Authority | None:
        """What the file says; None when there is none. Raises BadFile."""
        if not self.path.exists():
            return None
        found = files.read_object(self.path, KIND, _FIELDS)
        serial = found.get("serial")
        if not isinstance(serial, int) or isinstance(serial, bool) or serial < 1:
            raise files.BadFile(files.USAGE, f"{self.path} has no serial that makes sense", "restore it")
        segment, head = (files.hex_field(self.path, KIND, found.get(name)) for name in ("segment", "head"))
        return Authority(segment, Pin(serial, head))

    def save(self, authority: Authority) -> None:
        """Replace the file, whole and on the disk. Raises OSError."""
        segment, head = authority.segment, authority.last.head
        assert isinstance(segment, bytes) and isinstance(head, bytes), "a real suite has bytes"
        values: dict[str, str | int] = {"segment": segment.hex(), "serial": authority.last.serial, "head": head.hex()}
        files.write_object(self.path, KIND, values)

    def remove(self, segment: Bits) -> None:
        """Remove the file, if it is that of this segment, in which there is nothing more to grant. Raises BadFile,
        OSError."""
        kept = self.load()
        if kept is not None and kept.segment == segment:
            self.path.unlink(missing_ok=True)

    def held(self, deadline: float) -> AbstractContextManager[None]:
        """Keep every other process of this creator from granting meanwhile. Raises LockTimeout."""
        return files.folder_locked(self.path, deadline)
