"""How a report looks: one HTML file without scripts, with its charts drawn into it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import vl_convert

from leadscore.charts import themed
from leadscore.output import plain
from leadscore.report import Figure, Heading, Section, Table, Tiles

_PLOT_WIDTH = 480
# The colours that charts have for a light page, and what the page calls them in either theme.
_INK, _LINES = "#252b37", "#d5d9e0"
_STYLE = """
:root { color-scheme: light dark; --page: #ffffff; --card: #f6f7f9; --ink: #252b37;
  --soft: #5b6472; --line: #d5d9e0; --accent: #1f6f7c; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171d; --card: #1d2129; --ink: #e4e7ec; --soft: #a3abb8; --line: #4a5060;
    --accent: #6cc5d2; } }
@media print {
  :root { color-scheme: light; --page: #ffffff; --card: #ffffff; --ink: #252b37; --soft: #5b6472;
    --line: #d5d9e0; --accent: #1f6f7c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 76rem; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; padding-top: .75rem;
  border-top: 2px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p { max-width: 60rem; } nav { margin: 0 0 1rem; } nav a { margin-right: 1rem; }
a { color: var(--accent); } .soft { color: var(--soft); }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: .5rem 0 1rem; padding: 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .5rem .9rem; min-width: 7.5rem; }
.tiles dt { color: var(--soft); font-size: .8rem; } .tiles dd { margin: 0; font-size: 1.35rem;
  font-weight: 600; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; }
table { border-collapse: collapse; font-size: .87rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: break-word; max-width: 26rem; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
td.long { min-width: 15rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr));
  gap: 1rem 2rem; align-items: start; }
figure { margin: .5rem 0; break-inside: avoid; } figcaption { font-weight: 600; margin: 0 0 .4rem; }
figure svg { width: 100%; height: auto; max-width: 44rem; overflow: visible; }
/* Letters may be wider here than where the chart was drawn. */
figure { padding-left: 1.5rem; } figcaption { margin-left: -1.5rem; }
@media print {
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; } nav { display: none; }
  h2 { break-after: avoid; } h3 { break-after: avoid; } tr, .tiles div { break-inside: avoid; }
  thead { display: table-header-group; } .scroll { overflow: visible; }
  table { font-size: 8pt; } td.long { min-width: 0; } th { white-space: normal; }
  a { color: inherit; text-decoration: none; }
  .figures { grid-template-columns: 1fr 1fr; } }
"""
# A cell of so many characters is given room.
_LONG = 40


def page(title: str, sections: Sequence[Section]) -> str:
    """The report as HTML.

    Args:
        title: of the report.
        sections: what it tells.
    """
    links = " ".join(f'<a href="#{_e(part.id)}">{_e(part.title)}</a>' for part in sections)
    body = "\n".join(
        f'<section id="{_e(part.id)}">\n<h2>{_e(part.title)}</h2>\n'
        + "\n".join(_parts(part.parts))
        + "\n</section>"
        for part in sections
    )
    # The policy lets nothing load and nothing run, should a text ever get past the escapes.
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{_e(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>{_e(title)}</h1>
<nav>{links}</nav>
</header>
<main>
{body}
</main>
</body>
</html>
"""


def picture(figure: Figure, width: int, scale: float) -> bytes:
    """A chart as PNG, with its title, on white.

    Args:
        figure: the chart.
        width: of its plot.
        scale: how many pixels a point has.
    """
    chart = themed(figure.chart, width=width).properties(title=figure.title).to_dict()
    chart["config"]["background"] = "#ffffff"
    return vl_convert.vegalite_to_png(chart, scale=scale, allowed_base_urls=[])


def _parts(parts: Sequence[Any]) -> Iterator[str]:
    """The HTML of each part; figures that follow each other stand side by side."""
    figures: list[str] = []
    for part in [*parts, None]:
        if isinstance(part, Figure):
            figures.append(_figure(part))
            continue
        if figures:
            yield f'<div class="figures">\n{chr(10).join(figures)}\n</div>'
            figures = []
        if isinstance(part, Heading):
            yield f"<h3>{_e(part.text)}</h3>"
        elif isinstance(part, Tiles):
            tiles = "".join(
                f"<div><dt>{_e(what)}</dt><dd>{_e(value)}</dd></div>" for what, value in part.tiles
            )
            yield f'<dl class="tiles">{tiles}</dl>'
        elif isinstance(part, Table):
            if part.rows:
                yield _table(part)
        elif part is not None:
            yield f'<p class="soft">{_e(part)}</p>'


def _table(table: Table) -> str:
    columns = list(zip(*table.rows, strict=True))
    classes = []
    for name, cells in zip(table.columns, columns, strict=True):
        known = [cell for cell in cells if cell is not None]
        is_number = all(
            isinstance(cell, int | Decimal) and not isinstance(cell, bool) for cell in known
        )
        if (known and is_number) or name in table.right:
            classes.append(' class="number"')
        elif any(len(str(cell)) > _LONG for cell in known):
            classes.append(' class="long"')
        else:
            classes.append("")
    heads = "".join(
        f'<th scope="col"{kind}>{_e(name)}</th>'
        for name, kind in zip(table.columns, classes, strict=True)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{_e(_cell(cell))}</td>" for cell, kind in zip(row, classes, strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="scroll"><table id="table-{_e(table.id)}">\n<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _cell(cell: Any) -> str:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return f"{cell:,}"
    return plain(cell)


def _figure(figure: Figure) -> str:
    """A chart as SVG within the page, whose colours follow the page."""
    chart = themed(figure.chart, width=_PLOT_WIDTH).to_dict()
    drawn = vl_convert.vegalite_to_svg(chart, allowed_base_urls=[])
    size = re.match(r"<svg[^>]*?viewBox=\"([0-9. ]+)\"[^>]*>", drawn)
    if size is None:
        raise ValueError("a chart is no SVG with a view box")
    label = _e(str(chart.get("description", figure.title)))
    drawn = f'<svg role="img" aria-label="{label}" viewBox="{size[1]}">' + drawn[size.end() :]
    # Ids are those of the page, and each chart has its own.
    prefix = f"{figure.name}-"
    drawn = re.sub(r'\bid="', f'id="{prefix}', drawn)
    drawn = drawn.replace("url(#", f"url(#{prefix}")
    drawn = re.sub(rf'="{_INK}"', '="var(--ink)"', drawn, flags=re.IGNORECASE)
    drawn = re.sub(rf'="{_LINES}"', '="var(--line)"', drawn, flags=re.IGNORECASE)
    return f"<figure><figcaption>{_e(figure.title)}</figcaption>{drawn}</figure>"


def _e(text: str) -> str:
    return html.escape(text, quote=True)
