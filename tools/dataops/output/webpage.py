"""A page as one HTML file: nothing is fetched, nothing runs, phone and desktop, light and dark."""

from __future__ import annotations

from functools import cache

from jinja2 import Template

from dataops.diff.facts import Diff
from dataops.output.page import blocks, whole
from dataops.output.templating import environment
from dataops.review.verdict import Review

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
    return environment({"kind": lambda block: _KINDS[type(block)]}).get_template("page.html")
