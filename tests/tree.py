"""The project's own files, for the checks that read them all. No check lives here."""

import fnmatch
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def files(suffix: str = "", *, under: str = ".") -> Iterator[Path]:
    """Every file of the tree that `.gitignore` leaves in and whose name ends in `suffix`."""
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]
    pending = [ROOT / under]
    while pending:
        for entry in sorted(pending.pop().iterdir()):
            if entry.name == ".git" or any(fnmatch.fnmatch(entry.name, one) for one in ignored):
                continue
            if entry.is_dir() and not entry.is_symlink():
                pending.append(entry)
            elif entry.name.endswith(suffix):
                yield entry


def config() -> dict[str, Any]:
    """pyproject.toml, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())
