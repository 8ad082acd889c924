"""An export's values are those that the server has, in the types that Parquet has for them, or texts that say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dataops.engines.postgres import export
from dataops.engines.values import Extract
from dataops.errors import WarehouseError
from dataops.project.slices import Place
from tests import postgres
from tests.engines.production import Production


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres.serving() as socket:
        yield socket


def exported(server: str, file: Path, name: str = "t") -> Extract:
    with Production(server, {}).session() as session:
        return export.extract(session, Place("postgres", "public", name, "model", "table", name), file, {}, set())


# What makes a value, the type that the card tells, and the value as DuckDB writes it.
VALUES = {
    "truth": ("true", "BOOLEAN", "true"),
    "small": ("7::smallint", "SMALLINT", "7"),
    "big": ("9007199254740993::bigint", "BIGINT", "9007199254740993"),
    "single": ("0.1::real", "FLOAT", "0.1"),
    "double": ("0.1::double precision + 0.2", "DOUBLE", "0.30000000000000004"),
    "declared": ("12.50::numeric(12, 2)", "DECIMAL(12,2)", "12.50"),
    "free": ("12.500::numeric", "DECIMAL(38,1)", "12.5"),
    "endless": ("'NaN'::numeric", "VARCHAR (PostgreSQL's numeric, as text)", "NaN"),
    "huge": ("1e40::numeric", "VARCHAR (PostgreSQL's numeric, as text)", f"1{'0' * 40}"),
    "said": ("E'a \"b\", \\n\\\\c'", "VARCHAR", 'a "b", \n\\c'),
    "nothing": ("''::text", "VARCHAR", ""),
    "padded": ("'x'::char(3)", "VARCHAR", "x  "),
    "day": ("date '2024-02-29'", "DATE", "2024-02-29"),
    "moment": (
        "timestamptz '2024-07-01 12:00:00.000001+02'",
        "TIMESTAMP WITH TIME ZONE",
        "2024-07-01 10:00:00.000001+00",
    ),
    "local": ("timestamp '2024-07-01 12:00:00'", "TIMESTAMP", "2024-07-01 12:00:00"),
    "clock": ("time '23:59:59.5'", "TIME", "23:59:59.5"),
    "key": (
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
        "UUID",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    ),
    "bytes": ("'\\x00ff41'::bytea", "BLOB", "\\x00\\xFFA"),
    "many": ("array[1, null]", "VARCHAR (PostgreSQL's integer[], as text)", "{1,NULL}"),
    "document": ("'{\"a\": 1}'::jsonb", "VARCHAR (PostgreSQL's jsonb, as text)", '{"a": 1}'),
    "lasting": ("interval '1 day 2 hours'", "VARCHAR (PostgreSQL's interval, as text)", "P1DT2H"),
    'Odd "name" %s': ("1", "INTEGER", "1"),
}


def test_values_and_types_are_the_servers(server: str, tmp_path: Path) -> None:
    names = ['"{}"'.format(name.replace('"', '""')) for name in VALUES]
    made = ", ".join(f"{sql} as {name}" for name, (sql, _, _) in zip(names, VALUES.values(), strict=True))
    # What shows in texts of values is a setting of the database, and an export does not depend on it.
    for setting in ("timezone = 'Asia/Kolkata'", "datestyle = 'German'", "extra_float_digits = -3"):
        postgres.sql(server, f"alter database postgres set {setting}")
    postgres.sql(server, f"create table public.t as select {made}")
    postgres.sql(server, f"insert into public.t ({names[0]}) values (null)")
    found = exported(server, tmp_path / "t.parquet")
    assert found.rows == 2
    assert {each.name: each.type for each in found.columns} == {name: told for name, (_, told, _) in VALUES.items()}
    texts = ", ".join(f"cast({name} as varchar)" for name in names)
    with duckdb.connect() as reader:
        reader.execute("set timezone = 'UTC'")
        read = f"select {texts} from '{tmp_path}/t.parquet' where truth is {{}} null"
        (full,), (empty,) = (reader.execute(read.format(which)).fetchall() for which in ("not", ""))
    assert dict(zip(VALUES, full, strict=True)) == {name: value for name, (_, _, value) in VALUES.items()}
    assert set(empty) == {None}, "null is null, and not an empty text"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select 'infinity'::timestamp as at", "the column at holds infinity"),
        ("select date '0044-03-15 BC' as at", "0044-03-15 BC"),
        ('select 1 as a, 2 as "A"', "A"),
    ],
)
def test_what_has_no_place_in_parquet_is_refused(server: str, tmp_path: Path, sql: str, said: str) -> None:
    postgres.sql(server, f"drop table if exists public.odd; create table public.odd as {sql}")
    with pytest.raises(WarehouseError, match=rf"cannot export odd: .*{said}"):
        exported(server, tmp_path / "odd.parquet", "odd")


def test_the_same_rows_give_the_same_bytes(server: str, tmp_path: Path) -> None:
    postgres.sql(server, "create table public.one as select n, n / 7.0 as part from generate_series(1, 999) n")
    postgres.sql(server, "create table public.two as select * from public.one order by n desc")
    one, two = (exported(server, tmp_path / f"{name}.parquet", name) for name in ("one", "two"))
    assert one.content == two.content
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.parquet", "two.parquet"]
