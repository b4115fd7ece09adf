"""The README's copy-paste blocks: what they say to type, and what they say comes out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.tree import ROOT

README = ROOT / "README.md"
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = frozenset({"console", "python"})
"""The languages of blocks that are run; `mermaid` and `text` are looked at."""

_NUMBER = re.compile(r"\d+([ ,.]\d+)*")
_HEXADECIMAL = re.compile(r"\b[0-9a-f]{16,}\b")
_ELLIPSIS = "⋮"


@dataclass(frozen=True)
class Typed:
    """One command of a console block, and the output that is shown for it."""

    command: str
    shown: str


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    text: str

    def typed(self) -> list[Typed]:
        """The commands of a console block in order, continued lines put together."""
        found: list[Typed] = []
        lines = self.text.splitlines()
        while lines:
            line = lines.pop(0)
            assert line.startswith("$ "), f"a console block begins with a command: {line!r}"
            command = line[2:]
            while command.endswith("\\"):
                command = command[:-1] + lines.pop(0).removeprefix("> ")
            shown = []
            while lines and not lines[0].startswith("$ "):
                shown.append(lines.pop(0))
            found.append(Typed(command, "\n".join(shown)))
        return found


def blocks(file: Path = README) -> list[Block]:
    """Every fenced block of a file, in order."""
    return [Block(language, text) for language, text in _FENCE.findall(file.read_text(encoding="utf-8"))]


def agrees(shown: str, printed: str) -> bool:
    """Whether what is shown is what was printed: numbers, spaces at line ends and table widths may differ, and a line
    of `⋮` stands for any lines."""
    wanted, found = _normal(shown), _normal(printed)
    pattern = r"\n".join(r"(?:.*\n)*?.*" if line == _ELLIPSIS else re.escape(line) for line in wanted)
    return re.fullmatch(pattern, "\n".join(found)) is not None


def _normal(text: str) -> list[str]:
    return [_normal_line(line) for line in text.strip().splitlines()]


def _normal_line(line: str) -> str:
    """Without what differs from run to run: keys, numbers, and the widths that depend on them."""
    line = _HEXADECIMAL.sub("#", line)
    line = _NUMBER.sub("#", line)
    return re.sub(r"[─━═]+", "─", re.sub(r" +", " ", line)).strip()
