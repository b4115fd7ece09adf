"""Event logs: what the engine would see is valid in whatever order it is told, and nothing else is."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal, cast

import pytest

from lockedroom.conformance import corpus
from lockedroom.conformance.conform import conform
from lockedroom.conformance.derive import Act, derive
from lockedroom.conformance.logs import Entry, Header, Log, MalformedLog, line, read_logs
from lockedroom.conformance.trace import INTRUDER, Trace
from lockedroom.conformance.validating import validate
from tests.conformance import scripts

CONVERSATION = (
    Act("alice", "create", {}),
    Act("alice", "grant", {"subject": "bob", "key": "bob", "rights": scripts.ALL}),
    Act("alice", "join", {}),
    Act("bob", "join", {}),
    Act("alice", "exchange", {"peer": "bob"}),
    Act("bob", "accept", {"peer": "alice"}),
    Act("alice", "send", {"peer": "bob", "body": "hello"}),
    Act("bob", "send", {"peer": "alice", "body": "too"}),
    Act("bob", "receive", {"peer": "alice"}),
    Act("alice", "receive", {"peer": "bob"}),
    Act("bob", "receive", {"peer": "alice"}),
)


def log_of(trace: Trace, order: Literal["file", "actor"] = "file", *, timed: bool = False) -> Log:
    """The log that the members of a trace would have written."""
    header = replace(Header.of("hardened", trace.settings.capacity, trace.settings.members), order=order)
    entries = [
        Entry(
            step.actor,
            step.operation,
            step.arguments,
            step.seen.outcome,
            step.seen.clause,
            cast("tuple[Mapping[str, object], ...]", step.seen.events),
            10 * index if timed else None,
            10 * index + 15 if timed else None,
        )
        for index, step in enumerate(trace.steps)
    ]
    return Log(header, tuple(entries), tuple(f"line {number}" for number in range(2, len(entries) + 2)))


@cache
def honest() -> tuple[Trace, ...]:
    """The traces in which nobody but members writes."""
    found = [*corpus.corpus(), *(one.trace(7) for one in corpus.collections() if len(one.rows) > 6)]
    return tuple(trace for trace in found if not any(step.actor == INTRUDER or step.room for step in trace.steps))


def conversation() -> Trace:
    return derive(scripts.settings("alice", "bob"), CONVERSATION)


def by_actor(log: Log) -> Log:
    """The same with each member's lines together."""
    entries = tuple(sorted(log.entries, key=lambda entry: entry.actor, reverse=True))
    return replace(log, header=replace(log.header, order="actor"), entries=entries)


def of(log: Log, *names: str) -> Log:
    """What is left of a log when only these members have written."""
    entries = tuple(entry for entry in log.entries if entry.actor in names)
    header = replace(log.header, order="actor", logged=names)
    return Log(header, entries, log.places[: len(entries)])


@pytest.mark.parametrize(("order", "timed"), [("file", False), ("actor", False), ("actor", True)])
def test_what_the_engine_sees_is_valid(order: Literal["file", "actor"], timed: bool) -> None:
    for trace in honest():
        found = validate(log_of(trace, order, timed=timed))
        assert (found.verdict, found.agreed, found.exit_code) == ("valid", len(trace.steps), 0), trace.title


def test_one_thing_that_was_not_seen_is_invalid_where_it_stands() -> None:
    """Every step of the first traces, told otherwise: as refused, by another clause, with another event, as taken."""
    for trace in honest()[:6]:
        log = log_of(trace)
        for index, entry in enumerate(log.entries):
            if entry.operation == "crash":
                continue
            other = (
                replace(entry, outcome="rejected", clause="SEG-FULL-1", events=())
                if entry.outcome == "ok"
                else replace(entry, clause="SEG-FULL-9")
            )
            entries = (*log.entries[:index], other, *log.entries[index + 1 :])
            found = validate(replace(log, entries=entries))
            assert (found.verdict, found.agreed, found.exit_code) == ("invalid", index, 1)
            assert [one.place for one in found.stuck] == [f"line {index + 2}"]
            assert (entry.clause or "") in found.stuck[0].guard


def test_the_guard_the_prefix_and_what_could_be_done_are_told() -> None:
    log = log_of(conversation())
    without = replace(log, entries=(*log.entries[:5], *log.entries[6:]))
    found = validate(without)
    assert (found.agreed, found.order[-1]) == (6, 'line 7: alice: send("bob", "hello")')
    (stuck,) = found.stuck
    assert stuck.step == 'bob: send("alice", "too")' and stuck.logged.startswith("ok ")
    assert stuck.engine == "refused by SEG-SEND-2" and stuck.guard.startswith("SEG-SEND-2: ")
    assert 'bob: accept("alice")' in found.enabled and 'bob: send("alice", "probe")' not in found.enabled


def test_an_order_is_found_if_there_is_one() -> None:
    log = by_actor(log_of(conversation()))
    assert [entry.actor for entry in log.entries][:5] == ["bob"] * 5
    assert validate(log).verdict == "valid"
    # It is not, where the clock says that bob had received before alice began to send.
    timed = by_actor(log_of(conversation(), timed=True))
    assert validate(timed).verdict == "valid"
    late = tuple(
        replace(entry, begin=1000, end=1001) if (entry.actor, entry.operation) == ("alice", "send") else entry
        for entry in timed.entries
        if (entry.actor, entry.operation) != ("alice", "receive")
    )
    found = validate(replace(timed, entries=late))
    assert (found.verdict, found.stuck[0].step) == ("invalid", 'bob: receive("alice")')


