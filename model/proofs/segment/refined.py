"""Whether the segment's engine refines what is proved, within bounds."""

from __future__ import annotations

from collections.abc import Callable

from lockedroom.model.proofs import refined
from lockedroom.model.proofs.refined import Refined
from lockedroom.model.proofs.segment.refinement import Refinement
from lockedroom.model.report import Progress
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.engine import REFERENCE, Logic
from lockedroom.model.segment.machine import segment_machine


def by_entries(
    bounds: Bounds,
    logic: Logic = REFERENCE,
    *,
    jobs: int | None = None,
    time_limit: float | None = None,
    memory: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Refined:
    """Check every memo entry of an exploration; the first that is no step ends it."""
    machine = segment_machine(Setting(bounds), logic)
    return refined.by_entries(
        machine, Refinement(bounds), bounds, jobs=jobs, time_limit=time_limit, memory=memory, progress=progress
    )


def by_edges(bounds: Bounds, logic: Logic = REFERENCE, *, time_limit: float | None = None) -> Refined:
    """Check every edge between whole states, all their slots mapped; the first that is no step ends it."""
    return refined.by_edges(segment_machine(Setting(bounds), logic), Refinement(bounds), bounds, time_limit=time_limit)
