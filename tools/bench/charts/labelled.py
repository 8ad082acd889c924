"""Precision, recall and delay on real series whose incidents were labelled by those who run the service.

Microsoft's Cloud Monitoring Dataset (MIT licence, github.com/microsoft/cloud-monitoring-dataset): crash rates,
purchases, latencies, requests; by the hour, or by the minute and here averaged to hours. It is not in this repository.

The settings were chosen before the labels were looked at: seasons of the day and a fortnight of training, as for any
figure by the hour; every day is judged by the fortnight before it. The first week of a series only trains.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from bench.charts.engine import compiled, elementary, simulated
from bench.charts.smoothing import MissingError, forecast_scores

DAY, TRAINED, FIRST = 24, 14 * 24, 7 * 24
APART = 6  # hours: labels, or alarms, nearer than that are one incident, or one alarm
LATE = 3  # hours after an incident in which an alarm is still one of it

SEASONAL = {"seasonality": "hour_of_day", "time_bucket": {"period": "hour", "count": 1}, "detected": TRAINED}
OURS: dict[str, dict[str, Any]] = {
    "ours, Shewhart at 3": {},
    "ours, EWMA at 2.814": {"chart": "ewma"},
    "ours, CUSUM at 5": {"chart": "cusum"},
    "ours, Shewhart at 4.5": {"anomaly_sensitivity": 4.5},
}


@dataclass(frozen=True)
class Series:
    """A series by the hour from a midnight on; nan is unknown."""

    name: str
    values: Any
    labels: Any


def labelled(folder: Path, source: Path) -> Iterator[str]:
    """The table, a line for each formula."""
    found = [read(path) for path in sorted(source.glob("data/*/*.csv"))]
    if not found:
        yield f"{source} holds no data/*/*.csv: give a copy of github.com/microsoft/cloud-monitoring-dataset"
        return
    incidents = sum(len(joined(series.labels[FIRST:])) for series in found)
    weeks = sum(len(series.values) - FIRST for series in found) / 168
    yield f"{len(found)} series, {weeks:.0f} weeks of them judged, {incidents} incidents.\n"
    yield "| formula | alarms | precision | recall | F1 | mean delay, hours | clean hours that ring |\n|" + " --- |" * 7
    queries = compiled(folder / "labelled", {f"o{place}": {**SEASONAL, **it} for place, it in enumerate(OURS.values())})
    for place, name in enumerate(OURS):
        yield line(name, found, [ours(queries[f"o{place}"], series) for series in found])
    scores = [theirs(series) for series in found]
    for limit in (3.0, 2.5):
        yield line(f"Elementary at {limit:g}", found, [score > limit for score in scores])
    try:
        scores = [forecast_scores(series.values, DAY, TRAINED) for series in found]
    except MissingError as error:
        yield str(error)
        return
    for limit in (3.0, 4.5):
        yield line(f"Holt and Winters' smoothing at {limit:g}", found, [score > limit for score in scores])


def read(path: Path) -> Series:
    """A file of the set, as hours: the mean of the values in each, and whether any of them is labelled."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Value"]]
    hours = [int(moment(row["TimeStamp"]).timestamp()) // 3600 for row in rows]
    first = min(hours) // DAY * DAY
    number = max(hours) + 1 - first
    sums, counts, labels = np.zeros(number), np.zeros(number), np.zeros(number, dtype=bool)
    for hour, row in zip(hours, rows, strict=True):
        sums[hour - first] += float(row["Value"])
        counts[hour - first] += 1
        labels[hour - first] |= row["Label"] == "1"
    return Series(path.stem, np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), labels)


def moment(text: str) -> datetime:
    """A time of the set: its zone, where there is none, is UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=timezone.utc)


def days(values: Any) -> Any:
    """A row for each day: the fortnight before it, and the day itself."""
    number = -(-len(values) // DAY)
    padded = np.concatenate([np.full(TRAINED, np.nan), values, np.full(number * DAY - len(values), np.nan)])
    return np.lib.stride_tricks.sliding_window_view(padded, TRAINED + DAY)[::DAY]


def ours(query: str, series: Series) -> Any:
    """Whether each hour is an anomaly."""
    return by_hour(series, f"select is_anomaly from ({query}) where is_detected order by dimension, bucket") > 0


def theirs(series: Series) -> Any:
    """The score of each hour by Elementary's formula."""
    scores = f"select abs(score) from ({elementary(season=DAY)}) where bucket_index >= {TRAINED}"
    return by_hour(series, f"{scores} order by series, bucket_index")


def by_hour(series: Series, query: str) -> Any:
    """What a query says of each judged hour; 0 where it does not know."""
    with simulated(days(series.values)) as connection:
        found = [float(row[0] or 0) for row in connection.execute(query).fetchall()]
    return np.array(found[: len(series.values)])


def joined(marks: Any) -> list[tuple[int, int]]:
    """Runs of marked hours, first and last, those near each other as one."""
    runs: list[tuple[int, int]] = []
    for hour in np.flatnonzero(marks):
        if runs and hour - runs[-1][1] <= APART:
            runs[-1] = (runs[-1][0], int(hour))
        else:
            runs.append((int(hour), int(hour)))
    return runs


def line(name: str, found: list[Series], alarms: list[Any]) -> str:
    """A formula's row: alarms that overlap an incident are right, incidents that an alarm overlaps are seen.

    An hour is clean that is further from any label than alarms may be apart.
    """
    raised = right = seen = incidents = clean = rung = 0
    delays: list[int] = []
    for series, marks in zip(found, alarms, strict=True):
        real, told = joined(series.labels[FIRST:]), joined(marks[FIRST:])
        raised, incidents = raised + len(told), incidents + len(real)
        right += sum(any(first <= end + LATE and last >= start for start, end in real) for first, last in told)
        hours = np.flatnonzero(marks[FIRST:])
        quiet = ~np.convolve(series.labels, np.ones(2 * APART + 1), "same").astype(bool)[FIRST:]
        quiet &= ~np.isnan(series.values[FIRST:])
        clean, rung = clean + int(quiet.sum()), rung + int((marks[FIRST:].astype(bool) & quiet).sum())
        for start, end in real:
            inside = hours[(hours >= start) & (hours <= end + LATE)]
            if len(inside):
                seen += 1
                delays.append(int(inside[0]) - start)
    precision, recall = right / max(raised, 1), seen / incidents
    both = 2 * precision * recall / (precision + recall) if right else 0.0
    delay = f"{np.mean(delays):.1f}" if delays else "none seen"
    figures = f"{raised} | {precision:.0%} | {recall:.0%} | {both:.2f} | {delay} | {rung / clean:.1%}"
    return f"| {name} | {figures} |"
