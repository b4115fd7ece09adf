"""Why each defence of the hardened profile is there: the attack that its loss admits, by itself or with others.

Rows are computed: a defence is switched off and the ladder of bounds is climbed. Those whose loss admits nothing there
are switched off together, and the pairs or triples that are missed are found; then each with what is said to cover for
it (`covers`). One that is missed in none of them stays for the reason that stands below, and its row says so. Results
are written down (`defences.json`), so that each attack can be taken again in no time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import resources
from typing import Any, Final, Literal, TypeAlias

from lockedroom.model.crew import INTERRUPTED, Crew
from lockedroom.model.segment.attacks import LADDER, Attack, Searched, attack_of, bounds_of, climb, falls_to
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.covers import COVERS, Cover, Uncovered, uncovered
from lockedroom.model.segment.properties import BY_NAME
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import DEFENCES, HARDENED, Defence

Verdict = Literal["attack", "attack together", "none found", "incomplete"]

REASONS: Final[Mapping[str, str]] = {
    switch.NO_EQUIVOCATION: (
        "it takes two authentic lists of one length that differ, and so a creator that signed two entries for one "
        "place. creator-memory keeps it from that, and its loss admits an attack by itself; what is left is a creator "
        "whose own state was set back, restored from a copy for one, which the model does not have"
    ),
    switch.SIGNED_EPHEMERAL: (
        "in the model a ciphertext is of one ephemeral key: no other opens it, so what was encapsulated to another key "
        "does not unwrap, whatever was signed. A KEM promises less than that, and there the signature is what says "
        "which key was meant"
    ),
}
"""Why a defence stays whose loss admits no attack within the bounds, alone or together with others of its kind."""

OWN: Final[Mapping[str, tuple[Bounds, ...]]] = {
    switch.ALL_OR_NOTHING: (Bounds(3, 2, 1),),
}
"""Bounds beyond the ladder, which all are not searched within: where a defence is at stake there alone."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one defence. `off`: the defences that were switched off for the attack, its own first;
    `searched`: what was searched with it alone off; `reason`: why it stays if no attack was found; `beside`: of an
    attack for which one was lost that is missed alone, too, why this one has a part in it."""

    defence: Defence
    verdict: Verdict
    off: tuple[str, ...]
    attack: Attack | None
    searched: tuple[Searched, ...]
    reason: str
    beside: str = ""

    @property
    def accounted(self) -> bool:
        """Whether there is an attack or, everything having been searched, a reason."""
        return self.attack is not None or (self.verdict == "none found" and bool(self.reason))

    def to_json(self) -> dict[str, object]:
        """All of it."""
        attack = self.attack
        return {
            "name": self.defence.name,
            "clauses": list(self.defence.clauses),
            "gives": self.defence.gives,
            "without": self.defence.without,
            "verdict": self.verdict,
            "off": list(self.off),
            "property": attack.falls if attack else None,
            "class": f"{BY_NAME[attack.falls].store} store" if attack else None,
            "message": attack.message if attack else None,
            "length": attack.length if attack else None,
            "bounds": attack.bounds.to_json() if attack else None,
            "reason": self.reason,
            "beside": self.beside,
            "searched": [found.to_json() for found in self.searched],
            "attack": attack.to_json() if attack else None,
        }


@dataclass(frozen=True, slots=True)
class DefencesReport:
    """Every row, in the order of the profile, and how long it took."""

    rows: tuple[Row, ...]
    ladder: tuple[Bounds, ...]
    seconds: float
    reason: str = ""

    @property
    def verdict(self) -> Literal["accounted", "unaccounted", "incomplete"]:
        """Whether each row has an attack or a reason."""
        if self.reason or any(row.verdict == "incomplete" for row in self.rows):
            return "incomplete"
        return "accounted" if all(row.accounted for row in self.rows) else "unaccounted"

    @property
    def exit_code(self) -> int:
        """0 accounted, 1 unaccounted, 4 incomplete."""
        return {"accounted": 0, "unaccounted": 1, "incomplete": 4}[self.verdict]

    def to_json(self) -> dict[str, object]:
        """One object with all of it."""
        return {
            "verdict": self.verdict,
            "protocol": "segment",
            "profile": HARDENED.label,
            "ladder": [bounds.to_json() for bounds in self.ladder],
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
            "defences": [row.to_json() for row in self.rows],
        }


Loss: TypeAlias = frozenset[str]
"""Defences that are switched off together."""


def climbed(loss: Loss, ladder: tuple[Bounds, ...], deadline: float | None = None) -> list[Searched]:
    """The hardened profile without some defences, searched up the ladder until the deadline."""
    return climb(HARDENED.without(*loss), ladder, deadline=deadline)


def still_falls(attack: Attack, loss: Loss) -> bool:
    """Whether an attack's own moves bring its property down where only these defences are off."""
    return falls_to(attack, HARDENED.without(*loss))


