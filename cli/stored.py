"""`lockedroom check … --memory … --checkpoint …`: where an exploration keeps what it finds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from lockedroom.cli.exits import Exit, Problem, usage

_SIZE: Final = re.compile(r"(\d+)\s*([KMG]?)B?", re.IGNORECASE)
_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}
_LEAST: Final = 10**6


def bytes_of(size: str | None) -> int | None:
    """The bytes that a size such as 200MB means."""
    if size is None:
        return None
    found = _SIZE.fullmatch(size.strip())
    if found is None or int(found[1]) * _UNITS[found[2].upper()] < _LEAST:
        raise usage(f"{size!r} is no size", "give at least 1MB, as in 200MB or 2GB")
    return int(found[1]) * _UNITS[found[2].upper()]


def folder_for(checkpoint: Path | None) -> Path | None:
    """The folder to save to, made where it is not there."""
    if checkpoint is None:
        return None
    try:
        checkpoint.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise usage(f"{checkpoint} is no folder", "name a folder for --checkpoint") from None
    return checkpoint


def only_without(what: str, reason: str, **given: object) -> None:
    """Refuse options that mean nothing together with another one."""
    named = [f"--{name}" for name, value in given.items() if value is not None]
    if named:
        raise usage(f"{', '.join(named)} with {what}", reason)


def unusable(error: Exception) -> Problem:
    """What to say of a checkpoint that cannot be gone on with."""
    return Problem("usage", str(error), "remove it to start anew, or name another folder", Exit.MALFORMED)
