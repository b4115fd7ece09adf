"""Runs of the segment's system in which every action happens."""

from __future__ import annotations

from typing import Final

from lockedroom.model.proofs.vacuity import Witness

_ROOM: Final = ("create", "state", "verify", "verify", "join", "join", "exchange", "place_exchange", "accept")

WITNESSES: Final[tuple[Witness, ...]] = (
    Witness(
        "two honest members share a key and a message arrives",
        (*_ROOM, "send", "place_message", "receive", "leave", "disclose"),
        ("trusted(j_9, n_9, i_7, m_7)", "sealed(i_7, g_12)", "g_12 = g_10", "corrupt(static(of(i_7)))"),
    ),
    Witness(
        "a rotation is proposed, read and acknowledged",
        (
            *_ROOM, "rotate", "place_message", "read_proposal", "acknowledge", "place_message", "read_control", "send",
        ),
        ("trusted(j_9, n_9, i_7, m_7)", "i_16 = i_7", "trusted(i_7, n_16, j_16, m_16)", "g_15 = g_13", "j_15 = i_7"),
    ),
    Witness(
        "a post is published and read",
        (*_ROOM, "publish", "read"),
        ("trusted(j_9, n_9, i_7, m_7)", "p_10 = p_11", "posted(i_7, p_11)", "confided(p_body(p_11))"),
    ),
    Witness(
        "the list goes on, and a peer is revoked, then found dead",
        (*_ROOM, "state", "advance", "state", "review", "reap"),
        ("closed(j_9, n_9, i_7)", "i_13 = j_9", "ended(j_9, n_9, i_7)"),
    ),
    Witness(
        "an insider makes everything of its own",
        (
            "forge_header", "forge_entry", "forge_entry", "verify", "join", "make_ephemeral", "forge_announcement",
            "exchange", "decapsulate", "make_body", "seal", "place_message", "receive", "send", "open",
            "rotate", "unwrap", "seal_post", "publish", "open_post",
        ),
        ("i_14 = i_8", "i_16 = i_8", "i_8 = j_13", "~sealed(i_8, g_13)", "known_master(m_8)", "i_19 = i_8"),
    ),
    Witness(
        "an insider makes an exchange",
        (
            "forge_header", "forge_entry", "forge_entry", "verify", "join", "make_master", "encapsulate",
            "forge_exchange", "place_exchange", "accept", "drop",
        ),
        ("c_master(c_7) = m_6", "x_capsule(x_10) = c_7"),
    ),
    Witness(
        "the intruder alters nothing that is covered",
        (
            *_ROOM, "send", "alter_entry", "alter_announcement", "alter_exchange", "alter_capsule", "alter_message",
            "publish", "alter_post",
        ),
    ),
    Witness(
        "keys that are not forgotten are seized",
        ("create", "verify", "join", "leave", "seize"),
        (),
        ("leave", "memory(i) := false"),
    ),
)  # fmt: skip
"""Together they take every action."""
