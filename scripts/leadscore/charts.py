"""The charts of the workbench and of reports: plain rows in, an Altair chart out.

A chart holds its data, loads nothing from the network, says in words what it shows (for screen
readers), and has no background, in colours that can be told from white and from black. Colour never
says anything alone. Texts of rows are data: none is read as a template, an expression or HTML.
`themed` sets the colours of axes and texts where the page around it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import altair as alt

from leadscore.explain import signed
from leadscore.output import plain

Row = Mapping[str, Any]

# Between white and black, at least 3 to 1 from both, and told apart without red and green.
UP = "#2f8f9d"
DOWN = "#d1603d"
TOTAL = "#7a6fc9"
MUTED = "#808692"
SERIES = ("#2f8f9d", "#d1603d", "#7a6fc9", "#a37c1e", "#4a86d8", "#b2578f")
STABLE, WATCH, SHIFTED = "#2f8f9d", "#a37c1e", "#d1603d"

_LINE_HEIGHT = 24
_PLOT_HEIGHT = 280
# Where the index of a population is by custom worth a look, and where it has shifted.
_WATCH_FROM, _SHIFTED_FROM = 0.1, 0.25
_VERDICTS = {
    "stable": STABLE,
    "watch": WATCH,
    "shifted": SHIFTED,
    "not_enough_leads": MUTED,
}
_NO_BAND = "below the lowest band"


def waterfall(rows: Sequence[Row]) -> alt.LayerChart:
    """How the lines of a ledger add up to the score, which is the last bar.

    Args:
        rows: in the order in which they add up: `name`, `points`, and `entry_type` and `group_id`
            where there is no name.
    """
    bars, total = [], Decimal(0)
    labels = _distinct([line_name(row) for row in rows])
    for label, row in zip(labels, rows, strict=True):
        before, total = total, total + Decimal(str(row["points"]))
        bars.append(
            {
                "label": label,
                "from": float(before),
                "to": float(total),
                "points": signed(row["points"]),
                "sum": plain(total),
                "kind": "takes" if total < before else "gives",
            }
        )
    score = _distinct([*(bar["label"] for bar in bars), "Score"])[-1]
    bars.append(
        {
            "label": score,
            "from": 0.0,
            "to": float(total),
            "points": plain(total),
            "sum": plain(total),
            "kind": "score",
        }
    )
    for bar in bars:
        bar["end"] = max(bar["from"], bar["to"])
    lines = alt.Y("label:N", sort=None, title=None, axis=_lines())
    base = alt.Chart(alt.Data(values=bars)).encode(y=lines)
    boxes = base.mark_bar(cornerRadius=2).encode(
        x=alt.X("from:Q", title="Points"),
        x2="to:Q",
        color=alt.Color(
            "kind:N",
            title=None,
            legend=None,
            scale=alt.Scale(domain=["gives", "takes", "score"], range=[UP, DOWN, TOTAL]),
        ),
        tooltip=[
            alt.Tooltip("label:N", title="What"),
            alt.Tooltip("points:N", title="Points"),
            alt.Tooltip("sum:N", title="Sum so far"),
        ],
    )
    labels = base.mark_text(align="left", dx=5, color=MUTED).encode(x="end:Q", text="points:N")
    return _described(
        alt.layer(boxes, labels),
        f"Waterfall of {len(rows)} ledger lines that add up to {plain(total)}: "
        + "; ".join(f"{bar['label']} {bar['points']}" for bar in bars[:-1]),
        height=alt.Step(_LINE_HEIGHT),
    )


def evidence_timeline(rows: Sequence[Row]) -> alt.LayerChart:
    """When the events behind each line of a ledger happened.

    Args:
        rows: `name`, `points`, `evidence_count`, `first_evidence_at`, `last_evidence_at`; those
            without a time are left out.
    """
    timed = [row for row in rows if row["first_evidence_at"] is not None]
    spans = [
        {
            "label": label,
            "first": _moment(row["first_evidence_at"]),
            "last": _moment(row["last_evidence_at"]),
            "events": int(row["evidence_count"]),
            "points": signed(row["points"]),
            "kind": "takes" if row["points"] < 0 else "gives",
        }
        for label, row in zip(_distinct([line_name(row) for row in timed]), timed, strict=True)
    ]
    base = alt.Chart(alt.Data(values=spans)).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=_lines()),
        color=alt.Color(
            "kind:N", legend=None, scale=alt.Scale(domain=["gives", "takes"], range=[UP, DOWN])
        ),
        tooltip=[
            alt.Tooltip("label:N", title="What"),
            alt.Tooltip("points:N", title="Points"),
            alt.Tooltip("events:Q", title="Events"),
            alt.Tooltip("first:T", title="First", format="%Y-%m-%d %H:%M"),
            alt.Tooltip("last:T", title="Last", format="%Y-%m-%d %H:%M"),
        ],
    )
    lines = base.mark_rule(strokeWidth=3).encode(x=_time("first"), x2="last:T")
    ends = base.mark_point(filled=True, size=80, opacity=1)
    return _described(
        alt.layer(lines, ends.encode(x=_time("first")), ends.encode(x=_time("last"))),
        "Time line of evidence: "
        + "; ".join(
            f"{span['label']} {span['events']} from {span['first'][:10]} to {span['last'][:10]}"
            for span in spans
        ),
        height=alt.Step(_LINE_HEIGHT),
    )


def score_distribution(rows: Sequence[Row], bands: Sequence[Row] = ()) -> alt.LayerChart:
    """How many leads have which score; with a `series`, one outline for each.

    Args:
        rows: `low` and `high`, where a bar begins and ends; `leads`; maybe `series`, such as
            `before` and `after`.
        bands: where bands begin: `band`, `min_points`; those without are left out.
    """
    bars = [
        {
            "low": float(row["low"]),
            "high": float(row["high"]),
            "leads": int(row["leads"]),
            "series": str(row.get("series", "leads")),
        }
        for row in rows
    ]
    names = _names(bars)
    base = alt.Chart(alt.Data(values=bars)).encode(
        x=alt.X("low:Q", title="Score", scale=alt.Scale(nice=False)),
        x2="high:Q",
        y=alt.Y("leads:Q", title="Leads", stack=None),
        y2=alt.datum(0),
        tooltip=[
            *([alt.Tooltip("series:N", title="Which")] if len(names) > 1 else []),
            alt.Tooltip("low:Q", title="From"),
            alt.Tooltip("high:Q", title="To"),
            alt.Tooltip("leads:Q", title="Leads", format=","),
        ],
    )
    colour = _series_colour(names)
    if len(names) > 1:
        # Filled and empty, so that both are seen where they lie over each other.
        first, others = alt.datum.series == names[0], alt.datum.series != names[0]
        layers = [
            base.transform_filter(first).mark_bar(opacity=0.45).encode(color=colour),
            base.transform_filter(others)
            .mark_bar(filled=False, strokeWidth=2, fillOpacity=0)
            .encode(color=colour),
        ]
    else:
        layers = [base.mark_bar(color=UP, stroke=None)]
    edges = [
        {"band": str(band["band"]), "at": float(band["min_points"])}
        for band in bands
        if band["min_points"] is not None
    ]
    if edges:
        marks = alt.Chart(alt.Data(values=edges)).encode(x="at:Q")
        layers += [
            marks.mark_rule(strokeDash=[4, 3], color=MUTED),
            marks.mark_text(align="left", dx=3, y=8, color=MUTED).encode(text="band:N"),
        ]
    return _described(
        alt.layer(*layers),
        "Distribution of scores: "
        + "; ".join(
            f"{name} {sum(bar['leads'] for bar in bars if bar['series'] == name)} leads"
            for name in names
        ),
    )


def funnel(rows: Sequence[Row]) -> alt.LayerChart:
    """How many leads each band has.

    Args:
        rows: from the best band down: `band`, `leads`.
    """
    total = sum(int(row["leads"]) for row in rows) or 1
    bars = [
        {
            "band": label,
            "leads": int(row["leads"]),
            "text": f"{int(row['leads']):,}  ({int(row['leads']) / total:.0%})",
        }
        for label, row in zip(_distinct([_band(row["band"]) for row in rows]), rows, strict=True)
    ]
    base = alt.Chart(alt.Data(values=bars)).encode(
        y=alt.Y("band:N", sort=None, title=None, axis=_lines()),
        x=alt.X("leads:Q", title="Leads", axis=alt.Axis(format=",d", tickMinStep=1)),
        tooltip=[
            alt.Tooltip("band:N", title="Band"),
            alt.Tooltip("leads:Q", title="Leads", format=","),
        ],
    )
    return _described(
        alt.layer(
            base.mark_bar(color=UP, cornerRadius=2),
            base.mark_text(align="left", dx=5, color=MUTED).encode(text="text:N"),
        ),
        "Leads per band: " + "; ".join(f"{bar['band']} {bar['text']}" for bar in bars),
        height=alt.Step(_LINE_HEIGHT * 1.4),
    )


def band_conversion(rows: Sequence[Row]) -> alt.LayerChart:
    """How often the leads of each band converted, with the interval of that rate.

    Args:
        rows: from the best band down: `band`, `leads`, `conversions`, `conversion_rate`,
            `conversion_rate_low`, `conversion_rate_high`; bands without leads are left out.
    """
    known = [row for row in rows if row["conversion_rate"] is not None]
    points = [
        {
            "band": label,
            "rate": float(row["conversion_rate"]),
            "low": float(row["conversion_rate_low"]),
            "high": float(row["conversion_rate_high"]),
            "leads": int(row["leads"]),
            "conversions": int(row["conversions"]),
        }
        for label, row in zip(_distinct([_band(row["band"]) for row in known]), known, strict=True)
    ]
    base = alt.Chart(alt.Data(values=points)).encode(
        y=alt.Y("band:N", sort=None, title=None, axis=_lines()),
        tooltip=[
            alt.Tooltip("band:N", title="Band"),
            alt.Tooltip("rate:Q", title="Conversion rate", format=".1%"),
            alt.Tooltip("low:Q", title="95 % from", format=".1%"),
            alt.Tooltip("high:Q", title="95 % to", format=".1%"),
            alt.Tooltip("conversions:Q", title="Conversions", format=","),
            alt.Tooltip("leads:Q", title="Leads", format=","),
        ],
    )
    at = alt.X("rate:Q", title="Conversion rate, with its 95 % interval", axis=_percent())
    return _described(
        alt.layer(
            base.mark_bar(color=UP, opacity=0.5, cornerRadius=2).encode(x=at),
            base.mark_rule(color=TOTAL, strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q"),
            base.mark_point(color=TOTAL, filled=True, size=60, opacity=1).encode(x=at),
        ),
        "Conversion by band: "
        + "; ".join(
            f"{point['band']} {point['rate']:.1%}, {point['low']:.1%} to {point['high']:.1%}, "
            f"{point['conversions']} of {point['leads']}"
            for point in points
        ),
        height=alt.Step(_LINE_HEIGHT * 1.5),
    )


def gains_curve(rows: Sequence[Row]) -> alt.LayerChart:
    """Which share of all conversions the best so many per cent of leads hold.

    Args:
        rows: `decile`, `cumulative_leads`, `cumulative_conversion_share`; maybe `series`, such as
            the scorecard.
    """
    points = []
    for name in dict.fromkeys(str(row.get("series", "leads")) for row in rows):
        mine = sorted(
            (row for row in rows if str(row.get("series", "leads")) == name),
            key=lambda row: row["decile"],
        )
        total = float(mine[-1]["cumulative_leads"]) or 1.0
        points.append({"series": name, "leads": 0.0, "conversions": 0.0})
        points += [
            {
                "series": name,
                "leads": float(row["cumulative_leads"]) / total,
                "conversions": float(row["cumulative_conversion_share"]),
            }
            for row in mine
            if row["cumulative_conversion_share"] is not None
        ]
    names = _names(points)
    base = alt.Chart(alt.Data(values=points)).encode(
        x=alt.X("leads:Q", title="Share of leads, best first", axis=_percent()),
        y=alt.Y("conversions:Q", title="Share of conversions", axis=_percent()),
        color=_series_colour(names),
        tooltip=[
            alt.Tooltip("series:N", title="Which"),
            alt.Tooltip("leads:Q", title="Best leads", format=".0%"),
            alt.Tooltip("conversions:Q", title="Conversions", format=".1%"),
        ],
    )
    chance = alt.Chart(
        alt.Data(
            values=[{"leads": 0.0, "conversions": 0.0}, {"leads": 1.0, "conversions": 1.0}],
        )
    )
    fifths = [point for point in points if abs(point["leads"] - 0.2) < 1e-6]
    return _described(
        alt.layer(
            chance.mark_line(color=MUTED, strokeDash=[4, 3]).encode(x="leads:Q", y="conversions:Q"),
            base.mark_line(strokeWidth=2).encode(strokeDash=_series_dash(names)),
            base.mark_point(filled=True, size=40, opacity=1),
        ),
        "Gains: "
        + "; ".join(
            f"the best 20 % of {point['series']} hold {point['conversions']:.0%} of conversions"
            for point in fifths
        ),
    )


def criterion_lift(rows: Sequence[Row]) -> alt.LayerChart:
    """The lift of each criterion against its points: good ones lie low left or high right.

    Args:
        rows: `name`, `average_points`, `lift`, `lift_low`, `lift_high`, `finding`, `leads_met`;
            those without points or lift are left out.
    """
    known = [row for row in rows if None not in (row["average_points"], row["lift"])]
    points = [
        {
            "label": str(row["name"]),
            "points": float(row["average_points"]),
            "lift": float(row["lift"]),
            "low": float(row["lift"] if row["lift_low"] is None else row["lift_low"]),
            "high": float(row["lift"] if row["lift_high"] is None else row["lift_high"]),
            "finding": str(row["finding"]).replace("_", " "),
            "leads": int(row["leads_met"]),
        }
        for row in known
    ]
    findings = {
        "supports": UP,
        "too high": "#a37c1e",
        "too low": "#4a86d8",
        "wrong sign": DOWN,
        "not enough evidence": MUTED,
        "never met": MUTED,
    }
    shapes = ["circle", "triangle-up", "triangle-down", "cross", "square", "square"]
    scale = alt.Scale(domain=list(findings), range=list(findings.values()))
    base = alt.Chart(alt.Data(values=points)).encode(
        x=alt.X("points:Q", title="Average points"),
        color=alt.Color("finding:N", title="Evidence", scale=scale, legend=_legend_below()),
        tooltip=[
            alt.Tooltip("label:N", title="Criterion"),
            alt.Tooltip("points:Q", title="Average points"),
            alt.Tooltip("lift:Q", title="Lift", format=".2f"),
            alt.Tooltip("low:Q", title="95 % from", format=".2f"),
            alt.Tooltip("high:Q", title="95 % to", format=".2f"),
            alt.Tooltip("leads:Q", title="Leads that met it", format=","),
            alt.Tooltip("finding:N", title="Evidence"),
        ],
    )
    middle = alt.Chart(alt.Data(values=[{"x": 0, "y": 1}]))
    lift = "Lift (1: as often as all leads)"
    return _described(
        alt.layer(
            middle.mark_rule(color=MUTED, strokeDash=[4, 3]).encode(y="y:Q"),
            middle.mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x="x:Q"),
            base.mark_rule(opacity=0.35).encode(y=alt.Y("low:Q", title=lift), y2="high:Q"),
            base.mark_point(filled=True, size=80, opacity=1).encode(
                y=alt.Y("lift:Q", title=lift),
                shape=alt.Shape(
                    "finding:N",
                    title="Evidence",
                    scale=alt.Scale(domain=list(findings), range=shapes),
                    legend=_legend_below(),
                ),
            ),
        ),
        "Lift of criteria against their points: "
        + "; ".join(
            f"{point['label']} {point['points']:g} points, lift {point['lift']:.2f}, "
            f"{point['finding']}"
            for point in points
        ),
        height=_PLOT_HEIGHT + 60,
    )


def score_history(rows: Sequence[Row], bands: Sequence[Row] = ()) -> alt.LayerChart:
    """A lead's score over time; it holds from one point to the next.

    Args:
        rows: `scored_at`, `score`, `band`; maybe `series`, such as the scorecard.
        bands: where bands begin: `band`, `min_points`; those without are left out.
    """
    points = [
        {
            "at": _moment(row["scored_at"]),
            "score": float(row["score"]),
            "band": _band(row.get("band")),
            "series": str(row.get("series", "score")),
        }
        for row in rows
    ]
    names = _names(points)
    base = alt.Chart(alt.Data(values=points)).encode(
        x=_time("at"),
        y=alt.Y("score:Q", title="Score"),
        color=_series_colour(names),
        tooltip=[
            alt.Tooltip("at:T", title="Since", format="%Y-%m-%d %H:%M"),
            alt.Tooltip("score:Q", title="Score"),
            alt.Tooltip("band:N", title="Band"),
        ],
    )
    layers = [
        base.mark_line(interpolate="step-after", strokeWidth=2),
        base.mark_point(filled=True, size=60, opacity=1),
    ]
    edges = [
        {"band": str(band["band"]), "from": float(band["min_points"])}
        for band in bands
        if band["min_points"] is not None
    ]
    if edges:
        marks = alt.Chart(alt.Data(values=edges)).encode(y="from:Q")
        layers += [
            marks.mark_rule(strokeDash=[4, 3], color=MUTED),
            marks.mark_text(align="left", x=4, dy=-6, color=MUTED).encode(text="band:N"),
        ]
    return _described(
        alt.layer(*layers),
        "Score over time: "
        + "; ".join(f"{point['at'][:10]} {point['score']:g} {point['band']}" for point in points),
        height=_PLOT_HEIGHT - 60,
    )


def drift(rows: Sequence[Row]) -> alt.LayerChart:
    """How far the leads of now differ from those of the back-test, by the index of a population.

    Args:
        rows: `name` (None for the score itself), `population_stability_index`, `verdict`; those
            without an index are left out.
    """
    known = [row for row in rows if row["population_stability_index"] is not None]
    labels = _distinct(["Score" if row["name"] is None else str(row["name"]) for row in known])
    bars = [
        {
            "label": label,
            "index": float(row["population_stability_index"]),
            "verdict": str(row["verdict"]).replace("_", " "),
        }
        for label, row in zip(labels, known, strict=True)
    ]
    domain = [name.replace("_", " ") for name in _VERDICTS]
    base = alt.Chart(alt.Data(values=bars)).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=_lines()),
        x=alt.X("index:Q", title="Population stability index"),
        tooltip=[
            alt.Tooltip("label:N", title="What"),
            alt.Tooltip("index:Q", title="Index", format=".3f"),
            alt.Tooltip("verdict:N", title="Verdict"),
        ],
    )
    limits = alt.Chart(
        alt.Data(values=[{"at": _WATCH_FROM}, {"at": _SHIFTED_FROM}]),
    )
    return _described(
        alt.layer(
            base.mark_bar(cornerRadius=2).encode(
                color=alt.Color(
                    "verdict:N",
                    title="Verdict",
                    scale=alt.Scale(domain=domain, range=list(_VERDICTS.values())),
                    legend=None,
                )
            ),
            base.mark_text(align="left", dx=5, color=MUTED).encode(text="verdict:N"),
            limits.mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x="at:Q"),
        ),
        "Drift: "
        + "; ".join(f"{bar['label']} {bar['index']:.3f}, {bar['verdict']}" for bar in bars),
        height=alt.Step(_LINE_HEIGHT),
    )


def themed(chart: alt.LayerChart, dark: bool = False, width: int | None = None) -> alt.LayerChart:
    """A chart with colours of its own for texts and axes, for pages and pictures without any.

    Args:
        chart: one of this module.
        dark: for a dark background; it stays transparent.
        width: of the plot, without its axis; None for what the page gives it.
    """
    ink, lines = ("#e4e7ec", "#4a5060") if dark else ("#252b37", "#d5d9e0")
    if width is not None:
        chart = chart.properties(width=width)
    return (
        chart.configure(background="transparent", font="system-ui, sans-serif")
        .configure_axis(
            labelColor=ink, titleColor=ink, gridColor=lines, domainColor=lines, tickColor=lines
        )
        .configure_legend(labelColor=ink, titleColor=ink)
        .configure_view(stroke=None)
    )


def line_name(line: Row) -> str:
    """What a line of a ledger is called: its criterion, else what it is.

    Args:
        line: `name`, and `entry_type` and `group_id` or `dimension` where that is None.
    """
    if line["name"] is not None:
        return str(line["name"])
    what = str(line["entry_type"]).replace("_", " ")
    part = line.get("group_id") or line.get("dimension")
    return f"{what} ({part})" if part else what


def _lines() -> alt.Axis:
    return alt.Axis(labelLimit=220, labelOverlap=False, ticks=False)


def _legend_below() -> alt.Legend:
    return alt.Legend(orient="bottom", columns=2, columnPadding=24, symbolOpacity=1)


def _described(
    chart: alt.LayerChart, words: str, height: float | alt.Step = _PLOT_HEIGHT
) -> alt.LayerChart:
    return chart.properties(description=words, height=height)


def _distinct(labels: Sequence[str]) -> list[str]:
    """Labels, of which each that was there before gets a number."""
    found: dict[str, None] = {}
    for label in map(str, labels):
        wanted, number = label, 1
        while wanted in found:
            number += 1
            wanted = f"{label} ({number})"
        found[wanted] = None
    return list(found)


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row["series"] for row in rows))


def _series_colour(names: Sequence[str]) -> alt.Color:
    colours = [SERIES[place % len(SERIES)] for place in range(len(names))]
    legend = alt.Legend(title=None, orient="top", symbolOpacity=1) if len(names) > 1 else None
    return alt.Color("series:N", legend=legend, scale=alt.Scale(domain=list(names), range=colours))


def _series_dash(names: Sequence[str]) -> alt.StrokeDash:
    dashes = [[1, 0], [8, 3], [2, 2], [8, 3, 2, 3], [4, 4], [12, 4]]
    return alt.StrokeDash(
        "series:N",
        legend=None,
        scale=alt.Scale(
            domain=list(names), range=[dashes[place % len(dashes)] for place in range(len(names))]
        ),
    )


def _percent() -> alt.Axis:
    return alt.Axis(format=".0%")


def _time(field: str) -> alt.X:
    return alt.X(f"{field}:T", title="Time (UTC)", scale=alt.Scale(type="utc"))


def _moment(value: datetime) -> str:
    # Without a zone a browser would take it for its own.
    return value.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _band(band: Any) -> str:
    return _NO_BAND if band is None else str(band)
