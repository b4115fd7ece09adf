"""For every test: Ctrl-C means what it means in a terminal; what is counted is printed at the end of the run, also when
several processes take the tests."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

# No limit on the time of one example, since a busy machine is no defect; and the same examples in every run.
settings.register_profile("patient", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

COUNTED = "counted"
HUNTED = "test_mutants.py::test_the_mutant_is_found["


def pytest_configure() -> None:
    """A shell without job control starts what it puts in the background with SIGINT ignored, and every child inherits
    that: then no process that a test interrupts would notice."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Has a line printed at the end of the run, whatever is captured."""
    return lambda line: record_property(COUNTED, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The lines, and how many of the mutants these tests have hunted: all of them are hunted by `make full`."""
    passed = [one for one in terminalreporter.stats.get("passed", []) if isinstance(one, pytest.TestReport)]
    failed = [one for one in terminalreporter.stats.get("failed", []) if isinstance(one, pytest.TestReport)]
    lines = [value for one in (*passed, *failed) for name, value in one.user_properties if name == COUNTED]
    if lines:
        terminalreporter.section("counted")
    for line in lines:
        terminalreporter.line(str(line))
    from lockedroom.model.segment.mutants import MUTANTS

    if killed := {one.nodeid for one in passed if HUNTED in one.nodeid}:
        terminalreporter.write_line(f"\nmutants: {len(killed)} of {len(MUTANTS)} killed (make full hunts all of them)")
