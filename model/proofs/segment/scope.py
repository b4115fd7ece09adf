"""What the proofs speak of and what they do not: the engine's transitions and defences, each with its place in the
abstract system or the abstraction that leaves it out."""

from __future__ import annotations

from typing import Final

OUTSIDE: Final = (
    "progress, capacity and room: a refusal because something is full is free, and may come at any time",
    "who lives: death is a leave that may come at any time, reaping ends sessions on the reaper's word",
    "crashes inside a step, and what the store's bytes do: the crash tests' part",
    "what an honest store adds (nothing lost, all or nothing, agreement on the sending key after a crossing)",
)
"""What no obligation speaks of."""
