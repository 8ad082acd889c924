"""A dbt project with every case as an imported test, and what a warehouse answers to each."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from dataops.importers.expectations import Expectation, Suite, imported
from tests.expectations import cases
from tests.monitors.package import Watched, write

ANSWERS: dict[str, Any] = json.loads((Path(__file__).parent / "answers.json").read_text(encoding="utf-8"))["suites"]

Found = tuple[list[str], list[tuple[Any, ...]]]
"""The names of a result's columns, and its rows."""

Run = Callable[[str], Found]


@dataclass(frozen=True)
class Case:
    """An expectation about a table, under the name of its dbt test, with what Great Expectations answered."""

    name: str
    table: str
    expectation: dict[str, Any]
    answer: dict[str, Any]

    @property
    def test(self) -> tuple[str | None, dict[str, Any]]:
        """The column that it is about, and the imported test."""
        stored = Expectation(1, self.expectation["type"], self.expectation["kwargs"])
        made = imported(Suite("asked", (stored,)), self.table)
        assert not made.left_out, made.left_out
        (model,) = yaml.safe_load(made.text)["models"]
        column = model["columns"][0] if "columns" in model else None
        ((kind, body),) = (column or model)["data_tests"][0].items()
        return column and column["name"], {kind: {**body, "name": self.name}}


def all_cases() -> list[Case]:
    return [
        Case(f"{table}_{place}", table, expectation, answer)
        for table, suite in ANSWERS.items()
        for place, (expectation, answer) in enumerate(zip(suite["expectations"], suite["answers"], strict=True))
    ]


def watch(project: Watched, chosen: list[Case]) -> None:
    """Sources with the tests of some cases."""
    tables = {name: {"name": name, "data_tests": [], "columns": []} for name in cases.TABLES}
    for case in chosen:
        column, test = case.test
        if column is None:
            tables[case.table]["data_tests"].append(test)
        else:
            quoted = {"quote": True} if column in ("Größe", "select") else {}
            tables[case.table]["columns"].append({"name": column, **quoted, "data_tests": [test]})
    sources = [{"name": "raw", "schema": "raw", "tables": list(tables.values())}]
    write(project.folder / "models" / "sources.yml", {"version": 2, "sources": sources})


def fill(run: Run) -> None:
    """The tables of the cases in a warehouse."""
    run("create schema raw")
    for name, table in cases.TABLES.items():
        columns = ", ".join(f'"{column}" {kind}' for column, kind in table["columns"].items())
        run(f"create table raw.{name} ({columns})")
        if table["rows"]:
            rows = ", ".join("(" + ", ".join(map(literal, row)) + ")" for row in table["rows"])
            run(f"insert into raw.{name} values {rows}")


def literal(value: Any) -> str:
    if value is None:
        return "null"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def answers(project: Watched, run: Run) -> dict[str, dict[str, Any]]:
    """What each test finds. They are compiled by dbt, and run without it: dbt takes minutes for so many."""
    return {node.name: answer(run, node.compiled_code, node.config.fail_calc) for node in compiled(project)}


def compiled(project: Watched, *options: str, manifest: Manifest | None = None) -> list[Any]:
    """The project's tests with their SQL."""
    folders = ["--project-dir", str(project.folder), "--profiles-dir", str(project.folder)]
    ran = dbtRunner(manifest=manifest).invoke(["compile", "--quiet", *options, *folders])
    assert ran.success, ran.exception
    return [each.node for each in ran.result.results if each.node.resource_type == "test"]


def answer(run: Run, query: str, fail_calc: str) -> dict[str, Any]:
    """Whether dbt would see failures, and the rows that the test returns."""
    _, ((failures,),) = run(f"select {fail_calc} from ({query}) as test")
    names, rows = run(query)
    return {"success": failures == 0, "rows": [dict(zip(names, row, strict=True)) for row in rows]}


def in_its_words(case: Case, found: dict[str, Any]) -> dict[str, Any]:
    """What our test found, by the names under which Great Expectations answers, as far as it does."""
    rows = found["rows"]
    told = {"success": found["success"]}
    if "expectation_element_count" in (rows[0] if rows else {}):
        names = ("element_count", "missing_count", "unexpected_count")
        told |= {name: rows[0][f"expectation_{name}"] for name in names}
        unexpected = [row for row in rows if row["expectation_is_unexpected"]]
        assert len(unexpected) == told["unexpected_count"], case
    elif "distinct_values" in case.expectation["type"]:
        told |= {
            f"{finding}_count": sum(row["finding"] == finding for row in rows) for finding in ("unexpected", "missing")
        }
        told["observed_value"] = None
    elif "quantile" in case.expectation["type"]:
        values = [row["observed_value"] for row in rows]
        told["observed_value"] = {"quantiles": [float(row["quantile"]) for row in rows], "values": values}
    elif "most_common" in case.expectation["type"]:
        # Great Expectations lists all values that are equally common, the test says how many there are.
        told["observed_value"] = rows[0]["equally_common"]
    elif rows and "observed_value" in rows[0]:
        told["observed_value"] = rows[0]["observed_value"]
    return told


def comparable(case: Case) -> dict[str, Any]:
    """Great Expectations' answer as far as a query can give it: without lists of columns, and times as times."""
    answer = dict(case.answer)
    kind = case.expectation["type"]
    if "most_common" in kind:
        answer["observed_value"] = len(answer["observed_value"])
    elif kind.startswith("expect_table_columns") or kind == "expect_column_to_exist":
        answer.pop("observed_value", None)
    elif isinstance(answer.get("observed_value"), str):
        answer["observed_value"] = datetime.fromisoformat(answer["observed_value"])
    return answer


def alike(one: Any, other: Any) -> bool:
    """The same, floating-point numbers to nine digits: engines add up in other orders."""
    if isinstance(one, dict):
        return all(alike(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and other is not None:
        return math.isclose(one, float(other), rel_tol=1e-9)
    return bool(one == other)
