"""What a bounded check prints: for each promise whether it falls, and by which abstract actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from lockedroom.cli.chart import INTRUDER, Move

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from lockedroom.model.proofs.searches import BoundedReport, Search
    from lockedroom.model.proofs.segment.agreement import Agreement
    from lockedroom.model.proofs.taken import Fallen, Taken


_ACTORS: Final = ("name", "holder")
"""The sorts of those who take steps: a protocol has one of them."""


def show(out: Console, found: BoundedReport) -> None:
    """Print the report."""
    from lockedroom.cli.tables import plain

    for search in found.searches:
        if search.fallen is not None:
            draw(out, search.fallen)
    table = plain("promise", "clauses", "verdict")
    for search in found.searches:
        table.add_row(search.claim.name, ", ".join(search.claim.clauses), verdict(search))
    out.print(table)
    for bounded in found.bounds:
        out.print(f"within {bounded.said}; {bounded.rounds} rounds of derivation between steps")
    if found.ended:
        out.print(f"not all was looked at: {found.ended}", style="yellow")
    words = {"none": f"none within {found.steps} steps of these bounds", "violated": "violated", "unknown": "unknown"}
    out.print(f"\n{found.system.name}, {found.label}: {words[found.verdict]}, in {found.seconds:.1f} s", style="bold")


def verdict(search: Search) -> Text:
    """What is known of a promise, in words."""
    from rich.text import Text

    match search.verdict:
        case "violated":
            assert search.fallen is not None, "that is what violated means"
            return Text(f"violated at step {search.fallen.length}", style="bold red")
        case "none":
            return Text(f"none within {search.steps} steps", style="green")
        case "unknown":
            looked = ", ".join(str(depth) if depth >= 0 else "no" for depth in search.depths)
            return Text(f"unknown: none within {looked} steps", style="yellow")


def show_agreement(out: Console, found: Agreement) -> None:
    """Print what each engine has to say of each finding."""
    from lockedroom.cli.tables import plain

    table = plain("finding", "explorer", "z3, on the abstract system")
    for number, one in enumerate(found.found, start=1):
        attack = one.finding.attack
        said = [one.reason] if one.reason else []
        if one.search is not None:
            said = [f"{one.search.claim.name}: {verdict(one.search)}", *said]
        if one.verdict == "outside":
            said = ["outside", *said]
        table.add_row(
            f"{number}. {one.finding.name}", f"{attack.falls}: step {attack.length}", "; ".join(said) or "not found"
        )
    out.print(table)
    for bounded in dict.fromkeys(each.said for one in found.found if one.search for each in one.search.bounds):
        out.print(f"within {bounded}")
    if found.ended:
        out.print(f"not all was looked at: {found.ended}", style="yellow")
    verdicts = [one.verdict for one in found.found]
    words = [f"{verdicts.count(kind)} {kind}" for kind in ("agreed", "outside", "not found", "unknown")]
    out.print(f"\n{len(verdicts)} findings: {', '.join(words)}", style="bold")


def draw(out: Console, down: Fallen) -> None:
    """Print a run as a chart."""
    from lockedroom.cli.terminal import drawn

    at = f" for {', '.join(f'{name} = {value}' for name, value in down.witness.items())}" if down.witness else ""
    out.print(f"“{down.claim.name}” falls at step {down.length}{at}:\n", style="bold red")
    universe = down.last.universe
    actors = next(universe[sort] for sort in _ACTORS if sort in universe)
    chart = drawn(out, (*actors, INTRUDER), present=True)
    for line in chart.heading():
        out.print(line)
    for move in moves(down):
        for line in chart.draw(move):
            out.print(line)
    out.print()


def moves(down: Fallen) -> Iterator[Move]:
    """The actions of a run as moves of a chart."""
    yield from (_move(one, down) for one in down.taken)


def _move(one: Taken, down: Fallen) -> Move:
    who = INTRUDER if one.action.intruder else _actor(one, down)
    return Move(who, one.action.name, words=str(one), points=_points(one, down, who))


def _actor(one: Taken, down: Fallen) -> str:
    """Who takes an action: a holder, or the member whose the first stay or process among its parameters is, or else the
    creator."""
    functions = down.last.functions
    for name, sort in one.action.parameters.items():
        value = one.arguments[name]
        if sort == "incarnation":
            return functions["who"][(functions["of"][(value,)],)]
        if sort == "holder":
            return value
        if sort == "process":
            return functions["who"][(value,)]
        if sort == "key":
            return next(who for (process,), who in functions["who"].items() if functions["static"][(process,)] == value)
    return INTRUDER


def _points(one: Taken, down: Fallen, who: str) -> tuple[str, ...]:
    """Whom an arrow points at: who gets what is sealed, or whose inbox it is put into."""
    functions = down.last.functions
    match one.action.name:
        case "exchange":
            return (functions["a_name"][(one.arguments["a"],)],)
        case "send" | "rotate" | "acknowledge" | "reap":
            return (one.arguments["n"],)
        case "place_exchange" | "place_message":
            return (functions["who"][(functions["of"][(one.arguments["j"],)],)],)
        case _:
            return ()
