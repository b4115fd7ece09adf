"""Small private files: read only when nobody else can read or change them, written whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from lockedroom.backend import clauses, errors, interrupts
from lockedroom.backend.errors import BackendError, ExitCode

USAGE: Final = "usage"
"""Stands in an error for a rule of usage that no clause speaks of."""

_LARGEST: Final = 1 << 16
_PAUSE: Final = 0.005


class BadFile(BackendError):
    """A file of a member that cannot be used: missing, somebody else's to read, or without sense."""

    exit_code = ExitCode.USAGE


def read_object(path: Path, kind: str, fields: frozenset[str]) -> dict[str, str | int]:
    """The JSON object in a file of mode 0600 that this user owns, with just these fields, all of them texts or
    numbers, and `format` saying `kind`. Raises BadFile."""
    data = _private_bytes(path)
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _senseless(path, kind, "it is no JSON") from None
    if not isinstance(found, dict) or found.get("format") != kind:
        raise _senseless(path, kind, "it does not say so")
    if found.keys() != fields | {"format"}:
        raise _senseless(path, kind, "it has other fields")
    return {name: value for name, value in found.items() if isinstance(value, str | int) and name != "format"}


def hex_field(path: Path, kind: str, value: object) -> bytes:
    """32 bytes from their 64 hexadecimal digits. Raises BadFile."""
    with contextlib.suppress(ValueError, TypeError):
        if isinstance(value, str) and len(value) == 64:
            return bytes.fromhex(value)
    raise _senseless(path, kind, "a key in it is not 64 hexadecimal digits")


def write_object(path: Path, kind: str, values: Mapping[str, str | int], *, fresh: bool = False) -> None:
    """Write such a file: complete and on the disk under another name first, then under its own. `fresh`: refuse
    (FileExistsError) when there is one already. Raises OSError."""
    text = json.dumps({"format": kind, **values}, indent=2) + "\n"
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if fresh:
            os.link(beside, path)
        else:
            os.rename(beside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def folder_locked(path: Path, deadline: float) -> Iterator[None]:
    """Hold the folder of `path` against every other process that does so, too. `deadline` is in time.monotonic().
    Raises LockTimeout (SEG-LOCK-1)."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        while True:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                interrupts.look()
                if time.monotonic() >= deadline:
                    raise errors.LockTimeout(
                        clauses.LOCK,
                        f"another process holds the files in {path.parent}, and did until the deadline",
                        "try again; if it lasts, one that grants is stopped: continue or kill it",
                    ) from None
                time.sleep(_PAUSE)
        yield
    finally:
        os.close(folder)


def _private_bytes(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise BadFile(USAGE, f"there is no file {path}", "check the path, or make one") from None
    except OSError as error:
        raise BadFile(
            USAGE, f"{path} cannot be opened ({error.strerror})", "check the path, its owner and mode"
        ) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise BadFile(USAGE, f"{path} is no regular file", "check the path")
        if status.st_mode & 0o077:
            raise BadFile(USAGE, f"others may read or change {path}, which holds a secret", f"chmod 600 {path}")
        if status.st_uid not in (os.geteuid(), 0):
            raise BadFile(USAGE, f"{path} is somebody else's", "use a file of your own")
        if status.st_size > _LARGEST:
            raise BadFile(USAGE, f"{path} is far too long", "check the path")
        return os.read(descriptor, _LARGEST)
    finally:
        os.close(descriptor)


def _senseless(path: Path, kind: str, why: str) -> BadFile:
    return BadFile(USAGE, f"{path} is no {kind}: {why}", "restore it, or make a new one")
