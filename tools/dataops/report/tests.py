"""What tests found, control charts among it, in the rows that Elementary's page asks for, from the history."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from sys import intern
from typing import Any

from dataops.project import statuses
from dataops.report import nodes
from dataops.report.questions import LATEST, Asked, Row, iso, newest_results

LENGTHS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}


def chart_of(asked: Asked, which: str) -> dict[tuple[str, str, str], list[Row]]:
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


def described_chart(metric: str, column: str | None, status: str, points: Sequence[Row]) -> str:
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


class Tested:
    """The results of tests."""

    def __init__(self, asked: Asked) -> None:
        """Nothing is read yet."""
        self._asked = asked
        self._tests = nodes.tests(asked.manifest)

    def test_results(
        self,
        days_back: int,
        invocations_per_test: int,
        disable_passed_test_metrics: bool = False,
        skip_test_result_rows: bool = False,
    ) -> Iterator[Row]:
        """The results of each test. Only the last one of each has rows, a query and a chart."""
        newest_results(self._asked, days_back, min(invocations_per_test, self._asked.most))
        samples = {} if skip_test_result_rows else self._samples()
        queries = self._queries()
        drawn = chart_of(self._asked, LATEST)
        for row in self._asked.each("select * from told order by elementary_unique_id, invocations_rank_index desc"):
            if row["unique_id"] not in self._tests:
                continue
            points = drawn.get((row["invocation_id"], row["unique_id"], row["metric"]), ())
            answer = self._result(row, points)
            if row["invocations_rank_index"] == 1:
                key = (row["invocation_id"], row["unique_id"])
                if row["metric"] is None:
                    answer["sample_data"] = samples.get(key) if answer["status"] in statuses.OFFENDING else None
                    answer["test_results_query"] = queries.get(key)
                elif answer["status"] != "pass" or not disable_passed_test_metrics:
                    answer["sample_data"] = points or None
            yield answer

    def tests(self) -> list[Row]:
        """Every test with its last status."""
        last = {
            row["unique_id"]: row
            for row in self._asked.rows(
                """with dated as (
                    select unique_id, tests.status,
                        coalesce(tests.finished_at, ended.finished_at, ended.started_at) as ended_at
                    from tests left join invocations as ended using (invocation_id)
                    where test_type in ('generic', 'singular')
                )
                select unique_id, min(ended_at) as first, max(ended_at) as last, arg_max(status, ended_at) as status
                from dated group by all"""
            )
        }
        answers = []
        for key, test in self._tests.items():
            ran = last.get(key)
            kind, part = _kind(test["short_name"], None)
            answers.append(
                {
                    **test,
                    "test_type": kind,
                    "test_sub_type": part or test["type"],
                    "created_at": iso(ran["first"]) if ran else None,
                    "latest_run_time": iso(ran["last"]) if ran else None,
                    "latest_run_status": _status(ran["status"]) if ran else None,
                }
            )
        return answers

    def _result(self, row: Row, points: Sequence[Row]) -> Row:
        test = self._tests[row["unique_id"]]
        kind, part = _kind(test["short_name"], "dimension" if row["by_dimension"] else row["metric"])
        status = _status(row["status"])
        if row["metric"] is not None and status in statuses.OFFENDING and not row["fires"]:
            # Another metric of the same test is the one that failed.
            status = "pass"
        description = row["message"]
        if row["metric"] is not None:
            description = described_chart(row["metric"], test["column_name"], status, points)
        return {
            "id": f"{row['invocation_id']}.{row['elementary_unique_id']}",
            "invocation_id": intern(row["invocation_id"]),
            "test_execution_id": f"{row['invocation_id']}.{row['unique_id']}",
            "model_unique_id": test["model_unique_id"],
            "test_unique_id": test["unique_id"],
            "elementary_unique_id": intern(row["elementary_unique_id"]),
            "detected_at": iso(row["finished_at"]),
            "database_name": test["database_name"],
            "schema_name": test["schema_name"],
            "table_name": test["table_name"],
            "column_name": test["column_name"],
            "test_type": kind,
            "test_sub_type": part or test["type"],
            "test_results_description": (description or "").strip() or None,
            "test_description": test["description"],
            "original_path": test["original_path"],
            "package_name": test["package_name"],
            "owners": test["owners"],
            "model_owner": test["owners"],
            "tags": sorted({*test["tags"], *test["model_tags"]}),
            "test_tags": test["tags"],
            "model_tags": test["model_tags"],
            "meta": test["meta"],
            "model_meta": test["model_meta"],
            "test_results_query": None,
            "other": None,
            "test_name": test["short_name"],
            "test_params": test["test_params"],
            "severity": test["severity"],
            "status": intern(status),
            "execution_time": row["seconds"] if status != "skipped" else None,
            "days_diff": row["days_diff"],
            "invocations_rank_index": row["invocations_rank_index"],
            "failures": (row["failures"] or None) if kind == "dbt_test" else None,
            "sample_data": None,
        }

    def _samples(self) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self._asked.rows(f"select * from samples {LATEST} order by number"):  # noqa: S608
            found[row["invocation_id"], row["unique_id"]].append(json.loads(row["row"]))
        return found

    def _queries(self) -> dict[tuple[str, str], str]:
        rows = self._asked.rows(f"select invocation_id, unique_id, compiled_sql from tests {LATEST}")  # noqa: S608
        return {(row["invocation_id"], row["unique_id"]): row["compiled_sql"] for row in rows}


def _kind(short_name: str, metric: str | None) -> tuple[str, str | None]:
    """Elementary's type and sub-type of a test."""
    if metric is not None:
        return "anomaly_detection", metric
    if short_name.startswith("schema_changes"):
        return "schema_change", None
    return "dbt_test", None


def _status(status: str) -> str:
    """The word that Elementary's page knows: anything else is an error."""
    return status if status in (*statuses.COUNTED, *statuses.SKIPPED) else "error"
