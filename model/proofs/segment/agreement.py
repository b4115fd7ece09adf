"""Two engines: each finding of the explorer looked for in the abstract system, with the defences off that remove it.

A finding falls here too, by a promise that is named, or an abstraction is named that puts it outside. Of a finding's
defences each removes it, so all of them are off; everything else is on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from lockedroom.model.proofs.scope import Outside
from lockedroom.model.proofs.searches import INTERRUPTED, Search, settle
from lockedroom.model.proofs.segment.scope import DEFENCES
from lockedroom.model.proofs.segment.small import ladder
from lockedroom.model.proofs.segment.whole import segment
from lockedroom.model.segment.expected import defences_in
from lockedroom.model.segment.findings import Finding
from lockedroom.reference.segment import profile as switch

Verdict: TypeAlias = Literal["agreed", "outside", "not found", "unknown"]

_FALLS: Final[Mapping[frozenset[str], tuple[str, str]]] = {
    frozenset({switch.UNIQUE_ID}): ("members of one room see one list", ""),
    frozenset({switch.NO_ROLLBACK, switch.CREATOR_MEMORY}): ("members of one room see one list", ""),
    frozenset({switch.PEER_RIGHTS}): ("no key is shared without the right", ""),
    frozenset({switch.SIGNED_STAY}): ("no unknown key share", ""),
    frozenset({switch.CLOSING, switch.PEER_RIGHTS}): ("a verified revocation closes", ""),
    frozenset({switch.SIGNED_STAY, switch.IN_PLACE, switch.BOUND_KEK, switch.BOUND_KEYS}): (
        "agreement on the exchange",
        "",
    ),
    frozenset({switch.ONE_EXCHANGE}): (
        "one exchange for a pair",
        "one acceptance twice is one here: what falls is that a pair has two masters",
    ),
    frozenset({switch.DIRECTIONS}): ("no nonce twice", ""),
    frozenset({switch.BOARD_NONCES}): ("no nonce twice on the board", ""),
    frozenset({switch.BOUND_KEK}): ("no unknown key share", ""),
    frozenset({switch.BOUND_KEYS}): ("a key seals for one pair", ""),
    frozenset({switch.SEQUENCE}): ("at most once", ""),
}
"""By the defences that remove a finding the promise that falls here, and what is different about that."""


_APART: Final[Mapping[frozenset[str], str]] = {
    frozenset({switch.IN_PLACE, switch.BOARD_NONCES}): (
        "a post is read in the session with the stay that it names as its own, even where that is not checked, and "
        "with oneself there is no session"
    ),
}
"""By the defences that remove a finding the abstraction that keeps all of them together outside."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """A finding, and what the abstract system has to say of it: a search, or why it is outside."""

    finding: Finding
    search: Search | None
    reason: str

    @property
    def verdict(self) -> Verdict:
        """`not found` when the search has looked at every run and none breaks the promise."""
        if self.search is None:
            return "outside" if self.reason else "not found"
        verdicts: Mapping[str, Verdict] = {"violated": "agreed", "none": "not found", "unknown": "unknown"}
        return verdicts[self.search.verdict]

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {
            "finding": self.finding.name,
            "cause": list(self.finding.cause),
            "explorer": {"property": self.finding.attack.falls, "steps": self.finding.attack.length},
            "verdict": self.verdict,
            "promise": self.search.to_json() if self.search else None,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Agreement:
    """Every finding; `ended` says why not all was looked at, if so."""

    found: tuple[Agreed, ...]
    ended: str

    @property
    def exit_code(self) -> int:
        """0 when each is found here too, or outside; 1 when one is not; 4 when that is unknown; 130 interrupted."""
        if self.ended == INTERRUPTED:
            return 130
        verdicts = {one.verdict for one in self.found}
        return 1 if "not found" in verdicts else 4 if "unknown" in verdicts else 0


def agreement(
    findings: Sequence[Finding],
    steps: int,
    *,
    jobs: int,
    time_limit: float,
    progress: Callable[[str, int, int], None] | None = None,
) -> Agreement:
    """Look for each of the findings, by runs of so many steps. Raises what a search raises."""
    found = tuple(_looked_for(finding, steps) for finding in findings)
    searches = [one.search for one in found if one.search is not None]
    return Agreement(found, settle(searches, jobs=jobs, time_limit=time_limit, progress=progress))


def _looked_for(finding: Finding, steps: int) -> Agreed:
    off = frozenset(defences_in(finding.cause))
    falls = _FALLS.get(off)
    if off in _APART:
        return Agreed(finding, None, _APART[off])
    if falls is None:
        reasons = [(name, DEFENCES[name]) for name in sorted(off)]
        outside = [f"{name}: {found.reason}" for name, found in reasons if isinstance(found, Outside)]
        return Agreed(finding, None, "; ".join(outside) if len(outside) == len(off) else "")
    system = segment(switch.HARDENED.without(*off))
    [claim] = [one for one in system.safety if one.name == falls[0]]
    return Agreed(finding, Search(system, claim, ladder(), steps), falls[1])
