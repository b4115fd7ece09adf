"""B1 by this project's explorer and by Spin, pair by pair in one session: counts compared, times and memory measured.

    python benchmarks/checkers.py [--bounds 4,1,1] … [--repeat N] [--symmetry] [--rate SECONDS] [--json] [--plot FILE]

Whole processes are timed, from start to end; compiling Spin's checker is not. Ours is `explore.py`; Spin's runs the
model of `promela.py`, its state packed into integers by hand, in its fastest exact mode, without reductions. Spin is
first run with two sizes of its hash table, and the faster one is kept. TLC runs too, on the module of `tla.py`, where
the environment's TLA2TOOLS names its jar. `--rate` compares states a second on a B1 wider than a word, both stopped
after so many seconds. Needs Debian's packages spin and gcc. Memory is the peak of the largest process: where ours
forks, what a second process holds for itself is not in it.

Ends with 0; with 1 where counts differ; with 2 where something is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final, TypeAlias

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.b1 import KNOWN
from benchmarks.plot import bars
from benchmarks.promela import promela
from benchmarks.tla import CONFIGURATION, module
from lockedroom.cli.terminal import console, count

HERE: Final = Path(__file__).parent

Size: TypeAlias = tuple[int, int, int]

DEFAULT: Final[tuple[Size, ...]] = ((4, 1, 1), (3, 3, 2))
RATE: Final[Size] = (5, 1, 1)
COMPILE: Final = ("gcc", "-O2", "-w", "-DSAFETY", "-DNOREDUCE")
TABLES: Final = ("-w24", "-w26")
_STATES: Final = re.compile(r"^\s*([\d.e+]+) states, stored", re.MULTILINE)
_TRANSITIONS: Final = re.compile(r"^\s*([\d.e+]+) transitions", re.MULTILINE)
_TLC: Final = re.compile(r"^(\d+) states generated, (\d+) distinct states found, 0 states left", re.MULTILINE)


class Missing(Exception):
    """Something that the comparison needs is not there; says what to install."""


class Differs(Exception):
    """Two checkers do not agree on a count."""


@dataclass(frozen=True, slots=True)
class Run:
    """One whole process: seconds, peak memory in MB, and what it printed."""

    seconds: float
    memory: float
    printed: str


@dataclass(frozen=True, slots=True)
class Result:
    """One checker on one size: the runs' seconds, the highest peak memory in MB, and the counts (to eight digits where
    the checker rounds them, as Spin does)."""

    checker: str
    size: Size
    seconds: tuple[float, ...]
    memory: float
    states: int
    transitions: int

    @property
    def median(self) -> float:
        """Seconds, the median of the runs."""
        return median(self.seconds)


def run(command: Sequence[str], folder: Path, limit: float | None = None) -> Run:
    """Run a command as a process of its own; stopped (SIGINT) after `limit` seconds."""
    with tempfile.TemporaryFile("w+") as out:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, text=True)
        # Not send_signal: it may reap the process, and wait4 is to do that.
        stop = threading.Timer(limit or 0, os.kill, (process.pid, signal.SIGINT))
        if limit is not None:
            stop.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            stop.cancel()
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        printed = out.read()
    if process.returncode and limit is None:
        raise Missing(f"{' '.join(command)} ended with {process.returncode}:\n{printed[-1000:]}")
    return Run(seconds, usage.ru_maxrss / 1024, printed)


class Spin:
    """Spin on one size, compiled."""

    def __init__(self, size: Size, folder: Path, model: str | None = None) -> None:
        for tool in ("spin", "gcc"):
            if shutil.which(tool) is None:
                raise Missing(f"{tool} is not there: apt-get install {tool}")
        self.size, self.folder = size, folder
        folder.mkdir(parents=True)
        (folder / "b1.pml").write_text(promela(*size) if model is None else model, encoding="utf-8")
        run(["spin", "-a", "b1.pml"], folder)
        run([*COMPILE, "-o", "pan", "pan.c"], folder)
        self.table = TABLES[0]

    def choose(self) -> None:
        """Keep the size of the hash table that is faster."""
        self.table = min(TABLES, key=lambda table: self.run(table).seconds)

    def run(self, table: str | None = None, limit: float | None = None) -> Run:
        """One run."""
        return run(["./pan", "-E", "-m1000000", table or self.table], self.folder, limit)

    def counted(self, printed: str) -> tuple[int, int]:
        """The states and transitions that it says; it counts the initial state as a transition, and rounds to eight
        digits."""
        states, transitions = _STATES.search(printed), _TRANSITIONS.search(printed)
        if states is None or transitions is None or "errors: 0" not in printed:
            raise Missing(f"spin did not end well:\n{printed[-1000:]}")
        return int(float(states[1])), int(float(transitions[1])) - 1


class Ours:
    """This project's explorer on one size."""

    def __init__(self, size: Size, symmetry: bool) -> None:
        self.size, self.symmetry = size, symmetry

    def run(self, limit: float | None = None) -> Run:
        """One run."""
        command = [sys.executable, str(HERE / "explore.py"), *map(str, self.size)]
        command += ["--symmetry"] if self.symmetry else []
        command += ["--seconds", str(limit)] if limit is not None else []
        return run(command, HERE.parent)

    def counted(self, printed: str) -> tuple[int, int]:
        """The states and transitions that it says."""
        found = json.loads(printed)
        return found["states"], found["transitions"]


