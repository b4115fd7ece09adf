"""`defences stash` and `findings stash`: attacks on the stash, each found in the model and done for real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockedroom.cli.exits import Exit
from lockedroom.cli.stored import only_without
from lockedroom.model.report import Taken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lockedroom.backend.stash.engine import Store
    from lockedroom.cli.counterexample import Confirmed
    from lockedroom.reference.profile import Profile


@dataclass(frozen=True, slots=True)
class Attack:
    """What falls in a profile: the shortest way there, if any, and whether it happens for real, by store."""

    name: str
    found: Confirmed | None
    real: Mapping[str, bool]

    @property
    def shown(self) -> bool:
        """Whether there is an attack, and it happens everywhere."""
        return self.found is not None and all(self.real.values())

    @property
    def path(self) -> list[str]:
        """Its steps in words."""
        return [str(Taken(done.action, done.outcome)) for done in self.found.run.steps] if self.found else []

    @property
    def falls(self) -> str:
        """The property that falls."""
        return self.found.run.property if self.found else ""


def only_searched(protocol: str, jobs: int | None, time_limit: float | None, committed: bool) -> None:
    """Refuse, of a protocol that is explored whole, what is said of a search. Raises Problem."""
    given = {"jobs": jobs, "time-limit": time_limit, "committed": committed or None}
    only_without(protocol, "they mean something to the segment", **given)


def defences_of_the_stash(names: Sequence[str], as_json: bool, traces: Path | None, pictures: Path | None) -> Exit:
    """Switch off each of these defences, or of all, show what that admits, and do it for real on every store that there
    is. Raises Problem."""
    from lockedroom.model.stash import PROPERTIES
    from lockedroom.reference.stash.profile import DEFENCES, HARDENED

    wanted = [one.name for one in DEFENCES if not names or one.name in names]
    lost = [(name, HARDENED.without(name), PROPERTIES, "") for name in wanted]
    return _attacks("defence", lost, as_json, traces, pictures)


def findings_of_the_stash(as_json: bool, traces: Path | None, pictures: Path | None) -> Exit:
    """Show each way in which the description is broken, and do it for real on every store that there is. Raises
    Problem."""
    from lockedroom.model.stash import FINDINGS
    from lockedroom.reference.stash.profile import AS_WRITTEN

    wanted = [(name, AS_WRITTEN, (falls,), by) for name, (falls, by) in FINDINGS.items()]
    return _attacks("finding", wanted, as_json, traces, pictures)


def _attacks(
    kind: str,
    wanted: Sequence[tuple[str, Profile, tuple[str, ...], str]],
    as_json: bool,
    traces: Path | None,
    pictures: Path | None,
) -> Exit:
    """Explore each of these profiles for these properties, the intruder doing what that word says, and show what comes
    of it."""
    from lockedroom.backend.stash.engine import store_of
    from lockedroom.cli.attacks import files_of, folder_of
    from lockedroom.cli.counterexample import save, show
    from lockedroom.cli.progress import Live
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.conformance.stash_real import stores as names

    folders = folder_of(traces), folder_of(pictures)
    stores = tuple(map(store_of, names()))
    rows: list[Attack] = []
    with Live(quiet=as_json) as live:
        for name, profile, only, by in wanted:
            live.show(f"searching, {kind}s", len(rows), len(wanted))
            rows.append(_attack(name, profile, only, by, stores))
    for row in rows:
        if row.found is not None:
            save(row.found, *files_of(row.name, *folders))
    code = Exit.HOLDS if all(row.shown for row in rows) else Exit.REFUSED
    if as_json:
        told = [{name: getattr(row, name) for name in ("name", "falls", "path", "real")} for row in rows]
        print_json({"verdict": "all shown" if code is Exit.HOLDS else "not all shown", f"{kind}s": told})
        return code
    out, table = console(), plain(kind, "falls", "steps", *(store.name for store in stores))
    for row in rows:
        real = (("for real" if row.real.get(store.name) else "not so") for store in stores)
        table.add_row(row.name, row.falls or "nothing", str(len(row.path)), *real)
    for row in rows:
        if row.found is not None:
            out.print(f"\n{row.name}", style="bold")
            show(out, row.found)
    out.print(table)
    return code


def _attack(name: str, profile: Profile, only: tuple[str, ...], by: str, stores: Sequence[Store]) -> Attack:
    """The shortest attack within small bounds, taken again by hand, and on which stores it happens."""
    from lockedroom.cli.counterexample import confirmed
    from lockedroom.conformance.model_trace import Named
    from lockedroom.conformance.stash_attacks import replay
    from lockedroom.model.stash import Bounds, stash_subject
    from lockedroom.model.subjects import check_subject

    bounds = Bounds(writes=2)
    subject = stash_subject(bounds, profile, only, by=by)
    found = check_subject(subject, "stash", bounds.to_json()).violation
    if found is None:
        return Attack(name, None, {})
    real = {store.name: not replay(found.path, profile, store, found.property) for store in stores}
    return Attack(name, confirmed(subject, Named("stash", bounds.to_json(), None, str(profile)), found), real)
