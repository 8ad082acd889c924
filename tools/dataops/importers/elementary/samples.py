"""The rows that tests returned: failing rows as samples, those of anomaly tests as points, no personal column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dataops.history.nodes import find
from dataops.history.records import Point, Sample
from dataops.history.survey import ONE_PERSON_S, moment
from dataops.importers.elementary.tables import Row
from dataops.project import statuses
from dataops.sql.lineage import ANY
from dataops.sql.privacy import Personal, shown

EVERYTHING = frozenset({ANY})


class Private:
    """Follows the SQL of runs from the oldest to the newest. Tags are those that the project has now."""

    def __init__(self, manifest: Any) -> None:
        self._manifest = manifest
        self._ran: dict[str, str] = {}
        self._personal = Personal(manifest, self._ran.get)
        self.needs_code = bool(self._personal.names)

    def happened(self, results: Iterable[Row]) -> None:
        """Note the SQL of a run's nodes. One that failed left its relation as it was; a test has none."""
        for row in results:
            kind, code = str(row.get("resource_type")), row.get("compiled_code")
            if kind == "test":
                # A test of which this run does not say the SQL must not be judged by that of another run.
                self._ran.pop(str(row["unique_id"]), None)
            if code and (kind == "test" or row["status"] in statuses.PASSED):
                self._ran[str(row["unique_id"])] = str(code)

    def columns(self, unique_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Personal columns by node, as `Personal.columns`: all of one that the project does not have any more."""
        wanted = list(unique_ids)
        known = [each for each in wanted if find(self._manifest, each) is not None]
        return {**dict.fromkeys(wanted, EVERYTHING), **self._personal.columns(known)}


ANOMALY = "anomaly_detection"
DBT = "dbt_test"
_LONGEST = 200
_WIDEST = 30


def rows(test: Row, stored: Iterable[Row]) -> list[Mapping[str, Any]]:
    """What a test returned, in its order; `stored` are its rows of `test_result_rows`.

    Earlier versions of the package keep them in a column of the test's own row.
    """
    texts = [each["result_row"] for each in sorted(stored, key=lambda row: int(row.get("row_index") or 0))]
    given = [loaded(text) for text in texts] or loaded(test.get("result_rows"))
    return [each for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []


def samples(
    identity: str, unique_id: str, returned: Iterable[Mapping[str, Any]], personal: frozenset[str]
) -> Iterator[Sample]:
    """Failing rows, without their personal columns."""
    for number, row in enumerate(returned, 1):
        names = list(row)[:_WIDEST]
        hidden = shown(names, personal)
        kept = {name: _cell(row[name]) for name in names if name not in hidden}
        yield Sample(identity, unique_id, number, json.dumps(kept, ensure_ascii=False), tuple(sorted(hidden)))


def points(
    identity: str, unique_id: str, returned: Iterable[Mapping[str, Any]], personal: frozenset[str]
) -> Iterator[Point]:
    """The scored values of an anomaly test. `personal`: columns of the node that it watches."""
    for given in returned:
        row = {str(name).lower(): value for name, value in given.items()}
        dimension, column = str(row.get("dimension") or "").lower(), str(row.get("column_name") or "").lower()
        # A value of which it is not said what it is a value of can be anybody's.
        of_somebody = any(name == ANY or name in dimension for name in personal) if dimension else bool(personal)
        if of_somebody and (dimension or row.get("dimension_value") is not None):
            continue
        metric = row.get("metric_name")
        if metric in ONE_PERSON_S and column and (column in personal or ANY in personal):
            continue
        is_anomaly = row.get("is_anomalous")
        yield Point(
            identity,
            unique_id,
            metric=None if metric is None else str(metric),
            dimension=None if row.get("dimension_value") is None else str(row["dimension_value"]),
            bucket=moment(row.get("bucket_start") or row.get("bucket_end")),
            value=number(row.get("metric_value")),
            centre=number(row.get("training_avg")),
            lower=number(row.get("min_metric_value")),
            upper=number(row.get("max_metric_value")),
            score=number(row.get("anomaly_score")),
            is_anomaly=None if is_anomaly is None else str(is_anomaly).lower() in ("true", "1"),
            training_set_size=None if (size := number(row.get("training_set_size"))) is None else int(size),
        )


def loaded(text: Any) -> Any:
    """JSON as the tables hold it; None of what is none. Some databases have a type for it and give it as values."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return None


def number(given: Any) -> float | None:
    """A number as a database or JSON writes it; None of what is none."""
    try:
        return None if given is None else float(given)
    except (TypeError, ValueError):
        return None


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
