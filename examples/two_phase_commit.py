"""Two-phase commit: resource managers agree to commit a transaction, or all abort it (Gray and Lamport, 2006).

    lockedroom check examples/two_phase_commit.py:two_phase_commit --set managers=5

Each manager prepares or aborts by itself; the coordinator commits once it has heard that all are prepared, and may
abort before. Messages are never lost: each has a slot that says whether it was ever sent.
"""

from lockedroom.checking import Action, Always, Machine, Model, Slot, Sometimes, Symmetry, action

DECIDED = Slot("coordinator")  # nothing yet, commit or abort
COMMIT, ABORT = Slot("commit message"), Slot("abort message")  # sent or not


def state(name: str) -> Slot:  # working, prepared, committed or aborted
    return Slot("state", name)


def told(name: str) -> Slot:  # whether the manager has sent that it is prepared
    return Slot("told", name)


def heard(name: str) -> Slot:  # whether the coordinator has read that
    return Slot("heard", name)


def manager(me: str) -> list[Action]:
    mine = state(me)

    def prepare(now: str, _: bool) -> object:
        return ("prepared", True) if now == "working" else None

    def abort(now: str) -> object:
        return "aborted" if now == "working" else None

    def obey_commit(now: str, sent: bool) -> object:
        return "committed" if sent and now != "committed" else None

    def obey_abort(now: str, sent: bool) -> object:
        return "aborted" if sent and now != "aborted" else None

    return [
        action("prepare", me, reads=(mine, told(me)), writes=(mine, told(me)), taken=prepare),
        action("choose to abort", me, reads=(mine,), writes=(mine,), taken=abort),
        action("commit", me, reads=(mine, COMMIT), writes=(mine,), taken=obey_commit),
        action("abort", me, reads=(mine, ABORT), writes=(mine,), taken=obey_abort),
    ]


def coordinator(names: tuple[str, ...]) -> list[Action]:
    def hear(decided: str, sent: bool, read: bool) -> object:
        return True if decided == "nothing yet" and sent and not read else None

    def commit(decided: str, *read: bool) -> object:
        return ("commit", True) if decided == "nothing yet" and all(read) else None

    def abort(decided: str) -> object:
        return ("abort", True) if decided == "nothing yet" else None

    hears = [
        action("hear", "tm", reads=(DECIDED, told(one), heard(one)), writes=(heard(one),), taken=hear) for one in names
    ]
    seen = (DECIDED, *map(heard, names))
    commits = action("decide to commit", "tm", reads=seen, writes=(DECIDED, COMMIT), taken=commit)
    return [*hears, commits, action("decide to abort", "tm", reads=(DECIDED,), writes=(DECIDED, ABORT), taken=abort)]


def two_phase_commit(managers: int = 3) -> Model:
    names = tuple(f"rm{number}" for number in range(1, managers + 1))
    every = tuple(map(state, names))
    initial = {DECIDED: "nothing yet", COMMIT: False, ABORT: False, **dict.fromkeys(every, "working")}
    initial |= {slot(name): False for name in names for slot in (told, heard)}
    actions = (*coordinator(names), *(one for name in names for one in manager(name)))
    same = Symmetry(names, lambda slot, value, exchange: value)  # no value holds a name
    machine = Machine(f"two-phase commit, {managers} managers", initial, actions, symmetry=same)
    consistent = Always("all commit or none", every, lambda *states: not {"committed", "aborted"} <= set(states))
    committed = Sometimes("all commit", every, lambda *states: set(states) == {"committed"})
    aborted = Sometimes("all abort", every, lambda *states: set(states) == {"aborted"})
    return Model(machine, (consistent, committed, aborted))
