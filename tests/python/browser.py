"""A real Chromium on the workbench, and the pictures that people look at.

As a script: `python tests/python/browser.py ADDRESS FOLDER` takes a picture of every page of a
workbench that runs there, on a laptop and a phone, light and dark.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Each page: its path, and its heading.
PAGES = {
    "": "Leads",
    "scorecard": "Scorecard",
    "performance": "Performance",
    "quality": "Data quality",
}
SCREENS = {"laptop": (1280, 800), "phone": (390, 844)}
_TALLEST = 8000
# Charts are drawn a moment after the page says that it is complete.
_MOMENT = 1.5
_TRIES = 5
_PATIENCE_MILLISECONDS = 10_000


def chromium() -> str | None:
    """Where the system's Chromium is; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Start Chromium for the length of a `with` block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # In a container Chromium's own sandbox has not the rights that it needs.
        started = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


def open_page(tab: Any, address: str, path: str) -> None:
    """Open a page and wait until it is complete."""
    tab.goto(f"{address}/{path}")
    tab.get_by_role("heading", name=PAGES[path], level=1).wait_for()
    settle(tab)


def settle(tab: Any) -> None:
    """Wait until the page has nothing more to do."""
    tab.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'",
        timeout=120_000,
    )


def picture(tab: Any, file: Path) -> None:
    """Take a picture of all of a page, also of what has to be scrolled to."""
    size = dict(tab.viewport_size)
    height = tab.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    tab.set_viewport_size({"width": size["width"], "height": min(height + 60, _TALLEST)})
    time.sleep(_MOMENT)
    tab.screenshot(path=str(file))
    tab.set_viewport_size(size)


def choose(tab: Any, label: str, words: str) -> None:
    """Choose the first entry of a list that has these words."""
    from playwright.sync_api import Error

    option = tab.get_by_role("option").filter(has_text=words).first
    # A page that is still being drawn closes the list again.
    for _ in range(_TRIES):
        box = tab.get_by_role("combobox", name=label)
        box.click()
        if words:
            box.fill(words)
        with contextlib.suppress(Error):
            option.click(timeout=_PATIENCE_MILLISECONDS)
            break
        tab.keyboard.press("Escape")
    else:
        raise AssertionError(f"the list {label!r} offers no {words!r} that stays to be clicked")
    time.sleep(_MOMENT)
    settle(tab)


def main(address: str, folder: Path) -> None:
    """Take a picture of every page, with a lead opened and a weight changed."""
    folder.mkdir(parents=True, exist_ok=True)
    with browser() as started:
        for theme in ("light", "dark"):
            for screen, (width, height) in SCREENS.items():
                context = started.new_context(
                    viewport={"width": width, "height": height}, color_scheme=theme
                )
                tab = context.new_page()
                for path, heading in PAGES.items():
                    open_page(tab, address, path)
                    if path == "":
                        choose(tab, "Explain a lead of this page", "")
                    if path == "scorecard":
                        choose(tab, "Change the weight of", "Started free")
                        points = tab.get_by_role("spinbutton", name="Points")
                        points.fill("25")
                        points.press("Enter")
                        time.sleep(_MOMENT)
                        settle(tab)
                    name = heading.lower().replace(" ", "-")
                    picture(tab, folder / f"{name}-{screen}-{theme}.png")
                context.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
