"""The bounds within which the segment was explored to the end, with all that was counted there: none of it may shrink.

    lockedroom check segment … --json | python -m lockedroom.model.segment.pins {small,large,beyond} [SECONDS]

puts what a check said into `pinned.json`: a pin, `small` where every run of the tests repeats it and `large` where only
the full ones do; or, of bounds that were not exhausted, how far it came. SECONDS are the processor's, where the wall's
that the check says are worth nothing, since the machine did other things too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.properties import PROPERTIES
from lockedroom.model.segment.witnesses import SOMETIMES
from lockedroom.reference.segment.table import TABLE

Group = Literal["small", "large"]

FILE: Final = Path(__file__).with_name("pinned.json")
ENOUGH: Final = 600
"""Seconds after which bounds that are not exhausted do not fit: ten minutes."""
_COUNTS: Final = ("states", "transitions", "depth")
_TALLIES: Final = ("taken", "shown", "judged")


@dataclass(frozen=True, slots=True)
class Pin:
    """What an exploration within bounds came to, in all its phases. `taken`: how often each operation was; `shown`: how
    often what is to happen sometimes did; `judged`: on how many distinct steps or states each property could have been
    violated. `seconds` (of one processor) and `engine_calls` are as they were measured, once; 0 if they were not."""

    bounds: Bounds
    states: int
    transitions: int
    depth: int
    seconds: float
    engine_calls: int
    taken: Mapping[str, int]
    shown: Mapping[str, int]
    judged: Mapping[str, int]

    @property
    def counts(self) -> tuple[int, int, int]:
        """States, transitions, depth."""
        return self.states, self.transitions, self.depth

    def differences(self, other: Pin) -> list[str]:
        """What is not the same within the same bounds, for people. Times and calls differ from run to run; what was
        never tallied here is not compared."""
        found = [
            f"{name}: pinned {getattr(self, name)}, counted {getattr(other, name)}"
            for name in _COUNTS
            if getattr(self, name) != getattr(other, name)
        ]
        for name in _TALLIES:
            pinned, counted = getattr(self, name), getattr(other, name)
            found += [
                f"{name} {one}: pinned {pinned.get(one, 0)}, counted {counted.get(one, 0)}"
                for one in dict.fromkeys((*pinned, *counted))
                if pinned and pinned.get(one, 0) != counted.get(one, 0)
            ]
        return found

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {**asdict(self), "bounds": self.bounds.to_json()}


@dataclass(frozen=True, slots=True)
class Beyond:
    """Bounds that are asked for and have not been exhausted: how many states the exploration that was under way (the
    second, with an intruder) had found, down to which depth, when `seconds` of one processor were over."""

    bounds: Bounds
    states: int
    depth: int
    seconds: float

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {**asdict(self), "bounds": self.bounds.to_json()}


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Something that must happen somewhere: how often it did in some explorations, and within which of their bounds,
    those of the fewest states first. None: nowhere."""

    name: str
    times: int
    within: tuple[Bounds, ...]

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {"name": self.name, "times": self.times, "within": [bounds.to_json() for bounds in self.within]}


