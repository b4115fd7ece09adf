"""Hunts for mutants by several processes, and what each of them does. Nothing is printed here.

A hunt explores a protocol with a mistake in it until a property is violated, and has the validator take the way there
anew. A control explores it without a mistake within the same bounds: what kills a mutant must not kill the reference.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lockedroom.cli.chart import Move
from lockedroom.cli.explored import explored
from lockedroom.cli.moves import lifelines, moves
from lockedroom.conformance.model_trace import model_trace, write_model_trace
from lockedroom.model.crew import started
from lockedroom.model.mutant import Mutant
from lockedroom.model.protocols import Bounds as Bounds
from lockedroom.model.protocols import Mistake as Mistake
from lockedroom.reference.errors import EngineError

Task: TypeAlias = "Mistake | Bounds"
"""A mutant to hunt; or bounds within which to run the control."""
Fate = Literal["killed", "survives", "not judged", "raises"]


@dataclass(frozen=True, slots=True)
class Hunted:
    """What became of a mutant: its fate (`raises`: it does not match the source, or makes the engine raise, and so
    shows nothing); of a killed one the property that its shortest trace violates, all that fall
    with that step or level, how, and the trace (its length in steps, its file's text, its lifelines and moves); states
    explored, seconds."""

    mutant: Mistake
    fate: Fate
    property: str = ""
    fallen: tuple[str, ...] = ()
    message: str = ""
    steps: int = 0
    trace: str = ""
    lifelines: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    states: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Controlled:
    """What became of the engine without a mistake within bounds."""

    bounds: Bounds
    verdict: str
    states: int = 0
    seconds: float = 0.0


Answer: TypeAlias = "Hunted | Controlled"


def hunt(mutant: Mistake) -> Hunted:
    """Explore its protocol with this mistake within the mutant's bounds. Raises NotApplicable when the mistake does not
    match the source, ActionFault when the engine raises because of it, Unconfirmed for a fault of ours."""
    report, shown = explored(mutant.bounds, mutant)
    fallen = tuple(found.name for found in report.properties if found.verdict == "violated")
    if shown is None:
        fate: Fate = "survives" if report.complete else "not judged"
        return Hunted(mutant, fate, states=report.states, seconds=report.seconds)
    run = shown.run
    trace = write_model_trace(model_trace(shown.subject, shown.machine, run))
    return Hunted(
        mutant,
        "killed",
        run.property,
        fallen,
        run.message,
        len(run.steps),
        trace,
        lifelines(shown.subject, [done.action.actor for done in run.steps]),
        tuple(moves(shown.subject, run)),
        report.states,
        report.seconds,
    )


def control(bounds: Bounds) -> Controlled:
    """Explore the protocol without a mistake within bounds."""
    report, _ = explored(bounds)
    return Controlled(bounds, report.verdict, report.states, report.seconds)


def hunted(tasks: Sequence[Task], jobs: int, deadline: float | None = None) -> Generator[Answer, None, None]:
    """The answers as they come, the tasks begun in their order by so many processes. Ends early at the deadline (of the
    monotonic clock). Closing it ends the processes. Raises EngineError when one is lost."""
    answers: queue.SimpleQueue[_Said] = queue.SimpleQueue()
    waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
    for task in tasks:
        waiting.put(task)
    processes = [started("lockedroom.cli.hunters") for _ in range(min(jobs, len(tasks)))]
    threads = [threading.Thread(target=_serve, args=(process, waiting, answers), daemon=True) for process in processes]
    try:
        for thread in threads:
            thread.start()
        for _ in tasks:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                said = answers.get(timeout=left)
            except queue.Empty:
                return
            if isinstance(said, EngineError):
                raise said
            yield said
    finally:
        for process in processes:
            process.kill()
        for process, thread in zip(processes, threads, strict=True):
            process.wait()
            if thread.is_alive():
                thread.join()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()


_Said: TypeAlias = "Answer | EngineError"


def _serve(
    process: subprocess.Popen[bytes], waiting: queue.SimpleQueue[Task], answers: queue.SimpleQueue[_Said]
) -> None:
    """Give one process tasks and pass its answers on, until there are no more."""
    assert process.stdin is not None and process.stdout is not None, "they are pipes"
    try:
        pickle.dump(sys.path, process.stdin)
        while True:
            try:
                task = waiting.get_nowait()
            except queue.Empty:
                return
            pickle.dump(task, process.stdin)
            process.stdin.flush()
            answers.put(pickle.load(process.stdout))
    except (OSError, EOFError, ValueError, pickle.UnpicklingError):
        answers.put(EngineError("a process that hunts mutants was lost"))


def main() -> None:
    """Do one task after the other until standard input ends. It is started by `hunted` alone."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever is printed is no answer
    tasks = sys.stdin.buffer
    sys.path[:] = pickle.load(tasks)
    while True:
        try:
            task: Task = pickle.load(tasks)
        except EOFError:
            return
        pickle.dump(_answer(task), answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _answer(task: Task) -> Answer:
    try:
        return hunt(task) if isinstance(task, Mutant) else control(task)
    except Exception as error:  # noqa: BLE001 (whatever a mistake makes the engine raise; it is told)
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return Hunted(task, "raises", message=what) if isinstance(task, Mutant) else Controlled(task, what)
