"""`lockedroom conform --adequacy`: implementations known to be wrong, and whether each fails where it should."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from lockedroom.cli.exits import Exit, usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockedroom.conformance.adequacy import Adequacy
    from lockedroom.conformance.mistakes import Mistake


def adequacy(chosen: Sequence[str], jobs: int | None, *, listed: bool, as_json: bool) -> int:
    """Judge the mistakes whose ids match one of the globs; all, without any."""
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import print_json
    from lockedroom.conformance.adequacy import adequacy as run
    from lockedroom.conformance.adequacy import whole
    from lockedroom.conformance.broken import mistakes

    wanted = [one for name, one in mistakes().items() if not chosen or any(fnmatchcase(name, glob) for glob in chosen)]
    if not wanted:
        raise usage("no mistake has such an id", "choose other globs; --adequacy --list shows the mistakes")
    if listed:
        _list(wanted, as_json)
        return Exit.HOLDS
    with Live(quiet=as_json) as live:
        found = run(
            wanted, whole(), jobs or os.cpu_count() or 1, lambda at, of, name: live.show("mistakes", at, of, name)
        )
    if as_json:
        print_json(found.to_json())
    else:
        _show(found)
    return found.exit_code


def _list(wanted: Sequence[Mistake], as_json: bool) -> None:
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import console, print_json

    if as_json:
        print_json({"mistakes": [{"id": one.id, "clause": one.clause, "mistake": one.name} for one in wanted]})
        return
    table = plain("mistake", "clause")
    for one in wanted:
        table.add_row(one.id, one.clause)
    console().print(table)


def _show(found: Adequacy) -> None:
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import console, safe
    from lockedroom.conformance.mistakes_store import holes

    out = console()
    table = plain("mistakes", "fail at their clause", "fail elsewhere", "pass")
    areas = sorted({one.mistake.area for one in found.judged})
    for area in areas:
        own = [one.fate for one in found.judged if one.mistake.area == area]
        counts = (own.count(fate) for fate in ("fails at its clause", "fails elsewhere", "passes"))
        table.add_row(area, *map(str, counts))
    out.print(table)
    for one in found.judged:
        if one.fate != "fails at its clause":
            where = f", at {', '.join(one.broken)} in {one.case}" if one.case else f", after {one.tried} cases"
            out.print(safe(f"{one.mistake.id} ({one.mistake.clause}): {one.fate}{where}"), style="red")
            if one.reason:
                out.print(safe(f"  {one.reason.splitlines()[0]}"))
    for case in found.unfair:
        out.print(safe(f"{case} fails without a mistake too"), style="red")
    elsewhere, nothing = holes()
    if "engine" in areas and (elsewhere or nothing):
        words = f"of the engine's other mutants {len(elsewhere)} fail at other clauses, {len(nothing)} pass (--json)"
        out.print(f"\nholes of the corpus: {words}", style="yellow")
    out.print(f"\n{found.failing} of {len(found.judged)} fail at the clause that names their mistake", style="bold")
