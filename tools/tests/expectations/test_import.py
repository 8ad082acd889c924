"""`dataops import expectations`: the YAML, what is left out and why, what cannot be read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.clients.jinja import get_rendered

from dataops.cli import main
from dataops.importers.conditions import RESERVED, UntranslatableError, as_sql
from dataops.importers.expectations import COUNTERPARTS
from tests.monitors.package import PACKAGE

NULLS = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "order_id"}}


def stored(folder: Path, *expectations: Any, **others: Any) -> Path:
    file = folder / "suite.json"
    file.write_text(json.dumps({"name": "orders", "expectations": expectations, **others}), encoding="utf-8")
    return file


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["import", "expectations", *words])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize("regex", ["{{1}}", "{{'a': 1}}", "{{{a}}}", "{#", "{%x%}\r\nb", "x{{\n", "}}\n", "{{ '{' }}"])
def test_what_dbt_makes_of_an_argument_is_what_the_suite_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], regex: str
) -> None:
    kwargs = {"column": "code", "regex": regex}
    run(str(stored(tmp_path, {"type": "expect_column_values_to_match_regex", "kwargs": kwargs})), "--model", "m")
    (test,) = yaml.safe_load(capsys.readouterr().out)["models"][0]["columns"][0]["data_tests"]
    written = test["dataops_toolkit.expect_column_values_to_match_regex"]["arguments"]["regex"]
    assert get_rendered(written, {}, native=True) == regex


def test_a_suite_becomes_tests_of_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = stored(
        tmp_path,
        {**NULLS, "severity": "warning", "meta": {"owner": "us"}, "id": "e4b1"},
        NULLS,
        {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1, "max_value": None}},
        {
            "type": "expect_column_values_to_match_regex",
            "kwargs": {"column": "Code", "regex": "^{{.*}}$", "mostly": 0.9},
        },
        {
            "type": "expect_column_max_to_be_between",
            "kwargs": {
                "column": "amount",
                "max_value": 10,
                "row_condition": 'col("kind") == "a"',
                "condition_parser": "x",
            },
        },
    )
    assert run(str(file), "--model", "fct_orders") == 0
    ran = capsys.readouterr()
    assert ran.err == "4 tests of 5 expectations\n"
    raw = "^{{ '{{' }}.*}}$"
    assert yaml.safe_load(ran.out) == {
        "version": 2,
        "models": [
            {
                "name": "fct_orders",
                "data_tests": [
                    {"dataops_toolkit.expect_table_row_count_to_be_between": {"arguments": {"min_value": 1}}}
                ],
                "columns": [
                    {"name": "order_id", "data_tests": [{"dataops_toolkit.expect_column_values_to_not_be_null": {}}]},
                    {
                        "name": "Code",
                        "quote": True,
                        "data_tests": [
                            {
                                "dataops_toolkit.expect_column_values_to_match_regex": {
                                    "arguments": {"regex": raw, "mostly": 0.9}
                                }
                            }
                        ],
                    },
                    {
                        "name": "amount",
                        "data_tests": [
                            {
                                "dataops_toolkit.expect_column_max_to_be_between": {
                                    "arguments": {"max_value": 10, "row_condition": "kind = 'a'"}
                                }
                            }
                        ],
                    },
                ],
            }
        ],
    }


def test_a_warning_stays_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(stored(tmp_path, {**NULLS, "severity": "warning"}))) == 0
    (model,) = yaml.safe_load(capsys.readouterr().out)["models"]
    assert model["name"] == "orders"
    assert model["columns"][0]["data_tests"] == [
        {"dataops_toolkit.expect_column_values_to_not_be_null": {"config": {"severity": "warn"}}}
    ]


def test_what_has_no_counterpart_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def between(**arguments: Any) -> dict[str, Any]:
        return {"type": "expect_column_values_to_be_between", "kwargs": {"column": "amount", **arguments}}

    file = stored(
        tmp_path,
        NULLS,
        {"type": "expect_column_values_to_be_increasing", "kwargs": {"column": "amount"}},
        between(min_value=1, old_dates=True),
        between(min_value={"$PARAMETER": "least"}),
        between(min_value=1, row_condition="amount.str.len() > 3", condition_parser="pandas"),
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "amount"}},
        {"type": "expect_column_values_to_be_unique", "kwargs": {}},
    )
    assert run(str(file)) == 1
    ran = capsys.readouterr()
    assert ran.err.splitlines() == [
        "1 test of 7 expectations",
        "left out: expectation 2, expect_column_values_to_be_increasing: no test of this type",
        "left out: expectation 3, expect_column_values_to_be_between: argument old_dates has no counterpart",
        "left out: expectation 4, expect_column_values_to_be_between: argument min_value is a parameter of the run",
        "left out: expectation 5, expect_column_values_to_be_between: row_condition 'amount.str.len()'",
        "left out: expectation 6, expect_column_values_to_be_in_set: argument value_set is missing",
        "left out: expectation 7, expect_column_values_to_be_unique: argument column is missing",
    ]
    assert len(yaml.safe_load(ran.out)["models"][0]["columns"]) == 1


def test_a_suite_of_0_18_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = {"expectation_type": NULLS["type"], "kwargs": {"column": "id", "result_format": "BASIC"}, "meta": {}}
    file = tmp_path / "suite.json"
    file.write_text(
        json.dumps({"expectation_suite_name": "old", "expectations": [old], "ge_cloud_id": None}), encoding="utf-8"
    )
    assert run(str(file)) == 0
    assert yaml.safe_load(capsys.readouterr().out)["models"][0]["name"] == "old"


def test_an_empty_suite_has_no_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(stored(tmp_path))) == 0
    assert yaml.safe_load(capsys.readouterr().out) == {"version": 2, "models": [{"name": "orders"}]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "not UTF-8"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no list `expectations`"),
        (b'{"expectations": {}}', "no list `expectations`"),
        (b'{"expectations": [3]}', "expectation 1 has no type"),
        (b'{"expectations": [{"type": "expect_x"}]}', "expectation 1 has no type or no kwargs"),
    ],
)
def test_what_is_no_suite_cannot_be_imported(
    content: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "suite.json"
    if content is not None:
        file.write_bytes(content)
    assert run(str(file)) == 2
    ran = capsys.readouterr()
    assert said in ran.err
    assert len(ran.err.splitlines()) == 2
    assert ran.out == ""


def test_a_new_file_is_written_and_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite, file = stored(tmp_path, NULLS), tmp_path / "orders.yml"
    assert run(str(suite), "--write", str(file)) == 0
    assert "expect_column_values_to_not_be_null" in file.read_text(encoding="utf-8")
    file.write_text("mine", encoding="utf-8")
    assert run(str(suite), "--write", str(file)) == 2
    assert file.read_text(encoding="utf-8") == "mine"
    assert run(str(suite), "--write", str(tmp_path / "absent" / "orders.yml")) == 2
    err = capsys.readouterr().err
    assert f"1 test of 1 expectations in {file}" in err
    assert "is there already" in err
    assert "No such file or directory" in err


@pytest.mark.parametrize(
    ("condition", "parser", "sql"),
    [
        ("a > 1", "pandas", "a > 1"),
        ("`a b` > 1", "pandas", None),
        ("Order != 'it''s'", "pandas", '("Order" is null or "Order" <> \'its\')'),
        ('x == "a" & (y <= -2.5 | z.isnull())', "pandas", None),
        ('(x == "a") & ((y <= -2.5) | z.isnull())', "pandas", "(x = 'a') and ((y <= -2.5) or (z is null))"),
        ("not x in [1, 2]", "pandas", "not coalesce(x in (1, 2), false)"),
        ("x not in ['a']", "pandas", "(x is null or x not in ('a'))"),
        ("x in []", "pandas", "1 = 0"),
        ("x == True", "pandas", "x = true"),
        ("x == None", "pandas", None),
        ("1 < x < 3", "pandas", None),
        ("x == y", "pandas", None),
        ("x == @limit", "pandas", None),
        ("import os", "pandas", None),
        ('col("select").notNull()', "great_expectations__experimental__", None),
        ('col("select").notnull()', "great_expectations", '"select" is not null'),
        ("a > 1", "spark", None),
        ({"type": "nullity", "column": {"name": "a"}, "is_null": True}, None, "a is null"),
        ({"type": "comparison", "column": {"name": "a"}, "operator": "~", "parameter": 1}, None, None),
        ({"type": "comparison", "column": {}, "operator": "==", "parameter": 1}, None, None),
        ({"type": "else"}, None, None),
        (3, None, None),
    ],
)
def test_a_row_condition_is_sql_or_refused(condition: Any, parser: str | None, sql: str | None) -> None:
    if sql is None:
        with pytest.raises(UntranslatableError, match="row_condition"):
            as_sql(condition, parser)
    else:
        assert as_sql(condition, parser) == sql


def test_each_counterpart_is_a_test_with_these_arguments() -> None:
    signatures = {}
    for file in (PACKAGE / "tests" / "generic").glob("expect_*.sql"):
        found = re.search(r"\{% test (\w+)\(([^)]*)\) %\}", file.read_text(encoding="utf-8"))
        assert found and found[1] == file.stem
        arguments = [each.strip() for each in found[2].split(",")]
        assert arguments.pop(0) == "model"
        of_column = "column_name" in arguments
        signatures[file.stem] = (of_column, {each for each in arguments if each != "column_name"})
    known = {
        kind: (each.of_column, {*each.needs} | {f"{name}=" for name in each.takes})
        for kind, each in COUNTERPARTS.items()
    }
    assert {
        kind: (of, {re.sub("=.*", "=", each) for each in names}) for kind, (of, names) in signatures.items()
    } == known


def test_both_sides_quote_the_same_words() -> None:
    macro = (PACKAGE / "macros" / "expectations" / "column_named.sql").read_text(encoding="utf-8")
    words = macro.split("kept = [")[1].split("]")[0]
    assert set(re.findall(r"'(\w+)'", words)) == RESERVED


# -- the guide ------------------------------------------------------------------------------------------------------

GUIDE = PACKAGE.parents[2] / "docs" / "expectations.md"


def test_the_guide_shows_what_the_command_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    shown = [text for kind, text in blocks if kind == "json"] + [text for kind, text in blocks if kind == "yaml"][1:]
    suite, printed = shown
    file = tmp_path / "orders.json"
    file.write_text(suite, encoding="utf-8")
    assert run(str(file), "--model", "fct_orders") == 1
    ran = capsys.readouterr()
    assert ran.out == printed
    assert ("text", ran.err) in blocks


def test_the_guide_lists_each_test_and_its_arguments() -> None:
    limits = {"min_value", "max_value", "strict_min", "strict_max"}
    listed = {}
    for name, arguments in re.findall(r"^\| `(expect_\w+)` \|.*\| ([^|]*) \|$", GUIDE.read_text("utf-8"), re.MULTILINE):
        listed[name] = set(re.findall(r"`(\w+)`", arguments)) | (limits if "limits" in arguments else set())
    assert listed == {
        kind: {*each.needs, *each.takes} - {"mostly", "row_condition"} for kind, each in COUNTERPARTS.items()
    }
