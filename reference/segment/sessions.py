"""Keys, epochs, seals: what two members do with a master key that they share (SEG-KEYS, SEG-EPOCH, SEG-SEND-6).

Pure functions over sessions and records. Which transition does what with them is in `transitions`.
"""

from __future__ import annotations

from dataclasses import replace

from lockedroom.reference.crypto.suite import Suite, Transcript
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Name
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import HARDENED, Profile
from lockedroom.reference.segment.records import (
    ACKNOWLEDGE,
    MESSAGE,
    ROTATE,
    Epoch,
    Message,
    Post,
    message_transcript,
    post_transcript,
)
from lockedroom.reference.segment.state import BoardKey, EpochKeys, Presence, Session


def kek_context(
    segment: Bits, maker: Name, taker: Name, made: Bits, taken: Bits, ephemeral: Bits, profile: Profile = HARDENED
) -> Transcript:
    """What the key-encryption key of an exchange is bound to (SEG-KEYS-1)."""
    if not profile.has(switch.BOUND_KEK):
        return Transcript("LR-SEG-KEK", ())
    return Transcript("LR-SEG-KEK", (segment, maker, taker, made, taken, ephemeral))


def keys_context(
    segment: Bits, me: Name, mine: Bits, peer: Name, theirs: Bits, epoch: Epoch, profile: Profile = HARDENED
) -> Transcript:
    """What the keys of an epoch are bound to; the proposer and its incarnation come first (SEG-KEYS-2)."""
    if not profile.has(switch.BOUND_KEYS):
        return Transcript("LR-SEG-KEYS", ())
    first, second = ((me, mine), (peer, theirs)) if epoch.proposer == me else ((peer, theirs), (me, mine))
    return Transcript("LR-SEG-KEYS", (segment, epoch.number, *first, *second))


def epoch_keys(
    suite: Suite,
    profile: Profile,
    segment: Bits,
    me: Name,
    mine: Bits,
    peer: Name,
    theirs: Bits,
    epoch: Epoch,
    master: Bits,
) -> EpochKeys:
    """The keys of one epoch: `forth` from its proposer, `back` to it, `rotation` (SEG-KEYS-2)."""
    context = keys_context(segment, me, mine, peer, theirs, epoch, profile)
    forth, back = suite.derive(master, "forth", context), suite.derive(master, "back", context)
    sending, receiving = (forth, back) if epoch.proposer == me else (back, forth)
    if not profile.has(switch.DIRECTIONS):
        sending = receiving = forth
    return EpochKeys(epoch, sending, receiving, suite.derive(master, "rotation", context))


def board_key(
    suite: Suite,
    profile: Profile,
    segment: Bits,
    me: Name,
    mine: Bits,
    peer: Name,
    theirs: Bits,
    epoch: Epoch,
    master: Bits,
) -> BoardKey:
    """The key for non-consumables that belongs to an exchange (SEG-KEYS-2)."""
    context = keys_context(segment, me, mine, peer, theirs, epoch, profile)
    return BoardKey(epoch, suite.derive(master, "board", context))


def share(
    suite: Suite,
    profile: Profile,
    segment: Bits,
    me: Name,
    presence: Presence,
    peer: Name,
    theirs: Bits,
    maker: Name,
    master: Bits,
) -> Session:
    """The session with `peer` once the master of `maker`'s exchange is shared: begun, or crossed with the one there
    is (SEG-ACCEPT-7). A crossing resets nothing."""
    epoch = Epoch(0, maker)
    keys = epoch_keys(suite, profile, segment, me, presence.incarnation, peer, theirs, epoch, master)
    board = board_key(suite, profile, segment, me, presence.incarnation, peer, theirs, epoch, master)
    session = presence.session(peer, theirs)
    offered = maker == me or (session is not None and session.offered)
    anew = session is not None and session.accepted and maker == peer and not profile.has(switch.ONE_EXCHANGE)
    if session is None or anew:
        return Session(peer, theirs, offered, maker == peer, epoch, (keys,), (board,))
    tied = profile.has(switch.TIE_BREAK)
    return replace(
        session,
        offered=offered,
        accepted=session.accepted or maker == peer,
        sending=epoch if not tied or epoch.outranks(session.sending) else session.sending,
        epochs=(*session.epochs, keys),
        boards=(*session.boards, board),
    )


def add_epoch(
    suite: Suite, profile: Profile, segment: Bits, me: Name, mine: Bits, session: Session, epoch: Epoch, master: Bits
) -> Session:
    """The session with the keys of a further epoch (SEG-ROTATE-2)."""
    keys = epoch_keys(suite, profile, segment, me, mine, session.peer, session.theirs, epoch, master)
    return replace(session, epochs=(*session.epochs, keys))


def drop_epoch(session: Session, epoch: Epoch) -> Session:
    """The session without the keys of an epoch: a proposal that lost (SEG-ROTATE-5)."""
    return replace(session, epochs=tuple(keys for keys in session.epochs if keys.epoch != epoch))


def newest(session: Session) -> int:
    """The highest epoch number known in the session."""
    return max(keys.epoch.number for keys in session.epochs)


def winner(session: Session) -> BoardKey:
    """The board key to publish under: that of the exchange which takes precedence (SEG-PUBLISH-2)."""
    best = session.boards[0]
    for board in session.boards[1:]:
        if board.epoch.outranks(best.epoch):
            best = board
    return best


