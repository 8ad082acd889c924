"""False alarms per point with limits that were estimated: ours beside Elementary's formula."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.charts.engine import compiled, elementary, simulated

DECLARED = 0.0027  # beyond 3 sigma on both sides
TRAINED = (3, 4, 5, 7, 14, 28)

DATA: dict[str, tuple[dict[str, Any], Any]] = {
    "normal": ({}, lambda random, shape: random.standard_normal(shape)),
    "normal, robust": ({"robust": True}, lambda random, shape: random.standard_normal(shape)),
    "normal, rising by 1σ a point, trend": (
        {"trend": "linear"},
        lambda random, shape: random.standard_normal(shape) + np.arange(shape[1]),
    ),
    "Poisson, rising from 100 by 5 a point, trend": (
        {"trend": "linear", "distribution": "count"},
        lambda random, shape: random.poisson(100 + 5 * np.arange(shape[1]), shape),
    ),
    "Student's t, 5 degrees": ({}, lambda random, shape: random.standard_t(5, shape)),
    "Student's t, 5 degrees, anomaly_sensitivity 4": (
        {"anomaly_sensitivity": 4},
        lambda random, shape: random.standard_t(5, shape),
    ),
    "Student's t, 5 degrees, robust": ({"robust": True}, lambda random, shape: random.standard_t(5, shape)),
    "Poisson, mean 0.5": ({"distribution": "count"}, lambda random, shape: random.poisson(0.5, shape)),
    "Poisson, mean 5": ({"distribution": "count"}, lambda random, shape: random.poisson(5, shape)),
    "Poisson, mean 500": ({"distribution": "count"}, lambda random, shape: random.poisson(500, shape)),
    "negative binomial, mean 500, sd 70": (
        {"distribution": "count"},
        lambda random, shape: random.negative_binomial(55.8, 55.8 / 555.8, shape),
    ),
    "binomial, 2 % of 200": ({"distribution": "proportion"}, lambda random, shape: random.binomial(200, 0.02, shape)),
    "binomial, 30 % of 200": ({"distribution": "proportion"}, lambda random, shape: random.binomial(200, 0.3, shape)),
}


def alarms(folder: Path, series: int) -> Iterator[str]:
    """The table, a line at a time: per cent of points that fire though nothing happened."""
    cases = {
        f"{name}_{number}": {
            **DATA[label][0],
            "detected": number,
            "end": number + 1,
            "min_training_set_size": number,
        }
        for name, label in names().items()
        for number in TRAINED
    }
    queries = compiled(folder / "alarms", cases)
    yield f"| data | formula | {' | '.join(f'{number} points' for number in TRAINED)} |"
    yield f"| --- | --- |{' --- |' * len(TRAINED)}"
    for name, label in names().items():
        ours, theirs = [], []
        for number in TRAINED:
            one, other = rates(queries[f"{name}_{number}"], label, number, series)
            ours.append(one)
            theirs.append(other)
        yield line(label, "ours", ours)
        yield line(label, "Elementary", theirs)


def names() -> dict[str, str]:
    """A file's name for each kind of data."""
    return {f"data_{place}": label for place, label in enumerate(DATA)}


def line(label: str, formula: str, found: list[float | None]) -> str:
    """A row of the table."""
    cells = " | ".join("not judged" if rate is None else f"{100 * rate:.2f} %" for rate in found)
    return f"| {label} | {formula} | {cells} |"


def rates(query: str, label: str, number: int, series: int, seed: int = 1) -> tuple[float | None, float]:
    """Share of last points that fire, after `number` others: by our SQL, and by Elementary's formula."""
    random = np.random.default_rng([seed, number])
    values = DATA[label][1](random, (series, number + 1)).astype(float)
    trials = 200.0 if label.startswith("binomial") else 1.0
    with simulated(values / trials, trials) as connection:
        ours = connection.execute(
            f"select avg(case when is_anomaly then 1.0 else 0 end) filter (upper is not null) from ({query})"
            " where is_detected"
        ).fetchone()
        theirs = connection.execute(
            f"select avg(case when abs(score) > 3 then 1.0 else 0 end) from ({elementary()})"
            f" where bucket_index = {number}"
        ).fetchone()
    assert ours is not None and theirs is not None
    return ours[0], theirs[0]
