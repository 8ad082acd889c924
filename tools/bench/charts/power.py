"""What each chart sees of an incident, and how soon, where all of them raise as many false alarms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.charts.engine import compiled, elementary, simulated

SIGMA = 20.0
AHEAD = 14  # points in which an incident that lasts may be seen
AFTER = {False: 14, True: 56}  # days of history: Elementary's default, and eight weeks where there is a weekly pattern
WEEKLY = np.array([100, 100, 100, 100, 100, 60, 50])

Values = Any


@dataclass(frozen=True)
class Chart:
    """A chart; its sensitivity is found by simulation, among `between`, unless it has none to choose."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)
    between: tuple[float, ...] = ()


CHARTS = (
    Chart("Shewhart"),
    Chart("robust", {"robust": True}, (2.8, 3.0, 3.2)),
    Chart("EWMA", {"chart": "ewma"}, (2.4, 2.8, 3.2)),
    Chart("CUSUM", {"chart": "cusum"}, (3.5, 4.5, 5.5)),
    Chart("Western Electric, four rules", {"rules": "western_electric"}),
)


def spike(values: Values, _: Any) -> Values:
    return values[:, :1] + 4 * SIGMA


def missing(values: Values, _: Any) -> Values:
    return 0 * values[:, :1]


def shift(values: Values, _: Any) -> Values:
    return values + 2 * SIGMA


def drift(values: Values, _: Any) -> Values:
    return values + 0.25 * SIGMA * np.arange(1, AHEAD + 1)


def spread(values: Values, means: Any) -> Values:
    return means + 3 * (values - means)


EVENTS = {
    "nothing": lambda values, _: values,
    "one spike of 4σ": spike,
    "a missing day, 5σ": missing,
    "a shift of 2σ": shift,
    "a drift of σ/4 a day": drift,
    "3 times the spread": spread,
}


def power(folder: Path, series: int) -> Iterator[str]:
    """Two tables, without and with a weekly pattern, and one of what earlier incidents hide."""
    for weekly in (False, True):
        charts = calibrated(folder / f"power_{weekly}", series, weekly)
        yield f"| {'weekly pattern, 56 days before' if weekly else '14 days before'} | {' | '.join(EVENTS)} |"
        yield f"| --- |{' --- |' * len(EVENTS)}"
        for name, first in charts.items():
            found = [seen(first(changed(event, series, weekly))) for event in EVENTS.values()]
            yield f"| {name} | {found[0][0]:.1%} | {' | '.join(told(*item) for item in found[1:])} |"
        yield ""
        if not weekly:
            earlier = charts
    yield "| a missing day, 5σ; 14 days before, of which incidents of 10σ | 0 | 1 | 2 | 3 |"
    yield f"| --- |{' --- |' * 4}"
    for name, first in earlier.items():
        shares = [seen(first(changed(missing, series, False, incidents=number)))[0] for number in range(4)]
        yield f"| {name} | {' | '.join(f'{share:.0%}' for share in shares)} |"
    yield ""


