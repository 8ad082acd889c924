"""The official schemas of OpenLineage, and what is asserted of every event."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from tests.written import schema

SPEC = Path(__file__).with_name("openlineage_spec")


@cache
def documents() -> dict[str, dict[str, Any]]:
    """Every schema by its `$id`."""
    files = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(SPEC.rglob("*.json"))]
    return {each["$id"]: each for each in (*files, schema("openlineage-release"))}


@cache
def _registry() -> Registry[Any]:
    for each in documents().values():
        Draft202012Validator.check_schema(each)
    return Registry().with_resources([(uri, Resource.from_contents(each)) for uri, each in documents().items()])


def _valid(url: str, document: dict[str, Any]) -> None:
    assert url.split("#", maxsplit=1)[0] in documents(), f"{url} is no schema that is known here"
    Draft202012Validator({"$ref": url}, registry=_registry(), format_checker=FormatChecker()).validate(document)


def valid_event(event: dict[str, Any]) -> None:
    """Assert that an event, and each facet of it, keeps the schema that it names."""
    assert event["schemaURL"].endswith("OpenLineage.json#/$defs/RunEvent")
    _valid(event["schemaURL"], event)
    for holder in (event["run"], event["job"], *event.get("inputs", ()), *event.get("outputs", ())):
        for group in ("facets", "inputFacets", "outputFacets"):
            for facet in holder.get(group, {}).values():
                _valid(facet["_schemaURL"], facet)
