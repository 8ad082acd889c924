"""What a change does to the data: one table over all relations, then each that differs."""

from __future__ import annotations

from collections.abc import Mapping

from dataops.diff.difference import Diff
from dataops.output.page import differing, values
from dataops.output.page.blocks import (
    MOST,
    Block,
    Folded,
    Items,
    Line,
    Paragraph,
    Section,
    Span,
    Table,
    joined,
    line,
    table,
)
from dataops.output.page.details import details
from dataops.output.words import columns_changed, plural, rows_changed
from dataops.plan.plan import called
from dataops.review.verdict import Built, Compared

DETAILS = 100
"""Relations whose details are on the page; those of the others are in the JSON."""

_COLUMNS = 5_000
"""Columns in all these details together, about; no relation has fewer than 20."""

_NAMED = 5
_SENTENCES = 10


def sections(diffs: tuple[Diff, ...], built: Built | None) -> list[Section]:
    """The summary, and the details of each relation that differs."""
    seen = {diff.name for diff in diffs}
    others = [each for each in (built.compared if built else ()) if each.unique_id not in seen]
    if not diffs and not others:
        return []
    names = differing.named(diffs, (each.unique_id for each in others))
    differ = sorted((diff for diff in diffs if not diff.alike and diff.rows is not None), key=_weight)
    failed = [diff for diff in diffs if diff.rows is None]
    alike = [diff.name for diff in diffs if diff.alike]
    blocks: list[Block] = [summary(differ, names)] if differ else []
    blocks += _segments(differ, names)
    blocks += _failed(failed, names)
    blocks += [Paragraph(_alike(alike, names))] if alike else []
    blocks += [_shapes(others, names)] if others else []
    if built and built.copied:
        copied = _some([*called(built.copied).values()])
        blocks.append(Paragraph(line("Started from a copy of production's rows: ", copied)))
    title = line(_title(len(differ), len(diffs)) if diffs else "Data, production → this change")
    found = [Section("data", title, tuple(blocks), weight=6)]
    told = [*differ, *(diff for diff in failed if diff.columns)]
    most = max(20, min(MOST, _COLUMNS // max(1, min(DETAILS, len(told)))))
    folded = [_folded(diff, names, most) for diff in told[:DETAILS]]
    left = len(told) - len(folded)
    if folded:
        more = [Paragraph(line(f"Details of {plural(left, 'relation')} more are in the JSON."))] if left else []
        found.append(Section("details of the data", (), (*folded, *more), weight=2))
    return found


def summary(differ: list[Diff], names: Mapping[str, str] | None = None) -> Table:
    """One row a relation."""
    names = names or differing.named(differ)
    heads = ("relation", "rows", "added", "removed", "modified", "columns that differ (values)")
    return table(
        "Relations that differ", heads, [_row(diff, names) for diff in differ[:MOST]], (1, 2, 3, 4), total=len(differ)
    )


def _row(diff: Diff, names: Mapping[str, str]) -> tuple[Line, ...]:
    rows = diff.rows
    if rows is None:
        return (line(differing.title(diff, names)), *(line("–"),) * 4, line("not compared"))
    some = line(" ", Span("sampled", "aside")) if diff.sampling else ()
    return (
        line(differing.title(diff, names), some),
        line(values.counts(rows.before, rows.after)),
        line(f"+{rows.added:,}" if rows.added else "0"),
        line(f"−{rows.removed:,}" if rows.removed else "0"),
        line(values.part(rows.modified, rows.modified + rows.same)),
        differing.columns_in_short(diff),
    )


def _title(differ: int, total: int) -> str:
    if not differ:
        return f"Data: {plural(total, 'relation')} compared, no difference"
    return f"Data: {differ:,} of {plural(total, 'relation')} {'differs' if differ == 1 else 'differ'}"


def _weight(diff: Diff) -> tuple[float, str]:
    """The relations of which most rows differ come first."""
    if diff.rows is None:
        return 0, diff.name
    touched = diff.rows.added + diff.rows.removed + diff.rows.modified
    return -touched / max(diff.rows.before, diff.rows.after, 1), diff.name


def _segments(differ: list[Diff], names: Mapping[str, str]) -> list[Block]:
    """Whom the modified rows concern, in one sentence a relation."""
    told = [diff for diff in differ if diff.segments]
    lines = [
        line(differing.title(diff, names), ": ", differing.segment(diff.segments[0])) for diff in told[:_SENTENCES]
    ]
    return [Items(tuple(lines), max(0, len(told) - _SENTENCES))] if lines else []


def _failed(failed: list[Diff], names: Mapping[str, str]) -> list[Block]:
    if not failed:
        return []
    lines = tuple(
        line(differing.title(diff, names), " was not compared: ", values.prose(diff.failure))
        for diff in failed[:_SENTENCES]
    )
    return [Items(lines, max(0, len(failed) - _SENTENCES))]


def _alike(alike: list[str], names: Mapping[str, str]) -> Line:
    return line(f"{plural(len(alike), 'relation')} alike: ", _some([names[each] for each in alike]))


def _some(names: list[str]) -> Line:
    """The first few names, and how many more."""
    shown = joined([line(values.name(name)) for name in names[:_NAMED]])
    return line(shown, f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")


def _shapes(others: list[Compared], names: Mapping[str, str]) -> Table:
    """Relations of which only the shape is known: those that production does not have, above all."""
    rows = [
        (
            line(values.name(names[each.unique_id])),
            line(rows_changed(each)),
            line(values.visible(columns_changed(each)) or "same"),
        )
        for each in others
    ]
    return table("Relations without a comparison of rows", ("relation", "rows", "columns"), rows, right=(1,))


def _folded(diff: Diff, names: Mapping[str, str], most: int) -> Folded:
    return Folded(
        line(differing.title(diff, names), f": {differing.headline(diff)}"), tuple(details(diff, most)), detail=True
    )
