"""What a forked child may not inherit.

A fork shares the open file description of every store, and so its locks: a child that kept one would
keep its parent's life lock held after the parent's death. So in the child every store closes itself,
unlocks nothing (an unlock through the shared description would release the parent's lock) and refuses
from then on. A child forked by C code that runs no handlers of Python escapes this.

The registry is the one process-level state of the project: a fork is an event of the whole process, and
the handler that Python calls for it gets no argument. It holds weak references, so it keeps nothing alive.
"""

from __future__ import annotations

import os
import weakref
from typing import Final, Protocol


class Handle(Protocol):
    """Something of this process that a forked child may not use."""

    def disown(self) -> None:
        """Let go in the child of all that is shared, and refuse from now on."""
        ...


_HANDLES: Final[weakref.WeakSet[Handle]] = weakref.WeakSet()


def register(handle: Handle) -> None:
    """Have `handle` disowned in every child that this process forks from now on."""
    _HANDLES.add(handle)


def _in_child() -> None:
    for handle in list(_HANDLES):
        handle.disown()
    _HANDLES.clear()


os.register_at_fork(after_in_child=_in_child)
