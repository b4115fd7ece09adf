"""Two-phase commit as a test suite plays it."""

import pytest

from examples.two_phase_commit import two_phase_commit


@pytest.mark.lockedroom(two_phase_commit, arguments={"managers": 4}, rounds=10)
def test_two_phase_commit(lockedroom):
    lockedroom.check()
