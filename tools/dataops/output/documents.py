"""Results for machines: JSON as published contracts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from dataops.diff.difference import ColumnDiff, Diff, OffendingRows, Profile, SampleRow, Segment, Window
from dataops.history.summary import Damaged, Listed
from dataops.history.summary import NodeResult as Result
from dataops.lint.findings import Check, Linted
from dataops.output import contracts, conventions, paused
from dataops.output.page.personal import Hidden, without_personal, without_values
from dataops.plan.lineage import VERSION as TRACE_VERSION
from dataops.plan.lineage import Trace
from dataops.plan.plan import VERSION as PLAN_VERSION
from dataops.plan.plan import Plan, Story
from dataops.project.outcome import Account, NodeResult
from dataops.release.card import VERSION as CARD_VERSION
from dataops.release.card import Card
from dataops.review.verdict import VERSION as REVIEW_VERSION
from dataops.review.verdict import Review, Ruling
from dataops.store.record import Release, Unfinished, Waiting

VERSION = 1
"""Version of the difference's JSON."""


def difference_content(diff: Diff) -> dict[str, Any]:
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


def offending_rows(found: OffendingRows) -> dict[str, Any]:
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


def plan(plan: Plan) -> dict[str, Any]:
    """The plan as in `schemas/plan.json`."""
    return {
        "version": PLAN_VERSION,
        "base": {"kind": plan.base_kind, "name": plan.base_name, "unread": plan.unread or None},
        "changes": [
            {
                "unique_id": change.unique_id,
                "kind": change.kind,
                "reasons": list(change.reasons),
                "details": list(change.details),
                "cosmetic": change.cosmetic,
                "rows_changed": change.rows_changed,
                "columns": {name: list(each) for name, each in asdict(change.columns).items()}
                if change.columns
                else None,
                "meaning": change.meaning,
                "file": change.file,
                "relation": change.relation,
            }
            for change in plan.changes
        ],
        "run": [asdict(decision) for decision in plan.run],
        "skipped": [asdict(decision) for decision in plan.skipped],
        "inlined": list(plan.inlined),
        "empty": list(plan.empty),
        "exposures": list(plan.exposures),
        "breaking": [asdict(each) for each in plan.breaking],
        "toolchain": list(plan.toolchain),
        "full_parse": plan.full_parse,
        "parsed": plan.parsed,
        "production_data": not plan.alone,
    }


def story(story: Story) -> dict[str, Any]:
    """One node's story."""
    return {
        "version": 1,
        **asdict(story),
        "reads": dict(story.reads),
        "above": [{"name": name, "meaning": meaning} for name, meaning in story.above],
    }


def trace(found: Trace) -> dict[str, Any]:
    """A node's lineage, or a column's, as in `schemas/lineage.json`."""
    written = asdict(found)
    return {
        "version": TRACE_VERSION,
        "node": {name: written[name] for name in ("unique_id", "name", "kind", "file")},
        "column": found.column,
        "columns": list(found.columns),
        **{
            side: [{**each, "columns": list(each["columns"])} for each in written[side]]
            for side in ("upstream", "downstream")
        },
        "unclear": [{"unique_id": key, "why": why} for key, why in found.unclear.items()],
    }


def linted(linted: Linted) -> dict[str, Any]:
    """Lint's findings, part of `schemas/review.json`."""
    return {
        "files": list(linted.files),
        "findings": [asdict(finding) for finding in linted.findings],
        "skipped": [{"file": file, "why": why} for file, why in linted.skipped],
        "fixed": list(linted.fixed),
        "known": linted.known,
        "undone": [{"file": file, "why": why} for file, why in linted.undone],
    }


def _ran(result: NodeResult) -> dict[str, Any]:
    """A result; `ci` asks no source for its age."""
    return {name: value for name, value in asdict(result).items() if name != "age"}


def account(account: Account) -> dict[str, Any]:
    """What was planned beside what became of it: unique ids of what did not go as planned."""
    return {
        "planned": len(account.planned),
        "failed": [each.unique_id for each in account.failed],
        **{name: list(getattr(account, name)) for name in ("skipped", "missing", "idle", "unplanned")},
    }


