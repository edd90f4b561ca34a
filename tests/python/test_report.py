"""The report: the numbers of the marts, in one file that asks for nothing and runs nothing."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from command import Copy

pytest.importorskip("altair", reason="make .venv/.app installs what draws charts")
pytest.importorskip("vl_convert", reason="make .venv/.app installs what draws charts")

# What a page of texts, tables and drawings needs, and nothing that loads or runs anything.
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "nav", "a"),
    *("main", "section", "p", "dl", "div", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td"),
    *("figure", "figcaption", "svg", "g", "path", "line", "text", "rect", "defs", "clippath"),
}
EVIL = "<script>alert('x')</script>"
IMAGE = '"><img src="//evil.example/x" onerror=alert(1)>'


class Page(HTMLParser):
    """A report as a reader's program sees it.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: Counter[str] = Counter()
        self.tables: dict[str, list[list[str]]] = {}
        self.tiles: list[str] = []
        self._rows: list[list[str]] | None = None
        self._into: list[str] | None = None
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        given = dict(attrs)
        if "id" in given:
            self.ids[str(given["id"])] += 1
        if tag == "table":
            self._rows = self.tables[str(given["id"]).removeprefix("table-")] = []
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("td", "th") and self._rows is not None:
            self._rows[-1].append("")
            self._into = self._rows[-1]
        elif tag in ("dt", "dd"):
            self.tiles.append("")
            self._into = self.tiles

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "dt", "dd"):
            self._into = None
        if tag == "table":
            self._rows = None

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into[-1] += data

    def rows(self, table: str) -> list[list[str]]:
        """The cells of a table below its headings."""
        return self.tables[table][1:]


def asks_for_nothing(page: Page) -> None:
    """Check that a page loads nothing, runs nothing and leads nowhere else."""
    assert set(page.tags) <= TAGS, set(page.tags) - TAGS
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in ("src", "srcset", "action", "data", "poster", "background", "xlink:href")
        if name == "href":
            assert value.startswith("#"), value
        assert "://" not in value or (tag, name) == ("svg", "aria-label"), (tag, name, value)
    assert not re.search(r"https?:", page.source)
    assert "@import" not in page.source
    assert not re.findall(r"url\((?!#)", page.source)
    assert {identity: n for identity, n in page.ids.items() if n > 1} == {}


@pytest.fixture(scope="module")
def made(demo: tuple) -> tuple[Copy, Page, dict]:
    """The report of the demo with its pictures; the copy, and what the command said."""
    copy = demo[0]
    copy.restore()
    said = copy.leadscore("report", "--png", "charts", "--json")
    assert said.code == 0, said.err
    return copy, Page(Path(said.json["file"])), said.json


def test_it_needs_no_network_and_runs_no_script(made: tuple[Copy, Page, dict]) -> None:
    _, page, said = made
    asks_for_nothing(page)
    assert "default-src 'none'" in page.source
    assert page.tags["svg"] == len(said["charts"]) >= 10
    # Both themes, and paper.
    assert "prefers-color-scheme: dark" in page.source
    assert "@media print" in page.source
    assert 'fill="var(--ink)"' in page.source


def test_its_numbers_are_those_of_the_marts(made: tuple[Copy, Page, dict]) -> None:
    copy, page, _ = made
    bands = copy.query(
        "select band, format('{:,}', count(*)) from leadscore.scored_leads"
        " where scorecard_id = 'b2b' group by band"
    )
    assert {(row[0], row[1]) for row in page.rows("bands-b2b")} == set(bands)
    best = copy.query(
        "select cast(score_rank as varchar), lead_id, account_id,"
        " rtrim(rtrim(cast(score as varchar), '0'), '.'), band, coalesce(top_reasons, '')"
        " from leadscore.scored_leads where scorecard_id = 'techplus' and score_rank <= 15"
        " order by score_rank"
    )
    assert [(*row[:5], row[7]) for row in page.rows("best-techplus")] == best
    scored, average, actions = copy.query(
        "select count(*), round(avg(score), 1), count(recommended_action)"
        " from leadscore.scored_leads where scorecard_id = 'b2b' and score_status = 'scored'"
    )[0]
    assert page.tiles[:6] == [
        *("scored", str(scored), "average score", str(average), "with an action", str(actions))
    ]
    rejected = copy.query(
        "select source_name, replace(reason, '_', ' '), cast(count(*) as varchar)"
        " from leadscore.rejected_rows group by all"
    )
    assert sorted(map(tuple, page.rows("rejected"))) == sorted(rejected)
    headings = page.tables["performance"][0]
    cells = {row[0]: row[1:] for row in page.rows("performance")}
    for label, auc, low, high in copy.query(
        "select scorecard_id || ' (' || scorecard_status || ')', auc, auc_low, auc_high"
        " from leadscore.score_performance"
    ):
        shown = cells["AUC"][headings.index(label) - 1]
        assert shown == f"{auc:.3f} ({low:.3f} to {high:.3f})"
    conversions = copy.query(
        "select band, cast(leads as varchar), cast(conversions as varchar)"
        " from leadscore.band_performance where scorecard_id = 'b2b' and scope = 'total'"
        " and leads > 0 order by band_order"
    )
    assert [tuple(row[:3]) for row in page.rows("conversion-b2b-live")] == conversions
    # The chart says in words what it shows.
    for band, leads, count in conversions:
        assert re.search(rf"{band} [0-9.]+%, [0-9.]+% to [0-9.]+%, {count} of {leads}", page.source)
    moved = copy.query(
        "select lead_id from leadscore.scored_leads where scorecard_id = 'b2b'"
        " and score_change <> 0 order by abs(score_change) desc, lead_id limit 15"
    )
    assert [(row[0],) for row in page.rows("movers-b2b")] == moved


