"""The page of a report in a browser: what it shows, hides and links to, with and without its script."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.run import lockedroom
from tests.system.browser import Browser
from tests.tree import ROOT

TOY = ROOT / "tests" / "conformance" / "toy.py"
KNOWN = """
[[known]]
case = "trace/24-*"
reason = "<b>not</b> & yet"

[[known]]
case = "trace/1*"
reason = "slow"
exclude = true
"""
HIDDEN = "[...document.querySelectorAll('article')].filter(one => one.hidden).length"
SHOWN = "[...document.querySelectorAll('article')].filter(one => one.offsetHeight > 0).map(one => one.dataset.verdict)"
CLAUSES = "[...document.querySelectorAll('tbody tr')].filter(one => one.offsetHeight > 0).length"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run in which some cases fail, one as expected, and some are excluded."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "known.toml").write_text(KNOWN)
    file = folder / "report.html"
    impl = f"{sys.executable} {TOY} 'other clause'"
    chosen = [
        option for glob in ("trace/*", "vectors/*", "every/*/001", "hostile/[rs]*/*") for option in ("--case", glob)
    ]
    known = ("--known-failures", folder / "known.toml")
    ran = lockedroom("conform", "--impl", impl, "--html", file, *known, *chosen, cwd=ROOT)
    assert ran.code == 1, ran
    return file


def test_failures_come_first_and_filters_hide_the_rest(page: Path, browser: Browser) -> None:
    browser.shape(1440, dark=False)
    browser.open(page.as_uri())
    verdicts = browser.run(SHOWN)
    assert verdicts[0] == "fail"
    assert {"fail", "expected fail", "unsupported", "pass", "excluded"} == set(verdicts)
    everything = len(verdicts)
    browser.run("document.querySelector('input[value=pass]').click()")
    assert set(browser.run(SHOWN)) == {"fail", "expected fail", "unsupported", "excluded"}
    browser.run("(document.querySelector('#text').value = 'xyzzy', 0)")
    browser.run("document.querySelector('#text').dispatchEvent(new Event('input', {bubbles: true}))")
    assert (browser.run(SHOWN), browser.run(CLAUSES)) == ([], 0)
    assert browser.run("document.querySelector('#shown').textContent") == "0 cases and 0 clauses shown"
    browser.run("document.querySelector('#everything').click()")
    assert (len(browser.run(SHOWN)), browser.run("location.hash")) == (everything, "")
    # The number beside a clause leads to its cases.
    browser.run("document.querySelector('#clause-SEG-FULL-1 a[data-text]').click()")
    assert 0 < len(browser.run(SHOWN)) < everything
    assert browser.run("document.querySelector('#text').value") == "SEG-FULL-1"


def test_links_lead_back_to_what_was_seen(page: Path, browser: Browser) -> None:
    browser.shape(1440, dark=False)
    browser.open(f"{page.as_uri()}#verdict=fail&text=SEG-FULL-1")
    assert set(browser.run(SHOWN)) == {"fail"}
    hidden = browser.run(HIDDEN)
    assert hidden > 0
    # A link to a case that the filter hides shows it again.
    case = browser.run("document.querySelector('article[data-verdict=pass]').id")
    browser.run(f"(location.hash = '#{case}', 0)")
    browser.run("new Promise(resolve => setTimeout(resolve, 100))")
    assert browser.run(HIDDEN) == 0
    top = browser.run(f"document.getElementById('{case}').getBoundingClientRect().top")
    assert 0 <= top < 1400
    ids = browser.run("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))
    targets = browser.run("[...document.querySelectorAll('a[href^=\"#\"]')].map(one => one.hash.slice(1))")
    assert len(targets) > 300
    assert set(targets) <= set(ids)


def test_charts_are_drawn_side_by_side(page: Path, browser: Browser) -> None:
    browser.shape(1440, dark=False)
    browser.open(page.as_uri())
    browser.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    browser.run("Promise.all([...document.images].map(one => one.decode()))")
    boxes = browser.run(
        "[...document.querySelector('article .sides img').closest('.sides').querySelectorAll('img')]"
        ".map(one => [one.naturalWidth, one.getBoundingClientRect().left, one.getBoundingClientRect().top])"
    )
    assert len(boxes) == 2
    assert all(width > 500 for width, _, _ in boxes)
    assert boxes[0][1] < boxes[1][1] and boxes[0][2] == boxes[1][2]
    assert "<b>not</b> & yet" in browser.run("document.body.innerText"), "a reason is text, whatever stands in it"


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_reader_can_read_it(page: Path, browser: Browser, width: int, dark: bool) -> None:
    browser.shape(width, dark=dark)
    browser.open(page.as_uri())
    assert browser.run("document.documentElement.scrollWidth") <= width
    paper = browser.run("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")


def test_it_can_be_read_without_its_script(page: Path, browser: Browser, tmp_path: Path) -> None:
    browser.shape(1440, dark=False)
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page.as_uri())
    assert browser.run("document.querySelector('#filters').hidden") is True
    assert len(browser.run(SHOWN)) > 20
    printed = browser.ask("Page.printToPDF", printBackground=True)["data"]
    assert len(printed) > 10_000
