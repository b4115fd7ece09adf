"""The registry of clauses: every promise of the chapters, by its id.

A clause is a paragraph that begins with its id in bold. Nothing here knows what implements a clause; the
chapters are read as text, and are the only source.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib.resources import files
from typing import Final

CHAPTERS: Final = ("conventions.md", "suites.md", "segment.md", "profiles.md", "stash.md", "adapter.md")
"""The normative chapters, in the order in which they are read. One that is not there yet has no clauses."""

ID: Final = re.compile(r"[A-Z][A-Z0-9]*-[A-Z]+-[1-9][0-9]*")
CITATION: Final = re.compile(rf"\b{ID.pattern}(?: to [0-9]+\b)?")
"""One or several clauses, as texts name them; `expanded` says which they are."""

_CLAUSE: Final = re.compile(rf"\*\*({ID.pattern})\*\*\s+")
_HEADING: Final = re.compile(r"(#+)\s+(.*)")


class Level(Enum):
    """How strongly a clause binds: by the strongest word in it. A FACT defines, or says what is not promised."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"
    FACT = "FACT"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: its id, its text without the id, the section that it stands in, and the chapter's file."""

    id: str
    text: str
    section: str
    chapter: str

    @property
    def level(self) -> Level:
        """How strongly it binds."""
        words = set(re.findall(r"\b(?:MUST|SHOULD|MAY)\b", self.text))
        return next((level for level in Level if level.value in words), Level.FACT)

    @property
    def area(self) -> str:
        """Its area: the id without the number."""
        return self.id.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Exemption:
    """A clause that is deliberately not implemented, or not tested in one way, and why."""

    clause: str
    what: str
    reason: str


def chapter(name: str) -> str | None:
    """The text of a chapter, or None when it is not there."""
    file = files("lockedroom.spec") / name
    return file.read_text(encoding="utf-8") if file.is_file() else None


def clauses() -> Mapping[str, Clause]:
    """Every clause of every chapter, by its id, in reading order. Raises ValueError when two have one id."""
    found: dict[str, Clause] = {}
    for name in CHAPTERS:
        for clause in _parsed(name, chapter(name) or ""):
            if clause.id in found:
                raise ValueError(f"{clause.id} stands twice: {found[clause.id].chapter} and {name}")
            found[clause.id] = clause
    return found


def expanded(citation: str) -> tuple[str, ...]:
    """The ids that a citation means: `SEG-SEND-1` itself, `SEG-SEND-1 to 3` three."""
    first, _, last = citation.partition(" to ")
    area, _, number = first.rpartition("-")
    return tuple(f"{area}-{n}" for n in range(int(number), int(last or number) + 1))


def exemptions() -> tuple[Exemption, ...]:
    """What is deliberately not done (`exceptions.toml`), each with its reason."""
    table = tomllib.loads(chapter("exceptions.toml") or "")
    return tuple(Exemption(**entry) for entry in table.get("exception", ()))


def _parsed(name: str, text: str) -> Iterator[Clause]:
    section = ""
    for paragraph in re.split(r"\n\s*\n", text):
        heading = _HEADING.match(paragraph)
        if heading:
            section = heading[2].splitlines()[0].strip()
        clause = _CLAUSE.match(paragraph)
        if clause:
            yield Clause(clause[1], " ".join(paragraph[clause.end() :].split()), section, name)
