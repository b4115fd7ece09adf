"""Few and short paths through a graph that together show every entry of it: nothing here knows what a protocol is.

A refusal changes nothing, so it is shown in passing, wherever its entry is first met. From there a path goes on to the
nearest entry that is not shown yet, of several to that from which most others can still be reached, until it is long
enough or nothing new is ahead; the next begins at the first state. Greedy, and the same every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from lockedroom.model.entries import NONE, Edge

LONGEST: Final = 80
"""Steps after which a path ends, unless its first new entry is farther than that."""

Graph: TypeAlias = Sequence[Sequence[Edge]]


def cover(graph: Graph, shown: set[int]) -> Iterator[tuple[Edge, ...]]:
    """Paths that show every entry which is not in `shown`, and can be reached; they are added to it."""
    walker = _Walker(graph, shown)
    while path := walker.path():
        yield path


class _Walker:
    def __init__(self, graph: Graph, shown: set[int]) -> None:
        self._shown = shown
        self._moves = [[edge for edge in edges if edge.to != state] for state, edges in enumerate(graph)]
        self._stays = [[edge for edge in edges if edge.to == state] for state, edges in enumerate(graph)]
        self._ahead = _reachable(self._moves)
        self._of = [frozenset(edge.entry for edge in edges) - {NONE} for edges in graph]

    def path(self) -> tuple[Edge, ...]:
        """The next path; empty when everything is shown."""
        live = sum(1 << state for state, entries in enumerate(self._of) if not entries <= self._shown)
        path: list[Edge] = []
        state = self._stay(0, path)
        while len(path) < LONGEST:
            way = self._way(state, live)
            if not way or (path and len(path) + len(way) > LONGEST):
                break
            for edge in way:
                self._shown.add(edge.entry)
                path.append(edge)
                state = self._stay(edge.to, path)
        if path and not any(edge.entry != NONE for edge in path):
            return ()
        return tuple(path)

    def _stay(self, state: int, path: list[Edge]) -> int:
        """Show what can be shown without going on."""
        for edge in self._stays[state]:
            if edge.entry != NONE and edge.entry not in self._shown:
                self._shown.add(edge.entry)
                path.append(edge)
        return state

    def _way(self, start: int, live: int) -> list[Edge]:
        """A shortest way to something new, itself the last of it or waiting where it leads."""
        before: dict[int, tuple[int, Edge] | None] = {start: None}
        layer = [start]
        while layer:
            best: tuple[tuple[bool, int], int, Edge] | None = None
            following: list[int] = []
            for state in layer:
                for edge in self._moves[state]:
                    if edge.to not in before:
                        before[edge.to] = (state, edge)
                        following.append(edge.to)
                    new = edge.entry != NONE and edge.entry not in self._shown
                    if new or (before[edge.to] == (state, edge) and not self._of[edge.to] <= self._shown):
                        worth = new, (self._ahead[edge.to] & live).bit_count()
                        if best is None or worth > best[0]:
                            best = worth, state, edge
            if best is not None:
                return self._back(before, best[1], best[2])
            layer = following
        return []

    @staticmethod
    def _back(before: dict[int, tuple[int, Edge] | None], state: int, last: Edge) -> list[Edge]:
        way = [last]
        while (step := before[state]) is not None:
            state, edge = step
            way.append(edge)
        way.reverse()
        return way


def _reachable(moves: Sequence[Sequence[Edge]]) -> list[int]:
    """For each state the states that can be reached from it, as bits."""
    found = [1 << state for state in range(len(moves))]
    changed = True
    while changed:
        changed = False
        for state in range(len(moves) - 1, -1, -1):
            ahead = found[state]
            for edge in moves[state]:
                ahead |= found[edge.to]
            if ahead != found[state]:
                found[state], changed = ahead, True
    return found