class Tlc:
    """TLC with two workers on one size, from a jar."""

    def __init__(self, size: Size, folder: Path, jar: str) -> None:
        if shutil.which("java") is None:
            raise Missing("java is not there: apt-get install default-jre-headless")
        if not Path(jar).is_file():
            raise Missing(f"TLA2TOOLS names no file: {jar}")
        self.folder = folder
        self.command = ("java", "-XX:+UseParallelGC", "-cp", str(Path(jar).resolve()), "tlc2.TLC", "-workers", "2")
        folder.mkdir(parents=True)
        (folder / "B1.tla").write_text(module(*size), encoding="utf-8")
        (folder / "B1.cfg").write_text(CONFIGURATION, encoding="utf-8")

    def run(self) -> Run:
        """One run."""
        return run([*self.command, "B1"], self.folder)

    def counted(self, printed: str) -> tuple[int, int]:
        """The states and transitions that it says when it has ended, not on its way; it counts the initial state as
        one more that it generated."""
        found = _TLC.search(printed)
        if found is None:
            raise Missing(f"TLC did not end well:\n{printed[-1000:]}")
        return int(found[2]), int(found[1]) - 1


def compared(size: Size, repeat: int, symmetry: bool, folder: Path, spin: Spin | None = None) -> list[Result]:
    """Ours, Spin and, where there is one, TLC in turn, so many times. Raises Differs, Missing."""
    spin = spin or Spin(size, folder)
    spin.choose()
    checkers: dict[str, Ours | Spin | Tlc] = {"lockedroom": Ours(size, False), "Spin": spin}
    if jar := os.environ.get("TLA2TOOLS"):
        checkers["TLC, 2 workers"] = Tlc(size, folder / "tlc", jar)
    if symmetry:
        checkers = {"lockedroom, symmetry": Ours(size, True), **checkers}
    runs: dict[str, list[Run]] = {name: [] for name in checkers}
    for _ in range(repeat):
        for name, checker in checkers.items():
            runs[name].append(checker.run())
    results = []
    for name, checker in checkers.items():
        counts = {checker.counted(one.printed) for one in runs[name]}
        if len(counts) > 1:
            raise Differs(f"{name} at {size} gives {counts}")
        seconds = tuple(round(one.seconds, 3) for one in runs[name])
        results.append(Result(name, size, seconds, round(max(one.memory for one in runs[name]), 1), *counts.pop()))
    _agree(results)
    return results


def _agree(results: Sequence[Result]) -> None:
    """All counts are the same, to the digits that Spin gives; what is known is so. Raises Differs."""
    plain = [found for found in results if "symmetry" not in found.checker]
    if len({(_digits(one.states), _digits(one.transitions + 1)) for one in plain}) > 1:
        told = "; ".join(f"{one.checker} {one.states}, {one.transitions}" for one in plain)
        raise Differs(f"at {plain[0].size}: {told}")
    for found in results:
        states, transitions, _, orbits = KNOWN.get(found.size, (None, None, None, None))
        if found in plain:
            if states is not None and states != found.states:
                raise Differs(f"{found.checker} at {found.size} gives {found.states} states: there are {states}")
            if transitions is not None and _digits(transitions + 1) != _digits(found.transitions + 1):
                told = f"{found.checker} at {found.size} gives {found.transitions} transitions"
                raise Differs(f"{told}: there are {transitions}")
        elif orbits not in (None, found.states):
            raise Differs(f"{found.checker} at {found.size} gives {found.states} orbits: there are {orbits}")