def judge(
    names: Sequence[str] = (),
    *,
    ladder: tuple[Bounds, ...] = LADDER,
    search: Callable[[Loss, tuple[Bounds, ...]], list[Searched]] = climbed,
    falls: Callable[[Attack, Loss], bool] = still_falls,
    defences: Sequence[Defence] = DEFENCES,
    reasons: Mapping[str, str] = REASONS,
    own: Mapping[str, tuple[Bounds, ...]] = OWN,
    covers: Mapping[str, Cover] = COVERS,
    uncover: Callable[[str], Uncovered] = uncovered,
    others: Mapping[str, Loss] | None = None,
    jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Row, ...]:
    """The rows of these defences, or of all. With several `jobs` each defence is searched by a process of its own:
    `search` and `uncover` are pickled. `others`: of one that is asked for without them, the defences together with
    which it may be missed. `progress` is told what is searched, how much of it is done, and of how much. Interrupted,
    what has no attack yet is incomplete. Raises KeyError for a name that there is not."""
    known = {defence.name: defence for defence in defences}
    wanted = [known[name] for name in names] or list(defences)
    tell = progress or (lambda what, done, of: None)
    given = [(frozenset((one.name,)), (*ladder, *own.get(one.name, ()))) for one in wanted]
    alone: dict[int, list[Searched]] = {}
    try:
        with Crew(jobs) as crew:
            crew.each(search, given, partial(tell, "each defence switched off"), alone.__setitem__)
            rows = [_row(one, alone[number], reasons.get(one.name, "")) for number, one in enumerate(wanted)]
            silent = frozenset(row.defence.name for row in rows if row.verdict == "none found")
            beyond = frozenset[str]().union(*((others or {}).get(name, ()) for name in silent))
            found = together(silent | beyond, ladder, search, falls, partial(tell, "several switched off together"))
            rows = [_with(row, found) for row in rows]
            left = [row.defence.name for row in rows if row.verdict == "none found" and row.defence.name in covers]
            shown = crew.each(uncover, [(name,) for name in left], partial(tell, "each with what covers for it"))
    except KeyboardInterrupt:
        return tuple(_so_far(one, alone.get(number, [])) for number, one in enumerate(wanted))
    beside = dict(zip(left, shown, strict=True))
    return tuple(_beside(row, covers, beside) for row in rows)


def _so_far(defence: Defence, searched: list[Searched]) -> Row:
    """The row of a defence where all was interrupted: what has no attack alone is not known to have none."""
    if searched and searched[-1].attack is not None:
        return _row(defence, searched, "")
    return Row(defence, "incomplete", (), None, tuple(searched), INTERRUPTED)


def _row(defence: Defence, searched: list[Searched], reason: str) -> Row:
    last = searched[-1]
    if last.attack is not None:
        return Row(defence, "attack", (defence.name,), last.attack, tuple(searched), "")
    if not last.complete:
        return Row(defence, "incomplete", (), None, tuple(searched), last.reason)
    return Row(defence, "none found", (), None, tuple(searched), reason)


