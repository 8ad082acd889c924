"""Charts as Vega-Lite specifications, and pictures of them (the only place that imports vl_convert).

Colours are the tokens of the style sheets, so that one drawing is light and dark. A specification names its data and
holds none: the page delivers them apart, when a reader comes to the chart.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import vl_convert

from dataops.health.health import Incident, Point, Series
from dataops.output.words import acknowledged, figure, iso, minute, rule

Spec = dict[str, Any]

_TEXT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_CONFIG: Spec = {
    "background": None,
    "font": _TEXT,
    # One text describes each chart; hundreds of marks that are read out one by one do not.
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--quiet)",
        "titleColor": "var(--quiet)",
        "titleFontWeight": "normal",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "gridColor": "var(--line)",
        "gridOpacity": 0.5,
        "labelFontSize": 12,
        "titleFontSize": 12,
    },
}
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_MOMENT = {
    "field": "at",
    "type": "temporal",
    "scale": {"type": "utc"},
    "axis": {
        "title": None,
        "grid": False,
        "labelOverlap": True,
        "format": {
            "minutes": "%H:%M", "hours": "%H:%M", "day": "%-d %b", "date": "%-d %b", "week": "%-d %b", "month": "%b %Y",
            "quarter": "%b %Y", "year": "%Y",
        },
    },
}  # fmt: skip


def control_chart() -> Spec:
    """A monitor's series. Data `points`: at, value, centre, lower, upper, rule, state, shown; `releases`: at, name.

    `state` is quiet, fired or acknowledged.
    """
    tooltip = [
        {"field": name, "title": title}
        for name, title in (
            ("moment", "when"), ("shown", "value"), ("centre", "centre"), ("lower", "lower limit"),
            ("upper", "upper limit"), ("rule", "rule"), ("reason", "acknowledged"),
        )
    ]  # fmt: skip
    y = {"type": "quantitative", "scale": {"zero": False, "padding": 10}, "axis": {"title": None, "tickCount": 5}}
    coloured = {
        "condition": [
            {"test": "datum.state === 'fired'", "value": "var(--bad)"},
            {"test": "datum.state === 'acknowledged'", "value": "var(--quiet)"},
        ],
        "value": "var(--focus)",
    }
    return _spec(
        data={"name": "points"},
        encoding={"x": _MOMENT},
        layer=[
            {
                "mark": {"type": "area", "color": "var(--focus)", "opacity": 0.12},
                "encoding": {"y": {"field": "lower", **y}, "y2": {"field": "upper"}},
            },
            {
                "mark": {"type": "line", "color": "var(--quiet)", "strokeDash": [4, 4], "strokeWidth": 1},
                "encoding": {"y": {"field": "centre", **y}},
            },
            {
                "data": {"name": "releases"},
                "mark": {"type": "rule", "color": "var(--good)", "strokeDash": [2, 3], "strokeWidth": 1.5},
                "encoding": {"tooltip": [{"field": "moment", "title": "when"}, {"field": "name", "title": "release"}]},
            },
            {
                "mark": {"type": "line", "color": "var(--focus)", "strokeWidth": 1.5},
                "encoding": {"y": {"field": "value", **y}},
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 1},
                "encoding": {
                    "y": {"field": "value", **y},
                    "color": coloured,
                    "size": {"condition": {"test": "datum.state !== 'quiet'", "value": 90}, "value": 25},
                    "shape": {"condition": {"test": "datum.state === 'fired'", "value": "diamond"}, "value": "circle"},
                    "tooltip": tooltip,
                },
            },
        ],
    )


def gantt() -> Spec:
    """An invocation. Data `nodes`: name, kind, status, from, to (seconds), lane, critical, state, message.

    `state` is good, warned, bad or skipped.
    """
    tooltip = [
        {"field": name, "title": title}
        for name, title in (
            ("name", "node"), ("kind", "kind"), ("status", "status"), ("took", "took"), ("rows", "rows"),
        )
    ]  # fmt: skip
    colours = {"good": "var(--focus)", "warned": "var(--warn)", "bad": "var(--bad)", "skipped": "var(--quiet)"}
    return _spec(
        data={"name": "nodes"},
        mark={"type": "bar", "height": {"band": 0.8}, "minBandSize": 2, "cornerRadius": 2},
        encoding={
            "x": {
                "field": "from",
                "type": "quantitative",
                "axis": {"title": "seconds from its start", "tickCount": 6},
            },
            "x2": {"field": "to"},
            "y": {"field": "lane", "type": "nominal", "axis": {"title": None, "domain": False, "ticks": False}},
            "color": {
                "field": "state",
                "type": "nominal",
                "legend": None,
                "scale": {"domain": list(colours), "range": list(colours.values())},
            },
            "opacity": {"condition": {"test": "datum.critical", "value": 1}, "value": 0.45},
            "stroke": {"condition": {"test": "datum.critical", "value": "var(--text)"}, "value": "var(--ground)"},
            "strokeWidth": {"condition": {"test": "datum.critical", "value": 1.5}, "value": 0.5},
            "tooltip": tooltip,
        },
    )


def trend(rows: list[dict[str, Any]], colours: dict[str, str], stacked: bool) -> Spec:
    """Figures day by day, drawn when the page is made. Rows: day, figure, part; `colours`: of each part.

    Bars of counts that add up where `stacked`, else a line.
    """
    days = Counter[str]()
    for row in rows:
        days[row["day"]] += row["figure"]
    most = max(1, *days.values()) if stacked else max(days.values())
    ticks = {"values": sorted({0, -(-most // 2), most}), "format": ",d"} if stacked else {}
    mark: Spec = {"type": "bar", "width": {"band": 0.8}} if stacked else {"type": "line", "point": {"size": 20}}
    return _spec(
        width=300,
        height=90,
        data={"values": rows},
        mark=mark,
        encoding={
            "x": {
                "field": "day", "type": "temporal", "timeUnit": "utcyearmonthdate",
                "axis": {"title": None, "grid": False, "format": "%-d %b", "tickCount": 4, "labelOverlap": True},
            },
            "y": {
                "field": "figure", "type": "quantitative",
                "axis": {"title": None, "tickCount": 3, **ticks}, "scale": {"domain": [0, most]},
            },
            "color": {
                "field": "part", "type": "nominal", "legend": None,
                "scale": {"domain": list(colours), "range": list(colours.values())},
            },
        },
    )  # fmt: skip


def filled(spec: Spec, data: dict[str, list[dict[str, Any]]], width: int, height: int) -> Spec:
    """A specification with its data in it, so large (pixels), for a picture that stands alone."""
    return {**spec, "datasets": data, "width": width, "height": height}


def _spec(**parts: Any) -> Spec:
    return {"$schema": _SCHEMA, "config": _CONFIG, "width": "container", **parts}


def points(series: Series, incidents: tuple[Incident, ...]) -> list[dict[str, Any]]:
    """The points of a series' control chart."""
    return [_point(point, incidents) for point in series.points]


