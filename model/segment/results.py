"""Recomputes the committed results: what each defence is for, and the findings on the description.

    python -m lockedroom.model.segment.results [--check]

With --check nothing is written; what differs is named, and the exit code is 1. Explores for minutes. Interrupted, it
writes nothing of what is not whole; the exit code is 130.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from lockedroom.model.crew import INTERRUPTED, processors
from lockedroom.model.segment.defences import judge, written_rows
from lockedroom.model.segment.findings import enumerated, written_findings

HERE: Final = Path(__file__).resolve().parent


def _rows() -> object:
    rows = judge(jobs=processors())
    if any(row.reason == INTERRUPTED for row in rows):
        raise KeyboardInterrupt
    return written_rows(rows)


def _findings() -> object:
    known = enumerated(jobs=processors())
    if known.interrupted:
        raise KeyboardInterrupt
    return written_findings(known)


FILES: Final[Mapping[str, Callable[[], object]]] = {
    "defences.json": _rows,
    "findings.json": _findings,
}
"""Each file with what makes its content."""


def main(arguments: Sequence[str]) -> int:
    """What the command does; the exit code."""
    if list(arguments) not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    differing = []
    for name, make in FILES.items():
        try:
            file, text = HERE / name, json.dumps(make(), ensure_ascii=False, indent=1) + "\n"
        except KeyboardInterrupt:
            return 130
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            differing.append(name)
            if not arguments:
                file.write_text(text, encoding="utf-8")
    for name in differing:
        print(f"model/segment/{name}: {'differs' if arguments else 'written'}")
    return 1 if arguments and differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
