"""A relation's rows as Parquet: read as Spark writes them, into the types that Parquet has.

What has no such type is text (of arrays, maps and structs their JSON), and the column's type says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataops.engines import parquet
from dataops.engines.parquet import Read
from dataops.engines.spark.names import named, quoted
from dataops.engines.spark.session import Session
from dataops.engines.values import Extract
from dataops.errors import WarehouseError
from dataops.project.slices import Place

_TYPES = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "binary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ntz": "TIMESTAMP",
}
_TEXTS = ("char(", "varchar(")
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_NESTED = ("array<", "map<", "struct<")


def extract(session: Session, place: Place, file: Path, described: Mapping[str, str], personal: set[str]) -> Extract:
    """Write a relation into `file`. Descriptions and `personal` go by lowered names.

    What a view of production's shows is read where it is, in a database that no later release changes.

    Raises:
        WarehouseError: it cannot be read, or a value has no place in Parquet.
    """
    found = session.relations(place.schema).get(place.identifier.lower())
    if found is None:
        raise WarehouseError(f"there is no {place.name} in {place.schema}", "release it: `dataops deploy`")
    beneath = session.beneath(found)
    relation = named(beneath.schema, beneath.name)
    # What texts of moments say depends on it.
    session.run("set spark.sql.session.timeZone = UTC")
    columns = {str(name): str(kind) for name, kind, *_ in _columns(session.rows(f"describe {relation}"))}
    asked = ", ".join(_text(name, kind) for name, kind in columns.items())
    rows = file.with_suffix(".csv")
    with rows.open("w", encoding="utf-8", newline="") as copied:
        for row in session.each(f"select {asked} from {relation}"):  # noqa: S608
            copied.write(",".join(map(_quoted, row)) + "\n")
    reads = [_read(name, kind) for name, kind in columns.items()]
    return parquet.from_texts(rows, reads, place, file, described, personal)


def _columns(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Of what `describe` says, the columns: after them it says how the table is partitioned."""
    end = next((at for at, row in enumerate(rows) if not row[0] or str(row[0]).startswith("#")), len(rows))
    return rows[:end]


def _text(name: str, kind: str) -> str:
    """A column's text as SQL."""
    value = quoted(name)
    if kind == "binary":
        return f"concat(char(92), 'x', hex({value}))"
    return f"to_json({value})" if kind.startswith(_NESTED) else f"cast({value} as string)"


def _read(name: str, kind: str) -> Read:
    exact = _DECIMAL.fullmatch(kind)
    if exact:
        return Read(name, f"DECIMAL({exact[1]},{exact[2]})")
    if kind in _TYPES or kind.startswith(_TEXTS):
        return Read(name, _TYPES.get(kind, "VARCHAR"))
    return Read(name, "VARCHAR", f"Spark's {kind}")


def _quoted(value: Any) -> str:
    """A value of a row; NULL is nothing at all, without quotes."""
    return "" if value is None else '"' + str(value).replace('"', '""') + '"'
