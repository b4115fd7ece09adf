"""The byte tables of the chapter suffice: a decoder made of them alone reads and writes every committed vector,
and agrees with the project's codec on whatever bytes there are."""

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedroom.reference.segment.codec import decode
from lockedroom.reference.segment.records import LAYOUTS, Malformed, Record
from tests.reference.segment.test_codec import records
from tests.reference.segment.vectors import FOLDER, Json, load, plain
from tests.spec.tabled import CHAPTER, NotARecord, Tables, tables

TABLES = tables()


def committed() -> list[Json]:
    """Every record of every committed file, wherever it stands."""
    found: list[Json] = []

    def search(value: object) -> None:
        if isinstance(value, dict):
            if {"kind", "hex", "fields"} <= value.keys():
                found.append(value)
            for inner in value.values():
                search(inner)
        elif isinstance(value, list):
            for inner in value:
                search(inner)

    for file in sorted(FOLDER.glob("*.json")):
        search(json.loads(file.read_text("utf-8")))
    return found


def agreed(data: bytes) -> bool:
    """Whether both decoders say the same of these bytes."""
    ours = decode(data)
    try:
        title, values = TABLES.decode(data)
    except NotARecord:
        return isinstance(ours, Malformed)
    return not isinstance(ours, Malformed) and (type(ours).__name__, plain(ours)) == (title, values)


def test_the_second_decoder_knows_nothing_but_the_chapter() -> None:
    tree = ast.parse(Path(__file__).with_name("tabled.py").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in imported if name.startswith(("lockedroom", "tests"))}


def test_there_is_a_table_for_every_record() -> None:
    assert {title: kind for title, (kind, _) in TABLES.records.items()} == {
        record.__name__: kind for record, (kind, _) in LAYOUTS.items()
    }


def test_every_kind_of_record_is_committed_under_both_suites() -> None:
    for suite in ("LR0", "LR1"):
        kinds = {record["kind"] for step in load(f"conversation-{suite}")["steps"] for record in step["records"]}
        assert kinds == set(TABLES.records)
    assert len(committed()) > 50


@pytest.mark.parametrize("vector", committed(), ids=lambda vector: f"{vector.get('id', '')}-{vector['hex'][:12]}")
def test_every_committed_record_is_read_and_written(vector: Json) -> None:
    data = bytes.fromhex(vector["hex"])
    assert TABLES.decode(data) == (vector["kind"], vector["fields"])
    assert TABLES.encode(vector["kind"], vector["fields"]) == data
    assert agreed(data)


@pytest.mark.parametrize("vector", load("malformed")["vectors"], ids=lambda vector: vector["id"])
def test_every_committed_malformed_record_is_refused(vector: Json) -> None:
    with pytest.raises(NotARecord):
        TABLES.decode(bytes.fromhex(vector["hex"]))


@given(records)
def test_whatever_the_codec_writes_the_tables_read(record: Record) -> None:
    title, values = type(record).__name__, plain(record)
    data = TABLES.encode(title, values)
    assert decode(data) == record
    assert agreed(data)


@given(records, st.data())
def test_both_say_the_same_of_altered_bytes(record: Record, data: st.DataObject) -> None:
    whole = TABLES.encode(type(record).__name__, plain(record))
    place = data.draw(st.integers(0, len(whole) - 1))
    for cut in (
        whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :],
        whole[:place],
        whole[:place] + whole[place + 1 :],
        whole + whole[:place],
    ):
        assert agreed(cut)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("| sequence | `u64` |", "| sequence | `u32` |"),
        ("| wrapped | `bits40` |", "| wrapped | `bits32` |"),
        ("| `u16` | 2 bytes, unsigned", "| `u16` | 3 bytes, unsigned"),
        ("| kind | `u8` | 5 |", "| kind | `u8` | 7 |"),
        ("| `epoch` | `u32` number, `name` proposer |", "| `epoch` | `name` proposer, `u32` number |"),
    ],
)
def test_a_mistake_in_a_table_would_be_noticed(old: str, new: str) -> None:
    text = CHAPTER.read_text("utf-8")
    assert text.count(old) == 1
    wrong = Tables(text.replace(old, new))

    def read(vector: Json) -> bool:
        try:
            return wrong.decode(bytes.fromhex(vector["hex"])) == (vector["kind"], vector["fields"])
        except NotARecord:
            return False

    assert not all(map(read, committed()))
