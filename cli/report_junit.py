"""The report of a run as JUnit XML, for the tools that show such files. Nothing is computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from lockedroom.cli.terminal import safe

if TYPE_CHECKING:
    from lockedroom.conformance.report import Case, Report

_SKIPPED = frozenset({"excluded", "unsupported"})


def junit(report: Report) -> str:
    """The text of the file: a suite for each kind of case. What is expected to fail and does is a passed test whose
    output says so; what did not run is skipped."""
    root = Xml.Element("testsuites", _counts(report.cases))
    for kind in sorted({case.kind for case in report.cases}):
        cases = [case for case in report.cases if case.kind == kind]
        suite = Xml.SubElement(root, "testsuite", {"name": f"lockedroom.{report.protocol}.{kind}", **_counts(cases)})
        for case in cases:
            _add(suite, report.protocol, case)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _add(suite: Xml.Element, protocol: str, case: Case) -> None:
    name = {"classname": f"lockedroom.{protocol}.{case.kind}", "name": case.id}
    found = Xml.SubElement(suite, "testcase", name)
    told = _lines(case.reason)
    if case.verdict in ("fail", "unexpected pass"):
        said = {"type": case.verdict, "message": told.partition("\n")[0]}
        where = f"breaks {', '.join(case.broken)}\n" if case.broken else ""
        Xml.SubElement(found, "failure", said).text = where + told
    elif case.verdict in _SKIPPED:
        Xml.SubElement(found, "skipped", {"message": f"{case.verdict}: {told}"})
    elif case.verdict == "expected fail":
        Xml.SubElement(found, "system-out").text = f"expected to fail ({_lines(case.known or '')}): {told}"


def _counts(cases: tuple[Case, ...] | list[Case]) -> dict[str, str]:
    failures = sum(case.verdict in ("fail", "unexpected pass") for case in cases)
    skipped = sum(case.verdict in _SKIPPED for case in cases)
    return {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}


def _lines(text: str) -> str:
    # XML has no way to write most control characters.
    return "\n".join(safe(line) for line in text.splitlines())
