"""`json_schema` against the library jsonschema, on DuckDB and PostgreSQL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import jsonschema
import pytest
from dbt.cli.main import dbtRunner
from dbt.context import providers

from tests.monitors.package import PACKAGE, Watched
from tests.postgres import serving, sql

SCHEMAS: list[dict[str, Any]] = [
    {"type": "object"},
    {"type": ["integer", "null"]},
    {"type": "number", "minimum": 1, "exclusiveMaximum": 5},
    {"type": "integer", "maximum": 3},
    {"minimum": 2, "minLength": 2, "minItems": 2},
    {"type": "string", "maxLength": 2, "pattern": "^[a-zé]"},
    {"pattern": "b\\d*$"},
    {"enum": ["a", 1, None, True]},
    {"const": "O'Neil"},
    {"const": False, "enum": [False, 0]},
    {"required": ["a"], "properties": {"a": {"type": "integer"}}},
    {"properties": {"a": False, "a.b/c~d": {"type": "string"}, "": {"type": "null"}, "$x": {"const": 2}}},
    {"type": "object", "properties": {"a": {}, "it's": {}}, "additionalProperties": False},
    {"type": "object", "additionalProperties": False},
    {"type": "array", "items": {"type": "array", "items": {"type": "number", "minimum": 1}}, "maxItems": 2},
    {"items": {"required": ["a"]}},
    {"anyOf": [{"type": "string"}, {"minimum": 3}]},
    {"oneOf": [{"type": "integer"}, {"minimum": 3}, {"type": "null"}]},
    {"allOf": [{"type": ["object", "array"]}, {"not": {"required": ["a"]}}], "title": "x", "$comment": "y"},
    {"properties": {"a": {"properties": {"a": {"type": "array", "items": {"enum": [1, "x"]}}}}}},
]
TEXTS = [
    '{"a":1}',
    '{"a":null}',
    '{"a":1.0,"it\'s":[]}',
    '{"a":"x","b":2}',
    "{}",
    '{"a.b/c~d":"x","":null,"$x":2}',
    '{"a.b/c~d":1}',
    '{"":0}',
    '{"$x":3}',
    '{"a":{"a":[1,"x"]}}',
    '{"a":{"a":[2]}}',
    "[]",
    "[[1,2],[3]]",
    "[[0.5]]",
    "[[1],[1],[1]]",
    '[{"a":1},{"a":2}]',
    '[{"a":1},{"b":2}]',
    "1",
    "1.0",
    "2.5",
    "-3",
    "5",
    "1e2",
    "123456789012345678901234567890",
    '"a"',
    '"ab"',
    '"é"',
    '"🤦🤦🤦"',
    '"O\'Neil"',
    '""',
    '"ab12"',
    '"1"',
    "true",
    "false",
    "null",
    "0",
    '"null"',
    ' {"a" : 1 } ',
]
BROKEN = ["", "{bad", "{'a': 1}", "nul", '"\\ud8"', "1 2"]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"format": "email"}, "cannot check 'format', at $.a"),
    ({"uniqueItems": True}, "cannot check 'uniqueItems', at $.a"),
    ({"$ref": "#/x"}, "cannot check '$ref', at $.a. It can check: additionalProperties, allOf"),
    ({"additionalProperties": {"type": "string"}}, "cannot check 'additionalProperties: "),
    ({"enum": [[1]]}, "cannot check 'enum: "),
    ({"enum": "a"}, "cannot check 'enum: a'"),
    ({"const": {"a": 1}}, "cannot check 'const: "),
    ({"type": "text"}, "cannot check 'type: text'"),
    ({"type": []}, "cannot check 'type: []'"),
    ({"required": "a"}, "cannot check 'required: a'"),
    ({"pattern": "(?=a)"}, "cannot check 'pattern: "),
    ({"pattern": "(a)\\1"}, "cannot check 'pattern: "),
    ({"minimum": "1"}, "cannot check 'minimum: 1'"),
    ({"exclusiveMinimum": True}, "cannot check 'exclusiveMinimum: True'"),
    ({"maxLength": -1}, "cannot check 'maxLength: -1'"),
    ({"anyOf": []}, "cannot check 'anyOf: []'"),
    ([{}], "at $.a: a schema is a mapping"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as socket:
        yield socket


def compiled(folder: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The query of each schema, which returns the rows that do not conform."""
    project = Watched.lay_out(folder)
    (project.folder / "analyses").mkdir()
    for place, schema in enumerate(SCHEMAS):
        text = f'{{{{ dataops_toolkit.test_json_schema("texts", "body", **{schema!r}) }}}}'
        (project.folder / "analyses" / f"schema_{place}.sql").write_text(text, encoding="utf-8")
    monkeypatch.setattr(providers, "get_adapter_type_names", lambda _: [engine])
    folders = ["--project-dir", str(project.folder), "--profiles-dir", str(project.folder)]
    ran = dbtRunner().invoke(["compile", "--no-introspect", "--no-populate-cache", "--quiet", *folders])
    assert ran.success, ran.exception
    base = project.folder / "target" / "compiled" / "watched" / "analyses"
    return [(base / f"schema_{place}.sql").read_text(encoding="utf-8") for place in range(len(SCHEMAS))]


def failing(connection: duckdb.DuckDBPyConnection, server: str, engine: str, query: str) -> list[tuple[Any, ...]]:
    return sql(server, query) if engine == "postgres" else connection.execute(query).fetchall()


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_the_verdicts_are_those_of_the_library(
    engine: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = TEXTS + BROKEN
    rows = ", ".join(f"({place}, '{text.replace(chr(39), chr(39) * 2)}')" for place, text in enumerate(every))
    queries = compiled(tmp_path, engine, monkeypatch)
    with duckdb.connect() as connection:
        create = f"create table texts as select * from (values {rows}, (999, null)) as t (place, body)"
        failing(connection, server, engine, create)
        for schema, query in zip(SCHEMAS, queries, strict=True):
            rows_found = failing(connection, server, engine, f"select place from ({query}) as failing")
            found = {place for (place,) in rows_found}
            checker = jsonschema.Draft202012Validator(schema)
            wrong = {place for place, text in enumerate(TEXTS) if not checker.is_valid(json.loads(text))}
            wrong |= set(range(len(TEXTS), len(every)))
            assert not [every[place] for place in found ^ wrong], schema


@pytest.mark.parametrize(("schema", "said"), REFUSED)
def test_what_cannot_be_checked_is_refused_by_name(schema: dict[str, Any], said: str) -> None:
    def refuse(message: str) -> None:
        raise ValueError(message)

    macro = (PACKAGE / "macros" / "json" / "check_json_schema.sql").read_text(encoding="utf-8")
    surroundings = {"exceptions": {"raise_compiler_error": refuse}, "modules": {"re": re}}
    # The macro calls nothing else of dbt; a parse for each schema would take a second.
    module = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(macro, surroundings).module
    with pytest.raises(ValueError, match=re.escape(said)):
        module.check_json_schema(schema, "$.a")  # type: ignore[attr-defined]