def _with(row: Row, found: Mapping[Loss, Attack]) -> Row:
    """The row with the attack that the fewest losses together admit, the shortest of those."""
    name = row.defence.name
    losses = [loss for loss in found if name in loss]
    if row.verdict != "none found" or not losses:
        return row
    best = min(losses, key=lambda loss: (len(loss), found[loss].length, sorted(loss)))
    off = (name, *sorted(best - {name}))
    return replace(row, verdict="attack together", off=off, attack=found[best], reason="")


def _beside(row: Row, covers: Mapping[str, Cover], shown: Mapping[str, Uncovered]) -> Row:
    """The row with the attack that its loss admits together with that of what covers for it."""
    name = row.defence.name
    if name not in shown or not shown[name].shown:
        return row
    cover, attack = covers[name], shown[name].both.attack
    return replace(row, verdict="attack together", off=(name, cover.by), attack=attack, reason="", beside=str(cover))


def together(
    silent: Loss,
    ladder: tuple[Bounds, ...],
    search: Callable[[Loss, tuple[Bounds, ...]], list[Searched]] = climbed,
    falls: Callable[[Attack, Loss], bool] = still_falls,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Mapping[Loss, Attack]:
    """The smallest sets of these defences whose loss together admits an attack, each with the shortest: pairs, triples,
    … of defences none of which is missed alone.

    All are switched off at once. If that admits an attack, those that it does not need are switched on again; the rest
    is one such set. Another one lacks at least one of its defences: so each of them in turn is switched on, and the
    search goes on. What is found no more with all else switched off is found with less switched off even less."""
    found: dict[Loss, Attack] = {}
    waiting, seen = [silent], set[Loss]()
    while waiting:
        loss = waiting.pop(0)
        if len(loss) < 2 or loss in seen:
            continue
        seen.add(loss)
        progress(len(seen) - 1, len(seen) + len(waiting))
        core = next((known for known in found if known <= loss), None)
        if core is None:
            attack = search(loss, ladder)[-1].attack
            if attack is None:
                continue
            core = _needed(attack, loss, falls)
            exact = search(core, ladder)[-1].attack
            found[core] = exact or attack
        waiting += [loss - {name} for name in sorted(core)]
    return {loss: attack for loss, attack in found.items() if not any(other < loss for other in found)}


def _needed(attack: Attack, loss: Loss, falls: Callable[[Attack, Loss], bool]) -> Loss:
    for name in sorted(loss):
        if falls(attack, loss - {name}):
            loss -= {name}
    return loss


# ---- what is written down ------------------------------------------------------------------------------


def written_rows(rows: Sequence[Row]) -> dict[str, object]:
    """Rows as they are committed: what was found within which bounds, without the time that it took."""
    return {
        row.defence.name: {
            "verdict": row.verdict,
            "off": list(row.off),
            "beside": row.beside,
            "searched": [found.to_json() for found in row.searched],
            "attack": row.attack.to_json() if row.attack else None,
        }
        for row in rows
    }


def read_rows(found: Mapping[str, Any], defences: Sequence[Defence] = DEFENCES) -> tuple[Row, ...]:
    """Rows that were written down. Raises KeyError, TypeError or ValueError where they are none, KeyError too for a
    defence that has none."""
    rows = []
    for defence in defences:
        one = found[defence.name]
        attack = attack_of(one["attack"]) if one["attack"] else None
        searched = tuple(
            Searched(bounds_of(s["bounds"]), s["complete"], s["reason"], s["states"], s["depth"], 0.0, None)
            for s in one["searched"]
        )
        reason = REASONS.get(defence.name, "") if attack is None else ""
        rows.append(Row(defence, one["verdict"], tuple(one["off"]), attack, searched, reason, one["beside"]))
    return tuple(rows)


def committed_rows() -> tuple[Row, ...]:
    """The committed rows, in the order of the profile."""
    file = resources.files("lockedroom.model.segment").joinpath("defences.json")
    return read_rows(json.loads(file.read_text(encoding="utf-8")))


def committed_others() -> Mapping[str, Loss]:
    """The defences together with which each is missed that none is missed without, as is committed."""
    return {row.defence.name: frozenset(row.off[1:]) for row in committed_rows() if row.off[1:] and not row.beside}
