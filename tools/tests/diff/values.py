"""Values of every type that an engine has, as SQL writes them and as Python understands them.

Each type's list is short and full of look-alikes, so that random tables agree, differ and collide often.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal

NAN = "not a number"


@dataclass(frozen=True)
class Value:
    """A literal, and what it means: equal meanings are equal values. A meaning of None is NULL."""

    sql: str
    meaning: Hashable


def plain(*literals: str) -> tuple[Value, ...]:
    """Values of which each literal is another one."""
    return tuple(Value(literal, literal) for literal in literals)


def numbers(*written: str) -> tuple[Value, ...]:
    return tuple(Value(number, Decimal(number)) for number in written)


def texts(*written: str) -> tuple[Value, ...]:
    return tuple(Value("'" + text.replace("'", "''") + "'", text) for text in written)


def floats(type_: str, *written: str) -> tuple[Value, ...]:
    def meaning(text: str) -> Hashable:
        number = float(text)
        return NAN if math.isnan(number) else number

    return tuple(Value(f"cast('{text}' as {type_})", meaning(text)) for text in written)


def moments(type_: str, *written: str) -> tuple[Value, ...]:
    """Points in time with an offset: the same instant, however it is written, is the same value."""
    return tuple(
        Value(f"cast('{text}' as {type_})", datetime.fromisoformat(text).astimezone(timezone.utc)) for text in written
    )


def documents(type_: str, *written: str) -> tuple[Value, ...]:
    """JSON: neither spaces nor the order of keys are part of the value; JSON's null is not SQL's."""

    def frozen(part: object) -> Hashable:
        if isinstance(part, dict):
            return ("object", frozenset((key, frozen(value)) for key, value in part.items()))
        if isinstance(part, list):
            return ("array", tuple(frozen(value) for value in part))
        return (type(part).__name__, str(part))

    return tuple(Value(f"cast('{text}' as {type_})", frozen(json.loads(text))) for text in written)


# fmt: off
# 1 and its neighbours at 0.99 and 1.01 of the relative tolerance; 0 and its neighbours at those of the absolute one.
NEAR = ("1", "1.00000000099", "1.00000000101", "0.0", "-0.0", "0.99e-12", "1.01e-12", "-1e-13", "1e-9", "3e9",
    "3000000002")
FAR = ("nan", "inf", "-inf", "1.7e308", "-1.7e308", "5e-324", "123456.789", "123456.7891")
WORDS = ("", " ", "a", "A", "a ", "é", "e\u0301", "ß", "ss", "日本", "👩‍🔬", "it's", "a\nb", "NULL", "null", "1",
    "01", "\x1f", "a,b", '"', "\\", "{{ a }}", "%s", "--")
OBJECTS = ('{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1}', '{"a": 1, "b": [2, 1]}', '{"a": null}', "{}", "[]",
    "null", '"a"', "1", '"1"', '{"é": {"x": true, "y": false}}', '{"é": {"y": false, "x": true}}')
INSTANTS = ("2024-03-31T01:30:00+00:00", "2024-03-31T03:30:00+02:00", "2024-03-31T02:30:00+02:00",
    "1969-12-31T23:59:59.999999+00:00", "1970-01-01T00:00:00+00:00", "2024-10-27T02:30:00+01:00")
MICRO = ("2024-03-31 02:30:00", "2024-03-31 02:30:00.000001", "2024-03-31 02:30:00.1", "1900-01-01 00:00:00",
    "9999-12-31 23:59:59")
DAYS = ("2024-02-29", "2024-03-01", "1900-01-01", "9999-12-31")
UUIDS = ("00000000-0000-0000-0000-000000000000", "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c9")

SHARED = {
    "integer": numbers("0", "1", "-1", "2147483647", "-2147483648"),
    "bigint": numbers("0", "1", "9007199254740992", "9007199254740993", "9223372036854775807",
        "-9223372036854775807"),
    "decimal(18, 4)": numbers("0", "0.0001", "-0.0001", "1.0000", "1.0001", "99999999999999.9999"),
    "decimal(38, 0)": numbers("0", "99999999999999999999999999999999999998",
        "99999999999999999999999999999999999999"),
    "varchar": texts(*WORDS),
    "boolean": plain("true", "false"),
    "date": plain(*(f"date '{day}'" for day in DAYS)),
    "timestamp": plain(*(f"timestamp '{moment}'" for moment in MICRO)),
    "timestamptz": moments("timestamptz", *INSTANTS),
    "time": plain("time '00:00:00'", "time '23:59:59.999999'", "time '12:00:00'"),
    "uuid": plain(*(f"cast('{text}' as uuid)" for text in UUIDS)),
}

DUCKDB = {
    **SHARED,
    "double": floats("double", *NEAR, *FAR),
    "float": floats("float", "nan", "inf", "-inf", "0.0", "-0.0", "1", "1.5", "1.5001"),
    "hugeint": numbers("0", "170141183460469231731687303715884105727",
        "170141183460469231731687303715884105726"),
    "utinyint": numbers("0", "255"),
    "blob": plain("'\\x00'::blob", "'\\xFF'::blob", "''::blob", "'a'::blob"),
    "json": documents("json", *OBJECTS),
    "integer[]": plain("[]::integer[]", "[1]", "[1, 2]", "[2, 1]", "[null]::integer[]", "[1, null]"),
    "struct(a integer, b varchar)": plain("{'a': 1, 'b': 'x'}", "{'a': 1, 'b': 'y'}", "{'a': null, 'b': null}",
        "{'a': null, 'b': 'x'}"),
    "struct(a struct(b varchar[]))": plain("{'a': {'b': ['x']}}", "{'a': {'b': []}}", "{'a': {'b': null}}",
        "{'a': null}"),
    "map(varchar, integer)": (
        Value("map {'a': 1, 'b': 2}", frozenset({("a", 1), ("b", 2)})),
        Value("map {'b': 2, 'a': 1}", frozenset({("a", 1), ("b", 2)})),
        Value("map {'a': 2, 'b': 1}", frozenset({("a", 2), ("b", 1)})),
        Value("map {}", frozenset()),
        Value("map {'a': null}", frozenset({("a", None)})),
    ),
    "timestamp_s": plain("timestamp_s '2024-03-31 02:30:00'", "timestamp_s '2024-03-31 02:30:01'"),
    "timestamp_ns": plain("timestamp_ns '2024-03-31 02:30:00.000000001'",
        "timestamp_ns '2024-03-31 02:30:00.000000002'"),
    "enum('low', 'high')": plain("'low'", "'high'"),
    "bignum": plain("'0'::bignum", "'123456789012345678901234567890123456789012'::bignum",
        "'123456789012345678901234567890123456789013'::bignum"),
}

POSTGRES = {
    **SHARED,
    "double precision": floats("double precision", *NEAR, *FAR),
    "real": floats("real", "nan", "inf", "-inf", "0.0", "-0.0", "1", "1.5", "1.5001"),
    "numeric": (*numbers("0", "0.00", "1.10", "1.1", "1.1000000000000000000000001"),
        Value("'NaN'::numeric", NAN)),
    "text": texts(*WORDS),
    "bytea": plain("'\\x00'::bytea", "'\\xFF'::bytea", "''::bytea"),
    "json": documents("json", *OBJECTS),
    "jsonb": documents("jsonb", *OBJECTS),
    "integer[]": plain("'{}'::integer[]", "array[1]", "array[1, 2]", "array[2, 1]", "array[null]::integer[]"),
}
# fmt: on

KEYS = ("integer", "bigint", "varchar", "date", "timestamptz", "decimal(18, 4)", "uuid", "boolean")
"""Types of key columns: those whose equality is the same on every engine."""
