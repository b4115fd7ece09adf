"""The JSON object that `lockedroom verify` prints: its schema, which says what each field means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockedroom.conformance.schemas import DRAFT, Json, closed

SCHEMA: Final = "verify.schema.json"


def verify_schema() -> dict[str, Json]:
    """The schema of what `lockedroom verify --json` prints, of one protocol or of all."""
    text: Mapping[str, Json] = {"type": "string"}
    count: Mapping[str, Json] = {"type": "integer", "minimum": 0}
    names: Mapping[str, Json] = {"type": "array", "items": text}
    covered = closed({"covered": names, "of": count, "missing": names})
    verdicts: dict[str, Json] = {
        "verdict": {
            "enum": ["holds", "violated", "incomplete"],
            "description": "the worst of exploration and replay: exit code 0, 1, 4 (130 when interrupted)",
        },
        "reason": {**text, "description": "why it is not complete, if it is not"},
    }
    replayed = closed(
        {
            "protocol": text,
            "verdict": {"enum": ["passed", "failed", "unsupported"]},
            "traces": closed(dict.fromkeys(("all", "passed", "failed", "unsupported"), count)),
            "steps": {**count, "description": "that ran and agreed"},
            "clauses": {**covered, "description": "that traces exercise which passed"},
            "rejections": {**covered, "description": "clauses by which they see a refusal"},
            "transitions": {**covered, "description": "operations that they perform"},
            "results": {"type": "array", "items": {"type": "object"}, "description": "what became of each trace"},
            "run": closed({"seconds": {"type": "number"}, "processes": count, "jobs": count}),
        }
    )
    evidence = closed(
        {
            **verdicts,
            "seconds": {"type": "number", "minimum": 0},
            "exploration": {
                "type": ["object", "null"],
                "description": "what `lockedroom check` prints of the protocol within these bounds (of the segment by "
                "check.schema.json); null where it was interrupted before it began",
            },
            "conformance": {
                "anyOf": [replayed, {"type": "null"}],
                "description": "what became of the short corpus; null where it was not replayed to its end",
            },
        }
    )
    protocols: Json = {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/evidence"},
        "description": "by protocol, in their order; after an interruption those that it came to",
    }
    return {
        "$schema": DRAFT,
        "title": "What `lockedroom verify --json` prints: of a protocol that is named, or of all",
        "anyOf": [{"$ref": "#/$defs/evidence"}, closed({**verdicts, "protocols": protocols})],
        "$defs": {"evidence": evidence},
    }
