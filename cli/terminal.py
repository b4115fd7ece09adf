"""What is common to everything that is printed: consoles, safe text, JSON. No command lives here."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from lockedroom.cli.chart import Chart


def console(*, error: bool = False) -> Console:
    """A console on standard output or error. Colours only on a terminal that has not asked for none (NO_COLOR); text
    that does not fit is never cut."""
    from rich.console import Console

    return Console(stderr=error, highlight=False, markup=False, emoji=False, soft_wrap=True)


def unicode_works() -> bool:
    """Whether standard output can show line drawing."""
    return (sys.stdout.encoding or "ascii").lower().replace("-", "") in ("utf8", "utf16", "utf32")


def drawn(out: Console, lifelines: Sequence[str], *, present: bool = False) -> Chart:
    """A chart that fits the console."""
    from lockedroom.cli.chart import ASCII, UNICODE, Chart

    return Chart(lifelines, width=out.width, strokes=UNICODE if unicode_works() else ASCII, present=present)


def safe(text: str) -> str:
    """The text with everything that a terminal could take for a command, or that reorders it, made visible."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def readable(body: bytes) -> str:
    """A body as safe text: UTF-8 where it is, else hexadecimal."""
    try:
        return safe(body.decode("utf-8"))
    except UnicodeDecodeError:
        return f"0x{body.hex()}"


def print_json(value: Mapping[str, object] | Sequence[object]) -> None:
    """One JSON value on standard output, and nothing else."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def count(number: float) -> str:
    """A number with its thousands apart: 1 234 567."""
    return f"{number:,.0f}".replace(",", " ")
