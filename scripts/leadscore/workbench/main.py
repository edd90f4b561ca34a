"""The script that Streamlit runs: the pages, and how one goes from one to another."""

from __future__ import annotations

import streamlit as st

from leadscore.workbench import leads, performance, quality, scorecard


def main() -> None:
    """Shows the page that is asked for."""
    # An icon, also one of a page, would be fetched from the network for the browser's tab.
    st.set_page_config(page_title="Lead scores", layout="wide")
    st.navigation(
        [
            st.Page(leads.show, title="Leads", default=True),
            st.Page(
                scorecard.show,
                title="Scorecard",
                url_path="scorecard",
            ),
            st.Page(
                performance.show,
                title="Performance",
                url_path="performance",
            ),
            st.Page(
                quality.show,
                title="Data quality",
                url_path="quality",
            ),
        ],
        position="top",
    ).run()


main()
