"""`import elementary`: invocations that the package's tables tell of and the history does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from dataops.config import Settings
from dataops.history import journals
from dataops.history.files import now
from dataops.history.journals import FOLDER
from dataops.history.records import KIND_OF, Point, Record, Sample
from dataops.history.summary import Imported
from dataops.importers.elementary import runs, samples
from dataops.importers.elementary.samples import EVERYTHING, Private
from dataops.importers.elementary.tables import FRESHNESS, TESTS, Row, Run, Tables
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.store.location import Location
from dataops.warehouse import connect

_AT_ONCE = 5_000
"""Rows that are asked for together, unless one invocation has more."""

_SETTLED = timedelta(hours=1)
"""How long an invocation without its last row, which the package writes at its end, may still be under way."""


def imported(project: Project, settings: Settings, target: Target, schema: str | None, dry: bool) -> Imported:
    """Take over what is not in the history yet. `schema`: of the tables, where the project does not say; `dry`: look.

    Raises:
        DataopsError: there are no such tables, or the warehouse or the history cannot be reached.
    """
    place = Location(settings.state)
    manifest = project.parse(target).manifest
    with connect(project, target, manifest) as warehouse:
        tables = Tables(warehouse, manifest, str(project.credentials(target).database), schema)
        told = tables.runs()
        if not dry:
            journals.recover(place, project.root / FOLDER)
        known = journals.known(place, project.root)
        wanted = [run for run in told if run.invocation_id not in known]
        usable = [run for run in wanted if _is_complete(run)]
        left_out = [*tables.missing, *_left_out(wanted)]
        taken, counts = usable, Counter[str]()
        if not dry:
            taking = _Taking(tables, manifest, project.name, warehouse.adapter, settings.history.samples)
            taken = []
            for run, records in taking.of(told, frozenset(run.invocation_id for run in usable)):
                if not records:
                    left_out.append(f"the invocation {run.invocation_id}, of which no more than the id is there")
                    continue
                journals.keep(place, project.root, run.invocation_id, records)
                counts.update(KIND_OF[type(each)] for each in records)
                taken.append(run)
    began = [run.started_at for run in taken if run.started_at is not None]
    kinds = {kind: counts[kind] for kind in ("result", "sample", "point", "freshness")}
    before = len(told) - len(wanted)
    return Imported(len(taken), min(began, default=None), max(began, default=None), kinds, before, tuple(left_out))


def _is_complete(run: Run) -> bool:
    return _is_named(run) and run.started_at is not None and not _is_under_way(run)


def _is_named(run: Run) -> bool:
    """Whether its id can be a file's name."""
    return re.fullmatch(r"[\w-]{1,100}", run.invocation_id, re.ASCII) is not None


def _is_under_way(run: Run) -> bool:
    return not run.told and run.last is not None and now() - run.last < _SETTLED


def _left_out(wanted: Sequence[Run]) -> Iterator[str]:
    for run in wanted:
        if not _is_named(run):
            yield f"the invocation {run.invocation_id!r}, which is no id of dbt's"
        elif _is_under_way(run):
            yield f"the invocation {run.invocation_id}, which may be under way: import again when it has ended"
        elif run.started_at is None:
            yield f"the invocation {run.invocation_id}, of which nothing says when it began"


class _Taking:
    """Reads runs from the oldest to the newest, some at a time, and makes records of those that are wanted."""

    def __init__(self, tables: Tables, manifest: Any, project: str, adapter: str, samples: int) -> None:
        self._tables = tables
        self._manifest = manifest
        self._project = project
        self._adapter = adapter
        self._samples = samples
        self._private = Private(manifest)

    def of(self, told: Sequence[Run], wanted: frozenset[str]) -> Iterator[tuple[Run, list[Record]]]:
        # What is personal in a run follows from the SQL of those before it, the ones among them that are known already.
        followed = told if self._private.needs_code else [run for run in told if run.invocation_id in wanted]
        for several in _portions(followed):
            ids = [run.invocation_id for run in several]
            results = _by(self._tables.results(ids, self._private.needs_code), "invocation_id")
            asked = [identity for identity in ids if identity in wanted]
            freshness, tests = (_by(self._tables.of(name, asked), "invocation_id") for name in (FRESHNESS, TESTS))
            rows = _by(self._tables.failing_rows(asked), "elementary_test_results_id")
            for run in several:
                of_nodes = results.get(run.invocation_id, [])
                self._private.happened(of_nodes)
                if run.invocation_id in wanted:
                    ages = freshness.get(run.invocation_id, [])
                    yield run, list(self._records(run, of_nodes, ages, tests.get(run.invocation_id, []), rows))

    def _records(
        self, run: Run, nodes: list[Row], ages: list[Row], tests: list[Row], rows: dict[str, list[Row]]
    ) -> Iterator[Record]:
        worst = {str(test["test_unique_id"]): test for test in sorted(tests, key=lambda test: test["status"] != "pass")}
        made: list[Record] = list(runs.results(run.invocation_id, self._manifest, nodes, worst))
        made += runs.freshness(run.invocation_id, self._manifest, ages)
        if not made and not run.told:
            return
        yield runs.invocation(run, made, self._project, self._adapter)
        yield from made
        yield from self._returned(run, tests, rows)

    def _returned(self, run: Run, tests: list[Row], rows: dict[str, list[Row]]) -> Iterator[Sample | Point]:
        """The rows of dbt's own tests, and the points of anomaly tests: of several metrics each has a row."""
        given = [(test, samples.rows(test, rows.get(str(test["id"]), ()))) for test in tests]
        given = [(test, found) for test, found in given if found]
        failing = [str(test["test_unique_id"]) for test, _ in given]
        watched = [str(test["model_unique_id"]) for test, _ in given if test.get("model_unique_id")]
        personal = self._private.columns([*failing, *watched])
        for test, found in given:
            unique_id = str(test["test_unique_id"])
            if test.get("test_type") == samples.DBT:
                hidden = personal[unique_id]
                yield from samples.samples(run.invocation_id, unique_id, found[: self._samples], hidden)
            elif test.get("test_type") == samples.ANOMALY:
                hidden = personal.get(str(test.get("model_unique_id")), EVERYTHING)
                yield from samples.points(run.invocation_id, unique_id, found, hidden)


def _portions(told: Sequence[Run]) -> Iterator[list[Run]]:
    """Runs in their order, cut into portions of bounded size."""
    before, portions = 0, []
    for run in told:
        portions.append((before // _AT_ONCE, run))
        before += run.size + 1
    for _, several in groupby(portions, key=lambda each: each[0]):
        yield [run for _, run in several]


def _by(rows: Iterator[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row[column]), []).append(row)
    return found
