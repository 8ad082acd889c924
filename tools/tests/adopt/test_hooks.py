"""The hooks that this repository publishes, and the shell's completion: both are quick, or nobody keeps them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pre_commit.clientlib import load_manifest

from tests.shop import Shop

HOOKS = Path(__file__).resolve().parents[3] / ".pre-commit-hooks.yaml"

_WITHOUT_DBT = """
import sys
from dataops.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    assert ended.code == 0, ended.code
loaded = {name for name in ("dbt", "sqlfluff", "duckdb") if name in sys.modules}
assert not loaded, loaded
"""


def test_the_published_hooks_are_hooks() -> None:
    load_manifest(HOOKS)
    assert [each["entry"] for each in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))] == [
        "dataops lint",
        "dataops check",
        "dataops plan",
    ]


@pytest.mark.parametrize("words", ["lint --base main", "check --base main", "plan --base main", "init --dry-run"])
def test_where_nothing_differs_dbt_is_not_loaded(fresh: Shop, words: str) -> None:
    fresh.write("README.md", "nothing that dbt reads")
    ran = subprocess.run(
        [sys.executable, "-c", _WITHOUT_DBT, *words.split()],
        cwd=fresh.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_lint_without_dbt_says_the_same(fresh: Shop) -> None:
    assert fresh.ok("lint", "--base", "main").out == "Linted nothing: no SQL file changed\n"
    assert fresh.ok("lint", "--base", "main", "--format", "json").json["findings"] == []


@pytest.mark.parametrize(("line", "offered"), [("dataops in", "init"), ("dataops init --ci g", "github")])
def test_the_shell_completes(tmp_path: Path, line: str, offered: str) -> None:
    asked = {"_DATAOPS_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    command = Path(sys.executable).with_name("dataops")
    ran = subprocess.run([command], env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    assert f"plain,{offered}" in ran.stdout.splitlines()
