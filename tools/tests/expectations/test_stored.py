"""What dbt itself counts and stores: verdicts, rows and counts, with and without `where` in a test's configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from dbt.cli.main import dbtRunner

from tests.expectations import asked
from tests.monitors.package import Watched, write


def test_rows_and_counts_are_stored_whether_a_test_fails_or_not(tmp_path: Path) -> None:
    def stored(name: str, kind: str, where: str | None = None, **arguments: Any) -> dict[str, Any]:
        config = {"store_failures": True, "store_failures_as": "table", "schema": "kept", "alias": name}
        config |= {"where": where} if where else {}
        return {f"dataops_toolkit.expect_{kind}": {"name": name, "arguments": arguments, "config": config}}

    on_table = [
        stored("columns_differ", "table_columns_to_match_ordered_list", "id < 5", column_list=["id", "more"]),
        stored("columns_match", "table_column_count_to_equal", value=12),
        stored("few_rows", "table_row_count_to_equal", "id < 5", value=4),
        stored("pairs", "column_pair_values_to_be_equal", "id < 5", column_A="a", column_B="b"),
    ]
    on_channel = [
        stored("most", "column_values_to_be_in_set", value_set=["web", "shop", "fax"], mostly=0.6),
        stored("all_of_them", "column_values_to_be_in_set", value_set=["web", "shop", "fax"]),
        stored("clean", "column_values_to_not_be_in_set", value_set=["letter"]),
        stored("distinct", "column_distinct_values_to_contain_set", value_set=["web", "letter"]),
    ]
    project = Watched.lay_out(tmp_path)
    file = str(tmp_path / "watched.duckdb")
    with duckdb.connect(file) as connection:
        asked.fill(lambda statement: ([], connection.execute(statement).fetchall()))
    plain = {"name": "plain", "data_tests": on_table, "columns": [{"name": "channel", "data_tests": on_channel}]}
    sources = [{"name": "raw", "schema": "raw", "tables": [plain]}]
    write(project.folder / "models" / "sources.yml", {"version": 2, "sources": sources})
    folders = ["--project-dir", str(project.folder), "--profiles-dir", str(project.folder)]
    ran = dbtRunner().invoke(["test", "--quiet", *folders])
    failures = {result.node.name: result.failures for result in ran.result.results}
    # Of plain data's first four rows one pair is equal; one of ten channels is null, three are in no set.
    assert failures == {
        "columns_differ": 11,
        "columns_match": 0,
        "few_rows": 0,
        "pairs": 2,
        "most": 0,
        "all_of_them": 3,
        "clean": 0,
        "distinct": 1,
    }
    counts = "expectation_element_count, expectation_missing_count, expectation_unexpected_count, expectation_is_met"
    with duckdb.connect(file) as connection:

        def kept(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query).fetchall()

        unexpected = [(8, "", 10, 1, 3), (9, "Web", 10, 1, 3), (10, "1", 10, 1, 3)]
        for name, met in (("most", True), ("all_of_them", False)):
            rows = kept(f"select id, channel, {counts} from main_kept.{name} order by id")
            assert rows == [(*row, met) for row in unexpected]
        assert kept(f"select id, {counts} from main_kept.clean") == [(None, 10, 1, 0, True)]
        assert kept(f"select id, a, b, {counts} from main_kept.pairs order by id") == [
            (2, 2.0, 1.0, 4, 1, 2, False),
            (3, 3.0, None, 4, 1, 2, False),
        ]
        assert kept("select * from main_kept.distinct") == [("letter", "missing", 0)]
        assert kept("select observed_value, min_value, max_value from main_kept.few_rows") == [(4, 4, 4)]
        assert kept("select column_index, expected, found from main_kept.columns_differ order by 1 limit 2") == [
            (1, "more", "whole"),
            (2, None, "amount"),
        ]
