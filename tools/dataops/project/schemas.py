"""The schemas by which dbt checks what it reads, remembered: to make them of its classes is a sixth of a short plan.

A schema depends on nothing but the class, so on the versions of what the class comes from.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from dbt_common import dataclass_schema

from dataops.store.memory import keep, recall

_MADE_BY = "build_json_schema"
_VERSIONS = ("dbt-core", "dbt-common", "dbt-adapters", "dbt-semantic-interfaces", "mashumaro", "jsonschema")


@contextmanager
def remembered(memory: Path, adapters: Iterable[str]) -> Iterator[None]:
    """While this lasts, dbt takes the schemas that an earlier run made. `memory` is where they are kept."""
    make: Callable[[type], Any] | None = getattr(dataclass_schema, _MADE_BY, None)
    if make is None:
        yield
        return
    versions = [sys.version, *map(_version, (*_VERSIONS, *(f"dbt-{each}" for each in sorted(set(adapters)))))]
    found = recall(memory)
    known: dict[str, str] = found["schemas"] if isinstance(found, dict) and found.get("versions") == versions else {}
    before = len(known)

    def made(of: type) -> Any:
        name = f"{of.__module__}.{of.__qualname__}"
        if name in known:
            return _Made(known[name])
        schema = make(of)
        told = schema.to_dict()
        text = json.dumps(told, default=str)
        if json.loads(text) == told:
            known[name] = text
        return schema

    setattr(dataclass_schema, _MADE_BY, made)
    try:
        yield
    finally:
        setattr(dataclass_schema, _MADE_BY, make)
        if len(known) > before:
            keep(memory, json.dumps({"versions": versions, "schemas": known}))


@dataclass(frozen=True)
class _Made:
    """A schema as dbt asks for it: whoever asks may change what he gets."""

    text: str

    def to_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
