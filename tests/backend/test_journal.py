"""Flipping several words as one: killed at every store, finished by another process, believed within limits."""

import signal
from collections.abc import Callable

import pytest

from lockedroom.backend import clauses, errors, shm
from lockedroom.backend.crashpoints import VARIABLE, Count, Moment
from lockedroom.backend.errors import LockTimeout, Malformed, MalformedObject
from lockedroom.backend.journal import COUNT_BITS, Journals, Recovery
from lockedroom.backend.layout import inbox
from lockedroom.backend.life import Lives
from lockedroom.backend.locks import Locks, Mode
from lockedroom.backend.process import this_process
from lockedroom.backend.regions import ACL, BOARD, HEADER
from lockedroom.backend.shm import Store
from tests.backend.harness import SMALL, Actor, soon

X, S = Mode.EXCLUSIVE, Mode.SHARED


def appended(store: Store) -> tuple[int, int, int]:
    """What `flip` changes: two tails and the count of posts."""
    layout = store.layout
    return (
        store.load(layout.tail(1, 0)),
        store.load(layout.tail(2, 0)),
        store.load(layout.post_count(0)),
    )


def contents(store: Store, to: int) -> list[bytes | Malformed]:
    """The records that member 0 has in an inbox."""
    tail = store.load(store.layout.tail(to, 0))
    return [store.read_cell(store.layout.record(to, 0, n)) for n in range(tail)]


def test_several_words_flip_as_one_at_a_kill_at_every_store(room: str) -> None:
    with shm.create(room, SMALL):
        with Actor("flip", room, "aa") as actor:
            stores = int(actor.end()[1])
        assert stores >= 2 * 9
        shm.unlink(room)
    outcomes = []
    for n in range(1, stores + 1):
        for moment in Moment:
            with shm.create(room, SMALL) as store:
                journals = Journals(store, Locks(store))
                with Actor("flip", room, "aa", env={VARIABLE: f"{moment}:{n}"}) as actor:
                    status, said = actor.end()
                if status == 0:
                    # The store of one word has no middle: nobody died.
                    assert (moment, said) == (Moment.DURING, "survived")
                else:
                    assert status == -signal.SIGKILL
                with journals.locked({inbox(1): S}, soon()) as recovered:
                    state = appended(store)
                assert state in [(0, 0, 0), (1, 1, ord("a")), (2, 2, ord("a"))], (moment, n)
                assert contents(store, 1) == contents(store, 2) == [b"a" * 200] * state[0]
                assert journals.pending() == ()
                assert recovered in [(), (Recovery(0, 3),)]
                outcomes.append((state[0], len(recovered)))
                shm.unlink(room)
    # Appended only grows, and each of the two transitions was found before, in the middle, and after.
    counts = [count for count, _ in outcomes]
    assert counts[0] == 0
    assert counts[-1] == 2
    assert {(0, 0), (1, 1), (1, 0), (2, 1), (2, 0)} <= set(outcomes)


def test_a_recovery_killed_at_every_store_is_finished_by_the_next(room: str) -> None:
    """SEG-JOURNAL-4."""
    with shm.create(room, SMALL, hook=Count()) as store:
        commit_at = 0
        for n in range(1, 30):
            with Actor("flip", room, "z", env={VARIABLE: f"after:{n}"}) as actor:
                actor.end()
            if Journals(store, Locks(store)).pending():
                commit_at = n
                break
        shm.unlink(room)
    died = 0
    for n in range(1, 10):
        with shm.create(room, SMALL) as store:
            journals = Journals(store, Locks(store))
            with Actor("flip", room, "z", env={VARIABLE: f"after:{commit_at}"}) as actor:
                assert actor.end()[0] == -signal.SIGKILL
            assert appended(store) == (0, 0, 0)
            assert journals.pending() == (0,)
            with Actor("recover", room, env={VARIABLE: f"before:{n}"}) as actor:
                status, said = actor.end()
            with journals.locked({inbox(2): X}, soon()) as recovered:
                assert appended(store) == (1, 1, ord("z"))
            assert journals.pending() == ()
            shm.unlink(room)
            if status == 0:
                assert (said, recovered) == ("1", ())
                break
            assert (status, recovered) == (-signal.SIGKILL, (Recovery(0, 3),))
            died += 1
    assert died == 4  # three words and the commit word


