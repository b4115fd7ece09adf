"""What the tests of the model say at their end."""

from __future__ import annotations

import pytest

from lockedroom.model.segment.mutants import MUTANTS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many of the mutants these tests have hunted: all of them are hunted by `make full`."""
    passed = terminalreporter.stats.get("passed", [])
    killed = {report.nodeid for report in passed if "test_mutants.py::test_the_mutant_is_found" in report.nodeid}
    if killed:
        terminalreporter.write_line(f"\nmutants: {len(killed)} of {len(MUTANTS)} killed (make full hunts all of them)")
