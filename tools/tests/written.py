"""What is written for people, as it was last read, and for machines, as its contract says."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str, text: str) -> None:
    """Compare with tests/golden/NAME. To accept a change of the text, delete that file and run the test twice."""
    place = GOLDEN / name
    text = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")
        pytest.fail(f"there was no {place}: it is written now, read it")
    assert text == place.read_text(encoding="utf-8")


def schema(name: str) -> dict[str, Any]:
    """A published contract."""
    text = resources.files("dataops").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def valid(name: str, document: dict[str, Any]) -> None:
    """Assert that a document keeps its published contract."""
    _validator(name).validate(document)


@cache
def _validator(name: str) -> Draft202012Validator:
    schemas = [
        schema(each)
        for each in ("plan", "diff", "review", "suggest", "status", "lineage", "check", "contract", "event", "index")
    ]
    registry: Registry[Any] = Registry().with_resources(
        [(each["$id"], Resource.from_contents(each)) for each in schemas]
    )
    for each in schemas:
        Draft202012Validator.check_schema(each)
    return Draft202012Validator(schema(name), registry=registry)
