"""False alarms per point with a weekly season, and how often a fall by 5 sigma is seen: ours beside Elementary's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.charts.engine import compiled, elementary, simulated

WEEKS = (2, 3, 4, 8, 14)
WEEKLY = np.array([100, 100, 100, 100, 100, 40, 30])
FALL = 5  # sigmas

DATA: dict[str, tuple[dict[str, Any], Any, float]] = {
    "normal, a weekly pattern": ({}, lambda random, mean: random.normal(mean, 5), 5),
    "normal, no pattern": ({}, lambda random, mean: random.normal(100 + 0 * mean, 5), 5),
    "normal, a weekly pattern that rises, trend": (
        {"trend": "linear"},
        lambda random, mean: random.normal(mean + np.arange(mean.shape[1]), 5),
        5,
    ),
    "Poisson, a weekly pattern": ({"distribution": "count"}, lambda random, mean: random.poisson(mean), 10),
}


def seasons(folder: Path, series: int) -> Iterator[str]:
    """The table, a line at a time: per cent that fire where nothing happened, and where the value fell."""
    cases = {
        f"data_{place}_{weeks}": {
            "seasonality": "day_of_week",
            "time_bucket": {"period": "day", "count": 1},
            **settings,
            "detected": 7 * weeks,
            "end": 7 * weeks + 1,
        }
        for place, (settings, _, _) in enumerate(DATA.values())
        for weeks in WEEKS
    }
    queries = compiled(folder / "seasons", cases)
    yield f"| data | formula | {' | '.join(f'{weeks} weeks' for weeks in WEEKS)} |"
    yield f"| --- | --- |{' --- |' * len(WEEKS)}"
    for place, (label, (_, draw, sigma)) in enumerate(DATA.items()):
        for fall, what in ((0.0, "nothing happened"), (FALL * sigma, f"fallen by {FALL}σ")):
            both = [rates(queries[f"data_{place}_{weeks}"], draw, weeks, series, fall) for weeks in WEEKS]
            for formula, found in zip(("ours", "Elementary"), zip(*both, strict=True), strict=True):
                yield f"| {label}; {what} | {formula} | {' | '.join(f'{100 * rate:.2f} %' for rate in found)} |"


def rates(query: str, draw: Any, weeks: int, series: int, fall: float) -> tuple[float, float]:
    """Share of last points, all on the first weekday, that fire: by our SQL, and by Elementary's formula."""
    random = np.random.default_rng([2, weeks])
    number = 7 * weeks + 1
    values = draw(random, np.broadcast_to(np.tile(WEEKLY, weeks + 1)[:number], (series, number))).astype(float)
    values[:, -1] -= fall
    with simulated(values) as connection:
        row = connection.execute(
            f"""
            select
                (select avg(is_anomaly::int) from ({query}) where is_detected),
                (
                    select avg(coalesce(abs(score) > 3, false)::int)
                    from ({elementary(season=7)}) where bucket_index = {number - 1}
                )
            """
        ).fetchone()
    assert row is not None
    return row[0], row[1]
