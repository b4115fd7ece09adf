"""The stash's evidence: `verify stash`, `defences stash` and `findings stash` of `lockedroom`."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lockedroom.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockedroom.backend.stash.engine import Store
    from lockedroom.reference.profile import Profile


def verify_stash(quiet: bool) -> tuple[Exit, dict[str, object]]:
    """Explore the stash, then do each of its behaviours for real on every store that there is; printed unless
    `quiet`."""
    from lockedroom.cli.check import exploring
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, count
    from lockedroom.cli.user import show_subject
    from lockedroom.conformance.stash import replay
    from lockedroom.model.stash import stash_subject
    from lockedroom.model.subjects import check_subject
    from lockedroom.reference.stash.profile import HARDENED

    began = time.monotonic()
    with Live(quiet=quiet) as live:
        report = check_subject(stash_subject(), "stash", {}, progress=exploring(live))
        if report.reason == "interrupted":
            raise KeyboardInterrupt
        paths = [one.path for one in report.exploration.behaviours()]
        differing: dict[str, list[str]] = {}
        for store in _stores():
            live.show(f"doing it for real, in {store.name}, behaviours", len(paths))
            found = (replay(path, HARDENED, store) for path in paths)
            differing[str(store)] = [different for different in found if different]
    bad = any(differing.values())
    code = Exit.REFUSED if bad else Exit(report.exit_code)
    seconds = time.monotonic() - began
    if not quiet:
        out = console()
        show_subject(out, report)
        for place, several in differing.items():
            agreeing = f"{count(len(paths) - len(several))} of {count(len(paths))} behaviours agree"
            out.print(f"for real, in {place}: {agreeing}")
            for different in several:
                out.print(f"  {different}", style="red")
        out.print(f"\nstash: {'violated' if bad else report.verdict}, in {seconds:.0f} s", style="bold")
    return code, {
        "verdict": "violated" if bad else report.verdict,
        "seconds": round(seconds, 3),
        "exploration": report.to_json(),
        "conformance": [
            {"store": store, "behaviours": len(paths), "differing": several} for store, several in differing.items()
        ],
    }


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
    from lockedroom.cli.progress import Live
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import console, print_json

    stores = tuple(_stores())
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
    from lockedroom.conformance.stash import replay
    from lockedroom.model.stash import Bounds, stash_subject
    from lockedroom.model.subjects import check_subject

    found = check_subject(stash_subject(Bounds(writes=2), profile, only), "stash", {}).violation
    if found is None:
        return Attack(name, "", (), {})
    real = {store.name: not replay(found.path, profile, store, found.property) for store in stores}
    return Attack(name, found.property, tuple(str(taken) for taken in found.path), real)


def _stores() -> Iterator[Store]:
    """The keyring, where there is one, and shared memory."""
    from lockedroom.backend.stash.engine import store_of

    for choice in dict.fromkeys((store_of("auto").name, "memory")):
        yield store_of(choice)
