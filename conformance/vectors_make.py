"""Makes the known-answer vectors: from the committed sources under `vectors/`, the same bytes every time.

The sources say the inputs and, where a standard or a library without entropy of ours gives the answer, the answer; the
tests of `reference` hold them against other libraries. Here they only get one layout, with what another implementation
needs beside them: the encoded transcripts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias, cast

from lockedroom.conformance.schemas import Json
from lockedroom.conformance.vectors import FOLDER, SCHEMA, TYPES, transcript_of
from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.transcript import encode

Vector: TypeAlias = "dict[str, Json]"

_SOURCES: Final = FOLDER.parent
_BOTH: Final = ("LR0", "LR1")

BUG_TYPES: Final[Mapping[str, str]] = {
    "valid": "BASIC",
    "published": "BASIC",
    "length": "MODIFIED_PARAMETER",
    "small-order-key": "AUTH_BYPASS",
    "small-order-r": "EDGE_CASE",
    "non-canonical-key": "EDGE_CASE",
    "non-canonical-s": "SIGNATURE_MALLEABILITY",
    "torsion": "EDGE_CASE",
    "small-order-point": "EDGE_CASE",
    "unreduced": "MISSING_STEP",
    "altered": "MODIFIED_PARAMETER",
    "other-input": "MODIFIED_PARAMETER",
    "other-size": "MODIFIED_PARAMETER",
    "empty": "EDGE_CASE",
    "kind": "MISSING_STEP",
    "short": "MISSING_STEP",
    "long": "MISSING_STEP",
    "name": "MISSING_STEP",
}
"""The kind of bug that a flag's tests catch, in Wycheproof's words."""


def documents() -> Mapping[str, str]:
    """The text of every file, by its name."""
    found = {
        "transcripts": _file("LR-TRANSCRIPT", ["The encoding of transcripts."], [_transcripts()]),
        "digests": _file("LR-DIGEST", ["SHA-256 of an encoded transcript (`message`)."], [_good("digest")]),
        "derivations": _file("LR-DERIVE", ["HKDF-SHA-256; `info` is what is expanded with."], [_good("derive")]),
        "signatures": _file(
            "LR-SIGN", ["Ed25519 over an encoded transcript (`message`)."], [_good("sign"), _bad("verify")]
        ),
        "wraps": _file("LR-WRAP", ["AES key wrap of 32 bytes."], [_both(_good("wrap"), _bad("unwrap"))]),
        "seals": _file(
            "LR-SEAL",
            ["AES-256-GCM; `aad` is the encoded transcript `header`, `ct` ends with the tag."],
            [_both(_good("seal"), _bad("open"))],
        ),
        "kem-lr0": _file("LR0-KEM", ["X25519 with HKDF."], _kem("LR0")),
        "kem-lr1": _file(
            "X-Wing",
            ["ML-KEM-768 with X25519. Who can fix no entropy of ML-KEM decapsulates what stands here."],
            _kem("LR1"),
        ),
        "records": _file("LR-SEG-RECORD", ["The records of a segment: to decode, and to encode again."], _records()),
        "primitives": _file("standards", ["What the standards themselves publish."], _primitives()),
    }
    return {f"{name}.json": text for name, text in found.items()}


def _file(algorithm: str, header: list[str], groups: Iterable[Vector]) -> str:
    kept = [group for group in groups if group["tests"]]
    tests = [test for group in kept for test in cast("list[Vector]", group["tests"])]
    for number, test in enumerate(tests, start=1):
        test["tcId"] = number
    flags = sorted({flag for test in tests for flag in cast("list[str]", test["flags"])})
    meanings = _meanings()
    value: Json = {
        "algorithm": algorithm,
        "schema": SCHEMA,
        "generatorVersion": "1",
        "numberOfTests": len(tests),
        "header": header,
        "notes": {flag: {"bugType": BUG_TYPES[flag], "description": meanings[flag]} for flag in flags},
        "testGroups": kept,
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _meanings() -> dict[str, str]:
    published = "It stands in the standard that the source names."
    found = {"published": published}
    for name in ("segment/malformed", "crypto/malformed"):
        found |= cast("dict[str, str]", _load(name)["flags"])
    return found


def _load(name: str) -> Vector:
    return cast(Vector, json.loads(Path(_SOURCES, f"{name}.json").read_text("utf-8")))


def _vectors(name: str) -> list[Vector]:
    return cast("list[Vector]", _load(name)["vectors"])


def _group(
    kind: str, clauses: Iterable[str], tests: Iterable[Vector], source: str, suites: tuple[str, ...] = _BOTH
) -> Vector:
    names = ("tcId", "comment", "flags", *TYPES[kind], "result")
    common: Vector = {"tcId": 0, "comment": "", "flags": ["valid"], "result": "valid"}
    return {
        "type": kind,
        "source": {"name": source, "version": "1"},
        "suites": list(suites),
        "clauses": list(clauses),
        "tests": [{name: ({**common, **test}).get(name, "") for name in names} for test in tests],
    }


def _encoded(value: Json) -> str:
    return encode(transcript_of(value)).hex()


def _transcripts() -> Vector:
    clauses = [f"LR-SUITE-{number}" for number in (1, 2, 3, 4)]
    return _group("Transcript", clauses, _vectors("crypto/transcripts"), "lockedroom, suites.md")


def _good(operation: str) -> Vector:
    found = [_plain(one) for one in _vectors("crypto/suites") if one["operation"] == operation]
    kind, clauses = _KINDS[operation]
    return _group(kind, clauses, found, "lockedroom, suites.md")


def _bad(operation: str) -> Vector:
    found = [_plain(one) for one in _vectors("crypto/malformed") if one["operation"] == operation]
    kind, clauses = _KINDS[operation]
    return _group(kind, [*clauses, "LR-SUITE-9"], found, "lockedroom, suites.md")


def _both(one: Vector, other: Vector) -> Vector:
    """One group of two of a type."""
    clauses = dict.fromkeys([*cast("list[str]", one["clauses"]), *cast("list[str]", other["clauses"])])
    tests = [*cast("list[Vector]", one["tests"]), *cast("list[Vector]", other["tests"])]
    return {**one, "clauses": list(clauses), "tests": tests}


_KINDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "sign": ("Sign", ("LR-SUITE-10", "LR-SUITE-11")),
    "verify": ("Verify", ("LR-SUITE-11",)),
    "digest": ("Digest", ("LR-SUITE-16",)),
    "derive": ("Derive", ("LR-SUITE-12",)),
    "wrap": ("KeyWrap", ("LR-SUITE-13",)),
    "unwrap": ("KeyWrap", ("LR-SUITE-13",)),
    "seal": ("Seal", ("LR-SUITE-14",)),
    "open": ("Seal", ("LR-SUITE-14",)),
}


def _plain(one: Vector) -> Vector:
    """A source's vector in the names of this layout."""
    outcome = one.get("outcome", True)
    passed = outcome not in (None, False)
    answer = outcome if isinstance(outcome, str) else ""
    found: Vector = {
        **one,
        "flags": [one.get("flag", "valid")],
        "result": "valid" if passed else "invalid",
        "sig": one.get("signature", ""),
    }
    if "transcript" in one:
        found["message"] = _encoded(one["transcript"])
    if "context" in one:
        context = transcript_of(one["context"])
        info = Transcript("LR-DERIVE", (cast(str, one["label"]), context.tag, context.fields))
        found["info"] = encode(info).hex()
    if "nonce" in one:
        high, low = cast("list[int]", one["nonce"])
        found |= {"iv": (high.to_bytes(4, "big") + low.to_bytes(8, "big")).hex()}
    if one["operation"] in ("seal", "open"):
        found |= {"aad": _encoded(one["header"]), "msg": one.get("body", answer), "ct": one["sealed"]}
    if one["operation"] in ("wrap", "unwrap"):
        found |= {"msg": one.get("secret", answer), "ct": one["wrapped"]}
    return found


