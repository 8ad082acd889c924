"""An invocation that Elementary stored, its nodes' results and the ages of its sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dataops.history import nodes, observation
from dataops.history.observation import message
from dataops.history.records import Freshness, Invocation, Record, Result
from dataops.history.survey import moment
from dataops.importers.elementary.samples import loaded, number
from dataops.importers.elementary.tables import Row, Run
from dataops.project import statuses

_SERVICES = {"github_actions": "github", "dbt_cloud": "dbt cloud"}
_NOT_NODES = frozenset({"source"})
"""Of `dbt source freshness` the package stores each source twice: as a result, and its age."""


def invocation(run: Run, made: Iterable[Record], project: str, adapter: str) -> Invocation:
    """The invocation itself. Of one that has no row of its own, what its results tell."""
    told = run.told
    results = [each for each in made if isinstance(each, Result | Freshness)]
    starts = [each.started_at for each in results if isinstance(each, Result) and each.started_at]
    began = moment_of(told, "run_started_at") or min(starts, default=run.first)
    if began is None:
        raise ValueError(f"nothing says when {run.invocation_id} began")
    ended = moment(told["run_completed_at"]) if told.get("run_completed_at") else run.last
    threads = number(told.get("threads"))
    variables = loaded(told.get("invocation_vars"))
    return Invocation(
        invocation_id=run.invocation_id,
        command=_command(told, results),
        status="failed" if any(statuses.is_failure(each.status) for each in results) else "success",
        origin="elementary",
        started_at=began,
        finished_at=ended,
        seconds=(ended - began).total_seconds() if ended else None,
        planned=len(results),
        project=_word(told, "project_name") or project,
        profile=_word(told, "target_profile_name"),
        target=_word(told, "target_name"),
        adapter=adapter,
        database=_word(told, "target_database"),
        schema=_word(told, "target_schema"),
        threads=int(threads) if threads is not None else None,
        is_full_refresh=told.get("full_refresh"),
        selected=_selected(told),
        variables=tuple(sorted(str(name) for name in variables)) if isinstance(variables, Mapping) else (),
        dbt_version=_word(told, "dbt_version"),
        revision=_word(told, "git_sha"),
        user=_word(told, "dbt_user"),
        orchestrator=_SERVICES.get(service := _word(told, "orchestrator") or "", service) or None,
        job_name=_word(told, "job_name"),
        job_url=_word(told, "job_run_url") or _word(told, "job_url"),
        pull_request=_word(told, "pull_request_id"),
    )


def results(identity: str, manifest: Any, stored: Iterable[Row], tests: Mapping[str, Row]) -> Iterator[Result]:
    """Each node's result. `tests`: what the package says of tests, by unique id; some it may tell of there alone."""
    nodes = {str(row["unique_id"]): row for row in stored if row.get("resource_type") not in _NOT_NODES}
    alone = {key: {"status": row["status"], "failures": row.get("failures")} for key, row in tests.items()}
    for unique_id, row in {**alone, **nodes}.items():
        facts = _facts(manifest, unique_id, row, tests.get(unique_id, {}))
        status, compiling = str(row["status"]), moment_of(row, "compile_started_at")
        compiled, ran = moment_of(row, "compile_completed_at"), moment_of(row, "execute_started_at")
        failed_test = facts["kind"] == "test" and status in (*statuses.WARNED, *statuses.FAILED)
        yield Result(
            invocation_id=identity,
            unique_id=unique_id,
            status=status,
            message=message(manifest, unique_id, status, row.get("message")),
            started_at=compiling or ran,
            finished_at=moment_of(row, "execute_completed_at") or compiled,
            seconds=number(row.get("execution_time")),
            compile_seconds=(compiled - compiling).total_seconds() if compiled and compiling else None,
            thread=_word(row, "thread_id"),
            rows_affected=observation.affected(number(row.get("rows_affected"))),
            failures=None if (failures := number(row.get("failures"))) is None else int(failures),
            compiled_sql=observation.bounded_sql(row.get("compiled_code")) if failed_test else None,
            **facts,
        )


def freshness(identity: str, manifest: Any, stored: Iterable[Row]) -> Iterator[Freshness]:
    """How old sources were."""
    for row in stored:
        unique_id, status = str(row["unique_id"]), str(row["status"])
        began, ended = moment_of(row, "compile_started_at"), moment_of(row, "execute_completed_at")
        facts = nodes.source(manifest, unique_id)
        facts |= {"message": message(manifest, unique_id, status, row.get("error"))}
        facts |= observation.age(moment_of(row, "max_loaded_at"), number(row.get("max_loaded_at_time_ago_in_s")))
        yield Freshness(
            invocation_id=identity,
            unique_id=unique_id,
            status=status,
            checked_at=moment_of(row, "snapshotted_at") or moment_of(row, "generated_at"),
            warn_after_seconds=nodes.limit(loaded(row.get("warn_after"))),
            error_after_seconds=nodes.limit(loaded(row.get("error_after"))),
            seconds=(ended - began).total_seconds() if began and ended else None,
            **facts,
        )


def moment_of(row: Row, column: str) -> Any:
    """A time in a row, as text or as the database's own; None where it says none."""
    return moment(row[column]) if row.get(column) else None


def _command(told: Row, made: Iterable[Result | Freshness]) -> str:
    """The command as it is typed; dbt's own word for the second is another."""
    named = _word(told, "command")
    if named == "freshness" or (named is None and not any(isinstance(each, Result) for each in made)):
        return "source freshness"
    return named or "build"


def _facts(manifest: Any, unique_id: str, row: Row, test: Row) -> dict[str, Any]:
    """What the project says of a node; of one that it does not have any more, what the package said then."""
    facts = nodes.node(manifest, unique_id)
    then: dict[str, Any] = {"name": row.get("name"), "kind": row.get("resource_type")}
    if test:
        then |= {
            "tested": test.get("model_unique_id"),
            "column_name": test.get("column_name"),
            "test_name": test.get("test_short_name"),
            "test_type": test.get("test_sub_type") if test.get("test_type") == "dbt_test" else "generic",
            "severity": str(test["severity"]).lower() if test.get("severity") else None,
            "owners": _words(test.get("owners")),
            "tags": _words(test.get("tags")),
        }
    elif nodes.find(manifest, unique_id) is None:
        then |= {"materialized": row.get("materialization")}
    return {**{name: value for name, value in then.items() if value}, **{k: v for k, v in facts.items() if v}}


def _words(given: Any) -> tuple[str, ...]:
    listed = loaded(given)
    return tuple(dict.fromkeys(str(each) for each in listed)) if isinstance(listed, list) else ()


def _word(row: Row, column: str) -> str | None:
    return str(row[column]) if row.get(column) not in (None, "") else None


def _selected(told: Row) -> str:
    given = loaded(told.get("selected"))
    words = [word for each in (given if isinstance(given, list) else []) for word in ("--select", str(each))]
    selector = _word(told, "yaml_selector")
    return " ".join([*words, *(("--selector", selector) if selector else ())])