@pytest.mark.parametrize("wanted", [{inbox(1): S}, {HEADER: S, inbox(2): X}, {BOARD: S}])
def test_the_journal_of_a_live_owner_is_its_own(
    room: str, store: Store, journals: Journals, wanted: dict[int, Mode]
) -> None:
    layout = store.layout
    with Actor("hold", room, "2x,65x,66x") as owner:
        assert owner.hear() == "held"
        commit(store, 0, {BOARD, inbox(1), inbox(2)}, [(layout.tail(1, 0), 1), (layout.tail(2, 0), 1)])
        with journals.locked({HEADER: S, ACL: X, inbox(0): X}, soon()) as recovered:
            assert recovered == ()
        with pytest.raises(LockTimeout), journals.locked(wanted, soon(0.1)):
            pass
        assert journals.pending() == (0,)
        owner.kill()
        with journals.locked(wanted, soon()) as recovered:
            assert recovered == (Recovery(0, 2),)
            assert (store.load(layout.tail(1, 0)), store.load(layout.tail(2, 0))) == (1, 1)


def test_several_dead_owners_are_all_finished(store: Store, journals: Journals) -> None:
    layout = store.layout
    for member in range(3):
        commit(store, member, {inbox(member), BOARD}, [(layout.head(member, 0), 7), (layout.announced(member), 1)])
    with journals.locked({BOARD: S}, soon()) as recovered:
        assert sorted(r.journal for r in recovered) == [0, 1, 2]
        assert [store.load(layout.head(m, 0)) for m in range(3)] == [7, 7, 7]


def test_who_takes_a_life_lock_finishes_what_its_last_holder_committed(
    store: Store, journals: Journals, lives: Lives
) -> None:
    layout = store.layout
    commit(store, 1, {inbox(2)}, [(layout.head(2, 0), 3), (layout.head(2, 1), 4)])
    with journals.locked({BOARD: X}, soon()) as recovered:
        assert recovered == ()
        with pytest.raises(MalformedObject, match="did not commit"):
            journals.ready([(layout.announced(1), 1), (layout.post_count(1), 1)], member=1)
        journals.ready([(layout.announced(1), 1)], member=1)
    assert lives.acquire(1, soon()) == Recovery(1, 2)
    assert (store.load(layout.head(2, 0)), store.load(layout.head(2, 1))) == (3, 4)
    assert journals.pending() == ()


def test_a_life_lock_whose_journal_cannot_be_finished_is_not_taken(room: str, store: Store, lives: Lives) -> None:
    commit(store, 1, {inbox(2)}, [(store.layout.head(2, 0), 3)])
    with Actor("hold", room, "66x") as actor:
        assert actor.hear() == "held"
        with pytest.raises(LockTimeout):
            lives.acquire(1, soon(0.1))
        assert not lives.holds(1)
    with shm.attach(room) as other:
        Lives(other, Journals(other, Locks(other)), this_process()).acquire(1, soon())


# ---- what commit refuses ---------------------------------------------------------------------------------------


def test_one_word_needs_no_journal(store: Store, locks: Locks) -> None:
    with shm.attach(store.room, hook=(count := Count())) as other:
        journals = Journals(other, Locks(other))
        with journals.locked({HEADER: X}, soon()):
            journals.commit([(other.layout.state(), 1)])
            journals.commit([])
    assert (store.load(store.layout.state()), count.stores) == (1, 1)


@pytest.mark.parametrize(
    ("flips", "member", "said"),
    [
        ([("state", 1), ("acl_count", 1)], None, "needs a journal"),
        ([("state", 1), ("free", 1)], 0, "held exclusively"),
        ([("shared", 1)], 0, "held exclusively"),
        ([("outside", 1)], 0, "held exclusively"),
        ([("state", 1)] * 6, 0, "do not fit"),
    ],
)
def test_a_commit_that_breaks_the_rules_changes_nothing(
    store: Store, journals: Journals, flips: list[tuple[str, int]], member: int | None, said: str
) -> None:
    layout = store.layout
    offsets = {
        "state": layout.state(),
        "acl_count": layout.acl_count(),
        "free": layout.head(2, 0),
        "shared": layout.announced(0),
        "outside": layout.life(0)[0],
    }
    before = store.read(0, layout.total)
    with journals.locked({HEADER: X, ACL: X, BOARD: S}, soon()), pytest.raises(ValueError, match=said):
        journals.commit([(offsets[name], value) for name, value in flips], member)
    assert store.read(0, layout.total) == before


# ---- hostile journals ------------------------------------------------------------------------------------------


