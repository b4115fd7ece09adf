"""What each defence is to the proofs: switched off alone, what was named beforehand fails, or is shown to be outside.

A defence has the obligation that is to fail without it, and that must fail. One that another stands in for changes
obligations, and all those are proved. One that an abstraction leaves out changes none: without it the system is the
same. Where an attack is known that a loss admits, the last two differ: nothing may stand in for such a defence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from lockedroom.model.proofs.cache import Cache
from lockedroom.model.proofs.obligations import obligations
from lockedroom.model.proofs.prove import settle
from lockedroom.model.proofs.scope import Loss, Outside, Redundant
from lockedroom.model.proofs.system import System

Verdict: TypeAlias = Literal["fails", "outside", "another stands in", "not shown", "unknown"]

_SHOWN: Final = frozenset({"fails", "outside", "another stands in"})


@dataclass(frozen=True, slots=True)
class Attacked:
    """The attack that the explorer makes of a loss: what falls, at which step, and which defences are off with it."""

    falls: str
    steps: int
    off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """What came of one loss: `said` names the obligation that fails, or why none does, or what is not shown."""

    name: str
    attack: Attacked | None
    verdict: Verdict
    said: str
    asked: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, object]:
        """All of it."""
        attack = self.attack
        return {
            "name": self.name,
            "explorer": attack and {"falls": attack.falls, "steps": attack.steps, "off": [self.name, *attack.off]},
            "proof": self.verdict,
            "said": self.said,
            "obligations": self.asked,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Losses:
    """What came of each, in the order of the profile."""

    found: tuple[Lost, ...]

    @property
    def exit_code(self) -> int:
        """0 each is what it is said to be, 1 one is not, 4 one is unknown."""
        verdicts = {one.verdict for one in self.found}
        return 1 if "not shown" in verdicts else 0 if verdicts <= _SHOWN else 4


def losses(
    system: Callable[[tuple[str, ...]], System],
    defences: Mapping[str, Loss],
    attacks: Mapping[str, Attacked],
    *,
    jobs: int,
    timeout: float,
    cache: Cache,
    progress: Callable[[int, int], None] | None = None,
) -> Losses:
    """Switch each defence off; `system` is without those of these names, `attacks` are what is known of the losses."""
    whole = system(())
    found: list[Lost] = []
    for name, loss in defences.items():
        if progress is not None:
            progress(len(found), len(defences))
        verdict, said, asked, seconds = _lost(whole, system((name,)), loss, jobs, timeout, cache)
        attack = attacks.get(name)
        if verdict == "another stands in" and attack is not None and not attack.off:
            verdict, said = "not shown", f"its loss alone admits an attack, and still everything is proved: {said}"
        found.append(Lost(name, attack, verdict, said, asked, seconds))
    return Losses(tuple(found))


def _lost(
    whole: System, system: System, loss: Loss, jobs: int, timeout: float, cache: Cache
) -> tuple[Verdict, str, int, float]:
    match loss:
        case Outside(reason):
            if system != whole:
                return "not shown", f"the system is another one without it, though it is said: {reason}", 0, 0.0
            return "outside", reason, 0, 0.0
        case Redundant(reason):
            if system == whole:
                return "not shown", f"it is no part of the system, though it is said: {reason}", 0, 0.0
            wanted = list(obligations(system))
            if replace(system, actions=whole.actions) == whole:  # of other actions nothing has changed
                wanted = [one for one in wanted if one.action is not None and one.action not in whole.actions]
            said: tuple[Verdict, str] = ("another stands in", reason)
        case named:
            wanted = [one for one in obligations(system) if one.name == named]
            said = ("fails", named)
            if not wanted:
                return "not shown", f"there is no obligation “{named}”", 0, 0.0
    results = settle(wanted, jobs=jobs, timeout=timeout, cache=cache)
    seconds = sum(result.seconds for result in results)
    unknown = [result.obligation.name for result in results if result.verdict == "unknown"]
    right = "proved" if said[0] == "another stands in" else "failed"
    wrong = [result.obligation.name for result in results if result.verdict not in (right, "unknown")]
    if wrong:
        said = ("not shown", f"{'fails' if right == 'proved' else 'is proved'} without it: {', '.join(wrong)}")
    elif unknown:
        said = ("unknown", f"no answer in time: {', '.join(unknown)}")
    return *said, len(results), seconds