def _kem(suite: str) -> list[Vector]:
    xwing = _vectors("crypto/xwing")
    pairs: list[Vector] = [{"private": one["sk"], "public": one["pk"], "flags": ["published"]} for one in xwing]
    taken: list[Vector] = [
        {"private": one["sk"], "ct": one["ct"], "ss": one["ss"], "flags": ["published"]} for one in xwing
    ]
    made: list[Vector] = []
    clauses, source = ("LR-SUITE-20", "LR-SUITE-22"), "draft-connolly-cfrg-xwing-kem-10, and lockedroom, suites.md"
    if suite == "LR0":
        own = [one for one in _vectors("crypto/suites") if one["operation"] == "kem"]
        pairs = [{"private": one["private"], "public": one["public"]} for one in own]
        made = [{**one, "ct": one["ciphertext"], "ss": one["secret"]} for one in own]
        taken = [{"private": one["private"], "ct": one["ciphertext"], "ss": one["secret"]} for one in own]
        clauses, source = ("LR-SUITE-17", "LR-SUITE-18"), "lockedroom, suites.md"
    else:
        taken += [
            {"private": one["private"], "ct": one["ct"], "ss": one["ss"], "comment": "in the conversation"}
            for one in _in_conversation()
        ]
    for one in _vectors("crypto/malformed"):
        if one.get("suite") != suite:
            continue
        outcome = one["outcome"]
        test: Vector = {
            "comment": one["comment"],
            "flags": [one["flag"]],
            "result": "invalid" if outcome is None else "valid",
            "ss": outcome or "",
        }
        if one["operation"] == "encapsulate":
            made.append({**test, "public": _hostile(one, "public", "pk"), "entropy": one.get("entropy", "07" * 32)})
        else:
            private = one["private"] if "private" in one else xwing[cast(int, one["base"]) - 1]["sk"]
            taken.append({**test, "private": private, "ct": _hostile(one, "ciphertext", "ct")})
    more = ("LR-SUITE-9", "LR-SUITE-19")
    return [
        _group("KeyPair", clauses[:1], pairs, source, (suite,)),
        _group("Encapsulate", (*more, "LR-SUITE-18" if suite == "LR0" else "LR-SUITE-21"), made, source, (suite,)),
        _group("Decapsulate", (*more, clauses[1]), taken, source, (suite,)),
    ]


