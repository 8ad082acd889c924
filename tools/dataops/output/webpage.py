"""A page as one HTML file: nothing is fetched, nothing runs, phone and desktop, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from dataops.diff.difference import Diff
from dataops.output.page import blocks, whole
from dataops.review.verdict import Review


def environment(room: str, filters: Mapping[str, Callable[..., Any]]) -> Environment:
    """Where a room's templates are found, with what they call besides jinja's.

    Texts are escaped, and a name that nobody gives is an error.
    """
    made = Environment(
        loader=PackageLoader(f"dataops.{room}"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= filters
    return made


_KINDS = {
    blocks.Paragraph: "paragraph",
    blocks.Items: "items",
    blocks.Table: "table",
    blocks.Verbatim: "verbatim",
    blocks.Folded: "folded",
}


def review(review: Review) -> str:
    """The whole review."""
    return page(whole.review(review))


def diff(diff: Diff) -> str:
    """One difference alone."""
    return page(whole.diff(diff))


def diffs(diffs: tuple[Diff, ...]) -> str:
    """Several differences, at least one."""
    return page(whole.diffs(diffs))


def page(page: blocks.Page) -> str:
    """The file's text."""
    return _template().render(page=page) + "\n"


@cache
def _template() -> Template:
    return environment("output", {"kind": lambda block: _KINDS[type(block)]}).get_template("page.html")
