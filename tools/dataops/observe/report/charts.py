"""The control charts of Elementary's page: what its charts read, from the points that our monitors stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dataops.observe.report.asked import Asked, Row

LENGTHS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}


def of(asked: Asked, which: str) -> dict[tuple[str, str, str], list[Row]]:
    """The charts of some results, each by invocation, test and metric; points are in order of time.

    `which`: SQL that joins the view `points` with those results.
    """
    found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for point in asked.rows(
        f"select * from points {which} where bucket is not null"  # noqa: S608
        " order by invocation_id, unique_id, metric, dimension, bucket"
    ):
        test = asked.manifest["nodes"].get(point["unique_id"])
        if test is not None:
            key = (point["invocation_id"], point["unique_id"], point["metric"])
            found[key].append(_drawn(point, test))
    return found


def described(metric: str, column: str | None, status: str, points: Sequence[Row]) -> str:
    """What a chart shows, in one sentence: its last point, or the last that is outside of its limits."""
    what = f"{metric} of {column}" if column else metric
    said = "within its control limits" if status == "pass" else "outside its control limits"
    shown = points if status == "pass" else [each for each in points if each["is_anomalous"]]
    if not shown:
        return f"{what} is {said}."
    last = max(shown, key=lambda each: str(each["start_time"]))
    lower, upper = (_number(last[name], "none") for name in ("min_metric_value", "max_metric_value"))
    where = f", {last['dimension']} {last['dimension_value']}" if last["dimension"] else ""
    return f"{what} is {_number(last['value'], 'missing')}{where}, {said}: {lower} to {upper} ({last['start_time']})."


def _drawn(point: Row, test: Mapping[str, Any]) -> Row:
    """One point with the names of Elementary. A limit that there is none of is drawn at the value."""
    given = test["test_metadata"]["kwargs"]
    bucket = given.get("time_bucket") or {}
    length = LENGTHS.get(bucket.get("period", "day"), LENGTHS["day"]) * int(bucket.get("count", 1))
    start: datetime = point["bucket"]
    dimensions = given.get("dimensions")
    value = point["value"]
    return {
        "value": value,
        "average": point["centre"],
        "min_value": point["lower"] if point["lower"] is not None else min(_known(value, point["centre"])),
        "max_value": point["upper"] if point["upper"] is not None else max(_known(value, point["centre"])),
        "start_time": start.isoformat(),
        "end_time": (start + length).isoformat(),
        "metric_name": point["metric"],
        "column_name": test.get("column_name"),
        "anomaly_score": point["score"],
        "metric_value": value,
        "min_metric_value": point["lower"],
        "max_metric_value": point["upper"],
        "training_avg": point["centre"],
        "training_set_size": point["training_set_size"],
        "bucket_start": start.isoformat(),
        "bucket_end": (start + length).isoformat(),
        "dimension": ", ".join([dimensions] if isinstance(dimensions, str) else dimensions or ()) or None,
        "dimension_value": point["dimension"],
        "is_anomalous": bool(point["is_anomaly"]),
    }


def _known(*values: float | None) -> list[float]:
    return [each for each in values if each is not None] or [0.0]


def _number(value: float | None, nothing: str) -> str:
    return nothing if value is None else f"{value:,.6g}"