def _in_conversation() -> list[Vector]:
    """What the conversation's members encapsulated under LR1, with the private keys that their joins drew."""
    from lockedroom.reference.crypto.real import RealSuite

    said = _load("segment/conversation-LR1")
    suite = RealSuite("LR1")
    drawn = [
        cast(str, draw["value"])
        for step in cast("list[Vector]", said["steps"])
        for draw in cast("list[Vector]", step["draws"])
        if draw["purpose"] == "ephemeral"
    ]
    private = {cast(bytes, suite.kem_keypair(bytes.fromhex(seed)).public).hex(): seed for seed in drawn}
    return [
        {"private": private[cast(str, one["public"])], "ct": one["ciphertext"], "ss": one["secret"]}
        for one in cast("list[Vector]", said["encapsulations"])
    ]


def _hostile(one: Vector, name: str, base: str) -> str:
    """The hostile value of a source's vector: in it, or made from the X-Wing vector that it names."""
    if name in one:
        return cast(str, one[name])
    original = bytes.fromhex(cast(str, _vectors("crypto/xwing")[cast(int, one["base"]) - 1][base]))
    replaced, offset = bytes.fromhex(cast(str, one["bytes"])), cast(int, one["offset"])
    made = original[:offset] + replaced + original[offset + len(replaced) :]
    return (made + b"\0")[: cast(int, one["size"])].hex()


def _records() -> list[Vector]:
    good: list[Vector] = [
        {"comment": one["id"], "encoding": one["hex"], "kind": one["kind"], "fields": one["fields"]}
        for one in _vectors("segment/records")
    ]
    for suite in _BOTH:
        for number, step in enumerate(cast("list[Vector]", _load(f"segment/conversation-{suite}")["steps"]), start=1):
            good += [
                {
                    "comment": f"step {number} of the conversation under {suite}",
                    "encoding": one["hex"],
                    "kind": one["kind"],
                    "fields": one["fields"],
                }
                for one in cast("list[Vector]", step["records"])
            ]
    bad: list[Vector] = [
        {"comment": one["id"], "flags": [one["flag"]], "encoding": one["hex"], "fields": {}, "result": "invalid"}
        for one in _vectors("segment/malformed")
    ]
    clauses = ("SEG-RECORD-3", "SEG-NAME-1", "SEG-NAME-3")
    return [_group("Record", clauses, good + bad, "lockedroom, segment.md")]


def _primitives() -> list[Vector]:
    groups = []
    for kind, primitive, clause, names in (
        ("Ed25519", "ed25519", "LR-SUITE-10", {"private": "seed", "sig": "signature"}),
        ("X25519", "x25519", "LR-SUITE-17", {"shared": "agreed"}),
        ("Hkdf", "hkdf-sha-256", "LR-SUITE-12", {}),
        ("KeyWrap", "aes-256-key-wrap", "LR-SUITE-13", {"msg": "secret", "ct": "wrapped"}),
        ("Aead", "aes-256-gcm", "LR-SUITE-14", {"aad": "header", "msg": "body", "ct": "sealed"}),
        ("Sha256", "sha-256", "LR-SUITE-16", {}),
    ):
        tests: list[Vector] = []
        for one in _vectors("crypto/published"):
            if one["primitive"] != primitive:
                continue
            test: Vector = {name: one.get(names.get(name, name), "") for name in TYPES[kind]}
            if kind == "Aead":
                high, low = cast("list[int]", one["nonce"])
                test["iv"] = (high.to_bytes(4, "big") + low.to_bytes(8, "big")).hex()
            tests.append({**test, "comment": one["source"], "flags": ["published"]})
        groups.append(_group(kind, (clause,), tests, "the standards named by each test"))
    return groups
