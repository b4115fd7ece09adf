"""What a bounded check prints: for each promise whether it falls, and by which abstract actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lockedroom.cli.chart import INTRUDER, Move

if TYPE_CHECKING:
    from rich.console import Console

    from lockedroom.model.proofs.bmc import BoundedReport
    from lockedroom.model.proofs.taken import Fallen, Taken


def show(out: Console, found: BoundedReport) -> None:
    """Print the report."""
    from rich.text import Text

    from lockedroom.cli.tables import plain

    table = plain("promise", "clauses", "verdict")
    styles = {"none": "green", "violated": "bold red", "unknown": "yellow"}
    for claim in found.system.safety:
        verdict = found.verdict_on(claim)
        words = {"none": f"none within {found.steps} steps", "unknown": "unknown"}
        down = found.fallen(claim)
        said = words[verdict] if down is None else f"violated at step {down.length}"
        table.add_row(claim.name, ", ".join(claim.clauses), Text(said, style=styles[verdict]))
    for claim in found.system.safety:
        down = found.fallen(claim)
        if down is not None:
            _draw(out, down)
    out.print(table)
    for search in found.searches:
        depth = f"every run of up to {search.depth} steps" if search.depth >= 0 else "no run"
        out.print(f"within {search.bounded.said}; {search.bounded.rounds} rounds of derivation between steps: {depth}")
    if found.ended:
        out.print(f"not all was looked at: {found.ended}", style="yellow")
    words = {"none": f"none within {found.steps} steps of these bounds", "violated": "violated", "unknown": "unknown"}
    out.print(f"\n{found.system.name}, {found.label}: {words[found.verdict]}, in {found.seconds:.1f} s", style="bold")


def _draw(out: Console, down: Fallen) -> None:
    from lockedroom.cli.terminal import drawn

    at = f" for {', '.join(f'{name} = {value}' for name, value in down.witness.items())}" if down.witness else ""
    out.print(f"“{down.claim.name}” falls at step {down.length}{at}:\n", style="bold red")
    chart = drawn(out, (*down.last.universe["name"], INTRUDER), present=True)
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
    """The member that takes an action: whose the first stay or process among its parameters is, or else the creator."""
    functions = down.last.functions
    for name, sort in one.action.parameters.items():
        value = one.arguments[name]
        if sort == "incarnation":
            return functions["who"][(functions["of"][(value,)],)]
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
