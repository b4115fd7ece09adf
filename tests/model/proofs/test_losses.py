"""What each defence is to the proofs: what is named fails without it, or it is outside, and that is checked."""

import pytest

from lockedroom.model.proofs import prove as proving
from lockedroom.model.proofs.cache import Cache
from lockedroom.model.proofs.losses import Attacked, Losses, losses
from lockedroom.model.proofs.protocols import protocol
from lockedroom.model.proofs.query import Answered
from lockedroom.model.proofs.scope import Loss, Outside, Redundant
from lockedroom.model.proofs.system import Builder, System, guard
from lockedroom.model.segment.defences import committed_rows
from tests.model.proofs.toy import lock


def lost(system: System, loss: Loss, attack: Attacked | None = None, name: str = "lock") -> tuple[str, str, int]:
    """What becomes of one defence, and the exit code."""
    found = losses(
        lambda off: system.without_defences(*off),
        {name: loss},
        {name: attack} if attack else {},
        jobs=1,
        timeout=60,
        cache=Cache(None),
    )
    (one,) = found.found
    return one.verdict, one.said, found.exit_code


def twice() -> System:
    """The lock, with a second guard that is a defence and adds nothing."""
    b = Builder("lock", {"client": "clients"})
    b.relation("holds(client)", "the client has the lock")
    b.relation("taken", "somebody has it")
    b.initially("free", "~holds(C) & ~taken", "")
    guards = [guard("~taken", "TOY-1"), guard("~holds(c)", "TOY-1", defence="lock")]
    b.action("take", {"c": "client"}, guards, ["holds(c) := true", "taken := true"], "Take it.")
    b.invariant("held is taken", "holds(C) -> taken", "")
    b.invariant("one holder", "holds(C) & holds(D) -> C = D", "")
    return b.build()


def of(name: str) -> Losses:
    """What becomes of each defence of a protocol."""
    found = protocol(name)
    return losses(
        lambda off: found.system(found.switches.hardened.without(*off)),
        found.defences,
        found.attacks(),
        jobs=2,
        timeout=600,
        cache=Cache(None),
    )


def test_each_defence_of_the_segment_whose_loss_is_an_attack_fails_where_it_is_named_or_is_outside() -> None:
    found = of("segment")
    assert found.exit_code == 0
    attacked = {row.defence.name for row in committed_rows() if row.verdict == "attack"}
    assert attacked == {one.name for one in found.found if one.attack is not None and not one.attack.off}
    verdicts = [one.verdict for one in found.found if one.name in attacked]
    assert (len(verdicts), verdicts.count("fails"), verdicts.count("outside")) == (21, 16, 5)
    assert [one.name for one in found.found if one.verdict == "another stands in"] == ["exchange-binds-ephemeral-key"]


def test_each_defence_of_the_stash_fails_where_it_is_named() -> None:
    found = of("stash")
    assert found.exit_code == 0
    assert {one.verdict for one in found.found} == {"fails"}
    assert [one.name for one in found.found if one.attack is None] == []


def test_the_named_obligation_fails() -> None:
    assert lost(lock(), "take keeps one holder") == ("fails", "take keeps one holder", 0)


@pytest.mark.parametrize(
    ("system", "loss", "attack", "says"),
    [
        (lock(), "give keeps one holder", None, "is proved without it: give keeps one holder"),
        (lock(), "take keeps two holders", None, "there is no obligation “take keeps two holders”"),
        (lock(), Outside("locks are not in it"), None, "another one without it, though it is said: locks are not"),
        (lock(), Redundant("nobody looks"), None, "fails without it: take keeps one holder"),
        (lock(free=False), Redundant("nobody looks"), None, "no part of the system, though it is said: nobody looks"),
        (twice(), Redundant("it is taken"), Attacked("safety", 2), "its loss alone admits an attack"),
    ],
)
def test_what_is_not_as_it_is_said_is_told(system: System, loss: Loss, attack: Attacked | None, says: str) -> None:
    verdict, said, code = lost(system, loss, attack)
    assert (verdict, code) == ("not shown", 1) and says in said


def test_what_another_defence_stands_in_for_is_proved_without_it() -> None:
    assert lost(twice(), Redundant("it is taken")) == ("another stands in", "it is taken", 0)
    beside = Attacked("safety", 2, ("another",))
    assert lost(twice(), Redundant("it is taken"), beside)[0] == "another stands in"
    assert lost(lock(free=False), Outside("it is not in it")) == ("outside", "it is not in it", 0)


def test_no_answer_in_time_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "answer", lambda text, timeout: Answered("unknown", timeout, "timeout"))
    assert lost(lock(), "take keeps one holder") == ("unknown", "no answer in time: take keeps one holder", 4)
