"""What options of several commands mean."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from lockedroom.cli.exits import usage
from lockedroom.reference import protocols

Protocol: TypeAlias = Annotated[protocols.Protocol, typer.Argument(help="The protocol.")]


def octal(text: str) -> int:
    """The mode that three octal digits mean. Raises Problem."""
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o777:
        raise usage(f"{text!r} is no mode", "give three octal digits, such as 600 or 660")
    return mode
