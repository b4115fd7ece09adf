"""The segment's known answers: how they are made, and how they are read. No check lives here.

    python -m tests.reference.segment.vectors        writes conformance/vectors/segment/

Everything follows from the entropy that the files themselves list, but the encapsulations of LR1: ML-KEM takes no
entropy from outside, so those are kept from the committed file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from lockedroom.conformance.intruding import left_by
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.suite import Encapsulated
from lockedroom.reference.crypto.terms import Bits, Field
from lockedroom.reference.machine import Step
from lockedroom.reference.segment.codec import encode
from lockedroom.reference.segment.records import (
    ALL_RIGHTS,
    LAYOUTS,
    Announcement,
    Capacity,
    Entry,
    Epoch,
    Exchange,
    Header,
    Message,
    Post,
    Record,
)
from tests.reference.segment.house import House, TestEntropy
from tests.tree import ROOT

FOLDER = ROOT / "conformance" / "vectors" / "segment"
CAPACITY = Capacity(members=3, quota=2, posts=4, entries=8, record=1400)
ORIGIN = (4242, 1234567, "00000000-0000-4000-8000-000000000000")

Json = dict[str, Any]


def load(name: str) -> Json:
    """One committed file."""
    loaded: Json = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return loaded


# ---- records --------------------------------------------------------------------------------------------


def plain(record: Record) -> Json:
    """A record's fields as JSON: numbers, names, bytes in hexadecimal, and objects of these."""
    return {field.name: _plain(getattr(record, field.name)) for field in LAYOUTS[type(record)][1]}


def _plain(value: object) -> object:
    match value:
        case bytes():
            return value.hex()
        case Epoch() | Capacity():
            return {field.name: getattr(value, field.name) for field in fields(value)}
        case _:
            return value


def samples() -> dict[str, Record]:
    """Records of every kind with the least, the greatest and usual values."""
    a, longest = "a", "z" * 31
    low, high = bytes(32), b"\xff" * 32
    small, large = Epoch(0, a), Epoch(2**32 - 1, longest)
    header = Header(1, "LR0", "hardened", CAPACITY, a, low, high, bytes(64))
    entry = Entry(1, low, a, high, ALL_RIGHTS, bytes(range(64)))
    announcement = Announcement(a, low, bytes(32), 1, high, bytes(64))
    exchange = Exchange(a, longest, low, high, bytes(32), bytes(40), 1, low, bytes(64))
    message = Message(a, "b", low, high, small, 1, 0, 0, bytes(16))
    post = Post(a, "b", low, high, small, 1, bytes(16))
    most = 2**32 - 1
    return {
        "header": header,
        "header-greatest": replace(
            header,
            version=2**16 - 1,
            suite=longest,
            profile=longest,
            capacity=Capacity(most, most, most, most, most),
            creator=longest,
        ),
        "entry": entry,
        "entry-revoked": replace(entry, serial=2, rights=0),
        "entry-greatest": replace(entry, serial=most, subject=longest, rights=255),
        "announcement": announcement,
        "announcement-greatest": replace(announcement, name=longest, ephemeral=bytes(1216), serial=most),
        "announcement-empty-key": replace(announcement, ephemeral=b""),
        "exchange": exchange,
        "exchange-greatest": replace(exchange, sender=longest, ciphertext=bytes(1120), serial=most),
        "message": message,
        "message-rotation": replace(message, flags=1, rotation=1, sealed=bytes(56)),
        "message-acknowledgement": replace(message, epoch=Epoch(1, "b"), sequence=2, flags=2, rotation=1),
        "message-greatest": replace(
            message,
            sender=longest,
            recipient=longest,
            epoch=large,
            sequence=2**64 - 1,
            flags=255,
            rotation=most,
            sealed=b"\xff" * 300,
        ),
        "message-empty-seal": replace(message, sealed=b""),
        "message-names": replace(message, sender="0.a_b-c", recipient="9"),
        "post": post,
        "post-greatest": replace(post, sender=longest, recipient=longest, epoch=large, number=2**64 - 1),
    }


