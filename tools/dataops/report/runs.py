"""What ran, in the rows that Elementary's page asks for, from the history: models, source freshness, invocations."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from dataops.project.owners import owners
from dataops.project.statuses import GOOD, IDLE, SKIPPED, sql
from dataops.report.questions import MODELS, Asked, Row, iso, newest

FRESHNESS = """
    select
        *,
        rank() over (partition by unique_id order by checked_at desc) as invocations_rank_index
    from freshness
    where checked_at >= $now::timestamp - to_days($days)
    qualify invocations_rank_index <= $most
    order by unique_id, invocations_rank_index desc
"""

RUNS = f"""
    select
        unique_id, invocation_id, name, results.schema,
        case when results.status in {sql((*GOOD, *SKIPPED))} then results.status else 'error' end as status,
        case when results.status = 'success' then round(results.seconds, 1) else 0 end as execution_time,
        coalesce(is_full_refresh, false) as full_refresh, materialized as materialization,
        null as compiled_code, newest.finished_at as generated_at
    from results
    join newest using (invocation_id, unique_id)
    left join invocations using (invocation_id)
    order by generated_at, unique_id
"""  # noqa: S608

LATEST = f"""
    select
        unique_id,
        arg_max(invocation_id, coalesce(results.finished_at, ended.finished_at, ended.started_at)) as invocation_id
    from results
    left join invocations as ended using (invocation_id)
    where results.kind = 'model' and results.status not in {sql(IDLE)}
    group by all
"""  # noqa: S608


class Ran:
    """Runs of models and of source freshness, and the invocations that they belong to."""

    def __init__(self, asked: Asked) -> None:
        """Nothing is read yet."""
        self._asked = asked

    def freshness(self, days_back: int, invocations_per_test: int) -> list[Row]:
        """The results of `source freshness`."""
        answers = []
        for row in self._asked.rows(FRESHNESS, days=days_back, most=min(invocations_per_test, self._asked.most)):
            source = self._asked.manifest["sources"].get(row["unique_id"])
            if source is None:
                continue
            limits = source.get("freshness") or {}
            answers.append(
                {
                    "source_freshness_execution_id": f"{row['invocation_id']}.{row['unique_id']}",
                    "unique_id": row["unique_id"],
                    "max_loaded_at": iso(row["max_loaded_at"]),
                    "generated_at": iso(row["checked_at"]),
                    "snapshotted_at": iso(row["checked_at"]),
                    "status": {"pass": "pass", "warn": "warn", "error": "fail"}.get(row["status"], "error"),
                    "original_status": row["status"],
                    "error": row["message"],
                    "invocation_id": row["invocation_id"],
                    "database_name": source["database"],
                    "schema_name": source["schema"],
                    "source_name": source["source_name"],
                    "table_name": source["name"],
                    "test_type": "source_freshness",
                    "test_sub_type": "freshness",
                    "loaded_at_field": source.get("loaded_at_field"),
                    "meta": source["meta"],
                    "owners": list(owners(self._asked.manifest, source)),
                    "tags": source["tags"],
                    "error_after": limits.get("error_after"),
                    "warn_after": limits.get("warn_after"),
                    "filter": limits.get("filter"),
                    "relation_name": source["relation_name"],
                    "invocations_rank_index": row["invocations_rank_index"],
                    "max_loaded_at_time_ago_in_s": row["age_seconds"],
                    "freshness_description": "The age of the newest row, against the limits of the source.",
                }
            )
        return answers

    def runs(self, days_back: int, **_: Any) -> list[Row]:
        """Each run of each model."""
        newest(self._asked, MODELS, days_back, self._asked.most)
        return [
            {**row, "generated_at": iso(row["generated_at"])}
            for row in self._asked.rows(RUNS)
            if row["unique_id"] in self._asked.manifest["nodes"]
        ]

    def latest_of_each_model(self) -> list[Row]:
        """In which invocation each model was last run."""
        return self._latest

    def invocations_of_models(self) -> list[Row]:
        """The invocations in which some model was last run."""
        last = {row["invocation_id"] for row in self._latest}
        return [
            _invocation(row) for row in self._asked.rows("select * from invocations") if row["invocation_id"] in last
        ]

    @cached_property
    def _latest(self) -> list[Row]:
        return self._asked.rows(LATEST)

    def invocation_of_tests(
        self, invocation_id: str | None = None, invocation_max_time: str | None = None
    ) -> list[Row]:
        """The last invocation that ran tests; or that one; or the last before a time."""
        found = self._asked.rows(
            """select invocations.*, tests.finished_at as detected_at
            from invocations join tests using (invocation_id)
            where ($id is null or invocation_id = $id)
                and ($before is null or tests.finished_at < $before::timestamp)
            order by tests.finished_at desc limit 1""",
            id=invocation_id,
            before=invocation_max_time,
        )
        return [{**_invocation(row), "detected_at": iso(row["detected_at"])} for row in found]

    def latest_invocation(self) -> list[Row]:
        """The last invocation of all."""
        found = self._asked.rows("select * from invocations order by started_at desc limit 1")
        return [
            {
                **_invocation(row),
                "project_name": row["project"],
                "target_name": row["target"],
                "elementary_version": None,
            }
            for row in found
        ]


def _invocation(row: Row) -> Row:
    return {
        "invocation_id": row["invocation_id"],
        "command": row["command"],
        "selected": json.dumps((row["selected"] or "").split()),
        "full_refresh": bool(row["is_full_refresh"]),
        "job_url": row["job_url"],
        "job_name": row["job_name"],
        "job_id": None,
        "job_run_id": None,
        "job_run_url": row["job_url"],
        "orchestrator": row["orchestrator"],
    }
