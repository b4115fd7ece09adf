"""Builds the implementation in C."""

from __future__ import annotations

import subprocess
from pathlib import Path

SOURCES = Path(__file__).parent / "c"


def made(out: Path, *options: str) -> str:
    """The adapter, built in `out`."""
    command = ["make", "-C", str(SOURCES), f"OUT={out}", *options]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return str(out / "adapter")
