"""The generated tables of the segment's chapter, from the reference engine: constants, records, transcripts,
transitions. Each function gives the Markdown of one section; nothing here is written by hand elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Final, cast

from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Bits, Field
from lockedroom.reference.machine import Place, Transition
from lockedroom.reference.profile import Switches
from lockedroom.reference.segment import records, sessions
from lockedroom.reference.segment.profile import HARDENED, SWITCHES
from lockedroom.reference.segment.records import LAYOUTS, Capacity, Epoch
from lockedroom.reference.segment.table import TABLE
from lockedroom.spec.registry import Clause


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def constants() -> str:
    """The numbers and texts that records and layout use."""
    rows = (
        ("magic", f"`{records.MAGIC.decode()}`", "the first 8 bytes of the object"),
        ("layout version", str(records.LAYOUT_VERSION), "of the object and of the records"),
        ("profile", f"`{HARDENED.label}`", "the one that this chapter describes"),
        ("right to join", str(records.JOIN), "a bit of an entry's rights"),
        ("right to exchange", str(records.EXCHANGE), "a bit of an entry's rights"),
        ("right to send", str(records.SEND), "a bit of an entry's rights"),
        ("message", str(records.MESSAGE), "flags of a sealed record"),
        ("rotation", str(records.ROTATE), "flags of a sealed record"),
        ("acknowledgement", str(records.ACKNOWLEDGE), "flags of a sealed record"),
        ("longest name", str(records.LARGEST_NAME), "bytes"),
        ("overhead", str(records.OVERHEAD), "bytes of a cell that are not body, at most"),
    )
    return table(("constant", "value", "meaning"), rows)


def byte_tables() -> str:
    """A byte table for each kind of record."""
    return "\n\n".join(_byte_tables())


def _byte_tables() -> Iterator[str]:
    for record, (kind, layout) in LAYOUTS.items():
        rows = [("kind", "`u8`", str(kind)), *((f.name, f"`{f.type}`", f.meaning) for f in layout)]
        yield f"### {record.__name__}\n\n{table(('field', 'type', 'meaning'), rows)}"


# Field names stand in for the fields' values, so that what a transcript holds can be read off it.


def _named(record: type[records.Record]) -> records.Record:
    values: dict[str, object] = {f.name: f.name for f in fields(record)}
    if "epoch" in values:
        values["epoch"] = Epoch(cast(int, "epoch number"), "epoch proposer")
    if "capacity" in values:
        values["capacity"] = Capacity(*cast(tuple[int, int, int, int, int], tuple(f.name for f in fields(Capacity))))
    return record(**values)  # type: ignore[arg-type] # names in place of values


def transcripts() -> str:
    """Every transcript: its tag, its fields in order, and what is done with it."""
    segment = cast(Bits, "segment")
    entry = cast(records.Entry, _named(records.Entry))
    message = cast(records.Message, _named(records.Message))
    epoch = Epoch(cast(int, "epoch number"), "proposer")
    found: tuple[tuple[Transcript, str], ...] = (
        (
            Transcript("LR-SEG-ID", ("fresh", "key", "pid", "start time", "boot id")),
            "digest: the segment id (SEG-CREATE-3)",
        ),
        (
            records.header_transcript(cast(records.Header, _named(records.Header))),
            "the creator signs (SEG-HEADER-6)",
        ),
        (records.root_transcript(segment), "digest: the head of the empty list (SEG-ACL-2)"),
        (records.entry_transcript(segment, entry), "the creator signs; digest: the head (SEG-ACL-2)"),
        (
            records.announcement_transcript(segment, cast(records.Announcement, _named(records.Announcement))),
            "the joining member signs (SEG-JOIN-4)",
        ),
        (
            records.exchange_transcript(
                segment, cast(records.Exchange, _named(records.Exchange)), cast(Bits, "ephemeral")
            ),
            "the maker signs (SEG-EXCHANGE-5)",
        ),
        (records.message_transcript(segment, message), "authenticated data (SEG-SEND-6)"),
        (
            records.post_transcript(segment, cast(records.Post, _named(records.Post))),
            "authenticated data (SEG-PUBLISH-2)",
        ),
        (
            sessions.kek_context(
                segment,
                "maker",
                "taker",
                cast(Bits, "maker's incarnation"),
                cast(Bits, "taker's incarnation"),
                cast(Bits, "ephemeral"),
            ),
            "context of the key-encryption key (SEG-KEYS-1)",
        ),
        (
            sessions.keys_context(
                segment,
                "proposer",
                cast(Bits, "proposer's incarnation"),
                "other",
                cast(Bits, "other's incarnation"),
                epoch,
            ),
            "context of an epoch's keys (SEG-KEYS-2)",
        ),
    )
    rows = ((f"`{t.tag}`", ", ".join(_text(field) for field in t.fields), use) for t, use in found)
    return table(("tag", "fields", "use"), rows)


_KINDS: Final = {"u": "integer", "n": "text", "l": "text", "b": "bytes", "v": "bytes"}
_TYPES: Final[Mapping[str, str]] = {
    **{
        field.name: _KINDS[field.type[0]]
        for _, layout in LAYOUTS.values()
        for field in layout
        if field.type[0] in _KINDS
    },
    **dict.fromkeys((field.name for field in fields(Capacity)), "integer"),
    **dict.fromkeys(("epoch number", "pid", "start time"), "integer"),
    **dict.fromkeys(("epoch proposer", "proposer", "other", "maker", "taker", "boot id"), "text"),
}
"""The type in a transcript of each field whose value is not bytes by itself."""


def _text(field: Field) -> str:
    match field:
        case bytes():
            return f"bytes `{field.decode()}`"
        case tuple():
            return "list of (" + ", ".join(_text(one) for one in field) + ")"
        case _:
            return f"{_TYPES.get(str(field), 'bytes')} *{str(field).replace('_', ' ')}*"


def _places(places: tuple[Place, ...]) -> str:
    return ", ".join(str(place) for place in places) or "–"


def defences(switches: Switches = SWITCHES) -> str:
    """Every defence: its name, clauses, what it gives, what is done without it, and whether `as-written` has it."""
    rows = [
        (f"`{one.name}`", ", ".join(one.clauses), one.gives, one.without, "yes" if one.name in switches.written else "")
        for one in switches.defences
    ]
    return table(("defence", "clauses", "with it", "without it", "in `as-written`"), rows)


def transitions(protocol: Iterable[Transition] = TABLE) -> str:
    """A protocol's transition table."""
    rows = (
        (
            row.operation,
            ", ".join(row.arguments) or "–",
            row.who.value,
            _places(row.reads),
            _places(row.writes),
            ", ".join(row.clauses),
        )
        for row in protocol
    )
    return table(("operation", "arguments", "who may", "reads", "writes", "clauses"), rows)


