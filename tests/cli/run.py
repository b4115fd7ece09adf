"""Runs the command as a user does: a process of its own, its output, its exit code, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Ran:
    """What a command gave."""

    code: int
    out: str
    err: str


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a user whose PATH has the virtual environment first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKEDROOM", "COLUMNS"))}
    return {**kept, "PATH": f"{BIN}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", **(extra or {})}


def lockedroom(
    *arguments: str | Path,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    seconds: float = 60,
    cwd: Path | None = None,
) -> Ran:
    """Run `lockedroom` with these arguments. It must end in time and never show a traceback."""
    done = subprocess.run(
        [BIN / "lockedroom", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=seconds,
        env=environment(env),
        cwd=cwd,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def shared_memory() -> set[str]:
    """What of ours lies in shared memory."""
    return {name for name in os.listdir("/dev/shm") if "lockedroom" in name}
