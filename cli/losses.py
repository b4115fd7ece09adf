"""`lockedroom prove --defences`: what each defence is to the proofs, beside what the explorer makes of its loss."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from lockedroom.cli.exits import Exit

if TYPE_CHECKING:
    from rich.text import Text

    from lockedroom.model.proofs.cache import Cache
    from lockedroom.model.proofs.losses import Lost
    from lockedroom.model.proofs.protocols import Protocol

_STYLES: Final = {"fails": "green", "outside": "yellow", "another stands in": "yellow"}
_COUNTED: Final = {
    "fails": "fail where it is named",
    "outside": "outside",
    "another stands in": "stood in for",
    "not shown": "not shown",
    "unknown": "unknown",
}


def show_losses(of: Protocol, *, jobs: int, timeout: float, cache: Cache, as_json: bool) -> Exit:
    """Switch off each defence of a protocol, and print what the proofs say then."""
    from lockedroom.cli.progress import Live
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.proofs.losses import losses

    began = time.monotonic()
    with Live(quiet=as_json) as live:
        found = losses(
            lambda off: of.system(of.switches.hardened.without(*off)),
            of.defences,
            of.attacks(),
            jobs=jobs,
            timeout=timeout,
            cache=cache,
            progress=lambda done, all_: live.show("proving, defences", done, all_),
        )
    code = Exit(found.exit_code)
    if as_json:
        verdict = {Exit.HOLDS: "shown", Exit.REFUSED: "not shown", Exit.INCOMPLETE: "unknown"}[code]
        rows = [one.to_json() for one in found.found]
        print_json({"system": of.name, "verdict": verdict, "unbounded": True, "defences": rows})
        return code
    out, table = console(), plain("without", "explorer", "proof")
    for one in found.found:
        table.add_row(one.name, explored(one), proved(one))
    out.print(table)
    verdicts = Counter(one.verdict for one in found.found)
    alone = [one.verdict for one in found.found if one.attack is not None and not one.attack.off]
    out.print(
        f"of {len(alone)} whose loss alone is an attack of the explorer's {alone.count('fails')} fail, and "
        f"{alone.count('outside')} are outside by the abstraction that is named"
    )
    counts = ", ".join(f"{number} {_COUNTED[verdict]}" for verdict, number in verdicts.items())
    seconds = time.monotonic() - began
    out.print(f"\n{of.name}: of {len(found.found)} defences {counts}, in {seconds:.1f} s", style="bold")
    return code


def explored(one: Lost) -> str:
    """What the explorer makes of a loss."""
    if one.attack is None:
        return "no attack within its bounds"
    beside = f", with {', '.join(one.attack.off)} off too" if one.attack.off else ""
    return f"{one.attack.falls}: step {one.attack.steps}{beside}"


def proved(one: Lost) -> Text:
    """What the proofs say of it."""
    from rich.text import Text

    return Text.assemble((one.verdict, _STYLES.get(one.verdict, "bold red")), f": {one.said}")
