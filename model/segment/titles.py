"""What findings are called: root causes in a few words, by what removes them. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TITLES: Final[Mapping[frozenset[str], str]] = {
    frozenset({"unique-segment-id"}): "what was signed in another segment counts in this one, which has its id",
    frozenset({"acl-rollback-refusal"}): "an old state of the list is put back and believed",
    frozenset({"acl-rollback-refusal + creator-memory"}): "an old state of the list is put back, and signed on from",
    frozenset({"creator-memory"}): "the creator signs on after a list that was cut",
    frozenset({"announcement-binds-incarnation"}): "an ephemeral key stands on the board as that of another stay",
    frozenset({"revocation-closes", "rights-checked-by-peers"}): "a key is taken from somebody revoked",
    frozenset({"revocation-closes + rights-checked-by-peers"}): "a session with somebody revoked stays open",
    frozenset({"records-in-place + nonces-by-side"}): "what one has put on the board is read by oneself as the other's",
    frozenset({"acl-state-in-records"}): "two share a key whose lists differ: one was shown an old one",
    frozenset({"revocation-closes"}): "a session with somebody revoked stays open",
    frozenset({"rights-checked-by-peers"}): "a key is drawn for somebody revoked",
    frozenset({"one-segment"}): "who is in one segment takes the header of another",
    frozenset({"tie-break"}): "exchanges that cross leave each side with another key",
    frozenset({"one-exchange"}): "an exchange that was consumed is accepted again",
    frozenset({"keys-by-direction"}): "both directions of a pair are sealed under one key and the same nonces",
    frozenset({"nonces-by-side"}): "both sides of a pair publish under one key and the same nonces",
    frozenset({"key-encryption-key-bound"}): "an encapsulated key is signed anew by another and taken for its own",
    frozenset({"session-keys-bound"}): "one key is given to two, who disagree with whom they share it",
    frozenset({"key-encryption-key-bound", "session-keys-bound"}): (
        "an encapsulated key is redirected: two honest members share it and disagree with whom"
    ),
    frozenset(
        {"announcement-binds-incarnation", "records-in-place", "key-encryption-key-bound", "session-keys-bound"}
    ): "two share a key and disagree in which stay of the other",
    frozenset({"sealed-header"}): "a record is passed off as one of another kind",
    frozenset({"increasing-sequence"}): "a message that was consumed is delivered again",
    frozenset({"acknowledged-rotation"}): "rotations that cross lose what was sent, the tie broken or not",
    frozenset({"tie-break", "acknowledged-rotation"}): "rotations that cross lose what was sent",
}
"""Findings by their cause, in a few words; another is named by what falls and what removes it."""