def malformed() -> list[Json]:
    """Byte strings with one thing wrong each."""
    good = {name: encode(record) for name, record in samples().items()}
    found: list[tuple[str, str, bytes]] = [("empty", "empty", b"")]
    found += [(f"kind-{kind}", "kind", bytes([kind]) + good["entry"][1:]) for kind in (0, 7, 255)]
    for name in ("header", "entry", "announcement", "exchange", "message", "post"):
        found.append((f"{name}-short", "short", good[name][:-1]))
        found.append((f"{name}-kind-alone", "short", good[name][:1]))
        found.append((f"{name}-long", "long", good[name] + b"\0"))
    message = good["message"]
    for label, text in (
        ("empty", b""),
        ("upper", b"A"),
        ("space", b" "),
        ("mark-first", b".a"),
        ("dash-first", b"-a"),
        ("not-ascii", "é".encode()),
        ("newline", b"a\n"),
        ("nul", b"a\0"),
        ("32-bytes", b"a" * 32),
    ):
        found.append((f"name-{label}", "name", message[:1] + bytes([len(text)]) + text + message[3:]))
    header = good["header"]
    assert header[3:7] == b"\x03LR0"
    for label, text in (("empty", b""), ("space", b"LR 0"), ("mark-first", b"-LR0")):
        found.append((f"label-{label}", "name", header[:3] + bytes([len(text)]) + text + header[7:]))
    found.append(("name-beyond-end", "short", message[:1] + b"\x1f" + b"a"))
    seal = len(message) - 20
    for label, size in (("one-more", 17), ("greatest", 2**32 - 1)):
        found.append((f"length-{label}", "short", message[:seal] + size.to_bytes(4, "big") + message[seal + 4 :]))
    found.append(("length-one-less", "long", message[:seal] + (15).to_bytes(4, "big") + message[seal + 4 :]))
    return [{"id": name, "flag": flag, "hex": data.hex()} for name, flag, data in found]


def record_document() -> Json:
    """`records.json`."""
    return {
        "schema": "Each vector: an encoding (hex), its kind, and the fields that it decodes to. It also encodes to it.",
        "source": "lockedroom, spec/segment.md, Records",
        "vectors": [
            {"id": name, "kind": type(record).__name__, "hex": encode(record).hex(), "fields": plain(record)}
            for name, record in samples().items()
        ],
    }


def malformed_document() -> Json:
    """`malformed.json`."""
    return {
        "schema": "Each vector: a byte string (hex) with one thing wrong (flag). Every one is refused.",
        "source": "lockedroom, spec/segment.md, Records",
        "flags": {
            "empty": "There is not even a kind. Catches a read of the first byte before any check.",
            "kind": "No record has this kind. Catches a table that is indexed unchecked.",
            "short": "It ends inside a field. Catches lengths that are believed, and slices that are silently shorter.",
            "long": "It goes on after its last field. Catches second encodings of one record.",
            "name": "A name or label is none (SEG-NAME-1, SEG-NAME-3). Catches names that mean two things.",
        },
        "vectors": malformed(),
    }


# ---- a conversation ---------------------------------------------------------------------------------------


@dataclass
class Recorded:
    """The entropy of one member's stay, and what was drawn of it."""

    source: TestEntropy
    drawn: list[Json]

    def draw(self, purpose: str, *context: Field) -> Bits:
        """See `Entropy`."""
        value = self.source.draw(purpose, *context)
        self.drawn.append({"purpose": purpose, "value": value.hex()})
        return value


class Recorder(House):
    """A house that writes down what is drawn, made and derived in each step."""

    def __init__(self, suite: str, tape: dict[bytes, Encapsulated]) -> None:
        super().__init__(suite, ("alice", "bob", "carol"), CAPACITY)
        self.suite = RealSuite(suite, tape)
        self.room = replace(self.room, suite=self.suite)
        self.steps: list[Json] = []
        self.drawn: list[Json] = []

    def fresh(self, name: str) -> Recorded:
        """See `House`."""
        self.drawn = []
        return Recorded(TestEntropy(name, self.joins[name]), self.drawn)

    def play(self, actor: str, operation: str, /, **arguments: object) -> None:
        """Take a step and write it down."""
        result = self.take(actor, operation, **arguments)
        assert isinstance(result, Step), result
        made = [
            {"kind": type(record).__name__, "hex": encode(record).hex(), "fields": plain(record)}
            for effect in result.effects
            for record in left_by(effect)
        ]
        step: Json = {"actor": actor, "operation": operation, "arguments": _arguments(arguments)}
        step |= {"draws": self.drawn, "records": made}
        keys = self._keys(actor, arguments.get("peer"))
        self.steps.append(step | ({"keys": keys} if keys else {}))

    def _keys(self, actor: str, peer: object) -> Json:
        presence = self.room.member(actor).presence
        sessions = presence.with_peer(peer) if presence and isinstance(peer, str) else ()
        if not sessions:
            return {}
        session = sessions[-1]
        return {
            "sending epoch": _plain(session.sending),
            "epochs": [
                {
                    "epoch": _plain(k.epoch),
                    "sending": _plain(k.sending),
                    "receiving": _plain(k.receiving),
                    "rotation": _plain(k.rotation),
                }
                for k in session.epochs
            ],
            "boards": [{"epoch": _plain(b.epoch), "key": _plain(b.key)} for b in session.boards],
        }


