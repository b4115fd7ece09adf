"""Write the generated sections of the chapters, or check that they are what the engine and the backend say.

    python -m lockedroom.spec.generate [--check]

Each stands between `<!-- generated: NAME -->` and `<!-- end generated -->`. With --check nothing is written;
the names of the chapters that differ are printed, and the exit code is 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from lockedroom.reference.tables import TABLES
from lockedroom.spec import diagram, formal, object_tables, refusals, registry, tables

HERE: Final = Path(__file__).resolve().parent

SECTIONS: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = {
    "segment.md": {
        "constants": tables.constants,
        "records": tables.byte_tables,
        "transcripts": tables.transcripts,
        "transitions": tables.transitions,
        "refusals": refusals.refusal_table,
        "diagram": diagram.diagrams,
        "limits": object_tables.limits,
        "regions": object_tables.places,
        "locks": object_tables.locks,
        "clauses": lambda: tables.index(registry.clauses()),
    },
    "profiles.md": {"defences": tables.defences},
    "stash.md": {
        "transitions": lambda: tables.transitions(TABLES["stash"].rows),
        "defences": lambda: tables.defences(TABLES["stash"].switches),
    },
    "segment-formal.md": formal.sections("segment"),
    "stash-formal.md": formal.sections("stash"),
}
"""The generated sections of each chapter, and what makes them."""

_SECTION: Final = re.compile(r"(<!-- generated: (?P<name>[a-z]+) -->\n).*?(<!-- end generated -->)", re.DOTALL)


def generated(text: str, sections: Mapping[str, Callable[[], str]]) -> str:
    """The chapter's text with every generated section made anew. Raises ValueError when the sections in the
    text are not, each once, those that there are."""
    found = [match["name"] for match in _SECTION.finditer(text)]
    if sorted(found) != sorted(sections):
        raise ValueError(f"the chapter has the sections {found}, not {list(sections)}")
    return _SECTION.sub(lambda m: f"{m[1]}\n{sections[m['name']]()}\n\n{m[3]}", text)


def main(arguments: Sequence[str]) -> int:
    """What the command does; the exit code."""
    if list(arguments) not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    differing = []
    for name, sections in SECTIONS.items():
        file = HERE / name
        old = file.read_text(encoding="utf-8")
        new = generated(old, sections)
        if new != old:
            differing.append(name)
            if not arguments:
                file.write_text(new, encoding="utf-8")
    for name in differing:
        print(f"spec/{name}: {'differs: run python -m lockedroom.spec.generate' if arguments else 'written'}")
    return 1 if arguments and differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
