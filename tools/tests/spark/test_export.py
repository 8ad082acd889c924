"""An export's values are those that Spark has, in the types that Parquet has for them, or texts that say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from dataops.engines.spark import export
from dataops.engines.spark.session import Session
from dataops.engines.values import Extract
from dataops.errors import WarehouseError
from dataops.project.slices import Place
from tests.spark.lake import Lake, Spark

# What makes a value, the type that the card tells, and the value as DuckDB writes it.
VALUES = {
    "truth": ("true", "BOOLEAN", "true"),
    "tiny": ("7Y", "TINYINT", "7"),
    "small": ("7S", "SMALLINT", "7"),
    "whole": ("7", "INTEGER", "7"),
    "big": ("9007199254740993L", "BIGINT", "9007199254740993"),
    "single": ("cast(0.1 as float)", "FLOAT", "0.1"),
    "double": ("0.1D + 0.2D", "DOUBLE", "0.30000000000000004"),
    "nobody": ("cast('NaN' as double)", "DOUBLE", "nan"),
    "endless": ("cast('-Infinity' as double)", "DOUBLE", "-inf"),
    "declared": ("cast(12.50 as decimal(12, 2))", "DECIMAL(12,2)", "12.50"),
    "long": ("cast('12345678901234567890.123456789012345678' as decimal(38, 18))", "DECIMAL(38,18)",
             "12345678901234567890.123456789012345678"),
    "said": ("concat('a \"b\", ', char(10), char(92), 'c', char(39))", "VARCHAR", 'a "b", \n\\c\''),
    "nothing": ("''", "VARCHAR", ""),
    "day": ("date'2024-02-29'", "DATE", "2024-02-29"),
    "moment": ("timestamp'2024-07-01 12:00:00.000001+02:00'", "TIMESTAMP WITH TIME ZONE",
               "2024-07-01 10:00:00.000001+00"),
    "local": ("timestamp_ntz'2024-07-01 12:00:00'", "TIMESTAMP", "2024-07-01 12:00:00"),
    "bytes": ("unhex('00ff41')", "BLOB", "\\x00\\xFFA"),
    "many": ("array(1, null)", "VARCHAR (Spark's array<int>, as text)", "[1,null]"),
    "document": ("named_struct('a', 1)", "VARCHAR (Spark's struct<a:int>, as text)", '{"a":1}'),
    "lasting": ("interval '1 02:00:00' day to second", "VARCHAR (Spark's interval day to second, as text)",
                "INTERVAL '1 02:00:00' DAY TO SECOND"),
}  # fmt: skip


@pytest.fixture(scope="module")
def schema(spark: Spark) -> Iterator[str]:
    name = "exported"
    spark.sql(f"drop database if exists {name} cascade")
    spark.sql(f"create database {name}")
    yield name
    spark.sql(f"drop database {name} cascade")


def exported(spark: Spark, schema: str, file: Path, name: str = "t") -> Extract:
    with spark.connected() as connection:
        # As dbt-spark wraps it: `handle` is what a short statement goes to.
        session = Session(lambda: SimpleNamespace(handle=connection, cursor=connection.cursor))
        place = Place("", schema, name, "model", "table", name)
        return export.extract(session, place, file, {"day": "the day"}, {"moment"})


def test_every_kind_of_value(spark: Spark, schema: str, tmp_path: Path) -> None:
    made = ", ".join(f"{value} as {name}" for name, (value, _, _) in VALUES.items())
    none = ", ".join(f"nullif({name}, {name})" for name in VALUES)
    spark.sql(f"create view {schema}.one as select {made}")
    spark.sql(f"create view {schema}.t as select * from {schema}.one union all select {none} from {schema}.one")
    file = tmp_path / "t.parquet"
    extract = exported(spark, schema, file)
    assert {each.name: each.type for each in extract.columns} == {name: kind for name, (_, kind, _) in VALUES.items()}
    with duckdb.connect() as reader:
        reader.execute("set timezone = 'UTC'")
        asked = ", ".join(f"cast({name} as varchar)" for name in VALUES)
        rows = reader.execute(f"select {asked} from read_parquet('{file}') order by truth nulls last").fetchall()
    assert dict(zip(VALUES, rows[0], strict=True)) == {name: value for name, (_, _, value) in VALUES.items()}
    assert rows[1:] == [(None,) * len(VALUES)]
    assert [each.name for each in tmp_path.iterdir()] == ["t.parquet"]


def test_no_such_relation(spark: Spark, schema: str, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="there is no missing in exported"):
        exported(spark, schema, tmp_path / "t.parquet", "missing")


def test_a_released_relation(lake: Lake) -> None:
    """It is exported as long as nobody has written to it, which Spark's files tell."""
    lake.good("deploy")
    lake.good("export", "fct_sales", "--to", "out")
    with duckdb.connect() as reader:
        rows = reader.execute(f"select count(*) from read_parquet('{lake.root}/out/fct_sales.parquet')").fetchall()
    assert rows == [(lake.spark.value(f"select count(*) from {lake.table('fct_sales')}"),)]
    database = next(each for each in lake.spark.databases(f"{lake.schema}__") if not each.endswith("__dataops"))
    lake.spark.sql(f"insert into {database}.fct_sales select * from {database}.fct_sales limit 1")
    refused = lake.command("export", "fct_sales", "--to", "again")
    assert refused.code == 1, refused.err
    assert "someone wrote to it since" in refused.err
    assert not (lake.root / "again").exists()
    lake.good("deploy")
    lake.spark.sql(f"alter view {lake.table('fct_sales')} as select 1 as sale_id")
    refused = lake.command("export", "fct_sales", "--to", "again")
    assert "someone wrote to it since" in refused.err
