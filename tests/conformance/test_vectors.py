"""The known-answer vectors: strictly read, all of them right, and each able to be wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lockedroom.conformance import vectors_make
from lockedroom.conformance.schemas import committed
from lockedroom.conformance.vectors import (
    FOLDER,
    SCHEMA,
    TYPES,
    Group,
    MalformedVectors,
    files,
    read_vectors,
    vectors_schema,
)
from lockedroom.conformance.vectors_run import candidate, groups, wrong
from tests.reference.crypto.vectors import load

GROUPS = groups()


@pytest.mark.parametrize("case", GROUPS)
def test_the_built_in_implementation_answers_right(case: str) -> None:
    """LR-SUITE-29."""
    assert wrong(GROUPS[case]) == []
    assert len(candidate(case, GROUPS[case]).steps) == len(GROUPS[case].tests) > 0


@pytest.mark.parametrize("case", GROUPS)
def test_every_answer_can_be_wrong(case: str) -> None:
    """What is valid becomes invalid and the other way round, and each byte string that is compared is altered."""
    group = GROUPS[case]
    for test in group.tests:
        other = "invalid" if test["result"] == "valid" else "valid"
        assert wrong(with_test(group, {**test, "result": other})), test
        if test["result"] == "invalid":
            continue
        for name, kind in TYPES[group.type].items():
            value = test[name]
            if kind != "transcript" and isinstance(value, str) and name not in ("label", "kind") and value:
                changed = f"{int(value[0], 16) ^ 8:x}{value[1:]}"
                assert wrong(with_test(group, {**test, name: changed})) or ignored(group, name, test), (case, name)


def ignored(group: Group, name: str, test: object) -> bool:
    """What no test can notice: the entropy of ML-KEM, of which the library takes none."""
    return group.type == "Encapsulate" and name == "entropy" and group.suites == ("LR1",)


def with_test(group: Group, test: dict[str, object]) -> Group:
    return replace(group, tests=(test,))


def test_every_source_has_become_tests() -> None:
    count = {case: len(group.tests) for case, group in GROUPS.items()}
    sources = {name: len(load(name)) for name in ("published", "suites", "transcripts", "xwing", "malformed")}
    encapsulations = 3
    assert count["vectors/transcripts/transcript"] == sources["transcripts"]
    assert sum(n for case, n in count.items() if case.startswith("vectors/primitives/")) == sources["published"]
    # A pair of LR0 is one of the KEM's vectors, and becomes three tests; one of X-Wing becomes two.
    kem = sum(one["operation"] == "kem" for one in load("suites"))
    rest = sum(
        n
        for case, n in count.items()
        if not case.startswith(("vectors/primitives/", "vectors/transcripts/", "vectors/records/"))
    )
    assert rest == sources["suites"] + 2 * kem + sources["malformed"] + 2 * sources["xwing"] + encapsulations


def test_the_published_ciphertexts_are_decapsulated() -> None:
    group = GROUPS["vectors/kem-lr1/decapsulate"]
    published = {test["ct"]: test["ss"] for test in group.tests if test["flags"] == ["published"]}
    assert published == {one["ct"]: one["ss"] for one in load("xwing")}


def test_every_record_and_every_operation_has_vectors() -> None:
    assert {group.type for group in GROUPS.values()} == TYPES.keys()
    kinds = {test["kind"] for test in GROUPS["vectors/records/record"].tests if test["result"] == "valid"}
    assert kinds == {"Header", "Entry", "Announcement", "Exchange", "Message", "Post"}


def spoilt(change: Callable[[dict[str, Any]], object], folder: Path) -> Path:
    """A file in which one thing was changed."""
    value = json.loads((FOLDER / "seals.json").read_text("utf-8"))
    change(value)
    file = folder / "seals.json"
    file.write_text(json.dumps(value), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda file: file.update(newField=1), "'newField' was unexpected"),
        (lambda file: file["testGroups"][0].update(tagSize=128), "'tagSize' was unexpected"),
        (lambda file: file["testGroups"][0]["tests"][3].update(tag=""), "'tag' was unexpected"),
        (lambda file: file["testGroups"][0]["tests"][3].pop("ct"), "'ct' is a required property"),
        (lambda file: file["testGroups"][0]["tests"][3].update(result="acceptable"), "'acceptable' is not one of"),
        (lambda file: file["testGroups"][0]["tests"][3].update(ct="0"), "does not match"),
        (lambda file: file["testGroups"][0]["tests"][0]["header"].update(more=1), "'more' was unexpected"),
        (lambda file: file["testGroups"][0].update(type="Seals"), "'Seals' is not one of"),
        (lambda file: file.update(numberOfTests=1), "numberOfTests is 1, and there are 17"),
        (lambda file: file["testGroups"][0]["tests"].pop(), "numberOfTests is 17, and there are 16"),
        (lambda file: file["testGroups"][0]["tests"].reverse(), "tcId does not count from 1"),
        (lambda file: file["notes"].pop("altered"), "flags and notes differ: ['altered']"),
        (lambda file: file["testGroups"].append(dict(file["testGroups"][0], tests=[])), "two groups are of one type"),
    ],
)
def test_a_consumer_fails_on_what_it_does_not_know(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], problem: str
) -> None:
    with pytest.raises(MalformedVectors) as refused:
        read_vectors(spoilt(change, tmp_path))
    assert problem in str(refused.value)


def test_what_is_committed_is_what_is_made() -> None:
    made = vectors_make.documents()
    assert {path.name: path.read_text("utf-8") for path in files()} == dict(made)
    assert json.loads(committed(SCHEMA).read_text("utf-8")) == json.loads(json.dumps(vectors_schema()))
    assert vectors_make.BUG_TYPES.keys() == {flag for path in files() for flag in read_vectors(path).notes}