def test_steps_that_nobody_has_logged_are_searched() -> None:
    log = of(log_of(conversation()), "bob")
    found = validate(log, hidden=5)
    assert (found.verdict, found.hidden) == ("valid", 5)
    assert sum(step.startswith("hidden: alice: ") and '"hello"' in step for step in found.order) == 1
    assert validate(log, hidden=4).verdict == "invalid", "four are too few"
    assert validate(log).agreed == 0
    impossible = replace(log.entries[1], events=({"event": "Accepted", "peer": "alice", "crossed": True},))
    assert validate(replace(log, entries=(log.entries[0], impossible)), hidden=3).verdict == "invalid"


def test_an_unknown_step_was_taken_or_was_not() -> None:
    log = log_of(conversation())
    entries = list(log.entries)
    entries[6] = replace(entries[6], outcome="unknown", events=())
    assert validate(replace(log, entries=tuple(entries))).verdict == "valid", "bob has received it"
    entries = [*entries[:8], replace(log.entries[10]), log.entries[9]]
    found = validate(replace(log, entries=tuple(entries)))
    assert found.verdict == "valid", "there is nothing for bob"
    assert any(step.endswith(", which was not taken") for step in found.order)


def test_a_death_is_seen_by_another_process_or_by_nothing_at_all() -> None:
    acts = (*CONVERSATION, Act("bob", "crash", {}), Act("alice", "reap", {"peer": "bob"}), Act("bob", "join", {}))
    log = log_of(derive(scripts.settings("alice", "bob"), acts))
    entries = [replace(entry, process=1) for entry in log.entries if entry.operation != "crash"]
    quiet = replace(log, entries=tuple(entries[:-1]))
    assert validate(quiet).verdict == "valid", "bob says nothing more"
    assert validate(replace(log, entries=tuple(entries))).verdict == "invalid", "bob is one and the same"
    entries[-1] = replace(entries[-1], process=2)
    assert validate(replace(log, entries=tuple(entries))).verdict == "valid"


def test_what_is_visible_is_compared_where_it_is_told() -> None:
    trace = conversation()
    log = log_of(trace)
    seen = tuple(replace(e, visible=s.observation) for e, s in zip(log.entries, trace.steps, strict=True))
    assert validate(replace(log, entries=seen)).verdict == "valid"
    wrong = replace(seen[5], visible=replace(trace.steps[5].observation, acl=3))
    found = validate(replace(log, entries=(*seen[:5], wrong, *seen[6:])))
    assert (found.verdict, found.agreed) == ("invalid", 5)
    assert '"acl": 3' in found.stuck[0].logged and '"acl": 2' in found.stuck[0].engine


def test_a_limit_leaves_it_undecided() -> None:
    found = validate(log_of(conversation()), states=3)
    assert (found.verdict, found.exit_code, found.reason) == ("undecided", 4, "the limit of 3 states")
    assert validate(log_of(conversation()), time_limit=0.0).verdict == "undecided"


def written(log: Log) -> list[str]:
    return [line(log.header), *map(line, log.entries)]


def test_a_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    log = log_of(conversation(), "actor", timed=True)
    files = []
    for name in ("alice", "bob"):
        files.append(tmp_path / f"{name}.jsonl")
        own = replace(log, entries=tuple(entry for entry in log.entries if entry.actor == name))
        files[-1].write_text("\n".join(written(own)) + "\n\n")
    found = read_logs(files)
    assert sorted(map(line, found.entries)) == sorted(map(line, log.entries))
    assert found.places[0] == "alice.jsonl, line 2"
    assert validate(found).verdict == "valid"


@pytest.mark.parametrize(
    ("number", "old", "new", "problem"),
    [
        (0, "lockedroom-log-1", "lockedroom-log-2", "line 1: "),
        (0, '"order": "file"', '"order": "none"', "line 1: order"),
        (0, "{", "[{", "line 1: "),
        (0, '"members": ["alice"', '"logged": ["eve"], "members": ["alice"', "logged"),
        (2, '"subject"', '"object"', "line 3: "),
        (4, '"bob"', '"eve"', "'eve' is none of those"),
        (5, '"peer": "bob"', '"peer": "eve"', "'eve' is none of the members"),
        (5, '"exchange"', '"drop"', "line 6: "),
        (5, '"ok"', '"maybe"', "line 6: outcome"),
        (5, '"outcome"', '"end": 1, "begin": 2, "outcome"', "the end lies before the begin"),
        (5, '"actor"', '"format": "lockedroom-log-1", "actor"', "line 6: "),
    ],
)
def test_what_is_no_log_is_told_with_its_line(tmp_path: Path, number: int, old: str, new: str, problem: str) -> None:
    lines = written(log_of(conversation()))
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new, 1)
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(lines))
    with pytest.raises(MalformedLog, match=problem):
        read_logs([file])


def test_files_of_two_rooms_are_no_log(tmp_path: Path) -> None:
    lines = written(log_of(conversation(), "actor"))
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_text("\n".join(lines))
    other.write_text(lines[0].replace('["alice", "bob"]', '["bob", "alice"]'))
    with pytest.raises(MalformedLog, match="another room"):
        read_logs([one, other])
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(MalformedLog, match="no line"):
        read_logs([tmp_path / "empty"])


def test_the_built_in_implementation_writes_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lockedroom.conformance.adapter", "--log", str(tmp_path)]
    trace = next(trace for trace in honest() if any(step.operation == "crash" for step in trace.steps))
    assert conform(command=command, traces=[trace], jobs=1).passed == 1
    (file,) = tmp_path.iterdir()
    log = read_logs([file])
    assert len(log.entries) == sum(step.operation != "crash" for step in trace.steps)
    assert validate(log).verdict == "valid"
    taken = next(entry for entry in log.entries if entry.events)
    file.write_text("\n".join(line(one) for one in (log.header, *log.entries) if one != taken))
    assert validate(read_logs([file])).verdict == "invalid"
