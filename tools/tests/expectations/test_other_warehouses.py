"""The SQL of the expectations for warehouses that no test has: as far as it can be read without one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from dbt.cli.main import dbtRunner
from dbt.context import providers

from tests.expectations import asked
from tests.monitors.package import Watched

# Of each expectation the last case, which has the most arguments, and all that hold regular expressions; without those
# whose columns dbt asks the warehouse for, as none is there.
LAST = {case.expectation["type"]: case for case in asked.all_cases() if case.table == "plain"}
CHOSEN = [case for case in asked.all_cases() if case.table == "plain" and "regex" in case.expectation["type"]]
CHOSEN += [
    case
    for kind, case in LAST.items()
    if case not in CHOSEN and not kind.startswith(("expect_table_column", "expect_column_to_exist"))
]

BACKSLASHES = {
    # A quoted text of these reads two backslashes as one.
    "snowflake": r"regexp_instr(code, '^[A-Z]{2}-\\d{3}$') > 0",
    "bigquery": r"regexp_contains(code, '^[A-Z]{2}-\\d{3}$')",
    "spark": r"code rlike '^[A-Z]{2}-\\d{3}$'",
}


def test_the_sql_for_other_warehouses_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Watched.lay_out(tmp_path)
    asked.watch(project, CHOSEN)
    folders = ["--project-dir", str(project.folder), "--profiles-dir", str(project.folder)]
    manifest = dbtRunner().invoke(["parse", "--quiet", *folders]).result
    for warehouse, expected in BACKSLASHES.items():
        # dbt has these adapters in packages of their own; the tests' own macros need only be looked up for them.
        monkeypatch.setattr(providers, "get_adapter_type_names", lambda _, name=warehouse: [name])
        found = asked.compiled(project, "--no-introspect", "--no-populate-cache", manifest=manifest)
        assert len(found) == len(CHOSEN)
        for node in found:
            sqlglot.parse_one(node.compiled_code, read=warehouse)
            # What only DuckDB reads, and sqlglot lets pass.
            assert "regexp_matches" not in node.compiled_code
        # The names of types are of adapters that are not there.
        texts = [re.sub(r"cast\(code as \w+\)", "code", node.compiled_code) for node in found]
        assert sum(f"(not ({expected}))" in text for text in texts) == 1, warehouse
