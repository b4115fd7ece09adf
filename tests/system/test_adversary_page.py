"""The page of the evidence on the adversary in a browser: on a wide screen, on a phone, in the dark, on paper."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from tests.cli.test_page import page as text_of_page
from tests.system.browser import Browser

SEEN = "[...document.querySelectorAll('{}')].filter(one => one.offsetHeight > 0 || one.clientHeight > 0).length"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page in a file."""
    file = tmp_path_factory.mktemp("page") / "adversary.html"
    file.write_text(text_of_page(), encoding="utf-8")
    return file


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_reader_can_read_it(page: Path, browser: Browser, width: int, dark: bool) -> None:
    browser.shape(width, dark=dark)
    browser.open(page.as_uri())
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run("getComputedStyle(document.body).backgroundColor") == (
        "rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)"
    )
    ink = browser.run("getComputedStyle(document.querySelector('svg text')).fill")
    assert ink == ("rgb(230, 237, 243)" if dark else "rgb(31, 35, 40)")
    browser.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert browser.run("document.documentElement.scrollWidth") <= width
    charts, lists = browser.run(SEEN.format(".brief svg")), browser.run(SEEN.format("ol.steps"))
    assert (charts, lists) == ((0, 2) if width < 600 else (2, 0)), "a list of steps where a chart does not fit"


def test_on_paper_the_attacks_are_drawn_and_mutants_are_a_table(page: Path, browser: Browser) -> None:
    browser.shape(1280, dark=True)
    browser.open(page.as_uri())
    browser.ask("Emulation.setEmulatedMedia", media="print")
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.run(SEEN.format("article svg")) == 1
    assert browser.run("document.querySelector('.inked svg').checkVisibility({contentVisibilityAuto: true})")
    assert browser.run(SEEN.format(".onscreen")) == 0
    paper = base64.b64decode(browser.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])
    assert 3 <= len(re.findall(rb"/Type */Page\b", paper)) <= 12
