"""The workbench in a real Chromium: from the first page to an edited weight and a saved CSV."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command import Copy

pytest.importorskip("streamlit", reason="the workbench is not installed: make app")
pytest.importorskip("playwright", reason="what drives a browser is not installed: make test")
import browser
from playwright.sync_api import expect

pytestmark = pytest.mark.skipif(
    browser.chromium() is None, reason="there is no Chromium: .ci/servers chromium"
)
_START_SECONDS = 60
# Of a machine that does other things too.
_PATIENCE_MILLISECONDS = 120_000
_SAVE_MILLISECONDS = 300_000
_KEY_MILLISECONDS = 100


def listening(port: int) -> set[str]:
    """Return the addresses that something listens on at a port, as Linux has them."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text("ascii").splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, number = local.split(":")
            if state == "0A" and int(number, 16) == port:
                found.add(address)
    return found


def test_from_the_first_page_to_a_saved_weight(scored: Copy, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    server = subprocess.Popen(
        [sys.executable, "-m", "leadscore", "app"],
        cwd=scored.root,
        env={**os.environ, "HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        began = time.monotonic()
        said = server.stdout.readline()
        assert time.monotonic() - began < _START_SECONDS
        address = re.search(r"http://127\.0\.0\.1:(\d+)", said)
        assert address, said
        if Path("/proc/net/tcp").exists():
            assert listening(int(address[1])) == {"0100007F"}, "on loopback only"
        edit_and_save(address[0], scored)
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    assert not list(home.iterdir()), "nothing is left in the home folder"


def edit_first_points_by_keyboard(tab: Any, points: str) -> None:
    """Type other points into the first row of the grid of criteria; the grid is a picture."""
    tab.get_by_test_id("data-grid-canvas").locator("visible=true").first.wait_for()
    canvas = "document.activeElement.tagName === 'CANVAS'"
    # What is drawn anew while the page is still busy loses the focus.
    for number in range(60):
        if number % 20 == 0:
            tab.get_by_role("switch", name="All columns of criteria").focus()
        tab.keyboard.press("Tab")
        if tab.evaluate(canvas):
            break
    assert tab.evaluate(canvas), "the tab key reaches the grid"
    for key in ("ArrowDown", "Control+Home", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        tab.keyboard.press(key)
    # The field over the cell is fetched when it is first asked for; till then the grid has keys.
    tab.wait_for_function("document.activeElement.matches('#portal input, #portal textarea')")
    tab.keyboard.press("Control+a")
    # As fast as hands are: a key in the moment of the one before finds the grid not yet told of it.
    tab.keyboard.type(points, delay=_KEY_MILLISECONDS)
    expect(tab.locator("#portal input, #portal textarea")).to_have_value(points)
    tab.wait_for_timeout(_KEY_MILLISECONDS)
    tab.keyboard.press("Enter")


def edit_and_save(address: str, project: Copy) -> None:
    criteria = project.policy / "criteria.csv"
    before = criteria.read_text("utf-8").splitlines()
    warehouse = project.root / "published.duckdb"
    published = warehouse.read_bytes()
    with browser.browser() as started:
        tab = started.new_page(viewport={"width": 1280, "height": 1000})
        tab.set_default_timeout(_PATIENCE_MILLISECONDS)
        foreign: list[str] = []
        tab.on(
            "request",
            lambda request: (
                request.url.startswith((address, "data:", "blob:")) or foreign.append(request.url)
            ),
        )
        broken: list[str] = []
        tab.on("pageerror", lambda error: broken.append(str(error)))
        for path in browser.PAGES:
            browser.open_page(tab, address, path)
            assert tab.get_by_test_id("stException").count() == 0, path
            assert tab.get_by_test_id("stAlertContentError").count() == 0, path

        browser.open_page(tab, address, "")
        browser.choose(tab, "Explain a lead of this page", "")
        tab.get_by_role("heading", name="How the points add up").wait_for()
        assert tab.get_by_test_id("stVegaLiteChart").count() >= 1

        browser.open_page(tab, address, "scorecard")
        tab.get_by_role("combobox", name="Change the weight of").wait_for()
        points = tab.get_by_role("spinbutton", name="Points")
        edit_first_points_by_keyboard(tab, "12")
        expect(points).to_have_value("12", timeout=_PATIENCE_MILLISECONDS)
        # What was typed into a grid outlives another page.
        for name in ("Performance", "Scorecard"):
            tab.get_by_role("link", name=name).click()
            tab.get_by_role("heading", name=name, level=1).wait_for()
            browser.settle(tab)
        expect(points).to_have_value("12", timeout=_PATIENCE_MILLISECONDS)
        points.fill("14")
        points.press("Enter")
        tab.get_by_role("heading", name="What it does to b2b").wait_for()
        browser.settle(tab)
        tab.get_by_text("Other band", exact=True).first.wait_for()

        tab.get_by_role("button", name="Check and save").click()
        tab.get_by_text("It counts from the next run on").wait_for(timeout=_SAVE_MILLISECONDS)
        assert not foreign, "the page asks nobody but this machine"
        assert not broken
    after = criteria.read_text("utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [(before[1], before[1].replace(",,,,,,10,", ",,,,,,14,"))]
    assert warehouse.read_bytes() == published, "nothing goes live from the page"