def _digits(number: int) -> str:
    return f"{number:.8g}"


def rates(size: Size, limit: float, folder: Path) -> dict[str, float]:
    """States a second of ours and of Spin, both stopped after so many seconds."""
    ours = Ours(size, False)
    spin = Spin(size, folder)
    mine, theirs = ours.run(limit), spin.run("-w28", limit)
    states = _STATES.search(theirs.printed)
    if states is None:
        raise Missing(f"spin did not say how far it got:\n{theirs.printed[-1000:]}")
    return {
        "lockedroom": round(ours.counted(mine.printed)[0] / mine.seconds),
        "Spin": round(float(states[1]) / theirs.seconds),
    }


def _times(found: Result, results: Sequence[Result]) -> float:
    """How many times as fast as Spin at the same size, by medians."""
    spin = next((one for one in results if one.checker == "Spin" and one.size == found.size), found)
    return spin.median / found.median


def _shown(results: Sequence[Result], rate: dict[str, float], before: tuple[float, float, float]) -> None:
    from rich.table import Table

    out = console()
    table = Table("bounds", "checker", "states", "seconds, median", "least to most", "MB", "times as fast", box=None)
    for found in results:
        table.add_row(
            ",".join(map(str, found.size)),
            found.checker,
            count(found.states),
            f"{found.median:.2f}",
            f"{min(found.seconds):.2f} to {max(found.seconds):.2f}",
            f"{found.memory:.0f}",
            f"{_times(found, results):.1f}",
        )
    out.print(table)
    for checker, states in rate.items():
        out.print(f"{','.join(map(str, RATE))}, {checker}: {count(int(states))} states a second")
    first, last = (", ".join(f"{load:.1f}" for load in loads) for loads in (before, os.getloadavg()))
    out.print(f"load of the machine: {first} before, {last} after")


def sizes_of(words: Sequence[str]) -> tuple[Size, ...]:
    """Bounds from words such as 4,1,1. Raises ValueError."""
    found = []
    for word in words:
        members, messages, joins = (int(part) for part in word.split(","))
        if not 2 <= members <= 6 or not 1 <= messages <= 7 or not 1 <= joins <= 7:
            raise ValueError(word)
        found.append((members, messages, joins))
    return tuple(found)


def main(words: Sequence[str] | None = None) -> int:
    """Compare, print."""
    parser = argparse.ArgumentParser(description="B1 by this project's explorer and by Spin")
    parser.add_argument("--bounds", action="append", metavar="N,M,E", help="members, messages, joins (4,1,1 and 3,3,2)")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="pairs of runs (3)")
    parser.add_argument("--symmetry", action="store_true", help="ours with symmetry as well")
    parser.add_argument(
        "--rate", type=float, metavar="S", help="states a second at 5,1,1, stopped after so many seconds"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="bars as SVG")
    options = parser.parse_args(words)
    try:
        sizes = sizes_of(options.bounds) if options.bounds else DEFAULT
    except ValueError as wrong:
        parser.error(f"bounds are N,M,E with 2 to 6 members and 1 to 7 messages and joins, not {wrong}")
    if options.repeat < 1 or (options.rate is not None and options.rate < 1):
        parser.error("at least one pair of runs, and at least a second")
    if options.plot and not options.plot.absolute().parent.is_dir():
        parser.error(f"there is no folder for {options.plot}")
    before = os.getloadavg()
    results: list[Result] = []
    rate: dict[str, float] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="lockedroom-checkers-") as name:
            folder = Path(name)
            for size in sizes:
                results += compared(size, options.repeat, options.symmetry, folder / f"spin{size}")
            if options.rate is not None:
                rate = rates(RATE, options.rate, folder / "rate")
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    except Differs as differs:
        print(f"the counts differ: {differs}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if options.json:
        rows = [{**asdict(one), "median": one.median, "times": round(_times(one, results), 2)} for one in results]
        loads = {"before": before, "after": os.getloadavg()}
        print(json.dumps({"results": rows, "rate": rate, "load": loads}, indent=2))
    else:
        _shown(results, rate, before)
    if options.plot:
        drawn = [(f"{','.join(map(str, one.size))} {one.checker}", one.median) for one in results]
        try:
            options.plot.write_text(bars("B1, seconds of the whole process", drawn), encoding="utf-8")
        except OSError as failed:
            print(f"no plot: {failed}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