@dataclass(frozen=True, slots=True)
class Union:
    """What several explorations witness together: every transition of the protocol's table, what is to happen
    sometimes, and every property, which is vacuous where nothing could have violated it."""

    transitions: tuple[Witnessed, ...]
    sometimes: tuple[Witnessed, ...]
    properties: tuple[Witnessed, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """What none of them witnesses."""
        return tuple(one.name for one in (*self.transitions, *self.sometimes, *self.properties) if not one.times)


def union(pins: Iterable[Pin]) -> Union:
    """The union of some explorations."""
    ordered = sorted(pins, key=lambda pin: pin.states)

    def witnessed(names: Iterable[str], tally: str) -> tuple[Witnessed, ...]:
        return tuple(
            Witnessed(
                name,
                sum(getattr(pin, tally).get(name, 0) for pin in ordered),
                tuple(pin.bounds for pin in ordered if getattr(pin, tally).get(name, 0)),
            )
            for name in names
        )

    return Union(
        witnessed((row.operation for row in TABLE), "taken"),
        witnessed(SOMETIMES, "shown"),
        witnessed((found.name for found in PROPERTIES), "judged"),
    )


# ---- what is committed -------------------------------------------------------------------------------


def pins(group: Group) -> tuple[Pin, ...]:
    """The committed pins of a group."""
    return tuple(Pin(bounds=bounds_of(name), **content) for name, content in _committed()[group].items())


def beyond() -> tuple[Beyond, ...]:
    """The bounds that are asked for and have not been exhausted."""
    return tuple(Beyond(bounds=bounds_of(name), **content) for name, content in _committed()["beyond"].items())


def too_large(bounds: Bounds) -> Beyond | None:
    """What shows that these bounds do not fit: the exploration that was tried for `ENOUGH` seconds and not exhausted,
    within them or within smaller ones, whose behaviours are all theirs too, with as many members and an intruder of the
    same kind; the smallest such. None: nothing does."""
    tried = [
        one
        for one in beyond()
        if one.seconds >= ENOUGH and _kind(one.bounds) == _kind(bounds) and _within(one.bounds, bounds)
    ]
    return min(tried, key=lambda one: sum(asdict(one.bounds).values()), default=None)


def instead(bounds: Bounds) -> tuple[Pin, ...]:
    """The largest committed bounds within these, with as many members and an intruder of the same kind, if there is to
    be one: none of them is within another."""
    below = [
        pin
        for pin in (*pins("small"), *pins("large"))
        if _kind(pin.bounds) == _kind(bounds) and _within(pin.bounds, bounds)
    ]
    return tuple(
        pin for pin in below if not any(_within(pin.bounds, one.bounds) for one in below if one.bounds != pin.bounds)
    )


def _kind(bounds: Bounds) -> tuple[int, int, bool]:
    return bounds.members, bounds.insider, bounds.intruder > 0


def _within(these: Bounds, those: Bounds) -> bool:
    return all(value <= most for value, most in zip(asdict(these).values(), asdict(those).values(), strict=True))


def pin_of(report: Mapping[str, Any]) -> Pin:
    """What a check of the segment said, as a pin."""
    return Pin(
        Bounds(**{name: value for name, value in report["bounds"].items() if name != "settled"}),
        report["states"],
        report["transitions"],
        report["depth"],
        round(report["seconds"], 1),
        report["engine_calls"],
        {name: count for name, count in report["transitions_exercised"].items() if count},
        {name: count for name, count in report["witnesses"].items() if count},
        {found["name"]: found["exercised"] for found in report["properties"] if found["exercised"]},
    )


def named(bounds: Bounds) -> str:
    """The name of bounds in the file: their budgets, those that are 0 left out but for the first three."""
    always = ("members", "messages", "joins")
    return " ".join(f"{name}={value}" for name, value in asdict(bounds).items() if value or name in always)


def bounds_of(name: str) -> Bounds:
    """The bounds of that name."""
    return Bounds(**{key: int(value) for key, _, value in (part.partition("=") for part in name.split())})


@cache
def _committed() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    found: Mapping[str, Mapping[str, Mapping[str, Any]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


# ---- committing --------------------------------------------------------------------------------------


def written(report: Mapping[str, Any], group: str, seconds: float | None) -> dict[str, object]:
    """The content of the file with what a check said in it."""
    pin = pin_of(report)
    pin = replace(pin, seconds=pin.seconds if seconds is None else seconds)
    content: dict[str, object] = asdict(pin)
    if group == "beyond":
        last = report["phases"][-1]
        content = asdict(Beyond(pin.bounds, last["states"], last["depth"], pin.seconds))
    del content["bounds"]
    name = named(pin.bounds)
    others = {each: {one: of for one, of in held.items() if one != name} for each, held in _committed().items()}
    return {each: {**held, name: content} if each == group else held for each, held in others.items()}


def text(content: Mapping[str, object]) -> str:
    """The content as the file has it: a line for each of the bounds."""
    groups = []
    for group, held in content.items():
        assert isinstance(held, Mapping), "groups hold bounds"
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(of)}" for name, of in held.items())
        groups.append(f" {json.dumps(group)}: {{\n{lines}\n }}")
    return "{\n" + ",\n".join(groups) + "\n}\n"


def main(arguments: Sequence[str]) -> int:
    """What the command does; the exit code."""
    if not arguments or len(arguments) > 2 or arguments[0] not in (*get_args(Group), "beyond"):
        print(__doc__, file=sys.stderr)
        return 2
    report = json.load(sys.stdin)
    if arguments[0] != "beyond" and report["verdict"] != "holds":
        print(f"no pin: it {report['verdict']}, {report['reason']}", file=sys.stderr)
        return 1
    FILE.write_text(text(written(report, arguments[0], float(arguments[1]) if arguments[1:] else None)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
