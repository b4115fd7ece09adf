"""Making a cover, in several processes, and what becomes of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from lockedroom.model.crew import INTERRUPTED, Crew, processors
from lockedroom.model.proofs.refined import Refined, Word
from lockedroom.model.proofs.segment.cover import Cover, Part, Private, Record
from lockedroom.model.report import Progress
from lockedroom.model.segment.answers import Answer, NoAnswer, Question
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.engine import REFERENCE, Logic
from lockedroom.model.segment.mutants import BY_NAME

_CHUNK: Final = 200
"""Private states that a process is given at once."""


_ASKED: Final = {
    "header": "headers",
    "list": "lists",
    "announcement": "announcements",
    "posts": "posts",
    "first": "first records of lanes",
}
"""What is asked, for people."""


@dataclass(frozen=True, slots=True)
class Covered(Refined):
    """What became of it. `states` are the private states of all members, `transitions` the ways to answer, `depth` the
    rounds until nothing was new. A fault is a step that is none, to which perhaps no run leads."""

    @property
    def verdict(self) -> Word:
        """What it comes to."""
        return "refines" if self.complete and not self.fault else "incomplete"

    @property
    def exit_code(self) -> int:
        """0 it refines, 4 incomplete."""
        return 0 if self.verdict == "refines" else 4

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {**super(Covered, self).to_json(), "answers": dict(self.answers)}


_made: dict[int, Cover] = {}
"""What this process looks with, for one making of a cover: by its number."""

_number: Final = count(1)


def _looked(
    making: int,
    bounds: Bounds,
    mutant: str | None,
    given: Mapping[Question, Sequence[Answer]],
    left: tuple[Record, ...],
    privates: Sequence[tuple[Private, Mapping[Question, int]]],
) -> Part:
    """What `Cover.looked` gives, where so much is known."""
    if making not in _made:
        _made.clear()
        _made[making] = Cover(bounds, _logic(mutant))
    cover = _made[making]
    cover.answers.extend(given)
    cover.left.update(dict.fromkeys(left))
    return cover.looked(privates)


def _logic(mutant: str | None) -> Logic:
    return BY_NAME[mutant].logic() if mutant else REFERENCE


def covered(
    bounds: Bounds,
    mutant: str | None = None,
    *,
    jobs: int | None = None,
    time_limit: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Covered:
    """Judge every step of a cover; the first that is none ends it. Raises ValueError for bounds without one."""
    began = time.monotonic()
    cover, making = Cover(bounds, _logic(mutant)), next(_number)
    whole, rounds, reason, looked = Part(), 0, "", 0

    def told(done: int, of: int) -> None:
        seconds = time.monotonic() - began
        if progress is not None:
            left = max(0, len(cover.privates) - looked)
            progress(Progress("cover", whole.ways, left, rounds, whole.ways / max(seconds, 1e-9), seconds))
        if time_limit is not None and seconds > time_limit:
            raise TimeoutError

    def take(number: int, part: Part) -> None:
        nonlocal looked
        looked += _CHUNK
        whole.take(part)
        told(0, 0)

    try:
        with Crew(jobs or processors()) as crew:
            while not whole.fault and (stale := cover.stale()):
                rounds += 1
                looked = len(cover.privates) - len(stale)
                given, left = cover.answers.of, tuple(cover.left)
                chunks = [stale[at : at + _CHUNK] for at in range(0, len(stale), _CHUNK)]
                for part in crew.each(
                    _looked, [(making, bounds, mutant, given, left, one) for one in chunks], told, take
                ):
                    cover.learn(part)
                hostile = cover.hostile()
                whole.take(hostile)
                cover.learn(hostile)
    except KeyboardInterrupt:
        reason = INTERRUPTED
    except TimeoutError:
        reason = f"the time limit of {time_limit:g} s"
    except NoAnswer as beyond:
        reason = f"a cover has no answer where {beyond}"
    if whole.fault:
        reason = "a step, to which perhaps no run leads, is none of what is proved"
    sizes: Counter[str] = Counter()
    for question, those in cover.answers.of.items():
        sizes[_ASKED[str(question[0])]] += len(those)
    return Covered(
        bounds,
        "ways to answer",
        {operation: dict(those) for operation, those in sorted(whole.counts.items())},
        tuple(action.name for action in cover.judge.system.actions),
        not reason,
        reason,
        len(cover.privates),
        whole.ways,
        time.monotonic() - began,
        rounds,
        whole.fault,
        (),
        dict(sizes),
    )
