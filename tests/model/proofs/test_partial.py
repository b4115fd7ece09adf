"""States of which a part is known: what is said of them is so in every state that the part leaves open."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from lockedroom.model.proofs.formula import Formula
from lockedroom.model.proofs.parse import Vocabulary, formula
from lockedroom.model.proofs.partial import ANY, Bound, Checker, Facts, NoStep, Reader, Seen, Taken, Truth, Tuple
from lockedroom.model.proofs.structure import Structure
from lockedroom.model.proofs.system import System
from tests.model.proofs.toy import lock

CLIENTS = ("ann", "ben")
UNIVERSE = {"client": CLIENTS}
SIGNATURES = {"holds": ("client",), "taken": ()}
FORMULAS = (
    "holds(C) -> taken",
    "exists C. holds(C)",
    "forall C. holds(C) <-> taken",
    "~(exists C. holds(C) & taken)",
    "holds(C) & holds(D) -> C = D",
    "exists C. holds(C) & ~(exists D. holds(D) & D ~= C)",
    "taken | ~(taken & (forall C. ~holds(C)))",
)


class Nothing:
    """The reading of a system without functions."""

    def value(self, function: str, arguments: Tuple) -> str:
        """There is none."""
        raise KeyError(function)

    def fixed(self, relation: str, arguments: Tuple) -> Truth:
        """There is none."""
        raise KeyError(relation)


def owner(relation: str, values: Tuple) -> tuple[str, int] | None:
    return (relation, 0)


def checker(system: System) -> Checker:
    return Checker(system, Reader(Nothing(), system.relations), owner, SIGNATURES, frozenset(SIGNATURES))


def facts(**said: set[Tuple]) -> Facts:
    """All of some relations."""
    true = frozenset((relation, values) for relation, those in said.items() for values in those)
    return Facts(true, tuple(Bound(relation, relation, tuple(those)) for relation, those in said.items()))


def read(text: str) -> Formula:
    return formula(text, Vocabulary(("client",), SIGNATURES, {}))


@pytest.mark.parametrize("text", FORMULAS)
def test_what_is_said_is_so_in_every_state_that_is_left_open(text: str) -> None:
    """Against the plain evaluator: where a part is known, the answer is that of all completions, or none."""
    atoms = [("taken", ()), *(("holds", (client,)) for client in CLIENTS)]
    reader, said = Reader(Nothing(), ()), read(text)
    for known in product((True, False, None), repeat=len(atoms)):
        true = frozenset(atom for atom, so in zip(atoms, known, strict=True) if so)
        bounds = []
        for relation in SIGNATURES:
            may = [atom[1] for atom, so in zip(atoms, known, strict=True) if atom[0] == relation and so is not False]
            bounds.append(Bound(relation, relation, tuple(may)))
        answers = set()
        for so in product((True, False), repeat=len(atoms)):
            if all(given in (None, chosen) for given, chosen in zip(known, so, strict=True)):
                holding = [atom for atom, chosen in zip(atoms, so, strict=True) if chosen]
                relations = {name: frozenset(v for n, v in holding if n == name) for name in SIGNATURES}
                answers.add(Structure(UNIVERSE, {}, relations).holds(said))
        found = reader.truth(said, Seen(Facts(true, tuple(bounds)), owner), {}, UNIVERSE)
        assert found is None or answers == {found}, known
        if None not in known:
            assert found is not None


def test_a_step_is_a_step_where_its_guards_hold_and_it_leads_there() -> None:
    system = lock()
    takes = Taken(system.action("take"), {"c": "ann"})
    free, held = facts(holds=set(), taken=set()), facts(holds={("ann",)}, taken={()})
    checker(system).step(free, [takes], held, UNIVERSE)
    checker(system).step(free, [takes, Taken(system.action("give"), {"c": "ann"})], free, UNIVERSE)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (facts(holds=set(), taken={()}), facts(), "take requires ~taken (TOY-1), which does not hold"),
        (facts(holds=set()), facts(), "take requires ~taken (TOY-1), which is not known to hold"),
        (facts(holds=set(), taken=set()), facts(holds={("ben",)}), "holds(ben) holds after it, and take does not"),
        (facts(holds=set(), taken=set()), facts(holds=set()), "holds(ann) does not hold after it, and take leaves it"),
        (facts(taken=set()), facts(holds={("ann",)}), "nothing limits holds of holds before it"),
    ],
)
def test_anything_else_is_none_and_says_why(before: Facts, after: Facts, says: str) -> None:
    system = lock()
    with pytest.raises(NoStep) as no:
        checker(system).step(before, [Taken(system.action("take"), {"c": "ann"})], after, UNIVERSE)
    assert says in str(no.value)


def test_what_nothing_is_known_of_stays_as_it_is() -> None:
    system = lock()
    open_ones = Facts(bounds=(Bound("holds", "holds", ((ANY,),)),))
    with pytest.raises(NoStep, match=r"holds\(ben\) does not hold after it"):
        checker(system).step(open_ones, [], Facts(bounds=(Bound("holds", "holds", (("ann",),)),)), UNIVERSE)
    checker(system).step(open_ones, [], open_ones, UNIVERSE)


def test_parts_are_covered_by_those_before() -> None:
    system = lock()

    def bounded(*ranges: tuple[float, float]) -> Facts:
        return Facts(bounds=tuple(Bound("holds", "holds", (), low, high) for low, high in ranges))

    numbers = Random(0)
    for _ in range(200):
        before = [sorted(numbers.sample(range(8), 2)) for _ in range(numbers.randint(1, 3))]
        low, high = sorted(numbers.sample(range(8), 2))
        covered = all(any(a <= one <= b for a, b in before) for one in range(low, high + 1))
        try:
            checker(system).step(bounded(*((a, b) for a, b in before)), [], bounded((low, high)), UNIVERSE)
            found = True
        except NoStep:
            found = False
        assert found == covered, (before, low, high)
