"""Whether the segment's engine refines what is proved, within bounds."""

from __future__ import annotations

from typing import Final

from lockedroom.model.proofs.refined import Refining
from lockedroom.model.proofs.segment.refinement import Refinement
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.engine import REFERENCE, Logic
from lockedroom.model.segment.machine import segment_machine
from lockedroom.model.segment.mutants import BY_NAME

REFINING: Final[Refining[Bounds, Logic]] = Refining(
    lambda bounds, logic: segment_machine(Setting(bounds), logic),
    lambda bounds, _: Refinement(bounds),
    REFERENCE,
    BY_NAME,
)
by_entries, by_edges = REFINING.by_entries, REFINING.by_edges
