"""Why proofs say nothing of something: the abstraction that leaves it out, or what stands in for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Outside:
    """Something that no obligation speaks of, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Redundant:
    """A defence without which every obligation is still proved, and which other one stands in for it."""

    reason: str


Place: TypeAlias = "tuple[str, ...] | Outside"
"""The abstract actions that a transition of an engine is, one after the other or one of them."""

Loss: TypeAlias = "str | Outside | Redundant"
"""The obligation that fails without a defence, or why none does."""


def told(defences: Mapping[str, Loss], name: str) -> str:
    """What the proofs have to say of a defence that is switched off. Raises KeyError for one that there is not."""
    match defences[name]:
        case Outside(reason):
            return f"{name}: {reason}"
        case Redundant(reason):
            return f"{name}: another defence stands in for it: {reason}"
        case obligation:
            return f"{name}: what fails without it is “{obligation}”"
