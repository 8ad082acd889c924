"""Values of personal columns are taken away here, once, before any rendering sees them."""

from __future__ import annotations

from dataclasses import replace

from dataops.diff.difference import Cell, ColumnDiff, Diff, OffendingRows, Profile, SampleRow, Segment
from dataops.review.verdict import Review


class Hidden(str):
    """Stands where a personal value was."""

    __slots__ = ()


HIDDEN = Hidden("hidden")


def without_personal(review: Review) -> Review:
    """The review without a single personal value."""
    return replace(
        review,
        diffs=tuple(without_values(each) for each in review.diffs),
        offending=tuple(_rows(each) for each in review.offending),
    )


def without_values(diff: Diff) -> Diff:
    """The difference without values of its hidden columns.

    A column that the difference does not list is hidden too: nothing says that it is not personal.
    """
    open_ = {column.name for column in diff.columns if not column.hidden}
    return replace(
        diff,
        columns=tuple(_column(each) for each in diff.columns),
        samples=tuple(_sample(each, open_) for each in diff.samples),
        segments=tuple(_segment(each, open_) for each in diff.segments),
        window=replace(diff.window, start=HIDDEN, end=HIDDEN)
        if diff.window and diff.window.column not in open_
        else diff.window,
    )


def _column(column: ColumnDiff) -> ColumnDiff:
    if not column.hidden:
        return column
    return replace(column, before=_counts(column.before), after=_counts(column.after))


def _counts(profile: Profile | None) -> Profile | None:
    """What says nothing of any value: how many there are."""
    return Profile(profile.nulls, profile.distinct) if profile else None


def _sample(sample: SampleRow, open_: set[str]) -> SampleRow:
    return replace(
        sample,
        key=tuple((column, value if column in open_ else HIDDEN) for column, value in sample.key),
        cells=tuple(each if each.column in open_ else Cell(each.column, HIDDEN, HIDDEN) for each in sample.cells),
    )


def _segment(segment: Segment, open_: set[str]) -> Segment:
    return segment if segment.column in open_ else replace(segment, value=HIDDEN)


def _rows(offending: OffendingRows) -> OffendingRows:
    hidden = set(offending.hidden)
    rows = tuple(
        tuple(HIDDEN if column in hidden else value for column, value in zip(offending.columns, row, strict=False))
        for row in offending.rows
    )
    return replace(offending, rows=rows)