def _arguments(arguments: Mapping[str, object]) -> Json:
    def shown(value: object) -> object:
        return list(value) if isinstance(value, tuple) else _plain(value)

    return {name: shown(value) for name, value in arguments.items()}


def conversation(suite: str, tape: dict[bytes, Encapsulated]) -> Json:
    """`conversation-LR0.json` and `-LR1.json`: a room from its creation to its end, every byte of it."""
    house = Recorder(suite, tape)
    play = house.play
    play("alice", "create", capacity=CAPACITY, profile="hardened", origin=ORIGIN)
    for name, rights in (("bob", ALL_RIGHTS), ("carol", 3)):
        play("alice", "grant", subject=name, key=house.key(name), rights=rights)
    for name in ("alice", "bob", "carol"):
        play(name, "join")
    play("alice", "exchange", peer="bob")
    play("bob", "exchange", peer="alice")
    play("alice", "accept", peer="bob")
    play("bob", "accept", peer="alice")
    play("alice", "exchange", peer="carol")
    play("carol", "accept", peer="alice")
    play("alice", "send", peer="bob", body=b"hello")
    play("alice", "multicast", peers=("bob", "carol"), body=b"to all")
    for name, count in (("bob", 2), ("carol", 1)):
        for _ in range(count):
            play(name, "receive", peer="alice")
    play("alice", "publish", body=b"for as long as I am here")
    play("bob", "publish", body=b"")
    play("bob", "read", peer="alice")
    play("bob", "rotate", peer="alice")
    play("alice", "receive", peer="bob")
    play("alice", "acknowledge", peer="bob")
    play("bob", "receive", peer="alice")
    play("bob", "send", peer="alice", body=b"under the new key")
    play("alice", "receive", peer="bob")
    play("alice", "revoke", subject="carol")
    for name in ("alice", "bob"):
        play(name, "review")
    for name in ("carol", "bob", "alice"):
        play(name, "leave")
    play("alice", "destroy")
    static = {name: {"private": house.signing(name), "public": house.key(name)} for name in ("alice", "bob", "carol")}
    return {
        "schema": "Each step: who does what with which arguments, what was drawn in which order, which records came of "
        "it, and the keys that the actor then shares with the peer. encapsulations: what the KEM gave for a key.",
        "source": "lockedroom, spec/segment.md",
        "suite": suite,
        "static": {name: {kind: _plain(key) for kind, key in pair.items()} for name, pair in static.items()},
        "encapsulations": [
            {"public": public.hex(), "ciphertext": _plain(made.ciphertext), "secret": _plain(made.secret)}
            for public, made in tape.items()
        ],
        "steps": house.steps,
    }


def tape(name: str) -> dict[bytes, Encapsulated]:
    """The encapsulations of a committed conversation."""
    if not (FOLDER / f"{name}.json").is_file():
        return {}
    return {
        bytes.fromhex(one["public"]): Encapsulated(bytes.fromhex(one["ciphertext"]), bytes.fromhex(one["secret"]))
        for one in load(name)["encapsulations"]
    }


def documents() -> dict[str, Json]:
    """Every file, by its name."""
    return {
        "records": record_document(),
        "malformed": malformed_document(),
        "conversation-LR0": conversation("LR0", {}),
        "conversation-LR1": conversation("LR1", tape("conversation-LR1")),
    }


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file, document in documents().items():
        (FOLDER / f"{file}.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
