"""Families of column types: how values of a type are compared depends on the family that its name tells."""

from __future__ import annotations

import re

INTEGER, DECIMAL, FLOAT = "integer", "decimal", "float"
BOOLEAN, TEXT, BINARY = "boolean", "text", "binary"
DATE, TIMESTAMP, INSTANT, TIME = "date", "timestamp", "instant", "time"
JSON, MAP, NESTED, NAMED = "json", "map", "nested", "named"
INCOMPARABLE = "incomparable"

NUMERIC = frozenset({INTEGER, DECIMAL, FLOAT})
TEMPORAL = frozenset({DATE, TIMESTAMP, INSTANT})

_PATTERNS = (
    (NESTED, r".*\[\d*\]$|struct\b|list\b|array\b|row\b|record\b|union\b"),
    (MAP, r"map\b"),
    (JSON, r"jsonb?\b|variant\b|super\b|object\b"),
    (INSTANT, r"timestamp.* with time zone|timestamp_?tz|timestamp_ltz"),
    (TIMESTAMP, r"timestamp|datetime"),
    (DATE, r"date\b"),
    (TIME, r"time\b|timetz|interval"),
    (BOOLEAN, r"bool"),
    (INTEGER, r"u?(tiny|small|big|huge|medium)?int(eger)?\d*\b|byteint|(small|big)?serial|long\b|short\b|byte\b"),
    (DECIMAL, r"(big)?(decimal|numeric|number)|money"),
    (FLOAT, r"float|double|real"),
    (BINARY, r"blob|bytea|binary|varbinary|bytes|bit"),
    (TEXT, r"(n?var)?char|text|string|n?char|uuid|bpchar|character|citext|name\b|inet|cidr|macaddr"),
    # An enum, by whatever name the database gives it: told apart by its labels. So are DuckDB's numbers of any length,
    # which fit in no other type.
    (NAMED, r"enum|user-defined|bignum|varint"),
    (INCOMPARABLE, r"xml|point|line|lseg|box|path|polygon|circle|geometry|geography|hllsketch|tsvector|tsquery"),
)
_FAMILIES = tuple((family, re.compile(pattern)) for family, pattern in _PATTERNS)
_PRECISION = re.compile(r"\((\d)\)")
_DUCKDB = {"timestamp_s": 0, "timestamp_ms": 3, "timestamp_ns": 9}


def family(dtype: str) -> str:
    """The family of a type's name as a database says it; `incomparable` for one that is not known."""
    name = dtype.strip().lower()
    return next((each for each, pattern in _FAMILIES if pattern.match(name)), INCOMPARABLE)


def precision(dtype: str) -> int:
    """Digits of a second that a timestamp's type keeps; a date keeps less than any (-1)."""
    name = dtype.strip().lower()
    if family(name) == DATE:
        return -1
    written = _PRECISION.search(name)
    return int(written[1]) if written else _DUCKDB.get(name, 6)
