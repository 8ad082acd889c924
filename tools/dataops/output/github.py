"""Remarks as the workflow commands that GitHub Actions turns into annotations of a pull request's lines."""

from __future__ import annotations

from dataops.output.remarks import Remark, remarks
from dataops.review.verdict import Review

MOST = 10
"""Annotations of one kind that GitHub keeps of a step."""

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def commands(review: Review, prefix: str = "") -> list[str]:
    """One command a line, the worst first; where there are more than GitHub keeps, the last one counts them."""
    found: dict[str, list[Remark]] = {}
    for each in remarks(review, prefix):
        found.setdefault(_COMMANDS[each.level], []).append(each)
    lines = []
    for command, every in found.items():
        shown = every if len(every) <= MOST else every[: MOST - 1]
        lines += [_command(command, each) for each in shown]
        if len(every) > len(shown):
            lines.append(f"::{command} title=dataops::{len(every) - len(shown):,} more of these are in the review")
    return lines


def _command(command: str, remark: Remark) -> str:
    place = f"file={_property(remark.file)},line={remark.line},col={remark.column}," if remark.file else ""
    return f"::{command} {place}title={_property(remark.title)}::{_data(remark.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
