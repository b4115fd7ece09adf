"""The chart: what stands where, at every width, for every operation of a trace."""

from __future__ import annotations

import pytest

from lockedroom.cli.chart import ASCII, UNICODE, Chart, Move, Strokes
from lockedroom.cli.words import describe
from lockedroom.conformance.trace import operations

MEMBERS = ("alice", "bob", "carol")


def drawn(*moves: Move, width: int = 100, strokes: Strokes = UNICODE, members: tuple[str, ...] = MEMBERS) -> list[str]:
    chart = Chart(members, width=width, strokes=strokes)
    lines = [line.plain for line in chart.heading()]
    for move in moves:
        lines += [line.plain for line in chart.draw(move)]
    return [line.rstrip() for line in lines]


def test_arrows_go_from_the_actor_to_whom_it_means() -> None:
    lines = drawn(
        Move("alice", "join"),
        Move("bob", "join"),
        Move("carol", "join"),
        Move("alice", "send", {"peer": "carol", "body": "hi"}),
        Move("carol", "send", {"peer": "alice", "body": "ho"}),
        Move("bob", "multicast", {"peers": ["alice", "carol"], "body": "all"}),
    )
    assert lines == [
        "        alice       bob       carol",
        "          ┊          ┊          ┊",
        "  1       ●          ┊          ┊      join",
        "  2       │          ●          ┊      join",
        "  3       │          │          ●      join",
        "  4       ├──────────┼─────────▶│      send carol “hi”",
        "  5       │◀─────────┼──────────┤      send alice “ho”",
        "  6       │◀─────────┼─────────▶│      multicast “all” to alice, carol",
    ]


def test_a_refusal_names_its_clause_and_changes_no_lifeline() -> None:
    lines = drawn(Move("bob", "join", clause="SEG-JOIN-1", detail="no right to join"), Move("bob", "join"))
    assert lines[2] == "  1       ┊          ✗          ┊      join: refused, SEG-JOIN-1 (no right to join)"
    assert lines[3] == "  2       ┊          ●          ┊      join"


def test_the_dead_have_no_lifeline_and_those_who_left_a_dotted_one() -> None:
    lines = drawn(
        Move("alice", "join"), Move("bob", "join"), Move("bob", "crash"), Move("alice", "leave"), Move("carol", "join")
    )
    assert lines[4] == "  3       │          ╳          ┊      killed"
    assert lines[-1] == "  5       ┊                     ●      join"


def test_nothing_but_ascii_where_nothing_else_works() -> None:
    moves = (Move("alice", "join"), Move("alice", "send", {"peer": "bob", "body": "a" * 80}), Move("alice", "crash"))
    assert all(line.isascii() for line in drawn(*moves, strokes=ASCII))


@pytest.mark.parametrize("width", [20, 30, 44, 60, 80, 200])
@pytest.mark.parametrize("members", [MEMBERS[:2], MEMBERS])
def test_lines_fit_the_terminal_and_no_word_is_lost(width: int, members: tuple[str, ...]) -> None:
    detail = "the reason is one of several words"
    lines = drawn(Move("alice", "leave", clause="SEG-WHO-3", detail=detail), width=width, members=members)
    assert all(len(line) <= width for line in lines)
    words = " ".join(lines).replace("┊", " ").replace("✗", " ").split()
    assert words[words.index("1") + 1 :] == ["leave:", "refused,", "SEG-WHO-3", *f"({detail})".split()]


def test_many_members_in_a_narrow_terminal_are_all_there() -> None:
    members = tuple(f"member{number}" for number in range(8))
    heading = drawn(width=40, members=members)[:-1]
    assert sorted(" ".join(heading).split()) == sorted(members)


@pytest.mark.parametrize("operation", sorted(operations()))
def test_every_operation_has_its_words(operation: str) -> None:
    some: dict[str, object] = {
        "peer": "bob",
        "peers": ["bob", "carol"],
        "body": "a body",
        "rights": ["join"],
        "subject": "bob",
        "key": "bob",
        "inbox": "bob",
        "sender": "carol",
        "record": {"step": 1, "record": 0},
        "name": "bob",
        "entries": 1,
        "edits": [{"place": "state", "change": "put", "bytes": "00"}],
        "expected": 1,
        "purge": True,
        "what": "record",
        "step": 1,
        "version": 2,
        "kind": 2,
        "altered": True,
        "spliced": 1,
        "field": "acl_serial",
        "value": 7,
        "clause": "SEG-POST-1",
    }
    arguments = {name: some[name] for name in operations()[operation]}
    words = describe(operation, arguments, ())
    shown = {"body": "a body", "peer": "bob", "subject": "bob", "inbox": "bob", "sender": "carol"}
    assert all(shown[name] in words for name in arguments if name in shown)
    assert "{" not in words, "no value is shown as Python writes it"
    assert all(line for line in drawn(Move("alice", operation, arguments)))


def test_what_is_written_over_is_said_by_its_place() -> None:
    edits = [{"place": "state", "change": "put", "bytes": "00"}, {"place": "header", "change": "xor", "field": "key"}]
    assert describe("write", {"edits": edits}, ()) == "write over state (put), key of header (xor)"
    looked = {"record": {"step": 8, "record": 0}, "field": "epoch", "value": [0, "bob"], "clause": "SEG-ROTATE-3"}
    assert describe("inspect", looked, ()) == "look at the epoch of what step 8 left, for SEG-ROTATE-3"


def test_a_choice_is_said_once() -> None:
    assert describe("cut list", {"choice": "to 1 entries"}, ()) == "cut list (to 1 entries)"


def test_a_body_cannot_command_the_terminal() -> None:
    words = describe("send", {"peer": "bob", "body": "\x1b]0;owned\x07\u202e"}, ())
    assert words.isprintable()
    assert "owned" in words
