"""The states that are known: level by level for finding paths, and as a few sorted runs for looking them up.

A log-structured set: each level is a run, and runs are merged as they grow alike. Past a given amount of memory levels
and runs go to temporary files, which are mapped: the kernel keeps of them what it has room for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from lockedroom.model.tabulated.interner import Words

_BLOCK: Final = 1 << 20
"""States that are merged at once where a run is in a file."""
_WORD: Final = 8


class Store:
    """The known states of an exploration."""

    def __init__(self, memory: int | None = None) -> None:
        """`memory`: how many bytes of states may be held in memory; None: all."""
        self.levels: list[Words] = []
        self._runs: list[Words] = []
        self._memory = memory

    def __len__(self) -> int:
        return sum(map(len, self.levels))

    @property
    def spilled(self) -> int:
        """How many bytes are in files."""
        return sum(_WORD * len(words) for words in (*self.levels, *self._runs) if isinstance(words, np.memmap))

    @property
    def held(self) -> int:
        """How many bytes are in memory."""
        every = {id(words): words for words in (*self.levels, *self._runs)}
        return sum(_WORD * len(words) for words in every.values() if not isinstance(words, np.memmap))

    def unknown(self, found: Words, pool: ThreadPoolExecutor | None = None) -> Words:
        """Those of some distinct states in order that are not known."""
        if pool is None or len(found) < _BLOCK // 8:
            return self._unknown(found)
        middle = len(found) // 2
        other = pool.submit(self._unknown, found[middle:])
        return np.concatenate((self._unknown(found[:middle]), other.result()))

    def _unknown(self, found: Words) -> Words:
        for run in reversed(self._runs):
            if len(found):
                at = run.searchsorted(found)
                at[at == len(run)] = 0
                found = found[run.take(at) != found]
        return found

    def add(self, level: Words) -> None:
        """Add a level, in order, of states that are not known."""
        self.levels.append(level)
        runs = self._runs
        runs.append(level)
        while len(runs) > 1 and len(runs[-2]) < 2 * len(runs[-1]):
            last, before = runs.pop(), runs.pop()
            runs.append(self._merged(before, last))
        self._spill()

    def rewrite(self, moved: Callable[[Words], Words]) -> None:
        """Replace every state by what it is under another packing."""
        self.levels = [self._kept(level, moved(level)) for level in self.levels]
        self._runs = [self._kept(run, moved(run)) for run in self._runs]

    def restore(self, levels: Sequence[Words]) -> None:
        """Begin with these levels."""
        self.levels, self._runs = [], []
        for level in levels:
            self.add(level)

    # ---- files --------------------------------------------------------------------------------------

    def _spill(self) -> None:
        if self._memory is None or self.held <= self._memory:
            return
        # The last level is the frontier; levels before it are only for paths, so they go first.
        for index, level in enumerate(self.levels[:-1]):
            if not isinstance(level, np.memmap):
                self.levels[index] = self._file(level)
        for index, run in enumerate(self._runs):
            if self.held <= self._memory:
                return
            if not isinstance(run, np.memmap) and run is not self.levels[-1]:
                self._runs[index] = self._file(run)

    def _kept(self, old: Words, new: Words) -> Words:
        return self._file(new) if isinstance(old, np.memmap) else new

    def _room(self, count: int) -> Words:
        # A file without a name lives as long as it is mapped: there is nothing to clean up, however this ends.
        with tempfile.TemporaryFile(prefix="lockedroom-states-") as file:
            room: Words = np.memmap(file, np.uint64, "w+", shape=(count,))
        return room

    def _file(self, words: Words) -> Words:
        if not len(words):
            return words
        room = self._room(len(words))
        room[:] = words
        return room

    def _merged(self, one: Words, other: Words) -> Words:
        """Both runs as one. They have no state in common."""
        if not (isinstance(one, np.memmap) or isinstance(other, np.memmap)):
            merged = np.concatenate((one, other))
            merged.sort(kind="stable")
            return merged
        room = self._room(len(one) + len(other))
        low = at = 0
        for start in range(0, len(one), _BLOCK):
            block = one[start : start + _BLOCK]
            last = start + _BLOCK >= len(one)
            high = len(other) if last else int(other.searchsorted(block[-1]))
            both = np.concatenate((block, other[low:high]))
            both.sort(kind="stable")
            room[at : at + len(both)] = both
            low, at = high, at + len(both)
        return room
