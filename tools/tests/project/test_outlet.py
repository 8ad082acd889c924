"""What SQL writes to a file is written apart, what the same run reads of it is read there, and nothing else changes."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.environments import Environment
from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper
from dbt_common.exceptions import DbtRuntimeError

from dataops.project.outlet import Outlet, diverting


@pytest.fixture
def outlet(tmp_path: Path) -> Outlet:
    (tmp_path / "project").mkdir()
    return Outlet(tmp_path / "apart", tmp_path / "project")


@pytest.mark.parametrize(
    ("sql", "becomes"),
    [
        ("copy t to 'a.csv' (format csv)", "copy t to 'APART/0/a.csv' (format csv)"),
        ("COPY (select 'ü' as x from y) TO './sub/a b.csv'", "COPY (select 'ü' as x from y) TO 'APART/0/a b.csv'"),
        ("copy t to 'it''s.csv' -- done", "copy t to 'APART/0/it''s.csv' -- done"),
        ("select 1; copy t(a, b) to 'p' (partition_by (a)); select 2", None),
        ("explain analyze copy t to 'a.csv'", "explain analyze copy t to 'APART/0/a.csv'"),
        ("export database 'whole'", "export database 'APART/0/whole'"),
        ("copy t to 's3://bucket/a.csv'", "copy t to 'APART/0/a.csv'"),
        ("attach 'x.duckdb' as x", "attach 'x.duckdb' as x (READ_ONLY)"),
        (
            "attach if not exists 'x.db' as x (type sqlite);",
            "attach if not exists 'x.db' as x (type sqlite, READ_ONLY)",
        ),
        ("create persistent secret s (type s3)", "create secret s (type s3)"),
    ],
)
def test_statements_that_write(outlet: Outlet, sql: str, becomes: str | None) -> None:
    expected = becomes or "select 1; copy t(a, b) to 'APART/0/p' (partition_by (a)); select 2"
    assert outlet.diverted(sql) == expected.replace("APART", str(outlet.folder))


@pytest.mark.parametrize(
    "sql",
    [
        "copy t from 'a.csv'",
        "select 1 as copy, 'copy t to ''a.csv''' as text -- copy t to 'a.csv'",
        "copy t to '/dev/stdout'",
        "attach ':memory:' as x",
        "attach 'x.duckdb' (read_only)",
        "copy from database a to b",
        "this is no SQL that could copy",
    ],
)
def test_statements_that_do_not(outlet: Outlet, sql: str) -> None:
    assert outlet.diverted(sql) == sql
    assert not outlet.taken


def test_it_is_read_where_it_was_written(outlet: Outlet, tmp_path: Path) -> None:
    (tmp_path / "project" / "parts").mkdir()
    (tmp_path / "project" / "parts" / "old.csv").write_text("old")
    outlet.diverted("copy t to 'parts' (format csv, per_thread_output)")
    assert (outlet.folder / "0" / "parts" / "old.csv").read_text() == "old", "what this run does not write is there too"
    assert outlet.diverted("from 'parts/*.csv', 'parts', 'parts2', 'x parts/'") == (
        f"from '{outlet.folder}/0/parts/*.csv', '{outlet.folder}/0/parts', 'parts2', 'x parts/'"
    )
    # Another spelling of the same place is the same file.
    outlet.diverted("copy t to './parts'")
    assert set(outlet.taken.values()) == {outlet.folder / "0" / "parts"}


@pytest.mark.parametrize(
    "sql", ["prepare p as copy t to 'a.csv'", "select * from postgres_execute('pg', 'drop table t')"]
)
def test_what_cannot_be_led_apart_fails(outlet: Outlet, sql: str) -> None:
    with pytest.raises(DbtRuntimeError, match="production has to stay as it is"):
        outlet.diverted(sql)


def test_a_release_writes_to_no_url(tmp_path: Path) -> None:
    release = Outlet(tmp_path / "apart", tmp_path, for_good=True)
    with pytest.raises(DbtRuntimeError, match="s3"):
        release.diverted("copy t to 's3://bucket/a.csv'")
    assert release.diverted("create persistent secret s (type s3)") == "create persistent secret s (type s3)"


def test_dbts_connections_lead_through_it(outlet: Outlet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what a Python model asks of its session; and it is over when it is over."""
    monkeypatch.chdir(tmp_path / "project")
    with duckdb.connect() as connection:
        cursor = DuckDBCursorWrapper(connection)
        with diverting(outlet):
            for name in ("execute", "sql", "query"):
                getattr(cursor, name)(f"copy (select 1 as id) to '{name}.csv'")
        assert not list(Path().iterdir())
        assert sorted(each.name for each in outlet.folder.rglob("*.csv")) == ["execute.csv", "query.csv", "sql.csv"]
        cursor.execute("copy (select 1 as id) to 'after.csv'")
        cursor.sql("copy (select 1 as id) to 'then.csv'")
    assert sorted(each.name for each in Path().iterdir()) == ["after.csv", "then.csv"]


def test_python_models_write_no_files(outlet: Outlet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But temporary ones and caches; whoever else opens files meanwhile is left alone."""
    project = tmp_path / "project"
    # The tests' own folder is a temporary one.
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (project / "served.csv").write_text("served")

    def model(path: str, mode: str = "w") -> None:
        code = "class dbtObj:\n  def __init__(self, load): pass\ndef materialize(df, con): pass\n"
        code += f"def model(dbt, session):\n  open({path!r}, {mode!r}).close()\n"
        with duckdb.connect() as connection:
            Environment.run_python_job(connection, None, "made", code, _Nothing())

    with diverting(outlet):
        for path in (project / "served.csv", project / "new.csv", project / ".dataops" / "x"):
            with pytest.raises(DbtRuntimeError, match="the Python model made writes"):
                model(str(path))
        model(str(project / "served.csv"), "r")
        model(str(tmp_path / "temporary" / "x"))
        (project / ".cache").mkdir()
        model(str(project / ".cache" / "x"))
        elsewhere = threading.Thread(target=lambda: (project / "log").write_text("told"))
        elsewhere.start()
        elsewhere.join()
    model(str(project / "new.csv"))
    assert (project / "served.csv").read_text() == "served"
    assert sorted(each.name for each in project.iterdir()) == [".cache", "log", "new.csv", "served.csv"]


def test_the_first_python_model_of_a_process_does_not_wait_for_itself(
    outlet: Outlet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dbt-duckdb writes it to a temporary file, and Python looks for the folder of those when it is first asked."""
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("tempfile._once_lock", threading.Lock())
    code = "class dbtObj:\n  def __init__(self, load): pass\ndef materialize(df, con): pass\n"
    code += "def model(dbt, session):\n  return 1\n"

    def run() -> None:
        with duckdb.connect() as connection:
            Environment.run_python_job(connection, None, "made", code, _Nothing())
        # dbt-duckdb gives each thread a loop, and closes none.
        asyncio.get_event_loop().close()

    with diverting(outlet):
        first = threading.Thread(target=run, daemon=True)
        first.start()
        first.join(30)
    assert not first.is_alive()


class _Nothing:
    """Credentials that ask for nothing."""

    settings = plugins = retries = None
