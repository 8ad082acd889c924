"""What databases word differently, and the families of column types that decide how values are compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


def family_of(dtype: str) -> str:
    """The family of a type's name as a database says it; `incomparable` for one that is not known."""
    name = dtype.strip().lower()
    return next((each for each, pattern in _FAMILIES if pattern.match(name)), INCOMPARABLE)


def precision(dtype: str) -> int:
    """Digits of a second that a timestamp's type keeps; a date keeps less than any (-1)."""
    name = dtype.strip().lower()
    if family_of(name) == DATE:
        return -1
    written = _PRECISION.search(name)
    return int(written[1]) if written else _DUCKDB.get(name, 6)


_FLOATS = {"bigquery": "float64", "snowflake": "float", "spark": "double", "databricks": "double"}
_TEXTS = {"bigquery": "string", "spark": "string", "databricks": "string", "postgres": "text"}
LONGEST = 200
"""Characters of a value that are shown."""

_SPARK = ("spark", "databricks")


@dataclass(frozen=True)
class Dialect:
    """SQL of one adapter. `adapter` is dbt's name for it; `quote` puts a name in quotes as the adapter does."""

    adapter: str
    quote: Callable[[str], str]

    @property
    def double(self) -> str:
        """The type of double precision."""
        return _FLOATS.get(self.adapter, "double precision")

    @property
    def infinity(self) -> str:
        """Positive infinity."""
        return f"cast('inf' as {self.double})"

    def text(self, value: str) -> str:
        """A value as text."""
        return f"cast({value} as {_TEXTS.get(self.adapter, 'varchar')})"

    def start(self, value: str) -> str:
        """A value as text, as much of it as is fetched and shown."""
        return f"substring({self.text(value)}, 1, {LONGEST + 1})"

    def distinct(self, one: str, other: str) -> str:
        """Whether two values differ, where NULL equals NULL."""
        if self.adapter in _SPARK:
            return f"not ({one} <=> {other})"
        if self.adapter == "redshift":
            return f"({one} <> {other} or ({one} is null) <> ({other} is null))"
        return f"{one} is distinct from {other}"

    def hashed(self, values: Sequence[str]) -> str:
        """A whole number of at least 0 that depends on nothing but the values, the same in every run."""
        if self.adapter == "duckdb":
            return f"hash({', '.join(values)})"
        joined = "concat_ws('|', " + ", ".join(self.text(value) for value in values) + ")"
        if self.adapter == "postgres":
            return f"(hashtextextended({joined}, 0) & 9223372036854775807)"
        if self.adapter == "snowflake":
            return f"abs(hash({', '.join(values)}))"
        if self.adapter == "bigquery":
            return f"abs(farm_fingerprint(to_json_string(struct({', '.join(values)}))))"
        if self.adapter in _SPARK:
            return f"pmod(xxhash64({', '.join(values)}), 9223372036854775807)"
        # Eight hexadecimal digits sort like the number that they are, and every database has md5.
        return f"strtol(left(md5({joined}), 8), 16)"

    def smallest(self, value: str, most: int) -> str | None:
        """An aggregate: the smallest values, at most so many, as a list. None where no database function is bounded."""
        return f"min({value}, {most})" if self.adapter == "duckdb" else None

    def divides(self, number: int, whole: str) -> str:
        """Whether `number` divides a whole number."""
        return f"mod({whole}, {number}) = 0"

    def quantiles(self, value: str, at: Sequence[float]) -> list[str]:
        """Quantiles of a column, one expression each or one for a list of all; none where there is no cheap way."""
        if self.adapter == "duckdb":
            return [f"quantile_cont({value}, [{', '.join(str(each) for each in at)}])"]
        if self.adapter in ("postgres", "snowflake", "redshift"):
            return [f"percentile_cont({each}) within group (order by {value})" for each in at]
        if self.adapter in _SPARK:
            return [f"percentile_approx({value}, {each})" for each in at]
        if self.adapter == "bigquery":
            return [f"approx_quantiles({value}, 100)[offset({round(100 * each)})]" for each in at]
        return []

    def whole(self, value: str, dtype: str) -> str:
        """A value in a form in which equal values are equal: key order in JSON and in maps is none of their value."""
        family = family_of(dtype)
        if family == JSON:
            if self.adapter == "duckdb":
                # A variant sorts the keys, but takes JSON's null for none at all.
                sorted_ = f"cast(cast(cast({value} as variant) as json) as varchar)"
                return f"coalesce({sorted_}, case when {value} is not null then 'null' end)"
            if self.adapter == "postgres":
                return f"cast({value} as jsonb)"
            return f"to_json_string({value})" if self.adapter == "bigquery" else value
        if family == MAP:
            entries = f"map_entries({value})"
            return f"list_sort({entries})" if self.adapter == "duckdb" else f"sort_array({entries})"
        if family == NESTED and self.adapter == "bigquery":
            return f"to_json_string({value})"
        if family == NAMED:
            return self.text(value)
        return value
