"""The crash corpus: for every transition, its process killed, stopped and forked at every store, and what the others
see compared with what the model allows.

A scene is a room, or a stash, in which a transition is due. What may be seen after its process is killed there is what
the engine sees when the process dies after the transition, or before it, and nothing between; that is followed to the
end, through reaping, coming anew and talking. A process that is stopped, or forks, goes on, and so must all others.
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast, get_args

from lockedroom.conformance.crash_scenes import SCENES, STASH_SCENES, Scene, settings_of
from lockedroom.conformance.derive import Act, acted, derive
from lockedroom.conformance.matrix import Assignment, alone
from lockedroom.conformance.observation import Observation, Seen
from lockedroom.conformance.process import Process
from lockedroom.conformance.protocol import Halt
from lockedroom.conformance.report import EXECUTED, Report, Share
from lockedroom.conformance.report_cases import Candidate, candidate
from lockedroom.conformance.runner import Members, RealRoom, staged
from lockedroom.conformance.schemas import json_of
from lockedroom.conformance.stage import Broken, Divergence, Replayed, Status, Unsupported, differs
from lockedroom.conformance.stash import EngineStash
from lockedroom.conformance.stash_real import stores
from lockedroom.conformance.trace import Settings, Trace, TraceStep

How: TypeAlias = Literal["kill", "stop", "fork"]
Moment: TypeAlias = Literal["before", "during", "after"]

HOWS: Final[tuple[How, ...]] = get_args(How)
MOMENTS: Final[tuple[Moment, ...]] = get_args(Moment)
_STASH_HOWS: Final = HOWS[:2]
"""No clause says anything of a holder that forks."""

_DONE: Final[Mapping[How, str]] = {"kill": "is killed", "stop": "is stopped", "fork": "forks"}
_WATCHED: Final = 0.03
"""Seconds for which a process that is stopped stays so, while another looks at the room."""
_TICK: Final = 0.002
_UNFINISHED: Final = "SEG-STORE-7"
"""What is said of a room whose creator died while laying it out."""


@dataclass(slots=True)
class Crashes:
    """The crash corpus' case of one scene and one way: `play` runs it, and `stores` says then how many stores the
    transition has; at each of them, and at each moment that it has, it happened."""

    scene: Scene
    how: How
    settings: Settings
    stores: int = 0
    _expected: Mapping[str, Trace] = field(default_factory=dict)

    @property
    def trace(self) -> Trace:
        """What is seen where the transition takes place."""
        return next(iter(self._branches().values()))

    def _branches(self) -> Mapping[str, Trace]:
        """Each course that the run may take after the point, told by the engine; the first has the transition."""
        if not self._expected:
            one, before = self.scene, self.scene.before
            if self.how == "kill":
                dead = Act(one.actor, "crash", {})
                courses = {
                    "it happened": (*before, one.act, dead, *one.anew),
                    "it did not happen": (*before, dead, *one.anew),
                }
            else:
                courses = {"it happened": (*before, one.act, *one.onward)}
            self._expected = {name: self._taken(acts) for name, acts in courses.items()}
        return self._expected

    def _taken(self, acts: Sequence[Act]) -> Trace:
        stash = self.settings.protocol == "stash"
        return acted(EngineStash(self.settings), self.settings, acts) if stash else derive(self.settings, acts)

    def candidate(self, name: str) -> Candidate:
        """The case of that id: from the transition on it is about what the scene is about."""
        found, at = candidate(name, self.trace), len(self.scene.before)
        after = tuple(step.union(self.scene.about) for step in found.steps[at:])
        return replace(found, steps=(*found.steps[:at], *after))

    def play(self, trace: Trace, members: Members) -> Replayed:
        """Run it, point by point; what is seen at the first that is not as it must be."""
        self.stores = 0
        try:
            while self._store(self.stores + 1, members):
                self.stores += 1
        except _Wrong as wrong:
            return Replayed(Status.FAILED, wrong.divergence.prefix, wrong.divergence, str(wrong.divergence))
        except Unsupported as why:
            return Replayed(Status.UNSUPPORTED, 0, None, str(why))
        except Broken as why:
            return Replayed(Status.FAILED, 0, None, str(why), why.kind)
        return Replayed(Status.PASSED, len(self.trace.steps))

    def _store(self, number: int, members: Members) -> bool:
        """Whether there is such a store; it happens at each moment that this has."""
        there = self._point(Halt(self.how, "before", number), members)
        if there:
            for moment in MOMENTS[1:]:
                self._point(Halt(self.how, moment, number), members)
        return there

    def _point(self, halt: Halt, members: Members) -> bool:
        """Whether there is such a point; what comes after it is compared. Raises _Wrong, Broken, Unsupported."""
        with staged(self.trace, members) as room:
            room.requires("crash points")
            play = _Point(self, room, halt, members)
            there = play.kill() if self.how == "kill" else play.disturb()
            room.let_go()
            return there


def corpus(protocol: str = "segment") -> Mapping[str, Crashes]:
    """All cases by their ids; of the stash each in each store that there is."""
    found: dict[str, Crashes] = {}
    stash = protocol == "stash"
    for name, scene in (STASH_SCENES if stash else SCENES).items():
        for how in _STASH_HOWS if stash else HOWS:
            case, settings = f"crash/{name.replace(' ', '-')}/{how}", settings_of(scene)
            title = f"{scene.actor} {_DONE[how]} at every store of its {name}"
            for store in stores() if stash else (None,):
                place = f"/in-{store}" if store else ""
                there = replace(settings, title=title + place.replace("/in-", ", in "), store=store)
                found[case + place] = Crashes(scene, how, there)
    return found


def cases(
    globs: Sequence[str], suite: Literal["LR0", "LR1"] | None, implementations: int, protocol: str = "segment"
) -> Iterator[tuple[str, Crashes, Assignment]]:
    """The cases whose ids the globs mean (all, if there are none), each by each implementation alone."""
    found = corpus(protocol).items()
    by_id = {name: one for name, one in found if not globs or any(fnmatchcase(name, glob) for glob in globs)}
    for name, trace, assignment in alone({name: one.trace for name, one in by_id.items()}, suite, implementations):
        one = by_id[re.sub(r"/by-\d+$", "", name)]
        yield name, Crashes(one.scene, one.how, trace.settings), assignment


def with_stores(report: Report, ran: Mapping[str, Crashes]) -> Report:
    """The report with the number of stores at which a process was killed and all was as it must be, of all stores of
    the transitions that were tried."""
    kills = {case.id: ran[case.id] for case in report.cases if case.id in ran and ran[case.id].how == "kill"}
    right = {case.id for case in report.cases if case.verdict in ("pass", "unexpected pass")}
    tried = {case.id for case in report.cases if case.verdict in EXECUTED}
    share = Share(
        sum(one.stores for name, one in kills.items() if name in right),
        sum(one.stores for name, one in kills.items() if name in tried),
        tuple(sorted(name for name in kills if name not in right)),
    )
    return replace(report, coverage={**report.coverage, "stores": share})


class _Wrong(Exception):
    """Something was seen that nothing allows."""

    def __init__(self, divergence: Divergence) -> None:
        super().__init__(divergence)
        self.divergence = divergence


class _Point:
    """One run of a case: to one point, and on from there."""

    def __init__(self, case: Crashes, room: RealRoom, halt: Halt, members: Members) -> None:
        self._case = case
        self._room = room
        self._halt = halt
        self._members = members
        self._at = len(case.scene.before)
        for index, step in enumerate(case.trace.steps[: self._at], start=1):
            self._compare({"": step}, index, self._act(index, step))

    def kill(self) -> bool:
        """Die there; then what is seen must be one of the courses."""
        step = self._case.trace.steps[self._at]
        try:
            self._act(self._at + 1, step, self._halt)
        except Broken as why:
            if why.kind != "ended" or "SIGKILL" not in why.detail:
                raise
        else:
            return False
        courses = {name: self._after(trace) for name, trace in self._case._branches().items()}
        self._follow(courses)
        return True

    def _after(self, trace: Trace) -> Iterator[TraceStep]:
        """The steps of a course from the death on."""
        deaths = [index for index, step in enumerate(trace.steps) if step.operation == "crash" and index >= self._at]
        return iter(trace.steps[deaths[0] :])

    def _follow(self, courses: Mapping[str, Iterator[TraceStep]]) -> None:
        """Go on as the courses do, as long as one of them agrees."""
        index, left = self._at + 2, dict(courses)
        dead = {name: next(steps) for name, steps in left.items()}
        kept = self._compare(dead, index, (Seen("ok"), self._room.observe()))
        left = {name: left[name] for name in kept}
        while left:
            index += 1
            steps = {name: step for name, course in left.items() if (step := next(course, None)) is not None}
            if not steps:
                return
            one = next(iter(steps.values()))
            sight = self._act(index, one)
            if sight[0].clause == _UNFINISHED and one.operation == "create" and "it did not happen" in steps:
                return  # a room that was being laid out is nobody's, and stays so until it is removed
            left = {name: left[name] for name in self._compare(steps, index, sight)}

    def disturb(self) -> bool:
        """Be stopped or fork there, and go on; what is seen meanwhile is what was before or what is after."""
        steps = self._case.trace.steps
        there, seen = self._stopped() if self._halt.by == "stop" else self._forked()
        if there:
            for index, step in enumerate(steps[self._at :], start=self._at + 1):
                self._compare({"": step}, index, seen if index == self._at + 1 else self._act(index, step))
        return there

    def _forked(self) -> tuple[bool, _Sight]:
        seen = self._act(self._at + 1, self._case.trace.steps[self._at], self._halt)
        return self._room.halted, seen

    def _stopped(self) -> tuple[bool, _Sight]:
        """Whether it was stopped, and what was seen once it had gone on."""
        scene, at = self._case.scene, self._at
        number = self._case.settings.members.index(scene.actor)
        pid = cast(Process, self._members.process(number)).pid
        found: list[_Sight] = []
        acting = _Thread(lambda: found.append(self._act(at + 1, self._case.trace.steps[at], self._halt, watch=False)))
        while acting.is_alive() and not _is_stopped(pid):
            time.sleep(_TICK)
        if not _is_stopped(pid):
            acting.end()
            return False, self._looked(found[0])
        seen: list[Observation] = []
        looking = _Thread(lambda: seen.append(self._room.observe_as(scene.witness)))
        looking.join(_WATCHED)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        acting.end()
        looking.end()
        # Who is alive is no part of a step: a life lock is taken before joining, and let go of after leaving.
        allowed = [replace(step.observation, alive=()) for step in self._case.trace.steps[at - 1 : at + 1]]
        if replace(seen[0], alive=()) not in allowed:
            self._wrong(at + 1, "what is visible meanwhile", allowed, seen[0])
        return True, self._looked(found[0])

    def _looked(self, sight: _Sight) -> _Sight:
        return sight[0], self._room.observe()

    # ---- comparing ---------------------------------------------------------------------------------------

    def _act(self, index: int, step: TraceStep, halt: Halt | None = None, *, watch: bool = True) -> _Sight:
        seen = self._room.act(index, step.actor, step.operation, step.arguments, step.room, halt)
        return seen, self._room.observe() if watch else {}

    def _compare(self, steps: Mapping[str, TraceStep], index: int, sight: _Sight) -> Sequence[str]:
        """The courses that agree, of which there is one. Raises _Wrong."""
        found = {name: differs(index, step, *sight) for name, step in steps.items()}
        agree = [name for name, difference in found.items() if difference is None]
        if not agree:
            difference = cast(Divergence, next(iter(found.values())))
            what = difference.what if len(found) < 2 else f"{difference.what} (as in no course)"
            self._wrong(index, what, difference.expected, difference.seen, difference.detail, difference.step)
        return agree

    def _wrong(self, index: int, what: str, expected: object, seen: object, detail: str = "", step: str = "") -> None:
        scene = self._case.scene
        place = f"{scene.actor}'s {scene.operation} {self._halt}" + (f", then {step}" if index != self._at + 1 else "")
        # What the death left is the transition's: its clauses are those that are broken.
        index -= index == self._at + 2 and self._halt.by == "kill"
        raise _Wrong(
            Divergence(index, scene.actor, scene.operation, place, what, json_of(expected), json_of(seen), detail)
        )


_Sight: TypeAlias = tuple[Seen, Mapping[str, Observation]]


class _Thread(threading.Thread):
    """A thread that raises at its end what was raised in it."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._fault: BaseException | None = None
        self.start()

    def run(self) -> None:
        """See `Thread`."""
        try:
            self._work()
        except BaseException as fault:  # noqa: BLE001 (handed to whoever ends the thread)
            self._fault = fault

    def end(self) -> None:
        """Wait for its end. Raises whatever it raised."""
        self.join()
        if self._fault is not None:
            raise self._fault


def _is_stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False
