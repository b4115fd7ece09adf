"""B1 in Promela, for Spin: one process with one loop, the state packed into integers by hand.

    python benchmarks/promela.py MEMBERS MESSAGES JOINS

Each action is one `d_step`: a guard of bit tests, then one assignment to each word that changes. None of the ways tried
for (4,1,1), all exact and without reductions, is faster by more than the noise: `benchmarks/README.md` has the tables.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import permutations
from typing import Final

_WORD: Final = 31
"""Bits of a word: Promela's integers have a sign."""


class _Words:
    """Fields dealt to words."""

    def __init__(self) -> None:
        self.used = [0]
        self._at: dict[str, tuple[int, int, int]] = {}

    def add(self, field: str, width: int) -> None:
        if self.used[-1] + width > _WORD:
            self.used.append(0)
        self._at[field] = (len(self.used) - 1, self.used[-1], width)
        self.used[-1] += width

    def number(self, field: str) -> str:
        word, shift, width = self._at[field]
        return f"((w{word}>>{shift})&{(1 << width) - 1})"

    def bit(self, field: str) -> str:
        word, shift, _ = self._at[field]
        return f"(w{word}&{1 << shift})"

    def changed(self, sets: list[str], clears: list[str], increments: list[str]) -> str:
        words: dict[int, list[int]] = {}
        for position, fields in enumerate((sets, clears, increments)):
            for field in fields:
                word, shift, width = self._at[field]
                change = words.setdefault(word, [0, 0, 0])
                change[position] += (((1 << width) - 1) if position == 1 else 1) << shift
        done = []
        for word, (ones, zeros, more) in sorted(words.items()):
            value = f"w{word}"
            if zeros:
                value = f"({value}&{((1 << _WORD) - 1) & ~zeros})"
            if ones:
                value = f"({value}|{ones})"
            if more:
                value = f"({value}+{more})"
            done.append(f"w{word} = {value}")
        return "; ".join(done)


def promela(members: int, messages: int, joins: int) -> str:
    """The model. Its states and transitions are those of `b1.machine`, but that Spin counts the initial state as one
    transition more."""
    words = _Words()
    for p in range(members):
        words.add(f"joined{p}", 1)
        words.add(f"joins{p}", joins.bit_length())
    for p, q in permutations(range(members), 2):
        for kind, width in (("enc", 1), ("key", 1), ("msg", 1), ("sent", messages.bit_length())):
            words.add(f"{kind}{p}_{q}", width)
    lines = [f"int w{word};" for word in range(len(words.used))]
    lines += ["", "active proctype b1() {", "  do"]
    lines += [f"  :: d_step {{ {guard} -> {change} }}" for guard, change in _actions(words, members, messages, joins)]
    return "\n".join([*lines, "  od", "}", ""])


def _actions(words: _Words, members: int, messages: int, joins: int) -> Iterator[tuple[str, str]]:
    bit, number, changed = words.bit, words.number, words.changed
    for p in range(members):
        yield f"!{bit(f'joined{p}')} && {number(f'joins{p}')} < {joins}", changed([f"joined{p}"], [], [f"joins{p}"])
        for q in range(members):
            if q == p:
                continue
            free = [f"!{bit(f'{kind}{a}_{b}')}" for kind in ("key", "enc") for a, b in ((p, q), (q, p))]
            both = " && ".join([bit(f"joined{p}"), bit(f"joined{q}"), *free])
            yield both, changed([f"enc{p}_{q}", f"key{p}_{q}"], [], [])
            yield f"{bit(f'joined{p}')} && {bit(f'enc{q}_{p}')}", changed([f"key{p}_{q}"], [f"enc{q}_{p}"], [])
            room = f"!{bit(f'msg{p}_{q}')} && {number(f'sent{p}_{q}')} < {messages}"
            yield (
                f"{bit(f'joined{p}')} && {bit(f'key{p}_{q}')} && {room}",
                changed([f"msg{p}_{q}"], [], [f"sent{p}_{q}"]),
            )
            yield (
                f"{bit(f'joined{q}')} && {bit(f'key{q}_{p}')} && {bit(f'msg{p}_{q}')}",
                changed([], [f"msg{p}_{q}"], []),
            )
        gone = [
            f"{kind}{a}_{b}"
            for q in range(members)
            if q != p
            for kind in ("enc", "key", "msg")
            for a, b in ((p, q), (q, p))
        ]
        yield bit(f"joined{p}"), changed([], [f"joined{p}", *gone], [])


if __name__ == "__main__":
    print(promela(*(int(word) for word in sys.argv[1:4])), end="")
