"""A suite of Great Expectations as the tests of a dbt model, and what of it has no counterpart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dataops.errors import SettingsError
from dataops.importers.conditions import UntranslatableError, as_sql, needs_quotes

_ROWS = ("mostly", "row_condition")
_LIMITS = ("min_value", "max_value", "strict_min", "strict_max")
_IGNORING = ("ignore_row_if", *_ROWS)


@dataclass(frozen=True)
class Counterpart:
    """A test: of a column, or of the whole table; what it needs, and what else it takes."""

    of_column: bool
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


def _of_values(*needs: str, takes: tuple[str, ...] = ()) -> Counterpart:
    return Counterpart(True, needs, (*takes, *_ROWS))


def _of_figure() -> Counterpart:
    return Counterpart(True, (), (*_LIMITS, "row_condition"))


def _of_columns(*needs: str, takes: tuple[str, ...] = ()) -> Counterpart:
    return Counterpart(False, needs, (*takes, *_IGNORING))


def _of_set(*takes: str) -> Counterpart:
    return Counterpart(True, ("value_set",), (*takes, "row_condition"))


COUNTERPARTS = {
    "expect_column_values_to_not_be_null": _of_values(),
    "expect_column_values_to_be_null": _of_values(),
    "expect_column_values_to_be_unique": _of_values(),
    "expect_column_values_to_be_in_set": _of_values("value_set"),
    "expect_column_values_to_not_be_in_set": _of_values("value_set"),
    "expect_column_values_to_be_between": _of_values(takes=_LIMITS),
    "expect_column_value_lengths_to_be_between": _of_values(takes=_LIMITS),
    "expect_column_value_lengths_to_equal": _of_values("value"),
    "expect_column_values_to_match_regex": _of_values("regex"),
    "expect_column_values_to_not_match_regex": _of_values("regex"),
    "expect_column_values_to_match_regex_list": _of_values("regex_list", takes=("match_on",)),
    "expect_column_values_to_not_match_regex_list": _of_values("regex_list"),
    "expect_column_value_z_scores_to_be_less_than": _of_values("threshold", takes=("double_sided",)),
    "expect_column_pair_values_to_be_equal": _of_columns("column_A", "column_B"),
    "expect_column_pair_values_a_to_be_greater_than_b": _of_columns("column_A", "column_B", takes=("or_equal",)),
    "expect_column_pair_values_to_be_in_set": _of_columns("column_A", "column_B", "value_pairs_set"),
    "expect_compound_columns_to_be_unique": _of_columns("column_list"),
    "expect_select_column_values_to_be_unique_within_record": _of_columns("column_list"),
    "expect_multicolumn_sum_to_equal": _of_columns("column_list", "sum_total"),
    "expect_column_min_to_be_between": _of_figure(),
    "expect_column_max_to_be_between": _of_figure(),
    "expect_column_mean_to_be_between": _of_figure(),
    "expect_column_median_to_be_between": _of_figure(),
    "expect_column_sum_to_be_between": _of_figure(),
    "expect_column_stdev_to_be_between": _of_figure(),
    "expect_column_unique_value_count_to_be_between": _of_figure(),
    "expect_column_proportion_of_unique_values_to_be_between": _of_figure(),
    "expect_column_proportion_of_non_null_values_to_be_between": _of_figure(),
    "expect_column_quantile_values_to_be_between": Counterpart(
        True, ("quantile_ranges",), ("allow_relative_error", "row_condition")
    ),
    "expect_column_most_common_value_to_be_in_set": _of_set("ties_okay"),
    "expect_column_distinct_values_to_be_in_set": _of_set(),
    "expect_column_distinct_values_to_contain_set": _of_set(),
    "expect_column_distinct_values_to_equal_set": _of_set(),
    "expect_column_to_exist": Counterpart(True, (), ("column_index",)),
    "expect_table_row_count_to_be_between": Counterpart(False, (), (*_LIMITS, "row_condition")),
    "expect_table_row_count_to_equal": Counterpart(False, ("value",), ("row_condition",)),
    "expect_table_column_count_to_be_between": Counterpart(False, (), ("min_value", "max_value")),
    "expect_table_column_count_to_equal": Counterpart(False, ("value",)),
    "expect_table_columns_to_match_ordered_list": Counterpart(False, ("column_list",)),
    "expect_table_columns_to_match_set": Counterpart(False, ("column_set",), ("exact_match",)),
}
"""The test of each expectation that has one; it has the expectation's name."""

REPORTING = frozenset({"batch_id", "result_format", "include_config", "catch_exceptions"})
"""Arguments of 0.18 that say how Great Expectations runs or prints, and nothing about the data."""


_EXPORT = "give the JSON of one suite: gx/expectations/<suite>.json, or what suite.to_json_dict() returns"


@dataclass(frozen=True)
class Expectation:
    """One expectation of a suite. `place` counts from 1; `severity` is critical, warning or info."""

    place: int
    kind: str
    arguments: dict[str, Any]
    severity: str = "critical"


@dataclass(frozen=True)
class Suite:
    """A named list of expectations."""

    name: str
    expectations: tuple[Expectation, ...]


def read_suites(path: Path) -> Suite:
    """The suite in a file. Raises SettingsError if there is none."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}", _EXPORT) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 text", _EXPORT) from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: not JSON: {error}", _EXPORT) from error
    if not isinstance(stored, dict) or not isinstance(stored.get("expectations"), list):
        raise SettingsError(f"{path}: no suite: it has no list `expectations`", _EXPORT)
    name = stored.get("name") or stored.get("expectation_suite_name") or path.stem
    expectations = (_expectation(path, place, each) for place, each in enumerate(stored["expectations"], 1))
    return Suite(str(name), tuple(expectations))


def _expectation(path: Path, place: int, stored: Any) -> Expectation:
    kind = stored.get("type") or stored.get("expectation_type") if isinstance(stored, dict) else None
    arguments = stored.get("kwargs") if kind else None
    if not isinstance(kind, str) or not isinstance(arguments, dict):
        raise SettingsError(f"{path}: expectation {place} has no type or no kwargs", _EXPORT)
    return Expectation(place, kind, arguments, str(stored.get("severity") or "critical"))


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