def calibrated(folder: Path, series: int, weekly: bool) -> dict[str, Any]:
    """For each chart, by a name that tells its sensitivity, what gives each series' first alarm: nan is none.

    All raise a false alarm in `AHEAD` points as often as Shewhart's chart at 3, as far as they can be set to.
    """
    quiet = changed(EVENTS["nothing"], series, weekly, seed=11)
    tried = {
        f"{place}_{number}": settings(chart, weekly, sensitivity)
        for place, chart in enumerate(CHARTS)
        for number, sensitivity in enumerate(chart.between)
    }
    queries = compiled(folder / "tried", {"shewhart": settings(CHARTS[0], weekly), **tried})
    wanted = seen(alarms(queries["shewhart"], quiet, weekly))[0]
    chosen: list[float | None] = []
    for place, chart in enumerate(CHARTS):
        rates = [seen(alarms(queries[f"{place}_{number}"], quiet, weekly))[0] for number in range(len(chart.between))]
        # Rates fall steeply with the sensitivity, their logarithms nearly as a line.
        logs = -np.log(np.maximum(rates, 1e-6))
        chosen.append(round(float(np.interp(-np.log(wanted), logs, chart.between)), 2) if rates else None)
    pairs = zip(CHARTS, chosen, strict=True)
    final = compiled(folder / "final", {f"c{i}": settings(chart, weekly, at) for i, (chart, at) in enumerate(pairs)})
    found: dict[str, Any] = {}
    for place, (chart, at) in enumerate(zip(CHARTS, chosen, strict=True)):
        name = f"{chart.name} at {at or 3:g}"
        found[name] = lambda values, query=final[f"c{place}"]: alarms(query, values, weekly)
    scores = theirs(quiet, weekly)
    for limit in (float(np.quantile(scores.max(axis=1), 1 - wanted)), 3.0):
        name = f"Elementary at {limit:.2f}" if limit != 3 else "Elementary at 3, its default"
        found[name] = lambda values, limit=limit: first_above(theirs(values, weekly), limit)
    return found


def settings(chart: Chart, weekly: bool, sensitivity: float | None = None) -> dict[str, Any]:
    """What the monitor is asked for."""
    bucket = "day" if weekly else "hour"
    return {
        **chart.settings,
        **({"seasonality": "day_of_week"} if weekly else {}),
        **({"anomaly_sensitivity": sensitivity} if sensitivity else {}),
        "time_bucket": {"period": bucket, "count": 1},
        "detected": AFTER[weekly],
    }


def changed(event: Any, series: int, weekly: bool, incidents: int = 0, seed: int = 12) -> Values:
    """History, and then what happens; each series has its earlier incidents on days of its own."""
    random = np.random.default_rng([seed, weekly, incidents])
    before = AFTER[weekly]
    means = np.resize(WEEKLY, before + AHEAD) if weekly else np.full(before + AHEAD, 100)
    values = random.normal(means, SIGMA, (series, before + AHEAD))
    if incidents:
        days = random.random((series, before)).argsort(axis=1)[:, :incidents]
        np.put_along_axis(values, days, np.take_along_axis(values, days, axis=1) - 10 * SIGMA, axis=1)
    return np.hstack([values[:, :before], event(values[:, before:], means[before:])])


def alarms(query: str, values: Values, weekly: bool) -> Any:
    """The number of the first judged point of each series that fires, from 0; nan where none does."""
    second = 86400 if weekly else 3600
    with simulated(values) as connection:
        found = connection.execute(
            f"select min(case when is_anomaly then epoch(bucket) / {second} - {AFTER[weekly]} end)::double as first"
            f" from ({query}) group by dimension order by dimension"
        ).fetchnumpy()
    return np.ma.filled(found["first"], np.nan)


def theirs(values: Values, weekly: bool) -> Any:
    """The scores by Elementary's formula of the judged points, without their sign."""
    with simulated(values) as connection:
        found = connection.execute(
            f"select abs(score) as score from ({elementary(season=7 if weekly else 1)})"
            f" where bucket_index >= {AFTER[weekly]} order by series, bucket_index"
        ).fetchnumpy()
    return np.asarray(found["score"]).reshape(len(values), -1)


def first_above(scores: Any, limit: float) -> Any:
    """As `alarms` gives it, from scores."""
    above = scores > limit
    return np.where(above.any(axis=1), above.argmax(axis=1), np.nan)


def seen(first: Any) -> tuple[float, float]:
    """The share of series with an alarm, and the mean delay of the first one, in points."""
    fired = first[~np.isnan(first)]
    return len(fired) / len(first), float(fired.mean()) if len(fired) else float("nan")


def told(share: float, delay: float) -> str:
    """A cell of the table; a delay of nothing goes without saying."""
    return f"{share:.0%}" + (f", {delay:.1f} later" if delay > 0 else "")
