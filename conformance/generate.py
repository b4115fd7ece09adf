"""Writes what is generated here: the schemas of the formats, the corpus, and the known-answer vectors.

`python -m lockedroom.conformance.generate` writes, with `--check` it changes nothing and says which files
differ (exit code 1). The same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from lockedroom.conformance import (
    collection,
    corpus,
    every,
    explored,
    hostile,
    hostile_make,
    known_failures,
    logs,
    model_trace,
    mutant_report,
    protocol,
    report,
    reports,
    stash,
    stash_hostile,
    telling,
    trace,
    vectors,
    vectors_make,
    verify_report,
)
from lockedroom.conformance.schemas import committed, pretty

FOLDERS: Final = (
    (corpus.FOLDER / "segment", "*.json"),
    (corpus.FOLDER / "segment" / "every", "*.json"),
    (corpus.FOLDER / "stash", "*.json"),
    (corpus.FOLDER / "segment" / "telling", "*.json"),
    (vectors.FOLDER, "*.json"),
    (hostile.FOLDER.parent, "**/*.json"),
)
"""The folders in which every file of that pattern is generated."""


def schemas() -> Mapping[Path, str]:
    """The schemas with what must stand in them."""
    return {
        committed(trace.SCHEMA): pretty(trace.trace_schema()),
        committed(collection.SCHEMA): pretty(collection.collection_schema()),
        committed(model_trace.SCHEMA): pretty(model_trace.model_trace_schema()),
        committed(protocol.SCHEMA): pretty(protocol.adapter_schema()),
        committed(reports.CHECK_SCHEMA): pretty(reports.check_schema()),
        committed(reports.PINNED_SCHEMA): pretty(reports.pinned_schema()),
        committed(reports.DEFENCES_SCHEMA): pretty(reports.defences_schema()),
        committed(reports.FINDINGS_SCHEMA): pretty(reports.findings_schema()),
        committed(vectors.SCHEMA): pretty(vectors.vectors_schema()),
        committed(hostile.SCHEMA): pretty(hostile.hostile_schema()),
        committed(logs.SCHEMA): pretty(logs.log_schema()),
        committed(report.SCHEMA): pretty(report.report_schema()),
        committed(known_failures.SCHEMA): pretty(known_failures.known_failures_schema()),
        committed(mutant_report.SCHEMA): pretty(mutant_report.mutants_schema()),
        committed(verify_report.SCHEMA): pretty(verify_report.verify_schema()),
    }


def generated() -> Mapping[Path, str]:
    """Every generated file with what must stand in it. Explores: takes some 20 seconds."""
    folder = corpus.FOLDER / "segment"
    return {
        **schemas(),
        **{vectors.FOLDER / name: text for name, text in vectors_make.documents().items()},
        **{hostile.FOLDER / name: text for name, text in hostile_make.generated().items()},
        **{folder / f"{name}.json": trace.write_trace(one) for name, one in explored.corpus().items()},
        **{folder / "telling" / f"{name}.json": trace.write_trace(one) for name, one in telling.documents().items()},
        **{folder / "every" / name: collection.write_collection(one) for name, one in every.documents().items()},
        **stash_corpus(),
    }


def stash_corpus() -> Mapping[Path, str]:
    """The files of the stash's corpus with what must stand in them."""
    folder, ours = corpus.FOLDER / "stash", stash.corpus().items()
    return {
        **{folder / f"{name}.json": trace.write_trace(one) for name, one in ours},
        **{hostile.FOLDER.with_name("stash") / name: text for name, text in stash_hostile.generated().items()},
    }


def differing(wanted: Mapping[Path, str], folders: Sequence[tuple[Path, str]]) -> list[Path]:
    """The files that are missing, differ, or (in these folders, of this suffix) are there without being wanted."""
    found = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for folder, pattern in folders:
        found += [path for path in sorted(folder.glob(pattern)) if path not in wanted]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Exit code 0, or 1 when `--check` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m lockedroom.conformance.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, name the files that differ")
    options = parser.parse_args(arguments)
    wanted = generated()
    stale = differing(wanted, FOLDERS)
    for path in stale:
        print(f"{'differs' if options.check else 'written'}: {path}")
        if not options.check:
            if path in wanted:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(wanted[path], encoding="utf-8")
            else:
                path.unlink()
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
