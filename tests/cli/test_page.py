"""The page of the evidence on the adversary: what is on it, that it is whole, and that it loads and runs nothing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lockedroom.cli import report as command
from lockedroom.cli.exits import Exit
from lockedroom.cli.hunters import Controlled, Hunted, hunt
from lockedroom.cli.mutants import Hunts
from lockedroom.cli.page import html
from lockedroom.model import verdict
from lockedroom.model.segment import mutants as library
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.defences import Row, judge
from lockedroom.model.segment.findings import Finding, FindingsReport, committed_findings
from lockedroom.model.segment.mutants import BY_NAME, MUTANTS
from lockedroom.model.segment.mutants.unseen import UNSEEN
from lockedroom.model.verdict import CheckReport, check
from lockedroom.reference.segment.profile import DIRECTIONS, LIFE_LOCKS, NO_ROLLBACK, SEQUENCE
from tests.cli.run import inside

LADDER = (Bounds(2, 0, 1, intruder=1),)
VOID = {"meta", "link"}


@cache
def explored() -> CheckReport:
    return check("segment", Bounds(2, 0, 1))


@cache
def rows() -> tuple[Row, ...]:
    """One defence with an attack, one without."""
    return judge((NO_ROLLBACK, LIFE_LOCKS), ladder=LADDER)


def findings() -> FindingsReport:
    (row, _) = rows()
    assert row.attack is not None
    return FindingsReport((Finding((NO_ROLLBACK,), row.attack),), (), LADDER, 0.0)


@cache
def hunts() -> Hunts:
    mutant = BY_NAME["leaving withdraws nothing"]
    found = Hunts(len(MUTANTS), [mutant, MUTANTS[0]], 1, controlled=1)
    found.add(hunt(mutant))
    found.add(Hunted(MUTANTS[0], "survives"))
    found.add(Controlled(mutant.bounds, "holds"))
    return found


@cache
def page() -> str:
    return html(explored(), rows(), findings(), hunts(), UNSEEN)


class Whole(HTMLParser):
    """Elements closed in the order in which they were opened; every id and every link to one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.links: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), "nothing runs"
            if name == "id":
                self.ids[value or ""] += 1
            elif name in ("href", "src"):
                (self.links if (value or "").startswith("#") else self.addresses).add((value or "").lstrip("#"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"


def read(text: str) -> Whole:
    parser = Whole()
    parser.feed(text)
    parser.close()
    return parser


def test_it_is_whole_and_every_link_leads_somewhere() -> None:
    found = read(page())
    assert found.open == []
    assert set(found.ids.values()) == {1}
    assert found.links and found.links <= set(found.ids)
    assert found.names["svg"] == 3, "a finding, a defence and a mutant have a chart each"


def test_it_loads_nothing_and_runs_nothing() -> None:
    found = read(page())
    assert found.names["script"] == found.names["img"] == found.names["iframe"] == 0
    assert found.addresses == {"data:,"}
    assert set(re.findall(r"https?://[^\"]*", page())) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(", page())


def test_everything_is_told() -> None:
    text = page()
    for section in ("Findings on the description", "Defences", "Mutants", "No mistakes", "The hardened protocol"):
        assert section in text
    assert "Removed by acl-rollback-refusal alone." in text
    assert "Who believes what, who knows what" in text
    assert "Nothing says why it is there." in text, "life-locks has neither attack nor reason within these bounds"
    assert "1 of 2 killed" in text and "a sample of the" in text
    assert "Nothing within its bounds violates a property." in text
    assert "<del>done = (effects.Withdraw(BOARD, name)" in text
    assert all(one.why in text for one in UNSEEN if "'" not in one.why)


def test_hunts_that_ended_early_are_said_at_the_top_to_be_not_complete() -> None:
    found = replace(hunts(), reason="interrupted")
    top, _, _ = html(explored(), rows(), findings(), found, UNSEEN).partition('<h2 id="findings">')
    assert "1 of 2 killed" in top and "not complete: interrupted" in top


def test_what_was_not_searched_is_said_to_be_so() -> None:
    text = html(explored(), None, None, hunts(), UNSEEN)
    assert text.count("Not searched: there are no committed results") == 2
    assert read(text).open == []


def test_what_a_finding_leads_to_stands_there_with_the_step_that_is_refused() -> None:
    both = (one for one in committed_findings().findings if one.cause in ((DIRECTIONS,), (SEQUENCE,)))
    text = html(explored(), None, FindingsReport(tuple(both), (), LADDER, 0.0), hunts(), UNSEEN)
    assert read(text).open == []
    assert text.count("<h4>What it leads to</h4>") == 1 and text.count('<ol start="9">') == 1
    assert "The hardened profile takes these steps, and the property holds: SEG-KEYS-2." in text
    assert text.count("The hardened profile refuses step 10, SEG-RECEIVE-5, by keys-by-direction.") == 2


def test_the_same_results_give_the_same_bytes() -> None:
    assert html(explored(), rows(), findings(), hunts(), UNSEEN) == page()


def test_it_says_whether_anything_was_searched_for_now() -> None:
    assert "nothing was searched for now" in page()
    assert "nothing was searched for now" not in html(explored(), rows(), findings(), hunts(), UNSEEN, fresh=True)


def test_texts_are_texts_whatever_stands_in_them() -> None:
    odd = replace(BY_NAME["leaving withdraws nothing"], name="<b>&\"'")
    found = Hunts(1, [odd], 1)
    found.add(Hunted(odd, "raises", message="<script>alert(1)</script>"))
    text = html(explored(), None, None, found, ())
    assert "<script>" not in text and '<b>&"' not in text
    assert "&lt;script&gt;" in text


def test_the_command_writes_it_and_ends_with_the_worst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "check", lambda *given, **named: explored())
    monkeypatch.setattr(command, "_committed", lambda: (rows(), findings()))
    file = tmp_path / "page.html"
    ran = inside("report", "segment", "--out", file, "--only", "leaving withdraws nothing", "--jobs", "1")
    assert ran.code == Exit.REFUSED, "one defence has neither attack nor reason"
    assert ran.out == f"{file}: 1 finding, 2 defences, 1 mutant\n"
    assert "1 of 1 killed" in file.read_text()
    ran = inside("report", "--out", file)
    assert ran.code == Exit.USAGE and "exists already" in ran.err
    monkeypatch.setattr(command, "_committed", lambda: (None, None))
    monkeypatch.setattr(library, "MUTANTS", (BY_NAME["leaving withdraws nothing"],))
    ran = inside("report", "--out", tmp_path / "other.html")
    assert ran.code == Exit.INCOMPLETE
    assert ran.out.endswith("findings not searched, defences not searched, 1 mutant\n")


def test_the_command_interrupted_says_that_it_still_writes_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict, "check", lambda *given, **named: explored())
    monkeypatch.setattr(command, "_committed", lambda: (rows(), findings()))
    monkeypatch.setattr("lockedroom.cli.mutants.run", lambda *given, **named: replace(hunts(), reason="interrupted"))
    file = tmp_path / "page.html"
    ran = inside("report", "--out", file)
    assert ran.code == Exit.INTERRUPTED and "not complete: interrupted" in file.read_text()
    assert f"interrupted: what there is by now is written to {file}" in ran.err