IMPLIED: Final[Mapping[str, str]] = {
    "SEG-NAME": "every transition: arguments and records",
    "SEG-RECORD": "every transition that reads a record",
    "SEG-HEADER": "every transition that reads the header",
    "SEG-KEYS": "exchange, accept, rotate, receive",
    "SEG-ACL": "every transition that reads acl",
    "SEG-EPOCH": "exchange, accept, rotate, receive, acknowledge",
    "SEG-WHO": "every transition",
    "SEG-FULL": "every transition that writes acl, a board's posts or a peer's inbox",
    "SEG-STORE": "the store",
    "SEG-LOCK": "the store",
    "SEG-LIFE": "the store: join, leave, reap",
    "SEG-JOURNAL": "the store: every commit",
    "SEG-WAKE": "the store: every wait",
}
"""Who implements the areas that are no transition's own."""


def index(registered: Mapping[str, Clause]) -> str:
    """Which transitions implement which area, and how many clauses it has."""
    areas: dict[str, list[Clause]] = {}
    for clause in registered.values():
        if clause.chapter == "segment.md":
            areas.setdefault(clause.area, []).append(clause)
    rows = []
    for area, found in areas.items():
        own = [row.operation for row in TABLE if area in row.clauses]
        where = ", ".join(own) or IMPLIED[area]
        rows.append((area, f"{found[0].id} to {len(found)}" if len(found) > 1 else found[0].id, where))
    return table(("area", "clauses", "implemented by"), rows)
