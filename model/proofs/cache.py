"""Answers remembered by the content of the question: one small file each, named by the digest of text, solver
and limit.

Only `unsat` and `sat` are remembered. A file that makes no sense is asked anew and replaced: each has a checksum over
question and answer, so that no damage and no mix-up of files reads as a proof. Who forges a checksum can as well forge
the program.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lockedroom.model.proofs.query import Answer, Answered


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of answers; without a folder nothing is remembered."""

    folder: Path | None

    def get(self, digest: str) -> Answered | None:
        """What is remembered of a question."""
        if self.folder is None:
            return None
        try:
            found = json.loads(self._file(digest).read_text(encoding="utf-8"))
            answer: Answer = found["answer"]
            whole = answer in ("sat", "unsat") and found["sum"] == _sum(digest, answer, found["seconds"])
            return Answered(answer, float(found["seconds"])) if whole else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, digest: str, answered: Answered) -> None:
        """Remember an answer. Raises OSError when the folder cannot be written to."""
        if self.folder is None or answered.answer == "unknown":
            return
        file = self._file(digest)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                seconds = round(answered.seconds, 4)
                told = {"answer": answered.answer, "seconds": seconds, "sum": _sum(digest, answered.answer, seconds)}
                json.dump(told, out)
            os.replace(name, file)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise

    def _file(self, digest: str) -> Path:
        assert self.folder is not None, "asked only where there is a folder"
        return self.folder / digest[:2] / f"{digest}.json"


def _sum(digest: str, answer: str, seconds: float) -> str:
    return hashlib.sha256(f"{digest} {answer} {seconds}".encode()).hexdigest()
