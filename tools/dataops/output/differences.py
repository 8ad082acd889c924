"""A difference, and the rows that fail a test, as JSON. Personal values are gone already, and are left out by name."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from dataops.diff.facts import ColumnDiff, Diff, OffendingRows, Profile, SampleRow, Segment, Window
from dataops.output.page.personal import Hidden

VERSION = 1
"""Version of the difference's JSON."""


def content(diff: Diff) -> dict[str, Any]:
    """The difference as in `schemas/diff.json`."""
    return {
        "version": VERSION,
        "name": diff.name,
        "before": diff.before,
        "after": diff.after,
        "against": diff.against,
        "alike": diff.alike,
        "key": {"columns": list(diff.key.columns), "origin": diff.key.origin},
        "rows": asdict(diff.rows) if diff.rows else None,
        "columns": [_column(each) for each in diff.columns],
        "reordered": diff.reordered,
        "samples": [_sample(each) for each in diff.samples],
        "segments": [_segment(each) for each in diff.segments],
        "window": _window(diff.window) if diff.window else None,
        "sampling": asdict(diff.sampling) if diff.sampling else None,
        "notes": list(diff.notes),
        "failure": diff.failure,
        "seconds": round(diff.seconds, 3),
    }


def offending(found: OffendingRows) -> dict[str, Any]:
    """Rows of a failing test; a row has no entry for a hidden column."""
    return {
        "unique_id": found.unique_id,
        "columns": list(found.columns),
        "hidden": list(found.hidden),
        "total": found.total,
        "rows": [_open(zip(found.columns, row, strict=False)) for row in found.rows],
    }


def _column(column: ColumnDiff) -> dict[str, Any]:
    return {
        "name": column.name,
        "kind": column.kind,
        "before_type": column.before_type,
        "after_type": column.after_type,
        "changed": column.changed,
        "compared": column.compared,
        "match_rate": column.match_rate,
        "not_compared": column.not_compared,
        "nullable": {"before": column.nullable[0], "after": column.nullable[1]} if column.nullable else None,
        "hidden": column.hidden,
        "before": _profile(column.before),
        "after": _profile(column.after),
    }


def _profile(profile: Profile | None) -> dict[str, Any] | None:
    if profile is None:
        return None
    return {
        **asdict(profile),
        "total": _finite(profile.total),
        "mean": _finite(profile.mean),
        "quantiles": [_finite(each) for each in profile.quantiles],
    }


def _finite(value: float | None) -> float | str | None:
    """JSON has no word for what is not a number, or has no end: text."""
    return value if value is None or math.isfinite(value) else str(value)


def _sample(sample: SampleRow) -> dict[str, Any]:
    cells: list[dict[str, Any]] = []
    for each in sample.cells:
        if isinstance(each.old, Hidden) or isinstance(each.new, Hidden):
            cells.append({"column": each.column, "hidden": True})
        else:
            cells.append({"column": each.column, "hidden": False, "old": each.old, "new": each.new})
    hidden = [column for column, value in sample.key if isinstance(value, Hidden)]
    return {"kind": sample.kind, "key": _open(sample.key), "hidden_key": hidden, "cells": cells}


def _segment(segment: Segment) -> dict[str, Any]:
    return _without_hidden({**asdict(segment), "value": segment.value}, "value")


def _window(window: Window) -> dict[str, Any]:
    return _without_hidden(
        _without_hidden({**asdict(window), "start": window.start, "end": window.end}, "start"), "end"
    )


def _without_hidden(values: dict[str, Any], name: str) -> dict[str, Any]:
    if isinstance(values[name], Hidden):
        del values[name]
    return values


def _open(values: Iterable[tuple[str, str | None]]) -> dict[str, str | None]:
    return {column: value for column, value in values if not isinstance(value, Hidden)}