def _point(point: Point, incidents: tuple[Incident, ...]) -> dict[str, Any]:
    known = acknowledged(point, incidents)
    made: dict[str, Any] = {
        "at": iso(point.at),
        "moment": minute(point.at),
        "value": _finite(point.value),
        "shown": figure(point.value),
        "centre": _finite(point.centre),
        "lower": _finite(point.lower),
        "upper": _finite(point.upper),
        "state": "acknowledged" if known and point.rule else "fired" if point.rule else "quiet",
    }
    if point.rule:
        made["rule"] = rule(point.rule)
    if known:
        made["reason"] = f"{known.reason} ({known.by})"
    return made


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


_ALONE = re.compile(r"var\((--[\w-]+)\)")


def library_name() -> str:
    """The name of the library's file: another version is another file."""
    return f"vega-{version('vl-convert-python')}.js"


def library() -> str:
    """Vega, Vega-Lite and vega-embed as one script, which takes two seconds to put together."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


def svg(spec: Spec) -> str:
    """A drawing to put into a page, whose colours it takes."""
    return vl_convert.vegalite_to_svg(spec)


def png(spec: Spec, scale: float = 2.0) -> bytes:
    """A picture to send, in the page's light colours."""
    alone = _ALONE.sub(lambda found: tokens()[found[1]], json.dumps({**spec, "background": "#fff"}))
    return vl_convert.vegalite_to_png(alone, scale=scale)


@cache
def tokens() -> dict[str, str]:
    """The colours of light pages, by the name of their token."""
    # Each sheet names its light colours before it says what is different in the dark.
    light = [sheet.split("@media", 1)[0] for sheet in _sheets()]
    return dict(re.findall(r"(--[\w-]+): (#[0-9a-f]+)", "".join(light)))


def style() -> str:
    """The site's style sheet: that of reviews, and what only the site has."""
    return "".join(_sheets())


def _sheets() -> tuple[str, str]:
    package = files("dataops")
    shared, own = (package / room / "templates" / name for room, name in (("output", "page.css"), ("site", "site.css")))
    return shared.read_text(encoding="utf-8"), own.read_text(encoding="utf-8")
