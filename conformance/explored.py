"""What the corpus is made of: the explorations whose paths it takes, and the traces that come of them.

Each exploration has a room that is small in another way, so that every limit is met. They are cut off at a number of
states: breadth first, in a fixed order, so the same paths are found every time, and they are shortest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from lockedroom.conformance.derive import act_of, derive
from lockedroom.conformance.trace import Settings, Trace
from lockedroom.conformance.weave import Path, continued, cover, crossed, estranged
from lockedroom.model.explore import explore
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.machine import segment_machine
from lockedroom.reference.segment.records import ALL_RIGHTS, EXCHANGE, JOIN, Capacity

RECORD: Final = 2048
"""The size of a record's cell: an LR1 exchange fits."""

SETTINGS: Final = (
    Setting(Bounds(2, 1, 1, rotations=1, crashes=1), Capacity(2, 2, 2, 4, RECORD), aftermath=True),
    Setting(Bounds(2, 1, 2, crashes=1), Capacity(2, 2, 2, 4, RECORD)),
    Setting(Bounds(2, 2, 1, rotations=1), Capacity(2, 1, 1, 2, RECORD)),
    Setting(Bounds(2, 1, 1, revocations=1), Capacity(2, 2, 2, 4, RECORD), rights=(ALL_RIGHTS, JOIN | EXCHANGE, JOIN)),
    Setting(Bounds(2, 2, 1, revocations=1), Capacity(2, 2, 2, 4, RECORD)),
    Setting(Bounds(3, 1, 1), Capacity(3, 1, 2, 3, RECORD)),
    Setting(Bounds(2, 1, 1), Capacity(1, 1, 1, 4, RECORD)),
)
"""The explorations."""

STATES: Final = {2: 20_000, 3: 40_000}
"""How many states of each exploration are looked at, by the number of its members."""


def settings_of(setting: Setting, number: int) -> Settings:
    """What members are told in a trace of the `number`-th exploration."""
    return Settings(
        "lockedroom-trace-1",
        "segment",
        "hardened",
        "LR1",
        setting.capacity,
        setting.bounds.names,
        hashlib.sha256(f"lockedroom corpus, exploration {number}".encode()).hexdigest(),
        "",
        f"explored: {setting.bounds}",
        {name: value for name, value in setting.bounds.to_json().items() if value},
    )


def paths() -> Iterator[Path]:
    """A shortest path to every behaviour of every exploration, and what else is worth a path of its own."""
    for number, setting in enumerate(SETTINGS):
        settings = settings_of(setting, number)
        found = explore(segment_machine(setting), state_limit=STATES[setting.bounds.members])
        for one in found.behaviours():
            path = Path(settings, tuple(act_of(taken.action) for taken in one.path))
            yield path
            yield from estranged(path)
            yield from continued(path)
            yield from crossed(path)


def corpus() -> Mapping[str, Trace]:
    """The traces of the corpus by the name of their file, without suffix."""
    found: dict[str, Trace] = {}
    for number, path in enumerate(cover(paths()), start=1):
        last = path.acts[-1]
        bare = derive(path.settings, path.acts)
        title = f"{number:02d}: {len(path.acts)} steps to {last.actor}'s {last.operation}"
        found[f"{number:02d}-{last.operation}"] = replace(bare, settings=replace(bare.settings, title=title))
    return found
