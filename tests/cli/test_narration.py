"""Attacks in plain words: who does what, who believes what, and whose a key truly is."""

from __future__ import annotations

from lockedroom.cli.moves import moves
from lockedroom.cli.narration import beliefs, choice_named, insider_of, knowledge, story, whose
from lockedroom.model.segment.attacks import follow, search, segment_of
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants import BY_NAME
from lockedroom.model.segment.subject import segment_subject
from lockedroom.model.validator import Run, Subject
from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import HARDENED, Profile

INTRUDED = Bounds(2, 1, 1, intruder=1)


def run_of(bounds: Bounds, *without: str) -> Run:
    attack = search(bounds, HARDENED.without(*without)).attack
    assert attack is not None
    return follow(segment_of(bounds, attack.profile), attack)


def test_each_step_is_a_sentence_and_beliefs_stand_where_they_arise() -> None:
    run = run_of(INTRUDED, switch.SEQUENCE)
    told = story(run)
    assert len(told) == len(run.steps)
    assert told[0] == "1. alice creates the segment and is its creator."
    assert "Now alice believes that it shares with bob the key that bob drew for alice" in told[6]
    assert told[8].startswith("9. The intruder puts a record before what bob left for alice: record 1")
    assert told[9] == "10. alice receives what bob left, and gets “bob>alice#1” as message 1 of bob."
    (alice, bob) = beliefs(run)
    assert alice.endswith(", and sends under that, and that bob sent it “bob>alice#1” twice.")
    assert bob.startswith("bob believes that it shares with alice")
    assert knowledge(run) == ["The intruder learns no key and no body: it has only moved what it cannot read."]


def test_where_two_disagree_each_is_told_with_its_own_key() -> None:
    alice, bob = beliefs(run_of(Bounds(2, 1, 1), switch.TIE_BREAK))
    assert "alice believes that it shares with bob the key that bob drew for alice" in alice
    assert "bob believes that it shares with alice the key that alice drew for bob" in bob


def test_what_the_intruder_learns_is_told() -> None:
    leaky = BY_NAME["the key-encryption key comes from the ciphertext"].logic()

    def make(bounds: Bounds, profile: Profile) -> Subject:
        return segment_subject(bounds, leaky.under(profile))

    bounds = Bounds(2, 0, 1, intruder=1)
    attack = search(bounds, HARDENED, make).attack
    assert attack is not None and attack.falls == "secrecy of keys and plaintexts"
    run = follow(make(bounds, HARDENED), attack)
    assert knowledge(run) == ["Whoever reads the store knows the key that alice drew for bob."]


def test_who_signed_an_entry_is_said_by_name_and_where() -> None:
    run = run_of(Bounds(2, 0, 1, intruder=1), switch.UNIQUE_ID)
    assert story(run)[1] == "2. The intruder appends an entry to the list: bob, signed by alice in another segment."
    assert choice_named("bob, signed by signing(intruder)", "") == "bob, signed by the intruder"
    assert choice_named("bob, signed by signing(carol)", "carol") == "bob, signed by carol"


def test_where_nobody_intrudes_it_is_said() -> None:
    run = run_of(Bounds(2, 1, 1), switch.TIE_BREAK)
    assert knowledge(run) == ["No intruder has a hand in this: every step is an honest one."]


def test_an_insider_goes_by_its_name_and_what_is_its_own_is_told_from_what_is_not() -> None:
    run = run_of(Bounds(3, 0, 1, intruder=1, insider=1), switch.BOUND_KEYS)
    assert insider_of(run) == "carol"
    told = story(run)
    assert told[3].startswith("4. The intruder, which is carol, announces itself on the board: ")
    assert told[7].startswith("8. The intruder, which is carol, leaves a record for bob: exchange carol>bob")
    subject = segment_of(Bounds(3, 0, 1, intruder=1, insider=1), HARDENED.without(switch.BOUND_KEYS))
    for number, move in ((3, "announcement of carol: carol's own stay"), (7, "exchange carol>bob of carol's own stay")):
        chart = list(moves(subject, run))[number].said
        assert move in chart and move in told[number], "chart and story say the same"
    assert knowledge(run) == [
        "The intruder is carol, and has by right carol's static key and the key that alice drew for carol.",
        "It learns no other key and no body: it signs and moves what it cannot read.",
    ]


def test_what_an_insider_learns_of_others_is_told_apart_from_its_own() -> None:
    leaky = BY_NAME["the key-encryption key comes from the ciphertext"].logic()

    def make(bounds: Bounds, profile: Profile) -> Subject:
        return segment_subject(bounds, leaky.under(profile))

    bounds = Bounds(3, 0, 1, intruder=1, insider=1)
    attack = search(bounds, HARDENED, make).attack
    assert attack is not None and attack.falls == "secrecy of keys and plaintexts"
    own, learnt = knowledge(follow(make(bounds, HARDENED), attack))
    assert own == "The intruder is carol, and has by right carol's static key."
    assert learnt.startswith("carol also knows the key that ")


def test_an_outsider_is_no_member() -> None:
    assert insider_of(run_of(INTRUDED, switch.SEQUENCE)) == ""
    assert insider_of(run_of(Bounds(2, 1, 1), switch.TIE_BREAK)) == ""


def test_a_term_is_named_by_who_drew_it_for_whom() -> None:
    stay = Term("fresh", "bob", 1, "incarnation")
    assert whose(Term("fresh", "intruder", 0, "master")) == "the key that the intruder drew"
    assert whose(Term("fresh", "alice", 1, "master", "bob", stay)) == "the key that alice drew for bob"
    assert whose(Term("fresh", "alice", 0, "master", "bob", stay)).endswith("in another segment")
    assert whose(stay) == "bob's incarnation of its stay 1"
    assert whose(Term("derive", Term("fresh", "alice", 1, "rotation", "bob"), "forth", ())) == (
        "a key derived from the key that alice proposed to bob"
    )
