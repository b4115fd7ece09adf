"""The chapters suffice for the cryptography too: everything in the committed conversations is verified, derived and
opened anew from the table of transcripts and the clauses on keys, by plain primitives and none of the project's code.
"""

import hashlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from tests.reference.segment.vectors import Json, load
from tests.spec.tabled import CHAPTER, rows, section

SUITES = ("LR0", "LR1")
Value = int | bytes | str | list[Any]


def encoded(tag: str, fields: list[Value]) -> bytes:
    """A transcript as bytes (LR-SUITE-2, LR-SUITE-3)."""
    return bytes([len(tag)]) + tag.encode("ascii") + bytes([len(fields)]) + b"".join(map(_field, fields))


def _field(value: Value) -> bytes:
    match value:
        case int():
            kind, content = 1, value.to_bytes(8, "big")
        case bytes():
            kind, content = 2, value
        case str():
            kind, content = 3, value.encode("utf-8")
        case list():
            kind, content = 4, bytes([len(value)]) + b"".join(map(_field, value))
    return bytes([kind]) + len(content).to_bytes(4, "big") + content


@cache
def transcripts() -> dict[str, str]:
    """The fields of every transcript, as the chapter's table writes them."""
    return {tag.strip("`"): fields for tag, fields, _ in rows(section(CHAPTER.read_text("utf-8"), "Transcripts"))}


def parsed(fields: str, values: dict[str, Any]) -> list[Value]:
    """The values of a transcript's fields, checked for their types."""
    found: list[Value] = []
    for inner, constant, kind, name in re.findall(
        r"list of \(([^)]*)\)|bytes `(\w+)`|(integer|bytes|text) \*([^*]+)\*", fields
    ):
        if inner:
            found.append(list(parsed(inner, values)))
        elif constant:
            found.append(constant.encode())
        else:
            value: Value = values[name]
            assert isinstance(value, {"integer": int, "bytes": bytes, "text": str}[kind]), (name, kind)
            found.append(value)
    return found


def fields_of(tag: str, values: dict[str, Any]) -> list[Value]:
    return parsed(transcripts()[tag], values)


def transcript(tag: str, values: dict[str, Any]) -> bytes:
    return encoded(tag, fields_of(tag, values))


def digest(tag: str, values: dict[str, Any]) -> bytes:
    return hashlib.sha256(transcript(tag, values)).digest()


def derive(secret: bytes, label: str, tag: str, values: dict[str, Any]) -> bytes:
    info = encoded("LR-DERIVE", [label, tag, fields_of(tag, values)])
    return HKDF(SHA256(), 32, None, info).derive(secret)


def signed(key: bytes, tag: str, values: dict[str, Any]) -> None:
    """Raises InvalidSignature."""
    Ed25519PublicKey.from_public_bytes(key).verify(values["signature"], transcript(tag, values))


def flat(record: Json, segment: bytes) -> dict[str, Any]:
    """A record's fields by the names of the transcripts' table, bytes as bytes."""
    values: dict[str, Any] = {"segment": segment}
    texts = ("name", "subject", "sender", "recipient", "creator", "suite", "profile")
    for name, value in record["fields"].items():
        if name == "epoch":
            values |= {"epoch number": value["number"], "epoch proposer": value["proposer"]}
        elif name == "capacity":
            values |= value
        else:
            values[name.replace("_", " ")] = value if name in texts or isinstance(value, int) else bytes.fromhex(value)
    return values


class Heard:
    """What follows from one committed conversation, gathered step by step."""

    def __init__(self, suite: str) -> None:
        self.conversation = load(f"conversation-{suite}")
        self.static = {name: bytes.fromhex(keys["public"]) for name, keys in self.conversation["static"].items()}
        self.encapsulated = {
            one["ciphertext"]: bytes.fromhex(one["secret"]) for one in self.conversation["encapsulations"]
        }
        self.segment = b""
        self.heads: list[bytes] = []
        self.stays: dict[str, dict[str, Any]] = {}
        self.masters: dict[tuple[Any, ...], bytes] = {}
        self.done: dict[str, int] = {}

    def records(self) -> Iterator[tuple[Json, Json, dict[str, Any]]]:
        for step in self.conversation["steps"]:
            if step["operation"] == "create":
                self.created(step)
            for record in step["records"]:
                yield step, record, flat(record, self.segment)

    def count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1

    def created(self, step: Json) -> None:
        pid, start, boot = step["arguments"]["origin"]
        (drawn,) = (bytes.fromhex(draw["value"]) for draw in step["draws"])
        made_of = {"fresh": drawn, "key": self.static["alice"], "pid": pid, "start time": start, "boot id": boot}
        self.segment = digest("LR-SEG-ID", made_of)
        self.heads = [digest("LR-SEG-ROOT", {"segment": self.segment})]

    def keys(self, epoch: dict[str, Any], one: str, other: str) -> dict[str, bytes]:
        """The keys of an epoch of a pair (SEG-KEYS-2)."""
        proposer = epoch["proposer"]
        second = other if proposer == one else one
        values = {
            "segment": self.segment,
            "epoch number": epoch["number"],
            "proposer": proposer,
            "proposer's incarnation": self.stays[proposer]["incarnation"],
            "other": second,
            "other's incarnation": self.stays[second]["incarnation"],
        }
        master = self.masters[frozenset((one, other)), epoch["number"], proposer]
        return {label: derive(master, label, "LR-SEG-KEYS", values) for label in ("forth", "back", "rotation", "board")}

    def secret(self, step: Json, values: dict[str, Any], ephemeral: bytes) -> bytes:
        """What the KEM gave: of LR1 as committed, of LR0 from the entropy (LR-SUITE-18)."""
        if self.conversation["suite"] == "LR1":
            return self.encapsulated[values["ciphertext"].hex()]
        (drawn,) = (bytes.fromhex(draw["value"]) for draw in step["draws"] if draw["purpose"] == "encapsulate")
        agreed = X25519PrivateKey.from_private_bytes(drawn).exchange(X25519PublicKey.from_public_bytes(ephemeral))
        info = encoded("LR0-KEM", [values["ciphertext"], ephemeral])
        return HKDF(SHA256(), 32, None, info).derive(agreed)

    def exchanged(self, step: Json, values: dict[str, Any]) -> None:
        taker = self.stays[values["recipient"]]
        signed(self.static[values["sender"]], "LR-SEG-EXCHANGE", values | {"ephemeral": taker["ephemeral"]})
        context = {
            "segment": self.segment,
            "maker": values["sender"],
            "taker": values["recipient"],
            "maker's incarnation": values["sender incarnation"],
            "taker's incarnation": values["recipient incarnation"],
            "ephemeral": taker["ephemeral"],
        }
        kek = derive(self.secret(step, values, taker["ephemeral"]), "kek", "LR-SEG-KEK", context)
        pair = frozenset((values["sender"], values["recipient"]))
        self.masters[pair, 0, values["sender"]] = aes_key_unwrap(kek, values["wrapped"])

    def opened(self, values: dict[str, Any], post: bool) -> bytes:
        epoch = {"number": values["epoch number"], "proposer": values["epoch proposer"]}
        keys = self.keys(epoch, values["sender"], values["recipient"])
        own = epoch["proposer"] == values["sender"]
        if post:
            key, nonce, tag = keys["board"], (1 if own else 2, values["number"]), "LR-SEG-POST"
        else:
            key, nonce, tag = keys["forth" if own else "back"], (0, values["sequence"]), "LR-SEG-MESSAGE"
        raw = nonce[0].to_bytes(4, "big") + nonce[1].to_bytes(8, "big")
        body = AESGCM(key).decrypt(raw, values["sealed"], transcript(tag, values))
        if not post and values["flags"] == 1:
            pair = frozenset((values["sender"], values["recipient"]))
            self.masters[pair, values["rotation"], values["sender"]] = aes_key_unwrap(keys["rotation"], body)
        return body


