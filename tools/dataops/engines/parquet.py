"""One relation of a DuckDB file as Parquet, with what its rows say of themselves.

Other engines give the texts of their values, which are read into such a file first (`from_texts`): so an export has one
form, wherever it comes from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from dataops.engines.values import Column, Extract
from dataops.errors import WarehouseError
from dataops.project.slices import Place

_ROW_GROUP = 122_880
"""Rows in a group of the file: DuckDB's own default, fixed here because it shows in the bytes."""

_TIMES = ("DATE", "TIMESTAMP")


@dataclass(frozen=True)
class Read:
    """A column of a server's: the type in which its values are written, and what that stands for.

    `source` is empty where Parquet has the type itself; otherwise it is the server's, whose text is written.
    """

    name: str
    written: str
    source: str = ""

    @property
    def told(self) -> str:
        """The type as the data card has it."""
        return f"{self.written} ({self.source}, as text)" if self.source else self.written

    @property
    def sql(self) -> str:
        """Its value, from the text of it; bytes are hexadecimal digits after a backslash and an x."""
        value = name = quoted(self.name)
        if self.written == "BLOB":
            value = f"unhex(substr({name}, 3))"
        elif self.written.startswith(_TIMES):
            refusal = text(f"the column {self.name} holds infinity, which Parquet has no value for")
            value = f"case when {name} in ('infinity', '-infinity') then error({refusal}) else {name} end"
        return f"cast({value} as {self.written}) as {name}"


def from_texts(
    rows: Path, columns: Sequence[Read], place: Place, file: Path, described: Mapping[str, str], personal: set[str]
) -> Extract:
    """Write a relation into `file`, from `rows`, a file of comma-separated values in which all but NULLs are quoted.

    `rows` is gone then.

    Raises:
        WarehouseError: a value has no place in Parquet, or not all of it can be written.
    """
    scratch = file.with_suffix(".duckdb")
    texts = ", ".join(f"{text(each.name)}: 'VARCHAR'" for each in columns)
    values = ", ".join(each.sql for each in columns)
    try:
        with duckdb.connect(str(scratch)) as warehouse:
            warehouse.execute("set timezone = 'UTC'")
            warehouse.execute(
                f"create table {quoted(place.identifier)} as select {values} from read_csv({text(str(rows))},"  # noqa: S608
                f" auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', nullstr = '',"
                f" allow_quoted_nulls = false, parallel = false, columns = {{{texts}}})"
            )
    except duckdb.Error as error:
        raise WarehouseError(
            f"cannot export {place.name}: {error}", "a value that Parquet has no place for can be cast in a model"
        ) from error
    rows.unlink()
    made = extract(scratch, replace(place, schema="main"), file, described, personal)
    scratch.unlink()
    told = {each.name: each.told for each in columns}
    return replace(made, columns=tuple(replace(each, type=told[each.name]) for each in made.columns))


def extract(database: Path, place: Place, file: Path, described: Mapping[str, str], personal: set[str]) -> Extract:
    """Write a relation of a database into `file`. Descriptions and `personal` go by lowered names of columns.

    Raises:
        WarehouseError: it cannot be read, or not all of it written.
    """
    try:
        with duckdb.connect(str(database), read_only=True) as warehouse:
            table = Table(warehouse, place, file.parent)
            table.write(file)
            columns = table.columns(described, personal)
            rows, content = table.content()
    except duckdb.Error as error:
        raise WarehouseError(
            f"cannot export {place.name}: {error}", "check the disk's space, and who holds the database"
        ) from error
    return Extract(columns, rows, content, f"DuckDB {duckdb.__version__}")


class Table:
    """A relation and what is asked of it, in one read-only connection."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection, place: Place, scratch: Path) -> None:
        self._warehouse = warehouse
        self._relation = f"{quoted(place.schema)}.{quoted(place.identifier)}"
        # A session's time zone shows in what is hashed; a sort larger than memory needs a place.
        warehouse.execute("set timezone = 'UTC'")
        warehouse.execute("set preserve_insertion_order = true")
        warehouse.execute(f"set temp_directory = {text(str(scratch))}")
        described = warehouse.execute(f"describe select * from {self._relation}").fetchall()  # noqa: S608
        self.types: Mapping[str, str] = {str(name): str(kind) for name, kind, *_ in described}

    def write(self, file: Path) -> None:
        """All rows, in the order of their values, so that the same rows give the same bytes."""
        self._warehouse.execute(
            f"copy (select * from {self._relation} order by all) to {text(str(file))}"  # noqa: S608
            f" (format parquet, compression zstd, row_group_size {_ROW_GROUP})"
        )

    def columns(self, descriptions: Mapping[str, str], personal: set[str]) -> tuple[Column, ...]:
        """Every column with its blanks, and the range of dates and times that are not personal."""
        asked: list[str] = []
        for name, kind in self.types.items():
            asked.append(f"count(*) - count({quoted(name)})")
            timed = kind.startswith(_TIMES) and name.lower() not in personal
            asked += [f"cast({extreme}({quoted(name)}) as varchar)" if timed else "null" for extreme in ("min", "max")]
        found = self._warehouse.execute(f"select {', '.join(asked)} from {self._relation}").fetchall()[0]  # noqa: S608
        return tuple(
            Column(name, kind, descriptions.get(name.lower(), ""), *found[3 * number : 3 * number + 3])
            for number, (name, kind) in enumerate(self.types.items())
        )

    def content(self) -> tuple[int, str]:
        """The number of rows, and a digest of names, types and rows in which their order does not show.

        Each row is digested and the digests are added up, so that a row that occurs twice counts twice.
        """
        row = _unlike(self.types)
        rows, low, high = self._warehouse.execute(
            f"select count(*), sum(md5_number_lower(line)::hugeint), sum(md5_number_upper(line)::hugeint)"  # noqa: S608
            f" from (select cast({row} as varchar) as line from {self._relation} as {row})"
        ).fetchall()[0]
        facts = json.dumps([list(self.types.items()), rows, str(low or 0), str(high or 0)])
        return int(rows), hashlib.sha256(facts.encode()).hexdigest()


def quoted(name: str) -> str:
    """An identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def _unlike(names: Mapping[str, str]) -> str:
    """A name for the row as a whole that no column has."""
    lowered = {name.lower() for name in names}
    return next(each for each in ("exported", *(f"exported_{n}" for n in range(len(names) + 1))) if each not in lowered)
