"""What the pages share: the marts, answers that are kept, texts of data, and states without data.

Streamlit reads most texts as Markdown. What comes from data or from policy files goes through
`escaped`, or into a table or `st.text`, which show texts as they are.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import altair as alt
import streamlit as st

from leadscore.errors import LeadscoreError
from leadscore.project import Project
from leadscore.workbench.marts import Marts, MissingMartError, NothingPublishedError, open_marts
from leadscore.workbench.settings import Settings

ROWS_PER_PAGE = 50
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>$:&@^=\"'/])")
_BREAKS = re.compile(r"\s+")
# Answers that are kept; of an earlier publication none is asked for again.
_ANSWERS = 500
# Two fit beside each other on a phone.
_FIGURE_WIDTH = 168
_DIGIT_WIDTH = 21
_AXES_HEIGHT = 100


@dataclass(frozen=True)
class Place:
    """What a page shows.

    Args:
        settings: the choices of the command line.
        project: the project.
        marts: its marts.
        identity: of the publication that all answers of this page are of.
    """

    settings: Settings
    project: Project
    marts: Marts
    identity: str

    @property
    def hides(self) -> bool:
        """Whether personal data are hidden."""
        return self.settings.hide_personal_data

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query; the same query of the same publication is asked once."""
        return _answer(self.marts, self.identity, sql)

    def text(self, value: str) -> str:
        """A text as a SQL constant."""
        return self.marts.text(value)

    def shown_id(self, column: str, kind: str) -> str:
        """The SQL of an id as it is shown: itself, or what stands for it.

        Args:
            column: the column, in SQL.
            kind: `lead` or `account`.
        """
        if not self.hides:
            return column
        salted = f"{self.text(self.settings.salt)} || {column}"
        return f"case when {column} is not null then '{kind}-' || substr(md5({salted}), 1, 12) end"


@st.cache_resource(show_spinner=False)
def _marts(settings: str) -> Marts:
    # One for all sessions; the text only says when it would be another one.
    return open_marts(Settings.read().project())


@st.cache_data(show_spinner=False, max_entries=_ANSWERS)
def _answer(_marts: Marts, identity: str, sql: str) -> list[dict[str, Any]]:
    return _marts.rows(sql)


def page(title: str) -> Callable[[Callable[[Place], None]], Callable[[], None]]:
    """Makes a page of a function: its heading, its marts, and what it says when there are none.

    Args:
        title: the heading.
    """

    def made(body: Callable[[Place], None]) -> Callable[[], None]:
        @functools.wraps(body)
        def shown() -> None:
            st.title(title)
            with told():
                with st.spinner("Opening the marts …", show_time=False):
                    settings = Settings.read()
                    marts = _marts(repr(settings))
                    place = Place(settings, settings.project(), marts, marts.identity())
                if settings.hide_personal_data:
                    st.caption("Personal data are hidden: ids are made up, values are left out.")
                body(place)

        return shown

    return made


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Shows an error of the block as a text with what to do, and goes on behind it."""
    try:
        yield
    except NothingPublishedError as error:
        st.info(
            f"**{escaped(error.what)}** {escaped(error.remedy or '')}  \n"
            f"This page follows by itself once there is something to show: {escaped(error.where)}",
            icon=":material/hourglass_empty:",
        )
        st.button("Look again", key=f"again-{error.what}")
    except MissingMartError as error:
        st.warning(
            f"**{escaped(error.what)}** {escaped(error.remedy or '')}",
            icon=":material/table_rows:",
        )
    except LeadscoreError as error:
        problem(error)


def problem(error: LeadscoreError) -> None:
    """An error: what, where, what to do."""
    lines = [f"**{escaped(error.what)}**"]
    if error.where:
        lines.append(f"Where: {escaped(error.where)}")
    if error.remedy:
        lines.append(f"What to do: {escaped(error.remedy)}")
    st.error("  \n".join(lines), icon=":material/error:")


def empty(text: str) -> None:
    """A place where there would be something, and why there is not."""
    st.info(text, icon=":material/inbox:")


def escaped(value: Any) -> str:
    """A value as text that Markdown leaves alone: no markup, no HTML, no colours, no formulas."""
    text = _BREAKS.sub(" ", str(value)).strip()
    return _MARKDOWN.sub(r"\\\1", text).replace("<", "&lt;")


def table(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    key: str | None = None,
    **options: Any,
) -> Any:
    """A table, whose cells are shown as they are.

    Args:
        rows: its rows.
        columns: the heading of each column that is shown.
        key: of the table in the state of the page.
        options: further ones of `st.dataframe`.
    """
    shown = [{columns[name]: _cell(row[name]) for name in columns} for row in rows]
    if not shown:
        shown = {heading: [] for heading in columns.values()}
    return st.dataframe(shown, hide_index=True, width="stretch", key=key, **options)


def _cell(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return value


def chart(
    drawn: alt.LayerChart,
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    title: str,
) -> None:
    """A chart, and below it the same as a table.

    Args:
        drawn: the chart.
        rows: what it shows.
        columns: the heading of each column of the table.
        title: what it is called.
    """
    st.subheader(title)
    if isinstance(drawn.height, int | float):
        # Here a height is that of all, with axes and legend.
        drawn = drawn.properties(height=drawn.height + _AXES_HEIGHT)
    st.altair_chart(drawn, width="stretch")
    with st.expander("As a table"):
        table(rows, columns)


def figures(*shown: tuple) -> None:
    """Figures beside each other, as many as a line holds.

    Args:
        shown: of each its name, its text, and maybe its change.
    """
    with st.container(horizontal=True):
        for name, text, *change in shown:
            width = max(_FIGURE_WIDTH, _DIGIT_WIDTH * (len(text) + 2))
            st.metric(name, escaped(text), *change, border=True, width=width)


def percent(value: Decimal | float | None, places: int = 1) -> str:
    """A share as per cent."""
    return "-" if value is None else f"{float(value):.{places}%}"


def number(value: Decimal | float | int | None, places: int = 2) -> str:
    """A number with so many decimals at most."""
    if value is None:
        return "-"
    text = f"{float(value):,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def scorecards(place: Place) -> list[tuple[str, str]]:
    """The scorecards with their status, live ones first."""
    found = []
    for mart, status in (("scored_leads", "live"), ("scored_leads_draft", "draft")):
        if status == "draft" and not place.marts.has(mart):
            continue
        found += [
            (row["scorecard_id"], status)
            for row in place.rows(
                f"select distinct scorecard_id from {place.marts.relation(mart)} order by 1"
            )
        ]
    return found


def choose_scorecard(place: Place, key: str) -> tuple[str, str] | None:
    """Lets one scorecard be chosen; None where there is none, which is said.

    Args:
        place: what is shown.
        key: of the choice in the state of the page.
    """
    known = scorecards(place)
    if not known:
        empty(
            "No lead is scored yet: no scorecard is live or a draft, or no lead belongs to its "
            "audience."
        )
        return None
    return st.selectbox(
        "Scorecard",
        known,
        key=key,
        format_func=lambda each: each[0] if each[1] == "live" else f"{each[0]} (draft)",
    )