def commit(store: Store, member: int, slots: set[int], flips: list[tuple[int, int]], count: int | None = None) -> None:
    """Write a committed journal as a dead or a hostile owner may have left it."""
    layout = store.layout
    bits = sum(1 << slot for slot in slots)
    store.write(layout.journal_slots(member), bits.to_bytes(16, "little"))
    for k, (offset, value) in enumerate(flips):
        store.write(
            layout.journal_entries(member) + 16 * k,
            offset.to_bytes(8, "little") + value.to_bytes(8, "little"),
        )
    number = len(flips) if count is None else count
    store.store(layout.commit(member), 1 << COUNT_BITS | number)


HOSTILE: dict[str, tuple[set[int], list[Callable[[Store], int]], int | None]] = {
    "no slots": (set(), [lambda s: s.layout.state()], None),
    "a slot that there is not": ({HEADER, inbox(3)}, [lambda s: s.layout.state()], None),
    "a lock byte of nothing": ({HEADER, 3}, [lambda s: s.layout.state()], None),
    "no entries": ({HEADER}, [], None),
    "more entries than fit": ({HEADER}, [lambda s: s.layout.state()], 6),
    "one good entry too many": ({HEADER}, [lambda s: s.layout.state()] * 6, None),
    "absurdly many entries": ({HEADER}, [lambda s: s.layout.state()], 0xFFFF),
    "a slot that it does not name": ({HEADER}, [lambda s: s.layout.announced(0)], None),
    "the magic": ({HEADER}, [lambda s: 0], None),
    "the capacity": ({HEADER}, [lambda s: 16], None),
    "the header's record": ({HEADER}, [lambda s: s.layout.header().offset], None),
    "a cell": ({inbox(0)}, [lambda s: s.layout.record(0, 0, 0).offset], None),
    "a crooked offset": ({HEADER}, [lambda s: s.layout.state() + 4], None),
    "a life cell": ({HEADER}, [lambda s: s.layout.life(0)[0]], None),
    "a commit word": ({HEADER}, [lambda s: s.layout.commit(1)], None),
    "beyond the end": ({HEADER}, [lambda s: s.layout.total], None),
    "far beyond the end": ({HEADER}, [lambda s: 2**64 - 8], None),
    "a good word, then a bad one": ({HEADER}, [lambda s: s.layout.state(), lambda s: 0], None),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_journal_that_no_honest_owner_wrote_is_discarded(store: Store, journals: Journals, case: str) -> None:
    slots, offsets, count = HOSTILE[case]
    store.store(store.layout.state(), 1)
    before = store.read(0, store.layout.commit(0))
    commit(store, 2, slots, [(offset(store), 0xEEEE) for offset in offsets], count)
    touched = next(iter(slots & set(store.layout.slots())), HEADER)
    with journals.locked({touched: S}, soon()) as recovered:
        ((journal, outcome),) = [(r.journal, r.outcome) for r in recovered]
        assert journal == 2
        assert isinstance(outcome, Malformed)
        assert outcome.clause == clauses.JOURNAL
    assert store.read(0, store.layout.commit(0)) == before
    assert journals.pending() == ()


def test_a_journal_without_sense_is_not_discarded_while_anybody_works(
    room: str, store: Store, journals: Journals
) -> None:
    commit(store, 2, set(), [])
    with Actor("hold", room, "65s") as actor:
        assert actor.hear() == "held"
        with pytest.raises(LockTimeout), journals.locked({HEADER: S}, soon(0.1)):
            pass
        assert journals.pending() == (2,)
        actor.tell()
        actor.end()
    with journals.locked({HEADER: S}, soon()) as recovered:
        assert len(recovered) == 1


def test_somebody_who_commits_without_end_only_makes_it_time_out(room: str, store: Store) -> None:
    def again(moment: Moment) -> None:
        if moment is Moment.AFTER and store.load(store.layout.commit(0)) == 0:
            commit(store, 0, {HEADER}, [(store.layout.state(), 1)])

    commit(store, 0, {HEADER}, [(store.layout.state(), 1)])
    with (
        shm.attach(room, hook=again) as victim,
        pytest.raises(errors.LockTimeout, match="kept changing"),
        Journals(victim, Locks(victim)).locked({HEADER: S}, soon(0.1)),
    ):
        pass


def test_the_transaction_number_changes_with_every_commit(room: str, store: Store) -> None:
    words = set()

    def look(moment: Moment) -> None:
        words.add(store.load(store.layout.commit(0)))

    with shm.attach(room, hook=look) as other:
        journals, layout = Journals(other, Locks(other)), other.layout
        for _ in range(3):
            with journals.locked({HEADER: X, ACL: X}, soon()):
                journals.commit([(layout.state(), 1), (layout.acl_count(), 1)], member=0)
    assert words == {0, 1 << 16 | 2, 2 << 16 | 2, 3 << 16 | 2}
