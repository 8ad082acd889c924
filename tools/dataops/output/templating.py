"""The environment that every page is rendered in: texts are escaped, and a name that nobody gives is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment(filters: Mapping[str, Callable[..., Any]]) -> Environment:
    """Where templates are found, with what a page's own templates call besides jinja's."""
    made = Environment(
        loader=PackageLoader("dataops.output"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= filters
    return made
