"""What is proved of each protocol: its system, what that has to do with the engine, and the evidence that it is not
vacuous. Commands and chapters go by this; nothing else here knows which protocols there are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from lockedroom.model.proofs.bounded import Bounded
from lockedroom.model.proofs.losses import Attacked
from lockedroom.model.proofs.refined import Mistakes
from lockedroom.model.proofs.scope import Loss, Place
from lockedroom.model.proofs.segment import mistakes as segment_mistakes
from lockedroom.model.proofs.segment import scope as segment_scope
from lockedroom.model.proofs.segment import small as segment_small
from lockedroom.model.proofs.segment import whole as segment_whole
from lockedroom.model.proofs.segment.witnesses import WITNESSES as SEGMENT_WITNESSES
from lockedroom.model.proofs.stash import refined as stash_refined
from lockedroom.model.proofs.stash import scope as stash_scope
from lockedroom.model.proofs.stash import small as stash_small
from lockedroom.model.proofs.stash import whole as stash_whole
from lockedroom.model.proofs.system import System
from lockedroom.model.proofs.vacuity import Needs, Witness
from lockedroom.model.segment.defences import committed_rows
from lockedroom.model.stash import PROPERTIES, Bounds, stash_subject
from lockedroom.model.subjects import check_subject
from lockedroom.reference.profile import Profile, Switches
from lockedroom.reference.segment.profile import SWITCHES as SEGMENT_SWITCHES
from lockedroom.reference.stash.profile import HARDENED as STASH
from lockedroom.reference.stash.profile import SWITCHES as STASH_SWITCHES

NEEDED: Final = "needed.json"
"""In the package of a protocol's system: what `python -m lockedroom.model.proofs.needed` found."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is proved of one protocol. `transitions`: which abstract actions each of the engine's is; `defences`: what
    fails without each, and `attacks` what the explorer makes of its loss; `outside`: what no obligation speaks of;
    `witnesses` take every action; it is unrolled within the bounds of `ladder`;
    `mistakes` are those of its engine under the refinement check."""

    name: str
    system: Callable[[Profile], System]
    switches: Switches
    transitions: Mapping[str, Place]
    defences: Mapping[str, Loss]
    attacks: Callable[[], Mapping[str, Attacked]]
    outside: tuple[str, ...]
    witnesses: tuple[Witness, ...]
    ladder: Callable[[], tuple[Bounded, ...]]
    mistakes: Mistakes

    def needs(self) -> Needs:
        """What was found to fail, as it is written down."""
        file = resources.files(f"lockedroom.model.proofs.{self.name}").joinpath(NEEDED)
        found = json.loads(file.read_text(encoding="utf-8"))
        return Needs(found["guards"], found["invariants"], found["violations"])


def _segment_attacks() -> Mapping[str, Attacked]:
    """As they are written down: `lockedroom defences` finds them anew."""
    return {
        row.defence.name: Attacked(row.attack.falls, row.attack.length, row.off[1:])
        for row in committed_rows()
        if row.attack is not None
    }


def _stash_attacks() -> Mapping[str, Attacked]:
    """Explored now, within small bounds: it takes seconds."""
    bounds = Bounds(writes=2)
    found = {
        one.name: check_subject(
            stash_subject(bounds, STASH.without(one.name), PROPERTIES), "stash", bounds.to_json()
        ).violation
        for one in STASH_SWITCHES.defences
    }
    return {name: Attacked(one.property, len(one.path)) for name, one in found.items() if one is not None}


def protocol(name: str) -> Protocol:
    """What is proved of the protocol of that name. Raises KeyError for one that there is not."""
    return {
        "segment": Protocol(
            "segment",
            segment_whole.segment,
            SEGMENT_SWITCHES,
            segment_scope.TRANSITIONS,
            segment_scope.DEFENCES,
            _segment_attacks,
            segment_scope.OUTSIDE,
            SEGMENT_WITNESSES,
            segment_small.ladder,
            segment_mistakes.MISTAKES,
        ),
        "stash": Protocol(
            "stash",
            stash_whole.stash,
            STASH_SWITCHES,
            stash_scope.TRANSITIONS,
            stash_scope.DEFENCES,
            _stash_attacks,
            stash_scope.OUTSIDE,
            stash_scope.WITNESSES,
            stash_small.ladder,
            stash_refined.MISTAKES,
        ),
    }[name]
