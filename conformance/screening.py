"""Which case of the corpus shows which mutant of the engine, and in whose hands: measured on plain values where it can.

`python -m lockedroom.conformance.screening [GLOB…]` looks at the mutants of such a name (all, without any): where
the case that was known to show one shows it no more, or none was, every case is tried. What is found stands in
`mutants_seen.json`, from which `--adequacy` takes the one case that it runs for real.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, get_args

from lockedroom.conformance.adequacy import cases_for, judge, whole
from lockedroom.conformance.conform import TraceResult
from lockedroom.conformance.engine import EngineRoom, Performs
from lockedroom.conformance.mistakes import Hands, holders
from lockedroom.conformance.mistakes_store import SEEN, SEEN_FORMAT, of_mutant
from lockedroom.conformance.report import failed_at
from lockedroom.conformance.report_cases import Candidate
from lockedroom.conformance.stage import Status, replay_on
from lockedroom.conformance.telling import performer
from lockedroom.conformance.trace import Trace
from lockedroom.model.segment.mutants import MUTANTS, Mutant
from lockedroom.reference.machine import Name

KEYS: Final = ("at its clause", "elsewhere", "by nothing")


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a mutant fails: in whose hands, in which case, at which clauses; and whether its own is among them."""

    hands: Hands
    case: str
    broken: tuple[str, ...]
    own: bool


def failing(
    mutant: Mutant, cases: Iterable[tuple[Candidate, Trace]], hands: Hands
) -> Iterator[tuple[Candidate, tuple[str, ...]]]:
    """The cases that a mutant in these hands fails, each with the clauses at which, in turn. One that makes the engine
    raise shows nothing: no implementation that can be compared is made of it."""
    performers: dict[tuple[Name, ...], Performs] = {}
    for one, trace in cases:
        who = tuple(holders(hands, trace.settings.members))
        if hands != "all" and len(trace.settings.members) < 2:
            continue
        if who not in performers:
            performers[who] = performer(mutant, who)
        try:
            found = replay_on(EngineRoom(trace.settings, "symbolic", performers[who]), trace)
        except (AssertionError, LookupError, TypeError, ValueError):
            continue
        if found.status is Status.FAILED:
            result = TraceResult(one.title, found.status, found.steps, found.divergence, found.reason, found.fault)
            yield one, failed_at(one, result)


def screened(mutant: Mutant, cases: Sequence[tuple[Candidate, Trace]], known: Shown | None = None) -> Shown | None:
    """Where a mutant fails at its clause, else where it fails first, None when it fails nowhere: on plain values, in
    any hands, cases that exercise its clause first; then for real, with bytes written into the object where a step is
    refused by its clause, which values cannot say. What is known of it is tried before anything else."""
    order = sorted(cases, key=lambda pair: (mutant.breaks not in pair[0].clauses, len(pair[1].steps), pair[0].id))
    values = [pair for pair in order if not _raw(pair)]
    written = [pair for pair in order if _raw(pair)]
    if known is not None:
        again = [pair for pair in cases if pair[0].id == known.case]
        found = next(
            _both(mutant, [one for one in again if not _raw(one)], list(filter(_raw, again)), known.hands), None
        )
        if found is not None and found.own:
            return found
    elsewhere: Shown | None = None
    nothing: list[tuple[Candidate, Trace]] = []
    for on_values, for_real in ((values, nothing), (nothing, written)):
        for hands in get_args(Hands):
            for found in _both(mutant, on_values, for_real, hands):
                if found.own:
                    return found
                elsewhere = elsewhere or found
    return elsewhere


def _both(
    mutant: Mutant,
    values: Sequence[tuple[Candidate, Trace]],
    written: Sequence[tuple[Candidate, Trace]],
    hands: Hands,
) -> Iterator[Shown]:
    """Where a mutant in these hands fails, on plain values and then for real."""
    for one, broken in failing(mutant, values, hands):
        yield Shown(hands, one.id, broken, mutant.breaks in broken)
    mistake = of_mutant(mutant, hands)
    judged = judge(mistake, cases_for(mistake, written)) if written else None
    if judged is not None and judged.case:
        yield Shown(hands, judged.case, judged.broken, judged.fate == "fails at its clause")


def _raw(pair: tuple[Candidate, Trace]) -> bool:
    return any(step.operation == "write" for step in pair[1].steps)


def document(shown: Mapping[str, Shown | None], before: Mapping[str, Sequence[object]]) -> dict[str, object]:
    """What stands in the file: what was measured now, and of the other mutants what stood there before."""
    rows: dict[str, tuple[str, object]] = {}
    for key in KEYS:
        for row in before.get(key, ()):
            rows[str(row["mutant"] if isinstance(row, dict) else row)] = key, row
    for name, one in shown.items():
        if one is None:
            rows[name] = "by nothing", name
        else:
            row = {"mutant": name, "hands": one.hands, "case": one.case}
            rows[name] = "at its clause" if one.own else "elsewhere", row
    found = [rows[mutant.name] for mutant in MUTANTS if mutant.name in rows]
    return {"format": SEEN_FORMAT, **{key: [row for where, row in found if where == key] for key in KEYS}}


def main(arguments: Sequence[str]) -> int:
    """The command. Exit code 0, or 1 when a mutant that was measured does not fail at its clause."""
    chosen = [one for one in MUTANTS if not arguments or any(fnmatchcase(one.name, glob) for glob in arguments)]
    cases = list(whole().values())
    shown: dict[str, Shown | None] = {}
    for one in chosen:
        before = json.loads(SEEN.read_text(encoding="utf-8"))
        row = next((row for row in before[KEYS[0]] if row["mutant"] == one.name), None)
        known = Shown(row["hands"], row["case"], (), True) if row else None
        shown[one.name] = found = screened(one, cases, known)
        fate = KEYS[2] if found is None else KEYS[0] if found.own else KEYS[1]
        where = f": {found.case}, in the hands of {found.hands}" if found else ""
        broken = f", at {', '.join(found.broken)}" if found and not found.own else ""
        print(f"{one.name} ({one.breaks}): {fate}{where}{broken}", flush=True)
        SEEN.write_text(json.dumps(document(shown, before), indent=1) + "\n", encoding="utf-8")
    return 0 if all(found is not None and found.own for found in shown.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