def review(review: Review) -> dict[str, Any]:
    """The review as in `schemas/review.json`, without a single personal value."""
    review = without_personal(review)
    built = review.built
    return {
        "version": REVIEW_VERSION,
        "exit_code": review.exit_code,
        "verdict": review.verdict,
        "plan": plan(review.plan),
        "lint": {**linted(review.linted), "blocking": review.lint_blocks},
        "check": conventions.document(review.checked),
        "contracts": contracts.document(review.promised),
        "account": account(review.account),
        "results": [_ran(result) for result in built.outcome.results] if built else [],
        "data": [
            {
                "unique_id": each.unique_id,
                "relation": each.relation,
                "before": asdict(each.before) if each.before else None,
                "after": asdict(each.after) if each.after else None,
            }
            for each in (built.compared if built else ())
        ],
        "copied": list(built.copied) if built else [],
        "diffs": [difference_content(each) for each in review.diffs],
        "rulings": [_ruling(each) for each in review.rulings],
        "offending": [offending_rows(each) for each in review.offending],
        "incidents": [asdict(each) for each in review.incidents],
        "paused": [paused.hold(each) for each in review.paused],
        "timings": [{"step": name, "seconds": round(seconds, 3)} for name, seconds in review.timings],
    }


def diff(diff: Diff) -> dict[str, Any]:
    """One difference as in `schemas/diff.json`, without a single personal value."""
    return difference_content(without_values(diff))


def diffs(found: Iterable[Diff], rulings: Iterable[Ruling]) -> dict[str, Any]:
    """Several differences, and what the rules make of them."""
    return {"version": 1, "diffs": [diff(each) for each in found], "rulings": [_ruling(each) for each in rulings]}


def _ruling(ruling: Ruling) -> dict[str, Any]:
    return {**asdict(ruling), "blocks": ruling.blocks}


def releases(
    releases: Iterable[Release],
    current: str | None,
    kept: set[str],
    went_live: Iterable[tuple[str, str]],
    waiting: Waiting | None,
    unfinished: Unfinished | None = None,
) -> dict[str, Any]:
    """All releases, oldest first: which is live, which are kept, when which became live, and which waits for it.

    `unfinished`: one of which something failed, and which can be gone on with.
    """
    rows = [{**asdict(each), "live": each.id == current, "kept": each.id in kept} for each in releases]
    return {
        "version": 1,
        "releases": rows,
        "went_live": [{"at": at, "release": release} for at, release in went_live],
        "waiting": asdict(waiting) if waiting is not None else None,
        "unfinished": asdict(unfinished) if unfinished is not None else None,
    }


def history(listed: Iterable[Listed], damaged: Iterable[Damaged]) -> dict[str, Any]:
    """Invocations, the latest last, and files of the history that cannot be read."""
    return {"version": 1, "invocations": _started(listed), "damaged": [asdict(each) for each in damaged]}


def node_history(results: Iterable[Result], damaged: Iterable[Damaged]) -> dict[str, Any]:
    """Results of one node, the latest last, and files of the history that cannot be read."""
    return {"version": 1, "results": _started(results), "damaged": [asdict(each) for each in damaged]}


def _started(rows: Iterable[Listed | Result]) -> list[dict[str, Any]]:
    return [{**asdict(each), "started_at": f"{each.started_at:%Y-%m-%dT%H:%M:%S.%fZ}"} for each in rows]


def card(card: Card) -> dict[str, Any]:
    """A data card as in `schemas/card.json`."""
    return {"version": CARD_VERSION, **asdict(card)}


def checks(checks: Iterable[Check]) -> dict[str, Any]:
    """What `doctor` looked at."""
    return {"version": 1, "checks": [asdict(check) for check in checks]}


def text(document: dict[str, Any]) -> str:
    """A document as JSON text. What no text can hold, half a surrogate pair, is escaped as JSON escapes it."""
    written = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return written.encode("utf-8", "backslashreplace").decode("utf-8")
