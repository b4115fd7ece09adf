"""A segment from the command line: the whole life of one, with several processes, from pipes."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lockedroom.cli.exits import Exit
from tests.cli.conftest import User
from tests.cli.run import BIN, LONG, environment


class Seat:
    """A joined process with its pipes."""

    def __init__(self, user: User, name: str, creator: str = "alice") -> None:
        command = [BIN / "lockedroom", "segment", "join", user.room, "--as", name, "--creator", creator, "--json"]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=environment(user.env),
        )
        self.seen: list[dict[str, object]] = []
        self.wait_for(event="joined")

    def type(self, line: str) -> None:
        """Type a line."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for(self, **wanted: object) -> dict[str, object]:
        """The next event with these values; what is before it is read as well."""
        assert self.process.stdout
        while line := self.process.stdout.readline():
            event = json.loads(line)
            self.seen.append(event)
            if all(event.get(name) == value for name, value in wanted.items()):
                return event
        errors = self.process.stderr.read() if self.process.stderr else ""
        raise AssertionError(f"it ended before {wanted}: {self.seen} {errors}")

    def end(self) -> int:
        """Close its input, and its exit code."""
        out, err = self.process.communicate(timeout=LONG)
        assert "Traceback" not in err, err
        self.seen += [json.loads(line) for line in out.splitlines()]
        return self.process.returncode


@contextmanager
def seats(user: User, *names: str) -> Iterator[list[Seat]]:
    found: list[Seat] = []
    try:
        for name in names:
            found.append(Seat(user, name))
        yield found
    finally:
        for seat in found:
            if seat.process.poll() is None:
                seat.process.kill()
            seat.process.communicate()


def test_two_talk_in_every_way_and_leave_nothing(user: User) -> None:
    user.create("alice", "bob")
    with seats(user, "alice", "bob") as (alice, bob):
        alice.type("exchange")
        bob.wait_for(event="Accepted", peer="alice")
        alice.type("send bob hello, bob")
        assert bob.wait_for(event="message", peer="alice")["body"] == "hello, bob"
        bob.type("multicast all hello, all")
        assert alice.wait_for(event="message", peer="bob")["body"] == "hello, all"
        alice.type("publish read me")
        alice.wait_for(event="publish")
        bob.type("read")
        assert bob.wait_for(event="post")["body"] == "read me"
        alice.type("rotate bob")
        alice.wait_for(event="Rotated", peer="bob")
        alice.type("send bob under the new key")
        assert bob.wait_for(event="message", peer="alice")["body"] == "under the new key"
        bob.type("members")
        assert bob.wait_for(event="member", name="alice")["joined"] is True
        assert (alice.end(), bob.end()) == (0, 0)
        assert alice.seen[-1] == bob.seen[-1] == {"event": "left"}
    shown = json.loads(user.segment("show", "--creator", "alice", "--json").out)
    assert [(one["name"], one["joined"]) for one in shown["members"]] == [("alice", False), ("bob", False)]
    assert user.segment("destroy", "--as", "alice").code == 0


def test_a_piped_session_ends_with_what_was_refused_first(user: User) -> None:
    user.create("alice", "bob")
    fine = user.segment("join", "--as", "alice", stdin="members\nhelp\n")
    assert (fine.code, fine.err) == (0, "")
    assert "alice: joined" in fine.out and "send PEER TEXT" in fine.out
    refused = user.segment("join", "--as", "alice", stdin="send bob hello\nshout\nmembers\n")
    assert refused.code == Exit.REFUSED
    assert "SEG-SEND-2" in refused.err and "exchange first" in refused.err and "type help" in refused.err
    assert "alice: joined" in refused.out
    mistyped = user.segment("join", "--as", "alice", stdin="shout")
    assert mistyped.code == Exit.USAGE


def test_the_revoked_are_refused_and_the_others_told(user: User) -> None:
    user.create("alice", "bob")
    with seats(user, "alice", "bob") as (alice, bob):
        alice.type("exchange bob")
        bob.wait_for(event="Accepted", peer="alice")
        assert user.segment("revoke", "bob", "--as", "alice").code == 0
        alice.type("review")
        alice.wait_for(event="review")
        alice.type("send bob hello")
        assert str(alice.wait_for(event="refused")["clause"]).startswith("SEG-SEND")
        assert bob.end() == 0
    again = user.segment("join", "--as", "bob", "--creator", "alice")
    assert again.code == Exit.REFUSED and "SEG-JOIN-1" in again.err


def test_the_destruction_ends_a_session_with_its_clause(user: User) -> None:
    user.create("alice", "bob")
    with seats(user, "bob") as (bob,):
        assert user.segment("destroy", "--as", "alice").code == 0
        assert str(bob.wait_for(event="refused")["clause"]).startswith("SEG-DESTROY")
        assert bob.end() == Exit.REFUSED


def test_signals_leave_cleanly_and_say_130(user: User) -> None:
    user.create("alice", "bob")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with seats(user, "bob") as (bob,):
            bob.process.send_signal(number)
            assert bob.end() == Exit.INTERRUPTED
        shown = json.loads(user.segment("show", "--creator", "alice", "--json").out)
        assert not any(one["joined"] for one in shown["members"])


def test_a_killed_member_is_seen_and_reaped_and_nobody_waits_for_it(user: User) -> None:
    user.create("alice", "bob")
    with seats(user, "alice", "bob") as (alice, bob):
        alice.type("exchange bob")
        bob.wait_for(event="Accepted", peer="alice")
        bob.process.kill()
        bob.process.wait()
        alice.type("members")
        assert alice.wait_for(event="member", name="bob")["alive"] is False
        alice.type("reap bob")
        alice.wait_for(event="reap", peer="bob")
        alice.type("send bob are you there?")
        assert alice.wait_for(event="refused")["clause"] == "SEG-SEND-3"
        assert alice.end() == Exit.REFUSED


def test_a_stopped_member_holds_up_nobody_for_long(user: User) -> None:
    user.create("alice", "bob")
    with seats(user, "alice", "bob") as (alice, bob):
        alice.type("exchange bob")
        bob.wait_for(event="Accepted", peer="alice")
        bob.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        for number in range(3):
            alice.type(f"send bob {number}")
            alice.wait_for(event="sent")
        assert time.monotonic() - began < LONG
        bob.process.send_signal(signal.SIGCONT)
        assert [bob.wait_for(event="message")["body"] for _ in range(3)] == ["0", "1", "2"]


def test_gc_keeps_what_is_in_use(user: User) -> None:
    user.create("alice", "bob")
    with seats(user, "bob"):
        kept = user.segment("gc")
        assert (kept.code, kept.out) == (Exit.REFUSED, f"{user.room}: kept, since somebody is in it\n")
    assert user.segment("gc").out == f"{user.room}: removed\n"
    assert user.segment("show", "--creator", "alice").code == Exit.USAGE


def test_bytes_that_are_no_text_and_text_that_commands_a_terminal_arrive_harmless(user: User) -> None:
    user.create("alice", "bob")
    with seats(user, "alice", "bob") as (alice, bob):
        alice.type("exchange bob")
        bob.wait_for(event="Accepted", peer="alice")
        alice.type("send bob \x1b]0;owned\x07")
        body = bob.wait_for(event="message")["body"]
        assert isinstance(body, str) and body.isprintable() and "owned" in body
