"""`defences stash` and `findings stash`: attacks on the stash, each found in the model and done for real."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lockedroom.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockedroom.backend.stash.engine import Store
    from lockedroom.reference.profile import Profile


@dataclass(frozen=True, slots=True)
class Attack:
    """What falls in a profile: the property, the shortest way, and whether it happens for real, by store."""

    name: str
    falls: str
    path: tuple[str, ...]
    real: Mapping[str, bool]

    @property
    def shown(self) -> bool:
        """Whether there is an attack, and it happens everywhere."""
        return bool(self.path) and all(self.real.values())


def defences_of_the_stash(as_json: bool) -> Exit:
    """Switch off each defence, show what that admits, and do it for real on every store that there is."""
    from lockedroom.model.stash import PROPERTIES
    from lockedroom.reference.stash.profile import DEFENCES, HARDENED

    return _attacks("defence", [(one.name, HARDENED.without(one.name), PROPERTIES) for one in DEFENCES], as_json)


def findings_of_the_stash(as_json: bool) -> Exit:
    """Show each way in which the description is broken, and do it for real on every store that there is."""
    from lockedroom.model.stash import HOSTILE
    from lockedroom.reference.stash.profile import AS_WRITTEN

    return _attacks("finding", [(one, AS_WRITTEN, (one,)) for one in HOSTILE], as_json)


def _attacks(kind: str, wanted: Sequence[tuple[str, Profile, tuple[str, ...]]], as_json: bool) -> Exit:
    """Explore each of these profiles for these properties, and show what comes of it."""
    from lockedroom.backend.stash.engine import store_of
    from lockedroom.cli.progress import Live
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.conformance.stash_real import stores as names

    stores = tuple(map(store_of, names()))
    rows: list[Attack] = []
    with Live(quiet=as_json) as live:
        for name, profile, only in wanted:
            live.show(f"searching, {kind}s", len(rows), len(wanted))
            rows.append(_attack(name, profile, only, stores))
    code = Exit.HOLDS if all(row.shown for row in rows) else Exit.REFUSED
    if as_json:
        print_json(
            {"verdict": "all shown" if code is Exit.HOLDS else "not all shown", f"{kind}s": list(map(asdict, rows))}
        )
        return code
    out, table = console(), plain(kind, "falls", "steps", *(store.name for store in stores))
    for row in rows:
        real = (("for real" if row.real.get(store.name) else "not so") for store in stores)
        table.add_row(row.name, row.falls or "nothing", str(len(row.path)), *real)
    out.print(table)
    for row in rows:
        out.print(f"{row.name}: {'; '.join(row.path)}")
    return code


def _attack(name: str, profile: Profile, only: tuple[str, ...], stores: Sequence[Store]) -> Attack:
    """The shortest attack within small bounds, and on which stores it happens."""
    from lockedroom.conformance.stash_attacks import replay
    from lockedroom.model.stash import Bounds, stash_subject
    from lockedroom.model.subjects import check_subject

    found = check_subject(stash_subject(Bounds(writes=2), profile, only), "stash", {}).violation
    if found is None:
        return Attack(name, "", (), {})
    real = {store.name: not replay(found.path, profile, store, found.property) for store in stores}
    return Attack(name, found.property, tuple(str(taken) for taken in found.path), real)
