"""Pages of the workbench on a warehouse that is a server."""

from __future__ import annotations

from pathlib import Path

import pytest


def see_every_page(root: Path, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open each page, a lead and another weight; fail where one does not show what it should.

    Args:
        root: of a project whose demo is scored on the target.
        target: of its profiles.yml.
        monkeypatch: of the test.
    """
    streamlit = pytest.importorskip("streamlit")
    from leadscore.workbench.settings import Settings
    from streamlit.testing.v1 import AppTest

    settings = Settings(root=str(root), target=target, salt=str(root))
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)

    def opened(page: str) -> AppTest:
        script = f"from leadscore.workbench import {page}\n{page}.show()\n"
        shown = AppTest.from_string(script, default_timeout=300).run()
        assert not shown.exception, (page, shown.exception)
        assert not shown.error, (page, [error.value for error in shown.error])
        assert not shown.warning, (page, [warning.value for warning in shown.warning])
        return shown

    try:
        page = opened("leads")
        assert "of 593 leads" in page.text[0].value
        page.text_input(key="leads_search").input("AMPLE-b2b-53").run()
        page.selectbox(key="leads_choice").select("example-b2b-53").run()
        assert not page.exception
        assert page.metric[0].value == "53"
        assert not page.error

        page = opened("scorecard")
        page.selectbox(key="weight_of_b2b").select("b2b_free_trial").run()
        page.number_input[0].set_value(25).run()
        assert not page.exception
        figures = {figure.label: figure.value for figure in page.metric}
        assert (figures["Other score"], figures["Other band"]) == ("73", "11")

        for name in ("performance", "quality"):
            assert opened(name).dataframe
    finally:
        streamlit.cache_data.clear()
        streamlit.cache_resource.clear()
