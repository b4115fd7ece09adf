"""The protocols by their names. Nothing is imported here: commands say these names before they do anything."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

Protocol: TypeAlias = Literal["segment", "stash"]
"""The name of a protocol."""

NAMES: Final[tuple[Protocol, ...]] = get_args(Protocol)
"""Every protocol, in the order in which they are told of."""