def test_each_chart_is_a_picture(made: tuple[Copy, Page, dict]) -> None:
    copy, _, said = made
    files = sorted((copy.root / "charts").iterdir())
    assert [file.stem for file in files] == sorted(said["charts"])
    assert {file.read_bytes()[:8] for file in files} == {b"\x89PNG\r\n\x1a\n"}
    assert all(file.stat().st_size > 5000 for file in files)


def test_hostile_names_stay_text_and_movers_are_against_the_history(scored: Copy) -> None:
    scored.query(
        f"update leadscore.scored_leads set lead_id = '{EVIL.replace(chr(39), chr(39) * 2)}',"
        f" account_id = '{IMAGE}', top_reasons = '{IMAGE}', band = '{IMAGE}'"
        " where lead_id = 'L-0259' returning 1"
    )
    scored.query(f"update leadscore.criterion_performance set name = '{IMAGE}' returning 1")
    scored.query(f"update leadscore.band_performance set band = '{IMAGE}' returning 1")
    spans = "leadscore_history.int_history__score_spans"
    # A week ago one lead of b2b had another score and band; of the others nothing is known.
    scored.query(
        f"insert into {spans} select * replace (5 as score, 'cold' as band,"
        " timestamp '2026-02-22' as valid_from, timestamp '2026-03-01' as valid_to)"
        f" from {spans} where scorecard_id = 'b2b' and lead_id = 'L-0255' returning 1"
    )
    said = scored.leadscore("report", "--out", "here/it.html", "--json")
    assert said.code == 0, said.err
    page = Page(scored.root / "here" / "it.html")
    asks_for_nothing(page)
    lead = next(row for row in page.rows("best-b2b") if row[0] == "1")
    assert (lead[1], lead[2], lead[4]) == (EVIL, IMAGE, IMAGE)
    assert page.rows("moves-b2b") == [["cold", "hot", "1"]]
    assert [row[:6] for row in page.rows("movers-b2b")] == [
        ["L-0255", "+88", "5", "93", "cold", "hot"]
    ]


def test_personal_data_can_be_hidden(scored: Copy) -> None:
    said = scored.leadscore("report", "--hide-personal-data", "--json")
    assert said.code == 0, said.err
    page = Page(Path(said.json["file"]))
    for column in ("lead_id", "account_id"):
        for (name,) in scored.query(f"select distinct {column} from leadscore.scored_leads"):
            assert name is None or name not in page.source
    assert all(re.fullmatch("lead-[0-9a-f]{12}", row[1]) for row in page.rows("best-b2b"))


def test_what_it_lacks_is_said(scored: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    said = scored.leadscore("report", "--out", "README.md/report.html")
    assert said.code == 1
    assert "cannot be written" in said.err
    scored.query("delete from leadscore.score_performance returning 1")
    said = scored.leadscore("report", "--json")
    assert said.code == 0, said.err
    assert "There is no back-test" in Path(said.json["file"]).read_text(encoding="utf-8")
    scored.query("drop table leadscore.scored_leads cascade")
    said = scored.leadscore("report")
    assert said.code == 4
    assert "leadscore run" in said.err
    monkeypatch.setattr("leadscore.report._NEEDED", ("altair", "no_such_package"))
    said = scored.leadscore("report")
    assert said.code == 1
    assert "make report" in said.err
