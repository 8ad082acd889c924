"""A suite of Great Expectations as the tests of a dbt model, and what of it has no counterpart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from dataops.adopting.columns import needs_quotes
from dataops.adopting.conditions import UntranslatableError, as_sql
from dataops.adopting.counterparts import COUNTERPARTS, REPORTING
from dataops.adopting.suites import Expectation, Suite

PREFIX = "dataops_toolkit"
_RENDERED = re.compile("{[{%#]|[#%}]}")
"""What makes dbt render a text."""
_LOST = re.compile("{{|{%|{#|\r\n?|\n")


@dataclass(frozen=True)
class LeftOut:
    """An expectation without a test: its place in the suite, its type, and why."""

    place: int
    kind: str
    reason: str


@dataclass(frozen=True)
class Imported:
    """dbt's YAML, how many tests are in it, and what is not."""

    text: str
    tests: int
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class _Test:
    column: str | None
    kind: str
    arguments: dict[str, Any]
    warns: bool

    @property
    def entry(self) -> dict[str, Any]:
        body: dict[str, Any] = {"arguments": self.arguments} if self.arguments else {}
        if self.warns:
            body["config"] = {"severity": "warn"}
        return {f"{PREFIX}.{self.kind}": body}


def imported(suite: Suite, model: str) -> Imported:
    """The tests of a model that check what a suite expects."""
    tests: dict[str, _Test] = {}
    left_out = []
    for expectation in suite.expectations:
        try:
            test = _test(expectation)
        except UntranslatableError as error:
            left_out.append(LeftOut(expectation.place, expectation.kind, str(error)))
            continue
        # dbt takes the same test of the same column only once; the stricter of two stays.
        key = repr((test.kind, test.column, test.arguments))
        if key not in tests or tests[key].warns:
            tests[key] = test
    return Imported(_yaml(model, list(tests.values())), len(tests), tuple(left_out))


def _test(expectation: Expectation) -> _Test:
    counterpart = COUNTERPARTS.get(expectation.kind)
    if counterpart is None:
        raise UntranslatableError("no test of this type")
    given = {name: value for name, value in expectation.arguments.items() if value is not None}
    parser = given.pop("condition_parser", None)
    column = given.pop("column", None) if counterpart.of_column else None
    known = {*counterpart.needs, *counterpart.takes, *REPORTING}
    for name, value in given.items():
        if name not in known:
            raise UntranslatableError(f"argument {name} has no counterpart")
        if "$PARAMETER" in str(value):
            raise UntranslatableError(f"argument {name} is a parameter of the run")
    for name in ("column",) * (counterpart.of_column and not isinstance(column, str)) + counterpart.needs:
        if name == "column" or name not in given:
            raise UntranslatableError(f"argument {name} is missing")
    if "row_condition" in given:
        given["row_condition"] = as_sql(given["row_condition"], parser)
    arguments = {name: _escaped(given[name]) for name in (*counterpart.needs, *counterpart.takes) if name in given}
    return _Test(column, expectation.kind, arguments, expectation.severity != "critical")


def _escaped(value: Any) -> Any:
    """The same value where dbt renders text as Jinja, which takes a last line end off and makes others its own."""
    if isinstance(value, str):
        return _LOST.sub(lambda lost: "{{ " + repr(lost[0]) + " }}", value) if _RENDERED.search(value) else value
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    if isinstance(value, dict):
        return {name: _escaped(each) for name, each in value.items()}
    return value


def _yaml(model: str, tests: list[_Test]) -> str:
    columns: dict[str, list[dict[str, Any]]] = {}
    for test in tests:
        if test.column is not None:
            columns.setdefault(test.column, []).append(test.entry)
    entry: dict[str, Any] = {"name": model}
    if of_table := [test.entry for test in tests if test.column is None]:
        entry["data_tests"] = of_table
    if columns:
        entry["columns"] = [{**_column(name), "data_tests": each} for name, each in columns.items()]
    document = {"version": 2, "models": [entry]}
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _column(name: str) -> dict[str, Any]:
    return {"name": name, "quote": True} if needs_quotes(name) else {"name": name}


class _Dumper(yaml.SafeDumper):
    """YAML as people write it: lists indented, short lists of values on one line, nothing by reference."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _sequence(dumper: _Dumper, values: list[Any]) -> yaml.Node:
    flat = not any(isinstance(each, dict) for each in _leaves(values))
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=flat)


def _leaves(values: list[Any]) -> Iterator[Any]:
    for each in values:
        if isinstance(each, list):
            yield from _leaves(each)
        else:
            yield each


_Dumper.add_representer(list, _sequence)
