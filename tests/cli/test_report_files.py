"""The report as a page and as JUnit XML: what stands in them, and that nothing in a case can break them."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from lockedroom.cli.report_html import html
from lockedroom.cli.report_junit import junit
from lockedroom.conformance.report import Case, Difference, Report, Verdict, canonical
from tests.conformance import scripts

NASTY = "<script>alert('x')</script> & \"]]>\x00\x1b[31m ü"


def case(number: int, verdict: Verdict, **more: object) -> Case:
    found = Case(f"trace/{number}", "trace", NASTY, "LR0", ("crash",), ("SEG-JOIN-1",), verdict, 23, 3, (), NASTY)
    return replace(found, **more)


def report(*cases: Case) -> Report:
    counts: dict[Verdict, int] = {}
    for one in cases:
        counts[one.verdict] = counts.get(one.verdict, 0) + 1
    return Report("lockedroom-report-1", "0", "segment", "failed", counts, 3, {}, (), cases)


ALL = (
    case(
        1, "fail", broken=("SEG-JOIN-1",), difference=Difference(4, "bob", "join", "clause", "SEG-JOIN-1", NASTY, NASTY)
    ),
    case(2, "fail", broken=("ADAPTER-LINE-1",)),
    case(3, "unexpected pass", known=NASTY),
    case(4, "expected fail", known=NASTY, difference=Difference(0, "", "", "what is visible", {"a": 1}, {}, "")),
    case(5, "unsupported"),
    case(6, "pass", reason=""),
    case(7, "excluded"),
)


def test_junit() -> None:
    root = Xml.fromstring(junit(report(*ALL)))
    counts = {"tests": "7", "failures": "3", "errors": "0", "skipped": "2"}
    assert root.attrib == counts
    (suite,) = root
    assert suite.attrib == {"name": "lockedroom.segment.trace", **counts}
    by_name = {one.attrib["name"]: [child.tag for child in one] for one in suite}
    assert by_name == {
        "trace/1": ["failure"],
        "trace/2": ["failure"],
        "trace/3": ["failure"],
        "trace/4": ["system-out"],
        "trace/5": ["skipped"],
        "trace/6": [],
        "trace/7": ["skipped"],
    }
    failure = suite[0][0]
    assert failure.text is not None
    assert failure.text.startswith("breaks SEG-JOIN-1\n<script>alert")
    assert "\\x00\\x1b[31m ü" in failure.text


def test_the_page_holds_text_as_text() -> None:
    page = html(report(*ALL), {})
    assert page.count("<script>") == 1, "its own"
    assert "&lt;script&gt;alert" in page
    assert "\x00" not in page and "\x1b" not in page
    assert page == html(report(*ALL), {})
    assert "http://" not in page and "https://" not in page


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (
            Difference(5, "alice", "accept", "events", [], [{"event": "Joined", "by": "alice"}], ""),
            "&#34;event&#34;: &#34;Joined&#34;",
        ),
        (Difference(5, "alice", "accept", "outcome", "ok", "rejected SEG-WHO-3", "no"), "refused, SEG-WHO-3"),
        (Difference(5, "alice", "accept", "what is visible by bob", {"acl": 2}, {"acl": 3}, ""), "&#34;acl&#34;: 3"),
        (None, "no proper answer: hang: no reply"),
    ],
)
def test_what_was_seen_stands_beside_what_was_expected(difference: Difference | None, said: str) -> None:
    trace = scripts.trace(scripts.conversation())
    one = case(1, "fail", reason=f"step 4, {trace.steps[3]}: hang: no reply", difference=difference)
    page = html(report(one), {one.id: trace})
    assert said in page
    assert page.count("data:image/svg+xml;base64,") == 2
    assert page.count("<h4>expected") == page.count("<h4>seen") == 1
    assert canonical(report(one)) == canonical(report(one))
