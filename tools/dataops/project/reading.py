"""Fields of dbt's manifest, as its objects or as `manifest.json` has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def get(thing: Any, name: str) -> Any:
    """A field of an object or of a mapping; None where there is none."""
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def text(value: Any) -> str:
    """Text of what may be missing, or be one of dbt's own enumerations."""
    return "" if value is None else str(getattr(value, "value", value))
