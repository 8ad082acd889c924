"""Elementary's tables in the warehouse: which are there, which runs they tell of, and what they say of some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dataops.errors import SettingsError
from dataops.history.survey import moment
from dataops.project import statuses
from dataops.project.slices import Place, places
from dataops.warehouse import Warehouse

PACKAGE = "elementary"

INVOCATIONS = "dbt_invocations"
RESULTS = "dbt_run_results"
TESTS = "elementary_test_results"
ROWS = "test_result_rows"
FRESHNESS = "dbt_source_freshness_results"

_COLUMNS = {
    INVOCATIONS: (
        *("invocation_id", "run_started_at", "run_completed_at", "command", "dbt_version", "full_refresh"),
        *("invocation_vars", "target_name", "target_database", "target_schema", "target_profile_name", "threads"),
        *("selected", "yaml_selector", "project_name", "job_name", "job_url", "job_run_url", "orchestrator"),
        *("pull_request_id", "git_sha", "dbt_user"),
    ),
    RESULTS: (
        *("invocation_id", "unique_id", "status", "name", "message", "resource_type", "execution_time", "failures"),
        *("execute_started_at", "execute_completed_at", "compile_started_at", "compile_completed_at", "generated_at"),
        *("rows_affected", "thread_id", "materialization", "compiled_code"),
    ),
    TESTS: (
        *("invocation_id", "id", "test_unique_id", "status", "model_unique_id", "detected_at", "column_name"),
        *("test_type", "test_sub_type", "test_short_name", "severity", "failures", "owners", "tags", "result_rows"),
    ),
    ROWS: ("elementary_test_results_id", "result_row", "row_index"),
    FRESHNESS: (
        *("invocation_id", "unique_id", "status", "max_loaded_at", "snapshotted_at", "generated_at", "error"),
        *("max_loaded_at_time_ago_in_s", "warn_after", "error_after", "execute_started_at", "execute_completed_at"),
        "compile_started_at",
    ),
}
_NEEDED = {
    # Without these a table's rows say nothing.
    INVOCATIONS: {"invocation_id"},
    RESULTS: {"invocation_id", "unique_id", "status"},
    TESTS: {"invocation_id", "id", "test_unique_id", "status"},
    ROWS: {"elementary_test_results_id", "result_row"},
    FRESHNESS: {"invocation_id", "unique_id", "status"},
}
_WRITTEN_AT = {RESULTS: "generated_at", TESTS: "detected_at", FRESHNESS: "generated_at"}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """An invocation that the tables tell of: `told`, its row of `dbt_invocations`; `first` and `last`, when the rest of
    it was written; `size`, how many rows that is.
    """

    invocation_id: str
    told: Row
    first: datetime | None = None
    last: datetime | None = None
    size: int = 0

    @property
    def started_at(self) -> datetime | None:
        """When it began, as far as is known."""
        return moment(self.told["run_started_at"]) if self.told.get("run_started_at") else self.first


@dataclass(frozen=True)
class _Table:
    sql: str
    columns: tuple[str, ...]


class Tables:
    """The tables of one project. `missing`: what is not there, table or column."""

    def __init__(self, warehouse: Warehouse, manifest: Any, database: str, schema: str | None) -> None:
        """Look for them where the project's package puts them, or in `schema`.

        Raises:
            SettingsError: none is there, or nobody knows where they would be.
            WarehouseError: the warehouse cannot be asked.
        """
        self._warehouse = warehouse
        wanted = dict(_wanted(manifest, database, schema))
        if not wanted:
            raise SettingsError(
                "the project does not use Elementary's dbt package", "name the schema of its tables: --schema NAME"
            )
        there = warehouse.existing(wanted)
        if not there.keys() & {RESULTS, TESTS, FRESHNESS}:
            where = sorted({f"{place.database}.{place.schema}" for place in wanted.values()})
            raise SettingsError(
                f"there are no tables of Elementary in {', '.join(where)}",
                "name production's target (--target), or the schema of the tables (--schema NAME)",
            )
        self.missing: list[str] = [f"no table {name}" for name in _COLUMNS if name not in there]
        self._tables = {name: table for name, place in there.items() if (table := self._table(name, place))}

    def _table(self, name: str, place: Place) -> _Table | None:
        known = _COLUMNS[name]
        held = {column.lower() for column in self._warehouse.columns(place)}
        lacking = [column for column in known if column not in held]
        if lacking:
            self.missing.append(f"no column {', '.join(lacking)} in {name}")
        if _NEEDED[name] & set(lacking):
            return None
        return _Table(self._warehouse.rendered(place), tuple(column for column in known if column in held))

    def runs(self) -> list[Run]:
        """Every invocation that they tell of, the oldest first; those that began at no known time at last."""
        found = {str(row["invocation_id"]): Run(str(row["invocation_id"]), row) for row in self._rows(INVOCATIONS)}
        for name, column in _WRITTEN_AT.items():
            table = self._tables.get(name)
            if table is None:
                continue
            at = column if column in table.columns else "null"
            sql = f"select invocation_id, min({at}), max({at}), count(*) from {table.sql} group by invocation_id"  # noqa: S608
            for identity, first, last, size in self._warehouse.rows(sql):
                if identity is None:
                    continue
                run = found.get(str(identity), Run(str(identity), {}))
                starts = [each for each in (run.first, moment(first) if first else None) if each]
                ends = [each for each in (run.last, moment(last) if last else None) if each]
                found[str(identity)] = Run(
                    str(identity), run.told, min(starts, default=None), max(ends, default=None), run.size + int(size)
                )
        return sorted(found.values(), key=lambda run: (run.started_at or datetime.max, run.invocation_id))

    def of(self, name: str, invocations: Sequence[str]) -> Iterator[Row]:
        """A table's rows of some invocations; none if the table is not there."""
        return self._rows(name, f"where invocation_id in ({_listed(invocations)})") if invocations else iter(())

    def results(self, invocations: Sequence[str], all_code: bool) -> Iterator[Row]:
        """The results of some invocations; most of such a table is compiled SQL, and often that of failures will do."""
        table = self._tables.get(RESULTS)
        if table is None or not invocations:
            return iter(())
        failed = f"case when status in {statuses.sql((*statuses.WARNED, *statuses.FAILED))} then compiled_code end"
        code = {} if all_code or "compiled_code" not in table.columns else {"compiled_code": failed}
        return self._rows(RESULTS, f"where invocation_id in ({_listed(invocations)})", code)

    def failing_rows(self, invocations: Sequence[str]) -> Iterator[Row]:
        """What tests of some invocations returned."""
        tests = self._tables.get(TESTS)
        if tests is None or not invocations:
            return iter(())
        ids = f"select id from {tests.sql} where invocation_id in ({_listed(invocations)})"  # noqa: S608
        return self._rows(ROWS, f"where elementary_test_results_id in ({ids})")

    def _rows(self, name: str, where: str = "", instead: Mapping[str, str] | None = None) -> Iterator[Row]:
        table = self._tables.get(name)
        if table is None:
            return
        names, instead = table.columns, instead or {}
        listed = ", ".join(instead.get(column, column) for column in names)
        for row in self._warehouse.rows(f"select {listed} from {table.sql} {where}"):  # noqa: S608
            yield dict(zip(names, row, strict=True))


def _wanted(manifest: Any, database: str, schema: str | None) -> Iterator[tuple[str, Place]]:
    if schema is not None:
        for name in _COLUMNS:
            yield name, Place(database, schema, name, "model", "table", name)
        return
    for unique_id, place in places(manifest).items():
        if place.name in _COLUMNS and unique_id == f"model.{PACKAGE}.{place.name}":
            yield place.name, place


def _listed(texts: Iterable[str]) -> str:
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