def seal(
    suite: Suite,
    profile: Profile,
    segment: Bits,
    me: Name,
    mine: Bits,
    session: Session,
    body: Bits,
    flags: int = MESSAGE,
    rotation: int = 0,
) -> tuple[Session, Message]:
    """Seal the next record for the peer under the sending epoch. The nonce is the sequence number, which never repeats
    in a direction, so it never repeats under a key (SEG-SEND-6, SEG-SEND-7)."""
    keys = session.keys(session.sending)
    assert keys is not None, "a session always keeps the keys that it sends under"
    sequence = session.sent + 1
    record = Message(me, session.peer, mine, session.theirs, session.sending, sequence, flags, rotation, b"")
    sealed = suite.seal(keys.sending, (0, sequence), message_transcript(segment, record, profile), body)
    return replace(session, sent=sequence), replace(record, sealed=sealed)


def propose(
    suite: Suite, profile: Profile, segment: Bits, me: Name, mine: Bits, session: Session, master: Bits
) -> tuple[Session, Message]:
    """Propose a new master under the next epoch number: wrapped under the rotation key of the sending epoch, in a
    sealed control record (SEG-ROTATE-2)."""
    keys = session.keys(session.sending)
    assert keys is not None, "a session always keeps the keys that it sends under"
    epoch = Epoch(newest(session) + 1, me)
    wrapped = suite.wrap(keys.rotation, master)
    session, record = seal(suite, profile, segment, me, mine, session, wrapped, ROTATE, epoch.number)
    session = add_epoch(suite, profile, segment, me, mine, session, epoch, master)
    if not profile.has(switch.ACKNOWLEDGED):
        return replace(session, sending=epoch), record
    return replace(session, pending=epoch), record


def acknowledge(
    suite: Suite, profile: Profile, segment: Bits, me: Name, mine: Bits, session: Session, owed: Epoch
) -> tuple[Session, Message]:
    """Move to the epoch that is owed an acknowledgement and post that as its first record (SEG-ROTATE-6)."""
    moved = replace(session, sending=owed, owed=None)
    return seal(suite, profile, segment, me, mine, moved, b"", ACKNOWLEDGE, owed.number)


def open_message(suite: Suite, profile: Profile, segment: Bits, session: Session, record: Message) -> Bits | None:
    """The body of a record from the peer, or None when it does not open (SEG-RECEIVE-8, SEG-SEND-7)."""
    keys = session.keys(record.epoch)
    if keys is None:
        return None
    return suite.open(keys.receiving, (0, record.sequence), message_transcript(segment, record, profile), record.sealed)


def received(session: Session, record: Message) -> Session:
    """The session after a record was opened: its number is the last received; its epoch closes every lower one in this
    direction and, since the peer has its keys, is the least that this side sends under (SEG-EPOCH-3, SEG-ROTATE-7)."""
    sending = record.epoch if record.epoch.outranks(session.sending) else session.sending
    pending = session.pending
    if pending is not None and not pending.outranks(sending):
        pending = None
    owed = session.owed
    if owed is not None and not owed.outranks(sending):
        owed = None
    kept = tuple(keys for keys in session.epochs if keys.epoch == record.epoch or keys.epoch.outranks(record.epoch))
    return replace(session, received=record.sequence, sending=sending, pending=pending, owed=owed, epochs=kept)


def acknowledges(session: Session, record: Message, body: Bits) -> bool:
    """Whether a record that opened is the acknowledgement that this side's proposal awaits (SEG-ROTATE-6)."""
    return record.epoch == session.pending and record.rotation == record.epoch.number and body == b""


def rotation_read(
    suite: Suite,
    profile: Profile,
    segment: Bits,
    me: Name,
    mine: Bits,
    session: Session,
    record: Message,
    wrapped: Bits,
) -> Session | None:
    """The session after the peer's proposal was read, an acknowledgement owed unless this side's own takes
    precedence; None when it does not unwrap, or its number is an exchange's or leaps (SEG-EPOCH-4). `session` is as it
    was when the record was opened (SEG-ROTATE-4, SEG-ROTATE-5)."""
    keys = session.keys(record.epoch)
    if keys is None or not 1 <= record.rotation <= newest(session) + 1:
        return None
    master = suite.unwrap(keys.rotation, wrapped)
    if master is None:
        return None
    proposal = Epoch(record.rotation, session.peer)
    session = received(session, record)
    rivals = [keys.epoch for keys in session.epochs]
    tied = profile.has(switch.TIE_BREAK)
    if any(rival == proposal or (tied and rival.outranks(proposal)) for rival in rivals):
        return session
    if session.pending is not None:
        session = replace(drop_epoch(session, session.pending), pending=None)
    session = add_epoch(suite, profile, segment, me, mine, session, proposal, master)
    if not profile.has(switch.ACKNOWLEDGED):
        return replace(session, sending=proposal)
    return replace(session, owed=proposal)


def publish(
    suite: Suite, profile: Profile, segment: Bits, me: Name, mine: Bits, session: Session, number: int, body: Bits
) -> Post:
    """Seal one peer's replica of a non-consumable. The nonce is the record id and who of the pair seals, so that the
    two never use one nonce under the board key that they share (SEG-PUBLISH-2)."""
    board = winner(session)
    record = Post(me, session.peer, mine, session.theirs, board.epoch, number, b"")
    nonce = (1 if board.epoch.proposer == me else 2, number)
    if not profile.has(switch.BOARD_NONCES):
        nonce = (1, number)
    return replace(record, sealed=suite.seal(board.key, nonce, post_transcript(segment, record, profile), body))


def open_post(suite: Suite, profile: Profile, segment: Bits, session: Session, record: Post) -> Bits | None:
    """The body of a peer's non-consumable, or None when it does not open (SEG-READ-3)."""
    key = session.board(record.epoch)
    if key is None:
        return None
    nonce = (1 if record.epoch.proposer == record.sender else 2, record.number)
    if not profile.has(switch.BOARD_NONCES):
        nonce = (1, record.number)
    return suite.open(key, nonce, post_transcript(segment, record, profile), record.sealed)
