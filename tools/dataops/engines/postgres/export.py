"""A relation's rows as Parquet: read as the server writes them, in one transaction, into the types that Parquet has.

What has no such type (arrays, JSON, intervals, …) is the server's text, and the column's type says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from dataops.engines import parquet
from dataops.engines.parquet import Read
from dataops.engines.postgres.names import quoted as name_of
from dataops.engines.postgres.session import Session
from dataops.engines.values import Extract
from dataops.project.slices import Place

_TYPES = {
    "boolean": "BOOLEAN",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "text": "VARCHAR",
    "character varying": "VARCHAR",
    "character": "VARCHAR",
    "name": "VARCHAR",
    "uuid": "UUID",
    "bytea": "BLOB",
    "date": "DATE",
    "time without time zone": "TIME",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
}
_DIGITS = 38
"""As many as a decimal of Parquet's can have."""

_DECLARED = re.compile(r"numeric\((\d+),(-?\d+)\)")

_ALIKE = (
    "set local timezone = 'UTC'; set local datestyle = 'ISO'; set local intervalstyle = 'iso_8601';"
    " set local bytea_output = 'hex'; set local extra_float_digits = 1"
)
"""What shows in texts of values, and is a setting of roles and databases."""


def extract(session: Session, place: Place, file: Path, described: Mapping[str, str], personal: set[str]) -> Extract:
    """Write a relation of the session's database into `file`. Descriptions and `personal` go by lowered names.

    Raises:
        WarehouseError: it cannot be read, or a value has no place in Parquet.
    """
    rows = file.with_suffix(".csv")
    relation = f"{name_of(place.schema)}.{name_of(place.identifier)}"
    with session.transaction("read only"):
        session.run(_ALIKE)
        # From here on nobody can put another relation in its place before the end.
        session.rows(f"select 1 from {relation} limit 0")  # noqa: S608
        columns = _columns(session, relation)
        with rows.open("wb") as copied:
            session.copy(f"copy (select * from {relation}) to stdout with (format csv, force_quote *)", copied)  # noqa: S608
    return parquet.from_texts(rows, columns, place, file, described, personal)


def _columns(session: Session, relation: str) -> list[Read]:
    found = session.rows(
        "select attname, format_type(atttypid, null), format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = cast(%(relation)s as regclass) and attnum > 0 and not attisdropped order by attnum",
        {"relation": relation},
    )
    numbers = {str(name): str(exact) for name, kind, exact in found if kind == "numeric"}
    decimals = _decimals(session, relation, numbers) if numbers else {}
    return [_read(str(name), str(kind), decimals.get(name) or _TYPES.get(kind, "VARCHAR")) for name, kind, _ in found]


def _read(name: str, kind: str, written: str) -> Read:
    as_text = written == "VARCHAR" and _TYPES.get(kind) != "VARCHAR"
    return Read(name, written, f"PostgreSQL's {kind}" if as_text else "")


def _decimals(session: Session, relation: str, numbers: Mapping[str, str]) -> dict[str, str]:
    """A type for each numeric column: the declared one, else as many decimals as its rows have, else text."""
    asked = ", ".join(
        f"coalesce(max(min_scale({name})), 0), coalesce(max(length(cast(trunc(abs({name})) as text))), 1),"
        f" coalesce(bool_or({name} is not null and scale({name}) is null), false)"
        for name in map(name_of, numbers)
    )
    facts = iter(session.rows(f"select {asked} from {relation}")[0])  # noqa: S608
    found = {}
    for name, declared in numbers.items():
        scale, digits, endless = int(next(facts)), int(next(facts)), bool(next(facts))
        exact = _DECLARED.fullmatch(declared)
        if exact and 0 <= int(exact[2]) <= int(exact[1]) <= _DIGITS and not endless:
            found[name] = f"DECIMAL({exact[1]},{exact[2]})"
        elif scale + digits <= _DIGITS and not endless:
            found[name] = f"DECIMAL({_DIGITS},{scale})"
        else:
            found[name] = "VARCHAR"
    return found
