"""A difference between two relations in a few words: what differs, by how much, and who it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dataops.diff.difference import ColumnDiff, Diff, Segment
from dataops.output.page import values
from dataops.output.page.blocks import Line, Span, joined, line
from dataops.output.words import plural
from dataops.plan import plan

_FEW = 3
SHAPES = ("added", "removed", "retyped")
"""Kinds of a column whose shape differs."""


def title(diff: Diff, names: Mapping[str, str] | None = None) -> Span:
    """What is compared, as a name; `names` are those of all that is told beside it."""
    return values.name((names or named([diff]))[diff.name])


def named(diffs: Iterable[Diff], others: Iterable[str] = ()) -> dict[str, str]:
    """What each is called: where two relations share a name, with their packages. `others` are unique ids."""
    names = {diff.name: called(diff) for diff in diffs}
    return names | plan.called([*(name for name, said in names.items() if said != name), *others])


def called(diff: Diff) -> str:
    """The relation's name; of two that a person named, or of two queries, their own words."""
    return diff.name if diff.name == f"{diff.before} → {diff.after}" else plan.short(diff.name)


def differs(column: ColumnDiff) -> bool:
    """Whether anything of the column differs."""
    return column.kind in SHAPES or bool(column.changed) or nullability(column) != ""


def nullability(column: ColumnDiff) -> str:
    """How it differs whether the column may hold NULL; empty when it does not."""
    if column.nullable is None or column.nullable[0] == column.nullable[1]:
        return ""
    return "may now be NULL" if column.nullable[1] else "may no longer be NULL"


def ranked(diff: Diff) -> list[ColumnDiff]:
    """The columns that differ: those of another shape first, then by how many values differ."""
    found = [column for column in diff.columns if differs(column)]
    order = {column.name: index for index, column in enumerate(diff.columns)}
    return sorted(found, key=lambda each: (each.kind not in SHAPES, -(each.changed or 0), order[each.name]))


def headline(diff: Diff) -> str:
    """`312 rows modified, 6 removed; 2 columns differ`."""
    if diff.rows is None:
        return "not compared"
    rows = diff.rows
    words = [
        f"{number:,} {'row ' if number == 1 else 'rows '}{word}"
        for number, word in ((rows.modified, "modified"), (rows.added, "added"), (rows.removed, "removed"))
        if number
    ]
    text = ", ".join(words[:1] + [word.replace("rows ", "").replace("row ", "") for word in words[1:]])
    columns = [column for column in diff.columns if differs(column)]
    parts = ([text] if text else []) + ([f"{plural(len(columns), 'column')} differ"] if len(columns) > 1 else [])
    if len(columns) == 1:
        parts.append("1 column differs")
    if diff.reordered:
        parts.append("columns in another order")
    return "; ".join(parts) or "the same rows and columns"


def columns_in_short(diff: Diff) -> Line:
    """The columns that differ, the first few by name: `amount` 312 (74.1 % match), `score` added."""
    found = ranked(diff)
    if not found and not diff.key.columns:
        return line("no key, rows are compared whole")
    lines = [line(values.name(each.name), f" {_how(each)}") for each in found[:_FEW]]
    if len(found) > _FEW:
        lines.append(line(f"{len(found) - _FEW:,} more"))
    if diff.reordered:
        lines.append(line("another order"))
    return joined(lines) or line("none")


def _how(column: ColumnDiff) -> str:
    words = []
    if column.kind in ("added", "removed"):
        return column.kind
    if column.kind == "retyped":
        words.append(f"{values.visible(column.before_type or '')} → {values.visible(column.after_type or '')}")
    if column.changed:
        rate = column.match_rate
        words.append(f"{column.changed:,}" + (f" ({values.share(rate)} match)" if rate is not None else ""))
    words += [nullability(column)] if nullability(column) else []
    return ", ".join(words)


def segment(each: Segment) -> Line:
    """`98.6 % of the modified rows have country = DE (12 % of all rows)`."""
    return line(
        f"{values.share(each.share)} of the {each.kind} rows have ",
        values.name(each.column),
        " = ",
        values.value(each.value),
        f" ({values.share(each.usual)} of all rows)",
    )


def key(diff: Diff) -> Line:
    """The key that was used and where it came from."""
    if not diff.key.columns:
        why = line(" (", values.prose(diff.key.origin), ")") if diff.key.origin else ()
        return line("No key", why, ": rows are compared whole, so a changed row is one removed and one added.")
    names = joined([line(values.name(column)) for column in diff.key.columns])
    return line("Key: ", names, ", from " if diff.key.origin else "", values.prose(diff.key.origin), ".")


def unidentified(diff: Diff) -> list[Line]:
    """Rows that the key does not identify."""
    if diff.rows is None:
        return []
    lines = []
    for count, what in (
        (diff.rows.duplicate_keys, "share their key with another row"),
        (diff.rows.null_keys, "have NULL in their key"),
    ):
        if count:
            lines.append(
                line(f"{values.counts(count.before, count.after)} rows {what}; they are compared whole, not by key.")
            )
    return lines


def limits(diff: Diff) -> list[Line]:
    """What was left out of the comparison: rows outside the window, rows outside the sample."""
    lines = []
    if diff.window:
        window = diff.window
        lines.append(
            line(
                "Only rows of a time that both sides cover were compared: ",
                values.name(window.column),
                " from ",
                values.value(window.start),
                " to ",
                values.value(window.end),
                f". Left out: {window.outside.before:,} rows before, {window.outside.after:,} rows after the change.",
            )
        )
    if diff.sampling:
        lines.append(
            line(
                f"One row in {diff.sampling.one_in:,} was compared, chosen by the hash of its key. Counts are scaled "
                f"up; a share is right to within {diff.sampling.error * 100:.2g} percentage points (95 %)."
            )
        )
    return lines
