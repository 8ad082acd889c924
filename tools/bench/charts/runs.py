"""Average run lengths: how many points until a chart first fires, in control and after a shift of the mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.charts.engine import compiled, simulated

CHUNK = 1_000_000  # points in memory at once


@dataclass(frozen=True)
class Case:
    """A chart at a shift, in sigmas, with the average run length that was published for it."""

    name: str
    shift: float
    published: float
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Points a series: some three times the published average, so that nearly all fire."""
        return max(40, int(3 * self.published))


WESTERN = {"rules": "western_electric"}
EWMA = {"chart": "ewma", "ewma_lambda": 0.1, "anomaly_sensitivity": 2.814}
CUSUM = {"chart": "cusum", "cusum_k": 0.5, "anomaly_sensitivity": 5}

CASES = (
    Case("Shewhart, 3σ", 0, 370.4),
    Case("Shewhart, 3σ", 1, 43.9),
    Case("Shewhart, 3σ", 2, 6.3),
    Case("Shewhart, 3σ", 3, 2.0),
    Case("Western Electric, four rules", 0, 91.75, WESTERN),
    Case("EWMA, λ 0.1, L 2.814", 0, 500, EWMA),
    Case("EWMA, λ 0.1, L 2.814", 1, 10.3, EWMA),
    Case("CUSUM, k 0.5, h 5", 0, 465, CUSUM),
    Case("CUSUM, k 0.5, h 5", 1, 10.4, CUSUM),
)


def queries(folder: Path) -> list[str]:
    """The SQL of each of `CASES`, with the mean and deviation given as the textbook has them."""
    known = {"standard": {"mean": 0, "stddev": 1}}
    settings = {f"case_{place}": {**known, **case.settings, "end": case.length} for place, case in enumerate(CASES)}
    return list(compiled(folder / "runs", settings).values())


def measured(query: str, case: Case, series: int, seed: int = 1) -> float:
    """The average run length of so many series: all points up to the first alarm or the end, per alarm.

    With nearly geometric run lengths that is not biased by the series that end first (Epstein and Sobel 1953).
    """
    random = np.random.default_rng([seed, CASES.index(case)])
    points = alarms = 0
    at_once = max(1, min(series, CHUNK // case.length))
    for first in range(0, series, at_once):
        number = min(at_once, series - first)
        ran, fired = first_alarms(query, random.standard_normal((number, case.length)) + case.shift)
        points, alarms = points + ran, alarms + fired
    return points / alarms


def first_alarms(query: str, values: np.ndarray[Any, Any]) -> tuple[int, int]:
    """How many points were looked at until each series fired or ended, and how many fired."""
    length = values.shape[1]
    with simulated(values) as connection:
        row = connection.execute(
            f"""
            select sum(coalesce(run, {length})), count(run) from (
                select min(case when is_anomaly then epoch(bucket) / 3600 + 1 end) as run
                from ({query}) group by dimension
            )
            """
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
