"""The chart as SVG: well formed whatever is in it, the same every time, and nothing in it that runs or loads."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedroom.cli.chart import Move
from lockedroom.cli.moves import lifelines, move, moves
from lockedroom.cli.svg import svg
from lockedroom.model.explore import explore
from lockedroom.model.segment.mutants import BY_NAME
from lockedroom.model.segment.subject import segment_subject
from lockedroom.model.validator import confirm, taken
from tests.model import kiosk

NAMESPACE = "{http://www.w3.org/2000/svg}"
MOVES = (
    Move("alice", "join", changed=(("life:alice: no → yes",),)),
    Move("bob", "join"),
    Move("alice", "send", {"peer": "bob", "body": "<hi> & 'ho'"}),
    Move("bob", "leave", clause="SEG-WHO-3", detail="why"),
    Move("bob", "crash"),
)


def texts(picture: str, kind: str) -> list[str]:
    root = ElementTree.fromstring(picture)
    return [str(found.text) for found in root.iter(f"{NAMESPACE}text") if found.get("class") == kind]


def classes(picture: str) -> list[str]:
    return [found.get("class", "") for found in ElementTree.fromstring(picture).iter()]


def test_every_move_has_its_marks_and_words() -> None:
    picture = svg("a title", "how it is violated", ("alice", "bob"), MOVES)
    assert texts(picture, "name") == ["alice", "bob"]
    assert texts(picture, "number") == ["1", "2", "3", "4", "5"]
    assert texts(picture, "title") == ["a title"]
    assert texts(picture, "changed") == ["life:alice: no → yes"]
    assert texts(picture, "said") == ["join", "join", "send bob “<hi> & 'ho'”", "killed"]
    assert texts(picture, "bad") == ["how it is violated", "leave: refused, SEG-WHO-3 (why)"]
    kinds = classes(picture)
    assert [kinds.count(kind) for kind in ("done", "sent", "tip", "refused", "killed")] == [2, 1, 1, 1, 1]


def test_lifelines_are_dotted_while_out_and_end_with_death() -> None:
    picture = svg("", "", ("alice", "bob"), MOVES)
    lines = list(ElementTree.fromstring(picture).iter(f"{NAMESPACE}line"))
    lives = {(line.get("x1"), line.get("class")) for line in lines}
    assert len(lives) == 4
    bottom = {kind: max(float(line.get("y2", 0)) for line in lines if line.get("x1") == kind) for kind, _ in lives}
    alice, bob = sorted(bottom, key=lambda x: float(str(x)))
    assert bottom[bob] < bottom[alice]
    still = svg("", "", ("a", "b"), (Move("a", "crash", words="crash"), Move("a", "join", words="x")), present=True)
    assert "life out" not in classes(still) and "killed" not in classes(still)


def test_arrows_of_other_machines_go_where_the_move_says() -> None:
    picture = svg("", "", ("a", "b", "c"), (Move("b", "x", words="x", points=("a", "c", "b")),), present=True)
    assert classes(picture).count("tip") == 2


def test_what_only_grows_is_said_where_nothing_else_changed() -> None:
    subject = kiosk.subject()
    (insert, *_) = subject.machine.actions
    (outcome,) = insert.run((0,))
    start = subject.machine.initial
    both = move(subject, insert, outcome, start, taken(insert, outcome, start))
    assert [ways[0] for ways in both.changed] == ["coins: 0 → 1"]
    alone = move(subject, insert, outcome, start, {**start, kiosk.SEEN: frozenset({1})})
    assert [ways[0] for ways in alone.changed] == ["seen: + 1"]
    assert (both.actor, both.words, both.points) == ("visitor", "insert coin 1", ())


def test_it_runs_nothing_and_loads_nothing_and_knows_light_and_dark() -> None:
    picture = svg("t", "s", ("alice", "bob"), MOVES)
    names = {found.tag.removeprefix(NAMESPACE) for found in ElementTree.fromstring(picture).iter()}
    assert names == {"svg", "title", "style", "rect", "text", "g", "line", "path", "circle"}
    assert re.findall(r"https?://[^\"]*", picture) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"script|href|url\(|@import|\son\w+=", picture)
    assert "prefers-color-scheme: dark" in picture


def test_a_run_of_no_step_is_a_picture_too() -> None:
    picture = svg("a title", "it is violated from the start", ("alice",), ())
    assert texts(picture, "name") == ["alice"] and texts(picture, "number") == []


ANY = st.text(max_size=12)


@given(st.lists(st.builds(Move, ANY, ANY, clause=ANY, changed=st.tuples(st.tuples(ANY)), words=ANY), max_size=3), ANY)
def test_it_is_well_formed_whatever_is_said(some: list[Move], said: str) -> None:
    names = tuple(dict.fromkeys(move.actor for move in some))
    picture = svg(said, said, names, some, present=True)
    ElementTree.fromstring(picture.encode())
    assert "<script" not in svg("<script>", "<script>", ("<script>",), (Move("<script>", "", words="<script>"),))


@pytest.mark.parametrize("name", ["the living are reaped", "a sequence number may come again"])
def test_a_counterexample_gives_the_same_bytes_every_time(name: str) -> None:
    mutant = BY_NAME[name]

    def drawn() -> str:
        subject = segment_subject(mutant.bounds.without_intruder(), mutant.logic())
        if mutant.bounds.intruder:
            subject = segment_subject(mutant.bounds, mutant.logic())
        (violation, *_) = explore(subject.machine, judge=subject.judge, invariants=subject.invariants).violations
        run = confirm(subject, violation)
        acting = (done.action.actor for done in run.steps)
        return svg(subject.machine.title, violation.message, lifelines(subject, acting), moves(subject, run))

    picture = drawn()
    assert picture == drawn()
    assert len(texts(picture, "changed")) >= len(texts(picture, "number"))
