"""Two-phase commit: resource managers agree to commit a transaction, or all abort it (Gray and Lamport, 2006).

    lockedroom check examples/two_phase_commit.py:machine --set managers=5

Each manager prepares or aborts by itself; the transaction manager commits once it has heard that all are prepared, and
may abort before. Messages are never lost: each has a slot that says whether it was ever sent.
"""

from lockedroom.model.report import Invariant
from lockedroom.reference.machine import Action, Machine, Outcome, Slot, Symmetry

TM = Slot("transaction manager")  # init, committed or aborted
COMMIT, ABORT = Slot("commit message"), Slot("abort message")  # sent or not


def state(name: str) -> Slot:  # working, prepared, committed or aborted
    return Slot("state", name)


def told(name: str) -> Slot:  # whether the manager has sent that it is prepared
    return Slot("told", name)


def heard(name: str) -> Slot:  # whether the transaction manager has read that
    return Slot("heard", name)


def names_of(managers: int) -> tuple[str, ...]:
    return tuple(f"rm{number}" for number in range(1, managers + 1))


def action(operation, actor, slots, guard, effect) -> Action:  # type: ignore[no-untyped-def]
    """Where `guard` holds of the slots' values, they become what `effect` makes of them."""
    return Action(operation, actor, (), slots, slots, lambda held: (Outcome(effect(*held)),) if guard(*held) else ())


def manager(me: str) -> list[Action]:
    mine, sent, read = state(me), told(me), heard(me)
    return [
        action("prepare", me, (mine, sent), lambda s, _: s == "working", lambda s, _: ("prepared", True)),
        action("choose to abort", me, (mine,), lambda s: s == "working", lambda s: ("aborted",)),
        action("commit", me, (mine, COMMIT), lambda s, c: c and s != "committed", lambda s, c: ("committed", c)),
        action("abort", me, (mine, ABORT), lambda s, a: a and s != "aborted", lambda s, a: ("aborted", a)),
        action("hear", "tm", (TM, sent, read), lambda t, s, r: t == "init" and s > r, lambda t, s, r: (t, s, True)),
    ]


def machine(managers: int = 3) -> Machine:
    names = names_of(managers)
    initial = {TM: "init", COMMIT: False, ABORT: False} | {state(name): "working" for name in names}
    initial |= {slot(name): False for name in names for slot in (told, heard)}
    every = (TM, COMMIT, *map(heard, names))

    def commit(*held: object) -> tuple[object, ...]:
        return ("committed", True, *held[2:])

    actions = [one for name in names for one in manager(name)]
    actions += [
        action("decide to commit", "tm", every, lambda t, _, *r: t == "init" and all(r), commit),
        action("decide to abort", "tm", (TM, ABORT), lambda t, _: t == "init", lambda t, _: ("aborted", True)),
    ]
    symmetry = Symmetry(names, lambda slot, value, exchange: value)  # no value holds a name
    return Machine(f"two-phase commit, {managers} managers", initial, tuple(actions), symmetry=symmetry)


def consistent(states: tuple[object, ...]) -> bool | str:
    ended = {"committed", "aborted"} & set(states)
    return "one has committed, another aborted" if len(ended) == 2 else bool(ended)


def invariants(managers: int = 3) -> list[Invariant]:
    slots = tuple(map(state, names_of(managers)))
    return [Invariant("all commit or none", slots, (lambda value: value,) * managers, consistent)]


sometimes = {
    "a manager commits": lambda action, values, outcome: action.operation == "commit",
    "a manager is told to abort": lambda action, values, outcome: action.operation == "abort",
}
