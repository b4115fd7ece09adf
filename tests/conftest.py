"""For every test: Ctrl-C means what it means in a terminal."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """A shell without job control starts what it puts in the background with SIGINT ignored, and every child inherits
    that: then no process that a test interrupts would notice."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