@pytest.mark.parametrize("suite", SUITES)
def test_everything_follows_from_the_chapters(suite: str) -> None:
    heard = Heard(suite)
    for step, record, values in heard.records():
        heard.count(record["kind"])
        match record["kind"]:
            case "Header":
                assert values["segment"] == heard.segment
                signed(heard.static["alice"], "LR-SEG-HEADER", values)
            case "Entry":
                assert values["previous"] == heard.heads[values["serial"] - 1]
                signed(heard.static["alice"], "LR-SEG-ENTRY", values)
                heard.heads.append(digest("LR-SEG-ENTRY", values))
            case "Announcement":
                assert values["head"] == heard.heads[values["serial"]]
                signed(heard.static[values["name"]], "LR-SEG-ANNOUNCE", values)
                heard.stays[values["name"]] = values
            case "Exchange":
                assert values["head"] == heard.heads[values["serial"]]
                heard.exchanged(step, values)
                drawn = {draw["purpose"]: draw["value"] for draw in step["draws"]}
                pair = frozenset((values["sender"], values["recipient"]))
                assert heard.masters[pair, 0, values["sender"]].hex() == drawn["master"]
            case "Message" | "Post" as kind:
                body = heard.opened(values, kind == "Post")
                if step["operation"] in ("send", "multicast", "publish"):
                    assert body.hex() == step["arguments"]["body"]
                elif step["operation"] == "acknowledge":
                    assert body == b""
                heard.count(step["operation"])
    assert set(heard.done) >= {"Header", "Entry", "Announcement", "Exchange", "Message", "Post"}
    assert heard.done["rotate"] == heard.done["acknowledge"] == 1 and heard.done["publish"] == 3


@pytest.mark.parametrize("suite", SUITES)
def test_the_keys_that_members_hold_follow_from_the_chapters(suite: str) -> None:
    heard = Heard(suite)
    checked = 0
    for step in heard.conversation["steps"]:
        if step["operation"] == "create":
            heard.created(step)
        for record in step["records"]:
            values = flat(record, heard.segment)
            if record["kind"] == "Announcement":
                heard.stays[values["name"]] = values
            elif record["kind"] == "Exchange":
                heard.exchanged(step, values)
            elif record["kind"] == "Message":
                heard.opened(values, post=False)
        if "keys" in step:
            me, peer = step["actor"], step["arguments"]["peer"]
            for held in step["keys"]["epochs"]:
                keys = heard.keys(held["epoch"], me, peer)
                directions = ("forth", "back") if held["epoch"]["proposer"] == me else ("back", "forth")
                assert [held[way] for way in ("sending", "receiving")] == [keys[way].hex() for way in directions]
                assert held["rotation"] == keys["rotation"].hex()
                checked += 1
            for board in step["keys"]["boards"]:
                assert board["key"] == heard.keys(board["epoch"], me, peer)["board"].hex()
    assert checked > 20


@pytest.mark.parametrize(
    ("tag", "old", "new"), [("LR-SEG-MESSAGE", "integer *flags*, ", ""), ("LR-SEG-ENTRY", "*rights*", "*serial*")]
)
def test_a_mistake_in_the_table_would_be_noticed(tag: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = transcripts() | {tag: transcripts()[tag].replace(old, new)}
    assert wrong != transcripts()
    monkeypatch.setattr(sys.modules[__name__], "transcripts", lambda: wrong)
    with pytest.raises((InvalidSignature, InvalidTag)):
        test_everything_follows_from_the_chapters("LR0")
