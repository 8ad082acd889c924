"""Words and moments as the site writes them."""

from __future__ import annotations

import math
from datetime import datetime

from dataops import statuses
from dataops.observe.health.facts import Incident, Monitor, Point, Series
from dataops.output.words import plural

_TONES = {
    "bad": ("failing", "failed", *statuses.FAILED, "not ready"),
    "warned": ("late", "anomalous", "paused", *statuses.WARNED, "interrupted", "running"),
    "good": ("ok", *statuses.PASSED, "live", "ready"),
}
_WORDS = {
    "beyond_limit": "beyond the control limits",
    "ewma_beyond_limit": "moving average beyond its limits",
    "cusum_beyond_limit": "cumulative sum beyond its limit",
    "not_finite": "not a finite number",
    "zero": "zero",
}


def tone(state: str) -> str:
    """The class of a state's colour; empty for one that is neither good nor bad."""
    return next((name for name, states in _TONES.items() if state in states), "")


def iso(at: datetime) -> str:
    """A moment for machines."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def minute(at: datetime) -> str:
    """A moment for people, in UTC."""
    return f"{at:%Y-%m-%d %H:%M}"


def second(at: datetime) -> str:
    """The time of a moment of today, in UTC."""
    return f"{at:%H:%M:%S}"


def took(seconds: float) -> str:
    """A duration: `0.4 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def figure(value: float | None) -> str:
    """A number with as many digits as tell it from its neighbours; a dash where it is unknown."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"


def rule(name: str) -> str:
    """A rule of a control chart by its name in docs/monitors.md."""
    return _WORDS.get(name) or name.replace("_", " ")


def said(monitor: Monitor) -> list[str]:
    """What a monitor's charts show, for whoever does not see them: the newest point that fired of each series."""
    lines = [_fired(series, monitor.incidents) for series in monitor.series if series.fired]
    lines += [
        f"Acknowledged by {each.by}, {minute(each.start)} to {minute(each.end)} UTC: {each.reason}"
        for each in monitor.incidents
    ]
    if monitor.left_out:
        lines.append(f"{monitor.left_out:,} more series, of which none fired, are not drawn")
    return lines


def title(series: Series) -> str:
    """`average`, or `volume of country = DE`."""
    return f"{series.metric} of {series.dimension}" if series.dimension else series.metric


def described(series: Series) -> str:
    """A chart in a sentence."""
    if not series.points:
        return f"{title(series)}: no points"
    last = series.points[-1]
    limits = _limits(last)
    fired = f"; {plural(len(series.fired), 'point')} fired" if series.fired else "; none fired"
    first = f"{title(series)}: {plural(len(series.points), 'point')} from {minute(series.points[0].at)}"
    return f"{first} to {minute(last.at)} UTC, last value {figure(last.value)}{limits}{fired}"


def acknowledged(point: Point, incidents: tuple[Incident, ...]) -> Incident | None:
    """The incident that a point belongs to."""
    return next((each for each in incidents if each.start <= point.at <= each.end), None)


def _limits(point: Point) -> str:
    return f", limits {figure(point.lower)} to {figure(point.upper)}" if point.upper is not None else ""


def _fired(series: Series, incidents: tuple[Incident, ...]) -> str:
    last = series.fired[-1]
    assert last.rule is not None  # noqa: S101 - that is what `fired` means
    known = ", acknowledged" if acknowledged(last, incidents) else ""
    limits = _limits(last)
    return f"{title(series)}: {rule(last.rule)} at {minute(last.at)} UTC, value {figure(last.value)}{limits}{known}"
