"""The stash explored: everything holds, every defence is needed, and as-written is broken in each way that it is said
to be. The state counts are pinned."""

from dataclasses import replace
from functools import cache

import pytest

from lockedroom.model.stash import (
    BODIES,
    JUDGES,
    NAMES,
    PROGRESS,
    PROPERTIES,
    SECRECY,
    Bounds,
    progress_of,
    stash_subject,
)
from lockedroom.model.subjects import SubjectReport, check_subject
from lockedroom.model.validator import confirm
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash.profile import AS_WRITTEN, DEFENCES, HARDENED
from lockedroom.spec.registry import clauses

SMALL = Bounds(writes=2)

ADMITS = {
    "salted-keys": (SECRECY, 1),
    "separate-keys": ("one key, one use", 1),
    "authenticated": ("authenticity", 3),
    "fresh-keys": ("one key, one use", 2),
    "versions": ("no way back", 4),
    "sealed-version": ("authenticity", 3),
    "tombstones": ("removals are noticed", 3),
}
"""What the loss of each defence admits first, and in how many steps."""

BROKEN = {
    SECRECY: 1,
    "authenticity": 3,
    "no way back": 4,
    "removals are noticed": 3,
    "equal values look different": 2,
    "one key, one use": 1,
}
"""What is not kept of the description, and in how many steps it is broken."""


@cache
def explored(profile: Profile = HARDENED, bounds: Bounds = SMALL, only: tuple[str, ...] = ()) -> SubjectReport:
    return check_subject(stash_subject(bounds, profile, only or PROPERTIES), "stash", {})


def test_everything_holds_and_everything_is_judged() -> None:
    found = explored()
    assert found.verdict == "holds" and not found.findings
    assert {one.name: one.verdict for one in found.properties} == dict.fromkeys(PROPERTIES, "holds")
    assert (found.exploration.states, found.exploration.transitions) == (2245, 41105)


@pytest.mark.full
def test_everything_holds_within_the_bounds_of_check() -> None:
    found = explored(bounds=Bounds())
    assert found.verdict == "holds"
    assert (found.exploration.states, found.exploration.transitions) == (34069, 1018103)


def test_an_honest_store_alone() -> None:
    found = explored(bounds=Bounds(intruder=0))
    assert found.verdict == "holds"
    judged = {one.name: one.verdict for one in found.properties}
    assert judged["a read is current"] == judged["compare and set"] == "holds"
    assert judged["removals are noticed"] == "not exercised", "nobody else removes anything there"


@pytest.mark.parametrize("defence", [one.name for one in DEFENCES])
def test_every_defence_is_load_bearing(defence: str) -> None:
    """STASH-PROFILE-3."""
    profile = HARDENED.without(defence)
    found = explored(profile)
    assert found.violation is not None
    assert (found.violation.property, len(found.violation.path)) == ADMITS[defence]
    confirm(stash_subject(SMALL, profile), found.violation)


@pytest.mark.parametrize("broken", PROPERTIES)
def test_the_description_is_broken_as_it_is_said_to_be(broken: str) -> None:
    """STASH-PROFILE-2. What is promised on an honest store is kept, but for comparing, which there is not."""
    found = explored(AS_WRITTEN, only=(broken,))
    if broken not in BROKEN:
        (judged,) = found.properties
        assert judged.verdict == ("not exercised" if broken == "compare and set" else "holds")
        return
    assert found.violation is not None
    assert (found.violation.property, len(found.violation.path)) == (broken, BROKEN[broken])


def test_a_version_that_comes_again_is_not_taken_for_the_one_that_was_seen() -> None:
    """STASH-WRITE-6. Without tombstones versions begin anew; whoever compares remembers the record, not its number."""
    found = explored(HARDENED.without("tombstones"), Bounds(writes=4, intruder=0), ("compare and set",))
    assert found.verdict == "holds"


@pytest.mark.parametrize("holder", NAMES[:2])
@pytest.mark.parametrize("profile", [HARDENED, AS_WRITTEN, *(HARDENED.without(one.name) for one in DEFENCES)], ids=str)
def test_no_holder_is_ever_locked_out(profile: Profile, holder: str) -> None:
    """STASH-WRITE-7, in every profile: what is asked of one holder holds of the other. Both explorers agree."""
    subject = replace(stash_subject(SMALL, profile, ()), goals=(progress_of(SMALL.writes, holder),))
    found = check_subject(subject, "stash", {})
    (judged,) = found.properties
    assert (judged.name, judged.verdict) == (PROGRESS, "holds") and judged.exercised > 20
    assert check_subject(subject, "stash", {}, direct=True).properties == found.properties


def test_progress_is_owed_where_a_write_is_left_and_led_to_by_ones_own_steps() -> None:
    goal = progress_of(2)
    owed = [goal.owed(tuple(view(value) for view in goal.views)) for value in ((), (None,), (None, None))]
    assert owed == [True, True, False]
    subject = stash_subject(SMALL)
    led = [str(one) for one in subject.machine.actions if goal.by(one)]
    assert led == ["anna: read()", *(f"anna: write({body})" for body in BODIES)]


def test_properties_and_bounds_are_sound() -> None:
    assert {*JUDGES, SECRECY, PROGRESS} == set(PROPERTIES) == set(stash_subject().promises)
    assert {clause for of in stash_subject().promises.values() for clause in of} <= set(clauses())
    for wrong in ({"holders": 0}, {"holders": 9}, {"writes": 0}, {"intruder": 2}):
        with pytest.raises(ValueError, match="holders: 1 to 4"):
            Bounds(**wrong)


def test_a_refusal_is_explained() -> None:
    subject = stash_subject(SMALL)
    (read,) = [one for one in subject.machine.actions if one.operation == "remove" and one.actor == "anna"]
    assert subject.explain(read, dict(subject.machine.initial)) == "nothing is there"
    assert subject.explain(subject.machine.actions[-1], dict(subject.machine.initial)) == ""
