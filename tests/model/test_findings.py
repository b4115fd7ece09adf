"""What the explorer has found in the engine: each is a path that went wrong once."""

from __future__ import annotations

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.verdict import check


def test_what_a_peer_left_between_its_grant_and_its_revocation_is_still_read() -> None:
    """SEG-REVIEW-2: a review that verifies a grant and its revocation together once took the peer's message for one
    that it had no right to send; and a review of one's own revocation once looked at a lane that is nobody's."""
    report = check("segment", Bounds(2, 1, 1, revocations=1))
    assert report.verdict == "holds", report.counterexample
